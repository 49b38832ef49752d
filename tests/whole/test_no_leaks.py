"""A reader of one branch tries to see another, by every way there is, and does not.

What a page delivers is looked at as bytes: texts, tables, charts, drawings, the options of controls, and the
documents that it makes files of.
"""

import base64
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.app_pages import exporting
from dashboards.app_pages.viewing import VIEWED
from dashboards.exports import formats
from dashboards.exports.document import Table
from orchestration.bank import SYSTEM, Bank
from records.access import Scope
from records.published import Published
from records.readers import LOCAL, Reader, Role, scope_of
from records.workspace import open_workspace
from tests.whole.commands import here

pytestmark = pytest.mark.whole

SCRIPT = Path(__file__).parents[2] / "orchestration" / "pages.py"
PAGES = Path(__file__).parents[2] / "dashboards" / "app_pages"
OWN, OTHER = "B101", "B201"
BRANCH = Reader("zhao", Role.BRANCH, (OWN,))
REGION = Reader("zhang", Role.REGION, ("R1",))
EVERY = (
    *("overview", "branch", "metric", "loans", "loan", "self_check", "data_quality"),
    *("targets", "reports", "catalogue"),
)


@dataclass(frozen=True)
class Others:
    """What belongs to others: nothing of it may be delivered."""

    units: frozenset[str]
    names: frozenset[str]
    loans: frozenset[str]
    clients: frozenset[str]

    @classmethod
    def of(cls, root, reader):
        bank = Bank.at(root)
        published = Published(open_workspace(root).lake)
        as_of = max(published.newest_versions())
        mine = scope_of(reader, published)
        assert mine.branches
        nodes = published.nodes(SYSTEM, as_of=as_of).collect()
        own = pl.col("node_id").is_in(sorted(mine.branches))
        # What head office and regions are called is in the words of the product, too.
        foreign = nodes.filter(~own, pl.col("level").str.starts_with("tier"))
        kept = set(nodes.filter(own)["name_en"]) | set(nodes.filter(own)["name_zh"])
        names = (set(foreign["name_en"]) | set(foreign["name_zh"])) - kept
        book = bank.deliveries.table(SYSTEM, "loan_snapshot", as_of).collect()
        seen = pl.col("booking_branch_id").is_in(sorted(mine.branches))
        clients = set(book["borrower_id"]) - set(book.filter(seen)["borrower_id"])
        found = cls(
            frozenset(foreign["node_id"]),
            frozenset(names),
            frozenset(book.filter(~seen)["loan_id"]),
            frozenset(clients),
        )
        assert min(len(found.units), len(found.loans), len(found.clients)) > 30
        return found

    def found_in(self, delivered: bytes, asked: frozenset[str] = frozenset()) -> list[str]:
        """What of it is there; ids as whole words, and what was asked for may be repeated."""
        text = delivered.decode("utf-8", errors="replace")
        words = set(re.findall(r"(?<![#\w])\w+", text))
        ids = (self.units | self.loans | self.clients) & words
        return sorted((ids | {name for name in self.names if name in text}) - asked)


@pytest.fixture(scope="module")
def root(demo_bank, tmp_path_factory):
    """The demo bank, to write the access log to."""
    folder = tmp_path_factory.mktemp("leaks") / "bank"
    shutil.copytree(demo_bank.root, folder)
    return folder


@pytest.fixture(scope="module")
def others(root):
    return {reader: Others.of(root, reader) for reader in (BRANCH, REGION)}


@pytest.fixture
def seen(monkeypatch, root):
    """Opens a page as a reader; everything it delivers, as bytes."""

    def open_(page, reader=BRANCH, *, export=False, **asked):
        monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
        app = AppTest.from_file(str(SCRIPT), default_timeout=120)
        if reader is not LOCAL:
            app.session_state[VIEWED] = (LOCAL, reader)
        if page != "overview":
            app.query_params["period"] = "none"
            app.run()
            app.switch_page(str(PAGES / f"{page}.py"))
            del app.query_params["period"]
        for name, value in asked.items():
            app.query_params[name] = value
        app.session_state["export"] = export
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return open_


def drawn(delivered: bytes) -> bytes:
    """The drawings that stand in a page as addresses of images, as their text."""
    found = re.findall(rb"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", delivered)
    return b"\n".join(base64.b64decode(one) for one in found)


def documented(document) -> bytes:
    """All that a document holds, whatever kind of file is made of it."""
    tables = [block for block in document.blocks if isinstance(block, Table)]
    frames = [one for table in tables for one in (table.rows, table.display) if one is not None]
    return "\n".join([repr(document), *(frame.write_json() for frame in frames)]).encode()


def delivered(app):
    """Everything that the page sends to the browser."""

    def walk(block):
        for child in block.children.values():
            yield child.proto.SerializeToString() if child.proto is not None else b""
            if hasattr(child, "children"):
                yield from walk(child)

    return b"\n".join([*walk(app.main), *walk(app.sidebar)])


