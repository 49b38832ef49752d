"""A report in a workbook of somebody else's making: what is filled, what stays, and what is told."""

import io
import re
import shutil
import subprocess
import warnings
import zipfile
from datetime import datetime
from decimal import Decimal

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from PIL import Image

from dashboards.i18n import Language
from dashboards.summaries.template import Kind, fill
from dashboards.summaries.template_bindings import Bindings, Numbers, asked, bindings_of
from dashboards.summaries.template_losses import TemplateError, losses
from tests.unit import bank_forms, summarised
from transforms.errors import CatalogueError
from transforms.returns.model import Scale

D = Decimal
ZH = Language.ZH
ROWS = (("科技贷款", "010"), ("绿色供应链贷款", "020"))
FORM = bank_forms.SHEET


@pytest.fixture(scope="module")
def form():
    """A form of two rows, whose total is what the report gives in its row 030."""
    return bank_forms.form("MS", "SEC", ROWS, "合计", columns="AB")


@pytest.fixture(scope="module")
def paper():
    return summarised.plain(ZH)


@pytest.fixture(scope="module")
def filled(form, paper):
    return fill(paper, form, "form.xlsx")


def book_of(filled):
    return openpyxl.load_workbook(io.BytesIO(filled.data), rich_text=True)


def template(**cells):
    """A workbook of one sheet `S` with these cells."""
    return made(lambda _, sheet: [sheet.__setitem__(at, text) for at, text in cells.items()])


