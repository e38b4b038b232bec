"""Sampling and convolving events."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm._base.errors import ShapeError
from boldglm.core import regressors
from boldglm.core.hrf import spm_hrf
from boldglm.core.regressors import (
    EventTrain,
    convolve_events,
    event_samples,
    fine_grid,
    fir_kernel,
    impulse_kernel,
    orthogonalize,
)


def train_of(onset, duration=0.0, amplitude=1.0, condition=0, n_conditions=1):
    onset = np.atleast_1d(np.asarray(onset, float))
    full = np.broadcast_to
    return EventTrain(
        onset,
        full(float(duration), onset.shape)
        if np.ndim(duration) == 0
        else np.asarray(duration, float),
        full(float(amplitude), onset.shape)
        if np.ndim(amplitude) == 0
        else np.asarray(amplitude, float),
        np.broadcast_to(np.asarray(condition, np.intp), onset.shape),
        n_conditions,
    )


def brute_force(train, grid, kernel, frame_times, lead=0):
    """Boxcars on the fine grid, `numpy.convolve`, linear interpolation."""
    first, after = event_samples(train, grid)
    X = np.zeros((frame_times.size, train.n_conditions))
    for c in range(train.n_conditions):
        box = np.zeros(grid.times.size)
        for e in np.flatnonzero(train.condition == c):
            box[first[e] : after[e]] += train.amplitude[e]
        fine = np.convolve(box, kernel)[: box.size]
        size = grid.times.size - lead
        X[:, c] = np.interp(frame_times, grid.times[:size], fine[lead:])
    return X


@pytest.fixture
def dense(rng):
    """Many events of three conditions, before, in and after the scans."""
    n = 60
    return EventTrain(
        rng.uniform(-40, 230, n),
        rng.choice([0.0, 0.01, 3.0, 60.0], n),
        rng.normal(1, 2, n),
        rng.integers(0, 3, n),
        3,
    )


@pytest.mark.parametrize("lead", [0, 9])
@pytest.mark.parametrize("oversampling", [10, 50])
def test_running_sums_are_the_convolution(dense, rng, lead, oversampling):
    frame_times = np.sort(rng.uniform(0, 200, 80))
    kernel = rng.normal(size=300)
    grid = fine_grid(frame_times, oversampling, -24.0, lead)
    np.testing.assert_allclose(
        convolve_events(dense, grid, kernel, lead),
        brute_force(dense, grid, kernel, frame_times, lead),
        atol=1e-11,
    )


def test_blocks_of_events_add_up(dense, monkeypatch):
    frame_times = np.arange(100) * 2.0
    grid = fine_grid(frame_times)
    whole = convolve_events(dense, grid, spm_hrf(2.0))
    monkeypatch.setattr(regressors, "MAX_PAIRS", 500)
    np.testing.assert_allclose(
        convolve_events(dense, grid, spm_hrf(2.0)), whole, atol=1e-13
    )


def test_scans_before_an_event_and_after_its_response_are_exactly_zero():
    grid = fine_grid(np.arange(60.0))
    response = convolve_events(train_of(10.0, 2.0, 0.3), grid, spm_hrf(1.0)).ravel()
    assert (response[:10] == 0).all()
    assert (response[45:] == 0).all()
    assert response.max() > 0.2 * 0.3


def test_inputs_are_left_alone(readonly):
    onset, duration, amplitude, times, kernel = readonly(
        [1.0, 5.0], [1.0, 0.0], [1.0, 2.0], np.arange(20.0), spm_hrf(1.0)
    )
    train = EventTrain(onset, duration, amplitude, np.zeros(2, np.intp), 1)
    convolve_events(train, fine_grid(times), kernel)


def test_the_grid_ends_one_scan_after_the_last_for_scans_from_zero():
    grid = fine_grid(np.arange(10) * 2.0, 50, -24.0)
    assert grid.times[0] == -24.0
    assert grid.times[-1] == pytest.approx(20.0)
    assert np.diff(grid.times) == pytest.approx(0.04)


@pytest.mark.parametrize("lead", [0, 49])
@pytest.mark.parametrize("shift", [-1000.0, -18.0, -9.0, 0.0, 0.37, 1000.0])
def test_the_grid_holds_all_scans_whenever_they_were(shift, lead):
    times = np.arange(10) * 2.0 + shift
    grid = fine_grid(times, 50, -24.0, lead)
    assert grid.times[0] <= times[0]
    read = (1 - grid.weight) * grid.times[grid.left] + grid.weight * grid.times[
        grid.left + 1
    ]
    np.testing.assert_allclose(read, times, atol=1e-9)
    assert (grid.left + 1 + lead < grid.times.size).all()
    assert grid.weight.min() >= -1e-9
    assert grid.weight.max() <= 1 + 1e-9


def test_events_before_the_grid_start_with_it_and_later_ones_are_empty():
    grid = fine_grid(np.arange(10.0), 10, -5.0)
    first, after = event_samples(train_of([-20.0, -20.0, 99.0], [1.0, 17.0, 1.0]), grid)
    assert first.tolist() == [0, 0, grid.times.size - 1]
    assert after[0] == 1
    assert grid.times[after[1]] == pytest.approx(-3.0)
    assert after[2] == first[2]


def test_an_impulse_is_one_sample_of_one():
    grid = fine_grid(np.arange(5.0), 1, 0.0)
    X = convolve_events(train_of(2.0), grid, impulse_kernel(1.0, 1))
    np.testing.assert_allclose(X.ravel(), [0, 0, 1, 0, 0], atol=1e-15)


def test_fir_bins_follow_a_long_block_one_scan_at_a_time():
    times = np.arange(20) * 2.0
    grid = fine_grid(times, 50, -24.0, lead=49)
    train = train_of(8.0, 2.0)
    for delay in range(3):
        X = convolve_events(train, grid, fir_kernel(delay), lead=49).ravel()
        np.testing.assert_allclose(X, np.eye(20)[4 + delay], atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    onset=st.lists(st.floats(-20, 60), min_size=1, max_size=8),
    duration=st.floats(0, 20),
    scale=st.floats(-50, 50),
)
def test_the_response_is_linear_in_the_amplitudes(onset, duration, scale):
    grid = fine_grid(np.arange(40) * 1.5)
    kernel = spm_hrf(1.5)
    one = convolve_events(train_of(onset, duration), grid, kernel)
    many = convolve_events(train_of(onset, duration, scale), grid, kernel)
    np.testing.assert_allclose(many, scale * one, atol=1e-10)


@pytest.mark.parametrize("times", [[1.0], [0.0, 0.0], [2.0, 1.0]])
def test_scans_must_ascend(times):
    with pytest.raises(ValueError, match="at least 2 ascending times"):
        fine_grid(np.array(times))


def test_oversampling_must_be_positive():
    with pytest.raises(ValueError, match="oversampling is 0"):
        fine_grid(np.arange(3.0), 0)


@pytest.mark.parametrize("kernel", [np.zeros((2, 2)), np.zeros(0)])
def test_a_kernel_is_one_dimensional(kernel):
    with pytest.raises(ShapeError, match="expected \\(n_samples,\\)"):
        convolve_events(train_of(1.0), fine_grid(np.arange(3.0)), kernel)


def test_fir_delays_must_not_be_negative():
    with pytest.raises(ValueError, match="FIR delay -1 is negative"):
        fir_kernel(-1)


def test_orthogonalized_columns_span_the_same_and_are_orthogonal(rng, readonly):
    X = readonly(rng.normal(size=(40, 5)))
    Q = orthogonalize(X)
    gram = Q.T @ Q
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-10)
    np.testing.assert_array_equal(Q[:, 0], X[:, 0])
    for width in range(1, 6):
        stacked = np.hstack([X[:, :width], Q[:, :width]])
        assert np.linalg.matrix_rank(stacked) == width


def test_a_redundant_column_becomes_zero_and_is_no_direction(rng):
    a, b = rng.normal(size=(2, 40))
    Q = orthogonalize(np.column_stack([a, 2 * a, b]))
    np.testing.assert_allclose(Q[:, 1], 0, atol=1e-12)
    expected = b - a * (a @ b) / (a @ a)
    np.testing.assert_allclose(Q[:, 2], expected, atol=1e-12)


def test_orthogonalize_takes_one_column_and_whole_numbers():
    np.testing.assert_array_equal(orthogonalize(np.array([1, 2])), [1.0, 2.0])
    Q = orthogonalize(np.array([[1, 1], [1, 2]]))
    np.testing.assert_allclose(Q[:, 1], [-0.5, 0.5])
