"""Who somebody is: two spellings of a name are one person. Signing in belongs elsewhere."""

import unicodedata

from records.ledger.errors import LedgerUseError


def person_key(name: str) -> str:
    """What a name is compared by: without case, width of characters, or spaces of any kind.

    >>> person_key("  Li  Wei ") == person_key("ＬＩ wei")
    True
    >>> person_key("li wei") == person_key("li wen")
    False
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", "".join(_seen(plain).split()))


def named(name: str) -> str:
    """A name as it is kept: spaces put in order.

    Raises:
        LedgerUseError: if nothing is left of it.
    """
    kept = " ".join(name.split())
    if not person_key(kept):
        raise LedgerUseError("Nobody is named. Say who does this with --by NAME.")
    return kept


def _seen(text: str) -> str:
    """Without characters that nobody can see: they would make a second person of one."""
    return "".join(one for one in text if unicodedata.category(one) not in {"Cf", "Cc"})
