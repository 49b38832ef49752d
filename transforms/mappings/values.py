"""How a delivered value becomes a canonical one, as Polars expressions: exact, lazy, never raising.

Numbers, dates, flags and codes each have one reader here, for text and for typed columns alike. A
value that cannot be read becomes null and a flag under an intake rule (E0002 and on); what happens to
such a row is decided elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.mappings import units
from transforms.schema import DAY, FLAG, TEXT, WIDE, Column

UNREADABLE_NUMBER: Final = "E0002"
UNREADABLE_DATE: Final = "E0003"
UNKNOWN_CODE: Final = "E0004"
UNREADABLE_FLAG: Final = "E0005"
TOO_LARGE: Final = "E0006"

ISO_FORMATS: Final = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y.%m.%d",
)
"""Read when a mapping names no format: year first in all of them, so that no date is ambiguous.

`2026年10月31日` is read by the first of them.
"""

EXCEL: Final = "excel"
EXCEL_1904: Final = "excel-1904"
SERIALS: Final = (EXCEL, EXCEL_1904)
"""Formats of dates that are counted in days, as spreadsheets keep them."""

SHEET_ERRORS: Final = (
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
)
"""What a spreadsheet shows where it has no value; no text of a bank is one of these."""

EARLIEST_YEAR: Final = 1800
"""A year before this is a two-digit year read by a four-digit format, or a slip."""
LATEST_YEAR: Final = 9999
"""A typed date may lie beyond it, and no text of four digits can say so."""

SAMPLE_MOMENT: Final = datetime(2001, 12, 25, 13, 14, 15)  # noqa: DTZ001  # no zone in a book

_FULL_WIDTH: Final = tuple("０１２３４５６７８９，．－＋−／：")
_HALF_WIDTH: Final = tuple("0123456789,.-+-/:")
_CHINESE_DATE: Final = ("年", "月", "日", "号")
_HYPHENS: Final = ("-", "-", "", "")
_EPOCH_1900: Final = 25569  # days from 1899-12-30 to 1970-01-01
_EPOCH_1904: Final = 24107  # days from 1904-01-01 to 1970-01-01
_NO_DAY: Final = 60  # 1900-02-29, which the 1900 system counts and which never was
_LAST_SERIAL: Final = 2_958_465  # 9999-12-31
_SPACES: Final = r" \x{00A0}\x{2009}\x{202F}"
_YES: Final = ("TRUE", "T", "YES", "Y", "1", "是")
_NO: Final = ("FALSE", "F", "NO", "N", "0", "否")


@dataclass(frozen=True)
class How:
    """What a mapping says about writing, and nothing about where."""

    formats: tuple[str, ...] = ()
    unit: Decimal = Decimal(1)
    thousands: str = "auto"
    decimal: str = "."
    codes: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None


@dataclass(frozen=True, eq=False)
class Parsed:
    """A canonical value, and under which rules it could not be had. Null and no flag: missing."""

    value: pl.Expr
    problems: tuple[tuple[str, pl.Expr], ...] = ()


def cleaned(name: str, dtype: pl.DataType, empty: tuple[str, ...] = ()) -> pl.Expr:
    """A source column with its text trimmed and every way of writing "nothing" as null."""
    column = pl.col(name)
    if dtype.is_float():
        return column.fill_nan(None)
    if not _is_text(dtype):
        return column
    text = column.cast(pl.String).str.strip_chars()
    return pl.when(~text.is_in(["", *empty])).then(text).alias(name)


def is_coded(column: Column, how: How) -> bool:
    """Whether the column's texts are looked up, in its code list or in the mapping's own codes."""
    return bool(how.codes or column.code_list)


def decoded(raw: pl.Expr, dtype: pl.DataType, column: Column, how: How) -> pl.Expr:
    """The word a code stands for: by the mapping's own codes, then by the spellings of the list.

    Null where it stands for none; a code is never taken for `other`.
    """
    text = as_text(raw, dtype)
    spellings = column.code_list.spellings if column.code_list else {}
    own = {
        given.strip().upper(): spellings.get(meant.strip().upper(), meant)
        for given, meant in how.codes.items()
    }
    found = _looked_up(text.str.to_uppercase(), {**spellings, **own})
    if how.otherwise in {None, "reject"}:
        return found
    if how.otherwise == "keep":
        return found.fill_null(text)
    rest = spellings.get(str(how.otherwise).upper(), how.otherwise)
    return pl.when(text.is_not_null()).then(found.fill_null(pl.lit(rest)))


def parse(
    raw: pl.Expr, dtype: pl.DataType, column: Column, how: How, *, code: pl.Expr | None = None
) -> Parsed:
    """`raw` of type `dtype` as the canonical column wants it.

    `code` is what `decoded` gave, where the caller keeps it in a column of its own: looking up once is
    cheaper than looking up for the value and again for every flag.
    """
    if is_coded(column, how):
        word = decoded(raw, dtype, column, how) if code is None else code
        unknown = raw.is_not_null() & word.is_null()
        if column.dtype == TEXT:
            return Parsed(word, ((UNKNOWN_CODE, unknown),))
        read = parse(word, pl.String(), _without_codes(column), How(how.formats))
        return Parsed(read.value, ((UNKNOWN_CODE, unknown), *read.problems))
    if column.dtype == TEXT:
        text = as_text(raw, dtype)
        if column.spellings:
            written, meant = zip(*column.spellings, strict=True)
            text = text.replace(list(written), list(meant))
        return Parsed(text, ((UNKNOWN_CODE, text.is_in(SHEET_ERRORS)),))
    if column.dtype == DAY:
        return _dated(raw, dtype, how.formats)
    if column.dtype == FLAG:
        return _flagged(raw, dtype)
    return _numbered(raw, dtype, column.dtype, how)


def as_text(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text as it would have been written: an identifier kept as a float loses its `.0`."""
    if dtype.is_float():
        whole = raw.cast(pl.Int64, strict=False)
        return (
            pl.when(raw == raw.floor()).then(whole.cast(pl.String)).otherwise(raw.cast(pl.String))
        )
    if isinstance(dtype, pl.Duration):
        return raw.dt.to_string("iso")
    return raw.cast(pl.String, strict=False)


