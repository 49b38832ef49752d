"""Makes the frozen record of a return from its form, and checks it against the catalogue and itself.

Every problem names file, line and the offending name, with the near miss. Tables and rows are made here;
cross-checks, those of the file and those that follow from rows and tables, in `checks`.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

from transforms import codes
from transforms.catalogue.model import Kind, Label, Metric, Reading, Unit
from transforms.catalogue.vocabulary import SLICES, TOTAL, UNTAGGED
from transforms.errors import did_you_mean
from transforms.returns.checks import checks_of
from transforms.returns.forms import ColumnForm, PointForm, ReturnForm, RowForm, TableForm
from transforms.returns.model import (
    WHOLE_ROW,
    Column,
    Formula,
    MadeFor,
    PictureKind,
    PictureOf,
    Point,
    Return,
    ReturnTable,
    Row,
    Scale,
    Take,
)
from transforms.returns.quantities import FITS, formula_problem, kind_of, unit_of
from transforms.written import Draft, Path

_WHOLE_NUMBERS: Final = (Scale.COUNT, Scale.LOANS, Scale.INDEX, Scale.TEXT)
_OF_THE_WHOLE: Final = (Take.TARGET, Take.GAP, Take.LIMIT, Take.HEADROOM, Take.STATUS)
_LEVELS: Final = tuple(code.code for code in codes.BRANCH_LEVEL.codes)


def return_of(form: ReturnForm, draft: Draft) -> Return:
    """The record of a return; what is wrong with it is added to the draft's problems."""
    _levels(form.levels, ("levels",), draft)
    if (form.made_for is MadeFor.EACH) != bool(form.levels):
        draft.problem(
            ("made_for",), "`each` needs the `levels` it is made for, and `bank` has none"
        )
    used: set[str] = set()
    tables = tuple(_table(name, table, form, used, draft) for name, table in form.tables.items())
    for name in sorted(set(form.columns) - used):
        draft.problem(("columns", name), "no table uses these columns")
    return Return(
        return_id=form.id,
        code=form.code,
        version=form.version,
        label=form.label.record(),
        purpose=form.purpose.record(),
        frequency=form.frequency,
        audience=form.audience,
        made_for=form.made_for,
        levels=form.levels,
        due_working_days=form.due_working_days,
        source=form.source,
        disclaimer=form.disclaimer.record() if form.disclaimer else Label("", ""),
        tables=tables,
        checks=checks_of(form, tables, draft),
        where=f"{draft.file} line {draft.text.line(('id',))}",
    )


def _table(
    name: str, form: TableForm, whole: ReturnForm, used: set[str], draft: Draft
) -> ReturnTable:
    path: Path = ("tables", name)
    columns = _columns(form, path, whole, used, draft)
    rows = tuple(
        _row(row_id, row, columns, (*path, "rows", row_id), draft)
        for row_id, row in form.rows.items()
    )
    _levels(form.units, (*path, "units"), draft)
    if bool(form.rows) == bool(form.units):
        draft.problem(path, "a table has either `rows`, or `units` whose levels are its rows")
    if form.adds_up and len(form.units) != 1:
        draft.problem(
            (*path, "adds_up"), "only units of one level add up, or some would be counted twice"
        )
    _references(rows, path, draft)
    own = form.footnotes
    marks = {**whole.footnotes, **own}
    _marks(rows, columns, marks, path, draft)
    said = {mark for one in (*rows, *columns) for mark in one.footnotes} | set(own)
    return ReturnTable(
        table_id=name,
        label=form.label.record(),
        columns=columns,
        rows=rows,
        units=form.units,
        adds_up=form.adds_up,
        footnotes=tuple((mark, text.record()) for mark, text in marks.items() if mark in said),
        picture=_picture(form, rows, columns, (*path, "picture"), draft),
    )


