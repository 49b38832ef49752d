"""The ledger of a workspace: what people enter, kept apart from what files deliver.

Pages and commands begin here: targets, check-ins, signatures, editions of reports, adjustments, what was
sent and the access log of one database, each read within a `Scope`, and the chain that ties them together.
Nothing here looks at the clock or at the environment: both are passed in.
"""

from dataclasses import dataclass
from functools import cached_property

from records.ledger.access_log import AccessLog
from records.ledger.adjustments import Adjustments
from records.ledger.chain import Chain
from records.ledger.check_ins import CheckIns
from records.ledger.database import Database, Variable
from records.ledger.dispatches import Dispatches
from records.ledger.events import Events
from records.ledger.returns import Returns
from records.ledger.revisions import HEAD
from records.ledger.sign_offs import SignOffs
from records.ledger.targets import Targets
from records.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """Where a ledger is, and of which revision.

    Attributes:
        place: the file, or the database and its server.
        revision: none while nothing was ever entered.
        newest: the revision that this product writes.
    """

    place: str
    revision: str | None
    newest: str


@dataclass(frozen=True, eq=False)
class Ledger:
    """What people enter."""

    database: Database

    @classmethod
    def of(cls, workspace: Workspace, variable: Variable) -> "Ledger":
        """The ledger of a workspace; nothing is opened yet.

        Args:
            workspace: the workspace, whose setting says where its ledger is.
            variable: gives the value of an environment variable, none if it is not set.

        Raises:
            LedgerError: if the setting leads nowhere.
        """
        return cls(Database.of(workspace, variable))

    @cached_property
    def targets(self) -> Targets:
        """Targets, by version."""
        return Targets(self.database)

    @cached_property
    def check_ins(self) -> CheckIns:
        """What is said about figures."""
        return CheckIns(self.database)

    @cached_property
    def sign_offs(self) -> SignOffs:
        """Who signed which figures."""
        return SignOffs(self.database)

    @cached_property
    def access_log(self) -> AccessLog:
        """Who came in, and what was shown to them."""
        return AccessLog(self.database)

    @cached_property
    def returns(self) -> Returns:
        """Editions of reports, and the steps to their release."""
        return Returns(self.database)

    @cached_property
    def adjustments(self) -> Adjustments:
        """Signed deltas on published figures."""
        return Adjustments(self.database)

    @cached_property
    def dispatches(self) -> Dispatches:
        """What was sent to whom."""
        return Dispatches(self.database)

    @cached_property
    def events(self) -> Events:
        """What happened outside the ledger's own tables."""
        return Events(self.database)

    @cached_property
    def chain(self) -> Chain:
        """What ties every row to the one before it."""
        return Chain(self.database)

    def standing(self) -> Standing:
        """Where it is, and of which revision.

        Raises:
            LedgerError: if it cannot be read, or is newer than this product.
        """
        return Standing(self.database.place, self.database.revision(), HEAD)

    def upgrade(self) -> Standing:
        """Bring it to the newest revision; what is in it stays.

        Raises:
            LedgerError: if it cannot be written to, or is newer than this product.
        """
        with self.database.writing():
            pass
        return self.standing()
