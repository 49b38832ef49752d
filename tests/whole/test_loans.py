"""The loans behind a figure: for every metric they add up to it, exactly, and each has its rule."""

import csv
import io
from decimal import Decimal

import polars as pl
import pytest

from tests.whole.commands import here, kpis, one_sentence
from tests.whole.grown import HEAD, LAST
from transforms.catalogue.model import Aggregation, Entity, Kind
from transforms.errors import BranchmarkError
from transforms.trace import Side

pytestmark = pytest.mark.whole

BOTH = (Side.NUMERATOR, Side.DENOMINATOR)


@pytest.fixture(scope="module", params=["head office", "tier-1 branch"])
def node(grown, request):
    return HEAD if request.param == "head office" else grown.branch


def given(grown, node, *, gaps=False):
    """Every figure of a node that has a value, with what is published of it."""
    for metric, reading in grown.readings():
        fact = grown.facts[metric.metric_id, reading.name, node]
        if fact["value"] is not None and (metric.kind is Kind.GAP) is gaps:
            yield metric, reading, fact


def is_listable(grown, metric, reading, side):
    """Whether a side of a figure is made of rows."""
    measure = getattr(reading, side.value)
    if metric.kind is Kind.INDEX:
        return side is Side.DENOMINATOR
    if side is Side.NUMERATOR:
        return True
    if metric.kind in {Kind.INCREMENT, Kind.GROWTH, Kind.INCREMENT_DIFFERENCE}:
        return True
    held = grown.catalogue.measures.get(measure or "")
    return held is not None and held.aggregation is not Aggregation.REPORTED


def test_the_bank_gives_nearly_every_metric(grown):
    """What is tried below is nearly everything: at the head office few figures have no value."""
    readings = len(grown.readings())
    assert readings >= 134
    tried = [*given(grown, HEAD), *given(grown, HEAD, gaps=True)]
    assert len(tried) >= readings - 5
    assert len(list(given(grown, grown.branch))) >= 100


def test_the_amounts_listed_add_up_to_every_figure_and_name_a_flag(grown, node):
    """Of the bank every figure; of a branch, whose lists are made the same way, every second one."""
    told = [
        (metric.metric_id, reading.name, side, rows["amount"].sum(), fact[side.value])
        for metric, reading, fact in list(given(grown, node))[:: 1 if node == HEAD else 2]
        for side in BOTH
        if is_listable(grown, metric, reading, side)
        for rows in [grown.listed(metric, reading, node, side)]
        if rows["amount"].sum() != fact[side.value] or not set(rows["rule"]) <= flags(grown)
    ]
    assert told == []


def flags(grown):
    return set(grown.catalogue.flags)


def test_a_side_without_loans_is_refused_in_one_sentence(grown, node):
    refused = 0
    for metric, reading, _ in given(grown, node):
        for side in BOTH:
            if is_listable(grown, metric, reading, side):
                continue
            with pytest.raises(BranchmarkError) as refusal:
                grown.listed(metric, reading, node, side)
            assert f"{metric.metric_id} has no loans in its {side}." in str(refusal.value)
            other = Side.DENOMINATOR if side is Side.NUMERATOR else Side.NUMERATOR
            assert other in str(refusal.value), metric.metric_id
            refused += 1
    assert refused > 20


def test_the_loans_of_a_gap_add_up_to_both_of_its_metrics(grown, node):
    """A gap subtracts one value from another; of some the second is the whole bank's."""
    compared = 0
    for metric, reading, _ in given(grown, node, gaps=True):
        for side in BOTH:
            rows = grown.listed(metric, reading, node, side)
            sums = dict(rows.group_by("metric_id").agg(pl.col("amount").sum()).iter_rows())
            for pair, at in (
                (reading.minuend, node),
                (reading.subtrahend, HEAD if metric.of_root else node),
            ):
                fact = grown.facts[*pair, at]
                key = (metric.metric_id, pair, at, side)
                assert sums.get(pair[0], 0) == fact[side.value], key
                compared += 1
    assert compared >= 6


def test_a_client_is_counted_with_the_first_of_its_loans(grown):
    """Not with any of them: the same question twice gets the same answer, byte for byte."""
    metric = grown.catalogue.metrics["loan_clients"]
    rows = grown.listed(metric, metric.reading("default"), HEAD, Side.NUMERATOR)
    first = rows.group_by("borrower_id").agg(pl.col("loan_id").min())
    several = rows.height - first.height
    assert several > 50, "hardly a client has two loans: nothing was tried"
    counted = rows.filter(pl.col("amount") == 1)
    assert sorted(counted["loan_id"]) == sorted(first["loan_id"])


def test_what_is_left_out_and_what_counts_are_the_whole_book_of_the_node(grown, node):
    """Every loan of the book stands in one of the two lists, and with a rule.

    Of the bank every figure; of a branch, whose lists are made the same way, every second one.
    """
    compared, lost = 0, []
    for metric, reading, _ in list(given(grown, node))[:: 1 if node == HEAD else 2]:
        figure = grown.figure(metric, reading, node)
        out = pl.concat(figure.rows(Side.EXCLUDED)).collect()
        assert set(out["side"]) <= {"excluded"}
        assert set(out["rule"]) <= flags(grown), metric.metric_id
        assert out["because"].str.len_chars().min() != 0, metric.metric_id
        assert out["because"].null_count() == 0, metric.metric_id
        assert out["as_of_date"].max() in {None, LAST}, metric.metric_id
        tops = [part for part in figure.parts if part.side is Side.NUMERATOR]
        if not tops or grown.catalogue.entity_of(grown.catalogue.measures[tops[0].measure]) is not (
            Entity.LOAN
        ):
            continue
        counted = grown.listed(metric, reading, node, Side.NUMERATOR).filter(
            pl.col("measure") == tops[0].measure, pl.col("as_of_date") == tops[0].as_of
        )
        # A sum over months lists what it leaves out of each of them.
        then = out.filter(pl.col("as_of_date") == tops[0].as_of)
        both = [*counted["loan_id"], *then["loan_id"]]
        if sorted(both) != sorted(grown.book(node, tops[0].as_of)["loan_id"]):
            lost.append((metric.metric_id, reading.name, len(both)))
        compared += 1
    assert lost == []
    assert compared >= (70 if node == HEAD else 35)


