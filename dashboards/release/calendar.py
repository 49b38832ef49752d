"""The month's calendar in working days, and how the months of a year stand step by step.

Which days are worked is data, read by `transforms.working_days`; the cut-off is the bank's own setting.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from dashboards.quality.states import Standing
from dashboards.release.signed import Signature, Spoken
from transforms.periods import month_end
from transforms.quality import QualityState
from transforms.working_days import WorkingCalendar

YEAR: Final = 12
STEPS: Final = ("delivered", "published", "reconciled", "check_ins", "signed")


@dataclass(frozen=True)
class Milestone:
    """A day of the month's calendar.

    Attributes:
        name: `month_end`, `delivered`, `published`, `cut_off`, `signed`, `today` or `next_month_end`.
        working_day: the how-manieth working day after the month end it is, or follows.
        announced: whether the holidays until then are known.
        standing: good for what is done, watch for what is late, open for what is to come.
    """

    name: str
    day: date
    working_day: int
    announced: bool
    standing: Standing


def milestones(
    as_of: date,
    today: date,
    *,
    delivered: datetime | None,
    published: datetime,
    cut_off_days: int | None,
    signed: datetime | None,
    worked: WorkingCalendar,
) -> tuple[Milestone, ...]:
    """The calendar of a month, in the order of its days.

    Args:
        as_of: the month end.
        today: what is past is seen from here.
        delivered: when the newest table of the month came.
        published: when its figures were published.
        cut_off_days: so many working days after the month end is the cut-off; none if the bank set none.
        signed: when the unit's figures were signed.
        worked: which days are worked.
    """
    found: list[tuple[str, date, Standing]] = [
        ("month_end", as_of, Standing.GOOD),
        ("published", published.date(), Standing.GOOD),
    ]
    if delivered is not None:
        found.append(("delivered", delivered.date(), Standing.GOOD))
    if signed is not None:
        found.append(("signed", signed.date(), Standing.GOOD))
    if cut_off_days is not None:
        day = cut_off(worked, as_of, cut_off_days)
        late = day < today and signed is None
        found.append(("cut_off", day, Standing.WATCH if late else Standing.OPEN))
    coming = month_end(as_of + timedelta(days=1))
    found.append(("next_month_end", coming, Standing.OPEN))
    if today <= coming:
        found.append(("today", today, Standing.OPEN))
    made = []
    for name, day, standing in sorted(found, key=lambda one: (one[1], _ORDER.index(one[0]))):
        counted = worked.between(as_of, day)
        made.append(Milestone(name, day, counted.count, counted.announced, standing))
    return tuple(made)


_ORDER: Final = (
    *("month_end", "delivered", "published", "signed", "cut_off", "today", "next_month_end"),
)


def cut_off(worked: WorkingCalendar, as_of: date, days: int) -> date:
    """Until when a month can be delivered."""
    return worked.due(as_of, days).day


@dataclass(frozen=True)
class MonthState:
    """A month of a unit.

    Attributes:
        version: of its figures; none if it is not published.
        delivered: when its loan book came last; none if it did not.
        quality: whether it is reconciled; none if it is not published.
        spoken: missed figures and what was said; none if it is not published.
        signature: the last one.
    """

    as_of: date
    version: int | None
    delivered: datetime | None
    quality: QualityState | None
    spoken: Spoken | None
    signature: Signature | None

    def standing(self, step: str) -> Standing | None:
        """How a step of `STEPS` stands; none where it cannot be said yet."""
        if step == "delivered":
            return Standing.OPEN if self.delivered is None else Standing.GOOD
        if self.version is None:
            return Standing.OPEN if step == "published" else None
        spoken_of = self.spoken is None or not self.spoken.open
        signed = self.signature is not None
        holds = self.signature is not None and self.signature.holds
        return {
            "published": Standing.GOOD,
            "reconciled": _RECONCILED[self.quality or QualityState.NOT_RECONCILED],
            "check_ins": Standing.GOOD if spoken_of else Standing.WATCH,
            "signed": Standing.GOOD if holds else Standing.BAD if signed else Standing.OPEN,
        }[step]


_RECONCILED: Final = {
    QualityState.FINAL: Standing.GOOD,
    QualityState.PROVISIONAL: Standing.BAD,
    QualityState.NOT_RECONCILED: Standing.OPEN,
}
