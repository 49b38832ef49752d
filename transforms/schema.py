"""The canonical tables, declared once: types, checks, template headers and the dictionary come from here.

A table or column that a later metric needs is added here and nowhere else. What a column *means for a
metric* belongs in the catalogue; what a bank's file calls it belongs in a mapping.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms import codes
from transforms.codes import CodeList
from transforms.errors import UnknownNameError

MONEY: Final = pl.Decimal(18, 2)
"""Principal amounts, in the unit of the currency named beside them, two decimals, exact."""
RATE: Final = pl.Decimal(12, 8)
"""Interest and exchange rates: fractions or units per unit, eight decimals, exact."""
WIDE: Final = pl.Decimal(38, 12)
"""Sums, numerators, denominators and values of metrics: wide enough for both yuan and fractions."""


class Presence(StrEnum):
    """What it means when a delivered file does not have the column at all."""

    REQUIRED = "required"
    """The file is no such table: it is refused."""
    ASSUMED = "assumed"
    """Every row gets the declared value, and the delivery says so."""
    OPTIONAL = "optional"
    """The column stays empty, and metrics that need it are not computable."""


class Delivery(StrEnum):
    """Which delivery of a table a month is computed with."""

    MONTHLY = "monthly"
    """Only the month's own."""
    CARRIED = "carried"
    """The month's own, or else the latest earlier one: rows carry their own validity."""
    ENTERED = "entered"
    """None: people enter it in the ledger, and no file delivers it for a month."""


@dataclass(frozen=True)
class Column:
    """One column: its type, unit, meaning in two languages, and what its absence means."""

    name: str
    dtype: pl.DataType
    en: str
    zh: str
    tier: str = "A"
    unit: str = ""
    nullable: bool = False
    presence: Presence = Presence.OPTIONAL
    assumed: str | bool | int | None = None
    code_list: CodeList | None = None
    standard: str = ""
    spellings: tuple[tuple[str, str], ...] = ()
    """Other ways of writing values of a set that is not closed."""


@dataclass(frozen=True)
class Table:
    """One canonical table: what a row is, what identifies it, and its columns."""

    name: str
    en: str
    zh: str
    grain: str
    key: tuple[str, ...]
    delivery: Delivery
    columns: tuple[Column, ...]

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """Column names to Polars types, in order."""
        return {column.name: column.dtype for column in self.columns}

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            UnknownNameError: if the table has none, with the near miss.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownNameError(
            f"column of {self.name}",
            name,
            self.column_names,
            way_out=f"`branchmark dictionary {self.name}` lists the {len(self.columns)} columns.",
        )


TEXT: Final = pl.String()
DAY: Final = pl.Date()
FLAG: Final = pl.Boolean()
COUNT: Final = pl.Int32()

_REQUIRED: Final = Presence.REQUIRED
_ASSUMED: Final = Presence.ASSUMED


