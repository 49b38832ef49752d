"""What a branch can still mend before cut-off: loans whose tag, list, evidence or green item costs a figure.

Each item names rows, what is wrong in them, and what they would be if it were put right; `mended` gives the
tables so. What that does to the branch's figures is worked out by whoever has the whole month. Rows that
cannot be counted at all are rejected rows, and are not listed here.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

import narwhals as nw
import polars as pl

from transforms import measures
from transforms.classify import LoanTables, Rules, classify
from transforms.schema import (
    LOAN_SNAPSHOT,
    TECH_ENTERPRISE_LIST,
    TEXT,
    WIDE,
)


class Kind(StrEnum):
    """What is to be mended."""

    SEI_TAG_MISSING = "sei_tag_missing"
    """A class of which only listed products count, and no field tag says that this is one."""
    SEI_TAG_OUTSIDE = "sei_tag_outside_field"
    """The tagged field does not contain the purpose class."""
    CERTIFICATE_LAPSED = "certificate_lapsed"
    """The borrower was on a technology list, and every membership has ended."""
    FIRST_LOAN_UNPROVEN = "first_loan_unproven"
    """A first drawdown without a credit registry query of the month before it."""
    GREEN_ITEM_UNKNOWN = "green_item_not_in_force"
    """The green item, or its edition, is not the one in force for the date of approval."""


ITEM: Final[Mapping[str, pl.DataType]] = {
    "kind": TEXT,
    "loan_id": TEXT,
    "borrower_id": TEXT,
    "branch_id": TEXT,
    "amount": WIDE,
    "now": TEXT,
    "mended": TEXT,
}
"""One thing to mend: of a loan, or, with an empty `loan_id`, of a borrower.

