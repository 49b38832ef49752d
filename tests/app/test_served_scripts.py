"""What Streamlit serves as a script: a bare string in it would be printed on the page."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [path for path in (ROOT / "dashboards" / "app_pages").glob("*.py") if path.stat().st_size]
SERVED = [ROOT / "orchestration" / "pages.py", ROOT / "dashboards" / "app.py", *sorted(PAGES)]


def runs_by_itself(tree):
    """A page's script does something; a module of the pages only defines."""
    return any(
        isinstance(node, ast.Assign) and ast.unparse(node.value) == "desk()" for node in tree.body
    )


def bare_strings(tree):
    first, *rest = tree.body
    assert ast.get_docstring(tree), first
    return [node.lineno for node in rest if isinstance(node, ast.Expr) and _is_text(node.value)]


def _is_text(value):
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


@pytest.mark.parametrize("path", SERVED, ids=lambda path: path.stem)
def test_no_served_script_prints_a_bare_string(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path in SERVED[:2] or runs_by_itself(tree):
        assert bare_strings(tree) == []


def test_the_pages_are_among_those_looked_at():
    found = {path.stem for path in PAGES if runs_by_itself(ast.parse(path.read_text("utf-8")))}
    assert found == {
        *("branch", "catalogue", "data_quality", "loan", "loans"),
        *("metric", "overview", "reports", "self_check", "targets"),
    }
