"""The masker gives nilearn's numbers, and never changes what it was given."""

import copy
import pickle
import warnings

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import (
    DimensionError,
    MaskError,
    NotFittedError,
    ShapeError,
)
from boldglm._base.warnings import ImageWarning, MaskWarning
from boldglm.image import (
    concat_imgs,
    get_data,
    index_img,
    resample_img,
    resample_to_img,
    save_img,
    smooth_img,
)
from boldglm.maskers import NiftiMasker
from boldglm.masking import (
    apply_mask,
    compute_background_mask,
    compute_brain_mask,
    compute_epi_mask,
)

AFFINE = np.array([[-3.0, 0, 0, 27], [0, 3.0, 0, -33], [0, 0, 3.5, -28], [0, 0, 0, 1]])
SHAPE = (18, 20, 16)
T = 60


def _peer(mask, options, bold, **given):
    maskers = pytest.importorskip("nilearn.maskers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        masker = maskers.NiftiMasker(mask, **{"standardize": None, **options}).fit()
        return masker.transform(bold, **given)


KEPT = np.delete(np.arange(T), [0, 5, 6, 30])
CASES = {
    "nothing": ({}, {}),
    "smoothing": ({"smoothing_fwhm": 6}, {}),
    "zscore": ({"standardize": "zscore_sample"}, {}),
    "psc": ({"standardize": "psc"}, {}),
    "detrend": ({"detrend": True}, {}),
    "detrend psc": ({"detrend": True, "standardize": "psc"}, {}),
    "high-pass": ({"high_pass": 0.01, "t_r": 2.0}, {}),
    "band, confounds": (
        {
            "low_pass": 0.1,
            "high_pass": 0.01,
            "t_r": 2.0,
            "standardize": "zscore_sample",
        },
        {"confounds": True},
    ),
    "low-pass psc": ({"low_pass": 0.1, "t_r": 2.0, "standardize": "psc"}, {}),
    "order 3": (
        {"low_pass": 0.1, "t_r": 2.0, "clean_args": {"butterworth__order": 3}},
        {},
    ),
    "confounds": ({}, {"confounds": True}),
    "raw confounds": ({"standardize_confounds": False}, {"confounds": True}),
    "scrubbed": (
        {"standardize": "zscore_sample"},
        {"sample_mask": KEPT, "confounds": True},
    ),
    "scrubbed, filtered": ({"high_pass": 0.01, "t_r": 2.0}, {"sample_mask": KEPT}),
    "cosines": (
        {"high_pass": 0.02, "t_r": 2.0, "clean_args": {"filter": "cosine"}},
        {"confounds": True},
    ),
    "runs": (
        {
            "runs": np.repeat([0, 1], T // 2),
            "detrend": True,
            "standardize": "zscore_sample",
        },
        {"confounds": True},
    ),
    "noisiest voxels": ({"high_variance_confounds": True}, {}),
}


@pytest.mark.parametrize("case", list(CASES))
def test_series_are_those_of_nilearn(bold, mask, confounds, case):
    options, given = CASES[case]
    given = {**given, "confounds": confounds} if "confounds" in given else given
    expected = _peer(mask, options, bold, **given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageWarning)  # raw confounds warn
        found = NiftiMasker(mask, **options).fit().transform(bold, **given)
    # nilearn sums in float32
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.std(), rtol=1e-6)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous


def test_divergence_resampled_scans_are_clipped_to_their_own_range(bold, mask):
    """As nilearn does for one scan; of several it takes the range of all."""
    options = {"target_affine": np.diag([4.0, 4.0, 4.0])}
    scans = [index_img(bold, t) for t in range(T)]
    expected = np.stack([_peer(mask, options, scan) for scan in scans])
    found = NiftiMasker(mask, **options).fit().transform(bold)
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.std())


@pytest.mark.parametrize("strategy", ["epi", "background"])
def test_a_mask_is_computed_by_the_strategy(bold, strategy):
    function = {"epi": compute_epi_mask, "background": compute_background_mask}[
        strategy
    ]
    options = {"opening": 1}
    masker = NiftiMasker(mask_strategy=strategy, mask_args=options).fit(bold)
    expected = get_data(function(bold, **options))
    np.testing.assert_array_equal(get_data(masker.mask_img_), expected)
    assert masker.n_elements_ == expected.sum()
    np.testing.assert_array_equal(masker.affine_, AFFINE)


def test_the_default_strategy_is_background(bold):
    data = get_data(bold).copy()
    data[:3] = data[-3:] = data[:, :3] = data[:, -3:] = 0
    data[:, :, :3] = data[:, :, -3:] = 0
    img = nib.Nifti1Image(data, AFFINE)
    rows = NiftiMasker().fit_transform(img)
    assert rows.shape == (T, np.prod(np.subtract(SHAPE, 6)))


