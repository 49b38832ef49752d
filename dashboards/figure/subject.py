"""The figure a metric page is about: its scorecard row under the reading asked for, and what it is made of.

How the row is worded belongs in `scorecard`; its months in `figure.history`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from dashboards import scorecard, words
from dashboards.definitions.voice import Voice
from dashboards.figure.read import Facts
from dashboards.i18n import MESSAGES, Language, say
from dashboards.numbers import NOTHING, Format
from dashboards.scorecard_row import ScorecardRow
from dashboards.words import Comparison
from transforms.catalogue.builder import DEFAULT_READING
from transforms.catalogue.model import (
    Aggregation,
    Better,
    Catalogue,
    Kind,
    Measure,
    Metric,
    Reading,
    Unit,
)
from transforms.trace import Side

_COUNTS: Final = frozenset({Aggregation.COUNT_DISTINCT, Aggregation.COUNT_EVENTS})
_MONEY: Final = frozenset(
    {
        *("balance", "allowance", "amount_in", "amount_out", "settled_amount"),
        *("then_balance", "now_balance", "kept_balance"),
    }
)
"""Amounts that are money; the others are money times something, and no number a reader knows."""

_TOLD: Final = 3
"""Causes that the sentence of a page names."""


@dataclass(frozen=True)
class Compared:
    """The figure against one earlier month end.

    Attributes:
        comparison: which.
        as_of: the month end.
        value_text: the figure then; a dash where there is none.
        change_text: how it moved since.
        note: why nothing can be compared, where that is so for good.
    """

    comparison: Comparison
    as_of: date
    value_text: str
    change_text: str
    note: str


@dataclass(frozen=True)
class Part:
    """One of the two numbers that a figure is made from.

    Attributes:
        name: what it is to the figure: numerator, base and so on.
        label: which loans it counts; empty where it counts none.
        text: the number.
        side: the side of the loan list behind it; none where no loans stand behind it.
        metric: the metric that it is the value of, in a difference of two.
    """

    name: str
    label: str
    text: str
    side: Side | None = None
    metric: str = ""


@dataclass(frozen=True, eq=False)
class Subject:
    """A figure of one unit, under one reading.

    Attributes:
        row: as a scorecard shows it, against the comparison chosen.
        compared: against every comparison.
        parts: what it is made from.
        definition: in one line.
        source: the document that it rests on.
    """

    metric: Metric
    reading: Reading
    row: ScorecardRow
    compared: tuple[Compared, ...]
    parts: tuple[Part, ...]
    definition: str
    source: str


def read_as(catalogue: Catalogue, metric: str, reading: str) -> Catalogue:
    """The catalogue with another reading of a metric as its own, so that a scorecard is made of that."""
    one = replace(catalogue.metrics[metric], default_reading=reading)
    return replace(catalogue, metrics={**catalogue.metrics, metric: one})


def reading_name(name: str, language: Language) -> str:
    """A reading as people call it."""
    key = f"reading_{name}"
    if name == DEFAULT_READING:
        return say(language, "mt_reading_default")
    return say(language, key) if key in MESSAGES else name


def subject(
    facts: Facts,
    catalogue: Catalogue,
    form: Format,
    *,
    branch: str,
    metric: str,
    reading: str,
    comparison: Comparison,
) -> Subject | None:
    """The figure; none if nothing was published for the unit.

    Args:
        facts: what was read of it.
        catalogue: the definitions of the month.
        form: how numbers are printed.
        branch: the unit.
        metric: a metric of the catalogue.
        reading: a reading of it.
        comparison: what the row is compared with.
    """
    as_of = facts.months[-1]
    read = read_as(catalogue, metric, reading)
    rows = {
        one: scorecard.of_branches(
            facts.of_reading(reading),
            read,
            form,
            as_of=as_of,
            branches=[branch],
            comparison=one,
            metrics=[metric],
        )[branch]
        for one in Comparison
    }
    if not rows[comparison]:
        return None
    (row,) = rows[comparison]
    known = read.metrics[metric]
    held = known.reading(reading)
    compared = tuple(
        Compared(
            one,
            one.before(as_of),
            form.value(own.previous, own.unit, own.decimals),
            own.change_text,
            own.change_note,
        )
        for one, (own,) in rows.items()
    )
    return Subject(
        metric=known,
        reading=held,
        row=row,
        compared=compared,
        parts=_parts(known, held, row, read, form),
        definition=_definition(known, held, read, form.language),
        source=say(
            form.language, "mt_source", document=Voice(form.language).own(known.source.document)
        ),
    )


_RATIO: Final = (("mt_numerator", Side.NUMERATOR), ("mt_denominator", Side.DENOMINATOR))
_MADE_OF: Final[Mapping[Kind, tuple[tuple[str, Side], ...]]] = {
    Kind.TOTAL: (("mt_counted", Side.NUMERATOR),),
    Kind.COUNT_DISTINCT: (("mt_counted", Side.NUMERATOR),),
    Kind.INCREMENT: (("mt_now", Side.NUMERATOR), ("mt_base", Side.DENOMINATOR)),
    Kind.INCREMENT_DIFFERENCE: (
        ("mt_this_year", Side.NUMERATOR),
        ("mt_last_year", Side.DENOMINATOR),
    ),
    Kind.GROWTH: (("mt_increase", Side.NUMERATOR), ("mt_base", Side.DENOMINATOR)),
    Kind.AVERAGE: (("mt_month_ends", Side.NUMERATOR),),
    Kind.INDEX: (("mt_whole", Side.DENOMINATOR),),
}
"""What the numbers behind a kind are called; of all others numerator and denominator."""


def _parts(
    metric: Metric, reading: Reading, row: ScorecardRow, catalogue: Catalogue, form: Format
) -> tuple[Part, ...]:
    """The numbers a figure is made from, as far as they are numbers that a reader knows."""
    if row.reason:
        return ()
    if metric.kind is Kind.GAP:
        return _of_gap(reading, row, catalogue, form)
    language = form.language
    found = []
    for key, side in _MADE_OF.get(metric.kind, _RATIO):
        name = reading.numerator
        if side is Side.DENOMINATOR and reading.denominator:
            name = reading.denominator
        value = row.numerator if side is Side.NUMERATOR else row.denominator
        measure = catalogue.measures[name]
        unit = unit_of(measure, catalogue)
        if value is None or unit is None:
            continue
        has_loans = measure.aggregation is not Aggregation.REPORTED
        found.append(
            Part(
                name=say(language, key),
                label=_label(measure, catalogue, language),
                text=form.value(value, unit, 0),
                side=side if has_loans else None,
            )
        )
    return tuple(found)


def _of_gap(
    reading: Reading, row: ScorecardRow, catalogue: Catalogue, form: Format
) -> tuple[Part, ...]:
    pairs = ((reading.minuend, row.numerator), (reading.subtrahend, row.denominator))
    found = []
    for key, (pair, value) in zip(("mt_minuend", "mt_subtrahend"), pairs, strict=True):
        if pair is None or value is None:
            continue
        other = catalogue.metrics[pair[0]]
        found.append(
            Part(
                name=say(form.language, key),
                label=scorecard.short_name(other, form.language),
                text=form.value(value, other.unit, words.decimals_of(other)),
                metric=other.metric_id,
            )
        )
    return tuple(found)


def unit_of(measure: Measure, catalogue: Catalogue) -> Unit | None:
    """What a measure is counted in; none if it is money times something."""
    plain = measure
    while plain.aggregation is Aggregation.COMBINED:
        plain = catalogue.measures[plain.terms[0].measure]
    if plain.aggregation in _COUNTS:
        return Unit.COUNT
    if plain.aggregation is Aggregation.REPORTED or plain.over in _MONEY:
        return Unit.CURRENCY
    return None


def _label(measure: Measure, catalogue: Catalogue, language: Language) -> str:
    """Which rows a measure counts, by the name of its rule."""
    plain = measure
    while plain.aggregation is Aggregation.COMBINED:
        plain = catalogue.measures[plain.terms[0].measure]
    if not plain.where:
        return ""
    label = catalogue.flags[plain.where].label
    return language.pick(label.en, label.zh)


def _definition(metric: Metric, reading: Reading, catalogue: Catalogue, language: Language) -> str:
    """What the figure is, in one line: the rules that it is made by."""
    told = [
        _label(catalogue.measures[name], catalogue, language)
        for name in (reading.numerator, reading.denominator)
        if name
    ]
    if metric.kind is Kind.GAP:
        pairs = [pair for pair in (reading.minuend, reading.subtrahend) if pair is not None]
        labels = [catalogue.metrics[name].label for name, _ in pairs]
        told = [language.pick(label.en, label.zh) for label in labels]
    joiner = " − " if metric.kind is Kind.GAP else " ÷ "
    formula = joiner.join(part for part in told if part)
    return formula + language.pick(".", "。")


def _is_off_target(row: ScorecardRow) -> bool:
    return row.better is Better.HIGHER and row.kind is not Kind.TOLERANCE and bool(row.gap)


def message(
    of: Subject, form: Format, comparison: Comparison, causes: tuple[tuple[str, str], ...] = ()
) -> str:
    """The sentence a page opens with: the figure, its distance to target, how it moved, and by what.

    Args:
        of: the figure.
        form: how numbers are printed.
        comparison: what the change is told against.
        causes: names and effects, the largest first, once they are known.
    """
    row, language = of.row, form.language
    name = row.short_name
    if row.reason:
        return say(language, "mt_message_none", name=name, reason=row.reason)
    key = "mt_message"
    if row.target_text:
        key = "mt_message_limit" if row.kind is Kind.TOLERANCE else "mt_message_target"
        # Short of a target, or ahead of it; headroom and excess are told beside it.
        key = "mt_message_of" if _is_off_target(row) else key
    if row.target_text and not row.gap_text:
        key = "mt_message_beside"
    text = say(
        language, key, name=name, value=row.value_text, gap=row.gap_text, target=row.target_text
    )
    if row.change_text != NOTHING:
        since = words.since(comparison, language)
        change = form.in_sentence(row.change_text)
        moved = language.pick(f"{change} {since}", f"{since}{change}")
        text += language.pick(f"; {moved}", f"；{moved}")
        if causes:
            told = language.pick(", ", "、").join(
                f"{cause} {form.in_sentence(size)}" for cause, size in causes[:_TOLD]
            )
            text += language.pick(f": {told}", f"：{told}")
    return text + language.pick(".", "。")
