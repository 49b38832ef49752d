"""From typed loans to classified loans: lookups by reference data, then the flags of the catalogue.

One row in, one row out. Nothing is filtered here: a loan that no flag admits stays, so that every
exclusion can be explained. What a lookup finds belongs in `lookups`; aggregation in `cube` and
`clients`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import narwhals as nw
import polars as pl

from transforms import schema
from transforms.catalogue.model import Catalogue, Entity, Flag
from transforms.catalogue.sql import columns_of, parameters_of, with_parameters
from transforms.catalogue.vocabulary import UNTAGGED
from transforms.engines import POLARS, Engine, Frame
from transforms.lookups import borrower, chain, green, industry, lists, place, price
from transforms.lookups.inputs import Inputs, LoanTables, Lookup, Part, Rules

__all__ = [
    "LoanTables",
    "Only",
    "Rules",
    "classify",
    "classify_in_parts",
    "clause_sql",
    "flag_sql",
    "may_admit",
    "may_admit_these",
    "with_flags",
]

LOOKUPS: Final = (
    # The only join with a table as long as the book comes first, while there is little to carry.
    Lookup(borrower.GIVES, borrower.attach),
    Lookup(price.BALANCE_GIVES, price.attach_balance),
    Lookup(price.TERM_GIVES, price.attach_term),
    Lookup(price.PRODUCT_GIVES, price.attach_product),
    Lookup(industry.GIVES, industry.attach),
    Lookup(industry.SEI_GIVES, industry.attach_sei, (industry.CLASS,)),
    Lookup(("borrower_section",), industry.attach_borrower, ("borrower_industry",)),
    Lookup(("tech_listed", "srdi_listed"), lists.attach_technology_lists),
    Lookup(("ip_pledged",), lists.attach_pledges),
    Lookup(("first_receipt",), lists.attach_first_receipts),
    Lookup(green.GIVES, green.attach),
    Lookup(chain.GIVES, chain.attach),
    Lookup(chain.TRADE_GIVES, chain.attach_trade, ("core_enterprise", "balance")),
    Lookup(chain.SETTLEMENT_GIVES, chain.attach_settlement, ("core_enterprise",)),
    Lookup(("booking_cluster",), place.attach_booking),
    Lookup(("borrower_cluster",), place.attach_borrower, ("borrower_region",)),
    Lookup(("allowance",), price.attach_allowance, ("fx",)),
    Lookup(("interest",), price.attach_interest, ("balance",)),
    Lookup(price.LPR_GIVES, price.attach_lpr, ("long_term", "balance")),
    Lookup(("rd_intensity", "rd_weighted"), borrower.attach_research, ("rd_expense", "balance")),
    Lookup(
        ("staff_turnover", "staff_weighted"), borrower.attach_staff, ("core_tech_staff", "balance")
    ),
)
"""Every lookup, each after those it builds on. One that nobody asks for is not made."""

SLICE_COLUMNS: Final = {"security": "main_security_type", "classification": "loan_classification"}
"""Slices whose column bears another name than they do."""


@dataclass(frozen=True, eq=False)
class Only:
    """Which loans are classified where few are asked for: what is told of them is the same.

    Attributes:
        flags: loans that one of these may admit, by what was delivered of the loan; and perhaps others.
        loans: beside them, loans by number: a single column.
    """

    flags: tuple[str, ...]
    loans: Frame | None = None


def classify(
    tables: LoanTables,
    rules: Rules,
    *,
    flags: Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
    only: Only | None = None,
    engine: Engine = POLARS,
) -> Frame:
    """Loans with looked-up columns, slice members and flags.

    Args:
        tables: the month's tables, loans among them.
        rules: definitions and reference data in force.
        flags: loan flags wanted, with all they refer to; every one if not given.
        columns: looked-up columns wanted beside those of the flags; every one if not given.
        only: loans beside which others may be left out; no loan is if not given.
        engine: what runs it.
    """
    return _classified(Inputs(tables, rules, engine), flags, columns, only)


def classify_in_parts(
    tables: LoanTables,
    rules: Rules,
    parts: int,
    *,
    flags: Iterable[str],
    columns: Iterable[str],
    engine: Engine = POLARS,
) -> Iterator[Frame]:
    """A whole book in so many parts, the loans of some clients at a time; they share what is small."""
    whole = Inputs(tables, rules, engine)
    for number in range(parts):
        yield _classified(replace(whole, part=Part(number, parts)), flags, columns)


def _classified(
    at: Inputs,
    flags: Iterable[str] | None,
    columns: Iterable[str] | None,
    only: Only | None = None,
) -> Frame:
    chosen = closure(at.rules.catalogue, flags)
    named = {name for flag in chosen for clause in flag.clauses for name in columns_of(clause.sql)}
    every = {name for lookup in LOOKUPS for name in lookup.gives}
    wanted = named | (every if columns is None else set(columns)) | {"balance"}
    loans = at.of_part(schema.LOAN_SNAPSHOT)
    if only is not None:
        loans = _those(loans, only, set(schema.LOAN_SNAPSHOT.column_names) - every, at)
    for lookup in _lookups_for(wanted):
        loans = lookup.attach(loans, at)
    return with_flags(loans, chosen, at.rules.parameters, engine=at.engine)


def _those(loans: Frame, only: Only, delivered: Collection[str], at: Inputs) -> Frame:
    """Delivered loans without most that are not asked for, before anything is looked up."""
    chosen = [at.rules.catalogue.flags[name] for name in only.flags]
    may = may_admit(chosen, delivered, at.rules.parameters) if chosen else "FALSE"
    if only.loans is None:
        return at.engine.where(loans, may)
    return at.engine.among(loans, "loan_id", only.loans, or_sql=may)


def slice_member(name: str) -> nw.Expr:
    """The member of a slice that a classified loan is in."""
    return nw.col(SLICE_COLUMNS.get(name, name)).fill_null(UNTAGGED)


def closure(catalogue: Catalogue, names: Iterable[str] | None) -> tuple[Flag, ...]:
    """Loan flags with all they refer to, each after those; every one if none are named."""
    every = catalogue.flags_of(Entity.LOAN)
    if names is None:
        return every
    wanted: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        flag = catalogue.flags.get(name)
        if flag is not None and flag.entity is Entity.LOAN and name not in wanted:
            wanted.add(name)
            queue += [used for clause in flag.clauses for used in columns_of(clause.sql)]
    return tuple(flag for flag in every if flag.name in wanted)


def _lookups_for(wanted: Iterable[str]) -> tuple[Lookup, ...]:
    needed = set(wanted)
    chosen: list[Lookup] = []
    for lookup in reversed(LOOKUPS):
        if needed & set(lookup.gives):
            chosen.append(lookup)
            needed |= set(lookup.needs)
    return tuple(reversed(chosen))


def with_flags(
    frame: Frame,
    flags: tuple[Flag, ...],
    parameters: Mapping[str, Decimal],
    *,
    engine: Engine = POLARS,
) -> Frame:
    """The frame with a yes/no column for each flag; a clause that cannot be decided is a no."""
    names = {flag.name for flag in flags}
    waiting = list(flags)
    while waiting:
        unknown = {flag.name for flag in waiting}
        ready = [
            flag
            for flag in waiting
            if not any(
                column in unknown
                for clause in flag.clauses
                for column in columns_of(clause.sql)
                if column in names
            )
        ]
        frame = engine.with_sql(frame, {flag.name: flag_sql(flag, parameters) for flag in ready})
        waiting = [flag for flag in waiting if flag not in ready]
    return frame


def flag_sql(flag: Flag, parameters: Mapping[str, Decimal]) -> str:
    """The whole condition of a flag as one SQL expression that is never unknown."""
    parts = [clause_sql(clause.sql, parameters) for clause in flag.all_of]
    if flag.any_of:
        either = " OR ".join(clause_sql(clause.sql, parameters) for clause in flag.any_of)
        parts.append(f"({either})")
    return " AND ".join(parts)


def clause_sql(sql: str, parameters: Mapping[str, Decimal]) -> str:
    """One condition with its thresholds filled in; unknown counts as not met.

    A threshold that is not in force on the date decides nothing: `availability` then keeps the
    measures that rest on it from being computed at all.

    >>> clause_sql("balance > 0", {})
    'COALESCE((balance > 0), FALSE)'
    >>> clause_sql("balance > :limit", {})
    'FALSE'
    """
    if any(name not in parameters for name in parameters_of(sql)):
        return "FALSE"
    return f"COALESCE(({with_parameters(sql, parameters)}), FALSE)"


def may_admit(
    flags: Sequence[Flag], known: Collection[str], parameters: Mapping[str, Decimal]
) -> str:
    """SQL over known columns alone: false only where no flag can be true, whatever the others hold."""
    by_name = {flag.name: flag for flag in flags}

    def of_clause(sql: str) -> str | None:
        if sql in by_name:
            return of_flag(by_name[sql])
        return clause_sql(sql, parameters) if set(columns_of(sql)) <= set(known) else None

    def of_flag(flag: Flag) -> str | None:
        parts = [part for clause in flag.all_of if (part := of_clause(clause.sql)) is not None]
        either = [of_clause(clause.sql) for clause in flag.any_of]
        told = [part for part in either if part is not None]
        if told and len(told) == len(either):
            parts.append(f"({' OR '.join(told)})")
        return f"({' AND '.join(parts)})" if parts else None

    found = [of_flag(flag) for flag in flags]
    told = [part for part in found if part is not None]
    return " OR ".join(dict.fromkeys(told)) if len(told) == len(found) else "TRUE"


def may_admit_these(
    flags: Sequence[Flag], values: Mapping[str, bool | Decimal], parameters: Mapping[str, Decimal]
) -> bool:
    """Whether a flag can be true where some columns hold these values, whatever the others hold."""
    held = pl.DataFrame({name: [value] for name, value in values.items()})
    return bool(held.select(pl.sql_expr(may_admit(flags, values, parameters))).item())
