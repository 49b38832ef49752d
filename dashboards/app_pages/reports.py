"""Reports: what goes out, when, and who signed it?"""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening, strip
from dashboards.app_pages.desk import desk
from dashboards.app_pages.report_parts import changed, files, month, read, sign, units
from dashboards.documents import reports as document
from dashboards.quality.parts import Parts
from dashboards.release import steps

# By name the key of its words; each has an address of its own. Streamlit would print a bare string.
SECTIONS: Final[Mapping[str, str]] = {
    "units": "rp_units",
    "calendar": "rp_calendar",
    "sign": "rp_sign",
    "since": "rp_since",
    "files": "rp_files",
}


at = desk()
unit = opening.unit_of_page()

parts = Parts.of(at.month, unit)
# A unit without others below it has nothing to list, and is here to be signed.
section = opening.asked_section(SECTIONS, "units" if parts.below else "sign")
strip.header(unit.unit_id, page=address.REPORTS)
tools = strip.title(
    f"{at.say('reports_page')}{at.language.pick(': ', '：')}{unit.name(at.language)}"
)
held = read.entered()
whole, below = read.steps(parts, held)
exporting.offer(
    lambda: document.made(
        strip.headline(unit.unit_id),
        whole,
        below,
        held.of_month(at.month.as_of),
        at.form,
    ),
    into=tools,
)
st.html(markup.message(steps.message(whole, below, at.form)))
units.bar(whole)
address.pills(
    "section", at.say("dq_section"), {name: at.say(key) for name, key in SECTIONS.items()}, section
)
if section == "units":
    units.show(whole, below)
elif section == "calendar":
    month.show(unit, held.last(unit.unit_id), read.year(unit, held))
elif section == "sign":
    sign.show(unit, whole, held)
elif section == "since":
    changed.show(unit, held)
else:
    files.show(unit)
