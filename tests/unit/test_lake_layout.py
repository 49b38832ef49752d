"""Where delivered rows lie in the lake, and how little of them a reader of one branch reads."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pytest
from deltalake import DeltaTable

from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.tracing import Figure
from records import layout
from records.access import Scope
from records.deliveries import ACCOUNT, REJECTED, Deliveries, TableDelivery
from records.delta import columns_schema, scan
from records.workspace import create
from transforms.schema import BRANCH, BRANCH_HIERARCHY, LOAN_SNAPSHOT
from transforms.trace import Side

DAY = date(2026, 10, 31)
AT = {"as_of_date": "2026-10-31", "snapshot_version": "1"}
ROWS, BRANCHES, GROUP = 400_000, 200, 8192
BY = "booking_branch_id"
EMPTY = ("as_of_date", "snapshot_version", "batch_id")


def loans(rows=ROWS, branches=BRANCHES):
    """Canonical loans as delivered: the branches of neighbouring rows differ, and most cells are filled."""
    number = pl.int_range(rows, dtype=pl.Int64).alias("n")
    mixed = pl.col("n").hash(1)
    given = {
        "loan_id": pl.format("L{}", pl.col("n").cast(pl.String).str.zfill(9)),
        "contract_id": pl.format("K{}", mixed % 10**9),
        "facility_id": pl.format("F{}", pl.col("n").hash(2) % 10**9),
        "borrower_id": pl.format("C{}", pl.col("n").hash(3) % 10**6),
        BY: pl.format("B{}", (mixed % branches).cast(pl.String).str.zfill(3)),
        "product_type": pl.lit("working_capital"),
        "movement": pl.lit("none"),
        "loan_status": pl.lit("normal"),
        "currency_code": pl.lit("CNY"),
        "on_balance_sheet": pl.lit(value=True),
        "entrusted_flag": pl.lit(value=False),
        "outstanding_principal": (pl.col("n").hash(4) % 10**8).cast(pl.Decimal(18, 2)),
        "original_amount": (pl.col("n").hash(5) % 10**8).cast(pl.Decimal(18, 2)),
        "impairment_allowance": (pl.col("n").hash(6) % 10**6).cast(pl.Decimal(18, 2)),
        "interest_rate": (pl.col("n").hash(7) % 5).cast(pl.Decimal(12, 8)),
        "disbursement_date": pl.lit(date(2015, 1, 1)) + pl.duration(days=mixed % 4000),
        "maturity_date": pl.lit(DAY) + pl.duration(days=mixed % 4000),
        "loan_classification": pl.lit("FQ01"),
        "source_row_no": pl.col("n") + 1,
    }
    frame = pl.select(number).lazy().select(**given)
    missing = {name: dtype for name, dtype in LOAN_SNAPSHOT.dtypes.items() if name not in given}
    return frame.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in missing.items()
    ).cast({name: LOAN_SNAPSHOT.dtypes[name] for name in given if name in LOAN_SNAPSHOT.dtypes})


def laid(lake, rows, *, sizes=layout.SIZES, batch="b1"):
    path = lake / "loan_snapshot"
    layout.append(path, rows.with_columns(batch_id=pl.lit(batch)), AT, by=BY, sizes=sizes)
    return path


def read_back(path):
    return scan(path, columns_schema(LOAN_SNAPSHOT)).collect()


def groups_of(path):
    """First and last branch of each row group, file by file, as they are read."""
    files = sorted(str(file) for file in path.rglob("*.parquet"))
    query = """
        SELECT file_name, row_group_id, any_value(row_group_num_rows) AS rows,
            max(stats_min_value) AS first, max(stats_max_value) AS last
        FROM parquet_metadata(?) WHERE path_in_schema = ?
        GROUP BY file_name, row_group_id ORDER BY file_name, row_group_id
    """
    return duckdb.sql(query, params=[files, BY]).pl()


def test_loans_lie_by_branch_and_then_as_they_were_delivered(tmp_path):
    given = loans(5000, 7)
    rows = read_back(laid(tmp_path, given, sizes=layout.Sizes(500, 1200)))
    assert rows.select(BY, "source_row_no").rows() == sorted(
        given.select(BY, "source_row_no").collect().rows()
    )


def test_what_was_delivered_is_what_is_read_to_the_last_cell(tmp_path):
    given = loans(5000, 7)
    rows = read_back(laid(tmp_path, given, sizes=layout.Sizes(500, 1200)))
    names = [*LOAN_SNAPSHOT.column_names, "source_row_no"]
    assert rows.sort("source_row_no").select(names).equals(given.select(names).collect())
    assert rows["batch_id"].unique().to_list() == ["b1"]
    assert rows["as_of_date"].unique().to_list() == [DAY]
    assert rows["snapshot_version"].unique().to_list() == [1]


def test_groups_follow_one_another_so_that_a_branch_lies_in_neighbours(tmp_path):
    groups = groups_of(laid(tmp_path, loans(5000, 7), sizes=layout.Sizes(500, 1200)))
    assert groups["rows"].sum() == 5000
    assert groups["rows"].max() <= 500
    assert (
        groups["file_name"].n_unique() == 4
    )  # 5,000 rows, about 1,200 at a time and branches whole
    borders = groups.select("first", "last").rows()
    assert all(one[0] <= one[1] <= after[0] for one, after in pairwise(borders))


def test_a_branch_larger_than_a_part_is_cut_and_rows_without_a_branch_come_first(tmp_path):
    branch = pl.when(pl.col("source_row_no") > 10).then(pl.lit("B1"))
    rows = loans(350_000, 1).with_columns(branch.alias(BY))
    path = laid(tmp_path, rows, sizes=layout.Sizes(50_000, 100_000))
    assert len(list(path.rglob("*.parquet"))) == 3
    read = scan(path, columns_schema(LOAN_SNAPSHOT)).select(BY, "source_row_no").collect()
    assert read["source_row_no"].to_list() == list(range(1, 350_001))
    assert read[BY].null_count() == 10


def test_the_log_says_which_branches_a_file_holds(tmp_path):
    path = laid(tmp_path, loans(5000, 7), sizes=layout.Sizes(500, 1200))
    told = pl.DataFrame(DeltaTable(path).get_add_actions(flatten=True)).sort("path")
    assert told["num_records"].sum() == 5000
    found = [
        (frame[BY].min(), frame[BY].max(), frame.height)
        for name in told["path"]
        if (frame := pl.read_parquet(path / name, hive_partitioning=False)) is not None
    ]
    assert told.select(f"min.{BY}", f"max.{BY}", "num_records").rows() == found


def test_a_table_written_by_an_earlier_product_gets_the_columns_it_lacks(tmp_path):
    old = loans(100, 3).drop("sei_tag").with_columns(batch_id=pl.lit("old")).collect()
    path = tmp_path / "loan_snapshot"
    stamped = old.with_columns(as_of_date=pl.lit(DAY), snapshot_version=pl.lit(1, dtype=pl.Int32))
    stamped.write_delta(path, delta_write_options={"partition_by": list(AT)})
    laid(tmp_path, loans(100, 3).with_columns(sei_tag=pl.lit("2")), batch="new")
    counted = read_back(path).group_by("batch_id").agg(pl.len(), pl.col("sei_tag").count())
    assert dict(zip(counted["batch_id"], counted.select("len", "sei_tag").rows(), strict=True)) == {
        "old": (100, 0),
        "new": (100, 100),
    }


def test_nothing_accepted_leaves_the_table_alone(tmp_path):
    path = laid(tmp_path, loans(100, 3))
    version = DeltaTable(path).version()
    laid(tmp_path, loans(100, 3).clear(), batch="none")
    assert DeltaTable(path).version() == version
    assert read_back(path).height == 100


# --- How much is read.


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """A bank of 200 branches with 400,000 loans, in groups small enough for so small a book."""
    root = tmp_path_factory.mktemp("pruned")
    workspace = create(root / "bank", name="Pruned", base_currency="CNY")
    units = [f"B{number:03}" for number in range(BRANCHES)]
    branches = pl.LazyFrame(
        {"branch_id": ["HO", *units], "level": ["head_office", *["tier1"] * BRANCHES]}
    )
    tree = pl.LazyFrame({"child_id": units, "parent_id": ["HO"] * len(units)})
    tables = [
        delivery(LOAN_SNAPSHOT.name, loans()),
        delivery(BRANCH.name, canonical(BRANCH, branches)),
        delivery(BRANCH_HIERARCHY.name, canonical(BRANCH_HIERARCHY, tree)),
    ]
    sizes = layout.Sizes(GROUP, 200_000)
    Deliveries(workspace.lake).store(DAY, 1, "b1", tables, sizes=sizes)
    return Bank.at(workspace.root)


def canonical(table, rows):
    given = rows.collect_schema()
    return rows.with_columns(
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in table.dtypes.items()
        if name not in given
    ).with_columns(
        source_row_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        **({"valid_from": pl.lit(date(2000, 1, 1))} if "valid_from" in table.dtypes else {}),
    )


def delivery(table, rows):
    batch = {
        "mapping": "canonical",
        "source_file": "f",
        "source_sha256": "s",
        "read_as": "r",
        "encoding": "utf-8",
        "delimiter": ",",
        "outside_rows": 0,
        "source_rows": 1,
        "delivered_rows": 1,
        "accepted_rows": 1,
        "rejected_rows": 0,
        "rows_without_amount": 0,
        "rows_without_rate": 0,
        "assumed": [],
        "taxonomy": "none",
        "columns": rows.collect_schema().names(),
        "content_hash": table,
        "delivered_file": "f",
        "received_at": datetime(2026, 11, 2, tzinfo=UTC),
        "delivered_amount": Decimal(0),
    }
    nothing = [
        pl.DataFrame(schema={name: dtype for name, dtype in of.items() if name not in EMPTY})
        for of in (REJECTED, ACCOUNT)
    ]
    return TableDelivery(table, batch, rows, *nothing)


def bytes_read(frame):
    """The answer to a query, and the bytes that were asked of the system to give it."""
    before = asked_of_the_system()
    answer = frame.collect()
    return answer, asked_of_the_system() - before


def asked_of_the_system():
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def size_of(bank):
    return sum(
        file.stat().st_size for file in (bank.workspace.lake / "loan_snapshot").rglob("*.parquet")
    )


def test_to_read_the_whole_book_is_to_read_its_bytes(bank):
    """The measure itself: files are read, not mapped into memory, where nobody could count."""
    rows, read = bytes_read(bank.deliveries.table(SYSTEM, LOAN_SNAPSHOT.name, DAY))
    assert rows.height == ROWS
    assert size_of(bank) * 0.9 < read < size_of(bank) * 1.2


def test_a_reader_of_one_branch_reads_a_twentieth_of_the_loans_at_most(bank):
    one = Scope.of("reader", ["B042"])
    rows, read = bytes_read(bank.deliveries.table(one, LOAN_SNAPSHOT.name, DAY))
    assert rows[BY].unique().to_list() == ["B042"]
    assert 1800 < rows.height < 2200
    assert 0 < read < size_of(bank) / 20


@pytest.mark.parametrize("metric", ["loan_balance", "npl_balance"])
def test_the_loan_list_of_one_branch_reads_a_twentieth_of_the_loans_at_most(bank, metric):
    figure = figure_of(bank, "B042", metric)
    side = Side.NUMERATOR if metric == "loan_balance" else Side.EXCLUDED
    rows, read = bytes_read(pl.concat(figure.rows(side)))
    assert rows["branch_id"].unique().to_list() == ["B042"]
    assert 1800 < rows.height < 2200
    assert 0 < read < size_of(bank) / 20


def test_the_loan_list_of_the_bank_reads_its_columns_and_no_others(bank):
    rows, read = bytes_read(pl.concat(figure_of(bank, "HO", "loan_balance").rows(Side.NUMERATOR)))
    assert rows.height == ROWS
    assert size_of(bank) / 5 < read < size_of(bank) * 0.9


def figure_of(bank, node, name):
    month = MonthAtWork.newest(bank, DAY)
    metric = month.catalogue.metrics[name]
    figure = Figure(bank, month, node, metric, metric.readings[0])
    assert (
        figure.rows_at(DAY).material is not None
    )  # what all lists of the month share is made before
    return figure
