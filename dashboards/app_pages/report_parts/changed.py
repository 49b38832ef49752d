"""What changed since the unit's figures were signed."""

from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages import exporting
from dashboards.app_pages.desk import desk
from dashboards.app_pages.report_parts.read import Entered
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.quality.rejections import PER_PAGE
from dashboards.release import since
from dashboards.release.signed import Signature
from dashboards.release.since import Change, Since
from dashboards.units import BankUnit
from transforms.scorecards import Status

_SHORT = 12


def show(unit: BankUnit, held: Entered) -> None:
    """The signed figures beside those published now."""
    at = desk()
    if held.broken:
        st.error(markup.plain(held.broken), title=at.say("tg_ledger_broken"))
        return
    name = unit.name(at.language)
    signature = held.last(unit.unit_id)
    if signature is None:
        st.info(markup.plain(at.say("rp_since_never", unit=name)))
        return
    told = {"person": markup.plain(signature.person), "day": at.day(signature.at.date())}
    if signature.holds:
        st.success(at.say("rp_since_none", **told), icon=":material/check_circle:")
        return
    found = since.read(at.workspace.lake, at.published, at.scope, unit.unit_id, signature)
    if not found.kept:
        short = signature.fingerprint[:_SHORT]
        lost = at.say("rp_since_lost", version=signature.version, fingerprint=short, **told)
        st.warning(lost)
        return
    if found.cells.is_empty():
        st.success(
            at.say("rp_since_same", unit=markup.plain(name), **told), icon=":material/check_circle:"
        )
        return
    _table(unit, signature, found)


def _table(unit: BankUnit, signature: Signature, found: Since) -> None:
    at = desk()
    lines = since.changes(found, at.catalogue, at.form)
    st.html(
        markup.message(
            at.say(
                "rp_since_some",
                person=signature.person,
                version=signature.version,
                day=at.day(signature.at.date()),
                unit=unit.name(at.language),
                count=len(lines),
                flipped=sum(one.before is not one.after for one in lines),
            )
        )
    )
    columns = [
        Column(at.say("metric"), width="32%"),
        Column(at.say("rp_as_signed"), number=True),
        Column(at.say("rp_as_now"), number=True),
        Column(at.say("change"), number=True),
        Column(at.say("rp_status_signed"), tight=True),
        Column(at.say("rp_status_now"), tight=True),
        Column(at.say("note"), width="18%"),
    ]
    st.html(
        table(
            columns,
            [_cells(one) for one in lines[:PER_PAGE]],
            caption=at.say("rp_since"),
            least_width=900,
        )
    )
    parts = found.cells.height - found.uncut.height
    if parts:
        st.caption(at.say("rp_since_cells", count=at.form.count(parts)))
    exporting.table_file(
        at.say("rp_download_cells"),
        lambda: to_csv(found.cells),
        name=f"since_signed_{unit.unit_id}_{at.month.as_of:%Y-%m-%d}.csv",
        key="download_since",
    )


def _cells(one: Change) -> list[str]:
    at = desk()
    reading = f" <small>{escape(one.reading)}</small>" if one.reading else ""
    semicolon = at.language.pick("; ", "；")
    note = semicolon.join(at.say(f"rp_differs_{name}") for name in one.note)
    return [
        escape(one.name) + reading,
        escape(one.signed),
        f"<b>{escape(one.now)}</b>",
        escape(one.change),
        _status(one.before),
        _status(one.after) if one.after is not one.before else "",
        f"<small>{escape(note)}</small>",
    ]


def _status(status: Status | None) -> str:
    """A status; nothing where there is no target, since most figures have none."""
    if status is Status.NO_TARGET:
        return ""
    return NOTHING if status is None else markup.mark(status, desk().style)
