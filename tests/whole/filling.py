"""Fills an Excel template as a person would: cells are written into the sheets that are there."""

import re
import zipfile
from datetime import date
from xml.sax.saxutils import escape

EPOCH = date(1899, 12, 30)


def filled(template, path, rows):
    """A copy of the workbook with rows (dictionaries by header cell) under the headers.

    Text is written as text, numbers as numbers, and dates as the counts of days that Excel keeps.
    """
    with zipfile.ZipFile(template) as old, zipfile.ZipFile(path, "w") as new:
        strings = re.findall(
            r"<si><t[^>]*>(.*?)</t></si>", old.read("xl/sharedStrings.xml").decode()
        )
        names = re.findall(r'<sheet name="([^"]+)"', old.read("xl/workbook.xml").decode())
        for part in old.namelist():
            text = old.read(part)
            at = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", part)
            if at and names[int(at[1]) - 1] in rows:
                sheet = text.decode()
                cells = re.findall(r'<c r="([A-Z]+)1"[^>]*><v>(\d+)</v></c>', sheet)
                header = {strings[int(number)]: letters for letters, number in cells}
                styles = _styles(sheet)
                lines = [
                    _line(line, row, header, styles)
                    for line, row in enumerate(rows[names[int(at[1]) - 1]], start=2)
                ]
                text = sheet.replace("</sheetData>", "".join(lines) + "</sheetData>").encode()
            new.writestr(part, text)
    return path


def _styles(sheet):
    """The style of a column's cells, by place from 1."""
    found = re.findall(r'<col min="(\d+)" max="(\d+)"[^>]*style="(\d+)"', sheet)
    return {at: style for low, high, style in found for at in range(int(low), int(high) + 1)}


def _line(line, row, header, styles):
    places = {name: (_place(header[name]), header[name]) for name in row}
    cells = [
        _cell(f"{letters}{line}", row[name], styles.get(at, "0"))
        for name, (at, letters) in sorted(places.items(), key=lambda pair: pair[1])
    ]
    return f'<row r="{line}">{"".join(cells)}</row>'


def _place(letters):
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place


def _cell(ref, value, style):
    if isinstance(value, date):
        return f'<c r="{ref}" s="{style}"><v>{(value - EPOCH).days}</v></c>'
    if isinstance(value, str):
        return f'<c r="{ref}" s="{style}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{ref}" s="{style}"><v>{value}</v></c>'
