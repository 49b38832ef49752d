"""The metric page with the bank at work behind it: what it tells equals the facts and the commands."""

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import scorecard
from dashboards.documents.metric import Shown, document
from dashboards.exports.document import Picture
from dashboards.figure import read, subject
from dashboards.figure.breakdown import breakdown
from dashboards.figure.history import points
from dashboards.headline import Headline
from dashboards.i18n import Language
from dashboards.month import read as read_month
from dashboards.numbers import Format
from dashboards.words import Comparison
from orchestration.answering.figures import FigureAnswers
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from records.workspace import open_workspace
from tests.app.reading import lines, words
from tests.whole.commands import here
from transforms.catalogue.load import definitions
from transforms.errors import AccessError
from transforms.reference import tables

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
BRANCH = "B101"
SEP, OCT = date(2026, 9, 30), date(2026, 10, 31)


def page(root, monkeypatch, **asked):
    monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
    app = AppTest.from_file(str(ROOT / "orchestration" / "pages.py"), default_timeout=120)
    app.query_params["period"] = "none"
    app.run()
    app.switch_page(str(ROOT / "dashboards" / "app_pages" / "metric.py"))
    del app.query_params["period"]
    shown = {"branch": BRANCH, "metric": "sei_share", "comparison": "previous_month", **asked}
    for name, value in shown.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def said(app):
    return " ".join(words(app).split())


def press(app, label):
    next(one for one in app.button if one.label == label).click().run()
    assert not app.exception


def facts(root, metric, *, slice_="total", branch=BRANCH):
    published = Published(open_workspace(root).lake)
    return (
        published.facts(Scope.whole_bank("test"), as_of=OCT)
        .filter(
            pl.col("metric_id") == metric,
            pl.col("branch_id") == branch,
            pl.col("slice") == slice_,
        )
        .collect()
    )


def number(text):
    """What is printed as a number, without its unit."""
    plain = text.replace("−", "-").replace("+", "").replace(",", "").split("%")[0].split(" pp")[0]
    return Decimal(plain)


def test_causes_are_worked_out_when_they_are_asked_for_and_the_sentence_then_names_them(
    demo_bank, monkeypatch
):
    app = page(demo_bank.root, monkeypatch)
    assert 'aria-label="Cause"' not in "".join(one.proto.body for one in app.get("html"))
    before = said(app)
    press(app, "Split the change over its causes")
    walked = here(
        *("bridge", "-w", demo_bank.root, "--branch", BRANCH, "--metric", "sei_share"),
        *("--from", SEP.isoformat(), "--format", "json"),
    ).json
    rows = lines(app, "Cause")
    assert [row[0] for row in rows[1:-1]] == [part["label"] for part in walked["parts"]]
    ends = [f"{float(walked[end]) * 100:.2f}%" for end in ("start", "end")]
    assert [rows[0][1], rows[-1][1]] == ends
    # As they are shown.
    assert sum(number(row[1]) for row in rows[1:-1]) == number(ends[1]) - number(ends[0])
    largest = max(walked["parts"], key=lambda part: abs(Decimal(part["amount"])))
    assert f"on the month: {largest['label'].lower()}" in said(app)
    assert "on the month:" not in before


def test_the_change_is_split_over_the_units_below_and_adds_up(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, branch="HO")
    press(app, "Split the change over the units below")
    walked = here(
        *("bridge", "-w", demo_bank.root, "--metric", "sei_share", "--by", "branch"),
        *("--from", SEP.isoformat(), "--format", "json"),
    ).json
    rows = lines(app, "By unit below")
    assert {row[0].removesuffix(" ›") for row in rows} <= {
        *(one["branch_name"] for one in walked["branches"]),
        *(f"{one['branch_name']}, booked there itself" for one in walked["branches"]),
    }
    assert len(rows) == len(walked["branches"])
    ends = [round(Decimal(walked[end]) * 100, 2) for end in ("start", "end")]
    assert sum(number(row[3]) for row in rows) == ends[1] - ends[0]
    for row in rows:
        assert number(row[3]) == number(row[4]) + number(row[5])


@pytest.mark.parametrize(
    ("metric", "slice_"),
    [("sei_share", "enterprise_size"), ("sei_share", "sei_field"), ("npl_ratio", "security")],
)
def test_parts_shown_are_the_published_ones_and_add_up_to_the_figure(
    demo_bank, monkeypatch, metric, slice_
):
    app = page(demo_bank.root, monkeypatch, metric=metric, section="parts", slice=slice_)
    default = {"sei_share": "confirmed", "npl_ratio": "default"}[metric]
    parts = facts(demo_bank.root, metric, slice_=slice_).filter(pl.col("reading") == default)
    whole = facts(demo_bank.root, metric).filter(pl.col("reading") == default)
    assert parts["numerator"].sum() == whole["numerator"].item()
    rows = lines(app, "Parts of the figure")
    ordered = parts.sort(pl.col("numerator").abs(), "member", descending=[True, False])
    decimals = 2 if metric == "npl_ratio" else 1
    expected = [round(value * 100, decimals) for value in ordered["value"]]
    assert [number(row[1]) for row in rows] == expected
    assert rows[-1][-1] == "100.0%"
    adds = "parts add up to the figure" if slice_ == "sei_field" else "Numerators and denominators"
    assert any(adds in one.value for one in app.caption)


