"""What must hold of any book: parts add up, order does not matter, readings nest.

First of two demo banks, large and lifelike; then of small books that are drawn at random, with all that
may stand beside a loan, and with no care for what is likely.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.scenario import AS_OF, CATALOGUE, SmallBook, engine_facts, small_book
from transforms.catalogue.model import Aggregation, Entity, Kind
from transforms.catalogue.vocabulary import SLICES, TOTAL
from transforms.periods import months_back
from transforms.sample.bank import BankSpec, demo_bank

ADDITIVE = [
    metric.metric_id
    for metric in CATALOGUE.metrics.values()
    if metric.kind in (Kind.TOTAL, Kind.INCREMENT)
]
DISTINCT = [m.metric_id for m in CATALOGUE.metrics.values() if m.kind is Kind.COUNT_DISTINCT]


@pytest.fixture(scope="module", params=[1, 99])
def bank(request):
    drawn = demo_bank(BankSpec(months=14, loans=2000, seed=request.param, last=AS_OF))
    return {
        day: {n: rows.to_dicts() for n, rows in drawn.month(day).items()}
        for day in drawn.month_ends
    }


@pytest.fixture(scope="module")
def facts(bank):
    return engine_facts(SmallBook(bank))


@pytest.fixture(scope="module")
def parents(bank):
    relation = bank[AS_OF]["branch_hierarchy"]
    return pl.DataFrame(
        [
            (row["child_id"], row["parent_id"])
            for row in relation
            if row["valid_from"] <= AS_OF and (row["valid_to"] is None or row["valid_to"] >= AS_OF)
        ],
        schema=["branch_id", "parent_id"],
        orient="row",
    )


def _uncut(facts):
    return facts.filter(pl.col("slice") == TOTAL)


@pytest.mark.parametrize("metric", ADDITIVE)
def test_a_parent_is_the_sum_of_its_children_and_of_its_own_loans(facts, parents, bank, metric):
    """Sub-branches under tier-1 branches: a tier-1 branch may book loans itself, a region may not."""
    rows = _uncut(facts).filter(pl.col("metric_id") == metric).drop_nulls("value")
    assert rows.height, f"{metric} was never computed"
    children = (
        rows.join(parents, on="branch_id")
        .group_by("parent_id", "reading")
        .agg(children=pl.col("value").sum())
    )
    both = rows.join(children, left_on=["branch_id", "reading"], right_on=["parent_id", "reading"])
    booking = {
        row["booking_branch_id"] for month in bank.values() for row in month["loan_snapshot"]
    }
    booking |= {
        row["branch_id"] for month in bank.values() for row in month["borrower_first_loan_event"]
    }
    above = both.filter(~pl.col("branch_id").is_in(booking))
    assert above.height
    assert above.filter(pl.col("value") != pl.col("children")).is_empty()
    balances = both if metric.endswith("balance") else both.clear()
    assert balances.filter(pl.col("children") > pl.col("value")).is_empty()


@pytest.mark.parametrize("metric", DISTINCT)
def test_distinct_clients_of_a_parent_are_at_most_the_sum_of_its_children(facts, parents, metric):
    rows = _uncut(facts).filter(pl.col("metric_id") == metric)
    regions = rows.filter(pl.col("branch_id").str.starts_with("R"))
    children = (
        rows.join(parents, on="branch_id")
        .group_by("parent_id")
        .agg(children=pl.col("value").sum(), largest=pl.col("value").max())
    )
    both = regions.join(children, left_on="branch_id", right_on="parent_id")
    assert both.height
    assert both.filter(pl.col("value") > pl.col("children")).is_empty()
    assert both.filter(pl.col("value") < pl.col("largest")).is_empty()


def test_some_client_really_borrows_at_two_branches(facts):
    """Else the test above could not tell a distinct count from a sum."""
    rows = _uncut(facts).filter(pl.col("metric_id") == "loan_clients")
    bank = rows.filter(pl.col("branch_id") == "HO")["value"].item()
    regions = rows.filter(pl.col("branch_id").str.starts_with("R"))["value"].sum()
    assert bank < regions


@pytest.mark.parametrize("metric", ["sei_balance", "sei_share"])
def test_strict_is_at_most_confirmed_is_at_most_broad(facts, metric):
    rows = _uncut(facts).filter(pl.col("metric_id") == metric)
    wide = rows.pivot("reading", index="branch_id", values="value").drop_nulls()
    assert wide.height > 100
    assert wide.filter(pl.col("strict") > pl.col("confirmed")).is_empty()
    assert wide.filter(pl.col("confirmed") > pl.col("broad")).is_empty()
    assert wide.filter(pl.col("strict") < pl.col("broad")).height


def test_technology_lies_between_its_largest_part_and_the_sum_of_its_parts(facts):
    assert _technology_lies_between(facts)["whole"].sum() > 0


def test_technology_holds_every_sei_loan(facts):
    """SEI loans are one part of technology loans: the share can be no lower."""
    rows = _uncut(facts)
    sei = rows.filter(pl.col("metric_id") == "sei_share", pl.col("reading") == "confirmed")
    technology = rows.filter(
        pl.col("metric_id") == "tech_loan_share", pl.col("reading") == "corporate"
    )
    both = technology.join(sei, on="branch_id", suffix="_sei").drop_nulls("value")
    assert both.height > 100
    assert both.filter(pl.col("value") < pl.col("value_sei")).is_empty()


def test_the_members_of_a_slice_add_up_to_the_whole(facts):
    # Few loans are linked to an investment: a bank of two thousand may have none.
    assert {TOTAL, *SLICES} - {"linkage_mode"} <= set(facts["slice"]) <= {TOTAL, *SLICES}
    assert _parts_add_up(facts).height > 1000


def test_clients_of_the_members_are_no_fewer_than_the_clients(facts):
    """One who borrows for two purposes is a client of both, and one of the whole."""
    assert _clients_of_parts_cover(facts).height > 100


def test_green_holds_the_chain_and_the_chain_what_is_nested_in_it(facts):
    wide = _green_nests(facts)
    assert wide.filter(pl.col("green") > pl.col("chain"), pl.col("chain") > 0).height
    assert wide["smaller"].sum() > 0


def test_the_regulators_inclusive_loans_hold_the_central_banks(facts):
    assert _inclusive_nests(facts)["pboc"].sum() > 0


def test_loans_at_ten_million_exactly_are_why_the_two_differ(facts):
    wide = _inclusive_nests(facts)
    assert wide.filter(pl.col("nfra") > pl.col("pboc")).height


@pytest.mark.parametrize("bank", [1], indirect=True)
def test_row_order_changes_no_digit(bank, facts):
    shuffled = {
        day: {name: list(reversed(rows)) for name, rows in month.items()}
        for day, month in bank.items()
    }
    assert_frame_equal(engine_facts(SmallBook(shuffled)), facts)


def test_every_figure_without_a_value_says_why(facts):
    silent = facts.filter(pl.col("value").is_null() & pl.col("reason").is_null())
    assert silent.is_empty()
    assert facts.filter(pl.col("value").is_not_null() & pl.col("reason").is_not_null()).is_empty()


def test_every_branch_has_every_metric_and_reading_once(facts):
    uncut = _uncut(facts)
    readings = sum(len(metric.readings) for metric in CATALOGUE.metrics.values())
    assert uncut.height == readings * uncut["branch_id"].n_unique()
    assert not uncut.select("metric_id", "reading", "branch_id").is_duplicated().any()


def test_amounts_have_no_more_than_two_decimals(facts):
    """Every sum of money is whole cents; only a mean of months is not."""
    means = [name for name, metric in CATALOGUE.metrics.items() if metric.kind is Kind.AVERAGE]
    amounts = facts.filter(
        pl.col("unit") == "currency", ~pl.col("metric_id").is_in(means)
    ).drop_nulls("value")
    assert amounts.filter(pl.col("value") != pl.col("value").round(2)).is_empty()
    assert amounts["value"].max() > Decimal(10**9)


def test_only_sums_and_clients_of_loans_are_offered_as_slices():
    cut = [m for m in CATALOGUE.metrics.values() if m.cuts]
    measures = {
        CATALOGUE.measures[name]
        for metric in cut
        for reading in metric.readings
        for name in CATALOGUE.plain_measures(reading)
    }
    assert {m.aggregation for m in measures} == {Aggregation.SUM, Aggregation.COUNT_DISTINCT}
    assert {CATALOGUE.entity_of(m) for m in measures} == {Entity.LOAN}


# What holds of any facts, whoever made the book.


def _wide(facts, **figures):
    """One row a branch, a column for each uncut figure: `name=(metric, reading, column)`."""
    rows = _uncut(facts)
    wide = rows.select("branch_id").unique().sort("branch_id")
    for name, (metric, reading, column) in figures.items():
        chosen = rows.filter(pl.col("metric_id") == metric, pl.col("reading") == reading)
        assert chosen.height == wide.height
        wide = wide.join(chosen.select("branch_id", pl.col(column).alias(name)), on="branch_id")
    return wide.drop_nulls()


def _descending(wide, *names):
    for larger, smaller in pairwise(names):
        assert wide.filter(pl.col(larger) < pl.col(smaller)).is_empty(), (larger, smaller)
    return wide


def _sei_nests(facts):
    readings = ("broad", "confirmed", "strict")
    wide = _wide(facts, **{r: ("sei_balance", r, "value") for r in readings})
    return _descending(wide, *readings)


def _inclusive_nests(facts):
    wide = _wide(facts, **{r: ("inclusive_balance", r, "value") for r in ("nfra", "pboc")})
    return _descending(wide, "nfra", "pboc")


def _green_nests(facts):
    wide = _wide(
        facts,
        green=("green_balance", "pboc", "value"),
        chain=("green_supply_chain_balance", "default", "value"),
        smaller=("green_supply_chain_sme_share", "default", "numerator"),
        case=("green_supply_chain_case_balance", "default", "value"),
    )
    return _descending(wide, "green", "chain", "smaller", "case")


def _technology_lies_between(facts):
    wide = _wide(
        facts,
        whole=("tech_loan_balance", "default", "value"),
        listed=("tech_enterprise_balance", "default", "value"),
        industry=("tech_industry_balance", "default", "value"),
    ).with_columns(
        most=pl.max_horizontal("listed", "industry"), both=pl.col("listed") + pl.col("industry")
    )
    return _descending(wide, "both", "whole", "most")


def _cut_by(aggregation):
    """Metrics whose cut figures are of one way of counting."""
    return [
        name
        for name, metric in CATALOGUE.metrics.items()
        if metric.cuts
        and {
            CATALOGUE.measures[plain].aggregation
            for reading in metric.readings
            for plain in CATALOGUE.plain_measures(reading)
        }
        == {aggregation}
    ]


KEY = ["metric_id", "reading", "branch_id"]


def _parts_add_up(facts):
    """Of sums: numerators, and denominators too, but for parts of a whole, which keep the whole's."""
    cut = facts.filter(
        pl.col("slice") != TOTAL, pl.col("metric_id").is_in(_cut_by(Aggregation.SUM))
    )
    composed = pl.DataFrame(
        [(name, slice_) for name, m in CATALOGUE.metrics.items() for slice_ in m.composition],
        schema=["metric_id", "slice"],
        orient="row",
    ).with_columns(composed=pl.lit(value=True))
    both = (
        cut.group_by(*KEY, "slice")
        .agg(
            pl.col("numerator", "denominator").sum(),
            least=pl.col("denominator").min(),
            most=pl.col("denominator").max(),
        )
        .join(_uncut(facts), on=KEY, suffix="_whole")
        .join(composed, on=["metric_id", "slice"], how="left")
    )
    assert both.filter(pl.col("numerator") != pl.col("numerator_whole")).is_empty()
    whole = pl.col("denominator_whole")
    sliced = both.filter(pl.col("composed").is_null(), whole.is_not_null())
    assert sliced.filter(pl.col("denominator") != whole).is_empty()
    parts = both.filter(pl.col("composed").is_not_null())
    assert parts.filter((pl.col("least") != whole) | (pl.col("most") != whole)).is_empty()
    return both


