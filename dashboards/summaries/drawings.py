"""The drawings of a report's tables: bars of a column, and thirteen months of its lines.

Marks are drawn by `charts`, as vectors and in greys, from the cells that are signed.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from dashboards.charts import image
from dashboards.charts.bars import BARS, bars
from dashboards.charts.trend import TREND, TrendWords, trend
from dashboards.exports.document import Picture
from dashboards.i18n import month_text
from dashboards.numbers import fixed
from dashboards.palette import LIGHT, QUALITY_GLYPH
from dashboards.summaries import words
from dashboards.summaries.paper import Paper
from dashboards.summaries.sheet import Form, Line
from transforms.returns.model import WHOLE_ROW, Column, PictureKind, PictureOf

_WIDTH: Final = 420
_BARS_WIDTH: Final = 360
_MOST_BARS: Final = 22
"""Of one drawing; more stand in several, drawn to one scale."""
_MOST_DRAWINGS: Final = 4


def drawings(paper: Paper, form: Form) -> tuple[Picture, ...]:
    """What is drawn below a table; nothing where it has no figure to draw.

    Drawn once for all files of a paper: a chart takes longer than the rest of its page.
    """
    table = form.table.table_id
    if table not in paper.drawn:
        paper.drawn[table] = _drawn(paper, form)
    return paper.drawn[table]


def _drawn(paper: Paper, form: Form) -> tuple[Picture, ...]:
    picture = form.table.picture
    if picture is None:
        return ()
    column = next(one for one in form.table.columns if one.column_id == picture.column)
    lines = _chosen(form, picture)
    if picture.kind is PictureKind.BARS:
        return tuple(_bars(paper, form, picture, column, lines))
    return tuple(_trends(paper, form, picture, column, lines))


def _chosen(form: Form, picture: PictureOf) -> list[Line]:
    """The lines that are drawn: those named, or all with figures; of units without the whole."""
    if picture.rows:
        return [line for line in form.lines if line.row_id in picture.rows]
    return [
        line
        for line in form.lines
        if not line.is_heading and not (form.of_units and line.row_id == WHOLE_ROW)
    ]


def _bars(
    paper: Paper, form: Form, picture: PictureOf, column: Column, lines: Sequence[Line]
) -> Iterator[Picture]:
    at = form.table.columns.index(column)
    held = [(line, line.entries[at]) for line in lines]
    known = [
        (line, entry)
        for line, entry in held
        if entry.cell is not None and entry.cell["printed"] is not None
    ]
    if not known:
        return
    if form.of_units:
        # Units as people compare them; a form keeps the order of its lines.
        known.sort(key=lambda one: -_printed(one[1].cell))
    frame = pl.DataFrame(
        [(_name(line, lines), float(_printed(entry.cell)), entry.text) for line, entry in known],
        schema=dict(BARS),
        orient="row",
    )
    title = _title(paper, picture, column, form)
    values = frame["value"].to_list()
    for part, beside in _parted(paper, frame):
        printed = part.select("name", "printed").iter_rows()
        told = "; ".join(f"{name} {text}" for name, text in printed)
        alt = paper.say("sm_bars_alt", title=title, parts=told)
        chart = bars(part, LIGHT, description=alt, span=(min(values), max(values)))
        drawn = image.svg(chart.properties(width=_BARS_WIDTH))
        yield Picture(title + beside, drawn, alt)


def _parted(paper: Paper, frame: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, str]]:
    """The bars of each drawing, and what its title says of them; of very many the two ends."""
    count = -(-frame.height // _MOST_BARS)
    if count > _MOST_DRAWINGS:
        ends = {"first": frame.head(_MOST_BARS), "last": frame.tail(_MOST_BARS)}
        for name, part in ends.items():
            told = paper.say(f"sm_bars_{name}", count=part.height, all=frame.height)
            yield part, paper.language.pick(", {}", "，{}").format(told)
        return
    for number, part in enumerate(frame.iter_slices(-(-frame.height // count)), 1):
        yield part, f" {number}/{count}" if count > 1 else ""


def _trends(
    paper: Paper, form: Form, picture: PictureOf, column: Column, lines: Sequence[Line]
) -> Iterator[Picture]:
    series = paper.package.series.filter(
        pl.col("table_id") == form.table.table_id, pl.col("column_id") == column.column_id
    )
    at = form.table.columns.index(column)
    for line in lines:
        points = series.filter(pl.col("row_id") == line.row_id).sort("as_of_date").to_dicts()
        cell = line.entries[at].cell
        known = [point for point in points if point["printed"] is not None]
        if cell is None or not known:
            continue
        decimals = cell["decimals"]
        frame = pl.DataFrame(
            [_month(paper, point, decimals) for point in points], schema=dict(TREND)
        )
        unit = words.scale_word(words.Scale(cell["scale"]), paper.form)
        name = _name(line, lines)
        alt = paper.say(
            "sm_trend_alt",
            name=name,
            months=len(points),
            first=fixed(known[0]["printed"], decimals),
            last=fixed(known[-1]["printed"], decimals),
        )
        chart = trend(frame, LIGHT, axis_title=unit, words=_trend_words(paper), description=alt)
        label = words.label(picture.label, paper.language)
        title = paper.language.pick("{}: {}", "{}：{}").format(label, name)
        yield Picture(title, image.svg(chart.properties(width=_WIDTH, height=150)), alt)


def _month(paper: Paper, point: dict[str, Any], decimals: int) -> dict[str, object]:
    value = point["printed"]
    text = words.number(value, decimals)
    return {
        "month": month_text(paper.language, point["as_of_date"]),
        "value": None if value is None else float(value),
        "target": None,
        "reported": None,
        "printed": text,
        "short": text,
        "printed_target": "",
        "printed_reported": "",
        "doubt": "",
        "said": "",
    }


def _trend_words(paper: Paper) -> TrendWords:
    return TrendWords(
        month=paper.say("month"),
        value=paper.say("value"),
        target=paper.say("target"),
        quality=paper.say("quality"),
        glyph=QUALITY_GLYPH,
    )


def _title(paper: Paper, picture: PictureOf, column: Column, form: Form) -> str:
    """What stands above bars: the words of the drawing, and the unit of its numbers."""
    told = words.label(picture.label, paper.language)
    unit = form.heads[form.table.columns.index(column)].unit
    return told + paper.language.pick(" ({})", "（{}）").format(unit) if unit else told


def _name(line: Line, lines: Sequence[Line]) -> str:
    """A line by its words; with its number where another has the same words."""
    is_shared = sum(one.name == line.name for one in lines) > 1
    return f"{line.number} {line.name}" if is_shared else line.name


def _printed(cell: Any) -> Decimal:  # noqa: ANN401 - a row of `CELL`
    value: Decimal = cell["printed"]
    return value
