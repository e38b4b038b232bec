"""Every public function of images and masks, beside nilearn's, on a grid of images.

The same call is made with our modules and with nilearn's. Voxels agree to a tolerance
that is a part of the range of the image (or of the result, if wider), affines to a
micrometre, shapes and kinds of numbers exactly; where nilearn refuses, so do we, by an
error of the same kind. What differs is in `DIVERGENCES`, with the test that says what
we do instead.
"""

import re
import warnings
from functools import cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import nibabel as nib
import numpy as np
import pytest

import boldglm.image
import boldglm.image.resampling
import boldglm.maskers
import boldglm.masking

nilearn_image = pytest.importorskip("nilearn.image")

# the grid of images

SHAPE = (9, 10, 8)
N_SCANS = 6
LINEAR = {
    "anisotropic": np.diag([2.0, 3.0, 3.5]),
    "flipped": np.array([[0, -3.0, 0], [-2.5, 0, 0], [0, 0, 3.5]]),
    "oblique": np.array([[2.9, 0.3, 0], [-0.3, 2.9, 0.4], [0, -0.4, 3.4]]),
    "sheared": np.array([[3.0, 0.47, 0], [0, 2.5, 0], [0, 0, 3.5]]),
}
DTYPES = ("uint8", "int16", "scaled", "float32", "float64")
DIMENSIONS = (3, 4)
CONTENTS = ("plain", "nan", "constant", "zero")
KINDS = [
    f"{dtype}-{ndim}-{content}"
    for dtype, ndim, content in product(DTYPES, DIMENSIONS, CONTENTS)
    # integers know no nan
    if not (content == "nan" and dtype in ("uint8", "int16", "scaled"))
]
# images without content have no direction, and few lie sheared
DIRECTED = [kind for kind in KINDS if kind.endswith(("plain", "nan"))]
SHEARED = ("scaled-4-plain", "float32-3-plain", "float32-4-nan", "uint8-3-constant")


def affine_of(name):
    affine = np.eye(4)
    affine[:3, :3] = LINEAR[name]
    affine[:3, 3] = -LINEAR[name] @ (np.array(SHAPE) / 2)
    return affine