def _clients_of_parts_cover(facts):
    cut = facts.filter(
        pl.col("slice") != TOTAL, pl.col("metric_id").is_in(_cut_by(Aggregation.COUNT_DISTINCT))
    )
    both = (
        cut.group_by(*KEY, "slice")
        .agg(parts=pl.col("value").sum(), most=pl.col("value").max())
        .join(_uncut(facts), on=KEY, suffix="_whole")
    )
    return _descending(both, "parts", "value", "most")


# Small books at random: a region with two branches, and a branch beside it.

MONTH = date(2026, 1, 31)
YEAR_END = date(2025, 12, 31)
BRANCHES = ("n1", "n2", "s")
TREE = {
    "branch": [
        {"branch_id": "HO", "level": "head"},
        {"branch_id": "R", "level": "region", "region_code": "440000"},
        {"branch_id": "n1", "region_code": "440305"},
        {"branch_id": "n2", "region_code": "440200"},
        {"branch_id": "s", "region_code": "110105"},
    ],
    "branch_hierarchy": [
        {"child_id": child, "parent_id": parent}
        for child, parent in (("R", "HO"), ("s", "HO"), ("n1", "R"), ("n2", "R"))
    ],
    "fx_rate": [{"currency_code": "USD", "rate": Decimal("7.12345678")}],
    "lpr_rate": [
        {"effective_date": date(2025, 5, 20), "term": "1Y", "rate": Decimal("0.03")},
        {"effective_date": date(2025, 5, 20), "term": "5Y", "rate": Decimal("0.035")},
    ],
    "net_capital": [
        {"reported_on": YEAR_END, "kind": kind, "amount": Decimal(1000)}
        for kind in ("net_capital", "tier1_net_capital")
    ],
    "collateral": [{"collateral_id": "P", "collateral_type": "patent"}],
}


