"""The catalogue: complete, sourced, refused whole when wrong, and versioned by what it rests on."""

from decimal import Decimal
from functools import cache

import pytest

from tests.scenario import CATALOGUE, REFERENCE
from transforms.catalogue.load import load, packaged_texts
from transforms.errors import CatalogueError

PARAMETERS = tuple(REFERENCE.tables["thresholds"]["name"].unique())
RULES = tuple(REFERENCE.tables["npl_tolerance_rules"]["rule_id"])

MISSION = """loan_balance loan_increment_ytd loan_increment_mom loan_growth_yoy loan_clients sei_balance
sei_share tech_loan_share first_time_clients first_time_tech_clients green_balance green_share
green_supply_chain_balance green_supply_chain_clients npl_balance npl_ratio inclusive_balance
inclusive_npl_ratio inclusive_npl_tolerance""".split()  # noqa: SIM905 - read as one list

FLAG = """
flags:
  {name}:
    label: {{en: a, zh: 一}}
    source: {{document: d, verified: true}}
    all:
      - {{sql: "{sql}", label: {{en: a, zh: 一}}}}
"""
METRIC = """
metrics:
  mine:
    label: {{en: Mine, zh: 我的}}
    kind: {kind}
    {terms}
    unit: ratio
    better: higher
    source: {{document: d, verified: true}}
    valid_from: 2020-01-01
    version: 1
"""


ONE_MORE = METRIC.replace("\nmetrics:\n  mine:", "  other:")


@cache
def _few():
    """Two of the product's files that stand without the others: enough to be refused beside."""
    texts = packaged_texts()
    return {name: texts[name] for name in ("first_time.yaml", "volume.yaml")}


def _refused(text, *words, texts=None):
    with pytest.raises(CatalogueError) as refused:
        load(PARAMETERS, rules=RULES, texts=texts or _few(), additions={"own.yaml": text})
    for word in ("own.yaml", *words):
        assert word in str(refused.value)


def test_every_metric_of_the_mission_is_there():
    assert set(MISSION) <= set(CATALOGUE.metrics)


def test_every_definition_is_labelled_twice_and_names_its_source():
    for one in (*CATALOGUE.metrics.values(), *CATALOGUE.flags.values()):
        assert one.label.en
        assert any("一" <= letter <= "鿿" for letter in one.label.zh), one
        assert one.source.document


def test_an_unknown_column_is_refused_with_line_and_near_miss():
    _refused(
        FLAG.format(name="is_x", sql="loan_statu = 'a'"), "line 3", "loan_statu", "loan_status"
    )


def test_an_unknown_threshold_is_refused_with_near_miss():
    _refused(FLAG.format(name="is_x", sql="balance > :inclusive_limt"), "inclusive_limit")


def test_text_that_is_no_sql_is_refused():
    _refused(FLAG.format(name="is_x", sql="balance >"), "no SQL condition")


def test_flags_in_a_circle_are_refused():
    text = FLAG.format(name="is_a", sql="is_b") + FLAG.format(name="is_b", sql="is_a").replace(
        "\nflags:\n", ""
    )
    _refused(text, "refers to itself")


