"""When reports are due and which the machine has to prepare, by days known by hand; what its settings refuse.

The small bank has October 2026 published and nothing else. In November 2026 no weekday is off: the 2nd is its
first working day, the 6th its fifth.
"""

import shutil
from datetime import UTC, date, datetime

import polars as pl
import pytest

from dashboards.i18n import Language
from dashboards.summaries.formats import SummaryKind
from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import plan
from orchestration.reporting.agenda import agenda
from orchestration.reporting.settings import Planned, Reporting, reporting_settings
from records.access import Scope
from records.ledger.returns import Step
from records.workspace import create
from tests.app.small_bank import small_bank
from transforms.errors import UnknownNameError, WorkspaceError
from transforms.returns.package import ADJUSTED, CELL, SERIES, UNIT, VERDICT, Package

OCTOBER, SEPTEMBER = date(2026, 10, 31), date(2026, 9, 30)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("plan") / "bank", months=(OCTOBER,)).root


@pytest.fixture
def written(drawn):
    """The bank with a `reporting.toml`, which is gone again after the test."""
    path = drawn / "reporting.toml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return Bank.at(drawn)

    yield write
    path.unlink(missing_ok=True)


def told(dues):
    return [(one.return_id, one.period, one.day) for one in dues]


# The calendar


def test_what_is_due_in_a_span_is_told_by_day_whoever_prepares_it(drawn):
    # Five working days after Saturday 31 October: 2, 3, 4, 5, 6 November.
    found = plan.calendar(Bank.at(drawn), date(2026, 11, 1), date(2026, 11, 30))
    assert told(found) == [
        ("branch_scorecard", OCTOBER, date(2026, 11, 5)),
        ("monthly_structure", OCTOBER, date(2026, 11, 6)),
        ("review_pack", OCTOBER, date(2026, 11, 9)),
    ]
    assert all(one.announced and one.begins is None for one in found)


def test_quarters_are_due_once_a_quarter_and_holidays_put_it_off(drawn):
    # After 30 September: 8, 9, Saturday 10, 12 to 16, 19 to 22 October are the twelve working days.
    found = plan.calendar(Bank.at(drawn), date(2026, 10, 1), date(2026, 12, 31))
    assert [one for one in told(found) if one[0] == "quarterly_themes"] == [
        ("quarterly_themes", SEPTEMBER, date(2026, 10, 22))
    ]


def test_a_year_that_is_not_announced_is_planned_by_the_week_and_says_so(drawn):
    found = plan.calendar(Bank.at(drawn), date(2027, 1, 1), date(2027, 1, 31))
    days = {one.return_id: (one.day, one.announced) for one in found}
    # Friday 1 January counts as long as nobody said that it is off.
    assert days["branch_scorecard"] == (date(2027, 1, 6), False)


def test_only_days_of_the_span_are_told(drawn):
    bank = Bank.at(drawn)
    assert told(plan.calendar(bank, date(2026, 11, 6), date(2026, 11, 6))) == [
        ("monthly_structure", OCTOBER, date(2026, 11, 6))
    ]
    assert plan.calendar(bank, date(2026, 11, 7), date(2026, 11, 8)) == ()


# What is due now


def test_nothing_is_due_by_itself_where_nobody_planned_it(drawn):
    assert plan.due_now(Bank.at(drawn), date(2026, 12, 1)) == ()


@pytest.mark.parametrize(
    ("today", "asked"),
    [(date(2026, 11, 3), []), (date(2026, 11, 4), [date(2026, 11, 6)])],
)
def test_the_machine_begins_on_its_own_working_day(written, today, asked):
    bank = written("[reports.monthly_structure]\nsince = 2026-10-31\nworking_day = 3")
    assert [one.day for one in plan.due_now(bank, today)] == asked


def test_it_begins_on_the_day_something_is_due_if_no_other_is_named(written):
    bank = written("[reports.monthly_structure]\nsince = 2026-10-31")
    assert plan.due_now(bank, date(2026, 11, 5)) == ()
    (found,) = plan.due_now(bank, date(2026, 11, 6))
    assert (found.begins, found.day) == (date(2026, 11, 6), date(2026, 11, 6))


def test_periods_before_the_first_are_left_to_people(written):
    bank = written("[reports.monthly_structure]\nsince = 2026-11-30")
    assert plan.due_now(bank, date(2026, 12, 31)) == ()


def test_a_period_that_is_not_published_or_ends_no_quarter_is_not_prepared(written):
    bank = written("[reports.quarterly_themes]\nsince = 2026-01-31")
    assert plan.due_now(bank, date(2026, 12, 31)) == ()


def test_a_report_is_prepared_only_when_each_of_its_units_has_an_edition(written):
    bank = written(
        "[reports.branch_scorecard]\nsince = 2026-10-31\n[reports.review_pack]\nsince = 2026-10-31"
    )
    day = date(2026, 11, 20)
    units = plan.made_for(
        bank.published.nodes(SYSTEM, as_of=OCTOBER).collect(),
        plan.require(bank, "branch_scorecard"),
    )
    assert len(units) > 1
    for unit in units:
        names = [one.return_id for one in plan.due_now(bank, day)]
        assert names == ["branch_scorecard", "review_pack"]
        bank.ledger.returns.prepare(
            SYSTEM, package("branch_scorecard", unit), by="Li", at=datetime.now(UTC)
        )
    assert [one.return_id for one in plan.due_now(bank, day)] == ["review_pack"]
    assert plan.due_now(bank, day, report="branch_scorecard") == ()


