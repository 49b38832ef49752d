"""What a few actions would change: `whatif`. Marked as a scenario in every format, and never stored."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape

from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.questions import whatif as trying
from orchestration.questions.whatif import Outcome, Scenario
from transforms.analysis.scenario.model import VERBS, WATERMARK, Action, Done, Verb
from transforms.catalogue.load import unknown_metric
from transforms.errors import BranchmarkError


def whatif(
    branch: Annotated[
        str | None, typer.Option("--branch", help="Where it is done, if the scenario does not say.")
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", help="A YAML file with a list of actions.")
    ] = None,
    lend: Annotated[
        str | None, typer.Option("--lend", help="New lending of an amount in base currency.")
    ] = None,
    like: Annotated[
        str,
        typer.Option(
            "--like",
            help="What new lending is like: a loan flag, METRIC or METRIC:READING that counts it, a loan.",
        ),
    ] = "",
    clients: Annotated[
        int | None,
        typer.Option("--clients", help="How many new clients; default as lines ask for."),
    ] = None,
    existing: Annotated[
        bool, typer.Option("--existing", help="Lend to the client of the loan that is copied.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A column of new loans or clients, as NAME=VALUE."),
    ] = None,
    run_off: Annotated[
        str | None, typer.Option("--run-off", help="An amount that is repaid, or loan numbers.")
    ] = None,
    of: Annotated[
        list[str] | None, typer.Option("--of", help="A flag of the loans that it is done to.")
    ] = None,
    but_not: Annotated[
        list[str] | None, typer.Option("--but-not", help="A flag that they do not meet.")
    ] = None,
    how: Annotated[
        str,
        typer.Option(
            "--how", help="How loans are taken: largest_first, as without it, or pro_rata."
        ),
    ] = "",
    turn_npl: Annotated[
        str | None,
        typer.Option(
            "--turn-npl",
            help="Loans that turn bad: an amount, loan numbers, or `overdue` for those of 60 to 90 days.",
        ),
    ] = None,
    cure: Annotated[
        str | None,
        typer.Option("--cure", help="Bad loans that perform again: an amount or loan numbers."),
    ] = None,
    recover: Annotated[
        str | None,
        typer.Option("--recover", help="Bad loans repaid in cash: an amount or loan numbers."),
    ] = None,
    write_off: Annotated[
        str | None,
        typer.Option("--write-off", help="Bad loans written off: an amount or loan numbers."),
    ] = None,
    first_time: Annotated[
        int | None, typer.Option("--first-time", help="So many first-time clients with evidence.")
    ] = None,
    technology: Annotated[
        bool, typer.Option("--technology", help="They are on a technology list.")
    ] = False,
    reprice: Annotated[
        str | None, typer.Option("--reprice", help="Basis points on the rates of the stock.")
    ] = None,
    as_of: MonthOption = "latest",
    metric: Annotated[str | None, typer.Option("--metric", help="One metric; default all.")] = None,
    everywhere: Annotated[
        bool,
        typer.Option("--everywhere", help="In a table also the branches beside; others always do."),
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What new lending, run-off, bad loans or their resolution would change; nothing is stored."""
    chosen: dict[str, object] = {"of": list(of or []), "but_not": list(but_not or []), "how": how}
    alike: dict[str, object] = {"like": like, "set": _cells(set_ or [])}
    lent = {"clients": clients, "existing": existing}
    # What new lending is like goes with `--lend`, if it is there.
    first = {"technology": technology, **({} if lend is not None else alike)}
    rates = {name: value for name, value in chosen.items() if name != "how"}
    words = [
        *_named("lend", lend, {**lent, **alike}),
        *_named("run_off", run_off, chosen),
        *_named("turn_npl", turn_npl, chosen),
        *_named("cure", cure, chosen),
        *_named("recover", recover, chosen),
        *_named("write_off", write_off, chosen),
        *_named("first_time_clients", None if first_time is None else str(first_time), first),
        *_named("reprice", reprice, rates),
    ]
    _used({**chosen, **alike, **lent, "technology": technology}, words)
    bank = Bank.at(root_of(workspace))
    tried = _scenario(words, scenario, branch)
    if metric is not None and metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    with console(error=True).status("opening") as status:
        outcome = trying.run(
            bank,
            command_scope(bank),
            tried,
            as_of=month_of(as_of),
            progress=lambda text: status.update(escape(text)),
        )
    rows = outcome.changes
    if metric is not None:
        rows = rows.filter(pl.col("metric_id") == metric)
    told = [_row(row) for row in rows.to_dicts()]
    match output:
        case Format.JSON:
            print_json(_whole(outcome, told))
        case Format.CSV:
            show([{"scenario": WATERMARK.en, **row} for row in told], output)
        case Format.TABLE:
            _print(outcome, told, everywhere=everywhere)


def _scenario(words: list[dict[str, object]], path: Path | None, branch: str | None) -> Scenario:
    actions = tuple(trying.action_of(row, branch, "The command line") for row in words)
    if path is None:
        if not actions:
            raise BranchmarkError(
                "Nothing is to be done. Name an action, such as --lend 200000000 --like is_sei_confirmed, "
                "or a file with --scenario."
            )
        return Scenario("", actions)
    read = trying.read(path, branch)
    return Scenario(read.name, (*read.actions, *actions))


def _named(verb: str, given: str | None, more: Mapping[str, object]) -> list[dict[str, object]]:
    """An action in words, if it was asked for."""
    if given is None:
        return []
    plain = verb in ("lend", "first_time_clients", "reprice")
    return [{verb: given if plain else _object(given), **more}]


