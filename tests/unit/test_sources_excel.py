"""A workbook is read cell by cell as it stands: digits, dates, errors; its sheet and header found out."""

import zipfile
from datetime import date, datetime
from decimal import Decimal

import fastexcel
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources import archive, open_source
from transforms.book import conform
from transforms.errors import UnreadableFileError
from transforms.mappings.model import SourceRules, parse_mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture
def read(tmp_path):
    def opened(path, **how):
        return open_source(path, scratch=tmp_path / "scratch", rules=SourceRules(**how))

    return opened


def moment(*parts):
    """A day and a time as a workbook has them: of no zone."""
    return datetime(*parts)  # noqa: DTZ001


def rows(source):
    return source.frame.collect(engine="streaming").rows()


def made(path, *sheets, **options):
    """A workbook; each sheet is a name and its rows, None an empty cell."""
    with xlsxwriter.Workbook(path, options) as book:
        day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name, lines in sheets:
            sheet = book.add_worksheet(name)
            for at, line in enumerate(lines):
                for column, value in enumerate(line):
                    if isinstance(value, datetime):
                        sheet.write_datetime(at, column, value, moment)
                    elif isinstance(value, date):
                        sheet.write_datetime(at, column, value, day)
                    elif isinstance(value, str):
                        sheet.write_string(at, column, value)
                    elif value is not None:
                        sheet.write(at, column, value)
    return path


def by_hand(path, sheet, *, strings="", styles="", space=MAIN, prefix="", properties=""):
    """A workbook of one sheet whose XML is written out here."""
    p = f"{prefix}:" if prefix else ""
    xmlns = f'xmlns{":" + prefix if prefix else ""}="{space}"'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "xl/workbook.xml",
            f'<{p}workbook {xmlns} xmlns:r="{LINKS}">{properties}<{p}sheets>'
            f'<{p}sheet name="S" sheetId="1" r:id="rId1"/></{p}sheets></{p}workbook>',
        )
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Target="worksheets/one.xml"/></Relationships>',
        )
        packed.writestr("xl/worksheets/one.xml", f"<{p}worksheet {xmlns}>{sheet}</{p}worksheet>")
        if strings:
            packed.writestr("xl/sharedStrings.xml", f"<sst {xmlns}>{strings}</sst>")
        if styles:
            packed.writestr("xl/styles.xml", f"<styleSheet {xmlns}>{styles}</styleSheet>")
    return path


def cells(*lines, start=1):
    """Rows of cells as XML: each cell is its whole element without its place."""
    out = []
    for number, line in enumerate(lines, start=start):
        inner = "".join(cell.replace("<c", f'<c r="{chr(65 + at)}{number}"', 1) for at, cell in
                        enumerate(line) if cell)  # fmt: skip
        out.append(f'<row r="{number}">{inner}</row>')
    return f"<sheetData>{''.join(out)}</sheetData>"


def text(words):
    return f'<c t="inlineStr"><is><t>{words}</t></is></c>'


def number(digits):
    return f"<c><v>{digits}</v></c>"


def test_the_first_sheet_with_names_is_read_and_the_lines_above_them_are_told(read, tmp_path):
    path = made(
        tmp_path / "loans.xlsx",
        ("封面", []),
        (
            "贷款",
            [
                ["贷款明细表"],
                ["单位：万元"],
                [],
                ["借据号", "余额", "到期日"],
                ["J1", 12.5, date(2026, 10, 31)],
                ["J2", 0.1, date(2027, 1, 2)],
                [None],
                ["  "],
            ],
        ),
        ("说明", [["x"]]),
    )
    source = read(path)
    assert rows(source) == [
        ("J1", "12.5", date(2026, 10, 31), 1),
        ("J2", "0.1", date(2027, 1, 2), 2),
    ]
    assert source.told == "read as Excel, sheet '贷款' (names in row 4), 3 columns, 2 rows"
    assert source.notes == (
        "Sheets that were not read: 封面, 说明.",
        "Above the column names of sheet '贷款': “贷款明细表”, “单位：万元”.",
    )


