"""Design matrices of a run."""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, EventsWarning
from boldglm.glm.first_level.design_matrix import (
    check_design_matrix,
    create_cosine_drift,
    make_first_level_design_matrix,
    make_second_level_design_matrix,
    orthogonalize,
)
from boldglm.glm.first_level.experimental_paradigm import read_events

TIMES = np.arange(80) * 2.0


@pytest.fixture
def events():
    return pd.DataFrame(
        {
            "onset": [4.0, 30.0, 60.0, 90.0],
            "duration": [2.0, 2.0, 4.0, 4.0],
            "trial_type": ["face", "house", "face", "house"],
        }
    )


def test_columns_are_conditions_then_other_regressors_then_drifts(events, rng):
    design = make_first_level_design_matrix(
        TIMES, events, "spm + derivative", add_regs=rng.normal(size=(80, 2))
    )
    assert design.columns.tolist() == [
        "face",
        "face_derivative",
        "house",
        "house_derivative",
        "reg0",
        "reg1",
        "drift_1",
        "drift_2",
        "drift_3",
        "constant",
    ]
    assert design.index.tolist() == TIMES.tolist()
    assert (design.dtypes == np.float64).all()
    assert (design["constant"] == 1).all()


@pytest.mark.parametrize("drift_model", ["Cosine", "COSINE", "cosine"])
def test_the_drift_model_may_be_in_any_case(drift_model):
    design = make_first_level_design_matrix(TIMES, drift_model=drift_model)
    assert design.columns.tolist() == ["drift_1", "drift_2", "drift_3", "constant"]


def test_no_drift_is_a_constant():
    design = make_first_level_design_matrix(TIMES, drift_model=None)
    assert design.columns.tolist() == ["constant"]


def test_the_same_design_from_table_file_and_parsed_events(events, tmp_path):
    path = tmp_path / "events.tsv"
    events.to_csv(path, sep="\t", index=False)
    from_table = make_first_level_design_matrix(TIMES, events)
    for given_events in (path, str(path), read_events(events)):
        design = make_first_level_design_matrix(TIMES, given_events)
        pd.testing.assert_frame_equal(design, from_table)


def test_nothing_given_is_changed(events, readonly):
    table = events.copy(deep=True)
    regressors = pd.DataFrame({"x": np.arange(80.0)})
    before = regressors.copy(deep=True)
    make_first_level_design_matrix(readonly(TIMES), table, add_regs=regressors)
    make_first_level_design_matrix(
        TIMES, table, "fir", add_regs=readonly(np.arange(80.0) ** 2)
    )
    pd.testing.assert_frame_equal(table, events)
    pd.testing.assert_frame_equal(regressors, before)


def test_frame_times_may_be_a_list_of_whole_numbers(events):
    design = make_first_level_design_matrix(TIMES.astype(int).tolist(), events)
    assert design.index.dtype.kind == "i"


def test_other_regressors_of_a_table_keep_their_names(rng):
    table = pd.DataFrame(rng.normal(size=(80, 2)), columns=["tx", 7])
    design = make_first_level_design_matrix(
        TIMES, add_regs=table, add_reg_names=["ignored"] * 2, drift_model=None
    )
    assert design.columns.tolist() == ["tx", 7, "constant"]
    one = make_first_level_design_matrix(TIMES, add_regs=table["tx"], drift_model=None)
    assert one.columns.tolist() == ["tx", "constant"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"add_regs": np.zeros((79, 2))}, "add_regs has 79 rows, but there are 80 fr"),
        (
            {"add_regs": np.zeros((80, 2)), "add_reg_names": ["a"]},
            "add_reg_names has 1, add_regs has 2 columns",
        ),
        ({"add_reg_names": ["a"]}, "has 1 names, but there is no add_regs"),
        (
            {"add_regs": np.where(np.arange(80) == 3, np.nan, 1.0)},
            "NaN values or infinite ones: column 'reg0' has nan in row 3",
        ),
        (
            {"add_regs": pd.DataFrame({"x": ["a"] * 80})},
            "add_regs: column 'x' is not numeric: it has 'a' in row 0",
        ),
        (
            {"add_regs": np.ones((80, 2)), "add_reg_names": ["aha", "aha"]},
            "do not have unique names: .*'aha' by add_regs",
        ),
        (
            {"add_regs": np.ones((80, 2)), "add_reg_names": [1, "1"]},
            "do not have unique names: .*'1' by add_regs",
        ),
        ({"drift_model": "spline"}, "Unknown drift model 'spline'; expected 'cosine'"),
        ({"drift_model": 3}, "Unknown drift model 3"),
        ({"high_pass": -1.0}, "high_pass is -1.0 Hz"),
        ({"drift_model": "polynomial", "drift_order": -1}, "drift_order is -1"),
    ],
)
def test_arguments_that_do_not_fit_are_explained(arguments, message):
    with pytest.raises(DesignError, match=message):
        make_first_level_design_matrix(TIMES, **arguments)


