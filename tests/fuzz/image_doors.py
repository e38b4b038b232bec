"""Doors of images, masks and maskers."""

import nibabel as nib
import numpy as np
from hypothesis import strategies as st
from tests.fuzz.doors import Door
from tests.fuzz.odd import ODD, Odd

from boldglm import image, maskers, masking
from boldglm.image.resampling import get_bounds

__all__ = ["DOORS"]

SHAPE = (4, 5, 6)
AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])


def _run(n_scans=8):
    rng = np.random.default_rng(0)
    data = 100 + rng.standard_normal((*SHAPE, n_scans))
    data[0] = data[:, 0] = 0
    return nib.Nifti1Image(data.astype(np.float32), AFFINE)


def _mask():
    inside = np.zeros(SHAPE, np.uint8)
    inside[1:3, 1:4, 1:5] = 1
    return nib.Nifti1Image(inside, AFFINE)


def _labels():
    found = np.zeros(SHAPE, np.int16)
    found[:2], found[2:] = 1, 2
    return nib.Nifti1Image(found, AFFINE)


RUN, MASK, LABELS = _run(), _mask(), _labels()
MAP = nib.Nifti1Image(RUN.get_fdata()[..., 0].astype(np.float32) - 90, AFFINE)
CHOICES = st.sampled_from(["continuous", "linear", "nearest", "F", "C", "cosine"])
FEW = st.integers(-2, 12) | st.floats(-2, 12)
#: Not tried as such: folders of caches are written where they say.
STILL = ("memory", "memory_level", "verbose", "n_jobs")
SIGNALS = np.random.default_rng(1).standard_normal((8, 24)).astype(np.float32)


def _masker(kind, **fixed):
    """Make a masker, fit it, and use it."""

    def call(imgs, confounds=None, sample_mask=None, **options):
        fitted = kind(**fixed, **options).fit(RUN)
        found = fitted.transform(imgs, confounds=confounds, sample_mask=sample_mask)
        return found, fitted.inverse_transform(np.asarray(found))

    return call


def _own_names(kind, *fixed):
    return tuple(n for n in kind._parameter_names() if n not in {*STILL, *fixed})


def _door(name, function, odd=None, still=(), nan=False, **valid):
    return Door(name, function, valid, odd=odd or {}, still=(*STILL, *still), nan=nan)


_IMAGES = [
    _door("image.binarize_img", image.binarize_img, img=MAP),
    _door("image.check_niimg", image.check_niimg, niimg=RUN, nan=True),
    _door("image.check_niimg_3d", image.check_niimg_3d, niimg=MAP),
    _door("image.check_niimg_4d", image.check_niimg_4d, niimg=RUN),
    _door(
        "image.clean_img",
        image.clean_img,
        imgs=RUN,
        odd={
            "confounds": st.just(SIGNALS[:, :2]),
            "low_pass": st.floats(0, 1),
            "high_pass": st.floats(0, 1),
            "t_r": FEW,
        },
    ),
    _door("image.concat_imgs", image.concat_imgs, niimgs=[MAP, MAP]),
    _door("image.coord_transform", image.coord_transform, x=1, y=2, z=3, affine=AFFINE),
    _door("image.copy_img", image.copy_img, img=MAP),
    _door("image.crop_img", image.crop_img, img=MAP),
    _door("image.get_data", image.get_data, img=MAP),
    _door("image.high_variance_confounds", image.high_variance_confounds, imgs=RUN),
    _door("image.index_img", image.index_img, imgs=RUN, index=0, odd={"index": FEW}),
    _door("image.iter_img", image.iter_img, imgs=RUN),
    _door(
        "image.largest_connected_component_img",
        image.largest_connected_component_img,
        imgs=MASK,
    ),
    _door("image.load_img", image.load_img, img=RUN, nan=True),
    _door("image.math_img", image.math_img, formula="img + 1", img=MAP),
    _door("image.mean_img", image.mean_img, imgs=RUN),
    _door(
        "image.new_img_like",
        image.new_img_like,
        ref_niimg=MAP,
        data=np.ones(SHAPE, np.float32),
    ),
    _door("image.reorder_img", image.reorder_img, img=MAP, odd={"resample": CHOICES}),
    _door(
        "image.resample_img",
        image.resample_img,
        img=MAP,
        target_affine=np.diag([2.0, 2, 2, 1]),
        odd={"interpolation": CHOICES, "order": CHOICES},
    ),
    _door(
        "image.resample_to_img",
        image.resample_to_img,
        source_img=MAP,
        target_img=MASK,
        odd={"interpolation": CHOICES, "order": CHOICES},
    ),
    _door("image.resampling.get_bounds", get_bounds, shape=SHAPE, affine=AFFINE),
    Door(
        "image.save_img",
        image.save_img,
        {"img": MAP, "path": "map.nii.gz"},
        own={
            "path": st.sampled_from(
                ["", ".", "a.txt", "a", "no/such/folder/a.nii", "\x00.nii", "a.nii.zip"]
            )
            | st.sampled_from([None, 1, b"a.nii", [], MAP, 0.5])
        },
    ),
    _door("image.smooth_img", image.smooth_img, imgs=MAP, fwhm=4.0, odd={"fwhm": FEW}),
    _door("image.swap_img_hemispheres", image.swap_img_hemispheres, img=MAP),
    _door("image.threshold_img", image.threshold_img, img=MAP, threshold=1.0),
]

