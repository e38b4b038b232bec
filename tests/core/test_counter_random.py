"""Random words are those of numpy's Philox, and belong to their draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm.core.counter_random import random_words, seed_from
from boldglm.core.counter_random_kernels import high_product

WORDS = st.integers(0, 2**64 - 1)


@given(st.integers(0, 2**64 - 1), st.lists(WORDS, max_size=4), st.integers(0, 13))
def test_words_are_numpys(seed, draws, n_words):
    found = random_words(seed, np.array(draws, np.uint64), n_words)
    assert found.shape == (len(draws), n_words)
    for row, draw in zip(found, draws, strict=True):
        counter = np.array([0, draw, 0, 0], np.uint64)
        numpys = np.random.Philox(key=seed, counter=counter)
        np.testing.assert_array_equal(row, numpys.random_raw(n_words))


@given(WORDS, WORDS)
def test_the_high_product_is_that_of_whole_numbers(a, b):
    assert int(high_product(np.uint64(a), np.uint64(b))) == (a * b) >> 64


def test_fewer_words_are_the_first_of_more(readonly):
    draws = readonly(np.array([9, 3, 3, 2**40]))
    many = random_words(5, draws, 11)
    np.testing.assert_array_equal(random_words(5, draws, 6), many[:, :6])
    np.testing.assert_array_equal(many[1], many[2])
    assert np.unique(many[[0, 1, 3]]).size == 33


def test_seeds_of_what_users_pass():
    assert seed_from(np.int32(7)) == 7
    assert seed_from(2**63 - 1) == 2**63 - 1
    assert seed_from(None) != seed_from(None)
    for kind in (np.random.default_rng, np.random.RandomState):
        one = kind(3)
        assert seed_from(one) == seed_from(kind(3)) != seed_from(one)
        assert 0 <= seed_from(one) < 2**63


def test_the_seed_zero_is_a_seed_and_a_random_state_gives_its_next_number():
    assert seed_from(0) == 0
    expected = np.random.RandomState(3).randint(0, 2**63, dtype=np.int64)
    assert seed_from(np.random.RandomState(3)) == expected


@pytest.mark.parametrize("given", [-1, 1.0, True, "7", 2**63, np.random])
def test_other_random_states_are_refused(given):
    with pytest.raises(TypeError, match=r"random_state is .*; expected a whole number"):
        seed_from(given)
