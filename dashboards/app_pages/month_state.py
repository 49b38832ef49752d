"""What keeps a month from being believed: what is late or missing, and how far it is from being signed."""

from collections.abc import Sequence

import streamlit as st

from dashboards import completeness, markup
from dashboards.app_pages import figures, readings
from dashboards.app_pages.address import REPORTS
from dashboards.app_pages.aims import common
from dashboards.app_pages.desk import desk
from dashboards.numbers import NOTHING
from dashboards.units import BankUnit

_GRADES = ("critical", "error", "warning")


def show_notices(branches: Sequence[BankUnit]) -> None:
    """In sentences, what is late, waits, or is missing from the whole; nothing where all is well."""
    at = desk()
    seen = at.month
    comma = at.language.pick(", ", "、")
    told = []
    delivered = set(seen.unpublished)
    late = [day for day in completeness.late(seen, common.now().date()) if day not in delivered]
    if late:
        missing = comma.join(at.day(day) for day in late)
        received = f"{seen.received_at:%Y-%m-%d}" if seen.received_at else NOTHING
        told.append(
            at.say("state_stale", missing=missing, newest=at.day(seen.as_of), received=received)
        )
    if seen.unpublished:
        told.append(at.say("state_waiting", months=comma.join(map(at.day, seen.unpublished))))
    if seen.pending:
        told.append(at.say("state_pending", tables=comma.join(seen.pending)))
    without = completeness.without_loans(seen, branches)
    if without:
        names = figures.names([unit.unit_id for unit in without])
        told.append(
            at.say(
                "state_partial",
                missing=len(without),
                count=len(branches),
                names=markup.plain(names),
            )
        )
    if told:
        st.warning(at.language.pick(" ", "").join(told), icon=":material/hourglass_empty:")


def show_readiness(branches: Sequence[BankUnit]) -> None:
    """What keeps the month from being signed, in a line, with the way to the rows."""
    at = desk()
    seen, form = at.month, at.form
    top = seen.units.top.unit_id
    told = _reconciled()
    items = [
        _item("unreconciled", told, at.quality_link(top, section="ledger")),
        _item("signed_units", _signed(branches), at.link(REPORTS, branch=top)),
        _item(
            "rejected_rows",
            form.count(seen.rejected_rows),
            at.quality_link(top, section="rejected"),
        ),
        _item("findings", _findings(), at.quality_link(top, section="findings")),
    ]
    st.html(markup.strip(items))


def _item(key: str, told: str, href: str) -> str:
    at = desk()
    return f"{at.say(key)}{at.language.pick(': ', '：')}<b>{markup.linked(told, href)}</b>"


def _reconciled() -> str:
    at = desk()
    if at.month.unreconciled is None:
        return at.say("signed_none_kept")
    if not at.month.unreconciled:
        return at.say("none")
    names = figures.names(at.month.unreconciled)
    return at.say("unreconciled_some", count=len(at.month.unreconciled), names=names)


def _signed(branches: Sequence[BankUnit]) -> str:
    at = desk()
    signatures = readings.all_signatures()
    if signatures is None:
        return at.say("signed_none_kept")
    units = branches or [at.month.units.top]
    signed = completeness.signed(signatures, units, readings.run_id())
    return at.say("signed_of", signed=signed, count=len(units))


def _findings() -> str:
    at = desk()
    graded = [
        at.say(
            "rules_with_findings",
            rules=at.form.count(at.month.findings[grade][0]),
            severity=at.say(f"severity_{grade}"),
            rows=at.form.count(at.month.findings[grade][1]),
        )
        for grade in _GRADES
        if grade in at.month.findings
    ]
    return at.language.pick(", ", "，").join(graded) or at.say("none")
