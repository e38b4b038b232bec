"""Ten subjects generating verbs: the figures that come with the data."""

import nibabel as nib
import numpy as np
import pytest
from scipy import stats

from boldglm.glm.second_level import SecondLevelModel


@pytest.fixture(scope="module")
def folder(data_dir):
    path = data_dir / "ds114_verbgen_group"
    if not path.is_dir():
        pytest.skip(f"needs {path}")
    return path


@pytest.fixture(scope="module")
def model(folder):
    model = SecondLevelModel(mask_img=folder / "mask.nii.gz")
    return model.fit(folder / "all_con_task2.nii", design_matrix="~ 1")


@pytest.fixture(scope="module")
def inside(folder):
    return nib.load(folder / "mask.nii.gz").get_fdata() > 0


def test_t_is_that_of_scipy(model, folder, inside):
    y = nib.load(folder / "all_con_task2.nii").get_fdata()[inside].T
    expected = stats.ttest_1samp(y, 0).statistic
    t = model.compute_contrast(output_type="stat").get_fdata()[inside]
    np.testing.assert_allclose(t, expected, rtol=0, atol=1e-5)
    p = model.compute_contrast(output_type="p_value").get_fdata()[inside]
    np.testing.assert_allclose(p, stats.t.sf(expected, 9), rtol=1e-6)


def test_figures_are_those_of_the_data_set(model, inside):
    t = model.compute_contrast(output_type="stat").get_fdata()
    z = model.compute_contrast().get_fdata()
    assert inside.sum() == model.n_elements_ == 67_380
    assert np.unravel_index(t.argmax(), t.shape) == (27, 42, 25)
    assert t.max() == pytest.approx(9.456771, abs=2e-6)
    assert z[27, 42, 25] == pytest.approx(4.537788, abs=2e-6)
    assert np.unravel_index(t.argmin(), t.shape) == (7, 31, 25)
    assert t.min() == pytest.approx(-7.720779, abs=2e-6)
    assert t[inside].mean() == pytest.approx(0.4602, abs=1e-4)
    assert t[inside].std() == pytest.approx(1.4050, abs=5e-5)
    high = np.argwhere(t > 3.25)
    x = nib.affines.apply_affine(model.mask_img_.affine, high)[:, 0]
    sides = [int((x < 0).sum()), int((x > 0).sum()), int((x == 0).sum())]
    assert sides == [1239, 372, 56]
    assert np.count_nonzero(np.abs(t) > 3.25) == 2118


def test_clusters_are_those_of_the_data_set(model):
    from boldglm.reporting import get_clusters_table

    z = model.compute_contrast()
    found = get_clusters_table(z, 3.1, cluster_threshold=15, min_distance=50)
    rows = {
        (r["X"], r["Y"], r["Z"]): (round(r["Peak Stat"], 2), r["Cluster Size (mm3)"])
        for _, r in found.iterrows()
    }
    assert rows == {
        (-27, 2, 56): (4.09, 594),
        (-27, -70, 44): (4.06, 594),
        (-42, 17, 20): (3.85, 432),
    }
