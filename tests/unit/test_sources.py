"""A delivered file is read whole and stated back, or refused with the line; never half."""

import csv
import hashlib
import io
import os
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources import lines, open_source, opening, text
from transforms.errors import UnreadableFileError
from transforms.mappings.model import SourceRules


@pytest.fixture
def opened(tmp_path):
    def open_bytes(content, name="book.csv", **how):
        path = tmp_path / name
        path.write_bytes(content)
        return open_source(path, scratch=tmp_path / "scratch", rules=SourceRules(**how))

    return open_bytes


def rows(source):
    return source.frame.collect(engine="streaming").rows()


def test_a_plain_file_is_text_with_row_numbers_from_one(opened):
    source = opened(b"loan_id,amount\nL1,007\nL2,\n")
    assert rows(source) == [("L1", "007", 1), ("L2", None, 2)]
    assert source.columns == ("loan_id", "amount")
    assert (source.rows, source.encoding, source.delimiter) == (2, "utf-8", ",")
    assert source.frame.collect_schema()["source_row_no"] == pl.Int64
    assert source.sha256 == hashlib.sha256(b"loan_id,amount\nL1,007\nL2,\n").hexdigest()


def test_a_byte_order_mark_is_no_part_of_the_first_name(opened):
    source = opened("\ufeffloan_id,amount\nL1,1\n".encode())
    assert source.columns == ("loan_id", "amount")
    assert source.encoding == "utf-8-sig"


def test_quoted_thousands_quotes_and_line_ends_stay_inside_their_field(opened):
    source = opened(b'a,b,c\r\n1,"250,000,000","say ""no"""\r\n2,"two\r\nlines",\r\n')
    assert rows(source) == [("1", "250,000,000", 'say "no"', 1), ("2", "two\r\nlines", None, 2)]


def test_an_empty_quoted_field_is_null_like_an_empty_one(opened):
    assert rows(opened(b'a,b\n"",1\n,2\n')) == [(None, "1", 1), (None, "2", 2)]


