"""`project`: where a figure will stand at the end of its period, by which method, and how sure that is."""

from datetime import date
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
from orchestration.questions import projecting
from orchestration.questions.projecting import Answer, Asked
from transforms.analysis.projection import backtest
from transforms.analysis.projection.backtest import BackTest, Outlook, Projection
from transforms.analysis.projection.methods import Method
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import Kind
from transforms.errors import UnknownNameError
from transforms.periods import parse_month_end

_OUTLOOKS: Final = {
    Outlook.WOULD_MEET: "would meet",
    Outlook.WOULD_MISS: "would miss",
    Outlook.INSIDE_THE_RANGE: "inside the range",
    Outlook.NOT_JUDGED: "not judged",
}


def project(
    metric: Annotated[str, typer.Option("--metric", help="The metric.")],
    branch: Annotated[str, typer.Option("--branch", help="The branch.")],
    as_of: MonthOption = "latest",
    to: Annotated[
        str | None,
        typer.Option("--to", help="The period's end, a month end. Default: the end of that year."),
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option("--method", help="Default: the one that erred least in back-tests."),
    ] = None,
    reading: Annotated[
        str | None, typer.Option("--reading", help="A reading; default the metric's own.")
    ] = None,
    tests: Annotated[
        bool, typer.Option("--backtest", help="Every back-test of every method as well.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Where a figure will stand at the end of its period: a named method and a back-tested range."""
    bank = Bank.at(root_of(workspace))
    if metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    one = bank.catalogue.metrics[metric]
    known = [own.name for own in one.readings]
    if reading is not None and reading not in known:
        raise UnknownNameError(
            f"reading of {metric}", reading, known, way_out=f"There are {', '.join(known)}."
        )
    asked = Asked(
        one, branch, month_of(as_of), None if to is None else parse_month_end(to), reading, method
    )
    scope = command_scope(bank)
    answer = projecting.project(bank, scope, asked)
    match output:
        case Format.JSON:
            print_json(_told(answer))
        case Format.CSV:
            rows = [_tests(one) for m in answer.methods for one in m.tests]
            show(rows if tests else _methods(answer), output)
        case Format.TABLE:
            _print(answer, bank, tests=tests)
            accounts.tell(bank, scope, answer.as_of, branch=branch)


def _told(answer: Answer) -> dict[str, object]:
    told = answer.chosen
    return {
        "metric": answer.metric.metric_id,
        "reading": answer.reading,
        "branch": answer.branch,
        "as_of_date": answer.as_of.isoformat(),
        "to": answer.to.isoformat(),
        "unit": answer.metric.unit.value,
        "value": exact(answer.value),
        "target": exact(answer.target),
        "method": told.method.value,
        "method_named": answer.named,
        "projected": exact(told.point.value),
        "numerator": exact(told.point.numerator),
        "denominator": exact(told.point.denominator),
        "low": exact(told.low),
        "high": exact(told.high),
        "tests": len(told.tests),
        "no_range": None if told.no_range is None else told.no_range.en,
        "outlook": answer.outlook.value,
        "working_days_gone": answer.gone.count,
        "working_days_ahead": answer.ahead.count,
        "holidays_announced": answer.ahead.announced,
        "methods": _methods(answer),
        "notes": [{"en": note.en, "zh": note.zh} for note in answer.beside],
        "backtest": [_tests(one) for method in answer.methods for one in method.tests],
    }


def _methods(answer: Answer) -> list[dict[str, object]]:
    return [_method(one, answer) for one in answer.methods]


def _method(one: Projection, answer: Answer) -> dict[str, object]:
    reason = one.point.reason
    return {
        "method": one.method.value,
        "told": one is answer.chosen,
        "projected": exact(one.point.value),
        "numerator": exact(one.point.numerator),
        "denominator": exact(one.point.denominator),
        "low": exact(one.low),
        "high": exact(one.high),
        "tests": len(one.tests),
        "mean_absolute_error": exact(one.mean_error),
        "compared_at": one.shared,
        "worse_than_last_value": backtest.worse_than_last_value(one, answer.methods),
        "no_range": None if one.no_range is None else one.no_range.en,
        "reason": None if reason is None else reason.en,
    }


def _tests(test: BackTest) -> dict[str, object]:
    return {
        "method": test.method.value,
        "origin": test.origin.isoformat(),
        "outcome": test.outcome.isoformat(),
        "projected": exact(test.projected),
        "actual": exact(test.actual),
        "error": exact(test.error),
    }


def _print(answer: Answer, bank: Bank, *, tests: bool) -> None:
    form = Numbers(Language.EN, bank.workspace.base_currency)
    places = words.decimals_of(answer.metric)

    def said(value: Decimal | None) -> str | None:
        return None if value is None else form.value(value, answer.metric.unit, places)

    def off(one: Projection) -> str | None:
        if one.mean_error is None:
            return None
        worse = backtest.worse_than_last_value(one, answer.methods)
        return f"{said_error(one.mean_error)}{', worse than last value' if worse else ''}"

    def said_error(value: Decimal) -> str:
        figure = words.Figure(
            answer.metric.kind,
            answer.metric.unit,
            answer.metric.better,
            places + 1,
            words.Status.NO_TARGET,
            None,
        )
        return words.measured(figure, value, form, beside=None)

    rows: list[dict[str, object]] = [
        {
            "method": f"{'> ' if one is answer.chosen else '  '}{one.method.label.en}",
            "projected": said(one.point.value),
            "low": said(one.low),
            "high": said(one.high),
            "tests": len(one.tests),
            "mean_absolute_error": off(one),
            "why": (one.point.reason or one.no_range or _NOTHING).en or None,
        }
        for one in answer.methods
    ]
    title = (
        f"{answer.metric.label.en} ({answer.metric.metric_id}) of {answer.branch}: "
        f"{said(answer.value)} on {answer.as_of}, carried on to {answer.to}"
    )
    show(
        rows,
        Format.TABLE,
        title=title,
        right=("projected", "low", "high", "tests", "mean_absolute_error"),
    )
    out = console()
    for line in _lines(answer, said(answer.target)):
        out.print(line)
    if tests:
        listed = [
            {
                **_tests(one),
                "projected": said(one.projected),
                "actual": said(one.actual),
                "error": f"{'−' if one.error < 0 else ''}{said_error(one.error)}",
            }
            for method in answer.methods
            for one in method.tests
        ]
        show(
            listed,
            Format.TABLE,
            title="What each method would have said then, and what came",
            right=("projected", "actual", "error"),
        )


_NOTHING: Final = projecting.Label("", "")


def _lines(answer: Answer, target: str | None) -> list[str]:
    """What stands below the table."""
    told = answer.chosen
    why = "as asked" if answer.named else "it erred least in back-tests"
    if not answer.named and len(told.tests) < backtest.MINIMUM_TESTS:
        why = "no method could be tested enough to choose by error"
    lines = [f"Method: {told.method.label.en} ({why})."]
    if told.low is not None:
        lines.append(
            f"Range: the value with the lowest and highest error of {len(told.tests)} back-tests, each "
            f"{_counted(backtest.distance(answer.as_of, answer.to), 'month')} ahead."
        )
    elif told.no_range is not None:
        lines.append(f"{told.no_range.en[0].upper()}{told.no_range.en[1:]}.")
    if told.shared:
        where = _counted(told.shared, "month end")
        lines.append(f"Errors are means over {where} at which every tested method was tested.")
    if target is not None:
        aim = "Least headroom" if answer.metric.kind is Kind.TOLERANCE else "Target"
        lines.append(f"{aim} {_until(answer.to)}: {target}; {_OUTLOOKS[answer.outlook]}.")
    lines.append(
        f"Working days: {answer.gone.count} gone, {answer.ahead.count} ahead. Amounts are rounded half up "
        "to two decimals, the value to twelve."
    )
    return [*lines, *(note.en for note in answer.beside)]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _until(day: date) -> str:
    return f"of the period to {day.isoformat()}"
