"""Readings of one metric side by side: the published figures, and exactly the loans that tell them apart."""

import csv
import io
from decimal import Decimal

import pytest

from tests.whole.commands import here, one_sentence
from tests.whole.grown import HEAD
from transforms.trace import Side

pytestmark = pytest.mark.whole

FORKS = (
    ("sei_share", ("confirmed", "broad"), HEAD),
    ("sei_share", ("strict", "all_loans"), "branch"),
    ("private_share", ("enterprises", "wide"), HEAD),
    ("green_balance", ("pboc", "nfra"), HEAD),
    ("first_time_clients_ytd", ("regulator", "new_to_bank"), HEAD),
    ("inclusive_npl_tolerance", ("rule_2019", "rule_2015"), HEAD),
)


def forked(grown, metric, readings, node):
    branch = grown.branch if node == "branch" else node
    words = [word for name in readings for word in ("--reading", name)]
    said = here("fork", metric, "-w", grown.root, "--branch", branch, *words, "--format", "json")
    return branch, said.json


@pytest.mark.parametrize(("metric", "readings", "node"), FORKS)
def test_the_loans_listed_are_exactly_those_in_one_and_not_the_other(grown, metric, readings, node):
    """And their amounts add up to the difference of the numerators, and of the denominators."""
    branch, said = forked(grown, metric, readings, node)
    told = said["loans"]
    for name, figure in zip(readings, said["figures"], strict=True):
        fact = grown.facts[metric, name, branch]
        assert (figure["reading"], figure["reason"]) == (name, fact["reason"])
        for part in ("numerator", "denominator", "value"):
            given = figure[part]
            assert (None if given is None else Decimal(given)) == fact[part], (name, part)
    chosen = grown.catalogue.metrics[metric]
    apart = 0
    for side in (Side.NUMERATOR, Side.DENOMINATOR):
        facts = [grown.facts[metric, name, branch][side.value] for name in readings]
        if facts[0] is None:
            continue
        one, other = (
            dict(
                grown.listed(chosen, chosen.reading(name), branch, side)
                .select("loan_id", "amount")
                .iter_rows()
            )
            for name in readings
        )
        here_only, there_only = set(one) - set(other), set(other) - set(one)
        own = [row for row in told if row["side"] == side]
        assert {row["loan_id"] for row in own if row["in"] == readings[0]} == here_only
        assert {row["loan_id"] for row in own if row["in"] == readings[1]} == there_only
        assert len(own) == len(here_only | there_only)
        for row in own:
            assert {row["in"], row["not_in"]} == set(readings)
            assert row["rule"] in grown.catalogue.flags
            assert row["because"].startswith("not so: ")
        signed = sum(
            Decimal(row["amount"]) * (1 if row["in"] == readings[0] else -1) for row in own
        )
        assert signed == facts[0] - facts[1]
        apart += len(own)
    assert apart, "the readings are the same here: nothing was compared"


def test_a_terminal_shows_the_published_figure_under_each_reading(grown):
    said = here("fork", "sei_share", "-w", grown.root)
    assert (said.code, said.err) == (0, "")
    for name in ("strict", "confirmed", "broad", "all_loans"):
        fact = grown.facts["sei_share", name, HEAD]
        (line,) = [row for row in said.out.splitlines() if row.split()[:1] == [name]][:1]
        shown = [Decimal(word) for word in line.split()[1:4]]
        assert shown == [fact["numerator"], fact["denominator"], fact["value"]]


def in_order(row):
    """The largest first, and then so that the same question gets the same answer."""
    keys = ("loan_id", "in", "not_in", "side")
    return (-abs(Decimal(row["amount"])), *(row[name] for name in keys))


TOLD_BELOW = ("sei_share", "industry_hhi")


def test_metrics_with_several_readings_can_be_forked_in_csv_as_in_json(grown):
    """Every second one. Readings that differ by what is done with the loans, not by loans, say so."""
    several = [m for m in grown.catalogue.metrics.values() if len(m.readings) > 1]
    assert len(several) >= 12
    same = set()
    for metric in (*several[::2], *(one for one in several[1::2] if one.metric_id in TOLD_BELOW)):
        words = ("fork", metric.metric_id, "-w", grown.root, "--format")
        told = here(*words, "json").json
        assert [row["reading"] for row in told["figures"]] == [
            metric.default_reading,
            *(one.name for one in metric.readings if one.name != metric.default_reading),
        ]
        if not told["loans"]:
            same.add(metric.metric_id)
        if metric.metric_id == "sei_share":
            assert told["loans"] == sorted(told["loans"], key=in_order)
            rows = list(csv.DictReader(io.StringIO(here(*words, "csv").out)))
            assert rows == [
                {name: "" if value is None else str(value) for name, value in row.items()}
                for row in told["loans"]
            ]
    assert same == {"industry_hhi"}
    said = here("fork", "industry_hhi", "-w", grown.root)
    assert "they differ by a rule, not by loans." in said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("npl_ratio",), "npl_ratio has one reading only."),
        (("sei_share", "--reading", "brod"), "Did you mean broad?"),
        (("sei_shar",), "Did you mean sei_share"),
        (("sei_share", "--branch", "B9999"), "No branch 'B9999'."),
    ],
)
def test_what_cannot_be_forked_is_refused_in_one_sentence(grown, words, said):
    assert said in one_sentence(here("fork", *words, "-w", grown.root))
