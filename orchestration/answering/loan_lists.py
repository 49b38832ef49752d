"""The rows behind a published figure, each in one place of it, within a reader's scope.

How a figure is taken apart is said by `transforms.trace`, and where its rows are found by
`orchestration.tracing`; here the parts of both sides and what is left out are put side by side, with what is
known of each loan.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards.port.loans import LISTED, MARKS, ListAsked, LoanList, Place, SideSum
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from orchestration.overriding import with_overrides
from orchestration.tracing import Figure, require_slice
from records.access import Scope
from transforms import reasons
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Aggregation, Entity, Kind, Label
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.reference.tables import Taxonomy
from transforms.schema import LOAN_SNAPSHOT
from transforms.trace import Side

_ROW: Final = ("loan_id", "borrower_id", "as_of_date")
"""What tells rows apart when the places of a figure are held against each other."""


def listed(bank: Bank, scope: Scope, asked: ListAsked) -> LoanList:
    """The rows behind a figure, and those of the unit's book that are not in it.

    Raises:
        AccessError: if the unit is not the reader's.
        UnknownNameError: if there is no such metric, reading or slice.
        BranchmarkError: if the figure is the difference of two others, and has no rows of its own.
    """
    scope.require(asked.branch)
    figure = _figure(bank, asked)
    if figure.metric.kind is Kind.GAP:
        raise BranchmarkError(
            f"{asked.metric} is the difference of two figures. List the loans of either of them."
        )
    sides = {
        Place.NUMERATOR: _rows(figure, Side.NUMERATOR, asked),
        Place.DENOMINATOR: _rows(figure, Side.DENOMINATOR, asked),
        Place.EXCLUDED: _rows(figure, Side.EXCLUDED, asked),
    }
    above, below, out = pl.collect_all(list(sides.values()))
    hidden = above.height + below.height + out.height
    above, below, out = (
        scope.limit(frame.lazy(), "branch_id").collect() for frame in (above, below, out)
    )
    hidden -= above.height + below.height + out.height
    rows = pl.concat(
        [
            above.with_columns(place=pl.lit(Place.NUMERATOR.value)),
            _only_below(above, below, out).with_columns(place=pl.lit(Place.DENOMINATOR.value)),
            _without(_without(out, above), below).with_columns(place=pl.lit(Place.EXCLUDED.value)),
        ]
    )
    days = rows["as_of_date"].unique().sort().to_list()
    told = with_overrides(rows.lazy(), [figure.rows_at(day).month for day in days])
    found = _with_marks(told, figure, days).collect().sort("loan_id", *_ROW[1:], "measure")
    sums = {Side.NUMERATOR.value: above, Side.DENOMINATOR.value: below}
    return LoanList(
        rows=found.select(pl.col(name).cast(dtype) for name, dtype in LISTED.items()),
        sums={side: _sum(frame) for side, frame in sums.items() if _has(figure, side)},
        kinds=_kinds(figure),
        reasons=_reasons(figure, found),
        industries=industries(bank, figure.month, found["purpose_industry_code"].unique()),
        hidden=hidden,
        at_largest=_at_largest(figure),
    )


def _figure(bank: Bank, asked: ListAsked) -> Figure:
    month = MonthAtWork.published(bank, asked.as_of)
    if asked.metric not in month.catalogue.metrics:
        raise unknown_metric(asked.metric, month.catalogue)
    metric = month.catalogue.metrics[asked.metric]
    names = [reading.name for reading in metric.readings]
    if asked.reading not in names:
        way_out = f"There are {', '.join(names)}."
        raise UnknownNameError(f"reading of {asked.metric}", asked.reading, names, way_out=way_out)
    if asked.cut is not None:
        require_slice(metric, *asked.cut)
    return Figure(bank, month, asked.branch, metric, metric.reading(asked.reading))


_BARE: Final = (
    *("loan_id", "borrower_id", "branch_id", "as_of_date", "balance", "amount"),
    *("rule", "why", "metric_id", "measure"),
)


def _rows(figure: Figure, side: Side, asked: ListAsked) -> pl.LazyFrame:
    """The rows of a side; none where it has none of its own."""
    if side is not Side.EXCLUDED and not _has(figure, side.value):
        return pl.LazyFrame(schema={name: LISTED[name] for name in _BARE})
    if side is Side.EXCLUDED and not any(_has(figure, one.value) for one in Side):
        return pl.LazyFrame(schema={name: LISTED[name] for name in _BARE})
    return pl.concat(
        [
            frame.select(pl.col(name).cast(LISTED[name]) for name in _BARE)
            for frame in figure.rows(side, cut=asked.cut)
        ]
    )


def _has(figure: Figure, side: str) -> bool:
    return any(part.side.value == side and figure.has_rows(part) for part in figure.parts)


def _without(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    return rows.join(others, on=_ROW, how="anti", nulls_equal=True)


def _only_below(above: pl.DataFrame, below: pl.DataFrame, out: pl.DataFrame) -> pl.DataFrame:
    """Rows of the denominator alone, with what keeps each out of the numerator where that is known."""
    told = out.select(*_ROW, _rule="rule", _why="why").unique(_ROW, keep="first")
    rows = _without(below, above).join(told, on=_ROW, how="left", nulls_equal=True)
    return rows.with_columns(
        rule=pl.coalesce("_rule", "rule"), why=pl.coalesce("_why", "why")
    ).drop("_rule", "_why")


def _with_marks(rows: pl.LazyFrame, figure: Figure, days: Iterable[date]) -> pl.LazyFrame:
    """The rows with what was delivered of each loan at its month end."""
    books = [
        figure.rows_at(day)
        .month.table(LOAN_SNAPSHOT.name)
        .select("loan_id", *MARKS)
        .with_columns(as_of_date=pl.lit(day))
        for day in days
    ]
    if not books:
        return rows.with_columns(pl.lit(None, dtype=LISTED[name]).alias(name) for name in MARKS)
    return rows.join(pl.concat(books), on=["loan_id", "as_of_date"], how="left")


def _sum(rows: pl.DataFrame) -> SideSum:
    total = rows["amount"].sum() if rows.height else Decimal(0)
    return SideSum(rows.height, rows["borrower_id"].n_unique(), Decimal(total or 0))


def _kinds(figure: Figure) -> tuple[str, ...]:
    catalogue = figure.month.catalogue
    found = (catalogue.entity_of(catalogue.measures[part.measure]) for part in figure.parts)
    return tuple(dict.fromkeys((one or Entity.LOAN).value for one in found if one is not None))


def _at_largest(figure: Figure) -> int | None:
    measures = figure.month.catalogue.measures
    for part in figure.parts:
        if part.side is Side.NUMERATOR and (
            measures[part.measure].aggregation is Aggregation.LARGEST
        ):
            return measures[part.measure].largest
    return None


def _reasons(figure: Figure, rows: pl.DataFrame) -> Mapping[str, Label]:
    """Every key in words, by the definitions of the newest month end that it stands at."""
    keys = rows.filter(pl.col("why").is_not_null()).select("as_of_date", "why").unique()
    found: dict[str, Label] = {}
    for day, key in keys.sort("as_of_date", "why").iter_rows():
        bank = figure.bank
        found[key] = reasons.words(key, bank.definitions.on(day), bank.reference.thresholds(day))
    return found


def industries(bank: Bank, month: MonthAtWork, codes: Iterable[str | None]) -> dict[str, Label]:
    """The names of industries by code, as far as the classification of the month has them.

    A class is called by its own name; where there is none in a language, by that of its division.
    """
    wanted = sorted({code for code in codes if code})
    if month.taxonomy() is Taxonomy.NONE or not wanted:
        return {}
    if month.taxonomy() is not Taxonomy.GBT4754:
        sections = bank.reference.sections(month.taxonomy()).to_dicts()
        return {
            code: Label(row["name_en"], row["name_zh"])
            for code in wanted
            for row in sections
            if code.startswith(row["prefix"])
        }
    table = bank.reference.tables["gbt4754_2017"].filter(pl.col("level") != "1")
    names = {row["code"]: (row["name_en"], row["name_zh"]) for row in table.to_dicts()}
    found = {}
    for code in wanted:
        bare = code[1:] if code[:1].isalpha() else code
        tried = [names[bare[:size]] for size in range(len(bare), 1, -1) if bare[:size] in names]
        en = next((one for one, _ in tried if one), None)
        zh = next((one for _, one in tried if one), None)
        if zh or en:
            found[code] = Label(en or zh or code, zh or en or code)
    return found
