"""What metrics rest on, for their page: flags by kind of row, dated rules, and names a condition may use.

The metrics themselves are told in `metrics`.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Final

from dashboards.definitions.flags import conditions
from dashboards.definitions.marks import code, codes
from dashboards.definitions.voice import Voice
from dashboards.definitions.words import ENTITIES
from docs.generator.markdown import paragraph, table
from transforms.catalogue.model import Catalogue, Entity, Flag
from transforms.catalogue.vocabulary import (
    AMOUNTS,
    BORROWER_COLUMNS,
    NAMES,
    REPORTED,
    SLICES,
    Name,
)
from transforms.reference.tables import BANK, Reference
from transforms.schema import FIRST_LOAN_EVENT, LOAN_EVENT, LOAN_SNAPSHOT

_DELIVERED: Final[Mapping[Entity, frozenset[str]]] = MappingProxyType(
    {
        Entity.LOAN: frozenset((*LOAN_SNAPSHOT.column_names, *BORROWER_COLUMNS)),
        Entity.EVENT: frozenset(FIRST_LOAN_EVENT.column_names),
        Entity.FLOW: frozenset(LOAN_EVENT.column_names),
    }
)
"""Names that are delivered columns: the data dictionary tells them."""


# Flags


def flags(voice: Voice, catalogue: Catalogue) -> Iterator[str]:
    """Every flag with its conditions in words and SQL, by kind of row."""
    say = voice.say
    yield from paragraph(say("## Flags", "## 判定规则"))
    yield from paragraph(
        say(
            "A flag holds if every condition under *all* is met and, where there are any under "
            "*one of*, at least one of them. A condition that cannot be decided, because a value is "
            "empty, is not met. A condition may name another flag.",
            "*全部*条款均满足，且*其一*条款（如有）至少满足一条，规则即成立。因数据为空而无法判定的条款视为不满足。"
            "条款可引用其他规则。",
        )
    )
    for entity in Entity:
        own = catalogue.flags_of(entity)
        if not own:
            continue
        name, sentence = ENTITIES[entity]
        yield from paragraph(
            say(
                f"**{len(own)} flags about {name.en.lower()}.** ",
                f"**{name.zh}类规则{len(own)}条。**",
            )
            + voice.label(sentence)
        )
        for flag in own:
            yield from _flag(voice, catalogue, flag)


def _flag(voice: Voice, catalogue: Catalogue, flag: Flag) -> Iterator[str]:
    say = voice.say
    name = voice.label(ENTITIES[flag.entity][0])
    yield from paragraph(f"### {flag.name}")
    yield from paragraph(
        say(
            f"**{flag.label.en}** · {flag.label.zh}. About {name.lower()}. "
            f"Source: {voice.source(flag.source)}",
            f"**{flag.label.zh}**，{name}类规则。来源：{voice.source(flag.source)}",
        )
    )
    yield from table(("", say("condition", "条款"), "SQL"), conditions(voice, catalogue, flag))


# Dated rules


def thresholds(voice: Voice, reference: Reference) -> Iterator[str]:
    """The dated numbers that conditions name."""
    say = voice.say
    yield from paragraph(say("## Thresholds", "## 阈值"))
    yield from paragraph(
        say(
            "Dated numbers that conditions name. A month is computed with what was in force at its end; "
            "both days count.",
            "条款引用的数值，按日期生效。每月按月末有效的数值计算，起止日均含在内。",
        )
    )
    yield from table(
        (
            say("name", "名称"),
            say("from", "起"),
            say("to", "止"),
            say("value", "数值"),
            say("unit", "单位"),
            say("source", "来源"),
            say("confidence", "可信度"),
        ),
        (
            (
                code(row["name"]),
                row["valid_from"],
                row["valid_to"] or "",
                row["value"],
                *(voice.own(row[key] or "") for key in ("unit", "source", "confidence")),
            )
            for row in reference.tables["thresholds"].to_dicts()
        ),
    )


def tolerance_rules(voice: Voice, reference: Reference) -> Iterator[str]:
    """The dated rules of the NPL tolerance, with family and scope."""
    say = voice.say
    yield from paragraph(say("## Tolerance rules", "## 容忍度规则"))
    yield from paragraph(
        say(
            "The dated rules of the NPL tolerance. A reading names a rule, or `in_force`: the rule of "
            f"the family `inclusive` at the month end. The scope `{BANK}` is the whole bank; a scope "
            "may also be a branch or a region code, and the nearest one holds. A rule without points "
            "sets no limit.",
            "不良容忍度规则，按日期生效。口径指定某一规则，或`in_force`，即月末有效的`inclusive`类规则。"
            f"适用范围`{BANK}`为全行，也可为机构或地区代码，以最近者为准。未给出百分点的规则不设上限。",
        )
    )
    yield from table(
        (
            say("rule", "规则"),
            say("family", "类别"),
            say("scope", "适用范围"),
            say("from", "起"),
            say("to", "止"),
            say("portfolio", "适用贷款"),
            say("base", "基准"),
            say("plus (pp)", "加（百分点）"),
            say("effect", "效力"),
            say("basis", "依据"),
            say("confidence", "可信度"),
        ),
        (
            (
                *(code(row[key]) for key in ("rule_id", "family", "scope")),
                row["from_date"],
                row["to_date"] or "",
                voice.own(row["portfolio"] or ""),
                code(row["base"]) if row["base"] else "",
                row["delta_pp"] or "",
                *(voice.own(row[key] or "") for key in ("effect", "basis", "confidence")),
            )
            for row in reference.tables["npl_tolerance_rules"].to_dicts()
        ),
    )


# Names


def vocabulary(voice: Voice) -> Iterator[str]:
    """Names that conditions may use beside delivered columns, amounts, and slices."""
    say = voice.say
    yield from paragraph(say("## Names a condition may use", "## 条款可用的名称"))
    yield from paragraph(
        say(
            "The delivered columns named below; other flags; the thresholds above; and names that are "
            "looked up or reckoned for each row. Where the book lacks what a name needs, the metrics "
            "that use it are *not computable*, with the reason.",
            "包括下列已报送字段、其他规则、上列阈值，以及逐行查得或计算的名称。账上缺少所需数据时，"
            "使用该名称的指标为*不可计算*，并说明原因。",
        )
    )
    for entity in Entity:
        name, sentence = ENTITIES[entity]
        yield from paragraph(f"### {voice.label(name)}")
        gap = say(" ", "")
        yield from paragraph(f"{voice.label(sentence)}{gap}{_columns(voice, entity)}".rstrip())
        looked_up = [
            one
            for one in NAMES[entity].values()
            if one.name not in _DELIVERED.get(entity, frozenset())
        ]
        yield from _names(voice, looked_up)
    yield from _amounts(voice)
    yield from _slices(voice)


def _columns(voice: Voice, entity: Entity) -> str:
    say = voice.say
    loan, borrower, event, flow = (
        f"[{name}](data-dictionary.md#{name})"
        for name in (
            "loan_snapshot",
            "borrower_snapshot",
            "borrower_first_loan_event",
            "loan_event",
        )
    )
    match entity:
        case Entity.LOAN:
            some = codes(BORROWER_COLUMNS, say(", ", "、"))
            return say(
                f"Columns: those of {loan}, and {some} of {borrower}.",
                f"字段：{loan}的全部字段，以及{borrower}的{some}。",
            )
        case Entity.EVENT:
            return say(f"Columns: those of {event}.", f"字段：{event}的全部字段。")
        case Entity.FLOW:
            return say(
                f"Columns: those of {flow}. Everything that is known of the loan may be asked too.",
                f"字段：{flow}的全部字段；也可使用其贷款的全部名称。",
            )
        case _:
            return ""


def _names(voice: Voice, names: Iterable[Name]) -> Iterator[str]:
    rows = [(code(name.name), voice.own(name.meaning), _needs(voice, name)) for name in names]
    if rows:
        yield from table(_heads(voice), rows)


def _heads(voice: Voice) -> tuple[str, str, str]:
    return voice.say("name", "名称"), voice.say("meaning", "含义"), voice.say("needs", "所需数据")


def _needs(voice: Voice, name: Name) -> str:
    needs = [code(need) for need in sorted(name.needs)]
    if name.taxonomy is not None:
        taxonomy = code(name.taxonomy.value)
        needs.append(voice.say(f"industries coded in {taxonomy}", f"行业按{taxonomy}编码"))
    for given, months in groupby(name.months, key=lambda month: month[0]):
        back = [months_back for _, months_back in months]
        needs.append(_months(voice, given, back))
    return voice.listed(needs)


def _months(voice: Voice, given: str, back: list[int]) -> str:
    first, last = min(back), max(back)
    if (first, last) == (1, 1):
        return voice.say(f"{code(given)} of the month before", f"上月{code(given)}")
    return voice.say(
        f"{code(given)} of {first} to {last} months back", f"往前{first}至{last}个月的{code(given)}"
    )


def _amounts(voice: Voice) -> Iterator[str]:
    say = voice.say
    yield from paragraph(say("### Amounts", "### 金额"))
    yield from paragraph(
        say(
            "What a measure may add up, by kind of row, and what a bank reports as a whole.",
            "度量可以求和的金额（按行的类别），以及全行报送的数值。",
        )
    )
    given = [
        (voice.label(ENTITIES[entity][0]), amount)
        for entity, amounts in AMOUNTS.items()
        for amount in amounts.values()
    ]
    reported = [(say("reported", "报送"), one) for one in REPORTED.values()]
    yield from table(
        (say("over", "类别"), *_heads(voice)),
        (
            (kind, code(one.name), voice.own(one.meaning), _needs(voice, one))
            for kind, one in (*given, *reported)
        ),
    )


def _slices(voice: Voice) -> Iterator[str]:
    say = voice.say
    yield from paragraph(say("### Slices", "### 维度"))
    yield from paragraph(
        say(
            "What a metric may be cut by. A loan has one member of each, `none` where it has no value, "
            "so that the parts of a sum add up.",
            "指标可展开的维度。每笔贷款在每一维度只有一个成员，无值时为`none`，故金额各部分可加总。",
        )
    )
    yield from table(
        (
            say("name", "名称"),
            say("label", "中文名称"),
            say("meaning", "含义"),
            say("needs", "所需数据"),
            say("members", "成员"),
        ),
        (
            (
                code(name),
                say(one.en, one.zh),
                voice.own(one.name.meaning),
                _needs(voice, one.name),
                ""
                if one.code_list is None
                else f"[{one.code_list.name}](data-dictionary.md#code-list-{one.code_list.name})",
            )
            for name, one in SLICES.items()
        ),
    )
