"""A whole month as it is built, intake and suites apart: `python -m benchmarks.month WORKSPACE`.

Every step is the one that the assets of the build call, in their order, and what a step gives is written to
the lake as they write it; at the end the month is published. It prints one line of JSON: seconds on the
clock and of processor, the peak of the process, and the seconds of each step.
"""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.timing import timed
from orchestration import measuring, months
from orchestration.bank import Bank
from orchestration.months import MonthAtWork


def run(root: Path) -> Mapping[str, Any]:
    """Build the newest month of a workspace, and tell the seconds of each step."""
    steps: dict[str, float] = {}

    @contextmanager
    def step(name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        steps[name] = round(steps.get(name, 0.0) + time.perf_counter() - start, 3)

    month = MonthAtWork.newest(Bank.at(root), None)
    write = _writer(month, run_id := str(uuid.uuid4()))
    with step("tree"):
        tree = months.tree(month)
    with step("reconciliation"):
        reconciled = months.reconciliation(month)
    with step("measures"):
        measured = measuring.taken(month, tree)
    with step("writing"):
        write("node", tree.nodes)
        write("counts_for", tree.counts_for)
        write("reconciliation", reconciled)
        write("branch_measure", measured.additive)
        write("node_measure", measured.by_node)
    with step("facts and scorecards"):
        figures = months.figures(month, tree, measured, reconciled)
    with step("writing"):
        write("metric_fact", figures)
    with step("publishing"):
        months.publish(month, run_id, by="benchmark")
    return {"steps": steps, "figures": figures.height, "nodes": tree.nodes.height}


def _writer(month: MonthAtWork, run_id: str) -> Callable[[str, pl.DataFrame], None]:
    def write(table: str, rows: pl.DataFrame) -> None:
        month.bank.published.write(table, rows, month.as_of, month.version, run_id)

    return write


def main() -> None:
    """Build the newest month of a workspace."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.month", description=__doc__)
    parser.add_argument("root", type=Path, help="a workspace")
    given = parser.parse_args()
    sys.stdout.write(json.dumps(timed(lambda: run(given.root))) + "\n")


if __name__ == "__main__":
    main()
