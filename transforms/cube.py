"""The additive cube: narrow loans, aggregated once, and every summed measure taken from it.

One pass over loan rows: branch x flag combination (x member of a slice) -> sums of amounts. The flags
are bits of whole numbers, which keeps the group-by cheap. Measures are then filtered sums over the small
cube, never over loan rows. What is counted at every node anew belongs in `clients`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from transforms import narrow
from transforms.catalogue.model import Aggregation, Catalogue, Entity, Kind, Measure
from transforms.catalogue.vocabulary import SLICES, TOTAL, UNTAGGED
from transforms.engines import Engine, Frame
from transforms.schema import TEXT, WIDE

BRANCH_MEASURE: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "measure": TEXT,
    "amount": WIDE,
}
"""Long table of additive measures by booking branch; `slice` and `member` are `total` when uncut."""

CARRIED: Final = "enterprise_size"
"""A slice that travels in the uncut cube: size decides so many flags that it adds hardly a cell."""


def measures_cut_by(catalogue: Catalogue, slice_: str, how: Aggregation) -> tuple[Measure, ...]:
    """Measures of loans, taken that way, that some metric asks for by the members of a slice."""
    names: set[str] = set()
    for metric in catalogue.metrics.values():
        for reading in metric.readings:
            if slice_ in metric.cuts or (metric.kind is Kind.INDEX and reading.over == slice_):
                names.update(catalogue.plain_measures(reading))
    by_largest = [m for m in catalogue.measures_by(Aggregation.LARGEST) if m.by == slice_]
    wanted = {(m.over, m.where) for m in by_largest}
    return tuple(
        m
        for m in catalogue.measures_by(how)
        if catalogue.entity_of(m) is Entity.LOAN
        and (m.name in names or (how is Aggregation.SUM and (m.over, m.where) in wanted))
    )


def _wanted(catalogue: Catalogue, slice_: str | None) -> tuple[Measure, ...]:
    if slice_ is None:
        return catalogue.sums_of(Entity.LOAN)
    return measures_cut_by(catalogue, slice_, Aggregation.SUM)


def aggregate(loans: Frame, catalogue: Catalogue, engine: Engine) -> dict[str, Frame]:
    """The cubes of narrow loans: `total`, and one for each slice that metrics ask for.

    Each is `branch_id`, the member, whole numbers with the flags as bits, and a sum for each amount; in
    `total` the member is that of the slice `CARRIED`. A cube of a slice holds the flags and the loans
    that its measures ask for, and no others.
    """
    keys = narrow.keys(catalogue)
    whole = _wanted(catalogue, None)
    cubes = {
        TOTAL: engine.grouped(
            loans.rename({CARRIED: "member"}),
            ["branch_id", "member", *keys],
            marks=(),
            sums=sorted({measure.over for measure in whole}),
        )
    }
    for name, slice_ in SLICES.items():
        separate = not slice_.of_branch and name != CARRIED
        measures = _wanted(catalogue, name) if separate else ()
        if measures:
            masks = narrow.masks(catalogue, {measure.where for measure in measures})
            cut = narrow.admitted(loans, masks, engine).rename({name: "member"})
            cubes[name] = engine.grouped(
                cut,
                ["branch_id", "member", *masks],
                marks=(),
                sums=sorted({measure.over for measure in measures}),
            )
    return cubes


def branch_measures(cubes: Mapping[str, pl.DataFrame], catalogue: Catalogue) -> pl.DataFrame:
    """Every summed measure by booking branch, whole and by the slices that metrics ask for.

    Returns:
        Rows of `BRANCH_MEASURE`, sorted; a branch in the cube has a row for every uncut measure, zero
        included; members of slices appear only where a loan has them.
    """
    whole, carried = _wanted(catalogue, None), _wanted(catalogue, CARRIED)
    tables = [_measured(cubes[TOTAL], whole, catalogue, TOTAL)]
    if carried:
        tables.append(_measured(cubes[TOTAL], carried, catalogue, CARRIED))
    tables += [
        _measured(cube, _wanted(catalogue, name), catalogue, name)
        for name, cube in cubes.items()
        if name != TOTAL
    ]
    return pl.concat(tables).sort("branch_id", "slice", "member", "measure")


def _measured(
    cube: pl.DataFrame, measures: Sequence[Measure], catalogue: Catalogue, slice_: str
) -> pl.DataFrame:
    """Measures taken from a cube."""
    place = narrow.bits(catalogue)

    def amount(measure: Measure) -> pl.Expr:
        bit = place[measure.where]
        counted = pl.col(measure.over).filter((pl.col(bit.column) & bit.mask) != 0)
        return counted.sum().cast(WIDE).alias(measure.name)

    keys = [] if slice_ == TOTAL else ["member"]
    wide = cube.group_by("branch_id", *keys).agg(amount(measure) for measure in measures)
    rows = long(wide, [m.name for m in measures], slice_=slice_)
    return rows if slice_ == TOTAL else rows.filter(pl.col("amount") != 0)


def long(wide: pl.DataFrame, names: Sequence[str], *, slice_: str = TOTAL) -> pl.DataFrame:
    """A column per measure, as rows of `BRANCH_MEASURE`; a cut frame has its `member` too."""
    cut = slice_ != TOTAL
    rows = wide.unpivot(
        list(names),
        index=["branch_id", "member"] if cut else ["branch_id"],
        variable_name="measure",
        value_name="amount",
    )
    return rows.select(
        "branch_id",
        slice=pl.lit(slice_),
        member=pl.col("member") if cut else pl.lit(TOTAL),
        measure=pl.col("measure"),
        amount=pl.col("amount").cast(WIDE),
    )


def by_place(rows: pl.DataFrame, places: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Measures cut by where the booking branch is: no loan needs to be read again for that.

    Args:
        rows: uncut rows of `BRANCH_MEASURE`.
        places: `branch_id` and a column for each slice of branches.
        catalogue: tells which measures are cut so.
    """
    tables = [pl.DataFrame(schema=BRANCH_MEASURE)]
    for name, slice_ in SLICES.items():
        if slice_.of_branch:
            wanted = [m.name for m in measures_cut_by(catalogue, name, Aggregation.SUM)]
            tables.append(
                rows.filter(
                    pl.col("slice") == TOTAL,
                    pl.col("measure").is_in(wanted),
                    pl.col("amount") != 0,
                )
                .join(places.select("branch_id", place=name), on="branch_id", how="left")
                .select(
                    "branch_id",
                    "measure",
                    "amount",
                    slice=pl.lit(name),
                    member=pl.col("place").fill_null(UNTAGGED),
                )
                .select(*BRANCH_MEASURE)
            )
    return pl.concat(tables).sort("branch_id", "slice", "member", "measure")


def with_zeros(rows: pl.DataFrame, branches: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """Rows with a zero for every branch and measure that has none: delivered, and nothing there."""
    every = pl.DataFrame({"branch_id": branches}).join(
        pl.DataFrame({"measure": list(names)}, schema={"measure": TEXT}), how="cross"
    )
    missing = every.join(
        rows.filter(pl.col("slice") == TOTAL), on=["branch_id", "measure"], how="anti"
    ).select(
        "branch_id",
        slice=pl.lit(TOTAL),
        member=pl.lit(TOTAL),
        measure="measure",
        amount=pl.lit(0, dtype=WIDE),
    )
    return pl.concat([rows, missing]).sort("branch_id", "slice", "member", "measure")
