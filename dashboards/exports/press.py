"""Puts a sheet of Typst on paper: which fonts there are, and PDF or pictures of what is given to it.

Whatever is printed comes through here: documents of pages and reports to sign alike. What stands on a sheet
belongs in the module that gives it.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Final

import typst

from dashboards.i18n import Language, say
from transforms.errors import BranchmarkError

CHINESE: Final = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""A sign that only a Chinese font has."""

CHINESE_FONTS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "SimSun",
    "SimHei",
)
"""Fonts with Chinese signs, the first one installed is taken."""

_LATIN_FONTS: Final = ("Segoe UI", "Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")
_EMBEDDED: Final = "Libertinus Serif"
"""Comes with the typesetter, so that there always is one."""


class MissingFontError(BranchmarkError):
    """Chinese cannot be printed where no font has its signs."""


def printed(
    sheet: Path, given: str, language: Language, kind: str, ppi: float | None = None
) -> list[bytes]:
    """What is given to a sheet, as one PDF or a picture a page.

    Args:
        sheet: the Typst file; it finds what is given as the input `document`.
        given: JSON.
        language: that a refusal is told in.
        kind: `pdf` or `png`.
        ppi: of pictures.

    Raises:
        MissingFontError: if there is Chinese to print, and no font for it.
    """
    why = refusal(given, language, installed())
    if why:
        raise MissingFontError(why)
    compiler = typst.Compiler(
        sheet.read_bytes(), font_paths=_fonts(), sys_inputs={"document": given}
    )
    found = compiler.compile(format=kind, ppi=ppi)  # type: ignore[arg-type]
    pages = found if isinstance(found, list) else [found]
    return [page for page in pages if page is not None]


def refusal(given: str, language: Language, families: Collection[str]) -> str:
    """Why it cannot be printed with those fonts, in a sentence; empty if it can."""
    if CHINESE.search(given) and not has_chinese(families):
        return say(language, "ex_no_font")
    return ""


def has_chinese(families: Collection[str]) -> bool:
    """Whether one of the font families has Chinese signs."""
    return any(name in families for name in CHINESE_FONTS)


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The fonts of this machine, looked for once: that takes a third of a second."""
    return typst.Fonts()


def installed() -> frozenset[str]:
    """The font families that can be printed with."""
    return frozenset(_fonts().families())


def chosen() -> list[str]:
    """The families to print with, best first: a Latin one, and a Chinese one if there is any."""
    families = installed()
    latin = next((name for name in _LATIN_FONTS if name in families), _EMBEDDED)
    chinese = next((name for name in CHINESE_FONTS if name in families), None)
    return [latin] if chinese is None else [latin, chinese]
