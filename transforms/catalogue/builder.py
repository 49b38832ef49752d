"""Puts the definitions of all files together and checks how they refer to each other.

Every problem is told with file, line, name and near miss, and a catalogue with any problem is refused
whole. The shapes of the files are checked before, in `forms`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms.catalogue.forms import FileForm, FlagForm, MeasureForm, MetricForm, TermsForm
from transforms.catalogue.model import (
    NODE_LEVEL,
    Aggregation,
    At,
    Catalogue,
    Entity,
    Flag,
    Kind,
    Measure,
    Metric,
    Reading,
    Term,
)
from transforms.catalogue.sql import columns_of, parameters_of
from transforms.catalogue.vocabulary import (
    AMOUNTS,
    LOAN_NAMES,
    NAMES,
    NOW,
    REPORTED,
    RESTS_ON,
    SLICES,
    THEN,
)
from transforms.errors import did_you_mean
from transforms.reference.tables import IN_FORCE
from transforms.schema import LOAN_EVENT

DEFAULT_READING: Final = "default"
"""Name of the only reading of a metric that has no readings of its own."""

SECTIONS: Final[Mapping[str, Entity]] = MappingProxyType(
    {
        "flags": Entity.LOAN,
        "event_flags": Entity.EVENT,
        "flow_flags": Entity.FLOW,
        "change_flags": Entity.CHANGE,
        "listing_flags": Entity.LISTING,
        "trade_flags": Entity.TRADE,
    }
)
"""Sections of a definition file that hold flags, and what kind of row they are about."""

_WANTED: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.TOTAL: ("of",),
        Kind.COUNT_DISTINCT: ("of",),
        Kind.INCREMENT: ("of",),
        Kind.INCREMENT_DIFFERENCE: ("of",),
        Kind.GROWTH: ("of",),
        Kind.AVERAGE: ("of",),
        Kind.INDEX: ("of", "over"),
        Kind.RATIO: ("numerator", "denominator"),
        Kind.WEIGHTED_MEAN: ("numerator", "denominator"),
        Kind.TOP_N: ("numerator", "denominator"),
        Kind.GAP: ("minuend", "subtrahend"),
        Kind.TOLERANCE: (
            "numerator",
            "denominator",
            "reference_numerator",
            "reference_denominator",
        ),
    }
)
"""What a reading of each kind must name."""

_COUNTED: Final = (Entity.LOAN, Entity.FLOW, Entity.LISTING)
"""Kinds of rows whose clients are counted."""

_WITH_BASE: Final = (Kind.INCREMENT, Kind.GROWTH)


def line_of(lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    """The line of a path of keys, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class Builder:
    """Collects the definitions of all files, then checks how they refer to each other."""

    def __init__(
        self, parameters: frozenset[str], rules: frozenset[str], problems: list[str]
    ) -> None:
        self._parameters = parameters
        self._rules = rules
        self._problems = problems
        self._flags: dict[str, Flag] = {}
        self._measures: dict[str, Measure] = {}
        self._metrics: dict[str, Metric] = {}
        self._places: dict[tuple[str, str], str] = {}
        self._uses: dict[str, tuple[str, ...]] = {}

    def take(self, name: str, content: FileForm, lines: Mapping[tuple[str, ...], int]) -> None:
        """Add a file's definitions; one of the same name replaces the one before."""

        def place(*path: str) -> str:
            return f"{name} line {line_of(lines, path)}"

        for section, entity in SECTIONS.items():
            flags: Mapping[str, FlagForm] = getattr(content, section)
            for key, flag in flags.items():
                self._places["flag", key] = place(section, key)
                self._flags[key] = Flag(
                    name=key,
                    entity=entity,
                    label=flag.label.record(),
                    source=flag.source.record(),
                    all_of=tuple(clause.record() for clause in flag.all),
                    any_of=tuple(clause.record() for clause in flag.any),
                )
        for key, measure in content.measures.items():
            self._places["measure", key] = place("measures", key)
            self._take_measure(key, measure)
        family = name.rpartition("/")[2].removesuffix(".yaml")
        for key, metric in content.metrics.items():
            self._places["metric", key] = place("metrics", key)
            self._take_metric(key, metric.family or family, metric)

    def _problem(self, kind: str, key: str, what: str) -> None:
        self._problems.append(f"{self._places[kind, key]}, {kind} {key}: {what}")

    # Measures

    def _take_measure(self, key: str, form: MeasureForm) -> None:
        given = [
            (Aggregation.SUM, form.sum),
            (Aggregation.COUNT_DISTINCT, form.count_distinct),
            (Aggregation.COUNT_EVENTS, form.count_events),
            (Aggregation.REPORTED, form.reported),
            (Aggregation.COMBINED, "" if form.combine is not None else None),
        ]
        chosen = [(how, over) for how, over in given if over is not None]
        if len(chosen) != 1:
            self._problem(
                "measure",
                key,
                "give one of sum, count_distinct, count_events, reported, combine",
            )
            return
        how, over = chosen[0]
        if (form.largest is None) != (form.by is None):
            self._problem("measure", key, "give largest and by together")
            return
        if form.largest is not None:
            how = Aggregation.LARGEST
        plain = how in (Aggregation.REPORTED, Aggregation.COMBINED)
        if plain == bool(form.where):
            self._problem(
                "measure", key, "takes no `where`" if plain else "needs a flag under `where`"
            )
            return
        self._measures[key] = Measure(
            name=key,
            aggregation=how,
            over=over,
            where=form.where,
            by=form.by or "",
            largest=form.largest or 0,
            since=At(form.since) if form.since else None,
            window=form.window,
            terms=tuple(Term(t.measure, t.at, t.times) for t in form.combine or ()),
        )

    def _check_measure(self, measure: Measure) -> None:
        if measure.aggregation is Aggregation.COMBINED:
            self._check_terms(measure)
            return
        if measure.aggregation is Aggregation.REPORTED:
            self._known("measure", measure.name, "kind of capital", measure.over, REPORTED)
            return
        flag = self._flags.get(measure.where)
        if flag is None:
            self._known("measure", measure.name, "flag", measure.where, self._flags)
            return
        counted = measure.aggregation is Aggregation.COUNT_EVENTS
        if counted != (flag.entity is Entity.EVENT):
            what = "count_events counts event flags, and only they are counted so"
            self._problem("measure", measure.name, what)
        if measure.aggregation in (Aggregation.SUM, Aggregation.LARGEST):
            amounts = AMOUNTS[flag.entity]
            self._known("measure", measure.name, f"{flag.entity} amount", measure.over, amounts)
        if measure.by:
            self._check_largest(measure, flag)
        if measure.aggregation is Aggregation.COUNT_DISTINCT and flag.entity not in _COUNTED:
            told = ", ".join(sorted(_COUNTED))
            self._problem("measure", measure.name, f"clients are counted over {told} flags only")
        if (measure.since is not None) != (flag.entity is Entity.CHANGE):
            what = "a change needs `since`, and nothing else takes it"
            self._problem("measure", measure.name, what)
        if measure.window == "year_to_date":
            self._check_window(measure, flag)

    def _check_largest(self, measure: Measure, flag: Flag) -> None:
        if flag.entity is not Entity.LOAN:
            self._problem("measure", measure.name, "the largest are taken over loan flags only")
        known = ["borrower_id", "group_id", *SLICES]
        self._known("measure", measure.name, "column to take the largest by", measure.by, known)
        if measure.by in SLICES and not any(
            (m.over, m.where, m.aggregation) == (measure.over, measure.where, Aggregation.SUM)
            for m in self._measures.values()
        ):
            what = f"the largest by {measure.by} need a measure that sums {measure.over} there"
            self._problem("measure", measure.name, what)

    def _check_window(self, measure: Measure, flag: Flag) -> None:
        counted = measure.aggregation is Aggregation.COUNT_DISTINCT
        if not counted or flag.entity is not Entity.FLOW:
            what = "only distinct counts of flows take a window; combine sums `at: year_to_date`"
            self._problem("measure", measure.name, what)
        elif not set(self._closure_columns(flag.name)) <= set(LOAN_EVENT.column_names):
            # Loans of earlier months would have to be classified again for it.
            what = f"a year's clients may rest on columns of {LOAN_EVENT.name} only"
            self._problem("measure", measure.name, what)

    def _check_terms(self, measure: Measure) -> None:
        if not measure.terms:
            self._problem("measure", measure.name, "combine needs a measure")
        for term in measure.terms:
            self._known("measure", measure.name, "measure", term.measure, self._measures)
            inner = self._measures.get(term.measure)
            if inner is None or term.at is At.NOW:
                continue
            if any(plain.aggregation in NODE_LEVEL for plain in self._inner(term.measure)):
                what = f"{term.measure} is counted at every node anew and has no value at {term.at}"
                self._problem("measure", measure.name, what)
            if self._has_times(term.measure):
                what = f"{term.measure} has times of its own and cannot be taken at {term.at}"
                self._problem("measure", measure.name, what)

    # Metrics

    def _take_metric(self, key: str, family: str, form: MetricForm) -> None:
        own = form.readings or {DEFAULT_READING: TermsForm()}
        default = form.default_reading or next(iter(own))
        if default not in own:
            near = did_you_mean(default, list(own))
            self._problem("metric", key, f"default_reading names no reading.{near}")
            return
        readings = tuple(
            reading
            for name, terms in own.items()
            if (reading := self._reading(key, name, form, terms)) is not None
        )
        if (form.kind in _WITH_BASE) and form.base is None:
            self._problem("metric", key, f"a metric of kind {form.kind} needs a base")
        if form.base is not None and form.kind not in (*_WITH_BASE, Kind.RATIO):
            self._problem("metric", key, f"a metric of kind {form.kind} takes no base")
        if form.base in (At.NOW, At.YEAR_TO_DATE):
            self._problem("metric", key, f"{form.base} is no base to compare with")
        if form.of_root and form.kind is not Kind.GAP:
            self._problem("metric", key, "of_root belongs to a gap")
        if form.annualised and form.kind is not Kind.RATIO:
            self._problem("metric", key, "only a ratio is annualised")
        for name in (*form.slices, *form.composition):
            self._known("metric", key, "slice", name, SLICES)
        if form.composition and form.kind is not Kind.RATIO:
            self._problem("metric", key, "only a ratio has a composition")
        formulas = (form.formula,) if isinstance(form.formula, str) else form.formula
        self._metrics[key] = Metric(
            metric_id=key,
            family=family,
            label=form.label.record(),
            kind=form.kind,
            unit=form.unit,
            better=form.better,
            readings=readings,
            default_reading=default,
            slices=form.slices,
            composition=form.composition,
            base=form.base,
            annualised=form.annualised,
            whole_bank=form.whole_bank,
            of_root=form.of_root,
            formulas=formulas,
            source=form.source.record(),
            note=form.note.record() if form.note else None,
            valid_from=form.valid_from,
            valid_to=form.valid_to,
            version=form.version,
        )

    def _reading(self, key: str, name: str, form: MetricForm, own: TermsForm) -> Reading | None:
        def term(field: str) -> str | None:
            return getattr(own, field) or getattr(form, field)

        missing = [field for field in _WANTED[form.kind] if term(field) is None]
        if missing:
            self._problem("metric", key, f"reading {name} of kind {form.kind} lacks {missing[0]}")
            return None
        if form.kind is Kind.TOLERANCE:
            known = [IN_FORCE, *sorted(self._rules)]
            self._known("metric", key, "tolerance rule", term("rule") or IN_FORCE, known)
        return Reading(
            name=name,
            numerator=term("of") or term("numerator") or "",
            denominator=term("denominator"),
            reference_numerator=term("reference_numerator"),
            reference_denominator=term("reference_denominator"),
            minuend=_pair(term("minuend")),
            subtrahend=_pair(term("subtrahend")),
            rule=(term("rule") or IN_FORCE) if form.kind is Kind.TOLERANCE else None,
            over=term("over"),
        )

    def _check_metric(self, metric: Metric) -> None:
        key = metric.metric_id
        for name in {name for reading in metric.readings for name in reading.measures}:
            self._known("metric", key, "measure", name, self._measures)
        for reading in metric.readings:
            if reading.over is not None:
                self._known("metric", key, "slice", reading.over, SLICES)
        if metric.kind is Kind.GAP:
            self._check_gap(metric)
            return
        if self._problems:
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
            for own in (self._measures[name] for name in reading.measures)
        ):
            self._problem("metric", key, "an index is made of one sum over loans")
        if metric.cuts:
            self._check_cuts(metric, plain)
        if metric.base is not None or metric.kind in (Kind.INCREMENT_DIFFERENCE, Kind.AVERAGE):
            self._check_times(metric, plain)

    def _check_cuts(self, metric: Metric, plain: Sequence[Measure]) -> None:
        key, cuttable = metric.metric_id, (Aggregation.SUM, Aggregation.COUNT_DISTINCT)
        if any(
            m.aggregation not in cuttable or self._flags[m.where].entity is not Entity.LOAN
            for m in plain
        ):
            self._problem("metric", key, "only sums and clients of loans can be cut into slices")
        elif (
            metric.base is not None
            or metric.kind in (Kind.TOLERANCE, Kind.AVERAGE, Kind.INCREMENT_DIFFERENCE)
            or any(self._has_times(n) for reading in metric.readings for n in reading.measures)
        ):
            what = "only what is taken now can be cut into slices, no comparison and no tolerance"
            self._problem("metric", key, what)
        places = [name for name in metric.cuts if SLICES[name].of_branch]
        if places and any(m.aggregation is Aggregation.COUNT_DISTINCT for m in plain):
            what = f"clients cannot be cut by {places[0]}: ask for the branches there instead"
            self._problem("metric", key, what)

    def _check_times(self, metric: Metric, plain: Sequence[Measure]) -> None:
        key = metric.metric_id
        if any(m.aggregation in NODE_LEVEL for m in plain):
            self._problem("metric", key, "what is counted at every node anew has no earlier value")
        for name in {name for reading in metric.readings for name in reading.measures}:
            if self._has_times(name):
                what = f"{name} has times of its own and cannot be taken at another"
                self._problem("metric", key, what)

    def _inner(self, name: str, seen: frozenset[str] = frozenset()) -> tuple[Measure, ...]:
        """The plain measures under one, however deeply it is combined; circles are told elsewhere."""
        measure = self._measures.get(name)
        if measure is None or name in seen:
            return ()
        if measure.aggregation is not Aggregation.COMBINED:
            return (measure,)
        deeper = seen | {name}
        return tuple(own for term in measure.terms for own in self._inner(term.measure, deeper))

    def _has_times(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether anything under a measure is taken at a time of its own."""
        measure = self._measures.get(name)
        if measure is None or name in seen:
            return False
        return any(
            term.at is not At.NOW or self._has_times(term.measure, seen | {name})
            for term in measure.terms
        )

    def _entity(self, measure: Measure) -> Entity | None:
        flag = self._flags.get(measure.where)
        return flag.entity if flag else None

    def _check_gap(self, metric: Metric) -> None:
        for reading in metric.readings:
            for pair in (reading.minuend, reading.subtrahend):
                if pair is None:
                    continue
                other = self._metrics.get(pair[0])
                if other is None:
                    self._known("metric", metric.metric_id, "metric", pair[0], self._metrics)
                elif other.kind is Kind.GAP:
                    what = f"{pair[0]} is a gap itself: a gap stands between two plain metrics"
                    self._problem("metric", metric.metric_id, what)
                elif pair[1] and pair[1] not in {own.name for own in other.readings}:
                    known = [own.name for own in other.readings]
                    self._known("metric", metric.metric_id, f"reading of {pair[0]}", pair[1], known)
        if metric.cuts:
            self._problem("metric", metric.metric_id, "a gap cannot be cut into slices")

    def _known(self, kind: str, key: str, what: str, asked: str, known: Iterable[str]) -> None:
        names = list(known)
        if asked not in names:
            near = did_you_mean(asked, names)
            self._problem(kind, key, f"no {what} {asked!r}" + (f".{near}" if near else ""))

    # Flags

    def _names_for(self, entity: Entity) -> list[str]:
        loans = [flag.name for flag in self._flags.values() if flag.entity is Entity.LOAN]
        own = [flag.name for flag in self._flags.values() if flag.entity is entity]
        if entity is Entity.CHANGE:
            return [*own, *(prefix + name for name in loans for prefix in (THEN, NOW))]
        beside = [*LOAN_NAMES, *loans] if entity is Entity.FLOW else []
        return [*NAMES[entity], *own, *beside]

    def _check_flag(self, flag: Flag) -> None:
        known = self._names_for(flag.entity)
        if not flag.clauses:
            self._problem("flag", flag.name, "a flag needs a clause under all or any")
        used: list[str] = []
        for clause in flag.clauses:
            for name in parameters_of(clause.sql):
                self._known("flag", flag.name, "threshold", name, self._parameters)
            try:
                columns = columns_of(clause.sql)
            except pl.exceptions.PolarsError as error:
                self._problem("flag", flag.name, f"{clause.sql!r} is no SQL condition ({error})")
                continue
            for name in (*columns, *clause.soft):
                self._known("flag", flag.name, "column or flag", name, known)
            used += columns
        self._uses[flag.name] = tuple(dict.fromkeys(used))

    def _closure_columns(self, flag: str) -> tuple[str, ...]:
        found = _closure([flag], self._uses, self._flags)
        return tuple(
            name for own in found for name in self._uses.get(own, ()) if name not in self._flags
        )

    def _order_flags(self) -> None:
        """Put every flag after the flags it refers to; a circle is a problem."""
        self._flags = self._ordered(
            "flag", self._flags, {name: self._uses[name] for name in self._flags}
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
                    self._problem(kind, name, "refers to itself by way of others")
                return things
            for name in ready:
                ordered[name] = waiting.pop(name)
        return ordered

    def _check_circles(self) -> None:
        """No combined measure may rest on itself."""
        waiting = {
            name: {term.measure for term in measure.terms}
            for name, measure in self._measures.items()
        }
        while waiting:
            ready = [name for name, used in waiting.items() if not used & set(waiting)]
            if not ready:
                for name in waiting:
                    self._problem("measure", name, "refers to itself by way of others")
                return
            for name in ready:
                del waiting[name]

    # All

    def check(self) -> None:
        """Check everything; problems are added to the list."""
        for flag in self._flags.values():
            self._check_flag(flag)
        if not self._problems:
            self._order_flags()
        for measure in self._measures.values():
            self._check_measure(measure)
        self._check_circles()
        for metric in self._metrics.values():
            self._check_metric(metric)

    def catalogue(self) -> Catalogue:
        """The checked definitions."""
        self._metrics = {key: self._with_readings(m) for key, m in self._metrics.items()}
        versions = {key: f"{m.version}.{self._digest(m)[:8]}" for key, m in self._metrics.items()}
        whole = hashlib.sha256(
            "\n".join(
                repr(item)
                for item in (
                    *self._flags.values(),
                    *self._measures.values(),
                    *self._metrics.values(),
                )
            ).encode()
        )
        return Catalogue(
            flags=MappingProxyType(self._flags),
            measures=MappingProxyType(self._measures),
            metrics=MappingProxyType(self._metrics),
            versions=MappingProxyType(versions),
            fingerprint=whole.hexdigest(),
        )

    def _with_readings(self, metric: Metric) -> Metric:
        """A gap with the readings of its two metrics named."""
        if metric.kind is not Kind.GAP:
            return metric

        def named(pair: tuple[str, str] | None) -> tuple[str, str] | None:
            return pair and (pair[0], pair[1] or self._metrics[pair[0]].default_reading)

        readings = tuple(
            Reading(r.name, minuend=named(r.minuend), subtrahend=named(r.subtrahend))
            for r in metric.readings
        )
        return replace(metric, readings=readings)

    def _digest(self, metric: Metric) -> str:
        """A hash of the metric and everything it rests on, so that no change goes unnoticed."""
        parts = self._rests_on(metric, frozenset())
        return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()

    def _rests_on(self, metric: Metric, seen: frozenset[str]) -> list[object]:
        names: dict[str, None] = {}
        queue = [name for reading in metric.readings for name in reading.measures]
        while queue:
            name = queue.pop(0)
            if name not in names:
                names[name] = None
                queue += [term.measure for term in self._measures[name].terms]
        wheres = [self._measures[name].where for name in names if self._measures[name].where]
        flags = _closure(wheres, self._uses, self._flags)
        found: list[object] = [
            metric,
            *(self._measures[name] for name in names),
            *(self._flags[name] for name in flags),
        ]
        for reading in metric.readings:
            for pair in (reading.minuend, reading.subtrahend):
                if pair is not None and pair[0] not in seen:
                    found += self._rests_on(self._metrics[pair[0]], seen | {metric.metric_id})
        return found


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    metric, _, reading = text.partition(":")
    return metric, reading


def _closure(
    start: Iterable[str], uses: Mapping[str, tuple[str, ...]], flags: Mapping[str, Flag]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    queue = list(start)
    while queue:
        name = queue.pop(0)
        leaning = RESTS_ON.get(name, name)
        for plain in (leaning, name.removeprefix(THEN), name.removeprefix(NOW)):
            if plain in flags and plain not in found:
                found[plain] = None
                queue += uses.get(plain, ())
    return tuple(found)
