"""The words of the pages in the product's two languages, by key.

Names of metrics and branches are data and come with their own translations; sentences about a figure
belong in `words`. What pages say is written page by page in `messages`; a key stands there once.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dashboards.messages.alerts import ALERTS_MESSAGES
from dashboards.messages.catalogue import CATALOGUE_MESSAGES
from dashboards.messages.common import COMMON_MESSAGES
from dashboards.messages.exports import EXPORTS_MESSAGES
from dashboards.messages.loans import LOANS_MESSAGES
from dashboards.messages.metric import METRIC_MESSAGES
from dashboards.messages.quality import QUALITY_MESSAGES
from dashboards.messages.reports import REPORTS_MESSAGES
from dashboards.messages.returns import RETURNS_MESSAGES
from dashboards.messages.self_check import SELF_CHECK_MESSAGES
from dashboards.messages.sign_in import SIGN_IN_MESSAGES
from dashboards.messages.summaries import SUMMARIES_MESSAGES
from dashboards.messages.targets import TARGET_MESSAGES
from transforms.errors import UnknownNameError


class Language(StrEnum):
    """A language of the product."""

    EN = "en"
    ZH = "zh"

    @property
    def own_name(self) -> str:
        """How the language calls itself."""
        return {Language.EN: "English", Language.ZH: "中文"}[self]

    def pick(self, en: str, zh: str) -> str:
        """The one of two texts that is in this language."""
        return zh if self is Language.ZH else en


def language_of(code: str) -> Language:
    """The language of that code.

    Raises:
        UnknownNameError: if the product does not speak it.
    """
    if code not in tuple(Language):
        raise UnknownNameError(
            "language", code, tuple(Language), way_out="Choose en (English) or zh (中文)."
        )
    return Language(code)


_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)

MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        **ALERTS_MESSAGES,
        **CATALOGUE_MESSAGES,
        **COMMON_MESSAGES,
        **EXPORTS_MESSAGES,
        **LOANS_MESSAGES,
        **METRIC_MESSAGES,
        **QUALITY_MESSAGES,
        **REPORTS_MESSAGES,
        **RETURNS_MESSAGES,
        **SELF_CHECK_MESSAGES,
        **SIGN_IN_MESSAGES,
        **SUMMARIES_MESSAGES,
        **TARGET_MESSAGES,
    }
)
"""English and Chinese by key."""


def say(language: Language, key: str, **values: object) -> str:
    """The message of that key, filled in."""
    return language.pick(*MESSAGES[key]).format(**values)


def day_text(language: Language, day: date) -> str:
    """A date as people read it: 31 Oct 2026, 2026年10月31日."""
    if language is Language.ZH:
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_text(language: Language, day: date) -> str:
    """A month as an axis shows it: Oct 26, 26年10月."""
    if language is Language.ZH:
        return f"{day:%y}年{day.month}月"
    return f"{_MONTHS[day.month - 1]} {day:%y}"
