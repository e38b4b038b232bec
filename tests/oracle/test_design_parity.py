"""Designs are those of the peer, to 1e-8."""

import contextlib
import io
import itertools
import warnings

import numpy as np
import pandas as pd
import pytest

from boldglm._base.warnings import DesignWarning, EventsWarning
from boldglm.core.confounding import confounded_groups
from boldglm.core.expression import expression_to_contrast_vector
from boldglm.glm.first_level import design_matrix as ours
from boldglm.glm.first_level import experimental_paradigm, hemodynamic_models
from boldglm.glm.second_level.design import make_second_level_design_matrix

peer = pytest.importorskip("nilearn.glm.first_level")
peer_hrf = pytest.importorskip("nilearn.glm.first_level.hemodynamic_models")
peer_events = pytest.importorskip("nilearn.glm.first_level.experimental_paradigm")

TOLERANCE = 1e-8


def boxcar_response(t_r, oversampling=50):
    return np.ones(int(4 / t_r * oversampling))


def ramp_response(t_r, oversampling=50):
    return np.linspace(1, 0, int(9 / t_r * oversampling))


HRFS = {
    "spm": "spm",
    "spm + derivative": "spm + derivative",
    "spm + derivative + dispersion": "spm + derivative + dispersion",
    "glover": "glover",
    "glover + derivative": "glover + derivative",
    "glover + derivative + dispersion": "Glover + Derivative + Dispersion",
    "fir": "fir",
    "none": None,
    "callable": boxcar_response,
    "callables": [boxcar_response, ramp_response],
}
DRIFTS = {"cosine": "Cosine", "polynomial": "polynomial", "none": None}


def random_events(seed, n_events=24, onset=(0, 190), duration=(0.2, 9)):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "onset": rng.uniform(*onset, n_events),
            "duration": rng.uniform(*duration, n_events),
            "trial_type": rng.choice(["face", "house", "a b-c"], n_events),
        }
    )


def duplicated(events):
    doubled = pd.concat([events, events.iloc[[0, 3]]], ignore_index=True)
    return doubled.assign(modulation=np.arange(len(doubled)) / 7 - 1)


EVENTS = {
    "durations": random_events(1),
    "modulated": random_events(2).assign(
        modulation=np.random.default_rng(5).normal(size=24)
    ),
    "duplicated": duplicated(random_events(3)),
    "zero durations": random_events(4).assign(duration=0),
    "before and after": random_events(6, onset=(-60, 260)),
    "overlapping blocks": random_events(7, n_events=12, duration=(20, 60)),
}
GRID = list(itertools.product(HRFS, DRIFTS, EVENTS))
FRAME_TIMES = np.arange(100) * 2.0


@contextlib.contextmanager
def quietly():
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def assert_same_design(frame_times, events, **kwargs):
    with quietly():
        expected = peer.make_first_level_design_matrix(
            frame_times, None if events is None else events.copy(), **kwargs
        )
        given = ours.make_first_level_design_matrix(frame_times, events, **kwargs)
    assert [str(name) for name in expected.columns] == given.columns.tolist()
    assert given.index.equals(expected.index)
    np.testing.assert_allclose(
        given.to_numpy(), expected.to_numpy(), rtol=0, atol=TOLERANCE
    )


def test_the_grid_has_at_least_sixty_designs():
    assert len(set(GRID)) >= 60


@pytest.mark.parametrize(("hrf", "drift", "events"), GRID)
def test_design(hrf, drift, events):
    assert_same_design(
        FRAME_TIMES,
        EVENTS[events],
        hrf_model=HRFS[hrf],
        drift_model=DRIFTS[drift],
        drift_order=3,
        fir_delays=[0, 1, 4],
    )


@pytest.mark.parametrize("hrf", ["glover + derivative", "fir"])
@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("t_r", [0.72, 0.768, 1.28, 2.4, 3.84])
def test_repetition_times_and_slice_references(t_r, start, hrf):
    frame_times = (np.arange(90) + start) * t_r
    assert_same_design(frame_times, EVENTS["durations"], hrf_model=hrf)


@pytest.mark.parametrize(
    ("t_r", "n_scans"), [(1.28, 71), (1.28, 138), (3.84, 61), (3.84, 98), (0.768, 63)]
)
def test_the_size_of_the_fine_grid_is_rounded_alike_where_it_is_a_tie(t_r, n_scans):
    frame_times = np.arange(n_scans) * t_r
    assert_same_design(frame_times, EVENTS["durations"].iloc[:9])


@pytest.mark.parametrize("oversampling", [1, 16, 100])
@pytest.mark.parametrize("hrf", ["spm", "fir", None])
def test_oversampling(oversampling, hrf):
    assert_same_design(
        FRAME_TIMES, EVENTS["modulated"], hrf_model=hrf, oversampling=oversampling
    )


@pytest.mark.parametrize("min_onset", [-60, -5, 0])
def test_events_before_min_onset_are_modelled_from_there(min_onset):
    events = EVENTS["before and after"]
    assert_same_design(FRAME_TIMES, events, min_onset=min_onset)


def test_scans_at_uneven_times():
    frame_times = FRAME_TIMES[np.r_[0:30, 35:100]]
    assert_same_design(frame_times, EVENTS["durations"], hrf_model="spm + derivative")


