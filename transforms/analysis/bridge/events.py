"""How principal came from one month end to the next: loan events as steps of a path, loan by loan.

A path leads from the principal then to the principal now. Each kind of event is one step of it, what
adds before what takes away, and what the events do not say is a last step of its own, never spread over
the others. Judging a loan at each end of a step belongs in `books`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms.analysis.bridge.causes import Cause
from transforms.schema import LOAN_EVENT, TEXT

MONEY_WIDE: Final = pl.Decimal(38, 2)

OF_EVENT: Final[Mapping[str, Cause]] = MappingProxyType(
    {
        "drawdown": Cause.NEW_LENDING,
        "transfer_in": Cause.TRANSFER_IN,
        "scheduled_repayment": Cause.REPAYMENT,
        "prepayment": Cause.REPAYMENT,
        "renewal": Cause.RENEWAL,
        "restructure": Cause.RESTRUCTURING,
        "write_off": Cause.WRITE_OFF,
        "transfer_out": Cause.TRANSFER_OUT,
        "securitised": Cause.SECURITISATION,
        "correction": Cause.CORRECTION,
    }
)
"""The cause of each kind of event that changes principal. A move between branches is told on both sides
and changes the principal of no loan; a drawdown may turn out to be a renewal."""

GONE_STATUS: Final = ("written_off", "transferred", "settled")
"""Statuses of a loan whose row is still delivered and which is no longer the bank's."""

_RENEWS: Final[Mapping[str, Cause]] = MappingProxyType(
    {
        "refinance": Cause.RENEWAL,
        "renewal_no_repayment": Cause.RENEWAL,
        "restructure": Cause.RESTRUCTURING,
    }
)
_NEW: Final = "|new"
_RANK: Final = {cause.value: rank for rank, cause in enumerate(Cause)}

STEP: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "loan_id": TEXT,
        "cause": TEXT,
        "before": MONEY_WIDE,
        "after": MONEY_WIDE,
        "opens": pl.Boolean(),
        "closes": pl.Boolean(),
    }
)
"""One step of a loan's path: principal before and after. Of a step that opens a path the loan was not
there before it, of one that closes it not there after it."""


def is_own() -> pl.Expr:
    """Whether a row of the book is still the bank's: neither moved out nor written off, sold, settled."""
    return (pl.col("movement") == "none") & ~pl.col("loan_status").is_in(GONE_STATUS)


def sides(then: pl.LazyFrame, now: pl.LazyFrame) -> pl.DataFrame:
    """Every loan of either book with principal, currency and standing in both, and whether it is kept.

    A loan is kept if both books hold it, in one currency, and both or neither as the bank's own.
    """
    said = (
        pl.when(pl.col("movement") == "securitised")
        .then(pl.lit(Cause.SECURITISATION.value))
        .when((pl.col("movement") == "transferred_out") | (pl.col("loan_status") == "transferred"))
        .then(pl.lit(Cause.TRANSFER_OUT.value))
        .when(pl.col("loan_status") == "written_off")
        .then(pl.lit(Cause.WRITE_OFF.value))
        .when(pl.col("loan_status").is_in(GONE_STATUS))
        .then(pl.lit(Cause.REPAYMENT.value))
    )
    asked = [
        "loan_id",
        pl.col("currency_code").alias("currency"),
        pl.col("outstanding_principal").alias("principal"),
        is_own().alias("own"),
        said.alias("word"),
    ]
    joined = then.select(asked).join(
        now.select(asked), on="loan_id", how="full", coalesce=True, suffix=_NEW
    )
    same = pl.col("own").eq(pl.col(f"own{_NEW}")) & pl.col("currency").eq(pl.col(f"currency{_NEW}"))
    return joined.with_columns(kept=same.fill_null(value=False)).collect(engine="streaming")


def rows_of(sides: pl.DataFrame, which: str) -> pl.LazyFrame:
    """The loans of one kind, as their paths are asked for.

    Args:
        sides: what `sides` gave.
        which: `both` for kept loans, `then` for leaving ones, `now` for those that come.
    """
    rows = sides.lazy()
    here, there = pl.col("own").is_not_null(), pl.col(f"own{_NEW}").is_not_null()
    # In both books as the bank's own and yet not kept: another currency.
    other = pl.when(pl.col("own") & pl.col(f"own{_NEW}")).then(
        pl.lit(Cause.BALANCE_WITHOUT_EVENT.value)
    )
    if which == "both":
        return rows.filter("kept").select(
            "loan_id",
            "principal",
            "own",
            currency_code="currency",
            principal_now=f"principal{_NEW}",
        )
    if which == "then":
        return rows.filter(~pl.col("kept"), here).select(
            "loan_id",
            "principal",
            "own",
            currency_code="currency",
            word=pl.coalesce(f"word{_NEW}", other),
        )
    back = pl.when(here & ~pl.col("own")).then(pl.lit(Cause.TRANSFER_IN.value))
    return rows.filter(~pl.col("kept"), there).select(
        "loan_id",
        principal=f"principal{_NEW}",
        own=f"own{_NEW}",
        currency_code=f"currency{_NEW}",
        word=pl.coalesce(f"word{_NEW}", other, back),
    )