def test_an_unknown_drift_is_also_not_implemented():
    with pytest.raises(NotImplementedError):
        make_first_level_design_matrix(TIMES, drift_model="spline")


@pytest.mark.parametrize(
    ("names", "hrf_model", "regressors", "message"),
    [
        (["constant", "b"], "spm", None, "'constant' by condition 'constant' .*row 0"),
        (
            ["drift_1", "b"],
            "spm",
            None,
            "'drift_1' by condition.* by the cosine drifts",
        ),
        (["tx", "b"], "spm", ["tx"], "'tx' by condition 'tx' .* and by add_regs"),
        (
            ["a", "a_derivative"],
            "spm + derivative",
            None,
            "by condition 'a' .* and by condition 'a_derivative'",
        ),
    ],
)
def test_names_that_are_taken_are_an_error_that_names_both(
    events, names, hrf_model, regressors, message
):
    table = events.assign(trial_type=names * 2)
    add_regs = None if regressors is None else np.arange(80.0)
    with pytest.raises(DesignError, match=message):
        make_first_level_design_matrix(
            TIMES, table, hrf_model, add_regs=add_regs, add_reg_names=regressors
        )


def test_a_name_of_a_drift_that_is_not_made_is_free(events):
    table = events.assign(trial_type="drift_1")
    design = make_first_level_design_matrix(TIMES, table, drift_model=None)
    assert design.columns.tolist() == ["drift_1", "constant"]


def test_events_after_the_run_are_named(events):
    events.loc[3, "onset"] = 500.0
    with pytest.warns(
        EventsWarning, match="row 3, .* 1 of 4 .* the run .160 s. .*house"
    ):
        make_first_level_design_matrix(TIMES, events)


def test_durations_in_milliseconds_are_suspected(events):
    events["duration"] = 5000.0
    with pytest.warns(EventsWarning, match=r"4 of 4 events last longer than the run"):
        make_first_level_design_matrix(TIMES, events)


def test_an_event_in_the_last_scan_is_no_reason_to_warn(events):
    events.loc[3, "onset"] = 159.9
    make_first_level_design_matrix(TIMES, events)


def test_events_before_the_modelled_time_are_named(events):
    events.loc[1, "onset"] = -30.0
    with pytest.warns(
        EventsWarning, match="earlier than -24.0 s .* The first is .*row 1"
    ):
        make_first_level_design_matrix(TIMES, events)


def test_a_condition_without_effect_is_a_column_of_zeros_and_said_so(events):
    events.loc[[1, 3], "onset"] = 1000.0
    with pytest.warns() as caught:
        design = make_first_level_design_matrix(TIMES, events)
    kinds = {(one.category, one.filename) for one in caught}
    assert kinds == {(EventsWarning, __file__), (DesignWarning, __file__)}
    assert any("'house' is zero everywhere" in str(one.message) for one in caught)
    assert (design["house"] == 0).all()


def test_more_columns_than_scans_are_warned_of(events):
    with pytest.warns(DesignWarning, match="28 columns, but only 20 scans"):
        make_first_level_design_matrix(
            np.arange(20) * 4.0,
            events.assign(onset=events["onset"] / 2),
            "fir",
            fir_delays=range(13),
            drift_model="polynomial",
        )


def test_a_cut_off_above_all_frequencies_is_warned_of():
    with pytest.warns(DesignWarning, match="span all accessible frequencies"):
        design = make_first_level_design_matrix(TIMES, high_pass=100)
    assert design.shape == (80, 80)
    with pytest.warns(DesignWarning, match="0.01 for 100 s"):
        create_cosine_drift(100, TIMES)


def test_no_events_in_a_run_leaves_the_rest(events):
    with pytest.warns(EventsWarning, match="has no events"):
        design = make_first_level_design_matrix(TIMES, events.iloc[:0])
    assert design.columns.tolist() == ["drift_1", "drift_2", "drift_3", "constant"]


