"""The narrow table of loans, and what an engine does for it: bits, lookups, what is kept."""

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import AS_OF, DEFINITIONS, material_of, small_book
from transforms import classify, flows, measures, narrow
from transforms.catalogue.model import Entity
from transforms.engines import POLARS, PolarsEngine, neutral

CATALOGUE = DEFINITIONS.newest
DAY = date(2024, 3, 1)


def frame(**columns):
    return neutral(pl.LazyFrame(columns))


def rows(frame_):
    return frame_.to_native().collect().to_dicts()


def test_every_flag_of_a_loan_stands_in_a_bit_of_its_own():
    bits = narrow.bits(CATALOGUE)
    assert len(set(bits.values())) == len(bits) == len(narrow.flags(CATALOGUE))
    for bit in bits.values():
        assert bit.mask.bit_count() == 1
        assert 0 < bit.mask < 1 << narrow.BITS


def test_the_bits_of_a_loan_say_what_its_flags_say():
    book = small_book(
        loan_snapshot=[
            {"loan_id": "GOOD", "loan_classification": "FQ01"},
            {"loan_id": "BAD", "loan_classification": "FQ04"},
            {"loan_id": "GONE", "loan_status": "written_off", "loan_classification": "FQ05"},
        ]
    )
    material = material_of(book, AS_OF)
    judged = measures.judged_events(material.first_loans, material.tables, material.rules)
    told = measures.narrowed(material, judged).to_native().collect()
    wide = measures.classified(material, judged).to_native().collect()
    for flag, bit in narrow.bits(CATALOGUE).items():
        from_bits = dict(zip(told["loan_id"], (told[bit.column] & bit.mask) != 0, strict=True))
        assert from_bits == dict(zip(wide["loan_id"], wide[flag], strict=True)), flag
    bad = narrow.bits(CATALOGUE)["is_npl"]
    held = told.filter((pl.col(bad.column) & bad.mask) != 0)["loan_id"].to_list()
    assert held == ["BAD"]


def test_nine_flags_take_two_bytes_and_one_that_is_unknown_is_a_no():
    flags = {f"f{number}": [number in {0, 8}, number == 3] for number in range(9)}
    flags["f1"] = [None, False]
    packed = POLARS.with_bits(frame(**flags), {"k": tuple(sorted(flags))})
    assert [row["k"] for row in rows(packed)] == [0b1_0000_0001, 0b1000]


@pytest.mark.parametrize("values", [("x",), ("x", "y")])
def test_what_a_small_table_does_not_hold_is_empty_and_no_row_is_lost_or_doubled(values):
    given = frame(key=["a", "b", None, "a", "c"])
    one = {"x": [Decimal("1.10"), None], "y": ["first", "second"]}
    small = frame(key=["a", "b"], **{name: one[name] for name in values})
    found = rows(POLARS.with_small(given, small, on="key"))
    assert [row["key"] for row in found] == ["a", "b", None, "a", "c"]
    assert [row["x"] for row in found] == [Decimal("1.10"), None, None, Decimal("1.10"), None]
    if "y" in values:
        assert [row["y"] for row in found] == ["first", "second", None, "first", None]


def test_a_table_without_rows_gives_its_columns_all_the_same():
    small = neutral(pl.LazyFrame(schema={"key": pl.String(), "rate": pl.Decimal(12, 8)}))
    found = POLARS.with_small(frame(key=["a"]), small, on="key").to_native().collect()
    assert found.schema["rate"] == pl.Decimal(12, 8)
    assert found["rate"].to_list() == [None]


def test_a_mark_is_never_unknown():
    members = frame(loan=["b", None, "b"])
    found = rows(POLARS.with_mark(frame(loan=["a", "b", None]), "marked", "loan", members))
    assert [row["marked"] for row in found] == [False, True, False]


def test_what_is_kept_lies_in_the_scratch_and_is_worked_out_once(tmp_path):
    asked = []

    def once(values):
        asked.append(len(values))
        return values * 2

    numbers = itertools.count()
    engine = PolarsEngine(lambda: tmp_path / f"{next(numbers)}.parquet")
    doubled = pl.LazyFrame({"a": [1, 2]}).with_columns(
        pl.col("a").map_batches(once, return_dtype=pl.Int64)
    )
    kept = engine.kept(neutral(doubled))
    first, second = rows(kept), rows(kept)
    assert first == second == [{"a": 2}, {"a": 4}]
    assert sum(asked) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["0.parquet"]


def loan(number, **given):
    return {"loan_id": f"L{number}", "borrower_id": f"C{number}", **given}


