"""Books between two month ends: one group of inputs at a time put from old to new, loan by loan.

What a loan adds to a figure is measured in each book by `classify`, asking for what the figure needs and
nothing else. The difference of two neighbouring books is the effect of what was put in between; all
differences together are the whole change, since they telescope. Loans of one book alone are judged by
the rules of their own side and walk no steps but those of their principal (`events`). What the
differences are worth to a ratio belongs in `effects`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from transforms.analysis.bridge import events as bridge_events
from transforms.analysis.bridge.causes import Cause
from transforms.analysis.bridge.shape import Shape, Weighed
from transforms.catalogue.model import Catalogue, Entity
from transforms.catalogue.sql import columns_of
from transforms.catalogue.vocabulary import AMOUNTS
from transforms.classify import LoanTables, Rules, classify, closure
from transforms.schema import (
    BORROWER_SNAPSHOT,
    BRANCH,
    FX_RATE,
    LOAN_SNAPSHOT,
    MONEY,
    TEXT,
    WIDE,
    Table,
)

FIRST: Final = "first"
"""The tree of the first month as first reported."""
THEN: Final = "then"
"""The tree that the old book is seen by."""
NOW: Final = "now"
"""The tree that the new book is seen by."""

_LOANS: Final = LOAN_SNAPSHOT.name
_CLIENTS: Final = BORROWER_SNAPSHOT.name
_OWN_STEP: Final = frozenset({_LOANS, _CLIENTS, FX_RATE.name, BRANCH.name})
"""Tables that are put from old to new in a step of their own; all others are lists."""

_PRICE: Final = ("interest_rate", "repricing_date")
_QUALITY: Final = ("loan_classification", "days_past_due", "loan_status", "extended_maturity_date")
_ALLOWANCE: Final = ("impairment_allowance",)
_PLACE: Final = ("booking_branch_id",)
_MONEY: Final = ("outstanding_principal", "currency_code")
_APART: Final = frozenset((*_PRICE, *_QUALITY, *_ALLOWANCE, *_PLACE, *_MONEY))
_TAGS: Final = tuple(
    name for name in LOAN_SNAPSHOT.column_names if name not in _APART and name != "loan_id"
)
_NEW: Final = "|new"
_KEYS: Final = ("loan_id", "borrower_id", "branch_id")


@dataclass(frozen=True, eq=False)
class Book:
    """The loans of one month end, as a build would compute them.

    Attributes:
        tables: the month's tables, loans among them.
        rules: definitions and reference data in force.
        shape: the figure under these definitions.
        version: of the definitions it rests on; two books of the same version judge loans alike.
    """

    tables: LoanTables
    rules: Rules
    shape: Shape
    version: str

    @property
    def loans(self) -> pl.LazyFrame:
        """The month's loans, canonical columns."""
        return self.tables.month[_LOANS].select(*LOAN_SNAPSHOT.column_names)

    def with_tables(self, tables: Mapping[str, pl.LazyFrame]) -> "Book":
        """The same book with some tables in place of its own."""
        return replace(self, tables=replace(self.tables, month={**self.tables.month, **tables}))


@dataclass(frozen=True, eq=False)
class Between:
    """Everything a bridge is made from.

    Attributes:
        start: the old book, as known now.
        end: the new one.
        events: rows of `loan_event` of the months between.
        reported: the old book as first reported, if that is where the bridge begins.
        overridden: the old book's loans and clients as delivered, with the new book's overrides put in
            place of the old one's; nothing if neither has any.
    """

    start: Book
    end: Book
    events: pl.LazyFrame
    reported: Book | None = None
    overridden: Mapping[str, pl.LazyFrame] | None = None


@dataclass(frozen=True, eq=False)
class State:
    """What loans add in one book of the walk.

    Attributes:
        rows: `loan_id, borrower_id, branch_id` and the columns of the shape.
        tree: by which tree their branches count.
        enters: the cause that led to this book from the one before; nothing for the first.
        leaves: the cause that leads on; nothing for the last.
    """

    rows: pl.LazyFrame
    tree: str
    enters: Cause | None
    leaves: Cause | None


