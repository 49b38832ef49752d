"""What adjustments changed of a report, and what differs from the last release, cell by cell and in words.

What differs is found by `transforms.returns.differences`; here it is put into words and order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dashboards.numbers import rounded
from dashboards.summaries import scaling, words
from dashboards.summaries.paper import Paper
from dashboards.summaries.sheet import Form
from dashboards.words import reason
from transforms.catalogue.vocabulary import TOTAL
from transforms.returns.differences import AFTER, ChangeKind

_LAST: Final = (ChangeKind.REASON, ChangeKind.LAYOUT)
"""Of which no figure is another one."""


@dataclass(frozen=True)
class Moved:
    """A cell with what stood before and what stands now.

    Attributes:
        data_point: the cell.
        place: table, row and column in words.
        unit: what it is measured in.
        decimals: as printed.
        before: in that unit, unrounded; none where there was no number.
        after: likewise.
        told_before: as printed.
        told_after: as printed.
        told_change: as printed; a dash where it is no number.
        why: in words; empty for adjustments, which say it themselves.
    """

    data_point: str
    place: str
    unit: str
    decimals: int
    before: Decimal | None
    after: Decimal | None
    told_before: str
    told_after: str
    told_change: str
    why: str = ""


def places(paper: Paper, forms: tuple[Form, ...]) -> dict[str, str]:
    """Where each data point stands, in words."""
    found: dict[str, str] = {}
    joint = paper.language.pick(", ", "，")
    for form in forms:
        for line in form.lines:
            for head, entry in zip(form.heads, line.entries, strict=True):
                if entry.cell is not None:
                    found[entry.cell["data_point"]] = joint.join(
                        (form.title, line.label, head.label)
                    )
    return found


def adjusted(paper: Paper, forms: tuple[Form, ...]) -> list[Moved]:
    """The cells that adjustments moved, in the order of the report."""
    where = places(paper, forms)
    told = []
    for point, cell in paper.cells.items():
        if not cell["adjustment"] or cell["published_value"] is None or cell["exact"] is None:
            continue
        before = scaling.scaled(cell["published_value"], cell)
        after = scaling.scaled(cell["exact"], cell)
        told.append(_moved(paper, cell, where.get(point, ""), before, after))
    return told


def _moved(
    paper: Paper,
    cell: Mapping[str, Any],
    place: str,
    before: Decimal | None,
    after: Decimal | None,
    why: str = "",
) -> Moved:
    decimals = cell["decimals"]
    change = None
    if before is not None and after is not None:
        change = rounded(after, decimals) - rounded(before, decimals)
    return Moved(
        data_point=cell["data_point"],
        place=place,
        unit=words.scale_word(words.Scale(cell["scale"]), paper.form),
        decimals=decimals,
        before=before,
        after=after,
        told_before=words.number(before, decimals),
        told_after=words.number(after, decimals),
        told_change=words.number(change, decimals, signed=True),
        why=why,
    )


def since_release(paper: Paper, forms: tuple[Form, ...]) -> list[Moved]:
    """Cells that differ from the last release, the largest first: what came and went, then by its share.

    Figures in different units are compared by what they moved of what stood there.
    """
    if paper.differences is None:
        return []
    where = places(paper, forms)
    rows = sorted(paper.differences.to_dicts(), key=_size)
    return [_differing(paper, row, where) for row in rows]


def _size(row: Mapping[str, Any]) -> tuple[int, Decimal]:
    kind = ChangeKind(row["kind"])
    if row["exact_change"] is None:
        return (2 if kind in _LAST else 0), Decimal(0)
    before = abs(row["exact"])
    share = abs(row["exact_change"]) / before if before else abs(row["exact_change"])
    return (2 if kind in _LAST else 1), -share


def _differing(paper: Paper, row: Mapping[str, Any], where: Mapping[str, str]) -> Moved:
    why = paper.say(f"sm_change_{row['kind']}")
    if ChangeKind(row["kind"]) is ChangeKind.REASON:
        before, after = (reason(row[name], paper.language) for name in ("reason", "reason_after"))
    else:
        before, after = (_told(paper, row, tail) for tail in ("", AFTER))
    return Moved(
        data_point=row["data_point"],
        place=where.get(row["data_point"], row["row_id"]),
        unit=words.scale_word(words.Scale(row["scale"]), paper.form),
        decimals=row["decimals"],
        before=row["printed"],
        after=row[f"printed{AFTER}"],
        told_before=before,
        told_after=after,
        told_change=words.number(row["printed_change"], row["decimals"], signed=True),
        why=why,
    )


def _told(paper: Paper, row: Mapping[str, Any], tail: str) -> str:
    cell = {name: row[f"{name}{tail}"] for name in ("printed", "text")}
    return words.cell_text(
        cell | {"scale": row["scale"], "decimals": row["decimals"]}, paper.language
    )


def entered_headings(paper: Paper) -> tuple[str, ...]:
    """What stands above the adjustments that people entered."""
    names = (
        *("adjustment", "branch", "metric", "side", "delta"),
        *("reason", "live", "maker", "approver"),
    )
    return tuple(paper.say(f"sm_{name}") for name in names)


def entered(paper: Paper) -> list[tuple[str, ...]]:
    """The adjustments that people entered, a line each; amounts in the unit of the figure."""
    return [_entered(paper, row) for row in paper.package.adjustments.to_dicts()]


def _entered(paper: Paper, row: Mapping[str, Any]) -> tuple[str, ...]:
    branch = row["branch_id"]
    name = paper.unit_names.get(branch, branch)
    figure = [row["metric_id"], row["reading"]]
    if row["slice"] != TOTAL:
        figure.append(f"{row['slice']}={row['member']}")
    amount: Decimal = row["amount"]
    decimals = 0 if amount == amount.to_integral_value() else 2
    return (
        str(row["adjustment_id"]),
        branch if name == branch else f"{name} {branch}",
        " ".join(part for part in figure if part),
        paper.say(f"sm_side_{row['side']}"),
        words.number(amount, decimals, signed=True),
        row["reason"],
        f"{row['live_from']:%Y-%m-%d} – {row['live_to']:%Y-%m-%d}",
        row["maker"],
        row["approver"],
    )
