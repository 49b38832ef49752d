"""Documents are in step with what they describe: pages, commands, links and reference tables."""

import csv
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import typer.main
import yaml

from dashboards.definitions.columns import unit_name
from dashboards.definitions.references import columns as shown_columns
from dashboards.definitions.voice import Voice
from dashboards.definitions.words import chinese
from dashboards.i18n import Language
from docs import generate
from expectations.rules import load_rules
from orchestration.cli.app import app
from records import workspace as workspaces
from records.deliveries import LOAD_BATCH, REJECTED
from records.published import RESULTS
from tests.scenario import CATALOGUE, DEFINITIONS, REFERENCE, engine_facts, small_book
from transforms.catalogue.families import FAMILIES
from transforms.catalogue.load import definitions, packaged_texts
from transforms.catalogue.vocabulary import AMOUNTS, NAMES, REPORTED, SLICES
from transforms.reference import tables as reference_tables
from transforms.schema import TABLES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (".", "docs", "docs/decisions", "examples", "transforms/reference")
    for path in (ROOT / folder).glob("*.md")
)
COMMANDS = typer.main.get_command(app()).commands
DEFINITION_FILES = "transforms/catalogue/definitions"
METRIC_PAGES = {"docs/metrics.md": "en", "docs/metrics.zh.md": "zh"}
SCHEMA = "transforms/catalogue/definitions.schema.json"
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(document):
    return (ROOT / document).read_text(encoding="utf-8")


def prose_of(document):
    """A document without its code, in which brackets are no links."""
    return CODE.sub("", FENCE.sub("", text_of(document)))


