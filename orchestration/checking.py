"""A branch's dry run: a draft delivery judged, computed and taken apart; nothing is stored.

The draft stands in for what the branch would deliver; other branches are as delivered for the month, or, if
the month is not there yet, as they stood at the last one that is. What can be mended is said in
`transforms.worklist`, what mending one thing would change in `transforms.marginal`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from orchestration import draft_rows, intake, months, trust
from orchestration.bank import SYSTEM, Bank
from orchestration.intake import Draft
from orchestration.judging import Progress
from orchestration.months import MonthAtWork, StandIn
from orchestration.receipts import Receipt
from records.access import Scope
from records.deliveries import branch_column
from records.published import FAILING_ROW
from transforms import hierarchy, marginal, measures, scorecards, worklist
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import MappingError, UnknownNameError
from transforms.hierarchy import Tree
from transforms.measures import Material, Measures
from transforms.reference.tables import Taxonomy
from transforms.schema import (
    BRANCH,
    BRANCH_HIERARCHY,
    FX_RATE,
    LOAN_SNAPSHOT,
    OVERRIDE,
    TABLES,
    TECH_ENTERPRISE_LIST,
    TEXT,
    WIDE,
)

FIGURE: Final[Mapping[str, pl.DataType]] = {
    "metric_id": TEXT,
    "reading": TEXT,
    "unit": TEXT,
    "published": WIDE,
    "published_as_of": TEXT,
    "draft": WIDE,
    "target": WIDE,
    "gap": WIDE,
    "status": TEXT,
    "mended": WIDE,
    "mended_status": TEXT,
    "reason": TEXT,
}
"""A figure of the branch: as published last, by this draft, and if every item were mended."""

EFFECT: Final[Mapping[str, pl.DataType]] = {
    "item": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "unit": TEXT,
    "before": WIDE,
    "after": WIDE,
    "gap_before": WIDE,
    "gap_after": WIDE,
    "status_before": TEXT,
    "status_after": TEXT,
}
"""What mending one item alone would do to a figure of the branch that has a target."""


_OF_THE_BANK: Final = (BRANCH.name, BRANCH_HIERARCHY.name, OVERRIDE.name)
"""Tables that decide whose a row is, or change rows wherever they are."""


@dataclass(frozen=True, eq=False)
class Checked:
    """What a draft says.

    Attributes:
        receipt: what would become of the delivery.
        branch: the branch it was checked for.
        others_as_of: the month end the other branches are of; none if there are none.
        left_aside: loans of the draft that other branches book.
        figures: rows of `FIGURE`, for metrics with a target or limit at the branch.
        work: rows of `worklist.ITEM` with `item`, the most helpful first.
        effects: rows of `EFFECT`, in the order of `work`.
        rows: rows of `draft_rows.ROW`, in the order of `work` and of the files.
        rejected: rows of any table that could not be counted, columns of `records.deliveries.REJECTED`.
        account: the draft's tables by branch and currency, columns of `records.deliveries.ACCOUNT`.
        below: the branches that count for the branch, which its rows are booked at.
        elsewhere: all other nodes of the tree.
        findings: what the suites say of the draft's own rows, columns of `records.published.FINDING`.
        failing: each row of a finding, columns of `records.published.FAILING_ROW`, with its file and its
            row there.
    """

    receipt: Receipt
    branch: str
    others_as_of: date | None
    left_aside: int
    figures: pl.DataFrame
    work: pl.DataFrame
    effects: pl.DataFrame
    rows: pl.DataFrame
    rejected: pl.DataFrame
    account: pl.DataFrame
    below: frozenset[str]
    elsewhere: frozenset[str]
    findings: pl.DataFrame
    failing: pl.DataFrame


def check(  # noqa: PLR0913 - a draft is asked about in so many ways
    bank: Bank,
    scope: Scope,
    paths: Sequence[Path],
    *,
    mapping: str,
    branch: str,
    as_of: date | None = None,
    within: Path | None = None,
    progress: Progress = lambda _: None,
) -> Checked:
    """Run everything on a draft.

    Args:
        bank: the workspace, which is only read.
        scope: who asks; the branch has to lie in it.
        paths: the draft's files.
        mapping: name of a mapping.
        branch: the branch whose draft it is, or a node above several.
        as_of: the month end; the files' own statement if not given.
        within: a folder for what is made of the draft meanwhile; the system's own if not given.
        progress: is told each step.

    Raises:
        AccessError: if the branch is outside the scope.
        UnknownNameError: if there is no such branch.
        MappingError: if the draft holds no loans.
    """
    scope.require(branch)
    with intake.draft(
        bank, paths, mapping=mapping, as_of=as_of, within=within, progress=progress
    ) as opened:
        draft = opened if scope.branches is None else _of_branches(opened)
        if LOAN_SNAPSHOT.name not in draft.splits:
            raise MappingError(
                mapping,
                "the draft holds no loans",
                way_out="Check the loan file, with the tables that go with it if there are any.",
            )
        day = draft.receipt.as_of_date
        below, elsewhere = _below(bank, draft, day, branch)
        month, others, left_aside = _month(bank, draft, day, below)
        progress("judging the draft's rows")
        findings, failing = _judged(month, draft, below)
        progress("computing the branch's figures")
        at = months.tree(month)
        material = months.material(month, at)
        asked = _Asked(month, at, material, measures.take(material), branch, below)
        found = worklist.items(material.tables, material.rules, material.first_loans, below)
        if scope.branches is not None:
            found = _of_own_clients(bank, scope, draft, day, found)
        found = found.with_row_index("_no")
        work = found.with_columns(item=pl.format("item-{}", "_no")).drop("_no")
        progress(f"working out the effect of {work.height:,} things to mend")
        effects = _effects(asked, work)
        order = _order(work, effects)
        facts = _figures(month, at, asked.taken)
        mended = _figures(month, at, measures.take(_mended(material, work)))
        return Checked(
            receipt=draft.receipt,
            branch=branch,
            others_as_of=others,
            left_aside=left_aside,
            figures=_compared(bank, scope, branch, day, facts, mended),
            work=order,
            effects=order.select("item").join(
                effects, on="item", how="inner", maintain_order="left"
            ),
            rows=draft_rows.of_items(draft, below, order),
            rejected=pl.concat([split.rejected for split in draft.splits.values()]).collect(),
            account=pl.concat(split.delivery.account for split in draft.splits.values()),
            below=frozenset(below),
            elsewhere=elsewhere,
            findings=findings,
            failing=failing,
        )


def _of_branches(draft: Draft) -> Draft:
    """A draft without the tables that say what the bank is; that they are not taken becomes a note.

    A tree of one's own making would place other branches' loans below one's own branch, and an override
    works on whatever row it names.
    """
    left = [name for name in _OF_THE_BANK if name in draft.splits]
    if not left:
        return draft
    told = f"{', '.join(left)}: not taken from a branch's draft; the bank's own is used."
    receipt = replace(draft.receipt, notes=(*draft.receipt.notes, told))
    kept = {name: split for name, split in draft.splits.items() if name not in left}
    return replace(draft, receipt=receipt, splits=kept)


def _of_own_clients(
    bank: Bank, scope: Scope, draft: Draft, day: date, work: pl.DataFrame
) -> pl.DataFrame:
    """Things to mend without what the bank's lists say of clients that are not the reader's.

    A draft may name anybody as a borrower. What a list holds is told of those who had a loan of the
    reader's branches when the book was delivered last, and where the draft itself brings the list.
    """
    delivered = [one for one in bank.deliveries.months() if one <= day]
    known = [pl.LazyFrame(schema={"borrower_id": TEXT})]
    if delivered:
        book = bank.deliveries.table(scope, LOAN_SNAPSHOT.name, max(delivered))
        known.append(book.select("borrower_id"))
    if TECH_ENTERPRISE_LIST.name in draft.splits:
        listed = draft.splits[TECH_ENTERPRISE_LIST.name].accepted
        known.append(listed.select("borrower_id"))
    clients = pl.concat(known).unique().collect()["borrower_id"]
    is_listed = pl.col("kind") == worklist.Kind.CERTIFICATE_LAPSED.value
    return work.filter(~is_listed | pl.col("borrower_id").is_in(clients.implode()))


def _judged(
    month: MonthAtWork, draft: Draft, below: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the suites say of the branch's own rows, and each of those rows.

    Rules on a table as a whole are left out: a draft of one branch is not the table.
    """
    drafted = {
        name: (split.files, frozenset(split.provided)) for name, split in draft.splits.items()
    }
    verdicts = trust.measure_draft(month, drafted, draft.scratch)
    by_row = [rule.id for rule in month.bank.rules if rule.row_condition is not None]
    own = pl.col("branch_id").is_null() | pl.col("branch_id").is_in(below.implode())
    kept = pl.col("rule_id").is_in(by_row) & own
    failing = pl.concat(
        [pl.LazyFrame(schema=FAILING_ROW), *(pl.scan_parquet(one) for one in verdicts.failing)],
        how="diagonal_relaxed",
    )
    found = failing.filter(kept).collect()
    return verdicts.findings.filter(kept), draft_rows.placed(draft, found)


