"""The two balances side by side: exact, inclusive at the tolerance, nobody left out."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.reconciliation import RECONCILIATION_COLUMNS, reconcile
from transforms import schema

RATIO = Decimal("0.0001")


def loans(*rows: dict[str, object]) -> pl.LazyFrame:
    base: dict[str, object] = {
        "loan_id": "L1",
        "booking_branch_id": "B1",
        "gl_account_code": "1301",
        "currency_code": "CNY",
        "on_balance_sheet": True,
        "entrusted_flag": False,
        "movement": "none",
        "loan_status": "normal",
        "outstanding_principal": Decimal("100.00"),
        "disbursement_date": date(2026, 1, 1),
    }
    dtypes = schema.LOAN_SNAPSHOT.dtypes
    filled = [dict.fromkeys(dtypes) | base | row for row in rows]
    return pl.DataFrame(filled, schema=dtypes).lazy()


def ledger(*rows: tuple[str, str, str, str]) -> pl.LazyFrame:
    return pl.DataFrame(
        [
            (branch, account, currency, Decimal(balance))
            for branch, account, currency, balance in rows
        ],
        schema=schema.GL_CONTROL_TOTAL.dtypes,
        orient="row",
    ).lazy()


def items(*rows: tuple[str, str, str | None]) -> pl.LazyFrame:
    """Explanations of account 1301 of B1 in yuan: amount, by whom, approved by whom."""
    dtypes = schema.RECONCILIATION_ITEM.dtypes
    fixed = {"branch_id": "B1", "gl_account_code": "1301", "currency_code": "CNY", "reason": "late"}
    filled = [
        dict.fromkeys(dtypes)
        | fixed
        | {
            "item_id": f"X{number}",
            "amount": Decimal(amount),
            "explained_by": by,
            "approved_by": approved,
        }
        for number, (amount, by, approved) in enumerate(rows)
    ]
    return pl.DataFrame(filled, schema=dtypes).lazy()


def compared(loan: str, control: str) -> dict[str, object]:
    frame = reconcile(
        loans({"outstanding_principal": Decimal(loan)}),
        ledger(("B1", "1301", "CNY", control)),
        tolerance_ratio=RATIO,
    )
    return frame.row(0, named=True)


@pytest.mark.parametrize(
    ("loan", "control", "tolerance", "reconciled"),
    [
        ("1000000.00", "1000000.00", "100.00", True),
        ("1000100.00", "1000000.00", "100.00", True),
        ("1000100.01", "1000000.00", "100.00", False),
        ("999900.00", "1000000.00", "100.00", True),
        ("999899.99", "1000000.00", "100.00", False),
        ("50.01", "50.00", "0.01", True),  # 0.005 rounds up to a cent
        ("49.99", "49.98", "0.00", False),  # 0.004998 rounds down
        ("-50.01", "-50.00", "0.01", True),  # a credit balance has the same room
        ("0.01", "0.00", "0.00", False),
        ("9999999999999999.99", "9999999999999999.99", "1000000000000.00", True),
    ],
)
def test_the_tolerance_is_a_share_of_the_ledger_rounded_half_up_and_inclusive(
    loan, control, tolerance, reconciled
):
    row = compared(loan, control)
    assert row["tolerance"] == Decimal(tolerance)
    assert row["difference"] == Decimal(loan) - Decimal(control)
    assert row["reconciled"] is reconciled


def test_only_loans_on_the_banks_own_accounts_are_summed():
    book = loans(
        {},
        {"loan_status": "overdue", "outstanding_principal": Decimal("0.01")},
        {"on_balance_sheet": False},
        {"entrusted_flag": True},
        {"movement": "securitised"},
        {"movement": "transferred_out"},
        {"loan_status": "written_off"},
        {"loan_status": "settled"},
        {"loan_status": "transferred"},
    )
    frame = reconcile(book, ledger(("B1", "1301", "CNY", "100.01")), tolerance_ratio=Decimal(0))
    assert frame["loan_balance"].to_list() == [Decimal("100.01")]
    assert frame["reconciled"].to_list() == [True]


def test_what_only_one_side_knows_is_listed_and_not_reconciled():
    book = loans({}, {"booking_branch_id": "B2"}, {"currency_code": "USD"})
    controls = ledger(("B1", "1301", "CNY", "100.00"), ("B3", "1301", "CNY", "7.00"))
    frame = reconcile(book, controls, tolerance_ratio=RATIO)
    assert frame.select(
        "branch_id", "currency_code", "loan_balance", "ledger_balance", "reconciled"
    ).rows() == [
        ("B1", "CNY", Decimal("100.00"), Decimal("100.00"), True),
        ("B1", "USD", Decimal("100.00"), None, False),
        ("B2", "CNY", Decimal("100.00"), None, False),
        ("B3", "CNY", None, Decimal("7.00"), False),
    ]


def test_a_missing_side_agrees_with_zero():
    frame = reconcile(
        loans({"outstanding_principal": Decimal("0.00")}),
        ledger(("B9", "1301", "CNY", "0.00")),
        tolerance_ratio=RATIO,
    )
    assert frame["reconciled"].to_list() == [True, True]


def test_without_a_ledger_nothing_is_reconciled():
    frame = reconcile(loans({}, {"booking_branch_id": "B2"}), None, tolerance_ratio=RATIO)
    assert frame["reconciled"].to_list() == [False, False]
    assert frame["ledger_balance"].to_list() == [None, None]


def test_loans_without_an_account_stand_together_and_do_not_reconcile():
    frame = reconcile(
        loans({"gl_account_code": None}, {"gl_account_code": None}),
        ledger(("B1", "1301", "CNY", "200.00")),
        tolerance_ratio=RATIO,
    )
    assert frame.select("gl_account_code", "loan_balance", "reconciled").rows() == [
        ("1301", None, False),
        (None, Decimal("200.00"), False),
    ]


def test_the_order_of_rows_changes_nothing_and_the_types_are_exact():
    rows = [
        {"booking_branch_id": f"B{n % 5}", "outstanding_principal": Decimal(n)} for n in range(50)
    ]
    controls = ledger(*((f"B{n}", "1301", "CNY", "1.00") for n in range(4, -1, -1)))
    forward = reconcile(loans(*rows), controls, tolerance_ratio=RATIO)
    assert forward.equals(reconcile(loans(*reversed(rows)), controls, tolerance_ratio=RATIO))
    assert dict(forward.schema) == dict(RECONCILIATION_COLUMNS)


def test_empty_books_reconcile_to_an_empty_table():
    assert reconcile(loans(), ledger(), tolerance_ratio=RATIO).is_empty()


@pytest.mark.parametrize(
    ("explained", "counted", "left", "reconciled"),
    [
        ([("60.00", "ann", "bob")], "60.00", "40.00", False),
        ([("60.00", "ann", "bob"), ("40.00", "ann", "bob")], "100.00", "0.00", True),
        ([("99.99", "ann", "bob")], "99.99", "0.01", True),  # within the tolerance of 0.01
        ([("100.00", "ann", None)], "0.00", "100.00", False),
        ([("100.00", "ann", "ann")], "0.00", "100.00", False),
        ([("130.00", "ann", "bob")], "130.00", "-30.00", False),
    ],
)
def test_what_a_second_person_approved_is_explained_and_the_rest_is_not(
    explained, counted, left, reconciled
):
    """Loans of 200.00 against a ledger of 100.00; the tolerance is one cent."""
    frame = reconcile(
        loans({"outstanding_principal": Decimal("200.00")}),
        ledger(("B1", "1301", "CNY", "100.00")),
        tolerance_ratio=RATIO,
        items=items(*explained),
    )
    assert frame.select("difference", "explained", "unexplained", "reconciled").row(0) == (
        Decimal("100.00"),
        Decimal(counted),
        Decimal(left),
        reconciled,
    )


def test_an_explanation_of_an_account_that_nobody_has_is_listed():
    frame = reconcile(loans(), ledger(), tolerance_ratio=RATIO, items=items(("5.00", "ann", "bob")))
    row = frame.row(0, named=True)
    assert (row["loan_balance"], row["ledger_balance"]) == (None, None)
    assert (row["unexplained"], row["reconciled"]) == (Decimal("-5.00"), False)


def test_what_is_left_is_also_told_in_base_currency_where_there_is_a_rate():
    dollars = {"currency_code": "USD", "outstanding_principal": Decimal("10.01")}
    frame = reconcile(
        loans(dollars, {**dollars, "currency_code": "EUR"}, {}),
        None,
        tolerance_ratio=RATIO,
        rates=pl.LazyFrame({"currency_code": ["USD"], "rate": [Decimal("7.12500000")]}),
        base_currency="CNY",
    )
    assert frame.select("currency_code", "unexplained", "unexplained_in_base").rows() == [
        ("CNY", Decimal("100.00"), Decimal("100.00")),
        ("EUR", Decimal("10.01"), None),
        ("USD", Decimal("10.01"), Decimal("71.32")),  # 71.32125
    ]
