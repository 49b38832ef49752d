"""The targets that a month is held against: approved, in force at its end, spread over the year.

Which version holds is said by `transforms.target_states`, and what a month asks of a year's target by
`transforms.phasing`; here they are brought together with the published figures that a path begins at.
Entering and approving belongs in `targets`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from records.access import Scope
from records.published import Published
from transforms import target_states
from transforms.catalogue.model import Catalogue, Metric
from transforms.catalogue.vocabulary import TOTAL
from transforms.periods import month_end
from transforms.phasing import (
    MONTHS,
    PAST_YEARS,
    Asked,
    PeriodType,
    Phased,
    Phasing,
    accumulates,
    parse_period,
    parse_shares,
    phased,
)
from transforms.schema import DAY, TEXT, WIDE

MONTH_TARGET: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "target_value": WIDE,
    "near_band": WIDE,
    "full_value": WIDE,
    "period": TEXT,
    "period_type": TEXT,
    "phasing": TEXT,
    "base_value": WIDE,
    "share": WIDE,
    "years": pl.List(pl.Int64),
    "reason_en": TEXT,
    "reason_zh": TEXT,
    "target_id": pl.Int64(),
    "version": pl.Int64(),
    "valid_from": DAY,
}
"""A target as a month is held against it.

`target_value` is what the month asks, and nothing where that cannot be told (`reason_en`, `reason_zh`);
`full_value` is the target of the period. `base_value`, `share` and `years` tell the path. The reading is
null for the metric's own.
"""

_Name = tuple[str, str, str]
"""Branch, metric and reading."""


@dataclass(frozen=True, eq=False)
class MonthTargets:
    """The targets of a month.

    Attributes:
        rows: one for each branch, metric and reading, of the narrowest period; columns `MONTH_TARGET`.
        annual: full targets of the year, whatever narrower ones there are; columns `branch_id`,
            `metric_id`, `reading`, `target_value`.
        fingerprint: one hash of both: equal hashes, equal targets.
    """

    rows: pl.DataFrame
    annual: pl.DataFrame
    fingerprint: str


def month_targets(
    scope: Scope,
    entered: pl.DataFrame,
    published: Published,
    catalogue: Catalogue,
    as_of: date,
    *,
    known_at: datetime | None = None,
) -> MonthTargets:
    """The targets that hold at a month end.

    Args:
        scope: whose figures paths may rest on.
        entered: every version of every target, columns `records.ledger.targets.TARGETS`.
        published: the published figures.
        catalogue: the definitions.
        as_of: the month end.
        known_at: as they stood in the ledger at that moment; as known now if not given. Figures that a
            path rests on are as published now in any case.
    """
    if known_at is not None:
        entered = target_states.known_at(entered, known_at)
    holding = target_states.in_force(entered, as_of)
    chosen = target_states.narrowest(holding)
    rows = _spread(scope, chosen, published, catalogue, as_of).sort(
        "branch_id", "metric_id", "reading"
    )
    annual = (
        holding.filter(pl.col("period_type") == PeriodType.YEAR.value)
        .with_columns(_reading())
        .select("branch_id", "metric_id", "reading", "target_value")
        .sort("branch_id", "metric_id", "reading")
    )
    digest = hashlib.sha256()
    # Numbers of the ledger are left out: the same targets in another ledger give the same figures.
    for frame in (rows.drop("target_id", "version", "valid_from"), annual):
        digest.update(frame.write_json().encode())
    return MonthTargets(rows, annual, digest.hexdigest())


def path_of(
    scope: Scope, published: Published, catalogue: Catalogue, target: Mapping[str, object]
) -> dict[date, Phased]:
    """What each month of a target's period asks, by month end.

    Args:
        scope: whose figures the path may rest on.
        published: the published figures.
        catalogue: the definitions.
        target: a row of `records.ledger.targets.TARGETS`.
    """
    period = parse_period(str(target["period"]))
    days = [
        month_end(date(period.first.year, month, 1))
        for month in range(period.first.month, period.last.month + 1)
    ]
    metric = catalogue.metrics[str(target["metric_id"])]
    figures = _figures(scope, published, catalogue, [target])
    asked = _asked(target, metric, catalogue, figures)
    return {day: phased(asked, day) for day in days}


def _spread(
    scope: Scope, chosen: pl.DataFrame, published: Published, catalogue: Catalogue, as_of: date
) -> pl.DataFrame:
    """Chosen targets as the month asks them; columns `MONTH_TARGET`."""
    whole = chosen.rename({"base_value": "_base"}).with_columns(
        _reading(),
        full_value="target_value",
        base_value=pl.lit(None, dtype=WIDE),
        share=pl.lit(None, dtype=WIDE),
        years=pl.lit(None, dtype=pl.List(pl.Int64)),
        reason_en=pl.lit(None, dtype=TEXT),
        reason_zh=pl.lit(None, dtype=TEXT),
    )
    is_spread = (pl.col("phasing") != Phasing.NONE.value) & pl.col("metric_id").is_in(
        list(catalogue.metrics)
    )
    full = whole.filter(~is_spread).select(*MONTH_TARGET)
    rows = whole.filter(is_spread).to_dicts()
    if not rows:
        return full
    given = chosen.filter(is_spread).to_dicts()
    figures = _figures(scope, published, catalogue, given)
    # Entered by people and few: a path is worked out for each.
    for row, target in zip(rows, given, strict=True):
        metric = catalogue.metrics[target["metric_id"]]
        found = phased(_asked(target, metric, catalogue, figures), as_of)
        row |= {
            "target_value": found.value,
            "base_value": found.base,
            "share": found.share,
            "years": list(found.years) or None,
            "reason_en": found.reason.en if found.reason else None,
            "reason_zh": found.reason.zh if found.reason else None,
        }
    spread = pl.DataFrame(
        [{name: row[name] for name in MONTH_TARGET} for row in rows], schema=dict(MONTH_TARGET)
    )
    return pl.concat([full, spread])


def _reading() -> pl.Expr:
    """The reading as facts are joined by: null for the metric's own."""
    named = pl.col("reading")
    return pl.when(named != "").then(named).alias("reading")


