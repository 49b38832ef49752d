"""Opening a workspace for a page: what the address asks for is put on the desk, or refused in words.

Anything in the address that cannot be answered is said plainly and never replaced.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NoReturn

import streamlit as st

from dashboards import markup, refusals
from dashboards.app_pages import address, readings, sign_in, viewing
from dashboards.app_pages.address import OVERVIEW
from dashboards.app_pages.desk import Desk, desk, put
from dashboards.i18n import Language, day_text, language_of, say
from dashboards.markup import Style
from dashboards.month import NothingSeenError
from dashboards.numbers import AmountUnit, Format
from dashboards.palette import ground
from dashboards.port.analyses import Analyses
from dashboards.units import BankUnit
from dashboards.words import Comparison, comparison_of
from records.deliveries import Deliveries
from records.ledger.ledger import Ledger
from records.published import Known, Published
from records.workspace import Workspace, open_workspace
from transforms.catalogue import families
from transforms.catalogue.model import Catalogue
from transforms.errors import BadDateError, UnknownNameError
from transforms.periods import parse_month_end

_BRANCH_PLACE: Final = "branch_place"
"""Where the sidebar keeps room for the page's choice of a branch: above all other controls."""
TARGETS: Final = "targets"
"""Stands in the address where no family is asked for: whatever has a target or a limit."""


def reader_language() -> Language:
    """The language of the address, else the one chosen before, else English."""
    asked = address.asked("language") or Language.EN.value
    try:
        return language_of(asked)
    except UnknownNameError as error:
        st.warning(markup.plain(refusals.told(error, Language.EN)))
        return Language.EN


def open_desk(root: Path, language: Language, analyses: Analyses | None = None) -> None:
    """Read what the address asks for, or say why it cannot be shown and stop there.

    Raises:
        WorkspaceError, CatalogueError, ReferenceTableError: if the workspace cannot be used.
    """
    workspace = open_workspace(root)
    ledger = Ledger.of(workspace, os.environ.get)
    signed_in = sign_in.require(workspace, ledger, language)
    reader = viewing.seen_as(signed_in)
    published, deliveries = Published(workspace.lake).pinned(), Deliveries(workspace.lake)
    scope = readings.scope_of_reader(str(root), reader, published)
    months = tuple(published.newest_versions())
    if not months:
        _nothing_published(workspace, deliveries, language)
    as_of = _period(months, language)
    catalogue = readings.definitions(
        tuple(workspace.texts("catalogue", ".yaml").items()),
        tuple(workspace.texts("reference", ".csv").items()),
    ).on(as_of)
    comparison = _comparison(language)
    family = _family(catalogue, language)
    amounts = _amounts(language)
    dark = st.context.theme.type == "dark"
    version = _version(published, as_of, language)
    state = f"{published.publications().height}.{deliveries.batches().height}.{version}"
    seen = _seen(published, as_of, version)
    parameters = {
        "period": as_of.isoformat(),
        "comparison": comparison.value,
        "version": version,
        "family": family,
        "unit": amounts.value,
        "language": language.value,
    }
    address.remember(parameters)
    try:
        month = readings.month_of(
            str(root),
            state,
            None if scope.branches is None else tuple(sorted(scope.branches)),
            as_of,
            catalogue.fingerprint,
            _catalogue=catalogue,
            _published=seen,
        )
    except NothingSeenError:
        units, day = ", ".join(reader.units), day_text(language, as_of)
        refuse(say(language, "si_no_units_seen", units=units, day=day), language)
    put(
        Desk(
            workspace=workspace,
            reader=reader,
            signed_in=signed_in,
            published=seen,
            version=version,
            ledger=ledger,
            analyses=analyses,
            scope=scope,
            catalogue=catalogue,
            data_version=state,
            month=month,
            form=Format(language, workspace.base_currency, amounts),
            comparison=comparison,
            family=family,
            style=Style(language, ground(dark=dark), dark),
            parameters=parameters,
        )
    )
    _controls(months, _versions(published, as_of))
    viewing.show_banner()


def _versions(published: Published, as_of: date) -> tuple[str, ...]:
    """What the figures of a month can be seen as: now, as first reported, and each of several versions."""
    numbers = sorted(number for day, number in published.current() if day == as_of)
    return (*map(str, Known), *(map(str, numbers) if len(numbers) > 1 else ()))


def _version(published: Published, as_of: date, language: Language) -> str:
    asked = address.asked("version") or Known.NOW.value
    known = {*_versions(published, as_of), str(published.newest_versions()[as_of])}
    if asked not in known:
        day, told = day_text(language, as_of), ", ".join(sorted(known))
        refuse(say(language, "unknown_version", asked=asked, day=day, known=told), language)
    return asked


def _seen(published: Published, as_of: date, version: str) -> Published:
    """The published figures as the version asked for shows them."""
    if version == Known.NOW:
        return published
    if version == Known.REPORTED:
        return published.as_reported()
    return published.with_version(as_of, int(version))


def _period(months: Sequence[date], language: Language) -> date:
    asked = address.asked("period")
    if asked is None:
        return months[-1]
    try:
        day = parse_month_end(asked)
    except BadDateError as error:
        refuse(refusals.told(error, language), language)
    if day not in months:
        refuse(
            say(
                language,
                "unknown_period",
                asked=day_text(language, day),
                first=day_text(language, months[0]),
                last=day_text(language, months[-1]),
            ),
            language,
        )
    return day


