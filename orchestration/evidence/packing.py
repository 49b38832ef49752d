"""Making a pack: of one figure, or of a report with the rows of as many of its figures as asked.

The same figures, seen by the same reader, give the same bytes, whenever they are packed: what a pack states
as its time is when the month was published or the report's last step was taken. What is put into its folder
is said in `filling`.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestration.bank import Bank
from orchestration.evidence import archive
from orchestration.evidence.figures import Asked, Books, lines_of
from orchestration.evidence.filling import EVERY, Filling, Wanted
from orchestration.evidence.lists import Limit, Lists
from orchestration.evidence.report import Report
from records.access import Scope
from records.ledger.returns import Head
from transforms.catalogue.model import Kind
from transforms.errors import BranchmarkError, ExistingFileError, UnknownNameError, listed
from transforms.returns.package import Package

MOST_ROWS: Final = 2_000_000
"""How many rows a pack of a report holds, unless more are asked for."""


@dataclass(frozen=True)
class Packed:
    """A pack that was made.

    Attributes:
        file: where it is.
        called: what it is of.
        figures: how many figures are in it.
        rows: how many rows.
        bytes: how large it is.
        disagree: figures whose rows do not give the published digits.
        contents: the hash of what it says, as the audit log holds it.
    """

    file: Path
    called: str
    figures: int
    rows: int
    bytes: int
    disagree: tuple[str, ...]
    contents: str


def pack_figures(bank: Bank, scope: Scope, asked: Sequence[Asked], wanted: Wanted) -> Packed:
    """The pack of one figure, or of several of the same unit and month.

    Args:
        bank: whose.
        scope: for whom; the unit has to lie in it.
        asked: which figures, as `figures.asked_for` gives them.
        wanted: how.

    Raises:
        AccessError: if the unit lies outside the scope.
        ExistingFileError: if another file of that name is there.
        BranchmarkError: if a figure was not published, or there are more rows than asked.
        LedgerError: if the audit log cannot be written to; then no file is.
    """
    for one in asked:
        scope.require(one.branch)
    way_out = "Ask for more with --max-rows, or for the figure of a unit below."
    return _pack(bank, scope, wanted, Limit(wanted.most_rows, way_out), asked, None)


def pack_report(bank: Bank, scope: Scope, report: Head | Package, wanted: Wanted) -> Packed:
    """The pack of a report, with the rows of the metrics asked for.

    Args:
        bank: whose.
        scope: for whom.
        report: an edition, or what nobody prepared.
        wanted: how.

    Raises:
        AccessError: if a unit that it speaks of lies outside the scope.
        UnknownNameError: if a metric is asked for that no cell takes.
        ExistingFileError: if another file of that name is there.
        BranchmarkError: if there are more rows than asked.
        LedgerError: if the audit log cannot be written to; then no file is.
    """
    of = Report.of(bank, scope, report)
    taken = sorted(of.package.cells["metric_id"].drop_nulls().unique())
    chosen = taken if EVERY in wanted.rows_of else sorted(set(wanted.rows_of))
    for one in chosen:
        if one not in taken:
            raise UnknownNameError(
                f"metric in {of.package.return_id}",
                one,
                taken,
                way_out=f"It takes {listed(taken)}.",
            )
    way_out = (
        "Name fewer metrics with --with-rows, or allow more with --max-rows; a single figure is packed by "
        "branchmark evidence figure."
    )
    limit = Limit(wanted.most_rows, way_out)
    return _pack(bank, scope, wanted, limit, list(of.asked(chosen)), of)


def _pack(
    bank: Bank,
    scope: Scope,
    wanted: Wanted,
    limit: Limit,
    asked: Sequence[Asked],
    report: Report | None,
) -> Packed:
    target = wanted.file
    if not target.parent.is_dir():
        raise BranchmarkError(
            f"There is no folder {target.parent}. Make it first, or name another file."
        )
    if target.exists() and not wanted.replace:
        raise ExistingFileError(str(target), way_out="Name another one, or add --replace.")
    books = Books(bank, bank.published.pinned())
    lines = lines_of(bank, books.published, scope, list(asked))
    # Rows by borrowers' own numbers lie beside the pack while it is made, and go with the folder.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".evidence-") as name:
        work, folder = Path(name) / "work", Path(name) / "pack"
        work.mkdir()
        folder.mkdir()
        lists = Lists(books, scope, work, limit)
        for line in lines:
            if line.metric.kind is not Kind.GAP:
                lists.gather(line, left_out=report is None)
        made = Filling(books, wanted, lines, lists, report, folder).fill()
        archive.zipped(folder, Path(name) / "pack.zip")
        (Path(name) / "pack.zip").replace(target)
    return Packed(
        target,
        made.called,
        len(lines),
        lists.rows,
        target.stat().st_size,
        made.disagree,
        made.contents,
    )
