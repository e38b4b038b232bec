"""Peaks of planes are those of the smoothed volume, whatever way it is stored."""

import numpy as np
import pytest
from scipy.ndimage import convolve

from boldglm.core.planes import plane_peaks


def by_hand(volume, axis, weight):
    heights = np.abs(np.nan_to_num(volume.astype(float), posinf=0, neginf=0))
    kernel = np.zeros((3, 3, 3))
    kernel[1, 1], kernel[1, :, 1], kernel[:, 1, 1] = weight, weight, weight
    kernel[1, 1, 1] = 1
    smooth = convolve(heights, kernel, mode="constant") / (1 + 6 * weight)
    others = tuple(other for other in range(3) if other != axis)
    return smooth.max(axis=others), heights.sum(axis=others)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("weight", [0.2, 0.5])
@pytest.mark.parametrize(
    "stored",
    [
        lambda v: v,
        np.asfortranarray,
        lambda v: v.transpose(1, 0, 2),
        lambda v: v[::-1, :, ::-1],
        lambda v: v[::2, 1:],
    ],
)
def test_peaks_and_sums_are_those_of_the_smoothed_volume(
    rng, readonly, stored, axis, weight
):
    volume = stored(readonly(rng.normal(size=(7, 9, 5))))
    peaks, sums = plane_peaks(volume, axis, weight)
    wanted, total = by_hand(volume, axis, weight)
    np.testing.assert_allclose(peaks, wanted, rtol=1e-12)
    np.testing.assert_allclose(sums, total, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int16, np.bool_])
def test_all_types_of_numbers_have_the_same_peaks(rng, dtype):
    volume = rng.integers(0, 100, (4, 5, 6)).astype(dtype)
    peaks, sums = plane_peaks(volume, 1)
    wanted, total = by_hand(volume, 1, 0.2)
    np.testing.assert_allclose(peaks, wanted, rtol=1e-6)
    np.testing.assert_allclose(sums, total)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_what_is_not_finite_is_nothing(rng, readonly, axis):
    volume = rng.normal(size=(5, 6, 7))
    volume[1, 2, 3], volume[4, 0, 0], volume[2, 5, 6] = np.nan, np.inf, -np.inf
    peaks, sums = plane_peaks(readonly(volume), axis)
    wanted, total = by_hand(volume, axis, 0.2)
    np.testing.assert_allclose(peaks, wanted)
    np.testing.assert_allclose(sums, total)


@pytest.mark.parametrize("flipped", [0, 1, 2])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirror_image_has_the_same_peaks_to_the_last_bit(rng, axis, flipped):
    volume = rng.normal(size=(8, 6, 7)).astype(np.float32)
    peaks, _ = plane_peaks(volume, axis)
    mirrored, _ = plane_peaks(np.flip(volume, flipped).copy(), axis)
    np.testing.assert_array_equal(mirrored, peaks[::-1] if flipped == axis else peaks)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 4, 5), (4, 1, 5), (4, 5, 1)])
def test_thin_volumes_have_planes_too(rng, shape):
    volume = rng.normal(size=shape)
    for axis in range(3):
        np.testing.assert_allclose(
            plane_peaks(volume, axis)[0], by_hand(volume, axis, 0.2)[0]
        )
