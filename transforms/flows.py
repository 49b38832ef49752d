"""Flows of a month: loan events with the loan as it stood before them, judged by the flow flags.

A drawdown of a loan that has left the book since, or a write-off that emptied it, is known by its event
alone; what kind of loan it was is read from the month end before, or, for a loan that is new, from this
one. Flows accumulate month by month (`year_to_date` in the catalogue): a stock loses what was repaid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import narwhals as nw
import polars as pl

from transforms import schema
from transforms.catalogue.model import Aggregation, Catalogue, Entity, Measure
from transforms.catalogue.sql import columns_of
from transforms.catalogue.vocabulary import LOAN_NAMES
from transforms.classify import LoanTables, Only, Rules, classify, closure, may_admit, with_flags
from transforms.cube import BRANCH_MEASURE, long
from transforms.engines import POLARS, Engine, Frame, neutral
from transforms.schema import LOAN_EVENT, LOAN_SNAPSHOT, WIDE

NPL: Final = "is_npl"
"""The loan flag behind `then_npl`."""

_OF_EVENT: Final = frozenset(LOAN_EVENT.column_names)


@dataclass(frozen=True, eq=False)
class Before:
    """The books of the month end before.

    Attributes:
        tables: its tables; none if it was not delivered.
        rules: the rules in force then.
    """

    tables: LoanTables
    rules: Rules


def flows(
    tables: LoanTables,
    rules: Rules,
    before: Before | None,
    *,
    engine: Engine = POLARS,
    every: bool = True,
) -> Frame:
    """The month's loan events with amounts in base currency, what is known of the loan, and flags.

    Args:
        tables: this month's tables, `loan_event` among them.
        rules: definitions and reference data in force.
        before: the month end before, if it was delivered.
        engine: what runs it.
        every: also events that no flag can admit, and all that a refusal may be told by; without them
            what most events are about, a repayment of a good loan, need not be looked up.
    """
    given = tables.month.get(LOAN_EVENT.name)
    events = neutral(given) if given is not None else engine.frame(_no_events())
    flags = rules.catalogue.flags_of(Entity.FLOW)
    named = {name for flag in flags for clause in flag.clauses for name in columns_of(clause.sql)}
    loan_flags = {flag.name for flag in rules.catalogue.flags_of(Entity.LOAN) if flag.name in named}
    events = _with_then_npl(events, before, engine)
    wanted = named
    if every:
        # Also what the loan flags look at, so that a refusal can be told down to its condition.
        wanted = named | {
            name
            for flag in closure(rules.catalogue, loan_flags)
            for clause in flag.clauses
            for name in columns_of(clause.sql)
        }
    else:
        may = may_admit(flags, _OF_EVENT | {"then_npl"}, rules.parameters)
        events = engine.kept(engine.where(events, may))
    looked_up = (wanted & set(LOAN_NAMES)) - _OF_EVENT
    known = _loans_of(events, tables, rules, before, loan_flags, looked_up, engine)
    joined = events.join(known, on="loan_id", how="left")
    judged = with_flags(
        joined.with_columns(loan_known=~nw.col("booking_branch_id").is_null()),
        flags,
        rules.parameters,
        engine=engine,
    )
    return _with_amounts(judged, tables, rules, engine)


def _no_events() -> pl.DataFrame:
    return pl.DataFrame(schema=LOAN_EVENT.dtypes)


def _loans_of(
    events: Frame,
    tables: LoanTables,
    rules: Rules,
    before: Before | None,
    flags: set[str],
    columns: set[str],
    engine: Engine,
) -> Frame:
    """What is known of the events' loans, as they stood before; new ones as they stand now."""
    touched = events.select("loan_id")
    own = tuple(LOAN_SNAPSHOT.column_names)
    now = neutral(tables.month[LOAN_SNAPSHOT.name]).select(*own)
    if before is None:
        loans = engine.among(now, "loan_id", touched)
    else:
        then = neutral(before.tables.month[LOAN_SNAPSHOT.name]).select(*own)
        # Most events are of new loans: once those that stood are known, little is looked for there.
        known = engine.small(engine.among(then, "loan_id", touched).select("loan_id"))
        new = touched.join(known, on="loan_id", how="anti")
        stood, fresh = engine.among(then, "loan_id", known), engine.among(now, "loan_id", new)
        loans = nw.concat([stood, fresh])
    month = {**tables.month, LOAN_SNAPSHOT.name: loans.to_native()}
    # What prices a flow is needed beside what judges it.
    wanted = columns | {"lpr", "long_term"}
    classified = classify(
        replace(tables, month=month), rules, flags=flags, columns=wanted, engine=engine
    )
    own_flags = {flag.name for flag in closure(rules.catalogue, flags)}
    kept = dict.fromkeys([*sorted(own_flags | wanted), "interest_rate", "spread_rate"])
    return classified.select(
        "loan_id", "booking_branch_id", *(name for name in kept if name not in _OF_EVENT)
    )


