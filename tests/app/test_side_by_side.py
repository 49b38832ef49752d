"""Who is behind and what changed among many units, found in their facts and not in a line of each."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dashboards import scorecard, standing
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.side_by_side import SideBySide
from dashboards.words import Comparison
from records.access import Scope
from records.published import Known, Published
from tests.app.small_bank import AS_OF, MONTHS, catalogue, publish, small_bank
from transforms.errors import AccessError
from transforms.schema import WIDE
from transforms.scorecards import Status

WHOLE = Scope.whole_bank("test")
AIMED = ("sei_share", "npl_ratio", "first_time_clients_ytd", "inclusive_npl_tolerance")
LAST_YEAR = Comparison.SAME_MONTH_LAST_YEAR


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """October 2026 and the October before it: twelve clients and 1.2 points of SEI share less."""
    made = small_bank(tmp_path_factory.mktemp("side_by_side") / "bank", months=(AS_OF,))
    publish(made, MONTHS[0], back=12)
    return made


@pytest.fixture(scope="module")
def facts(bank):
    return scorecard.window(
        Published(bank.lake), WHOLE, catalogue(), as_of=AS_OF, days=(MONTHS[0], AS_OF)
    )


def beside(facts, comparison=LAST_YEAR, as_of=AS_OF):
    form = Format(Language.EN, "CNY")
    return SideBySide(facts, catalogue(), form, as_of, comparison, AIMED)


def copies(facts, **gaps):
    """Branches like Harbour but for the gap of their new clients, which is of a target of 24."""
    harbour = facts.filter(pl.col("branch_id") == "B101")
    own = (pl.col("metric_id") == "first_time_clients_ytd") & (pl.col("as_of_date") == AS_OF)
    return pl.concat(
        harbour.with_columns(
            branch_id=pl.lit(branch),
            gap=pl.when(own).then(pl.lit(Decimal(gap), dtype=WIDE)).otherwise("gap"),
        )
        for branch, gap in gaps.items()
    )


def test_the_branch_behind_is_told_and_no_other_line_is_made(facts):
    compared = beside(facts, Comparison.PREVIOUS_MONTH)
    told = compared.told(["B101", "B201"], AIMED, 5)
    # Harbour: 12 of 24 new clients, 10.0 of 11.6 % and a limit exceeded; bad loans are near their limit.
    ((only,), flips) = told.behind, told.flips
    assert (only.branch, only.missed, only.near) == ("B101", 3, 1)
    assert only.furthest.metric_id == "first_time_clients_ytd"
    assert (told.judged, told.exceeded, told.behind_count) == (True, ("B101",), 1)
    assert (flips, told.flip_count, told.worse) == ((), 0, 0)
    assert set(compared.made) == {"B101"}


def test_a_status_that_changed_is_told_with_its_direction(facts):
    # A year before Garden had 18 of 24 new clients: a quarter off; now it has 30.
    told = beside(facts).told(["B101", "B201"], AIMED, 5)
    (flip,) = told.flips
    assert (flip.branch, flip.row.metric_id) == ("B201", "first_time_clients_ytd")
    assert (flip.before, flip.row.status, flip.worse) == (Status.MISSED, Status.MET, False)
    assert (told.flip_count, told.worse) == (1, 0)


def test_what_began_anew_with_the_year_has_not_changed_since_the_year_end(facts):
    october = pl.col("as_of_date") == MONTHS[0]
    december = facts.with_columns(
        as_of_date=pl.when(october).then(pl.lit(date(2025, 12, 31))).otherwise("as_of_date")
    )
    told = beside(december, Comparison.YEAR_END).told(["B101", "B201"], AIMED, 5)
    assert (told.flips, told.flip_count) == ((), 0)


def test_of_branches_that_miss_as_much_those_furthest_off_are_told(facts):
    # As parts of 24: a half, a third, five eighths and a half again.
    drawn = copies(facts, B1="-12", B2="-8", B3="-15", B4="-12")
    compared = beside(drawn)
    told = compared.told(["B1", "B2", "B3", "B4"], AIMED, 2)
    assert [one.branch for one in told.behind] == ["B3", "B1"]
    assert told.behind_count == 4
    # B4 is as far off as B1: which comes first is decided exactly, so that its line is made, too.
    assert set(compared.made) == {"B1", "B3", "B4"}


def test_what_is_told_is_what_all_cards_would_tell(facts):
    units = ["B101", "B201", "B3", "B4", "HO"]
    drawn = pl.concat([facts, copies(facts, B3="-13", B4="-1")])
    was_met = (pl.col("as_of_date") == MONTHS[0]) & (pl.col("branch_id") == "B4")
    drawn = drawn.with_columns(
        status=pl.when(was_met).then(pl.lit(Status.MET.value)).otherwise("status")
    )
    compared = beside(drawn)
    for most in (1, 2, 9):
        told = beside(drawn).told(units, AIMED, most)
        cards = compared.cards(units, AIMED)
        behind, flips = standing.behind(cards), standing.flips(cards)
        assert told.behind == tuple(behind[:most])
        assert told.flips == tuple(flips[:most])
        assert (told.behind_count, told.flip_count) == (len(behind), len(flips))
        assert told.worse == sum(flip.worse for flip in flips) == 4  # all that B4 had met


def test_of_units_without_targets_nothing_is_told(facts):
    told = beside(facts).told(["B101", "B201"], [], 5)
    assert (told.judged, told.behind, told.flips, told.exceeded) == (False, (), (), ())


def test_cards_hold_the_metrics_asked_for_in_their_order(facts):
    cards = beside(facts).cards(["B201", "B101"], ["npl_ratio", "sei_share"])
    assert {unit: [row.metric_id for row in card] for unit, card in cards.items()} == {
        "B201": ["npl_ratio", "sei_share"],
        "B101": ["npl_ratio", "sei_share"],
    }


def test_a_figure_is_read_for_all_months_as_known_now_and_as_first_reported(tmp_path):
    bank = small_bank(tmp_path / "bank", months=(MONTHS[0], AS_OF))
    published = Published(bank.lake)

    def shares(known):
        rows = published.of_figure(WHOLE, "B101", "sei_share", known)
        return rows.select("as_of_date", "value").rows()

    # Fifty of five hundred million; a tenth of a point less for each month before.
    first = [(MONTHS[0], Decimal("0.099")), (AS_OF, Decimal("0.1"))]
    assert shares(Known.NOW) == shares(Known.REPORTED) == first
    publish(bank, AS_OF, back=10, version=2)
    assert shares(Known.NOW) == [first[0], (AS_OF, Decimal("0.09"))]
    assert shares(Known.REPORTED) == first


def test_a_figure_of_a_run_that_was_never_published_is_not_read(tmp_path):
    published = Published(small_bank(tmp_path / "bank", months=(AS_OF,)).lake)
    rows = published.of_figure(WHOLE, "B101", "sei_share")
    published.write("metric_fact", rows, AS_OF, 2, "a build that died")
    assert published.of_figure(WHOLE, "B101", "sei_share").equals(rows)


def test_a_figure_outside_the_scope_is_refused(bank):
    with pytest.raises(AccessError, match="B201"):
        Published(bank.lake).of_figure(Scope.of("north", ["B101"]), "B201", "sei_share")
