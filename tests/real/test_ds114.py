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
