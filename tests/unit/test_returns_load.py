"""Returns are refused whole, with file, line, name and near miss; what ships is accepted."""

from collections import Counter
from pathlib import Path

import pytest

from tests.scenario import CATALOGUE
from transforms.errors import CatalogueError, UnknownNameError
from transforms.returns.load import load, of_name, packaged_texts
from transforms.returns.model import Cell, CheckKind, MadeFor, Moment, Scale
from transforms.returns.quantities import kind_of
from transforms.returns.sides import side_of

GOOD = """\
id: tried
code: TR
version: "1"
label: {en: Tried, zh: 试}
purpose: {en: A test., zh: 测试。}
frequency: monthly
audience: branch
made_for: each
levels: [tier1]
due_working_days: 5
columns:
  two:
    A: {label: {en: Now, zh: 期末}, scale: wan, take: numerator}
    B: {label: {en: Year end, zh: 年初}, scale: wan, take: numerator, at: year_end}
    C: {label: {en: Change, zh: 变动}, scale: wan, formula: {left: A, sign: "-", right: B}}
footnotes:
  a: {en: By purpose, zh: 按投向}
tables:
  SEI:
    label: {en: SEI, zh: 战新}
    columns: two
    rows:
      "010": {metric: industry_share, label: {en: Corporate, zh: 对公}}
      "020": {metric: sei_balance, reading: strict, of_which: "010", footnotes: [a]}
      "021": {metric: sei_balance, slice: sei_field, member: "3", of_which: "020", level: 1}
      "030": {label: {en: Memo, zh: 备注}, heading: true}
      "040": {label: {en: Sum, zh: 合计}, sum_of: ["020", "021"]}
      "050": {label: {en: Bonds, zh: 债券}, not_collected: true}
    picture: {kind: bars, label: {en: Bars, zh: 柱}, column: A}
  OWN:
    label: {en: Card, zh: 卡}
    columns:
      A: {label: {en: Value, zh: 值}, scale: own}
      B: {label: {en: Stands, zh: 状态}, scale: text, take: status}
    rows:
      "010": {metric: npl_ratio, scale: percent}
      "020": {metric: loan_clients, scale: count}
  BR:
    label: {en: Branches, zh: 机构}
    units: [tier2]
    adds_up: true
    columns:
      A: {label: {en: Loans, zh: 贷款}, scale: yi, metric: loan_balance}
      B: {label: {en: Bad, zh: 不良率}, scale: percent, metric: npl_ratio}
      C: {label: {en: Clients, zh: 户数}, scale: count, metric: loan_clients}
checks:
  C1: {kind: compare, label: {en: c, zh: 勾}, left: SEI.020.A + SEI.021.A, relation: "<=", right: SEI.010.A}
  C2: {kind: opening, label: {en: o, zh: 初}, left: "SEI.*.B"}
  C3: {kind: count_and_balance, label: {en: n, zh: 户}, left: "BR.*.C", right: "BR.*.A"}
  C4:
    {kind: move, label: {en: m, zh: 动}, severity: comment, left: SEI.010.A, right: SEI.010.B, threshold: 0.1}
"""


def test_what_ships_is_accepted_and_says_what_it_rests_on():
    returns = load(CATALOGUE)
    assert list(returns) == [
        *("branch_scorecard", "monthly_structure", "quarterly_themes", "review_pack")
    ]
    assert {one.code for one in returns.values()} == {"BS", "MS", "QT", "RP"}
    for return_ in returns.values():
        assert "no official form" in return_.disclaimer.en
        assert "不是官方报表" in return_.disclaimer.zh
        named = [one for one in return_.checks if "." not in one.check_id]
        assert len(named) >= 25
        kinds = {one.kind for one in return_.checks}
        assert kinds >= {
            *(CheckKind.COMPARE, CheckKind.OPENING, CheckKind.OF_WHICH),
            *(CheckKind.COUNT_AND_BALANCE, CheckKind.MOVE),
        }
    assert returns["branch_scorecard"].made_for is MadeFor.EACH
    adds_up = [one for one in returns["monthly_structure"].checks if one.kind is CheckKind.PARTS]
    assert {one.check_id for one in adds_up} >= {"PARTS.BR.A", "PARTS.BR.E", "PARTS.REG.A"}


