"""The words of the catalogue, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CATALOGUE_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
