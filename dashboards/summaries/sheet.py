"""A table of a report laid out as its form: line numbers, items set in, columns with unit and letter, notes.

One layout for paper and workbook. How it is set on paper belongs in `pdf`, how it lives in cells in
`workbook`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from dashboards.numbers import NOTHING
from dashboards.summaries import words
from dashboards.summaries.paper import Paper
from dashboards.words import reason
from transforms.returns.model import WHOLE_ROW, Moment, ReturnTable, Row, Scale, data_point
from transforms.scorecards import Status

_NAMED_CELLS: Final = 6
"""So many cells without a figure are named one by one."""


@dataclass(frozen=True)
class Head:
    """What stands above a column.

    Attributes:
        column_id: the letter below.
        label: its words.
        unit: what its cells are measured in; empty where each row says it.
        day: of which day its figures are, where that is not the report's.
        marks: its footnotes.
        is_number: whether its cells are numbers.
    """

    column_id: str
    label: str
    unit: str
    day: date | None
    marks: tuple[str, ...]
    is_number: bool


@dataclass(frozen=True)
class Entry:
    """A cell of the form.

    Attributes:
        text: as printed, without marks.
        cell: the row of `CELL` behind it; none where the form has no cell.
        missing: the number of the reason why it is empty; 0 if it is not.
        is_adjusted: whether an adjustment changed it.
        status: what it tells, where it tells a status.
    """

    text: str
    cell: Mapping[str, Any] | None = None
    missing: int = 0
    is_adjusted: bool = False
    status: Status | None = None


@dataclass(frozen=True)
class Line:
    """A row of the form.

    Attributes:
        row_id: of the table.
        number: as printed; empty for a heading.
        label: its words, with those that say it is a part.
        name: its words alone.
        level: how far it is set in.
        is_heading: whether it has words only.
        is_strong: whether it stands out: a sum, or the whole.
        is_doubtful: whether its unit's figures are not final.
        unit: what its cells are measured in, where columns leave that to rows.
        marks: its footnotes.
        entries: one a column.
    """

    row_id: str
    number: str
    label: str
    name: str
    level: int
    is_heading: bool
    is_strong: bool
    is_doubtful: bool
    unit: str
    marks: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Form:
    """A table laid out.

    Attributes:
        table: of the return.
        title: its words.
        units: what its figures are measured in, in a line; empty if rows say it.
        heads: one a column.
        lines: its rows.
        has_units: whether each line says what its cells are measured in.
        of_units: whether its lines are units.
        notes: footnotes and reasons of empty cells, as pairs of mark and text.
        is_adjusted: whether one of its cells holds an adjustment.
        is_doubtful: whether one of its lines is not final.
    """

    table: ReturnTable
    title: str
    units: str
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    has_units: bool
    of_units: bool
    notes: tuple[tuple[str, str], ...]
    is_adjusted: bool
    is_doubtful: bool


def forms(paper: Paper) -> tuple[Form, ...]:
    """The tables of a report, in order."""
    return tuple(form_of(paper, table) for table in paper.return_.tables)


def form_of(paper: Paper, table: ReturnTable) -> Form:
    """A table of a report."""
    reasons = _reasons(paper, table)
    lines = tuple(_lines(paper, table, reasons))
    has_units = any(column.scale is Scale.OWN for column in table.columns)
    scales = [
        Scale(entry.cell["scale"])
        for line in lines
        for entry in line.entries
        if entry.cell is not None
    ]
    return Form(
        table=table,
        title=words.label(table.label, paper.language),
        units="" if has_units else words.units_line(scales, paper.form),
        heads=tuple(_heads(paper, table)),
        lines=lines,
        has_units=has_units,
        of_units=bool(table.units),
        notes=(
            *((mark, words.label(text, paper.language)) for mark, text in table.footnotes),
            *_told(paper, reasons),
        ),
        is_adjusted=any(entry.is_adjusted for line in lines for entry in line.entries),
        is_doubtful=any(line.is_doubtful for line in lines),
    )


@dataclass(frozen=True)
class _Reason:
    number: int
    text: str
    cells: tuple[str, ...]


def _reasons(paper: Paper, table: ReturnTable) -> dict[str, _Reason]:
    """Why cells of a table are empty, by the reason; numbered behind the footnotes that are numbers."""
    taken = [int(mark) for mark, _ in table.footnotes if mark.isdecimal()]
    found: dict[str, list[str]] = {}
    for cell in paper.cells_of(table.table_id):
        if words.is_missing(cell):
            held = found.setdefault(cell["reason"] or "", [])
            held.append(f"{cell['row_id']}.{cell['column_id']}")
    return {
        reason: _Reason(number, reason, tuple(cells))
        for number, (reason, cells) in enumerate(found.items(), max(taken, default=0) + 1)
    }


def _told(paper: Paper, reasons: Mapping[str, _Reason]) -> Iterator[tuple[str, str]]:
    for one in reasons.values():
        named = words.listed(one.cells[:_NAMED_CELLS], paper.language)
        if len(one.cells) > _NAMED_CELLS:
            named += "… " + paper.say("sm_missing_whole", count=len(one.cells))
        told = reason(one.text, paper.language) or NOTHING
        yield str(one.number), paper.language.pick("{}: {}", "{}：{}").format(told, named)


def _heads(paper: Paper, table: ReturnTable) -> Iterator[Head]:
    days = {
        cell["column_id"]: cell["as_of_date"]
        for cell in reversed(paper.cells_of(table.table_id))
        if cell["as_of_date"] is not None
    }
    for column in table.columns:
        yield Head(
            column_id=column.column_id,
            label=words.label(column.label, paper.language),
            unit="" if column.scale is Scale.OWN else words.scale_word(column.scale, paper.form),
            day=days.get(column.column_id) if column.at is not Moment.NOW else None,
            marks=column.footnotes,
            is_number=column.scale is not Scale.TEXT,
        )


def _lines(paper: Paper, table: ReturnTable, reasons: Mapping[str, _Reason]) -> Iterator[Line]:
    if table.units:
        yield from _unit_lines(paper, table, reasons)
        return
    before: tuple[str, str] | None = None
    levels = _set_in(table)
    for row in table.rows:
        # Parts by size, then others of the same whole: each group says anew that it is one, or they would
        # read as parts that add up.
        group = row.of_which, "" if row.point is None else row.point.slice
        is_first = bool(row.of_which) and group != before
        before = group
        entries = _entries(paper, table, row.row_id, reasons)
        yield Line(
            row_id=row.row_id,
            number="" if row.heading else row.row_id,
            label=_label(paper, row, is_first=is_first),
            name=words.label(row.label, paper.language),
            level=levels[row.row_id],
            is_heading=row.heading,
            is_strong=bool(row.sum_of) or row.heading,
            is_doubtful=False,
            unit=_unit_word(paper, entries),
            marks=row.footnotes,
            entries=entries,
        )


def _set_in(table: ReturnTable) -> Mapping[str, int]:
    """How far each row is set in: as its definition says, and always further than what it is a part of."""
    rows = {row.row_id: row for row in table.rows}

    def level(row: Row) -> int:
        whole = rows.get(row.of_which)
        return row.level if whole is None else max(row.level, level(whole) + 1)

    return {row_id: level(row) for row_id, row in rows.items()}


def _label(paper: Paper, row: Row, *, is_first: bool) -> str:
    """The words of a row; the first part of a whole says that it is one, as forms do."""
    told = words.label(row.label, paper.language)
    if not is_first or told.casefold().startswith(("其中", "of which")):
        return told
    return paper.say("sm_of_which", label=told)


def _unit_lines(paper: Paper, table: ReturnTable, reasons: Mapping[str, _Reason]) -> Iterator[Line]:
    rows = dict.fromkeys(cell["row_id"] for cell in paper.cells_of(table.table_id))
    above = dict(paper.package.units.select("unit_id", "parent_id").iter_rows())
    for row_id in rows:
        unit = paper.package.unit_id if row_id == WHOLE_ROW else row_id
        is_whole = row_id == WHOLE_ROW
        entries = _entries(paper, table, row_id, reasons)
        yield Line(
            row_id=row_id,
            number=row_id,
            label=_unit_label(paper, unit, is_whole=is_whole),
            name=paper.unit_names.get(unit, unit),
            level=0 if is_whole else _depth(unit, above, set(rows)),
            is_heading=False,
            is_strong=is_whole,
            is_doubtful=unit in paper.provisional_units,
            unit=_unit_word(paper, entries),
            marks=(),
            entries=entries,
        )


def _unit_label(paper: Paper, unit: str, *, is_whole: bool) -> str:
    """The whole is called a total, or it would read as the head office's own book."""
    name = paper.unit_names.get(unit, unit)
    return paper.say("sm_whole", unit=name) if is_whole else name


