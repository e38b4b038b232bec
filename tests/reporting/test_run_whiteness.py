"""Residuals of several runs are put together as each is known."""

from dataclasses import replace

import numpy as np
import pytest

from boldglm.core.whiteness import Whiteness
from boldglm.reporting.run_whiteness import is_known, whiteness_of_runs


def run(level=0.5, n_lags=3, n_scans=100, n_voxels=10, **more):
    table = np.full((n_lags, 5), level)
    return Whiteness(n_scans, n_voxels, table, table / 2, **more)


def spectrum(n_frequencies, slope=0.0, at_0=1.0):
    at = np.linspace(0.0, 0.5, n_frequencies)
    power = at_0 + slope * at
    return {
        "frequencies": at,
        "power_before": power,
        "power_after": power / 2,
        "power_white": power / 4,
    }


def test_runs_count_alike_at_the_lags_that_all_have():
    both = whiteness_of_runs([run(0.5, 3), run(0.1, 2, n_scans=50, n_voxels=30)])
    np.testing.assert_allclose(both.before, np.full((2, 5), 0.3))
    np.testing.assert_allclose(both.after, np.full((2, 5), 0.15))
    assert both.limit == pytest.approx(1.96 * np.sqrt((1 / 100 + 1 / 50) / 2))
    assert (both.n_voxels, both.n_runs, both.n_unknown) == (40, 2, 0)


def test_unknown_runs_are_counted_and_left_out():
    nothing = run(np.nan)
    assert not is_known(nothing)
    assert not is_known(run(n_voxels=0))
    assert not is_known(replace(run(), after=nothing.after))
    found = whiteness_of_runs([nothing, run(0.5)])
    np.testing.assert_array_equal(found.before, run(0.5).before)
    assert (found.n_voxels, found.n_runs, found.n_unknown) == (10, 2, 1)
    assert whiteness_of_runs([nothing]) is None
    assert whiteness_of_runs([]) is None


def test_voxels_count_alike_in_the_share_that_is_white():
    runs = [run(white=0.9, n_voxels=10), run(white=0.6, n_voxels=20), run(n_voxels=70)]
    assert whiteness_of_runs(runs).white == pytest.approx(0.7)
    assert whiteness_of_runs([run()]).white is None


def test_spectra_are_averaged_at_the_frequencies_of_the_shortest_run():
    runs = [run(**spectrum(9, slope=2.0)), run(**spectrum(5, at_0=3.0)), run()]
    found = whiteness_of_runs(runs).spectrum
    np.testing.assert_allclose(found.frequencies, np.linspace(0.0, 0.5, 5))
    expected = (1 + 2 * found.frequencies + 3) / 2
    np.testing.assert_allclose(found.before, expected)
    np.testing.assert_allclose(found.after, expected / 2)
    np.testing.assert_allclose(found.white, expected / 4)
    assert whiteness_of_runs([run()]).spectrum is None
    half_known = run(**spectrum(5) | {"power_white": np.full(5, np.nan)})
    assert whiteness_of_runs([half_known]).spectrum is None
