"""Reports made by hand: rows, a table by branch, and everything that files of them must tell."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.summaries.paper import Paper
from transforms.catalogue.model import Label
from transforms.catalogue.vocabulary import TOTAL
from transforms.returns import differences
from transforms.returns.model import (
    Audience,
    Cell,
    Check,
    CheckKind,
    Column,
    Formula,
    Frequency,
    MadeFor,
    Moment,
    PictureKind,
    PictureOf,
    Point,
    Relation,
    Return,
    ReturnTable,
    Row,
    Scale,
    Severity,
    Side,
    Take,
    data_point,
)
from transforms.returns.package import ADJUSTED, CELL, SERIES, UNIT, VERDICT, Package
from transforms.returns.reckoning import factor

D = Decimal
AS_OF, BEFORE = date(2026, 10, 31), date(2026, 9, 30)
AT = datetime(2026, 11, 9, 8, 30, 5, tzinfo=UTC)
STEP = {"step": pl.String, "person": pl.String, "at": pl.Datetime("us", "UTC"), "note": pl.String}
REMARK = {
    "case": pl.String,
    "kind": pl.String,
    "text": pl.String,
    "person": pl.String,
    "at": pl.Datetime("us", "UTC"),
}
NO_DENOMINATOR = "there is nothing in the denominator"


def _label(en: str, zh: str) -> Label:
    return Label(en, zh)


def _column(name, en, zh, scale, decimals, **more):
    return Column(name, _label(en, zh), scale, decimals, **more)


NOW_AND_BEFORE = (
    _column("A", "This month", "本期余额", Scale.YI, 2),
    _column("B", "Last month", "上期余额", Scale.YI, 2, at=Moment.PREVIOUS_MONTH),
    _column("C", "Change", "比上月增减", Scale.WAN, 0, formula=Formula("A", "-", "B")),
    _column("D", "Growth", "比上月增速", Scale.PERCENT, 2, formula=Formula("C", "/", "B")),
    _column("E", "NPL ratio", "不良率", Scale.PERCENT, 2, footnotes=("1",)),
    _column("F", "Status", "达标情况", Scale.TEXT, 0, take=Take.STATUS),
)
ROWS = (
    Row("000", _label("Balances", "一、贷款余额"), heading=True),
    Row("010", _label("Technology loans", "科技贷款"), Point("tech_loans", "", TOTAL, TOTAL)),
    Row(
        "011",
        _label("High-tech manufacturing", "高技术制造业"),
        Point("hightech", "", TOTAL, TOTAL),
        of_which="010",
        level=1,
    ),
    Row(
        "012",
        _label("Little giants", "专精特新“小巨人”"),
        Point("giants", "", TOTAL, TOTAL),
        of_which="010",
        level=1,
    ),
    Row(
        "020",
        _label("Green & supply-chain loans", "绿色供应链贷款"),
        Point("green", "", TOTAL, TOTAL),
        footnotes=("2",),
    ),
    Row("030", _label("=Both <together>", "=合计"), sum_of=("010", "020")),
)
SECTOR = ReturnTable(
    "SEC",
    _label("Loans by theme", "表一 主题贷款统计表"),
    NOW_AND_BEFORE,
    ROWS,
    footnotes=(
        (
            "1",
            _label(
                "Loans of the five-tier classes below special mention.", "五级分类后三类贷款占比。"
            ),
        ),
        ("2", _label("By purpose; tags at report date.", "按贷款投向统计，标识以报告日为准。")),
    ),
    picture=PictureOf(
        PictureKind.TREND, _label("Thirteen months", "近13个月"), "A", ("010", "020")
    ),
)
MEASURES = ("loan_balance", "sei_balance", "green_balance", "inclusive_balance")
BRANCH_COLUMNS = (
    *(
        _column(
            letter,
            f"Balance {letter}",
            f"贷款余额{letter}",
            Scale.YI,
            2,
            point=Point(metric, "", TOTAL, TOTAL),
        )
        for letter, metric in zip("ABCD", MEASURES, strict=True)
    ),
    *(
        _column(
            letter,
            f"Share {letter}",
            f"占比{letter}",
            Scale.PERCENT,
            2,
            formula=Formula(part, "/", "A"),
        )
        for letter, part in zip("EFG", "BCD", strict=True)
    ),
    _column(
        "H",
        "First-time clients",
        "首贷户数",
        Scale.COUNT,
        0,
        point=Point("first_time", "", TOTAL, TOTAL),
    ),
    _column(
        "I",
        "SEI increment",
        "战新贷款比年初",
        Scale.WAN,
        0,
        point=Point("sei_increment", "", TOTAL, TOTAL),
    ),
    _column("J", "Headroom", "容忍度余量", Scale.PP, 2, point=Point("tolerance", "", TOTAL, TOTAL)),
    _column("K", "Spread", "利差", Scale.BP, 1, point=Point("spread", "", TOTAL, TOTAL)),
    _column(
        "L", "Status", "状态", Scale.TEXT, 0, take=Take.STATUS, point=Point("sei", "", TOTAL, TOTAL)
    ),
)
BY_BRANCH = ReturnTable(
    "BR",
    _label("By branch", "表二 分机构统计表"),
    BRANCH_COLUMNS,
    units=("branch",),
    adds_up=True,
    picture=PictureOf(
        PictureKind.BARS, _label("SEI increment by branch", "各分行战新贷款比年初"), "I"
    ),
)


def _side(*cells, number="0"):
    return Side(tuple(cells), D(number))


CHECKS = (
    Check(
        "MS-01",
        CheckKind.COMPARE,
        _label("Both are the sum of the two themes", "合计 = 科技贷款 + 绿色供应链贷款"),
        Severity.BLOCKS,
        _side((1, Cell("SEC", "030", "A"))),
        Relation.EQUAL,
        _side((1, Cell("SEC", "010", "A")), (1, Cell("SEC", "020", "A"))),
    ),
    Check(
        "MS-02",
        CheckKind.PARTS,
        _label("Branches add up to the bank", "分支机构合计 = 全行"),
        Severity.BLOCKS,
        _side((1, Cell("BR", "*", "A"))),
        Relation.EQUAL,
        _side((1, Cell("BR", "000", "A"))),
        tolerance=D("0.01"),
    ),
    Check(
        "MS-03",
        CheckKind.OF_WHICH,
        _label("A part is not larger than its whole", "其中项 ≤ 总项"),
        Severity.BLOCKS,
        _side((1, Cell("SEC", "012", "A"))),
        Relation.AT_MOST,
        _side((1, Cell("SEC", "011", "A"))),
    ),
    Check(
        "MS-04",
        CheckKind.MOVE,
        _label("No move beyond 20 %", "环比变动不超过 20%"),
        Severity.COMMENT,
        _side((1, Cell("SEC", "020", "A"))),
        threshold=D("0.2"),
    ),
    Check(
        "MS-05",
        CheckKind.OPENING,
        _label("Opening equals what was released", "期初数 = 上期发布数"),
        Severity.BLOCKS,
        _side((1, Cell("SEC", "*", "B"))),
    ),
)
RETURN = Return(
    return_id="monthly_structure",
    code="MS",
    version="2026.1",
    label=_label("Monthly structural summary", "信贷结构月度统计表"),
    purpose=_label("How lending is structured.", "反映全行信贷结构变化情况。"),
    frequency=Frequency.MONTHLY,
    audience=Audience.REGULATOR,
    made_for=MadeFor.BANK,
    levels=(),
    due_working_days=8,
    source="银监统计 1104 S70（u）",
    disclaimer=_label(
        "The layout follows the public structure and is no official form.",
        "本表参照公开的报表结构编制，非监管部门正式报表。",
    ),
    tables=(SECTOR, BY_BRANCH),
    checks=CHECKS,
    where="by hand",
)

BRANCHES = tuple(f"B{number}" for number in range(101, 141))


def units() -> pl.DataFrame:
    rows = [("HO", None, "bank", "Example Bank", "示例银行")]
    rows += [
        (one, "HO", "branch", f"Branch {number}", f"第{number}分行")
        for number, one in enumerate(BRANCHES, 1)
    ]
    return pl.DataFrame(rows, schema=dict(UNIT), orient="row")


def _cell(table, row, column, exact, unit, **more):
    """A cell as filling leaves it; more tells what is out of the ordinary."""
    scale, decimals = column.scale, column.decimals
    value = None if exact is None else D(exact)
    adjustment = D(more.pop("adjustment", 0))
    is_sum = column.formula is not None or more.pop("reckoned", False)
    return {
        "data_point": data_point("MS", table, row, column.column_id),
        "table_id": table,
        "row_id": row,
        "column_id": column.column_id,
        "unit_id": "HO",
        "metric_id": None if is_sum else more.pop("metric", "tech_loans"),
        "reading": "",
        "definition_version": "1",
        "slice": TOTAL,
        "member": TOTAL,
        "take": column.take.value,
        "as_of_date": BEFORE if column.at is Moment.PREVIOUS_MONTH else AS_OF,
        "snapshot_version": 2,
        "published_value": None if value is None else value - adjustment,
        "adjustment": adjustment if value is not None else None,
        "exact": value,
        "printed": None if value is None else _printed(value, scale, unit, decimals),
        "scale": scale.value,
        "decimals": decimals,
        "text": None,
        "reason": None,
        "quality_state": "final",
        "unit": unit,
        **more,
    }


def _printed(value: Decimal, scale: Scale, unit: str, decimals: int) -> Decimal:
    return (value * factor(scale, unit)).quantize(D(1).scaleb(-decimals), rounding="ROUND_HALF_UP")


def _quotient(one: Decimal, other: Decimal) -> Decimal:
    return (one / other).quantize(D("1E-12"))


AMOUNTS = {
    "010": ("1234567890.12", "1200000000.10"),
    "011": ("834567890.12", "800000000.00"),
    "012": ("98765432.10", "99765432.10"),
    "020": ("300500000.50", "200000000.25"),
}
SHARES = {"010": "0.012345678901", "011": None, "012": "0.009900000000", "020": None, "030": None}
STATUSES = {"010": "met", "011": "near", "012": "missed", "020": "no_target", "030": None}
DELTA = "50000000.00"


def sector_cells() -> list[dict]:
    """The table of rows: the technology loans hold an adjustment, and so does all that rests on them."""
    amounts = {row: tuple(map(D, pair)) for row, pair in AMOUNTS.items()}
    amounts["030"] = tuple(a + b for a, b in zip(amounts["010"], amounts["020"], strict=True))
    by_id = {column.column_id: column for column in NOW_AND_BEFORE}
    rows = []
    for row, (now, before) in amounts.items():
        moved = D(DELTA) if row in ("010", "030") else D(0)
        is_sum = row == "030"

        def add(column, exact, unit, *, is_sum=is_sum, row=row, **more):
            rows.append(_cell("SEC", row, by_id[column], exact, unit, reckoned=is_sum, **more))

        change = now - before
        add("A", now, "currency", adjustment=moved)
        add("B", before, "currency")
        add("C", change, "currency", adjustment=moved)
        growth = _quotient(change, before)
        add("D", growth, "ratio", adjustment=growth - _quotient(change - moved, before))
        reason = NO_DENOMINATOR if row != "030" else "shares and rates do not add up"
        missing = {} if SHARES[row] else {"reason": reason}
        add("E", SHARES[row], "ratio", **missing)
        status = STATUSES[row]
        told = {"text": status} if status else {"reason": "no target is set for it"}
        add("F", None, None, **told)
    return rows


def branch_cells() -> list[dict]:
    """The table by branch: forty branches and the bank, some of them provisional, negative or empty."""
    by_id = {column.column_id: column for column in BRANCH_COLUMNS}
    balances = {
        unit: [
            D(f"{(number * 7919) % 900 + 100}000000.{number:02d}") * share
            for share in (D(1), D("0.15"), D("0.2"), D("0.31"))
        ]
        for number, unit in enumerate(BRANCHES, 1)
    }
    whole = [sum(parts) for parts in zip(*balances.values(), strict=True)]
    rows = []
    for number, (unit, (a, b, c, d)) in enumerate({"000": whole, **balances}.items()):
        quality = "provisional" if unit in ("B105", "B117") else "final"
        own = {"unit_id": "HO" if unit == "000" else unit, "quality_state": quality}
        for letter, exact in zip("ABCD", (a, b, c, d), strict=True):
            rows.append(_cell("BR", unit, by_id[letter], exact, "currency", **own))
        for letter, part in zip("EFG", (b, c, d), strict=True):
            rows.append(_cell("BR", unit, by_id[letter], _quotient(part, a), "ratio", **own))
        rows.append(
            _cell("BR", unit, by_id["H"], 900 if unit == "000" else number * 3, "count", **own)
        )
        rows.append(
            _cell("BR", unit, by_id["I"], (number - 12) * D("1234567.891"), "currency", **own)
        )
        if unit == "B109":
            rows.append(
                _cell(
                    "BR",
                    unit,
                    by_id["J"],
                    None,
                    "pp",
                    reason="no tolerance rule is in force",
                    **own,
                )
            )
        else:
            rows.append(_cell("BR", unit, by_id["J"], D(number - 20) / 16, "pp", **own))
        rows.append(_cell("BR", unit, by_id["K"], D("35.25") - number, "bp", **own))
        status = ("met", "near", "missed", "within")[number % 4]
        rows.append(_cell("BR", unit, by_id["L"], None, None, text=status, **own))
    return rows


def series() -> pl.DataFrame:
    months = [
        date(2025, 10, 31),
        date(2025, 11, 30),
        date(2025, 12, 31),
        date(2026, 1, 31),
        date(2026, 2, 28),
    ]
    months += [
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
        date(2026, 6, 30),
        date(2026, 7, 31),
    ]
    months += [date(2026, 8, 31), BEFORE, AS_OF]
    rows = []
    for row, last in (("010", D("1234567890.12")), ("020", D("300500000.50"))):
        for back, month in enumerate(reversed(months)):
            exact = last - back * D("21000000.50")
            rows.append(("SEC", row, "A", month, exact, _printed(exact, Scale.YI, "currency", 2)))
    return pl.DataFrame(rows, schema=dict(SERIES), orient="row").sort("row_id", "as_of_date")


def verdicts(cells: list[dict]) -> pl.DataFrame:
    """Some hold, one part is larger than its whole, one figure moved, one opening has no past."""
    by_point = {cell["data_point"]: cell for cell in cells}

    def exact(point):
        return by_point[point]["exact"]

    def row(check, number, state, points, left, right, why=None):
        relation = None if check.kind is CheckKind.MOVE else check.relation.value
        apart = None if right is None else left - right
        tolerance = (
            check.tolerance if check.kind is not CheckKind.MOVE else abs(right) * check.threshold
        )
        return (
            check.check_id, number, check.kind.value, check.severity.value, state, points, left, relation,
            right, apart, tolerance, check.label.en, check.label.zh, why,
        )  # fmt: skip

    both = ["MS.SEC.030.A", "MS.SEC.010.A", "MS.SEC.020.A"]
    branches = [f"MS.BR.{unit}.A" for unit in BRANCHES]
    whole = "MS.BR.000.A"
    compare, parts, of_which, move, opening = CHECKS
    rows = [
        row(compare, 1, "holds", both, exact(both[0]), exact(both[1]) + exact(both[2])),
        row(parts, 1, "holds", [*branches, whole], sum(map(exact, branches)), exact(whole)),
        row(
            of_which,
            1,
            "holds",
            ["MS.SEC.011.A", "MS.SEC.010.A"],
            exact("MS.SEC.011.A"),
            exact("MS.SEC.010.A"),
        ),
        row(
            of_which,
            2,
            "fails",
            ["MS.SEC.012.A", "MS.SEC.011.A"],
            D("998765432.10"),
            exact("MS.SEC.011.A"),
        ),
        row(move, 1, "fails", ["MS.SEC.020.A"], exact("MS.SEC.020.A"), exact("MS.SEC.020.B")),
        row(
            opening, 1, "not_asked", ["MS.SEC.010.B"], exact("MS.SEC.010.B"), None, "nothing_before"
        ),
        row(opening, 2, "holds", ["MS.SEC.011.B"], exact("MS.SEC.011.B"), exact("MS.SEC.011.B")),
        row(opening, 3, "holds", ["MS.SEC.012.B"], exact("MS.SEC.012.B"), exact("MS.SEC.012.B")),
    ]
    return pl.DataFrame(rows, schema=dict(VERDICT), orient="row")


def package(**changes) -> Package:
    cells = changes.pop("rows", None) or [*sector_cells(), *branch_cells()]
    adjustment = (
        *(7, "B105", "tech_loans", "", TOTAL, TOTAL, "numerator", D(DELTA)),
        *("=late booking of a syndicated loan", BEFORE, date(2026, 12, 31), "li", "zhang"),
    )
    parts = {
        "return_id": "monthly_structure",
        "return_version": "2026.1",
        "definition_hash": "d" * 64,
        "unit_id": "HO",
        "as_of": AS_OF,
        "snapshot_version": 2,
        "run_id": "run-1",
        "fingerprint": "f" * 64,
        "base_currency": "CNY",
        "units": units(),
        "cells": pl.DataFrame(cells, schema=dict(CELL)),
        "series": series(),
        "verdicts": verdicts(cells),
        "adjustments": pl.DataFrame([adjustment], schema=dict(ADJUSTED), orient="row"),
    }
    return Package(**{**parts, **changes})


def steps(count: int) -> pl.DataFrame:
    taken = [
        ("prepared", "李娜", AT.replace(hour=6), None),
        ("checked", "王伟", AT.replace(hour=7), "抽查三家分行"),
        ("approved", "Zhang Min", AT.replace(hour=8), None),
        ("released", "陈静", AT, None),
    ]
    return pl.DataFrame(taken[:count], schema=STEP, orient="row")


def remarks() -> pl.DataFrame:
    rows = [
        ("MS-03#2", "reason", "名单口径按季更新，已与总行核对。", "王伟", AT),
        ("MS-04#1", "comment", "=one large green project drawn", "Zhang Min", AT),
    ]
    return pl.DataFrame(rows, schema=REMARK, orient="row")


def since() -> pl.DataFrame:
    """Against a release in which two figures were others, and one was missing."""
    before = []
    for cell in package().cells.to_dicts():
        if cell["data_point"] == "MS.SEC.020.A":
            cell |= {
                "exact": D("300000000.50"),
                "published_value": D("300000000.50"),
                "printed": D("3.00"),
            }
        if cell["data_point"] == "MS.BR.B101.H":
            cell |= {
                "exact": None,
                "published_value": None,
                "printed": None,
                "reason": "table x was not delivered",
            }
        before.append(cell)
    return differences.cells(pl.DataFrame(before, schema=dict(CELL)), package().cells)


def paper(language: Language = Language.ZH, **changes) -> Paper:
    parts = {
        "bank_name": language.pick("Example Bank", "示例银行"),
        "return_": RETURN,
        "package": package(),
        "state": "released",
        "edition": 2,
        "steps": steps(4),
        "remarks": remarks(),
        "differences": since(),
        "chain": (123, "ab" * 32),
        "form": Format(language, "CNY"),
        "stated_at": AT,
        "seen_by": language.pick("head office", "总行"),
    }
    return Paper(**{**parts, **changes})


def plain(language: Language = Language.EN, **changes) -> Paper:
    """The same without drawings, which take most of the time."""
    tables = tuple(replace(table, picture=None) for table in RETURN.tables)
    return paper(language, return_=replace(RETURN, tables=tables), **changes)


def draft(language: Language = Language.ZH) -> Paper:
    return plain(
        language, state="draft", edition=None, steps=steps(0), remarks=remarks().clear(),
        differences=None, chain=None,
    )  # fmt: skip
