"""The NPL tolerance: the inclusive ratio may exceed the bank's by 3.00 percentage points, inclusive."""

from datetime import date
from decimal import Decimal

from transforms.reference import tables as reference_tables

SMALL = """
        client | size | line
        S      | CS03 | 1,000,000
        """


def _book(bad: str) -> str:
    """Inclusive loans of 10,000 at north, and other loans that bring the bank to exactly 1.00 %."""
    other_bad = Decimal("1000.00") - Decimal(bad)
    return f"""
        loan | client | branch | balance             | class
        L1   | S      | north  | {bad}               | FQ03
        L2   | S      | north  | {10000 - Decimal(bad)} | FQ01
        L3   | B      | south  | {other_bad}         | FQ03
        L4   | B      | south  | {90000 - other_bad} | FQ01
    """


def test_exactly_three_points_over_the_bank_is_within(spec):
    """4.00 % against 1.00 % + 3.00 pp: no headroom left, and within."""
    facts = spec(
        _book("400.00"),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"north": 0},
        npl_ratio={"HO": 0.01},
    )
    assert spec.row(facts, "inclusive_npl_tolerance", "north")["headroom_amount"] == 0
    assert spec.row(facts, "inclusive_npl_tolerance", "north")["limit_value"] == Decimal("4.00")


def test_one_hundredth_of_a_point_more_is_not(spec):
    facts = spec(
        _book("401.00"),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"north": -0.01},
    )
    assert spec.row(facts, "inclusive_npl_tolerance", "north")["headroom_amount"] == Decimal(
        "-1.00"
    )


def test_ratios_are_compared_as_printed_at_two_decimals(spec):
    """400.49 of 10,000 is 4.0049 %, printed 4.00 %: within. 400.50 is printed 4.01 %: not."""
    spec(_book("400.49"), borrower_snapshot=SMALL, inclusive_npl_tolerance={"north": 0})
    spec(_book("400.50"), borrower_snapshot=SMALL, inclusive_npl_tolerance={"north": -0.01})


def test_headroom_is_the_amount_that_may_still_turn_bad(spec):
    """4.00 % of 10,000 is 400; 150 is bad already; 250 may follow."""
    facts = spec(_book("150.00"), borrower_snapshot=SMALL, inclusive_npl_tolerance={"north": 2.5})
    assert spec.row(facts, "inclusive_npl_tolerance", "north")["headroom_amount"] == Decimal(
        "250.00"
    )


def test_an_empty_portfolio_has_no_verdict(spec):
    facts = spec(
        _book("150.00"),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"south": "nothing in the denominator"},
        inclusive_npl_ratio={"south": None},
    )
    assert spec.row(facts, "inclusive_npl_tolerance", "south")["headroom_amount"] is None


def test_the_rule_of_the_month_applies(spec):
    """Until February 2019 the margin was 2.00 pp."""
    facts = spec(
        _book("310.00"),
        as_of=date(2019, 2, 28),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"north": -0.10},
    )
    assert spec.row(facts, "inclusive_npl_tolerance", "north")["limit_value"] == Decimal("3.00")


TARGET = """
    branch | metric    | period | target
    HO     | npl_ratio | {}     | {}
    """


def test_the_rule_of_2019_may_be_read_for_any_month(spec):
    """In February 2019 the margin in force was 2.00 points; by the rule of March it was 3.00."""
    spec(
        _book("310.00"),
        as_of=date(2019, 2, 28),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"north": -0.10},
        inclusive_npl_tolerance__rule_2019={"north": 0.90},
    )


def test_the_rule_of_2015_takes_all_small_business_and_the_banks_own_target(spec):
    """Small business at north: 50 of 1,000 bad, 5.00 %, whatever the line; target 1.505 % prints 1.51 %.

    Limit 1.51 + 2.00 = 3.51: 1.49 points too many. Inclusive is only S: nothing bad, and within.
    """
    loans = """
        loan | client | branch | balance | class
        L1   | S      | north  |     400 | FQ01
        L2   | WIDE   | north  |      50 | FQ04
        L3   | WIDE   | north  |     550 | FQ01
        L4   | B      | south  |   9,000 | FQ01
        """
    borrowers = """
        client | size | line
        S      | CS03 | 1,000,000
        WIDE   | CS03 | 20,000,000
        """
    facts = spec(
        loans,
        borrower_snapshot=borrowers,
        target=TARGET.format(2026, "0.01505"),
        inclusive_npl_tolerance__rule_2015={"north": -1.49, "south": "nothing in the denominator"},
        inclusive_npl_tolerance={"north": 3.5},
    )
    row = spec.row(facts, "inclusive_npl_tolerance__rule_2015", "north")
    assert (row["numerator"], row["denominator"], row["limit_value"]) == (50, 1000, Decimal("3.51"))
    assert row["headroom_amount"] == Decimal("-14.90")


