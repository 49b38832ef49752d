"""Puts the definitions of all files together into one catalogue.

The shapes of the files are checked before, in `forms`; how definitions refer to each other, in `checks`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from transforms.catalogue.checks import Checks
from transforms.catalogue.draft import Draft
from transforms.catalogue.forms import FileForm, FlagForm, MeasureForm, MetricForm, TermsForm
from transforms.catalogue.model import (
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
from transforms.catalogue.vocabulary import (
    SLICES,
)
from transforms.errors import did_you_mean
from transforms.reference.tables import IN_FORCE

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

_WITH_BASE: Final = (Kind.INCREMENT, Kind.GROWTH)


def line_of(lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    """The line of a path of keys, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class Builder:
    """Collects the definitions of all files, has them checked, and makes the catalogue of them."""

    def __init__(
        self, parameters: frozenset[str], rules: frozenset[str], problems: list[str]
    ) -> None:
        self._parameters = parameters
        self._rules = rules
        self._draft = Draft(problems)

    def take(self, name: str, content: FileForm, lines: Mapping[tuple[str, ...], int]) -> None:
        """Add a file's definitions; one of the same name replaces the one before."""

        def place(*path: str) -> str:
            return f"{name} line {line_of(lines, path)}"

        for section, entity in SECTIONS.items():
            flags: Mapping[str, FlagForm] = getattr(content, section)
            for key, flag in flags.items():
                self._draft.places["flag", key] = place(section, key)
                self._draft.flags[key] = Flag(
                    name=key,
                    entity=entity,
                    label=flag.label.record(),
                    source=flag.source.record(),
                    all_of=tuple(clause.record() for clause in flag.all),
                    any_of=tuple(clause.record() for clause in flag.any),
                )
        for key, measure in content.measures.items():
            self._draft.places["measure", key] = place("measures", key)
            self._take_measure(key, measure)
        family = name.rpartition("/")[2].removesuffix(".yaml")
        for key, metric in content.metrics.items():
            self._draft.places["metric", key] = place("metrics", key)
            self._take_metric(key, metric.family or family, metric)

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
            self._draft.problem(
                "measure",
                key,
                "give one of sum, count_distinct, count_events, reported, combine",
            )
            return
        how, over = chosen[0]
        if (form.largest is None) != (form.by is None):
            self._draft.problem("measure", key, "give largest and by together")
            return
        if form.largest is not None:
            how = Aggregation.LARGEST
        plain = how in (Aggregation.REPORTED, Aggregation.COMBINED)
        if plain == bool(form.where):
            self._draft.problem(
                "measure", key, "takes no `where`" if plain else "needs a flag under `where`"
            )
            return
        self._draft.measures[key] = Measure(
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

    def _take_metric(self, key: str, family: str, form: MetricForm) -> None:
        own = form.readings or {DEFAULT_READING: TermsForm()}
        default = form.default_reading or next(iter(own))
        if default not in own:
            near = did_you_mean(default, list(own))
            self._draft.problem("metric", key, f"default_reading names no reading.{near}")
            return
        readings = tuple(
            reading
            for name, terms in own.items()
            if (reading := self._reading(key, name, form, terms)) is not None
        )
        if (form.kind in _WITH_BASE) and form.base is None:
            self._draft.problem("metric", key, f"a metric of kind {form.kind} needs a base")
        if form.base is not None and form.kind not in (*_WITH_BASE, Kind.RATIO):
            self._draft.problem("metric", key, f"a metric of kind {form.kind} takes no base")
        if form.base in (At.NOW, At.YEAR_TO_DATE):
            self._draft.problem("metric", key, f"{form.base} is no base to compare with")
        if form.of_root and form.kind is not Kind.GAP:
            self._draft.problem("metric", key, "of_root belongs to a gap")
        if form.annualised and form.kind is not Kind.RATIO:
            self._draft.problem("metric", key, "only a ratio is annualised")
        for name in (*form.slices, *form.composition):
            self._draft.known("metric", key, "slice", name, SLICES)
        if form.composition and form.kind is not Kind.RATIO:
            self._draft.problem("metric", key, "only a ratio has a composition")
        formulas = (form.formula,) if isinstance(form.formula, str) else form.formula
        self._draft.metrics[key] = Metric(
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
            self._draft.problem(
                "metric", key, f"reading {name} of kind {form.kind} lacks {missing[0]}"
            )
            return None
        if form.kind is Kind.TOLERANCE:
            known = [IN_FORCE, *sorted(self._rules)]
            self._draft.known("metric", key, "tolerance rule", term("rule") or IN_FORCE, known)
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

    def check(self) -> None:
        """Check everything; problems are added to the list."""
        Checks(self._draft, self._parameters).run()

    def catalogue(self) -> Catalogue:
        """The checked definitions."""
        self._draft.metrics = {
            key: self._with_readings(m) for key, m in self._draft.metrics.items()
        }
        versions = {
            key: f"{m.version}.{self._digest(m)[:8]}" for key, m in self._draft.metrics.items()
        }
        whole = hashlib.sha256(
            "\n".join(
                repr(item)
                for item in (
                    *self._draft.flags.values(),
                    *self._draft.measures.values(),
                    *self._draft.metrics.values(),
                )
            ).encode()
        )
        return Catalogue(
            flags=MappingProxyType(self._draft.flags),
            measures=MappingProxyType(self._draft.measures),
            metrics=MappingProxyType(self._draft.metrics),
            versions=MappingProxyType(versions),
            fingerprint=whole.hexdigest(),
        )

    def _with_readings(self, metric: Metric) -> Metric:
        """A gap with the readings of its two metrics named."""
        if metric.kind is not Kind.GAP:
            return metric

        def named(pair: tuple[str, str] | None) -> tuple[str, str] | None:
            return pair and (pair[0], pair[1] or self._draft.metrics[pair[0]].default_reading)

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
                queue += [term.measure for term in self._draft.measures[name].terms]
        wheres = [
            self._draft.measures[name].where for name in names if self._draft.measures[name].where
        ]
        flags = self._draft.closure(wheres)
        found: list[object] = [
            metric,
            *(self._draft.measures[name] for name in names),
            *(self._draft.flags[name] for name in flags),
        ]
        for reading in metric.readings:
            for pair in (reading.minuend, reading.subtrahend):
                if pair is not None and pair[0] not in seen:
                    found += self._rests_on(self._draft.metrics[pair[0]], seen | {metric.metric_id})
        return found


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    metric, _, reading = text.partition(":")
    return metric, reading
