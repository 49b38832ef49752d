"""Hostile workbooks, Parquet files, folders and Delta tables, and what is no file at all."""

import os
import struct
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from orchestration import intake
from orchestration.bank import Bank
from orchestration.sources import open_source
from tests.faults.hostile import broken_rules, left_behind, refused, taken
from tests.whole import books
from tests.whole.commands import here, kpis, made, one_sentence, write_csv
from transforms.errors import UnreadableFileError

pytestmark = pytest.mark.whole

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = ("loan_id", "borrower_id", "booking_branch_id", "outstanding_principal")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return made(tmp_path_factory.mktemp("hostile") / "bank")


def text(words, ref=""):
    return f'<c{ref} t="inlineStr"><is><t>{words}</t></is></c>'


def sheet(*rows, more=""):
    inside = "".join(f"<row>{''.join(row)}</row>" for row in rows)
    return f'<worksheet xmlns="{MAIN}"><sheetData>{inside}</sheetData>{more}</worksheet>'


HEAD = [text(name) for name in NAMES]
LOAN = [text(cell) for cell in ("L1", "C1", "north", "5")]
BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
)
RELATIONS = '<Relationships><Relationship Id="r1" Target="worksheets/one.xml"/></Relationships>'
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


def workbook(path, one=None, *, packed=zipfile.ZIP_DEFLATED, **parts):
    """A workbook; parts go by their last name, `styles` for xl/styles.xml."""
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("xl/workbook.xml", parts.pop("workbook", BOOK))
        archive.writestr("xl/_rels/workbook.xml.rels", parts.pop("relations", RELATIONS))
        archive.writestr("xl/worksheets/one.xml", one or sheet(HEAD, LOAN))
        for name, inner in parts.items():
            archive.writestr(name if "/" in name else f"xl/{name}.xml", inner)
    return path


SHEETS_REFUSED = {
    "half a character in a cell": (
        sheet(HEAD, [text("L_xD800_1")]),
        "sheet 'S' after row 2: a text holds half a character",
    ),
    "half a character in a name": (sheet([text("loan_xD800_id")]), "half a character"),
    "a name far beyond the last column": (
        sheet([text("a", ' r="A1"'), text("b", ' r="ZZZZZZ1"')]),
        "'ZZZZZZ1' lies beyond the last column, XFD",
    ),
    "a cell far beyond the last column": (
        sheet(HEAD, [text("b", ' r="XFE2"')]),
        "'XFE2' lies beyond the last column, XFD",
    ),
    "no number": (sheet(HEAD, [*LOAN[:3], "<c><v>0x10</v></c>"]), "after row 2: could not convert"),
    "a shared text that is not there": (sheet(HEAD, ['<c t="s"><v>9</v></c>']), "after row 2"),
    "a shared text of 5,000 digits": (
        sheet(HEAD, [f'<c t="s"><v>{"9" * 5000}</v></c>']),
        "after row 2",
    ),
    "an entity": (ENTITY + sheet(HEAD, LOAN), "it declares a document type"),
    "entities in one another": (LAUGHS + sheet(HEAD, LOAN), "it declares a document type"),
    "an encoding that is none": (
        '<?xml version="1.0" encoding="ebcdic-x"?>' + sheet(HEAD, LOAN),
        "unknown encoding: ebcdic-x",
    ),
    "a sheet cut short": (sheet(HEAD, LOAN)[:-30], "the workbook is broken (sheet 'S' after row"),
    "rows that run backwards": (
        sheet(HEAD, LOAN).replace("</row><row>", '</row><row r="-5">'),
        "row -5 comes after row 1",
    ),
    "twenty thousand cells in a row": (
        sheet([text("a")] * 20_000),
        "row 1 has more than 16,384 cells",
    ),
}


@pytest.mark.parametrize("case", SHEETS_REFUSED)
def test_a_hostile_sheet_is_refused_with_its_place(root, tmp_path, case):
    one, words = SHEETS_REFUSED[case]
    assert words in refused(root, workbook(tmp_path / "loan_snapshot.xlsx", one))


