"""The demo bank's flows and what stands beside its loans: events add up, and tables agree with each other."""

import itertools
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from transforms.codes import WITHOUT_PRINCIPAL
from transforms.periods import previous_month_end
from transforms.sample import draws, flows, snapshot
from transforms.sample.bank import UNDELIVERED, BankSpec, demo_bank
from transforms.schema import TABLES, Delivery

CENT = Decimal("0.01")
GONE = ["written_off", "transferred", "settled"]


@pytest.fixture(scope="module")
def bank():
    return demo_bank(BankSpec(months=24, loans=4_000, seed=11))


@pytest.fixture(scope="module")
def months(bank):
    return {as_of: bank.month(as_of) for as_of in bank.month_ends}


def events(months):
    return pl.concat(
        tables["loan_event"].with_columns(month=pl.lit(as_of)) for as_of, tables in months.items()
    )


def own(loans, *by):
    """Principal on the bank's own book, by some columns; what owes nothing is left out."""
    counted = (pl.col("movement") == "none") & ~pl.col("loan_status").is_in(GONE)
    return (
        loans.filter(counted)
        .group_by(*by)
        .agg(principal=pl.col("outstanding_principal").sum())
        .filter(pl.col("principal") != 0)
    )


def rolled_forward(opening, happened, by):
    """Opening plus what changed the principal, by some columns; what comes to nothing is left out."""
    changed = happened.filter(~pl.col("event_type").is_in(WITHOUT_PRINCIPAL)).select(
        *by, principal="amount"
    )
    return (
        pl.concat([opening.select(*by, "principal"), changed])
        .group_by(by)
        .agg(pl.col("principal").sum())
        .filter(pl.col("principal") != 0)
        .sort(by)
    )


def test_opening_and_events_are_closing_for_every_loan_in_every_month(months):
    for before, after in itertools.pairwise(months):
        by = ["loan_id", "currency_code"]
        opening, closing = (own(months[end]["loan_snapshot"], *by) for end in (before, after))
        rolled = rolled_forward(opening, months[after]["loan_event"], by)
        assert rolled.rows() == closing.select(*by, "principal").sort(by).rows(), after


def test_opening_and_events_are_closing_for_every_branch_in_every_month(months):
    moved = 0
    for before, after in itertools.pairwise(months):
        by = ["branch_id", "currency_code"]
        opening, closing = (
            own(months[end]["loan_snapshot"].rename({"booking_branch_id": "branch_id"}), *by)
            for end in (before, after)
        )
        rolled = rolled_forward(opening, months[after]["loan_event"], by)
        assert rolled.rows() == closing.select(*by, "principal").sort(by).rows(), after
        moved += months[after]["loan_event"].filter(event_type="branch_move").height
    assert moved > 0


def test_the_first_month_rolls_forward_from_the_month_before_the_window(bank, months):
    first = bank.month_ends[0]
    before = snapshot.book(bank.world, previous_month_end(first))
    opening = pl.DataFrame(
        {
            "loan_id": bank.world.loans.ids.gather(before.at),
            "principal": draws.money(snapshot.own_principal(before)),
        }
    )
    closing = own(months[first]["loan_snapshot"], "loan_id").sort("loan_id")
    rolled = rolled_forward(opening, months[first]["loan_event"], ["loan_id"])
    assert rolled.rows() == closing.select("loan_id", "principal").rows()
    kinds = set(months[first]["loan_event"]["event_type"])
    assert {"drawdown", "scheduled_repayment", "renewal", "reclassification"} <= kinds


def test_a_book_with_other_seeds_and_a_year_rolls_forward_too():
    other = demo_bank(BankSpec(months=7, loans=900, seed=3, last=date(2025, 2, 28)))
    books = {as_of: other.month(as_of) for as_of in other.month_ends}
    test_opening_and_events_are_closing_for_every_loan_in_every_month(books)
    test_opening_and_events_are_closing_for_every_branch_in_every_month(books)


def test_every_kind_of_event_occurs_and_its_amount_has_the_sign_of_its_kind(months):
    found = events(months)
    assert set(found["event_type"]) == set(flows.KINDS)
    for kind, sign in (
        *[(name, 1) for name in ("drawdown", "recovery")],
        *[
            (name, -1)
            for name in (
                "scheduled_repayment",
                "prepayment",
                "renewal",
                "restructure",
                "write_off",
                "transfer_out",
                "securitised",
            )
        ],
        ("reclassification", 0),
    ):
        amounts = found.filter(event_type=kind)["amount"]
        assert (amounts.sign() == sign).all(), kind


