"""A book from file to figure: the shipped excerpts and a book written by hand, to the cent."""

import csv
from calendar import monthrange
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.whole import books
from tests.whole.commands import (
    allowing,
    branchmark,
    built,
    figures,
    here,
    ingest,
    kpis,
    made,
    write_csv,
)

pytestmark = pytest.mark.whole

EXAMPLES = Path(__file__).parents[2] / "examples"
CENT = Decimal("0.01")
PROMISED = (
    *("delivered_rows", "accepted_rows", "rejected_rows"),
    *("delivered_amount", "accepted_amount", "rejected_amount"),
    *("as_of_date", "snapshot_version", "encoding", "delimiter", "findings"),
)


def source_rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def balanced(receipt):
    """Accepted and rejected are what was delivered, in rows and in money."""
    for part in (receipt, *receipt["tables"]):
        assert part["accepted_rows"] + part["rejected_rows"] == part["delivered_rows"]
        if part["delivered_amount"] is not None:
            accepted, rejected = part["accepted_amount"], part["rejected_amount"]
            assert Decimal(accepted) + Decimal(rejected) == Decimal(part["delivered_amount"])
    return receipt


# The book written by hand


@pytest.fixture(scope="module")
def by_hand(two_months):
    assert two_months.built == {books.SEPTEMBER: (1, "built"), books.OCTOBER: (1, "built")}
    return two_months.root


def test_amounts_and_shares_are_as_worked_out_by_hand(by_hand):
    """North lends 1,000,000.00 + 500,000.50 + 50.00; south 300,000.25 + 200,000.00 + 99,999.25.

    L6 is entrusted, L7 settled, L8 written off. Technology: L1 and L2 as SEI, L4 by its list.
    Green: L4 under the catalogue of 2025, L5 under that of 2019. Inclusive: L2 and L3, whose client's
    line is ten million to the cent; L4's is a cent above.
    """
    facts = figures(by_hand)
    amounts = {
        ("loan_balance", "default"): ("2100050.00", "1500050.50", "599999.50"),
        ("sei_balance", "strict"): ("1000000.00", "1000000.00", "0.00"),
        ("sei_balance", "confirmed"): ("1500000.50", "1500000.50", "0.00"),
        ("sei_balance", "broad"): ("1800000.75", "1500000.50", "300000.25"),
        ("green_balance", "pboc"): ("299999.25", "0.00", "299999.25"),
        ("npl_balance", "default"): ("300000.25", "0.00", "300000.25"),
        ("inclusive_balance", "nfra"): ("800000.75", "500000.50", "300000.25"),
        ("loan_increment_mom", "default"): ("1200050.00", "600050.50", "599999.50"),
        ("loan_clients", "default"): (5, 3, 3),
        ("first_time_clients", "regulator"): (1, 0, 1),
        ("first_time_tech_clients", "default"): (1, 0, 1),
    }
    for (metric, reading), values in amounts.items():
        said = tuple(facts[metric, reading, node]["value"] for node in ("HO", "north", "south"))
        assert said == values, metric
    shares = {
        ("sei_share", "confirmed"): ("1500000.50", "2100050.00"),
        ("tech_loan_share", "corporate"): ("1700000.50", "2100050.00"),
        ("green_share", "pboc"): ("299999.25", "2100050.00"),
        ("npl_ratio", "default"): ("300000.25", "2100050.00"),
        ("inclusive_npl_ratio", "nfra"): ("300000.25", "800000.75"),
    }
    for (metric, reading), (part, whole) in shares.items():
        row = facts[metric, reading, "HO"]
        assert (row["numerator"], row["denominator"]) == (part, whole), metric
        assert abs(Decimal(row["value"]) - Decimal(part) / Decimal(whole)) < Decimal("1e-11")


def test_the_tolerance_is_as_worked_out_by_hand(by_hand):
    """37.50 % against 14.29 % + 3.00 pp: 20.21 points over."""
    row = figures(by_hand)["inclusive_npl_tolerance", "in_force", "HO"]
    assert row["status"] == "exceeded"
    assert Decimal(row["limit"]) == Decimal("17.29")
    assert Decimal(row["headroom_pp"]) == Decimal("-20.21")
    north = figures(by_hand)["inclusive_npl_tolerance", "in_force", "north"]
    assert north["status"] == "within"
    assert Decimal(north["headroom_pp"]) == Decimal("17.29")