def test_no_amount_by_branch_is_taken_by_the_branches_of_an_earlier_day():
    """A branch taken over since has no row: a merger would read as growth."""
    for return_ in load(CATALOGUE).values():
        for table in return_.tables:
            earlier = [one for one in table.columns if table.units and one.at is not Moment.NOW]
            assert not [one.column_id for one in earlier if kind_of(one.scale) is Scale.UNITS]


def test_what_is_counted_over_a_period_is_not_set_against_a_balance():
    """In January nobody may have come yet, while loans of last year's clients still run."""
    for return_ in load(CATALOGUE).values():
        tables = {table.table_id: table for table in return_.tables}
        asked = [one for one in return_.checks if one.kind is CheckKind.COUNT_AND_BALANCE]
        assert asked
        for check in asked:
            for _, cell in check.left.cells:
                table = tables[cell.table]
                points = [
                    *(row.point for row in table.rows if row.row_id == cell.row),
                    *(one.point for one in table.columns if one.column_id == cell.column),
                ]
                assert not [one for one in points if one and one.metric.startswith("first_time")]


def test_a_bank_that_counts_loans_says_so():
    text = GOOD.replace("scale: count, metric: loan_clients", "scale: loans, metric: loan_clients")
    assert text != GOOD
    made = load(CATALOGUE, texts={"own.yaml": text})["tried"]
    assert made.table("BR").columns[2].scale is Scale.LOANS


def test_figures_whose_document_was_not_verified_are_marked():
    for return_ in load(CATALOGUE).values():
        for table in return_.tables:
            for one in (*table.rows, *table.columns):
                if one.point is None:
                    continue
                source = CATALOGUE.metrics[one.point.metric].source
                assert ("o" in one.footnotes) == source.own
                assert ("u" in one.footnotes) == (not source.verified and not source.own)


def test_every_data_point_is_one_cell_only():
    returns = load(CATALOGUE).values()
    points = Counter(
        f"{one.code}.{table.table_id}.{row.row_id}.{column.column_id}"
        for one in returns
        for table in one.tables
        for row in table.rows
        for column in table.columns
    )
    assert max(points.values()) == 1


def test_a_good_file_becomes_a_record():
    made = load(CATALOGUE, texts={"own.yaml": GOOD})["tried"]
    assert made.where == "own.yaml line 1"
    table = made.table("SEI")
    corporate, strict, field = table.rows[:3]
    assert strict.point is not None
    assert (strict.point.reading, strict.label.zh) == ("strict", "战略性新兴产业贷款余额")
    assert field.label.en == "New materials"
    assert field.point is not None
    assert field.point.reading == "confirmed"
    assert [one.decimals for one in made.table("OWN").columns] == [2, 0]
    assert made.table("OWN").columns[0].unit_of(made.table("OWN").rows[1]) == (Scale.COUNT, 0)
    assert table.footnotes == (("a", made.table("SEI").footnotes[0][1]),)
    assert not corporate.of_which


def test_checks_follow_from_parts_and_from_units():
    made = load(CATALOGUE, texts={"own.yaml": GOOD})["tried"]
    follow = [one.check_id for one in made.checks if "." in one.check_id]
    # Neither changes nor shares nor clients, who are counted once at each unit, are parts.
    assert follow == [
        *("OF.SEI.020.A", "OF.SEI.020.B", "OF.SEI.021.A", "OF.SEI.021.B", "PARTS.BR.A")
    ]