@cache
def volumes(ndim, content):
    """A bright ball on a dim noisy ground, from 0 to 200."""
    shape = SHAPE if ndim == 3 else (*SHAPE, N_SCANS)
    if content == "constant":
        return np.full(shape, 7.0)
    if content == "zero":
        return np.zeros(shape)
    rng = np.random.default_rng(sum(shape))
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    ball = sum(axis**2 for axis in axes) < 0.8
    data = rng.uniform(0, 20, shape)
    data += 160 * (ball if ndim == 3 else ball[..., None])
    data[0] = 0
    if content == "nan":
        data[-2:, :, 1] = np.nan
        data[4, 4, 4] = np.nan
    return data


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Makes an image of a name such as ``oblique-float32-4-nan``.

    A new one each time, for nilearn writes into some; frozen, ours may not.
    """
    folder = tmp_path_factory.mktemp("parity")

    @cache
    def scaled_file(name):
        affine, _, ndim, content = name.split("-")
        data = np.rint(volumes(int(ndim), content) * 100).astype("i2")
        img = nib.Nifti1Image(data, affine_of(affine))
        # nibabel writes the slope and intercept of the header where it is told to
        img.header.set_slope_inter(0.01, -3.0)
        nib.save(img, folder / f"{name}.nii")
        assert nib.load(folder / f"{name}.nii").dataobj.slope == np.float32(0.01)
        return folder / f"{name}.nii"

    def make(name, frozen=False):
        affine, dtype, ndim, content = name.split("-")
        if dtype == "scaled":
            return nib.load(scaled_file(name))
        data = volumes(int(ndim), content).astype(dtype)
        data.flags.writeable = not frozen
        return nib.Nifti1Image(data, affine_of(affine))

    return make


# the two sides


@cache
def brain_template():
    """A smooth ball of probabilities around the origin of the world."""
    axes = np.meshgrid(*(np.arange(-20, 21, 2.0),) * 3, indexing="ij")
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -20
    distance = np.sqrt(sum(axis**2 for axis in axes))
    return nib.Nifti1Image(1 / (1 + np.exp((distance - 10) / 2)), affine)


@cache
def ours():
    return SimpleNamespace(
        image=boldglm.image,
        resampling=boldglm.image.resampling,
        masking=boldglm.masking,
        maskers=boldglm.maskers,
        brain_mask=lambda *args, **kwargs: boldglm.masking.compute_brain_mask(
            *args, **kwargs, template_img=brain_template()
        ),
        multi_brain_mask=lambda *args, **kwargs: (
            boldglm.masking.compute_multi_brain_mask(
                *args, **kwargs, template_img=brain_template()
            )
        ),
    )


@cache
def theirs():
    import nilearn.image.resampling
    import nilearn.maskers
    import nilearn.masking

    def with_template(function):
        def call(*args, **kwargs):
            with mock.patch.object(
                nilearn.masking, "load_mni152_template", return_value=brain_template()
            ):
                return function(*args, **kwargs)

        return call

    return SimpleNamespace(
        image=nilearn_image,
        resampling=nilearn.image.resampling,
        masking=nilearn.masking,
        maskers=nilearn.maskers,
        brain_mask=with_template(nilearn.masking.compute_brain_mask),
        multi_brain_mask=with_template(nilearn.masking.compute_multi_brain_mask),
    )


# the calls

# no voxel falls halfway between two, where rounding decides which is nearest
OTHER = np.eye(4)
OTHER[:3] = [[2.53, 0.41, 0, -11.37], [-0.19, 3.07, 0, -14.11], [0, 0, 3.9, -13.03]]
STRAIGHT = np.diag([4.0, 3.0, 5.0])


def masked(img):
    """A mask on the grid of an image: a box in its middle."""
    inside = np.zeros(SHAPE, np.uint8)
    inside[2:8, 3:9, 2:7] = 1
    return nib.Nifti1Image(inside, img.affine)


def moved(img):
    affine = img.affine.copy()
    affine[:3, 3] += 1.2
    return nib.Nifti1Image(np.asanyarray(img.dataobj), affine)


def first(img):
    data = np.asanyarray(img.dataobj)
    return nib.Nifti1Image(data if data.ndim == 3 else data[..., 0], img.affine)


def bright(img):
    """A mask of what is not dim in an image; some are empty."""
    data = np.asanyarray(first(img).dataobj)
    return nib.Nifti1Image((data > 15).astype(np.int16), img.affine)


def rows(img):
    """Two rows of numbers for the mask of an image."""
    n = int(np.asanyarray(masked(img).dataobj).sum())
    return np.arange(2.0 * n).reshape(2, n)


def signed(series):
    """Components have no sign: the furthest value of each column is made positive."""
    furthest = np.abs(series).argmax(axis=0, keepdims=True)
    return series * np.sign(np.take_along_axis(series, furthest, axis=0))


def masker(im, img, **options):
    """Voxels out of an image and, where the mask is given, in again."""
    fitted = im.maskers.NiftiMasker(
        mask_img=masked(img), standardize=None, reports=False, **options
    ).fit()
    series = fitted.transform(img)
    return series, fitted.inverse_transform(series)


RESAMPLED = {
    f"resample_img {how}{note}": (
        lambda im, img, how=how, options=options: im.image.resample_img(
            img, interpolation=how, **options
        )
    )
    for how in ("continuous", "linear", "nearest")
    for note, options in {
        "": {"target_affine": OTHER, "target_shape": (8, 9, 7)},
        ", box": {"target_affine": STRAIGHT},
        ", from origin, not clipped": {"target_affine": OTHER, "clip": False},
        ", filled": {
            "target_affine": OTHER,
            "target_shape": (11, 6, 5),
            "fill_value": 5,
            "clip": False,
        },
    }.items()
}

FORMULAS = [
    "img > 50",
    "np.mean(img, axis=-1, keepdims=True) - img",
    "img - other",
    "-np.log10(np.maximum(1, img))",
    "img * (other[..., np.newaxis] if other.ndim < img.ndim else other)",
    "np.where(np.isnan(img), 0, img) / 3",
    "(img > 20) & ~(img > 100)",
    "img.astype(bool).astype('int8')",
]

CALLS = {
    "load_img": lambda im, img: im.image.load_img(img),
    "load_img auto": lambda im, img: im.image.load_img(img, dtype="auto"),
    "load_img list": lambda im, img: im.image.load_img([img, img]),
    "get_data": lambda im, img: im.image.get_data(img),
    "copy_img": lambda im, img: im.image.copy_img(img),
    "new_img_like": lambda im, img: im.image.new_img_like(
        img, np.arange(720.0).reshape(SHAPE)
    ),
    "new_img_like bool": lambda im, img: im.image.new_img_like(
        img, np.ones(SHAPE, bool), OTHER
    ),
    "new_img_like int64": lambda im, img: im.image.new_img_like(
        img, np.ones(SHAPE, np.int64), copy_header=False
    ),
    "check_niimg": lambda im, img: im.image.check_niimg(img),
    "check_niimg 3": lambda im, img: im.image.check_niimg(img, ensure_ndim=3),
    "check_niimg 4": lambda im, img: im.image.check_niimg(img, ensure_ndim=4),
    "check_niimg atleast_4d": lambda im, img: im.image.check_niimg(
        img, atleast_4d=True
    ),
    "check_niimg iterator": lambda im, img: im.image.check_niimg(
        [first(img), first(img)], return_iterator=True
    ),
    "check_niimg_3d": lambda im, img: im.image.check_niimg_3d(img),
    "check_niimg_4d": lambda im, img: im.image.check_niimg_4d(img),
    "check_niimg_4d list": lambda im, img: im.image.check_niimg_4d([img, img]),
    "iter_img": lambda im, img: im.image.iter_img(img),
    "iter_img list": lambda im, img: im.image.iter_img([img, img]),
    "index_img int": lambda im, img: im.image.index_img(img, -2),
    "index_img slice": lambda im, img: im.image.index_img(img, slice(1, None, 2)),
    "index_img list": lambda im, img: im.image.index_img(img, [4, 0, 4]),
    "index_img bool": lambda im, img: im.image.index_img(img, np.arange(N_SCANS) > 2),
    "index_img beyond": lambda im, img: im.image.index_img(img, N_SCANS),
    "concat_imgs": lambda im, img: im.image.concat_imgs([img, img]),
    "concat_imgs dtype": lambda im, img: im.image.concat_imgs([img], dtype="f8"),
    "concat_imgs 4": lambda im, img: im.image.concat_imgs([img, img], ensure_ndim=4),
    "concat_imgs elsewhere": lambda im, img: im.image.concat_imgs([img, moved(img)]),
    "concat_imgs resampled": lambda im, img: im.image.concat_imgs(
        [img, moved(img)], auto_resample=True
    ),
    "mean_img": lambda im, img: im.image.mean_img(img),
    "mean_img list": lambda im, img: im.image.mean_img([img, moved(img)]),
    "mean_img target": lambda im, img: im.image.mean_img(img, target_affine=STRAIGHT),
    **RESAMPLED,
    "resample_img same": lambda im, img: im.image.resample_img(img),
    "resample_img shape alone": lambda im, img: im.image.resample_img(
        img, target_shape=(3, 3, 3)
    ),
    "resample_img shape and 3x3": lambda im, img: im.image.resample_img(
        img, target_affine=STRAIGHT, target_shape=(3, 3, 3)
    ),
    "resample_img beside": lambda im, img: im.image.resample_img(
        img, target_affine=np.eye(4) + 500 * np.eye(4, k=3)
    ),
    "resample_to_img": lambda im, img: im.image.resample_to_img(img, brain_template()),
    "smooth_img": lambda im, img: im.image.smooth_img(img, 6),
    "smooth_img by axis": lambda im, img: im.image.smooth_img(img, (4, 0, 8)),
    "smooth_img fast": lambda im, img: im.image.smooth_img(img, "fast"),
    "smooth_img none": lambda im, img: im.image.smooth_img(img, None),
    "crop_img": lambda im, img: im.image.crop_img(img),
    "crop_img offset": lambda im, img: im.image.crop_img(
        img, rtol=0.5, pad=False, return_offset=True
    ),
    **{
        f"math_img {formula}": (
            lambda im, img, formula=formula: im.image.math_img(
                formula,
                **{"img": img, **({"other": first(img)} if "other" in formula else {})},
            )
        )
        for formula in FORMULAS
    },
    "math_img header": lambda im, img: im.image.math_img(
        "img + 1", img=img, copy_header_from="img"
    ),
    "math_img elsewhere": lambda im, img: im.image.math_img(
        "img + other", img=img, other=moved(img)
    ),
    "math_img unknown": lambda im, img: im.image.math_img("img + 1", other=img),
    "threshold_img": lambda im, img: im.image.threshold_img(img, 90),
    "threshold_img one side": lambda im, img: im.image.threshold_img(
        img, -1, two_sided=False
    ),
    "threshold_img percentile": lambda im, img: im.image.threshold_img(img, "70%"),
    "threshold_img mask": lambda im, img: im.image.threshold_img(
        img, "40%", mask_img=masked(img)
    ),
    "threshold_img clusters": lambda im, img: im.image.threshold_img(
        img, 15, cluster_threshold=4
    ),
    "threshold_img negative": lambda im, img: im.image.threshold_img(img, -3),
    "threshold_img no number": lambda im, img: im.image.threshold_img(img, "much"),
    "binarize_img": lambda im, img: im.image.binarize_img(img),
    "binarize_img half": lambda im, img: im.image.binarize_img(
        img, 50, mask_img=masked(img), two_sided=True
    ),
    "reorder_img": lambda im, img: im.image.reorder_img(img),
    "reorder_img resample": lambda im, img: im.image.reorder_img(
        img, resample="linear"
    ),
    "coord_transform": lambda im, img: im.image.coord_transform(1, 2, 3, img.affine),
    "coord_transform arrays": lambda im, img: im.resampling.coord_transform(
        [1, 2], [3, 4], [5, 6], np.linalg.inv(img.affine)
    ),
    "get_bounds": lambda im, img: im.resampling.get_bounds(img.shape[:3], img.affine),
    "swap_img_hemispheres": lambda im, img: im.image.swap_img_hemispheres(img),
    "largest_connected_component_img": lambda im, img: (
        im.image.largest_connected_component_img(img)
    ),
    "clean_img": lambda im, img: im.image.clean_img(
        img, standardize="zscore_sample", confounds=np.arange(N_SCANS)[:, None] % 2
    ),
    "clean_img filter": lambda im, img: im.image.clean_img(
        img,
        standardize=None,
        ensure_finite=True,
        high_pass=0.05,
        t_r=2.0,
        mask_img=masked(img),
    ),
    "high_variance_confounds": lambda im, img: signed(
        im.image.high_variance_confounds(img, n_confounds=2, percentile=20)
    ),
    "high_variance_confounds mask": lambda im, img: signed(
        im.image.high_variance_confounds(
            img, n_confounds=3, percentile=50, detrend=False, mask_img=masked(img)
        )
    ),
    "compute_epi_mask": lambda im, img: im.masking.compute_epi_mask(img, opening=1),
    "compute_epi_mask closed": lambda im, img: im.masking.compute_epi_mask(
        img, opening=False, connected=False, exclude_zeros=True
    ),
    "compute_epi_mask target": lambda im, img: im.masking.compute_epi_mask(
        img, opening=1, target_affine=STRAIGHT
    ),
    "compute_multi_epi_mask": lambda im, img: im.masking.compute_multi_epi_mask(
        [img, img], opening=0
    ),
    "compute_background_mask": lambda im, img: im.masking.compute_background_mask(
        img, border_size=1
    ),
    "compute_background_mask opened": lambda im, img: (
        im.masking.compute_background_mask(img, opening=1, connected=True)
    ),
    "compute_multi_background_mask": lambda im, img: (
        im.masking.compute_multi_background_mask([img, img], opening=0)
    ),
    "compute_brain_mask": lambda im, img: im.brain_mask(img, opening=1),
    "compute_brain_mask tissue": lambda im, img: im.brain_mask(img, mask_type="bone"),
    "compute_multi_brain_mask": lambda im, img: im.multi_brain_mask(
        [img, img], threshold=0.3, opening=0
    ),
    "intersect_masks": lambda im, img: im.masking.intersect_masks(
        [masked(img), bright(img)], threshold=1
    ),
    "intersect_masks elsewhere": lambda im, img: im.masking.intersect_masks(
        [masked(img), bright(moved(img))]
    ),
    "apply_mask": lambda im, img: im.masking.apply_mask(img, masked(img)),
    "apply_mask smoothed": lambda im, img: im.masking.apply_mask(
        img, masked(img), smoothing_fwhm=5
    ),
    "apply_mask not a mask": lambda im, img: im.masking.apply_mask(img, first(img)),
    "apply_mask elsewhere": lambda im, img: im.masking.apply_mask(
        img, masked(moved(img))
    ),
    "unmask": lambda im, img: im.masking.unmask(rows(img), masked(img)),
    "unmask one": lambda im, img: im.masking.unmask(rows(img)[0], masked(img)),
    "unmask too few": lambda im, img: im.masking.unmask(rows(img)[:, 1:], masked(img)),
    "NiftiMasker": masker,
    "NiftiMasker own mask": lambda im, img: im.maskers.NiftiMasker(
        mask_strategy="epi",
        mask_args={"opening": 0},
        standardize=None,
        reports=False,
    ).fit_transform(img),
    "NiftiMasker scored": lambda im, img: im.maskers.NiftiMasker(
        mask_img=masked(img),
        standardize="zscore_sample",
        high_pass=0.02,
        t_r=2.0,
        reports=False,
    ).fit_transform(img),
    "NiftiMasker cleaned": lambda im, img: masker(
        im, img, smoothing_fwhm=4, detrend=True
    ),
}

# the same to the last bit, but for the type: nothing is computed, or by comparisons
EXACT = {
    "binarize_img",
    "compute_background_mask",
    "compute_brain_mask",
    "compute_epi_mask",
    "compute_multi_background_mask",
    "compute_multi_brain_mask",
    "compute_multi_epi_mask",
    "intersect_masks",
    "largest_connected_component_img",
    "new_img_like",
    "unmask",
}
# parts of the range of the image; float32 holds 1e-7 of a value
TOLERANCE = {
    "clean_img": 1e-4,
    "high_variance_confounds": 1e-4,
    "reorder_img": 1e-5,
    "resample_img": 1e-5,
    "resample_to_img": 1e-5,
}
DEFAULT_TOLERANCE = 1e-6

# Where we differ on purpose: start of the call, pattern of the image, and the test
# that says what we do instead.
PARITY = "tests/oracle/test_nilearn_image_parity.py::"
DIVERGENCES = [
    (
        "load_img auto",
        "uint8",
        f"{PARITY}test_divergence_auto_means_int32_for_unsigned_integers_too",
    ),
    (
        "mean_img list",
        "int8-3|int16-3",
        f"{PARITY}test_divergence_means_of_integers_on_another_grid_are_not_rounded",
    ),
    (
        "mean_img target",
        "uint8-3",
        f"{PARITY}test_divergence_means_of_integers_on_another_grid_are_not_rounded",
    ),
    (
        "crop_img offset",
        "nan",
        "tests/image/test_crop.py::test_nan_outside_the_brain_is_cut_away",
    ),
    (
        "math_img -np.log10",
        "uint8",
        f"{PARITY}test_divergence_functions_of_small_integers_are_not_half_precision",
    ),
    (
        "math_img img * (other",
        "int",
        "tests/image/test_math_img.py::test_masks_do_not_wrap_around",
    ),
    (
        "math_img unknown",
        "",
        "tests/image/test_math_img.py::test_everything_else_is_refused",
    ),
    (
        "high_variance_confounds",
        "4-constant|4-zero",
        f"{PARITY}test_divergence_what_never_varies_has_no_components",
    ),
    (
        "high_variance_confounds mask",
        "-3-",
        "tests/image/test_clean_img.py::test_confounds_need_a_series",
    ),
    (
        "threshold_img one side",
        "constant|zero",
        f"{PARITY}test_divergence_a_threshold_on_an_empty_side_gives_zeros",
    ),
    (
        "binarize_img",
        "scaled-.-zero",
        f"{PARITY}test_divergence_a_threshold_on_an_empty_side_gives_zeros",
    ),
    (
        "largest_connected_component_img",
        "nan",
        "tests/image/test_components.py::test_what_is_not_finite_belongs_to_no_part",
    ),
]


def tolerance(name):
    function = name.split()[0]
    if function in EXACT:
        return 0.0
    return TOLERANCE.get(function, DEFAULT_TOLERANCE)


def outcome(im, call, img):
    """What a call gives: a list of arrays and affines, or an error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return leaves(call(im, img))
        except Exception as error:
            return error


