"""Actions on loans that are in the book: run off, turned bad, cured, repaid, written off, repriced.

Loans are chosen by number, or by flags until an amount is reached; amounts are taken from loans in base
currency only, so that they are met to the fen. A loan that has nothing left stays in the month as settled
or written off, so that its events are still known to be of a loan. Of the last loan chosen a part may be
taken: money is taken from it, or the part stands as a loan of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.analysis.scenario.model import MARK, SPLIT, Action, Done, Edit, How, Verb, Work
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.schema import (
    GUARANTEE,
    LOAN_COLLATERAL,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    MONEY,
    SUPPLY_CHAIN_RELATION,
    TEXT,
    WRITE_OFF_RECOVERY,
)

LOAN: Final = "is_loan"
NPL: Final = "is_npl"
OVERDUE: Final = ("is_overdue_60", "is_overdue_90")
LATE: Final = 60
"""A loan overdue for more days than this turns bad by staying overdue."""
PAST: Final = 91
"""Days past due that it has then."""

_HUNDRED: Final = 100
_TOLD: Final = 20
_BASIS_POINTS: Final = Decimal(10_000)


@dataclass(frozen=True)
class _Choice:
    """Which loans an action may be done to, in flags and in words."""

    all_of: tuple[str, ...]
    none_of: tuple[str, ...]
    words: str
    otherwise: str
    any_currency: bool = False


def _choice(action: Action) -> _Choice:
    bad = _Choice((LOAN, NPL), (), "non-performing ", "performs: there is nothing to resolve")
    own: Mapping[Verb, _Choice] = {
        Verb.RUN_OFF: _Choice((LOAN,), (), "", "is no loan in scope any more"),
        Verb.REPRICE: _Choice((LOAN,), (), "", "is no loan in scope any more"),
        Verb.TURN_NPL: _Choice((LOAN,), (NPL,), "performing ", "is non-performing already"),
        Verb.CURE: bad,
        Verb.RECOVER: bad,
        Verb.WRITE_OFF: bad,
    }
    one = own[action.verb]
    more = ((OVERDUE[0],), (OVERDUE[1],)) if action.overdue else ((), ())
    return _Choice(
        tuple(dict.fromkeys((*one.all_of, *action.of, *more[0]))),
        tuple(dict.fromkeys((*one.none_of, *action.but_not, *more[1]))),
        one.words,
        one.otherwise,
        # No amount is taken where rates move.
        any_currency=action.verb is Verb.REPRICE,
    )


def edit(work: Work, action: Action) -> Edit:
    """What an action does to the book.

    Raises:
        UnknownNameError: if a loan or flag is not known.
        BranchmarkError: if it cannot be done: too little there, a loan of another branch, or of a kind that
            it cannot be done to.
    """
    chosen = _chosen(work, action)
    if action.verb is Verb.REPRICE:
        return _repriced(work, action, chosen)
    taken = _taken(chosen, action)
    if action.verb in (Verb.TURN_NPL, Verb.CURE):
        return _classified(work, action, taken)
    return _paid(work, action, taken)


def _chosen(work: Work, action: Action) -> pl.DataFrame:
    """The loans an action may be done to: columns of the loan table, `balance`, and the flags asked for."""
    choice = _choice(action)
    flags = (*choice.all_of, *choice.none_of)
    work.require_flags(flags)
    below = work.below(action.branch)
    loans = work.rows(LOAN_SNAPSHOT.name)
    if action.loans:
        return _named(work, action, choice, below)
    own = work.judged(loans.filter(pl.col("booking_branch_id").is_in(below.implode())), flags)
    found = _matching(own, choice)
    if found.is_empty():
        raise BranchmarkError(
            f"{action.branch} has no {choice.words}loans{_currency(choice)}{_said(action)}: choose other "
            "loans or another branch."
        )
    return found


def chosen_by(action: Action) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The flags that the loans of an action meet, and those that they do not."""
    choice = _choice(action)
    return choice.all_of, choice.none_of


def found(work: Work, action: Action) -> pl.DataFrame:
    """The loans that an action may be done to; none is no mistake here."""
    choice = _choice(action)
    flags = (*choice.all_of, *choice.none_of)
    work.require_flags(flags)
    here = pl.col("booking_branch_id").is_in(work.below(action.branch).implode())
    return _matching(work.judged(work.rows(LOAN_SNAPSHOT.name).filter(here), flags), choice)


