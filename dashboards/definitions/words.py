"""The fixed words of the metric pages in both languages, and the Chinese of what is declared in English.

Labels of metrics, flags and columns come with their own Chinese and are not repeated here. Sources and
looked-up names are declared in English only: their Chinese is in `chinese.yaml`, by the English text, so
that a changed text is noticed.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

import yaml

from transforms.catalogue.model import At, Better, Entity, Kind, Label, Unit

KINDS: Final[Mapping[Kind, Label]] = MappingProxyType(
    {
        Kind.TOTAL: Label("a total", "合计"),
        Kind.COUNT_DISTINCT: Label("distinct clients, each once", "客户数，同一客户只计一次"),
        Kind.RATIO: Label("numerator over denominator", "分子与分母之比"),
        Kind.WEIGHTED_MEAN: Label(
            "a weighted mean: weighted amounts over their weights", "加权平均：加权额与权数之比"
        ),
        Kind.INCREMENT: Label(
            "an increment: this month end minus the base month end", "增加额：本月末减去基期月末"
        ),
        Kind.INCREMENT_DIFFERENCE: Label(
            "this year's increment since the year end minus last year's over the same months",
            "本年比年初增加额减去上年同期比年初增加额",
        ),
        Kind.GROWTH: Label(
            "growth: the increment since the base month end over the base; none over a base that is "
            "zero or negative",
            "增速：较基期增加额与基期之比；基期为零或负时不计算",
        ),
        Kind.AVERAGE: Label("the mean of the month ends of the year so far", "当年各月末的平均值"),
        Kind.GAP: Label(
            "a gap: one metric's value minus another's", "差值：一项指标减去另一项指标"
        ),
        Kind.TOLERANCE: Label(
            "headroom: a limit minus a ratio, both at two decimals of a percentage point; below zero "
            "the limit is exceeded",
            "余量：上限减去比率，两者均取百分点两位小数；为负即超限",
        ),
        Kind.INDEX: Label(
            "a Herfindahl-Hirschman index: ten thousand times the sum of squared shares",
            "赫芬达尔—赫希曼指数：各部分占比平方和乘以一万",
        ),
        Kind.TOP_N: Label("what the largest few hold, over a whole", "最大若干户所占之比"),
    }
)
KIND_NAMES: Final[Mapping[Kind, Label]] = MappingProxyType(
    {
        Kind.TOTAL: Label("total", "合计"),
        Kind.COUNT_DISTINCT: Label("distinct count", "去重计数"),
        Kind.RATIO: Label("ratio", "比率"),
        Kind.WEIGHTED_MEAN: Label("weighted mean", "加权平均"),
        Kind.INCREMENT: Label("increment", "增加额"),
        Kind.INCREMENT_DIFFERENCE: Label("difference of increments", "同比多增"),
        Kind.GROWTH: Label("growth", "增速"),
        Kind.AVERAGE: Label("average", "平均"),
        Kind.GAP: Label("gap", "差值"),
        Kind.TOLERANCE: Label("tolerance", "容忍度"),
        Kind.INDEX: Label("index", "指数"),
        Kind.TOP_N: Label("largest few", "最大若干户"),
    }
)
UNITS: Final[Mapping[Unit, Label]] = MappingProxyType(
    {
        Unit.CURRENCY: Label("base currency", "本位币"),
        Unit.COUNT: Label("number", "户数"),
        Unit.RATIO: Label("fraction (0.15 is 15 %)", "小数（0.15即15%）"),
        Unit.PP: Label("percentage points", "百分点"),
        Unit.BP: Label("basis points", "基点"),
        Unit.DAYS: Label("days", "天"),
        Unit.INDEX: Label("0 to 10,000", "0至10,000"),
    }
)
UNIT_NAMES: Final[Mapping[Unit, Label]] = MappingProxyType(
    {
        **UNITS,
        Unit.RATIO: Label("fraction", "小数"),
        Unit.PP: Label("pp", "百分点"),
        Unit.BP: Label("bp", "基点"),
        Unit.INDEX: Label("index", "指数"),
    }
)
BETTER: Final[Mapping[Better, Label]] = MappingProxyType(
    {
        Better.HIGHER: Label("higher", "越高越好"),
        Better.LOWER: Label("lower", "越低越好"),
        Better.NEUTRAL: Label("neither, it is read and not judged", "不分优劣，仅供观察"),
        Better.BAND: Label(
            "inside the band that the regulator sets bank by bank", "在监管逐行核定的区间内"
        ),
    }
)
BETTER_NAMES: Final[Mapping[Better, Label]] = MappingProxyType(
    {
        **BETTER,
        Better.NEUTRAL: Label("neither", "不分优劣"),
        Better.BAND: Label("in a band", "在区间内"),
    }
)
TIMES: Final[Mapping[At, Label]] = MappingProxyType(
    {
        At.NOW: Label("now", "本期"),
        At.PREVIOUS_MONTH: Label(
            "at the previous month end (`previous_month`)", "上月末（`previous_month`）"
        ),
        At.YEAR_END: Label("at the last year end (`year_end`)", "上年末（`year_end`）"),
        At.SAME_MONTH_LAST_YEAR: Label(
            "at the same month end of last year (`same_month_last_year`)",
            "上年同月末（`same_month_last_year`）",
        ),
        At.YEAR_END_BEFORE: Label(
            "at the year end before last (`year_end_before`)", "前年末（`year_end_before`）"
        ),
        At.YEAR_TO_DATE: Label(
            "added up over the months of the year so far (`year_to_date`)",
            "当年各月累计（`year_to_date`）",
        ),
    }
)
"""When a term of a combined measure, or the base of a comparison, is taken."""

_ADDS_UP: Final = Label("adds up: a parent is the sum of its branches", "可加总：上级等于下级之和")
RECOMPUTED: Final = Label(
    "recomputed at every node from the sums of numerator and denominator",
    "各级机构按分子、分母汇总数重新计算",
)
COUNTED_ANEW: Final = Label(
    "recomputed at every node, where distinct counts are taken anew",
    "各级机构重新计算，其中去重计数在该级重新进行",
)
WHOLE_BANK: Final = Label(
    "the whole bank only, a figure of the legal entity; none at a branch",
    "仅全行，为法人指标；分支机构不计算",
)
AGAINST_ROOT: Final = Label(
    "recomputed at every node: the node's own figure minus that of the whole bank",
    "各级机构重新计算：本机构数减去全行数",
)
OVER_BRANCHES: Final[Mapping[Kind, Label]] = MappingProxyType(
    {
        Kind.TOTAL: _ADDS_UP,
        Kind.INCREMENT: _ADDS_UP,
        Kind.INCREMENT_DIFFERENCE: _ADDS_UP,
        Kind.AVERAGE: _ADDS_UP,
        Kind.COUNT_DISTINCT: Label(
            "distinct, counted anew at every node: a parent can be lower than the sum of its branches",
            "各级机构分别去重计数：上级可低于下级之和",
        ),
        Kind.GAP: Label(
            "recomputed at every node: the difference of its own two figures",
            "各级机构重新计算：本机构两项指标之差",
        ),
        Kind.TOLERANCE: Label(
            "recomputed at every node from its own sums; the limit's reference is the whole bank",
            "各级机构按自身汇总数重新计算；上限的参照为全行",
        ),
        Kind.INDEX: Label(
            "recomputed at every node from the sums of its members",
            "各级机构按各部分汇总数重新计算",
        ),
        Kind.TOP_N: Label(
            "taken anew at every node: the largest of a parent need not be the largest of any branch, "
            "and figures do not add up",
            "各级机构重新排序：上级的最大户未必是下级的最大户，不可加总",
        ),
    }
)
"""How a parent's figure comes about, where the kind alone decides it."""

