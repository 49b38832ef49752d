"""Who asks a build to stop is heard, wherever the process was at that moment."""

import signal
import threading
import weakref

import pytest

from orchestration import interrupts


@pytest.fixture
def handled():
    """Signals that reach the handler which was there before a run was looked after."""
    came = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    yield came
    signal.signal(signal.SIGINT, before)


def ask(number=signal.SIGINT):
    signal.raise_signal(number)


class Gone:
    """What somebody waits to see go."""


@pytest.mark.usefixtures("handled")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_asked_in_a_callback_whose_errors_are_swallowed_the_next_step_stops():
    reached = []

    def run():
        with interrupts.looked_after() as asked:
            # As Dagster does for a step: the signal raises, and a callback cannot pass it on.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            one = Gone()
            watching = weakref.ref(one, lambda _: ask())
            del one
            assert watching() is None
            reached.append(asked())
            interrupts.heed()
            reached.append("published")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert reached == [True]


@pytest.mark.usefixtures("handled")
def test_from_a_steps_beginning_it_is_raised_only_where_it_is_heeded():
    reached = []

    def run():
        with interrupts.looked_after():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            interrupts.heed()
            ask()
            reached.append("the step's end")
            interrupts.heed()
            reached.append("the next step")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert reached == ["the step's end"]


@pytest.mark.usefixtures("handled")
def test_the_second_time_is_meant_at_once():
    reached = []

    def run():
        with interrupts.looked_after():
            ask()
            reached.append("once")
            ask()
            reached.append("twice")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert reached == ["once"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_stopped_nothing_reaches_who_began_the_run(handled, number):
    before = signal.signal(number, lambda came, _: handled.append(came))
    try:
        with interrupts.looked_after() as asked:
            assert not asked()
            ask(number)
            assert asked()
            assert not handled
        assert handled == [number]
    finally:
        signal.signal(number, before)


def test_nothing_of_a_failed_run_is_left_for_the_next(handled):
    def run():
        with interrupts.looked_after():
            ask()
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        run()
    with interrupts.looked_after() as asked:
        interrupts.heed()
        assert not asked()
    ask()
    assert handled == [signal.SIGINT]


def test_where_no_run_is_looked_after_signals_are_left_as_they_are(handled):
    found = signal.getsignal(signal.SIGINT)
    interrupts.heed()
    with interrupts.raised():
        assert signal.getsignal(signal.SIGINT) is found
    ask()
    assert handled == [signal.SIGINT]


@pytest.mark.usefixtures("handled")
@pytest.mark.parametrize(("when", "reached"), [("before", []), ("meanwhile", ["begun"])])
def test_a_cluster_at_work_is_interrupted_where_it_is(when, reached):
    came = []

    def run():
        with interrupts.looked_after():
            interrupts.heed()
            if when == "before":
                ask()
            with interrupts.raised():
                came.append("begun")
                ask()
                came.append("done")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert came == reached


def test_another_thread_has_no_signals_to_look_after():
    seen = []

    def work():
        with interrupts.looked_after() as asked:
            interrupts.heed()
            seen.append(asked())

    one = threading.Thread(target=work)
    one.start()
    one.join()
    assert seen == [False]