def made(build):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    build(book, sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def bound(*lines):
    return bindings_of("b.yaml", "\n".join(lines))


def told(filled, *kinds):
    return [(one.place, one.about) for one in filled.of(*kinds)]


# Filling


def test_markers_become_exact_numbers_in_the_format_of_the_template(filled):
    sheet = book_of(filled)[FORM]
    # 1,234,567,890.12 yuan in a hundred million, with every digit behind the two that are seen.
    assert sheet["B7"].value == pytest.approx(12.3456789012, abs=1e-12)
    assert sheet["B8"].value == pytest.approx(3.005000005, abs=1e-12)
    assert sheet["B7"].number_format == "#,##0.00;[Red]-#,##0.00"


def test_markers_among_words_are_replaced_in_the_first_of_merged_cells(filled):
    sheet = book_of(filled)[FORM]
    assert sheet["A1"].value == "信贷结构月度统计表"
    assert sheet["A2"].value == "填报机构：示例银行（HO）"
    assert sheet["E2"].value == "报告期：2026年10月"
    assert sheet["A11"].value == "编制人：李娜"
    assert sheet["E11"].value == "报出日期：2026-11-09"


def test_all_that_makes_the_form_survives(form, filled):
    before, after = openpyxl.load_workbook(io.BytesIO(form)), book_of(filled)
    old, new = before[FORM], after[FORM]
    assert after.sheetnames == [FORM, bank_forms.CODES]
    assert after[bank_forms.CODES].sheet_state == "hidden"
    assert {str(one) for one in new.merged_cells.ranges} == {
        str(one) for one in old.merged_cells.ranges
    }
    assert new.column_dimensions["A"].width == old.column_dimensions["A"].width
    assert new.row_dimensions[1].height == old.row_dimensions[1].height > 30
    assert new["E7"].value == '=IF(ISNUMBER(C7),B7-C7,"")'
    assert new["B9"].value == '=IF(COUNT(B7:B8)=0,"",SUM(B7:B8))'
    rule = next(iter(new.conditional_formatting)).rules[0]
    assert (rule.operator, rule.formula) == ("lessThan", ["0"])
    assert new.data_validations.dataValidation[0].formula1 == '"月报,季报,年报"'
    assert after.defined_names["填报类型"].value == "'代码表'!$A$1"
    assert new.freeze_panes == "B7"
    assert new.page_setup.orientation == "landscape"
    assert new.print_title_rows == "$4:$6"
    assert new.print_area == "'贷款结构月报'!$A$1:$G$11"
    assert new.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert new.protection.sheet
    for row in old.iter_rows():
        for cell in row:
            other = new[cell.coordinate]
            assert other.number_format == cell.number_format
            assert repr(other.font) == repr(cell.font)
            assert repr(other.fill) == repr(cell.fill)


def test_a_marker_may_ask_for_another_unit_and_a_cell_without_a_format_gets_one(paper):
    cells = {"A1": "{{MS.SEC.010.A|wan|0}}", "A2": "{{MS.SEC.010.A|元}}", "A3": "{{MS.SEC.010.E}}"}
    sheet = book_of(fill(paper, template(**cells), "t"))["S"]
    assert (sheet["A1"].value, sheet["A1"].number_format) == (123456.789012, "#,##0")
    assert (sheet["A2"].value, sheet["A2"].number_format) == (1234567890.12, "#,##0.00")
    assert (sheet["A3"].value, sheet["A3"].number_format) == (1.2345678901, "#,##0.00")


def test_numbers_among_words_are_printed_as_the_report_prints_them(paper):
    words = "科技贷款{{MS.SEC.010.A}}亿元，比上月{{MS.SEC.010.C|亿元|1}}，{{MS.SEC.011.F}}"
    cell = book_of(fill(paper, template(A1=words), "t"))["S"]["A1"]
    # 0.3456789002 亿元 are 0.3; the status "near" in the reader's words.
    assert cell.value.startswith("科技贷款12.35亿元，比上月0.3，")
    assert not cell.value.endswith("near")


def test_a_cell_in_per_cent_holds_the_fraction_and_refuses_an_amount(paper):
    def build(_, sheet):
        sheet["A1"], sheet["A2"], sheet["A3"] = (
            "{{MS.SEC.010.E}}",
            "{{MS.SEC.010.A}}",
            "{{MS.SEC.010.A}}",
        )
        sheet["A1"].number_format = sheet["A2"].number_format = "0.00%"
        sheet["A3"].number_format = "yyyy-mm-dd"

    done = fill(paper, made(build), "t")
    sheet = book_of(done)["S"]
    assert sheet["A1"].value == pytest.approx(0.012345678901, abs=1e-15)
    assert sheet["A2"].value == "{{MS.SEC.010.A}}"
    assert told(done, Kind.UNFIT) == [("S!A2", "MS.SEC.010.A"), ("S!A3", "MS.SEC.010.A")]


def test_a_day_is_a_day_where_the_cell_is_formatted_as_one(paper):
    def build(_, sheet):
        sheet["A1"], sheet["A2"], sheet["A3"] = "{{as_of}}", "{{as_of}}", "{{approved_at:yy/m/d}}"
        sheet["A1"].number_format = 'yyyy"年"m"月"d"日"'

    sheet = book_of(fill(paper, made(build), "t"))["S"]
    assert sheet["A1"].value == datetime(2026, 10, 31)  # noqa: DTZ001 - cells have no zone
    assert sheet["A1"].number_format == 'yyyy"年"m"月"d"日"'
    assert sheet["A2"].value == "2026-10-31"
    assert sheet["A3"].value == "26/11/9"


def test_figures_may_be_held_as_they_are_printed(paper):
    done = fill(paper, template(A1="{{MS.SEC.010.A}}"), "t", Bindings(numbers=Numbers.PRINTED))
    assert book_of(done)["S"]["A1"].value == 12.35


def test_words_with_several_fonts_keep_them(paper):
    red = InlineFont(color="FFFF0000")

    def build(_, sheet):
        sheet["A1"] = CellRichText("单位：", TextBlock(red, "{{unit_id}}"), " 止")

    value = book_of(fill(paper, made(build), "t"))["S"]["A1"].value
    assert str(value) == "单位：HO 止"
    assert next(one for one in value if isinstance(one, TextBlock)).font.color.rgb == "FFFF0000"


# Names and the bindings file


def names_template():
    def build(book, sheet):
        sheet["B2"].font = Font(bold=True)
        sheet.merge_cells("D2:E3")
        sheet["F1"] = "标题"
        for name, at in {
            "ms.sec.010.a": "$B$2",
            "MS.SEC.020.A": "$D$2:$E$3",
            "MS.SEC.99.A": "$B$9",
            "MS.SEC.012.A": "$H$1:$H$2",
            "bm.unit_id": "$A$1",
            "JRZY_001": "$C$5",
            "own": "$C$6",
        }.items():
            book.defined_names[name] = DefinedName(name, attr_text=f"S!{at}")

    return made(build)


def test_cells_are_bound_by_their_names_in_any_case_and_merged_ones_as_one(paper):
    done = fill(paper, names_template(), "t")
    sheet = book_of(done)["S"]
    assert sheet["A1"].value == "HO"
    assert sheet["B2"].value == pytest.approx(12.3456789012)
    assert sheet["B2"].font.bold
    assert sheet["D2"].value == pytest.approx(3.005000005)
    assert sheet["C6"].value is None
    assert told(done, Kind.UNKNOWN) == [("MS.SEC.99.A", "MS.SEC.99.A")]
    assert told(done, Kind.UNFIT) == [("S!$H$1:$H$2", "MS.SEC.012.A")]


def test_cells_are_bound_by_address_and_foreign_names_in_a_file(paper):
    bindings = bound(
        'missing: "–"',
        "cells:",
        '  "S!B2": MS.SEC.011.A',
        '  "S!E3": {point: MS.SEC.020.A, scale: wan, decimals: 1}',
        "  JRZY_001: MS.SEC.010.A | 元",
        '  "S!C9": "period:yyyy年m月"',
        '  "S!C10": MS.SEC.011.E',
        '  "S!F1": bank',
        '  "s!A3": bank',
        '  "T!A4": bank',
        '  "S!A1:A2": bank',
    )
    done = fill(paper, names_template(), "t", bindings)
    sheet = book_of(done)["S"]
    # The file goes before the name of the cell, which asks for something else.
    assert sheet["B2"].value == pytest.approx(8.3456789012)
    assert ("S!B2", "MS.SEC.010.A") in told(done, Kind.TWICE)
    assert (sheet["D2"].value, sheet["D2"].number_format) == (30050.00005, "#,##0.0")
    assert sheet["C5"].value == 1234567890.12
    assert sheet["C9"].value == "2026年10月"
    assert sheet["C10"].value == "–"
    assert told(done, Kind.REPLACED) == [("S!F1", "bank")]
    assert sheet["A3"].value == "示例银行"
    assert told(done, Kind.UNKNOWN) == [("T!A4", "bank"), ("MS.SEC.99.A", "MS.SEC.99.A")]
    assert ("S!A1:A2", "bank") in told(done, Kind.UNFIT)


def test_a_file_is_refused_whole_with_line_and_near_miss():
    with pytest.raises(CatalogueError) as refused:
        bound("cells:", '  "S!A1": "MS.SEC.010.A|wann"', '  "S!A2": {point: x, scal: wan}')
    assert "b.yaml line 2" in str(refused.value) or "b.yaml line 3" in str(refused.value)
    with pytest.raises(CatalogueError, match=r"line 2.*no unit is called 'wann'.*wan"):
        bound("cells:", '  "S!A1": "MS.SEC.010.A|wann"')
    with pytest.raises(CatalogueError, match=r"values.*exact"):
        bound("values: exakt")


def test_what_a_marker_says_is_read_with_wide_signs_too():
    assert asked("MS.A.010.A｜亿元｜2").scale is Scale.YI
    assert asked("period：yyyy").pattern == "yyyy"
    assert "wan" in asked("MS.A.010.A|wam")
    assert "decimals" in asked("MS.A.010.A|9")


# What is not there


def test_what_is_missing_stays_empty_with_its_reason_and_is_never_a_zero(paper):
    data = template(A1="{{MS.SEC.011.E}}", A2="率：{{MS.SEC.011.E}}%")
    done = fill(paper, data, "t")
    sheet = book_of(done)["S"]
    assert sheet["A1"].value is None
    assert sheet["A2"].value == "率：–%"
    empty = done.of(Kind.EMPTY)
    assert [one.place for one in empty] == ["S!A1", "S!A2"]
    assert {one.why for one in empty} == {summarised.NO_DENOMINATOR}
    dashed = fill(paper, data, "t", Bindings(missing="—"))
    cell = book_of(dashed)["S"]["A1"]
    assert (cell.value, cell.alignment.horizontal) == ("—", "right")


def test_formulas_that_rest_on_what_is_missing_are_told_also_over_other_formulas(paper):
    data = template(
        A1="{{MS.SEC.011.E}}", A2="{{MS.SEC.010.E}}", B1="=A2-A1", B2="=SUM($A$1:$A$2)", B3="=A2*2",
        B4="=S!B1/2", B5="=$A:$A",
    )  # fmt: skip
    done = fill(paper, data, "t")
    assert told(done, Kind.RESTS) == [
        ("S!B1", "A1"),
        ("S!B2", "A1"),
        ("S!B4", "B1"),
        ("S!B5", "A1"),
    ]


def test_nobody_signed_a_draft(form):
    done = fill(summarised.draft(ZH), form, "t")
    assert {one.about for one in done.of(Kind.EMPTY)} == {
        "prepared_by",
        "checked_by",
        "released_at",
    }
    assert book_of(done)[FORM]["A11"].value == "编制人：–"


def test_what_nothing_is_called_stays_and_is_told_with_its_near_miss(paper):
    done = fill(paper, template(A1="{{MS.SEC.01O.A}}", A2="由 {{prepard_by}} 编制"), "t")
    sheet = book_of(done)["S"]
    assert sheet["A1"].value == "{{MS.SEC.01O.A}}"
    assert sheet["A2"].value == "由 {{prepard_by}} 编制"
    first, second = done.of(Kind.UNKNOWN)
    assert "Did you mean MS.SEC.01" in first.why
    assert "prepared_by" in second.why
    assert not done.of(Kind.LEFT)


def test_markers_where_nothing_is_filled_are_told(paper):
    def build(_, sheet):
        sheet["A1"] = "{{MS.SEC.010.A"
        sheet["A2"] = '="{{unit}}"&"x"'
        sheet["A3"] = "单位"
        sheet["A3"].comment = Comment("{{unit}}", "x")
        sheet.oddHeader.center.text = "{{period}}"

    done = fill(paper, made(build), "t")
    assert [one.place for one in done.of(Kind.LEFT)] == ["S!A1", "S!A2", "S!A3", "S"]


def test_formulas_are_never_written_over(paper):
    data = template(A1="=1+1", A2="{{MS.SEC.010.A}}")
    done = fill(paper, data, "t", bound("cells:", '  "S!A1": MS.SEC.030.A'))
    assert book_of(done)["S"]["A1"].value == "=1+1"
    assert told(done, Kind.FORMULA) == [("S!A1", "MS.SEC.030.A")]


def test_data_points_that_stand_nowhere_are_told_by_table_unless_left_out_on_purpose(form, paper):
    told_of = {one.about: one for one in fill(paper, form, "t").of(Kind.UNUSED)}
    assert set(told_of) == {"MS.SEC", "MS.BR"}
    # Five rows of six columns; four cells stand in the form.
    assert len(told_of["MS.SEC"].points) == 26
    assert "MS.SEC.010.A" not in told_of["MS.SEC"].points
    assert told_of["MS.SEC"].why.startswith("26 of 30 stand nowhere: MS.SEC.010.C")
    left_out = Bindings(leave_out=("MS.BR.*", "MS.SEC.*"))
    assert not fill(paper, form, "t", left_out).findings


# Safe, the same, and whole


def test_text_that_looks_like_a_formula_stays_text():
    units = summarised.units().with_columns(
        pl.col("name_zh").str.replace("示例银行", '=HYPERLINK("http://x","y")', literal=True)
    )
    paper = summarised.plain(ZH, package=summarised.package(units=units))
    done = fill(paper, template(A1="{{unit_name}}", A2="{{unit_name}} 报表"), "t")
    sheet = book_of(done)["S"]
    for at in ("A1", "A2"):
        assert sheet[at].value.startswith("=HYPERLINK")
        assert sheet[at].data_type == "s"
        assert sheet[at].quotePrefix
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(done.data)).read("xl/worksheets/sheet1.xml")


