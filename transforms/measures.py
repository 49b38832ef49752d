"""A month's measures from its tables: every kind of row classified, and taken once.

The one place where the steps meet: loans to cubes and clients, events of first loans, flows, changes
since earlier month ends, listed enterprises, trade. What a step does is said in its own module; where
the tables come from is the caller's matter; facts are made from the result in `facts`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Final

import narwhals as nw
import polars as pl

from transforms import (
    availability,
    changes,
    clients,
    cube,
    first_loans,
    flows,
    listings,
    narrow,
    trade,
)
from transforms.availability import Held
from transforms.catalogue.model import Aggregation, At, Catalogue, Entity, Measure
from transforms.catalogue.vocabulary import TOTAL
from transforms.classify import LoanTables, Rules, classify_in_parts, may_admit_these
from transforms.engines import POLARS, Engine, Frame, neutral
from transforms.flows import Before
from transforms.hierarchy import Tree
from transforms.lookups import place
from transforms.lookups.inputs import Inputs
from transforms.schema import (
    BRANCH,
    LOAN_EVENT,
    NET_CAPITAL,
    TECH_ENTERPRISE_LIST,
    TEXT,
    WIDE,
    Table,
)

_HELD_PARTS: Final = 4
"""Of so many parts all fit at once, where only some columns of a loan or a flow are looked at."""


@dataclass(frozen=True, eq=False)
class Material:
    """What the measures of one month are taken from.

    Attributes:
        tables: the month's tables, with the trade of fifteen months.
        rules: definitions and reference data in force.
        tree: the branches of the month.
        held: what the book holds.
        first_loans: first-loan events of all months so far, with `reported`.
        before: the books that changes are measured from, by time; one not delivered is absent.
        year_flows: loan events since 1 January.
    """

    tables: LoanTables
    rules: Rules
    tree: Tree
    held: Held
    first_loans: pl.DataFrame
    before: Mapping[At, Before] = field(default_factory=dict)
    year_flows: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=LOAN_EVENT.dtypes))

    @property
    def parameters(self) -> dict[str, Decimal]:
        """The thresholds in force that month."""
        return self.rules.parameters

    def unavailable(self) -> dict[str, str]:
        """Measures that the book cannot give, with the reason."""
        return availability.unavailable_measures(self.rules.catalogue, self.held, self.parameters)


@dataclass(frozen=True, eq=False)
class Measures:
    """The measures of one month.

    Attributes:
        additive: by booking branch, rows of `cube.BRANCH_MEASURE`.
        by_node: taken at every node anew, rows of `clients.NODE_MEASURE`.
    """

    additive: pl.DataFrame
    by_node: pl.DataFrame


def judged_events(
    events: pl.DataFrame, tables: LoanTables, rules: Rules, *, engine: Engine = POLARS
) -> pl.DataFrame:
    """First-loan events of all months so far, each with the flags that decide whether it counts."""
    return first_loans.judge(
        events,
        _gathered(tables, TECH_ENTERPRISE_LIST, engine),
        rules.catalogue,
        rules.parameters,
        rules.as_of,
    )


def take(material: Material, *, engine: Engine = POLARS, parts: int = 1) -> Measures:
    """Every measure of the month that the book can give.

    Args:
        material: what it is taken from.
        engine: what runs the steps that touch loans.
        parts: in how many parts a big book is taken, client by client and loan by loan, so that no
            more than a part must be held at once; the figures are the same.
    """
    catalogue = material.rules.catalogue
    judged = judged_events(material.first_loans, material.tables, material.rules, engine=engine)
    shares = [
        engine.kept(narrow.narrow(loans, catalogue, engine), coded=narrow.CODED)
        for loans in _classified(material, judged, engine, parts)
    ]
    of_loans, of_flows = engine.both(
        partial(_of_loans, material, shares, engine), partial(_of_flows, material, engine, parts)
    )
    events = first_loans.event_measures(judged, catalogue, material.rules.as_of)
    additive = pl.concat([events, of_loans.measures.additive, of_flows.additive])
    by_node = pl.concat([_reported(material, engine), of_loans.measures.by_node, of_flows.by_node])
    missing = material.unavailable()
    branches = pl.concat([material.tree.nodes["node_id"], of_loans.booked]).unique()
    whole = cube.with_zeros(additive, branches, _given(catalogue, missing))
    rows = pl.concat([whole, cube.by_place(whole, places(material, engine=engine), catalogue)])
    there = ~pl.col("measure").is_in(sorted(missing))
    return Measures(
        additive=rows.filter(there).sort("branch_id", "slice", "member", "measure"),
        by_node=by_node.filter(there).sort("node_id", "slice", "member", "measure"),
    )


@dataclass(frozen=True, eq=False)
class _OfLoans:
    """What is taken from loans, and the branches that book them."""

    measures: Measures
    booked: pl.Series


def _of_loans(material: Material, shares: Sequence[Frame], engine: Engine) -> _OfLoans:
    """What is taken from narrow loans, in the parts that they are kept in; rows in no order."""
    catalogue = material.rules.catalogue
    book = nw.concat(shares) if len(shares) > 1 else shares[0]
    # To group all loans of a very large book at once holds most of them.
    at_once = [book] if _of_few_columns(len(shares)) == 1 else shares
    of_parts = [
        engine.collected(cube.aggregate(loans, catalogue, engine), as_coded=True)
        for loans in at_once
    ]
    cubes = cube.added(of_parts, catalogue)
    del of_parts
    taken = engine.collected(_of_book(material, book))
    groups = engine.frame(taken["groups"])
    by_client = [_counted(share, groups, material, engine) for share in shares]
    additive = [cube.branch_measures(cubes, catalogue)]
    additive += [
        _changed(material, book, at, engine, _of_few_columns(len(shares)))
        for at in material.before
        if _changes_since(catalogue, at)
    ]
    if "chain" in taken:
        rows = judged_trade(material, taken["chain"], engine=engine, every=False)
        additive.append(flows.sums_by_branch(rows, catalogue.sums_of(Entity.TRADE)))
    by_node = [clients.node_measures(by_client, material.tree.counts_for, catalogue)]
    if "listed" in taken:
        by_node.append(_uncut(listings.counts(_listings(material, taken["listed"], engine))))
    booked = cubes[TOTAL]["branch_id"].unique().cast(TEXT)
    return _OfLoans(Measures(pl.concat(additive), pl.concat(by_node)), booked)


def _of_flows(material: Material, engine: Engine, parts: int) -> Measures:
    """What is taken from the month's loan events and the year's; rows in no order."""
    additive, by_node = (
        [pl.DataFrame(schema=cube.BRANCH_MEASURE)],
        [pl.DataFrame(schema=clients.NODE_MEASURE)],
    )
    flowing = _flowing(material, engine)
    if flowing is not None:
        catalogue, counts_for = material.rules.catalogue, material.tree.counts_for
        summed = catalogue.sums_of(Entity.FLOW)
        wide = engine.collected({"": _sums(flowing, summed)})[""]
        additive.append(_long_sums(wide, summed))
        drawn = flows.clients_of_month(flowing, catalogue)
        year = material.year_flows
        rules = material.rules
        drawing = flows.clients(
            drawn, year, rules, counts_for, engine=engine, parts=_of_few_columns(parts)
        )
        by_node.append(_uncut(drawing))
    return Measures(pl.concat(additive), pl.concat(by_node))


def classified(material: Material, judged: pl.DataFrame, *, engine: Engine = POLARS) -> Frame:
    """The month's loans with everything that measures ask for, and nothing else."""
    return next(_classified(material, judged, engine))


