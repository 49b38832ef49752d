"""The tables of the pages as HTML: real tables that can be selected, read aloud and printed.

Everything that comes from data is escaped. Pictures stand within as images with their text beside.
What a row says is decided in `scorecard`; the page around belongs in `app_pages`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from dashboards.i18n import Language, say
from dashboards.palette import MARKS, QUALITY_GLYPH, QUALITY_WORDS, Ground
from dashboards.scorecard import ScorecardRow
from transforms.catalogue.model import Kind, Unit
from transforms.quality import QualityState
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


def sheet(style: Style) -> str:
    """The style sheet of the tables."""
    ground = style.ground
    colours = "".join(
        f".bm-{status.name.lower()}{{color:{mark.colour(dark=style.dark)}}}"
        for status, mark in MARKS.items()
    )
    return f"""<style>
[data-testid="stMainBlockContainer"]{{padding-left:2.2rem;padding-right:2.2rem}}
.bm{{color:{ground.ink};font-size:14px;line-height:1.3;font-variant-numeric:tabular-nums}}
.bm a{{color:inherit;text-decoration:none;border-bottom:1px solid {ground.rule}}}
.bm a:hover,.bm a:focus-visible{{border-bottom-color:currentColor}}
.bm small,.bm-quiet{{color:{ground.quiet};font-size:12px;font-weight:400}}
.bm-strip{{overflow:hidden;color:{ground.quiet};font-size:12.5px}}
.bm-strip>div{{display:flex;flex-wrap:wrap;gap:3px 0;margin-left:-13px}}
.bm-strip span.bm-item{{padding:0 12px;border-left:1px solid {ground.rule};white-space:nowrap}}
.bm-strip b{{color:{ground.ink};font-weight:600}}
.bm-message{{font-size:16px;line-height:1.45;margin:0;max-width:110ch}}
.bm-wide{{overflow-x:auto}}
.bm table{{border-collapse:collapse;width:100%}}
.bm th,.bm td{{padding:4px 8px;text-align:left;vertical-align:middle;
border-bottom:1px solid {ground.rule};border-top:0;border-left:0;border-right:0}}
.bm thead th{{color:{ground.quiet};font-size:12px;font-weight:400;vertical-align:bottom;
border-bottom:1px solid {ground.quiet};line-height:1.2}}
.bm tbody th{{font-weight:600}}
.bm th:first-child,.bm td:first-child{{padding-left:0}}
.bm .bm-number{{text-align:right;white-space:nowrap}}
.bm-card{{table-layout:fixed;min-width:960px}}
.bm-card tbody tr{{height:44px}}
.bm-card tbody th,.bm-card td{{overflow:hidden;text-overflow:ellipsis}}
.bm-card small{{display:block;line-height:1.25;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}}
.bm-card img{{display:block;max-width:100%}}
.bm-card .bm-value{{font-weight:600;font-size:15px}}
.bm small .bm-origin{{border:1px solid {ground.rule};border-radius:3px;padding:0 4px;
margin-right:5px;font-size:11px}}
.bm-card td.bm-note{{font-size:12.5px;color:{ground.quiet};line-height:1.3}}
.bm-card td.bm-note span{{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;
overflow:hidden}}
.bm-reasons td,.bm-reasons th{{vertical-align:top}}
.bm-reasons tbody th{{font-weight:400;width:38%}}
.bm-card td.bm-change{{font-size:13px;white-space:normal}}
.bm-mark{{white-space:nowrap}}
.bm-mark.bm-not_comparable,.bm-mark.bm-not_applicable{{white-space:normal;font-size:12.5px}}
.bm-mark b{{font-weight:600}}
.bm-no_target b,.bm-not_comparable b,.bm-not_applicable b{{font-weight:400}}
.bm-grid{{min-width:960px;font-size:13px}}
.bm-grid th:first-child{{position:sticky;left:0;z-index:1;background:{ground.page}}}
.bm-grid thead th{{min-width:52px}}
.bm-grid td.bm-number,.bm-grid th.bm-number{{padding-left:6px;padding-right:2px}}
.bm-grid tbody tr:hover td,.bm-grid tbody tr:hover th{{background:{ground.bands[2]}}}
.bm-grid tr.bm-group th,.bm-grid tr.bm-group td{{border-bottom-color:{ground.quiet};
padding-top:12px;font-weight:600}}
.bm-grid tr.bm-whole th,.bm-grid tr.bm-whole td{{padding-top:6px;font-weight:600}}
.bm-grid tbody th{{white-space:nowrap;font-weight:400}}
.bm-grid tr.bm-branch th{{padding-left:14px}}
.bm-grid .bm-glyph{{display:inline-block;width:1.15em;text-align:right}}
.bm ul.bm-list{{list-style:none;margin:0;padding:0}}
.bm ul.bm-list li{{padding:5px 0;border-bottom:1px solid {ground.rule};margin:0;font-size:14px}}
.bm-list small{{display:block}}
{colours}
</style>"""


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
    ("measure", 24, ""),
    ("value_in", 10, "bm-number"),
    ("against_target", 15, ""),
    ("gap", 23, ""),
    ("change", 9, "bm-number bm-change"),
    ("history", 9, ""),
    ("status", 10, ""),
)
_UNAIMED = (*_COLUMNS[:2], ("note", 38, ""), *_COLUMNS[4:])
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
        f"<td>{_image(sparkline, row.name)}</td>"
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
        f"<td>{_image(bullet, f'{row.name} {row.value_text} {row.target_text}')}</td>"
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
    mark_ = ""
    if row.quality is not QualityState.FINAL and not row.reason:
        word = escape(style.language.pick(*QUALITY_WORDS[row.quality]))
        mark_ = (
            f' <span class="bm-quiet" role="img" aria-label="{word}" '
            f'title="{escape(row.quality_text)}">{QUALITY_GLYPH}</span>'
        )
    if row.snapshot_version > 1:
        restated = say(style.language, "restated", version=row.snapshot_version)
        mark_ += f"<small>{escape(restated)}</small>"
    return mark_


def _image(source: str | None, text: str) -> str:
    return f'<img src="{source}" alt="{escape(text)}">' if source else ""


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
        f'<tr class="bm-{line.kind}"><th scope="row">{linked(line.name, line.href)}{arrow}{note}</th>'
        f"{cells}</tr>"
    )


def _glyph(row: ScorecardRow) -> str:
    """Without a target there is nothing to tell apart, and a dash beside a number reads as a minus."""
    return "" if row.status is Status.NO_TARGET else row.status_glyph


def _cell(row: ScorecardRow | None, text: Callable[[ScorecardRow], str], *, marked: bool) -> str:
    if row is None:
        return '<td class="bm-number">–</td>'
    told = "; ".join(
        part for part in (row.status_word, row.gap_text, row.money_text, row.reason) if part
    )
    glyph = (
        f'<span class="bm-glyph bm-{row.status.name.lower()}" role="img" '
        f'aria-label="{escape(row.status_word)}">{_glyph(row)}</span>'
    )
    return (
        f'<td class="bm-number" title="{escape(f"{row.name}: {told}")}">{escape(text(row))}'
        f"{glyph if marked else ''}</td>"
    )
