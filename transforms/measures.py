"""A month's measures from its tables: every kind of row classified, and taken once.

The one place where the steps meet: loans to cubes and clients, events of first loans, flows, changes
since earlier month ends, listed enterprises, trade. What a step does is said in its own module; where
the tables come from is the caller's matter; facts are made from the result in `facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

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
    trade,
)
from transforms.availability import Held
from transforms.catalogue.model import Aggregation, At, Catalogue, Entity, Measure
from transforms.catalogue.vocabulary import AMOUNTS, SLICES, TOTAL
from transforms.classify import LoanTables, Rules, classify
from transforms.engines import POLARS, Engine, Frame
from transforms.flows import Before
from transforms.hierarchy import Tree
from transforms.lookups import place
from transforms.lookups.inputs import Inputs
from transforms.schema import (
    BRANCH,
    LOAN_EVENT,
    NET_CAPITAL,
    TECH_ENTERPRISE_LIST,
    WIDE,
)


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


def judged_events(events: pl.DataFrame, tables: LoanTables, rules: Rules) -> pl.DataFrame:
    """First-loan events of all months so far, each with the flags that decide whether it counts."""
    lists = tables.month.get(TECH_ENTERPRISE_LIST.name)
    return first_loans.judge(
        events,
        pl.DataFrame(schema=TECH_ENTERPRISE_LIST.dtypes) if lists is None else lists.collect(),
        rules.catalogue,
        rules.parameters,
        rules.as_of,
    )


def take(material: Material, *, engine: Engine = POLARS) -> Measures:
    """Every measure of the month that the book can give."""
    catalogue = material.rules.catalogue
    judged = judged_events(material.first_loans, material.tables, material.rules)
    loans = classified(material, judged, engine=engine)
    frames = _frames(material, loans, engine)
    taken = dict(
        zip(
            frames,
            pl.collect_all([one.to_native() for one in frames.values()], engine="streaming"),
            strict=True,
        )
    )
    cubes = {name.removeprefix("cube:"): f for name, f in taken.items() if name.startswith("cube:")}
    pairs = {name.removeprefix("pair:"): f for name, f in taken.items() if name.startswith("pair:")}
    missing = material.unavailable()
    flowing = taken.get("flows", pl.DataFrame())
    additive = [cube.branch_measures(cubes, catalogue)]
    additive.append(first_loans.event_measures(judged, catalogue, material.rules.as_of))
    if "flows" in taken:
        additive.append(flows.measures(flowing, catalogue))
    additive += [
        _long_sums(taken[name], _changes_since(catalogue, at))
        for at in material.before
        if (name := f"change:{at}") in taken
    ]
    if "chain" in taken:
        rows = judged_trade(material, taken["chain"])
        additive.append(flows.sums_by_branch(rows, catalogue.sums_of(Entity.TRADE)))
    nodes = material.tree.nodes["node_id"]
    branches = pl.concat([nodes, cubes[TOTAL]["branch_id"]]).unique().sort()
    whole = cube.with_zeros(pl.concat(additive), branches, _given(catalogue, missing))
    rows = pl.concat([whole, cube.by_place(whole, places(material), catalogue)])
    counted = [clients.node_measures(pairs, material.tree.counts_for, catalogue)]
    if "flows" in taken:
        counted.append(
            _uncut(
                flows.clients(
                    flowing, material.year_flows, material.rules, material.tree.counts_for
                )
            )
        )
    if "listed" in taken:
        judged_lists = judged_listings(material, taken["listed"])
        counted.append(_uncut(listings.counts(judged_lists, catalogue)))
    counted.append(_reported(material))
    gone = sorted(missing)
    return Measures(
        additive=rows.filter(~pl.col("measure").is_in(gone)).sort(
            "branch_id", "slice", "member", "measure"
        ),
        by_node=pl.concat(counted)
        .filter(~pl.col("measure").is_in(gone))
        .sort("node_id", "slice", "member", "measure"),
    )


def classified(material: Material, judged: pl.DataFrame, *, engine: Engine = POLARS) -> Frame:
    """The month's loans with everything that measures ask for, and nothing else."""
    catalogue = material.rules.catalogue
    tables = LoanTables(
        material.tables.month, material.tables.trades, first_loans.first_receipts(judged)
    )
    measures = [m for m in catalogue.measures.values() if catalogue.entity_of(m) is Entity.LOAN]
    wanted = {m.over for m in measures if m.over in AMOUNTS[Entity.LOAN]}
    wanted |= {name for name, one in SLICES.items() if not one.of_branch} | {"group_id"}
    flags = {m.where for m in measures} | set(changes.flags_needed(catalogue))
    flags |= {trade.LENT, listings.LENT} & set(catalogue.flags)
    return classify(tables, material.rules, flags=flags, columns=wanted, engine=engine)


