"""To whom reports and alerts go, and by which way: the sections of `reporting.toml` about delivery.

The file itself is read by `settings`, which hands these sections on. Passwords and keys stand in environment
variables that the file names. What is sent when is said in `sending` and `alerting`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dashboards.i18n import Language, language_of
from dashboards.summaries.formats import SummaryKind
from orchestration.reporting.delivery_values import Section, once, sections
from records.sign_in_settings import is_loopback
from transforms.errors import WorkspaceError, did_you_mean, visible

SECTIONS: Final = ("link", "smtp", "folders", "webhooks", "recipients", "send", "alerts")
"""What of `reporting.toml` is read here."""
ALERTS: Final = "alerts"
"""Among what a recipient receives: the daily digest of alerts; everything else is a return."""
MAIL: Final = "mail"
FOLDER: Final = "folder"
WEBHOOK: Final = "webhook"
"""Ways by which something goes out."""
HEADROOM_PERCENT: Final = Decimal(10)
"""Of a tolerance with less than this part of its limit left, alerts tell if the bank does not say."""
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_MEGABYTE: Final = 1024 * 1024
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+=-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


class Security(StrEnum):
    """How a connection to the mail server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"
    """Nothing; for a server on this machine only."""


@dataclass(frozen=True)
class Smtp:
    """The mail server.

    Attributes:
        host: its name, as its certificate says.
        port: where it listens.
        security: how the connection is kept from others.
        ca_file: certificates it is checked by; those of the machine if not given.
        sender: the address that mails come from.
        credentials: the environment variable that holds `user:password`; none if it asks for none.
        timeout_seconds: how long to wait for an answer.
        attachments_bytes: files of a mail are attached up to this size together, else linked.
    """

    host: str
    port: int
    security: Security
    sender: str
    ca_file: Path | None = None
    credentials: str | None = None
    timeout_seconds: int = 30
    attachments_bytes: int = 10 * _MEGABYTE


@dataclass(frozen=True)
class Folder:
    """A folder that files are put into.

    Attributes:
        name: what rules call it.
        path: where it is; it has to be there.
        reader: whose scope it is given; none for the whole bank.
    """

    name: str
    path: Path
    reader: str | None = None


@dataclass(frozen=True)
class Webhook:
    """An address that is told of reports.

    Attributes:
        name: what rules call it.
        url: the address.
        secret: the environment variable that holds the key of signatures.
        ca_file: certificates it is checked by; those of the machine if not given.
        with_files: whether files go along, or only their hashes.
        repeats: whether the receiver drops what bears a key it knows, so that what may have arrived is
            sent again without asking a person.
        timeout_seconds: how long to wait for an answer.
        reader: whose scope it is given; none for the whole bank.
    """

    name: str
    url: str
    secret: str
    ca_file: Path | None = None
    with_files: bool = False
    repeats: bool = False
    timeout_seconds: int = 20
    reader: str | None = None


@dataclass(frozen=True)
class Recipient:
    """A person who is written to.

    Attributes:
        name: who it is.
        mail: the address.
        reader: a name of `access/readers.csv`, or role and units: `branch:B205`.
        language: of words and files.
        receives: names of returns, and `ALERTS`.
        units: only reports made for these units; all in scope if empty.
    """

    name: str
    mail: str
    reader: str
    language: Language
    receives: tuple[str, ...]
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """Where a return goes once it is released.

    Attributes:
        report: the return.
        to: `mail`, `folder:NAME` and `webhook:NAME`.
        formats: kinds of files; those the return is usually made as if empty.
        language: of files in folders and webhooks; a mail speaks its recipient's.
        since: editions of earlier periods do not go out; all do if not given.
    """

    report: str
    to: tuple[str, ...]
    formats: tuple[SummaryKind, ...] = ()
    language: Language = Language.EN
    since: date | None = None


@dataclass(frozen=True)
class Alerting:
    """How alerts are told.

    Attributes:
        headroom_percent: tolerances with less than this part of their limit left are told of.
        hour: from when on in the day digests go out, by the bank's clock.
        most: so many lines a digest has; the rest is counted and linked.
    """

    headroom_percent: Decimal = HEADROOM_PERCENT
    hour: int = 8
    most: int = 40


