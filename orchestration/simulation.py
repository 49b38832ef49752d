"""A month computed under other reference data or definitions, and what would change; nothing is stored.

The months it compares with are computed under the changed rules too, so that a growth compares like with
like; for a large book that may be left out, and they stay as published.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from orchestration import months
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.reference import tables as reference_tables

_KEY: Final = ("metric_id", "reading", "branch_id")
_COMPARED: Final = ("numerator", "denominator", "value", "limit_value", "status", "reason")


@dataclass(frozen=True)
class Changed:
    """Files with rules to try: reference tables (CSV) and definitions (YAML), by name."""

    reference: Mapping[str, str] = field(default_factory=dict)
    catalogue: Mapping[str, str] = field(default_factory=dict)


def read(paths: Iterable[Path]) -> Changed:
    """Read the files of a simulation.

    Raises:
        BranchmarkError: if a file cannot be read, or is neither CSV nor YAML.
        UnknownNameError: if a CSV is named after no reference table.
    """
    reference: dict[str, str] = {}
    catalogue: dict[str, str] = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BranchmarkError(f"{path} cannot be read ({error}). Name a text file.") from None
        if path.suffix in (".yaml", ".yml"):
            catalogue[f"{path.stem}.yaml"] = text
        elif path.suffix != ".csv":
            raise BranchmarkError(
                f"{path} is neither a reference table (.csv) nor definitions (.yaml)."
            )
        elif path.stem not in reference_tables.NAMES:
            raise UnknownNameError(
                "reference table",
                path.stem,
                reference_tables.NAMES,
                way_out="Name the file after the table it replaces: "
                f"{', '.join(reference_tables.NAMES)}.",
            )
        else:
            reference[path.stem] = text
    return Changed(reference, catalogue)


def changes(
    bank: Bank,
    month: MonthAtWork,
    changed: Changed,
    *,
    bases_as_published: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> pl.DataFrame:
    """Every uncut figure of the month that would change: keys, and each column before and after.

    Args:
        bank: the bank as it is.
        month: the month.
        changed: the rules to try.
        bases_as_published: leave the months compared with as they are published.
        progress: told which month is being computed.

    Raises:
        ReferenceTableError: if a table contradicts itself.
        CatalogueError: if a definition cannot be used.
    """
    other = bank.under(reference=changed.reference, catalogue=changed.catalogue)
    progress(f"{month.as_of} as it is")
    before = _figures(month, months.published_bases(month))
    simulated = MonthAtWork(other, month.as_of, month.version)
    bases = (
        months.published_bases(simulated)
        if bases_as_published
        else _simulated_bases(simulated, progress)
    )
    progress(f"{month.as_of} under the changed rules")
    after = _figures(simulated, bases)
    joined = before.join(after, on=_KEY, how="full", coalesce=True, suffix="_after")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_after")) for name in _COMPARED)
    return (
        joined.filter(~same)
        .with_columns(change=pl.col("value_after") - pl.col("value"))
        .sort(*_KEY)
    )


def _simulated_bases(
    month: MonthAtWork, progress: Callable[[str], None]
) -> dict[date, pl.DataFrame]:
    published = month.bank.published.newest_versions()
    found = {}
    for day in month.base_dates:
        if day in published:
            progress(f"{day} under the changed rules")
            base = MonthAtWork.newest(month.bank, day)
            found[day] = months.taken(base, months.tree(base)).additive
    return found


def _figures(month: MonthAtWork, earlier: Mapping[date, pl.DataFrame]) -> pl.DataFrame:
    at = months.tree(month)
    measured = months.taken(month, at)
    reconciled = months.reconciliation(month)
    facts = months.figures(month, at, measured, reconciled, earlier=earlier)
    return facts.filter(pl.col("slice") == TOTAL).select(*_KEY, *_COMPARED, "unit")
