"""The book is never held in memory: no step of a month, from its file to its lists, makes a frame of it.

A book of ten million loans is computed on a machine that could not hold it. What is as long as the book
streams from Parquet to Parquet; what is collected has been summed up before.
"""

import shutil
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dashboards.port.loans import ListAsked
from orchestration import intake, measuring
from orchestration.answering import loan_lists
from orchestration.bank import SYSTEM, Bank
from tests.whole.commands import built, here
from transforms.schema import LOAN_SNAPSHOT

pytestmark = pytest.mark.whole

GRAIN = frozenset({"loan_id", "source_row_no"})
"""A frame with one of these columns has a row a loan, or a row an event of one."""
SHARE = 0.6
"""Of the book's rows: more of them, wider than a key and its marks, are a copy of the book."""
KEY_COLUMNS = 3
HOUSE = str(Path(intake.__file__).parents[1])


@dataclass
class Guard:
    """What was made of the book in memory, and where."""

    rows: int
    found: list = field(default_factory=list)

    def look(self, frame):
        """A frame that somebody has just made."""
        if not isinstance(frame, pl.DataFrame) or frame.width <= KEY_COLUMNS:
            return
        if frame.height > SHARE * self.rows and GRAIN & set(frame.columns):
            stack = [at for at in traceback.extract_stack() if at.filename.startswith(HOUSE)]
            house = [f"{Path(at.filename).name}:{at.lineno}" for at in stack]
            self.found.append(
                f"{frame.height} rows x {frame.width} columns, by {' > '.join(house[-8:])}"
            )


@contextmanager
def guarded(rows):
    """Every way by which rows become a frame in memory, watched."""
    guard = Guard(rows)
    ways = [
        (pl.LazyFrame, "collect"),
        (pl, "collect_all"),
        (pl, "read_parquet"),
        (pl, "read_csv"),
        (pl, "read_delta"),
        (pl, "from_arrow"),
        (duckdb.DuckDBPyRelation, "pl"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ways:
            patch.setattr(owner, name, watched(guard, getattr(owner, name)))
        yield guard


def watched(guard, way):
    def called(*given, **named):
        answer = way(*given, **named)
        for frame in answer if isinstance(answer, list) else [answer]:
            guard.look(frame)
        return answer

    return called


@pytest.fixture(scope="module")
def bank(demo_bank, tmp_path_factory):
    """The demo bank once more, to deliver to and to build."""
    return Bank.at(shutil.copytree(demo_bank.root, tmp_path_factory.mktemp("streamed") / "bank"))


@pytest.fixture(scope="module")
def book(bank, tmp_path_factory):
    """The newest month's book as a file, each loan a cent larger, and how many rows it has."""
    day = bank.deliveries.months()[-1]
    rows = bank.deliveries.table(SYSTEM, LOAN_SNAPSHOT.name, day).collect()
    file = tmp_path_factory.mktemp("files") / "loan_snapshot.csv"
    cent = pl.col("outstanding_principal") + pl.lit("0.01").cast(pl.Decimal(18, 2))
    rows.drop("source_row_no").with_columns(outstanding_principal=cent).write_csv(file)
    return day, file, rows.height


def test_a_delivery_streams_from_its_file_to_the_lake(bank, book):
    day, file, rows = book
    with guarded(rows) as guard:
        intake.ingest(bank, [file], mapping="canonical", as_of=day, reason="a cent more")
    assert not guard.found
    assert bank.deliveries.latest_version(day) == 2


def test_a_build_makes_no_frame_of_the_book(bank, book, monkeypatch):
    """Small books are held while they are measured, for speed; here this one counts as large."""
    day, _, rows = book
    monkeypatch.setattr(measuring, "_HELD_LOANS", rows // 10)
    monkeypatch.setattr(measuring, "_LOANS_A_PART", rows)
    with guarded(rows) as guard:
        done = built(bank.workspace.root, "--as-of", day.isoformat(), "--force")
    assert done[day.isoformat()][1] == "built"
    assert not guard.found


def test_the_loan_list_of_a_branch_makes_no_frame_of_the_book(bank, book):
    day, _, rows = book
    branch = "B205"
    with guarded(rows) as guard:
        asked = ListAsked(as_of=day, branch=branch, metric="npl_ratio", reading="default")
        listed = loan_lists.listed(Bank.at(bank.workspace.root), SYSTEM, asked)
        said = here(
            *("loans", "-w", bank.workspace.root, "--metric", "loan_balance", "--branch", branch),
            *("--format", "csv"),
        )
    assert 0 < listed.rows.height < SHARE * rows
    assert said.code == 0
    assert not guard.found


def test_whoever_makes_a_frame_of_the_book_is_named(bank, book):
    """The watch itself: each way to hold the book is seen, and what is smaller is not."""
    day, _, rows = book
    loans = bank.deliveries.table(SYSTEM, LOAN_SNAPSHOT.name, day)
    path = next((bank.workspace.lake / LOAN_SNAPSHOT.name).rglob("*.parquet"))
    with guarded(rows) as guard:
        loans.select("loan_id", "borrower_id").collect()
        loans.group_by("booking_branch_id").len().collect()
        loans.head(20).collect()
        assert not guard.found
        ways = (
            loans.collect,
            lambda: pl.collect_all([loans, loans.head(1)]),
            lambda: pl.read_parquet(path),
            lambda: duckdb.sql("FROM read_parquet(?)", params=[str(path)]).pl(),
        )
        for way in ways:
            guard.found.clear()
            way()
            assert guard.found
            assert "test_memory_discipline.py" in guard.found[0]
