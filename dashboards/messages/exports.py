"""The words of exports, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EXPORTS_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