PARTS_REFUSED = {
    "an entity among the styles": ({"styles": ENTITY + "<styleSheet/>"}, "document type"),
    "an entity among the texts": ({"sharedStrings": ENTITY + "<sst/>"}, "document type"),
    "an entity in the workbook": ({"workbook": ENTITY + BOOK}, "document type"),
    "an entity in the relations": ({"relations": ENTITY + RELATIONS}, "document type"),
    "a relation out of the archive": (
        {"relations": RELATIONS.replace("worksheets/one", "file:///etc/worksheets/passwd")},
        "the workbook lacks one of its parts",
    ),
    "half a million styles": (
        {"styles": f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * 500_000}</cellXfs></styleSheet>'},
        "it has more than 131,072 styles of cells",
    ),
    "ten thousand sheets": (
        {"workbook": BOOK.replace("</sheets>", '<sheet name="a" r:id="r1"/>' * 10_000 + "</sheets>")},
        "it lists more than 1,000 sheets",
    ),
    "too many parts": ({f"x/{n}": "" for n in range(10_000)}, "it packs 10,003 parts"),
    "a part of 100 MB in a hundred KB": (
        {"worksheets/two": "<row/>" * (18 << 20)},
        "xl/worksheets/two.xml in it unpacks to 108 MB"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PARTS_REFUSED)
def test_a_hostile_part_of_a_workbook_is_refused(root, tmp_path, case):
    parts, words = PARTS_REFUSED[case]
    parts = {("xl/worksheets/two.xml" if k == "worksheets/two" else k): v for k, v in parts.items()}
    assert words in refused(root, workbook(tmp_path / "loan_snapshot.xlsx", **parts))


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_refused_however_it_is_packed(root, tmp_path, packed):
    whole = workbook(tmp_path / "loan_snapshot.xlsx", packed=packed).read_bytes()
    with zipfile.ZipFile(tmp_path / "loan_snapshot.xlsx") as archive:
        part = archive.getinfo("xl/worksheets/one.xml")
    path = tmp_path / "loan_snapshot.xlsx"
    start = part.header_offset + 30 + len(part.filename)
    for at in range(start + 12, start + part.compress_size, max(part.compress_size // 6, 1)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        assert "the workbook is broken" in one_sentence(
            here("ingest", path, "-w", root, "--as-of", books.OCTOBER)
        )


def test_names_that_lead_out_of_an_archive_are_never_unpacked(root, tmp_path):
    out = "../" * 12 + str(tmp_path / "escaped")
    path = workbook(tmp_path / "loan_snapshot.xlsx", **{out: "x", str(tmp_path / "escaped"): "x"})
    assert taken(root, path)["accepted_rows"] == 1
    assert not (tmp_path / "escaped").exists()


def test_numbers_no_bank_has_in_a_workbook_are_findings(root, tmp_path):
    cells = ["1e308", "1e400", "nan", "-0.0", "-1"]
    rows = [[text(f"L{at}"), *LOAN[1:3], f"<c><v>{cell}</v></c>"] for at, cell in enumerate(cells)]
    serials = ["60", "0", "-1", "1e308", "nan", "inf", "2958466"]
    dated = [
        [*LOAN_OF(at), f'<c s="1"><v>{serial}</v></c>'] for at, serial in enumerate(serials, 10)
    ]
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        "</styleSheet>"
    )
    one = sheet([*HEAD, text("disbursement_date")], *rows, *dated)
    receipt = taken(root, workbook(tmp_path / "loan_snapshot.xlsx", one, styles=styles))
    assert broken_rules(receipt) == {"E0002": 2, "E0003": 7, "E0006": 1, "E0102": 1}
    assert receipt["accepted_rows"] == 1


def LOAN_OF(at):  # noqa: N802 - a loan like LOAN
    return [text(f"L{at}"), *LOAN[1:]]


def book_with(**columns):
    """October's nine loans as an Arrow table, some columns replaced or added."""
    table = pl.DataFrame(books.october()).to_arrow()
    for name, values in columns.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, values)
        else:
            table = table.append_column(name, values)
    return table


def nine(value, kind=None):
    return pa.array([value] * 9, kind)


NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), 9, [None, pa.py_buffer(struct.pack("<10i", *range(10))), pa.py_buffer(b"\xff" * 9)]
)
PARQUET = {
    # columns: rules broken and by how many rows, or the words of the refusal
    "amounts of 38 digits": (
        {"outstanding_principal": nine(Decimal(10) ** 37, pa.decimal128(38, 0))},
        {"E0006": 9},
    ),
    "amounts of 60 digits": (
        {"outstanding_principal": nine(Decimal(10) ** 60, pa.decimal256(76, 0))},
        "precision must be between 1 and 38",
    ),
    "numbers and none": (
        {
            "outstanding_principal": pa.array(
                [float("nan"), float("inf"), -float("inf"), 1e308, -0.0, 1e-308, 0.1, -1e15, None]
            )
        },
        {"E0001": 2, "E0002": 2, "E0006": 1, "E0102": 1},
    ),
    "the largest whole numbers": (
        {"outstanding_principal": nine(2**64 - 1, pa.uint64())},
        {"E0006": 9},
    ),
    "days beyond 32 bits": ({"days_past_due": nine(2**63 - 1)}, {"E0006": 9}),
    "texts that are no UTF-8": ({"contract_id": NOT_UTF8}, "invalid UTF-8"),
    "bytes": ({"contract_id": nine(b"\xff\xfe")}, "a value in it cannot be taken"),
    "a zero byte": ({"contract_id": nine("a\0b")}, {}),
    "true for an amount": ({"outstanding_principal": nine(True)}, {"E0002": 9}),  # noqa: FBT003
    "a date for an amount": ({"outstanding_principal": nine(date(2026, 1, 1))}, {"E0002": 9}),
    "nothing but nothing": ({"loan_id": pa.nulls(9)}, {"E0001": 9}),
    "a record for a number": ({"loan_id": nine({"a": 1})}, "holds lists or records"),
    "a time of day for a date": ({"disbursement_date": nine(time(1, 2))}, {"E0003": 9}),
    "a span for a date and a text": (
        {"disbursement_date": nine(timedelta(1)), "contract_id": nine(timedelta(1))},
        {"E0003": 9},
    ),
    "days beyond the calendar": (
        {"disbursement_date": nine(2**31 - 1, pa.int32()).cast(pa.date32())},
        {"E0003": 9},
    ),
    "moments beyond the calendar": (
        {"disbursement_date": nine(2**62, pa.timestamp("ms"))},
        {"E0003": 9},
    ),
    "a year of six digits": (
        {"maturity_date": nine(2**62, pa.timestamp("us"))},
        {"E0003": 9},
    ),
    "moments in no zone of this world": (
        {"disbursement_date": nine(datetime(2026, 1, 1), pa.timestamp("us", "Mars/Olympus"))},  # noqa: DTZ001
        "in 'Mars/Olympus', which is no time zone",
    ),
    "names that are patterns": ({"^a.*$": nine("x"), "*": nine("x"), "a.b": nine("x")}, {}),
    "names of inner columns": (
        {name: nine("x") for name in (":belongs", "raw:loan_id", "unsure:loan_id", "problems")},
        {},
    ),
    "no columns": (None, "loan_snapshot needs loan_id"),
}


@pytest.mark.parametrize("case", PARQUET)
def test_odd_types_in_parquet_are_findings_or_a_plain_refusal(root, tmp_path, case):
    columns, then = PARQUET[case]
    path = tmp_path / "loan_snapshot.parquet"
    pq.write_table(pa.table({}) if columns is None else book_with(**columns), path)
    if isinstance(then, str):
        assert then in refused(root, path)
    else:
        receipt = taken(root, path)
        assert receipt["delivered_rows"] == 9
        assert broken_rules(receipt) == then


def test_a_rejected_row_of_any_types_is_kept_word_for_word(root, tmp_path):
    moment = datetime(2026, 10, 31, 23, 30)  # noqa: DTZ001 - of no zone
    odd = {
        "a_bytes": nine([b"\xff\x00"]),
        "b_float": nine(float("inf")),
        "c_nan": nine(float("nan")),
        "d_day": nine(2**31 - 1, pa.int32()).cast(pa.date32()),
        "e_moment": nine(2**63 - 1, pa.timestamp("us")),
        "f_moment": nine(moment),
        "g_span": nine(timedelta(days=1)),
        "h_record": nine({"x": date(2026, 1, 2), "y": [b"a", None]}),
        "i_pairs": nine([("k", 1)], pa.map_(pa.string(), pa.int64())),
        "j_decimal": nine(Decimal("1.50")),
    }
    path = tmp_path / "loan_snapshot.parquet"
    pq.write_table(book_with(outstanding_principal=nine("x"), **odd), path)
    bank = Bank.at(root)
    with intake.draft(bank, [path], mapping="canonical", as_of=date(2026, 10, 31)) as draft:
        words = draft.splits["loan_snapshot"].rejected.collect()["as_delivered"][0]
    assert words.partition('"a_bytes":')[2] == (
        '["ff00"],"b_float":"inf","c_nan":"NaN","d_day":"2147483647 days from 1970-01-01",'
        '"e_moment":"9223372036854775807 us from 1970-01-01","f_moment":"2026-10-31 23:30:00",'
        '"g_span":"PT86400S","h_record":{"x":"2026-01-02","y":["61",null]},'
        '"i_pairs":{"k":1},"j_decimal":"1.50"}'
    )


def test_old_moments_in_parquet_are_read_as_days(root, tmp_path):
    table = book_with(disbursement_date=nine(datetime(2026, 1, 2, 3), pa.timestamp("ns")))  # noqa: DTZ001
    path = tmp_path / "loan_snapshot.parquet"
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    assert taken(root, path)["accepted_rows"] == 9


def test_files_of_a_folder_with_other_types_are_refused_by_name(root, tmp_path):
    folder = tmp_path / "loan_snapshot"
    folder.mkdir()
    pq.write_table(book_with(), folder / "a.parquet")
    pq.write_table(book_with(contract_id=nine(1)), folder / "b.parquet")
    assert "b.parquet has other columns than a.parquet (contract_id as Int64" in refused(
        root, folder
    )


