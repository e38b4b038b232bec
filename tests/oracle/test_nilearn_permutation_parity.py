"""Permutation tests beside nilearn's: statistics equal, nulls alike, defects shown."""

import warnings

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats

from boldglm.glm.second_level import SecondLevelModel, non_parametric_inference
from boldglm.maskers import NiftiMasker
from boldglm.mass_univariate import permuted_ols

pytest.importorskip("nilearn")
from nilearn.glm.second_level import (
    non_parametric_inference as peer_inference,
)
from nilearn.maskers import NiftiMasker as PeerMasker
from nilearn.mass_univariate import permuted_ols as peer_ols

SHAPE = (8, 9, 7)
N = 16


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(8)
    centred = np.indices(SHAPE).reshape(3, -1).T - (np.array(SHAPE) - 1) / 2
    inside = (np.linalg.norm(centred / np.array(SHAPE) * 2, axis=1) < 1).reshape(SHAPE)
    maps = np.stack(
        [ndimage.gaussian_filter(rng.standard_normal(SHAPE), 0.8) for _ in range(N)]
    )
    maps /= maps.std()
    maps[:, 2:5, 3:6, 3] += 0.8
    mask = nib.Nifti1Image(inside.astype(np.uint8), np.eye(4) * 3)
    return maps, inside, mask


def both(problem, tested, n_perm, **options):
    """Results of both programs on the same arrays."""
    maps, inside, mask = problem
    data = maps[:, inside]
    steps = {"tfce_steps": 100} if options.get("tfce") else {}
    ours = permuted_ols(
        tested,
        data,
        n_perm=n_perm,
        random_state=0,
        masker=NiftiMasker(mask).fit(),
        **options,
        **steps,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = peer_ols(
            tested,
            data,
            n_perm=n_perm,
            random_state=0,
            masker=PeerMasker(mask).fit(),
            **options,
        )
    return ours, peer


TESTED = {
    "mean": np.ones(N),
    "covariate": np.linspace(-1, 1, N) ** 3,
    "groups": np.repeat([0.0, 1.0], [6, 10]),
}


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("name", TESTED)
def test_statistics_are_equal(problem, name, two_sided):
    ours, peer = both(
        problem,
        TESTED[name],
        n_perm=20,
        two_sided_test=two_sided,
        tfce=True,
        threshold=0.02,
    )
    assert set(peer) <= set(ours)
    np.testing.assert_allclose(ours["t"], peer["t"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours["tfce"], peer["tfce"], rtol=2e-5, atol=1e-4)
    np.testing.assert_array_equal(ours["size"], peer["size"])
    np.testing.assert_allclose(ours["mass"], peer["mass"], atol=1e-5)
    for key in peer:
        assert ours[key].shape == peer[key].shape


@pytest.mark.parametrize("name", TESTED)
def test_null_distributions_are_alike(problem, name):
    """Other random numbers, the same distribution: Kolmogorov and Smirnov."""
    ours, peer = both(problem, TESTED[name], n_perm=600, threshold=0.02)
    for key in ("h0_max_t", "h0_max_mass"):
        assert stats.ks_2samp(ours[key][0], peer[key][0]).pvalue > 0.01, key
    low = peer["logp_max_t"] > 0.3
    np.testing.assert_allclose(
        ours["logp_max_t"][low], peer["logp_max_t"][low], atol=0.35
    )


def test_the_null_of_enhancement_is_alike(problem):
    ours, peer = both(problem, TESTED["mean"], n_perm=150, tfce=True)
    assert stats.ks_2samp(ours["h0_max_tfce"][0], peer["h0_max_tfce"][0]).pvalue > 0.01


def test_divergence_6_nilearn_flips_signs_for_a_covariate_beside_an_intercept(problem):
    """With skewed data its null is that of flips, where rows should be permuted."""
    rng = np.random.default_rng(0)
    skewed = rng.exponential(size=(N, 300)) ** 2
    group, ones = np.repeat([0.0, 1.0], [4, 12]), np.ones((N, 1))
    options = {"n_perm": 600, "random_state": 0}
    peer = peer_ols(group, skewed, confounding_vars=ones, **options)["h0_max_t"][0]
    ours = permuted_ols(group, skewed, confounding_vars=ones, **options)["h0_max_t"][0]
    flips = permuted_ols(
        group, skewed, confounding_vars=ones, exchange="sign-flip", **options
    )["h0_max_t"][0]
    implicit = peer_ols(group, skewed, **options)["h0_max_t"][0]
    assert stats.ks_2samp(peer, flips).pvalue > 0.01
    assert stats.ks_2samp(implicit, ours).pvalue > 0.01
    assert stats.ks_2samp(peer, ours).pvalue < 1e-6


def test_divergence_8_nilearn_takes_a_height_and_finds_nothing(problem):
    maps, inside, mask = problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = peer_ols(
            np.ones(N),
            maps[:, inside],
            n_perm=3,
            masker=PeerMasker(mask).fit(),
            threshold=3.0,
        )
    assert not peer["size"].any()
    with pytest.raises(ValueError, match="expected a p value"):
        permuted_ols(
            np.ones(N),
            maps[:, inside],
            n_perm=3,
            masker=NiftiMasker(mask).fit(),
            threshold=3.0,
        )


def test_divergence_9_nilearn_loses_nuisance_of_differences(problem):
    """A difference of slopes is tested beside their sum, which nilearn drops."""
    maps, _, mask = problem
    rng = np.random.default_rng(2)
    design = pd.DataFrame(
        {"a": rng.standard_normal(N), "b": rng.standard_normal(N), "one": np.ones(N)}
    )
    images = [nib.Nifti1Image(one, np.eye(4) * 3) for one in maps]
    given = {
        "design_matrix": design,
        "second_level_contrast": [1, -1, 0],
        "mask": mask,
        "n_perm": 5,
        "threshold": 0.01,
    }
    ours = non_parametric_inference(images, **given)["t"].get_fdata()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = peer_inference(images, **given)["t"].get_fdata()
    model = SecondLevelModel(mask_img=mask).fit(images, design_matrix=design)
    t = model.compute_contrast("a - b", output_type="stat").get_fdata()
    np.testing.assert_allclose(ours, t, atol=1e-4)
    assert np.abs(peer - t).max() > 0.1


def test_one_sample_inference_from_images_is_that_of_nilearn(problem):
    maps, _, mask = problem
    images = [nib.Nifti1Image(one.astype(np.float32), np.eye(4) * 3) for one in maps]
    given = {
        "design_matrix": pd.DataFrame({"intercept": np.ones(N)}),
        "mask": mask,
        "smoothing_fwhm": 5.0,
        "n_perm": 400,
        "random_state": 1,
        "threshold": 0.01,
    }
    ours = non_parametric_inference(images, **given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = peer_inference(images, **given)
    for name in ("t", "mass"):
        np.testing.assert_allclose(
            ours[name].get_fdata(), peer[name].get_fdata(), rtol=1e-4, atol=1e-3
        )
    np.testing.assert_array_equal(ours["size"].get_fdata(), peer["size"].get_fdata())
    np.testing.assert_allclose(
        ours["logp_max_t"].get_fdata(), peer["logp_max_t"].get_fdata(), atol=0.3
    )
