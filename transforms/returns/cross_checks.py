"""Cross-checks (勾稽): whether the cells of a report agree with each other, with others and with last month.

Sides are compared by exact figures, never by what is printed. What cannot be asked is told apart from what
holds, with the reason. Which checks a return has is said by its definition and `checks`; what a failing one
asks of people belongs in the sign-off.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.catalogue.model import Unit
from transforms.returns.checks import closing
from transforms.returns.filling import NOT_PUBLISHED
from transforms.returns.model import (
    WHOLE_ROW,
    Cell,
    Check,
    CheckKind,
    Relation,
    Return,
    Side,
)
from transforms.returns.package import (
    FAILS,
    HOLDS,
    NO_FIGURE,
    NO_OTHER,
    NO_ROWS,
    NOT_ASKED,
    NOTHING_BEFORE,
    VERDICT,
)
from transforms.returns.sides import EVERY
from transforms.schema import COUNT, DAY, TEXT, WIDE

_LEFT: Final = "left"
_RIGHT: Final = "right"
_RELATIONS: Final[Mapping[CheckKind, Relation | None]] = {
    CheckKind.OPENING: Relation.EQUAL,
    CheckKind.PARTS: Relation.EQUAL,
    CheckKind.OF_WHICH: Relation.AT_MOST,
    CheckKind.COUNT_AND_BALANCE: None,
    CheckKind.MOVE: None,
}
"""How the sides of a kind compare; of two sums, as the check says."""
_IN_A_POINT: Final = {Unit.RATIO: Decimal("0.01"), Unit.PP: Decimal(1), Unit.BP: Decimal(100)}
"""What a percentage point is in figures of a unit."""

_CHECK: Final[Mapping[str, pl.DataType]] = {
    "check": COUNT,  # its place in the return
    "check_id": TEXT,
    "kind": TEXT,
    "severity": TEXT,
    "relation": TEXT,
    "left_number": WIDE,
    "right_number": WIDE,
    "tolerance": WIDE,
    "threshold": WIDE,
    "points": WIDE,
    "label_en": TEXT,
    "label_zh": TEXT,
    "each_report": TEXT,  # the table whose rows are the cases, where there are several
    "each_table": TEXT,
}
_TERM: Final[Mapping[str, pl.DataType]] = {
    "check": COUNT,
    "place": COUNT,
    "side": TEXT,
    "sign": WIDE,
    "report": TEXT,
    "table_id": TEXT,
    "row": TEXT,
    "column_id": TEXT,
    "closing": TEXT,  # of an opening: the column that closed it
    "adds_rows": pl.Boolean(),  # `*` stands for the sum of all rows but that of the whole
}
_FIGURE: Final = ("unit_id", "metric_id", "reading", "slice", "member")
_ADDRESS: Final = ["report", "table_id", "row_id", "column_id"]


def verdicts(
    return_: Return,
    cells: pl.DataFrame,
    *,
    earlier: Mapping[date, pl.DataFrame],
    others: Mapping[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """What every check of a return says about its cells.

    Args:
        return_: says what is asked.
        cells: rows of `CELL`, with adjustments.
        earlier: rows of `CELL` of the same return and unit by earlier month end: as released, or else as
            it would be filled now.
        others: rows of `CELL` of other returns of the same unit and month end, by return.

    Returns:
        Rows of `VERDICT`, in the order of the checks and, within one, of the rows of its table.
    """
    known = _known(cells, others or {})
    checks = pl.DataFrame(
        [_told(place, check) for place, check in enumerate(return_.checks)],
        schema=dict(_CHECK),
        orient="row",
    )
    terms = pl.DataFrame(
        [
            row
            for place, check in enumerate(return_.checks)
            for row in _terms(return_, place, check)
        ],
        schema=dict(_TERM),
        orient="row",
    )
    cases = _cases(return_, checks, known)
    found = _found(terms, cases, known, earlier)
    return (
        _judged(_sides(checks, cases, found, return_.code))
        .sort("check", "number")
        .select(pl.col(name).cast(dtype) for name, dtype in VERDICT.items())
    )


def _told(place: int, check: Check) -> tuple[object, ...]:
    relation = _RELATIONS.get(check.kind, check.relation)
    starred = None if check.kind is CheckKind.PARTS else _starred(check)
    return (
        place,
        check.check_id,
        check.kind.value,
        check.severity.value,
        None if relation is None else relation.value,
        check.left.number,
        Decimal(0) if check.right is None else check.right.number,
        check.tolerance,
        check.threshold,
        check.points,
        check.label.en,
        check.label.zh,
        None if starred is None else starred.report,
        None if starred is None else starred.table,
    )


def _starred(check: Check) -> Cell | None:
    """The first cell of a check that stands for each row of its table."""
    sides = (check.left, check.right or Side(()))
    return next((one for side in sides for _, one in side.cells if one.row == EVERY), None)


def _terms(return_: Return, place: int, check: Check) -> Iterator[tuple[object, ...]]:
    """Every cell that a check names: rows of `_TERM`."""
    sides = {_LEFT: check.left, _RIGHT: check.right or Side(())}
    terms = [(name, sign, cell) for name, side in sides.items() for sign, cell in side.cells]
    for number, (side, sign, cell) in enumerate(terms):
        closed_by = None
        if check.kind is CheckKind.OPENING:
            table = return_.table(cell.table)
            opening = next(one for one in table.columns if one.column_id == cell.column)
            column = closing(table, opening)
            closed_by = None if column is None else column.column_id
        yield (
            place,
            number,
            side,
            Decimal(sign),
            cell.report,
            cell.table,
            cell.row,
            cell.column,
            closed_by,
            check.kind is CheckKind.PARTS and cell.row == EVERY,
        )


def _known(cells: pl.DataFrame, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The cells of this and of other reports, called by report and address."""
    return pl.concat(
        [
            one.select(pl.lit(name).alias("report"), *cells.columns)
            for name, one in {"": cells, **others}.items()
        ]
    )