def leaves(result):
    """Arrays, and affines of images, in whatever a function returns."""
    if isinstance(result, nib.spatialimages.SpatialImage):
        return [np.asanyarray(result.dataobj), result.affine]
    if isinstance(result, np.ndarray):
        return [result]
    if isinstance(result, slice):
        return [np.array([result.start, result.stop])]
    if np.isscalar(result):
        return [np.asarray(float(result))]
    return [leaf for part in result for leaf in leaves(part)]


def span(array):
    """From the lowest finite value, or 0, to the highest; at least 1."""
    finite = array[np.isfinite(array)].astype(float)
    return float(finite.max(initial=0) - finite.min(initial=0)) or 1.0


def kind(array):
    """Numbers are whole or not; widths and signs may differ."""
    return "whole" if array.dtype.kind in "biu" else array.dtype.kind


def assert_same_error(found, expected):
    assert isinstance(found, Exception), f"nilearn refuses: {expected!r}"
    families = (ValueError, TypeError, IndexError)
    kinds = [family for family in families if isinstance(expected, family)]
    assert kinds, f"an error of its own: {expected!r}"
    assert isinstance(found, tuple(kinds)), f"{found!r} for {expected!r}"


def assert_same(name, img, found, expected):
    if isinstance(expected, Exception):
        assert_same_error(found, expected)
        return
    if isinstance(found, Exception):
        raise found
    assert len(found) == len(expected)
    reach = span(np.asanyarray(img.dataobj))
    for mine, peer in zip(found, expected, strict=True):
        assert mine.shape == peer.shape
        assert kind(mine) == kind(peer)
        is_affine = mine.shape == (4, 4)
        within = 1e-6 if is_affine else tolerance(name) * max(reach, span(peer))
        np.testing.assert_allclose(
            mine.astype(float), peer.astype(float), rtol=0, atol=within
        )


