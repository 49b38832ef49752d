"""Files with targets: read like any delivery, held against the bank, and entered as drafts of a person.

A file is taken whole or not at all, unless its good rows are asked for. What makes a row bad is said in
`transforms.proposals` and, for cells that cannot be read, by the rules of intake; who approves belongs
in `records.ledger`.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from expectations.model import Text
from orchestration import canonical_files, months
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from orchestration.sources import Source
from records.access import Scope
from transforms import book, proposals
from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError, MappingError
from transforms.mappings.model import Mapping as BookMapping
from transforms.phasing import BadPeriodError, parse_period
from transforms.proposals import Objection, Proposal
from transforms.schema import BRANCH, TARGET
from transforms.scoring import load as scoring

SCORING: Final = "scoring"
"""The workspace's folder of its own scoring profiles."""
_ANY_MONTH: Final = date(2000, 1, 31)
"""Targets are of no month: what is asked to be conformed is given one that nothing rests on."""
_PEOPLE: Final = ("status", "maker", "checker")


@dataclass(frozen=True)
class ReadRow:
    """A row of a file.

    Attributes:
        file: the file's name.
        row: its row, the first row of data being 1.
        proposal: what it proposes; none if a cell that is needed cannot be read.
        objections: what is wrong with it; nothing if it can be taken.
    """

    file: str
    row: int
    proposal: Proposal | None
    objections: tuple[Objection, ...]

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.file} row {self.row}"


@dataclass(frozen=True)
class Imported:
    """What came of files with targets.

    Attributes:
        target_ids: the new versions.
        good: rows that can be taken, or were.
        unchanged: rows that say what the ledger says already.
        refused: rows that cannot be taken.
        notes: what a person should know of how the files were read.
        entered: whether anything was entered: not if a row was refused and the good ones not asked for.
    """

    target_ids: tuple[int, ...]
    good: int
    unchanged: int
    refused: tuple[ReadRow, ...]
    notes: tuple[str, ...]
    entered: bool


def held_against(bank: Bank) -> proposals.Bank:
    """The metrics and branches that proposals are held against.

    Raises:
        NoSuchMonthError: if no loan book is delivered yet: then no branch is known.
    """
    month = MonthAtWork.newest(bank, None)
    at = months.tree(month)
    listed = month.table(BRANCH.name).select("branch_id").collect()["branch_id"]
    profiles = scoring.load(bank.catalogue, bank.workspace.texts(SCORING, ".yaml"))
    return proposals.Bank(
        catalogue=bank.catalogue,
        branches=frozenset({*at.nodes["node_id"], *at.counts_for["branch_id"], *listed}),
        root=at.root,
        directed=scoring.directed(profiles),
    )


def import_files(
    bank: Bank,
    scope: Scope,
    paths: Sequence[Path],
    *,
    by: str,
    at: datetime,
    accept_good: bool = False,
    submit: bool = False,
) -> Imported:
    """Enter the targets of files as drafts.

    Args:
        bank: the workspace at work.
        scope: whose targets may be entered.
        paths: CSV files or workbooks with the columns of the table `target`.
        by: who proposes them.
        at: when.
        accept_good: whether the good rows are entered though others are refused.
        submit: whether they are submitted at once.

    Raises:
        UnreadableFileError, MappingError: if a file cannot be read; nothing is then entered.
        AccessError: if a branch is outside the scope.
        LedgerError: if the ledger cannot be written to.
    """
    against = held_against(bank)
    rows: list[ReadRow] = []
    notes: dict[str, None] = {}
    with tempfile.TemporaryDirectory(prefix="branchmark-") as scratch:
        for path in paths:
            for source, mapping in _opened(path, Path(scratch)):
                read, said = _read(bank, against, path.name, source, mapping)
                rows += read
                notes |= dict.fromkeys(said)
    rows = _without_twins(rows)
    good = [row for row in rows if row.proposal is not None and not row.objections]
    refused = tuple(row for row in rows if row.objections)
    if refused and not accept_good:
        return Imported((), len(good), 0, refused, tuple(notes), entered=False)
    entered = bank.ledger.targets.enter(
        scope,
        [row.proposal for row in good if row.proposal is not None],
        by=by,
        at=at,
        sources=[row.place for row in good],
        submit=submit,
    )
    return Imported(
        entered.target_ids,
        len(good),
        len(entered.unchanged),
        refused,
        tuple(notes),
        entered=True,
    )


