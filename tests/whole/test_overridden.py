"""Overrides through the command line: approved, put in place, told wherever they show, and gone in time.

A bank with overrides beside a bank whose files were edited by hand: their figures are the same.
"""

from decimal import Decimal

import polars as pl
import pytest

from orchestration import overriding
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from records.access import Scope
from tests.whole import books
from tests.whole.commands import (
    built,
    figures,
    here,
    ingest,
    kpis,
    made,
    one_sentence,
    write_csv,
)
from transforms.periods import parse_month_end

pytestmark = pytest.mark.whole

NOVEMBER = "2026-11-30"
CONFIRMED = ("sei_balance", "confirmed", "HO")


def override(number, key, column, value, **said):
    """An override of a loan in October and November, but for what is said."""
    ordinary = {
        "override_id": number,
        "table_name": "loan_snapshot",
        "row_key": key,
        "column_name": column,
        "value_before": "",
        "value": value,
        "reason": "by the contract",
        "valid_from": "2026-10-01",
        "valid_to": "2026-11-30",
        "requested_by": "li",
        "approved_by": "wang",
        "approved_on": "2026-10-20",
    }
    return {**ordinary, **said}


GOOD = [
    override("O-1", "L3", "sei_tag", "4", value_before="(empty)", valid_to="2026-10-31"),
    override("O-2", "C3", "enterprise_size", "CS03", table_name="borrower_snapshot"),
]
ODD = [
    override("O-3", "L1", "sei_tag", "1", approved_by="LI"),  # approved by who asked for it
    override("O-4", "L2", "outstanding_principal", "1"),
    override("O-5", "L2", "sei_tag", "5", valid_from="2026-09-01", valid_to="2026-09-30"),
    override("O-6", "L99", "sei_tag", "5"),
    override("O-7", "L2", "sei_tag", "5", value_before="9"),
    override("O-8", "L5", "sei_tag", "5"),
    override("O-9", "L5", "sei_tag", "6"),
    override("O-10", "L1", "sei_tag", "1", valid_from="2027-01-01", valid_to="2027-12-31"),
]


def by_hand():
    """October as it would be had the source been mended: the tag of L3, the size of L4's client."""
    rows = books.october()
    rows[2]["sei_tag"] = "4"
    rows[3]["enterprise_size"] = "CS03"
    return rows


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overrides")
    root = made(folder / "bank")
    files = books.written(folder / "files")
    tree = (files["branch"], files["branch_hierarchy"])
    # The workspace's own file goes along, as the targets do.
    write_csv(root / "overrides.csv", [*GOOD, *ODD])
    story = {"root": root}
    story["october"] = ingest(root, files["october"], *tree, "--as-of", books.OCTOBER)
    story["first"] = built(root)
    story["figures"] = kpis(root)
    story["explained"] = here("explain", "-w", root, "L3", "--metric", "sei_share")
    story["explained as json"] = here("explain", "-w", root, "L4", "--format", "json").json

    november = [
        books.loan("L2", "C2", "north", "1.00", as_of=NOVEMBER, purpose_industry_code="0519"),
        books.loan("L3", "C2", "south", "2.00", as_of=NOVEMBER, purpose_industry_code="0519"),
    ]
    path = write_csv(folder / "november" / "loan_snapshot.csv", november)
    story["november"] = ingest(root, path, "--as-of", NOVEMBER)
    story["second"] = built(root)
    story["findings"] = {day: findings(root, day) for day in (books.OCTOBER, NOVEMBER)}

    path = write_csv(folder / "later" / "overrides.csv", [GOOD[1]])
    words = (path, "--table", "override", "--as-of", books.OCTOBER, "--reason", "O-1 withdrawn")
    story["withdrawn"] = ingest(root, *words)
    story["third"] = built(root, "--as-of", books.OCTOBER)
    story["stale"] = {
        row["as_of_date"]: row["state"]
        for row in here("versions", "-w", root, "--format", "json").json
    }

    other = made(folder / "other")
    edited = write_csv(folder / "edited" / "loan_snapshot.csv", by_hand())
    ingest(other, edited, *tree, "--as-of", books.OCTOBER)
    built(other)
    story["figures of the edited file"] = kpis(other)
    return story


def states(root, *words):
    rows = here("overrides", "-w", root, "--format", "json", *words).json
    return {row["override"]: row["state"] for row in rows}


def findings(root, day):
    rows = Bank.at(root).published.findings(SYSTEM, as_of=parse_month_end(day), version=1)
    of_overrides = rows.filter(pl.col("table") == "override").collect()
    return {row["rule_id"]: row["example_keys"] for row in of_overrides.to_dicts()}


def test_the_figures_are_those_of_the_file_edited_by_hand(told):
    assert told["figures"] == told["figures of the edited file"]
    balance = next(
        row["value"]
        for row in told["figures"]
        if (row["metric"], row["reading"], row["branch"]) == CONFIRMED
    )
    # L1 as a whole, L2 as tagged, and L3 by its override.
    assert Decimal(balance) == Decimal("1000000.00") + Decimal("500000.50") + Decimal("300000.25")


def test_what_is_not_approved_or_not_to_be_overridden_is_set_aside_at_intake(told):
    (table,) = (one for one in told["october"]["tables"] if one["table"] == "override")
    assert (table["delivered_rows"], table["rejected_rows"]) == (10, 2)
    rejected = Bank.at(told["root"]).deliveries.rejected(
        SYSTEM, parse_month_end(books.OCTOBER), version=1
    )
    ids = {tuple(row["rule_ids"]) for row in rejected.to_dicts() if row["table"] == "override"}
    assert ids == {("E2402",), ("E2404",)}