def test_events_lie_inside_their_month_and_bear_numbers_of_their_own(months):
    found = events(months)
    assert found["event_id"].is_unique().all()
    assert (found["event_date"].dt.month_end() == found["month"]).all()
    assert found["event_id"].str.slice(1, 6).equals(found["month"].dt.strftime("%Y%m"))


def test_every_receipt_is_drawn_once_in_full_on_its_day_at_its_branch(months):
    for as_of, tables in months.items():
        new = tables["loan_snapshot"].filter(pl.col("disbursement_date") >= as_of.replace(day=1))
        drawn = tables["loan_event"].filter(event_type="drawdown")
        both = new.join(drawn, on="loan_id", how="full")
        assert len(both) == len(new) == len(drawn)
        assert (both["original_amount"] == both["amount"]).all()
        assert (both["disbursement_date"] == both["event_date"]).all()
        assert (both["booking_branch_id"] == both["branch_id"]).all()
        assert (both["currency_code"] == both["currency_code_right"]).all()


def test_a_receipt_that_another_replaces_is_closed_as_renewed_or_restructured(months):
    kinds = {
        "refinance": "renewal",
        "renewal_no_repayment": "renewal",
        "restructure": "restructure",
    }
    seen = set()
    for as_of, tables in months.items():
        new = tables["loan_snapshot"].filter(
            pl.col("disbursement_date") >= as_of.replace(day=1),
            pl.col("previous_loan_id").is_not_null(),
        )
        closing = tables["loan_event"].filter(
            pl.col("event_type").is_in(["renewal", "restructure"])
        )
        both = closing.join(new, left_on="loan_id", right_on="previous_loan_id", how="left")
        assert (
            both["issue_type"].replace_strict(kinds).equals(both["event_type"].rename("issue_type"))
        )
        assert (both["event_date"] == both["disbursement_date"]).all()
        seen |= set(both["event_type"])
    assert seen == {"renewal", "restructure"}


def test_what_is_prepaid_was_not_due_and_what_is_repaid_at_once_was(months):
    for before, after in itertools.pairwise(months):
        old, new = (months[end]["loan_snapshot"] for end in (before, after))
        left = (
            old.join(new, on="loan_id", how="anti")
            .with_columns(due=pl.coalesce("extended_maturity_date", "maturity_date"))
            .join(months[after]["loan_event"], on="loan_id")
        )
        assert (left.filter(event_type="prepayment")["due"] > after).all()
        assert (left.filter(event_type="scheduled_repayment")["due"] <= after).all()


def test_what_stays_in_the_file_but_leaves_the_own_book_is_told_by_how_it_left(months):
    for before, after in itertools.pairwise(months):
        old, new = (months[end]["loan_snapshot"] for end in (before, after))
        left = (
            old.filter(pl.col("movement") == "none", ~pl.col("loan_status").is_in(GONE))
            .join(new, on="loan_id", suffix="_now")
            .with_columns(
                how=pl.when(loan_status_now="written_off")
                .then(pl.lit("write_off"))
                .when(loan_status_now="transferred")
                .then(pl.lit("transfer_out"))
                .when(movement_now="securitised")
                .then(pl.lit("securitised"))
            )
            .filter(pl.col("how").is_not_null(), pl.col("outstanding_principal") > 0)
        )
        told = months[after]["loan_event"].filter(pl.col("event_type") != "branch_move")
        both = left.join(told.filter(pl.col("amount") != 0), on="loan_id", how="left")
        assert len(both) == len(left)
        assert (both["event_type"] == both["how"]).all()
        assert (both["amount"] == -both["outstanding_principal"]).all()


def test_moves_between_branches_stand_on_both_sides_and_cancel_out(months):
    moves = events(months).filter(event_type="branch_move")
    per_loan = moves.group_by("loan_id", "month").agg(
        rows=pl.len(), net=pl.col("amount").sum(), branches=pl.col("branch_id").n_unique()
    )
    assert (per_loan["rows"] == 2).all()
    assert (per_loan["net"] == 0).all()
    assert (per_loan["branches"] == 2).all()
    out = pl.col("amount") < 0
    at = pl.when(out).then("from_value").otherwise("to_value")
    assert moves.filter(pl.col("branch_id") != at).is_empty()


