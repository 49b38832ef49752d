"""What does not add up over branches: distinct clients, and the largest few, taken at every node anew.

Loans are reduced once to branch x client; a client of two branches is one client of their parent. Most
clients have one branch, and those add up after all: only the others are joined to every node above them.
A big book is taken client by client in several parts: counts of different clients add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import polars as pl

from transforms import narrow
from transforms.catalogue.model import Aggregation, Catalogue, Entity, Measure
from transforms.catalogue.vocabulary import SLICES, TOTAL
from transforms.cube import CARRIED, measures_cut_by
from transforms.engines import Engine, Frame
from transforms.schema import TEXT, WIDE

NODE_MEASURE: Final[Mapping[str, pl.DataType]] = {
    "node_id": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "measure": TEXT,
    "amount": WIDE,
}
"""Long table of measures by node, not by booking branch: they cannot be rolled up later."""

_CLIENT: Final = "borrower_id"
_GROUP: Final = "group_id"
_IF: Final = "if_"


def _counted(catalogue: Catalogue) -> tuple[Measure, ...]:
    return tuple(
        m
        for m in catalogue.measures_by(Aggregation.COUNT_DISTINCT)
        if catalogue.entity_of(m) is Entity.LOAN
    )


def _largest(catalogue: Catalogue) -> tuple[Measure, ...]:
    """Measures of the largest clients or groups; one for each amount and flag is summed."""
    return tuple(m for m in catalogue.measures_by(Aggregation.LARGEST) if m.by in (_CLIENT, _GROUP))


def pairs(loans: Frame, catalogue: Catalogue, engine: Engine) -> dict[str, Frame]:
    """Branch x client with the flags that any of its loans there has, and the sums of the largest.

    Args:
        loans: narrow loans; of a big book those of some clients at a time, each with all its loans.
        catalogue: tells what is counted.
        engine: what runs it.

    Returns:
        Under `total` also the sums that the largest clients are found by, with the client's group, and
        its size as `member`; for every other slice that clients are counted by, branch x client x
        member.
    """
    summed = {_sum_name(m): m for m in _largest(catalogue)}
    marks = narrow.masks(catalogue, {m.where for m in (*_counted(catalogue), *summed.values())})
    found: dict[str, Frame] = {}
    if marks:
        place, of = narrow.bits(catalogue), {m.where for m in summed.values()}
        zero = nw.lit(0).cast(nw.Decimal(38, 2))
        shown = engine.with_masked(
            loans,
            {
                **{
                    f"{_IF}{flag}": (bit.column, bit.mask)
                    for flag, bit in place.items()
                    if flag in of
                },
                **{column: (column, mask) for column, mask in marks.items()},
            },
        ).with_columns(
            nw.when(nw.col(f"{_IF}{m.where}") != 0).then(nw.col(m.over)).otherwise(zero).alias(name)
            for name, m in summed.items()
        )
        found[TOTAL] = engine.grouped(
            # A client has one size, so that it needs no rows of its own for each.
            shown.rename({CARRIED: "member"}),
            ["branch_id", _CLIENT],
            marks=tuple(marks),
            sums=tuple(summed),
            largest=(*([_GROUP] if summed else []), "member"),
        )
    for name in SLICES:
        measures = measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT)
        if measures and name != CARRIED:
            # Only a client that is counted somewhere has a member worth keeping.
            marks = narrow.masks(catalogue, {m.where for m in measures})
            cut = narrow.admitted(loans, marks, engine).rename({name: "member"})
            keys = ["branch_id", _CLIENT, "member"]
            found[name] = engine.grouped(cut, keys, marks=tuple(marks), sums=())
    return found


def group_ids(loans: Frame) -> Frame:
    """Every group that a client of narrow loans belongs to, once."""
    return loans.select(_GROUP).drop_nulls().unique()


def _sum_name(measure: Measure) -> str:
    return f"{measure.over}:{measure.where}"


@dataclass(frozen=True, eq=False)
class Counted:
    """What the clients of a book, or of a part of it, come to; parts of different clients add up.

    Attributes:
        distinct: rows of `NODE_MEASURE`, counts.
        candidates: `node_id, measure, amount`: of clients that are by themselves, the largest of each
            node.
        groups: `branch_id, key, measure, amount`: what groups hold, whose clients may be in any part.
    """

    distinct: pl.DataFrame
    candidates: pl.DataFrame
    groups: pl.DataFrame


def counted(
    marked: Mapping[str, pl.DataFrame],
    groups_of_book: pl.Series,
    counts_for: pl.DataFrame,
    catalogue: Catalogue,
) -> Counted:
    """What one part of the clients comes to at every node.

    Args:
        marked: what `pairs` gives of the part.
        groups_of_book: the groups of all parts: a client that a group is called after belongs to it.
        counts_for: which node each branch counts for.
        catalogue: tells what is counted.
    """
    tables = [pl.DataFrame(schema=NODE_MEASURE)]
    candidates, groups = [pl.DataFrame(schema=_CANDIDATE)], [pl.DataFrame(schema=_HELD)]
    if TOTAL in marked:
        several = _in_several(marked[TOTAL], _CLIENT)
        tables.append(
            _distinct(marked[TOTAL], _counted(catalogue), several, counts_for, catalogue, TOTAL)
        )
        for name in SLICES:
            measures = measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT)
            if measures:
                frame = marked[TOTAL] if name == CARRIED else marked[name]
                tables.append(_distinct(frame, measures, several, counts_for, catalogue, name))
        for measure in _largest(catalogue):
            by_themselves, grouped = _held(marked[TOTAL], measure, groups_of_book)
            candidates.append(_candidates(by_themselves, measure, counts_for))
            groups.append(grouped)
    return Counted(pl.concat(tables), pl.concat(candidates), pl.concat(groups))


def node_measures(
    parts: Sequence[Counted], counts_for: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    """Distinct clients and the largest few by node, of all parts; rows of `NODE_MEASURE`, sorted."""
    distinct = (
        pl.concat([part.distinct for part in parts])
        .group_by("node_id", "slice", "member", "measure")
        .agg(pl.col("amount").sum())
    )
    alone = pl.concat([part.candidates for part in parts])
    held = (
        pl.concat([part.groups for part in parts])
        .group_by("branch_id", "key", "measure")
        .agg(pl.col("amount").sum())
    )
    tables = [distinct.select(*NODE_MEASURE)]
    for measure in _largest(catalogue):
        own = pl.col("measure") == measure.name
        groups = _candidates(held.filter(own), measure, counts_for)
        every = pl.concat([alone.filter(own), groups]).select("node_id", _amount="amount")
        tables.append(_sum_of_largest(every, measure))
    return pl.concat(tables).sort("node_id", "slice", "member", "measure")


def _distinct(
    frame: pl.DataFrame,
    measures: Sequence[Measure],
    several: pl.Series,
    counts_for: pl.DataFrame,
    catalogue: Catalogue,
    slice_: str,
) -> pl.DataFrame:
    place, in_several = narrow.bits(catalogue), pl.col(_CLIENT).is_in(several.implode())
    columns = sorted({place[m.where].column for m in measures})
    member: list[str] = [] if slice_ == TOTAL else ["member"]
    counts = [
        ((pl.col(place[m.where].column) & place[m.where].mask) != 0)
        .sum()
        .cast(pl.Int64)
        .alias(m.name)
        for m in measures
    ]
    alone = (
        frame.lazy()
        .filter(~in_several)
        .group_by("branch_id", *member)
        .agg(counts)
        .join(counts_for.lazy(), on="branch_id", how="inner")
        .select("node_id", *member, *(m.name for m in measures))
    )
    shared = (
        frame.lazy()
        .filter(in_several)
        .join(counts_for.lazy(), on="branch_id", how="inner")
        .group_by("node_id", _CLIENT, *member)
        .agg(pl.col(columns).bitwise_or())
        .group_by("node_id", *member)
        .agg(counts)
        .select("node_id", *member, *(m.name for m in measures))
    )
    names = [m.name for m in measures]
    wide = (
        pl.concat([alone, shared])
        .group_by("node_id", *member)
        .agg(pl.col(names).sum())
        .collect(engine="streaming")
    )
    rows = wide.unpivot(
        names, index=["node_id", *member], variable_name="measure", value_name="amount"
    ).select(
        "node_id",
        slice=pl.lit(slice_),
        member=pl.col("member") if member else pl.lit(TOTAL),
        measure=pl.col("measure"),
        amount=pl.col("amount").cast(WIDE),
    )
    return rows if slice_ == TOTAL else rows.filter(pl.col("amount") != 0)


def _in_several(frame: pl.DataFrame, key: str) -> pl.Series:
    """Clients (or groups) that stand at more than one branch."""
    counted = frame.lazy().group_by(key).agg(_branches=pl.len())
    return counted.filter(pl.col("_branches") > 1).collect(engine="streaming")[key]


def _held(
    frame: pl.DataFrame, measure: Measure, groups_of_book: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What clients that are by themselves, and groups, hold at branches: twice `_HELD`."""
    rows = frame.lazy().filter(pl.col(_sum_name(measure)) > 0)
    by_itself = pl.lit(value=True)
    if measure.by == _GROUP:
        named = pl.col(_CLIENT).is_in(groups_of_book.implode())
        by_itself = pl.col(_GROUP).is_null() & ~named
    amount = pl.col(_sum_name(measure)).cast(pl.Decimal(38, 2))
    alone = rows.filter(by_itself).select(
        "branch_id", key=_CLIENT, measure=pl.lit(measure.name), amount=amount
    )
    grouped = (
        rows.filter(~by_itself)
        .group_by("branch_id", key=pl.coalesce(_GROUP, _CLIENT))
        .agg(amount=amount.sum())
        .select("branch_id", "key", measure=pl.lit(measure.name), amount="amount")
    )
    one, other = pl.collect_all([alone, grouped], engine="streaming")
    return one, other


