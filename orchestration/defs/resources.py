"""What assets are given: the workspace at work, and the lake as the place where results go."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from orchestration import partitions, settings
from orchestration.bank import Bank
from orchestration.months import MonthAtWork


class BankResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The bank whose workspace stands in a folder."""

    root: str

    @cached_property
    def bank(self) -> Bank:
        """The workspace, opened."""
        return Bank.at(Path(self.root))

    def month(self, partition_key: str) -> MonthAtWork:
        """The newest delivered version of a partition's month."""
        return MonthAtWork.newest(self.bank, partitions.as_of(partition_key))


def build_of(run: dg.DagsterRun) -> str:
    """What a build's rows are named by: its run, or the run it is taken up from after a failure."""
    return run.root_run_id or run.run_id


class LakeIOManager(dg.ConfigurableIOManager):
    """Results as tables of the lake, named like their asset; readers see them once published."""

    bank: dg.ResourceDependency[BankResource]

    def handle_output(self, context: dg.OutputContext, obj: pl.DataFrame) -> None:
        """Write a run's rows of one result table in one commit."""
        month = self.bank.month(context.partition_key)
        month.bank.published.write(
            context.asset_key.path[-1],
            obj,
            month.as_of,
            month.version,
            build_of(context.step_context.dagster_run),
        )
        context.add_output_metadata({"rows": obj.height, "version": month.version})

    def load_input(self, context: dg.InputContext) -> pl.DataFrame:
        """The rows that this run wrote for the month."""
        month = self.bank.month(context.partition_key)
        return month.bank.published.draft(
            context.asset_key.path[-1],
            month.as_of,
            month.version,
            build_of(context.step_context.dagster_run),
        )


def resources() -> Mapping[str, Any]:
    """The resources of a process that works in one workspace."""
    bank = BankResource(root=str(settings.workspace_root()))
    return {"bank": bank, "lake": LakeIOManager(bank=bank)}
