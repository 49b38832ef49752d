"""`peers`: a branch beside others like it: rank, quartile, median, and what rests on few clients."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Final

import typer

from dashboards import words
from dashboards.i18n import Language
from dashboards.numbers import Format as Numbers
from orchestration.bank import Bank
from orchestration.cli import accounts
from orchestration.cli.acting import command_scope
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.questions import peering
from orchestration.questions.peering import Beside
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Better, Unit
from transforms.errors import UnknownNameError
from transforms.scorecards import Status

_FIGURES: Final = ("value", "shrunk", "n", "weight", "numerator", "denominator", "distance")
_MARKS: Final = ("median", "lower", "upper", "best")


def peers(
    metric: Annotated[str, typer.Option("--metric", help="The metric.")],
    branch: Annotated[str, typer.Option("--branch", help="The branch.")],
    group: Annotated[
        str,
        typer.Option("--group", help="level, size, region, mix, or a list of peers.yaml."),
    ] = "level",
    as_of: MonthOption = "latest",
    reading: Annotated[
        str | None, typer.Option("--reading", help="A reading; default the metric's own.")
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """A branch among its peers: rank, quartile, median; ratios of few clients drawn to the group's."""
    bank = Bank.at(root_of(workspace))
    if metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    one = bank.catalogue.metrics[metric]
    known = [own.name for own in one.readings]
    if reading is not None and reading not in known:
        raise UnknownNameError(
            f"reading of {metric}", reading, known, way_out=f"There are {', '.join(known)}."
        )
    scope = command_scope(bank)
    told = peering.beside(
        bank, scope, one, branch, way=group, as_of=month_of(as_of), reading=reading
    )
    match output:
        case Format.JSON:
            print_json(_told(told))
        case Format.CSV:
            show(_members(told), output)
        case Format.TABLE:
            _print(told, bank)
            accounts.tell(bank, scope, told.as_of, branch=branch)


def _told(told: Beside) -> dict[str, object]:
    own = told.own
    return {
        "metric": told.metric.metric_id,
        "reading": told.reading,
        "branch": told.branch,
        "as_of_date": told.as_of.isoformat(),
        "unit": told.metric.unit.value,
        "grouping": told.way,
        "group": told.group,
        "label": {"en": told.label.en, "zh": told.label.zh},
        "dated": None if told.dated is None else told.dated.isoformat(),
        "shown": told.too_small is None,
        "branches": told.too_small if told.too_small is not None else own["of"],
        "minimum_branches": told.minimum,
        "rank": own["rank"],
        "quartile": own["quartile"],
        **{name: exact(own[name]) for name in (*_FIGURES, "mean", "k")},  # type: ignore[arg-type]
        **{name: None if told.marks_hidden else exact(own[name]) for name in _MARKS},  # type: ignore[arg-type]
        "clients": None if told.clients is None else told.clients.metric_id,
        "formula": formula(told) or None,
        "notes": [{"en": note.en, "zh": note.zh} for note in told.notes],
        "members": _members(told),
    }


def _members(told: Beside) -> list[dict[str, object]]:
    return [
        {
            "branch": row["branch_id"],
            "own": row["branch_id"] == told.branch,
            "rank": row["rank"],
            "quartile": row["quartile"],
            **{name: exact(row[name]) for name in _FIGURES},
            "suppressed": row["suppressed"],
        }
        for row in told.rows.to_dicts()
    ]


def formula(told: Beside) -> str:
    """How ratios were drawn to the group's, with the group's own numbers; empty where none were."""
    own = told.own
    if told.clients is None or own["mean"] is None or told.too_small is not None:
        return ""
    mean = exact(own["mean"])  # type: ignore[arg-type]
    if own["k"] is None:
        return (
            f"The branches differ no more than chance gives for so few clients: every ratio is drawn to "
            f"the group's, {mean}."
        )
    k = exact(own["k"], places=2)  # type: ignore[arg-type]
    return (
        f"shrunk = w × value + (1 − w) × {mean}, w = n / (n + {k}); n counts {told.clients.metric_id}, "
        f"{mean} is the group's own ratio."
    )


def _print(told: Beside, bank: Bank) -> None:
    form = Numbers(Language.EN, bank.workspace.base_currency)
    places = words.decimals_of(told.metric) + 1

    def said(value: object) -> str | None:
        if not isinstance(value, Decimal):
            return None
        if told.metric.unit is Unit.COUNT:
            return exact(value)
        return form.value(value, told.metric.unit, places)

    out = console()
    title = (
        f"{told.metric.label.en} ({told.metric.metric_id}) on {told.as_of}: {told.branch} among "
        f"{told.label.en}"
    )
    if told.too_small is not None:
        out.print(title)
        out.print(
            f"Not shown: the group has figures of {told.too_small}, and it takes "
            f"{told.minimum} not to tell of single ones. Own value: {said(told.own['value']) or '–'}."
        )
        for note in told.notes:
            out.print(note.en)
        return
    show(
        [_line(row, told, said) for row in told.rows.to_dicts()],
        Format.TABLE,
        title=title,
        columns=(
            "rank",
            "quartile",
            "branch",
            "value",
            *(("shrunk", "n") if told.is_shrunk else ()),
        ),
        right=("rank", "quartile", "value", "shrunk", "n"),
    )
    for line in _lines(told, form, said):
        out.print(line)


def _line(
    row: Mapping[str, object], told: Beside, said: Callable[[object], str | None]
) -> dict[str, object]:
    name = row["branch_id"]
    n = row["n"]
    return {
        "rank": row["rank"],
        "quartile": row["quartile"],
        "branch": "(not yours)" if name is None else f"{name} <" if name == told.branch else name,
        "value": "not shown: few clients" if row["suppressed"] else said(row["value"]),
        "shrunk": said(row["shrunk"]),
        "n": int(n) if isinstance(n, Decimal) else None,
    }


def _lines(told: Beside, form: Numbers, said: Callable[[object], str | None]) -> list[str]:
    own = told.own
    lines: list[str] = []
    of = f"{own['of']} branches"
    if own["rank"] is not None:
        place = f"{told.branch} ranks {own['rank']} of {of}, quartile {own['quartile']}"
        lines.append(f"{place}{_distance(own['distance'], told, form)}.")
    if told.marks_hidden:
        lines.append(
            "Median and quartiles are withheld: with them a count not shown could be told."
        )
    else:
        of_what = " of the shrunk values" if told.is_shrunk else ""
        lines.append(
            f"Median{of_what} {said(own['median'])}, quartile marks {said(own['lower'])} and "
            f"{said(own['upper'])}, best {said(own['best'])}."
        )
    if told.metric.better not in {Better.HIGHER, Better.LOWER}:
        lines.append("Neither direction is favourable: the rank is an order, no judgement.")
    if told.dated is not None:
        lines.append(f"The groups are of {told.dated} and hold for the year.")
    explained = formula(told)
    return [*lines, *([explained] if explained else ()), *(note.en for note in told.notes)]


def _distance(distance: object, told: Beside, form: Numbers) -> str:
    """The distance to the median in the favourable sense, as the end of a sentence."""
    if not isinstance(distance, Decimal):
        return ""
    if distance == 0:
        return ", at the median"
    metric = told.metric
    figure = words.Figure(
        metric.kind,
        metric.unit,
        metric.better,
        words.decimals_of(metric) + 1,
        Status.NO_TARGET,
        None,
    )
    size = words.measured(figure, distance, form, beside=None)
    if metric.unit is Unit.COUNT:
        size = form.clients(abs(distance))
    return f", {size} {'better' if distance > 0 else 'worse'} than the median"
