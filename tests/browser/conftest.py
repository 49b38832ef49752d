"""One server and one browser for the tests of a file, and pages that may fetch nothing from elsewhere."""

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.serving import FLAGS, chromium, of_this_machine, served


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of a running dashboard over the small bank."""
    chromium()
    with served(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, site):
    """A page of 1366 by 768, as bank desktops are; it may fetch nothing from elsewhere."""
    with of_this_machine(browser, site) as opened:
        yield opened
