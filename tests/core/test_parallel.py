"""Blocks cover the range once; results keep their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.core.parallel import blocks, map_blocks, n_workers


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


def test_map_blocks_passes_errors_on():
    with pytest.raises(ZeroDivisionError):
        map_blocks(lambda i: 1 // i, [1, 0], n_jobs=2)


def test_zero_jobs_is_an_error_that_says_what_to_give():
    with pytest.raises(ValueError, match="n_jobs is 0; expected a number of threads"):
        n_workers(0)


def test_negative_jobs_count_from_all():
    assert n_workers(-1) == n_workers(None)
    assert n_workers(-10_000) == 1
