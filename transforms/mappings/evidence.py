"""What the values of a column say about which canonical column it may be.

Evidence is a number from -1 (it cannot be this) over 0 (nothing to say) to 1 (it hardly is anything else),
found on a sample. Names belong in `names`, and what comes of both in `suggest`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.mappings import codemaps, values
from transforms.mappings.values import How
from transforms.schema import COUNT, DAY, FLAG, RATE, TEXT, Column, Table

MOSTLY: Final = 0.9
"""So many of a column's values have to fit before they speak for it."""
BRANCHES_OF_ROWS: Final = 0.2
FEW_ROWS: Final = 20
"""In fewer rows than this, that a value repeats says nothing."""
PERCENT_LIMIT: Final = 40
"""A rate above this is no percent."""

DATE_FORMATS: Final = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y年%m月%d日",
    "%Y.%m.%d",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
)
CURRENCIES: Final = (
    *("CNY", "RMB", "USD", "EUR", "HKD", "JPY", "GBP", "AUD", "CAD", "CHF", "SGD", "MOP", "TWD"),
    *("KRW", "THB", "RUB", "NZD", "SEK", "NOK", "DKK", "MYR", "IDR", "VND", "INR", "BRL", "ZAR"),
)
_SECTION_AND_DIGITS: Final = r"^[A-T] ?[0-9]{2,4}$"
_DIGITS_ONLY: Final = r"^[0-9]{2,4}$"
_NOTHING_OWED: Final = "99991231"


@dataclass(frozen=True)
class Evidence:
    """What values say of one canonical column.

    Attributes:
        weight: from -1 to 1.
        why: in a few words.
        alone: whether it may stand without a name that is like it.
        format: the date format that reads them, where none is read unasked.
        other_format: a second one that reads them as well.
        unit: what numbers are to be multiplied with.
        unknown: words that are in no code list.
    """

    weight: float = 0.0
    why: str = ""
    alone: bool = False
    format: str | None = None
    other_format: str | None = None
    unit: Decimal = Decimal(1)
    unknown: tuple[str, ...] = ()


NOTHING: Final = Evidence()


@dataclass(frozen=True, eq=False)
class Values:
    """A column of the sample as text, empty as null, and what is asked of it again and again."""

    series: pl.Series
    filled: int
    distinct: int

    @classmethod
    def of(cls, series: pl.Series) -> "Values":
        """The column's values."""
        cleaned = values.cleaned(series.name, series.dtype)
        text = series.to_frame().select(values.as_text(cleaned, series.dtype)).to_series()
        return cls(text.drop_nulls(), text.len() - text.null_count(), text.drop_nulls().n_unique())

    def share(self, fits: pl.Expr) -> float:
        """The part of the filled values for which the expression over `v` holds."""
        if not self.filled:
            return 0.0
        fit = self.series.alias("v").to_frame().select(fits.fill_null(value=False).sum()).item()
        return float(fit) / self.filled

    def readable(self, column: Column, how: How | None = None) -> float:
        """The part that can be read as the column."""
        return self.share(
            values.parse(pl.col("v"), pl.String(), column, how or How()).value.is_not_null()
        )


def kind(table: Table, column: Column) -> str:
    """What evidence depends on: columns of the same kind are told the same by the same values."""
    if column.name in codemaps.INDUSTRY_COLUMNS:
        return "industry"
    if column.name == "currency_code":
        return column.name
    if column.code_list is not None:
        return f"codes {column.code_list.name}"
    if column.dtype == TEXT:
        return f"{table.name}.{column.name}"
    return str(column.dtype)


def may_stand_alone(column: Column) -> bool:
    """Whether values may say by themselves that it is this column."""
    named = column.name in codemaps.INDUSTRY_COLUMNS or column.name == "currency_code"
    return named or column.code_list is not None


def evidence(given: Values, rows: int, table: Table, column: Column) -> Evidence:
    """What the values say of that column; nothing if there are none.

    Args:
        given: the file's column.
        rows: rows of the sample.
        table: the canonical table.
        column: its column.
    """
    if not given.filled:
        return NOTHING
    if column.name in codemaps.INDUSTRY_COLUMNS:
        said = _industry(given)
    elif column.name == "currency_code":
        said = _currency(given)
    elif column.code_list is not None:
        said = _coded(given, column)
    elif column.dtype == DAY:
        said = _dated(given)
    elif column.dtype == FLAG:
        said = _flagged(given, column)
    elif column.dtype == TEXT:
        said = _identity(given, rows, table, column)
    else:
        said = _number(given, column)
    return said


