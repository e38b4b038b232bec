"""Averages over neighbours in a mask."""

import numpy as np
import pytest
from scipy import ndimage

from boldglm.core.neighbours import MaskAverage

SIZES = np.array([2.0, 3.0, 4.0])


@pytest.fixture
def inside(rng):
    return rng.random((9, 8, 7)) < 0.7


def gaussian(volume, fwhm):
    return ndimage.gaussian_filter(volume, fwhm / np.sqrt(8 * np.log(2)) / SIZES)


def test_averages_are_those_of_filtered_volumes(inside, rng):
    values = rng.standard_normal((3, inside.sum()))
    usable = rng.random(inside.sum()) < 0.9
    got = MaskAverage(inside, SIZES, 6.0)(values, usable)
    weight = np.zeros(inside.shape)
    weight[inside] = usable
    for row, averaged in zip(values, got, strict=True):
        volume = np.zeros(inside.shape)
        volume[inside] = row * usable
        expected = gaussian(volume, 6.0) / gaussian(weight, 6.0)
        np.testing.assert_allclose(averaged, expected[inside], rtol=1e-4, atol=1e-6)


def test_what_is_the_same_everywhere_stays_so(inside):
    usable = np.ones(inside.sum(), bool)
    got = MaskAverage(inside, SIZES, 8.0)(np.full((2, usable.size), 0.37), usable)
    np.testing.assert_allclose(got, 0.37, rtol=1e-6)


def test_voxels_that_are_not_usable_have_no_say_and_no_neighbours_give_zero():
    inside = np.ones((60, 1, 1), bool)
    usable = np.zeros(60, bool)
    usable[:3] = True
    values = np.where(usable, 1.0, np.nan)[np.newaxis]
    got = MaskAverage(inside, np.ones(3), 3.0)(values, usable)[0]
    np.testing.assert_allclose(got[:6], 1.0, rtol=1e-6)
    assert (got[30:] == 0).all()


def test_threads_change_nothing(inside, rng):
    values = rng.standard_normal((4, inside.sum()))
    usable = np.ones(inside.sum(), bool)
    one, two = (
        MaskAverage(inside, SIZES, 6.0, n_jobs=n)(values, usable) for n in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
