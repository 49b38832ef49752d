"""The report beside a delivery, for programs (JSON) and for the branch that sent it (English, Chinese).

What is in it is decided in `orchestration.taking`; where it lies, in `orchestration.inbox.filing`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from expectations.rules import Rule
from orchestration.inbox.filing import beside
from orchestration.receipts import Receipt, as_json
from transforms.catalogue.model import Label
from transforms.errors import (
    BadDateError,
    BranchmarkError,
    MappingError,
    RestatementError,
    UnreadableFileError,
    visible,
)


class State(StrEnum):
    """What became of a delivery."""

    DELIVERED = "delivered"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    WAITING = "waiting"


class Publication(StrEnum):
    """What became of a month's figures."""

    BUILT = "built"
    UNCHANGED = "unchanged"
    NO_BOOK = "no_book"
    FAILED = "failed"


@dataclass(frozen=True)
class MonthReport:
    """A month that the delivery touches: what became of its figures, and why not more."""

    as_of: date
    outcome: Publication
    why: str | None = None


@dataclass(frozen=True)
class DeliveryReport:
    """What became of one delivery.

    Attributes:
        place: where it lay below the inbox.
        state: delivered, unchanged or refused.
        mapping: what it was read with.
        files: name, bytes and SHA-256 of each file; empty if they could not be read.
        sha256: of all of it, names included; None if it could not be read.
        reason: why it is delivered again, as its sender says.
        taken_at: when.
        refusal: why it was refused, and the way out.
        receipt: its account, if it was taken.
        months: what became of the months that it touches.
        left_out: files of its folder that are no part of the delivery.
    """

    place: str
    state: State
    mapping: str
    files: tuple[tuple[str, int, str], ...]
    sha256: str | None
    reason: str | None
    taken_at: datetime
    refusal: Label | None
    receipt: Receipt | None
    months: tuple[MonthReport, ...]
    left_out: tuple[str, ...] = ()

    @property
    def unpublished(self) -> tuple[MonthReport, ...]:
        """The months whose publication failed."""
        return tuple(one for one in self.months if one.outcome is Publication.FAILED)


_RESTATED: Final = (
    "该月份已报送过此表，再次报送即为重报，须说明原因。请将原因写入文件旁的「文件名.reason.txt」"
    "（整个文件夹报送时写入其中的 reason.txt），再一并放入收件夹。"
)
_CHINESE: Final[tuple[tuple[type[BranchmarkError], str], ...]] = (
    (
        UnreadableFileError,
        "文件无法完整读取，其中任何内容均未采纳。请按上述英文说明修正后重新放入收件夹。",
    ),
    (
        MappingError,
        "文件与所用映射不符，未采纳任何内容。请按上述英文说明修正文件或映射后重新放入收件夹。",
    ),
    (
        BadDateError,
        "所示日期不是月末日，未采纳任何内容。请将文件放入以月末日（如 2026-10-31）命名的文件夹。",
    ),
    (RestatementError, _RESTATED),
)
_OTHERWISE: Final = "未采纳任何内容。请按上述英文说明处理后重新放入收件夹。"
_IN_THE_INBOX: Final = (
    "In the inbox, the reason goes into a file beside the delivered one, called like it with "
    ".reason.txt behind (loans.csv.reason.txt), or into reason.txt in the delivery's folder."
)


def refusal_of(error: BranchmarkError, hidden: Mapping[Path, str]) -> Label:
    """An error as both languages tell it.

    Args:
        error: why the delivery was refused.
        hidden: paths of the product's own working copies, and the places they are copies of.
    """
    english = str(error)
    for path, place in hidden.items():
        english = english.replace(visible(str(path)), visible(place))
    if isinstance(error, RestatementError):
        english = f"{english} {_IN_THE_INBOX}"
    chinese = next((words for kind, words in _CHINESE if isinstance(error, kind)), _OTHERWISE)
    return Label(english, chinese)


