"""What stands in a report is what the model, its maps and its tables say."""

import gzip
import warnings

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.reporting import simulated_models as sim

from boldglm._base.errors import ContrastError, NotFittedError
from boldglm._base.warnings import ContrastWarning, FigureWarning, ThresholdWarning
from boldglm.glm import threshold_stats_img
from boldglm.glm.first_level import FirstLevelModel
from boldglm.reporting import get_clusters_table
from boldglm.reporting.gather import gather
from boldglm.reporting.report_options import checked_options

# a, b, six of motion, three drifts, the constant
N_COLUMNS = 12
HOSTILE = "<script>alert(1)</script> & \"'\n\x00 ünï 🧠"


@pytest.fixture(scope="module")
def model():
    return sim.first_level()


def voxels(volume):
    return nib.Nifti1Image.from_bytes(gzip.decompress(volume.nifti))


def whole(volume, shape, affine):
    """The map of a volume on the grid of the model."""
    img = voxels(volume)
    first = np.rint(np.linalg.inv(affine) @ img.affine[:, 3]).astype(int)[:3]
    out = np.zeros(shape)
    out[tuple(slice(a, a + n) for a, n in zip(first, img.shape, strict=True))] = (
        img.get_fdata()
    )
    return out


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("control", ["fpr", "fdr", "bonferroni", None])
def test_maps_thresholds_and_tables_are_those_of_the_functions(
    model, control, two_sided
):
    options = {"height_control": control, "two_sided": two_sided, "alpha": 0.01}
    height = {"threshold": 2.5} if control is None else {}
    found = sim.content(
        model, {"b less a": "b - a"}, cluster_threshold=3, **height, **options
    )
    (one,) = found.contrasts
    z_img = model.compute_contrast("b - a")
    kept, threshold = threshold_stats_img(
        z_img, cluster_threshold=3, **height, **options
    )
    # nothing may be shown: the height is beyond all there is
    unreached = one.volume.largest + one.volume.step
    assert one.height == (threshold if np.isfinite(threshold) else unreached)
    assert one.n_above == np.count_nonzero(kept.get_fdata())
    assert one.two_sided is two_sided
    shown = whole(one.volume, z_img.shape, z_img.affine)
    assert np.abs(shown - z_img.get_fdata()).max() <= 0.5001 * one.volume.step
    assert one.volume.largest == np.abs(z_img.get_fdata()).max()
    assert one.volume.has_negative
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ThresholdWarning)
        table = get_clusters_table(z_img, one.height, 3, two_sided=two_sided)
    assert [(c.label, c.x, c.y, c.z, c.peak) for c in one.clusters] == [
        (str(row[0]), *row[1:5]) for row in table.itertuples(index=False)
    ]
    sizes = [c.size for c in one.clusters if c.size is not None]
    assert sizes == [size for size in table["Cluster Size (mm3)"] if size != ""]
    # a is stronger than b: all there is to find is negative
    assert bool(one.clusters) is two_sided


def test_two_sided_is_off_unless_asked_and_f_has_no_sides(model):
    rows = np.eye(N_COLUMNS)[:2]
    with pytest.warns(ContrastWarning, match="approximate fixed effects"):
        found = sim.content(model, {"F": rows, "t": "a"}, two_sided=True)
    assert [one.kind for one in found.contrasts] == ["F", "t"]
    assert [one.two_sided for one in found.contrasts] == [False, True]
    assert found.contrasts[0].height == pytest.approx(3.0902, abs=1e-4)
    assert found.contrasts[1].height == pytest.approx(3.2905, abs=1e-4)
    assert not sim.content(model, "a").contrasts[0].two_sided


def test_what_survives_is_said_and_so_is_that_nothing_does(model):
    found = sim.content(model, {"much": "a", "none": "trans_x"}, height_control="fdr")
    much, none = found.contrasts
    peak = much.clusters[0]
    assert f"{much.n_above} voxels in" in much.conclusion
    assert f"z = {peak.peak:.2f} at ({peak.x:.0f}, " in much.conclusion
    assert none.n_above == 0
    assert none.clusters == ()
    assert none.conclusion == "No voxel survives a false discovery rate of 0.001."
    assert np.isfinite(none.height)
    assert none.height > none.volume.largest
    assert "nothing is shown" in none.threshold_words
    assert "false discovery rate over 720 voxels" in much.threshold_words
    strict = sim.content(model, "trans_x", height_control="bonferroni").contrasts[0]
    assert strict.conclusion == f"No voxel survives z > {strict.height:.2f}."