def test_the_same_report_and_template_give_the_same_bytes_without_a_clock(form, paper, filled):
    bare = zipfile.ZipFile(io.BytesIO(form))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as without:
        for name in bare.namelist():
            if name != "docProps/core.xml":
                without.writestr(name, bare.read(name))
    for data in (form, buffer.getvalue()):
        done = fill(paper, data, "t")
        with zipfile.ZipFile(io.BytesIO(done.data)) as archive:
            assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            core = archive.read("docProps/core.xml").decode()
        assert "2026-11-09T08:30:05Z</dcterms:modified>" in core
        days = set(re.findall(r"(\d{4}-\d\d-\d\d)T", core))
        assert days <= {"2026-11-09", *re.findall(r"\d{4}-\d\d-\d\d", _core(data))}
    assert fill(paper, form, "t").data == filled.data


def _core(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    return (
        archive.read("docProps/core.xml").decode()
        if "docProps/core.xml" in archive.namelist()
        else ""
    )


def test_the_file_says_what_it_was_filled_with_and_is_filled_anew_from_itself(filled, paper):
    said = book_of(filled).custom_doc_props["branchmark"].value
    assert said == (
        f"monthly_structure HO 2026-10-31 edition 2 released SHA-256 {paper.content_hash}"
    )
    again = fill(paper, filled.data, "t")
    assert book_of(again).custom_doc_props.names == ["branchmark"]


def drawn(build):
    return bank_forms.form("MS", "SEC", ROWS, "合计", columns="AB", more=build)


def test_what_cannot_be_kept_is_found_before_and_told_by_sheet():
    def build(book, page):
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": f"='{FORM}'!$B$7:$B$8"})
        page.insert_chart("I2", chart)
        page.insert_textbox("I20", "填表说明")
        page.add_sparkline("H7", {"range": f"'{FORM}'!B7:C7"})
        page.conditional_format("C7:C8", {"type": "data_bar", "data_bar_2010": True})
        page.insert_button("K2", {"caption": "计算"})

    found = {(one.where, one.what, one.is_gone) for one in losses(drawn(build), "t")}
    assert found == {
        ("chart1.xml", "a chart is drawn anew, without part of its looks", False),
        (FORM, "text boxes and shapes", True),
        (FORM, "small drawings in cells (sparklines)", True),
        (FORM, "a conditional format of a newer kind", True),
        (FORM, "buttons and other controls", True),
    }


def test_a_plain_form_loses_nothing_and_keeps_its_picture(form, paper):
    assert losses(form, "t") == ()
    picture = io.BytesIO()
    Image.new("RGB", (20, 10), "navy").save(picture, "PNG")

    def build(_, page):
        page.insert_image("I1", "seal.png", {"image_data": picture})

    data = drawn(build)
    assert losses(data, "t") == ()
    assert len(book_of(fill(paper, data, "t"))[FORM]._images) == 1  # noqa: SLF001 - kept nowhere else


def test_macros_are_kept_byte_by_byte(form, paper, tmp_path):
    project = tmp_path / "vbaProject.bin"
    project.write_bytes(b"\xd0\xcf\x11\xe0 what macros are" * 9)
    with xlsxwriter.Workbook(tmp_path / "m.xlsm") as book:
        book.add_vba_project(str(project))
        book.add_worksheet("S").write("A1", "{{MS.SEC.010.A}}")
    done = fill(paper, (tmp_path / "m.xlsm").read_bytes(), "m.xlsm")
    assert done.suffix == ".xlsm"
    archive = zipfile.ZipFile(io.BytesIO(done.data))
    assert archive.read("xl/vbaProject.bin") == project.read_bytes()
    assert b"macroEnabled" in archive.read("[Content_Types].xml")
    assert not done.of(Kind.LOST, Kind.ALTERED)
    assert fill(paper, form, "t").suffix == ".xlsx"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xd0\xcf\x11\xe0 old", "old .xls workbook, or is protected by a password"),
        (b"item,value\n", "is no Excel workbook"),
        (b"", "is no Excel workbook"),
    ],
)
def test_what_is_no_workbook_is_refused_with_the_way_out(paper, data, said):
    with pytest.raises(TemplateError, match=said) as refused:
        fill(paper, data, "t.xlsx")
    assert "save it as .xlsx" in str(refused.value)