NEWLY = FLAG.format(name="is_newly", sql="now_is_loan AND NOT then_is_loan").replace(
    "flags:", "change_flags:"
)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: {sum: balance, where: is_lone}", 2, "no flag 'is_lone'. Did you mean is_loan"),
        ("a: {sum: balanse, where: is_loan}", 2, "no loan amount 'balanse'. Did you mean balance"),
        ("a: {sum: balance, where: is_drawn}", 2, "no flow amount 'balance'"),
        (
            "a: {reported: net_capitl}",
            2,
            "no kind of capital 'net_capitl'. Did you mean net_capital",
        ),
        (
            "a: {combine: [{measure: loan_balanc}]}",
            2,
            "no measure 'loan_balanc'. Did you mean loan_",
        ),
        ("a: {combine: []}", 2, "combine needs a measure"),
        ("a: {combine: [{measure: loan_balance}], where: is_loan}", 2, "takes no `where`"),
        ("a: {sum: balance}", 2, "needs a flag under `where`"),
        ("a: {where: is_loan}", 2, "give one of sum"),
        ("a: {sum: balance, reported: net_capital, where: is_loan}", 2, "give one of sum"),
        ("a: {sum: balance, where: is_loan, largest: 3}", 2, "give largest and by together"),
        ("a: {sum: balance, where: is_loan, by: group_id}", 2, "give largest and by together"),
        (
            "a: {sum: balance, where: is_loan, largest: 3, by: grup_id}",
            2,
            "to take the largest by 'grup_id'. Did you mean group_id",
        ),
        (
            "a: {sum: interest, where: is_loan, largest: 1, by: product_type}",
            2,
            "need a measure that sums interest there",
        ),
        ("a: {sum: balance, where: is_first_time}", 2, "count_events counts event flags"),
        ("a: {count_events: month, where: is_loan}", 2, "count_events counts event flags"),
        ("a: {sum: balance, where: is_loan, since: year_end}", 2, "a change needs `since`"),
        ("a: {sum: now_balance, where: is_newly}", 2, "a change needs `since`"),
        (
            "a: {sum: amount_in, where: is_drawn, window: year_to_date}",
            2,
            "only distinct counts of flows take a window",
        ),
        (
            "a: {count_distinct: borrower_id, where: is_drawn, window: year_to_date}",
            2,
            "columns of loan_event only",
        ),
        (
            "a: {reported: net_capital}\n  b: {combine: [{measure: loan_clients, at: year_end}]}",
            3,
            "loan_clients is counted at every node anew and has no value at year_end",
        ),
        (
            "a: {reported: net_capital}\n  b: {combine: [{measure: a, at: year_to_date}]}",
            3,
            "a is counted at every node anew",
        ),
        (
            "a: {combine: [{measure: loan_drawn_ytd, at: previous_month}]}",
            2,
            "loan_drawn_ytd has times of its own and cannot be taken at previous_month",
        ),
        ("a: {combine: [{measure: b}]}\n  b: {combine: [{measure: a}]}", 2, "refers to itself"),
        ("a: {combine: [{measure: b}]}\n  b: {combine: [{measure: a}]}", 3, "refers to itself"),
        ("a: {combine: [{measure: a, times: 2}]}", 2, "refers to itself"),
    ],
)
def test_a_measure_that_cannot_be_taken_is_refused_with_its_line(text, line, said):
    _refused(f"measures:\n  {text}\n{NEWLY}", f"line {line}, measure", said)


def test_a_key_that_stands_twice_is_refused_with_its_second_line():
    text = "measures:\n  a: {reported: net_capital}\n  a: {reported: tier1_net_capital}\n"
    _refused(text, "line 3", "'a' stands twice")


def test_a_flag_may_ask_only_what_is_known_of_its_kind_of_row():
    """An event of a first loan has no classification; a change asks loan flags, then or now."""
    text = FLAG.format(name="is_x", sql="loan_classification = 'FQ01'")
    _refused(text.replace("flags:", "event_flags:"), "line 3", "no column or flag")
    text = FLAG.format(name="is_x", sql="then_is_laon").replace("flags:", "change_flags:")
    _refused(text, "line 3", "no column or flag 'then_is_laon'. Did you mean then_is_loan")


def test_a_flag_without_a_clause_is_refused():
    text = "flags:\n  is_x: {label: {en: a, zh: 一}, source: {document: d, verified: true}}\n"
    _refused(text, "line 2", "needs a clause")


TOLERANCE = """rule: TOL_2091
    numerator: loan_balance
    denominator: loan_balance
    reference_numerator: loan_balance
    reference_denominator: loan_balance"""
LARGEST = """
measures:
  largest: {sum: balance, where: is_loan, largest: 1, by: borrower_id}
  capital: {reported: net_capital}
"""