def changes_of_principal(events: pl.LazyFrame, book: pl.LazyFrame) -> pl.LazyFrame:
    """What events did to each loan: `loan_id, currency_code, cause, amount`, each cause once a loan.

    Args:
        events: rows of `loan_event` of the months between.
        book: the later book, whose receipts say what they replace.
    """
    kinds = {name: cause.value for name, cause in OF_EVENT.items()}
    summed = (
        events.select(*LOAN_EVENT.column_names)
        .filter(pl.col("event_type").is_in(list(kinds)))
        .with_columns(cause=pl.col("event_type").replace_strict(kinds, return_dtype=pl.String))
        .group_by("loan_id", "currency_code", "cause")
        .agg(amount=pl.col("amount").cast(MONEY_WIDE).sum())
    )
    drawn = pl.col("cause") == Cause.NEW_LENDING.value
    linked = _linked(summed, book)
    fresh = (
        summed.filter(drawn)
        .join(linked, on=["loan_id", "currency_code"], how="left")
        .with_columns(amount=pl.col("amount") - pl.col("replaces").fill_null(0))
        .select("loan_id", "currency_code", "cause", "amount")
    )
    renewing = linked.select(
        "loan_id", "currency_code", cause="replaces_as", amount="replaces"
    ).filter(pl.col("amount") != 0)
    return (
        pl.concat([summed.filter(~drawn), fresh, renewing])
        .group_by("loan_id", "currency_code", "cause")
        .agg(pl.col("amount").sum())
    )


def _linked(summed: pl.LazyFrame, book: pl.LazyFrame) -> pl.LazyFrame:
    """How much of a loan's drawdown replaces another receipt, and as what.

    Up to what the receipt before lost by renewal or restructuring, shared among several in the order of
    their numbers; where no such event is known, by the issue type that the bank gives the loan.
    """
    replaced = (
        summed.filter(pl.col("cause").is_in([c.value for c in set(_RENEWS.values())]))
        .filter(pl.col("amount") < 0)
        .sort("loan_id", "currency_code", "cause")
        .group_by("loan_id", "currency_code", maintain_order=True)
        .agg(lost=-pl.col("amount").sum(), lost_as=pl.col("cause").first())
        .rename({"loan_id": "previous_loan_id"})
    )
    said = {name: cause.value for name, cause in _RENEWS.items()}
    drawn = (
        summed.filter(pl.col("cause") == Cause.NEW_LENDING.value, pl.col("amount") > 0)
        .join(book.select("loan_id", "previous_loan_id", "issue_type"), on="loan_id")
        .join(replaced, on=["previous_loan_id", "currency_code"], how="left")
    )
    key = ("previous_loan_id", "currency_code")
    left = pl.col("lost") - (
        pl.col("amount").cum_sum().over(key, order_by="loan_id") - pl.col("amount")
    )
    none = pl.lit(0, dtype=MONEY_WIDE)
    renewed = pl.col("issue_type").replace_strict(said, default=None, return_dtype=pl.String)
    return drawn.select(
        "loan_id",
        "currency_code",
        replaces=pl.when(pl.col("lost").is_not_null())
        .then(pl.max_horizontal(none, pl.min_horizontal("amount", left)))
        .when(renewed.is_not_null())
        .then("amount")
        .otherwise(none),
        replaces_as=pl.coalesce("lost_as", renewed, pl.lit(Cause.RENEWAL.value)),
    )


def kept(rows: pl.LazyFrame, changed: pl.LazyFrame) -> pl.LazyFrame:
    """The paths of loans in both books; rows of `STEP`, none where nothing happened.

    Args:
        rows: `loan_id, currency_code, principal, principal_now, own`.
        changed: what `changes_of_principal` gave.
    """
    path = _path(rows, _of_old(changed))
    rest = _ends(path).join(rows.select("loan_id", "principal_now"), on="loan_id")
    unsaid = rest.filter(pl.col("last") != pl.col("principal_now")).select(
        "loan_id",
        cause=pl.lit(Cause.BALANCE_WITHOUT_EVENT.value),
        before="last",
        after=pl.col("principal_now").cast(MONEY_WIDE),
    )
    return pl.concat([_steps(path), _as_steps(unsaid)])


