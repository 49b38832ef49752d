"""The pages in process: what they show equals the facts, and what they cannot show they say."""

import re
import sys
from decimal import Decimal
from html import unescape

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import scorecard, standing
from records.access import Scope
from records.published import Published
from records.workspace import Workspace, create
from tests.app.reading import APP, cells, html, words
from tests.app.small_bank import (
    AS_OF,
    NO_GREEN,
    OWN_METRIC,
    PLAIN,
    catalogue,
    publish,
    small_bank,
)


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Workspace:
    return small_bank(tmp_path_factory.mktemp("pages") / "bank")


def missing(app: AppTest) -> str:
    """The folded block of what cannot be computed, as a reader sees it once opened."""
    table = html(app).split('class="bm-reasons">')[1].split("</table>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", table)).split())


def test_the_branch_page_shows_the_figures_of_the_facts(opened, bank):
    app = opened(bank, "branch", branch="B101")
    assert not app.exception
    assert app.title[0].value == "Harbour <b>& Sons</b> Branch"
    fact = (
        Published(bank.lake)
        .facts(Scope.whole_bank("test"), as_of=AS_OF)
        .filter(pl.col("metric_id") == "sei_share", pl.col("branch_id") == "B101")
        .collect()
        .row(0, named=True)
    )
    assert (fact["value"], fact["target_value"], fact["status"]) == (
        Decimal("0.1"),
        Decimal("0.116"),
        "missed",
    )
    measure, value, _, gap, change, _, status, details = cells(app, "SEI share")
    assert measure == "SEI share confirmed Strategic emerging industry loan share"
    assert value == "10.0% target 11.6%"
    assert gap == "1.6 pp short needs +CNY 8.0 m at a flat book"
    assert change == "↑ +1.0 pp"
    assert status == "■ missed"
    assert details == "Loans ›"


def test_every_row_of_the_scorecard_is_on_the_page_of_its_family(opened, bank):
    rows = scorecard.rows(
        Published(bank.lake),
        Scope.whole_bank("test"),
        catalogue(),
        as_of=AS_OF,
        branch="B201",
        currency="CNY",
    )
    assert len(rows) == 6 + len(PLAIN)
    for family in {row.family for row in rows}:
        app = opened(bank, "branch", branch="B201", family=family)
        assert not app.exception
        for row in rows:
            if row.family != family:
                assert f">{row.short_name}</a>" not in html(app).split('class="bm-grid"')[0]
            elif row.reason:
                assert f"{row.reason} {row.name}" in missing(app)
            else:
                shown = cells(app, row.short_name)
                assert row.compact_text.split()[0] in shown[1]
                assert row.status_word in shown[-2]
                assert row.gap_text in " ".join(shown)


def test_a_scorecard_opens_with_what_stands_against_a_target_or_limit(opened, bank):
    table = html(opened(bank, "branch", branch="B101")).split('class="bm-card"')[1]
    assert re.findall(r'<th scope="row"[^>]*><a[^>]*>(.*?)</a>', table.split("</table>")[0]) == [
        "SEI share",
        "First-time clients",
        "NPL ratio",
        "Tolerance headroom",
    ]


def test_a_control_chooses_the_family_and_the_address_keeps_it(opened, bank):
    app = opened(bank)
    app.selectbox(key="choose_family").set_value("asset_quality").run()
    assert app.query_params["family"] == "asset_quality"
    assert cells(app, "Coverage")[1] == "210.4%"
    assert "family=asset_quality" in html(app).split('class="bm-grid"')[1]
    assert "Coverage" in html(app).split('class="bm-grid"')[1]


@pytest.mark.parametrize(
    ("family", "name", "value"),
    [
        ("price", "Spread of stock", "35.2 bp"),
        ("price", "Rate of stock", "3.86%"),
        ("green", "Settlement cycle", "92.4 days"),
        ("concentration", "Industry HHI", "1,234"),
        ("asset_quality", "Coverage", "210.4%"),
        ("sei", "SEI growth lead", "2.3 pp"),
    ],
)
def test_every_unit_is_printed_as_such(opened, bank, family, name, value):
    shown = cells(opened(bank, "branch", branch="B101", family=family), name)
    assert shown[1] == value


@pytest.mark.parametrize(
    ("family", "name", "note"),
    [
        ("price", "Spread of stock", "Neither more nor less is better: read, not judged."),
        ("asset_quality", "Coverage", "Belongs in a band that the regulator sets bank by bank"),
    ],
)
def test_a_figure_that_points_neither_way_is_not_judged(opened, bank, family, name, note):
    shown = cells(opened(bank, "branch", branch="B101", family=family), name)
    assert note in shown[2]
    assert shown[-2] == "– not judged"
    assert not re.search("ahead|short|headroom", " ".join(shown))


