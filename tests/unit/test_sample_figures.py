"""The demo bank as a bank: figures within what a credit officer would believe, and its stories.

The figures are computed here from the delivered tables alone, by the written definitions, not by the
generator's own sums.
"""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from transforms.reference import tables
from transforms.sample import network as net
from transforms.sample.bank import BankSpec, DemoBank, demo_bank

GREEN_2025 = date(2025, 10, 1)
NPL = ["FQ03", "FQ04", "FQ05"]
BILLS = ["discounted_bill", "rediscounted_bill"]
REFERENCE = tables.load()


@pytest.fixture(scope="module")
def bank() -> DemoBank:
    return demo_bank(BankSpec())


@pytest.fixture(scope="module")
def last(bank):
    return judged(bank, bank.month_ends[-1])


@pytest.fixture(scope="module")
def year_ago(bank):
    return judged(bank, bank.month_ends[-13])


def judged(bank: DemoBank, as_of: date) -> pl.DataFrame:
    """The loans of a month with balances in yuan, what each counts for, and today's tier-1 branch."""
    book = bank.month(as_of)
    borrower, product = pl.col("borrower_type"), pl.col("product_type")
    code = pl.col("purpose_industry_code").str.replace("^[A-Z]", "")
    valid = book["tech_enterprise_list"].filter(
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of)
    )
    listed = valid["borrower_id"].unique().implode()
    high_tech = REFERENCE.tables["high_tech_industry"].filter(pl.col("starred") == "no")
    by_purpose = pl.concat(
        [high_tech["gbt_class"], REFERENCE.tables["ip_patent_intensive_industry"]["gbt_class"]]
    ).unique()
    loans = (
        book["loan_snapshot"]
        .join(book["borrower_snapshot"], on="borrower_id", how="left")
        .join(book["fx_rate"], on="currency_code", how="left")
        .with_columns(code=code)
        .join(REFERENCE.sei_classes(), on="code", how="left")
        .join(tier1_today(bank), left_on="booking_branch_id", right_on="branch_id", how="left")
    )
    scope = (
        pl.col("on_balance_sheet")
        & ~pl.col("entrusted_flag")
        & (pl.col("movement") == "none")
        & ~pl.col("loan_status").is_in(["written_off", "transferred", "settled"])
        & (pl.col("outstanding_principal") > 0)
        & (product != "rediscounted_bill")
    )
    whole = pl.col("sei_whole").fill_null(value=False)
    fits = pl.col("sei_fields").list.contains(pl.col("sei_tag")).fill_null(value=False)
    small = (borrower == "enterprise") & pl.col("enterprise_size").is_in(["CS03", "CS04"])
    small |= borrower.is_in(["individual_business", "business_owner"])
    return loans.with_columns(
        balance=(pl.col("outstanding_principal") * pl.col("rate")).cast(pl.Float64),
        scope=scope,
        corporate=scope & borrower.is_in(["enterprise", "public"]),
        npl=scope & pl.col("loan_classification").is_in(NPL),
        inclusive=scope
        & small
        & (pl.col("total_credit_limit_cny") <= Decimal(10_000_000))
        & ~product.is_in(BILLS),
    ).with_columns(
        sei=pl.col("corporate") & (whole | fits),
        strict=pl.col("corporate") & whole,
        broad=pl.col("corporate") & pl.col("sei_whole").is_not_null(),
        technology=pl.col("corporate")
        & (
            whole
            | fits
            | pl.col("borrower_id").is_in(listed)
            | pl.col("code").is_in(by_purpose.implode())
        ),
        green=pl.col("corporate") & _green(),
    )


def _green() -> pl.Expr:
    item = pl.col("green_tag").str.split(".").list.first().cast(pl.Int32)
    recent = pl.col("approval_date") >= GREEN_2025
    edition = pl.col("green_catalogue_version").fill_null(
        pl.when(recent).then(pl.lit("2025")).otherwise(pl.lit("2019"))
    )
    old = (edition == "2019") & ~recent & (item <= 6)
    return (old | ((edition == "2025") & (item <= 9))).fill_null(value=False)


