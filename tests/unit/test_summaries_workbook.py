"""A report as a workbook: exact numbers, live sums, changes and checks, and names to link to."""

import io
import re
import shutil
import subprocess
import zipfile
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest

from dashboards.i18n import Language
from dashboards.summaries import workbook
from dashboards.summaries.workbook_forms import name_of
from tests.unit import summarised

EN = Language.EN
D = Decimal
FORM, BRANCHES = "Loans by theme", "By branch"


def opened(paper):
    return openpyxl.load_workbook(io.BytesIO(workbook.write(paper)))


@pytest.fixture(scope="module")
def data():
    return workbook.write(summarised.paper(EN))


@pytest.fixture(scope="module")
def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.fixture(scope="module")
def values(data):
    """The same with the values that formulas were signed with."""
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def cells(sheet):
    return {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value is not None}


def row_of(sheet, number):
    return next(row for row in sheet.iter_rows() if row[0].value == number)


def test_there_is_a_cover_a_sheet_a_table_and_what_follows_them(book):
    assert book.sheetnames == [
        "Cover",
        FORM,
        BRANCHES,
        "Cross-checks",
        "Adjustments",
        "Differences to the last release",
        "Charts",
    ]
    assert max(map(len, book.sheetnames)) <= 31


def test_the_cover_says_what_where_when_how_far_and_what_was_signed(book):
    said = {row[0].value: row[1].value for row in book["Cover"].iter_rows()}
    paper = summarised.paper(EN)
    assert book["Cover"]["A1"].value == "Monthly structural summary"
    assert said["Reporting unit"] == "Example Bank (HO)"
    assert said["Period"] == "2026-10, as of 2026-10-31"
    assert said["Edition"] == "Edition 2, released"
    assert said["Content hash (SHA-256)"] == paper.content_hash
    assert said["Audit chain ends at"] == f"123:{'ab' * 32}"
    assert said["Filters"] == "none: every line of the report"
    assert said["Approved"] == "Zhang Min"
    assert "A3" not in book["Cover"].merged_cells


def test_what_is_not_released_says_so_on_the_cover_and_on_every_form(book):
    draft = opened(summarised.draft(EN))
    assert draft["Cover"]["A2"].value.startswith("DRAFT")
    assert "DRAFT" in cells(draft[FORM])
    assert "DRAFT" not in cells(book[FORM])


def test_a_number_keeps_the_digits_behind_what_is_printed(values):
    row = row_of(values[FORM], "010")
    # 1,234,567,890.12 yuan in a hundred million; 0.012345678901 in per cent.
    assert row[2].value == pytest.approx(12.3456789012, rel=1e-15)
    assert row[2].number_format == '#,##0.00"†"'
    assert row[6].value == pytest.approx(1.2345678901, rel=1e-15)
    assert row[6].number_format == "#,##0.00"
    assert row_of(values[FORM], "012")[2].value == pytest.approx(0.987654321, rel=1e-15)
    assert row_of(values[BRANCHES], "B101")[12].value == pytest.approx(34.25)


def test_sums_and_changes_are_formulas_with_the_signed_value_beside_them(book, values):
    sheet, held = book[FORM], values[FORM]
    total, part = row_of(sheet, "030"), row_of(sheet, "010")
    assert total[2].value == "=SUM(C8,C11)"
    assert row_of(held, "030")[2].value == pytest.approx(15.3506789062, rel=1e-15)
    # A change in ten thousand of two balances in a hundred million.
    assert part[4].value == "=(C8-D8)*10000"
    assert part[5].value == "=E8/D8/100"
    assert row_of(held, "010")[4].value == pytest.approx(3456.789002, rel=1e-12)
    assert row_of(book[BRANCHES], "B101")[6].value == "=D8/C8*100"


def test_a_formula_that_would_not_give_what_was_signed_is_not_written():
    rows = summarised.sector_cells() + summarised.branch_cells()
    for cell in rows:
        if cell["data_point"] in ("MS.SEC.030.A", "MS.SEC.010.C"):
            cell["exact"] += 1
    book = opened(summarised.plain(EN, package=summarised.package(rows=rows)))
    assert row_of(book[FORM], "030")[2].value == pytest.approx(15.3506789162)
    assert row_of(book[FORM], "010")[4].value == pytest.approx(3456.789102)
    assert row_of(book[FORM], "011")[4].value == "=(C9-D9)*10000"


def test_an_empty_cell_is_a_dash_with_its_reason_and_never_a_zero(book):
    row = row_of(book[FORM], "011")
    assert row[6].value == "– [3]"
    assert "nothing in the denominator" in row[6].comment.text
    assert cells(book[FORM])["[3]"].offset(0, 1).value == (
        "there is nothing in the denominator: 011.E, 020.E"
    )


def test_every_figure_is_a_name_that_other_workbooks_link_to(book):
    names = book.defined_names
    points = {
        cell["data_point"]
        for cell in summarised.package().cells.to_dicts()
        if cell["exact"] is not None
    }
    assert set(names) == points
    assert names["MS.SEC.010.A"].attr_text == f"'{FORM}'!$C$8"
    assert names["MS.BR.B140.K"].attr_text == f"'{BRANCHES}'!$M$47"
    assert name_of("MS.BR.B 1-Ü.A") == "MS.BR.B_1_Ü.A"


def test_the_rest_of_a_data_point_stands_in_grey_behind_its_line_and_is_not_printed(book):
    sheet = book[FORM]
    point = row_of(sheet, "010")[8]
    assert point.value == "MS.SEC.010"
    assert sheet["C6"].value == "A"
    assert sheet.print_area == f"'{FORM}'!$A$1:$H$20"


