"""Classified loans, reduced to what measures ask for: the one table that everything else is taken from.

A classified loan has some two hundred columns, and its figures come from a few: where it is booked and
whose it is, its member of each slice, its amounts, and its flags. Flags travel as bits of whole numbers.
So the classification is worked out once and kept, and cubes, clients and changes read the kept table.
How loans are classified is said in `classify`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import narwhals as nw

from transforms import changes, listings, trade
from transforms.catalogue.model import Aggregation, Catalogue, Entity
from transforms.catalogue.vocabulary import AMOUNTS, SLICES
from transforms.classify import slice_member
from transforms.engines import Engine, Frame
from transforms.lookups import borrower

KEY: Final = "flags_"
MEMBERS: Final = tuple(name for name, one in SLICES.items() if not one.of_branch)
"""The slices of loans."""
CODED: Final = ("branch_id", *MEMBERS)
"""The texts by which narrow loans are grouped."""
BITS: Final = 62
"""Flags that fit one whole number of 64 bits with its sign left alone."""


@dataclass(frozen=True)
class Bit:
    """Where a flag is: a column of whole numbers, and the bit of it."""

    column: str
    mask: int


@lru_cache(maxsize=8)
def flags(catalogue: Catalogue) -> tuple[str, ...]:
    """The flags of loans that measures are taken by, in a fixed order."""
    return tuple(
        sorted(
            {m.where for m in catalogue.measures.values() if catalogue.entity_of(m) is Entity.LOAN}
        )
    )


@lru_cache(maxsize=8)
def bits(catalogue: Catalogue) -> Mapping[str, Bit]:
    """Where each flag is."""
    return {
        flag: Bit(f"{KEY}{number // BITS}", 1 << (number % BITS))
        for number, flag in enumerate(flags(catalogue))
    }


def keys(catalogue: Catalogue) -> tuple[str, ...]:
    """The columns that hold flags."""
    return tuple(dict.fromkeys(bit.column for bit in bits(catalogue).values()))


@lru_cache(maxsize=8)
def amounts(catalogue: Catalogue) -> tuple[str, ...]:
    """The amounts of loans that are summed, or weighed by."""
    asked = {
        m.over
        for m in catalogue.measures_by(Aggregation.SUM, Aggregation.LARGEST)
        if catalogue.entity_of(m) is Entity.LOAN
    }
    return tuple(sorted((asked & set(AMOUNTS[Entity.LOAN])) | {"balance"}))


def alone(catalogue: Catalogue) -> tuple[str, ...]:
    """The flags that are also asked for one by one, as yes/no columns: what a loan was and is."""
    others = {trade.LENT, listings.LENT} & set(catalogue.flags)
    return tuple(sorted({*changes.flags_needed(catalogue), *others}))


def needed(catalogue: Catalogue) -> tuple[set[str], set[str]]:
    """The flags, and the looked-up columns beside those of flags, that `narrow` needs of a loan."""
    columns = {*amounts(catalogue), *MEMBERS, "group_id"}
    return {*flags(catalogue), *alone(catalogue)}, columns


def narrow(loans: Frame, catalogue: Catalogue, engine: Engine) -> Frame:
    """Classified loans, reduced to what measures ask for.

    Returns:
        `loan_id, borrower_id, group_id, branch_id`, the member of each slice of loans, the amounts,
        flags as bits (see `bits`) and, under their own names, those of `alone`; of a book in parts also
        the number of the client (`borrower.NUMBER`).
    """
    held = {
        f"{KEY}{number}": flags(catalogue)[start : start + BITS]
        for number, start in enumerate(range(0, len(flags(catalogue)), BITS))
    }
    members = {name: slice_member(name) for name in MEMBERS}
    numbers = [borrower.NUMBER] if borrower.NUMBER in loans.collect_schema() else []
    return engine.with_bits(loans, held).select(
        "loan_id",
        "borrower_id",
        *numbers,
        "group_id",
        *amounts(catalogue),
        *alone(catalogue),
        *held,
        branch_id=nw.col("booking_branch_id"),
        **members,
    )


def masks(catalogue: Catalogue, chosen: Collection[str]) -> dict[str, int]:
    """The bits of some flags, by column; a column that holds none of them is left out."""
    found: dict[str, int] = {}
    for flag in chosen:
        bit = bits(catalogue)[flag]
        found[bit.column] = found.get(bit.column, 0) | bit.mask
    return dict(sorted(found.items()))


def admitted(loans: Frame, masks: Mapping[str, int], engine: Engine) -> Frame:
    """Narrow loans that some of these flags admit, with these flags alone in their columns."""
    left = engine.with_masked(loans, {column: (column, mask) for column, mask in masks.items()})
    return left.filter(nw.any_horizontal(*(nw.col(name) != 0 for name in masks), ignore_nulls=True))
