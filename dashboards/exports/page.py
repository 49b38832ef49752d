"""A document as one HTML file for offline reading: no script, nothing fetched, light, dark and print.

The same tables and drawings as on the page; fonts by name only. Its content security policy forbids every
connection, so that a file opened years later asks nobody for anything.
"""

import base64
import re
from html import escape
from itertools import groupby
from typing import Final

from dashboards.charts.theme import FONTS
from dashboards.exports.cells import face_of, notes_of
from dashboards.exports.document import Cell, Document, Face, Heading, Made, Picture, Table, Words
from dashboards.i18n import say
from dashboards.palette import DARK, LIGHT, MARKS, Ground
from transforms.scorecards import Status

_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_MOST_ROWS: Final = 1000
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}\b")
_DASH: Final = frozenset({Status.NO_TARGET})


def write(document: Document, made: Made) -> bytes:
    """The file."""
    language = made.language
    head = (
        f'<!doctype html>\n<html lang="{language.pick("en", "zh-CN")}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="generator" content="branchmark">\n'
        f"<title>{escape(document.title)}</title>\n<style>{_style()}</style>\n</head>\n"
    )
    body = "\n".join([_opening(document, made), *_blocks(document, made), _closing(document, made)])
    return f"{head}<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n".encode()


def _opening(document: Document, made: Made) -> str:
    pairs = [*document.strip, *document.filters]
    strip = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>" for label, text in pairs
    )
    told = say(made.language, "ex_made", by=made.by, at=f"{made.at:%Y-%m-%d %H:%M}")
    message = f'<p class="message">{escape(document.message)}</p>' if document.message else ""
    currency = f"{say(made.language, 'ex_currency')} {made.form.currency}"
    return (
        f"<header><h1>{escape(document.title)}</h1>{message}<dl>{strip}</dl>"
        f'<p class="quiet">{escape(currency)} · {escape(told)}</p></header>'
    )


def _blocks(document: Document, made: Made) -> list[str]:
    told: list[str] = []
    for pictures, run in groupby(document.blocks, key=lambda one: isinstance(one, Picture)):
        made_of = [f"<section>{_block(block, made)}</section>" for block in run]
        told += [f'<div class="beside">{"".join(made_of)}</div>'] if pictures else made_of
    return told


def _block(block: Table | Picture | Words, made: Made) -> str:
    title = f"<h2>{escape(block.title)}</h2>"
    match block:
        case Table():
            notes = "".join(
                f'<p class="quiet">{escape(note)}</p>'
                for note in notes_of(block, made.form, _MOST_ROWS)
            )
            if block.rows.is_empty() and block.face is None:
                return f"{title}<p>{escape(say(made.language, 'ex_no_rows'))}</p>{notes}"
            table = _table(face_of(block, made.form, _MOST_ROWS), block.title) + notes
            if block.aside:
                return f"<details><summary>{escape(block.title)}</summary>{table}</details>"
            return title + table
        case Picture():
            return f"{title}<figure>{_drawn(block.svg, block.alt)}</figure>"
        case Words():
            return title + "".join(f"<p>{escape(sentence)}</p>" for sentence in block.sentences)


