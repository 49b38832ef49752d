"""Files taken from a page: pressed, saved, opened, and read offline."""

import csv
import io
import zipfile

import openpyxl
import pytest
from playwright.sync_api import expect

from dashboards.exports import press
from tests.browser.serving import PATIENCE, settled, sound
from tests.pdf_reading import read

pytestmark = pytest.mark.whole


def taken(page, label, folder):
    """The file behind a button of the open control."""
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_role("button", name=label).click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


def opened(page, address, word="Export"):
    page.goto(address)
    settled(page)
    page.get_by_role("button", name=word, exact=False).first.click()
    expect(page.get_by_test_id("stDownloadButton")).to_have_count(5, timeout=PATIENCE)


def test_a_branchs_scorecard_is_taken_as_workbook_plain_files_and_pdf(page, tmp_path):
    opened(page, "/branch?branch=B101")
    book = openpyxl.load_workbook(taken(page, "Excel workbook", tmp_path))
    sheet = book["Scorecard"]
    heads = [cell.value for cell in sheet[1]]
    rows = {row[1].value: row for row in sheet.iter_rows(min_row=2) if row[1].value}
    share = rows["Strategic emerging industry loan share"]
    assert share[heads.index("Value")].value == pytest.approx(0.1, rel=1e-15)
    assert share[heads.index("Status")].value == "missed"
    with zipfile.ZipFile(taken(page, "CSV with dictionary", tmp_path)) as packed:
        told = io.StringIO(packed.read("scorecard.csv").decode("utf-8-sig"))
    plain = {row["metric_id"]: row for row in csv.DictReader(told)}
    assert plain["sei_share"]["value"] == "0.100000000000"
    printed = read(taken(page, "PDF to print", tmp_path).read_bytes())
    assert printed.missing() == 0
    assert "1.6 pp short" in printed.text()
    sound(page)


def test_the_web_page_is_read_without_any_network(page, browser, tmp_path):
    opened(page, "/branch?branch=B101&language=zh", "导出")
    file = taken(page, "离线网页", tmp_path)
    with browser.new_context(offline=True, color_scheme="dark") as context:
        offline, asked, complaints = context.new_page(), [], []
        offline.on("request", lambda request: asked.append(request.url))
        offline.on("console", lambda message: complaints.append(message.text))
        offline.goto(file.as_uri())
        expect(offline.get_by_role("heading", level=1)).to_contain_text("记分卡")
        expect(offline.locator("table").first).to_contain_text("未达标")
        drawn = offline.locator("img").evaluate_all(
            "all => all.filter(one => one.complete && one.naturalWidth > 0).length"
        )
        assert drawn == offline.locator("img").count() > 0
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert complaints == []


@pytest.mark.skipif(
    not any(name in press.installed() for name in press.CHINESE_FONTS),
    reason="no Chinese font is installed here",
)
def test_the_overview_is_taken_as_a_chinese_pdf(page, tmp_path):
    opened(page, "/?language=zh", "导出")
    printed = read(taken(page, "PDF（打印签字）", tmp_path).read_bytes())
    assert printed.missing() == 0
    assert "机构与指标" in printed.text().replace("\n", "")