def tier1_today(bank: DemoBank) -> pl.DataFrame:
    """By branch its tier-1 branch in today's tree; closed branches follow their successor."""
    book = bank.month(bank.month_ends[-1])
    level = dict(book["branch"].select("branch_id", "level").iter_rows())
    merged = dict(book["branch"].select("branch_id", "merged_into_branch_id").iter_rows())
    parent = dict(
        book["branch_hierarchy"]
        .filter(pl.col("valid_to").is_null())
        .select("child_id", "parent_id")
        .iter_rows()
    )
    rows = []
    for branch in level:
        at = merged[branch] or branch
        rows.append((branch, at if level[at] != "tier2" else parent[at]))
    return pl.DataFrame(rows, schema=["branch_id", "tier1"], orient="row")


def share(loans: pl.DataFrame, part: str, whole: str) -> float:
    balance = pl.col("balance")
    return loans.select(balance.filter(part).sum() / balance.filter(whole).sum()).item()


def by_tier1(loans: pl.DataFrame) -> pl.DataFrame:
    balance = pl.col("balance")
    return (
        loans.group_by("tier1")
        .agg(
            loans=balance.filter("scope").sum(),
            sei_share=balance.filter("sei").sum() / balance.filter("corporate").sum(),
            npl_ratio=balance.filter("npl").sum() / balance.filter("scope").sum(),
            inclusive_npl_ratio=balance.filter(pl.col("inclusive") & pl.col("npl")).sum()
            / balance.filter("inclusive").sum(),
            inclusive_balance=balance.filter("inclusive").sum(),
        )
        .sort("tier1")
    )


def points(ratio: float) -> float:
    return round(ratio * 100, 2)


def test_the_book_is_that_of_a_mid_size_bank(bank, last, year_ago):
    assert 58_000 < len(last) < 62_000
    total, before = (frame.filter("scope")["balance"].sum() for frame in (last, year_ago))
    assert 300e9 < total < 600e9
    assert 0.08 < total / before - 1 < 0.12
    assert 290 <= len(bank.month(bank.month_ends[-1])["branch"]) <= 310
    tickets = last.filter("scope")["balance"]
    assert tickets.quantile(0.99) > 15 * tickets.median()


def test_structure_is_plausible_for_a_large_bank(last):
    assert 0.08 < share(last, "sei", "corporate") < 0.14
    strict, sei, broad = (share(last, part, "corporate") for part in ("strict", "sei", "broad"))
    assert strict < sei < broad
    assert 0.10 < share(last, "technology", "corporate") < 0.16
    assert share(last, "technology", "corporate") > sei
    assert 0.08 < share(last, "green", "corporate") < 0.14
    sections = REFERENCE.tables["gbt4754_2017"].select("code", "section").unique("code")
    made = last.join(sections, on="code", how="left").with_columns(
        made=pl.col("corporate") & (pl.col("section") == "C")
    )
    assert 0.25 < share(made, "made", "corporate") < 0.30


def test_quality_is_plausible_and_small_business_a_little_worse(last):
    everything = share(last, "npl", "scope")
    ratio = share(last.filter("inclusive"), "npl", "scope")
    assert 0.008 < everything < 0.016
    assert 0.015 < ratio < 0.035
    assert ratio > everything


def test_rates_are_plausible(last):
    loans = last.filter("scope", ~pl.col("product_type").is_in(BILLS))
    weighted = (
        loans["interest_rate"].cast(pl.Float64).dot(loans["balance"]) / loans["balance"].sum()
    )
    assert 0.03 < weighted < 0.05
    assert loans["interest_rate"].is_between(Decimal("0.02"), Decimal("0.07")).all()


