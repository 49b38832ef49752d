"""What does not add up over branches: distinct clients, and the largest few, taken at every node anew.

Loans are reduced once to branch x client; a client of two branches is one client of their parent. Most
clients have one branch, and those add up after all: only the others are joined to every node above them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import narwhals as nw
import polars as pl

from transforms.catalogue.model import Aggregation, Catalogue, Entity, Measure
from transforms.catalogue.vocabulary import SLICES, TOTAL
from transforms.classify import slice_member
from transforms.cube import CARRIED, measures_cut_by
from transforms.engines import Frame
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


def _counted(catalogue: Catalogue) -> tuple[Measure, ...]:
    return tuple(
        m
        for m in catalogue.measures_by(Aggregation.COUNT_DISTINCT)
        if catalogue.entity_of(m) is Entity.LOAN
    )


def _largest(catalogue: Catalogue) -> tuple[Measure, ...]:
    """Measures of the largest clients or groups; one for each amount and flag is summed."""
    return tuple(m for m in catalogue.measures_by(Aggregation.LARGEST) if m.by in (_CLIENT, _GROUP))


def _sum_name(measure: Measure) -> str:
    return f"{measure.over}:{measure.where}"


def pairs(loans: Frame, catalogue: Catalogue) -> dict[str, Frame]:
    """Branch x client with a mark (0 or 1) for every distinct-count measure, and summed amounts.

    Returns:
        Under `total` also the sums that the largest clients are found by, with the client's group and
        size; for every other slice that clients are counted by, branch x client x member.
    """
    sums = {_sum_name(m): m for m in _largest(catalogue)}
    found = {TOTAL: _marked(loans, _counted(catalogue), sums, None)}
    for name in SLICES:
        measures = measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT)
        if measures and name != CARRIED:
            found[name] = _marked(loans, measures, {}, name)
    return found


def _marked(
    loans: Frame, measures: Sequence[Measure], sums: Mapping[str, Measure], slice_: str | None
) -> Frame:
    # A client has one size, so that it needs no rows of its own for each.
    member = {"member": slice_member(slice_ or CARRIED)}
    keys = [] if slice_ is None else ["member"]
    group = ([_GROUP] if sums else []) + (["member"] if slice_ is None else [])
    zero = nw.lit(0).cast(nw.Decimal(38, 2))
    marked = loans.select(
        _CLIENT,
        *([_GROUP] if sums else []),
        *(nw.col(m.where).cast(nw.Int8).alias(m.name) for m in measures),
        *(
            nw.when(nw.col(m.where)).then(nw.col(m.over)).otherwise(zero).alias(name)
            for name, m in sums.items()
        ),
        branch_id=nw.col("booking_branch_id"),
        **member,
    )
    if slice_ is not None:
        # Only a client that is counted somewhere has a member worth keeping.
        marked = marked.filter(
            nw.any_horizontal(*(nw.col(m.name) > 0 for m in measures), ignore_nulls=True)
        )
    return marked.group_by("branch_id", _CLIENT, *keys).agg(
        *(nw.col(m.name).max() for m in measures),
        *(nw.col(name).sum() for name in sums),
        *(nw.col(name).max() for name in group),
    )


def node_measures(
    marked: Mapping[str, pl.DataFrame], counts_for: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    """Distinct clients and the largest few by node; rows of `NODE_MEASURE`, sorted."""
    several = _in_several(marked[TOTAL], _CLIENT)
    tables = [
        pl.DataFrame(schema=NODE_MEASURE),
        _distinct(marked[TOTAL], _counted(catalogue), several, counts_for, TOTAL),
    ]
    for name in SLICES:
        measures = measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT)
        if measures:
            frame = marked[TOTAL] if name == CARRIED else marked[name]
            tables.append(_distinct(frame, measures, several, counts_for, name))
    tables += [_top(marked[TOTAL], measure, counts_for) for measure in _largest(catalogue)]
    return pl.concat(tables).sort("node_id", "slice", "member", "measure")


def _distinct(
    frame: pl.DataFrame,
    measures: Sequence[Measure],
    several: pl.DataFrame,
    counts_for: pl.DataFrame,
    slice_: str,
) -> pl.DataFrame:
    names = [m.name for m in measures]
    member: list[str] = [] if slice_ == TOTAL else ["member"]
    alone = (
        frame.join(several, on=_CLIENT, how="anti")
        .group_by("branch_id", *member)
        .agg(pl.col(names).cast(pl.Int64).sum())
        .join(counts_for, on="branch_id", how="inner")
        .select("node_id", *member, *names)
    )
    shared = (
        frame.join(several, on=_CLIENT, how="semi")
        .join(counts_for, on="branch_id", how="inner")
        .group_by("node_id", _CLIENT, *member)
        .agg(pl.col(names).cast(pl.Int64).max())
        .select("node_id", *member, *names)
    )
    wide = pl.concat([alone, shared]).group_by("node_id", *member).agg(pl.col(names).sum())
    rows = wide.unpivot(
        names, index=[*("node_id", *member)], variable_name="measure", value_name="amount"
    ).select(
        "node_id",
        slice=pl.lit(slice_),
        member=pl.col("member") if member else pl.lit(TOTAL),
        measure=pl.col("measure"),
        amount=pl.col("amount").cast(WIDE),
    )
    return rows if slice_ == TOTAL else rows.filter(pl.col("amount") != 0)


def _in_several(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Clients (or groups) that stand at more than one branch."""
    return frame.group_by(key).agg(_branches=pl.len()).filter(pl.col("_branches") > 1).select(key)


def _top(frame: pl.DataFrame, measure: Measure, counts_for: pl.DataFrame) -> pl.DataFrame:
    """What the largest clients or groups hold at each node."""
    own = pl.col(_CLIENT) if measure.by == _CLIENT else pl.coalesce(_GROUP, _CLIENT)
    held = (
        frame.select("branch_id", _key=own, _amount=_sum_name(measure))
        .filter(pl.col("_amount") > 0)
        .group_by("branch_id", "_key")
        .agg(pl.col("_amount").sum())
    )
    several = _in_several(held, "_key")
    # Of clients with one branch, no more than the largest of each branch can be among a node's.
    alone = (
        held.join(several, on="_key", how="anti")
        .sort("_amount", descending=True)
        .group_by("branch_id", maintain_order=True)
        .head(measure.largest)
        .join(counts_for, on="branch_id", how="inner")
        .select("node_id", "_amount")
    )
    shared = (
        held.join(several, on="_key", how="semi")
        .join(counts_for, on="branch_id", how="inner")
        .group_by("node_id", "_key")
        .agg(pl.col("_amount").sum())
        .select("node_id", "_amount")
    )
    return _sum_of_largest(pl.concat([alone, shared]), measure)


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
