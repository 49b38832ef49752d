"""The tables of the pages as HTML: real tables that can be selected, read aloud and printed.

Everything that comes from data is escaped. Pictures stand within as images with their text beside.
What a row says is decided in `scorecard`; the page around belongs in `app_pages`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from dashboards.i18n import Language, say
from dashboards.palette import MARKS, QUALITY_GLYPH, Ground
from dashboards.scorecard import ScorecardRow
from transforms.catalogue.model import Kind, Unit
from transforms.scorecards import Status

Picture = Callable[[ScorecardRow], str | None]
"""Gives the address of a row's picture, or nothing."""

Link = Callable[[ScorecardRow], str]
"""Gives the address that a row's name leads to."""


@dataclass(frozen=True)
class Style:
    """What the tables of one page have in common."""

    language: Language
    ground: Ground
    dark: bool


def address(page: str, parameters: Mapping[str, str]) -> str:
    """A link within the dashboard that reproduces a page."""
    return f"{page or './'}?{urlencode(parameters)}"


def mark(status: Status, style: Style) -> str:
    """Glyph and word of a status in its colour."""
    look = MARKS[status]
    return _marked(status, look.glyph, look.word(style.language))


def _marked(status: Status, glyph: str, word: str) -> str:
    return (
        f'<span class="bm-mark bm-{status.name.lower()}">'
        f'<span aria-hidden="true">{glyph}</span> <b>{escape(word)}</b></span>'
    )


def strip(items: Sequence[str]) -> str:
    """The line at the head of a page; the items are ready HTML."""
    inner = "".join(f'<span class="bm-item">{item}</span>' for item in items)
    return f'<div class="bm bm-strip"><div>{inner}</div></div>'


def message(text: str) -> str:
    """The sentence a page opens with."""
    return f'<div class="bm"><p class="bm-message">{escape(text)}</p></div>'


def listed(lines: Sequence[tuple[str, str]]) -> str:
    """A list of lines, each with a quieter one below; both are ready HTML."""
    inner = "".join(f"<li>{first}<small>{second}</small></li>" for first, second in lines)
    return f'<div class="bm"><ul class="bm-list">{inner}</ul></div>'


def linked(text: str, href: str) -> str:
    """A link, its text escaped."""
    return f'<a href="{escape(href)}" target="_self">{escape(text)}</a>'


_COLUMNS = (
    ("measure", 22, ""),
    ("value_in", 10, "bm-number"),
    ("against_target", 15, ""),
    ("gap", 22, ""),
    ("change", 9, "bm-number bm-change"),
    ("history", 9, ""),
    ("status", 13, ""),
)
_UNAIMED = (*_COLUMNS[:2], ("note", 37, ""), *_COLUMNS[4:])
"""Where nothing stands against a target, what is noted on the figures has the room."""


def scorecard_table(
    rows: Sequence[ScorecardRow],
    style: Style,
    *,
    caption: str,
    unit: str,
    bullet: Picture,
    sparkline: Picture,
    link: Link,
) -> str:
    """The scorecard: name, value, bullet, gap in words and money, change, history, status."""
    language = style.language
    aimed = any(row.is_aimed for row in rows)
    head = "".join(
        f'<th scope="col" class="{kind}" style="width:{width}%">{escape(say(language, key, unit=unit))}</th>'
        for key, width, kind in (_COLUMNS if aimed else _UNAIMED)
    )
    # Each row has a cell for both columns in one, if nothing stands against a target.
    span = 2 if aimed else 1
    body = "".join(
        _row(
            row, style, _judgement(row, bullet(row), span), sparkline=sparkline(row), href=link(row)
        )
        for row in rows
    )
    return (
        f'<div class="bm bm-wide"><table class="bm-card" aria-label="{escape(caption)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(
    row: ScorecardRow, style: Style, judgement: str, *, sparkline: str | None, href: str
) -> str:
    full = [] if row.name == row.short_name else [row.name]
    if row.reading_text:
        full.append(style.language.pick(" ({})", "（{}）").format(row.reading_text))
    value = row.compact_text if row.unit is Unit.CURRENCY else row.value_text
    told = _origin(row) + escape("".join(full).strip())
    under = f"<small>{told}</small>" if told else ""
    why = f' title="{escape(row.change_note)}"' if row.change_note else ""
    status = _marked(row.status, row.status_glyph, row.status_word)
    return (
        f'<tr><th scope="row" title="{escape(row.about)}">{linked(row.short_name, href)}{under}</th>'
        f'<td class="bm-number"><span class="bm-value">{escape(value)}</span>'
        f"{_target(row, style)}</td>"
        f"{judgement}"
        f'<td class="bm-number bm-change"{why}>{escape(row.change_text)}</td>'
        f"<td>{_image(sparkline, _alt(row))}</td>"
        f"<td>{status}{_quality(row, style)}</td></tr>"
    )