def _frames(material: Material, loans: Frame, engine: Engine) -> dict[str, Frame]:
    """Everything taken from loan rows, lazily, so that one pass serves all."""
    catalogue, rules = material.rules.catalogue, material.rules
    frames = {f"cube:{name}": cells for name, cells in cube.aggregate(loans, catalogue).items()}
    frames |= {f"pair:{name}": one for name, one in clients.pairs(loans, catalogue).items()}
    if LOAN_EVENT.name in material.tables.month and catalogue.flags_of(Entity.FLOW):
        before = material.before.get(At.PREVIOUS_MONTH)
        frames["flows"] = flows.flows(material.tables, rules, before, engine=engine)
    for at, then in material.before.items():
        measures = _changes_since(catalogue, at)
        if measures:
            earlier = changes.side(then.tables, then.rules, engine=engine)
            rows = changes.changes(changes.reduced(loans, rules), earlier, rules, engine=engine)
            frames[f"change:{at}"] = _sums(rows, measures)
    if trade.LENT in catalogue.flags and catalogue.flags_of(Entity.TRADE):
        frames["chain"] = loans.filter(nw.col(trade.LENT)).select(
            "borrower_id",
            "balance",
            branch_id=nw.col("booking_branch_id"),
            core_enterprise_id=nw.col("core_enterprise"),
        )
    if listings.LENT in catalogue.flags and catalogue.flags_of(Entity.LISTING):
        frames["listed"] = (
            loans.filter(nw.col(listings.LENT))
            .select("borrower_id", branch_id=nw.col("booking_branch_id"))
            .unique()
        )
    return frames


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


def judged_trade(material: Material, lent: pl.DataFrame) -> pl.DataFrame:
    """Paid trade at the branch that lends the pair most, with the trade flags."""
    trades = material.tables.trades
    rows = pl.DataFrame(schema=trade.TRADES) if trades is None else trades.collect()
    flags = material.rules.catalogue.flags_of(Entity.TRADE)
    paid = trade.branch_rows(rows, lent, material.rules.as_of)
    return first_loans.flagged(paid, flags, material.parameters)


def judged_listings(material: Material, lent: pl.DataFrame) -> pl.DataFrame:
    """Node x listed enterprise of its area, with the listing flags."""
    month = material.tables.month
    lists, branches = month.get(TECH_ENTERPRISE_LIST.name), month.get(BRANCH.name)
    return listings.listed(
        pl.DataFrame(schema=TECH_ENTERPRISE_LIST.dtypes) if lists is None else lists.collect(),
        pl.DataFrame(schema=BRANCH.dtypes) if branches is None else branches.collect(),
        material.tree.counts_for,
        lent,
        material.rules,
    )


def _reported(material: Material) -> pl.DataFrame:
    """Numbers that the bank reports as a whole, at the root: the latest known at the month end."""
    given = material.tables.month.get(NET_CAPITAL.name)
    rows = pl.DataFrame(schema=NET_CAPITAL.dtypes) if given is None else given.collect()
    latest = (
        rows.filter(pl.col("reported_on") <= material.rules.as_of)
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


def places(material: Material) -> pl.DataFrame:
    """`branch_id` with a column for each slice that follows from the branch."""
    found: pl.DataFrame = (
        place.of_branches(Inputs(material.tables, material.rules)).to_native().collect()
    )
    return found
