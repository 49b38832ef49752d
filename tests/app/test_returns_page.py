"""Reports on the page: when they are due, how far they have come, and one of them on its way out.

Two small reports of the demo bank's own are signed here: the book of a branch, and the book of the bank, of
which one check blocks the release and another asks for a comment.
"""

import re
import shutil
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.app_pages import exporting
from dashboards.app_pages.viewing import VIEWED
from dashboards.i18n import Language
from dashboards.port.reports import Draft, DueReport
from dashboards.quality.states import Standing
from dashboards.release import due_days, reports
from dashboards.release.reports import ReportState
from dashboards.summaries import formats
from dashboards.summaries.formats import SummaryKind
from orchestration.answering.reports import BankReports
from orchestration.bank import SYSTEM, Bank
from orchestration.reporting.source import Source
from records.ledger.adjustments import Proposal
from records.ledger.returns import PACKAGES, Head
from records.readers import LOCAL, Reader, Role
from tests.app.languages import chinese_in, english_in, texts
from tests.app.reading import html, lines, words
from tests.returned import return_of
from tests.whole import own_returns
from transforms.catalogue.model import Label
from transforms.errors import AccessError
from transforms.reference.tables import load

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "orchestration" / "pages.py"
OCTOBER = date(2026, 10, 31)
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
LI, WANG, ZHAO = "Li Wei", "Wang Fang", "Zhao Min"
BRANCH = Reader("zhao", Role.BRANCH, ("B101",))
SECTIONS = ("form", "checks", "changes", "adjustments", "steps", "files")


@pytest.fixture(scope="module")
def drawn(demo_bank, tmp_path_factory):
    """A copy that tests read, with reports of its own."""
    made = shutil.copytree(demo_bank.root, tmp_path_factory.mktemp("returns") / "bank")
    own_returns.bring(made)
    for name, unit in (("house_book", "B101"), ("house_book", "B201"), ("bank_book", "HO")):
        # After the month was published, so that nothing happened since.
        moment = datetime.now(UTC)
        BankReports(made).prepare(SYSTEM, Draft(name, unit, OCTOBER), by=LI, at=moment, note="")
    return made


@pytest.fixture
def root(drawn, tmp_path):
    """A copy to write to."""
    return shutil.copytree(drawn, tmp_path / "bank")


@pytest.fixture
def seen(monkeypatch):
    """Opens the page of a bank at work."""

    def open_(root, reader=LOCAL, **asked):
        monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
        app = AppTest.from_file(str(SCRIPT), default_timeout=60)
        if reader is not LOCAL:
            app.session_state[VIEWED] = (LOCAL, reader)
        app.query_params["period"] = "none"
        app.run()
        app.switch_page(str(ROOT / "dashboards" / "app_pages" / "reports.py"))
        del app.query_params["period"]
        for name, value in asked.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception[0].message
        return app

    return open_


def sent(app, button, **fields):
    """The page after a form was filled and one of its buttons pressed."""
    labels = {
        "name": "Your name",
        "note": next((o.label for o in app.text_input if o.label.startswith("Note")), ""),
    }
    for name, text in fields.items():
        next(one for one in app.text_input if one.label == labels[name]).input(text)
    for one in app.checkbox:
        one.check()
    next(one for one in app.button if one.label == button).click()
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def amount(text):
    return Decimal(text.replace(",", ""))


def said(app):
    """What the page says happened, or why not."""
    return [one.value for one in (*app.success, *app.error)]