REFUSED = [
    # what is written in place of what, and what the refusal says
    ("frequency: monthly", "frequency: weekly", "line 6, frequency: input should be 'monthly'"),
    ("made_for: each", "made_for: eech", "Did you mean each"),
    (
        "due_working_days: 5",
        "due_days: 5",
        "nothing is called 'due_days' here. Did you mean due_working_days",
    ),
    ("levels: [tier1]\n", "", "made_for: `each` needs the `levels`"),
    (
        "levels: [tier1]",
        "levels: [teir1]",
        "no level 'teir1'; there are head, region, tier1, tier2, outlet.",
    ),
    ("code: TR", "code: tr", "line 2, code: string should match"),
    ("columns: two", "columns: too", "no columns 'too'. Did you mean two"),
    (
        "    columns: two",
        "    columns: {A: {label: {en: a, zh: b}, scale: wan}}",
        "no table uses these",
    ),
    ("metric: industry_share", "metric: industry_shar", "no metric 'industry_shar'. Did you mean"),
    (
        "reading: strict",
        "reading: strickt",
        "no reading 'strickt'; it has strict, confirmed, broad",
    ),
    ("slice: sei_field", "slice: sei_feild", "has no 'sei_feild': it is cut by sei_field"),
    ('member: "3"', "member: CS01", "sei_field has no member 'CS01'; it has 1, 2, 3"),
    ('slice: sei_field, member: "3"', "slice: sei_field", "name the `member` of sei_field"),
    ('slice: sei_field, member: "3"', 'member: "3"', "a member needs the `slice`"),
    ("metric: industry_share, label", "label", "a row has a `metric`, or is a `sum_of`"),
    ("heading: true", "heading: true, metric: npl_ratio", "a row has a `metric`, or is a `sum_of`"),
    ("{label: {en: Memo, zh: 备注}, heading", "{heading", "it needs a `label`"),
    (
        'sum_of: ["020", "021"]',
        'sum_of: ["020", "022"]',
        "no row '022' in this table. Did you mean",
    ),
    ('sum_of: ["020", "021"]', 'sum_of: ["020", "030"]', "row 030 is a heading"),
    ('sum_of: ["020", "021"]', 'sum_of: ["020", "020"]', "it names a row twice"),
    ('sum_of: ["020", "021"]', 'sum_of: ["020", "040"]', "row 040 leads back to itself"),
    ('of_which: "010"', 'of_which: "021"', "row 020 leads back to itself"),
    ('of_which: "020"', 'of_which: "120"', "no row '120' in this table. Did you mean"),
    ('"050"', '"015"', "rows stand in the order of their ids"),
    ('"050"', '"040"', "'040' stands twice"),
    ("footnotes: [a]", "footnotes: [b]", "020 names footnote 'b', which is not said"),
    ("metric: industry_share", "metric: npl_formation_rate", "no amount and no count (annualised)"),
    ("metric: industry_share", "metric: loan_rate", "no amount and no count (of a weighted_mean)"),
    (
        "metric: industry_share",
        "metric: loan_clients",
        "is a count, which is not printed in wan in column A",
    ),
    (
        "{metric: npl_ratio, scale: percent}",
        "{metric: npl_ratio, scale: wan}",
        "is a ratio, which is not",
    ),
    ("{metric: npl_ratio, scale: percent}", "{metric: npl_ratio}", "leaves the unit to the row"),
    (
        "{metric: npl_ratio, scale: percent}",
        "{metric: npl_ratio, scale: own}",
        "a row is printed in a unit",
    ),
    (
        "{metric: npl_ratio, scale: percent}",
        "{metric: npl_ratio, scale: percent, slice: enterprise_size, member: CS01}",
        "the status is of the whole figure, not of a member",
    ),
    (
        "loan_clients, scale: count}",
        'loan_clients, scale: count, of_which: "010"}',
        "count is no part of percent",
    ),
    ("scale: text, take: status", "scale: wan, take: status", "a status is a `text`"),
    ("scale: text, take: status", "scale: text", "a status is a `text`"),
    (
        "take: numerator, at: year_end",
        "take: headroom, at: year_end",
        "only a tolerance has a headroom",
    ),
    ('left: A, sign: "-"', 'left: Z, sign: "-"', "no column 'Z'."),
    ('left: A, sign: "-"', 'left: C, sign: "-"', "C is reckoned from itself"),
    ('sign: "-"', 'sign: "+"', "input should be '-' or '/'"),
    (
        'scale: wan, formula: {left: A, sign: "-"',
        'scale: wan, formula: {left: A, sign: "/"',
        "in percent",
    ),
    (
        'scale: wan, formula: {left: A, sign: "-"',
        'scale: pp, formula: {left: A, sign: "-"',
        "not of one kind",
    ),
    (
        "scale: yi, metric: loan_balance",
        "scale: yi",
        "its rows are units: the column must name its `metric`",
    ),
    (
        "{label: {en: Now, zh: 期末}, scale: wan",
        "{label: {en: N, zh: 末}, metric: loan_balance, scale: wan",
        "only units leave",
    ),
    ("units: [tier2]", "units: [tier1, tier2]", "only units of one level add up"),
    (
        "units: [tier2]",
        'rows: {"010": {metric: npl_ratio}}',
        "BR.adds_up: only units of one level add up",
    ),
    ("    units: [tier2]\n    adds_up: true\n", "", "a table has either `rows`, or `units`"),
    (
        "scale: yi, metric: loan_balance",
        "scale: own, metric: loan_balance",
        "units have no unit of print",
    ),
    ("column: A}", "column: D}", "no column 'D'"),
    ("column: A}", 'column: A, rows: ["030"]}', "no row '030' that can be drawn"),
    (
        "kind: bars, label: {en: Bars, zh: 柱}, column: A",
        "kind: trend, label: {en: B, zh: 柱}, column: C",
        "a trend is of figures, not of a column",
    ),
    ("right: SEI.010.A}", "right: SEJ.010.A}", "no table 'SEJ'. Did you mean SEI"),
    ("right: SEI.010.A}", "right: SEI.011.A}", "table SEI has no row '011'. Did you mean"),
    ("right: SEI.010.A}", "right: SEI.010.X}", "table SEI has no column 'X'"),
    ("right: SEI.010.A}", "right: SEI.030.A}", "row 030 of SEI has no figures"),
    ("right: SEI.010.A}", "right: SEI.050.A}", "row 050 of SEI has no figures"),
    ("right: SEI.010.A}", "right: OWN.010.B}", "column B of OWN is a text"),
    ("right: SEI.010.A}", "right: BR.B205.A}", "its rows are units: 000 or *"),
    ("right: SEI.010.A}", "right: OWN.010.A}", "it compares percent with units"),
    ("right: SEI.010.A}", "right: SEI.010.A - }", "is no cell; write TABLE.ROW.COLUMN"),
    ("right: SEI.010.A}", "right: SEI 010 A}", "is no cell; write TABLE.ROW.COLUMN"),
    ("right: SEI.010.A}", 'right: "other:SEI.010.A"}', "checks.C1: no return 'other'"),
    ("right: SEI.010.A}", 'right: "tryed:SEI.010.A"}', "no return 'tryed'. Did you mean tried"),
    ("right: SEI.010.A}", 'right: "tried:SEI.010.Q"}', "table SEI has no column 'Q'"),
    (', relation: "<=", right: SEI.010.A}', "}", "compare needs a `right` side"),
    ("left: SEI.020.A + SEI.021.A", 'left: "12"', "the left side has none"),
    (
        'left: "SEI.*.B"}',
        'left: "SEI.*.B", right: "SEI.*.A"}',
        "opening does not take a `right` side",
    ),
    ('left: "SEI.*.B"}', 'left: "SEI.*.A"}', "column A is not taken at an earlier month end"),
    ('left: "SEI.*.B"}', 'left: "SEI.*.C"}', "column C is not taken at an earlier month end"),
    (
        'left: "SEI.*.B"}',
        'left: "SEI.010.B + SEI.020.B"}',
        "an opening is one column of this return",
    ),
    ("scale: wan, take: numerator}", "scale: wan, take: denominator}", "nothing would close it"),
    (
        'left: "BR.*.C", right: "BR.*.A"',
        'left: "BR.*.A", right: "BR.*.C"',
        "counts stand on the left",
    ),
    ("threshold: 0.1", "points: 0.1", "an amount or count moves by a `threshold`"),
    (", threshold: 0.1", "", "a move, and nothing else, has a `threshold`"),
    ("threshold: 0.1", "threshold: -0.1", "greater than or equal to 0"),
    ('relation: "<="', 'relation: "<"', "input should be '=', '>=' or '<='"),
    ("C1: {kind: compare", "C2: {kind: compare", "'C2' stands twice"),
    ("C2: {kind: opening", "c2: {kind: opening", "string should match pattern"),
    ("id: tried", "id: &x tried\nother: *x", "anchors and aliases are not used"),
]


