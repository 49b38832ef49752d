"""A month seen as it is known now, as it was first reported, and as one of its versions."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from dashboards.month import read as month_of
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Publication, Published
from tests.app.reading import cells, words
from tests.app.small_bank import AS_OF, catalogue, small_bank
from transforms.errors import NoSuchMonthError

WHOLE = Scope.whole_bank("test")
HARBOUR = pl.col("branch_id") == "B101"
SEI = pl.col("metric_id") == "sei_share"


def restate(published: Published) -> None:
    """October once more: Harbour's SEI share is 12.5 % instead of 10 %."""
    facts = published.facts(WHOLE, as_of=AS_OF).collect()
    changed = pl.when(HARBOUR & SEI)
    facts = facts.with_columns(
        value=changed.then(pl.lit(Decimal("0.125"))).otherwise("value").cast(facts["value"].dtype),
        numerator=changed.then(pl.lit(Decimal(62_500_000)))
        .otherwise("numerator")
        .cast(facts["numerator"].dtype),
    )
    tables = {
        "metric_fact": facts,
        "node": published.nodes(WHOLE, as_of=AS_OF).collect(),
        "counts_for": published.counts_for(WHOLE, as_of=AS_OF).collect(),
        "finding": published.findings(WHOLE, as_of=AS_OF).collect(),
        "failing_row": published.failing_rows(WHOLE, as_of=AS_OF).collect(),
        "reconciliation": published.reconciliation(WHOLE, as_of=AS_OF).collect(),
    }
    for name, rows in tables.items():
        published.write(name, rows, AS_OF, 2, "again")
    at = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    published.publish(Publication(AS_OF, 2, "f2", "c", "r", "again", at))


@pytest.fixture
def workspace(tmp_path):
    made = small_bank(tmp_path / "bank")
    restate(Published(made.lake))
    return made


def share(published: Published, day: date = AS_OF) -> Decimal:
    return published.facts(WHOLE, as_of=day).filter(HARBOUR & SEI).collect()["value"].item()


def test_a_view_gives_the_figures_of_its_version_and_leaves_other_months_alone(workspace):
    published = Published(workspace.lake)
    assert share(published) == Decimal("0.125")
    assert share(published.as_reported()) == Decimal("0.1")
    assert share(published.with_version(AS_OF, 1)) == Decimal("0.1")
    assert share(published.with_version(AS_OF, 2)) == Decimal("0.125")
    september = date(2026, 9, 30)
    assert share(published.with_version(AS_OF, 1), september) == share(published, september)


def test_a_view_keeps_to_what_was_published_when_it_was_made(workspace):
    first = Published(workspace.lake).as_reported()
    assert first.newest_versions()[AS_OF] == 1
    assert first.pinned().newest_versions()[AS_OF] == 1


def test_a_version_that_was_never_published_is_an_error(workspace):
    with pytest.raises(NoSuchMonthError):
        Published(workspace.lake).with_version(AS_OF, 3)


@pytest.mark.parametrize(
    ("version", "printed"),
    [("now", "12.5%"), ("reported", "10.0%"), ("1", "10.0%"), ("2", "12.5%")],
)
def test_the_address_says_which_version_is_shown(opened, workspace, version, printed):
    app = opened(workspace, "branch", branch="B101", version=version)
    assert not app.exception
    assert cells(app, "SEI share")[1].startswith(printed)
    assert app.selectbox(key="choose_version").value == version


def test_one_version_is_not_answered_from_what_was_kept_for_another(opened, workspace):
    app = opened(workspace, "branch", branch="B101")
    assert cells(app, "SEI share")[1].startswith("12.5%")
    app.selectbox(key="choose_version").select("reported").run()
    assert cells(app, "SEI share")[1].startswith("10.0%")
    app.selectbox(key="choose_version").select("now").run()
    assert cells(app, "SEI share")[1].startswith("12.5%")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "7 is no published version of 31 Oct 2026. Choose one of: 1, 2, now, reported."),
        ("zh", "7 不是 2026年10月31日 已发布的版本。可选：1, 2, now, reported。"),
    ],
)
def test_a_version_that_is_not_there_is_refused(opened, workspace, language, told):
    app = opened(workspace, "branch", branch="B101", version="7", language=language)
    assert told in [error.value for error in app.error]
    assert "SEI" not in words(app)


def test_an_earlier_version_waits_for_no_build_that_has_been(workspace, monkeypatch):
    # What came after the first version was published is in the second, which is published too.
    later = datetime(2026, 11, 20, 8, tzinfo=UTC)
    batches = Deliveries.batches
    monkeypatch.setattr(
        Deliveries, "batches", lambda held: batches(held).with_columns(received_at=pl.lit(later))
    )
    deliveries, published = Deliveries(workspace.lake), Published(workspace.lake)
    for seen in (published, published.as_reported(), published.with_version(AS_OF, 1)):
        month = month_of(seen, deliveries, WHOLE, catalogue(), as_of=AS_OF)
        assert month.pending == ()
    # Of the newest version as of the older ones: what came after all of them waits.
    later = datetime(2026, 11, 21, tzinfo=UTC)
    month = month_of(published.as_reported(), deliveries, WHOLE, catalogue(), as_of=AS_OF)
    assert "loan_snapshot" in month.pending
