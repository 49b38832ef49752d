import io
import zipfile
from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from dashboards.exports import workbook
from dashboards.exports.document import Column, Content, Words
from dashboards.exports.sheets import sheet_names
from tests.exported import AMOUNT, MADE, MADE_ZH, SHARE, document, table


def opened(made=MADE, **changes):
    return openpyxl.load_workbook(io.BytesIO(workbook.write(document(**changes), made)))


def cover(book):
    return {row[0].value: row[1].value for row in book.worksheets[0].iter_rows(max_col=2)}


def test_the_cover_says_what_where_when_for_whom_and_by_which_definitions():
    book = opened()
    said = cover(book)
    assert book.worksheets[0]["A1"].value == "Scorecard: Harbour & Sons <b>"
    assert said["Branch"] == "Bank › Harbour (B1)"
    assert said["Period"] == "31 Oct 2026"
    assert said["Show"] == "With targets"
    assert said["Amounts in"] == "CNY"
    assert said["Made by"] == "li"
    assert said["Made at"] == "2026-11-22 08:30 UTC"
    assert said["sei_share"] == "SEI share"


def test_the_cover_speaks_chinese_to_a_chinese_reader():
    said = cover(opened(MADE_ZH, filters=()))
    assert said["导出人"] == "li"
    assert said["筛选条件"] == "无"


def test_each_block_has_a_sheet_after_the_cover_in_the_order_of_the_page():
    assert opened().sheetnames == ["Cover", "Figures", "Trend", "Notes"]


def test_numbers_are_numbers_with_the_format_of_their_own_row():
    sheet = opened()["Figures"]
    assert sheet["C2"].value == pytest.approx(float(SHARE), rel=1e-15)
    assert sheet["C2"].number_format == "0.00%"
    assert sheet["C3"].value == pytest.approx(float(AMOUNT), rel=1e-15)
    assert sheet["C3"].number_format == "#,##0.00"
    assert (sheet["D2"].value, sheet["D2"].number_format) == (1200, "#,##0")
    assert sheet["D3"].value == -3
    assert sheet["E2"].value.isoformat() == "2026-10-31T00:00:00"
    assert sheet["E2"].number_format == "yyyy-mm-dd"


def test_an_amount_of_fifteen_digits_keeps_every_one_of_them():
    rows = pl.DataFrame({"a": [Decimal("1234567890123.45")]}, schema={"a": pl.Decimal(38, 12)})
    sheet = opened(blocks=(table(columns=(Column("a", "A", Content.MONEY),), rows=rows),))[
        "Figures"
    ]
    assert repr(sheet["A2"].value) == "1234567890123.45"


def test_what_is_missing_is_empty_and_never_a_zero():
    sheet = opened()["Figures"]
    assert [cell.value for cell in sheet[4]][2:] == [None] * 5


def test_people_read_words_for_codes():
    sheet = opened()["Figures"]
    assert [sheet["A2"].value, sheet["A3"].value] == ["Harbour", "B2"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\tx", "\rx", "＝1+1", "＠x"])
def test_text_that_would_run_stays_text_even_when_it_is_edited(text):
    rows = pl.DataFrame({"a": [text]})
    sheet = opened(blocks=(table(columns=(Column("a", "A"),), rows=rows),))["Figures"]
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].quotePrefix
    # In a file of this kind a carriage return is written out.
    assert sheet["A2"].value.replace("_x000D_", "\r") == text


def test_a_title_or_heading_that_would_run_stays_text_too():
    rows = pl.DataFrame({"a": ["x"]})
    block = table(title="=cmd", columns=(Column("a", "=A1"),), rows=rows)
    book = opened(title="=1+1", blocks=(block,))
    assert book.worksheets[0]["A1"].data_type == "s"
    assert book["=cmd"]["A1"].data_type == "s"
    assert book["=cmd"]["A1"].quotePrefix


def test_a_web_address_is_no_link_and_a_number_in_a_text_column_no_number():
    rows = pl.DataFrame({"a": ["http://example.org", "00123"]})
    sheet = opened(blocks=(table(columns=(Column("a", "A"),), rows=rows),))["Figures"]
    assert sheet["A2"].hyperlink is None
    assert sheet["A3"].value == "00123"


def test_headings_are_frozen_filtered_and_explained():
    sheet = opened()["Figures"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:G4"
    assert "In the unit beside it." in sheet["C1"].comment.text
    assert "Harbour = B1" in sheet["A1"].comment.text


def test_notes_stand_below_the_table_outside_of_its_filter():
    sheet = opened()["Figures"]
    assert sheet["A6"].value == "A legend."


def test_a_table_without_rows_says_so():
    sheet = opened(blocks=(table(rows=table().rows.clear()),))["Figures"]
    assert sheet["A3"].value == "Nothing to list here."


def test_a_picture_is_an_image_with_its_words():
    assert opened()["Trend"]["A2"].value == "from 1 to 2"
    with zipfile.ZipFile(io.BytesIO(workbook.write(document(), MADE))) as packed:
        assert packed.read("xl/media/image1.png").startswith(b"\x89PNG")


def test_the_same_document_and_moment_give_the_same_bytes():
    assert workbook.write(document(), MADE) == workbook.write(document(), MADE)


def test_sheet_names_are_short_unique_and_without_forbidden_signs():
    long = "Headroom under the NPL tolerance of small enterprises"
    names = sheet_names(
        [long, long.upper(), "a/b:c", "'quoted'", "", "History", "cover"], taken=["Cover"]
    )
    assert names == [
        "Headroom under the NPL toleranc",
        "HEADROOM UNDER THE NPL TOLERA 2",
        "a b c",
        "quoted",
        "-",
        "History 2",
        "cover 2",
    ]
    assert max(map(len, names)) <= 31


def test_excel_takes_the_names_of_odd_titles():
    book = opened(blocks=tuple(Words(f"[{'x' * 40}]*?/\\:{n}", ("a",)) for n in range(12)))
    assert len(set(book.sheetnames)) == 13
