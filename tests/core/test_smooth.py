"""Smoothed volumes are scipy's to the last bit."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from boldglm.core.smooth import fwhm_to_sigma, neighbour_average, smooth_volumes

SHAPE = (9, 8, 7, 3)


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigma", [(1.2, 0.8, 2.0), (0, 1.0, 0), (0, 0, 0), (9, 9, 9)])
def test_volumes_are_filtered_as_scipy_does(rng, readonly, sigma, dtype, layout):
    volumes = readonly(np.asarray(rng.normal(size=SHAPE).astype(dtype), order=layout))
    found = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))
    for t in range(SHAPE[3]):
        expected = gaussian_filter(volumes[..., t], sigma)
        np.testing.assert_array_equal(found[..., t], expected)


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_volumes_may_be_smoothed_in_place_by_any_number_of_threads(rng, n_jobs):
    volumes = rng.normal(size=SHAPE).astype(np.float32)
    sigma = np.array([1.0, 2.0, 0.5])
    expected = smooth_volumes(volumes, sigma, np.empty_like(volumes), n_jobs=1)
    found = smooth_volumes(volumes, sigma, volumes, n_jobs=n_jobs)
    assert found is volumes
    np.testing.assert_array_equal(found, expected)


def test_integers_are_smoothed_into_floats():
    volumes = np.zeros(SHAPE, np.int16)
    volumes[4, 4, 3] = 1000
    found = smooth_volumes(volumes, np.ones(3), np.empty(SHAPE, np.float32))
    # a first axis written as float, not rounded to the integers given
    np.testing.assert_array_equal(
        found[..., 0], gaussian_filter(volumes[..., 0].astype(np.float32), 1.0)
    )


def test_the_half_width_of_the_kernel_is_half_the_fwhm():
    impulse = np.zeros((201, 1, 1, 1))
    impulse[100] = 1
    sigma = fwhm_to_sigma(20.0, np.array([0.5, 1, 1])) * [1, 0, 0]
    kernel = smooth_volumes(impulse, sigma, np.empty_like(impulse)).ravel()
    # 10 mm from the peak are 20 voxels of .5 mm
    np.testing.assert_allclose(kernel[[80, 120]] / kernel[100], 0.5, rtol=1e-12)


def test_neighbours_are_averaged_as_the_formula_says(rng, readonly):
    volume = readonly(rng.normal(size=(4, 5, 6)))
    padded = np.pad(volume, 1)
    around = sum(np.roll(padded, step, axis) for axis in range(3) for step in (1, -1))[
        1:-1, 1:-1, 1:-1
    ]
    np.testing.assert_allclose(
        neighbour_average(volume, 0.3), (volume + 0.3 * around) / (1 + 6 * 0.3)
    )
    series = np.stack([volume, 2 * volume], axis=3)
    np.testing.assert_allclose(
        neighbour_average(series)[..., 1], 2 * neighbour_average(volume)
    )
