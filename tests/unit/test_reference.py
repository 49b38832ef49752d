"""Reference tables: what ships is sound, what is wrong is refused, and what is in force is dated."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from transforms.errors import ReferenceTableError
from transforms.reference.tables import (
    IN_FORCE,
    INCLUSIVE,
    NAMES,
    Taxonomy,
    load,
    packaged_text,
)

REFERENCE = load()


def test_published_counts_of_gbt_4754_hold():
    counts = REFERENCE.tables["gbt4754_2017"]["level"].value_counts().sort("level")["count"]
    assert counts.to_list() == [20, 97, 473, 1382]


def test_sei_rows_without_a_published_source_are_off():
    codes = set(REFERENCE.sei_classes()["code"])
    assert not codes & {"0211", "0511", "0531", "0541"}
    classes = REFERENCE.sei_classes().filter(pl.col("code").str.len_chars() == 4)
    assert classes.height == 469
    assert classes["sei_whole"].sum() == 118


def test_a_group_is_whole_only_if_each_of_its_classes_is():
    sei = REFERENCE.sei_classes()
    gbt = REFERENCE.tables["gbt4754_2017"].filter(pl.col("level") == "4")
    whole = set(sei.filter(pl.col("sei_whole"))["code"])
    groups = [code for code in whole if len(code) == 3]
    assert groups
    for group in groups:
        assert set(gbt.filter(pl.col("group") == group)["code"]) <= whole


def test_technology_lists_have_their_published_sizes():
    high_tech = REFERENCE.tables["high_tech_industry"]
    assert high_tech.filter(pl.col("kind") == "manufacturing").height == 85
    assert high_tech.filter(pl.col("kind") == "services").height == 97
    assert REFERENCE.tables["ip_patent_intensive_industry"].height == 188


@pytest.mark.parametrize(
    ("day", "rule", "delta"),
    [
        (date(2015, 2, 28), None, None),
        (date(2015, 3, 1), "TOL_2015", 2),
        (date(2018, 2, 28), "TOL_2015", 2),
        (date(2018, 3, 1), "TOL_2018", 2),
        (date(2019, 2, 28), "TOL_2018", 2),
        (date(2019, 3, 1), "TOL_2019", 3),
        (date(2026, 10, 31), "TOL_2019", 3),
    ],
)
def test_the_tolerance_rule_is_the_one_of_the_day(day, rule, delta):
    found = REFERENCE.tolerance_rules(INCLUSIVE, day)
    told = [(one.rule_id, one.scope, one.delta_pp) for one in found]
    assert told == ([] if rule is None else [(rule, "bank", Decimal(delta))])
    assert REFERENCE.rules_named(IN_FORCE, day) == found


def test_a_rule_asked_for_by_its_id_holds_whatever_the_day():
    (rule,) = REFERENCE.rules_named("TOL_2019", date(2015, 3, 1))
    assert (rule.base, rule.delta_pp) == ("actual_all_loans", 3)
    assert REFERENCE.rules_named("TOL_2015", date(2026, 10, 31))[0].base == "annual_target"
    assert REFERENCE.rules_named("TOL_TECH_2025", date(2026, 10, 31)) == ()


def test_a_rule_may_be_given_for_several_scopes_but_for_one_only_once():
    text = packaged_text("npl_tolerance_rules")
    row = next(line for line in text.splitlines() if line.startswith("TOL_2019,"))
    region = row.replace(",bank,", ",440300,").replace(",3,yes", ",4,yes")
    own = load({"npl_tolerance_rules": f"{text}{region}\n"})
    found = own.tolerance_rules(INCLUSIVE, date(2026, 10, 31))
    assert {(one.scope, one.delta_pp) for one in found} == {("bank", 3), ("440300", 4)}
    with pytest.raises(ReferenceTableError, match="stands twice"):
        load({"npl_tolerance_rules": f"{text}{region}\n{region}\n"})


@pytest.mark.parametrize(
    ("day", "limit"),
    [
        (date(2017, 12, 31), None),
        (date(2018, 1, 1), 5_000_000),
        (date(2018, 12, 31), 5_000_000),
        (date(2019, 1, 1), 10_000_000),
    ],
)
def test_the_central_banks_line_is_the_one_of_the_day(day, limit):
    assert REFERENCE.thresholds(day).get("inclusive_limit_pboc") == limit


def test_guangdong_is_in_no_cluster_but_nine_of_its_cities_are():
    clusters = dict(REFERENCE.clusters().iter_rows())
    assert "44" not in clusters
    assert sum(prefix.startswith("44") for prefix in clusters) == 9
    assert (clusters["4403"], clusters["11"], clusters["31"]) == ("GBA", "BTH", "YRD")
    assert "4402" not in clusters


def test_a_group_is_restricted_only_if_a_listed_code_covers_it_or_all_its_classes_are():
    lists = REFERENCE.restricted_classes(date(2026, 10, 31))
    held = {row["code"]: row for row in lists.to_dicts()}
    assert held["3011"]["overcapacity"]
    assert not held["301"]["overcapacity"]
    assert held["301"]["two_high"]
    assert held["311"]["overcapacity"]
    assert not any(len(code) == 2 for code in held)
    assert not REFERENCE.restricted_classes(date(2013, 9, 30))["overcapacity"].any()


def test_high_tech_manufacturing_is_told_from_services():
    classes = {row["code"]: row for row in REFERENCE.technology_classes().to_dicts()}
    made = [
        code for code, row in classes.items() if row["high_tech_manufacturing"] and len(code) == 4
    ]
    assert len(made) == 85
    assert classes["6513"]["high_tech_whole"]
    assert not classes["6513"]["high_tech_manufacturing"]


def test_naics_books_get_sectors_and_no_gbt_sections():
    sections = REFERENCE.sections(Taxonomy.NAICS)
    assert sections.filter(pl.col("prefix") == "32")["section"].item() == "31-33"
    assert REFERENCE.sections(Taxonomy.NONE).is_empty()
    assert REFERENCE.sections(Taxonomy.GBT4754).height == 97


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("gbt4754_2017", lambda t: t + t.splitlines()[5] + "\n", "stands twice"),
        ("gbt4754_2017", lambda t: t.replace("\n2,A,01,,,01,", "\n2,A,01,,,98,", 1), "no parent"),
        ("sei_2018_by_class", lambda t: t.replace("\n0519,", "\n9999,", 1), "no class of GB/T"),
        ("thresholds", lambda t: t.replace("2018-01-01", "2018-13-01"), "cannot be read"),
        (
            "thresholds",
            lambda t: t.replace("2018-01-01,", "2018-01-01,2017-01-01", 1),
            "before it begins",
        ),
        ("green_catalogue", lambda t: t.replace("\n2025,", "\n2027,", 1), "not in green_editions"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_by_name(table, change, said):
    with pytest.raises(ReferenceTableError) as refused:
        load({table: change(packaged_text(table))})
    assert table in str(refused.value)
    assert said in str(refused.value)


def test_the_fingerprint_changes_with_any_table():
    text = packaged_text("thresholds").replace("10000000", "30000000")
    assert load({"thresholds": text}).fingerprint != REFERENCE.fingerprint
    assert load().fingerprint == REFERENCE.fingerprint


def test_every_table_ships_with_its_provenance():
    from importlib import resources  # noqa: PLC0415

    folder = resources.files("transforms.reference")
    for name in NAMES:
        assert folder.joinpath(f"{name}.md").read_text(encoding="utf-8").startswith(f"# {name}")
