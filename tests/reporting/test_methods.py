"""The words about the methods are true for what the model did."""

import platform
import re

import numpy as np
import pytest
from tests.glm.first_level import simulated_runs as runs
from tests.reporting import simulated_models as sim

import boldglm
from boldglm import masking
from boldglm._base.warnings import ContrastWarning
from boldglm.glm.first_level import FirstLevelModel
from boldglm.maskers import NiftiMasker
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
        ({"hrf_model": "spm"}, "the canonical response of SPM (Friston et al., 1998)."),
        (
            {"hrf_model": "glover + derivative"},
            "response (Glover, 1999) and its time derivative",
        ),
        (
            {"hrf_model": "spm + derivative + dispersion"},
            "1998) and its time derivative and dispersion derivative",
        ),
        ({"hrf_model": "fir", "fir_delays": [0, 2]}, "at delays of 0, 2 scans"),
        ({"drift_model": "polynomial", "drift_order": 3}, "up to order 3"),
        ({"drift_model": None}, "No drifts were modelled"),
        ({"noise_model": "ols"}, "by ordinary least squares."),
        (
            {"noise_model": "ols+3"},
            "least squares has in autoregressive noise of order",
        ),
        ({"noise_model": "ols+"}, "order 8, chosen for the repetition time of 2 s."),
        ({"noise_model": "ar3"}, "of order 3 (Worsley et al., 2002), estimated in"),
        ({"noise_model": "ar3+"}, "corrected for what the design takes from residuals"),
        ({"noise_model": "auto"}, "order 8, chosen for the repetition time of 2 s."),
        ({"noise_model": "auto3"}, "noise of order 3. Its coefficients solve the Yule"),
        ({"noise_model": "auto3"}, "by a Gaussian kernel of 8 mm full width at half"),
        ({"noise_model": "auto3"}, "and corrected for what the design takes from"),
        ({"noise_model": "auto3"}, "stationary likelihood"),
        ({"noise_model": "arma11"}, "by restricted maximum likelihood"),
        ({"noise_model": "arma11"}, "autoregression of order 6 that has the autocorr"),
        ({"noise_model": "arma11"}, "stationary likelihood"),
        ({"first_scans": "exact"}, "stationary likelihood"),
        ({"smoothing_fwhm": 5}, "kernel of 5 mm"),
        ({"smoothing_fwhm": [4, 5, 6]}, "kernel of 4 x 5 x 6 mm"),
        ({"signal_scaling": (0, 1)}, "the mean over voxels and scans"),
        ({"standardize": True}, "unit standard deviation"),
    ],
)
def test_options_change_the_words(options, expected):
    assert expected in words(fitted(**options))


def test_only_what_a_noise_model_does_is_told():
    plain = words(fitted(noise_model="ar3"))
    assert not any(w in plain for w in ("corrected for", "stationary", "over neigh"))
    alone = words(fitted(noise_model="ar3+"))
    assert "over neighbouring" not in alone
    assert "stationary" not in alone
    arma = words(fitted(noise_model="arma11"))
    assert not any(w in arma for w in ("corrected for", "over neighbouring", "Yule"))
    assert "gaps" not in plain + alone + arma
    assert "stationary" not in words(fitted(noise_model="ols+3"))


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
    assert "One run of 80 scans was" in words(model)
    assert (
        "Of the scans, 3 were censored, that is left out of the fit; 77 remained."
        in words(model)
    )
    two = FirstLevelModel(t_r=runs.T_R, mask_img=sim.brain())
    images = [runs.image(table), runs.image(table, 1)]
    two.fit(images, events=[table] * 2, sample_masks=[keep, keep[:-5]])
    text = words(two)
    assert "2 runs of 80 scans each" in text
    assert "Of the scans, 11 were censored" in text
    assert "72 to 77 remained in each run" in text
    facts = dict(sim.content(model).runs[0].facts.rows)
    assert facts["censored scans"] == 3


