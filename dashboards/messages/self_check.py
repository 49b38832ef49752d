"""The words of the self-check of a draft, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SELF_CHECK_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
