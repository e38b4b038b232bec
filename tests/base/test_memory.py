"""Where memory ends: for what, how much, and how to need less."""

import numpy as np
import pytest

from boldglm._base.memory import array_for, enough_memory
from boldglm.exceptions import NotEnoughMemoryError


def test_what_how_much_and_how_to_need_less():
    def work():
        with enough_memory("the fit", lambda: 2_340_000_000, "Take less."):
            msg = "Unable to allocate 1 GiB"
            raise MemoryError(msg)

    with pytest.raises(NotEnoughMemoryError) as told:
        work()
    assert str(told.value) == (
        "There is not enough memory for the fit, which takes about 2.3 GB. Take less. "
        "(Unable to allocate 1 GiB)"
    )
    assert isinstance(told.value, MemoryError)
    assert isinstance(told.value.__cause__, MemoryError)


def test_what_is_told_inside_is_told_best():
    def work():
        with (
            enough_memory("the fit", 10**9, "Take less."),
            enough_memory("a map", 10**6, "Take no map."),
        ):
            raise MemoryError

    with pytest.raises(
        NotEnoughMemoryError,
        match=r"^There is not enough memory for a map, which takes about 1 MB",
    ):
        work()


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_other_errors_pass_and_nothing_is_computed_for_them(stop):
    def work():
        with enough_memory("the fit", lambda: pytest.fail("nobody asks"), "Take less."):
            raise stop

    with pytest.raises(stop):
        work()


@pytest.mark.parametrize(
    ("shape", "size"),
    [((2**20, 2**25), "281475.0 GB"), ((2**40, 2**40), r"9671406556917.* GB")],
    ids=["more than there is", "more than there are addresses"],
)
def test_an_array_that_is_too_large_is_told(shape, size):
    with pytest.raises(NotEnoughMemoryError, match=f"for X, which takes about {size}"):
        array_for("X", shape, np.float64, "Take less.")


def test_an_array_is_as_asked_for():
    made = array_for("X", (3, 4, 5), np.float32, "Take less.")
    assert made.shape == (3, 4, 5)
    assert made.dtype == np.float32
    assert made.flags.f_contiguous
    assert array_for("X", (3, 4), np.int16, "Take less.", "C").flags.c_contiguous


def test_a_wrong_value_is_still_one():
    with pytest.raises(ValueError, match="negative dimensions"):
        array_for("X", (-1, 2), np.float32, "Take less.")
