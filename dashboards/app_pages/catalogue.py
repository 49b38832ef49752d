"""Catalogue: what does a figure mean, and since when?"""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards.app_pages import address, exporting, opening, readings, strip
from dashboards.app_pages.catalogue_parts import (
    asked,
    changes,
    checks,
    common,
    dictionary,
    metrics,
    one_metric,
    references,
)
from dashboards.app_pages.desk import desk
from dashboards.definitions.references import REFERENCES, title
from dashboards.exports.document import Document
from dashboards.units import BankUnit
from transforms.schema import TABLES

# By name, each with an address of its own. Streamlit would print a bare string of a page.
SECTIONS: Final[Mapping[str, Callable[[], Callable[[], Document] | None]]] = {
    common.METRICS: metrics.show,
    common.CHECKS: checks.show,
    common.REFERENCE: references.show,
    common.DICTIONARY: dictionary.show,
    common.CHANGES: changes.show,
}

_NARROWER: Final = ("metric", "rule", "table", "group", "find")


def _section() -> str:
    """The section of the address; a metric, rule or table without one means its own."""
    table = st.query_params.get("table")
    default = common.METRICS
    if st.query_params.get("rule"):
        default = common.CHECKS
    elif table:
        default = common.REFERENCE if table in REFERENCES else common.DICTIONARY
    return opening.asked_section(SECTIONS, default)


def _one(section: str) -> tuple[str, str] | None:
    """What the address names within a section, and the name of the parameter; none if it names nothing."""
    parameter = {
        common.METRICS: "metric",
        common.CHECKS: "rule",
        common.REFERENCE: "table",
        common.DICTIONARY: "table",
    }.get(section)
    named = st.query_params.get(parameter) if parameter else None
    return (str(parameter), named) if named else None


def _head(unit: BankUnit, name: str) -> DeltaGenerator:
    """The strip with the way down to what is looked at, its name as the title, and room beside it."""
    at = desk()
    catalogue = (at.say("catalogue_page"), common.link(section=common.METRICS))
    strip.header(unit.unit_id, page=address.CATALOGUE, trail=(catalogue, (name, "")))
    return strip.title(name)


def _metric(named: str, unit: BankUnit) -> None:
    at = desk()
    found = at.catalogue.metrics.get(named)
    if found is None:
        _head(unit, named)
        common.unknown("metric", named, at.catalogue.metrics, common.METRICS)
        return
    tools = _head(unit, at.language.pick(found.label.en, found.label.zh))
    common.back(common.METRICS)
    one_metric.show(found, unit)
    exporting.offer(lambda: common.files().metric(found), tools)


def _rule(named: str, unit: BankUnit) -> None:
    at = desk()
    every = asked.checks()
    if every is None:
        _head(unit, named)
        st.info(at.say("cg_no_checks"))
        return
    known = {check.rule_id: check for check in every}
    if named not in known:
        _head(unit, named)
        common.unknown("rule", named, known, common.CHECKS)
        return
    tools = _head(unit, at.say("cg_check_of", rule=named))
    common.back(common.CHECKS)
    checks.show_one(known[named], unit)
    exporting.offer(lambda: checks.document([known[named]]), tools)


def _table(named: str, unit: BankUnit, section: str) -> None:
    at = desk()
    if named in REFERENCES:
        tools = _head(unit, title(named, at.language))
        common.back(common.REFERENCE)
        references.show_one(named)
        rows = readings.reference().tables[named]
        exporting.offer(lambda: common.files().reference(named, rows), tools)
    elif named in TABLES:
        tools = _head(unit, at.language.pick(TABLES[named].en, TABLES[named].zh))
        common.back(common.DICTIONARY)
        dictionary.show_one(TABLES[named])
        exporting.offer(lambda: common.files().dictionary([TABLES[named]]), tools)
    else:
        _head(unit, named)
        common.unknown("table", named, (*REFERENCES, *TABLES), section)


at = desk()
unit = opening.unit_of_page()
section = _section()
one = _one(section)
if one is None:
    strip.header(unit.unit_id, page=address.CATALOGUE)
    tools = strip.title(at.say("catalogue_page"))
    address.pills(
        "section",
        at.say("cg_sections"),
        {name: at.say(f"cg_section_{name}") for name in SECTIONS},
        section,
        drops=_NARROWER,
    )
    shown = SECTIONS[section]()
    if shown is not None:
        exporting.offer(shown, tools)
elif one[0] == "metric":
    _metric(one[1], unit)
elif one[0] == "rule":
    _rule(one[1], unit)
else:
    _table(one[1], unit, section)
