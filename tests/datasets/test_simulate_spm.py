import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.datasets.layouts import files_of

from boldglm.datasets import fetch_spm_multimodal_fmri, simulate_spm_multimodal_fmri
from boldglm.datasets.simulate_brain import make_brain
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import concat_imgs, resample_img

COARSE = 12.0


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return simulate_spm_multimodal_fmri(
        tmp_path_factory.mktemp("spm"), voxel_size=COARSE
    )


@pytest.fixture(scope="module")
def data(root):
    return fetch_spm_multimodal_fmri(root, verbose=0)


@pytest.fixture(scope="module")
def truth(root):
    home = root / "spm_multimodal_fmri" / "truth"
    maps = {path.stem: nib.load(path) for path in home.glob("*.nii.gz")}
    maps = {name.removesuffix(".nii"): image for name, image in maps.items()}
    return {**json.loads((home / "truth.json").read_text()), "maps": maps}


@pytest.fixture(scope="module")
def runs(data):
    first, second = (
        concat_imgs(data[f"func{run}"], auto_resample=True) for run in (1, 2)
    )
    return [first, resample_img(second, first.affine, first.shape[:3])]


@pytest.fixture(scope="module")
def model(data, runs):
    fitted = FirstLevelModel(t_r=2.0, hrf_model="spm")
    return fitted.fit(runs, events=[data.events1, data.events2])


def test_both_fetchers_find_the_same_files_without_a_network(root, data, offline):
    datasets = pytest.importorskip("nilearn.datasets")
    peer = datasets.fetch_spm_multimodal_fmri(data_dir=root, verbose=0)
    assert len(data.func1) == len(data.func2) == 390
    assert set(peer) == set(data)
    for key in set(data) - {"description"}:
        assert data[key] == peer[key]


def test_the_tables_are_those_that_the_fetcher_makes_of_the_onsets(root, data):
    for path in (Path(data.events1), Path(data.events2)):
        written = path.read_bytes()
        path.unlink()
        fetch_spm_multimodal_fmri(root, verbose=0)
        assert path.read_bytes() == written


def test_pictures_come_one_after_the_other_as_often_as_each_other(data):
    for path in (data.events1, data.events2):
        events = pd.read_csv(path, sep="\t")
        counts = events["trial_type"].value_counts()
        assert abs(counts["faces"] - counts["scrambled"]) <= 1
        assert counts.sum() > 100
        gaps = np.diff(np.sort(events["onset"]))
        assert gaps.min() >= 5
        assert gaps.max() <= 9
        assert events["onset"].max() < 780 - 15
    assert Path(data.events1).read_text() != Path(data.events2).read_text()


def test_every_volume_is_a_pair_that_says_where_it_was(data):
    for names in (data.func1, data.func2):
        images = [nib.load(name) for name in names]
        assert all(type(image) is nib.Nifti1Pair for image in images)
        assert {image.get_data_dtype() for image in images} == {np.dtype(np.int16)}
        assert {int(image.header["sform_code"]) for image in images} == {2}
        assert len({image.affine.tobytes() for image in images}) == 390
        centres = np.array(
            [image.affine @ [*np.array(image.shape) / 2, 1] for image in images]
        )
        assert 0.1 < np.ptp(centres, axis=0).max() < 3
        voxels = [np.linalg.norm(image.affine[:3, :3], axis=0) for image in images]
        np.testing.assert_allclose(voxels, COARSE, rtol=1e-5)


def test_the_runs_lie_more_than_a_millimetre_apart(data):
    first, second = (nib.load(names[0]).affine for names in (data.func1, data.func2))
    assert np.linalg.norm((second - first)[:3, 3]) > 1


def test_movement_and_noise_of_the_second_run_are_not_those_of_the_first(data):
    walks, air = [], []
    for names in (data.func1, data.func2):
        images = [nib.load(name) for name in (names[0], names[-1])]
        walks.append(images[1].affine @ np.linalg.inv(images[0].affine))
        first, second = (np.asarray(nib.load(name).dataobj) for name in names[:2])
        air.append((second - first)[:2, :4].ravel())
    assert np.abs(walks[0] - walks[1])[:3, 3].max() > 0.05
    assert abs(np.corrcoef(air)[0, 1]) < 0.3


def test_each_volume_shows_the_brain_from_where_its_header_says(data):
    """And not from where the first one was."""
    from scipy.ndimage import map_coordinates

    brain = make_brain(2.0)
    first = nib.load(data.func1[0]).affine

    def error(image, affine):
        to_fine = np.linalg.inv(brain.affine) @ affine
        places = np.indices(image.shape).reshape(3, -1)
        places = to_fine[:3, :3] @ places + to_fine[:3, 3:]
        seen = map_coordinates(brain.baseline, places, order=1, mode="nearest")
        seen = seen.reshape(image.shape)
        return np.abs(np.asarray(image.dataobj) / seen - 1)[seen > 300].mean()

    for name in (data.func1[0], data.func1[-1], data.func2[0], data.func2[-1]):
        image = nib.load(name)
        assert 0.005 < error(image, image.affine) < 0.02
        if name in data.func2:
            assert error(image, first) > 1.5 * error(image, image.affine)


