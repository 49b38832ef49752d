"""The lists of a pack, gathered: which rows make up each side of each figure, and what was left out.

Rows stream from the books to a folder of work: no book is held whole. Figures that are made of the same rows
share a list. How a list stands in the pack is said in `rows`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from orchestration.evidence.figures import SIDES, Books, Line
from orchestration.evidence.rows import ROW
from orchestration.tracing import Figure
from records.access import Scope
from transforms.catalogue.model import Kind
from transforms.catalogue.vocabulary import UNTAGGED
from transforms.classify import SLICE_COLUMNS
from transforms.errors import BranchmarkError
from transforms.schema import COUNT, DAY, NET_CAPITAL, TEXT, WIDE
from transforms.trace import Part, Side

LIST: Final[Mapping[str, pl.DataType]] = {
    "list": TEXT,
    "side": TEXT,
    "file": TEXT,
    "rows": pl.Int64(),
    "clients": pl.Int64(),
    "amount": WIDE,
    "complete": pl.Boolean(),
}
REPORTED: Final[Mapping[str, pl.DataType]] = {
    "list": TEXT,
    "measure": TEXT,
    "as_of_date": DAY,
    "amount": WIDE,
    "factor": WIDE,
}
"""What the bank reports as a whole, and no row makes up; it counts with its factor."""
PART: Final[Mapping[str, pl.DataType]] = {
    "figure": TEXT,
    "side": TEXT,
    "list": TEXT,
    "metric_id": TEXT,
    "measure": TEXT,
    "taken": TEXT,
    "over": TEXT,
    "flag": TEXT,
    "as_of_date": DAY,
    "snapshot_version": COUNT,
    "factor": WIDE,
    "whole_bank": pl.Boolean(),
}
LEFT_OUT: Final[Mapping[str, pl.DataType]] = {
    "figure": TEXT,
    "as_of_date": DAY,
    "rule": TEXT,
    "why": TEXT,
    "because": TEXT,
    "rows": pl.Int64(),
    "clients": pl.Int64(),
    "balance": WIDE,
}


@dataclass(frozen=True)
class Limit:
    """How many rows a pack may hold.

    Attributes:
        rows: so many; none for any number.
        way_out: what to do about more.
    """

    rows: int | None
    way_out: str


@dataclass(eq=False)
class Lists:
    """The lists of a pack, as they are gathered.

    Attributes:
        books: the months.
        scope: whose rows.
        work: a folder for rows as gathered, borrowers by their own numbers.
        limit: how many rows there may be.
        of_figure: the list of each figure and side.
    """

    books: Books
    scope: Scope
    work: Path
    limit: Limit
    of_figure: dict[tuple[str, Side], str] = field(default_factory=dict)
    lists: list[dict[str, object]] = field(default_factory=list)
    reported: list[dict[str, object]] = field(default_factory=list)
    parts: list[dict[str, object]] = field(default_factory=list)
    left_out: list[pl.DataFrame] = field(default_factory=list)
    _known: dict[tuple[object, ...], str] = field(default_factory=dict)
    _rows: int = 0

    @property
    def rows(self) -> int:
        """How many rows were gathered."""
        return self._rows

    def gather(self, line: Line, *, left_out: bool) -> None:
        """The rows of both sides of a figure, and how many were left out by which rule.

        Args:
            line: a figure that is no gap.
            left_out: whether the rows that were left out are listed too.

        Raises:
            BranchmarkError: if there are more rows than asked.
        """
        if line.fact is None:
            return
        figure = self.books.figure(line)
        for side in SIDES:
            own = tuple(part for part in figure.parts if part.side is side)
            if own and (line.published(side.value) is not None or line.metric.kind is Kind.INDEX):
                self._gather_side(line, figure, side, own)
        if line.published(Side.NUMERATOR.value) is not None:
            self._gather_left_out(line, figure, listed=left_out)

    def _gather_side(self, line: Line, figure: Figure, side: Side, own: tuple[Part, ...]) -> None:
        parts = tuple((one.measure, one.as_of, one.times, one.whole_bank) for one in own)
        asked = line.asked
        whole = asked.slice in line.metric.composition and side is Side.DENOMINATOR
        over = line.reading.over if line.metric.kind is Kind.INDEX else None
        cut = None if whole else asked.cut
        key = (side, parts, asked.branch, cut, asked.as_of, asked.version, over)
        name = self._known.get(key)
        is_new = name is None
        if name is None:
            name = self._known[key] = f"{line.name}-{side.value}"
        self.of_figure[line.name, side] = name
        self.parts += [self._told(line, figure, one, name) for one in own]
        if is_new:
            self._write_list(name, figure, side, own, cut=asked.cut, over=over)

    def _write_list(
        self,
        name: str,
        figure: Figure,
        side: Side,
        own: tuple[Part, ...],
        *,
        cut: tuple[str, str] | None,
        over: str | None,
    ) -> None:
        with_rows = [part for part in own if figure.has_rows(part)]
        complete = True
        frames = []
        if with_rows:
            for part, rows in zip(with_rows, figure.rows(side, cut=cut), strict=True):
                member = pl.lit(None, dtype=TEXT)
                held = rows
                if over is not None:
                    held = rows.join(_members(figure, part, over), on="loan_id", how="left")
                    member = pl.col("_member")
                frames.append(
                    held.with_columns(factor=pl.lit(part.times, dtype=WIDE), member=member)
                )
        for part in own:
            if part not in with_rows:
                complete = self._write_reported(name, figure, part) and complete
        path = self.work / f"{name}.parquet"
        if frames:
            every = figure.overridden(pl.concat(frames))
            complete = self._all_seen(every) and complete
            self._sink(self.scope.limit(every, "branch_id"), name, path)
        held = pl.scan_parquet(path) if path.exists() else pl.LazyFrame(schema=dict(ROW))
        told = held.select(
            rows=pl.len(),
            clients=pl.col("borrower_id").n_unique(),
            amount=pl.col("amount").sum(),
        ).collect()
        count, clients, amount = told.row(0)
        self._rows += count
        self.lists.append(
            {
                "list": name,
                "side": side.value,
                "file": f"rows/{name}.parquet" if frames else None,
                "rows": count,
                "clients": clients,
                "amount": amount,
                "complete": complete,
            }
        )
        self._mind_limit()

    def _write_reported(self, name: str, figure: Figure, part: Part) -> bool:
        """What the bank reports as a whole; for those who may see the whole bank."""
        amount = reported(figure, part)
        root = figure.tree.root
        if amount is None or (self.scope.branches is not None and root not in self.scope.branches):
            return False
        self.reported.append(
            {
                "list": name,
                "measure": part.measure,
                "as_of_date": part.as_of,
                "amount": amount,
                "factor": part.times,
            }
        )
        return True

    def _gather_left_out(self, line: Line, figure: Figure, *, listed: bool) -> None:
        frames = list(figure.rows(Side.EXCLUDED, cut=line.asked.cut))
        if not frames:
            return
        rows = figure.overridden(pl.concat(frames)).with_columns(
            factor=pl.lit(None, dtype=WIDE), member=pl.lit(None, dtype=TEXT)
        )
        own = self.scope.limit(rows, "branch_id")
        path = self.work / "left_out" / f"{line.name}.parquet"
        path.parent.mkdir(exist_ok=True)
        if listed:
            self._sink(own, f"{line.name}-left-out", path)
            own = pl.scan_parquet(path)
            self._rows += own.select(pl.len()).collect().item()
            self._mind_limit()
        by = ["as_of_date", "rule", "why", "because"]
        counted = (
            own.group_by(by)
            .agg(
                rows=pl.len(),
                clients=pl.col("borrower_id").n_unique(),
                balance=pl.col("balance").sum(),
            )
            .sort(by)
            .collect(engine="streaming")
        )
        self.left_out.append(
            counted.with_columns(figure=pl.lit(line.name)).select(
                pl.col(name).cast(dtype) for name, dtype in LEFT_OUT.items()
            )
        )

    def _sink(self, rows: pl.LazyFrame, name: str, path: Path) -> None:
        rows.with_columns(list=pl.lit(name)).select(
            pl.col(column).cast(dtype) for column, dtype in ROW.items()
        ).sink_parquet(path)

    def _all_seen(self, rows: pl.LazyFrame) -> bool:
        """Whether the reader may see every row of a list."""
        if self.scope.branches is None:
            return True
        hidden = ~pl.col("branch_id").is_in(sorted(self.scope.branches)).fill_null(value=False)
        return not rows.filter(hidden).head(1).collect().height

    def _mind_limit(self) -> None:
        if self.limit.rows is not None and self._rows > self.limit.rows:
            raise BranchmarkError(
                f"The rows behind these figures are more than {self.limit.rows:,}. "
                f"{self.limit.way_out}"
            )

    def _told(self, line: Line, figure: Figure, part: Part, name: str) -> dict[str, object]:
        catalogue, _ = figure.judged_by(part)
        measure = catalogue.measures[part.measure]
        return {
            "figure": line.name,
            "side": part.side.value,
            "list": name,
            "metric_id": part.metric_id,
            "measure": part.measure,
            "taken": measure.aggregation.value,
            "over": measure.over,
            "flag": measure.where,
            "as_of_date": part.as_of,
            "snapshot_version": figure.rows_at(part.as_of).month.version,
            "factor": part.times,
            "whole_bank": part.whole_bank,
        }


def reported(figure: Figure, part: Part) -> Decimal | None:
    """What the bank reports as a whole, as known at a part's month end; none if it does not."""
    catalogue, _ = figure.judged_by(part)
    kind = catalogue.measures[part.measure].over
    held = figure.rows_at(part.as_of).material.tables.month.get(NET_CAPITAL.name)
    if held is None:
        return None
    known = (
        held.filter(pl.col("kind") == kind, pl.col("reported_on") <= part.as_of)
        .sort("reported_on")
        .tail(1)
        .collect()
    )
    return known["amount"][0] if known.height else None


def _members(figure: Figure, part: Part, over: str) -> pl.LazyFrame:
    """The member of a slice that each loan of a month is in: `loan_id, _member`."""
    catalogue, _ = figure.judged_by(part)
    rows = figure.rows_at(part.as_of).of(catalogue.measures[part.measure], catalogue, over)
    column = SLICE_COLUMNS.get(over, over)
    return rows.select("loan_id", _member=pl.col(column).fill_null(UNTAGGED))
