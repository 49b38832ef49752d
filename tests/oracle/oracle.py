"""Every metric of a month once more, in plain loops: what the engine's figures are compared with.

Written from the definitions alone, with nothing of the engine's own code, so that one misreading
cannot hide in both. It favours being read over being fast, and knows no catalogue and no versions.
An auditor begins at `oracle_metrics.py`, where every metric is a line, and goes from there to
`oracle_loans.py` and `oracle_flows.py`, where every condition is. This file only asks them all.
The tests that compare the two belong beside it; tests of these files are in `test_oracle_itself.py`
and `test_oracle_of_flows.py`.

Where a delivered book leaves a choice open, the choice made here is:
* a figure whose table was never delivered, up to the month it is asked for, is open (`n/c`);
* the root is over the whole bank, so loans of a branch that closed without a successor, or that the
  tree does not place, count at the parent it still has and at the root;
* a currency without a rate is an error of the caller, since such rows never pass the checks.
"""

from datetime import date
from decimal import Context, localcontext
from pathlib import Path

from tests.oracle.oracle_bank import Bank, Part, View
from tests.oracle.oracle_delivered import Book
from tests.oracle.oracle_figures import (
    ENOUGH_DIGITS,
    Figure,
    NotComputableError,
    not_computable,
    ratio,
    total,
)
from tests.oracle.oracle_metrics import FORMULAS, Formula

Key = tuple[str, str, str]
"""Metric, reading and branch."""
SliceKey = tuple[str, str, str, str, str]
"""Metric, reading, branch, slice and member."""

DEFAULT_READINGS = dict(reversed(FORMULAS))
"""The first reading of each metric."""


def compute(
    book: Book, as_of: date, *, base_currency: str = "CNY", reference_dir: Path
) -> dict[Key, Figure]:
    """Every metric of the month `as_of`, in every reading, for every branch open that day."""
    with localcontext(Context(prec=ENOUGH_DIGITS)):
        bank = Bank(book, as_of, base_currency, reference_dir)
        return {
            (metric, reading, node): _answer(formula, View(bank, node))
            for node in bank.tree.nodes
            for (metric, reading), formula in FORMULAS.items()
        }


def _answer(formula: Formula, at: View) -> Figure:
    try:
        return formula(at)
    except NotComputableError as error:
        return not_computable(str(error))


# Slices -------------------------------------------------------------------------------------------

SLICES = {
    "classification": "classification",
    "cluster": "booking_cluster",
    "core_enterprise": "core_enterprise",
    "enterprise_size": "enterprise_size",
    "growth_stage": "growth_stage",
    "industry_division": "purpose_division",
    "industry_section": "purpose_section",
    "linkage_mode": "linkage_mode",
    "product_type": "product_type",
    "region": "booking_region",
    "security": "security",
    "sei_field": "sei_field",
}
"""What a metric can be cut by, and the property of a loan that decides its member."""