def test_what_the_book_does_not_hold_is_not_computable_and_says_so(by_hand):
    facts = figures(by_hand)
    for (metric, reading), said in {
        ("green_supply_chain_balance", "default"): "supply_chain_relation",
        ("green_supply_chain_clients", "default"): "supply_chain_relation",
        ("loan_increment_ytd", "default"): "2025-12-31",
        ("loan_growth_yoy", "default"): "2025-10-31",
        ("first_time_clients_ytd", "regulator"): "2026-09",
    }.items():
        row = facts[metric, reading, "HO"]
        assert (row["value"], row["numerator"], row["status"]) == (None, None, "not_comparable")
        assert said in row["reason"]


def test_a_branch_with_nothing_lent_has_ratios_that_do_not_apply(by_hand):
    """In September the southern branch has no loan: its amounts are zero, its ratios are not."""
    facts = figures(by_hand, "--as-of", books.SEPTEMBER)
    assert facts["loan_balance", "default", "south"]["value"] == "0.00"
    for metric, reading in (("sei_share", "broad"), ("npl_ratio", "default")):
        row = facts[metric, reading, "south"]
        assert (row["value"], row["status"]) == (None, "n/a")
        assert row["reason"]
    assert facts["inclusive_npl_tolerance", "in_force", "south"]["status"] == "n/a"


def test_explain_tells_how_each_loan_of_the_book_counts(by_hand):
    counted = {
        (row["loan_id"], row["metric"], row["reading"])
        for number in range(1, 10)
        for row in here("explain", f"L{number}", "-w", by_hand, "--format", "json").json
        if row["counts"] and row["role"] == "numerator"
    }

    def loans(metric, reading="default"):
        return sorted(one for one, *rest in counted if rest == [metric, reading])

    assert loans("loan_balance") == ["L1", "L2", "L3", "L4", "L5", "L9"]
    assert loans("sei_share", "strict") == ["L1"]
    assert loans("sei_share", "confirmed") == ["L1", "L2"]
    assert loans("sei_share", "broad") == ["L1", "L2", "L3"]
    assert loans("tech_loan_share", "corporate") == ["L1", "L2", "L4"]
    assert loans("green_balance", "pboc") == ["L4", "L5"]
    assert loans("npl_balance") == ["L3"]
    assert loans("inclusive_balance", "nfra") == ["L2", "L3"]
    assert loans("first_time_clients", "regulator") == ["L4"]


def test_slices_are_as_worked_out_by_hand(by_hand):
    rows = kpis(by_hand, "--slice", "enterprise_size", "--branch", "HO", "--metric", "loan_balance")
    assert {row["member"]: row["value"] for row in rows} == {
        "CS01": "99999.25",
        "CS02": "1000050.00",
        "CS03": "800000.75",
        "CS04": "200000.00",
    }


def test_bad_rows_are_set_aside_with_their_rule_and_the_rest_is_counted(tmp_path):
    """One receipt: rows that cannot be counted are rejected, none is lost, money included."""
    bad = [
        books.loan("L1", "C9", "north", "11.00"),  # L1 stands twice
        books.loan("L10", "C9", "north", "-5.00"),
        books.loan("L11", "C9", "nowhere", "7.00"),
        books.loan("L12", "C9", "north", "twelve"),
        books.loan("L13", "C9", "north", "13.00", loan_classification="FQ09"),
        books.loan("L14", "C9", "north", "14.00", as_of=books.SEPTEMBER),
        books.loan("L15", "C9", "north", "15.00", currency_code="USD"),
        books.loan("L16", "C9", "north", "16.00", disbursement_date="2026-11-01"),
        books.loan("", "C9", "north", "17.00"),
    ]
    root = made(tmp_path / "bank")
    allowing(root, max_rejected_percent=50, max_unmeasured_percent=50)
    files = books.written(tmp_path / "files")
    path = write_csv(tmp_path / "loan_snapshot.csv", books.october() + bad)
    words = (path, files["branch"], files["branch_hierarchy"], "--as-of", books.OCTOBER)
    receipt = balanced(ingest(root, *words))
    assert set(PROMISED) <= set(receipt)
    good = sum(Decimal(row["outstanding_principal"]) for row in books.october())
    assert (receipt["delivered_rows"], receipt["accepted_rows"]) == (18, 9)
    assert receipt["accepted_amount"] == str(good)
    assert receipt["rejected_amount"] == "73.00"  # 11 - 5 + 7 + 13 + 14 + 16 + 17
    # The 15 dollars have no rate, and "twelve" is no amount: they are in no sum, and are not zero.
    assert (receipt["rows_without_rate"], receipt["rows_without_amount"]) == (1, 1)
    assert receipt["rows_without_amount"] == 1
    assert (receipt["as_of_date"], receipt["snapshot_version"]) == (books.OCTOBER, 1)
    assert (receipt["encoding"], receipt["delimiter"]) == ("utf-8", ",")
    found = [one for one in receipt["findings"] if one["table"] == "loan_snapshot"]
    assert len({one["rule_id"] for one in found}) == len(bad)
    assert {one["rows"] for one in found} == {1}
    assert all(one["reason"] and one["remedy"] for one in found)
    assert built(root) == {books.OCTOBER: (1, "built")}
    assert figures(root)["loan_balance", "default", "HO"]["value"] == "2100050.00"


