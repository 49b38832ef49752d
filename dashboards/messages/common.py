"""The words that all pages share, and those of the overview and the branch scorecard, by key."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

COMMON_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "overview": ("Overview", "总览"),
        "branch_page": ("Branch scorecard", "机构记分卡"),
        "metric_page": ("Metric", "指标分析"),
        "loans_page": ("Loans", "贷款明细"),
        "loan_page": ("One loan", "单笔贷款"),
        "self_check_page": ("Self-check", "自查"),
        "reports_page": ("Reports and sign-off", "报告与签核"),
        "catalogue_page": ("Catalogue and rules", "指标目录与规则"),
        "pages_review": ("Where we stand", "经营概况"),
        "pages_look": ("What is behind it", "深入分析"),
        "pages_trust": ("Can it be signed", "数据与签核"),
        "pages_know": ("What it means", "口径"),
        "version": ("Version", "版本"),
        "version_now": ("As known now", "当前认知"),
        "version_reported": ("As first reported", "首次报告"),
        "version_number": ("Version {version}", "第 {version} 版"),
        "unknown_version": (
            "{asked} is no published version of {day}. Choose one of: {known}.",
            "{asked} 不是 {day} 已发布的版本。可选：{known}。",
        ),
        "only_as_known": (
            'This is worked out on the book as it is known now. Choose the version "As known now" to see it.',
            "此项按当前认知的台账计算。请将版本切换为“当前认知”后查看。",
        ),
        "period": ("Period", "报告期"),
        "comparison": ("Compared with", "比较基准"),
        "branch": ("Branch", "机构"),
        "language": ("Language", "语言"),
        "metric": ("Metric", "指标"),
        "reconciled": ("Reconciled with the ledger", "已与总账核对一致"),
        "provisional_by": ("Provisional: {amount} unexplained", "暂估：{amount} 差异未说明"),
        "not_reconciled": ("No ledger totals delivered", "未报送总账数据"),
        "local_mode": (
            "Local mode: no sign-in, the whole bank is visible.",
            "本地模式：无需登录，可见全行数据。",
        ),
        "bank_scorecard": ("Bank scorecard", "全行记分卡"),
        "scorecard": ("Scorecard", "记分卡"),
        "measure": ("Measure", "指标"),
        "value": ("Value", "数值"),
        "value_in": ("Value ({unit})", "数值（{unit}）"),
        "against_target": ("Value against target", "数值与目标"),
        "note": ("Note", "说明"),
        "gap": ("Gap to target", "与目标差距"),
        "change": ("Change", "变动"),
        "history": ("13 months", "近13个月"),
        "status": ("Status", "状态"),
        "target_is": ("target {value}", "目标 {value}"),
        "limit_is": ("limit {value}", "上限 {value}"),
        "branches_by_metric": ("Branches by metric", "机构与指标"),
        "sort_by": ("Sort by", "排序"),
        "by_region": ("Region", "区域"),
        "by_behind": ("Furthest behind", "差距最大"),
        "behind": ("Who is behind", "落后机构"),
        "behind_none": (
            "No branch misses a target this month.",
            "本期没有机构未达标。",
        ),
        "behind_line": ("{missed} missed, {near} near", "{missed} 项未达标，{near} 项临近"),
        "furthest": ("furthest: {metric}, {gap}", "差距最大：{metric}，{gap}"),
        "more_below": (
            "and {count} more branches, in the table below",
            "另有 {count} 家机构，见下表",
        ),
        "fold_branches": ("branches: {count}", "机构 {count} 家"),
        "fold_hint": (
            (
                "Of {count} branches those of one region are shown at a time; sorted by a heading, the "
                "first {most}. The table below holds all of them."
            ),
            "共 {count} 家机构，每次展开一个区域；按表头排序时显示前 {most} 家。下方表格含全部机构。",
        ),
        "movers": ("What changed since {day}", "自 {day} 以来的变化"),
        "movers_none": (
            "No status changed since {day}.",
            "自 {day} 以来没有状态变化。",
        ),
        "movers_no_month": (
            "{day} is not published, so nothing can be compared with it.",
            "{day} 尚未发布，无法比较。",
        ),
        "rejected_rows": ("Rejected rows", "拒收行数"),
        "unreconciled": ("Branches not reconciled", "未核对一致的机构"),
        "findings": ("Rules with findings", "有发现的规则"),
        "severity_critical": ("critical", "严重"),
        "severity_error": ("error", "错误"),
        "severity_warning": ("warning", "警告"),
        "none": ("none", "无"),
        "behind_it": ("Details", "明细"),
        "loans": ("Loans", "贷款"),
        "notes_of": ("{count} notes on {metric}, the latest", "{metric}的说明 {count} 条，最新"),
        "note_line": ("{comment} ({author}, {day})", "{comment}（{author}，{day}）"),
        "show_rest": (
            "{count} more figures with targets",
            "另有 {count} 项有目标的指标",
        ),
        "show_rest_family": ("{count} more figures", "另有 {count} 项指标"),
        "amounts": ("Amounts in", "金额单位"),
        "amounts_auto": ("as they fit", "自动"),
        "unknown_amounts": (
            "{asked} is no unit of amounts. Choose one of: {known}.",
            "{asked} 不是有效的金额单位。可选：{known}。",
        ),
        "unknown_sort": (
            "The branches cannot be sorted by {asked}. Choose one of: {known}.",
            "机构不能按 {asked} 排序。可选：{known}。",
        ),
        "known_now": ("As known now, v{version}", "当前认知，第 {version} 版"),
        "known_reported": ("As reported {day}, v{version}", "{day} 首次报告，第 {version} 版"),
        "known_version": ("Version {version}, published {day}", "第 {version} 版，{day} 发布"),
        "against": ("against {day}", "对比 {day}"),
        "account_short_all": ("all {accepted} loans accepted", "{accepted} 笔贷款全部接收"),
        "account_short_some": (
            "{accepted} of {delivered} loans accepted",
            "{delivered} 笔贷款接收 {accepted} 笔",
        ),
        "place": ("Where you are", "当前位置"),
        "data_of": ("Data of {day}", "数据日期 {day}"),
        "score_word": ("Score", "得分"),
        "closer": ("Closer look", "深入查看"),
        "signed_units": ("Signed", "已签核"),
        "signed_of": ("{signed} of {count} branches", "{count} 家中 {signed} 家"),
        "signed_none_kept": ("not known", "未知"),
        "state_waiting": (
            "{months} delivered and not published yet.",
            "{months} 已报送，尚未发布。",
        ),
        "state_stale": (
            "No snapshot for {missing}. Last complete: {newest} (delivered {received}).",
            "尚无 {missing} 的数据。最近完整一期：{newest}（{received} 报送）。",
        ),
        "state_partial": (
            "{missing} of {count} branches delivered no loans: {names}. The whole is without them.",
            "{count} 家机构中 {missing} 家未报送贷款：{names}。合计不含这些机构。",
        ),
        "state_pending": (
            "Newer data of this month was delivered and is in no figure yet: {tables}.",
            "本期已收到更新数据，尚未计入：{tables}。",
        ),
        "standing_title": ("{name}: scorecard", "{name}记分卡"),
        "children": ("Units below {branch}", "{branch}下属机构"),
        "children_none": (
            "{branch} has no units below it.",
            "{branch}没有下属机构。",
        ),
        "as_table": ("The same as a table", "以表格查看"),
        "month": ("Month", "月份"),
        "target": ("Target", "目标"),
        "open_branch": ("Open a branch", "打开机构"),
        "choose_branch": ("Choose a branch…", "选择机构…"),
        "to_overview": ("Open the overview", "打开总览"),
        "cannot_show": ("This page cannot be shown", "无法显示此页"),
        "no_month_title": ("Nothing is published yet", "尚未发布数据"),
        "no_month": (
            (
                "{bank} has no published month. Deliver a loan book with `branchmark ingest`, "
                "publish it with `branchmark build`, then reload this page."
            ),
            (
                "{bank}还没有已发布的月份。请先用 `branchmark ingest` 报送贷款台账，"
                "再用 `branchmark build` 发布，然后刷新本页。"
            ),
        ),
        "delivered_waiting": (
            "{count} month(s) are delivered and wait for `branchmark build`.",
            "已报送 {count} 个月份，等待 `branchmark build`。",
        ),
        "unknown_period": (
            "{asked} is not a published month. Published: {first} to {last}.",
            "{asked} 不是已发布的月份。已发布：{first} 至 {last}。",
        ),
        "unknown_branch": (
            (
                "There is no branch {asked} at {day}, or you have no access to it. No figures of "
                "another branch are shown in its place."
            ),
            "{day} 没有机构 {asked}，或您无权查看。此处不会以其他机构的数据代替。",
        ),
        "unknown_comparison": (
            "{asked} is no comparison. Choose one of: {known}.",
            "{asked} 不是有效的比较基准。可选：{known}。",
        ),
        "unknown_metric": (
            "There is no metric {asked} in the catalogue.",
            "目录中没有指标 {asked}。",
        ),
        "previous_month": ("Previous month", "上月"),
        "year_end": ("Previous year end", "年初"),
        "same_month_last_year": ("Same month last year", "去年同期"),
        "since_previous_month": ("on the month", "比上月"),
        "since_year_end": ("since year end", "比年初"),
        "since_same_month_last_year": ("on the year", "同比"),
        "legend": (
            "Bar: value. Line: target. Triangle: {comparison}. The darker the band, the worse.",
            "条形：数值；竖线：目标；三角：{comparison}；底色越深表示越差。",
        ),
        "click_hint": (
            (
                "A branch leads to its scorecard, a figure to what is in it, a heading sorts by it. "
                "Each figure is judged against the branch's own target."
            ),
            "点击机构进入记分卡，点击数值查看构成，点击表头按该指标排序。每个数值按该机构自身目标评价。",
        ),
        "reading_strict": ("strict", "严格"),
        "reading_confirmed": ("confirmed", "确认"),
        "reading_broad": ("broad", "宽"),
        "restated": ("restated, v{version}", "重述 v{version}"),
        "dates": (
            "delivered {received}, published {published} UTC",
            "报送 {received}，发布 {published} UTC",
        ),
        "moves": (
            "{worse} worse, {better} better; the largest moves first",
            "{worse} 项变差，{better} 项变好；按变动幅度排列",
        ),
        "restated_word": ("restated", "已重述"),
        "targets_met": ("{met} of {judged} targets met", "{judged} 项目标达标 {met} 项"),
        "no_targets": ("No approved targets", "无已批准目标"),
        "message_furthest": (
            "Furthest behind: {name} {value}, {gap} of {target}",
            "差距最大：{name} {value}，目标 {target}，{gap}",
        ),
        "message_furthest_limit": (
            "Furthest behind: {name}, {gap} of {target}",
            "差距最大：{name}，上限 {target}，{gap}",
        ),
        "message_branches": (
            "{behind} of {count} branches miss at least one target",
            "{count} 家机构中 {behind} 家至少一项未达标",
        ),
        "message_exceeded": (
            "NPL tolerance exceeded: {names}",
            "超出不良容忍度：{names}",
        ),
        "and_more": (" and {count} more", " 等另外 {count} 家"),
        "rules_with_findings": (
            "{severity} {rules} ({rows} rows)",
            "{severity} {rules} 条（{rows} 行）",
        ),
        "unreconciled_some": ("{count}: {names}", "{count} 家：{names}"),
        "show_table": ("Show as a sortable table", "显示为可排序表格"),
        "axis_percent": ("%", "%"),
        "axis_points": ("pp", "百分点"),
        "axis_clients": ("clients", "户"),
        "axis_bp": ("bp", "基点"),
        "axis_days": ("days", "天"),
        "axis_index": ("index", "指数"),
        "bullet_alt": (
            "{name}: {value}{target}; {status}",
            "{name}：{value}{target}；{status}",
        ),
        "spark_alt": (
            "{name}, 13 months: from {first} to {last}",
            "{name}，近13个月：从 {first} 到 {last}",
        ),
        "reading_section": ("by section", "按门类"),
        "reading_division": ("by division", "按大类"),
        "reading_regulator": ("regulator's", "监管口径"),
        "reading_new_to_bank": ("new to this bank", "本行首贷"),
        "reading_pboc": ("PBoC", "人民银行口径"),
        "reading_nfra": ("NFRA", "金融监管总局口径"),
        "reading_all_loans": ("of all loans", "占各项贷款"),
        "reading_corporate": ("of corporate loans", "占对公贷款"),
        "reading_in_force": ("rule in force", "现行规则"),
        "reading_manufacturing": ("of manufacturing loans", "占制造业贷款"),
        "reading_enterprises": ("enterprises", "企业"),
        "reading_two_high": ("two-high list", "“两高”目录"),
        "reading_booking": ("by branch", "按经办机构"),
        "metric_without_figure": (
            "{metric} was not published for {branch} this month.",
            "{branch}本期未发布指标 {metric}。",
        ),
        "family": ("Show", "显示"),
        "family_targets": ("With targets", "有目标"),
        "family_main": ("Main figures", "主要指标"),
        "unknown_family": (
            "{asked} is no family of metrics. Choose one of: {known}.",
            "{asked} 不是有效的指标类别。可选：{known}。",
        ),
        "family_empty": (
            "No figure of this family can be computed for {branch}.",
            "{branch}在此类别下没有可计算的指标。",
        ),
        "not_computed": (
            "Cannot be given here ({count})",
            "此处无法给出的指标（{count}）",
        ),
        "reason": ("Reason", "原因"),
        "measures": ("Measures", "指标"),
        "starts_anew": (
            "Covers the year so far and starts anew each year: the last one is no base for it.",
            "本年累计口径，每年重新起算，不与上年末比较。",
        ),
        "origin_own": ("own definition", "自定义口径"),
        "origin_own_sentence": (
            "Own definition: there is no official one of that name.",
            "自定义口径：该名称没有官方定义。",
        ),
        "origin_unverified": ("unverified", "未核实"),
        "origin_unverified_sentence": (
            "Unverified: the text that the definition rests on has not been verified.",
            "未核实：定义所依据的文本尚未核实。",
        ),
        "read_neutral": (
            "Neither more nor less is better: read, not judged.",
            "无优劣方向，不作评判。",
        ),
        "read_band": (
            "Belongs in a band that the regulator sets bank by bank: read, not judged.",
            "应处于监管逐家核定的区间内，此处不作评判。",
        ),
    }
)
