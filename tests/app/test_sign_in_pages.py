"""The door in process: who is let in, who is turned away and told why, and seeing as another reader."""

import time

import pytest
import streamlit as st
from streamlit import config

from dashboards.app_pages.viewing import VIEWED
from records.access import Scope
from records.ledger.ledger import Ledger
from records.readers import LOCAL, Reader, Role
from records.workspace import open_workspace
from tests.app.reading import html, words
from tests.app.small_bank import small_bank

WHOLE = Scope.whole_bank("test")
TABLE = """\
reader,role,units
li@bank.cn,head_office,
wang@bank.cn,administrator,
zhao@bank.cn,branch,B101
zhang@bank.cn,region,R2
sun@bank.cn,auditor,
old@bank.cn,branch,B777
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    workspace = small_bank(tmp_path_factory.mktemp("door") / "bank")
    settings = workspace.root / "branchmark.toml"
    text = '\n[sign_in]\nrole_claim = "groups"\n[sign_in.roles]\na = "auditor"\nh = "head_office"\n'
    settings.write_text(settings.read_text("utf-8") + text, "utf-8")
    (workspace.root / "access").mkdir()
    return open_workspace(workspace.root)


@pytest.fixture
def bank(made):
    """The small bank with people who sign in; each test begins with the whole table."""
    (made.root / "access" / "readers.csv").write_text(TABLE, "utf-8")
    # What was written into the log before was of another test.
    st.cache_resource.clear()
    return made


def token(email, *, age=60, **claims):
    return {
        "is_logged_in": True,
        "email": email,
        "email_verified": True,
        "iat": int(time.time()) - age,
        **claims,
    }


@pytest.fixture
def entered(opened):
    """Opens a page as somebody who signed in at the provider."""

    def open_(bank, user, page="overview", **asked):
        app = opened(bank, page, user=user, **asked)
        assert not app.exception, app.exception[0].message
        return app

    return open_


def shown(app):
    texts = [
        *(one.value for group in (app.error, app.info, app.caption, app.markdown) for one in group),
        *(one.value for group in (app.title, app.header) for one in group),
        words(app),
    ]
    return " ".join(" ".join(texts).split())


def log(bank):
    rows = Ledger.of(bank, lambda _: None).access_log.all(WHOLE)
    return rows.select("who", "action", "subject").rows()


def test_who_has_not_signed_in_sees_the_door_and_nothing_behind_it(entered, bank):
    app = entered(bank, {"is_logged_in": False}, "branch", branch="B101")
    assert [one.label for one in app.button] == ["Sign in"]
    assert "SEI share" not in shown(app)
    assert "Harbour Bank" in shown(app)
    assert "Pier" not in shown(app)


def test_the_door_speaks_chinese(entered, bank):
    app = entered(bank, {"is_logged_in": False}, language="zh")
    assert [one.label for one in app.button] == ["登录"]
    assert "请使用您的办公账号登录" in shown(app)


def test_a_server_that_was_started_without_secrets_shows_nothing(entered, bank):
    app = entered(bank, {})
    assert "started without what it takes" in shown(app)
    assert not app.button


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"email": "nobody@bank.cn"}, "Nobody has given you a role here yet"),
        ({"email": "zhao@bank.cn", "email_verified": False}, "has not verified your mail address"),
        ({"email": None}, "does not say who you are"),
        ({"email": "zh.ao@bank.cn"}, "looks like that of another reader"),
        ({"email": "zhаo@bank.cn"}, "letters that cannot be told from others"),
        ({"email": "wu@bank.cn", "groups": ["a", "h"]}, "more than one role here"),
    ],
)
def test_who_may_not_come_in_is_told_why_and_logged(entered, bank, claims, said):
    app = entered(bank, {**token("x"), **claims})
    assert said in shown(app)
    assert "SEI share" not in shown(app)
    assert not app.selectbox
    assert log(bank)[-1][1] == "refused"


def test_who_may_not_come_in_is_told_in_chinese(entered, bank):
    app = entered(bank, token("nobody@bank.cn"), language="zh")
    assert "您尚未被授予任何角色" in shown(app)


def test_a_sign_in_ends_after_the_hours_of_the_bank(entered, bank):
    app = entered(bank, token("li@bank.cn", age=12 * 3600 + 1))
    assert "more than 12 hours ago" in shown(app)
    assert "SEI share" not in shown(app)


def test_a_branch_sees_itself_with_its_sub_branches_and_who_it_is(entered, bank):
    app = entered(bank, token("Zhao@bank.cn"))
    told = shown(app)
    assert "zhao@bank.cn branch, B101 Harbour <b>& Sons</b> Branch" in told
    assert "Harbour Pier Sub-branch" in told
    assert "Garden" not in html(app)
    assert app.button(key="sign_out").label == "Sign out"
    assert "view_reader" not in [box.key for box in app.selectbox]


def test_somebody_who_is_let_in_is_logged_once_for_each_token(entered, bank):
    before, user = len(log(bank)), token("li@bank.cn")
    entered(bank, user)
    entered(bank, user, "branch")
    assert log(bank)[before:] == [("li@bank.cn", "sign_in", "head_office")]
    entered(bank, token("li@bank.cn", age=30))
    assert len(log(bank)) == before + 2


def test_a_reader_who_is_struck_off_is_refused_at_the_next_click(entered, bank):
    app = entered(bank, token("zhao@bank.cn"))
    path = bank.root / "access" / "readers.csv"
    path.write_text(TABLE.replace("zhao@bank.cn,branch,B101\n", ""), "utf-8")
    app.run()
    assert "Nobody has given you a role here yet" in shown(app)
    assert "SEI share" not in shown(app)


def test_a_table_that_cannot_be_read_lets_nobody_in_and_names_nobody(entered, bank, capsys):
    (bank.root / "access" / "readers.csv").write_text(TABLE + "zz@bank.cn,boss,\n", "utf-8")
    app = entered(bank, token("li@bank.cn"))
    assert "table of readers cannot be read" in shown(app)
    assert "zz@bank.cn" not in shown(app)
    assert "line 8: there is no role 'boss'" in capsys.readouterr().err


def test_where_the_log_cannot_be_written_nobody_comes_in(entered, bank):
    ledger = bank.root / "ledger.db"
    kept = ledger.read_bytes() if ledger.exists() else None
    ledger.write_bytes(b"no database" * 1000)
    try:
        app = entered(bank, token("li@bank.cn", age=5))
    finally:
        ledger.unlink()
        if kept is not None:
            ledger.write_bytes(kept)
    assert "could not be written into the access log" in shown(app)
    assert "SEI share" not in shown(app)


def test_units_that_are_not_in_the_month_are_told(entered, bank):
    app = entered(bank, token("old@bank.cn"))
    assert "None of the units given to you (B777) was part of the bank" in shown(app)


def test_an_auditor_sees_everything_and_finds_no_form(entered, bank):
    user = token("sun@bank.cn")
    app = entered(bank, user, "targets", section="enter")
    assert "An auditor reads and enters nothing" in shown(app)
    assert not app.text_input
    app = entered(bank, user, "branch", branch="B101", metric="sei_share")
    assert not app.text_area
    assert "Garden" in " ".join(option for box in app.selectbox for option in box.options)


def test_what_is_entered_bears_the_name_of_who_signed_in(entered, bank):
    app = entered(bank, token("zhao@bank.cn"), "branch", branch="B101", metric="sei_share")
    assert not [one for one in app.text_input if one.label == "Your name"]
    app.text_area[0].set_value("Two loans were repaid early.")
    next(one for one in app.button if one.label == "Save").click().run()
    assert not app.exception
    said = Ledger.of(bank, lambda _: None).check_ins.all(WHOLE)
    assert said["author"].to_list() == ["zhao@bank.cn"]


def begin(app, role, units):
    app.selectbox(key="view_reader").set_value("\0").run()
    app.selectbox(key="view_role").set_value(role)
    app.text_input(key="view_units").set_value(units)
    return app.button(key="begin_view_as").click().run()


def test_an_administrator_sees_as_a_reader_of_the_table_and_comes_back(entered, bank):
    before = len(log(bank))
    app = entered(bank, token("wang@bank.cn"), "overview")
    app.selectbox(key="view_reader").set_value("zhang@bank.cn").run()
    app.button(key="begin_view_as").click().run()
    assert not app.exception
    assert "You see these pages as zhang" in shown(app).replace("\\", "")
    assert "Garden" in html(app)
    assert "Harbour <b>" not in html(app)
    assert "B101" not in html(app)
    assert not {"view_as", "zhang", "R2"} & set(app.query_params)
    app.button(key="end_view_as").click().run()
    assert "You see these pages as" not in shown(app)
    assert "Harbour" in html(app)
    assert log(bank)[before + 1 :] == [
        ("wang@bank.cn", "view_as", "zhang@bank.cn region R2"),
        ("wang@bank.cn", "end_view_as", "zhang@bank.cn region R2"),
    ]


def test_a_role_with_units_may_be_typed_in_and_unknown_units_are_refused(entered, bank):
    app = begin(entered(bank, token("wang@bank.cn")), "branch", "B20")
    assert any("B20. Did you mean B201" in one.value for one in app.error)
    app = begin(app, "branch", "")
    assert any("The role branch needs units" in one.value for one in app.error)
    app = begin(app, "branch", "B201")
    assert "You see these pages as branch B201" in shown(app).replace("\\", "")
    assert "Harbour Pier" not in html(app)


def test_nobody_but_an_administrator_sees_as_another(entered, bank):
    app = entered(bank, token("zhao@bank.cn"))
    app.session_state[VIEWED] = (
        Reader("zhao@bank.cn", Role.BRANCH, ("B101",)),
        Reader("x", Role.HEAD_OFFICE),
    )
    app.run()
    assert "Garden" not in html(app)
    assert VIEWED not in app.session_state


def test_a_view_ends_with_the_sign_in_it_was_taken_in(entered, bank):
    app = entered(bank, token("wang@bank.cn"))
    app.session_state[VIEWED] = (Reader("li@bank.cn", Role.ADMINISTRATOR), LOCAL)
    app.run()
    assert VIEWED not in app.session_state


def test_where_the_log_cannot_be_written_no_other_view_is_taken(entered, bank):
    app = entered(bank, token("wang@bank.cn"))
    app.selectbox(key="view_reader").set_value("zhang@bank.cn").run()
    ledger = bank.root / "ledger.db"
    kept = ledger.read_bytes()
    ledger.write_bytes(b"no database" * 1000)
    try:
        app.button(key="begin_view_as").click().run()
    finally:
        ledger.write_bytes(kept)
    assert VIEWED not in app.session_state
    assert "Harbour" in html(app)


def test_where_the_log_cannot_be_written_no_file_is_offered_and_a_sentence_says_why(entered, bank):
    app = entered(bank, token("zhao@bank.cn"), "branch")
    app.session_state["export"] = True
    assert app.run().get("download_button")
    ledger = bank.root / "ledger.db"
    kept = ledger.read_bytes()
    ledger.write_bytes(b"no database" * 1000)
    try:
        app.run()
    finally:
        ledger.write_bytes(kept)
    assert not app.exception
    assert not app.get("download_button")
    assert any("ledger" in one.value for one in app.error)


def test_signing_out_shows_the_door(entered, bank):
    app = entered(bank, token("zhao@bank.cn"))
    app.button(key="sign_out").click().run()
    assert not app.exception
    assert [one.label for one in app.button] == ["Sign in"]


@pytest.mark.parametrize("address", ["0.0.0.0", "10.1.2.3", ""])  # noqa: S104
def test_without_sign_in_a_page_answers_this_machine_only(opened, tmp_path, address):
    workspace = small_bank(tmp_path / "bank")
    config.set_option("server.address", address or None)
    try:
        app = opened(workspace)
    finally:
        config.set_option("server.address", "127.0.0.1")
    assert "Nobody signs in here" in app.error[0].value
    assert not app.selectbox


def test_local_mode_says_so_on_every_page(opened, tmp_path):
    workspace = small_bank(tmp_path / "bank")
    for page in ("overview", "branch", "targets", "data_quality", "catalogue"):
        app = opened(workspace, page)
        assert "Local mode: no sign-in, the whole bank is visible." in shown(app), page
