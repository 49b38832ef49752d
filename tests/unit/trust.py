"""A small good month, and for every rule a way to break it: what the tests of trust share.

The good rows stand on the edges (exactly 90 days, exactly the amount drawn, closed on the month end
itself), so that a rule one step too eager shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from expectations.delivered import Delivered
from expectations.figures import METRIC
from expectations.sizes import SIZE_CLASS
from transforms import overrides, schema

AS_OF = date(2026, 10, 31)
OVERRIDES = "override"
Row = Mapping[str, object]

LOAN: Row = {
    "loan_id": "L1",
    "borrower_id": "C1",
    "booking_branch_id": "B1",
    "on_balance_sheet": True,
    "entrusted_flag": False,
    "movement": "none",
    "currency_code": "CNY",
    "original_amount": Decimal("100.00"),
    "outstanding_principal": Decimal("100.00"),
    "interest_rate": Decimal("0.36"),
    "approval_date": date(2025, 9, 30),
    "disbursement_date": date(2025, 10, 1),
    "maturity_date": AS_OF,
    "loan_status": "normal",
    "loan_classification": "FQ01",
    "days_past_due": 0,
    "purpose_industry_code": "C3973",
    "sei_tag": "1",
    "green_tag": "3.2.1",
    "green_catalogue_version": "2019",
    "tech_loan_tag": "high_tech",
}
OVERDUE: Row = LOAN | {"loan_status": "overdue"}

DISPOSED: Row = {
    "loan_id": "L15",
    "borrower_id": "C1",
    "branch_id": "B1",
    "write_off_date": AS_OF,
    "method": "write_off",
    "principal": Decimal("100.00"),
    "interest": Decimal(0),
    "recovered_to_date": Decimal("100.00"),
    "currency_code": "CNY",
}
SECURED: Row = {
    "loan_id": "L1",
    "collateral_id": "K1",
    "allocated_value": Decimal("60.00"),
    "rank": 1,
    "valid_from": AS_OF,
    "valid_to": AS_OF,
}
GUARANTEED: Row = {
    "guarantee_id": "G1",
    "loan_id": "L1",
    "amount": Decimal("0.01"),
    "valid_from": AS_OF,
    "valid_to": AS_OF,
}
LINE: Row = {
    "facility_id": "F1",
    "borrower_id": "C1",
    "limit_amount": Decimal(0),
    "used_amount": Decimal(0),
    "approved_date": AS_OF,
    "expiry_date": AS_OF,
}
TRADE: Row = {
    "borrower_id": "C1",
    "core_enterprise_id": "K1",
    "trade_amount": Decimal(0),
    "settled_amount": Decimal("10.00"),
    "settlement_days": 180,
}

OVERRIDE: Row = {
    "override_id": "O1",
    "table_name": "loan_snapshot",
    "row_key": "L2",
    "column_name": "sei_tag",
    "value_before": "1",
    "value": "2",
    "reason": "field of the contract",
    "valid_from": AS_OF,
    "valid_to": AS_OF,
    "requested_by": "li",
    "approved_by": "wang",
    "approved_on": AS_OF,
}


def _event(number: str, loan: str, kind: str, amount: str | int, **changed: object) -> Row:
    return {
        "event_id": number,
        "loan_id": loan,
        "borrower_id": "C1",
        "branch_id": "B1",
        "event_date": AS_OF,
        "event_type": kind,
        "amount": Decimal(amount),
        "currency_code": "CNY",
    } | changed


GOOD: Mapping[str, Sequence[Row]] = {
    "loan_snapshot": [
        LOAN
        | {"facility_id": "F1", "impairment_allowance": Decimal("100.00")}
        | {"investment_linkage_flag": True, "linkage_mode": "other", "growth_stage": "seed"}
        | {"extended_maturity_date": AS_OF, "repricing_date": AS_OF},
        LOAN
        | {"loan_id": "L2", "disbursement_date": AS_OF, "interest_rate": Decimal(0)}
        | {"repricing_date": AS_OF, "impairment_allowance": Decimal(0)}
        | {"investment_linkage_flag": False, "first_loan_flag_source": True},
        OVERDUE | {"loan_id": "L3", "days_past_due": 90, "loan_classification": "FQ02"},
        OVERDUE | {"loan_id": "L4", "days_past_due": 270, "loan_classification": "FQ03"},
        OVERDUE | {"loan_id": "L5", "days_past_due": 360, "loan_classification": "FQ04"},
        OVERDUE | {"loan_id": "L6", "days_past_due": 361, "loan_classification": "FQ05"},
        LOAN | {"loan_id": "L7", "currency_code": "USD", "outstanding_principal": Decimal(0)},
        LOAN | {"loan_id": "L8", "booking_branch_id": "B2"},
        LOAN | {"loan_id": "L9", "maturity_date": date(2026, 1, 1), "loan_status": "extended"},
        LOAN | {"loan_id": "L10", "purpose_industry_code": "397", "sei_tag": "1"},
        LOAN | {"loan_id": "L11", "purpose_industry_code": "0111", "sei_tag": None},
        LOAN | {"loan_id": "L12", "borrower_id": "C2", "tech_loan_tag": "N"},
        LOAN
        | {
            "loan_id": "L13",
            "approval_date": date(2025, 10, 1),
            "green_tag": "9.1",
            "green_catalogue_version": "2025",
        },
        LOAN | {"loan_id": "L14", "green_tag": "301000", "green_catalogue_version": "2025"},
        LOAN
        | {"loan_id": "L15", "loan_status": "written_off", "days_past_due": 400}
        | {"loan_classification": "FQ05"},
        LOAN
        | {"loan_id": "L16", "maturity_date": date(2026, 1, 1)}
        | {"outstanding_principal": Decimal(0)},
        # Past the maturity first agreed, but not past the extended one.
        LOAN
        | {"loan_id": "L17", "maturity_date": date(2025, 9, 30)}
        | {"extended_maturity_date": AS_OF},
    ],
    "borrower_snapshot": [
        {
            "borrower_id": "C1",
            "borrower_type": "enterprise",
            "enterprise_size": "CS03",
            "total_credit_limit_cny": Decimal(0),
        },
        {"borrower_id": "C2", "borrower_type": "individual_business"},
        {"borrower_id": "C3", "total_credit_limit_cny": Decimal("100.00")},
        {"borrower_id": "C4", "total_credit_limit_cny": Decimal("100.00")},  # no facility known
        {
            "borrower_id": "C5",
            "borrower_type": "enterprise",
            "enterprise_size": "CS01",
            "total_credit_limit_cny": Decimal("100.00"),
            "group_id": "G1",
        },
        # One employee short of a medium enterprise, whatever it earns.
        {
            "borrower_id": "C6",
            "borrower_type": "enterprise",
            "enterprise_size": "CS03",
            "industry_code": "C3973",
            "employees": 299,
            "turnover": Decimal(400_000_000),
        },
    ],
    "branch": [
        {"branch_id": "HO"},
        {"branch_id": "B1", "opened_date": AS_OF},
        {"branch_id": "B2", "opened_date": AS_OF, "closed_date": AS_OF},
        {"branch_id": "B3", "closed_date": date(2026, 9, 30), "merged_into_branch_id": "B1"},
        {"branch_id": "B4", "opened_date": date(2026, 11, 1)},
        {"branch_id": "B5"},
        {"branch_id": "B6"},
    ],
    "branch_hierarchy": [
        {"child_id": "B1", "parent_id": "HO", "valid_from": date(2020, 1, 1)},
        {
            "child_id": "B2",
            "parent_id": "B1",
            "valid_from": date(2020, 1, 1),
            "valid_to": date(2026, 6, 30),
        },
        {"child_id": "B2", "parent_id": "HO", "valid_from": date(2026, 7, 1)},
        # Never a circle on one day: the first link has ended, the last has not begun.
        {
            "child_id": "B4",
            "parent_id": "B3",
            "valid_from": date(2020, 1, 1),
            "valid_to": date(2020, 1, 1),
        },
        {"child_id": "B3", "parent_id": "B4", "valid_from": date(2021, 1, 1)},
        {"child_id": "B4", "parent_id": "B3", "valid_from": date(2026, 11, 1)},
    ],
    "tech_enterprise_list": [
        {
            "borrower_id": "C1",
            "list_type": "high_tech",
            "certificate_no": "GR1",
            "valid_from": AS_OF,
            "valid_to": AS_OF,
        },
        {
            "borrower_id": "C2",
            "list_type": "srdi",
            "certificate_no": "SR1",
            "valid_from": date(2023, 1, 1),
            "valid_to": date(2026, 10, 30),
        },
    ],
    "borrower_first_loan_event": [
        {
            "borrower_id": "C1",
            "loan_id": "L1",
            "branch_id": "B1",
            "event_date": date(2026, 10, 1),
            "registry_checked_on": date(2026, 9, 1),
        },
        {
            "borrower_id": "C2",
            "loan_id": "L2",
            "branch_id": "B1",
            "event_date": AS_OF,
            "registry_checked_on": AS_OF,
        },
    ],
    "supply_chain_relation": [
        {
            "relation_id": "R1",
            "borrower_id": "C1",
            "core_enterprise_id": "K1",
            "evidence_type": "order",
            "evidence_ref": "PO-1",
            "valid_from": AS_OF,
            "valid_to": AS_OF,
        }
    ],
    "gl_control_total": [
        {
            "branch_id": "B1",
            "gl_account_code": "1301",
            "currency_code": currency,
            "balance": Decimal(0),
        }
        for currency in ("CNY", "USD")
    ],
    "reconciliation_item": [
        {
            "item_id": "X1",
            "branch_id": "B1",
            "gl_account_code": "1301",
            "currency_code": "CNY",
            "amount": Decimal(5),
            "reason": "booked late",
            "explained_by": "li",
            "approved_by": "wang",
        }
    ],
    "target": [
        {
            "branch_id": "B1",
            "metric_id": "sei_share",
            "period": "2026",
            "status": "approved",
            "maker": "li",
            "checker": "wang",
            "valid_from": day,
            "valid_to": day,
        }
        for day in (date(2026, 1, 1), date(2026, 7, 1))
    ],
    "fx_rate": [
        {"currency_code": "CNY", "rate": Decimal(1)},
        {"currency_code": "USD", "rate": Decimal("7.1")},
    ],
    "loan_event": [
        _event("V1", "L4", "reclassification", 0, from_value="FQ02", to_value="FQ03"),
        _event("V2", "L2", "drawdown", 100),
        _event("V3", "L3", "scheduled_repayment", "-30.01", event_date=date(2026, 10, 1)),
        _event("V4", "L8", "branch_move", -100, from_value="B1", to_value="B2"),
        _event("V5", "L8", "branch_move", 100, branch_id="B2", from_value="B1", to_value="B2"),
        _event("V6", "L15", "write_off", -100),
        # L20 is repaid in two steps; L21 is drawn and repaid within the month.
        _event("V7", "L20", "prepayment", -40),
        _event("V8", "L20", "renewal", -60),
        _event("V9", "L21", "drawdown", 50),
        _event("V10", "L21", "prepayment", -50),
        _event("V11", "L30", "recovery", "0.01"),
        _event("V12", "L7", "correction", "0.00", currency_code="USD"),
    ],
    "write_off_recovery": [
        DISPOSED,
        DISPOSED
        | {"loan_id": "L30", "write_off_date": date(2026, 9, 30), "interest": Decimal(5)}
        | {"principal": Decimal(0), "recovered_to_date": Decimal(5)},
        DISPOSED
        | {"loan_id": "L31", "write_off_date": date(2026, 9, 30)}
        | {"recovered_to_date": Decimal(0)},
    ],
    "collateral": [
        {
            "collateral_id": "K1",
            "collateral_type": "equipment",
            "value": Decimal("100.00"),
            "valuation_date": AS_OF,
            "prior_claim_amount": Decimal(0),
        },
        {"collateral_id": "K2", "collateral_type": "order", "value": Decimal(0)},
    ],
    "loan_collateral": [
        SECURED,
        SECURED | {"loan_id": "L2", "allocated_value": Decimal("40.00"), "rank": 2},
        SECURED | {"loan_id": "L3", "allocated_value": Decimal(0)},
        SECURED
        | {"loan_id": "L98", "valid_from": date(2020, 1, 1), "valid_to": date(2026, 10, 30)},
        SECURED | {"loan_id": "L99", "valid_from": date(2026, 11, 1), "valid_to": None},
    ],
    "guarantee": [
        GUARANTEED,
        GUARANTEED
        | {"guarantee_id": "G2", "loan_id": "L98"}
        | {"valid_from": date(2020, 1, 1), "valid_to": date(2026, 10, 30)},
        GUARANTEED
        | {"guarantee_id": "G3", "loan_id": "L99"}
        | {"valid_from": date(2026, 11, 1), "valid_to": None},
    ],
    "facility": [
        LINE,
        LINE
        | {"facility_id": "F2", "limit_amount": Decimal(50), "used_amount": Decimal(50)}
        | {
            "approved_date": date(2020, 1, 1),
            "expiry_date": date(2026, 10, 30),
        },  # ended: not added
        LINE | {"facility_id": "F3", "borrower_id": "C2", "limit_amount": Decimal(7)},
        LINE | {"facility_id": "F4", "borrower_id": "C3", "limit_amount": Decimal("59.99")},
        LINE
        | {"facility_id": "F5", "borrower_id": "C3", "limit_amount": Decimal("40.01")}
        | {"expiry_date": None},
    ],
    "lpr_rate": [
        {"effective_date": date(2025, 5, 20), "term": "1Y", "rate": Decimal("0.20")},
        {"effective_date": AS_OF, "term": "5Y", "rate": Decimal("0.035")},
    ],
    "net_capital": [
        {"reported_on": day, "kind": kind, "amount": Decimal("100.00")}
        for day in (date(2025, 12, 31), AS_OF - timedelta(days=190))
        for kind in ("net_capital", "tier1_net_capital")
    ],
    "supply_chain_trade": [
        TRADE,
        TRADE | {"core_enterprise_id": "K2", "settlement_days": 0, "settled_amount": Decimal(0)},
        TRADE | {"core_enterprise_id": "K3", "settlement_days": None, "settled_amount": Decimal(0)},
        TRADE | {"core_enterprise_id": "K4", "settlement_days": None, "settled_amount": None},
    ],
    "override": [
        OVERRIDE,
        OVERRIDE
        | {"override_id": "O2", "column_name": "green_tag", "value_before": None}
        | {"value": "(empty)", "requested_by": "Li"},
        OVERRIDE
        | {"override_id": "O3", "column_name": "repricing_date", "value": "2026-10-01"}
        | {"value_before": "2026-10-31"},
        OVERRIDE
        | {"override_id": "O4", "column_name": "investment_linkage_flag"}
        | {"value_before": "false", "value": "true"},
        OVERRIDE
        | {"override_id": "O5", "table_name": "borrower_snapshot", "row_key": "C2"}
        | {"column_name": "enterprise_size", "value_before": "(empty)", "value": "CS04"},
        # Not in force: what it says of a loan that is not there matters to nobody.
        OVERRIDE
        | {"override_id": "O6", "row_key": "L99"}
        | {"valid_from": date(2026, 9, 1), "valid_to": date(2026, 10, 30)},
        OVERRIDE
        | {"override_id": "O7", "row_key": "L99"}
        | {"valid_from": date(2026, 11, 1), "valid_to": date(2026, 11, 1)},
    ],
}

PREVIOUS: Sequence[Row] = [
    *(
        loan
        | {"L3": {"outstanding_principal": Decimal("130.01")}}.get(str(loan["loan_id"]), {})
        | {"L8": {"booking_branch_id": "B1"}}.get(str(loan["loan_id"]), {})
        | {"L15": {"loan_status": "overdue"}}.get(str(loan["loan_id"]), {})
        for loan in GOOD["loan_snapshot"]
        if loan["loan_id"] != "L2"
    ),
    LOAN | {"loan_id": "L20"},
    # Gone without an event, but nothing of theirs stood on the bank's own book.
    LOAN | {"loan_id": "L22", "loan_status": "settled"},
    LOAN | {"loan_id": "L23", "loan_status": "transferred"},
    LOAN | {"loan_id": "L24", "movement": "securitised"},
    LOAN | {"loan_id": "L25", "outstanding_principal": Decimal(0)},
]
"""The loan book of the month before, from which the good month's events lead to the good month's."""

REFERENCE: Mapping[str, pl.DataFrame] = {
    "sei_class": pl.DataFrame(
        {"code": ["3973", "3973", "397"], "field": ["1", "2", "1"]},
    ),
    "industry": pl.DataFrame({"code": ["3973", "397", "0111"]}),
    "green_edition": pl.DataFrame(
        {
            "edition": ["2019", "2025"],
            "default_from": [date(2019, 1, 1), date(2025, 10, 1)],
            "last_approval": [date(2025, 9, 30), None],
        }
    ),
    "size_class": pl.DataFrame(
        {
            "code": ["3973", "0111"],
            "employees_large": [1000, None],
            "employees_medium": [300, None],
            "employees_small": [20, None],
            "turnover_large": [400_000_000, 200_000_000],
            "turnover_medium": [20_000_000, 5_000_000],
            "turnover_small": [3_000_000, 500_000],
            "assets_large": [None, None],
            "assets_medium": [None, None],
            "assets_small": [None, None],
        },
        schema=dict(SIZE_CLASS),
    ),
    "metric": pl.DataFrame(
        {
            "metric_id": ["sei_share", "loan_balance"],
            "reading": ["confirmed", "default"],
            "is_default": [True, True],
            "kind": ["ratio", "total"],
            "numerator": ["sei_balance_confirmed", "loan_balance"],
            "denominator": ["corporate_balance", None],
        },
        schema=dict(METRIC),
    ),
    "green_item": pl.DataFrame(
        {
            "edition": ["2019", "2019", "2025", "2025"],
            "item": ["1", "3", "3", "9"],
            "effective": [date(2019, 1, 1)] * 2 + [date(2025, 10, 1)] * 2,
        }
    ),
}


@dataclass(frozen=True)
class Case:
    """Rows put after the good ones (or in their place), and which of them the rule must find.

    `also` names the other rules that rightly fire on the same rows; `blames` the keys to be found where
    the rule looks at rows of another view.
    """

    rule_id: str
    table: str
    rows: Sequence[Row]
    finds: Sequence[int] | None = None
    also: frozenset[str] = frozenset()
    alone: bool = False
    blames: Sequence[str] = ()
    context: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def expected_rows(self) -> list[int]:
        """Row numbers to be found."""
        start = 1 if self.alone else len(GOOD[self.table]) + 1
        wanted = range(len(self.rows)) if self.finds is None else self.finds
        return [start + position for position in wanted]

    @property
    def all_rows(self) -> list[Row]:
        """The delivered rows."""
        return [*(() if self.alone else GOOD[self.table]), *self.rows]


def _loan(rule_id: str, *rows: Row, also: Sequence[str] = (), of: Row = LOAN) -> Case:
    return Case(
        rule_id,
        "loan_snapshot",
        [of | {"loan_id": f"X{place}"} | row for place, row in enumerate(rows)],
        also=frozenset(also),
    )


def _problem(rule_id: str) -> Case:
    return Case(
        rule_id,
        "fx_rate",
        [{"currency_code": "EUR", "problems": ["E0000:x", f"{rule_id}:rate"]}],
    )


def _again(rule_id: str, table: str, changed: Row, *, also: frozenset[str] = frozenset()) -> Case:
    """The key of the first good row twice more: both later rows are found, the first is not."""
    first = GOOD[table][0]
    return Case(rule_id, table, [first | changed, first | changed], also=also)


def _flow(
    rule_id: str,
    rows: Sequence[Row],
    *,
    book: Mapping[str, Row] | None = None,
    before: Sequence[Row] = (),
    before_without: Sequence[str] = (),
    also: Sequence[str] = (),
    blames: Sequence[str] = (),
) -> Case:
    """Events after the good ones, between books in which some loans are others."""
    changed = book or {}
    return Case(
        rule_id,
        "loan_event",
        rows,
        context={
            "loan_snapshot": [
                loan | changed.get(str(loan["loan_id"]), {}) for loan in GOOD["loan_snapshot"]
            ],
            "previous_loan_snapshot": [
                *(loan for loan in PREVIOUS if loan["loan_id"] not in before_without),
                *before,
            ],
        },
        also=frozenset(also),
        blames=blames,
    )


def _drift(
    rule_id: str,
    now: Sequence[Row],
    before: Sequence[Row],
    *,
    also: Sequence[str] = (),
    blames: Sequence[str] = (),
) -> Case:
    """A loan book and last month's, alone."""
    return Case(
        rule_id,
        "loan_snapshot",
        now,
        finds=(),
        also=frozenset(also),
        alone=True,
        blames=blames,
        context={"previous_loan_snapshot": before},
    )


