"""The additive cube: classified loans, aggregated once, and every summed measure taken from it.

One pass over loan rows: branch x flag combination x slice members -> sums. The flags travel as bits of
one integer key, which keeps the group-by cheap. Measures are then filtered sums over the small cube,
never over loan rows. Distinct counts do not add up and belong in `clients`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import narwhals as nw
import polars as pl

from transforms.catalogue.model import Aggregation, Catalogue, Measure
from transforms.catalogue.vocabulary import SLICES, TOTAL
from transforms.engines import Frame
from transforms.schema import TEXT, WIDE

BRANCH_MEASURE: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "measure": TEXT,
    "amount": WIDE,
}
"""Long table of additive measures by booking branch; `slice` and `member` are `total` when uncut."""

_KEY: Final = "flags"


def cube_flags(catalogue: Catalogue) -> tuple[str, ...]:
    """The flags that summed measures ask for, in a fixed order: the bits of the cube's key."""
    return tuple(sorted({measure.where for measure in catalogue.measures_by(Aggregation.SUM)}))


def aggregate(loans: Frame, catalogue: Catalogue) -> Frame:
    """The cube of classified loans: `branch_id, flags, <slices>, balance, loans`."""
    bits = [
        nw.when(nw.col(name)).then(nw.lit(1 << position)).otherwise(nw.lit(0))
        for position, name in enumerate(cube_flags(catalogue))
    ]
    keyed = loans.select(
        nw.sum_horizontal(*bits).alias(_KEY),
        "balance",
        *SLICES,
        branch_id=nw.col("booking_branch_id"),
    )
    return keyed.group_by("branch_id", _KEY, *SLICES).agg(
        nw.col("balance").sum(), nw.len().alias("loans")
    )


def branch_measures(cube: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Every summed measure by booking branch, whole and by the slices that metrics ask for.

    Returns:
        Rows of `BRANCH_MEASURE`, sorted; a branch in the cube has a row for every uncut measure, zero
        included; members of slices appear only where a loan has them.
    """
    measures = catalogue.measures_by(Aggregation.SUM)
    tables = [_measured(cube, measures, catalogue, None)]
    for name in SLICES:
        wanted = _measures_cut_by(catalogue, name)
        if wanted:
            tables.append(_measured(cube, wanted, catalogue, name))
    return pl.concat(tables).sort("branch_id", "slice", "member", "measure")


def _measures_cut_by(catalogue: Catalogue, slice_: str) -> tuple[Measure, ...]:
    names = {
        name
        for metric in catalogue.metrics.values()
        if slice_ in metric.slices
        for reading in metric.readings
        for name in reading.measures
    }
    return tuple(m for m in catalogue.measures_by(Aggregation.SUM) if m.name in names)


def _measured(
    cube: pl.DataFrame, measures: Sequence[Measure], catalogue: Catalogue, slice_: str | None
) -> pl.DataFrame:
    position = {name: index for index, name in enumerate(cube_flags(catalogue))}
    keys = ["branch_id"] if slice_ is None else ["branch_id", slice_]
    wide = cube.group_by(keys).agg(
        pl.col("balance").filter((pl.col(_KEY) & (1 << position[m.where])) != 0).sum().alias(m.name)
        for m in measures
    )
    long = wide.unpivot(
        [m.name for m in measures], index=keys, variable_name="measure", value_name="amount"
    )
    if slice_ is not None:
        long = long.filter(pl.col("amount") != 0)
    member = pl.lit(TOTAL) if slice_ is None else pl.col(slice_)
    return long.select(
        "branch_id",
        slice=pl.lit(slice_ or TOTAL),
        member=member,
        measure=pl.col("measure"),
        amount=pl.col("amount").cast(WIDE),
    )
