"""Masks are opened, and their parts found, as their docstrings say."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion, label

from boldglm.core.morphology import border_values, keep_largest, open_mask


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_part_is_connected_and_none_is_larger(seed):
    mask = np.random.default_rng(seed).random((9, 10, 11)) > 0.72
    kept = keep_largest(mask)
    labels, n_parts = label(mask)
    sizes = [np.sum(labels == part) for part in range(1, n_parts + 1)]
    assert kept.sum() == max(sizes)
    assert label(kept)[1] == 1
    assert not (kept & ~mask).any()


def test_corners_do_not_connect():
    mask = np.zeros((4, 4, 4), bool)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[1, 1, 2] = True
    assert keep_largest(mask).sum() == 2


def test_an_empty_mask_has_no_largest_part():
    kept = keep_largest(np.zeros((2, 2, 2), bool))
    assert kept.dtype == bool
    assert not kept.any()


@pytest.mark.parametrize("opening", [0, 1, 2])
@pytest.mark.parametrize("connected", [True, False])
def test_opening_is_erosion_largest_part_dilation_erosion(
    rng, readonly, opening, connected
):
    ball = sum((g - 8) ** 2 for g in np.indices((17, 17, 17))) < 45
    mask = readonly(ball | (rng.random((17, 17, 17)) > 0.97))
    expected = binary_erosion(mask, iterations=opening) if opening else mask
    expected = keep_largest(expected) if connected else expected
    if opening:
        expected = binary_dilation(expected, iterations=2 * opening)
        expected = binary_erosion(expected, iterations=opening)
    found = open_mask(mask, opening, connected)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, expected)


def test_an_opening_wider_than_the_mask_leaves_nothing():
    mask = np.zeros((9, 9, 9), bool)
    mask[3:6, 3:6, 3:6] = True
    assert not open_mask(mask, 2, connected=True).any()


@pytest.mark.parametrize("width", [1, 2])
def test_the_border_holds_every_voxel_near_a_face(width):
    volume = np.arange(5 * 6 * 7).reshape(5, 6, 7)
    inner = volume[width:-width, width:-width, width:-width]
    found = border_values(volume, width)
    assert set(found) == set(volume.ravel()) - set(inner.ravel())
    assert found.size == 2 * width * (5 * 6 + 5 * 7 + 6 * 7)
