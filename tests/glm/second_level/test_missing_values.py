"""Voxels that some subjects lack: never zeros in silence, in any mode."""

import warnings

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats
from tests.glm.second_level import simulated_group as sim

from boldglm._base.errors import MaskError, NotEstimableError
from boldglm._base.warnings import ImageWarning
from boldglm.glm.second_level import SecondLevelModel

N = sim.N


@pytest.fixture(scope="module")
def holes():
    """Maps with a tenth of the values missing in half of the voxels, and how many."""
    rng = np.random.default_rng(5)
    data = sim.volumes(seed=1)
    gone = (rng.random(data.shape) < 0.2) & (rng.random(data.shape[1:]) < 0.5)
    gone &= sim.inside()
    data[gone] = np.nan
    data[2, gone[2]] = np.inf
    data[3, gone[3]] = -np.inf
    return data


@pytest.fixture(scope="module")
def lacking(holes):
    return ~np.isfinite(sim.values(holes))


def quiet_fit(maps, design="~ 1", confounds=None, **parameters):
    parameters.setdefault("mask_img", sim.brain())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageWarning)
        return SecondLevelModel(**parameters).fit(maps, confounds, design)


def all_maps(model, contrast=None, **options):
    found = model.compute_contrast(contrast, output_type="all", **options)
    return {name: sim.at(img) for name, img in found.items()}


def test_divergence_10_a_voxel_that_a_subject_lacks_is_not_tested(holes, lacking):
    model = quiet_fit(sim.images(holes))
    maps = all_maps(model)
    partial = lacking.any(axis=0)
    assert 0.2 < partial.mean() < 0.8
    for name, values in maps.items():
        assert (values[partial] == (1 if name == "p_value" else 0)).all()
    y = sim.values(holes)[:, ~partial]
    expected = stats.ttest_1samp(y, 0).statistic
    np.testing.assert_allclose(maps["stat"][~partial], expected, rtol=2e-5, atol=2e-6)
    assert np.array_equal(sim.at(model.dof_img_), np.where(partial, 0, N - 1))
    assert np.array_equal(sim.at(model.n_img_), N - lacking.sum(axis=0))
    assert np.array_equal(model._data_for().tested, ~partial)
    assert not model.results_[0.0].theta[:, partial].any()
    kept = quiet_fit(sim.images(holes), minimize_memory=False)
    for img in (kept.residuals_, kept.predicted_):
        values = np.asarray(img.dataobj)[sim.inside()]
        assert not values[partial].any()
        assert values[~partial].all()


def test_divergence_10_each_voxel_is_tested_with_the_subjects_it_has(holes, lacking):
    """Against a loop over voxels."""
    model = quiet_fit(sim.images(holes), missing="available", minimize_memory=False)
    maps, y = all_maps(model), sim.values(holes)
    residuals = np.asarray(model.residuals_.dataobj)[sim.inside()].T
    for voxel in range(y.shape[1]):
        own = y[~lacking[:, voxel], voxel]
        t = stats.ttest_1samp(own, 0).statistic
        assert maps["stat"][voxel] == pytest.approx(t, rel=2e-5, abs=2e-6)
        p = stats.t.sf(t, own.size - 1)
        assert maps["p_value"][voxel] == pytest.approx(p, rel=1e-3)
        assert maps["effect_size"][voxel] == pytest.approx(own.mean(), rel=1e-4)
        np.testing.assert_allclose(
            residuals[~lacking[:, voxel], voxel], own - own.mean(), atol=1e-5
        )
    assert np.isnan(residuals[lacking]).all()
    predicted = np.asarray(model.predicted_.dataobj)[sim.inside()].T
    np.testing.assert_allclose(
        predicted, np.tile(maps["effect_size"], (N, 1)), rtol=1e-5, atol=1e-6
    )
    assert np.array_equal(sim.at(model.dof_img_), N - 1 - lacking.sum(axis=0))