# The shipped excerpts


@pytest.fixture(scope="module")
def ibrd(tmp_path_factory):
    """Both month ends of the IBRD excerpt, and the receipts."""
    root = made(tmp_path_factory.mktemp("ibrd") / "bank", "--base-currency", "USD")
    receipts = {
        month: ingest(root, EXAMPLES / "ibrd" / name, "--mapping", "ibrd")
        for month, name in (
            ("2022-05-31", "ibrd_20220531.csv"),
            ("2023-05-31", "ibrd_20230531.csv"),
        )
    }
    assert {outcome for _, outcome in built(root).values()} == {"built"}
    return root, receipts


@pytest.mark.parametrize("month", ["2022-05-31", "2023-05-31"])
def test_the_ibrd_excerpt_is_the_sum_of_its_obligations(ibrd, month):
    root, receipts = ibrd
    receipt = balanced(receipts[month])
    rows = source_rows(EXAMPLES / "ibrd" / f"ibrd_{month.replace('-', '')}.csv")
    owed = [Decimal(row["Borrower's Obligation"].replace(",", "")) for row in rows]
    taken = [amount for amount in owed if amount >= 0]
    assert receipt["as_of_date"] == month
    assert receipt["encoding"] == ("utf-8-sig" if month.startswith("2022") else "utf-8")
    assert receipt["delivered_rows"] == len(rows)
    assert Decimal(receipt["delivered_amount"]) == sum(owed)
    assert Decimal(receipt["accepted_amount"]) == sum(taken)
    facts = figures(root, "--as-of", month)
    assert Decimal(facts["loan_balance", "default", "HO"]["value"]) == sum(taken)
    regions = {}
    for row, amount in zip(rows, owed, strict=True):
        regions[row["Region"]] = regions.get(row["Region"], 0) + max(amount, Decimal(0))
    said = {
        row["branch_name"].upper(): Decimal(row["value"])
        for (metric, _, branch), row in facts.items()
        if metric == "loan_balance" and branch != "HO"
    }
    assert said == regions
    owing = {
        row["Borrower"] or row["Country"]
        for row, amount in zip(rows, owed, strict=True)
        if amount > 0
    }
    assert facts["loan_clients", "default", "HO"]["value"] == len(owing)


def test_a_non_pool_loan_is_never_called_non_performing(ibrd):
    root, _ = ibrd
    row = figures(root)["npl_balance", "default", "HO"]
    assert row["value"] is None
    assert "loan_classification" in row["reason"]


def test_a_year_apart_the_ibrd_excerpt_shows_its_growth(ibrd):
    root, _ = ibrd
    facts = figures(root, "--as-of", "2023-05-31")
    before = figures(root, "--as-of", "2022-05-31")["loan_balance", "default", "HO"]["value"]
    now = facts["loan_balance", "default", "HO"]["value"]
    growth = Decimal(facts["loan_growth_yoy", "default", "HO"]["value"])
    assert abs(growth - (Decimal(now) / Decimal(before) - 1)) < Decimal("1e-11")


@pytest.fixture(scope="module")
def sba(tmp_path_factory):
    """The SBA excerpt at the end of 2007, delivered by a process of its own, and the receipt."""
    root = made(tmp_path_factory.mktemp("sba") / "bank", "--base-currency", "USD")
    words = ("--mapping", "sba", "--as-of", "2007-12-31", "-w", root, "--format", "json")
    receipt = balanced(branchmark("ingest", EXAMPLES / "sba" / "sample.csv", *words).json)
    assert built(root) == {"2007-12-31": (1, "built")}
    return root, receipt


