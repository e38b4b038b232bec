"""Masks are those of nilearn, and voxels go out and in again."""

import tracemalloc
import warnings
from unittest import mock

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import BoundingBoxError, GridError, MaskError
from boldglm._base.warnings import ImageWarning, MaskWarning
from boldglm.image import get_data, resample_img, save_img, smooth_img
from boldglm.masking import (
    apply_mask,
    compute_background_mask,
    compute_brain_mask,
    compute_epi_mask,
    compute_multi_background_mask,
    compute_multi_brain_mask,
    compute_multi_epi_mask,
    intersect_masks,
    load_mask_img,
    unmask,
)

AFFINE = np.array([[-3.0, 0, 0, 45], [0, 3.0, 0, -54], [0, 0, 3.5, -45], [0, 0, 0, 1]])
SHAPE = (26, 30, 24)


def _brain(seed, dtype="f4", n_scans=8, shift=0.0):
    """A simulated head: bright brain, dim rim, background noise."""
    rng = np.random.default_rng(seed)
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    radius = np.sqrt(sum((axis - shift) ** 2 for axis in axes) + 0.2 * axes[0] ** 2)
    data = rng.gamma(2, 8, (*SHAPE, n_scans))
    data += np.where(radius < 0.75, 500, 150 * (radius < 0.85))[..., None]
    data += (radius < 0.75)[..., None] * rng.normal(0, 60, (*SHAPE, 1))
    return nib.Nifti1Image(data.astype(dtype), AFFINE)


@pytest.fixture
def masking():
    """The peer's module, silent."""
    module = pytest.importorskip("nilearn.masking")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield module


OPTIONS = [
    {},
    {"opening": False},
    {"opening": True, "connected": False},
    {"exclude_zeros": True},
    {"lower_cutoff": 0.1, "upper_cutoff": 0.9, "opening": 1},
    {"target_affine": np.diag([4.0, 4.0, 4.0])},
    {"target_affine": AFFINE, "target_shape": (20, 20, 20), "opening": 0},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    ("seed", "dtype"), [(0, "f4"), (1, "i2"), (2, "f8"), (3, "u2")]
)
def test_epi_masks_are_those_of_nilearn(masking, seed, dtype, options):
    img = _brain(seed, dtype)
    expected = masking.compute_epi_mask(img, **options)
    found = compute_epi_mask(img, **options)
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())
    np.testing.assert_allclose(found.affine, expected.affine)
    assert get_data(found).dtype == np.uint8
    assert 0.1 < get_data(found).mean() < 0.6


def test_epi_masks_of_real_runs_are_those_of_nilearn(masking, data_dir):
    folder = data_dir / "haxby2001_sub001" / "BOLD"
    runs = sorted(folder.glob("*/bold_*.nii.gz"))
    assert len(runs) == 24
    for path in runs:
        opening = 1 if "25mm" in path.name else 0
        expected = masking.compute_epi_mask(path, opening=opening)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MaskWarning)
            found = compute_epi_mask(path, opening=opening)
        np.testing.assert_array_equal(get_data(found), expected.get_fdata())


@pytest.mark.parametrize("threshold", [0, 0.5, 1])
def test_common_masks_are_those_of_nilearn(masking, data_dir, threshold):
    folder = data_dir / "haxby2001_sub001" / "BOLD"
    runs = [str(path) for path in sorted(folder.glob("*/bold_25mm.nii.gz"))]
    expected = masking.compute_multi_epi_mask(runs, opening=0, threshold=threshold)
    for n_jobs in (1, 2):
        found = compute_multi_epi_mask(
            runs, opening=0, threshold=threshold, n_jobs=n_jobs
        )
        np.testing.assert_array_equal(get_data(found), expected.get_fdata())


def test_a_4d_image_and_its_scans_and_its_mean_have_one_mask():
    img = _brain(0)
    scans = nib.four_to_three(img)
    mean = nib.Nifti1Image(get_data(img).mean(axis=3), AFFINE)
    expected = get_data(compute_epi_mask(img))
    for given in (scans, mean):
        np.testing.assert_array_equal(get_data(compute_epi_mask(given)), expected)


