"""What pages ask of the loans behind figures: the list that adds up to one, and everything about one loan.

Answers are plain frames of one reader's scope. Borrowers stand in them by their number: whether a page shows
it is decided in `dashboards.masking`; names are asked for apart, and only after somebody said why.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

import polars as pl

from records.access import Scope
from transforms.catalogue.model import Label
from transforms.schema import COUNT, DAY, TEXT, WIDE


class Place(StrEnum):
    """Where a row stands in a figure; each row stands in one place."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    """In the denominator and not in the numerator."""
    EXCLUDED = "excluded"
    """In the unit's book, and in neither."""


LISTED: Final[Mapping[str, pl.DataType]] = {
    "place": TEXT,
    "loan_id": TEXT,
    "borrower_id": TEXT,
    "branch_id": TEXT,
    "as_of_date": DAY,
    "balance": WIDE,
    "amount": WIDE,
    "rule": TEXT,
    "why": TEXT,
    "metric_id": TEXT,
    "measure": TEXT,
    "overridden": TEXT,
    "product_type": TEXT,
    "purpose_industry_code": TEXT,
    "loan_classification": TEXT,
    "sei_tag": TEXT,
    "green_tag": TEXT,
    "tech_loan_tag": TEXT,
    "supply_chain_product_code": TEXT,
}
"""A row of a list. `amount` is what it adds to its side; `rule` is the flag that decided, `why` the key of
what of it did."""

MARKS: Final = tuple(LISTED)[tuple(LISTED).index("product_type") :]
"""What is told of a loan beside its amounts, as it was delivered for the row's month end."""


@dataclass(frozen=True)
class ListAsked:
    """Which figure's loans.

    Attributes:
        reading: under which reading.
        cut: only the loans of one member of a slice, as (slice, member).
    """

    branch: str
    metric: str
    reading: str
    as_of: date
    cut: tuple[str, str] | None = None


@dataclass(frozen=True)
class SideSum:
    """What a whole side of a figure comes to.

    Attributes:
        rows: how many rows it is made of.
        clients: how many clients they are of.
        total: what they add up to.
    """

    rows: int
    clients: int
    total: Decimal


@dataclass(frozen=True, eq=False)
class LoanList:
    """The rows behind a figure.

    Attributes:
        rows: columns `LISTED`, in order of loan numbers.
        sums: by side, numerator and denominator each in full; a side without rows of its own is missing.
        kinds: what the rows are about, as values of `transforms.catalogue.model.Entity`.
        reasons: the keys of `why` in words.
        industries: names of the industries named in `rows`, by code.
        hidden: rows of the figure that lie outside the scope, and are in neither rows nor sums.
        at_largest: of how many largest clients the numerator is; none where all count.
    """

    rows: pl.DataFrame
    sums: Mapping[str, SideSum]
    kinds: tuple[str, ...]
    reasons: Mapping[str, Label]
    industries: Mapping[str, Label]
    hidden: int
    at_largest: int | None


@dataclass(frozen=True)
class Origin:
    """Where a loan's row came from.

    Attributes:
        row: its row in the file, the first row of data being 1.
        version: of the month that the delivery made.
    """

    file: str
    row: int
    batch: str
    received_at: datetime
    version: int


HISTORY: Final[Mapping[str, pl.DataType]] = {
    "as_of_date": DAY,
    "booking_branch_id": TEXT,
    "outstanding_principal": WIDE,
    "currency_code": TEXT,
    "loan_status": TEXT,
    "loan_classification": TEXT,
    "days_past_due": COUNT,
    "product_type": TEXT,
    "purpose_industry_code": TEXT,
    "main_security_type": TEXT,
    "sei_tag": TEXT,
    "green_tag": TEXT,
    "tech_loan_tag": TEXT,
    "supply_chain_product_code": TEXT,
}
"""A loan at a month end, as it was delivered."""