def _opened(path: Path, scratch: Path) -> list[tuple[Source, BookMapping]]:
    """The file as the table of targets: a workbook's sheet of that name, or else the file itself."""
    try:
        named = canonical_files.opened(path, scratch=scratch)
    except MappingError:
        named = ()
    found = [(source, mapping) for source, mapping in named if TARGET.name in mapping.tables]
    return found or list(canonical_files.opened(path, scratch=scratch, table=TARGET.name))


def _read(
    bank: Bank, against: proposals.Bank, file: str, source: Source, mapping: BookMapping
) -> tuple[list[ReadRow], list[str]]:
    """Rows of one table of a file, each judged by itself, and notes."""
    conformed = book.conform(
        source.frame, mapping, as_of=_ANY_MONTH, base_currency=bank.workspace.base_currency
    ).table(TARGET.name)
    if conformed is None:
        raise MappingError(
            mapping.name,
            f"{file} holds no targets",
            way_out="`branchmark template target` gives an empty file to fill.",
        )
    reasons = {rule.id: Objection(_label(rule.reason), _label(rule.remedy)) for rule in bank.rules}
    frame = conformed.frame.collect()
    provided = frozenset(conformed.provided)
    rows = [_judged(row, file, provided, against, reasons) for row in frame.iter_rows(named=True)]
    notes = [*source.notes, *conformed.notes, *_of_people(file, frame, provided)]
    if not rows:
        raise BranchmarkError(f"{file} holds no rows. Fill in a target and import it again.")
    return rows, notes


def _label(words: Text) -> Label:
    return Label(words.en, words.zh)


def _of_people(file: str, frame: pl.DataFrame, provided: frozenset[str]) -> Iterator[str]:
    """A file cannot say who approved what: that is for the people themselves."""
    stated = [
        name for name in _PEOPLE if name in provided and (frame[name].drop_nulls() != "draft").any()
    ]
    if stated:
        yield (
            f"{file}: {', '.join(stated)} are not taken from a file. Every row is entered as a draft of "
            "who imports it, and approved by a second person here."
        )


def _judged(
    row: Mapping[str, Any],
    file: str,
    provided: frozenset[str],
    against: proposals.Bank,
    reasons: Mapping[str, Objection],
) -> ReadRow:
    place = int(row["source_row_no"])
    found = [_of_problem(word, reasons) for word in row["problems"]]
    needed = ("branch_id", "metric_id", "period", "target_value")
    if any(row[name] is None for name in needed):
        return ReadRow(file, place, None, tuple(found))
    proposal = proposals.settled(
        Proposal(
            branch_id=row["branch_id"],
            metric_id=row["metric_id"],
            reading=row["reading"] or "",
            period=str(row["period"]).strip(),
            target_value=_tidy(row["target_value"]),
            near_band=_tidy(row["near_band"]),
            phasing=row["phasing"] or "none",
            phasing_shares=row["phasing_shares"],
            base_value=_tidy(row["base_value"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            note=row["note"],
        ),
        against.catalogue,
    )
    found += proposals.objections(proposal, against)
    if "period_type" in provided:
        found += _of_kind(proposal.period, row["period_type"])
    return ReadRow(file, place, proposal, tuple(found))


def _tidy(value: Decimal | None) -> Any:  # noqa: ANN401 - a decimal where there was one
    """Without the zeros that a column's twelve decimals add, so that sentences can be read."""
    if value is None:
        return None
    text = f"{value:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _of_problem(word: str, reasons: Mapping[str, Objection]) -> Objection:
    """What intake says of a cell that cannot be read."""
    rule, _, column = word.partition(":")
    found = reasons[rule]
    en, zh = (f"{column}: {text}" for text in (found.reason.en, found.reason.zh))
    return Objection(Label(en, zh), found.remedy)


def _of_kind(period: str, kind: str | None) -> Iterator[Objection]:
    try:
        said = parse_period(period).kind.value
    except BadPeriodError:
        return
    if kind is not None and kind != said:
        yield Objection(
            Label(
                f"period_type is {kind}, and {period} is a {said}.",
                f"period_type 为 {kind}，而 {period} 是 {said}。",
            ),
            Label("Correct one of the two.", "请更正其中之一。"),
        )


def _without_twins(rows: Sequence[ReadRow]) -> list[ReadRow]:
    """The rows, those of a key that stood before refused."""
    proposed = [row for row in rows if row.proposal is not None]
    keys = [row.proposal.key for row in proposed if row.proposal is not None]
    twins = {
        id(proposed[place]): proposed[first].place
        for place, first in proposals.repeated(keys).items()
    }
    return [
        ReadRow(
            row.file,
            row.row,
            row.proposal,
            (*row.objections, *([proposals.again(twins[id(row)])] if id(row) in twins else [])),
        )
        for row in rows
    ]
