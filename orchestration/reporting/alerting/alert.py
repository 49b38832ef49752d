"""What an alert is: a sentence in both languages, where more is told, and a key by which it is told once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from dashboards.i18n import Language, say
from dashboards.sentences import Told


class AlertKind(StrEnum):
    """What has to be looked at, in the order in which it is told: the many statuses hide nothing rarer."""

    LATE = "late"
    """A month, or a unit's part of it, is not delivered or published though the cut-off has passed."""
    FINDING = "finding"
    """A critical check fails."""
    LEDGER = "ledger"
    """Loans do not agree with the general ledger."""
    HEADROOM = "headroom"
    """Little of a tolerance's limit is left."""
    STATUS = "status"
    """A figure's status changed, or the figure can no longer be given."""


_KEY: Final = 20


@dataclass(frozen=True)
class Alert:
    """One thing to look at.

    Attributes:
        kind: what it is.
        unit: of which unit; none if of the bank's data as a whole.
        period: of which month end.
        told: the sentence.
        key: the same for the same thing, another for another.
        gravity: within its kind, the smaller the graver (`transforms.analysis.changed.events.GRAVITY`).
        page: the page that tells more.
        unit_of_page: the unit that it is opened with.
        opens: the month end that it is opened with; the newest one if none.
        more: what else its address says.
    """

    kind: AlertKind
    unit: str | None
    period: date
    told: Told
    key: str
    gravity: int
    page: str
    unit_of_page: str
    opens: date | None
    more: dict[str, str] = field(default_factory=dict)


def key_of(kind: AlertKind, *what: object) -> str:
    """A short text that is the same for the same thing.

    >>> key_of(AlertKind.LATE, date(2026, 10, 31)) == key_of(AlertKind.LATE, date(2026, 10, 31))
    True
    """
    told = "\0".join((kind.value, *(str(one) for one in what)))
    return hashlib.sha256(told.encode()).hexdigest()[:_KEY]


def in_both(sentence: Callable[[Language], str]) -> Told:
    """A sentence in both languages."""
    return Told(*(sentence(language) for language in Language))


def said(key: str, values: Callable[[Language], dict[str, str]]) -> Told:
    """A message in both languages, with values that may differ between them."""
    return in_both(lambda language: say(language, key, **values(language)))
