"""A workspace at work: its deliveries, published figures, definitions and rules, opened together.

Assets, commands and schedules all start from a `Bank`. How a month's figures come about is said in
`orchestration.months`; how files come in, in `orchestration.intake`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version as installed_version
from pathlib import Path

from expectations.rules import Rule, load_rules
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from records.workspace import Workspace, open_workspace
from transforms.catalogue.load import load as load_catalogue
from transforms.catalogue.model import Catalogue
from transforms.reference import tables as reference_tables
from transforms.reference.tables import Reference

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
    def reference(self) -> Reference:
        """The product's reference tables, with those the workspace brings itself."""
        return reference_tables.load(_stems(self.workspace.texts("reference", ".csv")))

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that deliveries are checked by."""
        return load_rules()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The product's definitions, with those the workspace adds or replaces."""
        names = self.reference.tables["thresholds"]["name"].unique()
        return load_catalogue(names, additions=self.workspace.texts("catalogue", ".yaml"))

    def fingerprint(self, as_of: date, version: int, bases: tuple[date, ...]) -> str:
        """What a month's figures rest on, as one hash: equal hashes, equal figures.

        Deliveries, definitions, reference data, rules, the product's own version, and the published
        months it compares with. No clock is in it.
        """
        current = self.published.current()
        newest = self.published.newest_versions()
        chosen = self.deliveries.chosen(as_of, version)
        parts = [
            installed_version("branchmark"),
            self.workspace.base_currency,
            self.catalogue.fingerprint,
            self.reference.fingerprint,
            hashlib.sha256(repr(self.rules).encode()).hexdigest(),
            *(f"{name}:{batch.content_hash}" for name, batch in sorted(chosen.items())),
            *(
                f"{day}:{batch.content_hash}"
                for day, batch in self.deliveries.months_of(
                    "borrower_first_loan_event", as_of
                ).items()
            ),
            *(
                f"{base}:{current[base, newest[base]].fingerprint}"
                for base in bases
                if base in newest
            ),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _stems(texts: Mapping[str, str]) -> dict[str, str]:
    return {Path(name).stem: text for name, text in texts.items()}
