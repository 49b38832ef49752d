"""A filled report: every cell with its figure, the checks and their verdicts, and what was adjusted.

A package is what people sign. Its contents are told in one canonical text, and the hash of that text is what
a signature is put to; equal figures give equal hashes, whichever run computed them. How cells are filled
belongs in `filling`; who signed, in `records.ledger`; what a package looks like, in `dashboards.summaries`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.schema import COUNT, DAY, TEXT, WIDE

CELL: Final[Mapping[str, pl.DataType]] = {
    "data_point": TEXT,
    "table_id": TEXT,
    "row_id": TEXT,
    "column_id": TEXT,
    "unit_id": TEXT,  # whose figure: the report's own unit, or the unit of the row
    "metric_id": TEXT,  # null where the cell is reckoned from other cells
    "reading": TEXT,
    "definition_version": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "take": TEXT,
    "as_of_date": DAY,  # of the figure
    "snapshot_version": COUNT,  # of the figure
    "published_value": WIDE,  # before adjustments, in the unit of the figure; null if it cannot be given
    "adjustment": WIDE,  # what adjustments changed of it; zero if nothing
    "exact": WIDE,  # with adjustments
    "printed": WIDE,  # in the unit of the column, rounded as printed
    "scale": TEXT,
    "decimals": COUNT,
    "text": TEXT,  # of a cell that is no number
    "reason": TEXT,  # why there is no value
    "quality_state": TEXT,
    "unit": TEXT,  # what `exact` is measured in, of `transforms.catalogue.model.Unit`; filled by `reckoning`
}
"""One cell a row, in the order of tables, rows and columns. `*` is no member, row or unit here."""

SERIES: Final[Mapping[str, pl.DataType]] = {
    "table_id": TEXT,
    "row_id": TEXT,
    "column_id": TEXT,
    "as_of_date": DAY,
    "exact": WIDE,
    "printed": WIDE,
}
"""What trends are drawn of: thirteen months, each with the adjustments that hold for it."""

VERDICT: Final[Mapping[str, pl.DataType]] = {
    "check_id": TEXT,
    "number": COUNT,  # of the check's cases, from 1: one for each row or cell it is made for
    "kind": TEXT,
    "severity": TEXT,
    "state": TEXT,  # `State`
    "cells": pl.List(pl.String),  # data points it is about
    "left": WIDE,
    "relation": TEXT,  # null of a move, and of counts beside balances
    "right": WIDE,  # of a move what stood before
    "difference": WIDE,  # left less right; null of counts beside balances
    "tolerance": WIDE,  # how far they may be apart, in the unit of the figures
    "label_en": TEXT,
    "label_zh": TEXT,
    "why": TEXT,  # why it could not be asked, a key of `WHY`
}
"""One case of a check a row. A case is named `check_id#number`."""

HOLDS: Final = "holds"
FAILS: Final = "fails"
NOT_ASKED: Final = "not_asked"
"""States of a verdict. What could not be asked (nothing released before, a figure missing) says why."""
NOTHING_BEFORE: Final = "nothing_before"
"""Nothing was released or published for the earlier month, or the cell was no part of it."""
NO_FIGURE: Final = "no_figure"
"""A cell is empty."""
NO_OTHER: Final = "no_other"
"""The other report was not filled."""
NO_ROWS: Final = "no_rows"
"""The table has no rows: there are no units below."""
WHY: Final = (NOTHING_BEFORE, NO_FIGURE, NO_OTHER, NO_ROWS)
"""Why a check could not be asked."""

ADJUSTED: Final[Mapping[str, pl.DataType]] = {
    "adjustment_id": pl.Int64(),
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "side": TEXT,  # `numerator` or `denominator`
    "amount": WIDE,
    "reason": TEXT,
    "live_from": DAY,
    "live_to": DAY,
    "maker": TEXT,
    "approver": TEXT,
}
"""Signed deltas that moved a cell of the package. Of an amount or a count the numerator is the value."""

LARGEST: Final = Decimal(10) ** 17
"""No adjustment is as large: sums and ratios of very many stay within `WIDE`."""

UNIT: Final[Mapping[str, pl.DataType]] = {
    "unit_id": TEXT,
    "parent_id": TEXT,
    "level": TEXT,
    "name_en": TEXT,
    "name_zh": TEXT,
}
"""The units that the package speaks of, parents first: none outside the unit it is made for."""

_FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class Package:
    """A filled report of one unit and month.

    Attributes:
        return_id: which return.
        return_version: its version.
        definition_hash: of the return's definition: another layout is another report.
        unit_id: the unit it is made for.
        as_of: the month end.
        snapshot_version: of the month.
        run_id: the build whose figures it holds; not signed, since the same figures may be built twice.
        fingerprint: of that publication; not signed.
        base_currency: of amounts.
        units: rows of `UNIT`.
        cells: rows of `CELL`.
        series: rows of `SERIES`.
        verdicts: rows of `VERDICT`.
        adjustments: rows of `ADJUSTED`.
        bank: what the bank calls itself; it is printed on every page.
    """

    return_id: str
    return_version: str
    definition_hash: str
    unit_id: str
    as_of: date
    snapshot_version: int
    run_id: str
    fingerprint: str
    base_currency: str
    units: pl.DataFrame
    cells: pl.DataFrame
    series: pl.DataFrame
    verdicts: pl.DataFrame
    adjustments: pl.DataFrame
    bank: str = ""

    def text(self) -> str:
        """Everything that is signed, as canonical JSON: sorted keys, exact digits, no white space."""
        return json.dumps(
            {
                "format": _FORMAT,
                "return_id": self.return_id,
                "return_version": self.return_version,
                "definition_hash": self.definition_hash,
                "unit_id": self.unit_id,
                "as_of": self.as_of.isoformat(),
                "snapshot_version": self.snapshot_version,
                "base_currency": self.base_currency,
                # Editions of before the name was signed keep their hash.
                **({"bank": self.bank} if self.bank else {}),
                **{name: _told(getattr(self, name), schema) for name, schema in _FRAMES.items()},
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @property
    def content_hash(self) -> str:
        """SHA-256 of `text`: what is signed."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    @classmethod
    def of(cls, text: str, *, run_id: str, fingerprint: str) -> "Package":
        """A package from its text, and from what is known of its build.

        Raises:
            ValueError: if it is no text of a package.
        """
        told = json.loads(text)
        if told.get("format") != _FORMAT:
            raise ValueError(f"a package of format {told.get('format')!r}")
        return cls(
            return_id=told["return_id"],
            return_version=told["return_version"],
            definition_hash=told["definition_hash"],
            unit_id=told["unit_id"],
            as_of=date.fromisoformat(told["as_of"]),
            snapshot_version=told["snapshot_version"],
            run_id=run_id,
            fingerprint=fingerprint,
            base_currency=told["base_currency"],
            bank=told.get("bank", ""),
            **{name: _frame(told[name], schema) for name, schema in _FRAMES.items()},
        )


_FRAMES: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    "units": UNIT,
    "cells": CELL,
    "series": SERIES,
    "verdicts": VERDICT,
    "adjustments": ADJUSTED,
}


def _told(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> list[list[object]]:
    """Rows as plain values: decimals and days as text."""
    texts = [
        pl.col(name).cast(dtype).cast(pl.String)
        if dtype in (WIDE, DAY)
        else pl.col(name).cast(dtype)
        for name, dtype in schema.items()
    ]
    return [list(row) for row in frame.select(texts).iter_rows()]


def _frame(rows: list[list[object]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    kept = [
        [_value(one, dtype) for one, dtype in zip(row, schema.values(), strict=True)]
        for row in rows
    ]
    return pl.DataFrame(kept, schema=dict(schema), orient="row")


def _value(one: object, dtype: pl.DataType) -> object:
    if not isinstance(one, str):
        return one
    if dtype == WIDE:
        return Decimal(one)
    return date.fromisoformat(one) if dtype == DAY else one
