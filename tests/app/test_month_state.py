"""The overview of a month that is late, waits or lacks branches, and of a reader of a part of the bank."""

import sys
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import completeness, month
from dashboards.app_pages.viewing import VIEWED
from records.access import Scope
from records.deliveries import Deliveries
from records.ledger.sign_offs import SIGN_OFFS
from records.published import Published
from records.readers import LOCAL, Reader, Role
from tests.app.reading import APP, html, words
from tests.app.small_bank import AS_OF, BOOKED, MONTHS, catalogue, deliver, small_bank

WHOLE = Scope.whole_bank("test")


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("state") / "bank")


@pytest.fixture(scope="module")
def seen(bank):
    published, deliveries = Published(bank.lake), Deliveries(bank.lake)
    return month.read(published, deliveries, WHOLE, catalogue(), as_of=AS_OF)


@pytest.fixture
def opened_as(monkeypatch):
    """Opens the overview as a reader of some units sees it."""

    def open_(workspace, *units, **parameters):
        monkeypatch.setattr(sys, "argv", ["app.py", "--workspace", str(workspace.root)])
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.session_state[VIEWED] = (LOCAL, Reader("north", Role.REGION, units))
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return open_


def test_what_is_late_are_the_month_ends_since_the_newest(seen):
    assert completeness.late(seen, date(2026, 11, 22)) == ()
    assert completeness.late(seen, date(2026, 11, 30)) == (date(2026, 11, 30),)
    assert completeness.late(seen, date(2027, 1, 2)) == (date(2026, 11, 30), date(2026, 12, 31))


def test_of_an_older_month_nothing_is_late(seen):
    assert completeness.late(replace(seen, as_of=MONTHS[-2]), date(2027, 1, 2)) == ()


def test_a_branch_for_which_no_loan_came_is_missing_with_all_that_counts_for_it(seen):
    _, (garden,) = seen.units.compared()[1]
    _, (harbour,) = seen.units.compared()[0]
    assert completeness.without_loans(seen, [harbour, garden]) == ()
    lacks = replace(seen, delivered=seen.delivered.filter(pl.col("branch_id") != "B201"))
    assert completeness.without_loans(lacks, [harbour, garden]) == (garden,)
    uncounted = replace(seen, delivered=seen.delivered.clear())
    assert completeness.without_loans(uncounted, [harbour, garden]) == ()


def test_only_a_signature_on_the_figures_shown_counts(seen):
    rows = [("B101", "run-9"), ("B201", "run-8"), ("R1", "run-9")]
    signatures = pl.DataFrame(
        [{"branch_id": branch, "run_id": run} for branch, run in rows], schema=dict(SIGN_OFFS)
    )
    units = [seen.units.by_id[one] for one in ("B101", "B201")]
    assert completeness.signed(signatures, units, "run-9") == 1
    assert completeness.signed(signatures.clear(), units, "run-9") == 0


def test_a_month_without_a_branch_says_so_above_the_figures(opened, tmp_path, monkeypatch):
    rows = [row for row in BOOKED if row[0] != "B201"]
    monkeypatch.setattr("tests.app.small_bank.BOOKED", rows)
    workspace = small_bank(tmp_path / "bank", months=[AS_OF])
    app = opened(workspace)
    assert "1 of 2 branches delivered no loans: Garden Branch." in app.warning[0].value
    chinese = opened(workspace, language="zh")
    assert "2 家机构中 1 家未报送贷款：花园分行。" in chinese.warning[0].value


def test_a_month_that_waits_for_the_build_is_said(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank", months=[MONTHS[-2]])
    deliver(workspace, AS_OF)
    app = opened(workspace)
    assert "31 Oct 2026 delivered and not published yet." in app.warning[0].value
    assert "No snapshot for 31 Oct 2026" not in app.warning[0].value


def test_the_readiness_says_what_is_signed_and_leads_to_where_it_is_done(opened, bank):
    app = opened(bank)
    assert "0 of 2 branches" in words(app)
    assert 'href="reports?' in html(app)


def test_a_region_sees_its_branches_and_nothing_of_the_others(opened_as, bank):
    app = opened_as(bank, "R1")
    assert not app.exception
    assert app.title[0].value == "North Region"
    grid = html(app).split('class="bm-grid"')[1].split("</table>")[0]
    assert "branch=B101" in grid
    assert "B201" not in html(app)
    assert "Garden" not in words(app)


def test_a_branch_sees_its_sub_branches(opened_as, bank):
    app = opened_as(bank, "B101")
    assert not app.exception
    assert app.title[0].value == "Harbour <b>& Sons</b> Branch"
    grid = html(app).split('class="bm-grid"')[1].split("</table>")[0]
    assert "branch=B10101" in grid
    assert "Garden" not in words(app)


def test_a_unit_without_units_below_has_its_scorecard_and_no_matrix(opened_as, bank):
    app = opened_as(bank, "B10101")
    assert not app.exception
    assert app.title[0].value == "Harbour Pier Sub-branch"
    assert 'class="bm-card"' in html(app)
    assert 'class="bm-grid"' not in html(app)


def test_a_reader_of_two_branches_compares_them(opened_as, bank):
    app = opened_as(bank, "B101", "B201")
    assert not app.exception
    grid = html(app).split('class="bm-grid"')[1].split("</table>")[0]
    assert "branch=B101" in grid
    assert "branch=B201" in grid


def test_another_family_keeps_no_sort_it_does_not_have(opened, bank):
    app = opened(bank, family="price", sort="npl_ratio")
    assert not app.exception
    assert app.selectbox(key="choose_sort").value == "region"


def test_a_heading_sorts_by_its_metric_and_says_so(opened, bank):
    app = opened(bank, sort="npl_ratio")
    grid = html(app).split('class="bm-grid"')[1].split("</table>")[0]
    heading = next(one for one in grid.split("<th ") if ">NPL ratio</a>" in one)
    assert 'aria-sort="ascending"' in heading
    assert grid.count("aria-sort") == 1
    assert "sort=npl_ratio" in heading


def test_a_figure_of_the_matrix_leads_to_its_own_page(opened, bank):
    grid = html(opened(bank)).split('class="bm-grid"')[1].split("</table>")[0]
    garden = next(one for one in grid.split("<tr ") if "Garden Branch" in one)
    assert 'href="metric?' in garden
    assert "branch=B201&amp;metric=sei_share" in garden