@dataclass(frozen=True)
class Delivery:
    """Everything that the workspace says about delivery.

    Attributes:
        link: where the dashboard is reached, without a slash at its end; empty if nobody says.
        smtp: the mail server; none if there is none.
        folders: by name.
        webhooks: by name.
        recipients: in the order of the file.
        rules: the same.
        alerts: how alerts are told.
    """

    link: str = ""
    smtp: Smtp | None = None
    folders: Mapping[str, Folder] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    recipients: tuple[Recipient, ...] = ()
    rules: tuple[Rule, ...] = ()
    alerts: Alerting = Alerting()

    @property
    def gives_anything(self) -> bool:
        """Whether anything is to be sent to anybody."""
        return bool(self.rules) or any(ALERTS in one.receives for one in self.recipients)


def delivery_of(path: Path, given: Mapping[str, object]) -> Delivery:
    """The settings as a file states them.

    Args:
        path: of the file, for messages; relative places start from its folder.
        given: what the file says under `SECTIONS`.

    Raises:
        WorkspaceError: if they cannot be used.
    """
    made = Delivery(
        link=_link(path, given.get("link", "")),
        smtp=_smtp(sections(path, given, "smtp").get("smtp")),
        folders={one.name: _folder(one) for one in sections(path, given, "folders").values()},
        webhooks={one.name: _webhook(one) for one in sections(path, given, "webhooks").values()},
        recipients=tuple(_recipient(one) for one in sections(path, given, "recipients").values()),
        rules=tuple(_rule(one) for one in sections(path, given, "send").values()),
        alerts=_alerting(sections(path, given, "alerts").get("alerts")),
    )
    _agree(path, made)
    return made


def _link(path: Path, given: object) -> str:
    text = given.strip() if isinstance(given, str) else None
    if text == "":
        return ""
    parts = urlsplit(text or "")
    if text is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WorkspaceError(
            f"{path}: link is {given!r}. Write where the dashboard is reached, such as "
            '"https://branchmark.bank.example".'
        )
    if parts.query or parts.fragment or parts.username or visible(text) != text:
        raise WorkspaceError(
            f"{path}: link is {given!r}. Write it without a question mark, a # or a user's name."
        )
    return text.rstrip("/")


def _smtp(given: Section | None) -> Smtp | None:
    if given is None:
        return None
    security = Security(given.choice("security", tuple(Security), Security.STARTTLS.value))
    host = given.text("host")
    if security is Security.NONE and not is_loopback(host):
        raise given.error(
            f'security = "none" sends in the clear, and {host} is another machine. Write "starttls" or "tls".'
        )
    sender = given.text("sender")
    _require_address(given, "sender", sender)
    made = Smtp(
        host=host,
        port=given.whole("port", _PORTS[security], 1, 65535),
        security=security,
        sender=sender,
        ca_file=given.place("ca_file"),
        credentials=given.variable("credentials"),
        timeout_seconds=given.whole("timeout_seconds", 30, 1, 600),
        attachments_bytes=given.whole("attachments_mb", 10, 0, 100) * _MEGABYTE,
    )
    given.done()
    return made


def _folder(given: Section) -> Folder:
    _require_name(given)
    path = given.place("path")
    if path is None:
        raise given.error("path is missing. Write where the folder is.")
    made = Folder(given.name, path, given.text("reader", "") or None)
    given.done()
    return made


def _webhook(given: Section) -> Webhook:
    _require_name(given)
    url = given.text("url")
    parts = urlsplit(url)
    inside = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if (parts.scheme != "https" and not inside) or not parts.hostname or not url.isascii():
        raise given.error(
            f"url is {url!r}. Write an address that begins with https://; http:// is for this machine only."
        )
    if parts.username or parts.fragment or any(one.isspace() for one in url):
        raise given.error("url has a user's name, a # or a space in it. Leave them out.")
    secret = given.variable("secret")
    if secret is None:
        raise given.error(
            'secret is missing. Write secret = "env:NAME"; the variable holds the key.'
        )
    made = Webhook(
        name=given.name,
        url=url,
        secret=secret,
        ca_file=given.place("ca_file"),
        with_files=given.switch("files"),
        repeats=given.switch("drops_repeats"),
        timeout_seconds=given.whole("timeout_seconds", 20, 1, 600),
        reader=given.text("reader", "") or None,
    )
    given.done()
    return made


