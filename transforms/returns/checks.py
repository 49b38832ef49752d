"""Makes the cross-checks of a return: those its file names, and those that follow from rows and tables.

What follows: a part is never larger than what it is a part of, and units add up to the whole. Whether checks
hold of a filled return belongs in `cross_checks`.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from transforms.catalogue.model import Kind, Label
from transforms.errors import did_you_mean
from transforms.returns.forms import CheckForm, ReturnForm
from transforms.returns.model import (
    WHOLE_ROW,
    Cell,
    Check,
    CheckKind,
    Column,
    Moment,
    Point,
    Relation,
    Return,
    ReturnTable,
    Row,
    Scale,
    Severity,
    Side,
)
from transforms.returns.quantities import AMOUNTS, adds_up, is_part, kind_of
from transforms.returns.sides import EVERY, side_of
from transforms.written import Draft, Path

_AMOUNT: Final = AMOUNTS[0]
_SUMMED: Final = (_AMOUNT, Scale.COUNT)
_CENT: Final = Decimal("0.01")
_TWO_SIDED: Final = frozenset(CheckKind) - {CheckKind.OPENING}


def checks_of(form: ReturnForm, tables: Sequence[ReturnTable], draft: Draft) -> tuple[Check, ...]:
    """All checks of a return; what is wrong with those of the file is added to the draft's problems."""
    known = {table.table_id: table for table in tables}
    named = [
        check
        for check_id, one in form.checks.items()
        for check in _named(check_id, one, known, draft)
    ]
    follow = [
        check for table in tables for check in (*_parts_of(table, draft), *_units_of(table, draft))
    ]
    return (*named, *follow)


def _named(
    check_id: str, form: CheckForm, tables: Mapping[str, ReturnTable], draft: Draft
) -> Iterator[Check]:
    path: Path = ("checks", check_id)
    left = _side(form.left, (*path, "left"), tables, draft)
    right = None if form.right is None else _side(form.right, (*path, "right"), tables, draft)
    if (form.kind in _TWO_SIDED) != (form.right is not None):
        told = "needs" if form.kind in _TWO_SIDED else "does not take"
        draft.problem(path, f"{form.kind} {told} a `right` side")
    given = [one is not None for one in (form.threshold, form.points)]
    if (form.kind is CheckKind.MOVE) != any(given) or all(given):
        draft.problem(
            path, "a move, and nothing else, has a `threshold` or, of shares, `points`: one of them"
        )
    if left is None or (form.right is not None and right is None):
        return
    check = Check(
        check_id=check_id,
        kind=form.kind,
        label=form.label.record(),
        severity=form.severity,
        left=left,
        relation=form.relation,
        right=right,
        tolerance=form.tolerance,
        threshold=form.threshold,
        points=form.points,
    )
    _asked(check, path, tables, draft)
    yield check


def _side(text: str, path: Path, tables: Mapping[str, ReturnTable], draft: Draft) -> Side | None:
    side = side_of(text)
    if isinstance(side, str):
        draft.problem(
            path, f"{side!r} is no cell; write TABLE.ROW.COLUMN, with + or - between cells"
        )
        return None
    problems = [why for _, cell in side.cells if not cell.report and (why := unknown(cell, tables))]
    for why in problems:
        draft.problem(path, why)
    return None if problems else side


