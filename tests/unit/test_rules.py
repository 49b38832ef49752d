"""Every rule fires where it should, stays silent where it should, and a wrong rule is refused by name."""

import re
from collections import defaultdict

import polars as pl
import pytest

from expectations.delivered import CONTEXT_COLUMNS, bound, opened, reference_context
from expectations.figures import FIGURES
from expectations.rejection import condition_of, failing_rows
from expectations.rules import (
    Scope,
    Severity,
    asked_columns,
    load_rules,
    parse_rules,
    rules_for,
    rules_table,
)
from tests.unit.trust import AS_OF, CASES, GOOD, LOAN, Case, delivered
from transforms import schema
from transforms.errors import CatalogueError
from transforms.reference import tables
from transforms.reference.tables import Taxonomy

RULES = {rule.id: rule for rule in load_rules()}


def broken(delivery):
    """The ids of all rules that the delivery breaks, asked of DuckDB alone, one query a view."""
    measured = rules_for(RULES.values(), delivery.table)
    asked = defaultdict(dict)
    with opened(delivery, asked_columns(measured, delivery.table)) as session:
        for rule in measured:
            if rule.skipped_reason(session):
                continue
            if rule.row_condition is None:
                asked[""][rule.id] = f"({bound(rule.fails, rule.values(delivery))})"
            else:
                condition = condition_of(rule, session)
                asked[rule.blamed(delivery.table)][rule.id] = f"count(*) FILTER ({condition}) > 0"
        found = set()
        for view, questions in asked.items():
            query = f"SELECT {', '.join(questions.values())} {view and f'FROM {view}'}"
            answers = session.connection.execute(query).fetchone()
            found |= {rule_id for rule_id, answer in zip(questions, answers, strict=True) if answer}
    return found


@pytest.mark.parametrize("table", schema.TABLES)
def test_a_good_month_breaks_no_rule_and_skips_none(table, tmp_path):
    delivery = delivered(tmp_path, table)
    with opened(delivery) as session:
        skipped = {
            rule.id: rule.skipped_reason(session) for rule in rules_for(RULES.values(), table)
        }
    assert set(skipped.values()) == {None}, skipped
    assert broken(delivery) == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule_id)
def test_a_bad_row_breaks_its_rule_and_no_other(case, tmp_path):
    delivery = delivered(tmp_path, case.table, case.all_rows, context=case.context)
    assert broken(delivery) == {case.rule_id} | case.also
    found = failing_rows(RULES[case.rule_id], delivery)
    if RULES[case.rule_id].blames:
        assert found.drop("source_row_no").rows() == [(key,) for key in case.blames]
        assert case.blames
    elif RULES[case.rule_id].row_condition is not None:
        assert found["source_row_no"].to_list() == case.expected_rows


def test_every_rule_has_a_case_that_breaks_it_and_no_case_is_for_no_rule():
    # The rules about figures have cases of their own.
    delivered_rules = {rule.id for rule in RULES.values() if rule.table not in FIGURES}
    assert {case.rule_id for case in CASES} == delivered_rules


def test_every_table_has_rules_and_a_good_month():
    named = {rule.table for rule in RULES.values()} - {"*"}
    entered = {schema.TARGET.name}  # what people enter is checked when they enter it
    assert named == {*schema.TABLES, *FIGURES} - entered
    assert set(GOOD) == set(schema.TABLES)


def test_ids_are_in_order_and_say_how_grave_they_are():
    assert list(RULES) == sorted(RULES, key=lambda rule_id: rule_id[1:])
    for rule in RULES.values():
        assert rule.id.startswith("W") == (rule.severity is Severity.WARNING)
        if rule.rejects:
            assert (rule.severity, rule.scope) == (Severity.CRITICAL, Scope.ROW)


