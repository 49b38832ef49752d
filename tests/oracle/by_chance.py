"""Books drawn by chance: strategies for the rows of each table, around branches and rates that are fixed."""

from datetime import date
from decimal import Decimal

import hypothesis.strategies as st

from tests.scenario import DEFAULTS
from transforms import codes
from transforms.schema import TABLES

CLIENTS = ["C1", "C2", "C3", "C4"]
LOAN_IDS = [f"L{number}" for number in range(1, 31)]
CODES = [
    *("3911", "C3911", "3921", "391", "2710", "2612", "5111", "8710", "39", "0211", "7231", None),
    *("3120", "312", "301", "3011", "7010", "C3670", "3973", "347"),
]
REGIONS = [None, "110105", "320101", "440106", "440200", "510104"]
DAYS = st.sampled_from(
    [date(2024, 5, 1), date(2025, 9, 30), date(2025, 10, 1), date(2026, 9, 15), date(2026, 10, 31)]
)
DUE = st.sampled_from(
    [date(2025, 5, 1), date(2025, 5, 2), date(2026, 9, 30), date(2027, 9, 15), date(2029, 1, 1)]
)
VALID = st.sampled_from(
    [date(2024, 5, 1), date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 1)]
)
MONEY = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
FLAG = st.sampled_from([None, False, True])
TRADING = [
    {"borrower_id": client, "core_enterprise_id": core} for client in CLIENTS for core in "KM"
]
GIVES = {"drawdown", "recovery", "transfer_in"}


def _one_of(code_list: codes.CodeList):
    return st.sampled_from([None, *code_list.values])


def _rows(**columns):
    return st.fixed_dictionaries(columns)


