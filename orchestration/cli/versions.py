"""Versions of months: `versions` lists them, `diff` compares two, `overrides` tells what was put in place."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

import polars as pl
import typer

from dashboards import words
from dashboards.i18n import Language
from dashboards.numbers import Format as Numbers
from orchestration import differences, overriding
from orchestration.bank import Bank
from orchestration.cli import accounts
from orchestration.cli.acting import command_scope
from orchestration.cli.options import (
    ALL,
    FormatOption,
    MonthOption,
    WorkspaceOption,
    month_of,
    month_or_all,
    root_of,
)
from orchestration.cli.output import Format, at_least, console, exact, print_json, show
from orchestration.differences import Difference, Version
from orchestration.months import MonthAtWork
from transforms import differences as compared
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Better, Kind, Metric, Unit
from transforms.errors import BranchmarkError
from transforms.schema import LOAN_SNAPSHOT, OVERRIDE
from transforms.scorecards import Status

_SHOWN: Final = 50
"""Rows a terminal shows; a pipe gets all of them."""


def versions(
    as_of: Annotated[
        str, typer.Option("--as-of", help="A month end (YYYY-MM-DD), `latest` or `all`.")
    ] = ALL,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Every version of every month: what was delivered as it, when, why, and what was published."""
    bank = Bank.at(root_of(workspace))
    day, every = month_or_all(as_of)
    if day is None and not every:
        day = max(bank.deliveries.months(), default=None)
    rows = [_version(one) for one in differences.versions(bank, day)]
    show(
        rows,
        output,
        columns=(
            *("as_of_date", "version", "state", "table", "received_at", "accepted_rows"),
            *("rejected_rows", "accepted_amount", "published_at", "reason"),
        ),
        right=("accepted_rows", "rejected_rows", "accepted_amount"),
    )