@pytest.mark.parametrize(
    ("stored", "digits"),
    [
        ("0.1", "0.1"),
        ("1.1000000000000001", "1.1"),
        ("250000000.37", "250000000.37"),
        ("1E-07", "0.0000001"),
        ("1.2345E-8", "0.000000012345"),
        ("6222021234567890123", "6222021234567890123"),
        ("1E+18", "1000000000000000000"),
        ("-12.50", "-12.50"),
        ("100", "100"),
        ("5.0000000000000000", "5"),
        ("0.30000000000000004", "0.30000000000000004"),
    ],
)
def test_a_number_keeps_its_shortest_decimal_form(read, tmp_path, stored, digits):
    path = by_hand(tmp_path / "n.xlsx", cells([text("a"), text("b")], [text("x"), number(stored)]))
    assert rows(read(path)) == [("x", digits, 1)]


def test_numbers_of_accounts_longer_than_excel_keeps_are_told_of(read, tmp_path):
    lines = [["账号", "余额"], [6222021234567890, 1], ["6222021234567890123", 2]]
    source = read(made(tmp_path / "a.xlsx", ("S", lines)))
    assert [row[0] for row in rows(source)] == ["6222021234567890", "6222021234567890123"]
    assert any("more than 15 digits" in note and "账号 (S!A2)" in note for note in source.notes)


def test_errors_stay_what_they_are_and_their_rows_are_rejected_as_unreadable(read, tmp_path):
    error = '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    head = [text(name) for name in ("loan_id", "borrower_id", "booking_branch_id", "amount")]
    path = by_hand(
        tmp_path / "e.xlsx",
        cells(
            head,
            [text("L1"), text("C1"), text("B1"), error],
            [text("L2"), '<c t="e"><v>#REF!</v></c>', text("B1"), number("1")],
            [text("L3"), text("C3"), text("B1"), number("2.5")],
        ),
    )
    source = read(path)
    assert rows(source)[0] == ("L1", "C1", "B1", "#DIV/0!", 1)
    mapping = parse_mapping(
        "ours",
        "tables: {loan_snapshot: {columns: {loan_id: loan_id, borrower_id: borrower_id, "
        "booking_branch_id: booking_branch_id, outstanding_principal: amount}}}",
    )
    book = conform(source.frame, mapping, as_of=date(2026, 10, 31), base_currency="CNY")
    loans = book.table("loan_snapshot").frame.collect()
    assert loans["problems"].to_list() == [
        ["E0002:outstanding_principal"],
        ["E0004:borrower_id"],
        [],
    ]
    assert loans["outstanding_principal"].to_list() == [None, Decimal("1.00"), Decimal("2.50")]


def test_text_that_looks_like_a_formula_stays_text_and_one_without_an_answer_is_told_of(
    read, tmp_path
):
    path = by_hand(
        tmp_path / "f.xlsx",
        cells(
            [text("a"), text("b"), text("c")],
            [text("=1+1"), "<c><f>A1&amp;B1</f></c>", "<c><f>2+3</f><v>5</v></c>"],
        ),
    )
    source = read(path)
    assert rows(source) == [("=1+1", "=A1&B1", "5", 1)]
    assert source.notes[-1].startswith("Formulas without a stored answer, read as their text, S!B2")


@pytest.mark.parametrize(
    ("system", "day"), [(False, date(2026, 10, 31)), (True, date(2030, 11, 1))]
)
def test_dates_are_counted_by_the_workbooks_own_system(read, tmp_path, system, day):
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    path = by_hand(
        tmp_path / "d.xlsx",
        cells([text("a"), text("b")], [text("x"), '<c s="1"><v>46326</v></c>']),
        styles=styles,
        properties=f'<workbookPr date1904="{int(system)}"/>',
    )
    source = read(path)
    assert rows(source) == [("x", day, 1)]
    assert ("dates counted from 1904" in source.told) == system


def test_the_leap_day_that_never_was_is_no_date(read, tmp_path):
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    dated = ['<c s="1"><v>59</v></c>', '<c s="1"><v>60</v></c>', '<c s="1"><v>61</v></c>']
    path = by_hand(
        tmp_path / "d.xlsx", cells([text("a")], *([one] for one in dated)), styles=styles
    )
    assert [row[0] for row in rows(read(path))] == ["1900-02-28", "1900-02-29", "1900-03-01"]


