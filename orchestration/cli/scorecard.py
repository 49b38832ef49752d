"""`scorecard`: the arithmetic of a branch's score, line by line, or all branches by their total."""

from typing import Annotated, Final

import typer

from orchestration.bank import Bank
from orchestration.cli import accounts
from orchestration.cli.acting import command_scope
from orchestration.cli.cards import Card, Row, points, total_of
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.questions import scoring
from orchestration.questions.scoring import Scored
from transforms.errors import BranchmarkError
from transforms.periods import parse_month_end
from transforms.scoring import load
from transforms.scoring.model import Policy

_LEVEL: Final = "tier1"


def scorecard(
    as_of: MonthOption = "latest",
    branch: Annotated[
        str | None, typer.Option("--branch", help="The branch; default head office.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All branches of a level by their total, with ranks.")
    ] = False,
    level: Annotated[
        str | None, typer.Option("--level", help=f"Which level --all shows; default {_LEVEL}.")
    ] = None,
    profile: Annotated[
        str, typer.Option("--profile", help="By which scoring profile.")
    ] = load.STANDARD,
    policy: Annotated[
        Policy | None,
        typer.Option("--policy", help="How one status is made of several; default the profile's."),
    ] = None,
    group: Annotated[
        str,
        typer.Option(
            "--group", help="Among which peers ranks are taken: level, size, region, mix …"
        ),
    ] = scoring.DEFAULT_GROUP,
    compare: Annotated[
        str | None, typer.Option("--compare", help="A month end to compare the scores with.")
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """A branch's score with its arithmetic, line by line; or all branches of a level, ranked."""
    if every and branch is not None:
        raise BranchmarkError(
            "--all shows every branch of a level, --branch a single one. Leave one of them out."
        )
    if level is not None and not every:
        raise BranchmarkError("--level says which level --all shows. Add --all, or leave it out.")
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    found = scoring.scored(bank, scope, as_of=month_of(as_of), profile=profile, group=group)
    before = None
    if compare is not None:
        day = parse_month_end(compare)
        if day == found.as_of:
            raise BranchmarkError(
                f"--compare names {day}, the month that is scored. Name another month end."
            )
        before = scoring.scored(bank, scope, as_of=day, profile=profile, group=group)
    if every:
        _show_all(found, before, level or _LEVEL, policy, output)
        return
    root = str(found.nodes["node_id"][0])
    one = scoring.require_branch(found, scope, root if branch is None else branch)
    card = Card(found, before, one, policy)
    match output:
        case Format.JSON:
            print_json(card.told())
        case Format.CSV:
            show(card.flat(), output)
        case Format.TABLE:
            card.print()
            accounts.tell(bank, scope, found.as_of, branch=one)


def _show_all(
    found: Scored, before: Scored | None, level: str, policy: Policy | None, output: Format
) -> None:
    branches = scoring.of_level(found, level)
    names = dict(found.nodes.select("node_id", "name_en").iter_rows())
    cards = found.scores.of(*branches).cards.sort("rank", "branch_id", nulls_last=True)
    rows = []
    for card in cards.iter_rows(named=True):
        figures, _ = found.rolled_up(card["branch_id"], policy)
        row: Row = {
            "rank": card["rank"],
            "branch": card["branch_id"],
            "branch_name": names[card["branch_id"]],
            "as_of_date": found.as_of.isoformat(),
            "profile": found.profile.profile_id,
            "profile_version": found.profile.version,
            "peer_group": card["peer_group"],
            "ranked": card["ranked"],
            "total": points(card["total"]),
            "scored_weight": exact(card["scored_weight"]),
            "lines_score": points(card["lines_score"]),
            "deductions": points(card["deductions"]),
            "bonuses": points(card["bonuses"]),
            "vetoes": card["vetoes"],
            "status": figures.status.value if figures.status else None,
            "roll_up": figures.sentence(),
        }
        if before is not None:
            then = total_of(before, card["branch_id"])
            change = None if None in (then, card["total"]) else card["total"] - then
            row |= {"compare_total": points(then), "total_change": points(change)}
        rows.append(row)
    compared = ("compare_total", "total_change") if before is not None else ()
    amounts = ("lines_score", "deductions", "bonuses", "total", *compared)
    vetoed = ("vetoes",) if any(row["vetoes"] for row in rows) else ()
    profile = found.profile
    show(
        rows,
        output,
        title=f"{level}, {found.as_of}: {profile.label.en} ({profile.profile_id} {profile.version})",
        columns=(
            "rank",
            "branch",
            "branch_name",
            *amounts,
            "scored_weight",
            *vetoed,
            "status",
            "roll_up",
        ),
        right=("rank", *amounts, "scored_weight"),
    )
    if output is Format.TABLE:
        console().print(
            f"Ranks are among peers by {found.group_way}; ties share the better rank, and a branch "
            "without a total has none."
        )