def _industry(given: Values) -> Evidence:
    code = codemaps.industry(pl.col("v"))
    lettered = given.share(code.str.contains(_SECTION_AND_DIGITS))
    if lettered >= MOSTLY:
        return Evidence(0.9, "GB/T 4754 classes with their section letter", alone=True)
    if given.share(code.str.contains(_DIGITS_ONLY)) + lettered >= MOSTLY:
        return Evidence(0.4, "numbers as GB/T 4754 has them")
    return Evidence(-0.4, "no codes of GB/T 4754")


def _currency(given: Values) -> Evidence:
    if given.share(pl.col("v").str.to_uppercase().is_in(CURRENCIES)) >= MOSTLY:
        return Evidence(0.9, "currency codes", alone=True)
    return Evidence(-0.6, "no currency codes")


def _coded(given: Values, column: Column) -> Evidence:
    spellings = column.code_list.spellings if column.code_list else {}
    upper = given.series.str.strip_chars().str.to_uppercase()
    known = upper.is_in(list(spellings))
    share = float(known.sum()) / given.filled
    unknown = tuple(sorted(set(given.series.filter(~known).unique().to_list()))[:12])
    if share >= MOSTLY:
        # Small numbers are in many lists; words and long codes are in one.
        telling = upper.filter(known).filter(upper.filter(known).str.len_chars() > 1).n_unique()
        weight = 0.9 if telling > 1 else 0.7 if telling == 1 else 0.3
        return Evidence(weight, "codes of the list", alone=telling > 1, unknown=unknown)
    if given.distinct > max(50, 3 * len(spellings)):
        return Evidence(-0.6, "too many words for a code", unknown=())
    return Evidence(-0.1, "codes of its own", unknown=unknown)


def _dated(given: Values) -> Evidence:
    day = Column("day", DAY, "", "")
    # Some systems write 99991231 for a day that never comes.
    real = Values.of(given.series.filter(given.series != _NOTHING_OWED).alias("v"))
    if not real.filled:
        return Evidence(0.2, "no day but 99991231")
    if real.readable(day) >= MOSTLY:
        return Evidence(0.5, "dates")
    fits = [f for f in DATE_FORMATS if real.readable(day, How((f,))) >= MOSTLY]
    if fits:
        other = fits[1] if len(fits) > 1 else None
        return Evidence(0.5, "dates", format=fits[0], other_format=other)
    return Evidence(-0.8, "no dates")


def _flagged(given: Values, column: Column) -> Evidence:
    if given.readable(column) >= MOSTLY:
        return Evidence(0.3, "yes and no")
    if given.distinct <= 2:  # noqa: PLR2004 - a flag has two values
        return Evidence(0.0, "two words", unknown=tuple(sorted(given.series.unique().to_list())))
    return Evidence(-0.8, "neither yes nor no")


def _number(given: Values, column: Column) -> Evidence:
    numbers = (
        given.series.alias("v").to_frame().select(values.number(pl.col("v"), pl.String(), How()))
    )
    read = numbers.to_series().drop_nulls()
    if read.len() < MOSTLY * given.filled:
        return Evidence(-0.8, "no numbers")
    top = Decimal(str(read.abs().max() or 0))
    if column.dtype == RATE:
        return _rate(read, top)
    if column.dtype == COUNT:
        whole = bool((read == read.round(0)).all())
        return Evidence(0.3, "whole numbers") if whole else Evidence(-0.8, "no whole numbers")
    if top <= PERCENT_LIMIT and read.n_unique() > 1:
        return Evidence(-0.3, "small for amounts")
    return Evidence(0.3, "amounts")


def _rate(read: pl.Series, top: Decimal) -> Evidence:
    """Percent and fractions cannot be told apart by one number, only by what is common."""
    middle = Decimal(str(read.abs().median() or 0))
    if top > PERCENT_LIMIT:
        return Evidence(-0.6, "large for a rate")
    if middle >= 1:
        return Evidence(0.5, "rates in percent", unit=Decimal("0.01"))
    return Evidence(0.5, "rates as fractions")


def _identity(given: Values, rows: int, table: Table, column: Column) -> Evidence:
    """Keys stand once in a file; branches stand in many rows."""
    if column.name == table.key[0] and len(table.key) == 1:
        if given.filled == rows and given.distinct == rows:
            return Evidence(0.4, "stands in every row once")
        return Evidence(-0.5, "not in every row once")
    if column.name.endswith("branch_id"):
        few = given.distinct <= max(3, BRANCHES_OF_ROWS * rows)
        return (
            Evidence(0.3, "few, in many rows") if few else Evidence(-0.4, "nearly every row's own")
        )
    if column.name.endswith("_id") and given.distinct == 1 and rows >= FEW_ROWS:
        return Evidence(-0.4, "the same in every row")
    return NOTHING