@pytest.mark.parametrize(("old", "new", "said"), REFUSED)
def test_what_cannot_be_used_is_refused_with_its_place_and_the_near_miss(old, new, said):
    assert GOOD.count(old) >= 1
    with pytest.raises(CatalogueError) as refused:
        load(CATALOGUE, texts={"own.yaml": GOOD.replace(old, new, 1)})
    told = str(refused.value)
    assert told.startswith("The set of returns is refused: own.yaml")
    assert said in told


def test_every_problem_of_every_file_is_told_at_once_with_its_line():
    wrong = GOOD.replace("metric: npl_ratio, scale", "metric: npl_rati, scale").replace(
        "right: SEI.010.A}", "right: SEI.010.Z}"
    )
    with pytest.raises(CatalogueError) as refused:
        load(CATALOGUE, {"mine.yaml": "id: [\n", "yours.yaml": wrong})
    told = refused.value.problems
    assert [one.split(",")[0].split(" is no")[0] for one in told] == [
        *("returns/mine.yaml line 2", "returns/yours.yaml line 36", "returns/yours.yaml line 47")
    ]


def test_a_bank_adds_a_return_or_puts_its_own_in_the_place_of_a_shipped_one():
    own = GOOD.replace("id: tried", "id: review_pack")
    returns = load(CATALOGUE, {"own.yaml": own})
    assert returns["review_pack"].where == "returns/own.yaml line 1"
    assert len(returns) == len(packaged_texts())
    assert len(load(CATALOGUE, {"own.yaml": GOOD})) == len(packaged_texts()) + 1