def _candidates(held: pl.DataFrame, measure: Measure, counts_for: pl.DataFrame) -> pl.DataFrame:
    """Of every node the largest few; rows of `_CANDIDATE`."""
    in_several = pl.col("key").is_in(_in_several(held, "key").implode())
    # Of those with one branch, no more than the largest of each branch can be among a node's.
    alone = (
        held.lazy()
        .filter(~in_several)
        .group_by("branch_id")
        .agg(pl.col("amount").top_k(measure.largest))
        .explode("amount")
        .join(counts_for.lazy(), on="branch_id", how="inner")
        .select("node_id", "amount")
    )
    shared = (
        held.lazy()
        .filter(in_several)
        .join(counts_for.lazy(), on="branch_id", how="inner")
        .group_by("node_id", "key")
        .agg(pl.col("amount").sum())
        .select("node_id", "amount")
    )
    rows = pl.concat([alone, shared]).collect(engine="streaming")
    return (
        rows.group_by("node_id")
        .agg(pl.col("amount").top_k(measure.largest))
        .explode("amount")
        .select("node_id", measure=pl.lit(measure.name), amount="amount")
    )


_CANDIDATE: Final[Mapping[str, pl.DataType]] = {
    "node_id": TEXT,
    "measure": TEXT,
    "amount": pl.Decimal(38, 2),
}
_HELD: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "key": TEXT,
    "measure": TEXT,
    "amount": pl.Decimal(38, 2),
}


