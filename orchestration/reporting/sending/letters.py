"""A mail as it is written: words in plain text and in small HTML, with files, and nothing fetched from afar.

The same letter gives the same bytes but for the date of its head. Who gets which letter is said elsewhere.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Final

from dashboards.i18n import Language, say
from dashboards.summaries.formats import SummaryKind
from orchestration.reporting.rendering import File
from transforms.errors import visible

_POLICY: Final = SMTP.clone(cte_type="7bit")
_INK, _SOFT, _LINE, _LINK = "#1f2a37", "#5b6776", "#d8dee6", "#1a5fb4"
_CELL: Final = f"padding:4px 12px 4px 0;border-bottom:1px solid {_LINE};vertical-align:top"

_SMALL: Final = f";padding-top:16px;color:{_SOFT};font-size:12px"


@dataclass(frozen=True)
class Line:
    """A sentence of a list, and where more is told; no address where nobody says where pages are."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a letter: a heading, and sentences in order."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Letter:
    """What a mail says.

    Attributes:
        language: of its words.
        subject: of the mail, on one line.
        opening: the first sentences.
        pairs: the strip: label and text.
        parts: what is told, part by part.
        closing: the last sentences, small.
        files: what is attached.
    """

    language: Language
    subject: str
    opening: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    closing: tuple[str, ...]
    files: tuple[File, ...] = ()

    @property
    def sha256(self) -> str:
        """A hash of what it says, files included."""
        told = [self.subject, plain(self), *(f"{one.name} {one.sha256}" for one in self.files)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def message_id(sender: str, *what: str) -> str:
    """An id that the same thing to the same person always bears.

    >>> one = message_id("it@bank.example", "report", "ab")
    >>> one == message_id("it@bank.example", "report", "ab")
    True
    >>> one == message_id("it@bank.example", "reporta", "b")
    False
    """
    hashed = hashlib.sha256("\0".join(what).encode()).hexdigest()
    return f"<{hashed[:40]}@{sender.partition('@')[2]}>"


def written(
    letter: Letter,
    *,
    sender: str,
    sender_name: str,
    to: str,
    to_name: str,
    known_by: str,
    at: datetime,
) -> bytes:
    """A letter as the lines that go to a mail server.

    Args:
        letter: what it says.
        sender: the address it comes from.
        sender_name: whose that is.
        to: the address it goes to.
        to_name: whose that is.
        known_by: its `message_id`.
        at: the date of its head.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(visible(sender_name), addr_spec=sender)
    mail["To"] = Address(visible(to_name), addr_spec=to)
    mail["Subject"] = visible(letter.subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = known_by
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain(letter))
    mail.add_alternative(html(letter), subtype="html")
    for one in letter.files:
        main, _, sub = SummaryKind(one.name.rpartition(".")[2]).mime.partition("/")
        mail.add_attachment(one.data, maintype=main, subtype=sub, filename=one.name)
    for number, part in enumerate(one for one in mail.walk() if one.is_multipart()):
        # Left to itself, the library draws boundaries by chance.
        part.set_boundary(f"={hashlib.sha256(f'{known_by}{number}'.encode()).hexdigest()[:40]}=")
    mail["Content-Language"] = _tag(letter)
    return mail.as_bytes()


def plain(letter: Letter) -> str:
    """The letter as plain text."""
    colon = letter.language.pick(": ", "：")
    blocks = [
        "\n".join(letter.opening),
        "\n".join(f"{label}{colon}{text}" for label, text in letter.pairs),
    ]
    for part in letter.parts:
        lines = [part.heading]
        for number, line in enumerate(part.lines, start=1):
            before = f"{number}. " if len(part.lines) > 1 else ""
            lines.append(f"{before}{line.text}")
            lines += [f"   {line.link}"] if line.link not in {"", line.text} else []
        blocks.append("\n".join(lines))
    blocks.append("\n".join(letter.closing))
    text = "\n\n".join(block for block in blocks if block)
    return "\n".join(visible(line) for line in text.split("\n")) + "\n"


def html(letter: Letter) -> str:
    """The letter as HTML that asks nobody for anything: no pictures, no style sheets, no scripts."""
    rows = "".join(
        f'<tr><td style="{_CELL};color:{_SOFT}">{_safe(label)}</td>'
        f'<td style="{_CELL}">{_safe(text)}</td></tr>'
        for label, text in letter.pairs
    )
    parts = "".join(_part(part, letter.language) for part in letter.parts)
    language = _tag(letter)
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{_safe(letter.subject)}</title></head>"
        f'<body style="margin:0;padding:16px;color:{_INK};font:14px/1.5 system-ui,'
        "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif\">"
        f'<div style="max-width:720px">{_paragraphs(letter.opening, "")}'
        f'<table style="border-collapse:collapse;margin:12px 0">{rows}</table>{parts}'
        f"{_paragraphs(letter.closing, _SMALL)}</div></body></html>\n"
    )


def _tag(letter: Letter) -> str:
    return "zh-CN" if letter.language is Language.ZH else "en"


def _part(part: Part, language: Language) -> str:
    if len(part.lines) == 1:
        told = f'<p style="margin:4px 0">{_line(part.lines[0], language)}</p>'
    else:
        items = "".join(
            f'<li style="margin:4px 0">{_line(line, language)}</li>' for line in part.lines
        )
        told = f'<ol style="margin:0;padding-left:28px">{items}</ol>'
    return f'<h2 style="font-size:15px;margin:20px 0 4px">{_safe(part.heading)}</h2>{told}'


def _line(line: Line, language: Language) -> str:
    if not line.link:
        return _safe(line.text)
    href = f'href="{escape(line.link)}" style="color:{_LINK};text-decoration:none"'
    if line.link == line.text:
        return f"<a {href}>{_safe(line.text)}</a>"
    opens = _safe(say(language, "al_open"))
    return f'{_safe(line.text)} <a {href}><span style="white-space:nowrap">{opens} ›</span></a>'


def _paragraphs(sentences: Sequence[str], style: str) -> str:
    return "".join(f'<p style="margin:4px 0{style}">{_safe(one)}</p>' for one in sentences)


def _safe(text: str) -> str:
    return escape(visible(text))
