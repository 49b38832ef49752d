"""A workspace at work: its deliveries, published figures, definitions and rules, opened together.

Assets, commands and schedules all start from a `Bank`. How a month's figures come about is said in
`orchestration.months`; how files come in, in `orchestration.intake`.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final

import polars as pl

from expectations.rules import Rule, load_rules
from orchestration import settings
from records.access import Scope
from records.deliveries import Batch, Deliveries
from records.ledger.ledger import Ledger
from records.locks import WRITING, Locks, held, locks_of
from records.published import Published
from records.workspace import Workspace, open_workspace
from transforms.catalogue import kept
from transforms.catalogue.load import Definitions
from transforms.catalogue.model import Catalogue
from transforms.periods import months_back, previous_month_end, previous_year_end
from transforms.reference.tables import Reference
from transforms.schema import FIRST_LOAN_EVENT, LOAN_EVENT, SUPPLY_CHAIN_TRADE
from transforms.trade import HISTORY_MONTHS

SYSTEM = Scope.whole_bank("branchmark")
"""The product at work on the whole bank: builds, checks and deliveries."""


@dataclass(frozen=True, eq=False)
class Bank:
    """Everything a command or an asset needs of one workspace."""

    workspace: Workspace

    @classmethod
    def at(cls, root: Path) -> "Bank":
        """The bank whose workspace is in that folder.

        Raises:
            WorkspaceError: if there is none.
        """
        return cls(open_workspace(root))

    @cached_property
    def deliveries(self) -> Deliveries:
        """What was delivered."""
        return Deliveries(self.workspace.lake)

    @cached_property
    def published(self) -> Published:
        """What was published."""
        return Published(self.workspace.lake)

    @cached_property
    def ledger(self) -> Ledger:
        """What people entered: targets, check-ins, signatures.

        Raises:
            LedgerError: if the workspace's setting leads nowhere.
        """
        return Ledger.of(self.workspace, settings.connection)

    @cached_property
    def locks(self) -> Locks:
        """Whose turn it is to write.

        Raises:
            WorkspaceError: if a setting leads nowhere.
            LedgerError: the same.
        """
        return locks_of(self.workspace, settings.connection)

    @contextmanager
    def writing(self, what: str, *, wait_seconds: float, together: bool = False) -> Iterator[None]:
        """Hold the workspace's pen: alone, or together with others who build.

        Args:
            what: what the writer is about to do, for the message to another.
            wait_seconds: how long to wait for another writer to finish.
            together: whether others may write at the same time, each to a month of its own.

        Raises:
            WorkspaceError: if another writer does not finish in time.
        """
        busy = (
            f"Cannot {what}: another command is writing to {self.workspace.root}. Wait for it to finish "
            "and run this again."
        )
        with held(self.locks, WRITING, busy=busy, wait_seconds=wait_seconds, shared=together):
            yield

    @cached_property
    def entered_targets(self) -> pl.DataFrame:
        """Every version of every target, as the ledger held them when they were first asked for.

        Read once, so that a month's figures and its fingerprint speak of the same targets.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        return self.ledger.targets.all(SYSTEM)

    @cached_property
    def reference(self) -> Reference:
        """The product's reference tables, with those the workspace brings itself."""
        return kept.reference(_frozen(_stems(self.workspace.texts("reference", ".csv"))))

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that deliveries and figures are checked by, as the bank has set them."""
        return load_rules(self.workspace.texts("rules", ".yaml"))

    @cached_property
    def _rules_hash(self) -> str:
        return hashlib.sha256(repr(self.rules).encode()).hexdigest()

    @cached_property
    def definitions(self) -> Definitions:
        """The product's definitions of all times, with those the workspace adds or replaces."""
        own = _frozen(_stems(self.workspace.texts("reference", ".csv")))
        return kept.definitions(own, _frozen(self.workspace.texts("catalogue", ".yaml")))

    @property
    def catalogue(self) -> Catalogue:
        """The definitions that hold now."""
        return self.definitions.newest

    def under(
        self,
        *,
        reference: Mapping[str, str] | None = None,
        catalogue: Mapping[str, str] | None = None,
    ) -> "Bank":
        """The same bank with other reference tables or definitions, in memory only.

        Args:
            reference: CSV text by table name, in place of the workspace's or the product's.
            catalogue: YAML text by file name, after those of the workspace.

        Raises:
            ReferenceTableError: if a table contradicts itself.
            CatalogueError: if a definition cannot be used.
        """
        other = Bank(self.workspace)
        own = _stems(self.workspace.texts("reference", ".csv"))
        tables = _frozen({**own, **(reference or {})})
        texts = {**self.workspace.texts("catalogue", ".yaml"), **(catalogue or {})}
        # Cached properties are filled here, once, instead of from the workspace's files.
        vars(other)["reference"] = kept.reference(tables)
        vars(other)["definitions"] = kept.definitions(tables, _frozen(texts))
        return other

    def fingerprint(
        self,
        as_of: date,
        version: int,
        bases: tuple[date, ...],
        targets: str,
        coming: Mapping[date, str] | None = None,
    ) -> str:
        """What a month's figures rest on, as one hash: equal hashes, equal figures.

        Deliveries, targets, definitions, reference data, rules, the product's own version, and the
        months it compares with: as published, and, where loans are followed one by one, as delivered.
        No clock is in it.

        Args:
            as_of: the month end.
            version: its version.
            bases: the months it compares with.
            targets: a hash of the targets it is held against.
            coming: fingerprints that months are about to be published with.
        """
        current = self.published.current()
        newest = self.published.newest_versions()
        known = {day: current[day, number].fingerprint for day, number in newest.items()}
        known |= coming or {}
        delivered = self.deliveries.months()
        back = (previous_month_end(as_of), previous_year_end(as_of))
        parts = [
            installed_version("branchmark"),
            self.workspace.base_currency,
            self.definitions.on(as_of).fingerprint,
            self.reference.fingerprint,
            self._rules_hash,
            targets,
            *_hashes(self.deliveries.chosen(as_of, version)),
            *(
                f"{day}:{text}"
                for day in back
                if day in delivered
                for text in _hashes(self.deliveries.chosen(day))
            ),
            *(
                f"{table}:{day}:{batch.content_hash}"
                for table, first in HISTORIES.items()
                for day, batch in self.deliveries.months_of(table, as_of).items()
                if day >= first(as_of)
            ),
            *(f"{base}:{known[base]}" for base in bases if base in known),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


HISTORIES: Final[Mapping[str, Callable[[date], date]]] = {
    FIRST_LOAN_EVENT.name: lambda _: date.min,
    LOAN_EVENT.name: lambda as_of: date(as_of.year, 1, 1),
    SUPPLY_CHAIN_TRADE.name: lambda as_of: months_back(as_of, HISTORY_MONTHS - 1),
}
"""Monthly tables that a month reads of earlier months too, and the first day it reads back to."""


def _hashes(chosen: Mapping[str, Batch]) -> list[str]:
    return [f"{name}:{batch.content_hash}" for name, batch in sorted(chosen.items())]


def _frozen(texts: Mapping[str, str]) -> kept.Texts:
    return tuple(sorted(texts.items()))


def _stems(texts: Mapping[str, str]) -> dict[str, str]:
    return {Path(name).stem: text for name, text in texts.items()}
