"""Conditions in the words of Spark, and which settings for it are refused; no Spark is needed."""

from pathlib import Path

import pytest

from records.spark_settings import SparkSettings, spark_of
from tests.scenario import CATALOGUE
from transforms.classify import flag_sql
from transforms.errors import WorkspaceError
from transforms.spark_sql import OtherOnSparkError, spark_sql

FILE = Path("branchmark.toml")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("a = 'it''s'", r"`a` = 'it\'s'"),
        (r"a = 'C:\new'", r"`a` = 'C:\\new'"),
        ('"my column" IS NOT NULL', "`my column` IS NOT NULL"),
        ("a BETWEEN 1 AND 2.50", "`a` BETWEEN 1 AND 2.50"),
        ("a > 1E+7 or b < 2e-3", "`a` > 10000000 or `b` < 0.002"),
        ("starts_with(a, 'x')", "startswith(`a`, 'x')"),
        ("a*2 > b", "`a`*2 > `b`"),
        ("day >= DATE '2026-01-31'", "`day` >= DATE '2026-01-31'"),
        ("名称 NOT IN ('甲', '乙')", "`名称` NOT IN ('甲', '乙')"),
        ("a LIKE 'x%'", "`a` LIKE 'x%'"),
    ],
)
def test_a_condition_is_said_in_the_words_of_spark(ours, theirs):
    assert spark_sql(ours) == theirs


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("a / b > 0.5", "/"),
        ("a % 2 = 0", "%"),
        ("a * b > 1", "product of two columns"),
        ("substr(a, 0, 2) = 'x'", "substr"),
        ("a ~ '^x'", "~"),
        (r"a LIKE '50\%'", "backslash"),
        ("a::int = 1", ":"),
    ],
)
def test_what_spark_would_reckon_otherwise_is_refused_by_name(sql, what):
    with pytest.raises(OtherOnSparkError) as refused:
        spark_sql(sql)
    said = str(refused.value)
    assert what in said
    assert said.startswith("The condition ")
    assert said.endswith("--engine polars.")


def test_every_flag_of_the_product_can_be_said():
    told = {
        name: spark_sql(flag_sql(flag, {"inclusive_limit": 10_000_000}))
        for name, flag in CATALOGUE.flags.items()
    }
    assert told["is_npl"].count("coalesce(") == len(CATALOGUE.flags["is_npl"].clauses)
    assert all(sql for sql in told.values())


def test_settings_that_are_not_given_mean_spark_on_this_machine():
    assert spark_of(FILE, None) == SparkSettings("local[*]", 60, ())


def test_settings_are_taken_as_a_file_states_them():
    given = {
        "master": "spark://head:7077",
        "wait_seconds": 90,
        "conf": {
            "spark.executor.memory": "8g",
            "spark.executor.cores": 4,
            "spark.ui.enabled": True,
        },
    }
    assert spark_of(FILE, given) == SparkSettings(
        "spark://head:7077",
        90,
        (
            ("spark.executor.cores", "4"),
            ("spark.executor.memory", "8g"),
            ("spark.ui.enabled", "true"),
        ),
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("yarn", "[spark] on a line"),
        ({"mster": "yarn"}, "Did you mean master?"),
        ({"master": "spark:head"}, "spark://host:port"),
        ({"wait_seconds": 0}, "wait_seconds"),
        ({"conf": "8g"}, "[spark.conf]"),
        ({"conf": {"spark": {"executor": {"memory": "8g"}}}}, "in quotes"),
        ({"conf": {"executor.memory": "8g"}}, "begin with spark."),
        ({"conf": {"spark.sql.ansi.enabled": "false"}}, "spark.sql.ansi.enabled"),
        ({"conf": {"spark.master": "yarn"}}, "Set master of [spark] instead"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_with_the_way_out(given, named):
    with pytest.raises(WorkspaceError) as refused:
        spark_of(FILE, given)
    assert named in str(refused.value)
    assert str(refused.value).startswith("branchmark.toml: ")