def available(work: Work, action: Action) -> Decimal:
    """How much there is that an action may be done to, in base currency."""
    total: Decimal | None = found(work, action).select(pl.col("balance").sum()).item()
    return total or Decimal(0)


def _matching(own: pl.DataFrame, choice: _Choice) -> pl.DataFrame:
    return own.filter(
        pl.all_horizontal(choice.all_of),
        *(~pl.col(name) for name in choice.none_of),
        pl.col("in_base_currency") | pl.lit(choice.any_currency),
    )


def _named(work: Work, action: Action, choice: _Choice, below: pl.Series) -> pl.DataFrame:
    named = pl.Series(list(action.loans), dtype=TEXT)
    rows = work.rows(LOAN_SNAPSHOT.name).filter(pl.col("loan_id").is_in(named.implode()))
    own = work.judged(rows, (*choice.all_of, *choice.none_of))
    known = own.select("loan_id", "booking_branch_id")
    for loan in action.loans:
        at = known.filter(pl.col("loan_id") == loan)["booking_branch_id"]
        # Whether a loan of somebody else's exists is not told either.
        if at.is_empty() or at[0] not in below:
            raise UnknownNameError(
                "loan",
                loan,
                (),
                way_out=f"The accepted book of {work.material.rules.as_of} has none of that number at "
                f"{action.branch}; name one of its own, as `branchmark loans` lists them.",
            )
    good = pl.all_horizontal(choice.all_of) & ~pl.any_horizontal(
        pl.lit(value=False), *choice.none_of
    )
    wrong = own.filter(~good)["loan_id"].sort()
    if wrong.len():
        raise BranchmarkError(f"Loan {wrong[0]} {choice.otherwise}. Name another loan.")
    foreign = own.filter(~pl.col("in_base_currency"))["loan_id"].sort()
    if action.amount is not None and foreign.len():
        raise BranchmarkError(
            f"Loan {foreign[0]} is in another currency, and an amount is taken from loans in base "
            "currency only. Leave the amount out to take the loan whole."
        )
    return own


def _currency(choice: _Choice) -> str:
    return "" if choice.any_currency else " in base currency"


def _said(action: Action) -> str:
    told = [f"that are {name}" for name in action.of]
    told += [f"that are not {name}" for name in action.but_not]
    if action.overdue:
        told.append("that are overdue more than 60 and at most 90 days")
    return f" {' and '.join(told)}" if told else ""


def _taken(chosen: pl.DataFrame, action: Action) -> pl.DataFrame:
    """The chosen loans with `part`, the principal taken of each; those of which nothing is are left out."""
    ordered = chosen.sort(["balance", "loan_id"], descending=[True, False])
    if action.amount is None:
        return ordered.with_columns(part="outstanding_principal")
    total = ordered["balance"].sum()
    if action.amount > total:
        raise BranchmarkError(
            f"{action.branch} has {total:,.2f} of {_choice(action).words}loans in base currency"
            f"{_said(action)}, and {action.amount:,.2f} is asked for. Ask for less, or choose more loans."
        )
    fen = int(action.amount * _HUNDRED)
    held = (pl.col("outstanding_principal") * _HUNDRED).cast(pl.Int128)
    if action.how is How.LARGEST_FIRST:
        before = held.cum_sum() - held
        part = pl.min_horizontal(held, pl.max_horizontal(fen - before, pl.lit(0, dtype=pl.Int128)))
        parts = ordered.with_columns(_part=part)
    else:
        parts = _pro_rata(ordered, fen, held)
    return (
        parts.filter(pl.col("_part") > 0).with_columns(part=_money(pl.col("_part"))).drop("_part")
    )


def _pro_rata(ordered: pl.DataFrame, fen: int, held: pl.Expr) -> pl.DataFrame:
    """By balance, whole fen; what rounding leaves goes to the largest remainders."""
    whole = held.sum()
    shared = ordered.with_columns(_part=held * fen // whole, _rest=held * fen % whole).with_columns(
        _rank=pl.col("_rest").rank("ordinal", descending=True)
    )
    left = fen - int(shared["_part"].sum())
    return shared.with_columns(
        _part=pl.col("_part") + (pl.col("_rank") <= left).cast(pl.Int128)
    ).drop("_rest", "_rank")


