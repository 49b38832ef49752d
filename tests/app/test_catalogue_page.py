"""The catalogue page: what a figure means and since when, by every parameter of its address."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from records.workspace import Workspace
from tests.app.reading import html, lines, words
from tests.app.small_bank import NO_GREEN, OWN_METRIC, catalogue, small_bank


@pytest.fixture(scope="module")
def bank(tmp_path_factory) -> Workspace:
    return small_bank(tmp_path_factory.mktemp("catalogue") / "bank")


def page(opened, bank, **asked) -> AppTest:
    app = opened(bank, "catalogue", **asked)
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """What the page says beside its tables: titles, notes, errors."""
    kinds = (app.title, app.header, app.caption, app.info, app.error)
    return " ".join([one.value for kind in kinds for one in kind])


def names(app: AppTest) -> list[str]:
    """The metrics of the list, in its order."""
    return re.findall(r'metric=(\w+)[^"]*" target="_self">', html(app))


def test_it_opens_with_every_metric_of_the_month_family_by_family(opened, bank):
    app = page(opened, bank)
    assert set(names(app)) == set(catalogue().metrics)
    assert len(names(app)) == len(catalogue().metrics) == 113
    assert [one.value for one in app.header][:2] == ["Loan volume", "Strategic industries"]
    row = next(row for row in lines(app, "Strategic industries") if row[1] == "sei_share")
    assert row[1:] == [
        *("sei_share", "ratio", "fraction", "higher"),
        *("strict, confirmed, broad, of all loans", "verified"),
    ]


def test_a_family_narrows_the_list_and_the_address_keeps_it(opened, bank):
    app = page(opened, bank)
    app.pills(key="choose_group").set_value("price").run()
    assert app.query_params["group"] == "price"
    assert set(names(app)) == {
        name for name, metric in catalogue().metrics.items() if metric.family == "price"
    }


@pytest.mark.parametrize(
    ("asked", "language", "found"),
    [
        ("战略性新兴产业贷款占比", "en", "sei_share"),
        ("coverage of the moon", "zh", None),
        ("provision_coverage", "zh", "provision_coverage"),
        ("SEI_SHARE", "en", "sei_share"),
    ],
)
def test_the_search_takes_names_of_both_languages_and_codes(opened, bank, asked, language, found):
    app = page(opened, bank, find=asked, language=language)
    if found is None:
        assert names(app) == []
        assert f"没有与“{asked}”相符的内容。" in said(app)
    else:
        assert found in names(app)
        assert len(names(app)) < 10


def test_the_box_writes_what_is_searched_into_the_address_and_takes_it_out_again(opened, bank):
    app = page(opened, bank)
    app.text_input(key="choose_find").set_value("green supply").run()
    assert app.query_params["find"] == "green supply"
    assert "green_supply_chain_balance" in names(app)
    app.text_input(key="choose_find").set_value("").run()
    assert "find" not in app.query_params


def test_a_search_in_vain_says_what_comes_near(opened, bank):
    assert "Did you mean sei_share" in said(page(opened, bank, find="sei_shar3"))


def test_one_metric_is_told_from_its_definition_down_to_the_conditions(opened, bank):
    app = page(opened, bank, metric="inclusive_npl_tolerance", branch="B101")
    assert app.title[0].value == "Headroom under the NPL tolerance"
    told = " ".join(words(app).split())
    assert "headroom: a limit minus a ratio" in told
    assert "银保监办发〔2019〕48号" in told
    readings = lines(app, "How it is made")
    assert [row[0] for row in readings] == [
        *("rule in force in_force (default)", "rule of 2019 rule_2019", "rule of 2015 rule_2015"),
    ]
    (threshold,) = lines(app, "Thresholds it names")
    assert threshold[:4] == ["inclusive_limit", "10,000,000", "base currency", "from 2018-01-01"]
    condition = next(
        row for row in lines(app, "Inclusive small-business loan") if "limit" in row[2]
    )
    assert condition == [
        *("all", "the client's credit line is at most inclusive_limit"),
        "total_credit_limit_cny <= :inclusive_limit",
    ]
    assert [row[0] for row in lines(app, "How it is judged")] == [
        *("○ not comparable", "○ not applicable", "● within", "■ exceeded"),
    ]
    assert lines(app, "Since when")[-1][1:] == ["2015-03-01 to 2018-02-28", "the first edition"]


def test_one_metric_says_where_it_stands_at_the_unit_and_leads_to_its_page(opened, bank):
    app = page(opened, bank, metric="sei_share", branch="B101")
    told = " ".join(words(app).split())
    assert "10.0% ■ missed 1.6 pp short" in told
    links = re.findall(r'href="(metric\?[^"]*)"', html(app))
    assert any("branch=B101" in link and "metric=sei_share" in link for link in links)


def test_a_figure_that_cannot_be_given_says_why_beside_its_definition(opened, bank):
    assert NO_GREEN == "column green_tag is not in loan_snapshot"
    app = page(opened, bank, metric="green_share", branch="B101", language="zh")
    assert "表 loan_snapshot 无字段 green_tag" in words(app)


def test_what_a_metric_is_cut_by_says_whether_the_parts_add_up(opened, bank):
    rows = lines(page(opened, bank, metric="loan_balance"), "What it may be cut by")
    assert {row[2] for row in rows} == {"add up to the figure"}
    rows = lines(page(opened, bank, metric="loan_clients"), "What it may be cut by")
    assert {row[2] for row in rows} == {"need not add up: a client may be in several"}


def test_the_banks_own_metric_is_found_and_marked(opened, tmp_path):
    bank = small_bank(tmp_path / "bank")
    (bank.root / "catalogue" / "ours.yaml").write_text(OWN_METRIC, encoding="utf-8")
    app = page(opened, bank, find="loans_of_ours")
    assert names(app) == ["loans_of_ours"]
    assert "own definition" in words(app)
    told = words(page(opened, bank, metric="loans_of_ours", language="zh"))
    assert "由信贷委员会确定。" in told
    assert "本产品自定义" in told


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (
            {"metric": "sei_shar"},
            "There is no metric sei_shar in the definitions of this month. Did you mean sei_share",
        ),
        ({"table": "threshold"}, "There is no table threshold. Did you mean thresholds"),
        ({"metric": "sei_shar", "language": "zh"}, "本期定义中没有指标 sei_shar。是否指 sei_share"),
        ({"table": "nix", "language": "zh"}, "没有数据表 nix。"),
        (
            {"section": "everything"},
            "everything is no section of this page. Choose one of: metrics",
        ),
        (
            {"group": "everything"},
            "nothing to narrow this section by. Choose one of: all, volume",
        ),
        ({"group": "everything", "language": "zh"}, "本栏目不能按 everything 筛选。"),
    ],
)
def test_an_unknown_name_is_refused_with_the_near_miss(opened, bank, asked, error):
    app = page(opened, bank, **asked)
    assert error in " ".join(one.value for one in app.error)
    assert 'class="bm-plain"' not in html(app)


def test_where_nobody_answers_for_checks_the_page_says_so(opened, bank):
    for asked in ({"section": "checks"}, {"rule": "E0101"}):
        assert "own service" in said(page(opened, bank, **asked))
    assert "由本行服务提供" in said(page(opened, bank, section="checks", language="zh"))


def test_reference_tables_say_what_they_hold_and_whose_they_are(opened, bank):
    rows = {
        row[0]: row for row in lines(page(opened, bank, section="reference"), "Reference tables")
    }
    assert rows["Thresholds thresholds"][2:] == [
        "6",
        "Source and confidence are stated row by row.",
        "the product",
    ]
    assert len(rows) == 14
    app = page(opened, bank, section="reference", language="zh")
    assert lines(app, "参考表")[0][0] == "行政区划 admin_divisions"


def test_the_rows_of_a_reference_table_tell_what_is_in_force_and_are_found_by_text(opened, bank):
    app = page(opened, bank, table="thresholds", find="pboc")
    rows = lines(app, "Thresholds")
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("○ no", "inclusive_limit_pboc", "5000000"),
        ("● yes", "inclusive_limit_pboc", "10000000"),
    ]
    app = page(opened, bank, table="gbt4754_2017", language="zh")
    assert "1,972 行中的 200 行" in said(app)
    assert len(lines(app, "国民经济行业分类")) == 200
    assert lines(
        page(opened, bank, table="gbt4754_2017", find="3973"),
        "Industry classification GB/T 4754-2017",
    )


def test_a_table_the_bank_brings_is_told_as_its_own(opened, tmp_path):
    bank = small_bank(tmp_path / "bank")
    text = (
        "name,valid_from,valid_to,value,unit,source,confidence\n"
        "inclusive_limit,2018-01-01,,5000000,base currency,our board,verified\n"
        "inclusive_limit_pboc,2018-01-01,,5000000,base currency,our board,verified\n"
        "first_loan_query_days,1980-01-01,,30,days,our board,verified\n"
        "gl_tolerance_ratio,1980-01-01,,0.0001,ratio,our board,verified\n"
        "settlement_warn_days,2019-01-01,,180,days,our board,verified\n"
    )
    (bank.root / "reference" / "thresholds.csv").write_text(text, encoding="utf-8")
    rows = lines(page(opened, bank, section="reference"), "Reference tables")
    assert rows[-1][2:] == ["5", "Brought by the bank in place of the product's own.", "the bank"]
    (threshold,) = lines(page(opened, bank, metric="inclusive_clients"), "Thresholds it names")[:1]
    assert threshold[1] == "5,000,000"


def test_the_dictionary_tells_tables_columns_and_codes(opened, bank):
    app = page(opened, bank, section="dictionary", find="borrower_id")
    tables = [row[0] for row in lines(app, "Data dictionary")]
    assert "Loan snapshot loan_snapshot" in tables
    assert not any("fx_rate" in one for one in tables)
    app = page(opened, bank, table="loan_snapshot", language="zh")
    rows = {row[0]: row for row in lines(app, "loan_snapshot")}
    assert rows["outstanding_principal"][1:5] == [
        "贷款余额",
        "小数(18, 2)",
        "币种单位",
        "整个文件拒收 不得为空",
    ]
    assert rows["on_balance_sheet"][4] == "取默认值（ true ） 不得为空"
    assert [row[0] for row in lines(app, "loan_classification")] == [
        *("FQ01", "FQ02", "FQ03", "FQ04", "FQ05"),
    ]


def test_the_change_log_tells_what_published_months_rest_on_and_when_definitions_changed(
    opened, bank
):
    app = page(opened, bank, section="changes")
    (row,) = lines(app, "What published figures rest on")
    assert row[1] == "13"
    title = "From 1 Mar 2018 on. Metrics computed by another edition: 1"
    assert title in [one.label for one in app.expander]
    assert lines(app, title)[0][0] == "Headroom under the NPL tolerance"


def test_a_step_to_another_section_leaves_what_it_was_narrowed_by_behind(opened, bank):
    app = page(opened, bank, find="sei", group="sei")
    app.pills(key="choose_section").set_value("reference").run()
    assert not {"find", "group"} & set(app.query_params)
    assert app.query_params["section"] == "reference"
