"""Verb generation in ten real subjects: the figures that come with the data.

All 1,024 sign flips are enumerated, so the p values are exact and no seed matters.
"""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from boldglm.glm.second_level import SecondLevelModel, non_parametric_inference

DESIGN = pd.DataFrame({"intercept": np.ones(10)})


@pytest.fixture(scope="module")
def group(data_dir):
    folder = data_dir / "ds114_verbgen_group"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    return folder / "all_con_task2.nii", folder / "mask.nii.gz"


@pytest.fixture(scope="module")
def inside(group):
    return nib.load(group[1]).get_fdata() > 0


@pytest.fixture(scope="module")
def model(group):
    maps, mask = group
    return SecondLevelModel(mask_img=mask).fit(maps, design_matrix=DESIGN)


def permuted(group, **options):
    maps, mask = group
    return non_parametric_inference(
        maps, design_matrix=DESIGN, mask=mask, n_perm=1023, step_down=True, **options
    )


def test_t_is_that_of_scipy(group, model, inside):
    t = model.compute_contrast(output_type="stat").get_fdata()
    data = nib.load(group[0]).get_fdata()
    expected = stats.ttest_1samp(data[inside], 0, axis=1).statistic
    np.testing.assert_allclose(t[inside], expected, rtol=1e-5, atol=1e-5)
    assert np.unravel_index(t.argmax(), t.shape) == (27, 42, 25)
    assert np.unravel_index(t.argmin(), t.shape) == (7, 31, 25)
    assert f"{t.max():.5f} {t.min():.5f}" == "9.45677 -7.72078"
    assert t[inside].mean() == pytest.approx(0.4602, abs=1e-4)
    assert t[inside].std() == pytest.approx(1.4050, abs=1e-4)
    assert ((t > 3.25) & inside).sum() == 1667
    assert (np.abs(t[inside]) > 3.25).sum() == 2118
    z = model.compute_contrast()
    assert f"{z.get_fdata().max():.5f}" == "4.53779"


@pytest.mark.parametrize(
    ("two_sided", "lowest", "survivors"), [(True, 74, 0), (False, 37, 1)]
)
def test_all_flips_give_the_p_of_the_readme(
    group, inside, two_sided, lowest, survivors
):
    found = permuted(group, two_sided_test=two_sided)
    p = found["p_max_t"].get_fdata()[inside]
    assert p.min() * 1024 == pytest.approx(lowest, abs=1e-9)
    assert (p <= 0.05).sum() == survivors
    assert found.scheme.startswith("all 1024 sign flips: the contrast tests a mean")
    logp = found["logp_max_t"].get_fdata()[inside]
    np.testing.assert_allclose(logp, -np.log10(p), atol=1e-6)
    uncorrected = found["p_t"].get_fdata()[inside]
    assert uncorrected.min() * 1024 == pytest.approx(2 if two_sided else 1)
    assert np.all(found["p_step_down_t"].get_fdata()[inside] <= p)


def test_negative_effects_are_those_of_the_mirrored_data(group, inside):
    maps = nib.load(group[0])
    mirrored = nib.Nifti1Image(-maps.get_fdata(dtype=np.float32), maps.affine)
    p = permuted((mirrored, group[1]))["p_max_t"].get_fdata()[inside]
    assert p.min() * 1024 == pytest.approx(211)


def test_the_model_flips_signs_too(model, inside):
    p = model.compute_contrast_permutations(output_type="cor_p_value", n_perm=2000)
    assert p.get_fdata()[inside].min() * 1024 == pytest.approx(74)
    z = model.compute_contrast_permutations(n_perm=2000, two_sided_test=False)
    assert z.get_fdata().max() == pytest.approx(stats.norm.isf(37 / 1024), abs=1e-6)
