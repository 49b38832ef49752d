"""Many units side by side, of which a page prints a few: ranked by their facts, then worded where shown.

Which unit is behind and which status flipped is said by `standing`, of lines; here it is found of whom
those lines have to be made at all. What a line says belongs in `scorecard_row`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from dashboards import scorecard, standing
from dashboards.numbers import Format
from dashboards.scorecard_row import ScorecardRow
from dashboards.standing import GRAVITY, Behind, Flip
from dashboards.words import Comparison
from transforms.catalogue.model import Catalogue, Kind
from transforms.scorecards import Status

_OFF: Final = (Status.MISSED, Status.EXCEEDED)
_TARGETS: Final = (Status.MET, Status.NEAR, Status.MISSED)
_ROUGH: Final = 1e-9
"""What two distances may differ by and still be the same: they are ranked roughly first, then exactly."""


@dataclass(frozen=True)
class Told:
    """What an overview tells of the units.

    Attributes:
        judged: whether any figure stands against an approved target.
        exceeded: the units beyond a tolerance limit.
        behind: the first of those that miss something, the worst first.
        behind_count: how many do.
        flips: the largest moves of a status, `flip_count` of them in all, `worse` of these for the worse.
    """

    judged: bool
    exceeded: tuple[str, ...]
    behind: tuple[Behind, ...]
    behind_count: int
    flips: tuple[Flip, ...]
    flip_count: int
    worse: int


@dataclass(frozen=True, eq=False)
class SideBySide:
    """Units at a month end, beside the month compared with.

    Attributes:
        facts: of both months, as `scorecard.window` gives them.
        metrics: those that lines are made of, in their order.
        made: the lines that were asked for so far.
    """

    facts: pl.DataFrame
    catalogue: Catalogue
    form: Format
    as_of: date
    comparison: Comparison
    metrics: tuple[str, ...]
    made: dict[str, tuple[ScorecardRow, ...]] = field(default_factory=dict)

    def cards(
        self, units: Sequence[str], metrics: Sequence[str]
    ) -> dict[str, tuple[ScorecardRow, ...]]:
        """The scorecards of some units, of some of the metrics, in their order."""
        missing = [unit for unit in units if unit not in self.made]
        if missing:
            self.made.update(
                scorecard.of_branches(
                    self.facts,
                    self.catalogue,
                    self.form,
                    as_of=self.as_of,
                    branches=missing,
                    comparison=self.comparison,
                    metrics=self.metrics,
                    history=False,
                )
            )
        return standing.narrowed({unit: self.made[unit] for unit in units}, metrics)

    def told(self, units: Sequence[str], metrics: Sequence[str], most: int) -> Told:
        """Who is behind and what changed: the same as of all their cards, made of a few.

        Args:
            units: whose.
            metrics: what is judged.
            most: how many units, and how many moves, are told.
        """
        judged = self._judged(units, metrics)
        off = _by_misses(judged)
        flipped = judged.filter(pl.col("before_gravity") != pl.col("gravity"))
        moves = flipped.select("branch_id", far=-pl.col("move").abs()).sort("far")
        exceeded = set(judged.filter(pl.col("status") == Status.EXCEEDED)["branch_id"])
        return Told(
            judged=judged["status"].is_in(_TARGETS).any(),
            exceeded=tuple(unit for unit in units if unit in exceeded),
            behind=tuple(standing.behind(self._of(units, _first(off, most), metrics))[:most]),
            behind_count=off.height,
            flips=tuple(standing.flips(self._of(units, _first(moves, most), metrics))[:most]),
            flip_count=flipped.height,
            worse=flipped.filter(pl.col("gravity") > pl.col("before_gravity")).height,
        )

    def _of(
        self, units: Sequence[str], chosen: Collection[str], metrics: Sequence[str]
    ) -> dict[str, tuple[ScorecardRow, ...]]:
        """The cards of the chosen ones, in the order of all."""
        return self.cards([unit for unit in units if unit in chosen], metrics)

    def _judged(self, units: Sequence[str], metrics: Sequence[str]) -> pl.DataFrame:
        """Every judged figure: how bad it is and was, and roughly how far it is off and has moved."""
        wanted = self.facts.lazy().filter(
            pl.col("branch_id").is_in(list(units)), pl.col("metric_id").is_in(list(metrics))
        )
        # What begins anew with every year is not compared with another one.
        comparable = [
            name
            for name in metrics
            if not scorecard.starts_anew(
                self.catalogue.metrics[name], self.catalogue, self.comparison, self.as_of
            )
        ]
        of, figures = ("branch_id", "metric_id"), ("status", "value", "gap", "target_value")
        before = wanted.filter(
            pl.col("as_of_date") == self.comparison.before(self.as_of),
            pl.col("metric_id").is_in(comparable),
        ).select(*of, *(pl.col(name).alias(f"before_{name}") for name in figures))
        off, was_off = self._shortfall(""), self._shortfall("before_")
        bad = {str(status): gravity for status, gravity in GRAVITY.items()}
        gravities = {
            f"{when}gravity": pl.col(f"{when}status").replace_strict(
                bad, default=None, return_dtype=pl.Int8
            )
            for when in ("", "before_")
        }
        return (
            wanted.filter(pl.col("as_of_date") == self.as_of)
            .join(before, on=of, how="left")
            .with_columns(
                **gravities,
                off=off,
                move=pl.when(was_off.is_null()).then(0.0).otherwise(off.fill_null(0.0) - was_off),
            )
            .filter(pl.col("gravity").is_not_null())
            .select(*of, "status", "gravity", "before_gravity", "off", "move")
            .collect()
        )

    def _shortfall(self, when: str) -> pl.Expr:
        """`ScorecardRow.shortfall`, roughly."""
        tolerances = [
            name for name in self.metrics if self.catalogue.metrics[name].kind is Kind.TOLERANCE
        ]
        is_tolerance = pl.col("metric_id").is_in(tolerances)
        distance = pl.when(is_tolerance).then(f"{when}value").otherwise(f"{when}gap")
        base = pl.when(is_tolerance).then("limit_value").otherwise(f"{when}target_value")
        size = base.cast(pl.Float64).abs()
        return pl.when(size > 0).then(distance.cast(pl.Float64) / size)


def _by_misses(judged: pl.DataFrame) -> pl.DataFrame:
    """The units that miss something, from the worst on; `far` tells those apart that miss as much."""
    is_off = pl.col("status").is_in(_OFF)
    counted = (
        judged.group_by("branch_id")
        .agg(
            missed=is_off.sum(),
            near=(pl.col("status") == Status.NEAR).sum(),
            far=pl.col("off").filter(is_off & (pl.col("off") < 0)).min(),
        )
        .filter(pl.col("missed") > 0, pl.col("far").is_not_null())
    )
    order = ["missed", "near", "far"]
    return counted.sort(order, descending=[True, True, False])


def _first(ranked: pl.DataFrame, most: int) -> frozenset[str]:
    """The units of the first few, and of whatever cannot be told from the last of them by rough numbers.

    Args:
        ranked: the first first; by `far`, after other columns if there are any.
        most: how many.
    """
    if ranked.height > most:
        last = ranked.row(most - 1, named=True)
        alike = [
            pl.col(name) == last[name]
            for name in ranked.columns
            if name not in ("branch_id", "far")
        ]
        edge = last["far"] + _ROUGH * max(1.0, abs(last["far"]))
        places = pl.int_range(pl.len())
        ranked = ranked.filter((places < most) | pl.all_horizontal(pl.col("far") <= edge, *alike))
    return frozenset(ranked["branch_id"])
