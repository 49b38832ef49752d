"""What keeps pages fast in a large bank: where rows lie that are read together, and what is read once."""

import shutil
from datetime import UTC, date, datetime

import duckdb
import polars as pl
import pytest

from records.access import Scope
from records.delta import ROW_GROUP
from records.published import METRIC_FACT, Publication, Published
from transforms.hierarchy import NODE
from transforms.schema import WIDE

OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 30)
UNITS = [f"B{number:03}" for number in range(400)]
METRICS = [f"m{number:03}" for number in range(100)]
EVERYBODY = Scope.whole_bank("test")


def drawn():
    """A month: 400 units by 100 metrics, uncut and cut in two, as a build hands them over: by metric."""
    members = pl.DataFrame({"slice": ["total", "size", "size"], "member": ["total", "a", "b"]})
    rows = (
        pl.DataFrame({"metric_id": METRICS})
        .join(pl.DataFrame({"branch_id": UNITS}), how="cross")
        .join(members, how="cross")
        .with_row_index("n")
    )
    given = rows.with_columns(reading=pl.lit("default"), value=(pl.col("n") / 8).cast(WIDE))
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in METRIC_FACT.items()
        if name not in given.columns
    ]
    return given.with_columns(missing)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("layout") / "lake"
    published = Published(root)
    for day in (OCTOBER, NOVEMBER):
        publish(published, day, f"run {day}")
    return root


def publish(published, day, run):
    published.write("metric_fact", drawn(), day, 1, run)
    at = datetime(2026, 12, 1, tzinfo=UTC)
    published.publish(Publication(day, 1, "f", "c", "r", run, at))


def groups_of(file):
    """First and last value of slice and unit in each row group, with its rows."""
    found = duckdb.sql(
        """
        SELECT row_group_id, any_value(row_group_num_rows) AS rows,
            max(stats_min_value) FILTER (path_in_schema = 'slice') AS first_slice,
            max(stats_max_value) FILTER (path_in_schema = 'slice') AS last_slice,
            max(stats_min_value) FILTER (path_in_schema = 'branch_id') AS first_unit,
            max(stats_max_value) FILTER (path_in_schema = 'branch_id') AS last_unit
        FROM parquet_metadata(?) GROUP BY row_group_id
        """,
        params=[str(file)],
    )
    return found.pl()


def test_a_month_is_one_file_of_groups_that_are_read_together_or_not_at_all(lake):
    for day in (OCTOBER, NOVEMBER):
        (file,) = (lake / "metric_fact" / f"as_of_date={day}").rglob("*.parquet")
        groups = groups_of(file)
        # 400 x 100 x 3 rows, 16,384 at a time.
        assert groups["rows"].sum() == 120_000
        assert groups["rows"].max() == ROW_GROUP
        assert groups.height == 8


@pytest.mark.parametrize("unit", ["B000", "B163", "B200", "B399"])
def test_the_uncut_figures_of_a_unit_lie_in_two_groups_at_most_and_perhaps_at_the_border(
    lake, unit
):
    (file,) = (lake / "metric_fact" / f"as_of_date={OCTOBER}").rglob("*.parquet")
    may_hold = groups_of(file).filter(
        pl.col("first_slice") <= "total",
        pl.col("last_slice") >= "total",
        pl.col("first_unit") <= unit,
        pl.col("last_unit") >= unit,
    )
    # 163.84 units to a group: B163 lies in two. The border holds the last uncut rows and the first cut ones.
    border = may_hold.filter(pl.col("first_slice") != pl.col("last_slice"))
    assert border.height <= 1
    assert may_hold.height - border.height <= 2
    assert may_hold.height >= 1


def test_what_is_read_back_is_what_was_written_in_whatever_order_it_lies(lake):
    names = ["metric_id", "branch_id", "slice", "member", "value"]
    read = Published(lake).facts(EVERYBODY, as_of=OCTOBER).select(names).collect()
    assert read.sort(names).equals(drawn().select(names).sort(names))


