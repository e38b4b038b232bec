"""Arrangements by number, against all permutations."""

from itertools import permutations

import numpy as np
import pytest

from boldglm.core.arrangements import arrange, count_arrangements

WORDS = ["a", "ab", "aabb", "abab", "baa", "abcab", "ccabba", "aaa"]


@pytest.mark.parametrize("word", WORDS)
def test_every_arrangement_once_and_the_given_one_first(word):
    total = count_arrangements(word)
    assert total == len(set(permutations(word)))
    orders = [arrange(number, word) for number in range(total)]
    assert {"".join(word[i] for i in order) for order in orders} == {
        "".join(one) for one in permutations(word)
    }
    np.testing.assert_array_equal(orders[0], np.arange(len(word)))
    assert all(sorted(order) == list(range(len(word))) for order in orders)


def test_numbers_go_round_in_the_order_of_a_dictionary():
    found = ["".join("abb"[i] for i in arrange(k, "abb")) for k in range(4)]
    assert found == ["abb", "bab", "bba", "abb"]


def test_things_alike_keep_their_order():
    assert arrange(5, "abab").tolist() == [0, 2, 1, 3]
    for number in range(6):
        places = np.argsort(arrange(number, "abab"))
        assert places[0] < places[2]
        assert places[1] < places[3]


def test_many_things_are_counted_exactly():
    assert count_arrangements("a" * 30 + "b" * 30) == 118264581564861424
    assert count_arrangements([(0, 1), (1, 0), (0, 1)]) == 3
    assert sorted(arrange(10**17, "a" * 30 + "b" * 30)) == list(range(60))
