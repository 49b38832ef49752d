"""A report on paper says whose it is, how far it has come, what holds and what was signed."""

from datetime import timedelta

import polars as pl
import pytest

from dashboards.exports import press
from dashboards.i18n import Language
from dashboards.summaries import formats, pdf
from dashboards.summaries.formats import SummaryKind
from tests.pdf_reading import read
from tests.unit import summarised

EN = Language.EN


@pytest.fixture(scope="module")
def chinese():
    return read(pdf.write(summarised.paper()))


@pytest.fixture(scope="module")
def data():
    return pdf.write(summarised.paper(EN))


@pytest.fixture(scope="module")
def english(data):
    return read(data)


def words(printed):
    """The text of all pages without white space: a line may be broken anywhere."""
    return "".join(printed.text().split())


needs_chinese = pytest.mark.skipif(
    not press.has_chinese(press.installed()), reason="no Chinese font is installed here"
)


@needs_chinese
def test_every_page_bears_unit_period_version_edition_and_its_number(chinese):
    told, count = words(chinese), len(chinese.pages)
    assert count >= 4
    for part in (
        "填报机构示例银行（HO）",
        "报告期2026年10月",
        "MS2026.1",
        "第2版，已发布",
        "SHA-256",
    ):
        assert told.count(part) >= count
    for page in range(1, count + 1):
        assert f"第{page}页，共{count}页" in told


@needs_chinese
def test_every_sign_has_a_glyph_in_both_languages(chinese, english):
    assert chinese.missing() == 0
    assert english.missing() == 0


@needs_chinese
def test_a_form_says_its_units_line_numbers_letters_and_parts(chinese):
    told = words(chinese)
    assert "单位：亿元、万元、%" in told
    assert "亿元亿元万元%%行次项目ABCDEF" in told
    assert "010科技贷款12.35†12.003,457†2.88†1.23达标" in told
    # The first part of a whole says that it is one; those after it stand below.
    assert "011其中：高技术制造业8.35" in told
    assert "012专精特新“小巨人”0.99" in told
    assert "上期余额2026-09-30" in told
    assert "分项之和与合计、增减与前后期数之间可能存在尾差" in told


@needs_chinese
def test_an_empty_cell_is_a_dash_with_the_number_of_its_reason_and_never_a_zero(chinese):
    told = words(chinese)
    assert "3分母为零：011.E、020.E" in told
    assert "绿色供应链贷款23.012.0010,05050.25–3" in told


@needs_chinese
def test_adjusted_cells_are_listed_with_what_stood_before_who_why_and_until_when(chinese):
    told = words(chinese)
    assert "MS.SEC.010.A表一主题贷款统计表，科技贷款，本期余额亿元11.85+0.5012.35" in told
    assert "=latebookingofasyndicatedloan" in told
    assert "+50,000,000" in told
    assert "2026-09-30–2026-12-31lizhang" in told


@needs_chinese
def test_checks_that_fail_come_first_with_who_said_what(chinese):
    told = words(chinese)
    assert "成立5项，不成立2项，未能校验1项。" in told
    first = told.index("MS-03#2")
    assert first < told.index("MS-04#1") < told.index("MS-05#1") < told.index("MS-01#1")
    assert "不成立，例外放行" in told
    assert "例外放行理由：名单口径按季更新，已与总行核对。（王伟，2026-11-0908:30）" in told
    assert "上期未发布数据。" in told
    # Two openings that hold are one line.
    assert "成立（2项）" in told


def test_a_failing_check_nobody_spoke_of_says_that_it_blocks():
    silent = summarised.plain(EN, remarks=summarised.remarks().clear(), state="checked")
    told = words(read(pdf.write(silent)))
    assert "doesnothold,blockstherelease" in told
    assert "doesnothold,asksforacomment" in told
    assert told.count("Nobodyhassaidwhyyet.") == 2


def test_differences_to_the_last_release_are_told_cell_by_cell(english):
    told = words(english)
    come = told.index("MS.BR.B101.HBybranch,Branch1,First-timeclientsclients–3–emptybefore")
    assert come < told.index(
        "MS.SEC.020.ALoansbytheme,Green&supply-chainloans,ThismonthCNY100m3.003.01+0.01"
    )


def test_what_nothing_was_released_before_and_what_did_not_change_are_said_apart():
    first = words(read(pdf.write(summarised.draft(EN))))
    same = words(read(pdf.write(summarised.plain(EN, differences=summarised.since().clear()))))
    assert "Nothingwasreleasedbefore" in first
    assert "Nocelldiffersfromthelastrelease." in same


def test_signatures_name_people_times_hash_and_anchor(english):
    told, paper = words(english), summarised.paper(EN)
    assert "Approved" in told
    assert "ZhangMin2026-11-0908:30UTC" in told
    assert paper.content_hash in told
    assert f"123:{'ab' * 32}" in told


def test_steps_that_nobody_took_leave_a_line_to_sign_on():
    paper = summarised.plain(EN, steps=summarised.steps(2), state="checked")
    told = words(read(pdf.write(paper)))
    assert "ApprovedopenReleasedopen" in told.replace("CheckedopenApproved", "")
    assert "Preparedopen" not in told


def test_an_edition_that_was_given_back_says_by_whom_and_why():
    gone = summarised.steps(1).extend(
        summarised.steps(2)
        .tail(1)
        .with_columns(step=pl.lit("returned"), note=pl.lit("two branches late"))
    )
    told = words(read(pdf.write(summarised.plain(EN, steps=gone, state="returned"))))
    assert "Givenback王伟2026-11-0907:30UTCtwobrancheslate" in told
    assert "Notreleased(givenback)" in told


def test_what_is_not_released_is_marked_on_every_page_and_what_is_nowhere(english):
    draft = read(pdf.write(summarised.draft(EN)))
    told = words(draft)
    assert told.count("Notreleased(draft,notprepared)") == len(draft.pages)
    assert "DRAFT" not in words(english)
    checked = words(
        read(pdf.write(summarised.plain(EN, steps=summarised.steps(2), state="checked")))
    )
    assert "Notreleased(checked,notapproved)" in checked


def test_the_disclaimer_stands_at_the_head_and_at_the_end(english):
    assert words(english).count("Thelayoutfollowsthepublicstructureandisnoofficialform.") == 2


def test_charts_are_vectors(data):
    assert b"/Subtype /Image" not in data


def test_the_same_report_gives_the_same_bytes_and_another_moment_others(data):
    assert pdf.write(summarised.paper(EN)) == data
    later = summarised.plain(EN, stated_at=summarised.AT + timedelta(minutes=1))
    assert pdf.write(later) != pdf.write(summarised.plain(EN))


def test_chinese_without_a_chinese_font_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setattr(press, "installed", lambda: frozenset({"Liberation Sans"}))
    assert "PDF 需要中文字体" in formats.refusal(summarised.paper(), SummaryKind.PDF)
    with pytest.raises(press.MissingFontError, match="PDF 需要中文字体"):
        formats.write(summarised.paper(), SummaryKind.PDF)
    assert formats.refusal(summarised.paper(), SummaryKind.XLSX) == ""


def test_the_pages_can_be_seen_as_pictures():
    pages = pdf.pictures(summarised.draft(EN), ppi=30)
    assert len(pages) >= 4
    assert all(page.startswith(b"\x89PNG") for page in pages)
