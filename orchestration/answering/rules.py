"""Tells pages the rules of a bank: answers `dashboards.port.rules`.

What a rule is belongs in `expectations.model`; how it is shown, in the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dashboards.definitions.marks import code, codes
from dashboards.port.rules import Check, CheckSetting
from expectations.delivered import parameter_names
from expectations.figures import FIGURES
from expectations.model import Rule, Setting, split_needed
from expectations.rules import Scope
from orchestration.bank import Bank
from transforms.catalogue.model import Label


@dataclass(frozen=True)
class BankRules:
    """Answers of the bank whose workspace is in that folder."""

    root: Path

    def checks(self, as_of: date) -> tuple[Check, ...]:
        """Every rule as it stands on a month end, in the order of the ids."""
        return tuple(_check(rule, as_of) for rule in Bank.at(self.root).rules)


def breaks(rule: Rule) -> Label:
    """What a rule asks, with its SQL set apart by backticks."""
    if rule.is_intake:
        return Label("noted while the file is read, before any SQL", "读取文件时记录，先于任何SQL")
    if rule.repeats:
        return Label(
            f"every row but the first with the same {codes(rule.repeats)}",
            f"{codes(rule.repeats, '、')}相同的各行中，除第一行外的所有行",
        )
    if rule.offenders:
        blamed, sql = rule.blames and code(rule.blames), code(rule.offenders)
        return Label(
            f"the table, if {f'a row of {blamed}' if blamed else 'a row'} meets {sql}",
            f"{f'{blamed}中' if blamed else ''}有行满足{sql}时，整张表不通过",
        )
    sql = code(rule.fails or "")
    if rule.scope is Scope.TABLE:
        return Label(f"the table, if {sql}", f"满足{sql}时，整张表不通过")
    return Label(f"the row, if {sql}", f"满足{sql}的行")


def _check(rule: Rule, as_of: date) -> Check:
    setting = rule.setting(as_of)
    given = setting.parameters if setting else {}
    used = parameter_names(rule.condition) & rule.parameters.keys()
    return Check(
        rule_id=rule.id,
        table="" if rule.is_intake else rule.table,
        severity=rule.severity_on(as_of).value,
        rejects=rule.rejects_on(as_of),
        stops=rule.blocks_on(as_of),
        of_figures=rule.table in FIGURES,
        says=Label(rule.reason.en, rule.reason.zh),
        remedy=Label(rule.remedy.en, rule.remedy.zh),
        breaks=breaks(rule),
        needs=() if rule.is_intake else _columns(rule, rule.needs),
        key=_columns(rule, rule.repeats),
        parameters=_told({name: {**rule.parameters, **given}[name] for name in sorted(used)}),
        source=rule.source,
        own=rule.own,
        fixed=rule.is_fixed,
        settings=tuple(map(_setting, rule.settings)),
        setting=None if setting is None else _setting(setting),
    )


def _columns(rule: Rule, named: tuple[str, ...]) -> tuple[str, ...]:
    """Columns as `table.column`, those of last month's book among them."""
    pairs = (split_needed(one, rule.table) for one in named)
    told = (f"{view.removeprefix('previous_')}.{column}" for view, column in pairs)
    return tuple(dict.fromkeys(told))


def _setting(one: Setting) -> CheckSetting:
    return CheckSetting(
        why=one.why,
        first=one.valid_from,
        last=one.valid_to,
        severity=one.severity.value if one.severity else None,
        parameters=_told(one.parameters),
        switched_off=one.switched_off,
    )


def _told(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in values.items())
