"""The pictures of a scorecard row: its bullet and its thirteen months, from the row's own decimals.

How marks are drawn belongs in `charts`; the pictures of one figure's own page in `figure.pictures`.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from dashboards.charts.bullet import Bullet, bullet
from dashboards.charts.sparkline import sparkline
from dashboards.i18n import Language, month_text, say
from dashboards.numbers import Format
from dashboards.palette import Ground
from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue.model import Better, Kind

_PERCENT: Final = Decimal(100)
_NAMED_MONTHS: Final = 3


def bullet_of(row: ScorecardRow, form: Format, ground: Ground) -> str | None:
    """The bullet of a row as SVG, or nothing where it has no value or nothing to be held against.

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
    shown = Bullet(
        value=float(value),
        target=_float(row.limit if tolerated else row.target),
        near_band=None if tolerated else _float(row.near_band),
        previous=_float(before),
    )
    target = f", {_target(row, form)}" if row.target_text else ""
    doubt = f"; {row.quality_text}" if row.quality_text else ""
    return bullet(
        shown,
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


def sparkline_of(row: ScorecardRow, form: Format, ground: Ground) -> str | None:
    """The thirteen months of a row as SVG, or nothing where none has a value."""
    if all(point.value is None for point in row.history):
        return None
    months = [(point.as_of, _float(point.value)) for point in row.history]
    return sparkline(months, ground, description=history_words(row, form))


def history_words(row: ScorecardRow, form: Format) -> str:
    """The thirteen months of a row as a sentence, for those who cannot see them."""
    held = [point.value for point in row.history if point.value is not None]
    if not held:
        return ""
    first, last = (form.value(value, row.unit, row.decimals) for value in (held[0], held[-1]))
    words = say(form.language, "spark_alt", name=row.name, first=first, last=last)
    return words + "; ".join(["", *doubts(row.history, form.language)])


class Dated(Protocol):
    """A month of a history."""

    @property
    def as_of(self) -> date:
        """The month end."""
        ...

    @property
    def quality_text(self) -> str:
        """What keeps it from being final; empty for a final one."""
        ...


def doubts(history: Iterable[Dated], language: Language) -> list[str]:
    """What keeps months of a history from being final, each reason once with its months."""
    months: dict[str, list[str]] = {}
    for point in history:
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


def _percent(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    if numerator is None or not denominator:
        return None
    return numerator / denominator * _PERCENT


def _float(value: Decimal | None, size: Decimal = Decimal(1)) -> float | None:
    """Where a mark is placed; figures themselves are printed from decimals."""
    return None if value is None else float(value * size)
