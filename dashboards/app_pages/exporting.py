"""What a page offers as files: the same figures, of the same scope, with the header strip on each of them.

What a page's document holds is said in `dashboards.documents`, how files are written in `dashboards.exports`.
"""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import markup
from dashboards.app_pages import strip
from dashboards.app_pages.desk import Desk, desk
from dashboards.exports import formats
from dashboards.exports.document import Document, Made
from dashboards.exports.formats import FileKind
from records.ledger.access_log import Action
from records.readers import LOCAL
from transforms.errors import BranchmarkError

_OPEN: Final = "export"


def offer(make: Callable[[], Document], into: DeltaGenerator | None = None) -> None:
    """The control that makes files of a page, when a reader asks for them.

    Args:
        make: says what the page shows; called only once the control is open.
        into: room at the end of the title's line (`strip.title`); a line of its own if there is none.
    """
    at = desk()
    place = into or st.container(horizontal=True, horizontal_alignment="right", key="export_line")
    control = place.popover(
        at.say("ex_export"),
        icon=":material/download:",
        type="tertiary",
        key=_OPEN,
        on_change="rerun",
    )
    if not control.open:
        return
    with control:
        try:
            if at.signed_in != LOCAL:
                # A file that fails while it is handed over is told by the browser, in words of its own.
                at.ledger.access_log.ready()
            with st.spinner(at.say("ex_gathering")):
                document = _headed(make())
        except BranchmarkError as error:
            st.error(markup.plain(at.refusal(error)))
            return
        st.caption(at.say("ex_export_hint"))
        with st.container(gap=None):
            for kind in FileKind:
                _button(at, document, kind)
        if at.signed_in != LOCAL:
            st.caption(at.say("ex_logged"))


def _headed(document: Document) -> Document:
    """A document with the strip of its page, if it brings none."""
    if document.strip:
        return document
    at = desk()
    asked = st.query_params.get("branch", "")
    unit = asked if asked in at.month.units.by_id else at.month.units.top.unit_id
    return replace(document, strip=strip.headline(unit).pairs())


def _button(at: Desk, document: Document, kind: FileKind) -> None:
    """The button of one kind, or why there is none: the file is written when it is pressed."""
    made = Made(_person(at), datetime.now(UTC), at.form)
    refusal = formats.refusal(document, made, kind)
    if refusal:
        st.caption(refusal)
        return
    name = formats.file_name(document, kind)
    st.download_button(
        at.say(f"ex_{kind}"),
        lambda: taken(at, document, kind),
        file_name=name,
        mime=kind.mime,
        on_click="ignore",
        type="tertiary",
        key=f"export_{kind}",
        icon=_ICONS[kind],
    )


def table_file(label: str, make: Callable[[], bytes], *, name: str, key: str) -> None:
    """The button that hands out all rows of a table as CSV, which are written when it is pressed.

    Args:
        label: what stands on it.
        make: writes the file; called after it was written down who takes it.
        name: of the file.
        key: of the control.
    """
    file(label, make, name=name, mime="text/csv", key=key, icon=":material/download:")


def file(
    label: str, make: Callable[[], bytes], *, name: str, mime: str, key: str, icon: str
) -> None:
    """The button that hands out a file, which is written when it is pressed.

    Args:
        label: what stands on it.
        make: writes the file; called after it was written down who takes it.
        name: of the file.
        mime: its media type.
        key: of the control.
        icon: of the button.
    """
    at = desk()

    def taken_file() -> bytes:
        record(at, name, datetime.now(UTC))
        return make()

    st.download_button(
        label,
        taken_file,
        file_name=name,
        mime=mime,
        on_click="ignore",
        icon=icon,
        key=key,
    )


_ICONS: Final = {
    FileKind.XLSX: ":material/table_view:",
    FileKind.PDF: ":material/print:",
    FileKind.HTML: ":material/web:",
    FileKind.CSV: ":material/data_object:",
    FileKind.PARQUET: ":material/dataset:",
}


def _person(at: Desk) -> str:
    """Who takes the file, and as whom an administrator sees the page."""
    if at.acting_as is None:
        return at.signed_in.name
    return at.say("ex_acting_as", who=at.signed_in.name, reader=at.acting_as)


def taken(at: Desk, document: Document, kind: FileKind) -> bytes:
    """The file, after it was written down who takes it.

    Raises:
        BranchmarkError: if that cannot be written down, and somebody signed in.
    """
    moment = datetime.now(UTC)
    record(at, formats.file_name(document, kind), moment)
    return formats.write(document, Made(_person(at), moment, at.form), kind)


def record(at: Desk, name: str, moment: datetime) -> None:
    """Write down who takes which file away, and whose figures are in it.

    Without a sign-in there is nobody to write down but whoever has the files anyway: then a ledger that
    cannot be written to is no obstacle.

    Raises:
        BranchmarkError: if it cannot be written down, and somebody signed in.
    """
    scope = at.scope.branches
    seen = "whole bank" if scope is None else ", ".join(sorted(scope))
    local = at.signed_in == LOCAL
    with contextlib.suppress(BranchmarkError) if local else contextlib.nullcontext():
        at.ledger.access_log.record(
            who=at.signed_in.name,
            acting_as=at.acting_as,
            action=Action.EXPORT,
            subject=f"{name}: {seen}",
            reason="",
            at=moment,
        )
