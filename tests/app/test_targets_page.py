"""Targets and check-ins as people enter them on the pages: drafts, four eyes, words about figures."""

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from records.access import Scope
from records.ledger.ledger import Ledger
from records.workspace import open_workspace
from tests.app.reading import lines, words
from tests.app.small_bank import AS_OF, small_bank
from transforms.proposals import Proposal

WHOLE = Scope.whole_bank("test")
MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """One month of the small bank; head office approved two targets, and a draft of a branch waits."""
    workspace = small_bank(tmp_path_factory.mktemp("targets") / "bank", months=[AS_OF])
    targets = ledger(workspace).targets
    approved = [
        proposal("HO", "sei_share", "0.15", "0.01"),
        proposal("HO", "first_time_clients_ytd", "50"),
        proposal("R1", "first_time_clients_ytd", "20"),
    ]
    made = targets.enter(WHOLE, approved, by="Li", at=MORNING, submit=True)
    targets.approve(WHOLE, made.target_ids, by="Wang", at=MORNING)
    targets.enter(WHOLE, [proposal("B101", "npl_ratio", "0.018")], by="Zhao", at=MORNING)
    return workspace


@pytest.fixture
def bank(drawn, tmp_path):
    """A copy of it to write to."""
    return open_workspace(Path(shutil.copytree(drawn.root, tmp_path / "bank")))


def ledger(workspace):
    return Ledger.of(workspace, {}.get)


def proposal(branch, metric, value, near=None):
    return Proposal(
        branch,
        metric,
        "",
        "2026",
        Decimal(value),
        near and Decimal(near),
        valid_from=MORNING.date(),
    )


def states(workspace, **asked):
    rows = ledger(workspace).targets.all(WHOLE, **asked).to_dicts()
    return [(row["version"], row["state"], row["maker"], row["checker"]) for row in rows]


def button(app, label):
    return next(one for one in app.button if one.label == label)


def field(app, label):
    return next(one for one in app.text_input if one.label == label)


def test_targets_in_force_stand_with_who_made_and_who_approved_them(opened, bank):
    app = opened(bank, "targets")
    assert not app.exception
    assert "2 targets hold on 31 Oct 2026; waiting to be submitted or approved: 1." in words(app)
    rows = lines(app, "In force")
    assert [row[:3] + row[8:] for row in rows] == [
        ["First-time loan clients year to date", "2026", "50", "Li", "Wang"],
        ["Strategic emerging industry loan share", "2026", "15.0%", "Li", "Wang"],
    ]
    assert rows[1][3:5] == ["15.0%", "1.0 pp"]  # as published, and how far short is near


def test_a_target_that_the_published_figures_do_not_know_is_named(opened, bank):
    told = opened(bank, "targets").warning[0].value
    assert told.startswith(
        "1 of these targets are not in the published figures yet: First-time loan"
    )


def test_a_target_is_entered_submitted_and_approved_by_a_second_person(opened, bank):
    app = opened(bank, "targets", branch="B101", section="enter")
    app.selectbox(key="tg_metric").select("sei_share").run()
    field(app, "Target value").input("12.5%")
    field(app, "Still near").input("0.005")
    field(app, "Your name").input("Zhao")
    button(app, "Save").click().run()
    assert not app.exception
    assert app.success[0].value == "Saved as version 1: B101/sei_share/2026."
    asked = {"branch": "B101", "metric": "sei_share"}
    assert states(bank, **asked) == [(1, "submitted", "Zhao", None)]
    (row,) = ledger(bank).targets.all(WHOLE, **asked).to_dicts()
    assert (row["target_value"], row["near_band"]) == (Decimal("0.125"), Decimal("0.005"))

    app = opened(bank, "targets", branch="B101", section="waiting")
    assert [row[1:5] for row in lines(app, "Waiting")] == [
        ["Strategic emerging industry loan share", "2026", "12.5%", "submitted"],
        ["NPL ratio", "2026", "1.8%", "draft"],
    ]
    app.multiselect(key="tg_chosen").select("B101/sei_share/2026")
    field(app, "Your name").input(" zhao")
    app.run()
    button(app, "Approve").click().run()
    assert "a second person has to decide" in app.error[0].value
    assert states(bank, **asked) == [(1, "submitted", "Zhao", None)]
    field(app, "Your name").input("Wang")
    app.run()
    button(app, "Approve").click().run()
    assert "1 approved." in app.success[0].value
    assert states(bank, **asked) == [(1, "approved", "Zhao", "Wang")]


def test_what_waits_is_sent_back_with_a_reason_and_not_without(opened, bank):
    app = opened(bank, "targets", branch="R1", section="waiting")
    app.checkbox(key="tg_all").check()
    field(app, "Your name").input("Zhao")
    app.run()
    button(app, "Submit").click().run()
    field(app, "Your name").input("Wang")
    app.run()
    button(app, "Send back").click().run()
    assert "A reason is needed" in app.error[0].value
    field(app, "Reason, to send back or withdraw").input("beyond reach")
    app.run()
    button(app, "Send back").click().run()
    assert "1 sent back." in app.success[0].value
    assert states(bank, branch="B101") == [(1, "rejected", "Zhao", "Wang")]


def test_what_was_chosen_for_one_unit_is_not_chosen_for_another(opened, bank):
    app = opened(bank, "targets", branch="B101", section="waiting")
    app.checkbox(key="tg_all").check().run()
    app.query_params["branch"] = "HO"
    app.run()
    assert not app.checkbox(key="tg_all").value


