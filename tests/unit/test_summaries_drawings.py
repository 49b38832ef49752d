"""What is drawn of a table is what stands in it; what a table says is what was filled."""

import re
from dataclasses import replace

import polars as pl
import pytest

from dashboards.charts.bars import BARS, bars
from dashboards.i18n import MESSAGES, Language
from dashboards.numbers import Format
from dashboards.palette import LIGHT
from dashboards.summaries import verdicts, words
from dashboards.summaries.drawings import drawings
from dashboards.summaries.sheet import form_of, forms
from tests.unit import summarised
from transforms.returns.differences import ChangeKind
from transforms.returns.model import Point, Row, Scale
from transforms.returns.package import FAILS, HOLDS, NOT_ASKED, WHY

EN, ZH = Language.EN, Language.ZH


def test_bars_of_many_units_stand_in_several_drawings_of_one_scale():
    paper = summarised.paper(EN)
    first, second = drawings(paper, form_of(paper, summarised.BY_BRANCH))
    assert first.title == "SEI increment by branch (CNY 10k) 1/2"
    # 28 x 1,234,567.891 yuan: Branch 40 is the largest, Branch 1 the smallest; the bank itself is none.
    assert first.alt.split("; ")[0].endswith("Branch 40 3,457")
    assert second.alt.endswith("Branch 1 −1,358")
    assert "Example Bank" not in first.alt + second.alt
    assert first.alt.count(";") == second.alt.count(";") == 19


def test_of_very_many_units_the_two_ends_are_drawn():
    column = replace(summarised.BRANCH_COLUMNS[8], column_id="I")
    table = replace(summarised.BY_BRANCH, table_id="U", columns=(column,))
    sample = summarised.branch_cells()[8]
    rows = [
        sample
        | {
            "data_point": f"MS.U.U{n:03}.I",
            "table_id": "U",
            "row_id": f"U{n:03}",
            "unit_id": f"U{n:03}",
            "printed": summarised.D(n),
        }
        for n in range(100)
    ]
    every = summarised.sector_cells() + summarised.branch_cells() + rows
    paper = summarised.paper(EN, package=summarised.package(rows=every))
    first, last = drawings(paper, form_of(paper, table))
    assert first.title.endswith(", the first 22 of 100")
    assert last.title.endswith(", the last 22")
    assert first.alt.split(": ", 1)[1].startswith("U099 99; U098 98")
    assert last.alt.endswith("U000 0")


