"""Delivered rows become canonical rows: exact, coded, every odd value named, and no row lost."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.book import conform, stated_months
from transforms.errors import MappingError
from transforms.mappings.canonical import canonical_mapping
from transforms.mappings.model import parse_mapping
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT

AS_OF = date(2026, 10, 31)
KEYS = {"loan_id": "L1", "borrower_id": "C1", "booking_branch_id": "B1"}


def frame(**columns):
    """A delivered frame; single values are repeated, so that a case shows what matters."""
    height = max(len(v) if isinstance(v, list | pl.Series) else 1 for v in columns.values())
    filled = {
        name: v if isinstance(v, list | pl.Series) else [v] * height for name, v in columns.items()
    }
    return pl.DataFrame(filled).with_row_index("source_row_no", offset=1).lazy()


def book(delivered, mapping, base_currency="CNY"):
    return conform(delivered, mapping, as_of=AS_OF, base_currency=base_currency)


def canonical(**columns):
    columns = {**KEYS, "outstanding_principal": "1", **columns}
    delivered = frame(**columns)
    mapping = canonical_mapping([n for n in delivered.collect_schema() if n != "source_row_no"])
    return book(delivered, mapping)


def loans(result):
    return result.table("loan_snapshot").frame.collect()


def column(name, values, **others):
    result = loans(canonical(**{name: values}, **others))
    return result[name].to_list(), result["problems"].to_list()


def mapped(columns, extra=""):
    lines = "\n".join(f"      {line}" for line in columns.split("\n"))
    return parse_mapping(
        "ours",
        "tables:\n  loan_snapshot:\n    columns:\n      borrower_id: {value: C1}\n"
        f"      booking_branch_id: {{value: B1}}\n{lines}\n{extra}",
    )


def test_the_frame_has_the_canonical_columns_typed_and_in_order():
    result = loans(canonical())
    assert dict(result.schema) == {
        **LOAN_SNAPSHOT.dtypes,
        "source_row_no": pl.Int64(),
        "problems": pl.List(pl.String()),
    }
    assert result["problems"].to_list() == [[]]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("250,000,000", "250000000.00"),
        ("1 234 567.89", "1234567.89"),
        ("1\u00a0234", "1234.00"),
        ("１，２３４．５６", "1234.56"),
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("1.005", "1.01"),
        ("2.675", "2.68"),
        ("1.0049999999999999999", "1.00"),
        ("9999999999999999.99", "9999999999999999.99"),
        ("  12.5  ", "12.50"),
        ("+3", "3.00"),
        (".5", "0.50"),
    ],
)
def test_amounts_are_exact_and_rounded_half_up(text, amount):
    assert column("outstanding_principal", [text]) == ([Decimal(amount)], [[]])


@pytest.mark.parametrize("text", ["1,5", "12,34.5", "1.2.3", "1e5", "abc", "-", "1,0000", "12 %"])
def test_an_amount_that_is_none_is_a_problem_and_never_a_guess(text):
    assert column("outstanding_principal", [text]) == ([None], [["E0002:outstanding_principal"]])


@pytest.mark.parametrize("text", ["10000000000000000", "9999999999999999.995", "9" * 40])
def test_an_amount_of_more_than_18_digits_is_too_large(text):
    assert column("outstanding_principal", [text]) == ([None], [["E0006:outstanding_principal"]])


def test_the_unit_multiplies_before_the_one_rounding():
    mapping = mapped("loan_id: id\noutstanding_principal: {from: wan, unit: 10000}")
    texts = ["12.3456785", "0.0000005", "-0.0000005", "1,234.5", "99999999999999"]
    result = loans(book(frame(id="L1", wan=texts), mapping))
    assert result["outstanding_principal"].to_list() == [
        Decimal("123456.79"),
        Decimal("0.01"),
        Decimal("-0.01"),
        Decimal("12345000.00"),
        None,
    ]
    assert result["problems"].to_list()[-1] == ["E0006:outstanding_principal"]


def test_decimal_commas_and_own_thousands_marks_are_read_when_said():
    mapping = mapped(
        "loan_id: id\noutstanding_principal: {from: a, decimal: ','}\n"
        'original_amount: {from: b, thousands: "\'"}'
    )
    result = loans(
        book(frame(id="L1", a=["1.234,56", "1,234.56"], b=["1'234.5", "1,234.5"]), mapping)
    )
    assert result["outstanding_principal"].to_list() == [Decimal("1234.56"), None]
    assert result["original_amount"].to_list() == [Decimal("1234.50"), None]
    assert result["problems"].to_list()[1] == [
        "E0002:original_amount",
        "E0002:outstanding_principal",
    ]


@settings(max_examples=140, deadline=None)
@given(
    st.lists(st.decimals(-(10**15), 10**15, places=None, allow_nan=False), min_size=1, max_size=8)
)
def test_every_decimal_is_rounded_as_python_rounds_half_up(numbers):
    texts = [f"{number:f}" for number in numbers]
    got, problems = column("outstanding_principal", texts)
    assert got == [Decimal(t).quantize(Decimal("0.01"), ROUND_HALF_UP) for t in texts]
    assert not any(problems)


def test_floats_are_read_by_their_shortest_form_and_noted():
    floats = [2.675, -2.675, 12345678901.145, 1e16, 1.5e-7, float("nan"), float("inf")]
    result = canonical(outstanding_principal=floats)
    assert loans(result)["outstanding_principal"].to_list() == [
        Decimal("2.68"),
        Decimal("-2.68"),
        Decimal("12345678901.15"),
        None,
        Decimal("0.00"),
        None,
        None,
    ]
    assert [p[0] if p else None for p in loans(result)["problems"].to_list()] == [
        None,
        None,
        None,
        "E0006:outstanding_principal",
        None,
        "E0001:outstanding_principal",
        "E0002:outstanding_principal",
    ]
    assert "binary floats" in result.table("loan_snapshot").notes[0]


def test_typed_columns_pass_without_going_through_text():
    result = loans(
        canonical(
            outstanding_principal=pl.Series([Decimal("1.005")], dtype=pl.Decimal(20, 3)),
            disbursement_date=[date(2026, 1, 2)],
            maturity_date=[datetime(2027, 1, 2, 23, 59)],  # noqa: DTZ001
            entrusted_flag=[True],
            days_past_due=[3],
            loan_status=pl.Series(["逾期"], dtype=pl.Categorical),
            loan_id=[1001],
        )
    ).row(0, named=True)
    assert result["outstanding_principal"] == Decimal("1.01")
    assert (result["disbursement_date"], result["maturity_date"]) == (
        date(2026, 1, 2),
        date(2027, 1, 2),
    )
    assert (result["entrusted_flag"], result["days_past_due"]) == (True, 3)
    assert (result["loan_status"], result["loan_id"]) == ("overdue", "1001")
    assert result["problems"] == []


def test_dates_are_read_year_first():
    texts = ["2026-10-31", "2026/10/1", "20261031", "2026-10-31 00:00:00", "２０２６-10-31", None]
    got, problems = column("maturity_date", texts)
    last = date(2026, 10, 31)
    assert got == [last, date(2026, 10, 1), last, last, last, None]
    assert not any(problems)


@pytest.mark.parametrize("text", ["31/10/2026", "26-10-31", "2026-02-30", "2026111", "soon"])
def test_a_date_that_could_mean_something_else_is_a_problem(text):
    assert column("maturity_date", [text]) == ([None], [["E0003:maturity_date"]])


def test_formats_are_tried_in_order():
    mapping = mapped(
        "loan_id: id\noutstanding_principal: {value: 1}\n"
        'maturity_date: {from: d, format: ["%m/%d/%Y %I:%M:%S %p", "%d-%b-%y"]}'
    )
    texts = ["05/31/2023 12:00:00 AM", "06-May-07", "2023-05-31"]
    result = loans(book(frame(id="L1", d=texts), mapping))
    assert result["maturity_date"].to_list() == [date(2023, 5, 31), date(2007, 5, 6), None]


def test_codes_go_by_every_standards_spelling_and_an_unknown_one_is_no_other():
    texts = ["FQ03", "fq03", "次级", "3", "Substandard", "other", None]
    got, problems = column("loan_classification", texts)
    assert got == ["FQ03"] * 5 + [None, None]
    assert problems == [[]] * 5 + [["E0004:loan_classification"], []]


def test_a_mappings_own_codes_come_before_the_standards():
    mapping = mapped(
        "loan_id: id\noutstanding_principal: {value: 1}\n"
        "sei_tag: {from: s, codes: {1: 7, it: SE02}}\n"
        "loan_status: {from: t, codes: {live: 正常}, otherwise: overdue}\n"
        "tech_loan_tag: {from: s, codes: {it: T}, otherwise: keep}\n"
        "contract_id: {from: s, codes: {it: X}}"
    )
    result = loans(book(frame(id="L1", s=["1", "IT", "zz"], t=["Live", "?", None]), mapping))
    assert result["sei_tag"].to_list() == ["7", "2", None]
    assert result["loan_status"].to_list() == ["normal", "overdue", "normal"]
    assert result["tech_loan_tag"].to_list() == ["1", "T", "zz"]
    assert result["contract_id"].to_list() == [None, "X", None]
    assert result["problems"].to_list() == [
        ["E0004:contract_id"],
        [],
        ["E0004:contract_id", "E0004:sei_tag"],
    ]


def test_yes_and_no_are_read_in_both_languages():
    got, problems = column("entrusted_flag", ["是", "N", "1", "false", "maybe"])
    assert got == [True, False, True, False, None]
    assert problems[-1] == ["E0005:entrusted_flag"]


def test_whole_numbers_are_whole():
    got, problems = column("days_past_due", ["12", "12.0", "1,000", "3.5", "99999999999"])
    assert got == [12, 12, 1000, None, None]
    assert problems[3:] == [["E0002:days_past_due"], ["E0006:days_past_due"]]


def test_a_required_value_that_is_missing_is_a_problem():
    got, problems = column("borrower_id", ["C1", "", "   ", None])
    assert got == ["C1", None, None, None]
    assert problems == [[], *[["E0001:borrower_id"]] * 3]


def test_what_is_assumed_is_said_and_counted():
    result = canonical(loan_status=["overdue", None, ""], currency_code=["USD", None, "EUR"])
    table = result.table("loan_snapshot")
    frame_ = table.frame.collect()
    assert frame_["loan_status"].to_list() == ["overdue", "normal", "normal"]
    assert frame_["currency_code"].to_list() == ["USD", "CNY", "EUR"]
    assert frame_["on_balance_sheet"].to_list() == [True] * 3
    assert table.assumed == ("product_type", "on_balance_sheet", "entrusted_flag", "movement")
    assert table.tally.collect().to_dicts() == [
        {"rows": 3, "assumed:currency_code": 1, "assumed:loan_status": 2, "disagreements": 0}
    ]


def test_an_unreadable_value_is_not_assumed_away():
    got, problems = column("loan_status", ["lapsed"])
    assert (got, problems) == ([None], [["E0004:loan_status"]])


def test_provided_names_only_what_the_file_fills():
    table = canonical(green_tag="3.2").table("loan_snapshot")
    assert table.provided == (*KEYS, "outstanding_principal", "green_tag")


def test_a_canonical_file_of_another_month_is_told_row_by_row():
    result = canonical(as_of_date=["2026-10-31", "2026-09-30", "soon", None])
    assert loans(result)["problems"].to_list() == [[], *[["E0007:as_of_date"]] * 3]
    assert result.counts.collect().row(0) == (4, 1, 0, 3)


def test_the_months_a_file_states_are_known_before_it_is_taken():
    delivered = frame(
        **KEYS, outstanding_principal="1", as_of_date=["2026-10-31", "2026-09-30", "x"]
    )
    mapping = canonical_mapping([*KEYS, "outstanding_principal", "as_of_date"])
    assert stated_months(delivered, mapping).collect().rows() == [
        (date(2026, 9, 30), 1),
        (AS_OF, 1),
        (None, 1),
    ]
    assert stated_months(delivered, mapped("loan_id: a\noutstanding_principal: b")) is None


def test_other_months_are_outside_where_a_file_holds_several():
    mapping = mapped(
        "loan_id: id\noutstanding_principal: {value: 1}",
        'as_of: {column: m, format: "%Y%m", other_dates: outside}',
    )
    result = book(frame(id=["a", "b", "c"], m=["202610", "202609", "?"]), mapping)
    assert loans(result).select("loan_id", "problems").rows() == [
        ("a", []),
        ("c", ["E0007:as_of_date"]),
    ]
    assert result.counts.collect().row(0) == (3, 1, 1, 1)


def test_include_counts_the_rows_outside_and_keeps_those_it_cannot_tell():
    mapping = mapped(
        "loan_id: id\noutstanding_principal: {value: 1}",
        "read: {drawn: {from: d, as: date}}\ninclude: drawn <= :as_of",
    )
    texts = ["2026-10-31", "2026-11-01", None, "unreadable"]
    result = book(frame(id=["a", "b", "c", "d"], d=texts), mapping)
    assert loans(result).select("loan_id", "source_row_no", "problems").rows() == [
        ("a", 1, []),
        ("c", 3, ["E0007:as_of_date"]),
        ("d", 4, ["E0007:as_of_date"]),
    ]
    assert result.counts.collect().row(0) == (4, 1, 1, 2)


def test_as_of_is_a_date_and_quoted_text_stays_text():
    mapping = mapped(
        "loan_id: {sql: \"'x:as_of' || id\"}\noutstanding_principal: {value: 1}\n"
        "maturity_date: {sql: ':as_of'}"
    )
    result = loans(book(frame(id="L1"), mapping))
    assert result["loan_id"].to_list() == ["x:as_ofL1"]
    assert result["maturity_date"].to_list() == [AS_OF]


def test_readings_are_typed_and_an_unreadable_one_marks_what_is_made_of_it():
    mapping = mapped(
        'loan_id: id\noutstanding_principal: {sql: "gross * (term - gone) / NULLIF(term, 0)"}\n'
        "maturity_date: {sql: matures}\ndays_past_due: {sql: age}",
        "read:\n"
        "  gross: {from: g, as: amount}\n"
        "  term: {from: t, as: integer}\n"
        "  gone: {from: d, as: date, elapsed: months}\n"
        "  age: {from: d, as: date, elapsed: days}\n"
        "  matures: {from: d, as: date, plus_months: t}\n",
    )
    delivered = frame(
        id="L1",
        g=["1,000", "1000", "x", "1000"],
        t=["3", "3", "3", "0"],
        d=["2026-08-31", "31.08.2026", "2026-10-31", "2026-10-01"],
    )
    result = loans(book(delivered, mapping))
    assert result["outstanding_principal"].to_list() == [Decimal("333.33"), None, None, None]
    assert result["maturity_date"].to_list() == [
        date(2026, 11, 30),
        None,
        date(2027, 1, 31),
        date(2026, 10, 1),
    ]
    assert result["days_past_due"].to_list() == [61, None, 0, 30]
    assert result["problems"].to_list() == [
        [],
        ["E0003:outstanding_principal", "E0003:maturity_date", "E0003:days_past_due"],
        ["E0003:outstanding_principal"],
        ["E0001:outstanding_principal"],
    ]


def test_words_for_nothing_are_empty_everywhere_or_in_one_column():
    mapping = mapped(
        "loan_id: id\noutstanding_principal: {value: 1}\n"
        "purpose_industry_code: {from: n, empty: ['0']}\ncontract_id: n",
        "source: {empty: [NULL, N/A]}",
    )
    result = loans(book(frame(id="L1", n=["0", "NULL", "N/A", "C39"]), mapping))
    assert result["purpose_industry_code"].to_list() == [None, None, None, "C39"]
    assert result["contract_id"].to_list() == ["0", None, None, "C39"]


def test_a_distinct_table_has_a_row_a_key_and_counts_who_disagrees():
    result = canonical(
        loan_id=["L1", "L2", "L3", "L4"],
        borrower_id=["C1", "C1", "C2", "C2"],
        enterprise_size=["S", "CS03", "M", "L"],
        as_of_date=["2026-10-31"] * 3 + ["2026-09-30"],
    )
    borrowers = result.table("borrower_snapshot")
    frame_ = borrowers.frame.collect()
    assert list(frame_.columns[:-2]) == list(BORROWER_SNAPSHOT.column_names)
    assert frame_.select("borrower_id", "enterprise_size", "source_row_no").rows() == [
        ("C1", "CS03", 1),
        ("C2", "CS02", 3),
    ]
    assert borrowers.tally.collect()["disagreements"].item() == 0
    differing = canonical(borrower_id="C1", enterprise_size=["S", "M"])
    assert differing.table("borrower_snapshot").tally.collect().to_dicts()[0]["disagreements"] == 1
    assert differing.table("borrower_snapshot").frame.collect()["enterprise_size"].item() == "CS03"


@pytest.mark.parametrize(
    ("columns", "extra", "message"),
    [
        (
            "loan_id: Loan\noutstanding_principal: {value: 1}",
            "",
            "no column 'Loan'.*Did you mean loan",
        ),
        (
            'loan_id: {sql: "\\"Lone\\" || 1"}\noutstanding_principal: {value: 1}',
            "",
            "no column 'Lone'",
        ),
        ("loan_id: loan\noutstanding_principal: {sql: SUM(n)}", "", "one value for the whole file"),
        (
            "loan_id: loan\noutstanding_principal: {sql: loan > 3}",
            "",
            "compare string with numeric",
        ),
        ("loan_id: loan\noutstanding_principal: n", "include: n", "has to be true or false"),
        (
            "loan_id: loan\noutstanding_principal: n",
            "read: {loan: {from: n}}",
            "has a column of that",
        ),
        ("loan_id: loan\noutstanding_principal: n", "read: {a: {from: zz}}", "no column 'zz'"),
        ("loan_id: loan\noutstanding_principal: n", "as_of: {column: zz}", "no column 'zz'"),
        ("loan_id: loan\noutstanding_principal: li", "", "holds lists or records"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_refused(columns, extra, message):
    delivered = frame(loan="L1", n=[1], li=pl.Series([[1]], dtype=pl.List(pl.Int64)))
    with pytest.raises(MappingError, match=message):
        book(delivered, mapped(columns, extra))


def test_an_empty_file_gives_empty_tables():
    delivered = frame(**KEYS, outstanding_principal="1", enterprise_size="S").filter(
        pl.lit(value=False)
    )
    mapping = canonical_mapping([*KEYS, "outstanding_principal", "enterprise_size"])
    result = book(delivered, mapping)
    for table in result.tables:
        assert table.frame.collect().height == 0
        assert table.tally.collect()["rows"].item() == 0
    assert result.counts.collect().row(0) == (0, 0, 0, 0)


ODD = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["1", "1,000", "2026-10-31", "FQ01", "是", "９", "normal", "1e400", "-0", ","]),
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            dict.fromkeys(
                (
                    "loan_id",
                    "borrower_id",
                    "booking_branch_id",
                    "outstanding_principal",
                    "maturity_date",
                    "loan_classification",
                    "entrusted_flag",
                    "days_past_due",
                    "as_of_date",
                    "enterprise_size",
                ),
                ODD,
            )
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_delivered_no_row_is_lost_and_nothing_is_raised(rows):
    result = canonical(
        **{name: pl.Series([r[name] for r in rows], dtype=pl.String) for name in rows[0]}
    )
    frame_ = loans(result)
    assert frame_["source_row_no"].to_list() == list(range(1, len(rows) + 1))
    for name, dtype in LOAN_SNAPSHOT.dtypes.items():
        assert frame_.schema[name] == dtype
    for row, delivered in zip(frame_.iter_rows(named=True), rows, strict=True):
        for name in ("outstanding_principal", "maturity_date", "loan_classification"):
            if row[name] is None and (delivered[name] or "").strip():
                assert any(problem.endswith(f":{name}") for problem in row["problems"])
    streamed = result.table("loan_snapshot").frame.collect(engine="streaming")
    assert streamed.equals(frame_)
