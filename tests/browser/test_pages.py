"""The dashboard as a reader meets it: a real server, a real browser, links that reproduce pages."""

from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as StillWaitingError
from playwright.sync_api import expect

from dashboards.palette import MARKS
from tests.browser.serving import PATIENCE, of_this_machine, served, settled, sound
from transforms.scorecards import Status

pytestmark = pytest.mark.whole


def test_a_link_to_a_branch_works_as_the_very_first_visit_to_a_server(browser, tmp_path):
    with served(tmp_path) as address:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.goto(f"{address}/branch?branch=B101&period=2026-09-30&comparison=previous_month")
        _is_the_branch_of_the_link(page)
        page.context.close()


def _is_the_branch_of_the_link(page):
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Harbour <b>& Sons</b> Branch", timeout=PATIENCE
    )
    row = page.locator("table.bm-card tr", has_text="SEI share")
    expect(row).to_contain_text("9.9%")
    expect(row).to_contain_text("1.7 pp short")
    sound(page)


def test_from_the_overview_to_a_branch_and_its_address_reproduces_the_page(page, browser):
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Bank", timeout=PATIENCE)
    expect(page.locator("p.bm-message")).to_contain_text("1 of 2 branches miss at least one target")
    sound(page)
    page.locator("table.bm-grid a", has_text="Garden Branch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Garden Branch", timeout=PATIENCE)
    row = page.locator("table.bm-card tr", has_text="SEI share")
    expect(row).to_contain_text("2.0 pp ahead")
    sound(page)
    told, address = row.inner_text(), page.url
    assert "branch=B201" in address
    assert "period=2026-10-31" in address
    other = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    other.goto(address)
    again = other.locator("table.bm-card tr", has_text="SEI share")
    expect(again).to_contain_text("2.0 pp ahead", timeout=PATIENCE)
    assert again.inner_text() == told
    other.context.close()


