"""Real servers over a bank, and the browser they are met with."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.app.small_bank import small_bank

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
PATIENCE = 60_000
"""Milliseconds to wait for a page: test processes and browsers share few cores."""


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


@contextmanager
def served(folder: Path):
    """A server of its own over the small bank; it must end without a traceback in its log."""
    workspace = small_bank(folder / "bank")
    port = free_port()
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(APP)),
        *("--server.address", "127.0.0.1", "--server.port", str(port)),
        *("--server.headless", "true", "--", "--workspace", str(workspace.root)),
    ]
    with _running(command, folder, port) as address:
        yield address


@contextmanager
def served_by_command(folder: Path, root: Path, port: int | None = None):
    """A workspace as `branchmark dashboard` serves it, the bank at work behind it; any free port will do."""
    port = port or free_port()
    program = str(Path(sysconfig.get_path("scripts")) / "branchmark")
    command = [program, "dashboard", "--headless", "--port", str(port), "-w", str(root)]
    with _running(command, folder, port) as address:
        yield address


@contextmanager
def _running(command: list[str], folder: Path, port: int):
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            _await(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=60)
    said = (folder / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in said, said


def _await(url: str, server: subprocess.Popen) -> None:
    for _ in range(360):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    pytest.fail("the server did not answer within 90 seconds")


def sound(page) -> None:
    """No error of the server and none of the browser is on the page."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Error:")).to_have_count(0)
    expect(page.locator("text=Traceback")).to_have_count(0)


def settled(page) -> None:
    """The page is drawn to its end."""
    expect(page.locator(".bm-strip").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    page.wait_for_selector('[data-test-script-state="notRunning"]', timeout=PATIENCE)


@contextmanager
def of_this_machine(browser, site: str, **options):
    """A page of 1366 by 768 unless told otherwise; whatever it asks for must come from the site itself."""
    shape = {"viewport": {"width": 1366, "height": 768}, **options}
    context = browser.new_context(base_url=site, **shape)
    opened = context.new_page()
    elsewhere: list[str] = []
    own = (f"{site}/", f"{site.replace('http', 'ws')}/", "data:", "blob:")

    def look(url: str) -> None:
        if not url.startswith(own):
            elsewhere.append(url)

    opened.on("request", lambda request: look(request.url))
    opened.on("websocket", lambda socket: look(socket.url))
    try:
        yield opened
    finally:
        context.close()
    assert not elsewhere