def test_gaps_are_told_where_noise_goes_on_through_them(tmp_path):
    table = runs.events()
    keep = [scan for scan in range(runs.N_SCANS) if scan not in (3, 4, 40)]
    told = "Noise was taken to go on through the scans that were censored."

    def censored(keep, bins=None, **options):
        model = FirstLevelModel(t_r=runs.T_R, mask_img=sim.brain(), **options)
        image = runs.image(table)
        return model.fit(image, events=table, sample_masks=[keep], bins=bins)

    model = censored(keep)
    assert told in words(model)
    model.save(tmp_path / "model.npz")
    assert told in words(FirstLevelModel.load(tmp_path / "model.npz"))
    assert told in words(censored(keep, noise_model="auto3"))
    # nilearn's numbers filter on over the gaps
    assert told not in words(censored(keep, bins=100))
    assert told not in words(censored(keep, noise_model="ols"))
    # first scans that are left out leave no gap
    assert told not in words(censored(list(range(4, runs.N_SCANS))))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "at p < 0.001 per voxel, not corrected"),
        ({"height_control": "fdr", "alpha": 0.05}, "false discovery rate of 0.05"),
        ({"height_control": "bonferroni", "alpha": 0.05}, "family-wise error rate of"),
        (
            {"height_control": None, "threshold": 4.5},
            "positive side, where z > 4.5: a, b.",
        ),
        ({"two_sided": True}, "on both sides"),
        (
            {"height_control": None, "threshold": 3.1, "two_sided": True},
            "shown as z on both sides, where |z| > 3.1",
        ),
        ({"cluster_threshold": 7}, "fewer than 7 voxels"),
    ],
)
def test_thresholds_are_told(model, options, expected):
    assert expected in words(model, {"a": "a", "b": "b"}, **options)
    assert "2 contrasts were tested" in words(model, {"a": "a", "b": "b"}, **options)


def cited(model, contrasts="a", **options):
    """First authors and years of the references."""
    found = sim.content(model, contrasts, **options)
    text = " ".join(found.methods)
    labels = [f"{one.split()[0]} {one.split('(')[1][:4]}" for one in found.citations]
    for label in labels:
        author, year = label.split()
        assert re.search(rf"{author}[a-zA-Z .]*, {year}", text)
    return set(labels)


def test_references_are_those_that_the_text_names(model):
    always = {"Friston 1995"}
    noise = {"Worsley 2002", "Yule 1927", "Walker 1931"}
    glover = fitted(hrf_model="glover")
    assert cited(glover) == always | noise | {"Glover 1999"}
    arma = fitted(noise_model="arma11", hrf_model="glover")
    assert cited(arma) == always | {"Glover 1999", "Patterson 1971"}
    for name in ("auto2", "ar2+"):
        own = fitted(noise_model=name, hrf_model="glover")
        assert cited(own) == always | noise | {"Glover 1999"}
    own = fitted(noise_model="ols+2", hrf_model="glover")
    effective = {"Satterthwaite 1946", "Worsley 1995"}
    assert cited(own) == always | noise | effective | {"Glover 1999"}
    ols = fitted(noise_model="ols", hrf_model="spm")
    assert cited(ols) == always | {"Friston 1998"}
    assert cited(ols, height_control="fdr") == always | {
        "Friston 1998",
        "Genovese 2002",
        "Benjamini 1995",
    }
    assert cited(model, height_control="bonferroni") == always | noise | {"Dunn 1961"}
    assert cited(model, None, height_control="bonferroni") == always | noise
    over = cited(model, bg_img="MNI152TEMPLATE")
    assert over == always | noise | {"Fonov 2011"}
    assert cited(sim.second_level(), "intercept") == always | {"Holmes 1998"}


def test_contrasts_are_named_with_what_they_ask(model):
    text = words(model, {"less": "a - b", "a": "a"})
    assert "for their number: less (a - b), a." in text
    many = words(model, {f"c{i}": "a" for i in range(15)})
    assert "c11 (a) and 3 more." in many
    assert "c12" not in many
    (long,) = [
        one for one in sim.content(model, {"x" * 300: "a"}).methods if "xx" in one
    ]
    assert f"{'x' * 119}… (a)" in long


def test_how_a_mask_was_made_is_told(model, tmp_path, monkeypatch):
    monkeypatch.setattr(masking, "compute_multi_epi_mask", lambda *_, **__: sim.brain())
    table = runs.events()
    images = [runs.image(table), runs.image(table, 1)]
    assert "mask was" not in words(model)
    one = FirstLevelModel(t_r=runs.T_R)
    one.fit(images[:1], events=[table]).save(tmp_path / "model.npz")
    expected = "The mask was computed from the mean image, by the gap"
    assert expected in words(one)
    assert expected in words(FirstLevelModel.load(tmp_path / "model.npz"))
    two = FirstLevelModel(t_r=runs.T_R).fit(images, events=[table] * 2)
    assert "from the mean image of each run" in words(two)
    every = FirstLevelModel(t_r=runs.T_R, mask_img=False)
    assert "No mask was used." in words(every.fit(images[:1], events=[table]))


