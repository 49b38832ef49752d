"""What must hold of every bridge: of two books drawn at random, and of a lifelike bank.

Parts add up to the change in whole fractions; the ends are the engine's own figures; what children and the
node itself booked add up to the node, cause by cause; nothing depends on the order of rows; and backwards is
forwards with the sign turned.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.bridged import Bridging, bridged
from tests.properties.test_figures import CLIENT, LOAN, TREE
from tests.scenario import CATALOGUE, DEFINITIONS, SmallBook, engine_facts, small_book
from tests.spec.conftest import only
from transforms.analysis.bridge.contribution import contributions
from transforms.analysis.bridge.effects import apportioned
from transforms.analysis.bridge.shape import NoBridgeError, shape_of
from transforms.catalogue.model import Kind
from transforms.catalogue.vocabulary import TOTAL
from transforms.sample.bank import BankSpec, demo_bank

THEN, NOW = date(2025, 12, 31), date(2026, 1, 31)
METRICS = (
    "sei_share",
    "npl_ratio",
    "loan_balance",
    "loan_rate",
    "inclusive_npl_gap",
    "loan_clients",
)
CAUSES = (
    "drawdown",
    "prepayment",
    "write_off",
    "transfer_out",
    "renewal",
    "correction",
    "recovery",
)
NODES = {"HO": ("R", "s"), "R": ("n1", "n2")}


@st.composite
def pairs(draw):
    """Two months whose loans have little in common but their numbers."""
    count = draw(st.integers(1, 6))
    sides = []
    for _ in range(2):
        rows = draw(st.lists(LOAN, min_size=count, max_size=count))
        held = draw(st.lists(st.booleans(), min_size=count, max_size=count))
        sides.append(
            [
                {"loan_id": f"L{n}", **row}
                for n, (row, there) in enumerate(zip(rows, held, strict=True))
                if there
            ]
        )
    money = st.decimals(min_value=-500, max_value=500, places=2)
    events = draw(
        st.lists(st.tuples(st.integers(0, 6), st.sampled_from(CAUSES), money), max_size=8)
    )
    clients = [{"borrower_id": f"C{n}", **draw(CLIENT)} for n in range(draw(st.integers(0, 4)))]
    now = {
        "loan_snapshot": sides[1],
        "borrower_snapshot": [
            {**one, "enterprise_size": draw(st.sampled_from(["CS01", "CS04"]))} for one in clients
        ],
        "loan_event": [
            {"loan_id": f"L{n}", "event_type": kind, "amount": amount} for n, kind, amount in events
        ],
        "override": [],
    }
    then = {"loan_snapshot": sides[0], "borrower_snapshot": clients}
    rate = {"fx_rate": [{"currency_code": "USD", "rate": Decimal("7.3")}]}
    return then, now, rate


def months(then, now, rate):
    return small_book(NOW, earlier={THEN: {**TREE, **then}}, **{**TREE, **rate, **now})


def figures(held, metrics):
    """Uncut values and sums of the engine by month, metric and node."""
    found = {}
    for day in (THEN, NOW):
        rows = engine_facts(held, day, definitions=only(DEFINITIONS, metrics))
        for row in rows.filter(pl.col("slice") == TOTAL).to_dicts():
            metric = CATALOGUE.metrics[row["metric_id"]]
            if row["reading"] == metric.default_reading:
                found[day, row["metric_id"], row["branch_id"]] = row
    return found


EXAMPLES = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)


@EXAMPLES
@given(pairs(), st.sampled_from(METRICS))
def test_parts_add_up_and_begin_and_end_at_the_engines_figures(pair, metric):
    held = months(*pair)
    every = Bridging(held, THEN, NOW, metric)
    told = {node: every.of(node) for node in ("HO", "R", "n1", "s")}
    known = figures(held, [metric])
    for node, one in told.items():
        rows = [known.get((day, metric, node)) for day in (THEN, NOW)]
        for row, value, sums in zip(rows, (one.start, one.end), one.ends, strict=True):
            if row["value"] is None:
                assert value is None, (node, row["reason"])
                continue
            assert abs(value - Fraction(row["value"])) < Fraction(1, 10**9), node
            if CATALOGUE.metrics[metric].kind not in (Kind.GAP, Kind.COUNT_DISTINCT):
                assert sums["0:n"] == Fraction(row["numerator"])
        if one.start is not None and one.end is not None:
            assert sum(one.parts.values(), Fraction(0)) == one.change


@EXAMPLES
@given(pairs(), st.sampled_from(METRICS[:-2]))
def test_children_and_what_the_node_books_itself_add_up_to_it_cause_by_cause(pair, metric):
    every = Bridging(months(*pair), THEN, NOW, metric)
    for node, children in NODES.items():
        whole = every.of(node).moved
        parts = [every.of(one).moved for one in children]
        for cause in {*whole, *(cause for part in parts for cause in part)}:
            none = (Fraction(0),) * 2
            added = [
                sum(side) for side in zip(*(part.get(cause, none) for part in parts), strict=False)
            ]
            own = list(whole.get(cause, none))
            assert own[0] == added[0], (node, cause)
            assert own[-1] == added[len(own) - 1], (node, cause)


@EXAMPLES
@given(pairs(), st.sampled_from(METRICS[:-2]))
def test_loans_add_up_to_the_change_and_their_order_changes_nothing(pair, metric):
    held = months(*pair)
    one = bridged(held, THEN, NOW, metric)
    turned = SmallBook(
        {
            day: {name: list(reversed(rows)) for name, rows in month.items()}
            for day, month in held.months.items()
        }
    )
    other = bridged(turned, THEN, NOW, metric)
    assert (one.parts, one.moved) == (other.parts, other.moved)
    if one.start is None or one.end is None:
        return
    loans = one.by_loan().collect()
    assert loans.sort("loan_id").equals(other.by_loan().collect().sort("loan_id"))
    assert abs(sum(map(Fraction, loans["amount"]), Fraction(0)) - one.change) < Fraction(1, 10**15)
    assert loans["loan_id"].is_unique().all()


@EXAMPLES
@given(pairs(), st.sampled_from(METRICS))
def test_backwards_is_forwards_with_the_sign_turned(pair, metric):
    """Of the total: the causes are measured on the other book then."""
    then, now, rate = pair
    none = {**now, "loan_event": []}
    forth = bridged(months(then, none, rate), THEN, NOW, metric)
    swapped = small_book(
        NOW, earlier={THEN: {**TREE, **rate, **none}}, **{**TREE, "loan_event": [], **then}
    )
    back = bridged(swapped, THEN, NOW, metric)
    if forth.start is not None and forth.end is not None:
        assert forth.change == -back.change
        assert sum(forth.parts.values()) == -sum(back.parts.values())


@EXAMPLES
@given(pairs(), st.sampled_from(METRICS[:-2]))
def test_within_and_mix_add_up_to_the_change(pair, metric):
    every = Bridging(months(*pair), THEN, NOW, metric)
    whole = every.of("R")
    if whole.start is None or whole.end is None:
        return
    children = {one: every.of(one) for one in NODES["R"]}
    found = contributions(
        whole.shape,
        {name: one.ends[0] for name, one in children.items()},
        {name: one.ends[1] for name, one in children.items()},
    )
    assert sum(one.amount for one in found) == whole.change


PLAIN = st.lists(
    st.tuples(
        st.booleans(),  # of the portfolio
        st.integers(0, 500),  # then; nothing is no loan
        st.integers(0, 300),  # drawn since
        st.integers(0, 100),  # repaid since, in percent of the two
    ),
    min_size=1,
    max_size=12,
)


@EXAMPLES
@given(PLAIN)
def test_lending_and_repayment_are_what_plain_python_says(loans):
    """An oracle of its own: no books, no rules, four numbers a loan."""
    then, now, events = [], [], []
    expected = {}
    for number, (inside, before, drawn, percent) in enumerate(loans):
        repaid = (before + drawn) * percent // 100
        after = before + drawn - repaid
        row = {"loan_id": f"L{number}", "purpose_industry_code": "3911" if inside else "5111"}
        then += [{**row, "outstanding_principal": Decimal(before)}] if before else []
        now += [{**row, "outstanding_principal": Decimal(after)}] if after else []
        for kind, amount in (("drawdown", drawn), ("prepayment", -repaid)):
            # Of a loan that came and went in between there is nothing to see.
            if amount and (before or after):
                events.append(
                    {"loan_id": row["loan_id"], "event_type": kind, "amount": Decimal(amount)}
                )
                cause = (
                    "repayment" if amount < 0 else "further_drawdown" if before else "new_lending"
                )
                above, below = expected.get(cause, (0, 0))
                expected[cause] = (above + inside * amount, below + amount)
    held = small_book(
        NOW, earlier={THEN: {"loan_snapshot": then}}, loan_snapshot=now, loan_event=events
    )
    told = bridged(held, THEN, NOW, "sei_share")
    assert told.moved == {cause: both for cause, both in expected.items() if any(both)}


AMOUNTS = st.lists(
    st.fractions(min_value=-9, max_value=9, max_denominator=997), min_size=1, max_size=9
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(AMOUNTS, st.integers(0, 6), st.integers(-2, 2))
def test_what_is_printed_adds_up_and_is_next_to_what_is_exact(exact, places, off):
    """The total as printed may be a unit or two off, since both ends were rounded."""
    unit = Decimal(1).scaleb(-places)
    total = Decimal(round(sum(exact) * 10**places) + off) * unit
    told = apportioned(exact, total, places)
    assert sum(told) == total
    some = [one for one in exact if one] or exact
    steps = 1 + Fraction(abs(off) + 1, len(some))
    for one, value in zip(exact, told, strict=True):
        assert abs(Fraction(value) - one) <= steps * Fraction(unit) or not any(exact)


@pytest.fixture(scope="module")
def lifelike():
    bank = demo_bank(BankSpec(months=2, loans=1000, seed=5, last=NOW))
    return SmallBook(
        {
            day: {name: rows.to_dicts() for name, rows in bank.month(day).items()}
            for day in bank.month_ends
        }
    )


def _bridgeable():
    for metric in CATALOGUE.metrics.values():
        for reading in metric.readings:
            try:
                shape_of(CATALOGUE, metric, reading)
            except NoBridgeError:
                continue
            yield metric.metric_id, reading.name


def test_every_figure_over_loans_can_be_bridged(lifelike):
    """A lifelike bank leaves nothing without an event, and its parts end at the engine's figures."""
    asked = sorted(set(_bridgeable()))
    assert len(asked) > 60
    known = figures(lifelike, sorted({metric for metric, _ in asked}))
    chosen = [(m, r) for m, r in asked if r == CATALOGUE.metrics[m].default_reading]
    tried = 0
    for metric, reading in chosen[::7]:
        one = bridged(lifelike, THEN, NOW, metric, reading=reading)
        rows = [known[day, metric, "HO"] for day in (THEN, NOW)]
        if None in (rows[0]["value"], rows[1]["value"]):
            continue
        tried += 1
        assert sum(one.parts.values(), Fraction(0)) == one.change, metric
        for row, value in zip(rows, (one.start, one.end), strict=True):
            assert abs(value - Fraction(row["value"])) < Fraction(1, 10**9), metric
        assert not [cause for cause in one.moved if cause.endswith("without_event")], metric
    assert tried > 4
