"""YAML as text with line numbers: every scalar stays the text that was written, so that numbers are exact.

A key that stands twice is refused, and so are anchors, which no profile needs. What the text means
belongs in `forms` and `load`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

Path = tuple[str, ...]
_DEEPEST: Final = 20


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
        loader = yaml.BaseLoader(text)
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
    """What no profile needs and what would make a short file a long one, or a deep one."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
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