def test_some_months_are_read_from_their_own_files_only(lake, tmp_path):
    copy = shutil.copytree(lake, tmp_path / "lake")
    shutil.rmtree(copy / "metric_fact" / f"as_of_date={OCTOBER}")
    own = pl.col("branch_id") == "B007"
    published = Published(copy)
    november = published.facts_of(EVERYBODY, [NOVEMBER]).filter(own).collect()
    assert november.height == 300
    assert published.facts(EVERYBODY, as_of=NOVEMBER).filter(own).collect().height == 300
    assert published.facts_of(EVERYBODY, [date(2026, 9, 30)]).collect().is_empty()


def test_months_of_a_reader_hold_their_own_units_only(lake):
    mine = Scope.of("reader", ["B001", "B002"])
    rows = Published(lake).facts_of(mine, [OCTOBER, NOVEMBER]).collect()
    assert set(rows["branch_id"]) == {"B001", "B002"}
    assert set(rows["as_of_date"]) == {OCTOBER, NOVEMBER}


def test_publications_are_read_again_when_one_was_added_and_not_before(lake, tmp_path):
    copy = shutil.copytree(lake, tmp_path / "lake")
    published = Published(copy)
    assert published.publications().height == 2
    for file in (copy / "publication").glob("*.parquet"):
        file.rename(tmp_path / file.name)
    assert Published(copy).publications().height == 2  # though there is nothing left to read
    for file in tmp_path.glob("*.parquet"):
        file.rename(copy / "publication" / file.name)
    publish(published, NOVEMBER, "another run")
    assert published.publications()["run_id"].to_list()[-1] == "another run"


def test_a_lake_made_anew_in_the_same_place_is_not_taken_for_the_one_before(lake, tmp_path):
    place = tmp_path / "lake"
    shutil.copytree(lake, place)
    assert Published(place).publications().height == 2
    shutil.rmtree(place)
    publish(Published(place), OCTOBER, "first")
    publish(Published(place), NOVEMBER, "second")
    assert Published(place).publications()["run_id"].to_list() == ["first", "second"]
    assert Published(place).facts(EVERYBODY, as_of=OCTOBER).collect()[
        "run_id"
    ].unique().to_list() == ["first"]


def tree(*units):
    empty = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in NODE.items()]
    return (
        pl.DataFrame({"_unit": units})
        .select(*empty, unit="_unit")
        .select(pl.exclude("unit", "node_id", "depth"), node_id="unit", depth=pl.lit(0))
    )


def test_a_tree_that_is_kept_is_read_again_when_it_was_written_again(tmp_path):
    published = Published(tmp_path / "lake")
    at = datetime(2026, 12, 1, tzinfo=UTC)

    def units(scope=EVERYBODY):
        return published.nodes(scope, as_of=OCTOBER).collect()["node_id"].to_list()

    published.write("node", tree("B1", "B2"), OCTOBER, 1, "one")
    published.publish(Publication(OCTOBER, 1, "f", "c", "r", "one", at))
    assert units() == units() == ["B1", "B2"]
    assert units(Scope.of("reader", ["B2"])) == [
        "B2"
    ]  # what is kept is everybody's, what is shown is not
    published.write("node", tree("B1", "B2", "B3"), OCTOBER, 1, "two")
    assert units() == ["B1", "B2"]  # not published yet
    published.publish(Publication(OCTOBER, 1, "f", "c", "r", "two", at))
    assert units() == ["B1", "B2", "B3"]
    published.write("node", tree("B4"), OCTOBER, 1, "two")  # the same run, begun again
    assert units() == ["B4"]


def test_what_is_pinned_stays_as_it_was_whatever_is_published_meanwhile(tmp_path):
    published = Published(tmp_path / "lake")
    for run in ("one", "two"):
        published.publish(
            Publication(OCTOBER, 1, "f", "c", "r", run, datetime(2026, 12, 1, tzinfo=UTC))
        )
        if run == "one":
            pinned = published.pinned()
            pinned.current().clear()  # a reader's own copy
    assert pinned.current()[OCTOBER, 1].run_id == "one"
    assert published.current()[OCTOBER, 1].run_id == "two"
