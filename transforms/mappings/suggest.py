"""Proposes which columns of an unknown file are which canonical ones, for a person to finish.

Pure: a sample goes in, proposals with a confidence and a reason come out. Which rows are sampled is
settled by whoever has the file; how a proposal is written as a mapping belongs in `proposal`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from transforms import schema
from transforms.mappings import evidence, names
from transforms.mappings.evidence import DATE_FORMATS, Evidence, Values
from transforms.mappings.values import How
from transforms.schema import BORROWER_SNAPSHOT, DAY, LOAN_SNAPSHOT, Column, Presence, Table

SURE: Final = 0.75
"""From here on a line is proposed as it stands; below, it is proposed for a person to decide."""
WORTH_SAYING: Final = 0.45
_ALONE: Final = 0.7
"""The most that values alone can say."""
_HELP: Final = 0.6
"""How much of what a name leaves open values can settle."""


@dataclass(frozen=True)
class Proposal:
    """One file column as one canonical column.

    Attributes:
        source: the file's column.
        table: the canonical table.
        column: its column.
        confidence: from 0 to 1, two decimals.
        why: by name, by synonym, by values.
        evidence: what the values say, with date format and unit.
    """

    source: str
    table: str
    column: str
    confidence: float
    why: str
    evidence: Evidence

    @property
    def is_sure(self) -> bool:
        """Whether it is written as a line of the mapping, and not as a question."""
        return self.confidence >= SURE


@dataclass(frozen=True)
class Suggestion:
    """What a file may be.

    Attributes:
        proposals: by table, in the order of the table's columns.
        missing: required columns for which nothing was found.
        unused: the file's columns for which nothing was found.
        as_of: the column that states the month end, and its format.
        rows: rows of the sample.
    """

    proposals: tuple[Proposal, ...]
    missing: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    as_of: tuple[str, str | None] | None
    rows: int

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables the file seems to fill."""
        named = [proposal.table for proposal in self.proposals]
        return tuple(dict.fromkeys([*named, *(table for table, _ in self.missing)]))


def suggest(sample: pl.DataFrame, table: str | None = None) -> Suggestion:
    """Proposals for a file.

    Args:
        sample: rows of the file, all its columns.
        table: the canonical table, where a person knows; otherwise the one that fits best.

    Raises:
        UnknownNameError: if there is no such table.
    """
    given = {name: Values.of(sample[name]) for name in sample.columns}
    as_of = _as_of(given)
    file = _File(
        {name: held for name, held in given.items() if as_of is None or name != as_of[0]},
        sample.height,
    )
    chosen = schema.table(table) if table else _best_table(file)
    proposals = list(_matched(file, file.given, chosen))
    missing = _missing(chosen, proposals)
    if chosen is LOAN_SNAPSHOT:
        proposals += _borrowers(file, proposals)
    used = {proposal.source for proposal in proposals}
    unused = tuple(name for name in file.given if name not in used)
    return Suggestion(tuple(proposals), missing, unused, as_of, file.rows)


@dataclass(frozen=True, eq=False)
class _File:
    """The columns in question, and what their values were found to say."""

    given: Mapping[str, Values]
    rows: int
    said: dict[tuple[str, str], Evidence] = field(default_factory=dict)

    def evidence(self, name: str, table: Table, column: Column) -> Evidence:
        """What the values of a column say, looked at once for each kind of column."""
        asked = name, evidence.kind(table, column)
        if asked not in self.said:
            self.said[asked] = evidence.evidence(self.given[name], self.rows, table, column)
        return self.said[asked]


def _missing(table: Table, found: Sequence[Proposal]) -> tuple[tuple[str, str], ...]:
    there = {proposal.column for proposal in found}
    return tuple(
        (table.name, column.name)
        for column in table.columns
        if column.presence is Presence.REQUIRED and column.name not in there
    )


def _best_table(file: _File) -> Table:
    """The table whose required columns are found most surely; the first in the schema of equals."""

    def fit(table: Table) -> tuple[float, float]:
        found = {p.column: p.confidence for p in _matched(file, file.given, table)}
        required = [c.name for c in table.columns if c.presence is Presence.REQUIRED]
        sure = sum(found.get(name, 0.0) for name in required) / len(required)
        # A table of two columns is found in nearly every file: what else is explained counts, too.
        return (round(sure * (1 + sum(found.values()) / len(file.given)), 6), -len(table.columns))

    return max(schema.TABLES.values(), key=fit)


def _borrowers(file: _File, loans: Sequence[Proposal]) -> Sequence[Proposal]:
    """What a flat loan file says of its borrowers, beside the client's number."""
    client = next((p for p in loans if p.column == "borrower_id"), None)
    taken = {p.source for p in loans}
    free = [name for name in file.given if name not in taken]
    own = set(BORROWER_SNAPSHOT.column_names) - set(LOAN_SNAPSHOT.column_names)
    found = [p for p in _matched(file, free, BORROWER_SNAPSHOT) if p.column in own]
    if client is None or not found:
        return ()
    key = replace(client, table=BORROWER_SNAPSHOT.name, evidence=evidence.NOTHING)
    return (key, *found)


def _matched(file: _File, given: Iterable[str], table: Table) -> Sequence[Proposal]:
    """One file column for each canonical column at most, the surest pairs first.

    Of pairs that are as sure, the earlier canonical column goes first, then the file's earlier column.
    """
    names_of_file = tuple(given)
    pairs = [
        (-proposal.confidence, place, at, proposal)
        for place, column in enumerate(table.columns)
        for at, name in enumerate(names_of_file)
        for proposal in (_proposal(file, name, table, column),)
        if proposal is not None and proposal.confidence >= WORTH_SAYING
    ]
    found: dict[str, Proposal] = {}
    used: set[str] = set()
    for *_, proposal in sorted(pairs, key=lambda pair: pair[:3]):
        if proposal.column not in found and proposal.source not in used:
            found[proposal.column] = proposal
            used.add(proposal.source)
    return [found[name] for name in table.column_names if name in found]


def _proposal(file: _File, name: str, table: Table, column: Column) -> Proposal | None:
    """The file's column as that canonical one; none if neither name nor values can speak for it."""
    like = names.likeness(name, table, column.name)
    alike = like.score >= WORTH_SAYING
    if not alike and not evidence.may_stand_alone(column):
        return None
    said = file.evidence(name, table, column)
    if said.weight < 0:
        score = like.score * (1 + said.weight)
    elif alike:
        score = like.score + (1 - like.score) * said.weight * _HELP
    else:
        score = max(like.score, _ALONE * said.weight) if said.alone else like.score
    by_values = said.why if alike else f"from values: {said.why}"
    why = "; ".join(word for word in (like.why if alike else "", by_values) if word)
    return Proposal(name, table.name, column.name, round(score, 2), why, said)


def _as_of(given: Mapping[str, Values]) -> tuple[str, str | None] | None:
    """The column that states the month: named so, and the same date in every row."""
    day = Column("day", DAY, "", "")
    for name, held in given.items():
        if not names.states_month(name) or held.distinct != 1:
            continue
        if held.readable(day) == 1:
            return name, None
        fits = [f for f in DATE_FORMATS if held.readable(day, How((f,))) == 1]
        if fits:
            return name, fits[0]
    return None