HUNDRED: Sequence[Row] = [LOAN | {"loan_id": f"M{n}"} for n in range(100)]
TWENTY = HUNDRED[:20]


def _half(loans: Sequence[Row], **changed: object) -> Sequence[Row]:
    """Half of the loans are others."""
    middle = len(loans) // 2
    return [*(loan | changed for loan in loans[:middle]), *loans[middle:]]


def _bare(column: str) -> Sequence[Row]:
    """Twenty loans, three of them (15 points, more than 10) without a value."""
    return [*(loan | {column: None} for loan in TWENTY[:3]), *TWENTY[3:]]


LPR: Row = GOOD["lpr_rate"][0]
CAPITAL: Row = GOOD["net_capital"][0]
OLD: Row = {"write_off_date": date(2026, 9, 30), "interest": Decimal(0)}
LINK: Row = {"child_id": "B1", "parent_id": "HO", "valid_from": date(2020, 1, 1)}
EVENT: Row = GOOD["borrower_first_loan_event"][0] | {"borrower_id": "C9"}

CASES: tuple[Case, ...] = (
    *(_problem(f"E000{digit}") for digit in range(1, 8)),
    _again("E0101", "loan_snapshot", {}),
    _loan("E0102", {"outstanding_principal": Decimal("-0.01")}),
    _loan("E0103", {"booking_branch_id": "B9"}),
    _loan("E0104", {"booking_branch_id": "B3"}, {"booking_branch_id": "B4"}),
    replace(
        _loan("E0105", {"currency_code": "EUR"}, {"currency_code": "GBP"}),
        context={"fx_rate": [*GOOD["fx_rate"], {"currency_code": "EUR", "rate": Decimal(0)}]},
    ),
    _loan(
        "E0106",
        {"disbursement_date": date(2026, 11, 1), "maturity_date": date(2027, 1, 1)},
    ),
    Case("E0107", "loan_snapshot", [], alone=True, also=frozenset({"W0216", "W0234"})),
    _loan("E0201", {"maturity_date": date(2025, 9, 30), "loan_status": "extended"}),
    _loan("W0202", {"outstanding_principal": Decimal("100.01")}),
    _loan("E0203", {"days_past_due": 91, "loan_classification": "FQ02"}, of=OVERDUE),
    _loan("E0204", {"days_past_due": 271, "loan_classification": "FQ03"}, of=OVERDUE),
    _loan("E0205", {"days_past_due": 361, "loan_classification": "FQ04"}, of=OVERDUE),
    _loan("W0206", {"days_past_due": 1}, {"loan_status": "overdue"}),
    _loan(
        "W0207",
        {"maturity_date": date(2026, 10, 30)},
        {"maturity_date": date(2026, 9, 30), "extended_maturity_date": date(2026, 10, 30)},
    ),
    _loan("W0208", {"interest_rate": Decimal("0.36000001")}, {"interest_rate": Decimal("-0.0001")}),
    _loan(
        "W0209",
        {"sei_tag": "5"},
        {"purpose_industry_code": None},
        {"purpose_industry_code": "0111"},
    ),
    _loan("W0210", {"sei_tag": None}, {"sei_tag": None, "purpose_industry_code": "3973"}),
    _loan("W0211", {"purpose_industry_code": "9999", "sei_tag": None}),
    _loan("E0212", {"borrower_id": "C9", "tech_loan_tag": None}),
    # Of the edition it names, and, without a name, of the one in force on the day of approval.
    _loan("W0213", {"green_tag": "9.1"}, {"green_tag": "9.1", "green_catalogue_version": None}),
    _loan("W0214", {"approval_date": date(2025, 10, 1)}),
    _loan("W0215", {"borrower_id": "C2"}),
    Case(
        "W0216",
        "loan_snapshot",
        [],
        context={"previous_loan_snapshot": [LOAN | {"loan_id": f"P{n}"} for n in range(12)]},
    ),
    _loan("W0217", {"loan_classification": None}),
    _loan("W0218", {"facility_id": "F9"}),
    _loan("W0219", {"extended_maturity_date": date(2026, 10, 30), "loan_status": "extended"}),
    _loan("W0220", {"repricing_date": date(2026, 11, 1)}, {"repricing_date": date(2025, 9, 30)}),
    _loan(
        "W0221",
        {"impairment_allowance": Decimal("100.01")},
        {"impairment_allowance": Decimal("-0.01")},
    ),
    _loan(
        "W0222",
        {"investment_linkage_flag": True, "linkage_mode": "other"},
        {"investment_linkage_flag": True, "growth_stage": "seed"},
    ),
    _loan(
        "W0223",
        {"borrower_id": "C3", "disbursement_date": date(2026, 10, 1)},
        of=LOAN | {"first_loan_flag_source": True, "tech_loan_tag": None},
    ),
    Case(
        "E0224",
        "loan_snapshot",
        [],
        context={"lpr_rate": [LPR, LPR | {"term": "5Y", "effective_date": date(2026, 11, 1)}]},
    ),
    Case(
        "W0225",
        "loan_snapshot",
        [],
        context={
            "net_capital": [
                CAPITAL | {"reported_on": AS_OF - timedelta(days=191)},
                CAPITAL | {"kind": "tier1_net_capital", "reported_on": AS_OF},
                CAPITAL | {"reported_on": date(2026, 11, 1)},
            ]
        },
    ),
    _loan("E0226", {"booking_branch_id": "B5"}),
    # Half of the balance moved to another tier, size or industry: an index far above 0.25.
    _drift("W0227", HUNDRED, _half(HUNDRED, loan_classification="FQ02")),
    replace(
        _drift("W0228", HUNDRED, HUNDRED),
        context={
            "previous_loan_snapshot": HUNDRED,
            "previous_borrower_snapshot": [{"borrower_id": "C1", "enterprise_size": "CS02"}],
        },
    ),
    _drift("W0229", HUNDRED, _half(HUNDRED, purpose_industry_code="0111")),
    _drift("W0230", _bare("sei_tag"), TWENTY, also=["W0210"], blames=["B1"]),
    _drift("W0231", _bare("green_tag"), TWENTY, blames=["B1"]),
    _drift("W0232", _bare("tech_loan_tag"), TWENTY, blames=["B1"]),
    _drift(
        "W0233",
        _bare("purpose_industry_code"),
        TWENTY,
        also=["W0209"],
        blames=["B1"],
    ),
    _drift(
        "W0234",
        TWENTY,
        [
            *TWENTY[:18],
            # Four loans at a branch may go; a closed branch may lose all.
            *(LOAN | {"loan_id": f"P{n}", "booking_branch_id": "B5"} for n in range(5)),
        ],
        blames=["B5"],
    ),
    _loan(
        "W0235",
        {"borrower_id": "C5", "tech_loan_tag": None},
        {"product_type": "discounted_bill"},
        of=LOAN | {"inclusive_flag_source": True},
    ),
    _loan("W0236", {"inclusive_flag_source": False}),
    _loan("W0237", {"disbursement_date": date(2026, 10, 1)}),
    _again("E0301", "borrower_snapshot", {}),
    Case("W0302", "borrower_snapshot", [{"borrower_id": "C9", "borrower_type": "enterprise"}]),
    Case(
        "E0303",
        "borrower_snapshot",
        [{"borrower_id": "C9", "total_credit_limit_cny": Decimal("-0.01")}],
    ),
    Case(
        "W0305",
        "borrower_snapshot",
        [
            # Medium by staff, large by turnover: medium.
            GOOD["borrower_snapshot"][-1] | {"borrower_id": "C8", "employees": 300},
            # Farming asks for turnover alone.
            GOOD["borrower_snapshot"][-1] | {"borrower_id": "C9", "industry_code": "0111"},
        ],
    ),
    Case(
        "W0306",
        "borrower_snapshot",
        [{"borrower_id": "C9", "borrower_type": "enterprise", "enterprise_size": "CS05"}],
    ),
    Case(
        "W0304",
        "borrower_snapshot",
        [
            {"borrower_id": "C8", "total_credit_limit_cny": Decimal("10.01")},
            {"borrower_id": "C9", "total_credit_limit_cny": Decimal(20)},
        ],
        context={
            "facility": [
                *GOOD["facility"],
                LINE | {"facility_id": "F8", "borrower_id": "C8", "limit_amount": Decimal(10)},
                LINE | {"facility_id": "F9", "borrower_id": "C9", "limit_amount": Decimal(10)},
                LINE
                | {"facility_id": "F10", "borrower_id": "C9", "limit_amount": Decimal(10)}
                | {"expiry_date": date(2026, 10, 30)},
            ]
        },
    ),
    _again("E0401", "branch", {}),
    Case(
        "E0402",
        "branch",
        [{"branch_id": "B9", "opened_date": AS_OF, "closed_date": date(2026, 10, 30)}],
    ),
    Case(
        "E0403",
        "branch",
        [
            {"branch_id": "B8", "merged_into_branch_id": "B8"},
            {"branch_id": "B9", "merged_into_branch_id": "B0"},
        ],
    ),
    _again("E0411", "branch_hierarchy", {}, also=frozenset({"E0413"})),
    Case(
        "E0412",
        "branch_hierarchy",
        [LINK | {"child_id": "B5", "valid_from": AS_OF, "valid_to": date(2026, 10, 30)}],
    ),
    Case(
        "E0413",
        "branch_hierarchy",
        [
            LINK | {"child_id": "B5", "valid_from": date(2026, 1, 1), "valid_to": AS_OF},
            LINK | {"child_id": "B5", "parent_id": "B1", "valid_from": AS_OF},
        ],
    ),
    Case(
        "E0414",
        "branch_hierarchy",
        [
            LINK | {"child_id": "HO", "parent_id": "B5", "valid_to": AS_OF},
            LINK | {"child_id": "B5", "valid_from": AS_OF},
            LINK | {"child_id": "B6", "parent_id": "B5"},  # hangs on the circle, is not in it
        ],
        finds=[0, 1],
    ),
    Case("E0415", "branch_hierarchy", [LINK | {"child_id": "B5", "parent_id": "B9"}]),
    Case("E0416", "branch_hierarchy", [LINK | {"child_id": "B9"}]),
    _again("E0501", "tech_enterprise_list", {}),
    Case(
        "E0502",
        "tech_enterprise_list",
        [GOOD["tech_enterprise_list"][0] | {"list_type": "srdi", "valid_to": date(2026, 10, 30)}],
    ),
    Case(
        "W0503",
        "tech_enterprise_list",
        [GOOD["tech_enterprise_list"][0] | {"list_type": "srdi", "certificate_no": None}],
    ),
    Case(
        "W0606",
        "borrower_first_loan_event",
        [EVENT | {"loan_id": "L3"}],
        context={
            "loan_snapshot": [
                loan | ({"first_loan_flag_source": False} if loan["loan_id"] == "L3" else {})
                for loan in GOOD["loan_snapshot"]
            ]
        },
    ),
    Case("W0607", "borrower_first_loan_event", [EVENT | {"loan_id": "L77"}]),
    _again("E0601", "borrower_first_loan_event", {}),
    Case(
        "E0602",
        "borrower_first_loan_event",
        [
            EVENT | {"event_date": date(2026, 9, 30)},
            EVENT
            | {"loan_id": "L9"}
            | {"event_date": date(2026, 11, 1), "registry_checked_on": AS_OF},
        ],
    ),
    Case("W0603", "borrower_first_loan_event", [EVENT | {"registry_checked_on": None}]),
    Case(
        "W0604",
        "borrower_first_loan_event",
        [
            EVENT | {"registry_checked_on": date(2026, 8, 31)},
            EVENT | {"loan_id": "L9", "registry_checked_on": date(2026, 10, 2)},
        ],
    ),
    Case("E0605", "borrower_first_loan_event", [EVENT | {"branch_id": "B9"}]),
    Case(
        "W0705",
        "supply_chain_relation",
        [
            GOOD["supply_chain_relation"][0] | {"relation_id": "R8", "core_enterprise_id": "C1"},
            GOOD["supply_chain_relation"][0]
            | {"relation_id": "R9", "borrower_id": "C5", "core_group_id": "G1"},
        ],
    ),
    Case(
        "W0706",
        "supply_chain_relation",
        [GOOD["supply_chain_relation"][0] | {"relation_id": "R8", "loan_id": "L99"}],
    ),
    _again("E0701", "supply_chain_relation", {}),
    *(
        Case(
            rule_id,
            "supply_chain_relation",
            [GOOD["supply_chain_relation"][0] | {"relation_id": "R9"} | changed],
        )
        for rule_id, changed in (
            ("E0702", {"valid_to": date(2026, 10, 30)}),
            ("W0703", {"evidence_ref": None}),
            ("W0704", {"core_enterprise_id": None}),
        )
    ),
    _again("E0801", "gl_control_total", {}),
    Case("E0802", "gl_control_total", [GOOD["gl_control_total"][0] | {"branch_id": "B9"}]),
    Case(
        "E0803",
        "gl_control_total",
        [GOOD["gl_control_total"][0] | {"gl_account_code": "1302", "balance": None}],
    ),
    _again("E0811", "reconciliation_item", {}),
    Case(
        "E0812",
        "reconciliation_item",
        [GOOD["reconciliation_item"][0] | {"item_id": "X2", "approved_by": "li"}],
    ),
    Case(
        "W0813",
        "reconciliation_item",
        [GOOD["reconciliation_item"][0] | {"item_id": "X2", "approved_by": None}],
    ),
    Case(
        "E0814",
        "reconciliation_item",
        [GOOD["reconciliation_item"][0] | {"item_id": "X2", "branch_id": "B9"}],
        also=frozenset({"W0815"}),
    ),
    Case(
        "W0815",
        "reconciliation_item",
        [GOOD["reconciliation_item"][0] | {"item_id": "X2", "gl_account_code": "1399"}],
    ),
    _again("E1001", "fx_rate", {}),
    Case("E1002", "fx_rate", [{"currency_code": "EUR", "rate": Decimal(0)}]),
    Case(
        "E1003",
        "fx_rate",
        [{"currency_code": "CNY", "rate": Decimal(2)}],
        also=frozenset({"E1001"}),
    ),
    _again("E1101", "loan_event", {}),
    _flow(
        "E1102",
        [
            _event("X1", "L1", "tag_change", 0, event_date=date(2026, 9, 30)),
            _event("X2", "L1", "tag_change", 0, event_date=date(2026, 11, 1)),
        ],
    ),
    _flow(
        "E1103",
        [
            _event("X1", "L1", "transfer_in", -1),
            _event("X2", "L1", "transfer_in", 0),
            _event("X3", "L1", "recovery", 0),
            _event("X4", "L1", "scheduled_repayment", 1),
            _event("X5", "L1", "prepayment", 0),
            _event("X6", "L1", "transfer_out", 0),
            _event("X7", "L1", "securitised", 0),
            _event("X8", "L1", "drawdown", 0),
            _event("X9", "L15", "write_off", 0),
        ],
        also=["W1113"],
    ),
    _flow("E1104", [_event("X1", "L1", "tag_change", 0, branch_id="B9")]),
    Case(
        "E1105",
        "loan_event",
        [
            _event("X1", "L1", "tag_change", 0, currency_code="EUR"),
            _event("X2", "L1", "tag_change", 0, currency_code="GBP"),
        ],
        context={"fx_rate": [*GOOD["fx_rate"], {"currency_code": "EUR", "rate": Decimal(0)}]},
    ),
    _flow(
        "E1106",
        [
            _event("X1", "L80", "drawdown", 50),
            _event("X2", "L80", "prepayment", "-49.99"),
            _event("X3", "L81", "correction", 50),
            _event("X4", "L81", "correction", -50),
            _event("X5", "L82", "reclassification", 0),
        ],
        also=["E1110"],
    ),
    _flow(
        "E1107",
        [],
        book={"L1": {"outstanding_principal": Decimal("100.01")}},
        also=["E1110"],
        blames=["L1"],
    ),
    _flow(
        "E1108",
        [_event("X1", "L80", "tag_change", -100)],
        before=[LOAN | {"loan_id": "L80"}],
        also=["E1110"],
        blames=["L80"],
    ),
    _flow(
        "E1109",
        [_event("X1", "L80", "prepayment", "-99.99")],
        before=[LOAN | {"loan_id": "L80"}],
        also=["E1110"],
        blames=["L80"],
    ),
    _flow(
        "E1110",
        [
            _event("X1", "L1", "correction", 1),
            _event("X2", "L1", "correction", -1, branch_id="B2"),
        ],
        blames=["B1", "B2"],
    ),
    _flow(
        "W1111",
        [_event("X1", "L80", "drawdown", "99.99")],
        book={
            "L1": {
                "loan_id": "L80",
                "disbursement_date": date(2026, 10, 1),
                "outstanding_principal": Decimal("99.99"),
            }
        },
        before_without=["L1"],
    ),
    _flow(
        "E1112",
        [_event("X1", "L80", "write_off", -100)],
        before=[LOAN | {"loan_id": "L80"}],
    ),
    _flow("W1113", [_event("X1", "L80", "recovery", 1)]),
    _again("E1201", "write_off_recovery", {}),
    *(
        Case(
            rule_id,
            "write_off_recovery",
            [DISPOSED | {"loan_id": f"X{place}"} | OLD | row for place, row in enumerate(rows)],
        )
        for rule_id, rows in (
            ("E1202", [{"write_off_date": date(2026, 11, 1)}]),
            (
                "E1203",
                [
                    {"principal": Decimal("-0.01"), "recovered_to_date": None},
                    {"interest": Decimal("-0.01"), "recovered_to_date": None},
                    {"recovered_to_date": Decimal("-0.01")},
                ],
            ),
            ("W1204", [{"recovered_to_date": Decimal("100.01"), "interest": None}]),
            ("E1205", [{"branch_id": "B9"}]),
            ("E1206", [{"write_off_date": date(2026, 10, 1)}, {"write_off_date": AS_OF}]),
        )
    ),
    *(
        Case(
            "E1206",
            "write_off_recovery",
            [DISPOSED | changed],
            alone=True,
        )
        for changed in (
            {"principal": Decimal("100.01")},
            {"method": "transfer"},
            {"currency_code": "USD"},
        )
    ),
    _again("E1301", "collateral", {}),
    *(
        Case(
            rule_id,
            "collateral",
            [
                {"collateral_id": f"X{place}", "collateral_type": "other", "value": Decimal(1)}
                | row
                for place, row in enumerate(rows)
            ],
        )
        for rule_id, rows in (
            ("E1302", [{"value": Decimal("-0.01")}, {"prior_claim_amount": Decimal("-0.01")}]),
            ("W1303", [{"valuation_date": date(2026, 11, 1)}]),
        )
    ),
    Case(
        "W1304",
        "collateral",
        [GOOD["collateral"][0] | {"value": Decimal("99.99")}],
        alone=True,
    ),
    _again("E1311", "loan_collateral", {}),
    *(
        Case(rule_id, "loan_collateral", [SECURED | {"loan_id": "L4"} | changed])
        for rule_id, changed in (
            ("E1312", {"valid_to": date(2026, 10, 30)}),
            ("E1313", {"collateral_id": "K9"}),
            ("W1314", {"loan_id": "L97"}),
            ("E1315", {"rank": 0}),
            ("E1316", {"allocated_value": Decimal("-0.01")}),
        )
    ),
    _again("E1401", "guarantee", {}),
    *(
        Case(rule_id, "guarantee", [GUARANTEED | {"guarantee_id": "G9"} | changed])
        for rule_id, changed in (
            ("E1402", {"valid_to": date(2026, 10, 30)}),
            ("E1403", {"amount": Decimal(0)}),
            ("W1404", {"loan_id": "L97"}),
        )
    ),
    _again("E1501", "facility", {}),
    *(
        Case(rule_id, "facility", [LINE | {"facility_id": "F9"} | changed])
        for rule_id, changed in (
            ("E1502", {"borrower_id": "C9"}),
            ("E1503", {"limit_amount": Decimal("-0.01"), "used_amount": None}),
            ("W1504", {"used_amount": Decimal("0.01")}),
            ("W1504", {"used_amount": Decimal("-0.01")}),
            ("E1505", {"expiry_date": date(2026, 10, 30)}),
        )
    ),
    _again("E1601", "lpr_rate", {}),
    Case(
        "E1602",
        "lpr_rate",
        [
            LPR | {"effective_date": date(2024, 1, 20), "rate": Decimal(0)},
            LPR | {"effective_date": date(2024, 2, 20), "rate": Decimal("0.20000001")},
        ],
    ),
    _again("E1701", "net_capital", {}),
    *(
        Case(rule_id, "net_capital", [CAPITAL | {"reported_on": date(2026, 9, 30)} | changed])
        for rule_id, changed in (
            ("E1702", {"amount": Decimal(0)}),
            ("W1704", {"reported_on": date(2026, 11, 1)}),
        )
    ),
    Case(
        "W1703",
        "net_capital",
        [
            CAPITAL | {"reported_on": AS_OF},
            CAPITAL
            | {"reported_on": AS_OF, "kind": "tier1_net_capital", "amount": Decimal("100.01")},
        ],
        finds=[1],
    ),
    _again("E1801", "supply_chain_trade", {}),
    *(
        Case(
            rule_id,
            "supply_chain_trade",
            [TRADE | {"core_enterprise_id": f"X{place}"} | row for place, row in enumerate(rows)],
        )
        for rule_id, rows in (
            (
                "E1802",
                [{"trade_amount": Decimal("-0.01")}, {"settled_amount": Decimal("-0.01")}],
            ),
            ("E1803", [{"settlement_days": -1}]),
            ("W1804", [{"settlement_days": None}]),
            ("W1805", [{"settlement_days": 366}]),
            ("W1806", [{"settlement_days": 181}, {"settlement_days": 365}]),
        )
    ),
    _again("E2401", "override", {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 1, 31)}),
    *(
        Case(
            rule_id,
            "override",
            [
                OVERRIDE | {"override_id": f"X{place}", "row_key": f"L{7 + place}"} | row
                for place, row in enumerate(rows)
            ],
            finds=finds,
            also=frozenset(also),
        )
        for rule_id, rows, finds, also in (
            (
                "E2402",
                [{"approved_by": None}, {"approved_by": " LI "}, {"approved_on": None}],
                None,
                (),
            ),
            (
                "E2403",
                [{"valid_from": date(2026, 10, 31), "valid_to": date(2026, 10, 30)}],
                None,
                (),
            ),
            (
                "E2404",
                [
                    {"column_name": "outstanding_principal", "value_before": None, "value": "1"},
                    {"column_name": "loan_id", "value_before": None},
                    {"column_name": "enterprise_size", "value_before": None, "value": "CS03"},
                ],
                None,
                ("E2409",),
            ),
            (
                "E2405",
                [
                    {"value": "10"},
                    {"value": "SE02"},
                    {"column_name": "repricing_date", "value": "2026-10-1"},
                    {"column_name": "investment_linkage_flag", "value": "yes"},
                    {"table_name": "borrower_snapshot", "row_key": "C1"}
                    | {"column_name": "borrower_type", "value": "(empty)"},
                ],
                None,
                ("E2409",),
            ),
            ("W2406", [{"row_key": "L99"}], None, ()),
            (
                "E2407",
                [
                    {"column_name": "growth_stage", "value": "growth", "value_before": "seed"},
                    {"column_name": "tech_loan_tag", "value": "N", "value_before": "(empty)"},
                ],
                None,
                (),
            ),
            (
                "E2408",
                [{}, {"value": "3", "row_key": "L7"}, {"row_key": "L8"}],
                [0, 1],
                (),
            ),
            ("E2409", [{"value": "0"}], None, ("E2405",)),
        )
    ),
)


