"""What a metric rests on, which checks guard it, and since when it is what it is."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from dashboards.definitions import guards, history
from dashboards.definitions.marks import rich
from dashboards.definitions.metrics import MetricTeller
from dashboards.definitions.references import REFERENCES, cells, columns, heading
from dashboards.definitions.rests import basis_of
from dashboards.definitions.search import holds
from dashboards.definitions.voice import Voice
from dashboards.i18n import Language
from dashboards.port.rules import Check
from records.published import PUBLICATION
from transforms.catalogue.load import definitions
from transforms.catalogue.model import Label
from transforms.reference import tables

REFERENCE = tables.load()
BANKS_OWN = """
flags:
  is_ours:
    label: {en: Loan of ours, zh: 我行贷款}
    source: {document: "Credit policy 2026/4", verified: true}
    all:
      - {sql: "is_loan", label: {en: is a loan in scope, zh: 纳入统计的贷款}}
      - {sql: "days_past_due <= 30", label: {en: is up to 30 days late, zh: 逾期不超过30天}}
    earlier:
      - until: 2025-12-31
        all:
          - {sql: "is_loan", label: {en: is a loan in scope, zh: 纳入统计的贷款}}
          - {sql: "days_past_due <= 60", label: {en: is up to 60 days late, zh: 逾期不超过60天}}
measures:
  ours: {sum: balance, where: is_ours}
metrics:
  loans_of_ours:
    label: {en: Loans of ours, zh: 我行自定义贷款}
    kind: total
    of: ours
    unit: currency
    better: higher
    source: {document: "Credit policy 2026/4", verified: true}
    valid_from: 2020-01-01
    version: 1
