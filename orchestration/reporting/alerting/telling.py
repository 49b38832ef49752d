"""The daily digest of alerts: one a person and day, in the person's scope and language, each alert told once.

What was told stands in the ledger's events, written before a mail is sent: a mail that may have arrived
counts as told. Nothing new gives no mail.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from dashboards.i18n import day_text, month_text, say
from orchestration.bank import SYSTEM, Bank
from orchestration.reporting.alerting.alert import Alert
from orchestration.reporting.alerting.looking import look, top
from orchestration.reporting.delivery_settings import ALERTS, MAIL, Delivery, Recipient
from orchestration.reporting.sending import book, links
from orchestration.reporting.sending.answers import Answer, failed
from orchestration.reporting.sending.book import Clock, Handed, Parcel
from orchestration.reporting.sending.letters import Letter, Line, Part
from orchestration.reporting.sending.links import Links
from orchestration.reporting.sending.posting import posted
from orchestration.reporting.sending.scopes import scope_told
from orchestration.reporting.sending.ways import readers_of
from orchestration.reporting.settings import Reporting
from records.access import Scope
from records.ledger.dispatches import DispatchState
from records.ledger.errors import LedgerError
from records.readers import Reader, scope_of
from transforms.analysis.changed.events import GRAVITY

_TOLD: Final = "alerts_told"
_ARRIVED: Final = (DispatchState.SENT.value, DispatchState.UNKNOWN.value)
_Book = Mapping[tuple[str, str, str, str], dict[str, Any]]


@dataclass(frozen=True)
class Before:
    """What a person was told already.

    Attributes:
        keys: of alerts.
        since: when the last digest was made; none if there was none.
    """

    keys: frozenset[str]
    since: datetime | None


@dataclass(frozen=True, eq=False)
class Digest:
    """What a person is to be told today.

    Attributes:
        person: who.
        reader: within whose scope.
        scope: that scope.
        alerts: what is new, the gravest first.
        since: when the last digest was made; none if this is the first.
    """

    person: Recipient
    reader: Reader
    scope: Scope
    alerts: tuple[Alert, ...]
    since: datetime | None


@dataclass(frozen=True)
class Telling:
    """What became of one person's digest.

    Attributes:
        person: who.
        subject: the day's digest, as the receipt book calls it.
        alerts: how many were new.
        handed: what became of it.
    """

    person: Recipient
    subject: str
    alerts: int
    handed: Handed


def digests(bank: Bank, settings: Reporting, at: datetime) -> tuple[Digest, ...]:
    """What each person who receives alerts would be told now; those without news are left out."""
    readers, _ = readers_of(bank, settings.delivery)
    known = book.entries(bank)
    events = bank.ledger.events.all().filter(pl.col("action") == _TOLD)
    people = [one for one in settings.delivery.recipients if ALERTS in one.receives]
    found = [
        _digest(bank, settings, one, readers[one.mail], _before(events, known, one.mail), at)
        for one in people
        if one.mail in readers
    ]
    return tuple(one for one in found if one.alerts)


def is_due(bank: Bank, settings: Reporting, at: datetime) -> tuple[str, ...]:
    """Whose digest would be tried now, by day and address; looks at the receipt book alone."""
    here = at.astimezone(settings.time_zone)
    if here.hour < settings.delivery.alerts.hour:
        return ()
    known = book.entries(bank)
    return tuple(
        f"{subject_of(here.date())} {one.mail} {_tries(known, here.date(), one.mail)}"
        for one in settings.delivery.recipients
        if ALERTS in one.receives and _wants(known, here.date(), one.mail, at)
    )


def send_digests(
    bank: Bank,
    settings: Reporting,
    *,
    clock: Clock,
    again: int | None = None,
    retries_alone: bool = False,
) -> tuple[Telling, ...]:
    """Send today's digests to those who got none today and for whom there is news.

    Args:
        bank: whose.
        settings: recipients, the mail server, the bank's clock.
        clock: gives the moment.
        again: the number of a digest of today that is tried again though it may have arrived; only it is.
        retries_alone: leave out digests that were never tried.

    Raises:
        WorkspaceError: if another command is sending.
        LedgerError: if the receipt book cannot be written to.
    """
    with book.alone(bank.workspace):
        at = clock()
        today = at.astimezone(settings.time_zone).date()
        known = book.entries(bank)
        made = []
        for digest in digests(bank, settings, at):
            entry = known.get(_place(today, digest.person.mail))
            is_asked = entry is not None and entry["dispatch_id"] == again
            if again is not None and not is_asked:
                continue
            wanted = _wants(known, today, digest.person.mail, at)
            if again is None and (not wanted or (retries_alone and entry is None)):
                continue
            parcel = _parcel(bank, settings, digest, at)
            handed = book.hand_over(bank, parcel, clock, again=is_asked)
            made.append(Telling(digest.person, parcel.subject, len(digest.alerts), handed))
    return tuple(made)


def subject_of(day: date) -> str:
    """What the receipt book calls the digest of a day."""
    return f"alerts of {day.isoformat()}"


def letter(bank: Bank, settings: Reporting, digest: Digest, at: datetime) -> Letter:
    """A digest as a mail says it."""
    person, language, delivery = digest.person, digest.person.language, settings.delivery
    to = Links(delivery.link, language)
    day = day_text(language, at.astimezone(settings.time_zone).date())
    count = len(digest.alerts)
    key = "al_digest_subject_one" if count == 1 else "al_digest_subject"
    return Letter(
        language=language,
        subject=say(language, key, bank=bank.workspace.name, count=count, day=day),
        opening=(say(language, "al_dear", name=person.name), _opening(settings, digest)),
        pairs=_pairs(bank, delivery, digest),
        parts=_parts(bank, delivery, digest, to),
        closing=(
            say(
                language,
                "al_only_for_you",
                name=person.name,
                scope=scope_told(bank, digest.reader, digest.scope, language),
            ),
        ),
    )


def _digest(
    bank: Bank,
    settings: Reporting,
    person: Recipient,
    reader: Reader,
    before: Before,
    at: datetime,
) -> Digest:
    scope = scope_of(reader, bank.published)
    found = look(
        bank,
        scope,
        today=at.astimezone(settings.time_zone).date(),
        headroom_percent=settings.delivery.alerts.headroom_percent,
        since=before.since,
    )
    new = tuple(one for one in found if one.key not in before.keys)
    return Digest(person, reader, scope, new, before.since)


def _before(events: pl.DataFrame, known: _Book, mail: str) -> Before:
    """What a person was told: of each digest the newest try counts, if it arrived or may have."""
    newest: dict[str, tuple[datetime, list[str]]] = {}
    for row in events.filter(pl.col("subject") == mail).to_dicts():
        detail = json.loads(row["detail"])
        newest[detail["digest"]] = (row["at"], detail["keys"])
    arrived = [
        told
        for digest, told in newest.items()
        if known.get((ALERTS, digest, MAIL, mail), {}).get("state") in _ARRIVED
    ]
    return Before(
        keys=frozenset(key for _, keys in arrived for key in keys),
        since=max((at for at, _ in arrived), default=None),
    )


def _parcel(bank: Bank, settings: Reporting, digest: Digest, at: datetime) -> Parcel:
    person = digest.person
    subject = subject_of(at.astimezone(settings.time_zone).date())
    written = letter(bank, settings, digest, at)
    post = posted(bank, settings.delivery.smtp, person, written, ALERTS, subject)

    def carry(moment: datetime) -> Answer:
        try:
            bank.ledger.events.record(
                who=SYSTEM.who,
                action=_TOLD,
                subject=person.mail,
                detail={"digest": subject, "keys": [one.key for one in digest.alerts]},
                at=moment,
            )
        except LedgerError as error:
            return failed(f"what is told could not be written down: {error}")
        return post(moment)

    unit = None if digest.scope.branches is None else top(bank.published, digest.scope)
    return Parcel("alerts", subject, unit, MAIL, person.mail, written.sha256, carry)


def _place(day: date, mail: str) -> tuple[str, str, str, str]:
    return ALERTS, subject_of(day), MAIL, mail


def _tries(known: _Book, day: date, mail: str) -> int:
    return int(known.get(_place(day, mail), {}).get("attempts", 0))


def _wants(known: _Book, day: date, mail: str, at: datetime) -> bool:
    """Whether the day's digest may be tried: it was not, or failed and its pause is over."""
    entry = known.get(_place(day, mail))
    if entry is None or entry["state"] == DispatchState.WAITING.value:
        return True
    moment = book.next_try(entry)
    return moment is not None and moment <= at