`amount` is the balance it is about, in base currency; `now` what is delivered, `mended` what is tried in its
place, empty where nothing would help.
"""

REMEDIES: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.SEI_TAG_MISSING: (
        "If the loan finances a listed product of the class, tag the field; otherwise leave it.",
        "如贷款用于该行业所列产品，请补填战略性新兴产业领域；否则保持为空。",
    ),
    Kind.SEI_TAG_OUTSIDE: (
        "Correct the field or the purpose industry: the tagged field does not contain the class.",
        "更正领域标识或投向行业：所填领域不包含该行业。",
    ),
    Kind.CERTIFICATE_LAPSED: (
        "Deliver the renewed membership of the technology list, if there is one.",
        "如已续期，请报送新的科技型企业名单有效期。",
    ),
    Kind.FIRST_LOAN_UNPROVEN: (
        "Put the credit registry query of the 30 days before the drawdown on file, if it was made.",
        "如已在发放前30日内查询征信，请补录查询日期。",
    ),
    Kind.GREEN_ITEM_UNKNOWN: (
        "Tag the item of the catalogue in force on the day of approval.",
        "按审批日有效的绿色目录填写项目代码。",
    ),
}
"""What to do, in English and Chinese. A tag follows the facts of a loan, never the target."""

_LOOKED_UP: Final = (
    "sei_whole",
    "sei_listed",
    "sei_tag_in_field",
    "purpose_class",
    "green_item_known",
    "green_edition_allowed",
    "tech_listed",
)
_POPULATION: Final = "is_corporate"


def items(
    tables: LoanTables, rules: Rules, events: pl.DataFrame, branches: pl.Series
) -> pl.DataFrame:
    """Everything to mend at some branches; rows of `ITEM`, sorted.

    Args:
        tables: the month's tables.
        rules: definitions and reference data in force.
        events: first-loan events of all months so far, with `reported`.
        branches: booking branches that are asked about.
    """
    native: pl.LazyFrame = nw.to_native(
        classify(tables, rules, flags=(_POPULATION,), columns=_LOOKED_UP)
    )
    loans = native.filter(
        pl.col(_POPULATION), pl.col("booking_branch_id").is_in(branches.implode())
    ).collect()
    found = [
        pl.DataFrame(schema=ITEM),
        _sei(loans, rules),
        _certificates(loans, tables, rules),
        _green(loans, rules),
        _first_loans(events, tables, rules, branches),
    ]
    rows = pl.concat([one.select(pl.col(n).cast(t) for n, t in ITEM.items()) for one in found])
    return rows.sort("kind", "borrower_id", "loan_id", nulls_last=True)


def _of_loans(loans: pl.DataFrame, **named: pl.Expr) -> pl.DataFrame:
    return loans.select(
        "loan_id", "borrower_id", branch_id="booking_branch_id", amount="balance", **named
    )


def _sei(loans: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    fields = rules.reference.sei_classes().select("code", own="sei_fields")
    placed = loans.join(fields, left_on="purpose_class", right_on="code", how="left")
    first = pl.col("own").list.sort().list.first()
    missing = placed.filter(
        pl.col("sei_listed") & ~pl.col("sei_whole") & pl.col("sei_tag").is_null()
    )
    outside = placed.filter(pl.col("sei_tag").is_not_null() & ~pl.col("sei_tag_in_field"))
    return pl.concat(
        [
            _of_loans(
                missing,
                kind=pl.lit(Kind.SEI_TAG_MISSING.value),
                now=pl.lit(None, dtype=pl.String),
                mended=first,
            ),
            _of_loans(
                outside,
                kind=pl.lit(Kind.SEI_TAG_OUTSIDE.value),
                now=pl.col("sei_tag"),
                mended=first,
            ),
        ]
    )


def _certificates(loans: pl.DataFrame, tables: LoanTables, rules: Rules) -> pl.DataFrame:
    given = tables.month.get(TECH_ENTERPRISE_LIST.name)
    lists = pl.DataFrame(schema=TECH_ENTERPRISE_LIST.dtypes) if given is None else given.collect()
    lapsed = (
        lists.filter(pl.col("valid_to") < rules.as_of)
        .sort("valid_to", "list_type")
        .unique("borrower_id", keep="last", maintain_order=True)
        .select("borrower_id", "list_type", "valid_to")
    )
    owing = (
        loans.filter(~pl.col("tech_listed"))
        .group_by("borrower_id")
        .agg(
            amount=pl.col("balance").sum(),
            branch_id=pl.col("booking_branch_id").sort().first(),
        )
    )
    return (
        owing.join(lapsed, on="borrower_id")
        .select(
            "borrower_id",
            "branch_id",
            "amount",
            loan_id=pl.lit(None, dtype=pl.String),
            kind=pl.lit(Kind.CERTIFICATE_LAPSED.value),
            now=pl.format("{} until {}", "list_type", "valid_to"),
            mended=pl.col("list_type"),
        )
        .select("loan_id", "borrower_id", "branch_id", "amount", "kind", "now", "mended")
    )


def _green(loans: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    editions = rules.reference.green_editions().filter(pl.col("default_from").is_not_null())
    known = rules.reference.green_level1()
    valid = known.group_by("green_edition").agg(item=pl.col("green_item").sort().first())
    wrong = loans.filter(
        pl.col("green_tag").is_not_null()
        & ~(pl.col("green_item_known") & pl.col("green_edition_allowed"))
    ).with_columns(_approved=pl.coalesce("approval_date", "disbursement_date"))
    in_force = editions.select("edition", "default_from").sort("default_from")
    placed = (
        wrong.sort("_approved")
        .join_asof(in_force, left_on="_approved", right_on="default_from", strategy="backward")
        .join(valid, left_on="edition", right_on="green_edition", how="left")
        .join(
            known.select("green_edition", "green_item", _same=pl.lit(value=True)),
            left_on=["edition", pl.col("green_tag").str.replace(r"\..*$", "")],
            right_on=["green_edition", "green_item"],
            how="left",
        )
    )
    item = pl.when(pl.col("_same")).then(pl.col("green_tag")).otherwise(pl.col("item"))
    return _of_loans(
        placed,
        kind=pl.lit(Kind.GREEN_ITEM_UNKNOWN.value),
        now=pl.concat_str(
            pl.col("green_tag"),
            pl.col("green_catalogue_version"),
            separator=" / ",
            ignore_nulls=True,
        ),
        mended=pl.concat_str(item, pl.col("edition"), separator=" / "),
    )


def _first_loans(
    events: pl.DataFrame, tables: LoanTables, rules: Rules, branches: pl.Series
) -> pl.DataFrame:
    """Events of this month that count nothing now and would if their query were on file."""
    proven = events.with_columns(registry_checked_on=_proven(rules))
    counts = [
        measures.judged_events(rows, tables, rules)["is_first_time"] for rows in (events, proven)
    ]
    return (
        events.with_columns(_now=counts[0], _then=counts[1])
        .filter(
            ~pl.col("_now") & pl.col("_then"),
            pl.col("reported") == rules.as_of,
            pl.col("branch_id").is_in(branches.implode()),
        )
        .select(
            "loan_id",
            "borrower_id",
            "branch_id",
            amount=pl.lit(None, dtype=WIDE),
            kind=pl.lit(Kind.FIRST_LOAN_UNPROVEN.value),
            now=pl.col("registry_checked_on").cast(pl.String),
            mended=pl.col("event_date").cast(pl.String),
        )
    )


def _proven(rules: Rules) -> pl.Expr:
    """The day of the query, or the day of the drawdown where the query does not prove anything."""
    days = (pl.col("event_date") - pl.col("registry_checked_on")).dt.total_days()
    limit = int(rules.parameters["first_loan_query_days"])
    good = days.is_between(0, limit) & pl.col("registry_checked_on").is_not_null()
    return (
        pl.when(good | (pl.col("reported") != rules.as_of))
        .then(pl.col("registry_checked_on"))
        .otherwise(pl.col("event_date"))
    )


def mended(
    tables: LoanTables, events: pl.DataFrame, rules: Rules, chosen: pl.DataFrame
) -> tuple[LoanTables, pl.DataFrame]:
    """The month's tables, and the first-loan events, with some items put right.

    Args:
        tables: the month's tables.
        events: first-loan events of all months so far, with `reported`.
        rules: definitions and reference data in force.
        chosen: rows of `ITEM`.
    """
    helped = chosen.filter(pl.col("mended").is_not_null())

    def of(*kinds: Kind) -> pl.DataFrame:
        return helped.filter(pl.col("kind").is_in([kind.value for kind in kinds]))

    tags = of(Kind.SEI_TAG_MISSING, Kind.SEI_TAG_OUTSIDE).select("loan_id", _tag="mended")
    green = (
        of(Kind.GREEN_ITEM_UNKNOWN)
        .with_columns(_parts=pl.col("mended").str.split(" / "))
        .select(
            "loan_id",
            _item=pl.col("_parts").list.first(),
            _edition=pl.col("_parts").list.last(),
        )
    )
    loans = (
        tables.month[LOAN_SNAPSHOT.name]
        .join(tags.lazy(), on="loan_id", how="left")
        .join(green.lazy(), on="loan_id", how="left")
        .with_columns(
            sei_tag=pl.coalesce("_tag", "sei_tag"),
            green_tag=pl.coalesce("_item", "green_tag"),
            green_catalogue_version=pl.coalesce("_edition", "green_catalogue_version"),
        )
        .drop("_tag", "_item", "_edition")
    )
    month = {**tables.month, LOAN_SNAPSHOT.name: loans}
    renewed = of(Kind.CERTIFICATE_LAPSED).select(
        "borrower_id", list_type="mended", _renewed=pl.lit(value=True)
    )
    if TECH_ENTERPRISE_LIST.name in month:
        month[TECH_ENTERPRISE_LIST.name] = (
            month[TECH_ENTERPRISE_LIST.name]
            .join(renewed.lazy(), on=["borrower_id", "list_type"], how="left")
            .with_columns(
                valid_to=pl.when(pl.col("_renewed").is_null()).then(pl.col("valid_to")),
            )
            .drop("_renewed")
        )
    proven = of(Kind.FIRST_LOAN_UNPROVEN).select(
        "borrower_id", "loan_id", _query=pl.col("mended").str.to_date()
    )
    shown = (
        events.join(proven, on=["borrower_id", "loan_id"], how="left", maintain_order="left")
        .with_columns(
            registry_checked_on=pl.when(pl.col("reported") == rules.as_of)
            .then(pl.coalesce("_query", "registry_checked_on"))
            .otherwise("registry_checked_on")
        )
        .drop("_query")
    )
    return replace(tables, month=month), shown
