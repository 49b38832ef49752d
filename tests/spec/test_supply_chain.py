"""Supply-chain trade: how steady a pair trades, how long payment takes, and at which branch it counts."""

from datetime import date

from tests.scenario import every_month
from transforms.periods import months_back

JANUARY = date(2026, 1, 31)
ONE = "loan | client | branch | balance\nL1 | A | north | 100"
TIE = "client | core\nA | K"


def _traded(*amounts: int, pair: str = "A | K", last: date = JANUARY, column: str = "traded"):
    """Months up to the one before `last`, each with an amount of trade, and the drawn last one."""
    months = {
        months_back(last, back): {
            "supply_chain_trade": f"client | core | {column}\n{pair} | {amount}"
        }
        for back, amount in enumerate(reversed(amounts))
    }
    return months.pop(last), months


def test_equal_months_are_perfectly_stable(spec):
    last, before = _traded(50, 50, 50, 50, 50, 50)
    spec(
        ONE,
        as_of=JANUARY,
        before=before,
        supply_chain_relation=TIE,
        **last,
        trade_stability={"north": (0, 100)},
    )


def test_the_variation_of_six_months_by_hand(spec):
    """10 20 30 10 20 30: sum 120, squares 2,800.

    sqrt(6 x 2,800 - 120 x 120) / 120 = sqrt(2,400) / 120 = 48.98979486 / 120 = 0.40824829, the
    population's deviation 8.1650 over the mean of 20. Weighted by the loan of 100: 40.824829.
    """
    last, before = _traded(10, 20, 30, 10, 20, 30)
    spec(
        ONE,
        as_of=JANUARY,
        before=before,
        supply_chain_relation=TIE,
        **last,
        trade_stability={"north": (40.824829, 100), "HO": 0.40824829},
    )


def test_five_months_are_not_enough_and_the_thirteenth_is_too_old(spec):
    """Five months at hand and one of a year ago; with one of eleven months ago there are six."""
    last, before = _traded(50, 50, 50, 50, 50)
    old = {"supply_chain_trade": "client | core | traded\nA | K | 50"}
    spec(
        ONE,
        as_of=JANUARY,
        before=before | {date(2025, 1, 31): old},
        supply_chain_relation=TIE,
        **last,
        trade_stability={"north": "nothing in the denominator"},
    )
    spec(
        ONE,
        as_of=JANUARY,
        before=before | {date(2025, 2, 28): old},
        supply_chain_relation=TIE,
        **last,
        trade_stability={"north": (0, 100)},
    )


def test_a_pair_that_did_not_trade_is_left_out_and_others_weigh_by_balance(spec):
    """A varies by 0.40824829 on 100, B by nothing on 300: 40.824829 of 400. C traded for zero."""
    months = {}
    for back, amount in enumerate([30, 20, 10, 30, 20, 10]):
        months[months_back(JANUARY, back)] = {
            "supply_chain_trade": f"client | core | traded\nA | K | {amount}\nB | K | 70\nC | K | 0"
        }
    spec(
        """
        loan | client | branch | balance
        L1   | A      | north  |     100
        L2   | B      | south  |     300
        L3   | C      | north  |     500
        """,
        as_of=JANUARY,
        supply_chain_relation="client | core\nA | K\nB | K\nC | K",
        **months.pop(JANUARY),
        before=months,
        trade_stability={"north": (40.824829, 100), "south": (0, 300), "HO": (40.824829, 400)},
    )


def test_only_trade_with_the_loans_own_core_enterprise_counts(spec):
    """Six months with J do not tell how steady A trades with K."""
    last, before = _traded(50, 50, 50, 50, 50, 50, pair="A | J")
    spec(
        ONE,
        as_of=JANUARY,
        before=before,
        supply_chain_relation=TIE,
        **last,
        trade_stability={"north": "nothing in the denominator"},
    )


def _paid(*rows: str) -> dict[str, str]:
    head = "client | core | traded | paid | days"
    return {"supply_chain_trade": "\n".join([head, *rows])}


def test_settlement_days_are_weighted_by_what_was_paid_in_three_months(spec):
    """Now: (100 x 30 + 300 x 50) / 400 = 45 days; October's 90 are too old, January's have no days.

    A year ago: (100 x 20 + 100 x 60) / 200 = 40. The cycle is five days longer.
    """
    spec(
        ONE,
        as_of=JANUARY,
        supply_chain_relation=TIE,
        **_paid("A | K | 500 | 900 |"),
        before={
            date(2025, 12, 31): _paid("A | K | 500 | 300 | 50"),
            date(2025, 11, 30): _paid("A | K | 500 | 100 | 30"),
            date(2025, 10, 31): _paid("A | K | 500 | 100 | 90"),
            date(2025, 1, 31): _paid("A | K | 500 | 100 | 20"),
            date(2024, 12, 31): _paid("A | K | 500 | 100 | 60"),
            date(2024, 11, 30): _paid("A | K | 500 |     | 10"),
        },
        settlement_days={"north": (18_000, 400), "HO": 45},
        settlement_days_change={"north": 5},
    )


def test_without_the_months_of_last_year_no_change_is_told(spec):
    spec(
        ONE,
        as_of=JANUARY,
        supply_chain_relation=TIE,
        **_paid("A | K | 500 | 100 | 30"),
        before=every_month(date(2025, 12, 31), 2, **_paid("A | K | 500 | 100 | 30")),
        settlement_days={"north": 30},
        settlement_days_change={"north": "was not delivered for 2024-11, 2024-12, 2025-01"},
    )


def test_a_pair_counts_at_the_branch_that_lends_it_most(spec):
    """A borrows 100 at north and 60 + 50 at south: south. B borrows the same at both: north, by name.

    C is tied and owes nothing any more: its payments count nowhere.
    """
    spec(
        """
        loan | client | branch | balance
        L1   | A      | north  |     100
        L2   | A      | south  |      60
        L3   | A      | south  |      50
        L4   | B      | north  |      70
        L5   | B      | south  |      70
        L6   | C      | south  |       0
        """,
        as_of=JANUARY,
        supply_chain_relation="client | core\nA | K\nB | K\nC | K",
        **_paid("A | K | 1 | 10 | 30", "B | K | 1 | 40 | 60", "C | K | 1 | 900 | 900"),
        before=every_month(date(2025, 12, 31), 2),
        settlement_days={"south": (300, 10), "north": (2400, 40), "HO": (2700, 50)},
    )


def test_one_hundred_and_eighty_days_are_not_slow(spec):
    """A takes 180 days, B 181, C (181 x 1 + 180 x 99) / 100 = 180.01; D's payments are not known."""
    spec(
        """
        loan | client | branch | balance
        L1   | A      | north  |       1
        L2   | B      | north  |       2
        L3   | C      | north  |       4
        L4   | D      | north  |       8
        """,
        as_of=JANUARY,
        supply_chain_relation="client | core\nA | K\nB | K\nC | K\nD | K",
        **_paid("A | K | 1 | 10 | 180", "B | K | 1 | 10 | 181", "C | K | 1 | 1 | 181"),
        before={
            date(2025, 12, 31): _paid("C | K | 1 | 99 | 180"),
            date(2025, 11, 30): _paid("D | K | 1 | 99 |"),
        },
        settlement_slow_share={"north": (2 + 4, 1 + 2 + 4)},
    )