def _with_then_npl(events: Frame, before: Before | None, engine: Engine) -> Frame:
    """Events with whether the loan was non-performing at the month end before; no where not known."""
    if before is None:
        return events.with_columns(then_npl=nw.lit(value=False))
    judged = classify(
        before.tables, before.rules, flags=(NPL,), columns=(), only=Only((NPL,)), engine=engine
    )
    bad = judged.filter(nw.col(NPL)).select("loan_id")
    return engine.with_mark(events, "then_npl", "loan_id", bad)


def _with_amounts(flowing: Frame, tables: LoanTables, rules: Rules, engine: Engine) -> Frame:
    rates = tables.month.get(schema.FX_RATE.name)
    known = (
        neutral(rates)
        if rates is not None
        else engine.frame(pl.DataFrame(schema=schema.FX_RATE.dtypes))
    ).select("currency_code", _fx=nw.col("rate"))
    one = engine.frame(
        pl.DataFrame(
            {"currency_code": [rules.base_currency], "_one": ["1"]},
        ).with_columns(pl.col("_one").cast(schema.RATE))
    )
    priced = (
        flowing.join(known, on="currency_code", how="left")
        .join(one, on="currency_code", how="left")
        .with_columns(_fx=nw.coalesce("_one", "_fx"))
    )
    amounts = engine.with_money_product(priced, "amount_in", "amount", "_fx")
    amounts = engine.with_exact_product(amounts, "interest_in", "amount_in", "interest_rate")
    amounts = engine.with_exact_product(amounts, "spread_in", "amount_in", "spread_rate")
    return amounts.with_columns(
        amount_out=nw.col("amount_in") * nw.lit(-1).cast(nw.Decimal(38, 0))
    ).drop("_fx", "_one")


def needed(flowing: Frame, catalogue: Catalogue) -> Frame:
    """Judged flows, reduced to what measures ask for."""
    asked = (*catalogue.sums_of(Entity.FLOW), *_counted(catalogue))
    amounts = {m.over for m in catalogue.sums_of(Entity.FLOW)}
    return flowing.select("branch_id", "borrower_id", *sorted(amounts | {m.where for m in asked}))


def clients_of_month(flowing: Frame, catalogue: Catalogue) -> dict[str, Frame]:
    """The branches and clients of each count over the month: by measure, two columns."""
    return {
        m.name: flowing.filter(nw.col(m.where)).select("branch_id", "borrower_id")
        for m in _counted(catalogue)
        if m.window == "month"
    }


def _counted(catalogue: Catalogue) -> tuple[Measure, ...]:
    return tuple(
        m
        for m in catalogue.measures_by(Aggregation.COUNT_DISTINCT)
        if catalogue.entity_of(m) is Entity.FLOW
    )


