"""What a report adds to a pack: its cells, how each is reckoned, its checks, and who signed which hash.

How a report is filled is said in `orchestration.reporting`; what a package is, in
`transforms.returns.package`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from orchestration.bank import Bank
from orchestration.evidence.figures import Asked
from orchestration.reporting.heads import released_before
from orchestration.reporting.layouts import layout_of
from records.access import Scope
from records.ledger.returns import REMARKS, STEPS, Head
from records.package_store import PackageStore
from transforms.catalogue.vocabulary import TOTAL
from transforms.returns import differences
from transforms.returns.model import Scale, Take
from transforms.returns.package import CELL, Package
from transforms.returns.reckoning import factor
from transforms.schema import COUNT, TEXT

RECOMPUTED: Final = (Take.VALUE.value, Take.NUMERATOR.value, Take.DENOMINATOR.value)
"""What cells take that rows give; targets, gaps to them and statuses are what people set."""
_PART: Final = {"data_point": TEXT, "operation": TEXT, "place": COUNT, "part": TEXT}
_FIGURE: Final = ("metric_id", "reading", "unit_id", "slice", "member", "as_of_date")


@dataclass(frozen=True, eq=False)
class Report:
    """A report that is packed.

    Attributes:
        bank: whose.
        scope: of the reader.
        package: what is in it.
        head: its edition; none of a draft.
    """

    bank: Bank
    scope: Scope
    package: Package
    head: Head | None

    @classmethod
    def of(cls, bank: Bank, scope: Scope, report: Head | Package) -> "Report":
        """An edition, or what nobody prepared.

        Raises:
            AccessError: if a unit that it speaks of lies outside the scope.
            PackageError: if what was prepared is gone or altered.
        """
        head = report if isinstance(report, Head) else None
        package = (
            PackageStore.of(bank.workspace).read(report) if isinstance(report, Head) else report
        )
        for unit in package.units["unit_id"]:
            scope.require(unit)
        return cls(bank, scope, package, head)

    @property
    def called(self) -> str:
        """How people name it."""
        of = f"{self.package.return_id} of {self.package.unit_id}, {self.package.as_of}"
        return f"{of}, draft" if self.head is None else f"{of}, edition {self.head.edition}"

    @property
    def steps(self) -> pl.DataFrame:
        """Who took which step, with the hash that was signed; rows of `STEPS`."""
        if self.head is None:
            return pl.DataFrame(schema=dict(STEPS))
        return self.bank.ledger.returns.steps(self.scope, package_id=self.head.package_id)

    @property
    def state(self) -> str:
        """How far it has come: the newest step, or `draft`."""
        steps = self.steps
        return str(steps["step"][-1]) if steps.height else "draft"

    def asked(self, metrics: Collection[str]) -> dict[Asked, None]:
        """The figures that its cells take, of some metrics, each once and in the order of the cells."""
        rows = self.package.cells.filter(
            pl.col("metric_id").is_in(sorted(metrics)),
            pl.col("take").is_in(RECOMPUTED),
            pl.col("published_value").is_not_null(),
        )
        return dict.fromkeys(_asked(row) for row in rows.iter_rows(named=True))

    def tables(self, names: Mapping[Asked, str]) -> Mapping[str, pl.DataFrame]:
        """Its tables by the name of their file, without the ending.

        Args:
            names: what figures of the pack are called.
        """
        found = {
            "report/cells": self._cells(names),
            "report/reckoned": self._reckoned(),
            "report/checks": self.package.verdicts.with_columns(pl.col("cells").list.join("; ")),
            "report/adjustments": self.package.adjustments,
            "report/trends": self.package.series,
            "report/units": self.package.units,
            "report/steps": self.steps,
            "report/remarks": self._remarks(),
        }
        changed = self._changed()
        return found if changed is None else {**found, "report/changed_since_release": changed}

    def _remarks(self) -> pl.DataFrame:
        if self.head is None:
            return pl.DataFrame(schema=dict(REMARKS))
        return self.bank.ledger.returns.remarks(self.scope, package_id=self.head.package_id)

    def _changed(self) -> pl.DataFrame | None:
        """What changed by cell against the last edition that was released before it."""
        if self.head is None:
            return None
        before = released_before(self.bank, self.scope, self.head)
        if before is None:
            return None
        store = PackageStore.of(self.bank.workspace)
        return differences.cells(store.read(before).cells, self.package.cells)

    def _cells(self, names: Mapping[Asked, str]) -> pl.DataFrame:
        rows = []
        for row in self.package.cells.iter_rows(named=True):
            figure = names.get(_asked(row)) if row["metric_id"] is not None else None
            rows.append((figure, _step(row["scale"], row["unit"], row["decimals"])))
        beside = pl.DataFrame(
            rows, schema={"figure": TEXT, "step": pl.Decimal(38, 12)}, orient="row"
        )
        told = pl.concat([self.package.cells.select(*CELL), beside], how="horizontal")
        return told.rename({"scale": "printed_in"})

    def _reckoned(self) -> pl.DataFrame:
        """Of which cells the reckoned ones are made, `data_point, operation, place, part`."""
        cells, layout = self.package.cells, layout_of(self.bank, self.package)
        by_place = {
            (row["table_id"], row["row_id"], row["column_id"]): row["data_point"]
            for row in cells.iter_rows(named=True)
        }
        found: list[tuple[str, str, int, str | None]] = []
        for row in cells.filter(pl.col("metric_id").is_null()).iter_rows(named=True):
            table = layout.table(row["table_id"])
            column = next(one for one in table.columns if one.column_id == row["column_id"])
            if column.formula is not None:
                kind = "difference" if column.formula.sign == "-" else "quotient"
                parts = [
                    (row["row_id"], one) for one in (column.formula.left, column.formula.right)
                ]
            else:
                kind = "sum"
                line = next((one for one in table.rows if one.row_id == row["row_id"]), None)
                parts = [(one, row["column_id"]) for one in (line.sum_of if line else ())]
            found += [
                (row["data_point"], kind, place, by_place.get((row["table_id"], part[0], part[1])))
                for place, part in enumerate(parts, start=1)
                if row["exact"] is not None
            ]
        return pl.DataFrame(found, schema=_PART, orient="row")


def _asked(row: Mapping[str, object]) -> Asked:
    values = [row[name] for name in _FIGURE]
    metric, reading, unit, slice_, member, day = values
    return Asked(
        metric,  # type: ignore[arg-type]
        reading,  # type: ignore[arg-type]
        unit,  # type: ignore[arg-type]
        slice_ or TOTAL,  # type: ignore[arg-type]
        member or TOTAL,  # type: ignore[arg-type]
        day,  # type: ignore[arg-type]
        row["snapshot_version"],  # type: ignore[arg-type]
    )


def _step(scale: str | None, unit: str | None, decimals: int | None) -> Decimal | None:
    """What a figure is rounded to, in its own unit."""
    if scale is None or decimals is None or scale == Scale.TEXT:
        return None
    return 1 / factor(Scale(scale), unit) / 10**decimals
