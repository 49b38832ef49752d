"""Shipped returns held against an oracle: every cell once more, from the YAML and the published facts.

The oracle reads the files with plain YAML and reckons with Python's decimals; it shares no code with what
fills returns.
"""

from calendar import monthrange
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import polars as pl
import pytest
import yaml

import transforms.returns
from orchestration.bank import SYSTEM, Bank
from transforms.returns import filling
from transforms.returns.load import load

pytestmark = pytest.mark.whole

FOLDER = Path(transforms.returns.__path__[0])
PLACES = {"numerator": "numerator", "denominator": "denominator", "target": "target_value"} | {
    "value": "value",
    "gap": "gap",
    "limit": "limit_value",
    "headroom": "headroom_amount",
}
DIVIDED = {"units": 1, "thousand": 1_000, "wan": 10_000, "million": 1_000_000, "yi": 100_000_000}
TIMES = {
    ("percent", "ratio"): 100,
    ("pp", "ratio"): 100,
    ("bp", "ratio"): 10_000,
}
UNITS = [
    ("monthly_structure", "HO"),
    ("quarterly_themes", "HO"),
    ("review_pack", "HO"),
    ("branch_scorecard", "B205"),
    ("branch_scorecard", "R2"),
]


def month_end(year, month):
    """The month end, also of month 0 and before."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def moment(name, day):
    """The month end that a column is taken at."""
    return {
        "now": day,
        "previous_month": month_end(day.year, day.month - 1),
        "previous_quarter": month_end(day.year, (day.month - 1) // 3 * 3),
        "year_end": date(day.year - 1, 12, 31),
        "year_ago": month_end(day.year - 1, day.month),
    }[name]


class Oracle:
    """What the cells of a return should say, one at a time."""

    def __init__(self, raw, facts, catalogue):
        self.raw, self.catalogue, self.facts = raw, catalogue, {}
        self.cut = set()
        for row in facts.iter_rows(named=True):
            own = (row["metric_id"], row["reading"], row["branch_id"], row["as_of_date"])
            self.facts[own, row["slice"], row["member"]] = row
            self.cut.add((own, row["slice"]))

    def figure(self, said, column, unit, day):
        """What a fact gives to a cell, in its own unit, and what that unit is called."""
        metric = self.catalogue.metrics[said["metric"]]
        own = (said["metric"], said.get("reading") or metric.default_reading, unit, day)
        cut, member = said.get("slice", "total"), str(said.get("member", "total"))
        take = column.get("take", "value")
        kind = "pp" if take == "limit" else metric.unit.value
        row = self.facts.get((own, cut, member))
        if row is not None or cut == "total":
            return (None if row is None else row[PLACES[take]]), kind
        whole = self.facts.get((own, "total", "total"))
        if whole is None or whole["numerator"] is None:
            return None, kind
        is_empty = not whole["numerator"] and not whole["denominator"]
        if (own, cut) not in self.cut and not is_empty:
            return None, kind
        if take == "numerator" or metric.unit.value in ("currency", "count"):
            return Decimal(0), kind
        if take == "denominator":
            return (whole["denominator"] if cut in metric.composition else Decimal(0)), kind
        return (Decimal(0) if cut in metric.composition and whole["denominator"] else None), kind

    def cell(self, table, row_id, column_id, unit, day):
        """The exact figure of a cell and what it is measured in."""
        column = self.columns(table)[column_id]
        row = (table.get("rows") or {}).get(row_id, {})
        if row.get("not_collected"):
            return None, None
        formula = column.get("formula")
        if formula is not None:
            left, kind = self.cell(table, row_id, formula["left"], unit, day)
            right, _ = self.cell(table, row_id, formula["right"], unit, day)
            if left is None or right is None:
                return None, kind
            if formula["sign"] == "-":
                return left - right, kind
            return (None if right == 0 else left / right), "ratio"
        if row.get("sum_of"):
            parts = [self.cell(table, one, column_id, unit, day) for one in row["sum_of"]]
            amounts = [one for one, _ in parts]
            return (None if None in amounts else sum(amounts)), parts[0][1]
        said = row or column
        return self.figure(said, column, unit, moment(column.get("at", "now"), day))

    def columns(self, table):
        """A table's columns, also where it shares them."""
        named = table["columns"]
        return self.raw["columns"][named] if isinstance(named, str) else named

    def printed(self, table, row_id, column_id, unit, day):
        """What is printed: in the cell's unit, rounded half away from zero."""
        exact, kind = self.cell(table, row_id, column_id, unit, day)
        if exact is None:
            return None
        column = self.columns(table)[column_id]
        said = (table.get("rows") or {}).get(row_id, {}) if column["scale"] == "own" else column
        whole = said["scale"] in ("count", "index")
        places = said.get("decimals", 0 if whole else 2)
        scale = said["scale"]
        with localcontext(prec=60):
            shown = exact * TIMES.get((scale, kind), 1) / DIVIDED.get(scale, 1)
            return shown.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def rows_of(table, unit, tree):
    """The rows of a table with their units."""
    if "units" not in table:
        return [(one, unit) for one, row in table["rows"].items() if not row.get("heading")]
    levels = {row["node_id"]: row for row in tree.to_dicts()}

    def under(node):
        return node is not None and (node == unit or under(levels[node]["parent_id"]))

    at_level = [node for node, row in levels.items() if row["level"] in table["units"]]
    return [("000", unit), *((one, one) for one in at_level if under(one) and one != unit)]


