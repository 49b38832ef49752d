"""The dashboard as a reader meets it: a real server, a real browser, links that reproduce pages."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.app.small_bank import small_bank

pytestmark = pytest.mark.whole

APP = Path(__file__).parents[2] / "dashboards" / "app.py"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 20_000


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found:
        return found
    why = "no Chromium found; install one or name it in CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a running dashboard over the small bank."""
    chromium()
    with served(tmp_path_factory.mktemp("browser")) as address:
        yield address


@contextmanager
def served(folder: Path):
    """A server of its own over the small bank; it must end without a traceback in its log."""
    workspace = small_bank(folder / "bank")
    port = free_port()
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", str(APP)),
                *("--server.address", "127.0.0.1", "--server.port", str(port)),
                *("--server.headless", "true", "--", "--workspace", str(workspace.root)),
            ],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _await(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)
    said = (folder / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in said, said


def _await(url: str, server: subprocess.Popen) -> None:
    for _ in range(120):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    pytest.fail("the server did not answer within 30 seconds")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, site):
    """A page of 1366 by 768, as bank desktops are; it may fetch nothing from elsewhere."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=site)
    opened = context.new_page()
    elsewhere: list[str] = []
    opened.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((site, site.replace("http", "ws"), "data:", "blob:"))
            else elsewhere.append(request.url)
        ),
    )
    yield opened
    context.close()
    assert not elsewhere


def sound(page) -> None:
    """No error of the server and none of the browser is on the page."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Error:")).to_have_count(0)
    expect(page.locator("text=Traceback")).to_have_count(0)


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
    expect(page.locator("[data-testid=stVegaLiteChart] svg, canvas")).not_to_have_count(0)
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
    page.get_by_role("radio", name="Asset quality").or_(
        page.get_by_role("button", name="Asset quality")
    ).first.click()
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
    strip.get_by_role("link", name="Data quality").click()
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
