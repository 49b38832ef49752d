"""A branch's dry run before cut-off: `check`. Nothing is stored."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

import polars as pl
import typer
from rich.markup import escape

from orchestration import checking
from orchestration.bank import Bank
from orchestration.checking import EFFECT, Checked
from orchestration.cli.acting import command_scope
from orchestration.cli.deliver import print_receipt
from orchestration.cli.options import (
    DeliveredMonthOption,
    FilesArgument,
    FormatOption,
    MappingOption,
    WorkspaceOption,
    root_of,
)
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.receipts import as_json
from transforms.mappings.model import CANONICAL
from transforms.periods import parse_month_end
from transforms.worklist import REMEDIES, Kind

_PERCENT: Final = frozenset({"ratio"})
_FIRST: Final = 20
"""So many items are printed for people; all of them go to a pipe."""


def check(
    branch: Annotated[str, typer.Option("--branch", help="The branch whose draft it is.")],
    files: FilesArgument = None,
    mapping: MappingOption = CANONICAL,
    as_of: DeliveredMonthOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What a draft would give the branch, and which loans to mend first; nothing is stored."""
    bank = Bank.at(root_of(workspace))
    day = parse_month_end(as_of) if as_of else None
    with console(error=True).status("opening") as status:
        checked = checking.check(
            bank,
            command_scope(bank),
            files or (),
            mapping=mapping,
            branch=branch,
            as_of=day,
            progress=lambda text: status.update(escape(text)),
        )
    match output:
        case Format.JSON:
            print_json(
                {
                    "branch": checked.branch,
                    "others_as_of": checked.others_as_of and checked.others_as_of.isoformat(),
                    "left_aside": checked.left_aside,
                    "receipt": as_json(checked.receipt),
                    "rejected": _plain(checked.rejected),
                    "findings": _plain(checked.findings),
                    "failing_rows": _plain(checked.failing),
                    "figures": _plain(checked.figures),
                    "work": [
                        {**one.row, "rows": one.rows, "effects": one.effects}
                        for one in _items(checked)
                    ],
                }
            )
        case Format.CSV:
            show(_flat(checked), output)
        case Format.TABLE:
            _print(checked)


def _print(checked: Checked) -> None:
    out = console()
    print_receipt(checked.receipt, stored=False)
    if not checked.rejected.is_empty():
        show(
            [
                {
                    "file": row["source_file"],
                    "row": row["row_in_file"],
                    "rules": ", ".join(row["rule_ids"]),
                    "remedy": " ".join(row["remedies_en"]),
                }
                for row in checked.rejected.head(_FIRST).to_dicts()
            ],
            Format.TABLE,
            title=f"Rows that count nowhere ({min(_FIRST, checked.rejected.height)} of "
            f"{checked.rejected.height:,})",
            right=("row",),
        )
    if checked.left_aside:
        out.print(
            f"{checked.left_aside:,} loans of other branches in the draft were left aside: it was "
            f"checked for {checked.branch}."
        )
    others = (
        f"Other branches stand as delivered for {checked.others_as_of}."
        if checked.others_as_of
        else "No other branch has been delivered: bank-wide references rest on this draft alone."
    )
    out.print(others)
    figures = checked.figures.to_dicts()
    show(
        [
            {
                "metric": row["metric_id"],
                "published": _value(row["published"], row["unit"]),
                "draft": _value(row["draft"], row["unit"]),
                "target": _value(row["target"], row["unit"]),
                "status": row["status"],
                "if all is mended": _value(row["mended"], row["unit"]),
                "then": row["mended_status"],
            }
            for row in figures
        ],
        Format.TABLE,
        title=f"{checked.branch}, {checked.receipt.as_of_date}: own targets and limits",
        right=("published", "draft", "target", "if all is mended"),
    )
    findings = checked.findings.group_by(
        "rule_id", "severity", "table", "remedy_en", maintain_order=True
    ).agg(rows=pl.col("failing_rows").sum(), amount=pl.col("failing_amount").sum())
    if not findings.is_empty():
        show(
            [
                {
                    "rule": row["rule_id"],
                    "severity": row["severity"],
                    "table": row["table"],
                    "rows": row["rows"],
                    "amount": exact(row["amount"], places=2) if row["amount"] else "-",
                    "remedy": row["remedy_en"],
                }
                for row in findings.to_dicts()
            ],
            Format.TABLE,
            title="Findings; `--format json` lists every row",
            right=("rows", "amount"),
        )
    work = _items(checked)
    if not work:
        out.print("There is nothing to mend: no tag, list, evidence or green item costs a figure.")
        return
    show(
        [
            {
                "what": one.row["kind"],
                "loan": one.row["loan_id"] or f"all of {one.row['borrower_id']}",
                "amount": _value(one.row["amount"], "currency"),
                "now": one.row["now"],
                "tried": one.row["mended"] or "nothing fits",
                "effect": "; ".join(_told(effect) for effect in one.effects) or "none",
            }
            for one in work[:_FIRST]
        ],
        Format.TABLE,
        title="To mend, the most helpful first",
        right=("amount",),
    )
    if len(work) > _FIRST:
        out.print(f"{len(work) - _FIRST:,} more; `--format csv` lists them all.")
    for kind in dict.fromkeys(str(one.row["kind"]) for one in work):
        out.print(f"{kind}: {REMEDIES[Kind(kind)][0]}")


def _told(effect: dict[str, object]) -> str:
    before, after = (
        _value(effect["before"], effect["unit"]),
        _value(effect["after"], effect["unit"]),
    )
    said = f"{effect['metric_id']} {before} -> {after}"
    if effect["status_before"] != effect["status_after"]:
        said += f" ({effect['status_before']} -> {effect['status_after']})"
    return said


def _value(value: object, unit: object) -> str:
    """A figure for people: shares in per cent, the rest as it is."""
    if value is None:
        return "-"
    number = Decimal(str(value))
    if unit in _PERCENT:
        return f"{number * 100:.4f} %"
    return (exact(number, places=2) if unit == "currency" else exact(number)) or "-"


def _plain(frame: pl.DataFrame) -> list[dict[str, object]]:
    return [
        {name: exact(v) if isinstance(v, Decimal) else v for name, v in row.items()}
        for row in frame.to_dicts()
    ]


@dataclass(frozen=True)
class _Item:
    """Something to mend, as plain values, with the rows it is mended in and its effects."""

    row: dict[str, object]
    rows: list[dict[str, object]]
    effects: list[dict[str, object]]


def _items(checked: Checked) -> list[_Item]:
    effects, rows = _by_item(checked.effects), _by_item(checked.rows)
    found = []
    for row in _plain(checked.work):
        item = str(row.pop("item"))
        remedy = REMEDIES[Kind(str(row["kind"]))][0]
        found.append(_Item({**row, "remedy": remedy}, rows.get(item, []), effects.get(item, [])))
    return found


def _by_item(frame: pl.DataFrame) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for row in _plain(frame):
        found.setdefault(str(row.pop("item")), []).append(row)
    return found


def _flat(checked: Checked) -> list[dict[str, object]]:
    """One row an item and effect; an item without effects has one row."""
    names = [name for name in EFFECT if name != "item"]
    return [
        {**one.row, **dict.fromkeys(names), **effect}
        for one in _items(checked)
        for effect in (one.effects or [{}])
    ]
