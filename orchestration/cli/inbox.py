"""Taking what lies in the inbox: `inbox`, once or until stopped."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape

from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, show
from orchestration.inbox import arrivals
from orchestration.inbox.upkeep import inbox_settings, own_process
from records.workspace import open_workspace
from transforms.errors import BranchmarkError, visible

if TYPE_CHECKING:
    from orchestration.taking import Outcome

_COLUMNS: Final = (
    *("file", "state", "as_of_date", "version", "accepted", "rejected", "figures"),
    *("moved_to", "why"),
)
_EVERY: Final = 1.0
"""Seconds from one look of `--watch` to the next."""
_LONGEST_PAUSE: Final = 600.0


def inbox(
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep looking until stopped with Ctrl+C.")
    ] = False,
    settle: Annotated[
        float | None,
        typer.Option(
            "--settle",
            min=0,
            help="Seconds a file must have been left alone. Default: inbox.toml, else 10.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Take what lies in the inbox: deliver, build, and move it to the archive or the refused."""
    root = root_of(workspace)
    open_workspace(root)
    if watch:
        _watch(root, settle, output)
        return
    outcomes = _taken(root, settle)
    _show(outcomes, output)
    failed = [one for one in outcomes if one.failed]
    if failed:
        raise BranchmarkError(_said(failed, len(outcomes)))


def _watch(root: Path, settle: float | None, output: Format) -> None:
    """Look until asked to stop; each taking is a process of its own, which an end does not cut short."""
    err = console(error=True)
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: asked.append(received))
    err.print("Looking after the inbox - stop with Ctrl+C.")
    before: dict[str, arrivals.Seen] = {}
    told: set[arrivals.Waiting] = set()
    tried, left, again_at = (), 0, 0.0
    while not asked:
        at = time.time()
        workspace = open_workspace(root)
        seconds = inbox_settings(workspace).settle_seconds if settle is None else settle
        now = arrivals.look(workspace)
        ready, waiting = arrivals.settled(now, before, at, settle_seconds=seconds)
        before = arrivals.remembered(now, before, at)
        for one in waiting:
            if one not in told:
                err.print(visible(f"{one.place} waits: {one.why.en}"))
        told = set(waiting)
        states = tuple(one.state for one in ready)
        if not ready or (states == tried and at < again_at):
            time.sleep(_EVERY)
            continue
        # What a taking left where it is, is tried again after a pause that doubles each time.
        left = left + 1 if states == tried else 0
        tried, again_at = states, at + min(_EVERY * 2**left, _LONGEST_PAUSE)
        _take_apart(root, seconds, output, asked)
    err.print("Stopped.")


def _take_apart(root: Path, seconds: float, output: Format, asked: list[int]) -> None:
    """Take in a process of its own, to the end; who asks a second time to stop ends that too."""
    words = ("--settle", str(seconds), "--format", output.value)
    process = subprocess.Popen(own_process(root, *words), start_new_session=True)  # noqa: S603
    said = False
    while process.poll() is None:
        if asked and not said:
            console(error=True).print(
                "Finishing what is being taken; Ctrl+C again ends it at once."
            )
            said = True
        if len(asked) > 1:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        time.sleep(0.1)


def _taken(root: Path, settle: float | None) -> "list[Outcome]":
    from orchestration.taking import take  # noqa: PLC0415 - the whole of intake takes a second to import

    with console(error=True).status("looking") as status:
        return take(root, settle_seconds=settle, progress=lambda text: status.update(escape(text)))


def _said(failed: "list[Outcome]", count: int) -> str:
    first = failed[0]
    return (
        f"{len(failed)} of {count} in the inbox need somebody, the first being {first.place} "
        f"({first.state.value}): {first.why}"
    )


def _show(outcomes: "list[Outcome]", output: Format) -> None:
    if not outcomes and output is Format.TABLE:
        console().print("The inbox is empty.")
        return
    rows = [_row(one) for one in outcomes]
    show(rows, output, columns=_COLUMNS, right=("version", "accepted", "rejected"))


def _row(one: "Outcome") -> dict[str, object]:
    receipt = one.report.receipt if one.report else None
    tables = receipt.tables if receipt else ()
    months = one.report.months if one.report else ()
    own = next((m for m in months if receipt and m.as_of == receipt.as_of_date), None)
    return {
        "file": one.place,
        "state": one.state.value,
        "as_of_date": receipt.as_of_date.isoformat() if receipt else None,
        "version": receipt.snapshot_version if receipt else None,
        "accepted": sum(table.accepted_rows for table in tables) if receipt else None,
        "rejected": sum(table.rejected_rows for table in tables) if receipt else None,
        "figures": own.outcome.value if own else None,
        "moved_to": one.moved_to,
        "why": one.why,
        "failed": one.failed,
    }