def test_tiers_that_differ_from_last_month_are_told_and_no_others(months):
    for before, after in itertools.pairwise(months):
        old, new = (months[end]["loan_snapshot"] for end in (before, after))
        changed = (
            old.join(new, on="loan_id", suffix="_now")
            .filter(pl.col("loan_classification") != pl.col("loan_classification_now"))
            .select("loan_id", "loan_classification", "loan_classification_now")
            .sort("loan_id")
        )
        told = months[after]["loan_event"].filter(event_type="reclassification").sort("loan_id")
        assert told.select("loan_id", "from_value", "to_value").rows() == changed.rows()


def test_write_offs_are_their_events_and_what_came_back_is_the_recoveries_so_far(months):
    found = events(months)
    lost = found.filter(pl.col("event_type").is_in(["write_off", "transfer_out"]))
    for as_of, tables in months.items():
        told = tables["write_off_recovery"]
        expected = lost.filter(pl.col("month") <= as_of).sort("loan_id")
        back = (
            found.filter(pl.col("event_type") == "recovery", pl.col("month") <= as_of)
            .group_by("loan_id")
            .agg(back=pl.col("amount").sum())
        )
        assert told["loan_id"].to_list() == expected["loan_id"].to_list()
        assert (told["principal"] == -expected["amount"]).all()
        assert (told["write_off_date"] == expected["event_date"]).all()
        assert (told["borrower_id"] == expected["borrower_id"]).all()
        kept = expected["event_type"] == "write_off"
        assert told["claim_kept"].equals(kept.rename("claim_kept"))
        assert (told["method"] == "write_off").equals(kept.rename("method"))
        paid = told.join(back, on="loan_id", how="left")["back"].fill_null(Decimal(0))
        assert (told["recovered_to_date"] == paid).all()
        opened = tables["branch"].filter(pl.col("closed_date").is_null())["branch_id"]
        assert told["branch_id"].is_in(opened.implode()).all()
    told = months[list(months)[-1]]["write_off_recovery"]
    some = told.filter(pl.col("recovered_to_date") > 0)
    assert 0 < len(some) < len(told)
    assert (some["recovered_to_date"] <= some["principal"] * Decimal("0.4")).all()


def test_recoveries_come_after_the_write_off_in_one_to_three_parts(months):
    found = events(months)
    off = found.filter(event_type="write_off").select("loan_id", off="event_date")
    back = found.filter(event_type="recovery").join(off, on="loan_id", how="left")
    assert (back["event_date"] > back["off"]).all()
    assert back.group_by("loan_id").len()["len"].max() in {2, 3}


def test_allowances_grow_with_the_tier_and_never_pass_the_principal(months):
    loans = months[list(months)[-1]]["loan_snapshot"].filter(
        pl.col("movement") == "none",
        ~pl.col("loan_status").is_in(GONE),
        ~pl.col("entrusted_flag"),
        pl.col("outstanding_principal") > 1_000,
    )
    assert loans["impairment_allowance"].null_count() == 0
    assert (loans["impairment_allowance"] <= loans["outstanding_principal"]).all()
    share = pl.col("impairment_allowance").cast(pl.Float64) / pl.col("outstanding_principal")
    spans = loans.group_by("loan_classification").agg(low=share.min(), high=share.max())
    bounds = spans.sort("loan_classification").select("low", "high").rows()
    assert len(bounds) == 5
    assert bounds[0][0] > 0.01
    for (_, high), (low, _) in itertools.pairwise(bounds):
        assert high < low


def test_what_is_no_longer_the_banks_own_needs_no_allowance(months):
    for tables in months.values():
        loans = tables["loan_snapshot"]
        gone = loans.filter((pl.col("movement") != "none") | pl.col("loan_status").is_in(GONE))
        assert (gone["impairment_allowance"].drop_nulls() == 0).all()
        entrusted = loans.filter("entrusted_flag")
        assert entrusted["impairment_allowance"].null_count() == len(entrusted)