def _version(one: Version) -> dict[str, object]:
    return {
        "as_of_date": one.as_of_date.isoformat(),
        "version": one.version,
        "state": one.state,
        "table": one.table,
        "source_file": one.file,
        "received_at": _time(one.received),
        "reason": one.reason,
        "delivered_rows": one.delivered_rows,
        "accepted_rows": one.accepted_rows,
        "rejected_rows": one.rejected_rows,
        "accepted_amount": exact(one.amount, places=2),
        "first_published_at": _time(one.first_published),
        "published_at": _time(one.published),
        "publications": one.publications,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%d %H:%M:%SZ")


def diff(
    as_of: MonthOption = "latest",
    from_: Annotated[
        int | None, typer.Option("--from", help="A version; default the one before --to.")
    ] = None,
    to: Annotated[int | None, typer.Option("--to", help="Another; default the newest.")] = None,
    branch: Annotated[str | None, typer.Option("--branch", help="One branch; default all.")] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="One metric; default all.")] = None,
    loans: Annotated[
        bool, typer.Option("--loans", help="List the loans that differ, with what changed.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What changed from one version of a month to another: figures, statuses, loans, other tables."""
    bank = Bank.at(root_of(workspace))
    if metric is not None and metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    scope = command_scope(bank)
    told = Difference.between(bank, scope, month_of(as_of), from_, to)
    changed = told.loans(branch)
    figures: list[dict[str, object]] = []
    if not told.unpublished or (output is Format.CSV and not loans):
        figures = [_figure(row, bank) for row in told.figures(branch, metric).to_dicts()]
    flipped = [row for row in figures if row["status_before"] != row["status_after"]]
    match output:
        case Format.CSV:
            show(_loans(changed) if loans else figures, output)
        case Format.JSON:
            print_json(
                {
                    "as_of_date": told.as_of.isoformat(),
                    "from": told.before,
                    "to": told.after,
                    "not_published": list(told.unpublished),
                    "rules_changed": told.rules_changed,
                    "figures": figures,
                    "statuses_flipped": flipped,
                    "loans": _principal(changed),
                    "tables": told.tables().to_dicts(),
                    **({"changed_loans": _with_cells(changed)} if loans else {}),
                }
            )
        case Format.TABLE:
            _print(told, figures, flipped, changed, listed=loans)
            for version in (told.before, told.after):
                accounts.tell(bank, scope, told.as_of, version=version, branch=branch)


def _figure(row: Mapping[str, object], bank: Bank) -> dict[str, object]:
    metric = bank.catalogue.metrics.get(str(row["metric_id"]))
    amounts = ("numerator", "denominator", "value", "limit_value", "target_value")

    def side(suffix: str, word: str) -> dict[str, object]:
        return {
            **{f"{name}_{word}": exact(row[f"{name}{suffix}"]) for name in amounts},  # type: ignore[arg-type]
            f"status_{word}": row[f"status{suffix}"],
            f"quality_state_{word}": row[f"quality_state{suffix}"],
            f"reason_{word}": row[f"reason{suffix}"],
        }

    was, now = str(row["status"] or "–"), str(row["status_after"] or "–")
    return {
        "metric": row["metric_id"],
        "reading": row["reading"],
        "branch": row["branch_id"],
        "unit": row["unit"],
        "before": _value(row["value"], row["unit"]),  # type: ignore[arg-type]
        "after": _value(row["value_after"], row["unit"]),  # type: ignore[arg-type]
        "change": exact(row["change"]),  # type: ignore[arg-type]
        "difference": _difference(row, metric, bank.workspace.base_currency),
        "sense": _sense(row["change"], metric),  # type: ignore[arg-type]
        "status": was if was == now else f"{was} → {now}",
        **side("", "before"),
        **side("_after", "after"),
    }


def _value(value: Decimal | None, unit: object) -> str | None:
    return at_least(value, 2) if unit == Unit.CURRENCY else exact(value)


def _difference(row: Mapping[str, object], metric: Metric | None, currency: str) -> str:
    """The difference as pages write it, points for shares; a dash where only its parts differ."""
    before, after = row["value"], row["value_after"]
    if metric is None or not isinstance(before, Decimal) or not isinstance(after, Decimal):
        return words.NOTHING
    if before == after:
        return words.NOTHING
    form = Numbers(Language.EN, currency)
    figure = words.Figure(
        kind=metric.kind,
        unit=metric.unit,
        better=metric.better,
        decimals=words.decimals_of(metric),
        status=Status.NO_TARGET,
        value=after,
    )
    size = words.measured(figure, after - before, form, beside=None)
    return f"{size} {'higher' if after > before else 'lower'}"


def _sense(change: Decimal | None, metric: Metric | None) -> str | None:
    """Whether the figure got better or worse; nothing where neither direction is."""
    if not change or metric is None:
        return None
    # The value of a tolerance is the room that is left.
    rises = metric.better is Better.HIGHER or metric.kind is Kind.TOLERANCE
    if not rises and metric.better is not Better.LOWER:
        return None
    return "better" if (change > 0) is rises else "worse"


def _principal(changed: pl.DataFrame) -> list[dict[str, object]]:
    return [
        {
            **row,
            "principal_before": exact(row["principal_before"], places=2),
            "principal_after": exact(row["principal_after"], places=2),
        }
        for row in compared.principal(changed).to_dicts()
    ]


def _loans(changed: pl.DataFrame) -> list[dict[str, object]]:
    """Loans that differ, one row each, with the changed columns in words."""
    told = changed.join(
        compared.in_words(LOAN_SNAPSHOT.name, changed),
        on="loan_id",
        how="left",
        maintain_order="left",
    )
    return [
        {
            "loan_id": row["loan_id"],
            "change": row["change"],
            "branch_before": row["booking_branch_id"],
            "branch_after": row["booking_branch_id_after"],
            "currency": row["currency_code_after"] or row["currency_code"],
            "principal_before": exact(row["outstanding_principal"], places=2),
            "principal_after": exact(row["outstanding_principal_after"], places=2),
            "what": row["what"],
        }
        for row in told.iter_rows(named=True)
    ]


def _with_cells(changed: pl.DataFrame) -> list[dict[str, object]]:
    """The same, and each changed column with both values."""
    cells = compared.cells(LOAN_SNAPSHOT.name, changed)
    by_loan = {
        loan: own.select(*compared.CELL).to_dicts()
        for (loan,), own in cells.partition_by("loan_id", as_dict=True).items()
    }
    return [{**row, "cells": by_loan.get(row["loan_id"], [])} for row in _loans(changed)]


def _print(
    told: Difference,
    figures: list[dict[str, object]],
    flipped: list[dict[str, object]],
    changed: pl.DataFrame,
    *,
    listed: bool,
) -> None:
    out = console()
    versions = f"{told.as_of}, version {told.before} → {told.after}"
    if told.unpublished:
        missing = " and ".join(map(str, told.unpublished))
        out.print(
            f"{versions}: version {missing} is not published, so no figures are compared. "
            "Publish it: branchmark build"
        )
    else:
        show(
            figures[:_SHOWN],
            Format.TABLE,
            title=f"{versions}: {len(figures):,} figures differ{_more(len(figures))}",
            columns=_FIGURE_COLUMNS,
            right=("before", "after", "difference"),
        )
        if told.rules_changed:
            out.print(
                "Definitions or reference data changed between the two publications as well: not "
                "every difference comes from the book."
            )
        if flipped:
            show(
                flipped[:_SHOWN],
                Format.TABLE,
                title=f"Statuses that flipped: {len(flipped):,}{_more(len(flipped))}",
                columns=("metric", "reading", "branch", "status", "before", "after", "sense"),
                right=("before", "after"),
            )
        else:
            out.print("No status flipped.")
    if changed.is_empty():
        out.print("No loan differs.")
    else:
        show(
            _principal(changed),
            Format.TABLE,
            title="Loans that differ, principal in their own currency",
            columns=("change", "currency_code", "loans", "principal_before", "principal_after"),
            right=("loans", "principal_before", "principal_after"),
        )
    if listed and changed.height:
        rows = _loans(changed.head(_SHOWN))
        show(
            rows,
            Format.TABLE,
            title=f"The loans{_more(changed.height)}",
            columns=("loan_id", "change", "principal_before", "principal_after", "what"),
            right=("principal_before", "principal_after"),
        )
    tables = told.tables()
    if tables.height:
        show(
            tables.to_dicts(),
            Format.TABLE,
            title="Other tables that differ, in rows",
            right=[name for name in tables.columns if name != "table"],
        )


_FIGURE_COLUMNS: Final = (
    *("metric", "reading", "branch", "before", "after", "difference", "sense"),
    "status",
)


def _more(count: int) -> str:
    """What a cut list says of the rest."""
    return f"; the first {_SHOWN} are shown, --format csv gives all" if count > _SHOWN else ""


def overrides(
    as_of: MonthOption = "latest",
    expiring: Annotated[
        int | None,
        typer.Option(
            "--expiring", min=0, help="Only those that end within so many days of the month end."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Values put in place of delivered ones: which were applied, which not and why, and what they move."""
    bank = Bank.at(root_of(workspace))
    month = MonthAtWork.newest(bank, month_of(as_of))
    batch = bank.deliveries.chosen(month.as_of, month.version).get(OVERRIDE.name)
    if batch is None:
        raise BranchmarkError(
            f"No overrides were delivered for {month.as_of} or before. Deliver the table `override`; "
            "`branchmark dictionary override` lists its columns."
        )
    rows = overriding.told(month, command_scope(bank))
    if expiring is not None:
        last = month.as_of + timedelta(days=expiring)
        rows = rows.filter(pl.col("valid_to").is_between(month.as_of, last))
    show(
        [_override(row, month) for row in rows.to_dicts()],
        output,
        title=f"Overrides of {month.as_of}, delivered for {batch.as_of_date}",
        columns=(
            *("override", "state", "row", "column", "delivered", "value", "until"),
            *("loans", "balance", "approved_by", "reason"),
        ),
        right=("loans", "balance"),
    )
    if output is Format.TABLE and batch.rejected_rows:
        console().print(
            f"{batch.rejected_rows:,} rows of the delivered table were rejected and hold nowhere: "
            f"see the receipt of {batch.as_of_date}."
        )
    if output is Format.TABLE:
        accounts.tell(bank, command_scope(bank), month.as_of, version=month.version)


def _override(row: Mapping[str, object], month: MonthAtWork) -> dict[str, object]:
    until = row["valid_to"]
    days = (until - month.as_of).days  # type: ignore[operator]
    return {
        "override": row["override_id"],
        "state": row["state"],
        "table": row["table_name"],
        "row": row["row_key"],
        "column": row["column_name"],
        "expected": row["value_before"],
        "delivered": row["delivered_value"],
        "value": row["value"],
        "from": str(row["valid_from"]),
        "until": str(until),
        "days_left": max(days, 0),
        "loans": row["loans"],
        "balance": exact(row["balance"], places=2),  # type: ignore[arg-type]
        "requested_by": row["requested_by"],
        "approved_by": row["approved_by"],
        "approved_on": str(row["approved_on"]),
        "reason": row["reason"],
    }
