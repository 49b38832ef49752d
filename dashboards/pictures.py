"""The pictures of a scorecard row: its bullet and its thirteen months, from the row's own decimals.

Also the trend of one metric in the unit of its axis. How marks are drawn belongs in `charts`.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.bullet import BULLET, bullet
from dashboards.charts.sparkline import HISTORY, sparkline
from dashboards.charts.trend import TREND, TrendWords, trend
from dashboards.i18n import Language, month_text, say
from dashboards.numbers import Format
from dashboards.palette import QUALITY_GLYPH, Ground
from dashboards.scorecard import ScorecardRow
from dashboards.words import Comparison
from transforms.catalogue.model import Better, Kind, Unit

_PERCENT: Final = Decimal(100)
_NAMED_MONTHS: Final = 3


def bullet_of(row: ScorecardRow, form: Format, ground: Ground) -> alt.LayerChart | None:
    """The bullet of a row, or nothing where it has no value or nothing to be held against.

    A tolerance is drawn as the ratio it is about, against its limit: that is what may grow no further.
    """
    tolerated = row.kind is Kind.TOLERANCE
    value = _percent(row.numerator, row.denominator) if tolerated else row.value
    if value is None or not row.is_aimed:
        return None
    judged = tolerated or row.better in {Better.HIGHER, Better.LOWER}
    before = (
        _percent(row.previous_numerator, row.previous_denominator) if tolerated else row.previous
    )
    place = {
        "value": value,
        "target": row.limit if tolerated else row.target,
        "near_band": None if tolerated else row.near_band,
        "previous": before,
    }
    frame = pl.DataFrame([{name: _float(number) for name, number in place.items()}], schema=BULLET)
    target = f", {_target(row, form)}" if row.target_text else ""
    doubt = f"; {row.quality_text}" if row.quality_text else ""
    return bullet(
        frame,
        ground,
        lower_is_better=tolerated or row.better is Better.LOWER,
        judged=judged,
        description=say(
            form.language,
            "bullet_alt",
            name=row.name,
            value=row.value_text,
            target=target,
            status=row.status_word,
        )
        + doubt,
    )


def sparkline_of(row: ScorecardRow, form: Format, ground: Ground) -> alt.LayerChart | None:
    """The thirteen months of a row, or nothing where none has a value."""
    held = [point for point in row.history if point.value is not None]
    if not held:
        return None
    frame = pl.DataFrame(
        {
            "as_of": [point.as_of for point in row.history],
            "value": [_float(point.value) for point in row.history],
        },
        schema=HISTORY,
    )
    first, last = (form.value(p.value, row.unit, row.decimals) for p in (held[0], held[-1]))
    words = say(form.language, "spark_alt", name=row.name, first=first, last=last)
    words += "; ".join(["", *doubts(row, form.language)])
    return sparkline(frame, ground, description=words)


def trend_of(
    row: ScorecardRow, form: Format, ground: Ground, comparison: Comparison
) -> alt.LayerChart | None:
    """The trend of a row, or nothing where no month has a value."""
    held = [point.value for point in row.history if point.value is not None]
    if not held:
        return None
    language = form.language
    size, unit = _axis(row, form, max(held, key=abs))
    frame = pl.DataFrame(
        [
            {
                "as_of": point.as_of,
                "month": month_text(language, point.as_of),
                "value": _float(point.value, size),
                "target": _float(point.target, size),
                "printed": form.value(point.value, row.unit, row.decimals),
                "printed_target": form.value(point.target, row.unit, row.decimals),
                "doubt": point.quality_text,
            }
            for point in row.history
        ],
        schema=TREND,
    )
    compared = comparison.before(row.history[-1].as_of)
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
        ),
        description=say(
            language,
            "spark_alt",
            name=row.name,
            first=form.value(held[0], row.unit, row.decimals),
            last=form.value(held[-1], row.unit, row.decimals),
        )
        + "; ".join(["", *doubts(row, language)]),
        compared=month_text(language, compared),
    )


def doubts(row: ScorecardRow, language: Language) -> list[str]:
    """What keeps months of a row from being final, each reason once with its months."""
    months: dict[str, list[str]] = {}
    for point in row.history:
        if point.quality_text:
            months.setdefault(point.quality_text, []).append(month_text(language, point.as_of))
    comma = language.pick(", ", "、")
    return [
        language.pick("{}: {}", "{}：{}").format(_span(held, comma), text)
        for text, held in months.items()
    ]


def _span(months: Sequence[str], comma: str) -> str:
    """A few months by name, more by the first and the last."""
    if len(months) <= _NAMED_MONTHS:
        return comma.join(months)
    return f"{months[0]} … {months[-1]}"


def _target(row: ScorecardRow, form: Format) -> str:
    key = "limit_is" if row.kind is Kind.TOLERANCE else "target_is"
    return say(form.language, key, value=row.target_text)


def _axis(row: ScorecardRow, form: Format, largest: Decimal) -> tuple[Decimal, str]:
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


def _percent(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    if numerator is None or not denominator:
        return None
    return numerator / denominator * _PERCENT


def _float(value: Decimal | None, size: Decimal = Decimal(1)) -> float | None:
    """Where a mark is placed; figures themselves are printed from decimals."""
    return None if value is None else float(value * size)
