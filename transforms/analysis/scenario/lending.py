"""New loans of a scenario: made like a loan that is in the book, with every row that its flags rest on.

New clients get rows of their own: borrower, technology lists, ties to core enterprises, credit lines. Which
loan is copied is decided in `template`.
"""

from decimal import ROUND_CEILING, Decimal
from typing import Final

import polars as pl

from transforms.analysis.scenario.book import shaped
from transforms.analysis.scenario.model import FEN, MARK, Action, Done, Edit, Verb, Work
from transforms.analysis.scenario.template import given_cells, template
from transforms.errors import BranchmarkError
from transforms.schema import (
    BORROWER_SNAPSHOT,
    BRANCH,
    COLLATERAL,
    FACILITY,
    FIRST_LOAN_EVENT,
    GUARANTEE,
    LOAN_COLLATERAL,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    MONEY,
    SUPPLY_CHAIN_RELATION,
    TECH_ENTERPRISE_LIST,
)

MOST_CLIENTS: Final = 100_000
_TECHNOLOGY: Final = "high_tech"


def lend(work: Work, action: Action) -> Edit:
    """New lending of an amount, or first-time clients with a loan each.

    Raises:
        UnknownNameError: if a flag, loan or column is not known.
        BranchmarkError: if no loan can be made so.
    """
    model, _ = template(work, action)
    first_time = action.verb is Verb.FIRST_TIME
    amount, clients = _sizes(work, action, model)
    numbers = _numbers(work, amount, clients)
    if action.existing:
        numbers = numbers.with_columns(_client=pl.lit(model["borrower_id"][0]))
    loans = _loans(work, action, model, numbers)
    added = {LOAN_SNAPSHOT.name: loans}
    if not action.existing:
        added |= _clients(work, action, model, numbers)
    added |= _of_loan(work, model, numbers)
    if work.delivered(LOAN_EVENT.name):
        added[LOAN_EVENT.name] = _drawdowns(work, loans)
    if first_time:
        added |= _first_time(work, action, loans)
    kept = {name: rows for name, rows in added.items() if not rows.is_empty()}
    return Edit(
        Done(
            action,
            amount=amount,
            loans=clients,
            clients=clients,
            copied=model["loan_id"][0],
            touched=tuple(loans["loan_id"].head(20)),
        ),
        added=kept,
    )


def _sizes(work: Work, action: Action, model: pl.DataFrame) -> tuple[Decimal, int]:
    """The whole amount lent, and to how many clients."""
    own: Decimal = model["outstanding_principal"][0]
    if action.verb is Verb.FIRST_TIME:
        clients = action.clients or 0
        return (action.amount or own) * clients, clients
    amount = action.amount or Decimal(0)
    clients = 1 if action.existing else action.clients or _needed(work, model, amount)
    if clients > MOST_CLIENTS:
        raise BranchmarkError(
            f"{amount:,.2f} like {action.like or model['loan_id'][0]} takes {clients:,} clients at the "
            f"credit line of the loan copied, more than {MOST_CLIENTS:,}. Say to how many clients."
        )
    if amount < clients * FEN:
        raise BranchmarkError(
            f"{amount:,f} cannot be lent to {clients:,} clients. Lend more, or to fewer."
        )
    return amount, clients


def _needed(work: Work, model: pl.DataFrame, amount: Decimal) -> int:
    """As many clients as the credit line of the copied loan's client asks for."""
    line = _of_borrower(work, model)["total_credit_limit_cny"]
    known = line[0] if line.len() else None
    if not known or known <= 0:
        return 1
    return int((amount / known).to_integral_value(ROUND_CEILING))


def _of_borrower(work: Work, model: pl.DataFrame) -> pl.DataFrame:
    found = work.rows(BORROWER_SNAPSHOT.name).filter(
        pl.col("borrower_id") == model["borrower_id"][0]
    )
    return found.collect()


