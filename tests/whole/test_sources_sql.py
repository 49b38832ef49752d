"""Books read from databases: a real PostgreSQL on this machine, SQLite by way of ConnectorX."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from orchestration.sources import open_source, sql
from tests import servers
from tests.servers import PASSWORD, QUOTED
from tests.whole.commands import built, figures, here, ingest, made, write_csv
from transforms.book import conform
from transforms.errors import UnreadableFileError
from transforms.mappings.model import SourceRules, parse_mapping

pytestmark = pytest.mark.whole

OCTOBER = date(2026, 10, 31)


@pytest.fixture(scope="module")
def postgresql():
    """The connection string of a server that listens on this machine only; ended after the tests."""
    yield from servers.postgresql()


@pytest.fixture(scope="module")
def book(postgresql):
    """A server that holds a loan book."""
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415

    with dbapi.connect(postgresql) as connection, connection.cursor() as cursor:
        for statement in (
            (
                "CREATE TABLE loans (借据号 text, client text, branch text, balance numeric(18, 2), "
                "rate numeric, due date, month_end date, seen timestamptz, worth money)"
            ),
            (
                "INSERT INTO loans VALUES ('J1', 'C1', '0101', 1250000.50, 0.0345, '2027-01-02', "
                "'2026-10-31', '2026-10-30 16:00:00+00', 1.5), ('J2', 'C2', '0102', "
                "9999999999999999.99, 0.123456789012345678, NULL, '2026-10-31', NULL, NULL), "
                "('J3', 'C3', '0101', -0.01, 1, '2027-01-02', '2026-09-30', NULL, NULL)"
            ),
            (
                "CREATE TABLE many AS SELECT 'L' || g AS id, (g * 1.01)::numeric(18, 2) AS n, "
                "repeat('x', 60) AS filler FROM generate_series(1, 400000) g"
            ),
        ):
            cursor.execute(statement)
        connection.commit()
    return postgresql


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Asks the database in the variable CORE."""

    def asked(uri, query=None, *, as_of=OCTOBER, **rules):
        monkeypatch.setenv("CORE", uri)
        rules = SourceRules(format="sql", connection="CORE", query=query, **rules)
        return open_source(None, scratch=tmp_path / "scratch", rules=rules, as_of=as_of)

    return asked


QUERY = (
    "SELECT 借据号, client, branch, balance, rate, due FROM loans "
    "WHERE month_end = :as_of AND client <> ':as_of' -- :as_of\nORDER BY 1;"
)


def test_a_query_for_the_month_comes_with_exact_decimals(ask, book):
    source = ask(book, QUERY)
    assert source.frame.collect().rows() == [
        ("J1", "C1", "0101", Decimal("1250000.50"), "0.0345", date(2027, 1, 2), 1),
        ("J2", "C2", "0102", Decimal("9999999999999999.99"), "0.123456789012345678", None, 2),
    ]
    assert source.frame.collect_schema()["balance"] == pl.Decimal(18, 2)
    assert source.told == ("read as PostgreSQL, a query of CORE for 2026-10-31, 6 columns, 2 rows")
    assert ask(book, QUERY, as_of=date(2026, 9, 30)).rows == 1


def test_the_answer_becomes_a_book_to_the_cent(ask, book):
    source = ask(book, QUERY)
    mapping = parse_mapping(
        "core",
        f"source: {{format: sql, connection: CORE, query: {QUERY.splitlines()[0]!r}}}\n"
        "tables: {loan_snapshot: {columns: {loan_id: 借据号, borrower_id: client, "
        "booking_branch_id: branch, outstanding_principal: balance, interest_rate: rate, "
        "maturity_date: due}}}",
    )
    loans = conform(source.frame, mapping, as_of=OCTOBER, base_currency="CNY").table(
        "loan_snapshot"
    )
    rows = loans.frame.select("loan_id", "outstanding_principal", "interest_rate", "problems")
    assert rows.collect().rows() == [
        ("J1", Decimal("1250000.50"), Decimal("0.03450000"), []),
        ("J2", Decimal("9999999999999999.99"), Decimal("0.12345679"), []),
    ]


def test_a_table_may_be_named_and_money_is_refused_with_the_way_out(ask, book):
    assert ask(book, table="many").told.startswith("read as PostgreSQL, table many of CORE, 3 col")
    with pytest.raises(UnreadableFileError, match=r"'worth' is of type money.*CAST\(worth AS nume"):
        ask(book, table="public.loans")