def test_a_report_goes_out_by_other_hands_and_not_before_its_checks_are_spoken_of(root, seen):
    def open_(section="steps"):
        return seen(root, branch="HO", report="bank_book", section=section)

    app = sent(open_(), "Sign as checked", name=LI)
    assert "was prepared by Li Wei, so that it has to be checked by somebody else" in said(app)[-1]
    app = sent(open_(), "Sign as checked", name=WANG)
    assert "Checked by Wang Fang." in said(app)[0]

    app = open_()
    waits = {row[0].split()[-1]: row[1] for row in lines(app, "What approval and release wait for")}
    assert waits["HALF#1"] == "■ a reason by a second person"
    assert waits["LARGE#1"] == "■ a comment"
    app = sent(app, "Sign as approved", name=ZHAO)
    assert "It cannot go on yet: 1 check(s) that do not hold ask for a reason" in said(app)[-1]

    app = open_("checks")
    failing = lines(app, "Checks that do not hold")
    assert [row[5] for row in failing] == [
        "■ does not hold, blocks the release",
        "▲ does not hold, asks for a comment",
    ]
    app.text_area[0].input("Agreed with the supervisor.")
    app = sent(app, "Save", name=LI)
    assert "who cannot give the reason" in said(app)[-1]
    for text in ("Agreed with the supervisor.", "The book is as large as it is."):
        app = open_("checks")
        app.text_area[0].input(text)
        app = sent(app, "Save", name=WANG)
    assert "Goes out all the same: Agreed with the supervisor. (Wang Fang" in words(app)

    app = sent(open_(), "Sign as approved", name=ZHAO)
    assert "Approved by Zhao Min." in said(app)[0]
    app = sent(open_(), "Release", name=WANG, note="sent by courier")
    assert "Released by Wang Fang." in said(app)[0]
    assert "nothing is left to sign" in words(app) + " ".join(one.value for one in app.success)

    history = lines(open_(), "Every step")
    assert [row[1:3] for row in history] == [
        ["Released", WANG],
        ["Approved", ZHAO],
        ["Checked", WANG],
        ["Prepared", LI],
    ]
    assert len({row[4] for row in history}) == 1  # all of them signed the same hash
    app = seen(root, branch="HO")
    (row,) = [one for one in lines(app, "Reports") if one[0].startswith("The book of the bank")]
    assert row[2] == "● released edition 1"
    people = [" ".join(cell.split()[:2]) for cell in row[3:7]]
    assert people == [LI, WANG, ZHAO, WANG]


def test_nobody_signs_without_a_name_or_gives_back_without_saying_why(root, seen):
    def open_():
        return seen(root, branch="HO", report="bank_book", section="steps")

    app = sent(open_(), "Sign as checked", name=" ")
    assert said(app) == ["Say who you are first."]
    app = sent(open_(), "Give back", name=WANG)
    assert "say in the note what is to be mended" in said(app)[-1]
    app = sent(open_(), "Give back", name=WANG, note="The balance is missing a loan.")
    assert "Wang Fang gave it back: The balance is missing a loan" in words(app)
    app = sent(app, "Prepare this report", name=LI)
    assert "Prepared: edition 2." in said(app)[0]
    links = html(app)
    assert "edition=1" in links


def test_an_adjustment_makes_a_report_outdated_and_the_page_names_the_cell(root, seen):
    app = seen(root, branch="B101", report="house_book", section="changes")
    assert "Nothing that it rests on was published" in said(app)[0]
    adjustments = Bank.at(root).ledger.adjustments
    number = adjustments.enter(
        SYSTEM,
        Proposal(
            branch_id="B101",
            metric_id="loan_balance",
            reading="",
            slice="total",
            member="total",
            side="numerator",
            amount=Decimal(-1_000_000),
            reason="booked twice",
            evidence="GL 7",
            live_from=OCTOBER,
            live_to=OCTOBER,
        ),
        by=LI,
        at=datetime.now(UTC),
    )
    adjustments.decide(SYSTEM, number, approve=True, by=WANG, at=datetime.now(UTC))

    app = seen(root, branch="B101")
    (row,) = [one for one in lines(app, "Reports") if one[0].startswith("The book of a branch")]
    assert "may have changed" in row[2]
    next(one for one in app.button if one.key == "ask_compare_reports").click()
    app.run()
    (row,) = [one for one in lines(app, "Reports") if one[0].startswith("The book of a branch")]
    assert row[2].startswith("■ outdated")

    app = seen(root, branch="B101", report="house_book", section="changes")
    moved = {
        one[0].split()[-1]: one for one in lines(app, "Cells that would be filled otherwise now")
    }
    assert moved["HB.T.010.A"][4:] == ["−1,000,000.00", "an adjustment changed"]
    app = seen(root, branch="B101", report="house_book", section="steps")
    assert not [one for one in app.button if one.label == "Sign as checked"]
    app = sent(app, "Prepare it anew", name=LI)
    assert "Prepared: edition 2." in said(app)[0]
    app = seen(root, branch="B101", report="house_book", section="adjustments")
    (entered,) = lines(app, "Adjustments")
    assert entered[4:6] == ["−1,000,000", "booked twice"]
    (cell,) = [o for o in lines(app, "Cells with an adjustment") if o[0].endswith("HB.T.010.A")]
    assert amount(cell[2]) - amount(cell[3]) == 1_000_000
    # The edition before it stays as it was prepared.
    app = seen(root, branch="B101", report="house_book", edition="1", section="adjustments")
    assert "It was replaced by edition 2." in words(app)


