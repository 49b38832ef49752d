"""A delivery from file to lake: read whole, mapped, judged, split and stored - or refused, whole.

The steps are the rooms of the house: `sources` opens, `transforms.book` conforms, `expectations`
judges, `records.deliveries` keeps. Every delivered row ends up accepted or rejected; the account of it
is the receipt.
"""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from expectations.delivered import Delivered, reference_context
from expectations.delivered import Source as ContextSource
from expectations.rejection import judge
from orchestration.bank import SYSTEM, Bank
from orchestration.receipts import Finding, Receipt, TableReceipt
from orchestration.sources import Source, open_source
from records.deliveries import REJECTED, TableDelivery, amount_column, branch_column
from transforms import book
from transforms.errors import BadDateError, MappingError
from transforms.mappings.canonical import canonical_mapping
from transforms.mappings.model import CANONICAL, packaged_text, parse_mapping
from transforms.mappings.model import Mapping as BookMapping
from transforms.periods import month_end
from transforms.reference.tables import Taxonomy
from transforms.schema import TABLES

Progress = Callable[[str], None]
"""Told what is being done, in a few words."""

_FIRST: Final = (
    "fx_rate",
    "branch",
    "branch_hierarchy",
    "borrower_snapshot",
    "tech_enterprise_list",
    "loan_snapshot",
)
_ORDER: Final = (*_FIRST, *(name for name in TABLES if name not in _FIRST))
"""Tables are judged in this order, since a loan is judged by the branches and rates beside it."""

_COMPANIONS: Final = {
    "branches.csv": "branch",
    "branch_hierarchy.csv": "branch_hierarchy",
    "targets.csv": "target",
}
"""Files of the workspace itself that go with a delivery which does not bring those tables."""


@dataclass(frozen=True, eq=False)
class _Part:
    """One file's share of a table."""

    source: Source
    mapping: BookMapping
    table: book.ConformedTable
    counts: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class _Split:
    """One table of the delivery, judged."""

    delivery: TableDelivery
    receipt: TableReceipt
    accepted: pl.LazyFrame
    rejected_rules: pl.DataFrame


