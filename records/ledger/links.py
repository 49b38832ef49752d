"""How rows of the ledger are linked into a chain: what of a row is hashed, and the link of each new row.

A row is told in one text, the same on every database, and its hash is tied to the one before it. Links are
made by `Database.writing` at the end of every transaction; whether they still hold is asked by `chain`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from records.ledger.report_tables import LEDGER_LINK, LINKED
from records.ledger.tables import Exact, Instant, exact_text, moment_text

START: Final = hashlib.sha256(b"branchmark ledger").hexdigest()
"""What the first link is tied to."""
SINCE: Final = "0004"
"""The revision that brought the chain."""

Head = tuple[int, str]
"""The number and the hash of the last link; 0 and `START` before there is any."""
Marks = Mapping[str, int]
"""The largest number of a row of each table."""


def number_of(table: sa.Table) -> sa.Column[int]:
    """The column that numbers the rows of a table."""
    return next(iter(table.primary_key.columns))


def content_of(table: sa.Table, row: RowMapping) -> str:
    """What is hashed of a row: every column that holds something, with its type, but not its number.

    The number stands in the link: two rows that changed places are told by it.

    Raises:
        ValueError, ArithmeticError: if a column holds what is no value of it.
    """
    number = number_of(table).name
    told = {
        column.name: _told(column, row[column.name])
        for column in table.columns
        if column.name != number and row[column.name] is not None
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(table: sa.Table, row: RowMapping) -> str:
    """SHA-256 of `content_of`.

    Raises:
        ValueError, ArithmeticError: if a column holds what is no value of it.
    """
    return hashlib.sha256(content_of(table, row).encode()).hexdigest()


def link_hash(number: int, table: str, row_id: int, content: str, previous: str) -> str:
    """The hash of a link."""
    return hashlib.sha256(
        f"{number}\n{table}\n{row_id}\n{content}\n{previous}".encode()
    ).hexdigest()


def head(connection: Connection) -> Head:
    """The last link."""
    last = sa.select(LEDGER_LINK.c.number, LEDGER_LINK.c.hash)
    found = connection.execute(last.order_by(LEDGER_LINK.c.number.desc()).limit(1)).first()
    return (0, START) if found is None else (found[0], found[1])


def marks(connection: Connection) -> Marks:
    """The largest number of a row of each table: one question for all of them."""
    rows = connection.execute(_MARKS)
    return {name: largest for name, largest in rows if largest is not None}


def link(connection: Connection, before: Marks) -> None:
    """Tie to the chain what was added since some marks; what got in past the product stays untied."""
    new = [
        (table.name, number, hashed)
        for table, largest in _grown(before, marks(connection))
        for number, hashed in _contents(connection, table, largest)
    ]
    if not new:
        return
    last, previous = head(connection)
    links = []
    for number, (table, row_id, content) in enumerate(new, start=last + 1):
        hashed = link_hash(number, table, row_id, content, previous)
        links.append(
            {
                "number": number,
                "table_name": table,
                "row_id": row_id,
                "content_hash": content,
                "previous_hash": previous,
                "hash": hashed,
            }
        )
        previous = hashed
    connection.execute(sa.insert(LEDGER_LINK), links)


def as_kept(table: sa.Table) -> sa.Select[*tuple[Any, ...]]:
    """Rows as the database keeps them: what is no value of its column comes out as it is."""
    columns = [sa.type_coerce(one, sa.types.NullType()).label(one.name) for one in table.columns]
    return sa.select(*columns).order_by(number_of(table))


def _grown(before: Marks, after: Marks) -> Iterable[tuple[sa.Table, int]]:
    for table in LINKED:
        known = before.get(table.name, 0)
        if after.get(table.name, 0) > known:
            yield table, known


def _contents(connection: Connection, table: sa.Table, known: int) -> Iterable[tuple[int, str]]:
    number = number_of(table)
    for row in connection.execute(as_kept(table).where(number > known)).mappings():
        yield row[number.name], content_hash(table, row)


def _told(column: sa.Column[object], value: object) -> str:
    """A value with its type before it, so that no two values are told alike."""
    kind = column.type
    if isinstance(kind, Exact):
        return f"decimal {exact_text(Decimal(str(value)))}"
    if isinstance(kind, Instant):
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return f"moment {moment_text(moment)}"
    if isinstance(kind, sa.Date):
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
        return f"day {day.isoformat()}"
    if isinstance(kind, sa.Boolean) and value in {0, 1}:
        return f"truth {int(bool(value))}"
    if isinstance(kind, sa.Integer) and not isinstance(kind, sa.Boolean) and type(value) is int:
        return f"number {value}"
    if isinstance(kind, sa.Text) and isinstance(value, str):
        return f"text {value}"
    raise ValueError(f"{column.name} holds {value!r}")


_MARKS: Final = sa.union_all(
    *(sa.select(sa.literal(one.name), sa.func.max(number_of(one))) for one in LINKED)
)
