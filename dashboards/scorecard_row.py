"""One line of a scorecard: a metric of one branch, with raw decimals, and its texts when they are asked for.

Pages, terminal and paper print these records and compute nothing themselves. How a text is worded
belongs in `words`; how the records come about, in `scorecard`.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from dashboards import words
from dashboards.numbers import MINUS, Format
from dashboards.palette import mark_of
from dashboards.words import Comparison, Figure
from transforms.catalogue.model import Better, Kind, Unit
from transforms.quality import QualityState
from transforms.scorecards import Status


@dataclass(frozen=True)
class Point:
    """One month of a history; no value where the month has none.

    Attributes:
        quality_text: what keeps it from being final, with the amount; empty for a final one.
    """

    as_of: date
    value: Decimal | None
    target: Decimal | None
    quality_text: str = ""


@dataclass(frozen=True)
class ScorecardRow:
    """One metric of one branch, ready to be shown.

    Texts are worded when they are asked for first: a page looks at thousands of rows and prints some.

    Attributes:
        figure: what the texts are worded from, `form` how.
        value: the figure in the metric's own unit (0.15 is 15 % for a ratio).
        gap: distance to target in the favourable sense: positive is better than the target.
        previous: the value of the month compared with, if it may be compared.
        limit: the tolerance limit in percent, `headroom` what may still turn bad in money.
        history: 13 months, oldest first.
        reason: why there is no value; empty if there is one.
        name: the metric's name in the reader's language, and a short one for crowded places.
        reading_text: which reading it is, if the metric has several.
        befores: the values of every month end there is to compare with.
        origin: whose definition it is, where that needs saying, as a key; then a word, and a sentence.
        note: how the figure is meant to be read, where the catalogue says.
    """

    metric_id: str
    family: str
    reading: str
    branch_id: str
    kind: Kind
    unit: Unit
    better: Better
    decimals: int
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    target: Decimal | None
    near_band: Decimal | None
    gap: Decimal | None
    limit: Decimal | None
    headroom: Decimal | None
    previous: Decimal | None
    previous_numerator: Decimal | None
    previous_denominator: Decimal | None
    previous_status: Status | None
    previous_gap: Decimal | None
    previous_target: Decimal | None
    history: tuple[Point, ...]
    status: Status
    quality: QualityState
    quality_amount: Decimal | None
    snapshot_version: int
    reason: str
    name: str
    short_name: str
    reading_text: str
    figure: Figure
    form: Format
    befores: tuple[tuple[Comparison, Decimal], ...] = ()
    change_note: str = ""
    origin: str = ""
    origin_text: str = ""
    origin_sentence: str = ""
    note: str = ""

    @cached_property
    def value_text(self) -> str:
        """The value as printed."""
        return self.form.value(self.figure.value, self.unit, self.decimals)

    @cached_property
    def compact_text(self) -> str:
        """The value where a heading names the currency."""
        return self.form.compact(self.figure.value, self.unit, self.decimals)

    @cached_property
    def target_text(self) -> str:
        """The target or limit; empty without either."""
        return words.target(self.figure, self.form)

    @cached_property
    def compact_target(self) -> str:
        """The target where a heading names the currency."""
        return words.target(self.figure, self.form, compact=True)

    @cached_property
    def gap_text(self) -> str:
        """The gap in the favourable sense; empty without a target."""
        return words.gap(self.figure, self.form)

    @cached_property
    def money_text(self) -> str:
        """What the gap is in money; empty where that cannot be said."""
        return words.money(self.figure, self.form)

    @cached_property
    def change_text(self) -> str:
        """How it moved; a dash where nothing can be compared: `change_note` says why if it never can."""
        return words.change(self.figure, self.previous, self.form)

    @property
    def moved(self) -> int:
        """Whether it is higher or lower than before, as printed: 1, -1, or 0 for no more than rounding."""
        return (self.change_text[0] == "+") - (self.change_text[0] == MINUS)

    @cached_property
    def changes(self) -> tuple[tuple[Comparison, str], ...]:
        """How it moved against every month end there is to compare with: a comparison, a text."""
        return tuple(
            (one, words.change(self.figure, before, self.form)) for one, before in self.befores
        )

    @property
    def status_word(self) -> str:
        """The word of its status."""
        return mark_of(self.figure.status, self.better).word(self.form.language)

    @property
    def status_glyph(self) -> str:
        """The glyph of its status."""
        return mark_of(self.figure.status, self.better).glyph

    @cached_property
    def quality_text(self) -> str:
        """What keeps it from being final, with the amount; empty for a final one."""
        return words.quality(self.quality, self.quality_amount, self.form)

    @cached_property
    def quality_short(self) -> str:
        """The same in a few words."""
        return words.quality_short(self.quality, self.quality_amount, self.form)

    @property
    def is_aimed(self) -> bool:
        """Whether it stands against a target or a limit."""
        return self.target is not None or self.limit is not None

    @property
    def about(self) -> str:
        """Everything beside the figures, as one text: name, reading, note, whose definition."""
        reading = f" ({self.reading_text})" if self.reading_text else ""
        told = (f"{self.name}{reading}", self.note, self.origin_sentence)
        return "\n".join(part for part in told if part)

    @property
    def shortfall(self) -> Decimal | None:
        """The gap as a part of its target or limit, so that metrics can be ranked together."""
        return _relative(self.gap, self.target, self.value, self.limit, self.kind)

    @property
    def previous_shortfall(self) -> Decimal | None:
        """The same for the month compared with."""
        return _relative(
            self.previous_gap, self.previous_target, self.previous, self.limit, self.kind
        )


def _relative(
    gap: Decimal | None,
    target: Decimal | None,
    value: Decimal | None,
    limit: Decimal | None,
    kind: Kind,
) -> Decimal | None:
    distance, base = (value, limit) if kind is Kind.TOLERANCE else (gap, target)
    if distance is None or not base:
        return None
    return distance / abs(base)