def test_what_came_in_unseen_is_not_approved_along(opened, bank):
    targets = ledger(bank).targets
    targets.enter(WHOLE, [proposal("B101", "sei_share", "0.1")], by="Zhao", at=MORNING, submit=True)
    app = opened(bank, "targets", branch="B101", section="waiting")
    app.multiselect(key="tg_chosen").select("B101/sei_share/2026")
    field(app, "Your name").input("Wang")
    app.run()
    targets.enter(WHOLE, [proposal("B101", "sei_share", "0.9")], by="Zhao", at=MORNING, submit=True)
    button(app, "Approve").click().run()
    assert app.error[0].value.startswith("What waits has changed since this page was drawn")
    asked = {"branch": "B101", "metric": "sei_share"}
    assert [row[1] for row in states(bank, **asked)] == ["replaced", "submitted"]
    button(app, "Approve").click().run()
    assert [row[1] for row in states(bank, **asked)] == ["replaced", "approved"]


def test_what_is_typed_about_one_figure_is_not_said_of_another(opened, bank):
    app = opened(bank, "branch", branch="B101", metric="sei_share")
    app.text_area[0].input("Because.")
    field(app, "Until when (2026-12-31)").input("soon")
    field(app, "Your name").input("Zhao")
    button(app, "Save").click().run()
    assert app.text_area[0].value == "Because."  # refused, and there to be mended
    app.query_params["branch"] = "B201"
    app.run()
    assert app.text_area[0].value == ""


def test_a_saved_word_is_not_there_to_be_saved_again(opened, bank):
    app = opened(bank, "branch", branch="B101", metric="sei_share")
    app.text_area[0].input("Because.")
    field(app, "Your name").input("Zhao")
    button(app, "Save").click().run()
    assert ledger(bank).check_ins.all(WHOLE).height == 1
    assert app.text_area[0].value == ""


def test_an_entry_that_makes_no_sense_is_refused_in_words_and_nothing_is_kept(opened, bank):
    app = opened(bank, "targets", branch="B201", section="enter")
    app.selectbox(key="tg_metric").select("sei_share").run()
    field(app, "Target value").input("15")
    field(app, "Your name").input("Zhao")
    button(app, "Save").click().run()
    assert "sei_share is a fraction: 0.15 is 15 %" in app.error[0].value
    field(app, "Target value").input("plenty")
    button(app, "Save").click().run()
    assert app.error[0].value == "Target value: plenty is no number."
    field(app, "Target value").input("0.15")
    field(app, "Your name").input("")
    button(app, "Save").click().run()
    assert app.error[0].value == "Say who you are first."
    assert states(bank, branch="B201") == []


def test_targets_right_below_are_held_against_the_one_above(opened, bank):
    rows = lines(opened(bank, "targets", section="cascade"), "Cascade")
    assert rows == [
        [
            *("First-time loan clients year to date", "2026", "50", "20", "−30", "−60.0%"),
            *("added up", "South Region"),
        ]
    ]


def test_the_page_is_worded_in_chinese(opened, bank):
    told = words(opened(bank, "targets", language="zh"))
    assert "目标：总行" in opened(bank, "targets", language="zh").title[0].value
    assert "2026年10月31日 有 2 个现行目标；1 个待提交或批准。" in told


def test_a_missed_figure_asks_for_a_word_until_there_is_one(opened, bank):
    app = opened(bank, "branch", branch="B101", metric="sei_share")
    needed = "Missed and without a word:"
    assert "SEI share" in words(app).split(needed)[1].split("Each needs")[0]
    app.text_area[0].input("Two large suppliers repaid early.")
    field(app, "What is done about it").input("Three loans are being drawn")
    field(app, "Until when (2026-12-31)").input("2026-11-30")
    field(app, "Who does it").input("Chen")
    field(app, "Your name").input("Zhao")
    next(one for one in app.selectbox if one.label == "How the owner sees it").select("near")
    button(app, "Save").click().run()
    assert not app.exception
    told = " ".join(words(app).split())
    assert "Two large suppliers repaid early." in told
    assert "Three loans are being drawn; Chen, until 30 Nov 2026" in told
    assert (
        "Rule: missed. Chen sees it as near" in told
    )  # beside the rule's status, not in its place
    assert "SEI share" not in told.split(needed)[1].split("Each needs")[0]
    (kept,) = ledger(bank).check_ins.all(WHOLE).to_dicts()
    assert (kept["author"], kept["opinion"], kept["rule_status"]) == ("Zhao", "near", "missed")


def test_a_day_that_is_none_is_refused_and_nothing_is_kept(opened, bank):
    app = opened(bank, "branch", branch="B101", metric="sei_share")
    app.text_area[0].input("Because.")
    field(app, "Until when (2026-12-31)").input("soon")
    field(app, "Your name").input("Zhao")
    button(app, "Save").click().run()
    assert "soon is no day" in app.error[0].value
    assert ledger(bank).check_ins.all(WHOLE).is_empty()


def test_a_broken_ledger_is_told_in_words(opened, bank):
    (bank.root / "ledger.db").write_bytes(b"no database, but something else entirely\n" * 100)
    app = opened(bank, "targets")
    assert not app.exception
    assert "ledger.db cannot be read" in app.error[0].value