def _comparison(language: Language) -> Comparison:
    asked = address.asked("comparison") or Comparison.YEAR_END.value
    try:
        return comparison_of(asked)
    except UnknownNameError:
        known = ", ".join(Comparison)
        refuse(say(language, "unknown_comparison", asked=asked, known=known), language)


def _family(catalogue: Catalogue, language: Language) -> str:
    asked = address.asked("family") or TARGETS
    known = (TARGETS, *known_families(catalogue))
    if asked not in known:
        told = ", ".join(known)
        refuse(say(language, "unknown_family", asked=asked, known=told), language)
    return asked


def _amounts(language: Language) -> AmountUnit:
    asked = address.asked("unit") or AmountUnit.AUTO.value
    if asked not in tuple(AmountUnit):
        told = ", ".join(AmountUnit)
        refuse(say(language, "unknown_amounts", asked=asked, known=told), language)
    return AmountUnit(asked)


def known_families(catalogue: Catalogue) -> tuple[str, ...]:
    """The families that the catalogue has metrics of, in their order."""
    return families.in_order(metric.family for metric in catalogue.metrics.values())


def asked_unit() -> BankUnit:
    """The unit of the address, or the top one if it names none; an unknown one is refused."""
    at = desk()
    units = at.month.units
    asked = address.unit(units.top.unit_id)
    if asked not in units.by_id:
        why = at.say("unknown_branch", asked=asked, day=at.day(at.month.as_of))
        refuse(why, at.language)
    return units.by_id[asked]


def unit_of_page() -> BankUnit:
    """The unit that a page is about, and the control that chooses another: the page then begins anew."""
    unit = asked_unit()
    chosen = branch_choice(unit.unit_id)
    if chosen is not None:
        st.query_params["branch"] = chosen
        st.rerun()
    return unit


def asked_section(known: Collection[str], default: str) -> str:
    """The section of the address; an unknown one is refused."""
    at = desk()
    asked = st.query_params.get("section", default)
    if asked not in known:
        told = ", ".join(known)
        refuse(at.say("unknown_section", asked=asked, known=told), at.language)
    return asked


def refuse(why: str, language: Language) -> NoReturn:
    """Say why a page cannot be shown, offer the way out, and stop."""
    address.forget()
    st.error(markup.plain(why), title=say(language, "cannot_show"), icon=":material/block:")
    st.html(
        '<p style="font-size:14px">'
        + markup.linked(
            say(language, "to_overview"), markup.address(OVERVIEW, {"language": language.value})
        )
        + "</p>"
    )
    st.stop()


def _nothing_published(
    workspace: Workspace, deliveries: Deliveries, language: Language
) -> NoReturn:
    st.title(workspace.name, anchor=False)
    with st.container(border=True):
        st.header(say(language, "no_month_title"), anchor=False)
        st.write(say(language, "no_month", bank=markup.plain(workspace.name)))
        waiting = len(deliveries.months())
        if waiting:
            st.write(say(language, "delivered_waiting", count=waiting))
    st.stop()


def _controls(months: Sequence[date], versions: Sequence[str]) -> None:
    """The few global controls: each writes the address, nothing else."""
    at = desk()
    # Only the address names a version of a month that has but one.
    offered = versions if at.version in versions else (*versions, at.version)
    texts = {
        one: at.say(f"version_{one}")
        if one in tuple(Known)
        else at.say("version_number", version=one)
        for one in offered
    }
    with st.sidebar:
        st.session_state[_BRANCH_PLACE] = st.container()
        address.choice(
            "period",
            at.say("period"),
            [day.isoformat() for day in reversed(months)],
            lambda code: at.day(date.fromisoformat(code)),
            at.parameters["period"],
        )
        address.choice(
            "comparison",
            at.say("comparison"),
            list(map(str, Comparison)),
            at.say,
            at.parameters["comparison"],
        )
        address.choice(
            "version",
            at.say("version"),
            list(texts),
            texts.__getitem__,
            at.version,
        )
        st.session_state["choose_language"] = at.language.value
        st.segmented_control(
            at.say("language"),
            list(map(str, Language)),
            format_func=lambda code: Language(code).own_name,
            key="choose_language",
            required=True,
            on_change=address.chosen,
            args=("language",),
        )
        address.choice(
            "unit",
            at.say("amounts"),
            list(map(str, AmountUnit)),
            lambda code: at.form.unit_choice(AmountUnit(code)) or at.say("amounts_auto"),
            at.parameters["unit"],
        )
        viewing.show_identity()


def branch_choice(current: str | None) -> str | None:
    """The control that opens a branch; gives the branch that was just chosen, if another."""
    at = desk()
    units = at.month.units
    depth = {unit.unit_id: len(units.chain(unit.unit_id)) - 1 for unit in units.all}
    ordered = _in_tree_order(units.top, depth)
    with st.session_state[_BRANCH_PLACE]:
        key = f"choose_branch_{at.month.as_of}_{current}"
        opened = st.selectbox(
            at.say("open_branch"),
            [unit.unit_id for unit in ordered],
            index=None if current is None else [u.unit_id for u in ordered].index(current),
            format_func=lambda code: units.by_id[code].name(at.language),
            placeholder=at.say("choose_branch"),
            key=key,
        )
    return opened if opened != current else None


def _in_tree_order(top: BankUnit, depth: Mapping[str, int]) -> list[BankUnit]:
    units = desk().month.units
    ordered: list[BankUnit] = []
    waiting = [top, *(u for u in units.all if not depth[u.unit_id] and u is not top)]
    while waiting:
        unit = waiting.pop(0)
        ordered.append(unit)
        waiting = [*units.children(unit.unit_id), *waiting]
    return ordered
