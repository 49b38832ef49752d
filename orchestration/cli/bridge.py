"""`bridge`: why a figure moved between two month ends, split exactly over causes, branches or loans."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final

import polars as pl
import typer

from orchestration.bank import Bank
from orchestration.cli import accounts
from orchestration.cli.acting import command_scope
from orchestration.cli.options import FormatOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show, stream
from orchestration.questions.bridge_asked import Asked, By, OverTree
from orchestration.questions.bridge_children import Children
from orchestration.questions.bridging import Bridge
from records.published import Known
from transforms.analysis.bridge.causes import LABELS, MEANINGS, Cause
from transforms.analysis.bridge.effects import rounded
from transforms.catalogue.model import Kind, Unit
from transforms.errors import BranchmarkError
from transforms.periods import previous_year_end

_SHOWN: Final = 50
_LONG: Final = 1_000_000
"""The command line works on a workspace that its user can read whole."""


@dataclass(frozen=True)
class _Told:
    """How a unit is printed for people: the power of ten, decimals, and what stands behind."""

    scale: int
    places: int
    value: str
    change: str

    def figure(self, value: Decimal | None) -> str | None:
        """A figure, already rounded."""
        return None if value is None else f"{value:,.{self.places}f}{self.value}"

    def effect(self, value: Decimal | None) -> str | None:
        """A change, already rounded, with its sign."""
        return None if value is None else f"{value:+,.{self.places}f}{self.change}"


_UNITS: Final = {
    Unit.RATIO: _Told(2, 4, " %", " pp"),
    Unit.PP: _Told(0, 4, " pp", " pp"),
    Unit.BP: _Told(0, 4, " bp", " bp"),
    Unit.CURRENCY: _Told(0, 2, "", ""),
    Unit.COUNT: _Told(0, 0, "", ""),
}
_OTHER: Final = _Told(0, 4, "", "")


def bridge(
    metric: Annotated[str | None, typer.Option("--metric", help="The metric.")] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="A month end (YYYY-MM-DD). Default: the year end before --to."),
    ] = None,
    end: Annotated[
        str, typer.Option("--to", help="A later month end (YYYY-MM-DD), or `latest`.")
    ] = "latest",
    branch: Annotated[
        str | None, typer.Option("--branch", help="The branch; default the head.")
    ] = None,
    reading: Annotated[
        str | None, typer.Option("--reading", help="The reading; default the metric's own.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="cause, branch or loan.")] = By.CAUSE,
    cause: Annotated[
        Cause | None, typer.Option("--cause", help="With --by loan: only what this cause did.")
    ] = None,
    known: Annotated[
        Known, typer.Option("--known", help="now: as known today; reported: as first reported.")
    ] = Known.NOW,
    tree: Annotated[
        OverTree,
        typer.Option(
            "--tree", help="then: the start as organised then; today: by today's branches."
        ),
    ] = OverTree.THEN,
    explain_order: Annotated[
        bool,
        typer.Option("--explain-order", help="The causes, in the order of the walk, and stop."),
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Why a share, ratio, total or gap moved between two month ends, split exactly over its causes."""
    if explain_order:
        _explain(output)
        return
    if metric is None:
        raise BranchmarkError("Say which metric: --metric NAME. `branchmark catalogue` lists them.")
    if cause is not None and by is not By.LOAN:
        raise BranchmarkError(f"--cause {cause} picks loans. Give --by loan with it.")
    bank = Bank.at(root_of(workspace))
    last = bank.published.require(month_of(end))
    first = month_of(start) if start is not None else _year_end(bank, last)
    asked = Asked(metric, bank.published.require(first), last, branch, reading, known, tree)
    made = Bridge.of(bank, command_scope(bank), asked)
    made.check_ends()
    match by:
        case By.CAUSE:
            _by_cause(made, output)
        case By.BRANCH:
            _by_branch(made, output)
        case By.LOAN:
            _by_loan(made, cause, output)
    if output is Format.TABLE:
        accounts.tell(
            bank, command_scope(bank), first if first is not None else last, branch=made.node
        )
        accounts.tell(bank, command_scope(bank), last, branch=made.node)


def _year_end(bank: Bank, last: date) -> date:
    """The year end before a month, where a bridge begins that is not told where.

    Raises:
        BranchmarkError: if it is not published.
    """
    day = previous_year_end(last)
    if day not in bank.published.newest_versions():
        raise BranchmarkError(
            f"Without --from a bridge begins at the year end before, and {day} is not published. Give --from "
            "with a published month end."
        )
    return day


def _explain(output: Format) -> None:
    rows: list[dict[str, object]] = [
        {
            "step": number,
            "cause": one.value,
            "label": LABELS[one].en,
            "label_zh": LABELS[one].zh,
            "measures": MEANINGS[one].en,
            "measures_zh": MEANINGS[one].zh,
        }
        for number, one in enumerate(MEANINGS, 1)
    ]
    show(rows, output, title="The causes, in order", columns=("step", "cause", "label", "measures"))


