"""What a proposed target is refused for, and with which words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.scenario import CATALOGUE
from transforms.errors import BranchmarkError
from transforms.proposals import (
    Bank,
    Proposal,
    key_text,
    objections,
    parse_key,
    repeated,
    settled,
)

BANK = Bank(CATALOGUE, {"HO", "north"}, "HO")
GOOD = Proposal("north", "sei_share", "", "2026", Decimal("0.15"), near_band=Decimal("0.005"))


def said(bank=BANK, **changed):
    return [one.reason.en for one in objections(replace(GOOD, **changed), bank)]


def test_a_good_proposal_meets_no_objection():
    assert said() == []
    assert said(reading="strict", phasing="linear", base_value=Decimal("0.12")) == []
    assert said(metric_id="provision_ratio") != []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"branch_id": "nroth"}, "no branch 'nroth'. Did you mean north"),
        ({"metric_id": "sei_shares"}, "no metric 'sei_shares'. Did you mean sei_share"),
        ({"reading": "strickt"}, "no reading 'strickt'"),
        ({"metric_id": "loan_rate"}, "points neither way"),
        ({"metric_id": "provision_coverage"}, "points neither way"),
        ({"metric_id": "inclusive_npl_tolerance"}, "judged by that limit"),
        ({"metric_id": "largest_client_ratio"}, "whole bank only"),
        ({"target_value": Decimal(15)}, "is a fraction: 0.15 is 15 %"),
        ({"target_value": Decimal("1.01")}, "is a fraction"),
        ({"near_band": Decimal(2)}, "near_band is 2"),
        ({"near_band": Decimal("-0.01")}, "below zero"),
        ({"target_value": Decimal("-0.1")}, "never below zero"),
        ({"target_value": Decimal("NaN")}, "is NaN, which is no number"),
        ({"target_value": Decimal("1e999999")}, "1.000000E+999999: at most 24 digits"),
        ({"metric_id": "loan_balance", "target_value": Decimal("1e24")}, "24 digits"),
        ({"target_value": Decimal("0.1234567890123")}, "12 after it"),
        ({"metric_id": "tech_clients", "target_value": Decimal("3.5")}, "whole numbers"),
        ({"metric_id": "loan_balance", "target_value": Decimal("0.15")}, "is an amount"),
        ({"metric_id": "industry_hhi", "target_value": Decimal(10_001)}, "between 0 and 10,000"),
        ({"metric_id": "inclusive_growth_gap", "target_value": Decimal(101)}, "percentage points"),
        ({"period": "2026Q5"}, "'2026Q5' is no period"),
        ({"valid_from": date(2027, 1, 1)}, "would never hold"),
        (
            {"valid_from": date(2026, 7, 1), "valid_to": date(2026, 6, 30)},
            "end on 2026-06-30, before it begins",
        ),
        ({"period": "2026Q3", "phasing": "linear"}, "is no year"),
        ({"phasing": "seasonal"}, "are missing"),
        ({"phasing": "spring"}, "no way of phasing"),
        ({"phasing_shares": "0.1 1"}, "phasing_shares are given, and the phasing is none"),
        ({"base_value": Decimal("0.1")}, "base_value is given, and the phasing is none"),
        (
            {
                "metric_id": "loan_increment_ytd",
                "target_value": Decimal(9),
                "phasing": "linear",
                "base_value": Decimal(5),
            },
            "begins every year at zero",
        ),
        (
            {"valid_from": date(2020, 1, 1), "valid_to": date(2020, 12, 31)},
            "would never decide",
        ),
        ({"valid_to": date(2026, 1, 30)}, "would never decide"),
    ],
)
def test_a_bad_proposal_is_refused_with_its_reason(changed, words):
    plain = {"near_band": None} if "near_band" not in changed else {}
    assert any(words in one for one in said(**plain, **changed)), said(**plain, **changed)


def test_at_the_edge_a_value_is_taken():
    assert said(target_value=Decimal(1), near_band=None) == []
    assert said(target_value=Decimal(0), near_band=None) == []
    whole = {"metric_id": "loan_balance", "near_band": None}
    assert said(target_value=Decimal("1e20"), **whole) == []
    assert said(target_value=Decimal("999999999999999999999999.999999999999"), **whole) == []
    assert said(valid_to=date(2026, 1, 31)) == []
    # Overdue loans may be more than the bad ones: their ratio is no share.
    assert said(metric_id="overdue_90_to_npl", target_value=Decimal("1.2"), near_band=None) == []
    assert said(metric_id="loan_growth_ytd", target_value=Decimal("-0.1"), near_band=None) == []
    assert said(branch_id="HO", metric_id="largest_client_ratio", target_value=Decimal("0.1")) == []


def test_a_profile_may_give_a_direction_to_a_metric_that_has_none():
    ours = Bank(CATALOGUE, {"north"}, "HO", directed={"lpr_spread"})
    spread = {"metric_id": "lpr_spread", "target_value": Decimal(50), "near_band": None}
    assert said(**spread) != []
    assert said(ours, **spread) == []


def test_every_objection_is_told_in_both_languages_with_a_way_out():
    wrong = replace(GOOD, branch_id="x", metric_id="y", period="z", phasing="w")
    found = objections(wrong, BANK)
    assert len(found) == 4
    for one in found:
        assert all((one.reason.en, one.reason.zh, one.remedy.en, one.remedy.zh))
        assert "{" not in one.reason.en + one.reason.zh


def test_one_target_has_one_name():
    """The default reading goes without a name, and validity begins with the period."""
    default = CATALOGUE.metrics["sei_share"].default_reading
    found = settled(replace(GOOD, reading=default, period="2026Q3", note=" "), CATALOGUE)
    assert (found.reading, found.valid_from, found.note) == ("", date(2026, 7, 1), None)


def test_a_key_is_one_word_both_ways():
    for key in (("B1", "sei_share", "", "2026"), ("B1", "sei_share", "strict", "2026Q3")):
        assert parse_key(key_text(*key)) == key
    with pytest.raises(BranchmarkError, match="names no target"):
        parse_key("B1/sei_share")


def test_a_key_that_stands_twice_is_told_with_its_first_place():
    keys = [("a", "m", "", "2026"), ("b", "m", "", "2026"), ("a", "m", "", "2026")]
    assert repeated([*keys, keys[0]]) == {2: 0, 3: 0}
