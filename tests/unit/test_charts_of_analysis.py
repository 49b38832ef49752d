"""The strip of peers and the path of a projection: drawn without a browser, and no more shown than may be."""

import xml.etree.ElementTree as ET

import polars as pl
import pytest

from dashboards.charts import image
from dashboards.charts.peers import MARKS, PEERS, PeerWords, strip
from dashboards.charts.projection import PATH, End, PathWords, path
from dashboards.palette import DARK, LIGHT

WORDS = PeerWords("Branch", "Value", "not named")
PATH_WORDS = PathWords("Month", "Value", "Target", "Projected", "Range")

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
        ("Sep 26", 8.0, 9.0, "8.0%"),
        ("Oct 26", 8.5, 9.0, "8.5%"),
        ("Nov 26", None, 9.0, ""),
        ("Dec 26", None, 9.5, ""),
    ],
    schema=PATH,
    orient="row",
)


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


@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_a_path_ends_with_its_value_its_method_and_a_band_that_opens_to_the_range(ground):
    chart = path(MONTHS, end(), ground, axis_title="%", words=PATH_WORDS, description="")
    written = texts(chart)
    assert "9.1%" in written
    assert "working-day run rate" in written
    assert "Target" in written
    band = next(layer for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == "area")
    assert [(row["low"], row["high"]) for row in band["data"]["values"]] == [(8.5, 8.5), (8.2, 9.9)]


def test_without_a_range_there_is_no_band_and_the_end_says_so():
    chart = path(MONTHS, end(None, None), LIGHT, axis_title="%", words=PATH_WORDS, description="")
    assert "area" not in marks(chart)
    assert "working-day run rate; no range: 3 tests, it takes 6" in texts(chart)


def test_a_path_without_a_target_has_no_step():
    bare = MONTHS.with_columns(target=pl.lit(None, dtype=pl.Float64))
    chart = path(bare, end(), LIGHT, axis_title="%", words=PATH_WORDS, description="")
    assert "Target" not in texts(chart)