def _head(made: Bridge) -> dict[str, object]:
    return {
        "metric": made.metric.metric_id,
        "reading": made.reading.name,
        "branch": made.node,
        "from": made.asked.start.isoformat(),
        "to": made.asked.end.isoformat(),
        "known": made.asked.known.value,
        "tree": made.asked.tree.value,
        "unit": made.unit.value,
        "start": exact(made.start),
        "end": exact(made.end),
        "change": exact(made.change),
    }


def _title(made: Bridge, what: str) -> str:
    return (
        f"{made.metric.label.en}, {made.node}, {made.asked.start} to {made.asked.end}, "
        f"reading {made.reading.name}: {what}"
    )


def _sides(made: Bridge) -> tuple[str, str]:
    """What the two effects of a cause are called."""
    if made.metric.kind is Kind.GAP:
        return "minuend_effect", "subtrahend_effect"
    return "numerator_effect", "denominator_effect"


def _halves(effects: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Effects of a quotient above and below; of a gap those of its two metrics."""
    if len(effects) == 2:  # noqa: PLR2004 - above and below
        return effects[0], effects[1]
    return effects[0] + effects[1], effects[2] + effects[3]


def _by_cause(made: Bridge, output: Format) -> None:
    one, other = _sides(made)
    parts: list[dict[str, object]] = []
    for printed in made.printed():
        first, second = _halves(printed.effects)
        label = LABELS[printed.part.cause]
        parts.append(
            {
                "cause": printed.part.cause.value,
                "label": label.en,
                "label_zh": label.zh,
                "amount": exact(printed.amount),
                "numerator": exact(printed.part.numerator),
                "denominator": exact(printed.part.denominator),
                one: exact(first),
                other: exact(second),
            }
        )
    match output:
        case Format.JSON:
            notes = [{"en": note.en, "zh": note.zh} for note in made.notes]
            print_json({**_head(made), "parts": parts, "notes": notes})
        case Format.CSV:
            show(parts, output)
        case Format.TABLE:
            _print(made)


def _print(made: Bridge) -> None:
    told = _UNITS.get(made.unit, _OTHER)
    unit = Decimal(1).scaleb(-told.places)
    start, end = ((one.scaleb(told.scale)).quantize(unit) for one in (made.start, made.end))
    one, other = _sides(made)
    plain = {"numerator": None, "denominator": None, one: None, other: None}
    rows: list[dict[str, object]] = [
        {"cause": f"{made.asked.start}", "effect": told.figure(start), **plain}
    ]
    for printed in made.printed(told.places, scale=told.scale):
        first, second = _halves(printed.effects)
        part = printed.part
        rows.append(
            {
                "cause": LABELS[part.cause].en,
                "effect": told.effect(printed.amount),
                "numerator": _money(part.numerator),
                "denominator": _money(part.denominator),
                one: told.effect(first),
                other: told.effect(second),
            }
        )
    rows.append({"cause": f"{made.asked.end}", "effect": told.figure(end), **plain})
    columns = ["cause", "effect"]
    if any(row["numerator"] is not None for row in rows):
        columns += ["numerator"]
    if any(row["denominator"] is not None for row in rows):
        columns += ["denominator"]
    if made.unit is not Unit.CURRENCY and made.unit is not Unit.COUNT:
        columns += [one, other]
    if made.unit in (Unit.CURRENCY, Unit.COUNT):
        columns = columns[:2]
    show(
        rows,
        Format.TABLE,
        title=_title(made, f"changed by {told.effect(end - start)}"),
        columns=columns,
        right=columns[1:],
    )
    for note in made.notes:
        console().print(note.en)


def _money(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:+,.2f}"


def _by_branch(made: Bridge, output: Format) -> None:
    children = Children(made)
    found = children.contributions
    people = output is Format.TABLE
    told = _UNITS.get(made.unit, _OTHER)
    places, scale = (told.places, told.scale) if people else (made.places, 0)
    unit = Decimal(1).scaleb(-places)
    start, end = (one.scaleb(scale).quantize(unit) for one in (made.start, made.end))
    halves = [half for one, _ in found for half in (one.within, one.mix)]
    parts = made.adding_up(halves, end - start, places, scale)
    effects = made.adding_up([own for _, own in found], end - start, places, scale)
    rows: list[dict[str, object]] = []
    for number, (one, _) in enumerate(found):
        name = children.names.get(one.child)
        within, mix = parts[2 * number : 2 * number + 2]
        ends = [_rounded(value, places, scale) for value in children.values_of(one.child)]
        rows.append(
            {
                "branch": one.child,
                "branch_name": None if name is None else name.en,
                "branch_name_zh": None if name is None else name.zh,
                "booked_at_the_node": one.child == made.node,
                "side_of_the_bank": one.child == children.bank,
                "start": ends[0],
                "end": ends[1],
                "amount": within + mix,
                "within": within,
                "mix": mix,
                "effect_of_own_loans": effects[number],
            }
        )
    if people:
        _print_branches(made, rows, end - start)
        return
    plain = [
        {name: exact(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in rows
    ]
    if output is Format.JSON:
        notes = [{"en": note.en, "zh": note.zh} for note in made.notes]
        print_json({**_head(made), "branches": plain, "notes": notes})
    else:
        show(plain, output)


def _rounded(value: Fraction | None, places: int, scale: int) -> Decimal | None:
    """A fraction as a decimal, so many powers of ten larger; nothing for nothing."""
    return None if value is None else rounded(value * 10**scale, places)


def _print_branches(made: Bridge, rows: list[dict[str, object]], change: Decimal) -> None:
    told = _UNITS.get(made.unit, _OTHER)
    shown: list[dict[str, object]] = []
    for row in sorted(rows, key=lambda one: (-abs(_number(one["amount"])), str(one["branch"]))):
        name = row["branch_name"] or ""
        if row["booked_at_the_node"]:
            name = f"{name} (booked there itself)"
        elif row["side_of_the_bank"]:
            name = f"{name} (the whole bank's side of the gap)"
        ends = [None if row[k] is None else _number(row[k]) for k in ("start", "end")]
        shown.append(
            {
                "branch": row["branch"],
                "name": name,
                "start": told.figure(ends[0]),
                "end": told.figure(ends[1]),
                "part": told.effect(_number(row["amount"])),
                "within": told.effect(_number(row["within"])),
                "mix": told.effect(_number(row["mix"])),
                "by its own loans": told.effect(_number(row["effect_of_own_loans"])),
            }
        )
    columns = ["branch", "name", "start", "end", "part", "within", "mix", "by its own loans"]
    if all(row["start"] is None and row["end"] is None for row in shown):
        # Of a gap to the whole bank a child's own figure is not made here.
        columns = [name for name in columns if name not in ("start", "end")]
    if made.unit is Unit.CURRENCY:
        columns = columns[:5]
    show(
        shown,
        Format.TABLE,
        title=_title(made, f"changed by {told.effect(change)}"),
        columns=columns,
        right=columns[2:],
    )
    if made.unit is not Unit.CURRENCY:
        console().print(
            "Within: the branch's own figure changed. Mix: its weight did. Both make its part. The parts, "
            "and what the branches' own loans did, add up to the change."
        )
    for note in made.notes:
        console().print(note.en)


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _by_loan(made: Bridge, cause: Cause | None, output: Format) -> None:
    rows = made.by_loan(cause)
    if output is not Format.TABLE:
        count = rows.select(pl.len()).collect().item()
        ordered = rows.sort("loan_id") if count <= _LONG else rows
        stream(
            ordered.with_columns(_text(n) for n in ("amount", "numerator", "denominator")), output
        )
        return
    told = _UNITS.get(made.unit, _OTHER)
    count, amount, top, under = (
        rows.select(pl.len(), *(pl.col(n).sum() for n in ("amount", "numerator", "denominator")))
        .collect()
        .row(0)
    )
    shown = rows.sort(pl.col("amount").abs(), "loan_id", descending=[True, False]).head(_SHOWN)
    listed = [
        {
            **row,
            "effect": told.effect(_rounded(Fraction(row["amount"]), told.places, told.scale)),
            "numerator": _money(row["numerator"]),
            "denominator": _money(row["denominator"]),
        }
        for row in shown.collect().to_dicts()
    ]
    what = (
        "the loans behind the change" if cause is None else f"the loans behind: {LABELS[cause].en}"
    )
    columns = [
        "loan_id",
        "borrower_id",
        "branch_id",
        "effect",
        "numerator",
        "denominator",
        "causes",
    ]
    if made.metric.kind is Kind.GAP:
        columns = [name for name in columns if name not in ("numerator", "denominator")]
    elif made.unit is Unit.CURRENCY:
        columns = [name for name in columns if name not in ("effect", "denominator")]
    show(
        listed,
        Format.TABLE,
        title=_title(made, what),
        columns=columns,
        right=("effect", "numerator", "denominator"),
    )
    more = f" The {_SHOWN} largest are shown; --format csv gives all." if count > _SHOWN else ""
    sums = [told.effect(_rounded(Fraction(amount), told.places, told.scale))]
    if made.metric.kind is not Kind.GAP and made.unit is not Unit.CURRENCY:
        sums += [f"{_money(one)} {side}" for one, side in ((top, "above"), (under, "below"))]
    console().print(f"{count:,} loans; they add up to {', '.join(map(str, sums))}.{more}")


def _text(name: str) -> pl.Expr:
    """A decimal as text without needless zeros."""
    text = pl.col(name).cast(pl.String)
    return text.str.replace(r"(\.\d*?)0+$", "$1").str.replace(r"\.$", "").alias(name)