def test_controls_write_the_address_and_another_page_keeps_them(page):
    page.goto("/branch?branch=B101")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Harbour", timeout=PATIENCE)
    page.get_by_test_id("stSidebar").get_by_text("中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("港口分行", timeout=PATIENCE)
    page.wait_for_url("**language=zh**")
    page.get_by_test_id("stSidebarNav").get_by_text("总览").click()
    expect(page.locator("p.bm-message")).to_contain_text("超出不良容忍度", timeout=PATIENCE)
    page.wait_for_url("**language=zh**")
    sound(page)


def test_a_family_is_chosen_by_its_name_and_a_link_keeps_it(page):
    page.goto("/")
    expect(page.locator("p.bm-message")).to_be_visible(timeout=PATIENCE)
    page.get_by_test_id("stMain").get_by_role("combobox", name="Show").click()
    page.get_by_role("option", name="Show: Asset quality").click()
    page.wait_for_url("**family=asset_quality**")
    expect(page.locator("table.bm-card tr", has_text="Coverage")).to_contain_text(
        "210.4%", timeout=PATIENCE
    )
    # The page is drawn from the top: the matrix below still holds the links of the family before.
    expect(page.locator("table.bm-grid thead")).to_contain_text("Coverage", timeout=PATIENCE)
    page.locator("table.bm-grid a", has_text="Garden Branch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Garden Branch", timeout=PATIENCE)
    expect(page.locator("table.bm-card tr", has_text="Coverage")).to_contain_text(
        "not judged", timeout=PATIENCE
    )
    assert "family=asset_quality" in page.url
    sound(page)


def test_from_a_figure_to_the_rows_that_keep_it_from_being_final(page):
    page.goto("/branch?branch=B101")
    strip = page.locator(".bm-strip").first
    expect(strip).to_contain_text("700 of 703 loans accepted", timeout=PATIENCE)
    strip.get_by_role("link", name="Reconciled with the ledger").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Data quality", timeout=PATIENCE)
    page.wait_for_url("**/data-quality?**branch=B101**")
    matrix = page.locator("table.bm-plain")
    expect(matrix).to_contain_text("3 (0.43%)", timeout=PATIENCE)
    box = matrix.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 1366
    matrix.get_by_role("link", name="3 (0.43%)").first.click()
    page.wait_for_url("**section=rejected**")
    row = page.locator("table.bm-plain tbody tr", has_text="E0109")
    expect(row).to_contain_text("Name the client.", timeout=PATIENCE)
    row.locator("summary").click()
    expect(row.locator("dd", has_text="<b>=1+1")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download all 3 rows").click()
    file = waiting.value
    assert file.suggested_filename == "rejected_2026-10-31_v1.csv"
    text = Path(file.path()).read_text(encoding="utf-8-sig")
    assert text.count("E0102") == 3
    sound(page)


def test_a_section_and_a_rule_have_an_address_that_reproduces_them(page, browser):
    page.goto("/data-quality")
    expect(page.locator("table.bm-plain")).to_contain_text("Elsewhere", timeout=PATIENCE)
    page.get_by_test_id("stMain").get_by_text("Findings (2)").click()
    page.wait_for_url("**section=findings**")
    page.locator("table.bm-plain").get_by_role("link", name="E1110").click()
    page.wait_for_url("**rule=E1110**")
    failing = page.get_by_role("table", name="E1110: the failing rows")
    expect(failing).to_contain_text("V<1>", timeout=PATIENCE)
    told, address = failing.inner_text(), page.url
    other = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    other.goto(address)
    again = other.get_by_role("table", name="E1110: the failing rows")
    expect(again).to_contain_text("V<1>", timeout=PATIENCE)
    assert again.inner_text() == told
    other.context.close()
    page.get_by_test_id("stMain").get_by_text("Readiness").click()
    matrix = page.get_by_role("table", name="Units by step, the worst first")
    expect(matrix).to_contain_text("Elsewhere", timeout=PATIENCE)
    assert "rule=" not in page.url
    sound(page)


def test_an_unknown_branch_is_refused_in_words(page):
    page.goto("/branch?branch=B999")
    expect(page.get_by_text("There is no branch B999 at 31 Oct 2026")).to_be_visible(
        timeout=PATIENCE
    )
    expect(page.locator("table")).to_have_count(0)
    page.get_by_role("link", name="Open the overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Bank", timeout=PATIENCE)


def test_the_scorecard_fits_a_bank_desktop_without_scrolling_sideways(page):
    page.goto("/branch?branch=B101")
    table = page.locator("table.bm-card").first
    expect(table).to_be_visible(timeout=PATIENCE)
    box = table.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 1366
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366


def heading(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=PATIENCE)


def share(page, text):
    row = page.locator("table.bm-card tr", has_text="SEI share")
    expect(row).to_contain_text(text, timeout=PATIENCE)


def test_back_undoes_controls_links_and_pages_one_by_one(page):
    page.goto("/")
    heading(page, "Harbour Bank")
    page.locator("table.bm-grid tbody th a", has_text="Garden Branch").click()
    heading(page, "Garden Branch")
    share(page, "20.0%")
    page.get_by_test_id("stSidebar").get_by_role("combobox", name="Period").click()
    page.get_by_role("option", name="30 Sep 2026").click()
    share(page, "19.9%")
    page.wait_for_url("**period=2026-09-30**")
    page.go_back()
    share(page, "20.0%")
    assert "period=2026-10-31" in page.url
    page.go_back()
    heading(page, "Harbour Bank")
    page.go_forward()
    heading(page, "Garden Branch")
    settled(page)
    page.get_by_test_id("stSidebarNav").get_by_text("Overview").click()
    heading(page, "Harbour Bank")
    settled(page)
    # A page opened in the sidebar stands twice in the browser's history while it loads: without and with
    # its parameters. docs/dashboard.md says so.
    page.go_back()
    branch = page.get_by_role("heading", level=1).filter(has_text="Garden Branch")
    try:
        branch.wait_for(timeout=PATIENCE / 2)
    except StillWaitingError:
        page.go_back()
    heading(page, "Garden Branch")
    assert "branch=B201" in page.url
    sound(page)


def test_another_page_of_the_sidebar_keeps_the_unit(page):
    page.goto("/branch?branch=B201")
    heading(page, "Garden Branch")
    page.get_by_test_id("stSidebarNav").get_by_text("Targets").click()
    heading(page, "Targets: Garden Branch")
    page.wait_for_url("**/targets?**branch=B201**")
    sound(page)


@pytest.mark.parametrize("dark", [False, True])
def test_status_words_bear_the_colours_of_their_theme(browser, site, dark):
    scheme = "dark" if dark else "light"
    with of_this_machine(browser, site, color_scheme=scheme) as page:
        page.goto("/branch?branch=B101")
        share(page, "missed")
        shown = page.locator("table.bm-card .bm-mark.bm-missed").first.evaluate(
            "one => getComputedStyle(one).color"
        )
    colour = MARKS[Status.MISSED].colour(dark=dark)
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    assert shown == f"rgb({red}, {green}, {blue})"
