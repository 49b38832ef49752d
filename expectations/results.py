"""What a suite found, as plain records: no Great Expectations in here, so that any page may hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from expectations.model import Severity


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The verdict on one rule.

    `failing_rows` is nothing for a rule on the table as a whole, for a skipped rule and for a check that
    could not be run; the last has not passed. A skipped rule has not failed, and says why it was skipped.
    `parameters` are the values that it was asked with, and `set_by` says whose word they are.
    """

    rule_id: str
    severity: Severity
    passed: bool
    failing_rows: int | None
    checked_rows: int
    skipped_reason: str | None
    detail: str
    set_by: str = "product"
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SuiteResult:
    """The verdicts on one table, in the order of the rules."""

    table: str
    run_time: datetime
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The rules that were broken or could not be run."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def worst(self) -> Severity | None:
        """The gravest severity among the broken rules; nothing if none is broken.

        Decide by this. Great Expectations calls a suite with one broken warning as failed as any.
        """
        return min((result.severity for result in self.failed), key=_rank, default=None)


def _rank(severity: Severity) -> int:
    return severity.rank