def test_one_confound_is_one():
    table = runs.events()
    model = FirstLevelModel(t_r=runs.T_R, mask_img=sim.brain())
    confound = np.random.default_rng(0).standard_normal((runs.N_SCANS, 1))
    model.fit(runs.image(table), events=table, confounds=[confound])
    assert "had 1 confound as a further regressor." in words(model)


def test_what_the_masker_did_is_told_also_of_a_saved_model(tmp_path):
    table = runs.events()
    masker = NiftiMasker(
        sim.brain(), smoothing_fwhm=6, detrend=True, high_pass=0.01, t_r=runs.T_R
    )
    model = FirstLevelModel(t_r=runs.T_R, mask_img=masker, signal_scaling=False)
    model.fit(runs.image(table), events=table).save(tmp_path / "model.npz")
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    forgetful = FirstLevelModel(
        t_r=runs.T_R, mask_img=masker, signal_scaling=False, reports=False
    ).fit(runs.image(table), events=table)
    for one in (model, loaded, forgetful):
        text = words(one)
        assert "The images were smoothed by a Gaussian kernel of 6 mm" in text
        assert "a line was taken off; frequencies below 0.01 Hz were filtered" in text
        rows = sim.content(one).parameters.rows
        assert ("masker", "smoothing_fwhm", 6.0) in rows
        assert ("masker", "detrend", "True") in rows


def test_smoothing_of_a_model_that_remembers_nothing_is_told(tmp_path):
    table = runs.events()
    model = FirstLevelModel(
        t_r=runs.T_R, mask_img=sim.brain(), smoothing_fwhm=5, reports=False
    )
    model.fit(runs.image(table), events=table).save(tmp_path / "model.npz")
    assert "kernel of 5 mm" in words(FirstLevelModel.load(tmp_path / "model.npz"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"standardize": "psc"}, "they were scaled to per cent of their mean"),
        ({"standardize": True}, "they were brought to unit variance"),
        ({"low_pass": 0.2, "t_r": 2.0}, "frequencies above 0.2 Hz were"),
        ({"high_variance_confounds": True}, "the voxels that vary most were taken out"),
        ({"smoothing_fwhm": "fast"}, "smoothed over neighbouring voxels"),
    ],
)
def test_steps_of_a_masker_have_words(options, expected):
    table = runs.events()
    masker = NiftiMasker(sim.brain(), **options)
    model = FirstLevelModel(t_r=runs.T_R, mask_img=masker, signal_scaling=False)
    assert expected in words(model.fit(runs.image(table), events=table))


def test_confounds_of_some_runs_are_told_as_such():
    tables = [runs.events(seed) for seed in (0, 1)]
    model = FirstLevelModel(t_r=runs.T_R, mask_img=sim.brain())
    confounds = [np.random.default_rng(0).standard_normal((runs.N_SCANS, 3)), None]
    images = [runs.image(table) for table in tables]
    model.fit(images, events=tables, confounds=confounds)
    assert "The design of 1 of 2 runs had 3 confounds" in words(model)


def test_when_responses_were_taken_is_told():
    assert "at 0.5 of the repetition time" in words(fitted(slice_time_ref=0.5))
    assert "repetition time after" not in words(fitted())


def test_sides_are_those_of_the_contrasts_that_are_shown(model):
    rows = np.eye(12)[:2]
    with pytest.warns(ContrastWarning, match="approximate fixed effects"):
        only_f = words(model, {"F": rows}, two_sided=True)
    with pytest.warns(ContrastWarning, match="approximate fixed effects"):
        mixed = words(model, {"F": rows, "t": "a"}, two_sided=True)
    assert "by F, shown as z, at p" in only_f
    assert "side" not in only_f
    assert "by t or, for several rows, by F, shown as z (of t on both sides)" in mixed
    assert "by t, shown as z on both sides," in words(model, "a", two_sided=True)
    assert "by t, shown as z on the positive side," in words(model, "a")
