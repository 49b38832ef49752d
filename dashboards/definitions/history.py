"""Since when: what changed from one edition of a definition to the next, and what months were computed under.

Everything follows from the definitions of all times and from what was recorded when a month was published.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from dashboards.definitions.marks import code
from dashboards.definitions.rests import basis_of
from dashboards.definitions.voice import Voice
from transforms.catalogue.load import Definitions
from transforms.catalogue.model import Catalogue, Flag, Label, Metric

_TOLD: Final[dict[str, Label]] = {
    "label": Label("the name", "名称"),
    "kind": Label("how it is made", "类型"),
    "unit": Label("the unit", "单位"),
    "better": Label("the direction", "方向"),
    "readings": Label("the readings", "口径"),
    "default_reading": Label("the default reading", "默认口径"),
    "slices": Label("what it may be cut by", "可展开维度"),
    "composition": Label("what it is composed of", "构成维度"),
    "base": Label("the base of comparison", "基期"),
    "annualised": Label("whether it is annualised", "是否年化"),
    "whole_bank": Label("whether it is of the whole bank only", "是否仅限全行"),
    "of_root": Label("what it is compared with", "比较对象"),
    "source": Label("the source", "来源"),
    "note": Label("the note", "说明"),
    "valid_from": Label("the first day", "生效日期"),
    "valid_to": Label("the last day", "失效日期"),
    "version": Label("the declared number", "声明编号"),
}


def changed(name: str, before: Catalogue, after: Catalogue, voice: Voice) -> Iterator[str]:
    """What is another in the later definition of a metric, as marked texts.

    Args:
        name: a metric of both.
        before: the earlier definitions.
        after: the later ones.
        voice: whose language it is told in.
    """
    earlier, later = before.metrics[name], after.metrics[name]
    parts = [
        voice.label(_TOLD[field.name])
        for field in fields(Metric)
        if field.name in _TOLD and getattr(earlier, field.name) != getattr(later, field.name)
    ]
    if parts:
        yield voice.say("Changed: ", "变更：") + voice.listed(parts)
    measures = sorted(
        measure
        for measure in {*before.measures} & {*after.measures} & _measures(later, after)
        if before.measures[measure] != after.measures[measure]
    )
    if measures:
        yield voice.say("Measures: ", "度量：") + voice.listed(map(code, measures))
    olds = {flag.name: flag for flag in basis_of(earlier, before).flags}
    for flag in basis_of(later, after).flags:
        if flag.name in olds and olds[flag.name] != flag:
            yield from _conditions(olds[flag.name], flag, voice)


def _measures(metric: Metric, catalogue: Catalogue) -> set[str]:
    named = {name for reading in metric.readings for name in reading.measures}
    plain = {name for reading in metric.readings for name in catalogue.plain_measures(reading)}
    return named | plain


def _conditions(before: Flag, after: Flag, voice: Voice) -> Iterator[str]:
    """The conditions of a flag that went and came."""
    name = code(after.name) + voice.beside(voice.label(after.label))
    gone = [clause for clause in before.clauses if clause not in after.clauses]
    come = [clause for clause in after.clauses if clause not in before.clauses]
    for word, clauses in (
        (voice.say("no longer asked", "不再要求"), gone),
        (voice.say("asked since", "新增要求"), come),
    ):
        for clause in clauses:
            told = f"{voice.label(clause.label)}{voice.beside(code(clause.sql))}"
            yield voice.say(f"{name}, {word}: {told}", f"{name}，{word}：{told}")


@dataclass(frozen=True)
class Turn:
    """A day from which definitions were others.

    Attributes:
        day: the first day of the later ones.
        metrics: those that are computed otherwise from then on, in the order of the catalogue.
        came: those that there were none of before.
        gone: those that there are none of since.
        before: the definitions until then.
        after: the definitions from then on.
    """

    day: date
    metrics: tuple[str, ...]
    came: tuple[str, ...]
    gone: tuple[str, ...]
    before: Catalogue
    after: Catalogue


def turns(definitions: Definitions) -> tuple[Turn, ...]:
    """Every day on which definitions changed, the newest first."""
    pairs = zip(definitions.ends, definitions.catalogues, definitions.catalogues[1:], strict=False)
    return tuple(_turn(end, before, after) for end, before, after in reversed(list(pairs)))


def _turn(end: date, before: Catalogue, after: Catalogue) -> Turn:
    both = [name for name in after.metrics if name in before.metrics]
    return Turn(
        day=end + timedelta(days=1),
        metrics=tuple(n for n in both if before.versions[n] != after.versions[n]),
        came=tuple(name for name in after.metrics if name not in before.metrics),
        gone=tuple(name for name in before.metrics if name not in after.metrics),
        before=before,
        after=after,
    )


@dataclass(frozen=True)
class Stretch:
    """Months one after the other whose figures were computed under the same definitions.

    Attributes:
        first: the first month end.
        last: the last one.
        months: how many.
        catalogue: fingerprint of the definitions.
        reference: fingerprint of the reference tables.
        published_at: when the newest of them was published.
    """

    first: date
    last: date
    months: int
    catalogue: str
    reference: str
    published_at: datetime


def stretches(publications: pl.DataFrame) -> tuple[Stretch, ...]:
    """What the figures of published months were computed under, the newest month first.

    Args:
        publications: rows of `records.published.PUBLICATION`, a month's newest telling what it is now.
    """
    found: list[Stretch] = []
    newest = publications.sort("snapshot_version", "sequence").unique(
        ["as_of_date"], keep="last", maintain_order=True
    )
    for row in newest.sort("as_of_date").to_dicts():
        same = found and (found[-1].catalogue, found[-1].reference) == (
            row["catalogue_fingerprint"],
            row["reference_fingerprint"],
        )
        before = found.pop() if same else None
        found.append(
            Stretch(
                first=before.first if before else row["as_of_date"],
                last=row["as_of_date"],
                months=before.months + 1 if before else 1,
                catalogue=row["catalogue_fingerprint"],
                reference=row["reference_fingerprint"],
                published_at=max(before.published_at, row["published_at"])
                if before
                else row["published_at"],
            )
        )
    return tuple(reversed(found))
