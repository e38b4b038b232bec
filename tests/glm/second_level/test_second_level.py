"""The second-level model: numbers of others, one fit, manners of an estimator."""

import copy
import pickle

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.glm.second_level import simulated_group as sim

from boldglm._base.errors import ContrastError, NotEstimableError, NotFittedError
from boldglm._base.warnings import ContrastWarning, DesignWarning
from boldglm.glm.second_level import SecondLevelModel
from boldglm.image import smooth_img
from boldglm.maskers import NiftiMasker

N = sim.N
OUTPUTS = ["z_score", "stat", "p_value", "effect_size", "effect_variance"]


@pytest.fixture(scope="module")
def data():
    return sim.volumes()


@pytest.fixture(scope="module")
def maps(data):
    return sim.images(data)


@pytest.fixture(scope="module")
def table():
    return sim.subjects()


def fit(maps, design="~ 1", confounds=None, **parameters):
    parameters.setdefault("mask_img", sim.brain())
    return SecondLevelModel(**parameters).fit(maps, confounds, design)


def assert_maps(got, **expected):
    for name, values in expected.items():
        found = sim.at(got[name])
        np.testing.assert_allclose(found, values, rtol=2e-5, atol=2e-6, err_msg=name)


# --- numbers of scipy and statsmodels ---


def test_one_sample_is_the_t_test_of_scipy(maps, data):
    y = sim.values(data)
    test = stats.ttest_1samp(y, 0)
    assert_maps(
        fit(maps).compute_contrast(output_type="all"),
        stat=test.statistic,
        p_value=stats.t.sf(test.statistic, N - 1),
        z_score=stats.norm.isf(stats.t.sf(test.statistic, N - 1)),
        effect_size=y.mean(axis=0),
        effect_variance=y.var(axis=0, ddof=1) / N,
    )


def test_two_samples_are_the_t_test_of_scipy(maps, data, table):
    y, patient = sim.values(data), (table["group"] == "patient").to_numpy()
    got = fit(maps, "~ 0 + group", table).compute_contrast(
        "group[patient] - group[control]", output_type="stat"
    )
    expected = stats.ttest_ind(y[patient], y[~patient]).statistic
    np.testing.assert_allclose(sim.at(got), expected, rtol=2e-5, atol=2e-6)


def test_pairs_are_the_paired_t_test_of_scipy_whatever_the_rank(data):
    """With a column for each pair and an intercept the design lacks one rank."""
    y, half = sim.values(data), N // 2
    condition = np.repeat([1.0, 0.0], half)
    pairs = np.tile(np.eye(half), (2, 1))
    expected = stats.ttest_rel(y[:half], y[half:]).statistic
    columns = ["condition", *[f"pair {i}" for i in range(half)]]
    full = pd.DataFrame(np.column_stack([condition, pairs]), columns=columns)
    for design in (full, full.assign(intercept=1.0)):
        model = fit(sim.images(data), design)
        t = model.compute_contrast("condition", output_type="stat")
        np.testing.assert_allclose(sim.at(t), expected, rtol=2e-5, atol=2e-6)
        assert sim.at(model.dof_img_).max() == half - 1


def test_analysis_of_variance_is_that_of_scipy(maps, data, table):
    """Cells without an intercept, with one, and with a column too many."""
    y = sim.values(data)
    cells = [y[(table["site"] == name).to_numpy()] for name in "xyz"]
    expected = stats.f_oneway(*cells).statistic
    dummies = pd.get_dummies(table["site"]).astype(float)
    differences = ["x - y", "y - z", "x - z"]
    for design in (dummies, dummies.assign(intercept=1.0)):
        F = fit(maps, design).compute_contrast(differences, output_type="stat")
        np.testing.assert_allclose(sim.at(F), expected, rtol=1e-4)