def _recipient(given: Section) -> Recipient:
    mail = given.text("mail")
    _require_address(given, "mail", mail)
    receives = given.texts("receives")
    if not receives:
        raise given.error(f'receives is missing. Name returns, or "{ALERTS}".')
    made = Recipient(
        name=given.text("name"),
        mail=mail,
        reader=given.text("reader"),
        language=language_of(given.choice("language", tuple(Language), Language.EN.value)),
        receives=receives,
        units=given.texts("units"),
    )
    given.done()
    return made


def _rule(given: Section) -> Rule:
    to = given.texts("to")
    if not to:
        raise given.error('to is missing. Write where it goes, such as ["mail", "folder:archive"].')
    kinds = tuple(SummaryKind)
    unknown = [one for one in given.texts("formats") if one not in kinds]
    if unknown:
        raise given.error(
            f"formats has {unknown[0]!r}.{did_you_mean(unknown[0], kinds)} Kinds are {', '.join(kinds)}."
        )
    made = Rule(
        report=given.text("report"),
        to=to,
        formats=tuple(SummaryKind(one) for one in given.texts("formats")),
        language=language_of(given.choice("language", tuple(Language), Language.EN.value)),
        since=given.day("since"),
    )
    given.done()
    return made


def _alerting(given: Section | None) -> Alerting:
    if given is None:
        return Alerting()
    made = Alerting(
        headroom_percent=given.percent("headroom_percent", HEADROOM_PERCENT),
        hour=given.whole("hour", 8, 0, 23),
        most=given.whole("most", 40, 1, 500),
    )
    given.done()
    return made


def _require_address(given: Section, key: str, text: str) -> None:
    if not _ADDRESS.fullmatch(text):
        raise given.error(
            f"{key} is {text!r}. Write one plain mail address, such as zhang.min@bank.example."
        )


def _require_name(given: Section) -> None:
    if not _NAME.fullmatch(given.name):
        raise given.error("its name has other signs than letters, digits, - and _. Choose another.")


def _agree(path: Path, made: Delivery) -> None:
    """Refuse what names something that is not there, or the same thing twice.

    Raises:
        WorkspaceError: saying which.
    """
    once(path, "[[recipients]]", "mail", [one.mail.casefold() for one in made.recipients])
    for rule in made.rules:
        for where in rule.to:
            _require_way(path, rule, where, made)
    pairs = [f"{rule.report} to {where}" for rule in made.rules for where in rule.to]
    once(path, "[[send]]", "way", pairs)
    written = {one for person in made.recipients for one in person.receives}
    mailed = {rule.report for rule in made.rules if MAIL in rule.to}
    missing = sorted(written - mailed - {ALERTS})
    if missing:
        raise WorkspaceError(
            f"{path}: a recipient receives {missing[0]}, which no [[send]] sends by mail."
            f"{did_you_mean(missing[0], [*mailed, ALERTS])} Add a [[send]] with report = "
            f'"{missing[0]}" and to = ["mail"].'
        )
    if made.smtp is None and (mailed or any(ALERTS in one.receives for one in made.recipients)):
        raise WorkspaceError(
            f"{path}: mails are to be sent, and there is no mail server. Add [smtp] with host and sender."
        )


def _require_way(path: Path, rule: Rule, where: str, made: Delivery) -> None:
    kind, _, name = where.partition(":")
    known = {FOLDER: made.folders, WEBHOOK: made.webhooks}
    if where == MAIL or (kind in known and name in known[kind]):
        return
    ways = [MAIL, *(f"{kind}:{one}" for kind, named in known.items() for one in named)]
    raise WorkspaceError(
        f"{path}: [[send]] of {rule.report} goes to {where!r}, which is nowhere."
        f"{did_you_mean(where, ways)} There is {', '.join(ways)}."
    )