def unknown(cell: Cell, tables: Mapping[str, ReturnTable]) -> str | None:
    """Why there is no such cell, or none that a check can ask about; nothing if there is."""
    table = tables.get(cell.table)
    if table is None:
        return f"no table {cell.table!r}.{did_you_mean(cell.table, tables)}".rstrip(".")
    columns = {column.column_id: column for column in table.columns}
    if cell.column not in columns:
        near = did_you_mean(cell.column, columns)
        return f"table {cell.table} has no column {cell.column!r}.{near}".rstrip(".")
    if columns[cell.column].scale is Scale.TEXT:
        return f"column {cell.column} of {cell.table} is a text, which cannot be reckoned with"
    rows = {row.row_id: row for row in table.rows}
    known = [WHOLE_ROW] if table.units else list(rows)
    if cell.row not in (EVERY, *known):
        near = did_you_mean(cell.row, known)
        also = f"; its rows are units: {WHOLE_ROW} or {EVERY}" if table.units else ""
        return f"table {cell.table} has no row {cell.row!r}{also}.{near}".rstrip(".")
    if cell.row in rows and (rows[cell.row].heading or rows[cell.row].not_collected):
        return f"row {cell.row} of {cell.table} has no figures"
    return None


def unknown_elsewhere(return_: Return, returns: Mapping[str, Return]) -> Iterator[str]:
    """What checks name of other returns and is not there."""
    for check in return_.checks:
        for _, cell in (*check.left.cells, *(check.right.cells if check.right else ())):
            if not cell.report:
                continue
            why = f"no return {cell.report!r}.{did_you_mean(cell.report, returns)}".rstrip(".")
            if cell.report in returns:
                other = returns[cell.report]
                why = unknown(cell, {table.table_id: table for table in other.tables}) or ""
            if why:
                yield f"{return_.where.rpartition(' line ')[0]}, checks.{check.check_id}: {why}"


def _asked(check: Check, path: Path, tables: Mapping[str, ReturnTable], draft: Draft) -> None:
    """Whether the check's kind can be asked of its cells."""
    if not check.left.cells:
        draft.problem((*path, "left"), "a check asks about cells: the left side has none")
        return
    left = _kinds(check.left, tables)
    right = set() if check.right is None else _kinds(check.right, tables)
    wrong: str | None = None
    if check.kind is CheckKind.COUNT_AND_BALANCE:
        if left - {Scale.COUNT} or right - {_AMOUNT}:
            wrong = "counts stand on the left, balances on the right"
    elif len(left | right) > 1:
        wrong = f"it compares {' with '.join(sorted(left | right))}"
    elif check.kind is CheckKind.OPENING:
        wrong = _no_opening(check.left, tables)
    elif check.kind is CheckKind.MOVE:
        wrong = _no_move(check, left | right)
    elif check.kind in (CheckKind.PARTS, CheckKind.OF_WHICH):
        wrong = _no_parts(check, left | right, tables)
    if wrong:
        draft.problem(path, wrong)


def _no_move(check: Check, kinds: set[Scale]) -> str | None:
    shares = kinds - set(_SUMMED)
    if shares and check.threshold is not None:
        return "a share moves by `points`, not by a `threshold`"
    if not shares and check.points is not None:
        return "an amount or count moves by a `threshold`, not by `points`"
    return None


def _no_parts(check: Check, kinds: set[Scale], tables: Mapping[str, ReturnTable]) -> str | None:
    if kinds - set(_SUMMED):
        return "only amounts and counts are parts of a whole"
    if check.kind is CheckKind.OF_WHICH or check.right is None:
        return None
    cells = [cell for _, cell in (*check.left.cells, *check.right.cells)]
    of_units = all(not cell.report and tables[cell.table].units for cell in cells)
    if [cell.row for cell in cells] == [EVERY, WHOLE_ROW] and of_units:
        return None
    return f"parts are TABLE.{EVERY}.COLUMN against TABLE.{WHOLE_ROW}.COLUMN of a table of units"


def _kinds(side: Side, tables: Mapping[str, ReturnTable]) -> set[Scale]:
    """What the cells of a side are numbers of, as far as this file says it."""
    found: set[Scale] = set()
    for _, cell in side.cells:
        if not cell.report:
            table = tables[cell.table]
            column = _column(table, cell.column)
            rows = [row for row in table.rows if row.row_id == cell.row]
            scale, _ = column.unit_of(rows[0] if rows else None)
            kind = kind_of(scale)
            found |= {kind} if kind else set()
    return found


