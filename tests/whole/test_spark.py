"""Spark: a real cluster gives the figures that Polars gives, to the last decimal, also after a loss.

One cluster and one session serve the whole file: to start them costs more than the months.
"""

import itertools
import re
import shutil
import threading
import time
from decimal import Decimal

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from orchestration import measuring, months, spark
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.spark import EngineName
from tests.scenario import CATALOGUE, REFERENCE
from tests.spark_cluster import spark_cluster
from tests.whole.commands import here
from transforms.catalogue.sql import columns_of, parameters_of, with_parameters
from transforms.classify import clause_sql, flag_sql
from transforms.engines import POLARS
from transforms.engines_spark import SparkEngine, SparkFailedError

pytestmark = pytest.mark.whole

MONEY = pl.Decimal(18, 2)
RATE = pl.Decimal(12, 8)
LARGEST = Decimal("9999999999999999.99")

SETTINGS = """
[spark]
master = "{master}"

[spark.conf]
"spark.driver.host" = "127.0.0.1"
"spark.driver.bindAddress" = "127.0.0.1"
"spark.driver.memory" = "1g"
"spark.executor.memory" = "512m"
"spark.driver.extraJavaOptions" = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"spark.executor.extraJavaOptions" = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"spark.sql.shuffle.partitions" = 4
"spark.sql.adaptive.coalescePartitions.enabled" = false
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One master and two workers, each a process of its own."""
    with spark_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def bank(demo_bank, tmp_path_factory, cluster):
    """A copy of the demo bank whose settings name the cluster."""
    root = tmp_path_factory.mktemp("spark") / "bank"
    shutil.copytree(demo_bank.root, root)
    path = root / "branchmark.toml"
    told = path.read_text(encoding="utf-8") + SETTINGS.format(master=cluster.address)
    path.write_text(told, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def session(bank):
    """The session that all of this file's jobs run in."""
    with spark.session(Bank.at(bank).workspace) as opened:
        yield opened


@pytest.fixture(scope="module")
def engine(session):
    """The engine in it."""
    return SparkEngine(session)


def numbered(rows, schema):
    """Rows with their number, so that they can be put into order again."""
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("row"))


def both(engine, rows, work):
    """What work on rows gives by Polars, and on the cluster."""
    here_ = POLARS.collected({"": work(POLARS, POLARS.frame(rows))})[""]
    there = engine.collected({"": work(engine, engine.frame(rows))})[""]
    return here_.sort("row"), there.sort("row")


def test_products_are_exact_at_the_edges(engine):
    amounts = [
        LARGEST,
        -LARGEST,
        *map(Decimal, ("0.00", "0.01", "-0.01", "1.00", "333333.33")),
        None,
    ]
    rates = [
        *map(Decimal, ("9999.99999999", "1", "0.5", "0.00000001", "-0.03125", "0.005", "1.5")),
        None,
    ]
    rows = numbered(itertools.product(amounts, rates), {"amount": MONEY, "rate": RATE})

    def work(by, frame):
        money = by.with_money_product(frame, "money", "amount", "rate")
        return by.with_exact_product(money, "exact", "amount", "rate")

    ours, theirs = both(engine, rows, work)
    assert theirs["money"].to_list() == ours["money"].to_list()
    assert theirs["exact"].to_list() == ours["exact"].to_list()
    halves = theirs.filter(pl.col("rate") == Decimal("0.5"), pl.col("amount").abs() < 1)
    assert halves["money"].to_list() == [0, Decimal("0.01"), Decimal("-0.01")]


def test_quotients_are_rounded_half_up_from_the_exact_one(engine):
    values = [LARGEST, *map(Decimal, ("0.01", "0.00", "3.00", "7.00", "200000000.00")), None]
    rows = numbered(itertools.product(values, values), {"above": MONEY, "below": MONEY})
    ours, theirs = both(engine, rows, lambda by, f: by.with_quotient(f, "q", "above", "below"))
    assert theirs["q"].to_list() == ours["q"].to_list()
    found = {(a, b): q for a, b, q in theirs.select("above", "below", "q").iter_rows()}
    assert found[Decimal("3.00"), Decimal("7.00")] == Decimal("0.42857143")
    assert found[Decimal("0.01"), Decimal(200_000_000)] == Decimal(0)
    assert found[Decimal("3.00"), Decimal("200000000.00")] == Decimal("0.00000002")  # 0.000000015
    assert found[Decimal("3.00"), Decimal("0.00")] is None