@dataclass(frozen=True, eq=False)
class Walk:
    """A whole walk from the old book to the new one.

    Attributes:
        first: what every loan adds in the book that the bridge begins with, and by which tree.
        states: the loans of both books, step by step.
        paths: signed effects of principal: `loan_id, borrower_id, branch_id, cause, tree` and the columns.
        left: what the loans add that are not in the new book, as they stood in the old one.
        last: what every loan adds in the new book.
    """

    first: tuple[pl.LazyFrame, str]
    states: tuple[State, ...]
    paths: tuple[pl.LazyFrame, ...]
    left: pl.LazyFrame
    last: pl.LazyFrame


def amounts(book: Book, carried: tuple[str, ...] = ()) -> pl.LazyFrame:
    """What each loan of a book adds: `loan_id, borrower_id, branch_id`, the columns of the shape.

    Args:
        book: the book.
        carried: further columns of its loan rows to keep.
    """
    catalogue = book.rules.catalogue
    columns = book.shape.columns
    measures = [catalogue.measures[one.measure] for terms in columns.values() for one in terms]
    rows: pl.LazyFrame = classify(
        book.tables,
        book.rules,
        flags={m.where for m in measures},
        columns={m.over for m in measures if m.over in AMOUNTS[Entity.LOAN]},
    ).to_native()
    return rows.select(
        "loan_id",
        "borrower_id",
        pl.col("booking_branch_id").alias("branch_id"),
        *carried,
        *(
            _sum(catalogue, terms, counted=book.shape.counted).alias(name)
            for name, terms in columns.items()
        ),
    )


def _sum(catalogue: Catalogue, terms: tuple[Weighed, ...], *, counted: bool) -> pl.Expr:
    zero = pl.lit(0, dtype=WIDE)
    total = zero
    for one in terms:
        measure = catalogue.measures[one.measure]
        added = pl.lit(1, dtype=WIDE) if counted else pl.col(measure.over).cast(WIDE).fill_null(0)
        if one.times != 1:
            added = added * pl.lit(one.times, dtype=WIDE)
        total = total + pl.when(pl.col(measure.where)).then(added).otherwise(zero)
    return total.cast(WIDE)


def walk(between: Between) -> Walk:
    """The books between, the paths of principal, and what stands at both ends.

    Nothing is collected but the numbers of the loans in either book, and what events did to them.
    """
    start, end = between.start, between.end
    sides = bridge_events.sides(start.loans, end.loans)
    both = sides.filter("kept").select("loan_id").lazy()
    states = _linked(list(_states(between, both)))
    left = amounts(start.with_tables({_LOANS: start.loans.join(both, on="loan_id", how="anti")}))
    begins = (amounts(between.reported), FIRST) if between.reported else (amounts(start), THEN)
    restated: tuple[State, ...] = ()
    if between.reported:
        restated = (
            State(amounts(between.reported), FIRST, None, Cause.RESTATEMENT),
            State(amounts(start), THEN, Cause.RESTATEMENT, None),
        )
    changed = bridge_events.changes_of_principal(between.events, end.loans).collect().lazy()
    return Walk(
        first=begins,
        states=(*restated, *states),
        paths=(
            *(_signed_rows(left, Cause.BRANCH_MOVE, tree, sign) for tree, sign in _MOVED),
            _along(
                start, bridge_events.leaving(bridge_events.rows_of(sides, "then"), changed), NOW
            ),
            _along(end, bridge_events.coming(bridge_events.rows_of(sides, "now"), changed), NOW),
            _along(end, bridge_events.kept(bridge_events.rows_of(sides, "both"), changed), NOW),
        ),
        left=left,
        last=amounts(end),
    )


_MOVED: Final = ((THEN, -1), (NOW, 1))


def _signed_rows(rows: pl.LazyFrame, cause: Cause, tree: str, sign: int) -> pl.LazyFrame:
    """Rows of a book as what a cause takes or adds, by a tree."""
    columns = [name for name in rows.collect_schema().names() if name not in _KEYS]
    return rows.select(
        *_KEYS,
        pl.lit(cause.value).alias("cause"),
        pl.lit(tree).alias("tree"),
        *(_signed(name, pl.lit(sign)) for name in columns),
    )


def _only(rows: pl.LazyFrame, loans: pl.LazyFrame) -> pl.LazyFrame:
    return rows.join(loans, on="loan_id", how="semi")