def _asked(
    target: Mapping[str, object],
    metric: Metric,
    catalogue: Catalogue,
    figures: Mapping[_Name, Mapping[date, Decimal]],
) -> Asked:
    shares = target["phasing_shares"]
    return Asked(
        period=parse_period(str(target["period"])),
        unit=metric.unit,
        full=target["target_value"],  # type: ignore[arg-type]
        phasing=Phasing(str(target["phasing"])),
        from_zero=accumulates(metric, catalogue),
        shares=parse_shares(str(shares)) if shares else (),
        base=target["base_value"],  # type: ignore[arg-type]
        figures=figures.get(_name(target, metric)),
    )


def _name(target: Mapping[str, object], metric: Metric) -> _Name:
    reading = str(target["reading"] or metric.default_reading)
    return str(target["branch_id"]), metric.metric_id, reading


def _figures(
    scope: Scope,
    published: Published,
    catalogue: Catalogue,
    targets: Sequence[Mapping[str, object]],
) -> dict[_Name, dict[date, Decimal]]:
    """Published figures that paths begin at or follow, by branch, metric and reading."""
    wanted: dict[date, set[_Name]] = {}
    for target in targets:
        metric = catalogue.metrics[str(target["metric_id"])]
        for day in _days(target, metric, catalogue):
            wanted.setdefault(day, set()).add(_name(target, metric))
    found: dict[_Name, dict[date, Decimal]] = {}
    seen = published.pinned()
    for day in sorted(set(wanted) & set(seen.newest_versions())):
        names = pl.LazyFrame(
            sorted(wanted[day]),
            schema={"branch_id": TEXT, "metric_id": TEXT, "reading": TEXT},
            orient="row",
        )
        rows = (
            seen.facts(scope, as_of=day)
            .filter(
                pl.col("slice") == TOTAL,
                pl.col("branch_id").is_in(sorted({branch for branch, *_ in wanted[day]})),
                pl.col("value").is_not_null(),
            )
            .join(names, on=["branch_id", "metric_id", "reading"], how="semi")
            .select("branch_id", "metric_id", "reading", "value")
            .collect()
        )
        for branch, metric_id, reading, value in rows.iter_rows():
            found.setdefault((branch, metric_id, reading), {})[day] = value
    return found


def _days(target: Mapping[str, object], metric: Metric, catalogue: Catalogue) -> list[date]:
    """The month ends whose figures a target's path rests on."""
    period = parse_period(str(target["period"]))
    phasing = Phasing(str(target["phasing"]))
    if phasing is Phasing.NONE or period.kind is not PeriodType.YEAR:
        return []
    year, from_zero = period.first.year, accumulates(metric, catalogue)
    days = []
    if not from_zero and target["base_value"] is None:
        days.append(date(year - 1, 12, 31))
    if phasing is Phasing.HISTORY:
        days += [
            month_end(date(past, month, 1))
            for past in range(year - PAST_YEARS, year)
            for month in range(1, MONTHS + 1)
        ]
        if not from_zero:
            days.append(date(year - PAST_YEARS - 1, 12, 31))
    return days
