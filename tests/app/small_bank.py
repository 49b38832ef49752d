"""A small published bank for the pages: six units, thirteen months, figures one can check by hand.

North misses its SEI share and exceeds the tolerance, South is well; green loans cannot be computed. One
figure of every unit of measure stands among them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl

from records.deliveries import Deliveries, TableDelivery
from records.published import Publication, Published
from records.workspace import Workspace, create
from transforms import scorecards
from transforms.catalogue.load import definitions as load_definitions
from transforms.catalogue.model import Catalogue, Kind
from transforms.facts import FACT
from transforms.hierarchy import NODE
from transforms.periods import month_ends
from transforms.quality import QUALITY
from transforms.reference import tables
from transforms.schema import WIDE

AS_OF = date(2026, 10, 31)
MONTHS = month_ends(AS_OF, 13)
NO_GREEN = "column green_tag is not in loan_snapshot"
HEIGHT = Decimal("0.0000")

UNITS = [
    ("HO", None, "head", "Head Office", "总行", 0),
    ("R1", "HO", "region", "North Region", "华北区域", 1),
    ("R2", "HO", "region", "South Region", "华南区域", 1),
    ("B101", "R1", "tier1", "Harbour <b>& Sons</b> Branch", "港口分行", 2),
    ("B201", "R2", "tier1", "Garden Branch", "花园分行", 2),
    ("B10101", "B101", "tier2", "Harbour Pier Sub-branch", "码头支行", 3),
]

SEI = {"HO": "150", "R1": "50", "R2": "100", "B101": "50", "B201": "100", "B10101": "20"}
BOOK = {"HO": "1000", "R1": "500", "R2": "500", "B101": "500", "B201": "500", "B10101": "200"}
NPL = {"HO": "10.4", "R1": "10", "R2": "0.4", "B101": "10", "B201": "0.4", "B10101": "9"}
INCLUSIVE_NPL = {"HO": "5", "R1": "4.5", "R2": "0.5", "B101": "4.5", "B201": "0.5", "B10101": "2"}
FIRST = {"HO": 42, "R1": 12, "R2": 30, "B101": 12, "B201": 30, "B10101": 5}
MILLION = Decimal(1_000_000)

TARGETS = [
    ("HO", "sei_share", "0.15", "0.01"),
    ("B101", "sei_share", "0.116", "0.005"),
    ("B201", "sei_share", "0.18", None),
    ("B101", "npl_ratio", "0.018", "0.003"),
    ("B201", "npl_ratio", "0.01", None),
    ("B101", "first_time_clients_ytd", "24", "3"),
    ("B201", "first_time_clients_ytd", "24", "3"),
]


LIMITED = True
"""Whether a tolerance rule is in force."""

PLAIN = {
    "provision_coverage": "2.104",
    "loan_rate": "0.03864",
    "lpr_spread": "35.24",
    "settlement_days": "92.4",
    "industry_hhi": "1234.4",
    "sei_growth_gap": "2.34",
}
"""Figures without a target, the same at every unit and in every month."""

OWN_METRIC = """
metrics:
  loans_of_ours:
    label: {en: Loans of ours, zh: 我行自定义贷款}
    kind: total
    of: loan_balance
    unit: currency
    better: higher
    source: {document: "Credit policy 2026/4", verified: false, own: true}
    note: {en: "Agreed in the credit committee.", zh: 由信贷委员会确定。}
    valid_from: 2020-01-01
    version: 1
