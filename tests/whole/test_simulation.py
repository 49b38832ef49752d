"""What a change of rules would do: told figure by figure, exactly, and with nothing stored."""

import csv
import io
from decimal import Decimal
from importlib import resources

import polars as pl
import pytest

from tests.whole.commands import contents, here, one_sentence
from tests.whole.grown import HEAD, Grown
from transforms.catalogue.sql import columns_of
from transforms.trace import Side

pytestmark = pytest.mark.whole

RULES = "npl_tolerance_rules"


def packaged(name):
    return resources.files("transforms.reference").joinpath(f"{name}.csv").read_text("utf-8")


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def simulated(grown, *words):
    return here("simulate", "-w", grown.root, "--format", "json", *words).json


def by_key(rows):
    return {(row["metric"], row["reading"], row["branch"]): row for row in rows}


def money(text):
    return None if text is None else Decimal(text)


@pytest.fixture(autouse=True, scope="module")
def untouched(grown):
    """Whatever a simulation computes, the workspace afterwards is what it was, byte for byte."""
    before = contents(grown.root)
    yield
    assert contents(grown.root) == before


def under(grown, **changed):
    """The bank as it would be under other rules; figures taken apart in it need no build."""
    other = Grown(grown.root)
    vars(other)["bank"] = grown.bank.under(**changed)
    return other


def told_as_published(grown, rows):
    """Every figure that would change starts from what is published."""
    for row in rows:
        fact = grown.facts[row["metric"], row["reading"], row["branch"]]
        told = [money(row[f"{name}_before"]) for name in ("numerator", "denominator")]
        assert [money(row["before"]), *told] == [
            fact[name] for name in ("value", "numerator", "denominator")
        ]
        assert row["status_before"] == fact["status"]
        change = None if None in (row["before"], row["after"]) else row["change"]
        if change is not None:
            assert money(change) == money(row["after"]) - money(row["before"])


def resting_on(catalogue, word):
    """Metrics with a flag that names a threshold or column, however deep."""
    named = set()
    for flag in catalogue.flags.values():
        for clause in flag.clauses:
            inside = named & set(columns_of(clause.sql))
            if word in clause.sql or inside:
                named.add(flag.name)
    return {
        metric.metric_id
        for metric in catalogue.metrics.values()
        for reading in metric.readings
        for measure in catalogue.plain_measures(reading)
        if catalogue.measures[measure].where in named
    }


def test_a_changed_threshold_changes_what_rests_on_it_and_nothing_else(grown, tmp_path):
    """Months compared with are computed under it too, so that a growth compares like with like."""
    text = packaged("thresholds")
    changed = text.replace(
        "inclusive_limit,2018-01-01,,10000000,", "inclusive_limit,2018-01-01,,3000000,"
    )
    assert changed != text
    rows = simulated(grown, "--with", written(tmp_path / "thresholds.csv", changed))
    told_as_published(grown, rows)
    found = by_key(rows)
    on_it = resting_on(grown.catalogue, ":inclusive_limit")
    assert {"inclusive_balance", "inclusive_npl_ratio", "inclusive_growth_ytd"} <= on_it
    assert {row["metric"] for row in rows} <= on_it
    other = under(grown, reference={"thresholds": changed})
    for name, reading in (("inclusive_balance", "nfra"), ("inclusive_growth_ytd", "default")):
        metric = grown.catalogue.metrics[name]
        for node in (HEAD, grown.branch):
            listed = other.listed(metric, metric.reading(reading), node, Side.NUMERATOR)
            row = found.get((name, reading, node))
            fact = grown.facts[name, reading, node]
            after = fact["numerator"] if row is None else money(row["numerator_after"])
            assert listed["amount"].sum() == after, (name, node)
    head = found["inclusive_balance", "nfra", HEAD]
    assert money(head["after"]) < money(head["before"])
    published = simulated(
        *(grown, "--with", tmp_path / "thresholds.csv", "--bases-as-published"),
        *("--metric", "inclusive_growth_ytd", "--branch", HEAD),
    )
    (growth,) = published
    base = grown.facts["inclusive_growth_ytd", "default", HEAD]["denominator"]
    assert money(growth["denominator_after"]) == base
    assert growth != found["inclusive_growth_ytd", "default", HEAD]


def test_a_class_more_on_a_list_changes_its_share_by_the_loans_to_that_class(grown, tmp_path):
    metric = grown.catalogue.metrics["two_high_share"]
    reading = metric.reading("two_high")
    corporate = grown.listed(metric, reading, HEAD, Side.DENOMINATOR)
    counted = grown.listed(metric, reading, HEAD, Side.NUMERATOR)["loan_id"]
    code = pl.col("purpose_industry_code").str.replace("^[A-Z]", "")
    free = (
        corporate.filter(~pl.col("loan_id").is_in(counted.implode()))
        .join(grown.book(HEAD).select("loan_id", code=code), on="loan_id")
        .filter(pl.col("code").str.len_chars() == 4)
    )
    sums = free.group_by("code").agg(pl.col("amount").sum()).sort("amount", "code")
    chosen, amount = sums.row(-1)
    line = f"TWO_HIGH_2021,两高,one more,{chosen},class,,a trial,,,2021-05-01,\n"
    path = written(tmp_path / "restricted_industries.csv", packaged("restricted_industries") + line)
    rows = simulated(grown, "--with", path)
    told_as_published(grown, rows)
    assert {(row["metric"], row["reading"]) for row in rows} == {("two_high_share", "two_high")}
    for row in rows:
        inside = grown.book(row["branch"])["loan_id"]
        more = free.filter(pl.col("code") == chosen, pl.col("loan_id").is_in(inside.implode()))
        gained = money(row["numerator_after"]) - money(row["numerator_before"])
        assert gained == more["amount"].sum()
        assert row["denominator_after"] == row["denominator_before"]
    head = by_key(rows)["two_high_share", "two_high", HEAD]
    assert money(head["numerator_after"]) - money(head["numerator_before"]) == amount


