"""What readers can cause through pages has words of its own, in both languages; the rest says what failed."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from dashboards import refusals, words
from dashboards.files import note, read_as
from dashboards.i18n import Language
from dashboards.messages.reasons import REASONS
from dashboards.messages.refusals import SENTENCES
from dashboards.refusals import Names, told
from expectations import model as rule_model
from transforms.analysis.bridge import shape as bridge_shape
from transforms.analysis.projection import shapes as projection_shapes
from transforms.catalogue.model import Label
from transforms.errors import (
    AccessError,
    BadDateError,
    BranchmarkError,
    NoSuchMonthError,
    UnknownNameError,
    UnreadableFileError,
)
from transforms.phasing import BadPeriodError, BadSharesError

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
EN, ZH = Language.EN, Language.ZH

# Whatever pages ask, or enter, goes through these; the names are how an error is made there.
_ENTERED = ("targets", "check_ins", "sign_offs", "people", "returns", "editions")
REACHED = (
    *(f"records/ledger/{name}.py" for name in _ENTERED),
    "records/ledger/access_log.py",
    *(
        f"orchestration/questions/{name}.py"
        for name in ("movements", "gaps", "bridging", "bridge_children", "projecting")
    ),
    "orchestration/answering/loan_lists.py",
    "orchestration/answering/uploads.py",
    "dashboards/month.py",
)
RAISED = {"BranchmarkError", "LedgerUseError", "NothingSeenError"}

# No control of a page leads here: the way is refused before, or only a command takes it.
NOT_FROM_PAGES = (
    "The catalogue says of",  # --better
    "No branch",  # asked of a unit that the page has found
    "had changed since",
    "The remark is about no check",  # the page names the case
)
BLANKS = (
    ("monthly_structure, HO, 2026-10-31, edition 1", r"\.called$"),
    ("2026-10-31", r"\b(day|as_of|month\.as_of|before|start|end|asked\.end|isoformat)\b"),
    ("draft", r"state\.value"),
    ("delivered", r"^state$"),
    ("3", r"len\(text\)|number|version|\.edition$|len\(|corrects|LARGEST_MB|>> 20"),
)


def blank(node: ast.FormattedValue) -> str:
    """What may stand in a blank of a sentence: a date, a number, a state, or some code."""
    text = ast.unparse(node.value)
    if node.conversion == ord("r"):
        return "'B101'"
    return next((given for given, pattern in BLANKS if re.search(pattern, text)), "B101")


def sentence(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else blank(part)
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
    if isinstance(node, ast.BinOp):
        return sentence(node.left) + sentence(node.right)
    if isinstance(node, ast.IfExp):
        return sentence(node.body)
    return "B101"


def raised(path: str) -> list[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return [
        sentence(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in RAISED and node.args
    ]


@pytest.mark.parametrize("path", REACHED)
def test_every_refusal_that_a_page_can_meet_has_words_of_its_own(path):
    found = [one for one in raised(path) if not one.startswith(NOT_FROM_PAGES) and " " in one]
    assert found, path
    assert [one for one in found if not refusals.is_known(one)] == []


def test_the_refusals_of_a_loan_list_and_of_a_signature_are_known():
    assert refusals.is_known("sei_share has no loans in its denominator. List its numerator.")
    assert refusals.is_known(
        "B101, 2026-10-31, cannot be signed: 2 missed metric(s) without a check-in: sei_share, "
        "npl_ratio. Enter one for each: branchmark checkins add."
    )


def test_what_keeps_a_report_from_going_on_is_known():
    report = "monthly_structure, HO, 2026-10-31, edition 2"
    outdated = BranchmarkError(
        f"{report}, cannot be approved: 16 cell(s) changed since it was prepared (MS.SUM.010.A), in its "
        "figures. Prepare it anew: branchmark signoff prepare monthly_structure --branch HO."
    )
    assert "branchmark" not in told(outdated, EN)
    assert told(outdated, ZH) == "编制后内容有变，不能继续签核，请重新编制。"
    waiting = BranchmarkError(
        f"{report}, cannot be released: 1 check(s) that do not hold ask for a reason (C1#2). Record them: "
        "branchmark signoff reason monthly_structure --case C1#2."
    )
    assert told(waiting, EN) == (
        "It cannot go on yet: 1 check(s) that do not hold ask for a reason (C1#2)."
    )
    assert told(waiting, ZH) == "审批、发布前仍有待办事项，请按待办清单逐项办理。"
    same = BranchmarkError(
        f"{report}, was prepared by Li Wei, so that it has to be checked by somebody else. Have another "
        "person do it."
    )
    assert told(same, ZH) == "Li Wei已参与第 2 版的签核，本环节须由他人办理。"


def test_every_pattern_has_chinese_and_names_only_the_parts_it_has():
    for pattern, english, chinese in SENTENCES:
        assert CHINESE.search(chinese), pattern
        parts = set(re.findall(r"<(\w+)>", pattern))
        for text in (english, chinese):
            assert set(re.findall(r"\{(\w+)\}", text)) <= parts, pattern


NAMES = Names({"sei_share": "战新贷款占比"}, {"B205": "常州分行"})


def test_codes_of_a_sentence_are_called_by_their_names_and_dates_are_written_out():
    error = BranchmarkError(
        "sei_share of B205 has no value on 2025-12-31: there is nothing in the denominator. Bridge two "
        "months in which it has one."
    )
    assert told(error, ZH, NAMES) == "常州分行的战新贷款占比在2025年12月31日没有数值：分母为零。"
    assert told(error, EN, Names({"sei_share": "SEI share"}, {"B205": "Changzhou Branch"})) == (
        "SEI share of Changzhou Branch has no value on 31 Dec 2025: there is nothing in the denominator."
    )


def test_a_command_is_no_way_out_of_a_page():
    error = BranchmarkError(
        "2025-12-31, which 2026-01-31 is to be compared with, is not published. Name a published month "
        "end with --compare, such as 2026-01-31."
    )
    for language in Language:
        assert "--" not in told(error, language)
    assert (
        told(error, ZH) == "作为2026年1月31日比较基准的2025年12月31日尚未发布，请选择其他比较基准。"
    )


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (
            BadDateError("2026-10-30", nearest=date(2026, 10, 31)),
            "“2026-10-30”不是月末日期，是否指 2026年10月31日？",
        ),
        (BadDateError("October"), "“October”不是月末日期，请按 2026-10-31 的格式填写月末日期。"),
        (
            NoSuchMonthError(date(2026, 11, 30), [date(2026, 10, 31)], what="published"),
            "2026年11月30日尚未发布，请选择其他月份。",
        ),
        (AccessError("B205", "li.wei"), "您无权查看这些数据，请选择您所属的机构。"),
        (
            BadPeriodError("2026Q5"),
            "“2026Q5”不是有效期间，请按 2026、2026Q3 或 2026-10 的格式填写。",
        ),
        (
            BadSharesError("are no numbers"),
            "各月累计进度有误，请填写从一月到十二月的十二个数值，最后一个为 1。",
        ),
        (
            UnknownNameError("metric", "sei_shar", ["sei_share"], way_out="x"),
            "没有名为 sei_shar 的指标。是否指 sei_share？",
        ),
        (
            UnknownNameError("reading of sei_share", "wide", ["a"], way_out="x"),
            "没有名为 wide 的口径（sei_share）。",
        ),
    ],
)
def test_errors_of_addresses_and_forms_are_told_in_chinese(error, chinese):
    assert told(error, ZH) == chinese


def test_what_is_not_known_says_in_chinese_what_failed_and_keeps_the_words():
    error = UnreadableFileError("a.csv", "it is empty", way_out="Send it again.")
    assert told(error, ZH) == f"文件无法读取，未采用其中任何内容。系统的英文说明：{error}"
    assert told(BranchmarkError("Something odd."), ZH) == "无法完成。系统的英文说明：Something odd."
    assert told(BranchmarkError("Something odd."), EN) == "Something odd."


def test_a_reader_of_some_branches_is_not_told_which_branch_was_refused():
    for language in Language:
        assert "B205" not in told(AccessError("B205", "li.wei"), language)


# Reasons


def returned(module, functions: set[str]) -> set[str]:
    """What these functions of a module give as a sentence, its blanks filled in."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    return {
        sentence(given.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in functions
        for given in ast.walk(node)
        if isinstance(given, ast.Return) and isinstance(given.value, ast.Constant | ast.JoinedStr)
    } - {"", "None"}


