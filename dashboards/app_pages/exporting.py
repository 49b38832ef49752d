"""What a page offers as files: the same figures, of the same scope, with the header strip on each of them."""

from collections.abc import Callable

from dashboards.exports.document import Document


def offer(make: Callable[[], Document]) -> None:
    """The control that makes files of a page, when a reader asks for them.

    Args:
        make: says what the page shows; called only then.
    """
    del make