def _of(*values):
    return st.sampled_from(values)


NO_NO_NO_YES = (False, False, False, True)
EMPTY_OR_YES = (None, True)
MONEY = st.decimals(min_value=0, max_value=1000, places=2)
TIERS = _of("FQ01", "FQ01", "FQ02", "FQ03", "FQ05", None)
LOAN = st.fixed_dictionaries(
    {
        "borrower_id": _of("C0", "C1", "C2", "C3"),
        "booking_branch_id": _of(*BRANCHES),
        "outstanding_principal": MONEY,
        "currency_code": _of("CNY", "CNY", "USD"),
        "product_type": _of("working_capital", "discounted_bill", "real_estate_development"),
        "loan_status": _of("normal", "normal", "normal", "written_off"),
        "entrusted_flag": _of(*NO_NO_NO_YES),
        "loan_classification": TIERS,
        "days_past_due": _of(0, 60, 61, 91, None),
        "purpose_industry_code": _of(
            "3911", "3921", "391", "2710", "7231", "2612", "3620", "3011", "5111", "7010", None
        ),
        "sei_tag": _of(None, "1", "7"),
        "green_tag": _of("1.1", "1.1", "9.1", None),
        "green_tag_nfra": _of(None, "A"),
        "tech_loan_tag": _of(None, "T09"),
        "main_security_type": _of("04", "01", None),
        "interest_rate": _of(None, Decimal("0.03"), Decimal("0.0345")),
        "impairment_allowance": _of(None, Decimal("5.25")),
        "disbursement_date": _of(date(2025, 6, 1), date(2026, 1, 10)),
        "maturity_date": _of(date(2026, 6, 1), date(2027, 1, 11), None),
        "investment_linkage_flag": _of(*EMPTY_OR_YES),
        "linkage_mode": _of(None, "loan_and_equity"),
        "growth_stage": _of(None, "seed"),
        "housing_loan_flag": _of(*EMPTY_OR_YES),
        "issue_type": _of("new", "renewal_no_repayment"),
    }
)
CLIENT = st.fixed_dictionaries(
    {
        "borrower_type": _of("enterprise", "enterprise", "public", "individual_business"),
        "enterprise_size": _of("CS01", "CS03", "CS04", None),
        "total_credit_limit_cny": _of(
            Decimal(1_000_000), Decimal(10_000_000), Decimal(10_000_001), None
        ),
        "group_id": _of(None, "G"),
        "controlling_type": _of(None, "private"),
        "platform_flag": _of(*EMPTY_OR_YES),
        "industry_code": _of(None, "7010"),
        "registered_region_code": _of(None, "440305", "440200"),
        "rd_expense": _of(None, Decimal(1)),
        "turnover": _of(Decimal(0), Decimal(3), None),
        "core_tech_staff": _of(0, 3, None),
        "core_tech_leavers": _of(1, None),
    }
)
EVENT = st.tuples(
    st.integers(0, 7),
    _of("drawdown", "prepayment", "write_off", "transfer_out", "recovery", "branch_move"),
    MONEY,
)


