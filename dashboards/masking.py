"""Borrowers without their identity: a short mask in the place of a number or a name.

A mask tells two borrowers apart and is nobody's number. It is the borrower's number hashed under a key that
every process draws anew and never writes down: the same while the pages are served, another after a restart,
so that no list of masks can be held against one of another day or another bank. Twenty-five bits are kept: on
a page of some dozens two borrowers practically never share one, and none leads back to its number.
"""

import json
import re
import secrets
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from transforms.errors import MappingError
from transforms.mappings.model import parse_mapping
from transforms.mappings.names import called
from transforms.schema import BORROWER_SNAPSHOT

DOTS: Final = "\N{BULLET}\N{BULLET}"
"""Stands before a mask, so that nobody takes it for a number."""

_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that are easily mistaken for another."""
_PLACES: Final = 5

_NAME: Final = "borrower_name"
_WORDS: Final = re.compile(r'(?<=")[^"]+(?=")|[^\W\d]\w*')
"""Names of columns in an expression, quoted or not."""


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


def named_in(mappings: Mapping[str, str]) -> tuple[str, ...]:
    """What a bank's own mappings read names of borrowers from.

    Where a name is worked out, every word of that is taken for a heading: rather one cell too few is shown.

    Args:
        mappings: texts of mappings by file name; one that cannot be read has delivered nothing.
    """
    found: set[str] = set()
    for file, text in mappings.items():
        try:
            mapping = parse_mapping(Path(file).stem, text)
        except MappingError:
            continue
        rules = mapping.tables.get(BORROWER_SNAPSHOT.name)
        rule = None if rules is None else rules.columns.get(_NAME)
        if rule is None:
            continue
        said: set[str] = {rule.source} if rule.source else set(_WORDS.findall(rule.sql or ""))
        found |= {mapping.read[one].source if one in mapping.read else one for one in said}
    return tuple(sorted(found))


def unnamed(column: str, own: Collection[str] = ()) -> pl.Expr:
    """Delivered rows as JSON without the names of borrowers.

    Which cell holds a name is told by the headings that the product knows for it.

    Args:
        column: holds the rows.
        own: further headings, of the bank's own mappings.
    """
    known = {*called(BORROWER_SNAPSHOT.name, _NAME), *own}
    # A heading stands in the row as JSON writes it.
    written = sorted(json.dumps(one, ensure_ascii=False)[1:-1] for one in known)
    headings = "|".join(re.escape(one) for one in written)
    cell = rf'(?i)("\s*(?:{headings})\s*"\s*:\s*)"(?:[^"\\]|\\.)*"'
    return pl.col(column).str.replace_all(cell, f'${{1}}"{DOTS}"')
