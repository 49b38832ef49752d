"""One loan within a reader's scope: its row, its past, what happened to it, what was found, and every use.

Whether a loan is there at all is asked here in one place: of a loan that lies outside the scope nothing is
told, not even that there is one. Why a metric counts it is said by `transforms.explain`.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards.port.loans import EVENTS, FOUND, HISTORY, OVERRIDDEN, LoanFile, Origin, Use
from orchestration import months
from orchestration.answering.loan_lists import industries
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from orchestration.tracing import Rows
from records.access import Scope
from transforms.catalogue.model import Aggregation
from transforms.classify import classify
from transforms.explain import explain
from transforms.schema import BORROWER_SNAPSHOT, LOAN_EVENT, LOAN_SNAPSHOT, WRITE_OFF_RECOVERY

_HIDDEN: Final = frozenset({"borrower_id", "borrower_name"})
_BOOKED: Final = "booking_branch_id"
_LEFT: Final = ("write_off", "transfer_out", "securitised")
"""Events that take a loan off the book; the register of write-offs says the same again."""
_FOUND_AT_MOST: Final = 20


def file(bank: Bank, scope: Scope, loan: str, as_of: date) -> LoanFile | None:
    """Everything known of a loan; none if there is no such loan, or none that the reader may see."""
    month = MonthAtWork.published(bank, as_of)
    past = _history(bank, scope, loan, as_of)
    row = _row(month, scope, loan)
    if past.is_empty() and row is None:
        return None
    borrower = None if row is None else str(row["borrower_id"])
    client = _client(month, borrower)
    facts = {name: value for name, value in (row or {}).items() if name not in _HIDDEN}
    codes = (*past["purpose_industry_code"], client.get("industry_code"))
    return LoanFile(
        loan_id=loan,
        as_of=as_of,
        facts={name: value for name, value in facts.items() if name in LOAN_SNAPSHOT.dtypes},
        client=client,
        borrower_id=borrower,
        branch_id=str(row[_BOOKED] if row else past[_BOOKED][-1]),
        balance=None if row is None else _balance(month, loan),
        origin=None if row is None else _origin(month, int(str(row["source_row_no"]))),
        history=past,
        events=_events(month, scope, loan),
        findings=_findings(bank, scope, month, {loan, borrower or loan}),
        overrides=_overrides(month, loan, borrower),
        industries=industries(bank, month, [None if code is None else str(code) for code in codes]),
    )


def uses(bank: Bank, scope: Scope, loan: str, as_of: date) -> tuple[Use, ...]:
    """What every metric makes of a loan, in the order of the catalogue; nothing of one not seen."""
    month = MonthAtWork.published(bank, as_of)
    if _row(month, scope, loan) is None and _history(bank, scope, loan, as_of).is_empty():
        return ()
    gathered = Rows(month, months.tree(month))
    told = explain(
        month.catalogue,
        # A loan that was moved is judged by its rows here alone.
        {kin: _within(rows, scope) for kin, rows in gathered.of_loan(loan).items()},
        bank.reference.thresholds(as_of),
        as_of=as_of,
        among=gathered.among_largest(loan),
    )
    return tuple(
        Use(
            metric=one.metric.metric_id,
            reading=one.reading.name,
            side=one.role,
            counts=one.answer.counts,
            amount=one.amount,
            is_money=one.measure.aggregation in {Aggregation.SUM, Aggregation.LARGEST},
            because=one.answer.because,
            facts=tuple(
                (name, value) for name, value in one.answer.facts.items() if name not in _HIDDEN
            ),
        )
        for one in told
    )


def starting(bank: Bank, scope: Scope, branch: str, text: str, as_of: date) -> pl.DataFrame:
    """Loans of a unit whose number begins so, the largest first: `loan_id, branch_id, balance`."""
    scope.require(branch)
    month = MonthAtWork.published(bank, as_of)
    counts = bank.published.counts_for(scope, as_of=as_of)
    here = counts.filter(pl.col("node_id") == branch).select("branch_id")
    loans = scope.limit(month.table(LOAN_SNAPSHOT.name), _BOOKED)
    return (
        loans.filter(pl.col("loan_id").str.starts_with(text))
        .join(here, left_on=_BOOKED, right_on="branch_id", how="semi")
        .select("loan_id", branch_id=_BOOKED, balance="outstanding_principal")
        .sort("balance", "loan_id", descending=[True, False])
        .head(_FOUND_AT_MOST)
        .collect()
    )


def names(bank: Bank, scope: Scope, borrowers: Collection[str], as_of: date) -> Mapping[str, str]:
    """The names of those borrowers that have a loan in the scope, by number, as far as they are known."""
    month = MonthAtWork.published(bank, as_of)
    lent = scope.limit(month.table(LOAN_SNAPSHOT.name), _BOOKED).select("borrower_id")
    found = (
        month.table(BORROWER_SNAPSHOT.name)
        .filter(
            pl.col("borrower_id").is_in(sorted(borrowers)), pl.col("borrower_name").is_not_null()
        )
        .join(lent, on="borrower_id", how="semi")
        .select("borrower_id", "borrower_name")
        .collect()
    )
    return dict(found.iter_rows())


def _row(month: MonthAtWork, scope: Scope, loan: str) -> dict[str, object] | None:
    rows = scope.limit(month.table(LOAN_SNAPSHOT.name), _BOOKED)
    found = rows.filter(pl.col("loan_id") == loan).head(1).collect()
    return found.row(0, named=True) if found.height else None


def _within(rows: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Rows of whatever kind that lie in the scope."""
    column = next((one for one in ("branch_id", _BOOKED) if one in rows.columns), None)
    return rows if column is None else scope.limit(rows.lazy(), column).collect()


