"""The metric page in process: its figures are the facts', its controls the address, its refusals words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlparse

import polars as pl
import pytest

from dashboards.app_pages.metric_parts.asked import ORDERS, SECTIONS
from dashboards.figure import read as figure
from records.access import Scope
from records.deliveries import Deliveries
from records.ledger.check_ins import CheckIn
from records.ledger.ledger import Ledger
from records.published import Published
from records.workspace import Workspace
from tests.app.reading import html, lines, words
from tests.app.small_bank import AS_OF, MONTHS, NO_GREEN, publish, small_bank


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Workspace:
    return small_bank(tmp_path_factory.mktemp("metric") / "bank")


@pytest.fixture(scope="module")
def restated(tmp_path_factory) -> Workspace:
    """September was published again: head office had 14.9 % at first, and 13.0 % is known now."""
    workspace = small_bank(tmp_path_factory.mktemp("restated") / "bank")
    publish(workspace, MONTHS[-2], back=20, version=2)
    return workspace


def said(app) -> str:
    return " ".join(words(app).split())


def links(app) -> list[dict[str, str]]:
    """Where the page leads to, by parameter; `page` is the page itself."""
    found = []
    for piece in html(app).split('href="')[1:]:
        parts = urlparse(unescape(piece.split('"')[0]))
        values = {name: value[0] for name, value in parse_qs(parts.query).items()}
        found.append({"page": parts.path, **values})
    return found


def test_the_head_shows_the_fact_with_its_target_its_changes_and_what_it_is_made_from(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="sei_share")
    assert not app.exception
    fact = (
        Published(bank.lake)
        .facts(Scope.whole_bank("test"), as_of=AS_OF)
        .filter(pl.col("metric_id") == "sei_share", pl.col("branch_id") == "B101")
        .collect()
        .row(0, named=True)
    )
    assert (fact["numerator"], fact["denominator"]) == (Decimal(50_000_000), Decimal(500_000_000))
    assert app.title[0].value == "SEI share · Harbour <b>& Sons</b> Branch"
    text = said(app)
    assert "SEI share 10.0%, 1.6 pp short of 11.6%; +1.0 pp since year end." in text
    assert "Target 11.6% ■ missed 1.6 pp short needs +CNY 8.0 m at a flat book" in text
    assert "Previous month +0.1 pp 9.9%" in text
    assert "Previous year end +1.0 pp 9.0%" in text
    assert "Same month last year +1.2 pp 8.8%" in text
    assert "Numerator SEI loan (confirmed) CNY 50.0 m ›" in text
    assert "Denominator Corporate loan CNY 500.0 m ›" in text


def test_the_numbers_lead_to_their_loans_and_the_line_below_to_the_definition(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="sei_share", reading="confirmed")
    loans = [one for one in links(app) if one["page"] == "loans"]
    assert {(one["branch"], one["metric"], one["reading"]) for one in loans} == {
        ("B101", "sei_share", "confirmed")
    }
    assert {one["side"] for one in loans if "side" in one} == {"numerator", "denominator"}
    meaning = [one for one in links(app) if one["page"] == "catalogue" and "metric" in one]
    assert [one["metric"] for one in meaning] == ["sei_share"]
    assert "SEI loan (confirmed) ÷ Corporate loan." in said(app)


def test_units_above_are_reached_with_the_same_metric(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="npl_ratio")
    above = [one for one in links(app) if one["page"] == "metric" and one["branch"] in {"HO", "R1"}]
    assert {(one["branch"], one["metric"]) for one in above} == {
        ("HO", "npl_ratio"),
        ("R1", "npl_ratio"),
    }


def test_lower_is_better_and_a_tolerance_are_told_in_favourable_words(opened, bank):
    text = said(opened(bank, "metric", branch="B201", metric="npl_ratio"))
    assert "NPL ratio 0.08%, target 1.00%: 0.92 pp headroom" in text
    text = said(opened(bank, "metric", branch="B101", metric="inclusive_npl_tolerance"))
    assert "Tolerance headroom: 0.46 pp over the limit (limit 4.04%)" in text
    assert "Limit 4.04% ■ exceeded" in text


def test_a_figure_of_the_year_so_far_has_no_year_end_to_be_compared_with(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="first_time_clients_ytd")
    text = said(app)
    assert "First-time clients 12, 12 clients short of 24." in text  # no change since the year end
    assert "Previous month +1 client 11" in text
    assert "Covers the year so far and starts anew each year" in html(app)


def test_the_trend_has_every_month_and_its_table_says_the_same(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="sei_share")
    assert len(app.get("vega_lite_chart")) == 1
    table = lines(app, "Strategic emerging industry loan share by month")
    assert len(table) == len(MONTHS)
    assert table[0] == ["Oct 26", "10.0%", "11.6%", "■ missed"]
    assert table[-1] == ["Oct 25", "8.8%", "11.6%", "■ missed"]
    assert "Change log" not in [one.label for one in app.expander]


def test_a_restated_month_stands_in_the_change_log_with_both_numbers_and_the_flip(opened, restated):
    app = opened(restated, "metric", branch="HO", metric="sei_share", comparison="previous_month")
    assert "Change log: months reported otherwise (1)" in [one.label for one in app.expander]
    assert lines(app, "Change log") == [
        [
            "Sep 26",
            "14.90%",
            "13.00%",
            "−1.90 pp",
            "▲ near → ■ missed",
            "Not delivered again: built anew, since a target, a definition or a month it rests on changed.",
        ]
    ]
    assert "SEI share 15.0%, target 15.0%: on target; +2.0 pp on the month." in said(app)
    assert "Hollow: as first reported." in app.caption[0].value


def test_what_somebody_said_about_the_figure_is_marked_on_its_month_and_of_others_nothing(
    opened, tmp_path
):
    workspace = small_bank(tmp_path / "bank")
    entries = Ledger.of(workspace, dict[str, str]().get).check_ins
    for reading in ("confirmed", "broad"):
        entry = CheckIn(
            branch_id="B101",
            metric_id="sei_share",
            reading=reading,
            as_of_date=MONTHS[-2],
            snapshot_version=1,
            comment=f"a large client repaid ({reading})",
        )
        entries.add(Scope.whole_bank("test"), entry, by="Li", at=datetime(2026, 11, 2, tzinfo=UTC))
    app = opened(workspace, "metric", branch="B101", metric="sei_share")
    assert "Diamond: somebody commented." in app.caption[0].value
    drawn = app.get("vega_lite_chart")[0].proto.spec
    assert "Li: a large client repaid (confirmed)" in drawn
    assert "(broad)" not in drawn
    app = opened(workspace, "metric", branch="B101", metric="npl_ratio")
    assert "Diamond" not in app.caption[0].value


def test_why_a_month_was_delivered_again_may_name_any_branch_and_is_for_the_whole_bank(
    restated, monkeypatch
):
    why = {(MONTHS[-2], 2): "loans of B201 were told as substandard"}
    monkeypatch.setattr(figure, "_reasons", lambda *_: why)
    asked = figure.Question("B101", "sei_share", "confirmed", None, AS_OF, (), ())
    published, deliveries = Published(restated.lake), Deliveries(restated.lake)
    whole = figure.read(published, deliveries, Scope.whole_bank("test"), asked)
    assert whole.reasons == why
    assert figure.read(published, deliveries, Scope.of("chen", ["B101"]), asked).reasons == {}


def test_as_reported_the_first_number_is_shown_and_the_book_is_not_asked(opened, restated):
    asked = {"branch": "HO", "metric": "sei_share", "comparison": "previous_month"}
    app = opened(restated, "metric", version="reported", **asked)
    assert "+0.1 pp on the month." in said(app)
    assert not [one for one in app.expander if one.label.startswith("Change log")]
    only = "This is worked out on the book as it is known now."
    for section in ("causes", "beside"):
        app = opened(restated, "metric", version="reported", section=section, **asked)
        assert [one.value for one in app.info if one.value.startswith(only)], section


def test_units_below_are_listed_in_the_order_asked_for_and_lead_on(opened, bank):
    asked = {"branch": "HO", "metric": "loan_balance", "section": "beside"}
    app = opened(bank, "metric", order="name", **asked)
    table = lines(app, "Units below Head Office")
    assert [row[0] for row in table] == ["Head Office", "North Region ›", "South Region ›"]
    assert table[1][1] == "CNY 500.0 m"
    below = {one["branch"] for one in links(app) if one["page"] == "metric"}
    assert {"R1", "R2"} <= below
    app = opened(bank, "metric", branch="HO", metric="sei_share", section="beside", order="value")
    table = lines(app, "Units below Head Office")
    assert [row[:2] for row in table[1:]] == [
        ["South Region ›", "20.0%"],
        ["North Region ›", "10.0%"],
    ]
    app = opened(bank, "metric", branch="B201", metric="sei_share", section="beside")
    assert "Garden Branch has no units below it." in [one.value for one in app.markdown]


def test_of_units_below_those_furthest_behind_their_own_target_come_first(opened, bank):
    app = opened(bank, "metric", branch="R1", metric="sei_share", section="beside")
    table = lines(app, "Units below North Region")
    assert table[1] == [
        "Harbour <b>& Sons</b> Branch ›",
        "10.0%",
        "11.6%",
        "1.6 pp short",
        "+1.0 pp",
        "■ missed",
        "› loans",
    ]


def test_controls_write_the_address_and_the_page_follows(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="sei_share")
    sections = next(one for one in app.get("button_group") if one.key == "choose_section")
    assert sections.value == "causes"
    sections.set_value("parts").run()
    assert app.query_params["section"] == "parts"
    cuts = next(one for one in app.get("button_group") if one.key == "choose_slice")
    cuts.set_value("sei_field").run()
    assert app.query_params["slice"] == "sei_field"
    app.selectbox(key="choose_reading").set_value("broad").run()
    assert app.query_params["reading"] == "broad"
    app.selectbox(key="choose_metric").set_value("npl_ratio").run()
    assert app.query_params["metric"] == "npl_ratio"
    assert "reading" not in app.query_params
    assert "slice" not in app.query_params
    assert app.title[0].value.startswith("NPL ratio")


def test_without_a_metric_the_first_that_the_unit_is_measured_by_is_shown_and_written(opened, bank):
    app = opened(bank, "metric", branch="B101")
    assert app.query_params["metric"] == "sei_share"
    assert app.title[0].value.startswith("SEI share")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"metric": "sei_shares"}, "There is no metric sei_shares in the catalogue."),
        (
            {"reading": "loose"},
            "loose is no reading of sei_share. Choose one of: strict, confirmed, broad, all_loans.",
        ),
        (
            {"slice": "product_type"},
            "sei_share cannot be cut by product_type. Choose one of: enterprise_size, region,",
        ),
        ({"section": "secrets"}, f"secrets is no part of this page. Choose one of: {SECTIONS[0]},"),
        ({"order": "luck"}, f"luck is no order. Choose one of: {ORDERS[0]},"),
        ({"branch": "B999"}, "There is no branch B999 at 31 Oct 2026"),
    ],
)
def test_what_the_address_asks_wrongly_is_refused_and_no_figure_is_shown(
    opened, bank, asked, reason
):
    app = opened(bank, "metric", **{"branch": "B101", "metric": "sei_share", **asked})
    assert not app.exception
    (error,) = app.error
    assert error.value.startswith(reason)
    assert "pp short" not in said(app)
    assert not app.get("vega_lite_chart")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"reading": "loose"}, "loose 不是指标 sei_share 的有效口径"),
        ({"slice": "product_type"}, "指标 sei_share 不能按 product_type 拆分"),
        ({"section": "secrets"}, "secrets 不是本页的栏目"),
        ({"order": "luck"}, "luck 不是有效的排序方式"),
    ],
)
def test_a_refusal_is_in_the_readers_language(opened, bank, asked, reason):
    app = opened(
        bank, "metric", language="zh", **{"branch": "B101", "metric": "sei_share", **asked}
    )
    assert next(one.value for one in app.error).startswith(reason)


def test_a_metric_that_cannot_be_computed_says_why_and_draws_nothing(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="green_share")
    assert not app.exception
    assert f"Green share: not given. {NO_GREEN}." in said(app)
    assert not app.get("vega_lite_chart")
    assert NO_GREEN in app.info[0].value
    assert "0.0%" not in said(app)


def test_a_metric_that_was_not_published_for_a_unit_is_said(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="mlt_share")
    assert not app.exception
    assert [one.value for one in app.info] == [
        "Long term was not published for Harbour <b>& Sons</b> Branch this month."
    ]


def test_a_reading_that_was_not_published_is_said_and_never_another_ones_figure(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="sei_share", reading="broad")
    assert not app.exception
    assert "10.0%" not in said(app)
    assert app.info[0].value.startswith("SEI share was not published")


def test_a_metric_with_one_reading_and_one_without_slices_say_so(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="npl_ratio", section="readings")
    assert "NPL ratio has one reading only." in text_of(app)
    app = opened(bank, "metric", branch="B101", metric="provision_coverage", section="parts")
    assert "is not cut: its parts would say nothing about the whole." in text_of(app)
    app = opened(bank, "metric", branch="B101", metric="sei_share", section="parts")
    assert app.info[0].value == (
        "The book of 31 Oct 2026 cannot be cut by Enterprise size here: nothing is published of it."
    )


def text_of(app) -> str:
    return " ".join(one.value for one in app.markdown)


def test_what_takes_the_book_says_so_where_no_book_is_open(opened, bank):
    for section in ("causes", "beside"):
        app = opened(bank, "metric", branch="B101", metric="sei_share", section=section)
        assert [one.value for one in app.info] == [
            "This needs the bank's books, which are not open to this dashboard."
        ]


def test_the_page_speaks_chinese(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="sei_share", language="zh", section="beside")
    assert app.title[0].value == "港口分行 · 战新占比"
    text = said(app)
    assert "战新占比 10.0%，目标 11.6%，差 1.6" in text
    assert "比年初+1.0" in text
    assert "对公贷款" in text
    assert lines(app, "港口分行下属机构")[1][0] == "码头支行 ›"


def test_a_gap_of_two_metrics_leads_to_both_of_them(opened, bank):
    app = opened(bank, "metric", branch="B101", metric="sei_growth_gap")
    assert not app.exception
    others = {one.get("metric") for one in links(app) if one["page"] == "metric"}
    assert {"sei_growth_ytd", "loan_growth_ytd"} <= others


def test_a_name_cannot_smuggle_markup_into_the_page(opened, bank):
    app = opened(bank, "metric", branch="R1", metric="sei_share", section="beside")
    assert "<b>& Sons" not in html(app)


def test_months_that_were_never_published_are_gaps_and_no_zeros(opened, tmp_path):
    days = [date(2026, 6, 30), date(2026, 9, 30), date(2026, 10, 31)]
    workspace = small_bank(tmp_path / "bank", months=days)
    app = opened(
        workspace, "metric", branch="B101", metric="sei_share", comparison="previous_month"
    )
    table = lines(app, "Strategic emerging industry loan share by month")
    assert [row[:2] for row in table] == [
        ["Oct 26", "10.0%"],
        ["Sep 26", "9.9%"],
        ["Aug 26", "–"],
        ["Jul 26", "–"],
        ["Jun 26", "9.8%"],
    ]
