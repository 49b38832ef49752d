"""What readers can cause through pages and what pages say then: patterns of errors, English, Chinese.

Which parts a pattern has, and how they are called, is said in `dashboards.refusals`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_EDITION: Final = r"\w+, <branch>, <day>, edition (?P<edition>\d+)"
"""How a sentence names an edition of a report."""

SENTENCES: Final[tuple[tuple[str, str, str], ...]] = (
    # Addresses
    (
        r"'<what>' is not a month end\. Month ends are asked for; did you mean <day>\?",
        "",
        "“{what}”不是月末日期，是否指 {day}？",
    ),
    (
        r"'<what>' is not a month end\. .*",
        "",
        "“{what}”不是月末日期，请按 2026-10-31 的格式填写月末日期。",
    ),
    (
        r"<day> is not published in this workspace\. .*",
        "{day} is not published. Choose another month.",
        "{day}尚未发布，请选择其他月份。",
    ),
    (
        r"<day> is not delivered in this workspace\. .*",
        "{day} is not delivered. Choose another month.",
        "{day}尚未报送，请选择其他月份。",
    ),
    (
        r"<day> shows none of your units\. Choose another month\.",
        "",
        "{day}没有您可见的机构，请选择其他月份。",
    ),
    # What changed
    (
        r"<day> is not before <then>\. .*",
        "{day} is not before {then}. Choose an earlier comparison.",
        "{day}不早于{then}，请选择更早的比较基准。",
    ),
    (
        r"<day>, which <then> is to be compared with, is not published\. .*",
        "{day}, which {then} is to be compared with, is not published. Choose another comparison.",
        "作为{then}比较基准的{day}尚未发布，请选择其他比较基准。",
    ),
    # Bridges
    (
        r"A bridge leads from an earlier month end to a later one, not from <day> to <then>\. .*",
        "{then} is not later than {day}. Choose an earlier comparison.",
        "{then}不晚于{day}，请选择更早的比较基准。",
    ),
    (
        r"<branch> has no <metric> on <day>: there was no such branch\. .*",
        "{branch} was no branch on {day}. Choose a later comparison.",
        "{branch}在{day}尚不存在，请选择更近的比较基准。",
    ),
    (
        r"<metric> of <branch> has no value on <day>: <reason>\. Bridge .*",
        "{metric} of {branch} has no value on {day}: {reason}.",
        "{branch}的{metric}在{day}没有数值：{reason}。",
    ),
    (
        r"<branch> is no longer a branch on <day>; its loans count for <other>\. .*",
        "{branch} is no longer a branch on {day}; its loans count for {other}.",
        "{branch}在{day}已不是机构，其贷款计入{other}。",
    ),
    (
        r"<metric> was another kind of figure on <day>: .*",
        "{metric} was another kind of figure on {day}, so that its change has no parts.",
        "{metric}在{day}的定义类型不同，变动无法拆分。",
    ),
    (
        r"<metric> counts clients, and none of a client's loans is the one that counts\. .*",
        "{metric} counts clients, and none of a client's loans is the one that counts.",
        "{metric}按客户计数，无法归于某一笔贷款。",
    ),
    (
        r"<metric> counts clients, and a client may be of several branches, .*",
        (
            "{metric} counts clients, and a client may be of several branches: its change does not add "
            "up over branches."
        ),
        "{metric}按客户计数，同一客户可能属于多家机构，变动不能按机构加总。",
    ),
    (
        r"<day> was first reported from other tables, .*",
        (
            "{day} was first reported from other tables, definitions or lists than are kept of it, so "
            "that figure cannot be split."
        ),
        "{day}首次报告所用的数据、定义或名单与留存的不同，无法拆分。",
    ),
    (
        r"<day> was published from other deliveries, definitions or lists than hold now, .*",
        (
            "{day} was published from other deliveries, definitions or lists than hold now, so its "
            "figure cannot be split. Have the month published anew."
        ),
        "{day}发布时所用的报送数据、定义或名单与现行的不同，无法拆分；请重新发布该月。",
    ),
    (
        r"<metric> cannot be bridged: it <reason>\. Bridge .*",
        "The change of {metric} cannot be split: it {reason}.",
        "{metric}的变动无法拆分：{reason}。",
    ),
    # Gaps
    (
        r"<metric> is not given for <branch> on <day>: <reason>\. Choose another .*",
        "{metric} is not given for {branch} on {day}: {reason}.",
        "{branch}在{day}没有{metric}：{reason}。",
    ),
    (
        r"<metric> \(<reading>\) has no approved target at <branch> on <day>\..*",
        "{metric} has no approved target at {branch} on {day}.",
        "{branch}在{day}没有{metric}的已批准目标。",
    ),
    # Projections and peers
    (
        r"<metric> is not projected: <reason>\. `branchmark .*",
        "{metric} is not projected: {reason}.",
        "{metric}不作推算：{reason}。",
    ),
    (
        r"<metric> of <branch> has no figure at <day>: <reason>\. Name .*",
        "{metric} of {branch} has no figure at {day}: {reason}.",
        "{branch}的{metric}在{day}没有数值：{reason}。",
    ),
    (
        r"The period to <day> has ended by <then>: .*",
        "The period to {day} has ended: nothing is left to project.",
        "截至{day}的期间已结束，无需推算。",
    ),
    (
        r"<day> lies in another year than <then>\. .*",
        "{day} lies in another year than {then}: a period ends within its year.",
        "{day}与{then}不在同一年度，推算只到当年年末。",
    ),
    (
        r"<branch> is in no group by <what>: .*",
        "{branch} is in no group of peers: it has no figures to be placed by, or no peers.",
        "{branch}不在任何可比组：没有可供分组的数据，或没有同类机构。",
    ),
    # Loans
    (
        r"<metric> is the difference of two figures\. List the loans of either of them\.",
        "{metric} is the difference of two figures. Look at the loans of either of them.",
        "{metric}是两项指标之差，请分别查看这两项指标的贷款。",
    ),
    (
        r"<metric> has no loans in its (?P<side>\w+)\. .*",
        "{metric} has no loans on this side.",
        "{metric}在这一侧没有贷款。",
    ),
    # Targets, check-ins, signatures
    (
        r"A reason is needed to reject or withdraw\. .*",
        "A reason is needed to reject or withdraw.",
        "退回或撤回须填写原因。",
    ),
    (
        r"There is no target number <what>\. .*",
        "There is no target number {what}.",
        "没有编号为 {what} 的目标。",
    ),
    (
        r"<what> is (?P<state>draft|submitted|approved|rejected|superseded|replaced|withdrawn)\. .*",
        "{what} is {state} by now: look at the list again.",
        "{what}的状态现为“{state}”，请刷新列表后再操作。",
    ),
    (
        r"<what> was made or submitted by <who>\. Have a second person .*",
        "{what} was made or submitted by {who}: a second person has to decide.",
        "{what}由{who}录入或提交，须由另一人审批。",
    ),
    (
        r"'<what>' is no period\. .*",
        "",
        "“{what}”不是有效期间，请按 2026、2026Q3 或 2026-10 的格式填写。",
    ),
    (
        r"The shares of the months <reason>\. Write twelve .*",
        "",
        "各月累计进度有误，请填写从一月到十二月的十二个数值，最后一个为 1。",
    ),
    (
        r"'<what>' names no target\. .*",
        "",
        "“{what}”不是目标。请按“机构/指标/期间”填写，如 B101/sei_share/2026。",
    ),
    (
        r"Nobody is named\. .*",
        "Nobody is named. Write who does this.",
        "请填写办理人姓名。",
    ),
    (
        r"The name '<what>' mixes .* letters, which look alike\. Write it in one script\.",
        "",
        "姓名“{what}”混用了外形相似的不同文字，请只用一种文字书写。",
    ),
    (
        r"The \w+ '<what>' holds the sign .*",
        "",
        "“{what}”中含有不可见的字符，请删除后重新填写。",
    ),
    (
        r"The \w+ has (?P<size>[\d,]+) characters\. .*",
        "",
        "内容共 {size} 字，超过可填写的长度，请精简并注明所依据的文件。",
    ),
    (r"The check-in says nothing\. .*", "The check-in says nothing.", "请填写情况说明。"),
    (
        r"'<what>' is no opinion on a status\. .*",
        "",
        "“{what}”不是有效的状态意见。",
    ),
    (
        r"There is no check-in number <number>\. .*",
        "There is no check-in number {number}.",
        "没有编号为 {number} 的说明。",
    ),
    (
        r"Check-in <number> is about another figure: .*",
        "",
        "第 {number} 号说明针对的是另一项指标，请另行录入。",
    ),
    (
        r"Check-in <number> was corrected already, by <what>\. Correct that one\.",
        "",
        "第 {number} 号说明已由 {what} 更正，请更正后者。",
    ),
    (
        r"<branch>, <day>, version <number>, was signed by <who> already, .*",
        "",
        "{branch} {day}第 {number} 版已由{who}签核，此后未再发布，无需重复签核。",
    ),
    (
        r"<branch>, <day>, cannot be signed: <number> missed metric\(s\) without a check-in: <what>\. .*",
        "{branch}, {day}, cannot be signed: {number} missed without a check-in: {what}.",
        "{branch} {day}暂不能签核：{number} 项未达标指标尚无说明（{what}）。",
    ),
    (
        r"A borrower's name is shown for a reason\. Say it in words\.",
        "",
        "查看客户名称须填写原因。",
    ),
    # Reports
    (
        rf"{_EDITION}, is replaced by edition <number>\. .*",
        "",
        "第 {edition} 版已被第 {number} 版替代，请查看该版。",
    ),
    (
        rf"{_EDITION}, is \w+ and cannot be \w+\. .*",
        "",
        "该报表的进度已有变化，不能办理此步骤，请刷新页面后再操作。",
    ),
    (
        rf"{_EDITION}, holds something else than what was looked at .*",
        "",
        "报表内容与所核阅的不同，请重新打开后再签核。",
    ),
    (rf"{_EDITION}, is given back for a reason\. .*", "", "退回须填写原因。"),
    (
        rf"{_EDITION}, was \w+ by <who>, so that it has to be \w+ by somebody else\. .*",
        "",
        "{who}已参与第 {edition} 版的签核，本环节须由他人办理。",
    ),
    (r"The \w+ about <what> says nothing\. .*", "", "请填写说明内容。"),
    (
        rf"{_EDITION}, is \w+, and nothing is added to it\. .*",
        "",
        "第 {edition} 版已结束，不能再补充说明。",
    ),
    (
        rf"{_EDITION}, was prepared by <who>, who cannot give the reason .*",
        "",
        "第 {edition} 版由{who}编制，放行理由须由他人填写。",
    ),
    (
        rf"{_EDITION}, cannot be \w+: .* changed since it was prepared.*",
        "It changed since it was prepared, and cannot go on. Prepare it anew.",
        "编制后内容有变，不能继续签核，请重新编制。",
    ),
    (
        rf"{_EDITION}, cannot be \w+: <what>\. Record them: .*",
        "It cannot go on yet: {what}.",
        "审批、发布前仍有待办事项，请按待办清单逐项办理。",
    ),
    (
        r"There is no edition number <what>\. .*",
        "There is no such edition.",
        "没有该版次的报表。",
    ),
    # Drafts
    (
        r"No file was given\. .*",
        "",
        "尚未选择文件，请选择草稿文件后再检查。",
    ),
    (
        r"The draft has (?P<size>[\d,]+) MB, and at most <number> MB are checked here\. .*",
        "",
        "草稿共 {size} MB，超过此处可检查的 {number} MB。请剔除其他机构的贷款，或改用 Parquet 格式。",
    ),
    (
        r"The draft cannot be taken in: others are being taken in just now\. .*",
        "",
        "当前有其他草稿正在处理，请稍后再次自查。",
    ),
    (
        r"Mapping <what>: the draft holds no loans\. .*",
        "",
        "草稿中没有贷款，请检查贷款文件及随附的表。",
    ),
    # The ledger and the workspace at work
    (
        r"Cannot <what>: another command is writing to .*",
        "",
        "另一操作正在写入，请稍后再试。",
    ),
)
"""The pattern of an error, English where the error's own names a command, and Chinese."""

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "language": "语言",
        "comparison": "比较基准",
        "branch": "机构",
        "unit": "机构",
        "metric": "指标",
        "role": "角色",
        "reader": "用户",
        "level": "机构层级",
        "group": "分组方式",
        "delivery": "报送",
        "canonical table": "标准数据表",
        "reference table": "参考表",
        "mapping": "映射",
        "loan": "贷款",
    }
)
"""What a name that nothing bears was meant to be of."""

OF: Final[tuple[tuple[str, str], ...]] = (
    ("reading of ", "口径（{}）"),
    ("slice of ", "维度（{}）"),
    ("member of ", "成员（{}）"),
    ("column of ", "字段（{}）"),
)
