"""What our run history rests on inside Dagster: how it opens a database for a shard, and asks for tables."""

import inspect
import sqlite3

import dagster as dg
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from orchestration.run_history import OpenEventLogStorage, instance
from records.workspace import create


def test_dagster_still_opens_a_database_by_one_method_with_one_argument():
    theirs = vars(sqlite_event_log.SqliteEventLogStorage)["_connect"]
    assert list(inspect.signature(theirs).parameters) == ["self", "shard"]
    text = inspect.getsource(theirs)
    for word in ("_db_lock", "_initialized_dbs", "_initdb", "conn_string_for_shard"):
        assert word in text


def test_a_table_that_is_made_later_is_found_and_one_that_is_there_is_asked_for_once(tmp_path):
    storage = OpenEventLogStorage(str(tmp_path))
    assert storage.has_table("asset_check_executions")
    assert not storage.has_table("made_later")
    index = tmp_path / f"{sqlite_event_log.INDEX_SHARD_NAME}.db"
    with sqlite3.connect(index) as connection:
        connection.execute("CREATE TABLE made_later (id INTEGER)")
    assert storage.has_table("made_later")
    storage.dispose()
    index.unlink()
    assert storage.has_table("made_later")


def test_a_run_is_recorded_and_read_back_by_another_instance(tmp_path):
    workspace = create(tmp_path / "it's a bank", name="A", base_currency="CNY")

    @dg.asset_check(asset="figure")
    def plausible():
        return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)

    @dg.asset
    def figure():
        return dg.MaterializeResult(metadata={"rows": 3})

    with instance(workspace) as home:
        assert isinstance(home.event_log_storage, OpenEventLogStorage)
        ran = dg.materialize([figure, plausible], instance=home)
        assert ran.success
    with instance(workspace) as again:
        event = again.get_latest_materialization_event(dg.AssetKey("figure"))
        assert event is not None
        assert event.asset_materialization.metadata["rows"].value == 3
        kinds = {
            entry.dagster_event_type.value
            for entry in again.all_logs(ran.run_id)
            if entry.is_dagster_event
        }
    assert {"ASSET_CHECK_EVALUATION", "ASSET_MATERIALIZATION", "PIPELINE_SUCCESS"} <= kinds
    databases = list((workspace.dagster_home / "history" / "runs").glob("*.db"))
    assert len(databases) == 2
    for path in databases:
        with sqlite3.connect(path) as connection:
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
