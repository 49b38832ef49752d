"""Trying a file against mappings without delivering it: what it may be, and whether a mapping fits it.

Nothing is written to a workspace here. What a proposal rests on is in `transforms.mappings.suggest`;
delivering belongs in `intake`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from orchestration import canonical_files
from orchestration.bank import Bank
from orchestration.sources import Source, open_source
from transforms import book
from transforms.book import ROW, ConformedTable
from transforms.errors import MappingError, WorkspaceError
from transforms.mappings.fit import Fit, fit, names_of
from transforms.mappings.model import (
    CANONICAL,
    Mapping,
    SourceRules,
    packaged,
    packaged_text,
    parse_mapping,
)
from transforms.mappings.proposal import as_yaml
from transforms.mappings.suggest import Suggestion, suggest

FIRST_ROWS: Final = 500
SPREAD_ROWS: Final = 500
"""A proposal rests on so many rows from the beginning, and so many spread evenly over the rest."""
PROBLEMS_SHOWN: Final = 10


@dataclass(frozen=True)
class Known:
    """A mapping that can be named: whose it is, and its text."""

    name: str
    whose: str
    text: str


@dataclass(frozen=True)
class ProblemCount:
    """How many rows of a table break an intake rule in one column."""

    table: str
    rule: str
    column: str
    rows: int


@dataclass(frozen=True)
class ProblemRow:
    """One row that cannot be read: where, and what was delivered."""

    table: str
    row: int
    column: str
    rule: str
    delivered: str | None


@dataclass(frozen=True, eq=False)
class Trial:
    """What would become of a file under a mapping.

    Attributes:
        as_of: the month end it was tried for.
        fit: names asked for and left over.
        counts: delivered, in_month, outside, undecided rows.
        tables: name, rows, and rows with a problem.
        problems: how many rows have which problem.
        first: the first rows with problems.
        notes: what a delivery would say beside the figures.
    """

    as_of: date
    fit: Fit
    counts: dict[str, int]
    tables: tuple[tuple[str, int, int], ...]
    problems: tuple[ProblemCount, ...]
    first: tuple[ProblemRow, ...]
    notes: tuple[str, ...]


def known(root: Path | None) -> tuple[Known, ...]:
    """The mappings of the workspace, if there is one in that folder, and then the product's.

    A mapping of the workspace stands before the product's of the same name.
    """
    found = {}
    for bank in _bank(root):
        for file, text in bank.workspace.texts("mappings", ".yaml").items():
            name = file.removesuffix(".yaml")
            found[name] = Known(name, "workspace", text)
    for name in packaged():
        found.setdefault(name, Known(name, "product", packaged_text(name)))
    return tuple(found[name] for name in sorted(found))


def _bank(root: Path | None) -> Sequence[Bank]:
    if root is None:
        return ()
    try:
        return (Bank.at(root),)
    except WorkspaceError:
        return ()


def find(root: Path | None, name: str) -> Known:
    """A mapping by its name, or by the path of its text.

    Raises:
        MappingError: if there is none.
    """
    path = Path(name)
    if path.suffix == ".yaml" and path.is_file():
        return Known(path.stem, str(path), path.read_text(encoding="utf-8"))
    own = next((each for each in known(root) if each.name == name), None)
    return own or Known(name, "product", packaged_text(name))


def proposed(
    path: Path, *, scratch: Path, table: str | None = None, records: tuple[str, ...] = ()
) -> tuple[Suggestion, str]:
    """A suggestion for a file, and its text as a mapping.

    Args:
        path: the file.
        scratch: a folder for copies.
        table: the canonical table, where a person knows.
        records: where the records of a JSON file stand.

    Raises:
        UnreadableFileError: if the file cannot be read whole.
        UnknownNameError: if there is no such table.
    """
    source = open_source(path, scratch=scratch, rules=SourceRules(records=records))
    suggestion = suggest(sampled(source), table)
    text = as_yaml(suggestion, file=path.name, rows=source.rows, records=records)
    return suggestion, text


def sampled(source: Source) -> pl.DataFrame:
    """At most a thousand rows: the first ones, and as many spread evenly over the rest."""
    rest = max(0, source.rows - FIRST_ROWS)
    step = max(1, -(-rest // SPREAD_ROWS))
    number = pl.col(ROW)
    chosen = (number <= FIRST_ROWS) | ((number - FIRST_ROWS) % step == 0)
    flat = [name for name, dtype in source.frame.collect_schema().items() if not dtype.is_nested()]
    return source.frame.filter(chosen).select(flat).drop(ROW).collect()


def tried(
    path: Path,
    mapping_name: str,
    *,
    root: Path | None,
    scratch: Path,
    as_of: date | None,
    base_currency: str = "CNY",
) -> Trial:
    """What would become of the file under the mapping; every row is read.

    Args:
        path: the file.
        mapping_name: name of a mapping, path of its text, or `canonical`.
        root: the workspace whose mappings and currency count, if there is one.
        scratch: a folder for copies, kept until the trial is done.
        as_of: the month end; the file's own statement if not given.
        base_currency: of amounts without a currency, where there is no workspace.

    Raises:
        MappingError: if columns are missing, all of them named at once, or no month is stated.
        UnreadableFileError: if the file cannot be read whole.
    """
    source, mapping = _opened(path, mapping_name, root, scratch)
    how = fit(mapping, source.columns)
    if how.lacking:
        listed = "; ".join(f"{name!r} ({where})" for name, where in how.lacking)
        raise MappingError(
            mapping.name,
            f"{path.name} lacks {listed}",
            way_out=f"The file has {', '.join(source.columns)}.",
        )
    day = as_of or _stated(source, mapping)
    currency = next((bank.workspace.base_currency for bank in _bank(root)), base_currency)
    conformed = book.conform(
        source.frame, mapping, as_of=day, base_currency=mapping.base_currency or currency
    )
    tables = [(table, table.frame.select(ROW, "problems").collect()) for table in conformed.tables]
    notes = dict.fromkeys(
        note
        for notes in (source.notes, mapping.notes, *(table.notes for table, _ in tables))
        for note in notes
    )
    return Trial(
        as_of=day,
        fit=how,
        counts=conformed.counts.collect().row(0, named=True),
        tables=tuple(
            (table.name, rows.height, rows.filter(pl.col("problems").list.len() > 0).height)
            for table, rows in tables
        ),
        problems=tuple(count for table, rows in tables for count in _counted(table, rows)),
        first=tuple(row for table, rows in tables for row in _first(source, mapping, table, rows)),
        notes=tuple(notes),
    )


def _opened(
    path: Path, mapping_name: str, root: Path | None, scratch: Path
) -> tuple[Source, Mapping]:
    if mapping_name == CANONICAL:
        (source, mapping), *others = canonical_files.opened(path, scratch=scratch)
        if others:
            tried_here = ", ".join(mapping.tables)
            rest = ", ".join(table for _, other in others for table in other.tables)
            note = f"Tried: {tried_here}. A delivery would also bring {rest}."
            source = replace(source, notes=(*source.notes, note))
        return source, mapping
    found = find(root, mapping_name)
    mapping = parse_mapping(found.name, found.text)
    return open_source(path, scratch=scratch, rules=mapping.source), mapping


def _stated(source: Source, mapping: Mapping) -> date:
    months = book.stated_months(source.frame, mapping)
    days: list[date] = []
    if months is not None:
        days += months.collect()["as_of_date"].drop_nulls().to_list()
    if len(days) != 1:
        said = "states no month" if not days else f"states {len(days)} months"
        raise MappingError(
            mapping.name,
            f"{source.path.name} {said}",
            way_out="Say which month end it is about with --as-of YYYY-MM-DD.",
        )
    return days[0]


def _exploded(rows: pl.DataFrame) -> pl.DataFrame:
    parts = pl.col("problems").str.splitn(":", 2)
    return (
        rows.explode("problems")
        .drop_nulls("problems")
        .select(
            ROW,
            rule=parts.struct.field("field_0"),
            column=parts.struct.field("field_1"),
        )
    )


def _counted(table: ConformedTable, rows: pl.DataFrame) -> list[ProblemCount]:
    counted = _exploded(rows).group_by("rule", "column").agg(rows=pl.len()).sort("rule", "column")
    return [ProblemCount(table.name, *row) for row in counted.iter_rows()]


def _first(
    source: Source, mapping: Mapping, table: ConformedTable, rows: pl.DataFrame
) -> list[ProblemRow]:
    """The first problems of a table, with the value as it was delivered where it is one column's."""
    first = _exploded(rows).sort(ROW, "rule", "column").head(PROBLEMS_SHOWN)
    numbers = first[ROW].unique().implode()
    delivered = {
        row[ROW]: row
        for row in source.frame.filter(pl.col(ROW).is_in(numbers)).collect().iter_rows(named=True)
    }
    rules = mapping.tables[table.name].columns
    shown = []
    for number, rule, column in first.iter_rows():
        names = [
            mapping.read[name].source if name in mapping.read else name
            for name in (names_of(rules[column]) if column in rules else [])
        ]
        row = delivered[number]
        words = [
            f"{name} = {'(empty)' if row.get(name) is None else row[name]}"
            for name in dict.fromkeys(names)
        ]
        shown.append(ProblemRow(table.name, number, column, rule, "; ".join(words) or None))
    return shown
