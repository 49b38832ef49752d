"""What decided about a row, as a short key, and the key in words of both languages.

`trace` marks every row with the key of what let it in or kept it out: a key stands in an address, sorts and
groups, and says the same in either language. The English sentence of the command line is made in `trace`.

    is_sei_strict          all conditions of the flag are met
    is_sei_broad.1+3       of the alternatives of the flag the first and the third are met
    not.is_corporate.2     the second condition of the flag is not met
    not.is_sei_broad       none of its alternatives is
    not.largest.10         the client is not among the ten largest
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.catalogue.model import Catalogue, Clause, Flag, Label
from transforms.catalogue.sql import with_parameters

NOT: Final = "not."
_LARGEST: Final = "largest"


def admitted_by(flag: Flag, met: list[pl.Expr]) -> pl.Expr:
    """The key of what let a row in.

    Args:
        flag: the flag that admits it.
        met: by alternative of the flag, whether the row meets it.
    """
    if not flag.any_of:
        return pl.lit(flag.name)
    numbers = [pl.when(one).then(pl.lit(str(place))) for place, one in enumerate(met, 1)]
    told = pl.concat_str(numbers, separator="+", ignore_nulls=True)
    return pl.concat_str(pl.lit(f"{flag.name}."), told)


def refused_by(flag: Flag, clause: int | None = None) -> str:
    """The key of what kept a row out: a condition of a flag by its place, or that no alternative is met."""
    return f"{NOT}{flag.name}" if clause is None else f"{NOT}{flag.name}.{clause}"


def not_largest(largest: int) -> str:
    """The key of a row whose client is not among the largest few."""
    return f"{NOT}{_LARGEST}.{largest}"


def words(key: str, catalogue: Catalogue, parameters: Mapping[str, Decimal]) -> Label:
    """A key in words, with the thresholds in force.

    A key of a definition that has changed since says its own letters: nothing is guessed.
    """
    is_out = key.startswith(NOT)
    name, _, places = key.removeprefix(NOT).partition(".")
    if is_out and name == _LARGEST:
        return Label(f"The client is not among the {places} largest", f"客户不属于最大的{places}家")
    flag = catalogue.flags.get(name)
    if flag is None:
        return Label(key, key)
    if is_out and not places:
        clauses = flag.any_of
    else:
        of = flag.all_of if is_out or not flag.any_of else flag.any_of
        chosen = [int(place) for place in places.split("+")] if places else range(1, len(of) + 1)
        if any(place > len(of) for place in chosen):
            return Label(key, key)
        clauses = tuple(of[place - 1] for place in chosen)
    said = [_said(clause, parameters) for clause in clauses]
    if is_out:
        return Label(
            "Not met: " + "; nor: ".join(one.en for one in said),
            "不满足：" + "；也不满足：".join(one.zh for one in said),
        )
    return Label(_capital("; ".join(one.en for one in said)), "；".join(one.zh for one in said))


def _said(clause: Clause, parameters: Mapping[str, Decimal]) -> Label:
    filled = {name: f"{value:,}" for name, value in parameters.items()}
    return Label(with_parameters(clause.label.en, filled), with_parameters(clause.label.zh, filled))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
