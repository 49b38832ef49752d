"""What happened during a month: its events, and what moved between two month ends, loan by loan.

A property of `Flow` is one line of the definitions, and says what the event counts for it: zero if it
does not meet the conditions. How loans stand at a month end belongs in `oracle_loans.py`.
"""

from collections import defaultdict
from decimal import Decimal
from functools import cached_property

from tests.oracle.oracle_delivered import Row, own_rows
from tests.oracle.oracle_figures import ZERO, in_base_currency
from tests.oracle.oracle_loans import NFRA_LINE, Loan, judged
from tests.oracle.oracle_month import ByBranch, Month

BOOK = ("its book",)
TWO_BOOKS = ("its book", "the book before")
SOLD = {"transfer_out", "securitised"}
RUN_OFF = {"scheduled_repayment", "prepayment", "renewal", "restructure", "correction"}


class Flow:
    """An event, joined to its loan as that last stood before it."""

    def __init__(self, event: Row, month: Month, before: Month) -> None:
        self.event = event
        self.kind = event["event_type"]
        self._month = month
        self._before = before

    @cached_property
    def in_base(self) -> Decimal:
        """F: the amount in base currency at the rate of this month."""
        month = self._month
        return in_base_currency(
            self.event["amount"], self.event["currency_code"], month.rates, month.base_currency
        )

    @cached_property
    def then(self) -> Loan | None:
        """The loan in the book of the month before, as it counted there."""
        return self._before.by_id.get(self.event["loan_id"]) if self._before.is_there else None

    @cached_property
    def loan(self) -> Loan | None:
        """The row before the event, or else this month's, with this month's companion tables."""
        if self.then is not None:
            return Loan(self.then.row, self._month)
        return self._month.by_id.get(self.event["loan_id"])

    @property
    def _own_account(self) -> bool:
        return self.loan is not None and self.loan.own_account

    @property
    def _then_is_npl(self) -> bool:
        return self.then is not None and self.then.is_npl

    # New lending --------------------------------------------------------------------------------

    @property
    def _is_drawn(self) -> bool:
        return (
            self.kind == "drawdown"
            and self._own_account
            and self.loan.row["product_type"] not in (None, "rediscounted_bill")
        )

    @property
    def _rate(self) -> Decimal | None:
        return self.loan.row["interest_rate"]

    @judged(*BOOK)
    def drawn(self) -> Decimal:
        return self.in_base if self._is_drawn else ZERO

    @judged(*BOOK)
    def drawn_rated(self) -> Decimal:
        return self.in_base if self._is_drawn and self._rate is not None else ZERO

    @judged(*BOOK)
    def drawn_interest(self) -> Decimal:
        return self.in_base * self._rate if self.drawn_rated else ZERO

    @judged(*BOOK, *NFRA_LINE)
    def drawn_inclusive_rated(self) -> Decimal:
        return self.drawn_rated if self.drawn_rated and self.loan.is_inclusive_kind else ZERO

    @judged(*BOOK, *NFRA_LINE)
    def drawn_inclusive_interest(self) -> Decimal:
        return self.in_base * self._rate if self.drawn_inclusive_rated else ZERO

    @judged(*BOOK, "lpr_rate")
    def drawn_spread_known(self) -> Decimal:
        known = self.drawn_rated and self.loan.benchmark is not None
        return self.in_base if known else ZERO

    @judged(*BOOK, "lpr_rate")
    def drawn_spread(self) -> Decimal:
        if not self.drawn_spread_known:
            return ZERO
        return self.in_base * (self._rate - self.loan.benchmark)

    # What left the book -------------------------------------------------------------------------

    @judged(*TWO_BOOKS)
    def written_off(self) -> Decimal:
        return -self.in_base if self.kind == "write_off" and self._own_account else ZERO

    @judged(*TWO_BOOKS)
    def npl_sold(self) -> Decimal:
        sold = self.kind in SOLD and self._own_account and self._then_is_npl
        return -self.in_base if sold else ZERO

    @judged(*TWO_BOOKS)
    def npl_repaid(self) -> Decimal:
        repaid = self.kind in RUN_OFF and self._own_account and self._then_is_npl
        return -self.in_base if repaid else ZERO

    @judged(*TWO_BOOKS)
    def npl_moved(self) -> Decimal:
        """Bad loans handed from branch to branch: less at one, more at the other."""
        return self.in_base if self.kind == "branch_move" and self._then_is_npl else ZERO

    @judged(*TWO_BOOKS)
    def disposed_unseen(self) -> Decimal:
        """Written off without ever having stood as non-performing at a month end."""
        return ZERO if self._then_is_npl else self.written_off

    @judged(*TWO_BOOKS)
    def new_loan_disposed(self) -> Decimal:
        """Drawn and written off, or sold as bad, within the year."""
        drawn = self.loan.row["disbursement_date"] if self.loan is not None else None
        this_year = drawn is not None and drawn.year == self._month.day.year
        return self.written_off + self.npl_sold if this_year else ZERO

    @judged()
    def recovered(self) -> Decimal:
        """Cash on what was written off before; the loan itself is long gone."""
        return self.in_base if self.kind == "recovery" else ZERO


