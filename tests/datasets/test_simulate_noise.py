import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import affine_transform, gaussian_filter
from scipy.spatial.transform import Rotation

from boldglm.datasets import NoiseSettings, make_brain
from boldglm.datasets import simulate_noise as noise
from boldglm.datasets.simulate_brain import Brain


def least_squares_ar(series, order):
    """AR coefficients of many series of one process, pooled, (order,)."""
    flat = series.reshape(len(series), -1).astype(float)
    past = np.stack([flat[order - k : len(flat) - k] for k in range(1, order + 1)])
    return np.linalg.solve(
        np.einsum("jtv,ktv->jk", past, past), np.einsum("jtv,tv->j", past, flat[order:])
    )


partials = st.lists(st.floats(-0.95, 0.95), min_size=1, max_size=6)


@given(partials)
def test_coefficients_are_those_of_statsmodels(partial):
    tsa = pytest.importorskip("statsmodels.tsa.stattools")
    expected, _ = tsa.levinson_durbin_pacf(np.array([1.0, *partial]))
    found = noise.ar_coefficients(np.array(partial))[-1]
    np.testing.assert_allclose(found, expected, atol=1e-10)


@given(partials)
def test_every_process_is_stable(partial):
    coefficients = noise.ar_coefficients(np.array(partial))[-1]
    roots = np.roots([1.0, *-coefficients])
    assert np.abs(roots).max(initial=0.0) < 1


@pytest.mark.parametrize("partial", [(0.6,), (0.5, -0.3), (0.4, 0.2, 0.3)])
def test_the_noise_has_the_coefficients_it_was_made_with(rng, partial):
    maps = np.ones((len(partial), 20, 20, 20), np.float32)
    maps *= np.array(partial, np.float32)[:, None, None, None]
    series = noise.ar_noise(maps, 60, 0.0, rng)
    expected = noise.ar_coefficients(np.array(partial))[-1]
    np.testing.assert_allclose(
        least_squares_ar(series, len(partial)), expected, atol=0.01
    )


def test_each_voxel_has_its_own_coefficient(rng):
    maps = np.full((1, 12, 12, 12), 0.1, np.float32)
    maps[:, 6:] = 0.7
    series = noise.ar_noise(maps, 100, 0.0, rng)
    assert least_squares_ar(series[:, :6], 1)[0] == pytest.approx(0.1, abs=0.01)
    assert least_squares_ar(series[:, 6:], 1)[0] == pytest.approx(0.7, abs=0.01)


@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_the_variance_is_1_from_the_first_scan_on(rng, sigma):
    maps = np.full((2, 24, 24, 24), 0.6, np.float32)
    series = noise.ar_noise(maps, 12, sigma, rng)
    variance = series.reshape(12, -1).var(axis=1)
    np.testing.assert_allclose(variance, 1.0, atol=0.15)
    assert variance[:3].mean() == pytest.approx(variance[6:].mean(), abs=0.15)


def test_the_noise_is_as_smooth_as_asked(rng):
    series = noise.ar_noise(np.full((1, 30, 30, 30), 0.3, np.float32), 8, 1.5, rng)
    for axis in (1, 2, 3):
        volumes = np.moveaxis(series, axis, 0)
        neighbours = np.corrcoef(volumes[1:].ravel(), volumes[:-1].ravel())[0, 1]
        assert neighbours == pytest.approx(np.exp(-1 / (4 * 1.5**2)), abs=0.01)


def test_maps_of_coefficients_fill_their_range():
    settings = NoiseSettings(partial=((0.1, 0.5), (-0.2, 0.2)))
    maps = noise.partial_maps(make_brain(8.0), settings, seed=3)
    for row, (low, high) in zip(maps, settings.partial, strict=True):
        assert low <= row.min() < low + 0.05
        assert high - 0.05 < row.max() <= high


@pytest.mark.parametrize("pair", [(0.5, 1.0), (-1.0, 0.0), (0.6, 0.5)])
def test_a_range_that_is_not_stable_is_refused(pair):
    with pytest.raises(ValueError, match="partial autocorrelations range from"):
        NoiseSettings(partial=(pair,))


def test_streams_differ_between_parts_and_runs():
    draws = {
        noise.stream(seed, part, run).integers(2**63)
        for seed in (0, 1)
        for part in noise.PARTS
        for run in (0, 1, 2)
    }
    assert len(draws) == 2 * len(noise.PARTS) * 3


