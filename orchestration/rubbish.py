"""How seldom a process looks for rubbish: whoever begins one says so, a command or a lane of a backfill.

A server that is done with loading has more to say about it: `served`.
"""

import gc
from typing import Final

_ALLOCATIONS: Final = 20_000
"""Between two looks. A process imports more than it throws away, and Python's own number, a few hundred, has
it look through all those modules again and again: a tenth of a build."""


def look_seldom() -> None:
    """Look for rubbish seldom from now on."""
    gc.set_threshold(_ALLOCATIONS)
