"""The loans page as a document: what the figure is made of, what decided, and the rows in the page's order.

The table of rows is capped, so that a workbook opens and paper ends; the whole list is offered beside it as
plain files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from dashboards.contributions import Agreement
from dashboards.exports.document import Column, Content, Document, Table
from dashboards.i18n import Language, say
from dashboards.loan_words import labels_of
from dashboards.masking import masked
from dashboards.port.loans import LISTED, LoanList
from dashboards.units import BankUnit

CAP: Final = 5_000
"""Rows of the list in a document."""


def with_borrowers(rows: pl.DataFrame, names: Mapping[str, str] | None) -> pl.DataFrame:
    """Rows with masks in the place of borrowers, or, if names are given, numbers with names beside them."""
    if names is None:
        return rows.with_columns(masked("borrower_id")).with_columns(
            borrower_name=pl.lit(None, dtype=pl.String)
        )
    known = pl.col("borrower_id").replace_strict(dict(names), default=None, return_dtype=pl.String)
    return rows.with_columns(borrower_name=known)


def with_words(rows: pl.DataFrame, found: LoanList, language: Language) -> pl.DataFrame:
    """Rows with what decided in words, beside its code."""
    said = {key: language.pick(label.en, label.zh) for key, label in found.reasons.items()}
    told = pl.col("why").replace_strict(said, default=None, return_dtype=pl.String)
    return rows.with_columns(because=told)


def sides_table(sides: Sequence[Agreement], language: Language) -> Table:
    """Both sides, as published and as the rows come to."""

    def said(key: str) -> str:
        return say(language, key)

    words = {side.side: said(f"ln_{side.side}_word") for side in sides}
    rows = pl.DataFrame(
        [
            {
                "side": side.side,
                "published": side.published,
                "listed": None if side.listed is None else side.listed.total,
                "difference": side.difference,
                "rows": None if side.listed is None else side.listed.rows,
                "clients": None if side.listed is None else side.listed.clients,
            }
            for side in sides
        ],
        schema={
            "side": pl.String(),
            **dict.fromkeys(("published", "listed", "difference"), LISTED["amount"]),
            **dict.fromkeys(("rows", "clients"), pl.Int64()),
        },
        orient="row",
    )
    columns = (
        Column("side", said("ln_side"), labels=words),
        Column("published", said("ln_published"), Content.NUMBER),
        Column("listed", said("ln_listed"), Content.NUMBER),
        Column("difference", said("ln_difference"), Content.NUMBER),
        Column("rows", said("ln_rows"), Content.COUNT),
        Column("clients", said("ln_clients"), Content.COUNT),
    )
    return Table("sides", said("ln_adds_up"), columns, rows)


def rules_table(by_rule: pl.DataFrame, found: LoanList, language: Language) -> Table:
    """What decided, rule by rule."""
    columns = (
        Column("because", say(language, "ln_rule")),
        Column("why", say(language, "ln_why_code")),
        Column("rows", say(language, "ln_rows"), Content.COUNT),
        Column("clients", say(language, "ln_clients"), Content.COUNT),
        Column("amount", say(language, "ln_adds"), Content.NUMBER),
        Column("balance", say(language, "ln_balance_plain"), Content.MONEY),
    )
    rows = with_words(by_rule, found, language).select(column.name for column in columns)
    return Table("rules", say(language, "ln_by_rule"), columns, rows)


def rows_table(
    rows: pl.DataFrame, found: LoanList, units: Mapping[str, BankUnit], language: Language
) -> Table:
    """The first rows of the list, in the order of the page.

    Args:
        rows: the rows as filtered and sorted, borrowers masked or named by `with_borrowers`.
        found: the list they are of.
        units: the bank's units by number.
        language: of headings and words.
    """

    def said(key: str) -> str:
        return say(language, key)

    def code(name: str, key: str) -> Column:
        return Column(name, said(key), labels=labels_of(name, language))

    here = rows["branch_id"].unique()
    names = {one: units[one].name(language) for one in here if one in units}
    industries = {
        name: language.pick(label.en, label.zh) for name, label in found.industries.items()
    }
    places = {one: said(f"ln_tab_{one}") for one in ("numerator", "denominator", "excluded")}
    columns = (
        Column("place", said("ln_place"), labels=places),
        Column("loan_id", said("ln_loan")),
        Column("borrower_id", said("ln_borrower")),
        Column("borrower_name", said("ln_borrower_name")),
        Column("branch_id", said("branch"), labels=names),
        Column("as_of_date", said("month"), Content.DATE),
        Column("balance", said("ln_balance_plain"), Content.MONEY),
        Column("amount", said("ln_adds"), Content.NUMBER),
        Column("because", said("ln_rule")),
        Column("why", said("ln_why_code")),
        Column("purpose_industry_code", said("ln_industry"), labels=industries),
        code("product_type", "ln_product"),
        code("loan_classification", "ln_class"),
        code("sei_tag", "ln_sei"),
        code("green_tag", "ln_green"),
        code("tech_loan_tag", "ln_tech"),
        code("supply_chain_product_code", "ln_chain"),
        Column("overridden", said("ln_overridden")),
    )
    told = with_words(rows.head(CAP), found, language).select(column.name for column in columns)
    notes = []
    if rows.height > CAP:
        notes.append(say(language, "ln_capped", cap=f"{CAP:,}", count=f"{rows.height:,}"))
    return Table("loans", said("ln_list"), columns, told, notes=tuple(notes))


def document(
    base: Document,
    sides: Sequence[Agreement],
    by_rule: pl.DataFrame,
    rows: pl.DataFrame,
    found: LoanList,
    units: Mapping[str, BankUnit],
    language: Language,
) -> Document:
    """The page as a file.

    Args:
        base: title, strip, filters, message and definitions, without blocks.
        sides: what the figure is made of.
        by_rule: what decided, as `contributions.by_rule` gives it.
        rows: the rows as filtered and sorted, borrowers masked or named.
        found: the list they are of.
        units: the bank's units by number.
        language: of the reader.
    """
    return replace(
        base,
        blocks=(
            sides_table(sides, language),
            rules_table(by_rule, found, language),
            rows_table(rows, found, units, language),
        ),
    )
