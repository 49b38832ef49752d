"""Definitions while they are put together: what was taken from where, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from transforms.catalogue.model import Flag, Measure, Metric
from transforms.catalogue.vocabulary import NOW, RESTS_ON, THEN
from transforms.errors import did_you_mean


@dataclass
class Draft:
    """Flags, measures and metrics by name, with their places in the files and every problem so far.

    Attributes:
        problems: sentences with file, line and name.
        places: file and line, by kind of definition and name.
        uses: the names that a flag's conditions refer to.
    """

    problems: list[str]
    flags: dict[str, Flag] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    uses: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def problem(self, kind: str, key: str, what: str) -> None:
        """Add a problem of one definition."""
        self.problems.append(f"{self.places[kind, key]}, {kind} {key}: {what}")

    def known(self, kind: str, key: str, what: str, asked: str, known: Iterable[str]) -> None:
        """Add a problem if a name is not among the known ones, with the near miss."""
        names = list(known)
        if asked not in names:
            near = did_you_mean(asked, names)
            self.problem(kind, key, f"no {what} {asked!r}" + (f".{near}" if near else ""))

    def closure(self, start: Iterable[str]) -> tuple[str, ...]:
        """Flags with all that they refer to, also by way of looked-up names."""
        found: dict[str, None] = {}
        queue = list(start)
        while queue:
            name = queue.pop(0)
            leaning = RESTS_ON.get(name, name)
            for plain in (leaning, name.removeprefix(THEN), name.removeprefix(NOW)):
                if plain in self.flags and plain not in found:
                    found[plain] = None
                    queue += self.uses.get(plain, ())
        return tuple(found)
