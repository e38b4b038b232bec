"""Spheres hold the voxels of nilearn's, and their means."""

import copy
import pickle
import warnings

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boldglm._base.errors import MaskError, NotFittedError, ShapeError
from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, index_img, resample_img, save_img, smooth_img
from boldglm.image.grid import Grid
from boldglm.maskers import NiftiSpheresMasker
from boldglm.maskers.nifti_spheres_masker import sphere_voxels

AFFINE = np.array([[-3.0, 0, 0, 27], [0, 3.0, 0, -33], [0, 0, 3.5, -28], [0, 0, 0, 1]])
SHAPE = (18, 20, 16)
T = 60
SEEDS = [(-12, 6, 7), (12.0, -9.0, 0.0), [1, 2, 3]]


def _peer(options, bold, **given):
    maskers = pytest.importorskip("nilearn.maskers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        masker = maskers.NiftiSpheresMasker(
            **{"standardize": None, "reports": False, **options}
        ).fit()
        return masker, masker.transform(bold, **given)


CASES = {
    "voxels": {},
    "radius": {"radius": 7.5},
    "surface": {"radius": 6.0},
    "overlap": {"radius": 16.0, "allow_overlap": True},
    "one": {"seeds": [(0, 0, 0)], "radius": 5.0},
    "smoothing": {"radius": 5.0, "smoothing_fwhm": 6},
    "zscore": {"radius": 5.0, "detrend": True, "standardize": "zscore_sample"},
    "band": {"radius": 5.0, "low_pass": 0.1, "high_pass": 0.01, "t_r": 2.0},
    "noisiest voxels": {"radius": 5.0, "high_variance_confounds": True},
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("case", list(CASES))
def test_series_are_those_of_nilearn(bold, mask, case, masked):
    options = {"seeds": SEEDS, "mask_img": mask if masked else None, **CASES[case]}
    _, expected = _peer(options, bold)
    found = NiftiSpheresMasker(**options).fit_transform(bold)
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-4 * expected.std(), rtol=2e-6)


def test_confounds_and_sample_masks_are_those_of_nilearn(bold, confounds):
    options = {"seeds": SEEDS, "radius": 6.0, "detrend": True}
    given = {"confounds": confounds, "sample_mask": np.arange(4, 55)}
    _, expected = _peer(options, bold, **given)
    found = NiftiSpheresMasker(**options).fit_transform(bold, **given)
    assert found.shape == (51, 3)
    np.testing.assert_allclose(found, expected, atol=2e-4 * expected.std())


def test_a_mask_on_another_grid_is_brought_to_the_images(bold, mask):
    coarse = resample_img(mask, np.diag([6.0, 6, 7]), interpolation="nearest")
    options = {"seeds": SEEDS[:2], "radius": 8.0, "mask_img": coarse}
    _, expected = _peer(options, bold)
    found = NiftiSpheresMasker(**options).fit_transform(bold)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


@given(st.integers(0, 2**32 - 1), st.floats(0, 9))
def test_spheres_hold_every_voxel_within_the_radius(seed, radius):
    """Against all distances, on oblique grids."""
    rng = np.random.default_rng(seed)
    affine = np.eye(4)
    affine[:3, :3] = rng.normal(size=(3, 3)) + 2 * np.eye(3)
    affine[:3, 3] = rng.normal(size=3)
    grid = Grid((6, 5, 7), affine)
    centre = grid.world_from_voxel(rng.uniform(-1, 6, size=3))
    found = sphere_voxels(grid, centre, radius)
    every = np.argwhere(np.ones(grid.shape, bool))
    near = np.linalg.norm(grid.world_from_voxel(every) - centre, axis=1) <= radius
    near |= (every == np.round(grid.voxel_from_world(centre))).all(axis=1)
    np.testing.assert_array_equal(found, np.flatnonzero(near))


def test_no_voxel_beyond_the_radius_is_taken(bold):
    """nilearn adds one whose coordinates, cut to integers, are those of the seed."""
    affine = np.eye(4)
    affine[:3, 3] = -4.5
    img = nib.Nifti1Image(get_data(bold)[:10, :10, :10, :3], affine)
    options = {"seeds": [(0.3, 0.3, 0.3)], "radius": 0.5}
    found = NiftiSpheresMasker(**options).fit_transform(img)
    np.testing.assert_array_equal(found[:, 0], get_data(img)[5, 5, 5])
    _, peer = _peer(options, img)
    both = get_data(img)[[4, 5], [4, 5], [4, 5]].mean(axis=0)
    np.testing.assert_allclose(peer[:, 0], both, rtol=1e-6)


def test_means_of_integers_are_not_cut_to_integers(bold):
    """nilearn stores them in the type of the image."""
    img = nib.Nifti1Image(get_data(bold).astype(np.int16), AFFINE)
    options = {"seeds": SEEDS, "radius": 7.0}
    _, peer = _peer(options, img)
    exact = nib.Nifti1Image(get_data(img).astype(np.float64), AFFINE)
    _, expected = _peer(options, exact)
    found = NiftiSpheresMasker(**options).fit_transform(img)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.abs(peer - expected).max() > 0.1


def test_scans_and_files_give_the_same_rows(bold, tmp_path):
    masker = NiftiSpheresMasker(SEEDS, radius=6.0, smoothing_fwhm=4).fit()
    rows = masker.transform(bold)
    path = save_img(bold, tmp_path / "bold.nii.gz")
    np.testing.assert_array_equal(masker.transform(path), rows)
    scans = nib.four_to_three(bold)
    np.testing.assert_array_equal(masker.transform(scans), rows)
    np.testing.assert_array_equal(masker.transform(scans[4]), rows[4])
    smooth = NiftiSpheresMasker(SEEDS, radius=6.0).fit_transform(smooth_img(bold, 4))
    np.testing.assert_allclose(rows, smooth, rtol=1e-6)
    one = NiftiSpheresMasker(SEEDS[:1]).fit_transform(scans[4])
    assert one.shape == (1,)


