"""What changed, in plain sentences: one event, one sentence, the same on screen and in mail.

English and Chinese stand side by side here, and numbers are written by `numbers`. Which events there are,
and their order, is said by `transforms.analysis`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import polars as pl

from dashboards import words
from dashboards.i18n import Language, day_text, month_text
from dashboards.numbers import Format
from dashboards.palette import MARKS
from transforms.analysis.changed.events import EventKind
from transforms.catalogue.model import Better, Catalogue, Kind, Metric
from transforms.scorecards import Status

_Pair = tuple[str, str]

_SENTENCES: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "status_worse": (
            "{metric} fell back from {was} to {now}: {after} ({before} before), {distance}{aim}.",
            "{metric}由{was}转为{now}：现为 {after}（此前 {before}），{distance}{aim}。",
        ),
        "status_better": (
            "{metric} improved from {was} to {now}: {after} ({before} before), {distance}{aim}.",
            "{metric}由{was}改善为{now}：现为 {after}（此前 {before}），{distance}{aim}。",
        ),
        "status_moved": (
            "{metric} went from {was} to {now}: {after} ({before} before), {distance}{aim}.",
            "{metric}由{was}变为{now}：现为 {after}（此前 {before}），{distance}{aim}。",
        ),
        "status_anew": (
            (
                "{metric}, anew since January, went from {was} to {now}: {after} ({before} by {then}), "
                "{distance}{aim}."
            ),
            (
                "{metric}（1 月起重新累计）由{was}变为{now}：现为 {after}（{then}为 {before}），"
                "{distance}{aim}。"
            ),
        ),
        "lost": (
            "{metric} was {was} and can no longer be given: {why}.",
            "{metric}此前{was}，现无法给出：{why}。",
        ),
        "headroom": (
            "{metric}: {after} left under the limit of {limit} ({before} before); {room}.",
            "{metric}：上限 {limit}，仅余 {after}（此前 {before}），{room}。",
        ),
        "move": (
            "{metric} {moved} by {size} in {month}, to {after}; {usual}.",
            "{metric}在{month}{moved} {size}，至 {after}；{usual}。",
        ),
        "restated": (
            "{month} was restated{version}{why}: {figures} from the first report; {metric} {moves}.",
            "{month}已重述{version}{why}：{figures}；{metric} {moves}。",
        ),
        "target": (
            "The target of {metric} for {month} was changed from {target_before} to {target_after}.",
            "{metric} {month}的目标由 {target_before} 调整为 {target_after}。",
        ),
        "target_withdrawn": (
            "The target of {metric} for {month}, {target_before}, no longer holds.",
            "{metric} {month}的目标 {target_before} 已失效。",
        ),
        "definition": (
            "{metric} is computed by another definition than before: {before} then, {after} now.",
            "{metric}的定义已变更：此前 {before}，现为 {after}。",
        ),
        "finding": (
            "New {severity} finding {rule}, {rows}{amount}: {reason}",
            "新增{severity}问题 {rule}，{rows}{amount}：{reason}",
        ),
        "merged": (
            "{other}{below} was merged into {branch}; comparisons count both as one.",
            "{other}{below}已并入{branch}；比较时两者合并计算。",
        ),
        "moved": (
            "{other}{below} reports to {branch} now.",
            "{other}{below}改为隶属{branch}。",
        ),
        "opened": ("{other}{below} was opened under {branch}.", "{branch}下新设{other}{below}。"),
        "closed": ("{other}{below} was closed.", "{other}{below}已撤销。"),
    }
)

_NONE: Final[_Pair] = (
    "Nothing worth a sentence changed at {branch} from {before} to {after}.",
    "{branch}自 {before} 至 {after} 无值得提示的变化。",
)
_ROSE: Final[_Pair] = ("rose", "上升")
_FELL: Final[_Pair] = ("fell", "下降")
_SEVERITIES: Final[Mapping[str, _Pair]] = MappingProxyType(
    {"critical": ("critical", "严重"), "error": ("error", "差错")}
)


@dataclass(frozen=True)
class Told:
    """An event in both languages."""

    en: str
    zh: str

    def text(self, language: Language) -> str:
        """The sentence in one of them."""
        return language.pick(self.en, self.zh)


@dataclass(frozen=True)
class Teller:
    """Tells events of one bank.

    Attributes:
        catalogue: names, units and directions of metrics.
        currency: the base currency.
        names: names of branches, English and Chinese, by number.
    """

    catalogue: Catalogue
    currency: str
    names: Mapping[str, _Pair]

    def tell(self, event: Mapping[str, object]) -> Told:
        """One event, a row of `transforms.analysis.changed.events.EVENT`, as a sentence."""
        return Told(*(self._sentence(event, language) for language in Language))

    def tell_all(self, events: pl.DataFrame) -> tuple[Told, ...]:
        """Every event of a frame, in its order."""
        return tuple(self.tell(event) for event in events.to_dicts())

    def nothing(self, branch: str, before: date, after: date) -> Told:
        """What is said where nothing changed."""
        return Told(
            *(
                language.pick(*_NONE).format(
                    branch=self._name(branch, language),
                    before=day_text(language, before),
                    after=day_text(language, after),
                )
                for language in Language
            )
        )

    def _name(self, branch: object, language: Language) -> str:
        number = str(branch)
        return language.pick(*self.names[number]) if number in self.names else number

    def _sentence(self, event: Mapping[str, object], language: Language) -> str:
        kind = EventKind(str(event["kind"]))
        key = kind.value
        if kind is EventKind.STATUS:
            key = self._of_status(event)
        if kind is EventKind.TARGET and event["target_after"] is None:
            key = "target_withdrawn"
        parts = self._figures(event, language) | self._others(event, language)
        return language.pick(*_SENTENCES[key]).format(**parts)

    def _of_status(self, event: Mapping[str, object]) -> str:
        """Which sentence: a figure did not improve if only its target was eased, or its year began."""
        metric = self.catalogue.metrics[str(event["metric_id"])]
        days = [event[name] for name in ("month_before", "month")]
        years = {day.year for day in days if isinstance(day, date)}
        if len(years) > 1 and words.accumulates(metric, self.catalogue):
            return "status_anew"
        before, after = (_decimal(event, name) for name in ("before", "after"))
        if before is None or after is None:
            return "status_moved"
        lower = metric.better is Better.LOWER and metric.kind is not Kind.TOLERANCE
        gained = before - after if lower else after - before
        if gained > 0 and event["favourable"]:
            return "status_better"
        return "status_worse" if gained < 0 and not event["favourable"] else "status_moved"

    def _figures(self, event: Mapping[str, object], language: Language) -> dict[str, str]:
        """The words of an event about a metric."""
        metric = self.catalogue.metrics.get(str(event["metric_id"]))
        if metric is None:
            return {}
        form = Format(language, self.currency)
        before, after = (_decimal(event, name) for name in ("before", "after"))
        moved = None if before is None or after is None else after - before
        figure = _figure(metric, event)

        def said(name: str) -> str:
            return form.value(_decimal(event, name), metric.unit, figure.decimals)

        def size(number: Decimal | None) -> str:
            if number is None:
                return ""
            sign = "−" if number < 0 else "+" if number > 0 else ""
            return f"{sign}{words.measured(figure, number, form, beside=None)}"

        return {
            "metric": language.pick(metric.label.en, metric.label.zh),
            "before": said("before"),
            "after": said("after"),
            "target_before": said("target_before"),
            "target_after": said("target_after"),
            "was": _word(event["status_before"], language),
            "now": _word(event["status_after"], language),
            "distance": words.gap(figure, form),
            "limit": words.target(figure, form) if figure.is_tolerance else "",
            "moved": language.pick(*(_ROSE if moved is not None and moved > 0 else _FELL)),
            "size": "" if moved is None else words.measured(figure, moved, form, beside=None),
            "usual": _usual(size, event, language),
            "aim": _aim(event, said, language),
            "room": words.money(figure, form),
            "moves": f"{said('before')} → {said('after')}{_flip(event, language)}",
        }

    def _others(self, event: Mapping[str, object], language: Language) -> dict[str, str]:
        """The words of an event about anything else."""
        form = Format(language, self.currency)
        rows, figures, version = (event[name] for name in ("rows", "figures", "version"))
        why, amount = event["why"], _decimal(event, "amount")
        month, then = event["month"], event["month_before"]
        told = {
            "then": month_text(language, then) if isinstance(then, date) else "",
            "month": month_text(language, month) if isinstance(month, date) else "",
            "branch": self._name(event["branch_id"], language),
            "other": self._name(event["other_id"], language),
            "rule": str(event["rule_id"] or ""),
            "severity": language.pick(*_SEVERITIES.get(str(event["severity"]), ("", ""))),
            "reason": str(event[language.pick("reason_en", "reason_zh")] or ""),
            "rows": _number(rows, ("{} row", "{} rows", "{} 行"), language),
            "figures": _number(
                figures,
                ("{} figure differs", "{} figures differ", "{} 项指标与首次报告不同"),
                language,
            ),
            "below": _number(
                rows,
                (" with the branch below it", " with {} branches below", "（含下级 {} 家）"),
                language,
            ),
            "version": language.pick(" as version {}", "（第 {} 版）").format(version)
            if version
            else "",
        }
        told["why"] = language.pick(' ("{}")', "，原因“{}”").format(why) if why else ""
        if event["kind"] == EventKind.LOST.value:
            told["why"] = words.reason(_text(event["reason_en"]), language)
        if event["kind"] == EventKind.FINDING.value:
            told["amount"] = f", {form.amount(amount)}" if amount is not None else ""
            if language is Language.ZH and amount is not None:
                told["amount"] = f"、{form.amount(amount)}"
        return told


def _figure(metric: Metric, event: Mapping[str, object]) -> words.Figure:
    after, target = _decimal(event, "after"), _decimal(event, "target_after")
    gap = None
    if after is not None and target is not None and metric.kind is not Kind.TOLERANCE:
        gap = after - target if metric.better.value == "higher" else target - after
    return words.Figure(
        kind=metric.kind,
        unit=metric.unit,
        better=metric.better,
        decimals=words.decimals_of(metric),
        status=Status.NO_TARGET,
        value=after,
        target=target,
        gap=gap,
        limit=_decimal(event, "limit"),
        headroom=_decimal(event, "headroom"),
    )


def _usual(
    size: Callable[[Decimal | None], str], event: Mapping[str, object], language: Language
) -> str:
    """What a move usually is in a month."""
    low, high = (_decimal(event, name) for name in ("usual_low", "usual_high"))
    if not low and not high:
        return language.pick("most months leave it as it is", "多数月份不变动")
    least, most = size(low), size(high)
    if least == most:
        return language.pick("usual in a month: {}", "正常月度变动为 {}").format(least)
    return language.pick("usual in a month: {} to {}", "正常月度变动在 {} 至 {} 之间").format(
        least, most
    )


def _aim(event: Mapping[str, object], said: Callable[[str], str], language: Language) -> str:
    """The target, where it is another than the one that was judged by before."""
    before, after = (_decimal(event, name) for name in ("target_before", "target_after"))
    if before is None or after is None or before == after:
        return ""
    return language.pick("; the target is {} now, {} before", "；目标现为 {}，此前 {}").format(
        said("target_after"), said("target_before")
    )


def _flip(event: Mapping[str, object], language: Language) -> str:
    was, now = event["status_before"], event["status_after"]
    flipped = event["flipped"]
    if not flipped or was == now:
        return ""
    told = f"{_word(was, language)} → {_word(now, language)}"
    return language.pick(f", {told}", f"，{told}")


def _word(status: object, language: Language) -> str:
    return "" if status is None else MARKS[Status(str(status))].word(language)


def _number(value: object, texts: tuple[str, str, str], language: Language) -> str:
    if not isinstance(value, int):
        return ""
    one, many, chinese = texts
    return language.pick(one if value == 1 else many, chinese).format(f"{value:,}")


def _decimal(event: Mapping[str, object], name: str) -> Decimal | None:
    value = event[name]
    return value if isinstance(value, Decimal) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