@pytest.mark.parametrize(
    ("code", "dated"),
    [
        ("yyyy-mm-dd", True),
        ('[$-804]yyyy"年"m"月"d"日";@', True),
        ("[Red]0.00", False),
        ('0.00"days"', False),
        ("[h]:mm", False),
        ("#,##0.00_);(#,##0.00)", False),
        ("General", False),
        ("d/m/yy", True),
    ],
)
def test_what_is_a_date_is_told_by_the_format_of_the_cell(read, tmp_path, code, dated):
    quoted = code.replace('"', "&quot;")
    styles = (
        f'<numFmts><numFmt numFmtId="200" formatCode="{quoted}"/></numFmts><cellXfs>'
        '<xf numFmtId="0"/><xf numFmtId="200"/></cellXfs>'
    )
    path = by_hand(
        tmp_path / "d.xlsx", cells([text("a")], ['<c s="1"><v>46326</v></c>']), styles=styles
    )
    assert rows(read(path)) == [(date(2026, 10, 31) if dated else "46326", 1)]


def test_times_of_day_make_moments_and_a_mixed_column_stays_text(read, tmp_path):
    lines = [
        ["a", "b"],
        [moment(2026, 10, 31, 13, 14, 15), date(2026, 10, 31)],
        [date(2026, 10, 31), "31/10/2026"],
    ]
    source = read(made(tmp_path / "m.xlsx", ("S", lines)))
    assert rows(source) == [
        (moment(2026, 10, 31, 13, 14, 15), "2026-10-31", 1),
        (moment(2026, 10, 31), "31/10/2026", 2),
    ]
    assert source.notes == (
        "b mixes date cells and others (S!B3 for example); date cells are read as YYYY-MM-DD.",
    )


def test_true_rich_and_escaped_texts_and_reading_aids(read, tmp_path):
    strings = (
        "<si><t>a</t></si><si><r><t>甲</t></r><r><t>公司</t></r><rPh><t>jia</t></rPh></si>"
        "<si><t>two_x000D_lines</t></si>"
    )
    shared = ['<c t="s"><v>0</v></c>', '<c t="s"><v>1</v></c>', '<c t="s"><v>2</v></c>']
    sheet = cells([shared[0]], [shared[1]], [shared[2]], ['<c t="b"><v>1</v></c>'])
    path = by_hand(tmp_path / "t.xlsx", sheet, strings=strings)
    assert [row[0] for row in rows(read(path))] == ["甲公司", "two\rlines", "TRUE"]


def test_other_spellings_of_the_same_xml_are_read(read, tmp_path):
    sheet = (
        "<x:sheetData><x:row><x:c t='inlineStr'><x:is><x:t>a</x:t></x:is></x:c></x:row>"
        "<x:row><x:c t='d'><x:v>2026-10-31</x:v></x:c></x:row></x:sheetData>"
    )
    path = by_hand(tmp_path / "x.xlsx", sheet, space=STRICT, prefix="x")
    assert rows(read(path)) == [(date(2026, 10, 31), 1)]


def test_sheets_are_chosen_by_name_by_place_several_or_all(read, tmp_path):
    path = made(
        tmp_path / "s.xlsx",
        ("甲行", [["id", "n"], ["A", 1]]),
        ("乙行", [["总行"], ["n", "id"], [2, "B"]]),
        ("2", [["id", "n"], ["C", 3]]),
    )
    assert rows(read(path)) == [("A", "1", 1)]
    assert rows(read(path, sheet="乙行")) == [("2", "B", 1)]
    assert rows(read(path, sheet="3")) == rows(read(path, sheet="2")) == [("C", "3", 1)]
    both = read(path, sheet=("甲行", "乙行"))
    assert rows(both) == [("A", "1", 1), ("B", "2", 2)]
    assert "sheets '甲行' (names in row 1), '乙行' (names in row 2)" in both.told
    assert [row[0] for row in rows(read(path, sheet="*"))] == ["A", "B", "C"]
    with pytest.raises(UnreadableFileError, match=r"has no sheet '丙行'\..*It has 甲行, 乙行, 2"):
        read(path, sheet="丙行")


