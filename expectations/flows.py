"""The month's movement, loan by loan: what stood in the book, what the events moved, what stands now.

One derived view, `loan_flow`, made once in a session over delivered loan events, so that every rule on
opening + events = closing reads the same sums. What breaks a rule is said in `rules/loan_event.yaml`;
flows as figures belong in `transforms`.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms import codes, schema

VIEW: Final = "loan_flow"
"""One row per loan, branch and currency that either book or an event knows."""

_SUM: Final = pl.Decimal(38, 2)

COLUMNS: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "loan_id": schema.TEXT,
        "branch_id": schema.TEXT,
        "currency_code": schema.TEXT,
        "opening": _SUM,
        "moved": _SUM,
        "closing": _SUM,
        "in_previous": schema.FLAG,
        "in_book": schema.FLAG,
        "begun": schema.FLAG,
        "ended": schema.FLAG,
    }
)
"""Own-book principal before and now, and between them the events that change it.

`begun` and `ended` say whether an event put the loan on the book, or took principal off it.
"""

_BOOK: Final = (
    "loan_id",
    "booking_branch_id",
    "currency_code",
    "outstanding_principal",
    "movement",
    "loan_status",
)

SOURCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "previous_loan_snapshot": _BOOK,
        "loan_snapshot": _BOOK,
        "loan_event": ("event_id", "loan_id", "branch_id", "currency_code", "amount", "event_type"),
    }
)
"""What the view is made from, by view: without any of it there is no movement to speak of."""


def needed_with_sources(needed: Mapping[str, Collection[str]]) -> dict[str, Collection[str]]:
    """What will be asked for, and what the movement is made from if that is asked for."""
    wanted = dict(needed)
    if VIEW in wanted:
        for view, columns in SOURCES.items():
            wanted[view] = {*wanted.get(view, ()), *columns}
    return wanted


def can_be_made(columns: Mapping[str, Collection[str]]) -> bool:
    """Whether the session has both books and the events."""
    return all(set(of) <= set(columns.get(view, ())) for view, of in SOURCES.items())


def definition(*, with_problems: bool) -> str:
    """The statement that makes the view, over delivered events: rows to be set aside move nothing.

    Args:
        with_problems: Whether the events carry what the reader of the file noted.
    """
    return f"""
        CREATE TABLE {VIEW} AS
        SELECT loan_id, branch_id, currency_code,
            sum(opening)::DECIMAL(38, 2) AS opening,
            sum(moved)::DECIMAL(38, 2) AS moved,
            sum(closing)::DECIMAL(38, 2) AS closing,
            bool_or(side = 'previous') AS in_previous,
            bool_or(side = 'book') AS in_book,
            bool_or(event_type IN ({_listed(_BEGINS)})) AS begun,
            bool_or(moved < 0 AND event_type <> 'branch_move') AS ended
        FROM (
            SELECT 'previous' AS side, loan_id, booking_branch_id AS branch_id, currency_code,
                {_OWN} AS opening, 0 AS moved, 0 AS closing, '' AS event_type
            FROM previous_loan_snapshot
            UNION ALL
            SELECT 'book', loan_id, booking_branch_id, currency_code, 0, 0, {_OWN}, ''
            FROM loan_snapshot
            UNION ALL
            SELECT 'event', loan_id, branch_id, currency_code, 0, {_MOVED}, 0, event_type
            FROM loan_event
            WHERE {_ACCEPTED}{_UNTROUBLED if with_problems else ""}
        )
        GROUP BY loan_id, branch_id, currency_code
    """  # noqa: S608  # nothing in here comes from outside


def _listed(words: Collection[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_BEGINS: Final = ("drawdown", "transfer_in")
_GONE: Final = ("written_off", "transferred", "settled")
_OWN: Final = (
    f"CASE WHEN movement = 'none' AND loan_status NOT IN ({_listed(_GONE)}) "
    "THEN outstanding_principal ELSE 0 END"
)
_MOVED: Final = (
    f"CASE WHEN event_type IN ({_listed(codes.WITHOUT_PRINCIPAL)}) THEN 0 ELSE amount END"
)
# Only repeated numbers are sorted, so that a month without any costs one grouping.
_ACCEPTED: Final = """source_row_no NOT IN (
    SELECT source_row_no FROM (
        SELECT source_row_no, row_number() OVER (PARTITION BY event_id ORDER BY source_row_no) AS place
        FROM loan_event
        WHERE event_id IN (SELECT event_id FROM loan_event GROUP BY event_id HAVING count(*) > 1)
    ) WHERE place > 1
)"""
_UNTROUBLED: Final = " AND coalesce(len(problems), 0) = 0"
