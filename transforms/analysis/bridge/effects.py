"""What moved a figure: the change of a quotient split over causes, exactly.

With n and d what a loan adds above and below, and N and D the sums of a node, the change of N/D is the
sum over loans of `dn (1/D0 + 1/D1) / 2 - dd (N0 + N1) / (2 D0 D1)`. That is linear in dn and dd, so effects
add up over loans, causes and branches, in whatever order. Everything is reckoned in whole fractions from
exact sums; decimals are made once, at the end, so that what is printed adds up too. The sums come from
`books`; what children of a node contribute belongs in `contribution`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from transforms.analysis.bridge.books import FIRST, NOW, State, Walk
from transforms.analysis.bridge.causes import Cause
from transforms.analysis.bridge.shape import Quotient, Shape, above, below
from transforms.schema import TEXT, WIDE

Amounts = Mapping[str, Fraction]
"""Sums by column of a shape."""


@dataclass(frozen=True)
class Effect:
    """What a difference above and below is worth to a quotient at a node.

    Attributes:
        per_above: for each unit above.
        per_below: for each unit below, to be taken off.
    """

    per_above: Fraction
    per_below: Fraction

    @classmethod
    def of(cls, quotient: Quotient, number: int, start: Amounts, end: Amounts) -> "Effect":
        """The weights of a quotient between two sums; both denominators are other than zero."""
        if not quotient.below:
            return cls(quotient.factor, Fraction(0))
        n0, n1 = start[above(number)], end[above(number)]
        d0, d1 = start[below(number)], end[below(number)]
        return cls(
            quotient.factor * (1 / d0 + 1 / d1) / 2,
            quotient.factor * (n0 + n1) / (2 * d0 * d1),
        )


@dataclass(frozen=True)
class Part:
    """What one cause did to a figure.

    Attributes:
        cause: the cause.
        numerator: what it added above, in the numerator's unit; nothing for a gap.
        denominator: what it added below; nothing for a gap or a total.
        effects: exact effects, two for each quotient: by what it added above, and below.
    """

    cause: Cause
    numerator: Decimal | None
    denominator: Decimal | None
    effects: tuple[Fraction, ...]

    @property
    def amount(self) -> Fraction:
        """What the cause did to the figure, exactly."""
        return sum(self.effects, Fraction(0))


def value_of(shape: Shape, sums: Amounts) -> Fraction | None:
    """The figure from its sums; nothing where a denominator is zero."""
    total = Fraction(0)
    for number, one in enumerate(shape.quotients):
        top = sums[above(number)] * one.factor
        if one.below:
            under = sums[below(number)]
            if under == 0:
                return None
            top /= under
        total += top
    return total


def weights(shape: Shape, start: Amounts, end: Amounts) -> tuple[Effect, ...]:
    """What a unit above and below is worth, quotient by quotient."""
    return tuple(Effect.of(one, number, start, end) for number, one in enumerate(shape.quotients))


def parts(shape: Shape, start: Amounts, end: Amounts, moved: Mapping[Cause, Amounts]) -> list[Part]:
    """Every cause with an effect, in the order of the walk; their amounts add up to the change.

    Args:
        shape: the figure.
        start: the sums that it begins with.
        end: those that it ends with.
        moved: what each cause added, by column; together with `start` they make `end`.
    """
    weighed = weights(shape, start, end)
    found = []
    for cause in Cause:
        added = moved.get(cause)
        if added is None or not any(added.values()):
            continue
        plain = len(shape.quotients) == 1
        under = added.get(below(0))
        found.append(
            Part(
                cause,
                numerator=decimal(added[above(0)]) if plain else None,
                denominator=decimal(under) if plain and under is not None else None,
                effects=effects_of(shape, weighed, added),
            )
        )
    return found


def effects_of(shape: Shape, weighed: Sequence[Effect], added: Amounts) -> tuple[Fraction, ...]:
    """The effects of some sums, two for each quotient."""
    found: list[Fraction] = []
    for number, (one, effect) in enumerate(zip(shape.quotients, weighed, strict=True)):
        under = added[below(number)] if one.below else Fraction(0)
        found += [added[above(number)] * effect.per_above, -under * effect.per_below]
    return tuple(found)


def apportioned(exact: Sequence[Fraction], total: Decimal, places: int) -> list[Decimal]:
    """Decimals of so many places that add up to a total, each as near to its fraction as can be.

    Every fraction is cut down, and what is missing goes to those that lost most, the first of equals
    first (largest remainder). What is zero stays zero, unless all of them are.

    >>> third = Fraction(1, 3)
    >>> [str(one) for one in apportioned([third, third, third], Decimal("1.00"), 2)]
    ['0.34', '0.33', '0.33']
    """
    scale = 10**places
    scaled = [one * scale for one in exact]
    units = [one.numerator // one.denominator for one in scaled]
    missing = int(total.scaleb(places).to_integral_exact()) - sum(units)
    order = sorted(range(len(units)), key=lambda at: (units[at] - scaled[at], at))
    order = [at for at in order if exact[at]] or order
    step = 1 if missing > 0 else -1
    if missing < 0:
        order.reverse()
    turn = 0
    while missing and order:
        units[order[turn % len(order)]] += step
        missing -= step
        turn += 1
    return [Decimal(one).scaleb(-places) for one in units]


def rounded(value: Fraction, places: int) -> Decimal:
    """A fraction as a decimal, half to even.

    >>> rounded(Fraction(2, 3), 4)
    Decimal('0.6667')
    """
    return Decimal(round(value * 10**places)).scaleb(-places)


def decimal(value: Fraction) -> Decimal:
    """A fraction that is a decimal of at most twelve places, as one."""
    return rounded(value, 12).normalize() + Decimal(0)


def fractions(row: Mapping[str, Decimal | None], columns: Sequence[str]) -> dict[str, Fraction]:
    """Sums of a row as fractions; what is missing is nothing at all."""
    return {name: Fraction(row[name] or 0) for name in columns}


Inside = Mapping[str, pl.Series | None]
"""By tree the branches that count for a node; nothing for all of them."""


def at_node(rows: pl.LazyFrame, shape: Shape, inside: Inside) -> pl.LazyFrame:
    """Rows that count for a node; of what is the whole bank's every row, of all else its own alone.

    Args:
        rows: rows with `tree`, `branch_id` and the columns of the shape.
        shape: the figure.
        inside: which branches count.
    """
    here = counts(inside)
    if not shape.of_bank:
        return rows.filter(here)
    own = [name for name in shape.columns if name not in shape.of_bank]
    zero = pl.lit(0, dtype=WIDE)
    return rows.with_columns(pl.when(here).then(name).otherwise(zero).alias(name) for name in own)


def counts(inside: Inside) -> pl.Expr:
    """Whether a row with `tree` and `branch_id` counts for a node."""
    found: pl.Expr = pl.lit(value=False)
    for tree, branches in inside.items():
        own = (
            pl.lit(value=True)
            if branches is None
            else pl.col("branch_id").is_in(branches.implode())
        )
        found = found | ((pl.col("tree") == tree) & own)
    return found


def by_cause(moves: pl.DataFrame, columns: Sequence[str]) -> dict[Cause, dict[str, Fraction]]:
    """What each cause added, by column."""
    rows = moves.group_by("cause").agg(pl.col(name).sum() for name in columns)
    return {Cause(row["cause"]): fractions(row, columns) for row in rows.to_dicts()}


def total(rows: pl.DataFrame, columns: Sequence[str]) -> dict[str, Fraction]:
    """The sums of all rows."""
    return fractions(
        rows.select(pl.col(name).sum() for name in columns).row(0, named=True), columns
    )


def client_steps(walked: Walk, column: str, inside: Inside) -> pl.DataFrame:
    """Distinct clients of a node in every book of the walk: `cause, clients`, in order.

    The first row, without a cause, is where the count begins. Loans that have left stand in every book but
    the last. In the last step clients may come and others leave: it has a row for each, whose `clients`
    is what remains after them.
    """
    some = pl.col(column) > 0

    def of(rows: pl.LazyFrame, tree: str) -> pl.LazyFrame:
        here = rows.with_columns(tree=pl.lit(tree)).filter(some, counts(inside))
        return here.select("borrower_id").unique()

    def held(state: State) -> pl.LazyFrame:
        """The clients of a book, and of the loans that are in none of the walk, by its tree."""
        both = [of(state.rows, state.tree), of(walked.left, state.tree)]
        return pl.concat(both).unique()

    walking = [state for state in walked.states if state.leaves is not Cause.RESTATEMENT]
    walking = [state for state in walking if state.enters is not Cause.RESTATEMENT]
    frames = [of(*walked.first)]
    causes: list[str | None] = [None]
    if walked.first[1] == FIRST:
        causes.append(Cause.RESTATEMENT.value)
        frames.append(held(walking[0]))
    for state in walking[1:]:
        assert state.enters is not None  # noqa: S101 - only the first book is not led to
        causes.append(state.enters.value)
        frames.append(held(state))
    last = of(walked.last, NOW)
    frames.append(frames[-1].join(last, on="borrower_id", how="semi"))
    frames.append(last)
    causes += [Cause.CLIENTS_GONE.value, Cause.CLIENTS_NEW.value]
    counted = pl.collect_all([one.select(pl.len()) for one in frames], engine="streaming")
    return pl.DataFrame(
        {"cause": causes, "clients": [one.item() for one in counted]},
        schema={"cause": TEXT, "clients": WIDE},
    )
