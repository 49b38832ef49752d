"""What a loan's purpose class says: section, SEI field, high technology, lists to retreat from.

Lists built on GB/T 4754 say nothing about a book coded otherwise: there the lookups stay empty, and
`availability` keeps the metrics that rest on them from being computed.
"""

from typing import Final

import narwhals as nw
import polars as pl

from transforms.catalogue.vocabulary import UNTAGGED
from transforms.engines import Frame
from transforms.lookups.inputs import Inputs
from transforms.reference.tables import Taxonomy

_SEI: Final = ("sei_whole", "sei_listed", "sei_tag_in_field")
_TECHNOLOGY: Final = (
    "high_tech_whole",
    "high_tech_starred",
    "high_tech_manufacturing",
    "patent_intensive",
)
_RESTRICTED: Final = ("overcapacity", "two_high", "energy_intensive")

CLASS: Final = "purpose_class"
_AND: Final = "@"
GIVES: Final = (CLASS, "purpose_division", "industry_section", "industry_division", "gbt_section")
SEI_GIVES: Final = (*_SEI, "sei_field")
TECHNOLOGY_GIVES: Final = _TECHNOLOGY
RESTRICTED_GIVES: Final = _RESTRICTED


def industry_code(column: str) -> nw.Expr:
    """A delivered industry code without its section letter, at four digits at most."""
    return nw.col(column).str.strip_chars().str.replace_all("^[A-Za-z]", "").str.slice(0, 4)


def attach(loans: Frame, at: Inputs) -> Frame:
    """The purpose's class, division and section."""
    sections = at.rules.reference.sections(at.rules.taxonomy).select(
        purpose_division="prefix", industry_section="section", industry_division="prefix"
    )
    coded = loans.with_columns(industry_code("purpose_industry_code").alias(CLASS)).with_columns(
        nw.col(CLASS).str.slice(0, 2).alias("purpose_division")
    )
    return at.beside(coded, sections, on="purpose_division").with_columns(
        nw.col("industry_section").fill_null(UNTAGGED),
        nw.col("industry_division").fill_null(UNTAGGED),
        # The letters of another classification mean other things.
        gbt_section=nw.col("industry_section")
        if at.rules.taxonomy is Taxonomy.GBT4754
        else nw.lit(None).cast(nw.String()),
    )


def attach_borrower(loans: Frame, at: Inputs) -> Frame:
    """The section of the borrower's own industry."""
    sections = at.rules.reference.sections(at.rules.taxonomy).select(
        own_division="prefix", borrower_section="section"
    )
    coded = loans.with_columns(own_division=industry_code("borrower_industry").str.slice(0, 2))
    return at.beside(coded, sections, on="own_division")


def attach_sei(loans: Frame, at: Inputs) -> Frame:
    """Whole and listed classes, whether the tag fits, and the one field the loan counts in."""
    sei = _applying(at, at.rules.reference.sei_classes())
    classes = sei.select(
        "sei_whole",
        sei_listed=pl.lit(value=True),
        sei_own_field=pl.when("sei_whole").then(pl.col("sei_fields").list.first()),
        **{CLASS: pl.col("code")},
    )
    # No class and no field has the sign between them in its name, so that a pair is one key.
    fields = sei.explode("sei_fields").select(
        _tagged=pl.concat_str("code", "sei_fields", separator=_AND),
        sei_tag_in_field=pl.lit(value=True),
    )
    tagged = loans.with_columns(_tagged=nw.concat_str(CLASS, "sei_tag", separator=_AND))
    joined = at.beside(at.beside(tagged, classes, on=CLASS), fields, on="_tagged").drop("_tagged")
    return joined.with_columns(nw.col(n).fill_null(value=False) for n in _SEI).with_columns(
        sei_field=nw.when(nw.col("sei_tag_in_field"))
        .then(nw.col("sei_tag"))
        .otherwise(nw.col("sei_own_field"))
        .fill_null(UNTAGGED)
    )


def attach_technology(loans: Frame, at: Inputs) -> Frame:
    """High-tech and patent-intensive classes."""
    classes = _applying(at, at.rules.reference.technology_classes())
    return _listed(loans, at, classes, _TECHNOLOGY)


def attach_restricted(loans: Frame, at: Inputs) -> Frame:
    """Lists of industries to retreat from, as they stand that month."""
    classes = _applying(at, at.rules.reference.restricted_classes(at.rules.as_of))
    return _listed(loans, at, classes, _RESTRICTED)


def _applying(at: Inputs, classes: pl.DataFrame) -> pl.DataFrame:
    return classes if at.rules.taxonomy is Taxonomy.GBT4754 else classes.clear()


def _listed(loans: Frame, at: Inputs, classes: pl.DataFrame, names: tuple[str, ...]) -> Frame:
    joined = at.beside(loans, classes.rename({"code": CLASS}), on=CLASS)
    return joined.with_columns(nw.col(name).fill_null(value=False) for name in names)
