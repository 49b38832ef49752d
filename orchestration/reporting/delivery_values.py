"""One section of a settings file, read value by value: what is odd is refused with place and way out.

Which values there are and what they mean is said by whoever reads the section.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from transforms.errors import WorkspaceError, did_you_mean, visible

_VARIABLE: Final = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_WHOLE: Final = 100


@dataclass
class Section:
    """A table of the file.

    Attributes:
        path: the file.
        where: how messages call the table: `[smtp]`, `[[send]] number 2`.
        name: its own name where it has one.
        values: what stands in it.
        asked: the keys that were asked for; others are refused by `done`.
    """

    path: Path
    where: str
    name: str
    values: Mapping[str, object]
    asked: list[str] = field(default_factory=list)

    def error(self, why: str) -> WorkspaceError:
        """What is wrong with it, with the place before it."""
        return WorkspaceError(f"{self.path}: {self.where}: {why}")

    def done(self) -> None:
        """Refuse what nobody asked for.

        Raises:
            WorkspaceError: naming the first such key, and a near miss.
        """
        unknown = [one for one in self.values if one not in self.asked]
        if unknown:
            raise self.error(
                f"there is no setting {unknown[0]!r}.{did_you_mean(unknown[0], self.asked)} It knows "
                f"{', '.join(self.asked)}."
            )

    def text(self, key: str, otherwise: str | None = None) -> str:
        """Words on one line; refused where they are missing and nothing stands in for them."""
        value = self._value(key, otherwise)
        if value is None:
            raise self.error(f'{key} is missing. Write {key} = "...".')
        if not isinstance(value, str) or visible(value) != value:
            raise self.error(f"{key} is {value!r}. Write words in quotation marks, on one line.")
        if not value.strip() and otherwise is None:
            raise self.error(f"{key} is empty. Say what it is.")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of words, each once; empty where it is missing."""
        value = self._value(key, ())
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.error(f'{key} is {value!r}. Write a list of words, such as ["one", "two"].')
        odd = [one for one in value if not isinstance(one, str) or not one.strip()]
        if odd or len(set(value)) < len(value):
            raise self.error(f"{key} is {value!r}. Write a list of words, each of them once.")
        return tuple(str(one).strip() for one in value)

    def choice(self, key: str, known: Sequence[str], otherwise: str) -> str:
        """One of some words."""
        value = self.text(key, otherwise)
        if value not in known:
            raise self.error(
                f"{key} is {value!r}.{did_you_mean(value, known)} Write one of {', '.join(known)}."
            )
        return value

    def whole(self, key: str, otherwise: int, least: int, most: int) -> int:
        """A whole number."""
        value = self._value(key, otherwise)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.error(f"{key} is {value!r}. Write a whole number from {least} to {most}.")
        return value

    def percent(self, key: str, otherwise: Decimal) -> Decimal:
        """A number from 0 to 100, exactly as written."""
        value = self._value(key, otherwise)
        is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        number = Decimal(str(value)) if is_number else None
        if number is None or not 0 <= number <= _WHOLE:
            raise self.error(f"{key} is {value!r}. Write a number from 0 to 100, such as 10.")
        return number

    def switch(self, key: str) -> bool:
        """Yes or no; no where it is missing."""
        value = self._value(key, False)  # noqa: FBT003 - what stands in for it
        if not isinstance(value, bool):
            raise self.error(f"{key} is {value!r}. Write true or false.")
        return value

    def day(self, key: str) -> date | None:
        """A day, written without quotation marks; none where it is missing."""
        value = self._value(key, None)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise self.error(
                f"{key} is {value!r}. Write a day without quotation marks: 2026-10-31."
            )
        return value

    def place(self, key: str) -> Path | None:
        """A file or folder; one that is not written whole starts from the file's own folder."""
        text = self.text(key, "")
        return (self.path.parent / text).resolve() if text else None

    def variable(self, key: str) -> str | None:
        """The name of the environment variable that holds a secret; none where it is missing."""
        text = self.text(key, "")
        if not text:
            return None
        named = _VARIABLE.fullmatch(text)
        if named is None:
            # What was written may be the secret itself: it is not told.
            raise self.error(
                f"{key} names no environment variable. Put the secret into one and write "
                f'{key} = "env:NAME".'
            )
        return named[1]

    def _value(self, key: str, otherwise: object) -> object:
        self.asked.append(key) if key not in self.asked else None
        return self.values.get(key, otherwise)


_LISTS: Final = ("recipients", "send")
_NAMED: Final = ("folders", "webhooks")


def sections(path: Path, given: Mapping[str, object], key: str) -> dict[str, Section]:
    """The tables under a key, by name or number; none where the file has none.

    Raises:
        WorkspaceError: if what stands there is no such table.
    """
    value = given.get(key)
    if value is None:
        return {}
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            raise WorkspaceError(f"{path}: {key} is a list of tables. Begin each with [[{key}]].")
        return {
            str(number): Section(path, f"[[{key}]] number {number}", str(number), one)
            for number, one in enumerate(value, start=1)
        }
    if not isinstance(value, Mapping):
        raise WorkspaceError(f"{path}: {key} is a table. Write [{key}] on a line of its own.")
    if key not in _NAMED:
        return {key: Section(path, f"[{key}]", key, value)}
    wrong = [name for name, one in value.items() if not isinstance(one, Mapping)]
    if wrong:
        raise WorkspaceError(
            f"{path}: {key} has {wrong[0]!r}, which is no table. Write [{key}.NAME] on a line of its own."
        )
    return {name: Section(path, f"[{key}.{name}]", name, one) for name, one in value.items()}


def once(path: Path, where: str, what: str, values: Sequence[str]) -> None:
    """Refuse what is said twice.

    Raises:
        WorkspaceError: naming the first.
    """
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        raise WorkspaceError(
            f"{path}: {where} has the same {what} twice: {twice[0]}. Leave one of them out."
        )
