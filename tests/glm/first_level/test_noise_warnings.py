"""Noise models that are asked of too few scans, voxels or degrees of freedom."""

import warnings

import nibabel as nib
import numpy as np
import pytest
from tests.glm.first_level import simulated_runs as sim
from tests.oracle.dense_gls import simulate_ar

from boldglm._base.warnings import DesignWarning
from boldglm.glm.first_level import FirstLevelModel, run_glm

ALL = sim.N_SCANS


def fit(run, brain, noise, n_scans=ALL, n_runs=1):
    """To some scans of a run, of a given design."""
    kept = np.arange(n_scans)
    return FirstLevelModel(noise_model=noise, mask_img=brain).fit(
        [run] * n_runs,
        design_matrices=[sim.design(sim.events())] * n_runs,
        sample_masks=[kept] * n_runs,
    )


def said(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(one.message) for one in caught]


@pytest.mark.parametrize(
    ("noise", "n_scans", "instead"),
    [
        ("auto14", 80, "auto13"),
        ("ols+12", 71, "ols+11"),
        ("ar11", 65, "ar10"),
        ("ar11+", 65, "ar10+"),
    ],
)
def test_an_order_above_a_sixth_of_the_scans_is_too_large(
    run, brain, noise, n_scans, instead
):
    (message,) = said(lambda: fit(run, brain, noise, n_scans))
    assert message.startswith(f"noise_model={noise!r} takes ")
    assert f"coefficients from the {n_scans} scans: " in message
    assert message.endswith(f"found too often. {instead!r} takes fewer.")
    # and the one that is named is not
    assert not said(lambda: fit(run, brain, instead, n_scans))


def test_of_several_runs_each_is_named(run, brain):
    said_of = said(lambda: fit(run, brain, "auto20", n_runs=2))
    assert ["of the run at index" in one for one in said_of] == [True, True]
    assert "the 80 scans of the run at index 1: " in said_of[1]


def test_arrays_are_no_exception(rng):
    Y, X = rng.standard_normal((18, 5)), np.ones((18, 1))
    with pytest.warns(DesignWarning, match=r"'ar4' takes 4 .* 18 scans: .* 'ar3' take"):
        run_glm(Y, X, "ar4")
    # Two coefficients, whatever the order of the autoregression that whitens
    assert not said(lambda: run_glm(Y, X, "arma11"))
    with pytest.warns(DesignWarning, match="'ols' takes fewer"):
        run_glm(Y[:5], X[:5], "ar1")


def tiny(n_voxels):
    """A mask of some voxels in a box four wide."""
    inside = np.zeros(sim.SHAPE, np.uint8)
    box = inside[3:7, 3:7, 3:7]
    box.flat[:n_voxels] = 1
    inside[3:7, 3:7, 3:7] = box
    return nib.Nifti1Image(inside, sim.AFFINE)


def test_few_voxels_are_few_neighbours(run):
    with pytest.warns(
        DesignWarning, match=r"there are 19 in the mask: .* 'ar3\+', whi"
    ):
        fit(run, tiny(19), "auto3")
    assert not said(lambda: fit(run, tiny(20), "auto3"))
    assert not said(lambda: fit(run, tiny(2), "ar3+"))


def test_noise_that_explains_nothing_in_many_voxels_is_told(rng):
    n = 60
    walks = rng.standard_normal((n, 39)).cumsum(axis=0)
    X = np.column_stack([np.ones(n), walks])
    Y = simulate_ar(rng, [0.4], n, 200)
    Y[:, :20] = 1.0
    with pytest.warns(
        DesignWarning,
        match=r"of 180 voxels no stationary .* 40 regressors leave of the 60 scans; "
        r"noise_model='ar4\+' uses the nearest .* or 'auto4' \(of FirstLevelModel\)",
    ):
        run_glm(Y, X, "ar4+")
    assert not said(lambda: run_glm(Y, X[:, :3], "ar2+"))
