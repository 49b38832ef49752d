"""`send`: how released reports and digests stand on their way, and sending what is due."""

from collections.abc import Sequence
from typing import Annotated

import typer

from orchestration.bank import SYSTEM, Bank
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, show
from orchestration.cli.people import now
from orchestration.reporting.alerting import telling
from orchestration.reporting.sending import book, reports
from orchestration.reporting.sending.reports import Line
from orchestration.reporting.sending.ways import readers_of
from orchestration.reporting.settings import SETTINGS, Reporting, reporting_settings
from records.ledger.dispatches import DispatchState
from transforms.errors import BranchmarkError

_STUCK = (DispatchState.FAILED.value, DispatchState.UNKNOWN.value)


def send(
    go: Annotated[
        bool,
        typer.Option("--now", help="Send what is due: reports, retries, and today's digests."),
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Only try again what failed and whose pause is over.")
    ] = False,
    again: Annotated[
        int | None,
        typer.Option(
            "--again",
            metavar="NUMBER",
            help="Try this one again, although it was given up or may have arrived.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What goes to whom and how far it is; with --now it is sent, each thing once."""
    if go + retry + (again is not None) > 1:
        raise BranchmarkError("--now, --retry and --again are three errands. Take one of them.")
    bank = Bank.at(root_of(workspace))
    settings = reporting_settings(bank.workspace)
    _tell_withheld(bank, settings)
    if not (go or retry or again is not None):
        _show(bank, settings, output)
        return
    rows = _again(bank, settings, again) if again is not None else _due(bank, settings, retry)
    if not rows:
        console(error=True).print("Nothing is due.")
    if rows or output is not Format.TABLE:
        _table(rows, output)
    wrong = [row for row in rows if row["state"] in _STUCK]
    if wrong:
        raise BranchmarkError(
            f"{len(wrong)} of {len(rows)} did not go out: {wrong[0]['what']} to {wrong[0]['recipient']}: "
            f"{str(wrong[0]['detail']).rstrip('.')}. `branchmark send` shows when each is tried again."
        )


def _due(bank: Bank, settings: Reporting, retry: bool) -> list[dict[str, object]]:
    lines = reports.send_due(bank, settings.delivery, clock=now, retries_alone=retry)
    rows = [_row(line) for line in lines]
    tellings = telling.send_digests(bank, settings, clock=now, retries_alone=retry)
    return [*rows, *_digests(bank, {one.handed.dispatch_id for one in tellings})]


def _again(bank: Bank, settings: Reporting, number: int) -> list[dict[str, object]]:
    """One entry of the receipt book, tried again.

    Raises:
        BranchmarkError: if nothing of that number can be sent.
    """
    line = reports.send_again(bank, settings.delivery, number, clock=now)
    if line is not None:
        return [_row(line)]
    told = telling.send_digests(bank, settings, clock=now, again=number)
    if not told:
        raise BranchmarkError(
            f"Number {number} cannot be sent again: it is none of what {SETTINGS} gives, or a digest of "
            "another day, whose alerts are told by a later one. `branchmark send` lists the numbers."
        )
    return _digests(bank, {number})


def _show(bank: Bank, settings: Reporting, output: Format) -> None:
    rows = [_row(line) for line in reports.standing(bank, settings.delivery)]
    rows += _digests(bank, None)
    if not rows and output is Format.TABLE:
        given = bool(settings.delivery.rules)
        why = "no report is released" if given else f"{SETTINGS} has no [[send]]"
        console().print(f"Nothing is to be sent: {why}.")
        return
    _table(rows, output)


def _tell_withheld(bank: Bank, settings: Reporting) -> None:
    """Say who gets nothing since nobody knows what they may see."""
    _, withheld = readers_of(bank, settings.delivery)
    for recipient, why in withheld.items():
        console(error=True).print(f"{recipient} gets nothing. {why}")


def _row(line: Line) -> dict[str, object]:
    return {
        "number": line.dispatch_id,
        "what": line.report,
        "unit": line.unit,
        "as_of_date": line.as_of.isoformat(),
        "edition": line.edition,
        "channel": line.channel,
        "recipient": line.recipient,
        "state": line.state.value,
        "attempts": line.attempts,
        "at": None if line.at is None else f"{line.at:%Y-%m-%d %H:%M:%S}",
        "next_try": None if line.next_try is None else f"{line.next_try:%Y-%m-%d %H:%M:%S}",
        "detail": line.detail or None,
    }


def _digests(bank: Bank, numbers: set[int | None] | None) -> list[dict[str, object]]:
    """Digests in the receipt book: those of some numbers, or all."""
    rows = bank.ledger.dispatches.all(SYSTEM).to_dicts()
    return [
        {
            "number": row["dispatch_id"],
            "what": row["subject"],
            "unit": row["unit_id"],
            "as_of_date": None,
            "edition": None,
            "channel": row["channel"],
            "recipient": row["recipient"],
            "state": row["state"],
            "attempts": row["attempts"],
            "at": None if row["at"] is None else f"{row['at']:%Y-%m-%d %H:%M:%S}",
            "next_try": None
            if (moment := book.next_try(row)) is None
            else f"{moment:%Y-%m-%d %H:%M:%S}",
            "detail": row["detail"],
        }
        for row in rows
        if row["purpose"] == telling.ALERTS and (numbers is None or row["dispatch_id"] in numbers)
    ]


def _table(rows: Sequence[dict[str, object]], output: Format) -> None:
    show(
        rows,
        output,
        title="Deliveries; times are UTC",
        columns=(
            *("number", "what", "unit", "as_of_date", "edition", "channel", "recipient", "state"),
            *("attempts", "next_try", "detail"),
        ),
        right=("number", "edition", "attempts"),
    )
