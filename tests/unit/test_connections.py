"""DuckDB lent and taken back: alone, empty and bounded each time, and never the same in two processes."""

import os

import duckdb
import polars as pl
import pytest

from expectations import connections
from expectations.connections import lent

TOO_LARGE = (
    "CREATE TABLE big AS SELECT md5(range::VARCHAR) AS a, random() AS b FROM range({}) ORDER BY b"
)


@pytest.fixture(autouse=True)
def only_mine(monkeypatch):
    """Idle connections of this test alone."""
    held = []
    monkeypatch.setattr(connections, "_IDLE", held)
    yield held
    for _, connection in held:
        connection.close()


@pytest.fixture
def folders(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    return tmp_path / "one", tmp_path / "other"


def one(connection, sql):
    return connection.execute(sql).fetchone()[0]


def test_the_next_one_gets_the_same_connection_and_an_empty_database():
    with lent() as first:
        first.execute('CREATE TABLE "a ""b" (x INT); CREATE VIEW v AS SELECT * FROM "a ""b"')
        with first.cursor() as cursor:
            cursor.execute("CREATE TABLE c (x INT)")
    with lent() as second:
        assert second is first
        assert one(second, "SELECT count(*) FROM duckdb_tables()") == 0
        assert one(second, "SELECT count(*) FROM duckdb_views() WHERE NOT internal") == 0


def test_two_at_once_have_nothing_in_common_and_no_more_than_two_are_kept(only_mine):
    with lent() as first, lent() as second, lent() as third:
        first.execute("CREATE TABLE mine (x INT)")
        for other in (second, third):
            with pytest.raises(duckdb.CatalogException):
                other.execute("FROM mine")
    assert len(only_mine) == 2


def test_a_connection_that_something_went_wrong_with_is_not_lent_again(only_mine):
    with pytest.raises(ZeroDivisionError), lent() as broken:
        raise ZeroDivisionError
    assert only_mine == []
    with pytest.raises(duckdb.ConnectionException):
        broken.execute("SELECT 1")


def test_memory_and_threads_are_those_of_who_borrows(folders):
    with lent(folders[0], "150MB") as first:
        pass
    with lent(folders[1], "300MB") as second:
        assert second is first
        assert one(second, "SELECT current_setting('memory_limit')") == "286.1 MiB"
        assert one(second, "SELECT current_setting('temp_directory')") == str(folders[1])
        assert one(second, "SELECT current_setting('threads')") == pl.thread_pool_size()


def test_one_that_has_spilled_is_closed_and_the_next_spills_elsewhere(folders, only_mine):
    for folder in folders:
        with lent(folder, "80MB") as small:
            small.execute(TOO_LARGE.format(3_000_000))
            assert list(folder.iterdir())
        assert only_mine == []


def test_without_a_folder_nothing_is_spilled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(duckdb.OutOfMemoryException), lent(memory_limit="40MB") as small:
        small.execute(TOO_LARGE.format(1_500_000))
    assert list(tmp_path.iterdir()) == []


def test_a_process_does_not_use_what_another_opened(monkeypatch, only_mine):
    """As after a fork: the child has the list, and none of the threads behind the connections."""
    with lent() as parents:
        pass
    mine = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: mine + 1)
    with lent() as childs:
        assert childs is not parents
    assert [process for process, _ in only_mine] == [mine, mine + 1]
    monkeypatch.undo()


def test_one_that_its_borrower_closed_is_not_lent_again(only_mine):
    with lent() as closed:
        closed.close()
    assert only_mine == []