def _table(face: Face, caption: str) -> str:
    whole = sum(heading.width for heading in face.headings)
    head = "".join(
        f'<th scope="col"{_kind(heading)} style="width:{100 * heading.width / whole:.1f}%">'
        f"{escape(heading.text)}"
        + "".join(f"<small>{escape(line)}</small>" for line in heading.under if line)
        + "</th>"
        for heading in face.headings
    )
    body = "".join(
        "<tr>"
        + "".join(
            _cell(cell, heading, first=not place)
            for place, (cell, heading) in enumerate(zip(line, face.headings, strict=True))
        )
        + "</tr>"
        for line in face.lines
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _kind(heading: Heading, cell: Cell | None = None) -> str:
    kinds = ["number"] if heading.number else []
    if cell is not None:
        kinds += [name for name, on in (("strong", cell.strong), ("in", cell.indent)) if on]
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _cell(cell: Cell, heading: Heading, *, first: bool) -> str:
    inner = _drawn(cell.svg, cell.alt) if cell.svg else escape(cell.text)
    if cell.mark is not None:
        inner = _marked(cell.mark, cell.text, number=heading.number)
    under = f"<small>{escape(cell.under)}</small>" if cell.under else ""
    if first:
        return f'<th scope="row"{_kind(heading, cell)}>{inner}{under}</th>'
    return f"<td{_kind(heading, cell)}>{inner}{under}</td>"


def _marked(status: Status, text: str, *, number: bool) -> str:
    """The glyph before a word in its colour, or behind a number that keeps its own."""
    glyph = MARKS[status].glyph
    kind = f"m-{status.name.lower()}"
    if number:
        shape = "" if status in _DASH else glyph
        return f'{escape(text)} <span class="glyph {kind}">{shape}</span>'
    return (
        f'<span class="{kind}"><span aria-hidden="true">{glyph}</span> <b>{escape(text)}</b></span>'
    )


def _drawn(svg: str, alt: str) -> str:
    """A drawing as an image within the file, once in the colours of light ground and once of dark."""
    return (
        '<picture><source media="screen and (prefers-color-scheme: dark)" '
        f'srcset="{_address(_darkened(svg))}"><img src="{_address(svg)}" alt="{escape(alt)}"></picture>'
    )


def _darkened(svg: str) -> str:
    """The same drawing for dark ground: colour by colour, since all are of one palette."""
    dark = _colours(DARK, dark=True)
    shades = {one.upper(): dark[name] for name, one in _colours(LIGHT, dark=False).items()}
    return _COLOUR.sub(lambda found: shades.get(found[0].upper(), found[0]), svg)


def _colours(ground: Ground, *, dark: bool) -> dict[str, str]:
    bands = {f"band{place}": colour for place, colour in enumerate(ground.bands)}
    marks = {status.name: mark.colour(dark=dark) for status, mark in MARKS.items()}
    greys = {name: getattr(ground, name) for name in ("rule", "quiet", "prior", "ink", "page")}
    return {**marks, **bands, **greys}


def _address(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode('ascii')}"


def _closing(document: Document, made: Made) -> str:
    if not document.definitions:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><code>{escape(code)}</code></td>'
        f"<td>{escape(text)}</td></tr>"
        for code, name, text in document.definitions
    )
    title = escape(say(made.language, "ex_definitions"))
    return f'<section><h2>{title}</h2><table class="definitions"><tbody>{rows}</tbody></table></section>'


def _variables(ground: Ground, *, dark: bool) -> str:
    marks = "".join(
        f"--{status.name.lower()}:{mark.colour(dark=dark)};" for status, mark in MARKS.items()
    )
    return (
        f"--page:{ground.page};--ink:{ground.ink};--quiet:{ground.quiet};--rule:{ground.rule};"
        f"{marks}"
    )


def _style() -> str:
    colours = "".join(f".m-{s.name.lower()}{{color:var(--{s.name.lower()})}}" for s in MARKS)
    return f""":root{{{_variables(LIGHT, dark=False)}}}
@media (prefers-color-scheme:dark){{:root{{{_variables(DARK, dark=True)}}}}}
@media print{{:root{{{_variables(LIGHT, dark=False)}}}}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--page);color:var(--ink);font:14px/1.4 {FONTS};
font-variant-numeric:tabular-nums}}
main{{max-width:1280px;margin:0 auto;padding:24px 32px 48px}}
h1{{font-size:24px;margin:0 0 6px;line-height:1.2}}
h2{{font-size:17px;margin:28px 0 8px}}
p{{margin:6px 0;max-width:110ch}}
.message{{font-size:16px}}
.quiet,small,dt{{color:var(--quiet);font-size:12px}}
small{{display:block;font-weight:400;line-height:1.3}}
header dl{{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:8px 24px;
margin:14px 0 8px;padding:10px 0;border-top:1px solid var(--rule);border-bottom:1px solid var(--rule)}}
dd{{margin:0;overflow-wrap:anywhere}}
.wide{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%}}
th,td{{padding:5px 8px;text-align:left;vertical-align:middle;border-bottom:1px solid var(--rule)}}
thead th{{color:var(--quiet);font-size:12px;font-weight:400;vertical-align:bottom;
border-bottom-color:var(--quiet)}}
tbody th{{font-weight:400}}
th:first-child,td:first-child{{padding-left:0}}
.number{{text-align:right;white-space:nowrap}}
.strong{{font-weight:600}}
.in{{padding-left:14px !important}}
.glyph{{display:inline-block;width:1.1em;text-align:right}}
img{{display:block;max-width:100%}}
figure{{margin:0}}
.beside{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(480px,100%),1fr));gap:0 32px}}
details{{margin:18px 0}}
summary{{cursor:pointer;font-size:15px}}
code{{font-size:12px}}
.definitions td,.definitions th{{vertical-align:top;font-size:13px}}
{colours}
@media print{{@page{{size:A4 landscape;margin:12mm}}
main{{padding:0;max-width:none}} body{{font-size:10.5px}} .wide{{overflow:visible}}
thead{{display:table-header-group}} details{{display:none}}
tr,figure{{break-inside:avoid}} h2{{break-after:avoid}}}}
"""
