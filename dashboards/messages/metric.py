"""The words of the metric page, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

METRIC_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # What the address asks wrongly.
        "mt_unknown_reading": (
            "{asked} is no reading of {metric}. Choose one of: {known}.",
            "{asked} 不是指标 {metric} 的有效口径。可选：{known}。",
        ),
        "mt_unknown_slice": (
            "{metric} cannot be cut by {asked}. Choose one of: {known}.",
            "指标 {metric} 不能按 {asked} 拆分。可选：{known}。",
        ),
        "mt_unknown_section": (
            "{asked} is no part of this page. Choose one of: {known}.",
            "{asked} 不是本页的栏目。可选：{known}。",
        ),
        "mt_unknown_order": (
            "{asked} is no order. Choose one of: {known}.",
            "{asked} 不是有效的排序方式。可选：{known}。",
        ),
        # The sentence at the head.
        "mt_message": ("{name} {value}", "{name} {value}"),
        "mt_message_target": (
            "{name} {value}, target {target}: {gap}",
            "{name} {value}，目标 {target}，{gap}",
        ),
        "mt_message_of": (
            "{name} {value}, {gap} of {target}",
            "{name} {value}，目标 {target}，{gap}",
        ),
        "mt_message_limit": (
            "{name}: {gap} (limit {target})",
            "{name}：{gap}（上限 {target}）",
        ),
        "mt_message_beside": (
            "{name} {value} beside a target of {target}",
            "{name} {value}，对照目标 {target}",
        ),
        "mt_message_none": ("{name}: not given. {reason}.", "{name}：无数值。{reason}。"),
        # The head.
        "mt_limit": ("Limit", "上限"),
        "mt_source": ("Source: {document}", "依据：{document}"),
        "mt_made_of": ("Made from", "构成"),
        "mt_numerator": ("Numerator", "分子"),
        "mt_denominator": ("Denominator", "分母"),
        "mt_counted": ("Counted", "统计范围"),
        "mt_now": ("Now", "本期"),
        "mt_then": ("Then", "基期"),
        "mt_base": ("Base", "基数"),
        "mt_this_year": ("Increment this year", "本年增量"),
        "mt_last_year": ("Increment last year", "上年同期增量"),
        "mt_increase": ("Increase", "增加额"),
        "mt_month_ends": ("Sum of month ends", "各月末合计"),
        "mt_whole": ("Whole", "总量"),
        "mt_minuend": ("This figure", "被减项"),
        "mt_subtrahend": ("Less this one", "减项"),
        "mt_loans": ("› loans", "› 明细"),
        "mt_catalogue": ("In the catalogue ›", "指标目录 ›"),
        "mt_reading": ("Reading", "口径"),
        "mt_reading_is": ("Reading: {name}", "口径：{name}"),
        "mt_reading_default": ("as defined", "基本口径"),
        # The trend.
        "mt_reported": ("First reported", "首次报告"),
        "mt_known": ("As known now", "当前认知"),
        "mt_difference": ("Difference", "差异"),
        "mt_said": ("Said about it", "说明"),
        "mt_code": ("Code", "代码"),
        "mt_definition": ("Definition", "定义版本"),
        "mt_trend": ("By month", "逐月走势"),
        "mt_range": ("Range", "区间"),
        "mt_from_to": ("{low} to {high}", "{low} 至 {high}"),
        "mt_trend_alt": (
            "{name}, {months} months: from {first} to {last}",
            "{name}，{months} 个月：从 {first} 到 {last}",
        ),
        "mt_edition": ("definition {number}", "定义第 {number} 版"),
        "mt_revised": ("rules revised", "规则修订"),
        "mt_taxonomy": ("industries by {name}", "行业分类：{name}"),
        "mt_taxonomy_gbt4754_2017": ("GB/T 4754-2017", "GB/T 4754-2017"),
        "mt_taxonomy_naics": ("NAICS", "NAICS"),
        "mt_taxonomy_none": ("no classification", "无标准分类"),
        "mt_key_compared": ("Triangle: {comparison}.", "三角：{comparison}。"),
        "mt_key_reported": ("Hollow: as first reported.", "空心：首次报告值。"),
        "mt_key_said": ("Diamond: somebody commented.", "菱形：有说明。"),
        "mt_key_break": (
            "Vertical rule: from there on it means something else.",
            "竖线：自该月起口径变更。",
        ),
        "mt_outlook": (
            "Outlook to {day}: {value}, {range} ({method})",
            "预测至{day}：{value}，{range}（{method}）",
        ),
        "mt_outlook_range": ("range {range}", "区间 {range}"),
        "mt_outlook_by": ("outlook: {method}", "预测：{method}"),
        "mt_outlook_would_meet": (
            "; the target of {target} would be met",
            "；预计可达到目标 {target}",
        ),
        "mt_outlook_would_miss": (
            "; the target of {target} would be missed",
            "；预计达不到目标 {target}",
        ),
        "mt_outlook_inside_the_range": (
            "; the target of {target} lies inside the range",
            "；目标 {target} 处于区间之内",
        ),
        "mt_outlook_would_meet_limit": ("; it would stay within the limit", "；预计不超过上限"),
        "mt_outlook_would_miss_limit": ("; the limit would be exceeded", "；预计超过上限"),
        "mt_outlook_inside_the_range_limit": (
            "; the limit lies inside the range",
            "；上限处于区间之内",
        ),
        "mt_no_outlook": (
            "This figure is not carried on to the year end.",
            "本指标不作年末预测。",
        ),
        "mt_no_months": (
            "{metric} has no value in any published month: {reason}.",
            "{metric}在已发布各月均无数值：{reason}。",
        ),
        "mt_months_caption": ("{metric} by month", "{metric}逐月数据"),
        "mt_log": ("Change log", "重述记录"),
        "mt_log_count": (
            "Change log: months reported otherwise ({count})",
            "重述记录（{count} 个月）",
        ),
        "mt_built_anew": (
            "Not delivered again: built anew, since a target, a definition or a month it rests on changed.",
            "未重新报送：因目标、定义或所依据月份变更而重新计算。",
        ),
        # Sections.
        "mt_sections": ("Part of the page", "栏目"),
        "mt_section_causes": ("Why it moved", "变动原因"),
        "mt_section_parts": ("Breakdown", "结构拆分"),
        "mt_section_beside": ("Peers and units below", "同级与下级"),
        "mt_section_readings": ("Readings side by side", "口径对照"),
        "mt_nobody": (
            "This needs the bank's books, which are not open to this dashboard.",
            "此项需读取台账，而本看板未连接台账。",
        ),
        # Why it moved.
        "mt_no_base": (
            "There is no figure of {day} to compare with.",
            "{day} 没有可比较的数值。",
        ),
        "mt_by_unit": ("By unit below", "按下级机构"),
        "mt_by_unit_ask": ("Split the change over the units below", "按下级机构分解变动"),
        "mt_by_unit_note": (
            (
                "Within: the unit's own figure changed. Mix: its weight did. Both make its effect, and all "
                "effects add up to the change."
            ),
            "自身变动：该机构自身数值变化；结构变动：其权重变化；两者合计为其影响，全部影响合计等于总变动。",
        ),
        "mt_within": ("Within", "自身变动"),
        "mt_mix": ("Mix", "结构变动"),
        "mt_itself": ("{branch}, booked there itself", "{branch}（本级经办）"),
        "mt_of_bank": ("{branch}: the whole bank's side", "{branch}（全行一侧）"),
        # Breakdown.
        "mt_cut_by": ("Cut by", "拆分维度"),
        "mt_member": ("Part", "分项"),
        "mt_untagged": ("not stated", "未标注"),
        "mt_cluster_bth": ("Beijing-Tianjin-Hebei", "京津冀"),
        "mt_cluster_yrd": ("Yangtze River Delta", "长三角"),
        "mt_cluster_gba": ("Greater Bay Area", "粤港澳大湾区"),
        "mt_adds": ("Adds to the numerator{unit}", "计入分子{unit}"),
        "mt_of": ("Own denominator{unit}", "自身分母{unit}"),
        "mt_share": ("Share", "占比"),
        "mt_cumulative": ("Cumulative", "累计占比"),
        "mt_running": ("cumulative {share}", "累计 {share}"),
        "mt_others": ("{count} others", "其他 {count} 项"),
        "mt_all_members": ("All {count} parts", "全部 {count} 个分项"),
        "mt_parts_caption": ("Parts of the figure", "指标分项"),
        "mt_no_slices": (
            "{metric} is not cut: its parts would say nothing about the whole.",
            "{metric}不作拆分：分项对整体没有意义。",
        ),
        "mt_slice_not_given": (
            "The book of {day} cannot be cut by {slice} here: nothing is published of it.",
            "{day} 的台账在此无法按“{slice}”拆分：没有已发布的数据。",
        ),
        "mt_parts_add_up": (
            "The parts add up to the figure.",
            "各分项合计等于总值。",
        ),
        "mt_parts_terms_add_up": (
            "Numerators and denominators add up to those of the figure; each value is their quotient.",
            "分子、分母分别合计等于总值的分子、分母；各分项数值为其商。",
        ),
        "mt_parts_need_not_add_up": (
            "The parts need not add up: a client with loans in several counts in each.",
            "各分项不必合计等于总值：同一客户在多个分项有贷款时各计一次。",
        ),
        "mt_parts_lack": (
            "The parts are {amount} short of the figure: some loans are in none of them.",
            "各分项合计与总值相差 {amount}：部分贷款不属于任何分项。",
        ),
        "mt_change_since": ("Change: since {day}.", "变动：自{day}以来。"),
        # Peers and units below.
        "mt_peers": ("Among units of its level", "同级机构对比"),
        "mt_peers_alt": (
            "{name}: {branch} {value} among {count} units",
            "{name}：{branch} {value}，同级共 {count} 家",
        ),
        "mt_peers_key": (
            "Light dots: the others. Dark dot: this unit. Ticks: quartiles and, longer, the median.",
            "浅色点：其他机构；深色点：本机构；刻度：四分位，长刻度：中位数。",
        ),
        "mt_peers_few": (
            "Not shown: {count} units of its level have figures, and it takes {minimum} not to tell of one.",
            "不予显示：同级仅 {count} 家有数值，至少需 {minimum} 家，以免透露单家机构情况。",
        ),
        "mt_peers_unranked": ("Its place is not told.", "不显示名次。"),
        "mt_no_peers": (
            "{branch} has no peers to be compared with.",
            "{branch}没有可比的同级机构。",
        ),
        "mt_rank": (
            "Rank {rank} of {of}, quartile {quartile}",
            "共 {of} 家，居第 {rank} 位（第 {quartile} 四分位）",
        ),
        "mt_rank_plain": (
            "Place {rank} of {of} by size, no judgement",
            "共 {of} 家，按数值居第 {rank} 位（不作评判）",
        ),
        "mt_rank_median": ("; the median is {median}", "；中位数 {median}"),
        "mt_median": ("median {value}", "中位数 {value}"),
        "mt_drawn_to": ("{value}, compared as {place}", "{value}，按 {place} 比较"),
        "mt_unnamed": ("not named", "不具名"),
        "mt_suppressed": ("not shown: few clients", "户数过少，不予显示"),
        "mt_marks_hidden": (
            "Median and quartiles are withheld: with them a count not shown could be told.",
            "中位数与四分位不予显示，以免推算出未显示的户数。",
        ),
        "mt_drawn": (
            "Ratios that rest on few clients are drawn towards the group's.",
            "户数较少的比率已向组内水平收缩。",
        ),
        "mt_drawn_head": ("Drawn to the group", "收缩后"),
        "mt_rank_head": ("Rank", "名次"),
        "mt_order_behind": ("Furthest behind", "差距最大"),
        "mt_order_value": ("Value", "数值"),
        "mt_order_change": ("Largest move", "变动最大"),
        "mt_order_name": ("Name", "名称"),
        # Readings.
        "mt_one_reading": ("{metric} has one reading only.", "{metric}只有一个口径。"),
        "mt_readings_note": (
            "Targets stand against the metric's own reading. A reading chosen holds for the whole page.",
            "目标仅对照指标的基本口径。所选口径适用于本页全部内容。",
        ),
        "mt_this_page": ("this page", "本页"),
        "mt_to_own": ("Against {reading}", "与“{reading}”之差"),
        "mt_apart": ("Loans that tell the readings apart", "各口径之间的贷款差异"),
        "mt_apart_ask": ("Find the loans that tell them apart", "查找造成差异的贷款"),
        "mt_apart_working": (
            "The loans are being judged by each reading …",
            "正在按各口径逐笔判定……",
        ),
        "mt_apart_none": (
            "No loan tells these readings apart: they differ by a rule, not by loans.",
            "各口径的差异在于规则，没有造成差异的贷款。",
        ),
        "mt_counted_by": ("Counted by", "计入口径"),
        "mt_left_out_by": ("Not by", "未计入口径"),
        "mt_side": ("Side", "分子/分母"),
        "mt_loan_count": ("Loans", "笔数"),
        "mt_amount": ("Amount", "金额"),
        # The bridge.
        "wk_title": ("Why it moved since {day}", "自{day}以来的变动原因"),
        "wk_work_out": ("Split the change over its causes", "分解变动原因"),
        "wk_working": ("The two books are being compared loan by loan …", "正在逐笔比对两期台账……"),
        "wk_cause": ("Cause", "原因"),
        "wk_effect": ("Effect", "影响"),
        "wk_above": ("Numerator", "分子"),
        "wk_below": ("Denominator", "分母"),
        "wk_alt": (
            "{metric} from {start} to {end}: {parts}",
            "{metric}由 {start} 至 {end}：{parts}",
        ),
        "wk_none": ("It did not move.", "未变动。"),
    }
)
"""English and Chinese by key."""
