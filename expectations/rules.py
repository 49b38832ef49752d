"""The rules that a delivered table is measured by: read from `rules/*.yaml`, checked, frozen.

A rule says in SQL which rows break it, how grave that is, and what a branch can do about it, in two
languages. A bank lays its own files beside the product's: rules of its own, and `thresholds`, which set
parameters and severity of any rule, or switch it off, for some time. What a rule is belongs in
`expectations.model`; running belongs in `expectations.rejection` (which rows are set aside) and
`expectations.runner` (the suites).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final

import duckdb
import polars as pl
import yaml
from pydantic import ValidationError

from expectations.binding import near, unbindable
from expectations.connections import lent
from expectations.delivered import parameter_names
from expectations.figures import FIGURES
from expectations.model import (
    ANY_TABLE,
    Expectation,
    Rule,
    Scope,
    Setting,
    Severity,
    Text,
    split_needed,
    table_of,
)
from transforms import schema
from transforms.errors import CatalogueError

__all__ = [
    "AMOUNT",
    "ANY_TABLE",
    "Expectation",
    "Rule",
    "Scope",
    "Setting",
    "Severity",
    "Text",
    "asked_columns",
    "branch_column",
    "canonical_of",
    "load_rules",
    "parse_rules",
    "rules_for",
    "rules_table",
    "shown_columns",
]

AMOUNT: Final = "outstanding_principal"
"""What a finding about loans adds up."""

OWN_IDS: Final = ("E9", "W9")
"""How the ids of a bank's own rules begin: the product never uses them."""


def load_rules(more: Mapping[str, str] | None = None) -> tuple[Rule, ...]:
    """Every rule, in the order of their ids, as the bank has set them.

    Args:
        more: YAML text by file name: a bank's own rules and thresholds, beside the product's.

    Raises:
        CatalogueError: if a file, rule or threshold cannot be used, naming both.
    """
    return _loaded(tuple(sorted((more or {}).items())))


def rules_for(rules: Iterable[Rule], table: str) -> tuple[Rule, ...]:
    """The rules that a table is measured by, intake rules included."""
    return tuple(rule for rule in rules if rule.holds_for(table))


def asked_columns(rules: Iterable[Rule], table: str) -> dict[str, set[str]]:
    """What the rules of a table ask about, by view."""
    asked: dict[str, set[str]] = {}
    for rule in rules_for(rules, table):
        for needed in (*rule.needs, *rule.repeats, *rule.empty_if_absent):
            view, column = split_needed(needed, table)
            asked.setdefault(view, set()).add(column)
        if rule.blames:
            asked.setdefault(rule.blames, set()).update(shown_columns(rule.blames))
    return asked


def canonical_of(view: str) -> schema.Table:
    """The table that a view holds rows of, this month's or last month's.

    Raises:
        UnknownNameError: if it holds none.
    """
    return table_of(view.removeprefix("previous_"))


def branch_column(view: str) -> str | None:
    """Which column of a view says the branch that can act on a row, if any does."""
    return _BRANCH_COLUMNS.get(canonical_of(view).name)


def shown_columns(view: str) -> tuple[str, ...]:
    """What a finding shows of a row of that view: its key, branch and amount."""
    table = canonical_of(view)
    branch = branch_column(view)
    amount = (AMOUNT,) if table is schema.LOAN_SNAPSHOT else ()
    return tuple(dict.fromkeys((*table.key, *((branch,) if branch else ()), *amount)))


def rules_table(rules: Sequence[Rule]) -> pl.DataFrame:
    """The rules as a table to print: one row a rule, in the order given."""
    return pl.DataFrame(
        [
            {
                "rule_id": rule.id,
                "table": "every table" if rule.is_intake else rule.table,
                "severity": rule.severity.value,
                "scope": rule.scope.value,
                "rejects": rule.rejects,
                "reason_en": rule.reason.en,
                "reason_zh": rule.reason.zh,
                "remedy_en": rule.remedy.en,
                "remedy_zh": rule.remedy.zh,
                "needs": ", ".join(rule.needs),
                "source": rule.source,
            }
            for rule in rules
        ],
        schema=dict.fromkeys(_PAGE_COLUMNS, pl.String()) | {"rejects": pl.Boolean()},
    )


def parse_rules(file: str, text: str) -> tuple[Rule, ...]:
    """The rules of one YAML text, each tried against the columns it needs.

    Raises:
        CatalogueError: naming the file and what is wrong in it.
    """
    with lent() as connection:
        return _parsed(file, text, connection)


def _parsed(file: str, text: str, connection: duckdb.DuckDBPyConnection) -> tuple[Rule, ...]:
    content = _content(file, text)
    if not isinstance(content, dict) or content.keys() - _FILE_KEYS or "rules" not in content:
        raise CatalogueError(
            file, [f"it must hold table, rules and nothing else but {', '.join(_FILE_KEYS)}"]
        )
    table = str(content.get("table"))
    if table not in {*schema.TABLES, *FIGURES, ANY_TABLE}:
        hint = near(table, {*schema.TABLES, *FIGURES})
        raise CatalogueError(file, [f"{table!r} is no canonical table{hint}"])
    given = content.get("parameters") or {}
    problems: list[str] = []
    rules: list[Rule] = []
    for position, entry in enumerate(content["rules"] or [], start=1):
        name = entry.get("id", f"rule {position}") if isinstance(entry, dict) else str(entry)
        problems += [f"{name}: {word} is not for a file to say" for word in _RESERVED & {*entry}]
        try:
            rule = Rule.model_validate({"table": table, "parameters": given, **entry})
        except (ValidationError, TypeError) as error:
            problems += [f"{name}: {said}" for said in _said(error)]
            continue
        rules.append(rule)
    for rule in rules:
        problems += [f"{rule.id}: {said}" for said in unbindable(rule, connection)]
    if problems:
        raise CatalogueError(file, problems)
    return tuple(rules)


