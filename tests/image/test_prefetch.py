"""Items are made ahead of the caller, in a thread that is gone afterwards."""

import contextlib
import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.core import parallel
from boldglm.core.parallel import n_workers
from boldglm.image.prefetch import made_ahead


@given(st.lists(st.one_of(st.none(), st.integers())))
def test_items_come_in_their_order_whatever_they_are(items):
    assert list(made_ahead(lambda _: (item for item in items))) == items


def test_items_are_made_in_another_thread():
    def idents(halted):
        for _ in range(5):
            yield threading.get_ident()

    assert threading.get_ident() not in set(made_ahead(idents))


def test_never_two_threads_make_items():
    def counts(halted):
        for _ in range(20):
            yield len(_threads())

    for found in made_ahead(counts):
        assert found == 1
        assert len(_threads()) <= 1


def test_no_thread_waits_for_a_caller_who_does_not_come_back():
    """As where an error is kept, and with it the calls that it came through."""
    made = threading.Semaphore(0)

    def numbers(halted):
        for number in range(100):
            yield number
            made.release()

    kept = made_ahead(numbers)
    assert next(kept) == 0
    for _ in range(3):
        assert made.acquire(timeout=10)
    for thread in _threads():
        thread.join(10)
    assert _threads() == []
    assert list(kept) == list(range(1, 100))


def _threads():
    return [one for one in threading.enumerate() if one.name == "boldglm-ahead"]


def test_an_error_comes_where_the_item_would_have():
    def numbers(halted):
        yield 1
        yield 2
        msg = "no third"
        raise LookupError(msg)

    found = made_ahead(numbers)
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(LookupError, match="no third"):
        next(found)


def test_where_no_thread_starts_items_are_made_when_they_are_asked_for(monkeypatch):
    """Limits on processes and memory refuse them."""

    def refuse(self):
        msg = "can't start new thread"
        raise RuntimeError(msg)

    closed = threading.Event()

    def idents(halted):
        try:
            for _ in range(5):
                assert not halted()
                yield threading.get_ident()
        finally:
            closed.set()

    monkeypatch.setattr(threading.Thread, "start", refuse)
    before = n_workers()
    assert list(made_ahead(idents)) == [threading.get_ident()] * 5
    assert closed.is_set()
    assert n_workers() == before


def test_reading_ends_where_the_work_it_is_for_is_not_wanted_any_more():
    """As that of a run, when Ctrl-C has stopped the fit of another."""
    gate, closed = threading.Barrier(2, timeout=10), threading.Event()

    def endless(halted):
        try:
            yield from range(10_000)
        finally:
            closed.set()

    def one(item):
        gate.wait()
        if item == 0:
            raise KeyboardInterrupt
        for _ in made_ahead(endless):
            threading.Event().wait(0.005)
        pytest.fail("nobody has ended it")

    with pytest.raises(KeyboardInterrupt):
        parallel.map_blocks(one, range(2), n_jobs=2)
    assert closed.is_set()


def test_a_generator_left_early_is_told_to_stop_and_closed():
    begun, told, closed = (threading.Event() for _ in range(3))

    def endless(halted):
        try:
            yield 0
            begun.set()
            while not halted():
                pass
            told.set()
            yield 1
        finally:
            closed.set()

    found = made_ahead(endless)
    next(found)
    assert begun.wait(timeout=5)
    found.close()
    assert told.is_set()
    assert closed.is_set()


def test_nothing_is_made_before_the_first_is_asked_for():
    made = []
    made_ahead(lambda _: (made.append(n) for n in range(3)))
    assert made == []


def test_the_context_of_the_caller_holds_in_the_thread():
    def overflow(halted):
        for _ in range(5):
            yield np.array([1e300]) * 1e300

    with np.errstate(over="ignore"):
        assert list(made_ahead(overflow)) == [np.inf] * 5
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        list(made_ahead(overflow))


def test_an_error_keeps_no_frame_alive():
    """What the frames of the reader hold, blocks, goes when the error does."""

    class Block:
        pass

    def numbers(halted):
        block = Block()
        kept.append(weakref.ref(block))
        yield 1
        msg = "broken"
        raise LookupError(msg)

    kept: list = []
    gc.disable()
    try:
        with contextlib.suppress(LookupError):
            list(made_ahead(numbers))
        assert kept[-1]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("depth", [1, 3])
def test_no_more_than_asked_are_made_ahead(depth):
    made = threading.Semaphore(0)
    count = []

    def numbers(halted):
        for n in range(20):
            count.append(n)
            made.release()
            yield n

    found = made_ahead(numbers, depth)
    next(found)
    for _ in range(depth + 1):
        assert made.acquire(timeout=5)
    assert not made.acquire(timeout=0.05)
    assert len(count) == depth + 1
    found.close()


def test_a_busy_reader_is_left_a_processor():
    before, seen = n_workers(), []

    def numbers(halted):
        for n in range(3):
            seen.append(n_workers())
            yield n

    assert parallel._BESIDE.count == 0
    list(made_ahead(numbers))
    assert parallel._BESIDE.count == 0
    assert seen == [max(1, before - 1)] * 3
    assert n_workers() == before


def test_items_that_nobody_used_go_when_an_error_comes_in_between():
    """Ctrl-C while waiting: its traceback must not hold what was made ahead."""

    class Block:
        pass

    def blocks(halted):
        for _ in range(3):
            block = Block()
            kept.append(weakref.ref(block))
            yield block
            del block
        waiting.set()
        while not halted():
            pass

    kept: list = []
    waiting = threading.Event()
    gc.disable()
    try:
        found = made_ahead(blocks, depth=4)
        next(found)
        assert waiting.wait(timeout=5)
        with pytest.raises(KeyboardInterrupt) as told:
            found.throw(KeyboardInterrupt())
        assert told.value.__traceback__ is not None
        assert [block() for block in kept[1:]] == [None, None]
    finally:
        gc.enable()


def test_the_generator_is_closed_whoever_else_holds_it():
    held = []

    def make(halted):
        held.append(item for item in range(9))
        return held[0]

    found = made_ahead(make)
    next(found)
    found.close()
    assert held[0].gi_frame is None


def test_an_iterator_may_be_collected_in_its_own_thread(monkeypatch):
    """Where it is left in a cycle: its thread cannot wait for itself."""
    lost, go, over = [], threading.Event(), threading.Event()
    monkeypatch.setattr("sys.unraisablehook", lost.append)

    def numbers(halted):
        yield 1
        go.wait(5)
        gc.collect()
        over.set()
        yield 2

    def leave():
        items = made_ahead(numbers)
        next(items)
        cycle = [items]
        cycle.append(cycle)

    gc.disable()
    try:
        leave()
        go.set()
        assert over.wait(5)
        for thread in _threads():
            thread.join(5)
    finally:
        gc.enable()
    assert not lost
    assert not _threads()
