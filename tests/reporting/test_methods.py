"""The words about the methods are true for what the model did."""

import platform

import pytest
from tests.glm.first_level import simulated_runs as runs
from tests.reporting import simulated_models as sim

import boldglm
from boldglm.glm.first_level import FirstLevelModel
from boldglm.reporting.methods import software_versions


def words(model, contrasts=None, **options):
    return " ".join(sim.content(model, contrasts, **options).methods)


@pytest.fixture(scope="module")
def model():
    return sim.first_level(2, subject_label="07")


def fitted(**options):
    table = runs.events()
    model = FirstLevelModel(t_r=runs.T_R, mask_img=sim.brain(), **options)
    return model.fit(runs.image(table), events=table)


def test_software_and_versions_are_named(model):
    found = dict(software_versions())
    assert found["boldglm"] == boldglm.__version__
    assert found["Python"] == platform.python_version()
    assert {"numpy", "scipy", "nibabel"} <= set(found)
    assert f"boldglm {boldglm.__version__}" in words(model)


def test_data_and_model_are_named(model):
    text = words(model)
    assert "2 runs of subject 07 of 80 scans each" in text
    assert f"in {model.n_elements_:,} voxels" in text
    assert "repetition time was 2 s" in text
    assert "not smoothed" in text
    assert "per cent of its mean" in text
    assert "as boxes, without a response" in text
    assert "0.01 Hz (a period of 100 s)" in text
    assert "6 confounds" in text
    assert "order 1" in text
    assert "fixed effects" in text
    assert "tested" not in text


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"hrf_model": "spm"}, "the canonical response of SPM."),
        ({"hrf_model": "glover + derivative"}, "Glover (1999) and its time derivative"),
        (
            {"hrf_model": "spm + derivative + dispersion"},
            "SPM and its time derivative and dispersion derivative",
        ),
        ({"hrf_model": "fir", "fir_delays": [0, 2]}, "at delays of 0, 2 scans"),
        ({"drift_model": "polynomial", "drift_order": 3}, "up to order 3"),
        ({"drift_model": None}, "No drifts were modelled"),
        ({"noise_model": "ols"}, "by ordinary least squares."),
        ({"noise_model": "ar3"}, "of order 3"),
        ({"first_scans": "exact"}, "stationary likelihood"),
        ({"smoothing_fwhm": 5}, "kernel of 5 mm"),
        ({"smoothing_fwhm": [4, 5, 6]}, "kernel of 4 x 5 x 6 mm"),
        ({"signal_scaling": (0, 1)}, "the mean over voxels and scans"),
        ({"standardize": True}, "unit standard deviation"),
    ],
)
def test_options_change_the_words(options, expected):
    assert expected in words(fitted(**options))


def test_without_scaling_none_is_told():
    assert "per cent" not in words(fitted(signal_scaling=False))


def test_given_designs_have_no_response_and_no_drifts():
    table = runs.events()
    model = FirstLevelModel(mask_img=sim.brain())
    model.fit(runs.image(table), design_matrices=runs.design(table))
    found = sim.content(model)
    text = " ".join(found.methods)
    assert "The design matrices were given" in text
    assert "Glover" not in text
    assert not any("Glover" in one for one in found.citations)


def test_censored_scans_are_told():
    table = runs.events()
    model = FirstLevelModel(t_r=runs.T_R, mask_img=sim.brain())
    keep = [scan for scan in range(runs.N_SCANS) if scan not in (3, 4, 40)]
    model.fit(runs.image(table), events=table, sample_masks=[keep])
    assert "3 scans were censored" in words(model)
    facts = dict(sim.content(model).runs[0].facts.rows)
    assert facts["censored scans"] == 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "at p < 0.001 per voxel, not corrected"),
        ({"height_control": "fdr", "alpha": 0.05}, "false discovery rate of 0.05"),
        ({"height_control": "bonferroni", "alpha": 0.05}, "family-wise error rate of"),
        ({"height_control": None, "threshold": 4.5}, "at z = 4.5"),
        ({"two_sided": True}, "on both sides"),
        ({"cluster_threshold": 7}, "fewer than 7 voxels"),
    ],
)
def test_thresholds_are_told(model, options, expected):
    assert expected in words(model, {"a": "a", "b": "b"}, **options)
    assert "2 contrasts were tested" in words(model, {"a": "a", "b": "b"}, **options)


def test_citations_are_of_what_was_done(model):
    plain = sim.content(fitted(hrf_model="glover"), "a")
    assert any("Glover" in one for one in plain.citations)
    assert any("Worsley" in one for one in plain.citations)
    assert not any("Genovese" in one for one in plain.citations)
    ols = sim.content(fitted(noise_model="ols"), "a", height_control="fdr")
    assert not any("Worsley KJ, Liao" in one for one in ols.citations)
    assert any("Genovese" in one for one in ols.citations)