def test_three_dimensions_give_one_and_lists_give_rows(bold, mask):
    masker = NiftiMasker(mask).fit()
    whole = masker.transform(bold)
    scan = index_img(bold, 3)
    np.testing.assert_array_equal(masker.transform(scan), whole[3])
    np.testing.assert_array_equal(masker.transform([scan, scan]), whole[[3, 3]])
    one = index_img(bold, [3])
    assert masker.transform(one).shape == (1, masker.n_elements_)
    with pytest.raises(DimensionError, match="in a list: give one run at a time"):
        masker.transform([bold, bold])


def test_files_give_the_same_rows(tmp_path, bold, mask):
    path = save_img(bold, tmp_path / "bold.nii.gz")
    mask_path = save_img(mask, tmp_path / "mask.nii.gz")
    masker = NiftiMasker(str(mask_path), smoothing_fwhm=5).fit()
    expected = NiftiMasker(mask, smoothing_fwhm=5).fit_transform(bold)
    np.testing.assert_array_equal(masker.transform(path), expected)
    np.testing.assert_array_equal(
        masker.transform(str(tmp_path / "b*.nii.gz")), expected
    )


def test_voxels_come_back_to_their_place(bold, mask):
    masker = NiftiMasker(mask).fit()
    rows = masker.transform(bold)
    inside = get_data(mask) > 0
    back = masker.inverse_transform(rows)
    np.testing.assert_array_equal(get_data(back)[inside], get_data(bold)[inside])
    assert not get_data(back)[~inside].any()
    assert get_data(back).dtype == np.float32
    np.testing.assert_array_equal(back.affine, AFFINE)
    one = masker.inverse_transform(rows[0])
    assert one.shape == SHAPE
    np.testing.assert_array_equal(masker.transform(one), rows[0])


def test_the_inverse_takes_frames_and_refuses_other_shapes(bold, mask):
    pandas = pytest.importorskip("pandas")
    masker = NiftiMasker(mask).fit()
    frame = pandas.DataFrame(np.ones((2, masker.n_elements_)))
    assert masker.inverse_transform(frame).shape == (*SHAPE, 2)
    with pytest.raises(
        ShapeError, match="Input to 'inverse_transform' has wrong shape"
    ):
        masker.inverse_transform(np.ones(3))
    with pytest.raises(ShapeError, match=r"got \(1, 1, "):
        masker.inverse_transform(np.ones((1, 1, masker.n_elements_)))


@pytest.mark.parametrize(
    ("dtype", "kind"), [(None, "f4"), ("auto", "f4"), ("f8", "f8"), (np.int32, "i4")]
)
def test_the_dtype_is_as_asked(bold, mask, dtype, kind):
    masker = NiftiMasker(mask, dtype=dtype).fit()
    assert masker.transform(bold).dtype == np.dtype(kind)


# other grids


def test_images_come_to_the_grid_of_the_mask(bold, mask):
    coarse = resample_img(mask, np.diag([6.0, 6, 7]), interpolation="nearest")
    masker = NiftiMasker(coarse).fit()
    with pytest.warns(ImageWarning, match="is resampled to the grid of the mask"):
        found = masker.transform(bold)
    expected = apply_mask(resample_to_img(bold, coarse, clip=True), coarse)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("fwhm", [5.0, "fast"])
def test_resampled_images_are_smoothed_as_on_the_whole_grid(bold, mask, fwhm):
    """Also where only the part around the mask is resampled."""
    target = np.diag([2.0, 2.0, 2.0])
    masker = NiftiMasker(mask, target_affine=target, smoothing_fwhm=fwhm).fit()
    found = masker.transform(bold)
    scans = [index_img(bold, t) for t in range(T)]
    whole = [resample_to_img(scan, masker.mask_img_, clip=True) for scan in scans]
    expected = apply_mask(smooth_img(whole, fwhm), masker.mask_img_)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_scans_of_a_list_are_resampled_like_a_series(bold, mask):
    masker = NiftiMasker(mask, target_affine=np.diag([4.0, 4, 4])).fit()
    part = index_img(bold, slice(0, 3))
    scans = nib.four_to_three(part)
    np.testing.assert_array_equal(masker.transform(scans), masker.transform(part))


def test_the_target_shapes_the_mask(bold, mask):
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = [-30, -30, -25]
    masker = NiftiMasker(mask, target_affine=affine, target_shape=(14, 15, 13)).fit()
    expected = resample_img(mask, affine, (14, 15, 13), interpolation="nearest")
    np.testing.assert_array_equal(get_data(masker.mask_img_), get_data(expected))
    assert masker.mask_img_.shape == (14, 15, 13)
    assert masker.transform(bold).shape == (T, masker.n_elements_)


# masks