def test_nothing_warns_while_a_template_is_filled(paper):
    def build(_, page):
        page.add_sparkline("H7", {"range": f"'{FORM}'!B7:C7"})

    data = drawn(build)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = fill(paper, data, "t")
    assert [one.kind for one in done.findings if one.place == FORM] == [Kind.LOST]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_reckons_the_formulas_of_the_template_to_what_the_report_prints(
    filled, paper, tmp_path
):
    path = tmp_path / "form.xlsx"
    path.write_bytes(filled.data)
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation=file://{tmp_path}/home", "--headless"),
            *("--convert-to", "xlsx", "--outdir", tmp_path / "out", path),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    sheet = openpyxl.load_workbook(tmp_path / "out" / "form.xlsx", data_only=True)[FORM]
    printed = {point: cell["printed"] for point, cell in paper.cells.items()}
    assert round(D(str(sheet["B9"].value)), 2) == printed["MS.SEC.030.A"]
    assert round(D(str(sheet["C9"].value)), 2) == printed["MS.SEC.030.B"]
    for row, name in ((7, "010"), (8, "020"), (9, "030")):
        # Changes in 亿元 there, in 万元 on the report.
        change = D(str(sheet[f"E{row}"].value)) * 10_000
        assert round(change) == printed[f"MS.SEC.{name}.C"]
