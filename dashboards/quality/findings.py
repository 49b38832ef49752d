"""Findings by rule and by unit: how many rows, how much money, the gravest first.

The money of failing loans is each in its own currency and is only added up as findings hold it; a check
that could not be run has no rows, which is not the same as none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from dashboards.i18n import Language
from dashboards.quality.parts import PART
from dashboards.quality.states import SEVERITIES


@dataclass(frozen=True)
class Rule:
    """A rule that found something.

    Attributes:
        rows: that fail; none where the check could not be run.
        amount: of failing loans; none for other tables.
    """

    rule_id: str
    severity: str
    table: str
    rows: int | None
    amount: Decimal | None
    reason: str
    remedy: str


_WORDING = ("reason_en", "reason_zh", "remedy_en", "remedy_zh")


def by_rule(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings added up over branches: one row a rule and table, the gravest and largest first."""
    rank = {name: place for place, name in enumerate(SEVERITIES)}
    return (
        findings.group_by("rule_id", "severity", "table", maintain_order=True)
        .agg(
            *(_added(name) for name in ("failing_rows", "failing_amount")),
            *(pl.col(name).first() for name in _WORDING),
        )
        .sort(
            pl.col("severity").replace_strict(rank, return_dtype=pl.Int8),
            -pl.col("failing_rows").fill_null(0),
            "rule_id",
        )
    )


def _added(name: str) -> pl.Expr:
    """A sum that is nothing where nothing is known."""
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)


def rules_of(found: pl.DataFrame, language: Language) -> Sequence[Rule]:
    """The rules of rows of `by_rule`, worded in the reader's language."""
    return [
        Rule(
            rule_id=row["rule_id"],
            severity=row["severity"],
            table=row["table"],
            rows=row["failing_rows"],
            amount=row["failing_amount"],
            reason=row[f"reason_{language.value}"] or "",
            remedy=row[f"remedy_{language.value}"] or "",
        )
        for row in found.to_dicts()
    ]


def by_part(parted: pl.DataFrame, rule: str) -> dict[str | None, tuple[int | None, Decimal | None]]:
    """Failing rows and their money of one rule by part, the most first; the rest under None, last."""
    sums = (
        parted.filter(pl.col("rule_id") == rule)
        .group_by(PART, maintain_order=True)
        .agg(_added("failing_rows"), _added("failing_amount"))
        .sort(pl.col(PART).is_null(), -pl.col("failing_rows").fill_null(0), PART)
    )
    return {part: (rows, amount) for part, rows, amount in sums.iter_rows()}
