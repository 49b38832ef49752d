"""What a definition may name: delivered columns, and columns that classification looks up.

Each name says what it needs from the delivered book, so that a metric on a book without that column is
"not computable" by name instead of zero. How a looked-up column is computed belongs in
`transforms.classify` (loans) and `transforms.first_loans` (events).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transforms import schema
from transforms.reference.tables import Taxonomy
from transforms.schema import Presence, Table


@dataclass(frozen=True)
class Term:
    """One name a definition may use, and what the book must hold for it.

    Attributes:
        name: the column in the classified frame.
        needs: delivered columns as `table.column`, all of which must be there.
        taxonomy: the industry classification the column is only defined on, if any.
        meaning: one sentence for the dictionary.
    """

    name: str
    needs: frozenset[str]
    meaning: str
    taxonomy: Taxonomy | None = None


def _delivered(table: Table, names: tuple[str, ...] | None = None) -> list[Term]:
    return [
        Term(
            column.name,
            frozenset()
            if column.presence is Presence.ASSUMED
            else frozenset({f"{table.name}.{column.name}"}),
            column.en,
        )
        for column in table.columns
        if names is None or column.name in names
    ]


_PURPOSE: Final = frozenset({"loan_snapshot.purpose_industry_code"})
_TAG: Final = frozenset({"loan_snapshot.sei_tag"})
_LIST: Final = frozenset({"tech_enterprise_list.borrower_id"})
_GREEN: Final = frozenset({"loan_snapshot.green_tag"})
_CHAIN: Final = frozenset(
    {
        "supply_chain_relation.core_enterprise_id",
        "supply_chain_relation.evidence_type",
        "supply_chain_relation.evidence_ref",
    }
)
_GBT: Final = Taxonomy.GBT4754

LOAN_TERMS: Final[Mapping[str, Term]] = MappingProxyType(
    {
        term.name: term
        for term in (
            *_delivered(schema.LOAN_SNAPSHOT),
            *_delivered(
                schema.BORROWER_SNAPSHOT,
                ("borrower_type", "enterprise_size", "total_credit_limit_cny", "group_id"),
            ),
            Term("balance", frozenset(), "Principal outstanding in base currency, two decimals"),
            Term("sei_whole", _PURPOSE, "Purpose class is SEI as a whole", _GBT),
            Term(
                "sei_listed", _PURPOSE, "Purpose class is on the SEI list, whole or starred", _GBT
            ),
            Term(
                "sei_tag_in_field", _PURPOSE | _TAG, "Purpose class lies in the tagged field", _GBT
            ),
            Term("high_tech_whole", _PURPOSE, "Purpose is a high-tech class as a whole", _GBT),
            Term("high_tech_starred", _PURPOSE, "Purpose is a high-tech class in part", _GBT),
            Term("patent_intensive", _PURPOSE, "Purpose is a patent-intensive class", _GBT),
            Term("tech_listed", _LIST, "Borrower is on a technology list at the month end"),
            Term("green_item_known", _GREEN, "Green tag is an item of its edition"),
            Term("green_edition_allowed", _GREEN, "Edition may be used for the approval date"),
            Term(
                "chain_linked", _CHAIN, "Evidenced tie to a core enterprise outside the own group"
            ),
        )
    }
)

EVENT_TERMS: Final[Mapping[str, Term]] = MappingProxyType(
    {
        term.name: term
        for term in (
            *_delivered(schema.FIRST_LOAN_EVENT),
            Term(
                "days_since_query",
                frozenset({"borrower_first_loan_event.registry_checked_on"}),
                "Days from the registry query to the drawdown",
            ),
            Term("event_in_month", frozenset(), "Drawdown lies in the month that reports it"),
            Term("revoked", frozenset(), "Event was withdrawn by the month end"),
            Term(
                "earliest_of_client", frozenset(), "First event of the client that passes the rest"
            ),
            Term("tech_listed_on_event", _LIST, "On a technology list on the drawdown date"),
        )
    }
)

SLICES: Final[Mapping[str, Term]] = MappingProxyType(
    {
        term.name: term
        for term in (
            Term(
                "enterprise_size",
                frozenset({"borrower_snapshot.enterprise_size"}),
                "Enterprise size of the borrower",
            ),
            Term(
                "sei_field",
                _PURPOSE | _TAG,
                "SEI field: the tagged one, or that of a whole class",
                _GBT,
            ),
            Term("industry_section", _PURPOSE, "Industry section of the purpose"),
        )
    }
)
"""Dimensions a metric may be cut by. A loan has one member of each, so parts add up to the total."""

TOTAL: Final = "total"
"""Slice and member of a figure that is not cut."""

UNTAGGED: Final = "none"
"""Member of a slice for loans that have no value there: never dropped, so that parts add up."""
