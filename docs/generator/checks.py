"""The page of checks: every rule, what it says, what becomes of the row, and the way out.

Both languages stand side by side, as they do in the rules.
"""

from collections.abc import Iterator, Sequence

from dashboards.definitions.marks import codes
from docs.generator.markdown import paragraph, table
from expectations.rules import Rule, Scope, Severity
from orchestration.answering.rules import breaks


def checks_page(rules: Sequence[Rule]) -> Iterator[str]:
    """Every rule: what it says, how grave it is, what becomes of the row, and the way out."""
    yield from paragraph("# Checks")
    yield from paragraph(
        "*This page is written by `docs/generate.py` from `expectations/rules/`. Change it there and "
        "write the page again; a test keeps the two in step.*"
    )
    rejecting = sum(rule.rejects for rule in rules)
    stopping = [rule for rule in rules if _stops(rule)]
    yield from paragraph(
        f"{len(rules)} rules. {rejecting} of them *reject*: a row that breaks one is kept aside with the "
        "reason, and accepted + rejected = delivered, in rows and money. "
        f"{len(stopping)} *stop the month*: it is not published while a table breaks one of them. All "
        "others keep the row and report it. A rule whose table or column was not delivered is *skipped*, "
        "and says so."
    )
    yield from table(
        ("severity", "an id begins with", "what it means"),
        (
            ("critical", "E", "the row cannot be counted, or the table cannot be used"),
            ("error", "E", "the row is kept, and a figure that rests on it is doubtful"),
            ("warning", "W", "the row is kept; somebody should look"),
        ),
    )
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        groups.setdefault("every table" if rule.is_intake else rule.table, []).append(rule)
    for name, own in groups.items():
        yield from paragraph(f"## {name}")
        yield from table(
            ("rule", "severity", "what happens", "reason", "原因"),
            (
                (
                    f"[{rule.id}](#{rule.id.lower()})",
                    rule.severity.value,
                    _consequence(rule),
                    rule.reason.en,
                    rule.reason.zh,
                )
                for rule in own
            ),
        )
        for rule in own:
            yield from _rule(rule)


def _stops(rule: Rule) -> bool:
    return rule.severity is Severity.CRITICAL and rule.scope is Scope.TABLE


def _consequence(rule: Rule) -> str:
    if _stops(rule):
        return "stops the month"
    return "row rejected" if rule.rejects else "reported"


def _rule(rule: Rule) -> Iterator[str]:
    yield from paragraph(f"### {rule.id}")
    yield f"- Remedy: {rule.remedy.en}"
    yield f"- 处理：{rule.remedy.zh}"
    yield f"- Breaks: {breaks(rule).en}"
    if rule.needs and not rule.is_intake:
        yield f"- Needs: {codes(rule.needs)}"
    used = [
        name for name in rule.parameters if f":{name}" in (rule.row_condition or rule.fails or "")
    ]
    if used:
        yield f"- With: {', '.join(f'`{name}` = {rule.parameters[name]}' for name in used)}"
    yield f"- Source: {rule.source}"
    yield ""
