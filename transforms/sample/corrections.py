"""The demo bank's overrides: three values that somebody mended by hand in the newest months.

One tag is put right until the end of next year. One client's controller is put right until three weeks
after the last month end, so that it is about to expire. And one tag was put right until the month before
the last: its override has expired, and the source system still delivers the wrong one. A tiny bank may
have fewer, since nothing is overridden that is not wrong.
"""

from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from transforms.periods import months_back
from transforms.sample.draws import Ints, day_number
from transforms.sample.snapshot import Book, World
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, OVERRIDE

_DAYS_LEFT: Final = 21
_ASKED: Final = "zhang.min"
_APPROVED: Final = "chen.hao"


def override_frame(
    world: World, held: Book, loans: pl.DataFrame, borrowers: pl.DataFrame
) -> pl.DataFrame:
    """Every override of the window; a month's file holds those that have begun.

    Args:
        world: the bank.
        held: its book on the last month end.
        loans: the loan table of that month end, rows as in `held`.
        borrowers: the borrower table of that month end.
    """
    last = held.as_of
    before = months_back(last, 1)
    earliest = months_back(last, 2)
    astray, field = _astray(world, held)
    there = held.drawn[astray] <= day_number(earliest)
    rows: list[dict[str, object]] = []
    if there.any():
        expired = int(np.flatnonzero(there)[0])
        rows.append(
            _tag(loans, int(astray[expired]), int(field[expired]))
            | {"override_id": "O-01", "valid_from": earliest.replace(day=1), "valid_to": before}
        )
        astray, field = np.delete(astray, expired), np.delete(field, expired)
    if len(astray):
        rows.append(
            _tag(loans, int(astray[0]), int(field[0]))
            | {
                "override_id": "O-02",
                "valid_from": last.replace(day=1),
                "valid_to": date(last.year + 1, 12, 31),
            }
        )
    private = (
        loans.join(
            borrowers.filter(pl.col("controlling_type") == "private"), on="borrower_id", how="semi"
        )
        .group_by("borrower_id")
        .agg(pl.col("outstanding_principal").sum())
        .filter(pl.col("outstanding_principal") > 0)
        .sort("outstanding_principal", "borrower_id")
    )
    if private.height:
        rows.append(
            {
                "override_id": "O-03",
                "table_name": BORROWER_SNAPSHOT.name,
                "row_key": private["borrower_id"][0],
                "column_name": "controlling_type",
                "value_before": "private",
                "value": "collective",
                "reason": "Shareholders' register of the month; the client master follows",
                "valid_from": last.replace(day=1),
                "valid_to": last + timedelta(days=_DAYS_LEFT),
            }
        )
    signed = [
        {
            **row,
            "requested_by": _ASKED,
            "approved_by": _APPROVED,
            "approved_on": row["valid_from"],
        }
        for row in rows
    ]
    return pl.DataFrame(signed, schema=OVERRIDE.dtypes).sort(OVERRIDE.key)


def known(overrides: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The overrides as delivered for that month end."""
    return overrides.filter(pl.col("valid_from") <= as_of)


def _tag(loans: pl.DataFrame, at: int, field: int) -> dict[str, object]:
    return {
        "table_name": LOAN_SNAPSHOT.name,
        "row_key": loans["loan_id"][at],
        "column_name": "sei_tag",
        "value_before": loans["sei_tag"][at],
        "value": str(field),
        "reason": "Field of the purpose class, by the loan contract",
    }


def _astray(world: World, held: Book) -> tuple[Ints, Ints]:
    """Loans tagged with a field that their class does not lie in, by number, and the right field.

    First those that the tag decides about, and of these the smallest: what is mended by hand moves little.
    """
    at = held.position
    tag = world.positions.sei_tag[at]
    purpose = world.positions.purpose[at]
    fields = world.classes.sei_fields[purpose]
    own = ~world.positions.off_balance[at] & ~world.positions.entrusted[at]
    own &= held.outstanding > 0
    wrong = np.flatnonzero(own & (tag > 0) & (fields > 0) & (fields >> tag & 1 == 0))
    whole = world.classes.sei_whole[purpose[wrong]]
    ordered = wrong[np.lexsort((held.outstanding[wrong], whole))]
    lowest = np.zeros(len(ordered), dtype=np.int64)
    for field in range(9, 0, -1):
        lowest = np.where(fields[ordered] >> field & 1, field, lowest)
    return ordered, lowest