def test_a_damaged_footer_dictionary_or_page_is_refused_or_changes_nothing(root, tmp_path):
    path = tmp_path / "loan_snapshot.parquet"
    pq.write_table(book_with(), path, write_page_checksum=True, compression="none")
    whole, rows = path.read_bytes(), pl.DataFrame(book_with()).rows()
    for cut in (7, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert "cannot be read" in refused(root, path)
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    outcomes = set()
    for at in range(5, footer, 41):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            source = open_source(path, scratch=tmp_path)
        except UnreadableFileError:
            outcomes.add("refused")
        else:
            outcomes.add("unchanged")
            assert source.frame.drop("source_row_no").collect().rows() == rows
    assert "refused" in outcomes


def test_a_name_in_a_footer_that_is_no_text_is_refused(root, tmp_path):
    path = tmp_path / "loan_snapshot.parquet"
    pq.write_table(book_with(), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"contract_id", b"\x80ontract_id"))
    assert "the Parquet file is broken" in refused(root, path)


def test_a_parquet_file_that_claims_more_rows_than_its_bytes_can_hold_is_refused(root, tmp_path):
    path = tmp_path / "loan_snapshot.parquet"
    same = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000_000, pa.int32()), ["L"])
    pq.write_table(pa.table(dict.fromkeys(NAMES, same)), path)
    assert "it says 3,000,000 rows in " in refused(root, path)


@pytest.fixture
def delta(tmp_path):
    path = tmp_path / "loan_snapshot"
    write_deltalake(path, pl.DataFrame(books.october()))
    return path


def test_a_log_that_lies_or_is_broken_is_refused_or_loses_no_row(root, delta):
    log = delta / "_delta_log" / "00000000000000000000.json"
    whole = log.read_text(encoding="utf-8")
    log.write_text(whole.replace('numRecords\\":9', 'numRecords\\":7'), encoding="utf-8")
    assert taken(root, delta)["delivered_rows"] == 9
    for spoilt in (whole[: len(whole) // 2], "{}", "[" * 10_000, whole.replace("string", "strong")):
        log.write_text(spoilt, encoding="utf-8")
        assert "the Delta table cannot be opened" in refused(root, delta)


def test_pipes_devices_and_loops_are_refused_and_nothing_waits(root, tmp_path):
    os.mkfifo(tmp_path / "loan_snapshot.csv")
    assert "it is a pipe or a device" in refused(root, tmp_path / "loan_snapshot.csv")
    assert "it is a pipe or a device" in refused(root, "/dev/zero")
    folder = tmp_path / "loan_snapshot"
    folder.mkdir()
    os.mkfifo(folder / "a.parquet")
    assert "a.parquet in it is a pipe or a device" in refused(root, folder)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "Too many levels of symbolic links" in refused(root, tmp_path / "loop.csv")
    looped = tmp_path / "looped"
    looped.mkdir()
    pq.write_table(book_with(), looped / "a.parquet")
    (looped / "again").symlink_to(looped)
    assert "again is a link" in refused(root, looped)


def meddling(at_step, meddle):
    """Tells of a delivery's progress, and does something to the file at one step of it."""

    def told(step):
        if step.startswith(at_step):
            meddle()

    return told


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("what", ["grows", "vanishes", "is written anew"])
def test_a_file_that_changes_behind_its_opening_is_refused_whole(root, tmp_path, ending, what):
    path = write_csv(tmp_path / "loan_snapshot.csv", books.october())
    if ending == "parquet":
        path = path.with_suffix(".parquet")
        pq.write_table(book_with(), path)
    content = path.read_bytes()

    def meddle():
        if what == "grows":
            with path.open("ab") as file:
                file.write(content.splitlines(keepends=True)[-1])
        elif what == "vanishes":
            path.unlink()
        else:
            path.unlink()
            path.write_bytes(content.replace(b"1000000.00", b"9000000.00"))

    before = left_behind(root)
    with pytest.raises(UnreadableFileError, match="it changed while it was read"):
        intake.ingest(
            Bank.at(root),
            [path],
            mapping="canonical",
            as_of=date(2026, 10, 31),
            reason="again",
            progress=meddling("judging loan_snapshot", meddle),
        )
    assert left_behind(root) == before


def test_published_figures_stand_whatever_hostile_file_comes_after(copy, tmp_path):
    before, figures = left_behind(copy), kpis(copy)
    hostile = [
        workbook(tmp_path / "loan_snapshot.xlsx", LAUGHS + sheet(HEAD, LOAN)),
        tmp_path / "loan_snapshot.parquet",
        tmp_path / "loan_snapshot.csv",
    ]
    hostile[1].write_bytes(b"PAR1" + b"\0" * 1000 + b"PAR1")
    hostile[2].write_bytes(b"\0" * 1000)
    for path in hostile:
        refused(copy, path)
    assert left_behind(copy) == before
    assert kpis(copy) == figures