EVENTS: Final[Mapping[str, pl.DataType]] = {
    "event_date": DAY,
    "event_type": TEXT,
    "amount": WIDE,
    "currency_code": TEXT,
    "from_value": TEXT,
    "to_value": TEXT,
}
"""What happened to a loan, drawdowns and repayments and what became of it among them."""

FOUND: Final[Mapping[str, pl.DataType]] = {
    "rule_id": TEXT,
    "severity": TEXT,
    "table": TEXT,
    "key": TEXT,
    "source_row_no": pl.Int64(),
    "reason_en": TEXT,
    "reason_zh": TEXT,
    "remedy_en": TEXT,
    "remedy_zh": TEXT,
}
"""A rule that the loan breaks."""

OVERRIDDEN: Final[Mapping[str, pl.DataType]] = {
    "override_id": TEXT,
    "table_name": TEXT,
    "column_name": TEXT,
    "delivered_value": TEXT,
    "value": TEXT,
    "reason": TEXT,
    "requested_by": TEXT,
    "approved_by": TEXT,
    "valid_to": DAY,
    "state": TEXT,
}
"""An override of the loan or of its client."""


@dataclass(frozen=True, eq=False)
class LoanFile:
    """Everything known of one loan at a month end; what is delivered, before any rule is put to it.

    Attributes:
        as_of: the month end.
        facts: column and value of the loan as the month is computed with; empty if it is in no book of it.
        client: column and value of its borrower, the number and name left out.
        borrower_id: its borrower.
        branch_id: where it is booked, or was last.
        balance: in base currency.
        origin: where its row came from.
        history: rows of `HISTORY`, published months only, the oldest first.
        events: rows of `EVENTS`, the newest first.
        findings: rows of `FOUND`.
        overrides: rows of `OVERRIDDEN`.
        industries: names of the industries named in it, by code.
    """

    loan_id: str
    as_of: date
    facts: Mapping[str, object]
    client: Mapping[str, object]
    borrower_id: str | None
    branch_id: str
    balance: Decimal | None
    origin: Origin | None
    history: pl.DataFrame
    events: pl.DataFrame
    findings: pl.DataFrame
    overrides: pl.DataFrame
    industries: Mapping[str, Label]


@dataclass(frozen=True)
class Use:
    """What one side of a metric makes of a loan.

    Attributes:
        side: `numerator` or `denominator`.
        counts: whether the loan counts there.
        amount: what it adds: money, or a number of one.
        is_money: whether that is money.
        because: the conditions that admit it, or that keep it out.
        facts: what these looked at, by column, as the loan has it.
    """

    metric: str
    reading: str
    side: str
    counts: bool
    amount: Decimal | None
    is_money: bool
    because: tuple[Label, ...]
    facts: tuple[tuple[str, object], ...]


class LoanQuestions(Protocol):
    """Answers about loans, each limited by the reader's scope.

    Raises:
        BranchmarkError: in words for the reader, where there is no answer.
    """

    def listed(self, scope: Scope, asked: ListAsked) -> LoanList:
        """The rows behind a figure, and those of the unit's book that are not in it."""
        ...

    def file(self, scope: Scope, loan: str, as_of: date) -> LoanFile | None:
        """Everything known of a loan; none if there is no such loan, or none that the reader may see."""
        ...

    def uses(self, scope: Scope, loan: str, as_of: date) -> tuple[Use, ...]:
        """What every metric makes of a loan, in the order of the catalogue; nothing of one not seen."""
        ...

    def starting(self, scope: Scope, branch: str, text: str, as_of: date) -> pl.DataFrame:
        """Loans of a unit whose number begins so, the largest first: `loan_id, branch_id, balance`."""
        ...

    def names(self, scope: Scope, borrowers: Collection[str], as_of: date) -> Mapping[str, str]:
        """The names of those borrowers that have a loan in the scope, by number, as far as they are known."""
        ...