def test_values_that_are_not_finite_count_as_zero(bold):
    data = get_data(bold).copy()
    data[9, 11, 8, 3] = np.nan
    with pytest.warns(ImageWarning, match="1 of .* not finite"):
        found = NiftiSpheresMasker([(0, 0, 0)]).fit_transform(
            nib.Nifti1Image(data, AFFINE)
        )
    assert found[3, 0] == 0
    assert (found != 0).sum() == T - 1


@pytest.mark.parametrize("case", ["surface", "radius", "overlap"])
def test_series_come_back_to_their_spheres(bold, mask, case):
    options = {"seeds": SEEDS, "mask_img": mask, **CASES[case]}
    peer, rows = _peer(options, bold)
    masker = NiftiSpheresMasker(**options).fit()
    for values in (rows, rows[2]):
        back = masker.inverse_transform(values)
        expected = peer.inverse_transform(values)
        np.testing.assert_allclose(get_data(back), get_data(expected), rtol=1e-5)
        np.testing.assert_array_equal(back.affine, AFFINE)
        assert get_data(back).dtype == np.float32
    assert get_data(masker.inverse_transform(np.array([1, 2, 4]))).dtype == np.float64


def test_single_voxels_come_back_to_their_place(bold, mask):
    """nilearn finds no voxel for a seed that lies between voxels."""
    masker = NiftiSpheresMasker(SEEDS, mask_img=mask).fit()
    back = get_data(masker.inverse_transform(np.array([1.0, 2.0, 3.0])))
    assert (back != 0).sum() == 3
    np.testing.assert_array_equal(
        masker.transform(masker.inverse_transform(masker.transform(bold))),
        masker.transform(bold),
    )
    peer, rows = _peer({"seeds": SEEDS, "mask_img": mask}, bold)
    with pytest.raises(ValueError, match="empty"):
        peer.inverse_transform(rows)


def test_spheres_may_not_share_voxels_unless_allowed(bold, mask):
    options = {"seeds": SEEDS, "radius": 16.0, "mask_img": mask}
    masker = NiftiSpheresMasker(**options).fit()
    with pytest.raises(ValueError, match=r"Overlap detected .* numbers \[0, 1, 2\]"):
        masker.transform(bold)
    with pytest.raises(ValueError, match="Overlap detected between spheres"):
        masker.inverse_transform(np.ones(3))
    same = NiftiSpheresMasker([(0, 0, 0), (40, 40, 0), (0.1, 0, 0)])
    with pytest.raises(MaskError, match=r"empty: \[1\].*40.0, 40.0, 0.0"):
        same.fit_transform(bold)


def test_spheres_outside_of_the_mask_are_empty(bold, mask):
    corner = nib.affines.apply_affine(AFFINE, (0, 0, 0))
    assert NiftiSpheresMasker([corner]).fit_transform(bold).shape == (T, 1)
    with pytest.raises(MaskError, match=r"These spheres are empty: \[0\]"):
        NiftiSpheresMasker([corner], mask_img=mask).fit_transform(bold)


def test_the_inverse_needs_a_mask(bold):
    masker = NiftiSpheresMasker(SEEDS).fit()
    with pytest.raises(ValueError, match="needs a mask_img in the masker"):
        masker.inverse_transform(np.ones(3))
    with pytest.raises(ShapeError, match="wrong shape: expected"):
        masker.inverse_transform(np.ones(4))


@pytest.mark.parametrize(
    "seeds", [None, 3, [1, 2, 3], [(1, 2)], "abc", [(1, 2, "x")], [(1, 2, np.nan)], []]
)
def test_seeds_are_triplets(seeds):
    with pytest.raises(ValueError, match="seeds must be a list of triplets"):
        NiftiSpheresMasker(seeds).fit()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius": -1}, "radius is -1; expected millimetres"),
        ({"standardize": "minmax"}, "standardize is 'minmax'"),
        ({"low_pass": 0.1}, "filtering needs the repetition time"),
    ],
)
def test_an_impossible_parameter_is_told_at_fit(options, message):
    with pytest.raises(ValueError, match=message):
        NiftiSpheresMasker(SEEDS, **options).fit()


def test_series_need_fit(bold):
    with pytest.raises(NotFittedError, match="has not been fitted"):
        NiftiSpheresMasker(SEEDS).transform(bold)
    with pytest.raises(NotFittedError, match="has not been fitted"):
        NiftiSpheresMasker(SEEDS).inverse_transform(np.ones(3))


def test_an_estimator_among_others(bold, mask, readonly):
    sklearn = pytest.importorskip("sklearn.base")
    seeds = readonly(np.array(SEEDS, dtype=float))
    masker = NiftiSpheresMasker(seeds, mask_img=mask, dtype="f8")
    before = copy.copy(masker.get_params())
    frame = sklearn.clone(masker).set_output(transform="pandas").fit_transform(bold)
    assert frame.columns.tolist() == [f"niftispheresmasker{i}" for i in range(3)]
    rows = masker.fit_transform(bold)
    assert rows.dtype == np.float64
    assert all(masker.get_params()[key] is value for key, value in before.items())
    assert masker.seeds_ == [list(map(float, seed)) for seed in SEEDS]
    assert masker.n_elements_ == 3
    again = pickle.loads(pickle.dumps(masker))
    np.testing.assert_array_equal(again.transform(bold), rows)
    assert again.transform(index_img(bold, 0)).shape == (3,)