def _no_opening(side: Side, tables: Mapping[str, ReturnTable]) -> str | None:
    if len(side.cells) != 1 or side.cells[0][0] != 1 or side.number or side.cells[0][1].report:
        return "an opening is one column of this return: TABLE.*.COLUMN"
    cell = side.cells[0][1]
    table = tables[cell.table]
    column = _column(table, cell.column)
    if column.at is Moment.NOW or column.formula is not None:
        return f"column {cell.column} is not taken at an earlier month end"
    if closing(table, column) is None:
        return f"no column of {cell.table} is the same as {cell.column} now: nothing would close it"
    return None


def closing(table: ReturnTable, opening: Column) -> Column | None:
    """The column that holds at the month end itself what another takes of it later."""
    same = (
        column
        for column in table.columns
        if column.at is Moment.NOW
        and column.formula is None
        and (column.take, column.point) == (opening.take, opening.point)
    )
    return next(same, None)


def _column(table: ReturnTable, column_id: str) -> Column:
    return next(column for column in table.columns if column.column_id == column_id)


def _parts_of(table: ReturnTable, draft: Draft) -> Iterator[Check]:
    """A part is not larger than its whole, column by column, where both are amounts or counts."""
    rows = {row.row_id: row for row in table.rows}
    for row in table.rows:
        whole = rows.get(row.of_which)
        if whole is None or row.not_collected or whole.not_collected:
            continue
        for column in table.columns:
            scale, _ = column.unit_of(row)
            are_parts = all(_is_part(one, column, draft) for one in (row, whole))
            if column.formula is not None or kind_of(scale) not in _SUMMED or not are_parts:
                continue
            cells = (Cell(table.table_id, one.row_id, column.column_id) for one in (row, whole))
            part, all_ = (Side(((1, cell),)) for cell in cells)
            yield Check(
                check_id=f"OF.{table.table_id}.{row.row_id}.{column.column_id}",
                kind=CheckKind.OF_WHICH,
                label=Label(
                    f"{table.label.en}, {column.label.en}: {row.label.en} is no more than {whole.label.en}",
                    f"{table.label.zh}，{column.label.zh}：{row.label.zh}不大于{whole.label.zh}",
                ),
                severity=Severity.BLOCKS,
                left=part,
                relation=Relation.AT_MOST,
                right=all_,
            )


def _is_part(row: Row, column: Column, draft: Draft) -> bool:
    point = row.point
    return point is None or is_part(draft.catalogue.metrics[point.metric], column.take)


def _units_of(table: ReturnTable, draft: Draft) -> Iterator[Check]:
    """The units of a level add up to the whole, where what they hold adds up at all."""
    if not table.adds_up:
        return
    for column in table.columns:
        if column.at is not Moment.NOW or column.point is None or not _summed(column, draft):
            continue
        left, right = (
            Side(((1, Cell(table.table_id, row, column.column_id)),)) for row in (EVERY, WHOLE_ROW)
        )
        yield Check(
            check_id=f"PARTS.{table.table_id}.{column.column_id}",
            kind=CheckKind.PARTS,
            label=Label(
                f"{table.label.en}: the units add up to the whole, {column.label.en}",
                f"{table.label.zh}：各机构之和等于合计，{column.label.zh}",
            ),
            severity=Severity.BLOCKS,
            left=left,
            right=right,
            # A mean over months is divided at each unit, to twelve decimals.
            tolerance=_CENT if _kind(column.point, draft) is Kind.AVERAGE else Decimal(0),
        )


def _kind(point: Point, draft: Draft) -> Kind:
    return draft.catalogue.metrics[point.metric].kind


def _summed(column: Column, draft: Draft) -> bool:
    assert column.point is not None  # noqa: S101 - the caller has seen it
    metric = draft.catalogue.metrics[column.point.metric]
    return adds_up(metric, metric.reading(column.point.reading), column.take, draft.catalogue)
