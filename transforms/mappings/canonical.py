"""The mapping of files that bear the canonical names already; made from the columns, not from YAML.

One file holds one table. A flat loan file may carry its borrowers' attributes beside the loans and
then yields the borrowers too. Columns that the tables do not have are named, never dropped silently.
"""

import re
from collections.abc import Sequence
from typing import Final

from transforms import schema
from transforms.errors import MappingError, did_you_mean
from transforms.mappings.model import CANONICAL, ColumnRule, Mapping, StatedMonth, TableRules
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, SYSTEM_COLUMNS, Presence, Table

AS_OF_COLUMN: Final = "as_of_date"


def canonical_mapping(
    columns: Sequence[str], *, stem: str = "", table: str | None = None
) -> Mapping:
    """The mapping for a file with these columns.

    Args:
        columns: the file's own column names; capitals and outer blanks do not matter.
        stem: the file's name without folder and ending, `loan_snapshot_2026-10` for example.
        table: the table, where the person says so; otherwise the name decides, then the columns.

    Raises:
        MappingError: if no table fits, a required column is missing, or two columns are the same.
    """
    own = _folded(columns)
    chosen = schema.table(table) if table else _recognised(own, stem)
    missing = [c.name for c in chosen.columns if _required(c) and c.name not in own]
    if missing:
        near = did_you_mean(missing[0], list(columns))
        raise MappingError(
            CANONICAL,
            f"{chosen.name} needs {', '.join(missing)}, and the file does not have it",
            way_out=f"{near} The file has {', '.join(columns)}. `branchmark dictionary "
            f"{chosen.name}` lists the columns; a mapping gives other names their place.".lstrip(),
        )
    tables = {chosen.name: _rules(chosen, own)}
    if chosen is LOAN_SNAPSHOT:
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


def _folded(columns: Sequence[str]) -> dict[str, str]:
    """Canonical spelling to the file's own spelling."""
    own: dict[str, str] = {}
    for name in columns:
        folded = name.strip().lower()
        if folded in own:
            raise MappingError(
                CANONICAL,
                f"the columns {own[folded]!r} and {name!r} are the same",
                way_out="Rename or remove one of them.",
            )
        own[folded] = name
    return own


def _required(column: schema.Column) -> bool:
    return column.presence is Presence.REQUIRED


def _recognised(own: dict[str, str], stem: str) -> Table:
    words = re.sub(r"[^a-z]+", "_", stem.lower()).strip("_")
    named = [
        table
        for name, table in schema.TABLES.items()
        if words == name or words.startswith(f"{name}_")
    ]
    if named:
        return max(named, key=lambda table: len(table.name))
    fits = [
        table
        for table in schema.TABLES.values()
        if all(column.name in own for column in table.columns if _required(column))
    ]
    weight = {
        table.name: (
            sum(_required(column) for column in table.columns),
            len(set(table.column_names) & set(own)),
        )
        for table in fits
    }
    best = [table for table in fits if weight[table.name] == max(weight.values())]
    if len(best) != 1:
        why = "no table" if not best else " and ".join(table.name for table in best)
        raise MappingError(
            CANONICAL,
            f"the file's columns fit {why}: {', '.join(own.values())}",
            way_out="Name the file after its table (loan_snapshot_2026-10.csv), or say --table.",
        )
    return best[0]


def _rules(table: Table, own: dict[str, str], *, distinct: bool = False) -> TableRules:
    columns = {
        name: ColumnRule.model_validate({"from": own[name]})
        for name in table.column_names
        if name in own
    }
    return TableRules(distinct=distinct, columns=columns)


def _leftovers(own: dict[str, str], used: set[str]) -> list[str]:
    system = {column.name for column in SYSTEM_COLUMNS}
    strange = [name for folded, name in own.items() if folded not in used | system]
    ours = [name for folded, name in own.items() if folded in system - {AS_OF_COLUMN}]
    notes = (
        [f"Not used, no canonical column of that name: {', '.join(strange)}."] if strange else []
    )
    if ours:
        notes.append(f"Not used, the product counts these itself: {', '.join(ours)}.")
    return notes