def test_a_4d_mask_is_what_is_inside_in_every_scan():
    stack = np.zeros((2, 2, 2, 2), np.uint8)
    stack[0] = 1
    stack[1, 1, :, 0] = 1
    masker = NiftiMasker(nib.Nifti1Image(stack, AFFINE))
    with pytest.warns(MaskWarning, match="has 2 volumes; what is inside in all .* 4 v"):
        assert masker.fit().n_elements_ == 4


def test_a_mask_of_long_integers_is_a_mask_like_any_other(tmp_path):
    """What is stored is which voxels are inside: nothing to warn of."""
    inside = np.zeros((3, 4, 5), np.int64)
    inside[1] = 1
    mask = nib.Nifti1Image(inside, np.eye(4), dtype=np.int64)
    nib.save(mask, tmp_path / "mask.nii")
    found = NiftiMasker(tmp_path / "mask.nii").fit().mask_img_
    assert found.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(found.get_fdata(), inside)


def test_a_mask_of_more_values_takes_all_but_zero_and_warns():
    atlas = nib.Nifti1Image(np.array([[[0, 1, 2, np.nan]]]), AFFINE)
    with pytest.warns(MaskWarning, match="has 2 values besides 0"):
        assert NiftiMasker(atlas).fit().n_elements_ == 2


def test_an_empty_mask_is_an_error(bold):
    with pytest.raises(MaskError, match="empty"):
        NiftiMasker(nib.Nifti1Image(np.zeros((2, 2, 2)), AFFINE)).fit()


def test_without_mask_and_images_there_is_nothing_to_fit():
    with pytest.raises(ValueError, match="pass images to fit"):
        NiftiMasker().fit()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("whole-brain-template", "whole-brain"),
        ("gm-template", "gm"),
        ("wm-template", "wm"),
    ],
)
def test_a_template_makes_the_mask(bold, mask, name, kind):
    template = smooth_img(mask, 6)
    arguments = {"template_img": template, "opening": 1}
    masker = NiftiMasker(mask_strategy=name, mask_args=arguments).fit(bold)
    expected = compute_brain_mask(bold, mask_type=kind, **arguments)
    np.testing.assert_array_equal(get_data(masker.mask_img_), get_data(expected))
    with pytest.raises(ValueError, match="mask_args has mask_type, which"):
        NiftiMasker(mask_strategy=name, mask_args={"mask_type": "gm"}).fit(bold)


@pytest.mark.parametrize("name", ["whole-brain-template", "gm-template", "wm-template"])
def test_without_a_template_it_is_mni152(name):
    peer = pytest.importorskip("nilearn.maskers")
    affine = np.diag([4.0, 4, 4, 1])
    affine[:3, 3] = -78, -112, -70
    data = np.random.default_rng(0).normal(size=(40, 47, 38, 3)).astype(np.float32)
    img = nib.Nifti1Image(data, affine)
    options = {"mask_strategy": name, "mask_args": {"opening": 1, "threshold": 0.4}}
    found, theirs = NiftiMasker(**options), peer.NiftiMasker(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.fit(img).mask_img_.get_fdata() > 0
    inside = get_data(found.fit(img).mask_img_) > 0
    both = (inside & expected).sum()
    assert 2 * both / (inside.sum() + expected.sum()) > 0.9999
    assert found.transform(img).shape == (3, inside.sum())
    assert 0.02 < inside.mean() < 0.6


def test_images_are_not_read_where_a_mask_is_given(mask):
    assert NiftiMasker(mask).fit("no-such-file.nii").n_elements_ > 0


# parameters


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mask_strategy": "brain"}, "mask_strategy is 'brain'; expected one of 'back"),
        ({"standardize": "minmax"}, "standardize is 'minmax'"),
        ({"low_pass": 0.1}, "filtering needs the repetition time"),
        ({"low_pass": 0.01, "high_pass": 0.1, "t_r": 2}, "nothing would pass"),
        ({"high_pass": -1, "t_r": 2}, "frequencies; expected more than"),
        ({"clean_args": {"filter": "fir"}}, "no option filter='fir'"),
        ({"clean_args": {"filtre": "cosine"}}, "no option filtre"),
        ({"smoothing_fwhm": -2}, "fwhm is -2"),
        ({"mask_img": None, "mask_args": {"size": 1}}, "mask_args has size, which"),
    ],
)
def test_an_impossible_parameter_is_told_at_fit(bold, mask, options, message):
    with pytest.raises(ValueError, match=message):
        NiftiMasker(**{"mask_img": mask, **options}).fit(bold)


def test_series_of_booleans_are_refused(mask):
    with pytest.raises(TypeError, match="dtype is bool"):
        NiftiMasker(mask, dtype=bool).fit()


def test_transform_needs_fit(bold, mask):
    with pytest.raises(NotFittedError, match="has not been fitted"):
        NiftiMasker(mask).transform(bold)
    with pytest.raises(NotFittedError, match="has not been fitted"):
        NiftiMasker(mask).inverse_transform(np.ones(3))