@pytest.mark.parametrize(
    ("encoding", "stated"),
    [("gb18030", "gb18030"), ("utf-16", "utf-16"), ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig")],
)
def test_encodings_are_found_out(opened, encoding, stated):
    source = opened("借据号,客户\nL1,甲公司\nL2,乙公司\n".encode(encoding))
    assert source.encoding == stated
    assert source.columns == ("借据号", "客户")
    assert rows(source) == [("L1", "甲公司", 1), ("L2", "乙公司", 2)]


def test_utf_16_big_endian_is_found_by_its_mark(opened):
    content = b"\xfe\xff" + "a,b\n中,2\n".encode("utf-16-be")
    assert rows(opened(content)) == [("中", "2", 1)]


def test_latin_1_is_not_taken_for_chinese(opened):
    content = "borrower,x\nMinistério,1\nEducação,2\n".encode("latin-1")
    with pytest.raises(UnreadableFileError, match=r"byte 0xE9 at position 18 \(line 2\)"):
        opened(content)
    assert rows(opened(content, encoding="latin-1"))[0] == ("Ministério", "1", 1)


def test_a_stated_encoding_that_does_not_fit_or_does_not_exist_is_refused(opened):
    with pytest.raises(UnreadableFileError, match=r"byte 0xE9 at position 8 .*is not utf-8"):
        opened("a,b\nCafé,1\n".encode("latin-1"), encoding="utf-8")
    with pytest.raises(UnreadableFileError, match="no encoding 'klingon'"):
        opened(b"a\n1\n", encoding="klingon")


def test_a_bad_byte_far_into_the_file_is_named_across_chunks(opened, monkeypatch):
    monkeypatch.setattr(text, "CHUNK", 7)
    with pytest.raises(UnreadableFileError, match=r"0xFF at position 3005 \(line 502\)"):
        opened(b"a,b\n" + b"12,34\n" * 500 + b"\xff,1\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_taken_from_the_header(opened, delimiter):
    source = opened(f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}3\n".encode())
    assert source.delimiter == delimiter
    assert rows(source) == [("1", "2", "3", 1)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zero_bytes(opened, encoding):
    source = opened("借据号,余额\r\nL1,10\r\n".encode(encoding))
    assert (source.encoding, source.columns) == (encoding, ("借据号", "余额"))
    assert rows(source) == [("L1", "10", 1)]


def test_gbk_may_be_stated_and_four_byte_characters_are_gb18030(opened):
    content = "客户,x\n镕基公司,1\n".encode("gbk")
    assert rows(opened(content, encoding="gbk")) == [("镕基公司", "1", 1)]
    rare = "客户,余额\n㐂㐅𠀀银行股份,1\n".encode("gb18030")
    with pytest.raises(UnreadableFileError, match=r"position \d+ \(line 2\) is not gbk"):
        opened(rare, encoding="gbk")
    assert rows(opened(rare)) == [("㐂㐅𠀀银行股份", "1", 1)]


def test_chinese_that_begins_far_into_the_file_is_still_found(opened, monkeypatch):
    monkeypatch.setattr(text, "CHUNK", 64)
    content = b"a,b\n" + b"12,34\n" * 500 + "客户,余额\n".encode("gb18030")
    source = opened(content)
    assert (source.encoding, source.rows) == ("gb18030", 501)
    assert rows(source)[-1] == ("客户", "余额", 501)


def test_a_character_cut_off_at_the_end_is_refused_with_its_place(opened):
    content = "客户,余额\n甲,1\n乙".encode()
    with pytest.raises(UnreadableFileError, match=r"position \d+ \(line 3\)"):
        opened(content[:-1])
    content = "客户,余额\n甲,1\n乙".encode("gb18030")
    with pytest.raises(UnreadableFileError, match=r"position \d+ \(line \d\)"):
        opened(content[:-1])


@pytest.mark.parametrize(
    ("content", "how", "told"),
    [
        ("借据号;余额\nL1;1\n".encode("gb18030"), {}, "GB18030, ';'-separated, 2 columns, 1 rows"),
        (b"a\tb\n1\t2\n", {}, "UTF-8, tab-separated, 2 columns, 1 rows"),
        (b"title\na|b\n", {"header_row": 2}, "UTF-8, '|'-separated, names in line 2, 2 columns, 0"),
        (b"a,b\r1,2\r", {}, "UTF-8, ','-separated, lines that end with CR, 2 columns, 1 rows"),
        ("\ufeffa,b\n".encode(), {}, "UTF-8 with a byte order mark, ','-separated, 2 columns, 0"),
        ("a,b\n".encode("utf-16"), {}, "UTF-16, ','-separated, 2 columns, 0 rows"),
    ],
)
def test_how_a_file_was_read_is_said_in_words(opened, content, how, told):
    assert opened(content, **how).told.startswith(f"read as {told}")


def test_separators_inside_quoted_names_do_not_count(opened):
    source = opened(b'"amount, in USD, net";b\n1;2\n')
    assert source.columns == ("amount, in USD, net", "b")


def test_carriage_returns_alone_end_lines(opened):
    source = opened(b"a,b\r1,2\r3,4\r")
    assert (source.rows, rows(source)) == (2, [("1", "2", 1), ("3", "4", 2)])


def test_lines_above_the_header_are_skipped_when_said(opened):
    source = opened(b'Statement, "as of\n\na;b\n1;2\n', header_row=3)
    assert rows(source) == [("1", "2", 1)]


def test_names_are_trimmed_and_nameless_columns_get_their_place_and_a_note(opened):
    source = opened(b" a ,,b\n1,2,3\n")
    assert source.columns == ("a", "column_2", "b")
    assert source.notes == ("Column 2 has no name in the header, and is called column_2.",)


def test_a_name_may_hold_odd_line_separators_that_are_none_in_a_csv_file(opened):
    assert opened("a\x0bb,c\u2028d\n1,2\n".encode()).columns == ("a\x0bb", "c\u2028d")


def test_carriage_returns_alone_end_lines_in_gb18030_too(opened, monkeypatch):
    content = "客户,余额\r甲,1\r乙,2\r".encode("gb18030")
    for chunk in (1, 5, 4096):
        monkeypatch.setattr(text, "CHUNK", chunk)
        source = opened(content)
        assert source.encoding == "gb18030"
        assert rows(source) == [("甲", "1", 1), ("乙", "2", 2)]


def test_a_carriage_return_at_the_edge_of_a_piece_is_no_line_end_of_its_own(opened, monkeypatch):
    for chunk in (4, 6, 7):
        monkeypatch.setattr(text, "CHUNK", chunk)
        assert rows(opened(b"a,b,c\r\n1,2,3\r\n")) == [("1", "2", "3", 1)]


def test_the_files_own_row_number_gives_way(opened):
    source = opened(b"source_row_no,b\n9,2\n")
    assert rows(source) == [("9", "2", 1)]
    assert source.columns == ("delivered_source_row_no", "b")
    assert source.notes


def test_a_header_alone_is_a_month_without_rows(opened):
    for content in (b"a,b\n", b"a,b"):
        source = opened(content)
        assert (source.rows, rows(source)) == (0, [])


def test_blank_lines_at_the_end_are_no_rows(opened):
    source = opened(b"a,b\n1,2\n\n\r\n\n")
    assert (source.rows, rows(source)) == (1, [("1", "2", 1)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"a,b\n1,2\n3\n4,5\n", "line 3 has 1 fields, the header has 2"),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 fields, the header has 2"),
        (b"a,b\n1,2\n\n3,4\n", "line 3 is empty, with rows after it"),
        (b'a,b\n"x\ny",2\n3\n', "line 4 has 1 fields"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "line 3: a quote opens and does not close"),
        (b'a,b\n1,2\n5" pipe,3" pipe\n', "line 3 has a quote in the middle of a field"),
        (b'a,b\n"1"x,2\n', "line 2 has a quote in the middle of a field"),
        (b'a,"b\n', "a quote opens and does not close"),
        (b"a,b\n1,\x002\n", "line 2 holds a zero byte"),
        (b"\x00\x01\x02\n", "no line of text"),
        (b"a,b,a\n1,2,3\n", "the column 'a' stands in it twice"),
        (b"PK\x03\x04rest", "it is a zip archive"),
        (b"\x1f\x8brest", "gzip"),
        (b"\n1,2\n", "line 1 is to hold the column names"),
    ],
)
def test_what_cannot_be_read_whole_is_refused_with_its_place(opened, content, message):
    with pytest.raises(UnreadableFileError, match=message) as refused:
        opened(content)
    assert "Nothing was taken from it." in str(refused.value)


def test_quotes_may_be_plain_text_when_said(opened):
    assert rows(opened(b'a,b\n5" pipe,2\n', quote="none")) == [('5" pipe', "2", 1)]


def test_what_is_no_file_is_refused_and_nothing_waits_for_it(tmp_path):
    with pytest.raises(UnreadableFileError, match="no such file"):
        open_source(tmp_path / "nothing.csv", scratch=tmp_path)
    with pytest.raises(UnreadableFileError, match="it is a folder"):
        open_source(tmp_path, scratch=tmp_path)
    link, pipe = tmp_path / "link.csv", tmp_path / "pipe.csv"
    link.symlink_to(tmp_path / "gone.csv")
    with pytest.raises(UnreadableFileError, match="a link to a file that is not there"):
        open_source(link, scratch=tmp_path)
    os.mkfifo(pipe)
    with pytest.raises(UnreadableFileError, match="it is a pipe or a device"):
        open_source(pipe, scratch=tmp_path)
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    with pytest.raises(UnreadableFileError, match="symbolic links"):
        open_source(loop, scratch=tmp_path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "book.csv"
    path.write_bytes(b"a,b\n1,2\n")
    found = text.claims

    def late(given, head):
        with path.open("ab") as file:
            file.write(b"3,4\n")
        return found(given, head)

    kinds = [replace(kind, claims=late) if kind.name == "csv" else kind for kind in opening.KINDS]
    monkeypatch.setattr(opening, "KINDS", tuple(kinds))
    with pytest.raises(UnreadableFileError, match="it changed while it was read"):
        open_source(path, scratch=tmp_path)


def test_ten_thousand_columns_are_read(opened):
    names = ",".join(f"列{at}" for at in range(10_000))
    values = ",".join(str(at) for at in range(10_000))
    source = opened(f"{names}\n{values}\n{values}\n".encode())
    assert (len(source.columns), source.rows) == (10_000, 2)
    assert source.frame.select("列9999", "source_row_no").collect().rows() == [
        ("9999", 1),
        ("9999", 2),
    ]


def test_a_cell_of_fifty_megabytes_is_refused_with_its_line(opened):
    with pytest.raises(UnreadableFileError, match="line 3 is longer than 16 MB"):
        opened(b"a,b\n1,2\n3," + b"x" * (50 << 20) + b"\n5,6\n")
    with pytest.raises(UnreadableFileError, match="no line of text"):
        opened(b"x" * (50 << 20))


def test_a_database_needs_no_file_and_a_file_no_database(tmp_path):
    rules = SourceRules(format="sql", connection="CORE", table="loans")
    with pytest.raises(UnreadableFileError, match="reads from a database and not from a file"):
        open_source(tmp_path / "a.csv", scratch=tmp_path, rules=rules)
    with pytest.raises(UnreadableFileError, match="no file is given"):
        open_source(None, scratch=tmp_path)


def test_a_name_with_brackets_is_a_name_and_no_pattern(opened):
    assert rows(opened(b"a,b\n1,2\n", name="book [1]*.csv")) == [("1", "2", 1)]


def test_ragged_lines_are_found_across_chunk_edges(opened, monkeypatch):
    monkeypatch.setattr(text, "CHUNK", 5)
    content = [b"a,b,c"] + [b'1,"x,\ny",3'] * 40
    assert opened(b"\n".join(content) + b"\n").rows == 40
    with pytest.raises(UnreadableFileError, match="line 82 has 2 fields"):
        opened(b"\n".join([*content, b"1,2"]) + b"\n")
    with pytest.raises(UnreadableFileError, match="line 82 is empty"):
        opened(b"\n".join([*content, b"", b"", b"1,2,3"]) + b"\n")


def test_an_open_quote_does_not_swallow_the_memory(opened, monkeypatch):
    monkeypatch.setattr(text, "CHUNK", 1000)
    monkeypatch.setattr(lines, "RECORD_LIMIT", 10_000)
    with pytest.raises(UnreadableFileError, match="line 2: a quote opens"):
        opened(b'a,b\n1,"2\n' + b"3,4\n" * 100_000 + b'5,"\n')


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    table=st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(
                st.text(st.sampled_from('ab,;"\n 中é\r'), max_size=6),
                min_size=width,
                max_size=width,
            ),
            max_size=12,
        )
    ),
    chunk=st.integers(3, 40),
)
def test_every_file_that_the_csv_module_writes_comes_back(opened, monkeypatch, table, chunk):
    monkeypatch.setattr(text, "CHUNK", chunk)
    width = len(table[0]) if table else 2
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([[f"c{at}" for at in range(width)], *table])
    source = opened(out.getvalue().encode(), delimiter=",")
    want = [(*(field or None for field in row), at) for at, row in enumerate(table, start=1)]
    assert (source.rows, rows(source)) == (len(table), want)


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "loans.parquet"
    pl.DataFrame({"loan_id": ["L1"], "n": [1]}).write_parquet(path)
    source = open_source(path, scratch=tmp_path)
    assert rows(source) == [("L1", 1, 1)]
    assert (source.rows, source.encoding, source.delimiter) == (1, None, None)
    assert source.frame.collect_schema()["n"] == pl.Int64


