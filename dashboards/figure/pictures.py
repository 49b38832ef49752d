"""The pictures of one figure: its months with the path ahead, its causes, its parts, its peers.

What the months, parts and peers are is said by the modules beside this one; how marks are drawn belongs in
`charts`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import altair as alt
import polars as pl

from dashboards.charts.bars import BARS, bars
from dashboards.charts.bridge import BRIDGE, bridge
from dashboards.charts.peers import MARKS, PEERS, PeerWords, strip
from dashboards.charts.trend import TREND, Beside, End, TrendWords, trend
from dashboards.figure.breakdown import Breakdown
from dashboards.figure.history import Point, breaks
from dashboards.i18n import day_text, month_text, say
from dashboards.numbers import NOTHING, Format
from dashboards.palette import QUALITY_GLYPH, Ground
from dashboards.pictures import doubts
from dashboards.port.analyses import Outlook, Peers, Walk
from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue.model import Better, Kind, Unit
from transforms.periods import month_ends

_PERCENT: Final = Decimal(100)


def printed(value: Decimal | None, row: ScorecardRow, form: Format) -> str:
    """A value of the figure as it is printed everywhere."""
    return form.value(value, row.unit, row.decimals)


def effect(value: Decimal, row: ScorecardRow, form: Format, decimals: int = 2) -> str:
    """A part of a change in the figure's unit, with its sign."""
    if row.unit is Unit.RATIO:
        return form.points(value * _PERCENT, decimals, signed=True)
    if row.unit is Unit.CURRENCY:
        return form.amount(value, signed=True)
    if row.unit is Unit.COUNT:
        return form.count(value, signed=True)
    return form.quantity(value, row.unit, decimals, signed=True)


def is_good(amount: Decimal, row: ScorecardRow) -> bool | None:
    """Whether an effect is favourable; none where neither way is."""
    better = Better.HIGHER if row.kind is Kind.TOLERANCE else row.better
    if better not in {Better.HIGHER, Better.LOWER} or not amount:
        return None
    return (amount > 0) == (better is Better.HIGHER)


def trend_of(
    row: ScorecardRow,
    history: Sequence[Point],
    form: Format,
    ground: Ground,
    *,
    compared: date,
    said: Mapping[date, str],
    outlook: Outlook | None = None,
) -> alt.LayerChart | None:
    """The months of a figure, or nothing where none has a value.

    Args:
        row: the figure.
        history: its months.
        form: how numbers are printed.
        ground: the colours of the theme.
        compared: the month end it is compared with.
        said: what somebody said about the figure, by month end.
        outlook: where it would stand at the end of its year, once that is known.
    """
    held = [point.value for point in history if point.value is not None]
    if not held:
        return None
    language = form.language
    size, unit = axis(row, form, max(held, key=abs))
    end = _end(row, outlook, form, size)
    ahead = () if outlook is None or end is None else _ahead(history[-1].as_of, outlook)
    target = None if outlook is None or row.kind is Kind.TOLERANCE else outlook.target
    rows = [_month(point, row, form, size, said.get(point.as_of, "")) for point in history]
    rows += [_month(Point(day, target=target), row, form, size, "") for day in ahead]
    frame = pl.DataFrame(rows, schema=dict(TREND))
    return trend(
        frame,
        ground,
        axis_title=unit,
        words=TrendWords(
            month=say(language, "month"),
            value=say(language, "value"),
            target=say(language, "target"),
            quality=say(language, "quality"),
            glyph=QUALITY_GLYPH,
            reported=say(language, "mt_reported"),
            said=say(language, "mt_said"),
            range=say(language, "mt_range"),
        ),
        description=described(row, history, form),
        beside=Beside(
            compared=month_text(language, compared),
            breaks=tuple(
                (month_text(language, one.as_of), one.text) for one in breaks(history, language)
            ),
            end=end,
        ),
    )


def described(row: ScorecardRow, history: Sequence[Point], form: Format) -> str:
    """The months of a figure in words, for those who cannot see them."""
    held = [point for point in history if point.value is not None]
    text = say(
        form.language,
        "mt_trend_alt",
        name=row.name,
        months=len(history),
        first=printed(held[0].value, row, form),
        last=printed(held[-1].value, row, form),
    )
    return "; ".join([text, *doubts(history, form.language)])


def _month(
    point: Point, row: ScorecardRow, form: Format, size: Decimal, said: str
) -> dict[str, object]:
    return {
        "month": month_text(form.language, point.as_of),
        "value": _float(point.value, size),
        "target": _float(point.target, size),
        "reported": _float(point.reported, size),
        "printed": printed(point.value, row, form),
        "short": form.compact(point.value, row.unit, row.decimals),
        "printed_target": printed(point.target, row, form),
        "printed_reported": printed(point.reported, row, form),
        "doubt": point.quality_text,
        "said": said,
    }


def _ahead(last: date, outlook: Outlook) -> tuple[date, ...]:
    count = (outlook.to.year - last.year) * 12 + outlook.to.month - last.month
    return month_ends(outlook.to, count)


def _end(row: ScorecardRow, outlook: Outlook | None, form: Format, size: Decimal) -> End | None:
    if outlook is None or outlook.value is None:
        return None
    language = form.language
    return End(
        month=month_text(language, outlook.to),
        value=float(outlook.value * size),
        low=_float(outlook.low, size),
        high=_float(outlook.high, size),
        printed=form.compact(outlook.value, row.unit, row.decimals),
        printed_range=range_text(outlook, row, form),
        method=say(
            language, "mt_outlook_by", method=language.pick(outlook.method.en, outlook.method.zh)
        ),
    )


