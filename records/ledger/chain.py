"""Whether the ledger is as it was written: every row against its link, every link against the one before.

A fault names the table and the row. What was cut off at the end leaves no trace in the ledger itself: it is
found by anchors, the number and hash of the last link as released editions and files that left the house
state them. How links are made is said in `links`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from records.ledger import links
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.report_tables import LEDGER_LINK, LINKED, RETURN_STEP

_SHORTEST: Final = 12
"""So many characters of a hash tell it from others."""
_ANCHOR: Final = re.compile(r"\s*(\d{1,9}):([0-9a-fA-F]{12,64})(?:…|\.\.\.)?\s*")
_SEQUENCES: Final = "sqlite_sequence"
_IN_FILE: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE tbl_name || '_no_%'"
    " AND sql LIKE '%RAISE(ABORT%' AND sql NOT LIKE '%WHEN%'"
)
_ON_SERVER: Final = (
    "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
)
"""The triggers that are there and work."""


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written.

    Attributes:
        kind: `altered`, `missing`, `added`, `reordered`, `link` (of the chain itself), `anchor` or `cut_off`.
        table: of the row; `ledger_link` of the chain itself.
        row: its number in the table; none if it cannot be told.
        sentence: what is wrong, for a person.
    """

    kind: str
    table: str
    row: int | None
    sentence: str