def narrowed(material: Material, judged: pl.DataFrame, *, engine: Engine = POLARS) -> Frame:
    """The same, reduced to the columns that measures are taken from."""
    loans = classified(material, judged, engine=engine)
    return narrow.narrow(loans, material.rules.catalogue, engine)


def _classified(
    material: Material, judged: pl.DataFrame, engine: Engine, parts: int = 1
) -> Iterator[Frame]:
    """Classified loans, in so many parts."""
    tables = replace(material.tables, first_receipts=first_loans.first_receipts(judged))
    flags, columns = narrow.needed(material.rules.catalogue)
    return classify_in_parts(
        tables, material.rules, parts, flags=flags, columns=columns, engine=engine
    )


def _of_book(material: Material, loans: Frame) -> dict[str, Frame]:
    """What is taken from all narrow loans at once, lazily."""
    catalogue = material.rules.catalogue
    frames = {"groups": clients.group_ids(loans)}
    if trade.LENT in catalogue.flags and catalogue.flags_of(Entity.TRADE):
        frames["chain"] = loans.filter(nw.col(trade.LENT)).select(
            "borrower_id",
            "balance",
            "branch_id",
            core_enterprise_id=nw.col("core_enterprise"),
        )
    if listings.LENT in catalogue.flags and catalogue.flags_of(Entity.LISTING):
        lent = loans.filter(nw.col(listings.LENT))
        frames["listed"] = lent.select("borrower_id", "branch_id").unique()
    return frames