def test_designs_of_the_subjects_that_are_there(holes, lacking):
    """A group and a covariate, t and F, against a loop over voxels."""
    table = sim.subjects()
    model = quiet_fit(
        sim.images(holes), "~ 0 + group + age", table, missing="available"
    )
    X, y = model.design_matrix_.to_numpy(), sim.values(holes)
    c = np.array([1.0, -1, 0])
    assert list(model.design_matrix_)[:2] == ["group[control]", "group[patient]"]
    t = all_maps(model, c)
    F = all_maps(model, np.eye(3)[:2])
    for voxel in np.flatnonzero(lacking.any(axis=0))[::3]:
        there = ~lacking[:, voxel]
        beta, rss, rank, _ = np.linalg.lstsq(X[there], y[there, voxel], rcond=None)
        dof = there.sum() - rank
        covariance = np.linalg.inv(X[there].T @ X[there]) * rss / dof
        expected = c @ beta / np.sqrt(c @ covariance @ c)
        assert t["stat"][voxel] == pytest.approx(expected, rel=1e-4, abs=1e-5)
        z = stats.norm.isf(stats.t.sf(expected, dof))
        assert t["z_score"][voxel] == pytest.approx(z, rel=1e-3, abs=1e-5)
        first = beta[:2] @ np.linalg.solve(covariance[:2, :2], beta[:2]) / 2
        assert F["stat"][voxel] == pytest.approx(first, rel=1e-4)
        assert F["p_value"][voxel] == pytest.approx(stats.f.sf(first, 2, dof), rel=1e-3)


def test_what_the_rest_cannot_tell_is_not_tested():
    """A voxel without any patient has a mean, but no difference of groups."""
    table, data = sim.subjects(), sim.volumes(seed=2)
    patients = (table["group"] == "patient").to_numpy()
    data[np.ix_(patients, [4], [5], [6])] = np.nan
    data[2:, 4, 5, 5] = np.nan  # two subjects, and no degree of freedom
    data[1:, 4, 5, 4] = np.nan
    data[:, 4, 5, 3] = np.nan
    model = quiet_fit(sim.images(data), "~ 0 + group", table, missing="available")
    names = {"patient": "group[patient]", "control": "group[control]"}
    maps = model.compute_contrast(f"{names['patient']} - {names['control']}")
    assert not maps.get_fdata()[4, 5, 3:7].any()
    one = model.compute_contrast(names["control"], output_type="stat").get_fdata()
    controls = data[~patients, 4, 5, 6].astype(float)
    expected = stats.ttest_1samp(controls, 0).statistic
    assert one[4, 5, 6] == pytest.approx(expected, rel=1e-4)
    other = model.compute_contrast(names["patient"], output_type="p_value").get_fdata()
    assert (other[4, 5, 3:7] == 1).all()
    F = model.compute_contrast(np.eye(2), output_type="stat").get_fdata()
    assert not F[4, 5, 3:7].any()
    dof = model.dof_img_.get_fdata()
    assert dof[4, 5, 3:7].tolist() == [0, 0, 0, N - patients.sum() - 1]
    assert model.n_img_.get_fdata()[4, 5, 3:6].tolist() == [0, 1, 2]


def test_the_whole_design_has_to_tell_the_contrast(holes):
    table = sim.subjects()
    dummies = pd.get_dummies(table["group"]).astype(float).assign(one=1.0)
    model = quiet_fit(sim.images(holes), dummies, missing="available")
    with pytest.raises(NotEstimableError):
        model.compute_contrast("patient")


def test_results_are_grouped_by_who_is_missing(holes, lacking):
    model = quiet_fit(sim.images(holes), missing="available")
    labels, results = model.labels_, model.results_
    assert set(np.unique(labels)) == set(results)
    assert np.array_equal(labels > 0, lacking.any(axis=0))
    y = sim.values(holes)
    for label, one in results.items():
        voxels = np.flatnonzero(labels == label)
        there = ~lacking[:, voxels[0]]
        assert (lacking[:, voxels] == lacking[:, voxels[:1]]).all()
        np.testing.assert_allclose(
            one.theta[0], y[np.ix_(there, voxels)].mean(axis=0), atol=1e-5
        )
        assert one.df_residuals == there.sum() - 1
    kept = quiet_fit(sim.images(holes), missing="available", minimize_memory=False)
    assert kept.results_[1.0].residuals.shape[1] == (labels == 1).sum()
    r_square = sim.at(quiet_fit(sim.images(holes), missing="available").r_square_)
    assert np.isfinite(r_square).all()


