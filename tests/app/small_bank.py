"""A small published bank for the pages: six units, thirteen months, figures one can check by hand.

North misses its SEI share and exceeds the tolerance, South is well; green loans cannot be computed. One
figure of every unit of measure stands among them.
"""

import atexit
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from records.deliveries import ACCOUNT, REJECTED, Deliveries, TableDelivery
from records.published import FAILING_ROW, Publication, Published
from records.workspace import Workspace, create, open_workspace
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

COUNTS_FOR = pl.DataFrame(
    [
        *(("B101", node) for node in ("B101", "R1", "HO")),
        *(("B10101", node) for node in ("B10101", "B101", "R1", "HO")),
        *(("B201", node) for node in ("B201", "R2", "HO")),
        *(("R1", node) for node in ("R1", "HO")),
        *(("R2", node) for node in ("R2", "HO")),
        ("HO", "HO"),
    ],
    schema=["branch_id", "node_id"],
    orient="row",
)
"""Which units each branch counts for."""

SEI = {"HO": "150", "R1": "50", "R2": "100", "B101": "50", "B201": "100", "B10101": "20"}
BOOK = {"HO": "1000", "R1": "500", "R2": "500", "B101": "500", "B201": "500", "B10101": "200"}
NPL = {"HO": "10.4", "R1": "10", "R2": "0.4", "B101": "10", "B201": "0.4", "B10101": "9"}
INCLUSIVE_NPL = {"HO": "5", "R1": "4.5", "R2": "0.5", "B101": "4.5", "B201": "0.5", "B10101": "2"}
FIRST = {"HO": 42, "R1": 12, "R2": 30, "B101": 12, "B201": 30, "B10101": 5}
MILLION = Decimal(1_000_000)
FIVE_MILLION = 5 * MILLION
"""What is unexplained in a provisional book."""

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
    amount: Decimal | None = FIVE_MILLION,
    with_delivery: bool = True,
) -> Workspace:
    """A workspace with the small bank published in it: a copy, if the same was made before."""
    # A test may have changed what the bank is made of.
    told = repr((UNITS, TARGETS, LIMITED, BOOKED, BATCH, months, quality, amount, with_delivery))
    key = told, findings, failing_rows
    if key not in _MADE:
        folder = TemporaryDirectory(prefix="small-bank-")
        atexit.register(folder.cleanup)
        workspace = create(Path(folder.name) / "bank", name="Harbour Bank", base_currency="CNY")
        if with_delivery:
            deliver(workspace, months[-1])
        for back, as_of in enumerate(reversed(months)):
            publish(workspace, as_of, back=back, quality=quality, amount=amount)
        _MADE[key] = workspace.root
    shutil.copytree(_MADE[key], root, dirs_exist_ok=True)
    return open_workspace(root)


_MADE: dict[object, Path] = {}
"""Banks made in this process, by all they are made of; nobody else writes to them."""


def publish(
    workspace: Workspace,
    as_of: date,
    *,
    back: int = 0,
    quality: str = "final",
    amount: Decimal | None = FIVE_MILLION,
    version: int = 1,
) -> None:
    """Publish one month; `back` months before the last, each a tenth of a point lower in SEI share."""
    published = Published(workspace.lake)
    run = f"run-{published.publications().height}"
    known = catalogue(workspace.texts("catalogue", ".yaml"))
    published.write("node", pl.DataFrame(UNITS, schema=NODE, orient="row"), as_of, version, run)
    facts = _facts(as_of, back, known).with_columns(
        quality_state=pl.lit(quality),
        quality_amount=pl.lit(amount if quality == "provisional" else None, dtype=WIDE),
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
    published.write("metric_fact", scored, as_of, version, run)
    published.write("counts_for", COUNTS_FOR, as_of, version, run)
    published.write("finding", findings(), as_of, version, run)
    published.write("failing_row", failing_rows(), as_of, version, run)
    published.write("reconciliation", _reconciliation(quality), as_of, version, run)
    published.publish(
        Publication(as_of, version, "f", "c", "r", run, datetime(2026, 11, 5, 8, 30, tzinfo=UTC))
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


def findings() -> pl.DataFrame:
    """A warning at Harbour, of whose rows only examples are kept, and an error at Garden with its rows."""
    shared = {
        "reason_en": "why",
        "reason_zh": "原因",
        "remedy_en": "what to do",
        "remedy_zh": "办法",
    }
    return pl.DataFrame(
        [
            {
                "rule_id": "W0209",
                "severity": "warning",
                "table": "loan_snapshot",
                "branch_id": "B101",
                "failing_rows": 1234,
                "failing_amount": Decimal("10.00"),
                "example_keys": ["L1"],
                **shared,
            },
            {
                "rule_id": "E1110",
                "severity": "error",
                "table": "loan_event",
                "branch_id": "B201",
                "failing_rows": 2,
                "failing_amount": None,
                "example_keys": ["V1", "V2"],
                **shared,
            },
        ]
    )


def failing_rows() -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("E1110", "loan_event", "B201", "V<1>", 7, None),
            ("E1110", "loan_event", "B201", "V2", 9, None),
        ],
        schema=FAILING_ROW,
        orient="row",
    )