def _along(book: Book, steps: pl.LazyFrame, tree: str) -> pl.LazyFrame:
    """What the steps of principal add and take, judged in one book."""
    ends = pl.concat(
        [
            steps.filter(~pl.col("closes")).select("loan_id", "cause", at="after", sign=pl.lit(1)),
            steps.filter(~pl.col("opens")).select("loan_id", "cause", at="before", sign=pl.lit(-1)),
        ]
    )
    stacked = (
        book.loans.join(ends, on="loan_id")
        .with_columns(outstanding_principal=pl.col("at").cast(MONEY))
        .drop("at")
        .rename({"cause": "_cause", "sign": "_sign"})
    )
    rows = amounts(book.with_tables({_LOANS: stacked}), ("_cause", "_sign"))
    return rows.select(
        *_KEYS,
        pl.col("_cause").alias("cause"),
        pl.lit(tree).alias("tree"),
        *(_signed(name, pl.col("_sign")) for name in book.shape.columns),
    )


def _signed(name: str, sign: pl.Expr) -> pl.Expr:
    value = pl.col(name)
    return pl.when(sign > 0).then(value).otherwise(-value).cast(WIDE).alias(name)


def _linked(books: list[tuple[Cause | None, str, Book]]) -> tuple[State, ...]:
    """Books in order as states, each with the cause that leads on."""
    following = [*(cause for cause, _, _ in books[1:]), None]
    return tuple(
        State(amounts(book), tree, enters, leaves)
        for (enters, tree, book), leaves in zip(books, following, strict=True)
    )


def _states(between: Between, both: pl.LazyFrame) -> Iterator[tuple[Cause | None, str, Book]]:
    """The kept loans, one group of inputs after the other put from old to new.

    A group that no input of differs in, or that the figure does not ask about, has no book of its own.
    """
    start, end = between.start, between.end
    old, new = start.loans, end.loans
    book = start.with_tables({_LOANS: _only(old, both)})
    yield None, THEN, book
    if start.version != end.version:
        rules = replace(book.rules, catalogue=end.rules.catalogue)
        book = replace(book, rules=rules, shape=end.shape, version=end.version)
        yield Cause.DEFINITION, THEN, book
    book = _with_lists(book, end)
    yield Cause.LISTS, THEN, book
    if between.overridden is not None:
        old = between.overridden[_LOANS].select(*LOAN_SNAPSHOT.column_names)
        book = book.with_tables(
            {
                _LOANS: _only(old, both),
                _CLIENTS: between.overridden[_CLIENTS],
            }
        )
        yield Cause.OVERRIDE, THEN, book
    paired = _only(old, both).join(new, on="loan_id", suffix=_NEW)
    taken = frozenset(_TAGS)
    book = replace(book, rules=replace(book.rules, taxonomy=end.rules.taxonomy)).with_tables(
        {_LOANS: _mixed(paired, taken), _CLIENTS: _clients(book, end)}
    )
    yield Cause.RECLASSIFICATION, THEN, book
    asked = _asked(end)
    for cause, columns, names in (
        (Cause.REPRICING, _PRICE, _PRICED),
        (Cause.MIGRATION, _QUALITY, None),
        (Cause.ALLOWANCE, _ALLOWANCE, _PROVIDED),
    ):
        taken |= frozenset(columns)
        book = book.with_tables({_LOANS: _mixed(paired, taken)})
        if names is None or names & asked:
            yield cause, THEN, book
    taken |= frozenset(_PLACE)
    book = book.with_tables({_LOANS: _mixed(paired, taken), BRANCH.name: _table(end, BRANCH)})
    yield Cause.BRANCH_MOVE, NOW, book
    rates = _rates(book, end)
    if rates is not None:
        yield Cause.FX, NOW, book.with_tables({FX_RATE.name: rates})


_PRICED: Final = frozenset(
    {*_PRICE, "lpr", "lpr_term", "priced_on", "spread_rate", "interest", "spread"}
)
_PROVIDED: Final = frozenset({*_ALLOWANCE, "allowance"})


def _table(book: Book, table: Table) -> pl.LazyFrame:
    """A table of a book, without rows if it has none."""
    given = book.tables.month.get(table.name)
    return pl.LazyFrame(schema=table.dtypes) if given is None else given.select(*table.column_names)