def anchors_of(document):
    """The anchors of a document's headings, as they are made on the web."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(document)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def section_of(command):
    found = re.search(
        rf"^### branchmark {command}$(.*?)(?=^##)", OPERATIONS, re.MULTILINE | re.DOTALL
    )
    return found.group(1) if found else ""


@pytest.mark.parametrize("page", sorted(generate.pages()))
def test_a_generated_file_is_what_the_code_says(page):
    wanted = generate.pages()[page]
    assert text_of(page) == wanted, f"{page} is out of step: run .venv/bin/python docs/generate.py"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented_with_an_example(command):
    assert f"$ branchmark {command} " in section_of(command) or (
        f"$ branchmark {command}\n" in section_of(command)
    )


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_of_a_command_is_documented(command):
    common, _, _ = OPERATIONS.partition("## Commands")
    told = section_of(command) + common
    options = [
        name
        for parameter in COMMANDS[command].params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--") and name not in {"--help", "--serve"}
    ]
    assert [name for name in options if name not in told] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_only_commands_that_exist(document):
    code = "\n".join((*CODE.findall(text_of(document)), *FENCE.findall(text_of(document))))
    named = set(re.findall(r"(?<![\w/.-])branchmark ([a-z]+(?:-[a-z]+)*)", code))
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_documents_resolve(document):
    broken = []
    for link in LINK.findall(prose_of(document)):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = ((ROOT / document).parent / target).resolve() if target else ROOT / document
        if not path.exists() or (
            anchor and anchor not in anchors_of(path.relative_to(ROOT).as_posix())
        ):
            broken.append(link)
    assert broken == []


def test_every_reference_table_says_where_it_comes_from():
    folder = ROOT / "transforms/reference"
    tables = {path.stem for path in folder.glob("*.csv")}
    told = {path.stem for path in folder.glob("*.md")} - {"README"}
    assert tables == told
    assert all("rovenance" in (folder / f"{name}.md").read_text("utf-8") for name in told)


def test_every_metric_rule_and_column_stands_on_its_page():
    """Counted from the declarations, not from the generator that wrote the pages."""
    metrics = re.findall(r"^  ([a-z0-9_]+):$", _definitions("metrics"), re.MULTILINE)
    flags = re.findall(r"^  (is_[a-z0-9_]+):$", _texts(DEFINITION_FILES), re.MULTILINE)
    rules = re.findall(r"^  - id: (\w+)$", _texts("expectations/rules"), re.MULTILINE)
    columns = re.findall(r'Column\("(\w+)"', text_of("transforms/schema.py"))
    assert len(metrics) > 100
    assert len(flags) > 80
    assert len(rules) > 50
    assert len(columns) > 150
    for page in METRIC_PAGES:
        assert [name for name in metrics if f"\n### {name}\n" not in text_of(page)] == []
        assert [name for name in flags if f"\n### {name}\n" not in text_of(page)] == []
    checks, dictionary = text_of("docs/checks.md"), text_of("docs/data-dictionary.md")
    assert [name for name in rules if f"\n### {name}\n" not in checks] == []
    assert [name for name in columns if f"| `{name}` |" not in dictionary] == []
    assert [name for name in TABLES if f"\n## {name}\n" not in dictionary] == []


def _texts(folder):
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).glob("*.yaml"))
    )


def _definitions(section):
    """The part of every definition file that stands under one of its sections."""
    texts = _texts(DEFINITION_FILES)
    return "\n".join(re.findall(rf"^{section}:\n((?:(?:  .*)?\n)+)", texts, re.MULTILINE))


def test_every_decision_is_in_the_index_and_says_what_it_must():
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(folder.glob("[0-9]*.md"))
    assert decisions
    for decision in decisions:
        text = decision.read_text(encoding="utf-8")
        assert f"({decision.name})" in index
        for part in ("Context", "Decision", "Consequences", "Alternatives"):
            assert f"\n## {part}\n" in text, f"{decision.name} has no {part}"


def test_the_readme_stays_short_enough_to_be_read():
    assert len(text_of("README.md").splitlines()) < 120


# The pages of metrics


def part_of(page, name):
    """What a page says under the heading of that name."""
    found = re.search(rf"^(##+) {name}$(.*?)(?=^##|\Z)", text_of(page), re.MULTILINE | re.DOTALL)
    return found.group(2) if found else ""


@pytest.mark.parametrize(("page", "language"), METRIC_PAGES.items())
def test_every_metric_is_told_with_its_label_source_version_and_readings(page, language):
    for name, metric in CATALOGUE.metrics.items():
        told = part_of(page, name)
        assert f"**{getattr(metric.label, language)}**" in told, name
        assert f"`{CATALOGUE.versions[name]}`" in told, name
        assert all(f"`{cut}`" in told for cut in metric.cuts), name
        assert all(f"`{formula}`" in told for formula in metric.formulas), name
        named = {measure for reading in metric.readings for measure in reading.measures}
        assert all(f"`{measure}`" in told for measure in named), name
        if len(metric.readings) > 1:
            assert all(f"| `{reading.name}`" in told for reading in metric.readings), name
        if metric.source.own:
            assert {"en": "this product's own definition", "zh": "本产品自定义"}[language] in told


@pytest.mark.parametrize("page", METRIC_PAGES)
def test_a_combined_measure_is_spelled_out_with_its_times_and_factors(page):
    formed = part_of(page, "npl_formation_rate")
    for term in ("`written_off`", "`npl_repaid`", "(`year_end`)", "(`year_to_date`)", "0.5 ×"):
        assert term in formed.replace("（", "(").replace("）", ")")
    assert "− `npl_moved`" in formed


@pytest.mark.parametrize("page", METRIC_PAGES)
def test_an_earlier_edition_is_told_with_its_last_day_and_version(page):
    told = part_of(page, "inclusive_npl_tolerance")
    assert DEFINITIONS.ends
    for end, catalogue in zip(DEFINITIONS.ends, DEFINITIONS.catalogues, strict=False):
        assert end.isoformat() in told
        assert f"`{catalogue.versions['inclusive_npl_tolerance']}`" in told


@pytest.mark.parametrize("page", METRIC_PAGES)
def test_every_formula_of_the_list_is_answered_or_said_to_be_no_figure(page):
    with (ROOT / "transforms/reference/metric_formulas.csv").open(encoding="utf-8") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    lines = dict(
        re.findall(r"^\| `([A-Z0-9_]+)` \| [^|]+ \| (.+) \|$", text_of(page), re.MULTILINE)
    )
    silent = {formula for formula in ids if "](#" not in lines[formula]}
    assert len(ids) == 92
    assert silent == {"COMPLETION", "COMPLETION_INC", "SCORE", "RANK"}
    assert all(re.search("no figure of the loan book|不是贷款账的数据", lines[f]) for f in silent)


def test_every_family_of_the_product_has_a_name_and_a_sentence_in_both_languages():
    assert {metric.family for metric in CATALOGUE.metrics.values()} == set(FAMILIES)


@pytest.mark.parametrize("page", [page for page in generate.pages() if page.endswith(".md")])
def test_no_two_headings_of_a_page_lead_to_the_same_place(page):
    heads = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    assert sorted(heads) == sorted(set(heads))


def test_the_chinese_page_is_chinese_but_for_names_and_sql():
    text = re.sub(r"\]\([^)]*\)", "]", CODE.sub("", text_of("docs/metrics.zh.md")))
    text = re.sub(r"^#+ [a-z0-9_]+$|\[[A-Za-z0-9_]+\]|<br>", "", text, flags=re.MULTILINE)
    assert set(re.findall(r"[A-Za-z]{2,}", text)) <= {"EAST", "HHI", "LPR", "SQL"}


def test_whatever_is_declared_in_english_only_has_its_chinese_and_nothing_more_is_translated():
    declared = {
        one.source.document for one in (*CATALOGUE.metrics.values(), *CATALOGUE.flags.values())
    }
    groups = (*NAMES.values(), *AMOUNTS.values(), REPORTED)
    columns = {column.en for table in TABLES.values() for column in table.columns}
    declared |= {name.meaning for names in groups for name in names.values()} - columns
    declared |= {one.name.meaning for one in SLICES.values()}
    for table, names in (
        ("thresholds", ("unit", "source", "confidence")),
        ("npl_tolerance_rules", ("portfolio", "effect", "basis", "confidence")),
    ):
        declared |= {text for name in names for text in REFERENCE.tables[table][name].drop_nulls()}
    declared |= {one.grain for one in TABLES.values()} | {rule.source for rule in load_rules()}
    declared |= {
        unit_name(column, Voice(Language.EN)) for one in TABLES.values() for column in one.columns
    }
    declared |= {
        text
        for table in REFERENCE.tables.values()
        for name in set(shown_columns(table, Language.ZH)) - {"name", "stat_code"}
        for text in table[name].drop_nulls()
    }
    english = {text for text in declared if re.search("[a-z]{2,}", text)}
    missing, unused = english - set(chinese()), set(chinese()) - declared - columns
    assert (missing, unused) == (set(), set()), "mend dashboards/definitions/chinese.yaml"


def test_every_result_table_is_explained():
    for name in ("load_batch", "rejected_rows", *RESULTS, "publication"):
        told = part_of("docs/data-dictionary.md", name).strip()
        assert told, name
        assert not told.startswith("|"), name
    assert LOAD_BATCH
    assert REJECTED


def test_a_rule_that_blames_another_table_says_which():
    assert "the table, if a row of `previous_loan_snapshot` meets" in part_of(
        "docs/checks.md", "E1108"
    )


# The JSON Schema of definition files


class PlainLoader(yaml.SafeLoader):
    """YAML as JSON would hold it: a date is its text."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def of_type(value, wanted):
    """Whether a value is of a JSON type; a boolean is no number."""
    if wanted in {"integer", "number"}:
        numbers = int if wanted == "integer" else (int, float)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, TYPES[wanted])


