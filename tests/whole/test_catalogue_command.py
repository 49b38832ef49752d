"""Asking what is defined and what is published: `catalogue` and `kpis` with their options."""

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from importlib import resources

import jsonschema
import pytest
import yaml

from tests.whole.commands import here, kpis, one_sentence
from tests.whole.grown import HEAD

pytestmark = pytest.mark.whole

KEYS = {
    *("metric", "family", "kind", "unit", "better", "version", "valid_from", "verified"),
    *("label_en", "label_zh", "readings", "slices"),
}
FAMILIES = {
    *("volume", "sei", "technology", "first_time", "green", "inclusive", "asset_quality"),
    *("structure", "concentration", "price", "linkage"),
}


@pytest.fixture(scope="module")
def listed():
    return here("catalogue", "--format", "json").json


def test_every_metric_of_every_family_is_listed_with_every_key(listed):
    assert len(listed) == len({row["metric"] for row in listed}) >= 113
    assert {row["family"] for row in listed} >= FAMILIES
    for row in listed:
        assert set(row) >= KEYS
        assert row["label_en"]
        assert row["label_zh"]
        assert isinstance(row["verified"], bool)
        assert date.fromisoformat(row["valid_from"])
        assert isinstance(row["readings"], list)
        assert row["default_reading"] in row["readings"]
        assert isinstance(row["slices"], list)
        assert row["version"].partition(".")[0].isdigit()


def test_the_published_figures_have_the_readings_and_versions_of_the_catalogue(grown, listed):
    published = defaultdict(set)
    for metric, reading, node in grown.facts:
        if node == HEAD:
            published[metric].add(reading)
    assert published == {row["metric"]: set(row["readings"]) for row in listed}
    for row in listed:
        fact = grown.facts[row["metric"], row["default_reading"], HEAD]
        assert (fact["definition_version"], fact["unit"]) == (row["version"], row["unit"])


def test_the_definitions_of_another_day_are_told_on_request(listed):
    then = here("catalogue", "--as-of", "2018-02-28", "--format", "json").json
    after = here("catalogue", "--as-of", "2018-03-31", "--format", "json").json
    now = {row["metric"]: row["version"] for row in listed}
    old, new = ({row["metric"]: row["version"] for row in rows} for rows in (then, after))
    assert old["inclusive_npl_tolerance"] != now["inclusive_npl_tolerance"]
    assert new["inclusive_npl_tolerance"] == now["inclusive_npl_tolerance"]
    assert old["loan_balance"] == now["loan_balance"]
    assert "is not a month end." in one_sentence(here("catalogue", "--as-of", "2018-02-27"))


def test_the_schema_takes_every_definition_file_of_the_product_and_no_misspelt_one():
    schema = here("catalogue", "--schema").json
    check = jsonschema.Draft202012Validator(schema)
    check.check_schema(schema)
    folder = resources.files("transforms.catalogue").joinpath("definitions")
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    assert len(files) >= len(FAMILIES)
    for entry in files:
        # JSON has no dates: the schema is about the text that an editor sees.
        content = json.loads(json.dumps(yaml.safe_load(entry.read_text("utf-8")), default=str))
        assert list(check.iter_errors(content)) == [], entry.name
        name = next(iter(content["metrics"]))
        content["metrics"][name]["knid"] = "ratio"
        assert list(check.iter_errors(content)), entry.name


def test_a_reading_narrows_the_figures_to_the_metrics_that_have_it(grown, listed):
    rows = kpis(grown.root, "--reading", "all_loans", "--branch", HEAD)
    assert {row["metric"] for row in rows} == {
        row["metric"] for row in listed if "all_loans" in row["readings"]
    }
    assert {row["reading"] for row in rows} == {"all_loans"}
    assert len(rows) >= 3
    words = ("--metric", "npl_ratio", "--reading", "all_loans")
    assert "There are default." in one_sentence(here("kpis", "-w", grown.root, *words))


@pytest.mark.parametrize("metric", ["npl_ratio", "loan_rate", "industry_hhi"])
def test_a_cut_that_a_metric_does_not_have_is_refused_with_those_it_has(grown, listed, metric):
    words = ("--metric", metric, "--slice", "sei_field")
    sentence = one_sentence(here("kpis", "-w", grown.root, *words))
    (row,) = [row for row in listed if row["metric"] == metric]
    assert f"{metric} can be cut by {', '.join(row['slices']) or 'nothing'}." in sentence


def test_the_parts_of_every_cut_make_up_the_whole_as_they_say(grown):
    """Every metric, reading and slice at two nodes, as the lake holds them: nothing is rounded there."""
    compared = defaultdict(int)
    metrics = grown.catalogue.metrics
    for (name, reading, node, cut), rows in grown.members.items():
        if node not in {HEAD, grown.branch} or not rows:
            continue
        whole, how = grown.facts[name, reading, node], metrics[name].parts(cut)
        compared[how] += 1
        if how == "need_not_add_up":
            assert max(row["value"] for row in rows) <= whole["value"]
            continue
        assert sum(row["numerator"] for row in rows) == whole["numerator"], (name, cut)
        if cut in metrics[name].composition:
            assert {row["denominator"] for row in rows} == {whole["denominator"]}, (name, cut)
        elif whole["denominator"] is not None:
            below = sum(row["denominator"] for row in rows)
            assert below == whole["denominator"], (name, cut)
        if how == "add_up":
            total = sum(row["value"] for row in rows)
            assert abs(total - whole["value"]) <= len(rows) * Decimal("1e-12"), (name, cut)
    assert min(compared[how] for how in ("add_up", "terms_add_up", "need_not_add_up")) > 8


def test_a_terminal_is_told_how_the_parts_add_up(grown):
    for metric, cut, said in (
        ("loan_balance", "region", "parts add up to the total"),
        ("npl_ratio", "region", "numerators and denominators add up, the value does not"),
        ("loan_clients", "enterprise_size", "parts need not add up"),
        ("industry_share", "industry_section", "parts add up to the total"),
    ):
        words = ("--metric", metric, "--slice", cut, "--branch", HEAD)
        shown = here("kpis", "-w", grown.root, *words)
        assert f"{metric}: {said}" in shown.out
        told = {row["parts"] for row in kpis(grown.root, *words)}
        assert told == {grown.catalogue.metrics[metric].parts(cut).value}
