"""A released report made ready for one recipient: what it may hold is checked on what is in it, then written.

Which reports go where is said in `ways`; what becomes of a parcel, in `book`.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

import polars as pl

from dashboards.i18n import day_text
from dashboards.summaries.paper import RELEASED, Paper
from orchestration import settings
from orchestration.bank import Bank
from orchestration.reporting import rendering
from orchestration.reporting.delivery_settings import FOLDER, Delivery
from orchestration.reporting.rendering import File
from orchestration.reporting.sending import folders, webhooks
from orchestration.reporting.sending.answers import Answer, failed
from orchestration.reporting.sending.book import Parcel
from orchestration.reporting.sending.changed import Changes
from orchestration.reporting.sending.letters import Letter, Line, Part
from orchestration.reporting.sending.links import Links
from orchestration.reporting.sending.posting import posted
from orchestration.reporting.sending.scopes import scope_told
from orchestration.reporting.sending.ways import Way
from records.access import Scope
from transforms.errors import AccessError, BranchmarkError
from transforms.returns.package import Package

_KILO: Final = 1024


def parcel(bank: Bank, delivery: Delivery, way: Way, changes: Changes) -> Parcel:
    """A report ready for its way; what may not or cannot go becomes a try that fails and says why."""
    try:
        return _parcel(bank, delivery, way, changes)
    except BranchmarkError as error:
        said = failed(str(error), for_good=isinstance(error, AccessError))
        hashed = hashlib.sha256(said.detail.encode()).hexdigest()
        return _of(way, hashed, lambda _at: said)


def _parcel(bank: Bank, delivery: Delivery, way: Way, changes: Changes) -> Parcel:
    scope = way.scope(bank)
    paper = rendering.paper(bank, scope, way.head, way.language)
    require_within(scope, paper.package)
    if paper.state != RELEASED:
        raise BranchmarkError(
            f"{way.head.called}, is {paper.state}, and only what was released goes out. Release it first."
        )
    files = rendering.render(paper, way.kinds)
    if way.person is not None:
        letter = _letter(bank, delivery, way, scope, paper, files, changes)
        return _of(
            way,
            letter.sha256,
            posted(bank, delivery.smtp, way.person, letter, "report", way.subject),
        )
    hashed = hashlib.sha256(folders.receipt_of(files).encode()).hexdigest()
    if way.channel == FOLDER:
        place = delivery.folders[way.recipient]
        return _of(way, hashed, lambda _at: folders.put(place, files))
    hook = delivery.webhooks[way.recipient]
    to = Links(delivery.link, way.language)
    body = webhooks.body_of(_facts(paper, way, to), files, with_files=hook.with_files)
    key = hashlib.sha256(f"report\0{way.subject}\0{way.recipient}".encode()).hexdigest()

    def post(at: datetime) -> Answer:
        return webhooks.post(hook, settings.connection(hook.secret), key, body, at)

    return _of(way, hashed, post)


def require_within(scope: Scope, package: Package) -> None:
    """Refuse a package that speaks of a unit outside a scope, in its units or in any of its cells.

    Raises:
        AccessError: naming the unit.
    """
    spoken_of = pl.concat([package.units["unit_id"], package.cells["unit_id"].drop_nulls()])
    for unit in (package.unit_id, *spoken_of.unique().sort()):
        scope.require(unit)


def _of(way: Way, hashed: str, carry: Callable[[datetime], Answer]) -> Parcel:
    return Parcel(
        purpose="report",
        subject=way.subject,
        unit_id=way.head.unit_id,
        channel=way.channel,
        recipient=way.recipient,
        content_hash=hashed,
        carry=carry,
    )


def _letter(
    bank: Bank,
    delivery: Delivery,
    way: Way,
    scope: Scope,
    paper: Paper,
    files: tuple[File, ...],
    changes: Changes,
) -> Letter:
    say, head = paper.say, way.head
    to = Links(delivery.link, way.language)
    page = to.report(head)
    size = sum(len(one.data) for one in files)
    attached = delivery.smtp is not None and size <= delivery.smtp.attachments_bytes
    parts: list[Part] = []
    changed = changes.part(scope, head, paper.return_.frequency, to)
    if changed is not None:
        parts.append(changed)
    if attached:
        told = tuple(
            Line(say("al_file", name=one.name, size=_size(len(one.data)), hashed=one.sha256[:12]))
            for one in files
        )
    else:
        key = "al_too_large" if page else "al_too_large_no_page"
        told = (Line(say(key, size=_size(size)), page),)
    parts.append(Part(say("al_files"), told))
    if page:
        parts.append(Part(say("al_page"), (Line(page, page),)))
    return Letter(
        language=way.language,
        subject=say(
            "al_report_subject",
            bank=paper.bank_name,
            title=paper.title,
            unit=paper.unit,
            period=paper.period,
        ),
        opening=_opening(paper, way, is_compared=changed is not None),
        pairs=(*paper.strip(), (say("al_filters"), say("al_filters_none"))),
        parts=tuple(parts),
        closing=(
            say(
                "al_only_for_you",
                name=_name(way),
                scope=scope_told(bank, way.reader, scope, way.language),
            ),
        ),
        files=files if attached else (),
    )


def _opening(paper: Paper, way: Way, *, is_compared: bool) -> tuple[str, ...]:
    released = paper.signed[-1]
    day = "" if released.at is None else day_text(paper.language, released.at.date())
    told = [
        paper.say("al_dear", name=_name(way)),
        paper.say(
            "al_report_released",
            title=paper.title,
            unit=paper.unit,
            period=paper.period,
            person=released.person,
            day=day,
            edition=way.head.edition,
        ),
    ]
    if paper.differences is not None:
        told.append(paper.say("al_report_replaces", count=paper.differences.height))
    if not is_compared:
        told.append(paper.say("al_no_comparison"))
    return tuple(told)


def _name(way: Way) -> str:
    return way.recipient if way.person is None else way.person.name


def _facts(paper: Paper, way: Way, to: Links) -> dict[str, object]:
    """What an address is told of a report."""
    head, released = way.head, paper.signed[-1]
    return {
        "event": "report_released",
        "bank": paper.bank_name,
        "report": head.return_id,
        "report_version": head.return_version,
        "title": paper.title,
        "unit": head.unit_id,
        "as_of": head.as_of.isoformat(),
        "edition": head.edition,
        "content_hash": head.content_hash,
        "definition_hash": head.definition_hash,
        "snapshot_version": head.snapshot_version,
        "released_by": released.person,
        "released_at": None if released.at is None else released.at.isoformat(),
        "strip": dict(paper.strip()),
        "filters": paper.say("al_filters_none"),
        "link": to.report(head) or None,
    }


def _size(number: int) -> str:
    """A file's size as people read it.

    >>> _size(900), _size(20_480), _size(3_355_443)
    ('1 KB', '20 KB', '3.2 MB')
    """
    if number < _KILO * _KILO:
        return f"{max(round(number / _KILO), 1)} KB"
    return f"{number / _KILO / _KILO:.1f} MB"
