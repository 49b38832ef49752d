"""The command line over a small demo bank: what it prints is whole, exact and adds up."""

import csv
import io
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

import transforms
from orchestration.bank import Bank
from tests.whole.commands import SCRIPT, branchmark, figures, here, kpis
from transforms.catalogue.model import Aggregation, Entity, Kind

pytestmark = pytest.mark.whole

REFERENCE = Path(transforms.__file__).parent / "reference"
METRICS = {
    *("loan_balance", "loan_increment_ytd", "loan_increment_mom", "loan_growth_yoy"),
    *("loan_clients", "sei_balance", "sei_share", "tech_loan_share", "first_time_clients"),
    *("first_time_tech_clients", "green_balance", "green_share", "green_supply_chain_balance"),
    *("green_supply_chain_clients", "npl_balance", "npl_ratio", "inclusive_balance"),
    *("inclusive_npl_ratio", "inclusive_npl_tolerance"),
}
PROMISED = {
    *("metric", "reading", "branch", "branch_name", "slice", "member", "as_of_date"),
    *("snapshot_version", "definition_version", "numerator", "denominator", "value", "unit"),
    *("status", "quality_state"),
}
DECIMAL = re.compile(r"-?\d+(\.\d+)?")
COUNTED = {
    *("loan_clients", "tech_clients", "inclusive_clients", "linkage_clients"),
    *("green_supply_chain_clients", "supply_chain_clients", "new_to_bank_clients_ytd"),
    *("first_time_clients", "first_time_clients_ytd"),
    *("first_time_tech_clients", "first_time_tech_clients_ytd"),
}


@pytest.fixture(scope="module")
def month_ends(demo_bank):
    """The month ends that the demo bank has, oldest first."""
    return sorted(folder.name for folder in (demo_bank.root / "archive").iterdir())


@pytest.fixture(scope="module")
def facts(demo_bank):
    """The newest month, every branch."""
    assert demo_bank.code == 0, demo_bank.err
    return kpis(demo_bank.root)