def largest_members(parts: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """What the largest members of a slice hold at each node; rows of `NODE_MEASURE`, sorted.

    Args:
        parts: node sums by slice, `node_id, slice, member, measure, amount`.
        catalogue: whose measures of the largest are taken by slice.
    """
    tables = [pl.DataFrame(schema=NODE_MEASURE)]
    for measure in catalogue.measures_by(Aggregation.LARGEST):
        if measure.by in SLICES:
            whole = next(
                m.name
                for m in catalogue.measures_by(Aggregation.SUM)
                if (m.over, m.where) == (measure.over, measure.where)
            )
            held = parts.filter(pl.col("slice") == measure.by, pl.col("measure") == whole)
            tables.append(_sum_of_largest(held.select("node_id", _amount="amount"), measure))
    return pl.concat(tables).sort("node_id", "measure")


def _sum_of_largest(held: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    return (
        held.sort("_amount", descending=True)
        .group_by("node_id", maintain_order=True)
        .head(measure.largest)
        .group_by("node_id")
        .agg(amount=pl.col("_amount").sum().cast(WIDE))
        .select(
            "node_id",
            slice=pl.lit(TOTAL),
            member=pl.lit(TOTAL),
            measure=pl.lit(measure.name),
            amount="amount",
        )
    )