@pytest.mark.parametrize("high_pass", [0.0, 1 / 128, 0.1, 0.3])
def test_cut_offs(high_pass):
    assert_same_design(FRAME_TIMES, None, high_pass=high_pass)


@pytest.mark.parametrize("order", [0, 1, 5])
def test_orders(order):
    assert_same_design(FRAME_TIMES, None, drift_model="Polynomial", drift_order=order)


def test_other_regressors(rng):
    motion = rng.normal(size=(100, 3))
    events = EVENTS["durations"]
    assert_same_design(FRAME_TIMES, events, add_regs=motion)
    assert_same_design(
        FRAME_TIMES, events, add_regs=motion, add_reg_names=["x", "y", "z"]
    )
    frame = pd.DataFrame(motion, columns=["tx", "ty", "rot z"])
    assert_same_design(FRAME_TIMES, events, add_regs=frame)


def test_events_of_no_trial_type_and_of_numbers():
    events = EVENTS["durations"].drop(columns="trial_type")
    assert_same_design(FRAME_TIMES, events)
    numbered = events.assign(trial_type=[10, 2, 1] * 8)
    assert_same_design(FRAME_TIMES, numbered, hrf_model="spm + derivative")


def test_a_confounded_design_has_the_numbers_of_the_peer_and_its_columns_are_named(
    rng,
):
    """The peer adds 1e-15 of the largest singular value; here nothing is added."""
    noise = rng.normal(size=100)
    twice = pd.DataFrame({"a": noise, "b": -2 * noise})
    assert_same_design(FRAME_TIMES, EVENTS["durations"], add_regs=twice)
    with pytest.warns(DesignWarning, match="columns 'a', 'b' are confounded"):
        design = ours.make_first_level_design_matrix(
            FRAME_TIMES, EVENTS["durations"], add_regs=twice
        )
    assert confounded_groups(design.to_numpy()) == [[3, 4]]


@pytest.mark.parametrize("hrf", ["glover", "spm + derivative", "fir", None])
def test_compute_regressor(hrf):
    condition = ([1, 20, 36.5], [2, 0, 2.5], [1, -1, 5])
    with quietly():
        expected, expected_names = peer.compute_regressor(
            condition, hrf, FRAME_TIMES, con_id="tone", fir_delays=range(3)
        )
    given, names = hemodynamic_models.compute_regressor(
        condition, hrf, FRAME_TIMES, con_id="tone", fir_delays=range(3)
    )
    assert names == expected_names
    np.testing.assert_allclose(given, expected, atol=TOLERANCE)


@pytest.mark.parametrize("t_r", [0.5, 0.72, 2, 3.1])
@pytest.mark.parametrize("oversampling", [1, 50])
@pytest.mark.parametrize("onset", [0.0, 1.5, -1.0])
@pytest.mark.parametrize(
    "name",
    [
        f"{model}_{kind}"
        for model in ("spm", "glover")
        for kind in ("hrf", "time_derivative", "dispersion_derivative")
    ],
)
def test_hrfs(name, onset, oversampling, t_r):
    arguments = (t_r, oversampling, 30.0, onset)
    np.testing.assert_allclose(
        getattr(hemodynamic_models, name)(*arguments),
        getattr(peer_hrf, name)(*arguments),
        atol=1e-11,
    )


def test_orthogonalize(rng):
    X = rng.normal(size=(60, 4))
    X[:, 2] = X[:, 0]
    np.testing.assert_allclose(
        ours.orthogonalize(X), peer_hrf.orthogonalize(X.copy()), atol=1e-12
    )


def test_checked_events():
    events = EVENTS["modulated"].assign(response=1.5)
    with quietly():
        expected = peer_events.check_events(events)
        given = experimental_paradigm.check_events(events)
    assert given.columns.tolist() == expected.columns.tolist()
    pd.testing.assert_frame_equal(given, expected, check_dtype=False)


def test_duplicates_made_one():
    with pytest.warns(EventsWarning, match="2 duplicated events"):
        checked = experimental_paradigm.check_events(EVENTS["duplicated"])
    with quietly():
        expected = peer_events.handle_modulation_of_duplicate_events(checked)
    given = experimental_paradigm.handle_modulation_of_duplicate_events(checked)
    pd.testing.assert_frame_equal(given, expected)


def test_second_level_design(rng):
    labels = [f"{number:02}" for number in range(12)]
    confounds = pd.DataFrame(
        {
            "age": rng.uniform(20, 60, 12),
            "subject_label": rng.permutation(labels),
            "group": rng.integers(0, 2, 12),
        }
    )
    with quietly():
        expected = peer_second_level(labels, confounds)
    given = make_second_level_design_matrix(labels, confounds)
    pd.testing.assert_frame_equal(given, expected, check_index_type=False)


def peer_second_level(labels, confounds):
    from nilearn.glm.second_level import make_second_level_design_matrix

    return make_second_level_design_matrix(labels, confounds)


@pytest.mark.parametrize(
    "expression",
    ["a", "a - b", "2*a - 0.5*(b + c)", "-a/3 + +b", "(a + b)/2 - c", "1e-1*c"],
)
def test_expressions(expression):
    from nilearn.glm import expression_to_contrast_vector as peer_expression

    np.testing.assert_allclose(
        expression_to_contrast_vector(expression, ["a", "b", "c"]),
        peer_expression(expression, ["a", "b", "c"]),
        atol=1e-15,
    )