def write(report: DeliveryReport, place: Path, rules: Sequence[Rule]) -> None:
    """Write both reports beside the place of a delivery, each whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    # Named after where it lay: what a killed command left half written, the next one writes over.
    name = hashlib.sha256(report.place.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    told = json.dumps(as_plain(report), ensure_ascii=False, indent=2) + "\n"
    for path, text in zip(
        beside(place), (told, "\n".join(_lines(report, rules)) + "\n"), strict=False
    ):
        coming = path.with_name(f".{name}.coming")
        coming.write_text(text, encoding="utf-8")
        coming.replace(path)


def as_plain(report: DeliveryReport) -> dict[str, object]:
    """The report as plain values: money as decimal text, counts as integers."""
    return {
        "place": report.place,
        "state": report.state.value,
        "mapping": report.mapping,
        "sha256": report.sha256,
        "files": [
            {"name": name, "bytes": size, "sha256": digest} for name, size, digest in report.files
        ],
        "left_out": list(report.left_out),
        "reason": report.reason,
        "taken_at": report.taken_at.isoformat(timespec="seconds"),
        "refusal": {"en": report.refusal.en, "zh": report.refusal.zh} if report.refusal else None,
        "months": [
            {"as_of_date": one.as_of.isoformat(), "outcome": one.outcome.value, "why": one.why}
            for one in report.months
        ],
        "receipt": as_json(report.receipt) if report.receipt else None,
    }


_STATES: Final = {
    State.DELIVERED: Label("delivered", "已接收"),
    State.UNCHANGED: Label("unchanged: these contents are held already", "内容与已有数据相同"),
    State.REFUSED: Label("REFUSED - nothing of it was taken", "已拒收，未采纳任何内容"),
    State.WAITING: Label("waiting", "等待中"),
}
_OUTCOMES: Final = {
    Publication.BUILT: Label("figures are published anew", "指标已重新发布"),
    Publication.UNCHANGED: Label("published figures stay as they are", "已发布指标不变"),
    Publication.NO_BOOK: Label(
        "no figures: no loan book is delivered for this month yet", "该月尚无贷款台账，无指标"
    ),
    Publication.FAILED: Label("NOT PUBLISHED", "未发布"),
}


def _lines(report: DeliveryReport, rules: Sequence[Rule]) -> Iterator[str]:
    yield "branchmark - what became of this delivery / 报送回执"
    yield ""
    yield f"Delivery / 报送:   inbox/{report.place}"
    yield f"Taken at / 时间:   {report.taken_at:%Y-%m-%d %H:%M:%S %Z}"
    yield f"Read with / 映射:  {report.mapping}"
    state = _STATES[report.state]
    yield f"Outcome / 结果:    {state.en} / {state.zh}"
    if report.reason:
        yield f"Reason / 重报原因: {report.reason}"
    for name, size, digest in report.files:
        yield f"File / 文件:       {name}, {size:,} bytes, SHA-256 {digest}"
    if report.left_out:
        yield f"Left out / 未读取: {', '.join(report.left_out)}"
    if report.refusal:
        yield ""
        yield report.refusal.en
        yield report.refusal.zh
    if report.receipt:
        yield from _account(report.receipt, rules)
    if report.months:
        yield ""
        yield "Figures / 指标"
    for month in report.months:
        words = _OUTCOMES[month.outcome]
        yield f"  {month.as_of.isoformat()}: {words.en} / {words.zh}"
        if month.why:
            yield f"    {month.why}"


def _account(receipt: Receipt, rules: Sequence[Rule]) -> Iterator[str]:
    yield ""
    yield (
        f"Month / 月份:      {receipt.as_of_date.isoformat()}, version {receipt.snapshot_version} / "
        f"第 {receipt.snapshot_version} 版"
    )
    for table in receipt.tables:
        yield (
            f"  {table.table}: delivered / 报送 {table.delivered_rows:,}, "
            f"accepted / 接收 {table.accepted_rows:,}, rejected / 剔除 {table.rejected_rows:,}"
        )
        if table.delivered_amount is not None:
            yield (
                f"    money / 金额: {table.delivered_amount:,} = {table.accepted_amount:,} + "
                f"{table.rejected_amount:,}"
            )
    by_id = {rule.id: rule for rule in rules}
    if receipt.findings:
        yield ""
        yield "Rejected rows, kept as delivered / 剔除的记录（原样留存）"
    for finding in receipt.findings:
        money = "" if finding.amount is None else f", {finding.amount:,}"
        rule = by_id[finding.rule_id]
        yield f"  {finding.rule_id}  {finding.table}: {finding.rows:,} rows / 行{money}"
        yield f"    {finding.reason}"
        yield f"    {rule.reason.zh}"
        yield f"    To do: {finding.remedy}"
        yield f"    处理办法：{rule.remedy.zh}"
    if receipt.notes:
        yield ""
        yield "Notes / 说明"
    for note in receipt.notes:
        yield f"  {note}"