def test_whose_definition_it_is_stands_in_the_row_and_in_the_tooltip(opened, bank):
    app = opened(bank, "branch", branch="B101", family="concentration")
    assert cells(app, "Industry HHI")[0].startswith("Industry HHI ‡ own definition ")
    assert (
        "Own definition: there is no official one of that name." in html(app).split("</thead>")[1]
    )
    unverified = cells(opened(bank, "branch", branch="B101", family="price"), "Rate of stock")
    assert unverified[0].startswith("Rate of stock † unverified ")
    verified = cells(opened(bank, "branch", branch="B101", family="asset_quality"), "NPL ratio")
    assert verified[0] == "NPL ratio"


def test_a_workspaces_own_metric_is_on_the_pages_by_its_definition_alone(opened, tmp_path):
    workspace = create(tmp_path / "bank", name="Harbour Bank", base_currency="CNY")
    (workspace.root / "catalogue" / "mine.yaml").write_text(OWN_METRIC, encoding="utf-8")
    publish(workspace, AS_OF)
    app = opened(workspace, family="mine")
    assert not app.exception
    name, value, note, _, _, status, _ = cells(app, "Loans of ours")
    assert name == "Loans of ours ‡ own definition"
    assert (value, note, status) == ("250.0 m", "Agreed in the credit committee.", "– no target")
    assert "Loans of ours" in html(app).split('class="bm-grid"')[1]
    branch = opened(workspace, "branch", branch="B201", family="mine", language="zh")
    assert cells(branch, "我行自定义贷款")[1] == "1.25 亿"


def test_without_any_target_the_main_figures_are_shown(opened, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.app.small_bank.TARGETS", [])
    monkeypatch.setattr("tests.app.small_bank.LIMITED", False)
    workspace = small_bank(tmp_path / "bank", months=[AS_OF])
    app = opened(workspace)
    assert not app.exception
    assert "No approved targets." in words(app)
    assert cells(app, "Loans")[1] == "1.00 bn"
    assert cells(app, "SEI share")[2] == ""
    assert NO_GREEN in missing(app)


def test_what_cannot_be_computed_is_folded_with_its_reason_and_shows_no_zero(opened, bank):
    app = opened(bank, "branch", branch="B101", family="green")
    assert missing(app) == f"Reason Measures {NO_GREEN} Green loan share"
    assert "Cannot be given here (1)" in [box.label for box in app.expander]
    assert ">Green share</a>" not in html(app)


def test_a_family_without_any_figure_says_so(opened, bank):
    app = opened(bank, "branch", branch="B101", family="linkage")
    assert not app.exception
    assert "No figure of this family can be computed" in app.info[0].value


def test_lower_is_better_is_told_without_a_minus_sign(opened, bank):
    app = opened(bank, "branch", branch="B101")
    assert cells(app, "NPL ratio")[3] == "0.20 pp over target CNY 1.0 m too much at a flat book"
    assert cells(app, "Tolerance headroom")[3] == (
        "0.46 pp over the limit CNY 460 k above the limit"
    )


def test_the_overview_opens_with_where_the_bank_stands(opened, bank):
    app = opened(bank)
    assert not app.exception
    said = words(app)
    assert "1 of 1 targets met. 1 of 2 branches miss at least one target." in said
    assert "NPL tolerance exceeded: Harbour <b>& Sons</b> Branch" in said
    assert "1,200 of 1,204 loans accepted" in said
    assert "1,200 of 1,204 loans accepted, CNY 1.00 bn of CNY 1.00 bn; 4 rejected, CNY 4" in html(
        app
    )
    assert "error 1 (2 rows), warning 1 (1,234 rows)" in said
    assert "Local mode" in app.sidebar.caption[0].value


def test_the_matrix_groups_branches_by_region_and_links_each(opened, bank):
    table = html(opened(bank)).split('class="bm-grid"')[1]
    order = [table.index(name) for name in ("Head Office", "North Region", "Garden Branch")]
    assert order == sorted(order)
    shared = (
        "period=2026-10-31&amp;comparison=year_end&amp;version=now&amp;family=targets&amp;unit=auto"
    )
    assert f'href="branch?{shared}' in table
    assert "branch=B201" in table
    assert "20.0%" in table


def test_a_branch_name_cannot_smuggle_markup_into_the_page(opened, bank):
    assert "<b>& Sons</b>" not in html(opened(bank))


def test_the_matrix_sorts_by_the_gap_of_a_metric(opened, bank):
    app = opened(bank)
    app.selectbox(key="choose_sort").set_value("npl_ratio").run()
    assert app.query_params["sort"] == "npl_ratio"
    assert html(app).split('class="bm-grid"')[1].index("B101") > 0
    app = opened(bank, sort="behind")
    table = html(app).split('class="bm-grid"')[1]
    assert table.index("B101") < table.index("B201")
    app.selectbox(key="choose_sort").set_value("inclusive_npl_tolerance").run()
    assert not app.exception
    refused = opened(bank, sort="nonsense")
    assert (
        "The branches cannot be sorted by nonsense. Choose one of: region, behind, sei_share"
        in (refused.error[0].value)
    )
    assert "<table" not in html(refused)


def test_the_address_is_filled_in_so_that_a_link_reproduces_the_page(opened, bank):
    app = opened(bank, "branch", branch="B101")
    assert {
        name: app.query_params[name] for name in ("period", "comparison", "family", "language")
    } == {
        "period": "2026-10-31",
        "comparison": "year_end",
        "family": "targets",
        "language": "en",
    }


def test_a_control_writes_the_address_and_the_page_follows(opened, bank):
    app = opened(bank, "branch", branch="B101")
    app.sidebar.selectbox(key="choose_period").set_value("2026-09-30").run()
    assert app.query_params["period"] == "2026-09-30"
    assert cells(app, "SEI share")[1] == "9.9% target 11.6%"
    app.sidebar.selectbox(key="choose_comparison").set_value("previous_month").run()
    assert cells(app, "SEI share")[4] == "↑ +0.1 pp"
    assert cells(app, "First-time clients")[4] == "↑ +1 client"


@pytest.mark.parametrize("branch", ["B999", "", "b101", "<script>"])
def test_an_unknown_branch_is_answered_plainly_and_never_replaced(opened, bank, branch):
    app = opened(bank, "branch", branch=branch)
    assert not app.exception
    assert f"There is no branch {branch} at 31 Oct 2026" in app.error[0].value
    assert 'class="bm-card"' not in html(app)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"period": "2026-10-15"}, "did you mean 2026-10-31?"),
        ({"period": "tomorrow"}, "'tomorrow' is not a month end"),
        ({"period": "2020-01-31"}, "31 Jan 2020 is not a published month"),
        ({"comparison": "budget"}, "budget is no comparison"),
        ({"unit": "dozen"}, "dozen is no unit of amounts. Choose one of: auto, small, large."),
        ({"family": "profit"}, "profit is no family of metrics. Choose one of: targets, volume,"),
    ],
)
@pytest.mark.parametrize("page", ["overview", "branch"])
def test_what_the_address_asks_wrongly_is_said(opened, bank, page, parameters, said):
    app = opened(bank, page, **parameters)
    assert not app.exception
    assert said in app.error[0].value
    assert "<table" not in html(app)


