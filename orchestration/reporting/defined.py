"""Which reports a bank makes, at which period ends, and for which of its units.

What a return is, and how one is read, is said in `transforms.returns`; filling belongs in `source`.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from orchestration.bank import SYSTEM, Bank
from records.access import Scope
from records.published import Published
from transforms.catalogue.model import Catalogue
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.returns import load
from transforms.returns.model import Frequency, MadeFor, Return

FOLDER: Final = "returns"
"""The workspace's folder of its own returns."""
BINDINGS: Final = ".bindings.yaml"
"""How files end there that say which cells of a template hold what (`templating`)."""
_QUARTER: Final = 3


def returns(bank: Bank) -> Mapping[str, Return]:
    """Every return that the bank can make: the product's, and those of the workspace's folder.

    Raises:
        CatalogueError: naming each file and line that cannot be used.
    """
    texts = bank.workspace.texts(FOLDER, ".yaml")
    own = tuple(sorted(one for one in texts.items() if not one[0].endswith(BINDINGS)))
    return _loaded(bank.catalogue, own)


def require(bank: Bank, name: str) -> Return:
    """A return by its name.

    Raises:
        UnknownNameError: if there is none of that name.
    """
    known = returns(bank)
    if name not in known:
        raise UnknownNameError(
            "report", name, tuple(known), way_out="`branchmark report` lists them."
        )
    return known[name]


def periods(published: Published, return_: Return) -> tuple[date, ...]:
    """Every published month end at which a return is made, oldest first."""
    quarterly = return_.frequency is Frequency.QUARTERLY
    return tuple(day for day in published.newest_versions() if not quarterly or ends_quarter(day))


def period_of(published: Published, return_: Return, as_of: date | None) -> date:
    """The period's end that is reported: the one asked for, or the newest published one.

    Raises:
        NoSuchMonthError: if it is not published.
        BranchmarkError: if a quarter's report is asked for in the middle of a quarter.
    """
    if return_.frequency is Frequency.MONTHLY or (as_of is not None and ends_quarter(as_of)):
        return published.require(as_of)
    ends = periods(published, return_)
    if as_of is None and ends:
        return ends[-1]
    asked = "" if as_of is None else f", and {as_of} ends none"
    newest = f"Take {ends[-1]}, the newest published." if ends else "None is published yet."
    raise BranchmarkError(f"{return_.return_id} is made at quarter ends{asked}. {newest}")


def units_of(bank: Bank, return_: Return, as_of: date, scope: Scope = SYSTEM) -> tuple[str, ...]:
    """The units that a return is made for, as organised in that month, in the order of the tree."""
    return made_for(bank.published.nodes(scope, as_of=as_of).collect(), return_)


def made_for(tree: pl.DataFrame, return_: Return) -> tuple[str, ...]:
    """The units of a tree that a return is made for: the bank's one root, or all of the levels named."""
    if return_.made_for is MadeFor.BANK:
        return tuple(tree.filter(pl.col("parent_id").is_null())["node_id"])
    return tuple(tree.filter(pl.col("level").is_in(return_.levels))["node_id"])


def ends_quarter(day: date) -> bool:
    """Whether a month end is a quarter's too."""
    return day.month % _QUARTER == 0


@lru_cache(maxsize=4)
def _loaded(catalogue: Catalogue, own: tuple[tuple[str, str], ...]) -> Mapping[str, Return]:
    """Read once a process: the same texts and definitions mean the same returns."""
    return load.load(catalogue, dict(own))
