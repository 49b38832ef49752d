"""What pages offer as files: every kind, in both languages, of the reader's own scope and nothing else."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from dashboards.app_pages import exporting, viewing
from dashboards.exports import formats, press
from dashboards.exports.document import Made
from dashboards.exports.formats import FileKind
from dashboards.headline import Headline
from dashboards.i18n import Language
from dashboards.month import read as read_month
from dashboards.numbers import Format
from dashboards.words import Comparison
from records.access import Scope
from records.deliveries import Deliveries
from records.ledger.ledger import Ledger
from records.ledger.sign_offs import SIGN_OFFS
from records.published import Published
from records.readers import LOCAL, Reader, Role
from tests.app.small_bank import AS_OF, catalogue, small_bank
from tests.targeting import approved, proposal
from transforms.errors import BranchmarkError

PAGES = ("overview", "branch", "targets", "data_quality")
MOMENT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KINDS = ["xlsx", "csv", "parquet", "html", "pdf"]


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("exports") / "bank")


@pytest.fixture
def taken(monkeypatch):
    """What pages hand over to be written as files."""
    found = []
    button = exporting._button  # noqa: SLF001 - a document is seen where its buttons are made

    def seen(at, document, kind):
        found.append((at, document, kind))
        button(at, document, kind)

    monkeypatch.setattr(exporting, "_button", seen)
    return found


def offered(opened, workspace, page, **parameters):
    app = opened(workspace, page, **parameters)
    app.session_state["export"] = True
    return app.run()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_offers_every_kind_once_it_is_asked(opened, bank, page):
    closed = opened(bank, page)
    assert not closed.get("download_button") or page == "data_quality"
    app = offered(opened, bank, page)
    assert not app.exception
    labels = [one.proto.label for one in app.get("download_button")]
    assert labels[-5:] == [
        "Excel workbook",
        "CSV with dictionary (zip)",
        "Parquet with dictionary (zip)",
        "Web page for offline reading",
        "PDF to print and sign",
    ]


def test_a_chinese_page_offers_them_in_chinese(opened, bank):
    app = offered(opened, bank, "branch", branch="B201", language="zh")
    assert [one.proto.label for one in app.get("download_button")][:2] == [
        "Excel 工作簿",
        "CSV 及数据字典（zip）",
    ]


def test_nothing_is_gathered_for_a_file_before_it_is_asked_for(opened, bank, taken):
    opened(bank, "branch", branch="B101")
    assert taken == []


@pytest.mark.parametrize("page", PAGES)
def test_every_document_bears_the_strip_of_its_page(opened, bank, taken, page):
    offered(opened, bank, page)
    _, document, _ = taken[0]
    told = dict(document.strip)
    assert told["Period"] == "31 Oct 2026"
    assert told["Compared with"] == "Previous year end, 31 Dec 2025"
    assert told["Sign-off"] == "Not signed"
    assert told["Seen by"] == "local, the whole bank"
    assert told["Reconciliation"] == "Reconciled with the ledger"
    assert [kind.value for _, _, kind in taken] == KINDS


def test_a_scorecard_holds_the_facts_exactly_and_only_those_of_its_unit(opened, bank, taken):
    offered(opened, bank, "branch", branch="B101")
    _, document, _ = taken[0]
    card = document.tables[0].rows
    row = card.filter(pl.col("metric_id") == "sei_share").row(0, named=True)
    assert (row["value"], row["target_value"]) == (Decimal("0.1"), Decimal("0.116"))
    assert (row["status"], row["gap_words"]) == ("missed", "1.6 pp short")
    assert set(card["branch_id"]) == {"B101"}
    below = next(table for table in document.tables if table.name == "units_below")
    assert set(below.rows["branch_id"]) == {"B10101"}
    assert document.title == "Scorecard: Harbour <b>& Sons</b> Branch"
    assert [text for code, _, text in document.definitions if code == "sei_share"]


def test_what_cannot_be_given_is_named_with_its_reason(opened, bank, taken):
    offered(opened, bank, "branch", branch="B101", family="green")
    _, document, _ = taken[0]
    words = [block for block in document.blocks if not hasattr(block, "columns")]
    assert any("Green loan share" in sentence for one in words for sentence in one.sentences)
    assert dict(document.filters)["Show"] == "Green and supply chain"


def test_the_overview_holds_every_branch_by_every_metric(opened, bank, taken):
    offered(opened, bank, "overview")
    _, document, _ = taken[0]
    matrix = next(table for table in document.tables if table.name == "branches_by_metric")
    assert set(matrix.rows["branch_id"]) >= {"B101", "B201"}
    assert matrix.face.lines[0][0].text == "Head Office"
    assert {line[0].text for line in matrix.face.lines} >= {"Garden Branch"}


def test_the_quality_document_accounts_for_every_rejected_row(opened, bank, taken):
    offered(opened, bank, "data_quality")
    _, document, _ = taken[0]
    tables = {table.name: table.rows for table in document.tables}
    assert tables["rejected_rows"].height == 4
    assert tables["account"]["rejected_rows"].sum() == 4
    assert set(tables["findings"]["rule_id"]) == {"W0209", "E1110"}
    assert set(tables["readiness"]["step"]) >= {"delivered", "rejected", "reconciled"}


def test_the_targets_document_holds_every_version_with_codes_in_words(opened, taken, tmp_path):
    own = small_bank(tmp_path / "bank")
    approved(own.root, proposal("B101", "npl_ratio", "0.0125"))
    offered(opened, own, "targets", branch="B101")
    _, document, _ = taken[0]
    held, every = document.tables
    assert (held.name, held.rows.height) == ("targets_in_force", 1)
    assert every.rows.height == 1
    row = held.rows.row(0, named=True)
    assert (row["target_value"], row["unit"]) == (Decimal("0.0125"), "ratio")
    assert (row["maker"], row["checker"]) == ("li", "wang")
    labels = {column.name: column.labels for column in every.columns}
    assert labels["state"][row["state"]] == "approved"
    assert labels["phasing"][row["phasing"]] == "full every month"


def test_a_pdf_that_cannot_be_printed_is_refused_in_words(opened, bank, monkeypatch):
    monkeypatch.setattr(press, "installed", lambda: frozenset({"Liberation Sans"}))
    app = offered(opened, bank, "branch", branch="B201", language="zh")
    assert [one.proto.label for one in app.get("download_button")][-1] == "离线网页"
    assert any("PDF 需要中文字体" in one.value for one in app.caption)


def test_a_file_that_is_taken_is_written_down_with_its_scope(opened, bank, taken):
    offered(opened, bank, "branch", branch="B101")
    at, document, kind = taken[0]
    data = exporting.taken(at, document, kind)
    assert data.startswith(b"PK")
    line = at.ledger.access_log.all(at.scope).row(-1, named=True)
    assert (line["who"], line["action"]) == ("local", "export")
    assert line["subject"] == "scorecard_B101_2026-10-31_v1.xlsx: whole bank"


def test_seen_as_another_reader_a_file_holds_that_readers_branches_only(opened, bank, taken):
    for page, parameters in (
        ("overview", {}),
        ("branch", {"branch": "B101"}),
        ("data_quality", {}),
    ):
        app = opened(bank, page, **parameters)
        app.session_state[viewing.VIEWED] = (LOCAL, Reader("chen", Role.BRANCH, ("B101",)))
        app.session_state["export"] = True
        app.run()
        assert not app.exception
        at, document, _ = taken[-1]
        for table in document.tables:
            branches = set(table.rows["branch_id"]) if "branch_id" in table.rows.columns else set()
            assert branches <= {"B101", "B10101", None}, (page, table.name)
        assert "chen" in dict(document.strip)["Seen by"]
        assert b"Garden" not in formats.write(document, Made("x", MOMENT, at.form), FileKind.HTML)
        exporting.record(at, "file", MOMENT)
        line = at.ledger.access_log.all(Scope.whole_bank("test")).row(-1, named=True)
        assert (line["who"], line["acting_as"]) == ("local", "chen")
        assert line["subject"] == "file: B101, B10101"


@pytest.mark.parametrize("local", [True, False])
def test_a_log_that_cannot_be_written_is_an_obstacle_only_where_somebody_signs_in(
    opened, bank, taken, tmp_path, local
):
    offered(opened, bank, "branch", branch="B101")
    at, *_ = taken[0]
    nowhere = Ledger.of(replace(bank, root=tmp_path / "none"), {}.get)
    reader = LOCAL if local else Reader("li", Role.HEAD_OFFICE)
    elsewhere = replace(at, ledger=nowhere, signed_in=reader)
    with pytest.raises(BranchmarkError) if not local else nullcontext():
        exporting.record(elsewhere, "file", MOMENT)


def test_every_table_that_is_taken_is_written_down_before_it_is_made(opened, monkeypatch, tmp_path):
    workspace = small_bank(tmp_path / "bank")
    makers = []
    monkeypatch.setattr(
        exporting.st, "download_button", lambda _, make, **more: makers.append((make, more))
    )
    for section in ("deliveries", "rejected", "findings", "ledger"):
        opened(workspace, "data_quality", branch="HO", section=section)
    names = [more["file_name"] for _, more in makers]
    assert len(names) >= 4
    for make, _ in makers:
        make()
    log = Ledger.of(workspace, {}.get).access_log.all(Scope.whole_bank("test"))
    assert log["subject"].to_list() == [f"{name}: whole bank" for name in names]


def test_no_page_hands_out_a_file_past_the_log():
    pages = Path(exporting.__file__).parent
    handing = {
        path.relative_to(pages).as_posix()
        for path in pages.rglob("*.py")
        if "download_button(" in path.read_text(encoding="utf-8")
    }
    assert handing == {"exporting.py", "loan_parts/files.py"}  # the latter records by itself


# The header strip


def headline(bank, signatures, **changes):
    published = Published(bank.lake)
    scope = changes.pop("scope", Scope.whole_bank("li"))
    month = read_month(published, Deliveries(bank.lake), scope, catalogue(), as_of=AS_OF)
    parts = {
        "bank": "Harbour Bank",
        "month": month,
        "unit": "B101",
        "form": Format(Language.EN, "CNY"),
        "comparison": Comparison.PREVIOUS_MONTH,
        "version": "now",
        "scope": scope,
        "signatures": signatures,
        "run_id": "r1",
    }
    return Headline(**{**parts, **changes})


def signed(run="r1", version=1):
    row = {
        "sign_off_id": 1,
        "branch_id": "B101",
        "as_of_date": AS_OF,
        "snapshot_version": version,
        "step": "signed",
        "fingerprint": "f",
        "run_id": run,
        "person": "Wang",
        "at": datetime(2026, 11, 10, 9, 0, tzinfo=UTC),
        "note": None,
    }
    return pl.DataFrame([row], schema=dict(SIGN_OFFS), orient="row")


def test_a_signature_counts_for_exactly_the_figures_that_were_signed(bank):
    assert headline(bank, signed()).signed().text == "Signed by Wang, 10 Nov 2026"
    assert headline(bank, signed().clear()).signed().text == "Not signed"
    assert "earlier version" in headline(bank, signed("r0")).signed().text
    assert headline(bank, signed("r0")).signed().alarming
    assert "cannot be read" in headline(bank, None).signed().text


def test_the_strip_says_how_much_of_the_bank_its_reader_sees(bank):
    some = headline(bank, None, scope=Scope.of("chen", ["B101", "B10101"]))
    assert some.seen().text == "chen, 2 units"
    assert headline(bank, None).seen().text == "li, the whole bank"


def test_the_strip_names_place_comparison_and_version(bank):
    told = dict(headline(bank, None, version="reported").pairs())
    assert told["Branch"].startswith("Harbour Bank › ")
    assert told["Branch"].endswith("(B101)")
    assert told["Compared with"] == "Previous month, 30 Sep 2026"
    assert told["Version"].startswith("As reported 5 Nov 2026")
    assert date(2026, 9, 30) == Comparison.PREVIOUS_MONTH.before(AS_OF)
