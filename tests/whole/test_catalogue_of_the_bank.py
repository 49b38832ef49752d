"""The catalogue page with the bank at work behind it: checks as the bank has set them, and what they said."""

import re
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from records.access import Scope
from records.published import Published
from records.workspace import open_workspace
from tests.app.reading import html, lines, words

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
SETTING = """
thresholds:
  W0208:
    - why: Our policy of 2026 knows no rate above twelve per cent.
      valid_from: 2026-01-01
      severity: error
  W0211:
    - why: The codes are checked in the source system.
      switched_off: true
"""


def page(root, monkeypatch, **asked):
    monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
    app = AppTest.from_file(str(ROOT / "orchestration" / "pages.py"), default_timeout=120)
    app.query_params["period"] = "none"
    app.run()
    app.switch_page(str(ROOT / "dashboards" / "app_pages" / "catalogue.py"))
    del app.query_params["period"]
    for name, value in asked.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_every_check_stands_in_the_list_with_what_it_said_of_the_month(demo_bank, monkeypatch):
    published = Published(open_workspace(demo_bank.root).lake)
    day = published.require(None)
    verdicts = published.check_results(as_of=day).collect()
    app = page(demo_bank.root, monkeypatch, section="checks")
    assert len(re.findall(r'rule=[EW]\d{4}[^"]*" target="_self">', html(app))) == 168
    told = {row[0]: row[-1] for row in lines(app, "Loan snapshot")}
    own = verdicts.filter(
        pl.col("table") == "loan_snapshot", ~pl.col("rule_id").str.contains("000")
    )
    for row in own.to_dicts():
        if row["skipped_reason"] is None:
            assert told[row["rule_id"]] == ("● passed" if row["passed"] else told[row["rule_id"]])
            assert row["passed"] or told[row["rule_id"]].endswith("broken")


def test_a_check_leads_to_the_rows_it_found_and_the_metrics_it_guards(demo_bank, monkeypatch):
    workspace = open_workspace(demo_bank.root)
    published = Published(workspace.lake)
    day = published.require(None)
    found = published.findings(Scope.whole_bank("test"), as_of=day).collect()
    loans = found.filter(pl.col("table") == "loan_snapshot", pl.col("failing_rows") > 0)
    rule = loans["rule_id"][0]
    rows = loans.filter(pl.col("rule_id") == rule)["failing_rows"].sum()
    app = page(demo_bank.root, monkeypatch, rule=rule)
    (verdict,) = lines(app, "This month")
    assert (verdict[0], verdict[3]) == ("Loan snapshot", f"{rows:,}")
    assert re.search(rf'data-quality\?[^"]*section=findings[^"]*rule={rule}', html(app))
    assert "loan_snapshot." in words(app)


def test_a_metric_names_the_checks_that_guard_it(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, metric="npl_ratio")
    guarding = [row[0] for row in lines(app, "Checks that guard it")]
    assert {"E0101", "E0203"} <= set(guarding)
    assert "W0214" not in guarding  # about the green tag


def test_what_the_bank_has_set_is_told_with_its_reason(demo_bank, monkeypatch, tmp_path):
    root = tmp_path / "bank"
    shutil.copytree(demo_bank.root, root)
    (root / "rules").mkdir(exist_ok=True)
    (root / "rules" / "ours.yaml").write_text(SETTING, encoding="utf-8")
    app = page(root, monkeypatch, rule="W0208")
    assert lines(app, "How the bank has set it") == [
        ["from 2026-01-01", "error", "Our policy of 2026 knows no rate above twelve per cent."]
    ]
    assert "the product, adjusted by the bank" in words(app)
    assert "■ error · reported, the row is kept" in " ".join(words(app).split())
    told = words(page(root, monkeypatch, rule="W0211", language="zh"))
    assert "已由本行停用" in told


def test_an_unknown_check_is_refused_with_the_near_miss(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, rule="E0100")
    assert app.error[0].value.startswith("There is no check E0100. Did you mean E")
    assert page(demo_bank.root, monkeypatch, rule="x", language="zh").error[0].value == (
        "没有校验规则 x。"
    )
