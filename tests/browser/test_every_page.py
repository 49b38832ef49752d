"""Every page as those meet it who see little, use no mouse, print, or sit behind a closed network."""

import shutil
from itertools import pairwise
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from tests.browser.serving import chromium, of_this_machine, served_by_command, settled, sound

pytestmark = pytest.mark.whole

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PAGES = [
    "",
    "branch?branch=B101",
    "metric?branch=B101&metric=sei_share",
    "loans?branch=B101&metric=sei_share",
    "loan?branch=B101",
    "self-check?branch=B101",
    "data-quality?branch=B101",
    "targets?branch=B101",
    "reports?branch=B101",
    "catalogue?branch=B101",
]
NOT_OURS = ["[data-testid=stSidebarNav]", "[data-testid=stFileUploaderDropzone]", "canvas"]
"""Made by Streamlit, out of reach of a page."""


@pytest.fixture(scope="module")
def site(tmp_path_factory, demo_bank):
    """A demo bank as the command serves it; on a copy, for what is looked at may be logged."""
    chromium()
    assert demo_bank.code == 0, demo_bank.err
    folder = tmp_path_factory.mktemp("every_page")
    shutil.copytree(demo_bank.root, folder / "bank")
    with served_by_command(folder, folder / "bank") as address:
        yield address


def graver(page) -> list[str]:
    """What axe finds serious or critical in what we make, as lines that say where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "except => axe.run({exclude: except.map(one => [one])}, {resultTypes: ['violations']})",
        NOT_OURS,
    )
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def levels(page) -> list[int]:
    return page.evaluate(
        "[...document.querySelectorAll('[data-testid=stMain] :is(h1,h2,h3,h4,h5,h6)')]"
        ".map(one => Number(one.tagName[1]))"
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.split("?")[0] or "overview")
def test_a_page_can_be_read_by_everybody(browser, site, path):
    with of_this_machine(browser, site) as page:
        page.goto(f"/{path}")
        settled(page)
        sound(page)
        steps = levels(page)
        assert steps[0] == 1
        assert steps.count(1) == 1
        assert all(now - before <= 1 for before, now in pairwise(steps)), steps
        assert page.evaluate(
            "[...document.querySelectorAll('[data-testid=stMain] img')].filter(one => !one.alt).length"
        ) == 0  # fmt: skip
        assert page.evaluate(
            "[...document.querySelectorAll('.bm-mark')].filter(one => !one.textContent.match(/\\p{L}/u))"
            ".length"
        ) == 0  # fmt: skip
        # A chart says what it shows, and the same stands beside it as a table.
        charts = page.get_by_test_id("stVegaLiteChart")
        assert all(charts.nth(at).get_attribute("aria-label") for at in range(charts.count()))
        twins = page.locator("[data-testid=stExpander] summary", has_text="as a table")
        assert twins.count() >= min(charts.count(), 1)
        assert graver(page) == []
        # As a reader sees it who enlarges everything to 200 %: tables scroll within, nothing is cut off.
        page.set_viewport_size({"width": 683, "height": 384})
        main = "document.querySelector('[data-testid=stMain]')"
        page.wait_for_function(f"{main}.scrollWidth <= {main}.clientWidth", timeout=5000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 683


@pytest.mark.parametrize("path", PAGES[::2], ids=lambda path: path.split("?")[0] or "overview")
def test_a_page_can_be_read_in_the_dark_and_in_chinese(browser, site, path):
    sign = "&" if "?" in path else "?"
    with of_this_machine(browser, site, color_scheme="dark") as page:
        page.goto(f"/{path}{sign}language=zh")
        settled(page)
        sound(page)
        assert graver(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_the_keyboard_reaches_every_row_of_the_scorecard_and_shows_where_it_is(browser, site):
    with of_this_machine(browser, site) as page:
        page.goto("/branch?branch=B101")
        settled(page)
        links = page.locator("table.bm-card tbody th a")
        wanted = [links.nth(at).get_attribute("href") for at in range(links.count())]
        assert len(wanted) > 3
        links.first.focus()
        reached = []
        for _ in range(4 * len(wanted)):
            here = page.evaluate("document.activeElement.getAttribute('href')")
            width = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert here is None or width == "solid"
            reached.append(here)
            if here == wanted[-1]:
                break
            page.keyboard.press("Tab")
        assert [one for one in reached if one in wanted] == wanted


def test_what_is_pressed_is_large_enough_to_be_hit(browser, site):
    with of_this_machine(browser, site) as page:
        page.goto("/branch?branch=B101")
        settled(page)
        heights = page.evaluate(
            "[...document.querySelectorAll('.bm-go:not(.bm-notes), .bm-strip a, .bm-crumbs a')]"
            ".map(one => [one.innerText, Math.max(one.getBoundingClientRect().height,"
            " parseFloat(getComputedStyle(one).lineHeight))])"
        )
        assert heights
        assert [one for one in heights if one[1] < 24] == []


def test_on_paper_there_are_no_controls_and_nothing_is_cut_off(browser, site):
    with of_this_machine(browser, site) as page:
        page.goto("/branch?branch=B101")
        settled(page)
        page.emulate_media(media="print")
        expect(page.get_by_test_id("stSidebar")).to_be_hidden()
        assert page.evaluate(
            "[...document.querySelectorAll('.bm-wide')].every(one => "
            "getComputedStyle(one).overflowX === 'visible')"
        )
