"""The branch tree as organised on a date, and which nodes a booking branch counts for.

A closed branch that was merged counts for its successor and everything above: figures of an earlier
month, rolled up over today's tree, therefore compare like with like, and a merger is no growth.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from transforms.errors import BranchmarkError
from transforms.schema import COUNT, TEXT

HEAD: Final = "HO"
"""Node put above all branches when the delivered tree has no single root of its own."""

NODE: Final[Mapping[str, pl.DataType]] = {
    "node_id": TEXT,
    "parent_id": TEXT,
    "level": TEXT,
    "name_en": TEXT,
    "name_zh": TEXT,
    "depth": COUNT,
}


class BrokenTreeError(BranchmarkError):
    """The branch hierarchy cannot be read as a tree."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The branch hierarchy is no tree: {why}. Mend branch_hierarchy and deliver it again."
        )


@dataclass(frozen=True, eq=False)
class Tree:
    """The open branches of a date and what counts for what.

    Attributes:
        nodes: one row per open branch, columns `NODE`, parents before children, the root first.
        counts_for: `branch_id, node_id`: each branch, open or closed, with every node it counts for.
        root: the node everything counts for.
    """

    nodes: pl.DataFrame
    counts_for: pl.DataFrame
    root: str

    @classmethod
    def of(cls, nodes: pl.DataFrame, counts_for: pl.DataFrame) -> "Tree":
        """A tree from its two tables; the root is the node without a parent."""
        kept = nodes.select(*NODE).sort("depth", "node_id")
        return cls(kept, counts_for.select("branch_id", "node_id"), kept["node_id"][0])

    def below(self, node: str) -> tuple[str, ...]:
        """The node and every open branch under it."""
        under = self.counts_for.filter(pl.col("node_id") == node)["branch_id"]
        return tuple(self.nodes.filter(pl.col("node_id").is_in(under.implode()))["node_id"])


def under(nodes: pl.DataFrame, given: Collection[str]) -> frozenset[str]:
    """The given nodes, in the tree or not, and every node below them.

    Args:
        nodes: rows of `NODE`.
        given: nodes.
    """
    found = set(given)
    # Parents first, so that one walk suffices.
    for node, parent in nodes.sort("depth").select("node_id", "parent_id").iter_rows():
        if parent in found:
            found.add(node)
    return frozenset(found)


def branch_of(nodes: pl.DataFrame, node: str) -> pl.DataFrame:
    """The rows of a tree that are a node or lie below it, in their order."""
    return nodes.filter(pl.col("node_id").is_in(sorted(under(nodes, (node,)))))


def build(branches: pl.DataFrame, hierarchy: pl.DataFrame, booking: pl.Series, as_of: date) -> Tree:
    """The tree on a date.

    Args:
        branches: rows of the canonical table `branch`; may be empty.
        hierarchy: rows of `branch_hierarchy`; may be empty.
        booking: branches that book loans; those the branch table lacks are put under the root.
        as_of: the date.

    Raises:
        BrokenTreeError: if a branch reports to itself by way of others, or has two parents.
    """
    known = {row["branch_id"]: row for row in branches.to_dicts()}
    for branch in booking.drop_nulls().unique().sort():
        known.setdefault(branch, {"branch_id": branch})
    closed = {
        branch: row.get("merged_into_branch_id")
        for branch, row in known.items()
        if row.get("closed_date") is not None and row["closed_date"] <= as_of
    }
    open_ = {
        branch: row
        for branch, row in known.items()
        if branch not in closed and (row.get("opened_date") is None or row["opened_date"] <= as_of)
    }
    parents = {
        child: _successor(parent, closed) if parent in closed else parent
        for child, parent in _parents(hierarchy, as_of).items()
    }
    roots = [branch for branch in open_ if parents.get(branch) not in open_]
    heads = [branch for branch in roots if open_[branch].get("level") == "head"]
    if len(heads) == 1:
        root = heads[0]
    elif len(roots) == 1 and hierarchy.height:
        root = roots[0]
    else:
        root = HEAD if HEAD not in open_ else f"{HEAD}*"
        open_[root] = {
            "branch_id": root,
            "level": "head",
            "name_en": "Head office",
            "name_zh": "总行",
        }
    parent_of = {
        branch: above if (above := parents.get(branch)) in open_ and above is not None else root
        for branch in open_
        if branch != root
    }
    chains = {branch: _chain(branch, parent_of) for branch in open_}
    for branch in closed:
        successor = _successor(branch, closed)
        chains[branch] = chains.get(successor, (root,)) if successor else (root,)
    nodes = pl.DataFrame(
        [
            {
                "node_id": branch,
                "parent_id": parent_of.get(branch),
                "level": row.get("level"),
                "name_en": row.get("name_en") or row.get("name_zh") or branch,
                "name_zh": row.get("name_zh") or row.get("name_en") or branch,
                "depth": len(chains[branch]) - 1,
            }
            for branch, row in open_.items()
        ],
        schema=NODE,
    ).sort("depth", "node_id")
    counts_for = pl.DataFrame(
        [(branch, node) for branch, chain in chains.items() for node in chain],
        schema={"branch_id": TEXT, "node_id": TEXT},
        orient="row",
    ).sort("branch_id", "node_id")
    return Tree(nodes, counts_for, root)


def _parents(hierarchy: pl.DataFrame, as_of: date) -> dict[str, str]:
    valid = hierarchy.filter(
        (pl.col("valid_from") <= as_of)
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of))
    )
    twice = valid.filter(pl.col("child_id").is_duplicated())["child_id"].unique().sort()
    if len(twice):
        raise BrokenTreeError(f"branch {twice[0]} has two parents on {as_of.isoformat()}")
    return dict(zip(valid["child_id"], valid["parent_id"], strict=True))


def _chain(branch: str, parent_of: Mapping[str, str]) -> tuple[str, ...]:
    chain = [branch]
    while chain[-1] in parent_of:
        above = parent_of[chain[-1]]
        if above in chain:
            raise BrokenTreeError(f"branch {branch} reports to itself by way of {above}")
        chain.append(above)
    return tuple(chain)


def _successor(branch: str, closed: Mapping[str, str | None]) -> str | None:
    seen = {branch}
    following = closed[branch]
    while following is not None and following in closed:
        if following in seen:
            raise BrokenTreeError(f"closed branch {branch} is merged into itself")
        seen.add(following)
        following = closed[following]
    return following
