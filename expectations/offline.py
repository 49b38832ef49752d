"""Great Expectations' site without the net: what its pages load from elsewhere is taken out or replaced.

A bank's network has no way out, and a page about its loans should ask nobody anything. Styles and scripts
are replaced by the little in `site/`, written into every page; a policy in each page forbids the rest.
"""

import re
import shutil
from importlib import resources
from pathlib import Path
from typing import Final

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'"
)
_REMOTE: Final = r"(?:https?:)?//[^\"'\s>)]+"
_STRIPPED: Final = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), instead)
    for pattern, instead in (
        (r"<script\b[^>]*\bsrc=[^>]*>\s*</script>", ""),
        (r"<link\b[^>]*>", ""),
        (r"<script>(?:(?!</script>).)*(?:ge-walkthrough-modal|ge-cta-footer).*?</script>", ""),
        (r"<footer>.*?</footer>", ""),
        (r"<img\b[^>]*\balt=\"([^\"]*)\"[^>]*>", r"\1"),
        (r"<img\b[^>]*>", ""),
        (rf"<a\b[^>]*\bhref=[\"']{_REMOTE}[\"'][^>]*>(.*?)</a>", r"\1"),
        (rf"url\(\s*[\"']?{_REMOTE}[\"']?\s*\)", "none"),
        # The pages' own dark colours fit a style sheet that is not there.
        (r"\(prefers-color-scheme:\s*dark\)", "not all"),
        (r"<title>\s*</title>", ""),
    )
)
_LEFT: Final = re.compile(
    rf"(?:src|href|action|data|poster)\s*=\s*[\"']?{_REMOTE}|url\(\s*[\"']?{_REMOTE}|@import"
    r"|fetch\(|XMLHttpRequest|sendBeacon|WebSocket|EventSource",
    re.IGNORECASE,
)


class RemoteReferenceError(RuntimeError):
    """A page still asks something of the net: this module does not know the pages it was given."""


def mend(folder: Path) -> int:
    """Make every page below the folder self-contained, and say how many there are.

    Raises:
        RemoteReferenceError: if a page would still load something.
    """
    head = _head()
    pages = sorted(folder.rglob("*.html"))
    for page in pages:
        page.write_text(_mended(page.read_text(encoding="utf-8"), head), encoding="utf-8")
    static = folder / "static"
    if static.exists():
        shutil.rmtree(static)
    return len(pages)


def _mended(text: str, head: str) -> str:
    for pattern, instead in _STRIPPED:
        text = pattern.sub(instead, text)
    left = _LEFT.search(text)
    if left is not None:
        raise RemoteReferenceError(f"a page of checks still holds {left[0]!r}")
    return text.replace("<head>", f"<head>{head}", 1)


def _head() -> str:
    folder = resources.files("expectations").joinpath("site")
    style = folder.joinpath("site.css").read_text(encoding="utf-8")
    script = folder.joinpath("site.js").read_text(encoding="utf-8")
    return (
        f'<meta charset="UTF-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{style}</style><script>{script}</script>"
    )
