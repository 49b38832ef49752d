"""Whether a mapping fits a file's columns: what it asks for, what the file lacks, what it leaves over.

Names only. Whether the *values* can be read shows in the conformed rows (`transforms.book`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from transforms.mappings import sql
from transforms.mappings.model import ColumnRule, Mapping


@dataclass(frozen=True)
class Fit:
    """What a mapping and a file have of each other.

    Attributes:
        lacking: columns that the mapping needs and the file does not have, with the places that ask.
        absent: the same for columns that may be absent.
        unused: the file's columns that nothing asks for.
    """

    lacking: tuple[tuple[str, str], ...]
    absent: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]


def fit(mapping: Mapping, columns: Sequence[str]) -> Fit:
    """How the mapping and a file with these columns fit.

    Args:
        mapping: the mapping.
        columns: the file's own column names.
    """
    lacking: dict[str, str] = {}
    absent: dict[str, str] = {}
    asked = set()
    for name, where, optional in _asked(mapping):
        asked.add(name)
        if name not in columns:
            (absent if optional else lacking).setdefault(name, where)
    return Fit(
        tuple(lacking.items()),
        tuple((name, where) for name, where in absent.items() if name not in lacking),
        tuple(name for name in columns if name not in asked),
    )


def _asked(mapping: Mapping) -> Iterator[tuple[str, str, bool]]:
    """Every file column the mapping names, where, and whether it may be absent."""
    if mapping.as_of is not None:
        yield mapping.as_of.column, "as_of", mapping.as_of.optional
    for label, reading in mapping.read.items():
        yield reading.source, f"read.{label}", reading.optional
        if reading.plus_months is not None and not reading.plus_months.lstrip("-").isdigit():
            yield from _unread(mapping, [reading.plus_months], f"read.{label}", optional=False)
    if mapping.include is not None:
        yield from _unread(mapping, _roots(mapping.include), "include", optional=False)
    for table, rules in mapping.tables.items():
        for column, rule in rules.columns.items():
            yield from _unread(mapping, names_of(rule), f"{table}.{column}", optional=rule.optional)


def names_of(rule: ColumnRule) -> list[str]:
    """The file columns and readings that a canonical column is made from."""
    if rule.sql is not None:
        return _roots(rule.sql)
    return [] if rule.source is None else [rule.source]


def _roots(statement: str) -> list[str]:
    return list(dict.fromkeys(sql.expression(statement, date(2000, 1, 31)).meta.root_names()))


def _unread(
    mapping: Mapping, names: Sequence[str], where: str, *, optional: bool
) -> Iterator[tuple[str, str, bool]]:
    """The names that are the file's: a reading's own column is asked for by the reading."""
    for name in names:
        if name not in mapping.read:
            yield name, where, optional
