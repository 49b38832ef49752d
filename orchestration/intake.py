"""A delivery from file to lake: read whole, mapped, judged, split and stored - or refused, whole.

The steps are the rooms of the house: `sources` opens, `transforms.book` conforms, `judging` splits,
`records.deliveries` keeps. Every delivered row ends up accepted or rejected; the account of it is the
receipt. A draft goes the same way and leaves nothing behind.
"""

import shutil
import tempfile
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from orchestration import canonical_files
from orchestration.auditing import COMMAND_LINE, noted
from orchestration.bank import Bank
from orchestration.gate import gate_of
from orchestration.judging import Judging, Part, Progress, Split, content_hash, judged, known_sum
from orchestration.receipts import Finding, Receipt
from orchestration.sources import Source, open_source, state_of
from orchestration.sources.source import first_line
from records.deliveries import amount_column
from records.evidence_files import file_hash
from records.ledger.events import DELIVERED
from transforms import book
from transforms.errors import BadDateError, MappingError, RestatementError, UnreadableFileError
from transforms.mappings.model import CANONICAL, packaged_text, parse_mapping
from transforms.mappings.model import Mapping as BookMapping
from transforms.periods import month_end
from transforms.schema import TABLES, Delivery

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
    "overrides.csv": "override",
}
"""Files of the workspace itself that go with a delivery which does not bring those tables."""

_LEFT_LYING: Final = "targets.csv"
"""A file that went with deliveries once; targets are entered now."""


def ingest(  # noqa: PLR0913 - a delivery says so much
    bank: Bank,
    paths: Sequence[Path],
    *,
    mapping: str,
    as_of: date | None,
    table: str | None = None,
    reason: str | None = None,
    by: str = COMMAND_LINE,
    progress: Progress = lambda _: None,
) -> Receipt:
    """Take a delivery for a month.

    Args:
        bank: the workspace at work.
        paths: the delivered files; several of the same table are read one after the other. None for
            a mapping that asks a database.
        mapping: name of a mapping of the workspace or of the product, or `canonical`.
        as_of: the month end; the files' own statement if not given.
        table: for canonical files, the table, where names and columns do not say it.
        reason: why a month is delivered again.
        by: who delivers, for the audit log.
        progress: is told each step.

    Raises:
        UnreadableFileError, MappingError, BadDateError: nothing of the delivery is then taken.
        RestatementError: if the month holds one of the tables already and no reason is given.
    """
    batch_id = uuid.uuid4().hex[:12]
    scratch = bank.workspace.scratch / batch_id
    evidence = bank.deliveries.evidence(batch_id)
    with bank.writing("take a delivery", wait_seconds=60):
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
                (reason or "").strip() or None,
            )
            kept = not receipt.unchanged
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            if not kept:
                shutil.rmtree(evidence, ignore_errors=True)
    return receipt if receipt.unchanged else _noted(bank, receipt, batch_id, by)


def _noted(bank: Bank, receipt: Receipt, batch_id: str, by: str) -> Receipt:
    """The receipt of a delivery that the audit log holds, or says that it does not."""
    taken = bank.deliveries.batches().filter(pl.col("batch_id") == batch_id).to_dicts()
    folder = bank.deliveries.evidence(batch_id)
    tables = {
        row["table"]: {
            "source_file": row["source_file"],
            "source_sha256": row["source_sha256"],
            "content_hash": row["content_hash"],
            "delivered_rows": row["delivered_rows"],
            "accepted_rows": row["accepted_rows"],
            "files": {name: file_hash(folder / name) for name in row["delivered_file"].split("; ")},
        }
        for row in taken
    }
    told = noted(
        bank,
        who=by,
        action=DELIVERED,
        subject=receipt.as_of_date.isoformat(),
        detail={
            "batch_id": batch_id,
            "snapshot_version": receipt.snapshot_version,
            "tables": tables,
        },
    )
    return receipt if told is None else replace(receipt, notes=(*receipt.notes, told))


@dataclass(frozen=True, eq=False)
class _Delivery:
    """A delivery being taken: where it goes and who is told."""

    bank: Bank
    batch_id: str
    scratch: Path
    evidence: Path
    progress: Progress
    seen: dict[Path, object] = field(default_factory=dict)
    """The state of every file as it was before it was read."""

    def judging(self, as_of: date) -> Judging:
        """What its rows are judged with."""
        return Judging(self.bank, as_of, self.evidence, self.scratch, self.progress)


