"""Cross-checks: figures drawn above, what each check says of them below."""

from decimal import Decimal

import pytest

from tests.returned import LAST_MONTH, facts_of, filled, return_of, text_of
from transforms.returns.package import CELL, VERDICT

BALANCES = """
  A:
    label: {en: Balances, zh: 余额}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: wan}
      B: {label: {en: Before, zh: 上期}, scale: wan, at: previous_month}
    rows:
      "010": {metric: loan_balance}
      "020": {metric: npl_balance, of_which: "010"}
"""
CLIENTS = """
  C:
    label: {en: Clients, zh: 客户}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: count}
    rows:
      "010": {metric: inclusive_clients}
  D:
    label: {en: Balances, zh: 余额}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: wan}
    rows:
      "010": {metric: inclusive_balance}
"""
SHARES = """
  S:
    label: {en: Shares, zh: 占比}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: own}
      B: {label: {en: Before, zh: 上期}, scale: own, at: previous_month}
    rows:
      "010": {metric: npl_ratio, scale: percent, decimals: 2}
      "020": {metric: inclusive_npl_gap, scale: pp, decimals: 2}
      "030": {metric: lpr_spread, scale: bp, decimals: 0}
"""
BRANCHES = """
  U:
    label: {en: Branches, zh: 分行}
    units: [tier1]
    adds_up: true
    columns:
      A: {label: {en: Loans, zh: 贷款}, scale: wan, metric: loan_balance}
      B: {label: {en: Bad, zh: 不良率}, scale: percent, metric: npl_ratio}
      C: {label: {en: Clients, zh: 客户}, scale: count, metric: loan_clients}
"""
MONTHS = """
    day        | metric       | above
    now        | loan_balance | 1,100,000
    now        | npl_balance  |    10,000
    last month | loan_balance | 1,000,000
    last month | npl_balance  |    12,000
"""


def check(kind, left, right=None, **more):
    """A check C1 in one line of YAML."""
    said = {"kind": kind, "left": f'"{left}"', **({"right": f'"{right}"'} if right else {}), **more}
    told = ", ".join(f"{name}: {one}" for name, one in said.items())
    return f"C1: {{label: {{en: Checked, zh: 核对}}, {told}}}"


def case(form, number=1, check_id="C1", **given):
    """One case of a check as a mapping."""
    rows = form.verdicts(**given).filter(check_id=check_id, number=number)
    return rows.row(0, named=True)


OPENING = check("opening", "A.*.B")


def test_opening_equals_what_was_released_for_that_month():
    """Last month's report said 100 and 1.2 万元 in column A; this one says so in column B."""
    return_ = return_of(BALANCES, OPENING)
    before = filled(
        return_,
        "metric | day | above\n loan_balance | last month | 1,000,000\n npl_balance | last month | 12,000",
        as_of=LAST_MONTH,
    )
    now = filled(return_, MONTHS)
    assert now.states(earlier={LAST_MONTH: before.cells})["C1#1"] == "holds"
    assert now.states(earlier={LAST_MONTH: before.cells})["C1#2"] == "holds"


def test_a_restated_month_no_longer_opens_as_it_closed():
    """One cent is enough, although 万元 print the same."""
    return_ = return_of(BALANCES, OPENING)
    before = filled(
        return_,
        "metric | day | above\n loan_balance | last month | 1,000,000.01\n npl_balance | last month | 12,000",
        as_of=LAST_MONTH,
    )
    now = filled(return_, MONTHS)
    told = case(now, earlier={LAST_MONTH: before.cells})
    assert (told["state"], told["difference"]) == ("fails", Decimal("-0.01"))
    assert told["cells"] == ["TR.A.010.B"]
    assert before.printed("A.010.A") == now.printed("A.010.B") == ["100"]


def test_without_a_release_an_opening_is_not_asked_and_no_pass():
    now = filled(return_of(BALANCES, OPENING), MONTHS)
    assert now.states()["C1#1"] == "nothing_before"
    assert case(now)["state"] == "not_asked"


