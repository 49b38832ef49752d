"""Signing in at a real provider, in a real browser: each sees exactly their own, and comes out again."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from records.access import Scope
from records.ledger.ledger import Ledger
from records.workspace import open_workspace
from tests.app.small_bank import small_bank
from tests.browser.serving import PATIENCE, chromium, free_port, served_by_command, settled
from tests.oidc_provider import PASSWORD, provider, secrets

pytestmark = pytest.mark.whole

SETTINGS = """
[sign_in]
claim = "email"
role_claim = "groups"
secrets = "{secrets}"

[sign_in.roles]
bm-head-office = "head_office"
bm-admin = "administrator"
bm-audit = "auditor"
"""
TABLE = """\
reader,role,units
# the others have their roles from groups
zhang.region@bank.example,region,R2
zhao.branch@bank.example,branch,B101
"""
NORTH, SOUTH, PIER = "Harbour <b>& Sons</b> Branch", "Garden Branch", "Harbour Pier"


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """The small bank with a table of readers, and where it is served."""
    chromium()
    folder = tmp_path_factory.mktemp("sign-in")
    workspace = small_bank(folder / "bank")
    port, at = free_port(), free_port()
    site = f"http://127.0.0.1:{port}"
    kept = folder / "secrets.toml"
    kept.write_text(secrets(at, site), "utf-8")
    kept.chmod(0o600)
    path = workspace.root / "branchmark.toml"
    path.write_text(path.read_text("utf-8") + SETTINGS.format(secrets=kept), "utf-8")
    (workspace.root / "access").mkdir()
    (workspace.root / "access" / "readers.csv").write_text(TABLE, "utf-8")
    with provider(folder, at, site), served_by_command(folder, workspace.root, port):
        yield open_workspace(workspace.root), site


@pytest.fixture
def page(browser, bank):
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=bank[1])
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def sign_in(page: Page, who: str, at: str = "/") -> None:
    """Through the door, the provider's two forms, and back."""
    page.goto(at)
    page.get_by_role("button", name=re.compile("Sign in|登录")).click()
    page.locator("input[name=login]").fill(who)
    page.keyboard.press("Enter")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"^http://127\.0\.0\.1:\d+/(?!login|auth|oauth)"))


def main(page: Page):
    return page.get_by_test_id("stMain")


def sidebar(page: Page):
    return page.get_by_test_id("stSidebar")


def actions(bank, who):
    rows = Ledger.of(bank[0], lambda _: None).access_log.all(Scope.whole_bank("test"))
    return [row["action"] for row in rows.to_dicts() if row["who"].startswith(who)]


def test_head_office_sees_every_branch(page, bank):
    before = len(actions(bank, "li.wei"))
    sign_in(page, "li.wei")
    expect(main(page)).to_contain_text(SOUTH, timeout=PATIENCE)
    expect(main(page)).to_contain_text(NORTH)
    expect(sidebar(page)).to_contain_text("li.wei@bank.example")
    expect(sidebar(page)).to_contain_text("head office, the whole bank")
    assert actions(bank, "li.wei")[before:] == ["sign_in"]


def test_a_branch_sees_itself_alone_by_page_by_address_and_by_file(page, bank):
    before = len(actions(bank, "zhao.branch"))
    sign_in(page, "zhao.branch")
    expect(main(page)).to_contain_text(PIER, timeout=PATIENCE)
    expect(sidebar(page)).to_contain_text("branch, B101")
    assert SOUTH not in page.content()
    page.goto("/branch?branch=B201")
    expect(main(page)).to_contain_text("B201", timeout=PATIENCE)
    expect(page.get_by_test_id("stAlert").first).to_be_visible()
    assert SOUTH not in page.content()
    page.goto("/")
    expect(main(page)).to_contain_text(PIER, timeout=PATIENCE)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as caught:
        page.get_by_role("button", name=re.compile("CSV")).click()
    with zipfile.ZipFile(BytesIO(Path(caught.value.path()).read_bytes())) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode("utf-8")
    assert "B101" in text
    assert not re.search(r"\b(B201|R2|R1|HO)\b", text)
    assert "Garden" not in text
    assert actions(bank, "zhao.branch")[before:] == ["sign_in", "export"]