def test_the_odd_rows_of_real_books_are_there_but_rare(last):
    rows = len(last)
    for odd in (
        pl.col("entrusted_flag"),
        ~pl.col("on_balance_sheet"),
        pl.col("movement") == "securitised",
        pl.col("loan_status") == "written_off",
        pl.col("loan_status") == "extended",
        pl.col("product_type") == "rediscounted_bill",
        pl.col("issue_type") == "restructure",
        pl.col("total_credit_limit_cny") == Decimal(10_000_000),
        pl.col("code").str.len_chars() == 3,
        pl.col("purpose_industry_code").str.contains("^[A-Z]"),
        pl.col("sei_whole").is_null() & pl.col("sei_tag").is_not_null(),
        (pl.col("green_catalogue_version") == "2019") & (pl.col("approval_date") >= GREEN_2025),
        (pl.col("green_catalogue_version") == "2019") & pl.col("green_tag").str.starts_with("9"),
    ):
        assert 0 < last.filter(odd).height < rows * 0.13, str(odd)
    foreign = last.filter(pl.col("currency_code") != "CNY")["balance"].sum()
    assert 0.01 < foreign / last["balance"].sum() < 0.04


def test_some_clients_borrow_at_two_tier1_branches(last):
    counts = last.filter("scope").group_by("borrower_id").agg(pl.col("tier1").n_unique())
    assert 0.01 < (counts["tier1"] > 1).mean() < 0.03


def test_first_loan_events_come_with_and_without_evidence(bank):
    every = pl.concat(bank.month(end)["borrower_first_loan_event"] for end in bank.month_ends)
    events = every.filter(pl.col("evidence_level") != "own_bank")
    lag = (pl.col("event_date") - pl.col("registry_checked_on")).dt.total_days()
    rows = len(events)
    assert 2_500 < rows < 8_000
    for odd in (
        pl.col("registry_checked_on").is_null(),
        lag > 30,
        lag < 0,
        pl.col("issue_type") != "new",
        pl.col("borrower_type") != "enterprise",
        pl.col("revoked_on").is_not_null(),
    ):
        assert 0 < events.filter(odd).height < rows * 0.25, str(odd)
    here = every.filter(evidence_level="own_bank")
    assert 0.5 < len(here) / len(every) < 0.75
    assert (
        here["registry_checked_on"].null_count() == here["evidence_ref"].null_count() == len(here)
    )
    twice = every.filter(pl.col("borrower_id").is_duplicated())
    days = twice.group_by("borrower_id").agg(
        days=pl.col("event_date").n_unique(), branches=pl.col("branch_id").n_unique()
    )
    assert days.filter(pl.col("days") == 1, pl.col("branches") > 1).height > 5
    assert days.filter(pl.col("days") > 1).height > 5
    members = bank.month(bank.month_ends[-1])["tech_enterprise_list"]
    on_list = events.join(members, on="borrower_id").filter(
        pl.col("valid_from") <= pl.col("event_date"),
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("event_date")),
    )
    assert 0.04 < on_list["borrower_id"].n_unique() / rows < 0.25


def test_every_client_new_to_the_bank_has_an_event_in_its_first_month(bank):
    ends = bank.month_ends
    for before, after in ((ends[0], ends[1]), (ends[-2], ends[-1])):
        known = bank.month(before)["borrower_snapshot"]
        tables = bank.month(after)
        come = tables["borrower_snapshot"].join(known, on="borrower_id", how="anti")
        assert len(come) > 100
        events = tables["borrower_first_loan_event"]
        assert come["borrower_id"].is_in(events["borrower_id"].implode()).all()


def test_allowances_cover_what_a_supervisor_would_ask_for(last):
    own = last.filter("scope", ~pl.col("entrusted_flag")).with_columns(
        allowance=(pl.col("impairment_allowance") * pl.col("rate")).cast(pl.Float64)
    )
    held = own["allowance"].sum()
    assert 1.8 < held / own.filter("npl")["balance"].sum() < 2.6
    assert 0.022 < held / own["balance"].sum() < 0.03