def test_every_reason_and_remedy_is_told_in_both_languages():
    for rule in RULES.values():
        for text in (rule.reason, rule.remedy):
            assert re.search(r"[一-鿿]", text.zh), rule.id
            assert not re.search(r"[一-鿿]", text.en), rule.id
            assert text.en.endswith("."), rule.id
            assert text.zh.endswith("。"), rule.id


def test_a_repeated_key_says_that_the_first_row_stands():
    for rule in RULES.values():
        if rule.repeats:
            assert "first row" in rule.reason.en, rule.id
            assert "第一行" in rule.reason.zh, rule.id
            assert set(rule.repeats) == set(schema.table(rule.table).key), rule.id


def test_nulls_break_only_the_rules_about_missing_values(tmp_path):
    rows = [{"loan_id": "N1"}, {"loan_id": "N2"}, {}, {}]
    delivery = delivered(tmp_path, "loan_snapshot", rows, without=("previous_loan_snapshot",))
    assert broken(delivery) == {"W0217"}


# The one table of which a part of the key may be empty has no rules of the product: it is entered.
(ONE_A_KEY,) = parse_rules(
    "own.yaml",
    """
    table: target
    rules:
      - id: E9901
        severity: critical
        rejects: true
        repeats: [branch_id, metric_id, reading, period, valid_from]
        reason: {en: "Twice. The first row is kept.", zh: "重复，保留第一行。"}
        remedy: {en: "Once.", zh: "一次。"}
        source: test
    """,
)


def test_an_empty_key_part_may_repeat_only_where_the_schema_lets_it_be_empty(tmp_path):
    twice = [GOOD["target"][0], GOOD["target"][0] | {"reading": "strict"}, GOOD["target"][0]]
    assert failing_rows(ONE_A_KEY, delivered(tmp_path, "target", twice))[
        "source_row_no"
    ].to_list() == [3]


def test_a_key_whose_optional_part_was_not_delivered_is_still_a_key(tmp_path):
    columns = frozenset(schema.TARGET.column_names) - {"reading"}
    twice = [GOOD["target"][0], GOOD["target"][0]]
    delivery = delivered(tmp_path, "target", twice, provided=columns)
    assert failing_rows(ONE_A_KEY, delivery)["source_row_no"].to_list() == [2]


def test_without_exchange_rates_only_the_base_currency_stands(tmp_path):
    delivery = delivered(tmp_path, "loan_snapshot", without=("fx_rate",))
    assert failing_rows(RULES["E0105"], delivery)["loan_id"].to_list() == ["L7"]


def test_a_rule_without_its_table_or_column_is_skipped_and_says_so(tmp_path):
    delivery = delivered(
        tmp_path,
        "loan_snapshot",
        without=("branch",),
        provided=frozenset({"loan_id", "booking_branch_id"}),
    )
    with opened(delivery) as session:
        assert RULES["E0103"].skipped_reason(session) == "no branch table delivered"
        assert (
            RULES["E0201"].skipped_reason(session)
            == "no column maturity_date delivered in loan_snapshot"
        )
        assert RULES["E0101"].skipped_reason(session) is None
        assert RULES["E0001"].skipped_reason(session) is None


def test_a_bank_may_set_its_own_band(tmp_path):
    before = [LOAN | {"loan_id": f"P{n}"} for n in range(12)]
    delivery = delivered(tmp_path, "loan_snapshot", context={"previous_loan_snapshot": before})
    wider = type(delivery)(**{**vars(delivery), "parameters": {"row_count_band": 1}})
    assert broken(delivery) == {"W0216"}
    assert broken(wider) == set()


@pytest.mark.parametrize(
    ("now", "before", "moved"), [(12, 10, False), (13, 10, True), (8, 10, False), (7, 10, True)]
)
def test_a_fifth_more_or_less_is_still_within_the_band(now, before, moved, tmp_path):
    book = [LOAN | {"loan_id": f"L{n}"} for n in range(13)]
    delivery = delivered(
        tmp_path, "loan_snapshot", book[:now], context={"previous_loan_snapshot": book[:before]}
    )
    assert broken(delivery) == ({"W0216"} if moved else set())


