"""What changed, as events and as sentences: each kind by hand, their order, and both languages."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dashboards.sentences import Teller
from transforms.analysis.changed import events, movements, reorganised, unusual
from transforms.analysis.changed.events import EVENT, GRAVITY, EventKind
from transforms.catalogue.load import definitions
from transforms.hierarchy import NODE
from transforms.periods import month_ends
from transforms.reference import tables
from transforms.schema import DAY, TEXT, WIDE

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
D = Decimal

FACT = {
    "branch_id": TEXT,
    "metric_id": TEXT,
    "as_of_date": DAY,
    "value": WIDE,
    "target_value": WIDE,
    "gap": WIDE,
    "limit_value": WIDE,
    "headroom_amount": WIDE,
    "status": TEXT,
    "reason": TEXT,
    "definition_version": TEXT,
}


@pytest.fixture(scope="module")
def catalogue():
    return definitions(tables.load(), {}).newest


@pytest.fixture(scope="module")
def metrics(catalogue):
    return events.metrics_of(catalogue)


@pytest.fixture(scope="module")
def teller(catalogue):
    names = {"B1": ("Harbour Branch", "海港分行"), "B2": ("Dock Branch", "码头分行")}
    return Teller(catalogue, "CNY", names)


def facts(*rows, day=OCTOBER):
    """Facts as dictionaries with numbers as text; what is not named is empty."""
    amounts = ("value", "target_value", "gap", "limit_value", "headroom_amount")
    told = []
    for row in rows:
        held = {"branch_id": "B1", "as_of_date": day, "definition_version": "1"} | row
        told.append({k: D(v) if k in amounts and v is not None else v for k, v in held.items()})
    return pl.DataFrame(told, schema=FACT)


def share(value, status, target="0.2", metric="sei_share", **more):
    gap = None if value is None else str(D(value) - D(target))
    return {
        "metric_id": metric,
        "value": value,
        "target_value": target,
        "gap": gap,
        "status": status,
        **more,
    }


def headroom(value, status="within", amount="1000000", limit="4"):
    return {
        "metric_id": "inclusive_npl_tolerance",
        "value": value,
        "limit_value": limit,
        "headroom_amount": amount,
        "status": status,
    }


def statuses(before, now):
    return movements.statuses(facts(before, day=SEPTEMBER), facts(now))


@pytest.mark.parametrize(
    ("was", "now", "gravity", "favourable"),
    [
        ("met", "near", "near", False),
        ("met", "missed", "missed", False),
        ("near", "missed", "missed", False),
        ("missed", "near", "improved", True),
        ("near", "met", "improved", True),
    ],
)
def test_a_status_that_changed_is_an_event_of_its_gravity(was, now, gravity, favourable):
    found = statuses(share("0.21", was), share("0.19", now)).row(0, named=True)
    assert found["kind"] == "status"
    assert (found["gravity"], found["favourable"]) == (GRAVITY[gravity], favourable)
    assert found["size"] == D("0.05")  # a hundredth off, of twenty
    assert (found["before"], found["after"]) == (D("0.21"), D("0.19"))


def test_a_status_that_stayed_or_that_nobody_judged_before_is_none():
    assert statuses(share("0.21", "met"), share("0.22", "met")).is_empty()
    assert statuses(share("0.21", "no_target"), share("0.1", "missed")).is_empty()


def test_a_judged_figure_that_is_lost_is_an_event_with_its_reason():
    lost = share(None, "not_comparable", reason="table branch was not delivered")
    found = statuses(share("0.21", "met"), lost).row(0, named=True)
    assert (found["kind"], found["gravity"]) == ("lost", GRAVITY["lost"])
    assert found["reason_en"] == "table branch was not delivered"


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [("1.2", "0.7", True), ("0.5", "0.7", False), ("1.2", "0.8", False), ("1.2", "-0.1", False)],
)
def test_headroom_is_told_if_it_shrank_below_a_fifth_of_the_limit(before, now, told):
    found = movements.headrooms(facts(headroom(before), day=SEPTEMBER), facts(headroom(now)))
    assert found.height == int(told)


def test_a_target_that_was_changed_or_withdrawn_is_an_event():
    schema = {"branch_id": TEXT, "metric_id": TEXT, "target_value": WIDE}
    before = pl.DataFrame(
        [
            ("B1", "sei_share", D("0.2")),
            ("B1", "npl_ratio", D("0.01")),
            ("B1", "green_share", D(1)),
        ],
        schema=schema,
        orient="row",
    )
    now = pl.DataFrame(
        [
            ("B1", "sei_share", D("0.18")),
            ("B1", "green_share", D(1)),
            ("B1", "private_share", D(1)),
        ],
        schema=schema,
        orient="row",
    )
    found = movements.targets(before, now, OCTOBER).sort("metric_id")
    assert found["metric_id"].to_list() == ["npl_ratio", "sei_share"]
    assert found["target_after"].to_list() == [None, D("0.18")]
    assert found["size"].to_list() == [D(1), D("0.1")]


def finding(rule, severity, rows, branch="B1"):
    return {
        "rule_id": rule,
        "severity": severity,
        "branch_id": branch,
        "failing_rows": rows,
        "failing_amount": D(rows) * 100,
        "reason_en": f"{rule} is broken.",
        "reason_zh": f"{rule} 不成立。",
    }


def findings(*rows):
    schema = {
        "rule_id": TEXT,
        "severity": TEXT,
        "branch_id": TEXT,
        "failing_rows": pl.Int64,
        "failing_amount": pl.Decimal(38, 2),
        "reason_en": TEXT,
        "reason_zh": TEXT,
    }
    return pl.DataFrame(list(rows), schema=schema)


def test_new_grave_findings_are_events_added_up_over_branches_below():
    before = findings(finding("E1", "error", 4))
    now = findings(
        finding("E1", "error", 9),
        finding("C1", "critical", 2),
        finding("C1", "critical", 3, branch="B11"),
        finding("W1", "warning", 7),
    )
    found = movements.findings(before, now, "B1", OCTOBER)
    assert found["rule_id"].to_list() == ["C1"]
    assert found.row(0, named=True)["rows"] == 5
    assert found.row(0, named=True)["amount"] == 500


def test_a_restated_month_is_one_event_that_names_a_figure_whose_status_flipped(metrics):
    reported = facts(
        share("0.21", "met"), share("0.5", "met", metric="green_share"), {"metric_id": "npl_ratio"}
    )
    known = facts(
        share("0.19", "near"), share("0.1", "met", metric="green_share"), {"metric_id": "npl_ratio"}
    )
    reasons = pl.DataFrame(
        {"month": [OCTOBER], "version": [2], "why": ["late"]},
        schema={"month": DAY, "version": pl.Int32, "why": TEXT},
    )
    found = movements.restatements(reported, known, reasons, metrics)
    assert found.height == 1
    row = found.row(0, named=True)
    assert (row["metric_id"], row["figures"], row["flipped"]) == ("sei_share", 2, 1)
    assert (row["version"], row["why"]) == (2, "late")
    assert row["gravity"] == GRAVITY["restated_status"]
    assert movements.restatements(known, known, reasons, metrics).is_empty()


def nodes(*rows):
    return pl.DataFrame(
        [
            {"node_id": n, "parent_id": p, "level": "x", "name_en": n, "name_zh": n, "depth": d}
            for n, p, d in rows
        ],
        schema=dict(NODE),
    )


BEFORE = nodes(
    ("HO", None, 0),
    *(("B1", "HO", 1), ("B2", "HO", 1), ("B3", "HO", 1)),
    *(("B11", "B1", 2), ("B21", "B2", 2), ("B22", "B2", 2), ("B31", "B3", 2)),
)
NOW = nodes(
    ("HO", None, 0),
    *(("B1", "HO", 1), ("B3", "HO", 1)),
    *(("B11", "B1", 2), ("B31", "B1", 2), ("B12", "B1", 2)),
)
COUNTS = pl.DataFrame(
    [
        *((one, "HO") for one in ("HO", "B1", "B2", "B3", "B11", "B12", "B21", "B22", "B31")),
        *((one, "B1") for one in ("B1", "B11", "B12", "B2", "B21", "B31")),
        *(("B11", "B11"), ("B21", "B11"), ("B12", "B12"), ("B31", "B31"), ("B3", "B3")),
    ],
    schema={"branch_id": TEXT, "node_id": TEXT},
    orient="row",
)


def reorganisation(branch):
    found = reorganised.branches(BEFORE, NOW, COUNTS, branch, OCTOBER)
    return {
        row["other_id"]: (row["kind"], row["branch_id"], row["rows"]) for row in found.to_dicts()
    }


def test_merged_moved_and_opened_branches_are_events_of_the_node_above_them():
    # B21 went with B2 and is told there; B22 counts for the root alone: it was closed.
    assert reorganisation("HO") == {
        "B2": ("merged", "B1", 1),
        "B22": ("closed", "B2", None),
        "B31": ("moved", "B1", None),
        "B12": ("opened", "B1", None),
    }


def test_a_node_is_told_of_its_own_branches_only():
    assert set(reorganisation("B3")) == set()
    assert set(reorganisation("B1")) == {"B2", "B31", "B12"}


def counted(day, *pairs):
    """Each branch with the nodes that it counted for in a month."""
    rows = [(day, branch, node) for branch, nodes_of in pairs for node in nodes_of.split()]
    schema = {"as_of_date": DAY, "branch_id": TEXT, "node_id": TEXT}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_node_is_regrouped_when_a_branch_of_both_months_counts_for_it_and_did_not_before():
    august = date(2026, 8, 31)
    months = [
        counted(august, ("B1", "B1 R1"), ("B2", "B2 R1"), ("B3", "B3 R2")),
        # B2 moved to R2; B4 was opened in R1, and that alone makes no other node of it.
        counted(SEPTEMBER, ("B1", "B1 R1"), ("B2", "B2 R2"), ("B3", "B3 R2"), ("B4", "B4 R1")),
        # B3 was merged into B1; B4 is gone.
        counted(OCTOBER, ("B1", "B1 R1"), ("B2", "B2 R2"), ("B3", "B1 R1")),
    ]
    found = reorganised.regrouped(pl.concat(months), [august, SEPTEMBER, OCTOBER])
    assert found.rows() == [
        *((SEPTEMBER, "R1"), (SEPTEMBER, "R2")),
        *((OCTOBER, "B1"), (OCTOBER, "B3"), (OCTOBER, "R1"), (OCTOBER, "R2")),
    ]


def test_months_are_compared_with_the_one_before_them_in_the_list():
    august = date(2026, 8, 31)
    months = [counted(august, ("B1", "R1")), counted(SEPTEMBER, ("B1", "R2"))]
    rows = pl.concat([*months, counted(OCTOBER, ("B1", "R1"))])
    assert reorganised.regrouped(rows, [august, OCTOBER]).is_empty()
    assert reorganised.regrouped(rows, [august]).is_empty()


def history(values, metric="npl_balance", last=OCTOBER, **more):
    days = month_ends(last, len(values))
    rows = [
        {"metric_id": metric, "value": str(v), "as_of_date": d, **more}
        for d, v in zip(days, values, strict=True)
        if v is not None
    ]
    return facts(*rows)


def moves(values, metrics, *, after=SEPTEMBER, left_out=(), metric="npl_balance", yearly=False):
    known = metrics.with_columns(yearly=pl.lit(value=yearly), from_zero=pl.lit(value=yearly))
    return unusual.moves(
        history(values, metric=metric), known, after=after, left_out=left_out
    ).to_dicts()


# Moves of +9, +10, +11, +9, +10, +11, +10: median 10, deviations 1, 0, 1, 1, 0, 1, 0 with a median of 1.
USUAL = [100, 109, 119, 130, 139, 149, 160, 170]


def test_a_move_beyond_three_and_a_half_robust_deviations_is_unusual(metrics):
    found = moves([*USUAL, 200], metrics)
    assert len(found) == 1
    one = found[0]
    assert (one["before"], one["after"], one["month"]) == (170, 200, OCTOBER)
    assert (one["usual_low"], one["usual_high"]) == (D("4.8109"), D("15.1891"))  # 10 ± 3.5 × 1.4826
    assert one["score"] == D("13.489815189532")  # 20 / 1.4826
    assert one["favourable"] is False  # of bad loans more is worse


def test_a_move_within_them_is_not(metrics):
    assert moves([*USUAL, 185], metrics) == []
    assert moves([*USUAL, 186], metrics) != []


def test_a_move_that_hardly_differs_from_always_the_same_one_is_not(metrics):
    steady = [2000 - 50 * n for n in range(8)]  # 50 a month, no deviation at all
    assert moves([*steady, 1602], metrics) == []  # 48: off by 2, less than one hundredth of 1,650
    (one,) = moves([*steady, 1630], metrics)  # 20: off by 30
    assert one["score"] == 99
    assert one["usual_low"] == one["usual_high"] == -50


def test_without_six_earlier_moves_nothing_is_unusual(metrics):
    assert moves([*USUAL[:6], 900], metrics) == []
    assert moves([*USUAL[:7], 900], metrics) != []


def test_later_months_do_not_change_what_was_unusual(metrics):
    july = date(2026, 7, 31)
    found = moves([*USUAL, 200, 900, 1], metrics, after=july)
    known = moves([*USUAL, 200, 210, 220], metrics, after=july)
    assert [one["month"] for one in known] == [date(2026, 8, 31)]
    assert {one["month"] for one in found} != set()
    assert moves([*USUAL, 200], metrics)[0]["score"] == known[0]["score"]


def test_a_month_left_out_is_neither_judged_nor_compared_with(metrics):
    assert moves([*USUAL, 900], metrics, left_out=[OCTOBER]) == []


def test_a_gap_in_the_months_is_no_move(metrics):
    values = [*USUAL[:-1], None, 900]
    assert moves(values, metrics) == []


def test_what_starts_anew_in_january_moves_from_zero(metrics):
    values = [10 * n for n in range(1, 13)] * 2
    days = month_ends(date(2026, 12, 31), 24)
    frame = facts(
        *(
            {"metric_id": "first_time_clients_ytd", "value": str(v), "as_of_date": d}
            for d, v in zip(days, values, strict=True)
        )
    )
    known = metrics.with_columns(yearly=pl.lit(value=True), from_zero=pl.lit(value=True))
    assert unusual.moves(frame, known, after=date(2025, 8, 31)).is_empty()
    plain = metrics.with_columns(yearly=pl.lit(value=False), from_zero=pl.lit(value=False))
    assert unusual.moves(frame, plain, after=date(2025, 8, 31))["month"].to_list() == [
        date(2026, 1, 31)
    ]


def event(**named):
    held = dict.fromkeys(EVENT)
    held |= {"branch_id": "B1", "month": OCTOBER}
    amounts = {name for name, dtype in EVENT.items() if dtype == WIDE}
    return held | {k: D(v) if k in amounts and v is not None else v for k, v in named.items()}


def test_events_come_by_gravity_then_size_then_catalogue_and_a_figure_is_told_once(metrics):
    rows = pl.DataFrame(
        [
            event(kind="move", metric_id="sei_share", gravity=14, size="9"),
            event(kind="move", metric_id="npl_ratio", gravity=8, size="5"),
            event(kind="move", metric_id="green_share", gravity=8, size="7"),
            event(kind="merged", gravity=9, size="4", other_id="B2"),
            event(kind="status", metric_id="sei_share", gravity=1, size="0.1"),
            event(kind="status", metric_id="private_share", gravity=1, size="0.1"),
            event(kind="status", metric_id="tech_loan_share", gravity=1, size="0.2"),
        ],
        schema=dict(EVENT),
    )
    ranked = events.ranked([rows.reverse()], metrics)
    assert [(r["kind"], r["metric_id"]) for r in ranked.to_dicts()] == [
        ("status", "tech_loan_share"),
        ("status", "sei_share"),
        ("status", "private_share"),
        ("move", "green_share"),
        ("move", "npl_ratio"),
        ("merged", None),
    ]
    assert ranked.equals(events.ranked([rows], metrics))


GOLDEN = [
    (
        event(
            kind="status",
            metric_id="npl_ratio",
            before="0.0120",
            after="0.0160",
            status_before="met",
            status_after="missed",
            favourable=False,
            target_before="0.015",
            target_after="0.015",
        ),
        "NPL ratio fell back from met to missed: 1.60% (1.20% before), 0.10 pp over target.",
        "不良贷款率由达标转为未达标：现为 1.60%（此前 1.20%），超出目标 0.10 个百分点。",
    ),
    (
        event(
            kind="status",
            metric_id="first_time_clients_ytd",
            before="90",
            after="121",
            status_before="missed",
            status_after="met",
            favourable=True,
            target_before="100",
            target_after="120",
        ),
        (
            "First-time loan clients year to date improved from missed to met: 121 (90 before), 1 client "
            "ahead; the target is 120 now, 100 before."
        ),
        "当年累计首贷户数由未达标改善为达标：现为 121（此前 90），超额 1 户；目标现为 120，此前 100。",
    ),
    (
        event(
            kind="status",
            metric_id="first_time_clients_ytd",
            month=date(2026, 1, 31),
            month_before=date(2025, 12, 31),
            before="90",
            after="8",
            status_before="met",
            status_after="missed",
            favourable=False,
            target_before="10",
            target_after="10",
        ),
        (
            "First-time loan clients year to date, anew since January, went from met to missed: 8 (90 by "
            "Dec 25), 2 clients short."
        ),
        "当年累计首贷户数（1 月起重新累计）由达标变为未达标：现为 8（25年12月为 90），差 2 户。",
    ),
    (
        event(
            kind="move",
            metric_id="loan_balance",
            before="1000000000",
            after="1100000000",
            usual_low="-20000000",
            usual_high="-20000000",
        ),
        "Loan balance rose by CNY 100.0 m in Oct 26, to CNY 1.10 bn; usual in a month: −CNY 20.0 m.",
        "贷款余额在26年10月上升 1.00 亿元，至 11.00 亿元；正常月度变动为 −2,000 万元。",
    ),
    (
        event(
            kind="status",
            metric_id="npl_ratio",
            before="0.0162",
            after="0.0496",
            status_before="missed",
            status_after="met",
            favourable=True,
            target_before="0.0081",
            target_after="0.0501",
        ),
        (
            "NPL ratio went from missed to met: 4.96% (1.62% before), 0.05 pp headroom; the target is "
            "5.01% now, 0.81% before."
        ),
        (
            "不良贷款率由未达标变为达标：现为 4.96%（此前 1.62%），余量 0.05 个百分点；"
            "目标现为 5.01%，此前 0.81%。"
        ),
    ),
    (
        event(
            kind="lost",
            metric_id="sei_share",
            status_before="met",
            reason_en="table branch was not delivered",
        ),
        (
            "Strategic emerging industry loan share was met and can no longer be given: table branch was not "
            "delivered."
        ),
        "战略性新兴产业贷款占比此前达标，现无法给出：未报送表 branch。",
    ),
    (
        event(
            kind="headroom",
            metric_id="inclusive_npl_tolerance",
            before="1.2",
            after="0.31",
            limit="4",
            headroom="12345678",
            favourable=False,
        ),
        (
            "Headroom under the NPL tolerance: 0.31 pp left under the limit of 4.00% (1.20 pp before); "
            "CNY 12.3 m may still turn bad before the limit."
        ),
        (
            "普惠型小微企业不良容忍度余量：上限 4.00%，仅余 0.31 个百分点（此前 1.20 个百分点），"
            "距上限尚可新增不良 1,234 万元。"
        ),
    ),
    (
        event(
            kind="move",
            metric_id="loan_balance",
            before="1000000000",
            after="1100000000",
            usual_low="-20000000",
            usual_high="30000000",
        ),
        (
            "Loan balance rose by CNY 100.0 m in Oct 26, to CNY 1.10 bn; usual in a month: −CNY 20.0 m to "
            "+CNY 30.0 m."
        ),
        "贷款余额在26年10月上升 1.00 亿元，至 11.00 亿元；正常月度变动在 −2,000 万元 至 +3,000 万元 之间。",
    ),
    (
        event(
            kind="restated",
            metric_id="npl_ratio",
            before="0.012",
            after="0.0135",
            status_before="met",
            status_after="near",
            figures=14,
            flipped=1,
            version=2,
            why="late booking",
        ),
        (
            'Oct 26 was restated as version 2 ("late booking"): 14 figures differ from the first report; '
            "NPL ratio 1.20% → 1.35%, met → near."
        ),
        (
            "26年10月已重述（第 2 版），原因“late booking”：14 项指标与首次报告不同；"
            "不良贷款率 1.20% → 1.35%，达标 → 临近。"
        ),
    ),
    (
        event(kind="target", metric_id="sei_share", target_before="0.2", target_after="0.18"),
        "The target of Strategic emerging industry loan share for Oct 26 was changed from 20.0% to 18.0%.",
        "战略性新兴产业贷款占比 26年10月的目标由 20.0% 调整为 18.0%。",
    ),
    (
        event(kind="target", metric_id="sei_share", target_before="0.2"),
        "The target of Strategic emerging industry loan share for Oct 26, 20.0%, no longer holds.",
        "战略性新兴产业贷款占比 26年10月的目标 20.0% 已失效。",
    ),
    (
        event(
            kind="finding",
            rule_id="E0102",
            severity="critical",
            rows=1,
            amount="5000000",
            reason_en="The principal is below zero.",
            reason_zh="本金为负。",
        ),
        "New critical finding E0102, 1 row, CNY 5.0 m: The principal is below zero.",
        "新增严重问题 E0102，1 行、500 万元：本金为负。",
    ),
    (
        event(kind="merged", other_id="B2", rows=6),
        "Dock Branch with 6 branches below was merged into Harbour Branch; comparisons count both as one.",
        "码头分行（含下级 6 家）已并入海港分行；比较时两者合并计算。",
    ),
    (
        event(kind="moved", other_id="B2"),
        "Dock Branch reports to Harbour Branch now.",
        "码头分行改为隶属海港分行。",
    ),
    (
        event(kind="opened", other_id="B2"),
        "Dock Branch was opened under Harbour Branch.",
        "海港分行下新设码头分行。",
    ),
    (event(kind="closed", other_id="B2"), "Dock Branch was closed.", "码头分行已撤销。"),
    (
        event(kind="definition", metric_id="sei_share", before="0.2", after="0.25"),
        (
            "Strategic emerging industry loan share is computed by another definition than before: "
            "20.0% then, 25.0% now."
        ),
        "战略性新兴产业贷款占比的定义已变更：此前 20.0%，现为 25.0%。",
    ),
]


@pytest.mark.parametrize(
    ("happened", "english", "chinese"),
    GOLDEN,
    ids=[f"{n}-{one[0]['kind']}" for n, one in enumerate(GOLDEN)],
)
def test_an_event_is_one_sentence_in_each_language(teller, happened, english, chinese):
    told = teller.tell(happened)
    assert told.en == english
    assert told.zh == chinese


def test_every_kind_of_event_has_a_golden_sentence():
    assert {happened["kind"] for happened, *_ in GOLDEN} == {kind.value for kind in EventKind}


def test_no_events_are_told_too(teller):
    told = teller.nothing("B1", SEPTEMBER, OCTOBER)
    assert told.en == (
        "Nothing worth a sentence changed at Harbour Branch from 30 Sep 2026 to 31 Oct 2026."
    )
    assert told.zh == "海港分行自 2026年9月30日 至 2026年10月31日 无值得提示的变化。"
