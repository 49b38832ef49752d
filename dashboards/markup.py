"""Pieces of the pages as HTML: real tables and lists that can be selected, read aloud and printed.

Everything that comes from data is escaped. What a row says is decided in `scorecard`; the scorecard itself
is made in `card`, plain tables in `listing`; the page around belongs in `app_pages`.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlencode

from dashboards.i18n import Language, say
from dashboards.palette import MARKS, QUALITY_GLYPH, Ground
from dashboards.scorecard_row import ScorecardRow
from transforms.scorecards import Status

_OBEYED: Final = re.compile(
    r"""
    [\\`*\[\]$~]               # emphasis, code, links, pictures, formulas
    | (?<!\w)_ | _(?!\w)        # emphasis, too; within a word it is a letter
    | ^[#+-](?=\s) | (?<=^\d)[.)] | (?<=^\d\d)[.)]   # headings and lists
    | :(?=[\w+/-]+:)            # emoji and icons
    """,
    re.VERBOSE,
)
"""Signs that Markdown obeys, where they stand in a line."""
_BROKEN: Final = re.compile(r"\s*[\r\n\u2028\u2029]\s*")


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
    return marked(status, look.glyph, look.word(style.language))


def marked(status: Status, glyph: str, word: str) -> str:
    """A glyph and a word in the colour of a status."""
    return (
        f'<span class="bm-mark bm-{status.name.lower()}">'
        f'<span aria-hidden="true">{glyph}</span> <b>{escape(word)}</b></span>'
    )


def strip(items: Sequence[str]) -> str:
    """The line at the head of a page; the items are ready HTML."""
    inner = "".join(f'<span class="bm-item">{item}</span>' for item in items)
    return f'<div class="bm bm-strip"><div>{inner}</div></div>'


def crumbs(steps: Sequence[str], label: str) -> str:
    """The way down to where the reader stands; the steps are ready HTML."""
    inner = "".join(f"<li>{step}</li>" for step in steps)
    return f'<nav class="bm bm-crumbs" aria-label="{escape(label)}"><ol>{inner}</ol></nav>'


def message(text: str) -> str:
    """The sentence a page opens with."""
    return f'<div class="bm"><p class="bm-message">{escape(text)}</p></div>'


def listed(lines: Sequence[tuple[str, str]]) -> str:
    """A list of lines, each with a quieter one below; both are ready HTML."""
    inner = "".join(f"<li>{first}<small>{second}</small></li>" for first, second in lines)
    return f'<div class="bm"><ul class="bm-list">{inner}</ul></div>'


def plain(text: str) -> str:
    r"""Text in which Markdown sees nothing to obey: no picture, no named link, no formula, no list.

    A sign that it does not obey where it stands is left alone, so that a sentence stays what it is.

    >>> plain("# ![x](http://e.cn) costs $5; see no_such_metric.")
    '\\# !\\[x\\](http://e.cn) costs \\$5; see no_such_metric.'
    """
    line = _BROKEN.sub(" ", text.strip())
    return _OBEYED.sub(lambda found: "".join(f"\\{one}" for one in found[0]), line)


def linked(text: str, href: str) -> str:
    """A link, its text escaped."""
    return f'<a href="{escape(href)}" target="_self">{escape(text)}</a>'


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


@dataclass(frozen=True)
class Heading:
    """What stands above a column: a short name, quieter lines below, the rest on hover.

    Attributes:
        href: where the lines of the table are sorted by it; not if empty.
        sorts: whether they are.
    """

    name: str
    lines: tuple[str, ...]
    about: str
    href: str = ""
    sorts: bool = False


@dataclass(frozen=True)
class GridLine:
    """A line of the matrix: a unit and its scorecard.

    Attributes:
        kind: `whole`, `group` or `branch`, which decides how it is set.
        note: a quiet word after the name, such as its region.
        fold: what leads to the units below it, or away from them again; nothing without any.
        figure: gives, by metric, the address of the unit's figure; its cells lead nowhere without it.
    """

    name: str
    href: str
    card: Sequence[ScorecardRow]
    kind: str
    note: str = ""
    figure: Callable[[str], str] | None = None
    fold: "Fold | None" = None


@dataclass(frozen=True)
class Fold:
    """The link that shows the units below one, or folds them away.

    Attributes:
        count: how many there are, `text` the same in words.
        href: where they are shown, or folded away.
        is_open: whether they are shown.
    """

    count: int
    text: str
    href: str
    is_open: bool


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
    head = "".join(_heading(headings[name]) for name in columns)
    judged = {row.metric_id for line in lines for row in line.card if _glyph(row)}
    body = "".join(_grid_line(line, columns, judged, text) for line in lines)
    label = escape(caption)
    return (
        f'<div class="bm bm-wide" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="bm-grid" aria-label="{label}">'
        f'<thead><tr><th scope="col">{escape(say(style.language, "branch"))}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _heading(heading: Heading) -> str:
    name = linked(heading.name, heading.href) if heading.href else escape(heading.name)
    # Lines stand in the order of the gap, the furthest behind first.
    order = ' aria-sort="ascending"' if heading.sorts else ""
    sign = ' <span aria-hidden="true">▾</span>' if heading.sorts else ""
    lines = "".join(f"<br><small>{escape(line)}</small>" for line in heading.lines if line)
    return (
        f'<th scope="col" class="bm-number bm-heading"{order} title="{escape(heading.about)}">'
        f"{name}{sign}{lines}</th>"
    )


def _grid_line(
    line: GridLine,
    columns: Sequence[str],
    judged: Collection[str],
    text: Callable[[ScorecardRow], str],
) -> str:
    rows = {row.metric_id: row for row in line.card}
    cells = "".join(_cell(rows.get(name), text, line, marks=name in judged) for name in columns)
    note = f" <small>{escape(line.note)}</small>" if line.note else ""
    arrow = "" if line.kind == "whole" else " <span aria-hidden='true'>›</span>"
    return (
        f'<tr class="bm-{line.kind}"><th scope="row">{linked(line.name, line.href)}{arrow}{note}'
        f"{_folding(line)}{provisional(*_doubt(line.card))}</th>"
        f"{cells}</tr>"
    )


def _folding(line: GridLine) -> str:
    if line.fold is None:
        return ""
    fold = line.fold
    sign, state = ("▾", "true") if fold.is_open else ("▸", "false")
    name = escape(f"{line.name}: {fold.text}")
    return (
        f' <a class="bm-fold" href="{escape(fold.href)}" target="_self" aria-expanded="{state}" '
        f'aria-label="{name}" title="{escape(fold.text)}">{sign} {fold.count}</a>'
    )


def _doubt(card: Sequence[ScorecardRow]) -> tuple[str, str]:
    """What stands beside a unit whose figures are not final: all of them share one state."""
    told = [(row.quality_short, row.quality_text) for row in card if row.quality_short]
    return told[0] if told else ("", "")


def _glyph(row: ScorecardRow) -> str:
    """Without a target there is nothing to tell apart, and a dash beside a number reads as a minus."""
    return "" if row.status is Status.NO_TARGET else row.status_glyph


def _cell(
    row: ScorecardRow | None,
    text: Callable[[ScorecardRow], str],
    line: GridLine,
    *,
    marks: bool,
) -> str:
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
    value = escape(text(row))
    if line.figure is not None and not row.reason:
        # Hundreds of stops on the way through the page: the keyboard takes the unit's name, and from its
        # scorecard the same figure.
        href = escape(line.figure(row.metric_id))
        value = f'<a href="{href}" target="_self" tabindex="-1">{value}</a>'
    glyph = (
        f'<span class="bm-glyph bm-{row.status.name.lower()}" role="img" '
        f'aria-label="{escape(row.status_word)}">{_glyph(row)}</span>'
    )
    return (
        f'<td class="bm-number" title="{escape(f"{row.name}: {told}")}">{value}'
        f"{glyph if marks else ''}</td>"
    )
