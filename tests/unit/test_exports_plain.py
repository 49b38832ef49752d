import csv
import io
import zipfile
from decimal import Decimal

import polars as pl
import pytest

from dashboards.exports import plain
from dashboards.exports.document import Column
from dashboards.exports.guarded import guarded, runs, to_csv
from tests.exported import AMOUNT, MADE, MADE_ZH, ROWS, SHARE, document, table


def files(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_each_table_is_a_file_beside_the_dictionary_and_the_head():
    assert list(files(plain.csv_files(document(), MADE))) == [
        "figures.csv",
        "dictionary.csv",
        "about.csv",
    ]
    assert list(files(plain.parquet_files(document(), MADE))) == [
        "figures.parquet",
        "dictionary.csv",
        "about.csv",
    ]


def test_csv_has_codes_every_digit_and_plain_minus_signs():
    rows = rows_of(files(plain.csv_files(document(), MADE))["figures.csv"])
    assert [row["branch_id"] for row in rows] == ["B1", "B2", "B3"]
    assert [Decimal(rows[0]["value"]), Decimal(rows[1]["value"])] == [SHARE, AMOUNT]
    assert rows[1]["count"] == "-3"
    assert rows[0]["day"] == "2026-10-31"
    assert rows[2]["value"] == ""


def test_sentences_about_figures_are_left_to_people():
    assert "in_words" not in rows_of(files(plain.csv_files(document(), MADE))["figures.csv"])[0]


def test_text_that_would_run_has_an_apostrophe_before_it_and_the_dictionary_says_so():
    found = files(plain.csv_files(document(), MADE))
    rows = rows_of(found["figures.csv"])
    assert [row["comment"] for row in rows] == ["'=1+1", "'-2 branches", ""]
    told = {row["column"]: row["guarded"] for row in rows_of(found["dictionary.csv"])}
    assert "apostrophe" in told["comment"]
    assert told["branch_id"] == ""


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1"]
)
def test_whatever_a_spreadsheet_takes_for_a_formula_is_found(text):
    assert runs(text)
    assert guarded(pl.DataFrame({"a": [text]}))["a"][0] == f"'{text}"


@pytest.mark.parametrize("text", ["a=1", " =1", "1-2", "港口", ""])
def test_other_text_is_left_as_it_is(text):
    assert not runs(text)
    assert guarded(pl.DataFrame({"a": [text]}))["a"][0] == text


def test_a_byte_order_mark_stands_before_a_file_unless_it_is_not_wanted():
    assert files(plain.csv_files(document(), MADE))["figures.csv"].startswith(b"\xef\xbb\xbf")
    without = files(plain.csv_files(document(), MADE, mark=False))
    assert not any(data.startswith(b"\xef\xbb\xbf") for data in without.values())
    assert to_csv(pl.DataFrame({"a": [1]}), mark=False) == b"a\n1\n"


def test_parquet_keeps_exact_decimals_text_and_dates():
    found = files(plain.parquet_files(document(), MADE))["figures.parquet"]
    frame = pl.read_parquet(io.BytesIO(found))
    assert frame.equals(ROWS.drop("in_words"))
    assert frame.schema["value"] == pl.Decimal(38, 12)


def test_lists_are_joined_in_csv():
    rows = pl.DataFrame({"rules": [["E1", "E2"], []]})
    made = plain.flat(table(columns=(Column("rules", "Rules"),), rows=rows))
    assert made["rules"].to_list() == ["E1; E2", ""]


def test_the_dictionary_explains_every_column_in_the_readers_language():
    found = rows_of(files(plain.csv_files(document(), MADE))["dictionary.csv"])
    assert [row["column"] for row in found] == [
        *("branch_id", "unit", "value", "count", "day", "comment"),
    ]
    by_name = {row["column"]: row for row in found}
    assert by_name["branch_id"]["codes"] == "B1: Harbour"
    assert by_name["value"]["content"] == "number in the unit that unit names"
    assert by_name["value"]["note"] == "In the unit beside it."
    chinese = rows_of(files(plain.csv_files(document(), MADE_ZH))["dictionary.csv"])
    assert {row["column"]: row["content"] for row in chinese}["count"] == "计数"


def test_the_head_says_scope_filters_maker_and_definitions():
    found = rows_of(files(plain.csv_files(document(), MADE))["about.csv"])
    told = {(row["about"], row["name"]): row["text"] for row in found}
    assert told["strip", "Period"] == "31 Oct 2026"
    assert told["filter", "Show"] == "With targets"
    assert told["made", "Made by"] == "li"
    assert told["metric sei_share", "SEI share"] == "Numerator: SEI loans."


def test_the_same_document_and_moment_give_the_same_bytes():
    assert plain.csv_files(document(), MADE) == plain.csv_files(document(), MADE)
    assert plain.parquet_files(document(), MADE) == plain.parquet_files(document(), MADE)
