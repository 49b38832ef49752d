"""The branch page with the bank at work behind it: score, changes, actions as they are asked for."""

import json
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.reading import lines, words
from tests.whole.commands import here
from transforms.scoring.load import packaged_texts

pytestmark = pytest.mark.whole

SCRIPT = Path(__file__).parents[2] / "orchestration" / "pages.py"
BRANCH = "B101"


def page(root, monkeypatch, **asked):
    monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
    app = AppTest.from_file(str(SCRIPT), default_timeout=120)
    app.query_params["period"] = "none"
    app.run()
    app.switch_page(str(Path(__file__).parents[2] / "dashboards" / "app_pages" / "branch.py"))
    del app.query_params["period"]
    for name, value in {"branch": BRANCH, **asked}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_the_page_tells_the_score_that_the_command_prints(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch)
    told = json.loads(
        here("scorecard", "-w", demo_bank.root, "--branch", BRANCH, "--format", "json").out
    )
    assert told["total"] is not None
    head = f"Score {told['total']} / 100 rank {told['rank']} of {told['ranked']} peers"
    assert head in " ".join(words(app).split())
    card = lines(app, "How the score comes about")
    assert card[-1][5] == told["total"]
    scores = [line["score"] for line in told["lines"]]
    shown = [row[5] for row in card if row[6]]
    assert shown == ["–" if score is None else score for score in scores]


def test_the_card_tells_limits_vetoes_and_what_is_missing_in_the_readers_language(
    demo_bank, monkeypatch, tmp_path
):
    root = tmp_path / "bank"
    shutil.copytree(demo_bank.root, root)
    text = packaged_texts()["standard.yaml"]
    strict = text.replace("deduction_limit: 10", "deduction_limit: 0.5").replace(
        "deductions:\n",
        "vetoes: [{metric: loan_balance, beyond: 1000000000000, cap: 40}]\n"
        "deductions:\n  - {metric: overdue_ratio, beyond: 0, per: 0.0001, points: 1}\n",
    )
    (root / "scoring").mkdir()
    (root / "scoring" / "standard.yaml").write_text(strict, encoding="utf-8")
    asked = ("scorecard", "-w", root, "--branch", BRANCH, "--format", "json")
    told = json.loads(here(*asked).out)
    assert told["total"] == "40.00"
    assert Decimal(told["deductions_before_limit"]) < Decimal(told["deductions_score"])
    card = {row[0]: row for row in lines(page(root, monkeypatch), "How the score comes about")}
    asked_for = told["deductions_before_limit"].replace("-", "−")
    assert card["Deductions"][3] == f"limited from {asked_for}"
    assert card["Deductions"][5] == "−0.50"
    assert card["Loan balance"][3].endswith("is beyond 1000000000000; the total is held at 40")
    reasons = [line["reason"] for line in told["lines"] if line["missing"] == "exclude"]
    assert any(one.endswith("is not published") for one in reasons)
    app = page(root, monkeypatch, language="zh")
    lacking = [row[3] for row in lines(app, "得分计算过程") if row[5] == "–" and row[6]]
    assert len(lacking) == len(reasons)
    assert all("不计分，权重由其余各项按比例承担" in one for one in lacking)
    assert not [one for one in lacking if "not published" in one]


def test_the_page_tells_the_changes_in_the_words_of_the_command(demo_bank, monkeypatch):
    asked = ("changes", "-w", demo_bank.root, "--branch", BRANCH, "--format", "json")
    events = json.loads(here(*asked).out)["events"]
    assert events
    for language in ("en", "zh"):
        app = page(demo_bank.root, monkeypatch, comparison="previous_month", language=language)
        told = " ".join(words(app).split())
        for event in events:
            assert " ".join(event[language].split()) in told


def test_actions_are_worked_out_when_they_are_asked_for(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, comparison="previous_month", metric="sei_share")
    next(one for one in app.button if one.label == "Try each action on the book").click().run()
    assert not app.exception
    gap = json.loads(
        here(
            *("gap", "-w", demo_bank.root, "--branch", BRANCH, "--metric", "sei_share"),
            *("--format", "json"),
        ).out
    )
    table = lines(app, "What may still be used up" if gap["met"] else "What closes the gap")
    assert len(table) == len(gap["actions"]) > 0
    assert all(action["verified"] for action in gap["actions"] if action["possible"])
