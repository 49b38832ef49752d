"""The demo bank's branches: where they stand, what opened, moved and merged, and who plays which part.

A head office, six regions, forty tier-1 branches in real cities and 253 sub-branches. Files of a month
tell only what was known that month. The parts that single branches play in the book are named here and
acted elsewhere: `positions` draws the book, `stories` steers it.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from transforms.reference.tables import Reference
from transforms.sample.draws import Shorts, first_day, month_number
from transforms.schema import BRANCH, BRANCH_HIERARCHY

HEAD: Final = "HO"
MERGED: Final = "B404"
"""Zhuzhou, absorbed by Changsha about two thirds through the window."""
ABSORBING: Final = "B403"
TOLERANCE_INSIDE: Final = "B205"
"""Changzhou: inclusive NPL ratio a hair under the limit at the last month."""
TOLERANCE_OUTSIDE: Final = "B503"
"""Chongqing: a little over the limit at the last month."""
VOLUME_ONLY: Final = "B303"
"""Foshan: grows fastest, and lends to anything but strategic emerging industries."""
LEDGER_GAP: Final = "B60203"
"""A sub-branch in Qingdao whose ledger differs from its loans for the last three months."""
LEDGER_LATE: Final = "B20102"
"""A sub-branch in Shanghai whose ledger is behind in the last month, which is explained and approved."""
RESTATED: Final = "B601"
"""Told some of its bad loans a tier too good, and told it right a month later."""
MOVED: Final = "B20606"
MOVED_TO: Final = "B208"
OPENED_LATER: Final = (("B10105", 1), ("B30206", 3), ("B50105", 5))
"""Sub-branches that open within the window, and after how many sixths of it they do."""

_REGIONS: Final = (
    # number, names, and the cities with the weight of each branch
    (
        "R1", "North", "华北",
        (
            (110000, 16), (120000, 9), (130100, 7), (130200, 6), (140100, 6),
            (150100, 5),
        ),
    ),
    (
        "R2", "East", "华东",
        (
            (310000, 17), (320100, 11), (320500, 12), (320200, 9), (320400, 7),
            (330100, 12), (330200, 9), (330400, 6), (340100, 8),
        ),
    ),
    (
        "R3", "South", "华南",
        (
            (440100, 13), (440300, 16), (440600, 7), (441900, 7), (350200, 6),
            (350100, 6), (450100, 5),
        ),
    ),
    (
        "R4", "Central", "华中",
        (
            (420100, 10), (420500, 4), (430100, 8), (430200, 3), (410100, 8),
            (410300, 4), (360100, 5),
        ),
    ),
    (
        "R5", "West", "西部",
        (
            (510100, 11), (510700, 4), (500000, 8), (610100, 8), (530100, 5),
            (520100, 5),
        ),
    ),
    (
        "R6", "Bohai and Northeast", "环渤海东北",
        (
            (370100, 8), (370200, 9), (210100, 6), (210200, 6), (220100, 5),
        ),
    ),
)  # fmt: skip
_QUARTERS: Final = (
    ("Development Zone", "开发区"),
    ("Science Park", "科技园"),
    ("Riverside", "滨江"),
    ("Railway Station", "火车站"),
    ("New District", "新区"),
    ("Port", "港口"),
    ("University Town", "大学城"),
)
_SUB_BRANCHES: Final = 253


@dataclass(frozen=True)
class Node:
    """One branch as the bank's own register has it, with everything that ever happens to it."""

    branch_id: str
    name_en: str
    name_zh: str
    level: str
    region_code: str | None
    parent: str
    opened: date
    weight: int = 0
    closed: date | None = None
    merged_into: str | None = None
    moved_on: date | None = None
    moved_to: str | None = None

    def branch_row(self, as_of: date) -> tuple[object, ...]:
        """The row of the branch table, as known on that day."""
        closed = self.closed is not None and self.closed <= as_of
        return (
            self.branch_id,
            self.name_en,
            self.name_zh,
            self.level,
            self.region_code,
            self.opened,
            self.closed if closed else None,
            self.merged_into if closed else None,
        )

    def hierarchy_rows(self, as_of: date) -> list[tuple[object, ...]]:
        """The rows of the hierarchy, as known on that day."""
        if self.level == "head":
            return []
        if self.moved_on is not None and self.moved_on <= as_of:
            eve = self.moved_on - timedelta(days=1)
            return [
                (self.branch_id, self.parent, self.opened, eve, "opened"),
                (self.branch_id, self.moved_to, self.moved_on, None, "moved"),
            ]
        if self.closed is not None and self.closed <= as_of:
            eve = self.closed - timedelta(days=1)
            return [(self.branch_id, self.parent, self.opened, eve, "merged")]
        return [(self.branch_id, self.parent, self.opened, None, "opened")]


