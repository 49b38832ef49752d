"""What if: a few actions applied to a month's rows in memory, with the companion rows that go with them.

A scenario is data that nobody delivered. It is made from `Material`, gives another `Material`, and is
measured and reckoned by the same steps as a build; it is never stored. How loans are made belongs in
`lending`, how those there are change in `book`; what closes a gap in `transforms.analysis.gap`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.analysis.scenario import book as scenario_book
from transforms.analysis.scenario import lending as scenario_lending
from transforms.analysis.scenario.book import shaped
from transforms.analysis.scenario.like import likened
from transforms.analysis.scenario.model import FEN, Action, Done, Edit, Verb, Work
from transforms.catalogue.model import Entity
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.flows import Before
from transforms.measures import Material
from transforms.schema import (
    BORROWER_SNAPSHOT,
    FIRST_LOAN_EVENT,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    TABLES,
)

_MADE: Final = frozenset({Verb.LEND, Verb.FIRST_TIME})
_OF_ITSELF: Final = frozenset(
    {
        *("loan_id", "borrower_id", "booking_branch_id", "currency_code", "outstanding_principal"),
        *("original_amount", "disbursement_date", "loan_status", "movement"),
    }
)
"""Columns of a new loan that its action says already."""
_MOST_POINTS: Final = 10_000
_MOST_MONEY: Final = Decimal(10) ** 15


@dataclass(frozen=True, eq=False)
class Applied:
    """A month with a scenario in it.

    Attributes:
        material: what its measures are taken from.
        done: what each action came to, in order.
    """

    material: Material
    done: tuple[Done, ...]


def apply(material: Material, actions: Sequence[Action], *, elsewhere: bool = True) -> Applied:
    """A month with actions done to it, one after the other.

    Args:
        material: the month as it is.
        actions: what is done.
        elsewhere: whether a loan of another branch may be copied for new ones.

    Raises:
        UnknownNameError: if a flag, loan or column is not known.
        BranchmarkError: if an action cannot be done.
    """
    if not actions:
        raise BranchmarkError("A scenario without an action changes nothing. Name at least one.")
    done = []
    for number, asked in enumerate(actions, 1):
        check(asked)
        work = Work(material, number, elsewhere=elsewhere)
        action = likened(work, asked)
        make = scenario_lending.lend if action.verb in _MADE else scenario_book.edit
        edit = make(work, action)
        material = edited(material, edit)
        done.append(_judged(Work(material, number), edit))
    return Applied(material, tuple(done))


def check(action: Action) -> None:
    """Refuse what no month could make possible.

    Raises:
        BranchmarkError: if an amount or number is missing, out of bounds, or finer than a fen.
        UnknownNameError: if a column that is set is not known.
    """
    verb, amount = action.verb, action.amount
    if verb is Verb.FIRST_TIME and (action.clients is None or action.clients < 1):
        raise BranchmarkError("first_time_clients needs a whole number above zero. Say how many.")
    if action.clients is not None and action.clients < 1:
        raise BranchmarkError(f"{verb} to {action.clients} clients is no action. Say one or more.")
    free = verb is Verb.FIRST_TIME or bool(action.loans) or action.overdue
    if amount is None and not free:
        raise BranchmarkError(f"{verb} needs an amount. Say how much, in base currency.")
    if amount is not None:
        _check_amount(verb, amount)
    _check_cells(action)


def _check_amount(verb: Verb, amount: Decimal) -> None:
    if verb is Verb.REPRICE:
        if not amount:
            raise BranchmarkError("reprice by nothing is no action. Say how many basis points.")
        if abs(amount) > _MOST_POINTS:
            raise BranchmarkError(
                f"reprice {amount:f}: rates do not move by more than {_MOST_POINTS:,} basis points. Ask for "
                "less."
            )
        return
    if amount <= 0:
        raise BranchmarkError(
            f"{verb} {amount:,f} is no action: amounts are above zero. Say how much."
        )
    if amount > _MOST_MONEY:
        raise BranchmarkError(f"{verb} {amount:,f} is more than a loan can hold. Ask for less.")
    if amount != amount.quantize(FEN):
        raise BranchmarkError(f"{verb} {amount:f} is finer than a fen. Give two decimals at most.")


def _check_cells(action: Action) -> None:
    known = (*LOAN_SNAPSHOT.column_names, *BORROWER_SNAPSHOT.column_names)
    for name in action.given:
        if name not in known or name in _OF_ITSELF:
            raise UnknownNameError(
                "column that new loans can be given",
                name,
                [one for one in known if one not in _OF_ITSELF],
                way_out="`branchmark dictionary loan_snapshot` lists the columns.",
            )
        if action.existing and name not in LOAN_SNAPSHOT.column_names:
            raise BranchmarkError(
                f"{name} is of the client, and with `existing` the client is one there is. Leave either out."
            )


def edited(material: Material, edit: Edit) -> Material:
    """A month with one edit in it, in all places that its rows are read from."""
    month = dict(material.tables.month)
    for name, rows in edit.replaced.items():
        key = list(TABLES[name].key)
        month[name] = pl.concat(
            [month[name].join(rows.lazy().select(key), on=key, how="anti"), rows.lazy()]
        )
    for name, rows in edit.added.items():
        # A table may get rows for two reasons; its name is what stands before the colon.
        table = name.partition(":")[0]
        month[table] = pl.concat([month[table], rows.lazy()])
    return replace(
        material,
        tables=replace(material.tables, month=month),
        first_loans=_reported(material, edit.added),
        year_flows=_flowing(material, edit.added),
        before={at: _divided(then, edit.splits) for at, then in material.before.items()},
    )


def _reported(material: Material, added: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """First-loan events of all months so far, with those of the scenario."""
    if FIRST_LOAN_EVENT.name not in added:
        return material.first_loans
    events = added[FIRST_LOAN_EVENT.name].with_columns(reported=pl.lit(material.rules.as_of))
    return pl.concat([material.first_loans, shaped(events, material.first_loans.lazy())])


def _flowing(material: Material, added: Mapping[str, pl.DataFrame]) -> pl.LazyFrame:
    """Loan events of the year, with those of the scenario."""
    if LOAN_EVENT.name not in added:
        return material.year_flows
    own = material.year_flows.collect_schema()
    events = added[LOAN_EVENT.name]
    if "reported" in own:
        events = events.with_columns(reported=pl.lit(material.rules.as_of))
    return pl.concat([material.year_flows, shaped(events, material.year_flows).lazy()])


def _divided(then: Before, splits: pl.DataFrame) -> Before:
    """An earlier book in which the loans that the scenario divided are divided too.

    Otherwise the rest of a loan would seem to have come into the book this month.
    """
    if splits.is_empty() or LOAN_SNAPSHOT.name not in then.tables.month:
        return then
    loans = then.tables.month[LOAN_SNAPSHOT.name]
    columns = loans.collect_schema().names()
    held = pl.col("outstanding_principal")
    joined = loans.join(splits.lazy(), on="loan_id", how="left")
    divided = pl.col("part_id").is_not_null()
    rest = pl.when(divided).then(pl.min_horizontal("part", held))
    kept = joined.with_columns(outstanding_principal=(held - rest.fill_null(0)).cast(_money(loans)))
    others = joined.filter(divided).with_columns(
        loan_id="part_id", outstanding_principal=rest.cast(_money(loans))
    )
    month = {
        **then.tables.month,
        LOAN_SNAPSHOT.name: pl.concat([kept.select(columns), others.select(columns)]),
    }
    return replace(then, tables=replace(then.tables, month=month))


def _money(loans: pl.LazyFrame) -> pl.DataType:
    return loans.collect_schema()["outstanding_principal"]


def _judged(work: Work, edit: Edit) -> Done:
    """The account of an action, with the flags that hold for what it made.

    Raises:
        BranchmarkError: if new loans do not meet the flag that they were to be like.
    """
    made = edit.added.get(LOAN_SNAPSHOT.name)
    action = edit.done.action
    if made is None or action.verb not in _MADE:
        return edit.done
    flags = [flag.name for flag in work.material.rules.catalogue.flags_of(Entity.LOAN)]
    judged = work.judged(made.lazy(), None)
    wanted = action.like
    if wanted and not judged[wanted].all():
        each: Decimal = judged["balance"].max()  # type: ignore[assignment]
        raise BranchmarkError(
            f"New loans of {each:,.2f} each, like loan {edit.done.copied}, would not be {wanted}. Lend to "
            "more clients, or name another loan to copy."
        )
    return replace(edit.done, flags=tuple(name for name in flags if judged[name].all()))
