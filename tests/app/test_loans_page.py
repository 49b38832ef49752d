"""The loans page and the page of one loan: lists add up, names stay masked, nothing outside is told."""

import json
import re
import shutil
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import contributions
from dashboards.documents.loans import CAP, rows_table, with_borrowers, with_words
from dashboards.i18n import Language
from dashboards.port.loans import ListAsked, Place
from orchestration.answering.loans import LoanAnswers
from records.access import Scope
from records.ledger.ledger import Ledger
from records.published import Published
from records.workspace import open_workspace
from tests.app.reading import html, lines, words
from tests.whole.commands import here

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
AS_OF = date(2026, 10, 31)
BRANCH = "B205"
WHOLE = Scope.whole_bank("test")


@pytest.fixture
def opened(monkeypatch):
    """Opens a page of the served bank."""

    def open_(root: Path, script: str, /, **asked: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
        app = AppTest.from_file(str(ROOT / "orchestration" / "pages.py"), default_timeout=120)
        app.query_params["period"] = "none"
        app.run()
        app.switch_page(str(ROOT / "dashboards" / "app_pages" / f"{script}.py"))
        del app.query_params["period"]
        for name, value in asked.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return open_


@pytest.fixture(scope="module")
def facts(demo_bank):
    """Every uncut figure of the newest month."""
    published = Published(demo_bank.root / "lake")
    rows = published.facts(WHOLE, as_of=AS_OF).filter(pl.col("slice") == "total")
    return rows.collect()


def fact(facts, branch, metric, reading="default"):
    one = facts.filter(
        pl.col("branch_id") == branch, pl.col("metric_id") == metric, pl.col("reading") == reading
    )
    return one.row(0, named=True)


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def said(app) -> str:
    return " ".join(words(app).split())


def refusal(app) -> str:
    (error,) = app.error
    return error.value


def a_loan(root: Path, branch: str = "") -> tuple[str, str]:
    """A loan of a unit that begins so, and its borrower."""
    books = pl.scan_delta(str(root / "lake" / "loan_snapshot"))
    chosen = books.filter(
        pl.col("as_of_date") == AS_OF, pl.col("booking_branch_id").str.starts_with(branch)
    )
    row = chosen.sort("loan_id").select("loan_id", "borrower_id").head(1).collect().row(0)
    return row[0], row[1]


@pytest.mark.parametrize(
    ("metric", "reading"),
    [
        ("sei_share", "confirmed"),
        ("npl_ratio", "default"),
        ("inclusive_clients", "default"),
        ("inclusive_npl_tolerance", "in_force"),
        ("loan_balance", "default"),
    ],
)
def test_the_head_holds_both_sides_against_the_published_figure(
    opened, demo_bank, facts, metric, reading
):
    app = opened(demo_bank.root, "loans", branch="HO", metric=metric, reading=reading)
    published = fact(facts, "HO", metric, reading)
    rows = {row[0]: row for row in lines(app, "Does the list add up?")}
    for side in ("numerator", "denominator"):
        if published[side] is None:
            assert side.capitalize() not in rows
            continue
        _, of_figure, of_rows, _, _, verdict = rows[side.capitalize()]
        assert number(of_figure) == number(of_rows) == round(published[side], 2)
        assert verdict == "● Equal to the published figure"
    assert "they add up to the published figure" in said(app)


def test_the_rows_of_a_branch_add_up_to_its_numerator(opened, demo_bank, facts):
    app = opened(demo_bank.root, "loans", branch=BRANCH, metric="npl_ratio")
    shown = lines(app, "Loans")
    assert sum(number(row[4]) for row in shown) == fact(facts, BRANCH, "npl_ratio")["numerator"]
    assert len(shown) == int(lines(app, "Does the list add up?")[0][3])


def test_the_three_parts_hold_every_loan_of_the_book_once(opened, demo_bank):
    app = opened(demo_bank.root, "loans", branch="HO", metric="sei_share")
    offered = app.pills(key="choose_side").options
    counts = [int(re.sub(r"\D", "", one)) for one in offered]
    book = pl.scan_delta(str(demo_bank.root / "lake" / "loan_snapshot"))
    held = book.filter(pl.col("as_of_date") == AS_OF).select(pl.len()).collect().item()
    assert len(counts) == 3
    assert sum(counts) == held


def test_what_is_left_out_says_which_rule_and_how_much(opened, demo_bank):
    app = opened(demo_bank.root, "loans", branch="HO", metric="sei_share", show="out")
    rules = lines(app, "What decided, rule by rule")
    assert any(
        "Not met: the borrower is an enterprise or a public institution" in r[0] for r in rules
    )
    answers = LoanAnswers(demo_bank.root)
    found = answers.listed(WHOLE, ListAsked("HO", "sei_share", "confirmed", AS_OF))
    out = found.rows.filter(pl.col("place") == "excluded")
    assert sum(int(row[1].replace(",", "")) for row in rules) == out.height
    assert sum(number(row[3]) for row in rules) == out["balance"].sum()


def test_a_rule_of_the_address_narrows_the_list_and_an_unknown_one_is_refused(opened, demo_bank):
    asked = {"branch": "HO", "metric": "sei_share", "show": "out"}
    app = opened(demo_bank.root, "loans", **asked, rule="not.is_loan.4")
    products = {row[-2] for row in lines(app, "Loans")}
    assert products == {"Rediscounted bill"}
    told = refusal(opened(demo_bank.root, "loans", **asked, rule="nonsense"))
    assert told.startswith("nonsense decided about none of these rows. Choose one of: not.is_")


def test_lists_are_sorted_and_turned_page_by_page(opened, demo_bank):
    asked = {"branch": "HO", "metric": "loan_balance"}
    first = lines(opened(demo_bank.root, "loans", **asked), "Loans")
    second = lines(opened(demo_bank.root, "loans", **asked, page="2"), "Loans")
    amounts = [number(row[4]) for row in (*first, *second)]
    assert len(first) == 30
    assert amounts == sorted(amounts, reverse=True)
    assert not {row[0] for row in first} & {row[0] for row in second}
    app = opened(demo_bank.root, "loans", **asked)
    app.selectbox(key="choose_sort").set_value("loan").run()
    assert app.query_params["sort"] == "loan"
    numbers = [row[0] for row in lines(app, "Loans")]
    assert numbers == sorted(numbers)
    far = opened(demo_bank.root, "loans", **asked, page="999")
    assert re.match(r"The list has no page 999; its pages are 1 to \d+\.", refusal(far))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            {"side": "top"},
            "top is no side of a figure. Choose one of: numerator, denominator, excluded.",
        ),
        ({"show": "all"}, "all is no part of the list. Choose one of: in, out."),
        ({"reading": "narrow"}, "narrow is no reading of sei_share."),
        ({"sort": "size"}, "size is no order."),
        ({"slice": "size"}, "Name both: slice and member."),
        ({"slice": "colour", "member": "red"}, "sei_share cannot be cut by colour."),
        ({"metric": "sei_shar"}, "sei_shar"),
        ({"page": "0"}, "The list has no page 0"),
        ({"branch": "B999"}, "B999"),
    ],
)
def test_what_the_address_asks_wrongly_is_refused(opened, demo_bank, asked, told):
    app = opened(demo_bank.root, "loans", **{"branch": "HO", "metric": "sei_share", **asked})
    assert told in refusal(app)
    assert 'aria-label="Loans"' not in html(app)


