"""The words of mails: of reports that go out, and of the daily digest of alerts, by key."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ALERTS_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # A report
        "al_report_subject": (
            "{bank}: {title}, {unit}, {period}",
            "{bank}：{title}，{unit}，{period}",
        ),
        "al_dear": ("{name},", "{name}："),
        "al_report_released": (
            "{title} of {unit} for {period} was released by {person} on {day} as edition {edition}.",
            "{unit}{period}《{title}》第 {edition} 版已由{person}于{day}发布。",
        ),
        "al_report_replaces": (
            "It takes the place of the edition released before; {count} cells differ.",
            "本版替代此前发布的版本，共 {count} 个单元格有变化。",
        ),
        "al_filters": ("Filters", "筛选条件"),
        "al_filters_none": ("none; the whole report", "无，全部内容"),
        "al_since": ("What changed from {before} to {after}", "{before}至{after}的变化"),
        "al_more": ("{count} more", "另有 {count} 条"),
        "al_no_comparison": (
            "No earlier month is published to compare with.",
            "暂无已发布的更早月份可供比较。",
        ),
        "al_restated": (
            "The month was published anew since this edition was prepared; the page shows it as known now.",
            "本版编制后，当月数据已重新发布；最新情况请见页面。",
        ),
        "al_files": ("Files", "附件"),
        "al_file": ("{name} ({size}, SHA-256 {hashed})", "{name}（{size}，SHA-256 {hashed}）"),
        "al_too_large": (
            "The files ({size}) are too large for a mail; the page has them.",
            "附件（{size}）超出邮件大小限制，请在页面下载。",
        ),
        "al_too_large_no_page": (
            "The files ({size}) are too large for a mail; ask head office for them.",
            "附件（{size}）超出邮件大小限制，请向总行索取。",
        ),
        "al_open": ("open", "查看"),
        "al_restated_head": ("Restated since", "此后已重述"),
        "al_page": ("Page of the report", "报表页面"),
        "al_only_for_you": (
            "Sent to {name} alone, with what this reader may see: {scope}. Please do not pass it on.",
            "本邮件仅发送给{name}，内容限于其权限范围：{scope}。请勿转发。",
        ),
        "al_scope_whole": ("the whole bank", "全行"),
        "al_scope_units": (
            "{units} ({count} units with those below)",
            "{units}（含下级共 {count} 家机构）",
        ),
        # A digest of alerts
        "al_digest_subject": ("{bank}: {count} alerts, {day}", "{bank}：{day}预警提示 {count} 条"),
        "al_digest_subject_one": ("{bank}: 1 alert, {day}", "{bank}：{day}预警提示 1 条"),
        "al_digest_opening": (
            "What has to be looked at since {since}.",
            "自{since}以来需要关注的事项。",
        ),
        "al_digest_first": (
            "What has to be looked at. This is your first digest.",
            "以下为需要关注的事项。这是您收到的首份提示。",
        ),
        "al_digest_worse": ("To be looked at", "需要关注"),
        "al_digest_better": ("Improved", "有所改善"),
        "al_digest_scope": ("Scope", "权限范围"),
        "al_digest_period": ("Period", "数据期"),
        "al_digest_filters": (
            (
                "status changes; tolerances with less than {percent} % of their limit left; late data; "
                "ledger differences; critical findings; only what was not told before"
            ),
            (
                "状态变化；余量不足限额 {percent}% 的容忍度指标；数据逾期；总账差异；严重问题；"
                "仅列未提示过的事项"
            ),
        ),
        "al_digest_version": (
            "{month}, version {version}, published {at} UTC",
            "{month}，第 {version} 版，发布于 {at} UTC",
        ),
        "al_nothing_published": ("nothing is published yet", "尚无已发布数据"),
        # One alert, one sentence
        "al_at_unit": ("{unit}: {sentence}", "{unit}：{sentence}"),
        "al_late_undelivered": (
            "The loan book of {month} was due by {day} and is not delivered.",
            "{month}贷款数据应于 {day} 前报送，至今未报送。",
        ),
        "al_late_unpublished": (
            "The figures of {month} were due by {day} and are not published; the loan book is delivered.",
            "{month}指标应于 {day} 前发布，至今未发布；贷款数据已报送。",
        ),
        "al_late_unit": (
            "No loans of {unit} were delivered for {month}, which were due by {day}.",
            "{unit}{month}贷款数据应于 {day} 前报送，至今未报送。",
        ),
        "al_ledger": (
            "The loans of {unit} do not agree with the general ledger at {month}: {amount} unexplained.",
            "{unit}{month}贷款与总账不一致，未说明差异 {amount}。",
        ),
        "al_ledger_no_amount": (
            "The loans of {unit} do not agree with the general ledger at {month}; the currency has no rate.",
            "{unit}{month}贷款与总账不一致，所涉币种无折算汇率。",
        ),
        "al_finding": (
            "Critical finding {rule} in the data of {month}, {rows} rows: {reason}",
            "{month}数据存在严重问题 {rule}，涉及 {rows} 行：{reason}",
        ),
    }
)
