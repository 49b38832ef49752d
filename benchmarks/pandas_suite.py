"""The loan rules that core expectations of Great Expectations can say, for its pandas engine.

Only what the benchmark of the suites compares with; the product's own rules are in `expectations/rules`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from transforms.reference import tables as reference_tables

_INCLUSIVE_LIMIT: Final = 10_000_000


def expectations(around: Mapping[str, pl.DataFrame], before: int, as_of: date) -> list[Any]:
    """Core expectations, each with the id of the rule it says in `meta`.

    Args:
        around: the month's other tables.
        before: the number of loans a month ago.
        as_of: the month end.
    """
    from great_expectations import expectations as gxe  # noqa: PLC0415 - seconds, and only here

    day = as_of.isoformat()
    branch, borrower = around["branch"], around["borrower_snapshot"]
    first_of_month = as_of.replace(day=1).isoformat()
    open_ = branch.filter(
        (pl.col("opened_date").is_null() | (pl.col("opened_date") <= as_of))
        & (pl.col("closed_date").is_null() | (pl.col("closed_date") >= as_of))
    )
    known = set(branch["branch_id"])
    shut = known - set(open_["branch_id"])
    reference = reference_tables.load()
    sei = reference.sei_classes().select("code", field="sei_fields").explode("field").drop_nulls()
    sections = reference.tables["gbt4754_2017"].filter(pl.col("level").is_in(["3", "4"]))
    section = dict(sections.select("code", "section").iter_rows())
    lettered = [
        (spelt, field) for code, field in sei.iter_rows() for spelt in (code, section[code] + code)
    ]
    purposes = [spelt for code, letter in section.items() for spelt in (code, letter + code)]
    listed = around["tech_enterprise_list"].filter(
        (pl.col("valid_from") <= as_of)
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of))
    )
    small = borrower.filter(
        pl.col("total_credit_limit_cny") <= _INCLUSIVE_LIMIT,
        (
            (pl.col("borrower_type") == "enterprise")
            & pl.col("enterprise_size").is_in(["CS03", "CS04"])
        )
        | pl.col("borrower_type").is_in(["individual_business", "business_owner"]),
    )
    links = around["branch_hierarchy"].filter(
        (pl.col("valid_from") <= as_of)
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of))
    )
    currencies = ["CNY", *around["fx_rate"]["currency_code"]]
    in_set, between = gxe.ExpectColumnValuesToBeInSet, gxe.ExpectColumnValuesToBeBetween
    not_in_set, not_null = gxe.ExpectColumnValuesToNotBeInSet, gxe.ExpectColumnValuesToNotBeNull
    pair = gxe.ExpectColumnPairValuesAToBeGreaterThanB

    def rule(rule_id: str, kind: Any, when: str | None = None, **said: Any) -> Any:  # noqa: ANN401
        given = {"row_condition": when, "condition_parser": "pandas"} if when else {}
        return kind(**said, **given, meta={"rule_id": rule_id})

    def later(rule_id: str, upper: str, lower: str, when: str | None = None) -> Any:  # noqa: ANN401
        return rule(
            rule_id,
            pair,
            when,
            column_A=upper,
            column_B=lower,
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        )

    tiers = "loan_classification"
    return [
        rule("E0101", gxe.ExpectColumnValuesToBeUnique, column="loan_id"),
        rule("E0102", between, column="outstanding_principal", min_value=0),
        rule("E0103", in_set, column="booking_branch_id", value_set=sorted(known)),
        rule("E0104", not_in_set, column="booking_branch_id", value_set=sorted(shut) or ["-"]),
        rule("E0105", in_set, column="currency_code", value_set=currencies),
        rule("E0106", between, column="disbursement_date", max_value=day),
        rule("E0107", gxe.ExpectTableRowCountToBeBetween, min_value=1),
        later("W0202", "original_amount", "outstanding_principal"),
        rule(
            "E0203", in_set, "days_past_due > 90", column=tiers, value_set=["FQ03", "FQ04", "FQ05"]
        ),
        rule("E0204", in_set, "days_past_due > 270", column=tiers, value_set=["FQ04", "FQ05"]),
        rule("E0205", in_set, "days_past_due > 360", column=tiers, value_set=["FQ05"]),
        rule(
            "W0206",
            not_in_set,
            "days_past_due > 0",
            column="loan_status",
            value_set=["normal", "extended"],
        ),
        rule(
            "W0206", not_in_set, "days_past_due == 0", column="loan_status", value_set=["overdue"]
        ),
        rule("W0208", between, column="interest_rate", min_value=0, max_value=0.36),
        rule(
            "W0210",
            not_in_set,
            "sei_tag.isnull()",
            column="purpose_industry_code",
            value_set=sorted({code for code, _ in lettered}),
        ),
        rule("W0211", in_set, column="purpose_industry_code", value_set=purposes),
        rule("E0212", in_set, column="borrower_id", value_set=borrower["borrower_id"].to_list()),
        rule(
            "W0215",
            in_set,
            "tech_loan_tag.notnull() and tech_loan_tag not in ['0', '00', 'N', 'NO', '否']",
            column="borrower_id",
            value_set=listed["borrower_id"].unique().to_list(),
        ),
        rule(
            "W0216",
            gxe.ExpectTableRowCountToBeBetween,
            min_value=int(before * 0.8),
            max_value=int(before * 1.2),
        ),
        rule("W0217", not_null, column=tiers),
        rule(
            "W0218",
            in_set,
            column="facility_id",
            value_set=around["facility"]["facility_id"].to_list(),
        ),
        later("W0219", "extended_maturity_date", "maturity_date"),
        later("W0220", "repricing_date", "disbursement_date"),
        rule("W0220", between, column="repricing_date", max_value=day),
        later("W0221", "outstanding_principal", "impairment_allowance"),
        rule("W0221", between, column="impairment_allowance", min_value=0),
        rule("W0222", not_null, "investment_linkage_flag == True", column="linkage_mode"),
        rule(
            "W0223",
            in_set,
            f"first_loan_flag_source == True and disbursement_date >= '{first_of_month}'",
            column="borrower_id",
            value_set=around["borrower_first_loan_event"]["borrower_id"].to_list(),
        ),
        rule(
            "E0226",
            in_set,
            column="booking_branch_id",
            value_set=sorted({*links["child_id"], *links["parent_id"]}),
        ),
        rule(
            "W0236",
            not_in_set,
            "inclusive_flag_source == False and outstanding_principal > 0 "
            "and product_type not in ['discounted_bill', 'rediscounted_bill']",
            column="borrower_id",
            value_set=small["borrower_id"].to_list(),
        ),
    ]
