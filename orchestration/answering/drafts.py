"""Answers about drafts: the dry run of `orchestration.checking`, cut to what its reader may be shown.

A draft may hold rows of other branches. They are counted and never handed on, whoever asks: a dry run is of
one branch.
"""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from dashboards.masking import named_in, unnamed
from dashboards.port.drafts import (
    Answer,
    Asked,
    Lying,
    Mappings,
    Progress,
    TableAccount,
)
from orchestration import checking
from orchestration.answering import uploads
from orchestration.bank import Bank
from orchestration.checking import Checked
from orchestration.inbox import arrivals
from orchestration.inbox.file_names import month_of_folder
from orchestration.inbox.filing import archive_folder
from records.access import Scope
from transforms.accounting import account_of
from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.mappings.model import CANONICAL, packaged
from transforms.schema import LOAN_SNAPSHOT, TABLES
from transforms.worklist import REMEDIES

_STEPS: Final = (
    (r"reading (.+)", "正在读取 {}"),
    (r"judging the draft's rows", "正在检查草稿各行"),
    (r"judging (.+)", "正在逐行检查 {}"),
    (r"computing the branch's figures", "正在计算机构指标"),
    (r"working out the effect of (.+) things to mend", "正在测算 {} 项待补事项的影响"),
)
"""What a dry run tells of itself, and the same in Chinese."""

_NEWEST: Final = 6
"""Months whose deliveries are offered."""


@dataclass(frozen=True)
class BankDrafts:
    """Drafts of the bank whose workspace is in that folder."""

    root: Path

    def mappings(self) -> Mappings:
        """How files can be read; first what the loan book was last delivered with."""
        bank = Bank.at(self.root)
        own = (Path(name).stem for name in bank.workspace.texts("mappings", ".yaml"))
        names = tuple(sorted({CANONICAL, *own, *packaged()}))
        loans = bank.deliveries.batches().filter(pl.col("table") == LOAN_SNAPSHOT.name)
        last = str(loans["mapping"][-1]) if loans.height else CANONICAL
        return Mappings(names, last if last in names else CANONICAL)

    def lying(self, scope: Scope) -> tuple[Lying, ...]:
        """What waits in the inbox, and the loan books of the newest months as they were delivered."""
        if scope.branches is not None:
            return ()
        bank = Bank.at(self.root)
        waiting = [
            Lying(
                f"{arrivals.INBOX}/{one.place}",
                one.mapping,
                month_of_folder(one.month) if one.month else None,
                taken=False,
            )
            for one in arrivals.look(bank.workspace).arrivals
            if one.objection is None and not one.is_folder
        ]
        return (*waiting, *_taken(bank))

    def check(self, scope: Scope, asked: Asked, progress: Progress) -> Answer:
        """Run everything on a draft; what it needs on the disk meanwhile is gone afterwards.

        Raises:
            AccessError: if the branch is outside the scope.
            UnknownNameError: if the bank has no such delivery.
            BranchmarkError: if there are no files, or they are too large; whatever `checking.check` raises,
                worded without the folders of this machine.
        """
        scope.require(asked.branch)
        bank = Bank.at(self.root)
        with uploads.held(bank.workspace) as folder, _without(folder, bank.workspace.root):
            paths = (
                self._lying(scope, asked.place)
                if asked.place
                else uploads.written(asked.uploads, folder)
            )
            checked = checking.check(
                bank,
                scope,
                paths,
                mapping=asked.mapping,
                branch=asked.branch,
                as_of=asked.as_of,
                within=folder,
                progress=lambda text: progress(_step(text)),
            )
        own = named_in(bank.workspace.texts("mappings", ".yaml"))
        return _answer(checked, tuple(path.name for path in paths), own)

    def _lying(self, scope: Scope, place: str) -> list[Path]:
        """A delivery of the bank's: only one that was offered, so that no path leads elsewhere."""
        known = [one.place for one in self.lying(scope)]
        if place not in known:
            raise UnknownNameError(
                "delivery", place, known, way_out="Choose one of the list, or send the file."
            )
        return [self.root / place]


