"""What assets are given: the workspace at work, and the lake as the place where results go."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import dagster as dg
import polars as pl
from dagster._core.storage.tags import PARTITION_NAME_TAG
from typing_extensions import override

from orchestration import interrupts, months, partitions, settings, turns
from orchestration.auditing import BY, DAGSTER
from orchestration.bank import Bank
from orchestration.months import Begun, MonthAtWork
from records.published import OvertakenError


class BankResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The bank whose workspace stands in a folder."""

    root: str

    @cached_property
    def bank(self) -> Bank:
        """The workspace, opened."""
        return Bank.at(Path(self.root))

    def month(self, partition_key: str) -> MonthAtWork:
        """The newest delivered version of a partition's month.

        Raises:
            KeyboardInterrupt: if somebody asked to stop; every step comes by here.
        """
        interrupts.heed()
        return MonthAtWork.newest(self.bank, partitions.as_of(partition_key))


class MonthTurn(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A month's turn at being built: no other run has it, on this machine or another, while this one works.

    What the run rests on is noted in its tags, so that it can be looked at again before publication by
    whichever process publishes, also where a failed run is taken up again.
    """

    bank: dg.ResourceDependency[BankResource]

    @override
    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Hold the month for as long as the run, or the step where steps have processes of their own."""
        run = context.run
        key = run.tags.get(PARTITION_NAME_TAG) if run is not None else None
        if key is None:
            yield self
            return
        with turns.turn(self.bank.bank, partitions.as_of(key)):
            yield self

    def begin(self, context: dg.AssetExecutionContext) -> MonthAtWork:
        """The month, and from here on what its measures rest on."""
        month = self.bank.month(context.partition_key)
        _note(context, Begun.now(month))
        return month

    def with_bases(self, context: dg.AssetExecutionContext) -> MonthAtWork:
        """The month, once those it is compared with are published, and what its facts rest on.

        Raises:
            BaseMissingError: if one of them has to be published, and is not.
            OvertakenError: if its measures rest on what is no longer so.
        """
        month = self.bank.month(context.partition_key)
        turns.wait_for_bases(month, turns.untold(context.run.tags.get(turns.BEFORE, "")))
        _note(context, _noted(context).with_bases(month))
        return month

    def publish(self, context: dg.AssetExecutionContext) -> str | None:
        """Make the month's figures the published ones, if they still rest on what is so.

        Returns:
            What is to be said if the audit log does not hold it.

        Raises:
            OvertakenError: if they do not; nothing is changed then.
        """
        month = self.bank.month(context.partition_key)
        if not turns.is_ours(month.bank, month.as_of):
            raise OvertakenError(month.as_of, "its turn was lost while it was computed")
        by = context.run.tags.get(BY, DAGSTER)
        return months.publish(month, build_of(context.run), by=by, begun=_noted(context))


_BEGUN: Final = "branchmark/begun"
"""The tag of a run with what it rests on, as JSON."""


def _note(context: dg.AssetExecutionContext, begun: Begun) -> None:
    context.instance.add_run_tags(context.run.run_id, {_BEGUN: json.dumps(asdict(begun))})


def _noted(context: dg.AssetExecutionContext) -> Begun:
    """What the run rests on, or the run that it is taken up from."""
    for run_id in (context.run.run_id, context.run.parent_run_id, context.run.root_run_id):
        run = context.instance.get_run_by_id(run_id) if run_id is not None else None
        if run is not None and _BEGUN in run.tags:
            return Begun(**json.loads(run.tags[_BEGUN]))
    raise OvertakenError(
        partitions.as_of(context.partition_key), "its run does not say what it rests on"
    )


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
    return {"bank": bank, "lake": LakeIOManager(bank=bank), "turn": MonthTurn(bank=bank)}
