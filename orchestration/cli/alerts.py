"""`alerts`: what has to be looked at now, and what a person's next digest would tell."""

from typing import Annotated

import typer

from dashboards.i18n import Language
from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, show
from orchestration.cli.people import now
from orchestration.reporting.alerting import telling
from orchestration.reporting.alerting.alert import Alert
from orchestration.reporting.alerting.looking import look
from orchestration.reporting.delivery_settings import ALERTS
from orchestration.reporting.sending.links import Links
from orchestration.reporting.settings import Reporting, reporting_settings
from transforms.errors import BranchmarkError, UnknownNameError


def alerts(
    person: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="MAIL",
            help="What the next digest to this recipient would tell: the new.",
        ),
    ] = None,
    language: Annotated[Language, typer.Option("--lang", help="en or zh.")] = Language.EN,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What has to be looked at: statuses, headroom, late data, ledger differences, critical findings."""
    bank = Bank.at(root_of(workspace))
    settings = reporting_settings(bank.workspace)
    scope = command_scope(bank)
    at = now()
    if person is None:
        found = look(
            bank,
            scope,
            today=at.astimezone(settings.time_zone).date(),
            headroom_percent=settings.delivery.alerts.headroom_percent,
        )
    else:
        if scope.branches is not None:
            raise BranchmarkError("--for has its recipient's own scope. Leave --as out.")
        found = _new(bank, settings, person)
    to = Links(settings.delivery.link, language)
    rows = [_row(place, alert, to) for place, alert in enumerate(found, start=1)]
    if not rows and output is Format.TABLE:
        console().print("There is nothing to look at.")
        return
    show(rows, output, title="Alerts", columns=("place", "kind", "alert"), right=("place",))


def _new(bank: Bank, settings: Reporting, person: str) -> tuple[Alert, ...]:
    """What a recipient was not told yet.

    Raises:
        UnknownNameError: if nobody of that address receives alerts.
    """
    known = [one.mail for one in settings.delivery.recipients if ALERTS in one.receives]
    if person not in known:
        way_out = 'Recipients of alerts have receives = ["alerts"] in reporting.toml.'
        raise UnknownNameError("recipient of alerts", person, known, way_out=way_out)
    made = telling.digests(bank, settings, now())
    return next((one.alerts for one in made if one.person.mail == person), ())


def _row(place: int, alert: Alert, to: Links) -> dict[str, object]:
    return {
        "place": place,
        "kind": alert.kind.value,
        "unit": alert.unit,
        "metric": alert.more.get("metric"),
        "as_of_date": alert.period.isoformat(),
        "alert": alert.told.text(to.language),
        "en": alert.told.en,
        "zh": alert.told.zh,
        "link": telling.line_of(alert, to).link or None,
        "key": alert.key,
    }
