"""Targets are read once for many pages: what is kept is no older state, other ledger or other key."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orchestration.bank import SYSTEM
from records.access import Scope
from records.ledger.access_log import Action
from records.ledger.ledger import Ledger
from records.workspace import create
from transforms.proposals import Proposal

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def ledger_at(root):
    return Ledger.of(create(root, name="Bank", base_currency="CNY"), lambda _: None)


def enter(ledger, branch, value, metric="sei_share"):
    proposal = Proposal(branch, metric, "", "2026", Decimal(value), valid_from=AT.date())
    return ledger.targets.enter(SYSTEM, [proposal], by="li", at=AT, submit=True).target_ids


def values(ledger, **narrowed):
    rows = ledger.targets.all(SYSTEM, **narrowed)
    return {row["branch_id"]: row["target_value"] for row in rows.to_dicts()}


@pytest.mark.parametrize("whole_first", [True, False])
def test_targets_of_one_branch_are_the_same_however_they_are_read(tmp_path, whole_first):
    ledger = ledger_at(tmp_path / "bank")
    made = [*enter(ledger, "north", "0.1"), *enter(ledger, "south", "0.2")]
    ledger.targets.approve(SYSTEM, made, by="wang", at=AT)
    enter(ledger, "north", "0.3")
    if whole_first:
        assert ledger.targets.all(SYSTEM).height == 3
    rows = ledger.targets.all(SYSTEM, branch="north", metric="sei_share", period="2026")
    assert rows["target_value"].to_list() == [Decimal("0.1"), Decimal("0.3")]
    assert rows["state"].to_list() == ["approved", "submitted"]
    assert ledger.targets.all(SYSTEM, branch="north", metric="npl_ratio").is_empty()
    own = ledger.targets.all(Scope.of("reader", ["south"]))
    assert own["branch_id"].to_list() == ["south"]


def test_what_is_entered_is_seen_at_once_by_whoever_reads_next(tmp_path):
    ledger = ledger_at(tmp_path / "bank")
    (number,) = enter(ledger, "north", "0.1")
    assert ledger.targets.all(SYSTEM)["state"].to_list() == ["submitted"]
    ledger.targets.approve(SYSTEM, [number], by="wang", at=AT)
    assert ledger.targets.all(SYSTEM)["state"].to_list() == ["approved"]
    enter(ledger, "north", "0.2")
    assert ledger.targets.all(SYSTEM).height == 2


def test_another_ledger_in_the_same_place_with_as_many_rows_is_read_anew(tmp_path):
    one, other = ledger_at(tmp_path / "one"), ledger_at(tmp_path / "other")
    enter(one, "north", "0.1")
    enter(other, "north", "0.9")
    assert values(one) == {"north": Decimal("0.1")}
    (tmp_path / "other" / "ledger.db").replace(tmp_path / "one" / "ledger.db")
    assert values(one) == {"north": Decimal("0.9")}


def test_the_mark_of_targets_changes_with_every_entry_and_decision_and_with_nothing_else(tmp_path):
    ledger = ledger_at(tmp_path / "bank")
    marks = [ledger.targets.mark()]
    (number,) = enter(ledger, "north", "0.1")
    marks.append(ledger.targets.mark())
    ledger.targets.approve(SYSTEM, [number], by="wang", at=AT)
    marks.append(ledger.targets.mark())
    assert len(set(marks)) == 3
    ledger.access_log.record(
        who="li", acting_as=None, action=Action.EXPORT, subject="file", reason="", at=AT
    )
    assert ledger.targets.mark() == marks[-1]