@dataclass(frozen=True)
class Network:
    """Every branch that ever exists in the window, in order of its number."""

    nodes: tuple[Node, ...]

    @property
    def ids(self) -> list[str]:
        """Branch numbers in order."""
        return [node.branch_id for node in self.nodes]

    def index(self, branch_id: str) -> int:
        """Where that branch stands in the order."""
        return self.ids.index(branch_id)

    def of_level(self, level: str) -> tuple[Node, ...]:
        """The branches of one level, in order."""
        return tuple(node for node in self.nodes if node.level == level)

    def children(self, branch_id: str) -> tuple[Node, ...]:
        """The branches that open under that one, in order."""
        return tuple(node for node in self.nodes if node.parent == branch_id)

    def booking(self, as_of: date) -> Shorts:
        """For every branch the branch that keeps its book on that day, by position.

        A branch that is not open yet has its clients with the first sub-branch of its parent; a closed
        one has handed them to the branch it merged into.
        """
        at = {branch_id: position for position, branch_id in enumerate(self.ids)}
        kept = np.arange(len(self.nodes), dtype=np.int32)
        for position, node in enumerate(self.nodes):
            if node.opened > as_of:
                kept[position] = at[f"{node.parent}01"]
            elif node.merged_into is not None and node.closed is not None and node.closed <= as_of:
                kept[position] = at[node.merged_into]
        return kept

    def tier1_of(self, as_of: date) -> Shorts:
        """For every branch the place of its tier-1 branch in `of_level("tier1")` on that day, or -1."""
        place = {node.branch_id: at for at, node in enumerate(self.of_level("tier1"))}
        found = [
            place.get(node.branch_id, place.get(_parent(node, as_of), -1)) for node in self.nodes
        ]
        return np.array(found, dtype=np.int32)

    def branch_frame(self, as_of: date) -> pl.DataFrame:
        """The branch table of that month end."""
        rows = [node.branch_row(as_of) for node in self.nodes if node.opened <= as_of]
        return pl.DataFrame(rows, schema=BRANCH.dtypes, orient="row").sort(BRANCH.key)

    def hierarchy_frame(self, as_of: date) -> pl.DataFrame:
        """The hierarchy of that month end."""
        rows = [
            row for node in self.nodes if node.opened <= as_of for row in node.hierarchy_rows(as_of)
        ]
        return pl.DataFrame(rows, schema=BRANCH_HIERARCHY.dtypes, orient="row").sort(
            BRANCH_HIERARCHY.key
        )


def _parent(node: Node, as_of: date) -> str:
    if node.moved_to is not None and node.moved_on is not None and node.moved_on <= as_of:
        return node.moved_to
    return node.parent


def network(reference: Reference, *, last: date, months: int) -> Network:
    """The branches of a window of `months` month ends up to `last`."""
    start = month_number(last) - months + 1
    cities = {row["code"]: row for row in reference.tables["admin_divisions"].to_dicts()}
    nodes = [Node(HEAD, "Head Office", "总行", "head", "110000", "", date(1996, 1, 12))]
    weights = [weight for *_, places in _REGIONS for _, weight in places]
    larger = sorted(range(len(weights)), key=lambda at: (-weights[at], at))
    extra = set(larger[: _SUB_BRANCHES - 6 * len(weights)])
    for number, (region, en, zh, places) in enumerate(_REGIONS, start=1):
        nodes.append(
            Node(region, f"{en} Region", f"{zh}区域", "region", None, HEAD, date(2004, 7, 1))
        )
        for place, (code, weight) in enumerate(places, start=1):
            city = cities[str(code)]
            short = city["name_zh"].removesuffix("市")
            branch_id = f"B{number}{place:02d}"
            opened = date(2005 + (place * 3 + number) % 8, 1 + (place * 5) % 12, 18)
            nodes.append(
                Node(
                    branch_id,
                    f"{city['name_en']} Branch",
                    f"{short}分行",
                    "tier1",
                    str(code),
                    region,
                    opened,
                    weight,
                )
            )
            subs = 6 + (len([n for n in nodes if n.level == "tier1"]) - 1 in extra)
            nodes += [
                Node(
                    f"{branch_id}{sub + 1:02d}",
                    f"{city['name_en']} {_QUARTERS[sub][0]} Sub-branch",
                    f"{short}{_QUARTERS[sub][1]}支行",
                    "tier2",
                    str(code),
                    branch_id,
                    date(2013 + (sub + place) % 8, 1 + (sub * 2 + number) % 12, 8),
                )
                for sub in range(subs)
            ]
    return Network(tuple(sorted(_changed(nodes, start, months), key=lambda node: node.branch_id)))


def _changed(nodes: list[Node], start: int, months: int) -> list[Node]:
    """The branches with what happens to them in the window: openings, the move, the merger."""
    merger = first_day(start + 2 * months // 3)
    openings = {
        branch_id: first_day(start + months * sixths // 6) for branch_id, sixths in OPENED_LATER
    }
    takers = [node.branch_id for node in nodes if node.parent == ABSORBING]
    changed = []
    for node in nodes:
        if node.branch_id in openings:
            changed.append(replace(node, opened=openings[node.branch_id]))
        elif node.branch_id == MOVED:
            moved_on = first_day(start + months // 3)
            changed.append(replace(node, moved_on=moved_on, moved_to=MOVED_TO))
        elif node.branch_id == MERGED:
            changed.append(replace(node, closed=merger, merged_into=ABSORBING))
        elif node.parent == MERGED:
            taker = takers[(int(node.branch_id[-2:]) - 1) % len(takers)]
            changed.append(replace(node, closed=merger, merged_into=taker))
        else:
            changed.append(node)
    return changed