def test_zero_means_zero_and_says_so(holes):
    filled = np.where(np.isfinite(holes), holes, 0)
    expected = quiet_fit(sim.images(filled), missing="zero", smoothing_fwhm=6)
    model = SecondLevelModel(sim.brain(), smoothing_fwhm=6, missing="zero")
    with pytest.warns(ImageWarning, match="They count as 0, as missing='zero' asks"):
        model.fit(sim.images(holes), design_matrix="~ 1")
    assert np.array_equal(
        model.compute_contrast().get_fdata(), expected.compute_contrast().get_fdata()
    )
    assert model._data_for().missing is None


def test_one_warning_with_numbers(holes, lacking):
    per_map = lacking.sum(axis=1)
    worst = per_map.argmax()
    message = (
        f"{lacking.any(axis=0).sum()} of {lacking.shape[1]} voxels of the mask .* "
        f"{N} maps out of {N}; most are missing in second_level_input.{worst}., "
        f"{per_map.max()}.* not tested"
    )
    with pytest.warns(ImageWarning, match=message) as caught:
        model = SecondLevelModel(sim.brain()).fit(
            sim.images(holes), design_matrix="~ 1"
        )
    assert len(caught) == 1
    model.compute_contrast()  # and none later


def test_nothing_missing_is_nothing_to_say():
    """Warnings are errors here. Around the brain, nan is no news."""
    maps = sim.images(sim.volumes(outside=np.nan))
    for missing in ("drop-voxel", "available", "zero"):
        for options in ({"mask_img": None}, {"mask_img": sim.brain()}):
            model = SecondLevelModel(missing=missing, **options)
            model.fit(maps, design_matrix="~ 1")
            assert np.array_equal(model.mask_img_.get_fdata() > 0, sim.inside())


def test_maps_without_holes_are_those_of_the_masker():
    from boldglm.maskers import NiftiMasker

    maps = sim.images(sim.volumes())
    masker = NiftiMasker(sim.brain(), smoothing_fwhm=5).fit()
    for missing in ("drop-voxel", "available", "zero"):
        group = quiet_fit(maps, missing=missing, smoothing_fwhm=5)._data_for()
        assert np.array_equal(group.maps, masker.transform(maps))
        assert group.missing is None


@pytest.mark.parametrize("missing", ["drop-voxel", "available"])
def test_smoothing_does_not_mix_in_zeros(holes, missing):
    """The mean of what is there: scipy's filter of values, over that of ones."""
    fwhm = 7.0
    model = quiet_fit(sim.images(holes), missing=missing, smoothing_fwhm=fwhm)
    group = model._data_for()
    sigma = fwhm / np.sqrt(8 * np.log(2)) / np.sqrt((sim.AFFINE[:3, :3] ** 2).sum(0))
    for volume, row, gone in zip(holes, group.maps, group.missing, strict=True):
        there = np.isfinite(volume)
        value = ndimage.gaussian_filter(np.where(there, volume, 0).astype(float), sigma)
        weight = ndimage.gaussian_filter(there.astype(float), sigma)
        expected = (value / weight)[sim.inside()]
        assert np.array_equal(gone, ~there[sim.inside()])
        np.testing.assert_allclose(row[~gone], expected[~gone], atol=2e-6)
        assert not row[gone].any()


def test_a_constant_with_holes_stays_that_constant_under_smoothing():
    data = np.full((4, *sim.SHAPE), 3.0, np.float32)
    data[:, ~sim.inside()] = np.nan
    data[1, 4, 5, 6] = np.nan
    group = quiet_fit(sim.images(data), smoothing_fwhm=8)._data_for()
    np.testing.assert_allclose(group.maps[~group.missing], 3, rtol=1e-6)
    fast = quiet_fit(sim.images(data), smoothing_fwhm="fast")._data_for()
    np.testing.assert_allclose(fast.maps[~fast.missing], 3, rtol=1e-6)


def test_a_computed_mask_holds_what_all_have_or_what_any_has():
    """Subjects whose brains end at different slices, nan beyond."""
    data = sim.volumes(outside=np.nan)
    shorter = sim.inside()
    shorter[..., 7:] = False
    data[:3, ~shorter] = np.nan
    maps = sim.images(data)
    everybody = SecondLevelModel().fit(maps, design_matrix="~ 1")
    assert np.array_equal(everybody.mask_img_.get_fdata() > 0, shorter)
    anybody = quiet_fit(maps, mask_img=None, missing="available")
    assert np.array_equal(anybody.mask_img_.get_fdata() > 0, sim.inside())
    assert set(sim.at(anybody.dof_img_)) == {N - 1, N - 4}
    t = [m.compute_contrast().get_fdata()[shorter] for m in (everybody, anybody)]
    assert np.array_equal(*t)