def _levels(asked: Iterable[str], path: Path, draft: Draft) -> None:
    for level in asked:
        if level not in _LEVELS:
            near = did_you_mean(level, _LEVELS)
            draft.problem(
                path, f"no level {level!r}; there are {', '.join(_LEVELS)}.{near}".rstrip(".")
            )


def _columns(
    form: TableForm, path: Path, whole: ReturnForm, used: set[str], draft: Draft
) -> tuple[Column, ...]:
    given: Mapping[str, ColumnForm]
    here: Path
    if isinstance(form.columns, str):
        if form.columns not in whole.columns:
            near = did_you_mean(form.columns, whole.columns)
            draft.problem((*path, "columns"), f"no columns {form.columns!r}.{near}".rstrip("."))
            return ()
        given, here = whole.columns[form.columns], ("columns", form.columns)
        used.add(form.columns)
    else:
        given, here = form.columns, (*path, "columns")
    made = {name: _column(name, one, form, (*here, name), draft) for name, one in given.items()}
    for column in made.values():
        _formula(column, made, (*here, column.column_id), draft)
    return tuple(made.values())


def _column(name: str, form: ColumnForm, table: TableForm, path: Path, draft: Draft) -> Column:
    point = None
    if form.metric is not None and not table.units:
        draft.problem(
            (*path, "metric"), "its rows name their figures; only units leave it to columns"
        )
    elif table.units and form.formula is None:
        if form.metric is None:
            draft.problem(path, "its rows are units: the column must name its `metric`")
        else:
            point = _point(form, path, draft)
    column = Column(
        column_id=name,
        label=form.label.record(),
        scale=form.scale,
        decimals=_decimals(form.scale, form.decimals),
        take=form.take,
        at=form.at,
        point=point,
        formula=None
        if form.formula is None
        else Formula(form.formula.left, form.formula.sign, form.formula.right),
        footnotes=form.footnotes,
    )
    if form.scale is Scale.OWN and table.units:
        draft.problem((*path, "scale"), "units have no unit of print of their own; name it here")
    if (form.scale is Scale.TEXT) != (form.take is Take.STATUS and form.formula is None):
        draft.problem((*path, "scale"), "a status is a `text`, and nothing else is")
    elif point is not None:
        _fits(point, column, None, path, draft)
    return column


def _decimals(scale: Scale | None, given: int | None) -> int:
    if given is not None:
        return given
    return 0 if scale is None or scale in _WHOLE_NUMBERS else 2


def _formula(column: Column, columns: Mapping[str, Column], path: Path, draft: Draft) -> None:
    formula = column.formula
    if formula is None:
        return
    for side in (formula.left, formula.right):
        if side not in columns:
            near = did_you_mean(side, columns)
            draft.problem((*path, "formula"), f"no column {side!r}.{near}".rstrip("."))
            return
    seen: set[str] = set()
    open_ = [column.column_id]
    while open_:
        one = columns.get(open_.pop())
        if one is not None and one.formula is not None:
            if one.column_id in seen and one.column_id == column.column_id:
                draft.problem((*path, "formula"), f"{column.column_id} is reckoned from itself")
                return
            if one.column_id not in seen:
                seen.add(one.column_id)
                open_ += [one.formula.left, one.formula.right]
    why_not = formula_problem(column, columns[formula.left], columns[formula.right])
    if why_not:
        draft.problem((*path, "formula"), why_not)


def _row(row_id: str, form: RowForm, columns: Iterable[Column], path: Path, draft: Draft) -> Row:
    is_ = (form.metric is not None, bool(form.sum_of), form.heading, form.not_collected)
    if sum(is_) != 1:
        draft.problem(
            path, "a row has a `metric`, or is a `sum_of` rows, a `heading` or `not_collected`"
        )
    if form.scale in (Scale.OWN, Scale.TEXT):
        draft.problem((*path, "scale"), "a row is printed in a unit: wan, percent, count")
    point = _point(form, path, draft) if form.metric is not None else None
    row = Row(
        row_id=row_id,
        label=_label(form, point, path, draft),
        point=point,
        of_which=form.of_which,
        sum_of=form.sum_of,
        level=form.level,
        heading=form.heading,
        footnotes=form.footnotes,
        scale=form.scale,
        decimals=_decimals(form.scale, form.decimals),
        not_collected=form.not_collected,
    )
    is_own = [column for column in columns if column.scale is Scale.OWN]
    if is_own and row.scale is None and not row.heading:
        draft.problem(
            path, f"column {is_own[0].column_id} leaves the unit to the row: give it a `scale`"
        )
    elif point is not None:
        for column in columns:
            if column.formula is None:
                _fits(point, column, row, path, draft)
    return row


