"""The cross-checks of a report as people read them: what does not hold first, with what was said about it.

Whether cells agree is decided by `transforms.returns.cross_checks`; here it is put into words and order.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dashboards.numbers import MINUS
from dashboards.summaries import words
from dashboards.summaries.paper import Paper
from dashboards.summaries.sheet import Form
from transforms.returns.model import CheckKind, Relation, Scale, Severity
from transforms.returns.package import FAILS, HOLDS, NOT_ASKED

_ORDER: Final = {FAILS: 0, NOT_ASKED: 1, HOLDS: 2}
_REASON: Final = "reason"
_OF_TABLE: Final = {CheckKind.OF_WHICH: "OF", CheckKind.PARTS: "PARTS"}
"""How checks are called that follow from the rows of a table."""


@dataclass(frozen=True)
class Case:
    """A case of a check.

    Attributes:
        check_id: of the check.
        number: of the case; 0 where several that hold are told together.
        rule: in words.
        state: `HOLDS`, `FAILS` or `NOT_ASKED`.
        verdict: the same in words, with what it asks for or was given.
        left: as printed.
        relation: how the sides compare; empty where there are not two.
        right: as printed.
        difference: as printed.
        tolerance: as printed.
        remarks: what was said about it, or why it was not asked.
        row: the row of `VERDICT`.
        scale: the unit of the first cell it is about.
    """

    check_id: str
    number: int
    rule: str
    state: str
    verdict: str
    left: str
    relation: str
    right: str
    difference: str
    tolerance: str
    remarks: tuple[str, ...]
    row: Mapping[str, Any]
    scale: Scale

    @property
    def name(self) -> str:
        """As remarks call it."""
        return f"{self.check_id}#{self.number}" if self.number else self.check_id


def cases(paper: Paper, forms: Iterable[Form]) -> list[Case]:
    """Every case: those that fail first, blocking ones before others; then those not asked; then the rest."""
    lines = {
        entry.cell["data_point"]: line.name
        for form in forms
        for line in form.lines
        for entry in line.entries
        if entry.cell is not None
    }
    rows = paper.package.verdicts.to_dicts()
    counted = Counter(row["check_id"] for row in rows)
    told = [_case(paper, row, lines if counted[row["check_id"]] > 1 else {}) for row in rows]
    return sorted(
        told,
        key=lambda one: (_ORDER[one.state], one.row["severity"] != Severity.BLOCKS.value),
    )


def gathered(told: Sequence[Case], forms: Iterable[Form], paper: Paper) -> list[Case]:
    """The same for paper: what holds is told check by check, and what follows from a table in one line."""
    titles = {form.table.table_id: form.title for form in forms}
    shown = [one for one in told if one.state != HOLDS]
    holding: dict[str, list[Case]] = {}
    for one in told:
        if one.state == HOLDS:
            holding.setdefault(_group(one, paper), []).append(one)
    for group, members in holding.items():
        shown.append(members[0] if len(members) == 1 else _together(group, members, titles, paper))
    return shown


def _group(case: Case, paper: Paper) -> str:
    """What a case that holds is told with: its check, or its table and kind where these give the check."""
    prefix = _OF_TABLE.get(CheckKind(case.row["kind"]))
    table = _table(case, paper)
    if prefix is None or not table or not case.check_id.startswith(f"{prefix}."):
        return case.check_id
    return f"{prefix}.{table}"


def _table(case: Case, paper: Paper) -> str:
    points = [point for point in case.row["cells"] or () if point in paper.cells]
    return str(paper.cells[points[0]]["table_id"]) if points else ""


def _together(group: str, members: Sequence[Case], titles: Mapping[str, str], paper: Paper) -> Case:
    first = members[0]
    check = paper.checks.get(first.check_id)
    rule = first.rule if check is None else words.label(check.label, paper.language)
    if group != first.check_id:
        key = f"sm_rule_{CheckKind(first.row['kind']).value}"
        rule = paper.say(key, table=titles.get(_table(first, paper), ""))
    count = paper.say("sm_cases_hold", count=len(members))
    return replace(
        first,
        check_id=group,
        number=0,
        rule=rule,
        verdict=paper.language.pick("{} ({})", "{}（{}）").format(first.verdict, count),
        left="",
        right="",
        relation="",
        difference=_furthest(members),
        tolerance="",
        remarks=(),
    )


def _furthest(members: Iterable[Case]) -> str:
    """How far apart sides that have to be equal are at most."""
    apart = [
        one
        for one in members
        if one.row["difference"] is not None and one.row["relation"] == Relation.EQUAL
    ]
    if not apart:
        return ""
    largest: Case = max(apart, key=lambda one: abs(one.row["difference"]))
    told = largest.difference.lstrip(MINUS)
    return f"≤ {told}" if largest.row["difference"] else told


def summary(paper: Paper) -> str:
    """How the cross-checks went, in a sentence."""
    counts = paper.verdict_counts
    count = sum(counts.values())
    if not count:
        return paper.say("sm_checks_none")
    if counts[HOLDS] == count:
        return paper.say("sm_checks_all", count=count)
    return paper.say(
        "sm_checks_counts",
        holds=counts[HOLDS],
        fails=counts[FAILS],
        not_asked=counts[NOT_ASKED],
    )


def _case(paper: Paper, row: Mapping[str, Any], lines: Mapping[str, str]) -> Case:
    """A case; of a check with several it is said which line it is about."""
    scale = _scale(paper, row)
    name = f"{row['check_id']}#{row['number']}"
    said = paper.remarks_on.get(name, [])
    rule = paper.language.pick(row["label_en"], row["label_zh"])
    line = next((lines[point] for point in row["cells"] or () if point in lines), "")
    return Case(
        check_id=row["check_id"],
        number=row["number"],
        rule=paper.language.pick("{}: {}", "{}：{}").format(rule, line) if line else rule,
        state=row["state"],
        verdict=_verdict(paper, row, said),
        left=words.of_check(row["left"], scale),
        relation=row["relation"] or "",
        right=words.of_check(row["right"], scale),
        difference=words.of_check(row["difference"], scale),
        tolerance=words.of_check(row["tolerance"], scale),
        remarks=_remarks(paper, row, said),
        row=row,
        scale=scale,
    )


def _scale(paper: Paper, row: Mapping[str, Any]) -> Scale:
    cells = [paper.cells[point] for point in row["cells"] or () if point in paper.cells]
    return Scale(cells[0]["scale"]) if cells else Scale.INDEX


def _verdict(paper: Paper, row: Mapping[str, Any], said: Sequence[Mapping[str, Any]]) -> str:
    told = paper.say(f"sm_{row['state']}")
    if row["state"] != FAILS:
        return told
    blocks = row["severity"] == Severity.BLOCKS.value
    if blocks and any(one["kind"] == _REASON for one in said):
        beside = paper.say("sm_waived")
    elif not blocks and said:
        beside = paper.say("sm_commented")
    else:
        beside = paper.say("sm_blocks" if blocks else "sm_comment")
    return paper.language.pick("{}, {}", "{}，{}").format(told, beside)


def _remarks(
    paper: Paper, row: Mapping[str, Any], said: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    if row["state"] == NOT_ASKED:
        return (paper.say(f"sm_why_{row['why']}"),) if row["why"] else ()
    told = tuple(
        paper.say(
            "sm_remark_reason" if one["kind"] == _REASON else "sm_remark_comment",
            text=one["text"],
            person=one["person"],
            at=f"{one['at']:%Y-%m-%d %H:%M}",
        )
        for one in said
    )
    return told or ((paper.say("sm_no_remark"),) if row["state"] == FAILS else ())
