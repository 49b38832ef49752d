"""The words of the self-check of a draft, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SELF_CHECK_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "ck_intro": (
            (
                "Check a draft before it is delivered: what would be rejected, how the figures would stand, "
                "and what to mend first."
            ),
            "报送前先自查草稿：哪些行会被拒收、各项指标将如何、哪些贷款应先补正。",
        ),
        "ck_from": ("Which draft", "草稿来源"),
        "ck_from_upload": ("Send a draft", "上传草稿"),
        "ck_from_bank": ("Take one the bank has", "选用行内已有文件"),
        "unknown_source": (
            "{asked} is no source of drafts. Choose one of: {known}.",
            "没有草稿来源 {asked}。可选：{known}。",
        ),
        "ck_files": (
            "Files of the draft (CSV, Excel or Parquet)",
            "草稿文件（CSV、Excel 或 Parquet）",
        ),
        "ck_files_hint": (
            (
                "The loan file, and tables that go with it if there are any. At most {limit} MB together, in "
                "any of the formats that deliveries come in."
            ),
            "贷款台账文件，及其附表（如有）。合计不超过 {limit} MB，格式与正式报送相同。",
        ),
        "ck_lying": ("Delivery", "报送文件"),
        "ck_lying_none": (
            "Nothing waits in the inbox, and no delivered loan book is kept in the archive.",
            "收件箱中没有待报送的文件，归档中也没有贷款台账。",
        ),
        "ck_lying_waits": ("waits in the inbox", "收件箱待报送"),
        "ck_lying_taken": ("delivered for {day}", "已报送 {day}"),
        "ck_mapping": ("Read with the mapping", "字段映射"),
        "ck_mapping_canonical": ("the product's own names", "标准字段名"),
        "ck_mapping_hint": (
            "How the columns of the files are called. The loan book was last delivered with {name}.",
            "文件各列的对应关系。贷款台账上次报送所用映射：{name}。",
        ),
        "ck_month": ("Month end", "报送月末"),
        "ck_month_of_file": ("as the files state it", "以文件所载为准"),
        "ck_check": ("Check the draft", "开始自查"),
        "ck_working": ("Checking the draft", "正在自查草稿"),
        "ck_done": ("The draft is checked", "草稿自查完成"),
        "ck_failed": ("This draft cannot be checked", "无法自查该草稿"),
        "ck_no_file": ("Choose the draft's files first.", "请先选择草稿文件。"),
        "ck_how": ("How it is checked", "自查方式"),
        "ck_how_same": (
            (
                "By the rules of a delivery: what passes here passes there. The other branches stand as they "
                "were last delivered."
            ),
            "规则与正式报送完全一致：自查通过即可报送。其他机构按最近一次报送的数据计。",
        ),
        "ck_how_gone": (
            (
                "Nothing is stored. Files are deleted as soon as they are checked; the answer stays on this "
                "page until you leave the session."
            ),
            "不保存任何内容。文件自查后立即删除；结果仅保留在本次会话的页面上。",
        ),
        "ck_how_own": (
            "Loans that other branches book are left aside: counted, and not shown.",
            "草稿中其他机构的贷款不参与自查：只计笔数，不予显示。",
        ),
        "ck_no_bank": (
            (
                "Drafts are checked by the bank at work, and these pages are served without it. Open them "
                "with `branchmark dashboard`."
            ),
            "自查须连接业务数据，而当前页面未连接。请用 `branchmark dashboard` 打开。",
        ),
        "ck_another": ("Check another draft", "自查另一份草稿"),
        "ck_of": (
            "{files}, checked for {branch} as of {day}",
            "{files}，{branch}，报告期 {day}",
        ),
        "ck_message_accepted": (
            "All {delivered} loans of the draft would be accepted.",
            "草稿中 {delivered} 笔贷款均可接收。",
        ),
        "ck_message_rejected": (
            "{rejected} of {delivered} loans of the draft would be rejected.",
            "草稿中 {delivered} 笔贷款有 {rejected} 笔将被拒收。",
        ),
        "ck_message_figures": (
            "{good} of {judged} targets and limits are met, {mended} if everything were mended.",
            "{judged} 项目标和限额中 {good} 项达标，全部补正后 {mended} 项达标。",
        ),
        "ck_message_no_targets": (
            "No target and no limit is approved for this branch, so nothing is judged.",
            "该机构没有已批准的目标或限额，故不作评判。",
        ),
        "ck_message_work": ("{count} things can be mended.", "共有 {count} 项可以补正。"),
        "ck_message_no_work": ("There is nothing left to mend.", "没有可补正的事项。"),
        "ck_others": (
            "The other branches stand as delivered for {day}.",
            "其他机构按 {day} 的报送数据计。",
        ),
        "ck_no_others": (
            "No other branch has been delivered: references over the bank rest on this draft alone.",
            "其他机构尚未报送：全行口径的比较仅基于本草稿。",
        ),
        "ck_left_aside": (
            "{count} loans of the draft are booked by other branches and were left aside.",
            "草稿中有 {count} 笔贷款属于其他机构，未参与自查。",
        ),
        "ck_rejected_elsewhere": (
            "{count} rows of other branches would be rejected; their branches see them.",
            "另有 {count} 行其他机构的数据将被拒收，由相应机构查看。",
        ),
        "ck_gate": ("The month could not be published so", "如此报送将无法发布本期"),
        "ck_figures": ("Figures", "指标"),
        "ck_mend": ("To mend", "待补正"),
        "ck_rejected": ("Would be rejected", "将被拒收"),
        "ck_findings": ("Findings", "检查发现"),
        "ck_read": ("How it was read", "读取情况"),
        "ck_published": ("Published {day}", "已发布 {day}"),
        "ck_published_never": ("Published", "已发布"),
        "ck_draft": ("By the draft", "按草稿"),
        "ck_if_mended": ("If all is mended", "全部补正后"),
        "ck_unmended": ("the same", "不变"),
        "ck_figures_hint": (
            (
                "What stands against a target or a limit. Mended means that every thing on the list is put "
                "right; a tag follows the facts of a loan, never the target."
            ),
            "仅列有目标或限额的指标。“全部补正”指清单各项均已更正；标识须以贷款事实为准，不得迁就目标。",
        ),
        "ck_rank": ("No.", "序号"),
        "ck_what": ("What to mend", "补正事项"),
        "ck_where": ("Loan and row", "贷款与行号"),
        "ck_balance": ("Balance", "余额"),
        "ck_now_tried": ("Now → tried", "现值 → 试填"),
        "ck_now": ("Now", "现值"),
        "ck_tried": ("Tried", "试填"),
        "ck_remedy": ("What to do", "处理办法"),
        "ck_currency": ("Currency", "币种"),
        "ck_client_head": ("Client", "客户"),
        "ck_before": ("Figure before", "补正前"),
        "ck_after": ("Figure after", "补正后"),
        "ck_status_before": ("Status before", "补正前状态"),
        "ck_status_after": ("Status after", "补正后状态"),
        "ck_effect": ("Effect, if this alone is mended", "单独补正此项的影响"),
        "ck_work_hint": (
            (
                "Items that close an open gap come first. What is tried is an example of a value that would "
                "count. Rows are numbered from the first below the headings."
            ),
            "优先列示可弥补差距的事项。“试填”仅为可计入口径的示例值。行号自标题行之下的首行起算。",
        ),
        "ck_no_effect": ("none on a figure with a target", "对有目标的指标无影响"),
        "ck_not_in_draft": ("in no row of the draft", "不在草稿中"),
        "ck_row": ("row {row}", "第 {row} 行"),
        "ck_row_of": ("{file}, row {row}", "{file} 第 {row} 行"),
        "ck_more_rows": ("and {count} more rows", "另有 {count} 行"),
        "ck_client": ("client {client}", "客户 {client}"),
        "ck_all_kinds": ("Everything", "全部"),
        "unknown_kind": (
            "{asked} is nothing that can be mended here. Choose one of: {known}.",
            "没有补正事项 {asked}。可选：{known}。",
        ),
        "ck_kind_sei_tag_missing": ("SEI field not tagged", "未填战新产业领域"),
        "ck_kind_sei_tag_outside_field": (
            "SEI field and industry disagree",
            "战新领域与投向行业不符",
        ),
        "ck_kind_certificate_lapsed": (
            "Technology certificate lapsed",
            "科技型企业资质已到期",
        ),
        "ck_kind_first_loan_unproven": (
            "First loan without registry query",
            "首贷缺少征信查询",
        ),
        "ck_kind_green_item_not_in_force": ("Green item not in force", "绿色目录项目失效"),
        "ck_work_none": (
            "Nothing in this draft can be mended to the benefit of a figure.",
            "本草稿没有可补正的事项。",
        ),
        "ck_rejected_none": ("No row would be rejected.", "没有会被拒收的行。"),
        "ck_findings_none": (
            "The checks found nothing in the rows of the branch.",
            "该机构各行检查无发现。",
        ),
        "ck_download_work": ("The work list as CSV", "下载补正清单（CSV）"),
        "ck_download_rejected": ("Rejected rows as CSV", "下载拒收行（CSV）"),
        "ck_download_failing": ("Rows with findings as CSV", "下载问题行（CSV）"),
        "ck_cut_off_ahead": (
            "Cut-off for {month}: {day}, {count} working days from today.",
            "{month}数据报送截止日：{day}，尚余 {count} 个工作日。",
        ),
        "ck_cut_off_today": (
            "Cut-off for {month} is today, {day}.",
            "{month}数据报送截止日为今日（{day}）。",
        ),
        "ck_cut_off_past": (
            "Cut-off for {month} was {day}, {count} working days ago.",
            "{month}数据报送截止日为 {day}，已过 {count} 个工作日。",
        ),
        "ck_account": ("Account of the branch's rows", "本机构各行去向"),
        "ck_notes": ("To be known", "须知"),
    }
)
