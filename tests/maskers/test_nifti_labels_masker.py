"""Series of regions are those of nilearn; regions keep their names and numbers."""

import copy
import pickle
import warnings
from itertools import product

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import GridError, MaskError, NotFittedError, ShapeError
from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, index_img, resample_img, save_img, smooth_img
from boldglm.maskers import NiftiLabelsMasker

AFFINE = np.array([[-3.0, 0, 0, 27], [0, 3.0, 0, -33], [0, 0, 3.5, -28], [0, 0, 0, 1]])
SHAPE = (18, 20, 16)
T = 60
IDS = [2, 3, 7, 11]
STRATEGIES = [
    "mean",
    "median",
    "sum",
    "minimum",
    "maximum",
    "standard_deviation",
    "variance",
]


def _atlas(affine=AFFINE, shape=SHAPE, dtype=np.int16):
    """Four boxes around the middle, 0 elsewhere."""
    grid = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    data = np.zeros(shape, dtype)
    right, front = grid[..., 0] > 0, grid[..., 1] > 0
    inside = (np.abs(grid) < [19, 21, 17]).all(axis=-1)
    for label, here in zip(
        IDS,
        (right & front, right & ~front, ~right & front, ~right & ~front),
        strict=True,
    ):
        data[inside & here] = label
    return nib.Nifti1Image(data, affine)


@pytest.fixture(scope="module")
def atlas():
    return _atlas()


@pytest.fixture(scope="module")
def coarse():
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    affine[:3, 3] = [-31, -29, -26]
    return _atlas(affine, (13, 12, 11))


@pytest.fixture(scope="module")
def half(atlas):
    """A mask that takes the regions 7 and 11 away."""
    return nib.Nifti1Image(np.isin(get_data(atlas), [0, 2, 3]).astype("u1"), AFFINE)


def _peer(options, bold, fit_to=None, **given):
    maskers = pytest.importorskip("nilearn.maskers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        masker = maskers.NiftiLabelsMasker(
            **{"standardize": None, "reports": False, **options}
        )
        return masker, masker.fit(fit_to).transform(bold, **given)


def _quiet(options, bold, fit_to=None, **given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageWarning)
        masker = NiftiLabelsMasker(**options)
        return masker, masker.fit(fit_to).transform(bold, **given)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_reductions_are_those_of_nilearn(bold, atlas, strategy, dtype):
    img = nib.Nifti1Image(get_data(bold).astype(dtype), AFFINE)
    options = {"labels_img": atlas, "strategy": strategy}
    _, expected = _peer(options, img)
    _, found = _quiet(options, img)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=2e-6)


CLEANING = {
    "smoothing": ({"smoothing_fwhm": 6}, {}),
    "zscore": ({"standardize": "zscore_sample", "detrend": True}, {}),
    "psc": ({"standardize": "psc"}, {}),
    "band": ({"low_pass": 0.1, "high_pass": 0.01, "t_r": 2.0}, {"confounds": True}),
    "raw confounds": ({"standardize_confounds": False}, {"confounds": True}),
    "noisiest voxels": ({"high_variance_confounds": True}, {}),
    "scrubbed": ({}, {"sample_mask": np.arange(3, 50)}),
    "cosine": (
        {"high_pass": 0.02, "t_r": 2.0, "clean_args": {"filter": "cosine"}},
        {},
    ),
}


@pytest.mark.parametrize("case", list(CLEANING))
def test_cleaned_series_are_those_of_nilearn(bold, atlas, confounds, case):
    options, given = CLEANING[case]
    given = {**given, "confounds": confounds} if "confounds" in given else given
    options = {"labels_img": atlas, **options}
    _, expected = _peer(options, bold, **given)
    _, found = _quiet(options, bold, **given)
    # nilearn cleans float32 series in float32
    np.testing.assert_allclose(found, expected, atol=2e-4 * expected.std(), rtol=2e-6)


