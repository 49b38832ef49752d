"""Forms as banks and regulators send them: merged heads, formulas, formats, lists, hidden sheets."""

import io

import xlsxwriter

SHEET, CODES = "贷款结构月报", "代码表"
FIRST_ROW = 7
"""The first row of figures, as Excel counts."""
_LAST = "G"


def form(code, table, rows, total, *, scale="亿元", columns="ABC", more=None):
    """A form with a marker in each cell of some rows of a table, and a total that is a formula.

    Args:
        code: of the return.
        table: of the return.
        rows: pairs of words and row.
        total: words of the row that adds up the others.
        scale: what the form says it is in.
        columns: balances now, a month before and at the opening; changes and growth are formulas.
        more: is given the workbook and the sheet at the end.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet(SHEET)
        font = {"font_name": "Noto Sans CJK SC", "font_size": 10, "valign": "vcenter"}
        label = book.add_format({**font, "border": 1, "indent": 1})
        amount = book.add_format({**font, "border": 1, "num_format": "#,##0.00;[Red]-#,##0.00"})
        rate = book.add_format({**font, "border": 1, "num_format": "0.00%"})
        sum_of = book.add_format({**font, "border": 1, "bold": True, "num_format": "#,##0.00"})
        plain = book.add_format(font)
        _head(book, page, font, scale)
        for down, (words, row) in enumerate(rows, FIRST_ROW):
            page.write(f"A{down}", words, label)
            for place, column in zip("BCD", columns, strict=False):
                page.write(
                    f"{place}{down}", f"{{{{{code}.{table}.{row}.{column}|{scale}}}}}", amount
                )
            page.write_formula(f"E{down}", _change("B", "C", down), amount)
            page.write_formula(f"F{down}", _change("B", "D", down), amount)
            page.write_formula(f"G{down}", _growth(down), rate)
        last = FIRST_ROW + len(rows) - 1
        page.write(f"A{last + 1}", total, label)
        for place in "BCDEF":
            cells = f"{place}{FIRST_ROW}:{place}{last}"
            told = f'=IF(COUNT({cells})=0,"",SUM({cells}))'
            page.write_formula(f"{place}{last + 1}", told, sum_of)
        page.write_formula(f"G{last + 1}", _growth(last + 1), rate)
        page.write(f"A{last + 3}", "编制人：{{prepared_by}}", plain)
        page.write(f"C{last + 3}", "复核人：{{checked_by}}", plain)
        page.write(f"E{last + 3}", "报出日期：{{released_at:yyyy-mm-dd}}", plain)
        page.conditional_format(
            f"E{FIRST_ROW}:F{last}",
            {
                "type": "cell",
                "criteria": "<",
                "value": 0,
                "format": book.add_format({"bg_color": "#F8D7DA"}),
            },
        )
        page.data_validation("B3", {"validate": "list", "source": ["月报", "季报", "年报"]})
        page.freeze_panes(FIRST_ROW - 1, 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(3, 5)
        page.print_area(f"A1:{_LAST}{last + 3}")
        page.set_footer("&C第 &P 页，共 &N 页")
        page.protect("", {"format_columns": True})
        codes = book.add_worksheet(CODES)
        codes.write("A1", "月报")
        codes.hide()
        book.define_name("填报类型", f"='{CODES}'!$A$1")
        if more is not None:
            more(book, page)
    return buffer.getvalue()


def _change(one, other, row):
    return f'=IF(ISNUMBER({other}{row}),{one}{row}-{other}{row},"")'


def _growth(row):
    return f'=IF(N(D{row})=0,"",F{row}/D{row})'


def _head(book, page, font, scale):
    """Title, what it is of, and a head of three rows."""
    title = book.add_format({**font, "bold": True, "font_size": 16, "align": "center"})
    plain = book.add_format(font)
    right = book.add_format({**font, "align": "right"})
    head = book.add_format(
        {
            **font,
            "bold": True,
            "align": "center",
            "border": 1,
            "bg_color": "#DCE6F1",
            "text_wrap": True,
        }
    )
    page.set_column("A:A", 30)
    page.set_column("B:G", 15)
    page.set_row(0, 32)
    page.merge_range(f"A1:{_LAST}1", "{{title}}", title)
    page.merge_range("A2:D2", "填报机构：{{unit}}", plain)
    page.merge_range("E2:G2", "报告期：{{period:yyyy年m月}}", right)
    page.write("A3", "填报类型：", plain)
    page.write("B3", "月报", plain)
    page.merge_range("F3:G3", f"单位：{scale}、%", right)
    page.merge_range("A4:A6", "项目", head)
    page.merge_range("B4:D4", "余额", head)
    page.merge_range("E4:G4", "变动", head)
    for place, text in zip(
        "BCDEFG",
        ("期末", "上月末", "年初", "比上月增减", "比年初增减", "比年初增速"),
        strict=True,
    ):
        page.merge_range(f"{place}5:{place}6", text, head)