# One line a column, so that a table reads as a table.
# fmt: off
LOAN_SNAPSHOT: Final = Table(
    name="loan_snapshot",
    en="Loan snapshot",
    zh="贷款借据快照",
    grain="one row per loan receipt (借据) per month end",
    key=("loan_id",),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("loan_id", TEXT, "Loan receipt number, never reused", "贷款借据编码", presence=_REQUIRED, standard="FIRE id; PBoC 贷款借据编码; EAST 信贷借据号"),
        Column("contract_id", TEXT, "Loan contract number", "贷款合同编码", nullable=True, standard="FIRE deal_id"),
        Column("facility_id", TEXT, "Credit facility the loan is drawn under", "授信额度编号", tier="B", nullable=True, standard="FIRE facility_id"),
        Column("borrower_id", TEXT, "Borrower, as a keyed hash", "客户编号", presence=_REQUIRED, standard="FIRE customer_id"),
        Column("booking_branch_id", TEXT, "Branch that books the loan", "内部机构号", presence=_REQUIRED, standard="PBoC 内部机构号"),
        Column("product_type", TEXT, "Product", "贷款产品类别", unit="code", nullable=True, presence=_ASSUMED, assumed="other", code_list=codes.PRODUCT, standard="FIRE type"),
        Column("gl_account_code", TEXT, "General ledger account", "明细科目编号", tier="B", nullable=True, standard="FIRE ledger_code; EAST 明细科目编号"),
        Column("on_balance_sheet", FLAG, "On the balance sheet", "表内标志", presence=_ASSUMED, assumed=True, standard="FIRE on_balance_sheet"),
        Column("entrusted_flag", FLAG, "Entrusted loan, made for another's account", "委托贷款标志", presence=_ASSUMED, assumed=False, standard="AnaCredit fiduciary instrument"),
        Column("movement", TEXT, "Transferred or securitised out", "转让/证券化", tier="B", unit="code", presence=_ASSUMED, assumed="none", code_list=codes.MOVEMENT, standard="FIRE movement"),
        Column("currency_code", TEXT, "Currency, ISO 4217", "币种", unit="code", presence=_ASSUMED, assumed="@base_currency", spellings=codes.CURRENCY_WORDS, standard="ISO 4217"),
        Column("original_amount", MONEY, "Amount drawn", "贷款金额", unit="currency unit", nullable=True, standard="FIRE orig_notional"),
        Column("outstanding_principal", MONEY, "Principal outstanding, not below zero", "贷款余额", unit="currency unit", presence=_REQUIRED, standard="FIRE balance; PBoC 余额"),
        Column("interest_rate", RATE, "Annual interest rate as a fraction (0.0345 is 3.45 %)", "利率水平", tier="B", unit="fraction", nullable=True, standard="FIRE rate; PBoC 利率水平"),
        Column("repricing_date", DAY, "Date the rate was last set; the LPR of that day is its benchmark. Empty: the date of drawdown", "最近重定价日", tier="B", unit="date", nullable=True, standard="FIRE last_repricing"),
        Column("approval_date", DAY, "Date of approval; decides the green catalogue", "审批日期", tier="B", unit="date", nullable=True),
        Column("disbursement_date", DAY, "Date of drawdown", "发放日期", unit="date", nullable=True, standard="FIRE start_date"),
        Column("maturity_date", DAY, "Date of final maturity as first agreed", "到期日期", unit="date", nullable=True, standard="FIRE end_date"),
        Column("extended_maturity_date", DAY, "Date of final maturity after an extension", "展期到期日", tier="B", unit="date", nullable=True, standard="PBoC 展期到期日"),
        Column("issue_type", TEXT, "Why the loan was made", "贷款发放类型", unit="code", nullable=True, code_list=codes.ISSUE_TYPE, standard="EAST 发放类型"),
        Column("previous_loan_id", TEXT, "Loan that this one renews or replaces", "上笔借据号", tier="B", nullable=True, standard="EAST"),
        Column("loan_status", TEXT, "Status of the loan", "贷款状态", unit="code", presence=_ASSUMED, assumed="normal", code_list=codes.LOAN_STATUS, standard="PBoC LS01-03"),
        Column("loan_classification", TEXT, "Five-tier classification; FQ03 to FQ05 are non-performing", "五级分类", unit="code", nullable=True, code_list=codes.CLASSIFICATION, standard="PBoC 五级分类"),
        Column("impairment_allowance", MONEY, "Allowance for impairment held against the loan", "减值准备", tier="B", unit="currency unit", nullable=True, standard="FIRE impairment_amount; AnaCredit accumulated impairment"),
        Column("days_past_due", COUNT, "Days past due, 0 when current", "逾期天数", tier="B", unit="days", nullable=True, standard="OpenNPL days_in_pastdue"),
        Column("main_security_type", TEXT, "Main security", "担保方式", tier="B", unit="code", nullable=True, code_list=codes.SECURITY, standard="PBoC 担保方式"),
        Column("purpose_industry_code", TEXT, "Industry the money goes to, 3 or 4 digits, with or without section letter", "贷款实际投向行业", unit="code", nullable=True, standard="GB/T 4754; EAST 投向行业"),
        Column("sei_tag", TEXT, "Strategic emerging industry field of the loan, 1 to 9", "战略性新兴产业类型", unit="code", nullable=True, code_list=codes.SEI_FIELD, standard="PBoC SE01-09"),
        Column("green_tag", TEXT, "Green item of the loan's use, beginning with the level-1 number", "绿色贷款类型", unit="code", nullable=True, standard="一表通 40"),
        Column("green_catalogue_version", TEXT, "Edition of the green catalogue the tag comes from", "绿色目录版本", unit="code", nullable=True),
        Column("green_tag_nfra", TEXT, "Green item by the regulator's form of green financing", "绿色融资标识（监管口径）", tier="B", unit="code", nullable=True, standard="1104 S68"),
        Column("tech_loan_tag", TEXT, "The bank's own technology-loan mark", "科技贷款标识", unit="code", nullable=True, standard="一表通 41"),
        Column("supply_chain_product_code", TEXT, "Supply-chain finance product", "供应链融资产品", unit="code", nullable=True),
        Column("investment_linkage_flag", FLAG, "Loan linked to an equity investment", "投贷联动标志", tier="B", nullable=True, standard="一表通 54"),
        Column("linkage_mode", TEXT, "How loan and investment are linked", "投贷联动模式", tier="B", unit="code", nullable=True, code_list=codes.LINKAGE_MODE, standard="一表通 55"),
        Column("growth_stage", TEXT, "Growth stage of the company at the loan", "企业成长阶段", tier="B", unit="code", nullable=True, code_list=codes.GROWTH_STAGE, standard="一表通 56"),
        Column("new_type_pledge_flag", FLAG, "Secured by a new type of pledge (order, data asset, emission right)", "新型抵质押标志", tier="B", nullable=True, standard="一表通 73"),
        Column("housing_loan_flag", FLAG, "Housing loan to a person", "个人住房贷款标志", tier="B", nullable=True, standard="银发〔2020〕322号"),
        Column("rental_housing_flag", FLAG, "Loan for rental housing, left out of the real estate cap", "住房租赁贷款标志", tier="B", nullable=True, standard="银发〔2020〕322号"),
        Column("inclusive_flag_source", FLAG, "The source system's own inclusive mark, compared and never used", "普惠型小微企业贷款标志（源系统）", tier="B", nullable=True, standard="EAST; 一表通 43"),
        Column("first_loan_flag_source", FLAG, "The source system's own first-loan mark, compared and never used", "首贷户标志（源系统）", tier="B", nullable=True, standard="一表通 首贷户标识"),
    ),
)

