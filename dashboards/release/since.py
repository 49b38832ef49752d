"""What changed since the figures were signed, cell by cell: those of the signed run beside the newest.

The lake keeps the figures of a version's first run, of its newest and of the one before; of others it is
known who signed them, and not what they said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from dashboards import ordering, words
from dashboards.numbers import NOTHING, Format
from dashboards.release.signed import Signature
from dashboards.words import Figure
from records.access import Scope
from records.published import Published
from transforms import differences
from transforms.catalogue.model import Catalogue
from transforms.catalogue.vocabulary import TOTAL
from transforms.differences import AFTER
from transforms.scorecards import Status

_CLOSER: Final = 2


@dataclass(frozen=True)
class Change:
    """A figure that is not what was signed.

    Attributes:
        name: of the metric.
        reading: which one, where it is not the metric's own.
        signed: the value as signed, `now` as published now.
        before: the status as signed, `after` the one now.
        note: what else differs, as keys of columns.
    """

    name: str
    reading: str
    signed: str
    now: str
    change: str
    before: Status | None
    after: Status | None
    note: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Since:
    """What became of a signed month.

    Attributes:
        kept: whether the signed figures are still there.
        cells: every cell that differs, as `transforms.differences.figures` gives them.
    """

    kept: bool
    cells: pl.DataFrame

    @property
    def uncut(self) -> pl.DataFrame:
        """The cells of figures as a whole."""
        return self.cells.filter(pl.col("slice") == TOTAL)


def read(lake: Path, published: Published, scope: Scope, unit: str, signature: Signature) -> Since:
    """The signed figures of a unit beside those that are published now.

    Raises:
        AccessError: if the unit is outside the scope.
    """
    scope.require(unit)
    history = published.publications()
    signed = history.filter(pl.col("run_id") == signature.run_id)
    before = Published(lake, signed).facts(scope).filter(pl.col("branch_id") == unit)
    if signed.is_empty() or before.limit(1).collect().is_empty():
        return Since(kept=False, cells=differences.figures(before, before).clear())
    day = signed["as_of_date"][0]
    after = published.facts(scope, as_of=day).filter(pl.col("branch_id") == unit)
    return Since(kept=True, cells=differences.figures(before, after))


def changes(found: Since, catalogue: Catalogue, form: Format) -> tuple[Change, ...]:
    """The figures that differ, in the catalogue's order, those whose status flipped first."""
    order = {m.metric_id: n for n, m in enumerate(ordering.in_order(catalogue))}
    rows = [row for row in found.uncut.to_dicts() if row["metric_id"] in order]
    rows.sort(key=lambda row: (not row["flipped"], order[row["metric_id"]], row["reading"]))
    return tuple(_change(row, catalogue, form) for row in rows)


def _change(row: Mapping[str, Any], catalogue: Catalogue, form: Format) -> Change:
    metric = catalogue.metrics[row["metric_id"]]
    decimals = words.decimals_of(metric)

    def text(name: str, closer: int = 0) -> str:
        value = row[name]
        return NOTHING if value is None else form.value(value, metric.unit, decimals + closer)

    now = row[f"value{AFTER}"]
    # A small change has to be seen beside what was signed.
    alike = text("value") == text(f"value{AFTER}") and row["value"] != now
    closer = _CLOSER if alike else 0
    figure = Figure(
        kind=metric.kind,
        unit=metric.unit,
        better=metric.better,
        decimals=decimals + closer,
        status=Status.NO_TARGET,
        value=now,
    )
    return Change(
        name=form.language.pick(metric.label.en, metric.label.zh),
        reading="" if row["reading"] == metric.default_reading else row["reading"],
        signed=text("value", closer),
        now=text(f"value{AFTER}", closer),
        change=words.change(figure, row["value"], form),
        before=_status(row["status"]),
        after=_status(row[f"status{AFTER}"]),
        note=tuple(
            name
            for name in ("target_value", "limit_value", "quality_state")
            if row[name] != row[f"{name}{AFTER}"]
        ),
    )


def _status(code: str | None) -> Status | None:
    return None if code is None else Status(code)
