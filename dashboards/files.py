"""How a delivered file was read and what is to be known of it, in the reader's language: intake is English.

Which words there are is decided where files are opened; a text that is not known here is shown as it is.
"""

import re
from typing import Final

from dashboards.i18n import Language

_WORDS: Final[tuple[tuple[str, str], ...]] = (
    (r"^read as ", ""),
    (r"; read as ", "；"),
    (r"\bsheets? '", "工作表 '"),
    (r"\(names in row (\d+)\)", r"（列名在第 \1 行）"),
    (r", names in line (\d+)", r"，列名在第 \1 行"),
    (r", lines that end with CR", "，以 CR 换行"),
    (r", dates counted from 1904", "，日期自 1904 年起算"),
    (r"tab-separated", "制表符分隔"),
    (r"'(.|\\.)'-separated", r"“\1”分隔"),
    (r", partitioned by ([^,]+(?:, [^,]+)*?)(?=, [\d,]+ columns)", r"，按 \1 分区"),
    (r"\bversion (\d+)\b", r"第 \1 版"),
    (r"\b([\d,]+) files?\b", r"\1 个文件"),
    (r"\btable (\S+) of (\S+?)(?=,| for )", r"\2 中的表 \1"),
    (r"\ba query of (\S+?)(?=,| for )", r"对 \1 的查询"),
    (r" for (\d{4}-\d{2}-\d{2})", r"（\1）"),
    (r", ([\d,]+) columns\b", r"，\1 列"),
    (r", ([\d,]+) rows\b", r"，\1 行"),
    (r", ", "，"),
    (r" （", "（"),
)
"""English and Chinese, tried one after the other."""


def read_as(text: str | None, language: Language) -> str:
    """How a delivery was read.

    >>> read_as("read as GB18030, ';'-separated, 41 columns, 128,400 rows", Language.ZH)
    'GB18030，“;”分隔，41 列，128,400 行'
    >>> read_as("read as Parquet, 8 columns, 300 rows", Language.ZH)
    'Parquet，8 列，300 行'
    """
    if text is None or language is Language.EN:
        return text or ""
    for english, chinese in _WORDS:
        text = re.sub(english, chinese, text)
    return text


_NOTES: Final[tuple[tuple[str, str], ...]] = (
    (
        r"Column (\d+) has no name in the header, and is called (\S+)\.",
        r"第 \1 列在表头中没有名称，记作 \2。",
    ),
    (
        r"Column (\d+) is named (.+), and is called (\S+)\.",
        r"第 \1 列的名称为 \2，记作 \3。",
    ),
    (r"The file's own (\S+) is called (\S+)\.", r"文件自带的 \1 列记作 \2。"),
    (
        r"Times with a zone are read in UTC, where a day may be another: (.+)\. Write .*",
        r"带时区的时间按 UTC 读取，日期可能因此不同：\1。请在查询中写为日期。",
    ),
    (
        r"Above the column names of sheet (.+): (.+?)( and more)?\.",
        r"工作表 \1 列名上方的内容：\2。",
    ),
    (
        r"Sheet (.+) has empty rows between rows, the first at row (\d+); .*",
        r"工作表 \1 中间有空行，首个在第 \2 行；空行不作为数据，也不编号。",
    ),
    (
        r"Sheet (.+) has merged cells among its rows, (\S+) for example; .*",
        r"工作表 \1 的数据行中有合并单元格（如 \2），只有每处的首个单元格有值。",
    ),
    (
        r"Numbers of more than 15 digits, of which Excel keeps 15; .*: (.+)\.",
        r"有超过 15 位的数字，Excel 仅保留 15 位；账号和借据号应为文本格式：\1。",
    ),
    (
        r"Formulas without a stored answer, read as their text, (\S+) for example: .*",
        r"公式没有保存结果，按公式文本读取（如 \1）：请在 Excel 中打开并保存。",
    ),
    (
        r"(\S+) mixes date cells and others \((.+) for example\); .*",
        r"\1 列混有日期与其他内容（如 \2），日期按 YYYY-MM-DD 读取。",
    ),
    (r"Sheets that were not read: (.+)\.", r"未读取的工作表：\1。"),
    (
        r"(\w+): (\d+) key\(s\) stand in rows that disagree; .*",
        r"\1：有 \2 个主键对应内容不一致的行，取第一行。",
    ),
    (
        r"(\w+): assumed, since the file has no such column: (.+)\.",
        r"\1：文件没有下列字段，取默认值：\2。",
    ),
    (
        r"(\S+) lies ahead: today is (\S+)\. .*",
        r"\1 尚未到来（今天为 \2），请核对报送月末。",
    ),
    (
        r"(\S+) was not taken: targets are entered in the ledger\. .*",
        r"未采用 \1：目标须在台账中录入。",
    ),
    (
        r"(.+): not taken from a branch's draft; the bank's own is used\.",
        r"\1：不采用机构草稿中的内容，以本行已报送的为准。",
    ),
    (
        r"Amounts were delivered as binary floats, and read by their shortest form: (.+)\.",
        r"金额以浮点数报送，按最短形式读取：\1。",
    ),
    (
        r"(\w+): optional columns that the file does not have: (.+)\.",
        r"\1：文件没有下列可选字段：\2。",
    ),
)
"""What intake notes on a file, the whole sentence, and its Chinese."""


def note(text: str, language: Language) -> str:
    """What is to be known of how a file was read.

    >>> note("loan_snapshot: assumed, since the file has no such column: movement.", Language.ZH)
    'loan_snapshot：文件没有下列字段，取默认值：movement。'
    """
    if language is Language.EN:
        return text
    for english, chinese in _NOTES:
        found = re.fullmatch(english, text, re.DOTALL)
        if found:
            return found.expand(chinese)
    return text