BORROWER_SNAPSHOT: Final = Table(
    name="borrower_snapshot",
    en="Borrower snapshot",
    zh="客户快照",
    grain="one row per borrower, as known at the month end",
    key=("borrower_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("borrower_id", TEXT, "Borrower, as a keyed hash", "客户编号", presence=_REQUIRED, standard="FIRE entity id"),
        Column("borrower_name", TEXT, "Name of the borrower, shown only to those who say why", "客户名称", tier="B", nullable=True, standard="EAST 客户名称"),
        Column("borrower_type", TEXT, "Legal kind of borrower", "客户类型", unit="code", presence=_ASSUMED, assumed="enterprise", code_list=codes.BORROWER_TYPE, standard="AnaCredit legal form"),
        Column("enterprise_size", TEXT, "Enterprise size by the 2017 method", "企业规模", unit="code", nullable=True, code_list=codes.ENTERPRISE_SIZE, standard="PBoC 企业规模"),
        Column("industry_code", TEXT, "Industry of the borrower", "借款人行业", tier="B", unit="code", nullable=True, standard="GB/T 4754"),
        Column("registered_region_code", TEXT, "Place of registration, 6 digits", "注册地区", tier="B", unit="code", nullable=True, standard="GB/T 2260"),
        Column("group_id", TEXT, "Group of connected clients", "集团客户编号", tier="B", nullable=True, standard="FIRE risk_group_id"),
        Column("total_credit_limit_cny", MONEY, "Credit line of the client over the whole bank, in base currency", "单户授信总额", unit="base currency", nullable=True, standard="PBoC 授信额度"),
        Column("employees", COUNT, "Employees", "从业人员", tier="B", unit="persons", nullable=True),
        Column("turnover", MONEY, "Annual turnover, in base currency", "营业收入", tier="B", unit="base currency", nullable=True),
        Column("established_date", DAY, "Date of establishment", "成立日期", tier="B", unit="date", nullable=True),
        Column("total_assets", MONEY, "Total assets, in base currency", "资产总额", tier="B", unit="base currency", nullable=True, standard="FIRE total_assets"),
        Column("financials_date", DAY, "Date of the financial statements", "财务报表日期", tier="B", unit="date", nullable=True, standard="FIRE financials_date"),
        Column("controlling_type", TEXT, "Who controls the enterprise", "企业控股类型", tier="B", unit="code", nullable=True, code_list=codes.CONTROLLING_TYPE, standard="PBoC 企业出资人经济成分"),
        Column("platform_flag", FLAG, "Local government financing platform", "地方政府融资平台标志", tier="B", nullable=True, standard="一表通 贷款主体为地方政府融资平台标识"),
        Column("rd_expense", MONEY, "Research and development expense of 12 months, in base currency", "研发费用", tier="B", unit="base currency", nullable=True),
        Column("core_tech_staff", COUNT, "Core technical staff, average of 12 months", "核心技术人员平均人数", tier="B", unit="persons", nullable=True),
        Column("core_tech_leavers", COUNT, "Core technical staff who left within 12 months", "核心技术人员离职人数", tier="B", unit="persons", nullable=True),
    ),
)

BRANCH: Final = Table(
    name="branch",
    en="Branch",
    zh="机构",
    grain="one row per branch, open or closed",
    key=("branch_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("branch_id", TEXT, "Branch number", "机构号", presence=_REQUIRED),
        Column("name_en", TEXT, "Name in English", "英文名称", nullable=True),
        Column("name_zh", TEXT, "Name in Chinese", "中文名称", nullable=True),
        Column("level", TEXT, "Level in the bank", "机构层级", unit="code", nullable=True, code_list=codes.BRANCH_LEVEL),
        Column("region_code", TEXT, "Place, 6 digits", "所在地区", tier="B", unit="code", nullable=True, standard="GB/T 2260"),
        Column("opened_date", DAY, "Opened on", "成立日期", tier="B", unit="date", nullable=True),
        Column("closed_date", DAY, "Closed on", "撤销日期", tier="B", unit="date", nullable=True),
        Column("merged_into_branch_id", TEXT, "Branch that took over the book", "并入机构", tier="B", nullable=True),
    ),
)

