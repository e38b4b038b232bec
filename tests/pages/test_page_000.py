"""Reference page 000, two runs of one subject in its native space.

The script is the page's, from its fetcher to its maps, on the simulated files of `spm`.
"""

import contextlib
import socket
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from tests.pages import spm
from tests.pages.pictures import colourful
from tests.pages.replay import replay

from boldglm._base.warnings import ContrastWarning

SCRIPT = """\
from nilearn.datasets import fetch_spm_multimodal_fmri

subject_data = fetch_spm_multimodal_fmri()

# repetition time, in seconds
tr = 2.0
# Sample at the beginning of each acquisition.
slice_time_ref = 0.0
# We use a discrete cosine transform to model signal drifts.
drift_model = "Cosine"
# The cutoff for the drift model is 0.01 Hz.
high_pass = 0.01
# The hemodynamic response function
hrf_model = "spm + derivative"

import warnings

from nilearn.image import concat_imgs, mean_img, resample_img

# Avoid getting too many warnings due to resampling
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    fmri_img = [
        concat_imgs(subject_data.func1, auto_resample=True),
        concat_imgs(subject_data.func2, auto_resample=True),
    ]
affine, shape = fmri_img[0].affine, fmri_img[0].shape
print("Resampling the second image (this takes time)...")
fmri_img[1] = resample_img(fmri_img[1], affine, shape[:3])

mean_image = mean_img(fmri_img)

import numpy as np
import pandas as pd
from nilearn.glm.first_level import make_first_level_design_matrix

design_matrices = []

for idx, img in enumerate(fmri_img, start=1):
    # Build experimental paradigm
    n_scans = img.shape[-1]
    events = pd.read_table(subject_data[f"events{idx}"])
    # Define the sampling times for the design matrix
    frame_times = np.arange(n_scans) * tr
    # Build design matrix with the reviously defined parameters
    design_matrix = make_first_level_design_matrix(
        frame_times,
        events,
        hrf_model=hrf_model,
        drift_model=drift_model,
        high_pass=high_pass,
    )

    # put the design matrices in a list
    design_matrices.append(design_matrix)

contrast_matrix = np.eye(design_matrix.shape[1])
basic_contrasts = {
    column: contrast_matrix[i]
    for i, column in enumerate(design_matrix.columns)
}


contrasts = {
    "faces-scrambled": basic_contrasts["faces"] - basic_contrasts["scrambled"],
    "scrambled-faces": -basic_contrasts["faces"]
    + basic_contrasts["scrambled"],
    "effects_of_interest": np.vstack(
        (basic_contrasts["faces"], basic_contrasts["scrambled"])
    ),
}

from nilearn.glm.first_level import FirstLevelModel

print("Fitting a GLM")
fmri_glm = FirstLevelModel()
fmri_glm = fmri_glm.fit(fmri_img, design_matrices=design_matrices)

print("Computing contrasts")

# Iterate on contrasts
for contrast_id, contrast_val in contrasts.items():
    print(f"\\tcontrast id: {contrast_id}")
    # compute the contrasts
    z_map = fmri_glm.compute_contrast(contrast_val, output_type="z_score")
    # plot the contrasts as soon as they're generated
    # the display is overlaid on the mean fMRI image
    # a threshold of 3.0 is used, more sophisticated choices are possible
    plotting.plot_stat_map(
        z_map,
        bg_img=mean_image,
        threshold=3.0,
        display_mode="z",
        cut_coords=3,
        black_bg=True,
        title=contrast_id,
    )
    plotting.show()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("spm")


@pytest.fixture(scope="module")
def files(folder):
    return spm.write(folder)


@pytest.fixture(scope="module")
def page(files, folder):
    return replay(SCRIPT, "boldglm", folder)


@pytest.fixture(scope="module")
def peer(files, folder):
    pytest.importorskip("nilearn")
    return replay(SCRIPT, "nilearn", folder)


def values(image):
    return np.asarray(image.dataobj, dtype=float)


def around(image, centre, radius=12):
    """Which voxels lie within `radius` mm of a place of the world."""
    world = spm.coordinates(image.shape[:3], image.affine)
    return ((world - centre[:, None, None, None]) ** 2).sum(axis=0) < radius**2


def test_the_files_are_pairs_each_with_a_place_of_its_own(files):
    for run in (1, 2):
        images = [nib.load(name) for name in files[f"func{run}"]]
        assert len(images) == spm.N_SCANS
        assert len({image.affine.tobytes() for image in images}) == spm.N_SCANS
        assert all(type(image) is nib.Nifti1Pair for image in images)
        assert all(image.get_data_dtype() == np.int16 for image in images)
        moves = np.array([image.affine[:3, 3] for image in images])
        assert 0.5 < np.ptp(moves, axis=0).max() < 4  # at a corner


@pytest.mark.parametrize("program", ["boldglm", "nilearn"])
def test_fetchers_find_these_files_and_read_the_same_trials(
    tmp_path, monkeypatch, program
):
    """The layout is the real one."""
    datasets = pytest.importorskip(f"{program}.datasets")

    def no_network(*args):
        pytest.fail("the files were not found: the fetcher turns to the network")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    files = spm.write(tmp_path, shape=(4, 4, 3))
    tables = [Path(files[f"events{run}"]) for run in (1, 2)]
    written = [table.read_text() for table in tables]
    for table in tables:
        table.unlink()
    found = datasets.fetch_spm_multimodal_fmri(data_dir=str(tmp_path), verbose=0)
    del found["description"]
    assert dict(found) == files
    assert [table.read_text() for table in tables] == written


def test_the_page_has_fetched_what_is_there(page, peer, files):
    for one in (page, peer):
        assert {key: one.subject_data[key] for key in files} == files


def test_the_page_prints_what_it_prints_and_warns_of_the_f_alone(page):
    assert page.printed.splitlines() == [
        "Resampling the second image (this takes time)...",
        "Fitting a GLM",
        "Computing contrasts",
        "\tcontrast id: faces-scrambled",
        "\tcontrast id: scrambled-faces",
        "\tcontrast id: effects_of_interest",
    ]
    (warning,) = page.warned
    assert warning.category is ContrastWarning
    assert "approximate fixed effects on F" in str(warning.message)
    assert warning.filename == "page.py"
    assert "compute_contrast" in SCRIPT.splitlines()[warning.lineno - 1]


def test_the_world_stands_still_on_the_grid_of_the_first_volume(page, files):
    """What moves through the volumes as they were measured is at rest on one grid."""
    first = nib.load(files.func1[0])
    world = spm.tissue(spm.coordinates(spm.SHAPE, first.affine))
    inside = np.zeros(spm.SHAPE, dtype=bool)
    inside[1:-1, 1:-1, 1:-1] = world[1:-1, 1:-1, 1:-1] > spm.BASELINE / 10
    for name, image in (("func1", page.fmri_img[0]), ("func2", page.fmri_img[1])):
        assert image.shape == (*spm.SHAPE, spm.N_SCANS)
        np.testing.assert_allclose(image.affine, first.affine)
        measured = np.mean([values(nib.load(path)) for path in files[name]], axis=0)
        still, moving = (
            np.abs(mean - world)[inside].mean()
            for mean in (values(image).mean(axis=-1), measured)
        )
        assert still < 10
        assert moving > 1.5 * still
    np.testing.assert_allclose(
        values(page.mean_image),
        np.mean([values(image).mean(axis=-1) for image in page.fmri_img], axis=0),
        atol=0.01,
    )


def test_every_contrast_has_its_figure(page):
    assert list(page.pictures) == list(page.contrasts)
    for display in page.pictures.values():
        assert len(display.axes) == 3
        assert display.black_bg
        assert colourful(display) > 0.001


def test_the_maps_find_faces_where_they_are_and_nowhere_else(page):
    faces = values(page.maps["faces-scrambled"])
    effects = values(page.maps["effects_of_interest"])
    mask = values(page.fmri_glm.mask_img_) > 0
    face_area = around(page.mean_image, spm.FACES) & mask
    visual = around(page.mean_image, spm.VISUAL) & mask
    elsewhere = mask & ~around(page.mean_image, spm.FACES, 45)
    assert face_area.sum() >= 5
    assert visual.sum() >= 5
    assert faces[face_area].min() > 3
    assert effects[face_area].min() > 3
    assert effects[visual].min() > 2.5
    assert np.abs(faces[visual]).max() < 3
    assert np.mean(np.abs(faces[elsewhere]) > 3) < 0.01
    assert around(page.mean_image, spm.FACES, 15).ravel()[faces.argmax()]
    np.testing.assert_array_equal(values(page.maps["scrambled-faces"]), -faces)


def test_designs_are_those_of_nilearn(page, peer):
    for mine, theirs in zip(page.design_matrices, peer.design_matrices, strict=True):
        assert list(mine.columns) == list(theirs.columns)
        np.testing.assert_allclose(mine.index, theirs.index)
        np.testing.assert_allclose(mine, theirs, atol=1e-10)


def test_resampled_runs_are_those_of_nilearn_but_for_the_last_digit_of_the_border(
    page, peer, files
):
    """We count places within 1e-5 voxel of the border as inside, nilearn by rounding.

    Those values are 0 in nilearn; in the second run, interpolated twice, they reach
    their neighbours.
    """
    first, second = (
        np.abs(values(mine) - values(theirs))
        for mine, theirs in zip(page.fmri_img, peer.fmri_img, strict=True)
    )
    for mine, theirs in zip(page.fmri_img, peer.fmri_img, strict=True):
        np.testing.assert_allclose(mine.affine, theirs.affine)
    assert first[1:-1, 1:-1, 1:-1].max() < 1e-3
    grid = nib.load(files.func1[0]).affine
    last = np.array(spm.SHAPE) - 1
    for *voxel, scan in np.argwhere(first > 1e-3):
        there = np.linalg.inv(nib.load(files.func1[scan]).affine) @ grid
        place = (there @ [*voxel, 1])[:3]
        assert np.abs(np.minimum(place, last - place)).min() < 1e-5
    assert np.mean(first > 1e-3) < 1e-4
    assert np.mean(second > 1e-3) < 4e-3


def test_the_mask_is_that_of_nilearn(page, peer):
    mine, theirs = (values(one.fmri_glm.mask_img_) for one in (page, peer))
    np.testing.assert_array_equal(mine, theirs)


def test_the_maps_are_those_of_nilearn(page, peer):
    mask = values(page.fmri_glm.mask_img_) > 0
    assert list(page.maps) == list(peer.maps)
    for name, mine in page.maps.items():
        np.testing.assert_allclose(mine.affine, peer.maps[name].affine)
        found, expected = values(mine)[mask], values(peer.maps[name])[mask]
        assert np.corrcoef(found, expected)[0, 1] > 0.9999
        assert np.abs(found - expected).max() < 0.25
        assert not values(mine)[~mask].any()


def test_from_the_same_volumes_and_with_nilearns_bins_the_maps_are_equal(peer):
    """The border and the bins of the noise are all that differs."""
    from boldglm.glm.first_level import FirstLevelModel

    model = FirstLevelModel()
    model.fit(peer.fmri_img, design_matrices=peer.design_matrices, bins=100)
    for name, weights in list(peer.contrasts.items())[::2]:
        context = (
            pytest.warns(ContrastWarning, match="approximate fixed effects on F")
            if weights.ndim == 2
            else contextlib.nullcontext()
        )
        with context:
            z_map = model.compute_contrast(weights, output_type="z_score")
        np.testing.assert_allclose(values(z_map), values(peer.maps[name]), atol=2e-4)