def test_the_list_fills_nothing(drawn, seen, monkeypatch):
    filled = []
    monkeypatch.setattr(Source, "package", lambda _, unit: filled.append(unit))
    app = seen(drawn, branch="HO")
    assert len(lines(app, "The book of a branch, unit by unit")) > 30
    assert filled == []


def test_a_figure_leads_to_its_loans_and_a_table_stands_as_its_form(drawn, seen):
    app = seen(drawn, branch="B101", report="house_book")
    (balance, part) = lines(app, "Loans")
    assert balance[:2] == ["010", "Loan balance"]
    assert part[1].startswith("of which: ")
    bank = Bank.at(drawn)
    metric = bank.definitions.on(OCTOBER).metrics["loan_balance"]
    own = bank.published.facts(SYSTEM, as_of=OCTOBER).filter(
        pl.col("branch_id") == "B101",
        pl.col("metric_id") == "loan_balance",
        pl.col("reading") == metric.default_reading,
        pl.col("slice") == "total",
    )
    assert amount(balance[2]) == round(own.collect()["value"].item(), 2)
    link = next(one for one in re.findall(r'href="(loans\?[^"]*)"', html(app)))
    for part in ("branch=B101", "metric=loan_balance", "side=numerator", "period=2026-10-31"):
        assert part in unescape(link)
    app = seen(drawn, branch="B101", report="house_book", table="U")
    total, *rows = lines(app, "By sub-branch")
    assert sum(amount(row[2]) for row in rows) <= amount(total[2])


def test_a_branch_reader_sees_and_opens_its_own_reports_only(drawn, seen):
    tree = Bank.at(drawn).published.nodes(SYSTEM, as_of=OCTOBER).collect()
    others = tree.filter(pl.col("level") == "tier1", pl.col("node_id") != "B101")
    app = seen(drawn, BRANCH)
    told = html(app)
    assert "The book of a branch" in told
    assert "The book of the bank" not in told
    assert not [name for name in others["name_en"] if name in told]
    assert not [unit for unit in others["node_id"] if unit in re.findall(r"\w+", told)]
    app = seen(drawn, BRANCH, section="calendar")
    assert "The book of the bank" not in html(app)
    for name in ("bank_book", "house_book"):
        app = seen(drawn, BRANCH, report=name, branch="B201")
        assert app.error
        assert not lines_of_figures(app)
    app = seen(drawn, BRANCH, report="bank_book", branch="B101")
    assert "This report is not made of" in app.info[0].value
    mine = Bank.at(drawn)
    whole = mine.ledger.returns.newest(SYSTEM, "bank_book", "HO", OCTOBER)
    scope = SYSTEM.of("zhao", ["B101"])
    asked = BankReports(drawn)
    with pytest.raises(AccessError):
        asked.paper(scope, whole, Language.EN)
    with pytest.raises(AccessError):
        asked.step(scope, whole, reports.Step.CHECKED, by="zhao", at=NOON, note="")
    with pytest.raises(AccessError):
        asked.evidence(scope, whole)


def lines_of_figures(app):
    return re.findall(r"<td class=\"bm-number\"", html(app))


def test_who_sees_the_page_as_another_signs_nothing(drawn, seen):
    for reader in (BRANCH, Reader("chen", Role.AUDITOR)):
        app = seen(drawn, reader, branch="B101", report="house_book", section="steps")
        assert not [one for one in app.button if one.label.startswith(("Sign", "Give", "Prep"))]
        app = seen(drawn, reader, branch="B101", report="house_book", section="checks")
        assert not app.text_area


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_a_report_speaks_one_language(drawn, seen, section):
    written = ("Demo Bank", LI, "loan_balance", "JSON", "SHA", "HALF", "LARGE", "BB", "HO")
    app = seen(drawn, branch="HO", report="bank_book", section=section, language="zh")
    told = {text: found for text in texts(app) if (found := english_in(text, written))}
    assert told == {}
    app = seen(drawn, branch="HO", report="bank_book", section=section, language="en")
    assert [text for text in texts(app) if chinese_in(text, ("中文",))] == []