def test_each_override_says_what_became_of_it(told):
    # November takes October's table along; its own version 1 is what was delivered until then.
    month = MonthAtWork(Bank.at(told["root"]), parse_month_end(books.OCTOBER), 1)
    found = dict(month.override_states.select("override_id", "state").rows())
    assert found == {
        "O-1": "applied",
        "O-2": "applied",
        "O-5": "expired",
        "O-6": "not found",
        "O-7": "stale",
        "O-8": "contested",
        "O-9": "contested",
        "O-10": "not in force yet",
    }


def test_an_override_says_how_many_loans_it_moves(told):
    rows = here("overrides", "-w", told["root"], "--as-of", books.OCTOBER, "--format", "json").json
    assert [(row["override"], row["loans"], row["balance"]) for row in rows] == [
        ("O-2", 1, "200000.00")
    ]
    assert rows[0]["delivered"] == "CS04"
    assert rows[0]["days_left"] == 30
    assert states(told["root"], "--as-of", books.OCTOBER, "--expiring", "29") == {}
    assert states(told["root"], "--as-of", books.OCTOBER, "--expiring", "30") == {"O-2": "applied"}


def test_a_branch_is_told_the_overrides_of_its_own_loans_alone(told):
    month = MonthAtWork(Bank.at(told["root"]), parse_month_end(books.OCTOBER), 1)
    seen = {
        branch: set(overriding.told(month, Scope.of(branch, [branch]))["override_id"])
        for branch in ("north", "south")
    }
    # L1 and L2 are booked in the north; L3, L4 (of C3) and L5 in the south; L99 nowhere.
    assert seen == {"north": {"O-5", "O-7", "O-10"}, "south": {"O-1", "O-2", "O-8", "O-9"}}


def test_findings_tell_which_were_not_applied_also_in_a_month_that_carries_them(told):
    rules = {"W2406": ["O-6"], "E2407": ["O-7"], "E2408": ["O-8", "O-9"]}
    found = told["findings"]
    assert {rule: found[books.OCTOBER].get(rule) for rule in rules} == rules
    # November's book has no L5 either: two for one cell are two all the same. It has no C3.
    assert all(one["table"] != "override" for one in told["november"]["tables"])
    expected = {**rules, "W2406": ["O-2", "O-6"]}
    assert {rule: found[NOVEMBER].get(rule) for rule in rules} == expected


def test_explain_says_what_was_overridden(told):
    said = " ".join(told["explained"].out.split())
    assert "Overridden: sei_tag (empty) → 4 (O-1, approved by wang, until 2026-10-31)." in said
    (text,) = {row["overridden"] for row in told["explained as json"]}
    assert text == "enterprise_size CS04 → CS03 (O-2, approved by wang, until 2026-11-30)"


def test_loans_carry_the_override_that_they_are_read_with(told):
    words = ("--metric", "loan_balance", "--as-of", books.OCTOBER, "-w", told["root"])
    rows = here("loans", *words, "--format", "json").json
    marked = {row["loan_id"]: row["overridden"] for row in rows if row["overridden"]}
    assert marked == {"L4": "enterprise_size CS04 → CS03 (O-2, approved by wang, until 2026-11-30)"}
    assert "Overridden: L4 on 2026-10-31: enterprise_size" in " ".join(
        here("loans", *words).out.split()
    )


def test_an_expired_override_is_not_applied_and_rebuilds_no_older_month(told):
    assert told["second"] == {books.OCTOBER: (1, "unchanged"), NOVEMBER: (1, "built")}
    month = MonthAtWork(Bank.at(told["root"]), parse_month_end(NOVEMBER), 1)
    tags = month.table("loan_snapshot").filter(pl.col("loan_id") == "L3").collect()["sei_tag"]
    assert tags.to_list() == [None]


def test_other_overrides_are_another_version_and_make_the_months_stale(told):
    assert told["withdrawn"]["snapshot_version"] == 2
    assert told["third"] == {books.OCTOBER: (2, "built")}
    assert told["stale"][NOVEMBER] == "current, to be built anew"
    root = told["root"]
    now = figures(root, "--as-of", books.OCTOBER)[CONFIRMED]["value"]
    assert Decimal(now) == Decimal("1500000.50")
    found = here("diff", "-w", root, "--as-of", books.OCTOBER, "--format", "json").json
    assert found["loans"] == []  # what was delivered of the loans is the same
    assert [(row["table"], row["gone"]) for row in found["tables"]] == [("override", 7)]
    assert any(row["metric"] == "sei_balance" for row in found["figures"])


def test_the_delivered_rows_are_kept_as_they_came(told):
    rows = Bank.at(told["root"]).deliveries.table(
        SYSTEM, "loan_snapshot", parse_month_end(books.OCTOBER), 1
    )
    tags = dict(rows.select("loan_id", "sei_tag").collect().rows())
    assert (tags["L2"], tags["L3"]) == ("4", None)


def test_without_overrides_the_command_says_how_to_deliver_some(tmp_path):
    files = books.written(tmp_path / "files")
    root = made(tmp_path / "bank")
    ingest(root, files["october"], "--as-of", books.OCTOBER)
    assert "No overrides were delivered" in one_sentence(here("overrides", "-w", root))
