"""Smoothed volumes are scipy's, whole or only where a mask needs them."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from boldglm.core.smooth import (
    average_voxels,
    flat_volume,
    fwhm_to_sigma,
    gather_voxels,
    neighbour_average,
    smooth_volumes,
    smooth_voxels,
)
from boldglm.core.smooth_plan import gaussian_weights, plan_passes, plan_voxels

SHAPE = (9, 8, 7, 3)
# of the largest value: rounding of three sums of float32, of float64
TOLERANCE = {np.dtype(np.float32): 1e-6, np.dtype(np.float64): 1e-14}


def scipy_smooth(volumes, sigma, dtype):
    scans = np.moveaxis(volumes.astype(dtype), 3, 0)
    return np.stack([gaussian_filter(v, sigma) for v in scans], axis=3)


def assert_smoothed(found, volumes, sigma):
    expected = scipy_smooth(volumes, sigma, found.dtype)
    atol = TOLERANCE[found.dtype] * float(np.abs(volumes).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigma", [(1.2, 0.8, 2.0), (0, 1.0, 0), (0, 0, 0), (9, 9, 9)])
def test_volumes_are_filtered_as_scipy_does(rng, readonly, sigma, dtype, layout):
    volumes = rng.normal(size=SHAPE) * 100 + 1000
    volumes = readonly(np.asarray(volumes.astype(dtype), order=layout))
    found = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))
    assert_smoothed(found, volumes, sigma)


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (2, 1, 3), (1, 30, 2), (40, 2, 1), (33, 17, 18), (2, 3, 40)]
)
@pytest.mark.parametrize(
    "sigma", [(0.1, 0.2, 0.3), (0.6, 2, 0.8), (5, 3, 11), (1.6, 1.6, 1.6)]
)
def test_kernels_may_be_wider_than_the_volume(rng, shape, sigma):
    volumes = np.asfortranarray(rng.normal(size=(*shape, 1)))
    found = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))
    assert_smoothed(found, volumes, sigma)


@pytest.mark.parametrize("radius", range(12))
def test_kernels_of_every_radius_are_summed_whole(rng, radius):
    sigma = np.array([0, radius / 4, 0])
    volumes = np.asfortranarray(rng.normal(size=(5, 30, 3, 1)))
    assert gaussian_weights(radius / 4).size == radius + 1
    found = smooth_volumes(volumes, sigma, np.empty_like(volumes))
    assert_smoothed(found, volumes, sigma)


@pytest.mark.parametrize("out_dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "<i2", ">i2", "u2", "i4", "i8", "f2", ">f4", "f8", "g"]
)
def test_values_of_any_type_are_smoothed_into_floats(rng, dtype, out_dtype):
    volumes = np.asfortranarray((rng.random(SHAPE) * 120).astype(dtype))
    sigma = np.array([1.0, 0.5, 2.0])
    found = smooth_volumes(volumes, sigma, np.empty(SHAPE, out_dtype, order="F"))
    assert_smoothed(found, volumes, sigma)
    inside = rng.random(SHAPE[:3]) < 0.3
    rows = np.empty((SHAPE[3], inside.sum()), out_dtype)
    smooth_voxels(volumes, plan_voxels(inside, sigma), rows)
    np.testing.assert_array_equal(rows, found[inside].T)


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_volumes_may_be_smoothed_in_place_by_any_number_of_threads(rng, n_jobs):
    volumes = np.asfortranarray(rng.normal(size=SHAPE).astype(np.float32))
    sigma = np.array([1.0, 2.0, 0.5])
    expected = smooth_volumes(volumes, sigma, np.empty_like(volumes), n_jobs=1)
    found = smooth_volumes(volumes, sigma, volumes, n_jobs=n_jobs)
    assert found is volumes
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_not_finite_values_count_as_zero(rng, readonly, dtype):
    volumes = np.asfortranarray(rng.normal(size=SHAPE).astype(dtype))
    volumes[0, 0, 0], volumes[4, 4, 3], volumes[8, 7, 6, 0] = np.nan, np.inf, -np.inf
    clean = np.where(np.isfinite(volumes), volumes, 0)
    sigma = np.array([1.0, 2.0, 0.5])
    found = smooth_volumes(readonly(volumes), sigma, np.empty_like(volumes))
    np.testing.assert_array_equal(found, smooth_volumes(clean, sigma, clean))


def test_values_too_large_for_float32_count_as_zero():
    volumes = np.zeros((5, 5, 5, 1), order="F")
    volumes[2, 2, 2] = 1e300
    found = smooth_volumes(volumes, np.ones(3), np.empty((5, 5, 5, 1), np.float32))
    np.testing.assert_array_equal(found, 0)


def test_the_largest_numbers_do_not_overflow():
    # some programs mark missing voxels so
    volumes = np.full((9, 9, 9, 1), np.finfo(np.float32).max, order="F")
    volumes *= np.float32(0.999)
    found = smooth_volumes(volumes, np.full(3, 1.3), np.empty_like(volumes))
    np.testing.assert_allclose(found, volumes, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sigma", [0.3, 1.274, 3.7, 20.0])
def test_weights_are_those_of_a_bell_and_sum_to_one(sigma, dtype):
    weights = gaussian_weights(sigma, dtype)
    steps = np.arange(weights.size)
    np.testing.assert_allclose(
        weights / weights[0], np.exp(-(steps**2) / (2 * sigma**2)), rtol=1e-6
    )
    total = 2 * weights[1:].sum(dtype=np.float64) + weights[0]
    assert abs(total - 1) <= np.finfo(dtype).eps / 4


def test_the_half_width_of_the_kernel_is_half_the_fwhm():
    impulse = np.zeros((201, 1, 1, 1))
    impulse[100] = 1
    sigma = fwhm_to_sigma(20.0, np.array([0.5, 1, 1])) * [1, 0, 0]
    kernel = smooth_volumes(impulse, sigma, np.empty_like(impulse)).ravel()
    # 10 mm from the peak are 20 voxels of .5 mm
    np.testing.assert_allclose(kernel[[80, 120]] / kernel[100], 0.5, rtol=1e-12)


SIZES = st.tuples(*[st.integers(1, n) for n in (40, 12, 9)])
WIDTHS = st.tuples(*[st.floats(0, 4).map(lambda s: round(s, 2))] * 3)
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def masks(draw):
    """A random mask: anything from one voxel to all, alone or in two clumps."""
    shape = draw(SIZES)
    rng = np.random.default_rng(draw(SEEDS))
    inside = rng.random(shape) < draw(st.sampled_from([0.0, 0.01, 0.2, 0.9, 1.0]))
    for _ in range(draw(st.integers(0, 2))):
        box = [np.sort(rng.integers(0, n, size=2)) for n in shape]
        inside[tuple(slice(a, b + 1) for a, b in box)] = True
    inside[tuple(rng.integers(0, shape))] = True
    return inside


@settings(max_examples=120)
@given(masks(), WIDTHS, SEEDS)
@example(np.ones((1, 1, 1), bool), (0.0, 0.0, 0.0), 0)
@example(np.ones((1, 5, 1), bool), (4.0, 4.0, 4.0), 0)
def test_voxels_of_a_mask_are_those_of_the_whole_volume(inside, sigma, seed):
    rng = np.random.default_rng(seed)
    volumes = np.asfortranarray(rng.normal(size=(*inside.shape, 2)))
    whole = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))
    rows = np.full((2, inside.sum()), np.nan)
    bad = smooth_voxels(volumes, plan_voxels(inside, np.array(sigma)), rows)
    np.testing.assert_array_equal(rows, whole[inside].T)
    np.testing.assert_array_equal(bad, 0)


@settings(max_examples=40)
@given(SIZES, WIDTHS, SEEDS)
def test_whole_volumes_are_scipys_whatever_the_shape(shape, sigma, seed):
    volumes = np.random.default_rng(seed).normal(size=(*shape, 1))
    found = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))
    assert_smoothed(found, volumes, sigma)


@settings(max_examples=40)
@given(SIZES, WIDTHS, st.tuples(*[st.booleans()] * 3), SEEDS)
def test_smoothing_commutes_with_flips(shape, sigma, flips, seed):
    volumes = np.random.default_rng(seed).normal(size=(*shape, 1))
    turn = tuple(slice(None, None, -1 if flip else None) for flip in flips)
    first = smooth_volumes(volumes[turn], np.array(sigma), np.empty_like(volumes))
    then = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))[turn]
    np.testing.assert_allclose(first, then, rtol=0, atol=1e-14)


@settings(max_examples=40)
@given(SIZES, WIDTHS, st.floats(-1e6, 1e6, width=32))
def test_constants_stay_constant(shape, sigma, value):
    volumes = np.full((*shape, 1), value, np.float32, order="F")
    found = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))
    np.testing.assert_allclose(found, value, rtol=1e-6)


@settings(max_examples=25)
@given(WIDTHS.map(lambda w: tuple(min(s, 1.5) for s in w)), SEEDS)
def test_the_sum_is_preserved_away_from_the_border(sigma, seed):
    volumes = np.zeros((19, 19, 19, 1), order="F")
    volumes[6:13, 6:13, 6:13, 0] = np.random.default_rng(seed).normal(size=(7, 7, 7))
    found = smooth_volumes(volumes, np.array(sigma), np.empty_like(volumes))
    np.testing.assert_allclose(found.sum(), volumes.sum(), rtol=0, atol=1e-11)


def test_work_follows_the_mask(rng):
    inside = np.zeros((104, 104, 66), bool)
    inside[20:30, 20:30, 20:30] = inside[70:80, 20:30, 20:30] = True
    passes = plan_passes(inside, np.full(3, 1.25), np.float32)
    # the two clumps with 5 voxels around, in whole blocks of 16 columns: not the
    # box around both, and no planes in which nothing is needed
    assert passes.runs[:, 1].sum() <= 3 * 2 * 32 * 20 * 20
    np.testing.assert_array_equal(np.flatnonzero(np.diff(passes.of[1])), range(15, 35))
    np.testing.assert_array_equal(np.flatnonzero(np.diff(passes.of[2])), range(20, 30))


def test_what_is_far_from_the_mask_is_not_read(rng):
    inside = np.zeros((40, 40, 40), bool)
    inside[20, 20, 20] = True
    volumes = np.full((40, 40, 40, 1), np.nan, order="F")
    volumes[:, 16:25, 16:25] = 1.0
    rows = np.empty((1, 1))
    bad = smooth_voxels(volumes, plan_voxels(inside, np.ones(3)), rows)
    assert bad == [0]
    np.testing.assert_allclose(rows, 1.0)


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_blocks_and_threads_change_nothing(rng, n_jobs):
    volumes = np.asfortranarray(rng.normal(size=(20, 12, 9, 5)).astype(np.float32))
    inside = rng.random(volumes.shape[:3]) < 0.3
    plan = plan_voxels(inside, np.array([1.0, 0.4, 2.0]))
    together = np.empty((5, inside.sum()), np.float32)
    smooth_voxels(volumes, plan, together, n_jobs=n_jobs)
    alone = np.empty_like(together)
    for scan in range(5):
        part = slice(scan, scan + 1)
        smooth_voxels(volumes[..., part], plan, alone[part], n_jobs=1)
    np.testing.assert_array_equal(together, alone)


def test_an_empty_mask_has_no_voxels_to_smooth():
    plan = plan_voxels(np.zeros((4, 5, 6), bool), np.ones(3))
    bad = smooth_voxels(np.full((4, 5, 6, 2), np.nan), plan, np.empty((2, 0)))
    np.testing.assert_array_equal(bad, 0)


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


@pytest.mark.parametrize("shape", [(4, 5, 6), (1, 1, 1), (1, 2, 7)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_averages_of_voxels_are_those_of_the_volume(rng, readonly, dtype, shape):
    volume = np.asfortranarray(rng.normal(size=shape).astype(dtype))
    volume[0, 0, 0] = np.nan
    places = rng.permutation(volume.size).astype(np.int32)
    row = np.empty(volume.size, dtype)
    assert average_voxels(readonly(volume), places, row) == 1
    expected = neighbour_average(np.nan_to_num(volume)).ravel(order="F")[places]
    np.testing.assert_array_equal(row, expected)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, ">f4", np.float64])
def test_gathered_voxels_are_those_of_numpy(rng, readonly, dtype):
    volume = np.asfortranarray((rng.normal(size=(4, 5, 6)) * 50 + 100).astype(dtype))
    places = rng.permutation(volume.size)[:50].astype(np.int32)
    row = np.empty(50, np.float32)
    assert gather_voxels(readonly(volume), places, row, clean=True) == 0
    expected = volume.ravel(order="F")[places].astype(np.float32)
    np.testing.assert_array_equal(row, expected)


@pytest.mark.parametrize("clean", [True, False])
def test_gathered_voxels_are_cleaned_if_asked(clean):
    volume = np.array([1.0, np.nan, np.inf, -2.0, -np.inf]).reshape(5, 1, 1)
    row = np.empty(3)
    found = gather_voxels(volume, np.array([4, 1, 3], np.int32), row, clean=clean)
    assert found == (2 if clean else 0)
    np.testing.assert_array_equal(row, [0, 0, -2] if clean else [-np.inf, np.nan, -2])


def test_what_is_too_large_for_the_type_is_infinite_without_a_warning():
    assert flat_volume(np.full((1, 1, 1), 1e300, ">f8"), np.float32).tolist() == [
        np.inf
    ]
