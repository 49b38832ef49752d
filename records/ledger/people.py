"""Who somebody is: spellings of a name that look alike are one person. Signing in belongs elsewhere."""

import unicodedata
from typing import Final

from records.ledger.errors import LedgerUseError
from transforms.errors import visible

_ALIKE: Final = str.maketrans("авекмнорстухіјѕԁһԛԝαειικνοτυχϲı", "abekmhopctyxijsdhqwaeiikvotuxci")
"""Letters of other scripts, and of one's own, that nobody can tell from Latin ones."""
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE")
"""Scripts with letters that look alike: no name is written in two of them."""
_SAME: Final = str.maketrans("l1|0", "iiio")
"""Letters and digits of one script that stand for each other in most fonts, after case is folded."""
_ACCENTS: Final = range(0x300, 0x370)
_UNSEEN: Final = ("Cc", "Cs", "Co", "Zl", "Zp")
_LAYOUT: Final = "\n\r\t"
_TURNS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Signs that turn the direction of what follows, the names and figures beside it included."""
_LONGEST: Final = 4_000
"""Characters that people write about one thing; more belongs in a document that they name."""
_LONGEST_NAME: Final = 200
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


def is_same_person(one: str, other: str) -> bool:
    """Whether two names may be taken for each other: by their letters, without accents, and by look.

    >>> is_same_person("LI WEI", "Ll WEl"), is_same_person("Li Wei", "Lì Wèi")
    (True, True)
    >>> is_same_person("Li Wei", "Li Wen")
    False
    """
    return _look(one) == _look(other)


def named(name: str) -> str:
    """A name as it is kept: spaces put in order.

    Raises:
        LedgerUseError: if nothing is left of it, it holds what cannot be seen, or its letters are of scripts
            that look alike.
    """
    kept = " ".join(name.split())
    _must_be_seen(kept, "name", _LONGEST_NAME)
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


def told(text: str | None) -> str | None:
    """What somebody wrote for others to read: `words`, and nothing in it that hides or turns.

    Raises:
        LedgerUseError: if it holds signs that cannot be seen, or is very long.
    """
    kept = words(text)
    if kept is not None:
        _must_be_seen(kept, "text", _LONGEST)
    return kept


def _must_be_seen(text: str, what: str, longest: int) -> None:
    odd = next((one for one in text if _hides(one)), None)
    if odd is not None:
        raise LedgerUseError(
            f"The {what} '{visible(text[:60])}' holds the sign {ascii(odd)[1:-1]}, which cannot be seen and "
            "may change how the rest is read. Write it without."
        )
    if len(text) > longest:
        raise LedgerUseError(
            f"The {what} has {len(text):,} characters. Say it in {longest:,} at most, and name the document "
            "that says more."
        )


def _hides(one: str) -> bool:
    return one in _TURNS or (one not in _LAYOUT and unicodedata.category(one) in _UNSEEN)


def _look(name: str) -> str:
    apart = unicodedata.normalize("NFD", person_key(name))
    bare = "".join(one for one in apart if ord(one) not in _ACCENTS)
    return unicodedata.normalize("NFC", bare).translate(_SAME)


def _is_read(one: str) -> bool:
    """Whether a character tells one person from another: a letter or a digit, or a mark on one."""
    # Variation selectors are marks too, and change nothing that tells a name.
    invisible = one in _BLANK or "VARIATION SELECTOR" in _name(one)
    return not invisible and unicodedata.category(one)[0] in "LNM"


def _is_of(letter: str, script: str) -> bool:
    return _name(letter).startswith(script + " ")


def _name(one: str) -> str:
    return unicodedata.name(one, "")