def test_a_tolerance_of_one_branch_changes_its_limit_and_that_of_the_branches_below(
    grown, tmp_path
):
    line = f"TOL_OWN,inclusive,{grown.branch},2019-03-01,,one branch,actual_all_loans,1,yes,,a trial,\n"
    path = written(tmp_path / f"{RULES}.csv", packaged(RULES) + line)
    rows = simulated(grown, "--with", path, "--bases-as-published")
    told_as_published(grown, rows)
    assert {(row["metric"], row["reading"]) for row in rows} == {
        ("inclusive_npl_tolerance", "in_force")
    }
    parents = dict(grown.tree.nodes.select("node_id", "parent_id").iter_rows())

    def under_it(node):
        return node == grown.branch or (node is not None and under_it(parents.get(node)))

    assert grown.branch in {row["branch"] for row in rows}
    assert all(under_it(row["branch"]) for row in rows)
    for row in rows:
        assert money(row["after"]) == money(row["before"]) - 2
        assert row["status_after"] == ("within" if money(row["after"]) >= 0 else "exceeded")


def test_rules_as_they_are_change_nothing(grown, tmp_path):
    same = written(tmp_path / f"{RULES}.csv", packaged(RULES))
    words = ("--with", same, "--bases-as-published")
    assert simulated(grown, *words) == []
    said = here("simulate", "-w", grown.root, *words)
    assert said.code == 0, said.err
    assert "0 figures would change" in said.out
    assert "Nothing was stored." in said.out


NEW = """\
flags:
  is_big_ticket:
    label: {en: Big-ticket loan, zh: 大额贷款}
    source: {document: "a trial", verified: false, own: true}
    all:
      - {sql: "is_loan", label: {en: is a loan in scope, zh: 纳入统计的贷款}}
      - {sql: "balance >= 20000000", label: {en: 20 million or more is owed, zh: 余额不低于2000万元}}
measures:
  big_ticket_balance: {sum: balance, where: is_big_ticket}
metrics:
  big_ticket_share:
    label: {en: Big-ticket share, zh: 大额贷款占比}
    kind: ratio
    numerator: big_ticket_balance
    denominator: loan_balance
    unit: ratio
    better: lower
    source: {document: "a trial", verified: false, own: true}
    valid_from: 2020-01-01
    version: 1
"""


def test_a_new_metric_is_tried_before_it_is_published(grown, tmp_path):
    path = written(tmp_path / "trial.yaml", NEW)
    rows = simulated(grown, "--with", path, "--bases-as-published")
    assert {row["metric"] for row in rows} == {"big_ticket_share"}
    assert {row["before"] for row in rows} == {None}
    balance = grown.catalogue.metrics["loan_balance"]
    for node in (HEAD, grown.branch):
        row = by_key(rows)["big_ticket_share", "default", node]
        listed = grown.listed(balance, balance.reading("default"), node, Side.NUMERATOR)
        big = listed.filter(pl.col("amount") >= 20_000_000)["amount"].sum()
        assert money(row["numerator_after"]) == big > 0
        assert money(row["denominator_after"]) == listed["amount"].sum()
    words = ("simulate", "-w", grown.root, "--with", path, "--bases-as-published")
    said = here(*words, "--format", "csv", "--branch", HEAD)
    (told,) = csv.DictReader(io.StringIO(said.out))
    assert told == {
        name: "" if value is None else str(value)
        for name, value in by_key(rows)["big_ticket_share", "default", HEAD].items()
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("trial.yaml", NEW.replace("kind: ratio", "kind: ratoi"), "trial.yaml line 13"),
        ("trial.yaml", NEW.replace('sql: "is_loan"', 'sql: "is_lone"'), "trial.yaml line 2"),
        ("trial.yaml", NEW.replace("big_ticket_balance\n", "big_tikket\n"), "trial.yaml line 11"),
        ("trial.yaml", NEW.replace("metrics:", "metrics: ["), "trial.yaml"),
        (f"{RULES}.csv", "rule_id,family\nTOL,inclusive\n", RULES),
        ("threshold.csv", "name,value\n", "Did you mean thresholds?"),
        ("notes.txt", "a letter", "neither a reference table (.csv) nor definitions (.yaml)"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_one_sentence(grown, tmp_path, name, text, said):
    path = written(tmp_path / name, text)
    refused = here("simulate", "-w", grown.root, "--with", path)
    assert refused.code == 1
    assert said in one_sentence(refused)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--with", "nowhere.yaml"), "cannot be read"),
        (("--metric", "sei_shar"), "Did you mean sei_share"),
        (("--as-of", "2025-06-30"), "2025-06-30 is not delivered"),
    ],
)
def test_what_is_not_there_is_refused_in_one_sentence(grown, tmp_path, words, said):
    path = written(tmp_path / "thresholds.csv", packaged("thresholds"))
    with_ = () if "--with" in words else ("--with", path)
    words = (*with_, *words, "--bases-as-published")
    assert said in one_sentence(here("simulate", "-w", grown.root, *words))
