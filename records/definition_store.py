"""The definitions that prepared reports were filled by, as files of the workspace named by their hash.

What a definition is belongs in `transforms.returns`; which one a report is printed by, in `orchestration`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from records.workspace import Workspace
from transforms.errors import BranchmarkError
from transforms.returns import load
from transforms.returns.model import Return

FOLDER: Final = "reports/definitions"
_WAY_OUT: Final = "Put it back from a backup of the workspace."


class DefinitionError(BranchmarkError):
    """A kept definition is missing, or says something else than the one that reports were filled by."""


@dataclass(frozen=True)
class DefinitionStore:
    """The kept definitions of one workspace.

    Attributes:
        folder: where they are.
    """

    folder: Path

    @classmethod
    def of(cls, workspace: Workspace) -> "DefinitionStore":
        """The store of a workspace; nothing is made yet."""
        return cls(workspace.root / FOLDER)

    def path(self, definition_hash: str) -> Path:
        """The file of what has that hash, whether it is there or not."""
        return self.folder / f"{definition_hash}.json"

    def read(self, definition_hash: str) -> Return:
        """A definition as it was.

        Raises:
            DefinitionError: if the file is gone, or says something else.
        """
        path = self.path(definition_hash)
        try:
            kept = TypeAdapter(Return).validate_json(path.read_bytes())
        except FileNotFoundError:
            raise DefinitionError(
                f"The definition that it was filled by is gone: {path}. {_WAY_OUT}"
            ) from None
        except ValidationError:
            raise DefinitionError(f"{path} is no definition of a report. {_WAY_OUT}") from None
        if load.definition_hash(kept) != definition_hash:
            raise DefinitionError(f"{path} was altered since it was kept. {_WAY_OUT}")
        return kept

    def fault(self, definition_hash: str) -> str | None:
        """What is wrong with the file of a hash, in a sentence with the way out; nothing if it is whole."""
        try:
            self.read(definition_hash)
        except DefinitionError as error:
            return str(error)
        return None
