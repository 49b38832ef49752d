"""What a loan's purpose class says: section, SEI field, high technology, lists to retreat from.

Lists built on GB/T 4754 say nothing about a book coded otherwise: there the lookups stay empty, and
`availability` keeps the metrics that rest on them from being computed.
"""

from typing import Final

import narwhals as nw
import polars as pl

from transforms import schema
from transforms.catalogue.vocabulary import UNTAGGED
from transforms.engines import POLARS, Frame
from transforms.lookups.inputs import Inputs
from transforms.reference.tables import Taxonomy

_AND: Final = "@"

CLASS: Final = "purpose_class"
SEI: Final = "sei_tag_in_field"
GIVES: Final = (
    CLASS,
    "purpose_division",
    "industry_section",
    "industry_division",
    "gbt_section",
    "sei_listed",
    "sei_whole",
    "sei_own_field",
    "high_tech_whole",
    "high_tech_starred",
    "high_tech_manufacturing",
    "patent_intensive",
    "overcapacity",
    "two_high",
    "energy_intensive",
)
SEI_GIVES: Final = (SEI, "sei_field")

_NAMED: Final = ("industry_section", "industry_division")
_LISTED: Final = tuple(name for name in GIVES if name not in (*GIVES[:5], "sei_own_field"))
"""What a class is or is not."""


def industry_code(column: str) -> nw.Expr:
    """A delivered industry code without its section letter, at four digits at most."""
    return nw.col(column).str.strip_chars().str.replace_all("^[A-Za-z]", "").str.slice(0, 4)


def attach(loans: Frame, at: Inputs) -> Frame:
    """What the code of the purpose says: class, division, section, and the lists it is on."""
    on = "purpose_industry_code"
    joined = at.reckoned(loans, (schema.LOAN_SNAPSHOT, on), on, lambda codes: _of_codes(codes, at))
    return joined.with_columns(
        *(nw.col(name).fill_null(UNTAGGED) for name in _NAMED),
        *(nw.col(name).fill_null(value=False) for name in _LISTED),
    )


def _of_codes(codes: Frame, at: Inputs) -> Frame:
    """All that follows from industry codes as they were delivered."""
    sections = at.rules.reference.sections(at.rules.taxonomy).select(
        purpose_division="prefix", industry_section="section", industry_division="prefix"
    )
    classed = codes.with_columns(industry_code(codes.columns[0]).alias(CLASS)).with_columns(
        nw.col(CLASS).str.slice(0, 2).alias("purpose_division")
    )
    placed = _with(classed, sections, "purpose_division").with_columns(
        # The letters of another classification mean other things.
        gbt_section=nw.col("industry_section")
        if at.rules.taxonomy is Taxonomy.GBT4754
        else nw.lit(None).cast(nw.String()),
    )
    reference = at.rules.reference
    sei = _applying(at, reference.sei_classes()).select(
        "sei_whole",
        sei_listed=pl.lit(value=True),
        sei_own_field=pl.when("sei_whole").then(pl.col("sei_fields").list.first()),
        code="code",
    )
    technology = _applying(at, reference.technology_classes())
    restricted = _applying(at, reference.restricted_classes(at.rules.as_of))
    for lists in (sei, technology, restricted):
        placed = _with(placed, lists.rename({"code": CLASS}), CLASS)
    return placed


def _with(codes: Frame, lists: pl.DataFrame, on: str) -> Frame:
    return POLARS.with_small(codes, POLARS.frame(lists), on=on)


def attach_borrower(loans: Frame, at: Inputs) -> Frame:
    """The section of the borrower's own industry."""
    sections = at.rules.reference.sections(at.rules.taxonomy).select(
        own_division="prefix", borrower_section="section"
    )

    def reckon(codes: Frame) -> Frame:
        divided = codes.with_columns(
            own_division=industry_code("borrower_industry").str.slice(0, 2)
        )
        return _with(divided, sections, "own_division")

    source = (schema.BORROWER_SNAPSHOT, "industry_code")
    return at.reckoned(loans, source, "borrower_industry", reckon)


def attach_sei(loans: Frame, at: Inputs) -> Frame:
    """Whether the loan's tag is a field of its class, and the one field that the loan counts in."""
    # No class and no field has the sign between them in its name, so that a pair is one key.
    fields = (
        _applying(at, at.rules.reference.sei_classes())
        .explode("sei_fields")
        .select(
            _tagged=pl.concat_str("code", "sei_fields", separator=_AND),
            sei_tag_in_field=pl.lit(value=True),
        )
    )
    tagged = loans.with_columns(_tagged=nw.concat_str(CLASS, "sei_tag", separator=_AND))
    joined = at.beside(tagged, fields, on="_tagged").drop("_tagged")
    return joined.with_columns(nw.col(SEI).fill_null(value=False)).with_columns(
        sei_field=nw.when(nw.col(SEI))
        .then(nw.col("sei_tag"))
        .otherwise(nw.col("sei_own_field"))
        .fill_null(UNTAGGED)
    )


def _applying(at: Inputs, classes: pl.DataFrame) -> pl.DataFrame:
    return classes if at.rules.taxonomy is Taxonomy.GBT4754 else classes.clear()
