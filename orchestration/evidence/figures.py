"""The figures of a pack: each as published, what it is reckoned from, and which lists of rows add up to it.

A gap is reckoned from two other figures, which stand in the pack beside it. Where rows come from belongs in
`orchestration.tracing`, how they are written in `rows`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.tracing import Figure, Rows, require_slice
from records.access import Scope
from records.published import METRIC_FACT, Published
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Kind, Metric, Reading, Unit
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.hierarchy import Tree
from transforms.trace import Side

SIDES: Final = (Side.NUMERATOR, Side.DENOMINATOR)
_BASIS_POINTS: Final = 10_000
_PERCENT: Final = 100


@dataclass(frozen=True)
class Asked:
    """Which published figure: `transforms.returns.model.Point` with its unit, month and version.

    Attributes:
        metric: its id.
        reading: which reading.
        branch: the unit.
        slice: by what it is cut; `TOTAL` for the whole.
        member: which part of the cut.
        as_of: the month end.
        version: of the month.
    """

    metric: str
    reading: str
    branch: str
    slice: str
    member: str
    as_of: date
    version: int

    @property
    def cut(self) -> tuple[str, str] | None:
        """The slice and member, if it is cut."""
        return None if self.slice == TOTAL else (self.slice, self.member)

    @property
    def called(self) -> str:
        """How people name it."""
        cut = "" if self.cut is None else f", {self.slice} {self.member}"
        month = f"{self.as_of}, version {self.version}"
        return f"{self.metric}, reading {self.reading}, {self.branch}{cut}, {month}"


@dataclass(frozen=True, eq=False)
class Line:
    """A figure as it stands in a pack.

    Attributes:
        name: what other files of the pack call it: `F001`.
        asked: which figure.
        metric: its definition in force that month.
        reading: the reading.
        fact: as published, columns `METRIC_FACT`; none where the reader may not see it.
        part_of: the gap that it is a part of; empty for one that was asked for.
        minuend: of a gap: the figure that is subtracted from.
        subtrahend: of a gap: the figure that is subtracted.
    """

    name: str
    asked: Asked
    metric: Metric
    reading: Reading
    fact: Mapping[str, Any] | None
    part_of: str = ""
    minuend: str = ""
    subtrahend: str = ""

    @property
    def times(self) -> int:
        """What a quotient or difference is multiplied by to be in the unit of the figure."""
        if self.metric.kind is Kind.GAP:
            return _PERCENT if self.metric.unit is Unit.PP else 1
        return _BASIS_POINTS if self.metric.unit is Unit.BP else 1

    @property
    def needs(self) -> str:
        """What the denominator must be for there to be a value."""
        if self.metric.kind is Kind.GROWTH:
            return "positive"
        if self.metric.kind in (Kind.RATIO, Kind.WEIGHTED_MEAN, Kind.TOP_N):
            return "nonzero" if self.metric.base is None else "positive"
        return ""

    def published(self, side: str) -> Decimal | None:
        """A number of the figure as published."""
        return None if self.fact is None else self.fact[side]


@dataclass(frozen=True, eq=False)
class Books:
    """The months that figures rest on, each opened once and in the version that is published.

    Attributes:
        bank: whose.
        published: everything as published at one moment.
    """

    bank: Bank
    published: Published
    _rows: dict[tuple[date, int, date], Rows] = field(default_factory=dict)
    _trees: dict[tuple[date, int], Tree] = field(default_factory=dict)

    @cached_property
    def _newest(self) -> Mapping[date, int]:
        return self.published.newest_versions()

    def month(self, as_of: date, version: int | None = None) -> MonthAtWork:
        """A month in a version, or in the one that its published figures are of."""
        number = version or self._newest.get(as_of)
        if number is None:
            return MonthAtWork.newest(self.bank, as_of)
        return MonthAtWork(self.bank, as_of, number)

    def figure(self, line: Line) -> Figure:
        """A figure to be taken apart."""
        asked = line.asked
        month = self.month(asked.as_of, asked.version)
        bare = Figure(self.bank, month, asked.branch, line.metric, line.reading)
        tree = self._trees.setdefault((asked.as_of, asked.version), bare.tree)
        days = {asked.as_of, *(part.as_of for part in bare.parts)}
        rows = {day: self._rows_of(day, asked, tree) for day in sorted(days)}
        return Figure(self.bank, month, asked.branch, line.metric, line.reading, _rows=rows)

    def _rows_of(self, day: date, asked: Asked, tree: Tree) -> Rows:
        month = self.month(day, asked.version if day == asked.as_of else None)
        key = (day, month.version, asked.as_of)
        if key not in self._rows:
            self._rows[key] = Rows(month, tree)
        return self._rows[key]


def asked_for(  # noqa: PLR0913 - which figure takes so many words
    bank: Bank,
    published: Published,
    scope: Scope,
    metric: str,
    *,
    reading: str | None = None,
    branch: str | None = None,
    slice_: str | None = None,
    member: str | None = None,
    as_of: date | None = None,
) -> Asked:
    """The figure that somebody names.

    Raises:
        UnknownNameError: if there is no such metric, reading, unit, slice or member.
        AccessError: if the unit lies outside the scope.
        NoSuchMonthError: if the month is not published.
        BranchmarkError: if a slice is named without a member, or the other way round.
    """
    if metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    day = published.require(as_of)
    chosen = bank.definitions.on(day).metrics[metric]
    names = [one.name for one in chosen.readings]
    if reading is not None and reading not in names:
        way_out = f"There are {', '.join(names)}."
        raise UnknownNameError(f"reading of {metric}", reading, names, way_out=way_out)
    nodes = published.nodes(SYSTEM, as_of=day).collect()["node_id"]
    if branch is not None and branch not in nodes:
        way_out = "`branchmark kpis` lists the branches."
        raise UnknownNameError("branch", branch, tuple(nodes), way_out=way_out)
    if branch is None:
        own = published.nodes(scope, as_of=day).collect()["node_id"]
        branch = own[0] if own.len() else nodes[0]
    unit = scope.require(branch)
    if (slice_ is None) != (member is None):
        raise BranchmarkError("Give --slice and --member together.")
    if slice_ is not None:
        require_slice(chosen, slice_, str(member))
    return Asked(
        metric,
        reading or chosen.default_reading,
        unit,
        slice_ or TOTAL,
        member or TOTAL,
        day,
        published.newest_versions()[day],
    )


def lines_of(bank: Bank, published: Published, scope: Scope, every: list[Asked]) -> list[Line]:
    """Figures as published, each followed by those that it is reckoned from.

    Raises:
        BranchmarkError: if a figure was not published.
    """
    facts = _facts(published, every)
    found: list[Line] = []
    for asked in every:
        catalogue = bank.definitions.on(asked.as_of)
        metric = catalogue.metrics[asked.metric]
        reading = metric.reading(asked.reading)
        fact = facts.get(asked)
        if fact is None:
            raise BranchmarkError(
                f"{asked.called}: no such figure was published. `branchmark kpis` lists those that were."
            )
        number = len(found) + 1
        name = _name(number)
        if metric.kind is not Kind.GAP:
            found.append(Line(name, asked, metric, reading, fact))
            continue
        parts = _parts_of_gap(asked, metric, reading, published)
        own = (_name(number + 1), _name(number + 2))
        found.append(Line(name, asked, metric, reading, fact, minuend=own[0], subtrahend=own[1]))
        for called, part in zip(own, parts, strict=True):
            other = catalogue.metrics[part.metric]
            seen = scope.branches is None or part.branch in scope.branches
            held = _facts(published, [part]).get(part) if seen else None
            found.append(Line(called, part, other, other.reading(part.reading), held, name))
    return found


def _name(number: int) -> str:
    return f"F{number:03}"


def _parts_of_gap(
    asked: Asked, metric: Metric, reading: Reading, published: Published
) -> tuple[Asked, Asked]:
    """The two figures that a gap is the difference of."""
    root = published.nodes(SYSTEM, as_of=asked.as_of, version=asked.version).collect()["node_id"][0]
    pairs = [pair for pair in (reading.minuend, reading.subtrahend) if pair is not None]
    units = (asked.branch, root if metric.of_root else asked.branch)
    first, second = (
        Asked(of[0], of[1], unit, TOTAL, TOTAL, asked.as_of, asked.version)
        for of, unit in zip(pairs, units, strict=True)
    )
    return first, second


def _facts(published: Published, every: list[Asked]) -> dict[Asked, Mapping[str, Any]]:
    """Published figures by what was asked; the scope of the reader was asked before."""
    found: dict[Asked, Mapping[str, Any]] = {}
    for as_of, version in sorted({(one.as_of, one.version) for one in every}):
        own = [one for one in every if (one.as_of, one.version) == (as_of, version)]
        units = sorted({one.branch for one in own})
        rows = (
            published.facts(Scope.of("evidence", units), as_of=as_of, version=version)
            .filter(
                pl.col("metric_id").is_in(sorted({one.metric for one in own})),
                pl.col("slice").is_in(sorted({one.slice for one in own})),
            )
            .select(*METRIC_FACT)
            .collect()
        )
        wanted = set(own)
        for row in rows.iter_rows(named=True):
            key = Asked(
                row["metric_id"],
                row["reading"],
                row["branch_id"],
                row["slice"],
                row["member"],
                as_of,
                version,
            )
            if key in wanted:
                found[key] = row
    return found
