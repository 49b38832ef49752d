"""From typed loans to classified loans: lookups by reference data, then the flags of the catalogue.

One row in, one row out. Nothing is filtered here: a loan that no flag admits stays, so that every
exclusion can be explained. Aggregation belongs in `cube` and `clients`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import narwhals as nw
import polars as pl

from transforms import schema
from transforms.catalogue.load import columns_of, parameters_of, with_parameters
from transforms.catalogue.model import Catalogue, Flag
from transforms.catalogue.vocabulary import UNTAGGED
from transforms.engines import POLARS, Engine, Frame, neutral
from transforms.reference.tables import Reference, Taxonomy

BORROWER_COLUMNS: Final = (
    "borrower_type",
    "enterprise_size",
    "total_credit_limit_cny",
    "group_id",
)


@dataclass(frozen=True, eq=False)
class LoanTables:
    """The canonical tables of one month that loans are classified with, as native lazy frames.

    A table that was not delivered is an empty frame with the canonical columns. Keys are unique: the
    checks reject duplicates, and a borrower standing twice would double its loans here.
    """

    loans: pl.LazyFrame
    borrowers: pl.LazyFrame
    tech_lists: pl.LazyFrame
    relations: pl.LazyFrame
    rates: pl.LazyFrame


@dataclass(frozen=True, eq=False)
class Rules:
    """What a month is classified by: definitions and dated reference data, and where it stands."""

    catalogue: Catalogue
    reference: Reference
    as_of: date
    base_currency: str
    taxonomy: Taxonomy = Taxonomy.GBT4754

    @property
    def parameters(self) -> dict[str, Decimal]:
        """The named thresholds in force that month."""
        return self.reference.thresholds(self.as_of)


def classify(tables: LoanTables, rules: Rules, *, engine: Engine = POLARS) -> Frame:
    """Every loan with its balance in base currency, looked-up columns, slice members and flags."""
    loans = neutral(tables.loans)
    loans = _with_balance(loans, neutral(tables.rates), rules, engine)
    loans = _with_borrower(loans, neutral(tables.borrowers))
    loans = _with_industry(loans, rules, engine)
    loans = _with_technology_lists(loans, neutral(tables.tech_lists), rules.as_of)
    loans = _with_green(loans, rules, engine)
    loans = _with_supply_chain(
        loans, neutral(tables.relations), neutral(tables.borrowers), rules.as_of
    )
    return with_flags(loans, rules.catalogue.loan_flags(), rules.parameters, engine=engine)


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


def _with_balance(loans: Frame, rates: Frame, rules: Rules, engine: Engine) -> Frame:
    """Principal in base currency at the month-end middle rate; the base currency's rate is one."""
    known = rates.select("currency_code", fx=nw.col("rate"))
    joined = loans.join(known, on="currency_code", how="left").with_columns(
        fx=nw.when(nw.col("currency_code") == rules.base_currency)
        .then(nw.lit(Decimal(1)).cast(nw.Decimal(12, 8)))
        .otherwise(nw.col("fx"))
    )
    return engine.with_money_product(joined, "balance", "outstanding_principal", "fx").drop("fx")


def _with_borrower(loans: Frame, borrowers: Frame) -> Frame:
    known = borrowers.select("borrower_id", *BORROWER_COLUMNS)
    assumed = str(schema.BORROWER_SNAPSHOT.column("borrower_type").assumed)
    return loans.join(known, on="borrower_id", how="left").with_columns(
        nw.col("borrower_type").fill_null(assumed),
        nw.col("enterprise_size").fill_null(UNTAGGED),
    )


def industry_code(column: str) -> nw.Expr:
    """A delivered industry code without its section letter, at four digits at most."""
    return nw.col(column).str.strip_chars().str.replace_all("^[A-Za-z]", "").str.slice(0, 4)


def _with_industry(loans: Frame, rules: Rules, engine: Engine) -> Frame:
    """Lookups by purpose industry: SEI, high-tech and patent-intensive classes, and the section.

    Lists built on GB/T 4754 say nothing about a book coded otherwise: there the lookups stay empty,
    and `availability` keeps the metrics that rest on them from being computed.
    """
    sections = rules.reference.sections(rules.taxonomy).select("prefix", industry_section="section")
    loans = loans.with_columns(
        industry_code("purpose_industry_code").alias("purpose_class")
    ).with_columns(nw.col("purpose_class").str.slice(0, 2).alias("purpose_division"))
    loans = loans.join(
        engine.frame(sections), left_on="purpose_division", right_on="prefix", how="left"
    )
    applies = rules.taxonomy is Taxonomy.GBT4754
    sei = rules.reference.sei_classes() if applies else rules.reference.sei_classes().clear()
    classes = sei.select(
        "code",
        "sei_whole",
        sei_listed=pl.lit(value=True),
        sei_own_field=pl.when("sei_whole").then(pl.col("sei_fields").list.first()),
    )
    fields = sei.explode("sei_fields").select(
        "code", sei_tag="sei_fields", sei_tag_in_field=pl.lit(value=True)
    )
    technology = rules.reference.technology_classes()
    technology = technology if applies else technology.clear()
    loans = (
        loans.join(engine.frame(classes), left_on="purpose_class", right_on="code", how="left")
        .join(
            engine.frame(fields),
            left_on=["purpose_class", "sei_tag"],
            right_on=["code", "sei_tag"],
            how="left",
        )
        .join(engine.frame(technology), left_on="purpose_class", right_on="code", how="left")
    )
    lookups = (
        "sei_whole",
        "sei_listed",
        "sei_tag_in_field",
        "high_tech_whole",
        "high_tech_starred",
        "patent_intensive",
    )
    return loans.with_columns(
        *(nw.col(name).fill_null(value=False) for name in lookups),
        nw.col("industry_section").fill_null(UNTAGGED),
    ).with_columns(
        sei_field=nw.when(nw.col("sei_tag_in_field"))
        .then(nw.col("sei_tag"))
        .otherwise(nw.col("sei_own_field"))
        .fill_null(UNTAGGED)
    )


