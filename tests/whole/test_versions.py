"""A month delivered again: both versions stay, what differs is told, and what was reported stays reported.

One story: October of last year and of this year are published; last year's is restated, so that this
year's growth is built anew in place; and then the first file comes once more.
"""

import pytest

from orchestration.bank import Bank
from orchestration.differences import Difference
from records.access import Scope
from tests.whole import books
from tests.whole.commands import (
    built,
    figures,
    here,
    ingest,
    kpis,
    made,
    one_sentence,
    write_csv,
)
from transforms.errors import AccessError
from transforms.periods import parse_month_end

pytestmark = pytest.mark.whole

LAST_YEAR, THIS_YEAR = "2025-10-31", books.OCTOBER
GROWTH = ("loan_growth_yoy", "default", "HO")
BALANCE = ("loan_balance", "default", "HO")
OLD = {"disbursement_date": "2024-01-15", "approval_date": "2024-01-01"}


def last_year(balance):
    """The book of a year ago: one loan of that balance, and one that never changes."""
    return [
        books.loan("L1", "C1", "north", balance, as_of=LAST_YEAR, **OLD),
        books.loan("L2", "C2", "south", "500000.00", as_of=LAST_YEAR, **OLD),
    ]


def value(root, figure, *words):
    return figures(root, *words)[figure]["value"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("versions")
    root, files = made(folder / "bank"), books.written(folder / "files")
    tree = (files["branch"], files["branch_hierarchy"])
    first = write_csv(folder / "first" / "loan_snapshot.csv", last_year("500000.00"))
    ingest(root, first, *tree, "--as-of", LAST_YEAR)
    ingest(root, files["october"], "--as-of", THIS_YEAR)
    built(root)
    story = {"root": root, "growth at first": value(root, GROWTH)}
    story["reported at first"] = kpis(root, "--as-of", "all", "--as-reported")
    story["known at first"] = kpis(root, "--as-of", "all")

    more = last_year("1500000.00")
    more[0]["sei_tag"], more[0]["purpose_industry_code"] = "4", "0519"
    more.append(books.loan("L9", "C7", "south", "0.50", as_of=LAST_YEAR, **OLD))
    second = write_csv(folder / "second" / "loan_snapshot.csv", [more[0], more[2]])
    story["without a reason"] = here("ingest", "-w", root, second, "--as-of", LAST_YEAR)
    words = (second, "--as-of", LAST_YEAR, "--reason", "branch files were late")
    story["restated"] = ingest(root, *words)
    story["diff before the build"] = here(
        "diff", "-w", root, "--as-of", LAST_YEAR, "--format", "json"
    )
    story["csv before the build"] = here(
        "diff", "-w", root, "--as-of", LAST_YEAR, "--format", "csv"
    )
    story["waiting"] = versions(root)
    story["rebuilt"] = built(root)
    story["growth restated"] = value(root, GROWTH)
    story["growth as reported"] = value(root, GROWTH, "--as-reported")

    story["again"] = ingest(root, second, "--as-of", LAST_YEAR)
    story["first again"] = here("ingest", "-w", root, first, "--as-of", LAST_YEAR)
    words = (first, "--as-of", LAST_YEAR, "--reason", "the late files were wrong")
    story["third"] = ingest(root, *words)
    story["built third"] = built(root)
    return story


def versions(root, *words):
    return here("versions", "-w", root, "--format", "json", *words).json


def diff(root, *words):
    return here("diff", "-w", root, "--as-of", LAST_YEAR, "--format", "json", *words).json


def test_growth_is_known_anew_and_stays_as_reported(told):
    # 2,100,050.00 now; a year ago 1,000,000.00 as reported first, 1,500,000.50 as restated.
    assert told["growth at first"] == told["growth as reported"] == "1.10005"
    assert told["growth restated"] == "0.400032866656"
    assert told["rebuilt"] == {LAST_YEAR: (2, "built"), THIS_YEAR: (1, "built")}
    version = ("--as-of", LAST_YEAR, "--version", "2")
    assert value(told["root"], BALANCE, *version) == "1500000.50"
    reported = value(told["root"], GROWTH, "--as-of", THIS_YEAR, "--version", "1", "--as-reported")
    assert reported == "1.10005"


def test_as_known_now_is_the_newest_publication_of_the_newest_version(told):
    # Back to the first file: growth is what it was, by another version of last year's book.
    assert told["built third"] == {LAST_YEAR: (3, "built"), THIS_YEAR: (1, "built")}
    now = kpis(told["root"], "--as-of", "all")
    assert {row["snapshot_version"] for row in now if row["as_of_date"] == LAST_YEAR} == {3}
    assert value(told["root"], GROWTH) == "1.10005"


def test_every_month_as_reported_is_what_was_read_at_first(told):
    # By now the first publication is neither the newest nor the one before it.
    assert told["reported at first"] == told["known at first"]
    assert kpis(told["root"], "--as-of", "all", "--as-reported") == told["known at first"]


def test_a_version_says_what_was_delivered_when_why_and_what_is_current(told):
    rows = [
        row
        for row in versions(told["root"], "--as-of", LAST_YEAR)
        if row["table"] == "loan_snapshot"
    ]
    said = [
        (row["version"], row["state"], row["reason"], row["accepted_rows"], row["accepted_amount"])
        for row in rows
    ]
    assert said == [
        (1, "superseded", None, 2, "1000000.00"),
        (2, "superseded", "branch files were late", 2, "1500000.50"),
        (3, "current", "the late files were wrong", 2, "1000000.00"),
    ]
    assert [row["publications"] for row in rows] == [1, 1, 1]
    every = versions(told["root"])
    for row in every:
        assert row["received_at"] <= row["first_published_at"] <= row["published_at"]
    now = next(row for row in every if row["as_of_date"] == THIS_YEAR)
    assert now["publications"] == 3  # at first, and after each restatement
    assert now["first_published_at"] < now["published_at"]


def test_what_waits_for_its_build_says_so(told):
    states = {
        (row["as_of_date"], row["version"]): row["state"]
        for row in told["waiting"]
        if row["table"] == "loan_snapshot"
    }
    # Readers still get version 1; this year rests on what is published of last year.
    assert states == {
        (LAST_YEAR, 1): "current",
        (LAST_YEAR, 2): "to be built",
        (THIS_YEAR, 1): "current",
    }


def test_two_versions_differ_in_figures_statuses_and_loans(told):
    found = diff(told["root"], "--from", "1", "--to", "2", "--branch", "HO", "--loans")
    assert (found["from"], found["to"], found["rules_changed"]) == (1, 2, False)
    balance = next(row for row in found["figures"] if row["metric"] == "loan_balance")
    assert (balance["before"], balance["after"]) == ("1000000.00", "1500000.50")
    assert (balance["change"], balance["sense"]) == ("500000.5", "better")
    assert balance["difference"] == "CNY 500 k higher"
    assert {row["loan_id"]: row["change"] for row in found["changed_loans"]} == {
        "L1": "changed",
        "L2": "gone",
        "L9": "added",
    }
    (first,) = (row for row in found["changed_loans"] if row["loan_id"] == "L1")
    assert first["cells"] == [
        {"column": "original_amount", "before": "500000.00", "after": "1500000.00"},
        {"column": "outstanding_principal", "before": "500000.00", "after": "1500000.00"},
        {"column": "purpose_industry_code", "before": "5111", "after": "0519"},
        {"column": "sei_tag", "before": None, "after": "4"},
    ]
    assert found["loans"] == [
        {
            "change": "added",
            "currency_code": "CNY",
            "loans": 1,
            "principal_before": None,
            "principal_after": "0.50",
        },
        {
            "change": "gone",
            "currency_code": "CNY",
            "loans": 1,
            "principal_before": "500000.00",
            "principal_after": None,
        },
        {
            "change": "changed",
            "currency_code": "CNY",
            "loans": 1,
            "principal_before": "500000.00",
            "principal_after": "1500000.00",
        },
    ]
    assert [(row["table"], row["added"], row["gone"]) for row in found["tables"]] == [
        ("borrower_snapshot", 1, 1)
    ]


def test_a_branch_sees_its_own_loans_and_figures_alone(told):
    found = diff(told["root"], "--from", "1", "--to", "2", "--branch", "south", "--loans")
    assert {row["loan_id"] for row in found["changed_loans"]} == {"L2", "L9"}
    assert {row["branch"] for row in found["figures"]} == {"south"}


def test_who_may_see_one_branch_is_shown_its_loans_and_no_others(told):
    scope = Scope.of("southern desk", ["south"])
    day = parse_month_end(LAST_YEAR)
    found = Difference.between(Bank.at(told["root"]), scope, day, 1, 2)
    assert found.loans()["loan_id"].to_list() == ["L2", "L9"]
    assert set(found.figures()["branch_id"]) == {"south"}
    with pytest.raises(AccessError):
        found.loans("north")
    with pytest.raises(AccessError):
        found.figures("HO")


def test_the_version_before_the_newest_is_compared_with_it_unless_others_are_named(told):
    found = diff(told["root"])
    assert (found["from"], found["to"]) == (2, 3)
    same = diff(told["root"], "--from", "1", "--to", "3", "--loans")
    assert (same["figures"], same["loans"], same["changed_loans"]) == ([], [], [])
    metric = diff(told["root"], "--metric", "loan_balance")
    assert {row["metric"] for row in metric["figures"]} == {"loan_balance"}


def test_before_the_build_the_loans_are_compared_and_no_figure_is_made_up(told):
    found = told["diff before the build"].json
    assert (found["not_published"], found["figures"]) == ([2], [])
    assert [row["change"] for row in found["loans"]] == ["added", "gone", "changed"]
    assert "version 2 is not published" in one_sentence(told["csv before the build"])


def test_a_figure_lists_every_changed_row_in_a_pipe(told):
    said = here(
        *("diff", "-w", told["root"], "--as-of", LAST_YEAR, "--from", "1", "--to", "2"),
        *("--loans", "--format", "csv"),
    )
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].split(",")[:4] == ["loan_id", "change", "branch_before", "branch_after"]
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["L1", "changed"],
        ["L2", "gone"],
        ["L9", "added"],
    ]
    assert "sei_tag (empty) → 4" in lines[1]


