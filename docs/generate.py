"""Writes the generated pages beside it and the JSON Schema of definition files, from the code itself.

    .venv/bin/python docs/generate.py

The same code gives the same bytes, and a test keeps them in step. Nothing is said here that the
declarations do not say: wording belongs in the catalogue, the rules and the schema. How each page is put
together is in `docs/generator/`.
"""  # noqa: INP001 - a script beside the pages it writes, no package

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dashboards.i18n import Language
from docs.generator.checks import checks_page
from docs.generator.dictionary import dictionary_page
from docs.generator.metrics import metrics_page
from expectations.rules import load_rules
from orchestration.bank import Bank
from transforms.catalogue.forms import json_schema
from transforms.catalogue.load import load as load_catalogue
from transforms.reference import tables as reference_tables

ROOT: Final = Path(__file__).resolve().parents[1]


def pages() -> dict[str, str]:
    """Every generated file, by its path in the repository."""
    reference = reference_tables.load()
    definitions = load_catalogue(
        reference.tables["thresholds"]["name"],
        rules=reference.tables["npl_tolerance_rules"]["rule_id"],
    )
    return {
        "docs/metrics.md": _text(metrics_page(definitions, reference, Language.EN)),
        "docs/metrics.zh.md": _text(metrics_page(definitions, reference, Language.ZH)),
        "docs/checks.md": _text(checks_page(load_rules())),
        "docs/data-dictionary.md": _text(dictionary_page()),
        "transforms/catalogue/definitions.schema.json": (
            json.dumps(json_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        ),
    }


def bank_pages(workspace: Path) -> dict[str, str]:
    """The pages of metrics with a workspace's own definitions and reference tables, by file name."""
    bank = Bank.at(workspace)
    return {
        "docs/metrics.md": _text(metrics_page(bank.definitions, bank.reference, Language.EN)),
        "docs/metrics.zh.md": _text(metrics_page(bank.definitions, bank.reference, Language.ZH)),
    }


def main() -> None:
    """Write the files, and say which of them changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--workspace", type=Path, help="write a bank's own pages of metrics into its folder `docs`"
    )
    workspace: Path | None = parser.parse_args().workspace
    root = workspace or ROOT
    for name, text in (bank_pages(workspace) if workspace else pages()).items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        same = path.exists() and path.read_text(encoding="utf-8") == text
        if not same:
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name} {'is unchanged' if same else 'is written'}\n")


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    main()
