"""A report on paper: a PDF of A4 landscape pages, its tables as forms, checks, differences and signatures.

Verdicts and statuses are told by shape and word and drawings in greys, so that a grey print loses nothing.
How the sheet is set stands in `sheet.typ`; how a table is laid out, in `sheet`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dashboards.exports import press
from dashboards.exports.cells import places
from dashboards.exports.document import Picture
from dashboards.exports.paper import SHAPES
from dashboards.palette import LIGHT, MARKS
from dashboards.summaries import changes, verdicts, words
from dashboards.summaries.drawings import drawings
from dashboards.summaries.paper import Paper, Signed
from dashboards.summaries.sheet import Entry, Form, Line, forms
from transforms.returns.package import FAILS, HOLDS, NOT_ASKED

_SHEET: Final = Path(__file__).with_suffix(".typ").with_stem("sheet")
_VERDICTS: Final[Mapping[str, str]] = {HOLDS: "tick", FAILS: "cross", NOT_ASKED: "ring"}

_OF_PICTURE: Final = 0.67
"""A pixel of a drawing in points, so that two of them stand side by side."""
_LINE: Final = 765
"""Points that a line has."""
_NUMBERS, _LABELS, _FIGURES = (5, 12), (14, 46), (8, 24)
"""Least and most letters that the widths of a form are reckoned from: line numbers, items, figures."""
_SHAPE: Final = 4
"""Letters that the shape of a status and the air behind it take."""
_WIDE, _WIDEST = 8, 12
"""From so many columns on text is smaller."""
_TOGETHER: Final = 22
"""A table of so many lines is not broken over pages."""
_MOST_ROWS: Final = 60
_SMALL, _MIDDLE, _NORMAL = (6.4, 1.9, 2.6), (7.2, 2.3, 3.6), (8.2, 2.9, 5.0)
"""Size of text, air above it and beside it."""


def write(paper: Paper) -> bytes:
    """The PDF.

    Raises:
        MissingFontError: if there is Chinese to print, and no font for it.
    """
    return press.printed(_SHEET, _given(paper), paper.language, "pdf")[0]


def pictures(paper: Paper, *, ppi: float = 110) -> list[bytes]:
    """The same pages as PNG.

    Raises:
        MissingFontError: if there is Chinese to print, and no font for it.
    """
    return press.printed(_SHEET, _given(paper), paper.language, "png", ppi)


def refusal(paper: Paper) -> str:
    """Why it cannot be printed, in a sentence; empty if it can."""
    return press.refusal(_given(paper), paper.language, press.installed())


def _given(paper: Paper) -> str:
    """What is printed, as the sheet takes it."""
    laid_out = forms(paper)
    at = paper.stated_at
    stated = paper.say("sm_stated", at=paper.stated)
    told = {
        "title": paper.title,
        "language": paper.language.value,
        "by": paper.signed[0].person or paper.bank_name,
        "at": {
            name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second")
        },
        "fonts": press.chosen(),
        "ink": LIGHT.ink,
        "quiet": LIGHT.quiet,
        "rule": LIGHT.rule,
        "grid": LIGHT.faint,
        "shade": LIGHT.bands[2],
        "strip": [list(pair) for pair in paper.strip()],
        "footer": f"{stated} · SHA-256 {paper.short_hash}",
        "page": paper.say("sm_page", page="{page}", pages="{pages}"),
        "draft": _draft(paper),
        "head": [list(pair) for pair in _head(paper)],
        "message": verdicts.summary(paper),
        "disclaimer": words.label(paper.return_.disclaimer, paper.language),
        "rounding": paper.say("sm_rounding"),
        "tables": [_table(paper, form) for form in laid_out],
        "checks": _checks(paper, laid_out),
        "adjustments": _adjustments(paper, laid_out),
        "differences": _differences(paper, laid_out),
        "signatures": _signatures(paper),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _draft(paper: Paper) -> dict[str, str] | None:
    """What marks every page while the report is not released."""
    if paper.is_released:
        return None
    state = words.state(paper.state, paper.language)
    return {"word": paper.say("sm_draft"), "told": paper.say("sm_draft_told", state=state)}


def _head(paper: Paper) -> list[tuple[str, str]]:
    """The title block."""
    return_ = paper.return_
    pairs = [
        (paper.say("sm_unit"), paper.unit),
        (paper.say("sm_period"), paper.period),
        (paper.say("sm_return"), f"{return_.code} {return_.version} · {return_.return_id}"),
        (paper.say("sm_edition_word"), paper.standing),
        (paper.say("sm_purpose"), words.label(return_.purpose, paper.language)),
        (paper.say("sm_source"), return_.source),
        *(
            (paper.say(f"sm_step_{one.step}"), _name_and_time(one))
            for one in paper.signed
            if one.person
        ),
    ]
    return [(label, text) for label, text in pairs if text]


def _name_and_time(one: Signed) -> str:
    return f"{one.person} {one.at:%Y-%m-%d %H:%M}"


# Tables


def _table(paper: Paper, form: Form) -> dict[str, object]:
    count = len(form.heads)
    size, air, side = _SMALL if count > _WIDEST else _MIDDLE if count > _WIDE else _NORMAL
    lead = paper.say("sm_unit_number" if form.of_units else "sm_line")
    item = paper.say("sm_unit_name" if form.of_units else "sm_item")
    return {
        "title": form.title,
        "units": form.units,
        "size": size,
        "air": air,
        "side": side,
        "together": len(form.lines) <= _TOGETHER,
        "widths": _widths(paper, form, lead, item),
        "lead": [lead, item, *([paper.say("sm_measured_in")] if form.has_units else [])],
        "has-units": form.has_units,
        "heads": [
            {
                "label": head.label,
                "day": "" if head.day is None else head.day.isoformat(),
                "unit": head.unit,
                "letter": head.column_id,
                "marks": "".join(f"{mark} " for mark in head.marks).strip(),
                "number": head.is_number,
            }
            for head in form.heads
        ],
        "lines": [_line(line) for line in form.lines],
        "notes": [list(pair) for pair in form.notes],
        "remarks": _remarks(paper, form),
        "pictures": [_picture(one) for one in drawings(paper, form)],
    }


def _remarks(paper: Paper, form: Form) -> list[dict[str, str]]:
    """What the marks beside figures and items say."""
    told = []
    if form.is_adjusted:
        title = paper.say("sm_adjustments")
        text = paper.say("sm_adjusted_mark", mark=words.ADJUSTED_MARK, title=title)
        told.append({"shape": "", "text": text})
    if form.is_doubtful:
        told.append({"shape": "half", "text": paper.say("sm_quality_mark")})
    return told


def _widths(paper: Paper, form: Form, lead: str, item: str) -> list[int]:
    numbers = [places(lead), *(places(line.number) for line in form.lines)]
    labels = [places(item), *(places(line.label) + 2 * line.level for line in form.lines)]
    widths = [_held(max(numbers) + 2, _NUMBERS), _held(max(labels), _LABELS)]
    if form.has_units:
        units = [places(paper.say("sm_measured_in")), *(places(line.unit) for line in form.lines)]
        widths.append(_held(max(units) + 2, _NUMBERS))
    for at, head in enumerate(form.heads):
        entries = [line.entries[at] for line in form.lines]
        texts = [places(one.text) + _SHAPE * (one.status is not None) for one in entries]
        told = max([*texts, places(head.unit), places(head.label) // 2 + 1])
        widths.append(_held(told + 2, _FIGURES))
    return widths


def _held(width: int, bounds: tuple[int, int]) -> int:
    least, most = bounds
    return min(max(width, least), most)


def _line(line: Line) -> dict[str, object]:
    return {
        "number": line.number,
        "label": line.label,
        "level": line.level,
        "heading": line.is_heading,
        "strong": line.is_strong,
        "doubtful": line.is_doubtful,
        "unit": line.unit,
        "marks": " ".join(line.marks),
        "entries": [_entry(entry) for entry in line.entries],
    }


def _entry(entry: Entry) -> dict[str, object]:
    mark = str(entry.missing) if entry.missing else words.ADJUSTED_MARK if entry.is_adjusted else ""
    shape = None
    if entry.status is not None:
        shape = {
            "shape": SHAPES[entry.status],
            "colour": MARKS[entry.status].colour(dark=False),
        }
    return {"text": entry.text, "mark": mark, "shape": shape}


def _picture(picture: Picture) -> dict[str, object]:
    found = re.search(r'<svg[^>]*?\swidth="([\d.]+)', picture.svg)
    width = float(found[1]) if found else _LINE / _OF_PICTURE
    return {
        "title": picture.title,
        "svg": picture.svg,
        "alt": picture.alt,
        "width": min(width * _OF_PICTURE, _LINE),
    }


# What stands behind the tables


def _checks(paper: Paper, laid_out: tuple[Form, ...]) -> dict[str, object]:
    shown = verdicts.gathered(verdicts.cases(paper, laid_out), laid_out, paper)
    headings = ("check", "rule", "left", "relation", "right", "difference", "tolerance", "verdict")
    return {
        "title": paper.say("sm_checks"),
        "summary": verdicts.summary(paper),
        "unit": paper.say("sm_checks_unit", currency=paper.form.currency_word),
        "headings": [paper.say(f"sm_{name}") for name in headings],
        "lines": [
            {
                "texts": [
                    one.name,
                    one.rule,
                    one.left,
                    one.relation.replace(">=", "≥").replace("<=", "≤"),
                    one.right,
                    one.difference,
                    one.tolerance,
                ],
                "shape": _VERDICTS[one.state],
                "verdict": one.verdict,
                "fails": one.state == FAILS,
                "remarks": list(one.remarks),
            }
            for one in shown
        ],
    }


def _adjustments(paper: Paper, laid_out: tuple[Form, ...]) -> dict[str, object] | None:
    if paper.package.adjustments.is_empty():
        return None
    moved = changes.adjusted(paper, laid_out)
    entered = changes.entered(paper)
    return {
        "title": paper.say("sm_adjustments"),
        "entered": {
            "headings": list(changes.entered_headings(paper)),
            "lines": [list(line) for line in entered],
        },
        "moved": {
            "title": paper.say("sm_adjusted_cells"),
            "headings": [
                *(paper.say(f"sm_{name}") for name in ("point", "item", "measured_in")),
                paper.say("sm_before_adjusting"),
                paper.say("sm_delta"),
                paper.say("sm_after_adjusting"),
            ],
            "lines": [
                [
                    one.data_point,
                    one.place,
                    one.unit,
                    one.told_before,
                    one.told_change,
                    one.told_after,
                ]
                for one in moved[:_MOST_ROWS]
            ],
            "more": _more(paper, len(moved)),
        },
    }


def _differences(paper: Paper, laid_out: tuple[Form, ...]) -> dict[str, object]:
    told: dict[str, object] = {"title": paper.say("sm_differences"), "lines": [], "more": ""}
    if paper.differences is None:
        return told | {"none": paper.say("sm_differences_first")}
    moved = changes.since_release(paper, laid_out)
    if not moved:
        return told | {"none": paper.say("sm_differences_none")}
    names = ("point", "item", "measured_in", "before", "after", "change", "kind")
    return told | {
        "none": "",
        "headings": [paper.say(f"sm_{name}") for name in names],
        "lines": [
            [
                one.data_point,
                one.place,
                one.unit,
                one.told_before,
                one.told_after,
                one.told_change,
                one.why,
            ]
            for one in moved[:_MOST_ROWS]
        ],
        "more": _more(paper, len(moved)),
    }


def _more(paper: Paper, count: int) -> str:
    if count <= _MOST_ROWS:
        return ""
    form = paper.form
    return paper.say("sm_more", shown=form.count(_MOST_ROWS), count=form.count(count))


def _signatures(paper: Paper) -> dict[str, object]:
    return {
        "title": paper.say("sm_signatures"),
        "steps": [
            {
                "word": paper.say(f"sm_step_{one.step}"),
                "person": one.person,
                "at": "" if one.at is None else f"{one.at:%Y-%m-%d %H:%M} UTC",
                "note": one.note,
                "open": paper.say("sm_open"),
            }
            for one in paper.signed
        ],
        "hash": [
            [label, text]
            for label, text in (
                (paper.say("sm_hash"), paper.content_hash),
                (paper.say("sm_definition_hash"), paper.package.definition_hash),
                (paper.say("sm_anchor"), paper.anchor),
                (paper.say("sm_run"), paper.package.run_id),
            )
            if text
        ],
        "told": paper.say("sm_signed_hash"),
    }
