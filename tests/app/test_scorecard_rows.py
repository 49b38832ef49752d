"""The row of a scorecard in its order, and the head of the page above it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest

from dashboards import ordering, scorecard
from records.access import Scope
from records.ledger.check_ins import CheckIn
from records.ledger.ledger import Ledger
from records.published import Published
from tests.app.reading import cells, html, words
from tests.app.small_bank import AS_OF, catalogue, publish, small_bank
from transforms.scorecards import Status

WHOLE = Scope.whole_bank("test")
NOON = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("rows") / "bank")


@pytest.fixture
def written(tmp_path):
    """A bank in whose ledger something is written."""
    return small_bank(tmp_path / "bank", months=[AS_OF])


def body(app):
    """The HTML of a page without its style sheets."""
    return re.sub(r"<style>.*?</style>", "", html(app), flags=re.DOTALL)


def row(app, name):
    """The HTML of a scorecard row."""
    table = html(app).split('class="bm-card"')[1].split("</table>")[0]
    return next(one for one in table.split("<tr>") if f">{name}</a>" in one)


def note(workspace, comment, *, metric="sei_share", day=9):
    """Something is said about a figure of Harbour."""
    entry = CheckIn(
        branch_id="B101",
        metric_id=metric,
        reading=catalogue().metrics[metric].default_reading,
        as_of_date=AS_OF,
        snapshot_version=1,
        comment=comment,
    )
    ledger = Ledger.of(workspace, lambda _: None)
    ledger.check_ins.add(WHOLE, entry, by="Lin", at=NOON.replace(day=day))


def sign(workspace):
    ledger = Ledger.of(workspace, lambda _: None)
    published = Published(workspace.lake)
    ledger.sign_offs.sign(
        WHOLE, published, catalogue(), branch="B101", as_of=AS_OF, by="Zhao", at=NOON
    )


def test_the_name_leads_to_the_figures_page_and_the_last_cell_to_its_loans(opened, bank):
    told = row(opened(bank, "branch", branch="B101"), "SEI share")
    first, last = re.findall(r'href="([^"]*)"', told)
    assert first.startswith("metric?")
    assert last.startswith("loans?")
    assert all(
        "branch=B101" in one and "metric=sei_share" in one and "period=2026-10-31" in one
        for one in (first, last)
    )
    assert 'aria-label="Loans: SEI share"' in told


def test_every_other_comparison_stands_behind_the_one_chosen(opened, bank):
    told = unescape(row(opened(bank, "branch", branch="B101"), "SEI share"))
    # A tenth of a point a month: one since September, ten since December, twelve since last October.
    assert "Previous month: +0.1 pp" in told
    assert "Previous year end: +1.0 pp" in told
    assert "Same month last year: +1.2 pp" in told


def test_what_starts_anew_each_year_is_compared_with_no_year_end(opened, bank):
    told = unescape(row(opened(bank, "branch", branch="B101"), "First-time clients"))
    assert "Covers the year so far" in told
    assert "Previous month: +1 client" in told
    assert "Previous year end:" not in told


def test_no_more_than_rounding_has_no_arrow(opened, bank):
    app = opened(bank, "branch", branch="B101", comparison="previous_month")
    assert cells(app, "SEI share")[4] == "↑ +0.1 pp"
    assert cells(app, "NPL ratio")[4] == "0.00 pp"


def test_a_note_is_counted_and_the_latest_told_with_author_and_day(opened, written):
    app = opened(written, "branch", branch="B101")
    assert "bm-notes" not in body(app)
    note(written, "Two projects <slipped>.")
    note(written, "One came back.", day=10)
    app = opened(written, "branch", branch="B101")
    assert cells(app, "SEI share")[-1] == "Loans › ✎ 2"
    told = unescape(row(app, "SEI share"))
    assert 'title="One came back. (Lin, 10 Nov 2026)"' in told
    assert "2 notes on SEI share, the latest. One came back." in told
    assert "bm-notes" not in row(app, "NPL ratio")
    assert "<slipped>" not in html(app)
    chinese = opened(written, "branch", branch="B101", language="zh")
    assert "One came back.（Lin，2026年11月10日）" in unescape(row(chinese, "战新占比"))


def test_pictures_have_words_that_say_what_they_show(opened, bank):
    told = re.findall(r'alt="([^"]*)"', row(opened(bank, "branch", branch="B101"), "SEI share"))
    assert told == [
        "Strategic emerging industry loan share 10.0% 11.6% missed",
        "Strategic emerging industry loan share, 13 months: from 8.8% to 10.0%",
    ]


def test_a_short_card_keeps_what_is_missed_and_the_order(bank):
    published = Published(bank.lake)
    of = {"as_of": AS_OF, "branch": "B101", "currency": "CNY"}
    one, *_ = scorecard.rows(published, WHOLE, catalogue(), **of)
    states = [Status.MET] * 6 + [Status.MISSED, Status.MET, Status.NEAR, Status.NO_TARGET]
    rows = [replace(one, metric_id=str(at), status=state) for at, state in enumerate(states)]
    shown, rest = ordering.leading(rows, 7)
    assert [one.metric_id for one in shown] == ["0", "1", "2", "3", "4", "6", "8"]
    assert [one.metric_id for one in rest] == ["5", "7", "9"]
    assert ordering.leading(rows[:3], 7) == (tuple(rows[:3]), ())


def test_amounts_are_written_in_the_unit_of_the_address(opened, bank):
    chinese = opened(bank, "branch", branch="B101", unit="large", language="zh")
    assert cells(chinese, "战新占比")[3].endswith("按现有规模需增加 0.08 亿元")
    large = opened(bank, "branch", branch="B101", family="volume", unit="large")
    assert cells(large, "Loans")[1] == "0.50 bn"
    app = opened(bank, "branch", branch="B101", family="volume")
    assert cells(app, "Loans")[1] == "500.0 m"
    app.sidebar.selectbox(key="choose_unit").set_value("small").run()
    assert app.query_params["unit"] == "small"
    assert cells(app, "Loans")[1] == "500,000 k"
    assert "unit=small" in row(app, "Loans")


def test_the_way_down_stands_above_every_page_and_each_step_leads_there(opened, bank):
    crumbs = body(opened(bank, "branch", branch="B10101")).split("bm-crumbs")[1].split("</nav>")[0]
    assert re.findall(r">([^<>]+)</(?:a|span)>", crumbs) == [
        "Harbour Bank",
        "Head Office",
        "North Region",
        "Harbour &lt;b&gt;&amp; Sons&lt;/b&gt; Branch",
        "Harbour Pier Sub-branch",
    ]
    assert re.findall(r"branch=(\w+)", crumbs) == ["HO", "R1", "B101"]
    assert 'aria-current="page">Harbour Pier Sub-branch' in crumbs
    metric = opened(bank, "metric", branch="B101", metric="sei_share")
    above = body(metric).split("bm-crumbs")[1].split("</nav>")[0]
    assert re.findall(r'href="metric\?[^"]*branch=(\w+)[^"]*metric=sei_share', above) == [
        "HO",
        "R1",
    ]


def test_the_strip_says_which_version_and_whether_it_is_signed(opened, written):
    app = opened(written, "branch", branch="B101")
    assert "As known now, v1" in words(app)
    assert "Not signed" in words(app)
    reported = opened(written, "branch", branch="B101", version="reported")
    assert "As reported 5 Nov 2026, v1" in words(reported)
    for metric in ("sei_share", "npl_ratio", "first_time_clients_ytd", "inclusive_npl_tolerance"):
        note(written, "Known.", metric=metric)
    sign(written)
    assert "Signed by Zhao, 9 Nov 2026" in words(opened(written, "branch", branch="B101"))
    assert "Not signed" in words(opened(written, "branch", branch="B201"))
    assert "1 of 2 branches" in words(opened(written))
    publish(written, AS_OF, back=1)
    assert "Signed in an earlier version" in words(opened(written, "branch", branch="B101"))
    assert "0 of 2 branches" in words(opened(written))
