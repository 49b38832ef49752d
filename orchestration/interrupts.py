"""Being asked to stop while a month is built: once asked, no step is begun, and the month is not published.

Python raises an interrupt wherever the process happens to be, and Dagster has it raise in every step. In a
library's callback it is swallowed, in its conversions it comes out as another error, and in the midst of run
history it leaves a connection broken. So it is only written down, and heeded where steps begin, read, write
and wait. Who asks a second time ends it where it is. What a stopped run says is said in `month_run`.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

_ASKS: Final = (signal.SIGINT, signal.SIGTERM)


class _Notes:
    """The signals that came while a run is looked after, as the system itself writes them down."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self._read: int | None = None

    @property
    def are_kept(self) -> bool:
        """Whether a run is looked after, by this process's main thread."""
        return self._read is not None and threading.current_thread() is threading.main_thread()

    def look(self) -> list[int]:
        """What came until now, in its order."""
        if self._read is not None:
            with suppress(BlockingIOError):  # nothing came since
                self.came += [one for one in os.read(self._read, 4096) if one in _ASKS]
        return self.came

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Have them written down, whatever else becomes of them."""
        self.came = []
        self._read, write = os.pipe()
        for end in (self._read, write):
            os.set_blocking(end, False)
        before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            self.look()
            os.close(self._read)
            os.close(write)
            self._read = None


_notes: Final = _Notes()


def heed() -> None:
    """Stop here if somebody asked to; from here to the end of the step nobody is stopped elsewhere.

    Nothing where no run is looked after, as in processes of Dagster's own.

    Raises:
        KeyboardInterrupt: if somebody asked.
    """
    if not _notes.are_kept:
        return
    for number in _ASKS:
        signal.signal(number, _unless_again)
    if _notes.look():
        raise KeyboardInterrupt


@contextmanager
def raised() -> Iterator[None]:
    """Have it raised where the process is: while a cluster works nothing begins here that could heed it."""
    if not _notes.are_kept:
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if _notes.look():
            raise KeyboardInterrupt
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def looked_after() -> Iterator[Callable[[], bool]]:
    """Look after a run; what was asked during it and stopped nothing is raised when it has ended.

    Yields:
        Whether somebody asked to stop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # signals are the main thread's
        return
    before = {number: signal.getsignal(number) for number in _ASKS}
    with _notes.kept():
        for number in _ASKS:
            signal.signal(number, _unless_again)
        try:
            yield lambda: bool(_notes.look())
        finally:
            for number, handler in before.items():
                # There is no name for one that was not set by Python.
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if _notes.came:
        signal.raise_signal(_notes.came[0])


def _unless_again(_: int, __: FrameType | None) -> None:
    """Leave it at what is written down; the second time it is meant at once."""
    if len(_notes.look()) > 1:
        raise KeyboardInterrupt
