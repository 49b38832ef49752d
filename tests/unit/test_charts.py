"""Charts are valid, can be drawn without a browser, and say in words what they show."""

import json
import xml.etree.ElementTree as ET
from datetime import date

import polars as pl
import pytest

from dashboards.charts import image
from dashboards.charts.bars import BARS, bars
from dashboards.charts.bullet import Bullet, bullet
from dashboards.charts.sparkline import sparkline
from dashboards.charts.trend import TREND, Beside, TrendWords, trend
from dashboards.palette import DARK, LIGHT
from transforms.periods import month_ends

MONTHS = month_ends(date(2026, 10, 31), 13)


def one(value, target=None, near=None, previous=None):
    return Bullet(value, target, near, previous)


def drawn(chart):
    """The picture as SVG, parsed: broken specifications do not get this far."""
    return ET.fromstring(image.svg(chart))  # noqa: S314 - our own picture


def rows_of(chart, field):
    """Every inline row of a chart that has the field."""
    spec = chart.to_dict()
    tables = [layer.get("data", {}).get("values", []) for layer in spec["layer"]]
    tables += list(spec.get("datasets", {}).values())
    return [row for table in tables for row in table if field in row]


def marks_of(picture, tag):
    return ET.fromstring(picture).findall(f"{{http://www.w3.org/2000/svg}}{tag}")  # noqa: S314 - ours


def bands_of(picture):
    """The bands as start, end and colour, in pixels: the rectangles that are 18 high."""
    wide = [mark.attrib for mark in marks_of(picture, "rect") if mark.get("height") == "18"]
    return [(float(m["x"]), float(m["x"]) + float(m["width"]), m["fill"]) for m in wide]


