"""Borrowers without their identity: a short mask in the place of a number or a name.

A mask tells two borrowers apart and is nobody's number. It is the borrower's number hashed under a key that
every process draws anew and never writes down: the same while the pages are served, another after a restart,
so that no list of masks can be held against one of another day or another bank. Twenty-five bits are kept: on
a page of some dozens two borrowers practically never share one, and none leads back to its number.
"""

import re
import secrets
from functools import cache
from typing import Final

import polars as pl

from transforms.mappings.names import called
from transforms.schema import BORROWER_SNAPSHOT

DOTS: Final = "\N{BULLET}\N{BULLET}"
"""Stands before a mask, so that nobody takes it for a number."""

_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that are easily mistaken for another."""
_PLACES: Final = 5


@cache
def _key() -> int:
    return secrets.randbits(63)


def masked(column: str) -> pl.Expr:
    """The masks of a column of borrowers; nothing where there is none."""
    hashed = pl.col(column).hash(_key())
    size = len(_LETTERS)
    letters = [
        pl.lit(_LETTERS).str.slice((hashed // size**place) % size, 1) for place in range(_PLACES)
    ]
    mask = pl.concat_str(pl.lit(DOTS), *letters)
    return pl.when(pl.col(column).is_not_null()).then(mask).alias(column)


def mask_of(borrower: str) -> str:
    """The mask of one borrower."""
    return str(pl.select(borrower=pl.lit(borrower)).select(masked("borrower")).item())


def unnamed(column: str) -> pl.Expr:
    """Delivered rows as JSON without the names of borrowers.

    Which cell holds a name is told by the headings that the product knows for it.
    """
    headings = "|".join(re.escape(one) for one in called(BORROWER_SNAPSHOT.name, "borrower_name"))
    cell = rf'(?i)("(?:{headings})"\s*:\s*)"(?:[^"\\]|\\.)*"'
    return pl.col(column).str.replace_all(cell, f'${{1}}"{DOTS}"')
