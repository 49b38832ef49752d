"""Parquet files, folders of them with or without partitions, and Delta tables: whole, or refused by name."""

import json
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.sources import open_source
from transforms.errors import UnreadableFileError
from transforms.mappings.model import SourceRules


@pytest.fixture
def read(tmp_path):
    def opened(path, **how):
        return open_source(path, scratch=tmp_path / "scratch", rules=SourceRules(**how))

    return opened


def rows(source):
    return source.frame.collect(engine="streaming").rows()


def written(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(path)
    return path


def test_a_file_is_read_with_its_types_and_told(read, tmp_path):
    source = read(written(tmp_path / "a.parquet", id=["L1"], n=[Decimal("1.50")]))
    assert rows(source) == [("L1", Decimal("1.50"), 1)]
    assert source.told == "read as Parquet, 2 columns, 1 rows"


def test_a_folder_is_read_file_after_file_in_the_order_of_their_names(read, tmp_path):
    written(tmp_path / "in" / "b.parquet", id=["L3"], n=[3])
    written(tmp_path / "in" / "a.parquet", id=["L1", "L2"], n=[1, 2])
    (tmp_path / "in" / "_SUCCESS").touch()
    (tmp_path / "in" / ".a.parquet.crc").write_bytes(b"x")
    source = read(tmp_path / "in")
    assert rows(source) == [("L1", 1, 1), ("L2", 2, 2), ("L3", 3, 3)]
    assert source.told == "read as Parquet, 2 files, 2 columns, 3 rows"
    before = source.sha256
    written(tmp_path / "in" / "b.parquet", id=["L3"], n=[4])
    assert read(tmp_path / "in").sha256 != before


def test_columns_may_stand_in_another_order_and_nothing_else(read, tmp_path):
    written(tmp_path / "in" / "a.parquet", id=["L1"], n=[1])
    written(tmp_path / "in" / "b.parquet", n=[2], id=["L2"])
    assert rows(read(tmp_path / "in")) == [("L1", 1, 1), ("L2", 2, 2)]
    written(tmp_path / "in" / "c.parquet", id=["L3"], n=["3"])
    with pytest.raises(
        UnreadableFileError, match=r"c.parquet has other columns.*n as String, n as"
    ):
        read(tmp_path / "in")
    written(tmp_path / "in" / "c.parquet", id=["L3"])
    with pytest.raises(UnreadableFileError, match=r"c.parquet has other columns.*\(no n, n as Int"):
        read(tmp_path / "in")


def test_partitions_are_columns_and_keep_their_zeros(read, tmp_path):
    nothing = "__HIVE_DEFAULT_PARTITION__"
    written(tmp_path / "in" / "month=2026-10" / "branch=0101" / "a.parquet", id=["L1"])
    written(tmp_path / "in" / "month=2026-10" / "branch=%E7%94%B2%2F1" / "a.parquet", id=["L2"])
    written(tmp_path / "in" / "month=2026-10" / f"branch={nothing}" / "a.parquet", id=["L3"])
    source = read(tmp_path / "in")
    assert source.columns == ("id", "month", "branch")
    assert sorted(row[:3] for row in rows(source) if row[2]) == [
        ("L1", "2026-10", "0101"),
        ("L2", "2026-10", "甲/1"),
    ]
    assert [row[:3] for row in rows(source) if row[2] is None] == [("L3", "2026-10", None)]
    assert [row[3] for row in rows(source)] == [1, 2, 3]
    assert "3 files, partitioned by month, branch, 3 columns, 3 rows" in source.told


def test_a_partition_that_the_files_have_too_must_agree_with_them(read, tmp_path):
    written(tmp_path / "in" / "branch=B1" / "a.parquet", id=["L1"], branch=["B1"])
    assert rows(read(tmp_path / "in")) == [("L1", "B1", 1)]
    written(tmp_path / "in" / "branch=B2" / "a.parquet", id=["L2"], branch=["B3"])
    with pytest.raises(
        UnreadableFileError, match=r"branch=B2.a.parquet has values of branch other"
    ):
        read(tmp_path / "in")


def test_files_of_other_partitions_are_refused_by_name(read, tmp_path):
    written(tmp_path / "in" / "branch=B1" / "a.parquet", id=["L1"])
    written(tmp_path / "in" / "region=R1" / "a.parquet", id=["L2"])
    with pytest.raises(UnreadableFileError, match=r"region=R1.a.parquet lies in folders that name"):
        read(tmp_path / "in")


def test_whatever_else_lies_in_the_folder_is_refused_and_not_left_out(read, tmp_path):
    written(tmp_path / "in" / "a.parquet", id=["L1"])
    odd = tmp_path / "in" / "late.csv"
    odd.write_text("id\nL9\n")
    with pytest.raises(UnreadableFileError, match=r"late.csv in it is no Parquet file"):
        read(tmp_path / "in")
    odd.unlink()
    (tmp_path / "in" / "b.parquet").symlink_to(written(tmp_path / "out" / "b.parquet", id=["L2"]))
    with pytest.raises(UnreadableFileError, match=r"b.parquet is a link"):
        read(tmp_path / "in")


def test_a_broken_file_among_whole_ones_is_named(read, tmp_path):
    written(tmp_path / "in" / "a.parquet", id=["L1"])
    broken = written(tmp_path / "in" / "b.parquet", id=["L2"])
    broken.write_bytes(broken.read_bytes()[:-20])
    with pytest.raises(UnreadableFileError, match=r"b.parquet: the Parquet file is broken"):
        read(tmp_path / "in")


def test_a_broken_group_of_rows_is_named(read, tmp_path):
    path = tmp_path / "groups.parquet"
    frame = pl.DataFrame({"n": range(3000), "t": [f"x{at}" for at in range(3000)]})
    frame.write_parquet(path, row_group_size=1000, compression="zstd")
    start = pq.ParquetFile(path).metadata.row_group(1).column(1).data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 60] = b"\xff" * 60
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=r"broken in row group 2 of 3"):
        read(path)