def test_a_mask_knows_nothing_of_the_orientation():
    img = _brain(0)
    turned = img.as_reoriented(np.array([[1, -1], [0, 1], [2, -1.0]]))
    mask = compute_epi_mask(img)
    expected = mask.as_reoriented(np.array([[1, -1], [0, 1], [2, -1.0]]))
    found = compute_epi_mask(turned)
    np.testing.assert_array_equal(get_data(found), np.asarray(expected.dataobj))
    np.testing.assert_allclose(found.affine, expected.affine)


def test_nan_outside_the_brain_counts_as_zero(masking):
    data = get_data(_brain(0)).copy()
    data[:4] = np.nan
    img = nib.Nifti1Image(data, AFFINE)
    expected = masking.compute_epi_mask(img)
    np.testing.assert_array_equal(get_data(compute_epi_mask(img)), expected.get_fdata())


def test_a_mask_of_nothing_warns():
    data = np.zeros(SHAPE)
    data[10:12, 10:12, 10:12] = 100.0
    img = nib.Nifti1Image(data, AFFINE)
    with pytest.warns(MaskWarning, match="empty mask.*EPI"):
        assert not get_data(compute_epi_mask(img, upper_cutoff=1.0)).any()


@pytest.mark.parametrize("cutoffs", [(0.9, 0.1), (-0.1, 0.5), (0.5, 1.5)])
def test_cutoffs_are_quantiles_in_order(cutoffs):
    with pytest.raises(ValueError, match="expected 0 <= lower_cutoff < upper_cutoff"):
        compute_epi_mask(_brain(0), *cutoffs)


def test_a_histogram_of_nothing_is_an_error():
    img = nib.Nifti1Image(np.zeros(SHAPE), AFFINE)
    with pytest.raises(MaskError, match="too few values"):
        compute_epi_mask(img, exclude_zeros=True)


@pytest.mark.parametrize("background", [0.0, -7.5, np.nan])
@pytest.mark.parametrize("options", [{}, {"border_size": 1, "opening": 1}], ids=str)
def test_background_masks_are_those_of_nilearn(masking, background, options):
    data = np.full((*SHAPE, 3), background)
    data[5:20, 6:25, 4:20] = np.random.default_rng(0).normal(50, 1, (15, 19, 16, 3))
    img = nib.Nifti1Image(data, AFFINE)
    expected = masking.compute_background_mask(img, **options)
    found = compute_background_mask(img, **options)
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())
    common = masking.compute_multi_background_mask([img, img], **options)
    np.testing.assert_array_equal(
        get_data(compute_multi_background_mask([img, img], **options)),
        common.get_fdata(),
    )


def test_a_background_needs_a_border():
    with pytest.raises(ValueError, match="border_size is 0"):
        compute_background_mask(_brain(0), border_size=0)


@pytest.mark.parametrize("threshold", [0, 0.3, 0.5, 0.75, 1])
@pytest.mark.parametrize("connected", [True, False])
def test_intersections_are_those_of_nilearn(masking, rng, threshold, connected):
    masks = [
        nib.Nifti1Image((rng.random((6, 7, 8)) > 0.4).astype("u1"), AFFINE)
        for _ in range(4)
    ]
    expected = masking.intersect_masks(masks, threshold, connected)
    found = intersect_masks(masks, threshold, connected)
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())
    assert get_data(found).dtype == np.uint8


def test_empty_masks_may_be_intersected_and_give_an_empty_one():
    masks = [nib.Nifti1Image(np.zeros((2, 2, 2), "u1"), AFFINE)] * 2
    assert not get_data(intersect_masks(masks)).any()


