"""What leaves a page as a file: the header strip, and blocks of tables, pictures and sentences.

A page says once what it shows as a `Document`; the modules beside this one write it as a workbook, as plain
files with a dictionary, as one HTML file or on paper. Values are raw and exact: formats belong to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl


class Content(StrEnum):
    """What a column holds, which decides how it is written."""

    TEXT = "text"
    DATE = "date"
    COUNT = "count"
    MONEY = "money"
    """An amount in the base currency, in full."""
    RATIO = "ratio"
    """A share as a fraction: 0.15 is 15 %."""
    NUMBER = "number"
    """Anything else that is measured: points, basis points, days, indices."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: its code, which plain files bear.
        label: its heading in the reader's language.
        content: what it holds.
        decimals: how many are shown; the value itself keeps all it has.
        note: what is to be known of it; the dictionary and the heading's comment say it.
    """

    name: str
    label: str
    content: Content = Content.TEXT
    decimals: int = 2
    note: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """A table.

    Attributes:
        name: a short code, unique within its document: sheet and file are called by it.
        title: what stands above it, in the reader's language.
        columns: in order.
        rows: raw values, one column of that name for each of `columns`; nulls are what is missing.
        display: for people, the same cells as texts where raw values would not do (units by row); else none.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: pl.DataFrame
    display: pl.DataFrame | None = None


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Attributes:
        title: what stands above it.
        svg: the drawing itself.
        alt: the same in words.
    """

    title: str
    svg: str
    alt: str


@dataclass(frozen=True)
class Words:
    """A heading and sentences."""

    title: str
    sentences: tuple[str, ...]


Block = Table | Picture | Words


@dataclass(frozen=True, eq=False)
class Document:
    """A page as a file.

    Attributes:
        stem: what files are called, in ASCII, without an ending.
        title: of the page.
        strip: the header strip as pairs of label and text: scope, period, comparison, version and so on.
        filters: what the page was narrowed to, as pairs of label and text.
        message: the sentence the page opens with; may be empty.
        blocks: in the order of the page.
        definitions: the metrics used, as triples of code, name and definition.
    """

    stem: str
    title: str
    strip: tuple[tuple[str, str], ...]
    filters: tuple[tuple[str, str], ...] = ()
    message: str = ""
    blocks: tuple[Block, ...] = ()
    definitions: tuple[tuple[str, str, str], ...] = field(default=())
