"""The command line as a process: the script `branchmark`, and `python -m orchestration.cli`.

What commands say and how they fail is said in `app`; how a process ends, in `leaving`.
"""

import os
import sys
from pathlib import Path

from orchestration.cli.app import main
from orchestration.leaving import leave


def script() -> None:
    """Run the command line, and end the process with its code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who began the process: nobody wants to read it
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, nowhere)
    code: object = None
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    leave(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    script()