BRANCH_HIERARCHY: Final = Table(
    name="branch_hierarchy",
    en="Branch hierarchy",
    zh="机构隶属关系",
    grain="one row per branch and period under one parent",
    key=("child_id", "valid_from"),
    delivery=Delivery.CARRIED,
    columns=(
        Column("child_id", TEXT, "Branch", "机构号", presence=_REQUIRED),
        Column("parent_id", TEXT, "Branch it reports to", "上级机构", presence=_REQUIRED),
        Column("valid_from", DAY, "First day of the relation", "生效日期", unit="date", presence=_REQUIRED),
        Column("valid_to", DAY, "Last day of the relation; empty while it lasts", "失效日期", unit="date", nullable=True),
        Column("reason", TEXT, "Opened, moved or merged", "变更原因", tier="B", nullable=True),
    ),
)

TECH_ENTERPRISE_LIST: Final = Table(
    name="tech_enterprise_list",
    en="Technology enterprise lists",
    zh="科技型企业名单",
    grain="one row per borrower, list and period of validity",
    key=("borrower_id", "list_type", "valid_from"),
    delivery=Delivery.CARRIED,
    columns=(
        Column("borrower_id", TEXT, "Borrower", "客户编号", presence=_REQUIRED),
        Column("list_type", TEXT, "List", "名单类型", unit="code", presence=_REQUIRED, code_list=codes.TECH_LIST),
        Column("certificate_no", TEXT, "Certificate number", "证书编号", tier="B", nullable=True),
        Column("region_code", TEXT, "Place of the enterprise, 6 digits", "所在地区", tier="B", unit="code", nullable=True, standard="GB/T 2260"),
        Column("valid_from", DAY, "First day of membership", "生效日期", unit="date", presence=_REQUIRED),
        Column("valid_to", DAY, "Last day of membership; empty while it lasts", "失效日期", unit="date", nullable=True),
    ),
)

FIRST_LOAN_EVENT: Final = Table(
    name="borrower_first_loan_event",
    en="First-loan events",
    zh="首贷事件",
    grain="one row per borrower and first drawdown reported in the month",
    key=("borrower_id", "loan_id"),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("borrower_id", TEXT, "Borrower", "客户编号", presence=_REQUIRED),
        Column("loan_id", TEXT, "Loan first drawn", "借据号", presence=_REQUIRED),
        Column("branch_id", TEXT, "Branch credited with the client", "业绩归属机构", presence=_REQUIRED),
        Column("event_date", DAY, "Date of the first drawdown", "首次发放日期", unit="date", presence=_REQUIRED),
        Column("issue_type", TEXT, "Why the loan was made; only new loans qualify", "贷款发放类型", unit="code", presence=_ASSUMED, assumed="new", code_list=codes.ISSUE_TYPE),
        Column("borrower_type", TEXT, "Legal kind of borrower on that day", "客户类型", unit="code", presence=_ASSUMED, assumed="enterprise", code_list=codes.BORROWER_TYPE),
        Column("registry_checked_on", DAY, "Date of the credit registry query that found no loan", "征信查询日期", unit="date", nullable=True),
        Column("evidence_ref", TEXT, "Reference of the evidence", "证据编号", tier="B", nullable=True),
        Column("evidence_level", TEXT, "Kind of evidence", "证据等级", tier="B", unit="code", nullable=True, code_list=codes.EVIDENCE_LEVEL),
        Column("revoked_on", DAY, "Date the event was withdrawn", "撤销日期", tier="B", unit="date", nullable=True),
    ),
)

