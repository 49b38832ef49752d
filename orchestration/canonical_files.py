"""Opens files that bear the canonical names: a table a file, or a workbook with a table a sheet.

Which columns a table has is recognised in `transforms.mappings.canonical`; how a kind of file is read
belongs in `sources`.
"""

import zipfile
from dataclasses import replace
from pathlib import Path

from orchestration.sources import Source, open_source
from orchestration.sources.workbook import Workbook
from transforms.errors import MappingError
from transforms.mappings.canonical import canonical_mapping, table_named
from transforms.mappings.model import CANONICAL, Mapping, SourceRules, with_stated_units


def opened(
    path: Path, *, scratch: Path, table: str | None = None
) -> tuple[tuple[Source, Mapping], ...]:
    """The file's tables, each with what its columns mean: one, but for workbooks of several sheets.

    A sheet named after a table is that table; its other sheets are named in a note, and sheets of such
    a workbook that hold no rows deliver nothing.

    Args:
        path: the delivered file.
        scratch: a folder for copies, kept as long as the frames are used.
        table: the table, where a person says so; then there is one.

    Raises:
        UnreadableFileError: if the file cannot be read whole.
        MappingError: if no table fits, or all sheets are empty.
    """
    source = open_source(path, scratch=scratch)
    sheets = _sheets(path) if source.format == "excel" and table is None else ()
    tables = tuple(sheet for sheet in sheets if table_named(sheet) is not None)
    if not tables:
        found = canonical_mapping(source.columns, stem=path.stem, table=table)
        return ((source, with_stated_units(found)),)
    read = [
        (sheet, open_source(path, scratch=scratch, rules=SourceRules(sheet=(sheet,))))
        for sheet in tables
    ]
    filled = [(sheet, source) for sheet, source in read if source.rows]
    if not filled:
        raise MappingError(
            CANONICAL,
            f"the sheets {', '.join(tables)} of {path.name} hold no rows",
            way_out="Fill at least one and deliver the workbook again.",
        )
    notes = _notes(path, sheets, tables, [sheet for sheet, _ in filled])
    return tuple(
        (
            replace(source, notes=(*source.notes, *notes)),
            with_stated_units(canonical_mapping(source.columns, stem=sheet)),
        )
        for sheet, source in filled
    )


def _sheets(path: Path) -> tuple[str, ...]:
    """The names of the visible sheets of a workbook that has been opened already."""
    with zipfile.ZipFile(path) as archive:
        return tuple(sheet.name for sheet in Workbook(archive).sheets if sheet.visible)


def _notes(
    path: Path, sheets: tuple[str, ...], tables: tuple[str, ...], filled: list[str]
) -> list[str]:
    others = [sheet for sheet in sheets if sheet not in tables]
    empty = [sheet for sheet in tables if sheet not in filled]
    told = []
    if others:
        told.append(f"{path.name}: sheets named after no table, not used: {', '.join(others)}.")
    if empty:
        told.append(f"{path.name}: sheets without rows: {', '.join(empty)}.")
    return told