def ingest(
    bank: Bank,
    paths: Sequence[Path],
    *,
    mapping: str,
    as_of: date | None,
    table: str | None = None,
    reason: str | None = None,
    progress: Progress = lambda _: None,
) -> Receipt:
    """Take a delivery for a month.

    Args:
        bank: the workspace at work.
        paths: the delivered files; several of the same table are read one after the other.
        mapping: name of a mapping of the workspace or of the product, or `canonical`.
        as_of: the month end; the files' own statement if not given.
        table: for canonical files, the table, where names and columns do not say it.
        reason: why a month is delivered again.
        progress: is told each step.

    Raises:
        UnreadableFileError, MappingError, BadDateError: nothing of the delivery is then taken.
    """
    batch_id = uuid.uuid4().hex[:12]
    scratch = bank.workspace.scratch / batch_id
    evidence = bank.deliveries.evidence(batch_id)
    with bank.workspace.writing("take a delivery", wait_seconds=60):
        # Only the holder of the pen writes here: what lies there was left by an intake that died.
        shutil.rmtree(bank.workspace.scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        evidence.mkdir(parents=True)
        kept = False
        try:
            receipt = _taken(
                _Delivery(bank, batch_id, scratch, evidence, progress),
                paths,
                mapping,
                as_of,
                table,
                reason,
            )
            kept = not receipt.unchanged
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            if not kept:
                shutil.rmtree(evidence, ignore_errors=True)
    return receipt


@dataclass(frozen=True, eq=False)
class _Delivery:
    """A delivery being taken: where it goes and who is told."""

    bank: Bank
    batch_id: str
    scratch: Path
    evidence: Path
    progress: Progress


def _taken(
    delivery: _Delivery,
    paths: Sequence[Path],
    mapping: str,
    as_of: date | None,
    table: str | None,
    reason: str | None,
) -> Receipt:
    bank = delivery.bank
    sources = []
    for path in paths:
        delivery.progress(f"reading {path.name}")
        sources.append(_opened(delivery, path, mapping, table))
    day = _settled_month(sources, as_of)
    parts = _parts(delivery, sources, day)
    companions = [
        _opened(delivery, bank.workspace.root / name, CANONICAL, companion)
        for name, companion in _COMPANIONS.items()
        if companion not in parts and (bank.workspace.root / name).is_file()
    ]
    hashes = {name: _content_hash(shares) for name, shares in parts.items()}
    held = bank.deliveries.chosen(day)
    for name, shares in _parts(delivery, companions, day).items():
        content_hash = _content_hash(shares)
        # A companion that has not changed since it was taken is no new delivery of its table.
        if name not in held or held[name].content_hash != content_hash:
            parts[name] = shares
            hashes[name] = content_hash
    parts = {name: parts[name] for name in _ORDER if name in parts}
    version = bank.deliveries.same(day, hashes)
    unchanged = version is not None
    splits = _judged(delivery, parts, day, hashes, reason)
    if version is None:
        delivery.progress("storing")
        version = bank.deliveries.next_version(day, frozenset(parts))
        bank.deliveries.store(
            day, version, delivery.batch_id, [split.delivery for split in splits.values()]
        )
    return Receipt(
        as_of_date=day,
        snapshot_version=version,
        unchanged=unchanged,
        tables=tuple(split.receipt for split in splits.values()),
        findings=_findings(bank, splits),
        notes=_notes(parts),
    )


def find_mapping(bank: Bank, name: str) -> BookMapping:
    """A mapping of the workspace, or one that comes with the product.

    Raises:
        MappingError: if there is none of that name, or its text cannot be used.
    """
    own = bank.workspace.texts("mappings", ".yaml")
    text = own.get(f"{name}.yaml") or packaged_text(name)
    return parse_mapping(name, text)


def _opened(
    delivery: _Delivery, path: Path, mapping: str, table: str | None
) -> tuple[Source, BookMapping]:
    if mapping == CANONICAL:
        source = open_source(path, scratch=delivery.scratch)
        return source, canonical_mapping(source.columns, stem=path.stem, table=table)
    found = find_mapping(delivery.bank, mapping)
    rules = found.source
    source = open_source(
        path,
        scratch=delivery.scratch,
        format=rules.format,
        encoding=rules.encoding,
        delimiter=rules.delimiter,
        quote=rules.quote,
        header_row=rules.header_row,
    )
    return source, found


def _settled_month(sources: Sequence[tuple[Source, BookMapping]], as_of: date | None) -> date:
    if as_of is not None:
        return as_of
    stated: set[date] = set()
    for source, mapping in sources:
        months = book.stated_months(source.frame, mapping)
        if months is not None:
            stated |= set(months.collect()["as_of_date"].drop_nulls())
    if len(stated) != 1:
        said = "state no month" if not stated else f"state {len(stated)} months"
        raise MappingError(
            sources[0][1].name,
            f"the files {said}",
            way_out="Say which month end is delivered with --as-of YYYY-MM-DD.",
        )
    day = stated.pop()
    if day != month_end(day):
        raise BadDateError(day.isoformat(), nearest=month_end(day))
    return day


def _parts(
    delivery: _Delivery, sources: Sequence[tuple[Source, BookMapping]], as_of: date
) -> dict[str, list[_Part]]:
    """Every file's share of every table, by table, in the order tables are judged."""
    found: dict[str, list[_Part]] = {}
    for source, mapping in sources:
        conformed = book.conform(
            source.frame,
            mapping,
            as_of=as_of,
            base_currency=delivery.bank.workspace.base_currency,
        )
        counts = conformed.counts.collect().row(0, named=True)
        for table in conformed.tables:
            part = _Part(source, mapping, table, counts)
            found.setdefault(table.name, []).append(part)
    return {name: found[name] for name in _ORDER if name in found}


def _content_hash(parts: Sequence[_Part]) -> str:
    """What a table is made from: the files' bytes and the rules of reading them."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part.source.sha256}\0{part.mapping!r}\0{part.table.name}\0".encode())
    return digest.hexdigest()


def _judged(
    delivery: _Delivery,
    parts: Mapping[str, list[_Part]],
    as_of: date,
    hashes: Mapping[str, str],
    reason: str | None,
) -> dict[str, _Split]:
    splits: dict[str, _Split] = {}
    for name, shares in parts.items():
        delivery.progress(f"judging {name}")
        files = _written(delivery, name, shares)
        taxonomy = Taxonomy(shares[0].mapping.industry_taxonomy)
        context: dict[str, ContextSource] = {
            **reference_context(delivery.bank.reference, taxonomy),
            **_beside(delivery, splits, name, as_of),
        }
        rejected = judge(
            Delivered(
                table=name,
                files=files,
                as_of=as_of,
                base_currency=delivery.bank.workspace.base_currency,
                context=context,
                provided=frozenset(_provided(shares)),
                scratch=delivery.scratch,
            ),
            delivery.bank.rules,
        )
        splits[name] = _split(shares, files, rejected, hashes[name], reason)
    return splits


def _written(delivery: _Delivery, name: str, shares: Sequence[_Part]) -> tuple[Path, ...]:
    """The typed rows of a table as Parquet, accepted or not: evidence, and what the checks read.

    Rows of several files are numbered on from file to file.
    """
    files = []
    offset = 0
    for number, share in enumerate(shares):
        path = delivery.evidence / f"{name}.{number}.parquet"
        rows = share.table.frame.with_columns(pl.col(book.ROW) + offset)
        try:
            rows.sink_parquet(path, compression="zstd", statistics=True)
        except pl.exceptions.ComputeError as error:
            raise MappingError(
                share.mapping.name,
                f"its SQL cannot be computed for {share.source.path.name} ({str(error).splitlines()[0]})",
                way_out="Guard divisions with NULLIF and keep amounts within 18 digits.",
            ) from None
        files.append(path)
        offset += share.source.rows
    return tuple(files)


def _beside(
    delivery: _Delivery, splits: Mapping[str, _Split], table: str, as_of: date
) -> dict[str, pl.DataFrame]:
    """Accepted rows of the tables a row may be judged by: of this delivery, or of an earlier one."""
    held = delivery.bank.deliveries.chosen(as_of)
    found: dict[str, pl.DataFrame] = {}
    for name in ("branch", "fx_rate", "branch_hierarchy"):
        if name == table:
            continue
        if name in splits:
            found[name] = splits[name].accepted.drop(book.ROW).collect()
        elif name in held:
            found[name] = delivery.bank.deliveries.rows(SYSTEM, held[name]).drop(book.ROW).collect()
    return found


def _provided(shares: Sequence[_Part]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for share in shares for column in share.table.provided))


def _split(
    shares: Sequence[_Part],
    files: tuple[Path, ...],
    rejected: pl.DataFrame,
    content_hash: str,
    reason: str | None,
) -> _Split:
    name = shares[0].table.name
    typed = pl.scan_parquet(list(files))
    numbers = rejected["source_row_no"]
    keep = ~pl.col(book.ROW).is_in(numbers.implode())
    accepted = typed.filter(keep).select(*TABLES[name].column_names, book.ROW)
    amount = amount_column(name)
    totals = typed.select(
        delivered_rows=pl.len(),
        accepted_rows=keep.sum(),
        rows_without_amount=pl.col(amount).null_count() if amount else 0,
        **{
            f"{part}_amount": pl.col(amount).filter(which).sum().cast(pl.Decimal(38, 2))
            if amount
            else pl.lit(None)
            for part, which in (
                ("delivered", pl.lit(value=True)),
                ("accepted", keep),
                ("rejected", ~keep),
            )
        },
    )
    counted = totals.collect().row(0, named=True)
    receipt = TableReceipt(
        table=name,
        source_files=tuple(share.source.path.name for share in shares),
        encoding=shares[0].source.encoding,
        delimiter=shares[0].source.delimiter,
        source_rows=sum(share.source.rows for share in shares),
        outside_rows=sum(share.counts["outside"] for share in shares),
        rejected_rows=counted["delivered_rows"] - counted["accepted_rows"],
        **counted,
    )
    batch = {
        **{
            field: getattr(receipt, field)
            for field in TableReceipt.__dataclass_fields__
            if field not in ("table", "source_files", "rows_without_amount")
        },
        "mapping": shares[0].mapping.name,
        "source_file": "; ".join(receipt.source_files),
        "source_sha256": "; ".join(share.source.sha256 for share in shares),
        "columns": _provided(shares),
        "assumed": [column for share in shares for column in share.table.assumed],
        "taxonomy": shares[0].mapping.industry_taxonomy,
        "content_hash": content_hash,
        "delivered_file": "; ".join(str(path.name) for path in files),
        "received_at": datetime.now(UTC),
        "reason": reason,
    }
    kept_aside = _kept_aside(shares, typed, rejected)
    return _Split(TableDelivery(name, batch, accepted, kept_aside), receipt, accepted, kept_aside)


def _kept_aside(
    shares: Sequence[_Part], typed: pl.LazyFrame, rejected: pl.DataFrame
) -> pl.DataFrame:
    """Rejected rows with what was delivered, word for word, and every rule they break."""
    name = shares[0].table.name
    columns = [column for column in REJECTED if column not in _STAMPED]
    if rejected.is_empty():
        return pl.DataFrame(schema={column: REJECTED[column] for column in columns})
    words = []
    offset = 0
    for share in shares:
        numbers = rejected["source_row_no"] - offset
        rows = share.source.frame.filter(pl.col(book.ROW).is_in(numbers.implode()))
        words.append(
            rows.select(
                (pl.col(book.ROW) + offset).alias(book.ROW),
                source_file=pl.lit(share.source.path.name),
                as_delivered=pl.struct(pl.exclude(book.ROW)).struct.json_encode(),
            )
        )
        offset += share.source.rows
    amount, branch = amount_column(name), branch_column(name)
    facts = typed.select(
        book.ROW,
        "problems",
        amount=pl.col(amount) if amount else pl.lit(None, dtype=REJECTED["amount"]),
        branch_id=pl.col(branch) if branch else pl.lit(None, dtype=pl.String),
    )
    return (
        rejected.lazy()
        .join(pl.concat(words), on=book.ROW, how="left")
        .join(facts, on=book.ROW, how="left")
        .with_columns(table=pl.lit(name))
        .select(pl.col(column).cast(REJECTED[column]) for column in columns)
        .sort(book.ROW)
        .collect()
    )


_STAMPED: Final = ("as_of_date", "snapshot_version", "batch_id")


def _findings(bank: Bank, splits: Mapping[str, _Split]) -> tuple[Finding, ...]:
    rules = {rule.id: rule for rule in bank.rules}
    found = []
    for name, split in splits.items():
        counted = (
            split.rejected_rules.explode("rule_ids")
            .group_by("rule_ids")
            .agg(rows=pl.len(), amount=pl.col("amount").sum())
            .sort("rule_ids")
        )
        for rule_id, rows, amount in counted.iter_rows():
            rule = rules[rule_id]
            money = amount if amount_column(name) else None
            found.append(Finding(rule_id, name, rows, money, rule.reason.en, rule.remedy.en))
    return tuple(found)


def _notes(parts: Mapping[str, list[_Part]]) -> tuple[str, ...]:
    """What a person should know of how the files were read, each once."""
    notes: dict[str, None] = {}
    for name, shares in parts.items():
        for share in shares:
            for note in (*share.source.notes, *share.mapping.notes, *share.table.notes):
                notes[note] = None
            odd = share.table.tally.collect().row(0, named=True)
            if odd["disagreements"]:
                notes[
                    f"{name}: {odd['disagreements']} key(s) stand in rows that disagree; "
                    "the first row was taken."
                ] = None
            if share.table.assumed:
                assumed = ", ".join(share.table.assumed)
                notes[f"{name}: assumed, since the file has no such column: {assumed}."] = None
    return tuple(notes)