SUPPLY_CHAIN_RELATION: Final = Table(
    name="supply_chain_relation",
    en="Supply-chain relations",
    zh="供应链关系",
    grain="one row per borrower (or loan), core enterprise and period",
    key=("relation_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("relation_id", TEXT, "Relation number", "关系编号", presence=_REQUIRED),
        Column("borrower_id", TEXT, "Borrower in the chain", "客户编号", presence=_REQUIRED),
        Column("loan_id", TEXT, "Loan the relation is for; empty for all loans of the borrower", "借据号", nullable=True),
        Column("core_enterprise_id", TEXT, "Core enterprise", "核心企业编号", nullable=True),
        Column("core_group_id", TEXT, "Group of the core enterprise", "核心企业集团编号", tier="B", nullable=True),
        Column("role", TEXT, "Role of the borrower", "角色", tier="B", unit="code", nullable=True, code_list=codes.CHAIN_ROLE),
        Column("evidence_type", TEXT, "Kind of evidence", "证据类型", unit="code", nullable=True, code_list=codes.CHAIN_EVIDENCE),
        Column("evidence_ref", TEXT, "Reference of the evidence", "证据编号", nullable=True),
        Column("green_use_code", TEXT, "Green use in the chain", "绿色用途", tier="B", unit="code", nullable=True, code_list=codes.GREEN_USE),
        Column("valid_from", DAY, "First day of the relation", "生效日期", unit="date", presence=_REQUIRED),
        Column("valid_to", DAY, "Last day of the relation; empty while it lasts", "失效日期", unit="date", nullable=True),
    ),
)

GL_CONTROL_TOTAL: Final = Table(
    name="gl_control_total",
    en="General ledger control totals",
    zh="总账控制数",
    grain="one row per branch, account and currency",
    key=("branch_id", "gl_account_code", "currency_code"),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("branch_id", TEXT, "Branch", "机构号", presence=_REQUIRED),
        Column("gl_account_code", TEXT, "General ledger account", "科目编号", presence=_REQUIRED),
        Column("currency_code", TEXT, "Currency, ISO 4217", "币种", unit="code", presence=_ASSUMED, assumed="@base_currency", spellings=codes.CURRENCY_WORDS),
        Column("balance", MONEY, "Balance in the ledger", "总账余额", unit="currency unit", presence=_REQUIRED),
    ),
)

RECONCILIATION_ITEM: Final = Table(
    name="reconciliation_item",
    en="Explained differences to the general ledger",
    zh="总账差异说明",
    grain="one row per explained difference of a branch, account and currency",
    key=("item_id",),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("item_id", TEXT, "Number of the explanation", "说明编号", presence=_REQUIRED),
        Column("branch_id", TEXT, "Branch", "机构号", presence=_REQUIRED),
        Column("gl_account_code", TEXT, "General ledger account", "科目编号", presence=_REQUIRED),
        Column("currency_code", TEXT, "Currency, ISO 4217", "币种", unit="code", presence=_ASSUMED, assumed="@base_currency", spellings=codes.CURRENCY_WORDS),
        Column("amount", MONEY, "How much of loans minus ledger it explains; negative where the ledger is larger", "说明金额", unit="currency unit", presence=_REQUIRED),
        Column("reason", TEXT, "Why the two differ", "差异原因", presence=_REQUIRED),
        Column("explained_by", TEXT, "Who explains it", "说明人", presence=_REQUIRED),
        Column("approved_by", TEXT, "Who approved it; it counts only if that is somebody else", "复核人", nullable=True),
        Column("approved_on", DAY, "Day of the approval", "复核日期", unit="date", nullable=True),
    ),
)

TARGET: Final = Table(
    name="target",
    en="Targets",
    zh="目标",
    grain="one row per branch, metric, reading and period",
    key=("branch_id", "metric_id", "reading", "period", "valid_from"),
    delivery=Delivery.ENTERED,
    columns=(
        Column("branch_id", TEXT, "Branch", "机构号", presence=_REQUIRED),
        Column("metric_id", TEXT, "Metric", "指标", presence=_REQUIRED),
        Column("reading", TEXT, "Reading of the metric; empty for its default", "口径", nullable=True),
        Column("period_type", TEXT, "Kind of period", "期间类型", unit="code", presence=_ASSUMED, assumed="year", code_list=codes.PERIOD_TYPE),
        Column("period", TEXT, "Period: 2026, 2026Q3 or 2026-10", "期间", presence=_REQUIRED),
        Column("target_value", WIDE, "Target in the metric's own unit (0.15 is 15 %)", "目标值", unit="metric's unit", presence=_REQUIRED),
        Column("near_band", WIDE, "How far short still counts as near, in the metric's own unit", "临近区间", unit="metric's unit", nullable=True),
        Column("status", TEXT, "Only approved targets are used", "状态", unit="code", presence=_ASSUMED, assumed="draft", code_list=codes.TARGET_STATUS),
        Column("maker", TEXT, "Who proposed it", "制定人", tier="B", nullable=True),
        Column("checker", TEXT, "Who approved it", "复核人", tier="B", nullable=True),
        Column("valid_from", DAY, "First day the target holds; empty: the first of its period", "生效日期", unit="date", nullable=True),
        Column("valid_to", DAY, "Last day the target holds; empty while it lasts", "失效日期", unit="date", nullable=True),
        Column("phasing", TEXT, "How the target of a year is spread over its months", "分解方式", tier="B", unit="code", presence=_ASSUMED, assumed="none", code_list=codes.PHASING),
        Column("phasing_shares", TEXT, "For seasonal: twelve cumulative shares, January to December, the last of them 1", "累计进度", tier="B", nullable=True),
        Column("base_value", WIDE, "Where the path to the target begins; empty: the figure of the year end before", "基期值", tier="B", unit="metric's unit", nullable=True),
        Column("note", TEXT, "What else should be known", "备注", tier="B", nullable=True),
    ),
)

