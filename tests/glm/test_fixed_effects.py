"""Fixed effects from images: one effect and variance of several runs."""

import nibabel as nib
import numpy as np
import pytest
from scipy import stats

from boldglm._base.errors import DimensionError, ShapeError
from boldglm.glm import compute_fixed_effects
from boldglm.maskers import NiftiMasker

SHAPE = (4, 5, 6)
AFFINE = np.diag([3.0, 3, 4, 1])
N_RUNS = 4


def as_image(values):
    return nib.Nifti1Image(np.asarray(values, dtype=np.float32), AFFINE)


@pytest.fixture
def runs(rng):
    """Effects and variances of four runs, (run, x, y, z)."""
    effects = rng.standard_normal((N_RUNS, *SHAPE)).astype(np.float32)
    variances = rng.uniform(0.5, 2.0, (N_RUNS, *SHAPE)).astype(np.float32)
    return effects, variances


@pytest.fixture
def mask():
    inside = np.ones(SHAPE, np.uint8)
    inside[0] = 0
    return nib.Nifti1Image(inside, AFFINE)


def fixed(effects, variances, mask=None, **options):
    images = compute_fixed_effects(
        [as_image(one) for one in effects],
        [as_image(one) for one in variances],
        mask,
        **options,
    )
    return [image.get_fdata() for image in images]


def test_unweighted_effects_are_means_with_the_variance_of_a_mean(runs, mask):
    effects, variances = runs
    effect, variance, t = fixed(effects, variances, mask)
    inside = mask.get_fdata() > 0
    np.testing.assert_allclose(effect[inside], effects.mean(axis=0)[inside], rtol=1e-5)
    expected = variances.sum(axis=0) / N_RUNS**2
    np.testing.assert_allclose(variance[inside], expected[inside], rtol=1e-5)
    t_expected = effects.mean(axis=0) / np.sqrt(expected)
    np.testing.assert_allclose(t[inside], t_expected[inside], rtol=1e-5)
    for one in (effect, variance, t):
        assert not one[~inside].any()


def test_weighted_effects_are_those_of_weighted_least_squares(runs, mask):
    """The weighted mean with weights 1 / variance, voxel by voxel."""
    effects, variances = runs
    effect, variance, _ = fixed(effects, variances, mask, precision_weighted=True)
    x, y, z = 2, 3, 1
    weight = 1 / variances[:, x, y, z].astype(float)
    expected = np.average(effects[:, x, y, z], weights=weight)
    assert effect[x, y, z] == pytest.approx(expected, rel=1e-5)
    assert variance[x, y, z] == pytest.approx(1 / weight.sum(), rel=1e-5)


