"""What does not add up over branches: distinct clients, and the largest few, taken at every node anew.

Loans are reduced once to clients; a client of two branches is one client of their parent. Most clients
have one branch, and those add up after all: only the others are joined to every node above them.
A big book is taken client by client in several parts: counts of different clients add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import narwhals as nw
import polars as pl

from transforms import narrow
from transforms.catalogue.model import Aggregation, Catalogue, Entity, Measure
from transforms.catalogue.vocabulary import SLICES, TOTAL
from transforms.cube import APART, measures_cut_by
from transforms.engines import Engine, Frame
from transforms.lookups.borrower import NUMBER
from transforms.schema import TEXT, WIDE

NODE_MEASURE: Final[Mapping[str, pl.DataType]] = {
    "node_id": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "measure": TEXT,
    "amount": WIDE,
}
"""Long table of measures by node, not by booking branch: they cannot be rolled up later."""

_CLIENT: Final = "client"
"""By which clients are told apart: their number within a part of a book, or else the borrower itself."""
_GROUP: Final = "group"
"""The group that a client is reckoned with; empty for one that is by itself."""
_BEYOND: Final = 1 << 31
"""The first number of clients that the table of borrowers does not know; it holds fewer."""
_OF_WHOM: Final = "borrower_id"
_OF_GROUP: Final = "group_id"
"""What the largest few may be, in the words of the catalogue."""
_OWN: Final = "enterprise_size"
"""A slice whose member is the client's own: a client needs no rows of its own for each."""
_IF: Final = "if_"
_CLIENTS: Final = "_clients"
_SUM: Final = ":"
"""Between the amount and the flag of a sum; no other column has it in its name."""
_DENSE: Final = tuple(name for family in APART.values() for name in family)
"""Slices of which nearly every client has one member: they need no rows of their own for each."""
_SEVERAL: Final = pl.col("first") != pl.col("last")
"""Whether a client has more than one branch."""


def _counted(catalogue: Catalogue) -> tuple[Measure, ...]:
    return tuple(
        m
        for m in catalogue.measures_by(Aggregation.COUNT_DISTINCT)
        if catalogue.entity_of(m) is Entity.LOAN
    )


def _largest(catalogue: Catalogue) -> tuple[Measure, ...]:
    """Measures of the largest clients or groups; one for each amount and flag is summed."""
    few = catalogue.measures_by(Aggregation.LARGEST)
    return tuple(m for m in few if m.by in (_OF_WHOM, _OF_GROUP))


def group_ids(loans: Frame) -> Frame:
    """Every group that a client of narrow loans belongs to, once."""
    return loans.select("group_id").drop_nulls().unique()


def told_apart(loans: Frame, groups: Frame, engine: Engine) -> Frame:
    """Narrow loans with what their client is told apart by, and the group it is reckoned with.

    A client that a group is called after belongs to it.

    Args:
        loans: narrow loans; of a big book those of some clients at a time.
        groups: the groups of the whole book, a single column.
        engine: what runs it.
    """
    named = engine.with_mark(loans, "_named", "borrower_id", groups)
    own = nw.when(nw.col("_named")).then(nw.col("borrower_id"))
    placed = named.with_columns(nw.coalesce("group_id", own).alias(_GROUP)).drop("_named")
    if NUMBER not in loans.collect_schema():
        return placed.with_columns(nw.col("borrower_id").alias(_CLIENT))
    strangers = loans.filter(nw.col(NUMBER).is_null()).select("borrower_id").unique()
    unknown = engine.collected({"": strangers})[""]
    if unknown.is_empty():
        return placed.with_columns(nw.col(NUMBER).alias(_CLIENT))
    numbers = engine.frame(unknown.with_row_index("_beyond", offset=_BEYOND))
    beside = engine.with_small(placed, numbers, on="borrower_id")
    return beside.with_columns(nw.coalesce(NUMBER, "_beyond").alias(_CLIENT)).drop("_beyond")