def _numbers(work: Work, amount: Decimal, clients: int) -> pl.DataFrame:
    """`_client, _loan, _amount, _no` of the new loans: equal parts, and the fen left over on the first."""
    fen = int(amount / FEN)
    each, left = divmod(fen, clients)
    no = pl.int_range(1, clients + 1, eager=True).alias("_no")
    prefix = f"{MARK}{work.number}"
    return pl.DataFrame(no).select(
        "_no",
        _loan=pl.format("{}-L{}", pl.lit(prefix), "_no"),
        _client=pl.format("{}-C{}", pl.lit(prefix), "_no"),
        _amount=(
            (pl.lit(each, dtype=pl.Int64) + (pl.col("_no") <= left).cast(pl.Int64))
            .cast(pl.Decimal(38, 0))
            .cast(pl.Decimal(38, 2))
            / 100
        ).cast(MONEY),
    )


def _loans(work: Work, action: Action, model: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    allowance, whole = model["impairment_allowance"][0], model["outstanding_principal"][0]
    share = Decimal(0) if allowance is None else allowance / whole
    below = work.below(action.branch)
    at = model["booking_branch_id"][0]
    branch = at if at in below else _largest(work, below)
    rows = model.drop("loan_id", "outstanding_principal", "original_amount", "impairment_allowance")
    made = rows.join(numbers, how="cross").with_columns(
        loan_id="_loan",
        booking_branch_id=pl.lit(branch),
        outstanding_principal="_amount",
        original_amount="_amount",
        impairment_allowance=None
        if allowance is None
        else (pl.col("_amount").cast(pl.Decimal(38, 12)) * pl.lit(share, dtype=pl.Decimal(38, 12)))
        .round(2, mode="half_away_from_zero")
        .cast(MONEY),
        contract_id=pl.lit(None),
        facility_id=pl.lit(None),
        borrower_id="_client",
    )
    return shaped(
        given_cells(made, LOAN_SNAPSHOT.name, action.given), work.rows(LOAN_SNAPSHOT.name)
    )


def _largest(work: Work, below: pl.Series) -> str:
    """The branch that books most of the node's loans, or the node's first branch if none does."""
    books = (
        work.rows(LOAN_SNAPSHOT.name)
        .filter(pl.col("booking_branch_id").is_in(below.implode()))
        .group_by("booking_branch_id")
        .agg(pl.len())
        .sort("len", "booking_branch_id", descending=[True, False])
        .collect()
    )
    found: str = books["booking_branch_id"][0] if books.height else below.sort()[0]
    return found


def _clients(
    work: Work, action: Action, model: pl.DataFrame, numbers: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Everything about the new clients: like the copied one's, under numbers of their own."""
    found: dict[str, pl.DataFrame] = {}
    borrower = work.rows(BORROWER_SNAPSHOT.name)
    if work.delivered(BORROWER_SNAPSHOT.name):
        own = _of_borrower(work, model).drop("borrower_id")
        made = own.join(numbers, how="cross").with_columns(
            borrower_id="_client",
            group_id=pl.lit(None),
            # No line is below what is drawn under it.
            total_credit_limit_cny=pl.when(pl.col("total_credit_limit_cny").is_not_null()).then(
                pl.max_horizontal("total_credit_limit_cny", "_amount")
            ),
        )
        found[BORROWER_SNAPSHOT.name] = shaped(
            given_cells(made, BORROWER_SNAPSHOT.name, action.given), borrower
        )
    keys = {
        TECH_ENTERPRISE_LIST.name: None,
        SUPPLY_CHAIN_RELATION.name: "relation_id",
        FACILITY.name: "facility_id",
    }
    for name, key in keys.items():
        if not work.delivered(name):
            continue
        theirs = work.rows(name).filter(pl.col("borrower_id") == model["borrower_id"][0])
        if name == SUPPLY_CHAIN_RELATION.name:
            # A tie named for one loan is copied with that loan.
            theirs = theirs.filter(pl.col("loan_id").is_null())
        rows = theirs.drop("borrower_id").collect().join(numbers, how="cross")
        renumbered = rows.with_columns(
            borrower_id="_client",
            **({key: _renumbered(key)} if key else {}),
        )
        found[name] = shaped(renumbered, work.rows(name))
    return found


def _renumbered(key: str) -> pl.Expr:
    return pl.format("{}-{}", "_loan", key)


def _of_loan(work: Work, model: pl.DataFrame, numbers: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Collateral, guarantees and ties of the copied loan, for each new one."""
    found: dict[str, pl.DataFrame] = {}
    keys = {LOAN_COLLATERAL.name: "collateral_id", GUARANTEE.name: "guarantee_id"}
    loan = pl.col("loan_id") == model["loan_id"][0]
    day = pl.lit(work.material.rules.as_of)
    for name, key in keys.items():
        if work.delivered(name):
            rows = work.rows(name).filter(loan).drop("loan_id").collect().join(numbers, how="cross")
            made = rows.with_columns(loan_id="_loan", valid_from=day, **{key: _renumbered(key)})
            found[name] = shaped(made, work.rows(name))
    if work.delivered(COLLATERAL.name) and work.delivered(LOAN_COLLATERAL.name):
        pledged = work.rows(LOAN_COLLATERAL.name).filter(loan).select("collateral_id")
        items = work.rows(COLLATERAL.name).join(pledged, on="collateral_id", how="semi").collect()
        made = items.join(numbers, how="cross").with_columns(
            collateral_id=_renumbered("collateral_id")
        )
        found[COLLATERAL.name] = shaped(made, work.rows(COLLATERAL.name))
    if work.delivered(SUPPLY_CHAIN_RELATION.name):
        ties = work.rows(SUPPLY_CHAIN_RELATION.name).filter(loan).drop("loan_id", "borrower_id")
        made = (
            ties.collect()
            .join(numbers, how="cross")
            .with_columns(
                loan_id="_loan", borrower_id="_client", relation_id=_renumbered("relation_id")
            )
        )
        found[f"{SUPPLY_CHAIN_RELATION.name}:loan"] = shaped(
            made, work.rows(SUPPLY_CHAIN_RELATION.name)
        )
    return found


def _drawdowns(work: Work, loans: pl.DataFrame) -> pl.DataFrame:
    rows = loans.select(
        "loan_id",
        "borrower_id",
        "currency_code",
        branch_id="booking_branch_id",
        event_id=pl.format("{}-E", "loan_id"),
        event_date=pl.lit(work.material.rules.as_of),
        event_type=pl.lit("drawdown"),
        amount="outstanding_principal",
    )
    return shaped(rows, work.rows(LOAN_EVENT.name))


def _first_time(work: Work, action: Action, loans: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The events that first-time clients are counted from, with evidence, and their list.

    Raises:
        BranchmarkError: if the tables that they stand in were not delivered.
    """
    wanted = (FIRST_LOAN_EVENT.name, *((TECH_ENTERPRISE_LIST.name,) if action.technology else ()))
    for name in wanted:
        if not work.delivered(name):
            raise BranchmarkError(
                f"Table {name} was not delivered for {work.material.rules.as_of}, so that no first-time "
                "client can be counted. Deliver it first."
            )
    day = pl.lit(work.material.rules.as_of)
    events = loans.select(
        "loan_id",
        "borrower_id",
        branch_id="booking_branch_id",
        event_date=day,
        issue_type=pl.lit("new"),
        borrower_type=pl.lit("enterprise"),
        registry_checked_on=day,
        evidence_ref=pl.lit(MARK.rstrip("-")),
        evidence_level=pl.lit("registry"),
    )
    found = {FIRST_LOAN_EVENT.name: shaped(events, work.rows(FIRST_LOAN_EVENT.name))}
    if action.technology:
        places = work.rows(BRANCH.name).select("branch_id", "region_code").collect()
        rows = loans.join(
            places, left_on="booking_branch_id", right_on="branch_id", how="left"
        ).select("borrower_id", "region_code", list_type=pl.lit(_TECHNOLOGY), valid_from=day)
        found[f"{TECH_ENTERPRISE_LIST.name}:first"] = shaped(
            rows, work.rows(TECH_ENTERPRISE_LIST.name)
        )
    return found