def test_every_reason_for_a_check_not_asked_a_change_not_split_a_path_not_drawn_has_chinese():
    skipped = returned(rule_model, {"skipped_reason", "_missing"})
    unsplit = returned(bridge_shape, {"_why_not", "_why_no_gap"})
    unsplit |= set(vars(bridge_shape)["_WHY"].values())
    undrawn = {one.en for one in vars(projection_shapes).values() if isinstance(one, Label)}
    assert (len(skipped), len(unsplit), len(undrawn)) == (4, 10, 5)
    for text in (*skipped, *unsplit, *undrawn):
        assert CHINESE.search(words.reason(text, ZH)), text


def test_a_reason_is_told_by_one_pattern_only():
    patterns = [pattern for pattern, _ in REASONS]
    assert len(set(patterns)) == len(patterns)


# How files were read

SOURCES = sorted((ROOT / "orchestration" / "sources").glob("*.py"))
TOLD = {"how", "above", "ends", "separated", "dates", "parted", "files_told", "asked"}


def words_of_sources() -> set[str]:
    """Every piece that is put together to say how a file was read."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) not in TOLD:
                continue
            for part in ast.walk(node.value):
                if isinstance(part, ast.JoinedStr):
                    found.add(sentence(part))
                elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.add(part.value)
    return found


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "read as GB18030, ';'-separated, 41 columns, 128,400 rows",
            "GB18030，“;”分隔，41 列，128,400 行",
        ),
        (
            "read as UTF-8, tab-separated, names in line 3, lines that end with CR, 4 columns, 3 rows",
            "UTF-8，制表符分隔，列名在第 3 行，以 CR 换行，4 列，3 行",
        ),
        (
            (
                "read as Excel, sheets 'a' (names in row 1), 'b' (names in row 2), dates counted from "
                "1904, 4 columns, 3 rows"
            ),
            "Excel，工作表 'a'（列名在第 1 行），'b'（列名在第 2 行），日期自 1904 年起算，4 列，3 行",
        ),
        (
            "read as Delta, version 3, 1 file, 4 columns, 3 rows",
            "Delta，第 3 版，1 个文件，4 列，3 行",
        ),
        (
            "read as Parquet, 12 files, partitioned by year, 4 columns, 3 rows",
            "Parquet，12 个文件，按 year 分区，4 列，3 行",
        ),
        (
            "read as PostgreSQL, table loans of core for 2026-10-31, 4 columns, 3 rows",
            "PostgreSQL，core 中的表 loans（2026-10-31），4 列，3 行",
        ),
        (
            "read as sqlite, a query of core, 4 columns, 3 rows; read as Parquet, 8 columns, 300 rows",
            "sqlite，对 core 的查询，4 列，3 行；Parquet，8 列，300 行",
        ),
    ],
)
def test_how_a_file_was_read_is_told_in_the_readers_language(english, chinese):
    assert read_as(english, EN) == english
    assert read_as(english, ZH) == chinese


def test_no_source_says_how_it_was_read_in_words_that_have_no_chinese():
    english = {
        word
        for piece in words_of_sources()
        for word in re.findall(r"\b[a-z]{3,}\b", piece.replace("B101", ""))
    }
    assert english <= {
        *("sheet", "names", "row", "line", "dates", "counted", "from", "tab", "separated", "lines"),
        *("that", "end", "with", "partitioned", "file", "table", "query", "for", "version"),
        *("postgresql", "files"),
    }, "give dashboards/files.py the Chinese of the new words"


def notes_of_intake() -> set[str]:
    """Every sentence that is noted on a file while it is read and taken."""
    found = set()
    for path in (*SOURCES, ROOT / "orchestration" / "intake.py", ROOT / "transforms" / "book.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("notes.append"):
                found.add(noted(node.args[0]))
            elif isinstance(node, ast.FunctionDef) and node.name in NOTING:
                found |= {
                    noted(one)
                    for one in ast.walk(node)
                    if isinstance(one, ast.JoinedStr) and len(one.values) > 1
                }
    return {one for one in found if one.count(" ") > 2}


NOTING = {"_notes", "_of_tomorrow", "_float_notes", "_left_out_notes", "_left_lying"}


def noted(node: ast.expr) -> str:
    """A note with numbers in its blanks, as places of rows and columns are."""
    return sentence(node).replace("B101", "12")


def test_every_note_on_a_file_has_chinese():
    found = notes_of_intake()
    assert len(found) >= 15
    assert [one for one in found if not CHINESE.search(note(one, ZH))] == []
    assert all(note(one, EN) == one for one in found)