def test_without_a_figure_the_page_offers_them_with_their_values(opened, demo_bank, facts):
    app = opened(demo_bank.root, "loans", branch=BRANCH)
    rows = {row[0]: row for row in lines(app, "Figures and their loans")}
    value = fact(facts, BRANCH, "npl_ratio")["value"]
    assert rows["NPL ratio ›"][1] == f"{value * 100:.2f}%"
    assert f"branch={BRANCH}&amp;metric=npl_ratio" in html(app)


def test_a_difference_of_two_figures_leads_to_the_lists_of_either(opened, demo_bank):
    app = opened(demo_bank.root, "loans", branch=BRANCH, metric="inclusive_npl_gap")
    assert "has no loans of its own" in said(app)
    leads = re.findall(r"branch=(\w+)&amp;metric=(\w+)&amp;reading=\w+\"", html(app))
    assert (BRANCH, "inclusive_npl_ratio") in leads


def test_a_slice_is_held_against_its_own_figure(opened, demo_bank):
    published = Published(demo_bank.root / "lake").facts(WHOLE, as_of=AS_OF)
    cut = (
        published.filter(
            pl.col("metric_id") == "loan_balance",
            pl.col("reading") == "default",
            pl.col("branch_id") == "HO",
            pl.col("slice") == "classification",
            pl.col("member") == "FQ02",
        )
        .collect()
        .row(0, named=True)
    )
    asked = {"slice": "classification", "member": "FQ02"}
    app = opened(demo_bank.root, "loans", branch="HO", metric="loan_balance", **asked)
    ((_, of_figure, of_rows, *_),) = lines(app, "Does the list add up?")
    assert number(of_figure) == number(of_rows) == cut["numerator"]
    assert {row[-1].split(";")[0].strip() for row in lines(app, "Loans")} == {"Special mention"}


