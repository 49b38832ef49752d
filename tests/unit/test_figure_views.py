"""What the metric page makes of facts: months, restatements and breaks, parts that add up, sentences."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dashboards.figure import members, read, subject
from dashboards.figure.breakdown import TOP, breakdown
from dashboards.figure.history import breaks, points, restated
from dashboards.figure.pictures import effect, is_good
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.words import Comparison
from records.published import METRIC_FACT
from transforms.catalogue.load import definitions
from transforms.catalogue.model import Kind, Parts, Unit
from transforms.reference import tables
from transforms.scorecards import Status

FORM = Format(Language.EN, "CNY")
ZH = Format(Language.ZH, "CNY")
JUN, AUG, SEP, OCT = (date(2026, 6, 30), date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31))


@pytest.fixture(scope="module")
def reference():
    return tables.load()


@pytest.fixture(scope="module")
def catalogue(reference):
    return definitions(reference).newest


def fact(day, value, *, reading="confirmed", definition="1.aaaa", version=1, **more):
    numerator = None if value is None else Decimal(value) * 1000
    return {
        "metric_id": "sei_share",
        "reading": reading,
        "definition_version": definition,
        "branch_id": "B1",
        "slice": "total",
        "member": "total",
        "as_of_date": day,
        "numerator": numerator,
        "denominator": Decimal(1000),
        "value": None if value is None else Decimal(value),
        "unit": "ratio",
        "quality_state": "final",
        "status": "no_target",
        "snapshot_version": version,
        **more,
    }


def rows(*facts):
    return pl.DataFrame(list(facts), schema=dict(METRIC_FACT))


def held(own, *, reported=(), reasons=None, taxonomies=None):
    months = tuple(sorted({one["as_of_date"] for one in own}))
    return read.Facts(
        months=months,
        own=rows(*own),
        reported=rows(*reported),
        parts=rows(),
        below=rows(),
        reasons=reasons or {},
        taxonomies=taxonomies or {},
    )


def test_a_month_between_that_was_not_published_is_a_point_without_a_value():
    history = points(held([fact(JUN, "0.1"), fact(SEP, "0.2")]), "confirmed", FORM)
    assert [one.as_of.month for one in history] == [6, 7, 8, 9]
    assert [one.value for one in history] == [Decimal("0.1"), None, None, Decimal("0.2")]
    assert [one.version for one in history] == [1, 0, 0, 1]


def test_another_reading_is_another_history():
    facts = held([fact(SEP, "0.1"), fact(OCT, "0.2"), fact(OCT, "0.9", reading="broad")])
    assert [one.value for one in points(facts, "broad", FORM)] == [Decimal("0.9")]
    assert points(facts, "strict", FORM) == ()


def test_a_month_is_restated_only_where_the_number_or_the_status_differs():
    facts = held(
        [
            fact(AUG, "0.1"),
            fact(SEP, "0.2", version=2, status="missed"),
            fact(OCT, "0.3", status="met"),
        ],
        reported=[
            fact(AUG, "0.1"),
            fact(SEP, "0.25", status="met"),
            fact(OCT, "0.3", status="near"),
        ],
        reasons={(SEP, 2): "a file was late", (SEP, 1): "never shown"},
    )
    history = points(facts, "confirmed", FORM)
    assert [one.as_of for one in restated(history)] == [OCT, SEP]
    _, september, october = history
    assert (september.reported, september.because) == (Decimal("0.25"), "a file was late")
    assert (september.reported_status, september.status) == (Status.MET, Status.MISSED)
    assert not october.is_restated
    assert october.reported_status is Status.NEAR


def test_why_a_month_was_delivered_again_is_told_only_where_it_changed_the_figure():
    own = [fact(SEP, "0.2", version=2), fact(OCT, "0.3", version=2)]
    facts = held(
        own,
        reported=[fact(SEP, "0.2"), fact(OCT, "0.4")],
        reasons={(SEP, 2): "loans of another branch", (OCT, 2): "a file was late"},
    )
    assert [one.because for one in points(facts, "confirmed", FORM)] == ["", "a file was late"]


def test_a_figure_that_was_first_reported_without_a_value_is_not_compared_with_nothing():
    facts = held([fact(OCT, "0.3")], reported=[fact(OCT, None)])
    (october,) = points(facts, "confirmed", FORM)
    assert not october.is_restated


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("1.aaaa", "2.bbbb", "definition 2"),
        ("1.aaaa", "1.bbbb", "rules revised"),
        ("1.aaaa", "1.aaaa", None),
    ],
)
def test_a_change_of_the_definition_breaks_the_line(before, after, told):
    facts = held([fact(SEP, "0.1", definition=before), fact(OCT, "0.1", definition=after)])
    found = breaks(points(facts, "confirmed", FORM), Language.EN)
    assert [(one.as_of, one.text) for one in found] == ([(OCT, told)] if told else [])


def test_another_coding_of_industries_breaks_the_line_too():
    facts = held(
        [fact(AUG, "0.1"), fact(SEP, "0.1"), fact(OCT, "0.1")],
        taxonomies={AUG: "none", SEP: "gbt4754_2017"},
    )
    found = breaks(points(facts, "confirmed", FORM), Language.ZH)
    assert [(one.as_of, one.text) for one in found] == [(SEP, "行业分类：GB/T 4754-2017")]


def part(member, numerator, denominator="100", **more):
    numerator, denominator = Decimal(numerator), Decimal(denominator)
    own = {"member": member, "slice": "x", "numerator": numerator, "denominator": denominator}
    return {**fact(OCT, "0"), **own, "value": numerator / denominator, **more}


def test_parts_are_ranked_and_their_shares_run_up_to_the_whole(catalogue):
    metric = catalogue.metrics["sei_share"]
    now = rows(part("CS03", "10"), part("CS01", "30"), part("none", "60"))
    then = rows(part("CS01", "20"))
    found = breakdown(now, then, metric, "enterprise_size", {"none": "not stated"}, Decimal(100))
    assert [one.code for one in found.members] == ["none", "CS01", "CS03"]
    assert [one.name for one in found.members] == ["not stated", "CS01", "CS03"]
    assert [one.share for one in found.members] == [Decimal(n) / 10 for n in (6, 3, 1)]
    assert [one.cumulative for one in found.members] == [Decimal(n) / 10 for n in (6, 9, 10)]
    assert found.members[1].previous == Decimal("0.2")
    assert found.members[0].previous is None
    assert found.parts is Parts.TERMS_ADD_UP
    assert found.difference == 0


def test_the_small_ones_are_one_line_that_keeps_the_sums(catalogue):
    metric = catalogue.metrics["sei_share"]
    now = rows(*(part(f"M{n:02}", str(n)) for n in range(1, 15)))
    found = breakdown(now, now.clear(), metric, "enterprise_size", {}, Decimal(105))
    assert (len(found.members), len(found.all)) == (TOP + 1, 14)
    rest = found.members[-1]
    # 14 down to 5 stand alone; 4 + 3 + 2 + 1 together.
    assert (rest.count, rest.numerator, rest.denominator) == (4, Decimal(10), Decimal(400))
    assert rest.value == Decimal(10) / Decimal(400)
    assert sum(one.numerator for one in found.members) == Decimal(105)
    assert rest.cumulative == 1


def test_one_small_one_more_is_no_line_of_its_own(catalogue):
    metric = catalogue.metrics["sei_share"]
    now = rows(*(part(f"M{n:02}", str(n)) for n in range(1, TOP + 2)))
    found = breakdown(now, now.clear(), metric, "enterprise_size", {}, None)
    assert [one.count for one in found.members] == [1] * (TOP + 1)


def test_parts_of_a_composition_share_the_whole_denominator_and_their_values_add_up(catalogue):
    metric = catalogue.metrics["sei_share"]
    now = rows(*(part(f"{n}", str(n), "1000") for n in range(1, 15)))
    found = breakdown(now, now.clear(), metric, "sei_field", {}, Decimal(105))
    rest = found.members[-1]
    assert found.of_whole
    assert found.parts is Parts.ADD_UP
    assert (rest.denominator, rest.value) == (Decimal(1000), Decimal("0.010"))


def test_of_distinct_clients_no_shares_are_told(catalogue):
    metric = catalogue.metrics["loan_clients"]
    now = rows(part("CS01", "5", "1"), part("CS02", "7", "1"))
    found = breakdown(now, now.clear(), metric, "enterprise_size", {}, Decimal(9))
    assert found.parts is Parts.NEED_NOT
    assert {one.share for one in found.members} == {None}
    assert found.difference is None


def test_what_parts_lack_is_told_exactly(catalogue):
    metric = catalogue.metrics["loan_balance"]
    now = rows(part("A", "5"), part("B", "7"))
    found = breakdown(now, now.clear(), metric, "industry_section", {}, Decimal("12.5"))
    assert found.difference == Decimal("0.5")


def test_members_are_called_by_their_list_or_register_in_the_readers_language(reference):
    assert members.names("enterprise_size", reference, Language.EN)["CS02"] == "Medium"
    assert members.names("enterprise_size", reference, Language.ZH)["CS02"] == "中型"
    assert members.names("industry_section", reference, Language.ZH)["C"] == "制造业"
    assert members.names("region", reference, Language.EN)["110000"] == "Beijing"
    assert members.names("cluster", reference, Language.ZH)["YRD"] == "长三角"
    for slice_ in ("core_enterprise", "region", "enterprise_size"):
        assert members.names(slice_, reference, Language.ZH)["none"] == "未标注"


def made(
    catalogue,
    *facts,
    metric="sei_share",
    reading="confirmed",
    comparison=Comparison.YEAR_END,
    form=FORM,
):
    own = [{**one, "metric_id": metric, "reading": reading} for one in facts]
    return subject.subject(
        held(own),
        catalogue,
        form,
        branch="B1",
        metric=metric,
        reading=reading,
        comparison=comparison,
    )


def test_a_reading_is_told_by_its_own_figures_and_rules(catalogue):
    of = made(catalogue, fact(OCT, "0.4"), reading="broad")
    assert of.row.value_text == "40.0%"
    assert of.definition == "SEI loan (broad) ÷ Corporate loan."
    assert [part.label for part in of.parts] == ["SEI loan (broad)", "Corporate loan"]
    assert (
        subject.subject(
            held([fact(OCT, "0.4")]),
            catalogue,
            FORM,
            branch="B1",
            metric="sei_share",
            reading="broad",
            comparison=Comparison.YEAR_END,
        )
        is None
    )


def test_a_sentence_names_the_largest_causes_once_they_are_known(catalogue):
    of = made(catalogue, fact(SEP, "0.11"), fact(OCT, "0.1"), comparison=Comparison.PREVIOUS_MONTH)
    assert subject.message(of, FORM, Comparison.PREVIOUS_MONTH) == (
        "SEI share 10.0%; −1.0 pp on the month."
    )
    causes = tuple((name, "−0.2 pp") for name in ("a", "b", "c", "d"))
    assert subject.message(of, FORM, Comparison.PREVIOUS_MONTH, causes) == (
        "SEI share 10.0%; −1.0 pp on the month: a −0.2 pp, b −0.2 pp, c −0.2 pp."
    )


def test_a_chinese_sentence_counts_points_where_a_column_does_not(catalogue):
    facts = (fact(SEP, "0.11"), fact(OCT, "0.1"))
    of = made(catalogue, *facts, comparison=Comparison.PREVIOUS_MONTH, form=ZH)
    told = subject.message(of, ZH, Comparison.PREVIOUS_MONTH, (("新投放", "−0.2 百分点"),))
    assert told.endswith("−1.0 个百分点：新投放 −0.2 个百分点。")


def test_every_metric_is_told_and_its_numbers_are_of_a_known_unit(catalogue):
    for name, metric in catalogue.metrics.items():
        for reading in metric.readings:
            of = made(catalogue, fact(OCT, "0.4"), metric=name, reading=reading.name)
            assert of is not None
            assert of.definition.rstrip(".")
            assert len(of.parts) <= 2
            if metric.kind is Kind.GAP:
                assert all(part.metric in catalogue.metrics for part in of.parts)
            assert len(of.compared) == len(Comparison)


def test_money_times_something_is_no_number_a_reader_knows(catalogue):
    measures = catalogue.measures
    assert subject.unit_of(measures["loan_balance"], catalogue) is Unit.CURRENCY
    rate = catalogue.metrics["loan_rate"]
    above = measures[rate.reading(rate.default_reading).numerator]
    assert subject.unit_of(above, catalogue) is None
    clients = catalogue.metrics["loan_clients"]
    counted = measures[clients.reading(clients.default_reading).numerator]
    assert subject.unit_of(counted, catalogue) is Unit.COUNT


def test_an_effect_is_favourable_by_the_direction_of_its_figure(catalogue):
    row = made(catalogue, fact(OCT, "0.4")).row
    assert [is_good(Decimal(n), row) for n in (1, -1, 0)] == [True, False, None]
    bad = made(catalogue, fact(OCT, "0.4"), metric="npl_ratio", reading="default").row
    assert [is_good(Decimal(n), bad) for n in (1, -1)] == [False, True]
    room = replace(bad, kind=Kind.TOLERANCE)
    assert is_good(Decimal(1), room) is True
    plain = made(catalogue, fact(OCT, "0.4"), metric="manufacturing_share", reading="default").row
    expected = None if plain.better.value in {"neutral", "band"} else True
    assert is_good(Decimal(1), plain) is expected
    assert effect(Decimal("0.0123"), row, FORM) == "+1.23 pp"
