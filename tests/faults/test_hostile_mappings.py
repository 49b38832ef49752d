"""Hostile mappings: text that unfolds without end, and SQL that would look beyond the row."""

import json

import pytest

from tests.faults.hostile import broken_rules, refused, taken
from tests.whole import books
from tests.whole.commands import made, write_csv

pytestmark = pytest.mark.whole

WORDS = ("--mapping", "h")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return made(tmp_path_factory.mktemp("hostile") / "bank")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_csv(tmp_path_factory.mktemp("fine") / "loans.csv", books.october())


def mapped(amount="outstanding_principal", *, top="", more=""):
    return f"""{top}
tables:
  loan_snapshot:
    columns:
      loan_id: loan_id
      borrower_id: borrower_id
      booking_branch_id: booking_branch_id
      outstanding_principal: {amount}
{more}"""


def put(root, text):
    place = root / "mappings" / "h.yaml"
    place.write_bytes(text if isinstance(text, bytes) else text.encode())


def many(word, value, times):
    return "{" + ", ".join(f"{word}{n}: {value}" for n in range(times)) + "}"


COLUMNS = f"cols: &cols {many('k', '*r', 1_000)}\ntables: {many('t', '{columns: *cols}', 300)}\n"
TEXTS = {
    "aliases in one another": (
        f"c: &c {many('k', 'x', 1_000)}\nr: &r {{from: a, codes: *c}}\n" + COLUMNS,
        "it has more than 50,000 entries",
    ),
    "an alias of itself": ("notes: &n [*n]\ntables: {}\n", "it has more than 50,000 entries"),
    "brackets without end": ("[" * 20_000, "its entries are nested too deeply"),
    "records without end": ("a: " + "{b: " * 3_000 + "x" + "}" * 3_000, "nested too deeply"),
    "a list for a key": ("? [a]\n: b\ntables: {}\n", "a key is one word, no list or record"),
    "a record for a key": ("? {a: b}\n: b\ntables: {}\n", "a key is one word"),
    "half a character": (mapped('{value: "\\ud800"}'), "a text holds half a character"),
    "a zero byte": (b"tables: \0", "it is no YAML"),
    "no UTF-8": (b"tables: \xff\xfe", "h.yaml is not written in UTF-8 (byte 9)"),
    "a tag of Python": (
        "!!python/object/apply:os.system ['echo']",
        "is not a list of `key: value`",
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_hostile_text_is_refused_before_it_unfolds(root, path, case):
    text, words = TEXTS[case]
    put(root, text)
    assert words in refused(root, path, *WORDS)


BEYOND = {
    "(SELECT 1)": "SELECT looks beyond the row",
    "(/**/SELECT 1)": "SELECT looks beyond the row",
    "(SELECT a FROM read_csv('/etc/passwd'))": "SELECT looks beyond the row",
    "x FROM read_parquet('/etc/passwd')": "FROM looks beyond the row",
    "read_csv('/etc/passwd')": "unsupported function 'read_csv'",
    "PG_READ_FILE('/etc/passwd')": "unsupported function",
    "LOAD_EXTENSION('x')": "unsupported function",
    "GETENV('HOME')": "unsupported function",
    "1; ATTACH DATABASE 'x'": "the SQL does not parse",
    "(TABLE loans)": "the SQL does not parse",
    "EXISTS (VALUES (1))": "not allowed in this context",
    "REPEAT('a', 1000000000)": "unsupported function",
    "LPAD('a', 2000000000, 'b')": "LPAD takes a column and a length that is written out",
    "RPAD(loan_id, TRY_CAST(loan_id AS INT), 'b')": "RPAD takes a column and a length",
    "LPAD(LPAD(loan_id, 9999), 5)": "LPAD takes a column and a length",
    "+".join(["1"] * 20_000): "at most 10,000 characters and 1,000 operators",
    "(" * 4_000 + "1" + ")" * 4_000: "the SQL does not parse",
    "REGEXP_LIKE(loan_id, '(')": "regex parse error",
    '"^.*$"': "outstanding_principal",
    "COLUMNS('.*')": "outstanding_principal",
}


@pytest.mark.parametrize("statement", BEYOND, ids=lambda statement: statement[:30])
def test_sql_that_looks_beyond_the_row_or_breaks_the_computer_is_refused(root, path, statement):
    put(root, mapped(f"{{sql: {json.dumps(statement)}}}"))
    assert BEYOND[statement] in refused(root, path, *WORDS)


def test_sql_of_one_row_may_pad_and_its_odd_values_are_findings(root, path):
    put(root, mapped("{sql: \"LPAD(UPPER(loan_id), 12, '0')\"}"))
    assert broken_rules(taken(root, path, *WORDS)) == {"E0002": 9}
    put(root, mapped(top="include: '1=1 OR loan_id LIKE ''%%%%a'''"))
    assert taken(root, path, *WORDS)["accepted_rows"] == 9


HOW = {
    "source: {header_row: 1000000000000000000000000000}": "source.header_row",
    "source: {header_row: 1000000}": "it has no line 1000000",
    "source: {quote: ab}": "'ab' cannot quote a field",
    "source: {quote: 中}": "'中' cannot quote a field",
    'source: {quote: "\\n"}': r"'\n' cannot quote a field",
    'source: {delimiter: "\\0"}': r"'\x00' cannot separate fields",
    "source: {encoding: hex}": "there is no encoding 'hex'",
    'source: {encoding: "a\\0b"}': r"there is no encoding 'a\x00b'",
    "source: {encoding: undefined}": "is not undefined",
    "source: {encoding: ../../x}": "there is no encoding '../../x'",
    "source: {format: json, encoding: hex}": "there is no encoding 'hex'",
    "read: {x: {from: maturity_date, as: date, format: '%'}}": "format '%' does not state a year",
    "read: {x: {from: maturity_date, as: date, format: '%Q%Y%m%d'}}": "does not state a year",
}


@pytest.mark.parametrize("top", HOW)
def test_nonsense_about_writing_is_refused_in_one_line(root, path, top):
    put(root, mapped(top=top))
    assert HOW[top] in refused(root, path, *WORDS)


@pytest.mark.parametrize("mark", ["1", "-", "+", "a"])
def test_digits_and_signs_are_no_marks_between_thousands(root, path, mark):
    put(root, mapped(f"{{from: outstanding_principal, thousands: '{mark}'}}"))
    assert "thousands is no digit, letter or sign" in refused(root, path, *WORDS)


def test_one_absurd_term_does_not_stop_the_delivery(root, tmp_path):
    rows = [{**row, "term": term} for row, term in zip(books.october(), ["9" * 12] + ["12"] * 8,
                                                       strict=True)]  # fmt: skip
    path = write_csv(tmp_path / "loans.csv", rows)
    top = "read: {due: {from: disbursement_date, as: date, plus_months: term}}"
    put(root, mapped(top=top, more="      maturity_date: {sql: due}\n"))
    assert broken_rules(taken(root, path, *WORDS)) == {"E0003": 1}
