"""The gate before publication: a month of whose balance too much was rejected is not published.

How much is too much is the bank's setting. Which rows are rejected is decided by the rules, and the
build asks here before anybody sees a figure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from orchestration.bank import Bank
from transforms.catalogue.model import Label
from transforms.schema import LOAN_SNAPSHOT


class Account(Protocol):
    """What the gate asks of a delivered table: rows, and money in base currency."""

    @property
    def table(self) -> str:
        """The canonical table."""
        ...

    @property
    def delivered_rows(self) -> int:
        """Rows delivered."""
        ...

    @property
    def delivered_gross(self) -> Decimal | None:
        """Money delivered, whatever its sign."""
        ...

    @property
    def rejected_gross(self) -> Decimal | None:
        """Money of rejected rows, whatever its sign."""
        ...

    @property
    def rows_without_amount(self) -> int | None:
        """Rows whose amount cannot be read."""
        ...

    @property
    def rows_without_rate(self) -> int | None:
        """Rows in a currency without a rate."""
        ...


@dataclass(frozen=True)
class Gate:
    """A loan book before the gate.

    Attributes:
        rejected: money of rejected rows, base currency; a row below zero weighs as much as one above.
        delivered: money of all delivered rows, the same.
        unmeasured: rows whose money is not known: unreadable, or in a currency without a rate.
        rows: delivered rows.
        max_rejected: per cent of the balance that may be rejected.
        max_unmeasured: per cent of the rows whose money may be unknown.
    """

    rejected: Decimal
    delivered: Decimal
    unmeasured: int
    rows: int
    max_rejected: Decimal
    max_unmeasured: Decimal

    @property
    def passes(self) -> bool:
        """Whether the month may be published.

        Money that is not known is not zero, so rows without it have a limit of their own. An empty book
        passes; that it is empty is a finding of its own.
        """
        return self._balance_passes and self._rows_pass

    @property
    def _balance_passes(self) -> bool:
        return self.rejected * 100 <= self.max_rejected * self.delivered

    @property
    def _rows_pass(self) -> bool:
        return self.unmeasured * 100 <= self.max_unmeasured * self.rows

    @property
    def said(self) -> str:
        """The rejected share and the limit, in English words."""
        return self.told.en

    @property
    def told(self) -> Label:
        """The same in both languages."""
        limit = _limit(self.max_rejected, kept=self._balance_passes)
        if self.delivered:
            share = (self.rejected * 100 / self.delivered).quantize(Decimal("0.01"), ROUND_HALF_UP)
            english = f"{share} % of the delivered balance was rejected"
            chinese = f"报送余额的 {share}% 将被拒收"
        else:
            english, chinese = "no balance was delivered", "没有报送余额"
        english, chinese = f"{english} ({limit.en})", f"{chinese}（{limit.zh}）"
        if self.unmeasured:
            limit = _limit(self.max_unmeasured, kept=self._rows_pass)
            unknown, rows = f"{self.unmeasured:,}", f"{self.rows:,}"
            english += f", and the amount of {unknown} of {rows} rows is not known ({limit.en})"
            chinese += f"，{rows} 行中有 {unknown} 行金额无法确定（{limit.zh}）"
        return Label(english, chinese)


def _limit(percent: Decimal, *, kept: bool) -> Label:
    told = f"{percent.normalize():f}"
    if kept:
        return Label(f"within the limit of {told} %", f"未超过 {told}% 的上限")
    return Label(f"over the limit of {told} %", f"超过 {told}% 的上限")


def gate_of(bank: Bank, tables: Iterable[Account]) -> Gate | None:
    """The gate for the loan book among some delivered tables; none if there is none among them."""
    for table in tables:
        if table.table == LOAN_SNAPSHOT.name:
            return Gate(
                rejected=table.rejected_gross or Decimal(0),
                delivered=table.delivered_gross or Decimal(0),
                unmeasured=(table.rows_without_amount or 0) + (table.rows_without_rate or 0),
                rows=table.delivered_rows,
                max_rejected=bank.workspace.max_rejected_percent,
                max_unmeasured=bank.workspace.max_unmeasured_percent,
            )
    return None


def gate_at(bank: Bank, as_of: date, version: int) -> Gate | None:
    """The gate for the loan book that a version of a month is computed with."""
    return gate_of(bank, bank.deliveries.chosen(as_of, version).values())