@pytest.mark.parametrize(
    ("kind", "terms", "said"),
    [
        (
            "total",
            "of: loan_balance\n    slices: [industry_sektion]",
            "no slice 'industry_sektion'. Did",
        ),
        (
            "index",
            "of: corporate_balance\n    over: industry_sektion",
            "no slice 'industry_sektion'. Did",
        ),
        (
            "total",
            "readings:\n      wide: {of: loan_balance}\n    default_reading: wise",
            "default_reading names no reading. Did you mean wide?",
        ),
        (
            "gap",
            "minuend: loan_growt_ytd\n    subtrahend: loan_growth_yoy",
            "no metric 'loan_growt_ytd'. Did you mean loan_growth_ytd",
        ),
        (
            "gap",
            "minuend: loan_balance:without_bils\n    subtrahend: loan_growth_ytd",
            "no reading of loan_balance 'without_bils'. Did you mean without_bills?",
        ),
        (
            "gap",
            "minuend: other\n    subtrahend: loan_growth_ytd",
            "other is a gap itself",
        ),
        (
            "gap",
            "minuend: loan_growth_ytd\n    subtrahend: loan_growth_yoy\n    slices: [region]",
            "a gap cannot be cut",
        ),
        ("gap", "minuend: loan_balance", "lacks subtrahend"),
        ("total", "of: loan_drawn\n    slices: [region]", "only sums and clients of loans"),
        (
            "total",
            "of: first_time_clients_month\n    slices: [region]",
            "only sums and clients of loans",
        ),
        ("total", "of: loan_drawn_ytd\n    slices: [region]", "only sums and clients of loans"),
        (
            "top_n",
            "numerator: largest\n    denominator: loan_balance\n    slices: [region]",
            "only sums and clients of loans",
        ),
        (
            "growth",
            "of: loan_balance\n    base: year_end\n    slices: [region]",
            "no comparison and no tolerance",
        ),
        ("total", "of: loan_balance\n    composition: [region]", "only a ratio has a composition"),
        ("total", "of: loan_balance\n    base: year_end", "takes no base"),
        ("average", "of: loan_clients", "counted at every node anew has no earlier value"),
        ("increment", "of: loan_clients\n    base: year_end", "has no earlier value"),
        ("increment_difference", "of: capital", "has no earlier value"),
        ("increment", "of: loan_drawn_ytd\n    base: year_end", "loan_drawn_ytd has times"),
        (
            "tolerance",
            TOLERANCE,
            "no tolerance rule 'TOL_2091'. Did you mean TOL_2019",
        ),
    ],
)
def test_a_metric_that_cannot_be_reckoned_is_refused_with_its_line(kind, terms, said):
    beside = ONE_MORE.format(
        kind="gap", terms="minuend: loan_growth_yoy\n    subtrahend: loan_growth_ytd"
    )
    text = METRIC.format(kind=kind, terms=terms) + beside + LARGEST
    _refused(text, "line 3, metric mine", said)