@st.composite
def books(draw):
    """Rows by month and table: loans of two months, their clients, lists, ties, flows and trade."""
    loans = draw(st.lists(LOAN, min_size=1, max_size=8))
    tiers = draw(st.lists(TIERS, min_size=len(loans), max_size=len(loans)))
    kept = draw(
        st.lists(_of("both", "both", "then", "now"), min_size=len(loans), max_size=len(loans))
    )
    clients = draw(st.lists(CLIENT, min_size=4, max_size=4))
    numbered = [{**loan, "loan_id": f"L{n}"} for n, loan in enumerate(loans)]
    now = [loan for loan, where in zip(numbered, kept, strict=True) if where != "then"]
    then = [
        {**loan, "loan_classification": tier}
        for loan, tier, where in zip(numbered, tiers, kept, strict=True)
        if where != "now"
    ]
    signs = {"drawdown": 1, "recovery": 1}
    flows = [
        {
            "loan_id": loan["loan_id"],
            "borrower_id": loan["borrower_id"],
            "branch_id": loan["booking_branch_id"],
            "event_type": kind,
            "amount": amount * signs.get(kind, -1),
            "currency_code": loan["currency_code"],
        }
        for number, kind, amount in draw(st.lists(EVENT, max_size=6))
        for loan in numbered[number : number + 1]
    ]
    firsts = [
        {
            "borrower_id": flow["borrower_id"],
            "loan_id": flow["loan_id"],
            "branch_id": flow["branch_id"],
            "event_date": date(2026, 1, 10),
            "registry_checked_on": checked,
        }
        for flow, checked in zip(flows, draw(st.lists(_of(None, date(2026, 1, 5)))), strict=False)
    ]
    firsts = list({(one["borrower_id"], one["loan_id"]): one for one in firsts}.values())
    listed = draw(st.lists(_of("C0", "C1", "C2"), unique=True))
    tied = draw(st.lists(st.tuples(_of("C0", "C1", "C2", "C3"), _of("K", "J")), max_size=4))
    trade = draw(st.lists(st.integers(0, 50), min_size=6, max_size=6))
    months = {
        months_back(MONTH, back): {
            "supply_chain_trade": [
                {
                    "borrower_id": client,
                    "core_enterprise_id": core,
                    "trade_amount": Decimal(amount),
                    "settled_amount": Decimal(amount),
                    "settlement_days": 150 + amount,
                }
                for client, core in sorted(set(tied))
            ]
        }
        for back, amount in enumerate(trade)
    }
    beside = {
        **TREE,
        "borrower_snapshot": [{**one, "borrower_id": f"C{n}"} for n, one in enumerate(clients)],
        "tech_enterprise_list": [
            {"borrower_id": client, "region_code": "440305", "list_type": "srdi"}
            for client in listed
        ],
        "supply_chain_relation": [
            {
                "borrower_id": client,
                "core_enterprise_id": core,
                "green_use_code": "recycling_line",
            }
            for client, core in tied
        ],
        "loan_collateral": [{"loan_id": "L0", "collateral_id": "P"}],
    }
    months[YEAR_END] |= {**beside, "loan_snapshot": then}
    months[MONTH] |= {
        **beside,
        "loan_snapshot": now,
        "loan_event": flows,
        "borrower_first_loan_event": firsts,
    }
    return months


