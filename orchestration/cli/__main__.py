"""The command line as a process: the script `branchmark`, and `python -m orchestration.cli`.

What commands say and how they fail is said in `app`.
"""

import atexit
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

from orchestration.cli.app import main


def script() -> None:
    """Run the command line, and end the process as soon as all it owes is done.

    Python would first take half a million objects apart, one after the other, before it gives their memory
    back to the system, which takes it at once: a quarter of a small command's time, a second of a build's.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who began the process: nobody wants to read it
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, nowhere)
    code: object = None
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 - no other way asks for them
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # of what commands print, `app` has said so
            stream.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    script()
