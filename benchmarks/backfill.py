"""Many months: all of them anew by one process and by several, none of them, and what one change makes stale.

The bank is a demo bank made by the product's own command, or a copy of a given one; its months are built by
`branchmark build`, with all suites, as a bank builds them.
"""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.timing import THREADS, progress
from benchmarks.whole_months import command
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from records.workspace import open_workspace
from transforms.schema import GL_CONTROL_TOTAL

_ONE = ("--force", "--processes", "1")
_EVERYONE = Scope.whole_bank("benchmark")


def measured(folder: Path, *, months: int, loans: int, bank: Path | None) -> dict[str, Any]:
    """What building, rebuilding and changing so many months takes.

    Args:
        folder: where the bank is written.
        months: month ends.
        loans: loans a month.
        bank: a built demo bank, copied instead of drawing one; it says then how many months there are.
    """
    root = folder / "backfill"
    if bank is None:
        progress(f"drawing and delivering {months} months of {loans:,} loans")
        size = ["--months", str(months), "--loans", str(loans)]
        command(["demo", "--no-serve", *size, "-w", str(root)])
    else:
        shutil.copytree(bank, root)
    lake = open_workspace(root).lake
    told: dict[str, Any] = {"months": len(Deliveries(lake).months())}
    for name, words in _builds().items():
        progress(f"building {told['months']} months: {name.replace('_', ' ')}")
        seconds, cpu = command(["build", *words, "-w", str(root)])
        told[f"{name}_seconds"], told[f"{name}_cpu_seconds"] = round(seconds, 2), round(cpu, 2)
    told["speed_up"] = round(told["one_process_seconds"] / told["processes_seconds"], 2)
    progress(f"building {THREADS} such banks at once, each by a process of its own")
    told["apart_seconds"] = round(_apart(root, folder), 2)
    told["most"] = round(THREADS * told["one_process_seconds"] / told["apart_seconds"], 2)
    days = Deliveries(lake).months()
    changed = days[len(days) // 2]
    _redeliver(root, folder, changed)
    before = Published(lake).publications().height
    progress(f"building after {changed} was delivered anew")
    seconds, _ = command(["build", "-w", str(root)])
    built = Published(lake).publications().tail(-before)["as_of_date"].sort().to_list()
    shutil.rmtree(root)
    return {
        **told,
        "changed_seconds": round(seconds, 2),
        "changed_month": changed.isoformat(),
        "changed_rebuilds": [day.isoformat() for day in built],
    }


def _builds() -> dict[str, list[str]]:
    """How all months are built, one after the other."""
    return {
        "one_process": [*_ONE],
        "processes": ["--force", "--processes", str(THREADS)],
        "unchanged": [],
    }


def _apart(root: Path, folder: Path) -> float:
    """Seconds to build as many banks as there are cores, all at once: they have nothing to wait for.

    So much faster than one process this machine is at best, whatever divides the work.
    """
    others = [folder / f"apart-{number}" for number in range(1, THREADS)]
    for other in others:
        shutil.copytree(root, other)
    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as beside:
        list(beside.map(command, [["build", *_ONE, "-w", str(one)] for one in (root, *others)]))
    seconds = time.perf_counter() - start
    for other in others:
        shutil.rmtree(other)
    return seconds


def _redeliver(root: Path, folder: Path, day: date) -> None:
    """Deliver the ledger of a month once more, with another total."""
    deliveries = Deliveries(open_workspace(root).lake)
    rows = deliveries.table(_EVERYONE, GL_CONTROL_TOTAL.name, day).drop("source_row_no").collect()
    changed = rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.col("balance") + 1).otherwise("balance")
    )
    file = folder / f"{GL_CONTROL_TOTAL.name}.csv"
    changed.with_columns(pl.col("balance").cast(pl.Decimal(18, 2))).write_csv(file)
    words = ["--table", GL_CONTROL_TOTAL.name, "--as-of", day.isoformat()]
    command(["ingest", str(file), *words, "--reason", "benchmark", "-w", str(root)])
