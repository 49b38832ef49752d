"""Whether what the bank keeps is as it was kept: the ledger, signed reports, deliveries, publications.

Each check says how much it looked at and what is wrong, with the way out. What is only out of date, because
something was published or adjusted since, is told and is no fault. How rows are chained belongs in
`records.ledger`; files of deliveries in `records.evidence_files`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import polars as pl

from records import evidence_files
from records.access import Scope
from records.definition_store import DefinitionStore
from records.deliveries import Deliveries
from records.ledger.adjustments import AdjustmentState
from records.ledger.chain import anchor_of
from records.ledger.ledger import Ledger
from records.ledger.returns import Head, Step
from records.package_store import PackageStore
from records.published import Publication, Published
from records.workspace import Workspace
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, listed
from transforms.returns.model import Take
from transforms.returns.package import ADJUSTED, Package

Told = Callable[[str], None]
"""Told what is being looked at, in a few words."""


class Verdict(StrEnum):
    """What came of a check."""

    OK = "ok"
    OUTDATED = "outdated"
    """Nothing was altered, but something would be different today."""
    FAULT = "fault"
    NOTHING = "nothing to check"


@dataclass(frozen=True)
class Finding:
    """Something that a check found.

    Attributes:
        is_fault: whether something was altered or lost; else it is only out of date.
        subject: the row, edition, delivery or month.
        sentence: what is wrong.
        way_out: what to do.
    """

    is_fault: bool
    subject: str
    sentence: str
    way_out: str


@dataclass(frozen=True)
class Outcome:
    """One check.

    Attributes:
        check: its name.
        examined: how many it looked at.
        of: of what.
        findings: what it found.
    """

    check: str
    examined: int
    of: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of what was found."""
        if any(one.is_fault for one in self.findings):
            return Verdict.FAULT
        if self.findings:
            return Verdict.OUTDATED
        return Verdict.OK if self.examined else Verdict.NOTHING


@dataclass(frozen=True, eq=False)
class Kept:
    """Everything that is verified, of one workspace.

    Attributes:
        scope: the whole bank's.
        workspace: the workspace.
        ledger: what people entered.
        deliveries: what was delivered.
        published: what was published.
    """

    scope: Scope
    workspace: Workspace
    ledger: Ledger
    deliveries: Deliveries
    published: Published


def verified(
    kept: Kept, *, as_of: date | None, anchor: str | None, told: Told = lambda _: None
) -> Iterator[Outcome]:
    """The checks one by one; what cannot be read at all is a fault of its check.

    Args:
        kept: what is verified.
        as_of: reports, deliveries and publications of one month only; the chain is looked at whole.
        anchor: an anchor that a file states, to be proved too.
        told: is told what is being looked at.

    Raises:
        LedgerUseError: if the anchor is none.
    """
    if anchor is not None:
        anchor_of(anchor)
        yield _whole("anchor", "anchors", lambda: _anchor(kept, anchor))
    checks: Mapping[tuple[str, str], Callable[[], tuple[int, list[Finding]]]] = {
        ("chain", "rows"): lambda: _chain(kept),
        ("packages", "editions"): lambda: _packages(kept, as_of, told),
        ("released reports", "cells"): lambda: _released(kept, as_of, told),
        ("deliveries", "tables"): lambda: _delivered(kept, as_of, told),
        ("publications", "publications"): lambda: _published(kept, as_of),
    }
    for (name, of), check in checks.items():
        told(name)
        yield _whole(name, of, check)


def _whole(name: str, of: str, check: Callable[[], tuple[int, list[Finding]]]) -> Outcome:
    try:
        examined, findings = check()
    except BranchmarkError as error:
        unread = _fault(name, str(error), "Mend that first, and verify again.")
        return Outcome(name, 0, of, (unread,))
    return Outcome(name, examined, of, tuple(findings))


def _fault(subject: str, sentence: str, way_out: str) -> Finding:
    return Finding(is_fault=True, subject=subject, sentence=sentence, way_out=way_out)


def _outdated(subject: str, sentence: str, way_out: str) -> Finding:
    return Finding(is_fault=False, subject=subject, sentence=sentence, way_out=way_out)


_COPY: Final = (
    "Compare with a backup of the ledger, find out who wrote to it, and put the copy back."
)


_GUARD: Final = (
    "Find out who did it, prove an anchor of a report that was handed in, and put a backup of the "
    "ledger back."
)


def _anchor(kept: Kept, anchor: str) -> tuple[int, list[Finding]]:
    if kept.ledger.chain.holds(anchor_of(anchor)):
        return 1, []
    number, _ = kept.ledger.chain.head()
    why = f"The chain does not hold {anchor}; it ends with link {number}: rows were cut off or exchanged."
    return 1, [_fault(anchor, why, _COPY)]


