import json

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.datasets.layouts import files_of

from boldglm.datasets import fetch_fiac_first_level, simulate_fiac_first_level
from boldglm.glm.first_level import FirstLevelModel

CONDITIONS = ["SStSSp", "SStDSp", "DStSSp", "DStDSp", "FirstSt"]
NEW_SENTENCE, NEW_SPEAKER = ([-1, -1, 1, 1], [-1, 1, -1, 1])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return simulate_fiac_first_level(tmp_path_factory.mktemp("fiac"), voxel_size=6)


@pytest.fixture(scope="module")
def data(root):
    return fetch_fiac_first_level(root, verbose=0)


@pytest.fixture(scope="module")
def truth(root):
    home = root / "fiac_nilearn.glm" / "truth"
    maps = {
        path.name.removesuffix(".nii.gz"): nib.load(path).get_fdata()
        for path in home.glob("*.nii.gz")
    }
    return {**json.loads((home / "truth.json").read_text()), "maps": maps}


@pytest.fixture(scope="module")
def model(data):
    fitted = FirstLevelModel(mask_img=data.mask)
    designs = [data.design_matrix1, data.design_matrix2]
    return fitted.fit([data.func1, data.func2], design_matrices=designs)


def weights(*first):
    return np.pad(np.array(first, float), (0, 13 - len(first)))


def test_both_fetchers_find_the_same_files_without_a_network(root, data, offline):
    datasets = pytest.importorskip("nilearn.datasets")
    peer = datasets.fetch_fiac_first_level(data_dir=root, verbose=0)
    assert set(peer) == set(data)
    for key in ("func1", "func2", "mask"):
        assert peer[key] == data[key]
    for key in ("design_matrix1", "design_matrix2"):
        ours = np.load(data[key])
        names = [name.decode() for name in ours["conditions"]]
        expected = pd.DataFrame(ours["X"], columns=names)
        pd.testing.assert_frame_equal(peer[key], expected)


def test_the_files_are_what_the_data_set_has(data):
    mask = nib.load(data.mask)
    for name in (data.func1, data.func2):
        run = nib.load(name)
        assert run.shape == (*mask.shape, 191)
        assert run.header.get_zooms() == (6, 6, 6, 2.5)
        assert run.get_data_dtype() == np.int16
        np.testing.assert_array_equal(run.affine, mask.affine)
    for name in (data.design_matrix1, data.design_matrix2):
        arrays = np.load(name)
        assert arrays["X"].shape == (191, 13)
        assert arrays["conditions"].dtype.kind == "S"
        assert [one.decode() for one in arrays["conditions"][:5]] == CONDITIONS
        assert np.linalg.matrix_rank(arrays["X"]) == 13


def test_the_design_is_that_of_sixteen_blocks(data):
    """By our sampled convolution, of which the simulation makes no use."""
    from boldglm.glm.first_level import compute_regressor

    times = 2.5 * np.arange(191)
    starts = 6 + 29 * np.arange(16)
    designs = [np.load(data[f"design_matrix{run}"])["X"] for run in (1, 2)]
    first = np.vstack([starts, np.full(16, 2.4), np.ones(16)])
    rest = np.vstack([starts + 20 / 6, np.full(16, 20 - 20 / 6), np.ones(16)])
    for X in designs:
        for column, events in ((X[:, 4], first), (X[:, :4].sum(axis=1), rest)):
            expected = compute_regressor(events, "spm", times)[0][:, 0]
            np.testing.assert_allclose(column, expected, atol=0.02)
        blocks = (X[:, :4] > 0.8).argmax(axis=1)[X[:, :4].max(axis=1) > 0.8]
        np.testing.assert_array_equal(np.unique(blocks), range(4))
        assert np.ptp(X[:, :4].sum(axis=0)) < 1
    assert not np.allclose(designs[0][:, :4], designs[1][:, :4])


def test_derivatives_drifts_and_constant_follow(data):
    X = np.load(data.design_matrix1)["X"]
    np.testing.assert_allclose(X[1:-1, 5:10], (X[2:, :5] - X[:-2, :5]) / 5.0)
    slow = X[:, 10:12] - X[:, 10:12].mean(axis=0)
    assert abs(slow[:, 0] @ slow[:, 1]) < 1e-9
    assert np.all(X[:, 12] == 1)


@pytest.mark.parametrize("contrast", [NEW_SENTENCE, [1, 0, 0, 0], [0, 0, 0, 0, 1]])
def test_effects_are_found_as_large_as_they_are(model, truth, contrast):
    maps = model.compute_contrast(weights(*contrast), output_type="all")
    found = maps["effect_size"].get_fdata()
    error = np.sqrt(maps["effect_variance"].get_fdata())
    true = sum(
        weight * truth["maps"][f"effect-{name}"]
        for name, weight in zip(CONDITIONS, contrast, strict=False)
    )
    active = np.abs(true) > 0.4
    assert active.sum() >= 10
    off = (found - true)[active] / error[active]
    assert np.abs(off).max() < 4.5
    assert 0.7 < np.sqrt(np.mean(off**2)) < 1.4


def test_who_speaks_makes_no_difference_anywhere(model, truth, data):
    inside = nib.load(data.mask).get_fdata() > 0
    z = model.compute_contrast(weights(*NEW_SPEAKER)).get_fdata()[inside]
    assert 0.9 < z.std() < 1.2
    assert np.mean(np.abs(z) > stats.norm.isf(0.005)) < 0.03
    for same, different in (("SStSSp", "SStDSp"), ("DStSSp", "DStDSp")):
        np.testing.assert_array_equal(
            truth["maps"][f"effect-{same}"], truth["maps"][f"effect-{different}"]
        )


def test_nothing_is_found_where_nothing_was_put(model, truth):
    null = truth["maps"]["null"] > 0
    assert null.sum() > 1000
    z = model.compute_contrast(weights(*NEW_SENTENCE)).get_fdata()[null]
    assert 0.9 < z.std() < 1.2


def test_where_scripts_cut_these_data_new_sentences_do_more(data, truth):
    """Figures at this point show all three panels, and something on each of them."""
    spots = {one["label"]: one["centre"] for one in truth["activations"]}
    assert spots["left middle temporal"] == [-129, -126, 49]
    mask = nib.load(data.mask)
    voxel = np.linalg.inv(mask.affine) @ [-129, -126, 49, 1]
    at = tuple(voxel[:3].round().astype(int))
    assert mask.get_fdata()[at] == 1
    new, same = (truth["maps"][f"effect-{name}"] for name in ("DStSSp", "SStSSp"))
    assert (new - same)[at] > 0.8


def test_coordinates_are_those_of_a_scanner(root, data):
    home = root / "fiac_nilearn.glm" / "truth"
    for path in (data.mask, data.func1, data.func2, home / "null.nii.gz"):
        header = nib.load(path).header
        assert [int(header[key]) for key in ("sform_code", "qform_code")] == [1, 1]


def test_the_truth_has_the_places_and_the_maps(truth):
    assert set(truth["maps"]) == {"null", *(f"effect-{name}" for name in CONDITIONS)}
    labels = [spot["label"] for spot in truth["activations"]]
    assert "left middle temporal" in labels
    for spot in truth["activations"]:
        assert list(spot["effects"]) == CONDITIONS


def test_the_same_seed_gives_the_same_files_and_another_others(root, tmp_path):
    again = simulate_fiac_first_level(tmp_path / "a", voxel_size=6)
    assert files_of(again) == files_of(root)
    other = files_of(simulate_fiac_first_level(tmp_path / "b", voxel_size=6, seed=1))
    changed = {
        name.split("/")[-1]
        for name, content in files_of(root).items()
        if content != other[name]
    }
    assert {"run1.nii.gz", "run2.nii.gz", "run1_design.npz", "truth.json"} <= changed


def test_voxels_that_are_none_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="expected a length from 1 to 12 mm"):
        simulate_fiac_first_level(tmp_path, voxel_size=13)
    assert list(tmp_path.iterdir()) == []