def test_parts_of_distinct_clients_say_that_they_need_not_add_up(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, metric="loan_clients", section="parts")
    assert any("need not add up" in one.value for one in app.caption)
    heads = [row for row in lines(app, "Parts of the figure") if row]
    assert all("%" not in cell for row in heads for cell in row)


def test_readings_stand_side_by_side_as_they_are_published_with_the_loans_between_them(
    demo_bank, monkeypatch
):
    app = page(demo_bank.root, monkeypatch, section="readings")
    held = {row["reading"]: row for row in facts(demo_bank.root, "sei_share").to_dicts()}
    rows = lines(app, "Readings side by side")
    names = {"confirmed": "confirmed this page", "strict": "strict ›", "broad": "broad ›"}
    shown = {row[0]: row[1] for row in rows}
    assert len(rows) == len(held)
    for reading, name in names.items():
        assert shown[name] == f"{round(held[reading]['value'] * 100, 1)}%"
    press(app, "Find the loans that tell them apart")
    told = here(
        "fork", "sei_share", "-w", demo_bank.root, "--branch", BRANCH, "--format", "json"
    ).json
    apart = {}
    for loan in told["loans"]:
        key = (loan["in"], loan["not_in"], loan["side"].capitalize())
        apart[key] = apart.get(key, 0) + 1
    spelled = {"of all loans": "all_loans"}
    found = {
        (spelled.get(row[0], row[0]), spelled.get(row[1], row[1]), row[2]): int(row[3])
        for row in lines(app, "Loans that tell the readings apart")
    }
    assert found == apart


def test_another_reading_holds_for_the_whole_page(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, reading="broad", section="parts")
    held = facts(demo_bank.root, "sei_share").filter(pl.col("reading") == "broad")
    share = f"{round(held['value'].item() * 100, 1)}%"
    assert f"SEI share {share};" in said(app)
    parts = facts(demo_bank.root, "sei_share", slice_="enterprise_size")
    broad = parts.filter(pl.col("reading") == "broad").sort("numerator", descending=True)
    rows = lines(app, "Parts of the figure")
    assert number(rows[0][1]) == round(broad["value"][0] * 100, 1)


def test_the_outlook_is_the_commands_with_its_range_and_method(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, metric="loan_balance", branch="HO")
    told = here(
        *("project", "--metric", "loan_balance", "--branch", "HO"),
        *("-w", demo_bank.root, "--format", "json"),
    ).json
    sentence = next(one.value for one in app.caption if "Outlook to 31 Dec 2026" in one.value)
    billions = Decimal(told["projected"]) / 10**9
    assert f"CNY {billions:,.2f} bn" in sentence
    assert told["low"] is None
    assert told["no_range"] in sentence  # three months are too few for a back-test


def test_a_version_that_cannot_be_carried_on_still_has_its_trend(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch)
    assert any("Outlook to" in one.value for one in app.caption)
    app.query_params["version"] = "reported"
    app.run()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 1
    assert not any("Outlook to" in one.value for one in app.caption)


def test_peers_are_ranked_as_the_command_ranks_them(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch, section="beside")
    told = here(
        *("peers", "--metric", "sei_share", "--branch", BRANCH, "-w", demo_bank.root),
        *("--format", "json"),
    ).json
    assert f"Rank {told['rank']} of {told['branches']}, quartile {told['quartile']}" in said(app)
    rows = lines(app, "Among units of its level")
    assert [row[0] for row in rows] == [
        "–" if one["rank"] is None else str(one["rank"]) for one in told["members"]
    ]


