"""Who reads: a person's role and the units it was given, and the one place where these become a `Scope`.

Pages, exports, schedules and the command line all ask `scope_of`. Where readers come from is said in
`reader_table` and `sign_in`; what a scope allows, in `access`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from records.access import Scope
from records.published import Published
from transforms.hierarchy import under


class Role(StrEnum):
    """What somebody does in the bank."""

    HEAD_OFFICE = "head_office"
    """Sees the whole bank, and enters for all of it."""
    REGION = "region"
    """Sees and enters for the units given, and all below them."""
    BRANCH = "branch"
    """The same; what it is called is all that differs."""
    AUDITOR = "auditor"
    """Sees the units given, or the whole bank if none are; enters nothing."""
    ADMINISTRATOR = "administrator"
    """Head office, who may also see the pages as another reader sees them, which is written down."""


LIMITED: Final = frozenset({Role.REGION, Role.BRANCH})
"""Roles that mean nothing without units."""


@dataclass(frozen=True)
class Reader:
    """A person who reads.

    Attributes:
        name: who it is, as written in logs, on entries and on exports.
        role: what the person does.
        units: the units the person was given; those that see the whole bank need none.
    """

    name: str
    role: Role
    units: tuple[str, ...] = ()

    @property
    def sees_all(self) -> bool:
        """Whether it is the whole bank that the person sees."""
        whole = self.role in {Role.HEAD_OFFICE, Role.ADMINISTRATOR}
        return whole or (self.role is Role.AUDITOR and not self.units)

    @property
    def may_enter(self) -> bool:
        """Whether the person may enter targets, check-ins and signatures."""
        return self.role is not Role.AUDITOR

    @property
    def may_view_as(self) -> bool:
        """Whether the person may see the pages as another reader sees them."""
        return self.role is Role.ADMINISTRATOR


LOCAL: Final = Reader("local", Role.ADMINISTRATOR)
"""Whoever sits at the machine: there is no sign-in on loopback, and the workspace's files lie open anyway."""


def scope_of(reader: Reader, published: Published) -> Scope:
    """What a reader may see: the units given, and everything that counts for them today.

    A unit that was merged into one of them belongs to it; one that was moved away does not, in any month.
    """
    if reader.sees_all:
        return Scope.whole_bank(reader.name)
    months = published.newest_versions()
    if not months:
        return Scope.of(reader.name, reader.units)
    whole = Scope.whole_bank("access")
    newest = max(months)
    given = list(reader.units)
    merged = published.counts_for(whole, as_of=newest).filter(pl.col("node_id").is_in(given))
    found = set(merged.select("branch_id").collect()["branch_id"])
    below = under(published.nodes(whole, as_of=newest).collect(), given)
    return Scope.of(reader.name, found | below | set(given))


def unknown_units(reader: Reader, published: Published) -> tuple[str, ...]:
    """The units given to a reader that the newest month knows nothing of."""
    months = published.newest_versions()
    if not months or not reader.units:
        return ()
    whole, newest = Scope.whole_bank("access"), max(months)
    counted = published.counts_for(whole, as_of=newest).select("branch_id", "node_id").collect()
    nodes = published.nodes(whole, as_of=newest).select("node_id").collect()["node_id"]
    known = {*counted["branch_id"], *counted["node_id"], *nodes}
    return tuple(unit for unit in reader.units if unit not in known)