def ticks_of(picture):
    """Where target ticks stand, in pixels: the rectangles that are 20 high and 2.5 wide."""
    high = [mark.attrib for mark in marks_of(picture, "rect") if mark.get("height") == "20"]
    return [float(m["x"]) + float(m["width"]) / 2 for m in high]


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize(
    "shown",
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
def test_every_bullet_can_be_drawn_and_nothing_of_it_is_turned_inside_out(shown, ground, lower):
    picture = bullet(shown, ground, lower_is_better=lower, description='SEI share 18.4% & "more"')
    assert ET.fromstring(picture).get("aria-label") == 'SEI share 18.4% & "more"'  # noqa: S314
    for rectangle in marks_of(picture, "rect"):
        assert float(rectangle.get("width")) >= 0
    for start, end, _ in bands_of(picture):
        assert 0 <= start < end <= 140.01


def test_bands_run_from_bad_to_good_and_the_other_way_where_lower_is_better():
    worst, close, good = LIGHT.bands
    # The scale ends at 0.2 x 1.12 = 0.224: 0.15 lies at 93.75 of 140 pixels, 0.2 at 125.
    higher = bands_of(bullet(one(0.1, 0.2, 0.05), LIGHT, lower_is_better=False, description=""))
    assert [colour for *_, colour in higher] == [worst, close, good]
    assert [end for _, end, _ in higher] == pytest.approx([93.75, 125, 140])
    # It ends at 0.3 x 1.12 = 0.336: 0.2 lies at 83.33, 0.25 at 104.17.
    lower = bands_of(bullet(one(0.3, 0.2, 0.05), LIGHT, lower_is_better=True, description=""))
    assert [colour for *_, colour in lower] == [good, close, worst]
    assert [end for _, end, _ in lower] == pytest.approx([83.33, 104.17, 140], abs=0.02)


def test_a_bullet_starts_at_zero_and_holds_everything_it_shows():
    picture = bullet(one(0.1, 0.4, 0.05, 0.2), LIGHT, lower_is_better=False, description="")
    (bar,) = (m for m in marks_of(picture, "rect") if m.get("height") == "7")
    # The scale ends at 0.4 x 1.12 = 0.448.
    assert (float(bar.get("x")), float(bar.get("width"))) == (0, pytest.approx(31.25))
    assert ticks_of(picture) == pytest.approx([125])
    (triangle,) = marks_of(picture, "polygon")
    assert triangle.get("points").split()[0] == "62.5,5.03"


def test_a_value_below_zero_is_a_bar_that_ends_at_zero():
    # The scale runs from -5.6 to 11.2: zero lies at 46.67 of 140 pixels, -5 at 5.
    picture = bullet(one(-5.0, 10.0), LIGHT, lower_is_better=False, description="")
    (bar,) = (m for m in marks_of(picture, "rect") if m.get("height") == "7")
    assert float(bar.get("x")) == pytest.approx(5)
    assert float(bar.get("x")) + float(bar.get("width")) == pytest.approx(46.67, abs=0.01)


def test_without_a_target_there_is_no_target_tick():
    picture = bullet(one(0.1), LIGHT, lower_is_better=False, description="")
    assert not ticks_of(picture)
    assert len(bands_of(picture)) == 1


def test_where_neither_end_is_better_the_target_is_a_mark_on_one_band():
    picture = bullet(
        one(0.1, 0.2, 0.05), LIGHT, lower_is_better=False, judged=False, description=""
    )
    assert [colour for *_, colour in bands_of(picture)] == [LIGHT.bands[2]]
    assert len(ticks_of(picture)) == 1


def test_a_sparkline_marks_the_last_month_and_the_same_month_last_year_and_breaks_where_nothing_is():
    values = [1.0, *([None] * 3), *map(float, range(9))]
    picture = sparkline(list(zip(MONTHS, values, strict=True)), LIGHT, description="from 1 to 8")
    first, last = marks_of(picture, "circle")
    # Thirteen months lie from 5 to 79; values from 0 to 8 from 21 up to 5.
    assert (first.get("cx"), first.get("cy")) == ("5", "19")
    assert (last.get("cx"), last.get("cy")) == ("79", "5")
    (line,) = marks_of(picture, "path")
    runs = line.get("d").split("M")[1:]
    assert [run.count(",") for run in runs] == [9]


def test_a_sparkline_of_one_month_is_its_point_in_the_middle():
    months = [(day, None) for day in MONTHS[:-1]] + [(MONTHS[-1], 5.0)]
    picture = sparkline(months, DARK, description="")
    (only,) = marks_of(picture, "circle")
    assert (only.get("cx"), only.get("cy")) == ("79", "13")
    assert not marks_of(picture, "path")


def history(targets, doubts=None):
    return pl.DataFrame(
        {
            "month": [f"{day:%y-%m}" for day in MONTHS],
            "value": [float(n) for n in range(13)],
            "target": targets,
            "reported": [None] * 13,
            "printed": [f"CNY {n}" for n in range(13)],
            "short": [f"{n}%" for n in range(13)],
            "printed_target": ["9%"] * 13,
            "printed_reported": [""] * 13,
            "doubt": doubts or [""] * 13,
            "said": [""] * 13,
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
        beside=Beside(compared="25-12"),
    )
    assert drawn(chart) is not None
    steps = [
        layer
        for layer in chart.to_dict()["layer"]
        if isinstance(layer["mark"], dict) and layer["mark"].get("interpolate") == "step"
    ]
    assert len(steps) == (1 if targets[0] else 0)


def test_charts_name_system_fonts_and_fetch_nothing():
    chart = trend(history([9.0] * 13), LIGHT, axis_title="%", words=WORDS, description="")
    spec = json.dumps(chart.to_dict())
    assert "Noto Sans CJK SC" in spec
    assert "url" not in spec
    assert chart.to_dict()["$schema"].startswith("https://vega.github.io/")


def test_a_picture_is_its_own_address():
    picture = bullet(one(0.1), LIGHT, lower_is_better=False, description="")
    assert image.data_uri(picture).startswith("data:image/svg+xml;base64,")