def test_times_with_a_zone_are_told_of(ask, book):
    source = ask(book, "SELECT seen FROM loans")
    assert source.notes[0].startswith("Times with a zone are read in UTC")


def test_the_same_answer_in_another_order_has_the_same_hash_and_another_answer_not(ask, book):
    first = ask(book, "SELECT 借据号, balance FROM loans ORDER BY 1")
    turned = ask(book, "SELECT 借据号, balance FROM loans ORDER BY 1 DESC")
    other = ask(book, "SELECT 借据号, balance + 0.01 AS balance FROM loans ORDER BY 1")
    assert first.frame.collect()["借据号"].to_list() == ["J1", "J2", "J3"]
    assert turned.frame.collect()["借据号"].to_list() == ["J3", "J2", "J1"]
    assert first.sha256 == turned.sha256 != other.sha256


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM nosuch", 'relation "nosuch" does not exist'),
        ("SELECT 1 / (g - 30000) AS x FROM generate_series(1, 60000) g", "division by zero"),
        ("SELECT 'NaN'::numeric(18, 2) AS balance", "'balance' has, in row 1 or after, no value"),
        ("SELECT 1 AS a, 2 AS a", "'a' stands twice in the answer"),
        ("SELECT interval '1 day' AS i", "'i' is of type month_day_nano_interval"),
        ("DELETE FROM loans", "the query is not one SELECT"),
        ("SELECT 1; DROP TABLE loans", "the query is not one SELECT"),
        ("WITH gone AS (DELETE FROM loans RETURNING 1) SELECT * FROM gone", "read-only"),
    ],
)
def test_what_the_database_refuses_is_told_in_its_words_and_nothing_is_changed(
    ask, book, query, message
):
    with pytest.raises(UnreadableFileError) as refused:
        ask(book, query)
    assert message in str(refused.value)
    assert ask(book, "SELECT count(*) AS n FROM loans").frame.collect()["n"].to_list() == [3]


def test_the_password_is_in_no_message(ask, book, monkeypatch):
    closed = book.rsplit(":", 1)[0] + ":1/postgres"
    said = []
    for uri in (
        book.replace(QUOTED, "wr0ng-secret"),
        closed,
        book.replace("/postgres", "/nosuch"),
        book + "?sslmode=wr0ng-secret",
        "nosuchkind://me:wr0ng-secret@host/x",
        "host=127.0.0.1 password=wr0ng-secret",
    ):
        with pytest.raises(UnreadableFileError) as refused:
            ask(uri, "SELECT 1 AS a")
        said.append(str(refused.value))
    assert "password authentication failed" in said[0]
    assert "refused" in said[1]
    for words in said:
        for secret in (PASSWORD, QUOTED):
            assert secret not in words
    assert all("wr0ng-secret" not in words for at, words in enumerate(said) if at != 3)
    monkeypatch.delenv("CORE")
    rules = SourceRules(format="sql", connection="CORE", table="loans")
    with pytest.raises(UnreadableFileError, match="the environment variable CORE is not set"):
        open_source(None, scratch=Path("/nowhere"), rules=rules)


def test_a_query_for_a_month_needs_one(ask, book):
    with pytest.raises(UnreadableFileError, match=r":as_of, and no month end is given.*--as-of"):
        ask(book, QUERY, as_of=None)


def test_a_missing_driver_is_said_with_what_installs_it(ask, book, monkeypatch):
    found = sql.find_spec
    monkeypatch.setattr(
        sql, "find_spec", lambda name: None if name == "adbc_driver_postgresql" else found(name)
    )
    with pytest.raises(UnreadableFileError, match=r"pip install 'branchmark\[postgresql\]'"):
        ask(book, "SELECT 1 AS a")
    monkeypatch.setattr(
        sql, "find_spec", lambda name: None if name == "connectorx" else found(name)
    )
    with pytest.raises(UnreadableFileError, match=r"pip install 'branchmark\[connectorx\]'"):
        ask("sqlite:///nowhere.db", "SELECT 1 AS a")


PEAK = """
import sys
from pathlib import Path
from orchestration.sources import open_source
from transforms.mappings.model import SourceRules
source = open_source(None, scratch=Path(sys.argv[1]), rules=SourceRules(format="sql",
    connection="CORE", query=f"SELECT m.* FROM many m, generate_series(1, {sys.argv[2]})"))
# What getrusage says counts the parent's memory too.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(source.rows, status["VmHWM"].split()[0])
"""


