"""The words of reports and sign-off, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REPORTS_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "rp_message_signed": ("{unit} is signed: {told}.", "{unit}已签核：{told}。"),
        "rp_message_outdated": (
            "{unit} was signed before its figures were published anew, and has to be signed again.",
            "{unit}签核后数据又重新发布，须重新签核。",
        ),
        "rp_message_ready": (
            "{unit} is not signed; nothing stands in the way.",
            "{unit}尚未签核，已具备签核条件。",
        ),
        "rp_message_ready_but": (
            "{unit} is not signed. It can be, though not all is in order ({told}).",
            "{unit}尚未签核。可以签核，但仍有未决事项（{told}）。",
        ),
        "rp_message_open": (
            "{unit} is not signed: missed metrics still stand without a word.",
            "{unit}尚未签核：仍有未达标指标缺少说明。",
        ),
        "rp_message_below_none": (
            "Of {count} units below it none is signed",
            "下属 {count} 家机构均未签核",
        ),
        "rp_message_below_one": (
            "Of {count} units below it one is signed",
            "下属 {count} 家机构中 1 家已签核",
        ),
        "rp_message_below_some": (
            "Of {count} units below it {signed} are signed",
            "下属 {count} 家机构中 {signed} 家已签核",
        ),
        "rp_message_outdated_one": (
            "one was signed before its figures were published anew",
            "1 家签核后数据重新发布",
        ),
        "rp_message_outdated_some": (
            "{count} were signed before their figures were published anew",
            "{count} 家签核后数据重新发布",
        ),
        "rp_message_ready_one": ("one can be signed", "1 家可签核"),
        "rp_message_ready_some": ("{count} can be signed", "{count} 家可签核"),
        "rp_message_waiting_one": ("one waits for check-ins", "1 家待补说明"),
        "rp_message_waiting_some": ("{count} wait for check-ins", "{count} 家待补说明"),
        "rp_units": ("Units by step", "各机构进度"),
        "rp_calendar": ("Calendar", "报送日历"),
        "rp_sign": ("Sign", "签核"),
        "rp_since": ("Since it was signed", "签核后的变化"),
        "rp_files": ("What goes out", "对外材料"),
        "rp_step_delivered": ("Delivered", "报送"),
        "rp_step_findings": ("Checked", "检查"),
        "rp_step_reconciled": ("Reconciled", "总账核对"),
        "rp_step_published": ("Published", "发布"),
        "rp_step_check_ins": ("Missed, spoken of", "未达标说明"),
        "rp_step_signed": ("Signed", "签核"),
        "rp_unknown": ("not known", "无法读取"),
        "rp_no_targets": ("no targets", "无目标"),
        "rp_none_missed": ("none missed", "无未达标"),
        "rp_spoken": ("{said} of {missed}", "{said}/{missed} 项"),
        "rp_spoken_title": (
            "{missed} metrics are missed; nobody has said anything about {open} of them",
            "{missed} 项指标未达标，其中 {open} 项尚无说明",
        ),
        "rp_unsigned": ("not signed", "未签核"),
        "rp_signed": ("{person}, {day}", "{person}，{day}"),
        "rp_outdated": ("signed before it was published anew", "签核后重新发布"),
        "rp_outdated_title": (
            "{person} signed version {version} on {day}; other figures were published since",
            "{person} 于 {day} 签核第 {version} 版，其后数据重新发布",
        ),
        "rp_matrix_hint": (
            (
                "● done, ▲ to be done, ■ to be done anew or mended, ○ nothing to judge yet. "
                "Follow a cell to where it is mended."
            ),
            "● 已完成　▲ 待办　■ 须整改或重做　○ 暂无可判。点击单元格前往办理。",
        ),
        "rp_bar": ("This unit, step by step", "本机构逐步进度"),
        # Calendar
        "rp_what": ("What", "事项"),
        "rp_day": ("Day", "日期"),
        "rp_working_day": ("Working day", "工作日"),
        "rp_state": ("State", "状态"),
        "rp_at_month_end": ("Month end", "月末"),
        "rp_at_delivered": ("Newest delivery", "最近报送"),
        "rp_at_published": ("Published", "发布"),
        "rp_at_signed": ("{unit} signed", "{unit}签核"),
        "rp_at_cut_off": ("Cut-off", "报送截止"),
        "rp_at_today": ("Today", "今日"),
        "rp_at_next_month_end": ("Next month end", "下一月末"),
        "rp_done": ("done", "已完成"),
        "rp_late": ("past, and not signed", "已过，尚未签核"),
        "rp_ahead": ("in {count} working days", "{count} 个工作日后"),
        "rp_past": ("{count} working days ago", "{count} 个工作日前"),
        "rp_this_day": ("today", "今日"),
        "rp_no_cut_off": (
            "The bank has set no cut-off: `cut_off_working_days` in branchmark.toml sets one.",
            "本行尚未设定报送截止日：可在 branchmark.toml 中设置 `cut_off_working_days`。",
        ),
        "rp_not_announced": (
            "The holidays of a year ahead are not announced yet: its days are counted from Monday to Friday.",
            "次年节假日安排尚未公布，相关日期暂按周一至周五计算。",
        ),
        "rp_year": ("{unit}, the last {count} months", "{unit}近 {count} 个月"),
        "rp_year_step": ("Step", "步骤"),
        "rp_year_hint": (
            (
                "● done, ▲ missed metrics without a word, ■ not reconciled with the ledger, or published "
                "anew after it was signed, ○ not done, · not published. Follow a month to its page."
            ),
            (
                "● 已完成　▲ 未达标指标缺少说明　■ 与总账不符，或签核后重新发布　○ 未办　· 未发布。"
                "点击月份可打开该期。"
            ),
        ),
        "rp_cell": ("{month}, {step}: {state}", "{month}，{step}：{state}"),
        "rp_cell_good": ("done", "已完成"),
        "rp_cell_open": ("not done", "未办"),
        "rp_cell_watch": ("to be done", "待办"),
        "rp_cell_bad": ("to be done anew or mended", "须整改或重做"),
        "rp_cell_none": ("not published", "未发布"),
        # Signing
        "rp_only_now": (
            (
                'Only the figures as they are known now can be signed. Choose the version "As known now" to '
                "sign them."
            ),
            "只能签核当前认知的数据。请将版本切换为“当前认知”后签核。",
        ),
        "rp_is_signed": (
            "{person} signed version {version} on {day}, and nothing was published since.",
            "{person} 已于 {day} 签核第 {version} 版，其后未重新发布，无须再次签核。",
        ),
        "rp_obstacles": (
            "{count} missed metrics stand without a word. Say something about each, then sign.",
            "{count} 项未达标指标尚无说明。请逐项说明后再签核。",
        ),
        "rp_obstacle_one": (
            "One missed metric stands without a word. Say something about it, then sign.",
            "1 项未达标指标尚无说明。请说明后再签核。",
        ),
        "rp_to_say": ("Add a check-in ›", "填写说明 ›"),
        "rp_missed_metric": ("Missed metric", "未达标指标"),
        "rp_you_sign": ("What you sign", "签核内容"),
        "rp_sign_unit": ("Unit", "机构"),
        "rp_sign_month": ("Month end", "报告期"),
        "rp_sign_version": ("Version", "版本"),
        "rp_sign_version_text": ("{version}, published {day}", "第 {version} 版，{day} 发布"),
        "rp_sign_fingerprint": ("Fingerprint", "指纹"),
        "rp_sign_figures": ("Figures", "指标"),
        "rp_sign_said": ("Missed and spoken of", "未达标且已说明"),
        "rp_sign_quality": ("Ledger", "总账"),
        "rp_note": ("Note (optional)", "备注（选填）"),
        "rp_confirm": (
            "I have looked at these figures and sign them as they are published.",
            "本人已核阅上述数据，按当前发布内容签核。",
        ),
        "rp_confirm_first": (
            "Confirm first that you have looked at what you sign.",
            "请先确认已核阅签核内容。",
        ),
        "rp_sign_now": ("Sign {unit}", "签核{unit}"),
        "rp_signed_now": (
            "Signed: {unit}, {day}, version {version}.",
            "已签核：{unit}，{day}，第 {version} 版。",
        ),
        "rp_signatures": ("Signatures on this month", "本期签核记录"),
        "rp_signatures_none": ("Nobody has signed this month here.", "本期尚无签核记录。"),
        "rp_by": ("Signed by", "签核人"),
        "rp_at": ("On", "日期"),
        "rp_of_version": ("Version", "版本"),
        "rp_of_figures": ("Of figures", "所签数据"),
        "rp_of_these": ("the ones shown", "当前数据"),
        "rp_of_others": ("published before these", "此前发布的数据"),
        # Since
        "rp_since_never": (
            "{unit} has not signed this month, so there is nothing to compare with.",
            "{unit}本期尚未签核，无可比较。",
        ),
        "rp_since_none": (
            "Nothing was published since {person} signed on {day}.",
            "{person} 于 {day} 签核后，数据未重新发布。",
        ),
        "rp_since_same": (
            "The month was published anew since {person} signed on {day}, and no figure of {unit} changed.",
            "{person} 于 {day} 签核后数据重新发布，{unit}各项指标均无变化。",
        ),
        "rp_since_some": (
            (
                "Since {person} signed version {version} on {day}, {count} figures of {unit} changed, "
                "{flipped} of them in status."
            ),
            (
                "{person} 于 {day} 签核第 {version} 版后，{unit}有 {count} 项指标变化，"
                "其中 {flipped} 项状态改变。"
            ),
        ),
        "rp_since_cells": (
            "{count} parts of breakdowns changed with them; the file has every cell.",
            "另有 {count} 个分项随之变化，全部明细见下载文件。",
        ),
        "rp_since_lost": (
            (
                "{person} signed version {version} on {day} (fingerprint {fingerprint}). Those figures were "
                "replaced by later builds and are no longer kept, so they cannot be compared."
            ),
            (
                "{person} 于 {day} 签核第 {version} 版（指纹 {fingerprint}）。"
                "该数据已被后续发布替换且未保留，无法比较。"
            ),
        ),
        "rp_as_signed": ("As signed", "签核时"),
        "rp_as_now": ("Now", "当前"),
        "rp_status_signed": ("Status as signed", "签核时状态"),
        "rp_status_now": ("Status now", "当前状态"),
        "rp_differs_target_value": ("target changed", "目标已变"),
        "rp_differs_limit_value": ("limit changed", "限额已变"),
        "rp_differs_quality_state": ("reconciliation changed", "核对状态已变"),
        "rp_download_cells": ("Every cell that changed, as CSV", "下载全部变化（CSV）"),
        # What goes out
        "rp_artefact": ("Paper", "材料"),
        "rp_holds": ("What it holds", "内容"),
        "rp_made_at": ("Where it is made", "生成页面"),
        "rp_file_scorecard": ("Branch scorecard", "机构记分卡"),
        "rp_file_scorecard_holds": (
            (
                "Every figure with target, gap in words and in money, status and 13 months; what was said "
                "about missed ones; room for signatures"
            ),
            "各项指标的数值、目标、差距（文字与金额）、状态及近13个月走势；未达标说明；签字栏",
        ),
        "rp_file_quality": ("Data quality", "数据质量"),
        "rp_file_quality_holds": (
            "The account of every delivery, rejected rows, findings, ledger differences, overrides",
            "报送去向、拒收行、检查发现、总账差异、人工调整",
        ),
        "rp_file_targets": ("Targets", "目标"),
        "rp_file_targets_holds": (
            "What the unit is held against, who approved it, and what waits",
            "本机构目标、批准人及待批事项",
        ),
        "rp_file_sign_off": ("Sign-off", "签核"),
        "rp_file_sign_off_holds": (
            "This page: units by step, signatures, what changed since",
            "本页：各机构进度、签核记录、签核后的变化",
        ),
        "rp_bear": ("Every file bears this head", "所有材料均载以下抬头"),
        "rp_bear_hint": (
            (
                "Export, at the head of each of these pages, gives Excel, PDF, one HTML file, or CSV and "
                "Parquet with their dictionary."
            ),
            "各页右上角的“导出”可生成 Excel、PDF、单个 HTML 文件，或附数据字典的 CSV 与 Parquet。",
        ),
    }
)
