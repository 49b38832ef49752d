"""Changes of loans between two month ends: what a loan was, and what it is now.

Migration between tiers and the formation of bad loans, loan by loan. A loan that is only in one of the
two books is in no flag of the other, with a balance of zero there.
"""

from typing import Final

import narwhals as nw

from transforms.catalogue.model import Catalogue, Entity
from transforms.catalogue.sql import columns_of
from transforms.catalogue.vocabulary import NOW, THEN
from transforms.classify import LoanTables, Rules, classify, with_flags
from transforms.engines import POLARS, Engine, Frame

IN_SCOPE: Final = "is_loan"
"""A balance is only kept by what is still a loan."""


def flags_needed(catalogue: Catalogue) -> tuple[str, ...]:
    """The loan flags that change flags ask about, then or now."""
    named = {
        name.removeprefix(THEN).removeprefix(NOW)
        for flag in catalogue.flags_of(Entity.CHANGE)
        for clause in flag.clauses
        for name in columns_of(clause.sql)
    }
    return tuple(sorted((named & set(catalogue.flags)) | {IN_SCOPE}))


def side(tables: LoanTables, rules: Rules, *, engine: Engine = POLARS) -> Frame:
    """One of the two books, reduced to what changes are judged by."""
    wanted = flags_needed(rules.catalogue)
    loans = classify(tables, rules, flags=wanted, columns=(), engine=engine)
    return reduced(loans, rules, branch="booking_branch_id")


def reduced(loans: Frame, rules: Rules, *, branch: str = "branch_id") -> Frame:
    """Classified or narrow loans, reduced to what changes are judged by.

    Args:
        loans: with the flags that change flags ask about.
        rules: whose change flags decide.
        branch: the column of the booking branch.
    """
    wanted = flags_needed(rules.catalogue)
    booked = nw.col(branch).cast(nw.String)
    return loans.select("loan_id", "borrower_id", "balance", *wanted, branch_id=booked)


def changes(now: Frame, then: Frame, rules: Rules, *, engine: Engine = POLARS) -> Frame:
    """Loans of either book with both balances, and the change flags.

    Args:
        now: a reduced book.
        then: the earlier one.
        rules: whose change flags decide.
        engine: what runs it.

    Returns:
        `loan_id, borrower_id, branch_id` (of now, or of then where the loan has left), balances
        `then_balance, now_balance, kept_balance`, and a column for each change flag.
    """
    names = flags_needed(rules.catalogue)
    ours = now.select(
        "loan_id",
        _now_borrower=nw.col("borrower_id"),
        _now_branch=nw.col("branch_id"),
        now_balance=nw.col("balance"),
        **{NOW + name: nw.col(name) for name in names},
    )
    theirs = then.select(
        _then_loan=nw.col("loan_id"),
        _then_borrower=nw.col("borrower_id"),
        _then_branch=nw.col("branch_id"),
        then_balance=nw.col("balance"),
        **{THEN + name: nw.col(name) for name in names},
    )
    zero = nw.lit(0).cast(nw.Decimal(38, 2))
    both = ours.join(theirs, left_on="loan_id", right_on="_then_loan", how="full").select(
        nw.col("now_balance").fill_null(zero),
        nw.col("then_balance").fill_null(zero),
        *(nw.col(NOW + name).fill_null(value=False) for name in names),
        *(nw.col(THEN + name).fill_null(value=False) for name in names),
        loan_id=nw.coalesce("loan_id", "_then_loan"),
        borrower_id=nw.coalesce("_now_borrower", "_then_borrower"),
        branch_id=nw.coalesce("_now_branch", "_then_branch"),
    )
    still = nw.when(nw.col(NOW + IN_SCOPE)).then(nw.col("now_balance")).otherwise(zero)
    kept = both.with_columns(
        kept_balance=nw.when(nw.col("then_balance") < still)
        .then(nw.col("then_balance"))
        .otherwise(still)
    )
    flags = rules.catalogue.flags_of(Entity.CHANGE)
    return with_flags(kept, flags, rules.parameters, engine=engine)