def _client(month: MonthAtWork, borrower: str | None) -> dict[str, object]:
    rows = month.table(BORROWER_SNAPSHOT.name).filter(pl.col("borrower_id") == borrower)
    found = rows.select(pl.exclude(*_HIDDEN, "source_row_no")).head(1).collect()
    return found.row(0, named=True) if found.height else {}


def _balance(month: MonthAtWork, loan: str) -> Decimal | None:
    tables = months.loan_tables(month)
    own = tables.month[LOAN_SNAPSHOT.name].filter(pl.col("loan_id") == loan)
    one = replace(tables, month={**tables.month, LOAN_SNAPSHOT.name: own})
    found: pl.LazyFrame = classify(one, month.rules(), flags=(), columns=()).to_native()
    amount: Decimal | None = found.select("balance").collect().item()
    return amount


def _origin(month: MonthAtWork, row: int) -> Origin:
    batch = month.bank.deliveries.chosen(month.as_of, month.version)[LOAN_SNAPSHOT.name]
    return Origin(batch.source_file, row, batch.batch_id, batch.received_at, batch.snapshot_version)


def _history(bank: Bank, scope: Scope, loan: str, until: date) -> pl.DataFrame:
    """The loan in the published months that it was booked in the scope, as it was delivered."""
    frames = []
    for day, version in bank.published.newest_versions().items():
        batch = bank.deliveries.chosen(day, version).get(LOAN_SNAPSHOT.name)
        if day > until or batch is None:
            continue
        rows = bank.deliveries.rows(scope, batch).filter(pl.col("loan_id") == loan)
        frames.append(rows.with_columns(as_of_date=pl.lit(day)).select(*HISTORY))
    return pl.concat(
        [
            pl.DataFrame(schema=dict(HISTORY)),
            *(one.cast(dict(HISTORY)) for one in pl.collect_all(frames)),  # type: ignore[arg-type]
        ]
    ).sort("as_of_date")


def _events(month: MonthAtWork, scope: Scope, loan: str) -> pl.DataFrame:
    deliveries = month.bank.deliveries
    frames = [
        deliveries.rows(scope, batch).filter(pl.col("loan_id") == loan).select(*EVENTS)
        for batch in deliveries.months_of(LOAN_EVENT.name, month.as_of).values()
    ]
    gone = scope.limit(month.table(WRITE_OFF_RECOVERY.name), "branch_id")
    frames.append(
        gone.filter(pl.col("loan_id") == loan).select(
            event_date="write_off_date",
            event_type=pl.col("method").replace(_AS_EVENT),
            amount=-pl.col("principal"),
            currency_code=pl.lit(None, dtype=pl.String),
            from_value=pl.lit(None, dtype=pl.String),
            to_value=pl.lit(None, dtype=pl.String),
        )
    )
    *monthly, register = [frame.cast(dict(EVENTS)) for frame in pl.collect_all(frames)]  # type: ignore[arg-type]
    found = pl.concat([pl.DataFrame(schema=dict(EVENTS)), *monthly])
    if not found["event_type"].is_in(_LEFT).any():
        found = pl.concat([found, register])
    return found.unique(maintain_order=True).sort("event_date", "event_type", descending=True)


_AS_EVENT: Final = {"transfer": "transfer_out", "securitisation": "securitised"}
"""What the register of write-offs calls otherwise than events do."""


def _findings(bank: Bank, scope: Scope, month: MonthAtWork, keys: Collection[str]) -> pl.DataFrame:
    asked = {"as_of": month.as_of, "version": month.version}
    rows = bank.published.failing_rows(scope, **asked).filter(pl.col("key").is_in(sorted(keys)))  # type: ignore[arg-type]
    wording = bank.published.findings(scope, **asked).unique(["rule_id", "table"])  # type: ignore[arg-type]
    told = wording.select("rule_id", "table", *(n for n in FOUND if n[:3] in {"sev", "rea", "rem"}))
    found = rows.select("rule_id", "table", "key", "source_row_no").join(
        told, on=["rule_id", "table"], how="left"
    )
    return found.select(*FOUND).sort("rule_id", "table").collect()


def _overrides(month: MonthAtWork, loan: str, borrower: str | None) -> pl.DataFrame:
    of = pl.col("table_name")
    rows = month.override_states.filter(
        ((of == LOAN_SNAPSHOT.name) & (pl.col("row_key") == loan))
        | ((of == BORROWER_SNAPSHOT.name) & (pl.col("row_key") == borrower))
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in OVERRIDDEN.items())