def test_memory_does_not_grow_with_the_answer(book, tmp_path):
    def peak(times):
        done = subprocess.run(
            [sys.executable, "-c", PEAK, tmp_path / str(times), str(times)],
            env={**os.environ, "CORE": book},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        rows, kilobytes = map(int, done.stdout.split())
        assert rows == 400_000 * times
        return kilobytes

    # Four times the rows are some 100 MB more of answer.
    assert peak(4) < peak(1) + 60_000


# --- ConnectorX -------------------------------------------------------------------------------------


@pytest.fixture
def lite(tmp_path):
    """A SQLite file that holds a loan book."""
    path = tmp_path / "book.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE loans (id TEXT, balance TEXT, n INTEGER, day DATE)")
        connection.executemany(
            "INSERT INTO loans VALUES (?, ?, ?, ?)",
            [("L1", "0.10", 1, "2026-10-31"), ("L2", "1250000.50", 2, "2026-10-31"),
             ("L3", None, None, "2026-09-30")],
        )  # fmt: skip
    return f"sqlite://{path}"


def test_another_database_is_read_through_connectorx(ask, lite):
    source = ask(lite, "SELECT id, balance, n, day FROM loans WHERE day = :as_of ORDER BY id")
    assert source.frame.collect().rows() == [
        ("L1", "0.10", 1, date(2026, 10, 31), 1),
        ("L2", "1250000.50", 2, date(2026, 10, 31), 2),
    ]
    assert source.told == "read as sqlite, a query of CORE for 2026-10-31, 4 columns, 2 rows"


def test_what_connectorx_cannot_read_is_refused_without_a_trace(ask, lite, tmp_path, capfd):
    with pytest.raises(UnreadableFileError, match="no such table: nosuch"):
        ask(lite, "SELECT * FROM nosuch")
    with closing(sqlite3.connect(tmp_path / "book.db")) as connection, connection:
        connection.execute("INSERT INTO loans VALUES ('L4', '1', 'twelve', NULL)")
    with pytest.raises(UnreadableFileError, match=r"answered “cx writer failed.*\"n\", Text"):
        ask(lite, table="loans")
    with pytest.raises(UnreadableFileError, match="Source Unknown"):
        ask("klingon://me:s3cret@host/x", table="loans")
    assert capfd.readouterr().err == ""


# The whole way, as a bank would set it up -------------------------------------------------------------

CORE_MAPPING = """
source:
  format: sql
  connection: CORE
  query: SELECT 借据号, client, branch, balance FROM loans WHERE month_end = :as_of
tables:
  loan_snapshot:
    columns:
      loan_id: 借据号
      borrower_id: client
      booking_branch_id: branch
      outstanding_principal: balance
"""


def test_a_book_in_postgresql_is_delivered_and_published_without_a_file(
    book, tmp_path, monkeypatch
):
    monkeypatch.setenv("CORE", book)
    root = made(tmp_path / "bank")
    (root / "mappings" / "core.yaml").write_text(CORE_MAPPING, encoding="utf-8")
    branches = [{"branch_id": branch, "level": "tier1"} for branch in ("0101", "0102")]
    ingest(root, write_csv(tmp_path / "branch.csv", branches), "--as-of", "2026-10-31")
    words = ("--mapping", "core", "--as-of", "2026-10-31")
    receipt = ingest(root, *words)
    assert receipt["read_as"] == (
        "read as PostgreSQL, a query of CORE for 2026-10-31, 4 columns, 2 rows"
    )
    assert receipt["accepted_amount"] == "10000000001250000.49"
    assert ingest(root, *words)["unchanged"]
    assert built(root) == {"2026-10-31": (1, "built")}
    held = figures(root, "--metric", "loan_balance")
    assert held["loan_balance", "default", "0101"]["value"] == "1250000.50"
    assert QUOTED not in str(receipt)
    assert PASSWORD not in str(receipt)


def test_a_mapping_of_files_without_a_file_is_refused_in_a_sentence(tmp_path):
    root = made(tmp_path / "bank")
    for words in ((), ("--mapping", "sba")):
        done = here("ingest", "-w", root, "--as-of", "2026-10-31", *words)
        assert done.code == 1
        assert len(done.err.strip().splitlines()) <= 2
        assert "Traceback" not in done.err