def test_covariates_are_those_of_statsmodels(maps, data, table):
    sm = pytest.importorskip("statsmodels.api")
    X = pd.DataFrame(
        {
            "patient": (table["group"] == "patient").astype(float),
            "age": table["age"],
            "intercept": 1.0,
        }
    )
    model = fit(maps, X)
    one = model.compute_contrast("age - patient", output_type="all")
    several = model.compute_contrast(np.eye(3)[:2], output_type="all")
    r_square = sim.at(model.r_square_)
    y = sim.values(data)
    for voxel in range(0, y.shape[1], 25):
        ols = sm.OLS(y[:, voxel], X.to_numpy()).fit()
        t = ols.t_test([-1, 1, 0])
        F = ols.f_test(np.eye(3)[:2])
        assert sim.at(one["stat"])[voxel] == pytest.approx(t.tvalue.item(), rel=1e-4)
        assert sim.at(one["effect_size"])[voxel] == pytest.approx(
            t.effect.item(), rel=1e-4
        )
        assert sim.at(several["stat"])[voxel] == pytest.approx(F.fvalue, rel=1e-4)
        assert sim.at(several["p_value"])[voxel] == pytest.approx(F.pvalue, rel=1e-4)
        assert r_square[voxel] == pytest.approx(ols.rsquared, rel=1e-4)


def test_large_means_cost_no_digits(data):
    shifted = sim.volumes() + np.float32(10000)
    expected = stats.ttest_ind(*[sim.values(shifted)[k::2] for k in (0, 1)]).statistic
    model = fit(sim.images(shifted), "~ 0 + group", sim.subjects())
    t = model.compute_contrast("group[patient] - group[control]", output_type="stat")
    np.testing.assert_allclose(sim.at(t), expected, rtol=1e-4, atol=1e-5)


def test_the_cube_is_found(maps):
    z = np.asarray(fit(maps).compute_contrast().dataobj)
    outside = sim.inside()
    outside[sim.ACTIVE] = False
    assert z[sim.ACTIVE].mean() > 3.5
    assert stats.kstest(z[outside], "norm").pvalue > 0.01
    assert not z[~sim.inside()].any()


# --- one fit ---


def test_divergence_11_fitted_once_at_fit(tmp_path, data, monkeypatch):
    """Three contrasts, and every file is read once; nothing is fitted again."""
    from boldglm.glm.second_level import group_fit
    from boldglm.image import reading

    opened, fitted = [], []
    stream, one_fit = reading.VoxelStream, group_fit.fit_glm

    def counted(stored, *args, **kwargs):
        opened.append(stored.path.name)
        return stream(stored, *args, **kwargs)

    def counted_fit(*args, **kwargs):
        fitted.append(1)
        return one_fit(*args, **kwargs)

    monkeypatch.setattr(reading, "VoxelStream", counted)
    monkeypatch.setattr(group_fit, "fit_glm", counted_fit)
    paths = sim.write(tmp_path, data)
    model = fit(paths, "~ age + group", sim.subjects())
    for contrast in ("age", "intercept", np.eye(3)[:2]):
        model.compute_contrast(contrast)
    assert sorted(opened) == [path.name for path in paths]
    assert len(fitted) == 1


def test_divergence_11_results_are_there_after_fit(maps, data):
    model = fit(maps)
    assert model.labels_.shape == (model.n_elements_,)
    assert list(model.results_) == [0.0]
    mean = sim.values(data).mean(axis=0)
    np.testing.assert_allclose(model.results_[0.0].theta[0], mean, rtol=1e-6)


def test_results_serve_the_contrasts_of_arrays(maps, table):
    from boldglm.glm.contrasts import compute_contrast

    model = fit(maps, "~ age", table)
    stat = compute_contrast(model.labels_, model.results_, [0, 1]).stat()
    expected = sim.at(model.compute_contrast("age", output_type="stat"))
    np.testing.assert_allclose(stat, expected, rtol=1e-6)


def test_residuals_and_predictions_add_up_to_the_maps(maps, data, table):
    model = fit(maps, "~ age", table, minimize_memory=False)
    residuals, predicted = (
        np.asarray(img.dataobj)[sim.inside()].T
        for img in (model.residuals_, model.predicted_)
    )
    np.testing.assert_allclose(residuals + predicted, sim.values(data), atol=1e-5)
    np.testing.assert_allclose(residuals.sum(axis=0), 0, atol=1e-5)
    assert model.residuals_.shape == (*sim.SHAPE, N)
    for name in ("residuals", "predicted", "r_square"):
        first, second = getattr(model, name), getattr(model, f"{name}_")
        assert np.array_equal(first.get_fdata(), second.get_fdata())
    assert hasattr(model.results_[0.0], "SSE")


