"""Reference page 004, explicit fixed effects, written for nistats.

The calls are those of the page after the change of the imports, from its fetcher on.
The third map of the fixed effects is a t, as the page says.
"""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.pages import fiac
from tests.pages.pictures import Pictures, colourful
from tests.pages.replay import data_in


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    root = tmp_path_factory.mktemp("fiac")
    files = fiac.write(root)
    with data_in(root):
        yield files


def test_the_analysis_of_the_page(files):
    from boldglm import datasets
    from boldglm.glm.contrasts import compute_fixed_effects
    from boldglm.glm.first_level import FirstLevelModel
    from boldglm.image import mean_img

    data = datasets.fetch_fiac_first_level()
    fmri_img = [data["func1"], data["func2"]]
    mean_img_ = mean_img(fmri_img[0])
    plotting = Pictures()
    design_files = [data["design_matrix1"], data["design_matrix2"]]
    design_matrices = [pd.DataFrame(np.load(df)["X"]) for df in design_files]

    fmri_glm = FirstLevelModel(
        mask_img=data["mask"], smoothing_fwhm=5, minimize_memory=True
    )
    n_columns = design_matrices[0].shape[1]
    contrast_val = np.hstack(([-1, -1, 1, 1], np.zeros(n_columns - 4)))
    cut_coords = [-129, -126, 49]
    contrast_id = "DSt_minus_SSt"

    fmri_glm = fmri_glm.fit(fmri_img[0], design_matrices=design_matrices[0])
    summary_statistics_session1 = fmri_glm.compute_contrast(
        contrast_val, output_type="all"
    )
    plotting.plot_stat_map(
        summary_statistics_session1["z_score"],
        bg_img=mean_img_,
        threshold=3.0,
        cut_coords=cut_coords,
        title=f"{contrast_id}, first session",
    )
    fmri_glm = fmri_glm.fit(fmri_img[1], design_matrices=design_matrices[1])
    summary_statistics_session2 = fmri_glm.compute_contrast(
        contrast_val, output_type="all"
    )
    plotting.plot_stat_map(
        summary_statistics_session2["z_score"],
        bg_img=mean_img_,
        threshold=3.0,
        cut_coords=cut_coords,
        title=f"{contrast_id}, second session",
    )

    contrast_imgs = [
        summary_statistics_session1["effect_size"],
        summary_statistics_session2["effect_size"],
    ]
    variance_imgs = [
        summary_statistics_session1["effect_variance"],
        summary_statistics_session2["effect_variance"],
    ]
    fixed_fx_contrast, fixed_fx_variance, fixed_fx_stat = compute_fixed_effects(
        contrast_imgs, variance_imgs, data["mask"]
    )
    plotting.plot_stat_map(
        fixed_fx_stat,
        bg_img=mean_img_,
        threshold=3.0,
        cut_coords=cut_coords,
        title=f"{contrast_id}, fixed effects",
    )
    plotting.show()

    assert {key: data[key] for key in files} == files
    assert list(plotting.drawn) == [
        f"DSt_minus_SSt, {what}"
        for what in ("first session", "second session", "fixed effects")
    ]
    for display in plotting.drawn.values():
        assert display.cut_coords == (-129.0, -126.0, 49.0)
        assert colourful(display) > 0.002
    inside = nib.load(data["mask"]).get_fdata() > 0
    effects = [image.get_fdata()[inside] for image in contrast_imgs]
    variances = [image.get_fdata()[inside] for image in variance_imgs]
    np.testing.assert_allclose(
        fixed_fx_contrast.get_fdata()[inside], np.mean(effects, axis=0), rtol=1e-5
    )
    np.testing.assert_allclose(
        fixed_fx_variance.get_fdata()[inside], np.mean(variances, axis=0) / 2, rtol=1e-5
    )
    t = fixed_fx_stat.get_fdata()
    expected = np.mean(effects, axis=0) / np.sqrt(np.mean(variances, axis=0) / 2)
    np.testing.assert_allclose(t[inside], expected, rtol=1e-4)
    peaks = [
        one["stat"].get_fdata().max()
        for one in (summary_statistics_session1, summary_statistics_session2)
    ]
    assert t.max() > max(peaks)
    assert t[fiac.ACTIVE].min() > 5
    assert mean_img_.shape == fiac.SHAPE


def test_the_model_is_fitted_anew_for_every_run(files):
    """The page fits one object twice: nothing of the first run is left."""
    from boldglm.glm.first_level import FirstLevelModel

    parameters = {"mask_img": files["mask"], "smoothing_fwhm": 5}
    twice = FirstLevelModel(**parameters)
    for run in ("1", "2"):
        twice.fit(files[f"func{run}"], design_matrices=files[f"design_matrix{run}"])
    once = FirstLevelModel(**parameters)
    once.fit(files["func2"], design_matrices=files["design_matrix2"])
    contrast = np.eye(13)[2]
    np.testing.assert_array_equal(
        twice.compute_contrast(contrast).get_fdata(),
        once.compute_contrast(contrast).get_fdata(),
    )
