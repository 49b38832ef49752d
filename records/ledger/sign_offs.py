"""Who signed which figures of a branch: the publication's fingerprint and run, and the step.

A month that is published anew after it was signed has another run; the signature stays with the old one.
There is one step now, `signed`; the table has room for several.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from records.access import Scope
from records.ledger.check_ins import CheckIns
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.people import named, person_key
from records.ledger.tables import SIGN_OFF
from records.published import Published
from transforms import signing
from transforms.catalogue.model import Catalogue
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import UnknownNameError
from transforms.schema import DAY, TEXT

SIGNED: Final = "signed"

SIGN_OFFS: Final[Mapping[str, pl.DataType]] = {
    "sign_off_id": pl.Int64(),
    "branch_id": TEXT,
    "as_of_date": DAY,
    "snapshot_version": pl.Int64(),
    "step": TEXT,
    "fingerprint": TEXT,
    "run_id": TEXT,
    "person": TEXT,
    "at": pl.Datetime("us", "UTC"),
    "note": TEXT,
}
"""Columns of `SignOffs.all`."""


class ObstaclesError(LedgerUseError):
    """Figures cannot be signed while missed metrics stand without a word."""

    def __init__(
        self, branch: str, as_of: date, open_ones: pl.DataFrame, catalogue: Catalogue
    ) -> None:
        names = [
            metric
            if reading == catalogue.metrics[metric].default_reading
            else f"{metric}:{reading}"
            for metric, reading in open_ones.select("metric_id", "reading").iter_rows()
        ]
        super().__init__(
            f"{branch}, {as_of.isoformat()}, cannot be signed: {len(names)} missed metric(s) without a "
            f"check-in: {', '.join(names)}. Enter one for each: branchmark checkins add."
        )
        self.open_ones = open_ones


@dataclass(frozen=True, eq=False)
class Card:
    """A scorecard as far as a signature is concerned.

    Attributes:
        name: its profile and version.
        missed: what it finds missed; rows of `transforms.signing.OBSTACLE` of one branch.
    """

    name: str
    missed: pl.DataFrame


@dataclass(frozen=True, eq=False)
class SignOffs:
    """The signatures of one ledger."""

    database: Database

    def all(
        self, scope: Scope, *, branch: str | None = None, as_of: date | None = None
    ) -> pl.DataFrame:
        """Signatures in the scope, the oldest first; columns `SIGN_OFFS`.

        Raises:
            AccessError: if the branch is outside the scope.
            LedgerError: if the ledger cannot be read.
        """
        if branch is not None:
            scope.require(branch)
        own = [column for column in SIGN_OFF.c if column.name != "person_key"]
        query = sa.select(*own).order_by(SIGN_OFF.c.sign_off_id)
        if branch is not None:
            query = query.where(SIGN_OFF.c.branch_id == branch)
        if as_of is not None:
            query = query.where(SIGN_OFF.c.as_of_date == as_of)
        with self.database.reading() as connection:
            rows = [] if connection is None else list(connection.execute(query).mappings())
        frame = pl.DataFrame([dict(row) for row in rows], schema=dict(SIGN_OFFS), orient="row")
        return scope.limit(frame.lazy(), "branch_id").collect()

    def sign(  # noqa: PLR0913 - a signature says so much
        self,
        scope: Scope,
        published: Published,
        catalogue: Catalogue,
        *,
        branch: str,
        as_of: date | None,
        by: str,
        at: datetime,
        card: Card | None = None,
        note: str = "",
    ) -> int:
        """Sign a branch's figures as they are published now.

        Args:
            scope: who may be signed for.
            published: the published figures.
            catalogue: the definitions of the month.
            branch: whose figures.
            as_of: the month end; the newest published one if not given.
            by: who signs.
            at: when.
            card: the scorecard that is signed; every published figure if not given.
            note: what the signer adds.

        Returns:
            The number of the signature.

        Raises:
            AccessError: if the branch is outside the scope.
            NoSuchMonthError: if the month is not published.
            ObstaclesError: if a missed metric stands without a check-in.
            LedgerUseError: if exactly these figures are signed already.
        """
        person = named(by)
        seen = published.pinned()
        day = seen.require(as_of)
        version = seen.newest_versions()[day]
        publication = seen.current()[day, version]
        open_ones = signing_obstacles(
            scope,
            seen,
            CheckIns(self.database),
            catalogue,
            branch=branch,
            as_of=day,
            card=card,
        )
        if open_ones.height:
            raise ObstaclesError(branch, day, open_ones, catalogue)
        told = ("" if card is None else f"scorecard {card.name}", note.strip())
        row = {
            "branch_id": branch,
            "as_of_date": day,
            "snapshot_version": version,
            "step": SIGNED,
            "fingerprint": publication.fingerprint,
            "run_id": publication.run_id,
            "person": person,
            "person_key": person_key(person),
            "at": at,
            "note": "; ".join(one for one in told if one) or None,
        }
        same = [
            SIGN_OFF.c[name] == row[name]
            for name in ("branch_id", "as_of_date", "snapshot_version", "run_id", "step")
        ]
        with self.database.writing() as connection:
            before = connection.execute(sa.select(SIGN_OFF.c.person).where(*same)).scalar()
            if before is not None:
                raise LedgerUseError(
                    f"{branch}, {day.isoformat()}, version {version}, was signed by {before} already, and "
                    "nothing was published since. There is nothing to sign."
                )
            made = connection.execute(
                sa.insert(SIGN_OFF).values(row).returning(SIGN_OFF.c.sign_off_id)
            )
            return int(made.scalar_one())


def signing_obstacles(
    scope: Scope,
    published: Published,
    check_ins: CheckIns,
    catalogue: Catalogue,
    *,
    branch: str,
    as_of: date | None = None,
    card: Card | None = None,
) -> pl.DataFrame:
    """The missed metrics of a branch about which nobody has said anything; `transforms.signing.OBSTACLE`.

    Args:
        scope: who asks.
        published: the published figures.
        check_ins: what was said; only what was said about the very version counts.
        catalogue: the definitions of the month.
        branch: whose figures.
        as_of: the month end; the newest published one if not given.
        card: a scorecard, whose own misses count in place of those of the published figures.

    Raises:
        AccessError: if the branch is outside the scope.
        UnknownNameError: if there is no such branch.
        NoSuchMonthError: if the month is not published.
    """
    scope.require(branch)
    seen = published.pinned()
    day = seen.require(as_of)
    nodes = seen.nodes(scope, as_of=day).collect()["node_id"]
    if branch not in nodes:
        raise UnknownNameError(
            "branch", branch, tuple(nodes), way_out="`branchmark kpis` lists the branches."
        )
    uncut = (pl.col("branch_id") == branch) & (pl.col("slice") == TOTAL)
    facts = seen.facts(scope, as_of=day).filter(uncut).collect()
    missed = signing.missed(facts, catalogue) if card is None else card.missed
    version = seen.newest_versions()[day]
    said = check_ins.all(scope, branch=branch, as_of=day, version=version)
    return signing.obstacles(missed, said)
