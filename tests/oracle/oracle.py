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

from collections.abc import Iterator
from datetime import date
from decimal import Context, Decimal, localcontext
from pathlib import Path

from tests.oracle.oracle_bank import Bank, View
from tests.oracle.oracle_delivered import Book
from tests.oracle.oracle_figures import (
    DEFAULT,
    ENOUGH_DIGITS,
    ZERO,
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

BALANCES = (
    (
        "loan_balance",
        DEFAULT,
        "is_loan",
        {
            "enterprise_size": "enterprise_size",
            "industry_section": "purpose_section",
            "industry_division": "purpose_division",
            "product_type": "product_type",
            "security": "security",
            "classification": "classification",
            "region": "booking_region",
            "cluster": "booking_cluster",
        },
    ),
    *(
        (
            "sei_balance",
            reading,
            f"is_sei_{reading}",
            {
                "sei_field": "sei_field",
                "enterprise_size": "enterprise_size",
            },
        )
        for reading in ("confirmed", "strict", "broad")
    ),
    ("linkage_balance", DEFAULT, "is_linkage", {"growth_stage": "growth_stage"}),
    (
        "green_supply_chain_balance",
        DEFAULT,
        "is_green_supply_chain",
        {
            "core_enterprise": "core_enterprise",
        },
    ),
    ("supply_chain_balance", DEFAULT, "is_supply_chain", {"core_enterprise": "core_enterprise"}),
)
"""Amounts, by slice and by the property of a loan that decides its member."""

RATIOS = (
    (
        "npl_ratio",
        ("is_npl", "balance"),
        ("is_loan", "balance"),
        {
            "enterprise_size": "enterprise_size",
            "industry_section": "purpose_section",
            "product_type": "product_type",
        },
    ),
    (
        "loan_rate",
        ("is_rated", "interest"),
        ("is_rated", "balance"),
        {
            "enterprise_size": "enterprise_size",
            "product_type": "product_type",
        },
    ),
)
"""Quotients within a member: what is above, what is below."""

SHARES = (
    (
        "industry_share",
        "is_corporate",
        {
            "industry_section": "purpose_section",
            "industry_division": "purpose_division",
        },
    ),
)
"""What part of the whole each member is."""


def slices(
    book: Book, as_of: date, *, base_currency: str = "CNY", reference_dir: Path
) -> dict[SliceKey, Figure]:
    """The metrics that are cut by something, for every branch and every member it has."""
    with localcontext(Context(prec=ENOUGH_DIGITS)):
        bank = Bank(book, as_of, base_currency, reference_dir)
        return {
            (metric, reading, node, cut, member): figure
            for metric, reading, cut, cells in _cuts(bank)
            for node, member, figure in cells
        }


Cells = Iterator[tuple[str, str, Figure]]


def _cuts(bank: Bank) -> Iterator[tuple[str, str, str, Cells]]:
    for metric, reading, portfolio, cuts in BALANCES:
        for cut, by in cuts.items():
            yield metric, reading, cut, _amounts(bank, portfolio, by)
    for metric, above, below, cuts in RATIOS:
        for cut, by in cuts.items():
            yield metric, DEFAULT, cut, _quotients(bank, above, below, by)
    for metric, portfolio, cuts in SHARES:
        for cut, by in cuts.items():
            yield metric, DEFAULT, cut, _shares(bank, portfolio, by)
    yield "loan_clients", DEFAULT, "enterprise_size", _counts(bank, "is_loan", "enterprise_size")


def _amounts(bank: Bank, portfolio: str, by: str) -> Cells:
    for node, members in _split(bank, portfolio, by, "balance").items():
        for member, amount in members.items():
            if amount:
                yield node, member, total(amount)


def _quotients(bank: Bank, above: tuple[str, str], below: tuple[str, str], by: str) -> Cells:
    numerators = _split(bank, above[0], by, above[1])
    for node, members in _split(bank, below[0], by, below[1]).items():
        for member, denominator in members.items():
            if denominator:
                numerator = numerators.get(node, {}).get(member, ZERO)
                yield node, member, ratio(numerator, denominator)


def _shares(bank: Bank, portfolio: str, by: str) -> Cells:
    for node, members in _split(bank, portfolio, by, "balance").items():
        whole = sum(members.values(), ZERO)
        for member, amount in members.items():
            if amount:
                yield node, member, ratio(amount, whole)


def _counts(bank: Bank, portfolio: str, by: str) -> Cells:
    try:
        found = bank.client_split(portfolio, by)
    except NotComputableError:
        return
    for node, members in found.items():
        for member, clients in members.items():
            yield node, member, total(len(clients))


def _split(bank: Bank, portfolio: str, by: str, amount: str) -> dict[str, dict[str, Decimal]]:
    """A portfolio by member; nothing at all if it cannot be known."""
    try:
        return bank.split(portfolio, by, amount)
    except NotComputableError:
        return {}
