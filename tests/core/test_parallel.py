"""Blocks cover the range once; results keep their order."""

import gc
import os
import signal
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Event, Thread, get_ident
from threading import enumerate as enumerate_threads
from time import sleep

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from boldglm.core import parallel
from boldglm.core.parallel import (
    blocks,
    map_blocks,
    n_workers,
    stop_if_halted,
    thread_beside,
)


@given(st.integers(0, 500), st.integers(1, 60))
def test_blocks_cover_the_range_once(n, size):
    parts = blocks(n, size)
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(n))
    assert all(0 < part.stop - part.start <= size for part in parts)


@pytest.mark.parametrize("n_jobs", [1, 2, 7, None])
def test_map_blocks_keeps_order(n_jobs):
    assert map_blocks(lambda i: i * i, range(50), n_jobs=n_jobs) == [
        i * i for i in range(50)
    ]


def test_results_are_in_the_order_of_items_whoever_is_first():
    last_is_done = Event()

    def work(item):
        if item == 0:
            assert last_is_done.wait(30)
        if item == 2:
            last_is_done.set()
        return item

    assert map_blocks(work, range(3), n_jobs=2) == [0, 1, 2]


def test_map_blocks_passes_errors_on():
    with pytest.raises(ZeroDivisionError):
        map_blocks(lambda i: 1 // i, [1, 0], n_jobs=2)


def test_the_error_is_that_of_the_first_item_and_ends_the_work():
    begun = []

    def broken(item):
        begun.append(item)
        if item in (3, 4):
            msg = f"item {item}"
            raise LookupError(msg)

    for _ in range(20):
        begun.clear()
        with pytest.raises(LookupError, match="item 3"):
            map_blocks(broken, range(1000), n_jobs=4)
        assert len(begun) < 1000


def test_an_interruption_goes_before_errors():
    """Whoever pressed Ctrl-C is not told of something else."""
    gate = Barrier(2, timeout=10)

    def stopped(item):
        gate.wait()
        if item == 1:
            raise KeyboardInterrupt
        msg = f"item {item}"
        raise LookupError(msg)

    with pytest.raises(KeyboardInterrupt):
        map_blocks(stopped, range(2), n_jobs=2)


def _endless(_):
    """An item that takes long, and is made of smaller ones."""
    for _ in range(2000):
        map_blocks(sleep, [0.005], n_jobs=1)
    pytest.fail("nobody has ended it")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interruption_ends_long_items_in_their_middle(stop):
    gate = Barrier(3, timeout=10)

    def one(item):
        gate.wait()
        if item == 1:
            raise stop
        _endless(item)

    with pytest.raises(stop):
        map_blocks(one, range(3), n_jobs=3)
    assert _workers() == []


def test_an_error_ends_the_long_items_after_it_and_not_those_before():
    """Whose own error would be the first in order."""
    gate, ended, failed = Barrier(3, timeout=10), [], Event()

    def one(item):
        gate.wait()
        if item == 0:
            failed.wait(10)
            map_blocks(sleep, [0.0], n_jobs=1)
            ended.append(item)
            msg = "item 0"
            raise LookupError(msg)
        if item == 1:
            failed.set()
            msg = "item 1"
            raise LookupError(msg)
        _endless(item)

    with pytest.raises(LookupError, match="item 0"):
        map_blocks(one, range(3), n_jobs=3)
    assert ended == [0]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_items_within_items_end_with_those_they_are_in(n_jobs):
    gate = Barrier(2, timeout=10)

    def outer(item):
        gate.wait()
        if item == 0:
            raise KeyboardInterrupt
        map_blocks(_endless, range(2), n_jobs=n_jobs)

    with pytest.raises(KeyboardInterrupt):
        map_blocks(outer, range(2), n_jobs=2)
    assert _workers() == []


def test_what_is_not_part_of_anything_is_not_halted():
    with pytest.raises(KeyError):
        map_blocks({}.__getitem__, range(4), n_jobs=2)
    stop_if_halted()
    assert map_blocks(abs, [-1, 2], n_jobs=2) == [1, 2]


def _workers():
    return [one for one in enumerate_threads() if one.name.startswith("ThreadPool")]


def test_ctrl_c_between_items_ends_the_work_of_the_others(monkeypatch):
    """It comes in the calling thread, while that one has no item."""
    begun, going = [], Event()

    class Interrupted(ThreadPoolExecutor):
        def submit(self, *args):
            if _workers():
                going.wait(10)
                raise KeyboardInterrupt
            return super().submit(*args)

    def slow(item):
        begun.append(item)
        going.set()
        sleep(0.01)

    monkeypatch.setattr(parallel, "ThreadPoolExecutor", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        map_blocks(slow, range(1000), n_jobs=3)
    assert 0 < len(begun) < 900
    assert _workers() == []


def test_ctrl_c_while_others_are_waited_for_leaves_no_thread(monkeypatch):
    leave = Event()

    class Interrupted(ThreadPoolExecutor):
        def shutdown(self, **how):
            if not leave.is_set():
                leave.set()
                raise KeyboardInterrupt
            super().shutdown(**how)

    monkeypatch.setattr(parallel, "ThreadPoolExecutor", Interrupted)
    gate = Barrier(2, timeout=10)
    caller = get_ident()

    def last(_):
        gate.wait()
        if get_ident() != caller:
            leave.wait(10)
            sleep(0.05)

    with pytest.raises(KeyboardInterrupt):
        map_blocks(last, range(2), n_jobs=2)
    assert _workers() == []


@pytest.mark.parametrize("allowed", [0, 1])
def test_where_no_more_threads_start_the_others_do_the_work(monkeypatch, allowed):
    """Limits on processes and memory refuse them."""
    start, started = Thread.start, []

    def limited(self):
        if len(started) == allowed:
            msg = "can't start new thread"
            raise RuntimeError(msg)
        started.append(self)
        start(self)

    monkeypatch.setattr(Thread, "start", limited)
    assert map_blocks(lambda i: i * i, range(50), n_jobs=4) == [
        i * i for i in range(50)
    ]
    assert len(started) == allowed


def test_the_caller_is_one_of_the_workers():
    gate = Barrier(3, timeout=10)

    def here(_):
        gate.wait()
        return get_ident()

    found = map_blocks(here, range(3), n_jobs=3)
    assert len(set(found)) == 3
    assert get_ident() in found


def test_the_context_of_the_caller_holds_for_all():
    gate = Barrier(2, timeout=10)

    def overflow(_):
        gate.wait()
        return float((np.array([1e300]) * 1e300)[0])

    with np.errstate(over="ignore"):
        assert map_blocks(overflow, range(2), n_jobs=2) == [np.inf, np.inf]


def test_zero_jobs_is_an_error_that_says_what_to_give():
    with pytest.raises(ValueError, match="n_jobs is 0; expected a number of threads"):
        n_workers(0)


@pytest.mark.parametrize("n_jobs", [1.5, 2.0, "2", True])
def test_jobs_are_a_whole_number(n_jobs):
    with pytest.raises(TypeError, match=r"n_jobs is .*; expected a whole number"):
        n_workers(n_jobs)


def test_negative_jobs_count_from_all_processors():
    assert n_workers(-1) >= n_workers(None)
    assert n_workers(-1) - n_workers(-2) in (0, 1)
    assert n_workers(-10_000) == 1


def test_threads_follow_a_limit_on_blas_and_nested_calls_stay_serial():
    with threadpool_limits(limits=1, user_api="blas"):
        assert n_workers(None) == 1
    assert map_blocks(lambda _: n_workers(None), range(3)) == [1, 1, 1]


def test_blas_gets_its_threads_back_from_overlapping_calls():
    before = n_workers(None)
    inside, leave = Event(), Event()

    def first(_):
        inside.set()
        leave.wait(10)

    one = Thread(target=map_blocks, args=(first, [0]))
    one.start()
    inside.wait(10)

    def second(_):
        leave.set()
        one.join(10)

    map_blocks(second, [0])
    assert n_workers(None) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_threads_of_its_parent():
    before, done = n_workers(), thread_beside()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, str(n_workers()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    done()
    assert int(os.read(read, 10)) == before
    os.close(read)
    os.close(write)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_a_lock_of_its_parent():
    with parallel._BLAS._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            map_blocks(int, [1])
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_a_blas_that_cannot_be_asked_leaves_all_processors(monkeypatch):
    monkeypatch.setitem(vars(parallel._BLAS), "_libraries", ([], []))
    assert n_workers(None) == n_workers(-1)
    # and calls within others are on the thread they are called from
    assert map_blocks(lambda _: n_workers(None), range(2)) == [1, 1]


class Library:
    """A BLAS that notes its limits."""

    def __init__(self, layer="pthreads", number=4):
        self.threading_layer, self.done = layer, []
        self.num_threads = number

    def set_num_threads(self, number):
        self.num_threads = number
        self.done.append(number)


class ThreadsOwn(Library):
    """One whose limit is of the thread that sets it, as those of OpenMP are."""

    def __init__(self):
        self._numbers = {}
        super().__init__("openmp")

    @property
    def num_threads(self):
        return self._numbers.get(get_ident(), 4)

    @num_threads.setter
    def num_threads(self, number):
        self._numbers[get_ident()] = number


def blas_of(*libraries):
    blas = parallel._Blas()
    own = [one for one in libraries if parallel._is_of_the_thread(one)]
    vars(blas)["_libraries"] = [one for one in libraries if one not in own], own
    return blas


def test_blas_is_given_back_by_the_last_who_leaves():
    library = Library()
    blas = blas_of(library)
    for _ in range(2):
        assert blas.threads() == 4
        with blas.held():
            with blas.held():
                assert blas.threads() == 1
            assert library.done == [1]
        assert library.done == [1, 4]
        library.done.clear()


def test_every_worker_takes_a_limit_that_is_its_own(monkeypatch):
    gate, library = Barrier(3, timeout=10), ThreadsOwn()
    monkeypatch.setattr(parallel, "_BLAS", blas_of(library))

    def one(_):
        gate.wait()
        return library.num_threads, *map_blocks(lambda _: library.num_threads, "ab")

    assert map_blocks(one, range(3), n_jobs=3) == [(1, 1, 1)] * 3
    assert library.num_threads == 4


def _held_elsewhere(*events):
    """Another thread that holds BLAS from the first to the last of three events."""
    begun, may_end, ended = events

    def hold():
        with parallel.one_blas_thread():
            begun.set()
            may_end.wait(10)
        ended.set()

    thread = Thread(target=hold)
    thread.start()
    begun.wait(10)
    return thread


def test_another_thread_than_took_the_limit_gives_it_back():
    """threadpoolctl heeds one thread only, the first that sets a limit."""
    before, limits = n_workers(None), [one.num_threads for one in _libraries()]
    for _ in range(2):
        with ExitStack() as stack:
            stack.enter_context(parallel.one_blas_thread())
            begun, may_end, ended = Event(), Event(), Event()
            thread = _held_elsewhere(begun, may_end, ended)
            stack.close()
            assert {one.num_threads for one in _libraries()} == {1}
            may_end.set()
            thread.join()
        assert [one.num_threads for one in _libraries()] == limits
        assert n_workers(None) == before


def test_a_limit_of_another_thread_is_heeded_after_one_of_this():
    with parallel.one_blas_thread():
        pass
    begun, may_end, ended = Event(), Event(), Event()
    thread = _held_elsewhere(begun, may_end, ended)
    assert {one.num_threads for one in _libraries()} == {1}
    may_end.set()
    thread.join()


def test_limits_of_the_user_hold_in_any_thread_after_ours():
    def limited():
        with threadpool_limits(1, user_api="blas"):
            return {one.num_threads for one in _libraries()}

    with ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            with parallel.one_blas_thread():
                pass
            assert pool.submit(limited).result() == {1}
            assert limited() == {1}


def _libraries():
    return [one for kind in parallel._BLAS._libraries for one in kind]


def test_nothing_is_kept_of_work_that_ended_in_errors():
    """Not until garbage is collected either: it may be large."""
    alive, both = [], Barrier(2)

    class Large:
        pass

    def work(item):
        large = Large()
        alive.append(weakref.ref(large))
        both.wait(5)
        raise ValueError(item)

    gc.disable()
    try:
        with pytest.raises(ValueError, match="0"):
            map_blocks(work, [0, 1], n_jobs=2)
        assert [one() for one in alive] == [None, None]
    finally:
        gc.enable()