@pytest.mark.parametrize(
    ("target", "masked", "keep", "fitted"),
    list(
        product(["data", "labels"], ["none", "half", "coarse"], [0, 1], [False, True])
    ),
)
def test_grids_and_masks_are_brought_together_as_in_nilearn(
    bold, atlas, coarse, half, target, masked, keep, fitted
):
    """Columns, numbers and names, with labels on the grid of the images or not."""
    mask = {
        "none": None,
        "half": half,
        "coarse": nib.Nifti1Image(
            np.isin(get_data(coarse), [0, 2, 7]).astype("u1"), coarse.affine
        ),
    }[masked]
    for labels_img in (atlas, coarse):
        options = {
            "labels_img": labels_img,
            "mask_img": mask,
            "resampling_target": target,
            "keep_masked_labels": bool(keep),
            "labels": ["a", "b", "c", "d"],
        }
        few = index_img(bold, slice(0, 3))
        fit_to = few if fitted else None
        peer, expected = _peer(options, few, fit_to)
        masker, found = _quiet(options, few, fit_to)
        assert found.shape == expected.shape
        if target == "labels" and labels_img is coarse:
            # resampled scans are clipped to the range of each, as nilearn does for one
            apart = [_peer(options, index_img(few, t), fit_to)[1] for t in range(3)]
            expected = np.stack(apart)
        np.testing.assert_allclose(found, expected, rtol=2e-6)
        assert masker.n_elements_ == peer.n_elements_
        assert masker.labels_ == peer.labels_
        assert masker.region_ids_ == peer.region_ids_
        assert masker.region_names_ == peer.region_names_
        assert masker.get_feature_names_out() == peer.get_feature_names_out()
        np.testing.assert_array_equal(
            get_data(masker.region_atlas_), peer.region_atlas_.get_fdata()
        )
        if fitted or target == "labels" or mask is None:
            np.testing.assert_array_equal(
                get_data(masker.labels_img_), peer.labels_img_.get_fdata()
            )


NAMES = {
    "numbers": {},
    "labels": {"labels": ["a", "b", "c", "d"]},
    "with the background": {"labels": ["Background", "a", "b", "c", "d"]},
    "small letters": {"labels": ["background", "a", "b", "c", "d"]},
    "too few": {"labels": ["a", "b"]},
    "too many": {"labels": ["a", "b", "c", "d", "e"]},
    "table": {
        "lut": pd.DataFrame(
            {"index": [0, 11, 7, 3, 2, 99], "name": ["bg", "d", "c", "b", "a", "no"]}
        )
    },
    "table without background": {
        "lut": pd.DataFrame({"index": [2, 3, 7], "name": ["a", "b", "c"]})
    },
    "another background": {"background_label": 7},
}


@pytest.mark.parametrize("name", list(NAMES))
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_names_are_those_of_nilearn(bold, name, dtype):
    options = {"labels_img": _atlas(dtype=dtype), **copy.deepcopy(NAMES[name])}
    given = copy.deepcopy(options.get("labels"))
    masker, found = _quiet(options, bold)
    assert options.get("labels") == given
    peer, expected = _peer(options, bold)
    np.testing.assert_allclose(found, expected, rtol=2e-6)
    assert masker.region_names_ == peer.region_names_
    assert masker.region_ids_ == peer.region_ids_
    assert masker.lut_["index"].tolist() == peer.lut_["index"].tolist()
    assert masker.lut_["name"].tolist() == peer.lut_["name"].tolist()


def test_tables_are_read_from_files(atlas, tmp_path):
    table = pd.DataFrame({"index": IDS, "name": list("abcd"), "color": "red"})
    for name, separator in (("lut.tsv", "\t"), ("lut.csv", ",")):
        table.to_csv(tmp_path / name, sep=separator, index=False)
        masker = NiftiLabelsMasker(atlas, lut=tmp_path / name).fit()
        assert list(masker.region_names_.values()) == list("abcd")
        assert masker.lut_.columns.tolist() == ["index", "name", "color"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("too few", "the last regions are 'unknown'"), ("too many", "are dropped")],
)
def test_a_wrong_number_of_names_is_told(atlas, name, message):
    with pytest.warns(ImageWarning, match=message):
        NiftiLabelsMasker(atlas, **NAMES[name]).fit()


