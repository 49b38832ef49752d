"""The dashboard: `streamlit run dashboards/app.py -- --workspace DIR`.

Opens the workspace, sets the frame that all pages share, and runs the page of the address. What a page
shows belongs in `app_pages`; a folder called `pages` would be served past this frame by Streamlit itself.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboards.analyses import Analyses
from dashboards.app_pages import address, opening
from dashboards.i18n import say
from transforms.errors import BranchmarkError

_HERE = Path(__file__).resolve().parent


def _workspace() -> Path:
    """The workspace's folder: as given after `--`, else as the environment says."""
    parser = argparse.ArgumentParser(prog="streamlit run dashboards/app.py --")
    default = os.environ.get("BRANCHMARK_WORKSPACE", ".")
    parser.add_argument("--workspace", type=Path, default=Path(default))
    given, _ = parser.parse_known_args(sys.argv[1:])
    return Path(given.workspace).resolve()


def _leave_own_folder() -> None:
    """Streamlit puts the script's folder first on the path, where `numbers` would hide Python's own."""
    script = Path(sys.argv[0]).resolve().parent
    sys.path[:] = [e for e in sys.path if Path(e or ".").resolve() not in {_HERE, script}]


def main(analyses: Callable[[Path], Analyses] | None = None) -> None:
    """Set the frame and run the page of the address.

    Args:
        analyses: opens, for a workspace's folder, what answers questions beyond the published figures.
    """
    _leave_own_folder()
    st.set_page_config(page_title="branchmark", page_icon=str(_HERE / "icon.svg"), layout="wide")
    language = opening.reader_language()
    page = st.navigation(
        [
            st.Page(
                _HERE / "app_pages" / "overview.py",
                title=say(language, "overview"),
                icon=":material/table_chart:",
                default=True,
            ),
            st.Page(
                _HERE / "app_pages" / "branch.py",
                title=say(language, "branch_page"),
                icon=":material/account_balance:",
                url_path=address.BRANCH,
            ),
            st.Page(
                _HERE / "app_pages" / "targets.py",
                title=say(language, "targets_page"),
                icon=":material/flag:",
                url_path=address.TARGETS,
            ),
            st.Page(
                _HERE / "app_pages" / "data_quality.py",
                title=say(language, "data_quality"),
                icon=":material/fact_check:",
                url_path=address.DATA_QUALITY,
            ),
        ]
    )
    try:
        root = _workspace()
        opening.open_desk(root, language, None if analyses is None else analyses(root))
    except BranchmarkError as error:
        opening.refuse(str(error), language)
    page.run()


if __name__ == "__main__":
    main()
