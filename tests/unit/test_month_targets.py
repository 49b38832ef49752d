"""The targets of a month, from the versions in a ledger and the figures that their paths rest on."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from records.access import Scope
from records.ledger.monthly import month_targets, path_of
from records.ledger.targets import TARGETS
from records.published import METRIC_FACT, Publication, Published
from tests.scenario import CATALOGUE
from transforms.periods import month_ends
from transforms.target_states import with_states

BANK = Scope.whole_bank("test")
DECEMBER, JANUARY = date(2025, 12, 31), date(2026, 1, 31)
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def versions(*rows):
    """Approved versions: branch, metric, period, value, and what else is said."""
    told = [
        {
            **dict.fromkeys(TARGETS),
            "target_id": number,
            "branch_id": branch,
            "metric_id": metric,
            "reading": "",
            "period": period,
            "version": 1,
            "target_value": Decimal(value),
            "phasing": "none",
            "valid_from": date(int(period[:4]), 1, 1),
            "step": "approved",
            **other,
        }
        for number, (branch, metric, period, value, other) in enumerate(rows, start=1)
    ]
    frame = pl.DataFrame(told, schema=dict(TARGETS)).drop("state", "holds_until")
    return with_states(frame).select(*TARGETS)


def publish(root, figures, *, run="run1"):
    """Published figures of north by day: metric, reading and value."""
    published = Published(root)
    for day, rows in figures.items():
        facts = pl.DataFrame(
            [
                {"metric_id": metric, "reading": reading, "branch_id": "north", "slice": "total",
                 "as_of_date": day, "value": Decimal(value)}
                for metric, reading, value in rows
            ],
            schema={name: METRIC_FACT[name] for name in (
                "metric_id", "reading", "branch_id", "slice", "as_of_date", "value")},
        )  # fmt: skip
        whole = facts.with_columns(
            pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in METRIC_FACT.items()
            if name not in facts.columns
        )
        published.write("metric_fact", whole, day, 1, run)
        published.publish(Publication(day, 1, "f", "c", "r", run, NOON))
    return published


def asked(entered, published, day=JANUARY, scope=BANK):
    return month_targets(scope, entered, published, CATALOGUE, day)


def test_a_share_starts_from_the_published_figure_of_its_own_reading(tmp_path):
    """From 12 % of the default reading to 24 %: 13 % in January. Another reading is another figure."""
    own = CATALOGUE.metrics["sei_share"].default_reading
    published = publish(
        tmp_path, {DECEMBER: [("sei_share", own, "0.12"), ("sei_share", "strict", "0.06")]}
    )
    entered = versions(
        ("north", "sei_share", "2026", "0.24", {"phasing": "linear"}),
        ("north", "sei_share", "2026", "0.18", {"phasing": "linear", "reading": "strict"}),
        ("south", "sei_share", "2026", "0.24", {"phasing": "linear"}),
    )
    rows = asked(entered, published).rows.to_dicts()
    assert [(r["branch_id"], r["reading"], r["target_value"], r["base_value"]) for r in rows] == [
        ("north", None, Decimal("0.13"), Decimal("0.12")),
        ("north", "strict", Decimal("0.07"), Decimal("0.06")),
        ("south", None, None, None),
    ]
    assert "2025-12-31" in rows[2]["reason_en"]
    assert "2025-12-31" in rows[2]["reason_zh"]
    assert {r["full_value"] for r in rows} == {Decimal("0.24"), Decimal("0.18")}


def test_a_path_from_history_names_its_years(tmp_path):
    """2025 went from 0 to 1,200 in equal steps but for a January of 300: a quarter of the way."""
    steps = [300, 320, 330, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200]
    days = month_ends(DECEMBER, 12)
    published = publish(
        tmp_path,
        {
            day: [("loan_increment_ytd", "default", value)]
            for day, value in zip(days, steps, strict=True)
        },
    )
    entered = versions(("north", "loan_increment_ytd", "2026", "2000", {"phasing": "history"}))
    (row,) = asked(entered, published).rows.to_dicts()
    assert (row["target_value"], row["base_value"], row["share"], row["years"]) == (
        Decimal("500.00"),
        Decimal(0),
        Decimal("0.25"),
        [2025],
    )
    (target,) = entered.to_dicts()
    path = path_of(BANK, published, CATALOGUE, target)
    assert [found.value for found in path.values()][-2:] == [Decimal("1833.33"), Decimal(2000)]


def test_the_narrowest_period_counts_and_the_annual_target_stays_whole(tmp_path):
    entered = versions(
        (
            "HO",
            "npl_ratio",
            "2026",
            "0.0150",
            {"phasing": "linear", "base_value": Decimal("0.027")},
        ),
        ("HO", "npl_ratio", "2026Q1", "0.0170", {}),
        ("HO", "npl_ratio", "2025", "0.9", {}),
    )
    told = asked(entered, Published(tmp_path))
    assert told.rows["target_value"].to_list() == [Decimal("0.0170")]
    assert told.annual.select("branch_id", "target_value").rows() == [("HO", Decimal("0.015"))]
    april = asked(entered, Published(tmp_path), date(2026, 4, 30))
    assert april.rows["target_value"].to_list() == [Decimal("0.023")]  # a third of the way


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (("north", "loan_balance", "2026", "100.00", {"target_id": 9, "version": 4}), True),
        (("north", "loan_balance", "2026", "100.01", {}), False),
        (("north", "loan_balance", "2026", "100", {"near_band": Decimal(1)}), False),
        (("south", "loan_balance", "2026", "100", {}), False),
    ],
)
def test_equal_targets_have_one_fingerprint_and_others_another(tmp_path, other, same):
    first = versions(("north", "loan_balance", "2026", "100", {}))
    found = [asked(one, Published(tmp_path)).fingerprint for one in (first, versions(other))]
    assert (found[0] == found[1]) is same


def test_targets_of_another_year_leave_the_fingerprint_alone(tmp_path):
    first = ("north", "loan_balance", "2026", "100", {})
    more = versions(first, ("north", "loan_balance", "2027", "100", {}))
    published = Published(tmp_path)
    assert asked(versions(first), published).fingerprint == asked(more, published).fingerprint
    draft = versions(first, ("south", "loan_balance", "2026", "1", {"step": "submitted"}))
    assert asked(versions(first), published).fingerprint == asked(draft, published).fingerprint


def test_a_restated_base_changes_the_fingerprint(tmp_path):
    own = CATALOGUE.metrics["sei_share"].default_reading
    entered = versions(("north", "sei_share", "2026", "0.24", {"phasing": "linear"}))
    before = publish(tmp_path, {DECEMBER: [("sei_share", own, "0.12")]})
    first = asked(entered, before).fingerprint
    after = publish(tmp_path, {DECEMBER: [("sei_share", own, "0.13")]}, run="run2")
    assert asked(entered, after).fingerprint != first


def test_a_path_rests_on_figures_of_the_scope_alone(tmp_path):
    own = CATALOGUE.metrics["sei_share"].default_reading
    published = publish(tmp_path, {DECEMBER: [("sei_share", own, "0.12")]})
    entered = versions(("north", "sei_share", "2026", "0.24", {"phasing": "linear"}))
    (row,) = asked(entered, published, scope=Scope.of("south", ["south"])).rows.to_dicts()
    assert row["target_value"] is None
