"""How a way is timed: in a process of its own, several times over and in turn with the others.

A process of its own has a peak of its own, and holds nothing that a way before it left behind. On a busy
machine the seconds of processor say more than those on the clock; both are kept.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

THREADS: Final = os.cpu_count() or 1
"""What every way may use."""


@dataclass(frozen=True)
class Took:
    """One run of a way.

    Attributes:
        seconds: on the clock.
        cpu: of processor, over all threads and the processes that it started.
        peak_mb: the most memory that its process had.
        told: what else it says.
    """

    seconds: float
    cpu: float
    peak_mb: int
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Series:
    """Several runs of one way."""

    runs: tuple[Took, ...]

    @property
    def seconds(self) -> float:
        """The median on the clock."""
        return statistics.median(one.seconds for one in self.runs)

    @property
    def cpu(self) -> float:
        """The median of processor."""
        return statistics.median(one.cpu for one in self.runs)

    @property
    def peak_mb(self) -> int:
        """The highest peak."""
        return max(one.peak_mb for one in self.runs)

    def figures(self, name: str) -> dict[str, float | list[float]]:
        """What is reported of it, under names that begin with the way's."""
        return {
            f"{name}_seconds": round(self.seconds, 3),
            f"{name}_cpu_seconds": round(self.cpu, 3),
            f"{name}_runs": [round(one.seconds, 3) for one in self.runs],
            f"{name}_peak_mb": self.peak_mb,
        }


def ratios(series: Mapping[str, Series], ours: str, peers: Sequence[str]) -> dict[str, float]:
    """Ours over each peer: of medians on the clock, and of processor."""
    told: dict[str, float] = {}
    for peer in peers:
        name = f"{ours}_vs_{peer.removeprefix(f'{ours}_').replace('-', '_')}"
        told[name] = round(series[ours].seconds / series[peer].seconds, 3)
        told[f"{name}_cpu"] = round(series[ours].cpu / series[peer].cpu, 3)
    return told


def timed(call: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Run it here, and tell what it took beside what it says."""
    start, used = time.perf_counter(), processor()
    told = call()
    return {
        "seconds": time.perf_counter() - start,
        "cpu": processor() - used,
        "peak_mb": peak(),
        "told": dict(told),
    }


def apart(module: str, words: Sequence[str]) -> Took:
    """Run a module of the benchmarks in a process of its own; its last line is what `timed` gave."""
    limits = dict.fromkeys(
        ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMEXPR_NUM_THREADS"), str(THREADS)
    )
    done = subprocess.run(  # noqa: S603 - a module of ours
        [sys.executable, "-m", module, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **limits},
    )
    if done.returncode:
        sys.exit(f"{module} {' '.join(words)} failed:\n{done.stderr}")
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def interleaved(
    ways: Mapping[str, int],
    run: Callable[[str], Took],
    told: Callable[[str], None] = lambda _: None,
) -> dict[str, Series]:
    """Every way so many times as it says, one after the other and then over again.

    Args:
        ways: how often each is run.
        run: runs one.
        told: hears which is run.
    """
    took: dict[str, list[Took]] = {way: [] for way in ways}
    for number in range(max(ways.values(), default=0)):
        for way, rounds in ways.items():
            if number < rounds:
                told(f"{way} {number + 1}/{rounds}")
                took[way].append(run(way))
    return {way: Series(tuple(runs)) for way, runs in took.items()}


def processor() -> float:
    """Seconds of processor of this process and of those it started and waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak() -> int:
    """The most memory this process had, in megabytes; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) >> 10


def progress(text: str) -> None:
    """Say on standard error what is under way."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
