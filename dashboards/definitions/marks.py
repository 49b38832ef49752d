"""How definitions are marked up: names in code, links to one another, in the little Markdown that all read.

Generated pages of documentation take it as it is; a page of the dashboard turns it into HTML (`rich`). What
is said belongs in the modules beside this one.
"""

import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Final

NOTHING: Final = "–"
"""A cell with nothing to say."""

_PLACEHOLDER: Final = re.compile(r":([a-z_][a-z0-9_]*)")
_MARKS: Final = re.compile(
    r"\[(?P<text>[^\[\]]+)\]\((?P<where>[^()\s]+)\)|`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*"
)


def code(text: str) -> str:
    """Text set apart as a name or SQL, on one line."""
    return f"`{' '.join(text.split())}`"


def codes(names: Iterable[str], joiner: str = ", ") -> str:
    """Several names, each set apart."""
    return joiner.join(map(code, names))


def link(name: str, text: str = "") -> str:
    """A link to what is told under that name."""
    return f"[{text or name}](#{name})"


def worded(label: str) -> str:
    """A label whose `:threshold` is set apart as a name."""
    return _PLACEHOLDER.sub(lambda match: code(match.group(1)), label)


def rich(text: str, address: Callable[[str], str | None]) -> str:
    """Marked text as HTML, all of it escaped.

    Args:
        text: with code, bold and links.
        address: gives for what a link names, such as `#npl_ratio`, where it leads; none if nowhere, and
            then its text stands alone.

    >>> rich("sum of `balance` over [loans](#all) & more", {"#all": "catalogue?flag=all"}.get)
    'sum of <code>balance</code> over <a href="catalogue?flag=all" target="_self">loans</a> &amp; more'
    """
    done = 0
    told: list[str] = []
    for found in _MARKS.finditer(text):
        told += [escape(text[done : found.start()]), _marked(found, address)]
        done = found.end()
    return "".join([*told, escape(text[done:])])


def _marked(found: re.Match[str], address: Callable[[str], str | None]) -> str:
    if found["code"]:
        return f"<code>{escape(found['code'])}</code>"
    if found["bold"]:
        return f"<b>{rich(found['bold'], address)}</b>"
    text, where = rich(found["text"], address), address(found["where"])
    return f'<a href="{escape(where)}" target="_self">{text}</a>' if where else text


def plain(text: str) -> str:
    """Marked text without its marks, for files and paper.

    >>> plain("sum of `balance` over [loans](#all), **verified**")
    'sum of balance over loans, verified'
    """
    return _MARKS.sub(
        lambda found: plain(found["text"] or found["bold"] or "") or found["code"] or "", text
    )
