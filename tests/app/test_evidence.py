"""What the data-quality page rests on: within one scope, and adding up to the whole."""

from decimal import Decimal

import polars as pl
import pytest

from dashboards import accounts, month
from dashboards.exports.guarded import to_csv
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.quality import evidence, ledger, readiness, rejections
from dashboards.quality import overrides as kept
from dashboards.quality.parts import PART, Parts
from dashboards.quality.states import Standing
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from records.workspace import create
from tests.app import small_bank as small
from tests.app.small_bank import AS_OF, catalogue, override, publish
from transforms.accounting import Account

WHOLE = Scope.whole_bank("test")
NORTH = Scope.of("north", ["B101", "B10101"])
EN, ZH = Format(Language.EN, "CNY"), Format(Language.ZH, "CNY")


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    workspace = create(
        tmp_path_factory.mktemp("evidence") / "bank", name="Harbour Bank", base_currency="CNY"
    )
    small.deliver(workspace, AS_OF)
    override(workspace)
    publish(workspace, AS_OF, quality="provisional")
    return workspace.lake


def read(lake, scope=WHOLE):
    found = evidence.read(Published(lake), Deliveries(lake), scope, as_of=AS_OF, version=1)
    seen = month.read(Published(lake), Deliveries(lake), scope, catalogue(), as_of=AS_OF)
    return found, seen


def test_a_branch_reader_gets_nothing_of_another_branch(lake):
    found, seen = read(lake, NORTH)
    assert found.rejected["branch_id"].to_list() == ["B101"] * 3
    assert found.findings["rule_id"].to_list() == ["W0209"]
    assert found.ledger["branch_id"].to_list() == ["B10101"]
    assert found.overrides["override_id"].to_list() == ["O-1", "O-4"]
    assert set(seen.delivered["branch_id"]) == {"B101", "B10101"}
    parts = Parts.of(seen, seen.units.top)
    whole, below = readiness.lines(parts, found, EN, max_rejected_percent=Decimal(5))
    assert whole.steps["delivered"].text == "703 loans"
    assert [line.unit.unit_id for line in below if line.unit] == ["B10101"]


def test_a_branch_reader_is_not_told_how_large_a_delivery_was_nor_what_its_files_are_called(
    tmp_path, monkeypatch
):
    told = "read as UTF-8, 2 files, 3 columns, 128,400 rows"
    monkeypatch.setitem(small.BATCH, "read_as", told)
    workspace = create(tmp_path / "bank", name="Harbour Bank", base_currency="CNY")
    small.deliver(workspace, AS_OF)
    publish(workspace, AS_OF)
    whole, north = (read(workspace.lake, scope)[0].tables for scope in (WHOLE, NORTH))
    assert set(whole["read_as"]) == {told}
    assert set(north["read_as"]) == {"read as UTF-8, 3 columns"}
    assert whole["source_file"].null_count() == 0
    assert north["source_file"].null_count() == north.height


def test_the_whole_bank_sees_every_override_once(lake):
    found, _ = read(lake)
    listed = kept.listed(found.overrides, AS_OF)
    assert listed.select("override_id", kept.GROUP).rows() == [
        ("O-2", "expiring"),
        ("O-3", "without_effect"),
        ("O-4", "expired"),
        ("O-5", "expired"),
        ("O-1", "in_force"),
    ]


def test_parts_and_the_rest_add_up_to_the_whole_whatever_the_unit(lake):
    found, seen = read(lake)
    for unit in seen.units.all:
        parts = Parts.of(seen, unit)
        whole = seen.account(unit.unit_id)
        if whole is None:
            continue
        pieces = list(parts.accounts("loan_snapshot").values())
        for name in ("delivered_rows", "accepted_rows", "rejected_rows", "delivered", "rejected"):
            assert sum(getattr(one, name) for one in pieces) == getattr(whole, name)
        assert parts.parted(found.rejected).height == parts.rows(found.rejected).height


def test_what_is_in_no_tree_is_the_rest_of_the_bank_and_of_nobody_else(lake):
    found, seen = read(lake)
    top = Parts.of(seen, seen.units.top).parted(found.rejected)
    assert top.filter(pl.col(PART).is_null())["branch_id"].to_list() == ["B999"]
    region = Parts.of(seen, seen.units.by_id["R1"]).parted(found.rejected)
    assert region["branch_id"].to_list() == ["B101"] * 3


def account(rows, rejected, money, rejected_money, unmeasured=0):
    total, off = Decimal(money), Decimal(rejected_money)
    return Account(rows, rows - rejected, rejected, total, total - off, off, unmeasured)


def test_an_account_reads_as_a_sentence_and_as_an_equation():
    found = account(60000, 10, "12310000000.00", "4100000.00")
    assert accounts.sentence(found, EN) == (
        "59,990 of 60,000 loans accepted, CNY 12.31 bn of CNY 12.31 bn; 10 rejected, CNY 4.1 m"
    )
    assert accounts.equation(found, EN) == (
        "59,990 accepted + 10 rejected = 60,000 delivered; "
        "CNY 12,305,900,000.00 + 4,100,000.00 = 12,310,000,000.00"
    )
    assert accounts.sentence(account(2, 0, "30", "0"), EN) == (
        "all 2 loans accepted, CNY 30; none rejected"
    )


