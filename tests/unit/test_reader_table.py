"""The table of readers: who is taken in, and which line is to blame if the whole is refused."""

import pytest

from records.reader_table import ReaderTable, ReaderTableError, reader_of
from records.readers import Reader, Role
from transforms.errors import BranchmarkError, UnknownNameError

HEADING = "reader,role,units\n"


def table(*lines):
    return ReaderTable.parsed(HEADING + "\n".join(lines))


def test_readers_come_with_role_and_units_and_remarks_are_passed_over():
    text = "\ufeff# who reads\n" + HEADING + "\n# north\nLi  Wei,head_office,\n"
    found = ReaderTable.parsed(text + '"zhang@bank.cn",branch,B101  B102\n').readers
    assert found == (
        Reader("Li Wei", Role.HEAD_OFFICE),
        Reader("zhang@bank.cn", Role.BRANCH, ("B101", "B102")),
    )


def test_a_name_finds_its_reader_whatever_its_case():
    found = table("Zhang@Bank.cn,branch,B1")
    assert found.find(" zhang@bank.CN ") == Reader("Zhang@Bank.cn", Role.BRANCH, ("B1",))


@pytest.mark.parametrize("other", ["zhаng@bank.cn", "zh.ang@bank.cn", "zhang@bank-cn"])
def test_a_name_that_only_looks_alike_finds_nobody_and_is_noticed(other):
    found = table("zhang@bank.cn,branch,B1")
    assert found.find(other) is None
    assert found.looks_like(other) == Reader("zhang@bank.cn", Role.BRANCH, ("B1",))
    assert found.looks_like("zhang@bank.cn") is None
    assert found.looks_like("wang@bank.cn") is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["li,brunch,B1"], r"line 2: there is no role 'brunch'.*Did you mean branch\?"),
        (["li,branch,"], "line 2: the role branch needs units"),
        (["li,region, "], "line 2: the role region needs units"),
        (["li,head_office,B1"], "line 2: the role head_office sees the whole bank"),
        (["li,administrator,B1"], "line 2: the role administrator sees the whole bank"),
        (["li,branch,B1 B2 B1"], "line 2: unit B1 is named twice"),
        (["li,branch"], "line 2: it has 2 cells and needs 3"),
        (["li,branch,B1,B2"], "line 2: it has 4 cells"),
        (['li,branch,"B1'], "line 2: it cannot be read"),
        ([",branch,B1"], "line 2: nobody is named"),
        (["lі wei,branch,B1"], "line 2: The name .* mixes Latin and Cyrillic"),
        (["li,branch,B1", "", "LI,auditor,"], "line 4: 'LI' stands there already, on line 2"),
        (["li,branch,B1", "l-i,auditor,"], "line 3: 'l-i' looks like 'li', on line 2"),
        (["li,x,B1", "wu,auditor,", "zhao,region,"], "line 2: .*; line 4: "),
    ],
)
def test_one_line_that_cannot_be_read_refuses_the_whole_table(lines, said):
    with pytest.raises(ReaderTableError, match=said):
        table(*lines)


@pytest.mark.parametrize("text", ["", "# only a remark\n"])
def test_a_table_without_a_heading_is_refused(text):
    with pytest.raises(ReaderTableError, match="it has no heading"):
        ReaderTable.parsed(text)


def test_another_heading_is_named_with_its_line():
    with pytest.raises(ReaderTableError, match="line 2: the heading is reader,role,units"):
        ReaderTable.parsed("# x\nname,role,units\nli,auditor,\n")


def test_a_reader_nobody_knows_is_told_with_the_near_miss():
    with pytest.raises(UnknownNameError, match=r"No reader 'zhan'\. Did you mean zhang\?"):
        table("zhang,auditor,").require("zhan")


@pytest.mark.parametrize(
    ("text", "role", "units"),
    [
        ("branch:B1", Role.BRANCH, ("B1",)),
        ("region:R1,R2", Role.REGION, ("R1", "R2")),
        ("auditor", Role.AUDITOR, ()),
        ("auditor:B1", Role.AUDITOR, ("B1",)),
        ("head_office", Role.HEAD_OFFICE, ()),
    ],
)
def test_a_reader_may_be_named_by_role_and_units(text, role, units):
    found = reader_of(text)
    assert (found.role, found.units) == (role, units)


@pytest.mark.parametrize("text", ["branch", "branch:", "head_office:B1", "boss"])
def test_a_role_without_what_it_needs_is_refused(text):
    with pytest.raises(BranchmarkError):
        reader_of(text)


def test_only_an_auditor_enters_nothing_and_only_an_administrator_sees_as_another():
    everybody = [Reader("x", role, ("B1",)) for role in Role]
    assert [one.role for one in everybody if not one.may_enter] == [Role.AUDITOR]
    assert [one.role for one in everybody if one.may_view_as] == [Role.ADMINISTRATOR]


def test_an_auditor_without_units_sees_the_whole_bank_and_one_with_units_does_not():
    assert Reader("x", Role.AUDITOR).sees_all
    assert not Reader("x", Role.AUDITOR, ("B1",)).sees_all
