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

APART: Final[Mapping[str, tuple[str, ...]]] = {
    "industry": ("industry_division", "industry_section"),
}
"""Slices of so many members that they would multiply the cells of the uncut cube, by family.

Of a family one decides the others: a division lies in one section.
"""


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
    """The cubes of narrow loans: `total`, and one for each family of slices that stands apart.

    Each is `branch_id`, the members, whole numbers with the flags as bits, and a sum for each amount. A
    cube apart holds the flags and the loans that its measures ask for, and no others.
    """
    whole = _wanted(catalogue, None)
    keys = narrow.keys(catalogue)
    cubes = {
        TOTAL: engine.grouped(
            loans,
            ["branch_id", *carried(catalogue), *keys],
            marks=(),
            sums=sorted({measure.over for measure in whole}),
        )
    }
    for family, slices in _asked_apart(catalogue).items():
        measures = {m for name in slices for m in _wanted(catalogue, name)}
        masks = narrow.masks(catalogue, {measure.where for measure in measures})
        cubes[family] = engine.grouped(
            narrow.admitted(loans, masks, engine),
            ["branch_id", *slices, *masks],
            marks=(),
            sums=sorted({measure.over for measure in measures}),
        )
    return cubes


def carried(catalogue: Catalogue) -> tuple[str, ...]:
    """The slices of loans that travel in the uncut cube: flags decide most of their members."""
    apart = {name for family in APART.values() for name in family}
    return tuple(
        name
        for name, one in SLICES.items()
        if not one.of_branch and name not in apart and _wanted(catalogue, name)
    )


def _asked_apart(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    asked = {
        family: tuple(name for name in slices if _wanted(catalogue, name))
        for family, slices in APART.items()
    }
    return {family: slices for family, slices in asked.items() if slices}


def added(
    cubes: Sequence[Mapping[str, pl.DataFrame]], catalogue: Catalogue
) -> dict[str, pl.DataFrame]:
    """The cubes of a book from those of its parts: cells of the same keys added up.

    Args:
        cubes: what `aggregate` gives of each part, one or more.
        catalogue: whose cubes they are.
    """
    if len(cubes) == 1:
        return dict(cubes[0])
    sums = narrow.amounts(catalogue)
    whole = {}
    for name in cubes[0]:
        cells = pl.concat([one[name] for one in cubes])
        amounts = [column for column in cells.columns if column in sums]
        keys = [column for column in cells.columns if column not in sums]
        whole[name] = cells.group_by(keys).agg(pl.col(amounts).sum())
    return whole


def branch_measures(cubes: Mapping[str, pl.DataFrame], catalogue: Catalogue) -> pl.DataFrame:
    """Every summed measure by booking branch, whole and by the slices that metrics ask for.

    Args:
        cubes: what `aggregate` gives; of a family that is left out there are no rows.
        catalogue: whose measures are taken.

    Returns:
        Rows of `BRANCH_MEASURE`, in no order; a branch in the cube has a row for every uncut measure,
        zero included; members of slices appear only where a loan has them.
    """
    whole, own = _wanted(catalogue, None), carried(catalogue)
    total = cubes[TOTAL].lazy()
    # What is whole is the sum over the members of any slice: the cells are gone through once for both.
    first = own[:1]
    base = _measured(total, whole, catalogue, first)
    names = [m.name for m in whole]
    uncut = base.group_by("branch_id").agg(pl.col(names).sum())
    tables = [_long(uncut, names, slice_=TOTAL)]
    for name in own:
        measures = _wanted(catalogue, name)
        cut = base if name in first else _measured(total, measures, catalogue, (name,))
        tables.append(_long(cut, [m.name for m in measures], slice_=name))
    for family in cubes.keys() - {TOTAL}:
        for name in _asked_apart(catalogue)[family]:
            measures = _wanted(catalogue, name)
            cut = _measured(cubes[family].lazy(), measures, catalogue, (name,))
            tables.append(_long(cut, [m.name for m in measures], slice_=name))
    return pl.concat(pl.collect_all(tables))


def _measured(
    cube: pl.LazyFrame, measures: Sequence[Measure], catalogue: Catalogue, slices: tuple[str, ...]
) -> pl.LazyFrame:
    """Measures taken from a cube, by branch and by the members of a slice: a column each."""
    place = narrow.bits(catalogue)

    def amount(measure: Measure) -> pl.Expr:
        bit = place[measure.where]
        # Sums of what is there or empty take half of what sums of picked rows do.
        counted = pl.when((pl.col(bit.column) & bit.mask) != 0).then(pl.col(measure.over))
        return counted.sum().cast(WIDE).alias(measure.name)

    return cube.group_by("branch_id", *slices).agg(amount(measure) for measure in measures)


def long(wide: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """A column per measure, as uncut rows of `BRANCH_MEASURE`."""
    return _long(wide.lazy(), names, slice_=TOTAL).collect()


def _long(wide: pl.LazyFrame, names: Sequence[str], *, slice_: str) -> pl.LazyFrame:
    """A column per measure, as rows of `BRANCH_MEASURE`; a member without an amount has no row."""
    cut = slice_ != TOTAL
    # Texts are made of codes while they are few: a row here is dozens of rows then.
    told = wide.select(
        pl.col("branch_id").cast(TEXT),
        pl.lit(slice_).alias("slice"),
        (pl.col(slice_).cast(TEXT) if cut else pl.lit(TOTAL)).alias("member"),
        pl.col(names).cast(WIDE),
    )
    rows = told.unpivot(
        list(names),
        index=["branch_id", "slice", "member"],
        variable_name="measure",
        value_name="amount",
    ).with_columns(pl.col("amount").cast(WIDE))  # without measures it has no type of its own
    return rows.filter(pl.col("amount") != 0) if cut else rows


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
    """Rows, in no order, with a zero for every branch and measure that has none: nothing is there."""
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
    return pl.concat([rows, missing])
