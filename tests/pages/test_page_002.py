"""Reference page 002, two runs of one subject: its analysis, from files to maps.

The calls are those of the page after the change of the import root, from its fetcher
on.
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.pages import fiac
from tests.pages.pictures import Pictures, colourful
from tests.pages.replay import data_in

from boldglm._base.warnings import ContrastWarning

PADDED = "t contrasts should be of length P=13, but"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    root = tmp_path_factory.mktemp("fiac")
    files = fiac.write(root)
    with data_in(root):
        yield files


@pytest.fixture(scope="module")
def page(files):
    """What the page has made when it comes to its eight contrasts."""
    from boldglm.datasets import func
    from boldglm.glm.contrasts import compute_fixed_effects
    from boldglm.glm.first_level import FirstLevelModel
    from boldglm.image import mean_img

    data = func.fetch_fiac_first_level()
    fmri_imgs = [data["func1"], data["func2"]]
    mean_img_ = mean_img(fmri_imgs[0])
    plotting = Pictures()

    design_files = [data["design_matrix1"], data["design_matrix2"]]
    design_matrices = [pd.DataFrame(np.load(df)["X"]) for df in design_files]

    fmri_glm = FirstLevelModel(
        mask_img=data["mask"],
        smoothing_fwhm=5,
        minimize_memory=True,
    )

    cut_coords = [-129, -126, 49]
    contrast_id = "DSt_minus_SSt"

    contrast_val = [[-1, -1, 1, 1]]
    fmri_glm_run_1 = fmri_glm.fit(fmri_imgs[0], design_matrices=design_matrices[0])
    with pytest.warns(ContrastWarning, match=PADDED):
        summary_statistics_run_1 = fmri_glm_run_1.compute_contrast(
            contrast_val,
            output_type="all",
        )
    plotting.plot_stat_map(
        summary_statistics_run_1["z_score"],
        bg_img=mean_img_,
        threshold=3.0,
        cut_coords=cut_coords,
        title=f"{contrast_id}, first run",
    )

    fmri_glm_run_2 = fmri_glm.fit(fmri_imgs[1], design_matrices=design_matrices[1])
    contrast_val = np.array([[-1, -1, 1, 1]])
    with pytest.warns(ContrastWarning, match=PADDED):
        summary_statistics_run_2 = fmri_glm_run_2.compute_contrast(
            contrast_val,
            output_type="all",
        )
    plotting.plot_stat_map(
        summary_statistics_run_2["z_score"],
        bg_img=mean_img_,
        threshold=3.0,
        cut_coords=cut_coords,
        title=f"{contrast_id}, second run",
    )

    contrast_imgs = [
        summary_statistics_run_1["effect_size"],
        summary_statistics_run_2["effect_size"],
    ]
    variance_imgs = [
        summary_statistics_run_1["effect_variance"],
        summary_statistics_run_2["effect_variance"],
    ]
    fixed_fx_contrast, fixed_fx_variance, fixed_fx_stat = compute_fixed_effects(
        contrast_imgs,
        variance_imgs,
        data["mask"],
    )
    plotting.plot_stat_map(
        fixed_fx_stat,
        bg_img=mean_img_,
        threshold=3.0,
        cut_coords=cut_coords,
        title=f"{contrast_id}, fixed effects",
    )

    fmri_glm_multirun = fmri_glm.fit(fmri_imgs, design_matrices=design_matrices)
    contrast_val = [
        np.array([[-1, -1, 1, 1]]),  # run 1
        np.array([[-1, -1, 1, 1]]),  # run 2
    ]
    with pytest.warns(ContrastWarning, match=PADDED):
        z_map = fmri_glm_multirun.compute_contrast(
            contrast_val,
            output_type="z_score",
        )
    plotting.plot_stat_map(
        z_map,
        bg_img=mean_img_,
        threshold=3.0,
        cut_coords=cut_coords,
        title=f"{contrast_id}, fixed effects",
    )
    plotting.show()
    return {
        "data": data,
        "pictures": plotting.drawn,
        "mean_img": mean_img_,
        "design_matrices": design_matrices,
        "runs": [summary_statistics_run_1, summary_statistics_run_2],
        "images": (contrast_imgs, variance_imgs),
        "fixed": (fixed_fx_contrast, fixed_fx_variance, fixed_fx_stat),
        "model": fmri_glm_multirun,
        "z_map": z_map,
    }


def test_the_page_has_fetched_what_is_there(page, files):
    assert {key: page["data"][key] for key in files} == files


def test_each_run_gives_five_maps_that_find_the_effect(page):
    for summary in page["runs"]:
        z = summary["z_score"].get_fdata()
        assert len(summary) == 5
        assert z[fiac.ACTIVE].min() > 3
    assert page["mean_img"].shape == fiac.SHAPE


def test_the_four_figures_show_the_effect(page):
    assert list(page["pictures"]) == [
        f"DSt_minus_SSt, {what}"
        for what in ("first run", "second run", "fixed effects")
    ]
    for display in page["pictures"].values():
        assert list(display.axes) == ["x", "y", "z"]
        assert display.cut_coords == (-129.0, -126.0, 49.0)
        assert colourful(display) > 0.002


def test_fixed_effects_have_higher_peaks_than_the_runs(page):
    """What the page says of its figures."""
    t = page["fixed"][2].get_fdata()
    peaks = [summary["stat"].get_fdata().max() for summary in page["runs"]]
    assert t.max() > max(peaks)
    mask = nib.load(page["data"]["mask"]).get_fdata()
    assert not t[mask == 0].any()


def test_several_runs_in_one_fit_are_the_explicit_fixed_effects(page):
    """With the degrees of freedom of the runs, the two ways are one."""
    from boldglm.glm.contrasts import compute_fixed_effects

    model = page["model"]
    dofs = [fit.dof for fit in model.fits_]
    assert dofs == [191 - 13] * 2
    explicit = compute_fixed_effects(
        *page["images"], page["data"]["mask"], dofs=dofs, return_z_score=True
    )
    weights = [np.r_[-1, -1, 1, 1, np.zeros(9)]] * 2
    maps = model.compute_contrast(weights, output_type="all")
    names = ["effect_size", "effect_variance", "stat", "z_score"]
    for name, expected in zip(names, explicit, strict=True):
        np.testing.assert_allclose(
            maps[name].get_fdata(), expected.get_fdata(), rtol=1e-5, atol=1e-5
        )
    assert np.array_equal(page["z_map"].get_fdata(), maps["z_score"].get_fdata())
    for name, found in zip(names, page["fixed"], strict=False):
        np.testing.assert_allclose(
            found.get_fdata(), maps[name].get_fdata(), rtol=1e-5, atol=1e-5
        )


def write_maps(fmri_glm, contrasts, output_dir):
    """The loop of the page."""
    for contrast_id, contrast_val in contrasts.items():
        z_map = fmri_glm.compute_contrast(contrast_val, output_type="z_score")
        z_image_path = output_dir / f"{contrast_id}_z_map.nii.gz"
        z_map.to_filename(z_image_path)


def test_the_eight_contrasts_are_computed_and_written(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output_dir = Path.cwd() / "results" / "plot_two_runs_model"
    output_dir.mkdir(exist_ok=True, parents=True)
    fmri_glm, design_matrices = page["model"], page["design_matrices"]
    n_columns = design_matrices[0].shape[1]
    contrasts = {
        "SStSSp_minus_DStDSp": np.array([[1, 0, 0, -1]]),
        "DStDSp_minus_SStSSp": np.array([[-1, 0, 0, 1]]),
        "DSt_minus_SSt": np.array([[-1, -1, 1, 1]]),
        "DSp_minus_SSp": np.array([[-1, 1, -1, 1]]),
        "DSt_minus_SSt_for_DSp": np.array([[0, -1, 0, 1]]),
        "DSp_minus_SSp_for_DSt": np.array([[0, 0, -1, 1]]),
        "Deactivation": np.array([[-1, -1, -1, -1, 4]]),
        "Effects_of_interest": np.eye(n_columns)[:5, :],  # An F-contrast
    }
    with pytest.warns(ContrastWarning) as caught:
        write_maps(fmri_glm, contrasts, output_dir)
    said = " ".join(str(warning.message) for warning in caught)
    # The columns of both runs agree, so one contrast for both is no news.
    assert "The same contrast will be used" not in said
    assert f"{PADDED} this one has length 5" in said
    assert "Running approximate fixed effects on F statistics." in said
    assert all(warning.filename == __file__ for warning in caught)

    written = {path.name for path in output_dir.iterdir()}
    assert written == {f"{name}_z_map.nii.gz" for name in contrasts}
    maps = {name: nib.load(output_dir / f"{name}_z_map.nii.gz") for name in contrasts}
    for image in maps.values():
        assert image.shape == fiac.SHAPE
        np.testing.assert_allclose(image.affine, fiac.AFFINE)
    active = {name: z.get_fdata()[fiac.ACTIVE].mean() for name, z in maps.items()}
    assert active["DSt_minus_SSt"] > 8
    assert active["DStDSp_minus_SStSSp"] > 5
    assert active["SStSSp_minus_DStDSp"] == -active["DStDSp_minus_SStSSp"]
    assert abs(active["DSp_minus_SSp"]) < 1.5
    assert active["Effects_of_interest"] > 8


def test_the_report_is_made_and_written(page, tmp_path):
    fmri_glm_multirun, mean_img_ = page["model"], page["mean_img"]
    n_columns = page["design_matrices"][0].shape[1]
    contrasts = {
        "SStSSp_minus_DStDSp": np.array([[1, 0, 0, -1]]),
        "DStDSp_minus_SStSSp": np.array([[-1, 0, 0, 1]]),
        "DSt_minus_SSt": np.array([[-1, -1, 1, 1]]),
        "DSp_minus_SSp": np.array([[-1, 1, -1, 1]]),
        "DSt_minus_SSt_for_DSp": np.array([[0, -1, 0, 1]]),
        "DSp_minus_SSp_for_DSt": np.array([[0, 0, -1, 1]]),
        "Deactivation": np.array([[-1, -1, -1, -1, 4]]),
        "Effects_of_interest": np.eye(n_columns)[:5, :],  # An F-contrast
    }
    with pytest.warns(ContrastWarning) as caught:
        report = fmri_glm_multirun.generate_report(
            contrasts,
            bg_img=mean_img_,
            title="two-runs fMRI model fitting",
        )
    # One warning for all that are short, and one about F over runs
    assert len(caught) == 2
    assert all(warning.filename == __file__ for warning in caught)
    report.save_as_html(tmp_path / "report.html")
    written = (tmp_path / "report.html").read_text()
    assert "two-runs fMRI model fitting" in written
    assert all(name in written for name in contrasts)
    assert "column 0 - column 3" in written
    # The columns are numbers still
    assert list(fmri_glm_multirun.design_matrices_[0].columns) == list(range(13))
