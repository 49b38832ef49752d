"""The cross-checks on figures: silent on a month that adds up, and each loud on its own mistake."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from expectations.delivered import Delivered, opened
from expectations.figures import METRIC_FACT, VIEWS, definitions, rate_range
from expectations.findings import findings
from expectations.model import Setting
from expectations.rejection import condition_of
from expectations.rules import load_rules, rules_for
from expectations.runner import run_suite
from transforms.catalogue.load import definitions as catalogue_definitions
from transforms.reference import tables as reference_tables

RULES = load_rules()
OWN = rules_for(RULES, METRIC_FACT.name)
AS_OF = date(2026, 10, 31)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
UNITS = {"npl_ratio": "ratio", "provision_ratio": "ratio", "provision_coverage": "ratio"} | {
    "overdue_90_to_npl": "ratio",
    "loan_rate": "ratio",
    "sei_share": "ratio",
    "loan_clients": "count",
}


def fact(metric, branch, numerator, denominator=None, *, value=None, cut=None, reading="default"):
    """A figure; its value is the quotient if there is a denominator."""
    upper = None if numerator is None else Decimal(str(numerator))
    lower = None if denominator is None else Decimal(str(denominator))
    whole = upper if lower is None else upper / lower
    slice_, member = cut or ("total", "total")
    return {
        "metric_id": metric,
        "reading": reading,
        "branch_id": branch,
        "slice": slice_,
        "member": member,
        "numerator": upper,
        "denominator": lower,
        "value": whole if value is None else Decimal(str(value)),
        "unit": UNITS.get(metric, "currency"),
        "reason": None,
    }


# branch: balance, non-performing, allowance, interest, clients
BOOK = {"HO": (100, 10, 15, 4, 4), "B1": (60, 6, 9, 3, 3), "B2": (40, 4, 6, 1, 2)}


def figures_of(branch):
    balance, bad, allowance, interest, clients = BOOK[branch]
    half = Decimal(balance) / 2
    return [
        fact("loan_balance", branch, balance),
        fact("loan_balance", branch, balance - bad, cut=("classification", "FQ01")),
        fact("loan_balance", branch, bad, cut=("classification", "FQ03")),
        fact("npl_balance", branch, bad),
        fact("npl_ratio", branch, bad, balance),
        fact("provision_coverage", branch, allowance, bad),
        fact("provision_ratio", branch, allowance, balance),
        fact("overdue_90_to_npl", branch, bad, bad),
        fact("loan_rate", branch, interest, balance),
        fact("loan_rate", branch, Decimal(interest) / 2, half, cut=("enterprise_size", "CS03")),
        fact("loan_rate", branch, Decimal(interest) / 2, half, cut=("enterprise_size", "CS04")),
        fact("loan_increment_mom", branch, Decimal(balance) / 10),
        fact("loan_clients", branch, clients),
        fact("sei_balance", branch, 10, reading="strict"),
        fact("sei_balance", branch, 20, reading="confirmed"),
        fact("sei_balance", branch, 20, reading="broad"),
        fact("sei_share", branch, 20, balance, reading="confirmed"),
        fact("tech_loan_balance", branch, 12),
        fact("tech_enterprise_balance", branch, 7),
        fact("tech_industry_balance", branch, 5),
    ]


def frame(view, rows):
    return pl.DataFrame(rows, schema=dict(VIEWS[view]), orient="row")


CONTEXT = {
    "node": frame(
        "node",
        [("HO", None, "head", None, None, 0)]
        + [(branch, "HO", "tier1", None, None, 1) for branch in ("B1", "B2")],
    ),
    "counts_for": frame(
        "counts_for", [("B1", "B1"), ("B2", "B2"), ("B1", "HO"), ("B2", "HO"), ("HO", "HO")]
    ),
    "branch_measure": frame(
        "branch_measure",
        [
            (branch, "total", "total", measure, Decimal(amount))
            for branch, (balance, bad, *_) in BOOK.items()
            if branch != "HO"
            for measure, amount in (("loan_balance", balance), ("npl_balance", bad))
        ],
    ),
    "metric": frame(
        "metric",
        [
            ("loan_balance", "default", True, "total", "loan_balance", None),
            ("npl_balance", "default", True, "total", "npl_balance", None),
            ("npl_ratio", "default", True, "ratio", "npl_balance", "loan_balance"),
            ("loan_rate", "default", True, "weighted_mean", "loan_interest", "rated_balance"),
            ("loan_clients", "default", True, "count_distinct", None, None),
        ],
    ),
    "metric_cut": frame(
        "metric_cut",
        [
            ("loan_balance", "classification", "add_up", False),
            ("loan_rate", "enterprise_size", "terms_add_up", False),
        ],
    ),
    "rate_range": frame(
        "rate_range",
        [("B1", Decimal("0.02"), Decimal("0.05")), ("B2", Decimal("0.02"), Decimal("0.03"))],
    ),
    "previous_metric_fact": frame(
        "previous_metric_fact",
        [
            fact("loan_balance", "HO", 90),
            fact("loan_balance", "B1", 54),
            fact("npl_ratio", "HO", 10, 90),
            fact("loan_clients", "HO", 4),
        ],
    ),
}
GOOD = [one for branch in BOOK for one in figures_of(branch)]


def delivered(rows=GOOD, context=None):
    """Those figures, amid what they are judged by."""
    given = pl.DataFrame(rows, schema=METRIC_FACT.dtypes).with_row_index("source_row_no", offset=1)
    return Delivered(
        table=METRIC_FACT.name,
        files=(),
        as_of=AS_OF,
        base_currency="CNY",
        context=CONTEXT if context is None else context,
        given=given.cast({"source_row_no": pl.Int64()}),
    )


def measured(rows=GOOD, rules=RULES, context=None, keep=None):
    """The suite's results over those figures, and its findings."""
    delivery = delivered(rows, context)
    suite = run_suite(delivery, rules=rules, run_time=NOON, keep=keep)
    return suite, findings(delivery, suite, rules, rows=keep)


