"""Months built by workers of a broker, with run history, ledger and locks in PostgreSQL."""

import os
import signal

import pytest

from orchestration.bank import Bank
from tests import servers
from tests.whole import books, clustered
from tests.whole.commands import kpis

pytestmark = [pytest.mark.whole, pytest.mark.timeout(600)]

MONTHS = [books.SEPTEMBER, books.OCTOBER]


@pytest.fixture(scope="module")
def postgresql():
    yield from servers.postgresql()


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    yield from clustered.redis(tmp_path_factory.mktemp("redis"))


@pytest.fixture
def machines(two_months, postgresql, broker, tmp_path):
    """A bank as two machines see it, each under a name of its own, and their environment."""
    root = two_months.copy(tmp_path / "bank")
    lines = ('storage = "env:BRANCHMARK_DAGSTER"', 'broker = "env:BRANCHMARK_BROKER"')
    clustered.settle(root, *lines, ledger=True)
    database = clustered.new_database(postgresql)
    return root, {
        clustered.STORAGE: database,
        clustered.LEDGER: database,
        clustered.BROKER: broker,
    }


def test_two_workers_build_what_one_process_does_and_no_secret_is_written_down(
    machines, two_months, monkeypatch
):
    root, environment = machines
    workers = [clustered.begun(root, environment, "worker") for _ in range(2)]
    try:
        build = ("build", "--force", "--processes", "2", "--format", "json")
        running = [clustered.begun(root, environment, *build) for _ in range(2)]
        ends = [clustered.ended(process) for process in running]
    finally:
        for worker in workers:
            os.killpg(worker.pid, signal.SIGTERM)
        told = [worker.communicate(timeout=60) for worker in workers]
    # The second command waits for the lock in the database, and is refused.
    said, refused = sorted(ends, key=lambda one: one.code)
    assert [row["outcome"] for row in said.json] == ["built", "built"], said.err
    assert refused.code == 1
    last = refused.err.strip().splitlines()[-1]
    assert last.startswith("Cannot build: another command is writing"), refused.err
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert kpis(root, "--as-of", "all") == kpis(two_months.root, "--as-of", "all")
    rows = Bank.at(root).published.publications()["as_of_date"].to_list()
    assert [day.isoformat() for day in rows] == MONTHS * 2
    written = (root / ".dagster" / "dagster.yaml").read_text("utf-8")
    assert "env: BRANCHMARK_DAGSTER" in written
    for text in (written, said.err, *(line for pair in told for line in pair)):
        assert servers.PASSWORD not in text
        assert servers.QUOTED not in text
    assert states(root, environment) == {
        ("backfill", "SUCCESS"): 1,
        ("month", "SUCCESS"): 2,
    }


def states(root, environment):
    """How many runs of which job came to which state, as the database holds them."""
    from orchestration.run_history import instance  # noqa: PLC0415 - Dagster takes seconds
    from records.workspace import open_workspace  # noqa: PLC0415

    assert set(environment) <= set(os.environ)
    found = {}
    with instance(open_workspace(root)) as home:
        for run in home.get_runs():
            key = run.job_name, run.status.value
            found[key] = found.get(key, 0) + 1
    return found
