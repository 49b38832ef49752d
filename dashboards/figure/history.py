"""A figure month by month: as known, as first reported where that differs, and what changed its meaning.

How the months are drawn belongs in `figure.pictures`; where the rows come from, in `figure.read`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from dashboards import words
from dashboards.figure.read import Facts
from dashboards.i18n import MESSAGES, Language, say
from dashboards.numbers import Format
from transforms.periods import month_ends
from transforms.quality import QualityState
from transforms.scorecards import Status


@dataclass(frozen=True)
class Point:
    """One month end of a history; a month that is not published, or has no figure, has no value.

    Attributes:
        value: as known now, or in the version that is looked at.
        target: of the month.
        limit: the tolerance limit in percent.
        reported: as first reported, where it was published again since and is another number.
        reported_status: how it stood then; none where the status is the same.
        status: how it stands.
        quality_text: what keeps it from being final; empty for a final one.
        version: of the delivery that it is made from; 0 where nothing is published.
        definition: the edition of its definition.
        taxonomy: how the book codes industries; empty where that is not known.
        because: why the month was delivered again, where that changed this figure; else empty, as what is
            said of other branches' figures is not this one's to tell.
    """

    as_of: date
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    target: Decimal | None = None
    limit: Decimal | None = None
    reported: Decimal | None = None
    reported_status: Status | None = None
    status: Status = Status.NOT_COMPARABLE
    quality_text: str = ""
    version: int = 0
    definition: str = ""
    taxonomy: str = ""
    because: str = ""

    @property
    def is_restated(self) -> bool:
        """Whether it was first reported as another number."""
        return self.reported is not None


@dataclass(frozen=True)
class Break:
    """A month from which on a figure means something else.

    Attributes:
        as_of: the first month end of the new meaning.
        text: what changed, in a few words.
    """

    as_of: date
    text: str


def points(facts: Facts, reading: str, form: Format) -> tuple[Point, ...]:
    """Every month end from the first with a figure to the last, published or not."""
    rows = {row["as_of_date"]: row for row in facts.of_reading(reading).to_dicts()}
    if not rows:
        return ()
    first = {row["as_of_date"]: row for row in facts.reported.to_dicts()}
    last = facts.months[-1]
    count = (last.year - min(rows).year) * 12 + last.month - min(rows).month + 1
    return tuple(
        _point(day, rows[day], first.get(day), facts, form) if day in rows else Point(day)
        for day in month_ends(last, count)
    )


def _point(
    day: date,
    row: Mapping[str, object],
    first: Mapping[str, object] | None,
    facts: Facts,
    form: Format,
) -> Point:
    value, status = _decimal(row, "value"), Status(str(row["status"]))
    was = None if first is None else _decimal(first, "value")
    then = None if first is None else Status(str(first["status"]))
    quality = QualityState(str(row["quality_state"]))
    version = row["snapshot_version"]
    number = version if isinstance(version, int) else 0
    is_changed = first is not None and (was != value or then is not status)
    return Point(
        as_of=day,
        value=value,
        numerator=_decimal(row, "numerator"),
        denominator=_decimal(row, "denominator"),
        target=_decimal(row, "target_value"),
        limit=_decimal(row, "limit_value"),
        reported=None if was == value else was,
        reported_status=None if then is status else then,
        status=status,
        quality_text=(
            "" if value is None else words.quality(quality, _decimal(row, "quality_amount"), form)
        ),
        version=number,
        definition=str(row["definition_version"]),
        taxonomy=facts.taxonomies.get(day, ""),
        because=facts.reasons.get((day, number), "") if is_changed else "",
    )


def breaks(history: Sequence[Point], language: Language) -> tuple[Break, ...]:
    """The months with which the definition's edition or the coding of industries changed."""
    held = [point for point in history if point.definition]
    return tuple(
        Break(after.as_of, "; ".join(told))
        for before, after in pairwise(held)
        if (told := list(_changed(before, after, language)))
    )


def _changed(before: Point, after: Point, language: Language) -> Iterator[str]:
    if before.definition != after.definition:
        number = after.definition.partition(".")[0]
        # The declared number changes with the wording; the rest of the mark with anything it rests on.
        declared = number != before.definition.partition(".")[0]
        yield say(language, "mt_edition" if declared else "mt_revised", number=number)
    if before.taxonomy and after.taxonomy and before.taxonomy != after.taxonomy:
        key = f"mt_taxonomy_{after.taxonomy}"
        name = say(language, key) if key in MESSAGES else after.taxonomy
        yield say(language, "mt_taxonomy", name=name)


def restated(history: Sequence[Point]) -> tuple[Point, ...]:
    """The months that were first reported otherwise, the newest first."""
    found = [one for one in history if one.is_restated or one.reported_status is not None]
    return tuple(reversed(found))


def _decimal(row: Mapping[str, object], name: str) -> Decimal | None:
    value = row.get(name)
    return value if isinstance(value, Decimal) else None