def test_columns_are_known_after_fit(atlas, half):
    """nilearn counts regions outside of the mask until series are taken."""
    with pytest.warns(ImageWarning, match=r"2 of 5 labels are lost .* masked: 7, 11"):
        masker = NiftiLabelsMasker(atlas, mask_img=half).fit()
    assert masker.n_elements_ == 2
    assert masker.region_ids_ == {"background": 0, 0: 2, 1: 3}


def test_scans_and_files_give_the_same_rows(bold, atlas, tmp_path):
    masker = NiftiLabelsMasker(atlas, smoothing_fwhm=4).fit()
    rows = masker.transform(bold)
    path = save_img(bold, tmp_path / "bold.nii.gz")
    np.testing.assert_array_equal(masker.transform(path), rows)
    scans = nib.four_to_three(bold)
    np.testing.assert_array_equal(masker.transform(scans), rows)
    one = masker.transform(scans[4])
    assert one.shape == (4,)
    np.testing.assert_array_equal(one, rows[4])
    smooth = NiftiLabelsMasker(atlas).fit_transform(smooth_img(bold, 4))
    np.testing.assert_allclose(rows, smooth, rtol=1e-6)
    box = nib.Nifti1Image((get_data(atlas) == 3).astype("u1"), AFFINE)
    assert NiftiLabelsMasker(box).fit_transform(scans[4]).shape == (1,)


def test_values_that_are_not_finite_count_as_zero(bold, atlas):
    data = get_data(bold).copy()
    data[9:11, 5, 8, 3] = [np.nan, np.inf]
    img = nib.Nifti1Image(data, AFFINE)
    spare = nib.Nifti1Image(data.copy(), AFFINE)  # nilearn writes zeros into it
    _, expected = _peer({"labels_img": atlas}, spare)
    with pytest.warns(ImageWarning, match="2 of .* not finite"):
        found = NiftiLabelsMasker(atlas).fit_transform(img)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_series_come_back_to_their_voxels(bold, atlas, half, masked):
    options = {"labels_img": atlas, "mask_img": half if masked else None}
    peer, _ = _peer(options, bold, bold)
    masker, rows = _quiet(options, bold)
    for values in (rows, rows[3], pd.DataFrame(rows)):
        back = masker.inverse_transform(values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = peer.inverse_transform(np.asarray(values)).get_fdata()
        np.testing.assert_array_equal(get_data(back), expected)
        np.testing.assert_array_equal(back.affine, AFFINE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageWarning)
        np.testing.assert_allclose(
            masker.transform(masker.inverse_transform(rows)), rows, rtol=1e-6
        )


def test_kept_labels_come_back_to_their_own_voxels(bold, atlas, half):
    """nilearn hands the columns on to the wrong regions."""
    first = nib.Nifti1Image(1 - (get_data(atlas) == 2).astype("u1"), AFFINE)
    options = {"labels_img": atlas, "mask_img": first, "keep_masked_labels": True}
    masker, rows = _quiet(options, bold)
    assert not rows[:, 0].any()
    back = get_data(masker.inverse_transform(rows))
    for column, label in enumerate(IDS[1:], start=1):
        here = get_data(atlas) == label
        np.testing.assert_array_equal(
            back[here], np.tile(rows[:, column], (here.sum(), 1))
        )
    assert not back[get_data(atlas) == 2].any()


def test_regions_lost_on_the_grid_of_other_images_have_no_series(bold, atlas):
    data = get_data(atlas).copy()
    data[data == 7] = 0
    data[5, 5, 5] = 7  # a single voxel
    masker = NiftiLabelsMasker(nib.Nifti1Image(data, AFFINE)).fit(bold)
    assert masker.transform(bold).shape == (T, 4)
    far = resample_img(index_img(bold, slice(0, 4)), np.diag([9.0, 9.0, 9.0]))
    with pytest.warns(ImageWarning, match="resampled to the images") as told:
        found = masker.transform(far)
    assert any("1 of 5 labels are lost" in str(one.message) for one in told)
    assert found.shape == (4, 3)
    assert masker.region_ids_ == {"background": 0, 0: 2, 1: 3, 2: 11}
    back = get_data(masker.inverse_transform(found))
    assert not back[5, 5, 5].any()
    np.testing.assert_array_equal(back[data == 11][0], found[:, 2])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"labels_img": None}, ValueError, "needs a labels_img"),
        (
            {"strategy": "mode"},
            ValueError,
            "strategy is 'mode'; expected one of 'mean'",
        ),
        ({"resampling_target": "mask"}, ValueError, "resampling_target is 'mask'"),
        ({"labels": ("a", "b")}, TypeError, "expected a list of names"),
        ({"labels": [1, 2]}, TypeError, "expected a list of names"),
        (
            {"labels": ["a"], "lut": pd.DataFrame({"index": [1], "name": ["a"]})},
            ValueError,
            "pass one of them",
        ),
        ({"lut": pd.DataFrame({"name": ["a"]})}, ValueError, "columns 'index' and"),
        ({"dtype": bool}, TypeError, "dtype is bool"),
        ({"standardize": "minmax"}, ValueError, "standardize is 'minmax'"),
    ],
)
def test_an_impossible_parameter_is_told_at_fit(atlas, options, error, message):
    with pytest.raises(error, match=message):
        NiftiLabelsMasker(**{"labels_img": atlas, **options}).fit()


