"""Targets looked at: what a month asks of each, what was done with them, whether they hold together."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from orchestration.bank import Bank
from orchestration.month_targets import path_of
from orchestration.targets.importing import held_against
from records.access import Scope
from transforms import cascade as cascading
from transforms import target_states
from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.phasing import parse_period
from transforms.target_states import State


@dataclass(frozen=True)
class Month:
    """What a month asks of a target.

    Attributes:
        as_of: the month end.
        value: its target; none if the target does not hold then, or cannot be told.
        reason: why there is none.
    """

    as_of: date
    value: Decimal | None
    reason: Label | None


def holds(target: Mapping[str, Any], day: date) -> bool:
    """Whether a version is the one that decides on a day."""
    if target["state"] not in {State.APPROVED.value, State.SUPERSEDED.value}:
        return False
    until = target["holds_until"]
    return bool(target["valid_from"] <= day and (until is None or day <= until))


def asked_then(bank: Bank, target: Mapping[str, Any], day: date | None) -> Month | None:
    """What a month end asks of a target, approved or not; none without a month."""
    if day is None:
        return None
    if not parse_period(target["period"]).holds(day):
        return Month(day, None, Label("the period is another", "期间不同"))
    catalogue = bank.definitions.on(day)
    if target["metric_id"] not in catalogue.metrics:
        return Month(day, None, Label("there is no such metric then", "当时没有该指标"))
    found = path_of(bank, catalogue, target)[day]
    return Month(day, found.value, found.reason)


def steps(target: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What was done with a version, in order: made, submitted, decided, withdrawn."""
    told = {
        "version": target["version"],
        "number": target["target_id"],
        "target_value": f"{target['target_value'].normalize():f}",
        "valid_from": target["valid_from"].isoformat(),
        "valid_to": target["valid_to"].isoformat() if target["valid_to"] else None,
        "source": target["source"],
    }
    yield {
        **told,
        "step": "made",
        "person": target["maker"],
        "at": target["made_at"],
        "reason": target["note"],
    }
    for step, person, at, reason in (
        ("submitted", "submitter", "submitted_at", None),
        ("decided", "checker", "checked_at", "decision_reason"),
        ("withdrawn", "withdrawn_by", "withdrawn_at", "withdrawal_reason"),
    ):
        if target[person] is not None:
            word = step
            if step == "decided":
                # What was withdrawn later had been approved: a rejected one is past withdrawing.
                word = "rejected" if target["state"] == State.REJECTED.value else "approved"
            yield {
                **told,
                "step": word,
                "person": target[person],
                "at": target[at],
                "reason": target[reason] if reason else None,
            }


@dataclass(frozen=True, eq=False)
class Cascade:
    """Targets held against those below them.

    Attributes:
        as_of: the month end whose targets, branches and denominators are meant.
        rows: `transforms.cascade.CASCADE`.
    """

    as_of: date
    rows: pl.DataFrame


def cascade(
    bank: Bank,
    scope: Scope,
    period: str,
    *,
    metric: str | None = None,
    branch: str | None = None,
) -> Cascade:
    """The targets of a period against those of the branches below, at its newest published month.

    Raises:
        UnknownNameError: if there is no such branch.
        BranchmarkError: if no month of the period is published, or no such target holds.
        AccessError: if the branch is outside the scope.
        LedgerError: if the ledger cannot be read.
    """
    if branch is not None:
        scope.require(branch)
    span = parse_period(period)
    published = bank.published.pinned()
    days = [day for day in published.newest_versions() if span.holds(day)]
    if not days:
        raise BranchmarkError(
            f"No month of {period} is published, so the branches are not known. Publish one: branchmark "
            "build."
        )
    day = max(days)
    held = target_states.in_force(bank.ledger.targets.all(scope), day)
    asked = held.filter(pl.col("period") == period)
    if metric is not None:
        asked = asked.filter(pl.col("metric_id") == metric)
    nodes = published.nodes(scope, as_of=day).collect()
    names = asked["metric_id"].unique()
    facts = published.facts(scope, as_of=day).filter(pl.col("metric_id").is_in(names.implode()))
    rows = cascading.compared(asked, nodes, facts.collect(), bank.definitions.on(day))
    if branch is not None:
        rows = rows.filter(pl.col("branch_id") == branch)
        if rows.is_empty() and branch not in nodes["node_id"]:
            raise _no_branch(branch, nodes["node_id"])
    if rows.is_empty():
        told = " ".join(f"of {one}" for one in (metric, branch) if one is not None)
        raise BranchmarkError(
            f"No target for {period} {told}{' ' if told else ''}that holds on {day} has targets of "
            f"branches right below it. `branchmark targets list --period {period}` shows those there are."
        )
    return Cascade(day, rows)


def require_branch(bank: Bank, branch: str) -> None:
    """Nothing, if the newest delivered month knows the branch, open or closed.

    Raises:
        UnknownNameError: if not.
        NoSuchMonthError: if no loan book is delivered yet.
    """
    known = held_against(bank).branches
    if branch not in known:
        raise _no_branch(branch, known)


def _no_branch(branch: str, known: Collection[str]) -> UnknownNameError:
    return UnknownNameError(
        "branch", branch, tuple(known), way_out="`branchmark kpis` lists the branches."
    )
