"""Changes of loans between two month ends: what a loan was, and what it is now.

Migration between tiers and the formation of bad loans, loan by loan. A loan that is only in one of the
two books is in no flag of the other, with a balance of zero there.
"""

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Final

import narwhals as nw

from transforms.catalogue.model import Catalogue, Entity, Flag
from transforms.catalogue.sql import columns_of
from transforms.catalogue.vocabulary import NOW, THEN
from transforms.classify import (
    LoanTables,
    Only,
    Rules,
    classify,
    may_admit,
    may_admit_these,
    with_flags,
)
from transforms.engines import POLARS, Engine, Frame

IN_SCOPE: Final = "is_loan"
"""A balance is only kept by what is still a loan."""
_FEW: Final = 10
"""Of so many loans one may be concerned for it to be worth while to look for them first."""
_OWN: Final = "_looked_for"
_ELSEWHERE: Final = "_looked_for_elsewhere"


def flags_needed(catalogue: Catalogue) -> tuple[str, ...]:
    """The loan flags that change flags ask about, then or now."""
    named = {
        name.removeprefix(THEN).removeprefix(NOW)
        for flag in catalogue.flags_of(Entity.CHANGE)
        for clause in flag.clauses
        for name in columns_of(clause.sql)
    }
    return tuple(sorted((named & set(catalogue.flags)) | {IN_SCOPE}))


def side(
    tables: LoanTables, rules: Rules, only: Only | None = None, *, engine: Engine = POLARS
) -> Frame:
    """One of the two books, or only some loans of it, reduced to what changes are judged by."""
    wanted = flags_needed(rules.catalogue)
    loans = classify(tables, rules, flags=wanted, columns=(), only=only, engine=engine)
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


def few(
    now: Frame,
    then: Callable[[Only | None], Frame],
    asked: Collection[str],
    rules: Rules,
    engine: Engine,
) -> tuple[Frame, Frame] | None:
    """Both books without the loans that no flag asked for can admit; None where too many would stay.

    A loan turns bad, or good again, seldom: those it may be true of are found from one side of each flag,
    the rarer one, and looked up in the other book. All else need not be joined, loan by loan.

    Args:
        now: a reduced book, to be read several times.
        then: gives the earlier one, of which only some loans are asked for.
        asked: change flags.
        rules: whose change flags decide.
        engine: what runs it.
    """
    flags = [rules.catalogue.flags[name] for name in sorted(asked)]
    sides = {
        side: [may_admit((flag,), _as_named(rules, side), rules.parameters) for flag in flags]
        for side in (NOW, THEN)
    }
    # What is seldom now was seldom then: both sides are counted in the book that is at hand.
    both = now.select(**_as_named(rules, NOW), **_as_named(rules, THEN))
    told = {f"{side}{number}": sql for side in sides for number, sql in enumerate(sides[side])}
    counted = engine.collected(
        {
            "": engine.with_sql(both, told).select(
                nw.len().alias("loans"), *(nw.col(name).cast(nw.Int64).sum() for name in told)
            )
        }
    )[""].row(0, named=True)
    rarer = [min(sides, key=lambda side: counted[f"{side}{n}"] or 0) for n in range(len(flags))]
    found = sum(counted[f"{side}{number}"] or 0 for number, side in enumerate(rarer))
    if found * _FEW > counted["loans"]:
        return None
    own = {
        side: " OR ".join(sides[side][n] for n in range(len(flags)) if rarer[n] == side) or "FALSE"
        for side in sides
    }
    ours = _marked(now, own[NOW], rules, NOW, engine)
    touched = engine.small(ours.filter(nw.col(_OWN)).select("loan_id"))
    stood = [
        _stood(flag, rules.catalogue)
        for flag, side in zip(flags, rarer, strict=True)
        if side == THEN
    ]
    known = [name for name in stood if name is not None]
    only = Only(tuple(known), touched) if len(known) == len(stood) else None
    theirs = _marked(then(only), own[THEN], rules, THEN, engine)
    there = engine.small(_touched(theirs, touched, engine))
    here = _touched(ours, there.filter(nw.col(_OWN)).select("loan_id"), engine)
    return here.drop(_OWN), there.drop(_OWN)


def _stood(flag: Flag, catalogue: Catalogue) -> str | None:
    """A loan flag that a change flag asks of the earlier book, whatever else it asks."""
    named = (clause.sql.removeprefix(THEN) for clause in flag.all_of if clause.sql.startswith(THEN))
    return next((name for name in named if name in catalogue.flags), None)


def _marked(book: Frame, sql: str, rules: Rules, side: str, engine: Engine) -> Frame:
    """A reduced book with whether a loan is looked for by what it is at that end."""
    asked = book.with_columns(**_as_named(rules, side))
    return engine.with_sql(asked, {_OWN: sql}).drop(*_as_named(rules, side))


def _touched(book: Frame, elsewhere: Frame, engine: Engine) -> Frame:
    """The loans of a marked book that are looked for, in it or in the other, where these are known."""
    return (
        engine.with_mark(book, _ELSEWHERE, "loan_id", elsewhere)
        .filter(nw.col(_OWN) | nw.col(_ELSEWHERE))
        .drop(_ELSEWHERE)
    )


def _as_named(rules: Rules, side: str) -> dict[str, nw.Expr]:
    """The balance and the flags of a reduced book, as change flags call them of one side."""
    names = ("balance", *flags_needed(rules.catalogue))
    return {side + name: nw.col(name) for name in names}


def changes(
    now: Frame,
    then: Frame,
    rules: Rules,
    asked: Collection[str] | None = None,
    *,
    engine: Engine = POLARS,
) -> Frame:
    """Loans of either book with both balances, and the change flags.

    Args:
        now: a reduced book.
        then: the earlier one.
        rules: whose change flags decide.
        asked: change flags; loans that none of these can admit may be left out. No loan is if not given.
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
    if asked is None or _new_ones_count(asked, rules):
        pairs = ours.join(theirs, left_on="loan_id", right_on="_then_loan", how="full")
    else:
        # To keep track of which loans found none would take a fifth of the time.
        pairs = theirs.join(
            ours, left_on="_then_loan", right_on="loan_id", how="left"
        ).with_columns(loan_id=nw.col("_then_loan"))
    both = pairs.select(
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


def _new_ones_count(asked: Collection[str], rules: Rules) -> bool:
    """Whether a change flag can admit a loan that is not in the earlier book."""
    flags = [rules.catalogue.flags[name] for name in sorted(asked)]
    absent = {**dict.fromkeys(_as_named(rules, THEN), False), THEN + "balance": Decimal(0)}
    return may_admit_these(flags, absent, rules.parameters)
