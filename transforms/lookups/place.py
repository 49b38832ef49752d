"""Where a loan is: the innovation cluster of its booking branch and of its borrower."""

from typing import Final

import narwhals as nw
import polars as pl

from transforms import schema
from transforms.catalogue.vocabulary import UNTAGGED
from transforms.engines import POLARS, Frame
from transforms.lookups.inputs import Inputs

_PROVINCE: Final = 2
"""Digits of a region code that name the province."""


def of_branches(at: Inputs) -> Frame:
    """Where every branch is: `branch_id`, `region` (its province) and `cluster`, empty if unknown."""
    branches = at.table(schema.BRANCH).select("branch_id", place=nw.col("region_code"))
    source = (schema.BRANCH, "region_code")
    return at.reckoned(branches, source, "place", lambda codes: _with_cluster(codes, at)).select(
        "branch_id",
        "cluster",
        region=nw.concat_str(nw.col("place").str.slice(0, 2), nw.lit("0000")),
    )


def attach_booking(loans: Frame, at: Inputs) -> Frame:
    """The cluster of the booking branch."""
    clusters = at.once(
        "booking clusters",
        lambda: of_branches(at).select(booking_branch_id="branch_id", booking_cluster="cluster"),
    )
    return at.engine.with_small(loans, clusters, on="booking_branch_id").with_columns(
        nw.col("booking_cluster").fill_null(UNTAGGED)
    )


def attach_borrower(loans: Frame, at: Inputs) -> Frame:
    """The cluster that the borrower is registered in."""
    source, on = (schema.BORROWER_SNAPSHOT, "registered_region_code"), "borrower_region"
    return (
        at.reckoned(loans, source, on, lambda codes: _with_cluster(codes, at))
        .rename({"cluster": "borrower_cluster"})
        .with_columns(nw.col("borrower_cluster").fill_null(UNTAGGED))
    )


def _with_cluster(codes: Frame, at: Inputs) -> Frame:
    """Region codes with their `cluster`: by prefecture, or else by province."""
    clusters, column = at.rules.reference.clusters(), codes.columns[0]
    digits = pl.col("prefix").str.len_chars()
    by_four = clusters.filter(digits > _PROVINCE).select(_four="prefix", _narrow="cluster")
    by_two = clusters.filter(digits == _PROVINCE).select(_two="prefix", _wide="cluster")
    keyed = codes.with_columns(
        _four=nw.col(column).str.slice(0, 4), _two=nw.col(column).str.slice(0, _PROVINCE)
    )
    narrowed = POLARS.with_small(keyed, POLARS.frame(by_four), on="_four")
    return (
        POLARS.with_small(narrowed, POLARS.frame(by_two), on="_two")
        .with_columns(cluster=nw.coalesce("_narrow", "_wide"))
        .drop("_four", "_two", "_narrow", "_wide")
    )
