"""The account of a delivery at a node: what is below it, in base currency, and what cannot be added up."""

from decimal import Decimal

import polars as pl

from transforms.accounting import Account, account_of, accounts_by

COUNTS_FOR = pl.DataFrame(
    [
        ("n1", "n1"),
        ("n1", "north"),
        ("n1", "bank"),
        ("s1", "s1"),
        ("s1", "bank"),
        ("north", "north"),
    ],
    schema=["branch_id", "node_id"],
    orient="row",
)
MONEY = ("delivered_amount", "delivered_in_base", "accepted_in_base", "rejected_in_base")


def delivered(*rows):
    """Rows of `branch, currency, delivered, accepted, unreadable, delivered amount, accepted, rate`."""
    return pl.DataFrame(
        [
            {
                "table": "loan_snapshot",
                "branch_id": branch,
                "currency_code": currency,
                "delivered_rows": all_rows,
                "accepted_rows": good,
                "rejected_rows": all_rows - good,
                "rows_without_amount": unread,
                "delivered_amount": Decimal(total),
                "delivered_in_base": None if rate is None else Decimal(total) * rate,
                "accepted_in_base": None if rate is None else Decimal(taken) * rate,
                "rejected_in_base": None
                if rate is None
                else (Decimal(total) - Decimal(taken)) * rate,
            }
            for branch, currency, all_rows, good, unread, total, taken, rate in rows
        ],
        schema_overrides=dict.fromkeys(MONEY, pl.Decimal(38, 2)),
    )


ROWS = delivered(
    ("n1", "CNY", 10, 8, 1, "100.00", "90.00", 1),
    ("n1", "USD", 2, 2, 0, "3.00", "3.00", 7),
    ("s1", "EUR", 4, 0, 0, "50.00", "0.00", None),
    (None, "CNY", 1, 0, 0, "5.00", "0.00", 1),
)


def at(node):
    return account_of(ROWS, "loan_snapshot", counts_for=COUNTS_FOR, node=node, root="bank")


def test_a_node_accounts_for_the_branches_below_it_in_base_currency():
    expected = Account(12, 10, 2, Decimal("121.00"), Decimal("111.00"), Decimal("10.00"), 1)
    assert at("north") == at("n1") == expected


def test_what_has_no_rate_is_in_no_sum_and_is_told():
    assert at("s1") == Account(4, 0, 4, Decimal(0), Decimal(0), Decimal(0), 4)


def test_the_bank_accounts_for_rows_that_no_branch_is_known_of():
    assert at("bank") == Account(
        17, 10, 7, Decimal("126.00"), Decimal("111.00"), Decimal("15.00"), 5
    )


def test_where_nothing_was_delivered_there_is_no_account():
    assert at("elsewhere") is None
    assert account_of(ROWS, "fx_rate", counts_for=COUNTS_FOR, node="bank", root="bank") is None


def test_the_accounts_of_all_parts_at_once_are_those_of_each():
    parts = ROWS.with_columns(part=pl.Series(["north", "north", "south", None]))
    assert accounts_by(parts, "part") == {
        "north": at("north"),
        "south": at("s1"),
        None: Account(1, 0, 1, Decimal("5.00"), Decimal(0), Decimal("5.00"), 0),
    }


def test_a_part_without_any_amount_has_rows_and_no_money():
    rates = ROWS.with_columns(
        pl.lit(None, dtype=pl.Decimal(38, 2)).alias(name) for name in MONEY
    ).with_columns(part=pl.lit("north"))
    assert accounts_by(rates, "part") == {"north": Account(17, 10, 7, None, None, None, 0)}
