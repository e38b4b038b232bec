"""Permutation tests from images to images."""

import io
from contextlib import redirect_stdout

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from boldglm.exceptions import DesignError, ImageWarning, NotEstimableError
from boldglm.glm import cluster_level_inference
from boldglm.glm.second_level import SecondLevelModel, non_parametric_inference
from boldglm.mass_univariate import permuted_ols

SHAPE = (6, 5, 4)
N = 12
INSIDE = np.ones(SHAPE, bool)
INSIDE[0] = False


@pytest.fixture
def maps(rng):
    data = rng.standard_normal((N, *SHAPE))
    data[:, 3, 2, 1:3] += 2.0
    return data


@pytest.fixture
def images(maps):
    return [nib.Nifti1Image(one, np.eye(4)) for one in maps]


@pytest.fixture
def mask():
    return nib.Nifti1Image(INSIDE.astype(np.uint8), np.eye(4))


@pytest.fixture
def table(rng):
    return pd.DataFrame(
        {"group": np.repeat([0.0, 1.0], N // 2), "age": rng.uniform(20, 40, N)}
    )


def values(image):
    return np.asarray(image.dataobj)[INSIDE]


def one_sample():
    return pd.DataFrame({"intercept": np.ones(N)})


def test_one_image_unless_more_is_asked(images, mask, maps):
    logp = non_parametric_inference(
        images, design_matrix=one_sample(), mask=mask, n_perm=99, random_state=0
    )
    found = permuted_ols(
        np.ones(N),
        maps[:, INSIDE].astype(np.float32),
        n_perm=99,
        random_state=0,
        two_sided_test=False,
    )
    np.testing.assert_allclose(values(logp), found["logp_max_t"][0], rtol=1e-6)
    assert logp.get_fdata()[0].max() == 0
    assert logp.header["descrip"].item() == b"-log10 p of max_t: intercept"
    assert logp.shape == SHAPE


def test_all_there_is(images, mask):
    found = non_parametric_inference(
        images,
        design_matrix=one_sample(),
        mask=mask,
        n_perm=99,
        random_state=0,
        two_sided_test=True,
        threshold=0.01,
        tfce=True,
        step_down=True,
    )
    names = {"t", "size", "mass", "tfce"}
    tests = {"t", "max_t", "step_down_t", "max_size", "max_mass", "max_tfce"}
    every = names | {f"{kind}_{one}" for kind in ("p", "logp") for one in tests}
    assert set(found) == every
    assert found["p_max_t"].get_data_dtype() == np.float64
    assert found["t"].get_data_dtype() == np.float32
    for name, image in found.items():
        # nothing was tested there: no small p, no large statistic
        blank = 1 if name.startswith("p_") else 0
        assert np.all(image.get_fdata()[~INSIDE] == blank), name
    assert values(found["p_max_tfce"]).min() == 0.01
    assert found.scheme.startswith("99 sign flips")


def test_divergence_9_what_is_not_tested_is_nuisance(images, mask, maps, table):
    """The mean of two groups is taken out where their difference is tested."""
    groups = pd.DataFrame(
        {"a": 1 - table["group"], "b": table["group"], "age": table["age"]}
    )
    found = non_parametric_inference(
        images,
        design_matrix=groups,
        second_level_contrast="b - a",
        mask=mask,
        n_perm=49,
        random_state=0,
        step_down=True,
    )
    data = maps[:, INSIDE].astype(np.float32)
    expected = permuted_ols(
        table["group"],
        data,
        confounding_vars=np.column_stack([table["age"], np.ones(N)]),
        n_perm=49,
        random_state=0,
        two_sided_test=False,
        step_down=True,
    )
    np.testing.assert_allclose(values(found["t"]), expected["t"][0], rtol=1e-5)
    np.testing.assert_allclose(values(found["p_max_t"]), expected["p_max_t"][0])
    assert "permutations" in found.scheme


def test_an_intercept_is_added_where_the_design_has_none(images, mask, maps, table):
    options = {"mask": mask, "n_perm": 49, "random_state": 0, "step_down": True}
    age = table[["age"]]
    added = non_parametric_inference(images, design_matrix=age, **options)
    full = age.assign(intercept=1.0)
    given = non_parametric_inference(
        images, design_matrix=full, second_level_contrast="age", **options
    )
    np.testing.assert_array_equal(values(added["t"]), values(given["t"]))
    np.testing.assert_array_equal(values(added["p_max_t"]), values(given["p_max_t"]))
    left_out = non_parametric_inference(
        images, design_matrix=age, model_intercept=False, **options
    )
    assert np.abs(values(left_out["t"]) - values(given["t"])).max() > 0.1


def test_a_mean_beside_a_covariate_is_tested_by_flips(images, mask, table):
    found = non_parametric_inference(
        images,
        design_matrix=table[["age"]].assign(intercept=1.0),
        second_level_contrast="intercept",
        mask=mask,
        n_perm=19,
        step_down=True,
    )
    assert "sign flips" in found.scheme


def test_f_contrasts(images, mask, maps, table):
    design = table.assign(intercept=1.0)
    found = non_parametric_inference(
        images,
        design_matrix=design,
        second_level_contrast=np.eye(3)[:2],
        mask=mask,
        n_perm=49,
        two_sided_test=True,
        threshold=0.01,
    )
    assert {"F", "p_max_F", "logp_max_F", "p_F", "size"} <= set(found)
    model = SecondLevelModel(mask_img=mask).fit(images, design_matrix=design)
    expected = model.compute_contrast(np.eye(3)[:2], output_type="stat")
    np.testing.assert_allclose(values(found["F"]), values(expected), rtol=1e-4)
    height = stats.f.isf(0.01, 2, N - 3)
    np.testing.assert_array_equal(values(found["size"]) > 0, values(expected) > height)


def test_voxels_that_a_subject_lacks_are_not_tested(maps, mask):
    maps[3, 3, 2, 1] = np.nan
    images = [nib.Nifti1Image(one, np.eye(4)) for one in maps]
    with pytest.warns(ImageWarning, match="1 of 100 voxels"):
        found = non_parametric_inference(
            images,
            design_matrix=one_sample(),
            mask=mask,
            n_perm=99,
            tfce=True,
            threshold=0.05,
        )
    for name, image in found.items():
        blank = 1.0 if name.startswith("p_") else 0.0
        assert image.get_fdata()[3, 2, 1] == blank, name
    assert found["p_max_t"].get_fdata()[3, 2, 2] < 0.05


def test_the_template_of_the_same_permutations(images, mask):
    found = non_parametric_inference(
        images,
        design_matrix=one_sample(),
        mask=mask,
        n_perm=199,
        random_state=0,
        calibrate=True,
    )
    assert found.calibration.n_tests == INSIDE.sum()
    assert found.calibration.pivots.shape == (200,)
    assert 0 < found.calibration.level(0.05) < 1
    model = SecondLevelModel(mask_img=mask).fit(images, design_matrix=one_sample())
    z = model.compute_contrast()
    share = cluster_level_inference(
        z, mask_img=mask, threshold=2.0, calibration=found.calibration
    )
    assert share.get_fdata()[3, 2, 1] > 0


def test_what_is_shuffled_is_told(images, mask):
    said = io.StringIO()
    with redirect_stdout(said):
        non_parametric_inference(
            images, design_matrix=one_sample(), mask=mask, n_perm=9
        )
    assert said.getvalue() == ""


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"threshold": 3.1}, ValueError, "expected a p value"),
        ({"two_sided_test": "no"}, TypeError, "two_sided_test is 'no'; expected True"),
        ({"tfce": "yes"}, TypeError, "tfce is 'yes'; expected True"),
        ({"model_intercept": None}, TypeError, "model_intercept is None"),
        ({"n_jobs": "all"}, TypeError, "n_jobs is 'all'"),
        ({"tfce_steps": 2.5}, ValueError, "tfce_steps is 2.5"),
        ({"missing": "nan"}, ValueError, "'drop-voxel' or 'zero'"),
        ({"missing": "available"}, ValueError, "use 'drop-voxel'"),
        ({"n_perm": 0}, DesignError, "expected 1 or more"),
        ({"second_level_contrast": "patients"}, ValueError, "patients"),
        ({"exchange": "permutation"}, DesignError, "tests a mean"),
        ({"blocks": np.arange(3)}, DesignError, "blocks have shape"),
        ({"tail": 3}, ValueError, "tail is 3"),
        (
            {"calibrate": True, "variance_groups": np.arange(N) % 2},
            ValueError,
            "calibrate cannot be combined with variance_groups",
        ),
    ],
)
def test_mistakes(images, mask, change, error, words):
    given = {"design_matrix": one_sample(), "mask": mask, "n_perm": 9}
    with pytest.raises(error, match=words):
        non_parametric_inference(images, **(given | change))


