"""Small returns filled from drawn figures: a form in a few lines, published figures as a drawn table."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from records.published import METRIC_FACT
from tests.cards import table
from tests.scenario import AS_OF, CATALOGUE
from transforms.catalogue.vocabulary import TOTAL
from transforms.hierarchy import NODE
from transforms.returns import adjusting, cross_checks, filling, load
from transforms.returns.package import ADJUSTED

LAST_MONTH = date(2026, 9, 30)
YEAR_END = date(2025, 12, 31)
DAYS = {"now": AS_OF, "last month": LAST_MONTH, "year end": YEAR_END}

HEAD = """\
id: tried
code: TR
version: "1"
label: {en: Tried, zh: 试}
purpose: {en: A test., zh: 测试。}
frequency: monthly
audience: head_office
made_for: bank
due_working_days: 5
"""
TREE = """
    unit  | above | level
    bank  |       | head
    north | bank  | tier1
    south | bank  | tier1
    quay  | north | tier2
"""
"""Head office, two branches, and a sub-branch of the northern one."""


def text_of(tables, checks="{}", *, name="tried", code="TR"):
    """The YAML of a return: of its tables, and of its checks."""
    head = HEAD.replace("id: tried", f"id: {name}").replace("code: TR", f"code: {code}")
    return f"{head}tables:\n{tables}\nchecks:\n  {checks.strip()}\n"


def return_of(tables, checks="{}", *, name="tried", code="TR", beside=None):
    """A return of some tables and checks; beside another one, as text, that it may name."""
    texts = {"tried.yaml": text_of(tables, checks, name=name, code=code)}
    if beside is not None:
        texts["beside.yaml"] = beside
    return load.load(CATALOGUE, texts=texts)[name]


def tree_of(text=TREE):
    """Rows of `NODE` from a drawn tree, parents first."""
    depths = {None: -1}
    rows = []
    for row in table(text):
        depths[row["unit"]] = depths[row["above"]] + 1
        rows.append((row["unit"], row["above"], row["level"], "", "", depths[row["unit"]]))
    return pl.DataFrame(rows, schema=dict(NODE), orient="row")


def facts_of(text):
    """Published figures: unit (bank), day (now), metric, slice and member as `by=part`, above, below, value.

    The value is what stands above, or that divided by what stands below, if it is not drawn.
    """
    rows = []
    for row in table(text):
        above, below, value = (_number(row.get(name)) for name in ("above", "below", "value"))
        if value is None and above is not None and not row.get("reason"):
            value = above if below is None else (above / below).quantize(Decimal("1e-12"))
        slice_, _, member = (row.get("part") or f"{TOTAL}={TOTAL}").partition("=")
        metric = CATALOGUE.metrics[row["metric"]]
        rows.append(
            dict.fromkeys(METRIC_FACT)
            | {
                "metric_id": row["metric"],
                "reading": row.get("reading") or metric.default_reading,
                "definition_version": "1",
                "branch_id": row.get("unit") or "bank",
                "slice": slice_,
                "member": member,
                "as_of_date": DAYS[row.get("day") or "now"],
                "numerator": above,
                "denominator": below,
                "value": value,
                "unit": metric.unit.value,
                "limit_value": _number(row.get("limit")),
                "headroom_amount": _number(row.get("room")),
                "target_value": _number(row.get("target")),
                "gap": _number(row.get("gap")),
                "status": row.get("status"),
                "reason": row.get("reason"),
                "quality_state": row.get("quality") or "final",
                "snapshot_version": 1,
                "run_id": "run",
            }
        )
    return pl.DataFrame(rows, schema=dict(METRIC_FACT), orient="row")


def adjustments_of(text):
    """Approved adjustments: unit, metric, part, side (numerator), amount, from and to (this month only)."""
    rows = []
    for number, row in enumerate(table(text), start=1):
        slice_, _, member = (row.get("part") or f"{TOTAL}={TOTAL}").partition("=")
        rows.append(
            {
                "adjustment_id": number,
                "branch_id": row["unit"],
                "metric_id": row["metric"],
                "reading": row.get("reading") or "",
                "slice": slice_,
                "member": member,
                "side": row.get("side") or "numerator",
                "amount": _number(row["amount"]),
                "reason": "booked late",
                "live_from": DAYS[row.get("from") or "now"],
                "live_to": DAYS[row.get("to") or "now"],
                "maker": "Li Na",
                "approver": "Wang Wei",
            }
        )
    return pl.DataFrame(rows, schema=dict(ADJUSTED), orient="row")


def _number(text):
    return None if text is None else Decimal(text.replace(",", "").removeprefix("+"))


@dataclass(frozen=True, eq=False)
class Filled:
    """A filled return: its cells, by short addresses such as `A.010.B`."""

    return_: object
    cells: pl.DataFrame
    series: pl.DataFrame
    applied: pl.DataFrame

    def cell(self, address):
        """One cell as a mapping."""
        point = f"{self.return_.code}.{address}"
        return self.cells.row(by_predicate=pl.col("data_point") == point, named=True)

    def printed(self, *addresses):
        """What is printed, as text without the digits of storage; nothing for an empty cell."""
        told = [self.cell(one)["printed"] for one in addresses]
        return [None if one is None else format(one.normalize(), "f") for one in told]

    def verdicts(self, earlier=None, others=None):
        """Its verdicts, against cells of earlier months and other returns."""
        return cross_checks.verdicts(self.return_, self.cells, earlier=earlier or {}, others=others)

    def states(self, **given):
        """State and reason of each case of each check, as `C1#1`."""
        rows = self.verdicts(**given).select("check_id", "number", "state", "why").iter_rows()
        return {f"{check}#{number}": why or state for check, number, state, why in rows}


def filled(return_, facts, *, adjustments=None, unit="bank", as_of=AS_OF, tree=TREE):
    """A return filled from drawn figures, with drawn adjustments."""
    held = facts if isinstance(facts, pl.DataFrame) else facts_of(facts)
    nodes = tree_of(tree)
    cells, series = filling.cells(return_, unit, as_of, held, nodes, CATALOGUE)
    if adjustments is None:
        return Filled(return_, cells, series, pl.DataFrame(schema=dict(ADJUSTED)))
    entered = adjustments if isinstance(adjustments, pl.DataFrame) else adjustments_of(adjustments)
    cells, series, applied = adjusting.adjusted(
        return_, cells, series, entered, held, nodes, CATALOGUE
    )
    return Filled(return_, cells, series, applied)
