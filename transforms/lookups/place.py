"""Where a loan is: the innovation cluster of its booking branch and of its borrower."""

import narwhals as nw
import polars as pl

from transforms import schema
from transforms.catalogue.vocabulary import UNTAGGED
from transforms.engines import Frame
from transforms.lookups.inputs import Inputs


def of_branches(at: Inputs) -> Frame:
    """Where every branch is: `branch_id`, `region` (its province) and `cluster`, empty if unknown."""
    branches = at.table(schema.BRANCH).select("branch_id", place=nw.col("region_code"))
    return _with_cluster(branches, at, "place").select(
        "branch_id",
        "cluster",
        region=nw.concat_str(nw.col("place").str.slice(0, 2), nw.lit("0000")),
    )


def attach_booking(loans: Frame, at: Inputs) -> Frame:
    """The cluster of the booking branch."""
    clusters = of_branches(at).select("branch_id", booking_cluster="cluster")
    return loans.join(
        clusters, left_on="booking_branch_id", right_on="branch_id", how="left"
    ).with_columns(nw.col("booking_cluster").fill_null(UNTAGGED))


def attach_borrower(loans: Frame, at: Inputs) -> Frame:
    """The cluster that the borrower is registered in."""
    return (
        _with_cluster(loans, at, "borrower_region")
        .rename({"cluster": "borrower_cluster"})
        .with_columns(nw.col("borrower_cluster").fill_null(UNTAGGED))
    )


def _with_cluster(frame: Frame, at: Inputs, column: str) -> Frame:
    """`cluster` by prefecture, or else by province."""
    clusters = at.rules.reference.clusters()
    by_four = clusters.filter(pl.col("prefix").str.len_chars() > 2)  # noqa: PLR2004 - two digits are a province
    by_two = clusters.filter(pl.col("prefix").str.len_chars() == 2)  # noqa: PLR2004
    return (
        frame.with_columns(
            _four=nw.col(column).str.slice(0, 4), _two=nw.col(column).str.slice(0, 2)
        )
        .join(
            at.engine.frame(by_four.rename({"prefix": "_four", "cluster": "_narrow"})),
            on="_four",
            how="left",
        )
        .join(
            at.engine.frame(by_two.rename({"prefix": "_two", "cluster": "_wide"})),
            on="_two",
            how="left",
        )
        .with_columns(cluster=nw.coalesce("_narrow", "_wide"))
        .drop("_four", "_two", "_narrow", "_wide")
    )