def test_contrasts_that_cannot_be_estimated(images, mask, table):
    twice = table[["group"]].assign(again=table["group"], intercept=1.0)
    with pytest.raises(NotEstimableError, match="'group', 'again'"):
        non_parametric_inference(
            images,
            design_matrix=twice,
            second_level_contrast="group",
            mask=mask,
            n_perm=9,
        )


def test_blocks_named_after_subjects_are_put_in_their_order(maps, mask, tmp_path):
    rows, names = [], [f"s{index:02}" for index in range(N)]
    for name, one in zip(names, maps, strict=True):
        path = tmp_path / f"{name}.nii.gz"
        nib.Nifti1Image(one, np.eye(4)).to_filename(path)
        rows.append((name, "task", str(path)))
    table = pd.DataFrame(
        rows, columns=["subject_label", "map_name", "effects_map_path"]
    )
    families = pd.Series(np.arange(N) // 2, index=names)
    options = {"design_matrix": one_sample(), "mask": mask, "n_perm": 200}
    options |= {"step_down": True, "block_exchange": "whole"}
    expected = non_parametric_inference(table, blocks=families, **options)
    shuffled = families.sample(frac=1, random_state=1)
    found = non_parametric_inference(table, blocks=shuffled, **options)
    assert found.scheme.startswith("all 64 sign flips of whole blocks")
    for name in found:
        np.testing.assert_array_equal(values(found[name]), values(expected[name]))