def package(return_id, unit):
    empty = {
        name: pl.DataFrame(schema=dict(schema))
        for name, schema in (
            ("units", UNIT),
            ("cells", CELL),
            ("series", SERIES),
            ("verdicts", VERDICT),
            ("adjustments", ADJUSTED),
        )
    }
    return Package(return_id, "1", "d", unit, OCTOBER, 1, "r", "f", "CNY", **empty)


def test_a_return_that_there_is_not_is_refused_with_a_near_miss(written):
    bank = written("[reports.monthly_structur]\nsince = 2026-10-31")
    with pytest.raises(UnknownNameError, match="Did you mean monthly_structure"):
        plan.due_now(bank, date(2026, 11, 20))


# The calendar with how far everything has come


def test_the_agenda_tells_what_is_coming_due_overdue_and_released(drawn, tmp_path):
    bank = Bank.at(shutil.copytree(drawn, tmp_path / "bank"))
    ledger, now = bank.ledger.returns, datetime.now(UTC)
    today, span = date(2026, 11, 6), (date(2026, 11, 1), date(2026, 12, 31))

    def states(scope=SYSTEM):
        found = agenda(bank, scope, *span, today=today)
        october = [one for one in found if one.due.period == OCTOBER]
        assert all(one.published is (one in october) for one in found)
        return {one.due.return_id: (one.state.value, one.units, one.released) for one in october}

    whole = states()
    assert whole["monthly_structure"] == ("due", 1, 0)
    assert whole["review_pack"] == ("coming", 1, 0)
    assert whole["branch_scorecard"][0] == "overdue"
    head, _ = ledger.prepare(SYSTEM, package("monthly_structure", "HO"), by="Li", at=now)
    for step, by in ((Step.CHECKED, "Wang"), (Step.APPROVED, "Zhao"), (Step.RELEASED, "Wang")):
        signed = {"content_hash": head.content_hash, "by": by, "at": now}
        ledger.step(SYSTEM, head.package_id, step, **signed)
    assert states()["monthly_structure"] == ("released", 1, 1)
    # A branch sees its own report and none of the whole bank.
    own = states(Scope.of("B201", branches=["B201"]))
    assert own == {"branch_scorecard": ("overdue", 1, 0)}


# The settings


@pytest.fixture
def settings(tmp_path):
    workspace = create(tmp_path / "bank", name="Bank", base_currency="CNY")

    def read(text):
        (workspace.root / "reporting.toml").write_text(text, encoding="utf-8")
        return reporting_settings(workspace)

    read.workspace = workspace
    return read


def test_without_the_file_nothing_is_made_by_itself(settings):
    found = reporting_settings(settings.workspace)
    assert found == Reporting()
    assert not found.runs_in("local")


def test_everything_that_is_said_is_read(settings):
    found = settings(
        """
environments = ["production", "test"]
time_zone = "Asia/Hong_Kong"
hour = 6
link = "https://branchmark.bank.example"

[reports.branch_scorecard]
since = 2026-10-31
by = "报表机"
working_day = 2
formats = ["pdf", "xlsx"]
languages = ["zh", "en"]

[reports.review_pack]
since = 2026-09-30
"""
    )
    assert found.runs_in("test")
    assert not found.runs_in("local")
    assert (found.time_zone.key, found.hour) == ("Asia/Hong_Kong", 6)
    assert found.reports == {
        "branch_scorecard": Planned(
            "branch_scorecard",
            OCTOBER,
            "报表机",
            2,
            (SummaryKind.PDF, SummaryKind.XLSX),
            (Language.ZH, Language.EN),
        ),
        "review_pack": Planned("review_pack", SEPTEMBER),
    }
    assert found.delivery.link == "https://branchmark.bank.example"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("environment = ['local']", "Did you mean environments?"),
        ("environments = 'local'", "list of words"),
        ("time_zone = 'Asia/Shanghia'", "Did you mean Asia/Shanghai"),
        ("hour = 24", "whole number from 0 to 23"),
        ("reports = 3", "reports has to be tables"),
        ("[reports]\nmonthly = 3", "reports has to be tables"),
        ("[reports.x]", "since is missing"),
        ("[reports.x]\nsince = '2026-10-31'", "without quotation marks"),
        ("[reports.x]\nsince = 2026-10-31\nformat = ['pdf']", "Did you mean formats?"),
        ("[reports.x]\nsince = 2026-10-31\nformats = ['pfd']", "Did you mean pdf?"),
        ("[reports.x]\nsince = 2026-10-31\nlanguages = ['de']", "There is en, zh"),
        ("[reports.x]\nsince = 2026-10-31\nworking_day = 0", "whole number from 1 to 60"),
        ("hour = ", "is no TOML"),
        ("[smtp]\nhots = 'mail'", "smtp"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_place(settings, text, said):
    with pytest.raises(WorkspaceError) as refused:
        settings(text)
    assert said in str(refused.value)
    assert "reporting.toml" in str(refused.value)
