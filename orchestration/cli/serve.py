"""The two web interfaces: `dashboard` and `dagster`, each a process of its own.

Dagster is for loopback. So is the dashboard, unless people sign in to it.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from orchestration import settings
from orchestration.cli.options import WorkspaceOption, root_of
from orchestration.cli.output import console
from orchestration.sign_in_secrets import secrets_of
from records.sign_in_settings import is_loopback
from records.workspace import open_workspace
from transforms.errors import BranchmarkError

LOOPBACK = "127.0.0.1"


def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    address: Annotated[
        str,
        typer.Option(
            "--address", help="Address to listen on; other than loopback only with sign-in."
        ),
    ] = LOOPBACK,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Serve the dashboard until stopped."""
    run_dashboard(root_of(workspace), port=port, headless=headless, address=address)


def run_dashboard(root: Path, *, port: int, headless: bool, address: str = LOOPBACK) -> None:
    """Serve the dashboard of a workspace until stopped: on loopback, or to people who sign in.

    Raises:
        BranchmarkError: if others could reach it and nobody signs in, or what signing in takes is missing.
    """
    opened = open_workspace(root)
    here = is_loopback(address)
    secrets: list[str] = []
    if opened.sign_in is not None:
        path = secrets_of(opened.sign_in, settings.connection)
        secrets = ["--secrets.files", str(path)]
    elif not here:
        raise BranchmarkError(
            f"The dashboard of {root} would show the whole bank to whoever reaches {address}: nobody signs "
            "in to it. Set up [sign_in] in branchmark.toml, or leave --address out."
        )
    at = "localhost" if here else address
    console().print(f"The dashboard is at http://{at}:{port} - stop it with Ctrl+C.")
    found = find_spec("dashboards")
    folder = (
        Path(str(found.submodule_search_locations[0]))
        if found and found.submodule_search_locations
        else Path()
    )
    _serve(
        [
            sys.executable,
            "-P",  # else the working folder, which holds its settings, comes before the libraries
            "-m",
            "orchestration.served",
            "run",
            str(Path(__file__).resolve().parents[1] / "pages.py"),
            "--server.address",
            address,
            *secrets,
            "--server.port",
            str(port),
            "--server.headless",
            str(headless or not sys.stdout.isatty()).lower(),
            "--browser.gatherUsageStats",
            "false",
            # Sources are not edited where they are served: looking for it took 0.1 s of every page.
            "--server.fileWatcherType",
            "none",
            "--",
            "--workspace",
            str(root),
        ],
        root,
        folder,
    )


def dagster(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on loopback.")] = 3000,
    workspace: WorkspaceOption = None,
) -> None:
    """Serve Dagster's own interface for the workspace until stopped."""
    from orchestration.run_history import instance  # noqa: PLC0415 - Dagster takes a second to import

    root = root_of(workspace)
    opened = open_workspace(root)
    with instance(opened):
        pass
    console().print(f"Dagster is at http://localhost:{port} - stop it with Ctrl+C.")
    os.environ["DAGSTER_HOME"] = str(opened.dagster_home)
    _serve(
        [
            sys.executable,
            "-W",
            "ignore:Function",  # `dagster dev` recommends `dg dev`, which needs a project folder
            "-m",
            "dagster",
            "dev",
            "-m",
            "orchestration.definitions",
            "-h",
            LOOPBACK,
            "-p",
            str(port),
        ],
        root,
        root,
    )


def _serve(command: list[str], root: Path, folder: Path) -> None:
    """Run a server until it ends or is asked to stop; then nothing of it is left.

    The server leads a process group of its own, so that Ctrl+C in a terminal reaches it once, by way
    of us. Waiting is done in short turns: a library's own signal handler may keep a long wait from
    being interrupted.
    """
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: asked.append(received))
    process = subprocess.Popen(  # noqa: S603
        command, env=settings.hand_on(root), cwd=folder, start_new_session=True
    )
    while process.poll() is None and not asked:
        time.sleep(0.2)
    if asked:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    raise typer.Exit(0 if asked else process.wait())