def test_sheets_of_different_layout_are_refused_together(read, tmp_path):
    path = made(tmp_path / "s.xlsx", ("a", [["id", "n"], ["A", 1]]), ("b", [["id", "m"], ["B", 2]]))
    with pytest.raises(UnreadableFileError, match=r"'a' and 'b' have different columns \(m, n\)"):
        read(path, sheet="*")


def test_the_row_of_names_may_be_stated(read, tmp_path):
    path = made(tmp_path / "h.xlsx", ("S", [["基本", "基本"], ["id", "n"], ["A", "1"]]))
    assert rows(read(path, header_row=2)) == [("A", "1", 1)]
    with pytest.raises(UnreadableFileError, match="row 9 of sheet 'S' is to hold the column names"):
        read(path, header_row=9)


def test_a_table_may_begin_in_a_later_column_and_have_gaps_and_merged_cells(read, tmp_path):
    path = tmp_path / "g.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range("C2:E2", "标题")
        for at, row in ((2, ["id", "", "n"]), (3, ["A", "x", "1"]), (6, ["B", "y", "2"])):
            sheet.write_row(at, 2, row)
        sheet.merge_range("C8:C9", "C")
        sheet.write("E8", "3")
        sheet.write("E9", "4")
    source = read(path)
    assert source.columns == ("id", "column_2", "n")
    assert rows(source) == [
        ("A", "x", "1", 1),
        ("B", "y", "2", 2),
        ("C", None, "3", 3),
        (None, None, "4", 4),
    ]
    said = " ".join(source.notes)
    assert "Column 2 has no name" in said
    assert "empty rows between rows, the first at row 5" in said
    assert "merged cells among its rows, C8:C9 for example" in said


def test_a_value_without_a_column_name_is_refused_with_its_cell(read, tmp_path):
    path = made(tmp_path / "v.xlsx", ("S", [["id", "n"], ["A", 1], ["B", 2, None, "check!"]]))
    with pytest.raises(UnreadableFileError, match="S!D3 has a value and no column name above it"):
        read(path)


def test_a_name_that_stands_twice_and_a_sheet_without_names_are_refused(read, tmp_path):
    with pytest.raises(UnreadableFileError, match=r"'id' stands in it twice \(columns 1 and 3\)"):
        read(made(tmp_path / "t.xlsx", ("S", [["id", "n", "id"], ["A", 1, "B"]])))
    for number_of, sheet in enumerate([[], [[1, 2], [3, 4]]]):
        with pytest.raises(UnreadableFileError, match="no visible sheet has a row of column names"):
            read(made(tmp_path / f"{number_of}.xlsx", ("S", sheet)))


def test_names_alone_are_a_month_without_rows(read, tmp_path):
    source = read(made(tmp_path / "n.xlsx", ("S", [["id", "n"]])))
    assert (source.rows, rows(source), source.columns) == (0, [], ("id", "n"))


