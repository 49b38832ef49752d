"""Every text that a page shows, and which of it is not in the reader's language."""

import json
import re
from collections.abc import Collection, Iterator
from html import unescape

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

# Fields of elements that are for the machine: nobody reads them.
UNREAD = frozenset(
    {
        *("id", "key", "icon", "url", "page_script_hash", "script_hash", "element_id", "form_id"),
        *("file_name", "mime", "format", "type", "language", "theme", "css", "json_args", "unit"),
        *("element_hash", "fragment_id", "widget_id", "color", "url_pathname", "columns"),
        *("styler", "selection_mode", "data_id", "arrow_data", "default", "value"),
    }
)
STYLE = re.compile(r"<style>.*?</style>|<svg.*?</svg>", re.DOTALL)
CODE = re.compile(r"<code>.*?</code>|`[^`]*`", re.DOTALL)
ATTRIBUTES = re.compile(r'(?:title|alt|aria-label)="([^"]*)"')
MATERIAL = re.compile(r":material/\w+:")
CHINESE = re.compile(r"[\u3400-\u9fff]")
# Codes hold a digit, an underscore or a dot: numbers of loans, columns, files, people.
# A file may be called like a table, whose name was taken out before.
NAMES = re.compile(r"[A-Za-z]*[_\d][A-Za-z_\d./-]*|••\w+|[a-z]*\.[a-z]+\b")
WORD = re.compile(r"[A-Za-z]{2,}")


def texts(app: AppTest) -> Iterator[str]:
    """Every text of a page: of its elements, of its own tables, of charts with their axes and hints."""
    waiting = [app.main, app.sidebar]
    while waiting:
        node = waiting.pop()
        waiting += list(getattr(node, "children", {}).values())
        proto = getattr(node, "proto", None)
        if isinstance(proto, Message):
            yield from _of(proto)


def _of(proto: Message) -> Iterator[str]:
    for field, value in proto.ListFields():
        if field.name == "spec":
            yield from _of_chart(json.loads(value))
        elif field.name in UNREAD:
            continue
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for one in value if _repeated(value) else [value]:
                if isinstance(one, Message):
                    yield from _of(one)
        elif field.type == FieldDescriptor.TYPE_STRING:
            for one in value if _repeated(value) else [value]:
                yield from _of_text(one)


def _repeated(value: object) -> bool:
    return not isinstance(value, (str, Message))


def _of_text(text: str) -> Iterator[str]:
    plain = CODE.sub(" ", STYLE.sub(" ", text))
    yield from map(unescape, ATTRIBUTES.findall(plain))
    for line in re.split(r"<[^>]+>|\n", plain):
        told = unescape(MATERIAL.sub(" ", line)).strip()
        if told:
            yield told


def _of_chart(spec: object) -> Iterator[str]:
    """Titles, hints and written words of a chart; its data are names and numbers."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key in {"title", "description", "text", "labelExpr"} and isinstance(value, str):
                yield value
            elif key not in {"datasets", "data"}:
                yield from _of_chart(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _of_chart(value)


# Names, currencies, standards and formats, which are written alike in both languages.
ALIKE = frozenset(
    {
        *(
            "English",
            "UTC",
            "LPR",
            "SQL",
            "HHI",
            "PSI",
            "CNY",
            "USD",
            "EUR",
            "ISO",
            "MB",
            "GB",
            "UTF",
        ),
        *("CSV", "Excel", "Parquet", "PDF", "HTML", "XLSX", "ZIP", "YYYY", "MM", "DD", "TOTAL"),
        *("FIRE", "PBoC", "EAST", "AnaCredit", "OpenNPL", "NAICS", "YRD", "BTH", "GBA", "NBS"),
        *("true", "false", "yes", "no", "canonical", "east", "ibrd", "pboc", "sba", "in", "force"),
    }
)


def english_in(text: str, written: Collection[str] = ()) -> list[str]:
    """The English words of a text that no code, unit, proper name or person's own words account for.

    Args:
        text: as a page shows it.
        written: what people wrote, whatever their language: names of banks, reasons, comments.
    """
    for own in sorted(written, key=len, reverse=True):
        text = text.replace(own, " ")
    return [word for word in WORD.findall(NAMES.sub(" ", text)) if word not in ALIKE]


def chinese_in(text: str, written: Collection[str] = ()) -> bool:
    """Whether a text has a Chinese character that is in no name of a document."""
    for own in sorted(written, key=len, reverse=True):
        text = text.replace(own, " ")
    return CHINESE.search(text) is not None
