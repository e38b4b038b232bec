"""Thresholds for many tests, against statsmodels and the definitions spelled out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from boldglm._base.errors import ShapeError
from boldglm.core import multiple


def mixed_z(rng, n=200, n_active=20):
    z = rng.normal(size=n)
    z[:n_active] += 3.5
    return z


@pytest.mark.parametrize("alpha", [1e-6, 0.001, 0.05, 0.3, 1.0])
@pytest.mark.parametrize("n_active", [0, 5, 60])
def test_fdr_finds_what_statsmodels_finds(alpha, n_active, rng, readonly):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    z = readonly(mixed_z(rng, n_active=n_active))
    expected = multitest.multipletests(ndtr(-z), alpha, method="fdr_bh")[0]
    np.testing.assert_array_equal(z >= multiple.fdr_threshold(z, alpha), expected)


def test_fdr_agrees_with_nilearn(rng):
    nilearn = pytest.importorskip("nilearn.glm")
    for n_active in (1, 10, 100):
        z = mixed_z(rng, 500, n_active)
        for alpha in (0.01, 0.05, 0.2):
            assert multiple.fdr_threshold(z, alpha) == nilearn.fdr_threshold(z, alpha)


def test_fdr_of_noise_finds_nothing():
    assert multiple.fdr_threshold(-ndtri((np.arange(100) + 0.5) / 100), 0.05) == np.inf
    assert multiple.fdr_threshold([], 0.05) == np.inf
    assert multiple.fdr_threshold([9.0, np.inf], 0.0) == np.inf


def test_fdr_counts_no_test_for_nan(rng):
    z = mixed_z(rng)
    with_nan = np.concatenate([z, np.full(500, np.nan)])
    assert multiple.fdr_threshold(with_nan, 0.05) == multiple.fdr_threshold(z, 0.05)


def test_fdr_keeps_values_as_high_as_the_last_found(rng):
    z = mixed_z(rng).astype(np.float32)
    threshold = multiple.fdr_threshold(z, 0.05)
    found = np.sort(z[z.astype(np.float64) > threshold])
    assert found[0] == pytest.approx(threshold, abs=1e-11)


@given(st.floats(1e-12, 0.5), st.integers(1, 10**6))
def test_bonferroni_divides_alpha_among_tests(alpha, n_tests):
    height = multiple.bonferroni_threshold(alpha, n_tests)
    assert ndtr(-height) * n_tests == pytest.approx(alpha, rel=1e-9)
    assert multiple.bonferroni_threshold(alpha, 1) == multiple.fpr_threshold(alpha)


def test_bonferroni_over_no_tests_finds_nothing():
    assert multiple.bonferroni_threshold(0.05, 0) == np.inf


def hommel_by_definition(p, alpha):
    n = p.size
    p = np.sort(p)
    for i in range(n, 0, -1):
        if all(i * p[n - i + j - 1] > j * alpha for j in range(1, i + 1)):
            return i
    return 0


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.4])
@pytest.mark.parametrize("n_active", [0, 3, 25, 40])
def test_hommel_value_is_that_of_its_definition(alpha, n_active, rng, readonly):
    for _ in range(5):
        z = readonly(mixed_z(rng, 40, n_active))
        assert multiple.hommel_value(z, alpha) == hommel_by_definition(ndtr(-z), alpha)


def test_hommel_value_of_few_tests():
    assert multiple.hommel_value([], 0.05) == 0
    assert multiple.hommel_value([1.0], 0.05) == 1
    assert multiple.hommel_value([2.0], 0.05) == 0
    assert multiple.hommel_value([50.0, 60.0], 0.05) == 0


def proportion_by_definition(p, hommel, alpha):
    u = np.arange(1, p.size + 1)
    counts = [(hommel * p <= k * alpha).sum() for k in u]
    return max(0, (1 - u + counts).max()) / p.size


@pytest.mark.parametrize("n_labels", [1, 4, 30])
def test_shares_are_those_of_their_definition(n_labels, rng, readonly):
    z = readonly(mixed_z(rng, 300, 60))
    labels = readonly(rng.integers(0, n_labels + 1, size=300))
    hommel = multiple.hommel_value(z, 0.05)
    shares = multiple.discovery_proportions(z, labels, hommel, 0.05)
    assert shares[0] == 0
    for label in range(1, n_labels + 1):
        p = ndtr(-z[labels == label])
        expected = proportion_by_definition(p, hommel, 0.05)
        assert shares[label] == pytest.approx(expected, abs=1e-12)


def test_a_share_is_never_above_one():
    # p is 0 in floating point, and the Hommel value 0
    z = np.full(4, 60.0)
    hommel = multiple.hommel_value(z, 0.05)
    assert multiple.discovery_proportions(z, [1, 1, 2, 2], hommel, 0.05)[1:] == (
        pytest.approx([1, 1])
    )
    z = np.concatenate([z, np.zeros(96)])
    hommel = multiple.hommel_value(z, 0.05)
    assert multiple.discovery_proportions(z[:4], [1] * 4, hommel, 0.05)[1] == 1


def test_labels_without_voxels_have_share_zero():
    shares = multiple.discovery_proportions([9.0, 0.0], [3, 0], 1, 0.05)
    np.testing.assert_array_equal(shares, [0, 0, 0, 1])
    np.testing.assert_array_equal(
        multiple.discovery_proportions([9.0], [0], 1, 0.05), [0]
    )


@given(st.integers(0, 2**32 - 1))
def test_a_larger_share_of_active_voxels_is_never_found_with_less_alpha(seed):
    z = mixed_z(np.random.default_rng(seed), 60, 15)
    labels = (z > 1).astype(int)
    found = [
        multiple.discovery_proportions(
            z, labels, multiple.hommel_value(z, alpha), alpha
        ).max()
        for alpha in (0.01, 0.05, 0.2)
    ]
    assert found == sorted(found)


@pytest.mark.parametrize("alpha", [-0.1, 1.5, np.nan])
def test_alpha_must_be_a_probability(alpha):
    calls = (
        lambda: multiple.fdr_threshold([1.0], alpha),
        lambda: multiple.fpr_threshold(alpha),
        lambda: multiple.bonferroni_threshold(alpha, 3),
        lambda: multiple.hommel_value([1.0], alpha),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"alpha should be between 0 and 1"):
            call()


def test_each_value_needs_one_label():
    with pytest.raises(ShapeError, match=r"shape \(3,\).*shape \(2,\)"):
        multiple.discovery_proportions([1.0, 2.0, 3.0], [1, 1], 1, 0.05)