def test_a_voxel_that_nobody_has_is_in_no_mask():
    """Also where the brain fills most of the border of the image."""
    data = np.abs(sim.volumes(outside=1.0)) + 1
    data[:, :2, :2] = np.nan
    data[1, 4:6] = np.nan
    model = quiet_fit(sim.images(data), mask_img=None, missing="available")
    expected = np.isfinite(data).any(axis=0)
    assert np.array_equal(model.mask_img_.get_fdata() > 0, expected)


def test_where_a_resampled_map_ends_there_is_no_value():
    """The mask reaches beyond the maps by two voxels."""
    inside = np.zeros((5, 6, 11), np.uint8)
    inside[1:4, 1:4] = 1
    moved = sim.AFFINE.copy()
    moved[:3, 3] += sim.AFFINE[:3, :3] @ [2.5, 2, -2]
    mask = nib.Nifti1Image(inside, moved)
    data = sim.volumes(outside=5.0)
    with pytest.warns(ImageWarning) as caught:
        model = SecondLevelModel(mask).fit(sim.images(data), design_matrix="~ 1")
    told = [str(one.message) for one in caught]
    assert len(told) == 2
    assert "resampled to the grid" in told[0]
    assert "18 of 99 voxels of the mask have no value" in told[1]
    dof = model.dof_img_.get_fdata()
    assert not dof[..., :2].any()
    assert (dof[inside > 0].reshape(9, 11)[:, 2:] == N - 1).all()
    filled = SecondLevelModel(mask, missing="zero")
    with pytest.warns(ImageWarning, match="resampled to the grid") as caught:
        filled.fit(sim.images(data), design_matrix="~ 1")
    assert len(caught) == 1
    assert (filled.dof_img_.get_fdata()[inside > 0] == N - 1).all()


def test_holes_stay_holes_under_resampling():
    data = sim.volumes()
    data[3, 4:6, 4:6, 5:7] = np.nan
    model = SecondLevelModel(sim.brain(), target_affine=np.diag([6.0, 6, 7]))
    with pytest.warns(ImageWarning) as caught:
        model.fit(sim.images(data), design_matrix="~ 1")
    assert len(caught) == 1
    assert model._data_for().missing.sum(axis=1).tolist() == [
        int(k == 3) for k in range(N)
    ]


def test_maps_of_integers_lack_nothing():
    data = np.round(sim.volumes() * 100).astype(np.int16)
    model = SecondLevelModel(sim.brain(), smoothing_fwhm=5)
    model.fit(sim.images(data), design_matrix="~ 1")
    assert model._data_for().missing is None


def test_no_voxel_left_is_an_error():
    data = sim.volumes()
    data[4] = np.nan
    with pytest.raises(MaskError, match=r"no voxel to test.*second_level_input\[4\]"):
        SecondLevelModel(sim.brain()).fit(sim.images(data), design_matrix="~ 1")
    left = quiet_fit(sim.images(data), missing="available")
    assert (sim.at(left.dof_img_) == N - 2).all()


def test_other_ways_to_treat_missing_values_are_not_known():
    with pytest.raises(ValueError, match="missing is 'drop'; expected one of 'drop-v"):
        SecondLevelModel(missing="drop").fit(sim.images(sim.volumes()))


def test_results_of_several_freedoms_are_no_contrast(rng):
    from boldglm._base.errors import ContrastError
    from boldglm.glm.contrasts import compute_contrast

    maps = rng.standard_normal((8, 3, 3, 3))
    maps[0, 1, 1, 1] = np.nan
    images = [nib.Nifti1Image(one, np.eye(4)) for one in maps]
    mask = nib.Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4))
    model = SecondLevelModel(mask_img=mask, missing="available")
    with pytest.warns(ImageWarning, match="1 of 27 voxels"):
        model.fit(images, design_matrix="~ 1")
    with pytest.raises(ContrastError, match="different degrees of freedom"):
        compute_contrast(model.labels_, model.results_, [1.0])
