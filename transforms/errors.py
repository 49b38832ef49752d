"""Every error a person can meet, in one family: what, which, and the way out.

Classes take facts and build their own sentence, so that the same mistake reads the same from the
command line, a page and a log. Bad *use* is one of these errors. Bad *data* is a finding and never
raises: it belongs in `expectations` and in the rejected rows.

    BranchmarkError
    ├── UnknownNameError        a metric, branch, mapping, table or column that does not exist
    ├── BadDateError            a date that is no month end, or cannot be read
    ├── NoSuchMonthError        a month that the workspace does not hold
    ├── WorkspaceError          a workspace that is missing, broken or in use
    ├── RestatementError        a second delivery of a month without a reason
    ├── UnreadableFileError     a delivered file that cannot be read whole
    ├── ExistingFileError       a file that would be written over
    ├── MappingError            a mapping that does not fit its file or the canonical tables
    ├── CatalogueError          a definition that cannot be used
    ├── ReferenceTableError     a reference table that contradicts itself
    └── AccessError             figures outside the reader's scope
"""

import unicodedata
from collections.abc import Collection, Iterable
from datetime import date
from difflib import get_close_matches
from typing import Final

LONGEST: Final = 3000
"""So many characters of a sentence are told: what is quoted in it may be of any length."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Text from outside on one line: what a terminal would obey, or not show, is written out.

    >>> visible("loan\nid \x1b[2J 借据"), visible("\u202etxt.exe")
    ('loan\\nid \\x1b[2J 借据', '\\u202etxt.exe')
    """
    if text.isprintable():
        return text
    return "".join(
        ascii(one)[1:-1] if unicodedata.category(one) in _UNSEEN else one for one in text
    )


def listed(names: Collection[str], most: int = 60) -> str:
    """Names one after the other, of very many the first.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d"], most=2)
    ('a, b', 'a, b and 2 more')
    """
    told = ", ".join(list(names)[:most])
    return told if len(names) <= most else f"{told} and {len(names) - most:,} more"


class BranchmarkError(Exception):
    """Bad use, told in one sentence that ends with the way out.

    However odd the names it quotes, the sentence is one line that may be printed; of a very long one
    the middle is left out.
    """

    def __init__(self, sentence: str = "") -> None:
        told = visible(sentence)
        if len(told) > LONGEST:
            half = LONGEST // 2
            told = f"{told[:half]} … {told[-half:]}"
        super().__init__(told)


def did_you_mean(asked: str, known: Iterable[str]) -> str:
    """The near misses as half a sentence, or nothing.

    >>> did_you_mean("sei_shar", ["sei_share", "npl_ratio"])
    ' Did you mean sei_share?'
    >>> did_you_mean("zzz", ["sei_share"])
    ''
    """
    near = get_close_matches(asked, list(known), n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


class UnknownNameError(BranchmarkError):
    """Something was asked for by a name that nothing bears."""

    def __init__(self, kind: str, asked: str, known: Collection[str], *, way_out: str) -> None:
        super().__init__(f"No {kind} {asked!r}.{did_you_mean(asked, known)} {way_out}")
        self.kind, self.asked, self.known = kind, asked, tuple(known)


class BadDateError(BranchmarkError):
    """A date that cannot be read, or that is not the end of a month."""

    def __init__(self, given: str, *, nearest: date | None = None) -> None:
        way_out = (
            f"Month ends are asked for; did you mean {nearest.isoformat()}?"
            if nearest
            else "Write a month end as YYYY-MM-DD, for example 2026-10-31."
        )
        super().__init__(f"{given!r} is not a month end. {way_out}")


class NoSuchMonthError(BranchmarkError):
    """A month was asked for that the workspace does not hold."""

    def __init__(self, asked: date | None, held: Collection[date], *, what: str) -> None:
        if not held:
            way_out = (
                f"No month is {what} yet: `branchmark ingest` delivers one, "
                "`branchmark build` publishes it."
            )
        else:
            way_out = (
                f"{len(held)} month(s) are {what}, from {min(held).isoformat()} to "
                f"{max(held).isoformat()}."
            )
        if asked is None:
            super().__init__(f"Nothing is {what} in this workspace. {way_out}")
        else:
            super().__init__(f"{asked.isoformat()} is not {what} in this workspace. {way_out}")


class RestatementError(BranchmarkError):
    """Tables were delivered a second time for a month, and nobody says why."""

    def __init__(self, as_of: date, tables: Collection[str], version: int) -> None:
        named = " and ".join(tables)
        super().__init__(
            f"{as_of.isoformat()} holds {named} already, in version {version}. A second delivery is a "
            'restatement: say why with --reason "..."; both versions stay.'
        )


class WorkspaceError(BranchmarkError):
    """The folder given is no workspace, or cannot be used as one just now."""


class UnreadableFileError(BranchmarkError):
    """A delivered file cannot be read whole; nothing of it was taken."""

    def __init__(self, path: str, why: str, *, way_out: str) -> None:
        super().__init__(f"{path} cannot be read: {why}. Nothing was taken from it. {way_out}")


class ExistingFileError(BranchmarkError):
    """A file is there already, and may hold somebody's work."""

    def __init__(self, path: str, *, way_out: str) -> None:
        super().__init__(f"{path} exists already, and nothing was written. {way_out}")


class MappingError(BranchmarkError):
    """A mapping does not fit its file, or names what the canonical tables do not have."""

    def __init__(self, mapping: str, why: str, *, way_out: str) -> None:
        super().__init__(f"Mapping {mapping}: {why}. {way_out}")


class CatalogueError(BranchmarkError):
    """A definition in the catalogue cannot be used; the catalogue is refused whole."""

    def __init__(self, where: str, problems: Collection[str]) -> None:
        listed = "; ".join(problems)
        end = "" if listed.endswith(("?", ".")) else "."
        super().__init__(f"{where} is refused: {listed}{end} Mend the file and run again.")
        self.problems = tuple(problems)


class ReferenceTableError(BranchmarkError):
    """A reference table contradicts itself: a code twice, a parent missing, a date upside down."""

    def __init__(self, table: str, problems: Collection[str]) -> None:
        super().__init__(
            f"Reference table {table} is refused: {'; '.join(problems)}. Mend the file and run again."
        )
        self.problems = tuple(problems)


class AccessError(BranchmarkError):
    """Figures were asked for outside the reader's scope."""

    def __init__(self, branch: str, who: str) -> None:
        super().__init__(
            f"{who} has no access to branch {branch}. Ask head office to extend the scope, or choose a "
            "branch of your own."
        )