def _facts(months):
    earlier = {day: tables for day, tables in months.items() if day != MONTH}
    return engine_facts(small_book(MONTH, earlier=earlier, **months[MONTH]), MONTH)


def _with_rows(months, change):
    """The book with every row of the tables that name a branch changed, or left out (`None`)."""
    where = {
        "loan_snapshot": "booking_branch_id",
        "loan_event": "branch_id",
        "borrower_first_loan_event": "branch_id",
    }
    return {
        day: {
            name: [new for row in rows if (new := change(row, where[name])) is not None]
            if name in where
            else rows
            for name, rows in tables.items()
        }
        for day, tables in months.items()
    }


few = settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""A book takes half a second: few of them, but the same ones every time."""


@few
@given(months=books())
def test_of_any_book_parts_add_up_and_readings_nest(months):
    facts = _facts(months)
    _sei_nests(facts)
    _inclusive_nests(facts)
    _green_nests(facts)
    _technology_lies_between(facts)
    _parts_add_up(facts)
    _clients_of_parts_cover(facts)
    silent = facts.filter(pl.col("value").is_null() == pl.col("reason").is_null())
    assert silent.is_empty()
    largest = _wide(
        facts,
        ten=("ten_largest_clients_share", "default", "numerator"),
        one=("largest_client_share", "default", "numerator"),
    )
    _descending(largest, "ten", "one")


@few
@given(months=books(), seed=st.randoms(use_true_random=False))
def test_of_any_book_the_order_of_rows_changes_no_digit(months, seed):
    # A tie of one day goes by its number: that belongs to the row, not to where it stands.
    numbered = {
        day: {
            name: [
                {**row, "relation_id": f"R{number}"} if name == "supply_chain_relation" else row
                for number, row in enumerate(rows)
            ]
            for name, rows in tables.items()
        }
        for day, tables in months.items()
    }
    shuffled = {
        day: {name: seed.sample(rows, len(rows)) for name, rows in tables.items()}
        for day, tables in numbered.items()
    }
    assert_frame_equal(_facts(shuffled), _facts(numbered))


def _of_region(row, branch):
    """A row of the region as it is; a loan of elsewhere with nothing left, and no event of elsewhere."""
    if row[branch] in ("n1", "n2"):
        return row
    return {**row, "outstanding_principal": Decimal(0)} if "loan_status" in row else None


OF_PLACE = ("tech_access_rate", "cluster_share")
"""Metrics that ask where a branch stands."""
OF_BANK = (
    "settlement",
    "npl_tolerance",
    "npl_gap",
    "large_exposure",
    "client_ratio",
    "clients_ratio",
)
"""Parts of the names of metrics that ask at a branch what the whole bank says."""


def _at(facts, node, without):
    return facts.filter(
        pl.col("branch_id") == node,
        ~pl.col("slice").is_in(["region", "cluster"]),
        ~pl.col("metric_id").str.contains_any(list(without)),
    ).drop("branch_id")


@few
@given(months=books())
def test_of_any_book_a_node_says_what_a_bank_of_its_loans_alone_would_say(months):
    """The root is what one single branch with all the loans is; a region is a bank without the rest."""
    facts = _facts(months)
    together = _facts(_with_rows(months, lambda row, branch: {**row, branch: "n1"}))
    assert_frame_equal(_at(facts, "HO", OF_PLACE), _at(together, "HO", OF_PLACE))
    assert_frame_equal(
        _at(together, "n1", OF_PLACE + OF_BANK), _at(facts, "HO", OF_PLACE + OF_BANK)
    )
    region = _facts(_with_rows(months, _of_region))
    apart = OF_BANK + OF_PLACE
    assert_frame_equal(_at(facts, "R", apart), _at(region, "R", apart))
    assert_frame_equal(_at(facts, "R", apart), _at(region, "HO", apart))
