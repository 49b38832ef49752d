"""The words of the loans behind a figure, and of one loan: by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LOANS_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