def test_the_marks_of_the_source_systems_are_nearly_right(bank, last):
    lent = last.filter("scope")
    wrong = lent.filter(pl.col("inclusive_flag_source") != pl.col("inclusive"))
    assert 0.001 < len(wrong) / len(lent) < 0.006
    book = bank.month(bank.month_ends[-1])
    events = book["borrower_first_loan_event"].join(
        book["loan_snapshot"].select("loan_id", "first_loan_flag_source"), on="loan_id"
    )
    proven = events.filter(
        pl.col("evidence_level") == "registry",
        pl.col("issue_type") == "new",
        pl.col("borrower_type") == "enterprise",
        pl.col("revoked_on").is_null(),
        (pl.col("event_date") - pl.col("registry_checked_on")).dt.total_days().is_between(0, 30),
    )
    once = proven.filter(~pl.col("borrower_id").is_duplicated())
    assert once["first_loan_flag_source"].mean() > 0.9
    rest = events.join(proven, on="loan_id", how="anti")
    assert 0 < rest["first_loan_flag_source"].mean() < 0.2
    older = last.filter(pl.col("issue_type") != "new", pl.col("previous_loan_id").is_not_null())
    assert not older["first_loan_flag_source"].any()


def test_green_by_the_regulator_is_nearly_all_of_green_and_some_more(last):
    tagged, wider = pl.col("green_tag").is_not_null(), pl.col("green_tag_nfra").is_not_null()
    green = last.filter(tagged)
    assert 0.9 < green.select(wider.mean()).item() < 1
    assert 0 < last.filter(wider, ~tagged).height < 0.2 * len(green)
    both = last.filter(tagged, wider)
    assert (both["green_tag"] == both["green_tag_nfra"]).all()


def test_linked_loans_and_growth_stages_are_those_of_technology_companies(bank, last):
    ever = bank.month(bank.month_ends[-1])["tech_enterprise_list"]["borrower_id"].implode()
    linked = last.filter(pl.col("investment_linkage_flag").fill_null(value=False))
    assert 30 < len(linked) < 300
    assert linked["linkage_mode"].null_count() == 0
    assert linked["borrower_type"].unique().to_list() == ["enterprise"]
    modes = last.filter(pl.col("linkage_mode").is_not_null())
    assert modes["loan_id"].equals(linked["loan_id"])
    staged = last.filter(pl.col("growth_stage").is_not_null())
    assert staged["growth_stage"].n_unique() == 5
    assert 0.95 < staged["borrower_id"].is_in(ever).mean() <= 1


def test_borrowers_have_owners_platforms_and_research(bank, last):
    known = bank.month(bank.month_ends[-1])["borrower_snapshot"]
    firms = known.filter(borrower_type="enterprise")
    others = known.filter(pl.col("borrower_type") != "enterprise")
    assert firms["controlling_type"].null_count() == 0
    assert others["controlling_type"].null_count() == len(others)
    private = (firms["controlling_type"] == "private").mean()
    assert 0.5 < private < 0.6
    lent = last.filter("scope", borrower_type="enterprise")
    by_balance = lent.filter(controlling_type="private")["balance"].sum() / lent["balance"].sum()
    assert by_balance < private - 0.1
    platforms = known.filter("platform_flag")
    assert 20 <= len(platforms) <= 60
    assert (
        platforms["industry_code"]
        .str.slice(0, 2)
        .is_in(["47", "48", "49", "50", "76", "77", "78", "79"])
        .all()
    )
    assert set(platforms["controlling_type"]) <= {"state", None}
    technical = known.filter(pl.col("core_tech_staff").is_not_null())
    share = pl.col("rd_expense").cast(pl.Float64) / pl.col("turnover").cast(pl.Float64)
    assert 0.05 < technical.select(share.mean()).item() < 0.09
    assert known.join(technical, on="borrower_id", how="anti").select(share.mean()).item() < 0.02
    assert (technical["core_tech_leavers"] * 4 <= technical["core_tech_staff"]).all()
    assert (technical["core_tech_staff"] <= technical["employees"]).all()
    dated = known.filter(pl.col("financials_date").is_not_null())
    assert set(dated["financials_date"]) == {date(2025, 12, 31)}
    assert (dated["established_date"] <= dated["financials_date"]).all()
    assert known["total_assets"].null_count() == len(known) - len(dated)


