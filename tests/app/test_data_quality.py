"""The data-quality page in process: what was taken, what was not, what differs, and who has to act."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from records.deliveries import Deliveries, TableDelivery
from records.workspace import Workspace, create
from tests.app import small_bank as small
from tests.app.reading import html, lines, words
from tests.app.small_bank import AS_OF, LOANS, account, override, publish, small_bank

BEFORE = small.MONTHS[-2]


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Workspace:
    """A provisional month with rejected rows and overrides."""
    workspace = create(
        tmp_path_factory.mktemp("quality") / "bank", name="Harbour Bank", base_currency="CNY"
    )
    small.deliver(workspace, AS_OF)
    override(workspace)
    publish(workspace, AS_OF, quality="provisional")
    return workspace


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Workspace:
    """A month of which nothing was rejected, found or left open."""
    workspace = create(
        tmp_path_factory.mktemp("clean") / "bank", name="Harbour Bank", base_currency="CNY"
    )
    counts = {"source_rows": 2, "delivered_rows": 2, "accepted_rows": 2, "rejected_rows": 0}
    booked = account([("B101", 1, 0, "10", "0"), ("B201", 1, 0, "20", "0")], "loan_snapshot")
    delivery = TableDelivery(
        "loan_snapshot",
        {**small.BATCH, **counts},
        LOANS.lazy(),
        small.rejected().clear(),
        booked,
    )
    Deliveries(workspace.lake).store(AS_OF, 1, "batch1", [delivery])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small, "findings", FINDINGS.clear)
        patch.setattr(small, "failing_rows", FAILING.clear)
        publish(workspace, AS_OF)
    return workspace


FINDINGS, FAILING = small.findings(), small.failing_rows()


def said(app) -> str:
    """Everything on the page that is HTML, with single spaces."""
    return " ".join(words(app).split())


def open_section(opened, workspace, section, **more):
    app = opened(workspace, "data_quality", section=section, **more)
    assert not app.exception
    return app


def test_the_page_opens_with_whether_the_month_can_be_signed(opened, bank):
    app = opened(bank, "data_quality")
    assert not app.exception
    assert app.title[0].value == "Data quality: Head Office"
    assert (
        "Not ready to be signed: findings: 1 error, 1 warning; ledger: CNY 5.0 m open; "
        "rejected: 4 (0.33%); overrides: 1 about to end, 1 without effect, 1 in force. "
        "0 of 2 units have nothing open."
    ) in said(app)


def test_readiness_is_a_matrix_of_units_by_step_the_worst_first(opened, bank):
    found = lines(opened(bank, "data_quality"), "Units by step, the worst first")
    assert found[0][:5] == [
        "Head Office",
        "● 1,204 loans",
        "▲ 4 (0.33%)",
        "■ 1 error, 1 warning",
        "■ CNY 5.0 m open",
    ]
    by_name = {line[0]: line[1:] for line in found[1:]}
    assert by_name["Harbour <b>& Sons</b> Branch ›"] == [
        "● 703 loans",
        "▲ 3 (0.43%)",
        "▲ 1 warning",
        "■ CNY 5.0 m open",
        "● 1 in force",
        "● v1",
    ]
    assert by_name["Elsewhere"] == [
        "● 1 loans",
        "■ 1 (100.00%)",
        "● none",
        "",
        "▲ 1 without effect",
        "",
    ]
    assert found[1][0] == "Garden Branch ›"


def test_every_step_leads_to_the_rows_behind_it(opened, bank):
    shown = html(opened(bank, "data_quality"))
    assert re.search(r'href="data-quality\?[^"]*branch=B101&amp;section=rejected"', shown)
    assert re.search(r'href="data-quality\?[^"]*branch=B201&amp;section=findings"', shown)
    assert re.search(r'href="data-quality\?[^"]*branch=B101"', shown)


def test_the_account_by_unit_adds_up_to_the_whole_in_rows_and_in_money(opened, bank):
    app = open_section(opened, bank, "deliveries")
    whole, *below = lines(app, "Accepted + rejected = delivered, by unit")
    assert whole[1:4] == ["1,200", "4", "1,204"]
    assert whole[5:8] == ["1,000,000,000.00", "4.00", "1,000,000,004.00"]

    def number(text):
        return Decimal(text.replace(",", ""))

    assert [line[0] for line in below] == [
        "Harbour <b>& Sons</b> Branch ›",
        "Garden Branch ›",
        "Elsewhere",
    ]
    for place in (1, 2, 3, 5, 6, 7):
        assert sum(number(line[place]) for line in below) == number(whole[place])
    for line in (whole, *below):
        assert number(line[1]) + number(line[2]) == number(line[3])
        assert number(line[5]) + number(line[6]) == number(line[7])


def test_every_table_the_month_rests_on_is_listed_with_how_it_was_read(opened, bank):
    app = open_section(opened, bank, "deliveries", table="branch")
    found = {line[0]: line[1:] for line in lines(app, "Tables the month is computed with")}
    assert found["Loan snapshot"][:6] == [
        "loans.csv",
        "read as UTF-8, 3 columns",
        "1,204",
        "4",
        "1.00 bn",
        "v1",
    ]
    assert found["Branch"][4] == "–"
    (branches, *_) = lines(app, "Accepted + rejected = delivered, by unit")
    assert branches == ["Head Office", "6", "0", "6", "0.00%"]
    nothing = open_section(opened, bank, "deliveries", table="override")
    assert "Nothing of this table was delivered for Head Office." in nothing.info[0].value


def test_a_carried_table_is_named_as_such_and_a_replaced_delivery_is_kept(opened, tmp_path):
    workspace = create(tmp_path / "bank", name="Harbour Bank", base_currency="CNY")
    small.deliver(workspace, BEFORE)
    deliveries = Deliveries(workspace.lake)
    counts = {"source_rows": 1, "delivered_rows": 1, "accepted_rows": 1, "rejected_rows": 0}
    for version, rows in ((1, "7"), (2, "9")):
        delivery = TableDelivery(
            "loan_snapshot",
            {
                **small.BATCH,
                **counts,
                "source_file": f"loans{version}.csv",
                "reason": "Late <booking>" if version == 2 else None,
            },
            LOANS.head(1).lazy(),
            small.rejected().clear(),
            account([("B101", 1, 0, rows, "0")], "loan_snapshot"),
        )
        deliveries.store(AS_OF, version, f"batch{version}", [delivery])
    publish(workspace, AS_OF, version=2)
    app = open_section(opened, workspace, "deliveries")
    found = {line[0]: line for line in lines(app, "Tables the month is computed with")}
    assert found["Branch"][6] == "carried from 30 Sep 2026"
    assert found["Loan snapshot"][1] == "loans2.csv"
    assert found["Loan snapshot"][-1] == "Late <booking>"
    assert "loans1.csv" in html(app).split("Replaced deliveries")[1]
    assert "v2, restated: Late <booking>" in said(app)
    assert "all 1 loans accepted" in said(app)


def test_a_table_delivered_again_replaces_its_account_and_its_rejected_rows(opened, tmp_path):
    workspace = create(tmp_path / "bank", name="Harbour Bank", base_currency="CNY")
    # The first delivery still stands for the branches that came with it.
    small.deliver(workspace, AS_OF)
    counts = {"source_rows": 1, "delivered_rows": 1, "accepted_rows": 1, "rejected_rows": 0}
    again = TableDelivery(
        "loan_snapshot",
        {**small.BATCH, **counts},
        LOANS.head(1).lazy(),
        small.rejected().clear(),
        account([("B101", 1, 0, "9", "0")], "loan_snapshot"),
    )
    Deliveries(workspace.lake).store(AS_OF, 2, "again", [again])
    publish(workspace, AS_OF, version=2)
    app = open_section(opened, workspace, "rejected")
    assert "all 1 loans accepted" in said(app)
    assert "Nothing was rejected" in app.success[0].value


def test_rejected_rows_are_shown_as_delivered_with_reason_and_remedy(opened, bank):
    app = open_section(opened, bank, "rejected")
    found = lines(app, "Rejected rows")
    assert [line[1] for line in found] == ["3", "44", "97", "1,204"]
    file, _, unit, why, amount, row = found[2]
    assert file == "loans.csv Loan snapshot"
    assert unit == "Harbour <b>& Sons</b> Branch"
    assert why == (
        "E0102 The principal is below zero. Book it elsewhere. "
        "E0109 The <loan> has no client. Name the client. client: empty"
    )
    assert amount == "1.00 CNY"
    assert row == (
        "loan_id L97, balance 1.00 and 2 more columns "
        "loan_id L97 balance 1.00 client – note <b>=1+1"
    )
    assert "<b>=1+1" not in html(app)
    assert found[3][2] == "B999"


def test_rejected_rows_are_filtered_by_rule_and_an_address_keeps_it(opened, bank):
    app = open_section(opened, bank, "rejected", rule="E0109")
    assert [line[1] for line in lines(app, "Rejected rows")] == ["97"]
    app.selectbox(key="choose_rule").set_value("E0103").run()
    assert app.query_params["rule"] == "E0103"
    assert [line[1] for line in lines(app, "Rejected rows")] == ["1,204"]
    for asked in ({"rule": "E0999"}, {"table": "branch"}):
        none = open_section(opened, bank, "rejected", **asked)
        assert "No row matches the filters." in none.info[0].value


def test_rejected_rows_are_worded_in_chinese(opened, bank):
    app = open_section(opened, bank, "rejected", language="zh")
    assert app.title[0].value == "数据质量：总行"
    assert lines(app, "拒收行")[3][3] == "E0103 机构不存在。 请更正机构。"


def test_a_branch_sees_its_own_rows_only(opened, bank):
    app = open_section(opened, bank, "rejected", branch="B101")
    assert [line[1] for line in lines(app, "Rejected rows")] == ["3", "44", "97"]
    assert "700 of 703 loans accepted" in said(app)
    other = open_section(opened, bank, "rejected", branch="B201")
    assert other.success[0].value == "Nothing of Garden Branch was rejected."


def test_findings_stand_by_rule_and_the_gravest_first(opened, bank):
    app = open_section(opened, bank, "findings")
    assert lines(app, "Findings") == [
        ["E1110 ›", "■ error", "Loan events", "2", "–", "why what to do"],
        ["W0209 ›", "▲ warning", "Loan snapshot", "1,234", "10.00", "why what to do"],
    ]


def test_a_rule_in_the_address_leads_to_its_failing_rows(opened, bank):
    app = opened(bank, "data_quality", rule="E1110")
    assert not app.exception
    assert lines(app, "E1110: the failing rows") == [
        ["V<1>", "Garden Branch", "7", "–"],
        ["V2", "Garden Branch", "9", "–"],
    ]
    assert lines(app, "By unit") == [["Garden Branch ›", "2", "–"]]


def test_without_kept_rows_a_finding_shows_its_examples_and_says_so(opened, bank):
    app = opened(bank, "data_quality", rule="W0209")
    assert lines(app, "W0209: the failing rows") == [["L1", "Harbour <b>& Sons</b> Branch"]]
    assert "were not kept" in " ".join(caption.value for caption in app.caption)


def test_a_rule_that_found_nothing_is_said(opened, bank):
    app = opened(bank, "data_quality", rule="E9999")
    assert "No rule E9999 found anything here. Rules with findings: E1110, W0209." in (
        app.error[0].value
    )


def test_the_ledger_shows_what_is_open_in_plain_words(opened, bank):
    app = open_section(opened, bank, "ledger")
    assert "1 of 2 accounts do not agree with the ledger; CNY 5.0 m unexplained in all." in words(
        app
    )
    whole, line = lines(app, "Ledger")
    assert whole[3:8] == [
        "700,000,000.00",
        "705,000,000.00",
        "−5,000,000.00",
        "0.00",
        "−5,000,000.00",
    ]
    assert line == [
        "Harbour Pier Sub-branch",
        "1301",
        "CNY",
        "200,000,000.00",
        "205,000,000.00",
        "−5,000,000.00",
        "0.00",
        "−5,000,000.00",
        "20,000.00",
        "■ the ledger is above the loans",
    ]
    everything = open_section(opened, bank, "ledger", show="all")
    assert [line[-1] for line in lines(everything, "Ledger")[1:]] == [
        "■ the ledger is above the loans",
        "● agrees",
    ]
    assert app.get("vega_lite_chart")


def test_overrides_stand_by_what_has_to_be_done_about_them(opened, bank):
    app = open_section(opened, bank, "overrides")
    assert "5 overrides: 1 about to end, 1 without effect, 2 ended, 1 in force." in said(app)
    found = lines(app, "Overrides")
    assert [(line[0], line[1].split(" no such")[0]) for line in found] == [
        ("O-2", "▲ About to end"),
        ("O-3", "■ Without effect"),
        ("O-4", "○ Ended"),
        ("O-5", "○ Ended"),
        ("O-1", "● In force"),
    ]
    assert found[0][2:5] == ["L2 Loan snapshot", "Garden Branch", "sei_tag 2 → 4"]
    own = open_section(opened, bank, "overrides", branch="B101")
    assert [line[0] for line in lines(own, "Overrides")] == ["O-4", "O-1"]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("rejected", "Nothing was rejected: every delivered row was accepted."),
        ("findings", "The checks found nothing here."),
    ],
)
def test_nothing_to_show_is_told_as_good_news(opened, clean, section, told):
    app = open_section(opened, clean, section)
    assert app.success[0].value == told
    assert not app.get("vega_lite_chart")


def test_a_clean_month_can_be_signed(opened, clean):
    app = opened(clean, "data_quality")
    assert "Nothing is open: the month can be signed." in said(app)
    assert "all 2 loans accepted" in said(app)
    ledger = open_section(opened, clean, "ledger")
    assert "All 2 accounts agree with the ledger." in said(ledger)
    overrides = open_section(opened, clean, "overrides")
    assert "No overrides were delivered" in overrides.info[0].value


def test_without_a_ledger_nothing_is_called_reconciled(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF], quality="not_reconciled")
    app = open_section(opened, workspace, "ledger")
    assert "No ledger totals were delivered for this month" in app.warning[0].value
    whole = lines(opened(workspace, "data_quality"), "Units by step, the worst first")[0]
    assert whole[4] == "○ no ledger"


def test_what_was_delivered_since_and_what_is_not_published_is_said(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF])
    late = {**small.BATCH, "received_at": datetime(2026, 11, 20, tzinfo=UTC)}
    counts = {"source_rows": 2, "delivered_rows": 2, "accepted_rows": 2, "rejected_rows": 0}
    delivery = TableDelivery(
        "loan_snapshot",
        {**late, **counts},
        LOANS.lazy(),
        small.rejected().clear(),
        account([("B101", 2, 0, "2", "0")], "loan_snapshot"),
    )
    deliveries = Deliveries(workspace.lake)
    deliveries.store(AS_OF, 2, "late", [delivery])
    deliveries.store(date(2026, 11, 30), 1, "next", [delivery])
    app = opened(workspace, "data_quality")
    assert "(a newer delivery waits for the build)" in said(app)
    assert "1,200 of 1,204 loans accepted" in said(app)
    assert "▲ v1, newer waits" in said(app)
    assert "Delivered and not published: 30 Nov 2026." in app.info[0].value


def test_a_unit_that_had_loans_and_delivered_none_is_missing(opened, tmp_path):
    workspace = create(tmp_path / "bank", name="Harbour Bank", base_currency="CNY")
    small.deliver(workspace, BEFORE)
    counts = {"source_rows": 1, "delivered_rows": 1, "accepted_rows": 1, "rejected_rows": 0}
    delivery = TableDelivery(
        "loan_snapshot",
        {**small.BATCH, **counts},
        LOANS.head(1).lazy(),
        small.rejected().clear(),
        account([("B101", 1, 0, "7", "0")], "loan_snapshot"),
    )
    Deliveries(workspace.lake).store(AS_OF, 1, "batch9", [delivery])
    publish(workspace, AS_OF)
    found = lines(opened(workspace, "data_quality"), "Units by step, the worst first")
    assert found[1][:2] == ["Garden Branch ›", "■ missing"]


def test_a_month_without_an_account_says_so_and_shows_no_zero(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF], with_delivery=False)
    app = opened(workspace, "data_quality")
    assert not app.exception
    assert "rows and money were not counted when this month was delivered" in said(app)
    assert "○ not counted" in said(app)
    section = open_section(opened, workspace, "deliveries")
    assert "No rows and money were counted" in section.info[0].value


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"section": "nonsense"}, "nonsense is no section of this page. Choose one of: readiness,"),
        ({"branch": "B999"}, "There is no branch B999 at 31 Oct 2026"),
        ({"period": "2020-01-31"}, "31 Jan 2020 is not a published month"),
    ],
)
def test_what_the_address_asks_wrongly_is_said(opened, bank, parameters, told):
    app = opened(bank, "data_quality", **parameters)
    assert not app.exception
    assert told in app.error[0].value
    assert "<table" not in html(app)


@pytest.mark.parametrize(
    "section", ["readiness", "deliveries", "rejected", "findings", "ledger", "overrides"]
)
def test_every_section_speaks_chinese(opened, bank, section):
    app = open_section(opened, bank, section, language="zh")
    assert "1,204 笔贷款接收 1,200 笔" in said(app)
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', html(app))
    assert heads
    assert all(re.search(r"[\u4e00-\u9fff]", head) for head in heads)


def test_pictures_tell_their_numbers_in_words(opened, bank):
    app = open_section(opened, bank, "deliveries")
    (chart,) = app.get("vega_lite_chart")
    told = json.loads(chart.proto.spec)["description"]
    assert told == "Rejected share of delivered loans: Harbour <b>& Sons</b> Branch 0.43%"
