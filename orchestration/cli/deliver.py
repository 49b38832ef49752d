"""Delivering a book: `ingest`."""

from typing import Annotated, Final

import typer
from rich.markup import escape

from orchestration import intake
from orchestration.bank import Bank
from orchestration.cli.options import (
    DeliveredMonthOption,
    FilesArgument,
    FormatOption,
    MappingOption,
    WorkspaceOption,
    root_of,
)
from orchestration.cli.output import Format, console, print_json, show
from orchestration.receipts import Receipt, as_json, as_json_table
from transforms.errors import visible
from transforms.mappings.model import CANONICAL
from transforms.periods import parse_month_end

_COUNTS: Final = ("delivered_rows", "accepted_rows", "rejected_rows", "outside_rows")
_AMOUNTS: Final = ("delivered_amount", "accepted_amount", "rejected_amount")


def ingest(
    files: FilesArgument = None,
    mapping: MappingOption = CANONICAL,
    as_of: DeliveredMonthOption = None,
    table: Annotated[
        str | None,
        typer.Option("--table", help="Table of a canonical file, if its name does not say."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why a month is delivered again.")
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Deliver a book for a month: what was accepted, what was rejected, and why."""
    bank = Bank.at(root_of(workspace))
    day = parse_month_end(as_of) if as_of else None
    with console(error=True).status("opening") as status:
        receipt = intake.ingest(
            bank,
            files or (),
            mapping=mapping,
            as_of=day,
            table=table,
            reason=reason,
            progress=lambda text: status.update(escape(text)),
        )
    match output:
        case Format.JSON:
            print_json(as_json(receipt))
        case Format.CSV:
            show([dict(as_json_table(one)) for one in receipt.tables], output)
        case Format.TABLE:
            print_receipt(receipt)


def print_receipt(receipt: Receipt, *, stored: bool = True) -> None:
    """The account of a delivery for people, or of a draft that is not stored."""
    out = console()
    if stored:
        state = "is unchanged, version" if receipt.unchanged else "is delivered as version"
        out.print(f"{receipt.as_of_date} {state} {receipt.snapshot_version}.")
    else:
        out.print(f"A draft for {receipt.as_of_date}; nothing is stored.")
    for table in receipt.tables:
        out.print(visible(f"{table.table}: {', '.join(table.source_files)} {table.read_as}."))
    show(
        [as_json_table(one) for one in receipt.tables],
        Format.TABLE,
        columns=("table", *_COUNTS, *_AMOUNTS),
        right=(*_COUNTS, *_AMOUNTS),
    )
    if receipt.findings:
        show(
            [
                {
                    "rule": finding.rule_id,
                    "table": finding.table,
                    "rows": finding.rows,
                    "amount": finding.amount,
                    "reason": finding.reason,
                    "remedy": finding.remedy,
                }
                for finding in receipt.findings
            ],
            Format.TABLE,
            title="Rejected rows, kept as delivered",
            right=("rows", "amount"),
        )
    for table in receipt.tables:
        unmeasured = [
            f"{rows:,} rows {why}"
            for rows, why in (
                (table.rows_without_amount, "whose amount cannot be read"),
                (table.rows_without_rate, "in a currency without a rate"),
            )
            if rows
        ]
        if unmeasured:
            out.print(f"{table.table}: the sums leave out {' and '.join(unmeasured)}.")
    for note in receipt.notes:
        out.print(visible(f"Note: {note}"))
    if receipt.gate is not None and not receipt.gate.passes:
        out.print(f"This month cannot be published: {receipt.gate.said}.")
    elif stored and not receipt.unchanged:
        out.print("Publish it: branchmark build")
