"""What cannot be computed from a book, and why, by name: nothing missing is ever shown as zero."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from transforms.catalogue.load import columns_of, parameters_of
from transforms.catalogue.model import Aggregation, Catalogue, Entity
from transforms.catalogue.vocabulary import EVENT_TERMS, LOAN_TERMS, SLICES, Term
from transforms.reference.tables import Taxonomy
from transforms.schema import FIRST_LOAN_EVENT, LOAN_SNAPSHOT


@dataclass(frozen=True)
class Held:
    """What a month's book holds.

    Attributes:
        columns: columns that deliveries really filled, as `table.column`.
        taxonomy: the industry classification of the book.
        months_without_events: months of the year so far with no first-loan events delivered.
    """

    columns: frozenset[str]
    taxonomy: Taxonomy
    months_without_events: tuple[date, ...]

    @property
    def tables(self) -> frozenset[str]:
        """The tables that were delivered at all."""
        return frozenset(column.partition(".")[0] for column in self.columns)


def unavailable_measures(
    catalogue: Catalogue, held: Held, parameters: Collection[str], as_of: date
) -> dict[str, str]:
    """The measures that this book cannot give, each with the reason a person can act on.

    Args:
        catalogue: whose measures are asked.
        held: what the book holds.
        parameters: names of the thresholds in force that month.
        as_of: the month end.
    """
    found: dict[str, str] = {}
    for measure in catalogue.measures.values():
        reason = _flag_reason(catalogue, measure.where, held, parameters)
        if measure.aggregation is Aggregation.COUNT_EVENTS:
            reason = _events_reason(held, measure.over, as_of) or reason
        if reason:
            found[measure.name] = reason
    return found


def unavailable_slices(held: Held) -> dict[str, str]:
    """The slices that this book cannot be cut by, each with the reason."""
    checked = {name: _term_reason(term, held) for name, term in SLICES.items()}
    return {name: reason for name, reason in checked.items() if reason}


def _events_reason(held: Held, window: str, as_of: date) -> str | None:
    missing = held.months_without_events
    if window == "month":
        missing = tuple(month for month in missing if month == as_of)
    if not missing:
        return None
    months = ", ".join(f"{month:%Y-%m}" for month in missing)
    return f"table {FIRST_LOAN_EVENT.name} was not delivered for {months}"


def _flag_reason(
    catalogue: Catalogue, flag_name: str, held: Held, parameters: Collection[str]
) -> str | None:
    flag = catalogue.flags[flag_name]
    terms = LOAN_TERMS if flag.entity is Entity.LOAN else EVENT_TERMS
    for clause in flag.clauses:
        for name in parameters_of(clause.sql):
            if name not in parameters:
                return f"no {name} is in force on that date"
        for name in columns_of(clause.sql):
            if name in clause.soft:
                continue
            if name in catalogue.flags:
                reason = _flag_reason(catalogue, name, held, parameters)
            else:
                reason = _term_reason(terms[name], held)
            if reason:
                return reason
    return None


_ALWAYS: Final = frozenset({LOAN_SNAPSHOT.name})


def _term_reason(term: Term, held: Held) -> str | None:
    for need in sorted(term.needs - held.columns):
        table, _, column = need.partition(".")
        if table not in held.tables | _ALWAYS:
            return f"table {table} was not delivered"
        return f"column {column} is not in {table}"
    if term.taxonomy is not None and term.taxonomy is not held.taxonomy:
        return f"industries are coded in {held.taxonomy}, and this needs {term.taxonomy}"
    return None


def in_force(valid_from: date, valid_to: date | None, as_of: date) -> str | None:
    """Why a definition does not hold on that date, or nothing if it does."""
    if as_of < valid_from:
        return f"the definition holds from {valid_from.isoformat()} on"
    if valid_to is not None and as_of > valid_to:
        return f"the definition held until {valid_to.isoformat()}"
    return None
