"""A list of rows as it stands in a pack: in order, as Parquet and as CSV, borrowers without their identity.

Borrowers stand under numbers of the pack's own, in the order of their first loan in it, so that a pack made
again is the same and leads back to nobody. Which rows are in a list is said in `lists`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from dashboards.exports.guarded import guarded
from dashboards.masking import DOTS
from orchestration.bank import Bank
from transforms import reasons
from transforms.schema import DAY, TEXT, WIDE

ROW: Final[Mapping[str, pl.DataType]] = {
    "list": TEXT,
    "loan_id": TEXT,
    "borrower_id": TEXT,
    "branch_id": TEXT,
    "as_of_date": DAY,
    "side": TEXT,
    "amount": WIDE,
    "balance": WIDE,
    "measure": TEXT,
    "factor": WIDE,
    "member": TEXT,
    "rule": TEXT,
    "why": TEXT,
    "because": TEXT,
    "overridden": TEXT,
}
"""Columns of a list. `amount` is what the row adds, its factor in it; `member` the part of an index."""
NUMBERS: Final = ("amount", "balance", "factor")

_PLACES: Final = 6
_GROUP: Final = 100_000
"""Rows in a group of a Parquet file: always the same, so that the same rows are the same bytes."""


@dataclass(frozen=True, eq=False)
class Borrowers:
    """How borrowers are called in a pack: by their own numbers, or by numbers of the pack's own.

    Attributes:
        names: `borrower_id` and `borrower`; none where they stand by their own numbers.
    """

    names: pl.DataFrame | None

    @classmethod
    def of(cls, files: Sequence[Path], *, revealed: bool) -> "Borrowers":
        """The borrowers of gathered lists, numbered in the order of their first loan."""
        if revealed:
            return cls(None)
        schema = {"borrower_id": TEXT, "loan_id": TEXT}
        every = pl.scan_parquet(list(files)) if files else pl.LazyFrame(schema=schema)
        first = (
            every.filter(pl.col("borrower_id").is_not_null())
            .group_by("borrower_id")
            .agg(pl.col("loan_id").min())
            .collect(engine="streaming")
        )
        # Of those that no loan tells apart nothing may be read from their order either.
        ordered = first.sort(
            pl.col("loan_id"), pl.col("borrower_id").hash(0), "borrower_id", nulls_last=True
        )
        number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(_PLACES)
        return cls(ordered.select("borrower_id", borrower=pl.concat_str(pl.lit(DOTS), number)))

    def put(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows with `borrower_id` as it stands in the pack."""
        if self.names is None:
            return rows
        return (
            rows.join(self.names.lazy(), on="borrower_id", how="left")
            .with_columns(borrower_id=pl.col("borrower"))
            .drop("borrower")
        )

    def called(self, number: str) -> str:
        """One borrower as it is called in the pack; dots alone for one that is not in its lists."""
        if self.names is None:
            return number
        found = self.names.filter(pl.col("borrower_id") == number)["borrower"]
        return str(found[0]) if found.len() else DOTS


def finish(raw: Path, folder: Path, borrowers: Borrowers) -> None:
    """Write a gathered list as it stands in the pack: in order, borrowers as they are called."""
    folder.mkdir(parents=True, exist_ok=True)
    order = ("loan_id", "as_of_date", "measure", "factor", "branch_id", "borrower_id", "amount")
    rows = borrowers.put(pl.scan_parquet(raw)).select(*ROW)
    parquet = folder / raw.name
    rows.sort(*order, "balance", "why", nulls_last=True).sink_parquet(
        parquet, row_group_size=_GROUP, maintain_order=True
    )
    table = parquet.with_suffix(".csv")
    texts = pl.scan_parquet(parquet).map_batches(guarded, streamable=True)
    texts.with_columns(plain(name) for name in NUMBERS).sink_csv(
        table, include_bom=True, maintain_order=True
    )


def plain(name: str) -> pl.Expr:
    """A decimal as text without needless zeros."""
    text = pl.col(name).cast(WIDE).cast(pl.String)
    return text.str.strip_chars_end("0").str.strip_chars_end(".").alias(name)


def reasons_of(bank: Bank, found: pl.DataFrame) -> pl.DataFrame:
    """The keys of reasons that stand in lists, in words: `as_of_date, why, en, zh`.

    Args:
        bank: whose definitions.
        found: `as_of_date` and `why` of the rows.
    """
    rows = []
    keys = found.drop_nulls().unique().sort("as_of_date", "why")
    for day, why in keys.select("as_of_date", "why").iter_rows():
        said = reasons.words(why, bank.definitions.on(day), bank.reference.thresholds(day))
        rows.append((day, why, said.en, said.zh))
    return pl.DataFrame(
        rows, schema={"as_of_date": DAY, "why": TEXT, "en": TEXT, "zh": TEXT}, orient="row"
    )
