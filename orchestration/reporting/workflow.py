"""A prepared report on its way out: checked, approved, released, or given back, each by another person.

What stands in the way is told by `obstacles`. Which step may follow which, and whose it may not be, is held
by the ledger itself; what a report looks like is said in `rendering`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from orchestration.bank import Bank
from orchestration.reporting import standing
from orchestration.reporting.defined import require
from records.access import Scope
from records.ledger.returns import Head, RemarkKind, Step
from records.ledger.sign_offs import signing_obstacles
from records.package_store import PackageStore
from transforms.errors import BranchmarkError, listed
from transforms.hierarchy import under
from transforms.returns.model import Audience, Severity
from transforms.returns.package import FAILS, VERDICT, Package
from transforms.schema import TEXT

CHECK, CHECK_IN, BOOK = "check", "check_in", "book"
"""What an obstacle is about: a check that does not hold, a missed metric, the book against the ledger."""
REASON: Final = "reason"
COMMENT: Final = "comment"
NOTHING: Final = ""
"""What an obstacle asks for; a book that does not agree is shown and asks for nothing."""

OBSTACLE: Final[Mapping[str, pl.DataType]] = {
    "what": TEXT,
    "asks": TEXT,  # `reason`, `comment`, `check_in`, or empty for what is shown only
    "blocks": pl.Boolean(),
    "case": TEXT,  # of a check, as remarks name it
    "unit_id": TEXT,
    "metric_id": TEXT,  # of a missed metric
    "reading": TEXT,
    **{name: VERDICT[name] for name in ("kind", "cells", "left", "relation", "right")},
    **{name: VERDICT[name] for name in ("difference", "tolerance", "label_en", "label_zh")},
}
_ORDER: Final = (REASON, COMMENT, CHECK_IN, NOTHING)
_NAMED: Final = 12
"""So many obstacles of a kind are named in a sentence."""


class ReportObstaclesError(BranchmarkError):
    """A report cannot go on while something stands in its way about which nobody said anything."""

    def __init__(self, head: Head, step: str, found: pl.DataFrame) -> None:
        reasons, comments, missed = (
            found.filter(pl.col("asks") == asks) for asks in (REASON, COMMENT, CHECK_IN)
        )
        parts = [
            f"{cases.height} check(s) that do not hold ask for a {asks} ({listed(cases['case'], _NAMED)})"
            for asks, cases in ((REASON, reasons), (COMMENT, comments))
            if cases.height
        ]
        ways = [
            f"branchmark signoff {asks} {head.return_id} --case {cases['case'][0]}"
            for asks, cases in ((REASON, reasons), (COMMENT, comments))
            if cases.height
        ]
        if missed.height:
            names = listed(missed["metric_id"].unique(maintain_order=True), _NAMED)
            parts.append(f"{missed.height} missed metric(s) stand without a check-in ({names})")
            ways.append("branchmark checkins add")
        super().__init__(
            f"{head.called}, cannot be {step}: {'; '.join(parts)}. Record them: {', '.join(ways)}."
        )
        self.found = found


class OutdatedReportError(BranchmarkError):
    """A report that is no longer what would be prepared now cannot go on."""

    def __init__(self, head: Head, step: str, change: standing.Change) -> None:
        super().__init__(
            f"{head.called}, cannot be {step}: {change.sentence} Prepare it anew: branchmark signoff prepare "
            f"{head.return_id} --branch {head.unit_id} --as-of {head.as_of}."
        )
        self.change = change


def check(bank: Bank, scope: Scope, head: Head, *, by: str, at: datetime, note: str = "") -> int:
    """Sign that a prepared report was checked: not by who prepared it.

    Raises:
        OutdatedReportError: if its figures or its definition changed since.
        LedgerUseError: if the step is out of order, or it is the wrong person's.
        AccessError: if the unit lies outside the scope.
    """
    _require_current(bank, scope, head, "checked")
    return _step(bank, scope, head, Step.CHECKED, by=by, at=at, note=note)


def approve(bank: Bank, scope: Scope, head: Head, *, by: str, at: datetime, note: str = "") -> int:
    """Sign that a checked report is approved: by a third person.

    Raises:
        ReportObstaclesError: if something stands in its way.
        OutdatedReportError: if its figures or its definition changed since.
        LedgerUseError: if the step is out of order, or it is the wrong person's.
        AccessError: if the unit lies outside the scope.
    """
    _require_current(bank, scope, head, "approved")
    _require_free(bank, scope, head, "approved")
    return _step(bank, scope, head, Step.APPROVED, by=by, at=at, note=note)


def release(bank: Bank, scope: Scope, head: Head, *, by: str, at: datetime, note: str = "") -> int:
    """Sign that an approved report goes out: not by who prepared it.

    Raises:
        ReportObstaclesError: if something stands in its way.
        OutdatedReportError: if its figures or its definition changed since.
        LedgerUseError: if the step is out of order, or it is the wrong person's.
        AccessError: if the unit lies outside the scope.
    """
    _require_current(bank, scope, head, "released")
    _require_free(bank, scope, head, "released")
    return _step(bank, scope, head, Step.RELEASED, by=by, at=at, note=note)


def give_back(bank: Bank, scope: Scope, head: Head, *, by: str, at: datetime, note: str) -> int:
    """Give a report back with a note; the edition ends there, and preparing anew begins another.

    Raises:
        LedgerUseError: if nothing is noted, or it was given back or released already.
        AccessError: if the unit lies outside the scope.
    """
    return _step(bank, scope, head, Step.RETURNED, by=by, at=at, note=note)


def remark(  # noqa: PLR0913 - a remark says so much
    bank: Bank,
    scope: Scope,
    head: Head,
    *,
    case: str,
    kind: RemarkKind,
    text: str,
    by: str,
    at: datetime,
) -> int:
    """Say something about a case of a check that does not hold: a comment, or why it goes out anyway.

    Raises:
        UnknownCaseError: if no check of the report has such a case that does not hold.
        LedgerUseError: if nothing is said, or the preparer gives a reason.
        AccessError: if the unit lies outside the scope.
    """
    failing = _failing(PackageStore.of(bank.workspace).read(head))
    if case not in failing["case"]:
        raise UnknownCaseError(head, case, failing)
    return bank.ledger.returns.remark(
        scope, head.package_id, case=case, kind=kind, text=text, by=by, at=at
    )


class UnknownCaseError(BranchmarkError):
    """Something is to be said about a case that does not fail, or that there is not."""

    def __init__(self, head: Head, case: str, failing: pl.DataFrame) -> None:
        known = (
            f"Those that do not hold are {listed(failing['case'], _NAMED)}."
            if failing.height
            else "All of its checks hold, or could not be asked."
        )
        super().__init__(f"{head.called}, has no check {case!r} that does not hold. {known}")


def obstacles(bank: Bank, scope: Scope, head: Head) -> pl.DataFrame:
    """What stands in a report's way, columns `OBSTACLE`: what blocks it first.

    Checks that do not hold and about which nobody said what is asked for; of a branch's own report also
    its missed metrics without a check-in, and, to be seen, where its book does not agree with the ledger.

    Raises:
        AccessError: if the unit lies outside the scope.
        PackageError: if what was prepared is gone or altered.
    """
    scope.require(head.unit_id)
    package = PackageStore.of(bank.workspace).read(head)
    remarks = bank.ledger.returns.remarks(scope, package_id=head.package_id)
    parts = [_unsaid(package, remarks)]
    if require(bank, head.return_id).audience is Audience.BRANCH:
        parts += [_without_check_in(bank, scope, head), _book(bank, scope, head)]
    rank = pl.col("asks").replace_strict(
        {asks: place for place, asks in enumerate(_ORDER)}, return_dtype=pl.Int8
    )
    return pl.concat(parts).sort(rank, maintain_order=True)


def _failing(package: Package) -> pl.DataFrame:
    return package.verdicts.filter(pl.col("state") == FAILS).with_columns(
        case=pl.format("{}#{}", "check_id", "number")
    )


def _unsaid(package: Package, remarks: pl.DataFrame) -> pl.DataFrame:
    """The failing cases about which nobody said what they ask for; a reason is a comment too."""
    failing = _failing(package)
    reasons = remarks.filter(pl.col("kind") == REASON)["case"].implode()
    blocks = pl.col("severity") == Severity.BLOCKS.value
    said = pl.when(blocks).then(pl.col("case").is_in(reasons))
    left = failing.filter(~said.otherwise(pl.col("case").is_in(remarks["case"].implode())))
    asks = pl.when(blocks).then(pl.lit(REASON)).otherwise(pl.lit(COMMENT))
    return _rows(
        left,
        what=pl.lit(CHECK),
        asks=asks,
        blocks=pl.lit(value=True),
        unit_id=pl.lit(package.unit_id),
    )


def _without_check_in(bank: Bank, scope: Scope, head: Head) -> pl.DataFrame:
    missed = signing_obstacles(
        scope,
        bank.published,
        bank.ledger.check_ins,
        bank.definitions.on(head.as_of),
        branch=head.unit_id,
        as_of=head.as_of,
    )
    return _rows(
        missed,
        what=pl.lit(CHECK_IN),
        asks=pl.lit(CHECK_IN),
        blocks=pl.lit(value=True),
        unit_id="branch_id",
        left="value",
        right="target_value",
        difference="gap",
    )


def _book(bank: Bank, scope: Scope, head: Head) -> pl.DataFrame:
    """Where the book of the unit and of those below it does not agree with the general ledger."""
    tree = bank.published.nodes(scope, as_of=head.as_of).collect()
    rows = bank.published.reconciliation(scope, as_of=head.as_of).filter(
        ~pl.col("reconciled"),
        pl.col("branch_id").is_in(sorted(under(tree, (head.unit_id,)))),
    )
    account = pl.format("{} {}", "gl_account_code", "currency_code")
    return _rows(
        rows.collect(),
        what=pl.lit(BOOK),
        asks=pl.lit(NOTHING),
        blocks=pl.lit(value=False),
        unit_id="branch_id",
        left="loan_balance",
        right="ledger_balance",
        difference="unexplained",
        label_en=pl.format("Loans against the general ledger, account {}", account),
        label_zh=pl.format("贷款与总账核对，科目 {}", account),
    )


def _rows(frame: pl.DataFrame, **given: pl.Expr | str) -> pl.DataFrame:
    """Rows of `OBSTACLE`: what is given, what the frame has of it, and nothing else."""
    columns = {
        name: given.get(name, name if name in frame.columns else pl.lit(None)) for name in OBSTACLE
    }
    named = {name: pl.col(one) if isinstance(one, str) else one for name, one in columns.items()}
    return frame.select(one.cast(OBSTACLE[name]).alias(name) for name, one in named.items())


def _require_current(bank: Bank, scope: Scope, head: Head, step: str) -> None:
    change = standing.change(bank, scope, head)
    if change is not None:
        raise OutdatedReportError(head, step, change)


def _require_free(bank: Bank, scope: Scope, head: Head, step: str) -> None:
    found = obstacles(bank, scope, head).filter(pl.col("blocks"))
    if found.height:
        raise ReportObstaclesError(head, step, found)


def _step(
    bank: Bank, scope: Scope, head: Head, step: Step, *, by: str, at: datetime, note: str
) -> int:
    return bank.ledger.returns.step(
        scope, head.package_id, step, content_hash=head.content_hash, by=by, at=at, note=note
    )