PLAIN = {
    "type": of_type,
    "enum": lambda value, wanted: value in wanted,
    "const": lambda value, wanted: value == wanted,
    "pattern": lambda value, wanted: re.search(wanted, value) is not None,
    "minimum": lambda value, wanted: value >= wanted,
    "required": lambda value, wanted: set(wanted) <= set(value),
}
WITH_PARTS = {"$ref", "anyOf", "properties", "additionalProperties", "items"}
TOLD_ONLY = {"$defs", "$schema", "default", "description", "title", "format"}


def objections(value, schema, root, place=""):
    """What a JSON Schema has against a value; a keyword that is not known here fails the test."""
    assert set(schema) <= {*PLAIN, *WITH_PARTS, *TOLD_ONLY}, schema
    for keyword, holds in PLAIN.items():
        if keyword in schema and not holds(value, schema[keyword]):
            return [f"{place} breaks {keyword} {schema[keyword]}"]
    found = []
    if "$ref" in schema:
        found += objections(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, place)
    if "anyOf" in schema:
        tried = [objections(value, one, root, place) for one in schema["anyOf"]]
        found += min(tried, key=len)
    for inner_place, inner, one in parts(value, schema, place):
        found += objections(inner, one, root, inner_place) if one else [f"{inner_place} is unknown"]
    return found


def parts(value, schema, place):
    """The parts of a value that its schema speaks of, each with its own schema, if it may be there."""
    if isinstance(value, dict) and ("properties" in schema or "additionalProperties" in schema):
        for name, inner in value.items():
            own = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
            if own is not True:
                yield f"{place}.{name}", inner, own
    if isinstance(value, list) and "items" in schema:
        for number, inner in enumerate(value):
            yield f"{place}[{number}]", inner, schema["items"]


def against_schema(text):
    schema = json.loads(text_of(SCHEMA))
    return objections(yaml.load(text, PlainLoader), schema, schema)  # noqa: S506 - a safe loader


@pytest.mark.parametrize("name", sorted(packaged_texts()))
def test_a_definition_file_of_the_product_is_valid_by_the_json_schema(name):
    assert against_schema(packaged_texts()[name]) == []


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("numeratr: npl_balance", "numerator: npl_balance", "numeratr is unknown"),
        ("kind: ratoi", "kind: ratio", "kind breaks enum"),
        ("version: 0", "version: 1", "version breaks minimum 1"),
        ("verified: perhaps", "verified: true", "verified breaks type boolean"),
        ("sum: balance, wher: is_npl", "sum: balance, where: is_npl", "wher is unknown"),
        ("at: year_ends", "at: year_end", "at breaks enum"),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_the_json_schema(wrong, right, told):
    text = packaged_texts()["asset_quality.yaml"]
    assert right in text
    found = against_schema(text.replace(right, wrong))
    assert any(told in one for one in found), found


