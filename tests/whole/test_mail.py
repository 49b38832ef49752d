"""Reports by mail, over a real SMTP server with STARTTLS and sign-in in a process of its own."""

import dataclasses
import email
import io
import json
import os
import signal
import subprocess
import time
from email.policy import default

import openpyxl
import polars as pl
import pytest

from dashboards.i18n import Language
from orchestration.bank import SYSTEM
from orchestration.reporting import preparing
from orchestration.reporting.sending import letters, reports
from orchestration.reporting.sending.composing import require_within
from orchestration.reporting.sending.letters import Letter
from records.access import Scope
from records.package_store import PackageStore
from tests.whole.commands import command, here, one_sentence
from tests.whole.mail_server import PASSWORD, USER
from tests.whole.post_office import opened, text_of
from tests.whole.released import AT, Sending
from transforms.errors import AccessError

pytestmark = pytest.mark.whole

ZHANG, WANG, LI = "zhang.min@bank.example", "wang.lei@bank.example", "li.wei@bank.example"
SETTINGS = """
link = "https://branchmark.bank.example"
[smtp]
host = "{host}"
port = {port}
sender = "reports@bank.example"
ca_file = "{ca}"
credentials = "env:TEST_SMTP"
timeout_seconds = {seconds}
attachments_mb = {megabytes}
[[recipients]]
name = "张敏"
mail = "zhang.min@bank.example"
reader = "branch:B205"
language = "zh"
receives = ["branch_scorecard"]
[[recipients]]
name = "Wang Lei"
mail = "wang.lei@bank.example"
reader = "branch:B303"
receives = ["branch_scorecard"]
[[recipients]]
name = "Li Wei"
mail = "li.wei@bank.example"
reader = "head_office"
receives = ["{li}"]
units = ["HO", "B205"]
[[send]]
report = "branch_scorecard"
formats = {formats}
to = ["mail"]
[[send]]
report = "monthly_structure"
formats = ["csv"]
to = ["mail"]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("post")) as post:
        yield post


@pytest.fixture
def post(server):
    """The server, with an empty desk and no faults."""
    server.forget()
    server.fails()
    return server


@pytest.fixture
def sending(post, released_bank, tmp_path, monkeypatch):
    """A bank that sends by this server; nobody but the tests says what time it is."""
    monkeypatch.setenv("TEST_SMTP", f"{USER}:{PASSWORD}")
    made = Sending(released_bank, tmp_path / "bank")
    says(made, post)
    return made


def says(sending, post, people=3, **other):
    """Write the settings, with the first so many recipients."""
    given = {
        "host": "127.0.0.1",
        "port": post.port,
        "ca": post.root / "certificate.pem",
        "seconds": 20,
        "megabytes": 10,
        "formats": '["csv"]',
        "li": "branch_scorecard",
    }
    head, *written = SETTINGS.partition("[[send]]")[0].split("[[recipients]]")
    rules = SETTINGS[SETTINGS.index("[[send]]") :]
    text = "[[recipients]]".join([head, *written[:people]]) + rules
    sending.says(text.format(**{**given, **other}))


def send(sending, **how):
    lines = reports.send_due(sending.bank, sending.settings.delivery, clock=sending.clock, **how)
    return {line.recipient: (line.state.value, line.attempts) for line in lines}


def attached(mail):
    return {one.get_filename(): one.get_content() for one in mail.iter_attachments()}


def units_in(mail):
    """Every unit that the attached files name anywhere: in cells of a workbook, or in a line of a CSV."""
    words = set()
    for name, data in attached(mail).items():
        if name.endswith(".xlsx"):
            book = openpyxl.load_workbook(io.BytesIO(data))
            cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
            words |= {str(cell) for cell in cells if cell is not None}
        else:
            words.add(data if isinstance(data, str) else data.decode("utf-8-sig"))
    return {
        unit for unit in ("B205", "B303", "B101", "B601") if any(unit in word for word in words)
    }


def test_each_recipient_gets_one_mail_with_only_the_rows_of_its_scope(sending, post):
    says(sending, post, formats='["xlsx", "csv"]', li="monthly_structure")
    assert send(sending) == {ZHANG: ("sent", 1), WANG: ("sent", 1), LI: ("sent", 1)}
    by_mail = {mail["To"].addresses[0].addr_spec: mail for mail in post.mails()}
    assert set(by_mail) == {ZHANG, WANG, LI}
    assert units_in(by_mail[ZHANG]) == {"B205"}
    assert units_in(by_mail[WANG]) == {"B303"}
    assert units_in(by_mail[LI]) == {"B205", "B303", "B101", "B601"}
    for own, other in ((ZHANG, "B303"), (WANG, "B205")):
        assert other not in by_mail[own].as_string()
        assert other not in text_of(by_mail[own])
        assert other not in by_mail[own].get_body(("html",)).get_content()
    assert set(attached(by_mail[ZHANG])) == {
        "branch_scorecard-B205-2026-10-e1.xlsx",
        "branch_scorecard-B205-2026-10-e1.csv",
    }


def test_a_mail_says_where_when_which_version_what_changed_and_where_the_page_is(sending, post):
    send(sending)
    zhang, _, wang = post.mails()
    assert zhang["To"].addresses[0].display_name == "张敏"
    assert zhang["Subject"].startswith("Demo Bank：分行计分卡报告，常州分行（B205），2026年10月")
    told = text_of(zhang)
    for words in (
        "第 1 版已由Li Wei于2026年11月20日发布",
        "填报机构：Demo Bank › 常州分行（B205）",
        "数据：当月第 1 版",
        "筛选条件：无，全部内容",
        "2026年9月30日至2026年10月31日的变化",
        "https://branchmark.bank.example/reports?branch=B205&language=zh&report=branch_scorecard&edition=1&period=2026-10-31",
    ):
        assert words in told
    told = text_of(wang)
    said = here("changes", "--branch", "B303", "-w", sending.root, "--format", "json").json
    sentences = [event["en"] for event in said["events"]][:5] or [said["nothing"]["en"]]
    assert all(sentence in told for sentence in sentences)
    html = wang.get_body(("html",)).get_content()
    assert "<img" not in html
    assert "src=" not in html
    assert "url(" not in html
    assert wang["Auto-Submitted"] == "auto-generated"


def test_nothing_is_sent_twice_and_an_id_is_always_the_same(sending, post, released_bank, tmp_path):
    says(sending, post, people=2)
    send(sending)
    assert send(sending) == {}
    first = [mail["Message-ID"] for mail in post.mails()]
    assert len(set(first)) == 2
    post.forget()
    other = Sending(released_bank, tmp_path / "other")  # as if the receipt book had been lost
    says(other, post, people=2)
    other.later(days=3)
    send(other)
    assert [mail["Message-ID"] for mail in post.mails()] == first


def test_a_server_that_is_busy_is_tried_again_after_a_pause_that_doubles(sending, post):
    post.fails(zhang_min=["451 later", "452 still later"])
    assert send(sending)[ZHANG] == ("failed", 1)
    assert sending.book()[ZHANG, "B205"][2] == "the mail is refused: 451 later"
    sending.later(minutes=4, seconds=59)
    assert send(sending) == {}
    sending.later(seconds=1)
    assert send(sending, retries_alone=True) == {ZHANG: ("failed", 2)}
    sending.later(minutes=9)
    assert send(sending) == {}
    sending.later(minutes=1)
    assert send(sending) == {ZHANG: ("sent", 3)}
    assert [mail["To"].addresses[0].addr_spec for mail in post.mails()] == [LI, WANG, ZHANG]


def test_a_refused_recipient_loses_no_other_and_is_not_tried_again_by_itself(sending, post):
    post.fails(wang_lei=["550 nobody of that name"])
    assert send(sending) == {ZHANG: ("sent", 1), WANG: ("failed", 1), LI: ("sent", 1)}
    state, _, detail = sending.book()[WANG, "B303"]
    assert (state, detail) == (
        "failed",
        "refused for good: the recipient is refused: 550 nobody of that name",
    )
    sending.later(days=30)
    assert send(sending) == {}
    (number,) = (
        line.dispatch_id
        for line in reports.standing(sending.bank, sending.settings.delivery)
        if line.recipient == WANG
    )
    again = here("send", "--again", number, "-w", sending.root, "--format", "json").json
    assert [(row["recipient"], row["state"], row["attempts"]) for row in again] == [
        (WANG, "sent", 2)
    ]


def test_a_line_cut_after_the_data_is_unknown_and_waits_for_a_person(sending, post):
    post.fails(zhang_min=["drop"])
    assert send(sending)[ZHANG] == ("unknown", 1)
    assert len(post.mails()) == 3  # it had arrived
    sending.later(days=30)
    assert send(sending) == {}
    assert len(post.mails()) == 3
    events = sending.bank.ledger.events.all().filter(action="delivery_unclear").to_dicts()
    assert "did not answer" in json.loads(events[0]["detail"])["detail"]
    here("send", "--again", 1, "-w", sending.root)
    assert [mail["Message-ID"] for mail in post.mails()].count(post.mails()[0]["Message-ID"]) == 2
    assert sending.book()[ZHANG, "B205"][0] == "sent"
    refused = one_sentence(here("send", "--again", 1, "-w", sending.root))
    assert "was sent already. Nothing is sent twice" in refused
    assert len(post.mails()) == 4


def test_a_sender_killed_between_sending_and_recording_sends_nothing_twice(sending, post):
    post.fails(zhang_min=["stall"])
    process = subprocess.Popen(
        command("send", "--now", "-w", sending.root),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not post.mails():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
    sending.later(days=3)
    assert send(sending) == {WANG: ("sent", 1), LI: ("sent", 1)}
    assert sending.book()[ZHANG, "B205"][0] == "unknown"
    assert [mail["To"].addresses[0].addr_spec for mail in post.mails()] == [ZHANG, LI, WANG]


def test_a_server_whose_certificate_is_not_trusted_gets_neither_password_nor_mail(sending, post):
    says(sending, post, people=1, ca="")
    assert send(sending) == {ZHANG: ("failed", 1)}
    assert "has a certificate that is not trusted" in sending.book()[ZHANG, "B205"][2]
    assert post.mails() == []


def test_a_wrong_password_and_a_missing_one_are_told_without_telling_it(sending, post, monkeypatch):
    says(sending, post, people=1)
    monkeypatch.setenv("TEST_SMTP", f"{USER}:wrong-secret")
    send(sending)
    detail = sending.book()[ZHANG, "B205"][2]
    assert "refuses the credentials: 535" in detail
    assert "wrong-secret" not in detail
    monkeypatch.delenv("TEST_SMTP")
    sending.later(days=1)
    send(sending)
    assert (
        sending.book()[ZHANG, "B205"][2]
        == "the environment variable TEST_SMTP holds no user:password"
    )
    assert post.mails() == []


def test_a_server_that_is_away_is_tried_again_and_what_waited_goes_out(sending, post):
    says(sending, post, people=1, port=1)
    send(sending)
    assert "127.0.0.1:1 cannot be spoken to" in sending.book()[ZHANG, "B205"][2]
    says(sending, post, people=1)
    sending.later(minutes=5)
    assert send(sending) == {ZHANG: ("sent", 2)}


def test_files_too_large_for_a_mail_are_linked(sending, post):
    says(sending, post, people=1, megabytes=0)
    send(sending)
    zhang = post.mails()[0]
    assert list(zhang.iter_attachments()) == []
    assert "超出邮件大小限制，请在页面下载" in text_of(zhang)


def test_the_command_lists_sends_and_ends_red_when_something_did_not_go_out(sending, post):
    post.fails(wang_lei=["550 nobody"])
    listed = here("send", "-w", sending.root, "--format", "json").json
    assert {(row["recipient"], row["unit"], row["state"], row["attempts"]) for row in listed} == {
        (ZHANG, "B205", "waiting", 0),
        (WANG, "B303", "waiting", 0),
        (LI, "B205", "waiting", 0),
    }
    assert post.mails() == []
    said = here("send", "--now", "-w", sending.root)
    assert said.code == 1
    assert said.err.startswith("1 of 3 did not go out: branch_scorecard to wang.lei@bank.example: ")
    assert here("send", "--retry", "-w", sending.root).err == "Nothing is due.\n"
    both = here("send", "--now", "--retry", "-w", sending.root)
    assert one_sentence(both) == "--now, --retry and --again are three errands. Take one of them."


@pytest.mark.usefixtures("post")
def test_a_draft_and_a_period_before_the_first_do_not_go_out(sending):
    text = (sending.root / "reporting.toml").read_text("utf-8")
    sending.says(text.replace("branch:B303", "branch:B101"))
    preparing.prepare(sending.bank, SYSTEM, "branch_scorecard", "B101", None, by="Wang Fang", at=AT)
    assert set(send(sending)) == {ZHANG, LI}
    one, _, other = text.partition('report = "branch_scorecard"')
    sending.says(f'{one}report = "branch_scorecard"\nsince = 2026-11-30{other}')
    assert send(sending) == {}


def test_a_reader_who_left_gets_nothing_and_stops_nobody(sending, post):
    text = (sending.root / "reporting.toml").read_text("utf-8")
    sending.says(text.replace('reader = "branch:B303"', 'reader = "wang.lei"'))
    said = here("send", "--now", "-w", sending.root)
    assert said.code == 0
    assert "wang.lei@bank.example gets nothing. No reader 'wang.lei'." in said.err
    assert {mail["To"].addresses[0].addr_spec for mail in post.mails()} == {ZHANG, LI}


def test_what_a_package_holds_is_held_against_the_scope_when_it_is_sent(sending):
    """Whatever rules and units say: one cell about another unit, and the mail is not made."""
    head = sending.bank.ledger.returns.head(SYSTEM, 1)
    package = PackageStore.of(sending.bank.workspace).read(head)
    scope = Scope.of("branch B205", {"B205"})
    require_within(scope, package)
    spied = package.cells.with_columns(
        unit_id=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("B303")).otherwise("unit_id")
    )
    with pytest.raises(AccessError, match="no access to branch B303"):
        require_within(scope, dataclasses.replace(package, cells=spied))


def test_no_name_writes_a_head_of_its_own_into_a_mail():
    odd = Letter(Language.EN, "One\r\nBcc: spy@evil.example", ("a\r\nb <b>c</b>",), (), (), ())
    data = letters.written(
        odd,
        sender="reports@bank.example",
        sender_name="Bank\r\nBcc: spy@evil.example",
        to=LI,
        to_name='"Li", Wei <spy@evil.example>\r\nBcc: x@evil.example',
        known_by="<1@bank.example>",
        at=AT,
    )
    mail = email.message_from_bytes(data, policy=default)
    assert mail["Bcc"] is None
    assert "<b>" not in mail.get_body(("html",)).get_content()
    assert [one.addr_spec for one in mail["To"].addresses] == [LI]
