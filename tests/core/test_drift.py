"""Slow drifts."""

import numpy as np
import pytest
from scipy.fft import dct

from boldglm.core.drift import constant_drift, cosine_drift, polynomial_drift


def test_cosines_are_the_rows_of_scipys_dct(readonly):
    times = readonly(np.arange(40) * 1.5)
    drift = cosine_drift(times, 1 / 20)
    basis = dct(np.eye(40), axis=0, norm="ortho").T
    np.testing.assert_allclose(drift[:, :-1], basis[:, 1 : drift.shape[1]], atol=1e-14)


@pytest.mark.parametrize(
    ("n_scans", "t_r", "high_pass", "n_cosines"),
    [(100, 2.0, 0.01, 4), (100, 2.0, 1 / 128, 3), (100, 2.0, 0.0, 0), (9, 1, 0.01, 0)],
)
def test_there_is_a_cosine_for_every_half_wave_longer_than_the_cut_off(
    n_scans, t_r, high_pass, n_cosines
):
    drift = cosine_drift(np.arange(n_scans) * t_r, high_pass)
    assert drift.shape == (n_scans, n_cosines + 1)
    assert (drift[:, -1] == 1).all()


def test_cosines_never_outnumber_the_scans():
    assert cosine_drift(np.arange(10) * 2.0, high_pass=5.0).shape == (10, 10)


def test_polynomials_are_legendre_like(readonly):
    """On equally spaced scans, orthogonal powers are those of a QR."""
    times = readonly(np.arange(30) * 2.0 + 1)
    drift = polynomial_drift(times, 4)
    gram = drift.T @ drift
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-10)
    oracle = np.linalg.qr(np.vander(times, 5, increasing=True))[0]
    for power in range(1, 5):
        correlation = np.corrcoef(drift[:, power - 1], oracle[:, power])[0, 1]
        assert abs(correlation) == pytest.approx(1)


def test_powers_are_of_times_over_the_last():
    """Also where the first scan is further from zero: the unit is that of the peer."""
    times = np.array([-9.0, -6.0, 0.0, 3.0])
    np.testing.assert_allclose(
        polynomial_drift(times, 1)[:, 0], (times - times.mean()) / 3.0
    )


@pytest.mark.parametrize("times", [[-4.0, -2.0, 0.0], [-3.0, -2.0, -1.0]])
def test_times_before_zero_give_finite_polynomials(times):
    drift = polynomial_drift(np.array(times), 1)
    assert np.isfinite(drift).all()
    assert abs(drift[:, 0] @ drift[:, 1]) < 1e-12


def test_the_constant_is_ones():
    np.testing.assert_array_equal(constant_drift(np.arange(3.0)), np.ones((3, 1)))


@pytest.mark.parametrize("high_pass", [-0.01, np.nan, np.inf])
def test_the_cut_off_must_be_a_frequency(high_pass):
    with pytest.raises(ValueError, match="expected a frequency of 0 or more"):
        cosine_drift(np.arange(10.0), high_pass)


def test_one_scan_has_no_cosines():
    with pytest.raises(ValueError, match="at least 2 scans; got 1"):
        cosine_drift(np.zeros(1), 0.01)


def test_the_order_must_not_be_negative():
    with pytest.raises(ValueError, match="drift_order is -1"):
        polynomial_drift(np.arange(10.0), -1)