def _cases(return_: Return, checks: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """What each check is asked of: `check, number, case`, the row, or nothing for a check of one case.

    Rows are called so that they sort as they print. A check of each row of a table without rows is asked
    once, and finds none.
    """
    empty = pl.DataFrame(
        [
            (table.table_id, row.row_id)
            for table in return_.tables
            for row in table.rows
            if row.not_collected
        ],
        schema={"table_id": TEXT, "row_id": TEXT},
        orient="row",
    ).with_columns(report=pl.lit(""))
    rows = (
        known.select("report", "table_id", "row_id")
        .unique()
        .join(empty, on=["report", "table_id", "row_id"], how="anti")
    )
    return (
        checks.select("check", "each_report", "each_table")
        .join(
            rows.select(each_report="report", each_table="table_id", case="row_id"),
            on=["each_report", "each_table"],
            how="left",
        )
        .sort("check", "case")
        .with_columns(number=pl.int_range(1, pl.len() + 1).over("check").cast(COUNT))
        .with_columns(
            lacks_rows=pl.col("each_table").is_not_null() & pl.col("case").is_null(),
            lacks_other=pl.col("each_report").is_not_null()
            & ~pl.col("each_report").is_in(known["report"].unique().implode()),
        )
        .select("check", "number", "case", "lacks_rows", "lacks_other")
    )


def _found(
    terms: pl.DataFrame,
    cases: pl.DataFrame,
    known: pl.DataFrame,
    earlier: Mapping[date, pl.DataFrame],
) -> pl.DataFrame:
    """Every cell of every case with its figure: sides of openings too, which were closed earlier."""
    of_cases = terms.join(cases.filter(~pl.col("lacks_rows")), on="check", how="inner")
    single = of_cases.filter(~pl.col("adds_rows")).with_columns(
        row_id=pl.when(pl.col("row") == EVERY).then("case").otherwise("row")
    )
    parts = known.select("report", "table_id", "row_id", "column_id").filter(
        pl.col("row_id") != WHOLE_ROW
    )
    summed = of_cases.filter("adds_rows").join(
        parts, on=["report", "table_id", "column_id"], how="inner"
    )
    every = pl.concat([single, summed.select(single.columns)])
    found = every.join(known, on=_ADDRESS, how="left").with_columns(
        lacks_report=~pl.col("report").is_in(known["report"].unique().implode())
    )
    opened = found.filter(pl.col("closing").is_not_null())
    return pl.concat([found, _closed(opened, earlier).select(found.columns)])


def _closed(opened: pl.DataFrame, earlier: Mapping[date, pl.DataFrame]) -> pl.DataFrame:
    """The other sides of openings: the same figures where they stood at the month end itself."""
    names = ["table_id", "row_id", "column_id", *_FIGURE]
    frames = [
        frame.select(*names, pl.lit(day, dtype=DAY).alias("as_of_date"), closed="exact")
        for day, frame in earlier.items()
    ]
    schema = dict.fromkeys(names, TEXT) | {"as_of_date": DAY, "closed": WIDE}
    before = pl.concat([pl.DataFrame(schema=schema), *frames])
    return opened.join(
        before.rename({"column_id": "closing"}),
        on=["table_id", "row_id", "closing", "as_of_date", *_FIGURE],
        how="left",
        nulls_equal=True,
    ).with_columns(
        side=pl.lit(_RIGHT),
        exact="closed",
        reason=pl.when(pl.col("closed").is_null()).then(pl.lit(NOT_PUBLISHED)),
        data_point=pl.lit(None, dtype=TEXT),
        row_id=pl.lit(None, dtype=TEXT),
    )


def _sides(
    checks: pl.DataFrame, cases: pl.DataFrame, found: pl.DataFrame, code: str
) -> pl.DataFrame:
    """Every case with its two sides, the cells it is about, and why it cannot be asked, if it cannot."""
    amount = (pl.col("sign") * pl.col("exact")).cast(WIDE)
    is_left = pl.col("side") == _LEFT
    lacks = pl.col("exact").is_null()
    point = pl.coalesce(
        "data_point",
        pl.when(pl.col("report") == "").then(
            pl.concat_str(pl.lit(code), "table_id", "row_id", "column_id", separator=".")
        ),
    )
    told = (
        found.with_columns(data_point=point)
        .sort("check", "number", "place", "row_id", nulls_last=True)
        .group_by("check", "number", maintain_order=True)
        .agg(
            *(
                pl.when(~(lacks & is_side).any()).then(amount.filter(is_side).sum()).alias(name)
                for name, is_side in ((_LEFT, is_left), (_RIGHT, ~is_left))
            ),
            cells=pl.col("data_point").drop_nulls().unique(maintain_order=True),
            unit=pl.col("unit").filter(is_left).first(),
            left_cells=is_left.sum(),
            has_nothing_before=(lacks & (pl.col("reason") == NOT_PUBLISHED)).any(),
            cell_lacks_other=pl.col("lacks_report").any(),
        )
    )
    lacks_other = pl.col("lacks_other") | pl.col("cell_lacks_other").fill_null(value=False)
    lacks_rows = pl.col("lacks_rows") | (pl.col("left_cells").fill_null(0) == 0)
    is_empty = pl.col(_LEFT).is_null() | pl.col(_RIGHT).is_null()
    return (
        cases.join(checks, on="check", how="inner")
        .join(told, on=["check", "number"], how="left")
        .with_columns(
            cells=pl.col("cells").fill_null(pl.lit([], dtype=VERDICT["cells"])),
            why=pl.when(lacks_other)
            .then(pl.lit(NO_OTHER))
            .when(lacks_rows)
            .then(pl.lit(NO_ROWS))
            .when(is_empty & pl.col("has_nothing_before"))
            .then(pl.lit(NOTHING_BEFORE))
            .when(is_empty)
            .then(pl.lit(NO_FIGURE)),
        )
        .with_columns(
            (pl.col(name) + pl.col(f"{name}_number")).cast(WIDE) for name in (_LEFT, _RIGHT)
        )
    )


def _judged(cases: pl.DataFrame) -> pl.DataFrame:
    """Cases with their differences and states."""
    left, right, kind = pl.col(_LEFT), pl.col(_RIGHT), pl.col("kind")
    is_move = kind == CheckKind.MOVE.value
    of_counts = kind == CheckKind.COUNT_AND_BALANCE.value
    in_a_point = pl.col("unit").replace_strict(
        {unit.value: amount for unit, amount in _IN_A_POINT.items()},
        default=_IN_A_POINT[Unit.RATIO],
        return_dtype=WIDE,
    )
    may_move = pl.coalesce(pl.col("points") * in_a_point, pl.col("threshold") * right.abs())
    apart = left - right
    within = pl.col("tolerance")
    relation = pl.col("relation")
    holds = (
        # Clients and balances are there together or not at all, and neither is below zero.
        pl.when(of_counts)
        .then(((left == 0) == (right == 0)) & (left >= 0) & (right >= 0))
        .when(is_move | (relation == Relation.EQUAL.value))
        .then(apart.abs() <= within)
        .when(relation == Relation.AT_LEAST.value)
        .then(apart >= -within)
        .otherwise(apart <= within)
    )
    return cases.with_columns(
        # From zero any move is beyond a threshold, but for the tolerance, which is an amount.
        tolerance=pl.when(is_move)
        .then(pl.max_horizontal(within, may_move.cast(WIDE)))
        .otherwise(within)
    ).with_columns(
        difference=pl.when(~of_counts).then(apart).cast(WIDE),
        state=pl.when(pl.col("why").is_not_null())
        .then(pl.lit(NOT_ASKED))
        .when(holds)
        .then(pl.lit(HOLDS))
        .otherwise(pl.lit(FAILS)),
    )
