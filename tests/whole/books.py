"""A small book in canonical files, as a branch would write them by hand: two months, two branches.

The figures it must give are worked out in `test_deliveries`; other tests only need it to be small.
"""

from tests.whole.commands import ingest, made, write_csv

SEPTEMBER, OCTOBER = "2026-09-30", "2026-10-31"

LOANS = (
    *("as_of_date", "loan_id", "contract_id", "borrower_id", "booking_branch_id"),
    *("product_type", "on_balance_sheet", "entrusted_flag", "currency_code", "original_amount"),
    *("outstanding_principal", "disbursement_date", "maturity_date", "issue_type"),
    *("loan_status", "loan_classification", "purpose_industry_code", "sei_tag", "green_tag"),
    *("approval_date", "tech_loan_tag", "supply_chain_product_code", "enterprise_size"),
    "total_credit_limit_cny",
)
"""The columns that a branch must deliver, in one flat file."""

_ORDINARY = {
    "product_type": "working_capital",
    "on_balance_sheet": "Y",
    "entrusted_flag": "N",
    "currency_code": "CNY",
    "disbursement_date": "2025-11-20",
    "maturity_date": "2028-11-20",
    "issue_type": "new",
    "loan_status": "normal",
    "loan_classification": "FQ01",
    "purpose_industry_code": "5111",
    "approval_date": "2025-11-01",
    "enterprise_size": "CS02",
    "total_credit_limit_cny": "50000000.00",
}


def loan(loan_id, borrower_id, branch, balance, *, as_of=OCTOBER, **other):
    """One row of the flat file: an ordinary loan, but for what is said."""
    row = {
        **dict.fromkeys(LOANS, ""),
        **_ORDINARY,
        "as_of_date": as_of,
        "loan_id": loan_id,
        "contract_id": f"K-{loan_id}",
        "borrower_id": borrower_id,
        "booking_branch_id": branch,
        "original_amount": balance,
        "outstanding_principal": balance,
    }
    return {**row, **other}


def october():
    """Nine loans of October; what each is there for stands beside it."""
    small = {"enterprise_size": "CS03", "total_credit_limit_cny": "10000000.00"}
    micro = {"enterprise_size": "CS04", "total_credit_limit_cny": "10000000.01"}
    large = {"enterprise_size": "CS01", "total_credit_limit_cny": "500000000"}
    old = {"approval_date": "2024-01-01", "disbursement_date": "2024-01-15"}
    return [
        loan("L1", "C1", "north", "1000000.00", purpose_industry_code="2541"),  # SEI as a whole
        loan("L2", "C2", "north", "500000.50", purpose_industry_code="0519", sei_tag="4", **small),
        loan(  # starred but not tagged: SEI in the broad reading only; non-performing, inclusive
            *("L3", "C2", "south", "300000.25"),
            **small,
            purpose_industry_code="0519",
            loan_classification="FQ03",
        ),
        loan("L4", "C3", "south", "200000.00", green_tag="1.1.1", **micro),  # on a tech list
        loan("L5", "C4", "south", "99999.25", green_tag="1.1", **large, **old),
        loan("L6", "C5", "south", "700000.00", entrusted_flag="Y"),
        loan("L7", "C6", "north", "0.00", loan_status="settled"),
        loan("L8", "C7", "north", "123.45", loan_status="written_off"),
        loan("L9", "C7", "north", "50.00"),
    ]


def september():
    """One loan of September."""
    return [loan("L1", "C1", "north", "900000.00", as_of=SEPTEMBER, purpose_industry_code="2541")]


def companions():
    """Technology list, first-loan events and the tree, by file name."""
    return {
        "tech_enterprise_list": [
            {"borrower_id": "C3", "list_type": "high_tech", "valid_from": "2025-01-01"},
        ],
        "borrower_first_loan_event": [
            {
                "borrower_id": borrower,
                "loan_id": loan_id,
                "branch_id": "south",
                "event_date": "2026-10-15",
                "registry_checked_on": checked,
            }
            for borrower, loan_id, checked in (
                ("C3", "L4", "2026-10-01"),
                ("C4", "L5", ""),  # no query, no first loan
            )
        ],
        "branch": [
            {"branch_id": "HO", "name_en": "Head Office", "level": "head"},
            {"branch_id": "north", "name_en": "Northern Branch", "level": "tier1"},
            {"branch_id": "south", "name_en": "Southern Branch", "level": "tier1"},
        ],
        "branch_hierarchy": [
            {"child_id": child, "parent_id": "HO", "valid_from": "2020-01-01"}
            for child in ("north", "south")
        ],
    }


def written(folder):
    """The book as files; by table, October's loans under `october`, September's under `september`."""
    return {
        "september": write_csv(folder / "loan_snapshot_2026-09.csv", september()),
        "october": write_csv(folder / "loan_snapshot_2026-10.csv", october()),
        **{name: write_csv(folder / f"{name}.csv", rows) for name, rows in companions().items()},
    }


def delivered(root, folder):
    """A new workspace to which both months are delivered, but not built."""
    files = written(folder)
    made(root)
    tree = (files["branch"], files["branch_hierarchy"])
    ingest(root, files["september"], *tree, "--as-of", SEPTEMBER)
    rest = [files[name] for name in ("october", "tech_enterprise_list", *EVENTS)]
    ingest(root, *rest, "--as-of", OCTOBER)
    return root


EVENTS = ("borrower_first_loan_event",)
