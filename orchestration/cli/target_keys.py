"""Which targets a person means: by key, by number, or all that wait."""

from collections.abc import Collection, Sequence

import polars as pl

from records.access import Scope
from records.ledger.targets import Targets
from transforms.errors import BranchmarkError
from transforms.phasing import parse_period
from transforms.proposals import parse_key
from transforms.target_states import KEY, State


def chosen(
    targets: Targets,
    scope: Scope,
    keys: Sequence[str] | None,
    waiting: State,
    every: bool,
    narrowed: tuple[str | None, str | None, str | None],
) -> list[int]:
    """The targets that are meant: by key or number, or all that wait.

    Raises:
        BranchmarkError: if nothing is named, or nothing waits.
    """
    if keys:
        return numbers_of(targets, scope, keys, waiting)
    if not every and not any(narrowed):
        raise BranchmarkError("No target is named. Give keys or numbers, or say --all.")
    branch, metric, period = narrowed
    if period is not None:
        parse_period(period)
    found = targets.all(scope, branch=branch, metric=metric, period=period)
    numbers = found.filter(pl.col("state") == waiting.value)["target_id"].to_list()
    if not numbers:
        raise BranchmarkError(
            f"No target is {waiting.value} there. `branchmark targets list` shows where each stands."
        )
    return numbers


def numbers_of(
    targets: Targets, scope: Scope, keys: Collection[str], waiting: State | None
) -> list[int]:
    """The version that each key means: the one that waits, else the newest one.

    Raises:
        BranchmarkError: if a key means none.
    """
    known = targets.all(scope)
    found = []
    for key in dict.fromkeys(keys):
        if key.isascii() and key.isdigit():
            own = known.filter(pl.col("target_id") == int(key))
        else:
            name = dict(zip(KEY, parse_key(key), strict=True))
            own = known.filter(*(pl.col(column) == value for column, value in name.items()))
        if own.is_empty():
            raise BranchmarkError(
                f"There is no target {key!r}. `branchmark targets list --all` shows those there are."
            )
        waits = own.filter(pl.col("state") == (waiting.value if waiting else ""))
        alive = own.filter(~pl.col("state").is_in(["rejected", "withdrawn"]))
        meant = next(one for one in (waits, alive, own) if one.height)
        found.append(int(meant.sort("version")["target_id"][-1]))
    return found
