"""Data quality: can the month be signed, and if not, which rows keep it back?"""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening, readings, strip
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality import (
    deliveries,
    findings,
    ledger,
    overrides,
    readiness,
    rejected,
)
from dashboards.quality.evidence import Evidence
from dashboards.quality.parts import Parts

# By name, each with an address of its own. Streamlit would print a bare string of a page.
SECTIONS: Final[Mapping[str, Callable[[Parts, Evidence], None]]] = {
    "readiness": readiness.show,
    "deliveries": deliveries.show,
    "rejected": rejected.show,
    "findings": findings.show,
    "ledger": ledger.show,
    "overrides": overrides.show,
}

_COUNTED: Final = {
    "rejected": rejected.count,
    "findings": findings.count,
    "ledger": ledger.count,
    "overrides": overrides.count,
}


def _labels(parts: Parts, evidence: Evidence) -> dict[str, str]:
    """The names of the sections, with how much is in those that may be empty."""
    at = desk()
    labels = {}
    for name in SECTIONS:
        label = at.say(f"dq_{name}")
        if name in _COUNTED:
            found = _COUNTED[name](parts, evidence)
            label += at.language.pick(f" ({at.form.count(found)})", f"（{at.form.count(found)}）")
        labels[name] = label
    return labels


at = desk()
unit = opening.unit_of_page()

# A rule without a section means its findings.
section = opening.asked_section(
    SECTIONS, "findings" if st.query_params.get("rule") else "readiness"
)
parts = Parts.of(at.month, unit)
evidence = readings.evidence()

strip.header(unit.unit_id, page=address.DATA_QUALITY)
tools = strip.title(
    f"{at.say('data_quality')}{at.language.pick(': ', '：')}{unit.name(at.language)}"
)
st.html(markup.message(readiness.message(parts)))
address.pills(
    "section",
    at.say("dq_section"),
    _labels(parts, evidence),
    section,
    drops=("rule", "table", "show"),
)
SECTIONS[section](parts, evidence)
exporting.offer(lambda: readiness.document(parts, evidence), tools)
