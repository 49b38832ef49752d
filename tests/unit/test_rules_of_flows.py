"""Opening + events = closing: what counts as principal, which events move it, and who is told."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from expectations import flows
from expectations.delivered import opened
from expectations.findings import findings
from expectations.rejection import failing_rows
from expectations.rules import asked_columns, load_rules
from expectations.runner import run_suite
from tests.unit.trust import AS_OF, GOOD, LOAN, delivered, frame
from transforms import codes, schema

RULES = {rule.id: rule for rule in load_rules()}
RUN_TIME = datetime(2026, 11, 1, tzinfo=UTC)
EVENT = GOOD["loan_event"][0] | {"loan_id": "L1", "event_type": "correction"}


def event(number, amount, **changed):
    return EVENT | {"event_id": f"X{number}", "amount": Decimal(amount)} | changed


def month(folder, events, *, before=(LOAN,), now=(LOAN,), **said):
    """The events of a month between two books, one loan of 100.00 each unless given."""
    books = {"previous_loan_snapshot": list(before), "loan_snapshot": list(now)}
    return delivered(folder, "loan_event", events, context=books, **said)


def blamed(rule_id, delivery):
    """The keys that the rule blames."""
    return failing_rows(RULES[rule_id], delivery).drop("source_row_no").to_series().to_list()


def test_a_month_without_any_event_is_right_if_nothing_moved(tmp_path):
    quiet = month(tmp_path, [])
    assert blamed("E1107", quiet) == blamed("E1108", quiet) == blamed("E1110", quiet) == []


@pytest.mark.parametrize("kind", codes.LOAN_EVENT_TYPE.values)
def test_every_event_moves_the_principal_but_those_that_say_they_do_not(kind, tmp_path):
    less = [LOAN | {"outstanding_principal": Decimal("99.99")}]
    events = [event(1, "-0.01", event_type=kind)]
    moves = kind not in codes.WITHOUT_PRINCIPAL
    assert blamed("E1107", month(tmp_path, events, now=less)) == ([] if moves else ["L1"])
    assert blamed("E1107", month(tmp_path, events)) == (["L1"] if moves else [])


@pytest.mark.parametrize(
    "gone",
    [
        *({"loan_status": status} for status in ("written_off", "transferred", "settled")),
        *({"movement": movement} for movement in ("transferred_out", "securitised")),
        {"outstanding_principal": Decimal(0)},
    ],
    ids=str,
)
def test_what_is_not_on_the_banks_own_book_counts_as_zero_on_either_side(gone, tmp_path):
    off = [LOAN | gone]
    leaves, comes = [event(1, -100)], [event(1, 100)]
    assert blamed("E1107", month(tmp_path, leaves, now=off)) == []
    assert blamed("E1107", month(tmp_path, [], now=off)) == ["L1"]
    assert blamed("E1107", month(tmp_path, comes, before=off)) == []
    assert blamed("E1107", month(tmp_path, [], before=off)) == ["L1"]
    assert blamed("E1108", month(tmp_path, [], before=off, now=[])) == []


@pytest.mark.parametrize("status", ["normal", "extended", "overdue"])
def test_a_loan_still_owed_counts_whatever_its_status(status, tmp_path):
    still = [LOAN | {"loan_status": status}]
    assert blamed("E1107", month(tmp_path, [], now=still)) == []
    assert blamed("E1107", month(tmp_path, [event(1, -100)], now=still)) == ["L1"]


def test_each_currency_is_added_up_by_itself(tmp_path):
    dollars = [LOAN | {"currency_code": "USD"}]
    changed = month(tmp_path, [], now=dollars)
    assert blamed("E1107", changed) == ["L1"]
    assert blamed("E1110", changed) == ["B1"]
    swapped = [event(1, -100), event(2, 100, currency_code="USD")]
    assert blamed("E1107", month(tmp_path, swapped, now=dollars)) == []


def test_an_event_that_is_set_aside_moves_nothing(tmp_path):
    events = [
        event(1, "-10.00"),
        event(1, "-10.00"),
        event(2, "-10.00", problems=["E0003:event_date"]),
    ]
    less = [LOAN | {"outstanding_principal": Decimal("90.00")}]
    delivery = month(tmp_path, events, now=less)
    assert blamed("E1107", delivery) == []
    assert failing_rows(RULES["E1101"], delivery)["source_row_no"].to_list() == [2]


def test_files_without_the_readers_notes_are_added_up_all_the_same(tmp_path):
    delivery = month(tmp_path, [event(1, "-10.00")])
    pl.read_parquet(delivery.files[0]).drop("problems").write_parquet(delivery.files[0])
    assert blamed("E1107", delivery) == ["L1"]


def test_a_loan_that_moved_without_its_pair_of_events_is_told_to_both_branches(tmp_path):
    moved = [LOAN | {"booking_branch_id": "B2"}]
    out, into = event(1, -100, event_type="branch_move"), event(2, 100, event_type="branch_move")
    silent = month(tmp_path, [], now=moved)
    assert blamed("E1110", silent) == ["B1", "B2"]
    assert blamed("E1107", silent) == [], "the loan itself is right"
    pair = month(tmp_path, [out, into | {"branch_id": "B2"}], now=moved)
    assert blamed("E1110", pair) == blamed("E1107", pair) == []


def test_a_move_to_another_branch_closes_no_loan(tmp_path):
    events = [event(1, -100, event_type="branch_move")]
    assert blamed("E1108", month(tmp_path, events, now=[])) == ["L1"]


@pytest.mark.parametrize(
    "kind",
    [
        "scheduled_repayment",
        "prepayment",
        "renewal",
        "restructure",
        "write_off",
        "transfer_out",
        "securitised",
    ],
)
def test_a_loan_may_leave_the_book_by_any_closing_event(kind, tmp_path):
    whole = month(tmp_path, [event(1, -100, event_type=kind)], now=[])
    assert blamed("E1108", whole) == blamed("E1109", whole) == []
    part = month(tmp_path, [event(1, "-99.99", event_type=kind)], now=[])
    assert blamed("E1108", part) == []
    assert blamed("E1109", part) == ["L1"]


@pytest.mark.parametrize(
    ("events", "known"),
    [
        ([("drawdown", 50, "CNY"), ("prepayment", -50, "CNY")], True),
        ([("transfer_in", 50, "CNY"), ("transfer_out", -50, "CNY")], True),
        ([("drawdown", 50, "CNY"), ("prepayment", "-49.99", "CNY")], False),
        ([("drawdown", 50, "CNY"), ("prepayment", -50, "USD")], False),
        ([("correction", 50, "CNY"), ("correction", -50, "CNY")], False),
        ([("tag_change", 0, "CNY")], False),
        ([("recovery", 50, "CNY")], True),
    ],
)
def test_a_loan_in_neither_book_was_drawn_and_wholly_repaid_or_is_unknown(events, known, tmp_path):
    rows = [
        event(place, amount, loan_id="L9", event_type=kind, currency_code=currency)
        for place, (kind, amount, currency) in enumerate(events)
    ]
    found = failing_rows(RULES["E1106"], month(tmp_path, rows))
    assert found.height == (0 if known else len(rows))


def test_a_new_loan_of_an_earlier_receipt_needs_its_drawdown(tmp_path):
    renewed = LOAN | {"loan_id": "L2", "previous_loan_id": "L1", "disbursement_date": AS_OF}
    closing = event(1, -100, event_type="renewal")
    assert blamed("E1107", month(tmp_path, [closing], now=[renewed])) == ["L2"]
    drawn = event(2, 100, event_type="drawdown", loan_id="L2")
    assert blamed("E1107", month(tmp_path, [closing, drawn], now=[renewed])) == []


@pytest.mark.parametrize(
    ("drawn", "disbursed", "found"),
    [
        (["60.00", "40.00"], date(2026, 10, 1), 0),
        (["60.00", "39.99"], date(2026, 10, 1), 2),
        (["60.00"], date(2026, 9, 30), 0),
    ],
)
def test_the_drawdowns_of_a_loan_drawn_this_month_add_up_to_its_amount(
    drawn, disbursed, found, tmp_path
):
    events = [event(n, amount, event_type="drawdown") for n, amount in enumerate(drawn)]
    delivery = month(tmp_path, events, now=[LOAN | {"disbursement_date": disbursed}])
    assert failing_rows(RULES["W1111"], delivery).height == found


@pytest.mark.parametrize(
    ("rule_id", "table"), [("W1314", "loan_collateral"), ("W1404", "guarantee")]
)
def test_security_of_which_no_last_day_was_delivered_still_lasts(rule_id, table, tmp_path):
    rows = [GOOD[table][0] | {"loan_id": "L97", "valid_to": None}]
    columns = frozenset(schema.table(table).column_names) - {"valid_to"}
    found = failing_rows(RULES[rule_id], delivered(tmp_path, table, rows, provided=columns))
    assert found.height == 1


@pytest.mark.parametrize("table", ["loan_event", "write_off_recovery"])
def test_a_currency_that_every_row_was_given_need_not_have_been_delivered(table, tmp_path):
    """Files of a bank in one currency have no such column; its rows carry the base currency."""
    columns = frozenset(schema.table(table).column_names) - {"currency_code"}
    with opened(delivered(tmp_path, table, provided=columns)) as session:
        asked = [rule for rule in RULES.values() if rule.table == table]
        skipped = {rule.id for rule in asked if rule.skipped_reason(session)}
    assert skipped == ({"E1105"} if table == "loan_event" else set())


FLOW_RULES = [rule.id for rule in RULES.values() if any(flows.VIEW in need for need in rule.needs)]


@pytest.mark.parametrize("rule_id", FLOW_RULES)
@pytest.mark.parametrize("missing", ["previous_loan_snapshot", "loan_snapshot"])
def test_without_one_of_the_books_nothing_is_added_up(rule_id, missing, tmp_path):
    delivery = month(tmp_path, [], without=(missing,))
    with opened(delivery) as session:
        reason = RULES[rule_id].skipped_reason(session)
    assert reason == {
        "loan_snapshot": "no loan_snapshot table delivered",
        "previous_loan_snapshot": "previous month not delivered (loan_snapshot)",
    }.get(missing, f"no {missing} table delivered")
    assert failing_rows(RULES[rule_id], delivery).is_empty()


def test_without_events_a_write_off_is_not_compared(tmp_path):
    delivery = delivered(tmp_path, "write_off_recovery", without=("loan_event",))
    with opened(delivery) as session:
        assert RULES["E1206"].skipped_reason(session) == "no loan_event table delivered"


def test_sold_loans_are_compared_with_the_event_of_their_kind(tmp_path):
    sold = GOOD["write_off_recovery"][0] | {"loan_id": "L1"}
    rows = [sold | {"method": "transfer"}, sold | {"loan_id": "L2", "method": "securitisation"}]
    events = [
        event(1, -60, event_type="transfer_out"),
        event(2, -40, event_type="transfer_out"),
        event(3, -100, event_type="securitised", loan_id="L2"),
    ]
    agreed = delivered(tmp_path, "write_off_recovery", rows, context={"loan_event": events})
    assert blamed("E1206", agreed) == []
    short = delivered(tmp_path, "write_off_recovery", rows, context={"loan_event": events[1:]})
    assert blamed("E1206", short) == ["L1"]


def test_a_loan_gone_without_an_event_is_told_to_the_branch_that_booked_it(tmp_path):
    gone = [LOAN | {"loan_id": f"L{n}", "booking_branch_id": f"B{n % 2 + 1}"} for n in range(5)]
    delivery = month(tmp_path, [], before=[*gone, LOAN | {"loan_id": "L9"}], now=[])
    suite = run_suite(delivery, rules=RULES.values(), run_time=RUN_TIME)
    (check,) = [check for check in suite.failed if check.rule_id == "E1108"]
    assert (check.failing_rows, check.checked_rows) == (6, 0)
    assert check.detail == "6 row(s) of previous_loan_snapshot break the rule"
    told = findings(delivery, suite, RULES.values())
    columns = ("table", "branch_id", "failing_rows", "failing_amount", "example_keys")
    assert told.filter(rule_id="E1108").select(columns).rows() == [
        ("loan_event", "B1", 4, Decimal("400.00"), ["L0", "L2", "L4", "L9"]),
        ("loan_event", "B2", 2, Decimal("200.00"), ["L1", "L3"]),
    ]
    assert told.filter(rule_id="E1110").select(columns).rows() == [
        ("loan_event", "B1", 1, None, ["B1"]),
        ("loan_event", "B2", 1, None, ["B2"]),
    ]


def test_an_event_is_told_to_its_own_branch(tmp_path):
    late = {"event_date": date(2026, 11, 1), "event_type": "tag_change"}
    delivery = month(tmp_path, [event(1, 0, **late), event(2, 0, branch_id="B2", **late)])
    suite = run_suite(delivery, rules=RULES.values(), run_time=RUN_TIME)
    told = findings(delivery, suite, RULES.values())
    columns = ("rule_id", "branch_id", "failing_rows", "failing_amount", "example_keys")
    assert told.select(columns).rows() == [
        ("E1102", "B1", 1, None, ["X1"]),
        ("E1102", "B2", 1, None, ["X2"]),
    ]


@pytest.mark.parametrize(
    "rule_id",
    [rule.id for rule in RULES.values() if rule.blames and rule.table == "loan_event"],
)
def test_great_expectations_counts_the_rows_of_another_view_too(rule_id, tmp_path):
    extra = [LOAN | {"loan_id": "L2"}, LOAN | {"loan_id": "L3"}]
    folders = [tmp_path / "gone", tmp_path / "wrong"]
    for folder in folders:
        folder.mkdir()
    gone = month(folders[0], [event(1, "-99.99", loan_id="L2")], before=[LOAN, *extra], now=())
    wrong = month(folders[1], [event(1, 1)])
    found = 0
    for each in (gone, wrong):
        suite = run_suite(each, rules=[RULES[rule_id]], run_time=RUN_TIME)
        assert suite.results[0].failing_rows == len(blamed(rule_id, each))
        found += len(blamed(rule_id, each))
    assert found > 0


def test_the_movement_is_made_only_where_a_rule_asks_for_it(tmp_path):
    delivery = month(tmp_path, [])
    asked = asked_columns([RULES["E1104"]], "loan_event")
    with opened(delivery, asked) as session:
        assert flows.VIEW not in session.columns
    with opened(delivery, asked_columns([RULES["E1107"]], "loan_event")) as session:
        assert set(session.columns[flows.VIEW]) == set(flows.COLUMNS)
        made = session.frame(f"SELECT * FROM {flows.VIEW}")  # noqa: S608
        assert dict(made.schema) == dict(flows.COLUMNS)
    with opened(delivered(tmp_path, "loan_snapshot")) as session:
        assert flows.VIEW not in session.columns


def test_a_first_loan_mark_of_an_earlier_month_is_not_asked_for_its_event(tmp_path):
    marked = LOAN | {"borrower_id": "C3", "first_loan_flag_source": True}
    rows = [
        marked | {"disbursement_date": date(2026, 9, 30)},
        marked | {"loan_id": "L2", "disbursement_date": date(2026, 10, 1)},
        marked | {"loan_id": "L3", "disbursement_date": AS_OF, "first_loan_flag_source": False},
    ]
    assert blamed("W0223", delivered(tmp_path, "loan_snapshot", rows)) == ["L2"]


def test_net_capital_of_the_month_end_itself_is_new_enough(tmp_path):
    capital = [GOOD["net_capital"][0] | {"reported_on": AS_OF}]
    delivery = delivered(tmp_path, "loan_snapshot", context={"net_capital": capital})
    suite = run_suite(delivery, rules=[RULES["W0225"]], run_time=RUN_TIME)
    assert [check.passed for check in suite.results] == [True]
    assert suite.results[0].skipped_reason is None


def test_a_file_older_than_a_column_is_judged_without_it(tmp_path):
    rows = [
        LOAN | {"maturity_date": date(2025, 9, 30)},
        LOAN | {"loan_id": "L2", "maturity_date": AS_OF},
    ]
    delivery = delivered(tmp_path, "loan_snapshot", rows)
    older = frame("loan_snapshot", rows).drop("extended_maturity_date", "facility_id")
    older.write_parquet(delivery.files[0])
    assert blamed("E0201", delivery) == blamed("W0207", delivery) == ["L1"]
    with opened(delivery) as session:
        assert (
            RULES["W0219"].skipped_reason(session)
            == "no column extended_maturity_date delivered in loan_snapshot"
        )


def test_an_extension_nobody_delivered_does_not_keep_maturities_from_being_judged(tmp_path):
    given = frozenset(schema.LOAN_SNAPSHOT.column_names) - {"extended_maturity_date"}
    rows = [LOAN | {"maturity_date": date(2026, 10, 30)}]
    delivery = delivered(tmp_path, "loan_snapshot", rows, provided=given)
    assert blamed("W0207", delivery) == ["L1"]
