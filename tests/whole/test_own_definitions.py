"""What a workspace defines itself, in YAML alone: a flag, a metric, another reading, a dated edition.

One bank's story, told step by step: built as it comes, then with definitions of its own, then with an
earlier edition of one of them.
"""

import re
import shutil
from datetime import date
from importlib import resources

import pytest
import yaml

from orchestration.bank import SYSTEM, Bank
from tests.whole import books
from tests.whole.commands import built, figures, here, kpis

pytestmark = pytest.mark.whole

OCTOBER, SEPTEMBER = books.OCTOBER, books.SEPTEMBER
MINE = """\
flags:
  is_mid_ticket:
    label: {en: Mid-ticket loan, zh: 中额贷款}
    source: {document: "minutes of the credit committee", verified: true, own: true}
    all:
      - {sql: "is_loan", label: {en: is a loan in scope, zh: 纳入统计的贷款}}
      - sql: "balance BETWEEN 100000 AND 600000"
        label: {en: "100,000 to 600,000 is owed", zh: 余额10万元至60万元}
EARLIER
measures:
  mid_ticket_balance: {sum: balance, where: is_mid_ticket}
metrics:
  mid_ticket_share:
    label: {en: Mid-ticket share, zh: 中额贷款占比}
    kind: ratio
    readings:
      all_loans: {denominator: loan_balance}
      corporate: {denominator: corporate_balance}
    default_reading: all_loans
    numerator: mid_ticket_balance
    unit: ratio
    better: higher
    slices: [enterprise_size]
    source: {document: "minutes of the credit committee", verified: true, own: true}
    valid_from: 2020-01-01
    version: 1
"""
EARLIER = """\
    earlier:
      - until: 2026-09-30
        all:
          - {sql: "is_loan", label: {en: is a loan in scope, zh: 纳入统计的贷款}}
          - {sql: "balance >= 900000", label: {en: "900,000 or more is owed", zh: 余额不低于90万元}}
"""


def other_reading():
    """The product's own metric again, with `confirmed` read as broadly as `broad`."""
    text = (
        resources.files("transforms.catalogue").joinpath("definitions/sei.yaml").read_text("utf-8")
    )
    metric = yaml.safe_load(text)["metrics"]["sei_balance"]
    metric["readings"]["confirmed"] = dict(metric["readings"]["broad"])
    return yaml.safe_dump({"metrics": {"sei_balance": metric}}, allow_unicode=True)


def fingerprints(root):
    """What each month's published figures rest on."""
    current = Bank.at(root).published.current()
    return {day.isoformat(): one.fingerprint for (day, _), one in current.items()}


def catalogue_of(root):
    return {row["metric"]: row for row in here("catalogue", "-w", root, "--format", "json").json}


@pytest.fixture(scope="module")
def told(two_months, tmp_path_factory):
    root = two_months.copy(tmp_path_factory.mktemp("own-definitions") / "bank")
    story = {"root": root}

    def step(name, said=None):
        story[name] = {
            "built": said or built(root),
            SEPTEMBER: figures(root, "--as-of", SEPTEMBER),
            OCTOBER: figures(root, "--as-of", OCTOBER),
            "fingerprints": fingerprints(root),
            "catalogue": catalogue_of(root),
        }

    step("as it comes", two_months.built)
    (root / "catalogue" / "sei.yaml").write_text(other_reading(), encoding="utf-8")
    mine = root / "catalogue" / "mine.yaml"
    mine.write_text(MINE.replace("EARLIER\n", ""), encoding="utf-8")
    story["not built yet"] = figures(root)
    step("with definitions of its own")
    story["again"] = built(root)
    mine.write_text(MINE.replace("EARLIER\n", EARLIER), encoding="utf-8")
    step("with an earlier edition")
    return story


BEFORE, OWN, DATED = "as it comes", "with definitions of its own", "with an earlier edition"
HEAD = ("mid_ticket_share", "all_loans", "HO")


def test_a_metric_of_the_workspaces_own_is_published_by_the_next_build(told):
    """October: L2, L3 and L4 owe 500,000.50 + 300,000.25 + 200,000.00."""
    assert HEAD not in told[BEFORE][OCTOBER]
    assert told["not built yet"] == told[BEFORE][OCTOBER]
    row = told[OWN][OCTOBER][HEAD]
    assert (row["numerator"], row["denominator"]) == ("1000000.75", "2100050.00")
    assert told[OWN][OCTOBER]["mid_ticket_share", "corporate", "south"]["numerator"] == "500000.25"
    assert told[OWN][SEPTEMBER][HEAD]["numerator"] == "0.00"


def test_it_is_cut_listed_explained_and_told_like_the_products_own(told):
    root = told["root"]
    cut = kpis(root, "--metric", HEAD[0], "--slice", "enterprise_size", "--branch", "HO")
    sums = {(row["reading"], row["member"]): row["numerator"] for row in cut}
    assert sums["all_loans", "CS03"] == "800000.75"
    assert sums["all_loans", "CS04"] == "200000.00"
    words = ("-w", root, "--metric", HEAD[0], "--format", "json")
    listed = here("loans", *words).json
    assert {row["loan_id"]: row["amount"] for row in listed} == {
        "L2": "500000.50",
        "L3": "300000.25",
        "L4": "200000.00",
    }
    assert {row["rule"] for row in listed} == {"is_mid_ticket"}
    for loan, counts in (("L2", True), ("L5", False)):
        (row,) = [
            row
            for row in here("explain", loan, *words).json
            if (row["reading"], row["role"]) == ("all_loans", "numerator")
        ]
        assert row["counts"] is counts
        assert "100,000 to 600,000 is owed" in row["because"]
        assert "balance = " in row["facts"]
    said = here("catalogue", HEAD[0], "-w", root)
    assert said.code == 0, said.err
    for words in ("Mid-ticket share", "中额贷款占比", "minutes of the credit committee"):
        assert words in said.out
    assert told[OWN]["catalogue"][HEAD[0]]["own_definition"] is True
    assert HEAD[0] not in {row["metric"] for row in here("catalogue", "--format", "json").json}


