"""Who is behind and what changed, from scorecards one can check by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dashboards import month, ordering, scorecard, standing
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.short_names import SHORT_NAMES
from dashboards.units import Units
from dashboards.words import Comparison
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from tests.app.small_bank import AS_OF, MONTHS, UNITS, catalogue, small_bank
from transforms.accounting import Account
from transforms.catalogue import families
from transforms.catalogue.model import Label
from transforms.errors import AccessError, NoSuchMonthError, UnknownNameError
from transforms.hierarchy import NODE
from transforms.quality import QualityState
from transforms.scorecards import Status

WHOLE = Scope.whole_bank("test")


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("standing") / "bank")


@pytest.fixture(scope="module")
def published(bank):
    return Published(bank.lake)


@pytest.fixture(scope="module")
def cards(published):
    return scorecard.of_branches(
        scorecard.window(published, WHOLE, catalogue(), as_of=AS_OF),
        catalogue(),
        Format(Language.EN, "CNY"),
        as_of=AS_OF,
        branches=["B101", "B201"],
        comparison=Comparison.YEAR_END,
    )


def rows(published, branch, scope=WHOLE, **more):
    options = {"as_of": AS_OF, "branch": branch, "currency": "CNY", **more}
    return scorecard.rows(published, scope, catalogue(), **options)


def test_the_branch_that_misses_is_behind_and_told_where_it_is_furthest_off(cards):
    (only,) = standing.behind(cards)
    assert (only.branch, only.missed, only.near) == ("B101", 3, 1)
    assert only.furthest.metric_id == "first_time_clients_ytd"


def test_branches_are_ranked_by_distance_and_by_misses(cards):
    assert standing.by_distance(cards, "sei_share") == ["B101", "B201"]
    assert standing.by_distance(cards, "npl_ratio") == ["B101", "B201"]
    assert set(standing.by_distance(cards, "green_share")) == {"B101", "B201"}
    assert standing.by_misses(cards) == ["B101", "B201"]


def test_a_status_that_changed_is_a_flip_with_its_direction(cards):
    card = cards["B201"]
    changed = [
        replace(row, previous_status=Status.MISSED) if row.metric_id == "sei_share" else row
        for row in card
    ]
    (flip,) = standing.flips({"B201": changed})
    assert (flip.row.metric_id, flip.before, flip.worse) == ("sei_share", Status.MISSED, False)
    unjudged = [replace(row, previous_status=Status.NO_TARGET) for row in card]
    assert standing.flips({"B201": unjudged}) == []


def test_what_starts_anew_each_year_is_not_compared_with_the_year_end(cards):
    row = next(r for r in cards["B101"] if r.metric_id == "first_time_clients_ytd")
    assert row.previous is None
    assert row.change_text == "–"


def test_history_has_thirteen_months_and_leaves_gaps_empty(tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[MONTHS[0], AS_OF])
    row = rows(Published(workspace.lake), "B101")[0]
    assert [point.as_of for point in row.history] == list(MONTHS)
    assert [point.value is None for point in row.history] == [False, *[True] * 11, False]


def test_a_scorecard_opens_with_what_has_a_target_or_limit(published):
    opening = ordering.opening(rows(published, "B101"))
    assert [row.metric_id for row in opening] == [
        "sei_share",
        "first_time_clients_ytd",
        "npl_ratio",
        "inclusive_npl_tolerance",
    ]


def test_without_targets_a_scorecard_opens_with_the_core_filled_up_from_the_rest(published):
    bare = [replace(row, target=None, limit=None) for row in rows(published, "B101")]
    opening = ordering.opening(bare)
    assert [row.metric_id for row in opening] == [
        "sei_share",
        "first_time_clients_ytd",
        "npl_ratio",
        "inclusive_npl_tolerance",
        "loan_balance",
        "sei_growth_gap",
        "settlement_days",
        "provision_coverage",
        "green_share",
    ]


def test_the_catalogue_is_told_core_first_and_then_family_by_family():
    ordered = ordering.in_order(catalogue())
    assert tuple(metric.metric_id for metric in ordered[: len(ordering.CORE)]) == ordering.CORE
    told = [metric.family for metric in ordered[len(ordering.CORE) :]]
    assert tuple(dict.fromkeys(told)) == families.in_order(told)
    assert len(ordered) == len(catalogue().metrics)


def test_every_family_has_a_name_in_both_languages_and_an_added_one_its_own():
    used = {metric.family for metric in catalogue().metrics.values()}
    assert set(families.FAMILIES) == used
    assert all(f.label.zh and f.meaning.en and f.meaning.zh for f in families.FAMILIES.values())
    assert families.label_of("mine") == Label("mine", "mine")
    assert families.in_order({"price", "mine", "volume"}) == ("volume", "price", "mine")


def test_short_names_are_of_metrics_that_exist():
    assert set(SHORT_NAMES) == set(catalogue().metrics)


def test_only_what_is_asked_for_is_read(published):
    facts = scorecard.window(
        published,
        WHOLE,
        catalogue(),
        as_of=AS_OF,
        branches=["B101"],
        metrics=["npl_ratio", "sei_share"],
        days=[AS_OF, MONTHS[0]],
    )
    assert facts.select("branch_id", "metric_id", "as_of_date").rows() == [
        ("B101", metric, day) for metric in ("npl_ratio", "sei_share") for day in (MONTHS[0], AS_OF)
    ]


def test_a_reader_sees_only_what_lies_in_the_scope(bank, published):
    north = Scope.of("north", ["B101", "B10101"])
    seen = month.read(published, Deliveries(bank.lake), north, catalogue(), as_of=AS_OF)
    assert [unit.unit_id for unit in seen.units.all] == ["B101", "B10101"]
    assert seen.units.top.unit_id == "B101"
    assert set(seen.standing["branch_id"]) == set(seen.quality) == {"B101", "B10101"}
    assert seen.aimed(["HO", "B101"]) == seen.aimed(["B101"])
    own = seen.account("B101")
    assert (own.delivered_rows, own.rejected_rows, own.delivered) == (
        703,
        3,
        Decimal("500000003.00"),
    )
    assert seen.account("B201") is None
    assert seen.rejected_rows == 3
    assert rows(published, "B10101", scope=north)
    with pytest.raises(AccessError):
        rows(published, "B201", scope=north)


def test_what_does_not_exist_is_refused(published):
    with pytest.raises(UnknownNameError, match="B101"):
        rows(published, "B102")
    with pytest.raises(NoSuchMonthError):
        rows(published, "B101", as_of=date(2020, 1, 31))
    with pytest.raises(UnknownNameError, match="zh"):
        rows(published, "B101", language="fr")


def test_a_month_is_read_with_its_account_and_its_doubts(bank, published):
    seen = month.read(published, Deliveries(bank.lake), WHOLE, catalogue(), as_of=AS_OF)
    assert seen.account("HO") == Account(
        delivered_rows=1204,
        accepted_rows=1200,
        rejected_rows=4,
        delivered=Decimal("1000000004.00"),
        accepted=Decimal("1000000000.00"),
        rejected=Decimal("4.00"),
        unmeasured_rows=0,
    )
    assert seen.rejected_rows == 4
    assert seen.findings == {"warning": (1, 1234), "error": (1, 2)}
    assert seen.unreconciled == ()
    assert seen.quality_of("HO") == (QualityState.FINAL, None)
    assert seen.quality_of("B999") == (QualityState.NOT_RECONCILED, None)
    assert seen.aimed(["HO"]) == {"sei_share", "inclusive_npl_tolerance"}
    assert "green_share" not in seen.given(["HO"])
    assert seen.published == set(MONTHS)


def test_without_a_ledger_no_branch_is_called_unreconciled(tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[AS_OF], quality="not_reconciled")
    seen = month.read(
        Published(workspace.lake), Deliveries(workspace.lake), WHOLE, catalogue(), as_of=AS_OF
    )
    assert seen.unreconciled is None


def test_branches_stand_side_by_side_within_their_region():
    units = Units.of(pl.DataFrame(UNITS, schema=NODE, orient="row"))
    assert [
        (region.unit_id if region else None, [unit.unit_id for unit in members])
        for region, members in units.compared()
    ] == [("R1", ["B101"]), ("R2", ["B201"])]
    assert [unit.unit_id for unit in units.chain("B10101")] == ["HO", "R1", "B101", "B10101"]


def test_without_levels_the_units_below_the_top_are_compared():
    nodes = [("HO", None, None, "Bank", "银行", 0), ("TX", "HO", None, "Texas", "德州", 1)]
    units = Units.of(pl.DataFrame(nodes, schema=NODE, orient="row"))
    ((region, members),) = units.compared()
    assert region is None
    assert [unit.unit_id for unit in members] == ["TX"]
