"""The widest gap of a histogram, against a search by hand."""

import numpy as np
import pytest

from boldglm.core.epi_mask import widest_gap


@pytest.mark.parametrize("seed", range(5))
def test_the_gap_is_the_widest_between_the_quantiles(seed, readonly):
    rng = np.random.default_rng(seed)
    values = readonly(rng.gamma(2.0, size=200))
    ordered = sorted(values)
    gaps = [
        (ordered[k + 1] - ordered[k], (ordered[k] + ordered[k + 1]) / 2)
        for k in range(40, 170)
    ]
    assert widest_gap(values, 0.2, 0.85) == pytest.approx(max(gaps)[1])


def test_wider_gaps_beyond_the_quantiles_do_not_count():
    values = np.concatenate([[-1000.0], np.arange(10.0), [20.0], [5000.0]])
    assert widest_gap(values, 0.1, 0.9) == 14.5


@pytest.mark.parametrize("values", [[], [1.0]])
def test_too_few_values_have_no_gap(values):
    assert np.isnan(widest_gap(np.array(values), 0.2, 0.85))
