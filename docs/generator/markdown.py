"""How generated pages are written down: tables, cells and paragraphs in Markdown.

Names and links are marked by `dashboards.definitions.marks`; what a page says belongs in its own module.
"""

from collections.abc import Iterable, Iterator, Sequence

from dashboards.definitions.marks import NOTHING


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