def test_without_the_data_there_are_no_residuals(maps):
    model = fit(maps)
    for name in ("residuals_", "predicted_"):
        with pytest.raises(AttributeError, match="minimize_memory=False and fit again"):
            getattr(model, name)


def test_the_maps_stay_for_tests_by_permutation(maps, data):
    group = fit(maps)._data_for()
    assert group.maps.dtype == np.float32
    assert group.maps.flags.c_contiguous
    assert group.missing is None
    assert group.tested.all()
    np.testing.assert_array_equal(group.maps, sim.values(data))


# --- contrasts ---


def test_a_design_of_one_column_needs_no_contrast(maps):
    """Whatever it is called, as on the page of nistats with permutations."""
    design = pd.DataFrame({"contrast": np.ones(N)})
    model = fit(maps, design)
    z = model.compute_contrast(output_type="z_score")
    assert np.array_equal(z.get_fdata(), model.compute_contrast("contrast").get_fdata())
    assert z.header["descrip"].item().startswith(b"z_score of contrast contrast")


def test_several_columns_need_one(maps, table):
    with pytest.raises(ContrastError, match=r"No second-level contrast .* 'age'"):
        fit(maps, "~ age", table).compute_contrast()


def test_ways_to_say_one_contrast(maps, table):
    model = fit(maps, "~ age + group", table)
    weights = [0, 1, 0]
    expected = model.compute_contrast("age").get_fdata()
    for contrast in (weights, np.array(weights), [weights], "1 * age", (0, 1, 0)):
        assert np.array_equal(model.compute_contrast(contrast).get_fdata(), expected)
    with pytest.warns(ContrastWarning, match="length P=3.*has length 2.*padded"):
        short = model.compute_contrast([0, 1])
    assert np.array_equal(short.get_fdata(), expected)


def test_columns_may_have_numbers_as_names(maps):
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(N), rng.standard_normal(N)])
    by_array = fit(maps, X)
    assert list(by_array.design_matrix_.columns) == [0, 1]
    by_frame = fit(maps, pd.DataFrame(X, columns=[2019, 7]))
    assert np.array_equal(
        by_array.compute_contrast([0, 1]).get_fdata(),
        by_frame.compute_contrast("7").get_fdata(),
    )


def test_every_output_is_there_with_its_name(maps, table):
    model = fit(maps, "~ age", table)
    all_maps = model.compute_contrast("age", output_type="all")
    assert list(all_maps) == OUTPUTS
    for name, img in all_maps.items():
        one = model.compute_contrast("age", None, None, name)
        assert np.array_equal(img.get_fdata(), one.get_fdata())
        assert img.header["descrip"].item().decode() == f"{name} of contrast age"
        np.testing.assert_array_equal(img.affine, sim.AFFINE)


def test_effects_of_an_F_contrast_have_a_volume_for_each_row(maps, table):
    model = fit(maps, "~ 0 + site", table)
    rows = np.eye(3)
    assert model.compute_contrast(rows, output_type="effect_size").shape[3] == 3
    one = model.compute_contrast(
        rows[0], second_level_stat_type="F", output_type="stat"
    )
    t = model.compute_contrast(rows[0], output_type="stat")
    np.testing.assert_allclose(one.get_fdata(), t.get_fdata() ** 2, rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output_type": "t"}, "output_type is 't'; expected one of 'z_score'"),
        ({"second_level_stat_type": "z"}, "stat_type is 'z'; expected 't', 'F'"),
        ({"second_level_contrast": [0, 0]}, "Contrast is null"),
        ({"second_level_contrast": [1, 0, 0]}, "at most 2 weights"),
        ({"second_level_contrast": []}, "expected at most 2"),
        ({"second_level_contrast": "iq"}, "'iq' is not a column.*'age'"),
        (
            {"second_level_contrast": np.eye(2), "second_level_stat_type": "t"},
            "t contrast has one row",
        ),
    ],
)
def test_contrasts_that_cannot_be_are_explained(maps, table, options, message):
    model = fit(maps, "~ age", table)
    with pytest.raises(ContrastError, match=f"(?s){message}"):
        model.compute_contrast(**{"second_level_contrast": "age", **options})