def by_client(loans: Frame, catalogue: Catalogue, engine: Engine) -> dict[str, Frame]:
    """One row a client: the flags that any of its loans has, the sums of the largest, and where it is.

    Args:
        loans: what `told_apart` gives; of a big book some clients at a time, each with all its loans.
        catalogue: tells what is counted.
        engine: what runs it.

    Returns:
        Under `total` also the sums that the largest clients are found by, with the client's group, and
        its size as `member`; for slices that few clients have a member of, client x member. In `first`
        and `last` two of the branches, the same where there is but one; under `total` also two of the
        members of each other slice, as `first_industry_section`. Texts may be kept as numbers.
    """
    found = {}
    for name, (cut, keys, marks, sums) in _cuts(loans, catalogue, engine).items():
        ends = {"": "branch_id"}
        if name == TOTAL:
            ends |= {f"_{dense}": dense for dense in _dense(catalogue)}
        placed = cut.with_columns(
            nw.col(column).alias(f"{end}{suffix}")
            for suffix, column in ends.items()
            for end in ("first", "last")
        )
        found[name] = engine.grouped(
            placed,
            keys,
            marks=marks,
            sums=sums,
            smallest=tuple(f"first{suffix}" for suffix in ends),
            largest=(*(f"last{suffix}" for suffix in ends), *_told(name, sums)),
        )
    return found


def _dense(catalogue: Catalogue) -> tuple[str, ...]:
    """The slices that nearly every client has a member of, and by which clients are counted."""
    return tuple(
        name for name in _DENSE if measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT)
    )


def _has_several(slice_: str) -> pl.Expr:
    """Whether a client has more than one branch, or more than one member of a dense slice."""
    if slice_ not in _DENSE:
        return _SEVERAL
    return _SEVERAL | (pl.col(f"first_{slice_}") != pl.col(f"last_{slice_}"))


def at_branches(
    loans: Frame, clients: Mapping[str, pl.DataFrame], catalogue: Catalogue, engine: Engine
) -> dict[str, Frame]:
    """The same, branch by branch, of the clients that have more than one, or more than one member.

    Args:
        loans: the loans that `by_client` was given.
        clients: what it gave.
        catalogue: tells what is counted.
        engine: what runs it.

    Returns:
        Under `total` one row for each branch, client and member of the slices that nearly every client
        has one of.
    """
    found = {}
    for name, (cut, keys, marks, sums) in _cuts(loans, catalogue, engine).items():
        dense = _dense(catalogue) if name == TOTAL else ()
        several = pl.any_horizontal(_has_several(one) for one in (name, *dense))
        chosen = engine.frame(clients[name].filter(several).select(_CLIENT).unique())
        found[name] = engine.grouped(
            engine.among(cut, _CLIENT, chosen),
            ["branch_id", *keys, *dense],
            marks=marks,
            sums=sums,
            largest=_told(name, sums),
        )
    return found


_Cut = tuple[Frame, list[str], tuple[str, ...], tuple[str, ...]]


def _cuts(loans: Frame, catalogue: Catalogue, engine: Engine) -> dict[str, _Cut]:
    """What clients are counted from, by slice: loans, keys of a client, columns of bits, and sums."""
    found: dict[str, _Cut] = {}
    summed = {_sum_name(m): m for m in _largest(catalogue)}
    asked = {m.where for m in (*_counted(catalogue), *summed.values())}
    if asked:
        place, of = narrow.bits(catalogue), {m.where for m in summed.values()}
        zero = nw.lit(0).cast(nw.Decimal(38, 2))
        marks = narrow.masks(catalogue, asked)
        shown = engine.with_masked(
            loans,
            {
                **{f"{_IF}{flag}": (place[flag].column, place[flag].mask) for flag in of},
                **{column: (column, mask) for column, mask in marks.items()},
            },
        ).with_columns(
            nw.when(nw.col(f"{_IF}{m.where}") != 0).then(nw.col(m.over)).otherwise(zero).alias(name)
            for name, m in summed.items()
        )
        cut = shown.with_columns(member=nw.col(_OWN))
        found[TOTAL] = (cut, [_CLIENT], tuple(marks), tuple(summed))
    for name in SLICES:
        measures = measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT)
        if measures and name != _OWN and name not in _DENSE:
            # Only a client that is counted somewhere has a member worth keeping.
            marks = narrow.masks(catalogue, {m.where for m in measures})
            cut = narrow.admitted(loans, marks, engine).rename({name: "member"})
            found[name] = (cut, [_CLIENT, "member"], tuple(marks), ())
    return found


def _told(slice_: str, sums: Sequence[str]) -> tuple[str, ...]:
    """What is carried along of a client."""
    return () if slice_ != TOTAL else ("member", _GROUP) if sums else ("member",)


def _sum_name(measure: Measure) -> str:
    return f"{measure.over}{_SUM}{measure.where}"


