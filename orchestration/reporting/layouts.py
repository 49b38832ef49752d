"""The definitions that prepared reports were filled by, kept, so that they stay readable when these change.

A definition is kept once, under its hash, beside the packages. What a definition is belongs in
`transforms.returns`.
"""

from pydantic import TypeAdapter

from orchestration.bank import Bank
from orchestration.reporting.defined import require, returns
from orchestration.reporting.files import replaced
from orchestration.reporting.heads import head_of
from records.access import Scope
from records.definition_store import DefinitionError, DefinitionStore
from records.package_store import PackageStore
from transforms.returns import load
from transforms.returns.model import Return
from transforms.returns.package import Package


def keep(bank: Bank, return_: Return) -> None:
    """Keep a definition as it is now, if nothing the same is kept."""
    store, hashed = DefinitionStore.of(bank.workspace), load.definition_hash(return_)
    if store.fault(hashed) is not None:
        replaced(store.path(hashed), TypeAdapter(Return).dump_json(return_, indent=1))


def layout_of(bank: Bank, package: Package) -> Return:
    """The definition that a report was filled by: today's, if it is the same, or the one kept then.

    Raises:
        BranchmarkError: if it changed since, and the one kept then is gone or altered.
    """
    today = returns(bank).get(package.return_id)
    if today is not None and load.definition_hash(today) == package.definition_hash:
        return today
    try:
        return DefinitionStore.of(bank.workspace).read(package.definition_hash)
    except DefinitionError as error:
        raise DefinitionError(
            f"{package.return_id} was filled by a definition that changed since. {error}"
        ) from None


def newest(bank: Bank, scope: Scope, return_id: str) -> Return:
    """A return as the bank defines it, or, if it no longer does, as its newest edition was filled by.

    Raises:
        UnknownNameError: if there is no such return, and no edition of one that the reader may see.
        BranchmarkError: if the definition that the edition was filled by is gone or altered.
    """
    if return_id not in returns(bank):
        rows = bank.ledger.returns.packages(scope, return_id=return_id)
        if rows.height:
            head = head_of(rows.row(-1, named=True))
            return layout_of(bank, PackageStore.of(bank.workspace).read(head))
    return require(bank, return_id)
