"""Dagster's side: definitions that load, runs that can be looked up, and servers that stop clean."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import pytest

from tests.whole import books
from tests.whole.commands import SCRIPT, built, figures, start

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
ASSETS = {
    *("delivered_book", "node", "counts_for", "reconciliation"),
    *("branch_measure", "node_measure", "metric_fact", "publication"),
}


GATE = "rejected_balance"


@pytest.fixture
def dagster():
    """Dagster, imported late: it takes seconds."""
    import dagster as dg  # noqa: PLC0415

    return dg


@pytest.fixture
def definitions(bank, monkeypatch):
    """The definitions as a code location of this workspace has them."""
    from orchestration.definitions import defs  # noqa: PLC0415

    monkeypatch.setenv("BRANCHMARK_WORKSPACE", str(bank))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec")
        return defs()


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """Two delivered months; September is built from the command line."""
    folder = tmp_path_factory.mktemp("dagster")
    root = books.delivered(folder / "bank", folder / "files")
    assert built(root, "--as-of", books.SEPTEMBER) == {books.SEPTEMBER: (1, "built")}
    return root


def test_dg_finds_nothing_wrong_with_the_definitions():
    done = subprocess.run(
        [SCRIPT.with_name("dg"), "check", "defs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All definitions loaded successfully" in done.stdout + done.stderr


def test_every_step_is_an_asset_of_the_month(definitions, dagster):
    graph = definitions.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == ASSETS
    for key in graph.get_all_asset_keys():
        partitions = graph.get(key).partitions_def
        assert isinstance(partitions, dagster.MonthlyPartitionsDefinition), key
        assert partitions.has_partition_key("2026-10")
        assert not partitions.has_partition_key("2026-13")


def test_every_rule_is_one_check_of_the_delivered_book_or_of_the_figures(definitions):
    from expectations.figures import FIGURES  # noqa: PLC0415
    from expectations.rules import load_rules  # noqa: PLC0415

    keys = definitions.resolve_asset_graph().asset_check_keys
    named = {
        (key.asset_key.to_user_string(), key.name.partition("__")[0])
        for key in keys
        if key.name != GATE
    }
    assert named == {
        ("metric_fact" if rule.table in FIGURES else "delivered_book", rule.id)
        for rule in load_rules()
    }
    assert len(keys) == len(load_rules()) + 1


def test_runs_of_the_command_line_and_of_dagster_can_be_looked_up_alike(bank, definitions, dagster):
    """September came from the command line, October comes from Dagster's own interface in Python."""
    from expectations.rules import load_rules  # noqa: PLC0415
    from orchestration.run_history import instance  # noqa: PLC0415
    from records.workspace import open_workspace  # noqa: PLC0415

    with instance(open_workspace(bank)) as home:
        done = definitions.resolve_job_def("month").execute_in_process(
            partition_key="2026-10", instance=home
        )
        assert done.success
        for asset in ASSETS:
            found = home.fetch_materializations(dagster.AssetKey(asset), limit=10).records
            assert {record.partition_key for record in found} == {"2026-09", "2026-10"}, asset
        for run in home.get_runs():
            assert run.status is dagster.DagsterRunStatus.SUCCESS
            said = home.all_logs(
                run.run_id, of_type=dagster.DagsterEventType.ASSET_CHECK_EVALUATION
            )
            assert len(said) == len(load_rules()) + 1
    facts = figures(bank)
    assert facts["loan_balance", "default", "HO"]["value"] == "2100050.00"
    assert facts["loan_increment_mom", "default", "HO"]["value"] == "1200050.00"
    assert built(bank) == {books.SEPTEMBER: (1, "unchanged"), books.OCTOBER: (1, "unchanged")}


# Servers


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def answer(process, url, data=None):
    """What a server says as soon as it says anything."""
    deadline = time.monotonic() + 120
    request = urllib.request.Request(  # noqa: S310 - loopback
        url, data, {"Content-Type": "application/json"} if data else {}
    )
    while True:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the server never answered"
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310 - loopback
                return reply.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)


def family(pid):
    """A process and all its descendants, by number."""
    parents = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                stat = (place / "stat").read_text(encoding="utf-8")
            except OSError:
                continue
            state, parent = stat.rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(place.name)] = int(parent)
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found & set(parents)


def stopped(process, asked):
    """Ask a server to stop; what of its family is still there after a while."""
    before = family(process.pid)
    assert len(before) > 1
    os.kill(process.pid, asked)
    deadline = time.monotonic() + 40
    left = before
    while left and time.monotonic() < deadline:
        process.poll()
        left = {pid for pid in before if family(pid)}
        time.sleep(0.1)
    return left


@pytest.fixture
def served():
    """Start a server; whatever a test leaves of it is ended."""
    running = []

    def serve(*words):
        running.append(start(*words))
        return running[-1]

    yield serve
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the group that `start` made
        process.communicate(timeout=20)


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


@needs_proc
def test_dagster_is_served_on_loopback_and_stops_with_all_its_processes(bank, served):
    port = free_port()
    process = served("dagster", "-w", bank, "--port", port)
    url = f"http://127.0.0.1:{port}"
    assert "dagster_webserver_version" in answer(process, f"{url}/server_info")
    question = {"query": "{assetNodes{assetKey{path}} runsOrError{... on Runs{results{status}}}}"}
    said = json.loads(answer(process, f"{url}/graphql", json.dumps(question).encode()))["data"]
    assert {node["assetKey"]["path"][-1] for node in said["assetNodes"]} == ASSETS
    assert {run["status"] for run in said["runsOrError"]["results"]} == {"SUCCESS"}
    assert not reachable_from_outside(port)
    assert stopped(process, signal.SIGTERM) == set()


@needs_proc
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_the_dashboard_is_served_on_loopback_and_stops_with_all_its_processes(bank, served, asked):
    port = free_port()
    process = served("dashboard", "-w", bank, "--port", port, "--headless")
    assert answer(process, f"http://127.0.0.1:{port}/_stcore/health") == "ok"
    assert not reachable_from_outside(port)
    assert stopped(process, asked) == set()


def reachable_from_outside(port):
    """Whether the port answers on an address that is not loopback."""
    for family_, *_, address in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET):
        if not address[0].startswith("127."):
            with socket.socket(family_) as asking:
                asking.settimeout(2)
                if asking.connect_ex(address) == 0:
                    return True
    return False
