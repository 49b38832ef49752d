"""The waterfall: every bar begins where the one before ended, and a cut axis has no bars for totals."""

import json
import xml.etree.ElementTree as ET

import polars as pl
import pytest

from dashboards.charts import image
from dashboards.charts.bridge import BRIDGE, bridge
from dashboards.palette import DARK, LIGHT, MARKS
from transforms.scorecards import Status


def rows(start, parts, end):
    told = [("then", start, f"{start} %", True, None)]
    told += [(name, amount, f"{amount:+} pp", False, good) for name, amount, good in parts]
    return pl.DataFrame([*told, ("now", end, f"{end} %", True, None)], schema=BRIDGE, orient="row")


SMALL = rows(10.0, [("New lending", 1.5, True), ("Write-off", -0.5, False)], 11.0)
LARGE = rows(1.0, [("Tier migration", 4.0, None), ("Write-off", -2.0, None)], 3.0)


def marks_of(chart, kind):
    spec = chart.to_dict()
    found = []
    for layer in spec["layer"]:
        if layer["mark"]["type"] == kind:
            data = layer["data"]
            found += data.get("values") or spec["datasets"][data["name"]]
    return found


@pytest.mark.parametrize(("ground", "dark"), [(LIGHT, False), (DARK, True)])
@pytest.mark.parametrize(
    "frame",
    [SMALL, LARGE, rows(0.0, [], 0.0), rows(5.0, [], 5.0), rows(-2.0, [("FX", 5.0, True)], 3.0)],
)
def test_every_bridge_can_be_drawn(frame, ground, dark):
    chart = bridge(frame, ground, dark=dark, description="from 10 % to 11 %")
    assert ET.fromstring(image.svg(chart)).tag.endswith("svg")  # noqa: S314 - our own picture
    assert chart.to_dict()["description"] == "from 10 % to 11 %"


def test_a_part_begins_where_the_one_before_ended():
    chart = bridge(SMALL, LIGHT, dark=False, description="")
    bars = {row["name"]: (row["from"], row["to"]) for row in marks_of(chart, "bar")}
    assert bars == {"New lending": (10.0, 11.5), "Write-off": (11.5, 11.0)}


def test_totals_are_markers_on_a_cut_axis_and_bars_from_zero_on_a_whole_one():
    cut = bridge(SMALL, LIGHT, dark=False, description="").to_dict()
    domain = [
        layer["encoding"]["x"]["scale"]["domain"]
        for layer in cut["layer"]
        if layer["mark"]["type"] == "tick"
    ]
    assert len(domain) == 1
    assert domain[0][0] > 0
    whole = bridge(LARGE, LIGHT, dark=False, description="")
    bars = {row["name"]: (row["from"], row["to"]) for row in marks_of(whole, "bar")}
    assert bars["then"] == (0.0, 1.0)
    assert bars["now"] == (0.0, 3.0)
    assert not marks_of(whole, "tick")


@pytest.mark.parametrize(("ground", "dark"), [(LIGHT, False), (DARK, True)])
def test_colour_is_favourable_or_not_and_the_label_says_the_sign(ground, dark):
    chart = bridge(SMALL, ground, dark=dark, description="")
    colours = {row["name"]: row["colour"] for row in marks_of(chart, "bar")}
    assert colours == {
        "New lending": MARKS[Status.MET].colour(dark=dark),
        "Write-off": MARKS[Status.MISSED].colour(dark=dark),
    }
    told = json.dumps(chart.to_dict(), ensure_ascii=False)
    assert "+1.5 pp" in told
    assert "-0.5 pp" in told
    neutral = bridge(LARGE, ground, dark=dark, description="")
    assert {row["colour"] for row in marks_of(neutral, "bar") if "colour" in row} == {ground.prior}