def test_the_lists_also_name_as_many_companies_that_are_no_clients(bank):
    book = bank.month(bank.month_ends[-1])
    members = book["tech_enterprise_list"]
    outside = pl.col("borrower_id").str.starts_with("E")
    strangers, clients = members.filter(outside), members.filter(~outside)
    ratio = strangers["borrower_id"].n_unique() / clients["borrower_id"].n_unique()
    assert 0.8 < ratio < 1.25
    assert members["region_code"].null_count() == 0
    home = clients.join(book["borrower_snapshot"], on="borrower_id")
    assert len(home) > 1_000
    assert (home["region_code"] == home["registered_region_code"]).all()


def test_inventions_are_pledged_mostly_by_technology_companies(bank, last):
    book = bank.month(bank.month_ends[-1])
    inventions = ["patent", "trademark", "software_copyright", "data_asset"]
    pledged = (
        book["loan_collateral"]
        .join(book["collateral"], on="collateral_id")
        .filter(pl.col("collateral_type").is_in(inventions))
        .join(last.select("loan_id", "growth_stage"), on="loan_id")
    )
    assert 0.005 < len(pledged) / len(last) < 0.01
    assert pledged["growth_stage"].is_not_null().mean() > 0.7


def test_payment_takes_months_and_at_some_pairs_ever_longer(bank):
    first, last = (bank.month(end)["supply_chain_trade"] for end in bank.month_ends[::23])
    days = last["settlement_days"].drop_nulls()
    assert 0.75 < days.is_between(40, 150).mean() < 0.99
    assert 0.005 < (days > 180).mean() < 0.1
    both = first.join(last, on=["borrower_id", "core_enterprise_id"], suffix="_now")
    longer = both["settlement_days_now"] - both["settlement_days"]
    assert 0.02 < (longer > 20).mean() < 0.15


def test_certificates_begin_and_lapse_within_the_window(bank):
    members = bank.month(bank.month_ends[-1])["tech_enterprise_list"]
    first, last = bank.month_ends[0], bank.month_ends[-1]
    assert members.filter(pl.col("valid_from") > first).height > 300
    assert members.filter(pl.col("valid_to").is_between(first, last)).height > 300
    several = members.group_by("borrower_id").agg(pl.col("list_type").n_unique())
    assert (several["list_type"] > 1).mean() > 0.1


def test_chains_have_gaps_lapses_and_a_few_suppliers_of_their_own_group(bank, last):
    relations = bank.month(bank.month_ends[-1])["supply_chain_relation"]
    own = relations.join(last.select("borrower_id", "group_id").unique(), on="borrower_id").filter(
        pl.col("group_id") == pl.col("core_group_id")
    )
    assert 0 < own.height < len(relations) * 0.1
    assert relations["evidence_ref"].null_count() > 0
    assert relations["core_enterprise_id"].null_count() > 0
    assert relations.filter(pl.col("valid_to") < bank.month_ends[-1]).height > 0
    cores = relations["core_enterprise_id"].drop_nulls().unique()
    known = bank.month(bank.month_ends[-1])["borrower_snapshot"]
    makers = known.filter(pl.col("borrower_id").is_in(cores.implode()))
    assert len(makers) == len(cores)
    assert makers["industry_code"].str.slice(0, 2).is_in(["30", "36", "39"]).all()
    green = last.filter("green").join(relations, on="borrower_id", how="semi")
    assert green["balance"].sum() > 1e9


