"""The scorecards of branches: their lines, made from published facts.

What a line says belongs in `scorecard_row`; which ones a page shows, in `ordering`; where facts come from,
in `records.published`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

import polars as pl

from dashboards import words
from dashboards.i18n import MESSAGES, Language, language_of, say
from dashboards.numbers import Format
from dashboards.ordering import in_order
from dashboards.scorecard_row import Point, ScorecardRow
from dashboards.short_names import SHORT_NAMES
from dashboards.words import Comparison, Figure
from records.access import Scope
from records.published import Published
from transforms.catalogue.builder import DEFAULT_READING
from transforms.catalogue.model import Better, Catalogue, Metric
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import UnknownNameError
from transforms.periods import month_ends
from transforms.quality import QualityState
from transforms.schema import TEXT
from transforms.scorecards import Status

MONTHS: Final = 13
"""Months of history: the same month last year is among them."""

_READ: Final = (
    *("metric_id", "branch_id", "as_of_date", "numerator", "denominator", "value"),
    *("limit_value", "headroom_amount", "reason", "quality_state", "quality_amount"),
    *("target_value", "near_band", "gap", "status", "snapshot_version"),
)
"""Columns of a fact that a scorecard is made of."""


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
    branches: Collection[str] | None = None,
    metrics: Collection[str] | None = None,
    days: Collection[date] | None = None,
) -> pl.DataFrame:
    """Uncut facts of default readings: what scorecards are made of, and no more than that.

    Args:
        published: where facts come from.
        scope: whose branches may be read.
        catalogue: which readings are the default ones.
        as_of: the last month end.
        branches: some branches only; all within the scope if not given.
        metrics: some metrics only; the whole catalogue if not given.
        days: some month ends only; the 13 up to `as_of` if not given.
    """
    wanted = month_ends(as_of, MONTHS) if days is None else tuple(days)
    if branches is None:
        found = default_facts(published, scope, catalogue, wanted, metrics).select(_READ).collect()
    else:
        own = pl.col("branch_id").is_in(list(branches))
        held = published.facts_of(scope, wanted).filter(pl.col("slice") == TOTAL, own)
        # Which readings are default ones is asked of the few rows found, not of all that lie beside them.
        facts = held.select(*_READ, "reading").collect()
        found = facts.join(_defaults(catalogue, metrics), on=_DEFAULT, how="semi").select(_READ)
    return found.sort("branch_id", "metric_id", "as_of_date")


def default_facts(
    published: Published,
    scope: Scope,
    catalogue: Catalogue,
    days: Collection[date],
    metrics: Collection[str] | None = None,
) -> pl.LazyFrame:
    """Uncut facts of default readings at some month ends, of all metrics unless some are named."""
    uncut = published.facts_of(scope, days).filter(pl.col("slice") == TOTAL)
    # Of a whole bank a condition that names them all takes six times as long.
    return uncut.join(_defaults(catalogue, metrics).lazy(), on=_DEFAULT, how="semi")


_DEFAULT: Final = ["metric_id", "reading"]


def _defaults(catalogue: Catalogue, metrics: Collection[str] | None) -> pl.DataFrame:
    """The default reading of every metric, or of some."""
    wanted = [
        (name, metric.default_reading)
        for name, metric in catalogue.metrics.items()
        if metrics is None or name in metrics
    ]
    return pl.DataFrame(wanted, schema=dict.fromkeys(_DEFAULT, TEXT), orient="row")


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


def of_branches(  # noqa: PLR0913 - whose, when, against what, and how much of it
    facts: pl.DataFrame,
    catalogue: Catalogue,
    form: Format,
    *,
    as_of: date,
    branches: Sequence[str],
    comparison: Comparison,
    metrics: Sequence[str] | None = None,
    history: bool = True,
) -> dict[str, tuple[ScorecardRow, ...]]:
    """The scorecards of several branches, of some metrics only if they are named, in their order.

    A branch without facts has an empty one. Without `history`, rows have no months behind them, and no
    `changes` but the one against the month compared with.
    """
    wanted = facts.filter(pl.col("branch_id").is_in(list(branches)))
    if metrics is not None:
        wanted = wanted.filter(pl.col("metric_id").is_in(list(metrics)))
    ordered = (
        in_order(catalogue)
        if metrics is None
        else tuple(catalogue.metrics[name] for name in metrics)
    )
    held: dict[tuple[str, str], dict[date, Mapping[str, object]]] = {}
    for fact in wanted.to_dicts():
        held.setdefault((fact["branch_id"], fact["metric_id"]), {})[fact["as_of_date"]] = fact
    maker = _Maker(catalogue, form, as_of, comparison, history=history)
    return {
        branch: tuple(
            maker.row(metric, held[branch, metric.metric_id])
            for metric in ordered
            if as_of in held.get((branch, metric.metric_id), {})
        )
        for branch in branches
    }


@dataclass(frozen=True)
class _Said:
    """What a scorecard says of a metric at whatever branch."""

    name: str
    short_name: str
    reading_text: str
    origin: str
    origin_text: str
    origin_sentence: str
    note: str
    decimals: int
    worth_of: words.Worth
    accumulates: bool

    @classmethod
    def of(cls, metric: Metric, catalogue: Catalogue, language: Language) -> "_Said":
        origin = _origin(metric)
        return cls(
            name=language.pick(metric.label.en, metric.label.zh),
            short_name=short_name(metric, language),
            reading_text=_reading_text(metric, language),
            origin=origin,
            origin_text=say(language, origin) if origin else "",
            origin_sentence=say(language, f"{origin}_sentence") if origin else "",
            note=_note(metric, language),
            decimals=words.decimals_of(metric),
            worth_of=words.worth_of(metric, catalogue),
            accumulates=words.accumulates(metric, catalogue),
        )


@dataclass(frozen=True, eq=False)
class _Maker:
    catalogue: Catalogue
    form: Format
    as_of: date
    comparison: Comparison
    history: bool = True

    @cached_property
    def _months(self) -> tuple[date, ...]:
        return month_ends(self.as_of, MONTHS) if self.history else ()

    @cached_property
    def _befores(self) -> Mapping[Comparison, date]:
        return {one: one.before(self.as_of) for one in Comparison}

    @cached_property
    def _said(self) -> dict[str, _Said]:
        """What was said of metrics already."""
        return {}

    def _of(self, metric: Metric) -> _Said:
        """What is the same for every branch, said once."""
        told = self._said.get(metric.metric_id)
        if told is None:
            told = _Said.of(metric, self.catalogue, self.form.language)
            self._said[metric.metric_id] = told
        return told

    def row(self, metric: Metric, months: Mapping[date, Mapping[str, object]]) -> ScorecardRow:
        language = self.form.language
        fact = months[self.as_of]
        told = self._of(metric)
        figure = self._figure(metric, fact)
        uncomparable = self._starts_anew(metric, self.comparison)
        before = {} if uncomparable else months.get(self._befores[self.comparison], {})
        return ScorecardRow(
            metric_id=metric.metric_id,
            family=metric.family,
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
            history=tuple(self._point(day, months.get(day, {})) for day in self._months),
            status=figure.status,
            quality=QualityState(str(fact["quality_state"])),
            quality_amount=_decimal(fact, "quality_amount"),
            snapshot_version=_version(fact),
            reason=words.reason(_text(fact, "reason"), language),
            name=told.name,
            short_name=told.short_name,
            reading_text=told.reading_text,
            figure=figure,
            form=self.form,
            befores=self._before_values(metric, figure, months) if self.history else (),
            change_note=say(language, "starts_anew") if uncomparable else "",
            origin=told.origin,
            origin_text=told.origin_text,
            origin_sentence=told.origin_sentence,
            note=told.note,
        )

    def _point(self, day: date, fact: Mapping[str, object]) -> Point:
        value = _decimal(fact, "value")
        state = QualityState(str(fact["quality_state"])) if fact else QualityState.FINAL
        return Point(
            day,
            value,
            _decimal(fact, "target_value"),
            ""
            if value is None
            else words.quality(state, _decimal(fact, "quality_amount"), self.form),
        )

    def _before_values(
        self, metric: Metric, figure: Figure, months: Mapping[date, Mapping[str, object]]
    ) -> tuple[tuple[Comparison, Decimal], ...]:
        """The values of every month end that was read and may be compared with."""
        if figure.value is None:
            return ()
        found = {
            one: _decimal(months.get(day, {}), "value")
            for one, day in self._befores.items()
            if not self._starts_anew(metric, one)
        }
        return tuple((one, before) for one, before in found.items() if before is not None)

    def _starts_anew(self, metric: Metric, comparison: Comparison) -> bool:
        return _in_another_year(comparison, self.as_of) and self._of(metric).accumulates

    def _figure(self, metric: Metric, fact: Mapping[str, object]) -> Figure:
        return Figure(
            kind=metric.kind,
            unit=metric.unit,
            better=metric.better,
            decimals=self._of(metric).decimals,
            status=Status(str(fact["status"])),
            value=_decimal(fact, "value"),
            target=_decimal(fact, "target_value"),
            gap=_decimal(fact, "gap"),
            numerator=_decimal(fact, "numerator"),
            denominator=_decimal(fact, "denominator"),
            limit=_decimal(fact, "limit_value"),
            headroom=_decimal(fact, "headroom_amount"),
            worth_of=self._of(metric).worth_of,
        )


def starts_anew(metric: Metric, catalogue: Catalogue, comparison: Comparison, as_of: date) -> bool:
    """Whether the month compared with lies in another year, and the figure covers one year only."""
    return _in_another_year(comparison, as_of) and words.accumulates(metric, catalogue)


def _in_another_year(comparison: Comparison, as_of: date) -> bool:
    other = comparison.before(as_of).year != as_of.year
    return other and comparison is not Comparison.SAME_MONTH_LAST_YEAR


def short_name(metric: Metric, language: Language) -> str:
    """A name that fits a column heading, where the product has one; else the metric's own."""
    known = SHORT_NAMES.get(metric.metric_id, (metric.label.en, metric.label.zh))
    return language.pick(*known)


