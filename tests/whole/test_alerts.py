"""The daily digest of alerts: in whose scope, about what, once, and only when there is news."""

import dataclasses
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from dashboards.app_pages import address
from orchestration.bank import SYSTEM
from orchestration.reporting.alerting import telling
from orchestration.reporting.alerting.looking import look
from orchestration.reporting.sending import links
from records.access import Scope
from records.published import CHECK_HISTORY, FINDING, RESULTS, Published
from records.reader_table import reader_of
from records.readers import scope_of
from tests.whole.commands import here, one_sentence
from tests.whole.mail_server import PASSWORD, USER
from tests.whole.post_office import opened, text_of
from tests.whole.released import AS_OF, Sending

pytestmark = pytest.mark.whole

HEAD, GREEN, NONE = "li.wei@bank.example", "sun.li@bank.example", "zhang.min@bank.example"
SETTINGS = """
link = "https://branchmark.bank.example"
[smtp]
host = "127.0.0.1"
port = {port}
sender = "reports@bank.example"
ca_file = "{ca}"
credentials = "env:TEST_SMTP"
[[recipients]]
name = "Li Wei"
mail = "li.wei@bank.example"
reader = "head_office"
receives = ["alerts"]
[[recipients]]
name = "孙丽"
mail = "sun.li@bank.example"
reader = "branch:B405"
language = "zh"
receives = ["alerts"]
[[recipients]]
name = "张敏"
mail = "zhang.min@bank.example"
reader = "branch:B205"
receives = ["alerts"]
[alerts]
most = 6
headroom_percent = 10
"""
FELL = "Green loan share fell back from met to missed: 31.8% (32.7% before), 0.8 pp short."
"""Of B405 in October, against a target for the month; nothing else of it changed, and nothing of B205."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("post")) as post:
        yield post


@pytest.fixture
def post(server):
    server.forget()
    server.fails()
    return server


@pytest.fixture
def sending(released_bank, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_SMTP", f"{USER}:{PASSWORD}")
    return Sending(released_bank, tmp_path / "bank")


@pytest.fixture
def telling_bank(sending, post):
    sending.says(SETTINGS.format(port=post.port, ca=post.root / "certificate.pem"))
    return sending


@pytest.fixture
def own_lake(sending):
    """A lake that may be written to."""
    lake = sending.root / "lake"
    kept = lake.resolve()
    lake.unlink()
    shutil.copytree(kept, lake)
    return Published(lake)


def tell(sending, **how):
    told = telling.send_digests(sending.bank, sending.settings, clock=sending.clock, **how)
    return {one.person.mail: (one.handed.state.value, one.alerts) for one in told}


def seen(sending, reader="head_office", today=date(2026, 11, 20), percent="10", **how):
    bank = sending.bank
    scope = Scope.whole_bank("test")
    if reader != "head_office":
        scope = scope_of(reader_of(reader), bank.published)
    return look(bank, scope, today=today, headroom_percent=Decimal(percent), **how)


def test_each_person_is_told_what_is_in_scope_in_the_own_language_and_nobody_without_news(
    telling_bank, post
):
    told = tell(telling_bank)
    assert set(told) == {HEAD, GREEN}
    assert told[GREEN] == ("sent", 1)
    to_head, to_green = post.mails()
    text = text_of(to_green)
    assert to_green["Subject"] == "Demo Bank：2026年11月20日预警提示 1 条"
    assert "郑州分行 B405：绿色贷款占比由达标转为未达标" in text
    assert (
        "https://branchmark.bank.example/metric?branch=B405&language=zh&metric=green_share"
        "&period=2026-10-31" in text
    )
    assert "权限范围：郑州分行 B405" in text
    assert "余量不足限额 10% 的容忍度指标" in text
    assert "数据期：26年10月，第 1 版" in text
    for unit in ("R4", "R5", "B205", "B602"):
        assert unit not in text
        assert unit not in to_green.get_body(("html",)).get_content()
    text = text_of(to_head)
    count = told[HEAD][1]
    assert count > 20
    assert f"{count - 6} more" in text  # of very many the first six
    assert "1. The loans of Qingdao Riverside Sub-branch B60203 do not agree" in text
    assert f"Zhengzhou Branch B405: {FELL}" in text


def test_one_digest_a_day_and_nothing_is_told_twice(telling_bank, post):
    assert tell(telling_bank)[GREEN] == ("sent", 1)
    assert tell(telling_bank) == {}
    telling_bank.later(days=1)
    assert tell(telling_bank) == {}
    assert len(post.mails()) == 2
    assert telling_bank.book().keys() == {(HEAD, None), (GREEN, "B405")}


def test_a_digest_that_did_not_arrive_is_told_later_and_one_that_may_have_is_not(
    telling_bank, post
):
    post.fails(sun_li=["451 later"], li_wei=["drop"])
    assert tell(telling_bank)[GREEN] == ("failed", 1)
    telling_bank.later(minutes=4)
    assert tell(telling_bank) == {}
    telling_bank.later(days=1)
    assert tell(telling_bank) == {GREEN: ("sent", 1)}
    assert [mail["To"].addresses[0].addr_spec for mail in post.mails()] == [HEAD, GREEN]


def test_a_day_is_a_day_of_the_bank(telling_bank):
    telling_bank.at = datetime(2026, 11, 19, 23, 59, tzinfo=UTC)  # 7:59 on the 20th in Shanghai
    bank, settings = telling_bank.bank, telling_bank.settings
    assert telling.is_due(bank, settings, telling_bank.at) == ()
    telling_bank.later(minutes=1)
    assert [one.split(" ")[2] for one in telling.is_due(bank, settings, telling_bank.at)] == [
        "2026-11-20"
    ] * 3


def without_cut_off(sending):
    """The bank sets none, so that no month is ever late."""
    path = sending.root / "branchmark.toml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(one for one in lines if "cut_off" not in one), encoding="utf-8")


def restated(published, at, **changed):
    """October published once more, with another status and value of one figure of B405."""
    newest = published.current()[AS_OF, 1]
    for table in RESULTS:
        rows = published.draft(table, AS_OF, 1, newest.run_id)
        rows = rows.drop("as_of_date", "snapshot_version", "run_id", strict=False)
        if table == "metric_fact":
            rows = published.facts(SYSTEM, as_of=AS_OF).drop("snapshot_version", "run_id").collect()
            one = (
                (pl.col("branch_id") == "B405")
                & (pl.col("metric_id") == "green_share")
                & (pl.col("slice") == "total")
                & (pl.col("status") == "missed")
            )
            assert rows.filter(one).height == 1
            rows = rows.with_columns(
                pl.when(one).then(pl.lit(value).cast(rows.schema[name])).otherwise(name).alias(name)
                for name, value in changed.items()
            )
        published.write(table, rows, AS_OF, 1, "restated")
    others = {"run_id": "restated", "fingerprint": "f", "published_at": at}
    published.publish(dataclasses.replace(newest, **others))


def test_a_status_is_held_against_what_the_last_digest_knew_of_the_month(
    telling_bank, own_lake, post
):
    """Against September nothing changed any more; the person was told otherwise, and has to know."""
    without_cut_off(telling_bank)
    telling_bank.at = own_lake.last_published_at(AS_OF) + timedelta(minutes=1)
    tell(telling_bank)
    post.forget()
    restated(
        own_lake,
        telling_bank.at + timedelta(hours=1),
        status="met",
        value=Decimal("0.33"),
        gap=Decimal("0.004"),
    )
    telling_bank.later(days=1)
    assert tell(telling_bank)[GREEN] == ("sent", 1)
    (mail,) = (one for one in post.mails() if one["To"].addresses[0].addr_spec == GREEN)
    assert "绿色贷款占比由未达标改善为达标：现为 33.0%（此前 31.8%）" in text_of(mail)
    assert "以来需要关注的事项" in text_of(mail)
    telling_bank.later(days=1)
    assert GREEN not in tell(telling_bank)


def test_a_month_is_late_from_the_day_after_its_cut_off(sending):
    """Ten working days after 30 November 2026: four, five and one more end on Monday, 14 December."""
    late = [one for one in seen(sending, today=date(2026, 12, 14)) if one.kind == "late"]
    assert late == []
    (late,) = (one for one in seen(sending, today=date(2026, 12, 15)) if one.kind == "late")
    assert late.told.en == "The loan book of Nov 26 was due by 14 Dec 2026 and is not delivered."
    assert late.told.zh == "26年11月贷款数据应于 2026年12月14日 前报送，至今未报送。"
    assert seen(sending, today=date(2026, 12, 15))[0] == late  # the gravest
    without_cut_off(sending)
    assert [one for one in seen(sending, today=date(2026, 12, 15)) if one.kind == "late"] == []


def test_tolerances_are_told_below_the_part_that_the_bank_sets(sending):
    def little(percent):
        return {
            (one.unit, one.more["metric"])
            for one in seen(sending, percent=percent)
            if one.kind == "headroom"
        }

    def statuses():
        return {(one.unit, one.more["metric"]) for one in seen(sending) if one.kind == "status"}

    facts = sending.bank.published.facts(SYSTEM, as_of=AS_OF).filter(
        pl.col("limit_value").is_not_null(), pl.col("slice") == "total", pl.col("value") >= 0
    )
    metrics = sending.bank.catalogue.metrics
    rows = [
        row
        for row in facts.collect().to_dicts()
        if row["reading"] == metrics[row["metric_id"]].default_reading
    ]
    assert little("0") == set()
    for percent in (25, 100):
        below = {
            (row["branch_id"], row["metric_id"])
            for row in rows
            if row["value"] * 100 < row["limit_value"] * percent
        }
        assert little(str(percent)) == below - statuses()
    assert little("100")


def test_a_ledger_difference_is_told_to_whom_it_concerns(sending):
    (alert,) = (one for one in seen(sending, "branch:B602") if one.kind == "ledger")
    assert alert.told.en == (
        "The loans of Qingdao Riverside Sub-branch B60203 do not agree with the general ledger at Oct 26: "
        "CNY 5.0 m unexplained."
    )
    assert (alert.page, alert.unit_of_page, alert.more) == (
        "data-quality",
        "B60203",
        {"section": "ledger"},
    )
    assert [one for one in seen(sending, "branch:B205") if one.kind == "ledger"] == []


def test_a_critical_finding_of_a_run_that_it_stopped_is_told_in_scope(sending, own_lake):
    empty = dict.fromkeys(FINDING)
    finding = {
        **empty,
        "rule_id": "C0001",
        "severity": "critical",
        "table": "loan_snapshot",
        "branch_id": "B405",
        "failing_rows": 1200,
        "reason_en": "A balance is missing.",
        "reason_zh": "余额缺失。",
    }
    own_lake.write("finding", pl.DataFrame([finding], schema=dict(FINDING)), AS_OF, 1, "stopped")
    verdict = dict.fromkeys(CHECK_HISTORY) | {
        "run_id": "stopped",
        "run_time": datetime(2026, 11, 19, tzinfo=UTC),
        "as_of_date": AS_OF,
        "snapshot_version": 1,
        "table": "loan_snapshot",
        "rule_id": "C0001",
        "severity": "critical",
        "passed": False,
        "failing_rows": 1200,
        "checked_rows": 5000,
    }
    newest = own_lake.judged(AS_OF).run_time
    own_lake.record(
        pl.DataFrame(
            [{**verdict, "run_time": newest + timedelta(hours=1)}], schema=dict(CHECK_HISTORY)
        )
    )
    (alert,) = (one for one in seen(sending, "branch:B405") if one.kind == "finding")
    assert alert.told.en == (
        "Critical finding C0001 in the data of Oct 26, 1,200 rows: A balance is missing."
    )
    assert alert.more == {"section": "findings", "rule": "C0001"}
    assert [one for one in seen(sending, "branch:B205") if one.kind == "finding"] == []


def test_the_command_shows_what_a_reader_would_be_told(telling_bank):
    without_cut_off(telling_bank)  # commands go by the real day
    (row,) = here("--as", "branch:B405", "alerts", "-w", telling_bank.root, "--format", "json").json
    assert row["en"] == f"Zhengzhou Branch B405: {FELL}"
    assert row["link"].startswith("https://branchmark.bank.example/metric?branch=B405")
    assert here("--as", "branch:B205", "alerts", "-w", telling_bank.root).out == (
        "There is nothing to look at.\n"
    )
    tell(telling_bank)
    said = here("alerts", "--for", GREEN, "-w", telling_bank.root, "--format", "json")
    assert json.loads(said.out) == []
    unknown = here("alerts", "--for", "sun.lii@bank.example", "-w", telling_bank.root)
    assert "Did you mean sun.li@bank.example" in one_sentence(unknown)
    both = here("--as", "branch:B405", "alerts", "--for", GREEN, "-w", telling_bank.root)
    assert one_sentence(both) == "--for has its recipient's own scope. Leave --as out."


def test_links_lead_to_pages_that_there_are():
    pages = {links.BRANCH, links.METRIC, links.DATA_QUALITY, links.REPORTS}
    assert pages == {address.BRANCH, address.METRIC, address.DATA_QUALITY, address.REPORTS}