def test_the_ledger_agrees_but_for_one_sub_branch_and_one_difference_that_is_explained(bank):
    for end in bank.month_ends[-5:]:
        book = bank.month(end)
        own = book["loan_snapshot"].filter(
            pl.col("on_balance_sheet"),
            ~pl.col("entrusted_flag"),
            pl.col("movement") == "none",
            ~pl.col("loan_status").is_in(["written_off", "transferred", "settled"]),
        )
        key = ["branch_id", "gl_account_code", "currency_code"]
        sums = own.group_by(
            pl.col("booking_branch_id").alias("branch_id"), "gl_account_code", "currency_code"
        ).agg(pl.col("outstanding_principal").sum().alias("loans"))
        both = book["gl_control_total"].join(sums, on=key, how="full", coalesce=True)
        off = both.with_columns(
            gap=pl.col("balance").fill_null(0) - pl.col("loans").fill_null(0)
        ).filter(pl.col("gap") != 0)
        expected = [(net.LEDGER_GAP, Decimal(5_000_000))] if end in bank.month_ends[-3:] else []
        if end == bank.month_ends[-1]:
            expected = [(net.LEDGER_LATE, Decimal(-1_250_000)), *expected]
        assert sorted(off.select("branch_id", "gap").rows()) == expected
        items = book["reconciliation_item"]
        assert items.select("branch_id", gap=-pl.col("amount")).rows() == expected
        approved = items.filter(pl.col("approved_by").is_not_null())["branch_id"].to_list()
        assert approved == ([net.LEDGER_LATE] if end == bank.month_ends[-1] else [])


def test_one_branch_is_just_inside_the_tolerance_and_one_just_outside(bank, last):
    ratios = dict(by_tier1(last).select("tier1", "inclusive_npl_ratio").iter_rows())
    limit = points(share(last, "npl", "scope")) + 3
    assert 0.01 <= round(limit - points(ratios[net.TOLERANCE_INSIDE]), 2) <= 0.30
    assert 0.05 <= round(points(ratios[net.TOLERANCE_OUTSIDE]) - limit, 2) <= 0.50
    assert f"{points(ratios[net.TOLERANCE_INSIDE]):.2f} %" in bank.stories[net.TOLERANCE_INSIDE]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_tolerance_stories_hold_for_other_seeds_too(seed):
    other = demo_bank(BankSpec(months=3, seed=seed))
    loans = judged(other, other.month_ends[-1])
    ratios = dict(by_tier1(loans).select("tier1", "inclusive_npl_ratio").iter_rows())
    limit = points(share(loans, "npl", "scope")) + 3
    assert 0.01 <= round(limit - points(ratios[net.TOLERANCE_INSIDE]), 2) <= 0.30
    assert 0.05 <= round(points(ratios[net.TOLERANCE_OUTSIDE]) - limit, 2) <= 0.50


def test_one_branch_grows_fastest_and_loses_structure(bank, last, year_ago):
    now, then = by_tier1(last), by_tier1(year_ago)
    growth = now.join(then, on="tier1", suffix="_then").with_columns(
        growth=pl.col("loans") / pl.col("loans_then")
    )
    fastest = growth.sort("growth").row(-1, named=True)
    assert fastest["tier1"] == net.VOLUME_ONLY
    assert fastest["sei_share"] < fastest["sei_share_then"]
    target = targets(bank, "sei_share").filter(pl.col("branch_id") == net.VOLUME_ONLY)
    assert fastest["sei_share"] < float(target["target_value"].item())