OWN_ADDRESSES = (
    ("overview", {}),
    ("overview", {"sort": "behind"}),
    ("branch", {}),
    ("branch", {"metric": "sei_share", "language": "zh"}),
    ("branch", {"version": "reported"}),
    ("metric", {"metric": "sei_share"}),
    ("metric", {"metric": "npl_ratio", "slice": "enterprise_size"}),
    ("loans", {"metric": "sei_share"}),
    ("loans", {"metric": "inclusive_npl_tolerance"}),
    ("self_check", {}),
    ("reports", {}),
    ("catalogue", {"metric": "sei_share"}),
    ("catalogue", {"rule": "W0209"}),
    *(
        ("data_quality", {"section": section})
        for section in ("readiness", "deliveries", "findings", "rejected", "ledger", "overrides")
    ),
    *(("targets", {"section": one}) for one in ("in_force", "waiting", "enter", "cascade")),
)


@pytest.mark.parametrize(("page", "asked"), OWN_ADDRESSES)
def test_no_page_of_ones_own_names_another_branch_its_loans_or_its_clients(
    seen, others, monkeypatch, page, asked
):
    documents = []
    monkeypatch.setattr(exporting, "_button", lambda _, made, kind: documents.append((made, kind)))
    app = seen(page, branch=OWN, export=True, **asked)
    page_itself = delivered(app)
    assert others[BRANCH].found_in(page_itself) == []
    assert others[BRANCH].found_in(drawn(page_itself)) == []
    assert not app.error, app.error[0].value
    assert documents or page == "self_check"
    for document, kind in documents[:1]:
        assert others[BRANCH].found_in(documented(document)) == []
        assert others[BRANCH].found_in(formats.file_name(document, kind).encode()) == []


def test_a_loan_of_ones_own_shows_no_other(seen, others, root):
    bank = Bank.at(root)
    book = bank.deliveries.table(SYSTEM, "loan_snapshot", max(bank.published.newest_versions()))
    loan = book.filter(pl.col("booking_branch_id") == f"{OWN}01").first().collect()["loan_id"]
    app = seen("loan", loan=loan.item())
    assert others[BRANCH].found_in(delivered(app)) == []
    assert loan.item().encode() in delivered(app)


@pytest.mark.parametrize("page", ["overview", "branch", "data_quality", "targets", "metric"])
def test_a_region_sees_its_branches_and_no_others(seen, others, root, page):
    nodes = Published(open_workspace(root).lake).nodes(SYSTEM, as_of=None)
    own = nodes.filter(pl.col("node_id") == OWN).last().collect()["name_en"].item()
    app = seen(page, reader=REGION, branch=OWN, metric="sei_share")
    assert others[REGION].found_in(delivered(app)) == []
    assert own.encode() in delivered(app)


def test_head_office_sees_what_is_looked_for(seen, others):
    """Else the test would find nothing anywhere."""
    found = others[BRANCH].found_in(delivered(seen("overview", reader=LOCAL)))
    assert OTHER in found
    assert len(found) > 30


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("branch", {"branch": OTHER}),
        ("branch", {"branch": "HO"}),
        ("branch", {"branch": "R1"}),
        ("branch", {"branch": OTHER, "metric": "sei_share", "version": "reported"}),
        ("data_quality", {"branch": OTHER}),
        ("data_quality", {"branch": OTHER, "section": "rejected"}),
        ("targets", {"branch": OTHER}),
        ("targets", {"branch": OTHER, "section": "waiting"}),
        ("metric", {"branch": OTHER, "metric": "sei_share"}),
        ("metric", {"branch": "HO", "metric": "sei_share", "slice": "branch"}),
        ("loans", {"branch": OTHER, "metric": "sei_share"}),
        ("loans", {"branch": "HO", "metric": "sei_share", "slice": "region", "member": "R2"}),
        ("reports", {"branch": OTHER}),
        ("self_check", {"branch": OTHER}),
    ],
)
def test_an_address_of_another_unit_is_refused_and_replaced_by_nothing(seen, others, page, asked):
    app = seen(page, **asked)
    found = others[BRANCH].found_in(delivered(app), frozenset({OTHER}))
    assert found == []
    assert app.error, "nothing was refused"
    assert asked["branch"] in app.error[0].value


def test_a_loan_of_another_branch_is_as_unknown_as_one_that_is_nowhere(seen, others):
    foreign, nowhere = min(others[BRANCH].loans), "L9999999999"
    told = []
    for loan in (foreign, nowhere):
        app = seen("loan", loan=loan)
        assert others[BRANCH].found_in(delivered(app), frozenset({foreign})) == []
        texts = [*(one.value for one in app.error), *(one.value for one in app.info)]
        assert texts
        told.append([text.replace(loan, "X") for text in texts])
    assert told[0] == told[1]


@pytest.mark.parametrize("page", EVERY)
def test_what_head_office_has_just_read_is_not_handed_on_by_a_cache(seen, others, page):
    seen(page, reader=LOCAL)
    seen(page, reader=LOCAL, branch=OWN)
    app = seen(page, branch=OWN)
    assert others[BRANCH].found_in(delivered(app)) == []