def test_a_metric_without_its_source_is_refused_by_the_json_schema():
    text = "metrics: {a: {kind: total, unit: count, better: higher, valid_from: 2020-01-01, version: 1}}"
    (found,) = against_schema(text)
    assert found.startswith(".metrics.a breaks required ['label', ")


# The example of the page on extending


def example(language):
    return re.findall(rf"```{language}\n(.*?)```", text_of("docs/extending.md"), re.DOTALL)[0]


def extended():
    table = reference_tables.packaged_text("thresholds").rstrip() + "\n" + example("csv")
    reference = reference_tables.load({"thresholds": table})
    return reference, definitions(reference, {"own.yaml": example("yaml")})


def test_the_example_of_extending_is_valid_by_the_json_schema():
    assert against_schema(example("yaml")) == []
    first = example("yaml").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={Path(SCHEMA).name}"


def test_the_example_of_extending_adds_a_metric_and_replaces_a_reading():
    _, own = extended()
    assert set(own.newest.metrics) == {*CATALOGUE.metrics, "medium_share"}
    assert own.newest.metrics["medium_share"].family == "own"
    replaced = own.newest.metrics["tech_loan_share"]
    assert (replaced.family, replaced.default_reading) == ("technology", "all_loans")
    changed = {n for n in CATALOGUE.metrics if CATALOGUE.versions[n] != own.newest.versions[n]}
    assert changed == {"tech_loan_share"}


def medium_share_on(as_of):
    """The share of a book with 60 and 40 to medium companies of small and large line, and 300 else."""
    lines = {"C1": "50000000.00", "C2": "100000000.00", "C3": "50000000.00", "C4": "1.00"}
    sizes = {"C3": "CS01"}
    kinds = {"C4": "individual"}
    book = small_book(
        as_of,
        loan_snapshot=[
            {
                "loan_id": f"L{borrower}",
                "borrower_id": borrower,
                "outstanding_principal": Decimal(amount),
                "disbursement_date": date(2018, 1, 1),
            }
            for borrower, amount in (("C1", 60), ("C2", 40), ("C3", 100), ("C4", 200))
        ],
        borrower_snapshot=[
            {
                "borrower_id": borrower,
                "borrower_type": kinds.get(borrower, "enterprise"),
                "enterprise_size": sizes.get(borrower, "CS02"),
                "total_credit_limit_cny": Decimal(line),
            }
            for borrower, line in lines.items()
        ],
        branch=[{"branch_id": "north"}],
    )
    reference, own = extended()
    default = own.on(as_of).metrics["medium_share"].default_reading
    rows = engine_facts(book, as_of, reference=reference, definitions=own).to_dicts()
    return {
        (row["numerator"], row["denominator"])
        for row in rows
        if (row["metric_id"], row["reading"], row["slice"]) == ("medium_share", default, "total")
    }


def test_the_example_of_extending_is_computed_with_what_was_in_force():
    """2022: 60 within 50 million, of all 400. 2024: 60 + 40 within 100 million, of corporate 200."""
    assert medium_share_on(date(2022, 12, 31)) == {(60, 400)}
    assert medium_share_on(date(2024, 12, 31)) == {(100, 200)}


def test_a_metric_of_a_workspace_stands_on_its_own_pages_in_both_languages(tmp_path):
    workspace = workspaces.create(tmp_path / "bank", name="Bank", base_currency="CNY").root
    (workspace / "catalogue" / "mine.yaml").write_text(
        """
flags:
  is_medium:
    label: {en: Loan to a medium-sized company, zh: 中型企业贷款}
    source: {document: "House rule", verified: false, own: true}
    all:
      - {sql: "is_corporate", label: {en: is a corporate loan, zh: 对公贷款}}
      - {sql: "enterprise_size = 'CS02'", label: {en: is medium-sized, zh: 中型企业}}
measures:
  medium_balance: {sum: balance, where: is_medium}
metrics:
  medium_balance:
    label: {en: Loans to medium-sized companies, zh: 中型企业贷款余额}
    kind: total
    of: medium_balance
    unit: currency
    better: higher
    source: {document: "House rule", verified: false, own: true}
    valid_from: 2020-01-01
    version: 1
""",
        encoding="utf-8",
    )
    told = generate.bank_pages(workspace)
    assert "**Loans to medium-sized companies**" in told["docs/metrics.md"]
    assert "## medium_balance" in told["docs/metrics.md"]
    assert "中型企业贷款余额" in told["docs/metrics.zh.md"]
    assert told["docs/metrics.md"] != generate.pages()["docs/metrics.md"]
