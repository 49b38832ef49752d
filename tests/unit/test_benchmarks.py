"""The benchmarks compare like with like: peers agree to the last digit, and results bear the agreed names."""

import json

import polars as pl
import pytest

from benchmarks import month_book, peer_files
from benchmarks.__main__ import complete
from benchmarks.against_peers import Runner
from benchmarks.book import AS_OF, BACK, KEYS, Book
from benchmarks.month import run
from benchmarks.table import printed
from benchmarks.timing import Series, Took, ratios
from benchmarks.ways import WAYS, in_order
from records.published import Published
from records.workspace import open_workspace
from transforms.catalogue.load import definitions
from transforms.catalogue.model import At
from transforms.reference import tables as reference_tables
from transforms.schema import TABLES

CATALOGUE = definitions(reference_tables.load()).newest
PEERS = {
    "cube": (
        *("pandas", "statements over bits", "statements over columns"),
        *("cube over the same file", "cube over short amounts"),
    ),
    "clients": ("clients over bits",),
    "first_time": ("first_time_duckdb",),
    "classify": ("classify_duckdb",),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return Book.drawn(tmp_path_factory.mktemp("drawn"), 1_500)


@pytest.fixture(scope="module")
def folder(drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")
    peer_files.prepare(drawn.copied(3_000), folder, lambda _: None, pandas=True)
    return folder


@pytest.mark.parametrize("ours", PEERS)
def test_peers_give_the_very_figures_of_the_product(ours, folder):
    own = in_order(WAYS[ours](folder, CATALOGUE))

    assert own.height > 100
    for peer in PEERS[ours]:
        assert in_order(WAYS[peer](folder, CATALOGUE)).equals(own), peer


def test_a_peer_with_another_figure_ends_the_run(folder, tmp_path):
    own = pl.DataFrame({"branch_id": ["B1", "B2"], "amount": ["1.00", "2.00"]})
    own.write_parquet(tmp_path / "cube.figures.parquet")
    own.with_columns(amount=pl.Series(["1.00", "2.01"])).write_parquet(
        tmp_path / "pandas.figures.parquet"
    )
    runner = Runner(tmp_path, folder, 2)

    assert runner.agree("cube", ["cube"]) == 2
    with pytest.raises(SystemExit, match=r"cube and pandas disagree"):
        runner.agree("cube", ["pandas"])


def test_a_copied_book_has_keys_of_its_own_and_as_much_money_for_each_copy(drawn):
    copied = drawn.copied(4 * drawn.loans, branches=3 * drawn.booked.len())

    assert (copied.copies, copied.twins) == (4, 3)
    for name, keys in KEYS.items():
        own = [key for key in TABLES[name].key if key in keys]
        rows = copied.read(name).select(own).collect()
        once = drawn.read(name).select(own).collect()
        if once.n_unique() == once.height:
            assert rows.n_unique() == rows.height == 4 * once.height, name
    loans = copied.read("loan_snapshot").collect()
    ledger = copied.read("gl_control_total").collect()
    assert loans["booking_branch_id"].n_unique() == 3 * (
        drawn.read("loan_snapshot").collect()["booking_branch_id"].n_unique()
    )
    assert set(loans["booking_branch_id"]) <= set(copied.read("branch").collect()["branch_id"])
    assert ledger["balance"].sum() == 4 * drawn.read("gl_control_total").collect()["balance"].sum()


def test_a_month_laid_into_a_lake_is_built_and_published(drawn, tmp_path):
    month_book.lay(tmp_path / "bank", drawn.copied(1), lambda _: None)

    told = run(tmp_path / "bank")

    assert sum(told["steps"].values()) > 0
    published = Published(open_workspace(tmp_path / "bank").lake).publications()
    days = published["as_of_date"].to_list()
    assert days[-1] == AS_OF
    assert BACK[At.PREVIOUS_MONTH] in days


def test_results_bear_the_agreed_names_and_growth_is_beside_the_smallest_size():
    small = {"rows": 1_000_000, "loans": 1_000_000, "cube_seconds": 0.5, "cube_vs_duckdb": 0.25}
    large = {**small, "rows": 10_000_000, "loans": 10_000_000, "cube_seconds": 4.0, "figures": 7}
    month = {"month_cpu_seconds": 9.0, "month_peak_mb": 900, "month_steps": {"measures": 3.0}}

    results = complete([
        {**small, **month, "month_seconds": 15.0},
        {**large, **month, "month_seconds": 105.0},
    ])  # fmt: skip

    names = "rows cube_seconds cube_vs_duckdb cube_vs_duckdb_cube cube_vs_scan cube_vs_pandas"
    names += " clients_vs_duckdb month_seconds month_peak_mb growth machine"
    assert set(names.split()) <= set(results[0])
    assert [one["growth"] for one in results] == [1.0, 7.0]  # 105 s over 15 s
    assert [one["growth_of_rows"] for one in results] == [1.0, 10.0]
    assert [one["cube_growth"] for one in results] == [1.0, 8.0]
    text = printed(json.loads(json.dumps(results)))
    assert "| 10,000,000 | 4.00 | 0.25 | 7 |" in text
    assert "10,000,000 loans: measures 3.0 s." in text


def test_ratios_are_of_medians_and_named_after_the_peer():
    series = {
        "clients": Series((Took(1.0, 2.0, 10, {}), Took(9.0, 9.0, 30, {}), Took(2.0, 3.0, 20, {}))),
        "clients_duckdb": Series((Took(8.0, 6.0, 10, {}),)),
    }

    assert ratios(series, "clients", ["clients_duckdb"]) == {
        "clients_vs_duckdb": 0.25,
        "clients_vs_duckdb_cpu": 0.5,
    }
    assert series["clients"].peak_mb == 30


def test_a_table_leaves_out_what_was_not_measured():
    assert printed([{"rows": 1, "loans": 1, "month_seconds": None}]) == ""
