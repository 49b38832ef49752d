"""Evidence packs: a stranger recomputes published figures from the zip alone, and gets the same digits."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.evidence import archive, packing
from orchestration.evidence.figures import asked_for
from orchestration.evidence.filling import MADE, Wanted
from records.access import Scope
from records.ledger.access_log import Action
from records.readers import Reader, Role, scope_of
from tests.whole import grown as grown_bank
from tests.whole.commands import PYTHON, here, one_sentence
from transforms.catalogue.model import Kind, Unit
from transforms.catalogue.vocabulary import TOTAL

pytestmark = pytest.mark.whole

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
WHOLE = Scope.whole_bank("auditor")
STRANGER = """\
import json, sys
import duckdb
said = duckdb.sql(open(sys.argv[1], encoding="utf-8").read())
rows = said if len(sys.argv) < 3 else duckdb.sql(sys.argv[2])
print(json.dumps([dict(zip(rows.columns, row)) for row in rows.fetchall()], default=str))
"""
"""All that a stranger has: DuckDB. With -I Python sees neither this folder nor what was set for it."""


def stranger(folder, script, query=None):
    """What the script of an unpacked pack says, run where nothing of the product can be imported."""
    words = [script] if query is None else [script, query]
    done = subprocess.run(
        [PYTHON, "-I", "-c", STRANGER, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def unpacked(pack, folder):
    with zipfile.ZipFile(pack) as held:
        held.extractall(folder)
    return folder


def table(folder, name):
    text = (folder / name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def lent(root, folder):
    """A bank with a ledger of its own, on a lake that it shares and that nobody writes to."""
    shutil.copytree(root, folder, symlinks=True, ignore=shutil.ignore_patterns("lake", ".dagster"))
    (folder / "lake").symlink_to(root / "lake")
    return Bank.at(folder)


def chosen(catalogue):
    """A metric and reading of each kind, and of what changes how one is reckoned."""
    found = {}
    for metric in catalogue.metrics.values():
        marks = (metric.unit is Unit.BP, metric.annualised, metric.of_root, metric.base)
        found.setdefault((metric.kind, *marks), (metric, metric.default_reading))
    return list(found.values())


@pytest.fixture(scope="module")
def bank(grown, tmp_path_factory):
    return lent(grown.root, tmp_path_factory.mktemp("evidence") / "bank")


def figures(bank, scope, unit, names, **cut):
    published = bank.published.pinned()
    return [
        asked_for(bank, published, scope, metric, reading=reading, branch=unit, **cut)
        for metric, reading in names
    ]


@pytest.fixture(scope="module")
def every_kind(bank, grown, tmp_path_factory):
    """The pack of a figure of each kind at head office, unpacked, and what it was made of."""
    folder = tmp_path_factory.mktemp("every-kind")
    names = [
        (metric.metric_id, reading)
        for metric, reading in chosen(grown.catalogue)
        if grown.facts[metric.metric_id, reading, "HO"]["value"] is not None
    ]
    asked = figures(bank, WHOLE, "HO", [*names, ("large_exposure_single", "default")])
    packed = packing.pack_figures(bank, WHOLE, asked, Wanted(folder / "pack.zip", AT))
    return packed, unpacked(packed.file, folder / "pack"), asked


def test_a_stranger_with_duckdb_alone_gets_the_published_digits_of_every_kind(every_kind, grown):
    packed, folder, asked = every_kind
    rows = stranger(folder, "recompute.sql")
    found = {(row["metric_id"], row["reading"]): row for row in rows}
    assert {row["same"] for row in rows} == {True}
    assert packed.disagree == ()
    kinds = {row["kind"] for row in table(folder, "figures.csv")}
    assert kinds == {kind.value for kind in Kind}
    for one in asked:
        fact = grown.facts[one.metric, one.reading, "HO"]
        row = found[one.metric, one.reading]
        assert Decimal(row["value_recomputed"]) == fact["value"], one
        for side in ("numerator", "denominator"):
            if fact[side] is not None:
                assert Decimal(row[f"{side}_recomputed"]) == fact[side], (one, side)


def test_every_row_says_what_let_it_in_and_the_rows_left_out_make_up_the_book(every_kind, grown):
    _, folder, asked = every_kind
    place = next(n for n, one in enumerate(asked) if one.metric == "npl_balance")
    figure = next(
        row for row in table(folder, "figures.csv") if row["metric_id"] == asked[place].metric
    )
    let_in = table(folder, f"rows/{figure['numerator_list']}.csv")
    out = table(folder, f"left_out/{figure['figure']}.csv")
    assert {row["rule"] for row in let_in} == {"is_npl"}
    assert all(row["because"] for row in [*let_in, *out])
    assert all(row["side"] == "numerator" for row in let_in)
    both = sorted(row["loan_id"] for row in [*let_in, *out])
    assert both == sorted(grown.book("HO")["loan_id"])
    counted = [
        row for row in table(folder, "left_out_by_rule.csv") if row["figure"] == figure["figure"]
    ]
    assert sum(int(row["rows"]) for row in counted) == len(out)
    words = {row["why"]: row["zh"] for row in table(folder, "reasons.csv")}
    assert words["is_npl"].startswith("纳入统计的贷款")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_a_spreadsheet_gets_the_same_ratio_from_the_csv_files(every_kind, tmp_path):
    _, folder, _ = every_kind
    figure = next(
        row
        for row in table(folder, "figures.csv")
        if row["kind"] == "ratio" and row["times"] == "1"
    )
    book = openpyxl.Workbook()
    sums = book.active
    for row, side in enumerate(("numerator", "denominator"), start=1):
        sheet = book.create_sheet(side)
        text = (folder / f"rows/{figure[f'{side}_list']}.csv").read_text(encoding="utf-8-sig")
        for line in csv.reader(io.StringIO(text)):
            sheet.append([*line[:6], float(line[6]) if line[6] != "amount" else line[6]])
        sums.cell(row, 1, f"=SUM({side}!G:G)")
    sums["A3"] = "=A1/A2"
    book.save(tmp_path / "sums.xlsx")
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    words = ["soffice", home, "--headless", "--convert-to", "csv", "--outdir", tmp_path]
    subprocess.run([*words, tmp_path / "sums.xlsx"], check=True, capture_output=True, timeout=120)
    above, below, _ = (tmp_path / "sums.csv").read_text().split()
    assert Decimal(above) == Decimal(figure["numerator"])
    assert Decimal(below) == Decimal(figure["denominator"])
    quotient = (Decimal(above) / Decimal(below)).quantize(Decimal("1E-12"))
    assert quotient == Decimal(figure["value"])


def test_packed_again_it_is_the_same_bytes_and_the_log_holds_it_once(bank, tmp_path):
    asked = figures(bank, WHOLE, "HO", [("sei_share", "confirmed")])
    later = datetime(2027, 1, 1, tzinfo=UTC)
    made = [
        packing.pack_figures(bank, WHOLE, asked, Wanted(tmp_path / name, at))
        for name, at in (("one.zip", AT), ("two.zip", later))
    ]
    assert made[0].file.read_bytes() == made[1].file.read_bytes()
    events = bank.ledger.events.all().filter(action=MADE, subject=made[0].called)
    (detail,) = [json.loads(one) for one in events["detail"]]
    assert detail["contents"] == made[0].contents
    anchor = json.loads((unpacked(made[0].file, tmp_path / "pack") / "anchor.json").read_text())
    assert bank.ledger.chain.holds((anchor["number"], anchor["hash"]))


def test_what_was_tampered_with_is_found_by_the_product_and_by_duckdb_alone(bank, tmp_path):
    asked = figures(bank, WHOLE, "HO", [("npl_ratio", "default")])
    packed = packing.pack_figures(bank, WHOLE, asked, Wanted(tmp_path / "pack.zip", AT))
    assert here("evidence", "verify", packed.file).code == 0
    folder = unpacked(packed.file, tmp_path / "pack")
    said = (folder / "figures.csv").read_text(encoding="utf-8")
    value = table(folder, "figures.csv")[0]["value"]
    (folder / "figures.csv").write_text(said.replace(value, "0.01"), encoding="utf-8")
    (folder / "people" / "targets.csv").unlink()
    (folder / "rows" / "more.csv").write_text("list\n", encoding="utf-8")
    expected = {
        "figures.csv": "altered",
        "people/targets.csv": "missing",
        "rows/more.csv": "added",
    }
    assert [row["same"] for row in stranger(folder, "recompute.sql")] == [False]
    found = {row["path"]: row["state"] for row in stranger(folder, "check_files.sql")}
    assert {path: state for path, state in found.items() if state != "ok"} == expected
    archive.zipped(folder, tmp_path / "other.zip")
    verified = here("evidence", "verify", tmp_path / "other.zip", "--format", "json")
    assert verified.code == 1
    faults = json.loads(verified.out)["faults"]
    assert {one["file"]: one["state"] for one in faults} == expected


@pytest.fixture(scope="module")
def limited(bank, grown, tmp_path_factory):
    """The pack that a reader of one branch gets, unpacked, and who reads."""
    folder = tmp_path_factory.mktemp("limited")
    scope = scope_of(Reader("Zhou Min", Role.BRANCH, (grown.branch,)), bank.published)
    names = [
        ("inclusive_npl_gap", "default"),
        ("loan_clients", "default"),
        ("npl_ratio", "default"),
    ]
    asked = figures(bank, scope, grown.branch, names)
    packed = packing.pack_figures(bank, scope, asked, Wanted(folder / "pack.zip", AT))
    return scope, unpacked(packed.file, folder / "pack")


def test_a_branch_gets_no_row_no_figure_and_no_file_count_of_another(limited, bank):
    scope, folder = limited
    nodes = bank.published.nodes(SYSTEM, as_of=grown_bank.LAST).collect()["node_id"]
    others = set(nodes) - scope.branches
    assert len(others) > 20
    for path in sorted(folder.rglob("*.csv")):
        for row in table(folder, path.relative_to(folder)):
            branches = {row.get(name) for name in ("branch_id", "node_id")} & others
            # The whole bank's ratio, that the gap is measured against, is named and not shown.
            if path.name == "figures.csv" and row["branch_id"] == "HO":
                assert row["metric_id"] == "npl_ratio"
                assert not row["numerator"] + row["denominator"] + row["value"]
                branches -= {"HO"}
            assert not branches, (path, row)
    for path in sorted((folder / "rows").glob("*.parquet")):
        assert set(pl.read_parquet(path)["branch_id"]) <= scope.branches
    assert {row["delivered_rows"] for row in table(folder, "sources/files.csv")} == {""}


def test_what_a_branch_gets_is_recomputed_all_the_same(limited):
    _, folder = limited
    rows = {(row["metric_id"], row["branch_id"]): row for row in stranger(folder, "recompute.sql")}
    assert rows.pop(("npl_ratio", "HO"))["same"] is None
    assert [row["same"] for row in rows.values()] == [True] * 4


def test_borrowers_stand_by_numbers_of_the_pack_unless_somebody_says_why(bank, tmp_path):
    asked = figures(bank, WHOLE, "HO", [("loan_clients", "default")])
    kept = packing.pack_figures(bank, WHOLE, asked, Wanted(tmp_path / "kept.zip", AT))
    shown = packing.pack_figures(
        bank, WHOLE, asked, Wanted(tmp_path / "shown.zip", AT, borrowers="asked by the auditor")
    )
    lists = [
        table(unpacked(one.file, tmp_path / one.file.stem), "rows/F001-numerator.csv")
        for one in (kept, shown)
    ]
    called = dict(zip(*([row["borrower_id"] for row in one] for one in lists), strict=True))
    assert all(name.startswith("••") for name in called)
    assert len(set(called.values())) == len(called)  # one number is one borrower, and no other
    with zipfile.ZipFile(kept.file) as pack:
        text = "".join(
            pack.read(name).decode() for name in pack.namelist() if not name.endswith(".parquet")
        )
        parquet = pl.read_parquet(pack.read("rows/F001-numerator.parquet"))
    assert not [number for number in called.values() if number in text]
    assert set(parquet["borrower_id"]) == set(called)
    log = bank.ledger.access_log.all(SYSTEM).filter(action=Action.REVEAL.value)
    assert log["reason"].to_list() == ["asked by the auditor"]


def test_a_figure_of_a_part_is_recomputed_too(bank, grown, tmp_path):
    """Of a composition the denominator stays whole; of a slice it is cut with the numerator."""
    held = {
        cut: max(
            grown.members["sei_share", "confirmed", "HO", cut], key=lambda one: one["numerator"]
        )["member"]
        for cut in ("sei_field", "region")
    }
    asked = [
        one
        for cut, member in held.items()
        for one in figures(
            bank, WHOLE, "HO", [("sei_share", "confirmed")], slice_=cut, member=member
        )
    ]
    packed = packing.pack_figures(bank, WHOLE, asked, Wanted(tmp_path / "pack.zip", AT))
    rows = stranger(unpacked(packed.file, tmp_path / "pack"), "recompute.sql")
    assert [(row["member"], row["same"]) for row in rows] == [(one, True) for one in held.values()]
    whole = grown.facts["sei_share", "confirmed", "HO"]["denominator"]
    below = [Decimal(row["denominator_recomputed"]) for row in rows]
    assert below[0] == whole > below[1]


# Reports


@pytest.fixture(scope="module")
def edition(released_bank, tmp_path_factory):
    """The pack of a released report, with the rows of some of its metrics, by the command line."""
    folder = tmp_path_factory.mktemp("edition")
    bank = lent(released_bank, folder / "bank")
    words = ("report", "branch_scorecard", "--branch", "B205", "--released", "--with-rows")
    said = here(
        *("evidence", *words, "npl_ratio", "--with-rows", "sei_share"),
        *("-w", bank.workspace.root, "-o", folder / "pack.zip", "--format", "json"),
    )
    assert said.json["disagree"] == []
    assert said.json["bytes"] == (folder / "pack.zip").stat().st_size
    return bank, unpacked(folder / "pack.zip", folder / "pack")


def test_every_cell_whose_rows_are_in_the_pack_is_recomputed_and_all_that_is_printed(edition):
    _, folder = edition
    (told,) = stranger(folder, "recompute_report.sql")
    cells = table(folder, "report/cells.csv")
    printed = sum(1 for row in cells if row["printed"])
    assert told["cells"] == len(cells)
    assert told["printed_agree"] == told["exact_agree"] == printed > 20
    assert told["recomputed_from_rows"] >= 2
    wrong = ("rows_disagree", "exact_disagree", "printed_disagree")
    assert [told[name] for name in wrong] == [0, 0, 0]


def test_the_text_in_the_pack_is_what_was_signed(edition):
    bank, folder = edition
    head = bank.ledger.returns.released(
        SYSTEM, "branch_scorecard", "B205", bank.published.require(None)
    )
    text = (folder / "report" / "package.json").read_bytes()
    assert hashlib.sha256(text).hexdigest() == head.content_hash
    steps = table(folder, "report/steps.csv")
    assert [row["step"] for row in steps] == ["prepared", "checked", "approved", "released"]
    assert {row["content_hash"] for row in steps} == {head.content_hash}
    assert head.content_hash in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("figure", "--metric", "sei_shar"), "Did you mean sei_share"),
        (("figure", "--metric", "sei_share", "--branch", "B9999"), "No branch 'B9999'."),
        (("figure", "--metric", "sei_share", "--slice", "region"), "together"),
        (("figure", "--metric", "sei_share", "--as-of", "2020-01-31"), "is not published"),
        (("figure", "--metric", "loan_balance", "--max-rows", "10"), "more than 10."),
        (("figure", "--metric", "loan_balance", "--borrowers", "…"), "needs a reason in words"),
        (("report", "branch_scorecrd"), "branch_scorecard"),
        (("report", "branch_scorecard", "--branch", "B205", "--with-rows", "npl"), "npl_ratio"),
        (
            *(("report", "branch_scorecard", "--branch", "B205", "--with-rows", "all"),),
            "Name fewer metrics with --with-rows",
        ),
    ],
)
def test_what_cannot_be_packed_is_refused_in_one_sentence(edition, tmp_path, words, said):
    bank, _ = edition
    limit = ("--max-rows", "10") if words[-1] == "all" else ()
    where = ("-w", bank.workspace.root, "-o", tmp_path / "pack.zip")
    assert said in one_sentence(here("evidence", *words, *limit, *where))
    assert list(tmp_path.iterdir()) == []


def test_a_reader_is_refused_the_report_and_the_figure_of_another_branch(edition, tmp_path):
    bank, _ = edition
    where = ("-w", bank.workspace.root, "-o", tmp_path / "pack.zip")
    for words in (
        ("figure", "--metric", "sei_share", "--branch", "B303"),
        ("report", "branch_scorecard", "--branch", "B303"),
    ):
        refused = one_sentence(here("--as", "branch:B205", "evidence", *words, *where))
        assert "has no access to branch B303" in refused
    assert TOTAL not in refused


def test_no_pack_and_a_file_that_is_there_are_refused(edition, tmp_path):
    bank, folder = edition
    assert "no whole evidence pack" in one_sentence(
        here("evidence", "verify", folder / "README.md")
    )
    there = tmp_path / "there.zip"
    there.write_bytes(b"mine")
    words = ("figure", "--metric", "sei_share", "-w", bank.workspace.root, "-o", there)
    assert "exists already" in one_sentence(here("evidence", *words))
    assert there.read_bytes() == b"mine"