def test_a_product_with_a_quotient_loses_no_digit(engine):
    values = [Decimal(text) for text in ("0.01", "3.00", "7.00", "123456789.01", "9999999999.99")]
    rows = numbered(
        itertools.product(values, values, values),
        {"above": MONEY, "below": MONEY, "balance": MONEY},
    )

    def work(by, frame):
        quotient = by.with_quotient(frame, "q", "above", "below")
        return by.with_exact_product(quotient, "weighted", "balance", "q")

    ours, theirs = both(engine, rows, work)
    assert theirs["weighted"].to_list() == ours["weighted"].to_list()


def test_amounts_of_different_decimals_in_one_column_keep_them_all(engine):
    rows = numbered([(Decimal("1.25"), Decimal("0.03333333"))], {"amount": MONEY, "rate": RATE})
    frame = engine.with_exact_product(engine.frame(rows), "exact", "amount", "rate")
    told = {
        "either": "CASE WHEN row = 0 THEN exact ELSE amount END",
        "less": "amount < 1.2500000001",
    }
    found = engine.collected({"": engine.with_sql(frame, told)})[""]
    assert found.select("either", "less").row(0) == (Decimal("0.0416666625"), True)


def test_what_does_not_fit_is_an_error_in_one_sentence_and_never_a_null(engine):
    rows = numbered([(Decimal("1e25"),)], {"amount": pl.Decimal(38, 2)})
    frame = engine.with_money_product(
        engine.frame(rows.with_columns(rate=pl.lit(2, dtype=RATE))), "money", "amount", "rate"
    )
    with pytest.raises(
        SparkFailedError, match=r"^Spark ended without a result: .*--engine polars\.$"
    ):
        engine.collected({"": frame})


def test_bits_marks_and_groups_are_those_of_polars(engine):
    flags = [f"f{number}" for number in range(62)]
    rows = numbered(
        [
            (key, *((seed * (place + 3)) % 5 == 0 or None for place in range(62)), Decimal(seed))
            for key, seed in [("a", 1), ("a", 2), (None, 3), ("ä", 4), (None, 5), ("b", 6)]
        ],
        {"key": pl.String, **dict.fromkeys(flags, pl.Boolean), "amount": MONEY},
    )

    def work(by, frame):
        marked = by.with_mark(
            by.with_bits(frame, {"bits": flags}), "known", "key", by.frame(rows.select("key"))
        )
        masked = by.with_masked(marked, {"some": ("bits", 0b1011 << 40)})
        masked = masked.with_columns(key2=nw.col("key"))
        grouped = by.grouped(
            masked,
            ["key", "known"],
            marks=["bits", "some"],
            sums=["amount"],
            smallest=["key2"],
            largest=["row"],
        )
        few = by.frame(pl.DataFrame({"key": ["a", "ä"], "name": ["x", None]}))
        return by.with_small(grouped, few, on="key")

    ours, theirs = both(engine, rows, work)
    assert_frame_equal(theirs, ours, check_column_order=False, check_dtypes=False)


def clauses():
    """Every condition of the product's flags, with thresholds of sixty."""
    found = {c.sql for flag in CATALOGUE.flags.values() for c in flag.clauses}
    return sorted(with_parameters(sql, dict.fromkeys(parameters_of(sql), 60)) for sql in found)


def turning_points(sql, column):
    """Values of a column at which a condition turns, and none: what it is compared with, and others."""
    compared = re.search(rf"\b{column}\b (?:=|<>|(?:NOT )?IN) ?\(?('[^)]*'?)", sql)
    if compared:
        return pl.String, [*re.findall("'([^']*)'", compared.group(1)), "Ünï", "", None]
    limit = re.search(rf"\b{column}\b [<>]=? (\d+)", sql)
    if limit:
        return pl.Int64, [int(limit.group(1)) + step for step in (-1, 0, 1)] + [None]
    return None, [True, False, None]