FX_RATE: Final = Table(
    name="fx_rate",
    en="Exchange rates",
    zh="汇率",
    grain="one row per currency: the middle rate at the month end",
    key=("currency_code",),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("currency_code", TEXT, "Currency, ISO 4217", "币种", unit="code", presence=_REQUIRED, spellings=codes.CURRENCY_WORDS),
        Column("rate", RATE, "Base currency units for one unit", "中间价", unit="base per unit", presence=_REQUIRED),
    ),
)

LOAN_EVENT: Final = Table(
    name="loan_event",
    en="Loan events",
    zh="贷款发生额",
    grain="one row per event of a loan in the month",
    key=("event_id",),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("event_id", TEXT, "Event number", "事件编号", presence=_REQUIRED, standard="FIRE loan_transaction id"),
        Column("loan_id", TEXT, "Loan", "贷款借据编码", presence=_REQUIRED),
        Column("borrower_id", TEXT, "Borrower, as a keyed hash", "客户编号", presence=_REQUIRED),
        Column("branch_id", TEXT, "Branch that books the loan on the day", "内部机构号", presence=_REQUIRED),
        Column("event_date", DAY, "Day of the event", "发生日期", unit="date", presence=_REQUIRED),
        Column("event_type", TEXT, "Kind of event", "发生类型", unit="code", presence=_REQUIRED, code_list=codes.LOAN_EVENT_TYPE, standard="FIRE loan_transaction type"),
        Column("amount", MONEY, "Amount, signed as it changes the principal: a drawdown is above zero, a repayment below. A recovery after a write-off is above zero and changes no principal", "发生额", unit="currency unit", presence=_REQUIRED, standard="PBoC 发生额"),
        Column("currency_code", TEXT, "Currency, ISO 4217", "币种", unit="code", presence=_ASSUMED, assumed="@base_currency", spellings=codes.CURRENCY_WORDS),
        Column("from_value", TEXT, "What it was before: tier, branch or tag", "变更前", tier="B", nullable=True),
        Column("to_value", TEXT, "What it is now: tier, branch or tag", "变更后", tier="B", nullable=True),
        Column("transaction_no", TEXT, "Transaction in the core system", "交易流水号", tier="B", nullable=True, standard="PBoC 交易流水号"),
    ),
)

WRITE_OFF_RECOVERY: Final = Table(
    name="write_off_recovery",
    en="Write-offs and recoveries",
    zh="核销及收回",
    grain="one row per loan written off or sold while non-performing",
    key=("loan_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("loan_id", TEXT, "Loan", "贷款借据编码", presence=_REQUIRED),
        Column("borrower_id", TEXT, "Borrower, as a keyed hash", "客户编号", nullable=True),
        Column("branch_id", TEXT, "Branch that booked the loan", "内部机构号", presence=_REQUIRED),
        Column("write_off_date", DAY, "Day it left the book", "核销日期", unit="date", presence=_REQUIRED),
        Column("method", TEXT, "How it left the book", "处置方式", unit="code", presence=_REQUIRED, code_list=codes.DISPOSAL),
        Column("principal", MONEY, "Principal that left the book", "核销本金", unit="currency unit", presence=_REQUIRED),
        Column("interest", MONEY, "Interest that left the book", "核销利息", tier="B", unit="currency unit", nullable=True),
        Column("recovered_to_date", MONEY, "Cash recovered since", "累计收回金额", tier="B", unit="currency unit", nullable=True),
        Column("claim_kept", FLAG, "Written off but the claim is kept", "账销案存标志", tier="B", nullable=True),
        Column("currency_code", TEXT, "Currency, ISO 4217", "币种", unit="code", presence=_ASSUMED, assumed="@base_currency", spellings=codes.CURRENCY_WORDS),
    ),
)

COLLATERAL: Final = Table(
    name="collateral",
    en="Collateral",
    zh="押品",
    grain="one row per item of collateral",
    key=("collateral_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("collateral_id", TEXT, "Collateral number", "押品编号", presence=_REQUIRED, standard="FIRE collateral id"),
        Column("collateral_type", TEXT, "Kind of collateral", "押品类型", unit="code", presence=_REQUIRED, code_list=codes.COLLATERAL_TYPE, standard="AnaCredit protection type"),
        Column("owner_id", TEXT, "Owner", "押品所有人编号", tier="B", nullable=True),
        Column("value", MONEY, "Value, in base currency", "评估价值", unit="base currency", nullable=True, standard="AnaCredit protection value"),
        Column("valuation_date", DAY, "Date of valuation", "评估日期", tier="B", unit="date", nullable=True),
        Column("prior_claim_amount", MONEY, "Claims that rank before the bank's, in base currency", "优先受偿金额", tier="B", unit="base currency", nullable=True),
        Column("region_code", TEXT, "Place, 6 digits", "所在地区", tier="B", unit="code", nullable=True, standard="GB/T 2260"),
    ),
)

