"""The mapping of files that bear the canonical names already; made from the columns, not from YAML.

The Chinese terms of the tables' columns are canonical names too. One file holds one table. A flat loan
file may carry its borrowers' attributes beside the loans and then yields the borrowers too. Columns that
the tables do not have are named, never dropped silently.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from transforms import schema
from transforms.errors import MappingError, did_you_mean, listed
from transforms.mappings.model import CANONICAL, ColumnRule, Mapping, StatedMonth, TableRules
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, SYSTEM_COLUMNS, Presence, Table

AS_OF_COLUMN: Final = "as_of_date"


def canonical_mapping(
    columns: Sequence[str], *, stem: str = "", table: str | None = None
) -> Mapping:
    """The mapping for a file with these columns.

    Args:
        columns: the file's own column names, canonical or their Chinese terms; capitals, outer blanks
            and full-width signs do not matter.
        stem: the file's name without folder and ending, `loan_snapshot_2026-10` for example.
        table: the table, where the person says so; otherwise the name decides, then the columns.

    Raises:
        MappingError: if no table fits, a required column is missing, or two columns are the same.
    """
    _folded(columns)
    chosen = schema.table(table) if table else _recognised(columns, stem)
    own = _folded(columns, *([LOAN_SNAPSHOT, BORROWER_SNAPSHOT] if _is_flat(chosen) else [chosen]))
    missing = [c.name for c in chosen.columns if _required(c) and c.name not in own]
    if missing:
        near = did_you_mean(missing[0], list(columns))
        raise MappingError(
            CANONICAL,
            f"{chosen.name} needs {', '.join(missing)}, and the file does not have it",
            way_out=f"{near} The file has {listed(columns)}. `branchmark dictionary "
            f"{chosen.name}` lists the columns; a mapping gives other names their place.".lstrip(),
        )
    tables = {chosen.name: _rules(chosen, own)}
    if _is_flat(chosen):
        beside = set(BORROWER_SNAPSHOT.column_names) - set(LOAN_SNAPSHOT.column_names)
        if beside & set(own):
            tables[BORROWER_SNAPSHOT.name] = _rules(BORROWER_SNAPSHOT, own, distinct=True)
    used = {name for rules in tables.values() for name in rules.columns}
    return Mapping(
        name=CANONICAL,
        title="Files that bear the canonical names",
        notes=tuple(_leftovers(own, used)),
        as_of=StatedMonth(column=own[AS_OF_COLUMN]) if AS_OF_COLUMN in own else None,
        tables=tables,
    )


def folded(name: str) -> str:
    """A name without what does not matter: capitals, outer blanks, full-width signs.

    >>> folded(" Loan_ID"), folded("绿色融资标识（监管口径）") == folded("绿色融资标识(监管口径)")
    ('loan_id', True)
    """
    return unicodedata.normalize("NFKC", name).strip().lower()


def _is_flat(table: Table) -> bool:
    """Whether the table's file may carry its borrowers' attributes too."""
    return table is LOAN_SNAPSHOT


def terms(*tables: Table) -> dict[str, str]:
    """Every name of the tables' columns, canonical and Chinese, folded, to the canonical name.

    Where two columns have the same Chinese term, it is the first one's.
    """
    known = {folded(column.zh): column.name for column in reversed(SYSTEM_COLUMNS)}
    for table in reversed(tables):
        known |= {folded(column.zh): column.name for column in reversed(table.columns)}
    return known | {column.name: column.name for table in tables for column in table.columns}


def _folded(columns: Sequence[str], *tables: Table) -> dict[str, str]:
    """Canonical spelling to the file's own spelling, by the names of those tables."""
    known = terms(*tables) if tables else {}
    own: dict[str, str] = {}
    for name in columns:
        plain = folded(name)
        plain = known.get(plain, plain)
        if plain in own:
            raise MappingError(
                CANONICAL,
                f"the columns {own[plain]!r} and {name!r} are the same",
                way_out="Rename or remove one of them.",
            )
        own[plain] = name
    return own


def _required(column: schema.Column) -> bool:
    return column.presence is Presence.REQUIRED


def table_named(stem: str) -> Table | None:
    """The table that a file's or sheet's name begins with, in English or Chinese."""
    words = re.sub(r"[^a-z]+", "_", stem.lower()).strip("_")
    plain = folded(stem)
    named = [
        (max(len(table.name), len(table.zh)), table)
        for name, table in schema.TABLES.items()
        if words == name
        or words.startswith(f"{name}_")
        or re.match(rf"{re.escape(folded(table.zh))}(?![^\W\d_])", plain)
    ]
    return max(named, key=lambda each: each[0])[1] if named else None


def _recognised(columns: Sequence[str], stem: str) -> Table:
    named = table_named(stem)
    if named is not None:
        return named
    own = {name: _known(columns, table) for name, table in schema.TABLES.items()}
    fits = [
        table
        for table in schema.TABLES.values()
        if all(column.name in own[table.name] for column in table.columns if _required(column))
    ]
    weight = {
        table.name: (
            sum(_required(column) for column in table.columns),
            len(set(table.column_names) & own[table.name]),
        )
        for table in fits
    }
    best = [table for table in fits if weight[table.name] == max(weight.values())]
    if len(best) != 1:
        why = "no table" if not best else " and ".join(table.name for table in best)
        raise MappingError(
            CANONICAL,
            f"the file's columns fit {why}: {listed(columns)}",
            way_out="Name the file after its table (loan_snapshot_2026-10.csv), or say --table.",
        )
    return best[0]


def _known(columns: Sequence[str], table: Table) -> set[str]:
    """The canonical names that the columns stand for in that table."""
    known = terms(table)
    return {known.get(folded(name), folded(name)) for name in columns}


def _rules(table: Table, own: dict[str, str], *, distinct: bool = False) -> TableRules:
    columns = {
        name: ColumnRule.model_validate({"from": own[name]})
        for name in table.column_names
        if name in own
    }
    return TableRules(distinct=distinct, columns=columns)


def _leftovers(own: dict[str, str], used: set[str]) -> list[str]:
    system = {column.name for column in SYSTEM_COLUMNS}
    strange = [name for plain, name in own.items() if plain not in used | system]
    ours = [name for plain, name in own.items() if plain in system - {AS_OF_COLUMN}]
    notes = [f"Not used, no canonical column of that name: {listed(strange)}."] if strange else []
    if ours:
        notes.append(f"Not used, the product counts these itself: {', '.join(ours)}.")
    return notes
