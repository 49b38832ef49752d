"""`report`: the list, the cells, the files; each unit's files hold its own rows and nobody else's."""

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import openpyxl
import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from tests.whole import own_returns
from tests.whole.commands import contents, here, kpis, one_sentence

pytestmark = pytest.mark.whole

OCTOBER = date(2026, 10, 31)
TRIED_ON_PAPER = ("B205", "B403", "B101")
NAMES = ("name_en", "name_zh")


@pytest.fixture(scope="module")
def root(demo_bank, tmp_path_factory):
    """A copy with reports of the bank's own beside those that ship."""
    made = shutil.copytree(demo_bank.root, tmp_path_factory.mktemp("reported") / "bank")
    return own_returns.bring(made)


def report(root, *words, before=()):
    return here(*before, "report", *words, "-w", root)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_list_says_for_whom_each_report_is_made(root):
    rows = {row["report"]: row for row in report(root, "--format", "json").json}
    assert {"monthly_structure", "quarterly_themes", "branch_scorecard", "review_pack"} < set(rows)
    assert rows["house_book"]["made_for"] == "tier1"
    assert rows["house_book"]["units"] == 39
    assert rows["bank_book"]["units"] == 1
    assert rows["quarterly_themes"]["frequency"] == "quarterly"
    listed = report(root)
    assert listed.code == 0
    assert "monthly_structure" in listed.out
    own = report(root, "--format", "json", before=("--as", "branch:B205")).json
    assert {row["report"]: row["units"] for row in own}["house_book"] == 1
    assert {row["report"]: row["units"] for row in own}["bank_book"] == 0


def test_cells_are_the_published_figures_in_the_unit_of_their_column(root):
    known = {
        (row["metric"], row["reading"], row["as_of_date"]): Decimal(row["value"])
        for row in kpis(root, "--branch", "B205", "--as-of", "all")
        if row["branch"] == "B205" and row["value"] is not None
    }
    told = report(root, "house_book", "--branch", "B205", "--format", "json").json
    rows = {row["data_point"]: row for row in told["cells"]}
    now = known["loan_balance", "default", "2026-10-31"]
    before = known["loan_balance", "default", "2026-09-30"]
    assert Decimal(rows["HB.T.010.A"]["exact"]) == now
    assert Decimal(rows["HB.T.010.B"]["exact"]) == before
    assert Decimal(rows["HB.T.010.C"]["exact"]) == now - before
    printed = now.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert rows["HB.T.010.A"]["value"] == f"{printed:,}"
    assert (told["state"], told["edition"]) == ("draft", None)
    assert {one["state"] for one in told["checks"]} == {"holds"}
    lines = list(csv.DictReader(io.StringIO(report(root, "bank_book", "--format", "csv").out)))
    assert [row["data_point"] for row in lines] == ["BB.T.010.A", "BB.T.020.A"]


def test_files_are_written_whole_named_as_drafts_and_never_over_others(root, tmp_path):
    kinds = ("xlsx", "pdf", "csv", "json")
    ways = [word for kind in kinds for word in ("--format", kind)]
    said = report(root, "bank_book", *ways, "--out", tmp_path)
    assert said.code == 0, said.err
    assert names(tmp_path) == sorted(f"bank_book-HO-2026-10-draft.{kind}" for kind in kinds)
    first = contents(tmp_path)
    # The same again is no other file, and nothing in the way.
    assert report(root, "bank_book", *ways, "--out", tmp_path).code == 0
    assert contents(tmp_path) == first

    mine = tmp_path / "bank_book-HO-2026-10-draft.csv"
    mine.write_text("mine")
    refused = one_sentence(report(root, "bank_book", *ways, "--out", tmp_path))
    assert str(mine) in refused
    assert mine.read_text() == "mine"
    assert report(root, "bank_book", *ways, "--out", tmp_path, "--replace").code == 0
    assert contents(tmp_path) == first


def test_by_default_a_regulators_report_comes_for_programs_too(root, tmp_path):
    report(root, "bank_book", "--out", tmp_path / "all")
    report(root, "own_card", "--branch", "B101", "--out", tmp_path / "two")
    endings = [
        {name.rpartition(".")[2] for name in names(tmp_path / one)} for one in ("all", "two")
    ]
    assert endings == [{"xlsx", "pdf", "csv", "json"}, {"xlsx", "pdf"}]