class Events:
    """A month's events and changes, added up by branch."""

    def __init__(self, month: Month, before: Month) -> None:
        self._month = month
        self._before = before
        self._sums: dict[str, ByBranch] = {}

    @cached_property
    def flows(self) -> list[Flow]:
        """The events that the month itself delivered."""
        rows = own_rows(self._month.book, "loan_event", self._month.day)
        return [Flow(row, self._month, self._before) for row in rows]

    def by_branch(self, measure: str) -> ByBranch:
        """What the events count for a measure, at the branch each of them names."""
        if measure not in self._sums:
            flows = self.flows
            self._require(measure)
            sums: ByBranch = defaultdict(Decimal)
            for flow in flows:
                sums[flow.event["branch_id"]] += getattr(flow, measure)
            self._sums[measure] = sums
        return self._sums[measure]

    def drawing_clients(self) -> dict[str, set[str]]:
        """Who drew a loan, at the branch of the drawdown; whatever the loan is."""
        found: dict[str, set[str]] = defaultdict(set)
        for flow in self.flows:
            if flow.kind == "drawdown":
                found[flow.event["branch_id"]].add(flow.event["borrower_id"])
        return found

    def _require(self, measure: str) -> None:
        for need in Flow.__dict__[measure].func.needs:
            if need == "its book":
                own_rows(self._month.book, "loan_snapshot", self._month.day)
            elif need == "the book before":
                own_rows(self._before.book, "loan_snapshot", self._before.day)
            else:
                self._month.require_delivered(need)


# Between two month ends ---------------------------------------------------------------------------


def pairs_of(then: Month, now: Month) -> list[tuple[Loan | None, Loan | None]]:
    """Every loan of either book, as it stood then and as it stands now."""
    numbers = [*now.by_id, *(each for each in then.by_id if each not in now.by_id)]
    return [(then.by_id.get(number), now.by_id.get(number)) for number in numbers]


def npl_new_by_loan(then: Loan | None, now: Loan | None) -> Decimal:
    """What is non-performing now and was not then."""
    is_new = counts(now, "is_npl") and not counts(then, "is_npl")
    return now.balance if is_new else ZERO


def npl_upgraded(then: Loan | None, now: Loan | None) -> Decimal:
    """What is left of the non-performing ones that are better loans now."""
    better = counts(then, "is_npl") and counts(now, "is_loan") and not counts(now, "is_npl")
    return now.balance if better else ZERO


def normal_that_got_worse(then: Loan | None, now: Loan | None) -> Decimal:
    """What was normal then and is in a lower tier now."""
    worse = counts(then, "is_normal") and counts(now, "is_worse_than_normal")
    return now.balance if worse else ZERO


def normal_that_stayed(then: Loan | None, now: Loan | None) -> Decimal:
    """What was normal then, less what was repaid since."""
    return what_is_left(then, now) if counts(then, "is_normal") else ZERO


def mention_that_got_worse(then: Loan | None, now: Loan | None) -> Decimal:
    """What was special mention then and is non-performing now."""
    worse = counts(then, "is_special_mention") and counts(now, "is_npl")
    return now.balance if worse else ZERO


def mention_that_stayed(then: Loan | None, now: Loan | None) -> Decimal:
    """What was special mention then, less what was repaid since."""
    return what_is_left(then, now) if counts(then, "is_special_mention") else ZERO


CHANGES = {
    change.__name__: change
    for change in (
        npl_new_by_loan,
        npl_upgraded,
        normal_that_got_worse,
        normal_that_stayed,
        mention_that_got_worse,
        mention_that_stayed,
    )
}


def counts(loan: Loan | None, portfolio: str) -> bool:
    """Whether a loan is in a portfolio; one that is in no book is in none."""
    return loan is not None and getattr(loan, portfolio)


def what_is_left(then: Loan, now: Loan | None) -> Decimal:
    """The smaller of the two balances."""
    return min(then.balance, now.balance) if counts(now, "is_loan") else ZERO


def change_by_branch(change: str, then: Month, now: Month) -> ByBranch:
    """A change added up at the branch that books the loan now, or booked it then if it is gone."""
    sums: ByBranch = defaultdict(Decimal)
    for was, stands in pairs_of(then, now):
        branch = (stands or was).row["booking_branch_id"]
        sums[branch] += CHANGES[change](was, stands)
    return sums