def _kind(measure: Measure) -> tuple[str, str]:
    """Who is ranked, and by what."""
    return str(measure.by), _sum_name(measure)


def _ranked(catalogue: Catalogue) -> dict[tuple[str, str], Measure]:
    """Of the measures of each kind the one that asks for most: its few are those of the others too."""
    found: dict[tuple[str, str], Measure] = {}
    for measure in sorted(_largest(catalogue), key=lambda one: one.largest):
        found[_kind(measure)] = measure
    return found


@dataclass(frozen=True, eq=False)
class Counted:
    """What the clients of a book, or of a part of it, come to; parts of different clients add up.

    Attributes:
        distinct: rows of `NODE_MEASURE`, counts.
        candidates: `node_id, measure, amount`: of clients that are by themselves, the largest of each
            node.
        groups: `branch_id, key, measure, amount`: what groups hold, whose clients may be in any part.
    """

    distinct: pl.DataFrame
    candidates: pl.DataFrame
    groups: pl.DataFrame


def counted(
    clients: Mapping[str, pl.DataFrame],
    shared: Mapping[str, pl.DataFrame],
    counts_for: pl.DataFrame,
    catalogue: Catalogue,
) -> Counted:
    """What one part of the clients comes to at every node.

    Args:
        clients: what `by_client` gives of the part.
        shared: what `at_branches` gives of it.
        counts_for: which node each branch counts for.
        catalogue: tells what is counted.
    """
    tables = [pl.DataFrame(schema=NODE_MEASURE)]
    candidates, groups = [pl.DataFrame(schema=_CANDIDATE)], [pl.DataFrame(schema=_HELD)]
    cuts = {name: measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT) for name in SLICES}
    nodes = counts_for.lazy().select(pl.col("branch_id", "node_id").cast(pl.Categorical))
    if TOTAL in clients:
        every, spread = clients[TOTAL], shared[TOTAL].lazy()
        several = every.lazy().filter(_SEVERAL).select(_CLIENT)
        more = spread.join(several, on=_CLIENT, how="semi").collect(engine="streaming")
        placed = _placed(more.lazy(), [], nodes).collect(engine="streaming")
        # A client has one size, so that what is whole adds up over sizes.
        cells = _cells(every, TOTAL, catalogue)
        wide = _distinct(cells, placed.lazy(), _counted(catalogue), counts_for, catalogue)
        tables.append(_as_rows(wide, _counted(catalogue), TOTAL))
        tables.append(_as_rows(wide, cuts[_OWN], _OWN))
        for name in _dense(catalogue):
            of_slice = every.lazy().filter(_has_several(name)).select(_CLIENT)
            cut = spread.join(of_slice, on=_CLIENT, how="semi").with_columns(member=name)
            cells = _cells(every, name, catalogue)
            at_nodes = _placed(cut, ["member"], nodes)
            wide = _distinct(cells, at_nodes, cuts[name], counts_for, catalogue)
            tables.append(_as_rows(wide, cuts[name], name))
        for measure in _ranked(catalogue).values():
            alone, grouped = _held(every, more, placed, measure, counts_for)
            candidates.append(alone)
            groups.append(grouped)
    for name in clients.keys() - {TOTAL}:
        # A member that a client has at one branch alone is counted there.
        several = clients[name].lazy().filter(_SEVERAL).select(_CLIENT, "member")
        cut = shared[name].lazy().join(several, on=[_CLIENT, "member"], how="semi")
        cells = _cells(clients[name], name, catalogue)
        at_nodes = _placed(cut, ["member"], nodes)
        wide = _distinct(cells, at_nodes, cuts[name], counts_for, catalogue)
        tables.append(_as_rows(wide, cuts[name], name))
    return Counted(pl.concat(tables), pl.concat(candidates), pl.concat(groups))