def leaving(rows: pl.LazyFrame, changed: pl.LazyFrame) -> pl.LazyFrame:
    """The paths of loans that the later book does not hold as the old one did; rows of `STEP`.

    Args:
        rows: `loan_id, currency_code, principal, own` as the old book has them, and `word`: the cause
            that the later book's row gives, where it still shows one.
        changed: what `changes_of_principal` gave.
    """
    path = _path(rows, _of_old(changed))
    ends = _ends(path).select(
        "loan_id",
        cause=pl.when(pl.col("last") == 0, pl.col("took").is_not_null())
        .then("took")
        .otherwise(pl.coalesce("word", pl.lit(Cause.GONE_WITHOUT_EVENT.value))),
        before="last",
        after=_NOTHING,
    )
    return pl.concat([_steps(path), _as_steps(ends, closes=pl.lit(value=True))])


def coming(rows: pl.LazyFrame, changed: pl.LazyFrame) -> pl.LazyFrame:
    """The paths of loans that the old book did not hold as the later one does; rows of `STEP`.

    Args:
        rows: `loan_id, currency_code, principal, own, word` as the later book has them.
        changed: what `changes_of_principal` gave.
    """
    path = _path(rows.with_columns(principal=_NOTHING), changed)
    rest = _ends(path).join(rows.select("loan_id", now="principal"), on="loan_id")
    unsaid = rest.filter((pl.col("last") != pl.col("now")) | ~pl.col("told")).select(
        "loan_id",
        "told",
        cause=pl.coalesce("word", pl.lit(Cause.NEW_WITHOUT_EVENT.value)),
        before="last",
        after=pl.col("now").cast(MONEY_WIDE),
    )
    first = pl.col("rank") == pl.col("rank").min().over("loan_id")
    return pl.concat([_steps(path, opens=first), _as_steps(unsaid, opens=~pl.col("told"))])


_NOTHING: Final = pl.lit(0, dtype=MONEY_WIDE)
_NO: Final = pl.lit(value=False)


def _of_old(changed: pl.LazyFrame) -> pl.LazyFrame:
    """Events as those of loans that the old book held: what they draw is no new lending."""
    further = pl.col("cause").replace(Cause.NEW_LENDING.value, Cause.FURTHER_DRAWDOWN.value)
    return changed.with_columns(cause=further)


def _path(rows: pl.LazyFrame, changed: pl.LazyFrame) -> pl.LazyFrame:
    """Loans with their events in order and the principal around each; one row without a cause if none.

    Events of a loan that is not the bank's own, or in another currency, are not steps of its path.
    """
    word = [pl.col("word")] if "word" in rows.collect_schema() else [pl.lit(None, dtype=TEXT)]
    of_own = rows.filter("own").select("loan_id").join(changed, on="loan_id")
    rank = pl.col("cause").replace_strict(_RANK, default=None, return_dtype=pl.Int32)
    upto = pl.col("amount").cum_sum().over("loan_id", order_by="rank")
    return (
        rows.select(
            "loan_id", "currency_code", pl.col("principal").cast(MONEY_WIDE), word[0].alias("word")
        )
        .join(of_own, on=["loan_id", "currency_code"], how="left")
        .with_columns(rank=rank, amount=pl.col("amount").fill_null(0))
        .with_columns(after=(pl.col("principal") + upto).cast(MONEY_WIDE))
        .with_columns(before=(pl.col("after") - pl.col("amount")).cast(MONEY_WIDE))
    )


def _ends(path: pl.LazyFrame) -> pl.LazyFrame:
    """Where the events of a loan lead: `loan_id, last, took, told, word`.

    `took` is the last kind of event that took principal away, `told` whether there was any event.
    """
    return path.group_by("loan_id").agg(
        last=pl.col("after").sort_by("rank").last(),
        took=pl.col("cause").sort_by("rank").filter(pl.col("amount").sort_by("rank") < 0).last(),
        told=pl.col("cause").is_not_null().any(),
        word=pl.col("word").first(),
    )


def _steps(path: pl.LazyFrame, *, opens: pl.Expr = _NO) -> pl.LazyFrame:
    return _as_steps(path.filter(pl.col("cause").is_not_null()), opens=opens)


def _as_steps(rows: pl.LazyFrame, *, opens: pl.Expr = _NO, closes: pl.Expr = _NO) -> pl.LazyFrame:
    return rows.with_columns(opens=opens, closes=closes).select(*STEP)
