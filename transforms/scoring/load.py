"""Reading scoring profiles from YAML: refused whole, with file, line, name and near miss, if one is wrong.

A workspace's file adds a profile, or takes the place of all editions of the product's own of that name.
Several files may hold editions of one profile for different times.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from itertools import pairwise
from typing import Final

from transforms.catalogue.model import Better, Catalogue
from transforms.errors import BranchmarkError, CatalogueError, UnknownNameError
from transforms.scoring.checks import profile_of
from transforms.scoring.forms import ProfileForm
from transforms.scoring.model import Editions, Profile
from transforms.written import Draft, formed, read

STANDARD: Final = "standard"
"""The profile that is used where none is named."""


def packaged_texts() -> dict[str, str]:
    """The product's own profiles: file name to YAML text."""
    folder = resources.files("transforms.scoring").joinpath("profiles")
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def load(
    catalogue: Catalogue,
    additions: Mapping[str, str] | None = None,
    *,
    texts: Mapping[str, str] | None = None,
) -> Editions:
    """Every profile, checked against the catalogue.

    Args:
        catalogue: the definitions that the profiles name.
        additions: YAML by file name: a workspace's own profiles.
        texts: YAML by file name; the product's own profiles if not given.

    Raises:
        CatalogueError: naming every file, line and name that cannot be used.
    """
    problems: list[str] = []
    shipped = _profiles(packaged_texts() if texts is None else texts, "", catalogue, problems)
    own = _profiles(additions or {}, "scoring/", catalogue, problems)
    if problems:
        raise CatalogueError("The set of scoring profiles", problems)
    return {**shipped, **own}


def in_force(editions: Editions, asked: str, day: date) -> Profile:
    """The edition of a profile that holds on a date.

    Raises:
        UnknownNameError: if there is no such profile.
        BranchmarkError: if none of its editions holds that day.
    """
    if asked not in editions:
        raise UnknownNameError(
            "scoring profile",
            asked,
            tuple(editions),
            way_out=f"There are {', '.join(sorted(editions))}; `branchmark profiles` shows them.",
        )
    for profile in editions[asked]:
        if profile.holds(day):
            return profile
    spans = "; ".join(
        f"from {one.valid_from} to {one.valid_to or 'further notice'}" for one in editions[asked]
    )
    raise BranchmarkError(
        f"Scoring profile {asked} is not in force on {day}: it holds {spans}. Name another with --profile, "
        "or give it an edition for that day."
    )


def _profiles(
    texts: Mapping[str, str], folder: str, catalogue: Catalogue, problems: list[str]
) -> dict[str, tuple[Profile, ...]]:
    found: dict[str, list[Profile]] = {}
    for name, text in sorted(texts.items()):
        own: list[str] = []
        parsed = read(f"{folder}{name}", text, own)
        form = None if own else formed(ProfileForm, f"{folder}{name}", parsed, own)
        if form is not None:
            version = f"{form.version}.{_hash(form)}"
            draft = Draft(f"{folder}{name}", parsed, catalogue, own)
            found.setdefault(form.id, []).append(profile_of(form, version, draft))
        problems += own
    for profiles in found.values():
        profiles.sort(key=lambda one: one.valid_from)
        problems += _overlaps(profiles)
    return {name: tuple(profiles) for name, profiles in found.items()}


def _overlaps(profiles: Iterable[Profile]) -> list[str]:
    return [
        f"{later.file} and {first.file}: editions of {later.profile_id} hold at the same time from "
        f"{later.valid_from}; end the earlier one with `valid_to`"
        for first, later in pairwise(profiles)
        if first.valid_to is None or first.valid_to >= later.valid_from
    ]


def _hash(form: ProfileForm) -> str:
    """A hash of what decides a score; names and sources may be reworded."""
    said = {"label", "note", "source", "valid_from", "valid_to"}
    parts = {"__all__": {"label"}}
    text = form.model_dump_json(
        exclude={
            **dict.fromkeys(said, True),
            "groups": {"__all__": {"label": True, "lines": parts}},
            "deductions": parts,
            "bonuses": parts,
            "vetoes": parts,
        }
    )
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def directed(editions: Editions) -> frozenset[str]:
    """The metrics that a profile judges, also those to which only the profile gives a direction."""
    return frozenset(
        line.figure.metric
        for profiles in editions.values()
        for profile in profiles
        for line in profile.lines
        if line.figure.better in {Better.HIGHER, Better.LOWER}
    )
