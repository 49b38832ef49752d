"""Building months for other machines: `worker`."""

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from orchestration import settings
from orchestration.broker import executor_settings
from orchestration.cli.options import WorkspaceOption, root_of
from orchestration.cli.output import console
from records.orchestration_settings import MOST_PROCESSES
from records.workspace import SETTINGS, open_workspace
from transforms.errors import WorkspaceError


def worker(
    processes: Annotated[
        int, typer.Option(min=1, max=MOST_PROCESSES, help="How many months at once.")
    ] = 1,
    workspace: WorkspaceOption = None,
) -> None:
    """Build months for `branchmark build` on another machine, until stopped."""
    root = root_of(workspace)
    variable = open_workspace(root).orchestration.broker
    if variable is None:
        raise WorkspaceError(
            f'No broker hands out months: {SETTINGS} names none. Write broker = "env:NAME" under '
            "[orchestration], where the variable NAME holds its address."
        )
    if find_spec("dagster_celery") is None:
        raise WorkspaceError(
            f"{SETTINGS} names a broker, and Celery is not installed. Install branchmark[celery], or take "
            "the broker out."
        )
    executor_settings(variable)
    console().print(f"Waiting for months to build, {processes} at once - stop with Ctrl+C.")
    words = ("-P", "-m", "orchestration.celery_worker", variable, str(processes))
    os.execve(sys.executable, [sys.executable, *words], settings.hand_on(root))  # noqa: S606