def test_an_unknown_metric_is_said_beside_the_scorecard(opened, bank):
    app = opened(bank, "branch", branch="B101", metric="profit")
    assert "There is no metric profit" in app.error[0].value
    assert cells(app, "SEI share")


def test_the_pages_speak_chinese(opened, bank):
    app = opened(bank, language="zh")
    assert not app.exception
    assert "1 项目标达标 1 项。2 家机构中 1 家至少一项未达标。超出不良容忍度：港口分行。" in words(
        app
    )
    branch = opened(bank, "branch", branch="B101", language="zh")
    assert branch.title[0].value == "港口分行"
    assert cells(branch, "战新占比")[3] == "差 1.6 个百分点 按现有规模需增加 800 万元"
    green = opened(bank, "branch", branch="B101", language="zh", family="green")
    assert "表 loan_snapshot 无字段 green_tag 绿色贷款占比" in missing(green)
    assert cells(green, "结算周期")[1] == "92.4 天"
    price = opened(bank, "branch", branch="B101", language="zh", family="price")
    assert cells(price, "存量点差")[1] == "35.2 基点"
    assert cells(price, "存量点差")[-2] == "– 不评判"


def test_an_unknown_language_is_said_and_english_shown(opened, bank):
    app = opened(bank, language="fr")
    assert "There is no language fr." in app.warning[0].value
    assert "targets met" in words(app)


def test_a_provisional_book_carries_its_mark_and_amount(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF], quality="provisional")
    app = opened(workspace)
    said = words(app)
    assert "Provisional: CNY 5.0 m unexplained" in said
    assert "1: Harbour Pier Sub-branch" in said
    assert "31 Dec 2025 is not published" in app.main.markdown[0].value
    branch = opened(workspace, "branch", branch="B101")
    assert cells(branch, "SEI share")[-2] == "■ missed ◔ provisional: 5.0 m"
    assert cells(branch, "SEI share")[4] == "–"