def test_no_control_offers_another_unit(seen, others):
    for page in ("overview", "branch", "targets", "data_quality", "metric", "loans"):
        app = seen(page)
        offered = {option for box in app.selectbox for option in box.options}
        assert not {one for one in offered for name in others[BRANCH].names if name in one}


def test_nothing_is_entered_while_an_administrator_sees_as_a_branch(seen):
    app = seen("targets", section="enter")
    assert not app.text_input
    assert "Nothing is entered" in " ".join(one.value for one in app.caption)


COMMANDS = (
    ("kpis", "--branch", OTHER),
    ("bridge", "--metric", "sei_share", "--branch", OTHER),
    ("changes", "--branch", OTHER),
    ("scorecard", "--branch", OTHER),
    ("gap", "--branch", OTHER),
    ("peers", "--branch", OTHER, "--metric", "sei_share"),
    ("project", "--branch", OTHER, "--metric", "sei_share"),
    ("loans", "--metric", "sei_share", "--branch", OTHER),
    ("fork", "sei_share", "--branch", OTHER),
    ("findings", "--branch", OTHER),
    ("checkins", "list", "--branch", OTHER),
    ("sign", OTHER, "--by", "zhao"),
    ("whatif", "--branch", OTHER, "--turn-npl", "1000"),
    ("bridge", "--metric", "sei_share", "--branch", "HO"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_tells_one_branch_of_another(root, others, words):
    done = here("--as", f"branch:{OWN}", *words, "-w", root)
    assert done.code == 1
    said = f"{done.out}\n{done.err}".encode()
    assert others[BRANCH].found_in(said, frozenset({OTHER})) == []


@pytest.mark.parametrize(
    "words",
    [
        ("kpis", "--format", "csv"),
        ("findings", "--rows", "--format", "csv"),
        ("findings", "--format", "json"),
        ("targets", "list", "--all", "--format", "csv"),
        ("changes", "--branch", OWN, "--format", "json"),
        ("scorecard", "--branch", OWN, "--format", "json"),
        ("peers", "--branch", OWN, "--metric", "npl_ratio", "--format", "json"),
        ("loans", "--metric", "sei_share", "--format", "csv"),
        ("loans", "--metric", "inclusive_npl_tolerance", "--format", "csv"),
        ("overrides", "--format", "csv"),
    ],
    ids=" ".join,
)
def test_what_a_command_tells_a_branch_is_its_own(root, others, words):
    done = here("--as", f"branch:{OWN}", *words, "-w", root)
    assert done.code == 0, done.err
    assert others[BRANCH].found_in(done.out.encode()) == []


def test_a_loan_of_another_branch_is_not_explained(root, others):
    foreign = min(others[BRANCH].loans)
    done = here("--as", f"branch:{OWN}", "explain", foreign, "-w", root)
    assert (done.code, done.out) == (1, "")
    nowhere = here("--as", f"branch:{OWN}", "explain", "L9", "-w", root)
    assert done.err.replace(foreign, "X") == nowhere.err.replace("L9", "X")


@pytest.mark.parametrize("command", ["build", "ingest", "simulate", "inbox", "readers", "checks"])
def test_commands_about_the_whole_bank_take_no_reader(root, command):
    done = here("--as", f"branch:{OWN}", command, "-w", root)
    assert done.code == 1
    assert "is about the whole bank, and --as narrows" in done.err


def test_a_file_by_command_is_written_down_where_people_sign_in(root, tmp_path):
    settings, file = root / "branchmark.toml", tmp_path / "card.zip"
    words = ("export", "--branch", OWN, "--format", "csv", "-o", file, "-w", root)
    kept = settings.read_text("utf-8")
    settings.write_text(f"{kept}\n[sign_in]\n", "utf-8")
    try:
        done = here("--as", f"branch:{OWN}", *words)
    finally:
        settings.write_text(kept, "utf-8")
    assert done.code == 0, done.err
    line = Bank.at(root).ledger.access_log.all(SYSTEM).row(-1, named=True)
    assert (line["who"], line["acting_as"], line["action"]) == (
        *("command line", f"branch {OWN}", "export"),
    )
    assert line["subject"].startswith(f"card.zip: {OWN}, ")


def test_an_auditor_enters_nothing_by_command(root):
    done = here(
        *("--as", f"auditor:{OWN}", "checkins", "add", "--branch", OWN, "--metric", "sei_share"),
        *("--comment", "x", "--by", "sun", "-w", root),
    )
    assert done.code == 1
    assert "is an auditor, who reads and enters nothing" in done.err


def test_scope_of_a_branch_holds_its_sub_branches_and_nothing_above(root):
    scope = scope_of(BRANCH, Published(open_workspace(root).lake))
    assert scope.branches
    assert OWN in scope.branches
    assert all(one.startswith(OWN) for one in scope.branches)
    assert scope_of(LOCAL, Published(open_workspace(root).lake)) == Scope.whole_bank("local")