def test_parts_are_set_in_below_their_whole(book):
    labels = {row[1].value: row[1].alignment for row in book[FORM].iter_rows(min_row=7, max_row=12)}
    assert labels["of which: High-tech manufacturing"].indent == 1
    # An indent that is not told with a side is one from above.
    assert labels["of which: High-tech manufacturing"].horizontal == "left"
    assert labels["Technology loans"].indent == 0


def test_headings_stay_and_pages_are_a4_landscape_as_wide_as_one(book):
    for name in (FORM, BRANCHES):
        sheet = book[name]
        assert sheet.freeze_panes == "C7"
        assert sheet.print_title_rows == "$4:$6"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)


def test_text_that_would_run_stays_text(book):
    label = row_of(book[FORM], "030")[1]
    assert (label.value, label.data_type) == ("=Both <together>", "s")
    assert label.quotePrefix
    reason = next(
        cell for cell in cells(book["Adjustments"]).values() if str(cell.value).startswith("=late")
    )
    assert reason.data_type == "s"
    assert reason.quotePrefix


def test_checks_are_formulas_of_the_cells_they_are_about(book, values):
    sheet, held = book["Cross-checks"], values["Cross-checks"]
    both, parts = row_of(sheet, "MS-01#1"), row_of(sheet, "MS-02#1")
    assert both[2].value == f"='{FORM}'!C12*100000000"
    assert both[4].value == f"='{FORM}'!C8*100000000+'{FORM}'!C11*100000000"
    assert parts[2].value == f"=SUM('{BRANCHES}'!C8:C47)*100000000"
    assert both[5].value == "=ROUND(C9-E9,2)".replace("9", str(both[0].row))
    at = both[0].row
    assert both[7].value == f'=IF(ABS(F{at})<=G{at},"✓ holds","✗ does not hold")'
    assert row_of(held, "MS-01#1")[7].value == "✓ holds"


def test_a_side_that_is_not_its_cells_stands_as_the_number_that_was_compared(book, values):
    failing = row_of(book["Cross-checks"], "MS-03#2")
    # The part compared is larger than what its cell says: the formula would hide it.
    assert failing[2].value == pytest.approx(998765432.10)
    assert row_of(values["Cross-checks"], "MS-03#2")[7].value == "✗ does not hold, waived"
    assert "Goes out all the same" in failing[8].value
    moved = row_of(book["Cross-checks"], "MS-04#1")
    assert moved[7].value == "✗ does not hold, commented"


def test_adjustments_and_differences_are_numbers_with_live_changes(book, values):
    sheet = book["Adjustments"]
    row = row_of(sheet, "MS.SEC.010.A")
    assert [cell.value for cell in row[3:5]] == [
        pytest.approx(11.8456789012),
        pytest.approx(12.3456789012),
    ]
    assert row[5].value == f"=E{row[0].row}-D{row[0].row}"
    changed = row_of(values["Differences to the last release"], "MS.SEC.020.A")
    assert [cell.value for cell in changed[3:6]] == [3.0, pytest.approx(3.01), pytest.approx(0.01)]
    assert row_of(book["Differences to the last release"], "MS.BR.B101.H")[3].value == "–"


def test_the_same_report_gives_the_same_bytes_and_another_moment_others(data):
    assert workbook.write(summarised.paper(EN)) == data
    later = summarised.plain(EN, stated_at=summarised.AT + timedelta(minutes=1))
    assert workbook.write(later) != workbook.write(summarised.plain(EN))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_reckons_every_formula_to_what_is_printed(tmp_path):
    """Cached values are taken out first, so that nothing is there but what is reckoned."""
    paper = summarised.paper()
    path = tmp_path / "report.xlsx"
    signed = _without_cached_values(workbook.write(paper), path)
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    out = tmp_path / "reckoned"
    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", "xlsx", "--outdir", out, path],
        check=True,
        capture_output=True,
        timeout=120,
    )
    reckoned = openpyxl.load_workbook(out / "report.xlsx", data_only=True)
    formulas = openpyxl.load_workbook(path)
    compared = 0
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                compared += 1
                expected = signed[sheet.title][cell.coordinate].value
                found = reckoned[sheet.title][cell.coordinate].value
                where = f"{sheet.title}!{cell.coordinate}: {cell.value}"
                if isinstance(expected, str):
                    assert found == expected, where
                else:
                    assert found == pytest.approx(expected, rel=1e-12, abs=1e-9), where
    # 10 of the form's changes, 120 shares, 1 sum; sides, differences, verdicts; adjustments, differences.
    assert compared >= 140
    by_point = {cell["data_point"]: cell for cell in paper.package.cells.to_dicts()}
    for point, name in formulas.defined_names.items():
        title, cell = name.attr_text.replace("$", "").split("!")
        found = D(repr(float(reckoned[title.strip("'")][cell].value)))
        told = by_point[point]
        shown = found.quantize(D(1).scaleb(-told["decimals"]), rounding="ROUND_HALF_UP")
        assert shown == told["printed"], point


def _without_cached_values(data, path):
    """Writes the workbook without what its formulas gave; returns it with them."""
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(path, "w") as bare:
        for name in whole.namelist():
            part = whole.read(name)
            if name.startswith("xl/worksheets/sheet"):
                part, count = re.subn(rb"(</f>)<v>[^<]*</v>", rb"\1", part)
                assert count or b"<f>" not in part
            bare.writestr(name, part)
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)
