"""What leaves a page as a file: the header strip, and blocks of tables, pictures and sentences.

A page says once what it shows as a `Document`; the modules beside this one write it as a workbook, as plain
files with a dictionary, as one HTML file or on paper. Values are raw and exact: formats belong to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import polars as pl

from dashboards.i18n import Language
from dashboards.numbers import Format
from transforms.scorecards import Status


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
    MIXED = "mixed"
    """Another one in each row: `Column.by` names the column that holds the unit of a metric."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: its code, which plain files bear.
        label: its heading in the reader's language.
        content: what it holds.
        decimals: how many are shown; the value itself keeps all it has.
        note: what is to be known of it; the dictionary and the heading's comment say it.
        by: for mixed content, the column of `rows` with each row's unit (`transforms.catalogue.model.Unit`).
        labels: words for the codes that it holds, which people read in their place.
        told: whether it puts other columns into words: people have it, other programs do not.
    """

    name: str
    label: str
    content: Content = Content.TEXT
    decimals: int = 2
    note: str = ""
    by: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    told: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell as people read it.

    Attributes:
        text: what stands in it.
        under: a quieter line below.
        strong: whether it stands out, such as the line of the whole.
        indent: whether it is set in, below another.
        mark: a status whose glyph stands beside the text.
        svg: a drawing in place of the text, in the colours of light ground.
        alt: the drawing in words.
    """

    text: str = ""
    under: str = ""
    strong: bool = False
    indent: bool = False
    mark: Status | None = None
    svg: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Heading:
    """What stands above a column of a face.

    Attributes:
        text: its words.
        number: whether its cells are numbers, set to the right; a mark then follows the number.
        width: how wide it is, compared with the others.
        under: quieter lines below, such as a unit or a target.
    """

    text: str
    number: bool = False
    width: int = 10
    under: tuple[str, ...] = ()


@dataclass(frozen=True)
class Face:
    """How people see a table whose raw values side by side would tell them little: a scorecard, a matrix."""

    headings: tuple[Heading, ...]
    lines: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, eq=False)
class Table:
    """A table.

    Attributes:
        name: a short code, unique within its document: sheet and file are called by it.
        title: what stands above it, in the reader's language.
        columns: in order.
        rows: raw values, one column of that name for each of `columns`; nulls are what is missing.
        display: for people, the same cells as texts where raw values would not do (units by row); else none.
        shown: for HTML and paper, which columns people see; all of them if none is named.
        face: for HTML and paper, another arrangement of the same figures, with drawings; else none.
        notes: sentences below it: a legend, footnotes.
        aside: whether it only repeats in full what another block shows: folded away in HTML, not printed.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: pl.DataFrame
    display: pl.DataFrame | None = None
    face: Face | None = None
    notes: tuple[str, ...] = ()
    aside: bool = False
    shown: tuple[str, ...] = ()

    @property
    def plain(self) -> tuple[Column, ...]:
        """The columns that other programs get: codes and numbers, no sentences about them."""
        return tuple(column for column in self.columns if not column.told)


@dataclass(frozen=True)
class Picture:
    """A drawing.

    Attributes:
        title: what stands above it.
        svg: the drawing itself, in the colours of light ground.
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
        strip: the header strip as pairs of label and text: scope, period, comparison, version and so on;
            `dashboards.headline` gives it.
        filters: what the page was narrowed to, as pairs of label and text.
        message: the sentence the page opens with; may be empty.
        blocks: in the order of the page.
        definitions: the metrics used, as triples of code, name and definition.
        signatures: on paper, what stands below each line to sign on; empty if nobody signs it.
    """

    stem: str
    title: str
    strip: tuple[tuple[str, str], ...]
    filters: tuple[tuple[str, str], ...] = ()
    message: str = ""
    blocks: tuple[Block, ...] = ()
    definitions: tuple[tuple[str, str, str], ...] = field(default=())
    signatures: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))


@dataclass(frozen=True)
class Made:
    """For whom, when and how a file is made.

    Attributes:
        by: the person who takes it.
        at: when, in UTC.
        form: how numbers are printed, in which language and currency.
    """

    by: str
    at: datetime
    form: Format

    @property
    def language(self) -> Language:
        """The reader's language."""
        return self.form.language