"""
"""A definition file that a workspace adds."""


def catalogue(additions: Mapping[str, str] | None = None) -> Catalogue:
    """The product's definitions, with a workspace's own if they are given."""
    return _catalogue(tuple((additions or {}).items()))


@cache
def _catalogue(additions: tuple[tuple[str, str], ...]) -> Catalogue:
    return load_definitions(tables.load(), dict(additions)).newest


def small_bank(
    root: Path,
    *,
    months: Sequence[date] = MONTHS,
    quality: str = "final",
    with_delivery: bool = True,
) -> Workspace:
    """A workspace with the small bank published in it."""
    workspace = create(root, name="Harbour Bank", base_currency="CNY")
    if with_delivery:
        _deliver(workspace, months[-1])
    for back, as_of in enumerate(reversed(months)):
        publish(workspace, as_of, back=back, quality=quality)
    return workspace


def publish(workspace: Workspace, as_of: date, *, back: int = 0, quality: str = "final") -> None:
    """Publish one month; `back` months before the last, each a tenth of a point lower in SEI share."""
    published = Published(workspace.lake)
    run = f"run-{published.publications().height}"
    known = catalogue(workspace.texts("catalogue", ".yaml"))
    published.write("node", pl.DataFrame(UNITS, schema=NODE, orient="row"), as_of, 1, run)
    facts = _facts(as_of, back, known).with_columns(
        quality_state=pl.lit(quality),
        quality_amount=pl.lit(Decimal(5_000_000) if quality == "provisional" else None, dtype=WIDE),
    )
    targets = pl.DataFrame(
        [
            (branch, metric, None, Decimal(target), Decimal(band) if band else None)
            for branch, metric, target, band in TARGETS
        ],
        schema={
            "branch_id": pl.String,
            "metric_id": pl.String,
            "reading": pl.String,
            "target_value": WIDE,
            "near_band": WIDE,
        },
        orient="row",
    )
    scored = scorecards.with_status(facts.select(*FACT, *QUALITY), targets, known)
    published.write("metric_fact", scored, as_of, 1, run)
    published.write("finding", _findings(), as_of, 1, run)
    published.write("reconciliation", _reconciliation(quality), as_of, 1, run)
    published.publish(
        Publication(as_of, 1, "f", "c", "r", run, datetime(2026, 11, 5, 8, 30, tzinfo=UTC))
    )


def _facts(as_of: date, back: int, definitions: Catalogue) -> pl.DataFrame:
    rows = []
    for unit, *_ in UNITS:
        book = Decimal(BOOK[unit]) * MILLION
        sei = Decimal(SEI[unit]) * MILLION - book * back / 1000
        npl, inclusive = Decimal(NPL[unit]) * MILLION, Decimal(INCLUSIVE_NPL[unit]) * MILLION
        first = Decimal(FIRST[unit] - back if FIRST[unit] > back else 0)
        rows += [
            _fact(definitions, unit, as_of, "sei_share", sei, book),
            _fact(definitions, unit, as_of, "npl_ratio", npl, book),
            _fact(definitions, unit, as_of, "loan_balance", book, None),
            _fact(definitions, unit, as_of, "first_time_clients_ytd", first, None),
            _fact(definitions, unit, as_of, "green_share", None, None, reason=NO_GREEN),
            _tolerance(definitions, unit, as_of, inclusive, book / 5),
            *(_plain(definitions, unit, as_of, *figure) for figure in PLAIN.items()),
        ]
        if "loans_of_ours" in definitions.metrics:
            rows.append(_fact(definitions, unit, as_of, "loans_of_ours", book / 4, None))
    return pl.DataFrame(rows, schema=dict(FACT))


def _fact(
    definitions: Catalogue,
    unit: str,
    as_of: date,
    metric_id: str,
    numerator: Decimal | None,
    denominator: Decimal | None,
    *,
    reason: str | None = None,
) -> dict[str, object]:
    metric = definitions.metrics[metric_id]
    value = numerator
    if metric.kind is Kind.RATIO and numerator is not None and denominator:
        value = numerator / denominator
    return {
        "metric_id": metric_id,
        "reading": metric.default_reading,
        "definition_version": definitions.versions[metric_id],
        "branch_id": unit,
        "slice": "total",
        "member": "total",
        "as_of_date": as_of,
        "numerator": numerator,
        "denominator": denominator,
        "value": value,
        "unit": metric.unit.value,
        "limit_value": None,
        "headroom_amount": None,
        "reason": reason,
    }


def _plain(
    definitions: Catalogue, unit: str, as_of: date, metric_id: str, value: str
) -> dict[str, object]:
    row = _fact(definitions, unit, as_of, metric_id, Decimal(value), Decimal(1))
    return {**row, "value": Decimal(value)}


def _tolerance(
    definitions: Catalogue, unit: str, as_of: date, npl: Decimal, balance: Decimal
) -> dict[str, object]:
    if not LIMITED:
        reason = "no tolerance rule is in force"
        return _fact(definitions, unit, as_of, "inclusive_npl_tolerance", None, None, reason=reason)
    limit = Decimal("4.04")
    row = _fact(definitions, unit, as_of, "inclusive_npl_tolerance", npl, balance)
    return {
        **row,
        "value": limit - npl / balance * 100,
        "limit_value": limit,
        "headroom_amount": limit * balance / 100 - npl,
    }


def _findings() -> pl.DataFrame:
    finding = {
        "rule_id": "W0209",
        "severity": "warning",
        "table": "loan_snapshot",
        "branch_id": "B101",
        "failing_rows": 1234,
        "failing_amount": Decimal("10.00"),
        "example_keys": ["L1"],
        "reason_en": "why",
        "reason_zh": "原因",
        "remedy_en": "what to do",
        "remedy_zh": "办法",
    }
    return pl.DataFrame([finding])


def _reconciliation(quality: str) -> pl.DataFrame:
    same = quality == "final"
    return pl.DataFrame(
        [
            {
                "branch_id": "B10101",
                "gl_account_code": "1301",
                "currency_code": "CNY",
                "loan_balance": Decimal(200),
                "ledger_balance": Decimal(200 if same else 205),
                "difference": Decimal(0 if same else -5),
                "tolerance": Decimal(1),
                "reconciled": same,
            }
        ]
    )


def _deliver(workspace: Workspace, as_of: date) -> None:
    """A delivered loan book: 1,204 rows, of which 4 are rejected."""
    batch = {
        "mapping": "canonical",
        "source_file": "loans.csv",
        "source_sha256": "0" * 64,
        "source_rows": 1204,
        "outside_rows": 0,
        "delivered_rows": 1204,
        "accepted_rows": 1200,
        "rejected_rows": 4,
        "columns": ["loan_id"],
        "assumed": [],
        "taxonomy": "none",
        "content_hash": "h",
        "delivered_file": "loans.parquet",
        "received_at": datetime(2026, 11, 4, 8, 0, tzinfo=UTC),
    }
    rejected = pl.DataFrame(
        [
            {
                "table": "loan_snapshot",
                "source_file": "loans.csv",
                "source_row_no": number,
                "branch_id": "B101",
                "amount": Decimal("1.00"),
                "rule_ids": ["E0101"],
                "problems": ["broken"],
                "as_delivered": "{}",
            }
            for number in range(4)
        ],
        schema_overrides={"amount": pl.Decimal(18, 2)},
    )
    delivery = TableDelivery(
        "loan_snapshot", batch, pl.LazyFrame({"loan_id": ["L1"], "source_row_no": [1]}), rejected
    )
    Deliveries(workspace.lake).store(as_of, 1, "batch1", [delivery])
