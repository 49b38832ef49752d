"""The words of the pages about reports that are prepared, checked, approved, released and sent, by key."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RETURNS_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # The list
        "rt_reports": ("Reports", "报表"),
        "rt_report": ("Report", "报表"),
        "rt_due": ("Due", "应报日"),
        "rt_sent": ("Sent", "发送"),
        "rt_sent_of": ("{sent} of {count}", "已送 {sent}/{count}"),
        "rt_units": ("{count} units", "共 {count} 家机构"),
        "rt_for_regulator": ("for the regulator", "报送监管"),
        "rt_for_head_office": ("for head office", "报送总行"),
        "rt_for_branch": ("for the branch", "机构自用"),
        "rt_by_unit": ("{report}, unit by unit", "{report}：分机构"),
        "rt_none": (
            "No report is made of this unit or of one below it for this month end.",
            "本期末本机构及下级机构无应编制的报表。",
        ),
        "rt_elsewhere": ("Not made at this month end:", "本期末不编制的报表（最近一期）："),
        "rt_message": (
            "{count} reports of {unit} for {period}: {told}.",
            "{unit}{period}共 {count} 份报表：{told}。",
        ),
        "rt_message_one": (
            "One report of {unit} for {period}: {told}.",
            "{unit}{period}共 1 份报表：{told}。",
        ),
        "rt_message_none": (
            "No report of {unit} is made for {period}.",
            "{unit}{period}无应编制的报表。",
        ),
        "rt_message_touched": (
            "{count} may have changed since they were prepared.",
            "其中 {count} 份编制后数据或口径有变，可能需要重编。",
        ),
        "rt_message_touched_one": (
            "One may have changed since it was prepared.",
            "其中 1 份编制后数据或口径有变，可能需要重编。",
        ),
        "rt_count_overdue": ("{count} overdue", "逾期 {count} 份"),
        "rt_count_outdated": ("{count} outdated", "已过时 {count} 份"),
        "rt_count_returned": ("{count} given back", "已退回 {count} 份"),
        "rt_count_due": ("{count} due", "待编制 {count} 份"),
        "rt_count_prepared": ("{count} prepared", "已编制 {count} 份"),
        "rt_count_checked": ("{count} checked", "已复核 {count} 份"),
        "rt_count_approved": ("{count} approved", "已审批 {count} 份"),
        "rt_count_not_due": ("{count} not due yet", "未到期 {count} 份"),
        "rt_count_released": ("{count} released", "已发布 {count} 份"),
        "rt_count_sent": ("{count} sent", "已发送 {count} 份"),
        "rt_state_overdue": ("overdue", "逾期未编"),
        "rt_state_outdated": ("outdated", "已过时"),
        "rt_state_returned": ("given back", "已退回"),
        "rt_state_due": ("due", "待编制"),
        "rt_state_prepared": ("prepared", "已编制"),
        "rt_state_checked": ("checked", "已复核"),
        "rt_state_approved": ("approved", "已审批"),
        "rt_state_not_due": ("not due yet", "未到期"),
        "rt_state_released": ("released", "已发布"),
        "rt_state_sent": ("sent", "已发送"),
        "rt_edition": ("edition {edition}", "第 {edition} 版"),
        "rt_late": ("past its day", "已过应报日"),
        "rt_touched": ("may have changed", "可能有变"),
        "rt_compare": ("Compare with today's figures", "与当前数据比对"),
        "rt_comparing": (
            "Filling the reports with today's figures…",
            "正在按当前数据重新填报并比对……",
        ),
        "rt_not_announced": (
            "The holidays until then are not announced; Monday to Friday are counted.",
            "该期间节假日安排尚未公布，暂按周一至周五计算。",
        ),
        # The month of due days
        "rt_due_month": ("What is due in {month}", "{month}应报事项"),
        "rt_due_hint": (
            "Days are working days after the period's end; a report is due by the end of its day.",
            "应报日按报告期末后的工作日推算，应于当日日终前完成。",
        ),
        "rt_mon": ("Mon", "周一"),
        "rt_tue": ("Tue", "周二"),
        "rt_wed": ("Wed", "周三"),
        "rt_thu": ("Thu", "周四"),
        "rt_fri": ("Fri", "周五"),
        "rt_sat": ("Sat", "周六"),
        "rt_sun": ("Sun", "周日"),
        "rt_today": ("today", "今日"),
        "rt_off": ("off", "休"),
        "rt_unpublished": ("not published", "数据未发布"),
        # One report
        "rt_form": ("Form", "报表"),
        "rt_changes": ("What changed", "变动"),
        "rt_files": ("Files and delivery", "文件与发送"),
        "rt_back": ("‹ All reports", "‹ 全部报表"),
        "rt_newest": ("Open the newest edition ›", "打开最新版 ›"),
        "rt_unknown": (
            "There is no report {asked}. There are: {known}.",
            "没有报表“{asked}”。可选：{known}。",
        ),
        "rt_unknown_edition": (
            "This report has no edition {asked}.",
            "该报表没有第 {asked} 版。",
        ),
        "rt_unknown_table": (
            "This report has no table {asked}. It has: {known}.",
            "该报表没有表“{asked}”。可选：{known}。",
        ),
        "rt_nobody_answers": (
            "Reports are shown where the bank is at work behind the pages: branchmark dashboard.",
            "报表须通过 `branchmark dashboard` 打开的页面查看。",
        ),
        "rt_not_made": (
            "This report is not made of {unit} for {period}. It is made for:",
            "{unit}{period}不编制该报表。可查看：",
        ),
        "rt_filling": ("Filling the report…", "正在填报……"),
        "rt_opened": ("{standing}.", "{standing}。"),
        "rt_opened_holds": (
            "Every check that could be asked holds ({count} cases).",
            "可校验的勾稽 {count} 项全部成立。",
        ),
        "rt_opened_fails": (
            "{fails} of {count} cases of checks do not hold.",
            "勾稽 {count} 项中 {fails} 项不成立。",
        ),
        "rt_opened_fails_one": (
            "{fails} of {count} cases of checks does not hold.",
            "勾稽 {count} 项中 {fails} 项不成立。",
        ),
        "rt_opened_draft": (
            "Nobody has prepared it: this is how it would be filled now.",
            "尚未编制；以下为按当前数据填报的草稿。",
        ),
        "rt_opened_older": (
            "It was replaced by edition {newest}.",
            "本版已被第 {newest} 版替代。",
        ),
        "rt_opened_returned": (
            "{person} gave it back: {note}.",
            "{person}已退回，原因：{note}。",
        ),
        "rt_opened_touched": (
            "Something it rests on was published or decided since; “What changed” compares.",
            "编制后其所依据的数据、口径或调整有变，详见“变动”。",
        ),
        "rt_opened_due": ("Due {day}, {distance}.", "应报日 {day}，{distance}。"),
        "rt_opened_late": ("It was due {day}, {distance}.", "应报日 {day}，{distance}，已逾期。"),
        "rt_bar": ("Steps of this edition", "本版签核进度"),
        "rt_hash": ("Content hash {hash}", "内容哈希 {hash}"),
        "rt_editions": ("Editions:", "版次："),
        "rt_table": ("Table", "表"),
        "rt_provisional": ("provisional", "暂估"),
        # Checks
        "rt_failing": ("Checks that do not hold", "不成立的勾稽关系"),
        "rt_none_fails": ("Every check that could be asked holds.", "可校验的勾稽关系全部成立。"),
        "rt_other_checks": (
            "The other checks: {holds} of {count} cases hold",
            "其他勾稽关系：{count} 项中 {holds} 项成立",
        ),
        "rt_others": ("The other checks", "其他勾稽关系"),
        "rt_said": ("What was said", "说明"),
        "rt_say": ("Say something about a check", "填写勾稽说明"),
        "rt_say_prepared_first": (
            "Nobody has prepared this report. Prepare it first; then something can be said about its checks.",
            "报表尚未编制，编制后方可填写勾稽说明。",
        ),
        "rt_say_ended": (
            "This edition is closed: nothing is added to it.",
            "本版已结束，不能再补充说明。",
        ),
        "rt_case": ("Check", "勾稽关系"),
        "rt_text": ("What there is to say", "说明内容"),
        "rt_say_hint": (
            (
                "A check that blocks the release asks for a reason by somebody other than the preparer; "
                "others for a comment."
            ),
            "阻断发布的勾稽须由编制人以外的人员填写放行理由，其余填写说明即可。",
        ),
        "rt_say_it": ("Save", "保存"),
        "rt_said_now": ("Said about {case}.", "已保存对 {case} 的说明。"),
        # Changes
        "rt_since_prepared": ("Since it was prepared", "编制后的变动"),
        "rt_since_draft": (
            "Nobody has prepared it, so there is nothing to compare with.",
            "尚未编制，无可比较。",
        ),
        "rt_since_older": (
            "A newer edition took its place; that one is compared with today's figures.",
            "已有更新版次，请在最新版中查看与当前数据的比对。",
        ),
        "rt_since_untouched": (
            "Nothing that it rests on was published, decided or defined anew since.",
            "编制后，其所依据的数据、口径及调整均无变化。",
        ),
        "rt_since_same": (
            "Something was published or decided since, and nothing in this report changed by it.",
            "编制后虽有数据发布或调整，本报表内容未受影响。",
        ),
        "rt_since_changed": (
            "It is outdated: {count} cells would be filled otherwise now ({parts}). Prepare it anew.",
            "本版已过时：按当前数据将有 {count} 个单元格不同（涉及{parts}），请重新编制。",
        ),
        "rt_part_definition": ("its definition", "报表定义"),
        "rt_part_units": ("its units", "机构"),
        "rt_part_figures": ("its figures", "数据"),
        "rt_part_series": ("its trends", "走势"),
        "rt_part_adjustments": ("adjustments", "调整"),
        "rt_part_checks": ("checks", "勾稽"),
        "rt_against_now": ("Cells that would be filled otherwise now", "与当前数据不同的单元格"),
        "rt_against_released": (
            "Cells that differ from the last release",
            "与上一发布版不同的单元格",
        ),
        "rt_then": ("As prepared", "编制时"),
        "rt_now": ("Now", "当前"),
        "rt_cell": ("Cell", "单元格"),
        "rt_more_cells": (
            "The first {shown} of {count} cells; the file has every one.",
            "仅列出 {count} 个单元格中的前 {shown} 个，全部内容见下载文件。",
        ),
        # Steps
        "rt_cells": ("Cells", "单元格"),
        "rt_cells_told": (
            "{count}, {missing} of them without a figure",
            "{count} 个，其中 {missing} 个缺数",
        ),
        "rt_note": ("Note (needed to give back)", "备注（退回时必填）"),
        "rt_note_needed": (
            "To give it back, say in the note what is to be mended.",
            "退回须在备注中说明需修改的内容。",
        ),
        "rt_confirm": (
            "I have looked at this report and sign what has this hash.",
            "本人已核阅本报表，按上述内容哈希签署。",
        ),
        "rt_prepare": ("Prepare this report", "编制报表"),
        "rt_prepare_anew": ("Prepare it anew", "重新编制"),
        "rt_prepared_now": ("Prepared: edition {edition}.", "已编制：第 {edition} 版。"),
        "rt_take_checked": ("Sign as checked", "复核通过"),
        "rt_take_approved": ("Sign as approved", "审批通过"),
        "rt_take_released": ("Release", "发布"),
        "rt_take_returned": ("Give back", "退回"),
        "rt_taken_now": ("{step} by {person}.", "{step}完成：{person}。"),
        "rt_step_older": (
            "A newer edition took the place of this one; sign that one.",
            "本版已被替代，请签核最新版。",
        ),
        "rt_step_released": (
            "This edition is released; nothing is left to sign.",
            "本版已发布，无须再签核。",
        ),
        "rt_step_outdated": (
            "It changed since it was prepared, and cannot be signed. Prepare it anew.",
            "编制后内容有变，不能再签核，请重新编制。",
        ),
        "rt_step_other_person": (
            "You took the step “{step}” yourself: the next one is somebody else's. You may give it back.",
            "“{step}”由您本人完成，下一步须由他人办理；您可以退回。",
        ),
        "rt_obstacles": ("What approval and release wait for", "审批与发布前的待办"),
        "rt_obstacles_none": ("Nothing stands in the way.", "无待办事项。"),
        "rt_obstacle": ("What", "事项"),
        "rt_obstacle_metric": ("{metric} is missed", "{metric}未达标"),
        "rt_asks": ("Waits for", "要求"),
        "rt_asks_reason": ("a reason by a second person", "由第二人填写放行理由"),
        "rt_asks_comment": ("a comment", "填写说明"),
        "rt_asks_check_in": ("a check-in", "填写未达标说明"),
        "rt_asks_nothing": ("nothing; it is shown only", "仅作提示"),
        "rt_to_checks": ("Say why ›", "填写说明 ›"),
        "rt_to_ledger": ("Differences ›", "查看差异 ›"),
        "rt_history": ("Every step", "签核记录"),
        "rt_history_none": ("Nobody has taken a step yet.", "尚无签核记录。"),
        "rt_signed_hash": ("Hash signed", "所签哈希"),
        # Files and delivery
        "rt_download": ("Files", "下载"),
        "rt_download_hint": (
            "Files are called {name}; who takes which one away is written down.",
            "文件名为 {name}；下载行为将被记录。",
        ),
        "rt_not_released": (
            "Not released yet ({state}): files say so on every page.",
            "尚未发布（{state}），文件各页均有标示。",
        ),
        "rt_as_xlsx": ("Excel", "Excel 工作簿"),
        "rt_as_pdf": ("PDF", "PDF"),
        "rt_as_csv": ("CSV", "CSV"),
        "rt_as_json": ("JSON", "JSON"),
        "rt_evidence": ("Evidence", "证据包"),
        "rt_evidence_hint": (
            (
                "A zip for a stranger: cells, checks, definitions, sources, findings, adjustments, "
                "signatures, and how to recompute them. Loans are packed figure by figure."
            ),
            "供第三方复核的压缩包：单元格、勾稽、口径、数据来源、检查发现、调整、签核及复算方法；贷款明细按单个指标另行打包。",
        ),
        "rt_evidence_draft": (
            "Evidence is packed of what somebody prepared.",
            "报表编制后方可生成证据包。",
        ),
        "rt_evidence_make": ("Make the pack", "生成证据包"),
        "rt_evidence_making": ("Packing…", "正在打包……"),
        "rt_evidence_take": ("Download the pack", "下载证据包"),
        "rt_receipts": ("Who received it", "发送回执"),
        "rt_receipts_none": (
            "Nothing was sent of this edition.",
            "本版尚未发送。",
        ),
        "rt_channel": ("By", "渠道"),
        "rt_channel_mail": ("mail", "邮件"),
        "rt_channel_folder": ("folder", "文件夹"),
        "rt_channel_webhook": ("webhook", "接口推送"),
        "rt_recipient": ("To", "接收方"),
        "rt_attempts": ("Tries", "尝试次数"),
        "rt_detail": ("Receipt", "回执"),
        "rt_dispatch_sent": ("sent", "已发送"),
        "rt_dispatch_waiting": ("waiting", "待发送"),
        "rt_dispatch_failed": ("failed", "发送失败"),
        "rt_dispatch_unknown": ("not known whether it arrived", "是否送达未知"),
    }
)
