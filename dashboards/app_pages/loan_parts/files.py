"""The whole list as a file: every row of it, in the order of the page, masked unless the names were revealed.

The page's own document holds as many rows as a workbook is read with; these files hold all there are.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

import polars as pl
import streamlit as st

from dashboards import contributions
from dashboards.app_pages import exporting
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import kept, reveal
from dashboards.app_pages.loan_parts.asked import Asked
from dashboards.app_pages.loan_parts.rows import subject_of
from dashboards.documents.loans import with_borrowers, with_words
from dashboards.exports.guarded import to_csv
from dashboards.port.loans import LoanList

_KINDS: Final = {"CSV": "csv", "Parquet": "parquet"}


def offer(of: Asked, found: LoanList, rows: pl.DataFrame) -> None:
    """The controls that hand out all rows of the tab, as filtered and sorted."""
    at = desk()
    place = st.popover(at.say("ln_files"), icon=":material/download:")
    revealed = reveal.is_revealed(subject_of(of))
    place.caption(at.say("ln_files_named" if revealed else "ln_files_masked"))
    for kind, ending in _KINDS.items():
        place.download_button(
            at.say("ln_file", count=at.form.count(rows.height), kind=kind),
            data=_made(of, found, rows, ending),
            file_name=f"loans-{of.metric.metric_id}-{of.unit.unit_id}-{at.month.as_of}.{ending}",
            key=f"file_{ending}",
            icon=":material/description:",
        )


def _made(of: Asked, found: LoanList, rows: pl.DataFrame, ending: str) -> Callable[[], bytes]:
    """Makes a file when it is asked for, after that was written down.

    It is called outside the page's run: what it needs of the desk is taken along.
    """
    at, name, names = desk(), f"{subject_of(of)} ({ending})", _names(of)

    def make() -> bytes:
        exporting.record(at, name, datetime.now(UTC))
        told = with_words(contributions.ordered(rows, of.order), found, at.language)
        told = with_borrowers(told, None if names is None else names(told))
        if ending == "csv":
            return to_csv(told)
        written = BytesIO()
        told.write_parquet(written)
        return written.getvalue()

    return make


def named(of: Asked, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with their borrowers masked, or by number and name if this list was revealed."""
    names = _names(of)
    return with_borrowers(rows, None if names is None else names(rows))


def _names(of: Asked) -> Callable[[pl.DataFrame], Mapping[str, str]] | None:
    """What tells the names of the borrowers of rows; nothing unless this list was revealed."""
    at, by = desk(), kept.answers()
    if by is None or not reveal.is_revealed(subject_of(of)):
        return None
    return lambda rows: by.names(
        at.scope, rows["borrower_id"].drop_nulls().unique().to_list(), at.month.as_of
    )
