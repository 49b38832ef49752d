"""Searching by words: a text is found if it holds every word, whatever the capitals or the order."""


def holds(asked: str, *texts: str | None) -> bool:
    """Whether the texts together hold every word that was asked for.

    >>> holds("sei 占比", "SEI share", "战略性新兴产业贷款占比"), holds("green", "SEI share")
    (True, False)
    """
    together = "\n".join(text for text in texts if text).casefold()
    return all(word in together for word in asked.casefold().split())
