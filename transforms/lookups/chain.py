"""The supply chain of a loan: its evidenced tie to a core enterprise, and how the two trade."""

from collections.abc import Callable
from typing import Final

import narwhals as nw
import polars as pl

from transforms import schema, trade
from transforms.catalogue.vocabulary import UNTAGGED
from transforms.engines import Frame
from transforms.lookups.inputs import Inputs, valid_on

GIVES: Final = ("chain_linked", "core_enterprise", "chain_green_use")
TRADE_GIVES: Final = ("trade_cv", "cv_weighted")
SETTLEMENT_GIVES: Final = ("settlement_days",)

TIE: Final = "chain_tie"
"""The number of the tie that a loan counts under."""
_ORDER: Final = "_order"


def attach(loans: Frame, at: Inputs) -> Frame:
    """The loan's evidenced tie to a core enterprise outside the borrower's own group.

    A tie named for the loan goes before one for all loans of the borrower; then the earliest one, and
    of one day that of the lowest number: a loan has one core enterprise, so that parts add up.
    """
    joined = at.engine.with_small(
        loans, at.once("ties of borrowers", lambda: _of_borrowers(at)), on="borrower_id"
    )
    joined = at.engine.with_small(
        joined, at.once("ties of loans", lambda: _of_loans(at)), on="loan_id"
    ).with_columns(nw.coalesce("_single", "_whole").alias(TIE))
    return (
        at.engine.with_small(joined, at.once("ties told", lambda: _told(at)), on=TIE)
        .with_columns(
            chain_linked=~nw.col(TIE).is_null(),
            core_enterprise=nw.col("core_enterprise").fill_null(UNTAGGED),
        )
        .drop("_single", "_whole")
    )


def _of_borrowers(at: Inputs) -> Frame:
    """Ties for all loans of a borrower: `borrower_id, _whole`."""
    return _first(_ties(at).filter(nw.col("loan_id").is_null()), "borrower_id", "_whole")


def _of_loans(at: Inputs) -> Frame:
    """Ties named for a loan: `loan_id, _single`."""
    of_loans = _ties(at).filter(~nw.col("loan_id").is_null())
    # Only a tie of the loan's own borrower is one of the loan: so a loan has one client's ties at most.
    named = at.engine.among(
        at.table(schema.LOAN_SNAPSHOT).select("loan_id", _borrower=nw.col("borrower_id")),
        "loan_id",
        of_loans.select("loan_id"),
    )
    own = of_loans.join(named, on="loan_id", how="inner")
    return _first(own.filter(nw.col("_borrower") == nw.col("borrower_id")), "loan_id", "_single")


def _told(at: Inputs) -> Frame:
    """What a tie says: its number as `chain_tie`, the core enterprise and the green use."""
    return _ties(at).select(
        nw.col("relation_id").alias(TIE),
        core_enterprise=nw.col("core_enterprise_id"),
        chain_green_use=nw.col("green_use_code"),
    )


def _ties(at: Inputs) -> Frame:
    return at.once("ties", lambda: _evidenced(at))


def _evidenced(at: Inputs) -> Frame:
    """The ties that hold that day and name their evidence, but for those within a group."""
    named = at.table(schema.SUPPLY_CHAIN_RELATION).filter(
        valid_on(at.rules.as_of),
        ~nw.col("core_enterprise_id").is_null(),
        ~nw.col("evidence_type").is_null(),
        ~nw.col("evidence_ref").is_null(),
        nw.col("core_enterprise_id") != nw.col("borrower_id"),
    )
    groups = at.engine.among(
        at.table(schema.BORROWER_SNAPSHOT).select("borrower_id", own_group=nw.col("group_id")),
        "borrower_id",
        named.select("borrower_id"),
    )
    return named.join(groups, on="borrower_id", how="left").filter(
        nw.col("own_group").is_null()
        | nw.col("core_group_id").is_null()
        | (nw.col("own_group") != nw.col("core_group_id"))
    )


def _first(ties: Frame, key: str, name: str) -> Frame:
    """Of the ties of each key the earliest, by its number: two columns, `key` and `name`."""
    ordered = ties.with_columns(
        nw.concat_str(
            nw.col("valid_from").cast(nw.String()), nw.col("relation_id"), separator="|"
        ).alias(_ORDER)
    )
    earliest = ordered.group_by(key).agg(nw.col(_ORDER).min())
    return ordered.join(earliest, on=[key, _ORDER], how="inner").select(
        key, nw.col("relation_id").alias(name)
    )


def attach_trade(loans: Frame, at: Inputs) -> Frame:
    """How unsteady the loan's pair trades, and the amount weighted by it."""
    joined = _by_pair(loans, at, "variation", lambda: trade.variation(at.trades(), at.rules.as_of))
    return at.engine.with_exact_product(joined, "cv_weighted", "balance", "trade_cv")


def attach_settlement(loans: Frame, at: Inputs) -> Frame:
    """How long the loan's pair takes to pay."""
    return _by_pair(loans, at, "settlement", lambda: trade.settlement(at.trades(), at.rules.as_of))


def _by_pair(loans: Frame, at: Inputs, name: str, pairs: Callable[[], pl.DataFrame]) -> Frame:
    """Loans with what is known of the borrower and the core enterprise that their tie names."""

    def told() -> Frame:
        named = at.table(schema.SUPPLY_CHAIN_RELATION).select(
            nw.col("relation_id").alias(TIE), "borrower_id", "core_enterprise_id"
        )
        both = named.join(at.engine.frame(pairs()), on=list(trade.PAIR), how="inner")
        return both.drop(*trade.PAIR)

    return at.engine.with_small(loans, at.once(name, told), on=TIE)
