"""What stands around figures in a pack: files delivered, checks, reference tables, what people entered.

Everything is read within the scope of the reader, and of the unit that the pack is about.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from orchestration import overriding
from orchestration.bank import HISTORIES, SYSTEM
from orchestration.evidence.figures import Books, Line
from orchestration.evidence.rows import Borrowers
from orchestration.months import MonthAtWork
from records.access import Scope
from records.deliveries import LOAD_BATCH, Batch
from records.ledger.events import DELIVERED
from records.published import PUBLICATION
from transforms.overrides import STATES
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, TEXT, WIDE

_FILE: Final = (
    "as_of_date",
    "snapshot_version",
    "table",
    "source_file",
    "source_sha256",
    "content_hash",
    "mapping",
    "source_rows",
    "delivered_rows",
    "accepted_rows",
    "rejected_rows",
    "received_at",
    "received_by",
    "reason",
    "batch_id",
)
_COUNTS: Final = ("source_rows", "delivered_rows", "accepted_rows", "rejected_rows")
"""Of the whole bank's file: for those who may see the whole bank. So is why it was delivered again."""


@dataclass(frozen=True, eq=False)
class Around:
    """What is asked for around the figures of a pack.

    Attributes:
        books: the months.
        scope: of the reader.
        unit: the unit that the pack is about.
        below: that unit and all below it.
        as_of: the month end of the pack.
        version: its version.
        days: every month end that its figures rest on, each with its version.
        lines: the figures.
        borrowers: how borrowers are called.
    """

    books: Books
    scope: Scope
    unit: str
    below: frozenset[str]
    as_of: date
    version: int
    days: Mapping[date, int]
    lines: Sequence[Line]
    borrowers: Borrowers

    @property
    def own(self) -> Scope:
        """Of the unit, and no further than the reader may see."""
        seen = self.below if self.scope.branches is None else self.below & self.scope.branches
        return Scope.of(self.scope.who, seen)

    def tables(self) -> Mapping[str, pl.DataFrame]:
        """Every table by the name of its file, without the ending."""
        return {
            "sources/files": self.files(),
            "sources/account": self._account(),
            "publications": self._publications(),
            "checks/findings": self._findings(),
            "checks/rules": self._rules(),
            "checks/reconciliation": self._reconciliation(),
            "reference/tables": self._reference(),
            "reference/thresholds": self._thresholds(),
            "people/overrides": self._overrides(),
            "people/adjustments": self._adjustments(),
            "people/targets": self._targets(),
            "people/check_ins": self._check_ins(),
            "people/signatures": self._signatures(),
        }

    def files(self) -> pl.DataFrame:
        """The files that the figures were made of: name, hash, rows, when received and by whom."""
        deliveries = self.books.bank.deliveries
        chosen: dict[tuple[str, str], Batch] = {}
        for day, version in self.days.items():
            batches = list(deliveries.chosen(day, version).values())
            for table, first in HISTORIES.items():
                months = deliveries.months_of(table, day).items()
                batches += [batch for month, batch in months if month >= first(day)]
            chosen |= {(one.batch_id, one.table): one for one in batches}
        wanted = pl.DataFrame(list(chosen), schema={"batch_id": TEXT, "table": TEXT}, orient="row")
        rows = (
            deliveries.batches()
            .select(*LOAD_BATCH)
            .join(wanted, on=["batch_id", "table"], how="semi")
            .join(self._receivers(), on="batch_id", how="left")
            .select(*_FILE)
            .sort("as_of_date", "snapshot_version", "table", "batch_id")
        )
        if self.scope.branches is None:
            return rows
        hidden = [pl.lit(None, dtype=pl.Int64).alias(name) for name in _COUNTS]
        return rows.with_columns(*hidden, reason=pl.lit(None, dtype=pl.String))

    def _receivers(self) -> pl.DataFrame:
        """Who delivered, by batch, as the audit log holds it."""
        events = self.books.bank.ledger.events.all().filter(pl.col("action") == DELIVERED)
        rows = [
            (json.loads(detail)["batch_id"], who)
            for detail, who in events.select("detail", "who").iter_rows()
        ]
        schema = {"batch_id": TEXT, "received_by": TEXT}
        return pl.DataFrame(rows, schema=schema, orient="row").unique("batch_id", keep="last")

    def _account(self) -> pl.DataFrame:
        deliveries = self.books.bank.deliveries
        return pl.concat(
            [deliveries.account(self.own, day, version) for day, version in self.days.items()]
        ).drop("batch_id")

    def _publications(self) -> pl.DataFrame:
        current = self.books.published.current()
        keys = [key for key in self.days.items() if key in current]
        rows = [{name: getattr(current[key], name) for name in _PUBLISHED} for key in keys]
        schema = {name: PUBLICATION[name] for name in _PUBLISHED}
        return pl.DataFrame(rows, schema=schema)

    def _findings(self) -> pl.DataFrame:
        """Rows are named where they are loans: of clients their number would be told."""
        rows = self.books.published.findings(self.own, as_of=self.as_of, version=self.version)
        examples = pl.col("example_keys").list.join("; ")
        if self.borrowers.names is not None:
            examples = pl.when(pl.col("table") == LOAN_SNAPSHOT.name).then(examples)
        told = rows.with_columns(example_keys=examples).collect()
        return told.drop("run_id").sort("rule_id", "table", "branch_id", nulls_last=True)

    def _rules(self) -> pl.DataFrame:
        rows = self.books.published.check_results(as_of=self.as_of, version=self.version).collect()
        if self.scope.branches is not None:
            rows = rows.drop("failing_rows", "checked_rows")
        return rows.drop("run_id").sort("table", "rule_id")

    def _reconciliation(self) -> pl.DataFrame:
        rows = self.books.published.reconciliation(
            self.own, as_of=self.as_of, version=self.version
        ).collect()
        return rows.drop("run_id").sort("branch_id", "gl_account_code", "currency_code")

    def _reference(self) -> pl.DataFrame:
        bank = self.books.bank
        own = bank.workspace.texts("reference", ".csv")
        rows = [
            (
                name,
                "workspace" if f"{name}.csv" in own else "product",
                table.height,
                hashlib.sha256(table.write_csv().encode()).hexdigest(),
            )
            for name, table in sorted(bank.reference.tables.items())
        ]
        schema = {"table": TEXT, "edition_of": TEXT, "rows": pl.Int64(), "sha256": TEXT}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _thresholds(self) -> pl.DataFrame:
        rows = [
            (day, name, value)
            for day in self.days
            for name, value in sorted(self.books.bank.reference.thresholds(day).items())
        ]
        schema = {"in_force_at": pl.Date(), "name": TEXT, "value": WIDE}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _overrides(self) -> pl.DataFrame:
        frames = [pl.DataFrame(schema={"month_end": pl.Date(), **STATES, **_MOVED})]
        for day, version in self.days.items():
            month = MonthAtWork(self.books.bank, day, version)
            if month.override_states.is_empty():
                continue
            told = overriding.told(month, self.own).with_columns(month_end=pl.lit(day))
            frames.append(
                told.select(pl.col(name).cast(dtype) for name, dtype in _OVERRIDE.items())
            )
        rows = pl.concat(frames)
        is_borrower = pl.col("table_name") == BORROWER_SNAPSHOT.name
        called = pl.col("row_key").map_elements(self.borrowers.called, return_dtype=pl.String)
        return rows.with_columns(row_key=pl.when(is_borrower).then(called).otherwise("row_key"))

    def _adjustments(self) -> pl.DataFrame:
        rows = self.books.bank.ledger.adjustments.all(self.own)
        return rows.filter(
            pl.col("metric_id").is_in(self._metrics),
            pl.any_horizontal(
                (pl.col("live_from") <= day) & (pl.col("live_to") >= day) for day in self.days
            ),
        )

    def _targets(self) -> pl.DataFrame:
        rows = self.books.bank.ledger.targets.all(Scope.of(self.scope.who, self._units))
        return rows.filter(
            pl.col("metric_id").is_in(self._metrics),
            pl.col("valid_from") <= self.as_of,
            pl.col("valid_to").is_null() | (pl.col("valid_to") >= self.as_of),
        )

    def _check_ins(self) -> pl.DataFrame:
        rows = self.books.bank.ledger.check_ins.all(
            Scope.of(self.scope.who, self._units), as_of=self.as_of, corrected=True
        )
        return rows.filter(pl.col("metric_id").is_in(self._metrics))

    def _signatures(self) -> pl.DataFrame:
        return self.books.bank.ledger.sign_offs.all(
            Scope.of(self.scope.who, self._units), as_of=self.as_of
        )

    @property
    def _metrics(self) -> Collection[str]:
        return sorted({line.asked.metric for line in self.lines})

    @property
    def _units(self) -> frozenset[str]:
        """The units whose figures are in the pack, as far as the reader may see them."""
        units = frozenset({self.unit, *(line.asked.branch for line in self.lines)})
        return units if self.scope.branches is None else units & self.scope.branches


_PUBLISHED: Final = tuple(name for name in PUBLICATION if name != "sequence")
_MOVED: Final[Mapping[str, pl.DataType]] = {"loans": pl.Int64(), "balance": WIDE}
_OVERRIDE: Final[Mapping[str, pl.DataType]] = {"month_end": pl.Date(), **STATES, **_MOVED}


def units_below(books: Books, unit: str, as_of: date, version: int) -> frozenset[str]:
    """A unit, all below it, and the branches that were merged into them."""
    nodes = books.published.nodes(SYSTEM, as_of=as_of, version=version).collect()
    found = {unit}
    for node, parent in nodes.select("node_id", "parent_id").iter_rows():
        if parent in found:
            found.add(node)
    counts = books.published.counts_for(SYSTEM, as_of=as_of, version=version)
    merged = counts.filter(pl.col("node_id").is_in(sorted(found))).collect()["branch_id"]
    return frozenset(found) | frozenset(merged)