def range_text(outlook: Outlook, row: ScorecardRow, form: Format) -> str:
    """The range of a projection in words, or why there is none."""
    language = form.language
    if outlook.low is None or outlook.high is None:
        return "" if outlook.why is None else language.pick(outlook.why.en, outlook.why.zh)
    low, high = (printed(end, row, form) for end in (outlook.low, outlook.high))
    return say(language, "mt_from_to", low=low, high=high)


def bridge_of(
    row: ScorecardRow,
    found: Walk,
    days: tuple[date, date],
    form: Format,
    ground: Ground,
    *,
    dark: bool,
) -> alt.LayerChart:
    """The causes of a change, from the figure then to the figure now.

    Args:
        row: the figure.
        found: its causes.
        days: the two month ends.
        form: how numbers are printed.
        ground: the colours of the theme.
        dark: whether it stands on dark ground.
    """
    language = form.language
    # What is nothing at the decimals shown stands in the table only.
    steps = [
        (language.pick(one.label.en, one.label.zh), one.amount) for one in found.steps if one.amount
    ]
    first, last = (
        {
            "name": day_text(language, day),
            "amount": float(value),
            "printed": form.value(value, row.unit, 2),
            "total": True,
            "good": None,
        }
        for day, value in zip(days, (found.start, found.end), strict=True)
    )
    parts = [
        {
            "name": name,
            "amount": float(amount),
            "printed": effect(amount, row, form),
            "total": False,
            "good": is_good(amount, row),
        }
        for name, amount in steps
    ]
    told = language.pick("; ", "；").join(f"{part['name']} {part['printed']}" for part in parts)
    description = say(
        language,
        "wk_alt",
        metric=row.name,
        start=first["printed"],
        end=last["printed"],
        parts=told,
    )
    frame = pl.DataFrame([first, *parts, last], schema=dict(BRIDGE), orient="row")
    return bridge(frame, ground, dark=dark, description=description)


def parts_of(
    row: ScorecardRow, found: Breakdown, names: Sequence[str], texts: Sequence[str], ground: Ground
) -> alt.LayerChart:
    """The members of a breakdown as bars of what each adds.

    Args:
        row: the figure.
        found: its members.
        names: what each bar is called, each name once.
        texts: what stands at its end.
        ground: the colours of the theme.
    """
    frame = pl.DataFrame(
        {
            "name": list(names),
            "value": [float(one.numerator or one.value or 0) for one in found.members],
            "printed": list(texts),
        },
        schema=dict(BARS),
    )
    told = "; ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    return bars(frame, ground, description=f"{row.name}: {told}")


def peers_of(
    row: ScorecardRow,
    found: Peers,
    branch: str,
    names: Mapping[str, str],
    form: Format,
    ground: Ground,
) -> alt.LayerChart | None:
    """A unit among those of its group, or nothing where no place is shown.

    Args:
        row: the unit's figure.
        found: its group, as far as the reader may see it.
        branch: the unit.
        names: of units that may be named.
        form: how numbers are printed.
        ground: the colours of the theme.
    """
    rows = [one for one in found.rows.to_dicts() if one["compared"] is not None]
    if found.too_small is not None or not rows:
        return None
    compared: list[Decimal] = [one["compared"] for one in rows]
    size, unit = axis(row, form, max(compared, key=abs))
    dots = pl.DataFrame(
        [
            {
                "value": float(one["compared"] * size),
                "own": one["branch_id"] == branch,
                "name": names.get(one["branch_id"] or "", ""),
                "printed": _beside_peers(one, row, form),
            }
            for one in rows
        ],
        schema=dict(PEERS),
    )
    own = rows[0]
    marks = [
        {
            "value": float(own[name] * size),
            "label": say(form.language, "mt_median", value=printed(own[name], row, form)),
            "middle": name == "median",
        }
        for name in ("lower", "median", "upper")
        if not found.marks_hidden and own[name] is not None
    ]
    ranked = next((one for one in rows if one["branch_id"] == branch), None)
    place = say(
        form.language,
        "mt_peers_alt",
        name=row.name,
        branch=names.get(branch, branch),
        value=NOTHING if ranked is None else _beside_peers(ranked, row, form),
        count=len(rows),
    )
    return strip(
        dots,
        pl.DataFrame(marks, schema=dict(MARKS)),
        ground,
        axis_title=unit,
        words=PeerWords(
            branch=say(form.language, "branch"),
            value=say(form.language, "value"),
            other=say(form.language, "mt_unnamed"),
        ),
        description=place,
    )


def _beside_peers(one: Mapping[str, Any], row: ScorecardRow, form: Format) -> str:
    """A unit's own figure, as every page prints it, and where it stands if that is elsewhere."""
    place = printed(one["compared"], row, form)
    own = place if one["suppressed"] or one["value"] is None else printed(one["value"], row, form)
    return own if own == place else say(form.language, "mt_drawn_to", value=own, place=place)


def axis(row: ScorecardRow, form: Format, largest: Decimal) -> tuple[Decimal, str]:
    """What values are multiplied by on the axis, and the unit written beside it."""
    match row.unit:
        case Unit.RATIO:
            return _PERCENT, say(form.language, "axis_percent")
        case Unit.PP:
            return Decimal(1), say(form.language, "axis_points")
        case Unit.COUNT:
            return Decimal(1), say(form.language, "axis_clients")
        case Unit.BP | Unit.DAYS | Unit.INDEX:
            return Decimal(1), say(form.language, f"axis_{row.unit}")
        case Unit.CURRENCY:
            scale = form.scale(largest)
            return 1 / scale.size, form.unit_of(scale)


def _float(value: Decimal | None, size: Decimal) -> float | None:
    """Where a mark is placed; figures themselves are printed from decimals."""
    return None if value is None else float(value * size)