def test_facilities_add_up_to_the_line_but_for_a_few_and_are_used_as_the_book_says(months):
    for tables in months.values():
        loans, lines = tables["loan_snapshot"], tables["facility"]
        limits = lines.group_by("borrower_id").agg(pl.col("limit_amount").sum(), n=pl.len())
        both = limits.join(tables["borrower_snapshot"], on="borrower_id")
        assert set(limits["borrower_id"]) == set(loans["borrower_id"])
        assert set(limits["n"]) == {1, 2}
        off = both.filter(pl.col("limit_amount") != pl.col("total_credit_limit_cny"))
        assert 0 < len(off) < 0.02 * len(both)
        used = (
            loans.filter(pl.col("movement") == "none", ~pl.col("loan_status").is_in(GONE))
            .join(tables["fx_rate"], on="currency_code")
            .with_columns(
                yuan=(pl.col("outstanding_principal") * pl.col("rate")).round(
                    2, mode="half_away_from_zero"
                )
            )
            .group_by("facility_id", "borrower_id")
            .agg(pl.col("yuan").sum())
        )
        told = lines.join(used, on=["facility_id", "borrower_id"], how="left")
        assert (told["used_amount"] == told["yuan"].fill_null(Decimal(0))).all()
        assert (lines["used_amount"] <= lines["limit_amount"]).all()
        assert len(used.join(lines, on=["facility_id", "borrower_id"])) == len(used)


def test_facilities_are_in_force_on_the_month_end(months):
    for as_of, tables in months.items():
        assert (tables["facility"]["approved_date"] <= as_of).all()
        assert (tables["facility"]["expiry_date"] >= as_of).all()


def test_security_is_what_the_loan_says_it_is(months):
    pledged = {
        "receivable", "order", "deposit", "equity",
        "patent", "trademark", "software_copyright", "data_asset",
    }  # fmt: skip
    mortgaged = {"real_estate", "land_use_right", "equipment"}
    for tables in months.values():
        loans = tables["loan_snapshot"].select(
            "loan_id", "borrower_id", "main_security_type", "new_type_pledge_flag"
        )
        secured = (
            tables["loan_collateral"]
            .join(loans, on="loan_id")
            .join(tables["collateral"], on="collateral_id")
        )
        assert len(secured) == len(tables["loan_collateral"])
        for code, kinds in (("01", pledged), ("02", mortgaged)):
            here = secured.filter(main_security_type=code)
            assert set(here["loan_id"]) == set(loans.filter(main_security_type=code)["loan_id"])
            assert set(here["collateral_type"]) <= kinds
        beside = secured.filter(main_security_type="03")["collateral_type"]
        assert set(beside) <= {"patent", "trademark", "software_copyright"}
        assert secured.filter(main_security_type="04").is_empty()
        new_type = secured["collateral_type"].is_in(["order", "data_asset"])
        assert new_type.equals(secured["new_type_pledge_flag"].rename("collateral_type"))
        assert set(tables["guarantee"]["loan_id"]) == set(
            loans.filter(main_security_type="03")["loan_id"]
        )
        assert set(tables["collateral"]["collateral_id"]) == set(secured["collateral_id"])


def test_an_item_is_shared_out_up_to_its_value_but_for_a_few(months):
    tables = months[list(months)[-1]]
    shared = (
        tables["loan_collateral"]
        .join(tables["loan_snapshot"].select("loan_id", "borrower_id"), on="loan_id")
        .group_by("collateral_id")
        .agg(
            pl.col("allocated_value").sum(), loans=pl.len(), owners=pl.col("borrower_id").n_unique()
        )
        .join(tables["collateral"], on="collateral_id")
    )
    over = shared.filter(pl.col("allocated_value") > pl.col("value"))
    assert 0 < len(over) < 0.01 * len(shared)
    assert (shared["owners"] == 1).all()
    two = shared.filter(loans=2)
    assert 5 < len(two) < 0.1 * len(shared)
    second = tables["loan_collateral"].filter(rank=2).join(tables["collateral"], on="collateral_id")
    assert 0 < len(second) < 0.03 * len(tables["loan_collateral"])
    assert (second["prior_claim_amount"] > 0).all()


