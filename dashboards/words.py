"""A figure in words: its gap in the favourable sense, what that is in money, how it moved, and why not.

Never a bare minus sign for a metric where lower is better: a gap is "short", "ahead", "headroom" or
"over the limit". The digits come from `numbers`; the fixed texts of pages from `i18n`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dashboards.i18n import Language, say
from dashboards.messages.reasons import REASONS
from dashboards.numbers import NOTHING, Format, Round, rounded
from transforms.arithmetic import terms_of
from transforms.catalogue.model import (
    Aggregation,
    At,
    Better,
    Catalogue,
    Entity,
    Kind,
    Measure,
    Metric,
    Reading,
    Unit,
)
from transforms.catalogue.sql import columns_of
from transforms.errors import UnknownNameError
from transforms.periods import previous_month_end, previous_year_end, same_month_last_year
from transforms.quality import QualityState
from transforms.scorecards import Status


class Comparison(StrEnum):
    """What a figure is compared with."""

    PREVIOUS_MONTH = "previous_month"
    YEAR_END = "year_end"
    SAME_MONTH_LAST_YEAR = "same_month_last_year"

    def before(self, as_of: date) -> date:
        """The month end compared with."""
        return _BEFORE[self](as_of)


_BEFORE: Final[Mapping[Comparison, Callable[[date], date]]] = MappingProxyType(
    {
        Comparison.PREVIOUS_MONTH: previous_month_end,
        Comparison.YEAR_END: previous_year_end,
        Comparison.SAME_MONTH_LAST_YEAR: same_month_last_year,
    }
)


def comparison_of(code: str) -> Comparison:
    """The comparison of that code.

    Raises:
        UnknownNameError: if there is none.
    """
    if code not in tuple(Comparison):
        raise UnknownNameError(
            "comparison", code, tuple(Comparison), way_out=f"Choose one of {', '.join(Comparison)}."
        )
    return Comparison(code)


class Worth(StrEnum):
    """What the gap of a share is in money, where that can be said exactly."""

    NOTHING = "nothing"
    """It cannot: the denominator moves with the numerator, or is no money."""
    LOANS = "loans"
    BAD_LOANS = "bad_loans"


_COARSE: Final = frozenset({"structure"})
"""Families whose ratios are shares of the whole book, whichever way they point."""

_FINE: Final = frozenset({"provision_ratio"})


def decimals_of(metric: Metric) -> int:
    """Decimals a metric is printed with: two for bad-loan ratios, rates and tolerances, else one."""
    if metric.unit is Unit.INDEX:
        return 0
    share = metric.unit is Unit.RATIO
    fine = (
        metric.kind is Kind.TOLERANCE
        or metric.metric_id in _FINE
        or (share and metric.kind is Kind.WEIGHTED_MEAN)
        or (share and metric.better is Better.LOWER and metric.family not in _COARSE)
        or (metric.unit is Unit.PP and metric.better is Better.LOWER)
    )
    return 2 if fine else 1


def accumulates(metric: Metric, catalogue: Catalogue) -> bool:
    """Whether the figure covers the year so far, so that a year end is no base for it."""
    return metric.kind is Kind.INCREMENT_DIFFERENCE or any(
        _covers_the_year(metric, reading, catalogue) for reading in metric.readings
    )


def _covers_the_year(metric: Metric, reading: Reading, catalogue: Catalogue) -> bool:
    if metric.base is At.YEAR_END:
        return True
    sides = [pair for pair in (reading.minuend, reading.subtrahend) if pair is not None]
    if any(accumulates(catalogue.metrics[name], catalogue) for name, _ in sides):
        return True
    terms = terms_of(catalogue, metric, reading)
    if any(term.at is At.YEAR_TO_DATE for term in terms):
        return True
    measures = [catalogue.measures[term.measure] for term in terms]
    return any(
        "year_to_date" in (measure.over, measure.window) or measure.since is At.YEAR_END
        for measure in measures
    )


def worth_of(metric: Metric, catalogue: Catalogue) -> Worth:
    """What a gap of the metric's default reading is in money: balances over balances only."""
    reading = metric.reading(metric.default_reading)
    if metric.kind is not Kind.RATIO or metric.base is not None or metric.annualised:
        return Worth.NOTHING
    measures = [catalogue.measures[name] for name in reading.measures]
    if not all(_is_balance(measure, catalogue) for measure in measures):
        return Worth.NOTHING
    bad = metric.better is Better.LOWER and _rests_on(measures[0].where, _BAD, catalogue)
    return Worth.BAD_LOANS if bad else Worth.LOANS


_BAD: Final = "is_npl"


