"""Hostile text files, CSV and JSON: refused with the place, or every row accounted for."""

import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from orchestration import intake
from orchestration.bank import Bank
from tests.faults.hostile import broken_rules, refused, taken
from tests.whole import books
from tests.whole.commands import here, made, one_sentence, write_csv
from transforms.errors import LONGEST

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return made(tmp_path_factory.mktemp("hostile") / "bank")


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return write_csv(tmp_path_factory.mktemp("fine") / "fine.csv", books.october()).read_bytes()


def header_of(*names):
    return ",".join(names).encode() + b"\n"


REFUSED = {
    "half a character in UTF-8": (
        lambda fine: fine.replace(b"K-L1", b"\xed\xa0\x80", 1),
        "byte 0xED at position 382 (line 2): it is neither UTF-8 nor GB18030",
    ),
    "two encodings in one file": (
        lambda fine: fine.replace(b"K-L1", "借".encode()).replace(b"K-L2", "据".encode("gbk")),
        "(line 3): it is neither UTF-8 nor GB18030",
    ),
    "half a character in UTF-16": (
        lambda fine: (
            fine.decode().encode("utf-16").replace("K-L1".encode("utf-16-le"), b"\0\xd8" * 4)
        ),
        "(line 2) is not utf-16",
    ),
    "UTF-16 cut through a character": (
        lambda fine: fine.decode().encode("utf-16")[:-1],
        "(line 11) is not utf-16",
    ),
    "a column that stands twice": (
        lambda fine: fine.replace(b"contract_id", b"loan_id", 1),
        "'loan_id' stands in it twice (columns 2 and 3)",
    ),
    "the row number twice": (
        lambda fine: fine.replace(b"contract_id", b"source_row_no").replace(
            b"sei_tag", b"delivered_source_row_no"
        ),
        "'delivered_source_row_no' stands in it twice (columns 3 and 18)",
    ),
    "a hundred thousand names and one twice": (
        lambda _: header_of(*map(str, range(100_000)), "5"),
        "it has 100,001 columns, and at most 16,384 are read",
    ),
    "sixteen thousand names and one twice": (
        lambda _: header_of(*map(str, range(16_000)), "5"),
        "'5' stands in it twice (columns 6 and 16001)",
    ),
    "ten thousand columns, none of a loan": (
        lambda _: header_of(*(f"x{n}" for n in range(10_000))),
        "x59 and 9,940 more. `branchmark dictionary",
    ),
    "a line of the header that a terminal would obey": (
        lambda fine: fine.replace(b"loan_id", b'"loan\n\x1b[2J\xe2\x80\xaeid"', 1),
        r"loan\n\x1b[2J\u202eid",
    ),
    "a line of 50 MB": (lambda fine: fine + b"x" * (50 << 20), "line 11 is longer than 16 MB"),
    "a header of 50 MB": (lambda _: b"x" * (50 << 20), "its first line is no line of text"),
    "a cell of 50 MB": (
        lambda fine: fine.replace(b"K-L1", b'"' + b"x" * (50 << 20) + b'"', 1),
        "line 2: a quote opens and does not close within 16 MB",
    ),
    "zeros": (lambda _: b"\0" * (20 << 20), "its first line is no line of text"),
    "a row cut short": (
        lambda fine: fine[: len(fine) // 2],
        "line 5 has 6 fields, the header has 24",
    ),
    "a quote left open": (lambda fine: fine + b'"', "line 11: a quote opens and does not close"),
    "gzip": (lambda fine: b"\x1f\x8b" + fine, "it is compressed with gzip"),
    "PDF": (lambda fine: b"%PDF" + fine, "it is a PDF"),
    "zip": (lambda fine: b"PK\x03\x04" + fine, "it is a zip archive"),
    "an old workbook": (lambda fine: b"\xd0\xcf\x11\xe0" + fine, "it is an old Excel workbook"),
    "Parquet by its first word only": (lambda fine: b"PAR1" + fine, "the Parquet file is broken"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_text_file_is_refused_in_one_line_with_its_place(root, tmp_path, content, case):
    spoilt, words = REFUSED[case]
    path = tmp_path / "loan_snapshot.csv"
    path.write_bytes(spoilt(content))
    assert words in refused(root, path)


TAKEN = {
    "formulas": lambda fine: fine.replace(b"K-L1,C1", b"=1+1,@SUM(A1)").replace(b"K-L2", b"+cmd|x"),
    "a mark in the middle": lambda fine: fine.replace(b"K-L1", b"K\xef\xbb\xbfL1"),
    "a column without a name": lambda fine: fine.replace(b"contract_id", b""),
    "a column named as a pattern": lambda fine: fine.replace(b"contract_id", b"^.*$"),
    "a column named as all columns": lambda fine: fine.replace(b"contract_id", b"*"),
    "a column named source_row_no": lambda fine: fine.replace(b"contract_id", b"source_row_no"),
    "a column named problems": lambda fine: fine.replace(b"contract_id", b"problems"),
    "a column named batch_id": lambda fine: fine.replace(b"contract_id", b"batch_id"),
    "a column named as an inner one": lambda fine: fine.replace(b"contract_id", b":belongs"),
    "a column named as a formula": lambda fine: fine.replace(b"contract_id", b"=1+1"),
    "a column named in markup": lambda fine: fine.replace(b"contract_id", b"[/red]:+1:"),
    "50 MB of empty lines at the end": lambda fine: fine + b"\n" * (50 << 20),
    "a cell of 15 MB": lambda fine: fine.replace(b"K-L1", b"x" * (15 << 20), 1),
    "ten thousand columns more": lambda fine: b"".join(
        line + b"".join(b",%s%d" % (b"" if at else b"x", n) for n in range(10_000)) + b"\r\n"
        for at, line in enumerate(fine.splitlines())
    ),
}


@pytest.mark.parametrize("case", TAKEN)
def test_what_is_odd_and_readable_is_taken_with_every_cent(root, tmp_path, content, case):
    path = tmp_path / "loan_snapshot.csv"
    path.write_bytes(TAKEN[case](content))
    receipt = taken(root, path)
    assert (receipt["accepted_rows"], receipt["rejected_rows"]) == (9, 0)
    assert receipt["accepted_amount"] == "2800173.45"
    assert all(len(note) < LONGEST for note in receipt["notes"])


@pytest.mark.parametrize("case", ["formulas", "a column named in markup"])
def test_a_branch_may_check_what_is_odd_and_readable(root, tmp_path, content, case):
    path = tmp_path / "loan_snapshot.csv"
    path.write_bytes(TAKEN[case](content))
    said = here("check", path, "-w", root, "--as-of", books.OCTOBER, "--branch", "north")
    assert said.code == 0, said.err
    assert (
        "Not used, no canonical column of that name: [/red]:+1:." in said.out or case == "formulas"
    )


def test_no_rows_are_no_loans_and_not_zero(root, tmp_path, content):
    path = tmp_path / "loan_snapshot.csv"
    path.write_bytes(content.splitlines()[0] + b"\r\n")
    receipt = taken(root, path)
    assert receipt["delivered_rows"] == 0


ABSURD = {
    # column: {cell: what becomes of it; a rule in text, or the value that is accepted}
    "outstanding_principal": {
        "1" + "0" * 30: "E0006",
        "9" * 5000: "E0006",
        "9999999999999999.99": Decimal("9999999999999999.99"),
        "10000000000000000": "E0006",
        "1e30": "E0002",
        "NaN": "E0002",
        "-inf": "E0002",
        "-0.0": Decimal(0),
        "-0.01": "E0102",
        "=1+1": "E0002",
        "1,5": "E0002",
        "٣": "E0002",
        " \u3000\u00a0": "E0001",
        "#REF!": "E0002",
    },
    "disbursement_date": {
        "0001-01-01": "E0003",
        "1799-12-31": "E0003",
        "2026-02-31": "E0003",
        "60": "E0003",
        "2026-11-01": "E0106",
        "9999-12-31": "E0106",
        "10000-01-01": "E0003",
        "262143-12-31": "E0003",
        "\ufeff2026-10-31": "E0003",
        "２０２６－１０－３１": date(2026, 10, 31),
    },
    "maturity_date": {"9999-12-31": date(9999, 12, 31)},
    "days_past_due": {
        "2147483647": 2147483647,
        "2147483648": "E0006",
        "1.5": "E0002",
        "²": "E0002",
    },
    "interest_rate": {"1e308": "E0002", "∞": "E0002", "3.45%": "E0002"},
    "entrusted_flag": {"maybe": "E0005", "是": True},
    "loan_classification": {"=FQ01": "E0004", "正常": "FQ01"},
    "contract_id": {
        str(2**63): str(2**63),
        'a\n"b",c': 'a\n"b",c',
        "😀\u202e\u200b": "😀\u202e\u200b",
        "@SUM(A1)": "@SUM(A1)",
        "#N/A": "E0004",
    },
    "booking_branch_id": {"\u200b": "\u200b", "north;DROP TABLE": "north;DROP TABLE"},
    "currency_code": {"XXX": "E0105"},
}


def test_each_absurd_value_is_rejected_by_its_own_rule_or_kept_as_it_stands(root, tmp_path):
    odd = [(c, cell, then) for c, cells in ABSURD.items() for cell, then in cells.items()]
    rows = [
        {
            **books.loan(f"L{at}", "C1", "north", "5.00"),
            "days_past_due": "0",
            "interest_rate": "",
            column: cell,
        }
        for at, (column, cell, _) in enumerate(odd, start=1)
    ]
    path = write_csv(tmp_path / "loan_snapshot.csv", rows)
    bank = Bank.at(root)
    with intake.draft(bank, [path], mapping="canonical", as_of=date(2026, 10, 31)) as draft:
        split = draft.splits["loan_snapshot"]
        accepted = {row["source_row_no"]: row for row in split.accepted.collect().to_dicts()}
        rejected = {row["source_row_no"]: row for row in split.rejected.collect().to_dicts()}
    found = {
        at: rejected[at]["rule_ids"] if at in rejected else accepted[at][column]
        for at, (column, _, _) in enumerate(odd, start=1)
    }
    assert found == {
        at: [then] if str(then).startswith(("E0", "E1")) else then
        for at, (_, _, then) in enumerate(odd, start=1)
    }
    for at, row in rejected.items():
        words = json.loads(row["as_delivered"])
        assert words[odd[at - 1][0]] == odd[at - 1][1]
    receipt = taken(root, path)
    assert receipt["delivered_rows"] == len(odd)
    assert broken_rules(receipt)["E0003"] == 7


def jsoned(rows=None, **changes):
    text = json.dumps(rows or books.october())
    for old, new in changes.values():
        text = text.replace(old, new, 1)
    return text


def nested(depth):
    return jsoned()[:-2] + ', "extra": ' + "[" * depth + "]" * depth + "}]"


JSON_REFUSED = {
    "cut in a name": (jsoned()[:592], "line 1, column 593: it is no JSON"),
    "cut at the end": (jsoned()[:-1], "the file ends inside a list"),
    "something behind it": (jsoned() + "x", "something stands after the end"),
    "half a character in a value": (jsoned(a=("K-L1", "\\ud800")), "half a character"),
    "half a character in a key": (
        jsoned().replace('"contract_id"', '"\\ud800"'),
        "half a character",
    ),
    "NaN": (jsoned(a=('"1000000.00"', "NaN")), "holds NaN, no number"),
    "a key twice": (jsoned(a=('"contract_id"', '"loan_id"')), "loan_id stands twice"),
    "no records": ("[]", "it holds no records"),
    "a number among records": ('[{"a":1},2]', "only records can be rows"),
    "four hundred lists in one another": (nested(400), "record 9 is nested too deeply"),
    "nine hundred": (nested(900), "nested too deeply"),
    "five thousand": (nested(5_000), "nested too deeply"),
    "50 MB of brackets": ("[" * (50 << 20), "no line of text"),
    "50 MB of digits": ('[{"a":' + "1" * (50 << 20), "it is no JSON"),
    "a text of 50 MB": (jsoned(a=("K-L1", "x" * (50 << 20))), "line 1, column 63: it is no JSON"),
    "ever new keys": (
        json.dumps([{f"k{n}_{k}": 1 for k in range(100)} for n in range(3_000)]),
        "its first 164 records have more than 16,384 different keys",
    ),
}


@pytest.mark.parametrize("case", JSON_REFUSED)
def test_hostile_json_is_refused_in_one_line(root, tmp_path, case):
    text, words = JSON_REFUSED[case]
    path = tmp_path / "loan_snapshot.json"
    path.write_text(text, encoding="utf-8")
    assert words in refused(root, path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("K-L1", "a\\u0000b"),
        ('"contract_id"', '"^.*$"'),
        ('"contract_id"', '"*"'),
        ('"contract_id"', '""'),
        ('"K-L1"', '{"a": [1, null]}'),
    ],
)
def test_odd_json_is_taken_with_every_cent(root, tmp_path, old, new):
    path = tmp_path / "loan_snapshot.json"
    path.write_text(jsoned(a=(old, new)), encoding="utf-8")
    assert taken(root, path)["accepted_amount"] == "2800173.45"


def test_amounts_too_wild_for_a_number_are_findings(root, tmp_path):
    rows = books.october()
    text = jsoned(
        a=('"outstanding_principal": "1000000.00"', '"outstanding_principal": 1e999'),
        b=('"outstanding_principal": "500000.50"', f'"outstanding_principal": {"9" * 5000}'),
    )
    path = tmp_path / "loan_snapshot.json"
    path.write_text(text, encoding="utf-8")
    receipt = taken(root, path)
    assert broken_rules(receipt) == {"E0002": 1, "E0006": 1}
    assert receipt["accepted_rows"] == len(rows) - 2
    assert receipt["rows_without_amount"] == 2


@pytest.mark.parametrize("name", ["loan[bold]*?.csv", "loan\n\x1b[2J.csv", "loan😀\u202e'\".csv"])
def test_odd_file_names_are_told_in_one_line_and_read(root, tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(b"a,b\n1\n")
    assert "line 2 has 1 fields" in refused(root, path, *("--mapping", "canonical"))
    path.write_bytes(content)
    said = here("ingest", path, "-w", root, "--as-of", books.OCTOBER, "--reason", "again")
    assert said.code == 0
    assert "\x1b" not in said.out
    assert "[bold]" in said.out or "[bold]" not in name


def test_a_name_in_another_encoding_is_refused_and_can_be_printed(root, tmp_path, content):
    path = tmp_path / "loan_\udcbd\udce8.csv"
    path.write_bytes(content)
    sentence = one_sentence(here("ingest", path, "-w", root, "--as-of", books.OCTOBER))
    assert "its name is not written in UTF-8" in sentence
    assert sentence.encode("ascii")


def test_the_lake_holds_formulas_as_the_text_they_are(root, tmp_path, content):
    path = tmp_path / "loan_snapshot.csv"
    path.write_bytes(content.replace(b"K-L1", b"=1+1").replace(b"1000000.00", b"=1+1"))
    receipt = taken(root, path)
    assert broken_rules(receipt) == {"E0002": 1}
    kept = pl.read_delta(str(root / "lake" / "rejected_rows")).filter(
        pl.col("snapshot_version") == receipt["snapshot_version"]
    )
    assert json.loads(kept["as_delivered"].item())["contract_id"] == "=1+1"