def test_money_that_is_not_known_is_said_and_never_shown_as_zero():
    told = accounts.sentence(account(100, 2, "500", "0", unmeasured=2), EN)
    assert told == (
        "98 of 100 loans accepted, CNY 500 of CNY 500; 2 rejected, money not known; "
        "money of 2 not known"
    )
    nothing = account(3, 1, "0", "0", unmeasured=3)
    assert accounts.money(nothing) == (None, None, None)
    assert "0.00" not in accounts.equation(nothing, EN)
    assert accounts.sentence(nothing, ZH) == (
        "报送贷款 3 笔 金额未知，接收 2 笔 金额未知，拒收 1 笔 金额未知；其中 3 笔金额未知"
    )


@pytest.mark.parametrize(
    ("rows", "rejected", "told"),
    [(1000, 0, "0.00%"), (100000, 1, "<0.01%"), (300, 1, "0.33%"), (4, 4, "100.00%")],
)
def test_a_trace_of_rejection_is_not_called_none(rows, rejected, told):
    assert accounts.rejected_share(account(rows, rejected, "1", "0"), EN) == told


def reconciliation(*rows):
    names = ("loan_balance", "ledger_balance", "difference", "explained", "unexplained")
    return pl.DataFrame(
        [
            {
                "branch_id": f"B{place}",
                "gl_account_code": "1301",
                "currency_code": currency,
                **{
                    name: None if value is None else Decimal(value)
                    for name, value in zip(names, sides, strict=True)
                },
                "unexplained_in_base": None if base is None else Decimal(base),
                "tolerance": Decimal(1),
                "reconciled": same,
            }
            for place, (currency, sides, base, same) in enumerate(rows)
        ],
        schema_overrides={
            **dict.fromkeys(names, pl.Decimal(38, 2)),
            "unexplained_in_base": pl.Decimal(38, 2),
        },
    )


LEDGER = reconciliation(
    ("CNY", (100, 100, 0, 0, 0), 0, True),
    ("CNY", (100, 130, -30, -30, 0), 0, True),
    ("CNY", (100, 90, 10, 0, 10), 10, False),
    ("CNY", (None, 25, -25, 0, -25), -25, False),
    ("XAU", (7, None, 7, 0, 7), None, False),
)


def test_open_accounts_are_summed_each_for_itself_and_those_without_a_rate_apart():
    found = ledger.summary(LEDGER)
    assert (found.accounts, found.open, found.amount, found.without_rate) == (5, 3, Decimal(35), 1)
    assert ledger.told(found, EN) == (
        "3 of 5 accounts do not agree with the ledger; CNY 35 unexplained in all; "
        "1 of them in a currency without a rate, in no sum."
    )
    only = ledger.summary(LEDGER.filter(pl.col("currency_code") == "XAU"))
    assert only.amount is None
    assert "CNY 0" not in ledger.told(only, EN)


def test_accounts_are_worded_and_the_open_ones_stand_first():
    ordered = ledger.in_order(LEDGER)
    assert ordered["branch_id"].to_list() == ["B4", "B3", "B2", "B0", "B1"]
    assert [ledger.state(row, Language.EN) for row in ordered.to_dicts()] == [
        (Standing.BAD, "loans, not in the ledger"),
        (Standing.BAD, "in the ledger, no loan"),
        (Standing.BAD, "the loans are above the ledger"),
        (Standing.GOOD, "agrees"),
        (Standing.GOOD, "explained"),
    ]


def test_a_currency_is_added_up_in_itself_and_a_missing_side_stays_empty():
    sums = ledger.sums(LEDGER).select("currency_code", "loan_balance", "ledger_balance")
    assert sums.rows() == [("CNY", Decimal(300), Decimal(345)), ("XAU", Decimal(7), None)]


def test_the_file_has_every_rejected_row_and_nothing_in_it_runs_as_a_formula(lake):
    found, _ = read(lake)
    text = rejections.export(found.rejected, Language.EN).decode("utf-8-sig")
    head, *rows = text.splitlines()
    assert head.split(",")[:6] == [
        *("as_of_date", "snapshot_version", "table", "source_file", "row_in_file", "branch_id")
    ]
    assert len(rows) == 4
    assert "E0102; E0109" in rows[2]
    assert "Book it elsewhere.; Name the client." in rows[2]
    risky = pl.DataFrame({"said": ["=1+1", "-2", "@a", "fine", None], "amount": [-1, 2, 3, 4, 5]})
    assert to_csv(risky).decode("utf-8-sig").splitlines()[1:] == [
        "'=1+1,-1",
        "'-2,2",
        "'@a,3",
        "fine,4",
        ",5",
    ]


def test_a_row_that_is_no_record_is_shown_word_for_word():
    assert rejections.as_delivered("<broken", Language.EN) == "&lt;broken"
    assert rejections.as_delivered('{"a": "1"}', Language.EN).startswith(
        "<details><summary>a 1</summary>"
    )


def test_rejects_without_kept_wording_say_so():
    row = {
        "rule_ids": ["E0101"],
        "reasons_en": None,
        "remedies_en": None,
        "problems": [],
        "as_delivered": "{}",
    }
    assert "wording of the rule was not kept" in rejections.why(row, Language.EN)
