"""Which report a command of `signoff` is about: options that they share, and the edition found by them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import month_of, root_of
from orchestration.reporting import layouts
from orchestration.reporting.choosing import require_edition
from orchestration.reporting.source import Source
from records.access import Scope
from records.ledger.returns import Head

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Which report.")]
UnitOption = Annotated[
    str | None,
    typer.Option("--branch", help="Whose report; not needed where it is made of the whole bank."),
]
NoteOption = Annotated[str, typer.Option("--note", help="What the signer adds.")]
HashOption = Annotated[
    str,
    typer.Option("--hash", help="What the hash of the report that was looked at begins with."),
]
CaseOption = Annotated[
    str,
    typer.Option("--case", help="Which case of which check: CHECK#NUMBER, as `checks` shows it."),
]
LanguageOption = Annotated[str, typer.Option("--lang", help="en or zh.")]

SHORT: Final = 12
"""So many digits of a hash are shown to people."""
Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class At:
    """Which report somebody does something with.

    Attributes:
        bank: whose.
        name: which return.
        unit: of which unit.
        as_of: of which period.
        begins: what its hash begins with, if that is said.
    """

    bank: Bank
    name: str
    unit: str
    as_of: date
    begins: str

    @classmethod
    def of(
        cls, workspace: Path | None, name: str, branch: str | None, as_of: str, begins: str
    ) -> "At":
        """The report that the options of a command name.

        Raises:
            BranchmarkError: if there is no such report, unit or period.
        """
        bank = Bank.at(root_of(workspace))
        source, unit = source_of(bank, command_scope(bank), name, branch, month_of(as_of))
        return cls(bank, name, unit, source.as_of, begins)

    @property
    def reading(self) -> Scope:
        """What the command may tell."""
        return command_scope(self.bank)

    def head(self, scope: Scope) -> Head:
        """Its newest edition.

        Raises:
            BranchmarkError: if nobody prepared it, or it is not what was looked at.
        """
        return require_edition(
            self.bank, scope, self.name, self.unit, self.as_of, begins=self.begins
        )


def source_of(
    bank: Bank, scope: Scope, name: str, branch: str | None, as_of: date | None
) -> tuple[Source, str]:
    """What a report is filled from, by the bank's definition or a kept one, and the unit it is of.

    Raises:
        BranchmarkError: if there is no such report, unit or period.
    """
    named = None if branch is None else (branch,)
    source = Source.of(bank, scope, layouts.newest(bank, scope, name), as_of, named)
    return source, source.unit(branch)