def frame(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Delivered rows with every canonical column, numbered, and without noted problems unless given."""
    types = {**schema.TABLES[table].dtypes, "problems": pl.List(pl.String())}
    filled = [dict.fromkeys(types) | {"problems": []} | dict(row) for row in rows]
    return (
        pl.DataFrame(filled, schema=types)
        .with_row_index("source_row_no", offset=1)
        .cast({"source_row_no": pl.Int64()})
    )


def _states(rows: Sequence[Row]) -> pl.DataFrame:
    """What becomes of overrides in the good month."""
    tables = {name: frame(name, GOOD[name]).lazy() for name in overrides.OVERRIDABLE}
    judged = overrides.judged(frame(OVERRIDES, rows), tables, AS_OF)
    return judged.select("source_row_no", "state")


def delivered(
    folder: Path,
    table: str,
    rows: Sequence[Row] | None = None,
    *,
    context: Mapping[str, Sequence[Row]] | None = None,
    without: Sequence[str] = (),
    provided: frozenset[str] | None = None,
) -> Delivered:
    """A delivery of those rows (the good ones, if none are given) amid the rest of the good month."""
    path = folder / f"{table}.parquet"
    frame(table, GOOD[table] if rows is None else rows).write_parquet(path)
    around = {
        **{name: others for name, others in GOOD.items() if name != table},
        "previous_loan_snapshot": PREVIOUS,
        "previous_borrower_snapshot": GOOD["borrower_snapshot"],
        **(context or {}),
    }
    views = {
        name: frame(name.removeprefix("previous_"), others).drop("problems")
        for name, others in around.items()
    }
    if table == OVERRIDES:
        views["override_state"] = _states(GOOD[table] if rows is None else rows)
    return Delivered(
        table=table,
        files=(path,),
        as_of=AS_OF,
        base_currency="CNY",
        context={k: v for k, v in (views | REFERENCE).items() if k not in without},
        provided=provided,
    )