def test_another_reading_changes_its_metric_with_version_and_fingerprint_and_nothing_else(told):
    before, after = told[BEFORE], told[OWN]
    assert after["built"] == {SEPTEMBER: (1, "built"), OCTOBER: (1, "built")}
    assert told["again"] == {SEPTEMBER: (1, "unchanged"), OCTOBER: (1, "unchanged")}
    for month in (SEPTEMBER, OCTOBER):
        assert before["fingerprints"][month] != after["fingerprints"][month]
        changed = set()
        for key, row in before[month].items():
            if key[0] == "sei_balance":
                assert row["definition_version"] != after[month][key]["definition_version"]
                if row["value"] != after[month][key]["value"]:
                    changed.add(key)
            else:
                assert after[month][key] == row, key
        for metric, reading, node in changed:
            assert (metric, reading) == ("sei_balance", "confirmed")
            broad = before[month]["sei_balance", "broad", node]
            assert after[month][metric, reading, node]["value"] == broad["value"]
        assert bool(changed) is (month == OCTOBER)
        new = set(after[month]) - set(before[month])
        assert {metric for metric, *_ in new} == {"mid_ticket_share"}
    versions = {name: row["version"] for name, row in before["catalogue"].items()}
    assert {
        name: after["catalogue"][name]["version"] for name in versions if name != "sei_balance"
    } == {name: version for name, version in versions.items() if name != "sei_balance"}


def test_an_earlier_edition_changes_the_months_up_to_its_last_day_and_no_other(told):
    """Up to 30 September the rule was 900,000 or more: L1 then. October is as it was."""
    before, after = told[OWN], told[DATED]
    assert after["built"][SEPTEMBER] == (1, "built")
    assert after[SEPTEMBER][HEAD]["numerator"] == "900000.00"
    assert after[OCTOBER] == before[OCTOBER]
    for key, row in before[SEPTEMBER].items():
        if key[0] != "mid_ticket_share":
            assert after[SEPTEMBER][key] == row
    versions = {month: after[month][HEAD]["definition_version"] for month in (SEPTEMBER, OCTOBER)}
    assert versions[SEPTEMBER] != versions[OCTOBER]
    assert before[SEPTEMBER][HEAD]["definition_version"] == versions[OCTOBER]
    assert after["catalogue"]["mid_ticket_share"]["version"] == versions[OCTOBER]
    root = told["root"]
    then = here("catalogue", "-w", root, "--as-of", SEPTEMBER, "--format", "json").json
    assert versions[SEPTEMBER] in {row["version"] for row in then}


def test_loans_and_explain_follow_the_edition_of_their_month(told):
    words = ("-w", told["root"], "--as-of", SEPTEMBER, "--metric", HEAD[0], "--format", "json")
    (listed,) = here("loans", *words).json
    assert (listed["loan_id"], listed["amount"]) == ("L1", "900000.00")
    told_of = {row["role"]: row for row in here("explain", "L1", *words).json}
    assert told_of["numerator"]["counts"] is True
    assert "900,000 or more is owed" in told_of["numerator"]["because"]


def test_each_month_of_the_product_itself_has_the_definitions_of_its_day(told):
    """A metric whose definition changed in 2018 has another version before."""
    bank = Bank.at(told["root"])
    old, new = (bank.definitions.on(day) for day in (date(2017, 12, 31), date(2026, 10, 31)))
    name = "inclusive_npl_tolerance"
    assert old.versions[name] != new.versions[name]
    assert old.metrics[name].reading("in_force") != new.metrics[name].reading("in_force")
    assert old.versions["loan_balance"] == new.versions["loan_balance"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("kind: ratio", "kind: ratoi"), "mine.yaml line 14"),
        (("is_loan", "is_lone"), "mine.yaml line 2"),
        (("where: is_mid_ticket", "where: is_mid_tiket"), "mine.yaml line 10"),
        (("default_reading: all_loans", "default_reading: all"), "mine.yaml line 12"),
        (("all_loans: {denominator: loan_balance}", "all_loans: {of: nothing}"), "mine.yaml line"),
    ],
)
def test_a_definition_that_cannot_be_used_is_named_with_file_and_line(told, tmp_path, change, said):
    root = tmp_path / "bank"
    shutil.copytree(told["root"], root)
    mine = MINE.replace("EARLIER\n", "")
    assert change[0] in mine
    (root / "catalogue" / "mine.yaml").write_text(mine.replace(*change), encoding="utf-8")
    published = Bank.at(root).published.facts(SYSTEM, as_of=date(2026, 10, 31)).collect()
    refused = here("build", "-w", root)
    assert refused.code == 1
    assert "Traceback" not in refused.err
    sentence = refused.err.strip().splitlines()[-1]  # the progress of the build stands above
    assert said in sentence
    assert not re.search(r"[.?]\.", sentence)
    facts = Bank.at(root).published.facts(SYSTEM, as_of=date(2026, 10, 31)).collect()
    assert facts.equals(published)