def test_core_enterprises_guarantee_only_their_own_chain(months):
    tables = months[list(months)[-1]]
    by_core = (
        tables["guarantee"]
        .filter(guarantor_type="core_enterprise")
        .join(tables["loan_snapshot"].select("loan_id", "borrower_id"), on="loan_id")
    )
    tied = tables["supply_chain_relation"].select("borrower_id", guarantor_id="core_enterprise_id")
    assert len(by_core) > 0
    assert len(by_core.join(tied, on=["borrower_id", "guarantor_id"])) == len(by_core)
    assert set(tables["guarantee"]["guarantor_type"]) >= {"guarantee_company", "owner"}


def test_trade_is_told_of_pairs_that_are_tied_in_the_month(months):
    seen = {}
    for as_of, tables in months.items():
        tied = tables["supply_chain_relation"].filter(
            pl.col("core_enterprise_id").is_not_null(),
            pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of.replace(day=1)),
        )
        traded = tables["supply_chain_trade"]
        key = ["borrower_id", "core_enterprise_id"]
        assert len(traded.join(tied, on=key)) == len(traded)
        assert 0.9 * len(tied) < len(traded) <= len(tied)
        assert (traded["trade_amount"] > 0).all()
        for borrower, core, amount in traded.select(*key, "trade_amount").iter_rows():
            seen.setdefault((borrower, core), []).append(float(amount))
    swings = [max(amounts) / min(amounts) for amounts in seen.values() if len(amounts) > 12]
    assert min(swings) < 1.2
    assert max(swings) > 4


def test_prime_rates_are_those_known_by_the_month_end(months):
    for as_of, tables in months.items():
        known = tables["lpr_rate"]
        assert known["effective_date"].max() <= as_of
        newest = known.sort("effective_date").group_by("term").last()
        rates = dict(newest.select("term", "rate").iter_rows())
        expected = ("0.0310", "0.0360") if as_of < date(2025, 5, 20) else ("0.0300", "0.0350")
        assert (rates["1Y"], rates["5Y"]) == (Decimal(expected[0]), Decimal(expected[1]))


def test_net_capital_is_reported_every_quarter_and_the_largest_clients_keep_their_distance(months):
    for as_of, tables in months.items():
        told = tables["net_capital"]
        newest = told.filter(pl.col("reported_on") == pl.col("reported_on").max())
        amount = dict(newest.select("kind", "amount").iter_rows())
        assert 0 <= (as_of - newest["reported_on"][0]).days < 93
        assert amount["tier1_net_capital"] < amount["net_capital"]
        owed = tables["facility"].group_by("borrower_id").agg(pl.col("used_amount").sum())
        largest = owed["used_amount"].top_k(10) / amount["net_capital"]
        assert 0.02 < largest.max() < 0.12
        assert 0.18 < largest.sum() < 0.5


def test_long_loans_at_a_floating_rate_reprice_on_new_years_day(months):
    for as_of, tables in months.items():
        loans = tables["loan_snapshot"]
        told = loans.filter(pl.col("repricing_date").is_not_null())
        assert set(told["repricing_date"]) == {date(as_of.year, 1, 1)}
        assert (told["disbursement_date"] < told["repricing_date"]).all()
        assert ((told["maturity_date"] - told["disbursement_date"]).dt.total_days() > 366).all()


def test_an_extension_leaves_the_first_maturity_as_agreed(months):
    ends = list(months)
    prolonged = 0
    for before, after in itertools.pairwise(ends):
        old, new = (months[end]["loan_snapshot"] for end in (before, after))
        both = old.join(new, on="loan_id", suffix="_now")
        assert (both["maturity_date"] == both["maturity_date_now"]).all()
        longer = new.filter(pl.col("extended_maturity_date").is_not_null())
        assert (longer["extended_maturity_date"] > longer["maturity_date"]).all()
        prolonged += len(longer)
    assert prolonged > 0


def test_a_corporate_bank_has_no_housing_loans_and_no_other_column_stays_empty(months):
    empty = {
        (name, column)
        for name, table in TABLES.items()
        if table.delivery is not Delivery.ENTERED
        for column in table.column_names
        if all(tables[name][column].null_count() == len(tables[name]) for tables in months.values())
    }
    left_out = {(name, column) for name, columns in UNDELIVERED.items() for column in columns}
    assert left_out == {("loan_snapshot", "housing_loan_flag")}
    open_ended = {(name, "valid_to") for name in ("loan_collateral", "guarantee")}
    assert empty == left_out | open_ended
