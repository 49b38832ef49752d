"""What the bank wants made by itself: `reporting.toml` of the workspace, read once and handed on.

It says which reports are prepared by the machine, from which period on, and where. The sections about
delivery and alerts are read by `delivery_settings`; when a report is due is said in `plan`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from dashboards.i18n import Language
from dashboards.summaries.formats import SummaryKind
from orchestration.reporting import delivery_settings
from orchestration.reporting.delivery_settings import Delivery, delivery_of
from orchestration.reporting.delivery_values import Section
from records.workspace import Workspace
from transforms.errors import WorkspaceError, did_you_mean

SETTINGS: Final = "reporting.toml"
REPORTS: Final = "reports"
"""The table of the file that names what is prepared."""
TIME_ZONE: Final = "Asia/Shanghai"
HOUR: Final = 7
"""When the machine looks for what is due, by the bank's clock, if the bank does not say."""
BY: Final = "schedule"
"""Who prepares, if the bank gives the machine no name."""
_LONGEST: Final = 60


@dataclass(frozen=True)
class Planned:
    """A report that the machine prepares.

    Attributes:
        report: the return.
        since: the first period's end; earlier ones are left to people.
        by: the name under which it is prepared; people under that name can sign no further step.
        working_day: on which working day after the period's end; on the one it is due, if none is named.
        formats: the kinds of files it is written as; those it is usually made as if empty.
        languages: of its files.
    """

    report: str
    since: date
    by: str = BY
    working_day: int | None = None
    formats: tuple[SummaryKind, ...] = ()
    languages: tuple[Language, ...] = (Language.EN,)


@dataclass(frozen=True)
class Reporting:
    """What `reporting.toml` says; without it, nothing is made by itself.

    Attributes:
        environments: where the machine prepares and sends; nowhere if it is empty.
        time_zone: of the bank.
        hour: at which hour of the day it looks for what is due.
        reports: what is prepared, by return.
        delivery: what is said about delivery and alerts.
    """

    environments: tuple[str, ...] = ()
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(TIME_ZONE))
    hour: int = HOUR
    reports: Mapping[str, Planned] = field(default_factory=dict)
    delivery: Delivery = field(default_factory=Delivery)

    def runs_in(self, environment: str) -> bool:
        """Whether schedules and sensors exist there."""
        return environment in self.environments


def reporting_settings(workspace: Workspace) -> Reporting:
    """What the bank wants made by itself.

    Raises:
        WorkspaceError: if `reporting.toml` cannot be used.
    """
    path = workspace.root / SETTINGS
    if not path.is_file():
        return Reporting()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} is no TOML ({error}). Mend it and run again.") from None
    own = ("environments", "time_zone", "hour", REPORTS)
    known = (*own, *delivery_settings.SECTIONS)
    unknown = [name for name in said if name not in known]
    if unknown:
        raise WorkspaceError(
            f"{path} has no setting {unknown[0]!r}.{did_you_mean(unknown[0], known)} It knows "
            f"{', '.join(known)}."
        )
    top = Section(path, "at the top", "", {name: said[name] for name in own if name in said})
    given = said.get(REPORTS, {})
    if not isinstance(given, Mapping) or not all(isinstance(x, Mapping) for x in given.values()):
        raise WorkspaceError(
            f"{path}: reports has to be tables. Write [reports.NAME] on a line of its own."
        )
    return Reporting(
        environments=top.texts("environments"),
        time_zone=_time_zone(top),
        hour=top.whole("hour", HOUR, 0, 23),
        reports={
            name: _planned(Section(path, f"[{REPORTS}.{name}]", name, one))
            for name, one in given.items()
        },
        delivery=delivery_of(
            path, {name: said[name] for name in delivery_settings.SECTIONS if name in said}
        ),
    )


def _time_zone(given: Section) -> ZoneInfo:
    name = given.text("time_zone", TIME_ZONE)
    known = available_timezones()
    if name not in known:
        raise given.error(
            f"time_zone is {name!r}.{did_you_mean(name, known)} Write a name such as {TIME_ZONE}."
        )
    return ZoneInfo(name)


def _planned(given: Section) -> Planned:
    since = given.day("since")
    if since is None:
        raise given.error(
            "since is missing. Write the end of the first period that the machine prepares: "
            "since = 2026-10-31."
        )
    # What is asked for is known, whether it is given or not.
    day = given.whole("working_day", 1, 1, _LONGEST)
    made = Planned(
        report=given.name,
        since=since,
        by=given.text("by", BY) or BY,
        working_day=day if "working_day" in given.values else None,
        formats=tuple(SummaryKind(one) for one in _known(given, "formats", tuple(SummaryKind))),
        languages=tuple(Language(one) for one in _known(given, "languages", tuple(Language)))
        or (Language.EN,),
    )
    given.done()
    return made


def _known(given: Section, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """A list of words that are all known."""
    said = given.texts(key)
    odd = [one for one in said if one not in known]
    if odd:
        raise given.error(
            f"{key} has {odd[0]!r}.{did_you_mean(odd[0], known)} There is {', '.join(known)}."
        )
    return said
