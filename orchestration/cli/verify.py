"""Proving that what the bank keeps is as it was kept: `verify`."""

from typing import Annotated

import typer
from rich.markup import escape

from orchestration.bank import SYSTEM, Bank
from orchestration.cli.options import FormatOption, WorkspaceOption, month_or_all, root_of
from orchestration.cli.output import Format, console, print_json, show
from records.verification import Finding, Kept, Outcome, Verdict, verified
from transforms.errors import visible

_SHOWN = 20


def verify(
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", help="A month end, `latest`, or `all`. The chain is verified whole."
        ),
    ] = "all",
    anchor: Annotated[
        str | None,
        typer.Option(
            "--anchor", help="An anchor as a report prints it, 123:abcdef012345…, to prove."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Prove the audit log, signed reports, deliveries and publications; exit code 1 on any fault."""
    bank = Bank.at(root_of(workspace))
    day, every = month_or_all(as_of)
    if not every:
        day = bank.published.require(day)
    kept = Kept(SYSTEM, bank.workspace, bank.ledger, bank.deliveries, bank.published.pinned())
    with console(error=True).status("verifying") as status:
        outcomes = list(
            verified(kept, as_of=day, anchor=anchor, told=lambda text: status.update(escape(text)))
        )
    number, hashed = bank.ledger.chain.head()
    told = f"{number}:{hashed}"
    if output is Format.JSON:
        print_json({"anchor": told, "checks": [_as_json(one) for one in outcomes]})
    else:
        show([_row(one) for one in outcomes], output, right=("examined", "faults", "outdated"))
        out = console(error=output is Format.CSV)
        for one in outcomes:
            _print(one, output)
        out.print(f"The chain ends with {told}", soft_wrap=True)
    if any(one.verdict is Verdict.FAULT for one in outcomes):
        raise typer.Exit(1)


def _print(outcome: Outcome, output: Format) -> None:
    """What was found, faults first; a check that found very much shows the beginning."""
    out = console(error=output is Format.CSV)
    found = sorted(outcome.findings, key=lambda one: not one.is_fault)
    for one in found[:_SHOWN]:
        out.print(visible(f"{_kind(one)}: {one.sentence} {one.way_out}"), soft_wrap=True)
    if len(found) > _SHOWN:
        out.print(f"{outcome.check}: {len(found) - _SHOWN} more; --format json shows all of them.")


def _kind(finding: Finding) -> str:
    return "Fault" if finding.is_fault else "Outdated"


def _row(outcome: Outcome) -> dict[str, object]:
    faults = sum(one.is_fault for one in outcome.findings)
    return {
        "check": outcome.check,
        "examined": outcome.examined,
        "of": outcome.of,
        "faults": faults,
        "outdated": len(outcome.findings) - faults,
        "verdict": outcome.verdict.value,
    }


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        **_row(outcome),
        "findings": [
            {
                "kind": _kind(one).lower(),
                "subject": one.subject,
                "sentence": one.sentence,
                "way_out": one.way_out,
            }
            for one in outcome.findings
        ],
    }