SENTENCE = "Provisional: CNY 5.0 m unexplained"


def test_wherever_a_provisional_figure_stands_the_amount_stands_with_it(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF], quality="provisional")
    overview, branch = opened(workspace), opened(workspace, "branch", branch="R1")
    for app in (overview, branch):
        scorecard_, grid = html(app).split('class="bm-card"')[1].split('class="bm-grid"')
        told = scorecard_.split("</table>")[0]
        rows = told.split("<tbody>")[1].count("<tr>")
        assert rows
        assert told.count("provisional: 5.0 m</small>") == rows
        assert all(SENTENCE in alt for alt in re.findall(r'<img [^>]*alt="([^"]*)"', told))
        lines_ = re.findall(r"<tr class=.*?</tr>", grid.split("</table>")[0])
        assert lines_
        for line in lines_:
            assert "provisional: 5.0 m</small>" in line
            cells_ = re.findall(r'<td class="bm-number" title="([^"]*)"', line)
            assert cells_
            assert all(SENTENCE in title or NO_GREEN in title for title in cells_)
        assert SENTENCE in words(app)
    behind = html(overview).split('class="bm-list"')[1].split("</ul>")[0]
    assert behind.count("provisional: 5.0 m</small>") == behind.count("<li>") == 1


def test_a_final_figure_bears_no_mark(opened, bank):
    for app in (opened(bank), opened(bank, "branch", branch="B101")):
        assert "◔" not in html(app)
        assert "rovisional" not in html(app)


def test_an_unexplained_difference_without_a_rate_is_provisional_in_words(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF], quality="provisional", amount=None)
    app = opened(workspace, "branch", branch="B101")
    assert cells(app, "SEI share")[-2] == "■ missed ◔ provisional: amount not known"
    assert "Provisional: unexplained in a currency without a rate" in words(app)


def test_the_strip_leads_from_every_page_to_the_data_behind_its_unit(opened, bank):
    assert re.search(r'href="data-quality\?[^"]*branch=HO"', html(opened(bank)))
    app = opened(bank, "branch", branch="B201")
    assert re.search(r'href="data-quality\?[^"]*branch=B201"', html(app))
    assert "all 500 loans accepted" in words(app)
    assert "all 500 loans accepted, CNY 500.0 m; none rejected" in html(app)
    assert "500 accepted + 0 rejected = 500 delivered; CNY 500,000,000.00 + 0.00" in html(app)


def test_a_workspace_without_anything_published_says_what_to_do(opened, tmp_path):
    app = opened(create(tmp_path / "empty", name="New Bank", base_currency="CNY"))
    assert not app.exception
    assert app.title[0].value == "New Bank"
    assert "`branchmark ingest`" in app.markdown[0].value


def test_a_folder_that_is_no_workspace_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["app.py", "--workspace", str(tmp_path)])
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert "No workspace in" in app.error[0].value
    assert not app.exception


def test_a_new_publication_is_shown_on_the_next_run(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF])
    app = opened(workspace, "branch", branch="B101")
    assert cells(app, "SEI share")[1] == "10.0% target 11.6%"
    publish(workspace, AS_OF, back=10)
    app.run()
    assert cells(app, "SEI share")[1] == "9.0% target 11.6%"


def names_in_the_matrix(app):
    table = html(app).split('class="bm-grid"')[1].split("</table>")[0]
    return re.findall(r'scope="row"><a [^>]*>([^<]*)<', table)


def test_a_large_bank_is_folded_by_region_and_the_address_opens_one(opened, bank, monkeypatch):
    every = names_in_the_matrix(opened(bank))
    monkeypatch.setattr(standing, "MOST_LINES", 1)
    folded = opened(bank)
    assert names_in_the_matrix(folded) == ["Head Office", "North Region", "South Region"]
    assert 'aria-expanded="false" aria-label="North Region: branches: 1"' in html(folded)
    app = opened(bank, region="R1")
    assert [name in names_in_the_matrix(app) for name in every] == [True, True, True, True, False]
    assert 'aria-expanded="true" aria-label="North Region: branches: 1"' in html(app)
    assert "branches those of one region are shown at a time" in " ".join(
        one.value for one in app.caption
    )


def test_a_large_bank_that_is_sorted_shows_the_first_branches_only(opened, bank, monkeypatch):
    every = names_in_the_matrix(opened(bank, sort="behind"))
    monkeypatch.setattr(standing, "MOST_LINES", 1)
    assert names_in_the_matrix(opened(bank, sort="behind")) == every[:2]


def test_a_region_that_is_none_is_refused(opened, bank):
    assert "There is no branch B101 at" in opened(bank, region="B101").error[0].value
