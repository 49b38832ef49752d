"""Opens what a bank delivers, whole, or refuses it with the place; what columns mean is in mappings."""

from orchestration.sources.opening import open_source
from orchestration.sources.source import ROW, Source, state_of

__all__ = ["ROW", "Source", "open_source", "state_of"]
