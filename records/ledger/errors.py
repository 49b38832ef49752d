"""What can be wrong with the ledger or with what is asked of it, in one sentence with the way out."""

from transforms.errors import BranchmarkError


class LedgerError(BranchmarkError):
    """The ledger's database cannot be reached, read or written, or is not one of ours."""


class LedgerUseError(BranchmarkError):
    """What somebody wants to enter or decide is against the rules of the ledger."""
