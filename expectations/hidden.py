"""A library kept out of sight while another is imported, which would load it wherever it is installed.

Great Expectations imports pyspark if it can: a second of every process, though no suite runs on Spark, and
in a process without a main file pyspark ends it when its own extras are missing. Nothing else belongs here.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden(package: str) -> Iterator[None]:
    """Let no import find a package, or what was loaded of it, as long as this lasts."""
    loaded = {
        name: module
        for name, module in sys.modules.items()
        if name == package or name.startswith(f"{package}.")
    }
    for name in loaded:
        del sys.modules[name]
    sys.modules[package] = None  # type: ignore[assignment] - how Python says that there is no such module
    try:
        yield
    finally:
        del sys.modules[package]
        sys.modules.update(loaded)