def is_divergence(name, image_name):
    return any(
        name.startswith(start) and re.search(pattern, image_name)
        for start, pattern, _ in DIVERGENCES
    )


def disagreement(name, image_name, image):
    """What a call gives else than nilearn, in words; nothing if the same."""
    found = outcome(ours(), CALLS[name], image(image_name, frozen=True))
    expected = outcome(theirs(), CALLS[name], image(image_name))
    try:
        assert_same(name, image(image_name), found, expected)
    except Exception as error:
        return repr(error)
    return ""


def disagreements(name, affine, image):
    """A line for each image for which a call gives something else."""
    kinds = {"flipped": KINDS, "sheared": SHEARED}.get(affine, DIRECTED)
    names = [f"{affine}-{kind}" for kind in kinds]
    told = {
        one: disagreement(name, one, image)
        for one in names
        if not is_divergence(name, one)
    }
    return [f"{one}: {words}" for one, words in told.items() if words]


@pytest.mark.parametrize("affine", LINEAR)
@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_what_it_gives_in_nilearn(name, affine, image):
    assert not disagreements(name, affine, image)


# what differs


def test_divergences_are_tests_and_are_still_there(image):
    """No entry outlives its reason: for some image the results do differ."""
    root = Path(__file__).parents[2]
    for start, pattern, test in DIVERGENCES:
        path, _, function = test.partition("::")
        assert f"def {function}(" in (root / path).read_text()
        name = next(name for name in CALLS if name.startswith(start))
        assert any(
            disagreement(name, f"flipped-{one}", image)
            for one in KINDS
            if re.search(pattern, one)
        ), start


