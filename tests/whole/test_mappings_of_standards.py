"""Files as standards lay them out are delivered as they are, and give the figures worked out by hand."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.whole.commands import built, figures, here, ingest, made, one_sentence
from transforms.mappings.model import packaged_text

EXAMPLES = Path(__file__).parents[2] / "examples"
PBOC = EXAMPLES / "pboc" / "cldwdk_20261031.txt"
EAST = EXAMPLES / "east" / "dgxdywjjb_20261031.csv"
FIRE = EXAMPLES / "fire" / "fire_20261031.json"
MONTH = "2026-10-31"


def counts(receipt):
    return {
        table["table"]: (table["delivered_rows"], table["accepted_rows"], table["outside_rows"])
        for table in receipt["tables"]
    }


@pytest.fixture(scope="module")
def pboc(tmp_path_factory):
    root = made(tmp_path_factory.mktemp("pboc") / "bank")
    receipt = ingest(root, PBOC, "--mapping", "pboc")
    assert built(root) == {MONTH: (1, "built")}
    return root, receipt


@pytest.fixture(scope="module")
def east(tmp_path_factory):
    root = made(tmp_path_factory.mktemp("east") / "bank")
    receipt = ingest(root, EAST, "--mapping", "east")
    assert built(root) == {MONTH: (1, "built")}
    return root, receipt


@pytest.fixture(scope="module")
def fire(tmp_path_factory):
    root = made(tmp_path_factory.mktemp("fire") / "bank", "--base-currency", "EUR")
    receipts = [ingest(root, FIRE, "--mapping", name) for name in ("fire_loan", "fire_customer")]
    assert built(root) == {MONTH: (1, "built")}
    return root, receipts


def value(facts, metric, reading="default"):
    return facts[metric, reading, "HO"]["value"]


def sides(facts, metric, reading="default"):
    row = facts[metric, reading, "HO"]
    return row["numerator"], row["denominator"]


def test_the_stock_of_corporate_loans_is_accepted_whole(pboc):
    _, receipt = pboc
    assert counts(receipt) == {"borrower_snapshot": (4, 4, 0), "loan_snapshot": (4, 4, 0)}
    assert (receipt["encoding"], receipt["delimiter"]) == ("gb18030", "|")
    assert any("unverified" in note.lower() for note in receipt["notes"])


def test_figures_of_the_stock_of_corporate_loans_are_as_worked_out_by_hand(pboc):
    """1,000,000.00 + 500,000.50 (substandard) + 300,000.25 + 200,000.00 (special mention, spent abroad).

    SEI by tag and class: C392 in field 1 and D441 in field 6. Interest of a year at 3.45, 4.10, 3.20 and
    5.00 %: 34,500 + 20,500.0205 + 9,600.008 + 10,000. Manufacturing: C392 and C261, and not class 2000.
    """
    facts = figures(pboc[0])
    assert value(facts, "loan_balance") == "2000000.75"
    assert sides(facts, "npl_ratio") == ("500000.50", "2000000.75")
    assert sides(facts, "special_mention_ratio") == ("200000.00", "2000000.75")
    assert value(facts, "sei_balance", "confirmed") == "1300000.25"
    assert sides(facts, "loan_rate") == ("74600.0285", "2000000.75")
    assert sides(facts, "manufacturing_share") == ("1500000.50", "2000000.75")
    assert sides(facts, "unsecured_share") == ("1000000.00", "2000000.75")
    assert sides(facts, "private_share", "enterprises") == ("1000000.00", "2000000.75")


def test_two_orders_of_the_nine_fields_give_the_same_figures(pboc, tmp_path):
    """The same book from a mart that calls next-generation IT 2 and new energy 5."""
    root = made(tmp_path / "bank")
    order = "[节能环保, 新一代信息技术, 生物, 高端装备制造, 新能源, 新材料, 新能源汽车, 数字创意, 相关服务]"
    lines = [
        f"        order: {order}" if line.startswith("        order:") else line
        for line in packaged_text("pboc").replace("name: pboc", "name: marts").splitlines()
    ]
    (root / "mappings" / "marts.yaml").write_text("\n".join(lines), encoding="utf-8")
    text = PBOC.read_text(encoding="gb18030")
    assert text.count("|SE01") == text.count("|SE06") == 1
    book = tmp_path / "marts.txt"
    book.write_text(text.replace("|SE01", "|2").replace("|SE06", "|05"), encoding="utf-8")
    ingest(root, book, "--mapping", "marts")
    built(root)
    assert figures(root) == figures(pboc[0])


def test_a_number_that_no_order_knows_rejects_the_loan_and_says_so(tmp_path):
    root = made(tmp_path / "bank")
    book = tmp_path / "pboc.txt"
    text = PBOC.read_text(encoding="gb18030").replace("|SE06", "|SE10")
    book.write_text(text, encoding="utf-8")
    receipt = ingest(root, book, "--mapping", "pboc")
    assert (receipt["accepted_rows"], receipt["rejected_rows"]) == (3, 1)
    assert receipt["rejected_amount"] == "300000.25"
    assert [(f["rule_id"], f["rows"]) for f in receipt["findings"]] == [("E0004", 1)]


def test_the_receipt_table_is_accepted_whole(east):
    _, receipt = east
    assert counts(receipt) == {"borrower_snapshot": (5, 5, 0), "loan_snapshot": (6, 6, 0)}
    assert receipt["delivered_amount"] == "2700000.75"


def test_figures_of_the_receipt_table_are_as_worked_out_by_hand(east):
    """The entrusted loan of 900,000 and the loans written off and settled are out.

    From 2 July to 31 October are 29 + 31 + 30 + 31 = 121 days: overdue for more than 90.
    """
    facts = figures(east[0])
    assert value(facts, "loan_balance") == "1800000.75"
    assert value(facts, "loan_clients") == 3
    assert sides(facts, "npl_ratio") == ("500000.50", "1800000.75")
    assert sides(facts, "overdue_90_ratio") == ("500000.50", "1800000.75")
    assert sides(facts, "mlt_share") == ("300000.25", "1800000.75")
    assert value(facts, "green_balance", "pboc") is None


def test_fire_records_are_read_in_cents_and_commitments_stay_outside(fire):
    _, (loans, customers) = fire
    assert counts(loans) == {"loan_snapshot": (4, 4, 1)}
    assert loans["accepted_amount"] == "1800000.75"
    assert counts(customers) == {"borrower_snapshot": (3, 3, 0)}


def test_figures_of_fire_are_as_worked_out_by_hand_and_stages_make_no_bad_loans(fire):
    """1,000,000.50 at 3.45 %, 500,000.25 and 300,000.00 at 3.5 %: 34,500.01725 + 28,000.00875."""
    facts = figures(fire[0])
    assert value(facts, "loan_balance") == "1800000.75"
    assert sides(facts, "loan_rate") == ("62500.026", "1800000.75")
    row = facts["npl_ratio", "default", "HO"]
    assert (row["value"], row["status"]) == (None, "not_comparable")
    assert "loan_classification" in row["reason"]


def test_broken_json_is_refused_whole_with_the_place(tmp_path):
    root = made(tmp_path / "bank", "--base-currency", "EUR")
    book = tmp_path / "fire.json"
    book.write_text('{"data": {"loan": [\n {"id": "F1",\n  "balance": 1,\n  "id": "F2"}]}}')
    words = ("ingest", book, "--mapping", "fire_loan", "--as-of", MONTH, "-w", root)
    said = one_sentence(here(*words))
    assert "line 2, column 2" in said
    assert "id stands twice" in said
    book.write_text('{"data": {"loan": [{"id": "F1"}, {"id": }]}}')
    assert "line 1, column 41: it is no JSON" in one_sentence(here(*words))


def test_amounts_of_json_never_pass_through_a_float(tmp_path):
    """A float has no 9,007,199,254,740,993: the next it knows is 9,007,199,254,740,992."""
    root = made(tmp_path / "bank", "--base-currency", "EUR")
    book = tmp_path / "loans.json"
    book.write_text(
        '[{"id": "F1", "date": "2026-10-31", "customer_id": "E1", "cost_center_code": "north",'
        ' "currency_code": "EUR", "balance": 9007199254740993}]'
    )
    receipt = ingest(root, book, "--mapping", "fire_loan")
    assert Decimal(receipt["accepted_amount"]) == Decimal("90071992547409.93")
