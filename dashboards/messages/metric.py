"""The words of the metric page, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

METRIC_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})
