"""Laws of filled returns that hold for any figures: checks, adjustments, differences, what is signed."""

import random
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.returned import LAST_MONTH, facts_of, filled, return_of, tree_of
from transforms.returns import cross_checks, differences
from transforms.returns.differences import ChangeKind
from transforms.returns.package import ADJUSTED, FAILS, HOLDS, UNIT, Package

LAWS = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
FORM = return_of(
    """
  A:
    label: {en: Balances, zh: 余额}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: wan}
      B: {label: {en: Before, zh: 上期}, scale: wan, at: previous_month}
      C: {label: {en: Change, zh: 变动}, scale: percent, formula: {left: A, sign: "/", right: B}}
    rows:
      "010": {metric: green_balance}
      "020": {metric: tech_loan_balance}
      "030": {label: {en: Both, zh: 合计}, sum_of: ["010", "020"]}
  U:
    label: {en: Branches, zh: 分行}
    units: [tier1]
    adds_up: true
    columns:
      A: {label: {en: Green, zh: 绿色}, scale: yi, metric: green_balance}
      B: {label: {en: Bad, zh: 不良率}, scale: percent, metric: npl_ratio}
""",
    """
  C1: {kind: move, label: {en: Moved, zh: 变动}, left: "A.*.A", right: "A.*.B", threshold: 0.2}
  C2: {kind: compare, label: {en: Same, zh: 相等}, left: A.010.A, right: U.000.A}
  C3: {kind: compare, label: {en: More, zh: 较大}, left: "U.*.A", right: "1", relation: ">="}
  C4: {kind: opening, label: {en: Opening, zh: 期初}, left: "A.*.B"}
""",
)
UNITS = ("north", "south", "quay", "pier")
TREE = """
    unit  | above | level
    bank  |       | head
    north | bank  | tier1
    south | bank  | tier1
    quay  | north | tier2
    pier  | south | tier2
"""
CENTS = st.integers(0, 10**13).map(lambda cents: Decimal(cents) / 100)
DELTAS = st.integers(-(10**9), 10**9).filter(bool).map(lambda cents: Decimal(cents) / 100)


@st.composite
def books(draw):
    """Published figures of a bank whose branches add up to it; some of them are missing."""
    lines = ["unit | day | metric | above | below | reason"]
    for day in ("now", "last month"):
        north, south, tech = draw(CENTS), draw(CENTS), draw(CENTS)
        for unit, held in (("north", north), ("south", south), ("bank", north + south)):
            lines += [f"{unit} | {day} | green_balance | {held} | |"]
            lines += [f"{unit} | {day} | npl_ratio | {held / 10} | {held or ''} |"]
        if draw(st.booleans()):
            lines += [f"bank | {day} | tech_loan_balance | {tech} | |"]
    return facts_of("\n".join(line for line in lines if "|  |" not in line))


def adjustments(*deltas):
    """Approved deltas of the green balance: unit and amount."""
    rows = [
        (
            *(number, unit, "green_balance", "", "total", "total", "numerator", amount),
            *("late", LAST_MONTH, date(2026, 10, 31), "Li Na", "Wang Wei"),
        )
        for number, (unit, amount) in enumerate(deltas, start=1)
    ]
    return pl.DataFrame(rows, schema=dict(ADJUSTED), orient="row")


def told(form, cells=None):
    before = form.cells if cells is None else cells
    return cross_checks.verdicts(FORM, before, earlier={LAST_MONTH: form.cells})


@LAWS
@given(books(), st.integers(0, 10**6))
def test_verdicts_do_not_depend_on_the_order_of_cells(book, seed):
    form = filled(FORM, book, tree=TREE)
    shuffled = form.cells.sample(fraction=1, shuffle=True, seed=seed)
    earlier = {LAST_MONTH: shuffled}
    assert told(form).equals(cross_checks.verdicts(FORM, shuffled, earlier=earlier))


@LAWS
@given(books(), st.sampled_from(UNITS), DELTAS)
def test_a_delta_and_its_opposite_are_nothing(book, unit, amount):
    plain = filled(FORM, book, tree=TREE)
    both = adjustments((unit, amount), (unit, -amount))
    adjusted = filled(FORM, book, tree=TREE, adjustments=both)
    assert adjusted.cells.equals(plain.cells)
    assert adjusted.series.equals(plain.series)