def _asked(book: Book) -> frozenset[str]:
    """Every name that the figure's flags and amounts mention."""
    catalogue = book.rules.catalogue
    measures = [
        catalogue.measures[one.measure] for terms in book.shape.columns.values() for one in terms
    ]
    flags = closure(catalogue, {m.where for m in measures})
    named = {name for flag in flags for clause in flag.clauses for name in columns_of(clause.sql)}
    return frozenset(named | {m.over for m in measures})


def _with_lists(book: Book, end: Book) -> Book:
    """The day, reference data and lists of the later month, with the loans, clients and rates of the old."""
    month = {
        **{name: rows for name, rows in end.tables.month.items() if name not in _OWN_STEP},
        **{name: rows for name, rows in book.tables.month.items() if name in _OWN_STEP},
    }
    rules = replace(book.rules, reference=end.rules.reference, as_of=end.rules.as_of)
    return replace(book, tables=replace(end.tables, month=month), rules=rules)


def _mixed(paired: pl.LazyFrame, taken: frozenset[str]) -> pl.LazyFrame:
    """Loans of both books with some columns as they are now, the others as they were."""
    return paired.select(
        pl.col(f"{name}{_NEW}").alias(name) if name in taken else pl.col(name)
        for name in LOAN_SNAPSHOT.column_names
    )


def _clients(book: Book, end: Book) -> pl.LazyFrame:
    """The later month's clients, and those of the old one that it no longer tells of."""
    return _over(_table(book, BORROWER_SNAPSHOT), _table(end, BORROWER_SNAPSHOT), "borrower_id")


def _rates(book: Book, end: Book) -> pl.LazyFrame | None:
    """The later month's rates, and the old ones of currencies without one; nothing if none differs."""
    old, new = _table(book, FX_RATE), _table(end, FX_RATE)
    told = [
        rows.select("currency_code", "rate").sort("currency_code").collect() for rows in (old, new)
    ]
    return None if told[0].equals(told[1]) else _over(old, new, "currency_code")


def _over(old: pl.LazyFrame, new: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return pl.concat([new, old.join(new.select(key), on=key, how="anti")])


def sums(walked: Walk, columns: tuple[str, ...]) -> pl.DataFrame:
    """What each cause adds: `cause, tree, branch_id` and the columns; no rows where nothing.

    Args:
        walked: the walk.
        columns: those of the shape.
    """
    totals = [pl.col(name).sum() for name in columns]
    lazy = [state.rows.group_by("branch_id").agg(totals) for state in walked.states]
    lazy += [rows.group_by("cause", "tree", "branch_id").agg(totals) for rows in walked.paths]
    taken = pl.collect_all(lazy, engine="streaming")
    moves = [_empty(columns)]
    for state, rows in zip(walked.states, taken, strict=False):
        for cause, sign in ((state.enters, 1), (state.leaves, -1)):
            if cause is not None:
                moves.append(
                    rows.select(
                        pl.lit(cause.value).alias("cause"),
                        pl.lit(state.tree).alias("tree"),
                        "branch_id",
                        *(_signed(name, pl.lit(sign)) for name in columns),
                    )
                )
    moves += [rows.select(moves[0].columns) for rows in taken[len(walked.states) :]]
    added = pl.concat(moves).group_by("cause", "tree", "branch_id").agg(totals)
    some = pl.any_horizontal(pl.col(name) != 0 for name in columns)
    return added.filter(some).sort("cause", "tree", "branch_id")


def by_loan(walked: Walk, columns: tuple[str, ...]) -> pl.LazyFrame:
    """The same loan by loan: `loan_id, borrower_id, branch_id, cause, tree` and the columns."""
    moves = list(walked.paths)
    for state in walked.states:
        for cause, sign in ((state.enters, 1), (state.leaves, -1)):
            if cause is not None:
                moves.append(
                    state.rows.select(
                        *_KEYS,
                        pl.lit(cause.value).alias("cause"),
                        pl.lit(state.tree).alias("tree"),
                        *(_signed(name, pl.lit(sign)) for name in columns),
                    )
                )
    keys = (*_KEYS, "cause", "tree")
    return pl.concat([rows.select(*keys, *columns) for rows in moves])


def _empty(columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            **dict.fromkeys(("cause", "tree", "branch_id"), TEXT),
            **dict.fromkeys(columns, WIDE),
        }
    )
