"""Whole months of growing books: each size laid into a lake of its own, built in processes of their own."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import month_book
from benchmarks.book import AS_OF, Book
from benchmarks.month_book import Extent
from benchmarks.timing import apart, interleaved, progress

_LIGHT: Final = 30_000_000
"""Beyond so many loans the lake holds what figures read, and no more: 100 million take the disk whole."""


@dataclass(frozen=True)
class Asked:
    """What is asked of months.

    Attributes:
        rounds: how often a month of up to `often` loans is built.
        often: beyond it a month is built once.
        suites: up to how many loans the month is also built by the command, with all its suites.
        branches: branches that book loans, about; those of the drawn bank if not said.
    """

    rounds: int = 5
    often: int = 10_000_000
    suites: int = 0
    branches: int | None = None


def measured(drawn: Book, rows: int, folder: Path, asked: Asked) -> dict[str, Any]:
    """What the month of one size takes."""
    root = folder / f"month-{rows}"
    start = time.perf_counter()
    extent = Extent(suites=rows <= asked.suites, light=rows > _LIGHT)
    book = drawn.copied(rows, asked.branches)
    month_book.lay(root, book, lambda text: progress(f"{rows:,}: {text}"), extent)
    laid = time.perf_counter() - start
    try:
        rounds = asked.rounds if rows <= asked.often else 1
        series = interleaved(
            {"month": rounds},
            lambda _: apart("benchmarks.month", [str(root)]),
            lambda text: progress(f"{rows:,}: {text}"),
        )["month"]
        middle = sorted(series.runs, key=lambda one: one.seconds)[len(series.runs) // 2]
        told = {
            **series.figures("month"),
            "month_steps": middle.told["steps"],
            "month_figures": middle.told["figures"],
            "nodes": middle.told["nodes"],
            "lake_mb": sum(one.stat().st_size for one in (root / "lake").rglob("*.parquet")) >> 20,
            "laid_seconds": round(laid, 1),
        }
        if extent.suites:
            progress(f"{rows:,}: the same month by `branchmark build`, with its suites")
            told |= _built(root)
        return told
    finally:
        shutil.rmtree(root)


def _built(root: Path) -> dict[str, float]:
    seconds, cpu = command(["build", "--as-of", AS_OF.isoformat(), "--force", "-w", str(root)])
    return {"build_seconds": round(seconds, 2), "build_cpu_seconds": round(cpu, 2)}


def command(words: Sequence[str]) -> tuple[float, float]:
    """Run a command of the product; seconds on the clock, and of processor with its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    program = str(Path(sys.executable).with_name("branchmark"))
    done = subprocess.run(  # noqa: S603 - the product's own command
        [program, *words], capture_output=True, text=True, check=False, env={**os.environ}
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"branchmark {' '.join(words)} failed:\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu
