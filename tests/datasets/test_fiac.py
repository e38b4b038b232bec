import numpy as np
import pytest
from tests.datasets import layouts

from boldglm.datasets.fiac import fetch_fiac_first_level


@pytest.fixture
def root(tmp_path, offline):
    return layouts.write("fiac", tmp_path)


def test_divergence_designs_are_paths_that_numpy_loads(root):
    data = fetch_fiac_first_level(root, 0)
    for run in (1, 2):
        assert isinstance(data[f"design_matrix{run}"], str)
        assert np.load(data[f"design_matrix{run}"])["X"].shape == (191, 13)
        assert data[f"func{run}"].endswith(f"fiac0/run{run}.nii.gz")
    assert data.mask.endswith("fiac0/mask.nii.gz")


def test_models_take_them_as_they_are(root):
    from boldglm.glm.first_level import FirstLevelModel

    data = fetch_fiac_first_level(root, 0)
    model = FirstLevelModel(mask_img=data.mask)
    model.fit(
        [data.func1, data.func2],
        design_matrices=[data.design_matrix1, data.design_matrix2],
    )
    assert [design.shape for design in model.design_matrices_] == [(191, 13)] * 2


def test_a_folder_of_nistats_is_found(root):
    (root / "fiac_nilearn.glm").rename(root / "fiac_nistats")
    data = fetch_fiac_first_level(root, 0)
    assert data.func1.startswith(str(root / "fiac_nistats"))
    assert [path.name for path in root.iterdir()] == ["fiac_nistats"]