def test_a_bar_below_zero_goes_the_other_way_and_its_number_stands_beyond_it():
    rows = pl.DataFrame([("a", 4.0, "4"), ("b", -2.0, "−2")], schema=dict(BARS), orient="row")
    told = bars(rows, LIGHT, description="d").to_dict()
    marks = [layer["mark"] for layer in told["layer"] if layer["mark"]["type"] == "text"]
    assert [(one["align"], one["dx"]) for one in marks] == [("left", 6), ("right", -6)]
    low, high = told["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < -2
    assert high > 4
    wider = bars(rows, LIGHT, description="d", span=(-10, 10)).to_dict()
    assert wider["layer"][0]["encoding"]["x"]["scale"]["domain"] == [-13.0, 13.0]


def test_trends_are_of_the_lines_that_are_named_and_end_with_the_cell():
    paper = summarised.paper(EN)
    told = drawings(paper, form_of(paper, summarised.SECTOR))
    assert [one.title for one in told] == [
        "Thirteen months: Technology loans",
        "Thirteen months: Green & supply-chain loans",
    ]
    assert told[0].alt == "Technology loans, 13 months: 9.83 at first, 12.35 at last"
    assert not re.search(r"<image", told[0].svg)


def test_without_a_figure_nothing_is_drawn():
    paper = summarised.paper(package=summarised.package(series=summarised.series().clear()))
    assert drawings(paper, form_of(paper, summarised.SECTOR)) == ()
    table = replace(summarised.SECTOR, picture=None)
    assert drawings(paper, form_of(paper, table)) == ()


def test_a_table_in_which_rows_say_the_unit_has_none_above_it():
    columns = (replace(summarised.NOW_AND_BEFORE[0], scale=Scale.OWN),)
    table = replace(summarised.SECTOR, columns=columns)
    form = form_of(summarised.paper(), table)
    assert (form.has_units, form.units, form.heads[0].unit) == (True, "", "")
    assert [line.unit for line in form.lines] == ["", "亿元", "亿元", "亿元", "亿元", "亿元"]


def test_a_part_stands_further_in_than_its_whole_whatever_its_definition_says():
    rows = (
        summarised.ROWS[1],
        replace(summarised.ROWS[2], level=0),
        replace(summarised.ROWS[3], level=1, of_which="011"),
        replace(summarised.ROWS[4], level=0),
    )
    form = form_of(summarised.paper(), replace(summarised.SECTOR, rows=rows))
    assert [line.level for line in form.lines] == [0, 1, 2, 0]


def test_parts_cut_another_way_say_anew_that_they_are_parts():
    whole, cut, other, *_ = summarised.ROWS[1:]
    sizes = [
        replace(
            cut, row_id=name, label=summarised.Label(name, name), point=Point("x", "", "size", name)
        )
        for name in ("big", "small")
    ]
    form = form_of(summarised.paper(EN), replace(summarised.SECTOR, rows=(whole, *sizes, other)))
    assert [line.label for line in form.lines[1:]] == [
        *("of which: big", "small", "of which: Little giants")
    ]


def test_the_row_of_the_whole_is_called_a_total_and_not_the_head_office():
    for language, told in ((ZH, "合计（示例银行）"), (EN, "Total, Example Bank")):
        line = form_of(summarised.paper(language), summarised.BY_BRANCH).lines[0]
        assert (line.row_id, line.label) == ("000", told)


def test_clients_are_not_loans():
    form = Format(ZH, "CNY")
    assert [words.scale_word(one, form) for one in (Scale.COUNT, Scale.LOANS)] == ["户", "笔"]


def test_a_row_that_says_itself_that_it_is_a_part_is_not_told_twice():
    rows = (
        summarised.ROWS[1],
        Row("011", summarised.Label("of which big", "其中：大型"), of_which="010"),
        Row("012", summarised.Label("small", "小型"), of_which="010"),
    )
    form = form_of(summarised.paper(), replace(summarised.SECTOR, rows=rows))
    assert [line.label for line in form.lines] == ["科技贷款", "其中：大型", "小型"]
    assert [line.level for line in form.lines] == [0, 1, 1]


def test_reasons_are_numbered_behind_the_footnotes_and_name_few_cells():
    form = form_of(summarised.paper(EN), summarised.SECTOR)
    assert [mark for mark, _ in form.notes] == ["1", "2", "3", "4", "5"]
    rows = summarised.sector_cells() + summarised.branch_cells()
    for cell in rows:
        if cell["data_point"].startswith("MS.BR.") and cell["column_id"] == "K":
            cell |= {"exact": None, "printed": None, "reason": "it is not given for this figure"}
    paper = summarised.paper(EN, package=summarised.package(rows=rows))
    told = dict(form_of(paper, summarised.BY_BRANCH).notes)
    assert told["1"] == (
        "it is not given for this figure: 000.K, B101.K, B102.K, B103.K, B104.K, B105.K… 41 cells"
    )


def test_units_whose_ledger_does_not_agree_are_marked_and_named():
    paper = summarised.paper()
    form = form_of(paper, summarised.BY_BRANCH)
    assert [line.number for line in form.lines if line.is_doubtful] == ["B105", "B117"]
    assert paper.reconciliation == "暂估机构：第5分行、第17分行"


def test_parts_of_a_table_that_hold_are_told_in_one_line():
    paper = summarised.paper()
    frame = paper.package.verdicts
    holds = frame.filter(pl.col("check_id") == "MS-03", pl.col("state") == "holds")
    parts = [
        holds.with_columns(check_id=pl.lit(f"OF.SEC.011.{column}"), number=pl.lit(1, pl.Int32()))
        for column in "ABC"
    ]
    paper = summarised.paper(package=summarised.package(verdicts=pl.concat([frame, *parts])))
    laid_out = forms(paper)
    told = verdicts.gathered(verdicts.cases(paper, laid_out), laid_out, paper)
    (together,) = [one for one in told if one.check_id.startswith("OF.")]
    assert together.name == "OF.SEC"
    assert together.rule == "其中项不大于总项：表一 主题贷款统计表"
    assert together.verdict == "成立（3 项）"


@pytest.mark.parametrize(
    ("scale", "english", "chinese"),
    [
        (Scale.UNITS, "CNY", "元"),
        (Scale.WAN, "CNY 10k", "万元"),
        (Scale.YI, "CNY 100m", "亿元"),
        (Scale.MILLION, "CNY m", "百万元"),
        (Scale.PERCENT, "%", "%"),
        (Scale.PP, "pp", "百分点"),
        (Scale.TEXT, "", ""),
    ],
)
def test_units_are_named_as_forms_head_them(scale, english, chinese):
    assert words.scale_word(scale, Format(EN, "CNY")) == english
    assert words.scale_word(scale, Format(ZH, "CNY")) == chinese


def test_a_quarter_is_told_by_its_number_and_its_last_day():
    day = summarised.BEFORE
    assert words.period(day, ZH, quarterly=True) == "2026年第3季度（截至 2026-09-30）"
    assert words.period(day, EN, quarterly=False) == "2026-09, as of 2026-09-30"


def test_every_state_verdict_change_and_unit_has_words():
    keys = [f"sm_{state}" for state in (HOLDS, FAILS, NOT_ASKED)]
    keys += [f"sm_why_{why}" for why in WHY]
    keys += [f"sm_change_{kind.value}" for kind in ChangeKind]
    keys += [f"sm_scale_{scale.value}" for scale in Scale if scale not in (Scale.TEXT, Scale.OWN)]
    states = ("draft", "prepared", "checked", "approved", "released", "returned")
    keys += [f"sm_state_{state}" for state in states]
    assert [key for key in keys if key not in MESSAGES] == []
