"""What the dashboard's speed claim rests on: `python -m benchmarks.dashboard WORKSPACE --json out.json`.

A real `branchmark dashboard` process is asked over loopback, in Streamlit's own protocol, as a browser asks:
a new session for every address that is opened. A page's data is ready when its script has finished and the
last element has been received; what a browser takes to paint it is not in the figures.

- cold: a new process, and its first request; the file cache is warm.
- other: the process is warm, and what is asked for was never read: another branch, another month.
- same: the same address once more, by somebody else.
- ten: ten people open pages of their own at once, that were never read: with a pause, and without any.

The first table of figures is timed apart: what a reader came for, while the rest is still worked out.
Beside the seconds on the clock stands what the process computed in them, since machines are shared.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.stream import opened
from dashboards.units import MAIN_LEVEL
from records.access import Scope
from records.published import Published
from records.workspace import open_workspace

PEOPLE: Final = 10
LOADS: Final = 5
PAUSES: Final = (5.0, 0.0)
"""Seconds that people look at a page; none is the most that the server can be asked."""
_FIGURES: Final = (b"<table", b'class="bm-figure')
_REPEATS: Final = 5
_PATIENCE: Final = 120


@dataclass(frozen=True)
class Load:
    """One page as it was opened.

    Attributes:
        seconds: from the first byte sent to the last element received.
        first: the same, to the first table of figures: the card, the head of a metric, the list.
        computed: seconds of processor that the server spent meanwhile.
        received: bytes.
        elements: how many elements the page has.
        refused: what the page says instead of an answer, if it does.
    """

    seconds: float
    first: float
    computed: float
    received: int
    elements: int
    refused: str


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    port: int
    pid: int

    def open(self, page: str, query: str) -> Load:
        """Open an address in a session of its own."""
        before, start = self.computed(), time.perf_counter()
        received = elements = 0
        refused, first = "", None
        with opened(self.port, "/_stcore/stream") as stream:
            asked = BackMsg()
            asked.rerun_script.query_string = query
            asked.rerun_script.page_name = page
            asked.rerun_script.context_info.color_scheme = "light"
            asked.rerun_script.context_info.url = f"http://localhost:{self.port}/{page}?{query}"
            stream.send(asked.SerializeToString())
            finished = False
            while not finished:
                data = stream.receive()
                received += len(data)
                told = ForwardMsg.FromString(data)
                elements += told.WhichOneof("type") in {"delta", "ref_hash"}
                refused = refused or _refused(told)
                if first is None and any(mark in data for mark in _FIGURES):
                    first = time.perf_counter() - start
                finished = told.WhichOneof("type") == "script_finished" and (
                    told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
                )
        seconds = time.perf_counter() - start
        first = seconds if first is None else first
        return Load(seconds, first, self.computed() - before, received, elements, refused)

    def computed(self) -> float:
        """Seconds of processor that the server has spent so far."""
        told = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _refused(told: ForwardMsg) -> str:
    element = told.delta.new_element
    if element.WhichOneof("type") == "exception":
        return f"{element.exception.type}: {element.exception.message}"
    if element.WhichOneof("type") == "alert" and element.alert.format == element.alert.ERROR:
        return str(element.alert.body)
    return ""


@contextmanager
def serving(root: Path, port: int) -> Iterator[Server]:
    """The product's own command, ready to be asked, and ended afterwards."""
    program = Path(sys.executable).with_name("branchmark")
    command = [str(program), "dashboard", "--headless", "--port", str(port), "-w", str(root)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _is_up(port):
            if time.monotonic() > deadline or process.poll() is not None:
                sys.exit("The dashboard does not come up.")
            time.sleep(0.1)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        (server,) = children.read_text(encoding="ascii").split()
        yield Server(port, int(server))
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


def _is_up(port: int) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return False
    with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=_PATIENCE) as answer:
        return bool(answer.status == 200)  # noqa: PLR2004 - OK


@dataclass(frozen=True)
class Asked:
    """Addresses to open: for a page, never the same ones twice."""

    months: Sequence[date]
    branches: Sequence[str]
    metrics: Sequence[str]

    @classmethod
    def of(cls, root: Path) -> "Asked":
        """The newest months of a workspace, and its branches of the first tier."""
        published = Published(open_workspace(root).lake).pinned()
        months = sorted(published.newest_versions(), reverse=True)
        nodes = published.nodes(Scope.whole_bank("benchmark"), as_of=months[0]).collect()
        main = nodes.filter(nodes["level"] == MAIN_LEVEL)["node_id"]
        metrics = ("npl_ratio", "sei_share", "green_share", "tech_loan_share", "inclusive_balance")
        return cls(months, tuple(main), metrics)

    def address(self, page: str, number: int) -> tuple[str, str]:
        """The page's address number so-and-so: its path and its query."""
        branch = self.branches[number % len(self.branches)]
        month = self.months[0]
        match page:
            case "overview":
                return "", f"period={self.months[number % len(self.months)]}"
            case "metric" | "loans":
                metric = self.metrics[number % len(self.metrics)]
                return page, f"period={month}&branch={branch}&metric={metric}"
            case "catalogue":
                return page, f"period={self.months[number % len(self.months)]}"
            case _:
                return page, f"period={month}&branch={branch}"


