"""The demo bank: generated, delivered like any bank's files, built, and its scorecard printed."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dashboards import ordering
from dashboards import scorecard as scorecards
from orchestration import intake
from orchestration.bank import Bank
from orchestration.cli.build import run as build_with_progress
from orchestration.cli.output import Format, console, show
from orchestration.inbox.filing import archive_folder
from orchestration.reporting import demo as reports_demo
from orchestration.targets import demo as targets_demo
from records.access import Scope
from transforms.errors import WorkspaceError
from transforms.sample.bank import UNDELIVERED, BankSpec, DemoBank, demo_bank
from transforms.schema import LOAN_SNAPSHOT

_LOANS: Final = LOAN_SNAPSHOT.name
_RESTATED: Final = "restated"
_NOTE: Final = "demo.json"
"""What a workspace's demo bank was drawn from, and its stories once it is delivered whole."""


def deliver(root: Path, spec: BankSpec) -> Mapping[str, str]:
    """Generate the bank's files month by month into the archive, and deliver them.

    A demo bank that stands already is left as it is: drawn on a later day it would be another bank,
    and every month of it a restatement.

    Returns:
        The stories a reader can find, by branch.

    Raises:
        WorkspaceError: if the workspace holds a demo bank drawn otherwise.
    """
    drawn_from = {"months": spec.months, "loans": spec.loans, "seed": spec.seed}
    note = root / _NOTE
    if not note.exists() and Bank.at(root).deliveries.months():
        raise WorkspaceError(
            f"{root} holds a book of its own. Name another folder with --workspace."
        )
    held: dict[str, Any] = (
        json.loads(note.read_text(encoding="utf-8")) if note.exists() else {**drawn_from}
    )
    stories: dict[str, str] | None = held.pop("stories", None)
    held.pop(_RESTATED, None)
    if held != drawn_from:
        said = ", ".join(f"{name} {value}" for name, value in held.items())
        raise WorkspaceError(
            f"{root} holds a demo bank of {said}. Name another folder with --workspace, or ask for "
            "that one."
        )
    if stories is None:
        # Noted before the first month is delivered, so that a demo killed midway can be taken up again.
        note.write_text(json.dumps(drawn_from), encoding="utf-8")
        drawn = _delivered(Bank.at(root), spec)
        stories = dict(drawn.stories)
        kept: dict[str, Any] = {**drawn_from, "stories": stories}
        if drawn.restated is not None:
            kept[_RESTATED] = {
                "as_of": drawn.restated.as_of.isoformat(),
                "reason": drawn.restated.reason,
            }
        note.write_text(json.dumps(kept, ensure_ascii=False, indent=2), encoding="utf-8")
    return stories


def _delivered(bank: Bank, spec: BankSpec) -> DemoBank:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(error=True),
    ) as progress:
        task = progress.add_task("drawing the bank", total=spec.months)
        drawn = demo_bank(spec)
        for as_of in drawn.month_ends:
            progress.update(task, description=f"delivering {as_of}")
            tables = drawn.month(as_of)
            first = drawn.restated
            if first is not None and as_of == first.as_of:
                _kept(bank, as_of, 2, {_LOANS: tables[_LOANS]})
                tables[_LOANS] = first.loans
            files = _kept(bank, as_of, 1, tables)
            intake.ingest(bank, files, mapping="canonical", as_of=as_of)
            progress.advance(task)
        progress.update(task, description="entering targets")
        targets_demo.enter(bank, drawn.drawn_targets, datetime.now(UTC))
    return drawn


def _kept(bank: Bank, as_of: date, version: int, tables: Mapping[str, pl.DataFrame]) -> list[Path]:
    """Files where the inbox would have put them: kept as they were delivered."""
    folder = archive_folder(bank.workspace.root, as_of, version)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, rows in tables.items():
        files.append(folder / f"{name}.parquet")
        rows.drop(UNDELIVERED.get(name, ())).write_parquet(files[-1])
    return files


def publish(root: Path) -> None:
    """Build every delivered month; one of them is delivered anew in between, if the bank restates one.

    A bank that does so also releases that month's summary before, and prepares the reports of its newest.
    """
    bank = Bank.at(root)
    months = list(bank.deliveries.months())
    told = json.loads((root / _NOTE).read_text(encoding="utf-8")).get(_RESTATED)
    if told is not None:
        day = date.fromisoformat(told["as_of"])
        if bank.deliveries.latest_version(day) == 1:
            build_with_progress(root, [one for one in months if one <= day])
            reports_demo.release(Bank.at(root), day, datetime.now(UTC))
            files = [archive_folder(root, day, 2) / f"{_LOANS}.parquet"]
            intake.ingest(bank, files, mapping="canonical", as_of=day, reason=told["reason"])
    build_with_progress(root, months)
    if told is not None:
        console(error=True).print("preparing the reports of the newest month")
        reports_demo.prepare(Bank.at(root), max(months), datetime.now(UTC))


def scorecard(root: Path, stories: Mapping[str, str]) -> None:
    """Print the head office's scorecard of the newest month, and the stories to look for."""
    bank = Bank.at(root)
    scope = Scope.whole_bank("command line")
    as_of = bank.published.require(None)
    head = bank.published.nodes(scope, as_of=as_of).first().collect()["node_id"].item()
    rows = scorecards.rows(
        bank.published,
        scope,
        bank.catalogue,
        as_of=as_of,
        branch=head,
        currency=bank.workspace.base_currency,
    )
    show(
        [
            {
                "metric": row.name,
                "value": row.value_text,
                "target": row.target_text,
                "gap": row.gap_text,
                "in_money": row.money_text,
                "since_year_end": row.change_text,
                "status": f"{row.status_glyph} {row.status_word}",
            }
            for row in ordering.opening(rows)
        ],
        Format.TABLE,
        title=f"{bank.workspace.name}, head office, {as_of}",
        right=("value", "target"),
    )
    out = console()
    for quality in dict.fromkeys(row.quality_text for row in rows if row.quality_text):
        out.print(quality)
    out.print("Worth a look:")
    for branch, story in stories.items():
        out.print(f"  {branch}  {story}")
    out.print(f"The workspace is {root}. Figures: branchmark kpis -w {root} --branch {head}")
    if not bank.ledger.returns.packages(scope).is_empty():
        out.print(f"Reports, and who signed them: branchmark signoff status -w {root}")
