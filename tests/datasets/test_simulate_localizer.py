import json
import warnings

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.datasets.layouts import files_of

from boldglm.datasets import (
    fetch_localizer_button_task,
    fetch_localizer_contrasts,
    simulate_localizer_contrasts,
)

BUTTON = ["left vs right button press"]
N = 40


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("localizer")
    return simulate_localizer_contrasts(folder, N, voxel_size=6)


@pytest.fixture(scope="module")
def data(root):
    options = {"get_tmaps": True, "get_masks": True, "get_anats": True}
    return fetch_localizer_contrasts(BUTTON, N, data_dir=root, verbose=0, **options)


@pytest.fixture(scope="module")
def truth(root):
    home = root / "brainomics_localizer" / "truth"
    maps = {
        name: nib.load(home / f"{name}.nii.gz").get_fdata()
        for name in ("effect", "null")
    }
    return {**json.loads((home / "truth.json").read_text()), **maps}


@pytest.fixture(scope="module")
def maps(data):
    return np.stack([nib.load(name).get_fdata() for name in data.cmaps])


def test_both_fetchers_find_the_same_files_without_a_network(root, data, offline):
    datasets = pytest.importorskip("nilearn.datasets")
    peer = datasets.fetch_localizer_contrasts(
        BUTTON,
        N,
        get_tmaps=True,
        get_masks=True,
        get_anats=True,
        data_dir=root,
        verbose=0,
    )
    assert set(peer) == set(data)
    for key in ("cmaps", "tmaps", "masks", "anats"):
        assert len(data[key]) == N
        assert peer[key] == data[key]
    pd.testing.assert_frame_equal(peer["ext_vars"], pd.DataFrame(data["ext_vars"]))
    assert list(data.ext_vars["participant_id"])[:2] == ["S01", "S02"]


def test_the_wrapper_for_one_subject_finds_its_files(root, offline):
    data = fetch_localizer_button_task(root, verbose=0)
    assert "/S02/tmaps_" in data.tmap
    assert nib.load(data.anat).get_data_dtype() == np.int16


def test_other_contrasts_are_not_there_and_nothing_is_downloaded(root, offline):
    with pytest.warns(UserWarning, match="has no cmaps of S01"):
        data = fetch_localizer_contrasts(["checkerboard"], 1, data_dir=root, verbose=0)
    assert "cmaps" not in data


def test_maps_are_whole_and_zero_outside_the_brain(data, maps):
    masks = [nib.load(name).get_fdata() > 0 for name in data.masks]
    for inside, values in zip(masks, maps, strict=True):
        assert not values[~inside].any()
        assert np.all(values[inside] != 0)
    image = nib.load(data.cmaps[0])
    assert image.get_data_dtype() == np.float32
    assert int(image.header["sform_code"]) == 4


def test_t_is_the_effect_by_the_noise_of_one_subject(data, maps, truth):
    for name, values in zip(data.tmaps, maps, strict=True):
        expected = values / truth["sd_within"]
        np.testing.assert_allclose(nib.load(name).get_fdata(), expected, rtol=1e-6)


def test_the_mean_over_subjects_is_the_truth(maps, truth):
    """Flattened a little, as no subject has its peak in the same place."""
    error = maps.std(axis=0, ddof=1) / np.sqrt(N)
    null = truth["null"] > 0
    z = maps.mean(axis=0)[null] / error[null]
    assert 0.9 < z.std() < 1.15
    active = np.abs(truth["effect"]) > 1
    assert active.sum() > 30
    slope = np.sum(maps.mean(axis=0)[active] * truth["effect"][active])
    slope /= np.sum(truth["effect"][active] ** 2)
    assert 0.85 < slope < 1.05


def test_noise_has_the_spread_and_the_smoothness_that_are_told(maps, truth):
    null = truth["null"] > 0
    assert maps[:, null].std() == pytest.approx(truth["sd_within"], rel=0.1)
    # of two neighbours in a field of Gaussian smoothness: exp(-d^2 / (4 s^2))
    pair = null[1:] & null[:-1]
    found = np.corrcoef(maps[:, 1:][:, pair].ravel(), maps[:, :-1][:, pair].ravel())
    sigma = truth["fwhm_of_noise"] / 2.355
    assert found[0, 1] == pytest.approx(np.exp(-(6**2) / (4 * sigma**2)), abs=0.05)


def test_subjects_differ_in_how_much_and_where_they_respond(data, maps, truth):
    """The variances of noise, of height and of place (along the slope) add up."""
    affine = nib.load(data.cmaps[0]).affine
    world = np.tensordot(affine[:3, :3], np.indices(maps.shape[1:]), axes=1)
    world += affine[:3, 3].reshape(3, 1, 1, 1)
    found, expected = [], []
    for spot in truth["activations"]:
        centre = np.reshape(spot["centre"], (3, 1, 1, 1))
        distance = np.linalg.norm(world - centre, axis=0)
        near = distance < 8
        effect = truth["effect"][near]
        slope = 8 * np.log(2) * distance[near] / spot["fwhm"] ** 2 * effect
        parts = [
            np.full(near.sum(), truth["sd_within"]),
            truth["sd_between"] * effect,
            truth["sd_of_place"] * slope,
        ]
        expected.append(np.sum(np.square(parts), axis=0).mean())
        found.append(maps[:, near].var(axis=0, ddof=1).mean())
    assert np.mean(found) == pytest.approx(np.mean(expected), rel=0.2)


def test_left_is_positive_on_the_right(truth):
    by_label = {spot["label"]: spot for spot in truth["activations"]}
    for label, sign in {
        "right hand knob": 1,
        "left hand knob": -1,
        "left cerebellum": 1,
        "right cerebellum": -1,
    }.items():
        side = -1 if label.startswith("left") else 1
        assert np.sign(by_label[label]["centre"][0]) == side
        assert np.sign(by_label[label]["effects"]["effect"]) == sign


def test_the_same_seed_gives_the_same_files_and_another_others(tmp_path):
    first, again, other = (
        files_of(
            simulate_localizer_contrasts(tmp_path / name, 3, voxel_size=12, seed=seed)
        )
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    assert first == again
    changed = {name for name in first if first[name] != other[name]}
    assert sum("cmaps_" in name for name in changed) == 3
    assert any("participants" in name for name in changed)
    assert len({first[name] for name in first if "cmaps_" in name}) == 3


def test_subjects_are_the_same_whatever_their_number(tmp_path):
    few, many = (
        files_of(simulate_localizer_contrasts(tmp_path / str(n), n, voxel_size=12))
        for n in (2, 4)
    )
    maps = [name for name in few if "cmaps_" in name]
    assert len(maps) == 2
    assert all(few[name] == many[name] for name in maps)


@pytest.mark.parametrize("n_subjects", [1, 95])
def test_numbers_of_subjects_that_cannot_be_are_refused(tmp_path, n_subjects):
    with pytest.raises(ValueError, match=f"n_subjects is {n_subjects}; expected"):
        simulate_localizer_contrasts(tmp_path, n_subjects)
    assert list(tmp_path.iterdir()) == []


def test_sixteen_subjects_are_ready_for_the_page(tmp_path, offline):
    simulate_localizer_contrasts(tmp_path, voxel_size=12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = fetch_localizer_contrasts(BUTTON, 16, True, data_dir=tmp_path, verbose=0)
    assert [row[0] for row in data["ext_vars"]] == [f"S{n:02}" for n in range(1, 17)]
