"""How each kind of metric is reckoned from measures: declared in the catalogue, done here once.

Everything is an expression over one wide frame of nodes: a column per measure, one per measure and
earlier time. Where the frame comes from, and why a figure may be missing, is said in `facts`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from transforms import tolerance
from transforms.catalogue.model import At, Catalogue, Kind, Metric, Reading, Term, Unit
from transforms.periods import (
    months_of_year_to,
    previous_month_end,
    previous_year_end,
    same_month_last_year,
)
from transforms.schema import TEXT, WIDE

EMPTY_PORTFOLIO: Final = "there is nothing in the denominator"
NO_POSITIVE_BASE: Final = "the base is zero or negative"
NO_GROWTH: Final = "what it is a share of has not grown"

WHOLE: Final = "@whole"
"""After a measure's name: its uncut amount, beside the members of a slice."""
INDEX_PLACES: Final = 6
_TEN_THOUSAND: Final = 10_000
_MONTHS: Final = 12
_MONEY: Final = 2


@dataclass(frozen=True, eq=False)
class Figures:
    """Expressions of one metric and reading for every row of the wide frame."""

    numerator: pl.Expr
    denominator: pl.Expr
    value: pl.Expr
    reason: pl.Expr
    limit: pl.Expr
    headroom: pl.Expr


_NO_AMOUNT: Final = pl.lit(None, dtype=WIDE)
_NO_TEXT: Final = pl.lit(None, dtype=TEXT)


def plain(
    numerator: pl.Expr, denominator: pl.Expr, value: pl.Expr, reason: pl.Expr = _NO_TEXT
) -> Figures:
    """Figures without a limit."""
    return Figures(numerator, denominator, value, reason, _NO_AMOUNT, _NO_AMOUNT)


def nothing(reason: str) -> Figures:
    """No figures at all, and why."""
    return plain(_NO_AMOUNT, _NO_AMOUNT, _NO_AMOUNT, pl.lit(reason))


def dates_of(at: At, as_of: date) -> tuple[date, ...]:
    """The month ends that a measure is taken at, oldest first."""
    year_end = previous_year_end(as_of)
    single: Mapping[At, date] = {
        At.NOW: as_of,
        At.PREVIOUS_MONTH: previous_month_end(as_of),
        At.YEAR_END: year_end,
        At.SAME_MONTH_LAST_YEAR: same_month_last_year(as_of),
        At.YEAR_END_BEFORE: previous_year_end(year_end),
    }
    return (single[at],) if at in single else months_of_year_to(as_of)


def terms_of(catalogue: Catalogue, metric: Metric, reading: Reading) -> tuple[Term, ...]:
    """Every plain measure, with its time, that a reading is reckoned from."""
    if metric.kind is Kind.GAP:
        return tuple(
            term
            for pair in (reading.minuend, reading.subtrahend)
            if pair is not None
            for term in terms_of(
                catalogue,
                catalogue.metrics[pair[0]],
                catalogue.metrics[pair[0]].reading(pair[1]),
            )
        )
    times: tuple[At, ...] = (At.NOW,)
    if metric.kind is Kind.INCREMENT_DIFFERENCE:
        times = (At.NOW, At.YEAR_END, At.SAME_MONTH_LAST_YEAR, At.YEAR_END_BEFORE)
    elif metric.kind is Kind.AVERAGE:
        times = (At.YEAR_TO_DATE,)
    elif metric.base is not None:
        times = (At.NOW, metric.base)
    return tuple(
        dict.fromkeys(
            term for name in reading.measures for at in times for term in catalogue.terms(name, at)
        )
    )


def column(measure: str, at: At = At.NOW) -> str:
    """The wide frame's column of a measure at a time."""
    return measure if at is At.NOW else f"{measure}@{at}"


def index_column(measure: str, slice_: str) -> str:
    """The wide frame's column of the index of a measure over a slice's members."""
    return f"index:{measure}:{slice_}"


def limit_column(rule: str) -> str:
    """The wide frame's column of the limit under a tolerance rule."""
    return f"limit:{rule}"


