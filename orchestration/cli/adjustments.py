"""`signoff adjust`: signed deltas on figures of reports, entered by one person and approved by another."""

from decimal import Decimal
from typing import Annotated, Any, Final

import polars as pl
import typer

from orchestration.bank import Bank
from orchestration.cli.acting import command_scope, entry_scope
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, exact, show
from orchestration.cli.people import ByOption, now
from records.access import Scope
from records.ledger.adjustments import SIDES, Proposal
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError, listed
from transforms.periods import parse_month_end
from transforms.returns import adjusting
from transforms.typed_numbers import typed_number

app = typer.Typer(no_args_is_help=True)

_MEMBERS: Final = 20
"""So many members are named in a sentence."""
NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="As `list` shows it.")]


@app.callback()
def adjust() -> None:
    """Adjustments: signed deltas on figures of reports, with a reason and an end."""


@app.command()
def enter(
    branch: Annotated[str, typer.Option("--branch", help="Whose figure; all above move with it.")],
    metric: Annotated[str, typer.Option("--metric", help="Which metric.")],
    amount: Annotated[
        str, typer.Option("--amount", help="What is added, with its sign, in yuan or pieces.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    first: Annotated[str, typer.Option("--from", help="The first month end it holds for.")],
    last: Annotated[str, typer.Option("--until", help="The last month end it holds for.")],
    by: ByOption,
    side: Annotated[
        str, typer.Option("--side", help="numerator or denominator; of amounts the numerator.")
    ] = SIDES[0],
    reading: Annotated[str, typer.Option("--reading", help="Default: the metric's own.")] = "",
    slice_: Annotated[str, typer.Option("--slice", help="By what it is cut.")] = TOTAL,
    member: Annotated[str, typer.Option("--member", help="Which part of the cut.")] = TOTAL,
    evidence: Annotated[
        str, typer.Option("--evidence", help="Where it can be seen: a document's number.")
    ] = "",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Enter an adjustment; it moves nothing until another person approves it."""
    bank = Bank.at(root_of(workspace))
    scope = entry_scope(bank)
    live_from, live_to = parse_month_end(first), parse_month_end(last)
    catalogue = bank.definitions.on(live_from)
    number = _amount(amount)
    adjusting.require(catalogue, metric, reading, side, number, slice_=slice_)
    chosen = reading or catalogue.metrics[metric].default_reading
    nodes = bank.published.nodes(scope, as_of=bank.published.require(None))
    units = nodes.select("node_id").collect()["node_id"].to_list()
    if scope.require(branch) not in units:
        raise UnknownNameError("unit", branch, units, way_out="`branchmark kpis` lists them.")
    _require_member(bank, scope, metric, slice_, member)
    entered = bank.ledger.adjustments.enter(
        scope,
        Proposal(
            branch_id=branch,
            metric_id=metric,
            reading=chosen,
            slice=slice_,
            member=member,
            side=side,
            amount=number,
            reason=reason,
            evidence=evidence,
            live_from=live_from,
            live_to=live_to,
        ),
        by=by,
        at=now(),
    )
    _show(bank, entered, output)


@app.command()
def approve(
    number: NumberArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", help="What there is to add.")] = "",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Approve an adjustment that somebody else entered; reports of its months become outdated."""
    bank = Bank.at(root_of(workspace))
    scope = entry_scope(bank)
    bank.ledger.adjustments.decide(scope, number, approve=True, by=by, at=now(), reason=reason)
    _show(bank, number, output)


@app.command()
def reject(
    number: NumberArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", help="Why not.")],
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Reject an adjustment that somebody else entered."""
    bank = Bank.at(root_of(workspace))
    scope = entry_scope(bank)
    bank.ledger.adjustments.decide(scope, number, approve=False, by=by, at=now(), reason=reason)
    _show(bank, number, output)


@app.command()
def withdraw(
    number: NumberArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", help="Why it no longer holds.")],
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Take an adjustment back; an approved one is taken back by another person than its maker."""
    bank = Bank.at(root_of(workspace))
    bank.ledger.adjustments.withdraw(entry_scope(bank), number, by=by, at=now(), reason=reason)
    _show(bank, number, output)


@app.command("list")
def list_adjustments(
    branch: Annotated[str | None, typer.Option("--branch", help="One unit.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Only those that hold for this month end.")
    ] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="entered, approved, rejected or withdrawn.")
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Adjustments, the oldest first, whatever became of them."""
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    found = bank.ledger.adjustments.all(scope)
    if branch is not None:
        found = found.filter(pl.col("branch_id") == scope.require(branch))
    if as_of is not None:
        day = parse_month_end(as_of)
        found = found.filter(pl.col("live_from") <= day, pl.col("live_to") >= day)
    if state is not None:
        found = found.filter(pl.col("state") == state)
    _print(found, output)


def _require_member(bank: Bank, scope: Scope, metric: str, slice_: str, member: str) -> None:
    """Refuse a part of a figure that no fact tells of: an adjustment of it would move nothing.

    Raises:
        UnknownNameError: if the cut has no such part.
    """
    facts = bank.published.facts(scope, as_of=bank.published.require(None)).filter(
        pl.col("metric_id") == metric, pl.col("slice") == slice_
    )
    members = facts.select(pl.col("member").unique().sort()).collect()["member"].to_list()
    if member not in members:
        way_out = f"It has {listed(members, _MEMBERS)}."
        raise UnknownNameError(f"member of {slice_}", member, members, way_out=way_out)


def _amount(text: str) -> Decimal:
    """A signed amount as people write it.

    Raises:
        BranchmarkError: if it is none.
    """
    number = typed_number(text)
    if number is None:
        raise BranchmarkError(
            f"--amount {text!r} is no number. Write it in full, with its sign: -2500000.00."
        )
    return number


def _show(bank: Bank, number: int, output: Format) -> None:
    every = bank.ledger.adjustments.all(command_scope(bank))
    _print(every.filter(pl.col("adjustment_id") == number), output)


def _print(found: pl.DataFrame, output: Format) -> None:
    columns = ("number", "branch", "metric", "reading", "slice", "member", "side", "amount")
    show(
        [_row(row) for row in found.to_dicts()],
        output,
        columns=(*columns, "reason", "from", "until", "state", "maker", "approver"),
        right=("number", "amount"),
    )


def _row(row: dict[str, Any]) -> dict[str, object]:
    names = {"adjustment_id": "number", "branch_id": "branch", "metric_id": "metric"}
    names |= {"live_from": "from", "live_to": "until"}
    told: dict[str, object] = {}
    for name, value in row.items():
        plain = exact(value) if isinstance(value, Decimal) else value
        told[names.get(name, name)] = (
            plain.isoformat() if plain is not None and hasattr(plain, "isoformat") else plain
        )
    return told
