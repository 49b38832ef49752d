"""The supply chain of a loan: its evidenced tie to a core enterprise, and how the two trade."""

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

_ORDER: Final = "_order"


def attach(loans: Frame, at: Inputs) -> Frame:
    """The loan's evidenced tie to a core enterprise outside the borrower's own group.

    A tie named for the loan goes before one for all loans of the borrower; then the earliest one, and
    of one day that of the lowest number: a loan has one core enterprise, so that parts add up.
    """
    groups = at.table(schema.BORROWER_SNAPSHOT).select("borrower_id", own_group=nw.col("group_id"))
    evidenced = (
        at.table(schema.SUPPLY_CHAIN_RELATION)
        .filter(
            valid_on(at.rules.as_of),
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
        .with_columns(
            nw.concat_str(
                nw.col("valid_from").cast(nw.String()), nw.col("relation_id"), separator="|"
            ).alias(_ORDER)
        )
    )
    by_borrower = _first(evidenced.filter(nw.col("loan_id").is_null()), ["borrower_id"], "whole")
    by_loan = _first(
        evidenced.filter(~nw.col("loan_id").is_null()), ["borrower_id", "loan_id"], "single"
    )
    joined = loans.join(by_borrower, on="borrower_id", how="left").join(
        by_loan, on=["borrower_id", "loan_id"], how="left"
    )
    single = ~nw.col("single_core").is_null()
    return joined.with_columns(
        chain_linked=single | ~nw.col("whole_core").is_null(),
        core_enterprise=nw.coalesce("single_core", "whole_core").fill_null(UNTAGGED),
        chain_green_use=nw.when(single).then(nw.col("single_use")).otherwise(nw.col("whole_use")),
    ).drop("single_core", "single_use", "whole_core", "whole_use")


def _first(ties: Frame, keys: list[str], prefix: str) -> Frame:
    earliest = ties.group_by(*keys).agg(nw.col(_ORDER).min())
    return ties.join(earliest, on=[*keys, _ORDER], how="inner").select(
        *keys,
        nw.col("core_enterprise_id").alias(f"{prefix}_core"),
        nw.col("green_use_code").alias(f"{prefix}_use"),
    )


def attach_trade(loans: Frame, at: Inputs) -> Frame:
    """How unsteady the loan's pair trades, and the amount weighted by it."""
    pairs = trade.variation(at.trades(), at.rules.as_of)
    joined = _by_pair(loans, at, pairs)
    return at.engine.with_exact_product(joined, "cv_weighted", "balance", "trade_cv")


def attach_settlement(loans: Frame, at: Inputs) -> Frame:
    """How long the loan's pair takes to pay."""
    return _by_pair(loans, at, trade.settlement(at.trades(), at.rules.as_of))


def _by_pair(loans: Frame, at: Inputs, pairs: pl.DataFrame) -> Frame:
    named = pairs.rename({"core_enterprise_id": "core_enterprise"})
    return loans.join(at.engine.frame(named), on=["borrower_id", "core_enterprise"], how="left")
