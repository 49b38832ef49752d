"""Published figures: `kpis`, and why a loan is in them: `explain`."""

import json
from datetime import date
from decimal import Decimal
from typing import Annotated

import polars as pl
import typer

from orchestration import months
from orchestration.bank import Bank
from orchestration.cli import accounts
from orchestration.cli.acting import command_scope
from orchestration.cli.definitions import PARTS
from orchestration.cli.options import (
    FormatOption,
    MonthOption,
    WorkspaceOption,
    month_of,
    month_or_all,
    root_of,
)
from orchestration.cli.output import Format, at_least, console, exact, show
from orchestration.months import MonthAtWork
from orchestration.overriding import with_overrides
from orchestration.tracing import Rows
from records.published import Known, Published
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Catalogue, Entity, Metric, Parts, Unit
from transforms.catalogue.vocabulary import SLICES, TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.explain import explain as explanations
from transforms.schema import LOAN_SNAPSHOT


def kpis(
    as_of: Annotated[
        str, typer.Option("--as-of", help="A month end (YYYY-MM-DD), `latest` or `all`.")
    ] = "latest",
    branch: Annotated[str | None, typer.Option("--branch", help="One branch; default all.")] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="One metric; default all.")] = None,
    reading: Annotated[
        str | None, typer.Option("--reading", help="One reading; default all.")
    ] = None,
    slice_: Annotated[
        str | None, typer.Option("--slice", help=f"Cut by: {', '.join(SLICES)}.")
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", help="A version of the month; default the newest.")
    ] = None,
    as_reported: Annotated[
        bool,
        typer.Option(
            "--as-reported", help="As each month was first published, not as it is known now."
        ),
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Published figures by metric and branch, with numerator, denominator, status and quality."""
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    _require_known(bank.catalogue, metric, reading, slice_)
    published = bank.published.pinned()
    day = _day(published, as_of, version)
    known = Known.REPORTED if as_reported else Known.NOW
    facts = published.facts(scope, as_of=day, version=version, known=known)
    names = published.nodes(scope, as_of=day, version=version, known=known).collect()
    if as_reported:
        _require_kept(published, names["as_of_date"], day)
    if branch is not None:
        _require_branch(branch, names["node_id"])
        facts = facts.filter(pl.col("branch_id") == scope.require(branch))
    if metric is not None:
        facts = facts.filter(pl.col("metric_id") == metric)
    if reading is not None:
        facts = facts.filter(pl.col("reading") == reading)
    facts = facts.filter(pl.col("slice") == (slice_ or TOTAL))
    named = facts.join(
        names.lazy().select(
            "as_of_date", branch_id="node_id", branch_name="name_en", depth="depth"
        ),
        on=["as_of_date", "branch_id"],
        how="left",
    ).sort("as_of_date", "depth", "branch_id", "metric_id", "reading", "member")
    rows = [_kpi(row, bank.catalogue) for row in named.collect().iter_rows(named=True)]
    show(
        rows,
        output,
        columns=("as_of_date", "branch", "branch_name", "metric", "reading")
        + (("member",) if slice_ else ())
        + ("numerator", "denominator", "value", "unit", "status", "quality_state")
        + (("quality_amount",) if any(row["quality_amount"] for row in rows) else ())
        + ("reason",),
        right=("numerator", "denominator", "value", "quality_amount"),
    )
    if output is not Format.TABLE:
        return
    if as_reported:
        console().print("As reported: what was first published, whatever was delivered since.")
    elif day is not None:
        accounts.tell(bank, scope, day, version=version, branch=branch)
    if slice_ is not None:
        told = dict.fromkeys(f"{row['metric']}: {PARTS[Parts(str(row['parts']))]}" for row in rows)
        for line in told:
            console().print(f"{line}.")


def _day(published: Published, as_of: str, version: int | None) -> date | None:
    """The published month that is asked for; none for all of them.

    Raises:
        BranchmarkError: if it has no such version, or a version is asked of all.
        NoSuchMonthError: if it is not published.
    """
    day, every = month_or_all(as_of)
    if version is not None and every:
        raise BranchmarkError("--version needs one month. Name it with --as-of.")
    newest = published.require(day)
    day = None if every else newest
    if version is not None and (day, version) not in published.current():
        raise BranchmarkError(
            f"{day} has no published version {version}. Leave --version out for the newest."
        )
    return day


def _require_kept(published: Published, kept: pl.Series, day: date | None) -> None:
    """Refuse to leave out months whose first figures a product before this one did not keep.

    Raises:
        BranchmarkError: naming them.
    """
    asked = [one for one in published.reported() if day in (None, one)]
    lost = [one.isoformat() for one in asked if one not in kept]
    if lost:
        raise BranchmarkError(
            f"The figures first published for {', '.join(lost)} were not kept: an earlier version of "
            "the product published them and built them anew. Leave --as-reported out, or name another "
            "month."
        )


def _require_known(
    catalogue: Catalogue, metric: str | None, reading: str | None, slice_: str | None
) -> None:
    if metric is not None and metric not in catalogue.metrics:
        raise unknown_metric(metric, catalogue)
    if slice_ is not None and slice_ not in SLICES:
        raise UnknownNameError(
            "slice", slice_, tuple(SLICES), way_out=f"There are {', '.join(SLICES)}."
        )
    if slice_ is not None and metric is not None:
        _require_cut(slice_, catalogue.metrics[metric])
    if reading is not None:
        _require_reading(reading, metric, catalogue)


def _require_cut(slice_: str, metric: Metric) -> None:
    if slice_ not in metric.cuts:
        cuts = f"by {', '.join(metric.cuts)}" if metric.cuts else "by nothing"
        raise UnknownNameError(
            f"slice of {metric.metric_id}",
            slice_,
            metric.cuts,
            way_out=f"{metric.metric_id} can be cut {cuts}.",
        )


def _require_reading(reading: str, metric: str | None, catalogue: Catalogue) -> None:
    metrics = [catalogue.metrics[metric]] if metric else list(catalogue.metrics.values())
    known = sorted({own.name for one in metrics for own in one.readings})
    if reading not in known:
        of = f" of {metric}" if metric else ""
        raise UnknownNameError(
            f"reading{of}", reading, known, way_out=f"There are {', '.join(known)}."
        )


def _require_branch(branch: str, known: pl.Series) -> None:
    if branch not in known:
        raise UnknownNameError(
            "branch", branch, tuple(known.unique()), way_out="`branchmark kpis` lists the branches."
        )


_AMOUNTS = ("numerator", "denominator", "headroom_amount")


def _kpi(row: dict[str, object], catalogue: Catalogue) -> dict[str, object]:
    unit = row["unit"]
    cut = row["slice"] != TOTAL
    metric = catalogue.metrics.get(str(row["metric_id"]))

    def number(name: str) -> object:
        value = row[name]
        if value is None or unit != Unit.COUNT:
            money = unit == Unit.CURRENCY or name in _AMOUNTS
            return at_least(value, 2) if money else exact(value)  # type: ignore[arg-type]
        return int(value)  # type: ignore[call-overload]

    return {
        "metric": row["metric_id"],
        "reading": row["reading"],
        "branch": row["branch_id"],
        "branch_name": row["branch_name"],
        "slice": row["slice"] if cut else None,
        "member": row["member"] if cut else None,
        "parts": metric.parts(str(row["slice"])).value if cut and metric else None,
        "as_of_date": str(row["as_of_date"]),
        "snapshot_version": row["snapshot_version"],
        "definition_version": row["definition_version"],
        "numerator": number("numerator"),
        "denominator": number("denominator"),
        "value": number("value"),
        "unit": unit,
        "target": number("target_value"),
        "gap": number("gap"),
        "limit": number("limit_value"),
        "headroom_pp": number("value") if unit == Unit.PP else None,
        "headroom_amount": number("headroom_amount"),
        "status": row["status"],
        "quality_state": row["quality_state"],
        "quality_amount": exact(row["quality_amount"], places=2),  # type: ignore[arg-type]
        "reason": row["reason"],
    }


def explain(
    loan_id: Annotated[str, typer.Argument(help="The loan's receipt number.")],
    as_of: MonthOption = "latest",
    metric: Annotated[str | None, typer.Option("--metric", help="One metric; default all.")] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Which metrics count a loan, and which rule says so."""
    bank = Bank.at(root_of(workspace))
    if metric is not None and metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    month = MonthAtWork.newest(bank, month_of(as_of))
    gathered = Rows(month, months.tree(month))
    rows = gathered.of_loan(loan_id)
    loan = rows[Entity.LOAN, None]
    if _outside(bank, loan) or all(own.is_empty() for own in rows.values()):
        _refuse_rejected(bank, month, loan_id)
        raise UnknownNameError(
            "loan",
            loan_id,
            (),
            way_out=f"The accepted book of {month.as_of} does not hold it; it may be another month's, "
            "or among the rejected rows.",
        )
    overridden = _overridden(month, loan_id, loan)
    branch = None if loan.is_empty() else loan["booking_branch_id"].item()
    amount = None if loan.is_empty() else loan["balance"].item()
    told = [
        {
            "loan_id": loan_id,
            "as_of_date": month.as_of.isoformat(),
            "branch": branch,
            "metric": one.metric.metric_id,
            "reading": one.reading.name,
            "role": one.role,
            "measure": one.measure.name,
            "counts": one.answer.counts,
            "amount": at_least(one.amount or Decimal(0), 2),
            "rule": one.measure.where,
            "because": "; ".join(
                label.en if one.answer.counts else f"not so: {label.en}"
                for label in one.answer.because
            ),
            "facts": "; ".join(
                f"{name} = {_said(value)}" for name, value in one.answer.facts.items()
            ),
            "definition_version": month.catalogue.versions[one.metric.metric_id],
            "overridden": overridden,
        }
        for one in explanations(
            month.catalogue,
            rows,
            bank.reference.thresholds(month.as_of),
            as_of=month.as_of,
            among=gathered.among_largest(loan_id),
            metric_id=metric,
        )
    ]
    stands = "has left the book" if amount is None else f"branch {branch}, balance {amount:,}"
    show(
        told,
        output,
        title=f"Loan {loan_id} on {month.as_of}, {stands}",
        columns=("metric", "reading", "role", "counts", "rule", "because", "facts"),
    )
    if output is Format.TABLE and overridden:
        console().print(f"Overridden: {overridden}.")
    if output is Format.TABLE and month.as_of in bank.published.newest_versions():
        accounts.tell(bank, command_scope(bank), month.as_of)


def _outside(bank: Bank, loan: pl.DataFrame) -> bool:
    """Whether a loan is not told to the reader: of one that left the book nobody knows whose it was."""
    mine = command_scope(bank).branches
    return mine is not None and (loan.is_empty() or loan["booking_branch_id"].item() not in mine)


def _refuse_rejected(bank: Bank, month: MonthAtWork, loan_id: str) -> None:
    """Say of a loan that was set aside where it stands and why.

    Raises:
        BranchmarkError: if it was.
    """
    aside = bank.deliveries.rejected(command_scope(bank), month.as_of, month.version).filter(
        pl.col("table") == LOAN_SNAPSHOT.name,
        pl.col("as_delivered").str.contains(json.dumps(loan_id, ensure_ascii=False), literal=True),
    )
    if aside.is_empty():
        return
    row = aside.row(0, named=True)
    raise BranchmarkError(
        f"Loan {loan_id!r} was rejected on {month.as_of}: row {row['row_in_file']} of "
        f"{row['source_file']} breaks {', '.join(row['rule_ids'])}. {' '.join(row['reasons_en'])} "
        f"{' '.join(row['remedies_en'])}"
    )


def _overridden(month: MonthAtWork, loan_id: str, loan: pl.DataFrame) -> str | None:
    """What of a loan or its client was overridden that month, in words."""
    client = None if loan.is_empty() else loan["borrower_id"].item()
    one = pl.LazyFrame(
        {"loan_id": [loan_id], "borrower_id": [client], "as_of_date": [month.as_of]},
        schema={"loan_id": pl.String(), "borrower_id": pl.String(), "as_of_date": pl.Date()},
    )
    text: str | None = with_overrides(one, [month]).collect()["overridden"].item()
    return text


def _said(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{exact(value)}"
        case _:
            return str(value)
