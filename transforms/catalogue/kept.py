"""Reference tables and definitions of a workspace, read once a process: the same texts mean the same rules.

A bank is opened anew for every month that is built, and for every page that is shown.
"""

from functools import lru_cache

from transforms.catalogue import load
from transforms.catalogue.load import Definitions
from transforms.reference import tables
from transforms.reference.tables import Reference

Texts = tuple[tuple[str, str], ...]
"""Text by name, sorted by name."""


@lru_cache(maxsize=4)
def reference(own: Texts) -> Reference:
    """The product's reference tables, with those of a workspace in their place.

    Args:
        own: CSV text by table name.

    Raises:
        ReferenceTableError: if a table contradicts itself.
    """
    return tables.load(dict(own))


@lru_cache(maxsize=4)
def definitions(own: Texts, additions: Texts) -> Definitions:
    """The product's definitions of all times, with those a workspace adds or replaces.

    Args:
        own: CSV text by table name.
        additions: YAML text by file name.

    Raises:
        CatalogueError: if a definition cannot be used.
    """
    return load.definitions(reference(own), dict(additions))
