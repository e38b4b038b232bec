"""Cleaning keeps to the scans it was given, and says where it cannot."""

import warnings

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import DesignError, ShapeError
from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, index_img
from boldglm.maskers import NiftiMasker

T = 60


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"confounds": np.ones((3, 2))}, DesignError, "3 rows, but there are 60 scans"),
        ({"sample_mask": np.ones(3, bool)}, ShapeError, r"a value per scan, \(60,\)"),
        ({"sample_mask": [5, 99]}, IndexError, "the run has scans 0 to 59"),
        ({"sample_mask": [-1, 5]}, IndexError, "from scan -1"),
        ({"sample_mask": []}, ValueError, "keeps no scan"),
        ({"sample_mask": [[1], [2]]}, ShapeError, "2 sample masks for 1 runs"),
    ],
)
def test_what_does_not_fit_the_scans_is_an_error(bold, mask, given, error, message):
    with pytest.raises(error, match=message):
        NiftiMasker(mask).fit().transform(bold, **given)


def test_runs_need_a_label_per_scan(bold, mask):
    with pytest.raises(ShapeError, match="one label per scan"):
        NiftiMasker(mask, runs=[0, 1]).fit().transform(bold)


def test_sample_masks_of_runs_are_of_each_run(bold, mask):
    masker = NiftiMasker(mask, runs=np.repeat(["a", "b"], T // 2)).fit()
    found = masker.transform(bold, sample_mask=[np.arange(1, 30), np.arange(30) > 4])
    whole = NiftiMasker(mask).fit().transform(bold)
    np.testing.assert_array_equal(found, whole[[*range(1, 30), *range(35, 60)]])


def test_censored_scans_do_not_reach_their_neighbours_through_the_filter(bold, mask):
    """Also where scans are censored symmetrically, which confuses the peer."""
    data = get_data(bold).copy()
    data[..., [10, T - 11]] = 1e6
    spoilt = nib.Nifti1Image(data, bold.affine)
    kept = np.delete(np.arange(T), [10, T - 11])
    masker = NiftiMasker(mask, high_pass=0.01, t_r=2.0).fit()
    np.testing.assert_allclose(
        masker.transform(spoilt, sample_mask=kept),
        masker.transform(bold, sample_mask=kept),
        atol=1e-3,
    )
    maskers = pytest.importorskip("nilearn.maskers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = maskers.NiftiMasker(mask, high_pass=0.01, t_r=2.0, standardize=None)
        peer = peer.fit().transform(spoilt, sample_mask=kept)
    assert np.abs(peer).max() > 1e4


def test_a_single_scan_has_no_trend_and_no_spread(bold, mask):
    masker = NiftiMasker(mask, detrend=True, standardize="zscore_sample").fit()
    with pytest.warns(ImageWarning, match="more than one scan; they are skipped"):
        found = masker.transform(index_img(bold, 0))
    np.testing.assert_array_equal(found, NiftiMasker(mask).fit().transform(bold)[0])


def test_a_run_too_short_for_the_filter_is_an_error(bold, mask):
    masker = NiftiMasker(mask, high_pass=0.01, t_r=2.0).fit()
    with pytest.raises(ValueError, match="12 scans is too short for this filter"):
        masker.transform(index_img(bold, slice(0, 12)))


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        ({"standardize_confounds": False}, {"confounds": np.ones(T)}, "take the mean"),
        ({"low_pass": 0.4, "t_r": 2.0}, {}, r"low_pass=0\.4 Hz is above"),
        (
            {"high_pass": 0.001, "t_r": 2.0, "clean_args": {"filter": "cosine"}},
            {},
            "too short for drifts",
        ),
        ({"high_pass": 0.1, "clean_args": {"filter": False}}, {}, "are not used"),
        (
            {"high_pass": 0.02, "low_pass": 0.1, "t_r": 2.0,
             "clean_args": {"filter": "cosine"}},
            {},
            r"low_pass=0\.1 is not used",
        ),
        (
            {"high_pass": 0.01, "t_r": 2.0, "clean_args": {"filter": "cosine"}},
            {"confounds": np.cos(np.pi * (np.arange(T) + 0.5) / T)},
            "already hold slow cosines",
        ),
    ],
)  # fmt: skip
def test_doubtful_choices_warn(bold, mask, options, given, message):
    with pytest.warns(ImageWarning, match=message):
        NiftiMasker(mask, **options).fit().transform(bold, **given)


def test_voxels_without_mean_have_no_per_cent(mask):
    data = np.zeros((*mask.shape, 4), np.float32)
    img = nib.Nifti1Image(data, mask.affine)
    with pytest.warns(ImageWarning, match="mean of 0 and no per cent"):
        found = NiftiMasker(mask, standardize="psc").fit().transform(img)
    assert not found.any()