def _used(options: Mapping[str, object], words: list[dict[str, object]]) -> None:
    """Refuse an option that goes with none of the actions: it would do nothing, without a word."""
    said = {name for row in words for name in row}
    for name, value in options.items():
        if value and name not in said:
            raise BranchmarkError(
                f"--{name.replace('_', '-')} goes with none of the actions named as options. Leave it "
                "out, or name the action it belongs to."
            )


def _cells(given: list[str]) -> dict[str, object]:
    cells: dict[str, object] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise BranchmarkError(f"--set {one!r} sets nothing. Write --set NAME=VALUE.")
        cells[name.strip()] = value.strip()
    return cells


def _object(given: str) -> object:
    """An amount or a word as it is; loan numbers, one or several with commas, as a list."""
    plain = given.replace(",", "").replace("_", "").lstrip("+-").replace(".", "", 1)
    if plain.isdecimal() or given == "overdue":
        return given
    return [one.strip() for one in given.split(",") if one.strip()]


def _whole(outcome: Outcome, told: list[dict[str, object]]) -> dict[str, object]:
    return {
        "scenario": True,
        "watermark": {"en": WATERMARK.en, "zh": WATERMARK.zh},
        "stored": False,
        "name": outcome.scenario.name,
        "as_of_date": outcome.as_of.isoformat(),
        "actions": [_done(one) for one in outcome.done],
        "figures": outcome.figures,
        "changed": outcome.changes.height,
        "changes": told,
    }


def _done(done: Done) -> dict[str, object]:
    action = done.action
    return {
        "action": action.verb.value,
        "label": {"en": VERBS[action.verb].en, "zh": VERBS[action.verb].zh},
        "branch": action.branch,
        "asked": exact(action.amount),
        "amount": exact(done.amount),
        "loans": done.loans,
        "clients": done.clients,
        "like": action.like or action.template or None,
        "copied": done.copied or None,
        "of": list(action.of),
        "but_not": list(action.but_not),
        "overdue": action.overdue,
        "how": action.how.value,
        "set": {name: str(value) for name, value in action.given.items()},
        "flags": list(done.flags),
        "touched": list(done.touched),
        "split": done.split or None,
    }


def _row(row: Mapping[str, object]) -> dict[str, object]:
    def text(name: str) -> str | None:
        value = row[name]
        return exact(value) if isinstance(value, Decimal) else None

    return {
        "metric": row["metric_id"],
        "reading": row["reading"],
        "branch": row["branch_id"],
        "unit": row["unit"],
        "before": text("value"),
        "after": text("value_after"),
        "change": text("change"),
        "target": text("target_value"),
        "status_before": row["status"],
        "status_after": row["status_after"],
        "gap_before": text("gap"),
        "gap_after": text("gap_after"),
        "limit_before": text("limit_value"),
        "limit_after": text("limit_value_after"),
        "headroom_before": text("headroom_amount"),
        "headroom_after": text("headroom_amount_after"),
        "numerator_before": text("numerator"),
        "numerator_after": text("numerator_after"),
        "denominator_before": text("denominator"),
        "denominator_after": text("denominator_after"),
        "reason": row["reason_after"] or row["reason"],
    }


def _print(outcome: Outcome, told: list[dict[str, object]], *, everywhere: bool) -> None:
    out = console()
    out.print(f"*** {WATERMARK.en} *** {WATERMARK.zh} ***")
    for number, done in enumerate(outcome.done, 1):
        out.print(f"{number}. {_said(done)}")
    here = {branch for done in outcome.done for branch in (done.action.branch, *outcome.above)}
    of_metric = f", {len(told):,} of them asked for" if len(told) < outcome.changes.height else ""
    shown = [row for row in told if everywhere or row["branch"] in here]
    show(
        [
            {
                **row,
                "reading": row["reading"],
                "status": _moved(row["status_before"], row["status_after"]),
                "headroom": row["headroom_after"],
            }
            for row in shown
        ],
        Format.TABLE,
        title=f"{WATERMARK.en}: {outcome.as_of}, {outcome.changes.height:,} of {outcome.figures:,} "
        f"uncut figures would change{of_metric}",
        columns=(
            *("metric", "reading", "branch", "before", "after", "change", "target", "status"),
            "headroom",
        ),
        right=("before", "after", "change", "target", "headroom"),
    )
    beside = len(told) - len(shown)
    if beside:
        others = {row["branch"] for row in told} - {row["branch"] for row in shown}
        out.print(
            f"{beside:,} more change at {len(others):,} other branches, below and beside: --everywhere "
            "lists them, as other formats always do."
        )
    out.print(f"*** {WATERMARK.en} *** Nothing was stored. ***")


def _said(done: Done) -> str:
    action = done.action
    rate = f"{action.amount:f} bp on " if action.verb is Verb.REPRICE and action.amount else ""
    told = (
        f"{action.branch}: {VERBS[action.verb].en}, {rate}{done.amount:,.2f}, {_many(done.loans, 'loan')} of "
        f"{_many(done.clients, 'client')}"
    )
    if done.copied:
        told += f", like loan {done.copied} ({', '.join(done.flags)})"
    told += _which(action)
    if done.split:
        told += f"; of loan {done.split} a part"
    return f"{told}."


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _which(action: Action) -> str:
    parts = [*action.of, *(f"not {name}" for name in action.but_not)]
    if action.overdue:
        parts.append("overdue more than 60 and at most 90 days")
    return f" ({', '.join(parts)})" if parts else ""


def _moved(before: object, after: object) -> str:
    return str(before) if before == after else f"{before} -> {after}"