def test_a_design_is_taken_apart(events):
    design = make_first_level_design_matrix(TIMES, events)
    times, X, names = check_design_matrix(design)
    assert times.equals(design.index)
    np.testing.assert_array_equal(X, design.to_numpy())
    assert names == design.columns.tolist()
    with pytest.raises(DesignError, match="cannot be empty"):
        check_design_matrix(pd.DataFrame(index=[0, 1]))


def test_names_of_the_module_of_old_are_there():
    from boldglm.core import regressors
    from boldglm.glm.second_level import design

    assert orthogonalize is regressors.orthogonalize
    assert make_second_level_design_matrix is design.make_second_level_design_matrix


def random_events(seed, n_events=12):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "onset": rng.uniform(-20, 150, n_events),
            "duration": rng.uniform(1, 8, n_events),
            "trial_type": rng.choice(["a", "b"], n_events),
            "modulation": rng.normal(size=n_events),
        }
    )


seeds = st.integers(0, 10_000)
hrfs = st.sampled_from(["glover", "spm + derivative", "fir", None])


def conditions_of(frame_times, events, hrf_model):
    design = make_first_level_design_matrix(
        frame_times, events, hrf_model, drift_model=None, fir_delays=[0, 2]
    )
    return design.drop(columns="constant").to_numpy()


@pytest.mark.filterwarnings("ignore:Matrix is singular")
@settings(max_examples=25, deadline=None)
@given(seed=seeds, hrf_model=hrfs)
def test_the_order_of_rows_does_not_matter(seed, hrf_model):
    events = random_events(seed)
    shuffled = events.sample(frac=1, random_state=seed)
    np.testing.assert_allclose(
        conditions_of(TIMES, shuffled, hrf_model),
        conditions_of(TIMES, events, hrf_model),
        atol=1e-12,
    )


@pytest.mark.filterwarnings("ignore:Matrix is singular")
@settings(max_examples=25, deadline=None)
@given(
    seed=seeds,
    hrf_model=hrfs,
    scale=st.floats(-100, 100).filter(lambda s: abs(s) > 0.01),
)
def test_scaled_modulations_are_scaled_regressors(seed, hrf_model, scale):
    events = random_events(seed)
    scaled = events.assign(modulation=scale * events["modulation"])
    np.testing.assert_allclose(
        conditions_of(TIMES, scaled, hrf_model),
        scale * conditions_of(TIMES, events, hrf_model),
        atol=1e-9,
    )


@settings(max_examples=25, deadline=None)
@given(seed=seeds, hrf_model=hrfs, steps=st.integers(1, 60))
def test_events_and_scans_later_together_change_nothing(seed, hrf_model, steps):
    """For shifts after which the fine grid falls on the same samples: exactly."""
    events = random_events(seed)
    shift = steps * (TIMES.size - 1) * 0.04
    later = events.assign(onset=events["onset"] + shift)
    np.testing.assert_allclose(
        conditions_of(TIMES + shift, later, hrf_model),
        conditions_of(TIMES, events, hrf_model),
        atol=1e-9,
    )


@settings(max_examples=25, deadline=None)
@given(seed=seeds, shift=st.floats(0, 1000))
def test_any_shift_changes_less_than_a_step_of_the_fine_grid_can(seed, shift):
    events = random_events(seed)
    later = events.assign(onset=events["onset"] + shift)
    before = conditions_of(TIMES, events, "glover")
    after = conditions_of(TIMES + shift, later, "glover")
    assert np.abs(after - before).max() <= 0.1 * np.abs(before).max()


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_the_design_of_two_tables_is_the_sum_of_their_designs(seed):
    first, second = random_events(seed), random_events(seed + 1)
    both = pd.concat([first, second], ignore_index=True)
    single = [t.assign(trial_type="a") for t in (first, second, both)]
    one, two, sum_of_both = (conditions_of(TIMES, t, "spm") for t in single)
    np.testing.assert_allclose(sum_of_both, one + two, atol=1e-12)


def test_a_thousand_events_take_milliseconds():
    events = random_events(0, 1000).assign(onset=np.arange(1000) * 0.55)
    frame_times = np.arange(300) * 2.0
    best = min(
        _seconds(frame_times, events, hrf_model)
        for hrf_model in ["spm + derivative + dispersion"] * 3
    )
    assert best < 0.1


def _seconds(frame_times, events, hrf_model):
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make_first_level_design_matrix(frame_times, events, hrf_model)
    return time.perf_counter() - start
