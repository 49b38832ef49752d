"""A published bank of any size for the dashboard's benchmark: `python -m benchmarks.dashboard_book DIR`.

A small bank that was built is copied unit by unit until there are as many units as asked for, and month by
month; every month is written and published the way a build does it. So the lake has the files, commits and
row sorts of one that was built, and figures that are alike in kind, without a book of loans behind them:
what is worked out on loans is measured elsewhere.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from records.access import Scope
from records.deliveries import ACCOUNT, LOAD_BATCH, REJECTED, Deliveries, TableDelivery
from records.ledger.ledger import Ledger
from records.published import CHECK_HISTORY, RESULTS, Publication, Published
from records.workspace import create, open_workspace
from transforms.periods import month_ends
from transforms.proposals import Proposal
from transforms.schema import TABLES, WIDE
from transforms.target_states import KEY, State

LAST: Final = date(2026, 10, 31)
MONTHS: Final = 36
NODES: Final = 1200
REGIONS: Final = 30
BRANCHES: Final = 250

_EVERYONE: Final = Scope.whole_bank("benchmark")
_RESTATED: Final = (5, 13)
"""How many months before the last one those lie that were delivered anew."""
_REBUILT: Final = (0, 1, 9)
"""Those that were built twice, as after a change of rules."""
_UNITS: Final = {"branch_id": True, "node_id": True}
"""Columns that name a unit."""
_AMOUNTS: Final = (
    *("numerator", "denominator", "value", "headroom_amount", "target_value", "near_band", "gap"),
    *("amount", "loan_balance", "ledger_balance", "quality_amount"),
)
_MONEY_UNITS: Final = ("currency", "count")


@dataclass(frozen=True, eq=False)
class Pattern:
    """A small bank's newest month, from which the large one is copied."""

    published: Published
    deliveries: Deliveries
    ledger: Ledger
    as_of: date

    @classmethod
    def of(cls, root: Path) -> "Pattern":
        """The newest published month of a workspace."""
        workspace = open_workspace(root)
        published = Published(workspace.lake).pinned()
        ledger = Ledger.of(workspace, lambda _: None)
        return cls(published, Deliveries(workspace.lake), ledger, published.require(None))

    def table(self, name: str) -> pl.DataFrame:
        """What the pattern's month holds of a result table."""
        current, newest = self.published.current(), self.published.newest_versions()
        run = current[self.as_of, newest[self.as_of]].run_id
        return self.published.draft(name, self.as_of, newest[self.as_of], run)


@dataclass(frozen=True, eq=False)
class Copies:
    """Which unit of the pattern each unit of the large bank is copied from, and how much larger it is.

    Attributes:
        nodes: the tree, columns of `hierarchy.NODE`.
        counts_for: `branch_id, node_id`.
        pairs: `pattern, unit, factor`.
    """

    nodes: pl.DataFrame
    counts_for: pl.DataFrame
    pairs: pl.DataFrame

    @classmethod
    def of(cls, pattern: Pattern, nodes: int, regions: int, branches: int) -> "Copies":
        """A tree of a head office, regions, branches below these, and sub-branches below those."""
        held = pattern.table("node").sort("depth", "node_id")
        by_level = {
            level: held.filter(pl.col("level") == level)
            for level in ("head", "region", "tier1", "tier2")
        }
        below = nodes - 1 - regions - branches
        region_ids = [f"R{number:02}" for number in range(1, regions + 1)]
        branch_ids = [f"B{number:03}" for number in range(1, branches + 1)]
        levels: tuple[tuple[str, Sequence[str], Sequence[str | None]], ...] = (
            ("head", ["HO"], [None]),
            ("region", region_ids, ["HO"] * regions),
            ("tier1", branch_ids, [region_ids[n % regions] for n in range(branches)]),
            (
                "tier2",
                [f"S{number:04}" for number in range(1, below + 1)],
                [branch_ids[n % branches] for n in range(below)],
            ),
        )
        tables = [
            pl.DataFrame(
                {"unit": units, "parent_id": parents},
                schema={"unit": pl.String, "parent_id": pl.String},
            )
            .with_row_index("place")
            .with_columns(row=pl.col("place") % by_level[level].height)
            .join(by_level[level].with_row_index("row"), on="row", suffix="_pattern")
            .with_columns(
                name_en=pl.format("{} {}", "name_en", "unit"),
                name_zh=pl.format("{}{}", "name_zh", "unit"),
                factor=(Decimal(1) + (pl.col("place") % 17) * Decimal("0.03")).cast(WIDE),
            )
            for level, units, parents in levels
        ]
        copied = pl.concat(tables)
        parents = dict(copied.select("unit", "parent_id").iter_rows())
        pairs = copied.select(pattern="node_id", unit="unit", factor="factor")
        tree = copied.select("level", "name_en", "name_zh", "depth", "parent_id", node_id="unit")
        counting = [
            (unit, above)
            for unit in copied.filter(pl.col("depth") > 1)["unit"]
            for above in _chain(unit, parents)
        ]
        counts = pl.DataFrame(
            counting, schema={"branch_id": pl.String, "node_id": pl.String}, orient="row"
        )
        return cls(tree, counts, pairs)

    def spread(self, rows: pl.DataFrame, column: str) -> pl.DataFrame:
        """Rows of the pattern for every unit that is copied from theirs; those of no unit once."""
        amounts = [name for name in _AMOUNTS if rows.schema.get(name) == WIDE]
        scaled = (
            pl.col("unit").is_in(_MONEY_UNITS) if "unit" in rows.columns else pl.lit(value=True)
        )
        pairs = self.pairs.rename({"pattern": column, "unit": "copied_to"})
        spread = rows.join(pairs, on=column, how="inner").with_columns(
            pl.when(scaled).then((pl.col(name) * pl.col("factor")).cast(WIDE)).otherwise(name)
            .alias(name)
            for name in amounts
        )  # fmt: skip
        everybodys = rows.filter(pl.col(column).is_null())
        told = spread.with_columns(pl.col("copied_to").alias(column)).select(rows.columns)
        return pl.concat([told, everybodys])


