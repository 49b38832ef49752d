"""The README of a pack, in English and Chinese: what it is, how to recompute it, what to compare with.

It is written for somebody who has the zip and nothing else. Its text stands in `readme.en.md` and
`readme.zh.md`; here it is filled for one pack. What is in the other files is made in `filling`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib import resources
from typing import Final

from orchestration.evidence.figures import Line
from orchestration.evidence.rows import ROW
from transforms.catalogue.model import Kind, Label

_COLUMN: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[list(ROW).index("amount")]
_SHOWN: Final = 40
"""Figures in the table of the README; `figures.csv` holds all."""

_QUOTIENT: Final = Label("numerator / denominator", "分子÷分母")
_FORMULAS: Final[Mapping[Kind, Label]] = {
    Kind.TOTAL: Label("the numerator", "分子"),
    Kind.COUNT_DISTINCT: Label(
        "the numerator; each client counts once, with the first of its loans",
        "分子；每户只计一次，计在其首笔借据上",
    ),
    Kind.RATIO: _QUOTIENT,
    Kind.WEIGHTED_MEAN: _QUOTIENT,
    Kind.TOP_N: _QUOTIENT,
    Kind.INCREMENT: Label(
        "numerator - denominator: now less the base month", "分子−分母：本期减基期"
    ),
    Kind.INCREMENT_DIFFERENCE: Label(
        "numerator - denominator: this year's increment less last year's",
        "分子−分母：今年增量减去年同期增量",
    ),
    Kind.GROWTH: Label(
        "numerator / denominator: the change since the base month, by the base",
        "分子÷分母：较基期的变动÷基期",
    ),
    Kind.AVERAGE: Label(
        "numerator / denominator; the denominator is the number of months of the year so far",
        "分子÷分母；分母为本年已过月数",
    ),
    Kind.GAP: Label(
        "the value of `minuend` less the value of `subtrahend`, two figures of this pack, times `times`",
        "`minuend`与`subtrahend`两个指标（均在本包内）的数值之差，再乘以`times`",
    ),
    Kind.TOLERANCE: Label(
        "`limit_value` - numerator / denominator in percent, that ratio rounded to two decimals first",
        "`limit_value`−（分子÷分母，百分数先四舍五入到两位小数）",
    ),
    Kind.INDEX: Label(
        "10,000 x the sum over members of (their `amount` / denominator) squared, rounded to six decimals",
        "10,000×各类别（`member`）的（金额÷分母）平方之和，四舍五入到六位小数",
    ),
}
_HEADS: Final = Label(
    "figure | metric | reading | unit | member | month end | value",
    "编号 | 指标 | 口径 | 机构 | 分项 | 月末 | 数值",
)
_REPORT: Final = Label(
    "The report stands at: {state}. It has {cells} cells, all of them in `report/cells.csv` with their\n"
    "data points. {held} of them take a figure whose rows are in this pack; the others can be held against\n"
    "the published value in the same file. Every sum, difference, quotient and rounding of printed cells\n"
    "is recomputed, and `report/checks.csv` has the cross-checks. An adjustment\n"
    "(`report/adjustments.csv`) is added to the numerator or denominator of its figure, and of the same\n"
    "figure of every unit above; `adjustment` in `report/cells.csv` is what that changed of the cell.\n\n",
    "报表状态：{state}。共{cells}个单元格，连同数据点编号全部列于`report/cells.csv`；其中{held}个所取指标的明细在\n"
    "本包内，其余可与同一文件中的公布数核对。合计、差额、比率和舍入均可复算，勾稽关系见`report/checks.csv`。\n"
    "调整（`report/adjustments.csv`）加在所属指标及其各上级机构同一指标的分子或分母上，`report/cells.csv`的\n"
    "`adjustment`列为其对该单元格的影响。\n\n",
)
_TROUBLE: Final = Label(
    "**The rows of {names} do not give the published digits.** A month that they rest on was delivered or\n"
    "defined anew after the figure was published; the bank has to build the month again.\n\n",
    "**{names}的明细与公布数不符。**其所依据的某月数据或口径在公布后有变更，需由本行重新生成该月。\n\n",
)
_SIGNED: Final = Label(
    "- `report/package.json`: its SHA-256 is the hash that was signed, `{content_hash}`;\n"
    "  `report/steps.csv` says by whom.\n",
    "- `report/package.json`：其SHA-256即签字所对应的哈希值`{content_hash}`，签字人见`report/steps.csv`。\n",
)
_MASKED: Final = Label(
    "Borrowers' numbers and names: borrowers stand under numbers of this pack's own (••000001). The same\n"
    "  one is the same borrower in every list of the pack; in another pack it may be anybody. Loan numbers\n"
    "  are the bank's.",
    "客户编号与名称：客户以本包自有的序号（••000001）代替，同一序号在本包各表中为同一客户，在其他证据包中可为任何客户。\n"
    "  借据号为本行的原编号。",
)
_REVEALED: Final = Label(
    "Borrowers' names. Borrowers stand by their own numbers, for this reason, which was written down:\n"
    "  {why}",
    "客户名称。客户以其本来编号列示，理由已登记：{why}",
)
_WHOLE: Final = Label(
    "Nothing was left out for the reader, who may see the whole bank.",
    "没有因权限略去的内容：读者可查看全行数据。",
)
_LIMITED: Final = Label(
    "What {seen_by} may not see: rows and figures of other branches, and row counts of files that hold\n"
    "  other branches too. A list that is not whole for that reason says `complete = false` in `lists.csv`;\n"
    "  where a figure is compared with the whole bank's, that one is taken as published.",
    "{seen_by}无权查看的内容：其他机构的明细与指标，以及含其他机构数据的文件行数。因此不完整的明细表在`lists.csv`中标明\n"
    "  `complete = false`；与全行比较的指标，全行数以公布数为准。",
)
_FILES: Final = (
    (
        "figures.csv",
        Label("each figure with exact digits, and its lists", "各指标的精确数值及对应明细表"),
    ),
    (
        "rows/",
        Label(
            "the lists, as Parquet and CSV: what each row adds (`amount`), which rule admitted it, and why",
            "各明细表（Parquet与CSV）：每笔计入金额`amount`、依据的规则及理由",
        ),
    ),
    (
        "lists.csv, parts.csv",
        Label(
            "what each list comes to; the measures, months and factors in it",
            "各明细表合计；所含度量、月份与系数",
        ),
    ),
    ("reported.csv", Label("what the bank reports as a whole", "全行统一报送的数")),
    (
        "left_out_by_rule.csv",
        Label(
            "rows that are not in the numerator, counted by rule", "未计入分子的笔数，按规则汇总"
        ),
    ),
)
_OF_FIGURES: Final = (("left_out/", Label("those rows one by one", "未计入分子的逐笔明细")),)
_OF_A_REPORT: Final = (
    (
        "report/",
        Label(
            "cells, checks, adjustments, steps and remarks, and the text that is signed",
            "单元格、勾稽、调整、签批与说明，以及签字文本",
        ),
    ),
)
_AROUND: Final = (
    ("reasons.csv", Label("the keys in `why`, in words", "`why`列代码的文字说明")),
    (
        "definitions/",
        Label(
            "each metric as it is defined, with its measures and flags (YAML)",
            "各指标的定义及其度量与规则（YAML）",
        ),
    ),
    (
        "reference/",
        Label(
            "reference tables with their hashes; thresholds in force",
            "参考表及其哈希值；当时有效的阈值",
        ),
    ),
    (
        "sources/",
        Label(
            "delivered files with their hashes; what was accepted", "来源文件及其哈希值；接收情况"
        ),
    ),
    ("publications.csv", Label("the builds that published the months", "各月公布批次")),
    (
        "checks/",
        Label(
            "findings, rules, reconciliation with the general ledger",
            "检查发现、规则结果与总账核对",
        ),
    ),
    (
        "people/",
        Label(
            "overrides, adjustments, targets, check-ins, signatures",
            "人工调整、调节、目标、说明与签字",
        ),
    ),
    (
        "anchor.json, manifest.json",
        Label(
            "the audit log's last link; the hash of every file", "审计日志最后一环；各文件哈希值"
        ),
    ),
)


@dataclass(frozen=True, eq=False)
class OfReport:
    """What a README tells of a report.

    Attributes:
        state: how far it has come.
        content_hash: what is signed.
        cells: how many cells it has.
        held: how many of them take a figure whose rows are in the pack.
    """

    state: str
    content_hash: str
    cells: int
    held: int


@dataclass(frozen=True, eq=False)
class Told:
    """What a README tells of its pack.

    Attributes:
        title: what the pack is about.
        bank: whose figures.
        currency: of amounts.
        stated_at: as of which moment.
        seen_by: for whom it was made.
        whole_bank: whether that reader may see the whole bank.
        revealed: why borrowers stand by their own numbers; empty if they do not.
        lines: the figures.
        example: the file of a list.
        disagree: figures whose rows do not give the published digits.
        report: of a pack of a report.
    """

    title: str
    bank: str
    currency: str
    stated_at: datetime
    seen_by: str
    whole_bank: bool
    revealed: str
    lines: Sequence[Line]
    example: str
    disagree: Sequence[str]
    report: OfReport | None


def readme(told: Told) -> str:
    """The whole README, the English half first."""
    return "\n---\n\n".join(_half(told, language) for language in ("en", "zh"))


def _half(told: Told, language: str) -> str:
    def say(label: Label, **values: object) -> str:
        return str(getattr(label, language)).format(**values)

    report = told.report
    files = (*_FILES, *(_OF_FIGURES if report is None else _OF_A_REPORT), *_AROUND)
    kinds = dict.fromkeys(line.metric.kind for line in told.lines)
    name = "recompute.sql" if report is None else "recompute_report.sql"
    names = (", " if language == "en" else "、").join(told.disagree)
    text = (
        resources.files("orchestration.evidence")
        .joinpath(f"readme.{language}.md")
        .read_text("utf-8")
    )
    return text.format(
        title=told.title,
        bank=told.bank,
        currency=told.currency,
        at=f"{told.stated_at:%Y-%m-%d %H:%M:%S} UTC",
        seen_by=told.seen_by,
        table="\n".join(_table(told, say(_HEADS))),
        report=""
        if report is None
        else say(_REPORT, state=report.state, cells=f"{report.cells:,}", held=f"{report.held:,}"),
        trouble=say(_TROUBLE, names=names) if told.disagree else "",
        commands="\n".join(_commands(name)),
        example=told.example,
        column=_COLUMN,
        formulas="\n".join(f"- `{kind.value}`: {say(_FORMULAS[kind])}" for kind in kinds),
        files="\n".join(f"| `{file}` | {say(label)} |" for file, label in files),
        signed="" if report is None else say(_SIGNED, content_hash=report.content_hash),
        borrowers=say(_REVEALED, why=told.revealed) if told.revealed else say(_MASKED),
        scope=say(_WHOLE) if told.whole_bank else say(_LIMITED, seen_by=told.seen_by),
    )


def _table(told: Told, heads: str) -> list[str]:
    width = heads.count("|") + 1
    rows = [f"| {heads} |", f"|{'---|' * width}"]
    for line in told.lines[:_SHOWN]:
        asked, value = line.asked, line.published("value")
        reason = "" if line.fact is None else line.fact["reason"] or ""
        cut = "" if asked.cut is None else f"{asked.slice} {asked.member}"
        label = f"{line.metric.label.en} / {line.metric.label.zh} (`{asked.metric}`)"
        shown = plainly(value) if value is not None else reason
        cells = (line.name, label, asked.reading, asked.branch, cut, str(asked.as_of), shown)
        rows.append(f"| {' | '.join(cells)} |")
    if len(told.lines) != len(rows) - 2:
        rows.append(f"| … | `figures.csv` ({len(told.lines)}) |{' |' * (width - 2)}")
    return rows if told.lines else [*rows, f"| – |{' |' * (width - 1)}"]


def _commands(name: str) -> list[str]:
    script = f"open('{name}', encoding='utf-8').read()"
    return [
        "```",
        f'duckdb -c ".read {name}"',
        f'python -c "import duckdb; duckdb.sql({script}).show(max_width=250)"',
        "```",
    ]


def plainly(value: Decimal) -> str:
    """A number without exponent and needless zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
