"""The demo bank as deliveries: same seed same bytes, declared types, and files that fit each other."""

import hashlib
import itertools
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from transforms.errors import BadDateError, BranchmarkError, NoSuchMonthError
from transforms.sample import draws
from transforms.sample.bank import BankSpec, DemoBank, demo_bank
from transforms.schema import TABLES, Delivery

SMALL = BankSpec(months=14, loans=2_500, seed=7)


def digest(bank: DemoBank) -> str:
    """Of every delivered table of the first and the last month."""
    found = hashlib.sha256()
    for as_of in (bank.month_ends[0], bank.month_ends[-1]):
        for name, frame in bank.month(as_of).items():
            found.update(f"{as_of} {name}\n{frame.write_csv()}".encode())
    return found.hexdigest()


@pytest.fixture(scope="module")
def bank() -> DemoBank:
    return demo_bank(SMALL)


@pytest.fixture(scope="module")
def months(bank: DemoBank) -> dict[date, dict[str, pl.DataFrame]]:
    return {as_of: bank.month(as_of) for as_of in bank.month_ends}


def test_the_same_seed_gives_the_same_bytes_in_any_order_of_asking(bank):
    again = demo_bank(SMALL)
    again.month(again.month_ends[5])
    assert digest(again) == digest(bank)


def test_another_seed_gives_another_bank(bank):
    other = demo_bank(BankSpec(months=14, loans=2_500, seed=8))
    assert digest(other) != digest(bank)
    name = "loan_snapshot"
    last = SMALL.last
    assert other.month(last)[name].write_csv() != bank.month(last)[name].write_csv()


def test_the_number_of_threads_and_the_process_change_nothing(bank):
    script = (
        "import hashlib\n"
        "from transforms.sample.bank import BankSpec, demo_bank\n"
        "bank = demo_bank(BankSpec(months=14, loans=2_500, seed=7))\n"
        "found = hashlib.sha256()\n"
        "for as_of in (bank.month_ends[0], bank.month_ends[-1]):\n"
        "    for name, frame in bank.month(as_of).items():\n"
        "        found.update(f'{as_of} {name}\\n{frame.write_csv()}'.encode())\n"
        "print(found.hexdigest())\n"
        "print(hashlib.sha256(bank.drawn_targets.write_csv().encode()).hexdigest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "POLARS_MAX_THREADS": "4", "PYTHONHASHSEED": "5"},
    )
    targets = hashlib.sha256(bank.drawn_targets.write_csv().encode()).hexdigest()
    assert done.stdout.split() == [digest(bank), targets]


def test_the_bytes_of_a_tiny_bank_are_those_of_every_other_machine():
    """Written down once; only a deliberate change of the drawing itself may change it."""
    tiny = demo_bank(BankSpec(months=1, loans=50))
    assert digest(tiny) == "fd83ac19d5a4224bd68cfb31b1d7fb7a540b70f7f093f38aebf6a51500df1b3e"


DELIVERED = [name for name, table in TABLES.items() if table.delivery is not Delivery.ENTERED]


def test_every_table_has_exactly_the_declared_columns_and_is_sorted_by_its_key(bank, months):
    for tables in months.values():
        assert list(tables) == DELIVERED
        for name, frame in [*tables.items(), ("target", bank.drawn_targets)]:
            declared = TABLES[name]
            assert dict(frame.schema) == declared.dtypes, name
            assert frame.columns == list(declared.column_names), name
            assert frame.equals(frame.sort(declared.key)), name
            assert frame.select(declared.key).is_unique().all(), name


def test_nothing_is_missing_that_may_not_be_and_every_code_is_on_its_list(bank, months):
    for tables in months.values():
        for name, frame in [*tables.items(), ("target", bank.drawn_targets)]:
            for column in TABLES[name].columns:
                values = frame[column.name]
                assert column.nullable or values.null_count() == 0, (name, column.name)
                if column.code_list is not None:
                    found = set(values.drop_nulls().unique().to_list())
                    assert found <= set(column.code_list.values), (name, column.name)


def test_loans_are_booked_at_branches_that_exist_and_are_open(months):
    for as_of, tables in months.items():
        opened = tables["branch"].filter(
            pl.col("closed_date").is_null() | (pl.col("closed_date") > as_of),
            pl.col("opened_date") <= as_of,
        )["branch_id"]
        for name, column in (
            ("loan_snapshot", "booking_branch_id"),
            ("borrower_first_loan_event", "branch_id"),
        ):
            booked = tables[name][column].unique()
            assert booked.is_in(opened.implode()).all(), (as_of, name)


