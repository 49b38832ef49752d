"""A report for programs: a row a cell, exactly what was signed, names that tell file from file."""

import hashlib
import io
import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dashboards.i18n import Language
from dashboards.summaries import formats
from dashboards.summaries.formats import SummaryKind, file_name, stem
from tests.unit import summarised
from transforms.returns.package import CELL, Package

EN = Language.EN


@pytest.fixture(scope="module")
def table():
    data = formats.write(summarised.paper(EN), SummaryKind.CSV)
    assert data.startswith(b"\xef\xbb\xbf")
    return pl.read_csv(io.BytesIO(data), infer_schema=False)


def cell(table, point):
    return table.filter(pl.col("data_point") == point).to_dicts()[0]


def test_every_cell_is_a_row_in_the_order_of_the_report(table):
    assert table["data_point"].to_list() == summarised.package().cells["data_point"].to_list()


def test_a_row_explains_itself(table):
    row = cell(table, "MS.SEC.010.A")
    expected = {
        "return_id": "monthly_structure",
        "report_unit_id": "HO",
        "edition": "2",
        "state": "released",
        "table": "Loans by theme",
        "row": "Technology loans",
        "column": "This month",
        "metric_id": "tech_loans",
        "figure_as_of": "2026-10-31",
        "published_value": "1184567890.12",
        "adjustment": "50000000",
        "exact": "1234567890.12",
        "printed": "12.35",
        "printed_in": "CNY 100m",
        "scale": "yi",
        "adjusted": "true",
        "content_hash": summarised.paper().content_hash,
    }
    assert {name: row[name] for name in expected} == expected


def test_a_negative_number_stays_a_number_and_text_that_would_run_is_made_harmless(table):
    assert cell(table, "MS.SEC.012.C")["exact"] == "-1000000"
    assert cell(table, "MS.SEC.030.A")["row"] == "'=Both <together>"


def test_what_is_missing_is_empty_and_says_why(table):
    row = cell(table, "MS.SEC.011.E")
    assert (row["exact"], row["printed"]) == (None, None)
    assert row["reason"] == "there is nothing in the denominator"
    chinese = pl.read_csv(
        io.BytesIO(formats.write(summarised.paper(), SummaryKind.CSV)), infer_schema=False
    )
    assert cell(chinese, "MS.SEC.011.E")["reason"] == "分母为零"
    assert cell(chinese, "MS.SEC.011.E")["reason_code"] == "there is nothing in the denominator"


def test_json_holds_exactly_what_was_signed():
    told = json.loads(formats.write(summarised.paper(), SummaryKind.JSON))
    text = json.dumps(told["package"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == told["content_hash"]
    again = Package.of(text, run_id=told["run_id"], fingerprint=told["fingerprint"])
    assert again.cells.equals(summarised.package().cells)
    assert told["package_columns"]["cells"] == list(CELL)


def test_json_tells_who_signed_what_was_said_and_what_changed():
    told = json.loads(formats.write(summarised.paper(), SummaryKind.JSON))
    assert told["schema"] == 1
    assert [one["person"] for one in told["steps"]] == ["李娜", "王伟", "Zhang Min", "陈静"]
    assert told["remarks"][0]["case"] == "MS-03#2"
    change = next(one for one in told["differences"] if one["data_point"] == "MS.SEC.020.A")
    assert Decimal(change["exact_change"]) == 500000
    assert change["exact_change"] == "500000.000000000000"
    assert told["audit_anchor"] == f"123:{'ab' * 32}"
    assert told["return"]["tables"][0]["label"]["zh"] == "表一 主题贷款统计表"
    draft = json.loads(formats.write(summarised.draft(), SummaryKind.JSON))
    assert (draft["state"], draft["edition"], draft["differences"]) == ("draft", None, None)


@pytest.mark.parametrize("kind", [SummaryKind.CSV, SummaryKind.JSON])
def test_the_same_report_gives_the_same_bytes(kind):
    assert formats.write(summarised.paper(), kind) == formats.write(summarised.paper(), kind)


def test_files_are_called_by_return_unit_month_and_edition_in_ascii():
    assert stem(summarised.paper()) == "monthly_structure-HO-2026-10-e2"
    assert stem(summarised.draft()) == "monthly_structure-HO-2026-10-draft"
    september = summarised.paper(package=summarised.package(as_of=date(2026, 9, 30)))
    assert stem(september) == "monthly_structure-HO-2026-09-e2"
    assert file_name(summarised.paper(), SummaryKind.PDF).endswith("-e2.pdf")


def test_units_with_odd_names_keep_apart_and_leave_no_folder():
    odd = [
        stem(summarised.paper(package=summarised.package(unit_id=unit)))
        for unit in ("../B1", ".. B1", "分行", "支行")
    ]
    assert len(set(odd)) == 4
    assert all(name.isascii() and "/" not in name and ".." not in name for name in odd)


@pytest.mark.parametrize("kind", SummaryKind)
def test_every_kind_of_file_has_a_media_type(kind):
    assert "/" in kind.mime
