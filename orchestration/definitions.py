"""What Dagster loads: what `orchestration.defs` defines, named module by module, and nothing else."""

import dagster as dg

from orchestration import settings
from orchestration.defs import assets, checks, gate, jobs, resources, sensors

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
        return without_reports()
    # Reports bring the libraries of files and drawings along: only who makes them loads these.
    from orchestration.defs.delivery import delivering  # noqa: PLC0415
    from orchestration.defs.schedules import reporting  # noqa: PLC0415

    return dg.Definitions.merge(without_reports(), reporting(root), delivering(root))


def without_reports() -> dg.Definitions:
    """Months and the inbox, named module by module so that an installed wheel loads too."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules([assets]),
        asset_checks=[checks.suites(), checks.figure_suite(), gate.rejected_balance],
        jobs=[jobs.month, jobs.take_delivery],
        sensors=[sensors.inbox_sensor],
        # A process a step would import Great Expectations and Dagster eight times a month.
        executor=dg.in_process_executor,
        resources=resources.resources(),
    )