def _below(bank: Bank, draft: Draft, day: date, branch: str) -> tuple[pl.Series, frozenset[str]]:
    """The branches that count for the branch asked about, and all other nodes of the tree.

    Raises:
        UnknownNameError: if it is in no tree.
    """

    def rows(name: str) -> pl.DataFrame:
        if name in draft.splits:
            return draft.splits[name].accepted.collect()
        return bank.deliveries.table(SYSTEM, name, day).collect()

    booking = draft.splits[LOAN_SNAPSHOT.name].accepted.select("booking_branch_id").collect()
    at = hierarchy.build(
        rows(BRANCH.name),
        rows(BRANCH_HIERARCHY.name),
        booking["booking_branch_id"],
        day,
    )
    below = at.counts_for.filter(pl.col("node_id") == branch)["branch_id"]
    if below.is_empty():
        raise UnknownNameError(
            "branch",
            branch,
            tuple(at.nodes["node_id"]),
            way_out="Name a branch of the branch table, or one that books loans of the draft.",
        )
    return below, frozenset(at.nodes["node_id"]) - frozenset(below)


def _month(
    bank: Bank, draft: Draft, day: date, below: pl.Series
) -> tuple[MonthAtWork, date | None, int]:
    """The month with the draft in place of the branch's rows; whence the others; loans left aside."""
    delivered = [one for one in bank.deliveries.months() if one <= day]
    others = max(delivered, default=None)
    stand_ins: dict[str, StandIn] = {}
    for name, split in draft.splits.items():
        own = split.accepted
        column = branch_column(name)
        rows = own.filter(pl.col(column).is_in(below.implode())) if column else own
        source = others if name == LOAN_SNAPSHOT.name and others is not None else day
        held = bank.deliveries.chosen(source).get(name)
        columns = frozenset(split.provided)
        if held is not None:
            kept = bank.deliveries.rows(SYSTEM, held)
            if column:
                kept = kept.filter(~pl.col(column).is_in(below.implode()))
            else:
                kept = kept.join(own, on=TABLES[name].key, how="anti", nulls_equal=True)
            columns |= held.columns
            rows = pl.concat([rows.select(kept.collect_schema().names()), kept])
        taxonomy = (
            Taxonomy(str(split.delivery.batch["taxonomy"])) if name == LOAN_SNAPSHOT.name else None
        )
        stand_ins[name] = StandIn(rows, columns, taxonomy)
    if others is not None and others != day:
        # The other branches' foreign loans need the rates they were converted with.
        for name in (FX_RATE.name,):
            held = bank.deliveries.chosen(others).get(name)
            absent = name not in stand_ins and name not in bank.deliveries.chosen(day)
            if held is not None and absent:
                stand_ins[name] = StandIn(bank.deliveries.rows(SYSTEM, held), held.columns)
    loans = draft.splits[LOAN_SNAPSHOT.name].accepted
    foreign = loans.filter(~pl.col("booking_branch_id").is_in(below.implode()))
    month = MonthAtWork(bank, day, bank.deliveries.latest_version(day), stand_ins)
    return month, others, foreign.select(pl.len()).collect().item()


