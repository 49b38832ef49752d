"""The green item of a loan by its edition, and whether that edition may be used for its approval."""

from typing import Final

import narwhals as nw
import polars as pl

from transforms.engines import Frame
from transforms.lookups.inputs import Inputs

_AND: Final = "@"
GIVES: Final = ("green_item_known", "green_edition_allowed")


def attach(loans: Frame, at: Inputs) -> Frame:
    """The green item by its edition, and whether that edition may be used for the approval date."""
    editions = at.rules.reference.green_editions()
    items = at.rules.reference.green_level1().filter(pl.col("green_effective") <= at.rules.as_of)
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
    # Neither an edition nor an item has the sign between them in its name, so that a pair is one key.
    known = items.select(
        _edition_item=pl.concat_str("green_edition", "green_item", separator=_AND),
        green_item_known=pl.lit(value=True),
    )
    loans = loans.with_columns(
        green_approved=approved,
        green_item=nw.col("green_tag").str.strip_chars().str.replace_all(r"\..*$", ""),
        green_edition=nw.coalesce(nw.col("green_catalogue_version"), assumed),
    ).with_columns(_edition_item=nw.concat_str("green_edition", "green_item", separator=_AND))
    loans = at.beside(loans, known, on="_edition_item").drop("_edition_item")
    loans = at.beside(loans, last, on="green_edition")
    return loans.with_columns(
        nw.col("green_item_known").fill_null(value=False),
        green_edition_allowed=nw.col("green_last_approval").is_null()
        | nw.col("green_approved").is_null()
        | (nw.col("green_approved") <= nw.col("green_last_approval")),
    )