def test_divergence_auto_means_int32_for_unsigned_integers_too():
    """Theirs: uint8 becomes float32, though integers are said to become int32."""
    img = nib.Nifti1Image(np.arange(8, dtype=np.uint8).reshape(2, 2, 2), np.eye(4))
    loaded = boldglm.image.load_img(img, dtype="auto")
    assert boldglm.image.get_data(loaded).dtype == np.int32


@pytest.mark.parametrize("dtype", ["u1", "i2"])
def test_divergence_means_of_integers_on_another_grid_are_not_rounded(dtype):
    """Theirs: rounded to uint8; for int16 numpy cannot add."""
    data = np.arange(60).reshape(3, 4, 5).astype(dtype)
    img = nib.Nifti1Image(data, np.eye(4))
    half = np.eye(4)
    half[0, 3] = 0.5
    found = boldglm.image.mean_img(img, target_affine=half, target_shape=(1, 1, 1))
    as_float = nib.Nifti1Image(data.astype(float), np.eye(4))
    expected = nilearn_image.resample_img(
        as_float,
        target_affine=half,
        target_shape=(1, 1, 1),
        force_resample=True,
        copy_header=True,
    )
    assert boldglm.image.get_data(found).dtype == np.float32
    np.testing.assert_allclose(
        boldglm.image.get_data(found), nilearn_image.get_data(expected), rtol=1e-5
    )


