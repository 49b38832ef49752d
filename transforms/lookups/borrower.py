"""What is known of a loan's borrower: kind, size, line, control, research and staff, place."""

from typing import Final

import narwhals as nw

from transforms import schema
from transforms.catalogue.vocabulary import BORROWER_COLUMNS, UNTAGGED
from transforms.engines import Frame
from transforms.lookups.inputs import Inputs

_RAW: Final = {
    "borrower_industry": "industry_code",
    "borrower_region": "registered_region_code",
    "rd_expense": "rd_expense",
    "turnover": "turnover",
    "core_tech_staff": "core_tech_staff",
    "core_tech_leavers": "core_tech_leavers",
}
"""Columns that other lookups build on, under names that no loan column bears."""

GIVES: Final = (*BORROWER_COLUMNS, *_RAW)
NUMBER: Final = "client_number"
"""Where a whole book is taken in parts: what a part's clients are told apart by at half the cost of texts.

Null where the client is not in the table of borrowers, and absent where the engine gives no numbers.
"""


def attach(loans: Frame, at: Inputs) -> Frame:
    """Columns of the borrower; one who is not in the table counts as an enterprise of no known size."""
    known = at.of_part(schema.BORROWER_SNAPSHOT).select(
        "borrower_id", *BORROWER_COLUMNS, **{name: nw.col(raw) for name, raw in _RAW.items()}
    )
    assumed = str(schema.BORROWER_SNAPSHOT.column("borrower_type").assumed)
    if at.part is None:
        # Perhaps few loans, and every client of the bank.
        joined = loans.join(known, on="borrower_id", how="left")
    else:
        # About as many clients as loans: holding them and looking them up takes less than a join.
        joined = at.engine.with_small(loans, at.engine.numbered(known, NUMBER), on="borrower_id")
    return joined.with_columns(
        nw.col("borrower_type").fill_null(assumed),
        nw.col("enterprise_size").fill_null(UNTAGGED),
    )


def attach_research(loans: Frame, at: Inputs) -> Frame:
    """`rd_intensity` and the amount weighted by it."""
    quotient = at.engine.with_quotient(loans, "rd_intensity", "rd_expense", "turnover")
    return at.engine.with_exact_product(quotient, "rd_weighted", "balance", "rd_intensity")


def attach_staff(loans: Frame, at: Inputs) -> Frame:
    """`staff_turnover` and the amount weighted by it."""
    quotient = at.engine.with_quotient(
        loans, "staff_turnover", "core_tech_leavers", "core_tech_staff"
    )
    return at.engine.with_exact_product(quotient, "staff_weighted", "balance", "staff_turnover")
