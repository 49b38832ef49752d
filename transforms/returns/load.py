"""Reading returns from YAML: refused whole, with file, line, name and near miss, if one is wrong.

A workspace's file adds a return, or takes the place of the product's own of that name. What a file may say
belongs in `forms`, what it has to agree with in `builder` and `checks`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import resources

from transforms.catalogue.model import Catalogue
from transforms.errors import CatalogueError, UnknownNameError
from transforms.returns.builder import return_of
from transforms.returns.checks import unknown_elsewhere
from transforms.returns.forms import ReturnForm
from transforms.returns.model import Return
from transforms.written import Draft, formed, read


def packaged_texts() -> dict[str, str]:
    """The product's own returns: file name to YAML text."""
    folder = resources.files("transforms.returns")
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
) -> Mapping[str, Return]:
    """Every return by its name, checked against the catalogue, the product's own first.

    Args:
        catalogue: the definitions that the returns name.
        additions: YAML by file name: a workspace's own returns.
        texts: YAML by file name; the product's own returns if not given.

    Raises:
        CatalogueError: naming every file, line and name that cannot be used.
    """
    problems: list[str] = []
    shipped = _returns(packaged_texts() if texts is None else texts, "", catalogue, problems)
    own = _returns(additions or {}, "returns/", catalogue, problems)
    every = {**shipped, **own}
    by_code: dict[str, Return] = {}
    for one in every.values():
        other = by_code.setdefault(one.code, one)
        if other is not one:
            problems.append(
                f"{one.where}, code: {one.code} is the code of {other.return_id} ({other.where}); data "
                "points would bear the same names"
            )
    if not problems:
        problems += [why for one in every.values() for why in unknown_elsewhere(one, every)]
    if problems:
        raise CatalogueError("The set of returns", problems)
    return every


def of_name(returns: Mapping[str, Return], asked: str) -> Return:
    """A return by its name.

    Raises:
        UnknownNameError: if there is none of that name.
    """
    if asked not in returns:
        raise UnknownNameError(
            "report",
            asked,
            tuple(returns),
            way_out=f"There are {', '.join(returns)}; `branchmark report` shows them.",
        )
    return returns[asked]


def definition_hash(return_: Return) -> str:
    """A hash of everything a return says: another cell, unit, word or check is another report.

    Where it is written is no part of it.
    """
    told = json.dumps(_plain(return_), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def _plain(thing: object) -> object:
    if is_dataclass(thing) and not isinstance(thing, type):
        return {
            field.name: _plain(getattr(thing, field.name))
            for field in fields(thing)
            if field.name != "where"
        }
    if isinstance(thing, tuple):
        return [_plain(one) for one in thing]
    return thing if thing is None or isinstance(thing, bool | int | str) else str(thing)


def _returns(
    texts: Mapping[str, str], folder: str, catalogue: Catalogue, problems: list[str]
) -> dict[str, Return]:
    found: dict[str, Return] = {}
    for name, text in sorted(texts.items()):
        file = f"{folder}{name}"
        own: list[str] = []
        parsed = read(file, text, own)
        form = None if own else formed(ReturnForm, file, parsed, own)
        if form is not None:
            made = return_of(form, Draft(file, parsed, catalogue, own))
            other = found.setdefault(made.return_id, made)
            if other is not made:
                own.append(
                    f"{made.where}, id: {made.return_id} is defined in {other.where} already"
                )
        problems += own
    return found
