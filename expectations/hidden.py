"""Libraries kept out of the way while another is imported, which would load them wherever they are installed.

Great Expectations imports pyspark if it can: a second of every process, though no suite runs on Spark, and
in a process without a main file pyspark ends it when its own extras are missing. It imports scipy's
statistics, half a second more, for tests of distributions that no rule asks for. Nothing else belongs here.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import LazyLoader, find_spec, module_from_spec


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


def put_off(package: str, name: str) -> None:
    """Load a module of a package only when something of it is first used; one that is loaded stays so."""
    whole = f"{package}.{name}"
    spec = None if whole in sys.modules else find_spec(whole)
    if spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = module_from_spec(spec)
    sys.modules[whole] = module
    spec.loader.exec_module(module)
    # Found there, it is not asked whether it is loaded, which would load it.
    setattr(sys.modules[package], name, module)