@pytest.mark.parametrize("section", ["returns", "calendar"])
def test_the_lists_speak_one_language(drawn, seen, section):
    app = seen(drawn, branch="HO", section=section, language="zh")
    told = {text: found for text in texts(app) if (found := english_in(text, ("Demo Bank", LI)))}
    assert told == {}
    app = seen(drawn, branch="HO", section=section, language="en")
    assert [text for text in texts(app) if chinese_in(text, ("中文",))] == []


def test_what_the_address_asks_for_and_nobody_has_is_said(root, seen):
    app = seen(root, branch="HO", report="no_book")
    assert "There is no report no_book" in app.error[0].value
    app = seen(root, branch="HO", report="bank_book", edition="7")
    assert "no edition 7" in app.warning[0].value
    app = seen(root, branch="HO", report="bank_book", table="Z")
    assert "no table Z" in app.error[0].value
    app = seen(root, branch="HO", report="bank_book", section="z")
    assert "no section" in app.error[0].value
    head = Bank.at(root).ledger.returns.newest(SYSTEM, "bank_book", "HO", OCTOBER)
    (kept,) = (root / "reports" / "packages").glob(f"*{head.content_hash}*")
    kept.write_bytes(b"altered")
    app = seen(root, branch="HO", report="bank_book")
    assert app.error
    (root / "returns" / "bank.yaml").write_text("id: [", encoding="utf-8")
    app = seen(root, branch="HO")
    assert "bank.yaml" in app.error[0].value


def test_a_file_is_handed_out_as_it_is_written_and_its_taking_is_an_event(root):
    asked, bank = BankReports(root), Bank.at(root)
    head = bank.ledger.returns.newest(SYSTEM, "bank_book", "HO", OCTOBER)
    paper = asked.paper(SYSTEM, head, Language.ZH)
    data = asked.file(SYSTEM, paper, SummaryKind.CSV, head, by="chen")
    assert data == formats.write(paper, SummaryKind.CSV)
    event = rendered(bank)
    assert event.select("who", "subject").row(-1) == ("chen", head.called)
    assert "bank_book-HO-2026-10-e1.csv" in event["detail"][-1]
    # Of a draft nothing is an event: nobody prepared it.
    draft = Draft("own_card", "B101", OCTOBER)
    asked.file(SYSTEM, asked.paper(SYSTEM, draft, Language.EN), SummaryKind.CSV, draft, by="chen")
    assert rendered(bank).height == event.height


def rendered(bank):
    return bank.ledger.events.all().filter(pl.col("action") == "report_rendered")


def test_receipts_stand_with_the_edition_that_was_sent(root, seen):
    bank = Bank.at(root)
    head = bank.ledger.returns.newest(SYSTEM, "bank_book", "HO", OCTOBER)
    subject = f"{head.called} ({head.content_hash[:12]})"
    for name, outcome in (("archive", "sent"), ("core", "failed")):
        one = bank.ledger.dispatches.claim(
            purpose="report",
            subject=subject,
            unit_id="HO",
            channel="folder",
            recipient=name,
            content_hash=head.content_hash,
            at=NOON,
        )
        number = bank.ledger.dispatches.begin(one.dispatch_id, at=NOON)
        bank.ledger.dispatches.end(
            one.dispatch_id, number, outcome=outcome, detail="disk full", receipt="", at=NOON
        )
    app = seen(root, branch="HO", report="bank_book", section="files")
    assert [row[:3] for row in lines(app, "Who received it")] == [
        ["folder", "archive", "● sent"],
        ["folder", "core", "■ failed"],
    ]
    (row,) = [
        one
        for one in lines(seen(root, branch="HO"), "Reports")
        if one[0].startswith("The book of the bank")
    ]
    assert row[-1] == "■ 1 of 2"


def test_the_page_is_taken_along_with_its_reports(drawn, seen, monkeypatch):
    taken = []
    monkeypatch.setattr(exporting, "_button", lambda _, document, *_kind: taken.append(document))
    app = seen(drawn, branch="HO")
    app.session_state["export"] = True
    app.run()
    assert not app.exception
    listed = taken[0].tables[0].rows
    (row,) = listed.filter(pl.col("report") == "bank_book").to_dicts()
    assert (row["edition"], row["prepared_by"], row["state"]) == (1, LI, "prepared")


TRIED = """
  T:
    label: {en: T, zh: 表}
    columns:
      A: {label: {en: A, zh: 甲}, scale: units}
    rows:
      "010": {metric: loan_balance}
"""


