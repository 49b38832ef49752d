"""As whom a command runs: `branchmark --as READER COMMAND` gives exactly what that reader may see.

It narrows what a command tells, for reports that are sent to branches; it proves nobody: whoever runs
commands has the workspace's files. Who may see what is decided by `records.readers`, as on the pages.
"""

from contextvars import ContextVar
from typing import Final

from orchestration.bank import Bank
from records.access import Scope
from records.reader_table import ReaderTable, reader_of
from records.readers import Reader, Role, scope_of, unknown_units
from transforms.errors import BranchmarkError, UnknownNameError

OPEN: Final = frozenset(
    {
        *("alerts", "evidence"),
        *("bridge", "catalogue", "changes", "check", "checkins", "dictionary", "diff", "explain"),
        *("export", "findings", "fork", "gap", "kpis", "loans", "overrides", "peers", "profiles"),
        *("project", "report", "scorecard", "sign", "signoff", "targets", "template", "whatif"),
    }
)
"""Commands that a reader's scope can narrow. All others are about the whole bank."""

COMMAND_LINE: Final = "command line"
"""Who reads and takes files where no reader is named."""
_ASKED: ContextVar[str | None] = ContextVar("as", default=None)


def begin(asked: str | None, command: str | None) -> None:
    """Note as whom the command runs.

    Raises:
        BranchmarkError: if it is a command about the whole bank.
    """
    _ASKED.set(asked)
    if asked is not None and command is not None and command not in OPEN:
        raise BranchmarkError(
            f"`{command}` is about the whole bank, and --as narrows to what {asked} may see. Leave --as out."
        )


def command_scope(bank: Bank) -> Scope:
    """What the command may tell: the whole bank, or what the reader of `--as` may see.

    Raises:
        UnknownNameError: if there is no such reader, or no such unit.
        ReaderTableError: if the table of readers cannot be read.
    """
    reader = _reader(bank)
    return Scope.whole_bank(COMMAND_LINE) if reader is None else scope_of(reader, bank.published)


def entry_scope(bank: Bank) -> Scope:
    """For whom the command may enter something.

    Raises:
        BranchmarkError: if the reader of `--as` enters nothing.
    """
    reader = _reader(bank)
    if reader is not None and not reader.may_enter:
        raise BranchmarkError(
            f"{reader.name} is an auditor, who reads and enters nothing. Leave --as out, or name another "
            "reader."
        )
    return command_scope(bank)


def _reader(bank: Bank) -> Reader | None:
    asked = _ASKED.get()
    if asked is None:
        return None
    described = asked.partition(":")[0].strip() in tuple(Role)
    reader = reader_of(asked) if described else ReaderTable.of(bank.workspace).require(asked)
    unknown = unknown_units(reader, bank.published)
    if described and unknown:
        known = bank.published.nodes(
            Scope.whole_bank(COMMAND_LINE), as_of=max(bank.published.newest_versions())
        )
        names = known.select("node_id").collect()["node_id"].to_list()
        raise UnknownNameError("unit", unknown[0], names, way_out="`branchmark kpis` lists them.")
    return reader
