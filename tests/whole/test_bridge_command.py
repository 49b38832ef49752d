"""`bridge` as a user runs it: it begins and ends at what `kpis` says, and what it prints adds up."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from orchestration.questions.bridge_asked import Asked
from orchestration.questions.bridging import Bridge
from records.access import Scope
from tests.whole import books
from tests.whole.commands import built, here, ingest, kpis, one_sentence, write_csv
from tests.whole.grown import LAST
from transforms.errors import AccessError

pytestmark = pytest.mark.whole

YEAR_END = "2025-12-31"


def bridge(root, metric, *words):
    return here("bridge", "-w", root, "--metric", metric, "--format", "json", *words).json


def parts(told):
    return {part["cause"]: Decimal(part["amount"]) for part in told["parts"]}


@pytest.fixture(scope="module")
def restated(two_months, tmp_path_factory):
    """September restated from 900,000 to 800,000; October with events and an override of L1's purpose."""
    folder = tmp_path_factory.mktemp("bridge")
    root = two_months.copy(folder / "bank")
    less = [{**books.september()[0], "outstanding_principal": "800000.00"}]
    september = write_csv(folder / "loan_snapshot_2026-09.csv", less)
    ingest(root, september, "--reason", "a repayment was late")
    events = [
        {"event_id": number, "loan_id": loan, "borrower_id": client, "branch_id": "north"}
        | {"event_date": "2026-10-15", "event_type": kind, "amount": amount}
        for number, loan, client, kind, amount in (
            ("V1", "L1", "C1", "drawdown", "100000.00"),
            ("V2", "L2", "C2", "drawdown", "500000.50"),
        )
    ]
    given = {
        "override_id": "O-1",
        "table_name": "loan_snapshot",
        "row_key": "L1",
        "column_name": "purpose_industry_code",
        "value_before": "2541",
        "value": "5111",
        "reason": "by the contract",
        "valid_from": "2026-10-01",
        "valid_to": "2026-10-31",
        "requested_by": "li",
        "approved_by": "wang",
        "approved_on": "2026-10-20",
    }
    write_csv(root / "overrides.csv", [given])
    ingest(root, write_csv(folder / "loan_event.csv", events), "--as-of", books.OCTOBER)
    built(root)
    return root


def test_the_parts_of_a_total_by_hand(restated):
    """800,000.00 and 2,100,050.00: L1 rose by 200,000, of which events tell 100,000; L2 was drawn, and of
    L3, L4, L5 and L9 (600,049.50 together) no event tells."""
    told = bridge(restated, "loan_balance", "--from", books.SEPTEMBER, "--to", books.OCTOBER)
    assert (told["start"], told["end"], told["change"]) == ("800000", "2100050", "1300050")
    assert parts(told) == {
        "new_lending": Decimal("500000.50"),
        "further_drawdown": 100000,
        "new_without_event": Decimal("600049.50"),
        "balance_without_event": 100000,
    }


def test_as_first_reported_the_restatement_is_the_first_part(restated):
    asked = ("--from", books.SEPTEMBER, "--to", books.OCTOBER, "--known", "reported")
    told = bridge(restated, "loan_balance", *asked)
    assert told["start"] == "900000"
    assert told["parts"][0]["cause"] == "restatement"
    assert parts(told)["restatement"] == -100000
    assert sum(parts(told).values()) == Decimal(told["change"]) == 1200050
    assert "version 2" in told["notes"][-1]["en"]


def test_an_override_is_told_apart_and_on_the_old_book(restated):
    """Overridden in October, L1 is of grain: its 800,000 leave the portfolio before it draws anything."""
    told = bridge(restated, "sei_balance", "--from", books.SEPTEMBER, "--to", books.OCTOBER)
    assert parts(told) == {"override": -800000, "new_lending": Decimal("500000.50")}


def test_what_was_reported_from_other_tables_is_refused(restated):
    """October was first published without the override: its loans are not kept as they were then."""
    said = here(
        *("bridge", "-w", restated, "--metric", "sei_balance", "--known", "reported"),
        *("--from", books.SEPTEMBER, "--to", books.OCTOBER),
    )
    assert "--known now" in one_sentence(said)


@pytest.mark.parametrize("metric", ["sei_share", "npl_ratio", "lpr_spread", "inclusive_npl_gap"])
def test_a_bridge_begins_and_ends_at_the_published_figures(grown, metric):
    for node in ("HO", grown.branch):
        told = bridge(grown.root, metric, "--from", YEAR_END, "--branch", node)
        assert told["to"] == LAST.isoformat()
        for side, day in (("start", YEAR_END), ("end", LAST.isoformat())):
            asked = ("--metric", metric, "--branch", node, "--as-of", day)
            rows = [r for r in kpis(grown.root, *asked) if r["reading"] == told["reading"]]
            assert [told[side]] == [row["value"] for row in rows]
        assert sum(parts(told).values()) == Decimal(told["change"])
        assert Decimal(told["end"]) - Decimal(told["start"]) == Decimal(told["change"])
        pair = ("minuend_effect", "subtrahend_effect")
        pair = pair if pair[0] in told["parts"][0] else ("numerator_effect", "denominator_effect")
        for part in told["parts"]:
            assert sum(Decimal(part[side]) for side in pair) == Decimal(part["amount"])


