"""Editions as the ledger keeps them, found by report, unit and period; who may add to them is said there."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

import polars as pl

from orchestration.bank import Bank
from records.access import Scope
from records.ledger.returns import Head, Step

_FIELDS = tuple(one.name for one in fields(Head))


def head_of(row: Mapping[str, Any]) -> Head:
    """The edition that a row of `records.ledger.returns.PACKAGES` tells of."""
    return Head(**{name: row[name] for name in _FIELDS})


def released(bank: Bank, scope: Scope, return_id: str) -> Mapping[tuple[str, date], Head]:
    """The newest released edition of a report, by unit and period."""
    rows = bank.ledger.returns.packages(scope, return_id=return_id)
    out = rows.filter(pl.col("state") == Step.RELEASED.value).sort("edition")
    return {(row["unit_id"], row["as_of"]): head_of(row) for row in out.to_dicts()}


def released_before(bank: Bank, scope: Scope, head: Head) -> Head | None:
    """The newest released edition of the same report before this one."""
    rows = bank.ledger.returns.packages(
        scope, return_id=head.return_id, unit=head.unit_id, as_of=head.as_of
    )
    out = rows.filter(
        pl.col("state") == Step.RELEASED.value, pl.col("edition") < head.edition
    ).sort("edition")
    return head_of(out.row(-1, named=True)) if out.height else None
