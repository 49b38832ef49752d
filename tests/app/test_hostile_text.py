"""Text from outside is text: no address and no name of a branch makes a picture, a link or a formula.

Streamlit reads what it prints as Markdown. A link sent to a reader could else show a picture of another
server, which would tell that server who looked, or a sentence of somebody else's with a link under it.
"""

import pytest

from tests.app import small_bank as small
from tests.app.small_bank import small_bank

SENT = "![x](http://e.example/x) [here](http://e.example) $a$ `b`"
OBEYED = ("![x](", "[here](", " $a$", " `b`")
ADDRESSES = (
    *(("overview", name) for name in ("family", "period", "version", "unit", "comparison")),
    *(("branch", name) for name in ("branch", "metric")),
    *(("metric", name) for name in ("metric", "section")),
    *(("loans", name) for name in ("metric", "page")),
    ("loan", "metric"),
    *(("data_quality", name) for name in ("section", "rule", "table")),
    ("targets", "section"),
    ("reports", "section"),
    *(("catalogue", name) for name in ("find", "metric", "rule", "table", "section")),
    ("self_check", "section"),
)
PAGES = (
    ("overview", {}),
    ("branch", {"branch": "B101"}),
    ("branch", {"branch": "B10101", "family": "green"}),
    ("metric", {"branch": "B101", "metric": "sei_share", "section": "beside"}),
    ("loans", {"branch": "B101", "metric": "sei_share"}),
    *(
        ("data_quality", {"branch": "B101", "section": one})
        for one in ("readiness", "rejected", "ledger")
    ),
    *(
        ("targets", {"branch": "B101", "section": one})
        for one in ("in_force", "waiting", "cascade")
    ),
    ("reports", {"branch": "B101", "section": "sign"}),
    ("self_check", {"branch": "B101"}),
)
READ_AS_MARKDOWN = ("markdown", "caption", "title", "header", "error", "info", "warning", "success")


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return small_bank(tmp_path_factory.mktemp("hostile") / "bank")


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """The same with a branch of that name."""
    with pytest.MonkeyPatch.context() as patched:
        units = [
            (unit, parent, level, f"Harbour {SENT}", f"港口 {SENT}", depth)
            if unit in {"B101", "B10101"}
            else (unit, parent, level, en, zh, depth)
            for unit, parent, level, en, zh, depth in small.UNITS
        ]
        patched.setattr(small, "UNITS", units)
        return small_bank(tmp_path_factory.mktemp("named") / "bank")


def obeyed(app):
    """What Markdown would make something of, by the element it stands in."""
    texts = [
        (kind, getattr(one, "value", "") or "")
        for kind in READ_AS_MARKDOWN
        for one in app.get(kind)
    ]
    texts += [
        (one.type, one.label)
        for kind in ("button", "text_input", "selectbox", "button_group", "expander", "text_area")
        for one in app.get(kind)
        if getattr(one, "label", "")
    ]
    texts += [
        ("option", option.content)
        for group in app.get("button_group")
        for option in group.proto.options
    ]
    return [(kind, text) for kind, text in texts if any(sign in text for sign in OBEYED)]


@pytest.mark.parametrize(("page", "name"), ADDRESSES)
def test_an_address_is_answered_with_its_own_words_as_words(opened, bank, page, name):
    app = opened(bank, page)
    app.query_params[name] = SENT
    app.run()
    assert not app.exception, app.exception[0].message
    assert obeyed(app) == []


@pytest.mark.parametrize(("page", "asked"), PAGES)
def test_the_name_of_a_branch_is_a_name(opened, named, page, asked):
    app = opened(named, page, **asked)
    assert not app.exception, app.exception[0].message
    assert obeyed(app) == []
