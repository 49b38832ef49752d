"""A document as plain files for other programs: codes, every digit, a dictionary beside them, in one zip."""

import io
import zipfile
from collections.abc import Callable
from typing import Final

import polars as pl

from dashboards.exports.document import Column, Content, Document, Made, Table
from dashboards.exports.guarded import runs, to_csv
from dashboards.i18n import say

DICTIONARY: Final = "dictionary.csv"
ABOUT: Final = "about.csv"


def csv_files(document: Document, made: Made, *, mark: bool = True) -> bytes:
    """Each table as CSV, with dictionary and head, as one zip.

    Args:
        document: what is written.
        made: for whom and when.
        mark: whether a byte order mark stands before each file, which Excel on Windows needs for Chinese.
    """
    return _packed(document, made, "csv", lambda table: to_csv(flat(table), mark=mark), mark=mark)


def parquet_files(document: Document, made: Made) -> bytes:
    """Each table as Parquet with exact decimals, with dictionary and head, as one zip."""
    return _packed(document, made, "parquet", _parquet, mark=True)


def _parquet(table: Table) -> bytes:
    buffer = io.BytesIO()
    table.rows.select(column.name for column in table.plain).write_parquet(
        buffer, compression="zstd"
    )
    return buffer.getvalue()


def flat(table: Table) -> pl.DataFrame:
    """The columns of a table as CSV can hold them: lists joined."""
    frame = table.rows.select(column.name for column in table.plain)
    return frame.with_columns(
        pl.col(name).cast(pl.List(pl.String)).list.join("; ")
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.List)
    )


def _packed(
    document: Document, made: Made, suffix: str, write: Callable[[Table], bytes], *, mark: bool
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for table in document.tables:
            _add(packed, made, f"{table.name}.{suffix}", write(table))
        dictionary = to_csv(dictionary_of(document, made, suffix), mark=mark)
        _add(packed, made, DICTIONARY, dictionary)
        _add(packed, made, ABOUT, to_csv(about(document, made), mark=mark))
    return buffer.getvalue()


def _add(packed: zipfile.ZipFile, made: Made, name: str, data: bytes) -> None:
    """A file of the stated time, so that the same input gives the same bytes."""
    info = zipfile.ZipInfo(name, made.at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    packed.writestr(info, data)


def dictionary_of(document: Document, made: Made, suffix: str) -> pl.DataFrame:
    """A row a column of each file: what it is called, what it holds, which codes, what is to be known."""
    rows = [
        {
            "file": f"{table.name}.{suffix}",
            "column": column.name,
            "label": column.label,
            "content": content_text(column, made),
            "codes": "; ".join(f"{code}: {word}" for code, word in column.labels.items()),
            "note": column.note,
            "guarded": _guarded(table, column, made) if suffix == "csv" else "",
        }
        for table in document.tables
        for column in table.plain
    ]
    schema = dict.fromkeys(
        ("file", "column", "label", "content", "codes", "note", "guarded"), pl.String()
    )
    return pl.DataFrame(rows, schema=schema)


def content_text(column: Column, made: Made) -> str:
    """What a column holds, in words."""
    return say(
        made.language,
        f"ex_content_{column.content}",
        currency=made.form.currency,
        by=column.by,
    )


def _guarded(table: Table, column: Column, made: Made) -> str:
    """Said where it was done."""
    held = flat(table)[column.name]
    if column.content is not Content.TEXT or held.dtype != pl.String():
        return ""
    touched = any(runs(text) for text in held.drop_nulls().unique().to_list())
    return say(made.language, "ex_guarded") if touched else ""


def about(document: Document, made: Made) -> pl.DataFrame:
    """The head of the document and the definitions it rests on: `about, name, text`."""
    language = made.language
    rows = [
        ("document", say(language, "ex_title"), document.title),
        *(("strip", label, text) for label, text in document.strip),
        *(("filter", label, text) for label, text in document.filters),
        ("made", say(language, "ex_currency"), made.form.currency),
        ("made", say(language, "ex_made_by"), made.by),
        ("made", say(language, "ex_made_at"), f"{made.at:%Y-%m-%d %H:%M:%S} UTC"),
        *((f"metric {code}", name, text) for code, name, text in document.definitions),
    ]
    return pl.DataFrame(rows, schema=["about", "name", "text"], orient="row")