def sums_by_branch(rows: pl.DataFrame, chosen: tuple[Measure, ...]) -> pl.DataFrame:
    """Flagged amounts by branch, one measure each; rows of `cube.BRANCH_MEASURE`, sorted."""
    if not chosen:
        return pl.DataFrame(schema=BRANCH_MEASURE)
    wide = rows.group_by("branch_id").agg(
        pl.col(m.over).filter(pl.col(m.where)).sum().cast(WIDE).alias(m.name) for m in chosen
    )
    return long(wide, [m.name for m in chosen]).sort("branch_id", "measure")


def clients(
    month: Mapping[str, Frame],
    year: pl.LazyFrame,
    rules: Rules,
    counts_for: pl.DataFrame,
    *,
    engine: Engine = POLARS,
    parts: int = 1,
) -> pl.DataFrame:
    """Distinct clients of flows at every node: `node_id, measure, amount`.

    Args:
        month: the branches and clients of counts over the month, by measure.
        year: the raw events of the year so far, for counts over the year.
        rules: whose flags decide; those over the year rest on columns of the event alone.
        counts_for: which node each branch counts for.
        engine: what runs it.
        parts: in how many parts clients are counted, so that no more than a part is held at once.
    """
    catalogue = rules.catalogue
    yearly = {
        m.name: engine.kept(
            with_flags(neutral(year), (catalogue.flags[m.where],), rules.parameters, engine=engine)
            .filter(nw.col(m.where))
            .select("branch_id", "borrower_id"),
            coded=("branch_id",),
        )
        for m in _counted(catalogue)
        if m.name not in month
    }
    tables = [
        _at_nodes(pairs, counts_for, engine, parts).select(
            "node_id", measure=pl.lit(name), amount=pl.col("amount").cast(WIDE)
        )
        for name, pairs in {**month, **yearly}.items()
    ]
    return pl.concat([pl.DataFrame(schema=_COUNTED), *tables]).sort("node_id", "measure")


def _at_nodes(pairs: Frame, counts_for: pl.DataFrame, engine: Engine, parts: int) -> pl.DataFrame:
    """Distinct clients of branches at every node, `node_id, amount`: those of all parts add up."""
    if parts == 1:
        return _of_clients(pairs, counts_for, engine)
    found = [
        _of_clients(
            neutral(engine.part(pairs.to_native(), "borrower_id", number, parts)),
            counts_for,
            engine,
        )
        for number in range(parts)
    ]
    return pl.concat(found).group_by("node_id").agg(pl.col("amount").sum())


def _of_clients(pairs: Frame, counts_for: pl.DataFrame, engine: Engine) -> pl.DataFrame:
    """The same of some clients.

    Most clients have one branch, and those add up; only the others are looked at node by node.
    """
    ends = pairs.with_columns(first=nw.col("branch_id"), last=nw.col("branch_id"))
    clients = engine.grouped(
        ends, ["borrower_id"], marks=(), sums=(), smallest=("first",), largest=("last",)
    )
    known = engine.collected({"": clients}, as_coded=True)[""]
    alone = pl.col("first") == pl.col("last")
    several = engine.frame(known.filter(~alone).select("borrower_id"))
    shared = engine.collected({"": engine.among(pairs, "borrower_id", several).unique()})[""]
    added_up = (
        known.filter(alone)
        .group_by(pl.col("first").cast(schema.TEXT).alias("branch_id"))
        .agg(amount=pl.len().cast(pl.Int64))
        .join(counts_for, on="branch_id", how="inner")
        .select("node_id", "amount")
    )
    at_nodes = (
        shared.join(counts_for, on="branch_id", how="inner")
        .group_by("node_id")
        .agg(amount=pl.col("borrower_id").n_unique().cast(pl.Int64))
    )
    return pl.concat([added_up, at_nodes]).group_by("node_id").agg(pl.col("amount").sum())


_COUNTED: Final[Mapping[str, pl.DataType]] = {
    "node_id": schema.TEXT,
    "measure": schema.TEXT,
    "amount": WIDE,
}
