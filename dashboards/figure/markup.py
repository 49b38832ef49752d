"""The head of the metric page and its tables, as HTML that can be selected and read aloud.

What stands in them is said by the modules beside this one; links are given by the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Final

from dashboards.figure.breakdown import Breakdown, Member
from dashboards.figure.history import Point
from dashboards.figure.pictures import effect, printed
from dashboards.figure.subject import Part, Subject
from dashboards.i18n import day_text, month_text, say
from dashboards.listing import Column, table
from dashboards.markup import Style, linked, marked, provisional
from dashboards.numbers import NOTHING, Format, Scale, fixed
from dashboards.palette import Ground, mark_of
from dashboards.scorecard_row import ScorecardRow
from dashboards.words import Comparison
from transforms.catalogue.model import Kind, Parts, Unit
from transforms.scorecards import Status

_FINE: Final = 2


def sheet(ground: Ground) -> str:
    """The style of what this module makes."""
    return f"""<style>
.bm-facts{{display:grid;grid-template-columns:minmax(176px,.85fr) minmax(200px,1.1fr) minmax(230px,1.15fr)
minmax(230px,1.25fr);gap:10px 26px;margin:2px 0 0}}
.bm-facts>div{{border-top:1px solid {ground.quiet};padding-top:6px;min-width:0}}
.bm-facts>div>h2{{font-size:12px;font-weight:400;color:{ground.quiet};margin:0 0 2px;padding:0;
letter-spacing:0}}
.bm-facts .bm-figure{{font-size:26px;font-weight:600;line-height:32px;white-space:nowrap}}
.bm-facts .bm-figure.bm-second{{font-size:20px}}
.bm-facts .bm-beside{{font-size:14px;margin-left:6px}}
.bm-facts p{{margin:0;font-size:13px}}
.bm-facts small{{display:block}}
.bm-facts table{{font-size:13px}}
.bm-facts table td,.bm-facts table th{{border:0;padding:1px 0;font-weight:400}}
.bm-facts tr.bm-chosen th,.bm-facts tr.bm-chosen td{{font-weight:600}}
.bm-line{{font-size:12.5px;color:{ground.quiet};margin:8px 0 0}}
.bm-bar{{display:block;height:10px;margin-top:4px;background:{ground.prior};min-width:1px}}
@media (max-width:900px){{.bm-facts{{grid-template-columns:1fr 1fr}}}}
</style>"""


def head(
    of: Subject,
    form: Format,
    style: Style,
    *,
    chosen: Comparison,
    loans: Mapping[str, str],
    metrics: Mapping[str, str],
) -> str:
    """The figure, its target, its changes and what it is made from, side by side.

    Args:
        of: the figure.
        form: how numbers are printed.
        style: of the page.
        chosen: the comparison that the page is told against.
        loans: addresses of the loans behind it, by side.
        metrics: addresses of the metrics it is the difference of.
    """
    blocks = [
        (say(form.language, "value"), _value(of.row, form)),
        (say(form.language, _aim(of.row)), _target(of.row)),
        (say(form.language, "change"), _changes(of, form, chosen)),
        (say(form.language, "mt_made_of"), _made_of(of.parts, form, loans, metrics)),
    ]
    inner = "".join(f"<div><h2>{escape(name)}</h2>{body}</div>" for name, body in blocks if body)
    return f'{sheet(style.ground)}<div class="bm bm-facts">{inner}</div>'


def _value(row: ScorecardRow, form: Format) -> str:
    if row.reason:
        return f'<p class="bm-figure">{NOTHING}</p><p class="bm-quiet">{escape(row.reason)}</p>'
    quality = provisional(row.quality_short, row.quality_text)
    version = ""
    if row.snapshot_version > 1:
        version = (
            f"<small>{escape(say(form.language, 'restated', version=row.snapshot_version))}</small>"
        )
    return f'<p class="bm-figure">{escape(row.value_text)}</p>{quality}{version}'


def _aim(row: ScorecardRow) -> str:
    return "mt_limit" if row.kind is Kind.TOLERANCE else "target"


def _target(row: ScorecardRow) -> str:
    status = marked(row.status, row.status_glyph, row.status_word)
    if not row.target_text:
        return f'<p class="bm-second">{status}</p>'
    told = "".join(f"<p>{escape(text)}</p>" for text in (row.gap_text, row.money_text) if text)
    aim = escape(row.target_text)
    return f'<p class="bm-figure bm-second">{aim} <span class="bm-beside">{status}</span></p>{told}'


def _changes(of: Subject, form: Format, chosen: Comparison) -> str:
    """The change against each comparison, the one the page is told against set off."""
    rows = "".join(
        f'<tr class="{"bm-chosen" if one.comparison is chosen else ""}" title="{escape(one.note)}">'
        f'<th scope="row">{escape(say(form.language, one.comparison.value))}</th>'
        f'<td class="bm-number">{escape(one.change_text)}</td>'
        f'<td class="bm-number bm-quiet" title="{escape(day_text(form.language, one.as_of))}">'
        f"{escape(one.value_text)}</td></tr>"
        for one in of.compared
    )
    return (
        f'<table aria-label="{escape(say(form.language, "change"))}"><tbody>{rows}</tbody></table>'
    )


def _made_of(
    parts: Sequence[Part], form: Format, loans: Mapping[str, str], metrics: Mapping[str, str]
) -> str:
    """The two numbers behind the figure, each with the way to the loans or the metric behind it."""
    rows = []
    for part in parts:
        where = metrics.get(part.metric) if part.metric else loans.get(part.side or "")
        number = escape(part.text) if where is None else linked(f"{part.text} ›", where)
        rows.append(
            f'<tr><th scope="row">{escape(part.name)}<small>{escape(part.label)}</small></th>'
            f'<td class="bm-number" style="vertical-align:top">{number}</td></tr>'
        )
    if not rows:
        return ""
    return (
        f'<table aria-label="{escape(say(form.language, "mt_made_of"))}"><tbody>'
        f"{''.join(rows)}</tbody></table>"
    )


def defined(of: Subject, form: Format, catalogue: str) -> str:
    """What the figure is, in one line, with the way to the rest of its definition."""
    row = of.row
    colon = form.language.pick(": ", "：")
    origin = ""
    if row.origin_text:
        told = escape(row.origin_sentence)
        origin = f' <span class="bm-origin" title="{told}">{escape(row.origin_text)}</span>'
    note = f" {escape(row.note)}" if row.note else ""
    line = f"{escape(row.name)}{colon}{escape(of.definition)}"
    return (
        f'<div class="bm"><p class="bm-line"><span title="{escape(of.source)}">{line}</span>{origin}'
        f"{note} {linked(say(form.language, 'mt_catalogue'), catalogue)}</p></div>"
    )


def months_table(history: Sequence[Point], row: ScorecardRow, form: Format) -> str:
    """The months of a figure, the newest first: the trend for those who read."""
    language = form.language
    has_target = any(point.target is not None for point in history)
    has_doubt = any(point.quality_text for point in history)
    columns = [
        Column(say(language, "month"), tight=True),
        Column(say(language, "value"), number=True),
        *([Column(say(language, "target"), number=True)] if has_target else []),
        Column(say(language, "status"), tight=True),
        *([Column(say(language, "quality"))] if has_doubt else []),
    ]
    lines = [
        [
            escape(month_text(language, point.as_of)),
            escape(printed(point.value, row, form)),
            *([escape(printed(point.target, row, form))] if has_target else []),
            status(point.status, row, form) if point.version else NOTHING,
            *([escape(point.quality_text)] if has_doubt else []),
        ]
        for point in reversed(history)
    ]
    return table(columns, lines, caption=say(language, "mt_months_caption", metric=row.name))


def status(of: Status, row: ScorecardRow, form: Format) -> str:
    """Glyph and word of how a figure stands or stood."""
    look = mark_of(of, row.better)
    return marked(of, look.glyph, look.word(form.language))


def restated_table(months: Sequence[Point], row: ScorecardRow, form: Format) -> str:
    """The months that were first reported otherwise: both numbers, why, and whether the status flipped."""
    language = form.language
    columns = [
        Column(say(language, "month"), tight=True),
        Column(say(language, "mt_reported"), number=True),
        Column(say(language, "mt_known"), number=True),
        Column(say(language, "mt_difference"), number=True),
        Column(say(language, "status"), tight=True),
        Column(say(language, "reason"), width="36%"),
    ]
    lines = [
        [
            escape(month_text(language, point.as_of)),
            escape(exactly(point.reported if point.is_restated else point.value, row, form)),
            escape(exactly(point.value, row, form)),
            escape(
                NOTHING
                if point.reported is None or point.value is None
                else effect(point.value - point.reported, row, form)
            ),
            status(point.status, row, form)
            if point.reported_status is None
            else f"{status(point.reported_status, row, form)} → {status(point.status, row, form)}",
            escape(point.because or say(language, "mt_built_anew")),
        ]
        for point in months
    ]
    return table(columns, lines, caption=say(language, "mt_log"), least_width=720)


def exactly(value: Decimal | None, row: ScorecardRow, form: Format) -> str:
    """A value with two decimals where the figure is printed with fewer: small differences are seen."""
    return form.value(value, row.unit, max(row.decimals, _FINE))


def parts_table(
    found: Breakdown,
    members: Sequence[Member],
    row: ScorecardRow,
    form: Format,
    *,
    amount: Unit | None,
    links: Mapping[str, str],
) -> str:
    """The members of a slice, ranked, each with a bar of what it adds and the way to its loans.

    Args:
        found: the breakdown.
        members: those to be shown.
        row: the figure.
        form: how numbers are printed.
        amount: what numerator and denominator are counted in; none if no number a reader knows.
        links: addresses of the loans of each member.
    """
    language = form.language
    ratio = row.unit is not amount and amount is not None
    shared = found.parts is not Parts.NEED_NOT and any(one.share is not None for one in members)
    values = _Scaled.of([one.value for one in found.members if one.code], row.unit, form)
    above = _Scaled.of([one.numerator for one in members], amount, form)
    below = _Scaled.of([one.denominator for one in members], amount, form)
    columns = [
        Column(say(language, "mt_member"), width="24%"),
        Column(say(language, "value") + values.unit, number=True),
        Column(say(language, "change") + values.unit, number=True),
        *([Column(say(language, "mt_adds", unit=above.unit), number=True)] if ratio else []),
        *(
            [Column(say(language, "mt_of", unit=below.unit), number=True)]
            if ratio and not found.of_whole
            else []
        ),
        Column("", width="18%"),
        *([Column(say(language, "mt_share"), number=True)] if shared else []),
        *([Column(say(language, "mt_cumulative"), number=True)] if shared else []),
    ]
    size = max((abs(_size(one)) for one in members if one.code), default=Decimal(0))
    lines = []
    for one in members:
        name = escape(one.name or say(language, "mt_others", count=one.count))
        where = links.get(one.code)
        moved = None if one.value is None or one.previous is None else one.value - one.previous
        lines.append(
            [
                linked(one.name, where) + " ›" if where else name,
                values.text(one.value) if values.scale else escape(printed(one.value, row, form)),
                values.moved(moved)
                if values.scale
                else escape(NOTHING if moved is None else effect(moved, row, form, row.decimals)),
                *([above.text(one.numerator)] if ratio else []),
                *([below.text(one.denominator)] if ratio and not found.of_whole else []),
                _bar(_size(one), size) if one.code else "",
                *([escape(form.share(one.share))] if shared else []),
                *([escape(form.share(one.cumulative))] if shared else []),
            ]
        )
    return table(columns, lines, caption=say(language, "mt_parts_caption"), least_width=820)


def _size(one: Member) -> Decimal:
    return one.numerator if one.numerator is not None else one.value or Decimal(0)


@dataclass(frozen=True)
class _Scaled:
    """A column of amounts in one unit, which its heading names; or of plain counts."""

    form: Format
    scale: Scale | None

    @classmethod
    def of(cls, values: Sequence[Decimal | None], unit: Unit | None, form: Format) -> "_Scaled":
        sizes = [abs(one) for one in values if one is not None]
        money = unit is Unit.CURRENCY
        return cls(form, form.scale(max(sizes, default=Decimal(0))) if money else None)

    @property
    def unit(self) -> str:
        """What stands in the heading behind its name."""
        if self.scale is None:
            return ""
        return self.form.language.pick(" ({})", "（{}）").format(self.form.unit_of(self.scale))

    def text(self, value: Decimal | None) -> str:
        """A cell."""
        if self.scale is None:
            return escape(self.form.count(value))
        return escape(self.form.scaled(value, self.scale))

    def moved(self, change: Decimal | None) -> str:
        """A cell of a change, with its sign."""
        if change is None or self.scale is None:
            return NOTHING
        return escape(fixed(change / self.scale.size, self.scale.decimals, signed=True))


def _bar(size: Decimal, largest: Decimal) -> str:
    """A bar as long as a number is large; what it shows stands beside it as text."""
    width = round(float(abs(size) / largest) * 100, 1) if largest else 0
    return f'<span class="bm-bar" style="width:{width}%" aria-hidden="true"></span>'