def test_a_region_sees_its_branches(page):
    sign_in(page, "zhang.region")
    expect(main(page)).to_contain_text(SOUTH, timeout=PATIENCE)
    assert NORTH not in main(page).inner_text()
    assert PIER not in page.content()


def test_an_auditor_sees_the_bank_and_finds_no_form(page):
    sign_in(page, "sun.audit", "/targets?section=enter")
    expect(main(page)).to_contain_text("An auditor reads and enters nothing", timeout=PATIENCE)
    expect(sidebar(page)).to_contain_text("auditor, the whole bank")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("nobody.here", "Nobody has given you a role here yet"),
        ("un.verified", "has not verified your mail address"),
    ],
)
def test_who_may_not_come_in_is_told_and_may_come_as_somebody_else(page, bank, who, said):
    sign_in(page, who)
    expect(main(page)).to_contain_text(said, timeout=PATIENCE)
    assert SOUTH not in page.content()
    assert actions(bank, who) == ["refused"]
    page.get_by_role("button", name="Sign in as somebody else").click()
    _leave(page, bank)
    page.goto(bank[1])
    door = page.get_by_role("button", name=re.compile("Sign in(?! as)"))
    expect(door).to_be_visible(timeout=PATIENCE)
    expect(main(page)).not_to_contain_text(said)


def test_a_link_leads_where_it_points_after_signing_in(page):
    sign_in(page, "li.wei", "/branch?branch=B201&language=zh&comparison=previous_month")
    expect(main(page)).to_contain_text("花园分行", timeout=PATIENCE)
    page.wait_for_url(re.compile("branch=B201"))
    assert "comparison=previous_month" in page.url


def test_signing_out_closes_the_door_for_the_next_page_too(page, bank):
    sign_in(page, "zhao.branch")
    expect(main(page)).to_contain_text(PIER, timeout=PATIENCE)
    sidebar(page).get_by_role("button", name="Sign out").click()
    _leave(page, bank)
    page.goto(f"{bank[1]}/branch?branch=B101")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=PATIENCE)
    assert PIER not in page.content()


def _leave(page, bank):
    """The provider may ask whether to sign out there, too."""
    page.wait_for_timeout(1500)
    if not page.url.startswith(bank[1]):
        asked = page.get_by_role("button", name=re.compile("log ?out|sign out|yes", re.IGNORECASE))
        if asked.count():
            asked.first.click()


def test_an_administrator_sees_as_a_branch_and_comes_back(page, bank):
    before = len(actions(bank, "wang.admin"))
    sign_in(page, "wang.admin")
    expect(main(page)).to_contain_text(SOUTH, timeout=PATIENCE)
    settled(page)
    sidebar(page).get_by_text("View as another reader").click()
    # The fold opens at the foot of the sidebar, by and by: its end has to be in sight for the list to open.
    readers = sidebar(page).get_by_role("combobox", name="Reader")
    view = sidebar(page).get_by_role("button", name="View as this reader")
    for _ in range(8):
        page.mouse.move(100, 600)
        page.mouse.wheel(0, 5000)
        page.wait_for_timeout(250)
    expect(view).to_be_in_viewport()
    readers.click()
    page.get_by_role("option", name="zhao.branch@bank.example").click()
    sidebar(page).get_by_role("button", name="View as this reader").click()
    banner = main(page).get_by_text("You see these pages as zhao.branch@bank.example")
    expect(banner).to_be_visible(timeout=PATIENCE)
    expect(main(page)).to_contain_text(PIER)
    settled(page)  # until then what the administrator saw before still stands there
    assert SOUTH not in page.content()
    assert "zhao" not in page.url
    # A link loads the page anew, and the view stays what it is; another browser knows nothing of it.
    main(page).get_by_role("link", name=re.compile(PIER)).first.click()
    page.wait_for_url(re.compile("branch=B10101"))
    expect(banner).to_be_visible(timeout=PATIENCE)
    settled(page)
    assert SOUTH not in page.content()
    main(page).get_by_role("button", name="Back to my own view").click()
    expect(main(page)).to_contain_text("South Region", timeout=PATIENCE)
    assert actions(bank, "wang.admin")[before:] == ["sign_in", "view_as", "end_view_as"]