def test_every_borrower_is_known_and_no_client_owes_more_than_its_line(months):
    for tables in months.values():
        rates = tables["fx_rate"]
        owed = (
            tables["loan_snapshot"]
            .join(rates, on="currency_code", how="left")
            .join(tables["borrower_snapshot"], on="borrower_id", how="left")
            .group_by("borrower_id")
            .agg(
                (pl.col("outstanding_principal") * pl.col("rate")).sum().alias("owed"),
                pl.col("total_credit_limit_cny").first().alias("line"),
            )
        )
        assert owed["line"].null_count() == 0
        assert owed.filter(pl.col("owed") > pl.col("line")).is_empty()


def test_every_first_loan_stands_in_the_book_of_its_month(months):
    for as_of, tables in months.items():
        found = tables["borrower_first_loan_event"].join(
            tables["loan_snapshot"], on=["loan_id", "borrower_id"], how="left", suffix="_loan"
        )
        assert found["disbursement_date"].null_count() == 0
        assert (found["event_date"] == found["disbursement_date"]).all()
        assert (found["branch_id"] == found["booking_branch_id"]).all()
        assert (found["issue_type"] == found["issue_type_loan"]).all()
        assert found["event_date"].is_between(as_of.replace(day=1), as_of).all()
        assert (found["revoked_on"].drop_nulls() <= as_of).all()


def test_a_loan_keeps_its_number_its_borrower_and_its_amount_from_month_to_month(months):
    fixed = ["loan_id", "borrower_id", "original_amount", "disbursement_date", "currency_code"]
    ends = list(months)
    for before, after in itertools.pairwise(ends):
        old, new = (months[end]["loan_snapshot"] for end in (before, after))
        both = old.select(fixed).join(new.select(fixed), on="loan_id", suffix="_after")
        assert len(both) > 0.7 * len(old)
        for column in fixed[1:]:
            assert (both[column] == both[f"{column}_after"]).all()
        come = new.join(old, on="loan_id", how="anti")
        assert (come["disbursement_date"] > before).all()
        balances = old.join(new, on="loan_id", suffix="_after")
        rising = balances["outstanding_principal_after"] > balances["outstanding_principal"]
        assert not rising.any()


def test_a_renewed_loan_names_the_loan_that_left_the_book(months):
    ends = list(months)
    for before, after in itertools.pairwise(ends):
        old, new = (months[end]["loan_snapshot"] for end in (before, after))
        come = new.join(old, on="loan_id", how="anti").filter(
            pl.col("previous_loan_id").is_not_null()
        )
        previous = come.join(
            old, left_on="previous_loan_id", right_on="loan_id", how="left", suffix="_before"
        )
        assert (previous["borrower_id"] == previous["borrower_id_before"]).all()
        assert previous["borrower_id_before"].null_count() == 0
        assert new.join(come, left_on="loan_id", right_on="previous_loan_id").is_empty()


def test_arrears_and_tiers_keep_to_the_measures_of_2023(months):
    for tables in months.values():
        loans = tables["loan_snapshot"]
        live = loans.filter(~pl.col("loan_status").is_in(["written_off", "transferred"]))
        assert ((live["loan_status"] == "overdue") == (live["days_past_due"] > 0)).all()
        for days, tier in ((90, "FQ03"), (270, "FQ04"), (360, "FQ05")):
            late = loans.filter(pl.col("days_past_due") > days)
            assert (late["loan_classification"] >= tier).all()
        assert (loans["outstanding_principal"] <= loans["original_amount"]).all()
        assert (loans["maturity_date"] > loans["disbursement_date"]).all()
        assert (loans["approval_date"] <= loans["disbursement_date"]).all()


def test_written_off_loans_are_shown_once_at_zero_and_then_gone(months):
    ends = list(months)
    seen = 0
    for before, after in itertools.pairwise(ends):
        gone = months[before]["loan_snapshot"].filter(
            pl.col("loan_status").is_in(["written_off", "transferred"])
        )
        seen += len(gone)
        assert gone.join(months[after]["loan_snapshot"], on="loan_id").is_empty()
        off = gone.filter(pl.col("loan_status") == "written_off")
        assert (off["outstanding_principal"] == 0).all()
    assert seen > 0


def test_a_file_tells_nothing_of_the_future(months):
    for as_of, tables in months.items():
        assert (tables["branch"]["opened_date"] <= as_of).all()
        assert (tables["branch"]["closed_date"].drop_nulls() <= as_of).all()
        for name in ("branch_hierarchy", "tech_enterprise_list", "supply_chain_relation"):
            assert (tables[name]["valid_from"] <= as_of).all(), name
        assert (tables["branch_hierarchy"]["valid_to"].drop_nulls() <= as_of).all()
        assert (tables["loan_snapshot"]["disbursement_date"] <= as_of).all()
        for name, column in (
            ("loan_snapshot", "repricing_date"),
            ("borrower_snapshot", "financials_date"),
            ("borrower_snapshot", "established_date"),
            ("write_off_recovery", "write_off_date"),
            ("collateral", "valuation_date"),
            ("loan_collateral", "valid_from"),
            ("guarantee", "valid_from"),
            ("facility", "approved_date"),
            ("lpr_rate", "effective_date"),
            ("net_capital", "reported_on"),
        ):
            assert (tables[name][column].drop_nulls() <= as_of).all(), (name, column)


