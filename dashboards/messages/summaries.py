"""The words of reports that are signed and sent, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SUMMARIES_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # The head of a report
        "sm_unit": ("Reporting unit", "填报机构"),
        "sm_period": ("Period", "报告期"),
        "sm_month": ("{year}-{month:02d}, as of {day}", "{year}年{month}月（截至 {day}）"),
        "sm_quarter": ("{year} Q{number}, as of {day}", "{year}年第{number}季度（截至 {day}）"),
        "sm_return": ("Report code, version", "报表代码、版本"),
        "sm_edition_word": ("Edition", "版次"),
        "sm_edition": ("Edition {edition}, {state}", "第 {edition} 版，{state}"),
        "sm_data": ("Data", "数据"),
        "sm_data_version": ("version {version} of the month", "当月第 {version} 版"),
        "sm_reconciliation": ("General ledger", "总账核对"),
        "sm_reconciled": ("reconciled", "已核对一致"),
        "sm_quality_provisional": ("provisional: differences unexplained", "暂估：存在未说明差异"),
        "sm_quality_not_reconciled": ("not reconciled: no ledger delivered", "未核对：未报送总账"),
        "sm_quality_of_units": ("provisional at {units}", "暂估机构：{units}"),
        "sm_quality_mark": (
            "Provisional: the unit's loans do not agree with the general ledger yet.",
            "暂估：该机构贷款与总账尚未核对一致。",
        ),
        "sm_seen_by": ("Seen by", "查看人"),
        "sm_source": ("Follows", "参照"),
        "sm_purpose": ("Purpose", "用途"),
        "sm_currency": ("Currency", "币种"),
        "sm_hash": ("Content hash (SHA-256)", "内容哈希（SHA-256）"),
        "sm_anchor": ("Audit chain ends at", "审计链位置"),
        "sm_definition_hash": ("Hash of the definition", "报表定义哈希"),
        "sm_run": ("Computed by run", "计算批次"),
        "sm_stated": ("Stated {at}", "出具时间 {at}"),
        "sm_page": ("Page {page} of {pages}", "第 {page} 页，共 {pages} 页"),
        # How far it has come
        "sm_state_draft": ("draft, not prepared", "草稿，未编制"),
        "sm_state_prepared": ("prepared, not checked", "已编制，未复核"),
        "sm_state_checked": ("checked, not approved", "已复核，未审批"),
        "sm_state_approved": ("approved, not released", "已审批，未发布"),
        "sm_state_released": ("released", "已发布"),
        "sm_state_returned": ("given back", "已退回"),
        "sm_draft": ("DRAFT", "草稿"),
        "sm_draft_told": (
            "Not released ({state}). Not for use outside the house.",
            "尚未发布（{state}），不得对外使用。",
        ),
        # Units of amounts and figures
        "sm_units": ("Unit: {units}", "单位：{units}"),
        "sm_scale_units": ("{currency}", "{currency}"),
        "sm_scale_thousand": ("{currency} k", "千{currency}"),
        "sm_scale_wan": ("{currency} 10k", "万{currency}"),
        "sm_scale_million": ("{currency} m", "百万{currency}"),
        "sm_scale_yi": ("{currency} 100m", "亿{currency}"),
        "sm_scale_percent": ("%", "%"),
        "sm_scale_pp": ("pp", "百分点"),
        "sm_scale_bp": ("bp", "基点"),
        "sm_scale_count": ("clients", "户"),
        "sm_scale_loans": ("loans", "笔"),
        "sm_scale_days": ("days", "天"),
        "sm_scale_index": ("index", "指数"),
        "sm_rounding": (
            (
                "Figures are rounded one by one: printed parts and totals, or a change and its two sides, "
                "may differ in the last digit. Cross-checks compare figures before rounding."
            ),
            "各数据分别四舍五入，分项之和与合计、增减与前后期数之间可能存在尾差；勾稽关系按未舍入数据校验。",
        ),
        # A table
        "sm_line": ("Line", "行次"),
        "sm_unit_number": ("Unit no.", "机构号"),
        "sm_item": ("Item", "项目"),
        "sm_unit_name": ("Unit", "机构"),
        "sm_whole": ("Total, {unit}", "合计（{unit}）"),
        "sm_measured_in": ("Unit", "单位"),
        "sm_of_which": ("of which: {label}", "其中：{label}"),
        "sm_footnotes": ("Notes", "注"),
        "sm_missing": ("No figure", "缺数原因"),
        "sm_missing_line": ("{number}) {reason}: {cells}", "{number}）{reason}：{cells}"),
        "sm_missing_whole": ("{count} cells", "共 {count} 个单元格"),
        "sm_adjusted_mark": (
            "{mark} holds an adjustment; see “{title}”.",
            "{mark} 含调整，详见“{title}”。",
        ),
        "sm_point": ("Data point", "数据点"),
        "sm_point_told": (
            "A data point is the text of this column, a full stop and the letter above the figure.",
            "数据点编号 = 本列代码 + “.” + 数字上方的栏目字母。",
        ),
        "sm_bars_first": ("the first {count} of {all}", "前 {count} 位，共 {all} 家"),
        "sm_bars_last": ("the last {count}", "后 {count} 位"),
        "sm_bars_alt": ("{title}: {parts}", "{title}：{parts}"),
        "sm_trend_alt": (
            "{name}, {months} months: {first} at first, {last} at last",
            "{name}，{months}个月：期初 {first}，期末 {last}",
        ),
        # Cross-checks
        "sm_checks": ("Cross-checks", "勾稽关系"),
        "sm_checks_all": ("All {count} cases hold.", "全部 {count} 项均成立。"),
        "sm_checks_counts": (
            "{holds} cases hold, {fails} do not, {not_asked} could not be asked.",
            "成立 {holds} 项，不成立 {fails} 项，未能校验 {not_asked} 项。",
        ),
        "sm_checks_none": ("This report has no cross-checks.", "本表无勾稽关系。"),
        "sm_check": ("Check", "编号"),
        "sm_rule": ("Rule", "规则"),
        "sm_left": ("Left side", "左方"),
        "sm_relation": ("Relation", "关系"),
        "sm_right": ("Right side", "右方"),
        "sm_difference": ("Difference", "差额"),
        "sm_tolerance": ("Tolerance", "容差"),
        "sm_verdict": ("Verdict", "结论"),
        "sm_holds": ("holds", "成立"),
        "sm_fails": ("does not hold", "不成立"),
        "sm_not_asked": ("not asked", "未校验"),
        "sm_blocks": ("blocks the release", "阻断发布"),
        "sm_comment": ("asks for a comment", "需说明"),
        "sm_waived": ("waived", "例外放行"),
        "sm_commented": ("commented", "已说明"),
        "sm_why_nothing_before": (
            "Nothing was released or published for the earlier month.",
            "上期未发布数据。",
        ),
        "sm_why_no_figure": ("A cell it rests on is empty.", "所涉单元格无数据。"),
        "sm_why_no_other": ("The other report was not filled.", "另一报表尚未生成。"),
        "sm_why_no_rows": ("There are no units below.", "无下级机构。"),
        "sm_rule_of_which": (
            "No part is larger than its whole: {table}",
            "其中项不大于总项：{table}",
        ),
        "sm_rule_parts": ("Units add up to the whole: {table}", "各机构之和等于合计：{table}"),
        "sm_cases_hold": ("{count} cases", "{count} 项"),
        "sm_remark_reason": (
            "Goes out all the same: {text} ({person}, {at})",
            "例外放行理由：{text}（{person}，{at}）",
        ),
        "sm_remark_comment": ("{text} ({person}, {at})", "说明：{text}（{person}，{at}）"),
        "sm_no_remark": ("Nobody has said why yet.", "尚未说明。"),
        "sm_checks_unit": (
            "Sides stand in the unit of the figures: {currency} to the cent, shares in %.",
            "左右方以数据原单位列示：金额为{currency}，占比为 %。",
        ),
        # Adjustments
        "sm_adjustments": ("Adjustments", "调整事项"),
        "sm_adjustments_none": ("Nothing was adjusted.", "无调整事项。"),
        "sm_adjusted_cells": ("Cells with an adjustment", "含调整的单元格"),
        "sm_adjustment": ("No.", "序号"),
        "sm_branch": ("Branch", "机构"),
        "sm_metric": ("Figure", "指标"),
        "sm_side": ("Side", "分子/分母"),
        "sm_side_numerator": ("numerator or value", "分子（或数值）"),
        "sm_side_denominator": ("denominator", "分母"),
        "sm_delta": ("Delta", "调整额"),
        "sm_reason": ("Reason", "理由"),
        "sm_maker": ("Entered by", "申请人"),
        "sm_approver": ("Approved by", "批准人"),
        "sm_live": ("In force", "有效期"),
        "sm_before_adjusting": ("As published", "调整前"),
        "sm_after_adjusting": ("As reported", "调整后"),
        # Differences
        "sm_differences": ("Differences to the last release", "与上一发布版的差异"),
        "sm_differences_none": (
            "No cell differs from the last release.",
            "与上一发布版逐项一致，无差异。",
        ),
        "sm_differences_first": (
            "Nothing was released before; there is nothing to compare with.",
            "此前未发布过，无可比版本。",
        ),
        "sm_before": ("Before", "上一版"),
        "sm_after": ("Now", "本版"),
        "sm_change": ("Change", "变动"),
        "sm_kind": ("Because", "原因"),
        "sm_change_new": ("new in the report", "新增单元格"),
        "sm_change_gone": ("no longer in the report", "单元格已取消"),
        "sm_change_missing": ("no figure any more", "本版缺数"),
        "sm_change_found": ("empty before", "上一版缺数"),
        "sm_change_value": ("the published figure changed", "发布数据变动"),
        "sm_change_adjustment": ("an adjustment changed", "调整变动"),
        "sm_change_text": ("another text", "文字变动"),
        "sm_change_reason": ("empty for another reason", "缺数原因变动"),
        "sm_change_layout": ("defined or printed otherwise", "口径或列示方式变动"),
        "sm_more": (
            "The first {shown} of {count} lines. The workbook holds all of them.",
            "仅列出 {count} 行中的前 {shown} 行，全部内容见 Excel 文件。",
        ),
        # Signatures
        "sm_signatures": ("Signatures", "签核"),
        "sm_step_prepared": ("Prepared", "编制"),
        "sm_step_checked": ("Checked", "复核"),
        "sm_step_approved": ("Approved", "审批"),
        "sm_step_released": ("Released", "发布"),
        "sm_step_returned": ("Given back", "退回"),
        "sm_open": ("open", "待签"),
        "sm_step": ("Step", "环节"),
        "sm_person": ("Name", "姓名"),
        "sm_at": ("At", "时间"),
        "sm_note": ("Note", "备注"),
        "sm_signed_hash": (
            "Signatures are put to the content hash; other content has another one.",
            "签核以内容哈希为准，内容变动则哈希随之变动。",
        ),
        # The workbook
        "sm_cover": ("Cover", "封面"),
        "sm_filters": ("Filters", "筛选条件"),
        "sm_filters_none": ("none: every line of the report", "无，含报表全部内容"),
        "sm_contents": ("Sheets", "工作表"),
        "sm_live_told": (
            (
                "Figures keep the digits behind what is printed, up to 15. Sums, changes and checks are live "
                "formulas; every figure has its data point as a defined name."
            ),
            (
                "单元格保留显示位数之后的数字（至多15位有效数字）；合计、变动和勾稽均为公式，"
                "每个数字的数据点编号即其定义名称。"
            ),
        ),
        "sm_charts": ("Charts", "图"),
    }
)
