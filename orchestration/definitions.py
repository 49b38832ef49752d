"""What Dagster loads: the assets, checks, jobs and resources of `orchestration.defs`, and nothing else."""

import dagster as dg

from orchestration.defs import assets, checks, jobs, resources


@dg.definitions
def defs() -> dg.Definitions:
    """The whole of the orchestration, named module by module so that an installed wheel loads too."""
    return dg.Definitions(
        assets=dg.load_assets_from_modules([assets]),
        asset_checks=[checks.suites()],
        jobs=[jobs.month],
        # A process a step would import Great Expectations and Dagster eight times a month.
        executor=dg.in_process_executor,
        resources=resources.resources(),
    )
