"""The scripts of the gallery run as they are, and their maps are those of nilearn.

Each script is run on simulated data in a folder of its data set, with warnings as
errors; then nilearn analyses the same files.
"""

import contextlib
import runpy
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy import stats

EXAMPLES = Path(__file__).parents[2] / "examples"


@contextlib.contextmanager
def as_users_do(folder):
    """In a folder, with simulated data, and without a screen."""
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setattr(sys, "argv", ["script", "--simulated"])
        patch.delenv("DISPLAY", raising=False)
        yield


def run(name, folder):
    """Names that a script has made; its figures, by their numbers."""
    import matplotlib.pyplot as plt

    with as_users_do(folder):
        made = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    figures = plt.get_fignums()
    plt.close("all")
    return SimpleNamespace(**made, figures=figures)


@contextlib.contextmanager
def nilearn():
    """Nilearn, whose warnings are not ours."""
    pytest.importorskip("nilearn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def agree(ours, theirs, inside):
    """Correlation within a mask, and the slope.

    The slope of variances is 1 % above 1: nilearn cuts the coefficients of the noise
    to two decimals.
    """
    x, y = (np.asarray(image.dataobj, float)[inside] for image in (ours, theirs))
    slope = np.sum(x * y) / np.sum(y * y)
    return np.corrcoef(x, y)[0, 1] >= 0.999 and abs(slope - 1) < 0.02


def test_the_faces_of_spm_are_those_of_nilearn(tmp_path):
    whole = run("plot_spm_faces", tmp_path)
    headers = run("plot_spm_faces_headers", tmp_path)
    assert len(whole.figures) == 4
    assert len(headers.figures) == 3
    data = whole.data
    with nilearn():
        from nilearn.glm.first_level import FirstLevelModel
        from nilearn.image import concat_imgs, mean_img, resample_img

        runs = [concat_imgs(data[f"func{n}"], auto_resample=True) for n in (1, 2)]
        runs[1] = resample_img(
            runs[1],
            runs[0].affine,
            runs[0].shape[:3],
            copy_header=True,
            force_resample=True,
        )
        peer = FirstLevelModel(t_r=2.0, hrf_model="spm + derivative", high_pass=0.01)
        peer.fit(runs, events=[data.events1, data.events2])
        theirs = {
            name: peer.compute_contrast(contrast, output_type="z_score")
            for name, contrast in whole.questions.items()
        }
        background = mean_img(runs, copy_header=True)
    inside = np.asarray(peer.mask_img_.dataobj) > 0
    np.testing.assert_array_equal(whole.mask, inside)
    for name, ours in whole.z_maps.items():
        assert agree(ours, theirs[name], inside)
    with_headers = headers.z_maps["as the headers say"]
    assert agree(with_headers, theirs["faces - scrambled"], inside)
    assert agree(headers.background, background, inside)
    np.testing.assert_allclose(with_headers.affine, runs[0].affine)


def test_the_runs_of_fiac_are_those_of_nilearn(tmp_path):
    together = run("plot_two_runs", tmp_path)
    apart = run("plot_fixed_effects", tmp_path)
    assert len(together.figures) == 5
    assert len(apart.figures) == 4
    written = {path.name for path in (tmp_path / "results" / "plot_two_runs").iterdir()}
    maps = {f"{name}_z_map.nii.gz" for name in together.questions}
    assert written == {*maps, "report.html"}
    data = together.data
    designs = [
        pd.DataFrame(np.load(data[f"design_matrix{n}"])["X"]).rename(columns=str)
        for n in (1, 2)
    ]
    runs = [data.func1, data.func2]
    with nilearn():
        from nilearn.glm import compute_fixed_effects
        from nilearn.glm.first_level import FirstLevelModel

        model = FirstLevelModel(mask_img=data.mask, smoothing_fwhm=5)
        single = [
            model.fit(run, design_matrices=design).compute_contrast(
                together.new_sentence, output_type="all"
            )
            for run, design in zip(runs, designs, strict=True)
        ]
        fixed = compute_fixed_effects(
            [one["effect_size"] for one in single],
            [one["effect_variance"] for one in single],
            data.mask,
            dofs=[178, 178],
        )
        model.fit(runs, design_matrices=designs)
        theirs = {
            name: model.compute_contrast(contrast, output_type="z_score")
            for name, contrast in together.questions.items()
        }
    inside = nib.load(data.mask).get_fdata() > 0
    for name in together.questions:
        saved = nib.load(tmp_path / "results/plot_two_runs" / f"{name}_z_map.nii.gz")
        assert agree(saved, theirs[name], inside)
    for ours, expected in zip(together.statistics, single, strict=True):
        for name in ("z_score", "effect_size", "effect_variance"):
            assert agree(ours[name], expected[name], inside)
    ours = (apart.effect, apart.variance, apart.t_map, apart.z_map)
    for one, expected in zip(ours, fixed, strict=True):
        assert agree(one, expected, inside)


def test_the_group_is_that_of_nilearn_and_its_p_are_those_of_brute_force(tmp_path):
    group = run("plot_group_permutation", tmp_path)
    assert len(group.figures) == 3
    with nilearn():
        from nilearn.glm.second_level import SecondLevelModel

        peer = SecondLevelModel(smoothing_fwhm=8.0)
        peer.fit(group.data.cmaps, design_matrix=group.design)
        theirs = peer.compute_contrast("mean", output_type="z_score")
        maps = peer.masker_.transform(group.data.cmaps).astype(float)
    inside = np.asarray(peer.mask_img_.dataobj) > 0
    np.testing.assert_array_equal(group.mask, inside)
    assert agree(group.z_map, theirs, inside)

    # p of the family by flips written out, of another generator
    n_flips = 2000
    rng = np.random.default_rng(11)
    signs = rng.choice([-1.0, 1.0], size=(n_flips, len(maps)))
    means = signs @ maps / len(maps)
    variances = (np.mean(maps**2, axis=0) - means**2) * len(maps) / (len(maps) - 1)
    largest = np.abs(means / np.sqrt(variances / len(maps))).max(axis=1)
    observed = np.abs(stats.ttest_1samp(maps, 0).statistic)
    at_least = n_flips - np.searchsorted(np.sort(largest), observed)
    reference = (1 + at_least) / (1 + n_flips)
    spread = np.sqrt(reference * (1 - reference) * (1 / n_flips + 1 / group.N_FLIPS))
    assert np.all(np.abs(group.p - reference) <= 4 * spread + 2 / n_flips)
    assert np.sum(reference < 0.05) > 20


@pytest.mark.parametrize(
    "script", sorted(EXAMPLES.glob("plot_*.py")), ids=lambda path: path.stem
)
def test_every_script_can_be_a_page(script):
    """A title underlined as long as it is, cells, and figures that are shown."""
    text = script.read_text(encoding="utf-8")
    title, line, blank = text.removeprefix("r").removeprefix('"""').split("\n")[1:4]
    assert line == "=" * len(title)
    assert not blank
    cells = text.split("\n# %%\n")[1:]
    assert len(cells) >= 3
    assert all(cell.startswith("# ") for cell in cells)
    assert "plt.show()" in text
    assert "assert " in text
    assert "nilearn" not in text.split("import", 1)[1].split("# %%")[0]