SIZE, SECTION, PRODUCT = ("enterprise_size",), ("industry_section",), ("product_type",)
PLACE, SECURITY, CORE = ("region", "cluster"), ("security",), ("core_enterprise",)
STAGE, LINKS, FIELD = ("growth_stage",), ("growth_stage", "linkage_mode"), ("sei_field",)
TIER, DIVISION = ("classification",), ("industry_division",)
CUTS = {
    "loan_balance": (*SIZE, *SECTION, *DIVISION, *PRODUCT, *SECURITY, *TIER, *PLACE),
    "loan_clients": (*SIZE, *SECTION),
    "sei_balance": (*FIELD, *SIZE, *SECTION, *PLACE),
    "sei_share": (*FIELD, *SIZE, *PLACE),
    "sei_npl_ratio": (*SIZE, *FIELD),
    "tech_enterprise_balance": (*SIZE, *STAGE),
    "tech_industry_balance": SIZE,
    "tech_loan_balance": (*SIZE, *SECTION, *PLACE),
    "tech_loan_share": (*SIZE, *PLACE),
    "tech_clients": (*SIZE, *STAGE),
    "ip_pledge_balance": SIZE,
    "rd_intensity": SIZE,
    "core_tech_turnover": SIZE,
    "first_time_balance": (*SIZE, *SECTION),
    "green_balance": (*SIZE, *SECTION, *PLACE),
    "green_share": (*SIZE, *PLACE),
    "green_supply_chain_balance": (*CORE, *SIZE),
    "green_supply_chain_clients": (*CORE, *SIZE),
    "green_supply_chain_sme_share": CORE,
    "green_supply_chain_case_balance": (*CORE, *SIZE),
    "supply_chain_balance": (*CORE, *SIZE),
    "supply_chain_clients": (*CORE, *SIZE),
    "trade_stability": CORE,
    "settlement_slow_share": CORE,
    "inclusive_balance": (*SIZE, *SECTION, *SECURITY, *PLACE),
    "inclusive_clients": SIZE,
    "inclusive_npl_ratio": (*SIZE, *SECTION),
    "inclusive_unsecured_share": SIZE,
    "renewal_balance": SIZE,
    "npl_balance": (*SIZE, *SECTION, *PRODUCT, *SECURITY, *TIER),
    "npl_ratio": (*SIZE, *SECTION, *PRODUCT, *SECURITY, *PLACE),
    "special_mention_ratio": (*SIZE, *SECTION),
    "overdue_ratio": (*SIZE, *SECTION),
    "overdue_90_ratio": (*SIZE, *SECTION),
    "industry_share": (*SECTION, *DIVISION),
    "manufacturing_share": (*DIVISION, *SIZE, *PLACE),
    "manufacturing_mlt_share": SIZE,
    "private_share": SIZE,
    "unsecured_share": (*SIZE, *SECTION),
    "mlt_share": (*SIZE, *SECTION),
    "loan_rate": (*SIZE, *PRODUCT, *SECTION, *SECURITY, *PLACE),
    "lpr_spread": (*SIZE, *PRODUCT, *SECURITY),
    "linkage_balance": (*LINKS, *SIZE, *FIELD),
    "linkage_clients": STAGE,
    "linkage_share": LINKS,
    "linkage_npl_ratio": LINKS,
}
"""By what each metric is cut, in all its readings; quotients are taken within the member."""

OF_THE_WHOLE = {
    ("industry_share", "industry_section"),
    ("industry_share", "industry_division"),
    ("manufacturing_share", "industry_division"),
    ("sei_share", "sei_field"),
    ("linkage_share", "growth_stage"),
    ("linkage_share", "linkage_mode"),
}
"""But here the member is a part of the numerator, and is measured against the node's whole."""


def slices(
    book: Book, as_of: date, *, base_currency: str = "CNY", reference_dir: Path
) -> dict[SliceKey, Figure]:
    """The metrics that can be cut, for every branch and every member that has anything there."""
    with localcontext(Context(prec=ENOUGH_DIGITS)):
        bank = Bank(book, as_of, base_currency, reference_dir)
        figures = {}
        for (metric, reading), formula in FORMULAS.items():
            for cut in CUTS.get(metric, ()):
                for node, member in _members(bank, SLICES[cut]):
                    part, whole = Part(bank, node, SLICES[cut], member), View(bank, node)
                    figure = _answer(formula, part)
                    if (metric, cut) in OF_THE_WHOLE:
                        figure = _share_of_whole(figure, _answer(formula, whole))
                    if figure.numerator or figure.denominator:
                        figures[metric, reading, node, cut, member] = figure
        return figures


def _share_of_whole(part: Figure, whole: Figure) -> Figure:
    """What part of the whole a member is; nothing if it is no part of it."""
    return ratio(part.numerator, whole.denominator) if part.numerator else total(0)


def _members(bank: Bank, by: str) -> list[tuple[str, str]]:
    """Every node and every member that any loan there has; none if that cannot be known."""
    try:
        found = bank.once("members", by, make=lambda: bank.client_split("is_loan", by))
    except NotComputableError:
        return []
    return [(node, member) for node, members in found.items() for member in members]