def test_the_sba_excerpt_runs_off_in_a_straight_line(sba):
    """The balances of the book at the end of 2007, worked out from the file in plain Python."""
    month = date(2007, 12, 31)
    on_book, npl, outside, unknown, unreadable = {}, Decimal(0), 0, 0, 0
    path = EXAMPLES / "sba" / "sample.csv"
    for row in source_rows(path):
        if not row["DisbursementDate"]:
            unknown += 1
            continue
        drawn, term = date.fromisoformat(row["DisbursementDate"]), int(row["Term"])
        gone = (month.year - drawn.year) * 12 + month.month - drawn.month
        lost = row["MIS_Status"] == "CHGOFF" and row["ChgOffDate"]
        charged = date.fromisoformat(row["ChgOffDate"]) if lost else None
        if (charged and charged <= month) or drawn > month or gone >= term:
            outside += 1
            continue
        balance = (Decimal(row["DisbursementGross"]) * (term - gone) / term).quantize(
            CENT, "ROUND_HALF_UP"
        )
        on_book[row["LoanNr_ChkDgt"]] = (row["State"], balance)
        if charged and (charged - month).days <= 90:
            npl += balance
    assert month.day == monthrange(month.year, month.month)[1]
    total = sum(balance for _, balance in on_book.values())
    root, receipt = sba
    assert receipt["outside_rows"] == outside
    assert receipt["rejected_rows"] == unknown + unreadable
    assert receipt["accepted_rows"] == len(on_book) > 20
    assert Decimal(receipt["accepted_amount"]) == total
    facts = figures(root)
    assert Decimal(facts["loan_balance", "default", "HO"]["value"]) == total
    assert Decimal(facts["npl_balance", "default", "HO"]["value"]) == npl
    for state in {state for state, _ in on_book.values()}:
        own = sum(balance for where, balance in on_book.values() if where == state)
        assert Decimal(facts["loan_balance", "default", state]["value"]) == own
    sei = facts["sei_balance", "broad", "HO"]
    assert sei["value"] is None
    assert sei["reason"]


# What a book lacks

WHY_NOT = (
    "column ",
    "table ",
    "the month ",
    "the book of ",
    "the definition holds from ",
    "industries are coded in ",
    "it is defined for the whole bank only",
)
NOTHING_THERE = ("there is nothing in the denominator", "the base is zero or negative")
IBRD_GIVES = {
    *("loan_balance", "loan_clients", "loan_growth_yoy", "loan_rate", "mlt_share"),
    *("industry_share", "largest_client_share", "ten_largest_clients_share"),
}
SBA_GIVES = {
    *("loan_balance", "loan_clients", "mlt_share", "industry_share", "industry_hhi"),
    *("largest_client_share", "ten_largest_clients_share"),
    *("npl_balance", "npl_ratio", "special_mention_ratio"),
    *("overdue_ratio", "overdue_90_ratio", "overdue_90_to_npl", "overdue_60_to_npl"),
}
NO_SUCH_TIER = {"special_mention_ratio"}
"""The mapping says of every loan of that book which tier it is in, and none is in this one."""


@pytest.fixture(params=["ibrd", "sba"])
def example(request):
    """The figures of a shipped excerpt and the metrics that it holds enough for."""
    root, _ = request.getfixturevalue(request.param)
    return figures(root), {"ibrd": IBRD_GIVES, "sba": SBA_GIVES}[request.param]


def test_a_book_gives_what_it_holds_and_names_what_it_lacks(example):
    """Every metric and reading of every branch: a figure or the table or column that is missing."""
    facts, gives = example
    assert len({metric for metric, *_ in facts}) >= 113
    given = set()
    for key, row in facts.items():
        if row["numerator"] is None:
            assert (row["value"], row["denominator"]) == (None, None), key
            assert row["status"] == "not_comparable", key
            assert row["reason"].startswith(WHY_NOT), (key, row["reason"])
            continue
        given.add(key[0])
        if row["value"] is None:
            assert row["reason"] in NOTHING_THERE, key
            assert Decimal(row["denominator"]) <= 0, key
    assert given == gives


def test_a_missing_table_or_column_is_named_as_the_dictionary_names_it(example):
    listed = here("dictionary", "--format", "json").json
    columns = {(row["table"], row["column"]) for row in listed}
    tables = {table for table, _ in columns}
    named = 0
    for key, row in example[0].items():
        words = (row["reason"] or "").split()
        if words[:1] == ["column"]:
            assert (words[-1], words[1]) in columns, key
            named += 1
        elif words[:1] == ["table"]:
            assert words[1] in tables, key
            named += 1
    assert named > 100


def test_what_a_book_cannot_tell_is_not_told_as_zero(example):
    """At the head office of each excerpt no figure is zero: a zero would be a claim about the book."""
    zeros = {
        metric
        for (metric, _, node), row in example[0].items()
        if node == "HO" and row["numerator"] is not None and Decimal(row["numerator"]) == 0
    }
    assert zeros - NO_SUCH_TIER == set()