def _taken(bank: Bank) -> list[Lying]:
    """The loan books of the newest months whose files are still in the archive."""
    loans = bank.deliveries.batches().filter(pl.col("table") == LOAN_SNAPSHOT.name)
    months = loans["as_of_date"].unique().sort(descending=True).head(_NEWEST)
    own = loans.filter(pl.col("as_of_date").is_in(months.implode())).sort(
        "as_of_date", "snapshot_version", descending=True
    )
    found: dict[str, Lying] = {}
    for day, version, mapping, files in own.select(
        "as_of_date", "snapshot_version", "mapping", "source_file"
    ).iter_rows():
        for name in str(files).split("; "):
            path = archive_folder(bank.workspace.root, day, version) / name
            if path.is_file():
                place = path.relative_to(bank.workspace.root).as_posix()
                found[place] = Lying(place, mapping, day, taken=True)
    return list(found.values())


def _step(text: str) -> Label:
    """What is being done, with tables as their readers call them."""
    for pattern, chinese in _STEPS:
        found = re.fullmatch(pattern, text)
        if found is None:
            continue
        english = text[:1].upper() + text[1:]
        of = found[1] if found.groups() else ""
        table = TABLES.get(of)
        if table is None:
            return Label(english, chinese.format(of))
        return Label(english.replace(of, table.en.lower()), chinese.format(table.zh))
    return Label(text, text)


@contextmanager
def _without(*folders: Path) -> Generator[None]:
    """Refusals name a file as its reader knows it, and not where it lies on this machine."""
    try:
        yield
    except BranchmarkError as error:
        told = str(error)
        for folder in folders:
            told = re.sub(rf"{re.escape(str(folder))}/(\d+/)?", "", told)
        # Its kind stays: a page says by it, in the reader's language, what failed.
        error.args = (told,)
        raise


def _answer(checked: Checked, files: tuple[str, ...], named: tuple[str, ...]) -> Answer:
    """What the reader gets: own rows, and rows of no known branch, which only their sender can place.

    Rows of tables that the bank adds by itself are nobody's draft.
    """
    shown = pl.col("branch_id").is_null() | ~pl.col("branch_id").is_in(sorted(checked.elsewhere))
    drafted = checked.rejected.filter(pl.col("source_file").is_in(files))
    rejected = drafted.filter(shown).with_columns(unnamed("as_delivered", named))
    gate = checked.receipt.gate
    return Answer(
        branch=checked.branch,
        as_of=checked.receipt.as_of_date,
        files=files,
        others_as_of=checked.others_as_of,
        left_aside=checked.left_aside,
        rejected_elsewhere=drafted.height - rejected.height,
        tables=tuple(_tables(checked, shown)),
        notes=checked.receipt.notes,
        gate=None if gate is None or gate.passes else gate.told,
        figures=checked.figures,
        work=checked.work,
        effects=checked.effects,
        rows=checked.rows,
        remedies={kind.value: Label(*texts) for kind, texts in REMEDIES.items()},
        rejected=rejected,
        findings=checked.findings,
        failing=checked.failing,
    )


def _tables(checked: Checked, shown: pl.Expr) -> Sequence[TableAccount]:
    """The account of each table, of the rows that are shown."""
    nothing = pl.DataFrame(schema={"branch_id": pl.String, "node_id": pl.String})
    own = checked.account.filter(shown)
    told = []
    for receipt in checked.receipt.tables:
        found = account_of(own, receipt.table, counts_for=nothing, node="", root="")
        if found is not None:
            told.append(
                TableAccount(
                    receipt.table,
                    receipt.read_as,
                    found.delivered_rows,
                    found.accepted_rows,
                    found.rejected_rows,
                    found.delivered,
                    found.accepted,
                    found.rejected,
                )
            )
    return told
