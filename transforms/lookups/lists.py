"""Memberships: technology lists by borrower, pledged rights and first receipts by loan."""

from typing import Final

import narwhals as nw

from transforms import schema
from transforms.engines import Frame
from transforms.lookups.inputs import Inputs, valid_on

SRDI: Final = ("srdi", "little_giant")
INTELLECTUAL_PROPERTY: Final = ("patent", "trademark", "software_copyright")


def attach_technology_lists(loans: Frame, at: Inputs) -> Frame:
    """Whether the borrower is on any technology list that day, and on those of SRDI."""
    members = (
        at.table(schema.TECH_ENTERPRISE_LIST)
        .filter(valid_on(at.rules.as_of))
        .with_columns(special=nw.col("list_type").is_in(SRDI).cast(nw.Int8))
        .group_by("borrower_id")
        .agg(nw.col("special").max())
    )
    listed = members.select(
        "borrower_id", tech_listed=nw.lit(value=True), srdi_listed=nw.col("special") == 1
    )
    return loans.join(listed, on="borrower_id", how="left").with_columns(
        nw.col("tech_listed").fill_null(value=False), nw.col("srdi_listed").fill_null(value=False)
    )


def attach_pledges(loans: Frame, at: Inputs) -> Frame:
    """Whether intellectual property is pledged for the loan that day."""
    rights = (
        at.table(schema.COLLATERAL)
        .filter(nw.col("collateral_type").is_in(INTELLECTUAL_PROPERTY))
        .select("collateral_id")
    )
    pledged = (
        at.table(schema.LOAN_COLLATERAL)
        .filter(valid_on(at.rules.as_of))
        .join(rights, on="collateral_id", how="inner")
        .select("loan_id")
        .unique()
        .with_columns(ip_pledged=nw.lit(value=True))
    )
    return loans.join(pledged, on="loan_id", how="left").with_columns(
        nw.col("ip_pledged").fill_null(value=False)
    )


def attach_first_receipts(loans: Frame, at: Inputs) -> Frame:
    """Whether the loan is the one a first-time client was counted for."""
    counted = at.first_receipts().unique().with_columns(first_receipt=nw.lit(value=True))
    return loans.join(counted, on="loan_id", how="left").with_columns(
        nw.col("first_receipt").fill_null(value=False)
    )
