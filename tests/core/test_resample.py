"""Interpolated volumes are scipy's, and rounding does not cost a border plane."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import affine_transform, map_coordinates

from boldglm.core.resample import (
    BORDER_TOLERANCE,
    Resampler,
    ValueRange,
    fill_gaps,
)

SHAPE = (7, 8, 6)
TARGET = (9, 5, 8)


def resample_volumes(
    volumes, matrix, out, *, order=3, fill_value=0.0, limits=None, n_jobs=None
):
    """All that a `Resampler` does, in one call."""
    resampler = Resampler(volumes.shape[:3], out.shape[:3], matrix, order)
    resampler(volumes, out, fill_value=fill_value, n_jobs=n_jobs)
    if limits is not None:
        resampler.clip(out, limits, fill_value=fill_value, n_jobs=n_jobs)
    return out


def _matrix(linear, offset):
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = offset
    return matrix


MATRICES = {
    "oblique": _matrix(
        [[0.8, 0.1, 0.05], [-0.1, 0.9, 0.02], [0, 0.07, 0.6]], [0.3, 1, 0.2]
    ),
    "scaled": _matrix(np.diag([0.7, 1.4, 0.66]), [0.4, 0.1, 0.3]),
    "flipped": _matrix(np.diag([-0.7, 1.4, -0.66]), [6.0, 0.1, 4.8]),
    "permuted": _matrix([[0, 0, 0.8], [0.9, 0, 0], [0, -1.1, 0]], [0.2, 0.1, 4.9]),
    "realigned": _matrix(
        [[1, 0.01, -0.02], [-0.01, 1, 0.01], [0.02, 0.01, 1]], [0.3, -0.2, 0.4]
    ),
    "turned": _matrix(
        [[0.1, 0, -0.8], [-0.9, 0.1, 0], [0, 1.1, 0.1]], [4.93, 6.87, 0.43]
    ),
    "sheared": _matrix([[1, 0.4, 0], [0, 1, 0.2], [0, 0, 1]], [-1, 0, 0.5]),
    "coarse": _matrix([[2.2, 0.1, 0], [0, 2.5, 0.1], [0.1, 0, 1.9]], [0, 0.5, 0.5]),
    "beside": _matrix(np.eye(3), [20, 0, 0]),
    "projected": _matrix([[0.5, 0, 0], [0.5, 0, 0], [0, 0, 1]], [0, 0, 0]),
}


def _scipy(volumes, matrix, order, fill=0.0):
    parts = [
        affine_transform(
            volumes[..., t].astype(float), matrix[:3, :3], matrix[:3, 3], TARGET,
            order=order, cval=fill,
        )
        for t in range(volumes.shape[3])
    ]  # fmt: skip
    return np.stack(parts, axis=3)


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("name", list(MATRICES))
@pytest.mark.parametrize("layout", ["C", "F"])
def test_volumes_are_interpolated_as_scipy_does(rng, readonly, name, order, layout):
    volumes = readonly(np.asarray(rng.normal(size=(*SHAPE, 3)), order=layout))
    out = np.empty((*TARGET, 3), order=layout)
    found = resample_volumes(volumes, MATRICES[name], out, order=order, fill_value=-9.0)
    assert found is out
    expected = _scipy(volumes, MATRICES[name], order, -9.0)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("name", list(MATRICES))
@pytest.mark.parametrize("kind", ["f4", ">f4", "f2", "i2", ">i2", "u1", "i1"])
def test_single_precision_is_a_millionth_of_the_range(rng, readonly, name, order, kind):
    values = rng.normal(size=(*SHAPE, 2)) * 20 + (60 if kind == "u1" else 0)
    # what is common to all values costs no digits
    volumes = readonly((values + (10_000 if kind == "f4" else 0)).astype(kind))
    span = np.ptp(volumes.astype(float))
    found = resample_volumes(
        volumes, MATRICES[name], np.empty((*TARGET, 2), np.float32), order=order
    )
    expected = _scipy(volumes, MATRICES[name], order)
    # the result has no more digits than float32 has
    spacing = np.spacing(np.float32(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * span + spacing)


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    linear=st.lists(st.floats(-1.5, 1.5), min_size=9, max_size=9),
    offset=st.tuples(*[st.floats(-1, 6)] * 3),
    order=st.sampled_from([1, 3]),
    kind=st.sampled_from(["f4", "f8"]),
)
def test_any_matrix_and_any_small_volume(shape, linear, offset, order, kind):
    volume = np.random.default_rng(0).normal(size=shape).astype(kind)
    matrix = _matrix(np.reshape(linear, (3, 3)), offset)
    found = resample_volumes(
        volume[..., None], matrix, np.empty((*TARGET, 1), kind), order=order
    )
    places = np.einsum("ab,bijk->aijk", matrix[:3, :3], np.indices(TARGET))
    places += matrix[:3, 3].reshape(3, 1, 1, 1)
    expected = map_coordinates(volume.astype(float), places, order=order, mode="mirror")
    ends = np.reshape(shape, (3, 1, 1, 1)) - 1 + BORDER_TOLERANCE
    inside = ((places >= -BORDER_TOLERANCE) & (places <= ends)).all(axis=0)
    expected = np.where(inside, expected, 0)
    near_a_border = np.isclose(places, -BORDER_TOLERANCE, rtol=0, atol=1e-12)
    near_a_border |= np.isclose(places, ends, rtol=0, atol=1e-12)
    clear = ~near_a_border.any(axis=0)
    atol = 1e-10 if kind == "f8" else 1e-5
    np.testing.assert_allclose(found[clear, 0], expected[clear], atol=atol)


@pytest.mark.parametrize("order", [0, 1, 3])
@given(
    kind=st.sampled_from(["f4", "f8", "i2", "u1", "i8", ">i4"]),
    moves=st.tuples(*[st.integers(-3, 3)] * 3),
    flips=st.tuples(*[st.sampled_from([1, -1])] * 3),
    axes=st.permutations([0, 1, 2]),
)
def test_voxels_that_are_only_moved_keep_every_bit(order, kind, moves, flips, axes):
    random = np.random.default_rng(0)
    volumes = (random.normal(size=(*SHAPE, 1)) * 100).astype(kind)
    linear = np.zeros((3, 3))
    linear[axes, range(3)] = flips
    matrix = _matrix(linear, moves)
    out = np.empty((8, 8, 8, 1), volumes.dtype.newbyteorder("="))
    resample_volumes(volumes, matrix, out, order=order, fill_value=7)
    places = np.einsum("ab,bijk->aijk", linear, np.indices((8, 8, 8)))
    i, j, k = (places + np.reshape(moves, (3, 1, 1, 1))).astype(int)
    inside = np.ones((8, 8, 8), bool)
    for place, n in zip((i, j, k), SHAPE, strict=True):
        inside &= (place >= 0) & (place < n)
    expected = np.full((8, 8, 8), 7, out.dtype)
    expected[inside] = volumes[i[inside], j[inside], k[inside], 0]
    np.testing.assert_array_equal(out[..., 0], expected)


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("name", ["oblique", "scaled", "realigned"])
@pytest.mark.parametrize("value", [7.3, -1e30, 1e-35, 0.0])
def test_a_constant_stays_what_it_is(name, order, value):
    volumes = np.full((*SHAPE, 1), value, np.float32)
    out = np.empty((*TARGET, 1), np.float32)
    resample_volumes(volumes, MATRICES[name], out, order=order, fill_value=np.nan)
    assert np.isfinite(out).any()
    np.testing.assert_array_equal(out[np.isfinite(out)], np.float32(value))


@pytest.mark.parametrize("name", ["oblique", "scaled", "realigned"])
def test_zeros_around_stay_zero(rng, name):
    volumes = np.zeros((*SHAPE, 1), np.float32)
    volumes[4:] = rng.uniform(900, 1000, size=(3, *SHAPE[1:], 1))
    out = np.empty((*TARGET, 1), np.float32)
    resample_volumes(volumes, MATRICES[name], out, order=1)
    near = np.empty((*TARGET, 1), np.float32)
    spread = (volumes > 0).astype(np.float32)
    resample_volumes(spread, MATRICES[name], near, order=1)
    np.testing.assert_array_equal(out == 0, near == 0)
    assert (out == 0).mean() > 0.2


@pytest.mark.parametrize("scale", [3e38, 1e-36])
@pytest.mark.parametrize("name", ["oblique", "scaled"])
def test_the_largest_and_smallest_numbers_are_interpolated(rng, name, scale):
    volumes = (rng.uniform(-1, 1, size=(*SHAPE, 1)) * scale).astype(np.float32)
    out = np.empty((*TARGET, 1))
    resample_volumes(volumes, MATRICES[name], out)
    expected = _scipy(volumes, MATRICES[name], 3)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-6 * scale)


def test_there_and_back_is_where_we_were():
    """A turn by a few degrees and back, of waves that are long in voxels."""
    x, y, z = np.indices((24, 26, 22)) / 24
    volume = np.sin(5 * x + 1) * np.cos(4 * y) + np.sin(6 * z - 3 * x)
    turn = _matrix([[0.995, 0.1, 0], [-0.1, 0.995, 0], [0, 0, 1]], [-0.9, 1.4, 0.5])
    for kind in (np.float32, np.float64):
        there = resample_volumes(
            volume[..., None].astype(kind), turn, np.empty((24, 26, 22, 1), kind)
        )
        back = resample_volumes(there, np.linalg.inv(turn), np.empty_like(there))
        inner = (slice(6, -6),) * 3
        np.testing.assert_allclose(back[..., 0][inner], volume[inner], atol=1e-3)


@pytest.mark.parametrize("name", ["scaled", "sheared"])
def test_halves_are_rounded_as_scipy_does(rng, name):
    """Linear interpolation of integers meets halves at every other voxel."""
    volumes = rng.integers(0, 200, size=(*SHAPE, 1)).astype(np.uint8)
    matrix = _matrix(np.eye(3) / 2, [0, 0, 0])
    if name == "sheared":
        matrix[0, 1] = 0.25
    out = np.empty((*TARGET, 1), np.uint8)
    resample_volumes(volumes, matrix, out, order=1)
    expected = affine_transform(
        volumes[..., 0], matrix[:3, :3], matrix[:3, 3], TARGET, order=1
    )
    np.testing.assert_array_equal(out[..., 0], expected)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    steps=st.tuples(*[st.floats(-2, 2).filter(lambda x: abs(x) > 0.1)] * 3),
    offset=st.tuples(*[st.floats(-1, 6)] * 3),
    order=st.sampled_from([1, 3]),
)
def test_axis_by_axis_is_the_same_as_at_once(shape, steps, offset, order):
    volume = np.random.default_rng(0).normal(size=shape)
    matrix = _matrix(np.diag(steps), offset)
    found = resample_volumes(
        volume[..., None], matrix, np.empty((*TARGET, 1)), order=order
    )
    places = np.indices(TARGET) * np.reshape(steps, (3, 1, 1, 1))
    places += np.reshape(offset, (3, 1, 1, 1))
    expected = map_coordinates(volume, places, order=order, mode="mirror")
    ends = np.reshape(shape, (3, 1, 1, 1)) - 1 + BORDER_TOLERANCE
    inside = ((places >= -BORDER_TOLERANCE) & (places <= ends)).all(axis=0)
    np.testing.assert_allclose(found[..., 0], np.where(inside, expected, 0), atol=1e-10)


@pytest.mark.parametrize("order", [0, 1, 3])
def test_rounding_does_not_cost_a_border_plane(rng, order):
    volume = rng.normal(size=(*SHAPE, 1))
    noise = _matrix(np.eye(3), [-1e-13, 1e-13, 1e-6])
    found = resample_volumes(volume, noise, np.empty((*SHAPE, 1)), order=order)
    np.testing.assert_allclose(found, volume, atol=1e-5)
    turned = np.array([[1, 1e-15, 0], [0, 1, 0], [1e-15, 0, 1]])
    found = resample_volumes(
        volume, _matrix(turned, [-1e-15] * 3), np.empty((*SHAPE, 1)), order=order
    )
    np.testing.assert_allclose(found, volume, atol=1e-12)


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4"])
@pytest.mark.parametrize("name", ["oblique", "scaled"])
def test_integers_are_rounded_and_saturate(rng, dtype, name):
    volumes = np.zeros((*SHAPE, 1), dtype)
    volumes[3:5] = np.iinfo(dtype).max
    found = resample_volumes(volumes, MATRICES[name], np.empty((*TARGET, 1), dtype))
    kind = np.iinfo(dtype)
    exact = np.clip(_scipy(volumes, MATRICES[name], 3), kind.min, kind.max)
    # one unit for rounding, and float64 has no more digits than that for int32
    np.testing.assert_allclose(found.astype(float), exact, atol=1)


def test_limits_hold_for_what_is_interpolated_and_not_for_the_fill_value(rng):
    volumes = np.where(rng.random((*SHAPE, 1)) > 0.5, 1.0, 0.0)
    for kind, fill in ((np.float32, -7.0), (np.float32, 7.0), (np.int16, -7)):
        found = resample_volumes(
            volumes, _matrix(np.eye(3) * 0.9, [-1.5, 0.2, 0.3]),
            np.empty((*TARGET, 1), kind), fill_value=fill, limits=(0.0, 1.0),
        )  # fmt: skip
        inside = found != fill
        assert inside.any()
        assert not inside.all()
        assert found[inside].min() == 0
        assert found[inside].max() == 1


def test_a_fill_value_that_the_type_cannot_hold_is_the_nearest_it_can():
    out = np.ones((*TARGET, 1), np.uint8)
    resample_volumes(
        np.ones((*SHAPE, 1), np.uint8), MATRICES["beside"], out, fill_value=-5
    )
    assert (out == 0).all()


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("name", ["oblique", "scaled"])
def test_a_gap_does_not_spread(rng, name, order):
    volumes = rng.normal(size=(*SHAPE, 2))
    volumes[3, 4, 2, 1] = np.nan
    found = resample_volumes(
        volumes, MATRICES[name], np.empty((*TARGET, 2)), order=order
    )
    bridged = volumes.copy()
    around = [(2, 4, 2), (4, 4, 2), (3, 3, 2), (3, 5, 2), (3, 4, 1), (3, 4, 3)]
    bridged[3, 4, 2, 1] = np.mean([volumes[(*at, 1)] for at in around])
    gap = np.zeros((*SHAPE, 2))
    gap[3, 4, 2, 1] = 1
    near = _scipy(gap, MATRICES[name], 0) > 0
    assert 0 < near.sum() < 20
    np.testing.assert_array_equal(np.isnan(found), near)
    expected = _scipy(bridged, MATRICES[name], order)
    np.testing.assert_allclose(found[~near], expected[~near], atol=1e-12)


def test_deep_gaps_are_filled_two_voxels_in_then_zero(readonly):
    volume = np.full((9, 9, 9), 5.0)
    volume[1:8, 1:8, 1:8] = np.nan
    filled = fill_gaps(*readonly(volume, np.isfinite(volume)))
    assert (filled[2, 2:7, 2:7] == 5).all()
    assert (filled[3:6, 3:6, 3:6] == 0).all()
    assert (fill_gaps(volume, np.isfinite(volume), steps=4) == 5).all()


def test_a_volume_without_any_known_value_becomes_nan_inside():
    volumes = np.full((*SHAPE, 1), np.nan)
    out = resample_volumes(
        volumes, _matrix(np.eye(3), [-1, 0, 0]), np.empty((*SHAPE, 1))
    )
    assert np.isnan(out[1:]).all()
    assert (out[0] == 0).all()


@pytest.mark.parametrize("n_jobs", [1, 2, 5])
@pytest.mark.parametrize("name", ["oblique", "realigned", "scaled"])
def test_threads_blocks_and_layouts_change_nothing(rng, name, n_jobs):
    volumes = rng.normal(size=(*SHAPE, 4)).astype(np.float32)
    out = resample_volumes(
        volumes, MATRICES[name], np.empty((*TARGET, 4), np.float32), n_jobs=1
    )
    resampler = Resampler(SHAPE, TARGET, MATRICES[name])
    again = np.empty((*TARGET, 4), np.float32, order="F")
    for cut in (slice(0, 1), slice(1, 4)):
        part = np.asarray(volumes[..., cut], order="F")
        resampler(part, again[..., cut], n_jobs=n_jobs)
    np.testing.assert_array_equal(out, again)


def test_each_volume_is_held_within_its_own_range_where_asked(rng, readonly):
    volumes = readonly(np.where(rng.random((*SHAPE, 2)) > 0.5, [1.0, 5.0], 0.5))
    resampler = Resampler(SHAPE, TARGET, MATRICES["realigned"])
    free, held = np.empty((2, *TARGET, 2))
    found = resampler(volumes, free)
    assert found == ValueRange(0.5, 5.0)
    assert resampler(volumes, held, clip=True, fill_value=-3.0) == found
    outside = held[..., 0] == -3
    np.testing.assert_array_equal(held[~outside], free.clip(0, [1, 5])[~outside])
    resampler.clip(held, (0.6, 0.7), fill_value=-3.0)
    assert (held[outside] == -3).all()
    np.testing.assert_array_equal(held[~outside], held[~outside].clip(0.6, 0.7))


def test_ranges_are_of_the_finite_values():
    low = ValueRange.of(np.array([np.nan, -1.0, 2.0]))
    assert low == ValueRange(-1.0, 2.0, finite=False)
    assert low | ValueRange.of(np.array([5])) == ValueRange(-1.0, 5.0, finite=False)
    assert ValueRange.of(np.array([np.inf])).with_zero == (0.0, 0.0)


def test_the_range_is_that_of_all_volumes():
    volumes = np.arange(12.0).reshape(2, 1, 1, 6)
    volumes[0, 0, 0, 2] = np.nan
    found = Resampler((2, 1, 1), (2, 1, 1), np.eye(4))(volumes, volumes.copy())
    assert (found.low, found.high, found.finite) == (0.0, 11.0, False)


def test_large_integers_keep_their_digits(rng):
    volumes = rng.integers(0, 2**31 - 1, (*SHAPE, 1)).astype(np.int32)
    matrix = MATRICES["oblique"]
    found, expected = (
        resample_volumes(part, matrix, np.empty((*TARGET, 1)))
        for part in (volumes, volumes.astype(np.float64))
    )
    np.testing.assert_array_equal(found, expected)