def test_a_figure_that_cannot_be_given_has_no_list(opened, demo_bank, facts):
    missing = facts.filter(pl.col("branch_id") == BRANCH, pl.col("reason").is_not_null())
    metric, reading = missing.select("metric_id", "reading").row(0)
    app = opened(demo_bank.root, "loans", branch=BRANCH, metric=metric, reading=reading)
    assert "There is no list that would add up to it." in app.info[0].value
    assert 'aria-label="Loans"' not in html(app)


def test_what_was_reported_first_is_not_worked_out_on_the_book_of_today(opened, demo_bank):
    for page in ("loans", "loan"):
        app = opened(demo_bank.root, page, branch="HO", metric="sei_share", version="reported")
        assert "as it is known now" in app.info[0].value
        assert 'aria-label="Loans"' not in html(app)


# Names


def borrowers(root: Path) -> pl.DataFrame:
    table = pl.scan_delta(str(root / "lake" / "borrower_snapshot"))
    return table.filter(pl.col("as_of_date") == AS_OF).collect()


def test_pages_show_neither_number_nor_name_of_a_borrower(opened, demo_bank):
    known = borrowers(demo_bank.root)
    loan, _ = a_loan(demo_bank.root)
    for page, asked in (
        ("loans", {"metric": "loan_balance"}),
        *(("loan", {"loan": loan, "section": one}) for one in ("uses", "facts", "past", "trust")),
    ):
        shown = html(opened(demo_bank.root, page, branch="HO", **asked))
        assert "••" in shown
        assert not [one for one in known["borrower_id"] if one in shown]
        assert not [one for one in known["borrower_name"] if one in shown]


def test_one_borrower_bears_one_mask_and_two_bear_two(opened, demo_bank):
    app = opened(demo_bank.root, "loans", branch="HO", metric="loan_balance", sort="balance")
    shown = {row[0]: row[1] for row in lines(app, "Loans")}
    book = pl.scan_delta(str(demo_bank.root / "lake" / "loan_snapshot"))
    rows = book.filter(pl.col("as_of_date") == AS_OF, pl.col("loan_id").is_in(list(shown)))
    owner = dict(rows.select("loan_id", "borrower_id").collect().iter_rows())
    by_owner: dict[str, set[str]] = {}
    for loan, mask in shown.items():
        by_owner.setdefault(owner[loan], set()).add(mask)
    assert all(len(masks) == 1 for masks in by_owner.values())
    assert len({next(iter(masks)) for masks in by_owner.values()}) == len(by_owner)


@pytest.fixture
def own(demo_bank, tmp_path):
    """A copy of the demo bank, whose ledger can be written to."""
    root = tmp_path / "bank"
    shutil.copytree(demo_bank.root, root)
    return root


def log_of(root: Path) -> pl.DataFrame:
    ledger = Ledger.of(open_workspace(root), lambda _: None)
    return ledger.access_log.all(WHOLE).filter(pl.col("action") == "reveal")


def reveal(app: AppTest, reason: str) -> AppTest:
    app.text_input(key="reveal_reason").set_value(reason)
    next(one for one in app.button if one.label == "Show and log").click()
    app.run()
    assert not app.exception
    return app