def test_a_column_that_stands_twice_in_a_file_is_refused(read, tmp_path):
    table = pa.table([pa.array([1]), pa.array([2])], names=["n", "n"])
    pq.write_table(table, tmp_path / "twins.parquet")
    with pytest.raises(UnreadableFileError, match="the column 'n' stands in it twice"):
        read(tmp_path / "twins.parquet")


# --- Delta --------------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path):
    """A table of two versions: one row at first, another one after it."""
    path = tmp_path / "table"
    pl.DataFrame({"branch": ["0101"], "n": [1]}).write_delta(
        str(path), delta_write_options={"partition_by": ["branch"]}
    )
    pl.DataFrame({"branch": ["甲 行"], "n": [2]}).write_delta(str(path), mode="append")
    return path


def test_a_delta_table_is_read_at_its_newest_version_or_the_one_named(read, table):
    newest = read(table)
    assert sorted(row[:2] for row in rows(newest)) == [("0101", 1), ("甲 行", 2)]
    assert sorted(row[2] for row in rows(newest)) == [1, 2]
    assert newest.told == "read as Delta, version 1, 2 files, 2 columns, 2 rows"
    first = read(table, version=0)
    assert rows(first) == [("0101", 1, 1)]
    assert first.told == "read as Delta, version 0, 1 file, 2 columns, 1 rows"
    assert first.sha256 != newest.sha256


def test_a_version_that_is_not_there_is_refused(read, table):
    with pytest.raises(UnreadableFileError, match="at version 7 cannot be opened"):
        read(table, version=7)


def test_a_delta_table_that_lacks_a_file_or_has_a_broken_one_is_refused(read, table):
    file = next(table.rglob("*.parquet"))
    content = file.read_bytes()
    file.write_bytes(content[:-10])
    with pytest.raises(UnreadableFileError, match="the Parquet file is broken"):
        read(table)
    file.unlink()
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read(table)


def test_a_log_that_points_out_of_its_folder_is_refused(read, table, tmp_path):
    written(tmp_path / "secret.parquet", n=[9])
    log = table / "_delta_log" / f"{1:020}.json"
    actions = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    for action in actions:
        if "add" in action:
            action["add"]["path"] = "../secret.parquet"
    log.write_text("\n".join(json.dumps(action) for action in actions), encoding="utf-8")
    with pytest.raises(UnreadableFileError, match=r"secret.parquet"):
        read(table)


def test_a_delta_table_is_no_folder_of_parquet(read, table):
    with pytest.raises(UnreadableFileError, match="it is a Delta table, and the mapping says"):
        read(table, format="parquet")