def test_one_branch_merges_and_its_loans_go_on_at_the_other(bank):
    before = bank.month_ends[15]
    after = bank.month_ends[16]
    closed = bank.month(after)["branch"].filter(pl.col("closed_date").is_not_null())
    assert net.MERGED in closed["branch_id"]
    assert bank.month(before)["branch"]["closed_date"].null_count() == len(
        bank.month(before)["branch"]
    )
    moved = (
        bank.month(before)["loan_snapshot"]
        .filter(pl.col("booking_branch_id").str.starts_with(net.MERGED))
        .join(bank.month(after)["loan_snapshot"], on="loan_id", suffix="_after")
    )
    assert len(moved) > 200
    assert moved["booking_branch_id_after"].str.starts_with(net.ABSORBING).all()
    ended = bank.month(after)["branch_hierarchy"].filter(pl.col("valid_to").is_not_null())
    eve = closed["closed_date"].unique().item() - timedelta(days=1)
    assert ended.filter(pl.col("reason") == "merged")["valid_to"].unique().to_list() == [eve]


def test_every_story_is_told(bank):
    assert set(bank.stories) == {
        net.TOLERANCE_INSIDE,
        net.TOLERANCE_OUTSIDE,
        net.VOLUME_ONLY,
        net.MERGED,
        net.LEDGER_GAP,
        net.RESTATED,
    }


def test_the_month_before_the_last_was_first_told_with_bad_loans_a_tier_too_good(bank):
    first = bank.restated
    assert first.as_of == bank.month_ends[-2]
    right = bank.month(first.as_of)["loan_snapshot"]
    both = right.join(first.loans, on="loan_id", suffix="_first")
    assert both.height == right.height == first.loans.height
    tier = pl.col("loan_classification")
    changed = both.filter(tier != pl.col("loan_classification_first"))
    assert changed.height == first.changed > 5
    assert changed["booking_branch_id"].str.starts_with(net.RESTATED).all()
    assert set(changed["loan_classification"]) == {"FQ03"}
    assert set(changed["loan_classification_first"]) == {"FQ02"}
    others = [name for name in right.columns if name not in {"loan_id", "loan_classification"}]
    same = [pl.col(name).eq_missing(pl.col(f"{name}_first")) for name in others]
    assert both.select(pl.all_horizontal(same).all()).item()


def test_a_bank_of_few_months_delivers_each_of_them_once():
    assert demo_bank(BankSpec(months=5, loans=300)).restated is None


def targets(bank: DemoBank, metric: str) -> pl.DataFrame:
    return bank.drawn_targets.filter(
        pl.col("metric_id") == metric, pl.col("period") == "2026", pl.col("status") == "approved"
    )


@pytest.mark.parametrize(
    ("metric", "sign"),
    [("sei_share", 1), ("inclusive_balance", 1), ("npl_ratio", -1), ("inclusive_npl_ratio", -1)],
)
def test_about_half_of_the_tier1_branches_meet_their_target(bank, last, metric, sign):
    asked = targets(bank, metric).join(by_tier1(last), left_on="branch_id", right_on="tier1")
    value = pl.col("target_value").cast(pl.Float64)
    room = (pl.col(metric) - value) * sign
    short = asked.with_columns(
        meets=room >= 0,
        near=(room < 0) & (room >= -pl.col("near_band").cast(pl.Float64)),
    )
    assert len(short) == 39
    assert 15 <= short["meets"].sum() <= 26
    assert 5 <= short["near"].sum() <= 15
    assert len(short) - short["meets"].sum() - short["near"].sum() >= 4


def test_targets_stand_for_every_level_and_drafts_are_among_them(bank):
    asked = bank.drawn_targets
    assert asked["metric_id"].n_unique() == 14
    assert {"HO", "R3", "B201", "B20101"} <= set(asked["branch_id"].to_list())
    assert set(asked["period"].to_list()) == {"2024", "2025", "2026"}
    signed = asked.filter(pl.col("status") == "approved")
    assert signed["checker"].null_count() == signed["maker"].null_count() == 0
    assert (signed["checker"] != signed["maker"]).all()
    assert asked.filter(pl.col("status").is_in(["draft", "submitted"])).height >= 3