def broken(rows=GOOD, context=None):
    """The branches whose figures break rules, by rule: asked of DuckDB alone, which is quick."""
    with opened(delivered(rows, context)) as session:
        found = {
            rule.id: set(
                session.frame(
                    f"SELECT branch_id FROM metric_fact WHERE {condition_of(rule, session)}"  # noqa: S608
                )["branch_id"]
            )
            for rule in OWN
        }
    return {rule_id: branches for rule_id, branches in found.items() if branches}


def test_figures_that_add_up_break_nothing_and_every_rule_is_asked():
    suite, found = measured()
    assert [result.rule_id for result in suite.results] == [rule.id for rule in OWN]
    assert {result.skipped_reason for result in suite.results} == {None}
    assert [result.detail for result in suite.failed] == []
    assert found.is_empty()


@dataclass(frozen=True)
class Wrong:
    """A figure changed, and every rule that rightly objects."""

    rule_id: str
    metric: str
    branch: str = "HO"
    reading: str = "default"
    cut: tuple[str, str] = ("total", "total")
    changed: dict = field(default_factory=dict)
    also: frozenset = frozenset()

    @property
    def rows(self):
        key = (self.metric, self.branch, self.reading, *self.cut)
        names = ("metric_id", "branch_id", "reading", "slice", "member")
        told = [
            one | (self.changed if tuple(one[name] for name in names) == key else {})
            for one in GOOD
        ]
        assert told != GOOD
        return told


def to(**values):
    return {
        name: None if value is None else Decimal(str(value)) if name != "reason" else value
        for name, value in values.items()
    }


CASES = (
    Wrong("E5002", "loan_clients", changed=to(value=None)),
    # One more in a tier: the tiers are 101, the whole is 100.
    Wrong("E5003", "loan_balance", cut=("classification", "FQ03"), changed=to(numerator=11, value=11)),
    Wrong(
        "E5004", "npl_balance", changed=to(numerator=11, value=11), also=frozenset({"E5005"})
    ),
    # The ratio says 10 of 101; the balance says 100.
    Wrong("E5005", "npl_ratio", changed=to(denominator="100.02", value=Decimal(10) / Decimal("100.02")),
          also=frozenset({"E5014"})),
    Wrong("E5006", "sei_balance", reading="strict", changed=to(numerator="20.02", value="20.02")),
    Wrong("E5007", "tech_loan_balance", changed=to(numerator="12.02", value="12.02")),
    Wrong("E5008", "sei_share", reading="confirmed", changed=to(value="1.000001")),
    Wrong("E5009", "loan_clients", branch="B2", changed=to(value=0, numerator=0)),
    Wrong("E5010", "loan_rate", branch="B2", changed=to(value="0.031"), also=frozenset({"E5011"})),
    Wrong("E5011", "loan_rate", branch="B1", changed=to(value="0.0499")),
    # 100 less 9.98 is not the 90 that was published.
    Wrong("E5012", "loan_increment_mom", changed=to(value="9.98", numerator="9.98")),
    Wrong("E5014", "provision_ratio", changed=to(value="0.15001")),
    Wrong("W5015", "overdue_90_to_npl", changed=to(value="1.000001")),
    Wrong("E5016", "npl_ratio", branch="B2", changed=to(value="0.10001"), also=frozenset({"E5014"})),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule_id)
def test_a_wrong_figure_breaks_its_rule_and_no_other(case):
    found = broken(case.rows)
    assert set(found) == {case.rule_id} | case.also
    assert case.branch in found[case.rule_id]


def test_a_figure_that_stands_twice_stops_the_month():
    assert broken([*GOOD, fact("loan_clients", "B1", 3)]) == {"E5001": {"B1"}}