def stated_dates(raw: pl.Expr, dtype: pl.DataType, formats: tuple[str, ...]) -> pl.Expr:
    """Month ends as a file states them; a format without a day means the month's last day."""
    days = _dated(raw, dtype, formats).value
    whole_months = formats and not any(d in f for f in formats for d in ("%d", "%e", "%j", "%D"))
    return days.dt.month_end() if whole_months else days


def number(raw: pl.Expr, dtype: pl.DataType, how: How) -> pl.Expr:
    """A number of twelve decimals for use in SQL; null where unreadable."""
    return _numbered(raw, dtype, WIDE, how).value


def read_dates(sample: pl.Series, pattern: str) -> date | None:
    """What Polars makes of one text by one format, for checking the format itself."""
    read = sample.to_frame("t").select(_strptime(pl.col("t"), pattern))
    day = read.item()
    return day if isinstance(day, date) else None


def is_readable(word: str, column: Column, formats: tuple[str, ...] = ()) -> bool:
    """Whether a word written in a mapping is a value of the column."""
    parsed = parse(pl.col("w"), pl.String(), column, How(formats))
    bad = pl.any_horizontal([flag.fill_null(value=False) for _, flag in parsed.problems] or [False])
    row = pl.DataFrame({"w": [word]}).select(bad.alias("bad"), parsed.value.is_null().alias("none"))
    return not any(row.row(0))


def _is_text(dtype: pl.DataType) -> bool:
    return dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum)


def _without_codes(column: Column) -> Column:
    return Column(column.name, column.dtype, column.en, column.zh)


