"""What an event is, and in which order events are told: the gravest first, always the same.

How events are found is said by `movements`, `unusual` and `reorganised`; how they are worded, by
`dashboards.sentences`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms.catalogue.model import Better, Catalogue
from transforms.schema import COUNT, DAY, TEXT, WIDE


class EventKind(StrEnum):
    """What kind of thing happened."""

    STATUS = "status"
    LOST = "lost"
    """A judged figure can no longer be given."""
    FINDING = "finding"
    HEADROOM = "headroom"
    RESTATED = "restated"
    TARGET = "target"
    MOVE = "move"
    DEFINITION = "definition"
    MERGED = "merged"
    MOVED = "moved"
    OPENED = "opened"
    CLOSED = "closed"


EVENT: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "kind": TEXT,
        "branch_id": TEXT,
        "metric_id": TEXT,
        "month": DAY,
        "month_before": DAY,
        "before": WIDE,
        "after": WIDE,
        "status_before": TEXT,
        "status_after": TEXT,
        "favourable": pl.Boolean(),
        "target_before": WIDE,
        "target_after": WIDE,
        "limit": WIDE,
        "headroom": WIDE,
        "usual_low": WIDE,
        "usual_high": WIDE,
        "score": WIDE,
        "rule_id": TEXT,
        "severity": TEXT,
        "reason_en": TEXT,
        "reason_zh": TEXT,
        "rows": pl.Int64(),
        "amount": WIDE,
        "figures": pl.Int64(),
        "flipped": pl.Int64(),
        "version": COUNT,
        "why": TEXT,
        "other_id": TEXT,
        "gravity": pl.Int32(),
        "size": WIDE,
    }
)
"""One event. What a kind does not have is empty; `gravity` and `size` are what it is ranked by."""

GRAVITY: Final = MappingProxyType(
    {
        "missed": 1,
        "critical_finding": 2,
        "lost": 3,
        "headroom": 4,
        "restated_status": 5,
        "near": 6,
        "target": 7,
        "unfavourable_aimed": 8,
        "branches": 9,
        "definition": 10,
        "error_finding": 11,
        "restated": 12,
        "improved": 13,
        "unfavourable": 14,
        "other_move": 15,
    }
)
"""The classes of events, the gravest first; within one the larger comes first."""


def metrics_of(catalogue: Catalogue) -> pl.DataFrame:
    """What events have to know of metrics: `metric_id, place, reading, sign`, in the catalogue's order."""
    signs = {Better.HIGHER: 1, Better.LOWER: -1}
    metrics = list(catalogue.metrics.values())
    return pl.DataFrame(
        {
            "metric_id": [one.metric_id for one in metrics],
            "place": list(range(len(metrics))),
            "reading": [one.default_reading for one in metrics],
            "unit": [one.unit.value for one in metrics],
            "sign": [signs.get(one.better) for one in metrics],
        },
        schema_overrides={"sign": pl.Int32(), "place": pl.Int32()},
    )


@cache
def nothing() -> pl.DataFrame:
    """No event at all: what most questions about most units end with."""
    return pl.DataFrame(schema=dict(EVENT))


def events(rows: pl.DataFrame, /, **named: str) -> pl.DataFrame:
    """The columns of `EVENT` out of a frame's own names; what is not named is empty."""
    if rows.is_empty():
        return nothing()
    always = {"kind", "branch_id", "metric_id", "favourable", "score", "gravity", "size"}
    columns = []
    for name, dtype in EVENT.items():
        source = named.get(name) or (name if name in always and name in rows.columns else None)
        made = pl.lit(None) if source is None else pl.col(source)
        columns.append(made.cast(dtype).alias(name))
    return rows.select(columns)


def ranked(found: Iterable[pl.DataFrame], metrics: pl.DataFrame) -> pl.DataFrame:
    """All events in their order: by gravity, the larger first, then as the catalogue names metrics.

    A figure whose status changed or whose headroom shrank is told once: its move is in that event.
    """
    rows = pl.concat(list(found))
    told = rows.filter(
        pl.col("kind").is_in([EventKind.STATUS.value, EventKind.HEADROOM.value])
    ).select("branch_id", "metric_id")
    moves = pl.col("kind") == EventKind.MOVE.value
    apart = rows.filter(moves).join(told, on=["branch_id", "metric_id"], how="anti")
    changed = rows.filter(pl.col("kind") == EventKind.STATUS.value).select("branch_id", "metric_id")
    others = rows.filter(~moves)
    shrunk = pl.col("kind") == EventKind.HEADROOM.value
    others = pl.concat(
        [
            others.filter(~shrunk),
            others.filter(shrunk).join(changed, on=["branch_id", "metric_id"], how="anti"),
        ]
    )
    return (
        pl.concat([others, apart])
        .join(metrics.select("metric_id", "place"), on="metric_id", how="left")
        .sort(
            "gravity",
            "size",
            "place",
            "month",
            "rule_id",
            "branch_id",
            "other_id",
            descending=[False, True, False, False, False, False, False],
            nulls_last=True,
        )
        .select(*EVENT)
    )
