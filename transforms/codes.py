"""Code lists of the canonical tables: the closed words a coded column may hold.

Lists that change by law and date (industries, SEI, green catalogues) are data under `reference/`, not
here. What a bank's own system calls a code belongs in a mapping's code map; the aliases below are only
the spellings of the national standards (PBoC, EAST, 1104) for the same thing.
"""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Code:
    """One word of a list: the canonical code, its labels, and other standards' spellings."""

    code: str
    en: str
    zh: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A closed list of codes, in the order people read them."""

    name: str
    codes: tuple[Code, ...] = field(default=())

    @property
    def values(self) -> tuple[str, ...]:
        """The canonical codes."""
        return tuple(code.code for code in self.codes)

    @property
    def spellings(self) -> dict[str, str]:
        """Every accepted spelling, in capitals, to its canonical code."""
        return {
            spelling.upper(): code.code
            for code in self.codes
            for spelling in (code.code, code.zh, *code.aliases)
        }


# One line a code, so that a list reads as a list.
# fmt: off
CLASSIFICATION = CodeList(
    "loan_classification",
    (
        Code("FQ01", "Normal", "正常", ("1", "正常", "normal", "pass")),
        Code("FQ02", "Special mention", "关注", ("2", "关注", "special_mention")),
        Code("FQ03", "Substandard", "次级", ("3", "次级", "substandard")),
        Code("FQ04", "Doubtful", "可疑", ("4", "可疑", "doubtful")),
        Code("FQ05", "Loss", "损失", ("5", "损失", "loss")),
    ),
)
ENTERPRISE_SIZE = CodeList(
    "enterprise_size",
    (
        Code("CS01", "Large", "大型", ("B", "大型", "large")),
        Code("CS02", "Medium", "中型", ("M", "中型", "medium")),
        Code("CS03", "Small", "小型", ("S", "小型", "small")),
        Code("CS04", "Micro", "微型", ("T", "微型", "micro")),
        Code("CS05", "Not an enterprise", "其他", ("其他", "other")),
    ),
)
LOAN_STATUS = CodeList(
    "loan_status",
    (
        Code("normal", "Normal", "正常", ("LS01", "正常")),
        Code("extended", "Extended", "展期", ("LS02", "展期")),
        Code("overdue", "Overdue", "逾期", ("LS03", "逾期")),
        Code("settled", "Settled", "结清", ("结清",)),
        Code("written_off", "Written off", "核销", ("核销",)),
        Code("transferred", "Transferred", "转让", ("转让",)),
    ),
)
MOVEMENT = CodeList(
    "movement",
    (
        Code("none", "On the bank's own book", "未转让", ("未转让",)),
        Code("transferred_out", "Transferred out", "转出", ("转出",)),
        Code("securitised", "Securitised out", "资产证券化转出", ("资产证券化",)),
    ),
)
ISSUE_TYPE = CodeList(
    "issue_type",
    (
        Code("new", "New", "新增", ("新增",)),
        Code("refinance", "Borrow new to repay old", "借新还旧", ("借新还旧",)),
        Code("restructure", "Restructured", "重组", ("重组",)),
        Code("renewal_no_repayment", "Renewed without repaying", "无还本续贷", ("无还本续贷",)),
        Code("transferred_in", "Transferred in", "转入", ("转入",)),
        Code("other", "Other", "其他", ("其他",)),
    ),
)
SECURITY = CodeList(
    "main_security_type",
    (
        Code("01", "Pledge", "质押", ("质押", "pledge")),
        Code("02", "Mortgage", "抵押", ("抵押", "mortgage")),
        Code("03", "Guarantee", "保证", ("保证", "guarantee")),
        Code("04", "Unsecured", "信用", ("信用", "credit")),
    ),
)
PRODUCT = CodeList(
    "product_type",
    (
        Code("working_capital", "Working capital loan", "流动资金贷款", ("流动资金贷款",)),
        Code("fixed_asset", "Fixed asset loan", "固定资产贷款", ("固定资产贷款",)),
        Code("real_estate_development", "Real estate development loan", "房地产开发贷款", ("房地产开发贷款",)),
        Code("trade_finance", "Trade finance", "贸易融资", ("贸易融资",)),
        Code("supply_chain", "Supply-chain finance", "供应链融资", ("供应链融资",)),
        Code("personal_business", "Business loan to a person", "个人经营性贷款", ("个人经营性贷款",)),
        Code("discounted_bill", "Discounted bill", "票据贴现", ("票据贴现", "贴现")),
        Code("rediscounted_bill", "Rediscounted bill", "票据转贴现", ("转贴现", "票据转贴现")),
        Code("other", "Other", "其他", ("其他",)),
    ),
)
BORROWER_TYPE = CodeList(
    "borrower_type",
    (
        Code("enterprise", "Enterprise legal person", "企业法人", ("企业", "企业法人")),
        Code("public", "Public institution or government", "机关事业单位", ("机关", "事业单位")),
        Code("individual_business", "Sole proprietor", "个体工商户", ("个体工商户",)),
        Code("business_owner", "Owner of a small business", "小微企业主", ("小微企业主",)),
        Code("individual", "Natural person", "自然人", ("自然人",)),
    ),
)
TECH_LIST = CodeList(
    "list_type",
    (
        Code("high_tech", "High-tech enterprise", "高新技术企业", ("高新技术企业",)),
        Code("tech_sme", "Technology SME", "科技型中小企业", ("科技型中小企业",)),
        Code("srdi", "Specialised SME (SRDI)", "专精特新中小企业", ("专精特新", "专精特新中小企业")),
        Code("little_giant", "SRDI little giant", "专精特新“小巨人”企业", ("小巨人",)),
        Code("demonstration", "Technology-innovation demonstration", "国家技术创新示范企业", ("技术创新示范企业",)),
        Code("single_champion", "Manufacturing single champion", "制造业单项冠军企业", ("单项冠军",)),
        Code("innovative_sme", "Innovative SME", "创新型中小企业", ("创新型中小企业",)),
        Code("technology_centre", "National technology centre", "国家企业技术中心", ("企业技术中心",)),
    ),
)
BRANCH_LEVEL = CodeList(
    "level",
    (
        Code("head", "Head office", "总行", ("总行",)),
        Code("region", "Region", "区域", ("区域",)),
        Code("tier1", "Tier-1 branch", "一级分行", ("一级分行",)),
        Code("tier2", "Sub-branch", "二级分行/支行", ("二级分行", "支行")),
        Code("outlet", "Outlet", "网点", ("网点",)),
    ),
)
EVIDENCE_LEVEL = CodeList(
    "evidence_level",
    (
        Code("registry", "Credit registry queried", "征信查询", ("征信查询",)),
        Code("own_bank", "Own bank's records only", "本行记录", ("本行记录",)),
        Code("unknown", "Unknown", "未知", ("未知",)),
    ),
)
CHAIN_ROLE = CodeList(
    "role",
    (
        Code("supplier", "Supplier", "供应商", ("供应商",)),
        Code("distributor", "Distributor", "经销商", ("经销商",)),
        Code("buyer", "Buyer", "采购方", ("采购方",)),
        Code("logistics", "Logistics", "物流", ("物流",)),
    ),
)
CHAIN_EVIDENCE = CodeList(
    "evidence_type",
    (
        Code("confirmed_payable", "Payable confirmed by the core enterprise", "确权应付账款", ("确权应付账款",)),
        Code("order", "Order", "订单", ("订单",)),
        Code("e_voucher", "Electronic receivable voucher", "电子债权凭证", ("电子债权凭证",)),
        Code("contract", "Contract", "合同", ("合同",)),
        Code("platform_data", "Platform data", "平台数据", ("平台数据",)),
    ),
)
GREEN_USE = CodeList(
    "green_use_code",
    (
        Code("energy_saving_equipment", "Energy-saving equipment", "节能设备", ("节能设备",)),
        Code("recycling_line", "Waste-recycling line", "资源回收利用产线", ("资源回收利用",)),
        Code("cleaner_production", "Cleaner production", "清洁生产", ("清洁生产",)),
        Code("other", "Other", "其他", ("其他",)),
    ),
)
PERIOD_TYPE = CodeList(
    "period_type",
    (
        Code("year", "Year", "年", ("年",)),
        Code("quarter", "Quarter", "季", ("季",)),
        Code("month", "Month", "月", ("月",)),
    ),
)
TARGET_STATUS = CodeList(
    "status",
    (
        Code("draft", "Draft", "草稿", ("草稿",)),
        Code("submitted", "Submitted", "已提交", ("已提交",)),
        Code("approved", "Approved", "已批准", ("已批准",)),
        Code("rejected", "Rejected", "已退回", ("已退回",)),
        Code("superseded", "Superseded", "已被替代", ("已被替代",)),
        Code("replaced", "Replaced by a newer draft", "已另拟", ("已另拟",)),
        Code("withdrawn", "Withdrawn", "已撤回", ("已撤回",)),
    ),
)
PHASING = CodeList(
    "phasing",
    (
        Code("none", "The full target in every month", "不分解", ("不分解",)),
        Code("linear", "In equal monthly steps", "按月均摊", ("均摊", "线性")),
        Code("seasonal", "By the twelve shares beside it", "按给定进度", ("进度", "季节")),
        Code("history", "As the years before went", "按历史进度", ("历史",)),
    ),
)

LINKAGE_MODE = CodeList(
    "linkage_mode",
    (
        Code("loan_and_equity", "Loan beside an equity stake", "贷款+直接投资", ("贷款+直投",)),
        Code("loan_and_warrant", "Loan with a warrant", "贷款+认股权", ("认股权",)),
        Code("loan_and_fund", "Loan beside a partner fund", "贷款+外部直投", ("外部直投",)),
        Code("other", "Other", "其他", ("其他",)),
    ),
)
GROWTH_STAGE = CodeList(
    "growth_stage",
    (
        Code("seed", "Seed", "种子期", ("种子期",)),
        Code("start_up", "Start-up", "初创期", ("初创期",)),
        Code("growth", "Growth", "成长期", ("成长期",)),
        Code("expansion", "Expansion", "扩张期", ("扩张期",)),
        Code("mature", "Mature", "成熟期", ("成熟期",)),
    ),
)
CONTROLLING_TYPE = CodeList(
    "controlling_type",
    (
        Code("state", "State-controlled", "国有控股", ("国有控股",)),
        Code("collective", "Collectively controlled", "集体控股", ("集体控股",)),
        Code("private", "Privately controlled", "私人控股", ("私人控股", "民营")),
        Code("hk_mo_tw", "Controlled from Hong Kong, Macao or Taiwan", "港澳台商控股", ("港澳台商控股",)),
        Code("foreign", "Foreign-controlled", "外商控股", ("外商控股",)),
    ),
)
LOAN_EVENT_TYPE = CodeList(
    "event_type",
    (
        Code("drawdown", "Drawdown", "发放", ("发放",)),
        Code("scheduled_repayment", "Scheduled repayment", "正常收回", ("收回", "正常收回")),
        Code("prepayment", "Prepayment", "提前收回", ("提前收回",)),
        Code("renewal", "Replaced by a new receipt", "续贷置换", ("续贷",)),
        Code("restructure", "Replaced by a restructured receipt", "重组置换", ("重组",)),
        Code("write_off", "Written off", "核销", ("核销",)),
        Code("transfer_out", "Sold", "转出", ("转出",)),
        Code("transfer_in", "Bought", "转入", ("转入",)),
        Code("securitised", "Securitised out", "证券化转出", ("证券化",)),
        Code("branch_move", "Moved to another branch", "机构划转", ("机构划转",)),
        Code("correction", "Correction", "冲正", ("冲正",)),
        Code("recovery", "Recovered after a write-off", "已核销收回", ("核销收回",)),
        Code("reclassification", "Classified anew", "五级分类调整", ("分类调整",)),
        Code("tag_change", "Tagged anew", "标识调整", ("标识调整",)),
    ),
)
WITHOUT_PRINCIPAL = ("recovery", "reclassification", "tag_change")
"""Events that leave the principal as it is; the amounts of all others add up to its change."""
DISPOSAL = CodeList(
    "method",
    (
        Code("write_off", "Written off", "核销", ("核销",)),
        Code("transfer", "Sold", "转让", ("转让",)),
        Code("securitisation", "Securitised", "证券化", ("证券化",)),
    ),
)
COLLATERAL_TYPE = CodeList(
    "collateral_type",
    (
        Code("real_estate", "Real estate", "房地产", ("房地产",)),
        Code("land_use_right", "Land-use right", "土地使用权", ("土地使用权",)),
        Code("equipment", "Equipment", "机器设备", ("机器设备",)),
        Code("inventory", "Inventory", "存货", ("存货",)),
        Code("receivable", "Receivable", "应收账款", ("应收账款",)),
        Code("order", "Order", "订单", ("订单",)),
        Code("deposit", "Deposit or margin", "存单及保证金", ("存单", "保证金")),
        Code("equity", "Equity", "股权", ("股权",)),
        Code("patent", "Patent", "专利权", ("专利权", "专利")),
        Code("trademark", "Trademark", "商标权", ("商标权",)),
        Code("software_copyright", "Software copyright", "软件著作权", ("软件著作权",)),
        Code("data_asset", "Data asset", "数据资产", ("数据资产",)),
        Code("other", "Other", "其他", ("其他",)),
    ),
)
GUARANTOR_TYPE = CodeList(
    "guarantor_type",
    (
        Code("guarantee_company", "Financing guarantee company", "融资担保公司", ("融资担保公司",)),
        Code("core_enterprise", "Core enterprise", "核心企业", ("核心企业",)),
        Code("owner", "Owner", "实际控制人", ("实际控制人",)),
        Code("group_company", "Company of the group", "集团关联企业", ("关联企业",)),
        Code("other", "Other", "其他", ("其他",)),
    ),
)
FACILITY_SUBJECT = CodeList(
    "subject_type",
    (
        Code("single", "Single client", "单一客户授信", ("单一客户",)),
        Code("group", "Group", "集团客户授信", ("集团客户",)),
        Code("supply_chain", "Supply chain", "供应链授信", ("供应链",)),
    ),
)
LPR_TERM = CodeList(
    "term",
    (
        Code("1Y", "One year", "1年期", ("1年期",)),
        Code("5Y", "Five years and over", "5年期以上", ("5年期以上",)),
    ),
)
CAPITAL_KIND = CodeList(
    "kind",
    (
        Code("net_capital", "Net capital", "资本净额", ("资本净额",)),
        Code("tier1_net_capital", "Net tier-1 capital", "一级资本净额", ("一级资本净额",)),
    ),
)
OVERRIDDEN_TABLE = CodeList(
    "table_name",
    (
        Code("loan_snapshot", "A loan of the book", "贷款借据", ("借据",)),
        Code("borrower_snapshot", "A borrower", "客户", ("客户",)),
    ),
)

SEI_FIELD = CodeList(
    "sei_tag",
    (
        Code("1", "Next-generation information technology", "新一代信息技术产业", ("SE01", "01", "新一代信息技术")),
        Code("2", "High-end equipment manufacturing", "高端装备制造产业", ("SE02", "02", "高端装备制造", "高端装备")),
        Code("3", "New materials", "新材料产业", ("SE03", "03", "新材料")),
        Code("4", "Biology", "生物产业", ("SE04", "04", "生物")),
        Code("5", "New energy vehicles", "新能源汽车产业", ("SE05", "05", "新能源汽车")),
        Code("6", "New energy", "新能源产业", ("SE06", "06", "新能源")),
        Code("7", "Energy saving and environment", "节能环保产业", ("SE07", "07", "节能环保")),
        Code("8", "Digital creative", "数字创意产业", ("SE08", "08", "数字创意")),
        Code("9", "Related services", "相关服务业", ("SE09", "09", "相关服务", "战略性新兴产业相关服务业")),
    ),
)
# fmt: on
"""The nine fields in the order of NBS Order 23 of 2018. Sources that order them otherwise (bank marts
often begin with energy saving) need a code map in their mapping; nothing in a code shows the order."""

CURRENCY_WORDS: Final = (
    ("人民币", "CNY"),
    ("人民币元", "CNY"),
    ("RMB", "CNY"),
    ("美元", "USD"),
    ("欧元", "EUR"),
    ("港币", "HKD"),
    ("港元", "HKD"),
    ("日元", "JPY"),
    ("英镑", "GBP"),
    ("澳大利亚元", "AUD"),
    ("澳元", "AUD"),
    ("加元", "CAD"),
    ("新加坡元", "SGD"),
    ("瑞士法郎", "CHF"),
)
"""How Chinese systems write currencies that a bank's book is mostly in."""