def _label(form: RowForm, point: Point | None, path: Path, draft: Draft) -> Label:
    """The row's own words, or those of its member or metric."""
    if form.label is not None:
        return form.label.record()
    if point is None:
        if form.metric is None:
            draft.problem(path, "it needs a `label`: there is no figure to take one from")
        return Label("", "")
    listed = SLICES[point.slice].code_list if point.slice in SLICES else None
    for code in listed.codes if listed else ():
        if code.code == point.member:
            return Label(code.en, code.zh)
    if point.slice != TOTAL:
        draft.problem(path, f"it needs a `label`: {point.member!r} has no name of its own")
    return draft.catalogue.metrics[point.metric].label


def _point(form: PointForm, path: Path, draft: Draft) -> Point | None:
    metric = draft.metric(str(form.metric), (*path, "metric"))
    if metric is None:
        return None
    reading = draft.reading(metric, form.reading, path)
    if form.slice is None:
        if form.member is not None:
            draft.problem((*path, "member"), "a member needs the `slice` it is a part of")
        return Point(metric.metric_id, reading.name, TOTAL, TOTAL)
    if form.slice not in metric.cuts:
        told = f"it is cut by {', '.join(metric.cuts)}" if metric.cuts else "it is not cut"
        near = did_you_mean(form.slice, metric.cuts)
        draft.problem(
            (*path, "slice"), f"{metric.metric_id} has no {form.slice!r}: {told}.{near}".rstrip(".")
        )
        return None
    if form.member is None:
        draft.problem((*path, "slice"), f"name the `member` of {form.slice}")
        return None
    listed = SLICES[form.slice].code_list
    members = [code.code for code in listed.codes] if listed else []
    if members and form.member not in (*members, UNTAGGED):
        near = did_you_mean(form.member, members)
        draft.problem(
            (*path, "member"),
            f"{form.slice} has no member {form.member!r}; it has {', '.join(members)}.{near}".rstrip(
                "."
            ),
        )
    return Point(metric.metric_id, reading.name, form.slice, form.member)


def _fits(point: Point, column: Column, row: Row | None, path: Path, draft: Draft) -> None:
    """Whether what the column takes of a figure can be taken, and is printed in a unit of its kind."""
    metric, reading = figure(point, draft)
    unit = unit_of(metric, reading, column.take, draft.catalogue)
    where = f" in column {column.column_id}" if row is not None else ""
    if not isinstance(unit, Unit):
        # A column of targets or limits beside rows of all kinds is empty where a row has none.
        if row is None or column.scale is not Scale.OWN:
            draft.problem(path, f"{unit}{where}")
        return
    if column.take in _OF_THE_WHOLE and point.slice != TOTAL:
        draft.problem(path, f"the {column.take} is of the whole figure, not of a member{where}")
    scale, _ = column.unit_of(row)
    if scale not in (Scale.OWN, Scale.TEXT) and scale not in FITS[unit]:
        near = " or ".join(FITS[unit])
        draft.problem(
            path,
            f"the {column.take} of {metric.metric_id} is a {unit}, which is not printed in {scale}{where}; "
            f"write {near}",
        )


def figure(point: Point, draft: Draft) -> tuple[Metric, Reading]:
    """The metric and reading of a point that was checked."""
    metric = draft.catalogue.metrics[point.metric]
    return metric, metric.reading(point.reading)


