"""Why a figure moves: the causes of a bridge, in the order in which they are told apart.

The order matters, since what is put from old to new first is measured on the old book: it is fixed here,
once, and printed by `branchmark bridge --explain-order`. What each cause measures belongs in
`books` and `events`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from transforms.catalogue.model import Label


class Cause(StrEnum):
    """One reason for a change; members stand in the order of the walk."""

    RESTATEMENT = "restatement"
    DEFINITION = "definition"
    LISTS = "lists"
    OVERRIDE = "override"
    RECLASSIFICATION = "reclassification"
    REPRICING = "repricing"
    MIGRATION = "migration"
    ALLOWANCE = "allowance"
    BRANCH_MOVE = "branch_move"
    FX = "fx"
    NEW_LENDING = "new_lending"
    FURTHER_DRAWDOWN = "further_drawdown"
    TRANSFER_IN = "transfer_in"
    RENEWAL = "renewal"
    RESTRUCTURING = "restructuring"
    REPAYMENT = "repayment"
    WRITE_OFF = "write_off"
    TRANSFER_OUT = "transfer_out"
    SECURITISATION = "securitisation"
    CORRECTION = "correction"
    NEW_WITHOUT_EVENT = "new_without_event"
    GONE_WITHOUT_EVENT = "gone_without_event"
    BALANCE_WITHOUT_EVENT = "balance_without_event"
    CLIENTS_GONE = "clients_gone"
    CLIENTS_NEW = "clients_new"


LABELS: Final[Mapping[Cause, Label]] = MappingProxyType(
    {
        Cause.RESTATEMENT: Label("Restatement of the start", "期初重述"),
        Cause.DEFINITION: Label("Definition change", "口径变更"),
        Cause.LISTS: Label("Lists, thresholds, time", "名单、阈值与时间推移"),
        Cause.OVERRIDE: Label("Overrides", "人工调整"),
        Cause.RECLASSIFICATION: Label("Tags and clients reclassified", "标识与客户属性调整"),
        Cause.REPRICING: Label("Repricing", "重定价"),
        Cause.MIGRATION: Label("Tier migration", "风险分类迁徙"),
        Cause.ALLOWANCE: Label("Allowance", "减值准备变动"),
        Cause.BRANCH_MOVE: Label("Branch move", "机构划转"),
        Cause.FX: Label("Exchange rates", "汇率变动"),
        Cause.NEW_LENDING: Label("New lending", "新发放"),
        Cause.FURTHER_DRAWDOWN: Label("Further drawdown", "存量再提款"),
        Cause.TRANSFER_IN: Label("Bought in", "转入"),
        Cause.RENEWAL: Label("Renewal", "续贷"),
        Cause.RESTRUCTURING: Label("Restructuring", "重组"),
        Cause.REPAYMENT: Label("Repayment", "收回"),
        Cause.WRITE_OFF: Label("Write-off", "核销"),
        Cause.TRANSFER_OUT: Label("Sold", "转出"),
        Cause.SECURITISATION: Label("Securitised", "证券化转出"),
        Cause.CORRECTION: Label("Correction", "冲正"),
        Cause.NEW_WITHOUT_EVENT: Label("New loan without an event", "无发生额的新增贷款"),
        Cause.GONE_WITHOUT_EVENT: Label("Loan gone without an event", "无发生额的减少贷款"),
        Cause.BALANCE_WITHOUT_EVENT: Label("Balance change without an event", "无发生额的余额变动"),
        Cause.CLIENTS_NEW: Label("New clients", "新增客户"),
        Cause.CLIENTS_GONE: Label("Clients gone", "流失客户"),
    }
)
"""The names of causes on screen, on charts and in mail."""

MEANINGS: Final[Mapping[Cause, Label]] = MappingProxyType(
    {
        Cause.RESTATEMENT: Label(
            "the first month as first reported, against the same month as delivered last; only if "
            "figures are asked for as reported",
            "期初月份首次报告数与最新交付数之差；仅在按首次报告口径查询时出现",
        ),
        Cause.DEFINITION: Label(
            "the old book under the definitions of the later month",
            "期初贷款按期末口径重算",
        ),
        Cause.LISTS: Label(
            "the old book under the lists, pledges, ties, trade, thresholds and the day of the later month",
            "期初贷款按期末的名单、质押、供应链关系、贸易、阈值与日期重算",
        ),
        Cause.OVERRIDE: Label(
            "overrides that were in force taken out, those in force now put in",
            "撤出期初生效的人工调整，代入期末生效的人工调整",
        ),
        Cause.RECLASSIFICATION: Label(
            "tags, purposes, products and clients' attributes of loans in both books",
            "两期均在账贷款的标识、投向、产品及客户属性变化",
        ),
        Cause.REPRICING: Label(
            "interest rates and repricing dates of loans in both books",
            "两期均在账贷款的利率与重定价日变化",
        ),
        Cause.MIGRATION: Label(
            "five-tier class, days past due and status of loans in both books",
            "两期均在账贷款的五级分类、逾期天数与状态变化",
        ),
        Cause.ALLOWANCE: Label(
            "allowances held against loans in both books",
            "两期均在账贷款的减值准备变化",
        ),
        Cause.BRANCH_MOVE: Label(
            "loans booked elsewhere, and branches merged or put under another parent; nothing for the bank",
            "贷款换机构入账、机构合并或改变隶属关系；全行为零",
        ),
        Cause.FX: Label(
            "the later month's exchange rates on the old principal",
            "期初本金按期末汇率折算",
        ),
        Cause.NEW_LENDING: Label(
            "drawdowns of loans that the old book did not hold, but for what replaces another receipt",
            "期初不在账贷款的发放额，不含置换旧借据部分",
        ),
        Cause.FURTHER_DRAWDOWN: Label(
            "drawdowns of loans that the old book held", "期初在账贷款的再提款"
        ),
        Cause.TRANSFER_IN: Label("loans bought", "转入的贷款"),
        Cause.RENEWAL: Label(
            "a receipt replaced by another: what the old one loses and the new one draws up to it",
            "续贷置换：旧借据减少额与新借据不超过该额的发放",
        ),
        Cause.RESTRUCTURING: Label(
            "the same where the new receipt is a restructured one",
            "重组置换，计算同续贷",
        ),
        Cause.REPAYMENT: Label("scheduled repayments and prepayments", "正常收回与提前收回"),
        Cause.WRITE_OFF: Label("loans written off", "核销的贷款"),
        Cause.TRANSFER_OUT: Label("loans sold", "转出的贷款"),
        Cause.SECURITISATION: Label("loans securitised out", "证券化转出的贷款"),
        Cause.CORRECTION: Label("corrections booked as such", "冲正"),
        Cause.NEW_WITHOUT_EVENT: Label(
            "loans of the new book alone, as far as no event says where they come from",
            "仅期末在账、发生额未能说明来源的贷款",
        ),
        Cause.GONE_WITHOUT_EVENT: Label(
            "loans of the old book alone, as far as no event says where they went",
            "仅期初在账、发生额未能说明去向的贷款",
        ),
        Cause.BALANCE_WITHOUT_EVENT: Label(
            "what the events of a loan in both books do not say of its change",
            "两期均在账贷款余额变动中发生额未能说明的部分",
        ),
        Cause.CLIENTS_GONE: Label("clients whose last loan left", "最后一笔贷款离账的客户"),
        Cause.CLIENTS_NEW: Label(
            "clients whom a loan brought in, counted after those gone",
            "因贷款新增而计入的客户，计于流失之后",
        ),
    }
)
"""What is measured under each cause, in the order of the walk."""
