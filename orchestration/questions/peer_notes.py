"""A group of peers in words, English and Chinese: its name, and what is to be said of it.

Which group it is, and what is shown of it, is said by `peering`.
"""

from datetime import date
from typing import Final

import polars as pl

from transforms.analysis.peers.settings import PeerSettings
from transforms.catalogue.model import Catalogue, Label
from transforms.periods import previous_year_end

_WORDS: Final = {
    "high": ("high", "偏高"),
    "low": ("low", "偏低"),
}


def label(catalogue: Catalogue, said: PeerSettings, way: str, group: str) -> Label:
    """A group's name for people.

    Args:
        catalogue: names of metrics.
        said: names of the bank's own lists.
        way: how the group was chosen.
        group: as `peers.groups` names it.
    """
    if way in said.lists:
        return said.lists[way].label.record()
    if way == "size":
        level, _, part = group.partition(", size ")
        number, _, parts = part.partition(" of ")
        return Label(
            f"{level}, size group {number} of {parts}", f"{level}，规模第 {number}/{parts} 组"
        )
    if way == "region":
        level, _, parent = group.partition(" of ")
        return Label(f"{level} under {parent}", f"{parent} 下属 {level}")
    if way == "mix":
        level, *parts = group.split(", ")
        named = [part.partition(" ") for part in parts]
        told = [(catalogue.metrics[name].label, _WORDS[word]) for word, _, name in named]
        return Label(
            ", ".join([level, *(f"{one.en} {word[0]}" for one, word in told)]),
            "，".join([level, *(f"{one.zh}{word[1]}" for one, word in told)]),
        )
    return Label(f"all of level {group}", f"同级（{group}）全部机构")


def notes(rows: pl.DataFrame, dated: date | None, day: date) -> tuple[Label, ...]:
    """What is to be said of a group: who has no figure, and of which month it is.

    Args:
        rows: the group, ranked.
        dated: the month end that the group was made from; none for one that needs no figures.
        day: the month end asked for.
    """
    found = []
    missing = rows.height - int(rows["compared"].count())
    if missing:
        found.append(
            Label(
                f"{missing} of the group without a figure to compare are not ranked.",
                f"组内 {missing} 家机构无可比数据，不参与排名。",
            )
        )
    if dated is not None and dated != previous_year_end(day):
        found.append(
            Label(
                f"{previous_year_end(day)} is not published: the groups are of {dated}.",
                f"{previous_year_end(day)} 尚未发布：分组以 {dated} 数据为准。",
            )
        )
    return tuple(found)


def unlisted(said: PeerSettings, way: str, nodes: pl.DataFrame, day: date) -> tuple[Label, ...]:
    """What a list of the bank's own names that is no branch on that day: closed since, or misspelt."""
    if way not in said.lists:
        return ()
    names = ", ".join(sorted(set(said.lists[way].branches) - set(nodes["node_id"])))
    if not names:
        return ()
    return (
        Label(
            f"On the list, but no branch on {day}: {names}.",
            f"名单所列 {names} 在 {day} 不是在册机构。",
        ),
    )