NESTED = "measures:\n  a: {combine: [{measure: %s}]}\n  b: {combine: [{measure: a%s}]}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            METRIC.format(kind="average", terms="of: loan_balance\n    slices: [product_type]"),
            id="members of an average get the whole's earlier months",
        ),
        pytest.param(
            METRIC.format(
                kind="increment_difference", terms="of: loan_balance\n    slices: [product_type]"
            ),
            id="members of a difference of increments get the whole's",
        ),
        pytest.param(
            "measures:\n  a: {combine: [{measure: loan_balance, at: year_end}]}"
            + METRIC.format(kind="total", terms="of: a\n    slices: [product_type]"),
            id="members of a combination get the whole's earlier amount",
        ),
        pytest.param(
            METRIC.format(kind="count_distinct", terms="of: loan_clients\n    slices: [region]"),
            id="clients by region",
        ),
        pytest.param(
            NESTED % ("loan_balance, at: year_end", "")
            + METRIC.format(kind="increment", terms="of: b\n    base: previous_month"),
            id="times two combinations deep under a base",
        ),
        pytest.param(
            NESTED % ("loan_balance, at: year_end", "")
            + "  c: {combine: [{measure: b, at: previous_month}]}\n",
            id="times two combinations deep under a time",
        ),
        pytest.param(
            NESTED % ("loan_clients", ", at: year_end"), id="clients inside a combination"
        ),
        pytest.param(
            METRIC.format(kind="index", terms="of: loan_drawn\n    over: industry_section"),
            id="an index over what is not cut",
        ),
        pytest.param(
            METRIC.format(kind="increment", terms="of: loan_balance\n    base: now"), id="base now"
        ),
        pytest.param(
            METRIC.format(kind="growth", terms="of: loan_balance\n    base: year_to_date"),
            id="a sum of months for a base",
        ),
        pytest.param(
            "measures:\n  a: {sum: amount_in, where: is_drawn, largest: 3, by: borrower_id}\n",
            id="the largest of flows",
        ),
        pytest.param(
            "measures:\n  a: {count_distinct: borrower_id, where: is_newly, since: year_end}\n"
            + NEWLY,
            id="clients of changes",
        ),
        pytest.param("flags:\n  ? [a, b]\n  : 1\n", id="a key that is a list"),
        pytest.param("flags:\n  is_x: {earlier: 5}\n", id="earlier editions that are no list"),
        pytest.param(
            "flags:\n  is_x: {earlier: [{until: 2018-02-28 10:00:00}, {until: 2019-02-28}]}\n",
            id="until with an hour",
        ),
    ],
)
def test_what_would_be_told_wrong_is_refused(text):
    _refused(text)


def test_an_unknown_measure_is_refused_with_near_miss():
    terms = "numerator: sei_balance_stric\n    denominator: loan_balance"
    text = METRIC.format(kind="ratio", terms=terms)
    _refused(text, "sei_balance_strict", texts=packaged_texts())


def test_a_ratio_without_denominator_is_refused():
    _refused(METRIC.format(kind="ratio", terms="numerator: loan_balance"), "lacks denominator")


def test_an_increment_without_base_is_refused():
    _refused(METRIC.format(kind="increment", terms="of: loan_balance"), "needs a base")


def test_a_misspelt_key_is_refused_with_its_line():
    _refused(METRIC.format(kind="total", terms="ov: loan_balance"), "line 6", "ov")


def test_broken_yaml_is_refused_with_its_line():
    _refused("flags:\n  a: [", "line")


def test_only_sums_and_clients_of_loans_can_be_sliced():
    text = METRIC.format(kind="total", terms="of: first_time_clients_year\n    slices: [sei_field]")
    _refused(text, "only sums and clients of loans")
    text = METRIC.format(kind="total", terms="of: drawing_clients_month\n    slices: [sei_field]")
    _refused(text, "only sums and clients of loans")


def test_a_workspace_adds_a_metric_without_code():
    text = METRIC.format(
        kind="ratio", terms="numerator: npl_balance\n    denominator: loan_balance"
    )
    own = load(PARAMETERS, rules=RULES, additions={"own.yaml": text}).newest
    assert own.metrics["mine"].family == "own"
    assert set(own.metrics) == {*CATALOGUE.metrics, "mine"}


def _changed(file, old, new):
    """The metrics whose version changes when a definition of the product is worded otherwise."""
    texts = packaged_texts()
    assert texts[file].count(old) == 1
    texts[file] = texts[file].replace(old, new)
    changed = load(PARAMETERS, rules=RULES, texts=texts).newest
    assert changed.fingerprint != CATALOGUE.fingerprint
    return {n for n in CATALOGUE.metrics if CATALOGUE.versions[n] != changed.versions[n]}


