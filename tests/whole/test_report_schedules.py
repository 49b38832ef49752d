"""Reports by schedule, under Dagster: what is due is prepared once, caught up, retried, and reopened.

The bank's own report of each region is due on the second working day: for September, after the holidays, on
9 October 2026, for October on 3 November.
"""

import shutil
import threading
import warnings
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import standing, workflow
from orchestration.reporting.scheduled import alone, bring_up_to_date, folder_of
from orchestration.reporting.settings import Planned
from records.published import RESULTS
from tests.whole.commands import here
from tests.whole.own_returns import HOUSE_BOOK
from transforms.errors import WorkspaceError

pytestmark = pytest.mark.whole

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
ZONE = ZoneInfo("Asia/Shanghai")
MACHINE = "报表机"
NAME = "region_book"
REGION_BOOK = (
    HOUSE_BOOK.replace("id: house_book", f"id: {NAME}")
    .replace("code: HB", "code: RB")
    .replace("levels: [tier1]", "levels: [region]")
    .replace("due_working_days: 8", "due_working_days: 2")
)
SETTINGS = f"""
environments = ["local"]
hour = 6

[reports.{NAME}]
since = 2026-09-30
by = "{MACHINE}"
formats = ["csv"]
languages = ["zh"]
"""
PLANNED = Planned(NAME, SEPTEMBER, MACHINE)


@pytest.fixture
def root(demo_bank, tmp_path):
    root = shutil.copytree(demo_bank.root, tmp_path / "bank")
    (root / "returns").mkdir(exist_ok=True)
    (root / "returns" / "region.yaml").write_text(REGION_BOOK, encoding="utf-8")
    (root / "reporting.toml").write_text(SETTINGS, encoding="utf-8")
    return root


@pytest.fixture
def dagster(root, monkeypatch):
    """The code location of the workspace, and its runs."""
    import dagster as dg  # noqa: PLC0415 - takes seconds to import

    from orchestration.run_history import instance  # noqa: PLC0415
    from records.workspace import open_workspace  # noqa: PLC0415

    monkeypatch.setenv("BRANCHMARK_WORKSPACE", str(root))
    with instance(open_workspace(root)) as home:
        yield Dagster(dg, root, home)


class Dagster:
    """Ticks and runs as the daemon makes them, without its waiting."""

    def __init__(self, dg, root, home):
        self.dg, self.root, self.home = dg, root, home

    def load(self):
        """The definitions, as the workspace's files are now."""
        from orchestration.definitions import defs  # noqa: PLC0415

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Specifying a partitions_def on an AssetCheckSpec")
            return defs().get_repository_def()

    @cached_property
    def repository(self):
        return self.load()

    @property
    def given(self):
        """What a tick is given."""
        from orchestration.defs.resources import BankResource  # noqa: PLC0415

        return {
            "instance": self.home,
            "resources": {"bank": BankResource(root=str(self.root))},
            "repository_def": self.repository,
        }

    def tick(self, moment):
        schedule = self.repository.get_schedule_def(f"{NAME}_when_due")
        with self.dg.build_schedule_context(
            scheduled_execution_time=moment, **self.given
        ) as context:
            return schedule.evaluate_tick(context)

    def look(self):
        sensor = self.repository.get_sensor_def("outdated_reports")
        with self.dg.build_sensor_context(**self.given) as context:
            return sensor.evaluate_tick(context)

    def run(self, request, job=None):
        """A run that was asked for."""
        job = job or self.repository.get_job(f"report_{NAME}")
        return job.execute_in_process(
            partition_key=request.partition_key,
            instance=self.home,
            tags={**request.tags, "dagster/partition": request.partition_key},
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )

    def bound(self, job):
        """A job with the workspace at hand, as a code location gives it."""
        from orchestration.defs.resources import resources  # noqa: PLC0415

        return self.dg.Definitions(jobs=[job], resources=resources()).resolve_job_def(job.name)


def at(day):
    return datetime(day.year, day.month, day.day, 6, tzinfo=ZONE)


def keys(said):
    return [one.partition_key for one in said.run_requests]


def editions(root, day=OCTOBER):
    """The editions of a period's reports: unit to number and preparer, oldest first."""
    rows = Bank.at(root).ledger.returns.packages(SYSTEM, return_id=NAME, as_of=day)
    return sorted(rows.select("unit_id", "edition", "prepared_by").rows())


def once(root):
    """What there is when each region has one edition."""
    nodes = Bank.at(root).published.nodes(SYSTEM, as_of=OCTOBER).collect()
    regions = sorted(nodes.filter(pl.col("level") == "region")["node_id"])
    assert len(regions) == 6
    return [(region, 1, MACHINE) for region in regions]