@LAWS
@given(books(), st.lists(st.tuples(st.sampled_from(UNITS), DELTAS), min_size=1, max_size=5))
def test_branches_add_up_whatever_is_adjusted_at_them(book, deltas):
    form = filled(FORM, book, tree=TREE, adjustments=adjustments(*deltas))
    parts = told(form).filter(pl.col("check_id").is_in(["PARTS.U.A", "C2"]))
    assert parts["state"].to_list() == [HOLDS, HOLDS]
    north = sum((amount for unit, amount in deltas if unit in ("north", "quay")), Decimal(0))
    cell = form.cell("U.north.A")
    assert cell["exact"] - cell["published_value"] == cell["adjustment"] == north


@LAWS
@given(books(), books(), st.sampled_from(UNITS), DELTAS)
def test_differences_are_the_same_seen_from_either_side(one, other, unit, amount):
    before = filled(FORM, one, tree=TREE).cells.filter(pl.col("column_id") != "C")
    after = filled(FORM, other, tree=TREE, adjustments=adjustments((unit, amount))).cells.filter(
        pl.col("data_point") != "TR.U.south.A"
    )
    there, back = differences.cells(before, after), differences.cells(after, before)
    opposite = {
        ChangeKind.NEW: ChangeKind.GONE,
        ChangeKind.GONE: ChangeKind.NEW,
        ChangeKind.MISSING: ChangeKind.FOUND,
        ChangeKind.FOUND: ChangeKind.MISSING,
    }
    forth = {row["data_point"]: row for row in there.to_dicts()}
    mirrored = {row["data_point"]: row for row in back.to_dicts()}
    assert set(forth) == set(mirrored)
    for point, row in forth.items():
        seen = mirrored[point]
        assert seen["kind"] == opposite.get(ChangeKind(row["kind"]), row["kind"])
        assert (seen["exact"], seen["exact_after"]) == (row["exact_after"], row["exact"])
        changes = (row["exact_change"], seen["exact_change"])
        assert changes == (None, None) or changes[0] == -changes[1]
    assert differences.cells(before, before).is_empty()


@LAWS
@given(books(), DELTAS)
def test_what_is_signed_is_read_back_the_same(book, amount):
    form = filled(FORM, book, tree=TREE, adjustments=adjustments(("quay", amount)))
    package = _package(form)
    again = Package.of(package.text(), run_id="another", fingerprint="another")
    assert again.content_hash == package.content_hash
    for name in ("cells", "series", "verdicts", "adjustments", "units"):
        assert getattr(again, name).equals(getattr(package, name), null_equal=True)


def test_another_digit_word_or_verdict_is_another_signature():
    """The run may be another one; nothing else may."""
    draw = random.Random(7)  # noqa: S311 - figures, no secrets
    book = facts_of(f"metric | above\n green_balance | {draw.randint(1, 9999)}")
    package = _package(filled(FORM, book, tree=TREE))
    hashes = {package.content_hash}
    a_little = pl.col("exact") + pl.lit(Decimal("0.000000000001"))
    for changed in (
        {"cells": package.cells.with_columns(exact=a_little)},
        {"cells": package.cells.with_columns(reason=pl.lit("another"))},
        {"cells": package.cells.reverse()},
        {"verdicts": package.verdicts.with_columns(state=pl.lit(FAILS))},
        {"as_of": LAST_MONTH},
        {"definition_hash": "another"},
        {"snapshot_version": 2},
        {"base_currency": "USD"},
    ):
        hashes.add(_package(filled(FORM, book, tree=TREE), **changed).content_hash)
    assert len(hashes) == 9
    same = _package(filled(FORM, book, tree=TREE), run_id="another", fingerprint="another")
    assert same.content_hash == package.content_hash


def _package(form, **changed):
    units = tree_of(TREE).rename({"node_id": "unit_id"}).select(*UNIT)
    said = {
        "return_id": "tried",
        "return_version": "1",
        "definition_hash": "d",
        "unit_id": "bank",
        "as_of": date(2026, 10, 31),
        "snapshot_version": 1,
        "run_id": "run",
        "fingerprint": "f",
        "base_currency": "CNY",
        "units": units,
        "cells": form.cells,
        "series": form.series,
        "verdicts": told(form),
        "adjustments": form.applied,
    }
    return Package(**(said | changed))