def _flowing(material: Material, engine: Engine) -> Frame | None:
    """The month's flows, reduced to what measures ask for; None where there are none to be had."""
    catalogue = material.rules.catalogue
    if LOAN_EVENT.name not in material.tables.month or not catalogue.flags_of(Entity.FLOW):
        return None
    before = material.before.get(At.PREVIOUS_MONTH)
    judged = flows.flows(material.tables, material.rules, before, engine=engine, every=False)
    return engine.kept(flows.needed(judged, catalogue), coded=("branch_id",))


def _counted(share: Frame, groups: Frame, material: Material, engine: Engine) -> clients.Counted:
    """Distinct clients and the largest of one part of the narrow loans."""
    catalogue = material.rules.catalogue
    loans = clients.told_apart(share, groups, engine)
    whole = engine.collected(clients.by_client(loans, catalogue, engine), as_coded=True)
    several = clients.at_branches(loans, whole, catalogue, engine)
    shared = engine.collected(several, as_coded=True)
    return clients.counted(whole, shared, material.tree.counts_for, catalogue)


def _changed(material: Material, loans: Frame, at: At, engine: Engine, parts: int) -> pl.DataFrame:
    """What changed since an earlier month end, by branch; rows of `cube.BRANCH_MEASURE`."""
    measures, rules = _changes_since(material.rules.catalogue, at), material.rules
    then = material.before[at]
    now = changes.reduced(loans, rules)
    side = partial(changes.side, then.tables, then.rules, engine=engine)
    asked = {m.where for m in measures}
    few = changes.few(now, side, asked, rules, engine)
    if few is not None:
        (now, earlier), parts = few, 1
    else:
        earlier = side()
    sums = []
    for number in range(parts):
        ours, theirs = now, earlier
        if parts > 1:
            # A loan may have another client by now, but it is the same loan.
            ours = neutral(engine.part(now.to_native(), "loan_id", number, parts))
            theirs = neutral(engine.part(earlier.to_native(), "loan_id", number, parts))
        rows = changes.changes(ours, theirs, rules, asked, engine=engine)
        sums.append(engine.collected({"": _sums(rows, measures)})[""])
    wide = pl.concat(sums).group_by("branch_id").agg(pl.col(m.name).sum() for m in measures)
    return _long_sums(wide, measures)


def _of_few_columns(parts: int) -> int:
    """In how many parts a step takes a book that is classified in so many: each reads it once more."""
    return 1 if parts <= _HELD_PARTS else parts


def _changes_since(catalogue: Catalogue, at: At) -> tuple[Measure, ...]:
    return tuple(m for m in catalogue.sums_of(Entity.CHANGE) if m.since is at)


