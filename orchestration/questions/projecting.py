"""A figure carried on to the end of its period: its history gathered, comparable with the branch of today.

How a path is carried on and back-tested is said by `transforms.analysis`. History is as known now; months
that were restated, and definitions that changed, are named beside the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from orchestration.bank import SYSTEM, Bank
from records.access import Scope
from records.ledger import monthly
from records.published import Known
from transforms import facts
from transforms.analysis.projection import backtest, shapes
from transforms.analysis.projection.backtest import Outlook, Projection
from transforms.analysis.projection.methods import Form, Method, Month, Nature, Path, Shape
from transforms.arithmetic import dates_of, terms_of
from transforms.catalogue.model import NODE_LEVEL, At, Better, Catalogue, Kind, Label, Metric
from transforms.clients import NODE_MEASURE
from transforms.cube import BRANCH_MEASURE
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.hierarchy import Tree
from transforms.working_days import WorkingDays


@dataclass(frozen=True)
class Answer:
    """A figure's projection by every method, and what stands beside it.

    Attributes:
        metric: the metric.
        reading: which reading.
        branch: the node.
        as_of: the month end that is carried on.
        to: the end of the period.
        value: as it stands now.
        target: of the period that ends there; zero, the limit itself, for a headroom.
        methods: every method's answer.
        chosen: the one that is told.
        named: whether the user named it; else it errs least.
        gone: working days of the year so far.
        ahead: working days that remain.
        notes: what happened to the history.
        path: the history.
    """

    metric: Metric
    reading: str
    branch: str
    as_of: date
    to: date
    value: Decimal | None
    target: Decimal | None
    methods: tuple[Projection, ...]
    chosen: Projection
    named: bool
    gone: WorkingDays
    ahead: WorkingDays
    notes: tuple[Label, ...]
    path: Path

    @property
    def outlook(self) -> Outlook:
        """How the told projection stands to the target."""
        better = self.metric.better
        if self.metric.kind is Kind.TOLERANCE:
            better = Better.HIGHER
        return backtest.outlook(self.chosen, self.target, better)

    @property
    def beside(self) -> tuple[Label, ...]:
        """Everything that is to be said beside the answer: of its history, its days, its limit."""
        notes = list(self.notes)
        if not self.ahead.announced:
            notes.append(_HOLIDAYS)
        shape = self.path.shape
        if shape.form is Form.AMOUNT and shape.numerator is Nature.TO_DATE:
            notes.append(_OF_A_YEAR)
        if self.metric.kind is Kind.TOLERANCE:
            notes.append(_LIMIT)
        return tuple(notes)


_HOLIDAYS: Final = Label(
    "Holidays of some of the days ahead are not announced yet: Monday to Friday are counted.",
    "剩余期间的部分节假日安排尚未公布：暂按周一至周五计工作日。",
)
_OF_A_YEAR: Final = Label(
    "Of a sum of the year, last value adds what the same months of last year added.",
    "对当年累计数，“维持现值”指加上上年同期剩余月份的新增数。",
)
_LIMIT: Final = Label(
    "The limit is taken as it stands now; back-tests take it as it stood then, so that what "
    "limits moved by is in the range.",
    "容忍度上限按现值不变计；回测以当时上限为准，上限的变动已计入区间。",
)


@dataclass(frozen=True)
class Asked:
    """Which figure is to be carried on, and how far.

    Attributes:
        metric: what.
        branch: of which node.
        as_of: the month end that is carried on; the newest published one if not given.
        to: the end of the period; the end of that year if not given.
        reading: which reading; the default one if not given.
        method: by which method; the one that erred least if not given.
    """

    metric: Metric
    branch: str
    as_of: date | None = None
    to: date | None = None
    reading: str | None = None
    method: Method | None = None


def project(bank: Bank, scope: Scope, asked: Asked) -> Answer:
    """A published figure carried on to the end of a period.

    Raises:
        AccessError: if the branch is not in the scope.
        BranchmarkError: if the metric cannot be carried on, or the period has ended.
        NoSuchMonthError: if the month is not published.
        UnknownNameError: if there is no such branch in that month.
    """
    metric, branch = asked.metric, asked.branch
    published = bank.published.pinned()
    day = published.require(asked.as_of)
    scope.require(branch)
    known = published.nodes(scope, as_of=day).collect()["node_id"]
    if branch not in known:
        raise UnknownNameError(
            "branch", branch, tuple(known), way_out="`branchmark kpis` lists the branches."
        )
    end = _period_end(day, asked.to)
    name = asked.reading or metric.default_reading
    history = _History(bank, scope, metric, name, branch, day)
    shape = shapes.shape_of(bank.catalogue, metric, metric.reading(name))
    if isinstance(shape, Label):
        raise BranchmarkError(
            f"{metric.metric_id} is not projected: {shape.en}. `branchmark kpis --metric "
            f"{metric.metric_id}` shows it as it stands."
        )
    path, notes = history.path(shape)
    if day not in path.months:
        raise BranchmarkError(
            f"{metric.metric_id} of {branch} has no figure at {day}: {history.reason or 'not given'}. "
            "Name another month with --as-of."
        )
    floored = metric.kind in {Kind.TOTAL, Kind.COUNT_DISTINCT, Kind.RATIO, Kind.TOP_N} and (
        metric.base is None
    )
    methods = backtest.project(path, day, end, floored=floored)
    told = backtest.chosen(methods)
    if asked.method is not None:
        told = next(one for one in methods if one.method is asked.method)
    gone, ahead = backtest.working_days(bank.reference.calendar, day, end)
    return Answer(
        metric=metric,
        reading=name,
        branch=branch,
        as_of=day,
        to=end,
        value=path.value(day),
        target=_target(bank, metric, name, branch, day, end),
        methods=methods,
        chosen=told,
        named=asked.method is not None,
        gone=gone,
        ahead=ahead,
        notes=notes,
        path=path,
    )


def _period_end(as_of: date, to: date | None) -> date:
    end = date(as_of.year, 12, 31) if to is None else to
    if end <= as_of:
        raise BranchmarkError(
            f"The period to {end} has ended by {as_of}: nothing is left to project. Name a later end "
            "with --to, or an earlier month with --as-of."
        )
    if end.year != as_of.year:
        raise BranchmarkError(
            f"{end} lies in another year than {as_of}. A period ends within its year: name a month end "
            f"up to {as_of.year}-12-31 with --to."
        )
    return end


def _target(
    bank: Bank, metric: Metric, reading: str, branch: str, as_of: date, end: date
) -> Decimal | None:
    """The approved target of the period that ends on that day."""
    if metric.kind is Kind.TOLERANCE:
        return Decimal(0)
    # Of a large bank the ledger holds ten thousands: only these are read.
    entered = bank.ledger.targets.all(SYSTEM, branch=branch, metric=metric.metric_id)
    catalogue = bank.definitions.on(as_of)
    held = monthly.month_targets(SYSTEM, entered, bank.published, catalogue, end)
    rows = held.rows.filter(
        pl.col("branch_id") == branch,
        pl.col("metric_id") == metric.metric_id,
        pl.coalesce("reading", pl.lit(metric.default_reading)) == reading,
    )
    value: Decimal | None = rows["target_value"][0] if rows.height else None
    return value


@dataclass(frozen=True, eq=False)
class _History:
    """The published months of one figure."""

    bank: Bank
    scope: Scope
    metric: Metric
    reading: str
    branch: str
    as_of: date

    def _facts(self, known: Known = Known.NOW) -> pl.DataFrame:
        published = self.bank.published
        rows = published.of_figure(self.scope, self.branch, self.metric.metric_id, known)
        return rows.filter(
            pl.col("reading") == self.reading, pl.col("as_of_date") <= self.as_of
        ).select(
            *("as_of_date", "numerator", "denominator", "limit_value", "reason"),
            "definition_version",
        )

    @property
    def _now(self) -> pl.DataFrame:
        return self._facts().filter(pl.col("as_of_date") == self.as_of)

    @property
    def reason(self) -> str | None:
        """Why there is no figure now."""
        found = self._now["reason"]
        return found[0] if len(found) else None

    def path(self, shape: Shape) -> tuple[Path, tuple[Label, ...]]:
        """The months that have a figure, and what is to be said of them."""
        rows = self._facts().drop_nulls("numerator")
        moved = self._organised_otherwise(rows["as_of_date"].to_list())
        found = {
            row["as_of_date"]: shapes.month_of(
                self.metric.kind,
                row["numerator"],
                row["denominator"],
                row["definition_version"],
                row["limit_value"],
            )
            for row in rows.to_dicts()
            if row["as_of_date"] not in moved
        }
        notes = []
        if moved:
            again = self._rolled_up(moved, rows)
            found |= again
            notes += _told_moved(moved, again)
        notes += self._definitions(rows)
        notes += self._restated(rows)
        months = dict(sorted(found.items()))
        return Path(shape, months, self.bank.reference.calendar), tuple(notes)

    def _organised_otherwise(self, days: list[date]) -> tuple[date, ...]:
        """The months in which other branches counted for the node than count for it now."""
        asked = sorted({*days, self.as_of})
        rows = self.bank.published.counts_in(SYSTEM, asked)
        # All months at once: a tree that is read month by month takes longer than everything else here.
        by_day = {
            day: (set(known), set(own))
            for day, known, own in rows.group_by("as_of_date")
            .agg(
                known=pl.col("branch_id").unique(),
                own=pl.col("branch_id").filter(pl.col("node_id") == self.branch),
            )
            .collect()
            .iter_rows()
        }
        nothing: tuple[set[str], set[str]] = (set(), set())
        _, now = by_day.get(self.as_of, nothing)
        moved = []
        for day in days:
            known, own = by_day.get(day, nothing)
            if own != now & known:
                moved.append(day)
        return tuple(moved)

    def _rolled_up(self, moved: tuple[date, ...], rows: pl.DataFrame) -> dict[date, Month]:
        """Months rolled up over today's branches; only sums can be, clients are counted anew each time.

        What a merged branch booked is the branch's own now, and is read for it whoever asks.
        """
        catalogue = self.bank.catalogue
        own = self.metric.reading(self.reading)
        measures = catalogue.plain_measures(own)
        if any(catalogue.measures[name].aggregation in NODE_LEVEL for name in measures):
            return {}
        terms = terms_of(catalogue, self.metric, own)
        ats: set[At] = {term.at for term in terms}
        days = {day: {other for at in ats for other in dates_of(at, day)} for day in moved}
        wanted = sorted({*moved, *(other for others in days.values() for other in others)})
        held = self.bank.published.branch_measures(SYSTEM, wanted)
        by_day = {
            day: part.select(*BRANCH_MEASURE)
            for (day,), part in held.filter(pl.col("measure").is_in(measures))
            .collect()
            .partition_by("as_of_date", as_dict=True)
            .items()
        }
        one = _only(catalogue, self.metric, self.reading)
        stood = {
            row[0]: row[1:]
            for row in rows.select("as_of_date", "definition_version", "limit_value").iter_rows()
        }
        published = self.bank.published
        tree = Tree.of(
            published.nodes(SYSTEM, as_of=self.as_of).collect(),
            published.counts_for(SYSTEM, as_of=self.as_of).collect(),
        )
        found = {}
        for day in moved:
            if day not in by_day:
                continue
            computed = facts.compute(_month(day, by_day, tree), one)
            row = computed.filter(pl.col("branch_id") == self.branch).row(0, named=True)
            if row["numerator"] is not None:
                found[day] = shapes.month_of(
                    self.metric.kind, row["numerator"], row["denominator"], *stood[day]
                )
        return found

    def _definitions(self, rows: pl.DataFrame) -> list[Label]:
        changed = rows.filter(
            pl.col("definition_version") != pl.col("definition_version").shift(1)
        ).select("as_of_date", "definition_version")
        return [
            Label(
                f"The definition changed with {day.isoformat()}: {version}; no test reaches across.",
                f"自 {day.isoformat()} 起定义变更为 {version}；回测不跨越该变更。",
            )
            for day, version in changed.iter_rows()
        ]

    def _restated(self, rows: pl.DataFrame) -> list[Label]:
        sides = ("numerator", "denominator")
        first = self._facts(Known.REPORTED).select("as_of_date", *sides)
        changed = rows.join(first, on="as_of_date", how="inner", suffix="_first").filter(
            pl.any_horizontal(pl.col(s).ne_missing(pl.col(f"{s}_first")) for s in sides)
        )
        days = changed["as_of_date"].sort().to_list()
        if not days:
            return []
        told = ", ".join(day.isoformat() for day in days)
        return [
            Label(
                f"Restated since they were first reported: {told}. The history is as known now.",
                f"首次报告后有重述：{told}。历史数据以当前所知为准。",
            )
        ]


def _told_moved(moved: tuple[date, ...], again: Mapping[date, Month]) -> list[Label]:
    last = max(moved).isoformat()
    if again:
        return [
            Label(
                f"Branches were reorganised: the months up to {last} are rolled up over today's branches.",
                f"机构有调整：{last} 及以前各月按现行机构重新汇总。",
            )
        ]
    return [
        Label(
            f"Branches were reorganised: {last} and before are left out, clients cannot be counted again.",
            f"机构有调整：客户数无法重新去重，{last} 及以前各月不予采用。",
        )
    ]


def _only(catalogue: Catalogue, metric: Metric, reading: str) -> Catalogue:
    """The catalogue with one metric in one reading."""
    one = replace(metric, readings=(metric.reading(reading),), slices=(), composition=())
    return replace(catalogue, metrics={metric.metric_id: one})


def _month(day: date, by_day: Mapping[date, pl.DataFrame], tree: Tree) -> facts.Month:
    return facts.Month(
        as_of=day,
        measures=by_day[day],
        node_measures=pl.DataFrame(schema=dict(NODE_MEASURE)),
        earlier={other: rows for other, rows in by_day.items() if other != day},
        tree=tree,
        unavailable={},
        unavailable_slices={},
    )
