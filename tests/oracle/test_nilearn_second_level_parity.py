"""The second level of nilearn where it is right, and how far off it is elsewhere.

Maps are float32 in both. The largest difference of z seen on these groups is 3e-6.
"""

import warnings

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.glm.first_level import simulated_runs as runs
from tests.glm.second_level import simulated_group as sim

from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel
from boldglm.maskers import NiftiMasker

nilearn_group = pytest.importorskip("nilearn.glm.second_level")
nilearn_subject = pytest.importorskip("nilearn.glm.first_level")
nilearn_maskers = pytest.importorskip("nilearn.maskers")

N = sim.N
Z = 1e-4


def quietly(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def both(maps, design=None, confounds=None, **parameters):
    """Our model and nilearn's."""
    models = (
        SecondLevelModel(**parameters),
        nilearn_group.SecondLevelModel(
            **{k: v for k, v in parameters.items() if k != "missing"}
        ),
    )
    return [quietly(model.fit, maps, confounds, design) for model in models]


def assert_same_maps(models, contrast=None, first_level=None, stat_type=None):
    ours, theirs = (
        quietly(model.compute_contrast, contrast, first_level, stat_type, "all")
        for model in models
    )
    assert list(ours) == list(theirs)
    for name, img in theirs.items():
        expected, found = img.get_fdata(), ours[name].get_fdata()
        np.testing.assert_array_equal(ours[name].affine, img.affine)
        if name == "z_score":
            assert np.abs(found - expected).max() < Z
        inside = models[0].mask_img_.get_fdata() > 0
        scale = np.abs(expected[inside]).max()
        np.testing.assert_allclose(
            found[inside], expected[inside], rtol=1e-3, atol=Z * scale, err_msg=name
        )
        assert not found[~inside].any()


TABLE = sim.subjects()
PATIENT = (TABLE["group"] == "patient").to_numpy().astype(float)
PAIRS = np.tile(np.eye(N // 2), (2, 1))
HALVES = np.repeat([1.0, -1.0], N // 2)
DESIGNS = {
    "one sample": ({"intercept": np.ones(N)}, [None, "intercept"]),
    "two samples": (
        {"patient": PATIENT, "control": 1 - PATIENT},
        ["patient - control", [1, -1], np.eye(2), [0.5, 0.5]],
    ),
    "covariate": (
        {"age": TABLE["age"], "patient": PATIENT, "intercept": np.ones(N)},
        ["age", "patient", np.eye(3)[:2], np.array([0, 1, 1])],
    ),
    "pairs": (
        {"condition": HALVES, **{f"s{k}": one for k, one in enumerate(PAIRS.T)}},
        ["condition", np.eye(7)[1:4]],
    ),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("fwhm", [None, 6.0])
def test_maps_are_those_of_nilearn(name, fwhm):
    columns, contrasts = DESIGNS[name]
    maps, design = sim.images(sim.volumes()), pd.DataFrame(columns)
    models = both(maps, design, mask_img=sim.brain(), smoothing_fwhm=fwhm)
    for contrast in contrasts:
        assert_same_maps(models, contrast)
    assert_same_maps(models, contrasts[-1], stat_type="F")


@pytest.mark.parametrize("mask_img", [None, "masker"])
@pytest.mark.parametrize("kind", ["list", "4-D", "series"])
def test_inputs_and_masks_are_those_of_nilearn(kind, mask_img, tmp_path):
    data = sim.volumes()
    maps = {
        "list": sim.images(data),
        "4-D": sim.image(np.moveaxis(data, 0, 3)),
        "series": pd.Series([str(p) for p in sim.write(tmp_path, data)]),
    }[kind]
    design = pd.DataFrame({"intercept": np.ones(N)})
    ours, theirs = SecondLevelModel(), nilearn_group.SecondLevelModel()
    if mask_img == "masker":
        ours.mask_img = NiftiMasker(sim.brain()).fit()
        theirs.mask_img = nilearn_maskers.NiftiMasker(sim.brain()).fit()
    models = [quietly(m.fit, maps, None, design) for m in (ours, theirs)]
    masks = [m.masker_.mask_img_.get_fdata() for m in models]
    np.testing.assert_array_equal(*masks)
    assert_same_maps(models)


def test_nan_around_the_brain_gives_the_same_mask():
    data = sim.volumes(outside=np.nan)
    data[2, ..., 7:] = np.nan
    models = both(sim.images(data), pd.DataFrame({"one": np.ones(N)}))
    masks = [m.masker_.mask_img_.get_fdata() for m in models]
    np.testing.assert_array_equal(*masks)
    assert masks[0].any()
    assert_same_maps(models)


def test_tables_are_those_of_nilearn(tmp_path):
    paths = sim.write(tmp_path, sim.volumes())
    table = TABLE[["subject_label"]].assign(
        map_name="faces", effects_map_path=[str(path) for path in paths]
    )
    shuffled = table.sample(frac=1, random_state=0).reset_index(drop=True)
    confounds = TABLE[["subject_label", "age"]]
    models = both(shuffled, None, confounds, mask_img=sim.brain())
    pd.testing.assert_frame_equal(models[0].design_matrix_, models[1].design_matrix_)
    for contrast in ("age", "intercept"):
        assert_same_maps(models, contrast, "faces")


@pytest.mark.parametrize("fwhm", [None, 7.0])
def test_models_are_those_of_nilearn(fwhm):
    ours, theirs = [], []
    for seed in range(4):
        table = runs.events(seed)
        arguments = {"mask_img": runs.brain(), "noise_model": "ols"}
        for made, kind in ((ours, FirstLevelModel), (theirs, None)):
            model = (kind or nilearn_subject.FirstLevelModel)(
                **arguments, subject_label=f"{seed}"
            )
            quietly(
                model.fit, runs.image(table, seed), design_matrices=runs.design(table)
            )
            made.append(model)
    groups = [
        quietly(SecondLevelModel(smoothing_fwhm=fwhm).fit, ours),
        quietly(nilearn_group.SecondLevelModel(smoothing_fwhm=fwhm).fit, theirs),
    ]
    masks = [m.masker_.mask_img_.get_fdata() for m in groups]
    np.testing.assert_array_equal(*masks)
    assert_same_maps(groups, "intercept", "a - b")


def test_zero_for_what_is_missing_is_nilearns_way():
    data = sim.volumes()
    data[1, 3:6, 4, 5] = np.nan
    design = pd.DataFrame({"one": np.ones(N)})
    for fwhm in (None, 6.0):
        models = both(
            sim.images(data),
            design,
            mask_img=sim.brain(),
            smoothing_fwhm=fwhm,
            missing="zero",
        )
        assert_same_maps(models)


def test_divergence_10_nilearn_takes_nan_for_zero():
    """The effect of eleven subjects is divided by twelve."""
    data = sim.volumes()
    data[1, 4, 5, 6] = np.nan
    design = pd.DataFrame({"one": np.ones(N)})
    ours, theirs = both(
        sim.images(data), design, mask_img=sim.brain(), missing="available"
    )
    there = np.delete(data[:, 4, 5, 6], 1)
    effect = theirs.compute_contrast(output_type="effect_size").get_fdata()[4, 5, 6]
    assert effect == pytest.approx(there.sum() / N, rel=1e-5)
    effect = ours.compute_contrast(output_type="effect_size").get_fdata()[4, 5, 6]
    assert effect == pytest.approx(there.mean(), rel=1e-5)


def test_divergence_11_nilearn_has_no_results_before_a_contrast():
    ours, theirs = both(sim.images(sim.volumes()), pd.DataFrame({"one": np.ones(N)}))
    assert theirs.results_ is None
    assert list(ours.results_) == [0.0]
    theirs.compute_contrast()
    np.testing.assert_allclose(
        ours.results_[0.0].theta, theirs.results_[0.0].theta, atol=1e-6
    )
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)


def test_divergence_02_pairs_with_an_intercept_lack_a_rank():
    """nilearn divides by subjects less columns, and tests with subjects less rank."""
    columns, _ = DESIGNS["pairs"]
    design = pd.DataFrame(columns).assign(intercept=1.0)
    data = sim.volumes()
    models = both(sim.images(data), design, mask_img=sim.brain())
    y = sim.values(data)
    expected = stats.ttest_rel(y[: N // 2], y[N // 2 :]).statistic
    ours, theirs = (
        sim.at(quietly(m.compute_contrast, "condition", output_type="stat"))
        for m in models
    )
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)
    dof = N // 2 - 1
    np.testing.assert_allclose(
        theirs, expected * np.sqrt((dof - 1) / dof), rtol=1e-3, atol=1e-4
    )


def test_a_mask_on_another_grid_resamples_the_maps():
    fine = sim.AFFINE @ np.diag([0.5, 0.5, 0.5, 1])
    inside = np.zeros(np.multiply(sim.SHAPE, 2), np.uint8)
    inside[5:12, 6:14, 8:15] = 1
    mask = nib.Nifti1Image(inside, fine)
    design = pd.DataFrame({"one": np.ones(N)})
    ours, theirs = both(sim.images(sim.volumes()), design, mask_img=mask)
    z = [quietly(m.compute_contrast).get_fdata() for m in (ours, theirs)]
    # each map is clipped to its own range here, to that of all maps there
    off = np.abs(z[0] - z[1])[inside > 0]
    assert np.mean(off > Z) < 0.05
    assert off.max() < 0.5