def _is_balance(measure: Measure, catalogue: Catalogue) -> bool:
    return (
        measure.aggregation is Aggregation.SUM
        and measure.over == "balance"
        and catalogue.entity_of(measure) is Entity.LOAN
    )


def _rests_on(flag: str, wanted: str, catalogue: Catalogue) -> bool:
    """Whether a flag is another one or asks for it, however deeply."""
    if flag == wanted:
        return True
    named = {name for clause in catalogue.flags[flag].clauses for name in columns_of(clause.sql)}
    return any(
        _rests_on(name, wanted, catalogue) for name in sorted(named) if name in catalogue.flags
    )


@dataclass(frozen=True)
class Figure:
    """One figure with what it is judged by, as facts hold it."""

    kind: Kind
    unit: Unit
    better: Better
    decimals: int
    status: Status
    value: Decimal | None
    target: Decimal | None = None
    gap: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    limit: Decimal | None = None
    headroom: Decimal | None = None
    worth_of: Worth = Worth.NOTHING

    @property
    def is_judged(self) -> bool:
        """Whether one direction is favourable; else the figure is read and its change told plainly."""
        return self.is_tolerance or self.better in {Better.HIGHER, Better.LOWER}

    @property
    def is_tolerance(self) -> bool:
        """Whether it is headroom under a limit rather than a value with a target."""
        return self.kind is Kind.TOLERANCE

    @property
    def sense(self) -> str:
        """Which words its gap is told in."""
        return "tolerance" if self.is_tolerance else self.better.value

    @property
    def worth_sense(self) -> str:
        """Which words its gap in money is told in: bad loans are not lent, they turn bad."""
        return "bad_loans" if self.worth_of is Worth.BAD_LOANS else self.sense

    @property
    def worth(self) -> Decimal | None:
        """The gap in money, favourable side positive; none where it cannot be said exactly."""
        if self.is_tolerance:
            return self.headroom
        if self.worth_of is Worth.NOTHING or self.gap is None or self.denominator is None:
            return None
        return self.gap * self.denominator


def measured(figure: Figure, number: Decimal, form: Format, *, beside: Decimal | None) -> str:
    """A difference in the figure's unit, without its sign; a trace of one is not called zero."""
    size = abs(number)
    match figure.unit:
        case Unit.CURRENCY:
            return form.amount(size, like=beside)
        case Unit.COUNT:
            return form.clients(size)
        case Unit.RATIO:
            return _no_trace(size * 100, Unit.PP, figure.decimals, form)
        case Unit.PP | Unit.BP | Unit.DAYS | Unit.INDEX:
            return _no_trace(size, figure.unit, figure.decimals, form)


def _no_trace(size: Decimal, unit: Unit, decimals: int, form: Format) -> str:
    if size and not rounded(size, decimals):
        return f"<{form.quantity(Decimal(1).scaleb(-decimals), unit, decimals)}"
    return form.quantity(size, unit, decimals)


_Pair = tuple[str, str]

_EXACTLY: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "tolerance": ("exactly at the limit", "恰在上限"),
        Better.LOWER: ("on target", "恰达目标"),
        Better.HIGHER: ("on target", "恰达目标"),
    }
)
_FAVOURABLE: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "tolerance": ("{} headroom", "余量 {}"),
        Better.LOWER: ("{} headroom", "余量 {}"),
        Better.HIGHER: ("{} ahead", "超额 {}"),
    }
)
_UNFAVOURABLE: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "tolerance": ("{} over the limit", "超出上限 {}"),
        Better.LOWER: ("{} over target", "超出目标 {}"),
        Better.HIGHER: ("{} short", "差 {}"),
    }
)
_ROOM: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "tolerance": ("{} may still turn bad before the limit", "距上限尚可新增不良 {}"),
        "bad_loans": ("{} may still turn bad", "距目标尚可新增不良 {}"),
        Better.LOWER: ("room for {} at a flat book", "按现有规模尚有空间 {}"),
        Better.HIGHER: ("{} more than needed", "高于目标所需 {}"),
    }
)
_NEED: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "tolerance": ("{} above the limit", "超出上限 {}"),
        "bad_loans": ("{} too much at a flat book", "按现有规模需压降 {}"),
        Better.LOWER: ("{} too much at a flat book", "按现有规模需压降 {}"),
        Better.HIGHER: ("needs +{} at a flat book", "按现有规模需增加 {}"),
    }
)


def gap(figure: Figure, form: Format) -> str:
    """The gap to target or limit, in the favourable sense; empty without either or without a sense."""
    distance = figure.value if figure.is_tolerance else figure.gap
    if distance is None or not figure.is_judged:
        return ""
    if distance == 0:
        return form.language.pick(*_EXACTLY[figure.sense])
    beside = None if figure.is_tolerance else figure.target
    texts = _FAVOURABLE if distance > 0 else _UNFAVOURABLE
    size = measured(figure, distance, form, beside=beside)
    return form.language.pick(*texts[figure.sense]).format(size)