LOAN_COLLATERAL: Final = Table(
    name="loan_collateral",
    en="Collateral of loans",
    zh="借据押品关系",
    grain="one row per loan and item of collateral",
    key=("loan_id", "collateral_id"),
    delivery=Delivery.CARRIED,
    columns=(
        Column("loan_id", TEXT, "Loan", "贷款借据编码", presence=_REQUIRED),
        Column("collateral_id", TEXT, "Collateral", "押品编号", presence=_REQUIRED),
        Column("allocated_value", MONEY, "Part of the value that secures this loan, in base currency", "分配价值", unit="base currency", nullable=True, standard="AnaCredit protection allocated value"),
        Column("rank", COUNT, "Rank of the bank's claim, 1 being the first", "受偿顺位", tier="B", nullable=True),
        Column("valid_from", DAY, "First day", "生效日期", unit="date", presence=_REQUIRED),
        Column("valid_to", DAY, "Last day; empty while it lasts", "失效日期", unit="date", nullable=True),
    ),
)

GUARANTEE: Final = Table(
    name="guarantee",
    en="Guarantees",
    zh="保证",
    grain="one row per guarantee of a loan",
    key=("guarantee_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("guarantee_id", TEXT, "Guarantee contract number", "保证合同编号", presence=_REQUIRED, standard="PBoC 担保合同编码"),
        Column("loan_id", TEXT, "Loan", "贷款借据编码", presence=_REQUIRED),
        Column("guarantor_id", TEXT, "Guarantor", "保证人编号", nullable=True),
        Column("guarantor_type", TEXT, "Kind of guarantor", "保证人类型", unit="code", nullable=True, code_list=codes.GUARANTOR_TYPE),
        Column("amount", MONEY, "Amount guaranteed, in base currency", "保证金额", unit="base currency", nullable=True),
        Column("valid_from", DAY, "First day", "生效日期", unit="date", presence=_REQUIRED),
        Column("valid_to", DAY, "Last day; empty while it lasts", "失效日期", unit="date", nullable=True),
    ),
)

FACILITY: Final = Table(
    name="facility",
    en="Credit facilities",
    zh="授信额度",
    grain="one row per credit facility in force",
    key=("facility_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("facility_id", TEXT, "Facility number", "授信额度编号", presence=_REQUIRED, standard="FIRE facility_id"),
        Column("borrower_id", TEXT, "Borrower, as a keyed hash", "客户编号", presence=_REQUIRED),
        Column("subject_type", TEXT, "Kind of facility", "授信类型", tier="B", unit="code", nullable=True, code_list=codes.FACILITY_SUBJECT),
        Column("limit_amount", MONEY, "Credit line, in base currency", "授信额度", unit="base currency", presence=_REQUIRED),
        Column("used_amount", MONEY, "Drawn part of the line, in base currency", "已用额度", tier="B", unit="base currency", nullable=True),
        Column("approved_date", DAY, "Date of approval", "批准日期", tier="B", unit="date", nullable=True),
        Column("expiry_date", DAY, "Last day of the line", "到期日期", tier="B", unit="date", nullable=True),
        Column("revocable", FLAG, "May be withdrawn at any time", "可撤销标志", tier="B", nullable=True),
    ),
)

LPR_RATE: Final = Table(
    name="lpr_rate",
    en="Loan prime rates",
    zh="贷款市场报价利率（LPR）",
    grain="one row per quotation and term",
    key=("effective_date", "term"),
    delivery=Delivery.CARRIED,
    columns=(
        Column("effective_date", DAY, "First day the quotation holds", "报价日期", unit="date", presence=_REQUIRED),
        Column("term", TEXT, "Term", "期限", unit="code", presence=_REQUIRED, code_list=codes.LPR_TERM),
        Column("rate", RATE, "Annual rate as a fraction (0.03 is 3.00 %)", "利率", unit="fraction", presence=_REQUIRED, standard="PBoC LPR"),
    ),
)

