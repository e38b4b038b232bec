"""Reference page 001, page 000 as written for a later nilearn.

It differs in `copy_header=True` for the resampled run and the mean image. The script
is the page's, from its fetcher to its maps, on the simulated files of `spm`.
"""

import numpy as np
import pytest
from tests.pages import spm
from tests.pages.pictures import colourful
from tests.pages.replay import replay

SCRIPT = """\
from nilearn.datasets import fetch_spm_multimodal_fmri

subject_data = fetch_spm_multimodal_fmri()

# repetition time, in seconds
t_r = 2.0
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
fmri_img[1] = resample_img(fmri_img[1], affine, shape[:3], copy_header=True)

mean_image = mean_img(fmri_img, copy_header=True)

import numpy as np
import pandas as pd

from nilearn.glm.first_level import make_first_level_design_matrix

design_matrices = []

for idx, img in enumerate(fmri_img, start=1):
    # Build experimental paradigm
    n_scans = img.shape[-1]
    events = pd.read_table(subject_data[f"events{idx}"])
    # Define the sampling times for the design matrix
    frame_times = np.arange(n_scans) * t_r
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

SPACE = ["xyzt_units", "sform_code"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spm")
    spm.write(folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return replay(SCRIPT, "boldglm", folder)


@pytest.fixture(scope="module")
def peer(folder):
    pytest.importorskip("nilearn")
    return replay(SCRIPT, "nilearn", folder)


def values(image):
    return np.asarray(image.dataobj, dtype=float)


def test_the_page_runs_through_and_warns_of_the_f_alone(page):
    assert page.printed.count("contrast id: ") == 3
    (warning,) = page.warned
    assert "approximate fixed effects on F" in str(warning.message)
    assert warning.filename == "page.py"


def test_headers_are_copied_and_tell_the_space_of_the_scanner(page, peer):
    """As those of nilearn, and of the type that the data have."""
    for of in (lambda one: one.fmri_img[1], lambda one: one.mean_image):
        mine, theirs = of(page), of(peer)
        # aligned, in mm; volumes do not say how far apart they are in time
        assert [mine.header[key] for key in SPACE] == [2, 2]
        assert [theirs.header[key] for key in SPACE] == [10, 2]
        assert mine.header["descrip"] == theirs.header["descrip"]
        assert mine.get_data_dtype() == np.float32
        np.testing.assert_allclose(mine.header.get_zooms(), theirs.header.get_zooms())
        np.testing.assert_allclose(mine.affine, theirs.affine)
        # Quaternions near half a turn keep three digits in single precision.
        np.testing.assert_allclose(mine.get_qform(), mine.affine, atol=2e-3)


def test_every_contrast_has_its_figure(page):
    assert list(page.pictures) == list(page.contrasts)
    for display in page.pictures.values():
        assert len(display.axes) == 3
        assert display.black_bg
        assert colourful(display) > 0.001


def test_the_maps_find_the_place_that_answers_to_faces(page):
    z = page.maps["faces-scrambled"]
    peak = np.unravel_index(values(z).argmax(), z.shape)
    distance = (z.affine @ [*peak, 1])[:3] - spm.FACES
    assert values(z).max() > 6
    assert np.linalg.norm(distance) < 15


def test_the_maps_are_those_of_nilearn(page, peer):
    mine, theirs = (values(one.fmri_glm.mask_img_) for one in (page, peer))
    np.testing.assert_array_equal(mine, theirs)
    inside = mine > 0
    assert list(page.maps) == list(peer.maps)
    for name in page.maps:
        found, expected = (values(one.maps[name])[inside] for one in (page, peer))
        assert np.corrcoef(found, expected)[0, 1] > 0.9999
        assert np.abs(found - expected).max() < 0.25
