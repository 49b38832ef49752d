"""The words of accounts and of the data-quality page, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

QUALITY_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "account_some": (
            (
                "{accepted} of {delivered} loans accepted, {accepted_money} of {delivered_money}; "
                "{rejected} rejected, {rejected_money}"
            ),
            (
                "报送贷款 {delivered} 笔 {delivered_money}，接收 {accepted} 笔 {accepted_money}，"
                "拒收 {rejected} 笔 {rejected_money}"
            ),
        ),
        "account_all": (
            "all {delivered} loans accepted, {delivered_money}; none rejected",
            "报送贷款 {delivered} 笔 {delivered_money}，全部接收，无拒收",
        ),
        "account_unmeasured": ("; money of {count} not known", "；其中 {count} 笔金额未知"),
        "account_rows": (
            "{accepted} accepted + {rejected} rejected = {delivered} delivered",
            "接收 {accepted} + 拒收 {rejected} = 报送 {delivered}",
        ),
        "account_none": ("no loans delivered here", "本机构未报送贷款"),
        "account_unknown": (
            "rows and money were not counted when this month was delivered: deliver it again to have them",
            "本期报送时未统计行数和金额：重新报送后可见",
        ),
        "money_unknown": ("money not known", "金额未知"),
        "newer_waits": ("(a newer delivery waits for the build)", "（有更新的报送待发布）"),
        "newer_waits_title": (
            "Delivered since and in no figure: {tables}. `branchmark build` publishes it.",
            "发布后又报送，尚未计入：{tables}。请运行 `branchmark build` 发布。",
        ),
        "provisional_unknown": (
            "Provisional: unexplained in a currency without a rate, so the amount is not known",
            "暂估：差异币种无汇率，金额未知",
        ),
        "provisional_short": ("provisional: {amount}", "暂估：{amount}"),
        "provisional_short_unknown": ("provisional: amount not known", "暂估：金额未知"),
        "not_reconciled_short": ("not reconciled", "未核对"),
        "quality": ("Quality", "数据质量"),
        "data_quality": ("Data quality", "数据质量"),
        "dq_section": ("Section", "栏目"),
        "dq_readiness": ("Readiness", "就绪情况"),
        "dq_deliveries": ("Deliveries", "报送"),
        "dq_rejected": ("Rejected rows", "拒收行"),
        "dq_findings": ("Findings", "检查发现"),
        "dq_ledger": ("Ledger", "总账核对"),
        "dq_overrides": ("Overrides", "人工调整"),
        "unknown_section": (
            "{asked} is no section of this page. Choose one of: {known}.",
            "本页没有栏目 {asked}。可选：{known}。",
        ),
        "unknown_rule": (
            "No rule {asked} found anything here. Rules with findings: {known}.",
            "规则 {asked} 在此没有发现。有发现的规则：{known}。",
        ),
        # Readiness
        "dq_step_delivered": ("Delivered", "报送"),
        "dq_step_rejected": ("Rejected", "拒收"),
        "dq_step_findings": ("Findings", "检查发现"),
        "dq_step_reconciled": ("Ledger", "总账核对"),
        "dq_step_overrides": ("Overrides", "人工调整"),
        "dq_step_published": ("Published", "发布"),
        "dq_rest": ("Elsewhere", "其他"),
        "dq_rest_title": (
            "Head office's own, tables without a branch, and branches that are not known",
            "总行本部、不分机构的表，以及未知机构",
        ),
        "dq_none": ("none", "无"),
        "dq_nothing": ("nothing delivered", "未报送"),
        "dq_no_loans": ("no loans", "无贷款"),
        "dq_missing": ("missing", "缺报"),
        "dq_missing_title": (
            "Had loans the month before and has none now",
            "上月有贷款，本月没有",
        ),
        "dq_not_counted": ("not counted", "未统计"),
        "dq_loans": ("{count} loans", "{count} 笔"),
        "dq_rules_critical": ("critical", "严重"),
        "dq_rules_error": ("errors", "错误"),
        "dq_rules_warning": ("warnings", "警告"),
        "dq_agrees": ("agrees", "一致"),
        "dq_open_by": ("{amount} open", "{amount} 未说明"),
        "dq_provisional_title": (
            "Every figure of the unit is provisional until this is explained and approved",
            "差异经说明并复核之前，该机构全部指标为暂估",
        ),
        "dq_no_ledger": ("no ledger", "无总账"),
        "dq_version": ("v{version}", "第 {version} 版"),
        "dq_version_waits": ("{told}, newer waits", "{told}，有更新待发布"),
        "dq_ready": ("Nothing is open: the month can be signed.", "没有未决事项，本期可以签发。"),
        "dq_not_ready": ("Not ready to be signed", "暂不能签发"),
        "dq_to_look_at": ("To be looked at before signing", "签发前须关注"),
        "dq_clean_units": (
            "{clean} of {count} units have nothing open",
            "{count} 家机构中 {clean} 家无未决事项",
        ),
        "dq_matrix": ("Units by step, the worst first", "机构与步骤（问题最多的在前）"),
        "dq_matrix_hint": (
            (
                "● nothing to do, ▲ to be looked at, ■ to be mended, ○ nothing to judge. "
                "Follow a name to the unit, a cell to its rows."
            ),
            "● 无须处理　▲ 须关注　■ 须整改　○ 无可评判。点击机构名进入该机构，点击单元格查看明细。",
        ),
        "dq_unpublished": (
            (
                "Delivered and not published: {months}. "
                "`branchmark build` publishes them, or says what keeps them back."
            ),
            "已报送未发布：{months}。请运行 `branchmark build` 发布，或查看未能发布的原因。",
        ),
        # Deliveries
        "dq_account": (
            "Accepted + rejected = delivered, by unit",
            "接收 + 拒收 = 报送（按机构）",
        ),
        "dq_account_table": ("Table", "表"),
        "dq_unit": ("Unit", "机构"),
        "dq_rows_delivered": ("Rows delivered", "报送行数"),
        "dq_rows_accepted": ("accepted", "接收"),
        "dq_rows_rejected": ("rejected", "拒收"),
        "dq_share_rejected": ("Share", "占比"),
        "dq_money_delivered": ("{currency} delivered", "报送金额（{currency}）"),
        "dq_rows_unmeasured": ("Rows, money not known", "金额未知行数"),
        "dq_delivered_tables": ("Tables the month is computed with", "本期计算所用的表"),
        "dq_file": ("File", "文件"),
        "dq_read_as": ("Read as", "读取方式"),
        "dq_rows": ("Rows", "行数"),
        "dq_money": ("Money ({currency})", "金额（{currency}）"),
        "dq_version_head": ("Version", "版本"),
        "dq_when": ("Delivered", "报送时间"),
        "dq_reason": ("Reason", "原因"),
        "dq_carried": ("carried from {day}", "沿用 {day}"),
        "dq_replaced": (
            "Replaced deliveries of this month ({count})",
            "本期已被替换的报送（{count}）",
        ),
        "dq_outside": ("{count} rows belong to no table", "{count} 行不属于任何表"),
        "dq_no_account": (
            "No rows and money were counted when this month was delivered.",
            "本期报送时未统计行数和金额。",
        ),
        "dq_nothing_of_table": (
            "Nothing of this table was delivered for {branch}.",
            "{branch}未报送此表。",
        ),
        "dq_rejected_by_unit": ("Rejected share of loans, by unit", "贷款拒收率（按机构）"),
        "dq_rejected_by_unit_alt": (
            "Rejected share of delivered loans: {parts}",
            "贷款拒收率：{parts}",
        ),
        "dq_more_units": (
            "and {count} more, in the table below",
            "另有 {count} 项，见下表",
        ),
        # Rejected rows
        "dq_nothing_rejected": (
            "Nothing was rejected: every delivered row was accepted.",
            "没有拒收：报送的每一行都已接收。",
        ),
        "dq_nothing_rejected_here": (
            "Nothing of {branch} was rejected.",
            "{branch}没有被拒收的行。",
        ),
        "dq_all_rules": ("All rules", "全部规则"),
        "dq_all_tables": ("All tables", "全部表"),
        "dq_rule": ("Rule", "规则"),
        "dq_row_in_file": ("Row", "行号"),
        "dq_why": ("What is wrong, and what to do", "问题与处理办法"),
        "dq_as_delivered": ("As delivered", "报送原文"),
        "dq_amount": ("Amount", "金额"),
        "dq_shown": (
            "{shown} of {count} rows shown; the file has all.",
            "显示 {count} 行中的 {shown} 行，下载文件含全部。",
        ),
        "dq_all_shown": ("{count} rows.", "共 {count} 行。"),
        "dq_download": ("Download all {count} rows (CSV)", "下载全部 {count} 行（CSV）"),
        "dq_columns": ("{first} and {count} more columns", "{first}，另有 {count} 列"),
        "dq_no_branch": ("no branch", "无机构"),
        "dq_none_match": ("No row matches the filters.", "没有符合条件的行。"),
        "dq_earlier_wording": (
            "wording of the rule was not kept with this delivery",
            "本次报送未保存规则说明",
        ),
        # Findings
        "dq_nothing_found": (
            "The checks found nothing here.",
            "检查未发现问题。",
        ),
        "dq_figures": ("Published figures", "已发布指标"),
        "dq_empty_cell": ("empty", "空"),
        "dq_all_of": ("All accounts in {currency}", "{currency} 合计"),
        "dq_severity": ("Severity", "级别"),
        "dq_failing_rows": ("Rows", "行数"),
        "dq_failing_amount": ("Money, each in its own currency", "金额（各按原币）"),
        "dq_not_run": ("could not be run", "未能执行"),
        "dq_rule_of": ("{rule}: the failing rows", "{rule}：不符合的行"),
        "dq_back_to_rules": ("‹ All findings", "‹ 全部发现"),
        "dq_by_unit": ("By unit", "按机构"),
        "dq_examples": (
            (
                "The rows of this rule were not kept with this publication; these are the first of "
                "each branch. `branchmark build --force` keeps them."
            ),
            "本次发布未保存该规则的明细行，以下为各机构的前几行。",
        ),
        "dq_key": ("Key", "主键"),
        "dq_finding_hint": (
            (
                "Follow a rule to its rows. Critical: the row or table cannot be counted. "
                "Error: figures that rest on it are doubtful. Warning: somebody should look."
            ),
            "点击规则查看明细行。严重：该行或表不能计入；错误：相关指标存疑；警告：须有人查看。",
        ),
        # Ledger
        "dq_no_ledger_long": (
            (
                "No ledger totals were delivered for this month, so nothing was compared. Deliver the table "
                "`gl_control_total` and build again."
            ),
            "本期未报送总账数据，未做核对。请报送表 `gl_control_total` 后重新发布。",
        ),
        "dq_all_reconciled": (
            "All {count} accounts agree with the ledger.",
            "全部 {count} 个账户与总账一致。",
        ),
        "dq_open_accounts": (
            "{open} of {count} accounts do not agree with the ledger",
            "{count} 个账户中 {open} 个与总账不一致",
        ),
        "dq_open_sum": ("; {amount} unexplained in all", "；未说明差异合计 {amount}"),
        "dq_open_without_rate": (
            "; {count} of them in a currency without a rate, in no sum",
            "；其中 {count} 个币种无汇率，未计入合计",
        ),
        "dq_account_code": ("Account", "科目"),
        "dq_currency": ("Currency", "币种"),
        "dq_loan_balance": ("Loans", "贷款台账"),
        "dq_ledger_balance": ("Ledger", "总账"),
        "dq_difference": ("Difference", "差异"),
        "dq_explained": ("Explained", "已说明"),
        "dq_unexplained": ("Unexplained", "未说明"),
        "dq_tolerance": ("Tolerance", "容差"),
        "dq_state": ("State", "状态"),
        "dq_ledger_above": ("the ledger is above the loans", "总账大于台账"),
        "dq_loans_above": ("the loans are above the ledger", "台账大于总账"),
        "dq_no_loan_side": ("in the ledger, no loan", "有总账，无贷款"),
        "dq_no_ledger_side": ("loans, not in the ledger", "有贷款，无总账"),
        "dq_explained_state": ("explained", "已说明"),
        "dq_within_tolerance": ("within tolerance", "容差内"),
        "dq_only_open": ("Open only", "仅未决"),
        "dq_all_accounts": ("All accounts", "全部账户"),
        "dq_open_by_unit": ("Unexplained by unit", "未说明差异（按机构）"),
        "dq_open_by_unit_alt": (
            "Unexplained difference to the ledger: {parts}",
            "未说明差异：{parts}",
        ),
        "dq_no_accounts_here": (
            "Neither loans nor ledger totals of {branch}.",
            "{branch}既无贷款也无总账数据。",
        ),
        "dq_ledger_hint": (
            (
                "Difference is loans minus ledger. What an approved item explains is taken off; what is left "
                "beyond the tolerance makes every figure of the branch, and of those above it, provisional."
            ),
            "差异 = 贷款台账 − 总账，扣除已复核的说明；超出容差的部分使该机构及其上级的全部指标为暂估。",
        ),
        # Overrides
        "dq_no_overrides": (
            "No overrides were delivered: every value is as the files have it.",
            "未报送人工调整：所有数值均与报送文件一致。",
        ),
        "dq_no_overrides_here": (
            "No override is about loans or clients of {branch}.",
            "没有涉及{branch}的人工调整。",
        ),
        "dq_override": ("Override", "调整编号"),
        "dq_override_in_force": ("In force", "有效"),
        "dq_override_expiring": ("About to end", "即将到期"),
        "dq_override_expired": ("Ended", "已到期"),
        "dq_override_without_effect": ("Without effect", "未生效"),
        "dq_override_coming": ("Not in force yet", "尚未生效"),
        "dq_what": ("Value", "数值"),
        "dq_whose": ("Row", "对象"),
        "dq_approved_by": ("Approved by", "批准人"),
        "dq_until": ("Until", "有效期至"),
        "dq_effect_not_found": (
            "no such row this month: correct its number, or end the override",
            "本期没有该行：请删除该调整或更正编号",
        ),
        "dq_effect_stale": (
            "another value was delivered than the one it replaces: look whether it is still needed",
            "报送的值已不同于被调整的值：请确认是否仍需调整",
        ),
        "dq_effect_contested": (
            "another override is in force for the same value: neither is applied, end one of them",
            "同一数值有两项有效调整，均未采用：请终止其一",
        ),
        "dq_effect_unreadable": (
            "the column cannot hold the value, or may not be overridden: correct it",
            "该字段不能取此值或不允许调整：请更正",
        ),
        "dq_overrides_message": ("{count} overrides: {told}", "人工调整 {count} 项：{told}"),
        "dq_overrides_hint": (
            (
                "About to end: within 30 days after the month end. Delivered rows stay as they are; "
                "figures are computed with the value put in their place."
            ),
            "即将到期：报告期末后 30 天内。报送数据保持原样，指标按调整后的值计算。",
        ),
    }
)
"""English and Chinese by key."""