def test_every_condition_and_flag_is_decided_as_polars_decides_it(engine):
    """Each condition is put to every combination of values at which it turns."""
    types, rows = {}, []
    for sql in clauses():
        points = {column: turning_points(sql, column) for column in columns_of(sql)}
        for column, (dtype, _) in points.items():
            types[column] = dtype or types.get(column)
        of_clause = itertools.product(*(values for _, values in points.values()))
        rows += [dict(zip(points, values, strict=True)) for values in of_clause]
    schema = {column: dtype or pl.Boolean for column, dtype in types.items()}
    frame = numbered(
        [[fitting(row.get(column), dtype) for column, dtype in schema.items()] for row in rows],
        schema,
    )
    told = {f"clause {number}": clause_sql(sql, {}) for number, sql in enumerate(clauses())}
    sixty = dict.fromkeys(REFERENCE.tables["thresholds"]["name"], Decimal(60))
    told |= {f"flag {name}": flag_sql(flag, sixty) for name, flag in CATALOGUE.flags.items()}
    ours, theirs = both(engine, frame, lambda by, given: by.with_sql(given, told))
    assert [name for name in told if ours[name].to_list() != theirs[name].to_list()] == []
    # A condition that never turned would prove nothing.
    assert [sql for name, sql in told.items() if name[0] == "c" and ours[name].n_unique() < 2] == []


def fitting(value, dtype):
    """A value as a column of that type holds it."""
    if value is None or dtype == pl.Boolean:
        return value
    return str(value) if dtype == pl.String else int(value)


def published(root):
    """The newest month's measures and facts, without what names the run."""
    bank = Bank.at(root)
    day = bank.published.require(None)
    measured = bank.published.branch_measures(SYSTEM, [day]).drop("run_id").collect()
    facts = bank.published.facts(SYSTEM, as_of=day).drop("run_id").collect()
    return measured.sort(pl.all()), facts.sort(
        "branch_id", "metric_id", "reading", "slice", "member"
    )


@pytest.mark.usefixtures("session")
def test_a_build_on_the_cluster_publishes_what_polars_published(bank):
    before = published(bank)
    said = here(
        *("build", "--engine", "spark", "--as-of", "latest", "--force", "-w", bank),
        *("--format", "json"),
    )
    assert [row["outcome"] for row in said.json] == ["built"]
    after = published(bank)
    assert_frame_equal(after[0], before[0])
    assert_frame_equal(after[1], before[1])
    assert before[0].height > 10_000


def test_a_month_survives_the_loss_of_a_worker(bank, session, cluster):
    month = MonthAtWork.newest(Bank.at(bank), None)
    tree = months.tree(month)
    expected = measuring.taken(month, tree)
    loss = Loss(session, cluster)
    loss.start()
    found = measuring.taken(month, tree, EngineName.SPARK)
    loss.join()
    assert loss.at_work == 2, "no job kept both workers busy"
    assert len(loss.gone) == 2, "a worker and its executor"
    assert loss.jobs_then < jobs_so_far(session), "the work went on afterwards"
    assert registered(session) == 1, "the driver has noticed"
    assert_frame_equal(found.additive, expected.additive)
    assert_frame_equal(found.by_node, expected.by_node)


def jobs_so_far(session):
    """How many jobs the session has begun."""
    return len(session.sparkContext.statusTracker().getJobIdsForGroup(None))


def registered(session):
    """How many executors the driver knows of; it knows itself too."""
    held = session.sparkContext._jsc.sc()  # noqa: SLF001 - pyspark has no other way
    return held.getExecutorMemoryStatus().size() - 1


class Loss(threading.Thread):
    """Kills a worker and its executor as soon as both workers have a task in hand, well into a month."""

    AFTER_JOBS = 8

    def __init__(self, session, cluster):
        super().__init__(daemon=True)
        self.session, self.cluster = session, cluster
        self.first = jobs_so_far(session)
        self.at_work, self.jobs_then, self.gone = 0, 0, []

    def run(self):
        until = time.monotonic() + 120
        tracker = self.session.sparkContext.statusTracker()
        while time.monotonic() < until:
            stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
            busy = max((stage.numActiveTasks for stage in stages if stage), default=0)
            if busy == 2 and jobs_so_far(self.session) > self.first + self.AFTER_JOBS:
                self.at_work, self.jobs_then = busy, jobs_so_far(self.session)
                self.gone = self.cluster.lose(0)
                return
            time.sleep(0.002)