ENTITIES: Final[Mapping[Entity, tuple[Label, Label]]] = MappingProxyType(
    {
        Entity.LOAN: (
            Label("Loans", "贷款"),
            Label("A row is a loan at a month end.", "每行为月末的一笔贷款。"),
        ),
        Entity.EVENT: (
            Label("First-loan events", "首贷事件"),
            Label(
                "A row is a first-loan event, as delivered for the month of the drawdown.",
                "每行为一个首贷事件，在发放当月报送。",
            ),
        ),
        Entity.FLOW: (
            Label("Flows", "流量"),
            Label(
                "A row is a loan event of the month. Its loan is judged as it stood at the month end "
                "before, a new one as it stands now.",
                "每行为当月的一笔贷款发生，其贷款按上月末状态判定，新贷款按本月末状态判定。",
            ),
        ),
        Entity.CHANGE: (
            Label("Changes", "变动"),
            Label(
                "A row is a loan in either of two month ends. Loan flags bear `then_` or `now_` in front; "
                "where the loan is not in that book, none of them holds.",
                "每行为两个月末中任一时点的一笔贷款。贷款规则名前加`then_`（基期）或`now_`（本期）；不在该时点账上的，规则均不成立。",
            ),
        ),
        Entity.LISTING: (
            Label("Listings", "名单企业"),
            Label(
                "A row is an enterprise on a technology list, in the area of a node.",
                "每行为机构辖区内的一家名单企业。",
            ),
        ),
        Entity.TRADE: (
            Label("Trade", "供应链交易"),
            Label(
                "A row is a month's trade of a borrower with a core enterprise.",
                "每行为借款人与核心企业一个月的交易。",
            ),
        ),
    }
)
"""Kinds of row that a flag is about: name and one sentence."""

_CHINESE: Final = Path(__file__).with_name("chinese.yaml")


@cache
def chinese() -> Mapping[str, str]:
    """The Chinese of texts that are declared in English only, by the English text."""
    told: dict[str, str] = yaml.safe_load(_CHINESE.read_text(encoding="utf-8"))
    return MappingProxyType(told)
