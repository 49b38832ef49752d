"""Opens pages of the dashboard in process."""

import sys

import pytest
from streamlit.testing.v1 import AppTest

from records.workspace import Workspace
from tests.app.reading import APP


@pytest.fixture
def opened(monkeypatch):
    """Opens a page of a workspace with parameters in its address, as whom the provider calls `user`."""

    def open_(
        workspace: Workspace,
        page: str = "overview",
        *,
        user: dict[str, object] | None = None,
        **parameters: str,
    ) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["app.py", "--workspace", str(workspace.root)])
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.user = user or {}
        if page != "overview":
            # The first run registers the pages; what it asks for cannot be shown, so it ends at once.
            app.query_params["period"] = "none"
            app.run()
            app.switch_page(f"app_pages/{page}.py")
            del app.query_params["period"]
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return open_