def _references(rows: tuple[Row, ...], path: Path, draft: Draft) -> None:
    """Sums and parts name rows of the table that have figures, none of them by way of itself."""
    by_id = {row.row_id: row for row in rows}
    for before, after in pairwise(by_id):
        if after < before:
            draft.problem((*path, "rows", after), "rows stand in the order of their ids")
    for row in rows:
        here = (*path, "rows", row.row_id)
        for one in row.sum_of:
            _named_row(row, one, by_id, (*here, "sum_of"), draft)
            point = by_id[one].point if one in by_id else None
            if point is not None and figure(point, draft)[0].kind is Kind.COUNT_DISTINCT:
                draft.problem(
                    (*here, "sum_of"),
                    f"row {one} counts clients once each; a sum would count some of them twice",
                )
        if row.of_which:
            _named_row(row, row.of_which, by_id, (*here, "of_which"), draft)
        if len(set(row.sum_of)) != len(row.sum_of):
            draft.problem((*here, "sum_of"), "it names a row twice")
        for key in ("sum_of", "of_which"):
            if _leads_back(row.row_id, by_id, key):
                draft.problem((*here, key), f"row {row.row_id} leads back to itself")


def _named_row(row: Row, asked: str, rows: Mapping[str, Row], path: Path, draft: Draft) -> None:
    other = rows.get(asked)
    if other is None:
        near = did_you_mean(asked, rows)
        draft.problem(path, f"no row {asked!r} in this table.{near}".rstrip("."))
    elif other.heading:
        draft.problem(path, f"row {asked} is a heading and has no figures")
    elif row.scale and other.scale and kind_of(row.scale) is not kind_of(other.scale):
        draft.problem(path, f"{row.scale} is no part of {other.scale}, in which row {asked} is")


def _leads_back(start: str, rows: Mapping[str, Row], key: str) -> bool:
    seen: set[str] = set()
    open_ = [start]
    while open_:
        row = rows.get(open_.pop())
        after = () if row is None else row.sum_of if key == "sum_of" else (row.of_which,)
        for one in after:
            if one == start:
                return True
            if one and one not in seen:
                seen.add(one)
                open_.append(one)
    return False


def _marks(
    rows: tuple[Row, ...],
    columns: tuple[Column, ...],
    marks: Mapping[str, object],
    path: Path,
    draft: Draft,
) -> None:
    for one in (*rows, *columns):
        name = one.row_id if isinstance(one, Row) else one.column_id
        for mark in one.footnotes:
            if mark not in marks:
                draft.problem(
                    path, f"{name} names footnote {mark!r}, which is not said under `footnotes`"
                )


def _picture(
    form: TableForm, rows: tuple[Row, ...], columns: tuple[Column, ...], path: Path, draft: Draft
) -> PictureOf | None:
    picture = form.picture
    if picture is None:
        return None
    by_id = {column.column_id: column for column in columns}
    column = by_id.get(picture.column)
    if column is None:
        near = did_you_mean(picture.column, by_id)
        draft.problem((*path, "column"), f"no column {picture.column!r}.{near}".rstrip("."))
    elif column.scale is Scale.TEXT:
        draft.problem((*path, "column"), "a text cannot be drawn")
    elif picture.kind is PictureKind.TREND and column.formula is not None:
        draft.problem((*path, "column"), "a trend is of figures, not of a column that is reckoned")
    drawn = {row.row_id: row for row in rows if not row.heading and not row.not_collected}
    known = [WHOLE_ROW] if form.units else list(drawn)
    for one in picture.rows:
        if one not in known:
            near = did_you_mean(one, known)
            draft.problem((*path, "rows"), f"no row {one!r} that can be drawn.{near}".rstrip("."))
        elif picture.kind is PictureKind.TREND and one in drawn and drawn[one].point is None:
            draft.problem((*path, "rows"), f"row {one} is a sum; a trend is of figures")
    return PictureOf(picture.kind, picture.label.record(), picture.column, picture.rows)
