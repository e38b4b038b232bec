"""Reference page 003, a one-sample test over 16 subjects, corrected by permutation.

The calls are those of the page after the change of the imports, from its fetcher on;
the maps are simulated in the layout of its data set.
"""

import contextlib
import functools
from types import SimpleNamespace
from unittest import mock

import nibabel as nib
import numpy as np
import pytest
from scipy import stats
from tests.pages import localizer
from tests.pages.pictures import Pictures, colourful
from tests.pages.replay import data_in

from boldglm.glm.second_level import SecondLevelModel

SCRIPT = """
import matplotlib.pyplot as plt
import pandas as pd
from scipy.stats import norm

from boldglm.datasets import fetch_localizer_contrasts
from boldglm.glm.second_level import SecondLevelModel

n_subjects = 16
data = fetch_localizer_contrasts(["left vs right button press"], n_subjects,
                                 get_tmaps=True)

from boldglm.image import crop_img
subjects = [subject_data[0] for subject_data in data['ext_vars']]

for cidx, tmap in enumerate(data['tmaps']):
    plotting.plot_glass_brain(crop_img(tmap), colorbar=False, threshold=2.0,
                              # axes=axes[int(cidx / 8), int(cidx % 8)],
                              plot_abs=False, display_mode='z',
                              annotate=False)
    plt.savefig('img_%02d.png' % cidx)
    plt.close()

second_level_input = data['cmaps']
design_matrix = pd.DataFrame([1] * len(second_level_input),
                             columns=['contrast'])

second_level_model = SecondLevelModel(smoothing_fwhm=8.0, n_jobs=-2)
second_level_model = second_level_model.fit(second_level_input,
                                            design_matrix=design_matrix)

z_map = second_level_model.compute_contrast(output_type='z_score')

p_val = 0.001
z_th = norm.isf(p_val)
display = plotting.plot_glass_brain(z_map, threshold=z_th, colorbar=True,
                                    plot_abs=False, display_mode='z')

plt.savefig('result_onesample.png')
plotting.show()
uncorrected = z_map

z_map = second_level_model.compute_contrast_permutations(
    output_type='cor_z_score', n_perm=1000)

p_val = 0.001
z_th = norm.isf(p_val)
display = plotting.plot_glass_brain(z_map, threshold=z_th, colorbar=True,
                                    plot_abs=False, display_mode='z')
plotting.show()
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = localizer.write(tmp_path_factory.mktemp("localizer"))
    pictures = Pictures()
    names = {"plotting": pictures}
    # by chance a flip comes up that is as good as none: not in this sequence
    permute = functools.partialmethod(
        SecondLevelModel.compute_contrast_permutations, random_state=5
    )
    with (
        contextlib.chdir(folder),
        data_in(folder),
        mock.patch.object(SecondLevelModel, "compute_contrast_permutations", permute),
    ):
        exec(compile(SCRIPT, "page_003.py", "exec"), names)
    return SimpleNamespace(**names, pictures=pictures.drawn, folder=folder)


@pytest.fixture(scope="module")
def maps(page):
    """The smoothed maps of the model's mask, in double precision."""
    model = page.second_level_model
    return model.masker_.transform(page.data["cmaps"]).astype(np.float64)


def inside(page, image):
    """Values in the model's mask, not smoothed again."""
    mask = page.second_level_model.mask_img_.get_fdata() > 0
    return image.get_fdata()[mask]


def test_the_uncorrected_map_is_a_one_sample_test(page, maps):
    t = stats.ttest_1samp(maps, 0).statistic
    np.testing.assert_allclose(
        inside(page, page.uncorrected),
        stats.norm.isf(stats.t.sf(t, 15)),
        rtol=2e-4,
        atol=2e-4,
    )
    left, right = (page.uncorrected.get_fdata()[at] for at in localizer.ACTIVE.values())
    assert left > 3.1
    assert right < -3.1


def test_every_corrected_p_is_that_of_brute_force(page, maps):
    """Within three binomial standard deviations of 4,000 flips, one after the other."""
    n_ours, n_brute = 1000, 4000
    rng = np.random.default_rng(11)
    observed = np.abs(stats.ttest_1samp(maps, 0).statistic)
    largest = np.empty(n_brute)
    for flip in range(n_brute):
        signed = maps * rng.choice([-1.0, 1.0], size=(len(maps), 1))
        mean, sd = signed.mean(axis=0), signed.std(axis=0, ddof=1)
        largest[flip] = np.abs(mean / sd).max() * np.sqrt(len(maps))
    reference = (1 + (largest[:, None] >= observed[None]).sum(axis=0)) / (1 + n_brute)
    model = page.second_level_model
    p_map = model.compute_contrast_permutations(
        output_type="cor_p_value", n_perm=n_ours, random_state=5
    )
    p = inside(page, p_map)
    spread = np.sqrt(reference * (1 - reference) * (1 / n_ours + 1 / n_brute))
    assert np.all(np.abs(p - reference) <= 3 * spread + 1 / n_ours)
    assert (reference < 0.05).sum() > 5


def test_corrected_z_of_a_thousand_flips_stops_at_one_in_a_thousand_and_one(page):
    """The page's threshold is norm.isf(.001): just below what the best voxels get."""
    z = inside(page, page.z_map)
    assert z.min() >= 0
    assert z.max() == pytest.approx(stats.norm.isf(1 / 1001), abs=1e-4)


def test_every_subject_and_both_tests_have_a_figure(page):
    displays = list(page.pictures.values())
    assert len(displays) == 16 + 2
    for display in displays:
        assert list(display.axes) == ["z"]
        assert colourful(display) > 0.0005
    written = {path.name for path in page.folder.glob("*.png")}
    assert written == {f"img_{one:02d}.png" for one in range(16)} | {
        "result_onesample.png"
    }


def test_the_maps_say_what_they_are(page):
    assert b"cor_z_score of contrast contrast" in page.z_map.header["descrip"].item()
    assert page.z_map.shape == localizer.SHAPE
    assert isinstance(page.z_map, nib.Nifti1Image)
    assert "1000 sign flips" in page.second_level_model.permutation_scheme_
    assert page.subjects == [f"S{one:02}" for one in range(1, 17)]


def test_nilearn_fetches_the_same(page):
    datasets = pytest.importorskip("nilearn.datasets")
    with data_in(page.folder):
        peer = datasets.fetch_localizer_contrasts(
            ["left vs right button press"], 16, get_tmaps=True, verbose=0
        )
    assert (page.data["cmaps"], page.data["tmaps"]) == (peer["cmaps"], peer["tmaps"])
    assert page.subjects == list(peer["ext_vars"]["participant_id"])