def test_intersections_need_masks_of_one_grid_and_a_part():
    mask = nib.Nifti1Image(np.ones((2, 2, 2), "u1"), AFFINE)
    other = nib.Nifti1Image(np.ones((2, 2, 2), "u1"), AFFINE * 2)
    with pytest.raises(GridError, match="Field of view"):
        intersect_masks([mask, other])
    with pytest.raises(ValueError, match="no masks to intersect"):
        intersect_masks([])
    with pytest.raises(ValueError, match=r"threshold is 1\.5"):
        intersect_masks([mask], threshold=1.5)
    with pytest.raises(TypeError, match="the list is empty"):
        compute_multi_epi_mask([])


# masks from a template


def _template():
    """Probabilities that fall from the middle of the world outwards."""
    axes = np.meshgrid(*(np.arange(-60, 61, 4.0),) * 3, indexing="ij")
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -60
    distance = np.sqrt(sum(axis**2 for axis in axes))
    return nib.Nifti1Image(1 / (1 + np.exp((distance - 30) / 4)), affine)


@pytest.mark.parametrize(
    "options",
    [{}, {"threshold": 0.2, "opening": 0}, {"connected": False, "opening": 1}],
    ids=str,
)
@pytest.mark.parametrize("mask_type", ["whole-brain", "gm", "wm"])
def test_masks_from_a_template_are_those_of_nilearn(
    masking, monkeypatch, options, mask_type
):
    for name in ("", "_gm", "_wm"):
        monkeypatch.setattr(
            masking, f"load_mni152{name}_template", mock.Mock(return_value=_template())
        )
    img = _brain(0)
    options = {**options, "mask_type": mask_type}
    expected = masking.compute_brain_mask(img, **options)
    found = compute_brain_mask(img, **options, template_img=_template())
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())
    np.testing.assert_allclose(found.affine, AFFINE)
    assert 0.02 < get_data(found).mean() < 0.6
    common = compute_multi_brain_mask([img, img], **options, template_img=_template())
    np.testing.assert_array_equal(get_data(common), get_data(found))


def test_of_the_image_only_the_header_is_read(tmp_path):
    path = save_img(_brain(0), tmp_path / "run.nii.gz")
    expected = compute_brain_mask(path, template_img=_template())
    path.write_bytes(path.read_bytes()[:2000])
    found = compute_brain_mask(path, template_img=_template())
    np.testing.assert_array_equal(get_data(found), get_data(expected))


STRAIGHT = np.array([[-3.0, 0, 0, 78], [0, 3, 0, -112], [0, 0, 3, -50], [0, 0, 0, 1]])
OBLIQUE = np.array(
    [[-3.4, 0.3, 0, 78], [0.3, 3.4, 0.2, -112], [0, -0.2, 3.5, -50], [0, 0, 0, 1]]
)


@pytest.mark.parametrize("mask_type", ["whole-brain", "gm", "wm"])
@pytest.mark.parametrize(
    ("affine", "options"),
    [
        (STRAIGHT, {}),
        (OBLIQUE, {"threshold": 0.4, "opening": 1, "connected": False}),
    ],
    ids=["3 mm", "oblique"],
)
def test_without_a_template_it_is_mni152(masking, mask_type, affine, options):
    img = nib.Nifti1Image(np.zeros((52, 62, 46, 2), np.float32), affine)
    expected = masking.compute_brain_mask(img, mask_type=mask_type, **options)
    found = compute_brain_mask(img, mask_type=mask_type, **options)
    np.testing.assert_array_equal(found.affine, affine)
    ours, theirs = get_data(found) > 0, expected.get_fdata() > 0
    assert 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()) > 0.9999
    assert 0.02 < ours.mean() < 0.6
    common = compute_multi_brain_mask([img, img], mask_type=mask_type, **options)
    np.testing.assert_array_equal(get_data(common), get_data(found))


def test_an_image_beside_the_brain_has_no_mask():
    affine = np.diag([3.0, 3, 3, 1])
    affine[:3, 3] = 300
    img = nib.Nifti1Image(np.zeros((5, 5, 5)), affine)
    with pytest.raises(BoundingBoxError, match="does not contain any of the data"):
        compute_brain_mask(img)