def test_every_open_branch_but_head_office_has_one_parent_on_every_month_end(months):
    for as_of, tables in months.items():
        valid = tables["branch_hierarchy"].filter(
            pl.col("valid_from") <= as_of,
            pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of),
        )
        opened = tables["branch"].filter(pl.col("closed_date").is_null())["branch_id"]
        assert sorted(valid["child_id"].to_list()) == sorted(set(opened.to_list()) - {"HO"})
        assert valid["parent_id"].is_in(opened.implode()).all()


def test_merged_branches_name_an_open_successor_of_their_level(bank):
    branches = bank.month(SMALL.last)["branch"]
    closed = branches.filter(pl.col("closed_date").is_not_null())
    successor = closed.join(
        branches, left_on="merged_into_branch_id", right_on="branch_id", suffix="_after"
    )
    assert len(closed) == len(successor) == 7
    assert (successor["level"] == successor["level_after"]).all()
    assert successor["closed_date_after"].null_count() == 7


def test_relations_to_a_loan_name_a_loan_of_that_borrower(bank):
    seen = pl.concat(
        bank.month(end)["loan_snapshot"].select("loan_id", "borrower_id") for end in bank.month_ends
    ).unique()
    named = bank.month(SMALL.last)["supply_chain_relation"].filter(pl.col("loan_id").is_not_null())
    assert len(named) > 0
    assert len(named.join(seen, on=["loan_id", "borrower_id"])) == len(named)


@pytest.mark.parametrize(("months", "loans"), [(1, 1), (1, 50), (2, 3), (3, 600), (40, 200)])
def test_small_and_odd_banks_are_whole(months, loans):
    began = time.perf_counter()
    small = demo_bank(BankSpec(months=months, loans=loans))
    assert len(small.month_ends) == months
    for as_of in small.month_ends:
        for name, frame in small.month(as_of).items():
            assert dict(frame.schema) == TABLES[name].dtypes, name
    rows = len(small.month(small.month_ends[-1])["loan_snapshot"])
    assert abs(rows - loans) <= max(8, loans // 5)
    assert small.stories
    assert time.perf_counter() - began < 3


def test_the_last_month_may_be_any_month_end():
    bank = demo_bank(BankSpec(months=2, loans=40, last=date(2024, 2, 29)))
    assert bank.month_ends == (date(2024, 1, 31), date(2024, 2, 29))
    assert bank.month(date(2024, 2, 29))["loan_snapshot"]["disbursement_date"].max() < date(
        2024, 3, 1
    )


def test_a_bank_that_cannot_be_drawn_is_refused_with_the_way_out():
    with pytest.raises(BranchmarkError, match="Ask for 1 to 120"):
        BankSpec(months=0)
    with pytest.raises(BranchmarkError, match="at least one loan"):
        BankSpec(loans=0)
    with pytest.raises(BadDateError, match="2026-10-31"):
        BankSpec(last=date(2026, 10, 30))
    with pytest.raises(NoSuchMonthError, match="2026-10-31"):
        demo_bank(BankSpec(months=1, loans=20)).month(date(2020, 1, 31))


def test_money_is_made_of_whole_cents():
    column = draws.money(np.array([1, -5, 123_456_789_012_345_67], dtype=np.int64))
    assert [str(value) for value in column] == ["0.01", "-0.05", "123456789012345.67"]


def test_days_of_months_know_leap_years():
    months = np.array([draws.month_number(date(2024, 2, 1)), draws.month_number(date(2025, 3, 1))])
    assert draws.dates(draws.days(months.astype(np.int32), 28)).to_list() == [
        date(2024, 2, 28),
        date(2025, 3, 28),
    ]


def test_draws_follow_their_weights_and_streams_do_not_mix():
    drawn = draws.pick(draws.stream(1, "a"), (1, 0, 3), 40_000)
    assert 0.72 < (drawn == 2).mean() < 0.78
    assert not (drawn == 1).any()
    other = draws.pick(draws.stream(1, "b"), (1, 0, 3), 40_000)
    assert (drawn != other).any()
    curve = draws.on_curve(draws.stream(1, "c"), ((0, 10), (5_000, 20), (10_000, 100)), 10_000)
    assert curve.min() >= 10
    assert curve.max() < 100
    assert 0.48 < (curve < 20).mean() < 0.52
