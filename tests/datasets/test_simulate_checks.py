import json

import numpy as np
import pytest

from boldglm.datasets import (
    Activation,
    GroupSettings,
    NoiseSettings,
    RunSettings,
    make_brain,
    simulate_dataset,
    simulate_fiac_first_level,
    simulate_group,
    simulate_localizer_contrasts,
    simulate_run,
    simulate_spm_multimodal_fmri,
)
from boldglm.datasets.simulate import simulate_bids, simulate_subject
from boldglm.datasets.simulate_checks import plain_number, real_number, whole_number


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_a_whole_number_is_one_of_python(value):
    assert type(whole_number("n", value)) is int


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.int64(3), np.array(3.0)])
def test_a_number_is_a_float_of_python(value):
    assert type(real_number("x", value)) is float
    assert real_number("x", value) == 3


@pytest.mark.parametrize("value", [2.5, 3.0, "3", None, np.float64(1)])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(TypeError, match=r"n is .*; expected a whole number"):
        whole_number("n", value)


@pytest.mark.parametrize("value", ["far", None, (1.0, 2.0)])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=r"x is .*; expected a number"):
        real_number("x", value)


def test_plain_numbers_stay_what_they_are():
    assert [type(plain_number(x)) for x in (2, 2.0, np.int8(2), np.float32(2))] == [
        int, float, int, float,
    ]  # fmt: skip


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        *((NoiseSettings, name, "0 or more")
          for name in ("sd", "fwhm", "map_fwhm", "scanner", "drift", "motion")),
        (GroupSettings, "between", "0 or more"),
        (GroupSettings, "fwhm", "0 or more"),
        (RunSettings, "rest", "0 or more"),
        (RunSettings, "t_r", "more than 0"),
        (RunSettings, "block", "more than 0"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(kind, name, expected, value):
    with pytest.raises(ValueError, match=f"^{name} is {value}; expected {expected}$"):
        kind(**{name: value})


@pytest.mark.parametrize(
    ("kind", "name", "value", "expected"),
    [
        (NoiseSettings, "n_spikes", -1, "0 or more"),
        (RunSettings, "n_scans", 0, "at least 1"),
        (RunSettings, "n_scans", -5, "at least 1"),
        (RunSettings, "t_r", 0, "more than 0"),
        (RunSettings, "block", 0, "more than 0"),
    ],
)
def test_numbers_at_the_border_are_refused(kind, name, value, expected):
    with pytest.raises(ValueError, match=f"^{name} is {value}; expected {expected}$"):
        kind(**{name: value})


@pytest.mark.parametrize("kind", [NoiseSettings, RunSettings])
def test_settings_without_anything_are_not(kind):
    if kind is NoiseSettings:
        silent = dict.fromkeys(
            ("sd", "fwhm", "map_fwhm", "scanner", "drift", "motion", "n_spikes"), 0
        )
        assert kind(**silent, partial=(), ma=()) == kind(**silent, partial=[], ma=[])
    else:
        assert kind(rest=0).rest == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"centre": (1.0, 2.0)}, r"centre is \(1.0, 2.0\); expected three coordinates"),
        ({"centre": (1.0, 2.0, np.nan)}, "expected three coordinates, mm"),
        ({"fwhm": 0.0}, "fwhm is 0.0; expected more than 0"),
        ({"between": -0.1}, "between is -0.1; expected 0 or more"),
    ],
)
def test_places_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Activation(**{"label": "a", "centre": (0, 0, 0), "effects": {}} | wrong)


def test_settings_in_numbers_of_numpy_are_those_of_python():
    one = NoiseSettings(
        sd=np.float32(0.5),
        partial=[[np.float32(0.25), np.float64(0.5)]],
        n_spikes=np.int64(1),
        ma=np.array([[0.25, 0.5]]),
        missing=np.float32(0.25),
    )
    other = NoiseSettings(
        sd=0.5, partial=((0.25, 0.5),), n_spikes=1, ma=((0.25, 0.5),), missing=0.25
    )
    assert one == other
    assert repr(one) == repr(other)
    place = {"label": "a", "centre": (1.0, 2.0, 3.0), "effects": {"A": 2.0}}
    numpy = Activation(
        "a", np.array([1, 2, 3]), {"A": np.float32(2)}, np.float32(12), np.int64(0)
    )
    assert numpy == Activation(**place)
    assert repr(numpy) == repr(Activation(**place))
    run = RunSettings(np.int64(60), np.float32(1.5), np.int32(10), np.float16(7))
    assert repr(run) == repr(RunSettings(60, 1.5, 10.0, 7.0))
    group = GroupSettings(np.int64(3), np.float32(0.5), np.array([0.25, 0.5]))
    assert repr(group) == repr(GroupSettings(3, 0.5, (0.25, 0.5)))


def test_effects_are_a_copy():
    effects = {"A": 1.0}
    spot = Activation("a", (0.0, 0.0, 0.0), effects)
    effects["A"] = 2.0
    assert spot.effects == {"A": 1.0}


@pytest.mark.parametrize(
    "simulate",
    [
        lambda folder, seed: simulate_fiac_first_level(
            folder, voxel_size=np.float32(12), seed=seed
        ),
        lambda folder, seed: simulate_localizer_contrasts(
            folder, np.int64(2), voxel_size=np.int64(12), seed=seed
        ),
        lambda folder, seed: simulate_bids(
            folder / "x",
            n_subjects=np.int64(1),
            n_runs=np.int8(1),
            brain=make_brain(np.float32(10)),
            settings=RunSettings(np.int64(60), t_r=np.int64(2)),
            activations=[
                Activation("a", np.zeros(3), {"A": np.float32(1)}, np.float32(12))
            ],
            seed=seed,
        ),
    ],
)
def test_the_same_in_numbers_of_numpy_is_the_same_simulation(
    tmp_path, monkeypatch, simulate
):
    from boldglm.datasets import simulated_folder

    simulate(tmp_path, np.int64(3))
    monkeypatch.setattr(simulated_folder, "_put", None)  # nothing is written twice
    simulate(tmp_path, 3)
    (path,) = (
        path for path in tmp_path.rglob("truth.json") if "sub-" not in path.parent.name
    )
    assert type(json.loads(path.read_text())["seed"]) is int


def test_a_subject_in_numbers_of_numpy_is_written(tmp_path):
    options = {"brain": make_brain(10), "settings": RunSettings(60)}
    data = simulate_dataset(tmp_path, n_runs=np.int64(1), seed=np.int64(3), **options)
    assert json.loads(data.truth.read_text())["seed"] == 3


@pytest.mark.parametrize(
    "simulate",
    [
        simulate_dataset,
        simulate_bids,
        simulate_fiac_first_level,
        simulate_localizer_contrasts,
        simulate_spm_multimodal_fmri,
    ],
)
def test_a_seed_that_is_none_is_refused_before_anything_is_written(tmp_path, simulate):
    with pytest.raises(ValueError, match="seed is -1; expected 0 or more"):
        simulate(tmp_path, seed=-1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("simulate", [simulate_run, simulate_subject, simulate_group])
def test_a_seed_that_is_none_is_refused(simulate):
    with pytest.raises(ValueError, match="seed is -1; expected 0 or more"):
        simulate(seed=-1)
