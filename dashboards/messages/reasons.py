"""Why something cannot be given, in Chinese, by the pattern of the English sentence.

The English sentences are made where the reason is found, and published with the figures.
"""

from typing import Final

REASONS: Final[tuple[tuple[str, str], ...]] = (
    (r"there is nothing in the denominator", "分母为零"),
    (r"the base is zero or negative", "基数为零或为负"),
    (r"what it is a share of has not grown", "作为分母的贷款未增长"),
    (r"it is defined for the whole bank only", "仅按全行口径定义"),
    (r"the month (\S+) that it rests on is not published", r"所依据的 \1 尚未发布"),
    (r"the book of (\S+), which it rests on, could not give it", r"所依据的 \1 台账无此数据"),
    (r"no tolerance rule is in force", "无有效的容忍度规则"),
    (r"the bank has no loans to compare with", "全行无贷款可供比较"),
    (
        r"the rule rests on the bank's annual target for npl_ratio, and none is approved",
        "该规则以全行不良率年度目标为基准，而该目标尚未批准",
    ),
    (
        r"the rule in force rests on (\S+), which is not delivered",
        r"现行规则以 \1 为基准，而该数据未报送",
    ),
    (r"table (\S+) was not delivered for (.+)", r"\2 未报送表 \1"),
    (r"table (\S+) was not delivered", r"未报送表 \1"),
    (r"column (\S+) is not in (\S+)", r"表 \2 无字段 \1"),
    (r"no (\S+) is in force on that date", r"当日无有效参数 \1"),
    (r"industries are coded in (\S+), and this needs (\S+)", r"行业按 \1 编码，而本指标需要 \2"),
    (r"the definition holds from (\S+) on", r"定义自 \1 起有效"),
    (r"the definition held until (\S+)", r"定义有效期至 \1"),
    # Why a cell of a report is empty
    (r"nothing is published of it for that month end", "该月末未发布此项数据"),
    (r"the book cannot be cut by it", "台账不支持按此维度拆分"),
    (r"no figure of it is defined", "未设对应指标，未采集"),
    (r"no target is set for it", "未设目标"),
    (r"the metric points neither way, so that there is no gap", "该指标无优劣方向，不计差距"),
    (r"it is not given for this figure", "该指标无此项"),
    (r"shares and rates do not add up", "占比、比率不可相加"),
    # Why a check was not asked
    (r"no (\S+) table delivered", r"未报送表 \1"),
    (r"no column (\S+) delivered in (\S+)", r"表 \2 未报送字段 \1"),
    (r"previous month not delivered \((\S+)\)", r"上月未报送（\1）"),
    (r"previous month not published \((\S+)\)", r"上月未发布（\1）"),
    (r"switched off by the bank: (.+)", r"已由本行停用：\1"),
    # Why a change cannot be split
    (r"compares two months already", "本身已是两个月份之比较"),
    (r"compares four months already", "本身已是四个月份之比较"),
    (r"is a mean of several months", "为多个月份的平均值"),
    (r"is the room below a limit, no share of loans", "为上限以下的余量，不是贷款占比"),
    (
        r"is a sum of squares, to which no loan contributes by itself",
        "为平方和，单笔贷款不能单独构成其变动",
    ),
    (
        r"rests on the largest few, who are others at every month end",
        "取最大若干户，各月末对象不同",
    ),
    (r"is scaled to a year by the months that have passed", "已按已过月数年化"),
    (r"adds up several months", "为多个月份的合计"),
    (r"is a gap of (\S+), which .+", r"为 \1 与另一指标之差，而 \1 不能按贷款拆分"),
    (r"is not made from the loans of a month end alone", "不仅由月末贷款计算得出"),
    # Why a figure is not projected
    (
        r"it covers one month only; project the same figure of the year so far",
        "该指标只反映当月；请查看其年初以来累计数",
    ),
    (
        r"it adds what stands at a month end to what the year brought; project each",
        "该指标由时点数与当年累计数相加；请分别查看",
    ),
    (r"it is the difference of two metrics; project each", "该指标是两项指标之差；请分别查看"),
    (
        r"an index of concentration has no path of its own",
        "集中度指数没有可推算的自身路径",
    ),
    (r"it is turned into a whole year's rate already", "该指标已折算为全年水平"),
)
"""Tried in this order; the whole sentence has to fit."""