def test_a_line_that_is_another_figure_since_was_not_released():
    """Line 020 was overdue loans last month: nothing of it closed."""
    return_ = return_of(BALANCES, OPENING)
    other = return_of(BALANCES.replace("npl_balance", "green_balance"), OPENING)
    facts = "metric | day | above\n loan_balance | last month | 1,000,000\n green_balance | last month | 9"
    before = filled(other, facts, as_of=LAST_MONTH)
    states = filled(return_, MONTHS).states(earlier={LAST_MONTH: before.cells})
    assert (states["C1#1"], states["C1#2"]) == ("holds", "nothing_before")


@pytest.mark.parametrize(
    ("bad", "said"),
    [("1,100,000", "holds"), ("1,100,000.01", "fails"), ("", "no_figure")],
)
def test_a_part_is_not_larger_than_its_whole(bad, said):
    facts = (
        f"metric | above | reason\n loan_balance | 1,100,000 | \n npl_balance | {bad} | no column"
    )
    if bad:
        facts = facts.replace("no column", "")
    states = filled(return_of(BALANCES), facts).states()
    assert states["OF.A.020.A#1"] == said
    assert states["OF.A.020.B#1"] == "nothing_before"


@pytest.mark.parametrize(
    ("more", "relation", "tolerance", "said"),
    [
        ("89990", '"="', "9.99", "fails"),
        ("89990", '"="', "10", "holds"),
        ("89990", '">="', "0", "holds"),
        ("89990", '"<="', "9.99", "fails"),
        ("89990", '"<="', "10", "holds"),
        ("90010", '">="', "9.99", "fails"),
        ("90010", '">="', "10", "holds"),
        ("90010", '"<="', "0", "holds"),
        ("90010", '"="', "9.99", "fails"),
    ],
)
def test_sums_are_compared_within_a_tolerance_inclusive(more, relation, tolerance, said):
    """1,100,000 - 10,000 against 1,000,000 and ten yuan less, or more, than 90,000."""
    given = check(
        "compare",
        "A.010.A - A.020.A",
        f"A.010.B + {more}",
        relation=relation,
        tolerance=tolerance,
    )
    told = case(filled(return_of(BALANCES, given), MONTHS))
    assert (told["state"], told["difference"]) == (said, 90_000 - Decimal(more))
    assert told["cells"] == ["TR.A.010.A", "TR.A.020.A", "TR.A.010.B"]


def test_a_check_of_each_row_passes_over_headings_and_lines_nobody_collects():
    more = """
      "001": {label: {en: Loans, zh: 贷款}, heading: true}
      "010": {metric: loan_balance}
      "020": {metric: npl_balance}
      "030": {label: {en: Patents, zh: 专利}, not_collected: true}
"""
    form = BALANCES[: BALANCES.index("rows:")] + "rows:" + more
    return_ = return_of(form, check("compare", "A.*.A", "0", relation='">="'))
    told = filled(return_, MONTHS).verdicts()
    assert told["cells"].to_list() == [["TR.A.010.A"], ["TR.A.020.A"]]


COUNTED = check("count_and_balance", "C.010.A", "D.010.A")


@pytest.mark.parametrize(
    ("clients", "balance", "said"),
    [
        ("3", "0.01", "holds"),
        ("0", "0", "holds"),
        ("0", "0.01", "fails"),
        ("1", "0", "fails"),
        ("0", "-5", "fails"),
        ("2", "-5", "fails"),
        ("", "5", "no_figure"),
    ],
)
def test_clients_stand_where_balances_do_and_nowhere_else(clients, balance, said):
    facts = f"metric | above\n inclusive_clients | {clients}\n inclusive_balance | {balance}"
    assert filled(return_of(CLIENTS, COUNTED), facts).states() == {"C1#1": said}


@pytest.mark.parametrize(
    ("now", "before", "tolerance", "said"),
    [
        ("1,100,000", "1,000,000", "0", "holds"),
        ("1,100,000.01", "1,000,000", "0", "fails"),
        ("900,000", "1,000,000", "0", "holds"),
        ("899,999.99", "1,000,000", "0", "fails"),
        ("-90", "-100", "0", "holds"),
        ("-89", "-100", "0", "fails"),
        ("0.01", "0", "0", "fails"),
        ("0", "0", "0", "holds"),
        ("50", "0", "50", "holds"),
        ("50.01", "0", "50", "fails"),
        ("5", "", "0", "nothing_before"),
    ],
)
def test_a_move_is_measured_against_what_stood_before(now, before, tolerance, said):
    """A tenth of it, either way, the tenth included; from zero any move is one, beyond the tolerance."""
    given = check("move", "A.010.A", "A.010.B", threshold="0.1", tolerance=tolerance)
    facts = f"metric | day | above\n loan_balance | now | {now}"
    if before:
        facts += f"\n loan_balance | last month | {before}"
    assert filled(return_of(BALANCES, given), facts).states()["C1#1"] == said