def _sums(rows: Frame, measures: tuple[Measure, ...]) -> Frame:
    zero = nw.lit(0).cast(nw.Decimal(38, 2))
    return rows.group_by("branch_id").agg(
        nw.when(nw.col(m.where)).then(nw.col(m.over)).otherwise(zero).sum().alias(m.name)
        for m in measures
    )


def _long_sums(wide: pl.DataFrame, measures: tuple[Measure, ...]) -> pl.DataFrame:
    return cube.long(wide, [m.name for m in measures])


def _given(catalogue: Catalogue, missing: Mapping[str, str]) -> list[str]:
    """Additive measures that the book can give: where a branch has no row, it is zero there."""
    additive = (Aggregation.SUM, Aggregation.COUNT_EVENTS)
    return [m.name for m in catalogue.measures_by(*additive) if m.name not in missing]


def _uncut(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(slice=pl.lit(TOTAL), member=pl.lit(TOTAL)).select(
        *clients.NODE_MEASURE
    )


def judged_trade(
    material: Material, lent: pl.DataFrame, *, engine: Engine = POLARS, every: bool = True
) -> pl.DataFrame:
    """Paid trade at the branch that lends the pair most, with the trade flags.

    Args:
        material: the month.
        lent: `branch_id, borrower_id, core_enterprise_id, balance` of supply-chain loans.
        engine: what runs it.
        every: also trade of months that no measure looks at, so that it can be told why not.
    """
    rows = Inputs(material.tables, material.rules, engine).trades()
    flags = material.rules.catalogue.flags_of(Entity.TRADE)
    if not every:
        every = may_admit_these(flags, dict.fromkeys(trade.WHEN, False), material.parameters)
    paid = trade.branch_rows(rows, lent, material.rules.as_of, every=every)
    return first_loans.flagged(paid, flags, material.parameters)


def judged_listings(
    material: Material, lent: pl.DataFrame, *, engine: Engine = POLARS
) -> pl.DataFrame:
    """Node x listed enterprise of its area, with the listing flags."""
    return listings.listed(_listings(material, lent, engine))


def _listings(material: Material, lent: pl.DataFrame, engine: Engine) -> listings.Listings:
    return listings.Listings(
        lists=_gathered(material.tables, TECH_ENTERPRISE_LIST, engine),
        branches=_gathered(material.tables, BRANCH, engine),
        counts_for=material.tree.counts_for,
        lent=lent,
        rules=material.rules,
    )


def _gathered(tables: LoanTables, table: Table, engine: Engine) -> pl.DataFrame:
    """A small table of the month; without rows if it was not delivered."""
    given = tables.month.get(table.name)
    return pl.DataFrame(schema=table.dtypes) if given is None else engine.gathered(given)


def _reported(material: Material, engine: Engine) -> pl.DataFrame:
    """Numbers that the bank reports as a whole, at the root: the latest known at the month end."""
    latest = (
        _gathered(material.tables, NET_CAPITAL, engine)
        .filter(pl.col("reported_on") <= material.rules.as_of)
        .sort("reported_on")
        .unique("kind", keep="last", maintain_order=True)
    )
    amounts = dict(latest.select("kind", "amount").iter_rows())
    found = [
        (material.tree.root, TOTAL, TOTAL, m.name, amounts[m.over])
        for m in material.rules.catalogue.measures_by(Aggregation.REPORTED)
        if m.over in amounts
    ]
    schema = {**clients.NODE_MEASURE, "amount": pl.Decimal(18, 2)}
    return pl.DataFrame(found, schema=schema, orient="row").with_columns(
        pl.col("amount").cast(WIDE)
    )


def places(material: Material, *, engine: Engine = POLARS) -> pl.DataFrame:
    """`branch_id` with a column for each slice that follows from the branch."""
    at = Inputs(material.tables, material.rules, engine)
    return engine.gathered(place.of_branches(at).to_native())
