"""What a bridge is asked for, and the months, metric and reading that this names.

What is then done with them belongs in `bridging`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from records.published import Known
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Catalogue, Kind, Metric, Reading
from transforms.errors import UnknownNameError


class By(StrEnum):
    """What a change is split over."""

    CAUSE = "cause"
    BRANCH = "branch"
    LOAN = "loan"


class OverTree(StrEnum):
    """The branch tree that the start is seen by."""

    THEN = "then"
    """As it was: a merger or a new parent is a branch move."""
    TODAY = "today"
    """As it is at the end: like is compared with like, and the start is restated to it."""


@dataclass(frozen=True)
class Asked:
    """What a bridge is asked for.

    Attributes:
        metric: a metric's name.
        start: the month end it begins with.
        end: the later month end.
        branch: a node; the root if not given.
        reading: a reading; the metric's own if not given.
        known: figures as known now, or as first reported.
        tree: the branches that the start is seen by.
    """

    metric: str
    start: date
    end: date
    branch: str | None = None
    reading: str | None = None
    known: Known = Known.NOW
    tree: OverTree = OverTree.THEN


def month_of(bank: Bank, day: date, known: Known) -> MonthAtWork:
    """A published month in the version that a reader of it gets."""
    if known is Known.REPORTED:
        return MonthAtWork(bank, day, bank.published.reported()[day].snapshot_version)
    return MonthAtWork(bank, day, bank.published.newest_versions()[day])


def metric_of(
    bank: Bank, catalogue: Catalogue, asked: Asked, like: Reading | None
) -> tuple[Metric, Reading]:
    """The metric and reading of one month's definitions.

    Args:
        bank: the bank.
        catalogue: the definitions of the month.
        asked: what is asked for.
        like: the reading that the other month is taken with.
    """
    if asked.metric not in bank.catalogue.metrics or asked.metric not in catalogue.metrics:
        raise unknown_metric(asked.metric, bank.catalogue)
    metric = catalogue.metrics[asked.metric]
    names = [one.name for one in metric.readings]
    name = (like.name if like else asked.reading) or metric.default_reading
    if name not in names:
        raise UnknownNameError(
            f"reading of {asked.metric}", name, names, way_out=f"There are {', '.join(names)}."
        )
    return metric, metric.reading(name)


def behind(metric: Metric, reading: Reading) -> tuple[str, ...]:
    """The two metrics that a gap is the difference of; of any other metric none."""
    if metric.kind is not Kind.GAP:
        return ()
    return tuple(pair[0] for pair in (reading.minuend, reading.subtrahend) if pair is not None)
