"""Listed enterprises of an area, counted: as many as stand there when they are laid out one by one."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.scenario import AS_OF, DEFINITIONS, REFERENCE
from transforms import listings
from transforms.catalogue.model import Aggregation, Entity
from transforms.classify import Rules
from transforms.schema import BRANCH, TECH_ENTERPRISE_LIST

_RULES = Rules(DEFINITIONS.newest, REFERENCE, AS_OF, "CNY")
_MEASURES = [
    m
    for m in _RULES.catalogue.measures_by(Aggregation.COUNT_DISTINCT)
    if _RULES.catalogue.entity_of(m) is Entity.LISTING
]
_PLACES = (None, "110101", "110102", "310104", "310115", "440305")
_BRANCHES = ("a1", "a2", "b1", "b2")
_NODES = {name: (name, name[0], "head") for name in _BRANCHES}
_COUNTS_FOR = pl.DataFrame(
    [(name, node) for name, nodes in _NODES.items() for node in nodes],
    schema={"branch_id": pl.String(), "node_id": pl.String()},
    orient="row",
)
_CLIENTS = st.sampled_from([f"C{number}" for number in range(6)])
_LISTED = st.tuples(_CLIENTS, st.sampled_from(_PLACES), st.booleans())


def _lists(rows: list[tuple[str, str | None, bool]]) -> pl.DataFrame:
    told = [
        {
            "borrower_id": client,
            "list_type": "srdi",
            "region_code": place,
            "valid_from": date(2020, 1, 1),
            "valid_to": None if lasts else date(2021, 1, 1),
        }
        for client, place, lasts in rows
    ]
    return pl.DataFrame(told, schema=TECH_ENTERPRISE_LIST.dtypes)


def _branches(places: list[str | None]) -> pl.DataFrame:
    told = [
        {"branch_id": name, "region_code": place}
        for name, place in zip(_BRANCHES, places, strict=True)
    ]
    return pl.DataFrame(told, schema=BRANCH.dtypes)


@given(
    lists=st.lists(_LISTED, max_size=20).map(_lists),
    branches=st.lists(st.sampled_from(_PLACES), min_size=4, max_size=4).map(_branches),
    lent=st.lists(st.tuples(st.sampled_from(_BRANCHES), _CLIENTS), unique=True, max_size=12),
)
def test_counted_they_are_as_many_as_laid_out(
    lists: pl.DataFrame, branches: pl.DataFrame, lent: list[tuple[str, str]]
) -> None:
    loans = pl.DataFrame(
        lent, schema={"branch_id": pl.String(), "borrower_id": pl.String()}, orient="row"
    )
    told = listings.Listings(lists, branches, _COUNTS_FOR, loans, _RULES)
    laid_out = listings.listed(told)

    counted = listings.counts(told)

    expected = {
        (node, m.name): count
        for m in _MEASURES
        for node, count in laid_out.filter(m.where).group_by("node_id").len().iter_rows()
    }
    assert _MEASURES
    assert laid_out.select("node_id", "borrower_id").is_unique().all()
    assert {(node, name): int(amount) for node, name, amount in counted.iter_rows()} == expected
