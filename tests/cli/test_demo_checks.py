import numpy as np
import pandas as pd
import pytest

from boldglm.cli.demo_checks import check_null, check_peaks
from boldglm.datasets import Activation

SPOTS = (
    Activation("up", (40.0, -50.0, -10.0), {"A": 2.0}),
    Activation("down", (0.0, 0.0, 40.0), {"B": 1.0}),
    Activation("both", (-20.0, -80.0, 0.0), {"A": 1.5, "B": 1.5}),
)


def table(*peaks):
    return pd.DataFrame(peaks, columns=["X", "Y", "Z", "Peak Stat"])


def test_the_nearest_peak_of_the_right_sign_counts():
    peaks = table((42, -50, -10, 8.0), (40, -50, -10, -9.0), (0, 3, 36, -6.0))
    up, down = check_peaks(peaks, SPOTS, {"A": 1.0, "B": -1.0}, tolerance=5.0)
    assert (up.label, up.found, up.z, up.distance) == ("up", (42, -50, -10), 8.0, 2.0)
    assert (down.label, down.found, down.z) == ("down", (0, 3, 36), -6.0)
    assert down.distance == pytest.approx(5.0)
    assert up.passed
    assert down.passed


def test_a_peak_too_far_away_does_not_pass():
    (up, *_) = check_peaks(
        table((46, -50, -10, 8.0)), SPOTS, {"A": 1.0, "B": -1.0}, tolerance=5.0
    )
    assert up.distance == 6.0
    assert not up.passed


def test_a_peak_of_the_wrong_sign_is_no_peak():
    (up, *_) = check_peaks(
        table((40, -50, -10, -8.0)), SPOTS, {"A": 1.0}, tolerance=5.0
    )
    assert up.found is None
    assert np.isnan(up.z)
    assert up.distance == np.inf
    assert not up.passed


def test_an_empty_table_finds_nothing():
    checks = check_peaks(table(), SPOTS, None, tolerance=5.0)
    assert [check.passed for check in checks] == [False, False, False]


def test_places_to_which_a_contrast_is_blind_are_left_out():
    def labels(weights):
        return [check.label for check in check_peaks(table(), SPOTS, weights, 5.0)]

    assert labels({"A": 1.0, "B": -1.0}) == ["up", "down"]
    assert labels({"A": 1.0}) == ["up", "both"]
    assert labels({"B": 1.0}) == ["down", "both"]
    assert labels(None) == ["up", "down", "both"]


def test_an_f_contrast_shows_what_goes_down_as_positive():
    down = Activation("down", (0.0, 0.0, 40.0), {"A": -1.0, "B": 0.0})
    (check,) = check_peaks(table((0, 0, 40, 7.0)), [down], None, tolerance=5.0)
    assert check.passed


def test_false_findings_are_counted_on_both_sides_and_only_in_the_null_part():
    z_map = np.array([[[-6.0, 0.0, 6.0, 5.0, 9.0]]])
    thresholded = np.array([[[-6.0, 0.0, 6.0, 0.0, 9.0]]])
    null = np.array([[[1, 1, 1, 1, 0]]])
    check = check_null(z_map, thresholded, null)
    assert (check.n_voxels, check.n_false) == (4, 2)
    assert check.mean == pytest.approx(1.25)
    assert check.sd == pytest.approx(np.std([-6.0, 0.0, 6.0, 5.0]))
    assert not check.passed
    assert check_null(z_map, 0 * thresholded, null).passed
