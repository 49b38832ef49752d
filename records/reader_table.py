"""The table of readers: `access/readers.csv` of a workspace, who may read and enter what.

    reader,role,units
    # head office
    li.wei@bank.example,head_office,
    zhang.min@bank.example,branch,B205 B20501

`reader` is what the provider calls the person; units are separated by spaces. The table is refused whole: a
line that cannot be read may be the one that takes a right away. What a role allows is said in `readers`.
"""

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from records.ledger.errors import LedgerUseError
from records.ledger.people import named, person_key
from records.readers import LIMITED, Reader, Role
from records.workspace import Workspace
from transforms.errors import BranchmarkError, UnknownNameError, did_you_mean

FOLDER: Final = "access"
FILE: Final = "readers.csv"
COLUMNS: Final = ("reader", "role", "units")
_WHERE: Final = f"{FOLDER}/{FILE}"


class ReaderTableError(BranchmarkError):
    """The table cannot be read; nobody gets a role by it until it is mended."""

    def __init__(self, problems: Collection[str]) -> None:
        super().__init__(
            f"{_WHERE} is refused: {'; '.join(problems)}. Mend it; `branchmark readers check` looks "
            "again."
        )
        self.problems = tuple(problems)


@dataclass(frozen=True)
class ReaderTable:
    """The readers of a bank, in the order of its table."""

    readers: tuple[Reader, ...]

    @classmethod
    def of(cls, workspace: Workspace) -> "ReaderTable":
        """The table of a workspace; empty if it has none.

        Raises:
            WorkspaceError: if the file is no text in UTF-8.
            ReaderTableError: if a line of it cannot be read.
        """
        if not (workspace.root / FOLDER / FILE).is_file():
            return cls(())
        return cls.parsed(workspace.texts(FOLDER, FILE)[FILE])

    @classmethod
    def parsed(cls, text: str) -> "ReaderTable":
        """The table in that text.

        Raises:
            ReaderTableError: if a line of it cannot be read.
        """
        problems: list[str] = []
        readers = list(_readers(text.removeprefix("\ufeff"), problems))
        if problems:
            raise ReaderTableError(problems)
        return cls(tuple(readers))

    @cached_property
    def _by_name(self) -> dict[str, Reader]:
        return {same(reader.name): reader for reader in self.readers}

    @cached_property
    def _by_key(self) -> dict[str, Reader]:
        return {person_key(reader.name): reader for reader in self.readers}

    def find(self, name: str) -> Reader | None:
        """The reader of that name, whatever its case; a name that only looks alike finds nobody."""
        return self._by_name.get(same(name))

    def looks_like(self, name: str) -> Reader | None:
        """Another reader whose name nobody can tell from this one."""
        alike = self._by_key.get(person_key(name))
        return alike if alike is not None and same(alike.name) != same(name) else None

    def require(self, name: str) -> Reader:
        """The reader of that name.

        Raises:
            UnknownNameError: if the table has none.
        """
        found = self.find(name)
        if found is None:
            raise UnknownNameError(
                "reader",
                name,
                [reader.name for reader in self.readers],
                way_out=f"Write who it is into {_WHERE}, or name a role and units: branch:B205.",
            )
        return found


def same(name: str) -> str:
    """What names are the same by: spaces in order, any case."""
    return " ".join(name.split()).casefold()


def reader_of(text: str) -> Reader:
    """A reader without a name, by role and units, such as `branch:B205` or `region:R1,R2`.

    Raises:
        UnknownNameError: if there is no such role.
        BranchmarkError: if the role needs units and none are given, or takes none.
    """
    role, _, units = text.partition(":")
    return described(role_of(role), tuple(units.replace(",", " ").split()))


def described(role: Role, units: tuple[str, ...]) -> Reader:
    """A reader without a name, called by role and units.

    Raises:
        BranchmarkError: if the role needs units and none are given, or takes none.
    """
    wrong = objection(role, units)
    if wrong:
        raise BranchmarkError(f"{wrong[0].upper()}{wrong[1:]}.")
    return Reader(" ".join((role.value, *units)), role, units)


def role_of(text: str) -> Role:
    """The role of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    if text.strip() not in tuple(Role):
        known = tuple(Role)
        raise UnknownNameError("role", text, known, way_out=f"Roles are {', '.join(known)}.")
    return Role(text.strip())


def objection(role: Role, units: Collection[str]) -> str | None:
    """Why a role cannot have these units, as half a sentence; none if it can."""
    if role in LIMITED and not units:
        return f"the role {role.value} needs units: name at least one"
    if units and role in {Role.HEAD_OFFICE, Role.ADMINISTRATOR}:
        return f"the role {role.value} sees the whole bank: leave its units empty"
    return None


def _readers(text: str, problems: list[str]) -> Iterator[Reader]:
    """Readers line by line; what is wrong goes into `problems`, by line."""
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        problems.append(f"it has no heading; the first line is {','.join(COLUMNS)}")
        return
    first, heading = lines[0]
    if tuple(one.strip() for one in heading.split(",")) != COLUMNS:
        problems.append(
            f"line {first}: the heading is {','.join(COLUMNS)}, and here it is {heading!r}"
        )
        return
    before: dict[str, tuple[int, str]] = {}
    for number, line in lines[1:]:
        try:
            made = _reader(line)
        except BranchmarkError as error:
            problems.append(f"line {number}: {str(error).rstrip('.')}")
            continue
        key = person_key(made.name)
        if key in before:
            where, other = before[key]
            how = "stands there already" if same(other) == same(made.name) else "looks like"
            of = f" {other!r}" if how == "looks like" else ""
            problems.append(f"line {number}: {made.name!r} {how}{of}, on line {where}")
            continue
        before[key] = (number, made.name)
        yield made


def _reader(line: str) -> Reader:
    """The reader of a line.

    Raises:
        BranchmarkError: if there is none in it.
    """
    try:
        (cells,) = csv.reader([line], strict=True)
    except csv.Error as error:
        raise BranchmarkError(f"it cannot be read ({error})") from None
    if len(cells) != len(COLUMNS):
        raise BranchmarkError(
            f"it has {len(cells)} cells and needs {len(COLUMNS)}: {', '.join(COLUMNS)}"
        )
    name, role, units = cells[0], cells[1].strip(), tuple(cells[2].split())
    try:
        person = named(name)
    except LedgerUseError as error:
        said = "nobody is named" if not person_key(name) else str(error)
        raise BranchmarkError(said) from None
    if role not in tuple(Role):
        raise BranchmarkError(
            f"there is no role {role!r}; roles are {', '.join(Role)}.{did_you_mean(role, Role)}"
        )
    wrong = objection(Role(role), units)
    if wrong:
        raise BranchmarkError(wrong)
    twice = [unit for place, unit in enumerate(units) if unit in units[:place]]
    if twice:
        raise BranchmarkError(f"unit {twice[0]} is named twice")
    return Reader(person, Role(role), units)
