"""A branch's distance from a target, in actions: gathered from what is published, tried on the book.

Target and figure are those published. The amounts are solved in `transforms.analysis.gap.closing`; each is
then put to the month's rows as a scenario and the month is computed with it, which is what `verified` says.
Nothing is stored. What a scenario is made of belongs in `whatif`; how it is printed, in `cli.gap`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.questions.gap_directions import POINTS, Directions
from orchestration.questions.gap_pace import Paced, daily
from orchestration.questions.whatif import Progress, Trial
from records.access import Scope
from transforms import tolerance, worklist
from transforms.analysis.gap import closing as gap
from transforms.analysis.gap import reasons as gap_reasons
from transforms.analysis.gap.actions import (
    Planner,
    Sized,
    amount_of,
    quotient_of,
    sign,
    standing_of,
)
from transforms.analysis.gap.answers import Answer, Asked, Gap
from transforms.analysis.gap.closing import Quotient, Reference, Standing
from transforms.analysis.gap.effects import UndecidedError
from transforms.analysis.gap.plans import WAYS, Plan, Way, evidence_for, plans, stays
from transforms.analysis.gap.watch import watch_list
from transforms.analysis.scenario import book as scenario_book
from transforms.analysis.scenario.model import Action, Verb, Work
from transforms.catalogue.model import Kind, Label, Metric, Reading, Unit
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.reference.tables import BANK
from transforms.tolerance import ALL_LOANS


def gaps(
    bank: Bank,
    scope: Scope,
    asked: Asked,
    *,
    as_of: date | None = None,
    progress: Progress = lambda _: None,
) -> tuple[Gap, ...]:
    """The gaps of a branch, one for each metric asked about.

    Args:
        bank: the workspace, which is only read.
        scope: who asks; the branch has to lie in it.
        asked: what.
        as_of: the month end; the newest published one if not given.
        progress: is told each step.

    Raises:
        AccessError: if the branch is outside the scope.
        NoSuchMonthError: if the month is not published.
        UnknownNameError: if there is no such metric or reading.
        BranchmarkError: if the metric has no target at the branch, or cannot be computed there.
    """
    scope.require(asked.branch)
    day = bank.published.require(as_of)
    version = bank.published.newest_versions()[day]
    month = MonthAtWork(bank, day, version)
    facts = bank.published.facts(SYSTEM, as_of=day).filter(pl.col("slice") == TOTAL).collect()
    rows = _rows(facts, month, asked)
    found = _Found(Trial(month, scope), facts, asked, progress)
    return tuple(found.gap(row) for row in rows)


def _rows(facts: pl.DataFrame, month: MonthAtWork, asked: Asked) -> list[dict[str, object]]:
    """The published figures asked about, as rows of facts.

    Raises:
        UnknownNameError: if there is no such metric, reading or branch.
        BranchmarkError: if the one asked about has no target.
    """
    own = facts.filter(pl.col("branch_id") == asked.branch)
    if own.is_empty():
        raise BranchmarkError(
            f"No branch {asked.branch!r} in {month.as_of}. `branchmark kpis` lists the branches."
        )
    held = pl.col("target_value").is_not_null() | pl.col("limit_value").is_not_null()
    if not asked.metric:
        default = [
            (metric.metric_id, metric.default_reading)
            for metric in month.catalogue.metrics.values()
        ]
        named = pl.DataFrame(default, schema=["metric_id", "reading"], orient="row")
        # A target may be set on another reading than the default one; limits are told once.
        own = own.join(named.with_columns(_default=True), on=["metric_id", "reading"], how="left")
        kept = own.filter(pl.col("target_value").is_not_null() | (held & pl.col("_default")))
        judged = kept.filter(pl.col("value").is_not_null() & pl.col("gap").is_not_null() | held)
        return judged.filter(pl.col("value").is_not_null()).sort("metric_id", "reading").to_dicts()
    metric = month.catalogue.metrics.get(asked.metric)
    if metric is None:
        raise UnknownNameError(
            "metric",
            asked.metric,
            tuple(month.catalogue.metrics),
            way_out="`branchmark catalogue` lists all.",
        )
    readings = [reading.name for reading in metric.readings]
    reading = asked.reading or metric.default_reading
    if reading not in readings:
        raise UnknownNameError(
            f"reading of {asked.metric}",
            reading,
            readings,
            way_out=f"It has {', '.join(readings)}.",
        )
    of_metric = own.filter(pl.col("metric_id") == asked.metric)
    if asked.better is not None and metric.better in POINTS and metric.better is not asked.better:
        raise BranchmarkError(
            f"The catalogue says of {asked.metric} that {metric.better} is better. Leave --better out."
        )
    row = of_metric.filter(pl.col("reading") == reading).to_dicts()[0]
    if row["value"] is None:
        raise BranchmarkError(
            f"{asked.metric} is not given for {asked.branch} on {month.as_of}: {row['reason']}. Choose "
            "another metric, or deliver what it lacks."
        )
    if row["target_value"] is None and row["limit_value"] is None:
        elsewhere = of_metric.filter(held)["reading"].sort().to_list()
        other = f" Its reading {elsewhere[0]} has: name it with --reading." if elsewhere else ""
        raise BranchmarkError(
            f"{asked.metric} ({reading}) has no approved target at {asked.branch} on {month.as_of}.{other} "
            "`branchmark kpis --metric` shows who has one."
        )
    return [row]


@dataclass(frozen=True, eq=False)
class _Found:
    """The gaps of one branch and month, with what they share."""

    trial: Trial
    facts: pl.DataFrame
    asked: Asked
    progress: Progress

    @property
    def _month(self) -> MonthAtWork:
        return self.trial.month

    @cached_property
    def _work(self) -> Work:
        return Work(self.trial.material, elsewhere=self.trial.elsewhere)

    @property
    def _paced(self) -> Paced:
        return Paced(self._month, self.asked.branch)

    @cached_property
    def _planner(self) -> Planner:
        return Planner(self._work, self.asked.branch, self.asked.rate)

    @cached_property
    def _directions(self) -> Directions:
        return Directions(self._month, self.asked.better)

    @cached_property
    def _root_sums(self) -> Mapping[str, Decimal]:
        """Additive measures of the whole bank, as published."""
        rows = self._month.bank.published.branch_measures(SYSTEM, (self._month.as_of,))
        summed = rows.group_by("measure").agg(pl.col("amount").sum()).collect()
        return dict(summed.select("measure", "amount").iter_rows())

    def gap(self, row: Mapping[str, object]) -> Gap:
        """One published figure and its actions."""
        metric = self._month.catalogue.metrics[str(row["metric_id"])]
        direction = None
        if metric.better not in POINTS:
            metric, direction = self._directions.of(metric)
        reading = metric.reading(str(row["reading"]))
        tolerated = metric.kind is Kind.TOLERANCE
        value = amount_of(row["value"])
        target = amount_of(row["limit_value"] if tolerated else row["target_value"])
        told = Gap(
            as_of=self._month.as_of,
            branch=self.asked.branch,
            metric=metric,
            reading=reading,
            value=value,
            target=target,
            distance=None,
            status=str(row["status"]),
            met=None,
            answers=(),
            headroom_amount=amount_of(row["headroom_amount"]) if tolerated else None,
            direction=direction,
        )
        if metric.better not in POINTS:
            return replace(told, reason=gap_reasons.NEITHER)
        standing = self._standing(metric, reading, row, target)
        met = standing.met(value)
        told = replace(
            told,
            met=met,
            distance=standing.gap(value),
            pace=None
            if tolerated
            else Paced(self._month, self.asked.branch).pace(metric, reading, row, met=met),
        )
        ways = plans(self._month.catalogue, metric, reading, met=met)
        answers = [self._answer(plan, metric, reading, standing, told) for plan in ways]
        if not met:
            answers += self._evidence(metric, reading, standing, told)
        watch = self._watch(reading, standing) if tolerated else None
        reason = None
        if not answers:
            reason = gap_reasons.NONE
            if met:
                reason = (
                    gap_reasons.STAYS
                    if stays(self._month.catalogue, metric, reading)
                    else gap_reasons.NONE_MET
                )
        return replace(told, answers=tuple(answers), watch=watch, reason=reason)

    def _standing(
        self, metric: Metric, reading: Reading, row: Mapping[str, object], target: Decimal
    ) -> Standing:
        tolerated = metric.kind is Kind.TOLERANCE
        return standing_of(
            metric,
            reading,
            row,
            target,
            reference=self._reference(reading, target) if tolerated else None,
            other=lambda name, own: self._sums(name, own, root=False),
            of_root=lambda name, own: self._sums(name, own, root=True),
        )

    def _sums(self, name: str, own: str, *, root: bool) -> Quotient:
        node = self._month_root if root else self.asked.branch
        row = self.facts.filter(
            pl.col("branch_id") == node, pl.col("metric_id") == name, pl.col("reading") == own
        ).to_dicts()[0]
        return quotient_of(self._month.catalogue.metrics[name], row)

    @cached_property
    def _month_root(self) -> str:
        return self.trial.tree.root

    def _reference(self, reading: Reading, limit: Decimal) -> Reference:
        rules = self._month.bank.reference.rules_named(str(reading.rule), self._month.as_of)
        tree = self.trial.tree
        parents = dict(
            tree.nodes.filter(pl.col("parent_id").is_not_null())
            .select("node_id", "parent_id")
            .iter_rows()
        )
        regions: dict[str, str] = {}
        if any(rule.scope != BANK for rule in rules):
            places = self._work.rows("branch").select("branch_id", "region_code").drop_nulls()
            regions = dict(places.collect().iter_rows())
        rule = tolerance.rule_of(self.asked.branch, rules, parents, regions)
        if rule is None or rule.base != ALL_LOANS:
            return Reference(limit)
        return Reference(
            rule.delta_pp,
            self._root_sums[str(reading.reference_numerator)],
            self._root_sums[str(reading.reference_denominator)],
        )

    def _answer(
        self, plan: Plan, metric: Metric, reading: Reading, standing: Standing, told: Gap
    ) -> Answer:
        words = WAYS[plan.way]
        answer = Answer(
            plan.way, None, self._planner.unit(plan), words.label, words.formula, note=words.note
        )
        self.progress(f"{metric.metric_id}: {words.label.en}")
        try:
            sized = self._planner.sized(plan)
            moved = self._planner.moved(plan, sized, metric, reading)
        except UndecidedError:
            return replace(answer, reason=gap_reasons.UNDECIDED)
        except BranchmarkError as error:
            return replace(answer, reason=gap_reasons.sentence(error))
        if sized.most <= 0:
            return replace(answer, reason=gap_reasons.none_at(self.asked.branch))
        solve = gap.headroom if told.met else gap.closing
        solved = solve(standing, moved, per_unit=sized.per_unit, most=sized.most)
        answer = replace(answer, copied=sized.copied, rate=sized.rate)
        if solved.units is None:
            return replace(answer, reason=self._impossible(sized))
        amount = (
            solved.units * sized.per_unit * (sign(metric, plan) if plan.way is Way.REPRICE else 1)
        )
        days = None if told.met or answer.unit == "bp" or told.pace is None else told.pace.days_left
        answer = replace(
            answer,
            amount=amount,
            all_of_it=solved.all_of_it,
            value_after=solved.value_after,
            per_working_day=daily(amount, days),
        )
        if not self.asked.verify or amount == 0:
            return answer
        return self._tried(answer, self._planner.actions(plan, amount, sized), standing, told)

    def _tried(
        self, answer: Answer, actions: tuple[Action, ...], standing: Standing, told: Gap
    ) -> Answer:
        """The answer with what the month is once it is done."""
        try:
            applied = self.trial.applied(actions)
        except BranchmarkError as error:
            # So much of it cannot be done: a rate would fall below zero, a client would be too large.
            reason = gap_reasons.sentence(error)
            return replace(
                answer, amount=None, value_after=None, per_working_day=None, reason=reason
            )
        return self._verified(answer, self.trial.figures(applied.material), standing, told)

    def _verified(
        self, answer: Answer, figures: pl.DataFrame, standing: Standing, told: Gap
    ) -> Answer:
        row = self._own(figures, told)
        return replace(
            answer,
            value_after=row["value"],
            status_after=row["status"],
            # A headroom that takes all there is may leave nothing to divide by.
            verified=standing.met(row["value"]) or (answer.all_of_it and row["value"] is None),
        )

    def _impossible(self, sized: Sized) -> Label:
        if sized.rate is not None:
            return gap_reasons.at_rate(sized.rate)
        if sized.most < gap.MOST:
            return gap_reasons.all_of(Decimal(sized.most) * sized.per_unit)
        return gap_reasons.NO_AMOUNT

    def _evidence(
        self, metric: Metric, reading: Reading, standing: Standing, told: Gap
    ) -> list[Answer]:
        """Loans that may count once something about them is put right: tried all together."""
        kinds = evidence_for(self._month.catalogue, metric, reading)
        if not kinds:
            return []
        material = self.trial.material
        below = self._work.below(self.asked.branch)
        found = worklist.items(material.tables, material.rules, material.first_loans, below)
        chosen = found.filter(
            pl.col("kind").is_in([kind.value for kind in kinds]), pl.col("mended").is_not_null()
        )
        words = WAYS[Way.EVIDENCE]
        counted = metric.unit is Unit.COUNT
        answer = Answer(
            Way.EVIDENCE,
            None,
            "clients" if counted else self._month.bank.workspace.base_currency,
            words.label,
            words.formula,
            note=words.note,
        )
        if chosen.is_empty():
            return [replace(answer, reason=gap_reasons.NO_EVIDENCE)]
        held = chosen.select(pl.col("amount").sum()).item()
        clients = chosen["borrower_id"].n_unique()
        answer = replace(answer, amount=Decimal(clients) if counted else held, at_most=True)
        if not self.asked.verify:
            return [answer]
        self.progress(f"{metric.metric_id}: {words.label.en}")
        tables, events = worklist.mended(
            material.tables, material.first_loans, material.rules, chosen
        )
        mended = replace(material, tables=tables, first_loans=events)
        figures = self.trial.figures(mended)
        gained = self._own(figures, told)["numerator"] - self._own(self.facts, told)["numerator"]
        if gained <= 0:
            return [replace(answer, amount=None, reason=gap_reasons.NOT_COUNTED)]
        return [
            self._verified(replace(answer, amount=gained, at_most=False), figures, standing, told)
        ]

    def _own(self, figures: pl.DataFrame, told: Gap) -> dict[str, Any]:
        """The row of a figure."""
        return figures.filter(
            pl.col("branch_id") == told.branch,
            pl.col("metric_id") == told.metric.metric_id,
            pl.col("reading") == told.reading.name,
        ).to_dicts()[0]

    def _watch(self, reading: Reading, standing: Standing) -> pl.DataFrame:
        """The overdue loans of the portfolio that would use the headroom, cumulated."""
        own = self._month.catalogue.measures[str(reading.denominator)].where
        action = Action(Verb.TURN_NPL, self.asked.branch, of=(own,), overdue=True)
        rows = scenario_book.found(self._work, action)
        assert standing.reference is not None  # noqa: S101 - asked for tolerances only
        return watch_list(rows, standing.own, standing.reference)