def _reconciliation(quality: str) -> pl.DataFrame:
    """Garden agrees; the ledger of the Pier is five million above its loans unless the book is final."""
    open_ = Decimal(0 if quality == "final" else -5_000_000)
    return pl.DataFrame(
        [
            _account("B10101", Decimal(200_000_000), open_),
            _account("B201", Decimal(500_000_000), Decimal(0)),
        ]
    )


def _account(branch: str, loans: Decimal, difference: Decimal) -> dict[str, object]:
    return {
        "branch_id": branch,
        "gl_account_code": "1301",
        "currency_code": "CNY",
        "loan_balance": loans,
        "ledger_balance": loans - difference,
        "difference": difference,
        "explained": Decimal(0),
        "unexplained": difference,
        "unexplained_in_base": difference,
        "tolerance": Decimal(20_000),
        "reconciled": difference == 0,
    }


BATCH = {
    "mapping": "canonical",
    "source_file": "loans.csv",
    "source_sha256": "0" * 64,
    "outside_rows": 0,
    "columns": ["loan_id"],
    "assumed": [],
    "taxonomy": "none",
    "content_hash": "h",
    "delivered_file": "loans.parquet",
    "read_as": "read as UTF-8, 3 columns",
    "received_at": datetime(2026, 11, 4, 8, 0, tzinfo=UTC),
}
"""What all deliveries of the small bank have in common."""

LOANS = pl.DataFrame(
    {
        "loan_id": ["L1", "L2"],
        "borrower_id": ["C1", "C2"],
        "booking_branch_id": ["B101", "B201"],
        "sei_tag": ["1", "2"],
        "source_row_no": [1, 2],
    }
)
"""Two of its loans: all that overrides are about."""

REJECTS = [
    (3, "B101", ["E0102"]),
    (44, "B101", ["E0102"]),
    (97, "B101", ["E0102", "E0109"]),
    (1204, "B999", ["E0103"]),
]
"""Rejected rows of one yuan each: row in the file, branch, rules; one branch is in no tree."""

WORDING = {
    "E0102": ("The principal is below zero.", "余额小于零。", "Book it elsewhere.", "请另行记账。"),
    "E0103": ("The branch is not known.", "机构不存在。", "Correct the branch.", "请更正机构。"),
    "E0109": ("The <loan> has no client.", "无客户。", "Name the client.", "请补充客户。"),
}


def account(rows: Sequence[tuple[str | None, int, int, str, str]], table: str) -> pl.DataFrame:
    """The account of a delivered table from `branch, rows, rejected rows, money, rejected money`."""
    return pl.DataFrame(
        [
            {
                "table": table,
                "branch_id": branch,
                "currency_code": "CNY",
                "delivered_rows": delivered,
                "accepted_rows": delivered - rejected,
                "rejected_rows": rejected,
                "rows_without_amount": 0,
                **{
                    f"{part}_{unit}": amount
                    for unit in ("amount", "in_base")
                    for part, amount in (
                        ("delivered", Decimal(money)),
                        ("accepted", Decimal(money) - Decimal(rejected_money)),
                        ("rejected", Decimal(rejected_money)),
                    )
                },
            }
            for branch, delivered, rejected, money, rejected_money in rows
        ],
        schema={name: ACCOUNT[name] for name in ACCOUNT if name not in _STAMPS},
    )


