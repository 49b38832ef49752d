"""Who somebody is: spellings of a name that look alike are one person. Signing in belongs elsewhere."""

import unicodedata
from typing import Final

from records.ledger.errors import LedgerUseError
from transforms.errors import visible

_ALIKE: Final = str.maketrans("авекмнорстухіјѕԁһԛԝαειικνοτυχϲı", "abekmhopctyxijsdhqwaeiikvotuxci")
"""Letters of other scripts, and of one's own, that nobody can tell from Latin ones."""
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE")
"""Scripts with letters that look alike: no name is written in two of them."""
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by their category, and nothing to be seen."""


def person_key(name: str) -> str:
    """What a name is compared by: its letters and digits, without case or width of characters.

    >>> person_key("  Li  Wei ") == person_key("ＬＩ wei") == person_key("Li_Wei.")
    True
    >>> person_key("li wei") == person_key("li wen")
    False
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(one for one in plain.translate(_ALIKE) if _is_read(one))


def named(name: str) -> str:
    """A name as it is kept: spaces put in order.

    Raises:
        LedgerUseError: if nothing is left of it, or its letters are of scripts that look alike.
    """
    kept = " ".join(name.split())
    if not person_key(kept):
        raise LedgerUseError("Nobody is named. Say who does this with --by NAME.")
    scripts = [one for one in _SCRIPTS if any(_is_of(letter, one) for letter in kept)]
    if len(scripts) > 1:
        told = " and ".join(one.capitalize() for one in scripts)
        raise LedgerUseError(
            f"The name {visible(kept)!r} mixes {told} letters, which look alike. Write it in one script."
        )
    return kept


def words(text: str | None) -> str | None:
    """What somebody wrote, without spaces around it; nothing if there is nothing in it to be seen."""
    kept = (text or "").strip()
    blank = all(one in _BLANK or unicodedata.category(one)[0] in "CZ" for one in kept)
    return None if blank else kept


def _is_read(one: str) -> bool:
    """Whether a character tells one person from another: a letter or a digit, or a mark on one."""
    # Variation selectors are marks too, and change nothing that tells a name.
    invisible = one in _BLANK or "VARIATION SELECTOR" in _name(one)
    return not invisible and unicodedata.category(one)[0] in "LNM"


def _is_of(letter: str, script: str) -> bool:
    return _name(letter).startswith(script + " ")


def _name(one: str) -> str:
    return unicodedata.name(one, "")