def test_drifts_are_slow_standard_and_as_strong_as_asked(rng):
    brain = make_brain(8.0)
    courses, maps = noise.drifts(brain, NoiseSettings(drift=0.9), 200, rng)
    np.testing.assert_allclose(courses.std(axis=0), 1)
    spectrum = np.abs(np.fft.rfft(courses * np.hanning(200)[:, None], axis=0)) ** 2
    assert (spectrum[:6].sum(axis=0) / spectrum.sum(axis=0)).min() > 0.99
    variance = ((courses @ maps.reshape(3, -1)) ** 2).mean(axis=0)
    # The courses are correlated, so this holds on average only
    assert np.sqrt(variance.mean()) == pytest.approx(0.9, rel=0.3)


def displaced(image, voxel_size, translation, rotation):
    """The image after a rigid motion of the head, by cubic interpolation."""
    turn = Rotation.from_rotvec(rotation).as_matrix()
    centre = (np.array(image.shape) - 1) / 2
    # A point x shows what was at R'(x - c - t) + c
    back = turn.T
    offset = centre - back @ (centre + np.array(translation) / voxel_size)
    return affine_transform(image, back, offset=offset, order=3, mode="nearest")


@pytest.mark.parametrize("parameter", range(6))
def test_motion_maps_are_what_a_moved_head_looks_like(parameter):
    step = 0.2 if parameter < 3 else 0.004
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    image = 1000 * gaussian_filter(np.float64(make_brain(4.0).mask), 1.5)
    brain = Brain(affine, image > 500, image.astype(np.float32))
    motion = np.zeros(6)
    motion[parameter] = step
    ahead = displaced(image, 4.0, motion[:3], motion[3:])
    behind = displaced(image, 4.0, -motion[:3], -motion[3:])
    expected = (ahead - behind) / (2 * step)
    found = noise.motion_maps(brain)[parameter]
    inner = (slice(2, -2),) * 3
    error = np.linalg.norm((found - expected)[inner]) / np.linalg.norm(expected[inner])
    assert error < 0.15  # central differences against splines
    assert np.corrcoef(found[inner].ravel(), expected[inner].ravel())[0, 1] > 0.99


def test_motion_is_along_the_axes_of_the_world_however_the_grid_lies():
    """The same head on a grid that is turned and flipped, seen from the same place."""
    straight = make_brain(8.0)
    # The grid from behind to the front, from left to right, and up
    turned = Brain(
        straight.affine[:, [1, 0, 2, 3]] @ np.diag([1.0, -1.0, 1.0, 1.0]),
        straight.mask.transpose(1, 0, 2)[:, ::-1],
        straight.baseline.transpose(1, 0, 2)[:, ::-1],
    )
    found = noise.motion_maps(turned)[:, :, ::-1].transpose(0, 2, 1, 3)
    expected = noise.motion_maps(straight)
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


def test_the_head_starts_at_rest_and_jerks_at_spikes(rng):
    spikes = np.array([20, 60])
    position = noise.motion_parameters(NoiseSettings(motion=0.5), 100, spikes, rng)
    assert position.shape == (100, 6)
    assert not position[0].any()
    displacement = noise.framewise_displacement(position)
    assert set(np.argsort(displacement[1:])[-4:] + 1) == {20, 21, 60, 61}


def test_framewise_displacement_is_that_of_power_and_colleagues():
    position = np.zeros((3, 6))
    position[1] = [0.1, -0.2, 0.0, 0.01, 0.0, -0.02]
    displacement = noise.framewise_displacement(position)
    assert np.isnan(displacement[0])
    np.testing.assert_allclose(displacement[1:], 0.1 + 0.2 + 50 * 0.03)


def test_spikes_are_as_many_as_asked_and_all_different(rng):
    scans = noise.spike_scans(NoiseSettings(n_spikes=20), 100, rng)
    assert len(set(scans.tolist())) == 20
    assert np.array_equal(scans, np.sort(scans))


def test_a_run_made_of_spikes_is_refused(rng):
    with pytest.raises(ValueError, match="n_spikes is 30 in a run of 100 scans"):
        noise.spike_scans(NoiseSettings(n_spikes=30), 100, rng)