def _money(fen: pl.Expr) -> pl.Expr:
    """Whole fen as money, exactly."""
    return fen.cast(pl.Decimal(38, 0)).cast(pl.Decimal(38, 2)).truediv(_HUNDRED).cast(MONEY)


def _own(frame: pl.DataFrame, work: Work) -> pl.DataFrame:
    """Only the columns that the loan table has."""
    return frame.select(work.rows(LOAN_SNAPSHOT.name).collect_schema().names())


def _paid(work: Work, action: Action, taken: pl.DataFrame) -> Edit:
    """Principal leaves: repaid, or written off."""
    written = action.verb is Verb.WRITE_OFF
    gone = pl.col("part") == pl.col("outstanding_principal")
    kept = pl.col("outstanding_principal") - pl.col("part")
    fen_kept, fen_held = (
        (one * _HUNDRED).cast(pl.Int128) for one in (kept, pl.col("outstanding_principal"))
    )
    allowance = (pl.col("impairment_allowance") * _HUNDRED).cast(pl.Int128) * fen_kept // fen_held
    status = pl.lit("written_off" if written else "settled")
    changed = taken.with_columns(
        outstanding_principal=kept.cast(MONEY),
        impairment_allowance=_money(allowance),
        loan_status=pl.when(gone).then(status).otherwise(pl.col("loan_status")),
    )
    kind = "write_off" if written else "prepayment"
    events = _events(work, taken, kind, amount=(-pl.col("part")).cast(MONEY))
    added = {LOAN_EVENT.name: events} if events is not None else {}
    replaced = {LOAN_SNAPSHOT.name: _own(changed, work)}
    if written and work.delivered(WRITE_OFF_RECOVERY.name):
        replaced[WRITE_OFF_RECOVERY.name] = _written_off(work, taken)
    return Edit(_done(action, taken), replaced=replaced, added=added)


def _written_off(work: Work, taken: pl.DataFrame) -> pl.DataFrame:
    """Rows of `write_off_recovery`; a loan that was written off in part before has one row for both."""
    there = work.rows(WRITE_OFF_RECOVERY.name)
    before = there.select("loan_id", _before="principal").collect()
    rows = taken.join(before, on="loan_id", how="left").select(
        "loan_id",
        "borrower_id",
        "currency_code",
        branch_id="booking_branch_id",
        write_off_date=pl.lit(work.material.rules.as_of),
        method=pl.lit("write_off"),
        principal=(pl.col("part") + pl.col("_before").fill_null(0)).cast(MONEY),
    )
    return shaped(rows, there)


def _classified(work: Work, action: Action, taken: pl.DataFrame) -> Edit:
    """Loans change their tier; of the last one perhaps only a part, as a loan of its own."""
    turned = action.verb is Verb.TURN_NPL
    days = pl.col("days_past_due")
    late = days.is_not_null() & (days > LATE)
    cells = (
        {
            "loan_classification": pl.lit("FQ03"),
            "days_past_due": pl.when(late).then(pl.max_horizontal(days, PAST)).otherwise(days),
        }
        if turned
        else {
            "loan_classification": pl.lit("FQ02"),
            "days_past_due": pl.when(days.is_not_null()).then(0),
            "loan_status": pl.when(pl.col("loan_status") == "overdue")
            .then(pl.lit("normal"))
            .otherwise("loan_status"),
        }
    )
    types = {name: taken.schema[name] for name in cells}
    whole = pl.col("part") == pl.col("outstanding_principal")
    # The part that changes keeps the number: its events and its earlier months are its own.
    changed = taken.with_columns(
        **{name: one.cast(types[name]) for name, one in cells.items()},
        outstanding_principal="part",
        impairment_allowance=_share(pl.col("part")),
    )
    divided = taken.filter(~whole)
    rest = divided.with_columns(
        loan_id=_rest_id(work),
        outstanding_principal=(pl.col("outstanding_principal") - pl.col("part")).cast(MONEY),
        impairment_allowance=(pl.col("impairment_allowance") - _share(pl.col("part"))).cast(MONEY),
    )
    events = _events(
        work,
        taken,
        "reclassification",
        amount=pl.lit(0, dtype=MONEY),
        from_value=pl.col("loan_classification"),
        to_value=cells["loan_classification"],
    )
    added = {LOAN_SNAPSHOT.name: _own(rest, work), **_companions(work, divided)}
    if events is not None:
        added[LOAN_EVENT.name] = events
    splits = divided.select(
        "loan_id",
        part_id=_rest_id(work),
        part=(pl.col("outstanding_principal") - pl.col("part")).cast(MONEY),
    )
    return Edit(
        _done(action, taken, split=divided["loan_id"].to_list()),
        replaced={LOAN_SNAPSHOT.name: _own(changed, work)},
        added={name: rows for name, rows in added.items() if not rows.is_empty()},
        splits=splits.select(*SPLIT),
    )