def valid_on(as_of: date) -> nw.Expr:
    """Whether a row with `valid_from` and `valid_to` holds that day; both days count."""
    return (nw.col("valid_from") <= as_of) & (
        nw.col("valid_to").is_null() | (nw.col("valid_to") >= as_of)
    )


def _with_technology_lists(loans: Frame, lists: Frame, as_of: date) -> Frame:
    members = (
        lists.filter(valid_on(as_of))
        .select("borrower_id")
        .unique()
        .with_columns(tech_listed=nw.lit(value=True))
    )
    return loans.join(members, on="borrower_id", how="left").with_columns(
        nw.col("tech_listed").fill_null(value=False)
    )


def _with_green(loans: Frame, rules: Rules, engine: Engine) -> Frame:
    """The green item by its edition, and whether that edition may be used for the approval date."""
    editions = rules.reference.green_editions()
    items = rules.reference.green_level1().filter(pl.col("green_effective") <= rules.as_of)
    approved = nw.coalesce("approval_date", "disbursement_date")
    assumed = nw.lit(None).cast(nw.String())
    for edition in (
        editions.filter(pl.col("default_from").is_not_null()).sort("default_from").to_dicts()
    ):
        assumed = (
            nw.when(approved >= edition["default_from"])
            .then(nw.lit(edition["edition"]))
            .otherwise(assumed)
        )
    last = editions.select(green_edition="edition", green_last_approval="last_approval")
    known = items.select("green_edition", "green_item", green_item_known=pl.lit(value=True))
    loans = (
        loans.with_columns(
            green_approved=approved,
            green_item=nw.col("green_tag").str.strip_chars().str.replace_all(r"\..*$", ""),
            green_edition=nw.coalesce(nw.col("green_catalogue_version"), assumed),
        )
        .join(engine.frame(known), on=["green_edition", "green_item"], how="left")
        .join(engine.frame(last), on="green_edition", how="left")
    )
    return loans.with_columns(
        nw.col("green_item_known").fill_null(value=False),
        green_edition_allowed=nw.col("green_last_approval").is_null()
        | nw.col("green_approved").is_null()
        | (nw.col("green_approved") <= nw.col("green_last_approval")),
    )


def _with_supply_chain(loans: Frame, relations: Frame, borrowers: Frame, as_of: date) -> Frame:
    """Evidenced ties to a core enterprise outside the borrower's own group, by borrower or loan."""
    groups = borrowers.select("borrower_id", own_group=nw.col("group_id"))
    evidenced = (
        relations.filter(
            valid_on(as_of),
            ~nw.col("core_enterprise_id").is_null(),
            ~nw.col("evidence_type").is_null(),
            ~nw.col("evidence_ref").is_null(),
            nw.col("core_enterprise_id") != nw.col("borrower_id"),
        )
        .join(groups, on="borrower_id", how="left")
        .filter(
            nw.col("own_group").is_null()
            | nw.col("core_group_id").is_null()
            | (nw.col("own_group") != nw.col("core_group_id"))
        )
    )
    by_borrower = (
        evidenced.filter(nw.col("loan_id").is_null())
        .select("borrower_id")
        .unique()
        .with_columns(chain_by_borrower=nw.lit(value=True))
    )
    by_loan = (
        evidenced.filter(~nw.col("loan_id").is_null())
        .select("borrower_id", "loan_id")
        .unique()
        .with_columns(chain_by_loan=nw.lit(value=True))
    )
    return (
        loans.join(by_borrower, on="borrower_id", how="left")
        .join(by_loan, on=["borrower_id", "loan_id"], how="left")
        .with_columns(
            chain_linked=nw.col("chain_by_borrower").fill_null(value=False)
            | nw.col("chain_by_loan").fill_null(value=False)
        )
        .drop("chain_by_borrower", "chain_by_loan")
    )