def test_contrasts_that_the_design_cannot_tell_apart_name_its_columns(maps, table):
    dummies = pd.get_dummies(table["group"]).astype(float).assign(intercept=1.0)
    model = fit(maps, dummies.assign(nobody=0.0))
    model.compute_contrast("patient - control")
    names = "'control', 'patient', 'intercept'"
    with pytest.raises(NotEstimableError, match=f"columns {names} apart"):
        model.compute_contrast("patient")
    with pytest.raises(NotEstimableError, match="'nobody' of the design is zero"):
        model.compute_contrast("nobody")


def test_images_have_no_first_level_contrast(maps):
    model = fit(maps)
    with pytest.warns(ContrastWarning, match="'faces' is for first-level models"):
        z = model.compute_contrast(first_level_contrast="faces")
    assert np.array_equal(z.get_fdata(), model.compute_contrast().get_fdata())


# --- masks ---


def test_no_mask_means_the_background_of_the_mean(maps):
    from boldglm.image import mean_img
    from boldglm.masking import compute_background_mask

    model = fit(maps, mask_img=None)
    expected = compute_background_mask(mean_img(maps)).get_fdata()
    assert model.mask_img is None
    assert np.array_equal(model.mask_img_.get_fdata(), expected)
    assert model.n_elements_ == sim.inside().sum()


def test_false_means_every_voxel(maps):
    model = fit(maps, mask_img=False)
    assert model.n_elements_ == np.prod(sim.SHAPE)
    assert model.mask_img is False
    assert not model.compute_contrast().get_fdata()[0].any()


def test_a_masker_is_copied_and_the_models_smoothing_counts(maps):
    masker = NiftiMasker(sim.brain(), smoothing_fwhm=4).fit()
    before = vars(masker).copy()
    with pytest.warns(DesignWarning, match="smoothing_fwhm=6 .* masker for .*=4"):
        model = fit(maps, mask_img=masker, smoothing_fwhm=6)
    assert vars(masker) == before
    assert model.masker_ is not masker
    expected = fit(smooth_img(maps, 6)).compute_contrast().get_fdata()
    z = model.compute_contrast().get_fdata()
    np.testing.assert_allclose(z, expected, atol=1e-4)
    assert np.abs(expected - fit(maps).compute_contrast().get_fdata()).max() > 0.5


def test_an_unfitted_masker_is_fitted_to_the_maps(maps):
    masker = NiftiMasker()
    model = fit(maps, mask_img=masker)
    assert model.n_elements_ == sim.inside().sum()
    assert not hasattr(masker, "mask_img_")


def test_a_masker_that_cleans_series_does_not_clean_subjects(maps):
    masker = NiftiMasker(sim.brain(), standardize=True)
    with pytest.warns(DesignWarning, match="rows of a group are subjects"):
        model = fit(maps, mask_img=masker)
    expected = fit(maps).compute_contrast().get_fdata()
    assert np.array_equal(model.compute_contrast().get_fdata(), expected)


def test_maps_come_out_on_the_target_grid(maps):
    from boldglm.image import resample_img

    coarse = np.diag([6.0, 6, 7])
    model = fit(maps, target_affine=coarse)
    z = model.compute_contrast()
    np.testing.assert_allclose(z.affine[:3, :3], coarse)
    moved = [resample_img(one, z.affine, z.shape) for one in maps]
    expected = fit(moved, mask_img=model.mask_img_).compute_contrast()
    np.testing.assert_allclose(z.get_fdata(), expected.get_fdata(), atol=1e-4)


# --- an estimator ---


def test_before_fit_nothing_can_be_asked(maps):
    model = SecondLevelModel()
    for ask in (
        model.compute_contrast,
        model._data_for,
        lambda: model.residuals_,
        lambda: model.n_img_,
    ):
        with pytest.raises(NotFittedError, match="call its fit method first"):
            ask()


def test_a_fit_that_fails_leaves_nothing_behind(maps):
    model = fit(maps)
    with pytest.raises(ValueError, match="require a design matrix"):
        model.fit(maps)
    assert not model.__sklearn_is_fitted__()
    assert not hasattr(model, "labels_")
    assert not hasattr(model, "masker_")


def test_scikit_learn_can_clone_it(maps):
    base = pytest.importorskip("sklearn.base")
    model = fit(maps, smoothing_fwhm=5.0, missing="available")
    other = base.clone(model)
    assert other.get_params()["smoothing_fwhm"] == 5.0
    assert other.missing == "available"
    assert not other.__sklearn_is_fitted__()
    assert other.set_params(missing="zero").missing == "zero"
    assert "smoothing_fwhm=5.0" in repr(model)


