"""A delivered row as JSON, word for word, whatever types it came in.

The writer of JSON stops at bytes and at dates beyond its calendar, and drops `NaN` and infinities;
here each is written out as text. Which rows are kept aside is said in `orchestration.judging`.
"""

from collections.abc import Mapping

import polars as pl


def as_json(columns: Mapping[str, pl.DataType]) -> pl.Expr:
    """The row's columns of these types as one JSON object."""
    fields = [worded(pl.col(name), dtype).alias(name) for name, dtype in columns.items()]
    return pl.struct(fields).struct.json_encode()


def worded(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The value in a form that can be written as JSON and says the same."""
    match dtype:
        case pl.Binary():
            # Bytes are mostly text that was not called so; what is none is written in hexadecimal.
            return value.bin.encode("hex")
        case pl.Float32() | pl.Float64():
            return value.cast(pl.String)
        case pl.Date() | pl.Datetime():
            return _dated(value, dtype)
        case pl.List(inner=inner) | pl.Array(inner=inner):
            listed = value if isinstance(dtype, pl.List) else value.arr.to_list()
            return listed.list.eval(worded(pl.element(), _made(inner)))
        case pl.Struct(fields=fields):
            inner = [
                worded(value.struct.field(one.name), _made(one.dtype)).alias(one.name)
                for one in fields
            ]
            return pl.when(value.is_not_null()).then(pl.struct(inner)) if inner else value
        case _:
            return value


def _made(dtype: "pl.DataType | pl.datatypes.DataTypeClass") -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()


def _dated(value: pl.Expr, dtype: pl.Date | pl.Datetime) -> pl.Expr:
    """The date in words; beyond the calendar, the count it is kept as."""
    if isinstance(dtype, pl.Date):
        count, unit, written = value.cast(pl.Int32), "days", "%Y-%m-%d"
    else:
        zoned = dtype.time_zone is not None
        count, unit = value.cast(pl.Int64), dtype.time_unit
        written = "%Y-%m-%dT%H:%M:%S%.f%:z" if zoned else "%Y-%m-%d %H:%M:%S%.f"
    known = pl.when(value.dt.year().is_not_null()).then(value).dt.to_string(written)
    odd = pl.format("{} {} from 1970-01-01", count, pl.lit(unit))
    return pl.when(value.is_not_null()).then(known.fill_null(odd))