def _figures(month: MonthAtWork, at: Tree, taken: Measures) -> pl.DataFrame:
    facts = months.figures(month, at, taken, months.reconciliation(month))
    return facts.filter(pl.col("slice") == TOTAL)


def _mended(material: Material, work: pl.DataFrame) -> Material:
    tables, events = worklist.mended(material.tables, material.first_loans, material.rules, work)
    return replace(material, tables=tables, first_loans=events)


@dataclass(frozen=True, eq=False)
class _Asked:
    """The month with the draft in it, measured, and the branch that is asked about."""

    month: MonthAtWork
    tree: Tree
    material: Material
    taken: Measures
    branch: str
    below: pl.Series


def _effects(at: _Asked, work: pl.DataFrame) -> pl.DataFrame:
    """What each item alone would do to the branch's figures that have a target; rows of `EFFECT`."""
    targets = at.month.targets.rows
    own = targets.filter(pl.col("branch_id") == at.branch)
    helped = work.filter(pl.col("mended").is_not_null())
    if own.is_empty() or helped.is_empty():
        return pl.DataFrame(schema=EFFECT)
    deltas = pl.concat(
        [
            pl.DataFrame(schema=marginal.DELTA),
            *(_differences(at.material, one, at.below) for one in _rounds(helped)),
        ]
    )
    # An item that changes nothing stands for the branch as it is.
    as_it_is = pl.Series(["as-it-is"])
    items = pl.concat([as_it_is, deltas["item"].unique().sort()])
    bases = months.published_bases(at.month)
    whole = months.gathered(at.month, at.tree, at.taken, bases)
    catalogue = at.month.catalogue
    facts = marginal.figures(whole, at.branch, deltas, items, catalogue)
    for_items = own.drop("branch_id").join(pl.DataFrame({"branch_id": items}), how="cross")
    judged = scorecards.with_status(facts, for_items.select(targets.columns), catalogue).filter(
        pl.col("target_value").is_not_null()
    )
    now = judged.filter(pl.col("branch_id") == as_it_is[0])
    moved = judged.join(now, on=["metric_id", "reading"], suffix="_now").filter(
        pl.col("value").ne_missing(pl.col("value_now"))
    )
    return moved.select(
        "metric_id",
        "reading",
        "unit",
        item="branch_id",
        before="value_now",
        after="value",
        gap_before="gap_now",
        gap_after="gap",
        status_before="status_now",
        status_after="status",
    ).select(pl.col(name).cast(dtype) for name, dtype in EFFECT.items())


