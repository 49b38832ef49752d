"""Reading a catalogue from YAML: checked against the schema, refused whole with every problem named.

Definitions of a workspace come after the product's own and replace those of the same name.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from transforms.catalogue.model import (
    Aggregation,
    Base,
    Better,
    Catalogue,
    Clause,
    Entity,
    Flag,
    Kind,
    Label,
    Measure,
    Metric,
    Reading,
    Source,
    Unit,
)
from transforms.catalogue.vocabulary import EVENT_TERMS, LOAN_TERMS, SLICES
from transforms.errors import CatalogueError, UnknownNameError, did_you_mean

DEFAULT_READING: Final = "default"
"""Name of the only reading of a metric that has no readings of its own."""

_PARAMETER: Final = re.compile(r":([a-z_][a-z0-9_]*)")


class _Yaml(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Label(_Yaml):
    en: str
    zh: str

    def record(self) -> Label:
        return Label(self.en, self.zh)


class _Source(_Yaml):
    document: str
    verified: bool


class _Clause(_Yaml):
    sql: str
    label: _Label
    soft: tuple[str, ...] = ()


class _Flag(_Yaml):
    label: _Label
    source: _Source
    all: tuple[_Clause, ...] = ()
    any: tuple[_Clause, ...] = ()


class _Measure(_Yaml):
    where: str
    sum: Literal["balance"] | None = None
    count_distinct: Literal["borrower_id"] | None = None
    count_events: Literal["month", "year_to_date"] | None = None


class _Terms(_Yaml):
    of: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    reference_numerator: str | None = None
    reference_denominator: str | None = None


class _Metric(_Terms):
    label: _Label
    kind: Kind
    unit: Unit
    better: Better
    source: _Source
    valid_from: date
    valid_to: date | None = None
    version: int = Field(ge=1)
    base: Base | None = None
    formula: str | None = None
    slices: tuple[str, ...] = ()
    readings: dict[str, _Terms] = {}
    default_reading: str | None = None


class _File(_Yaml):
    flags: dict[str, _Flag] = {}
    event_flags: dict[str, _Flag] = {}
    measures: dict[str, _Measure] = {}
    metrics: dict[str, _Metric] = {}


def packaged_texts() -> dict[str, str]:
    """The product's own definition files: name to YAML text."""
    folder = resources.files("transforms.catalogue").joinpath("definitions")
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def load(
    parameters: Iterable[str],
    *,
    texts: Mapping[str, str] | None = None,
    additions: Mapping[str, str] | None = None,
) -> Catalogue:
    """Read and check a catalogue.

    Args:
        parameters: the named thresholds that SQL may refer to as `:name`.
        texts: YAML by file name; the product's own definitions if not given.
        additions: YAML by file name that adds to or replaces definitions, as a workspace does.

    Raises:
        CatalogueError: naming every file, line and name that cannot be used.
    """
    files = {**(packaged_texts() if texts is None else texts), **(additions or {})}
    problems: list[str] = []
    parsed = {name: _parse(name, text, problems) for name, text in files.items()}
    if problems:
        raise CatalogueError("The catalogue", problems)
    where = {name: _lines(text) for name, text in files.items()}
    builder = _Builder(frozenset(parameters), problems)
    for name, content in parsed.items():
        builder.take(name, content, where[name])
    builder.check()
    if problems:
        raise CatalogueError("The catalogue", problems)
    return builder.catalogue()


def unknown_metric(asked: str, catalogue: Catalogue) -> UnknownNameError:
    """The error for a metric that the catalogue does not hold."""
    return UnknownNameError(
        "metric",
        asked,
        tuple(catalogue.metrics),
        way_out=f"`branchmark catalogue` lists all {len(catalogue.metrics)}.",
    )


def with_parameters(text: str, values: Mapping[str, object]) -> str:
    """A label (or SQL) with every `:name` that has a value replaced by it.

    >>> with_parameters("limit <= :inclusive_limit", {"inclusive_limit": 10000000})
    'limit <= 10000000'
    """
    return _PARAMETER.sub(lambda match: str(values.get(match.group(1), match.group(0))), text)


def parameters_of(sql: str) -> tuple[str, ...]:
    """The thresholds a SQL condition names as `:name`.

    >>> parameters_of("line <= :inclusive_limit")
    ('inclusive_limit',)
    """
    return tuple(_PARAMETER.findall(sql))


def columns_of(sql: str) -> tuple[str, ...]:
    """The names a SQL condition refers to, each once, in the order they first appear.

    >>> columns_of("line <= :inclusive_limit AND is_loan")
    ('line', 'is_loan')

    Raises:
        polars.exceptions.PolarsError: if the text is no SQL expression.
    """
    return tuple(dict.fromkeys(pl.sql_expr(_PARAMETER.sub("0", sql)).meta.root_names()))


