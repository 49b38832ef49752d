"""What became of a loan from month to month, in words: every mark that differs from the month before."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import polars as pl

from dashboards.i18n import Language
from dashboards.loan_words import heading, spelled

_WATCHED: Final = (
    *("booking_branch_id", "loan_status", "loan_classification", "product_type"),
    *("purpose_industry_code", "main_security_type"),
    *("sei_tag", "green_tag", "tech_loan_tag", "supply_chain_product_code"),
)
"""What is said when it changes; amounts and days stand in columns of their own."""


def changed(
    history: pl.DataFrame, language: Language, named: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """For each row of `port.loans.HISTORY`, what changed since the row before; the first says nothing.

    Args:
        history: the rows, the oldest first.
        language: of the reader.
        named: names of values that no list of codes has, by column: branches, industries.
    """
    rows = history.to_dicts()
    pair, ends = language.pick("{}: {} → {}", "{}：{} → {}"), language.pick("; ", "；")

    def said(name: str, value: object) -> str:
        known = named.get(name, {})
        return known.get(str(value)) or spelled(name, value, language)

    told = [""] if rows else []
    for before, now in pairwise(rows):
        told.append(
            ends.join(
                pair.format(
                    heading(name, language), said(name, before[name]), said(name, now[name])
                )
                for name in _WATCHED
                if before[name] != now[name]
            )
        )
    return told