def test_a_definition_version_changes_with_anything_it_rests_on_and_with_nothing_else():
    """A clause of `is_npl` changes every metric on bad loans, and no metric on green ones."""
    resting = _changed("asset_quality.yaml", "'FQ04', 'FQ05'", "'FQ04'")
    assert resting == {
        *("npl_balance", "npl_ratio", "npl_ratio_with_write_offs", "new_loan_npl_ratio"),
        *("npl_formed_ytd", "npl_formed_by_loan_ytd", "npl_formed_difference"),
        *("npl_formation_rate", "credit_cost", "migration_normal", "migration_special_mention"),
        *("overdue_60_to_npl", "overdue_90_to_npl", "provision_coverage"),
        *("inclusive_npl_ratio", "inclusive_npl_gap"),
        *("inclusive_npl_tolerance", "tech_small_npl_tolerance"),
        *("sei_npl_ratio", "linkage_npl_ratio"),
    }


CHAIN = """verified: true}
    all:
      - {sql: "is_corporate", label: {en: is a corporate loan, zh: 对公贷款}}
      - {sql: "chain_linked","""
"""How `is_supply_chain` begins."""


@pytest.mark.parametrize(
    ("file", "old", "new", "resting"),
    [
        ("asset_quality.yaml", "'FQ04', 'FQ05'", "'FQ04'", {"credit_cost"}),
        (
            "first_time.yaml",
            "days_since_query >= 0",
            "days_since_query > 0",
            {"first_time_balance"},
        ),
        (
            "technology.yaml",
            'sql: "tech_listed", label',
            'sql: "tech_listed AND balance > 1", label',
            {"tech_access_rate"},
        ),
        (
            "green.yaml",
            CHAIN,
            CHAIN.replace("is_corporate", "is_loan"),
            {"settlement_days", "settlement_days_a_year_ago", "settlement_days_change"},
        ),
    ],
)
def test_a_version_changes_with_a_flag_that_a_looked_up_name_rests_on(file, old, new, resting):
    """`then_npl`, `first_receipt`, `has_loan` and `recent` are answered by other flags."""
    assert resting <= _changed(file, old, new)


def test_a_workspace_that_replaces_one_flag_changes_what_rests_on_it_alone():
    """A bank that counts owners of small firms among private enterprises."""
    text = FLAG.format(name="is_private", sql="is_corporate AND controlling_type IS NOT NULL")
    own = load(PARAMETERS, rules=RULES, additions={"own.yaml": text}).newest
    assert {n for n in CATALOGUE.metrics if CATALOGUE.versions[n] != own.versions[n]} == {
        "private_share"
    }
    assert set(own.metrics) == set(CATALOGUE.metrics)
    text = FLAG.format(name="is_supply_chain", sql="is_loan AND chain_linked")
    own = load(PARAMETERS, rules=RULES, additions={"own.yaml": text}).newest
    changed = {n for n in CATALOGUE.metrics if CATALOGUE.versions[n] != own.versions[n]}
    named = {"supply_chain_balance", "supply_chain_clients", "trade_stability"}
    named |= {"settlement_slow_share", "core_enterprise_hhi", "core_enterprise_share"}
    assert named <= changed
    assert not any(n.startswith("green_") for n in changed)


def test_a_version_shows_the_declared_number_first():
    for name, metric in CATALOGUE.metrics.items():
        number, _, digest = CATALOGUE.versions[name].partition(".")
        assert int(number) == metric.version
        assert len(digest) == 8


def test_loading_twice_gives_the_same_versions():
    again = load(PARAMETERS, rules=RULES).newest
    assert again.versions == CATALOGUE.versions
    assert again.fingerprint == CATALOGUE.fingerprint


def test_thresholds_in_force_are_those_of_the_day():
    from datetime import date  # noqa: PLC0415

    assert "inclusive_limit" not in REFERENCE.thresholds(date(2017, 12, 31))
    assert REFERENCE.thresholds(date(2018, 1, 1))["inclusive_limit"] == Decimal(10_000_000)
