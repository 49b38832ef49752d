"""The scorecard of one branch: a record a metric, with raw decimals and ready-made texts.

Pages, terminal and paper print these records and compute nothing themselves. How a text is worded
belongs in `words`; where facts come from, in `records.published`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards import words
from dashboards.i18n import MESSAGES, Language, language_of, say
from dashboards.numbers import Format
from dashboards.palette import MARKS
from dashboards.words import Comparison, Figure
from records.access import Scope
from records.published import Published
from transforms.catalogue.model import Better, Catalogue, Kind, Metric, Unit
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import UnknownNameError
from transforms.periods import month_ends
from transforms.quality import QualityState
from transforms.scorecards import Status

CORE: Final = (
    "sei_share",
    "tech_loan_share",
    "first_time_clients_ytd",
    "first_time_tech_clients_ytd",
    "green_share",
    "green_supply_chain_balance",
    "npl_ratio",
    "inclusive_npl_ratio",
    "inclusive_npl_tolerance",
    "loan_balance",
    "loan_increment_ytd",
)
"""What a scorecard opens with, in this order; the rest of the catalogue follows in its own."""

MONTHS: Final = 13
"""Months of history: the same month last year is among them."""


_AT_LEAST: Final = 8
"""Figures that a scorecard opens with, if the book gives as many."""


@dataclass(frozen=True)
class Point:
    """One month of a history; no value where the month has none."""

    as_of: date
    value: Decimal | None
    target: Decimal | None


@dataclass(frozen=True)
class ScorecardRow:
    """One metric of one branch, ready to be shown.

    Attributes:
        value: the figure in the metric's own unit (0.15 is 15 % for a ratio).
        gap: distance to target in the favourable sense: positive is better than the target.
        previous: the value of the month compared with, if it may be compared.
        limit: the tolerance limit in percent, `headroom` what may still turn bad in money.
        history: 13 months, oldest first.
        reason: why there is no value; empty if there is one.
        name: the metric's name in the reader's language, and a short one for crowded places.
        reading_text: which reading it is, if the metric has several.
        compact_text: the value where a heading names the currency, `compact_target` its target.
        target_text: empty without a target, as are `gap_text` and `money_text`.
        change_text: a dash where nothing can be compared.
        quality_text: empty for a final figure.
    """

    metric_id: str
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
    value_text: str
    compact_text: str
    target_text: str
    compact_target: str
    gap_text: str
    money_text: str
    change_text: str
    status_word: str
    status_glyph: str
    quality_text: str

    @property
    def is_core(self) -> bool:
        """Whether it belongs to what a scorecard opens with."""
        return self.metric_id in CORE

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


def rows(
    published: Published,
    scope: Scope,
    catalogue: Catalogue,
    *,
    as_of: date,
    branch: str,
    currency: str,
    language: str = "en",
) -> tuple[ScorecardRow, ...]:
    """The scorecard of one branch since the last year end: every metric, the core ones first.

    Args:
        published: where facts come from.
        scope: whose branches may be read.
        catalogue: names, units and directions.
        as_of: a published month end.
        branch: a node of that month's tree.
        currency: the workspace's base currency.
        language: `en` or `zh`.

    Raises:
        NoSuchMonthError: if the month is not published.
        AccessError: if the branch lies outside the scope.
        UnknownNameError: if there is no such branch or language.
    """
    published = published.pinned()
    day = published.require(as_of)
    scope.require(branch)
    known = published.nodes(scope, as_of=day).collect()["node_id"].to_list()
    if branch not in known:
        raise UnknownNameError(
            "branch", branch, known, way_out=f"{len(known)} are open at {day.isoformat()}."
        )
    facts = window(published, scope, catalogue, as_of=day, branches=[branch])
    form = Format(language_of(language), currency)
    return of_branch(
        facts, catalogue, form, as_of=day, branch=branch, comparison=Comparison.YEAR_END
    )


def window(
    published: Published,
    scope: Scope,
    catalogue: Catalogue,
    *,
    as_of: date,
    branches: Sequence[str] | None = None,
) -> pl.DataFrame:
    """Facts of default readings, uncut, for the 13 months up to a date: what scorecards are made of."""
    readings = pl.LazyFrame(
        {
            "metric_id": list(catalogue.metrics),
            "reading": [metric.default_reading for metric in catalogue.metrics.values()],
        }
    )
    frame = published.facts(scope).filter(
        pl.col("as_of_date").is_in(month_ends(as_of, MONTHS)), pl.col("slice") == TOTAL
    )
    if branches is not None:
        frame = frame.filter(pl.col("branch_id").is_in(list(branches)))
    return (
        frame.join(readings, on=["metric_id", "reading"], how="semi")
        .sort("branch_id", "metric_id", "as_of_date")
        .collect()
    )


def of_branch(
    facts: pl.DataFrame,
    catalogue: Catalogue,
    form: Format,
    *,
    as_of: date,
    branch: str,
    comparison: Comparison,
) -> tuple[ScorecardRow, ...]:
    """The scorecard of one branch out of facts that `window` gave."""
    return of_branches(
        facts, catalogue, form, as_of=as_of, branches=[branch], comparison=comparison
    )[branch]


def of_branches(
    facts: pl.DataFrame,
    catalogue: Catalogue,
    form: Format,
    *,
    as_of: date,
    branches: Sequence[str],
    comparison: Comparison,
    metrics: Sequence[str] | None = None,
) -> dict[str, tuple[ScorecardRow, ...]]:
    """The scorecards of several branches, of some metrics only if they are named.

    A branch without facts has an empty one.
    """
    wanted = facts.filter(pl.col("branch_id").is_in(list(branches)))
    if metrics is not None:
        wanted = wanted.filter(pl.col("metric_id").is_in(list(metrics)))
    held: dict[tuple[str, str], dict[date, Mapping[str, object]]] = {}
    for fact in wanted.to_dicts():
        held.setdefault((fact["branch_id"], fact["metric_id"]), {})[fact["as_of_date"]] = fact
    maker = _Maker(catalogue, form, as_of, comparison)
    return {
        branch: tuple(
            maker.row(metric, held[branch, metric.metric_id])
            for metric in in_order(catalogue)
            if as_of in held.get((branch, metric.metric_id), {})
        )
        for branch in branches
    }


def opening(rows: Sequence[ScorecardRow]) -> tuple[ScorecardRow, ...]:
    """What a scorecard opens with: the core, filled up from the rest where a book gives little of it.

    What cannot be computed comes last, with its reason, and not at all if it is not of the core.
    """
    core = [row for row in rows if row.is_core]
    given = [row for row in core if not row.reason]
    rest = [row for row in rows if not row.is_core and not row.reason]
    filled = [*given, *rest[: max(_AT_LEAST - len(given), 0)]]
    return (*filled, *(row for row in core if row.reason))


def in_order(catalogue: Catalogue) -> tuple[Metric, ...]:
    """The metrics of a catalogue in the order of a scorecard."""
    core = [catalogue.metrics[name] for name in CORE if name in catalogue.metrics]
    return (*core, *(m for name, m in catalogue.metrics.items() if name not in CORE))


@dataclass(frozen=True, eq=False)
class _Maker:
    catalogue: Catalogue
    form: Format
    as_of: date
    comparison: Comparison

    def row(self, metric: Metric, months: Mapping[date, Mapping[str, object]]) -> ScorecardRow:
        form, language = self.form, self.form.language
        fact = months[self.as_of]
        figure = _figure(metric, fact)
        before = self._before(metric, months)
        mark = MARKS[figure.status]
        quality = QualityState(str(fact["quality_state"]))
        amount = _decimal(fact, "quality_amount")
        return ScorecardRow(
            metric_id=metric.metric_id,
            reading=metric.default_reading,
            branch_id=str(fact["branch_id"]),
            kind=metric.kind,
            unit=metric.unit,
            better=metric.better,
            decimals=figure.decimals,
            value=figure.value,
            numerator=figure.numerator,
            denominator=figure.denominator,
            target=figure.target,
            near_band=_decimal(fact, "near_band"),
            gap=figure.gap,
            limit=figure.limit,
            headroom=figure.headroom,
            previous=_decimal(before, "value"),
            previous_numerator=_decimal(before, "numerator"),
            previous_denominator=_decimal(before, "denominator"),
            previous_status=Status(str(before["status"])) if before else None,
            previous_gap=_decimal(before, "gap"),
            previous_target=_decimal(before, "target_value"),
            history=tuple(
                Point(
                    day,
                    _decimal(months.get(day, {}), "value"),
                    _decimal(months.get(day, {}), "target_value"),
                )
                for day in month_ends(self.as_of, MONTHS)
            ),
            status=figure.status,
            quality=quality,
            quality_amount=amount,
            snapshot_version=_version(fact),
            reason=words.reason(_text(fact, "reason"), language),
            name=language.pick(metric.label.en, metric.label.zh),
            short_name=short_name(metric, language),
            reading_text=_reading_text(metric, language),
            value_text=form.value(figure.value, metric.unit, figure.decimals),
            compact_text=form.compact(figure.value, metric.unit, figure.decimals),
            target_text=words.target(figure, form),
            compact_target=words.target(figure, form, compact=True),
            gap_text=words.gap(figure, form),
            money_text=words.money(figure, form),
            change_text=words.change(figure, _decimal(before, "value"), form),
            status_word=mark.word(language),
            status_glyph=mark.glyph,
            quality_text=words.quality(quality, amount, form),
        )

    def _before(
        self, metric: Metric, months: Mapping[date, Mapping[str, object]]
    ) -> Mapping[str, object]:
        day = self.comparison.before(self.as_of)
        other_year = day.year != self.as_of.year
        if (
            other_year
            and self.comparison is not Comparison.SAME_MONTH_LAST_YEAR
            and words.accumulates(metric, self.catalogue)
        ):
            return {}
        return months.get(day, {})


def _figure(metric: Metric, fact: Mapping[str, object]) -> Figure:
    return Figure(
        kind=metric.kind,
        unit=metric.unit,
        better=metric.better,
        decimals=words.decimals_of(metric),
        status=Status(str(fact["status"])),
        value=_decimal(fact, "value"),
        target=_decimal(fact, "target_value"),
        gap=_decimal(fact, "gap"),
        numerator=_decimal(fact, "numerator"),
        denominator=_decimal(fact, "denominator"),
        limit=_decimal(fact, "limit_value"),
        headroom=_decimal(fact, "headroom_amount"),
    )


def short_name(metric: Metric, language: Language) -> str:
    """A name that fits a column heading, where the product has one; else the metric's own."""
    key = f"short_{metric.metric_id}"
    return (
        say(language, key) if key in MESSAGES else language.pick(metric.label.en, metric.label.zh)
    )


def _reading_text(metric: Metric, language: Language) -> str:
    if len(metric.readings) == 1:
        return ""
    known = {"strict", "confirmed", "broad"}
    name = metric.default_reading
    return say(language, f"reading_{name}") if name in known else name


def _decimal(fact: Mapping[str, object], name: str) -> Decimal | None:
    value = fact.get(name)
    return value if isinstance(value, Decimal) else None


def _text(fact: Mapping[str, object], name: str) -> str | None:
    value = fact.get(name)
    return value if isinstance(value, str) else None


def _version(fact: Mapping[str, object]) -> int:
    value = fact.get("snapshot_version")
    return value if isinstance(value, int) else 1