PAGES: Final = ("overview", "branch", "metric", "targets", "data-quality", "reports", "catalogue")


def page_measured(root: Path, asked: Asked, page: str, port: int) -> dict[str, Any]:
    """One page: cold in a process of its own, then other addresses, then the first one again."""
    with serving(root, port) as server:
        cold = server.open(*asked.address(page, 0))
        server.open(*asked.address(page, 0))  # what is made once a process is made by now
        others = [server.open(*asked.address(page, n)) for n in range(1, 1 + _REPEATS)]
        sames = [server.open(*asked.address(page, 1)) for _ in range(_REPEATS)]
    told = {"cold": [cold], "other": others, "same": sames}
    return {
        "page": page,
        **{
            f"{name}_{what}": round(1000 * statistics.median(measure(one) for one in loads))
            for name, loads in told.items()
            for what, measure in _MEASURES.items()
        },
        "kilobytes": round(cold.received / 1000),
        "elements": cold.elements,
        "refused": next(
            (one.refused for loads in told.values() for one in loads if one.refused), ""
        ),
    }


_MEASURES: Final[dict[str, Callable[[Load], float]]] = {
    "first_ms": lambda load: load.first,
    "ms": lambda load: load.seconds,
    "cpu_ms": lambda load: load.computed,
}


def ten_measured(
    root: Path, asked: Asked, port: int, pages: Sequence[str], pause: float
) -> dict[str, Any]:
    """Ten people, each opening five pages of their own one after the other, all at once.

    Args:
        root: the workspace.
        asked: what there is to open.
        port: a free one.
        pages: which pages they open.
        pause: seconds that each looks at a page before opening the next.
    """
    with serving(root, port) as server:
        server.open(*asked.address("overview", 0))  # what is made once a process

        def person(number: int) -> list[float]:
            first = 20 + number * LOADS
            seconds: list[float] = []
            for n in range(LOADS):
                time.sleep(pause * (n > 0) + pause * number / PEOPLE * (n == 0))
                page = asked.address(pages[(number + n) % len(pages)], first + n)
                seconds.append(server.open(*page).seconds)
            return seconds

        before, start = server.computed(), time.perf_counter()
        with ThreadPoolExecutor(PEOPLE) as people:
            seconds = sorted(one for loads in people.map(person, range(PEOPLE)) for one in loads)
        taken, computed = time.perf_counter() - start, server.computed() - before
    return {
        "people": PEOPLE,
        "pause_seconds": pause,
        "loads": len(seconds),
        "median_ms": round(1000 * statistics.median(seconds)),
        "p90_ms": round(1000 * seconds[int(0.9 * len(seconds))]),
        "worst_ms": round(1000 * seconds[-1]),
        "cpu_ms_a_load": round(1000 * computed / len(seconds)),
        "wall_seconds": round(taken, 1),
    }


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard")
    parser.add_argument("workspace", type=Path, help="as benchmarks.dashboard_book writes it")
    parser.add_argument("--pages", default=",".join(PAGES), help="separated by commas")
    parser.add_argument("--port", type=int, default=8741, help="a free port on loopback")
    parser.add_argument("--without-ten", action="store_true", help="one at a time only")
    parser.add_argument("--only-ten", action="store_true", help="ten people only")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    given = parser.parse_args()
    asked, pages = Asked.of(given.workspace), given.pages.split(",")
    told: dict[str, Any] = {"pages": [], "ten": []}
    alone = [] if given.only_ten else pages
    for page in alone:
        one = page_measured(given.workspace, asked, page, given.port)
        if not told["pages"]:
            print("".join(f"{head:>14}" for head in one if head != "refused"))
        print(
            "".join(f"{value:>14}" for head, value in one.items() if head != "refused"),
            one["refused"],
        )
        told["pages"].append(one)
    for pause in () if given.without_ten else PAUSES:
        ten = ten_measured(given.workspace, asked, given.port, pages, pause)
        print(", ".join(f"{name} {value}" for name, value in ten.items()))
        told["ten"].append(ten)
    if given.json:
        given.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
