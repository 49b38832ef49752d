"""Charts are valid, can be drawn without a browser, and say in words what they show."""

import json
import xml.etree.ElementTree as ET
from datetime import date

import polars as pl
import pytest

from dashboards.charts import image
from dashboards.charts.bars import BARS, bars
from dashboards.charts.bullet import BULLET, bullet
from dashboards.charts.sparkline import HISTORY, sparkline
from dashboards.charts.trend import TREND, TrendWords, trend
from dashboards.palette import DARK, LIGHT
from transforms.periods import month_ends

MONTHS = month_ends(date(2026, 10, 31), 13)


def one(value, target=None, near=None, previous=None):
    row = {"value": value, "target": target, "near_band": near, "previous": previous}
    return pl.DataFrame([row], schema=BULLET)


def drawn(chart):
    """The picture as SVG, parsed: broken specifications do not get this far."""
    return ET.fromstring(image.svg(chart))  # noqa: S314 - our own picture


def rows_of(chart, field):
    """Every inline row of a chart that has the field."""
    spec = chart.to_dict()
    tables = [layer.get("data", {}).get("values", []) for layer in spec["layer"]]
    tables += list(spec.get("datasets", {}).values())
    return [row for table in tables for row in table if field in row]


def bands_of(chart):
    return [(row["from"], row["to"], row["colour"]) for row in rows_of(chart, "colour")]


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize(
    "row",
    [
        one(0.184, 0.2, 0.01, 0.17),
        one(0.184),
        one(0.0, 0.0),
        one(-5.0, 10.0, None, -20.0),
        one(0.0),
        one(25.0, 20.0, 30.0),
    ],
)
@pytest.mark.parametrize("lower", [True, False])
def test_every_bullet_can_be_drawn(row, ground, lower):
    chart = bullet(row, ground, lower_is_better=lower, description="SEI share 18.4%")
    assert drawn(chart).tag.endswith("svg")
    assert chart.to_dict()["description"] == "SEI share 18.4%"
    for start, end, _ in bands_of(chart):
        assert start < end


def test_bands_run_from_bad_to_good_and_the_other_way_where_lower_is_better():
    worst, close, good = LIGHT.bands
    higher = bands_of(bullet(one(0.1, 0.2, 0.05), LIGHT, lower_is_better=False, description=""))
    assert [colour for *_, colour in higher] == [worst, close, good]
    assert [end for _, end, _ in higher][:2] == pytest.approx([0.15, 0.2])
    lower = bands_of(bullet(one(0.3, 0.2, 0.05), LIGHT, lower_is_better=True, description=""))
    assert [colour for *_, colour in lower] == [good, close, worst]
    assert [end for _, end, _ in lower][:2] == pytest.approx([0.2, 0.25])


def test_a_bullet_starts_at_zero_and_holds_everything_it_shows():
    chart = bullet(one(0.1, 0.4, 0.05, 0.2), LIGHT, lower_is_better=False, description="")
    domain = chart.to_dict()["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain[0] == 0
    assert domain[1] > 0.4


def test_without_a_target_there_is_no_target_tick():
    chart = bullet(one(0.1), LIGHT, lower_is_better=False, description="")
    assert "tick" not in [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    assert len(bands_of(chart)) == 1


def test_where_neither_end_is_better_the_target_is_a_mark_on_one_band():
    chart = bullet(one(0.1, 0.2, 0.05), LIGHT, lower_is_better=False, judged=False, description="")
    assert [colour for *_, colour in bands_of(chart)] == [LIGHT.bands[2]]
    assert "tick" in [layer["mark"]["type"] for layer in chart.to_dict()["layer"]]
    assert drawn(chart) is not None


def test_a_sparkline_marks_the_last_month_and_the_same_month_last_year():
    frame = pl.DataFrame(
        {"as_of": MONTHS, "value": [1.0, *([None] * 3), *map(float, range(9))]}, schema=HISTORY
    )
    chart = sparkline(frame, LIGHT, description="from 1 to 8")
    layers = chart.to_dict()["layer"]
    assert len(layers) == 3
    assert drawn(chart) is not None
    assert "2025-10-31" in json.dumps(chart.to_dict())


def test_a_sparkline_of_one_month_can_be_drawn():
    frame = pl.DataFrame({"as_of": MONTHS, "value": [*([None] * 12), 5.0]}, schema=HISTORY)
    assert drawn(sparkline(frame, DARK, description="")) is not None


def history(targets, doubts=None):
    return pl.DataFrame(
        {
            "as_of": MONTHS,
            "month": [f"{day:%y-%m}" for day in MONTHS],
            "value": [float(n) for n in range(13)],
            "target": targets,
            "printed": [f"{n}%" for n in range(13)],
            "printed_target": ["9%"] * 13,
            "doubt": doubts or [""] * 13,
        },
        schema=TREND,
    )


WORDS = TrendWords("Month", "Value", "Target", "Quality", "◔")


def test_a_month_that_is_not_final_bears_a_mark_and_says_why_in_the_tooltip():
    doubts = [""] * 10 + ["Provisional: CNY 5.0 m unexplained"] * 3
    chart = trend(
        history([None] * 13, doubts), DARK, axis_title="%", words=WORDS, description="a trend"
    )
    assert drawn(chart) is not None
    labels = [row["label"] for row in rows_of(chart, "label")]
    assert {"9%", "10% ◔", "12% ◔"} <= set(labels)
    assert "9% ◔" not in labels
    told = json.dumps(chart.to_dict(), ensure_ascii=False)
    assert '"title": "Quality"' in told
    plain = trend(history([None] * 13), DARK, axis_title="%", words=WORDS, description="a trend")
    assert "Quality" not in json.dumps(plain.to_dict())


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize("values", [[5.0, 2.5], [0.0], []])
def test_a_list_of_bars_begins_at_zero_and_says_its_numbers(ground, values):
    frame = pl.DataFrame(
        {
            "name": [f"Branch {n}" for n in range(len(values))],
            "value": values,
            "printed": [f"{value}%" for value in values],
        },
        schema=BARS,
    )
    chart = bars(frame, ground, description="Branch 0 5.0%")
    assert drawn(chart) is not None
    spec = chart.to_dict()
    assert spec["description"] == "Branch 0 5.0%"
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"][0] == 0


@pytest.mark.parametrize("targets", [[9.0] * 13, [None] * 13, [5.0] * 3 + [9.0] * 10])
def test_a_trend_can_be_drawn_with_and_without_targets(targets):
    chart = trend(
        history(targets),
        LIGHT,
        axis_title="%",
        words=WORDS,
        description="from 0% to 12%",
        compared="25-12",
    )
    assert drawn(chart) is not None
    steps = [
        layer
        for layer in chart.to_dict()["layer"]
        if isinstance(layer["mark"], dict) and layer["mark"].get("interpolate") == "step"
    ]
    assert len(steps) == (1 if targets[0] else 0)


def test_charts_name_system_fonts_and_fetch_nothing():
    chart = bullet(one(0.1, 0.2), LIGHT, lower_is_better=False, description="")
    spec = json.dumps(chart.to_dict())
    assert "Noto Sans CJK SC" in spec
    assert "url" not in spec
    assert chart.to_dict()["$schema"].startswith("https://vega.github.io/")


def test_a_picture_is_its_own_address():
    picture = image.svg(bullet(one(0.1), LIGHT, lower_is_better=False, description=""))
    assert image.data_uri(picture).startswith("data:image/svg+xml;base64,")
