"""Documents are in step with what they describe: pages, commands, links and reference tables."""

import re
from pathlib import Path

import pytest
import typer.main

from docs import generate
from orchestration.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (".", "docs", "docs/decisions", "examples", "transforms/reference")
    for path in (ROOT / folder).glob("*.md")
)
COMMANDS = typer.main.get_command(app).commands
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
def test_a_generated_page_is_what_the_code_says(page):
    wanted = generate.pages()[page]
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == wanted, (
        f"docs/{page} is out of step: run .venv/bin/python docs/generate.py"
    )


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
    named = set(re.findall(r"(?<![\w/.-])branchmark ([a-z]+)", code))
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
    told = {name: text_of(f"docs/{name}") for name in generate.pages()}
    metrics = re.findall(r"^  ([a-z_]+):$", _definitions("metrics"), re.MULTILINE)
    rules = re.findall(r"^  - id: (\w+)$", _texts("expectations/rules"), re.MULTILINE)
    columns = re.findall(r'Column\("(\w+)"', text_of("transforms/schema.py"))
    assert len(metrics) > 15
    assert len(rules) > 50
    assert len(columns) > 80
    assert [name for name in metrics if f"\n## {name}\n" not in told["metrics.md"]] == []
    assert [name for name in rules if f"\n### {name}\n" not in told["checks.md"]] == []
    assert [name for name in columns if f"| `{name}` |" not in told["data-dictionary.md"]] == []


def _texts(folder):
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).glob("*.yaml"))
    )


def _definitions(section):
    """The part of every definition file that stands under one of its sections."""
    texts = _texts("transforms/catalogue/definitions")
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