def _chain(kept: Kept) -> tuple[int, list[Finding]]:
    found = [
        _fault(f"{one.table}:{one.row or '-'}", one.sentence, _COPY)
        for one in kept.ledger.chain.faults()
    ]
    bare = kept.ledger.chain.unguarded()
    if bare:
        tables = listed(bare, _NAMED)
        why = f"The database no longer refuses to change rows of {tables}: its triggers are gone."
        found.append(_fault("triggers", why, _GUARD))
    return kept.ledger.chain.count(), found


def _heads(kept: Kept, as_of: date | None, state: Step | None = None) -> list[Head]:
    rows = kept.ledger.returns.packages(kept.scope, as_of=as_of)
    if state is not None:
        rows = rows.filter(pl.col("state") == state.value)
    return [Head.of(row) for row in rows.to_dicts()]


def _packages(kept: Kept, as_of: date | None, told: Told) -> tuple[int, list[Finding]]:
    store = PackageStore.of(kept.workspace)
    heads, found = _heads(kept, as_of), list[Finding]()
    for number, head in enumerate(heads, start=1):
        told(f"package {number} of {len(heads)}")
        fault = store.fault(head.content_hash)
        if fault is not None:
            why, _, way = fault.partition(". ")
            found.append(_fault(head.called, f"{head.called}: {why}.", way))
    definitions = DefinitionStore.of(kept.workspace)
    for hashed, called in {one.definition_hash: one.called for one in heads}.items():
        fault = definitions.fault(hashed)
        if fault is not None:
            why, _, way = fault.rpartition(". ")
            found.append(_fault(called, f"{called}: {why}.", way))
    return len(heads), found


_COLUMN: Final = {
    Take.VALUE: "value",
    Take.NUMERATOR: "numerator",
    Take.DENOMINATOR: "denominator",
    Take.TARGET: "target_value",
    Take.GAP: "gap",
    Take.LIMIT: "limit_value",
    Take.HEADROOM: "headroom_amount",
}
"""Where the figure of a cell stands among published facts; a status is a text beside it."""
_FIGURE: Final = ("metric_id", "reading", "slice", "member")
_AT: Final = ("as_of_date", "snapshot_version")
_NAMED: Final = 5
_AGAIN: Final = "Prepare the report anew if the new figures are to be reported."


def _released(kept: Kept, as_of: date | None, told: Told) -> tuple[int, list[Finding]]:
    store, examined = PackageStore.of(kept.workspace), 0
    heads, found = _heads(kept, as_of, Step.RELEASED), list[Finding]()
    adjustments = kept.ledger.adjustments.all(kept.scope)
    current = kept.published.current()
    for number, head in enumerate(heads, start=1):
        told(f"released report {number} of {len(heads)}")
        if store.fault(head.content_hash) is not None:
            continue  # told of among the packages
        package = store.read(head)
        examined += package.cells.height
        found += _of_cells(kept, head, package, current)
        found += _of_adjustments(head, package, adjustments)
        newest = kept.published.newest_versions().get(head.as_of)
        if newest is not None and newest > head.snapshot_version:
            why = f"{head.called}: {head.as_of} was published in version {newest} since."
            found.append(_outdated(head.called, why, _AGAIN))
    return examined, found


def _of_cells(
    kept: Kept, head: Head, package: Package, current: Mapping[tuple[date, int], Publication]
) -> Iterator[Finding]:
    """Cells against published figures: those of a publication that stood when it was prepared are equal."""
    # A cell of a month that was not published has no version, and no figure.
    own = package.cells.filter(pl.col("metric_id").is_not_null(), pl.col(_AT[1]).is_not_null())
    torn = own.filter(
        ~pl.col("exact").eq_missing(pl.col("published_value") + pl.col("adjustment").fill_null(0))
    )
    for cell in torn["data_point"]:
        why = f"{head.called}: cell {cell} is not its published figure with its adjustments"
        yield _fault(head.called, f"{why}.", "Find out how it was prepared, and prepare it anew.")
    for (day, version), cells in own.partition_by(_AT, as_dict=True).items():
        publication = current.get((day, version))
        if publication is None:
            why = f"{head.called}: {day}, version {version}, is no longer published."
            yield _fault(head.called, why, _restore("publication"))
            continue
        differing = list(_differing(kept, cells, day, version))
        if differing and publication.published_at > head.prepared_at:
            names = listed([point for point, _, _ in differing], _NAMED)
            why = f"{day} was built anew since, and {len(differing)} cell(s) changed ({names})"
            yield _outdated(head.called, f"{head.called}: {why}.", _AGAIN)
            continue
        for point, before, now in differing:
            why = f"cell {point} holds {_plain(before)}, and {_plain(now)} is published for {day}"
            yield _fault(head.called, f"{head.called}: {why}.", _restore("metric_fact"))


