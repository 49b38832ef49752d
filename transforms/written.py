"""Definition files of people: YAML as text with line numbers, put into a form, every problem with its place.

Every scalar stays the text that was written, so that numbers are exact. A key that stands twice is refused,
and so are anchors, which no such file needs. What the text means belongs to whoever reads it: `scoring`,
`returns`, `analysis.peers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from transforms.catalogue.model import Catalogue, Metric, Reading
from transforms.errors import did_you_mean

Path = tuple[str, ...]
_DEEPEST: Final = 20
# The C parser reads files several times as fast; where PyYAML was built without it, its own does.
_Loader: Final[type[yaml.BaseLoader]] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_UNKNOWN: Final = "extra_forbidden"
_CHOICES: Final = frozenset({"enum", "literal_error"})
_Formed = TypeVar("_Formed", bound=BaseModel)


@dataclass(frozen=True)
class Text:
    """What a file holds, and the line of each part of it."""

    content: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of a part, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(name: str, text: str, problems: list[str]) -> Text:
    """A file's content; what is no plain YAML is added to the problems, with file and line."""
    try:
        odd = _odd(text)
        if odd:
            problems.append(f"{name}: {odd}")
            return Text({}, {})
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        _walk(node, (), lines)
        content: object = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        problems.append(f"{name}{line} is no YAML ({error.problem})")
        return Text({}, {})
    except yaml.YAMLError as error:
        problems.append(f"{name} is no YAML ({error})")
        return Text({}, {})
    return Text({} if content is None else content, lines)


def _odd(text: str) -> str | None:
    """What no such file needs and what would make a short file a long one, or a deep one."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent):
            return "anchors and aliases are not used here"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            return f"it nests more than {_DEEPEST} deep"
    return None


def _walk(node: yaml.Node | None, path: Path, lines: dict[Path, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key must be a plain word", problem_mark=key.start_mark
                )
            here = (*path, str(key.value))
            if here in lines:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} stands twice", problem_mark=key.start_mark
                )
            lines[here] = key.start_mark.line + 1
            _walk(value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            here = (*path, str(index))
            lines[here] = value.start_mark.line + 1
            _walk(value, here, lines)


@dataclass(frozen=True, eq=False)
class Draft:
    """A file while it is checked: its text, what it may name, and every problem so far."""

    file: str
    text: Text
    catalogue: Catalogue
    problems: list[str]

    def problem(self, path: Path, what: str) -> None:
        """Add a problem of one part of the file."""
        self.problems.append(f"{self.file} line {self.text.line(path)}, {'.'.join(path)}: {what}")

    def metric(self, asked: str, path: Path) -> Metric | None:
        """A metric that the file names; one that does not exist is a problem."""
        metrics = self.catalogue.metrics
        if asked not in metrics:
            self.problem(path, f"no metric {asked!r}.{did_you_mean(asked, metrics)}".rstrip("."))
            return None
        return metrics[asked]

    def reading(self, metric: Metric, asked: str | None, path: Path) -> Reading:
        """A reading that the file names, or the metric's own; one that does not exist is a problem."""
        names = [reading.name for reading in metric.readings]
        if asked and asked not in names:
            self.problem(
                (*path, "reading"),
                f"{metric.metric_id} has no reading {asked!r}; it has {', '.join(names)}"
                f".{did_you_mean(asked, names)}".rstrip("."),
            )
            asked = None
        return metric.reading(asked or metric.default_reading)


def formed(form: type[_Formed], name: str, text: Text, problems: list[str]) -> _Formed | None:
    """A file's content in its form; what does not fit is added to the problems, with the near miss."""
    try:
        return form.model_validate(text.content)
    except ValidationError as error:
        for detail in error.errors():
            path = tuple(str(part) for part in detail["loc"])
            message = detail["msg"].lower()
            if detail["type"] == _UNKNOWN:
                near = did_you_mean(path[-1], _names(form.model_json_schema()))
                message = f"nothing is called {path[-1]!r} here.{near}".rstrip(".")
            elif detail["type"] in _CHOICES:
                expected = str(detail.get("ctx", {}).get("expected", ""))
                words = [word.strip("'\" ") for word in expected.replace(" or ", ",").split(",")]
                message += f".{did_you_mean(str(detail['input']), words)}".rstrip(".")
            problems.append(f"{name} line {text.line(path)}, {'.'.join(path)}: {message}")
    return None


def _names(schema: Mapping[str, object]) -> list[str]:
    """All names that such a file may have anywhere."""
    parts = [schema, *_mappings(schema.get("$defs"))]
    return sorted({name for part in parts for name in _keys(part.get("properties"))})


def _mappings(held: object) -> list[Mapping[str, object]]:
    return [one for one in held.values() if isinstance(one, dict)] if isinstance(held, dict) else []


def _keys(held: object) -> list[str]:
    return [str(key) for key in held] if isinstance(held, dict) else []
