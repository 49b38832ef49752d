"""What Dagster loads: what `orchestration.defs` defines, named module by module, and nothing else."""

import os
from pathlib import Path

import dagster as dg

from orchestration import backfill, settings
from orchestration.defs.monthly import monthly
from records.workspace import SETTINGS, open_workspace

_REPORTING = "reporting.toml"
"""As `orchestration.reporting.settings` has it, which a bank without the file does not load."""


@dg.definitions
def defs() -> dg.Definitions:
    """The whole of the orchestration: months, the inbox, and what the workspace's `reporting.toml` asks for.

    Raises:
        BranchmarkError: if that file cannot be used.
    """
    root = settings.workspace_root()
    if not (root / _REPORTING).is_file():
        return without_reports(root)
    # Reports bring the libraries of files and drawings along: only who makes them loads these.
    from orchestration.defs.delivery import delivering  # noqa: PLC0415
    from orchestration.defs.schedules import reporting  # noqa: PLC0415

    return dg.Definitions.merge(without_reports(root), reporting(root), delivering(root))


def without_reports(root: Path) -> dg.Definitions:
    """Months one by one and several at once, and the inbox."""
    if not (root / SETTINGS).is_file():
        return monthly()
    lanes = open_workspace(root).orchestration.processes or os.cpu_count() or 1
    return dg.Definitions.merge(monthly(), dg.Definitions(jobs=[backfill.job_of(lanes)]))