@pytest.mark.parametrize(
    ("metric", "branch", "before", "now", "moved"),
    [
        # A fifth of 100 million is 20 million: inclusive, so only more than that is told.
        ("loan_balance", "HO", 100_000_000, 120_000_000, False),
        ("loan_balance", "HO", 100_000_000, 120_000_001, True),
        ("loan_balance", "B1", 100_000_000, 120_000_001, True),
        # More than a fifth, but not more than ten million.
        ("loan_balance", "HO", 1_000_000, 11_000_000, False),
        ("loan_clients", "HO", 100, 121, True),
        ("loan_clients", "HO", 10, 30, False),
    ],
)
def test_a_move_beyond_the_band_is_told(metric, branch, before, now, moved):
    earlier = frame("previous_metric_fact", [fact(metric, branch, before)])
    found = broken([fact(metric, branch, now)], {**CONTEXT, "previous_metric_fact": earlier})
    assert found.get("W5013", set()) == ({branch} if moved else set())


def test_a_sub_branch_may_move_as_it_likes():
    deep = frame("node", [("B1", "R1", "tier2", None, None, 2)])
    earlier = frame("previous_metric_fact", [fact("loan_balance", "B1", 100_000_000)])
    rows = [fact("loan_balance", "B1", 900_000_000)]
    found = broken(rows, {**CONTEXT, "node": deep, "previous_metric_fact": earlier})
    assert "W5013" not in found


def test_without_last_month_nothing_is_compared_with_it_and_that_is_no_pass():
    first = {name: view for name, view in CONTEXT.items() if not name.startswith("previous_")}
    suite, _ = measured(context=first)
    skipped = {r.rule_id: r.skipped_reason for r in suite.results if r.skipped_reason}
    assert skipped == dict.fromkeys(
        ("E5012", "W5013"), "previous month not published (metric_fact)"
    )


def test_every_rule_about_figures_has_a_case():
    assert {case.rule_id for case in CASES} | {"E5001", "W5013"} == {rule.id for rule in OWN}


def test_a_bank_widens_a_band_for_some_months():
    wide = Setting(
        why="a young bank", valid_to=date(2026, 10, 31), parameters={"move_floor": Decimal(10**9)}
    )
    ours = [
        rule.model_copy(update={"settings": (wide,)}) if rule.id == "W5013" else rule
        for rule in RULES
    ]
    earlier = frame("previous_metric_fact", [fact("loan_balance", "HO", 100_000_000)])
    context = {**CONTEXT, "previous_metric_fact": earlier}
    rows = [fact("loan_balance", "HO", 200_000_000)]
    suite, _ = measured(rows, rules=ours, context=context)
    told = {result.rule_id: result for result in suite.results}["W5013"]
    assert told.passed
    assert (told.set_by, told.parameters["move_floor"]) == ("bank", "1000000000")


def test_the_failing_figures_are_listed_by_their_key_and_have_no_place_in_a_file(tmp_path):
    keep = tmp_path / "failing.parquet"
    measured(CASES[0].rows, keep=keep)
    assert pl.read_parquet(keep).rows() == [
        (
            "E5002",
            "metric_fact",
            "HO",
            "loan_clients | default | HO | total | total",
            None,
            None,
        )
    ]


def test_the_products_definitions_fit_the_views():
    catalogue = catalogue_definitions(reference_tables.load()).newest
    views = definitions(catalogue)
    for name, view in views.items():
        assert dict(view.schema) == dict(VIEWS[name])
        assert not view.is_empty()
    rows = {(r["metric_id"], r["reading"]): r for r in views["metric"].to_dicts()}
    assert rows["loan_balance", "default"]["numerator"] == "loan_balance"
    assert rows["npl_ratio", "default"]["denominator"] == "loan_balance"
    assert rows["loan_clients", "default"]["numerator"] is None, "clients do not add up"
    assert [r["is_default"] for r in rows.values()].count(True) == len(catalogue.metrics)


def test_the_range_of_rates_leaves_out_loans_that_weigh_nothing():
    rows = pl.DataFrame(
        {
            "booking_branch_id": ["B1", "B1", "B1", "B2"],
            "outstanding_principal": [1, 2, 0, 1],
            "interest_rate": [Decimal("0.03"), Decimal("0.05"), Decimal("0.99"), None],
        }
    )
    assert rate_range(rows.lazy()).collect().rows() == [("B1", Decimal("0.03"), Decimal("0.05"))]


def test_a_share_of_an_increase_is_not_held_against_the_balance_itself():
    """Both say `corporate_balance`; one shows how much it grew since the year's end."""
    reference = reference_tables.load()
    catalogue = catalogue_definitions(reference).newest
    rows = definitions(catalogue)["metric"].to_dicts()
    told = {(row["metric_id"], row["reading"]): row["denominator"] for row in rows}
    assert told["sei_share", "confirmed"] == "corporate_balance"
    grown = [row for row in rows if row["metric_id"] == "sei_increment_share"]
    assert grown
    assert {(row["numerator"], row["denominator"]) for row in grown} == {(None, None)}