_MASKING = [
    _door("masking.apply_mask", masking.apply_mask, imgs=RUN, mask_img=MASK),
    _door(
        "masking.compute_background_mask",
        masking.compute_background_mask,
        data_imgs=RUN,
    ),
    _door(
        "masking.compute_brain_mask",
        masking.compute_brain_mask,
        target_img=MAP,
        odd={"mask_type": st.sampled_from(["gm", "wm"])},
        template_img=MAP,
    ),
    _door("masking.compute_epi_mask", masking.compute_epi_mask, epi_img=RUN),
    _door(
        "masking.compute_multi_background_mask",
        masking.compute_multi_background_mask,
        data_imgs=[RUN, RUN],
    ),
    _door(
        "masking.compute_multi_brain_mask",
        masking.compute_multi_brain_mask,
        target_imgs=[MAP, MAP],
        template_img=MAP,
    ),
    _door(
        "masking.compute_multi_epi_mask",
        masking.compute_multi_epi_mask,
        epi_imgs=[RUN, RUN],
    ),
    _door("masking.intersect_masks", masking.intersect_masks, mask_imgs=[MASK, MASK]),
    _door("masking.load_mask_img", masking.load_mask_img, mask_img=MASK),
    _door("masking.unmask", masking.unmask, X=SIGNALS, mask_img=MASK),
]

_TREATMENT = {
    "low_pass": st.floats(0, 0.5),
    "high_pass": st.floats(0, 0.5),
    "t_r": FEW,
    "standardize": st.sampled_from(["psc", "zscore", "zscore_sample"]),
}

_MASKERS = [
    Door(
        "maskers.NiftiMasker",
        _masker(maskers.NiftiMasker),
        {"imgs": RUN, "mask_img": MASK},
        odd=_TREATMENT,
        names=_own_names(maskers.NiftiMasker),
    ),
    Door(
        "maskers.NiftiMasker",
        _masker(maskers.NiftiMasker),
        {"imgs": RUN, "mask_strategy": "epi", "mask_args": {"opening": 0}},
        odd={
            "mask_args": st.dictionaries(
                st.sampled_from(["opening", "connected", "lower_cutoff", "nonsense"]),
                ODD.map(lambda one: one.make() if isinstance(one, Odd) else one),
                max_size=2,
            )
        },
        names=("mask_strategy", "target_affine", "target_shape"),
    ),
    Door(
        "maskers.NiftiLabelsMasker",
        _masker(maskers.NiftiLabelsMasker),
        {"imgs": RUN, "labels_img": LABELS},
        odd=_TREATMENT,
        names=_own_names(maskers.NiftiLabelsMasker),
    ),
    Door(
        "maskers.NiftiSpheresMasker",
        _masker(maskers.NiftiSpheresMasker),
        {"imgs": RUN, "seeds": [(3, 3, 3), (6, 6, 6)], "mask_img": MASK},
        odd=_TREATMENT,
        names=_own_names(maskers.NiftiSpheresMasker),
    ),
    Door(
        "maskers.NiftiMasker",
        lambda X, **name: (
            maskers.NiftiMasker(mask_img=MASK, **name).fit().inverse_transform(X)
        ),
        {"X": SIGNALS},
    ),
    Door(
        "maskers.NiftiLabelsMasker",
        lambda signals: (
            maskers.NiftiLabelsMasker(LABELS).fit().inverse_transform(signals)
        ),
        {"signals": SIGNALS[:, :2]},
    ),
    Door(
        "maskers.NiftiSpheresMasker",
        lambda region_signals: (
            maskers.NiftiSpheresMasker([(3, 3, 3)], radius=4, mask_img=MASK)
            .fit()
            .inverse_transform(region_signals)
        ),
        {"region_signals": SIGNALS[:, :1]},
    ),
    Door(
        "maskers.NiftiMasker",
        lambda **params: maskers.NiftiMasker().set_params(**params),
        {},
        names=("mask_img", "transform"),
    ),
    Door(
        "maskers.NiftiMasker",
        lambda transform: (
            maskers.NiftiMasker(MASK)
            .set_output(transform=transform)
            .fit()
            .transform(RUN)
        ),
        {"transform": "default"},
        odd={"transform": st.sampled_from(["pandas", "polars", "default"])},
    ),
]

DOORS = [*_IMAGES, *_MASKING, *_MASKERS]
