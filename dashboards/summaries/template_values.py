"""What a report answers to a cell of a template: a figure, a status, a name, a date, or why there is nothing.

What a cell asks for is read in `template_bindings`; how an answer looks in a cell is said in `template`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, Final

from dashboards.numbers import NOTHING
from dashboards.summaries import words
from dashboards.summaries.paper import Paper
from dashboards.summaries.template_bindings import Asked, Numbers
from transforms.errors import did_you_mean
from transforms.returns.model import Scale
from transforms.returns.quantities import kind_of
from transforms.returns.reckoning import factor

_DIGITS: Final = 60
_MONTHS_OF_QUARTER: Final = 3
_TOKEN: Final = re.compile(r"'[^']*'|yyyy|yy|mm|m|dd|d|q")

Fact = str | date | None


@dataclass(frozen=True)
class Answer:
    """What a cell is to hold.

    Attributes:
        content: the number in the unit of the cell, the text or the day; none if there is nothing.
        text: the same as it is printed among other words; empty if there is nothing.
        why: why there is nothing.
        scale: the unit of a number.
        decimals: that a number is printed with.
    """

    content: Decimal | str | date | None
    text: str
    why: str = ""
    scale: Scale | None = None
    decimals: int = 0


@dataclass(frozen=True)
class Refused:
    """Why a cell cannot be answered: what it asks for is nothing of the report.

    Attributes:
        why: in words.
        is_unknown: whether nothing bears that name; else it cannot be given as asked.
    """

    why: str
    is_unknown: bool = False


def answer(paper: Paper, asked: Asked, numbers: Numbers) -> Answer | Refused:
    """What a report answers to a cell."""
    cell = paper.cells.get(asked.name)
    if cell is None:
        if asked.name in _FACTS:
            return _fact(paper, asked)
        near = did_you_mean(asked.name, (*paper.cells, *_FACTS))
        return Refused(
            f"no data point and no fact of {paper.return_.return_id} is called {asked.name!r}.{near}",
            is_unknown=True,
        )
    if asked.pattern:
        return Refused(f"{asked.name} is no date to be written as {asked.pattern!r}")
    own = Scale(cell["scale"])
    scale = asked.scale or own
    if scale is not own and kind_of(scale) is not kind_of(own):
        return Refused(f"{asked.name} is in {own} and cannot be given in {scale}")
    return _figure(paper, asked, numbers, cell)


def _figure(paper: Paper, asked: Asked, numbers: Numbers, cell: Mapping[str, Any]) -> Answer:
    """A figure or a status of the report."""
    own = Scale(cell["scale"])
    scale = asked.scale or own
    if words.is_missing(cell):
        return Answer(None, "", cell["reason"] or "the report has no value there", scale)
    if own is Scale.TEXT:
        told = words.cell_text(cell, paper.language)
        return Answer(told, told)
    decimals = cell["decimals"] if asked.decimals is None else asked.decimals
    with localcontext() as context:
        context.prec = _DIGITS
        exact = cell["exact"] * factor(scale, cell["unit"])
        printed = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    content = exact if numbers is Numbers.EXACT else printed
    return Answer(content, words.number(printed, decimals), "", scale, decimals)


def names_of_facts() -> tuple[str, ...]:
    """What may be asked for beside data points."""
    return tuple(_FACTS)


def _fact(paper: Paper, asked: Asked) -> Answer | Refused:
    if asked.scale is not None or asked.decimals is not None:
        return Refused(f"{asked.name} is no number, so it has no unit and no decimals")
    found = _FACTS[asked.name](paper)
    day = paper.package.as_of if asked.name == "period" else found
    if asked.pattern:
        if found is None:
            return Answer(None, "", _nobody(asked.name))
        if not isinstance(day, date):
            return Refused(f"{asked.name} is no date to be written as {asked.pattern!r}")
        told = day_as(day, asked.pattern)
        return Answer(told, told)
    if found is None or found == "":
        return Answer(None, "", _nobody(asked.name))
    return Answer(found, found.isoformat() if isinstance(found, date) else found)


def _nobody(name: str) -> str:
    step, _, what = name.partition("_")
    if what in {"by", "at"}:
        return f"nobody has {step} it yet"
    return "the report says nothing of that"


def day_as(day: date, pattern: str) -> str:
    """A day in a pattern of the kind that spreadsheets have; what stands between apostrophes stays.

    >>> day_as(date(2026, 10, 31), "yyyy年m月"), day_as(date(2026, 9, 30), "'end' yyyy-mm q")
    ('2026年10月', 'end 2026-09 3')
    """
    parts = {
        "yyyy": f"{day:%Y}",
        "yy": f"{day:%y}",
        "mm": f"{day:%m}",
        "m": str(day.month),
        "dd": f"{day:%d}",
        "d": str(day.day),
        "q": str((day.month - 1) // _MONTHS_OF_QUARTER + 1),
    }
    return _TOKEN.sub(lambda found: parts.get(found[0]) or found[0].strip("'"), pattern)


def _by(step: str) -> Callable[[Paper], Fact]:
    return lambda paper: _signed(paper, step)[0]


def _at(step: str) -> Callable[[Paper], Fact]:
    return lambda paper: _signed(paper, step)[1]


def _signed(paper: Paper, step: str) -> tuple[str, date | None]:
    """Who took a step, and on which day."""
    one = next(signed for signed in paper.signed if signed.step == step)
    return one.person, None if one.at is None else one.at.date()


_FACTS: Final[Mapping[str, Callable[[Paper], Fact]]] = {
    "bank": lambda paper: paper.bank_name,
    "unit": lambda paper: paper.unit,
    "unit_name": lambda paper: paper.unit_names.get(paper.package.unit_id, paper.package.unit_id),
    "unit_id": lambda paper: paper.package.unit_id,
    "period": lambda paper: paper.period,
    "as_of": lambda paper: paper.package.as_of,
    "title": lambda paper: paper.title,
    "code": lambda paper: paper.return_.code,
    "version": lambda paper: paper.return_.version,
    "disclaimer": lambda paper: words.label(paper.return_.disclaimer, paper.language),
    "source": lambda paper: paper.return_.source,
    "currency": lambda paper: paper.package.base_currency,
    "state": lambda paper: words.state(paper.state, paper.language),
    "edition": lambda paper: None if paper.edition is None else str(paper.edition),
    "data_version": lambda paper: str(paper.package.snapshot_version),
    "reconciliation": lambda paper: paper.reconciliation,
    "hash": lambda paper: paper.content_hash,
    "short_hash": lambda paper: paper.short_hash,
    "stated_at": lambda paper: paper.stated_at.date(),
    "seen_by": lambda paper: paper.seen_by,
    **{
        f"{step}_{what}": made(step)
        for step in ("prepared", "checked", "approved", "released")
        for what, made in (("by", _by), ("at", _at))
    },
}


def absent(missing: str) -> str:
    """What stands among other words for what is missing: a dash, or what the template asks for."""
    return missing or NOTHING