def test_a_restatement_needs_a_reason_and_the_same_bytes_are_none(told):
    assert "--reason" in one_sentence(told["without a reason"])
    assert (told["restated"]["snapshot_version"], told["restated"]["unchanged"]) == (2, False)
    assert (told["again"]["snapshot_version"], told["again"]["unchanged"]) == (2, True)


def test_the_first_file_after_the_second_is_a_restatement_of_its_own(told):
    assert "--reason" in one_sentence(told["first again"])
    assert (told["third"]["snapshot_version"], told["third"]["unchanged"]) == (3, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "9"), "has no version 9. It has 1, 2, 3"),
        (("--from", "2", "--to", "2"), "compared with itself"),
        (("--to", "1"), "has no version before 1"),
        (("--branch", "nowhere"), "No branch 'nowhere'"),
        (("--metric", "loan_balanse"), "Did you mean loan_balance"),
        (("--as-of", "2026-09-30"), "2026-09-30 is not delivered"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(told, words, said):
    asked = ("diff", "-w", told["root"], "--as-of", LAST_YEAR, *words)
    assert said in one_sentence(here(*asked))


def test_a_month_without_a_second_version_has_nothing_to_compare(told):
    refused = one_sentence(here("diff", "-w", told["root"], "--as-of", THIS_YEAR))
    assert "no version before 1" in refused
    assert "2026-09-30 is not delivered" in one_sentence(
        here("versions", "-w", told["root"], "--as-of", "2026-09-30")
    )