def test_one_loan_is_enough_for_a_month(tmp_path):
    alone = delivered(tmp_path, "loan_snapshot", [LOAN], without=("previous_loan_snapshot",))
    assert broken(alone) == set()


def test_the_month_ends_value_of_a_parameter_cannot_be_overridden(tmp_path):
    delivery = delivered(tmp_path, "loan_snapshot")
    bent = type(delivery)(**{**vars(delivery), "parameters": {"as_of": "2020-01-31"}})
    assert RULES["E0106"].values(bent)["as_of"] == AS_OF


def test_files_with_odd_names_are_read_as_one_file(tmp_path):
    folder = tmp_path / "as_of_date=2026-10-31" / "it's [odd]*"
    folder.mkdir(parents=True)
    delivery = delivered(folder, "loan_snapshot")
    with opened(delivery) as session:
        assert session.frame("SELECT count(*) AS n FROM loan_snapshot")["n"][0] == len(
            GOOD["loan_snapshot"]
        )
        assert "as_of_date" not in session.columns["loan_snapshot"]


def test_nothing_is_spilled_into_the_working_folder_and_the_scratch_folder_is_left_clean(tmp_path):
    delivery = delivered(tmp_path, "loan_snapshot")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with opened(type(delivery)(**{**vars(delivery), "scratch": scratch})) as session:
        (setting,) = session.frame("SELECT current_setting('temp_directory') AS d")["d"]
        assert setting.startswith(str(scratch))
    assert list(scratch.iterdir()) == []


def test_only_what_the_rules_ask_is_copied_into_a_session(tmp_path):
    delivery = delivered(tmp_path, "branch_hierarchy")
    asked = asked_columns(RULES.values(), "branch_hierarchy")
    assert asked["branch"] == {"branch_id"}
    with opened(delivery, asked) as session:
        made = session.frame("SELECT table_name, column_name FROM information_schema.columns")
        of = dict(made.group_by("table_name").agg("column_name").iter_rows())
        assert of["branch"] == ["branch_id"]
        assert "loan_snapshot" not in of
        assert "closed_date" in session.columns["branch"], "known, though not copied"


def test_the_reference_lists_fit_the_views_that_rules_ask(tmp_path):
    context = reference_context(tables.load())
    for name, frame in context.items():
        assert dict(frame.schema) == dict(CONTEXT_COLUMNS[name]), name
        assert not frame.is_empty()
    delivery = delivered(
        tmp_path,
        "loan_snapshot",
        [
            LOAN | {"loan_id": "L1", "purpose_industry_code": "C3973", "sei_tag": "1"},
            LOAN | {"loan_id": "L2", "purpose_industry_code": "C3973", "sei_tag": "4"},
            LOAN | {"loan_id": "L3", "purpose_industry_code": "Z9999", "sei_tag": None},
        ],
    )
    real = type(delivery)(**{**vars(delivery), "context": {**delivery.context, **context}})
    assert failing_rows(RULES["W0209"], real)["loan_id"].to_list() == ["L2"]
    assert failing_rows(RULES["W0211"], real)["loan_id"].to_list() == ["L3"]


def test_a_book_in_another_taxonomy_gets_no_industry_lists():
    assert set(reference_context(tables.load(), Taxonomy.NAICS)) == {"green_item", "green_edition"}
    assert set(reference_context(tables.load(), None)) == {"green_item", "green_edition"}


def test_the_rules_print_as_one_table():
    page = rules_table(load_rules())
    assert page.height == len(RULES)
    assert page["rule_id"].to_list() == list(RULES)
    assert page.null_count().sum_horizontal()[0] == 0


