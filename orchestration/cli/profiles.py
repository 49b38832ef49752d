"""`profiles`: the ways of scoring that there are, and each of them as a credit officer reads it."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import typer

from orchestration.bank import Bank
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, exact, show
from orchestration.questions import scoring
from transforms.errors import UnknownNameError
from transforms.periods import parse_month_end
from transforms.scoring import load, told
from transforms.scoring.model import Editions, Profile

Row = dict[str, object]


def profiles(
    name: Annotated[
        str | None, typer.Argument(help="A profile, to read it whole; default a list.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="The edition of a month end; default every edition."),
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Scoring profiles; or one of them, as a credit officer reads it."""
    bank = Bank.at(root_of(workspace))
    held = scoring.profiles(bank)
    day = None if as_of is None else parse_month_end(as_of)
    if name is None:
        every = [one for editions in held.values() for one in editions]
        show(
            [_edition(one) for one in every if day is None or one.holds(day)],
            output,
            columns=(
                "profile",
                "version",
                "label_en",
                "valid_from",
                "valid_to",
                "lines",
                "total",
                "source",
            ),
        )
        return
    for profile in _editions(held, name, day):
        rows = _profile_rows(profile)
        show(
            rows,
            output,
            title=f"{profile.label.en} {profile.label.zh} ({profile.profile_id} {profile.version}), from "
            f"{profile.valid_from}; {profile.source.document}",
            columns=("group", "line", "label_en", "weight", "how_en"),
            right=("weight",),
        )
        if output is Format.TABLE:
            for sentence in told.rules(profile):
                console().print(f"{sentence[0].upper()}{sentence[1:]}.")


def _editions(held: Editions, name: str, day: date | None) -> tuple[Profile, ...]:
    if day is not None:
        return (load.in_force(held, name, day),)
    if name not in held:
        raise UnknownNameError(
            "scoring profile", name, tuple(held), way_out="`branchmark profiles` lists them."
        )
    return held[name]


def _edition(one: Profile) -> Row:
    return {
        "profile": one.profile_id,
        "version": one.version,
        "label_en": one.label.en,
        "label_zh": one.label.zh,
        "valid_from": one.valid_from.isoformat(),
        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
        "lines": len(one.lines),
        "total": exact(one.total),
        "source": one.source.document,
        "file": one.file,
    }


def _profile_rows(profile: Profile) -> list[Row]:
    def row(
        group: str, name: str, metric: str, label: tuple[str, str], weight: Decimal | None
    ) -> Row:
        return {
            "profile": profile.profile_id,
            "version": profile.version,
            "group": group,
            "line": name,
            "metric": metric,
            "label_en": label[0],
            "label_zh": label[1],
            "weight": exact(weight),
        }

    lines = [
        row(one.group, one.line_id, one.figure.metric, (one.label.en, one.label.zh), one.weight)
        | {"how_en": told.line(one, profile), "how_zh": told.line(one, profile, "zh")}
        for one in profile.lines
    ]
    items = [
        row(one.kind.value, one.item_id, one.figure.metric, (one.label.en, one.label.zh), None)
        | {"how_en": told.item(one), "how_zh": told.item(one, "zh")}
        for one in profile.items
    ]
    vetoes = [
        row("veto", one.veto_id, one.figure.metric, (one.label.en, one.label.zh), None)
        | {"how_en": told.veto(one), "how_zh": told.veto(one, "zh")}
        for one in profile.vetoes
    ]
    return [*lines, *items, *vetoes]