@pytest.mark.parametrize(("moved", "said"), [("0", "holds"), ("0.01", "fails")])
def test_shares_move_by_points_whatever_they_are_measured_in(moved, said):
    """Half a point: 1.00 % to 1.50 %, 2 pp to 2.5 pp, 30 bp to 80 bp; a hundredth more is too much."""
    more = Decimal(moved)
    facts = facts_of(
        f"""
        metric            | day        | above           | below
        npl_ratio         | now        | {150 + more}    | 10,000
        npl_ratio         | last month | 100             | 10,000
        inclusive_npl_gap | now        | {Decimal("2.5") + more} |
        inclusive_npl_gap | last month | 2               |
        lpr_spread        | now        | {80 + more}     |
        lpr_spread        | last month | 30              |
        """
    )
    given = "\n  ".join(
        check("move", f"S.{row}.A", f"S.{row}.B", points="0.5").replace("C1", f"C{row}")
        for row in ("010", "020", "030")
    )
    states = filled(return_of(SHARES, given), facts).states()
    assert states == {"C010#1": said, "C020#1": said, "C030#1": said}


BY_BRANCH = """
    unit  | metric       | above   | below
    bank  | loan_balance | 1,000   |
    north | loan_balance |   600   |
    south | loan_balance |   {south} |
    bank  | npl_ratio    |    10   | 1,000
    north | npl_ratio    |     9   |   600
    south | npl_ratio    |     1   |   400
    bank  | loan_clients |    10   |
    north | loan_clients |     7   |
    south | loan_clients |     4   |
"""


@pytest.mark.parametrize(("south", "said"), [("400", "holds"), ("399.99", "fails")])
def test_branches_add_up_to_the_bank(south, said):
    told = filled(return_of(BRANCHES), BY_BRANCH.replace("{south}", south))
    assert told.states() == {"PARTS.U.A#1": said}


def test_ratios_and_clients_are_never_added_up():
    """A client of both branches is one client of the bank, and shares are no parts of a share."""
    checks = return_of(BRANCHES).checks
    assert [one.check_id for one in checks] == ["PARTS.U.A"]


def test_a_branch_without_its_figure_leaves_the_sum_open():
    facts = BY_BRANCH.replace("south | loan_balance |   {south} |", "")
    lines = [line for line in facts.splitlines() if line.strip()]
    assert filled(return_of(BRANCHES), "\n".join(lines)).states() == {
        "PARTS.U.A#1": "nothing_before"
    }


def test_a_table_without_units_below_has_nothing_to_add_up():
    tree = "unit | above | level\n bank | | head"
    facts = BY_BRANCH.replace("{south}", "400")
    assert filled(return_of(BRANCHES), facts, tree=tree).states() == {"PARTS.U.A#1": "no_rows"}


def test_totals_are_equal_across_tables_and_reports():
    other = return_of(BRANCHES, name="other", code="OT")
    facts = BY_BRANCH.replace("{south}", "400")
    return_ = return_of(
        BALANCES,
        check("compare", "A.010.A", "other:U.000.A"),
        beside=text_of(BRANCHES, name="other", code="OT"),
    )
    form = filled(return_, "metric | above\n loan_balance | 1,000")
    told = case(form, others={"other": filled(other, facts).cells})
    assert (told["state"], told["cells"]) == ("holds", ["TR.A.010.A", "OT.U.000.A"])
    assert form.states()["C1#1"] == "no_other"


def test_verdicts_are_rows_of_their_table_in_the_order_of_checks():
    form = filled(return_of(BALANCES, OPENING), MONTHS)
    told = form.verdicts()
    assert dict(told.schema) == dict(VERDICT)
    assert told["check_id"].to_list() == ["C1", "C1", "OF.A.020.A", "OF.A.020.B"]
    assert dict(form.cells.schema) == dict(CELL)