def line_of(today, *, receipts=(), **row):
    """One report due on Friday 6 November 2026, the fifth working day after October."""
    package = dict.fromkeys(PACKAGES) | {
        "return_id": "tried",
        "unit_id": "HO",
        "as_of": OCTOBER,
        "name_en": "Head Office",
        "name_zh": "总行",
        "is_touched": None,
        "is_outdated": None,
        "state": "none",
        **row,
    }
    if row.get("state"):
        package |= {"package_id": 1, "edition": 1, "prepared_by": LI, "prepared_at": NOON}
    schema = dict(PACKAGES) | {
        "name_en": pl.String,
        "name_zh": pl.String,
        "is_touched": pl.Boolean,
        "is_outdated": pl.Boolean,
    }
    rows = pl.DataFrame([package], schema=schema)
    book = pl.DataFrame(
        [(1, state) for state in receipts],
        schema={"package_id": pl.Int64, "state": pl.String},
        orient="row",
    )
    return_ = return_of(TRIED)
    (found,) = reports.lines(rows, {"tried": return_}, book, today, load().calendar, Language.EN)
    return found


@pytest.mark.parametrize(
    ("day", "row", "receipts", "state", "standing"),
    [
        (2, {}, (), ReportState.NOT_DUE, Standing.OPEN),  # four working days before
        (3, {}, (), ReportState.DUE, Standing.WATCH),
        (6, {}, (), ReportState.DUE, Standing.WATCH),
        (7, {}, (), ReportState.OVERDUE, Standing.BAD),
        (6, {"state": "prepared"}, (), ReportState.PREPARED, Standing.OPEN),
        (7, {"state": "checked"}, (), ReportState.CHECKED, Standing.WATCH),  # late
        (7, {"state": "returned"}, (), ReportState.RETURNED, Standing.BAD),
        (7, {"state": "released"}, (), ReportState.RELEASED, Standing.GOOD),
        (7, {"state": "released"}, ("sent", "sent"), ReportState.SENT, Standing.GOOD),
        (7, {"state": "released"}, ("sent", "failed"), ReportState.RELEASED, Standing.GOOD),
        (7, {"state": "released", "is_touched": True}, (), ReportState.RELEASED, Standing.WATCH),
        (
            *(7, {"state": "released", "is_touched": True, "is_outdated": True}, ()),
            *(ReportState.OUTDATED, Standing.BAD),
        ),
        (
            *(7, {"state": "released", "is_touched": True, "is_outdated": False}, ()),
            *(ReportState.RELEASED, Standing.GOOD),
        ),
    ],
)
def test_a_report_is_in_one_state_by_its_day_and_what_people_did(
    day, row, receipts, state, standing
):
    found = line_of(date(2026, 11, day), receipts=receipts, **row)
    assert found.due == date(2026, 11, 6)
    assert (found.state, found.standing) == (state, standing)


def test_the_sentence_counts_what_asks_for_somebody_first():
    told = [line_of(date(2026, 11, 7)), line_of(date(2026, 11, 7), state="released")]
    assert reports.message(told, "31 Oct 2026", "Head Office", Language.EN) == (
        "2 reports of Head Office for 31 Oct 2026: 1 overdue, 1 released."
    )


def test_a_month_of_due_days_knows_holidays_and_worked_weekends():
    # National Day: 1 to 7 October 2026 are off, Saturday the 10th is worked.
    one = DueReport(
        return_id="tried",
        label=Label("T", "表"),
        period=date(2026, 9, 30),
        day=date(2026, 10, 8),
        announced=True,
        is_published=True,
    )
    weeks = due_days.weeks(date(2026, 10, 1), date(2026, 10, 9), [one], load().calendar)
    assert [None if day is None else day.day.day for day in weeks[0]] == [None] * 3 + [1, 2, 3, 4]
    assert len(weeks) == 5
    days = {day.day.day: day for week in weeks for day in week if day is not None}
    assert [number for number, day in days.items() if day.is_worked][:4] == [8, 9, 10, 12]
    assert [number for number, day in days.items() if day.reports] == [8]
    assert [number for number, day in days.items() if day.is_today] == [9]


def test_an_edition_of_the_list_is_an_edition_of_the_ledger(drawn):
    found = BankReports(drawn).editions(SYSTEM, Draft("bank_book", "HO", OCTOBER))
    head = Bank.at(drawn).ledger.returns.newest(SYSTEM, "bank_book", "HO", OCTOBER)
    assert Head.of(found.row(-1, named=True)) == head
