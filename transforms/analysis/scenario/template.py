"""The loan that new ones are like: the plainest that meets a flag if it were drawn now, and what it would be.

Performing, in base currency, of the branch if it has one, with as few other flags as can be, and of those
the one of middle size: so an action moves what it names and little else. Rows are made in
`lending`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.analysis.scenario.book import LOAN, NPL
from transforms.analysis.scenario.model import Action, Verb, Work
from transforms.catalogue.flags import rests_on
from transforms.catalogue.model import Entity
from transforms.errors import BranchmarkError, UnknownNameError, listed
from transforms.first_loans import flagged
from transforms.schema import BORROWER_SNAPSHOT, LOAN_EVENT, LOAN_SNAPSHOT, TABLES

_TRIED: Final = 2_000
"""So many loans of a branch, the latest first, are looked through for one to copy."""
_MONTHS: Final = 12
_FLAGS: Final = {"true": True, "false": False}
_WANTED: Final[Mapping[pl.DataType, str]] = {
    pl.Boolean(): "true or false",
    pl.Date(): "a date such as 2026-10-31",
}


def template(work: Work, action: Action) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The loan that new ones are like, as it would be if it were drawn now, and the flags it meets.

    Raises:
        UnknownNameError: if the flag or the loan is not known.
        BranchmarkError: if no loan meets the flag.
    """
    like = action.like or LOAN
    work.require_flags([like, *action.but_not])
    below = work.below(action.branch)
    loans = work.rows(LOAN_SNAPSHOT.name)
    if action.template:
        return _named(work, action, loans, below)
    here = pl.col("booking_branch_id").is_in(below.implode())
    for rows in (
        (loans.filter(here), loans.filter(~here)) if work.elsewhere else (loans.filter(here),)
    ):
        found = _plainest(work, rows, like, action)
        if found is not None:
            return found
    where = "anywhere" if work.elsewhere else f"at {action.branch}"
    but = "".join(f" and not {name}" for name in action.but_not)
    raise BranchmarkError(
        f"No performing loan {where} would be {like}{but} if it were drawn now: there is nothing to make a "
        "new one like. Name a loan to copy, or another flag."
    )


