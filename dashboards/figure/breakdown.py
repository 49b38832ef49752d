"""A figure cut by a slice: each member's figure, its share of the whole, and how it moved.

Which members make up the figure, and whether they add up to it, is said by the catalogue; how they are
called, by `figure.members`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.catalogue.model import Kind, Metric, Parts

TOP: Final = 10
"""Members that are shown one by one; the rest is one line."""


@dataclass(frozen=True)
class Member:
    """One member of a slice, or all the small ones together.

    Attributes:
        code: the member; empty for the rest together.
        name: for people.
        value: its figure; none for the rest together where figures do not add up.
        numerator: what it adds to the numerator.
        denominator: its own denominator; the whole one of a composition.
        share: of all numerators, as a fraction; none where they do not add up or are nothing.
        cumulative: the shares up to and with this one.
        previous: its figure at the month compared with.
        count: how many members it stands for.
    """

    code: str
    name: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    share: Decimal | None
    cumulative: Decimal | None
    previous: Decimal | None
    count: int = 1


@dataclass(frozen=True)
class Breakdown:
    """The members of a slice, the largest first.

    Attributes:
        slice: the slice.
        of_whole: whether they are parts of the whole denominator, which is theirs together.
        parts: how they make up the figure.
        members: the largest, then the rest together.
        all: every member, for those who want them all.
        difference: what the numerators lack to the figure's own; zero where they add up, none where they
            need not.
    """

    slice: str
    of_whole: bool
    parts: Parts
    members: tuple[Member, ...]
    all: tuple[Member, ...]
    difference: Decimal | None


def breakdown(
    now: pl.DataFrame,
    then: pl.DataFrame,
    metric: Metric,
    slice_: str,
    names: Mapping[str, str],
    whole: Decimal | None,
) -> Breakdown:
    """The figure's members.

    Args:
        now: facts of the members at the month end.
        then: the same at the month compared with.
        metric: the metric.
        slice_: the slice.
        names: of members, by code.
        whole: the figure's own numerator.
    """
    parts = metric.parts(slice_)
    before = dict(then.select("member", "value").iter_rows())
    ordered = now.sort(
        pl.col("numerator").abs(), "member", descending=[True, False], nulls_last=True
    )
    total = sum((one for one in ordered["numerator"] if one is not None), Decimal(0))
    of_whole = parts is not Parts.NEED_NOT and total != 0
    found: list[Member] = []
    running = Decimal(0)
    for row in ordered.to_dicts():
        running += row["numerator"] or Decimal(0)
        found.append(
            Member(
                code=row["member"],
                name=names.get(row["member"], row["member"]),
                value=row["value"],
                numerator=row["numerator"],
                denominator=row["denominator"],
                share=(row["numerator"] or Decimal(0)) / total if of_whole else None,
                cumulative=running / total if of_whole else None,
                previous=before.get(row["member"]),
            )
        )
    missing = None if parts is Parts.NEED_NOT or whole is None else whole - total
    in_one = slice_ in metric.composition
    return Breakdown(
        slice_, in_one, parts, _shown(found, metric, slice_, parts), tuple(found), missing
    )


def _shown(
    members: Sequence[Member], metric: Metric, slice_: str, parts: Parts
) -> tuple[Member, ...]:
    """The largest one by one, and the rest as one line where that makes the list shorter."""
    if len(members) <= TOP + 1:
        return tuple(members)
    rest = members[TOP:]
    above = _sum([one.numerator for one in rest])
    below = _sum([one.denominator for one in rest])
    value = previous = None
    if parts is Parts.ADD_UP:
        value = _sum([one.value for one in rest])
        previous = _sum([one.previous for one in rest])
    elif metric.kind is Kind.RATIO and above is not None and below:
        value = above / below
    if slice_ in metric.composition:
        below = rest[0].denominator
    together = Member(
        code="",
        name="",
        value=value,
        numerator=None if parts is Parts.NEED_NOT else above,
        denominator=None if parts is Parts.NEED_NOT else below,
        share=_sum([one.share for one in rest]),
        cumulative=rest[-1].cumulative,
        previous=previous,
        count=len(rest),
    )
    return (*members[:TOP], together)


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    """The sum of what is there; none if nothing is."""
    held = [one for one in values if one is not None]
    return sum(held, Decimal(0)) if held else None