def test_nothing_survives_without_a_warning(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = sim.content(
            model, "trans_x", height_control=None, threshold=30, two_sided=True
        )
    assert found.contrasts[0].conclusion == "No voxel survives |z| > 30.00."


def test_short_weights_are_completed_with_one_warning_for_all(model):
    asked = {"short": [1, -1], "nested": [[0, 1]], "each": [[1.0], [1.0, 0]], "e": "a"}
    with pytest.warns(ContrastWarning) as told:
        found = sim.content(model, asked)
    messages = [str(one.message) for one in told]
    assert sum("completed with zeros" in one for one in messages) == 1
    assert "'short', 'nested', 'each'" in messages[0]
    assert not any("was padded" in one for one in messages)
    assert set(messages) <= set(found.warnings)
    assert [one.definition for one in found.contrasts] == ["a - b", "b", "a", "a"]
    with pytest.warns(ContrastWarning):
        expected = model.compute_contrast([1, -1])
    shown = whole(found.contrasts[0].volume, expected.shape, expected.affine)
    np.testing.assert_allclose(
        shown, expected.get_fdata(), atol=found.contrasts[0].volume.step
    )


def test_runs_with_weights_of_their_own(model):
    wide = [np.eye(N_COLUMNS)[0], np.eye(N_COLUMNS)[1]]
    found = sim.content(model, {"mixed": wide})
    one = found.contrasts[0]
    assert one.definition == "run 1: a | run 2: b"
    assert b"run 2" in one.weights.data
    for index, run in enumerate(found.runs):
        X = model.design_matrices_[index].to_numpy()
        expected = 1 / np.linalg.inv(X.T @ X)[index, index]
        assert run.efficiency.rows[0][1] == pytest.approx(expected)
    with pytest.warns(ContrastWarning, match="Contrast for run 1 is null"):
        found = sim.content(model, {"first": [wide[0], 0 * wide[0]]})
    assert found.contrasts[0].definition == "run 1: a | run 2: left out"
    assert found.runs[1].efficiency.rows == (("first", None, "left out of this run"),)


@pytest.mark.parametrize("contrasts", [None, {}, [], ()])
def test_without_contrasts_the_report_is_about_the_model(model, contrasts):
    found = sim.content(model, contrasts)
    assert found.contrasts == ()
    assert [run.efficiency.rows for run in found.runs] == [(), ()]
    assert found.noise is not None
    assert not any("tested" in words for words in found.methods)


def test_lists_and_arrays_are_contrasts_one_by_one(model):
    assert [c.name for c in sim.content(model, ["a", "a - b"]).contrasts] == [
        "a",
        "a - b",
    ]
    found = sim.content(model, np.eye(N_COLUMNS)[:2])
    assert [(c.name, c.kind) for c in found.contrasts] == [("a", "t"), ("b", "t")]


def test_efficiency_and_inflation_are_of_each_run(model):
    found = sim.content(model, {"a-b": "a - b"})
    for run, design in zip(found.runs, model.design_matrices_, strict=True):
        X = design.to_numpy()
        row = np.eye(X.shape[1])[0] - np.eye(X.shape[1])[1]
        expected = 1 / (row @ np.linalg.inv(X.T @ X) @ row)
        assert run.efficiency.rows[0][0] == "a-b"
        assert run.efficiency.rows[0][1] == pytest.approx(expected)
        assert [one[0] for one in run.regressors.rows] == list(design.columns)
        assert run.motion is not None
        assert run.events is not None
        assert run.correlation is not None


def test_the_noise_is_that_of_the_fit(model):
    noise = sim.content(model).noise
    for row, fit in zip(noise.facts.rows, model.fits_, strict=True):
        assert row[1] == "ar1"
        assert row[2] == pytest.approx(np.median(fit.phi[0]))
    white = model._record.runs[0].whiteness
    assert noise.facts.rows[0][3:5] == (white.before[0, 2], white.after[0, 2])
    assert "order 1" in noise.words
    assert noise.map is not None
    assert noise.histogram is not None
    assert noise.whiteness is not None
    plain = sim.content(sim.first_level(noise_model="ols")).noise
    assert plain.map is None
    assert plain.histogram is None
    assert plain.whiteness is not None
    assert "white" in plain.words


def test_the_model_is_not_changed(model):
    before = {name: id(value) for name, value in vars(model).items()}
    betas = [fit.beta.copy() for fit in model.fits_]
    designs = [design.copy() for design in model.design_matrices_]
    asked = {"short": [1, -1]}
    with pytest.warns(ContrastWarning):
        sim.content(model, asked)
    assert {name: id(value) for name, value in vars(model).items()} == before
    assert asked == {"short": [1, -1]}
    for fit, beta in zip(model.fits_, betas, strict=True):
        np.testing.assert_array_equal(fit.beta, beta)
    for one, other in zip(model.design_matrices_, designs, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_saved_model_has_the_same_report(model, tmp_path):
    model.save(tmp_path / "model.npz")
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    one, other = (sim.content(each, {"a": "a"}) for each in (model, loaded))
    assert one.contrasts == other.contrasts
    assert one.noise == other.noise
    assert one.runs == other.runs
    assert one.methods == other.methods
    assert one.data == other.data


def test_a_model_that_remembers_nothing_says_so(tmp_path):
    found = sim.content(sim.first_level(reports=False), "a")
    assert found.noise.whiteness is None
    assert "were not looked at" in found.noise.words
    assert any("not known how the design" in words for words in found.methods)
    assert "does not remember" in found.data.rows[0][1]


def test_the_template_is_left_out_where_the_images_lie_elsewhere(model):
    with pytest.warns(FigureWarning, match="in another space") as told:
        found = sim.content(sim_elsewhere(), "a", bg_img="MNI152TEMPLATE")
    assert len(told) == 1
    assert found.space == ""
    assert found.background is None
    assert found.contrasts[0].glass is None
    assert any("in another space" in one for one in found.warnings)
    inside = sim.content(model, "a", bg_img="MNI152TEMPLATE")
    assert inside.space == "MNI152"
    assert ("space", "MNI152, as the header says") in inside.data.rows
    assert "the space is MNI152, as the header says" in inside.contrasts[0].table_words
    assert inside.background is not None
    assert inside.contrasts[0].glass is not None
    assert "MNI152 coordinates" in inside.contrasts[0].conclusion
    small = sim.first_level(1, mask_img=sim.brain("aligned"))
    with pytest.warns(FigureWarning, match="in another space"):
        unknown = sim.content(small, "a", bg_img="MNI152TEMPLATE")
    assert "MNI" not in unknown.contrasts[0].conclusion
    assert not any("Fonov" in one for one in unknown.citations)
    assert any("Fonov" in one for one in inside.citations)
    given = sim.content(model, "a", bg_img=sim.anatomy())
    assert given.space == ""
    assert given.background is not None
    glass = sim.content(model, "a", bg_img=None, plot_type="glass")
    assert glass.contrasts[0].glass is not None


def sim_elsewhere():
    """A fitted model 300 mm away from any brain."""
    model = sim.first_level(1)
    affine = model.mask_img_.affine.copy()
    affine[:3, 3] += 300
    from boldglm.maskers import NiftiMasker

    data = np.asarray(model.mask_img_.dataobj)
    model.masker_ = NiftiMasker(mask_img=nib.Nifti1Image(data, affine)).fit()
    model.mask_img_ = model.masker_.mask_img_
    return model


def test_hostile_and_odd_names_are_taken_as_they_are(model):
    names = [HOSTILE, "x" * 3000, "tab\tname", "$a_b$", 7]
    found = sim.content(model, dict.fromkeys(names, "a"), title=HOSTILE)
    assert [one.name for one in found.contrasts] == [str(name) for name in names]
    assert len({one.key for one in found.contrasts}) == len(names)
    assert found.title == HOSTILE
    assert sim.content(model, {"": "a - b"}).contrasts[0].name == "a - b"


def test_hostile_regressors_make_figures_that_can_be_read(model):
    from xml.etree import ElementTree as ET

    odd = sim.first_level(1)
    odd.design_matrices_[0] = odd.design_matrices_[0].rename(columns={"a": HOSTILE})
    found = sim.content(odd, {"first": np.eye(N_COLUMNS)[0]})
    (run,) = found.runs
    figures = [run.design, run.correlation, found.contrasts[0].weights]
    for figure in figures:
        root = ET.fromstring(figure.data)
        assert not [one for one in root.iter() if one.tag.endswith("script")]


def test_maps_without_a_statistic_are_reported(model):
    empty = sim.first_level(1)
    for name in ("beta", "sigma2"):
        getattr(empty.fits_[0], name)[...] = 0.0
    for control in ("fpr", "fdr", "bonferroni"):
        (one,) = sim.content(empty, "a", height_control=control).contrasts
        assert one.conclusion == (
            "No voxel survives: none in the mask has a statistic to test."
        )
        assert (one.n_above, one.clusters, one.histogram) == (0, (), None)
        assert np.isfinite(one.height)


def test_maps_of_nan_are_reported(monkeypatch):
    model = sim.first_level(1)
    nothing = model.compute_contrast("a")
    data = np.full(nothing.shape, np.nan, np.float32)
    img = nib.Nifti1Image(data, nothing.affine)
    monkeypatch.setattr(FirstLevelModel, "compute_contrast", lambda *_: img)
    (one,) = sim.content(model, "a").contrasts
    assert one.n_above == 0
    assert one.conclusion.startswith("No voxel survives")
    assert one.largest is None
    assert not voxels(one.volume).get_fdata().any()


def test_many_runs_and_contrasts(tmp_path):
    model = sim.first_level(20)
    found = sim.content(model, {f"contrast {i}": "a - b" for i in range(50)})
    assert len(found.runs) == 20
    assert len({run.key for run in found.runs}) == 20
    assert len({one.key for one in found.contrasts}) == 50
    figures = [
        figure.name
        for part in (*found.runs, *found.contrasts, found.noise)
        for figure in vars(part).values()
        if type(figure).__name__ == "Figure"
    ]
    assert len(set(figures)) == len(figures)


def test_no_figure_is_left_open(model):
    from matplotlib import pyplot as plt

    sim.content(model, "a", bg_img="MNI152TEMPLATE")
    assert plt.get_fignums() == []


def test_mistakes_are_told_with_the_name_of_the_contrast(model):
    with pytest.raises(ContrastError) as told:
        sim.content(model, {"wrong one": "nobody - a"})
    assert "'wrong one'" in "".join(told.value.__notes__)
    with pytest.raises(NotFittedError, match="has not been fitted"):
        sim.content(FirstLevelModel())
    with pytest.raises(TypeError, match="this is a str"):
        sim.content("model")
    with pytest.raises(ContrastError, match="contrasts is a int"):
        sim.content(model, 3)


def test_a_negative_height_is_refused_and_two_sides_show_what_lies_below(model):
    given = {"height_control": None}
    with pytest.raises(ValueError, match="threshold=-3 is negative"):
        sim.content(model, "b - a", threshold=-3, **given)
    (one,) = sim.content(model, "b - a", threshold=3, two_sided=True, **given).contrasts
    assert one.n_above > 0
    assert any(cluster.peak < -3 for cluster in one.clusters)


def test_peaks_lie_as_far_apart_as_is_asked(model):
    near, far = (
        sim.content(model, "a", min_distance=mm).contrasts[0] for mm in (3.0, 30.0)
    )
    assert len(near.clusters) > len(far.clusters)
    assert "more than 3 mm apart" in near.table_words


def test_a_row_may_be_asked_as_f(model):
    options = checked_options(
        contrasts={"x": "a", "y": "a"},
        contrast_types={"x": "F"},
        two_sided=True,
        bg_img=None,
    )
    with pytest.warns(ContrastWarning, match="approximate fixed effects"):
        found = gather(model, options)
    with pytest.warns(ContrastWarning, match="approximate fixed effects"):
        expected = model.compute_contrast("a", stat_type="F")
    f_test, t_test = found.contrasts
    assert (f_test.kind, t_test.kind) == ("F", "t")
    assert (f_test.two_sided, t_test.two_sided) == (False, True)
    assert f_test.volume.largest == np.abs(expected.get_fdata()).max()


def test_voxels_that_were_tested_are_counted():
    model = sim.first_level(1)
    model.fits_[0].beta[:, :7] = 0.0
    model.fits_[0].sigma2[:7] = 0.0
    (one,) = sim.content(model, "a").contrasts
    assert (one.n_voxels, one.n_tested) == (720, 713)
    assert "of 713 voxels" in one.threshold_words
