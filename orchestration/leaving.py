"""How a process of ours ends: as soon as all it owes is done.

Python would first take half a million objects apart, one after the other, before it gives their memory back
to the system, which takes it at once: a quarter of a small command's time, two seconds of a build's. Who
begins a process asks for it: a command, or a lane of a backfill.
"""

import atexit
import multiprocessing
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process, after what its threads and whoever asked to be called at the end still have to do."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 - no other way asks for them
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # of what commands print, `app` has said so
            stream.flush()
    os._exit(code)


def leave_when_done() -> None:
    """Have a process that another one began end likewise, once that other has been told how it went.

    Of a process that nobody began this way, such as one of Celery's, this changes nothing.
    """
    if multiprocessing.parent_process() is None:
        return

    def end() -> None:
        atexit.unregister(end)
        leave(0)

    atexit.register(end)