_BRANCH_COLUMNS: Final = {
    schema.LOAN_SNAPSHOT.name: "booking_branch_id",
    schema.FIRST_LOAN_EVENT.name: "branch_id",
    schema.GL_CONTROL_TOTAL.name: "branch_id",
    schema.LOAN_EVENT.name: "branch_id",
    schema.WRITE_OFF_RECOVERY.name: "branch_id",
    schema.BRANCH.name: "branch_id",
    **dict.fromkeys(FIGURES, "branch_id"),
}
_LOADER: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where it is there: every command that judges anything reads all rules."""
_FILE_KEYS: Final = ("table", "parameters", "rules")
_THRESHOLDS: Final = "thresholds"
_RESERVED: Final = frozenset({"own", "settings"})
_PAGE_COLUMNS: Final = (
    "rule_id",
    "table",
    "severity",
    "scope",
    "rejects",
    "reason_en",
    "reason_zh",
    "remedy_en",
    "remedy_zh",
    "needs",
    "source",
)


@cache
def _loaded(more: tuple[tuple[str, str], ...]) -> tuple[Rule, ...]:
    found: dict[str, tuple[str, Rule]] = {}
    for file, rules in _packaged():
        for rule in rules:
            _add(found, file, rule)
    thresholds: list[tuple[str, Any]] = []
    for file, text in more:
        content = _content(file, text)
        if isinstance(content, dict) and _THRESHOLDS in content:
            thresholds.append((file, content.pop(_THRESHOLDS)))
            if not content:
                continue
        for rule in parse_rules(file, yaml.safe_dump(content, allow_unicode=True)):
            if not rule.id.startswith(OWN_IDS) and rule.id not in found:
                said = f"{rule.id}: a bank's own ids begin with {' or '.join(OWN_IDS)}"
                raise CatalogueError(file, [said])
            _add(found, file, rule.model_copy(update={"own": True}))
    for file, given in thresholds:
        _set(found, file, given)
    return tuple(rule for _, (_, rule) in sorted(found.items(), key=lambda item: _order(item[0])))


@cache
def _packaged() -> tuple[tuple[str, tuple[Rule, ...]], ...]:
    """The product's own rules by file: the same whatever a bank adds."""
    folder = resources.files("expectations").joinpath("rules")
    with lent() as connection:
        return tuple(
            (entry.name, _parsed(entry.name, entry.read_text(encoding="utf-8"), connection))
            for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
            if entry.name.endswith(".yaml")
        )


def _add(found: dict[str, tuple[str, Rule]], file: str, rule: Rule) -> None:
    if rule.id in found:
        raise CatalogueError(file, [f"{rule.id}: already in {found[rule.id][0]}"])
    found[rule.id] = (file, rule)


def _set(found: dict[str, tuple[str, Rule]], file: str, given: object) -> None:
    """Lay a file's thresholds on the rules they name."""
    if not isinstance(given, dict):
        raise CatalogueError(file, ["thresholds are given by rule id"])
    problems: list[str] = []
    for rule_id, entries in given.items():
        if rule_id not in found:
            problems.append(f"{rule_id} is no rule{near(str(rule_id), found)}")
            continue
        where, rule = found[rule_id]
        try:
            listed = entries if isinstance(entries, list) else [entries]
            settings = tuple(Setting.model_validate(entry) for entry in listed)
        except ValidationError as error:
            problems += [f"{rule_id}: {said}" for said in _said(error)]
            continue
        every = (*rule.settings, *settings)
        said = [told for one in settings for told in _unfitting(rule, one)] + _overlaps(every)
        problems += [f"{rule_id}: {told}" for told in said]
        found[rule_id] = (where, rule.model_copy(update={"settings": every}))
    if problems:
        raise CatalogueError(file, problems)


def _unfitting(rule: Rule, setting: Setting) -> Iterable[str]:
    """What a rule cannot be set to."""
    if rule.is_fixed and (setting.switched_off or setting.severity not in {None, rule.severity}):
        yield "it cannot be softened or switched off, since the figures rest on it"
    used = sorted(parameter_names(rule.condition) & rule.parameters.keys())
    for name, value in setting.parameters.items():
        if name not in used:
            has = f"it has {', '.join(used)}" if used else "it has none"
            yield f"{name} is no parameter of it{near(name, used) or f' ({has})'}"
        elif isinstance(value, str) != isinstance(rule.parameters[name], str):
            kind = "a text" if isinstance(rule.parameters[name], str) else "a number"
            yield f"{name} must be {kind}"


def _overlaps(settings: Sequence[Setting]) -> list[str]:
    ordered = sorted(settings, key=lambda one: one.first)
    return [
        f"two settings hold on {min(earlier.last, later.last)}: end the first before the second begins"
        for earlier, later in pairwise(ordered)
        if earlier.last >= later.first
    ]


def _content(file: str, text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise CatalogueError(file, [f"it is not YAML ({' '.join(str(error).split())})"]) from None


def _order(rule_id: str) -> tuple[str, str]:
    """Ids sort by number: E0201 before W0202 before E0203."""
    return rule_id[1:], rule_id


def _said(error: Exception) -> list[str]:
    if not isinstance(error, ValidationError):
        return ["a rule is a list of names and values"]
    return [
        f"{'.'.join(map(str, item['loc']))}: {item['msg']}" if item["loc"] else item["msg"]
        for item in error.errors()
    ]