def test_effects_are_found_where_they_were_put_and_as_large(model, truth):
    for contrast, weights in {
        "faces - scrambled": {"faces": 1, "scrambled": -1},
        "scrambled": {"scrambled": 1},
    }.items():
        maps = model.compute_contrast(contrast, output_type="all")
        found = maps["effect_size"].get_fdata()
        error = np.sqrt(maps["effect_variance"].get_fdata())
        true = sum(
            weight * truth["maps"][f"effect-{name}"].get_fdata()
            for name, weight in weights.items()
        )
        active = (np.abs(true) > 1) & (model.mask_img_.get_fdata() > 0)
        assert active.sum() >= 5
        # at 12 mm, resampling flattens the effects
        np.testing.assert_array_less(
            np.abs(found - true)[active], 4 * error[active] + 0.4 * true[active]
        )
        slope = np.sum(found[active] * true[active]) / np.sum(true[active] ** 2)
        assert 0.65 < slope < 1.1


def test_nothing_is_found_where_nothing_was_put(model, truth):
    inside = model.mask_img_.get_fdata() > 0
    null = (truth["maps"]["null"].get_fdata() > 0) & inside
    assert null.sum() > 300
    z = model.compute_contrast("faces - scrambled").get_fdata()[null]
    assert 0.8 < z.std() < 1.2
    assert np.mean(np.abs(z) > stats.norm.isf(0.005)) < 0.03


def test_voxels_without_effect_are_brain_and_have_none(data, truth):
    null = truth["maps"]["null"].get_fdata() > 0
    brain = np.asarray(nib.load(data.func1[0]).dataobj) > 300
    assert np.mean(brain[null]) > 0.99
    for name in ("effect-faces", "effect-scrambled"):
        assert np.abs(truth["maps"][name].get_fdata()[null]).max() < 0.01


def test_the_truth_of_the_maps_is_that_of_the_places(truth):
    peaks = {name: image for name, image in truth["maps"].items() if name != "null"}
    assert set(peaks) == {"effect-faces", "effect-scrambled"}
    for spot in truth["activations"]:
        for name, percent in spot["effects"].items():
            image = peaks[f"effect-{name}"]
            voxel = np.linalg.inv(image.affine) @ [*spot["centre"], 1]
            near = np.abs(np.argwhere(image.get_fdata() > -1) - voxel[:3]) < 1.5
            values = image.get_fdata().ravel()[near.all(axis=1)]
            assert 0.4 * percent < values.max() <= percent + 1e-5


def test_the_structural_image_lies_in_the_same_space(data):
    anatomy = nib.load(data.anat)
    assert anatomy.get_data_dtype() == np.int16
    first = nib.load(data.func1[0])
    world = np.linalg.inv(first.affine) @ anatomy.affine
    np.testing.assert_allclose(np.linalg.norm(world[:3, :3], axis=0), 2 / COARSE, 1e-4)
    head = np.argwhere(np.asarray(anatomy.dataobj) > 200).mean(axis=0)
    brain = np.argwhere(np.asarray(first.dataobj) > 300).mean(axis=0)
    apart = (anatomy.affine @ [*head, 1] - first.affine @ [*brain, 1])[:3]
    assert np.linalg.norm(apart) < 5


def test_the_same_seed_gives_the_same_files_and_another_others(root, tmp_path):
    again = simulate_spm_multimodal_fmri(tmp_path / "a", voxel_size=COARSE)
    assert files_of(again) == files_of(root)
    simulate_spm_multimodal_fmri(tmp_path / "b", voxel_size=COARSE, seed=1)
    ours, others = files_of(root), files_of(tmp_path / "b")
    assert set(ours) == set(others)
    same = {Path(name).name for name in ours if ours[name] == others[name]}
    assert same == {
        "smri.img",
        "smri.hdr",
        "effect-faces.nii.gz",
        "effect-scrambled.nii.gz",
        "null.nii.gz",
        "fMETHODS-0005-00001-000001-01.hdr",
        "fMETHODS-0006-00001-000001-01.hdr",
    }


@pytest.mark.parametrize("voxel_size", [2.9, 12.1, np.nan])
def test_voxels_that_are_none_are_refused_before_anything_is_written(
    tmp_path, voxel_size
):
    with pytest.raises(ValueError, match="expected a length from 3 to 12 mm"):
        simulate_spm_multimodal_fmri(tmp_path, voxel_size=voxel_size)
    assert list(tmp_path.iterdir()) == []
