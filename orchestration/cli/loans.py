"""The loans behind figures: `loans` lists them, `fork` compares two readings of one metric."""

from decimal import Decimal
from typing import Annotated, Final

import polars as pl
import typer

from orchestration.bank import SYSTEM, Bank
from orchestration.cli import accounts
from orchestration.cli.acting import command_scope
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show, stream
from orchestration.forks import Fork
from orchestration.months import MonthAtWork
from orchestration.tracing import Figure, require_slice
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Kind
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.trace import ROW, Side

_SHOWN: Final = 50
"""Rows a terminal shows, the largest first; a pipe gets all of them."""
_COLUMNS: Final = (*ROW, "overridden")
"""What a pipe gets of each row; the last says what of the loan or its client was overridden."""
_SORTED: Final = 1_000_000
"""Lists up to this long come in order of the loan numbers; longer ones stream as they are read."""

"""The command line works on a workspace that its user can read whole."""

BranchOption = Annotated[str | None, typer.Option("--branch", help="The branch; default the head.")]
ReadingOption = Annotated[
    str | None, typer.Option("--reading", help="The reading; default the metric's own.")
]


def loans(
    metric: Annotated[str, typer.Option("--metric", help="The metric.")],
    as_of: MonthOption = "latest",
    branch: BranchOption = None,
    reading: ReadingOption = None,
    side: Annotated[
        Side, typer.Option("--side", help="numerator, denominator or excluded.")
    ] = Side.NUMERATOR,
    slice_: Annotated[
        str | None, typer.Option("--slice", help="Only loans of one --member of this slice.")
    ] = None,
    member: Annotated[str | None, typer.Option("--member", help="The member.")] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """The loans behind a figure, each with the rule that admitted or excluded it; they add up to it."""
    figure = figure_of(Bank.at(root_of(workspace)), metric, reading, branch, as_of)
    if (slice_ is None) != (member is None):
        raise BranchmarkError("Give --slice and --member together.")
    if slice_ is not None:
        require_slice(figure.metric, slice_, str(member))
    frames = list(figure.rows(side, cut=None if slice_ is None else (slice_, str(member))))
    rows = figure.overridden(pl.concat(frames) if len(frames) > 1 else frames[0])
    # What a figure is compared with may be the whole bank's: its loans are for those who see the whole bank.
    rows = command_scope(figure.bank).limit(rows, "branch_id")
    if output is not Format.TABLE:
        # The sums are not asked for here: a pipe adds up itself, and one pass suffices.
        stream(_listed(rows), output)
        return
    told = rows.select(
        pl.len(), pl.col("borrower_id").n_unique(), pl.col("amount").sum().fill_null(0)
    ).collect()
    shown = rows.sort(pl.col("amount").abs(), "loan_id", descending=[True, False]).head(_SHOWN)
    _show(shown.collect(), figure, side)
    _tell(figure, side, told.row(0), cut=slice_ is not None)
    _tell_overridden(rows)
    accounts.tell(figure.bank, command_scope(figure.bank), figure.month.as_of, branch=figure.node)


def figure_of(
    bank: Bank, metric: str, reading: str | None, branch: str | None, as_of: str
) -> Figure:
    """The figure that the options name.

    Raises:
        UnknownNameError: if there is no such metric, reading or branch.
        NoSuchMonthError: if the month is not published.
    """
    scope = command_scope(bank)
    if metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    day = bank.published.require(month_of(as_of))
    month = MonthAtWork.newest(bank, day)
    chosen = month.catalogue.metrics[metric]
    names = [own.name for own in chosen.readings]
    if reading is not None and reading not in names:
        raise UnknownNameError(
            f"reading of {metric}", reading, names, way_out=f"There are {', '.join(names)}."
        )
    nodes = bank.published.nodes(scope, as_of=day).collect()["node_id"]
    if branch is not None and branch not in nodes:
        raise UnknownNameError(
            "branch", branch, tuple(nodes), way_out="`branchmark kpis` lists the branches."
        )
    node = scope.require(branch) if branch is not None else nodes[0]
    return Figure(bank, month, node, chosen, chosen.reading(reading or chosen.default_reading))


def _listed(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows as a pipe gets them; in order, but for very long lists."""
    count = rows.select(pl.len()).collect().item()
    order = ("loan_id", "as_of_date", "measure", "side", "amount", "because", "branch_id")
    ordered = rows.sort(order) if count <= _SORTED else rows
    return ordered.select(*_COLUMNS).with_columns(
        _plain("amount"), _plain("balance"), pl.col("as_of_date").cast(pl.String)
    )


def _plain(name: str) -> pl.Expr:
    """A decimal as text without needless zeros, two decimals at least."""
    text = pl.col(name).cast(pl.Decimal(38, 10)).cast(pl.String)
    return text.str.replace(r"(\.\d\d\d*?)0+$", "$1").alias(name)


def _show(rows: pl.DataFrame, figure: Figure, side: Side) -> None:
    show(
        [
            {
                **row,
                "amount": exact(row["amount"], places=2),
                "as_of_date": str(row["as_of_date"]),
            }
            for row in rows.to_dicts()
        ],
        Format.TABLE,
        title=f"{figure.metric.label.en}, {figure.node}, {figure.month.as_of}, "
        f"reading {figure.reading.name}: {side}",
        columns=("loan_id", "amount", "rule", "because", "borrower_id", "branch_id", "as_of_date"),
        right=("amount",),
    )


def _tell_overridden(rows: pl.LazyFrame) -> None:
    """Which of the listed loans stand there with an overridden value."""
    named = (
        rows.filter(pl.col("overridden").is_not_null())
        .select("as_of_date", "loan_id", "overridden")
        .unique()
        .sort("as_of_date", "loan_id")
        .collect()
    )
    out = console()
    for day, loan, text in named.head(_SHOWN).iter_rows():
        out.print(f"Overridden: {loan} on {day}: {text}.")
    if named.height > _SHOWN:
        out.print(f"{named.height - _SHOWN:,} more are overridden; --format csv gives all.")


def _tell(figure: Figure, side: Side, told: tuple[int, int, Decimal], *, cut: bool) -> None:
    out = console()
    count, clients, total = told
    if figure.metric.kind is Kind.GAP:
        out.print(f"{count:,} rows of the two metrics that it is the difference of.")
        return
    more = f" The {_SHOWN} largest are shown; --format csv gives all." if count > _SHOWN else ""
    out.print(f"{count:,} rows of {clients:,} clients; they add up to {total:,.2f}.{more}")
    if side is Side.EXCLUDED or cut:
        return
    facts = figure.bank.published.facts(SYSTEM, as_of=figure.month.as_of)
    held = (
        facts.filter(
            pl.col("metric_id") == figure.metric.metric_id,
            pl.col("reading") == figure.reading.name,
            pl.col("branch_id") == figure.node,
            pl.col("slice") == TOTAL,
        )
        .select(side.value)
        .collect()
    )
    if held.height and held.item() is not None:
        out.print(f"The published {side} is {held.item():,.2f}.")


def fork(
    metric: Annotated[str, typer.Argument(help="The metric.")],
    as_of: MonthOption = "latest",
    branch: BranchOption = None,
    reading: Annotated[
        list[str] | None,
        typer.Option("--reading", help="Two readings; default the metric's own and every other."),
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """The figure under each reading, with the loans in one and not the other."""
    bank = Bank.at(root_of(workspace))
    figures = [
        figure_of(bank, metric, name, branch, as_of)
        for name in (reading or [None])  # type: ignore[list-item]
    ]
    first = figures[0]
    if len({figure.reading.name for figure in figures}) < len(figures):
        raise BranchmarkError(f"{first.reading.name} is asked for twice. Name two readings.")
    names = [own.name for own in first.metric.readings]
    if len(names) == 1:
        raise BranchmarkError(
            f"{metric} has one reading only. `branchmark catalogue` lists the readings of each metric."
        )
    if len(figures) == 1:
        figures += [
            figure_of(bank, metric, name, branch, as_of)
            for name in names
            if name != first.reading.name
        ]
    told = Fork(tuple(figures))
    rows = told.differences
    listed = [_told(row) for row in rows.iter_rows(named=True)]
    if output is Format.JSON:
        print_json({"figures": [_exactly(row) for row in told.values()], "loans": listed})
        return
    if output is Format.CSV:
        show(listed, output)
        return
    show(
        told.values(),
        Format.TABLE,
        title=f"{first.metric.label.en}, {first.node}, {first.month.as_of}",
        columns=("reading", "numerator", "denominator", "value", "status", "reason"),
        right=("numerator", "denominator", "value"),
    )
    accounts.tell(bank, command_scope(bank), first.month.as_of, branch=first.node)
    if rows.is_empty():
        console().print("No loan tells these readings apart: they differ by a rule, not by loans.")
        return
    show(
        told.summary(),
        Format.TABLE,
        title="In one and not in the other",
        right=("loans", "amount"),
    )
    show(
        listed[:_SHOWN],
        Format.TABLE,
        title=f"The {min(_SHOWN, rows.height)} largest of {rows.height:,} loans",
        columns=("loan_id", "in", "not_in", "side", "amount", "rule", "because"),
        right=("amount",),
    )


def _exactly(row: dict[str, object]) -> dict[str, object]:
    return {
        name: exact(value) if isinstance(value, Decimal) else value for name, value in row.items()
    }


def _told(row: dict[str, object]) -> dict[str, object]:
    return {**row, "amount": exact(row["amount"], places=2)}  # type: ignore[arg-type]
