"""A month computed under other reference data or definitions, and what would change; nothing is stored.

The months it compares with are computed under the changed rules too, so that a growth compares like with
like; for a large book that may be left out, and they stay as published.
"""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from orchestration import measuring, months
from orchestration.bank import Bank
from orchestration.months import MonthAtWork, StandIn
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.reference import tables as reference_tables
from transforms.schema import TABLES, Delivery, Presence

_KEY: Final = ("metric_id", "reading", "branch_id")
_COMPARED: Final = ("numerator", "denominator", "value", "limit_value", "status", "reason")


@dataclass(frozen=True)
class Changed:
    """Files with rules and lists to try.

    Attributes:
        reference: CSV text of reference tables, by name.
        catalogue: YAML text of definitions, by file name.
        lists: delivered tables that carry their own validity, such as technology lists, by name.
    """

    reference: Mapping[str, str] = field(default_factory=dict)
    catalogue: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, pl.LazyFrame] = field(default_factory=dict)


def read(paths: Iterable[Path]) -> Changed:
    """Read the files of a simulation.

    Raises:
        BranchmarkError: if a file cannot be read, or is neither CSV nor YAML.
        UnknownNameError: if a CSV is named after no table.
    """
    reference: dict[str, str] = {}
    catalogue: dict[str, str] = {}
    lists: dict[str, pl.LazyFrame] = {}
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
        elif path.stem in reference_tables.NAMES:
            reference[path.stem] = text
        elif path.stem in _CARRIED:
            lists[path.stem] = _rows(path, text)
        else:
            known = (*reference_tables.NAMES, *_CARRIED)
            raise UnknownNameError(
                "table",
                path.stem,
                known,
                way_out=f"Name the file after the table it replaces: {', '.join(known)}.",
            )
    return Changed(reference, catalogue, lists)


_CARRIED: Final = tuple(
    table.name for table in TABLES.values() if table.delivery is Delivery.CARRIED
)


def _rows(path: Path, text: str) -> pl.LazyFrame:
    """Rows of a canonical table from CSV under the canonical names.

    Raises:
        BranchmarkError: if a column is missing or a value is not of its type.
    """
    table = TABLES[path.stem]
    raw = pl.read_csv(io.StringIO(text), infer_schema=False)
    unknown = [name for name in raw.columns if name not in table.dtypes]
    if unknown:
        raise UnknownNameError(
            f"column of {table.name}",
            unknown[0],
            table.column_names,
            way_out=f"`branchmark dictionary {table.name}` lists the columns.",
        )
    missing = [c for c in table.columns if c.presence is Presence.REQUIRED and c.name not in raw]
    if missing:
        raise BranchmarkError(f"{path} has no column {missing[0].name}. Add it and run again.")
    try:
        typed = raw.select(
            _typed(name, dtype) if name in raw else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in table.dtypes.items()
        )
    except pl.exceptions.PolarsError as error:
        raise BranchmarkError(f"{path} holds a value of the wrong type ({error}).") from None
    return typed.lazy()


def _typed(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean():
        return pl.col(name).str.to_lowercase().replace_strict(_FLAGS).cast(dtype)
    if dtype == pl.Date():
        return pl.col(name).str.to_date()
    return pl.col(name).cast(dtype)


_FLAGS: Final = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


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
    stand_ins = {
        name: StandIn(rows, in_earlier_months=True) for name, rows in changed.lists.items()
    }
    simulated = MonthAtWork(other, month.as_of, month.version, stand_ins)
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
            base = replace(MonthAtWork.newest(month.bank, day), instead=month.instead_before)
            found[day] = measuring.taken(base, months.tree(base)).additive
    return found


def _figures(month: MonthAtWork, earlier: Mapping[date, pl.DataFrame]) -> pl.DataFrame:
    at = months.tree(month)
    measured = measuring.taken(month, at)
    reconciled = months.reconciliation(month)
    facts = months.figures(month, at, measured, reconciled, earlier=earlier)
    return facts.filter(pl.col("slice") == TOTAL).select(*_KEY, *_COMPARED, "unit")
