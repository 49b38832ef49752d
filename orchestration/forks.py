"""Two or more readings of one metric side by side: their figures, and the loans that tell them apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from orchestration.bank import SYSTEM
from orchestration.tracing import Figure
from transforms import trace
from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import TEXT, WIDE
from transforms.trace import Part, Side

DIFFERENCE: Final[Mapping[str, pl.DataType]] = {
    "loan_id": TEXT,
    "in": TEXT,
    "not_in": TEXT,
    "side": TEXT,
    "amount": WIDE,
    "rule": TEXT,
    "because": TEXT,
    "borrower_id": TEXT,
    "branch_id": TEXT,
}
"""One loan that one reading counts and another does not, with the rule of the other that refused it."""


@dataclass(frozen=True, eq=False)
class Fork:
    """Readings of one metric at one branch and month; the first is what the others are held against."""

    figures: tuple[Figure, ...]

    def values(self) -> list[dict[str, object]]:
        """The published figure under each reading."""
        first = self.figures[0]
        facts = first.bank.published.facts(SYSTEM, as_of=first.month.as_of)
        held = facts.filter(
            pl.col("metric_id") == first.metric.metric_id,
            pl.col("branch_id") == first.node,
            pl.col("slice") == TOTAL,
        ).collect()
        by_reading = {row["reading"]: row for row in held.to_dicts()}
        return [
            {
                name: by_reading[figure.reading.name][name]
                for name in ("reading", "numerator", "denominator", "value", "status", "reason")
            }
            for figure in self.figures
        ]

    @cached_property
    def differences(self) -> pl.DataFrame:
        """Loans that one reading counts and another does not; rows of `DIFFERENCE`, largest first.

        None at all where the readings differ by a rule and not by loans.
        """
        first, *others = self.figures
        tables = [
            table
            for other in others
            for side in (Side.NUMERATOR, Side.DENOMINATOR)
            for table in (*_apart(first, other, side), *_apart(other, first, side))
        ]
        return pl.concat([pl.DataFrame(schema=DIFFERENCE), *tables]).sort(
            pl.col("amount").abs(),
            *("loan_id", "in", "not_in", "side"),
            descending=[True] + [False] * 4,
        )

    @property
    def apart(self) -> pl.DataFrame:
        """How many loans tell each pair of readings apart, and what they add up to, side by side."""
        told = self.differences.group_by("in", "not_in", "side").agg(
            loans=pl.col("loan_id").n_unique(), amount=pl.col("amount").sum()
        )
        return told.sort("in", "not_in", "side")

    def summary(self) -> list[dict[str, object]]:
        """The same as the terminal prints it."""
        return [{**row, "amount": f"{row['amount']:,.2f}"} for row in self.apart.to_dicts()]


def _part(figure: Figure, side: Side) -> Part | None:
    now = [p for p in figure.parts if p.side is side and p.as_of == figure.month.as_of]
    return now[0] if now and figure.has_rows(now[0]) else None


def _apart(this: Figure, other: Figure, side: Side) -> list[pl.DataFrame]:
    """Loans that `this` counts on a side and `other` does not, with the rule of `other`."""
    mine, theirs = _part(this, side), _part(other, side)
    if mine is None or theirs is None or mine.measure == theirs.measure:
        return []
    counted = trace.rows_of_part(this.of_node(mine), mine, *this.judged_by(mine))
    left_out = trace.rows_left_out(other.of_node(theirs), theirs, *other.judged_by(theirs))
    refused = left_out.select("loan_id", "rule", "because").unique("loan_id")
    rows = counted.drop("rule", "because").join(refused, on="loan_id", how="inner")
    return [
        rows.with_columns(
            pl.lit(this.reading.name).alias("in"), pl.lit(other.reading.name).alias("not_in")
        )
        .select(pl.col(name).cast(dtype) for name, dtype in DIFFERENCE.items())
        .collect()
    ]
