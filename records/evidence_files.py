"""Whether the files behind deliveries are what was delivered: typed rows, accepted rows, archived sources.

Hashes of typed rows are in the event that the delivery wrote into the ledger; deliveries from before there
were events are held against their counts. What else is verified belongs in `records.verification`.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from records.access import Scope
from records.deliveries import Deliveries, batch_of
from records.ledger.events import DELIVERED
from records.workspace import Workspace

ARCHIVE: Final = "archive"
_LISTED: Final = "; "
"""Between the names and hashes of several files of one table."""
_RESTORE: Final = "Put the file back from a backup of the workspace"
_AGAIN: Final = "deliver the table again with a reason"


@dataclass(frozen=True)
class Odd:
    """Something about a delivery that is not as it was taken.

    Attributes:
        subject: the delivery and table.
        sentence: what is wrong.
        way_out: what to do.
    """

    subject: str
    sentence: str
    way_out: str


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def delivered(
    scope: Scope,
    workspace: Workspace,
    deliveries: Deliveries,
    events: pl.DataFrame,
    *,
    as_of: date | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[int, tuple[Odd, ...]]:
    """Every delivered table held against its files.

    Args:
        scope: the whole bank's.
        workspace: whose archive is looked into.
        deliveries: what `load_batch` says.
        events: what the ledger says, rows of `records.ledger.events.EVENTS`.
        as_of: deliveries of one month only.
        told: is told each month.

    Returns:
        How many delivered tables were looked at, and what is wrong with them.
    """
    rows = deliveries.batches()
    taken = {
        row["subject"] + (detail := json.loads(row["detail"]))["batch_id"]: detail["tables"]
        for row in events.filter(pl.col("action") == DELIVERED).to_dicts()
        if as_of is None or row["subject"] == as_of.isoformat()
    }
    if as_of is not None:
        rows = rows.filter(pl.col("as_of_date") == as_of)
    found: list[Odd] = []
    archived: dict[Path, Mapping[str, set[str]]] = {}
    known: dict[str, set[str]] = defaultdict(set)
    last = None
    for row in rows.sort("as_of_date", "snapshot_version", maintain_order=True).to_dicts():
        if row["as_of_date"] != last:
            last = row["as_of_date"]
            told(f"deliveries of {last}")
        folder = workspace.root / ARCHIVE / str(last) / str(row["snapshot_version"])
        if folder not in archived:
            archived[folder] = _archived(folder)
        key = f"{last}{row['batch_id']}"
        known[key].add(row["table"])
        event = taken.get(key, {}).get(row["table"])
        found += _of_table(scope, deliveries, row, event)
        found += _of_archive(folder, archived[folder], row)
    for key, tables in taken.items():
        for table in sorted(set(tables) - known[key]):
            found.append(_forgotten(key, table))
    return rows.height, tuple(found)


def _of_table(
    scope: Scope, deliveries: Deliveries, row: Mapping[str, Any], event: Mapping[str, Any] | None
) -> Iterator[Odd]:
    """A delivered table: what is said of it, its typed rows, its accepted rows."""
    subject = _called(row)
    if event is not None:
        said = ("source_sha256", "content_hash", "delivered_rows", "accepted_rows")
        other = [name for name in said if event[name] != row[name]]
        if other:
            why = f"load_batch and the audit log do not agree on {', '.join(other)}"
            yield Odd(
                subject,
                f"{subject}: {why}.",
                "Put lake/load_batch back from a backup of the workspace.",
            )
    folder = deliveries.evidence(row["batch_id"])
    names = row["delivered_file"].split(_LISTED)
    missing = [name for name in names if not (folder / name).is_file()]
    for name in missing:
        why = f"its typed rows {folder / name} are missing"
        yield Odd(subject, f"{subject}: {why}.", f"{_RESTORE}, or {_AGAIN}.")
    if not missing:
        yield from _of_files(subject, folder, names, row["delivered_rows"], event)
    held = deliveries.rows(scope, batch_of(row)).select(pl.len()).collect().item()
    if held != row["accepted_rows"]:
        why = f"{row['accepted_rows']:,} rows were accepted, and the lake holds {held:,} of them"
        way = f"Put lake/{row['table']} back from a backup of the workspace, or {_AGAIN}."
        yield Odd(subject, f"{subject}: {why}.", way)


def _of_files(
    subject: str, folder: Path, names: list[str], rows: int, event: Mapping[str, Any] | None
) -> Iterator[Odd]:
    """Typed rows against their hashes, or against their count where no hash was written down."""
    way = f"{_RESTORE}, or {_AGAIN}."
    if event is not None:
        for name in names:
            if file_hash(folder / name) != event["files"].get(name):
                why = f"its typed rows {folder / name} are not what was delivered"
                yield Odd(subject, f"{subject}: {why}.", way)
        return
    try:
        held = sum(pl.scan_parquet(folder / one).select(pl.len()).collect().item() for one in names)
    except (pl.exceptions.PolarsError, OSError):
        yield Odd(subject, f"{subject}: its typed rows in {folder} cannot be read.", way)
        return
    if held != rows:
        why = f"{rows:,} rows were delivered, and its typed rows in {folder} are {held:,}"
        yield Odd(subject, f"{subject}: {why}.", way)


def _of_archive(
    folder: Path, archived: Mapping[str, set[str]], row: Mapping[str, Any]
) -> Iterator[Odd]:
    """An archived file of the name that was delivered is the delivered one; not all are archived here."""
    names = (row["source_file"] or "").split(_LISTED)
    hashes = (row["source_sha256"] or "").split(_LISTED)
    every = set().union(*archived.values())
    for name, hashed in zip(names, hashes, strict=False):
        there = archived.get(Path(name).name)
        if there and hashed not in every:
            why = f"{folder / Path(name).name} is not the file that was delivered"
            yield Odd(_called(row), f"{_called(row)}: {why}.", f"{_RESTORE}.")


def _archived(folder: Path) -> Mapping[str, set[str]]:
    """Hashes of the archived files of a version of a month, by name."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            found[path.name].add(file_hash(path))
    return found


def _forgotten(key: str, table: str) -> Odd:
    day, batch_id = key[:10], key[10:]
    subject = f"{table}, {day}, delivery {batch_id}"
    return Odd(
        subject,
        f"{subject}: the audit log holds it, and load_batch does not know it.",
        "Put lake/load_batch back from a backup of the workspace.",
    )


def _called(row: Mapping[str, Any]) -> str:
    return f"{row['table']}, {row['as_of_date']}, version {row['snapshot_version']}"