def test_names_are_shown_to_who_says_why_and_the_log_keeps_it(opened, own):
    asked = {"branch": BRANCH, "metric": "npl_ratio"}
    app = opened(own, "loans", **asked)
    names = dict(borrowers(own).select("borrower_id", "borrower_name").iter_rows())
    refused = reveal(app, "  42 ")
    assert "Say in words why the names are needed." in refused.error[0].value
    assert log_of(own).is_empty()
    assert not [name for name in names.values() if name in html(refused)]
    app = reveal(opened(own, "loans", **asked), "Calling on clients that turned bad")
    (line,) = log_of(own).to_dicts()
    assert line["reason"] == "Calling on clients that turned bad"
    assert line["subject"] == f"loans of npl_ratio/default at {BRANCH} on 2026-10-31"
    shown = html(app)
    assert [name for name in names.values() if name in shown]
    assert "••" not in shown
    # Another list asks again, and so does another session.
    app.selectbox(key="choose_metric").set_value("loan_balance").run()
    assert not [name for name in names.values() if name in html(app)]
    assert "••" in html(opened(own, "loans", **asked))


def test_the_names_of_one_loan_are_revealed_for_it_alone_and_hidden_again(opened, own):
    loan, borrower = a_loan(own)
    name = dict(borrowers(own).select("borrower_id", "borrower_name").iter_rows())[borrower]
    app = reveal(opened(own, "loan", loan=loan), "Complaint of the client")
    assert name in html(app)
    assert log_of(own)["subject"].to_list() == [f"loan {loan} on 2026-10-31"]
    app.button(key="hide_names").click().run()
    assert name not in html(app)


def test_where_it_cannot_be_logged_nothing_is_shown(opened, own):
    (own / "ledger.db").unlink(missing_ok=True)
    (own / "ledger.db").mkdir()
    app = reveal(opened(own, "loans", branch=BRANCH, metric="npl_ratio"), "Out of interest")
    assert "••" in html(app)
    assert not [one for one in borrowers(own)["borrower_name"] if one in html(app)]


# One loan


def test_a_loan_is_told_with_its_codes_spelled_out_and_the_figures_that_count_it(opened, demo_bank):
    loan, _ = a_loan(demo_bank.root, BRANCH)
    app = opened(demo_bank.root, "loan", branch=BRANCH, loan=loan, metric="npl_ratio")
    told = LoanAnswers(demo_bank.root).uses(WHOLE, loan, AS_OF)
    verdicts = {
        one.side.capitalize(): "● Yes" if one.counts else "○ No"
        for one in told
        if one.metric == "npl_ratio"
    }
    assert {row[1]: row[2] for row in lines(app, "NPL ratio")} == verdicts
    counting = {one.metric for one in told if one.counts}
    assert f"{len(counting)} of 113 figures count this loan." in said(app)
    chinese = opened(
        demo_bank.root, "loan", branch=BRANCH, loan=loan, section="facts", language="zh"
    )
    assert "五级分类" in said(chinese)


def test_uses_are_those_that_the_command_explains(demo_bank):
    loan, _ = a_loan(demo_bank.root, BRANCH)
    printed = json.loads(here("explain", loan, "-w", demo_bank.root, "--format", "json").out)
    told = LoanAnswers(demo_bank.root).uses(WHOLE, loan, AS_OF)
    assert [(one.metric, one.reading, one.side, one.counts) for one in told] == [
        (row["metric"], row["reading"], row["role"], row["counts"]) for row in printed
    ]


def test_a_loan_has_a_history_and_says_where_it_came_from(opened, demo_bank):
    loan, _ = a_loan(demo_bank.root, BRANCH)
    past = lines(
        opened(demo_bank.root, "loan", branch=BRANCH, loan=loan, section="past"), "Month by month"
    )
    book = pl.scan_delta(str(demo_bank.root / "lake" / "loan_snapshot"))
    rows = book.filter(pl.col("loan_id") == loan).sort("as_of_date", descending=True).collect()
    assert [(row[0], number(row[2])) for row in past] == [
        (f"{day}", amount)
        for day, amount in rows.select("as_of_date", "outstanding_principal").rows()
    ]
    app = opened(demo_bank.root, "loan", branch=BRANCH, loan=loan, section="trust")
    place = rows["source_row_no"][0]
    assert f"Row {place:,} of " in " ".join(one.value for one in app.markdown)