def test_a_mask_from_a_template_has_a_known_type_and_voxels():
    with pytest.raises(ValueError, match="mask_type is 'bone'; expected one of 'whole"):
        compute_brain_mask(_brain(0), mask_type="bone", template_img=_template())
    with pytest.raises(TypeError, match="threshold is 'a'; expected a number from 0"):
        compute_brain_mask(_brain(0), "a")
    with pytest.warns(MaskWarning, match="gm mask is empty: lower the threshold"):
        compute_brain_mask(_brain(0), 2.0, mask_type="gm", template_img=_template())


def test_a_common_mask_from_a_template_needs_one_grid():
    small = nib.Nifti1Image(np.zeros((5, 5, 5)), AFFINE)
    with pytest.raises(GridError, match="Field of view"):
        compute_multi_brain_mask([_brain(0), small], template_img=_template())
    with pytest.raises(TypeError, match="the list is empty"):
        compute_multi_brain_mask([], template_img=_template())


# memory


@pytest.mark.parametrize(
    "compute",
    [
        compute_epi_mask,
        compute_background_mask,
        lambda path: compute_multi_epi_mask([path, path]),
    ],
    ids=["epi", "background", "epi of two runs"],
)
def test_memory_is_that_of_a_few_blocks(tmp_path, monkeypatch, compute):
    # small blocks, so that a small run has many
    monkeypatch.setattr("boldglm.image.reading._BLOCK_BYTES", 2**20)
    volume = get_data(_brain(0, "i2", n_scans=1))
    run = np.repeat(volume, 800, axis=3)
    assert run.nbytes > 28 * 2**20
    nib.save(nib.Nifti1Image(run, AFFINE), tmp_path / "run.nii")
    tracemalloc.start()
    mask = compute(tmp_path / "run.nii")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert get_data(mask).any()
    assert peak < 7 * 2**20


# reading masks


def _mask(values, dtype=np.float32):
    return nib.Nifti1Image(np.reshape(values, (1, 1, -1)).astype(dtype), AFFINE)


def test_a_mask_of_any_two_values_is_read():
    for values in ([0, 1, 1], [0, 5, 5], [0, -2, np.nan]):
        inside, affine = load_mask_img(_mask(values))
        assert inside.dtype == bool
        np.testing.assert_array_equal(inside.ravel(), np.nan_to_num(values) != 0)
        np.testing.assert_array_equal(affine, AFFINE)
    assert load_mask_img(_mask([3, 3, 3]))[0].all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0, 0, 0], "invalid as it is empty"),
        ([1, 2, 2], "Background of the mask must be represented with 0"),
        ([0, 0.5, 1], r"not made of 2 values: it has 3 \(0, 0\.5, 1, "),
    ],
)
def test_a_mask_that_is_none_says_why(values, message):
    with pytest.raises(MaskError, match=message):
        load_mask_img(_mask(values))


def test_an_empty_mask_may_be_allowed():
    assert not load_mask_img(_mask([0, 0]), allow_empty=True)[0].any()


# voxels out and in


@pytest.mark.parametrize("dtype", ["i2", "f4", "f8"])
@pytest.mark.parametrize("fwhm", [None, 5.0])
def test_masked_voxels_are_those_of_nilearn(masking, dtype, fwhm):
    img = _brain(0, dtype)
    mask = compute_epi_mask(img)
    expected = masking.apply_mask(img, mask, smoothing_fwhm=fwhm)
    found = apply_mask(img, mask, smoothing_fwhm=fwhm)
    # weights are added in another order than scipy does
    rounding = 0 if fwhm is None else 4 * np.finfo(expected.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=rounding)
    assert found.dtype == expected.dtype
    assert found.flags.c_contiguous


def test_a_file_is_masked_as_the_image_in_memory_is(tmp_path):
    img = _brain(0)
    mask = compute_epi_mask(img)
    expected = apply_mask(img, mask)
    for name in ("a.nii", "a.nii.gz"):
        path = save_img(img, tmp_path / name)
        np.testing.assert_array_equal(apply_mask(path, mask), expected)
    scans = nib.four_to_three(img)
    np.testing.assert_array_equal(apply_mask(scans, mask), expected)
    np.testing.assert_array_equal(apply_mask(scans[2], mask), expected[2])


