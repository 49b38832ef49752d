"""The dashboard: `streamlit run dashboards/app.py -- --workspace DIR`.

Opens the workspace, sets the frame that all pages share, and runs the page of the address. What a page
shows belongs in `app_pages`; a folder called `pages` would be served past this frame by Streamlit itself.
"""

import argparse
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboards import refusals
from dashboards.app_pages import address, opening
from dashboards.i18n import Language, say
from dashboards.port.analyses import Analyses
from transforms.errors import BranchmarkError

_HERE = Path(__file__).resolve().parent


@lru_cache
def _workspace(words: tuple[str, ...], default: str) -> Path:
    """The workspace's folder: as given after `--`, else as the environment says."""
    parser = argparse.ArgumentParser(prog="streamlit run dashboards/app.py --")
    parser.add_argument("--workspace", type=Path, default=Path(default))
    given, _ = parser.parse_known_args(words)
    return Path(given.workspace).resolve()


def _leave_own_folder() -> None:
    """Streamlit puts the script's folder first on the path, where `numbers` would hide Python's own."""
    script = _resolved(sys.argv[0]).parent
    sys.path[:] = [e for e in sys.path if _resolved(e or ".") not in {_HERE, script}]


@lru_cache
def _resolved(entry: str) -> Path:
    return Path(entry).resolve()


# By group: script, icon and address; the overview is what the bare address leads to. Streamlit would print
# a bare string of the script that it serves.
_GROUPS: Final = {
    "pages_review": (
        ("overview", "table_chart", address.OVERVIEW),
        ("branch", "account_balance", address.BRANCH),
        ("targets", "flag", address.TARGETS),
    ),
    "pages_look": (
        ("metric", "show_chart", address.METRIC),
        ("loans", "list_alt", address.LOANS),
        ("loan", "description", address.LOAN),
    ),
    "pages_trust": (
        ("self_check", "rule", address.SELF_CHECK),
        ("data_quality", "fact_check", address.DATA_QUALITY),
        ("reports", "draw", address.REPORTS),
    ),
    "pages_know": (("catalogue", "menu_book", address.CATALOGUE),),
}

# Keys of titles that are not called like their page.
_TITLES: Final = {"overview": "overview", "data_quality": "data_quality"}


def _pages(language: Language) -> dict[str, list[StreamlitPage]]:
    """Every page with its address, in groups."""
    return {
        say(language, group): [
            st.Page(
                _HERE / "app_pages" / f"{script}.py",
                title=say(language, _TITLES.get(script, f"{script}_page")),
                icon=f":material/{icon}:",
                url_path=path or None,
                default=not path,
            )
            for script, icon, path in pages
        ]
        for group, pages in _GROUPS.items()
    }


def main(analyses: Callable[[Path], Analyses] | None = None) -> None:
    """Set the frame and run the page of the address.

    Args:
        analyses: opens, for a workspace's folder, what answers questions beyond the published figures.
    """
    _leave_own_folder()
    st.set_page_config(
        page_title="branchmark",
        page_icon=str(_HERE / "icon.svg"),
        layout="wide",
        initial_sidebar_state=232,
    )
    language = opening.reader_language()
    page = st.navigation(_pages(language))
    try:
        default = os.environ.get("BRANCHMARK_WORKSPACE", ".")
        root = _workspace(tuple(sys.argv[1:]), default)
        opening.open_desk(root, language, None if analyses is None else analyses(root))
    except BranchmarkError as error:
        opening.refuse(refusals.told(error, language), language)
    page.run()


if __name__ == "__main__":
    main()