@pytest.mark.parametrize(("name", "unit"), UNITS)
def test_every_cell_of_a_shipped_return_is_what_the_oracle_says(demo_bank, name, unit):
    bank = Bank.at(demo_bank.root)
    as_of = max(bank.published.newest_versions())
    return_ = load(bank.catalogue)[name]
    raw = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    days = filling.days(return_, as_of)
    facts = bank.published.facts_of(SYSTEM, days).collect()
    tree = bank.published.nodes(SYSTEM, as_of=as_of).collect()

    cells, series = filling.cells(return_, unit, as_of, facts, tree, bank.catalogue)

    named = facts.join(
        cells.select("metric_id", branch_id="unit_id").unique(),
        on=["metric_id", "branch_id"],
        how="semi",
    )
    oracle = Oracle(raw, named, bank.catalogue)
    expected = {}
    for table_id, table in raw["tables"].items():
        for row_id, whose in rows_of(table, unit, tree):
            for column_id, column in oracle.columns(table).items():
                if column["scale"] != "text":
                    point = f"{raw['code']}.{table_id}.{row_id}.{column_id}"
                    expected[point] = oracle.printed(table, row_id, column_id, whose, as_of)
    told = dict(cells.filter(pl.col("scale") != "text").select("data_point", "printed").iter_rows())
    assert list(told) == list(expected)
    assert told == expected
    given = [one for one in expected.values() if one is not None]
    assert len(given) > 100
    missing = cells.filter(pl.col("printed").is_null(), pl.col("text").is_null())
    assert missing["reason"].null_count() == 0
    now = series.filter(pl.col("as_of_date") == as_of).join(
        cells, on=["table_id", "row_id", "column_id"], suffix="_cell"
    )
    assert now["printed"].to_list() == now["printed_cell"].to_list()


def test_states_are_those_that_were_published(demo_bank):
    bank = Bank.at(demo_bank.root)
    as_of = max(bank.published.newest_versions())
    return_ = load(bank.catalogue)["branch_scorecard"]
    facts = bank.published.facts_of(SYSTEM, filling.days(return_, as_of)).collect()
    tree = bank.published.nodes(SYSTEM, as_of=as_of).collect()
    cells, _ = filling.cells(return_, "B205", as_of, facts, tree, bank.catalogue)
    told = cells.filter(pl.col("scale") == "text").select("metric_id", "reading", "text")
    published = facts.filter(
        pl.col("branch_id") == "B205", pl.col("slice") == "total", pl.col("as_of_date") == as_of
    )
    states = {(m, r): s for m, r, s in published.select("metric_id", "reading", "status").rows()}
    assert told.height > 40
    assert {(m, r): s for m, r, s in told.rows()}.items() <= states.items()
    assert told["text"].n_unique() > 1
