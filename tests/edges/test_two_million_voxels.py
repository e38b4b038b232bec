"""Two million voxels: the numbers of each, without memory for all at once.

Voxels are copies of a few, so that every one of them has a known answer wherever the
blocks are cut.
"""

import tracemalloc

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.edges.brute import brute_fit
from tests.edges.test_runs import design, series

from boldglm.core.graph import volume_graph
from boldglm.core.tfce import tfce
from boldglm.glm import threshold_stats_img
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel
from boldglm.mass_univariate import permuted_ols

pytestmark = pytest.mark.slow

SHAPE = (130, 128, 126)
N_VOXELS = int(np.prod(SHAPE))
# A number that no block is a multiple of.
N_KINDS = 97
KIND = np.arange(N_VOXELS) % N_KINDS
FEW_SCANS = 24


@pytest.fixture
def peak():
    """Bytes that Python and NumPy hold at most, while a function runs."""

    def of(function):
        tracemalloc.start()
        try:
            found = function()
            return found, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return of


def test_there_are_two_million():
    assert N_VOXELS > 2_000_000


@pytest.mark.parametrize("noise", ["ols", "ar1"])
def test_a_run_of_few_scans(noise, peak, tmp_path):
    """A run of 200 MB is fitted in five times its own memory, all voxels alike."""
    X = design(FEW_SCANS)
    Y = series(X, n_voxels=N_KINDS)
    with (tmp_path / "bold.nii").open("wb") as file:
        header = nib.Nifti1Header()
        header.set_data_dtype(np.float32)
        header.set_data_shape((*SHAPE, FEW_SCANS))
        header["vox_offset"], header["magic"] = 352, b"n+1"
        header.set_sform(np.diag([2.0, 2, 2, 1]), "scanner")
        file.write(header.binaryblock + bytes(4))
        for scan in Y:
            # x fastest in the file, slowest among the voxels of a mask
            volume = scan[KIND].reshape(SHAPE)
            file.write(volume.tobytes(order="F"))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(4)])
    model = FirstLevelModel(mask_img=False, noise_model=noise, signal_scaling=False)
    _, held = peak(lambda: model.fit(tmp_path / "bold.nii", design_matrices=frame))
    assert held < 5 * 4 * FEW_SCANS * N_VOXELS
    fit = model.fits_[0]
    truth = brute_fit(Y, X, fit.phi[:, :N_KINDS])
    t = model.compute_contrast("x0", output_type="stat").get_fdata().ravel()
    np.testing.assert_allclose(t, truth.t(np.eye(4)[0])[KIND], rtol=2e-5, atol=2e-5)


@pytest.fixture(scope="module")
def group():
    """Eight subjects, two groups."""
    few = np.random.default_rng(0).standard_normal((8, N_KINDS)).astype(np.float32)
    few[::2] += 1
    return np.resize([1.0, 0.0], 8), few


def test_a_group(group):
    half, few = group
    X = pd.DataFrame({"a": half, "b": 1 - half})
    images = [nib.Nifti1Image(row[KIND].reshape(SHAPE), np.eye(4)) for row in few]
    model = SecondLevelModel(mask_img=False).fit(images, design_matrix=X)
    t = model.compute_contrast("a - b", output_type="stat").get_fdata().ravel()
    expected = stats.ttest_ind(few[::2].astype(float), few[1::2]).statistic
    np.testing.assert_allclose(t, expected[KIND], rtol=1e-6)


def test_shuffles(group):
    """The largest of all copies is the largest of the few: p are the same."""
    half, few = group
    asked = {"n_perm": 60, "random_state": 0}
    found = permuted_ols(half, few[:, KIND], **asked)
    expected = permuted_ols(half, few, **asked)
    np.testing.assert_allclose(found["t"], expected["t"][:, KIND], rtol=1e-12)
    for name in ("p_t", "p_max_t"):
        np.testing.assert_array_equal(found[name], expected[name][:, KIND])
    np.testing.assert_allclose(found["h0_max_t"], expected["h0_max_t"], rtol=1e-6)


def test_enhancement():
    """A bump in the middle of noise that is negative: it alone is enhanced."""
    volume = np.full(SHAPE, -1.0, np.float32)
    place = tuple(slice(n // 2, n // 2 + 6) for n in SHAPE)
    bump = np.random.default_rng(1).uniform(1, 3, (6, 6, 6)).astype(np.float32)
    volume[place] = bump
    found = tfce(volume.ravel(), volume_graph(np.ones(SHAPE, bool), 6)).reshape(SHAPE)
    alone = tfce(bump.ravel(), volume_graph(np.ones(bump.shape, bool), 6))
    np.testing.assert_allclose(found[place].ravel(), alone, rtol=1e-12)
    assert np.count_nonzero(found) == bump.size


def test_enhancement_of_a_ramp_over_all():
    """Every height is reached by all voxels of its plane and beyond."""
    n = SHAPE[0]
    ramp = np.broadcast_to(np.arange(1.0, n + 1)[:, None, None], SHAPE)
    found = tfce(ramp.ravel(), volume_graph(np.ones(SHAPE, bool), 6)).reshape(SHAPE)
    h = np.arange(1.0, n + 1)
    sizes = (n - h + 1) * SHAPE[1] * SHAPE[2]
    expected = np.cumsum(np.sqrt(sizes) * (h**3 - (h - 1) ** 3) / 3)
    np.testing.assert_allclose(found[:, 0, 0], expected, rtol=1e-10)
    np.testing.assert_array_equal(np.ptp(found, axis=(1, 2)), 0)


def test_false_discoveries():
    """The threshold is that of Benjamini and Hochberg on all p."""
    z = np.random.default_rng(2).standard_normal(N_VOXELS).astype(np.float32)
    z[:20_000] += 4
    image = nib.Nifti1Image(z.reshape(SHAPE), np.eye(4))
    _, height = threshold_stats_img(
        image, alpha=0.05, height_control="fdr", two_sided=False
    )
    p = np.sort(stats.norm.sf(z.astype(float)))
    good = p <= 0.05 * np.arange(1, p.size + 1) / p.size
    assert height == pytest.approx(stats.norm.isf(p[good][-1]), rel=1e-6)
