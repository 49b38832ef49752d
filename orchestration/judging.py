"""Delivered rows judged: typed as evidence, split into accepted and rejected, accounted for to the cent.

What an intake and a dry run share. Opening files belongs in `orchestration.sources`, storing what was
judged in `orchestration.intake`; the rules are those of `expectations`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import narwhals as nw
import polars as pl

from expectations.delivered import Delivered, reference_context
from expectations.delivered import Source as ContextSource
from expectations.rejection import judge
from orchestration.as_delivered import as_json
from orchestration.bank import SYSTEM, Bank
from orchestration.receipts import TableReceipt
from orchestration.sources import Source
from records.deliveries import (
    ACCOUNT,
    REJECTED,
    TableDelivery,
    amount_column,
    branch_column,
    currency_column,
)
from transforms import book
from transforms.engines import POLARS, neutral
from transforms.errors import MappingError
from transforms.mappings.model import Mapping as BookMapping
from transforms.mappings.model import statements
from transforms.reference.tables import Taxonomy
from transforms.schema import FX_RATE, TABLES

Progress = Callable[[str], None]
"""Told what is being done, in a few words."""

_STAMPED: Final = frozenset({"as_of_date", "snapshot_version", "batch_id"})
_MONEY: Final = ("delivered", "accepted", "rejected")


@dataclass(frozen=True, eq=False)
class Part:
    """One file's share of a table."""

    source: Source
    mapping: BookMapping
    table: book.ConformedTable
    counts: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Split:
    """One table of a delivery, judged."""

    delivery: TableDelivery
    receipt: TableReceipt
    accepted: pl.LazyFrame
    rejected: pl.LazyFrame
    files: tuple[Path, ...]
    """The typed rows, accepted or not."""
    provided: tuple[str, ...]
    """The columns that the files have, not those that were assumed or left empty."""
    sources: tuple[tuple[str, int], ...]
    """The delivered files, each with how many rows were counted before its first."""

    def place(self, row: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        """The file that a counted row stands in, and its row there, from 1, without headers."""
        names, starts = zip(*self.sources, strict=True)
        number = pl.sum_horizontal([(row > start).cast(pl.Int64) for start in starts]) - 1
        name = number.replace_strict(dict(enumerate(names)), return_dtype=pl.String)
        before = number.replace_strict(dict(enumerate(starts)), return_dtype=pl.Int64)
        return name.alias("source_file"), (row - before).alias("row_in_file")


@dataclass(frozen=True, eq=False)
class Judging:
    """What rows are judged with, and where their typed form is kept."""

    bank: Bank
    as_of: date
    evidence: Path
    scratch: Path
    progress: Progress


def known_sum(name: str) -> pl.Expr:
    """The sum of what is known; empty, and not zero, where rows are there and nothing of them is."""
    known = pl.col(name).is_not_null().any() | (pl.len() == 0)
    return pl.when(known).then(pl.col(name).sum())


def content_hash(parts: Sequence[Part]) -> str:
    """What a table is made from: the files' bytes and the rules of reading them."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part.source.sha256}\0{part.mapping!r}\0{part.table.name}\0".encode())
    return digest.hexdigest()


def judged(
    at: Judging, parts: Mapping[str, Sequence[Part]], *, reason: str | None
) -> dict[str, Split]:
    """Every table of a delivery, in the order given: a loan is judged by branches and rates beside it.

    Raises:
        MappingError: if a mapping's SQL cannot be computed over its file.
        ComputeError: if a value cannot be taken although the file could be read whole.
    """
    splits: dict[str, Split] = {}
    for name, shares in parts.items():
        at.progress(f"judging {name}")
        files = _written(at, name, shares)
        taxonomy = Taxonomy(shares[0].mapping.industry_taxonomy)
        beside = _beside(at, splits, name)
        context: dict[str, ContextSource] = {
            **reference_context(at.bank.reference, taxonomy),
            **beside,
        }
        broken = judge(
            Delivered(
                table=name,
                files=files,
                as_of=at.as_of,
                base_currency=at.bank.workspace.base_currency,
                context=context,
                provided=frozenset(_provided(shares)),
                scratch=at.scratch,
            ),
            at.bank.rules,
        )
        rates = beside.get(FX_RATE.name, pl.DataFrame(schema=FX_RATE.dtypes))
        splits[name] = _split(at, shares, files, broken, rates, reason)
    return splits


def _written(at: Judging, name: str, shares: Sequence[Part]) -> tuple[Path, ...]:
    """The typed rows of a table as Parquet, accepted or not: evidence, and what the checks read.

    Rows of several files are numbered on from file to file.
    """
    files = []
    offset = 0
    for number, share in enumerate(shares):
        path = at.evidence / f"{name}.{number}.parquet"
        rows = share.table.frame.with_columns(pl.col(book.ROW) + offset)
        try:
            rows.sink_parquet(path, compression="zstd", statistics=True)
        except pl.exceptions.ComputeError as error:
            if not any(statements(share.mapping)):
                raise
            raise MappingError(
                share.mapping.name,
                f"its SQL cannot be computed for {share.source.path.name} ({str(error).splitlines()[0]})",
                way_out="Guard divisions with NULLIF and keep amounts within 18 digits.",
            ) from None
        files.append(path)
        offset += share.source.rows
    return tuple(files)


def _beside(at: Judging, splits: Mapping[str, Split], table: str) -> dict[str, pl.DataFrame]:
    """Accepted rows of the tables a row may be judged by: of this delivery, or of an earlier one."""
    held = at.bank.deliveries.chosen(at.as_of)
    found: dict[str, pl.DataFrame] = {}
    for name in ("branch", FX_RATE.name, "branch_hierarchy"):
        if name == table:
            continue
        if name in splits:
            found[name] = splits[name].accepted.drop(book.ROW).collect()
        elif name in held:
            found[name] = at.bank.deliveries.rows(SYSTEM, held[name]).drop(book.ROW).collect()
    return found


def _provided(shares: Sequence[Part]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for share in shares for column in share.table.provided))


def _split(
    at: Judging,
    shares: Sequence[Part],
    files: tuple[Path, ...],
    broken: pl.DataFrame,
    rates: pl.DataFrame,
    reason: str | None,
) -> Split:
    name = shares[0].table.name
    typed = pl.scan_parquet(list(files))
    numbers = broken["source_row_no"]
    keep = ~pl.col(book.ROW).is_in(numbers.implode())
    accepted = typed.filter(keep).select(*TABLES[name].column_names, book.ROW)
    counted = _counted(name, typed.with_columns(_kept=keep), rates, at.bank.workspace.base_currency)
    receipt = TableReceipt(
        table=name,
        source_files=tuple(share.source.path.name for share in shares),
        encoding=shares[0].source.encoding,
        delimiter=shares[0].source.delimiter,
        source_rows=sum(share.source.rows for share in shares),
        outside_rows=sum(share.counts["outside"] for share in shares),
        read_as="; ".join(share.source.told for share in shares),
        **_totals(counted, has_amount=amount_column(name) is not None),
    )
    batch = {
        **{
            field: getattr(receipt, field)
            for field in TableReceipt.__dataclass_fields__
            if field not in ("table", "source_files")
        },
        "mapping": shares[0].mapping.name,
        "source_file": "; ".join(receipt.source_files),
        "source_sha256": "; ".join(share.source.sha256 for share in shares),
        "columns": _provided(shares),
        "assumed": [column for share in shares for column in share.table.assumed],
        "taxonomy": shares[0].mapping.industry_taxonomy,
        "content_hash": content_hash(shares),
        "delivered_file": "; ".join(str(path.name) for path in files),
        "received_at": datetime.now(UTC),
        "reason": reason,
    }
    account = counted.select(name for name in ACCOUNT if name not in _STAMPED)
    kept_aside = _kept_aside(at, shares, typed, broken)
    delivery = TableDelivery(name, batch, accepted, kept_aside, account)
    starts = accumulate((share.source.rows for share in shares[:-1]), initial=0)
    sources = tuple(
        (share.source.path.name, start) for share, start in zip(shares, starts, strict=True)
    )
    return Split(delivery, receipt, accepted, kept_aside, files, _provided(shares), sources)


def _counted(
    table: str, marked: pl.LazyFrame, rates: pl.DataFrame, base_currency: str
) -> pl.DataFrame:
    """Rows and money by branch and currency: columns of `ACCOUNT` but for its stamps, and `*_gross`.

    Money is added up in its own currency and converted once, so that accepted and rejected add up to
    delivered in both.
    """
    amount, branch, currency = amount_column(table), branch_column(table), currency_column(table)
    kept = pl.col("_kept")
    wide = pl.Decimal(38, 2)
    money = pl.col(amount).cast(wide) if amount else pl.lit(None, dtype=wide)
    counted = (
        marked.group_by(
            branch_id=pl.col(branch) if branch else pl.lit(None, dtype=pl.String),
            currency_code=pl.col(currency) if currency else pl.lit(None, dtype=pl.String),
        )
        .agg(
            delivered_rows=pl.len().cast(pl.Int64),
            accepted_rows=kept.sum().cast(pl.Int64),
            rows_without_amount=(pl.col(amount).is_null().sum() if amount else pl.lit(0)).cast(
                pl.Int64
            ),
            delivered_amount=money.sum(),
            accepted_amount=money.filter(kept).sum(),
            delivered_gross=money.abs().sum(),
            rejected_gross=money.filter(~kept).abs().sum(),
        )
        .with_columns(
            rejected_rows=pl.col("delivered_rows") - pl.col("accepted_rows"),
            rejected_amount=pl.col("delivered_amount") - pl.col("accepted_amount"),
        )
    )
    if not amount:
        nothing = pl.lit(None, dtype=wide)
        counted = counted.with_columns(
            **{f"{part}_amount": nothing for part in _MONEY},
            delivered_gross=nothing,
            rejected_gross=nothing,
        )
    known = pl.concat(
        [
            rates.lazy()
            .filter(pl.col("currency_code") != base_currency)
            .select("currency_code", "rate"),
            pl.LazyFrame({"currency_code": [base_currency], "rate": ["1"]}).with_columns(
                pl.col("rate").cast(FX_RATE.column("rate").dtype)
            ),
        ]
    ).unique("currency_code", keep="first", maintain_order=True)
    priced = neutral(counted.join(known, on="currency_code", how="left"))
    for given, converted in (
        ("delivered_amount", "delivered_in_base"),
        ("accepted_amount", "accepted_in_base"),
        ("delivered_gross", "delivered_gross"),
        ("rejected_gross", "rejected_gross"),
    ):
        priced = POLARS.with_money_product(priced, converted, given, "rate")
    native: pl.LazyFrame = nw.to_native(priced)
    return (
        native.with_columns(
            rejected_in_base=pl.col("delivered_in_base") - pl.col("accepted_in_base"),
            table=pl.lit(table),
        )
        .select(
            *(pl.col(name).cast(dtype) for name, dtype in ACCOUNT.items() if name not in _STAMPED),
            "delivered_gross",
            "rejected_gross",
        )
        .sort("branch_id", "currency_code", nulls_last=True)
        .collect()
    )


def _totals(counted: pl.DataFrame, *, has_amount: bool) -> dict[str, Any]:
    """The account of the whole table; money in base currency, where there is a rate."""
    rows = ("delivered_rows", "accepted_rows", "rejected_rows", "rows_without_amount")
    sums = counted.select(
        *(pl.col(name).sum() for name in rows),
        rows_without_rate=pl.col("delivered_rows")
        .filter(pl.col("delivered_in_base").is_null())
        .sum(),
        **{f"{part}_amount": known_sum(f"{part}_in_base") for part in _MONEY},
        delivered_gross=known_sum("delivered_gross"),
        rejected_gross=known_sum("rejected_gross"),
    ).row(0, named=True)
    if has_amount:
        return sums
    money = (*(f"{part}_amount" for part in _MONEY), "delivered_gross", "rejected_gross")
    return {**sums, "rows_without_rate": 0, **dict.fromkeys(money)}


def _kept_aside(
    at: Judging, shares: Sequence[Part], typed: pl.LazyFrame, broken: pl.DataFrame
) -> pl.LazyFrame:
    """Rejected rows with what was delivered, word for word, and every rule they break.

    They are streamed into a file of the scratch: by a wrong mapping a whole book may be rejected.
    """
    name = shares[0].table.name
    columns = [column for column in REJECTED if column not in _STAMPED]
    if broken.is_empty():
        return pl.LazyFrame(schema={column: REJECTED[column] for column in columns})
    words = []
    offset = 0
    for share in shares:
        numbers = broken["source_row_no"] - offset
        rows = share.source.frame.filter(pl.col(book.ROW).is_in(numbers.implode()))
        types = {n: t for n, t in rows.collect_schema().items() if n != book.ROW}
        words.append(
            rows.select(
                (pl.col(book.ROW) + offset).alias(book.ROW),
                row_in_file=pl.col(book.ROW),
                source_file=pl.lit(share.source.path.name),
                as_delivered=as_json(types),
            )
        )
        offset += share.source.rows
    known = {
        "amount": amount_column(name),
        "branch_id": branch_column(name),
        "currency_code": currency_column(name),
    }
    facts = typed.select(
        book.ROW,
        "problems",
        **{
            meant: pl.col(column) if column else pl.lit(None, dtype=REJECTED[meant])
            for meant, column in known.items()
        },
    )
    worded = {
        "reasons_en": {rule.id: rule.reason.en for rule in at.bank.rules},
        "reasons_zh": {rule.id: rule.reason.zh for rule in at.bank.rules},
        "remedies_en": {rule.id: rule.remedy.en for rule in at.bank.rules},
        "remedies_zh": {rule.id: rule.remedy.zh for rule in at.bank.rules},
    }
    judged_rows = broken.lazy()
    path = at.scratch / f"{name}.rejected.parquet"
    (
        # What was delivered comes first, so that the short side of each join is the one that is held.
        pl.concat(words)
        .join(judged_rows, on=book.ROW, how="inner", maintain_order="left")
        .join(
            facts.join(judged_rows, on=book.ROW, how="semi"),
            on=book.ROW,
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.col("rule_ids")
            .list.eval(pl.element().replace_strict(words_of, return_dtype=pl.String))
            .alias(meant)
            for meant, words_of in worded.items()
        )
        .with_columns(table=pl.lit(name))
        .select(pl.col(column).cast(REJECTED[column]) for column in columns)
        .sink_parquet(path)
    )
    return pl.scan_parquet(path)
