"""What a report is made of: tables of cells, each cell a data point, and the cross-checks that must hold.

A return says which published figure goes into which cell, in which unit and with how many decimals. How one
is written in YAML belongs in `forms` and `load`; how it is filled, in `filling`; what was filled, in
`package`; whether its cells agree, in `cross_checks`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from transforms.catalogue.model import Label


class Frequency(StrEnum):
    """How often a return is made."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Audience(StrEnum):
    """Whom a return is for."""

    REGULATOR = "regulator"
    HEAD_OFFICE = "head_office"
    BRANCH = "branch"


class MadeFor(StrEnum):
    """How many reports one definition makes of a month."""

    BANK = "bank"
    """One, of the whole bank."""
    EACH = "each"
    """One for each unit at the levels named, with its rows and those below it and no others."""


class Take(StrEnum):
    """What of a figure a cell takes."""

    VALUE = "value"
    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    TARGET = "target"
    """The target of the month."""
    GAP = "gap"
    """The gap to it, positive where it is better."""
    LIMIT = "limit"
    """The limit of a tolerance."""
    HEADROOM = "headroom"
    """What may still turn bad before a tolerance is exceeded, in the base currency."""
    STATUS = "status"
    """How it stands, a code of `transforms.scorecards.Status`: a text, not a number."""


class Moment(StrEnum):
    """Of which month end a cell takes its figure; each as published for that month."""

    NOW = "now"
    PREVIOUS_MONTH = "previous_month"
    PREVIOUS_QUARTER = "previous_quarter"
    YEAR_END = "year_end"
    YEAR_AGO = "year_ago"


class Scale(StrEnum):
    """The unit a cell is printed in."""

    UNITS = "units"
    """Units of the base currency: yuan."""
    THOUSAND = "thousand"
    WAN = "wan"
    """万元: ten thousand."""
    MILLION = "million"
    YI = "yi"
    """亿元: a hundred million."""
    PERCENT = "percent"
    """A fraction times a hundred."""
    PP = "pp"
    """Percentage points: of a figure that is in them, or the difference of two columns in per cent."""
    BP = "bp"
    """Basis points, likewise."""
    COUNT = "count"
    """Clients: 户."""
    LOANS = "loans"
    """Loans one by one, by receipt: 笔."""
    DAYS = "days"
    INDEX = "index"
    TEXT = "text"
    """No number: a status."""
    OWN = "own"
    """Of a column only: each row says in which unit it is. Cells have that unit, never this one."""


DIVISOR: Final = {
    Scale.UNITS: Decimal(1),
    Scale.THOUSAND: Decimal(1000),
    Scale.WAN: Decimal(10_000),
    Scale.MILLION: Decimal(1_000_000),
    Scale.YI: Decimal(100_000_000),
}
"""What amounts are divided by."""


@dataclass(frozen=True)
class Point:
    """Which published figure: everything but the unit and the month.

    Attributes:
        metric: its id.
        reading: which reading; empty for the metric's own.
        slice: by what it is cut; `transforms.catalogue.vocabulary.TOTAL` for the whole.
        member: which part of the cut; `TOTAL` for the whole.
    """

    metric: str
    reading: str
    slice: str
    member: str


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        row_id: unique in its table; sorts and prints as the line number.
        label: its words.
        point: the figure of the row; none where columns name theirs, or the row is a heading or a sum.
        of_which: the row that this one is a part of (其中), on which it is never larger; empty if none.
        sum_of: rows that it is the sum of, cell by cell; empty if it is none.
        level: how far it is set in.
        heading: whether it has words only.
        footnotes: which footnotes of the table are about it.
        scale: the unit of its cells in columns that leave it to the row (`Scale.OWN`); none elsewhere.
        decimals: printed there.
        not_collected: no figure of it is defined: its cells are empty and say so, a footnote says why.
    """

    row_id: str
    label: Label
    point: Point | None = None
    of_which: str = ""
    sum_of: tuple[str, ...] = ()
    level: int = 0
    heading: bool = False
    footnotes: tuple[str, ...] = ()
    scale: Scale | None = None
    decimals: int = 0
    not_collected: bool = False


@dataclass(frozen=True)
class Formula:
    """A column reckoned from two others of the same row.

    Attributes:
        left: a column.
        sign: `-` for a difference in the unit of both, `/` for a ratio.
        right: a column.
    """

    left: str
    sign: str
    right: str


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        column_id: unique in its table: A, B, C.
        label: its words.
        scale: the unit of its cells.
        decimals: printed, rounded half away from zero (四舍五入).
        take: what of the figure.
        at: of which month end.
        point: the figure of the column where rows are units; none where rows name theirs.
        formula: of which columns it is reckoned; none for most.
        footnotes: which footnotes of the table are about it.
    """

    column_id: str
    label: Label
    scale: Scale
    decimals: int
    take: Take = Take.VALUE
    at: Moment = Moment.NOW
    point: Point | None = None
    formula: Formula | None = None
    footnotes: tuple[str, ...] = ()

    def unit_of(self, row: Row | None) -> tuple[Scale, int]:
        """Unit and decimals of its cell in a row; of a unit's row for none."""
        if self.scale is not Scale.OWN or row is None or row.scale is None:
            return self.scale, self.decimals
        is_difference = self.formula is not None and self.formula.sign == "-"
        if row.scale is Scale.PERCENT and (is_difference or self.take is Take.GAP):
            return Scale.PP, row.decimals
        return row.scale, row.decimals


