"""Reading a catalogue from YAML: the definitions in force on a date, refused whole if any is wrong.

Definitions of a workspace come after the product's own and replace those of the same name. A flag or
metric may carry `earlier` editions with the last day they held, so that a month is computed with what
was in force then.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any, Final

import yaml
from pydantic import ValidationError
from typing_extensions import override

from transforms.catalogue.builder import SECTIONS, Builder, line_of
from transforms.catalogue.forms import FileForm
from transforms.catalogue.model import Catalogue
from transforms.errors import CatalogueError, UnknownNameError
from transforms.reference.tables import Reference

_UNTIL: Final = "until"
_EARLIER: Final = "earlier"
_DATED: Final = (*SECTIONS, "metrics")

Lines = Mapping[tuple[str, ...], int]


@dataclass(frozen=True, eq=False)
class Definitions:
    """Definitions of all times: one checked catalogue for each stretch in which nothing changed.

    Attributes:
        ends: last days of the stretches, oldest first; the last stretch has no end.
        catalogues: one for each stretch, one more than there are ends.
    """

    ends: tuple[date, ...]
    catalogues: tuple[Catalogue, ...]

    @property
    def newest(self) -> Catalogue:
        """The definitions that hold now and until further notice."""
        return self.catalogues[-1]

    def on(self, day: date) -> Catalogue:
        """The definitions in force that day; an edition's last day counts."""
        return self.catalogues[bisect_left(self.ends, day)]


def packaged_texts() -> dict[str, str]:
    """The product's own definition files: name to YAML text."""
    folder = resources.files("transforms.catalogue").joinpath("definitions")
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def definitions(reference: Reference, additions: Mapping[str, str] | None = None) -> Definitions:
    """The product's definitions with a workspace's own, checked against its reference tables.

    Raises:
        CatalogueError: naming every file, line and name that cannot be used.
    """
    return load(
        reference.tables["thresholds"]["name"].unique(),
        rules=reference.tables["npl_tolerance_rules"]["rule_id"].unique(),
        additions=additions,
    )


def load(
    parameters: Iterable[str],
    *,
    rules: Iterable[str] = (),
    texts: Mapping[str, str] | None = None,
    additions: Mapping[str, str] | None = None,
) -> Definitions:
    """Read and check the definitions of all times.

    Args:
        parameters: the named thresholds that SQL may refer to as `:name`.
        rules: the tolerance rules that a reading may name.
        texts: YAML by file name; the product's own definitions if not given.
        additions: YAML by file name that adds to or replaces definitions, as a workspace does.

    Raises:
        CatalogueError: naming every file, line and name that cannot be used.
    """
    # A workspace's file never takes the place of a whole file of the product, whatever its name.
    own = {f"catalogue/{name}": text for name, text in (additions or {}).items()}
    files = {**(packaged_texts() if texts is None else texts), **own}
    problems: list[str] = []
    raw = {name: _parse(name, text, problems) for name, text in files.items()}
    where = {name: _lines(text) for name, text in files.items()} if not problems else {}
    for name, content in raw.items():
        if name in where:
            _formed(name, content, where[name], problems)
    ends = sorted({end for name, one in raw.items() for end in _ends(name, one, where, problems)})
    if problems:
        raise CatalogueError("The catalogue", problems)
    names = frozenset(parameters), frozenset(rules)
    catalogues = tuple(_catalogue(raw, where, day, *names) for day in (*ends, None))
    return Definitions(tuple(ends), catalogues)


def _catalogue(
    raw: Mapping[str, Any],
    where: Mapping[str, Lines],
    day: date | None,
    parameters: frozenset[str],
    rules: frozenset[str],
) -> Catalogue:
    problems: list[str] = []
    parsed = {
        name: _formed(name, _in_force(content, day), where[name], problems)
        for name, content in raw.items()
    }
    if problems:
        raise CatalogueError("The catalogue", problems)
    builder = Builder(parameters, rules, problems)
    for name, content in parsed.items():
        builder.take(name, content, where[name])
    builder.check()
    if problems:
        raise CatalogueError("The catalogue", list(dict.fromkeys(problems)))
    return builder.catalogue()


def unknown_metric(asked: str, catalogue: Catalogue) -> UnknownNameError:
    """The error for a metric that the catalogue does not hold."""
    return UnknownNameError(
        "metric",
        asked,
        tuple(catalogue.metrics),
        way_out=f"`branchmark catalogue` lists all {len(catalogue.metrics)}.",
    )


def _parse(name: str, text: str, problems: list[str]) -> Any:  # noqa: ANN401 - YAML, unchecked yet
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader that minds keys
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        problems.append(f"{name}{line} is no YAML ({getattr(error, 'problem', error)})")
        return None


# The C parser reads the definitions six times as fast; where PyYAML was built without it, its own does.
_Safe: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):
    """Plain YAML, in which a key that stands twice is an error and not a silent choice."""

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a plain word", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _dated(content: Any) -> Iterable[tuple[str, str, Any]]:  # noqa: ANN401 - YAML, unchecked yet
    """Section, name and raw text of everything that may have earlier editions."""
    if isinstance(content, dict):
        for section in _DATED:
            things = content.get(section)
            if isinstance(things, dict):
                yield from (
                    (section, key, thing)
                    for key, thing in things.items()
                    if isinstance(thing, dict)
                )


def _ends(
    name: str,
    content: Any,  # noqa: ANN401 - YAML, unchecked yet
    where: Mapping[str, Lines],
    problems: list[str],
) -> Iterable[date]:
    for section, key, thing in _dated(content):
        editions = thing.get(_EARLIER) or ()
        listed: Iterable[Any] = editions if isinstance(editions, list) else [editions]
        for edition in listed if editions else ():
            until = edition.get(_UNTIL) if isinstance(edition, dict) else None
            if isinstance(until, date) and not isinstance(until, datetime):
                yield until
            else:
                line = line_of(where.get(name, {}), (section, str(key), _EARLIER))
                problems.append(
                    f"{name} line {line}, {key}: an earlier edition needs `until`, its last day"
                )


def _in_force(content: Any, day: date | None) -> Any:  # noqa: ANN401 - YAML, unchecked yet
    """The content with every definition in the edition of that day; the newest for none."""
    if not isinstance(content, dict):
        return content
    chosen = dict(content)
    for section, key, thing in _dated(content):
        editions = thing.get(_EARLIER)
        if not editions:
            continue
        held = {k: v for k, v in thing.items() if k != _EARLIER}
        if day is not None:
            fitting = sorted((e for e in editions if e[_UNTIL] >= day), key=lambda e: e[_UNTIL])
            if fitting:
                held |= {k: v for k, v in fitting[0].items() if k != _UNTIL}
        chosen[section] = {**chosen[section], key: held}
    return chosen


def _formed(name: str, content: Any, lines: Lines, problems: list[str]) -> FileForm:  # noqa: ANN401 - YAML, unchecked yet
    try:
        return FileForm.model_validate({} if content is None else content)
    except ValidationError as error:
        for detail in error.errors():
            path = tuple(str(part) for part in detail["loc"])
            line = line_of(lines, path)
            problems.append(f"{name} line {line}, {'.'.join(path)}: {detail['msg'].lower()}")
        return FileForm()


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

    walk(yaml.compose(text, Loader=_Safe), ())
    return found
