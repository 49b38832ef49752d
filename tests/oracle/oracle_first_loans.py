"""Which first drawdowns count a client: once in life, under two readings.

The regulator's reading asks for proof that no other bank had lent; `new_to_bank` asks only whether
this bank had. Balances belong in `oracle_loans.py`, other drawdowns in `oracle_flows.py`.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from tests.oracle.oracle_delivered import Book, Row

QUERY_DAYS = timedelta(days=30)


def is_new_to_bank(event: Row, delivered: date, as_of: date) -> bool:
    """A new loan to an enterprise, reported in its own month and not withdrawn."""
    day, revoked = event["event_date"], event["revoked_on"]
    return (
        event["borrower_type"] == "enterprise"
        and event["issue_type"] == "new"
        and (revoked is None or revoked > as_of)
        and (day.year, day.month) == (delivered.year, delivered.month)
    )


def is_first_anywhere(event: Row, delivered: date, as_of: date) -> bool:
    """The same, with a query of the credit registry shortly before it."""
    day, checked = event["event_date"], event["registry_checked_on"]
    return (
        is_new_to_bank(event, delivered, as_of)
        and checked is not None
        and checked <= day <= checked + QUERY_DAYS
    )


Reading = Callable[[Row, date, date], bool]
REGULATOR: Reading = is_first_anywhere
NEW_TO_BANK: Reading = is_new_to_bank


def counted_events(book: Book, as_of: date, reading: Reading) -> list[Row]:
    """The one event that counts for each client, of all months delivered up to the day."""
    first: dict[str, Row] = {}
    for delivered, event in _reported(book, as_of):
        if reading(event, delivered, as_of):
            known = first.get(event["borrower_id"])
            if known is None or _order(event) < _order(known):
                first[event["borrower_id"]] = event
    return list(first.values())


def _reported(book: Book, as_of: date) -> Iterator[tuple[date, Row]]:
    for month in sorted(book):
        if month <= as_of:
            for event in book[month].get("borrower_first_loan_event", []):
                yield month, event


def _order(event: Row) -> tuple[date, str]:
    return event["event_date"], event["loan_id"]
