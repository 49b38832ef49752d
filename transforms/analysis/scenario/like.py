"""What new lending is like, looked up: a loan flag, the metric whose numerator it is to count in, or a loan.

The three are told apart here alone, so that a bank's own flags and metrics are meant by whatever name they
have. Which loan is then copied is decided in `template`.
"""

from dataclasses import replace

import polars as pl

from transforms.analysis.leading import like_flow, sides
from transforms.analysis.scenario.model import Action, Work
from transforms.catalogue.model import Catalogue, Entity
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.schema import LOAN_SNAPSHOT


def likened(work: Work, action: Action) -> Action:
    """An action whose `like` is a loan flag, or whose `template` is a loan.

    A name that is several of these is the flag before the metric, and the metric before the loan.

    Raises:
        UnknownNameError: with the near misses, if it is neither a flag nor a metric nor a loan that may be
            copied.
        BranchmarkError: if it is a metric whose numerator no loan is counted in.
    """
    catalogue, like = work.material.rules.catalogue, action.like
    flags = [flag.name for flag in catalogue.flags_of(Entity.LOAN)]
    if not like or like in flags:
        return action
    name, colon, reading = like.partition(":")
    if name in catalogue.metrics:
        return replace(action, like=_numerator(catalogue, name, reading if colon else None))
    if _is_copied_from(work, action):
        return replace(action, like="", template=like)
    raise UnknownNameError(
        "loan flag, metric or loan to copy",
        like,
        [*flags, *catalogue.metrics],
        way_out="`branchmark catalogue METRIC` shows the flags behind a metric, `branchmark loans` loans.",
    )


def _is_copied_from(work: Work, action: Action) -> bool:
    """Whether there is such a loan, of the branch where no other may be looked at."""
    rows = work.rows(LOAN_SNAPSHOT.name).filter(pl.col("loan_id") == action.like)
    if not work.elsewhere:
        below = work.below(action.branch)
        rows = rows.filter(pl.col("booking_branch_id").is_in(below.implode()))
    return not rows.select("loan_id").collect().is_empty()


def _numerator(catalogue: Catalogue, name: str, asked: str | None) -> str:
    """The loan flag of what a metric counts."""
    metric = catalogue.metrics[name]
    readings = [one.name for one in metric.readings]
    reading = metric.default_reading if asked is None else asked
    if reading not in readings:
        raise UnknownNameError(
            f"reading of {name}", reading, readings, way_out=f"It has {', '.join(readings)}."
        )
    top = sides(catalogue, metric, metric.reading(reading)).numerator
    entity = None if top is None or not top.where else catalogue.entity_of(top)
    if top is not None and entity is Entity.LOAN:
        return top.where
    if top is not None and entity is Entity.FLOW:
        return like_flow(catalogue, top.where)
    raise BranchmarkError(
        f"{name} counts no loans of a month end, so that no loan is like it. Name a loan flag, another "
        "metric, or a loan to copy."
    )