@dataclass(frozen=True, eq=False)
class Reckoner:
    """Reckons metrics of one month.

    Attributes:
        catalogue: the definitions.
        as_of: the month end.
        at_root: turns an expression into its value at the whole bank.
    """

    catalogue: Catalogue
    as_of: date
    at_root: Callable[[pl.Expr], pl.Expr]

    def amount(self, name: str, at: At = At.NOW, *, whole: bool = False) -> pl.Expr:
        """A measure, plain or combined, as an expression."""
        total: pl.Expr | None = None
        for term in self.catalogue.terms(name, at):
            label = column(term.measure, term.at) + (WHOLE if whole else "")
            one = pl.col(label)
            if term.times != 1:
                one = one * pl.lit(term.times, dtype=WIDE)
            total = one if total is None else total + one
        assert total is not None  # noqa: S101 - the catalogue refuses an empty combination
        return total

    def figures(self, metric: Metric, reading: Reading, *, whole: bool = False) -> Figures:
        """Numerator, denominator, value and reason of a reading.

        Args:
            metric: what is reckoned.
            reading: under which reading.
            whole: for members of a composition: the denominator is that of the whole node.
        """
        if metric.kind in (Kind.RATIO, Kind.WEIGHTED_MEAN, Kind.TOP_N):
            return self._ratio(metric, reading, whole=whole)
        reckon: Mapping[Kind, Callable[[Metric, Reading], Figures]] = {
            Kind.TOTAL: self._total,
            Kind.COUNT_DISTINCT: self._total,
            Kind.INCREMENT: self._against_base,
            Kind.GROWTH: self._against_base,
            Kind.INCREMENT_DIFFERENCE: self._difference,
            Kind.AVERAGE: self._average,
            Kind.GAP: self._gap,
            Kind.TOLERANCE: self._tolerance,
            Kind.INDEX: self._index,
        }
        return reckon[metric.kind](metric, reading)

    def _total(self, metric: Metric, reading: Reading) -> Figures:
        del metric
        total = self.amount(reading.numerator)
        return plain(total, _NO_AMOUNT, total)

    def _against_base(self, metric: Metric, reading: Reading) -> Figures:
        assert metric.base is not None  # noqa: S101 - the catalogue refuses such a metric without one
        now = self.amount(reading.numerator)
        then = self.amount(reading.numerator, metric.base)
        if metric.kind is Kind.GROWTH:
            return _growth(now, then)
        return plain(now, then, now - then)

    def _average(self, metric: Metric, reading: Reading) -> Figures:
        del metric
        months = pl.lit(self.as_of.month, dtype=WIDE)
        total = self.amount(reading.numerator, At.YEAR_TO_DATE)
        return plain(total, months, total / months)

    def _difference(self, metric: Metric, reading: Reading) -> Figures:
        del metric
        name = reading.numerator
        this_year = self.amount(name) - self.amount(name, At.YEAR_END)
        last_year = self.amount(name, At.SAME_MONTH_LAST_YEAR) - self.amount(
            name, At.YEAR_END_BEFORE
        )
        return plain(this_year, last_year, this_year - last_year)

    def _ratio(self, metric: Metric, reading: Reading, *, whole: bool) -> Figures:
        below = str(reading.denominator)
        numerator = self.amount(reading.numerator)
        denominator = self.amount(below, whole=whole)
        usable, otherwise = denominator != 0, EMPTY_PORTFOLIO
        if metric.base is not None:
            numerator = numerator - self.amount(reading.numerator, metric.base)
            denominator = denominator - self.amount(below, metric.base)
            usable, otherwise = denominator > 0, NO_GROWTH
        if metric.annualised:
            numerator = numerator * _MONTHS
            denominator = denominator * self.as_of.month
        scaled = numerator * _TEN_THOUSAND if metric.unit is Unit.BP else numerator
        return plain(
            numerator,
            denominator,
            scaled / pl.when(usable).then(denominator),
            pl.when(~usable).then(pl.lit(otherwise)),
        )

    def _gap(self, metric: Metric, reading: Reading) -> Figures:
        assert reading.minuend is not None  # noqa: S101 - the catalogue refuses such a gap
        assert reading.subtrahend is not None  # noqa: S101 - the same
        sides = []
        for name, own in (reading.minuend, reading.subtrahend):
            other = self.catalogue.metrics[name]
            sides.append(self.figures(other, other.reading(own)))
        first, second = sides
        subtracted = self.at_root(second.value) if metric.of_root else second.value
        difference = first.value - subtracted
        value = difference * 100 if metric.unit is Unit.PP else difference
        # Either side may have nothing to be reckoned on.
        reason = pl.when(value.is_null()).then(
            pl.coalesce(first.reason, second.reason, pl.lit(EMPTY_PORTFOLIO))
        )
        return plain(first.value, subtracted, value, reason)

    def _tolerance(self, metric: Metric, reading: Reading) -> Figures:
        del metric
        npl, balance = self.amount(reading.numerator), self.amount(str(reading.denominator))
        rule = limit_column(str(reading.rule))
        decided = tolerance.verdict(npl, balance, pl.col(rule))
        return Figures(
            numerator=npl,
            denominator=balance,
            value=decided.headroom_pp,
            reason=pl.when(pl.col(rule).is_null())
            .then(pl.col(f"{rule}:none"))
            .when(balance == 0)
            .then(pl.lit(EMPTY_PORTFOLIO)),
            limit=decided.limit_pp,
            headroom=decided.headroom_amount,
        )

    def _index(self, metric: Metric, reading: Reading) -> Figures:
        del metric
        total = self.amount(reading.numerator)
        value = pl.col(index_column(reading.numerator, str(reading.over)))
        some = total != 0
        # What the balance-weighted average member holds: over the total it gives the index back.
        held = (value / _TEN_THOUSAND * total).round(_MONEY, mode="half_away_from_zero")
        return plain(
            pl.when(some).then(held).otherwise(pl.lit(0, dtype=WIDE)),
            total,
            pl.when(some).then(value),
            pl.when(~some).then(pl.lit(EMPTY_PORTFOLIO)),
        )


def _growth(now: pl.Expr, then: pl.Expr) -> Figures:
    positive = then > 0
    return plain(
        now - then,
        then,
        (now - then) / pl.when(positive).then(then),
        pl.when(~positive).then(pl.lit(NO_POSITIVE_BASE)),
    )


def herfindahl(parts: pl.DataFrame) -> pl.DataFrame:
    """Ten thousand times the sum of squared shares, by node: `node_id, index`, six decimals.

    Squares are summed as whole cents, so that only the last division is inexact and the order of the
    members changes nothing.

    Args:
        parts: `node_id, amount`, one row per member.
    """
    cents = (pl.col("amount") * 100).round(0).cast(pl.Decimal(38, 0)).cast(pl.Int128)
    sums = parts.group_by("node_id").agg(
        squares=(cents * cents).sum().cast(pl.Float64),
        total=(cents.sum() * cents.sum()).cast(pl.Float64),
    )
    return sums.filter(pl.col("total") > 0).select(
        "node_id",
        index=(pl.col("squares") / pl.col("total") * _TEN_THOUSAND)
        .round(INDEX_PLACES, mode="half_away_from_zero")
        .cast(pl.Decimal(18, INDEX_PLACES))
        .cast(WIDE),
    )
