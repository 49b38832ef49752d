"""What stands in which cell of a template: markers, names and the bindings file, and what each asks for.

A marker, a name and a line of the file say the same thing in the same words: a data point or a fact about the
report, and how it is to be printed. What a report answers belongs in `template_values`, putting it into cells
in `template`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from transforms.catalogue.forms import Form
from transforms.errors import CatalogueError, did_you_mean
from transforms.returns.model import Scale
from transforms.written import formed, read

MARKER: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
LEFT: Final = re.compile(r"\{\{|\}\}|｛｛|｝｝")
"""What is left of a marker, also of one that is not closed or was written in wide signs."""
NAME_OF_FACT: Final = "bm."
"""What the name of a cell begins with that asks for a fact about the report: `bm.unit`."""

_MOST_DECIMALS: Final = 6
_PARTS: Final = re.compile(r"\s*[|｜]\s*")
_PATTERN: Final = re.compile(r"\s*[:：]\s*")
_SCALES: Final[Mapping[str, Scale]] = {
    **{one.value: one for one in Scale if one not in (Scale.TEXT, Scale.OWN)},
    "元": Scale.UNITS,
    "千元": Scale.THOUSAND,
    "万元": Scale.WAN,
    "百万元": Scale.MILLION,
    "亿元": Scale.YI,
    "%": Scale.PERCENT,
    "百分点": Scale.PP,
    "基点": Scale.BP,
}


class Numbers(StrEnum):
    """What is put into a cell of a number."""

    EXACT = "exact"
    """The exact figure in the unit of the cell; its format rounds what is seen."""
    PRINTED = "printed"
    """The figure rounded as it is printed, for whoever reads cells by program."""


@dataclass(frozen=True)
class Asked:
    """What a cell is to hold.

    Attributes:
        name: a data point, or a fact about the report.
        pattern: how a date is written; empty for as it always is.
        scale: the unit, where it is another than the report's own.
        decimals: printed, where they are others than the report's own.
    """

    name: str
    pattern: str = ""
    scale: Scale | None = None
    decimals: int | None = None


@dataclass(frozen=True)
class Bindings:
    """Which cells of a template hold what, beyond what the template says itself.

    Attributes:
        cells: what is asked for, by `sheet!cell` or by the name of a cell.
        missing: what a cell without a value holds: nothing, or a dash.
        numbers: whether cells hold exact or rounded figures.
        leave_out: data points that the template does not hold on purpose; `MS.SEI.*` stands for many.
    """

    cells: Mapping[str, Asked] = field(default_factory=dict)
    missing: str = ""
    numbers: Numbers = Numbers.EXACT
    leave_out: tuple[str, ...] = ()


def asked(text: str) -> Asked | str:
    """What a text asks for, or why it cannot be understood.

    >>> asked("MS.SEI.010.A | wan | 0")
    Asked(name='MS.SEI.010.A', pattern='', scale=<Scale.WAN: 'wan'>, decimals=0)
    >>> asked("period：yyyy年m月").pattern
    'yyyy年m月'
    """
    name, *others = _PARTS.split(text.strip())
    name, *pattern = _PATTERN.split(name, maxsplit=1)
    if not name:
        return "it names nothing"
    scale, decimals = None, None
    for one in others:
        if one.isascii() and one.isdigit():
            decimals = int(one)
        elif one in _SCALES:
            scale = _SCALES[one]
        elif one:
            return f"no unit is called {one!r}.{did_you_mean(one, _SCALES)}".rstrip(".")
    if decimals is not None and decimals > _MOST_DECIMALS:
        return f"{decimals} decimals are more than {_MOST_DECIMALS}"
    return Asked(name, "".join(pattern), scale, decimals)


def _mapping(given: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return {"point": given} if isinstance(given, str) else given


class CellForm(Form):
    """One cell: what a marker says between its braces, or the same in parts."""

    point: str = Field(min_length=1, description="A data point, or a fact about the report.")
    scale: Scale | None = None
    decimals: int | None = Field(default=None, ge=0, le=_MOST_DECIMALS)


class BindingsForm(Form):
    """A bindings file."""

    missing: str = Field(default="", max_length=20)
    values: Numbers = Numbers.EXACT
    leave_out: tuple[str, ...] = ()
    cells: dict[str, Annotated[CellForm, BeforeValidator(_mapping)]] = Field(default_factory=dict)


def bindings_of(name: str, text: str) -> Bindings:
    """The bindings that a file holds.

    Args:
        name: of the file, for what is said about it.
        text: YAML.

    Raises:
        CatalogueError: naming every line that cannot be used.
    """
    problems: list[str] = []
    parsed = read(name, text, problems)
    form = None if problems else formed(BindingsForm, name, parsed, problems)
    cells: dict[str, Asked] = {}
    for place, one in () if form is None else form.cells.items():
        found = asked(one.point)
        where = f"{name} line {parsed.line(('cells', place))}, {place}"
        if isinstance(found, str):
            problems.append(f"{where}: {found}")
        elif one.scale in (Scale.TEXT, Scale.OWN):
            problems.append(f"{where}: {one.scale} is no unit of a number")
        else:
            scale = found.scale if one.scale is None else one.scale
            decimals = found.decimals if one.decimals is None else one.decimals
            cells[place] = Asked(found.name, found.pattern, scale, decimals)
    if problems or form is None:
        raise CatalogueError("The bindings of the template", problems)
    return Bindings(cells, form.missing, form.values, form.leave_out)
