"""The words of signing in and of whose figures are shown, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SIGN_IN_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
