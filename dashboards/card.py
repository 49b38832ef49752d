"""The scorecard as an HTML table: a row a figure, from its name to the loans and notes behind it.

What a row says is decided in `scorecard`, its pictures in `pictures`; other tables belong in `markup` and
`listing`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from dashboards.i18n import say
from dashboards.markup import Style, linked, marked, provisional
from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue.model import Kind, Unit

Picture = Callable[[ScorecardRow], str | None]
"""Gives the address of a row's picture, or nothing."""

Link = Callable[[ScorecardRow], str]
"""Gives an address that a row leads to."""


@dataclass(frozen=True)
class Notes:
    """What people said about a figure.

    Attributes:
        count: how many check-ins there are.
        latest: the newest one: what it says, by whom and when.
        href: where all of them are read.
    """

    count: int
    latest: str
    href: str


@dataclass(frozen=True)
class Behind:
    """What a row leads to, and what is drawn in it.

    Attributes:
        metric: the address of the figure's own page.
        loans: the address of the loans behind it.
        notes: what was said about it, if anything.
        bullet: its value against its target.
        sparkline: its thirteen months.
        history: the same in words.
    """

    metric: Link
    loans: Link
    notes: Callable[[ScorecardRow], Notes | None]
    bullet: Picture
    sparkline: Picture
    history: Callable[[ScorecardRow], str]


_COLUMNS: Final = (
    ("measure", 22.2, ""),
    ("value_in", 11.6, "bm-number"),
    ("against_target", 13, ""),
    ("gap", 22, ""),
    ("change", 9.9, "bm-number bm-change"),
    ("history", 8.5, ""),
    ("status", 12, ""),
    ("behind_it", 5, ""),
)
_UNAIMED: Final = (*_COLUMNS[:2], ("note", 35.5, ""), *_COLUMNS[4:])
"""Where nothing stands against a target, what is noted on the figures has the room."""


def scorecard_table(
    rows: Sequence[ScorecardRow], style: Style, behind: Behind, *, caption: str, unit: str
) -> str:
    """The scorecard: name, value, bullet, gap in words and money, change, history, status, what is behind.

    Args:
        rows: in the order shown.
        style: of the page.
        behind: what the rows lead to.
        caption: what the table is, for those who cannot see it.
        unit: the currency, which the heading of values names.
    """
    language = style.language
    aimed = any(row.is_aimed for row in rows)
    head = "".join(
        f'<th scope="col" class="{kind}" style="width:{width}%">'
        f"{escape(say(language, key, unit=unit))}</th>"
        for key, width, kind in (_COLUMNS if aimed else _UNAIMED)
    )
    # Each row has a cell for both columns in one, if nothing stands against a target.
    span = 2 if aimed else 1
    body = "".join(_row(row, style, behind, span) for row in rows)
    return (
        f'<div class="bm bm-wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="bm-card" aria-label="{escape(caption)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: ScorecardRow, style: Style, behind: Behind, span: int) -> str:
    value = row.compact_text if row.unit is Unit.CURRENCY else row.value_text
    status = marked(row.status, row.status_glyph, row.status_word)
    return (
        f'<tr><th scope="row" title="{escape(row.about)}">'
        f"{linked(row.short_name, behind.metric(row))}{_origin(row)}{_reading(row)}{_full_name(row)}</th>"
        f'<td class="bm-number"><span class="bm-value">{escape(value)}</span>'
        f"{_target(row, style)}</td>"
        f"{_judgement(row, behind.bullet(row), span)}"
        f"{_change(row, style)}"
        f"<td>{_image(behind.sparkline(row), behind.history(row))}</td>"
        f"<td>{status}{_quality(row, style)}</td>"
        f"<td>{_behind(row, style, behind)}</td></tr>"
    )


_SIGNS: Final = {"origin_own": "‡", "origin_unverified": "†"}


def origin_sign(key: str) -> str:
    """The mark of a footnote that says whose definition a figure rests on."""
    return _SIGNS[key]


def _origin(row: ScorecardRow) -> str:
    """A footnote mark where the definition is the product's own or its source unverified."""
    if not row.origin:
        return ""
    word = escape(row.origin_text)
    return (
        f'<sup class="bm-origin" title="{escape(row.origin_sentence)}">'
        f'<span aria-hidden="true">{_SIGNS[row.origin]}</span>'
        f'<span class="bm-unseen"> {word}</span></sup>'
    )


def _reading(row: ScorecardRow) -> str:
    """A small word beside the name where the metric has several readings."""
    return f' <span class="bm-tag">{escape(row.reading_text)}</span>' if row.reading_text else ""


def _full_name(row: ScorecardRow) -> str:
    return "" if row.name == row.short_name else f"<small>{escape(row.name)}</small>"


def _judgement(row: ScorecardRow, bullet: str | None, span: int) -> str:
    """The bullet and the gap; without a target what is noted on the figure, or why there is none."""
    if row.reason:
        return f'<td colspan="{span}" class="bm-quiet">{escape(row.reason)}</td>'
    if not row.is_aimed:
        note = escape(row.note)
        inner = f'<span title="{note}">{note}</span>' if note else ""
        return f'<td colspan="{span}" class="bm-note">{inner}</td>'
    gap = f'<span class="bm-gap">{escape(row.gap_text)}</span>' if row.gap_text else ""
    money = f"<small>{escape(row.money_text)}</small>" if row.money_text else ""
    told = " ".join(
        part
        for part in (row.name, row.value_text, row.target_text, row.status_word, row.quality_text)
        if part
    )
    return f'<td>{_image(bullet, told)}</td><td class="bm-gaps">{gap}{money}</td>'


_ARROWS: Final = {1: "↑", -1: "↓"}


def _change(row: ScorecardRow, style: Style) -> str:
    """How it moved since the month compared with; on hover since every other."""
    told = [
        f"{say(style.language, comparison.value)}{style.language.pick(': ', '：')}{text}"
        for comparison, text in row.changes
    ]
    why = "\n".join([row.change_note, *told] if row.change_note else told)
    # An arrow stands for the value alone, and only where more than rounding moved.
    arrow = f'<span aria-hidden="true">{_ARROWS[row.moved]}</span> ' if row.moved else ""
    return f'<td class="bm-number bm-change" title="{escape(why)}">{arrow}{escape(row.change_text)}</td>'


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


def _behind(row: ScorecardRow, style: Style, behind: Behind) -> str:
    """The ways to the loans and to what was said."""
    told = ""
    if not row.reason:
        label = escape(f"{say(style.language, 'loans')}: {row.short_name}")
        told = (
            f'<a class="bm-go" href="{escape(behind.loans(row))}" target="_self" '
            f'aria-label="{label}">{escape(say(style.language, "loans"))} '
            '<span aria-hidden="true">›</span></a>'
        )
    notes = behind.notes(row)
    if notes is None:
        return told
    label = say(style.language, "notes_of", count=notes.count, metric=row.short_name)
    return told + (
        f'<a class="bm-go bm-notes" href="{escape(notes.href)}" target="_self" '
        f'title="{escape(notes.latest)}" aria-label="{escape(label)}. {escape(notes.latest)}">'
        f'<span aria-hidden="true">✎</span> {notes.count}</a>'
    )


def _image(source: str | None, text: str) -> str:
    return f'<img src="{source}" alt="{escape(text)}">' if source else ""
