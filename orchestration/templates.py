"""Empty files for a bank to fill: the canonical tables as CSV headers, or as sheets of one workbook.

What stands in them comes from `transforms.schema` and from nowhere else. A filled one is delivered with
the mapping `canonical`; reading it back belongs in `orchestration.sources`.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from transforms.codes import CodeList
from transforms.errors import ExistingFileError
from transforms.schema import DAY, FLAG, TEXT, Column, Presence, Table

GUIDE: Final = "guide"
CODES: Final = "codes"
GUIDE_FILE: Final = "columns_guide.csv"
WORKBOOK: Final = "branchmark_template.xlsx"

_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Written as the day a workbook was made, so that the same tables give the same bytes."""
_ROWS: Final = 1_048_575
_FLAGS: Final = CodeList("flag", ())
_YES_NO: Final = ("Y", "N")


class Headers(StrEnum):
    """The language of the column names; both are read back."""

    EN = "en"
    ZH = "zh"


def written(
    tables: Sequence[Table], folder: Path, *, workbook: bool, headers: Headers, replace: bool
) -> tuple[Path, ...]:
    """Write the templates of the tables; a file that is there already may be filled, and is kept.

    Args:
        tables: one CSV file or sheet each.
        folder: made if it is not there.
        workbook: one Excel workbook, or else CSV files.
        headers: the language of the column names.
        replace: whether files that are there are written over.

    Raises:
        ExistingFileError: if one of the files is there and `replace` is not said.
    """
    if workbook:
        contents = {WORKBOOK: excel(tables, headers=headers)}
    else:
        contents = {f"{table.name}.csv": header_line(table, headers=headers) for table in tables}
        contents[GUIDE_FILE] = guide(tables)
    files = {folder / name: content for name, content in contents.items()}
    there = [path for path in files if path.exists()]
    if there and not replace:
        raise ExistingFileError(str(there[0]), way_out="Choose another --out, or say --replace.")
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        path.write_bytes(content)
    return tuple(files)


def header(table: Table, headers: Headers) -> tuple[str, ...]:
    """The column names as a file bears them."""
    return tuple(c.zh if headers is Headers.ZH else c.name for c in table.columns)


def header_line(table: Table, *, headers: Headers) -> bytes:
    """A CSV file of one line; with a byte order mark, without which Excel misreads Chinese."""
    return _csv([header(table, headers)])


def guide(tables: Sequence[Table]) -> bytes:
    """What every column is, as CSV."""
    rows = [_told(table, column) for table in tables for column in table.columns]
    return _csv([tuple(rows[0]), *(tuple(row.values()) for row in rows)])


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _told(table: Table, column: Column) -> dict[str, str]:
    """One line of the guide."""
    codes = column.code_list.codes if column.code_list else ()
    must = {Presence.REQUIRED: "required", Presence.OPTIONAL: "optional"}.get(
        column.presence, f"if empty: {column.assumed}"
    )
    return {
        "table": table.name,
        "表": table.zh,
        "column": column.name,
        "中文": column.zh,
        "meaning": column.en,
        "type": _kind(column),
        "unit": column.unit,
        "required": must,
        "codes": "; ".join(f"{code.code} {code.en} {code.zh}" for code in codes),
        "standard": column.standard,
    }


def _kind(column: Column) -> str:
    if column.dtype == DAY:
        return "date, 2026-10-31"
    if column.dtype == FLAG:
        return "Y or N"
    if isinstance(column.dtype, pl.Decimal):
        return f"number, {column.dtype.scale} decimals"
    return "text" if column.dtype == TEXT else "whole number"


def excel(tables: Sequence[Table], *, headers: Headers) -> bytes:
    """One workbook: a sheet for each table, the guide, and the codes that cells may hold."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"title": "branchmark template", "created": _NEVER})
    sheets = {table.name: book.add_worksheet(table.name) for table in tables}
    about, listed = book.add_worksheet(GUIDE), book.add_worksheet(CODES)
    must = book.add_format({"bold": True, "bg_color": "#F4D9C6", "bottom": 1})
    may = book.add_format({"bold": True, "bg_color": "#E7ECEF", "bottom": 1})
    formats = {
        kind: book.add_format({"num_format": pattern})
        for kind, pattern in {
            "text": "@",
            "date": "yyyy-mm-dd",
            "whole": "0",
            "money": "#,##0.00",
            "fraction": "0.00000000",
        }.items()
    }
    ranges = _code_sheet(listed, tables)
    for table in tables:
        sheet = sheets[table.name]
        sheet.freeze_panes(1, 0)
        names = header(table, headers)
        for at, (column, name) in enumerate(zip(table.columns, names, strict=True)):
            required = column.presence is Presence.REQUIRED
            sheet.set_column(at, at, max(12, 2 + _width(name)), formats[_format(column)])
            sheet.write_string(0, at, name, must if required else may)
            _validate(sheet, at, column, ranges)
    _guide_sheet(about, tables, may)
    book.close()
    return stream.getvalue()


def _format(column: Column) -> str:
    if column.dtype == DAY:
        return "date"
    if isinstance(column.dtype, pl.Decimal):
        return "money" if column.dtype.scale == 2 else "fraction"  # noqa: PLR2004 - cents
    return "whole" if column.dtype.is_integer() else "text"


def _width(name: str) -> int:
    """A Chinese character is as wide as two letters."""
    return sum(1 if character.isascii() else 2 for character in name)


def _list_of(column: Column) -> CodeList | None:
    return _FLAGS if column.dtype == FLAG else column.code_list


def _code_sheet(sheet: Worksheet, tables: Sequence[Table]) -> Mapping[str, str]:
    """Every code list once, a column each; the ranges that cells refer to."""
    lists = {
        found.name: found.values or _YES_NO
        for table in tables
        for column in table.columns
        if (found := _list_of(column)) is not None
    }
    ranges = {}
    for at, (name, words) in enumerate(lists.items()):
        letter = xlsxwriter.utility.xl_col_to_name(at)
        sheet.write_string(0, at, name)
        for row, word in enumerate(words, start=1):
            sheet.write_string(row, at, word)
        ranges[name] = f"={CODES}!${letter}$2:${letter}${len(words) + 1}"
    return ranges


def _validate(sheet: Worksheet, at: int, column: Column, ranges: Mapping[str, str]) -> None:
    """A list to choose from; other spellings may be typed, since the product knows many."""
    found = _list_of(column)
    told = f"{column.zh}\n{column.en}"[:255]
    rule: dict[str, object] = {"input_title": column.name[:32], "input_message": told}
    if found is None:
        rule["validate"] = "any"
    else:
        rule |= {
            "validate": "list",
            "source": ranges[found.name],
            "error_type": "warning",
            "error_title": "Not in the list",
            "error_message": "The product knows other spellings of the national standards, too.",
        }
    sheet.data_validation(1, at, _ROWS, at, rule)


def _guide_sheet(sheet: Worksheet, tables: Sequence[Table], bold: Format) -> None:
    rows = [_told(table, column) for table in tables for column in table.columns]
    sheet.freeze_panes(1, 0)
    for at, name in enumerate(rows[0]):
        sheet.write_string(0, at, name, bold)
        sheet.set_column(at, at, min(60, max(8, *(_width(row[name]) for row in rows)) + 2))
    for line, row in enumerate(rows, start=1):
        for at, text in enumerate(row.values()):
            sheet.write_string(line, at, text)