def _taken(
    delivery: _Delivery,
    paths: Sequence[Path],
    mapping: str,
    as_of: date | None,
    table: str | None,
    reason: str | None,
) -> Receipt:
    with _as_it_was(delivery):
        return _judged_and_stored(delivery, paths, mapping, as_of, table, reason)


def _judged_and_stored(
    delivery: _Delivery,
    paths: Sequence[Path],
    mapping: str,
    as_of: date | None,
    table: str | None,
    reason: str | None,
) -> Receipt:
    bank = delivery.bank
    day, parts = _read(delivery, paths, mapping, as_of, table)
    hashes = {name: content_hash(shares) for name, shares in parts.items()}
    version = bank.deliveries.same(day, hashes)
    unchanged = version is not None
    if version is None:
        version = bank.deliveries.next_version(day, frozenset(parts))
        _require_reason(bank, day, parts, reason)
    splits = judged(delivery.judging(day), parts, reason=reason)
    _must_be_unchanged(delivery)
    if not unchanged:
        delivery.progress("storing")
        bank.deliveries.store(
            day, version, delivery.batch_id, [split.delivery for split in splits.values()]
        )
    return _receipt(bank, day, version, parts, splits, unchanged=unchanged)


@contextmanager
def _as_it_was(delivery: _Delivery) -> Generator[None]:
    """Turns what a reader stumbles over behind an opened file into a refusal.

    A file may be taken away or written on after it was looked at; a type may be one that no canonical
    column takes.
    """
    try:
        yield
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        _must_be_unchanged(delivery)
        if isinstance(error, OSError):
            raise
        raise UnreadableFileError(
            ", ".join(str(path) for path in delivery.seen),
            f"a value in it cannot be taken ({first_line(error)[:200]})",
            way_out="Deliver its columns as text, whole numbers, decimals or dates.",
        ) from None


def _must_be_unchanged(delivery: _Delivery) -> None:
    for path, before in delivery.seen.items():
        if state_of(path) != before:
            raise UnreadableFileError(
                str(path),
                "it changed while it was read",
                way_out="Deliver it again when it is written to its end.",
            )


def _require_reason(
    bank: Bank, day: date, parts: Mapping[str, list[Part]], reason: str | None
) -> None:
    """A table that comes a second time for a month changes what was said before: somebody says why."""
    held = bank.deliveries.chosen(day)
    again = [name for name in parts if name in held and held[name].as_of_date == day]
    if again and reason is None:
        raise RestatementError(day, again, bank.deliveries.latest_version(day))


@dataclass(frozen=True, eq=False)
class Draft:
    """A delivery read and judged, and stored nowhere.

    Attributes:
        receipt: what would become of it.
        splits: its tables; their frames live as long as the draft is open.
        scratch: a folder for what is made of it, as long as it is open.
    """

    receipt: Receipt
    splits: Mapping[str, Split]
    scratch: Path


@contextmanager
def draft(
    bank: Bank,
    paths: Sequence[Path],
    *,
    mapping: str,
    as_of: date | None,
    table: str | None = None,
    within: Path | None = None,
    progress: Progress = lambda _: None,
) -> Generator[Draft]:
    """A delivery as it would be taken, judged by the same rules; what the workspace holds is only read.

    Takes what `ingest` takes and raises what it raises, but for the reason of a restatement. What is made
    of the files lies in a folder `within` as long as the draft is open, or where the system keeps such.
    """
    with tempfile.TemporaryDirectory(prefix="branchmark-", dir=within) as folder:
        scratch, evidence = Path(folder) / "scratch", Path(folder) / "evidence"
        scratch.mkdir()
        evidence.mkdir()
        delivery = _Delivery(bank, "draft", scratch, evidence, progress)
        with _as_it_was(delivery):
            day, parts = _read(delivery, paths, mapping, as_of, table)
            splits = judged(delivery.judging(day), parts, reason=None)
            _must_be_unchanged(delivery)
        version = bank.deliveries.next_version(day, frozenset(parts))
        yield Draft(_receipt(bank, day, version, parts, splits, unchanged=False), splits, scratch)