def _rest_id(work: Work) -> pl.Expr:
    return pl.format("{}{}-{}", pl.lit(MARK), pl.lit(str(work.number)), "loan_id")


def _share(part: pl.Expr) -> pl.Expr:
    """The allowance of a part, by principal, in whole fen."""
    fen = (pl.col("impairment_allowance") * _HUNDRED).cast(pl.Int128)
    of = (pl.col("outstanding_principal") * _HUNDRED).cast(pl.Int128)
    return _money(fen * (part * _HUNDRED).cast(pl.Int128) // of)


def _companions(work: Work, divided: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Rows that name a divided loan, for the rest of it too."""
    found = {}
    numbers = divided.select("loan_id", _rest=_rest_id(work)).lazy()
    keys = {GUARANTEE.name: "guarantee_id", SUPPLY_CHAIN_RELATION.name: "relation_id"}
    for name in (LOAN_COLLATERAL.name, GUARANTEE.name, SUPPLY_CHAIN_RELATION.name):
        if work.delivered(name) and not divided.is_empty():
            rows = work.rows(name).join(numbers, on="loan_id", how="inner")
            key = keys.get(name)
            renumbered = rows.with_columns(
                loan_id="_rest",
                **({key: pl.format("{}{}", pl.lit(MARK), key)} if key else {}),
            ).drop("_rest")
            found[name] = renumbered.collect()
    return found


def _repriced(work: Work, action: Action, chosen: pl.DataFrame) -> Edit:
    """Rates of all chosen loans move by basis points."""
    points = action.amount or Decimal(0)
    rated = chosen.filter(pl.col("interest_rate").is_not_null())
    if rated.is_empty():
        raise BranchmarkError(
            f"{action.branch} has no loans with a rate{_said(action)}: choose other loans or another branch."
        )
    rate = pl.col("interest_rate") + pl.lit(
        points / _BASIS_POINTS, dtype=rated.schema["interest_rate"]
    )
    changed = rated.with_columns(interest_rate=rate.cast(rated.schema["interest_rate"]))
    if changed["interest_rate"].min() is not None and changed["interest_rate"].min() < 0:  # type: ignore[operator]
        raise BranchmarkError(
            f"A change of {points:,f} basis points puts rates of {action.branch} below zero. Ask for less."
        )
    return Edit(
        _done(action, rated.with_columns(part="outstanding_principal")),
        replaced={LOAN_SNAPSHOT.name: _own(changed, work)},
    )


def _events(work: Work, taken: pl.DataFrame, kind: str, **cells: pl.Expr) -> pl.DataFrame | None:
    """One event of each loan on the last day of the month; none where events are not delivered."""
    if not work.delivered(LOAN_EVENT.name):
        return None
    rows = taken.select(
        "loan_id",
        "borrower_id",
        "currency_code",
        branch_id="booking_branch_id",
        event_id=pl.format("{}{}-{}", pl.lit(MARK), pl.lit(f"E{work.number}"), "loan_id"),
        event_date=pl.lit(work.material.rules.as_of),
        event_type=pl.lit(kind),
        **cells,
    )
    return shaped(rows, work.rows(LOAN_EVENT.name))


def shaped(rows: pl.DataFrame, like: pl.LazyFrame) -> pl.DataFrame:
    """Rows with the columns of a table, those they do not have empty."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in like.collect_schema().items()
    )


def _done(action: Action, taken: pl.DataFrame, split: list[str] | None = None) -> Done:
    moved = taken.select(pl.col("part").cast(pl.Decimal(38, 2)).sum()).item()
    if action.amount is None:
        # Whole loans, of whatever currency.
        moved = taken["balance"].sum()
    return Done(
        action,
        amount=moved,
        loans=taken.height,
        clients=taken["borrower_id"].n_unique(),
        touched=tuple(taken["loan_id"].head(_TOLD)),
        split=(split or [""])[0],
    )
