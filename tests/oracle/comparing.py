"""The engine held against the oracle: every figure of a book, with what stands above and below its line."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import transforms.reference
from tests.oracle import oracle
from tests.scenario import SmallBook, engine_facts
from transforms.catalogue.vocabulary import TOTAL

REFERENCE_DIR = Path(str(transforms.reference.__path__[0]))
TWELVE = Decimal("1e-12")
"""Twelve decimals, whichever way the last one is rounded."""
TEN = Decimal("1e-10")
"""A gap is a hundred times the difference of two ratios, each of which has twelve decimals."""
ONLY_THE_VALUE = {
    "core_enterprise_hhi",
    "inclusive_growth_gap",
    "inclusive_npl_gap",
    "industry_hhi",
    "loan_increment_yoy_diff",
    "sei_growth_gap",
    "settlement_days_change",
}
"""Differences and indices: no definition says what stands above and below their line."""
WITH_LIMITS = {"inclusive_npl_tolerance", "tech_small_npl_tolerance"}


def compare(book: SmallBook, as_of: date) -> int:
    """Every figure of the engine against the oracle's; the number of figures compared."""
    facts = engine_facts(book, as_of).to_dicts()
    totals = oracle.compute(book.months, as_of, reference_dir=REFERENCE_DIR)
    told = {_key(row, totals): row for row in facts if row["slice"] == TOTAL}
    assert set(told) <= set(totals), "the engine invented a figure"
    branches = {branch for _, _, branch in totals}
    assert len(told) == len({key[:2] for key in told}) * len(branches), "a branch lacks a figure"
    for key, row in told.items():
        _same(key, totals[key], row)
    return len(told) + _compare_slices(book, as_of, [row for row in facts if row["slice"] != TOTAL])


def _compare_slices(book: SmallBook, as_of: date, facts: list[dict[str, object]]) -> int:
    """The same for the cuts that both sides make: the same members, and the same figures."""
    cuts = oracle.slices(book.months, as_of, reference_dir=REFERENCE_DIR)
    both = {(key[0], key[3]) for key in cuts}
    wholes = {key[:3]: None for key in cuts}
    told = {
        (*_key(row, wholes), row["slice"], row["member"]): row
        for row in facts
        if (row["metric_id"], row["slice"]) in both
    }
    known = {(key[0], key[1], key[3]) for key in told}
    expected = {key: cut for key, cut in cuts.items() if (key[0], key[1], key[3]) in known}
    assert set(told) == set(expected)
    for key, row in told.items():
        _same(key, expected[key], row)
    return len(told)


def _key(row: Mapping[str, object], known: Mapping[tuple[str, str, str], object]):
    """Metric, reading and branch; a metric told without readings means its first."""
    key = row["metric_id"], row["reading"], row["branch_id"]
    first = row["metric_id"], oracle.DEFAULT_READINGS.get(row["metric_id"]), row["branch_id"]
    return key if key in known or row["reading"] != "default" else first


def _same(key: tuple[str, ...], figure: oracle.Figure, row: Mapping[str, object]) -> None:
    metric = key[0]
    if figure.value is None:
        assert row["value"] is None, (key, figure, row)
        assert row["reason"], key
        if figure.status == "n/c" or metric in ONLY_THE_VALUE:
            return
    else:
        assert row["value"] is not None, (key, figure, row["reason"])
        room = TEN if metric.endswith("_gap") else TWELVE
        assert abs(Fraction(row["value"]) - figure.exact) <= Fraction(room), (key, figure, row)
    if metric not in ONLY_THE_VALUE:
        assert row["numerator"] == figure.numerator, (key, figure, row)
        assert row["denominator"] == figure.denominator, (key, figure, row)
    if metric in WITH_LIMITS and figure.value is not None:
        assert row["limit_value"] == figure.limit_pp, key
        assert row["headroom_amount"] == figure.headroom_amount, key
        assert (row["value"] >= 0) == (figure.status == "within"), key