def _origin(row: ScorecardRow) -> str:
    """A small word where the definition is the product's own or its source unverified."""
    return f'<span class="bm-origin">{escape(row.origin_text)}</span>' if row.origin_text else ""


def _judgement(row: ScorecardRow, bullet: str | None, span: int) -> str:
    """The bullet and the gap; without a target what is noted on the figure, or why there is none."""
    if row.reason:
        return f'<td colspan="{span}" class="bm-quiet">{escape(row.reason)}</td>'
    if not row.is_aimed:
        note = escape(row.note)
        inner = f'<span title="{note}">{note}</span>' if note else ""
        return f'<td colspan="{span}" class="bm-note">{inner}</td>'
    gap = f'<span class="bm-gap">{escape(row.gap_text)}</span>' if row.gap_text else ""
    money = f'<small title="{escape(row.money_text)}">{escape(row.money_text)}</small>'
    return (
        f"<td>{_image(bullet, _alt(row, row.value_text, row.target_text))}</td>"
        f"<td>{gap}{money if row.money_text else ''}</td>"
    )


def reasons(groups: Sequence[tuple[str, Sequence[ScorecardRow]]], style: Style) -> str:
    """What cannot be computed: a reason a line, and the metrics it keeps back."""
    body = "".join(
        f'<tr><th scope="row">{escape(reason)}</th><td>'
        + escape(style.language.pick(", ", "、").join(row.name for row in rows))
        + "</td></tr>"
        for reason, rows in groups
    )
    head = "".join(
        f'<th scope="col">{escape(say(style.language, key))}</th>' for key in ("reason", "measures")
    )
    return (
        f'<div class="bm"><table class="bm-reasons"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _target(row: ScorecardRow, style: Style) -> str:
    if not row.target_text:
        return ""
    key = "limit_is" if row.kind is Kind.TOLERANCE else "target_is"
    return f"<small>{escape(say(style.language, key, value=row.compact_target))}</small>"


def _quality(row: ScorecardRow, style: Style) -> str:
    """Which version it is if not the first, beside the status, and below it what is not final."""
    told = ""
    if row.snapshot_version > 1:
        restated = escape(say(style.language, "restated", version=row.snapshot_version))
        told = f' <span class="bm-quiet" title="{restated}">v{row.snapshot_version}</span>'
    return told + ("" if row.reason else provisional(row.quality_short, row.quality_text))


def provisional(short: str, text: str) -> str:
    """The mark of figures that are not final, with the amount; nothing beside final ones.

    Args:
        short: a few words with the amount.
        text: the sentence.
    """
    if not short:
        return ""
    return (
        f'<small class="bm-doubt" title="{escape(text)}">'
        f'<span aria-hidden="true">{QUALITY_GLYPH}</span> {escape(short)}</small>'
    )


def _image(source: str | None, text: str) -> str:
    return f'<img src="{source}" alt="{escape(text)}">' if source else ""


def _alt(row: ScorecardRow, *more: str) -> str:
    """What a picture of a row shows, in words."""
    return " ".join(part for part in (row.name, *more, row.quality_text) if part)


@dataclass(frozen=True)
class Heading:
    """What stands above a column: a short name, quieter lines below, the rest on hover."""

    name: str
    lines: tuple[str, ...]
    about: str


@dataclass(frozen=True)
class GridLine:
    """A line of the matrix: a unit and its scorecard.

    Attributes:
        kind: `whole`, `group` or `branch`, which decides how it is set.
        note: a quiet word after the name, such as its region.
    """

    name: str
    href: str
    card: Sequence[ScorecardRow]
    kind: str
    note: str = ""


def grid(
    lines: Sequence[GridLine],
    columns: Sequence[str],
    headings: Mapping[str, Heading],
    text: Callable[[ScorecardRow], str],
    style: Style,
    *,
    caption: str,
) -> str:
    """Units by metrics: value and status glyph in each cell, the rest on hover.

    Args:
        lines: in the order shown.
        columns: metrics in order.
        headings: by metric what stands above its column.
        text: gives the value of a cell as printed.
        style: of the page.
        caption: what the table is, for those who cannot see it.
    """
    head = "".join(
        f'<th scope="col" class="bm-number" style="white-space:normal" '
        f'title="{escape(headings[name].about)}">{escape(headings[name].name)}'
        + "".join(f"<br><small>{escape(line)}</small>" for line in headings[name].lines if line)
        + "</th>"
        for name in columns
    )
    marked = {row.metric_id for line in lines for row in line.card if _glyph(row)}
    body = "".join(_grid_line(line, columns, marked, text) for line in lines)
    return (
        f'<div class="bm bm-wide" tabindex="0"><table class="bm-grid" aria-label="{escape(caption)}">'
        f'<thead><tr><th scope="col">{escape(say(style.language, "branch"))}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _grid_line(
    line: GridLine,
    columns: Sequence[str],
    marked: Collection[str],
    text: Callable[[ScorecardRow], str],
) -> str:
    rows = {row.metric_id: row for row in line.card}
    cells = "".join(_cell(rows.get(name), text, marked=name in marked) for name in columns)
    note = f" <small>{escape(line.note)}</small>" if line.note else ""
    arrow = "" if line.kind == "whole" else " <span aria-hidden='true'>›</span>"
    return (
        f'<tr class="bm-{line.kind}"><th scope="row">{linked(line.name, line.href)}{arrow}{note}'
        f"{provisional(*_doubt(line.card))}</th>"
        f"{cells}</tr>"
    )


def _doubt(card: Sequence[ScorecardRow]) -> tuple[str, str]:
    """What stands beside a unit whose figures are not final: all of them share one state."""
    told = [(row.quality_short, row.quality_text) for row in card if row.quality_short]
    return told[0] if told else ("", "")


def _glyph(row: ScorecardRow) -> str:
    """Without a target there is nothing to tell apart, and a dash beside a number reads as a minus."""
    return "" if row.status is Status.NO_TARGET else row.status_glyph


def _cell(row: ScorecardRow | None, text: Callable[[ScorecardRow], str], *, marked: bool) -> str:
    if row is None:
        return '<td class="bm-number">–</td>'
    told = "; ".join(
        part
        for part in (
            row.status_word,
            row.gap_text,
            row.money_text,
            row.reason,
            "" if row.reason else row.quality_text,
        )
        if part
    )
    glyph = (
        f'<span class="bm-glyph bm-{row.status.name.lower()}" role="img" '
        f'aria-label="{escape(row.status_word)}">{_glyph(row)}</span>'
    )
    return (
        f'<td class="bm-number" title="{escape(f"{row.name}: {told}")}">{escape(text(row))}'
        f"{glyph if marked else ''}</td>"
    )