LOANS = st.lists(
    _rows(
        borrower_id=st.sampled_from(CLIENTS),
        booking_branch_id=st.sampled_from(["n1", "n2", "south", "north"]),
        product_type=st.sampled_from(
            [
                *("working_capital", "working_capital", "real_estate_development"),
                *("discounted_bill", "rediscounted_bill", None),
            ]
        ),
        on_balance_sheet=st.sampled_from([True, True, True, False]),
        entrusted_flag=st.sampled_from([False, False, False, True]),
        movement=st.sampled_from(["none", "none", "securitised"]),
        currency_code=st.sampled_from(["CNY", "CNY", "USD"]),
        outstanding_principal=MONEY,
        interest_rate=st.sampled_from([None, Decimal("0.03450000"), Decimal("0.12345678")]),
        repricing_date=st.none() | DAYS,
        approval_date=st.none() | DAYS,
        disbursement_date=st.none() | DAYS,
        maturity_date=st.none() | DUE,
        issue_type=_one_of(codes.ISSUE_TYPE),
        loan_status=st.sampled_from(["normal", "overdue", "settled", "written_off"]),
        loan_classification=st.sampled_from(["FQ01", "FQ02", "FQ03", "FQ05", None]),
        impairment_allowance=st.none() | MONEY,
        days_past_due=st.sampled_from([None, 0, 1, 60, 61, 90, 91]),
        main_security_type=_one_of(codes.SECURITY),
        purpose_industry_code=st.sampled_from(CODES),
        sei_tag=st.sampled_from([None, "1", "4", "7"]),
        green_tag=st.sampled_from([None, "1.1", "1.1", "6", "9.2.1", "12.1"]),
        green_catalogue_version=st.sampled_from([None, "2019", "2025", "2024"]),
        green_tag_nfra=st.sampled_from([None, "S68.1"]),
        tech_loan_tag=st.sampled_from([None, "T"]),
        investment_linkage_flag=FLAG,
        growth_stage=_one_of(codes.GROWTH_STAGE),
        housing_loan_flag=FLAG,
        rental_housing_flag=FLAG,
    ),
    min_size=15,
    max_size=30,
)
BORROWERS = st.lists(
    _rows(
        borrower_id=st.sampled_from(CLIENTS),
        borrower_type=st.sampled_from(
            ["enterprise", "enterprise", "individual_business", "public", "individual"]
        ),
        enterprise_size=st.sampled_from(["CS01", "CS02", "CS03", "CS04", "CS05", None]),
        industry_code=st.sampled_from(CODES),
        registered_region_code=st.sampled_from(REGIONS),
        total_credit_limit_cny=st.sampled_from(
            [
                *(Decimal("10000000.00"), Decimal("10000000.01")),
                *(Decimal("9999999.99"), Decimal("1.00"), None),
            ]
        ),
        group_id=st.sampled_from([None, "G", "H"]),
        turnover=st.none() | MONEY,
        rd_expense=st.none() | MONEY,
        controlling_type=_one_of(codes.CONTROLLING_TYPE),
        platform_flag=FLAG,
        core_tech_staff=st.sampled_from([None, 0, 3, 7]),
        core_tech_leavers=st.sampled_from([None, 0, 1, 2]),
    ),
    unique_by=lambda row: row["borrower_id"],
    min_size=3,
    max_size=4,
)
LISTS = st.lists(
    _rows(
        borrower_id=st.sampled_from([*CLIENTS, "STRANGER"]),
        list_type=st.sampled_from(["high_tech", "srdi", "little_giant"]),
        region_code=st.sampled_from(REGIONS),
        valid_from=VALID,
        valid_to=st.none() | VALID,
    ),
    unique_by=lambda row: (row["borrower_id"], row["list_type"], row["valid_from"]),
    min_size=2,
    max_size=6,
)
RELATIONS = st.lists(
    _rows(
        borrower_id=st.sampled_from(CLIENTS),
        loan_id=st.sampled_from([None, "L1", "L2"]),
        core_enterprise_id=st.sampled_from([None, "K", "M", "C1", "C2"]),
        core_group_id=st.sampled_from([None, "G"]),
        evidence_type=st.sampled_from([None, "order", "order", "order"]),
        evidence_ref=st.sampled_from([None, "O", "O", "O"]),
        green_use_code=_one_of(codes.GREEN_USE),
        valid_from=VALID,
        valid_to=st.none() | VALID,
    ),
    min_size=4,
    max_size=8,
)
EVENTS = st.lists(
    _rows(
        borrower_id=st.sampled_from(CLIENTS),
        loan_id=st.sampled_from(LOAN_IDS[:4]),
        branch_id=st.sampled_from(["n1", "south"]),
        event_date=st.sampled_from([date(2026, 10, 1), date(2026, 10, 15), date(2026, 9, 30)]),
        issue_type=st.sampled_from(["new", "new", "refinance"]),
        borrower_type=st.sampled_from(["enterprise", "enterprise", "individual_business"]),
        registry_checked_on=st.sampled_from(
            [None, date(2026, 9, 1), date(2026, 9, 15), date(2026, 10, 15), date(2026, 10, 16)]
        ),
        revoked_on=st.sampled_from([None, None, date(2026, 10, 31), date(2026, 11, 1)]),
    ),
    unique_by=lambda row: (row["borrower_id"], row["loan_id"]),
    min_size=3,
    max_size=8,
)
FLOWS = st.lists(
    _rows(
        loan_id=st.sampled_from([*LOAN_IDS, "IN NO BOOK"]),
        borrower_id=st.sampled_from(CLIENTS),
        branch_id=st.sampled_from(["n1", "n2", "south", "old"]),
        event_date=st.just(date(2026, 10, 15)),
        event_type=st.sampled_from(codes.LOAN_EVENT_TYPE.values),
        amount=MONEY,
        currency_code=st.sampled_from(["CNY", "CNY", "USD"]),
    ).map(lambda row: row if row["event_type"] in GIVES else {**row, "amount": -row["amount"]}),
    min_size=8,
    max_size=20,
)
TRADE = st.tuples(
    *(
        _rows(
            trade_amount=MONEY,
            settled_amount=st.none() | MONEY,
            settlement_days=st.sampled_from([None, 60, 180, 181, 400]),
        )
        for _ in TRADING
    )
).map(lambda rows: [{**pair, **row} for pair, row in zip(TRADING, rows, strict=True)])
PLEDGES = st.lists(
    _rows(
        loan_id=st.sampled_from(LOAN_IDS),
        collateral_id=st.sampled_from(["patent", "trademark", "land_use_right"]),
        valid_from=VALID,
        valid_to=st.none() | VALID,
    ),
    unique_by=lambda row: (row["loan_id"], row["collateral_id"]),
    min_size=3,
    max_size=8,
)
FIXED = {
    "branch": [
        {"branch_id": "bank", "level": "head"},
        {"branch_id": "north", "region_code": "320101"},
        {"branch_id": "south", "region_code": "440106"},
        {"branch_id": "n1", "region_code": "110105"},
        {"branch_id": "n2", "region_code": "440200"},
        {
            "branch_id": "old",
            "closed_date": date(2026, 10, 10),
            "merged_into_branch_id": "n2",
            "region_code": "510104",
        },
    ],
    "branch_hierarchy": [
        {"child_id": "north", "parent_id": "bank"},
        {"child_id": "south", "parent_id": "bank"},
        {"child_id": "n1", "parent_id": "north"},
        {"child_id": "n2", "parent_id": "north"},
        {"child_id": "old", "parent_id": "south", "valid_to": date(2026, 10, 9)},
    ],
    "fx_rate": [{"currency_code": "USD", "rate": Decimal("7.12345678")}],
    "lpr_rate": [
        {"effective_date": day, "term": term, "rate": Decimal(rate)}
        for day, term, rate in (
            (date(2024, 5, 2), "1Y", "0.03450000"),
            (date(2025, 9, 30), "1Y", "0.03350000"),
            (date(2024, 1, 1), "5Y", "0.03950000"),
            (date(2025, 10, 1), "5Y", "0.03500000"),
        )
    ],
    "net_capital": [
        {"reported_on": day, "kind": kind, "amount": Decimal(amount)}
        for day, kind, amount in (
            (date(2025, 6, 30), "net_capital", "90000000.01"),
            (date(2026, 9, 30), "net_capital", "80000000.01"),
            (date(2026, 9, 30), "tier1_net_capital", "70000000.01"),
            (date(2026, 12, 31), "tier1_net_capital", "1.00"),
        )
    ],
    "collateral": [
        {"collateral_id": kind, "collateral_type": kind}
        for kind in ("patent", "trademark", "land_use_right")
    ],
    "target": [
        {
            "branch_id": "bank",
            "metric_id": "npl_ratio",
            "period": "2026",
            "target_value": Decimal("0.012345"),
        }
    ],
}
NUMBERED = {
    "loan_snapshot": "loan_id",
    "loan_event": "event_id",
    "supply_chain_relation": "relation_id",
}


def _whole(table, rows):
    """Rows with every column of the table, numbered where a row has a number of its own."""
    empty = {**dict.fromkeys(TABLES[table].column_names), **DEFAULTS.get(table, {})}
    number = NUMBERED.get(table)
    numbers = ({number: f"{number[0].upper()}{count}"} for count in range(1, len(rows) + 1))
    numbered = zip(rows, numbers, strict=True) if number else ((row, {}) for row in rows)
    return [{**empty, **row, **own} for row, own in numbered]


def month_of(**tables):
    return {name: _whole(name, rows) for name, rows in {**FIXED, **tables}.items()}
