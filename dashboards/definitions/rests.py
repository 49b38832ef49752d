"""What a metric rests on: flags, thresholds and delivered columns, however deeply they are named.

From the columns follows which checks guard a metric. Whether a book holds them is asked in
`transforms.availability`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transforms.catalogue.model import Aggregation, Catalogue, Entity, Flag, Measure, Metric
from transforms.catalogue.sql import columns_of, parameters_of
from transforms.catalogue.vocabulary import (
    AMOUNTS,
    LOAN_NAMES,
    NAMES,
    NOW,
    REPORTED,
    RESTS_ON,
    SLICES,
    THEN,
    Name,
)
from transforms.schema import (
    FIRST_LOAN_EVENT,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    SUPPLY_CHAIN_TRADE,
    TECH_ENTERPRISE_LIST,
)

_BOOK: Final = tuple(
    f"{LOAN_SNAPSHOT.name}.{column}"
    for column in ("loan_id", "outstanding_principal", "currency_code", "booking_branch_id")
)
_ROWS: Final[Mapping[Entity, tuple[str, ...]]] = MappingProxyType(
    {
        Entity.LOAN: _BOOK,
        Entity.CHANGE: _BOOK,
        Entity.EVENT: (f"{FIRST_LOAN_EVENT.name}.branch_id",),
        Entity.FLOW: (f"{LOAN_EVENT.name}.amount", f"{LOAN_EVENT.name}.branch_id"),
        Entity.LISTING: (f"{TECH_ENTERPRISE_LIST.name}.borrower_id",),
        Entity.TRADE: (f"{SUPPLY_CHAIN_TRADE.name}.borrower_id",),
    }
)
"""What every measure over a kind of row rests on."""


@dataclass(frozen=True)
class Basis:
    """What a metric rests on.

    Attributes:
        flags: each before those that it names, so that a reader goes from the top down.
        thresholds: names of dated numbers, in the order of their names.
        columns: delivered columns as `table.column`, in order.
    """

    flags: tuple[Flag, ...]
    thresholds: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def tables(self) -> frozenset[str]:
        """The tables that the columns are of."""
        return frozenset(column.partition(".")[0] for column in self.columns)


def basis_of(metric: Metric, catalogue: Catalogue) -> Basis:
    """What any reading of a metric rests on."""
    measures = [
        catalogue.measures[name]
        for name in dict.fromkeys(
            name for reading in metric.readings for name in catalogue.plain_measures(reading)
        )
    ]
    flags: dict[str, Flag] = {}
    waiting = [measure.where for measure in measures if measure.where]
    while waiting:
        name = waiting.pop(0)
        if name not in flags:
            flags[name] = catalogue.flags[name]
            waiting += _flags_named(flags[name], catalogue)
    columns = {column for measure in measures for column in _measured(measure, catalogue)}
    columns |= {column for flag in flags.values() for column in _asked(flag)}
    thresholds = {
        name
        for flag in flags.values()
        for clause in flag.clauses
        for name in parameters_of(clause.sql)
    }
    return Basis(tuple(flags.values()), tuple(sorted(thresholds)), tuple(sorted(columns)))


def _names(flag: Flag) -> Iterator[str]:
    for clause in flag.clauses:
        yield from columns_of(clause.sql)


def _flags_named(flag: Flag, catalogue: Catalogue) -> list[str]:
    """The flags that a flag asks for by name, by a moment of the loan, or by what is looked up with one."""
    found: list[str] = []
    for name in _names(flag):
        plain = name.removeprefix(THEN).removeprefix(NOW)
        asked = (name, RESTS_ON.get(name, ""), plain if flag.entity is Entity.CHANGE else "")
        found += [one for one in asked if one in catalogue.flags and one not in found]
    return found


def _asked(flag: Flag) -> Iterator[str]:
    """The delivered columns that the names of a flag need."""
    known = NAMES[flag.entity]
    for name in _names(flag):
        found = known.get(name) or LOAN_NAMES.get(name)
        if found is not None:
            yield from _needed(found)


def _needed(name: Name) -> Iterator[str]:
    """What a name needs; a column that a value is assumed for where it is absent is rested on too."""
    yield from name.needs
    if not name.needs and name.name in LOAN_SNAPSHOT.column_names:
        yield f"{LOAN_SNAPSHOT.name}.{name.name}"


def _measured(measure: Measure, catalogue: Catalogue) -> Iterator[str]:
    """The delivered columns that a plain measure adds up, counts or orders by."""
    if measure.aggregation is Aggregation.REPORTED:
        yield from REPORTED[measure.over].needs
        return
    entity = catalogue.flags[measure.where].entity
    yield from _ROWS[entity]
    amount = AMOUNTS[entity].get(measure.over)
    by = SLICES[measure.by].name if measure.by in SLICES else LOAN_NAMES.get(measure.by)
    for one in (amount, by):
        if one is not None:
            yield from one.needs