class PictureKind(StrEnum):
    """What is drawn of a table."""

    BARS = "bars"
    """One bar for each row of one column, those of `rows` or all."""
    TREND = "trend"
    """The last thirteen months of the figures of `rows`, in the unit of one column."""


@dataclass(frozen=True)
class PictureOf:
    """A drawing below a table.

    Attributes:
        kind: what is drawn.
        label: what stands above it.
        column: whose figures.
        rows: which rows; all of them if none is named.
    """

    kind: PictureKind
    label: Label
    column: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReturnTable:
    """A table of a return: named rows, or one row for each unit.

    Attributes:
        table_id: unique in its return.
        label: its words.
        rows: in order; empty where rows are units.
        units: levels of the branch tree (`transforms.hierarchy.NODE`, `level`) whose units are the rows, the
            report's own unit first as the row `TOTAL`; empty where rows are named.
        adds_up: whether the amounts and counts of the units add up to the row of the whole; checked.
        columns: in order.
        footnotes: what marks in rows and columns say, by mark.
        picture: what is drawn of it.
    """

    table_id: str
    label: Label
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    units: tuple[str, ...] = ()
    adds_up: bool = False
    footnotes: tuple[tuple[str, Label], ...] = ()
    picture: PictureOf | None = None


WHOLE_ROW: Final = "000"
"""The row of the report's own unit in a table whose rows are units; the others are called by their unit."""


class CheckKind(StrEnum):
    """What a cross-check asks (勾稽)."""

    COMPARE = "compare"
    """One sum of cells against another."""
    OPENING = "opening"
    """A column of an earlier month end is what was released for that month: opening equals closing."""
    PARTS = "parts"
    """Units add up to the row of the whole."""
    OF_WHICH = "of_which"
    """A part is not larger than what it is a part of."""
    COUNT_AND_BALANCE = "count_and_balance"
    """There are clients where there is a balance, and none where there is none."""
    MOVE = "move"
    """A cell moved no further than a threshold against an earlier month end, or somebody says why."""


class Severity(StrEnum):
    """What a check that does not hold asks for before a report goes out."""

    BLOCKS = "blocks"
    """A named person records why it goes out all the same."""
    COMMENT = "comment"
    """Somebody says something about it."""


class Relation(StrEnum):
    """How two sides of a check compare."""

    EQUAL = "="
    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True)
class Cell:
    """The address of a cell.

    Attributes:
        table: the table.
        row: the row; `*` stands for every row that is no heading, and the check is made for each.
        column: the column.
        report: another return of the same unit and month end; empty for the same one.
    """

    table: str
    row: str
    column: str
    report: str = ""


@dataclass(frozen=True)
class Side:
    """A sum of cells, each with its sign, and a number.

    Attributes:
        cells: pairs of sign (1 or -1) and cell.
        number: added to them, in the unit of the figures: yuan, not 万元; fractions, not per cent.
    """

    cells: tuple[tuple[int, Cell], ...]
    number: Decimal = Decimal(0)


@dataclass(frozen=True)
class Check:
    """A cross-check.

    Attributes:
        check_id: unique in its return; those that follow from rows and tables are made by the loader.
        kind: what it asks.
        label: what it says to a person.
        severity: what it asks for where it does not hold.
        left: one side: the cells, the opening column, the parts, the counts or what moved.
        relation: how the sides compare, where there are two.
        right: the other side: cells, the whole, the balances, or of a move what it moved from; none for an
            opening.
        tolerance: how far the sides may be apart, in the unit of the figures.
        threshold: of a move, as a fraction of what stood before; none for the others.
        points: of a move of shares and rates, in percentage points; none for amounts and counts.
    """

    check_id: str
    kind: CheckKind
    label: Label
    severity: Severity
    left: Side
    relation: Relation = Relation.EQUAL
    right: Side | None = None
    tolerance: Decimal = Decimal(0)
    threshold: Decimal | None = None
    points: Decimal | None = None


@dataclass(frozen=True, eq=False)
class Return:
    """A report as it is defined.

    Attributes:
        return_id: its name in commands and addresses: `monthly_structure`.
        code: how its data points begin, in capitals: `MS`.
        version: raised when a cell changes its meaning or place.
        label: its words.
        purpose: what it is for, in a sentence.
        frequency: how often.
        audience: for whom.
        made_for: one of the bank, or one for each unit.
        levels: of the units it is made for (`transforms.hierarchy.NODE`); empty for the whole bank.
        due_working_days: so many working days after the period's end it is due.
        source: the public structure that it follows; empty if it is the bank's own.
        disclaimer: printed on it; empty words if there is nothing to say.
        tables: in order.
        checks: all of them, those that follow from rows and tables too.
        where: file and line that define it.
    """

    return_id: str
    code: str
    version: str
    label: Label
    purpose: Label
    frequency: Frequency
    audience: Audience
    made_for: MadeFor
    levels: tuple[str, ...]
    due_working_days: int
    source: str
    disclaimer: Label
    tables: tuple[ReturnTable, ...]
    checks: tuple[Check, ...]
    where: str

    def table(self, table_id: str) -> ReturnTable:
        """A table by its id."""
        return next(one for one in self.tables if one.table_id == table_id)


def data_point(code: str, table: str, row: str, column: str) -> str:
    """The id of a cell: unique over all returns, the same in every month.

    >>> data_point("MS", "SEI", "010", "A")
    'MS.SEI.010.A'
    """
    return f"{code}.{table}.{row}.{column}"
