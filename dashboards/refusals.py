"""What could not be done, as a page says it: the sentence of an error in the reader's language.

An error speaks to whoever caused it, in English, and its way out is often a command. What readers can cause
through pages has its own words here, in both languages, with names for codes; anything else is told as it
is, in Chinese with a sentence before it that says what failed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from dashboards import words
from dashboards.i18n import Language, day_text, say
from dashboards.messages.refusals import KINDS, OF, SENTENCES
from transforms.errors import (
    AccessError,
    BranchmarkError,
    CatalogueError,
    MappingError,
    ReferenceTableError,
    UnknownNameError,
    UnreadableFileError,
    WorkspaceError,
)

_ID: Final = r"[\w.:/-]+"
_DAY: Final = r"\d{4}-\d{2}-\d{2}"


@dataclass(frozen=True)
class Names:
    """What codes in a sentence are called, by code and for one language: metrics and units."""

    metrics: Mapping[str, str] = field(default_factory=dict[str, str])
    units: Mapping[str, str] = field(default_factory=dict[str, str])


def _sentence(pattern: str) -> re.Pattern[str]:
    """A pattern whose `<metric>`, `<branch>`, `<other>`, `<day>`, `<then>` and `<what>` stand for parts."""
    parts = {
        "metric": _ID,
        "branch": _ID,
        "other": _ID,
        "day": _DAY,
        "then": _DAY,
        "reading": _ID,
        "reason": r".+?",
        "what": r".+",
        "who": r".+?",
        "number": r"\d+",
    }
    for name, inner in parts.items():
        pattern = pattern.replace(f"<{name}>", f"(?P<{name}>{inner})")
    return re.compile(pattern, re.DOTALL)


_SENTENCES: Final = tuple(
    (_sentence(pattern), english, chinese) for pattern, english, chinese in SENTENCES
)

_LEADS: Final[tuple[tuple[type[BranchmarkError], str], ...]] = (
    (UnreadableFileError, "refused_file"),
    (MappingError, "refused_mapping"),
    (CatalogueError, "refused_definitions"),
    (ReferenceTableError, "refused_definitions"),
    (WorkspaceError, "refused_workspace"),
)
"""What failed, by the kind of error; the first that fits."""

_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "draft": "草稿",
        "submitted": "待审批",
        "approved": "已批准",
        "rejected": "已退回",
        "superseded": "已被新版本替代",
        "replaced": "已被替换",
        "withdrawn": "已撤回",
    }
)
_DATES: Final = frozenset({"day", "then"})
_UNITS: Final = frozenset({"branch", "other"})


def told(error: BranchmarkError, language: Language, names: Names | None = None) -> str:
    """What an error says, as a page says it.

    Args:
        error: what was raised.
        language: the reader's.
        names: what metrics and units are called; codes stay codes without.
    """
    text, known = str(error), names or Names()
    if isinstance(error, AccessError):
        return say(language, "refused_access")
    if isinstance(error, UnknownNameError):
        return _unknown(error, language)
    for pattern, english, chinese in _SENTENCES:
        found = pattern.fullmatch(text)
        if found is not None:
            template = language.pick(english, chinese)
            return template.format(**_parts(found, language, known)) if template else text
    if language is Language.EN:
        return text
    lead = next((key for kind, key in _LEADS if isinstance(error, kind)), "refused")
    return say(language, lead, told=text)


def is_known(text: str) -> bool:
    """Whether a sentence has words of its own here."""
    return any(pattern.fullmatch(text) for pattern, _, _ in _SENTENCES)


def _parts(found: re.Match[str], language: Language, names: Names) -> dict[str, str]:
    return {
        name: _part(name, text or "", language, names) for name, text in found.groupdict().items()
    }


def _part(name: str, text: str, language: Language, names: Names) -> str:
    if name in _DATES:
        return day_text(language, date.fromisoformat(text))
    if name in _UNITS:
        return names.units.get(text, text)
    if name == "metric":
        return names.metrics.get(text, text)
    if name == "reason":
        return words.reason(text, language)
    if name == "state":
        return language.pick(text, _STATES[text])
    return text


def _unknown(error: UnknownNameError, language: Language) -> str:
    """A name that nothing bears, with those that come near; the way out of a page is its controls."""
    if language is Language.EN:
        return f"There is no {error.kind} {error.asked}." + words.near_miss(
            error.asked, error.known, language
        )
    kind = KINDS.get(error.kind)
    for prefix, chinese in OF:
        if kind is None and error.kind.startswith(prefix):
            kind = chinese.format(error.kind.removeprefix(prefix))
    near = words.near_miss(error.asked, error.known, language)
    return say(language, "refused_name", kind=kind or error.kind, asked=error.asked) + near
