"""The account of a delivery: accepted + rejected = delivered, in rows and money, and why.

How a delivery is taken belongs in `orchestration.intake`; how a receipt is printed, in `orchestration.cli`.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.gate import Gate
from transforms.schema import LOAN_SNAPSHOT


@dataclass(frozen=True)
class Finding:
    """A rule that rejected rows: how many, how much, why, and what to do."""

    rule_id: str
    table: str
    rows: int
    amount: Decimal | None
    reason: str
    remedy: str


@dataclass(frozen=True)
class TableReceipt:
    """The account of one delivered table: accepted + rejected = delivered, in rows and money.

    Amounts are in base currency.
    """

    table: str
    source_files: tuple[str, ...]
    encoding: str | None
    delimiter: str | None
    source_rows: int
    outside_rows: int
    delivered_rows: int
    accepted_rows: int
    rejected_rows: int
    delivered_amount: Decimal | None
    accepted_amount: Decimal | None
    rejected_amount: Decimal | None
    rows_without_amount: int
    """Delivered rows whose amount cannot be read: no sum holds them, and they are not zero."""
    rows_without_rate: int
    """Delivered rows in a currency without a rate: their money is in no sum in base currency."""
    delivered_gross: Decimal | None
    """Money whatever its sign: what the gate weighs, since a wrong minus could hide a wrong plus."""
    rejected_gross: Decimal | None
    read_as: str
    """How the files were read, in words."""


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery."""

    as_of_date: date
    snapshot_version: int
    unchanged: bool
    tables: tuple[TableReceipt, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    gate: Gate | None
    """Whether so much of the loan book was rejected that the month may not be published."""

    @property
    def main(self) -> TableReceipt:
        """The table a person asks about first: the loans, or the largest."""
        loans = [table for table in self.tables if table.table == LOAN_SNAPSHOT.name]
        return loans[0] if loans else max(self.tables, key=lambda table: table.delivered_rows)


def as_json(receipt: Receipt) -> dict[str, object]:
    """The receipt as plain values: money as decimal text, counts as integers."""
    main = receipt.main
    return {
        "as_of_date": receipt.as_of_date.isoformat(),
        "snapshot_version": receipt.snapshot_version,
        "unchanged": receipt.unchanged,
        **as_json_table(main),
        "findings": [
            {**finding.__dict__, "amount": _text(finding.amount)} for finding in receipt.findings
        ],
        "notes": list(receipt.notes),
        "publishable": receipt.gate is None or receipt.gate.passes,
        "gate": receipt.gate.said if receipt.gate else None,
        "tables": [as_json_table(table) for table in receipt.tables],
    }


def as_json_table(table: TableReceipt) -> dict[str, object]:
    """One table's account as plain values."""
    values: dict[str, object] = json.loads(json.dumps(table.__dict__, default=str))
    return values


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
