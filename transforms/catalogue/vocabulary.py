"""What a definition may name: delivered columns, and names that the product looks up or reckons.

Each name says what it needs from the delivered book, so that a metric on a book without that column is
"not computable" by name instead of zero. How a looked-up name of a loan comes about belongs in
`transforms.lookups`; of an event in `first_loans`, a flow in `flows`, a change in `changes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transforms import codes, schema
from transforms.catalogue.model import Entity
from transforms.codes import CodeList
from transforms.reference.tables import Taxonomy
from transforms.schema import Presence, Table

TOTAL: Final = "total"
"""Slice and member of a figure that is not cut."""

UNTAGGED: Final = "none"
"""Member of a slice for loans that have no value there: never dropped, so that parts add up."""


@dataclass(frozen=True)
class Name:
    """One name a definition may use, and what the book must hold for it.

    Attributes:
        name: the column in the frame of its kind of row.
        needs: delivered columns as `table.column`, all of which must be there.
        meaning: one sentence for the dictionary.
        taxonomy: the industry classification the column is only defined on, if any.
        months: monthly tables needed from other months, as (table, months back).
    """

    name: str
    needs: frozenset[str]
    meaning: str
    taxonomy: Taxonomy | None = None
    months: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Slice:
    """A dimension that figures may be cut by; a loan has one member of it.

    Attributes:
        of_branch: the member follows from the booking branch alone.
        code_list: the members and their names, where they are codes.
    """

    name: Name
    en: str
    zh: str
    of_branch: bool = False
    code_list: CodeList | None = None


def _delivered(table: Table, names: tuple[str, ...] | None = None) -> list[Name]:
    return [
        Name(
            column.name,
            frozenset()
            if column.presence is Presence.ASSUMED
            else frozenset({f"{table.name}.{column.name}"}),
            column.en,
        )
        for column in table.columns
        if names is None or column.name in names
    ]


def _by_name(names: list[Name]) -> Mapping[str, Name]:
    return MappingProxyType({name.name: name for name in names})


def _loan(*columns: str) -> frozenset[str]:
    return frozenset(f"{schema.LOAN_SNAPSHOT.name}.{column}" for column in columns)


def _borrower(*columns: str) -> frozenset[str]:
    return frozenset(f"{schema.BORROWER_SNAPSHOT.name}.{column}" for column in columns)


def _of(table: Table, *columns: str) -> frozenset[str]:
    return frozenset(f"{table.name}.{column}" for column in columns)


BORROWER_COLUMNS: Final = (
    "borrower_type",
    "enterprise_size",
    "total_credit_limit_cny",
    "group_id",
    "controlling_type",
    "platform_flag",
)
"""Columns of the borrower that are put beside each of its loans."""

_PURPOSE: Final = _loan("purpose_industry_code")
_TAG: Final = _loan("sei_tag")
_LIST: Final = _of(schema.TECH_ENTERPRISE_LIST, "borrower_id")
_GREEN: Final = _loan("green_tag")
_CHAIN: Final = _of(
    schema.SUPPLY_CHAIN_RELATION, "core_enterprise_id", "evidence_type", "evidence_ref"
)
_TERM: Final = _loan("disbursement_date", "maturity_date")
_TRADE: Final = _of(schema.SUPPLY_CHAIN_TRADE, "trade_amount")
_SETTLED: Final = _of(schema.SUPPLY_CHAIN_TRADE, "settled_amount", "settlement_days")
_LPR: Final = _of(schema.LPR_RATE, "rate") | _TERM
_GBT: Final = Taxonomy.GBT4754

LOAN_NAMES: Final = _by_name(
    [
        *_delivered(schema.LOAN_SNAPSHOT),
        *_delivered(schema.BORROWER_SNAPSHOT, BORROWER_COLUMNS),
        Name("balance", frozenset(), "Principal outstanding in base currency, two decimals"),
        Name("in_base_currency", frozenset(), "Loan is in the base currency"),
        Name("long_term", _TERM, "Original term is over one year"),
        Name("drawn_this_year", _loan("disbursement_date"), "Drawn in the year of the month end"),
        Name("purpose_division", _PURPOSE, "Industry division of the purpose, two digits"),
        Name("gbt_section", _PURPOSE, "Section of the purpose by GB/T 4754", _GBT),
        Name(
            "borrower_section",
            _borrower("industry_code"),
            "Section of the borrower's industry by GB/T 4754",
            _GBT,
        ),
        Name(
            "development_loan",
            _loan("product_type"),
            "Product is a real estate development loan, as the bank delivers its products",
        ),
        Name("sei_whole", _PURPOSE, "Purpose class is SEI as a whole", _GBT),
        Name("sei_listed", _PURPOSE, "Purpose class is on the SEI list, whole or starred", _GBT),
        Name("sei_tag_in_field", _PURPOSE | _TAG, "Purpose class lies in the tagged field", _GBT),
        Name("high_tech_whole", _PURPOSE, "Purpose is a high-tech class as a whole", _GBT),
        Name("high_tech_starred", _PURPOSE, "Purpose is a high-tech class in part", _GBT),
        Name(
            "high_tech_manufacturing", _PURPOSE, "Purpose is a high-tech manufacturing class", _GBT
        ),
        Name("patent_intensive", _PURPOSE, "Purpose is a patent-intensive class", _GBT),
        Name(
            "overcapacity", _PURPOSE, "Purpose is on a list of industries with overcapacity", _GBT
        ),
        Name("two_high", _PURPOSE, "Purpose is on the list of high energy and high emission", _GBT),
        Name("energy_intensive", _PURPOSE, "Purpose is one of six energy-intensive ones", _GBT),
        Name("tech_listed", _LIST, "Borrower is on a technology list at the month end"),
        Name("srdi_listed", _LIST, "Borrower is an SRDI company or little giant that day"),
        Name("green_item_known", _GREEN, "Green tag is an item of its edition"),
        Name("green_edition_allowed", _GREEN, "Edition may be used for the approval date"),
        Name("chain_linked", _CHAIN, "Evidenced tie to a core enterprise outside the own group"),
        Name(
            "chain_green_use",
            _CHAIN | _of(schema.SUPPLY_CHAIN_RELATION, "green_use_code"),
            "Green use named by the tie",
        ),
        Name(
            "ip_pledged",
            _of(schema.LOAN_COLLATERAL, "collateral_id")
            | _of(schema.COLLATERAL, "collateral_type"),
            "Secured by a patent, trademark or software copyright",
        ),
        Name(
            "booking_cluster",
            _of(schema.BRANCH, "region_code"),
            "Innovation cluster that the booking branch lies in, or none",
        ),
        Name(
            "borrower_cluster",
            _borrower("registered_region_code"),
            "Innovation cluster that the borrower is registered in, or none",
        ),
        Name(
            "first_receipt",
            _of(schema.FIRST_LOAN_EVENT, "registry_checked_on"),
            "The loan of a counted first-time client",
        ),
        Name("lpr", _LPR, "LPR of the loan's term on the day its rate was set"),
        Name(
            "rd_intensity",
            _borrower("rd_expense", "turnover"),
            "Research and development expense of the borrower over its turnover",
        ),
        Name(
            "staff_turnover",
            _borrower("core_tech_staff", "core_tech_leavers"),
            "Core technical staff of the borrower who left, over its average",
        ),
        Name(
            "trade_cv",
            _CHAIN | _TRADE,
            "Coefficient of variation of twelve months' trade with the core enterprise",
        ),
        Name(
            "settlement_days",
            _CHAIN | _SETTLED,
            "Days to payment over three months' trade with the core enterprise",
        ),
    ]
)

EVENT_NAMES: Final = _by_name(
    [
        *_delivered(schema.FIRST_LOAN_EVENT),
        Name(
            "days_since_query",
            _of(schema.FIRST_LOAN_EVENT, "registry_checked_on"),
            "Days from the registry query to the drawdown",
        ),
        Name("event_in_month", frozenset(), "Drawdown lies in the month that reports it"),
        Name("revoked", frozenset(), "Event was withdrawn by the month end"),
        Name("earliest_of_client", frozenset(), "First event of the client that passes the rest"),
        Name("earliest_at_bank", frozenset(), "First event of the client at this bank"),
        Name("tech_listed_on_event", _LIST, "On a technology list on the drawdown date"),
    ]
)

ONCE: Final = ("earliest_of_client", "earliest_at_bank")
"""Names that pick one event of each client: the first that passes the rest of the flag naming it."""

FLOW_NAMES: Final = _by_name(
    [
        *_delivered(schema.LOAN_EVENT),
        Name("loan_known", _of(schema.LOAN_EVENT, "loan_id"), "The book holds the event's loan"),
        Name(
            "then_npl",
            _of(schema.LOAN_EVENT, "loan_id") | _loan("loan_classification"),
            "The loan was non-performing at the month end before",
            months=((schema.LOAN_SNAPSHOT.name, 1),),
        ),
    ]
)
"""Beside these a flow may be asked anything that is known of its loan."""

LISTING_NAMES: Final = _by_name(
    [
        Name(
            "has_loan",
            _LIST
            | _of(schema.TECH_ENTERPRISE_LIST, "region_code")
            | _of(schema.BRANCH, "region_code"),
            "The enterprise has a technology enterprise loan at a branch of the node",
        ),
    ]
)

TRADE_NAMES: Final = _by_name(
    [
        Name(
            "recent",
            _SETTLED | _CHAIN,
            "Traded in the last three months",
            months=tuple((schema.SUPPLY_CHAIN_TRADE.name, back) for back in range(3)),
        ),
        Name(
            "recent_a_year_ago",
            _SETTLED | _CHAIN,
            "Traded in the same three months of last year",
            months=tuple((schema.SUPPLY_CHAIN_TRADE.name, back) for back in range(12, 15)),
        ),
    ]
)

NAMES: Final[Mapping[Entity, Mapping[str, Name]]] = MappingProxyType(
    {
        Entity.LOAN: LOAN_NAMES,
        Entity.EVENT: EVENT_NAMES,
        Entity.FLOW: FLOW_NAMES,
        Entity.CHANGE: MappingProxyType({}),
        Entity.LISTING: LISTING_NAMES,
        Entity.TRADE: TRADE_NAMES,
    }
)
"""Names by kind of row. A change names loan flags with `then_` or `now_` before them."""

RESTS_ON: Final[Mapping[str, str]] = MappingProxyType(
    {
        "then_npl": "is_npl",
        "first_receipt": "is_first_time",
        "has_loan": "is_tech_enterprise",
        "recent": "is_supply_chain",
        "recent_a_year_ago": "is_supply_chain",
    }
)
"""Names that are looked up by a flag: a change of the flag is a change of what names them."""

THEN: Final = "then_"
NOW: Final = "now_"

AMOUNTS: Final[Mapping[Entity, Mapping[str, Name]]] = MappingProxyType(
    {
        Entity.LOAN: _by_name(
            [
                Name("balance", frozenset(), "Principal in base currency"),
                Name("interest", _loan("interest_rate"), "Principal times annual rate"),
                Name(
                    "allowance",
                    _loan("impairment_allowance"),
                    "Allowance for impairment, base currency",
                ),
                Name("spread", _LPR | _loan("interest_rate"), "Principal times rate above the LPR"),
                Name(
                    "rd_weighted", LOAN_NAMES["rd_intensity"].needs, "Principal times R&D intensity"
                ),
                Name(
                    "staff_weighted",
                    LOAN_NAMES["staff_turnover"].needs,
                    "Principal times core staff turnover",
                ),
                Name("cv_weighted", _CHAIN | _TRADE, "Principal times the variation of trade"),
            ]
        ),
        Entity.FLOW: _by_name(
            [
                Name("amount_in", frozenset(), "Amount of the event, base currency"),
                Name("amount_out", frozenset(), "The same with its sign turned"),
                Name("interest_in", _loan("interest_rate"), "Amount times annual rate"),
                Name("spread_in", _LPR | _loan("interest_rate"), "Amount times rate above the LPR"),
            ]
        ),
        Entity.CHANGE: _by_name(
            [
                Name("then_balance", frozenset(), "Principal then, base currency"),
                Name("now_balance", frozenset(), "Principal now, base currency"),
                Name("kept_balance", frozenset(), "The smaller of then and, as a loan, now"),
            ]
        ),
        Entity.TRADE: _by_name(
            [
                Name("settled_amount", _SETTLED, "Paid in the month"),
                Name("settled_days", _SETTLED, "Paid in the month times days to payment"),
            ]
        ),
        Entity.EVENT: MappingProxyType({}),
        Entity.LISTING: MappingProxyType({}),
    }
)
"""What may be summed, by kind of row."""

REPORTED: Final[Mapping[str, Name]] = _by_name(
    [
        Name(code.code, _of(schema.NET_CAPITAL, "amount"), f"{code.en} of the whole bank")
        for code in codes.CAPITAL_KIND.codes
    ]
)

SLICES: Final[Mapping[str, Slice]] = MappingProxyType(
    {
        one.name.name: one
        for one in (
            Slice(
                Name(
                    "enterprise_size",
                    _borrower("enterprise_size"),
                    "Enterprise size of the borrower",
                ),
                "Enterprise size",
                "企业规模",
                code_list=codes.ENTERPRISE_SIZE,
            ),
            Slice(
                Name(
                    "sei_field",
                    _PURPOSE | _TAG,
                    "SEI field: the tagged one, or that of a whole class",
                    _GBT,
                ),
                "SEI field",
                "战略性新兴产业领域",
                code_list=codes.SEI_FIELD,
            ),
            Slice(
                Name("industry_section", _PURPOSE, "Industry section of the purpose"),
                "Industry section",
                "行业门类",
            ),
            Slice(
                Name("industry_division", _PURPOSE, "Industry division of the purpose", _GBT),
                "Industry division",
                "行业大类",
            ),
            Slice(
                Name("product_type", frozenset(), "Product"),
                "Product",
                "产品",
                code_list=codes.PRODUCT,
            ),
            Slice(
                Name("security", _loan("main_security_type"), "Main security"),
                "Guarantee mode",
                "担保方式",
                code_list=codes.SECURITY,
            ),
            Slice(
                Name("classification", _loan("loan_classification"), "Five-tier classification"),
                "Five tiers",
                "五级分类",
                code_list=codes.CLASSIFICATION,
            ),
            Slice(
                Name("growth_stage", _loan("growth_stage"), "Growth stage of the company"),
                "Growth stage",
                "成长阶段",
                code_list=codes.GROWTH_STAGE,
            ),
            Slice(
                Name("linkage_mode", _loan("linkage_mode"), "How loan and investment are linked"),
                "Linkage mode",
                "投贷联动模式",
                code_list=codes.LINKAGE_MODE,
            ),
            Slice(
                Name("core_enterprise", _CHAIN, "Core enterprise that the loan is tied to"),
                "Core enterprise",
                "核心企业",
            ),
            Slice(
                Name(
                    "region",
                    _of(schema.BRANCH, "region_code"),
                    "Province that the booking branch lies in",
                ),
                "Region",
                "地区",
                of_branch=True,
            ),
            Slice(
                Name(
                    "cluster",
                    _of(schema.BRANCH, "region_code"),
                    "Innovation cluster that the booking branch lies in",
                ),
                "Innovation cluster",
                "科创中心集群",
                of_branch=True,
            ),
        )
    }
)
"""Dimensions a metric may be cut by. A loan has one member of each, so parts add up to the total."""