def test_unknown_loans_and_those_of_others_get_the_same_sentence(opened, demo_bank):
    """No telling a number that does not exist from one that the reader may not see."""
    theirs, _ = a_loan(demo_bank.root, "B101")
    answers = LoanAnswers(demo_bank.root)
    scope = Scope.of("b", [BRANCH])
    for loan in (theirs, "L-NOWHERE"):
        assert answers.file(scope, loan, AS_OF) is None
        assert answers.uses(scope, loan, AS_OF) == ()
        told = refusal(opened(demo_bank.root, "loan", branch=BRANCH, loan=loan))
        assert told.replace(loan, "X").startswith("Among the loans of ")
        assert told.replace(loan, "X").endswith("there is no X. Check all three.")
    assert answers.starting(scope, BRANCH, theirs, AS_OF).is_empty()


def test_names_are_told_of_clients_with_a_loan_in_scope_alone(demo_bank):
    _, theirs = a_loan(demo_bank.root, "B101")
    answers = LoanAnswers(demo_bank.root)
    assert set(answers.names(WHOLE, [theirs], AS_OF)) == {theirs}
    book = pl.scan_delta(str(demo_bank.root / "lake" / "loan_snapshot"))
    branches = set(
        book.filter(pl.col("as_of_date") == AS_OF, pl.col("borrower_id") == theirs).collect()[
            "booking_branch_id"
        ]
    )
    assert BRANCH not in branches
    assert answers.names(Scope.of("b", [BRANCH]), [theirs], AS_OF) == {}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"section": "secrets"}, "secrets"),
        ({"show": "both"}, "both is no part of the list. Choose one of: in, out."),
        ({"metric": "sei_shar"}, "sei_shar"),
        ({"metric": "sei_share", "reading": "narrow"}, "narrow is no reading of sei_share."),
        ({"branch": "B999"}, "B999"),
    ],
)
def test_what_the_address_of_a_loan_asks_wrongly_is_refused(opened, demo_bank, asked, told):
    loan, borrower = a_loan(demo_bank.root, BRANCH)
    app = opened(demo_bank.root, "loan", **{"branch": BRANCH, "loan": loan, **asked})
    assert told in refusal(app)
    assert borrower not in html(app)


def test_files_are_masked_and_hold_every_row(opened, demo_bank):
    asked = ListAsked("HO", "npl_ratio", "default", AS_OF)
    found = LoanAnswers(demo_bank.root).listed(WHOLE, asked)
    here = contributions.in_place(found.rows, Place.DENOMINATOR)
    told = with_borrowers(with_words(here, found, Language.EN), None)
    assert told.height == here.height > 30
    assert told["borrower_id"].str.starts_with("••").all()
    assert told["borrower_name"].null_count() == told.height
    capped = rows_table(told, found, {}, Language.EN)
    assert capped.rows.height == min(here.height, CAP)
    assert not set(capped.rows["borrower_id"]) & set(here["borrower_id"])
    app = opened(demo_bank.root, "loans", branch="HO", metric="npl_ratio", side="denominator")
    labels = [one.proto.label for one in app.get("download_button")]
    assert f"All {here.height:,} rows as CSV" in labels


def test_a_number_is_found_by_how_it_begins(opened, demo_bank):
    loan, _ = a_loan(demo_bank.root, BRANCH)
    app = opened(demo_bank.root, "loan", branch=BRANCH)
    assert lines(app, "Loans found")
    app.text_input(key="find_loan").set_value(loan).run()
    assert app.query_params["loan"] == loan
    assert app.title[0].value == f"Loan {loan}"
    app.text_input(key="find_loan").set_value("NOPE").run()
    assert "has a number that begins with NOPE" in app.info[0].value


def test_both_pages_speak_chinese(opened, demo_bank):
    app = opened(
        demo_bank.root, "loans", branch="HO", metric="sei_share", show="out", language="zh"
    )
    told = said(app)
    assert "合计与已发布数值相符" in told
    assert "不满足：非转贴现" in told
    assert app.title[0].value.startswith("贷款明细")