def test_with_equal_variances_weights_change_nothing(runs, mask):
    effects, variances = runs
    variances[:] = variances[0]
    plain = fixed(effects, variances, mask)
    weighted = fixed(effects, variances, mask, precision_weighted=True)
    np.testing.assert_allclose(weighted, plain, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_divergence_22_degrees_of_freedom_are_100_per_run_or_given(
    runs, mask, weighted
):
    effects, variances = runs
    inside = mask.get_fdata() > 0
    options = {"precision_weighted": weighted, "return_z_score": True}
    for given, dof in ((None, 400), ([8, 9, 10, 11], 38), (np.full(4, 20), 80)):
        *_, t, z = fixed(effects, variances, mask, dofs=given, **options)
        np.testing.assert_allclose(
            stats.norm.sf(z[inside]), stats.t.sf(t[inside], dof), rtol=1e-4
        )


def test_three_images_unless_the_z_score_is_asked_for(runs, mask):
    """Pages written for nistats and nilearn before 0.13 unpack three."""
    effects, variances = runs
    assert len(fixed(effects, variances, mask)) == 3
    assert len(fixed(effects, variances, mask, return_z_score=True)) == 4


@pytest.mark.parametrize("weighted", [False, True])
def test_voxels_without_variance_give_zero_never_infinity(runs, mask, weighted):
    effects, variances = runs
    variances[:, 2, 2, 2] = 0
    variances[0, 3, 3, 3] = 0
    options = {"precision_weighted": weighted, "return_z_score": True}
    maps = fixed(effects, variances, mask, **options)
    assert all(np.isfinite(one).all() for one in maps)
    assert maps[2][2, 2, 2] == maps[3][2, 2, 2] == 0
    assert maps[2][3, 3, 3] != 0


def test_effects_of_an_f_contrast_have_a_fourth_axis(rng, runs, mask):
    """The statistic is the mean square of the rows over their variance."""
    _, variances = runs
    effects = rng.standard_normal((N_RUNS, *SHAPE, 2)).astype(np.float32)
    effect, variance, f = fixed(effects, variances, mask)
    assert effect.shape == (*SHAPE, 2)
    inside = mask.get_fdata() > 0
    expected = np.mean(effects.mean(axis=0) ** 2, axis=-1)
    expected /= variances.sum(axis=0) / N_RUNS**2
    assert variance.shape == f.shape == SHAPE
    np.testing.assert_allclose(f[inside], expected[inside], rtol=1e-4)


def test_masks_may_be_paths_and_maskers(runs, mask, tmp_path):
    effects, variances = runs
    expected = fixed(effects, variances, mask)
    nib.save(mask, tmp_path / "mask.nii.gz")
    masker = NiftiMasker(mask)
    for same in (tmp_path / "mask.nii.gz", str(tmp_path / "mask.nii.gz"), masker):
        assert np.array_equal(fixed(effects, variances, same), expected)
    assert np.array_equal(fixed(effects, variances, masker.fit()), expected)


def test_images_may_be_paths(runs, mask, tmp_path):
    effects, variances = runs
    for run in range(N_RUNS):
        nib.save(as_image(effects[run]), tmp_path / f"effect-{run}.nii.gz")
        nib.save(as_image(variances[run]), tmp_path / f"variance-{run}.nii.gz")
    images = compute_fixed_effects(
        sorted(tmp_path.glob("effect-*")),
        sorted(str(path) for path in tmp_path.glob("variance-*")),
        mask,
    )
    maps = [image.get_fdata() for image in images]
    assert np.array_equal(maps, fixed(effects, variances, mask))


def test_without_a_mask_the_background_of_the_effects_is_left_out(runs):
    effects, variances = runs
    effects = np.pad(effects, [(0, 0), (3, 3), (3, 3), (3, 3)])
    variances = np.pad(variances, [(0, 0), (3, 3), (3, 3), (3, 3)])
    effect, _, t = fixed(effects, variances)
    np.testing.assert_allclose(effect, effects.mean(axis=0), rtol=1e-5, atol=1e-7)
    assert np.array_equal(t != 0, effects[0] != 0)


def test_nothing_given_is_modified(runs, mask):
    effects, variances = runs
    images = [as_image(one) for one in effects], [as_image(one) for one in variances]
    for image in images[0] + images[1]:
        np.asarray(image.dataobj).flags.writeable = False
    lists = [list(one) for one in images]
    compute_fixed_effects(*lists, mask, dofs=[10] * 4)
    assert lists[0] == images[0]
    assert lists[1] == images[1]


@pytest.mark.parametrize(("n_variances", "n_dofs"), [(3, 4), (4, 3)])
def test_there_is_one_of_each_per_run(runs, mask, n_variances, n_dofs):
    effects, variances = runs
    message = rf"images \(4\).*images \({n_variances}\).*dofs \({n_dofs}\) differ"
    with pytest.raises(ShapeError, match=message):
        fixed(effects, variances[:n_variances], mask, dofs=[10] * n_dofs)


def test_a_series_is_no_variance(rng):
    effect = nib.Nifti1Image(rng.standard_normal((3, 3, 3)).astype("f4"), np.eye(4))
    series = nib.Nifti1Image(np.ones((3, 3, 3, 5), "f4"), np.eye(4))
    mask = nib.Nifti1Image(np.ones((3, 3, 3), "u1"), np.eye(4))
    with pytest.raises(DimensionError, match=r"has 5 volumes; expected one map per"):
        compute_fixed_effects([effect], [series], mask)


def test_swapped_effects_and_variances_are_an_error(rng):
    effect = nib.Nifti1Image(rng.standard_normal((3, 3, 3)).astype("f4"), np.eye(4))
    variance = nib.Nifti1Image(np.ones((3, 3, 3), "f4"), np.eye(4))
    mask = nib.Nifti1Image(np.ones((3, 3, 3), "u1"), np.eye(4))
    with pytest.raises(ValueError, match=r"variance_imgs has negative values.*swapped"):
        compute_fixed_effects([variance] * 2, [effect] * 2, mask)
    with pytest.raises(TypeError, match="contrast_imgs is a Nifti1Image; expected a l"):
        compute_fixed_effects(effect, variance, mask)


def test_images_may_come_in_any_sequence(rng):
    effect = nib.Nifti1Image(rng.standard_normal((3, 3, 3)).astype("f4"), np.eye(4))
    variance = nib.Nifti1Image(np.ones((3, 3, 3), "f4"), np.eye(4))
    mask = nib.Nifti1Image(np.ones((3, 3, 3), "u1"), np.eye(4))
    listed = compute_fixed_effects([effect] * 2, [variance] * 2, mask)
    others = compute_fixed_effects((effect, effect), iter([variance, variance]), mask)
    assert np.array_equal(listed[2].get_fdata(), others[2].get_fdata())
    with pytest.raises(ShapeError, match="contrast_imgs is empty"):
        compute_fixed_effects([], [], mask)
