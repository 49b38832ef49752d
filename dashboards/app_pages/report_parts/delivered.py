"""The files of a report, the pack of evidence behind it, and who received it."""

from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import exporting
from dashboards.app_pages.asking import answered
from dashboards.app_pages.desk import Desk, desk
from dashboards.app_pages.report_parts.looked_at import Opened
from dashboards.listing import Column, table
from dashboards.quality import states
from dashboards.quality.states import Standing
from dashboards.summaries import formats
from dashboards.summaries.formats import SummaryKind
from records.ledger.dispatches import DispatchState
from records.ledger.returns import Head

_ICONS: Final = {
    SummaryKind.XLSX: ":material/table_view:",
    SummaryKind.PDF: ":material/print:",
    SummaryKind.CSV: ":material/data_object:",
    SummaryKind.JSON: ":material/code:",
}
_STANDING: Final = {
    DispatchState.SENT: Standing.GOOD,
    DispatchState.WAITING: Standing.OPEN,
    DispatchState.FAILED: Standing.BAD,
    DispatchState.UNKNOWN: Standing.WATCH,
}


def show(made: Opened) -> None:
    """Files, evidence, receipts."""
    at = desk()
    st.header(at.say("rt_download"), anchor=False)
    if not made.paper.is_released:
        st.caption(at.say("rt_not_released", state=made.paper.standing))
    with st.container(horizontal=True):
        for kind in SummaryKind:
            _file(at, made, kind)
    st.caption(at.say("rt_download_hint", name=formats.stem(made.paper)))
    st.header(at.say("rt_evidence"), anchor=False)
    _evidence(at, made)
    st.header(at.say("rt_receipts"), anchor=False)
    _receipts(made)


def _file(at: Desk, made: Opened, kind: SummaryKind) -> None:
    """The button of one kind, or why there is none: the file is written when it is pressed."""
    refusal = formats.refusal(made.paper, kind)
    if refusal:
        st.caption(markup.plain(refusal))
        return
    asked, paper, report, by = made.asked, made.paper, made.report, at.signed_in.name
    exporting.file(
        at.say(f"rt_as_{kind.value}"),
        lambda: asked.file(at.scope, paper, kind, report, by=by),
        name=formats.file_name(paper, kind),
        mime=kind.mime,
        key=f"report_{kind.value}",
        icon=_ICONS[kind],
    )


def _evidence(at: Desk, made: Opened) -> None:
    """A pack takes seconds: it is made when somebody asks, and then handed out."""
    head = made.head
    if head is None:
        st.write(at.say("rt_evidence_draft"))
        return
    st.caption(at.say("rt_evidence_hint"))
    pack = answered(
        f"evidence_{head.package_id}",
        at.say("rt_evidence_make"),
        ":material/folder_zip:",
        at.say("rt_evidence_making"),
        lambda: _packed(made, head),
    )
    if pack is None:
        return
    exporting.file(
        at.say("rt_evidence_take"),
        lambda: pack,
        name=f"{formats.stem(made.paper)}-evidence.zip",
        mime="application/zip",
        key="report_evidence",
        icon=":material/download:",
    )


def _packed(made: Opened, head: Head) -> bytes:
    """The pack, made once while the session lasts."""
    at = desk()
    key = f"pack_{head.package_id}_{made.paper.steps.height}_{made.paper.remarks.height}"
    if key not in st.session_state:
        st.session_state[key] = made.asked.evidence(at.scope, head)
    pack = st.session_state[key]
    assert isinstance(pack, bytes)  # noqa: S101 - nothing else is put there
    return pack


def _receipts(made: Opened) -> None:
    at = desk()
    head = made.head
    rows = (
        made.receipts.filter(pl.col("package_id") == head.package_id).to_dicts()
        if head is not None
        else []
    )
    if not rows:
        st.write(at.say("rt_receipts_none"))
        return
    columns = [
        Column(at.say("rt_channel"), tight=True),
        Column(at.say("rt_recipient"), width="24%"),
        Column(at.say("rp_state"), tight=True),
        Column(at.say("sm_at"), tight=True),
        Column(at.say("rt_attempts"), number=True),
        Column(at.say("rt_detail"), width="38%"),
    ]
    lines = [
        [
            escape(at.say(f"rt_channel_{row['channel']}")),
            escape(row["recipient"]),
            states.mark(
                _STANDING[DispatchState(row["state"])], at.say(f"rt_dispatch_{row['state']}")
            ),
            "" if row["at"] is None else f"{row['at']:%Y-%m-%d %H:%M} UTC",
            at.form.count(row["attempts"]),
            f"<small>{escape(row['receipt'] or row['detail'] or '')}</small>",
        ]
        for row in rows
    ]
    st.html(table(columns, lines, caption=at.say("rt_receipts"), least_width=820))