def _rounds(work: pl.DataFrame) -> list[pl.DataFrame]:
    """The items in groups in which no client stands twice, so that a group is measured in one pass."""
    placed = work.with_columns(_round=pl.int_range(pl.len()).over("borrower_id"))
    return [group.drop("_round") for group in placed.sort("_round").partition_by("_round")]


def _differences(material: Material, work: pl.DataFrame, below: pl.Series) -> pl.DataFrame:
    touched = work.select("item", "borrower_id")
    before, after = (
        marginal.around(one, touched, below) for one in (material, _mended(material, work))
    )
    return marginal.differences(
        marginal.sums(measures.take(before), before.tree),
        marginal.sums(measures.take(after), after.tree),
    ).filter(pl.col("item").is_in(touched["item"].implode()))


def _order(work: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """The items by what they help: first the share of open gaps they close, then how far they move others.

    Gaps are favourable when positive, so that closing one is a move upwards, whichever way a metric points.
    """
    short = pl.col("gap_before") < 0
    moved = (pl.col("gap_after") - pl.col("gap_before")).cast(pl.Float64)
    size = pl.col("gap_before").abs().cast(pl.Float64)
    helped = effects.group_by("item").agg(
        closes=pl.when(short & (size > 0))
        .then((moved / size).clip(upper_bound=1.0))
        .sum()
        .round(9),
        moves=moved.filter(~short).sum().round(9),
    )
    return (
        work.join(helped, on="item", how="left")
        .with_columns(pl.col("closes", "moves").fill_null(0.0))
        .sort(
            "closes",
            "moves",
            "amount",
            "kind",
            "borrower_id",
            "loan_id",
            descending=[True, True, True, False, False, False],
            nulls_last=True,
        )
        .drop("moves")
    )


def _compared(
    bank: Bank, scope: Scope, branch: str, day: date, facts: pl.DataFrame, mended: pl.DataFrame
) -> pl.DataFrame:
    """The branch's figures that have a target or a limit; rows of `FIGURE`."""
    own = facts.filter(
        pl.col("branch_id") == branch,
        pl.col("target_value").is_not_null() | pl.col("limit_value").is_not_null(),
    )
    newest = [one for one in bank.published.newest_versions() if one <= day]
    key = ["metric_id", "reading"]
    before = pl.DataFrame(schema={**dict.fromkeys(key, TEXT), "published": WIDE})
    if newest:
        published = bank.published.facts(scope, as_of=max(newest)).filter(
            pl.col("branch_id") == branch, pl.col("slice") == TOTAL
        )
        before = published.select(*key, published="value").collect()
    after = mended.filter(pl.col("branch_id") == branch).select(
        *key, mended="value", mended_status="status"
    )
    return (
        own.join(before, on=key, how="left")
        .join(after, on=key, how="left")
        .with_columns(
            published_as_of=pl.lit(max(newest).isoformat() if newest else None, dtype=TEXT),
            draft="value",
            target=pl.coalesce("target_value", "limit_value"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in FIGURE.items())
        .sort(*key)
    )