def test_a_stray_cell_in_the_last_corner_costs_nothing_and_is_refused_with_its_place(
    read, tmp_path
):
    sheet = (
        '<sheetData><row r="1"><c r="A1" t="str"><v>id</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    with pytest.raises(UnreadableFileError, match="S!XFD1048576 has a value and no column name"):
        read(by_hand(tmp_path / "far.xlsx", sheet))


# --- what is no workbook, or a hostile one --------------------------------------------------------------


def test_old_encrypted_and_binary_workbooks_are_refused_plainly(read, tmp_path):
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(UnreadableFileError, match=r"it is an old Excel workbook \(xls\).*xlsx"):
        read(path)
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    with pytest.raises(UnreadableFileError, match="it is a workbook with a password"):
        read(path)
    with zipfile.ZipFile(tmp_path / "b.xlsb", "w") as packed:
        packed.writestr("xl/workbook.bin", "x")
    with pytest.raises(UnreadableFileError, match=r"a binary Excel workbook \(xlsb\)"):
        read(tmp_path / "b.xlsb")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as packed:
        packed.writestr("a.csv", "a,b")
    with pytest.raises(UnreadableFileError, match="it is a zip archive"):
        read(tmp_path / "z.zip")


def test_a_bomb_is_refused_by_the_archives_own_list(read, tmp_path, monkeypatch):
    path = by_hand(tmp_path / "bomb.xlsx", cells([text("a")], [text("b" * 3_000_000)]))
    monkeypatch.setattr(archive, "SMALL", 1 << 20)
    with pytest.raises(UnreadableFileError, match=r"one.xml in it unpacks to 2 MB, more than 200"):
        read(path)
    monkeypatch.setattr(archive, "UNPACKED", 2 << 20)
    with pytest.raises(UnreadableFileError, match="at most 2 MB are opened"):
        read(path)
    monkeypatch.setattr(archive, "ENTRIES", 2)
    with pytest.raises(UnreadableFileError, match="packs 3 parts, and at most 2 are opened"):
        read(path)


def test_a_table_of_texts_too_large_for_memory_is_refused(read, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "STRINGS", 1000)
    path = by_hand(tmp_path / "s.xlsx", cells([text("a")]), strings=f"<si><t>{'x' * 2000}</t></si>")
    with pytest.raises(UnreadableFileError, match="its texts unpack to"):
        read(path)


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("<sheetData><row", "sheet 'S' after row 0"),
        (cells([text("a")], ['<c t="s"><v>7</v></c>']), "sheet 'S' after row 2"),
        ('<sheetData><row r="2"></row><row r="1"></row></sheetData>', "row 1 comes after row 2"),
        ('<sheetData><row r="1"><c r="7A"><v>1</v></c></row></sheetData>', "'7A' names no cell"),
        (cells([text("a")], ["<c><v>twelve</v></c>"]), "sheet 'S' after row 2"),
        (cells(['<c t="s"><v>-1</v></c>']), "there is no shared text -1"),
    ],
)
def test_a_broken_sheet_is_refused_with_its_row(read, tmp_path, sheet, message):
    with pytest.raises(UnreadableFileError, match="the workbook is broken") as refused:
        read(by_hand(tmp_path / "b.xlsx", sheet))
    assert message in str(refused.value)


def test_entities_are_refused(read, tmp_path):
    path = by_hand(tmp_path / "e.xlsx", cells([text("a")]))
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(
            "xl/styles.xml", '<!DOCTYPE x [<!ENTITY a "b">]><styleSheet>&a;</styleSheet>'
        )
    with pytest.raises(UnreadableFileError, match="declares a document type"):
        read(path)


@pytest.mark.parametrize("place", range(3, 100, 7))
@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_workbook_is_refused_or_read_whole(read, tmp_path, place, cut):
    lines = [
        ["id", "n", "d"],
        *([f"L{at}", at / 7, date(2026, 1, 1 + at % 28)] for at in range(300)),
    ]
    content = bytearray(made(tmp_path / "whole.xlsx", ("S", lines)).read_bytes())
    at = len(content) * place // 100
    if cut:
        content = content[:at]
    else:
        content[at] ^= 0xFF
    path = tmp_path / "broken.xlsx"
    path.write_bytes(content)
    try:
        found = read(path).frame.collect().height
    except UnreadableFileError:
        found = None
    assert found is None or (found == 300 and not cut)


# --- against another reader ------------------------------------------------------------------------------

VALUES = st.one_of(
    st.none(),
    st.text(st.sampled_from("ab=1 中é-,"), min_size=1, max_size=6).filter(str.strip),
    st.integers(-(10**14), 10**14),
    st.decimals(-(10**9), 10**9, places=2, allow_nan=False, allow_infinity=False).map(float),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(st.tuples(st.just("k"), VALUES, VALUES), max_size=8))
def test_another_reader_finds_the_same_cells(read, tmp_path, lines):
    path = made(tmp_path / "peer.xlsx", ("S", [["key", "b", "c"], *lines]))
    peer = fastexcel.read_excel(str(path)).load_sheet(0, dtypes="string")
    theirs = pl.DataFrame(peer).rows()
    ours = [row[:-1] for row in rows(read(path))]
    assert len(ours) == len(lines) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        for a, b in zip(mine, other, strict=True):
            # The peer writes a number with the noise of its float.
            assert a == b or float(a) == float(b)
