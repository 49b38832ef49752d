"""A plain table of a page as HTML: headings, cells, a line for the whole; selectable and read aloud.

Cells are ready HTML: whoever makes them escapes what comes from data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Column:
    """A column: its heading, and how its cells are set.

    Attributes:
        heading: what stands above it.
        number: set to the right, in one line.
        tight: kept in one line.
        width: of the table, such as `30%`; as its cells need if empty.
    """

    heading: str
    number: bool = False
    tight: bool = False
    width: str = ""

    @property
    def kind(self) -> str:
        """The class of its cells."""
        return "bm-number" if self.number else "bm-cell" if self.tight else ""


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    caption: str,
    whole: Sequence[Sequence[str]] = (),
    least_width: int = 0,
) -> str:
    """The table.

    Args:
        columns: from left to right; the first names the row.
        rows: a cell a column, ready HTML.
        caption: what the table is, for those who cannot see it.
        whole: lines above them that stand for all.
        least_width: pixels below which it scrolls sideways within the page.
    """
    head = "".join(
        f'<th scope="col" class="{column.kind}"'
        + (f' style="width:{column.width}"' if column.width else "")
        + f">{escape(column.heading)}</th>"
        for column in columns
    )
    body = "".join(_line(columns, row, "bm-whole") for row in whole)
    body += "".join(_line(columns, row) for row in rows)
    style = f' style="min-width:{least_width}px"' if least_width else ""
    return (
        f'<div class="bm bm-wide" tabindex="0"><table class="bm-plain"{style} '
        f'aria-label="{escape(caption)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _line(columns: Sequence[Column], cells: Sequence[str], kind: str = "") -> str:
    first, *rest = zip(columns, cells, strict=True)
    inner = f'<th scope="row" class="{first[0].kind}">{first[1]}</th>' + "".join(
        f'<td class="{column.kind}">{cell}</td>' for column, cell in rest
    )
    return f'<tr class="{kind}">{inner}</tr>'
