"""Delivered columns in words: types, units, what is assumed, and which delivery a month is computed with.

The columns themselves are declared in `transforms.schema`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from dashboards.definitions.marks import code
from dashboards.definitions.voice import Voice
from transforms import schema
from transforms.catalogue.model import Label
from transforms.schema import Column, Delivery

DELIVERED: Final[Mapping[Delivery, Label]] = MappingProxyType(
    {
        Delivery.MONTHLY: Label(
            "A month is computed with its own delivery only.", "每月仅按当月报送数据计算。"
        ),
        Delivery.CARRIED: Label(
            "A month is computed with its own delivery or, without one, with the latest earlier one.",
            "每月按当月报送数据计算；当月未报送的，沿用最近一次报送。",
        ),
        Delivery.ENTERED: Label(
            "No file delivers it for a month: it is entered in the ledger.",
            "不随月度文件报送，在台账中录入。",
        ),
    }
)

_TYPES: Final[Mapping[str, Label]] = MappingProxyType(
    {
        str(schema.TEXT): Label("text", "文本"),
        str(schema.DAY): Label("date", "日期"),
        str(schema.FLAG): Label("yes/no", "是/否"),
        str(schema.COUNT): Label("integer", "整数"),
        str(pl.Int64()): Label("integer", "整数"),
    }
)


def type_name(dtype: pl.DataType, voice: Voice) -> str:
    """A type in words: what a person who makes the file has to know."""
    if isinstance(dtype, pl.Decimal):
        size = f"({dtype.precision}, {dtype.scale})"
        return voice.say(f"decimal{size}", f"小数{size}")
    if isinstance(dtype, pl.List):
        return voice.say("list of text", "文本列表")
    if isinstance(dtype, pl.Datetime):
        return voice.say("UTC time", "时间（UTC）")
    known = _TYPES.get(str(dtype))
    return voice.label(known) if known else str(dtype)


def assumed(column: Column, voice: Voice) -> str:
    """The value that stands in every row where a column was not delivered, as a marked text."""
    if column.assumed == "@base_currency":
        return voice.say("the base currency", "本位币")
    words = str(column.assumed)
    return code(words.lower() if isinstance(column.assumed, bool) else words)


def unit_name(column: Column, voice: Voice) -> str:
    """The unit of its values, or that they are codes."""
    unit = column.unit or ("code" if column.code_list is not None else "")
    return voice.own(unit)