@pytest.mark.parametrize("fwhm", [6, (8.0, 0.0, 4.0), "fast"])
def test_smoothing_comes_before_masking(fwhm):
    img = _brain(0)
    mask = compute_epi_mask(img)
    np.testing.assert_array_equal(
        apply_mask(img, mask, smoothing_fwhm=fwhm),
        apply_mask(smooth_img(img, fwhm), mask),
    )


@pytest.mark.parametrize("fwhm", [None, 4.0])
def test_what_is_not_finite_inside_is_zero_and_told_once(fwhm):
    data = get_data(_brain(0)).copy()
    inside = np.zeros(SHAPE, np.uint8)
    inside[8:18, 8:18, 8:18] = 1
    data[0, 0, 0] = np.nan
    img, mask = nib.Nifti1Image(data, AFFINE), nib.Nifti1Image(inside, AFFINE)
    assert np.isfinite(apply_mask(img, mask, smoothing_fwhm=fwhm)).all()
    data[10, 10, 10, 3:5] = np.inf
    with pytest.warns(ImageWarning, match="2 of 8000 values inside") as told:
        rows = apply_mask(img, mask, smoothing_fwhm=fwhm)
    assert len(told) == 1
    assert np.isfinite(rows).all()
    if fwhm is None:
        assert (rows == 0).sum() == 2
        kept = apply_mask(img, mask, ensure_finite=False)
        assert np.isinf(kept).sum() == 2


def test_a_mask_on_another_grid_is_an_error_that_shows_both():
    img = _brain(0)
    mask = compute_epi_mask(img)
    moved = nib.Nifti1Image(get_data(mask), AFFINE * 1.01)
    with pytest.raises(MaskError, match=r"(?s)their affine is different.*resample_to"):
        apply_mask(img, moved)
    small = nib.Nifti1Image(get_data(mask)[1:], AFFINE)
    with pytest.raises(MaskError, match="their shape is different"):
        apply_mask(img, small)


def test_unmask_undoes_apply_mask(masking):
    img = _brain(0)
    mask = compute_epi_mask(img)
    rows = apply_mask(img, mask)
    for values in (rows, rows[0], rows.astype(np.float64)):
        expected = masking.unmask(values, mask)
        found = unmask(values, mask)
        np.testing.assert_array_equal(get_data(found), expected.get_fdata())
        assert get_data(found).dtype == values.dtype
        np.testing.assert_array_equal(apply_mask(found, mask), values)
    several = unmask([rows, rows[0]], mask)
    assert [part.ndim for part in several] == [4, 3]


def test_unmask_says_how_many_voxels_it_needs():
    mask = _mask([0, 1, 1])
    for values in (np.zeros(3), np.zeros((4, 3)), np.zeros((1, 1, 2))):
        with pytest.raises(TypeError, match="the mask has 2 voxels"):
            unmask(values, mask)


def test_the_space_of_the_mask_comes_along_and_its_description_does_not():
    mask = _mask([0, 1, 1])
    mask.header.set_sform(AFFINE, code="mni")
    mask.header["descrip"] = b"my mask"
    made = unmask(np.ones(2, np.float32), mask)
    assert made.header["sform_code"] == 4
    assert made.header["descrip"].item() == b""


def test_inputs_are_not_modified(readonly):
    source = _brain(0)
    img = nib.Nifti1Image(readonly(get_data(source)), AFFINE)
    mask = compute_epi_mask(img)
    compute_background_mask(img)
    mask = nib.Nifti1Image(readonly(get_data(mask)), AFFINE)
    rows = readonly(apply_mask(img, mask, smoothing_fwhm=4))
    unmask(rows, mask)
    intersect_masks([mask, mask])
    coarse = resample_img(mask, np.diag([6.0, 6, 6]), interpolation="nearest")
    assert set(np.unique(get_data(coarse))) == {0, 1}