@dataclass(frozen=True, eq=False)
class Chain:
    """The chain of one ledger."""

    database: Database

    def head(self) -> links.Head:
        """The number and the hash of the last link; number 0 while nothing was ever entered.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading(since=links.SINCE) as connection:
            return (0, links.START) if connection is None else links.head(connection)

    def holds(self, anchor: links.Head) -> bool:
        """Whether an anchor is in the chain; its hash may be cut to its first characters.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        number, hashed = anchor
        if number == 0:
            return links.START.startswith(hashed)
        with self.database.reading(since=links.SINCE) as connection:
            return connection is not None and _holds(connection, number, hashed)

    def faults(self) -> tuple[Fault, ...]:
        """Everything that is not as it was written, by table and row; nothing if all of it is.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading(since=links.SINCE) as connection:
            if connection is None:
                return ()
            there = set(sa.inspect(connection).get_table_names())
            lost = tuple(
                _lost(table.name) for table in (*LINKED, LEDGER_LINK) if table.name not in there
            )
            if LEDGER_LINK.name not in there:
                return lost
            linked = list(connection.execute(links.as_kept(LEDGER_LINK)).mappings())
            return (
                *lost,
                *_of_links(linked),
                *(
                    fault
                    for table in LINKED
                    if table.name in there
                    for fault in _of_rows(connection, table, _known(linked, table))
                ),
                *(_of_anchors(connection) if RETURN_STEP.name in there else ()),
                *(_cut_off(connection, there) if self.database.is_file else ()),
            )

    def unguarded(self) -> tuple[str, ...]:
        """Tables whose rows the database no longer refuses to change or delete: their triggers are gone.

        Nothing need have been altered yet; but who took the triggers away meant to, and only they could.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading(since=links.SINCE) as connection:
            if connection is None:
                return ()
            found = set(
                connection.scalars(sa.text(_IN_FILE if self.database.is_file else _ON_SERVER))
            )
        ends = ("no_update", "no_delete") if self.database.is_file else ("only_added_to",)
        tables = [one.name for one in (*LINKED, LEDGER_LINK)]
        return tuple(one for one in tables if any(f"{one}_{end}" not in found for end in ends))

    def count(self) -> int:
        """How many rows are linked.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading(since=links.SINCE) as connection:
            if connection is None:
                return 0
            counted = sa.select(sa.func.count()).select_from(LEDGER_LINK)
            return connection.execute(counted).scalar_one()


def anchor_of(text: str) -> links.Head:
    """An anchor as files print it: `123:0f3a…`, at least twelve characters of the hash.

    >>> anchor_of("7:0123456789AB…")
    (7, '0123456789ab')

    Raises:
        LedgerUseError: if it is none.
    """
    found = _ANCHOR.fullmatch(text)
    if found is None:
        raise LedgerUseError(
            f"{text!r} is no anchor. Write it as it is printed: a number, a colon and at least {_SHORTEST} "
            "characters of the hash."
        )
    return int(found[1]), found[2].lower()


def _holds(connection: Connection, number: int, hashed: str) -> bool:
    kept = connection.scalar(sa.select(LEDGER_LINK.c.hash).where(LEDGER_LINK.c.number == number))
    return kept is not None and kept.startswith(hashed)


def _lost(table: str) -> Fault:
    return Fault("missing", table, None, f"The table {table} is gone, with every row in it.")


def _known(linked: list[RowMapping], table: sa.Table) -> dict[int, tuple[int, str]]:
    """Rows of a table as the chain knows them: the link's number and the row's hash, by row."""
    return {
        one["row_id"]: (one["number"], one["content_hash"])
        for one in linked
        if one["table_name"] == table.name
    }


def _of_links(linked: list[RowMapping]) -> Iterator[Fault]:
    """What is wrong with the chain itself."""
    names = {table.name for table in LINKED}
    last, previous = 0, links.START
    for one in linked:
        number, table, row = one["number"], one["table_name"], one["row_id"]
        about = f"Link {number} of the chain ({table}, row {row})"
        expected = links.link_hash(number, table, row, one["content_hash"], one["previous_hash"])
        if number != last + 1:
            gone = (
                f"Link {last + 1} of the chain is"
                if number == last + 2
                else (f"Links {last + 1} to {number - 1} of the chain are")
            )
            yield Fault(
                "link", LEDGER_LINK.name, last + 1, f"{gone} missing, before link {number}."
            )
        elif one["previous_hash"] != previous:
            why = f"does not follow link {last}: one of them was exchanged or moved"
            yield Fault("link", LEDGER_LINK.name, number, f"{about} {why}.")
        if one["hash"] != expected:
            yield Fault("link", LEDGER_LINK.name, number, f"{about} was altered.")
        if table not in names:
            yield Fault("link", LEDGER_LINK.name, number, f"{about} is of no table of the ledger.")
        last, previous = number, one["hash"]


def _of_rows(
    connection: Connection, table: sa.Table, known: Mapping[int, tuple[int, str]]
) -> Iterator[Fault]:
    """What is wrong with the rows of a table."""
    number, seen = links.number_of(table).name, set[int]()
    by_content = {content: row for row, (_, content) in known.items()}
    for row in connection.execute(links.as_kept(table)).mappings():
        row_id = row[number]
        seen.add(row_id)
        about = f"Row {row_id} of {table.name}"
        if row_id not in known:
            why = "was added past the product: the chain does not know it"
            yield Fault("added", table.name, row_id, f"{about} {why}.")
            continue
        link, content = known[row_id]
        try:
            found = links.content_hash(table, row)
        except (ValueError, ArithmeticError) as error:
            why = f"was altered after link {link} was made: {error}"
            yield Fault("altered", table.name, row_id, f"{about} {why}.")
            continue
        if found == content:
            continue
        if found in by_content:
            why = f"holds what row {by_content[found]} held: their order was changed"
            yield Fault("reordered", table.name, row_id, f"{about} {why}.")
        else:
            yield Fault(
                "altered", table.name, row_id, f"{about} was altered after link {link} was made."
            )
    for row_id in sorted(set(known) - seen):
        why = f"is missing: link {known[row_id][0]} of the chain knows it"
        yield Fault("missing", table.name, row_id, f"Row {row_id} of {table.name} {why}.")


def _of_anchors(connection: Connection) -> Iterator[Fault]:
    """Released editions say where the chain ended then."""
    step = RETURN_STEP.c
    stated = sa.select(step.step_id, step.package_id, step.anchor_number, step.anchor_hash).where(
        step.anchor_number.is_not(None)
    )
    for step_id, package, number, hashed in connection.execute(stated.order_by(step.step_id)):
        start = number == 0 and hashed == links.START
        if not start and not _holds(connection, number, str(hashed)):
            why = (
                f"states link {number} ({str(hashed)[:_SHORTEST]}…), which the chain does not hold"
            )
            yield Fault(
                "anchor",
                RETURN_STEP.name,
                step_id,
                f"The release of edition number {package} {why}.",
            )


def _cut_off(connection: Connection, there: set[str]) -> Iterator[Fault]:
    """SQLite keeps the largest number that it ever gave: rows after the last one are gone.

    PostgreSQL's numbers have gaps of their own, where a transaction was given up.
    """
    kept = sa.table(_SEQUENCES, sa.column("name", sa.Text), sa.column("seq", sa.Integer))
    rows = connection.execute(sa.select(kept.c.name, kept.c.seq))
    given = {one.name: one.seq for one in rows}
    largest = links.marks(connection) if there >= {one.name for one in LINKED} else {}
    for table in LINKED:
        last, ever = largest.get(table.name, 0), given.get(table.name, 0)
        if table.name in there and ever > last:
            yield Fault(
                "cut_off",
                table.name,
                last + 1,
                f"{table.name} once had {ever} rows and ends with row {last}: what followed was cut off.",
            )