def _differing(
    kept: Kept, cells: pl.DataFrame, day: date, version: int
) -> Iterator[tuple[str, object, object]]:
    """Cells of one published month that are not what is published."""
    units = cells["unit_id"].unique().to_list()
    metrics = cells["metric_id"].unique().to_list()
    facts = (
        kept.published.facts(kept.scope, as_of=day, version=version)
        .filter(pl.col("branch_id").is_in(units), pl.col("metric_id").is_in(metrics))
        .select("branch_id", *_FIGURE, *_COLUMN.values(), "status", is_there=pl.lit(value=True))
        .collect()
    )
    sides = ["unit_id", *_FIGURE], ["branch_id", *_FIGURE]
    joined = cells.join(facts, left_on=sides[0], right_on=sides[1], how="left", nulls_equal=True)
    taken = pl.coalesce(
        *(
            pl.when(pl.col("take") == take.value).then(pl.col(name))
            for take, name in _COLUMN.items()
        )
    )
    is_text = pl.col("take") == Take.STATUS.value
    # Members that hold nothing are left out of a published cut, and are zero in a report.
    is_empty = (
        pl.col("is_there").is_null()
        & (pl.col("slice") != TOTAL)
        & (pl.col("published_value").fill_null(0) == 0)
    )
    wrong = joined.filter(
        pl.when(is_text)
        .then(~pl.col("text").eq_missing(pl.col("status")))
        .otherwise(~pl.col("published_value").eq_missing(taken)),
        ~is_empty,
    )
    told = wrong.select(
        "data_point",
        pl.when(is_text).then(pl.col("text")).otherwise(pl.col("published_value").cast(pl.String)),
        pl.when(is_text).then(pl.col("status")).otherwise(taken.cast(pl.String)).alias("now"),
    )
    yield from told.iter_rows()


def _of_adjustments(head: Head, package: Package, adjustments: pl.DataFrame) -> Iterator[Finding]:
    """Adjustments in a report against those that the ledger holds."""
    known: Mapping[int, Mapping[str, Any]] = {
        row["adjustment_id"]: row for row in adjustments.to_dicts()
    }
    for row in package.adjustments.to_dicts():
        number = row["adjustment_id"]
        held = known.get(number)
        if held is None or any(held[name] != row[name] for name in ADJUSTED):
            why = f"{head.called}: adjustment {number} is not what the ledger holds of it."
            yield _fault(head.called, why, _COPY)
        elif held["state"] != AdjustmentState.APPROVED.value:
            gone = _since(held["withdrawn_at"])
            why = f"{head.called}: adjustment {number} was {held['state']}{gone}."
            yield _outdated(head.called, why, _AGAIN)


def _delivered(kept: Kept, as_of: date | None, told: Told) -> tuple[int, list[Finding]]:
    events = kept.ledger.events.all()
    examined, odd = evidence_files.delivered(
        kept.scope, kept.workspace, kept.deliveries, events, as_of=as_of, told=told
    )
    return examined, [_fault(one.subject, one.sentence, one.way_out) for one in odd]


def _published(kept: Kept, as_of: date | None) -> tuple[int, list[Finding]]:
    """The rows of every month's newest and first publication are there; those between are not kept."""
    shown = [*kept.published.current().values(), *kept.published.first().values()]
    wanted = {
        (one.as_of_date, one.snapshot_version, one.run_id)
        for one in shown
        if as_of is None or one.as_of_date == as_of
    }
    found = []
    for table in ("metric_fact", "branch_measure", "node"):
        there = {row[:3] for row in kept.published.counted(table).iter_rows()}
        for day, version, run_id in sorted(wanted - there):
            subject = f"{day}, version {version}"
            why = f"{subject}: the figures of run {run_id[:8]} are published, and {table} holds none of them."
            way = (
                f"Build the month anew with branchmark build --force --as-of {day}, or put lake/{table} "
                "back from a backup."
            )
            found.append(_fault(subject, why, way))
    return len(wanted), found


def _restore(table: str) -> str:
    return f"Put lake/{table} back from a backup of the workspace."


def _plain(value: object) -> str:
    """A figure as kept, without the zeros behind it."""
    if value is None:
        return "nothing"
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _since(moment: datetime | None) -> str:
    return "" if moment is None else f" on {moment:%Y-%m-%d}"