def test_divergence_functions_of_small_integers_are_not_half_precision():
    """Theirs: an error, for numpy takes logarithms of uint8 in float16."""
    img = nib.Nifti1Image(np.full((2, 2, 2), 200, np.uint8), np.eye(4))
    found = boldglm.image.get_data(boldglm.image.math_img("np.log10(img)", img=img))
    np.testing.assert_allclose(found, np.log10(200.0), rtol=1e-7)


def test_divergence_a_threshold_on_an_empty_side_gives_zeros():
    """Theirs: numpy cannot take the extreme of no values."""
    img = nib.Nifti1Image(np.full((2, 2, 2), 3.0), np.eye(4))
    with pytest.warns(UserWarning, match="No value reaches threshold=-1"):
        found = boldglm.image.threshold_img(img, -1, two_sided=False)
    assert not boldglm.image.get_data(found).any()
    negative = nib.Nifti1Image(np.full((2, 2, 2), -3.0), np.eye(4))
    assert not boldglm.image.get_data(boldglm.image.binarize_img(negative)).any()


def test_divergence_what_never_varies_has_no_components():
    """Theirs: rounding errors, scaled to unit length."""
    img = nib.Nifti1Image(np.full((2, 2, 2, 6), 7.0), np.eye(4))
    assert boldglm.image.high_variance_confounds(img).shape == (6, 0)
