"""Where in a draft's files something stands: the rows of a finding, and those in which an item is mended.

What is found and what can be mended is said by `orchestration.checking`.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from orchestration.intake import Draft
from records.deliveries import branch_column
from transforms import book
from transforms.schema import FIRST_LOAN_EVENT, LOAN_SNAPSHOT, TEXT
from transforms.worklist import Kind

ROW: Final[Mapping[str, pl.DataType]] = {
    "item": TEXT,
    "table": TEXT,
    "loan_id": TEXT,
    "source_file": TEXT,
    "row_in_file": pl.Int64(),
}
"""A row of the draft in which an item is mended: the loan's own, those of the borrower, or the event's."""

_BORROWERS: Final = (Kind.CERTIFICATE_LAPSED,)
_EVENTS: Final = (Kind.FIRST_LOAN_UNPROVEN,)
_LOANS: Final = tuple(kind for kind in Kind if kind not in {*_BORROWERS, *_EVENTS})
_PLACES: Final = (
    (LOAN_SNAPSHOT.name, _LOANS, ("loan_id",)),
    (LOAN_SNAPSHOT.name, _BORROWERS, ("borrower_id",)),
    (FIRST_LOAN_EVENT.name, _EVENTS, ("loan_id", "borrower_id")),
)
"""In which table an item of a kind stands, and by what it is found there."""


def of_items(draft: Draft, branches: pl.Series, work: pl.DataFrame) -> pl.DataFrame:
    """Where each item is mended; rows of `ROW`. An item that the draft does not hold has none.

    Args:
        draft: the draft, open.
        branches: booking branches whose rows are meant.
        work: rows of `worklist.ITEM` with `item`, in the order wanted.
    """
    found = [pl.DataFrame(schema={**ROW, book.ROW: pl.Int64()})]
    for name, kinds, keys in _PLACES:
        split, column = draft.splits.get(name), branch_column(name)
        if split is None or column is None:
            continue
        own = (
            split.accepted.filter(pl.col(column).is_in(branches.implode()))
            .with_columns(pl.lit(name).alias("table"), *split.place(pl.col(book.ROW)))
            .collect()
        )
        wanted = work.filter(pl.col("kind").is_in([kind.value for kind in kinds]))
        placed = wanted.select("item", *keys).join(own, on=keys)
        found.append(
            placed.select(pl.col(one).cast(dtype) for one, dtype in found[0].schema.items())
        )
    ranks = work.select("item").with_row_index("_rank")
    return pl.concat(found).join(ranks, on="item").sort("_rank", book.ROW).select(*ROW)


def placed(draft: Draft, failing: pl.DataFrame) -> pl.DataFrame:
    """Rows of `records.published.FAILING_ROW` with the file that each stands in, and its row there."""
    nothing = failing.clear().with_columns(
        source_file=pl.lit(None, dtype=TEXT), row_in_file=pl.lit(None, dtype=pl.Int64())
    )
    return pl.concat(
        [
            nothing,
            *(
                own.with_columns(draft.splits[str(name)].place(pl.col("source_row_no")))
                for (name,), own in failing.group_by("table", maintain_order=True)
                if name in draft.splits
            ),
        ]
    )
