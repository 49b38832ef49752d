"""The main journeys of the three groups of users: signed in, in a real browser, from first page to last.

Head office walks from the bank to one loan, a branch checks itself and says why it misses, a region signs and
takes the paper along. Figures are told by their digits: what one page shows, the next has to show again. All
three are on one copy of the demo bank; what is entered lies with branches that no other journey reads.
"""

import re
import shutil
from contextlib import contextmanager
from decimal import Decimal

import polars as pl
import pytest
from playwright.sync_api import expect

from tests.browser.serving import (
    PATIENCE,
    chromium,
    free_port,
    of_this_machine,
    served_by_command,
    settled,
    sound,
)
from tests.oidc_provider import PASSWORD, provider, secrets
from tests.pdf_reading import read

pytestmark = pytest.mark.whole

SETTINGS = """
[sign_in]
claim = "email"
secrets = "{secrets}"
"""
TABLE = """\
reader,role,units
li.wei@bank.example,head_office,
zhang.region@bank.example,region,R3
zhao.branch@bank.example,branch,B101
"""
OCTOBER = "2026-10-31"


@pytest.fixture(scope="module")
def bank(tmp_path_factory, demo_bank):
    """The demo bank behind a provider: its folder and its address."""
    chromium()
    assert demo_bank.code == 0, demo_bank.err
    folder = tmp_path_factory.mktemp("journeys")
    root = folder / "bank"
    shutil.copytree(demo_bank.root, root)
    port, at = free_port(), free_port()
    site = f"http://127.0.0.1:{port}"
    kept = folder / "secrets.toml"
    kept.write_text(secrets(at, site), "utf-8")
    kept.chmod(0o600)
    path = root / "branchmark.toml"
    path.write_text(path.read_text("utf-8") + SETTINGS.format(secrets=kept), "utf-8")
    (root / "access").mkdir()
    (root / "access" / "readers.csv").write_text(TABLE, "utf-8")
    with provider(folder, at, site), served_by_command(folder, root, port):
        yield root, site