def test_schedules_exist_only_where_the_environment_is_listed(root, dagster):
    repository = dagster.load()
    schedule = repository.get_schedule_def(f"{NAME}_when_due")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Asia/Shanghai")
    assert schedule.default_status is dagster.dg.DefaultScheduleStatus.RUNNING
    assert {one.name for one in repository.sensor_defs} == {"inbox_sensor", "outdated_reports"}
    text = SETTINGS.replace('["local"]', '["production"]')
    (root / "reporting.toml").write_text(text, encoding="utf-8")
    repository = dagster.load()
    assert repository.schedule_defs == []
    assert {one.name for one in repository.sensor_defs} == {"inbox_sensor"}
    assert repository.has_job(f"report_{NAME}")  # by hand it can be run anywhere
    (root / "reporting.toml").unlink()
    repository = dagster.load()
    assert {one.name for one in repository.get_all_jobs()} >= {"month", "take_delivery"}
    assert not repository.has_job(f"report_{NAME}")


def test_two_months_without_a_tick_are_caught_up_and_prepared_once(root, dagster):
    assert dagster.tick(at(date(2026, 10, 8))).skip_message == "Nothing is due and not prepared."
    assert keys(dagster.tick(at(date(2026, 10, 9)))) == ["2026-09"]  # nobody runs it: downtime
    assert keys(dagster.tick(at(date(2026, 11, 2)))) == ["2026-09"]
    said = dagster.tick(at(date(2026, 11, 22)))
    assert keys(said) == ["2026-09", "2026-10"]
    again = dagster.tick(at(date(2026, 11, 22)))
    assert [one.run_key for one in again.run_requests] == [one.run_key for one in said.run_requests]
    for request in said.run_requests:
        assert dagster.run(request).success
    for day in (SEPTEMBER, OCTOBER):
        assert editions(root, day) == once(root)
        names = sorted(path.name for path in (folder_of(Bank.at(root), NAME, day) / "zh").iterdir())
        assert names == [f"{NAME}-{unit}-{day:%Y-%m}-e1.csv" for unit, _, _ in once(root)]
    assert dagster.tick(at(date(2026, 11, 23))).skip_message == "Nothing is due and not prepared."
    assert dagster.look().run_requests == []
    assert dagster.run(said.run_requests[1]).success  # by hand, once more
    assert editions(root) == once(root)


def test_a_unit_that_fails_is_tried_again_seen_and_costs_no_other(root, dagster):
    from orchestration.defs.reports import job_of  # noqa: PLC0415
    from orchestration.reporting.defined import require  # noqa: PLC0415

    bank = Bank.at(root)
    bring_up_to_date(bank, PLANNED, SEPTEMBER, at=datetime.now(UTC))
    unit = once(root)[0][0]
    head = release(bank, unit, SEPTEMBER)
    kept = root / "reports" / "packages" / f"{head.content_hash}.json.gz"
    whole = kept.read_bytes()
    kept.write_bytes(b"altered")  # what October's opening figures are held against
    quick = dagster.dg.RetryPolicy(max_retries=1, delay=0.05)
    (request,) = dagster.tick(at(date(2026, 11, 22))).run_requests
    job = job_of(PLANNED, require(bank, NAME), retries=quick)
    done = dagster.run(request, dagster.bound(job))
    assert not done.success
    kinds = [one.event_type_value for one in done.all_events]
    assert (kinds.count("STEP_UP_FOR_RETRY"), kinds.count("STEP_FAILURE")) == (1, 1)
    (failure,) = [one for one in done.all_events if one.event_type_value == "STEP_FAILURE"]
    metadata = failure.step_failure_data.user_failure_data.metadata
    outcomes = {one.data["unit"]: one.data for one in metadata["outcomes"].value.records}
    assert (metadata["failed"].value, len(outcomes)) == (1, 6)
    assert head.content_hash[:12] in outcomes[unit]["failed"]
    assert f"1 of 6 reports could not be made: {unit}" in (
        failure.step_failure_data.user_failure_data.description
    )
    assert editions(root) == once(root)[1:]
    kept.write_bytes(whole)
    (later,) = dagster.tick(at(date(2026, 11, 23))).run_requests
    assert later.run_key != request.run_key
    assert dagster.run(later).success
    assert editions(root) == once(root)


def test_a_period_that_is_not_published_is_refused_at_once(dagster):
    done = dagster.run(dagster.dg.RunRequest(partition_key="2026-11"))
    assert not done.success
    assert "STEP_UP_FOR_RETRY" not in [one.event_type_value for one in done.all_events]
    (failure,) = [one for one in done.all_events if one.event_type_value == "STEP_FAILURE"]
    said = failure.step_failure_data.user_failure_data.description
    assert said.startswith("2026-11-30 is not published")


