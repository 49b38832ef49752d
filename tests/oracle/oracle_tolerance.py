"""How far the bad loans of small clients may go: the tolerance rules, and which of them is in force.

Each compares, at two decimals of a percent, the NPL ratio of a portfolio with a reference plus a
margin; exactly the limit is within it. Other ratios belong in `oracle_metrics.py`.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.oracle_bank import View
from tests.oracle.oracle_delivered import latest, valid_on
from tests.oracle.oracle_figures import DEFAULT, Figure, NotComputableError, half_up

TWO_POINTS, THREE_POINTS = Decimal("2.00"), Decimal("3.00")
TECHNOLOGY_FROM = date(2024, 1, 12)


def rule_2019(at: View) -> Figure:
    """Inclusive loans, three points over what all loans of the bank really show."""
    return _tolerance(at, "is_inclusive", "is_inclusive_npl", _all_loans_pp(at), THREE_POINTS)


def rule_2018(at: View) -> Figure:
    """Inclusive loans, two points over what all loans of the bank really show."""
    return _tolerance(at, "is_inclusive", "is_inclusive_npl", _all_loans_pp(at), TWO_POINTS)


def rule_2015(at: View) -> Figure:
    """All small business, two points over what the bank aims at for the year."""
    return _tolerance(at, "is_small_business", "is_small_business_npl", _target_pp(at), TWO_POINTS)


def technology_rule_2024(at: View) -> Figure:
    """Small and micro technology enterprises, three points over all loans of the bank."""
    if at.as_of < TECHNOLOGY_FROM:
        raise NotComputableError(f"the rule is in force from {TECHNOLOGY_FROM}")
    return _tolerance(at, "is_tech_small", "is_tech_small_npl", _all_loans_pp(at), THREE_POINTS)


RULES: tuple[tuple[date, Callable[[View], Figure]], ...] = (
    (date(2015, 3, 1), rule_2015),
    (date(2018, 3, 1), rule_2018),
    (date(2019, 3, 1), rule_2019),
)


def in_force(at: View) -> Figure:
    """The rule of the month."""
    rules = [rule for start, rule in RULES if start <= at.as_of]
    if not rules:
        raise NotComputableError(f"no rule was in force on {at.as_of}")
    return rules[-1](at)


def _all_loans_pp(at: View) -> Decimal:
    """The NPL ratio of the whole bank in percent; a bank without loans has no tolerance either."""
    loans = at.bank_balance("is_loan")
    return _percent(at.bank_balance("is_npl"), loans) if loans else Decimal("0.00")


def _target_pp(at: View) -> Decimal:
    """The year's approved target for the whole bank's NPL ratio in percent."""
    book, day = at.bank.book, at.as_of
    at.bank.now.require_delivered("target")
    targets = [
        (row["valid_from"], row["target_value"])
        for row in latest(book, "target", day)
        if row["branch_id"] == at.bank.tree.root
        and row["metric_id"] == "npl_ratio"
        and row["reading"] in (None, DEFAULT)
        and (row["period_type"], row["period"]) == ("year", str(day.year))
        and row["status"] == "approved"
        and valid_on(row, day)
    ]
    if not targets:
        raise NotComputableError(f"the whole bank has no approved NPL target for {day.year}")
    return half_up(Fraction(max(targets)[1]) * 100, 2)


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return half_up(100 * Fraction(part) / Fraction(whole), 2)


def _tolerance(
    at: View, portfolio: str, bad_part: str, reference_pp: Decimal, margin: Decimal
) -> Figure:
    npl, balance = at.balance(bad_part), at.balance(portfolio)
    if balance == 0:
        return Figure(npl, balance, None, "n/a", "there is no such loan")
    ratio_pp = _percent(npl, balance)
    limit_pp = reference_pp + margin
    return Figure(
        npl,
        balance,
        limit_pp - ratio_pp,
        "within" if ratio_pp <= limit_pp else "exceeded",
        exact=Fraction(limit_pp - ratio_pp),
        ratio_pp=ratio_pp,
        reference_pp=reference_pp,
        limit_pp=limit_pp,
        headroom_amount=half_up(Fraction(limit_pp) / 100 * Fraction(balance) - Fraction(npl), 2),
    )