def test_a_book_taken_in_parts_gives_the_very_same_figures():
    """Clients of two branches, a group whose members and namesake fall into different parts, a loan
    that changed hands since last month, and one that left."""
    branches = ("north", "south")
    loans = [
        loan(number, booking_branch_id=branches[number % 2], outstanding_principal=Decimal(number))
        for number in range(1, 41)
    ]
    shared = [
        {"loan_id": f"S{number}", "borrower_id": f"C{number}", "booking_branch_id": "north"}
        for number in range(1, 41, 3)
    ]
    borrowers = [
        {"borrower_id": f"C{number}", "group_id": "C7" if number in {3, 11, 25} else None}
        for number in range(1, 41)
    ]
    before = [{**one, "loan_classification": "FQ02"} for one in loans[5:]]
    before[0] = {**before[0], "borrower_id": "C40"}
    book = small_book(
        earlier={
            date(2026, 9, 30): {
                "loan_snapshot": [*before, loan(99)],
                "borrower_snapshot": borrowers,
            }
        },
        loan_snapshot=[*loans, *shared],
        borrower_snapshot=borrowers,
    )
    material = material_of(book, AS_OF)
    whole = measures.take(material)
    group = whole.by_node.filter(pl.col("measure") == "largest_group").sort("amount")
    # C3, C11, C25 and the group's namesake C7: 3 + 11 + 25 + 7, and 100 of each second loan of two.
    assert group["amount"][-1] == Decimal(246)
    for parts in (2, 5):
        cut = measures.take(material, parts=parts)
        assert cut.additive.equals(whole.additive)
        assert cut.by_node.equals(whole.by_node)


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_a_client_that_the_table_of_borrowers_does_not_know_is_one_client_all_the_same(parts):
    """Of C1 to C6 the table knows three; each has 1 at one branch and 10 at the other, C2 leads a group."""
    clients = [f"C{number}" for number in range(1, 7)]
    loans = [
        {
            "loan_id": f"{branch}-{client}",
            "borrower_id": client,
            "booking_branch_id": branch,
            "outstanding_principal": amount,
        }
        for branch, amount in (("north", Decimal(1)), ("south", Decimal(10)))
        for client in clients
    ]
    known = [{"borrower_id": client} for client in clients]
    known[0]["group_id"] = "C2"
    material = material_of(small_book(loan_snapshot=loans, borrower_snapshot=known), AS_OF)
    table = material.tables.month["borrower_snapshot"]
    strangers = table.filter(pl.col("borrower_id").is_in(["C1", "C3", "C5"]))
    month = {**material.tables.month, "borrower_snapshot": strangers}
    cut = replace(material, tables=replace(material.tables, month=month))

    told = measures.take(cut, parts=parts).by_node.filter(slice="total", node_id=material.tree.root)

    found = dict(told.select("measure", "amount").iter_rows())
    assert found["loan_clients"] == len(clients)
    assert found["largest_client"] == Decimal(11)
    assert found["ten_largest_clients"] == Decimal(66)
    assert found["largest_group"] == Decimal(22)


def test_an_event_is_passed_over_only_where_no_flag_can_admit_it():
    known = {"event_type", "then_npl"}
    flags = CATALOGUE.flags_of(Entity.FLOW)
    sql = classify.may_admit(flags, known, {})
    told = {
        (kind, bad): pl.DataFrame({"event_type": [kind], "then_npl": [bad]})
        .select(pl.sql_expr(sql))
        .item()
        for kind in ("scheduled_repayment", "drawdown", "reclassification", "recovery")
        for bad in (False, True)
    }
    assert told == {
        ("scheduled_repayment", False): False,
        ("scheduled_repayment", True): True,
        ("drawdown", False): True,
        ("drawdown", True): True,
        ("reclassification", False): False,
        ("reclassification", True): False,
        ("recovery", False): True,
        ("recovery", True): True,
    }


def test_with_nothing_known_no_event_is_passed_over():
    assert classify.may_admit(CATALOGUE.flags_of(Entity.FLOW), (), {}) == "TRUE"


def test_measures_are_the_same_whether_or_not_events_are_passed_over():
    """Repayments of a good and of a bad loan, a drawdown of a loan that left, a write-off."""
    then = [
        loan(1),
        loan(2, loan_classification="FQ03"),
        loan(3, loan_classification="FQ04"),
    ]
    kinds = {1: "scheduled_repayment", 2: "scheduled_repayment", 3: "write_off", 4: "drawdown"}
    events = [
        {
            "event_id": f"E{number}",
            "loan_id": f"L{number}",
            "borrower_id": f"C{number}",
            "branch_id": "north",
            "event_type": kind,
            "event_date": date(2026, 10, 5),
            "amount": Decimal(10 * number),
        }
        for number, kind in kinds.items()
    ]
    book = small_book(
        earlier={date(2026, 9, 30): {"loan_snapshot": then}},
        loan_snapshot=[loan(1), loan(2, loan_classification="FQ03"), loan(4)],
        loan_event=events,
    )
    material = material_of(book, AS_OF)
    before = next(iter(material.before.values()))
    every = flows.flows(material.tables, material.rules, before)
    few = flows.flows(material.tables, material.rules, before, every=False)
    names = [flag.name for flag in CATALOGUE.flags_of(Entity.FLOW)]
    admitted = pl.any_horizontal(names)
    told = [one.to_native().filter(admitted).select("event_id", *names) for one in (every, few)]
    first, second = (one.sort("event_id").collect() for one in told)
    assert first["event_id"].to_list() == ["E2", "E3", "E4"]
    assert first.equals(second)
    assert few.to_native().select("event_id").collect().height == 3