def test_fitted_models_can_be_copied_and_pickled(maps):
    model = fit(maps)
    expected = model.compute_contrast().get_fdata()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(twin.compute_contrast().get_fdata(), expected)


def test_nothing_given_is_changed(data, table, readonly):
    frozen = [sim.image(readonly(volume)) for volume in data]
    X = pd.DataFrame({"intercept": 1.0, "age": table["age"]})
    before, confounds = X.copy(deep=True), table.copy(deep=True)
    model = fit(frozen, X, missing="available", smoothing_fwhm=4)
    model.compute_contrast(readonly(np.eye(2)))
    pd.testing.assert_frame_equal(X, before)
    fit(frozen, "~ age", table)
    pd.testing.assert_frame_equal(table, confounds)


def test_threads_change_nothing(maps):
    one, two = (fit(maps, n_jobs=n).compute_contrast().get_fdata() for n in (1, 2))
    assert np.array_equal(one, two)


def test_progress_is_told_if_asked(maps, caplog):
    with caplog.at_level("INFO", logger="boldglm"):
        fit(maps, verbose=1)
    assert f"reading and fitting {N} maps" in caplog.text


def test_many_voxels_are_fitted_in_pieces(monkeypatch, maps):
    from boldglm.glm.second_level import group_fit

    expected = fit(maps).compute_contrast().get_fdata()
    monkeypatch.setattr(group_fit, "PIECE", 17)
    assert np.array_equal(fit(maps).compute_contrast().get_fdata(), expected)


def test_a_mask_on_a_finer_grid_is_the_grid_of_the_maps(maps):
    fine = sim.AFFINE @ np.diag([0.5, 0.5, 0.5, 1])
    inside = np.zeros(np.multiply(sim.SHAPE, 2), np.uint8)
    inside[6:10, 8:12, 10:14] = 1
    from boldglm._base.warnings import ImageWarning

    with pytest.warns(ImageWarning, match="resampled to the grid of the mask"):
        model = fit(maps, mask_img=nib.Nifti1Image(inside, fine))
    assert model.compute_contrast().shape == inside.shape


def test_weights_with_names_go_by_their_names(rng):
    """A Series or table of weights is not read by position."""
    maps = rng.standard_normal((8, 3, 3, 3))
    images = [nib.Nifti1Image(one, np.eye(4)) for one in maps]
    design = pd.DataFrame(
        {"age": rng.standard_normal(8), "group": [0.0, 1] * 4, 5: 1.0}
    )
    mask = nib.Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4))
    model = SecondLevelModel(mask_img=mask).fit(images, design_matrix=design)
    expected = model.compute_contrast("group").get_fdata()
    for named in (
        pd.Series({"group": 1.0, "age": 0.0}),
        pd.DataFrame([[1.0, 0.0]], columns=["group", 5]),
        pd.Series([0.0, 1.0, 0.0]),
    ):
        found = model.compute_contrast(named).get_fdata()
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ContrastError, match="has weights for 'sex'; the columns"):
        model.compute_contrast(pd.Series({"sex": 1.0}))


def test_what_has_no_order_or_another_one_is_told(rng):
    images = [nib.Nifti1Image(one, np.eye(4)) for one in rng.random((6, 3, 3, 3))]
    with pytest.raises(TypeError, match="is a set, which has no order"):
        SecondLevelModel().fit(set(images), design_matrix="~ 1")
    design = pd.DataFrame({"one": np.ones(6), "two": np.arange(6.0)})
    mask = nib.Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4))
    with pytest.warns(DesignWarning, match="numbered, but not in order"):
        SecondLevelModel(mask_img=mask).fit(images, design_matrix=design[::-1])


def test_a_group_in_a_formula_is_named_by_its_levels(rng):
    images = [nib.Nifti1Image(one, np.eye(4)) for one in rng.random((6, 3, 3, 3))]
    subjects = pd.DataFrame({"group": ["control", "patient"] * 3})
    mask = nib.Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4))
    model = SecondLevelModel(mask_img=mask).fit(images, subjects, "~ group")
    with pytest.raises(ContrastError, match=r"did you mean 'group\[T.patient\]'"):
        model.compute_contrast("group")
