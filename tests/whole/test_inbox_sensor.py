"""The inbox under Dagster: the sensor, the run it asks for, and the real daemon at work."""

import json
import os
import signal
import socket
import subprocess
import time
import warnings

import pytest

from records.deliveries import Deliveries
from tests.whole import books
from tests.whole.commands import made, start, write_csv

pytestmark = pytest.mark.whole


@pytest.fixture
def bank(tmp_path):
    root = made(tmp_path / "bank")
    (root / "inbox.toml").write_text("settle_seconds = 0.2", encoding="utf-8")
    return root


@pytest.fixture
def home(bank):
    from orchestration.run_history import instance  # noqa: PLC0415 - Dagster takes seconds to import
    from records.workspace import open_workspace  # noqa: PLC0415

    with instance(open_workspace(bank)) as opened:
        yield opened


@pytest.fixture
def look(bank, home, monkeypatch):
    """Evaluate the sensor as the daemon does, with the cursor that it left the last time."""
    import dagster as dg  # noqa: PLC0415

    from orchestration.definitions import defs  # noqa: PLC0415
    from orchestration.defs.resources import BankResource  # noqa: PLC0415

    monkeypatch.setenv("BRANCHMARK_WORKSPACE", str(bank))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec")
        definitions = defs()
        repository = definitions.get_repository_def()
    sensor = repository.get_sensor_def("inbox_sensor")
    cursor = [None]

    def look():
        context = dg.build_sensor_context(
            instance=home, cursor=cursor[0], resources={"bank": BankResource(root=str(bank))}
        )
        said = sensor.evaluate_tick(context)
        cursor[0] = said.cursor or cursor[0]
        return said

    look.definitions = definitions
    return look


def put(bank, loan="L4"):
    """One first-loan event of a month without a loan book: delivered and archived, nothing built."""
    rows = [{**books.companions()["borrower_first_loan_event"][0], "loan_id": loan}]
    return write_csv(bank / "inbox" / "borrower_first_loan_event_2026-10.csv", rows)


def asked(said):
    """The only run that was asked for."""
    (request,) = said.run_requests
    return request


def test_the_sensor_runs_by_itself_unless_the_bank_lists_other_environments(bank, look):
    import dagster as dg  # noqa: PLC0415

    sensor = look.definitions.get_repository_def().get_sensor_def("inbox_sensor")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert look().skip_message == "The inbox is empty."
    (bank / "inbox.toml").write_text('environments = ["production"]', encoding="utf-8")
    assert "in production, and this is local" in look().skip_message


def test_a_run_is_asked_for_at_the_second_look_and_takes_the_file_once(bank, home, look):
    path = put(bank)
    first = look()
    assert first.run_requests == []
    assert (
        first.skip_message
        == "borrower_first_loan_event_2026-10.csv: new, or changed since the last look"
    )
    time.sleep(0.3)
    request = asked(look())
    assert asked(look()).run_key == request.run_key  # Dagster starts no second run for a run key
    done = look.definitions.resolve_job_def("take_delivery").execute_in_process(
        instance=home, tags={**request.tags, "dagster/run_key": request.run_key}
    )
    assert done.success
    assert not path.exists()
    assert (bank / "archive" / "2026-10-31" / "1" / path.name).is_file()
    assert Deliveries(bank / "lake").batches()["accepted_rows"].to_list() == [1]
    assert look().skip_message == "The inbox is empty."


def test_a_file_that_grows_between_looks_is_not_asked_for(bank, look):
    path = put(bank)
    for _ in range(3):
        assert look().run_requests == []
        time.sleep(0.3)
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")
    look()
    time.sleep(0.3)
    assert asked(look())


def test_other_contents_under_the_same_name_are_another_run(bank, look):
    keys = set()
    for loan in ("L4", "L5"):
        put(bank, loan)
        look()
        time.sleep(0.3)
        keys.add(asked(look()).run_key)
    assert len(keys) == 2


def test_a_refused_file_makes_the_run_red_with_the_sentence(bank, home, look):
    (bank / "inbox" / "odd.csv").write_text("colour,weight\nred,1\n", encoding="utf-8")
    done = look.definitions.resolve_job_def("take_delivery").execute_in_process(
        instance=home, raise_on_error=False
    )
    assert not done.success
    (failure,) = [event for event in done.all_events if event.is_step_failure]
    assert "odd.csv" in failure.step_failure_data.user_failure_data.description
    assert "fit no table" in failure.step_failure_data.user_failure_data.description
    assert len(list((bank / "refused").glob("*-odd.csv.report.txt"))) == 1


def test_a_delivery_that_its_run_left_behind_is_asked_for_again_after_a_pause(bank, home, look):
    """The run was killed: Dagster never starts another one for its key, so the key has to change."""
    import dagster as dg  # noqa: PLC0415

    put(bank)
    look()
    time.sleep(0.3)
    request = asked(look())
    job = look.definitions.resolve_job_def("take_delivery")
    run = home.create_run_for_job(job, tags=request.tags)
    assert look().skip_message == "A run is taking deliveries already."
    home.report_run_failed(home.get_run_by_id(run.run_id))
    assert home.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.FAILURE
    assert "the next is in" in look().skip_message
    storage = home.run_storage
    with storage.connect() as connection:  # a minute later
        from sqlalchemy import text  # noqa: PLC0415

        connection.execute(text("UPDATE runs SET end_time = end_time - 60"))
    again = asked(look())
    assert again.run_key != request.run_key
    assert again.tags == request.tags


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def test_branchmark_dagster_looks_after_the_inbox_by_itself(bank):
    """The real daemon, its code server, and a run in a process of its own; a refusal needs no build."""
    (bank / "inbox" / "odd.csv").write_text("colour,weight\nred,1\n", encoding="utf-8")
    process = start("dagster", "-w", bank, "--port", free_port())
    try:
        deadline = time.monotonic() + 150
        while not (moved := list(bank.glob("refused/*-odd.csv"))):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, sorted(bank.rglob("inbox/*"))
            time.sleep(0.2)
        told = moved[0].with_name(f"{moved[0].name}.report.json").read_text(encoding="utf-8")
        assert json.loads(told)["place"] == "odd.csv"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # the group that `start` made
            process.communicate(timeout=20)