def release(bank, unit, day):
    """Signed all the way by people."""
    ledger, now = bank.ledger.returns, datetime.now(UTC)
    head = ledger.newest(SYSTEM, NAME, unit, day)
    workflow.check(bank, SYSTEM, head, by="Li Wei", at=now)
    workflow.approve(bank, SYSTEM, head, by="Wang Fang", at=now)
    workflow.release(bank, SYSTEM, head, by="Zhao Min", at=now)
    return head


def test_a_restatement_reopens_what_it_changed_and_says_so(root, dagster):
    bank = Bank.at(root)
    bring_up_to_date(bank, PLANNED, OCTOBER, at=datetime.now(UTC))
    changed, stays = once(root)[0][0], once(root)[1][0]
    for unit in (changed, stays):
        release(bank, unit, OCTOBER)
    assert dagster.look().run_requests == []
    publish_again(root, changed)
    (request,) = dagster.look().run_requests
    assert (request.job_name, request.partition_key) == (f"report_{NAME}", "2026-10")
    assert dagster.run(request).success
    assert editions(root) == sorted([*once(root), (changed, 2, MACHINE)])
    assert dagster.look().run_requests == []
    found = standing.standing(Bank.at(root), SYSTEM, NAME, changed, OCTOBER)
    assert (found.state, found.head.edition, found.last_released.edition) == ("prepared", 2, 1)
    told = found.against_released.select("data_point", "exact_change").rows()
    assert ("RB.T.010.A", 1000) in told
    assert not found.is_outdated
    other = standing.standing(Bank.at(root), SYSTEM, NAME, stays, OCTOBER)
    assert (other.state, other.head.edition) == ("released", 1)


def publish_again(root, unit):
    """October once more, with 1,000 more loans of a region, as a restatement leaves it."""
    published = Bank.at(root).published
    old = published.current()[OCTOBER, published.newest_versions()[OCTOBER]]
    for table in RESULTS:
        rows = published.draft(table, OCTOBER, old.snapshot_version, old.run_id)
        if table == "metric_fact":
            own = (
                (pl.col("branch_id") == unit)
                & (pl.col("metric_id") == "loan_balance")
                & (pl.col("slice") == "total")
            )
            rows = rows.with_columns(
                pl.when(own).then(pl.col(name) + 1000).otherwise(pl.col(name)).alias(name)
                for name in ("numerator", "value")
            )
        published.write(table, rows, OCTOBER, old.snapshot_version, "restated")
    at_ = datetime.now(UTC)
    published.publish(replace(old, run_id="restated", fingerprint="restated", published_at=at_))


def test_the_command_tells_the_calendar_to_each_reader_of_what_is_theirs(root):
    unit = once(root)[0][0]
    said = here("--as", f"branch:{unit}", "report", "calendar", "-w", root, "--format", "json")
    today = datetime.now(ZONE).date()
    rows = [row for row in said.json if row["report"] == NAME]
    assert rows
    assert not [row for row in said.json if row["report"] == "monthly_structure"]
    for row in rows:
        assert row["units"] == 1
        assert abs(date.fromisoformat(row["due"]) - today).days <= 45
        assert row["by_itself_from"] == (row["due"] if row["period"] >= "2026-09-30" else None)


def test_two_runs_at_once_make_one_edition(root):
    made = []

    def run():
        made.extend(bring_up_to_date(Bank.at(root), PLANNED, OCTOBER, at=datetime.now(UTC)))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.is_new for one in made) == [False] * 6 + [True] * 6
    assert editions(root) == once(root)


def test_a_run_that_waits_in_vain_says_so(root):
    with (
        alone(root, wait_seconds=0),
        pytest.raises(WorkspaceError, match="Another run is preparing reports"),
        alone(root, wait_seconds=0),
    ):
        pass


def test_what_was_given_back_waits_for_people_until_something_changes(root):
    bank = Bank.at(root)
    bring_up_to_date(bank, PLANNED, OCTOBER, at=datetime.now(UTC))
    unit = once(root)[0][0]
    head = bank.ledger.returns.newest(SYSTEM, NAME, unit, OCTOBER)
    now = datetime.now(UTC)
    workflow.give_back(bank, SYSTEM, head, by="Li Wei", at=now, note="Look at the sub-branches.")
    assert not any(one.is_new for one in bring_up_to_date(Bank.at(root), PLANNED, OCTOBER, at=now))
    publish_again(root, unit)
    outcomes = bring_up_to_date(Bank.at(root), PLANNED, OCTOBER, at=datetime.now(UTC))
    assert [(one.unit, one.edition) for one in outcomes if one.is_new] == [(unit, 2)]
