"""The demo bank's reports: one month released by three people, the newest prepared, once whatever is run."""

import shutil
from datetime import UTC, datetime

import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import demo

pytestmark = pytest.mark.whole
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_the_demo_releases_one_month_and_prepares_another_once(demo_bank, tmp_path):
    shutil.copytree(demo_bank.root, tmp_path / "bank")
    bank = Bank.at(tmp_path / "bank")
    *_, before, newest = sorted(bank.published.newest_versions())
    for _ in range(2):
        demo.release(bank, before, AT)
    demo.prepare(bank, newest, AT)
    editions = bank.ledger.returns.packages(SYSTEM)
    assert set(editions["edition"]) == {1}
    released = editions.filter(editions["state"] == "released")
    assert released["as_of"].to_list() == [before]
    people = released.select("prepared_by", "checked_by", "approved_by").row(0)
    assert len(set(people)) == 3
    waiting = editions.filter(editions["state"] == "prepared")
    assert set(waiting["as_of"]) == {newest}
    assert set(waiting["return_id"]) == {"monthly_structure", "review_pack", "branch_scorecard"}
    assert len(bank.ledger.chain.faults()) == 0