def node_measures(
    parts: Sequence[Counted], counts_for: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    """Distinct clients and the largest few by node, of all parts; rows of `NODE_MEASURE`, sorted."""
    distinct = (
        pl.concat([part.distinct for part in parts])
        .group_by("node_id", "slice", "member", "measure")
        .agg(pl.col("amount").sum())
    )
    alone = pl.concat([part.candidates for part in parts])
    held = (
        pl.concat([part.groups for part in parts])
        .group_by("branch_id", "key", "measure")
        .agg(pl.col("amount").sum())
    )
    tables = [distinct.select(*NODE_MEASURE)]
    few = {}
    for kind, measure in _ranked(catalogue).items():
        own = pl.col("measure") == measure.name
        groups = _of_groups(held.filter(own), measure, counts_for)
        few[kind] = pl.concat([alone.filter(own), groups]).select("node_id", _amount="amount")
    tables += [_sum_of_largest(few[_kind(m)], m) for m in _largest(catalogue)]
    return pl.concat(tables).sort("node_id", "slice", "member", "measure")


def _cells(clients: pl.DataFrame, slice_: str, catalogue: Catalogue) -> pl.DataFrame:
    """How many clients of one branch have which flags there: `first, member`, flags, `_CLIENTS`."""
    member = f"first_{slice_}" if slice_ in _DENSE else "member"
    marks = [key for key in narrow.keys(catalogue) if key in clients.columns]
    alone = clients.lazy().filter(~_has_several(slice_)).group_by("first", *marks, member=member)
    counted = alone.agg(pl.len().cast(pl.Int64).alias(_CLIENTS))
    return counted.with_columns(pl.col("first", "member").cast(TEXT)).collect(engine="streaming")


def _placed(shared: pl.LazyFrame, member: list[str], nodes: pl.LazyFrame) -> pl.LazyFrame:
    """What clients of several branches have at every node above these: a row for node and client.

    Args:
        shared: rows by branch and client, with flags, and perhaps sums, a member and a group.
        member: `member`, where a client may have several of them.
        nodes: `branch_id, node_id`: which node each branch counts for, coded.
    """
    keys = ["node_id", _CLIENT, *member]
    columns = shared.collect_schema().names()
    told = [name for name in ("member", _GROUP) if name in columns and name not in member]
    return (
        shared.with_columns(pl.col("branch_id").cast(pl.Categorical))
        .join(nodes, on="branch_id", how="inner")
        .group_by(keys)
        .agg(
            pl.col([name for name in columns if name.startswith(narrow.KEY)]).bitwise_or(),
            pl.col([name for name in columns if _SUM in name]).sum(),
            pl.col(told).first(),
        )
    )


def _distinct(
    cells: pl.DataFrame,
    placed: pl.LazyFrame,
    measures: Sequence[Measure],
    counts_for: pl.DataFrame,
    catalogue: Catalogue,
) -> pl.DataFrame:
    """Distinct clients by node and member: `node_id, member` and a column for each measure."""
    place = narrow.bits(catalogue)
    admits = {m.name: (pl.col(place[m.where].column) & place[m.where].mask) != 0 for m in measures}
    alone = (
        cells.lazy()
        .group_by("first", "member")
        .agg(
            pl.col(_CLIENTS).filter(admitted).sum().alias(name) for name, admitted in admits.items()
        )
        .join(counts_for.lazy(), left_on="first", right_on="branch_id", how="inner")
        .select("node_id", "member", *admits)
    )
    at_nodes = (
        placed.group_by("node_id", "member")
        .agg(admitted.sum().cast(pl.Int64).alias(name) for name, admitted in admits.items())
        .with_columns(pl.col("node_id", "member").cast(TEXT))
    )
    both = pl.concat([alone, at_nodes]).group_by("node_id", "member")
    return both.agg(pl.col(list(admits)).sum()).collect(engine="streaming")


def _as_rows(wide: pl.DataFrame, measures: Sequence[Measure], slice_: str) -> pl.DataFrame:
    """Counts by node and member as rows of `NODE_MEASURE`: of a slice, or whole."""
    names = [m.name for m in measures]
    if slice_ == TOTAL:
        whole = wide.group_by("node_id").agg(pl.col(names).sum())
        wide = whole.with_columns(member=pl.lit(TOTAL))
    rows = wide.unpivot(
        names, index=["node_id", "member"], variable_name="measure", value_name="amount"
    ).select(
        "node_id",
        "member",
        "measure",
        slice=pl.lit(slice_),
        amount=pl.col("amount").cast(WIDE),
    )
    kept = rows if slice_ == TOTAL else rows.filter(pl.col("amount") != 0)
    return kept.select(*NODE_MEASURE)


def _held(
    clients: pl.DataFrame,
    shared: pl.DataFrame,
    placed: pl.DataFrame,
    measure: Measure,
    counts_for: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The largest of clients that are by themselves (`_CANDIDATE`), and what groups hold (`_HELD`)."""
    by_itself = pl.col(_GROUP).is_null() if measure.by == _OF_GROUP else pl.lit(value=True)
    shown = (_GROUP, pl.col(_sum_name(measure)).cast(pl.Decimal(38, 2)).alias("amount"))
    some = pl.col("amount") > 0
    one = clients.lazy().filter(~_SEVERAL).select(*shown, branch_id="first")
    more = shared.lazy().select(*shown, "branch_id")
    at_one = one.filter(some & by_itself).select("branch_id", "amount")
    at_nodes = placed.lazy().select(*shown, pl.col("node_id").cast(TEXT)).filter(some & by_itself)
    grouped = (
        pl.concat([frame.select(_GROUP, "amount", "branch_id") for frame in (one, more)])
        .filter(~by_itself & (pl.col("amount") != 0))
        .group_by("branch_id", key=_GROUP)
        .agg(pl.col("amount").sum())
        .select(
            pl.col("branch_id").cast(TEXT), "key", measure=pl.lit(measure.name), amount="amount"
        )
    )
    at_nodes = at_nodes.select("node_id", "amount")
    few = _largest_of_nodes(at_one, at_nodes, measure, counts_for)
    candidates, groups = pl.collect_all([few, grouped], engine="streaming")
    return candidates, groups


def _of_groups(held: pl.DataFrame, measure: Measure, counts_for: pl.DataFrame) -> pl.DataFrame:
    """Of every node the largest few groups; rows of `_CANDIDATE`."""
    at_nodes = (
        held.lazy()
        .join(counts_for.lazy(), on="branch_id", how="inner")
        .group_by("node_id", "key")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
        .select("node_id", "amount")
    )
    none = held.lazy().clear().select("branch_id", "amount")
    return _largest_of_nodes(none, at_nodes, measure, counts_for).collect()


def _largest_of_nodes(
    at_one: pl.LazyFrame, at_nodes: pl.LazyFrame, measure: Measure, counts_for: pl.DataFrame
) -> pl.LazyFrame:
    """Of every node the largest few; rows of `_CANDIDATE`.

    Args:
        at_one: `branch_id, amount` of those with one branch: no more than the largest of each branch
            can be among a node's.
        at_nodes: `node_id, amount` of the others.
        measure: how many are asked for.
        counts_for: which node each branch counts for.
    """
    most = pl.col("amount").top_k(measure.largest)
    of_branches = (
        at_one.group_by("branch_id")
        .agg(most)
        .explode("amount")
        .with_columns(pl.col("branch_id").cast(TEXT))
        .join(counts_for.lazy(), on="branch_id", how="inner")
        .select("node_id", "amount")
    )
    every = pl.concat([of_branches, at_nodes]).group_by("node_id").agg(most).explode("amount")
    return every.select("node_id", measure=pl.lit(measure.name), amount="amount")


_CANDIDATE: Final[Mapping[str, pl.DataType]] = {
    "node_id": TEXT,
    "measure": TEXT,
    "amount": pl.Decimal(38, 2),
}
_HELD: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "key": TEXT,
    "measure": TEXT,
    "amount": pl.Decimal(38, 2),
}


def largest_members(parts: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """What the largest members of a slice hold at each node; rows of `NODE_MEASURE`, sorted.

    Args:
        parts: node sums by slice, `node_id, slice, member, measure, amount`.
        catalogue: whose measures of the largest are taken by slice.
    """
    tables = [pl.DataFrame(schema=NODE_MEASURE)]
    for measure in catalogue.measures_by(Aggregation.LARGEST):
        if measure.by in SLICES:
            whole = next(
                m.name
                for m in catalogue.measures_by(Aggregation.SUM)
                if (m.over, m.where) == (measure.over, measure.where)
            )
            held = parts.filter(pl.col("slice") == measure.by, pl.col("measure") == whole)
            tables.append(_sum_of_largest(held.select("node_id", _amount="amount"), measure))
    return pl.concat(tables).sort("node_id", "measure")


def _sum_of_largest(held: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    return (
        held.sort("_amount", descending=True)
        .group_by("node_id", maintain_order=True)
        .head(measure.largest)
        .group_by("node_id")
        .agg(amount=pl.col("_amount").sum().cast(WIDE))
        .select(
            "node_id",
            slice=pl.lit(TOTAL),
            member=pl.lit(TOTAL),
            measure=pl.lit(measure.name),
            amount="amount",
        )
    )
