"""A report in words: units as forms head them, periods, states, verdicts, and numbers as they are printed.

The fixed texts stand in `messages.summaries`; here they are put together.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from dashboards.i18n import Language, say
from dashboards.numbers import NOTHING, Format, fixed
from dashboards.palette import MARKS
from transforms.catalogue.model import Label
from transforms.returns.model import DIVISOR, Scale
from transforms.returns.package import FAILS, HOLDS, NOT_ASKED
from transforms.scorecards import Status

GLYPH: Final = {HOLDS: "✓", FAILS: "✗", NOT_ASKED: "○"}
"""Of a verdict, where fonts have it; on paper it is drawn."""
ADJUSTED_MARK: Final = "†"
_PERCENT: Final = Decimal(100)
_MONTHS_OF_QUARTER: Final = 3


def label(one: Label, language: Language) -> str:
    """The words of a label in the reader's language."""
    return language.pick(one.en, one.zh)


def listed(parts: Iterable[str], language: Language) -> str:
    """Several things in a row."""
    return language.pick(", ", "、").join(parts)


def period(as_of: date, language: Language, *, quarterly: bool) -> str:
    """The period that ends on a day: 2026年10月, 2026年第3季度, October 2026 told by its last day."""
    if quarterly:
        number = (as_of.month - 1) // _MONTHS_OF_QUARTER + 1
        return say(language, "sm_quarter", year=as_of.year, number=number, day=as_of.isoformat())
    return say(language, "sm_month", year=as_of.year, month=as_of.month, day=as_of.isoformat())


def state(step: str, language: Language) -> str:
    """How far an edition has come."""
    return say(language, f"sm_state_{step or 'draft'}")


def scale_word(scale: Scale, form: Format) -> str:
    """The unit of a column as forms head it: 亿元, %; empty where words say it."""
    if scale in DIVISOR:
        return say(form.language, f"sm_scale_{scale.value}", currency=form.currency_word)
    return "" if scale is Scale.TEXT else say(form.language, f"sm_scale_{scale.value}")


def units_line(scales: Sequence[Scale], form: Format) -> str:
    """The units of a table as a form names them above it: 单位：亿元、%; empty if it has none."""
    named = dict.fromkeys(scale_word(scale, form) for scale in scales)
    told = [word for word in named if word]
    if not told:
        return ""
    return say(form.language, "sm_units", units=listed(told, form.language))


def number(value: Decimal | None, decimals: int, *, signed: bool = False) -> str:
    """A number as it is printed; a dash where there is none."""
    return NOTHING if value is None else fixed(value, decimals, signed=signed)


def status_of(cell: Mapping[str, Any]) -> Status | None:
    """The status that a cell of text tells; none if it tells another thing."""
    text = cell["text"]
    return Status(text) if text in tuple(Status) else None


def cell_text(cell: Mapping[str, Any], language: Language) -> str:
    """A cell as it is printed, without its marks."""
    if cell["scale"] == Scale.TEXT.value:
        found = status_of(cell)
        if found is not None:
            return MARKS[found].word(language)
        return cell["text"] or NOTHING
    return number(cell["printed"], cell["decimals"])


def is_missing(cell: Mapping[str, Any]) -> bool:
    """Whether a cell has no value."""
    return cell["text"] is None if cell["scale"] == Scale.TEXT.value else cell["exact"] is None


def of_check(value: Decimal | None, scale: Scale) -> str:
    """A side of a check in the unit of its figures: amounts to the cent, shares in per cent."""
    if value is None:
        return NOTHING
    if scale in DIVISOR:
        return fixed(value, 2)
    if scale is Scale.PERCENT:
        return f"{fixed(value * _PERCENT, 4)}%"
    return fixed(value, 0 if value == value.to_integral_value() else 4)