TEMPLATE = """
table: loan_snapshot
parameters: {{ceiling: 0.36}}
rules:
  - id: W9901
    severity: warning
    fails: {fails}
    needs: {needs}
    reason: {{en: It is so., zh: 如此。}}
    remedy: {{en: Mend it., zh: 请更正。}}
    source: test
    {more}
"""


def text(fails="interest_rate > :ceiling", needs="[interest_rate]", more=""):
    return TEMPLATE.format(fails=fails, needs=needs, more=more)


def blaming(view):
    more = f"scope: table\n    blames: {view}"
    needs = "[branch.branch_id, sei_class.code]"
    return text(fails="1 = 1", needs=needs, more=more).replace("fails:", "offenders:")


def test_a_banks_own_rules_stand_beside_the_products():
    rules = load_rules({"own.yaml": text()})
    assert [rule.id for rule in rules][-1] == "W9901"
    assert len(rules) == len(RULES) + 1


@pytest.mark.parametrize(
    ("yaml_text", "said"),
    [
        (text(fails="intrest_rate > 1"), 'Candidate bindings: "interest_rate"'),
        (text(fails="interest_rate"), "not BOOLEAN"),
        (text(fails="interest_rate >"), "its SQL cannot run"),
        (text(fails="interest_rate > :cieling"), "did you mean ceiling?"),
        (text(needs="[intrest_rate]"), "did you mean interest_rate?"),
        (text(needs="[]"), "its SQL cannot run"),
        (text(needs="[interest_rate, brunch.branch_id]"), "did you mean branch"),
        (text(more="rejects: true"), "only a critical row rule rejects"),
        (text(more="scope: table"), "its SQL cannot run"),
        (text(more="blames: branch"), "only a table rule with offenders blames another view"),
        (blaming("branches"), "blames branches, of which it needs no column (did you mean branch"),
        (blaming("target"), "blames target, of which it needs no column"),
        (blaming("sei_class"), "blames sei_class, of which it needs no column"),
        (text(more="offenders: 1 = 1"), "one of fails, offenders and repeats is needed"),
        (text(more="colour: red"), "colour"),
        (text(more="severity2: x"), "severity2"),
        (text(more="expectation: {type: between, column: interest_rate}"), "needs min or max"),
        (text(more="expectation: {type: not_null, column: loan_id}"), "not among needs"),
        (text(more="own: true"), "own is not for a file to say"),
        (text().replace("severity: warning", "severity: grave"), "severity"),
        (text().replace("severity: warning", "severity: error"), "begins with W"),
        (text().replace("zh: 请更正。", "zh: ''"), "remedy.zh"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_file_and_id(yaml_text, said):
    with pytest.raises(CatalogueError) as refused:
        parse_rules("own.yaml", yaml_text)
    assert str(refused.value).startswith("own.yaml is refused")
    assert "W9901" in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("yaml_text", "said"),
    [
        ("table: [", "not YAML"),
        ("- a", "must hold table, rules"),
        ("table: loan_snapshot", "must hold table, rules"),
        ("table: loan_snapshots\nrules: []", "did you mean loan_snapshot or"),
        ("table: loan_snapshot\nrules: [E0101]", "E0101"),
        ("table: loan_snapshot\nrules: []\ncolour: red", "must hold table, rules"),
    ],
)
def test_a_wrong_file_is_refused_by_name(yaml_text, said):
    with pytest.raises(CatalogueError, match=r"^own\.yaml is refused") as refused:
        parse_rules("own.yaml", yaml_text)
    assert said in str(refused.value)


def test_an_id_may_stand_once_only():
    with pytest.raises(CatalogueError, match=r"E0101: already in loan_snapshot\.yaml"):
        load_rules({"own.yaml": text().replace("W9901", "E0101").replace("warning", "error")})


def test_a_case_counts_its_rows_from_the_good_ones():
    assert Case("E0101", "fx_rate", [{}]).expected_rows == [3]
    assert isinstance(rules_table(()), pl.DataFrame)