def test_a_parquet_file_said_to_be_csv_is_refused(tmp_path):
    path = tmp_path / "loans.csv"
    pl.DataFrame({"loan_id": ["L1"]}).write_parquet(path)
    with pytest.raises(
        UnreadableFileError, match="it is Parquet, and the mapping says `format: csv`"
    ):
        open_source(path, scratch=tmp_path, rules=SourceRules(format="csv"))


@pytest.mark.parametrize("place", range(5, 1000, 41))
@pytest.mark.parametrize("cut", [True, False])
def test_broken_parquet_is_refused_or_readable_to_the_end_and_never_panics(tmp_path, place, cut):
    whole = tmp_path / "whole.parquet"
    numbers = list(range(3000))
    pl.DataFrame({"a": numbers, "b": [f"x{n}" for n in numbers]}).write_parquet(whole)
    content = bytearray(whole.read_bytes())
    at = len(content) * place // 1000
    if cut:
        content = content[:at]
    else:
        content[at] ^= 0xFF
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(content)
    refused = None
    try:
        rows_read = open_source(broken, scratch=tmp_path).frame.collect().height
    except UnreadableFileError as error:
        refused, rows_read = str(error), None
    assert not cut or "the Parquet file is broken" in str(refused)
    assert rows_read in {None, 3000}


def test_lines_that_end_with_a_carriage_return_may_hold_line_feeds_in_quotes(tmp_path):
    path = tmp_path / "old.csv"
    path.write_bytes(b'id,note\r1,"two\nlines"\r2,plain\r')
    source = open_source(path, scratch=tmp_path / "scratch")
    assert source.frame.collect()["note"].to_list() == ["two\nlines", "plain"]
    path.write_bytes(b'id,note\n1,"two\rlines"\n2,plain\n')
    source = open_source(path, scratch=tmp_path / "scratch")
    assert source.frame.collect()["note"].to_list() == ["two\rlines", "plain"]
