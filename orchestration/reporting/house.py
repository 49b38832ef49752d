"""How far all reports have come: each period, report and unit, with who signed and what is outdated.

The ledger is read once. Only what something touched since it was prepared is filled to be compared; of one
report more is told in `standing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from orchestration.bank import Bank
from orchestration.reporting.defined import made_for, period_of, periods, require, returns
from orchestration.reporting.heads import head_of
from orchestration.reporting.source import Source
from records.access import Scope
from records.ledger.returns import PACKAGES, Head, Step
from records.published import Published
from transforms.errors import BranchmarkError
from transforms.hierarchy import NODE
from transforms.returns import filling, load
from transforms.returns.model import Return
from transforms.schema import TEXT

NONE: Final = "none"
"""The state of a report that nobody prepared."""

HOUSE: Final[Mapping[str, pl.DataType]] = {
    **PACKAGES,
    "level": TEXT,
    "name_en": TEXT,
    "name_zh": TEXT,
    "released_edition": pl.Int64(),  # the newest that was released; an older one stays so meanwhile
    "is_touched": pl.Boolean(),  # something happened since that may have changed it
    "is_outdated": pl.Boolean(),  # null where nobody looked, or nobody prepared it
}
"""One row for each report, unit and period: its newest edition, and `NONE` as state where there is none."""
_RELEASED: Final = Step.RELEASED.value
_REPORT: Final = ["return_id", "unit_id", "as_of"]
_MOMENT: Final = pl.Datetime("us", "UTC")

Told = Callable[[int, int], None]
"""Called while reports are compared, with how many are done and how many there are."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """What was read once: everything as published, all editions, and what was adjusted when, by branch."""

    bank: Bank
    scope: Scope
    published: Published
    editions: pl.DataFrame
    adjusted: pl.DataFrame


def house(  # noqa: PLR0913 - what is asked of the whole house
    bank: Bank,
    scope: Scope,
    *,
    return_id: str | None = None,
    unit: str | None = None,
    as_of: date | None = None,
    every_period: bool = False,
    look: bool = True,
    told: Told | None = None,
) -> pl.DataFrame:
    """How far all reports of a period have come, columns `HOUSE`, by period, report and unit.

    Args:
        bank: whose.
        scope: who asks.
        return_id: one report only.
        unit: one unit only.
        as_of: the period's end; the newest published one of each report if not given.
        every_period: every period of which an edition was prepared, and the newest.
        look: whether what something touched is filled, to say if it really changed.
        told: is called while that is done.

    Raises:
        UnknownNameError: if there is no such return.
        AccessError: if the unit lies outside the scope.
        NoSuchMonthError: if the month is not published.
    """
    if unit is not None:
        scope.require(unit)
    published = bank.published.pinned()
    published.require(as_of)
    wanted = returns(bank).values() if return_id is None else (require(bank, return_id),)
    ledger = bank.ledger
    editions = ledger.returns.packages(scope, return_id=return_id)
    decided = ledger.adjustments.all(scope).select(
        "branch_id", adjusted_at=pl.max_horizontal("decided_at", "withdrawn_at")
    )
    seen = _Seen(bank, scope, published, editions, decided)
    frames = [
        _period(seen, return_, day, unit)
        for return_ in wanted
        for day in _days(seen, return_, as_of, every_period=every_period)
    ]
    frames += [] if return_id else [_gone(seen, as_of, every_period=every_period)]
    rows = pl.concat([pl.DataFrame(schema=dict(HOUSE)), *frames])
    rows = rows.sort("as_of", "return_id", maintain_order=True)
    return _looked(bank, scope, rows, told) if look else rows


def _days(
    seen: _Seen, return_: Return, as_of: date | None, *, every_period: bool
) -> tuple[date, ...]:
    """The periods that are told of a return; none in a month in which it is not made."""
    known = periods(seen.published, return_)
    if as_of is not None or not known:
        return tuple(day for day in known if day == as_of)
    newest = period_of(seen.published, return_, None)
    own = seen.editions.filter(pl.col("return_id") == return_.return_id)["as_of"]
    return tuple(day for day in known if day == newest or (every_period and day in own))


def _period(seen: _Seen, return_: Return, as_of: date, unit: str | None) -> pl.DataFrame:
    tree = seen.published.nodes(seen.scope, as_of=as_of).select(*NODE).collect()
    units = [one for one in made_for(tree, return_) if unit in {None, one}]
    same = pl.col("return_id") == return_.return_id
    own = seen.editions.filter(same, pl.col("as_of") == as_of, pl.col("is_newest"))
    earlier = (
        seen.editions.filter(same, pl.col("as_of") < as_of)
        .group_by("unit_id")
        .agg(opened_at=pl.col("released_at").max())
    )
    named = tree.select(pl.col("node_id").alias("unit_id"), "level", "name_en", "name_zh")
    rows = pl.DataFrame({"unit_id": units}, schema={"unit_id": TEXT})
    for other in (
        named,
        own.drop("return_id", "as_of"),
        _released(seen.editions.filter(same, pl.col("as_of") == as_of)),
        earlier,
        _adjusted(tree, seen.adjusted),
    ):
        rows = rows.join(other, on="unit_id", how="left", maintain_order="left")
    touched = _touched(seen.published, return_, as_of)
    return (
        rows.with_columns(
            pl.lit(return_.return_id).alias("return_id"),
            pl.lit(as_of).alias("as_of"),
            pl.col("state").fill_null(NONE),
            is_touched=touched,
        )
        .with_columns(is_outdated=pl.when(~pl.col("is_touched")).then(pl.lit(value=False)))
        .select(pl.col(name).cast(dtype) for name, dtype in HOUSE.items())
    )


def _gone(seen: _Seen, as_of: date | None, *, every_period: bool) -> pl.DataFrame:
    """Editions of returns that the bank no longer defines: still there, and never what is made now."""
    known = pl.col("return_id").is_in(sorted(returns(seen.bank)))
    asked = pl.lit(value=every_period) if as_of is None else pl.col("as_of") == as_of
    rows = seen.editions.filter(~known, asked).with_columns(
        **{name: pl.lit(None) for name in ("level", "name_en", "name_zh", "is_touched")},
        released_edition=pl.col("edition").filter(pl.col("state") == _RELEASED).max().over(_REPORT),
        is_outdated=pl.lit(value=True),
    )
    newest = rows.filter("is_newest")
    return newest.select(pl.col(name).cast(dtype) for name, dtype in HOUSE.items())


def _released(editions: pl.DataFrame) -> pl.DataFrame:
    """The newest released edition of each unit: `unit_id, released_edition`."""
    out = editions.filter(pl.col("state") == _RELEASED)
    return out.group_by("unit_id").agg(released_edition=pl.col("edition").max())


def _touched(published: Published, return_: Return, as_of: date) -> pl.Expr:
    """Whether something happened since an edition was prepared that may have changed it.

    Its month or one that it rests on was published, its definition changed, an adjustment was decided, or an
    earlier period was released, which is what its opening figures are held against.
    """
    current, versions = published.current(), published.newest_versions()
    days = {day for day in (*filling.days(return_, as_of), as_of) if day in versions}
    newest = max(current[day, versions[day]].published_at for day in days)
    since = pl.max_horizontal(pl.lit(newest, dtype=_MOMENT), "opened_at", "adjusted_at")
    return (
        (pl.col("fingerprint") != current[as_of, versions[as_of]].fingerprint)
        | (pl.col("definition_hash") != load.definition_hash(return_))
        | (pl.col("prepared_at") < since)
    )


def _adjusted(tree: pl.DataFrame, adjusted: pl.DataFrame) -> pl.DataFrame:
    """When an adjustment of a unit, or of one below it, was decided last: `unit_id, adjusted_at`."""
    parents = dict(tree.select("node_id", "parent_id").iter_rows())
    chains: list[tuple[str, str]] = []
    for branch in adjusted["branch_id"].unique().sort():
        above: str | None = branch
        while above is not None and above in parents:
            chains.append((branch, above))
            above = parents[above]
    of = pl.DataFrame(chains, schema={"branch_id": TEXT, "unit_id": TEXT}, orient="row")
    moments = of.join(adjusted, on="branch_id", how="inner").group_by("unit_id")
    return moments.agg(pl.col("adjusted_at").max())


def _looked(bank: Bank, scope: Scope, rows: pl.DataFrame, told: Told | None) -> pl.DataFrame:
    """The same rows, with what something touched held against what would be filled now."""
    asked = rows.filter(pl.col("is_touched"))
    found: list[tuple[int, bool]] = []
    for group in asked.partition_by("return_id", "as_of", maintain_order=True):
        heads = [head_of(row) for row in group.to_dicts()]
        return_ = require(bank, heads[0].return_id)
        units = [head.unit_id for head in heads]
        source = Source.of(bank, scope, return_, heads[0].as_of, units)
        for head in heads:
            found.append((head.package_id, _differs(source, head)))
            if told is not None:
                told(len(found), asked.height)
    looked = pl.DataFrame(
        found, schema={"package_id": HOUSE["package_id"], "_differs": pl.Boolean()}, orient="row"
    )
    joined = rows.join(looked, on="package_id", how="left", maintain_order="left")
    return joined.with_columns(is_outdated=pl.coalesce("_differs", "is_outdated")).select(*HOUSE)


def _differs(source: Source, head: Head) -> bool:
    try:
        return source.package(source.unit(head.unit_id)).content_hash != head.content_hash
    except BranchmarkError:
        # What can no longer be filled, or not by this reader, is no longer what was prepared.
        return True
