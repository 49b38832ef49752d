"""Who is to be handed which released report, by which way, and within whose scope.

Nothing is read of a report here but its unit; what is in it is held against the scope when it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dashboards.i18n import Language
from dashboards.summaries.formats import SummaryKind
from orchestration.bank import SYSTEM, Bank
from orchestration.reporting.defined import require
from orchestration.reporting.delivery_settings import (
    FOLDER,
    MAIL,
    WEBHOOK,
    Delivery,
    Recipient,
    Rule,
)
from orchestration.reporting.rendering import kinds_of
from records.access import Scope
from records.ledger.returns import Head, Step
from records.published import Published
from records.reader_table import ReaderTable, reader_of
from records.readers import Reader, Role, scope_of, unknown_units
from transforms.errors import BranchmarkError


@dataclass(frozen=True)
class Way:
    """One report on its way to one recipient.

    Attributes:
        head: the released edition.
        channel: `mail`, `folder` or `webhook`.
        recipient: a mail address, or the name of a folder or webhook.
        language: of words and files.
        kinds: which files.
        person: who is written to; none for folders and webhooks.
        reader: who reads it; none for the bank's own folders and webhooks, which hold all of it.
    """

    head: Head
    channel: str
    recipient: str
    language: Language
    kinds: tuple[SummaryKind, ...]
    person: Recipient | None
    reader: Reader | None

    @property
    def subject(self) -> str:
        """What the receipt book calls it: the edition, and what was signed."""
        return self.head.dispatched_as

    def scope(self, bank: Bank) -> Scope:
        """What may go by this way, as things stand now."""
        if self.reader is None:
            return Scope.whole_bank(f"{self.channel} {self.recipient}")
        return scope_of(self.reader, bank.published)


@dataclass(frozen=True)
class Plan:
    """What is to go out, and who gets nothing for which reason.

    Attributes:
        ways: in the order of rules, editions and recipients.
        withheld: why, by recipient.
    """

    ways: tuple[Way, ...]
    withheld: Mapping[str, str]


def readers_of(bank: Bank, delivery: Delivery) -> tuple[dict[str, Reader], dict[str, str]]:
    """Readers by mail address, `folder:NAME` or `webhook:NAME`; and why, of those who are none.

    A person who left is taken out of the table of readers, and must not stop what others receive.
    """
    table, published = ReaderTable.of(bank.workspace), bank.published.pinned()
    asked = {one.mail: one.reader for one in delivery.recipients}
    for channel, places in ((FOLDER, delivery.folders), (WEBHOOK, delivery.webhooks)):
        for name, place in places.items():
            if place.reader is not None:
                asked[f"{channel}:{name}"] = place.reader
    found: dict[str, Reader] = {}
    withheld: dict[str, str] = {}
    for recipient, name in asked.items():
        try:
            found[recipient] = _reader(published, table, name)
        except BranchmarkError as error:
            withheld[recipient] = str(error)
    return found, withheld


def plan(bank: Bank, delivery: Delivery) -> Plan:
    """Every way that a rule gives a released edition, the newest of each report, unit and period.

    Args:
        bank: whose.
        delivery: its rules.

    Raises:
        UnknownNameError: if a rule names no return.
    """
    readers, withheld = readers_of(bank, delivery)
    published = bank.published.pinned()
    scopes = {one: scope_of(reader, published) for one, reader in readers.items()}
    ways: list[Way] = []
    for rule in delivery.rules:
        kinds = rule.formats or kinds_of(require(bank, rule.report))
        places = _Places.of(delivery, rule, readers, scopes)
        for head in _released(bank, rule):
            ways += [
                Way(head, one.channel, one.recipient, one.language, kinds, one.person, one.reader)
                for one in places.of_unit(head.unit_id)
            ]
    return Plan(tuple(ways), withheld)


@dataclass(frozen=True)
class _Place:
    """One end of a rule's ways."""

    channel: str
    recipient: str
    language: Language
    person: Recipient | None
    reader: Reader | None


@dataclass(frozen=True)
class _Places:
    """The ends of a rule's ways, by unit: a bank has as many recipients as branches, and more reports."""

    all: tuple[_Place, ...]
    everywhere: tuple[int, ...]
    by_unit: Mapping[str, list[int]]

    @classmethod
    def of(
        cls,
        delivery: Delivery,
        rule: Rule,
        readers: Mapping[str, Reader],
        scopes: Mapping[str, Scope],
    ) -> "_Places":
        places: list[_Place] = []
        everywhere: list[int] = []
        by_unit: dict[str, list[int]] = {}
        for where in rule.to:
            for key, units, place in _ends(delivery, rule, where, readers):
                number = len(places)
                places.append(place)
                seen = scopes[key].branches if key else None
                if seen is None and not units:
                    everywhere.append(number)
                    continue
                for unit in units or seen or ():
                    if seen is None or unit in seen:
                        by_unit.setdefault(unit, []).append(number)
        return cls(tuple(places), tuple(everywhere), by_unit)

    def of_unit(self, unit: str) -> list[_Place]:
        """Who is sent what is made for a unit, in the order of the settings."""
        return [self.all[one] for one in sorted((*self.everywhere, *self.by_unit.get(unit, ())))]


def _ends(
    delivery: Delivery, rule: Rule, where: str, readers: Mapping[str, Reader]
) -> list[tuple[str, tuple[str, ...], _Place]]:
    """Ends of a rule with the key of their reader, nothing where there is none, and the units wanted."""
    if where == MAIL:
        return [
            (one.mail, one.units, _Place(MAIL, one.mail, one.language, one, readers[one.mail]))
            for one in delivery.recipients
            if rule.report in one.receives and one.mail in readers
        ]
    channel, _, name = where.partition(":")
    place = delivery.folders[name] if channel == FOLDER else delivery.webhooks[name]
    if place.reader is None:
        return [("", (), _Place(channel, name, rule.language, None, None))]
    if where not in readers:
        return []
    return [(where, (), _Place(channel, name, rule.language, None, readers[where]))]


def _reader(published: Published, table: ReaderTable, name: str) -> Reader:
    described = name.partition(":")[0].strip() in tuple(Role)
    reader = reader_of(name) if described else table.require(name)
    unknown = unknown_units(reader, published)
    if unknown:
        raise BranchmarkError(
            f"Reader {name!r} was given {unknown[0]}, which the newest month does not know. Mend the "
            "reader's units."
        )
    return reader


def _released(bank: Bank, rule: Rule) -> tuple[Head, ...]:
    """The newest released edition of each unit and period, oldest period first."""
    rows = bank.ledger.returns.packages(SYSTEM, return_id=rule.report)
    out = (
        rows.filter(pl.col("state") == Step.RELEASED.value)
        .sort("edition")
        .unique(["unit_id", "as_of"], keep="last", maintain_order=True)
        .sort("as_of", "unit_id")
    )
    if rule.since is not None:
        out = out.filter(pl.col("as_of") >= rule.since)
    return tuple(Head.of(row) for row in out.to_dicts())
