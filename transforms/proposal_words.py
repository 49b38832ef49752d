"""What is said to a proposed target that cannot be taken: the reason and the remedy, in two languages."""

from typing import Final

from transforms.catalogue.model import Label

SHARES: Final = Label(
    "Give twelve cumulative shares from January to December, the last of them 1.",
    "请按一月至十二月填写十二个累计进度，最后一个为 1。",
)
UNUSED_SHARES: Final = (
    Label(
        "phasing_shares are given, and the phasing is {phasing}.",
        "填写了 phasing_shares，而分解方式为 {phasing}。",
    ),
    Label(
        "Write seasonal as the phasing, or leave the shares out.",
        "请将分解方式改为 seasonal，或删去累计进度。",
    ),
)
UNUSED_BASE: Final = (
    Label(
        "base_value is given, and the phasing is {phasing}: the full target holds in every month.",
        "填写了 base_value，而分解方式为 {phasing}：各月均为全额目标。",
    ),
    Label(
        "Choose how the year is spread, or leave the base out.",
        "请选择年度分解方式，或删去基期值。",
    ),
)
FROM_ZERO: Final = (
    Label(
        "base_value is given, and {metric} begins every year at zero.",
        "填写了 base_value，而 {metric} 每年自零起算。",
    ),
    Label("Leave the base out.", "请删去基期值。"),
)
NO_BRANCH: Final = (
    Label("There is no branch {branch!r}.{near}", "没有机构 {branch!r}。"),
    Label("Correct the branch number of the target.", "请更正目标的机构号。"),
)
NO_METRIC: Final = (
    Label("There is no metric {metric!r}.{near}", "没有指标 {metric!r}。"),
    Label(
        "Correct the name of the metric; `branchmark catalogue` lists them.",
        "请更正指标名称；`branchmark catalogue` 列出全部指标。",
    ),
)
NO_READING: Final = (
    Label("{metric} has no reading {reading!r}.", "指标 {metric} 没有口径 {reading!r}。"),
    Label(
        "Leave it empty for the default one, or choose of {known}.",
        "留空表示默认口径，或从 {known} 中选择。",
    ),
)
NEITHER: Final = (
    Label(
        "{metric} points neither way: nothing can be short of a target for it.",
        "指标 {metric} 无优劣方向，无法与目标比较。",
    ),
    Label("Set a target for a metric that does.", "请为有方向的指标设定目标。"),
)
TOLERANCE: Final = (
    Label(
        "{metric} is the room under a limit, and is judged by that limit.",
        "指标 {metric} 是容忍度余量，按其限额判断。",
    ),
    Label("Set a target for the ratio that the limit is for.", "请为对应的比率设定目标。"),
)
WHOLE_BANK: Final = (
    Label("{metric} is given for the whole bank only.", "指标 {metric} 只在全行层面计算。"),
    Label("Set the target for {root}.", "请为 {root} 设定目标。"),
)
NO_FRACTION: Final = (
    Label(
        "{column} is {value}, and {metric} is a fraction: 0.15 is 15 %.",
        "{column} 为 {value}，而 {metric} 以小数表示：0.15 即 15 %。",
    ),
    Label("Write {meant} if per cent were meant.", "若原意为百分数，请写 {meant}。"),
)
NO_POINTS: Final = (
    Label(
        "{column} is {value}, and {metric} is in percentage points: 1.5 is 1.5 pp.",
        "{column} 为 {value}，而 {metric} 以百分点表示：1.5 即 1.5 个百分点。",
    ),
    Label("Write it in percentage points.", "请以百分点填写。"),
)
NO_INDEX: Final = (
    Label(
        "{column} is {value}, and {metric} lies between 0 and 10,000.",
        "{column} 为 {value}，而 {metric} 在 0 至 10,000 之间。",
    ),
    Label("Correct the value.", "请更正数值。"),
)
NO_COUNT: Final = (
    Label(
        "{column} is {value}, and {metric} counts whole numbers.",
        "{column} 为 {value}，而 {metric} 为整数。",
    ),
    Label("Write a whole number.", "请填写整数。"),
)
NO_AMOUNT: Final = (
    Label(
        "{column} is {value}, less than one unit of currency, and {metric} is an amount.",
        "{column} 为 {value}，不足一个货币单位，而 {metric} 为金额。",
    ),
    Label("Write the amount in units of currency.", "请以货币单位填写金额。"),
)
NEGATIVE: Final = (
    Label(
        "{column} is {value}, and {metric} is never below zero.",
        "{column} 为 {value}，而 {metric} 不会为负。",
    ),
    Label("Correct the value.", "请更正数值。"),
)
NO_NUMBER: Final = (
    Label("{column} is {value}, which is no number.", "{column} 为 {value}，不是数值。"),
    Label("Correct the value.", "请更正数值。"),
)
TOO_LARGE: Final = (
    Label(
        "{column} is {value}: at most 24 digits before the point are kept, and 12 after it.",
        "{column} 为 {value}：整数最多 24 位，小数最多 12 位。",
    ),
    Label("Correct the value.", "请更正数值。"),
)
BAND: Final = (
    Label("near_band is {value}, below zero.", "near_band 为 {value}，小于零。"),
    Label(
        "Write how far short still counts as near, or leave it empty.",
        "请填写仍视为临近的差距，或留空。",
    ),
)
NO_PERIOD: Final = (
    Label("{period!r} is no period.", "{period!r} 不是期间。"),
    Label("Write 2026, 2026Q3 or 2026-10.", "请写 2026、2026Q3 或 2026-10。"),
)
LATE: Final = (
    Label(
        "It would hold from {begins}, after {period} has ended: it would never hold.",
        "自 {begins} 起生效，晚于期间 {period} 结束，永不生效。",
    ),
    Label("Correct the first day, or the period.", "请更正生效日期或期间。"),
)
UPSIDE_DOWN: Final = (
    Label(
        "It would end on {ends}, before it begins on {begins}.",
        "失效日期 {ends} 早于生效日期 {begins}。",
    ),
    Label("Correct the first or the last day.", "请更正生效日期或失效日期。"),
)
NO_MONTH: Final = (
    Label(
        "It would end on {ends}, before a month of {period} has ended in which it holds: it would never "
        "decide.",
        "失效日期 {ends} 之前，期间 {period} 内没有其有效的月末，永不起作用。",
    ),
    Label("Correct the first or the last day, or the period.", "请更正生效日期、失效日期或期间。"),
)
YEARS_ONLY: Final = (
    Label(
        "{period} is no year: a target of a quarter or a month holds in full in each of its months.",
        "{period} 不是年度：季度和月度目标在其各月全额有效。",
    ),
    Label("Write none as its phasing.", "分解方式请写 none。"),
)
NO_PHASING: Final = (
    Label("{phasing!r} is no way of phasing.", "{phasing!r} 不是分解方式。"),
    Label("Choose of {known}.", "请从 {known} 中选择。"),
)
TWICE: Final = (
    Label(
        "The same branch, metric, reading and period stand in {first} already.",
        "同一机构、指标、口径和期间已在 {first} 出现。",
    ),
    Label("Keep one of the rows.", "请只保留其中一行。"),
)
