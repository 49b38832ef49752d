"""How generated pages are written down: tables, cells, names and links in Markdown.

What a page says belongs in the module of that page.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

NOTHING: Final = "–"
"""A cell with nothing to say."""

_PLACEHOLDER: Final = re.compile(r":([a-z_][a-z0-9_]*)")


def cell(value: object) -> str:
    """A value inside a table: one line, and no bar of its own."""
    return " ".join(str(value).split()).replace("|", "\\|") or NOTHING


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table and the empty line after it."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"
    yield ""


def paragraph(text: str) -> Iterator[str]:
    """A text and the empty line after it."""
    yield text
    yield ""


def code(text: str) -> str:
    """Text set apart as a name or SQL, on one line."""
    return f"`{' '.join(text.split())}`"


def codes(names: Iterable[str], joiner: str = ", ") -> str:
    """Several names, each set apart."""
    return joiner.join(map(code, names))


def link(name: str, text: str = "") -> str:
    """A link to the heading of that name on the same page."""
    return f"[{text or name}](#{name})"


def worded(label: str) -> str:
    """A label whose `:threshold` is set apart as a name."""
    return _PLACEHOLDER.sub(lambda match: code(match.group(1)), label)
