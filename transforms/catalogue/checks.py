"""How the definitions of a catalogue may refer to each other, and what each kind of metric can take.

Every problem is told with file, line, name and near miss; a catalogue with any problem is refused whole.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from transforms.catalogue.draft import Draft
from transforms.catalogue.model import (
    NODE_LEVEL,
    Aggregation,
    At,
    Entity,
    Flag,
    Kind,
    Measure,
    Metric,
)
from transforms.catalogue.sql import columns_of, parameters_of
from transforms.catalogue.vocabulary import (
    AMOUNTS,
    LOAN_NAMES,
    NAMES,
    NOW,
    REPORTED,
    SLICES,
    THEN,
)
from transforms.schema import LOAN_EVENT

_COUNTED: Final = (Entity.LOAN, Entity.FLOW, Entity.LISTING)
"""Kinds of rows whose clients are counted."""


class Checks:
    """Checks a draft; what is wrong is added to its problems."""

    def __init__(self, draft: Draft, parameters: frozenset[str]) -> None:
        self._draft = draft
        self._parameters = parameters

    def run(self) -> None:
        """Check everything; problems are added to the list."""
        for flag in self._draft.flags.values():
            self._check_flag(flag)
        if not self._draft.problems:
            self._order_flags()
        for measure in self._draft.measures.values():
            self._check_measure(measure)
        self._check_circles()
        for metric in self._draft.metrics.values():
            self._check_metric(metric)

    def _check_measure(self, measure: Measure) -> None:
        if measure.aggregation is Aggregation.COMBINED:
            self._check_terms(measure)
            return
        if measure.aggregation is Aggregation.REPORTED:
            self._draft.known("measure", measure.name, "kind of capital", measure.over, REPORTED)
            return
        flag = self._draft.flags.get(measure.where)
        if flag is None:
            self._draft.known("measure", measure.name, "flag", measure.where, self._draft.flags)
            return
        counted = measure.aggregation is Aggregation.COUNT_EVENTS
        if counted != (flag.entity is Entity.EVENT):
            what = "count_events counts event flags, and only they are counted so"
            self._draft.problem("measure", measure.name, what)
        if measure.aggregation in (Aggregation.SUM, Aggregation.LARGEST):
            amounts = AMOUNTS[flag.entity]
            self._draft.known(
                "measure", measure.name, f"{flag.entity} amount", measure.over, amounts
            )
        if measure.by:
            self._check_largest(measure, flag)
        if measure.aggregation is Aggregation.COUNT_DISTINCT and flag.entity not in _COUNTED:
            told = ", ".join(sorted(_COUNTED))
            self._draft.problem(
                "measure", measure.name, f"clients are counted over {told} flags only"
            )
        if (measure.since is not None) != (flag.entity is Entity.CHANGE):
            what = "a change needs `since`, and nothing else takes it"
            self._draft.problem("measure", measure.name, what)
        if measure.window == "year_to_date":
            self._check_window(measure, flag)

    def _check_largest(self, measure: Measure, flag: Flag) -> None:
        if flag.entity is not Entity.LOAN:
            self._draft.problem(
                "measure", measure.name, "the largest are taken over loan flags only"
            )
        known = ["borrower_id", "group_id", *SLICES]
        self._draft.known(
            "measure", measure.name, "column to take the largest by", measure.by, known
        )
        if measure.by in SLICES and not any(
            (m.over, m.where, m.aggregation) == (measure.over, measure.where, Aggregation.SUM)
            for m in self._draft.measures.values()
        ):
            what = f"the largest by {measure.by} need a measure that sums {measure.over} there"
            self._draft.problem("measure", measure.name, what)

    def _check_window(self, measure: Measure, flag: Flag) -> None:
        counted = measure.aggregation is Aggregation.COUNT_DISTINCT
        if not counted or flag.entity is not Entity.FLOW:
            what = "only distinct counts of flows take a window; combine sums `at: year_to_date`"
            self._draft.problem("measure", measure.name, what)
        elif not set(self._closure_columns(flag.name)) <= set(LOAN_EVENT.column_names):
            # Loans of earlier months would have to be classified again for it.
            what = f"a year's clients may rest on columns of {LOAN_EVENT.name} only"
            self._draft.problem("measure", measure.name, what)

    def _check_terms(self, measure: Measure) -> None:
        if not measure.terms:
            self._draft.problem("measure", measure.name, "combine needs a measure")
        for term in measure.terms:
            self._draft.known(
                "measure", measure.name, "measure", term.measure, self._draft.measures
            )
            inner = self._draft.measures.get(term.measure)
            if inner is None or term.at is At.NOW:
                continue
            if any(plain.aggregation in NODE_LEVEL for plain in self._inner(term.measure)):
                what = f"{term.measure} is counted at every node anew and has no value at {term.at}"
                self._draft.problem("measure", measure.name, what)
            if self._has_times(term.measure):
                what = f"{term.measure} has times of its own and cannot be taken at {term.at}"
                self._draft.problem("measure", measure.name, what)

    def _check_metric(self, metric: Metric) -> None:
        key = metric.metric_id
        for name in {name for reading in metric.readings for name in reading.measures}:
            self._draft.known("metric", key, "measure", name, self._draft.measures)
        for reading in metric.readings:
            if reading.over is not None:
                self._draft.known("metric", key, "slice", reading.over, SLICES)
        if metric.kind is Kind.GAP:
            self._check_gap(metric)
            return
        if self._draft.problems:
            return
        plain = [
            inner
            for reading in metric.readings
            for name in reading.measures
            for inner in self._inner(name)
        ]
        if metric.kind is Kind.INDEX and any(
            own.aggregation is not Aggregation.SUM or self._entity(own) is not Entity.LOAN
            for reading in metric.readings
            for own in (self._draft.measures[name] for name in reading.measures)
        ):
            self._draft.problem("metric", key, "an index is made of one sum over loans")
        if metric.cuts:
            self._check_cuts(metric, plain)
        if metric.base is not None or metric.kind in (Kind.INCREMENT_DIFFERENCE, Kind.AVERAGE):
            self._check_times(metric, plain)

    def _check_cuts(self, metric: Metric, plain: Sequence[Measure]) -> None:
        key, cuttable = metric.metric_id, (Aggregation.SUM, Aggregation.COUNT_DISTINCT)
        if any(
            m.aggregation not in cuttable or self._draft.flags[m.where].entity is not Entity.LOAN
            for m in plain
        ):
            self._draft.problem(
                "metric", key, "only sums and clients of loans can be cut into slices"
            )
        elif (
            metric.base is not None
            or metric.kind in (Kind.TOLERANCE, Kind.AVERAGE, Kind.INCREMENT_DIFFERENCE)
            or any(self._has_times(n) for reading in metric.readings for n in reading.measures)
        ):
            what = "only what is taken now can be cut into slices, no comparison and no tolerance"
            self._draft.problem("metric", key, what)
        places = [name for name in metric.cuts if SLICES[name].of_branch]
        if places and any(m.aggregation is Aggregation.COUNT_DISTINCT for m in plain):
            what = f"clients cannot be cut by {places[0]}: ask for the branches there instead"
            self._draft.problem("metric", key, what)

    def _check_times(self, metric: Metric, plain: Sequence[Measure]) -> None:
        key = metric.metric_id
        if any(m.aggregation in NODE_LEVEL for m in plain):
            self._draft.problem(
                "metric", key, "what is counted at every node anew has no earlier value"
            )
        for name in {name for reading in metric.readings for name in reading.measures}:
            if self._has_times(name):
                what = f"{name} has times of its own and cannot be taken at another"
                self._draft.problem("metric", key, what)

    def _inner(self, name: str, seen: frozenset[str] = frozenset()) -> tuple[Measure, ...]:
        """The plain measures under one, however deeply it is combined; circles are told elsewhere."""
        measure = self._draft.measures.get(name)
        if measure is None or name in seen:
            return ()
        if measure.aggregation is not Aggregation.COMBINED:
            return (measure,)
        deeper = seen | {name}
        return tuple(own for term in measure.terms for own in self._inner(term.measure, deeper))

    def _has_times(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether anything under a measure is taken at a time of its own."""
        measure = self._draft.measures.get(name)
        if measure is None or name in seen:
            return False
        return any(
            term.at is not At.NOW or self._has_times(term.measure, seen | {name})
            for term in measure.terms
        )

    def _entity(self, measure: Measure) -> Entity | None:
        flag = self._draft.flags.get(measure.where)
        return flag.entity if flag else None

    def _check_gap(self, metric: Metric) -> None:
        for reading in metric.readings:
            for pair in (reading.minuend, reading.subtrahend):
                if pair is None:
                    continue
                other = self._draft.metrics.get(pair[0])
                if other is None:
                    self._draft.known(
                        "metric", metric.metric_id, "metric", pair[0], self._draft.metrics
                    )
                elif other.kind is Kind.GAP:
                    what = f"{pair[0]} is a gap itself: a gap stands between two plain metrics"
                    self._draft.problem("metric", metric.metric_id, what)
                elif pair[1] and pair[1] not in {own.name for own in other.readings}:
                    known = [own.name for own in other.readings]
                    self._draft.known(
                        "metric", metric.metric_id, f"reading of {pair[0]}", pair[1], known
                    )
        if metric.cuts:
            self._draft.problem("metric", metric.metric_id, "a gap cannot be cut into slices")

    def _names_for(self, entity: Entity) -> list[str]:
        loans = [flag.name for flag in self._draft.flags.values() if flag.entity is Entity.LOAN]
        own = [flag.name for flag in self._draft.flags.values() if flag.entity is entity]
        if entity is Entity.CHANGE:
            return [*own, *(prefix + name for name in loans for prefix in (THEN, NOW))]
        beside = [*LOAN_NAMES, *loans] if entity is Entity.FLOW else []
        return [*NAMES[entity], *own, *beside]

    def _check_flag(self, flag: Flag) -> None:
        known = self._names_for(flag.entity)
        if not flag.clauses:
            self._draft.problem("flag", flag.name, "a flag needs a clause under all or any")
        used: list[str] = []
        for clause in flag.clauses:
            for name in parameters_of(clause.sql):
                self._draft.known("flag", flag.name, "threshold", name, self._parameters)
            try:
                columns = columns_of(clause.sql)
            except pl.exceptions.PolarsError as error:
                self._draft.problem(
                    "flag", flag.name, f"{clause.sql!r} is no SQL condition ({error})"
                )
                continue
            for name in (*columns, *clause.soft):
                self._draft.known("flag", flag.name, "column or flag", name, known)
            used += columns
        self._draft.uses[flag.name] = tuple(dict.fromkeys(used))

    def _closure_columns(self, flag: str) -> tuple[str, ...]:
        found = self._draft.closure([flag])
        return tuple(
            name
            for own in found
            for name in self._draft.uses.get(own, ())
            if name not in self._draft.flags
        )

    def _order_flags(self) -> None:
        """Put every flag after the flags it refers to; a circle is a problem."""
        self._draft.flags = self._ordered(
            "flag", self._draft.flags, {name: self._draft.uses[name] for name in self._draft.flags}
        )

    def _ordered(
        self, kind: str, things: dict[str, Flag], uses: Mapping[str, Sequence[str]]
    ) -> dict[str, Flag]:
        ordered: dict[str, Flag] = {}
        waiting = dict(things)
        while waiting:
            ready = [n for n in waiting if not any(used in waiting for used in uses[n])]
            if not ready:
                for name in waiting:
                    self._draft.problem(kind, name, "refers to itself by way of others")
                return things
            for name in ready:
                ordered[name] = waiting.pop(name)
        return ordered

    def _check_circles(self) -> None:
        """No combined measure may rest on itself."""
        waiting = {
            name: {term.measure for term in measure.terms}
            for name, measure in self._draft.measures.items()
        }
        while waiting:
            ready = [name for name, used in waiting.items() if not used & set(waiting)]
            if not ready:
                for name in waiting:
                    self._draft.problem("measure", name, "refers to itself by way of others")
                return
            for name in ready:
                del waiting[name]