def _named(
    work: Work, action: Action, loans: pl.LazyFrame, below: pl.Series
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    rows = loans.filter(pl.col("loan_id") == action.template)
    if not work.elsewhere:
        rows = rows.filter(pl.col("booking_branch_id").is_in(below.implode()))
    drawn = _drawn_now(work, rows)
    judged = work.judged(drawn.lazy(), None)
    if judged.is_empty():
        raise UnknownNameError(
            "loan",
            action.template,
            (),
            way_out=f"The accepted book of {work.material.rules.as_of} has none of that number to copy.",
        )
    return drawn, _flags(work, judged)


def _plainest(
    work: Work, rows: pl.LazyFrame, like: str, action: Action
) -> tuple[pl.DataFrame, tuple[str, ...]] | None:
    """Of the loans that would meet the flag the one with the fewest flags; none if there is none."""
    sound = work.judged(rows, (like, LOAN, NPL, *action.but_not)).filter(
        pl.col(LOAN),
        ~pl.col(NPL),
        pl.col("in_base_currency"),
        pl.col("days_past_due").fill_null(0) == 0,
        pl.col(like),
        *(~pl.col(name) for name in action.but_not),
    )
    latest = sound.sort(
        ["disbursement_date", "loan_id"], descending=[True, False], nulls_last=True
    ).head(_TRIED)
    if latest.is_empty():
        return None
    drawn = _drawn_now(work, latest.select(rows.collect_schema().names()).lazy())
    judged = work.judged(drawn.lazy(), None, ("borrower_type",)).filter(
        pl.col(like), *(~pl.col(name) for name in action.but_not)
    )
    if action.verb is Verb.FIRST_TIME:
        judged = judged.filter(pl.col("borrower_type") == "enterprise")
    if judged.is_empty():
        return None
    names = [flag.name for flag in work.material.rules.catalogue.flags_of(Entity.LOAN)]
    counted = judged.with_columns(
        _flags=pl.sum_horizontal(pl.col(name).cast(pl.Int32) for name in names)
    )
    few = counted.filter(pl.col("_flags") == pl.col("_flags").min()).sort("balance", "loan_id")
    # Of the plainest that of middle size: neither the bank's largest client nor a remainder.
    best = few[few.height // 2 : few.height // 2 + 1]
    chosen = drawn.filter(pl.col("loan_id") == best["loan_id"][0])
    return chosen, _flags(work, best)


def _flags(work: Work, judged: pl.DataFrame) -> tuple[str, ...]:
    names = [flag.name for flag in work.material.rules.catalogue.flags_of(Entity.LOAN)]
    return tuple(name for name in names if judged[name][0])


def _drawn_now(work: Work, rows: pl.LazyFrame) -> pl.DataFrame:
    """Loans as they would be if they were drawn on the last day of the month, performing and whole."""
    day = pl.lit(work.material.rules.as_of)
    start, end = pl.col("disbursement_date"), pl.col("maturity_date")
    months = (end.dt.year() - start.dt.year()).cast(pl.Int64) * _MONTHS + (
        end.dt.month() - start.dt.month()
    ).cast(pl.Int64)
    days = end.dt.day().cast(pl.Int64) - start.dt.day().cast(pl.Int64)
    offset = pl.format("{}mo", months)
    due = day.dt.offset_by(offset) + pl.duration(days=days)
    cells = {
        "maturity_date": pl.when(start.is_not_null() & end.is_not_null()).then(due),
        "disbursement_date": day,
        "approval_date": day,
        "repricing_date": day,
        "extended_maturity_date": pl.lit(None),
        "issue_type": pl.lit("new"),
        "previous_loan_id": pl.lit(None),
        "loan_status": pl.lit("normal"),
        "loan_classification": pl.lit("FQ01"),
        "days_past_due": pl.lit(0),
    }
    types = rows.collect_schema()
    # A column that the book does not have stays as it is.
    held = work.material.held.columns
    used = {n: e.cast(types[n]) for n, e in cells.items() if f"{LOAN_SNAPSHOT.name}.{n}" in held}
    return rows.with_columns(**used).collect()


@dataclass(frozen=True)
class Model:
    """The loan that new ones are like, by what a unit of it would be.

    Attributes:
        loan_id: the loan.
        principal: what of it is outstanding.
        flags: flags that hold: of the loan, of its drawdown, and of a first-loan event with it.
        rates: what a unit of balance adds to each amount that is known.
    """

    loan_id: str
    principal: Decimal
    flags: frozenset[str]
    rates: Mapping[str, Decimal]


def model_of(work: Work, action: Action) -> Model:
    """What a new loan would be, before it is made.

    Raises:
        UnknownNameError: if the flag or the loan is not known.
        BranchmarkError: if no loan meets the flag.
    """
    drawn, _ = template(work, action)
    drawn = given_cells(drawn, LOAN_SNAPSHOT.name, action.given)
    row = work.judged(drawn.lazy(), None, None)
    catalogue = work.material.rules.catalogue
    events = row.with_columns(
        *(
            pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in LOAN_EVENT.dtypes.items()
            if name not in row.columns
        ),
        loan_known=pl.lit(value=True),
        then_npl=pl.lit(value=False),
    ).with_columns(event_type=pl.lit("drawdown"))
    flowing = flagged(events, catalogue.flags_of(Entity.FLOW), work.material.parameters)
    held = set(_flags(work, row))
    held |= {flag.name for flag in catalogue.flags_of(Entity.FLOW) if flowing[flag.name][0]}
    for flag in catalogue.flags_of(Entity.EVENT):
        listed = action.technology or not rests_on(catalogue, flag.name, {"tech_listed_on_event"})
        if action.verb is Verb.FIRST_TIME and listed:
            held.add(flag.name)
    rates = {
        "balance": Decimal(1),
        "amount_in": Decimal(1),
        "interest": row["interest_rate"][0],
        "interest_in": row["interest_rate"][0],
        "spread": row["spread_rate"][0],
        "spread_in": row["spread_rate"][0],
    }
    return Model(
        loan_id=drawn["loan_id"][0],
        principal=drawn["outstanding_principal"][0],
        flags=frozenset(held),
        rates={name: rate for name, rate in rates.items() if rate is not None},
    )


def given_cells(rows: pl.DataFrame, table: str, given: Mapping[str, object]) -> pl.DataFrame:
    """Rows with the cells that an action sets itself."""
    own = {name: value for name, value in given.items() if name in rows.columns}
    if table == BORROWER_SNAPSHOT.name:
        own = {name: value for name, value in own.items() if name in BORROWER_SNAPSHOT.column_names}
    return rows.with_columns(
        _cell(table, name, value, rows.schema[name]) for name, value in own.items()
    )


def _cell(table: str, name: str, value: object, dtype: pl.DataType) -> pl.Expr:
    """A value that was written down, as the column holds it.

    Raises:
        BranchmarkError: if it is none of the column's type, or no code of its list.
    """
    # A number of a YAML file is a float; its shortest text is what was written.
    text = repr(value) if isinstance(value, float) else str(value)
    held: object = value
    if dtype == pl.Boolean:
        held = _FLAGS.get(text.lower())
    elif dtype == pl.Date:
        held = pl.Series([text]).str.to_date("%Y-%m-%d", strict=False)[0]
    elif value is not None:
        held = pl.Series([text]).cast(dtype, strict=False)[0]
    codes = TABLES[table].column(name).code_list
    unknown = codes is not None and text not in codes.values
    if value is not None and (held is None or unknown):
        wanted = f"one of {listed(codes.values)}" if codes else _WANTED.get(dtype, "a number")
        raise BranchmarkError(f"Column {name} cannot be {text!r}. Set it to {wanted}.")
    return pl.lit(held, dtype=dtype).alias(name)
