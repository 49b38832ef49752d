"""What pages import is read off their scripts and imported before anybody asks; no page is run for it."""

from importlib.util import find_spec
from pathlib import Path

import pytest

import dashboards
from orchestration.bank import Bank
from orchestration.served import imported, warm
from records.workspace import create
from transforms.catalogue import kept

PAGES = sorted((Path(dashboards.__path__[0]) / "app_pages").glob("*.py"))


def test_a_package_comes_before_what_is_taken_from_it_and_functions_are_no_modules():
    script = "from dashboards.charts import image\nfrom dashboards.i18n import say\n"
    assert imported(script) == [
        "dashboards.charts",
        "dashboards.charts.image",
        "dashboards.i18n",
    ]


def test_nothing_of_a_script_is_run():
    assert imported("import json\nraise SystemExit('run')\n") == ["json"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_all_that_a_page_imports_is_there(page):
    for name in imported(page.read_text(encoding="utf-8")):
        assert find_spec(name) is not None


def test_definitions_and_rules_are_read_before_the_first_visitor(tmp_path):
    root = create(tmp_path / "bank", name="Bank", base_currency="CNY").root
    kept.definitions.cache_clear()
    warm(["served", "run", "pages.py", "--", "--workspace", str(root)])
    assert kept.definitions.cache_info().misses == 1
    assert Bank.at(root).definitions.newest.metrics
    assert kept.definitions.cache_info().misses == 1


def test_a_folder_that_is_no_workspace_keeps_the_server_from_nothing(tmp_path):
    warm(["served", "run", "pages.py", "--", "--workspace", str(tmp_path)])
    warm(["served", "run", "pages.py"])