def _chain(unit: str, parents: Mapping[str, str | None]) -> list[str]:
    chain: list[str] = []
    at: str | None = unit
    while at is not None:
        chain.append(at)
        at = parents[at]
    return chain


@dataclass(frozen=True, eq=False)
class Large:
    """The large bank's tables of one month, from which all months are written."""

    copies: Copies
    tables: Mapping[str, pl.DataFrame]

    @classmethod
    def of(cls, pattern: Pattern, copies: Copies) -> "Large":
        """The pattern's tables spread over the units of the large bank."""
        tables = {"node": copies.nodes, "counts_for": copies.counts_for}
        for name in RESULTS:
            if name in tables:
                continue
            held = pattern.table(name)
            column = next((one for one in _UNITS if one in held.columns), None)
            tables[name] = held if column is None else copies.spread(held, column)
        order = ("metric_id", "reading", "branch_id", "slice", "member")
        tables["metric_fact"] = tables["metric_fact"].sort(*order)
        return cls(copies, tables)

    def of_month(self, name: str, back: int) -> pl.DataFrame:
        """A table as it stood some months back: amounts were smaller, and wavered."""
        rows = self.tables[name]
        if name not in {"metric_fact", "branch_measure", "node_measure"}:
            return rows
        size = Decimal(1000 - 4 * back) / 1000
        waver = Decimal(1000 + (back * 7919) % 11 - 5) / 1000
        return rows.with_columns(
            (pl.col(one) * (size if one in {"numerator", "denominator", "amount"} else waver)).cast(
                WIDE
            )
            for one in ("numerator", "denominator", "value", "amount")
            if one in rows.columns
        )


def write(
    root: Path,
    source: Path,
    *,
    months: int = MONTHS,
    nodes: int = NODES,
    regions: int = REGIONS,
    branches: int = BRANCHES,
) -> None:
    """Write a workspace with so many months of so many units, published.

    Args:
        root: a new folder.
        source: a workspace with a built month, copied from; a bank of four levels.
        months: how many months, up to `LAST`.
        nodes: how many units in all.
        regions: how many of them are regions.
        branches: how many are branches of the first tier.
    """
    pattern = Pattern.of(source)
    copies = Copies.of(pattern, nodes, regions, branches)
    large = Large.of(pattern, copies)
    workspace = create(root, name="Large Bank", base_currency="CNY")
    published, deliveries = Published(workspace.lake), Deliveries(workspace.lake)
    days = month_ends(LAST, months)
    for place, day in enumerate(days):
        back = len(days) - 1 - place
        _deliver(deliveries, pattern, copies, day, 1)
        _publish(published, large, day, 1, back, run=1)
        if back in _RESTATED:
            _deliver(deliveries, pattern, copies, day, 2)
            _publish(published, large, day, 2, back, run=1)
        if back in _REBUILT:
            _publish(published, large, day, 1, back, run=2)
    _enter_targets(
        Ledger.of(workspace, lambda _: None), pattern, copies, {day.year for day in days}
    )


def _moment(day: date, hours: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=8, hours=hours)


