"""The gate as an asset check on the delivered book: a month that does not pass it is not published."""

import dagster as dg

from orchestration import gate
from orchestration.defs.assets import delivered_book
from orchestration.defs.resources import BankResource
from orchestration.partitions import MONTHS


@dg.asset_check(
    asset=delivered_book,
    blocking=True,
    partitions_def=MONTHS,
    description="No more of the loan balance was rejected than the bank allows.",
)
def rejected_balance(
    context: dg.AssetCheckExecutionContext, bank: BankResource
) -> dg.AssetCheckResult:
    """Whether so little was rejected that the rest may speak for the book."""
    month = bank.month(context.partition_key)
    at = gate.gate_at(month.bank, month.as_of, month.version)
    return dg.AssetCheckResult(
        passed=at is None or at.passes,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"why": at.said if at else "no loan book"},
    )
