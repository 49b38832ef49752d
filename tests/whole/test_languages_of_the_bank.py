"""Every page of the bank at work speaks one language, with every answer that pages ask for."""

import re
import sys
from pathlib import Path

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from records.workspace import open_workspace
from tests.app.languages import chinese_in, english_in, texts
from transforms.catalogue.load import definitions
from transforms.reference import tables
from transforms.schema import TABLES

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "orchestration" / "pages.py"
PLACES = (
    ("overview", {}),
    ("branch", {"branch": "B101"}),
    ("branch", {"branch": "B601", "comparison": "previous_month"}),
    ("metric", {"branch": "B101", "metric": "sei_share", "comparison": "previous_month"}),
    ("metric", {"branch": "B601", "metric": "inclusive_npl_tolerance"}),
    ("loans", {"branch": "B101", "metric": "sei_share"}),
    ("targets", {"branch": "B101"}),
    ("self_check", {"branch": "B101"}),
    ("reports", {"branch": "B101"}),
    *(
        ("data_quality", {"section": section})
        for section in ("readiness", "deliveries", "findings", "ledger", "overrides")
    ),
    *(("catalogue", {"section": section}) for section in ("metrics", "checks", "changes")),
    *(
        ("catalogue", {"metric": metric})
        for metric in ("inclusive_npl_tolerance", "migration_normal", "trade_stability")
    ),
    ("catalogue", {"rule": "E1108"}),
    ("catalogue", {"rule": "E5011"}),
)
IN_CHINESE_ONLY = (
    ("catalogue", {"section": "reference"}),
    ("catalogue", {"section": "dictionary"}),
    *(("catalogue", {"table": name}) for name in ("restricted_industries", "sei_2018_by_class")),
    ("catalogue", {"table": "pboc_tech_loan_items"}),
    ("catalogue", {"table": "target"}),
)
CODES = re.compile(r"可选：.*")


def name(place):
    return "&".join([place[0], *(f"{key}={value}" for key, value in place[1].items())])


def opened(root, monkeypatch, place, language):
    """A page with all that it works out only when it is asked for."""
    monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
    app = AppTest.from_file(str(SCRIPT), default_timeout=120)
    app.query_params["period"] = "none"
    app.run()
    app.switch_page(str(ROOT / "dashboards" / "app_pages" / f"{place[0]}.py"))
    del app.query_params["period"]
    for key, value in {**place[1], "language": language}.items():
        app.query_params[key] = value
    app.run()
    while waiting := [one for one in app.button if (one.key or "").startswith("ask_")]:
        waiting[0].click().run()
    assert not app.exception
    return list(texts(app))


@pytest.fixture(scope="module")
def written(demo_bank):
    """What people wrote into this bank, in whatever language, and the codes of tables and lists."""
    workspace = open_workspace(demo_bank.root)
    deliveries = Deliveries(workspace.lake)
    months = list(Published(workspace.lake).newest_versions())
    reasons = set(deliveries.batches()["reason"].drop_nulls())
    overrides = deliveries.table(Scope.whole_bank("test"), "override", months[-1], 1).collect()
    for column in ("reason", "requested_by", "approved_by", "value", "value_before"):
        reasons |= set(overrides[column].drop_nulls())
    lists = {
        column.code_list.name
        for table in TABLES.values()
        for column in table.columns
        if column.code_list is not None
    }
    return (workspace.name, "(empty)", *TABLES, *sorted(lists), *sorted(filter(None, reasons)))


@pytest.mark.parametrize("place", [*PLACES, *IN_CHINESE_ONLY], ids=name)
def test_a_chinese_page_has_no_english_in_it(demo_bank, written, monkeypatch, place):
    shown = [CODES.sub("", one) for one in opened(demo_bank.root, monkeypatch, place, "zh")]
    assert len(shown) > 20
    assert {text: found for text in shown if (found := english_in(text, written))} == {}


# Every second page: what comes with the data is the same on all of them.
@pytest.mark.parametrize("place", PLACES[::2], ids=name)
def test_an_english_page_has_no_chinese_in_it(demo_bank, monkeypatch, place):
    reference = tables.load()
    held = definitions(reference).newest
    documents = [one.source.document for one in (*held.metrics.values(), *held.flags.values())]
    documents += reference.tables["thresholds"]["source"].to_list()
    rules = (ROOT / "expectations" / "rules").glob("*.yaml")
    for path in rules:
        own = yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
        documents += [rule["source"] for rule in own]
    shown = opened(demo_bank.root, monkeypatch, place, "en")
    assert [text for text in shown if chinese_in(text, ("中文", *documents))] == []
