"""Distinct clients, counted at every node: a client of two branches is one client of their parent.

Loans are reduced once to branch x client with one mark per measure; everything after that is small.
"""

from collections.abc import Mapping
from typing import Final

import narwhals as nw
import polars as pl

from transforms.catalogue.model import Aggregation, Catalogue
from transforms.engines import Frame
from transforms.schema import TEXT, WIDE

CLIENT_COUNT: Final[Mapping[str, pl.DataType]] = {
    "node_id": TEXT,
    "measure": TEXT,
    "amount": WIDE,
}
"""Long table of distinct counts by node, not by booking branch: they cannot be rolled up later."""


def pairs(loans: Frame, catalogue: Catalogue) -> Frame:
    """Branch x client with a mark (0 or 1) for every distinct-count measure."""
    measures = catalogue.measures_by(Aggregation.COUNT_DISTINCT)
    marked = loans.select(
        "borrower_id",
        *(nw.col(measure.where).cast(nw.Int8).alias(measure.name) for measure in measures),
        branch_id=nw.col("booking_branch_id"),
    )
    return marked.group_by("branch_id", "borrower_id").agg(
        nw.col(measure.name).max() for measure in measures
    )


def client_counts(
    marked: pl.DataFrame, counts_for: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    """Distinct clients by node for every distinct-count measure; rows of `CLIENT_COUNT`, sorted."""
    names = [measure.name for measure in catalogue.measures_by(Aggregation.COUNT_DISTINCT)]
    by_node = (
        marked.join(counts_for, on="branch_id", how="inner")
        .group_by("node_id", "borrower_id")
        .agg(pl.col(names).max())
        .group_by("node_id")
        .agg(pl.col(names).cast(pl.Int64).sum())
    )
    return (
        by_node.unpivot(names, index="node_id", variable_name="measure", value_name="amount")
        .with_columns(pl.col("amount").cast(WIDE))
        .sort("node_id", "measure")
    )