def test_loan_shares_add_up_to_the_change_and_to_the_sums(grown):
    asked = ("--from", YEAR_END, "--branch", "HO")
    told = bridge(grown.root, "npl_ratio", *asked)
    said = here(
        *("bridge", "-w", grown.root, "--metric", "npl_ratio", *asked),
        *("--by", "loan", "--format", "csv"),
    )
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert len({row["loan_id"] for row in rows}) == len(rows) > 100
    change = sum(Decimal(row["amount"]) for row in rows)
    assert abs(change - Decimal(told["change"])) < Decimal("0.00000000001")
    for side in ("numerator", "denominator"):
        assert sum(Decimal(row[side]) for row in rows) == sum(
            Decimal(part[side]) for part in told["parts"]
        )


def test_branches_add_up_by_weight_and_by_their_loans(grown):
    asked = ("--from", YEAR_END, "--branch", "HO", "--by", "branch")
    for metric in ("sei_share", "inclusive_npl_gap", "loan_balance"):
        told = bridge(grown.root, metric, *asked)
        rows = told["branches"]
        assert len(rows) > 3
        for name in ("amount", "effect_of_own_loans"):
            assert sum(Decimal(row[name]) for row in rows) == Decimal(told["change"])
        for row in rows:
            assert Decimal(row["within"]) + Decimal(row["mix"]) == Decimal(row["amount"])


def test_the_banks_side_of_a_gap_is_a_row_that_says_so(grown):
    words = (
        "--metric",
        "inclusive_npl_gap",
        "--branch",
        "R3",
        "--from",
        YEAR_END,
        "--by",
        "branch",
    )
    rows = here("bridge", "-w", grown.root, *words, "--format", "json").json["branches"]
    assert [row["branch"] for row in rows if row["side_of_the_bank"]] == ["HO"]
    page = " ".join(here("bridge", "-w", grown.root, *words).out.split())
    assert "the whole bank's side of the gap" in page


def test_a_table_for_people_adds_up_as_printed(grown):
    said = here("bridge", "-w", grown.root, "--metric", "sei_share", "--from", YEAR_END)
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    effects = [
        Decimal(words[words.index("pp") - 1])
        for words in (line.split() for line in lines)
        if "pp" in words and len(words) > 6 and "changed" not in words
    ]
    ends = [Decimal(line.split()[1]) for line in lines if " % " in line]
    assert len(ends) == 2
    assert len(effects) > 3
    assert ends[0] + sum(effects) == ends[1]


def test_the_order_of_causes_is_printed_without_a_bank():
    rows = here("bridge", "--explain-order", "--format", "json").json
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0]["cause"] == "restatement"
    assert all(row["measures"] and row["measures_zh"] for row in rows)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--metric", "loan_growth_yoy"), "Bridge loan_balance instead"),
        (("--metric", "sei_shar"), "sei_share"),
        (("--metric", "sei_share", "--reading", "strickt"), "strict"),
        (("--metric", "sei_share", "--branch", "nowhere"), "branchmark kpis"),
        (("--metric", "sei_share", "--from", LAST.isoformat()), "earlier month end"),
        (("--metric", "sei_share", "--from", "2025-11-30"), "2025-11-30"),
        (("--metric", "loan_clients", "--from", YEAR_END, "--by", "branch"), "counts clients"),
        (("--metric", "loan_clients", "--from", YEAR_END, "--by", "loan"), "counts clients"),
        (("--metric", "sei_share", "--cause", "write_off"), "--by loan"),
        ((), "--metric"),
        (
            ("--metric", "sei_share", "--to", "2024-12-31"),
            "2023-12-31 is not published. Give --from",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(grown, words, told):
    assert told in one_sentence(here("bridge", "-w", grown.root, *words))


def test_a_branch_sees_its_own_bridge_and_no_other(grown):
    """The bank's side of a gap is made from loans that a branch may not list."""
    scope = Scope.of("a branch", [grown.branch])
    start = date.fromisoformat(YEAR_END)
    own = Bridge.of(grown.bank, scope, Asked("inclusive_npl_gap", start, LAST, grown.branch))
    assert sum(one.amount for one in own.printed()) == own.change
    with pytest.raises(AccessError):
        own.by_loan()
    with pytest.raises(AccessError):
        Bridge.of(grown.bank, scope, Asked("sei_share", start, LAST, "HO"))
    loans = Bridge.of(grown.bank, scope, Asked("sei_share", start, LAST, grown.branch)).by_loan()
    assert loans.collect().height > 10