def money(figure: Figure, form: Format) -> str:
    """What the gap is in money, where that can be said exactly; empty where it cannot.

    A share is taken at a flat book: the denominator stays as it is. A need is rounded up and room is
    rounded down, so that acting on the printed amount suffices.
    """
    worth = figure.worth
    if not worth or not figure.is_judged:
        return ""
    texts, how = (_ROOM, Round.DOWN) if worth > 0 else (_NEED, Round.UP)
    return form.language.pick(*texts[figure.worth_sense]).format(form.amount(abs(worth), how=how))


def change(figure: Figure, before: Decimal | None, form: Format) -> str:
    """How the figure moved: points for shares, percent for balances, a number for the rest."""
    if figure.value is None or before is None:
        return NOTHING
    moved = figure.value - before
    match figure.unit:
        case Unit.RATIO:
            return form.points(moved * 100, figure.decimals, signed=True)
        case Unit.PP | Unit.BP | Unit.DAYS | Unit.INDEX:
            return form.quantity(moved, figure.unit, figure.decimals, signed=True)
        case Unit.COUNT:
            return form.clients(moved, signed=True)
        case Unit.CURRENCY:
            if figure.kind in {Kind.TOTAL, Kind.AVERAGE} and before > 0:
                return form.share(moved / before, signed=True)
            return form.amount(moved, signed=True)


def target(figure: Figure, form: Format, *, compact: bool = False) -> str:
    """The target or limit in the figure's unit; empty without either."""
    if figure.is_tolerance:
        return "" if figure.limit is None else form.share(figure.limit / 100, figure.decimals)
    if figure.target is None:
        return ""
    if compact:
        return form.compact(figure.target, figure.unit, figure.decimals)
    return form.value(figure.target, figure.unit, figure.decimals)


def quality(state: QualityState, amount: Decimal | None, form: Format) -> str:
    """What stands beside a figure that is not final; empty for a final one."""
    match state:
        case QualityState.FINAL:
            return ""
        case QualityState.PROVISIONAL if amount is None:
            return say(form.language, "provisional_unknown")
        case QualityState.PROVISIONAL:
            return say(form.language, "provisional_by", amount=form.amount(amount))
        case QualityState.NOT_RECONCILED:
            return say(form.language, "not_reconciled")


def quality_short(state: QualityState, amount: Decimal | None, form: Format) -> str:
    """The same in a few words, for crowded places; the amount is in base currency."""
    match state:
        case QualityState.FINAL:
            return ""
        case QualityState.PROVISIONAL if amount is None:
            return say(form.language, "provisional_short_unknown")
        case QualityState.PROVISIONAL:
            # 元 takes little room, and a plain number would not say what it counts.
            told = form.amount(amount, bare=form.language is Language.EN)
            return say(form.language, "provisional_short", amount=told)
        case QualityState.NOT_RECONCILED:
            return say(form.language, "not_reconciled_short")


_TITLE_LENGTH: Final = 60
_NEAR: Final = 3


def shortened(text: str, length: int = _TITLE_LENGTH) -> str:
    """A text that fits a line: what is longer ends with an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def since(comparison: Comparison, language: Language) -> str:
    """The comparison as the end of a sentence: "since year end"."""
    return say(language, f"since_{comparison}")


def counts(statuses: Mapping[Status, int], language: Language) -> str:
    """How many figures stand how: "6 met, 2 near, 1 missed"; the tolerance is named apart."""
    words = {
        Status.MET: ("{n} met", "{n} 项达标"),
        Status.NEAR: ("{n} near", "{n} 项临近"),
        Status.MISSED: ("{n} missed", "{n} 项未达标"),
    }
    told = [
        language.pick(en, zh).format(n=statuses[status])
        for status, (en, zh) in words.items()
        if statuses.get(status)
    ]
    return language.pick(", ", "，").join(told)


def reason(text: str | None, language: Language) -> str:
    """Why a figure cannot be given, in the reader's language where the sentence is known."""
    if text is None or language is Language.EN:
        return text or ""
    for pattern, chinese in REASONS:
        found = re.fullmatch(pattern, text)
        if found:
            return found.expand(chinese)
    return text


def near_miss(asked: str, known: Iterable[str], language: Language) -> str:
    """The names that come near to one that nothing bears, as a sentence; nothing where none does."""
    near = get_close_matches(asked, list(known), n=_NEAR)
    if not near:
        return ""
    return say(language, "cg_did_you_mean", near=say(language, "cg_or").join(near))
