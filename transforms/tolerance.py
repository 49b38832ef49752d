"""The NPL tolerance: a dated relation between a portfolio's NPL ratio and a reference, inclusive.

Both ratios are taken at two decimals of a percentage point, as they are printed, so that anyone can
check the verdict from the page: 4.00 % against 1.00 % + 3.00 pp is within, 4.01 % is not. A rule may be
given for a region or a branch; the nearest one holds. Why a tolerated ratio is then not deducted belongs
in the scorecard.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import polars as pl

from transforms.hierarchy import Tree
from transforms.reference.tables import BANK, ToleranceRule
from transforms.schema import TEXT, WIDE

ALL_LOANS: Final = "actual_all_loans"
"""Base of the rules since 2018: the NPL ratio of all loans of the whole bank, for every branch."""
ANNUAL_TARGET: Final = "annual_target"
"""Base of the rule of 2015: the bank's own target of the year for that ratio."""

_MONEY_IN_WIDE: Final = 2

LIMIT: Final[Mapping[str, pl.DataType]] = {
    "node_id": TEXT,
    "limit_pp": WIDE,
    "no_limit": TEXT,
}
"""The limit of every node, or why there is none."""


@dataclass(frozen=True)
class Verdict:
    """Expressions that decide a tolerance for every row of a frame.

    Attributes:
        limit_pp: the limit in percentage points.
        headroom_pp: the limit minus the ratio; negative when exceeded.
        headroom_amount: how much may still turn bad before the limit, negative when exceeded.
    """

    limit_pp: pl.Expr
    headroom_pp: pl.Expr
    headroom_amount: pl.Expr


def percentage_points(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """A ratio in percent, rounded half up to two decimals; empty for a zero denominator."""
    safe = pl.when(denominator != 0).then(denominator)
    return (numerator * 100 / safe).cast(WIDE).round(2, mode="half_away_from_zero")


def reference_percent(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """The reference ratio in percent at two decimals, as printed; none for an empty book."""
    if denominator == 0:
        return None
    frame = pl.DataFrame({"n": [numerator], "d": [denominator]}, schema={"n": WIDE, "d": WIDE})
    value: Decimal = frame.select(percentage_points(pl.col("n"), pl.col("d"))).item()
    return value


def rule_of(
    node: str,
    rules: Sequence[ToleranceRule],
    parents: Mapping[str, str],
    regions: Mapping[str, str],
) -> ToleranceRule | None:
    """The rule nearest to a node: its own, then those above it, its region's, the bank's."""
    by_scope = {rule.scope: rule for rule in rules}
    here: str | None = node
    while here is not None:
        if here in by_scope:
            return by_scope[here]
        here = parents.get(here)
    place = regions.get(node, "")
    # A place lies in its prefecture, and that in its province.
    for region in (place, f"{place[:4]}00", f"{place[:2]}0000"):
        if place and region in by_scope:
            return by_scope[region]
    return by_scope.get(BANK)


def limits(
    rules: Sequence[ToleranceRule],
    tree: Tree,
    regions: Mapping[str, str],
    *,
    all_loans: Decimal | None,
    annual_target: Decimal | None,
) -> pl.DataFrame:
    """The limit of every node in percentage points, or why it has none; rows of `LIMIT`.

    Args:
        rules: the rules that hold, one for each scope.
        tree: the branches of the month.
        regions: region code by branch.
        all_loans: the NPL ratio of all loans of the bank in percent, at two decimals.
        annual_target: the bank's approved target for it, as a fraction.
    """
    parents = dict(
        tree.nodes.filter(pl.col("parent_id").is_not_null())
        .select("node_id", "parent_id")
        .iter_rows()
    )
    target = (
        None
        if annual_target is None
        else (annual_target * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    )
    rows = []
    for node in tree.nodes["node_id"]:
        rule = rule_of(node, rules, parents, regions)
        limit, reason = None, None
        if rule is None:
            reason = "no tolerance rule is in force"
        elif rule.base == ALL_LOANS and all_loans is not None:
            limit = all_loans + rule.delta_pp
        elif rule.base == ALL_LOANS:
            reason = "the bank has no loans to compare with"
        elif rule.base == ANNUAL_TARGET and target is not None:
            limit = target + rule.delta_pp
        elif rule.base == ANNUAL_TARGET:
            reason = (
                "the rule rests on the bank's annual target for npl_ratio, and none is approved"
            )
        else:
            reason = f"the rule in force rests on {rule.base}, which is not delivered"
        rows.append((node, limit, reason))
    return pl.DataFrame(rows, schema=LIMIT, orient="row")


def verdict(npl: pl.Expr, balance: pl.Expr, limit: pl.Expr) -> Verdict:
    """Limit and headroom of each row's portfolio.

    Args:
        npl: non-performing balance of the portfolio.
        balance: balance of the portfolio.
        limit: the limit in percentage points.
    """
    some = balance != 0
    amount = (
        (limit * balance / 100 - npl).cast(WIDE).round(_MONEY_IN_WIDE, mode="half_away_from_zero")
    )
    return Verdict(
        limit_pp=pl.when(some).then(limit),
        headroom_pp=limit - percentage_points(npl, balance),
        headroom_amount=pl.when(some).then(amount),
    )
