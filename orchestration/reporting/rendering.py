"""Reports as files: what is put on paper, for whom, and where the files lie.

What a file looks like is said in `dashboards.summaries`; who may take which step, in `workflow`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.summaries import formats
from dashboards.summaries.formats import SummaryKind
from dashboards.summaries.paper import DRAFT, Paper
from orchestration.bank import Bank
from orchestration.reporting.files import replaced
from orchestration.reporting.heads import released_before
from orchestration.reporting.layouts import layout_of
from records.access import Scope
from records.ledger.returns import REMARKS, STEPS, Head
from records.package_store import PackageStore
from transforms.errors import ExistingFileError
from transforms.returns import differences
from transforms.returns.model import Audience, Return
from transforms.returns.package import Package


@dataclass(frozen=True)
class File:
    """A file of a report.

    Attributes:
        name: what it is called.
        data: what is in it.
    """

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The hash of what is in it."""
        return hashlib.sha256(self.data).hexdigest()


def kinds_of(return_: Return) -> tuple[SummaryKind, ...]:
    """The kinds of files that a report is made as, where nobody says which.

    A regulator's programs read what people sign; a branch and head office read workbook and paper.
    """
    if return_.audience is Audience.REGULATOR:
        return tuple(SummaryKind)
    return SummaryKind.XLSX, SummaryKind.PDF


def paper(
    bank: Bank, scope: Scope, report: Head | Package, language: Language = Language.EN
) -> Paper:
    """An edition as it is put on paper, or, marked as a draft, what nobody prepared.

    The same edition, with the same steps and remarks, gives the same paper at any hour: what it states is
    the time of its newest step, of a draft the moment its month was published.

    Raises:
        AccessError: if the unit, or one below it, lies outside the scope.
        PackageError: if what was prepared is gone or altered.
        BranchmarkError: if the definition that it was filled by is gone.
    """
    store = PackageStore.of(bank.workspace)
    package = store.read(report) if isinstance(report, Head) else report
    for unit in package.units["unit_id"]:
        scope.require(unit)
    steps, remarks = pl.DataFrame(schema=dict(STEPS)), pl.DataFrame(schema=dict(REMARKS))
    before = None
    if isinstance(report, Head):
        ledger = bank.ledger.returns
        steps = ledger.steps(scope, package_id=report.package_id)
        remarks = ledger.remarks(scope, package_id=report.package_id)
        before = released_before(bank, scope, report)
    else:
        before = bank.ledger.returns.released(
            scope, package.return_id, package.unit_id, package.as_of
        )
    return Paper(
        bank_name=package.bank or bank.workspace.name,
        return_=layout_of(bank, package),
        package=package,
        state=DRAFT if steps.is_empty() else steps["step"][-1],
        edition=report.edition if isinstance(report, Head) else None,
        steps=steps,
        remarks=remarks,
        differences=None
        if before is None
        else differences.cells(store.read(before).cells, package.cells),
        chain=_anchor(steps),
        form=Format(language, package.base_currency),
        stated_at=_published_at(bank, package) if steps.is_empty() else steps["at"][-1],
        seen_by=scope.who,
    )


def render(written: Paper, kinds: Iterable[SummaryKind]) -> tuple[File, ...]:
    """The files of a paper."""
    stem = formats.stem(written)
    return tuple(File(f"{stem}.{kind.value}", formats.write(written, kind)) for kind in kinds)


def write(  # noqa: PLR0913 - which report, for whom, as what and where
    bank: Bank,
    scope: Scope,
    report: Head | Package,
    kinds: Iterable[SummaryKind],
    folder: Path,
    *,
    language: Language = Language.EN,
    replace: bool = False,
    at: datetime | None = None,
) -> list[Path]:
    """Write the files of a report, each whole or not at all.

    Args:
        bank: whose.
        scope: for whom.
        report: an edition, or what nobody prepared.
        kinds: which kinds of files.
        folder: where; it is made if there is none.
        language: of words.
        replace: whether files that are there are written over; those that are the same stay.
        at: when, for the record of events, which tells of editions, and of drafts too where people sign
            in; none writes nothing down.

    Raises:
        ExistingFileError: if another file of that name is there; then nothing is written.
        AccessError: if the unit, or one below it, lies outside the scope.
        LedgerError: if the record cannot be written to; then no file is.
    """
    made = render(paper(bank, scope, report, language), kinds)
    return put(bank, scope, report, made, folder, language=language, replace=replace, at=at)


def put(  # noqa: PLR0913 - which files of which report, for whom and where
    bank: Bank,
    scope: Scope,
    report: Head | Package,
    made: Sequence[File],
    folder: Path,
    *,
    language: Language,
    replace: bool,
    at: datetime | None,
) -> list[Path]:
    """Write files that were made of a report, as `write` says, and refuse what it refuses."""
    paths = [folder / one.name for one in made]
    for path, one in zip(paths, made, strict=True):
        if path.exists() and not replace and path.read_bytes() != one.data:
            raise ExistingFileError(
                str(path), way_out="Name another folder with --out, or add --replace."
            )
    if at is not None:
        record(bank, report, made, language, who=scope.who, at=at)
    for path, one in zip(paths, made, strict=True):
        replaced(path, one.data)
    return paths


def record(
    bank: Bank,
    report: Head | Package,
    made: Iterable[File],
    language: Language,
    *,
    who: str,
    at: datetime,
) -> None:
    """Write down who takes which files away, with their hashes: of editions, and drafts where people sign in.

    Raises:
        LedgerError: if the record cannot be written to.
    """
    if isinstance(report, Head):
        subject, number = report.called, report.package_id
    elif bank.workspace.sign_in is None:
        return
    else:
        subject = f"{report.return_id}, {report.unit_id}, {report.as_of.isoformat()}, draft"
        number = None
    bank.ledger.events.record(
        who=who,
        action="report_rendered",
        subject=subject,
        detail={
            "package_id": number,
            "content_hash": report.content_hash,
            "language": language.value,
            "files": {one.name: one.sha256 for one in made},
        },
        at=at,
    )


def _anchor(steps: pl.DataFrame) -> tuple[int, str] | None:
    """Where the audit chain ended when the edition was released."""
    anchored = steps.filter(pl.col("anchor_number").is_not_null())
    if anchored.is_empty():
        return None
    number, hashed = anchored.select("anchor_number", "anchor_hash").row(-1)
    return number, hashed


def _published_at(bank: Bank, package: Package) -> datetime:
    """When the month that a draft tells of was published."""
    return bank.published.current()[package.as_of, package.snapshot_version].published_at
