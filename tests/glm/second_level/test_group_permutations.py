"""Sign flips of a fitted model's maps, as the pages for nistats ask for them."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, stats

from boldglm.exceptions import ContrastError, DesignWarning, NotFittedError
from boldglm.glm.second_level import SecondLevelModel

SHAPE = (7, 6, 5)
N = 9
FLIPS = 2**N


@pytest.fixture
def maps(rng):
    data = ndimage.gaussian_filter(rng.standard_normal((N, *SHAPE)), (0, 0.7, 0.7, 0.7))
    data /= data.std()
    data[:, 3, 2:4, 2] += 2.5
    return data


@pytest.fixture
def model(maps):
    mask = nib.Nifti1Image(np.ones(SHAPE, np.uint8), np.eye(4))
    images = [nib.Nifti1Image(one.astype(np.float32), np.eye(4)) for one in maps]
    design = pd.DataFrame({"contrast": np.ones(N)})
    return SecondLevelModel(mask_img=mask).fit(images, design_matrix=design)


def z_maps(maps):
    """Z of all sign flips, the unflipped one first, by scipy."""
    signs = 1 - 2.0 * ((np.arange(FLIPS)[:, None] >> np.arange(N)) & 1)
    flipped = signs[:, :, None] * maps.reshape(1, N, -1).astype(np.float32)
    t = stats.ttest_1samp(flipped.astype(float), 0, axis=1).statistic
    return (np.sign(t) * stats.norm.isf(stats.t.sf(np.abs(t), N - 1))).reshape(
        FLIPS, *SHAPE
    )


def clusters(z, height):
    """Largest size and mass of a map; per voxel those of its cluster."""
    size, mass = np.zeros(SHAPE), np.zeros(SHAPE)
    for side in (z, -z):
        labels, n = ndimage.label(side > height)
        for label in range(1, n + 1):
            size[labels == label] = (labels == label).sum()
            mass[labels == label] = side[labels == label].sum()
    return size, mass


def corrected(observed, largest):
    """P of every voxel: all flips have been done."""
    reached = largest[:, None] >= np.ravel(observed)[None] * (1 - 1e-6)
    return reached.mean(axis=0).reshape(SHAPE)


@pytest.mark.parametrize("two_sided", [True, False])
def test_p_and_z_of_voxels_are_those_of_all_flips(model, maps, two_sided):
    z = z_maps(maps)
    size = np.abs(z) if two_sided else z
    expected = corrected(size[0], size.reshape(FLIPS, -1).max(axis=1))
    options = {"n_perm": 1000, "two_sided_test": two_sided}
    p = model.compute_contrast_permutations(output_type="cor_p_value", **options)
    np.testing.assert_allclose(p.get_fdata(), expected, atol=1e-9)
    z_map = model.compute_contrast_permutations(**options)
    np.testing.assert_allclose(
        z_map.get_fdata(), np.maximum(stats.norm.isf(expected), 0), atol=1e-5
    )
    assert (
        model.permutation_scheme_
        == "all 512 sign flips: errors are taken to be symmetric about 0"
    )


def test_clusters_are_those_of_all_flips(model, maps):
    height = stats.norm.isf(0.01)
    found = model.compute_contrast_permutations(
        output_type="all", threshold=0.01, n_perm=1000
    )
    measures = [clusters(z, height) for z in z_maps(maps)]
    for index, name in enumerate(("size", "mass")):
        largest = np.array([one[index].max() for one in measures])
        observed = measures[0][index]
        expected = np.where(observed > 0, corrected(observed, largest), 1.0)
        p = found[f"cluster_{name}_p_value"].get_fdata()
        np.testing.assert_allclose(p, expected, atol=1e-9)
        z = found[f"cluster_{name}_z_score"].get_fdata()
        np.testing.assert_allclose(
            z, np.maximum(stats.norm.isf(expected), 0), atol=1e-5
        )
    assert (measures[0][0] > 0).sum() > 1


@pytest.mark.parametrize(
    ("control", "level"), [("none", 2.0), ("bonferroni", 0.05), ("fdr", 0.05)]
)
def test_heights_of_clusters(model, maps, control, level):
    z = z_maps(maps)[0]
    height = {"none": 2.0, "bonferroni": stats.norm.isf(0.05 / z.size)}.get(control)
    if height is None:
        p = np.sort(stats.norm.sf(np.abs(z).ravel()))
        allowed = np.flatnonzero(p <= level * np.arange(1, p.size + 1) / p.size)
        height = stats.norm.isf(p[allowed[-1]]) - 1e-6
    p_map = model.compute_contrast_permutations(
        output_type="cluster_size_p_value",
        threshold=level,
        height_control=control,
        n_perm=600,
    )
    np.testing.assert_array_equal(p_map.get_fdata() < 1, np.abs(z) > height)


def test_heights_of_an_f_are_those_of_its_z(model, maps):
    f = stats.ttest_1samp(maps.astype(np.float32).astype(float), 0).statistic ** 2
    p = np.sort(stats.f.sf(f.ravel(), 1, N - 1))
    allowed = np.flatnonzero(p <= 0.05 * np.arange(1, p.size + 1) / p.size)
    p_map = model.compute_contrast_permutations(
        np.ones((1, 1)),
        stat_type="F",
        output_type="cluster_size_p_value",
        threshold=0.05,
        height_control="fdr",
        n_perm=20,
    )
    expected = stats.f.sf(f, 1, N - 1) <= p[allowed[-1]] * (1 + 1e-6)
    np.testing.assert_array_equal(p_map.get_fdata() < 1, expected)


def test_a_design_with_few_shuffles_is_told(maps):
    images = [nib.Nifti1Image(one.astype(np.float32), np.eye(4)) for one in maps[:4]]
    mask = nib.Nifti1Image(np.ones(SHAPE, np.uint8), np.eye(4))
    design = pd.DataFrame({"intercept": np.ones(4)})
    model = SecondLevelModel(mask_img=mask).fit(images, design_matrix=design)
    with pytest.warns(DesignWarning, match="no p is below 1/16"):
        p = model.compute_contrast_permutations(n_perm=100, output_type="cor_p_value")
    assert p.get_fdata().min() >= 1 / 16


def test_fdr_that_finds_nothing_leaves_no_cluster(rng):
    noise = [
        nib.Nifti1Image(one, np.eye(4)) for one in rng.standard_normal((N, 4, 4, 4))
    ]
    design = pd.DataFrame({"intercept": np.ones(N)})
    mask = nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4))
    model = SecondLevelModel(mask_img=mask).fit(noise, design_matrix=design)
    p = model.compute_contrast_permutations(
        output_type="cluster_mass_p_value",
        threshold=1e-9,
        height_control="fdr",
        n_perm=20,
    )
    assert p.get_fdata().min() == 1


def test_other_columns_are_nuisance_and_the_intercept_is_tested(maps, rng):
    design = pd.DataFrame({"age": rng.standard_normal(N), "intercept": np.ones(N)})
    images = [nib.Nifti1Image(one, np.eye(4)) for one in maps]
    mask = nib.Nifti1Image(np.ones(SHAPE, np.uint8), np.eye(4))
    model = SecondLevelModel(mask_img=mask).fit(images, design_matrix=design)
    options = {"n_perm": 100, "random_state": 1}
    by_default = model.compute_contrast_permutations(**options)
    by_name = model.compute_contrast_permutations("intercept", **options)
    np.testing.assert_array_equal(by_default.get_fdata(), by_name.get_fdata())
    slope = model.compute_contrast_permutations("age", **options)
    assert (
        model.permutation_scheme_
        == "100 sign flips: errors are taken to be symmetric about 0"
    )
    assert not np.array_equal(slope.get_fdata(), by_name.get_fdata())


def test_an_f_of_one_row_is_a_two_sided_t(model):
    t = model.compute_contrast_permutations(output_type="cor_p_value", n_perm=600)
    f = model.compute_contrast_permutations(
        stat_type="F", output_type="cor_p_value", n_perm=600
    )
    np.testing.assert_allclose(t.get_fdata(), f.get_fdata(), atol=1e-9)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"output_type": "z_score"}, ContrastError, "expected one of 'cor_p_value'"),
        ({"n_perm": 0}, ValueError, "n_perm is 0"),
        (
            {"threshold": 3.1, "output_type": "cluster_size_p_value"},
            ValueError,
            "expected a p value",
        ),
        (
            {"height_control": "fwe", "output_type": "all"},
            ValueError,
            "height_control is 'fwe'",
        ),
        (
            {"height_control": "none", "threshold": -1, "output_type": "all"},
            ValueError,
            "a height in z above 0",
        ),
        ({"random_state": -1}, TypeError, "random_state is -1"),
        ({"threshold": 3.1}, ValueError, "expected a p value"),
        ({"threshold": 0.7}, ValueError, "a p value of 0.5 at most"),
        ({"height_control": "fwe"}, ValueError, "height_control is 'fwe'"),
        ({"two_sided_test": "no"}, TypeError, "two_sided_test is 'no'"),
    ],
)
def test_mistakes(model, change, error, words):
    with pytest.raises(error, match=words):
        model.compute_contrast_permutations(**change)


def test_before_fit():
    with pytest.raises(NotFittedError):
        SecondLevelModel().compute_contrast_permutations()


def test_another_number_of_subjects_at_every_voxel(model):
    model.missing = "available"
    with pytest.raises(ValueError, match="Fit it with missing='drop-voxel'"):
        model.compute_contrast_permutations(n_perm=10)


def test_the_two_of_a_pair_change_sign_together(rng):
    """Beside a mean for each pair they are one error: that of the difference."""
    n_pairs = 7
    data = rng.standard_normal((2 * n_pairs, 4, 4, 4)).astype(np.float32)
    columns = {"condition": np.tile([1.0, -1.0], n_pairs)}
    for pair, own in enumerate(np.repeat(np.eye(n_pairs), 2, axis=0).T):
        columns[f"pair_{pair}"] = own
    mask = nib.Nifti1Image(np.ones((4, 4, 4), np.uint8), np.eye(4))
    options = {"output_type": "cor_p_value", "n_perm": 200}

    def p_of(maps, design, contrast):
        images = [nib.Nifti1Image(one, np.eye(4)) for one in maps]
        model = SecondLevelModel(mask_img=mask).fit(images, design_matrix=design)
        p = model.compute_contrast_permutations(contrast, **options).get_fdata()
        assert model.permutation_scheme_.startswith("all 128 sign flips")
        return p

    paired = p_of(data, pd.DataFrame(columns), "condition")
    mean = pd.DataFrame({"mean": np.ones(n_pairs)})
    np.testing.assert_allclose(paired, p_of(data[::2] - data[1::2], mean, "mean"))
