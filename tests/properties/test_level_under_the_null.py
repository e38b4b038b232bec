"""Under the null hypothesis, p is uniform: the statistics hold their level."""

import numpy as np
import pytest
from scipy import stats

from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm
from boldglm.core.noise import NoiseModel
from boldglm.core.tails import f_to_p, t_to_p

pytestmark = pytest.mark.slow

N_SCANS, N_VOXELS = 150, 40_000


def noise(rng, phi):
    """Stationary autoregressive noise, one column per voxel, float32."""
    burn = 200
    e = rng.standard_normal((N_SCANS + burn, N_VOXELS), dtype=np.float32)
    for t in range(len(phi), len(e)):
        for lag, coefficient in enumerate(phi, start=1):
            e[t] += np.float32(coefficient) * e[t - lag]
    return 1000 + 10 * e[burn:]


def design(rng):
    times = np.arange(N_SCANS)
    blocks = (times % 20 < 10) * 1.0
    drifts = [np.cos(np.pi * k * (times + 0.5) / N_SCANS) for k in (1, 2, 3)]
    motion = rng.standard_normal((6, N_SCANS)).cumsum(axis=1)
    return np.column_stack([blocks, *motion, *drifts, np.ones(N_SCANS)])


def within_binomial_bands(p):
    """Whether the share of p below each level is what chance allows (1 in 10^4)."""
    for level in (0.05, 0.01, 0.001):
        low, high = stats.binom.ppf([5e-5, 1 - 5e-5], p.size, level)
        assert low <= np.count_nonzero(p < level) <= high, level


@pytest.mark.parametrize("phi", [(), (0.4,), (0.5, -0.2), (0.3, 0.2, 0.1, -0.1)])
@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
def test_t_and_f_hold_their_level_when_the_noise_is_known(rng, phi, first_scans):
    """With the true coefficients nothing is left that could bias them."""
    name = f"ar{len(phi)}" if phi else "ols"
    model = NoiseModel(name, len(phi), first_scans, coefficients=phi or None)
    X = design(rng)
    fit = fit_glm(noise(rng, phi), X, model)
    t = contrast_stat(fit, np.eye(X.shape[1])[0])
    within_binomial_bands(t_to_p(statistic(t), t.dof))
    F = contrast_stat(fit, np.eye(X.shape[1])[:4])
    within_binomial_bands(f_to_p(statistic(F), F.dim, F.dof))
