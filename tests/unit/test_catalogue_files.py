"""The catalogue as files: every row of what the page shows, sentences without marks, in both languages."""

from datetime import UTC, date, datetime

import pytest

from dashboards.definitions.metrics import MetricTeller
from dashboards.definitions.voice import Voice
from dashboards.documents.catalogue import CatalogueFiles
from dashboards.exports import formats
from dashboards.exports.document import Made
from dashboards.exports.formats import FileKind
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.port.rules import Check
from transforms.catalogue.load import definitions
from transforms.catalogue.model import Label
from transforms.reference import tables
from transforms.schema import LOAN_SNAPSHOT

AS_OF = date(2026, 10, 31)
REFERENCE = tables.load()
EVERY = definitions(REFERENCE)
CHECK = Check(
    rule_id="E0102",
    table="loan_snapshot",
    severity="critical",
    rejects=True,
    stops=False,
    of_figures=False,
    says=Label("Principal is below zero.", "贷款余额小于零。"),
    remedy=Label("Book it elsewhere.", "记入负债科目。"),
    breaks=Label("the row, if `outstanding_principal < 0`", "满足`outstanding_principal < 0`的行"),
    needs=("loan_snapshot.outstanding_principal",),
    key=(),
    parameters=(("floor", "0"),),
    source="bank practice",
    own=False,
    fixed=True,
    settings=(),
    setting=None,
)


def files(language: Language) -> CatalogueFiles:
    return CatalogueFiles(EVERY.newest, MetricTeller(Voice(language), EVERY, REFERENCE), AS_OF)


def made(language: Language) -> Made:
    return Made("li.wei", datetime(2026, 11, 22, tzinfo=UTC), Format(language, "CNY"))


def test_the_list_of_metrics_has_a_line_for_each_with_its_formula_in_plain_words():
    metrics = [EVERY.newest.metrics[name] for name in ("sei_share", "npl_ratio")]
    (table,) = files(Language.EN).metrics(metrics).tables
    rows = {row["metric_id"]: row for row in table.rows.to_dicts()}
    assert list(rows) == ["sei_share", "npl_ratio"]
    assert rows["sei_share"]["definition"] == (
        "sei_balance_confirmed / corporate_balance; numerator over denominator"
    )
    assert rows["sei_share"]["readings"] == "strict; confirmed; broad; all_loans"
    assert rows["sei_share"]["version"] == EVERY.newest.versions["sei_share"]
    (chinese,) = files(Language.ZH).metrics(metrics).tables
    assert chinese.rows["name"].to_list() == ["战略性新兴产业贷款占比", "不良贷款率"]
    assert [column.label for column in chinese.columns][:3] == ["代码", "指标", "指标类别"]


def test_one_metric_brings_readings_conditions_and_editions():
    document = files(Language.EN).metric(EVERY.newest.metrics["inclusive_npl_tolerance"])
    readings, conditions, editions = document.tables
    assert readings.rows.height == 3
    assert readings.rows["column_0"][0] == "in_force (default)"
    assert "`" not in "".join(readings.rows["column_3"])
    limit = conditions.rows.filter(conditions.rows["flag"] == "is_inclusive")
    assert "total_credit_limit_cny <= :inclusive_limit" in limit["sql"].to_list()
    assert editions.rows.select("first", "last").rows() == [
        ("2015-03-01", "2018-02-28"),
        ("2018-03-01", None),
    ]
    assert document.stem == "metric_inclusive_npl_tolerance_2026-10-31"


def test_checks_bring_what_they_ask_and_what_they_said():
    (table,) = files(Language.ZH).checks([CHECK], {("loan_snapshot", "E0102"): "通过"}).tables
    (row,) = table.rows.to_dicts()
    assert row["says"] == "贷款余额小于零。"
    assert row["breaks"] == "满足outstanding_principal < 0的行"
    assert (row["rejects"], row["stops"], row["verdict"]) == ("是", "否", "通过")
    assert (row["parameters"], row["source"]) == ("floor = 0", "银行实务")


def test_reference_tables_and_the_dictionary_bring_every_row_and_column():
    (index,) = files(Language.EN).references(REFERENCE.tables).tables
    assert dict(index.rows.select("name", "rows").iter_rows())["gbt4754_2017"] == 1972
    (rows,) = files(Language.ZH).reference("thresholds", REFERENCE.tables["thresholds"]).tables
    assert rows.rows.equals(REFERENCE.tables["thresholds"])
    (columns,) = files(Language.ZH).dictionary([LOAN_SNAPSHOT]).tables
    assert columns.rows["column"].to_list() == list(LOAN_SNAPSHOT.column_names)
    first = columns.rows.row(0, named=True)
    assert (first["type"], first["absent"], first["nullable"]) == ("文本", "整个文件拒收", "否")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", [FileKind.XLSX, FileKind.CSV, FileKind.HTML])
def test_they_can_be_written_as_every_kind_of_file(language, kind):
    one = files(language)
    for document in (
        one.metric(EVERY.newest.metrics["sei_share"]),
        one.checks([CHECK], {}),
        one.changes(()),
    ):
        assert formats.write(document, made(language), kind)