@pytest.fixture(scope="module")
def last(demo_bank, month_ends):
    """The newest month's files as the demo bank delivered them, by table."""
    folder = demo_bank.root / "archive" / month_ends[-1] / "1"
    return {path.stem: pl.read_parquet(path) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def relations(last, month_ends):
    """Who reports to whom at the newest month end, as delivered."""
    day = date.fromisoformat(month_ends[-1])
    return last["branch_hierarchy"].filter(
        pl.col("valid_from") <= day, pl.col("valid_to").is_null() | (pl.col("valid_to") >= day)
    )


def exactly(text):
    return None if text is None else Decimal(text)


def by_branch(facts, metric, reading="default"):
    return {
        row["branch"]: row for row in facts if (row["metric"], row["reading"]) == (metric, reading)
    }


# The demo bank


def test_the_demo_bank_ends_with_the_last_complete_month(month_ends):
    days = [date.fromisoformat(day) for day in month_ends]
    assert len(days) == 3
    assert all((day + timedelta(days=1)).day == 1 for day in days)
    assert [day.month % 12 + 1 for day in days[:-1]] == [day.month for day in days[1:]]
    assert timedelta() < date.today() - days[-1] <= timedelta(days=32)  # noqa: DTZ011


def test_the_demo_bank_is_built_and_its_scorecard_printed(demo_bank, facts):
    """The head office's scorecard shows the published figures, rounded for people."""
    assert demo_bank.code == 0, demo_bank.err
    assert "Traceback" not in demo_bank.err
    lines = demo_bank.out.splitlines()
    for metric, reading, name, digits in (
        ("sei_share", "confirmed", "Strategic emerging industry loan share", "0.1"),
        ("tech_loan_share", "corporate", "Technology loan share", "0.1"),
        ("npl_ratio", "default", "NPL ratio", "0.01"),
    ):
        percent = Decimal(by_branch(facts, metric, reading)["HO"]["value"]) * 100
        shown = f"{percent.quantize(Decimal(digits), 'ROUND_HALF_UP')}%"
        assert shown in next(line for line in lines if line.strip().startswith(name)), name


def test_the_installed_command_answers_for_itself():
    assert SCRIPT.is_file()
    said = branchmark("--help")
    assert said.code == 0
    for name in (
        *("init", "demo", "ingest", "build", "kpis", "explain", "loans", "fork", "simulate"),
        *("catalogue", "dictionary", "dashboard", "dagster"),
    ):
        assert re.search(rf"\b{name}\b", said.out), name


# What is printed


def test_a_pipe_gets_what_a_process_of_its_own_prints(demo_bank, facts):
    """Everything below runs in this process; once, here, it is compared with a real one."""
    words = ("--metric", "sei_share", "--branch", "HO")
    said = branchmark("kpis", "-w", demo_bank.root, "--format", "json", *words)
    assert said.json == [
        row for row in facts if row["metric"] == "sei_share" and row["branch"] == "HO"
    ]
    assert said.err == ""


def test_every_promised_key_stands_in_every_row(facts, month_ends):
    assert {frozenset(row) >= PROMISED for row in facts} == {True}
    assert len({frozenset(row) for row in facts}) == 1
    assert {row["metric"] for row in facts} >= METRICS
    assert {row["as_of_date"] for row in facts} == {month_ends[-1]}
    assert {row["slice"] for row in facts} == {None}


def test_amounts_are_decimal_text_and_counts_are_integers(facts):
    for row in facts:
        for name in ("numerator", "denominator", "value"):
            given = row[name]
            if given is None:
                continue
            if row["metric"] in COUNTED:
                assert type(given) is int, row
            else:
                assert isinstance(given, str), row
                assert DECIMAL.fullmatch(given), row
        if row["unit"] == "currency" and row["value"] is not None:
            assert re.fullmatch(r"-?\d+\.\d\d", row["value"]), row
        assert type(row["snapshot_version"]) is int


def test_what_cannot_be_computed_is_null_and_says_why(facts, month_ends):
    """Three months of a bank hold no month a year ago."""
    empty = [row for row in facts if row["value"] is None]
    for row in empty:
        assert row["reason"], row
        assert row["status"] in {"not_comparable", "n/a"}, row
    assert not [row for row in facts if row["value"] is not None and row["reason"]]
    growth = by_branch(facts, "loan_growth_yoy")["HO"]
    newest = date.fromisoformat(month_ends[-1])
    assert f"{newest.year - 1}-{newest.month:02d}" in growth["reason"]
    assert growth["status"] == "not_comparable"


def test_a_ratio_is_its_numerator_over_its_denominator(facts):
    ratios = [row for row in facts if row["unit"] == "ratio" and row["value"] is not None]
    assert len(ratios) > 100
    for row in ratios:
        whole = exactly(row["denominator"])
        assert abs(exactly(row["value"]) * whole - exactly(row["numerator"])) <= whole * Decimal(
            "1e-12"
        ), row


def test_the_tolerance_compares_ratios_as_printed(facts):
    cent = Decimal("0.01")
    bank = by_branch(facts, "npl_ratio")["HO"]
    reference = (exactly(bank["numerator"]) * 100 / exactly(bank["denominator"])).quantize(
        cent, "ROUND_HALF_UP"
    )
    judged = 0
    for row in by_branch(facts, "inclusive_npl_tolerance", "rule_2019").values():
        if row["value"] is None:
            assert row["status"] == "n/a", row
            continue
        own = (exactly(row["numerator"]) * 100 / exactly(row["denominator"])).quantize(
            cent, "ROUND_HALF_UP"
        )
        assert exactly(row["headroom_pp"]) == reference + 3 - own, row
        assert row["status"] == ("within" if own <= reference + 3 else "exceeded"), row
        judged += 1
    assert judged > 10


def test_the_newest_month_is_the_default_and_all_is_every_month(demo_bank, facts, month_ends):
    every = kpis(demo_bank.root, "--as-of", "all")
    assert [row for row in every if row["as_of_date"] == month_ends[-1]] == facts
    assert {row["as_of_date"] for row in every} == set(month_ends)
    assert kpis(demo_bank.root, "--as-of", "latest") == facts
    for month in month_ends[:2]:
        assert kpis(demo_bank.root, "--as-of", month) == [
            row for row in every if row["as_of_date"] == month
        ]


def test_csv_tells_the_same_as_json(demo_bank, facts):
    said = here("kpis", "-w", demo_bank.root, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert rows == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in facts
    ]


def test_a_branch_a_metric_and_a_reading_narrow_the_list(demo_bank, facts):
    words = ("--branch", "R2", "--metric", "sei_balance", "--reading", "broad")
    assert kpis(demo_bank.root, *words) == [by_branch(facts, "sei_balance", "broad")["R2"]]


# What must add up


def test_strict_is_never_above_confirmed_and_confirmed_never_above_broad(demo_bank):
    for metric in ("sei_balance", "sei_share"):
        seen = defaultdict(dict)
        for row in kpis(demo_bank.root, "--as-of", "all", "--metric", metric):
            if row["reading"] != "all_loans":
                seen[row["as_of_date"], row["branch"]][row["reading"]] = exactly(row["value"])
        assert len(seen) > 3 * 250
        for values in seen.values():
            if values["broad"] is None:
                assert set(values.values()) == {None}
            else:
                assert values["strict"] <= values["confirmed"] <= values["broad"]
        apart = [v for v in seen.values() if v["strict"] != v["confirmed"] != v["broad"]]
        assert apart, "the three readings are the same everywhere: nothing was compared"


def test_parents_are_the_sum_of_their_children_and_their_own_book(facts, last, relations):
    """Amounts and their denominators, at every node; only branches that book loans have more."""
    children = defaultdict(list)
    for child, parent in relations.select("child_id", "parent_id").iter_rows():
        children[parent].append(child)
    booking = set(last["loan_snapshot"]["booking_branch_id"])
    pure = [node for node in children if node not in booking]
    assert {"HO", "R1"} <= set(pure)
    sums = [
        ("loan_balance", "default", "numerator"),
        ("loan_increment_mom", "default", "value"),
        *(("sei_share", one, "numerator") for one in ("strict", "confirmed", "broad")),
        ("sei_share", "confirmed", "denominator"),
        ("tech_loan_share", "corporate", "numerator"),
        ("green_balance", "pboc", "numerator"),
        ("green_supply_chain_balance", "default", "numerator"),
        ("npl_balance", "default", "numerator"),
        ("inclusive_balance", "nfra", "numerator"),
        ("inclusive_npl_ratio", "nfra", "numerator"),
        ("first_time_clients", "regulator", "value"),
        ("first_time_tech_clients", "default", "value"),
    ]
    for metric, reading, part in sums:
        rows = by_branch(facts, metric, reading)
        for node, below in children.items():
            whole = Decimal(rows[node][part])
            parts = sum(Decimal(rows[child][part]) for child in below)
            if node in pure:
                assert whole == parts, (metric, reading, node)
            elif part != "value":
                assert whole >= parts, (metric, reading, node)


def test_the_head_office_holds_every_accepted_loan_to_the_cent(facts, last):
    rates = dict(last["fx_rate"].select("currency_code", "rate").iter_rows()) | {"CNY": Decimal(1)}
    rows = [
        row
        for row in last["loan_snapshot"].to_dicts()
        if row["on_balance_sheet"]
        and not row["entrusted_flag"]
        and row["movement"] == "none"
        and row["loan_status"] not in {"written_off", "transferred", "settled"}
        and row["product_type"] != "rediscounted_bill"
        and row["outstanding_principal"] > 0
    ]
    total = sum(
        (row["outstanding_principal"] * rates[row["currency_code"]]).quantize(
            Decimal("0.01"), "ROUND_HALF_UP"
        )
        for row in rows
    )
    assert by_branch(facts, "loan_balance")["HO"]["value"] == str(total)
    clients = {row["borrower_id"] for row in rows}
    assert by_branch(facts, "loan_clients")["HO"]["value"] == len(clients)


def test_clients_are_distinct_at_every_level(facts, last, relations):
    """A client of two branches is one client of what stands above both."""
    clients = by_branch(facts, "loan_clients")
    regions = relations.filter(pl.col("parent_id") == "HO")["child_id"]
    summed = sum(clients[region]["value"] for region in regions)
    assert max(clients[region]["value"] for region in regions) <= clients["HO"]["value"] <= summed
    booked = last["loan_snapshot"].filter(pl.col("outstanding_principal") > 0)
    shared = booked.group_by("borrower_id").agg(pl.col("booking_branch_id").n_unique())
    assert shared["booking_branch_id"].max() > 1, "no client has two branches: nothing was tried"
    leaves = sum(
        row["value"]
        for branch, row in clients.items()
        if branch in set(booked["booking_branch_id"]) and branch not in set(relations["parent_id"])
    )
    parents = sum(
        clients[b]["value"] for b in set(booked["booking_branch_id"]) & set(relations["parent_id"])
    )
    assert clients["HO"]["value"] < leaves + parents


@pytest.mark.parametrize(
    "cut",
    ["enterprise_size", "sei_field", "industry_section", "region", "core_enterprise", "security"],
)
def test_slices_make_up_the_whole_as_they_say(demo_bank, facts, cut):
    """Totals add up, ratios in their terms, shares of a composition over one whole; clients need not."""
    listed = here("catalogue", "-w", demo_bank.root, "--format", "json").json
    compositions = {row["metric"]: row["composition"] for row in listed}
    hows = defaultdict(set)
    for row in listed:
        if cut in row["slices"]:
            adds = row["kind"] == "total" or cut in row["composition"]
            client = row["kind"] == "count_distinct"
            how = "need_not_add_up" if client else "add_up" if adds else "terms_add_up"
            hows[how].add(row["metric"])
    whole = {(row["metric"], row["reading"], row["branch"]): row for row in facts}
    parts = defaultdict(list)
    for row in kpis(demo_bank.root, "--slice", cut):
        assert row["slice"] == cut
        assert row["member"]
        parts[row["metric"], row["reading"], row["branch"]].append(row)
    assert len(parts) > 100
    said = defaultdict(set)
    for key, rows in parts.items():
        members = [row["member"] for row in rows]
        assert len(members) == len(set(members)), key
        (how,) = {row["parts"] for row in rows}
        said[how].add(key[0])
        if how == "need_not_add_up":
            assert max(row["value"] for row in rows) <= whole[key]["value"], key
            continue
        for part in ("numerator", "denominator"):
            given = whole[key][part]
            if given is None:
                assert {row[part] for row in rows} == {None}, (key, part)
            elif part == "denominator" and cut in compositions.get(key[0], ()):
                assert {row[part] for row in rows} == {given}, (key, part)
            else:
                assert sum(Decimal(row[part]) for row in rows) == Decimal(given), (key, part)
        if how == "add_up" and whole[key]["value"] is not None:
            total = sum(Decimal(row["value"]) for row in rows)
            rounding = len(rows) * Decimal("1e-12")
            assert abs(total - Decimal(whole[key]["value"])) <= rounding, key
    # What no loan is in has no members; everything else says what the catalogue says.
    assert all(said[how] <= hows[how] for how in said), said
    assert said["add_up"]
    largest = max(len(rows) for rows in parts.values())
    assert largest >= 3


# explain


def test_explained_loans_add_up_to_the_figures_of_their_branch(demo_bank, facts, last):
    booked = last["loan_snapshot"]
    parents = set(last["branch_hierarchy"]["parent_id"])
    sizes = booked.filter(~pl.col("booking_branch_id").is_in(sorted(parents)))[
        "booking_branch_id"
    ].value_counts(sort=True)
    branch = sizes.filter(pl.col("count").is_between(4, 9))["booking_branch_id"].sort()[0]
    sums = defaultdict(Decimal)
    for loan in booked.filter(pl.col("booking_branch_id") == branch)["loan_id"]:
        said = here("explain", loan, "-w", demo_bank.root, "--format", "json").json
        for row in said:
            assert row["branch"] == branch
            assert row["counts"] or Decimal(row["amount"]) == 0
            sums[row["metric"], row["reading"], row["role"]] += Decimal(row["amount"])
    summed = summed_over_loans(Bank.at(demo_bank.root).catalogue)
    compared = 0
    for row in facts:
        for role in ("numerator", "denominator"):
            key = row["metric"], row["reading"], role
            if row["branch"] == branch and row[role] is not None and key in summed:
                assert sums[key] == Decimal(row[role]), key
                compared += 1
    assert compared >= 100


def summed_over_loans(catalogue):
    """Metric, reading and role of every amount that is one sum over the month's loans."""
    found = set()
    for metric in catalogue.metrics.values():
        if metric.kind not in {Kind.TOTAL, Kind.RATIO, Kind.WEIGHTED_MEAN, Kind.TOLERANCE}:
            continue
        if metric.base is not None or metric.annualised:
            continue
        for reading in metric.readings:
            for role in ("numerator", "denominator"):
                measure = catalogue.measures.get(getattr(reading, role) or "")
                loans = measure is not None and catalogue.entity_of(measure) is Entity.LOAN
                if loans and measure.aggregation is Aggregation.SUM:
                    found.add((metric.metric_id, reading.name, role))
    return found


def test_explain_names_the_rule_for_a_loan_inside_and_one_outside_sei(demo_bank, last):
    purposes = last["loan_snapshot"].join(last["borrower_snapshot"], on="borrower_id")
    firms = purposes.filter(
        pl.col("borrower_type") == "enterprise",
        pl.col("loan_status") == "normal",
        pl.col("outstanding_principal") > 0,
        pl.col("product_type") == "working_capital",
        pl.col("on_balance_sheet"),
        ~pl.col("entrusted_flag"),
        pl.col("movement") == "none",
    )
    reference = pl.read_csv(
        REFERENCE / "sei_2018_by_class.csv", schema_overrides={"gbt_class": pl.String}
    )
    listed = reference["gbt_class"]
    whole = reference.filter(pl.col("starred") == "no")["gbt_class"]
    code = pl.col("purpose_industry_code").str.replace("^[A-Z]", "")
    inside = firms.filter(code.is_in(whole.implode()))["loan_id"].sort()[0]
    outside = firms.filter(~code.is_in(listed.implode()))["loan_id"].sort()[0]

    def sei(loan):
        words = ("explain", loan, "-w", demo_bank.root, "--metric", "sei_balance")
        rows = here(*words, "--format", "json").json
        return {row["reading"]: row for row in rows if row["role"] == "numerator"}

    for reading, row in sei(inside).items():
        assert row["counts"] is True
        assert row["rule"] == f"is_sei_{reading}"
        assert "SEI list" in row["because"]
    for row in sei(outside).values():
        assert row["counts"] is False
        assert row["amount"] == "0.00"
        assert row["because"].startswith("not so: ")


# catalogue and dictionary


def test_the_catalogue_lists_every_promised_metric_with_its_source(demo_bank):
    rows = {row["metric"]: row for row in here("catalogue", "--format", "json").json}
    assert set(rows) >= METRICS
    for row in rows.values():
        assert row["label_en"]
        assert row["label_zh"]
        assert row["source"]
        assert row["version"]
    published = {row["metric"]: row["definition_version"] for row in kpis(demo_bank.root)}
    assert published == {name: rows[name]["version"] for name in published}
    told = here("catalogue", "sei_share")
    assert told.code == 0
    for words in ("strict", "confirmed", "broad", "NBS Order 23"):
        assert words in told.out


def test_the_dictionary_lists_every_table_and_column():
    rows = here("dictionary", "--format", "json").json
    assert {row["table"] for row in rows} >= {
        *("loan_snapshot", "borrower_snapshot", "branch", "branch_hierarchy", "target"),
        *("tech_enterprise_list", "borrower_first_loan_event", "supply_chain_relation"),
        "gl_control_total",
    }
    assert len(rows) == len({(row["table"], row["column"]) for row in rows})
    assert all(row["meaning_en"] and row["meaning_zh"] and row["type"] for row in rows)
    one = here("dictionary", "target", "--format", "json").json
    assert one == [row for row in rows if row["table"] == "target"]


def test_a_table_for_people_names_branch_and_metric(demo_bank):
    said = here("kpis", "-w", demo_bank.root, "--branch", "HO")
    assert said.code == 0
    assert "Head Office" in said.out
    assert "sei_share" in said.out


def test_figures_are_the_newest_versions(demo_bank):
    assert {row["snapshot_version"] for row in figures(demo_bank.root).values()} == {1}