def test_the_loans_of_a_member_add_up_to_the_figure_of_the_member(grown, node):
    """Of each slice the largest member: every third metric of the bank, every other third of the branch.

    Of the bank the smallest member as well.
    """
    wrong, compared = [], 0
    for metric, reading, _ in list(given(grown, node))[int(node != HEAD) :: 3]:
        for cut in metric.cuts:
            facts = sorted(
                grown.members[metric.metric_id, reading.name, node, cut],
                key=lambda fact: (fact["numerator"], fact["member"]),
            )
            ends = (*facts[:1], *facts[-1:]) if node == HEAD else facts[-1:]
            for fact in {fact["member"]: fact for fact in ends}.values():
                for side in BOTH:
                    if is_listable(grown, metric, reading, side):
                        place = (cut, fact["member"])
                        rows = grown.listed(metric, reading, node, side, place)
                        compared += 1
                        if rows["amount"].sum() != fact[side.value]:
                            wrong.append((metric.metric_id, reading.name, place, side))
    assert wrong == []
    assert compared >= (100 if node == HEAD else 40)


# Through the command line

FIVE = (
    ("loan_balance", "without_bills", "numerator"),
    ("sei_share", "strict", "denominator"),
    ("loan_growth_yoy", "default", "numerator"),
    ("loan_rate", "default", "numerator"),
    ("first_time_clients_ytd", "regulator", "numerator"),
)


@pytest.mark.parametrize(("metric", "reading", "side"), FIVE)
def test_the_command_lists_what_adds_up_in_json_and_csv_alike(grown, metric, reading, side):
    branch = ("--branch", grown.branch, "--metric", metric, "--reading", reading)
    words = ("loans", "-w", grown.root, *branch, "--side", side)
    listed = here(*words, "--format", "json").json
    assert listed
    for row in listed:
        assert row["side"] == side
        assert {"loan_id", "side", "amount", "rule"} <= set(row)
        assert row["rule"] in grown.catalogue.flags
        assert row["because"]
    (published,) = kpis(grown.root, *branch)
    assert published["as_of_date"] == LAST.isoformat()
    assert sum(Decimal(row["amount"]) for row in listed) == Decimal(published[side])
    said = here(*words, "--format", "csv")
    assert (said.code, said.err) == (0, "")
    assert list(csv.DictReader(io.StringIO(said.out))) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in listed
    ]


def test_the_command_lists_a_member_and_what_is_left_out(grown):
    words = ("loans", "-w", grown.root, "--metric", "sei_balance", "--format", "json")
    facts = kpis(
        *(grown.root, "--metric", "sei_balance", "--reading", "confirmed"),
        *("--branch", HEAD, "--slice", "region"),
    )
    place = max(facts, key=lambda row: Decimal(row["value"]))
    listed = here(*words, "--slice", "region", "--member", place["member"]).json
    assert sum(Decimal(row["amount"]) for row in listed) == Decimal(place["value"])
    inside = {row["loan_id"] for row in here(*words).json}
    outside = here(*words, "--side", "excluded").json
    assert {row["loan_id"] for row in outside} == set(grown.book(HEAD)["loan_id"]) - inside
    assert {row["rule"] for row in outside} <= flags(grown)
    assert all(row["because"].startswith("not so: ") for row in outside)


def test_a_terminal_is_told_the_sum_beside_the_published_one(grown):
    fact = grown.facts["npl_ratio", "default", HEAD]
    for side in BOTH:
        words = ("--metric", "npl_ratio", "--side", side)
        said = here("loans", "-w", grown.root, *words)
        assert said.code == 0, said.err
        amount = f"{fact[side.value]:,.2f}"
        assert f"they add up to {amount}." in said.out
        assert f"The published {side} is {amount}." in said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metric", "large_exposure_single", "--side", "denominator"), "List its numerator."),
        (("--metric", "industry_hhi"), "list that side."),
        (("--metric", "loan_average_balance", "--side", "denominator"), "List its numerator."),
        (("--metric", "loan_balance", "--slice", "sei_field", "--member", "1"), "can be cut by"),
        (("--metric", "loan_balance", "--slice", "region"), "together"),
        (("--metric", "sei_shar"), "Did you mean sei_share"),
        (("--metric", "sei_share", "--reading", "brod"), "Did you mean broad?"),
        (("--metric", "sei_share", "--branch", "B9999"), "No branch 'B9999'."),
        (("--metric", "sei_share", "--as-of", "2025-06-30"), "2025-06-30 is not published"),
    ],
)
def test_what_cannot_be_listed_is_refused_in_one_sentence(grown, words, said):
    assert said in one_sentence(here("loans", "-w", grown.root, *words))


def test_every_figure_can_be_asked_what_it_leaves_out(grown):
    """Drawdowns of the year are no loans of the book; what is left out of them is told all the same."""
    for metric in (
        "loan_disbursed_ytd",
        "write_offs_ytd",
        "first_time_clients",
        "tech_access_rate",
    ):
        words = ("--metric", metric, "--side", "excluded", "--format", "json")
        rows = here("loans", "-w", grown.root, *words).json
        assert {row["rule"] for row in rows} <= flags(grown), metric
