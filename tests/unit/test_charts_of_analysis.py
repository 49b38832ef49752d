"""The strip of peers and what stands beside a trend: drawn without a browser, no more shown than may be."""

import xml.etree.ElementTree as ET
from decimal import Decimal
from types import SimpleNamespace

import polars as pl
import pytest

from dashboards.charts import image
from dashboards.charts.peers import MARKS, PEERS, PeerWords, strip
from dashboards.charts.trend import TREND, Beside, End, TrendWords, trend
from dashboards.figure.pictures import peers_of
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.palette import DARK, LIGHT
from transforms.catalogue.model import Kind, Unit

WORDS = PeerWords("Branch", "Value", "not named")
TREND_WORDS = TrendWords("Month", "Value", "Target", "Quality", "◔", "First", "Said", "Range")

DOTS = pl.DataFrame(
    [
        {"value": 9.4, "own": True, "name": "Foshan Branch", "printed": "9.4%"},
        {"value": 8.0, "own": False, "name": "", "printed": "8.0%"},
        {"value": 12.5, "own": False, "name": "", "printed": "12.5%"},
    ],
    schema=PEERS,
)
TICKS = pl.DataFrame(
    [(8.0, "", False), (9.4, "median 9.4%", True), (12.5, "", False)], schema=MARKS, orient="row"
)
MONTHS = pl.DataFrame(
    [
        {"month": "Aug 26", "value": 7.5, "target": 9.0, "printed": "7.5%", "short": "7.5%"},
        {"month": "Sep 26", "value": 8.0, "target": 9.0, "printed": "8.0%", "short": "8.0%"},
        {"month": "Oct 26", "value": 8.5, "target": 9.0, "printed": "8.5%", "short": "8.5%"},
        {"month": "Nov 26", "target": 9.0},
        {"month": "Dec 26", "target": 9.5},
    ],
    schema=TREND,
).with_columns(pl.col("doubt", "said").fill_null(""))


def texts(chart):
    """What is written in the picture; a broken specification does not get this far."""
    drawn = ET.fromstring(image.svg(chart))  # noqa: S314 - our own picture
    return [node.text for node in drawn.iter() if node.tag.endswith("text")]


def marks(chart):
    return [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]


def end(low=8.2, high=9.9):
    told = "8.2% to 9.9%" if low is not None else "no range: 3 tests, it takes 6"
    return End("Dec 26", 9.1, low, high, "9.1%", told, "working-day run rate")


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_ones_own_dot_is_named_and_the_median_says_what_it_is(ground):
    chart = strip(DOTS, TICKS, ground, axis_title="%", words=WORDS, description="Foshan 9.4%")
    written = texts(chart)
    assert "Foshan Branch 9.4%" in written
    assert "median 9.4%" in written
    assert chart.to_dict()["description"] == "Foshan 9.4%"


def test_a_branch_that_may_not_be_named_is_a_dot_without_a_name():
    rows = strip(DOTS, TICKS, LIGHT, axis_title="%", words=WORDS, description="").to_dict()
    names = {
        row["name"]
        for layer in rows["layer"]
        for row in layer["data"]["values"]
        if "name" in row and not row["own"]
    }
    assert names == {"not named"}


def test_withheld_marks_are_not_drawn():
    chart = strip(DOTS, TICKS.clear(), LIGHT, axis_title="%", words=WORDS, description="")
    assert "tick" not in marks(chart)
    assert texts(chart)


def drawn(months=MONTHS, ground=LIGHT, **beside):
    return trend(
        months,
        ground,
        axis_title="%",
        words=TREND_WORDS,
        description="",
        beside=Beside(**beside),
    )


def rows(chart, mark):
    """The rows of every layer of that mark, as lists."""
    return [
        layer["data"]["values"]
        for layer in chart.to_dict()["layer"]
        if layer["mark"]["type"] == mark
    ]


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_a_path_ends_with_its_value_its_method_and_a_band_that_opens_to_the_range(ground):
    chart = drawn(ground=ground, end=end())
    written = texts(chart)
    assert "9.1%" in written
    assert "working-day run rate" in written
    assert "Target" in written
    ((first, last),) = rows(chart, "area")
    assert (first["low"], first["high"], last["low"], last["high"]) == (8.5, 8.5, 8.2, 9.9)


def test_without_a_range_there_is_no_band_and_the_tooltip_says_why():
    chart = drawn(end=end(None, None))
    assert "area" not in marks(chart)
    ranges = [row["range"] for layer in rows(chart, "point") for row in layer if "range" in row]
    assert ranges == ["no range: 3 tests, it takes 6"]


