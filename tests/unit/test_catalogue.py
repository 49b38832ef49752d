"""The catalogue: complete, sourced, refused whole when wrong, and versioned by what it rests on."""

from decimal import Decimal

import pytest

from tests.scenario import CATALOGUE, REFERENCE
from transforms.catalogue.load import load, packaged_texts
from transforms.errors import CatalogueError

PARAMETERS = tuple(REFERENCE.tables["thresholds"]["name"].unique())

MISSION = """loan_balance loan_increment_ytd loan_increment_mom loan_growth_yoy loan_clients sei_balance
sei_share tech_loan_share first_time_clients first_time_tech_clients green_balance green_share
green_supply_chain_balance green_supply_chain_clients npl_balance npl_ratio inclusive_balance
inclusive_npl_ratio inclusive_npl_tolerance""".split()  # noqa: SIM905 - read as one list

FLAG = """
flags:
  {name}:
    label: {{en: a, zh: 一}}
    source: {{document: d, verified: true}}
    all:
      - {{sql: "{sql}", label: {{en: a, zh: 一}}}}
"""
METRIC = """
metrics:
  mine:
    label: {{en: Mine, zh: 我的}}
    kind: {kind}
    {terms}
    unit: ratio
    better: higher
    source: {{document: d, verified: true}}
    valid_from: 2020-01-01
    version: 1
"""


def _refused(text, *words):
    with pytest.raises(CatalogueError) as refused:
        load(PARAMETERS, additions={"own.yaml": text})
    for word in ("own.yaml", *words):
        assert word in str(refused.value)


def test_every_metric_of_the_mission_is_there():
    assert set(MISSION) <= set(CATALOGUE.metrics)


def test_every_definition_is_labelled_twice_and_names_its_source():
    for one in (*CATALOGUE.metrics.values(), *CATALOGUE.flags.values()):
        assert one.label.en
        assert any("一" <= letter <= "鿿" for letter in one.label.zh), one
        assert one.source.document


def test_an_unknown_column_is_refused_with_line_and_near_miss():
    _refused(
        FLAG.format(name="is_x", sql="loan_statu = 'a'"), "line 3", "loan_statu", "loan_status"
    )


def test_an_unknown_threshold_is_refused_with_near_miss():
    _refused(FLAG.format(name="is_x", sql="balance > :inclusive_limt"), "inclusive_limit")


def test_text_that_is_no_sql_is_refused():
    _refused(FLAG.format(name="is_x", sql="balance >"), "no SQL condition")


def test_flags_in_a_circle_are_refused():
    text = FLAG.format(name="is_a", sql="is_b") + FLAG.format(name="is_b", sql="is_a").replace(
        "\nflags:\n", ""
    )
    _refused(text, "refers to itself")


def test_an_unknown_measure_is_refused_with_near_miss():
    terms = "numerator: sei_balance_stric\n    denominator: loan_balance"
    _refused(METRIC.format(kind="ratio", terms=terms), "sei_balance_strict")


def test_a_ratio_without_denominator_is_refused():
    _refused(METRIC.format(kind="ratio", terms="numerator: loan_balance"), "lacks denominator")


def test_an_increment_without_base_is_refused():
    _refused(METRIC.format(kind="increment", terms="of: loan_balance"), "needs a base")


def test_a_misspelt_key_is_refused_with_its_line():
    _refused(METRIC.format(kind="total", terms="ov: loan_balance"), "line 6", "ov")


def test_broken_yaml_is_refused_with_its_line():
    _refused("flags:\n  a: [", "line")


def test_only_sums_can_be_sliced():
    text = METRIC.format(kind="count_distinct", terms="of: loan_clients\n    slices: [sei_field]")
    _refused(text, "only sums")


def test_a_workspace_adds_a_metric_without_code():
    text = METRIC.format(
        kind="ratio", terms="numerator: npl_balance\n    denominator: loan_balance"
    )
    own = load(PARAMETERS, additions={"own.yaml": text})
    assert own.metrics["mine"].family == "own"
    assert set(own.metrics) == {*CATALOGUE.metrics, "mine"}


def test_a_definition_version_changes_with_anything_it_rests_on_and_with_nothing_else():
    """A clause of `is_npl` changes every metric on bad loans, and no metric on green ones."""
    texts = packaged_texts()
    texts["asset_quality.yaml"] = texts["asset_quality.yaml"].replace("'FQ04', 'FQ05'", "'FQ04'")
    changed = load(PARAMETERS, texts=texts)
    differing = {
        name for name in CATALOGUE.metrics if CATALOGUE.versions[name] != changed.versions[name]
    }
    assert differing == {
        "npl_balance",
        "npl_ratio",
        "inclusive_npl_ratio",
        "inclusive_npl_tolerance",
    }
    assert changed.fingerprint != CATALOGUE.fingerprint


def test_loading_twice_gives_the_same_versions():
    assert load(PARAMETERS).versions == CATALOGUE.versions


def test_thresholds_in_force_are_those_of_the_day():
    from datetime import date  # noqa: PLC0415

    assert "inclusive_limit" not in REFERENCE.thresholds(date(2017, 12, 31))
    assert REFERENCE.thresholds(date(2018, 1, 1))["inclusive_limit"] == Decimal(10_000_000)
