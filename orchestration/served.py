"""Streamlit, with all that pages need imported beforehand: `python -m orchestration.served run PAGE`.

Left to itself, Streamlit imports what a page needs when its first visitor comes, who then waits for it.
What is imported is read off the scripts; none of them is run here. How the server is started and stopped
is said in `orchestration.cli.serve`. Definitions and rules of the workspace are read beforehand, too.
"""

import ast
import gc
import runpy
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import dashboards
from orchestration.bank import Bank
from transforms.errors import BranchmarkError

_HERE: Final = Path(__file__).resolve().parent
_DASHBOARDS: Final = Path(str(dashboards.__path__[0]))


def main() -> None:
    """Import, then be Streamlit, with the same words behind the command."""
    for script in (_HERE / "pages.py", *sorted((_DASHBOARDS / "app_pages").glob("*.py"))):
        for name in imported(script.read_text(encoding="utf-8")):
            import_module(name)
    warm(sys.argv)
    # Streamlit looks for garbage after every run of a page. What stands now is needed until the end.
    gc.collect()
    gc.freeze()
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def warm(words: Sequence[str]) -> None:
    """Read the definitions and rules of the workspace that is served, which every first page would wait for.

    Args:
        words: of the command; the workspace's folder follows `--workspace`.
    """
    if "--workspace" not in words[:-1]:
        return
    root = Path(words[words.index("--workspace") + 1])
    # What is wrong with a workspace is told on its pages.
    with suppress(BranchmarkError):
        bank = Bank.at(root)
        for read in (lambda: bank.definitions, lambda: bank.rules):
            read()


def imported(script: str) -> list[str]:
    """The modules that a script imports at its top, packages before what is taken from them.

    >>> imported("from dashboards import month; import sys; print('not run')")
    ['dashboards', 'dashboards.month', 'sys']
    """
    found: list[str] = []
    for node in ast.parse(script).body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            if hasattr(import_module(node.module), "__path__"):
                found += [name for name in inside if find_spec(name)]
    return found


if __name__ == "__main__":
    main()
