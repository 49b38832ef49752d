"""`report --template`: an edition in a form of somebody else's, with the workspace's bindings, or refused."""

import io
import json
import shutil
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from orchestration.bank import Bank
from tests.unit import bank_forms
from tests.whole.commands import here, one_sentence

pytestmark = pytest.mark.whole

EXAMPLE = Path(__file__).parents[2] / "docs" / "templates" / "monthly_structure_form.xlsx"
FORM = bank_forms.SHEET
BINDINGS = """
missing: "–"
leave_out: ["MS.*"]
cells:
  "贷款结构月报!B3": {point: data_version}
"""


@pytest.fixture(scope="module")
def root(released_bank, tmp_path_factory):
    """A copy with released reports, and bindings for the form that ships as an example."""
    made = tmp_path_factory.mktemp("templates") / "bank"
    shutil.copytree(released_bank, made, symlinks=True)
    (made / "returns").mkdir(exist_ok=True)
    path = made / "returns" / f"{EXAMPLE.stem}.bindings.yaml"
    path.write_text(BINDINGS.strip(), encoding="utf-8")
    return made


def one_cell(text):
    """A template of one cell."""
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"] = text
    book.save(buffer)
    return buffer.getvalue()


def report(root, *words, before=()):
    return here(*before, "report", *words, "-w", root)


def test_the_example_takes_a_released_edition_and_says_who_signed(root, tmp_path):
    told = report(
        *(root, "monthly_structure", "--template", EXAMPLE, "--out", tmp_path),
        *("--lang", "zh", "--released", "--format", "json"),
    )
    assert told.code == 0, told.err
    # 月报 stood in the cell that the bindings file speaks of; the bank has no year end before.
    found = {(row["kind"], row["place"]) for row in told.json}
    assert {one for one in found if one[0] not in ("empty", "rests")} == {
        ("replaced", f"{FORM}!B3")
    }
    assert {at for kind, at in found if kind == "empty"} == {
        f"{FORM}!D{row}" for row in range(7, 16)
    }
    assert ("rests", f"{FORM}!F16") in found
    path = tmp_path / "monthly_structure-HO-2026-10-e1-monthly_structure_form.xlsx"
    sheet = openpyxl.load_workbook(path)[FORM]
    assert sheet["A18"].value == "编制人：Wang Fang"
    assert sheet["C18"].value == "复核人：Li Wei"
    assert sheet["E18"].value == "报出日期：2026-11-20"
    cells = report(root, "monthly_structure", "--released", "--format", "json").json["cells"]
    exact = {row["data_point"]: row["exact"] for row in cells}
    for row in range(7, 16):
        point = f"MS.SEI.{row + 14:03}.A"
        told_there = Decimal(str(sheet[f"B{row}"].value)) * 100_000_000
        assert abs(told_there - Decimal(exact[point])) < Decimal("0.01"), point
    assert "SUM(B7:B15)" in sheet["B16"].value
    assert sheet["D7"].value == "–"


def test_the_same_command_gives_the_same_file_and_is_written_down(root, tmp_path):
    words = ("monthly_structure", "--template", EXAMPLE, "--lang", "zh", "--out")
    for folder in ("one", "two"):
        assert report(root, *words, tmp_path / folder).code == 0
    one, two = (next((tmp_path / folder).iterdir()) for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    events = Bank.at(root).ledger.events.all().filter(action="report_rendered").to_dicts()
    assert list(json.loads(events[-1]["detail"])["files"]) == [one.name]


def test_files_of_bindings_are_no_reports(root):
    names = [row["report"] for row in report(root, "--format", "json").json]
    assert "monthly_structure" in names
    assert not any("bindings" in name for name in names)


def test_strict_writes_nothing_where_anything_is_found(root, tmp_path):
    out = tmp_path / "out"
    words = ("monthly_structure", "--template", EXAMPLE, "--out", out, "--strict")
    told = report(root, *words)
    assert told.code == 1
    assert "replaced" in told.err
    assert f"{FORM}!B3" in told.out
    assert not out.exists()
    bindings, plain = tmp_path / "b.yaml", tmp_path / "plain.xlsx"
    bindings.write_text('leave_out: ["MS.*"]', encoding="utf-8")
    plain.write_bytes(one_cell("{{MS.SUM.010.A|万元}}"))
    words = ("monthly_structure", "--template", plain, "--out", out, "--strict")
    assert report(root, *words, "--bindings", bindings).code == 0
    assert len(list(out.iterdir())) == 1


def test_a_template_that_would_lose_something_is_refused_until_that_is_accepted(root, tmp_path):
    template, out = tmp_path / "form.xlsx", tmp_path / "out"
    template.write_bytes(
        bank_forms.form(
            *("MS", "SUM", (("各项贷款", "010"),), "合计"),
            more=lambda _, page: page.insert_textbox("I2", "说明"),
        )
    )
    words = ("monthly_structure", "--template", template, "--out", out)
    told = report(root, *words)
    assert told.code == 1
    assert "text boxes and shapes" in told.err
    assert not out.exists()
    assert report(root, *words, "--accept-loss").code == 0
    assert len(list(out.iterdir())) == 1


def test_each_unit_gets_its_own_file_and_nobody_a_unit_outside(root, tmp_path):
    template = tmp_path / "card.xlsx"
    template.write_bytes(one_cell("{{unit_id}}"))
    words = ("branch_scorecard", "--template", template, "--out")
    as_b205 = ("--as", "branch:B205")
    assert report(root, *words, tmp_path / "own", "--all-units", before=as_b205).code == 0
    written = sorted((tmp_path / "own").rglob("*.xlsx"))
    assert [path.parent.name for path in written] == ["B205"]
    assert openpyxl.load_workbook(written[0]).active["A1"].value == "B205"
    refused = report(root, *words, tmp_path / "other", "--branch", "B303", before=as_b205)
    assert refused.code == 1
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("monthly_structure", "--template", "x.xlsx"), "--out"),
        (("monthly_structure", "--strict"), "--template"),
        (("monthly_structure", "--template", "none.xlsx", "--out", "o"), "no template none.xlsx"),
        (("--template", "x.xlsx", "--out", "o"), "with one report"),
    ],
)
def test_bad_use_is_told_in_a_sentence(root, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    told = report(root, *words)
    assert told.code == 1
    assert said in one_sentence(told)
    assert not list(tmp_path.iterdir())