def test_a_reader_of_one_branch_gets_no_names_of_others_and_no_facts_of_theirs(demo_bank):
    root = demo_bank.root
    whole = Published(open_workspace(root).lake)
    everyone = Scope.whole_bank("test")
    tree = whole.nodes(everyone, as_of=OCT).collect()
    own = [BRANCH, *tree.filter(pl.col("parent_id") == BRANCH)["node_id"]]
    scope = Scope.of("branch reader", own)
    answers = FigureAnswers(root)
    peers = answers.peers(scope, BRANCH, "sei_share", "confirmed", OCT)
    assert set(peers.rows["branch_id"].drop_nulls()) == {BRANCH}
    assert peers.rows.height > 1
    asked = read.Question(
        branch=BRANCH,
        metric="sei_share",
        reading="confirmed",
        cut="enterprise_size",
        as_of=OCT,
        before=(SEP,),
        below=("B102", *own[1:]),
    )
    deliveries = Deliveries(open_workspace(root).lake)
    found = read.read(whole, deliveries, scope, asked)
    assert set(found.below["branch_id"]) <= set(own[1:])
    assert set(found.own["branch_id"]) == {BRANCH}
    for ask in (
        lambda: answers.walk(scope, "B102", "sei_share", "confirmed", SEP, OCT),
        lambda: answers.walk_by_branch(scope, "B102", "sei_share", "confirmed", SEP, OCT),
        lambda: answers.outlook(scope, "B102", "sei_share", "confirmed", OCT),
        lambda: answers.peers(scope, "B102", "sei_share", "confirmed", OCT),
        lambda: answers.apart(scope, "B102", "sei_share", "confirmed", OCT),
        lambda: read.read(
            whole, deliveries, scope, read.Question("B102", "x", "y", None, OCT, (), ())
        ),
    ):
        with pytest.raises(AccessError):
            ask()


def shown(root, form):
    """What the page shows of a figure, put together as the page does it."""
    workspace = open_workspace(root)
    published, deliveries = Published(workspace.lake).pinned(), Deliveries(workspace.lake)
    reference = tables.load()
    catalogue = definitions(reference).newest
    scope = Scope.whole_bank("test")
    month = read_month(published, deliveries, scope, catalogue, as_of=OCT)
    asked = read.Question(
        branch=BRANCH,
        metric="sei_share",
        reading="confirmed",
        cut="sei_field",
        as_of=OCT,
        before=(SEP,),
        below=tuple(one.unit_id for one in month.units.children(BRANCH)),
    )
    found = read.read(published, deliveries, scope, asked)
    of = subject.subject(
        found,
        catalogue,
        form,
        branch=BRANCH,
        metric="sei_share",
        reading="confirmed",
        comparison=Comparison.PREVIOUS_MONTH,
    )
    assert of is not None
    below = scorecard.of_branches(
        found.below,
        catalogue,
        form,
        as_of=OCT,
        branches=asked.below,
        comparison=Comparison.PREVIOUS_MONTH,
        metrics=["sei_share"],
    )
    walk = FigureAnswers(root).walk(scope, BRANCH, "sei_share", "confirmed", SEP, OCT)
    headline = Headline(
        bank="Demo",
        month=month,
        unit=BRANCH,
        form=form,
        comparison=Comparison.PREVIOUS_MONTH,
        version="now",
        scope=scope,
        signatures=None,
        run_id="",
    )
    page_of = Shown(
        headline=headline,
        unit=month.units.by_id[BRANCH],
        subject=of,
        history=points(found, "confirmed", form),
        said={},
        parts=breakdown(
            found.parts.filter(pl.col("as_of_date") == OCT),
            found.parts.filter(pl.col("as_of_date") == SEP),
            of.metric,
            "sei_field",
            {},
            of.row.numerator,
        ),
        below=[row for card in below.values() for row in card],
        units=month.units.children(BRANCH),
        readings=[of.row],
        walk=walk,
        outlook=None,
        message="A sentence.",
    )
    return document(page_of, catalogue, reference)


@pytest.mark.parametrize("language", Language)
def test_the_page_leaves_as_a_document_with_the_exact_figures(demo_bank, language):
    made = shown(demo_bank.root, Format(language, "CNY"))
    assert made.stem == f"metric_sei_share_{BRANCH}_2026-10-31_v1"
    by_name = {one.name: one for one in made.tables}
    assert list(by_name) == ["months", "causes", "parts", "units_below"]
    held = facts(demo_bank.root, "sei_share").filter(pl.col("reading") == "confirmed")
    last = by_name["months"].rows.row(-1, named=True)
    for name in ("value", "numerator", "denominator"):
        assert last[name] == held[name].item()
    assert by_name["parts"].rows["numerator"].sum() == held["numerator"].item()
    for table in made.tables:
        assert [column.name for column in table.columns] == table.rows.columns
        assert all(column.label for column in table.columns)
    pictures = [block for block in made.blocks if isinstance(block, Picture)]
    assert len(pictures) == 3
    assert all(one.alt and one.svg.startswith("<svg") for one in pictures)


def test_the_files_of_the_page_are_offered_and_made_of_what_it_shows(demo_bank, monkeypatch):
    app = page(demo_bank.root, monkeypatch)
    app.session_state["export"] = True
    app.run()
    assert not app.exception
    assert not app.error