def _origin(metric: Metric) -> str:
    """Which words say whose definition it is; none for one read in a verified source."""
    if metric.source.own:
        return "origin_own"
    return "" if metric.source.verified else "origin_unverified"


_DIRECTIONS: Final = {Better.NEUTRAL: "read_neutral", Better.BAND: "read_band"}


def _note(metric: Metric, language: Language) -> str:
    """What the catalogue notes on a metric, and that it is not judged if it points neither way."""
    told = [] if metric.note is None else [language.pick(metric.note.en, metric.note.zh)]
    if metric.better in _DIRECTIONS:
        told.append(say(language, _DIRECTIONS[metric.better]))
    return language.pick(" ", "").join(told)


def _reading_text(metric: Metric, language: Language) -> str:
    if len(metric.readings) == 1 or metric.default_reading == DEFAULT_READING:
        return ""
    key = f"reading_{metric.default_reading}"
    return say(language, key) if key in MESSAGES else metric.default_reading


def _decimal(fact: Mapping[str, object], name: str) -> Decimal | None:
    value = fact.get(name)
    return value if isinstance(value, Decimal) else None


def _text(fact: Mapping[str, object], name: str) -> str | None:
    value = fact.get(name)
    return value if isinstance(value, str) else None


def _version(fact: Mapping[str, object]) -> int:
    value = fact.get("snapshot_version")
    return value if isinstance(value, int) else 1