NET_CAPITAL: Final = Table(
    name="net_capital",
    en="Net capital",
    zh="资本净额",
    grain="one row per reporting date and kind of capital, of the whole bank",
    key=("reported_on", "kind"),
    delivery=Delivery.CARRIED,
    columns=(
        Column("reported_on", DAY, "Date the amount was reported for", "报告日期", unit="date", presence=_REQUIRED),
        Column("kind", TEXT, "Kind of capital", "资本类型", unit="code", presence=_REQUIRED, code_list=codes.CAPITAL_KIND),
        Column("amount", MONEY, "Amount, in base currency", "金额", unit="base currency", presence=_REQUIRED),
    ),
)

SUPPLY_CHAIN_TRADE: Final = Table(
    name="supply_chain_trade",
    en="Supply-chain trade",
    zh="供应链交易",
    grain="one row per borrower and core enterprise: their trade of the month",
    key=("borrower_id", "core_enterprise_id"),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("borrower_id", TEXT, "Borrower in the chain", "客户编号", presence=_REQUIRED),
        Column("core_enterprise_id", TEXT, "Core enterprise", "核心企业编号", presence=_REQUIRED),
        Column("trade_amount", MONEY, "Traded in the month, in base currency", "交易金额", unit="base currency", presence=_REQUIRED),
        Column("settled_amount", MONEY, "Paid in the month, in base currency", "结算金额", unit="base currency", nullable=True),
        Column("settlement_days", COUNT, "Days from invoice or acceptance to payment, weighted by what was paid in the month", "结算天数", unit="days", nullable=True),
    ),
)

OVERRIDE: Final = Table(
    name="override",
    en="Overrides",
    zh="人工调整",
    grain="one row per value put in place of a delivered one, while it holds",
    key=("override_id",),
    delivery=Delivery.CARRIED,
    columns=(
        Column("override_id", TEXT, "Override number", "调整编号", presence=_REQUIRED),
        Column("table_name", TEXT, "Table that holds the value", "调整的表", unit="code", presence=_REQUIRED, code_list=codes.OVERRIDDEN_TABLE),
        Column("row_key", TEXT, "Row that holds it: the loan or borrower number", "借据号或客户编号", presence=_REQUIRED),
        Column("column_name", TEXT, "Column that holds it", "调整的字段", presence=_REQUIRED),
        Column("value_before", TEXT, "Delivered value that it replaces, as the data dictionary writes it, or (empty); no value: whatever was delivered", "调整前的值", nullable=True),
        Column("value", TEXT, "Value to compute with, as the data dictionary writes it, or (empty)", "调整后的值", presence=_REQUIRED),
        Column("reason", TEXT, "Why", "调整原因", presence=_REQUIRED),
        Column("valid_from", DAY, "First day it holds", "生效日期", unit="date", presence=_REQUIRED),
        Column("valid_to", DAY, "Last day it holds; there is none without an end", "失效日期", unit="date", presence=_REQUIRED),
        Column("requested_by", TEXT, "Who asked for it", "申请人", presence=_REQUIRED),
        Column("approved_by", TEXT, "Who approved it, another person", "批准人", nullable=True, presence=_REQUIRED),
        Column("approved_on", DAY, "Day of approval", "批准日期", unit="date", nullable=True, presence=_REQUIRED),
    ),
)

# fmt: on

TABLES: Final = MappingProxyType(
    {
        table.name: table
        for table in (
            LOAN_SNAPSHOT,
            BORROWER_SNAPSHOT,
            BRANCH,
            BRANCH_HIERARCHY,
            TECH_ENTERPRISE_LIST,
            FIRST_LOAN_EVENT,
            SUPPLY_CHAIN_RELATION,
            GL_CONTROL_TOTAL,
            RECONCILIATION_ITEM,
            TARGET,
            FX_RATE,
            LOAN_EVENT,
            WRITE_OFF_RECOVERY,
            COLLATERAL,
            LOAN_COLLATERAL,
            GUARANTEE,
            FACILITY,
            LPR_RATE,
            NET_CAPITAL,
            SUPPLY_CHAIN_TRADE,
            OVERRIDE,
        )
    }
)

SYSTEM_COLUMNS: Final = (
    Column("as_of_date", DAY, "Month end the row is about", "数据日期", unit="date"),
    Column(
        "snapshot_version",
        COUNT,
        "1 for the first delivery of a month, 2 and up for restatements",
        "版本",
    ),
    Column("batch_id", TEXT, "Delivery that brought the row", "批次号"),
    Column(
        "source_row_no",
        pl.Int64(),
        "Row in the delivered file, the first row of data being 1",
        "来源行号",
    ),
)
"""Columns that the product adds to every row; no file delivers them."""


def table(name: str) -> Table:
    """The canonical table of that name.

    Raises:
        UnknownNameError: if there is none, with the near miss.
    """
    if name not in TABLES:
        raise UnknownNameError(
            "canonical table",
            name,
            tuple(TABLES),
            way_out="`branchmark dictionary` lists the tables.",
        )
    return TABLES[name]
