"""Interpolated volumes are scipy's, and rounding does not cost a border plane."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import affine_transform, map_coordinates

from boldglm.core.resample import BORDER_TOLERANCE, fill_gaps, resample_volumes

SHAPE = (7, 8, 6)
TARGET = (9, 5, 8)


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
def test_the_number_of_threads_changes_nothing(rng, n_jobs):
    volumes = rng.normal(size=(*SHAPE, 4)).astype(np.float32)
    out = [
        resample_volumes(volumes, MATRICES["oblique"], np.empty((*TARGET, 4)), n_jobs=n)
        for n in (1, n_jobs)
    ]
    np.testing.assert_array_equal(*out)