def _read(
    delivery: _Delivery,
    paths: Sequence[Path],
    mapping: str,
    as_of: date | None,
    table: str | None,
) -> tuple[date, dict[str, list[Part]]]:
    """The month that is delivered, and every table of it with its files, in the order of judging."""
    bank = delivery.bank
    if not paths and mapping == CANONICAL:
        raise MappingError(
            mapping,
            "no file is named",
            way_out="Name the delivered files, or a mapping that asks a database.",
        )
    sources: list[tuple[Source, BookMapping]] = []
    for path in paths or (None,):
        delivery.progress(f"reading {path.name if path else 'the database'}")
        sources += _opened(delivery, path, mapping, table, as_of)
    day = _settled_month(sources, as_of)
    parts = _parts(delivery, sources, day)
    companions = [
        opened
        for name, companion in _COMPANIONS.items()
        if companion not in parts and (bank.workspace.root / name).is_file()
        for opened in _opened(delivery, bank.workspace.root / name, CANONICAL, companion)
    ]
    held = bank.deliveries.chosen(day)
    for name, shares in _parts(delivery, companions, day).items():
        # A companion that has not changed since it was taken is no new delivery of its table.
        if name not in held or held[name].content_hash != content_hash(shares):
            parts[name] = shares
    return day, {name: parts[name] for name in _ORDER if name in parts}


def _receipt(
    bank: Bank,
    day: date,
    version: int,
    parts: Mapping[str, list[Part]],
    splits: Mapping[str, Split],
    *,
    unchanged: bool,
) -> Receipt:
    tables = tuple(split.receipt for split in splits.values())
    return Receipt(
        as_of_date=day,
        snapshot_version=version,
        unchanged=unchanged,
        tables=tables,
        findings=_findings(bank, splits),
        notes=(*_notes(parts), *_of_tomorrow(day), *_left_lying(bank)),
        gate=gate_of(bank, tables),
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
    delivery: _Delivery,
    path: Path | None,
    mapping: str,
    table: str | None,
    as_of: date | None = None,
) -> tuple[tuple[Source, BookMapping], ...]:
    """A delivery opened, and what its columns mean; a mapping that asks a database needs no path.

    A workbook of canonical names may hold several tables.
    """
    if path is not None:
        delivery.seen[path] = state_of(path)
    if mapping == CANONICAL and path is not None:
        opened = canonical_files.opened(path, scratch=delivery.scratch, table=table)
        for _, shares in opened:
            _must_be_deliverable(shares)
        return opened
    found = find_mapping(delivery.bank, mapping)
    _must_be_deliverable(found)
    rules = found.source
    return ((open_source(path, scratch=delivery.scratch, rules=rules, as_of=as_of), found),)


def _must_be_deliverable(mapping: BookMapping) -> None:
    """Refuses tables that people enter, so that there is one place where they stand."""
    for name in mapping.tables:
        if TABLES[name].delivery is Delivery.ENTERED:
            raise MappingError(
                mapping.name,
                f"the table {name} is entered in the ledger, and no file delivers it",
                way_out=f"Import it with: branchmark {name}s import FILE --by NAME.",
            )


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
) -> dict[str, list[Part]]:
    """Every file's share of every table, by table, in the order tables are judged."""
    found: dict[str, list[Part]] = {}
    for source, mapping in sources:
        conformed = book.conform(
            source.frame,
            mapping,
            as_of=as_of,
            base_currency=delivery.bank.workspace.base_currency,
        )
        counts = conformed.counts.collect().row(0, named=True)
        for table in conformed.tables:
            part = Part(source, mapping, table, counts)
            found.setdefault(table.name, []).append(part)
    return {name: found[name] for name in _ORDER if name in found}


def _findings(bank: Bank, splits: Mapping[str, Split]) -> tuple[Finding, ...]:
    rules = {rule.id: rule for rule in bank.rules}
    found = []
    for name, split in splits.items():
        counted = (
            split.rejected.explode("rule_ids")
            .group_by("rule_ids")
            .agg(rows=pl.len().cast(pl.Int64), amount=known_sum("amount"))
            .sort("rule_ids")
            .collect()
        )
        for rule_id, rows, amount in counted.iter_rows():
            rule = rules[rule_id]
            money = amount if amount_column(name) else None
            found.append(Finding(rule_id, name, rows, money, rule.reason.en, rule.remedy.en))
    return tuple(found)


def _of_tomorrow(day: date) -> tuple[str, ...]:
    """A month that has not begun is mostly a slip in the year."""
    today = datetime.now(UTC).date()
    if day <= month_end(today):
        return ()
    return (f"{day.isoformat()} lies ahead: today is {today.isoformat()}. Check --as-of.",)


def _left_lying(bank: Bank) -> tuple[str, ...]:
    """A file that somebody may think goes with the delivery."""
    if not (bank.workspace.root / _LEFT_LYING).is_file():
        return ()
    told = (
        f"{_LEFT_LYING} was not taken: targets are entered in the ledger. Import it with "
        f"branchmark targets import {_LEFT_LYING} --by NAME, and move it away."
    )
    return (told,)


def _notes(parts: Mapping[str, list[Part]]) -> tuple[str, ...]:
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
