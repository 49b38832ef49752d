"""What cannot be computed from a book, and why, by name: nothing missing is ever shown as zero."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from transforms.catalogue.model import Aggregation, At, Catalogue, Entity, Flag, Measure
from transforms.catalogue.sql import columns_of, parameters_of
from transforms.catalogue.vocabulary import (
    AMOUNTS,
    LOAN_NAMES,
    NAMES,
    NOW,
    REPORTED,
    SLICES,
    THEN,
    Name,
)
from transforms.periods import months_back, months_of_year_to, previous_month_end, previous_year_end
from transforms.reference.tables import Taxonomy
from transforms.schema import FIRST_LOAN_EVENT, LOAN_EVENT, LOAN_SNAPSHOT


@dataclass(frozen=True)
class Held:
    """What a month's book holds.

    Attributes:
        as_of: the month end.
        columns: columns that deliveries really filled, as `table.column`.
        taxonomy: the industry classification of the book.
        months: month ends with a delivery of their own, by table, this month among them.
    """

    as_of: date
    columns: frozenset[str]
    taxonomy: Taxonomy
    months: Mapping[str, frozenset[date]] = field(default_factory=dict)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that were delivered at all."""
        return frozenset(column.partition(".")[0] for column in self.columns)

    def missing(self, table: str, days: Collection[date]) -> tuple[date, ...]:
        """Which of these months have no delivery of the table, oldest first."""
        return tuple(sorted(set(days) - self.months.get(table, frozenset())))


def unavailable_measures(
    catalogue: Catalogue, held: Held, parameters: Collection[str]
) -> dict[str, str]:
    """The measures that this book cannot give, each with the reason a person can act on.

    Args:
        catalogue: whose measures are asked.
        held: what the book holds.
        parameters: names of the thresholds in force that month.
    """
    asked = _Question(catalogue, held, parameters)
    found: dict[str, str] = {}
    for measure in catalogue.measures.values():
        reason = next(asked.reasons(measure), None)
        if reason:
            found[measure.name] = reason
    return found


def unavailable_slices(held: Held) -> dict[str, str]:
    """The slices that this book cannot be cut by, each with the reason."""
    checked = {name: _name_reason(one.name, held) for name, one in SLICES.items()}
    return {name: reason for name, reason in checked.items() if reason}


@dataclass(frozen=True)
class _Question:
    catalogue: Catalogue
    held: Held
    parameters: Collection[str]

    def reasons(self, measure: Measure) -> Iterator[str]:
        """Why a measure cannot be given, the reason nearest to what was delivered first."""
        held = self.held
        if measure.aggregation is Aggregation.COMBINED:
            return
        if measure.aggregation is Aggregation.REPORTED:
            yield from _one(_name_reason(REPORTED[measure.over], held))
            return
        entity = self.catalogue.flags[measure.where].entity
        yield from self._of_entity(measure, entity)
        flag = self.catalogue.flags[measure.where]
        yield from _one(self._flag_reason(flag))
        if measure.over in AMOUNTS[entity]:
            yield from _one(_name_reason(AMOUNTS[entity][measure.over], held))
        if measure.by in SLICES:
            yield from _one(_name_reason(SLICES[measure.by].name, held))
        elif measure.by in LOAN_NAMES:
            yield from _one(_name_reason(LOAN_NAMES[measure.by], held))

    def _of_entity(self, measure: Measure, entity: Entity) -> Iterator[str]:
        held, as_of = self.held, self.held.as_of
        yearly = "year_to_date" in (measure.over, measure.window)
        months = months_of_year_to(as_of) if yearly else (as_of,)
        if entity is Entity.EVENT:
            yield from _not_delivered(
                FIRST_LOAN_EVENT.name, held.missing(FIRST_LOAN_EVENT.name, months)
            )
        elif entity is Entity.FLOW:
            yield from _not_delivered(LOAN_EVENT.name, held.missing(LOAN_EVENT.name, months))
        elif entity is Entity.CHANGE:
            back = previous_month_end if measure.since is At.PREVIOUS_MONTH else previous_year_end
            yield from _not_delivered(
                LOAN_SNAPSHOT.name, held.missing(LOAN_SNAPSHOT.name, (back(as_of),))
            )

    def _flag_reason(self, flag: Flag) -> str | None:
        for clause in flag.clauses:
            for name in parameters_of(clause.sql):
                if name not in self.parameters:
                    return f"no {name} is in force on that date"
            for name in columns_of(clause.sql):
                if name not in clause.soft:
                    reason = self._column_reason(name, flag.entity)
                    if reason:
                        return reason
        return None

    def _column_reason(self, name: str, entity: Entity) -> str | None:
        flags = self.catalogue.flags
        if entity is Entity.CHANGE:
            name = name if name in flags else name.removeprefix(THEN).removeprefix(NOW)
        if name in flags:
            return self._flag_reason(flags[name])
        known = NAMES[entity]
        return _name_reason(known[name] if name in known else LOAN_NAMES[name], self.held)


_ALWAYS: Final = frozenset({LOAN_SNAPSHOT.name})


def _one(reason: str | None) -> Iterator[str]:
    if reason:
        yield reason


def _not_delivered(table: str, months: tuple[date, ...]) -> Iterator[str]:
    if months:
        told = ", ".join(f"{month:%Y-%m}" for month in months)
        yield f"table {table} was not delivered for {told}"


def _name_reason(name: Name, held: Held) -> str | None:
    for need in sorted(name.needs - held.columns):
        table, _, column = need.partition(".")
        if table not in held.tables | _ALWAYS:
            return f"table {table} was not delivered"
        return f"column {column} is not in {table}"
    if name.taxonomy is not None and name.taxonomy is not held.taxonomy:
        return f"industries are coded in {held.taxonomy}, and this needs {name.taxonomy}"
    by_table: dict[str, list[date]] = {}
    for table, back in name.months:
        by_table.setdefault(table, []).append(months_back(held.as_of, back))
    for table, days in by_table.items():
        for reason in _not_delivered(table, held.missing(table, days)):
            return reason
    return None


def in_force(valid_from: date, valid_to: date | None, as_of: date) -> str | None:
    """Why a definition does not hold on that date, or nothing if it does."""
    if as_of < valid_from:
        return f"the definition holds from {valid_from.isoformat()} on"
    if valid_to is not None and as_of > valid_to:
        return f"the definition held until {valid_to.isoformat()}"
    return None
