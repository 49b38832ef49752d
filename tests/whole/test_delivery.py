"""Reports into folders and to webhooks, the receipt book, Dagster's part, and what settings refuse."""

import base64
import dataclasses
import hashlib
import hmac
import json
import subprocess
import sys
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting.delivery_settings import SECTIONS, delivery_of
from orchestration.reporting.sending import book, reports
from orchestration.reporting.sending.answers import failed, sent
from orchestration.reporting.sending.book import Parcel
from records.package_store import PackageStore
from tests.whole.commands import here
from tests.whole.mail_server import wait_for
from tests.whole.released import AS_OF, AT, Sending, stepped
from transforms.errors import WorkspaceError

pytestmark = pytest.mark.whole

KEY = "a key of some length"
SETTINGS = """
link = "https://branchmark.bank.example"
[folders.archive]
path = "archive"
[folders.south]
path = "south"
reader = "branch:B303"
[webhooks.core]
url = "http://127.0.0.1:{port}/hooks/reports?from=bank"
secret = "env:TEST_HOOK"
files = true
drops_repeats = {repeats}
timeout_seconds = 10
[[send]]
report = "branch_scorecard"
formats = ["csv"]
to = {to}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("hook")
    (root / "answers.json").write_text("[]", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.whole.hook_server", str(root)], cwd=Path(__file__).parents[2]
    )
    yield root, int(wait_for(root / "port", process))
    process.terminate()
    process.wait(timeout=20)


class Hook:
    def __init__(self, root, port):
        self.root, self.port = root, port

    def answers(self, *told):
        (self.root / "answers.json").write_text(json.dumps(told), encoding="utf-8")

    def posts(self):
        paths = sorted((self.root / "posts").iterdir(), key=lambda one: int(one.stem))
        return [json.loads(one.read_text("utf-8")) for one in paths]


@pytest.fixture
def hook(server):
    root, port = server
    for one in (root / "posts").glob("*.json"):
        one.unlink()
    made = Hook(root, port)
    made.answers()
    return made


@pytest.fixture
def sending(hook, released_bank, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_HOOK", KEY)
    made = Sending(released_bank, tmp_path / "bank")
    for name in ("archive", "south"):
        (made.root / name).mkdir()
    says(made, hook)
    return made


def says(sending, hook, *to, repeats="false"):
    ways = json.dumps(to or ("webhook:core",))
    sending.says(SETTINGS.format(port=hook.port, to=ways, repeats=repeats))


def send(sending):
    lines = reports.send_due(sending.bank, sending.settings.delivery, clock=sending.clock)
    return {(line.recipient, line.unit): line.state.value for line in lines}


def test_a_webhook_gets_what_was_signed_and_can_prove_who_sent_it_and_when(sending, hook):
    assert send(sending) == {("core", "B205"): "sent", ("core", "B303"): "sent"}
    first, second = hook.posts()
    body = base64.b64decode(first["body"])
    said = json.loads(body)
    assert first["path"] == "/hooks/reports?from=bank"
    seconds, _, signed = first["headers"]["Branchmark-Signature"].partition(",v1=")
    assert seconds == f"t={int(sending.at.timestamp())}"
    expected = hmac.new(KEY.encode(), seconds[2:].encode() + b"." + body, hashlib.sha256)
    assert signed == expected.hexdigest()
    head = sending.bank.ledger.returns.head(SYSTEM, 1)
    assert (said["report"], said["unit"], said["as_of"], said["edition"]) == (
        "branch_scorecard",
        "B205",
        "2026-10-31",
        1,
    )
    assert said["content_hash"] == head.content_hash
    assert said["link"].endswith(
        "/reports?branch=B205&language=en&report=branch_scorecard&edition=1&period=2026-10-31"
    )
    (file,) = said["files"]
    data = base64.b64decode(file["content"])
    assert file["name"] == "branch_scorecard-B205-2026-10-e1.csv"
    assert hashlib.sha256(data).hexdigest() == file["sha256"]
    assert b"B303" not in body
    keys = {one["headers"]["Idempotency-Key"] for one in (first, second)}
    assert len(keys) == 2
    assert send(sending) == {}


def test_a_webhook_that_fails_is_tried_again_with_the_same_key_and_a_redirect_is_refused(
    sending, hook
):
    hook.answers(503, "redirect")
    assert send(sending) == {("core", "B205"): "failed", ("core", "B303"): "failed"}
    told = sending.book()
    assert told["core", "B205"][2].startswith("503 Service Unavailable: told")
    assert told["core", "B303"][2].startswith("refused for good: redirects are not followed: 302")
    sending.later(minutes=5)
    assert send(sending) == {("core", "B205"): "sent"}
    posts = hook.posts()
    assert [one["path"] for one in posts] == ["/hooks/reports?from=bank"] * 3
    assert posts[0]["headers"]["Idempotency-Key"] == posts[2]["headers"]["Idempotency-Key"]
    assert posts[0]["body"] == posts[2]["body"]
    assert (
        posts[0]["headers"]["Branchmark-Signature"] != posts[2]["headers"]["Branchmark-Signature"]
    )


def test_no_answer_is_unknown_and_tried_again_only_where_repeats_are_dropped(sending, hook):
    hook.answers("drop")
    assert send(sending) == {("core", "B205"): "unknown", ("core", "B303"): "sent"}
    sending.later(days=9)
    assert send(sending) == {}
    says(sending, hook, repeats="true")
    assert send(sending) == {("core", "B205"): "sent"}
    posts = hook.posts()
    assert posts[0]["headers"]["Idempotency-Key"] == posts[2]["headers"]["Idempotency-Key"]


def test_a_folder_gets_whole_files_once_and_only_what_its_reader_may_see(sending, hook):
    says(sending, hook, "folder:archive", "folder:south")
    assert send(sending) == {
        ("archive", "B205"): "sent",
        ("archive", "B303"): "sent",
        ("south", "B303"): "sent",
    }
    names = {one.name for one in (sending.root / "archive").iterdir()}
    assert names == {f"branch_scorecard-{unit}-2026-10-e1.csv" for unit in ("B205", "B303")}
    (south,) = (sending.root / "south").iterdir()
    assert "B205" not in south.read_text("utf-8-sig")
    (row,) = [
        row
        for row in sending.bank.ledger.dispatches.all(SYSTEM).to_dicts()
        if row["recipient"] == "south"
    ]
    assert row["receipt"] == f"{south.name} sha256:{hashlib.sha256(south.read_bytes()).hexdigest()}"


def test_other_contents_under_the_same_name_are_refused_and_the_same_are_nothing(
    sending, hook, released_bank, tmp_path
):
    says(sending, hook, "folder:archive")
    send(sending)
    kept = {one: one.read_bytes() for one in (sending.root / "archive").iterdir()}
    other = Sending(released_bank, tmp_path / "other")  # as if the receipt book had been lost
    other.says((sending.root / "reporting.toml").read_text("utf-8").replace(
        'path = "archive"', f'path = "{sending.root / "archive"}"'
    ))  # fmt: skip
    first, second = sorted(kept)
    second.write_bytes(b"somebody's work")
    assert send(other) == {("archive", "B205"): "sent", ("archive", "B303"): "failed"}
    assert "1 file(s) already there" in other.book()["archive", "B205"][2]
    _, _, detail = other.book()["archive", "B303"]
    assert detail.startswith(f"refused for good: {sending.root / 'archive'} holds a {second.name}")
    assert (first.read_bytes(), second.read_bytes()) == (kept[first], b"somebody's work")


def test_a_folder_that_is_away_is_not_made_up(sending, hook):
    says(sending, hook, "folder:archive")
    (sending.root / "archive").rmdir()
    assert set(send(sending).values()) == {"failed"}
    assert not (sending.root / "archive").exists()
    (sending.root / "archive").mkdir()
    sending.later(minutes=5)
    assert set(send(sending).values()) == {"sent"}


def test_a_new_edition_goes_out_once_more_and_says_what_it_replaces(sending, hook):
    says(sending, hook, "folder:archive")
    send(sending)
    bank = sending.bank
    head = bank.ledger.returns.head(SYSTEM, 1)
    store = PackageStore.of(bank.workspace)
    other = dataclasses.replace(store.read(head), snapshot_version=2)
    made, is_new = bank.ledger.returns.prepare(SYSTEM, other, by="Wang Fang", at=AT)
    assert is_new
    store.keep(other)
    assert send(sending) == {}  # nobody released it
    stepped(bank, made)
    assert send(sending) == {("archive", "B205"): "sent"}
    assert (sending.root / "archive" / "branch_scorecard-B205-2026-10-e2.csv").exists()


def test_two_senders_at_once_carry_a_thing_once(sending):
    """The lock of one machine left out: the receipt book alone decides."""
    carried, started = [], threading.Barrier(4)

    def carry(_at):
        carried.append(1)
        return sent("250 ok", "one")

    def one():
        bank = Bank.at(sending.root)
        started.wait(timeout=20)
        parcel = Parcel("report", "a", "B205", "mail", "x@bank.example", "0" * 64, carry)
        told.append(book.hand_over(bank, parcel, sending.clock))

    told = []
    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(carried) == 1
    assert [one.tried for one in told].count(True) == 1


def test_after_ten_tries_a_person_decides(sending):
    parcel = Parcel(
        "report", "a", None, "mail", "x@bank.example", "0" * 64, lambda _at: failed("no")
    )
    moments = []
    for _ in range(10):
        book.hand_over(sending.bank, parcel, sending.clock)
        entry = book.entries(sending.bank)["report", "a", "mail", "x@bank.example"]
        moment = book.next_try(entry)
        moments.append(None if moment is None else (moment - sending.at).total_seconds() / 60)
        sending.later(days=1)
    assert moments == [5, 10, 20, 40, 80, 160, 320, 640, 720, None]


@pytest.fixture
def dagster(sending, monkeypatch):
    monkeypatch.setenv("BRANCHMARK_WORKSPACE", str(sending.root))
    from orchestration.defs import delivery  # noqa: PLC0415 - Dagster takes seconds to import

    monkeypatch.setattr(delivery, "_now", sending.clock)
    return delivery


def test_the_sensor_exists_only_where_the_environment_is_listed_and_asks_once(
    sending, hook, dagster
):
    import dagster as dg  # noqa: PLC0415

    from orchestration.defs.resources import BankResource  # noqa: PLC0415

    hook.answers(503)
    assert not list(dagster.delivering(sending.root).sensors or [])
    text = (sending.root / "reporting.toml").read_text("utf-8")
    sending.says(f'environments = ["local"]\n{text}')
    (sensor,) = dagster.delivering(sending.root).sensors
    resources = {"bank": BankResource(root=str(sending.root))}
    with dg.instance_for_test() as instance:
        context = dg.build_sensor_context(instance=instance, resources=resources)
        (first,) = sensor.evaluate_tick(context).run_requests
        (same,) = sensor.evaluate_tick(context).run_requests
        assert first.run_key == same.run_key
        done = dagster.deliver.execute_in_process(
            instance=instance, resources=resources, tags=dict(first.tags), raise_on_error=False
        )
        assert not done.success  # it is red, and says why
        (event,) = [one for one in done.all_events if one.is_step_failure]
        said = event.step_failure_data.user_failure_data
        assert said.description.startswith(
            "1 of 2 did not go out; branch_scorecard B205 2026-10-31"
        )
        assert sensor.evaluate_tick(context).skip_message == "Nothing is due."
        sending.later(minutes=5)
        (again,) = sensor.evaluate_tick(context).run_requests
        assert again.run_key != first.run_key
        assert dagster.deliver.execute_in_process(instance=instance, resources=resources).success
    assert {told[0] for told in sending.book().values()} == {"sent"}


WHERE = Path("/bank/reporting.toml")
GOOD = {
    "smtp": {"host": "mail.bank.example", "sender": "it@bank.example"},
    "folders": {"a": {"path": "a"}},
    "webhooks": {"w": {"url": "https://core.bank.example", "secret": "env:KEY"}},
    "recipients": [
        {"name": "A", "mail": "a@bank.example", "reader": "branch:B1", "receives": ["alerts"]}
    ],
    "send": [{"report": "r", "to": ["folder:a"]}],
}


def test_settings_are_read_as_written():
    made = delivery_of(WHERE, {**GOOD, "alerts": {"headroom_percent": Decimal("2.5"), "hour": 6}})
    assert (made.smtp.port, made.smtp.security.value) == (587, "starttls")
    assert made.folders["a"].path == Path("/bank/a")
    assert made.alerts.headroom_percent == Decimal("2.5")
    dated = delivery_of(WHERE, {**GOOD, "send": [{**GOOD["send"][0], "since": date(2026, 10, 31)}]})
    assert dated.rules[0].since == AS_OF
    assert set(GOOD) < set(SECTIONS)


@pytest.mark.parametrize(
    ("section", "value", "words"),
    [
        ("smtp", {**GOOD["smtp"], "security": "none"}, "sends in the clear, and mail.bank.example"),
        ("smtp", {**GOOD["smtp"], "credentials": "user:password"}, 'credentials = "env:NAME"'),
        ("smtp", {**GOOD["smtp"], "hots": "x"}, "no setting 'hots'. Did you mean host?"),
        ("smtp", {**GOOD["smtp"], "sender": "it@bank.example\r\nBcc: x"}, "on one line"),
        ("webhooks", {"w": {"url": "http://core.bank.example", "secret": "env:K"}}, "https://"),
        ("webhooks", {"w": {"url": "https://u:p@core.example", "secret": "env:K"}}, "user's name"),
        ("webhooks", {"w": {"url": "https://core.bank.example"}}, "secret is missing"),
        ("send", [{"report": "r", "to": ["folder:b"]}], "which is nowhere. Did you mean folder:a?"),
        ("send", [*GOOD["send"], *GOOD["send"]], "the same way twice: r to folder:a"),
        ("send", [{"report": "r", "to": ["folder:a"], "formats": ["xls"]}], "Did you mean xlsx?"),
        ("recipients", [{**GOOD["recipients"][0], "mail": "A <a@b.c>"}], "one plain mail address"),
        ("recipients", [{**GOOD["recipients"][0], "receives": ["q"]}], "no [[send]] sends by mail"),
        ("recipients", [*GOOD["recipients"], *GOOD["recipients"]], "the same mail twice"),
        ("smtp", None, "there is no mail server. Add [smtp]"),
        ("alerts", {"hour": 24}, "hour is 24. Write a whole number from 0 to 23."),
        ("link", "javascript:alert(1)", "Write where the dashboard is reached"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_with_place_and_way_out(section, value, words):
    with pytest.raises(WorkspaceError) as refused:
        delivery_of(WHERE, {**GOOD, section: value})
    assert str(refused.value).startswith("/bank/reporting.toml")
    assert words in str(refused.value)
    assert "user:password" not in str(refused.value)


def test_a_command_without_settings_says_so(released_bank, tmp_path):
    made = Sending(released_bank, tmp_path / "bank")
    (made.root / "reporting.toml").unlink()
    said = here("send", "-w", made.root)
    assert said.out == "Nothing is to be sent: reporting.toml has no [[send]].\n"