def _opening(settings: Reporting, digest: Digest) -> str:
    language = digest.person.language
    if digest.since is None:
        return say(language, "al_digest_first")
    since = day_text(language, digest.since.astimezone(settings.time_zone).date())
    return say(language, "al_digest_opening", since=since)


def _pairs(bank: Bank, delivery: Delivery, digest: Digest) -> tuple[tuple[str, str], ...]:
    """The strip: whose scope, which month in which version, and what is told."""
    language = digest.person.language
    published = bank.published
    months = published.newest_versions()
    version = say(language, "al_nothing_published")
    if months:
        newest = max(months)
        current = published.current()[newest, months[newest]]
        version = say(
            language,
            "al_digest_version",
            month=month_text(language, newest),
            version=months[newest],
            at=f"{current.published_at:%Y-%m-%d %H:%M}",
        )
    percent = delivery.alerts.headroom_percent.normalize()
    return (
        (
            say(language, "al_digest_scope"),
            scope_told(bank, digest.reader, digest.scope, language),
        ),
        (say(language, "al_digest_period"), version),
        (say(language, "al_filters"), say(language, "al_digest_filters", percent=f"{percent:f}")),
    )


def _parts(bank: Bank, delivery: Delivery, digest: Digest, to: Links) -> tuple[Part, ...]:
    """What has to be looked at, then what improved; of very many alerts the gravest."""
    most = delivery.alerts.most
    worse: list[Line] = []
    better: list[Line] = []
    for alert in digest.alerts[:most]:
        part = better if alert.gravity == GRAVITY["improved"] else worse
        part.append(line_of(alert, to))
    more = len(digest.alerts) - most
    if more > 0:
        page = to.to(links.BRANCH, top(bank.published, digest.scope), None)
        (better or worse).append(Line(say(to.language, "al_more", count=more), page))
    parts = (("al_digest_worse", worse), ("al_digest_better", better))
    return tuple(Part(say(to.language, key), tuple(lines)) for key, lines in parts if lines)


def line_of(alert: Alert, to: Links) -> Line:
    """An alert as one line."""
    page = to.to(alert.page, alert.unit_of_page, alert.opens, **alert.more)
    return Line(alert.told.text(to.language), page)
