"""`changes`: what changed at a branch since an earlier month, the gravest first, in plain sentences."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from dashboards.i18n import Language, day_text
from dashboards.sentences import Teller, Told
from dashboards.words import Comparison
from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.questions import movements
from orchestration.questions.movements import Changed
from transforms.errors import BranchmarkError
from transforms.periods import parse_month_end


def changes(
    branch: Annotated[str, typer.Option("--branch", help="The branch.")],
    as_of: MonthOption = "latest",
    compare: Annotated[
        str,
        typer.Option(
            "--compare",
            help="previous_month, year_end, same_month_last_year, or a month end (YYYY-MM-DD).",
        ),
    ] = Comparison.PREVIOUS_MONTH.value,
    top: Annotated[int, typer.Option("--top", min=1, help="How many are told; pipes get all.")] = 5,
    language: Annotated[Language, typer.Option("--lang", help="en or zh.")] = Language.EN,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What changed at a branch: statuses, headroom, restatements, findings, targets, unusual moves."""
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    told = movements.changes(
        bank, scope, branch, as_of=month_of(as_of), compare=_comparison(compare)
    )
    teller = Teller(bank.catalogue, bank.workspace.base_currency, told.names)
    sentences = teller.tell_all(told.events)
    rows = [
        _event(place, event, sentence)
        for place, (event, sentence) in enumerate(
            zip(told.events.to_dicts(), sentences, strict=True), start=1
        )
    ]
    nothing = teller.nothing(branch, told.before, told.as_of)
    match output:
        case Format.JSON:
            print_json(
                {
                    "branch": branch,
                    "as_of_date": told.as_of.isoformat(),
                    "compared_with": told.before.isoformat(),
                    "events": rows,
                    "nothing": None if rows else {"en": nothing.en, "zh": nothing.zh},
                }
            )
        case Format.CSV:
            show(rows, output)
        case Format.TABLE:
            _print(told, sentences, nothing, teller, language, top)


def _comparison(text: str) -> Comparison | date:
    if text in tuple(Comparison):
        return Comparison(text)
    if text[:1].isdigit():
        return parse_month_end(text)
    raise BranchmarkError(
        f"{text!r} is no comparison. Choose one of {', '.join(Comparison)}, or a month end such as "
        "2026-09-30."
    )


def _event(place: int, event: dict[str, object], sentence: Told) -> dict[str, object]:
    plain = {
        name: exact(value) if isinstance(value, Decimal) else value for name, value in event.items()
    }
    plain |= {name: str(event[name]) if event[name] else None for name in ("month", "month_before")}
    named = {"metric": plain.pop("metric_id"), "branch": plain.pop("branch_id")}
    return {
        "place": place,
        "kind": plain.pop("kind"),
        **named,
        **plain,
        "en": sentence.en,
        "zh": sentence.zh,
    }


def _print(
    told: Changed,
    sentences: tuple[Told, ...],
    nothing: Told,
    teller: Teller,
    language: Language,
    top: int,
) -> None:
    out = console()
    before, after = day_text(language, told.before), day_text(language, told.as_of)
    name = language.pick(*teller.names[told.branch])
    out.print(
        language.pick(
            f"What changed at {name} ({told.branch}) from {before} to {after}",
            f"{name}（{told.branch}）自 {before} 至 {after} 的变化",
        )
    )
    if not sentences:
        out.print(nothing.text(language))
        return
    for place, sentence in enumerate(sentences[:top], start=1):
        out.print(f"{place}. {sentence.text(language)}")
    more = len(sentences) - top
    if more > 0:
        out.print(
            language.pick(
                f"And {more} more: --top {len(sentences)} tells all.",
                f"另有 {more} 条：--top {len(sentences)} 可查看全部。",
            )
        )
