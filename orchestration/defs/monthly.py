"""The months and the inbox as Dagster knows them: what every process that builds a month loads."""

import dagster as dg

from orchestration.defs import assets, checks, gate, jobs, resources, sensors


def monthly() -> dg.Definitions:
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