def test_there_must_be_regions(atlas, bold):
    empty = nib.Nifti1Image(np.zeros(SHAPE, "i2"), AFFINE)
    with pytest.raises(ValueError, match="has no label: all its values are"):
        NiftiLabelsMasker(empty).fit()
    outside = nib.Nifti1Image((get_data(atlas) == 0).astype("u1"), AFFINE)
    with pytest.raises(MaskError, match=r"No label is left .* within the mask"):
        NiftiLabelsMasker(atlas, mask_img=outside).fit()
    affine = AFFINE.copy()
    affine[:3, 3] += 1000
    far = nib.Nifti1Image(get_data(index_img(bold, 0)), affine)
    with pytest.raises(ValueError, match="does not contain any of the data"):
        NiftiLabelsMasker(atlas).fit(far)


def test_without_a_target_grids_must_agree(bold, atlas, coarse, half):
    options = {"resampling_target": None}
    masker = NiftiLabelsMasker(atlas, **options)
    assert masker.fit(bold).transform(bold).shape == (T, 4)
    with pytest.raises(GridError, match=r"The images .* lie on different grids"):
        NiftiLabelsMasker(coarse, **options).fit(bold)
    with pytest.raises(GridError, match=r"The images .* lie on different grids"):
        NiftiLabelsMasker(coarse, **options).fit().transform(bold)
    with pytest.raises(GridError, match=r"The mask .* lie on different grids"):
        NiftiLabelsMasker(coarse, mask_img=half, **options).fit()


def test_series_need_fit_and_regions(atlas, bold):
    masker = NiftiLabelsMasker(atlas)
    for ask in (
        lambda: masker.transform(bold),
        lambda: masker.inverse_transform(np.ones(4)),
        lambda: masker.n_elements_,
        lambda: masker.region_names_,
    ):
        with pytest.raises(NotFittedError, match="has not been fitted"):
            ask()
    with pytest.raises(ShapeError, match="Input to 'inverse_transform' has wrong"):
        masker.fit().inverse_transform(np.ones(5))


def test_an_estimator_among_others(atlas, bold, readonly):
    sklearn = pytest.importorskip("sklearn.base")
    frozen = nib.Nifti1Image(readonly(get_data(atlas)), AFFINE)
    masker = NiftiLabelsMasker(frozen, labels=["a", "b", "c", "d"], dtype="f4")
    before = copy.copy(masker.get_params())
    frame = sklearn.clone(masker).set_output(transform="pandas").fit_transform(bold)
    assert frame.columns.tolist() == ["a", "b", "c", "d"]
    rows = masker.fit_transform(bold)
    assert rows.dtype == np.float32
    assert all(masker.get_params()[key] is value for key, value in before.items())
    again = pickle.loads(pickle.dumps(masker))
    np.testing.assert_array_equal(again.transform(bold), rows)


def test_a_map_is_no_label_image(rng):
    """It would have as many regions as voxels."""
    img = nib.Nifti1Image(rng.standard_normal((4, 4, 4)), np.eye(4))
    with pytest.raises(MaskError, match="is no label image by its values: 64 of 64"):
        NiftiLabelsMasker(img).fit()