def _looked_up(text: pl.Expr, known: Mapping[str, str]) -> pl.Expr:
    """The word for each text, null where there is none.

    `replace_strict` in a lazy plan gathers the whole column first; batch by batch it stays streaming.
    """
    given, meant = list(known), list(known.values())

    def batch(texts: pl.Series) -> pl.Series:
        return texts.replace_strict(given, meant, default=None, return_dtype=pl.String)

    return text.map_batches(batch, return_dtype=pl.String(), is_elementwise=True)


def _dated(raw: pl.Expr, dtype: pl.DataType, formats: tuple[str, ...]) -> Parsed:
    if dtype == pl.Date:
        day = raw
    elif isinstance(dtype, pl.Datetime):
        day = raw.dt.date()
    else:
        day = _dated_text(as_text(raw, dtype), formats)
    day = pl.when(day.dt.year().is_between(EARLIEST_YEAR, LATEST_YEAR)).then(day)
    return Parsed(day, ((UNREADABLE_DATE, raw.is_not_null() & day.is_null()),))


def _dated_text(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    wide, half = list(_FULL_WIDTH), list(_HALF_WIDTH)
    if not formats:
        wide, half = wide + list(_CHINESE_DATE), half + list(_HYPHENS)
    text = text.str.replace_many(wide, half)
    return pl.coalesce(
        [
            _serial(text, pattern) if pattern in SERIALS else _strptime(text, pattern)
            for pattern in formats or ISO_FORMATS
        ]
    )


def _serial(text: pl.Expr, system: str) -> pl.Expr:
    """The date of a count of days; a time of day behind the point is no part of it.

    The 1900 system took 1900 for a leap year: its day 60 is no date, and the days before it count
    from one day later than those after it.
    """
    day = text.str.extract(r"^([0-9]{1,7})(?:\.[0-9]*)?$").cast(pl.Int64)
    if system == EXCEL_1904:
        count = pl.when(day <= _LAST_SERIAL - 1462).then(day - _EPOCH_1904)  # 1462 days apart
    else:
        count = (
            pl.when(day.is_between(1, _NO_DAY - 1))
            .then(day + 1 - _EPOCH_1900)
            .when(day.is_between(_NO_DAY + 1, _LAST_SERIAL))
            .then(day - _EPOCH_1900)
        )
    return count.cast(pl.Int32).cast(pl.Date)


def _strptime(text: pl.Expr, pattern: str) -> pl.Expr:
    if pattern == "%Y%m%d":
        # Without the length, 2023111 would be read as 1 November.
        text = pl.when(text.str.len_bytes() == len("20231101")).then(text)
    return text.str.strptime(pl.Date, pattern, strict=False)


def _flagged(raw: pl.Expr, dtype: pl.DataType) -> Parsed:
    if dtype == pl.Boolean:
        return Parsed(raw)
    text = (
        as_text(raw, dtype)
        .str.replace_many(list(_FULL_WIDTH), list(_HALF_WIDTH))
        .str.to_uppercase()
    )
    flag = (
        pl.when(text.is_in(_YES)).then(statement=True).when(text.is_in(_NO)).then(statement=False)
    )
    read = flag.otherwise(None)
    return Parsed(read, ((UNREADABLE_FLAG, raw.is_not_null() & read.is_null()),))


def _numbered(raw: pl.Expr, dtype: pl.DataType, target: pl.DataType, how: How) -> Parsed:
    """Exact decimals, rounded half up (away from zero) to the target's decimals.

    Digits beyond the twelfth decimal are cut, not rounded, before the one rounding: rounding twice
    would make 0.01 of 0.00499999999999999.
    """
    exact, readable, factor = _exact(raw, dtype, how)
    scale = target.scale if isinstance(target, pl.Decimal) else 0
    whole = target.precision - scale if isinstance(target, pl.Decimal) else 10
    if factor is not None:
        # Polars stops at a product that does not fit, so what cannot fit is set aside first.
        ceiling = 10.0 ** (min(whole, 24) + 1)
        fits = exact.cast(pl.Float64).abs() * factor.cast(pl.Float64) < ceiling
        exact = pl.when(fits).then(exact) * factor
    if isinstance(target, pl.Decimal):
        final = exact.round(scale, mode="half_away_from_zero").cast(target, strict=False)
    else:
        readable &= (exact.is_null()) | (exact == exact.round(0))
        final = pl.when(readable).then(exact).cast(target, strict=False)
    return Parsed(
        final,
        (
            (UNREADABLE_NUMBER, raw.is_not_null() & ~readable),
            (TOO_LARGE, raw.is_not_null() & readable & final.is_null()),
        ),
    )


def _exact(raw: pl.Expr, dtype: pl.DataType, how: How) -> tuple[pl.Expr, pl.Expr, pl.Expr | None]:
    """The number as a decimal, whether there is a number at all, and what to multiply it with."""
    unit = pl.lit(how.unit) if how.unit != 1 else None
    if dtype.is_integer():
        return raw.cast(WIDE, strict=False), raw.is_not_null(), unit
    if isinstance(dtype, pl.Decimal):
        wide = raw if how.unit == 1 else raw.cast(WIDE, strict=False)
        return wide, raw.is_not_null(), unit
    if dtype.is_float():
        # The shortest text that means the float is what the sender saw: 2.675, not 2.67499999...
        written = raw.cast(pl.String)
        power = written.str.contains("e", literal=True)
        plain = _cut(pl.when(~power).then(written)).cast(WIDE, strict=False)
        # Polars writes powers from 1e16 on, too large for an amount, and below 1e-4.
        small = pl.when(power & (raw.abs() < 1)).then(raw).cast(WIDE, strict=False)
        return small.fill_null(plain), raw.is_finite(), unit
    return _exact_text(as_text(raw, dtype), how)


def _exact_text(text: pl.Expr, how: How) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """The same for text, in which a unit may stand behind the digits; it goes before the column's."""
    text = text.str.replace_many(list(_FULL_WIDTH), list(_HALF_WIDTH))
    word = text.str.extract(rf"([{units.SIGNS}]+)$")
    factor = _factor(word, how.unit)
    text = text.str.strip_chars_end(f"{units.SIGNS} ")
    point = rf"\{how.decimal}"
    if how.thousands == "none":
        readable = text.str.contains(rf"^[+-]?(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)$")
        bare = text
    else:
        other = "." if how.decimal == "," else ","
        marks = rf"\{other}{_SPACES}" if how.thousands == "auto" else _escaped(how.thousands)
        # Marks must stand every three digits: `1,5` is no fifteen.
        readable = text.str.contains(
            rf"^[+-]?(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+"
            rf"|[0-9]{{1,3}}(?:[{marks}][0-9]{{3}})+(?:{point}[0-9]*)?)$"
        )
        bare = text.str.replace_all(rf"[{marks}]", "")
    if how.decimal != ".":
        bare = bare.str.replace(how.decimal, ".", literal=True)
    readable &= factor.is_not_null()
    return _cut(pl.when(readable).then(bare)).cast(WIDE, strict=False), readable, factor


def _factor(word: pl.Expr, unit: Decimal) -> pl.Expr:
    """What a value is multiplied with: by its own unit, else by the column's; null if it is none."""
    factor = pl.when(word.is_null()).then(pl.lit(unit, dtype=WIDE))
    for known, power in units.IN_VALUES.items():
        factor = factor.when(word == known).then(pl.lit(power, dtype=WIDE))
    return factor.otherwise(None)


def _escaped(character: str) -> str:
    return character if character.isalnum() or character.isspace() else f"\\{character}"


def _cut(text: pl.Expr) -> pl.Expr:
    return text.str.replace(r"(\.[0-9]{12})[0-9]+$", "$1")