def label_of(chart, text):
    """How the label with that text is set: its mark."""
    (found,) = [
        layer["mark"]
        for layer in chart.to_dict()["layer"]
        if layer["mark"]["type"] == "text"
        and any(text in row.values() for row in layer["data"]["values"][-1:])
        and layer["encoding"]["text"].get("field") in {"label", "printed"}
    ]
    return found


@pytest.mark.parametrize(("before", "dy"), [(9.9, 14), (1.0, -14)])
def test_the_last_label_stands_on_the_side_that_the_line_does_not_come_from(before, dy):
    known = MONTHS.drop_nulls("value").height
    row = pl.int_range(pl.len())
    months = MONTHS.with_columns(
        value=pl.when(row == known - 2).then(before).otherwise("value"),
        short=pl.when(row == known - 1).then(pl.lit("last")).otherwise("short"),
    )
    assert label_of(drawn(months), "last")["dy"] == dy


@pytest.mark.parametrize(("target", "dy"), [(8.0, -17), (9.9, 17), (None, 17)])
def test_the_label_of_the_paths_end_stands_on_the_side_that_the_target_does_not(target, dy):
    months = MONTHS.with_columns(target=pl.lit(target, dtype=pl.Float64))
    assert label_of(drawn(months, end=end()), "9.1%")["dy"] == dy


def test_without_a_path_nothing_is_dotted():
    chart = drawn()
    dashes = [layer["mark"].get("strokeDash") for layer in chart.to_dict()["layer"]]
    assert [2, 4] not in dashes
    assert "9.1%" not in texts(chart)


def test_a_trend_without_a_target_has_no_step():
    chart = drawn(MONTHS.with_columns(target=pl.lit(None, dtype=pl.Float64)), end=end())
    assert "Target" not in texts(chart)


def test_what_was_first_reported_is_a_hollow_mark_where_it_was_another_number_and_only_there():
    reported = pl.when(pl.col("month") == "Sep 26").then(6.0)
    chart = drawn(MONTHS.with_columns(reported=reported, printed_reported=pl.lit("6.0%")))
    hollow = [
        layer
        for layer in chart.to_dict()["layer"]
        if layer["mark"]["type"] == "point" and layer["mark"].get("fill") == LIGHT.page
    ]
    assert [[row["month"] for row in layer["data"]["values"]] for layer in hollow] == [["Sep 26"]]
    titles = {one["title"] for one in hollow[0]["encoding"]["tooltip"]}
    assert "First" in titles
    assert "First" not in str(drawn().to_dict())


def test_the_line_breaks_where_the_figure_means_something_else_and_a_rule_says_what():
    chart = drawn(breaks=(("Oct 26", "definition 2"),))
    assert "definition 2" in texts(chart)
    line = next(
        layer
        for layer in chart.to_dict()["layer"]
        if layer["mark"]["type"] == "line" and "detail" in layer["encoding"]
    )
    stretches = {row["month"]: row["segment"] for row in line["data"]["values"]}
    assert stretches["Aug 26"] == stretches["Sep 26"] != stretches["Oct 26"]


def test_a_month_that_somebody_spoke_of_bears_a_mark_with_the_words():
    said = pl.when(pl.col("month") == "Sep 26").then(pl.lit("Li: repaid")).otherwise(pl.lit(""))
    chart = drawn(MONTHS.with_columns(said=said))
    diamonds = [
        [row["said"] for row in layer["data"]["values"]]
        for layer in chart.to_dict()["layer"]
        if layer["mark"].get("shape") == "diamond"
    ]
    assert diamonds == [["Li: repaid"]]


def test_beside_its_peers_a_branch_keeps_the_figure_that_every_page_prints():
    # Own ratio 0.61 %; of few clients, so that it is drawn towards the group's and stands at 0.78 %.
    row = SimpleNamespace(name="NPL ratio", unit=Unit.RATIO, decimals=2, kind=Kind.RATIO)
    one = {
        "branch_id": "B1",
        "value": Decimal("0.0061"),
        "compared": Decimal("0.0078"),
        "suppressed": False,
        **dict.fromkeys(("lower", "median", "upper")),
    }
    found = SimpleNamespace(
        rows=pl.DataFrame([one, {**one, "branch_id": None, "value": Decimal("0.0078")}]),
        too_small=None,
        marks_hidden=True,
    )
    chart = peers_of(row, found, "B1", {"B1": "Foshan"}, Format(Language.EN, "CNY"), LIGHT)
    assert "Foshan 0.61%, compared as 0.78%" in texts(chart)
    assert "0.61%, compared as 0.78%" in chart.to_dict()["description"]