def _parse(name: str, text: str, problems: list[str]) -> _File:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        problems.append(f"{name}{line} is no YAML ({getattr(error, 'problem', error)})")
        return _File()
    try:
        return _File.model_validate(content or {})
    except ValidationError as error:
        lines = _lines(text)
        for detail in error.errors():
            path = tuple(str(part) for part in detail["loc"])
            line = _line_of(lines, path)
            problems.append(f"{name} line {line}, {'.'.join(path)}: {detail['msg'].lower()}")
        return _File()


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Line numbers by path of keys."""
    found: dict[tuple[str, ...], int] = {}

    def walk(node: yaml.Node | None, path: tuple[str, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = (*path, str(key.value))
                found[here] = key.start_mark.line + 1
                walk(value, here)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                here = (*path, str(index))
                found[here] = value.start_mark.line + 1
                walk(value, here)

    walk(yaml.compose(text, Loader=yaml.SafeLoader), ())
    return found


def _line_of(lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Builder:
    """Collects definitions of all files, then checks how they refer to each other."""

    def __init__(self, parameters: frozenset[str], problems: list[str]) -> None:
        self.parameters = parameters
        self.problems = problems
        self.flags: dict[str, Flag] = {}
        self.measures: dict[str, Measure] = {}
        self.metrics: dict[str, Metric] = {}
        self.places: dict[tuple[str, str], str] = {}
        self.uses: dict[str, tuple[str, ...]] = {}

    def take(self, name: str, content: _File, lines: Mapping[tuple[str, ...], int]) -> None:
        def place(*path: str) -> str:
            return f"{name} line {_line_of(lines, path)}"

        for section, entity, flags in (
            ("flags", Entity.LOAN, content.flags),
            ("event_flags", Entity.EVENT, content.event_flags),
        ):
            for key, flag in flags.items():
                self.places["flag", key] = place(section, key)
                self.flags[key] = Flag(
                    name=key,
                    entity=entity,
                    label=flag.label.record(),
                    source=Source(flag.source.document, flag.source.verified),
                    all_of=tuple(_clause(clause) for clause in flag.all),
                    any_of=tuple(_clause(clause) for clause in flag.any),
                )
        for key, measure in content.measures.items():
            self.places["measure", key] = place("measures", key)
            self._take_measure(key, measure)
        family = name.removesuffix(".yaml")
        for key, metric in content.metrics.items():
            self.places["metric", key] = place("metrics", key)
            self._take_metric(key, family, metric)

    def _problem(self, kind: str, key: str, what: str) -> None:
        self.problems.append(f"{self.places[kind, key]}, {kind} {key}: {what}")

    def _take_measure(self, key: str, measure: _Measure) -> None:
        given = [
            (Aggregation.SUM, measure.sum),
            (Aggregation.COUNT_DISTINCT, measure.count_distinct),
            (Aggregation.COUNT_EVENTS, measure.count_events),
        ]
        chosen = [(how, over) for how, over in given if over is not None]
        if len(chosen) != 1:
            self._problem("measure", key, "give one of sum, count_distinct, count_events")
            return
        how, over = chosen[0]
        self.measures[key] = Measure(key, how, over, measure.where)

    def _take_metric(self, key: str, family: str, metric: _Metric) -> None:
        own = metric.readings or {DEFAULT_READING: _Terms()}
        default = metric.default_reading or (DEFAULT_READING if not metric.readings else None)
        if default not in own:
            self._problem("metric", key, "default_reading must name one of the readings")
            return
        readings = tuple(
            reading
            for name, terms in own.items()
            if (reading := self._reading(key, name, metric, terms)) is not None
        )
        if metric.kind in (Kind.INCREMENT, Kind.GROWTH) and metric.base is None:
            self._problem("metric", key, f"an {metric.kind} needs a base")
        for name in metric.slices:
            if name not in SLICES:
                self._problem("metric", key, f"no slice {name!r}.{did_you_mean(name, SLICES)}")
        self.metrics[key] = Metric(
            metric_id=key,
            family=family,
            label=metric.label.record(),
            kind=metric.kind,
            unit=metric.unit,
            better=metric.better,
            readings=readings,
            default_reading=default or DEFAULT_READING,
            slices=metric.slices,
            base=metric.base,
            formula=metric.formula,
            source=Source(metric.source.document, metric.source.verified),
            valid_from=metric.valid_from,
            valid_to=metric.valid_to,
            version=metric.version,
        )

    def _reading(self, key: str, name: str, metric: _Metric, own: _Terms) -> Reading | None:
        def term(field: str) -> str | None:
            return getattr(own, field) or getattr(metric, field)

        wanted: Mapping[Kind, tuple[str, ...]] = {
            Kind.TOTAL: ("of",),
            Kind.COUNT_DISTINCT: ("of",),
            Kind.INCREMENT: ("of",),
            Kind.GROWTH: ("of",),
            Kind.RATIO: ("numerator", "denominator"),
            Kind.TOLERANCE: (
                "numerator",
                "denominator",
                "reference_numerator",
                "reference_denominator",
            ),
        }
        missing = [field for field in wanted[metric.kind] if term(field) is None]
        if missing:
            self._problem("metric", key, f"reading {name} of kind {metric.kind} lacks {missing[0]}")
            return None
        return Reading(
            name=name,
            numerator=str(term("of") or term("numerator")),
            denominator=term("denominator"),
            reference_numerator=term("reference_numerator"),
            reference_denominator=term("reference_denominator"),
        )

    def check(self) -> None:
        for flag in self.flags.values():
            self._check_flag(flag)
        for measure in self.measures.values():
            entity = (
                Entity.EVENT if measure.aggregation is Aggregation.COUNT_EVENTS else Entity.LOAN
            )
            known = [flag.name for flag in self.flags.values() if flag.entity is entity]
            if measure.where not in known:
                near = did_you_mean(measure.where, known)
                self._problem("measure", measure.name, f"no {entity} flag {measure.where!r}.{near}")
        for metric in self.metrics.values():
            for name in {name for reading in metric.readings for name in reading.measures}:
                if name not in self.measures:
                    near = did_you_mean(name, self.measures)
                    self._problem("metric", metric.metric_id, f"no measure {name!r}.{near}")
            if metric.slices and any(
                self.measures[name].aggregation is not Aggregation.SUM
                for reading in metric.readings
                for name in reading.measures
                if name in self.measures
            ):
                self._problem("metric", metric.metric_id, "only sums can be cut into slices")
        if not self.problems:
            self._order_flags()

    def _check_flag(self, flag: Flag) -> None:
        terms = LOAN_TERMS if flag.entity is Entity.LOAN else EVENT_TERMS
        known = [*terms, *(f.name for f in self.flags.values() if f.entity is flag.entity)]
        if not flag.clauses:
            self._problem("flag", flag.name, "a flag needs a clause under all or any")
        used: list[str] = []
        for clause in flag.clauses:
            for name in parameters_of(clause.sql):
                if name not in self.parameters:
                    near = did_you_mean(name, self.parameters)
                    self._problem("flag", flag.name, f"no threshold {name!r}.{near}")
                    return
            try:
                columns = columns_of(clause.sql)
            except pl.exceptions.PolarsError as error:
                self._problem("flag", flag.name, f"{clause.sql!r} is no SQL condition ({error})")
                continue
            for name in columns:
                if name not in known:
                    self._problem(
                        "flag", flag.name, f"no column or flag {name!r}.{did_you_mean(name, known)}"
                    )
            used += columns
        self.uses[flag.name] = tuple(dict.fromkeys(used))

    def _order_flags(self) -> None:
        """Put every flag after the flags it refers to; a circle is a problem."""
        ordered: dict[str, Flag] = {}
        waiting = dict(self.flags)
        while waiting:
            ready = [
                name
                for name in waiting
                if not any(used in waiting for used in self.uses[name] if used in self.flags)
            ]
            if not ready:
                for name in waiting:
                    self._problem("flag", name, "refers to itself by way of others")
                return
            for name in ready:
                ordered[name] = waiting.pop(name)
        self.flags = ordered

    def catalogue(self) -> Catalogue:
        versions = {key: f"{m.version}.{self._digest(m)[:8]}" for key, m in self.metrics.items()}
        whole = hashlib.sha256(
            "\n".join(
                repr(item)
                for item in (*self.flags.values(), *self.measures.values(), *self.metrics.values())
            ).encode()
        )
        return Catalogue(
            flags=MappingProxyType(self.flags),
            measures=MappingProxyType(self.measures),
            metrics=MappingProxyType(self.metrics),
            versions=MappingProxyType(versions),
            fingerprint=whole.hexdigest(),
        )

    def _digest(self, metric: Metric) -> str:
        """A hash of the metric and everything it rests on, so that no change goes unnoticed."""
        names = [name for reading in metric.readings for name in reading.measures]
        flags = _closure([self.measures[name].where for name in names], self.uses, self.flags)
        parts: Sequence[object] = (
            metric,
            *(self.measures[name] for name in names),
            *(self.flags[name] for name in flags),
        )
        return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()


def _closure(
    start: Iterable[str], uses: Mapping[str, tuple[str, ...]], flags: Mapping[str, Flag]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    queue = list(start)
    while queue:
        name = queue.pop(0)
        if name in flags and name not in found:
            found[name] = None
            queue += uses[name]
    return tuple(found)


def _clause(clause: _Clause) -> Clause:
    return Clause(clause.sql, clause.label.record(), tuple(sorted(clause.soft)))
