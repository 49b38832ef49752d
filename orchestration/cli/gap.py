"""What closes a branch's gap, in actions, or what uses its headroom up: `gap`."""

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Final

import typer
from rich.markup import escape

from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.questions import gaps
from transforms.analysis.gap.answers import Answer, Asked, Gap, Pace
from transforms.analysis.scenario.model import WATERMARK
from transforms.catalogue.model import Better, Kind, Label, Unit
from transforms.errors import BranchmarkError
from transforms.scorecards import Status

_UNJUDGED: Final = Status.NO_TARGET.value
"""The published status of a figure that has a target, but no direction by the catalogue."""


class Side(StrEnum):
    """Which way a metric is held that the catalogue leaves open."""

    HIGHER = "higher"
    LOWER = "lower"


def gap(
    branch: Annotated[str, typer.Option("--branch", help="The branch.")],
    metric: Annotated[
        str, typer.Option("--metric", help="One metric; default all with a target, unverified.")
    ] = "",
    reading: Annotated[
        str, typer.Option("--reading", help="A reading; default the metric's own.")
    ] = "",
    as_of: MonthOption = "latest",
    rate: Annotated[
        str | None,
        typer.Option("--rate", help="Rate of new lending as a fraction, where the price matters."),
    ] = None,
    better: Annotated[
        Side | None,
        typer.Option("--better", help="For a metric that points neither way: higher or lower."),
    ] = None,
    verify: Annotated[
        bool | None,
        typer.Option(
            "--verify/--no-verify",
            help="Try each action on the book. Default: with --metric yes, without no.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """How far from its target a figure is, and which action of what amount closes it."""
    if reading and not metric:
        raise BranchmarkError("A reading is of one metric. Name it with --metric.")
    bank = Bank.at(root_of(workspace))
    asked = Asked(
        branch,
        metric,
        reading,
        rate=None if rate is None else _rate(rate),
        better=None if better is None else Better(better.value),
        verify=bool(metric) if verify is None else verify,
    )
    with console(error=True).status("opening") as status:
        found = gaps.gaps(
            bank,
            command_scope(bank),
            asked,
            as_of=month_of(as_of),
            progress=lambda text: status.update(escape(text)),
        )
    match output:
        case Format.JSON:
            told = [_told(one) for one in found]
            print_json(
                told[0] if metric else {"branch": branch, "verified": asked.verify, "gaps": told}
            )
        case Format.CSV:
            show([row for one in found for row in _flat(one)], output)
        case Format.TABLE:
            _print(found, asked)


def _rate(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise BranchmarkError(f"--rate {text!r} is no number. Write 0.0345 for 3.45 %.") from None
    if not found.is_finite() or found < 0 or found >= 1:
        raise BranchmarkError(f"--rate {text} is no rate. Write a fraction: 0.0345 is 3.45 %.")
    return found


def _told(one: Gap) -> dict[str, object]:
    tolerated = one.metric.kind is Kind.TOLERANCE
    told: dict[str, object] = {
        "metric": one.metric.metric_id,
        "reading": one.reading.name,
        "branch": one.branch,
        "as_of_date": one.as_of.isoformat(),
        "unit": one.metric.unit.value,
        "better": one.metric.better.value,
        "direction": None if one.direction is None else _both(one.direction),
        "target": exact(one.target),
        "value": exact(one.value),
        "gap": exact(one.distance),
        "status": one.status,
        "met": one.met,
        **_reason(one.reason),
        "actions": [_action(answer) for answer in one.answers],
        "run_rate": None if one.pace is None else _pace(one.pace),
    }
    if tolerated:
        told["headroom_amount"] = exact(one.headroom_amount)
        told["overdue_60_to_90"] = _watch(one)
    return told


def _action(one: Answer) -> dict[str, object]:
    return {
        "action": one.way.value,
        "amount": exact(one.amount),
        "unit": one.unit,
        "label": _both(one.label),
        "formula": one.formula or None,
        "possible": one.amount is not None,
        **_reason(one.reason),
        "all_there_is": one.all_of_it,
        "at_most": one.at_most,
        "note": None if one.note is None else _both(one.note),
        "like_loan": one.copied,
        "rate": exact(one.rate),
        "per_working_day": exact(one.per_working_day),
        "verified": one.verified,
        "value_after": exact(one.value_after),
        "status_after": one.status_after,
    }


def _reason(reason: Label | None) -> dict[str, object]:
    return {
        "reason": None if reason is None else reason.en,
        "reason_zh": None if reason is None else reason.zh,
    }


def _both(label: Label) -> dict[str, str]:
    return {"en": label.en, "zh": label.zh}


def _pace(pace: Pace) -> dict[str, object]:
    return {
        "until": pace.until.isoformat(),
        "target": exact(pace.full_target),
        "working_days_left": pace.days_left,
        "holidays_announced": pace.announced,
        "needed_per_working_day": exact(pace.needed),
        "since": pace.since.isoformat(),
        "working_days_gone": pace.days_gone,
        "so_far_per_working_day": exact(pace.so_far),
    }


def _watch(one: Gap) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [] if one.watch is None else one.watch.to_dicts()
    return [
        {name: exact(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in rows
    ]


def _flat(one: Gap) -> list[dict[str, object]]:
    """One row an action; a gap without any has one row."""
    own = {
        "metric": one.metric.metric_id,
        "reading": one.reading.name,
        "branch": one.branch,
        "as_of_date": one.as_of.isoformat(),
        "target": exact(one.target),
        "value": exact(one.value),
        "gap": exact(one.distance),
        "status": one.status,
    }
    names = (
        *("action", "amount", "unit", "reason", "verified", "value_after", "status_after"),
        "per_working_day",
    )
    actions = [_action(answer) for answer in one.answers]
    empty: list[dict[str, object]] = [
        {**dict.fromkeys(names), "reason": one.reason.en if one.reason else None}
    ]
    return [{**own, **{name: row[name] for name in names}} for row in actions or empty]


def _print(found: tuple[Gap, ...], asked: Asked) -> None:
    out = console()
    if not found:
        out.print(f"{asked.branch} has no metric with a target or limit.")
        return
    for one in found:
        _print_one(one, asked)
    answers = [answer for one in found for answer in one.answers]
    if any(answer.verified is not None for answer in answers):
        out.print(
            f"{WATERMARK.en}: each action was put to the book by itself, the month was computed with it, "
            "and nothing was stored."
        )
    elif any(answer.amount for answer in answers):
        out.print(
            "Not verified: these amounts follow from the published figures and were not tried on the "
            "book; --metric NAME --verify tries them one by one."
        )


def _print_one(one: Gap, asked: Asked) -> None:
    out = console()
    title = f"{one.branch}, {one.as_of}: {one.metric.label.en} ({one.reading.name})"
    if one.answers:
        show(
            [_line(answer, one) for answer in one.answers],
            Format.TABLE,
            title=title,
            columns=("what would", "amount", "unit", "a working day", "then", "status", "verified"),
            right=("amount", "a working day", "then"),
        )
    else:
        out.print(title)
    out.print(_stands(one))
    for answer in one.answers:
        if answer.amount is None:
            reason = "" if answer.reason is None else f": {answer.reason.en}"
            out.print(f"  {answer.label.en}: not possible{reason}.")
        elif answer.note is not None and asked.metric:
            out.print(f"  {answer.label.en}: {answer.note.en}")
    if one.direction is not None:
        out.print(f"  {one.direction.en[:1].upper()}{one.direction.en[1:]}.")
    if one.reason is not None:
        out.print(f"  {one.reason.en[:1].upper()}{one.reason.en[1:]}.")
    if one.pace is not None and asked.metric:
        _print_pace(one, one.pace)
    if one.watch is not None and asked.metric:
        _print_watch(one)
    out.print()


def _line(answer: Answer, one: Gap) -> dict[str, object]:
    money = answer.unit not in ("clients", "bp")
    amount = None if answer.amount is None else _number(answer.amount, money=money)
    return {
        "what would": answer.label.en + _bound(answer),
        "amount": amount,
        "unit": answer.unit,
        "a working day": None
        if answer.per_working_day is None
        else _number(answer.per_working_day, money=True),
        "then": None if answer.value_after is None else _value(answer.value_after, one),
        "status": None if answer.status_after == _UNJUDGED else answer.status_after,
        "verified": None if answer.verified is None else "yes" if answer.verified else "no",
    }


def _bound(answer: Answer) -> str:
    if answer.all_of_it:
        return " (all there is)"
    return " (at most)" if answer.at_most and answer.amount else ""


def _number(value: Decimal, *, money: bool) -> str:
    return f"{value:,.2f}" if money else str(exact(value))


def _value(value: Decimal, one: Gap) -> str:
    unit = one.metric.unit.value
    if unit == "ratio":
        return f"{value * 100:.4f} %"
    if unit == "currency":
        return f"{value:,.2f}"
    if unit == "count":
        return f"{value:,.2f}".removesuffix(".00")
    return f"{value:,.4f} {unit}" if unit in ("pp", "bp", "days") else f"{value:,.4f}"


def _change(value: Decimal, one: Gap) -> str:
    """A difference of two figures: of two ratios in percentage points."""
    return f"{value * 100:.4f} pp" if one.metric.unit is Unit.RATIO else _value(value, one)


def _stands(one: Gap) -> str:
    if one.metric.kind is Kind.TOLERANCE:
        amount = one.headroom_amount or Decimal(0)
        rest = (
            f"by limit times balance {amount:,.2f} may still turn bad"
            if amount >= 0
            else f"by limit times balance {-amount:,.2f} of bad loans are too many"
        )
        where = "headroom under" if one.value >= 0 else "over"
        return f"  {one.status}: {exact(abs(one.value))} pp {where} a limit of {exact(one.target)} %; {rest}."
    stands = f"  {_value(one.value, one)} against a target of {_value(one.target, one)}"
    if one.met is None:
        return f"{stands}."
    distance = abs(one.distance or Decimal(0))
    side = "ahead of" if one.met else "short of"
    if one.metric.better.value == "lower":
        side = "under" if one.met else "over"
    status = "not judged in the published figures" if one.status == _UNJUDGED else one.status
    stands += f": {_change(distance, one)} {side} it, {status}."
    done = "may be used up" if one.met else "is closed"
    closing = one.closing
    if not closing:
        return stands
    others = [way.label.en for way in one.answers if way.amount is not None and way not in closing]
    but = f", except: {'; '.join(others)}" if others else ""
    return f"{stands} It {done} by any one of the actions above{but}."


def _print_pace(one: Gap, pace: Pace) -> None:
    out = console()
    days = f"{pace.days_left} working days are left until {pace.until}"
    if not pace.announced:
        days += " (holidays not all announced: Monday to Friday counted)"
    needed = (
        f"; {_change(pace.needed, one)} a working day is needed to reach {_value(pace.full_target, one)}"
        if pace.needed is not None
        else ""
    )
    so_far = (
        "the pace so far is not known, since the year end is not published"
        if pace.so_far is None
        else f"so far it moved {_change(pace.so_far, one)} a working day since {pace.since}"
    )
    out.print(f"  {days}{needed}; {so_far}.")


def _print_watch(one: Gap) -> None:
    rows = _watch(one)
    if not rows:
        console().print("  No loan of it is overdue more than 60 and at most 90 days.")
        return
    show(
        [
            {
                "loan": row["loan_id"],
                "borrower": row["borrower_id"],
                "branch": row["branch_id"],
                "days": row["days_past_due"],
                "balance": row["balance"],
                "cumulated": row["cumulated"],
                "headroom pp": row["headroom_pp"],
                "": "the limit breaks here" if row["breaks"] else None,
            }
            for row in rows
        ],
        Format.TABLE,
        title="Overdue more than 60 and at most 90 days, the largest first",
        right=("days", "balance", "cumulated", "headroom pp"),
    )