_STAMPS = ("as_of_date", "snapshot_version", "batch_id")
BOOKED = [
    ("B101", 503, 3, "300000003.00", "3.00"),
    ("B10101", 200, 0, "200000000.00", "0.00"),
    ("B201", 500, 0, "500000000.00", "0.00"),
    ("B999", 1, 1, "1.00", "1.00"),
]


def deliver(workspace: Workspace, as_of: date) -> None:
    """A delivered loan book: 1,204 rows, of which 4 are rejected, and a table beside it."""
    batch = {
        **BATCH,
        "source_rows": 1204,
        "delivered_rows": 1204,
        "accepted_rows": 1200,
        "rejected_rows": 4,
        "delivered_amount": Decimal("1000000004.00"),
        "accepted_amount": Decimal("1000000000.00"),
        "rejected_amount": Decimal("4.00"),
    }
    loans = TableDelivery(
        "loan_snapshot", batch, LOANS.lazy(), rejected(), account(BOOKED, "loan_snapshot")
    )
    Deliveries(workspace.lake).store(as_of, 1, "batch1", [loans, _branches()])


def _branches() -> TableDelivery:
    one = {**BATCH, "source_file": "branches.csv", "received_at": BATCH["received_at"]}
    counts = {"source_rows": 6, "delivered_rows": 6, "accepted_rows": 6, "rejected_rows": 0}
    rows = pl.LazyFrame({"branch_id": [unit[0] for unit in UNITS]}).with_row_index("source_row_no")
    accounted = account([(None, 6, 0, "0", "0")], "branch").with_columns(
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in ACCOUNT.items()
        if name.endswith(("_amount", "_in_base")) and name != "rows_without_amount"
    )
    nothing = rejected().clear()
    return TableDelivery(
        "branch", {**one, **counts}, rows.cast({"source_row_no": pl.Int64}), nothing, accounted
    )


def rejected() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "table": "loan_snapshot",
                "source_file": "loans.csv",
                "source_row_no": number,
                "row_in_file": number,
                "branch_id": branch,
                "currency_code": "CNY",
                "amount": Decimal("1.00"),
                "rule_ids": rules,
                **{
                    name: [WORDING[rule][place] for rule in rules]
                    for place, name in enumerate(
                        ("reasons_en", "reasons_zh", "remedies_en", "remedies_zh")
                    )
                },
                "problems": ["E0109:client"] if "E0109" in rules else [],
                "as_delivered": json.dumps(
                    {"loan_id": f"L{number}", "balance": "1.00", "client": None, "note": "<b>=1+1"}
                ),
            }
            for number, branch, rules in REJECTS
        ],
        schema={name: REJECTED[name] for name in REJECTED if name not in _STAMPS},
    )


OVERRIDES = [
    ("O-1", "L1", "1", "3", date(2026, 12, 31)),
    ("O-2", "L2", "2", "4", date(2026, 11, 15)),
    ("O-3", "L9", None, "4", date(2026, 12, 31)),
    ("O-4", "L1", "1", "5", date(2026, 9, 30)),
    ("O-5", "L2", "9", "5", date(2026, 10, 30)),
]
"""Number, loan, value before, value, last day: in force, about to end, of no effect, and ended."""


def override(workspace: Workspace, as_of: date = AS_OF) -> None:
    """Deliver overrides for a month, before it is published."""
    rows = pl.DataFrame(
        [
            {
                "override_id": number,
                "table_name": "loan_snapshot",
                "row_key": loan,
                "column_name": "sei_tag",
                "value_before": before,
                "value": value,
                "reason": "Purpose reviewed",
                "valid_from": date(2026, 8, 1),
                "valid_to": until,
                "requested_by": "li",
                "approved_by": "wang",
                "approved_on": date(2026, 8, 1),
                "source_row_no": place,
            }
            for place, (number, loan, before, value, until) in enumerate(OVERRIDES, 1)
        ]
    )
    counts = {
        "source_rows": len(OVERRIDES),
        "delivered_rows": len(OVERRIDES),
        "accepted_rows": len(OVERRIDES),
        "rejected_rows": 0,
    }
    batch = {**BATCH, "source_file": "overrides.csv", **counts}
    delivery = TableDelivery(
        "override", batch, rows.lazy(), rejected().clear(), account([], "override")
    )
    Deliveries(workspace.lake).store(as_of, 1, "batch2", [delivery])