def _deliver(
    deliveries: Deliveries, pattern: Pattern, copies: Copies, day: date, version: int
) -> None:
    """A delivery of every table of the pattern's month: its account and its batches, no rows."""
    chosen = pattern.deliveries.batches().filter(pl.col("as_of_date") == pattern.as_of)
    if version > 1:
        chosen = chosen.filter(pl.col("table") == "loan_snapshot")
    newest = chosen.unique("table", keep="last", maintain_order=True)
    account = copies.spread(pattern.deliveries.account(_EVERYONE, pattern.as_of), "branch_id")
    stamps = ("as_of_date", "snapshot_version", "batch_id")
    tables = []
    for row in newest.to_dicts():
        name = row["table"]
        told = {key: row[key] for key in LOAD_BATCH if key not in (*stamps, "table")}
        told |= {
            "received_at": _moment(day, 24 * version),
            "reason": "Ledger closed late" if version > 1 else None,
            "content_hash": f"{day}{version}{name}",
        }
        own = account.filter(pl.col("table") == name).drop(stamps)
        tables.append(
            TableDelivery(
                name,
                told,
                pl.LazyFrame(schema={**TABLES[name].dtypes, "source_row_no": pl.Int64()}),
                pl.LazyFrame(schema=REJECTED).drop(stamps),
                own.select(column for column in ACCOUNT if column not in stamps),
            )
        )
    deliveries.store(day, version, f"{day:%Y%m}v{version}", tables)


def _publish(
    published: Published, large: Large, day: date, version: int, back: int, run: int
) -> None:
    run_id = f"run-{day:%Y%m}-{version}-{run}"
    for name in RESULTS:
        if name == "failing_row":
            _write_failing(published, large, day, version, run_id)
        else:
            published.write(name, large.of_month(name, back), day, version, run_id)
    at = _moment(day, 24 * version + run)
    verdicts = large.tables["check_result"].with_columns(
        run_id=pl.lit(run_id),
        run_time=pl.lit(at),
        as_of_date=pl.lit(day),
        snapshot_version=pl.lit(version),
        set_by=pl.lit("product"),
        parameters=pl.lit("{}"),
        detail=pl.lit(""),
    )
    published.record(verdicts.select(*CHECK_HISTORY))
    published.publish(Publication(day, version, f"{run_id}", "catalogue", "reference", run_id, at))


def _write_failing(
    published: Published, large: Large, day: date, version: int, run_id: str
) -> None:
    of_figures = pl.col("table") == "metric_fact"
    with tempfile.TemporaryDirectory(prefix="branchmark-bench-") as folder:
        for figures in (False, True):
            file = Path(folder) / f"failing_{figures}.parquet"
            rows = large.tables["failing_row"].filter(of_figures if figures else ~of_figures)
            rows.write_parquet(file)
            published.write_failing([file], day, version, run_id, figures=figures)


def _enter_targets(ledger: Ledger, pattern: Pattern, copies: Copies, years: set[int]) -> None:
    """The pattern's approved targets of a year, for every unit copied from theirs and every year."""
    entered = pattern.ledger.targets.all(_EVERYONE).filter(
        pl.col("state") == State.APPROVED.value,
        pl.col("period") == str(pattern.as_of.year),
    )
    spread = copies.spread(entered, "branch_id")
    names = (*KEY, "target_value", "near_band", "phasing", "phasing_shares", "base_value")
    for year in sorted(years):
        rows = spread.with_columns(period=pl.lit(str(year)))
        proposals = [
            Proposal(**{name: row[name] for name in names}, valid_from=date(year, 1, 1))
            for row in rows.to_dicts()
        ]
        at = datetime(year, 1, 5, 9, tzinfo=UTC)
        made = ledger.targets.enter(_EVERYONE, proposals, by="planning", at=at, submit=True)
        ledger.targets.approve(_EVERYONE, made.target_ids, by="finance", at=at)


def drawn(folder: Path) -> Path:
    """A small bank that is drawn, delivered and built by the product's own command."""
    root = folder / "pattern"
    command = [str(Path(sys.executable).with_name("branchmark")), "demo", "--no-serve"]
    options = ["--months", "2", "--loans", "6000", "-w", str(root)]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return root


def main() -> None:
    """Write the workspace and say how long it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard_book")
    parser.add_argument("root", type=Path, help="a new folder")
    parser.add_argument("--pattern", type=Path, help="a built workspace; else a small one is drawn")
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--nodes", type=int, default=NODES)
    given = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="branchmark-bench-") as folder:
        source = given.pattern or drawn(Path(folder))
        write(given.root, source, months=given.months, nodes=given.nodes)
    size = sum(one.stat().st_size for one in given.root.rglob("*.parquet")) / 1e6
    files = sum(1 for _ in given.root.rglob("*.parquet"))
    taken = time.perf_counter() - start
    print(
        f"{given.months} months of {given.nodes} units: {files} files, {size:.0f} MB, {taken:.0f} s"
    )


if __name__ == "__main__":
    main()