def test_without_an_approved_target_the_rule_of_2015_gives_nothing(spec):
    draft = TARGET.replace("target\n", "target | status\n").replace(
        "{}     | {}", "2026 | 0.01 | draft"
    )
    spec(
        _book("150.00"),
        borrower_snapshot=SMALL,
        target=draft,
        inclusive_npl_tolerance__rule_2015={"north": "annual target for npl_ratio"},
        inclusive_npl_tolerance={"north": 2.5},
    )


def test_until_february_2018_the_rule_in_force_was_that_of_2015(spec):
    """On 28 February 2018 all small business against target + 2.00; a month later inclusive + 2.00.

    WIDE has a line of 20 million. February: 350 of 10,000 bad, 3.50 % under 1.50 + 2.00: within,
    nothing left. March: 0 of 9,000 bad, the bank at 350 of 100,000, 0.35 %: 2.35 points left.
    """
    loans = """
        loan | client | branch | balance | class
        L1   | S      | north  |   9,000 | FQ01
        L2   | WIDE   | north  |     350 | FQ03
        L3   | WIDE   | north  |     650 | FQ01
        L4   | B      | south  |  90,000 | FQ01
        """
    given = {
        "borrower_snapshot": "client | size | line\nS | CS03 | 1,000,000\nWIDE | CS03 | 20,000,000",
        "target": TARGET.replace("target\n", "target | from\n").replace(
            "{}     | {}", "2018 | 0.015 | 2018-01-01"
        ),
    }
    facts = spec(loans, as_of=date(2018, 2, 28), **given, inclusive_npl_tolerance={"north": 0})
    row = spec.row(facts, "inclusive_npl_tolerance", "north")
    assert (row["numerator"], row["denominator"]) == (350, 10_000)
    february = row["definition_version"]
    facts = spec(loans, as_of=date(2018, 3, 31), **given, inclusive_npl_tolerance={"north": 2.35})
    row = spec.row(facts, "inclusive_npl_tolerance", "north")
    assert (row["numerator"], row["denominator"]) == (0, 9000)
    assert february.startswith("1.")
    assert row["definition_version"].startswith("2.")


def _with_rules(*rows: str):
    """The product's rules and some more: rule, scope, margin."""
    text = reference_tables.packaged_text("npl_tolerance_rules").rstrip("\n")
    for row in rows:
        rule, scope, margin = row.split()
        text += f"\n{rule},inclusive,{scope},2019-03-01,,own,actual_all_loans,{margin},yes,,own,own"
    return reference_tables.load({"npl_tolerance_rules": text + "\n"})


def test_the_nearest_rule_holds_a_branchs_own_before_its_regions_before_the_banks(spec):
    """Bank + 3.00; Shenzhen (440300) + 4.00; branch north + 5.00, and the outlet n1 below it too.

    Every branch has 2 of 100 inclusive loans bad; the bank has 8 of 800, 1.00 %. south is in
    Shenzhen by its prefecture code, n1 as well, but its own parent's rule is nearer.
    """
    spec(
        """
        loan | client | branch | balance | class
        L1   | S      | north  |       2 | FQ03
        L2   | S      | north  |      98 | FQ01
        L3   | S      | south  |       2 | FQ03
        L4   | S      | south  |      98 | FQ01
        L5   | S      | n1     |       2 | FQ03
        L6   | S      | n1     |      98 | FQ01
        L7   | S      | east   |       2 | FQ03
        L8   | S      | east   |      98 | FQ01
        L9   | B      | east   |     400 | FQ01
        """,
        borrower_snapshot=SMALL,
        branch="""
        branch | place  | level
        HO     |        | head
        north  | 110100 | tier1
        n1     | 440300 | outlet
        south  | 440300 | tier1
        east   | 310100 | tier1
        """,
        branch_hierarchy="""
        branch | parent
        north  | HO
        n1     | north
        south  | HO
        east   | HO
        """,
        reference=_with_rules("TOL_2019 440300 4.00", "TOL_2019 north 5.00"),
        inclusive_npl_tolerance={"north": 4, "n1": 4, "south": 3, "east": 2, "HO": 2},
        inclusive_npl_tolerance__rule_2019={"north": 4, "n1": 4, "south": 3, "east": 2},
    )


def test_small_technology_enterprises_have_a_tolerance_of_their_own(spec):
    """T1 is small and listed: 3 of 100 bad, 3.00 % under 0.30 + 3.00. T2 is large, S is not listed."""
    loans = """
        loan | client | branch | balance | class
        L1   | T1     | north  |       3 | FQ03
        L2   | T1     | north  |      97 | FQ01
        L3   | T2     | north  |     400 | FQ01
        L4   | S      | north  |     500 | FQ01
        """
    given = {
        "borrower_snapshot": "client | size\nT1 | CS04\nT2 | CS01\nS | CS03",
        "tech_enterprise_list": "client | from\nT1 | 2020-01-01\nT2 | 2020-01-01",
    }
    spec(loans, **given, tech_small_npl_tolerance={"north": 0.30})
    spec(
        loans,
        as_of=date(2023, 12, 31),
        **given,
        tech_small_npl_tolerance={"north": "holds from 2024-01-12 on"},
    )
