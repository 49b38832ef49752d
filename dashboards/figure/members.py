"""Names of the members of a slice, in the reader's language: codes spelled out by their list or register.

A member without a name, such as a core enterprise, is called by its number.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from dashboards.i18n import MESSAGES, Language, say
from transforms.catalogue.vocabulary import SLICES, UNTAGGED
from transforms.reference.tables import Reference

_SECTION_LEVEL: Final = "1"
_DIVISION_LEVEL: Final = "2"


def slice_name(slice_: str, language: Language) -> str:
    """A slice as people call it."""
    one = SLICES[slice_]
    return language.pick(one.en, one.zh)


def names(slice_: str, reference: Reference, language: Language) -> dict[str, str]:
    """The members that have a name, by code."""
    codes = SLICES[slice_].code_list
    if codes is not None:
        found = {code.code: language.pick(code.en, code.zh) for code in codes.codes}
    else:
        found = _registered(slice_, reference, language)
    return {**found, UNTAGGED: say(language, "mt_untagged")}


def _registered(slice_: str, reference: Reference, language: Language) -> dict[str, str]:
    tables = reference.tables
    match slice_:
        case "industry_section":
            american = _named(tables["naics_sectors"], "section", language)
            chinese = tables["gbt4754_2017"].filter(pl.col("level") == _SECTION_LEVEL)
            return {**american, **_named(chinese, "section", language)}
        case "industry_division":
            chinese = tables["gbt4754_2017"].filter(pl.col("level") == _DIVISION_LEVEL)
            return _named(chinese, "division", language)
        case "region":
            return _named(tables["admin_divisions"], "code", language)
        case "cluster":
            places = tables["admin_divisions"]["innovation_centre_cluster"].drop_nulls().unique()
            keys = {code: f"mt_cluster_{code.lower()}" for code in places}
            return {code: say(language, key) for code, key in keys.items() if key in MESSAGES}
        case _:
            return {}


def _named(rows: pl.DataFrame, code: str, language: Language) -> dict[str, str]:
    chosen: Mapping[str, str] = dict(
        rows.drop_nulls(code).select(code, language.pick("name_en", "name_zh")).iter_rows()
    )
    return {member: name for member, name in chosen.items() if name}