def _depth(unit: str, above: Mapping[str, str | None], rows: set[str]) -> int:
    """How many of the units above it have rows too."""
    depth = 0
    parent = above.get(unit)
    while parent is not None:
        depth += parent in rows
        parent = above.get(parent)
    return depth


def _entries(
    paper: Paper, table: ReturnTable, row_id: str, reasons: Mapping[str, _Reason]
) -> tuple[Entry, ...]:
    return tuple(
        _entry(
            paper,
            paper.cells.get(data_point(paper.return_.code, table.table_id, row_id, one.column_id)),
            reasons,
        )
        for one in table.columns
    )


def _entry(paper: Paper, cell: Mapping[str, Any] | None, reasons: Mapping[str, _Reason]) -> Entry:
    if cell is None:
        return Entry("")
    missing = reasons[cell["reason"] or ""].number if words.is_missing(cell) else 0
    return Entry(
        text=words.cell_text(cell, paper.language),
        cell=cell,
        missing=missing,
        is_adjusted=bool(cell["adjustment"]),
        status=words.status_of(cell) if cell["scale"] == Scale.TEXT.value else None,
    )


def _unit_word(paper: Paper, entries: Sequence[Entry]) -> str:
    """What the figures of a line are measured in: of its first number."""
    scales = [Scale(entry.cell["scale"]) for entry in entries if entry.cell is not None]
    return next((word for scale in scales if (word := words.scale_word(scale, paper.form))), "")
