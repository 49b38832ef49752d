"""How far the reports of a period have come, each in one state, by its due day and what people did with it.

What is in a report belongs in `dashboards.summaries`; when it is due is counted by
`transforms.working_days`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import polars as pl

from dashboards.i18n import Language, say
from dashboards.quality.states import Standing
from records.ledger.dispatches import DispatchState
from records.ledger.returns import Step
from transforms.returns.model import MadeFor, Return
from transforms.working_days import WorkingCalendar

SOON: Final = 3
"""So many working days before its day a report that nobody prepared is due."""
SIGNED: Final = (Step.PREPARED, Step.CHECKED, Step.APPROVED, Step.RELEASED)
"""What people do with an edition, in order."""


class ReportState(StrEnum):
    """How far a report has come, what asks for somebody first."""

    OVERDUE = "overdue"
    """Nobody prepared it, and its day is past."""
    OUTDATED = "outdated"
    """It is not what would be prepared now."""
    RETURNED = "returned"
    DUE = "due"
    """Nobody prepared it, and its day is near."""
    PREPARED = "prepared"
    CHECKED = "checked"
    APPROVED = "approved"
    NOT_DUE = "not_due"
    RELEASED = "released"
    SENT = "sent"
    """Released, and everything that goes out was received."""

    @property
    def is_done(self) -> bool:
        """Whether nobody has to do anything."""
        return self in {ReportState.RELEASED, ReportState.SENT}


_STANDING: Final[Mapping[ReportState, Standing]] = {
    ReportState.OVERDUE: Standing.BAD,
    ReportState.OUTDATED: Standing.BAD,
    ReportState.RETURNED: Standing.BAD,
    ReportState.DUE: Standing.WATCH,
    ReportState.RELEASED: Standing.GOOD,
    ReportState.SENT: Standing.GOOD,
}
"""All others are on their way: nothing to judge."""
_ORDER: Final = tuple(ReportState)


@dataclass(frozen=True)
class Taken:
    """Who took a step, and when."""

    person: str
    at: datetime


@dataclass(frozen=True, eq=False)
class ReportLine:
    """One report of one unit.

    Attributes:
        return_: what it is; none of a return that the bank no longer defines.
        due: the working day it is due on; none where nobody says.
        announced: whether the holidays until then are known.
        is_late: whether that day is past, and the report is not out.
        is_touched: whether something happened since that may have changed it, and nobody compared.
        steps: who prepared, checked, approved and released its newest edition, none for each left to take.
        sent: how many recipients have it, of so many that it goes to.
        failed: how many did not get it.
        note: what was said with its newest step.
    """

    return_id: str
    return_: Return | None
    unit_id: str
    unit_name: str
    state: ReportState
    due: date | None
    announced: bool
    is_late: bool
    is_touched: bool
    edition: int | None
    package_id: int | None
    steps: tuple[Taken | None, ...]
    sent: int
    recipients: int
    failed: int
    note: str

    def title(self, language: Language) -> str:
        """What the report is called."""
        if self.return_ is None:
            return self.return_id
        return language.pick(self.return_.label.en, self.return_.label.zh)

    @property
    def standing(self) -> Standing:
        """How its state is told apart from others without words."""
        if self.is_touched and self.state is not ReportState.OUTDATED:
            return Standing.WATCH
        on_its_way = Standing.WATCH if self.is_late else Standing.OPEN
        return _STANDING.get(self.state, on_its_way)

    @property
    def gravity(self) -> tuple[int, int]:
        """What asks for somebody first, first."""
        return -self.standing.gravity, _ORDER.index(self.state)


def lines(  # what a line is told from
    rows: pl.DataFrame,
    returns: Mapping[str, Return],
    receipts: pl.DataFrame,
    today: date,
    worked: WorkingCalendar,
    language: Language,
) -> tuple[ReportLine, ...]:
    """A line for each report and unit.

    Args:
        rows: as `dashboards.port.reports.Listed` has them.
        returns: what the bank defines.
        receipts: what was sent of them, with `package_id`.
        today: what is past is seen from here.
        worked: which days are worked.
        language: of names.
    """
    counted = Counter(receipts.select("package_id", "state").iter_rows())
    return tuple(
        _line(row, returns.get(row["return_id"]), counted, today, worked, language)
        for row in rows.to_dicts()
    )


def _line(  # as `lines` says
    row: Mapping[str, Any],
    return_: Return | None,
    counted: Mapping[tuple[int, str], int],
    today: date,
    worked: WorkingCalendar,
    language: Language,
) -> ReportLine:
    due = None if return_ is None else worked.due(row["as_of"], return_.due_working_days)
    package = row["package_id"]
    of = {state: counted.get((package, state.value), 0) for state in DispatchState}
    recipients, sent = sum(of.values()), of[DispatchState.SENT]
    day = None if due is None else due.day
    state = _state(row, day, today, worked, is_sent=0 < recipients == sent)
    name = row[language.pick("name_en", "name_zh")] or row[language.pick("name_zh", "name_en")]
    return ReportLine(
        return_id=row["return_id"],
        return_=return_,
        unit_id=row["unit_id"],
        unit_name=name or row["unit_id"],
        state=state,
        due=day,
        announced=due is None or due.announced,
        is_late=day is not None and day < today and not state.is_done,
        is_touched=bool(row["is_touched"]) and row["is_outdated"] is None,
        edition=row["edition"],
        package_id=package,
        steps=tuple(_taken(row, step) for step in SIGNED),
        sent=sent,
        recipients=recipients,
        failed=of[DispatchState.FAILED] + of[DispatchState.UNKNOWN],
        note=row["note"] or "",
    )


def _taken(row: Mapping[str, Any], step: Step) -> Taken | None:
    person, at = row[f"{step.value}_by"], row[f"{step.value}_at"]
    return None if person is None else Taken(person, at)


def _state(
    row: Mapping[str, Any],
    due: date | None,
    today: date,
    worked: WorkingCalendar,
    *,
    is_sent: bool,
) -> ReportState:
    if row["package_id"] is not None:
        if row["is_outdated"] and row["state"] != Step.RETURNED:
            return ReportState.OUTDATED
        if row["state"] == Step.RELEASED and is_sent:
            return ReportState.SENT
        return ReportState(row["state"])
    if due is None or due < today:
        return ReportState.OVERDUE
    near = worked.between(today, due).count <= SOON
    return ReportState.DUE if near else ReportState.NOT_DUE


def counted(told: Collection[ReportLine]) -> dict[ReportState, int]:
    """How many stand how, what asks for somebody first, first; nothing of what there is none of."""
    found = Counter(one.state for one in told)
    return {state: found[state] for state in _ORDER if found[state]}


def in_words(told: Collection[ReportLine], language: Language) -> str:
    """The same in words: `2 overdue, 1 released`."""
    parts = [
        say(language, f"rt_count_{state.value}", count=count)
        for state, count in counted(told).items()
    ]
    return language.pick(", ", "，").join(parts)


def message(told: Collection[ReportLine], period: str, unit: str, language: Language) -> str:
    """The sentence that the list of reports opens with."""
    if not told:
        return say(language, "rt_message_none", period=period, unit=unit)
    key = "rt_message_one" if len(told) == 1 else "rt_message"
    words = in_words(told, language)
    sentence = say(language, key, count=len(told), period=period, unit=unit, told=words)
    touched = sum(one.is_touched for one in told)
    if touched:
        many = "rt_message_touched_one" if touched == 1 else "rt_message_touched"
        sentence += language.pick(" ", "") + say(language, many, count=touched)
    return sentence


@dataclass(frozen=True, eq=False)
class Group:
    """The reports of one definition: one, or one for each of many units.

    Attributes:
        lines: one a unit, in the order of the tree.
        is_many: whether it is made for each of many units.
    """

    return_id: str
    lines: tuple[ReportLine, ...]
    is_many: bool

    @property
    def worst(self) -> ReportLine:
        """The line that asks for somebody first."""
        return min(self.lines, key=lambda one: one.gravity)


def grouped(told: Sequence[ReportLine]) -> tuple[Group, ...]:
    """Lines by their definition, those that are due first first."""
    found: dict[str, list[ReportLine]] = {}
    for line in told:
        found.setdefault(line.return_id, []).append(line)
    groups = [
        Group(
            name,
            tuple(members),
            len(members) > 1
            or (members[0].return_ is not None and members[0].return_.made_for is MadeFor.EACH),
        )
        for name, members in found.items()
    ]
    return tuple(sorted(groups, key=lambda one: (one.lines[0].due or date.max, one.return_id)))