def test_two_returns_share_neither_name_nor_code():
    with pytest.raises(CatalogueError, match=r"tried is defined in a.yaml line 1 already"):
        load(CATALOGUE, texts={"a.yaml": GOOD, "b.yaml": GOOD})
    with pytest.raises(CatalogueError, match=r"TR is the code of tried \(a.yaml line 1\)"):
        load(CATALOGUE, texts={"a.yaml": GOOD, "b.yaml": GOOD.replace("id: tried", "id: other")})


def test_a_return_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(UnknownNameError, match=r"Did you mean review_pack\?"):
        of_name(load(CATALOGUE), "reviewpack")


def test_sides_are_sums_of_cells_and_numbers():
    side = side_of("SEI.010.A - QT.*.B + other:T.1.C - 0.5")
    assert not isinstance(side, str)
    assert side.cells == (
        (1, Cell("SEI", "010", "A")),
        (-1, Cell("QT", "*", "B")),
        (1, Cell("T", "1", "C", "other")),
    )
    assert str(side.number) == "-0.5"


@pytest.mark.parametrize(
    "text", ["", "A", "A.1", "A.1.B C.1.D", "A.1.B +", "a.1.B", "A.1.B * 2", "1e5"]
)
def test_what_is_no_side_is_told(text):
    assert isinstance(side_of(text), str)


def test_the_example_of_the_documents_is_accepted_and_checks_follow_from_it():
    page = (Path(__file__).parents[2] / "docs/returns.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    made = load(CATALOGUE, {"green_chain.yaml": example})["green_chain"]
    assert [one.check_id for one in made.checks if "." in one.check_id] == [
        *(f"OF.GSC.{row}.{column}" for row in ("020", "021", "022") for column in "AB"),
        "PARTS.SUB.A",
    ]