"""


@pytest.fixture(scope="module")
def every():
    return definitions(REFERENCE, {"ours.yaml": BANKS_OWN})


@pytest.fixture(scope="module")
def newest(every):
    return every.newest


def test_a_metric_rests_on_its_flags_from_the_top_down_their_columns_and_their_thresholds(newest):
    found = basis_of(newest.metrics["inclusive_balance"], newest)
    names = [flag.name for flag in found.flags]
    assert names.index("is_inclusive") < names.index("is_small_business") < names.index("is_loan")
    assert found.thresholds == ("inclusive_limit", "inclusive_limit_pboc")  # of two readings
    assert {
        "loan_snapshot.outstanding_principal",
        "loan_snapshot.on_balance_sheet",  # assumed where it is absent, and rested on all the same
        "borrower_snapshot.enterprise_size",
        "borrower_snapshot.total_credit_limit_cny",
    } <= set(found.columns)
    assert "loan_snapshot.green_tag" not in found.columns


def test_a_gap_rests_on_what_both_its_figures_rest_on(newest):
    gap = set(basis_of(newest.metrics["inclusive_npl_gap"], newest).columns)
    own = set(basis_of(newest.metrics["inclusive_npl_ratio"], newest).columns)
    assert {"loan_snapshot.loan_classification"} | own <= gap


def test_a_change_rests_on_the_loan_flags_that_it_names_then_and_now(newest):
    names = {flag.name for flag in basis_of(newest.metrics["migration_normal"], newest).flags}
    assert "is_loan" in names


def check(rule_id, table, severity, *needs, key=(), of_figures=False):
    said = Label("x", "x")
    return Check(
        rule_id, table, severity, rejects=False, stops=False, of_figures=of_figures, says=said,
        remedy=said, breaks=said, needs=needs, key=key, parameters=(), source="", own=False,
        fixed=False, settings=(), setting=None,
    )  # fmt: skip


def test_the_checks_that_guard_a_metric_are_those_of_its_columns_the_gravest_first(newest):
    basis = basis_of(newest.metrics["npl_ratio"], newest)
    checks = [
        check("W0001", "loan_snapshot", "warning", "loan_snapshot.loan_classification"),
        check("E0002", "loan_snapshot", "critical", key=("loan_snapshot.loan_id",)),
        check("E0003", "loan_snapshot", "error", "loan_snapshot.green_tag"),
        check("E0004", "collateral", "error", "loan_snapshot.outstanding_principal"),
        check("E0005", "metric_fact", "critical", "metric_fact.value", of_figures=True),
        check("E0006", "", "critical"),
    ]
    assert [one.rule_id for one in guards.guarding(basis, checks)] == ["E0002", "W0001"]
    bases = {
        name: basis_of(newest.metrics[name], newest) for name in ("npl_ratio", "green_balance")
    }
    assert guards.guarded(checks[2], bases.items()) == ("green_balance",)
    assert guards.guarded(checks[0], bases.items()) == ("npl_ratio",)


def test_editions_tell_from_which_day_to_which_a_metric_was_defined_how(every):
    teller = MetricTeller(Voice(Language.EN), every, REFERENCE)
    first, second = teller.editions("loans_of_ours")
    assert (first.first, first.last) == (None, date(2025, 12, 31))
    assert (second.first, second.last) == (date(2026, 1, 1), None)
    assert first.version != second.version
    assert teller.editions("loan_balance")[0].last is None
    assert teller.editions("nothing_such") == ()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            Language.EN,
            [
                "`is_ours` (Loan of ours), no longer asked: is up to 60 days late (`days_past_due <= 60`)",
                "`is_ours` (Loan of ours), asked since: is up to 30 days late (`days_past_due <= 30`)",
            ],
        ),
        (
            Language.ZH,
            [
                "`is_ours`（我行贷款），不再要求：逾期不超过60天（`days_past_due <= 60`）",
                "`is_ours`（我行贷款），新增要求：逾期不超过30天（`days_past_due <= 30`）",
            ],
        ),
    ],
)
def test_what_changed_between_two_editions_is_told_condition_by_condition(every, language, told):
    before, after = every.on(date(2025, 12, 31)), every.on(date(2026, 1, 1))
    assert list(history.changed("loans_of_ours", before, after, Voice(language))) == told


def test_the_days_on_which_definitions_changed_name_the_metrics_they_touch(every):
    newest, oldest = history.turns(every)
    assert (newest.day, newest.metrics) == (date(2026, 1, 1), ("loans_of_ours",))
    assert (newest.came, newest.gone) == ((), ())
    assert oldest.day == date(2018, 3, 1)
    assert "loans_of_ours" not in oldest.metrics


def publication(as_of, catalogue, reference="r", version=1, minute=0):
    return {
        "sequence": minute, "as_of_date": as_of, "snapshot_version": version, "fingerprint": "f",
        "catalogue_fingerprint": catalogue, "reference_fingerprint": reference, "run_id": "x",
        "published_at": datetime(2026, 11, 22, 12, minute, tzinfo=UTC),
    }  # fmt: skip


def test_months_under_the_same_definitions_are_one_stretch_and_a_new_version_counts():
    july, august, september = date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30)
    rows = pl.DataFrame(
        [
            publication(july, "a", minute=1),
            publication(august, "a", minute=2),
            publication(september, "a", minute=3),
            publication(september, "b", version=2, minute=4),
        ],
        schema=dict(PUBLICATION),
        orient="row",
    )
    newest, oldest = history.stretches(rows)
    assert (newest.first, newest.last, newest.months, newest.catalogue) == (
        september, september, 1, "b",
    )  # fmt: skip
    assert (oldest.first, oldest.last, oldest.months) == (july, august, 2)
    assert oldest.published_at.minute == 2
    assert history.stretches(rows.clear()) == ()


def test_a_search_takes_words_of_both_languages_in_any_order():
    assert holds("占比 sei", "SEI share", "战新占比")
    assert not holds("sei green", "SEI share")
    assert holds("", "anything")


def test_marked_text_becomes_html_with_everything_else_escaped():
    told = rich(
        "**own**: `a < b` of [<x>](#npl_ratio) and [gone](#nowhere)", {"#npl_ratio": "c?m=1"}.get
    )
    assert told == (
        '<b>own</b>: <code>a &lt; b</code> of <a href="c?m=1" target="_self">&lt;x&gt;</a> and gone'
    )


def test_every_reference_table_and_every_heading_of_it_has_a_name_in_both_languages():
    assert set(REFERENCES) == set(tables.NAMES)
    for table in REFERENCE.tables.values():
        for column in table.columns:
            assert heading(column, Language.ZH) != column, column
            assert heading(column, Language.EN) != column, column


def test_a_chinese_reader_is_not_shown_the_english_names_beside_the_chinese_ones():
    table = REFERENCE.tables["gbt4754_2017"]
    assert "name_en" in columns(table, Language.EN)
    shown = columns(table, Language.ZH)
    assert "name_en" not in shown
    row = table.row(0, named=True)
    assert cells(row, shown, Voice(Language.ZH))[-1] == "两份清单一致"
    assert cells(row, ["check"], Voice(Language.EN)) == ["two_lists"]
