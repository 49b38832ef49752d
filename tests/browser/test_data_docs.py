"""The pages of checks in a real browser: they ask nothing of the net, and what is to be pressed works."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.serving import FLAGS, chromium
from tests.whole import books
from tests.whole.commands import here

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages about October's suites."""
    chromium()
    folder = tmp_path_factory.mktemp("docs")
    root = books.delivered(folder / "bank", folder / "files")
    said = here("data-docs", "-w", root, "--as-of", books.OCTOBER, "--out", folder / "site")
    assert said.code == 0, said.err
    return folder / "site"


def test_every_page_is_shown_without_asking_the_net(site):
    asked, said = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
        pages = sorted(site.rglob("*.html"))
        for one in pages:
            page.goto(one.as_uri())
        # The index is made by script: a line a suite, and one may be looked for.
        page.goto((site / "index.html").as_uri())
        lines = page.locator("#Validation-Results tbody tr")
        assert lines.count() == (len(pages) - 1) // 2
        page.locator("#Validation-Results .search").fill("loan_snapshot")
        assert lines.count() == 1
        lines.first.locator("td").nth(1).click()
        page.wait_for_url("**/validations/loan_snapshot/**")
        # W0216: nine loans after one.
        broken = page.get_by_text("W0216 The number of loans moved")
        passed = page.get_by_text("E0107 The delivery holds no loan at all")
        assert broken.is_visible()
        assert passed.is_visible()
        page.get_by_text("Failed Only").click()
        assert broken.is_visible()
        assert not passed.is_visible()
        browser.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert said == []