@contextmanager
def reader(browser, site, who, at):
    """A page of who came in through the provider, where the link pointed; nothing is asked elsewhere."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=site)
    context.set_default_timeout(PATIENCE)
    entering = context.new_page()
    entering.goto(at)
    entering.get_by_role("button", name=re.compile("Sign in|登录")).click()
    entering.locator("input[name=login]").fill(who)
    entering.keyboard.press("Enter")
    entering.locator("input[type=password]").fill(PASSWORD)
    entering.keyboard.press("Enter")
    settled(entering)
    state = context.storage_state()
    context.close()
    with of_this_machine(browser, site, storage_state=state) as page:
        page.set_default_timeout(PATIENCE)
        page.goto(at)
        settled(page)
        yield page


def title(page, text):
    expect(page.get_by_role("heading", level=1)).to_have_text(text, timeout=PATIENCE)


def chosen(page, name, *, exact=False):
    """Press a word of a row to choose from."""
    page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=exact).click()


def amount(text):
    return Decimal(text.replace(",", ""))


def test_head_office_comes_from_the_bank_to_one_loan_and_every_page_says_the_same_figure(
    browser, bank
):
    with reader(browser, bank[1], "li.wei", "/?comparison=previous_month") as page:
        # The first screen says who is behind, without a scroll.
        first = page.locator("p.bm-message")
        expect(first).to_contain_text("branches miss at least one target")
        assert first.bounding_box()["y"] < 300
        line = page.locator("table.bm-grid tr", has=page.get_by_role("link", name="Beijing Branch"))
        shown = re.match(r"[\d.]+%", line.locator("td").first.inner_text())[0]
        line.locator("th a").click()
        title(page, "Beijing Branch")
        card = page.locator("table.bm-card tr", has_text="SEI share")
        expect(card).to_contain_text(shown)
        card.get_by_role("link", name="SEI share", exact=True).click()
        title(page, "SEI share · Beijing Branch")
        expect(page.locator("p.bm-message")).to_contain_text(f"SEI share {shown},")
        # Why it moved: a button, since the book is worked on; a second chart comes, and the message says it.
        page.get_by_role("button", name="Split the change over its causes").click()
        expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2, timeout=3 * PATIENCE)
        expect(page.locator("p.bm-message")).to_contain_text(re.compile(r"on the month: .* pp"))
        sound(page)
        page.get_by_role("link", name=re.compile(r"^CNY .* ›$")).first.click()
        title(page, "Loans: SEI share (confirmed), Beijing Branch")
        settled(page)
        expect(page.locator("p.bm-message")).to_contain_text("they add up to the published figure")
        sums = {}
        for side in ("Numerator", "Denominator"):
            cells = page.locator("table tr", has=page.get_by_role("rowheader", name=side))
            if not cells.count():
                cells = page.locator("table tr", has_text=side)
            told = cells.first.locator("td.bm-number").all_inner_texts()
            assert told[0] == told[1]
            sums[side] = amount(told[0])
        assert f"{sums['Numerator'] / sums['Denominator'] * 100:.1f}%" == shown
        rows = page.get_by_role("row").filter(has=page.get_by_role("link", name=re.compile("^L0")))
        listed = [one.locator("td").all_inner_texts() for one in rows.all()]
        assert all(any(cell.startswith("••") for cell in cells) for cells in listed)
        loan = rows.first.get_by_role("link", name=re.compile("^L0")).inner_text()
        rows.first.get_by_role("link", name=loan).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(loan)
        settled(page)
        sound(page)
        # And all the way back, step by step.
        page.go_back()
        title(page, "Loans: SEI share (confirmed), Beijing Branch")
        page.go_back()
        title(page, "SEI share · Beijing Branch")
        assert "branch=B101" in page.url
        assert "comparison=previous_month" in page.url


def test_a_branch_checks_a_draft_and_says_why_it_misses_in_chinese(browser, bank, tmp_path):
    root, site = bank
    book = pl.read_parquet(root / "archive" / OCTOBER / "1" / "loan_snapshot.parquet")
    tree = pl.read_parquet(root / "archive" / OCTOBER / "1" / "branch_hierarchy.parquet")
    own = ["B101", *tree.filter(pl.col("parent_id") == "B101")["child_id"]]
    draft = book.filter(pl.col("booking_branch_id").is_in(own))
    broken = draft["loan_id"][0]
    draft = draft.with_columns(borrower_id=pl.when(pl.col("loan_id") != broken).then("borrower_id"))
    draft.write_csv(tmp_path / "loan_snapshot.csv")
    with reader(browser, site, "zhao.branch", "/branch?language=zh") as page:
        title(page, "北京分行")
        expect(page.locator("p.bm-message")).to_contain_text(re.compile(r"^\d+ 项目标达标 \d+ 项"))
        missed = page.locator("table.bm-card tr", has_text="未达标").first
        gap = missed.locator("td").nth(2).inner_text()
        assert re.search("差|超出", gap)
        # A draft before it is delivered: what would be rejected, and that nothing of it stays.
        page.get_by_test_id("stSidebarNav").get_by_text("自查").click()
        title(page, "自查：北京分行")
        page.locator("input[type=file]").set_input_files(tmp_path / "loan_snapshot.csv")
        expect(page.get_by_text("loan_snapshot.csv")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="开始自查").click()
        told = page.locator("p.bm-message")
        expect(told).to_contain_text(
            f"草稿中 {draft.height} 笔贷款有 1 笔将被拒收", timeout=120_000
        )
        chosen(page, re.compile("将被拒收"))
        expect(page.get_by_test_id("stMain").get_by_text(broken).first).to_be_visible()
        assert list((root / ".drafts").iterdir()) == []
        sound(page)
        # A word on the missed figure, where the figure stands.
        page.get_by_test_id("stSidebarNav").get_by_text("报告与签核").click()
        title(page, re.compile("报告与签核"))
        chosen(page, "签核", exact=True)
        page.get_by_role("link", name="填写说明 ›").first.click()
        title(page, "北京分行")
        page.get_by_text("填写说明", exact=True).click()
        page.get_by_label("原因说明").fill("两笔绿色贷款于十月提前收回。")
        page.get_by_role("button", name="保存").click()
        said = page.locator("ul.bm-list li", has_text="两笔绿色贷款于十月提前收回。")
        expect(said).to_contain_text("zhao.branch@bank.example")
        # Another branch's figures are refused, not replaced.
        page.goto("/branch?language=zh&branch=B102")
        expect(page.get_by_test_id("stAlert").first).to_contain_text("B102")
        expect(page.locator("table")).to_have_count(0)
        assert "天津" not in page.content()


def test_who_signs_sees_what_is_signed_and_takes_the_paper_along(browser, bank, tmp_path):
    with reader(browser, bank[1], "zhang.region", "/reports?branch=R3&section=units") as page:
        title(page, "Reports and sign-off: South Region")
        line = page.locator("table tr", has_text="none missed").filter(
            has=page.get_by_role("link", name=re.compile("Branch"))
        )
        unit = line.first.locator("th a, td a").first
        name = unit.inner_text()
        unit.click()
        title(page, f"Reports and sign-off: {name}")
        settled(page)
        chosen(page, "Sign", exact=True)
        expect(page.get_by_role("heading", name="What you sign")).to_be_visible()
        sign = page.get_by_role("button", name=f"Sign {name}")
        sign.click()
        expect(page.get_by_text("Confirm first that you have looked")).to_be_visible()
        page.get_by_text("I have looked at these figures").click()
        sign.click()
        strip = page.locator(".bm-strip").first
        expect(strip).to_contain_text(re.compile("Signed"))
        expect(strip).not_to_contain_text("Not signed")
        signed = page.get_by_role("table", name="Signatures on this month")
        expect(signed).to_contain_text("zhang.region@bank.example")
        # The paper says the same: unit, month, who signed, and the figures as the page shows them.
        page.get_by_test_id("stSidebarNav").get_by_text("Branch scorecard").click()
        title(page, name)
        settled(page)
        value = page.locator("table.bm-card .bm-value").first.inner_text()
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="PDF").click()
        waiting.value.save_as(tmp_path / "card.pdf")
        paper = read((tmp_path / "card.pdf").read_bytes())
        assert paper.missing() == 0
        text = paper.text()
        for wanted in (name, "31 Oct 2026", value):
            assert wanted in text
        assert "zhang.region" in text
        sound(page)


def test_a_region_prepares_its_report_and_head_office_checks_it_and_takes_it_away(
    browser, bank, tmp_path
):
    with reader(browser, bank[1], "zhang.region", "/reports?branch=R3") as page:
        title(page, "Reports and sign-off: South Region")
        listed = page.get_by_role("table", name="Branch scorecard report, unit by unit")
        expect(listed).not_to_contain_text("Beijing Branch")
        listed.get_by_role("link", name="South Region").click()
        title(page, "Branch scorecard report: South Region")
        settled(page)
        chosen(page, "Signatures", exact=True)
        page.get_by_role("button", name="Prepare this report").click()
        expect(page.get_by_text("Prepared: edition 1.")).to_be_visible()
        # Four eyes: who prepared it is told that another person checks it.
        expect(page.get_by_text("the next one is somebody else's")).to_be_visible()
        expect(page.get_by_role("button", name="Sign as checked")).to_be_disabled()
        page.goto("/reports?branch=HO&report=monthly_structure")
        expect(page.get_by_test_id("stAlert").first).to_contain_text("HO")
        expect(page.locator("table")).to_have_count(0)
    at = "/reports?branch=R3&report=branch_scorecard&section=steps"
    with reader(browser, bank[1], "li.wei", at) as page:
        page.get_by_text("I have looked at this report").click()
        page.get_by_role("button", name="Sign as checked").click()
        expect(page.get_by_text("Checked by li.wei@bank.example.")).to_be_visible()
        bar = page.get_by_role("list", name="Steps of this edition")
        for who in ("zhang.region@bank.example", "li.wei@bank.example"):
            expect(bar).to_contain_text(who)
        chosen(page, "Form", exact=True)
        figure = page.locator("table.bm-plain td[title='BS.VOL.010.A']")
        shown = figure.inner_text()
        assert "metric=loan_balance" in figure.get_by_role("link").get_attribute("href")
        chosen(page, "Files and delivery", exact=True)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="CSV").click()
        assert re.fullmatch(
            r"branch_scorecard-R3-\d{4}-\d\d-e1\.csv", waiting.value.suggested_filename
        )
        waiting.value.save_as(tmp_path / "cells.csv")
        cells = pl.read_csv(tmp_path / "cells.csv", infer_schema=False)
        (cell,) = cells.filter(pl.col("data_point") == "BS.VOL.010.A").to_dicts()
        assert amount(cell["printed"]) == amount(shown)
        sound(page)