def test_not_finite_values_are_told_once(bold, mask):
    data = get_data(bold).copy()
    data[9, 10, 8, 2] = np.nan
    with pytest.warns(ImageWarning, match="1 of .* values inside the mask") as told:
        rows = NiftiMasker(mask).fit().transform(nib.Nifti1Image(data, AFFINE))
    assert len(told) == 1
    assert (rows == 0).sum() == 1


# an estimator among others


def test_parameters_survive_cloning_and_fitting(bold, mask):
    sklearn_base = pytest.importorskip("sklearn.base")
    target = np.diag([4.0, 4.0, 4.0])
    masker = NiftiMasker(mask, smoothing_fwhm=4, target_affine=target, runs=None)
    before = copy.copy(masker.get_params())
    clone = sklearn_base.clone(masker)
    assert clone.smoothing_fwhm == 4
    assert masker.fit(bold) is masker
    masker.transform(bold)
    after = masker.get_params()
    assert all(after[key] is before[key] for key in before)
    np.testing.assert_array_equal(target, np.diag([4.0, 4.0, 4.0]))


def test_the_signature_is_nilearns():
    import inspect

    maskers = pytest.importorskip("nilearn.maskers")
    expected = inspect.signature(maskers.NiftiMasker.__init__).parameters
    found = inspect.signature(NiftiMasker.__init__).parameters
    assert list(found) == list(expected)
    assert {k: v.default for k, v in found.items()} == {
        k: v.default for k, v in expected.items()
    }


def test_series_come_as_frames_on_demand(bold, mask):
    pandas = pytest.importorskip("pandas")
    clone = pytest.importorskip("sklearn.base").clone
    masker = NiftiMasker(mask).fit()
    rows = masker.transform(bold)
    assert masker.set_output(transform="pandas") is masker
    frame = masker.transform(bold)
    assert isinstance(frame, pandas.DataFrame)
    np.testing.assert_array_equal(frame, rows)
    assert frame.columns[0] == "niftimasker0"
    assert list(frame.columns) == list(masker.get_feature_names_out())
    assert masker.transform(index_img(bold, 0)).shape == (1, masker.n_elements_)
    assert isinstance(clone(masker).fit_transform(bold), pandas.DataFrame)
    masker.set_output(transform=None)
    assert isinstance(masker.transform(bold), pandas.DataFrame)
    masker.set_output(transform="default")
    np.testing.assert_array_equal(masker.transform(bold), rows)
    with pytest.raises(ValueError, match="transform is 'xarray'; expected 'default'"):
        masker.set_output(transform="xarray")


def test_a_fitted_masker_can_be_pickled(bold, mask):
    masker = NiftiMasker(mask, smoothing_fwhm=4).fit()
    again = pickle.loads(pickle.dumps(masker))
    np.testing.assert_array_equal(again.transform(bold), masker.transform(bold))


def test_images_and_confounds_are_not_modified(bold, mask, readonly, confounds):
    img = nib.Nifti1Image(readonly(get_data(bold)), AFFINE)
    frozen = nib.Nifti1Image(readonly(get_data(mask)), AFFINE)
    masker = NiftiMasker(
        frozen, smoothing_fwhm=4, detrend=True, standardize="psc", low_pass=0.1, t_r=2.0
    )
    rows = readonly(masker.fit(img).transform(img, confounds=confounds))
    masker.inverse_transform(rows)
    runs = concat_imgs([img, img])
    assert runs.shape[3] == 2 * T


def test_a_mask_that_lies_elsewhere_is_an_error(rng):
    """Not a map of zeros: the two images are in different spaces."""
    run = nib.Nifti1Image(rng.random((4, 4, 4, 3), np.float32), np.eye(4))
    far = np.eye(4)
    far[:3, 3] = 100
    mask = nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), far)
    with pytest.raises(MaskError, match="No voxel of the mask lies in the image"):
        NiftiMasker(mask_img=mask).fit().transform(run)


@pytest.mark.parametrize("step", [0.0, 1.0])
def test_double_precision_keeps_the_digits_of_the_data(rng, step):
    """On the grid of the mask, and resampled to it."""
    data = 1e9 + rng.normal(size=(5, 5, 5, 4))
    affine = np.eye(4)
    affine[0, 3] = step
    inside = np.zeros((5, 5, 5), np.uint8)
    inside[2, 2, 2] = 1
    masker = NiftiMasker(nib.Nifti1Image(inside, np.eye(4)), dtype="float64").fit()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageWarning)  # of resampling
        series = masker.transform(nib.Nifti1Image(data, affine))
    expected = data[2 - int(step), 2, 2]
    np.testing.assert_allclose(series[:, 0] - 1e9, expected - 1e9, atol=1e-5)