@pytest.fixture(scope="module")
def burst(root, tmp_path_factory):
    """Every branch's report, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("burst")
    ways = ("--format", "csv", "--format", "json", "--format", "xlsx")
    said = report(root, "house_book", "--all-units", *ways, "--out", folder)
    assert said.code == 0, said.err
    assert "117 file(s) of 39 unit(s)" in said.err
    shipped = ("branch_scorecard", "--all-units", "--format", "csv", "--out", folder)
    assert report(root, *shipped).code == 0
    for unit in TRIED_ON_PAPER:
        one = ("house_book", "--branch", unit, "--format", "pdf", "--out", folder / unit)
        assert report(root, *one).code == 0
    return folder


@dataclass(frozen=True)
class Strangers:
    """What must not be in the files of a unit: other units by number and name, clients and loans."""

    numbers: set[str]
    words: list[str]

    def found_in(self, text):
        # Names stand within sentences: all of them are looked for at once.
        found = pl.Series([text]).str.extract_many(self.words, overlapping=True)
        return [*self.numbers.intersection(re.findall(r"\w+", text)), *found[0]]


def strangers(root, nodes, unit):
    own = {unit}
    for node, parent in nodes.select("node_id", "parent_id").iter_rows():
        if parent in own:
            own.add(node)
    named = {node: names for node, *names in nodes.select("node_id", *NAMES).iter_rows()}
    mine = " ".join(name for node in own for name in named[node])
    others = named.keys() - own
    month = root / "archive" / OCTOBER.isoformat() / "1"
    borrowers = pl.read_parquet(month / "borrower_snapshot.parquet")
    loans = pl.read_parquet(month / "loan_snapshot.parquet")
    people = {*borrowers["borrower_id"], *borrowers["borrower_name"].drop_nulls()}
    return Strangers(
        set(others),  # not even the unit above it is named by its number
        sorted({name for node in others for name in named[node] if name not in mine} | people)
        + loans["loan_id"].to_list(),
    )


def test_no_branchs_file_holds_another_branchs_unit_row_or_borrower(root, burst):
    nodes = Bank.at(root).published.nodes(SYSTEM, as_of=OCTOBER).collect()
    folders = sorted(path for path in burst.iterdir())
    assert len(folders) == 45  # 39 branches and 6 regions
    files = 0
    for folder in folders:
        others = strangers(root, nodes, folder.name)
        for path in sorted(folder.iterdir()):
            text = text_of(path)
            assert re.search(rf"\b{folder.name}\b", text), path
            assert others.found_in(text) == [], path
            files += 1
    assert files == 39 * 3 + 45 + len(TRIED_ON_PAPER)
    # And they would be found: to another branch, all of that is a stranger's.
    text = text_of(burst / "B205" / "house_book-B205-2026-10-draft.csv")
    told = strangers(root, nodes, "B206").found_in(text)
    assert {"B205", "B20503", "Changzhou Branch"} <= set(told)
    assert strangers(root, nodes, "B206").found_in("a loan, L0000000071, of somebody's")


def text_of(path):
    """Everything that a file says, however it is packed."""
    if path.suffix == ".pdf":
        done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
        return done.stdout.decode()
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8-sig")
    book = openpyxl.load_workbook(path)
    cells = [
        cell
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None or cell.comment
    ]
    notes = [cell.comment.text for cell in cells if cell.comment]
    return "\n".join(
        [*book.sheetnames, *book.defined_names, *(str(one.value) for one in cells), *notes]
    )


def test_the_rows_of_a_file_are_those_of_the_tree(root, burst):
    nodes = Bank.at(root).published.nodes(SYSTEM, as_of=OCTOBER).collect()
    below = set(nodes.filter(pl.col("parent_id") == "B205")["node_id"])
    text = (burst / "B205" / "house_book-B205-2026-10-draft.json").read_text(encoding="utf-8")
    assert all(f"HB.U.{unit}.A" in text for unit in below)
    assert json.loads(text)
    rows = csv.DictReader(
        io.StringIO((burst / "B205" / "house_book-B205-2026-10-draft.csv").read_text("utf-8-sig"))
    )
    assert {row["unit_id"] for row in rows} == {"B205", *below}


def test_a_quarters_report_is_made_at_quarter_ends(root):
    told = report(root, "quarterly_themes", "--format", "json").json
    assert told["as_of_date"] == "2026-09-30"
    refused = one_sentence(report(root, "quarterly_themes", "--as-of", "2026-10-31"))
    assert "2026-09-30" in refused


def test_an_edition_is_shown_by_its_number_and_a_draft_whatever_was_prepared(root, tmp_path):
    which = ("own_card", "--branch", "B104")
    here("signoff", "prepare", *which, "--by", "Li Wei", "-w", root)
    ways = (*which, "--format", "csv", "--out", tmp_path)
    for words in ((), ("--edition", "1"), ("--draft",)):
        assert report(root, *ways, *words).code == 0
    assert names(tmp_path) == ["own_card-B104-2026-10-draft.csv", "own_card-B104-2026-10-e1.csv"]
    assert "edition 2" in one_sentence(report(root, *ways, "--edition", "2"))
    assert "never released" in one_sentence(report(root, *ways, "--released"))
    assert "contradict" in one_sentence(report(root, *ways, "--released", "--draft"))
    events = Bank.at(root).ledger.events.all()
    done = events.filter(pl.col("action") == "report_rendered")
    assert done.height == 2  # an edition is told of, a draft is nobody's
    files = json.loads(done["detail"][0])["files"]
    held = contents(tmp_path)
    assert files == {"own_card-B104-2026-10-e1.csv": held["own_card-B104-2026-10-e1.csv"]}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("monthly_structur",), "monthly_structure"),
        (("house_book",), "--branch"),
        (("house_book", "--branch", "B2O5"), "B205"),
        (("house_book", "--branch", "R2"), "tier1"),
        (("house_book", "--as-of", "2020-01-31", "--branch", "B205"), "2020-01-31"),
        (("house_book", "--branch", "B205", "--format", "xlsx"), "--out"),
        (("house_book", "--branch", "B205", "--format", "docx", "--out", "x"), "xlsx"),
        (("house_book", "--branch", "B205", "--all-units", "--out", "x"), "contradict"),
        (("house_book", "--all-units"), "--out"),
        (("house_book", "--branch", "B205", "--lang", "de"), "de"),
    ],
)
def test_what_is_asked_wrongly_is_refused_in_one_sentence(root, words, told):
    assert told in one_sentence(report(root, *words))


def test_a_limited_reader_gets_the_reports_of_its_own_units_only(root, tmp_path):
    own = ("--as", "branch:B205")
    ways = ("house_book", "--format", "csv", "--out", tmp_path)
    assert report(root, *ways, "--all-units", before=own).code == 0
    assert names(tmp_path) == ["B205/house_book-B205-2026-10-draft.csv"]
    refused = one_sentence(report(root, *ways, "--branch", "B206", before=own))
    assert "no access to branch B206" in refused
    assert "no access" in one_sentence(report(root, "bank_book", before=own))
    assert names(tmp_path) == ["B205/house_book-B205-2026-10-draft.csv"]
