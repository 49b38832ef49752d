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
    listed = at.once("technology lists", lambda: _listed(at))
    return at.engine.with_small(loans, listed, on="borrower_id").with_columns(
        nw.col("tech_listed").fill_null(value=False), nw.col("srdi_listed").fill_null(value=False)
    )


def _listed(at: Inputs) -> Frame:
    members = (
        at.table(schema.TECH_ENTERPRISE_LIST)
        .filter(valid_on(at.rules.as_of), ~nw.col("borrower_id").is_null())
        .with_columns(special=nw.col("list_type").is_in(SRDI).cast(nw.Int8))
        .group_by("borrower_id")
        .agg(nw.col("special").max())
    )
    return members.select(
        "borrower_id", tech_listed=nw.lit(value=True), srdi_listed=nw.col("special") == 1
    )


def attach_pledges(loans: Frame, at: Inputs) -> Frame:
    """Whether intellectual property is pledged for the loan that day."""
    pledged = at.once("pledged rights", lambda: _pledged(at))
    return at.engine.with_mark(loans, "ip_pledged", "loan_id", pledged)


def _pledged(at: Inputs) -> Frame:
    rights = (
        at.table(schema.COLLATERAL)
        .filter(nw.col("collateral_type").is_in(INTELLECTUAL_PROPERTY))
        .select("collateral_id")
    )
    return (
        at.table(schema.LOAN_COLLATERAL)
        .filter(valid_on(at.rules.as_of))
        .join(rights, on="collateral_id", how="inner")
        .select("loan_id")
    )


def attach_first_receipts(loans: Frame, at: Inputs) -> Frame:
    """Whether the loan is the one a first-time client was counted for."""
    return at.engine.with_mark(loans, "first_receipt", "loan_id", at.first_receipts())
