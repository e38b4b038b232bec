"""What `fit` accepts, and what it says about what it does not."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import DesignError, DimensionError, ImageFileError, ShapeError
from boldglm._base.warnings import DesignWarning
from boldglm.core.gls import fit_glm
from boldglm.core.noise import noise_model
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.first_level.runs import collect_runs
from boldglm.image import reading


@pytest.fixture
def files(tmp_path, table):
    """Image, events and confounds of two runs, as paths."""
    return [sim.write_run(tmp_path, run, table) for run in (1, 2)]


def z_of(model, contrast="a"):
    return model.compute_contrast(contrast).get_fdata()


# --- every way to say the same ---


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: (x,)])
def test_one_run_bare_in_a_list_and_in_a_tuple_are_the_same(model, run, table, wrap):
    expected = z_of(model.fit(run, events=table))
    assert np.array_equal(z_of(model.fit(wrap(run), events=wrap(table))), expected)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_paths_give_what_images_and_tables_give(model, files, table, kind):
    bold, events, confounds = files[0]
    named = model.fit(kind(bold), kind(events), kind(confounds))
    z_named = z_of(named)
    loaded = model.fit(nib.load(bold), table, sim.confounds(1))
    np.testing.assert_allclose(z_of(loaded), z_named, atol=1e-6)


def test_a_home_folder_is_found(model, files, table, monkeypatch):
    bold = files[0][0]
    monkeypatch.setenv("HOME", str(bold.parent))
    assert z_of(model.fit(f"~/{bold.name}", table)).max() > 3


def test_a_pattern_stands_for_the_runs_it_matches(model, files, table):
    pattern = str(files[0][0].parent / "run-*_bold.nii.gz")
    listed = z_of(model.fit([bold for bold, _, _ in files], [table, table]))
    assert np.array_equal(z_of(model.fit(pattern, [table, table])), listed)
    assert len(model.fits_) == 2


def test_a_pattern_of_volumes_is_one_run(model, run, table, tmp_path):
    for scan, volume in enumerate(nib.four_to_three(run)):
        nib.save(volume, tmp_path / f"vol-{scan:03d}.nii")
    joined = z_of(model.fit(str(tmp_path / "vol-*.nii"), table))
    np.testing.assert_allclose(joined, z_of(model.fit(run, table)), atol=1e-5)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".img"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_the_type_and_format_of_the_file_do_not_matter(
    model, table, tmp_path, suffix, dtype
):
    data = np.rint(sim.series(table) / 8)
    kind = nib.Nifti1Pair if suffix == ".img" else nib.Nifti1Image
    path = tmp_path / f"run{suffix}"
    nib.save(kind(data.astype(dtype), sim.AFFINE), path)
    memory = model.fit(nib.Nifti1Image(data.astype(np.float32), sim.AFFINE), table)
    expected = z_of(memory)
    np.testing.assert_allclose(z_of(model.fit(path, table)), expected, atol=1e-5)


def test_designs_may_be_tables_arrays_and_files(run, table, brain, tmp_path):
    design = sim.design(table)
    design.to_csv(tmp_path / "design.tsv", sep="\t", index=False)
    np.savez(tmp_path / "design.npz", X=design.to_numpy())
    forms = [
        design,
        design.to_numpy(),
        tmp_path / "design.tsv",
        str(tmp_path / "design.npz"),
    ]
    maps = [
        FirstLevelModel(mask_img=brain)
        .fit(run, design_matrices=form)
        .compute_contrast(np.array([1.0, 0, 0, 0]))
        .get_fdata()
        for form in forms
    ]
    for other in maps[1:]:
        np.testing.assert_allclose(other, maps[0], atol=1e-6)


def test_confounds_may_be_arrays(model, run, table):
    model.fit(run, table, sim.confounds().to_numpy())
    assert [f"confound_{i}" for i in range(3)] == [
        name for name in model.design_matrices_[0] if str(name).startswith("conf")
    ]


@pytest.mark.parametrize(
    "form",
    [
        lambda kept: kept,
        np.flatnonzero,
        lambda kept: np.flatnonzero(kept).tolist(),
        lambda kept: [kept],
        lambda kept: [np.flatnonzero(kept)],
    ],
)
def test_scans_are_kept_by_booleans_or_indices(model, run, table, form):
    """Leaving scans out at the ends is fitting the images and designs without them."""
    kept = np.ones(sim.N_SCANS, bool)
    kept[[0, 1, -1]] = False
    masked = z_of(model.fit(run, table, sample_masks=form(kept)))
    assert model.design_matrices_[0].shape[0] == 77
    short = nib.Nifti1Image(np.asarray(run.dataobj)[..., kept], run.affine)
    cut = FirstLevelModel(mask_img=model.mask_img).fit(
        short, design_matrices=model.design_matrices_[0]
    )
    np.testing.assert_allclose(masked, z_of(cut), atol=1e-5)


@pytest.mark.parametrize("minimize_memory", [True, False])
@pytest.mark.parametrize("noise", ["ar1", "ar3+", "arma11"])
def test_noise_goes_on_through_scans_left_out(
    model, run, table, noise, minimize_memory
):
    kept = np.ones(sim.N_SCANS, bool)
    kept[[0, 1, 40, 41]] = False
    model.set_params(noise_model=noise, minimize_memory=minimize_memory)
    (fit,) = model.fit(run, table, sample_masks=kept).fits_
    assert fit.forms.lags.line.stretches.tolist() == [0, 38]
    X = model.design_matrices_[0].to_numpy()
    Y = model.masker_.transform(run, sample_mask=np.flatnonzero(kept))
    Y = 100 * (Y / Y.mean(axis=0) - 1)
    expected = fit_glm(Y, X, noise_model(noise), scans=np.flatnonzero(kept))
    np.testing.assert_allclose(fit.phi, expected.phi, atol=2e-3)
    np.testing.assert_allclose(fit.beta, expected.beta, atol=2e-3)
    over = fit_glm(Y, X, noise_model(noise))
    assert np.abs(over.phi - expected.phi).max() > 0.01


@pytest.mark.parametrize("noise", ["ar2+", "auto2", "ols+2"])
def test_a_scan_left_out_and_a_column_for_it_are_the_same(model, run, table, noise):
    options = {"noise_model": noise, "first_scans": "exact", "signal_scaling": False}
    model.set_params(**options)
    design = model.fit(run, table).design_matrices_[0]
    spoilt = [7, 30, 31, 55]
    for scan in spoilt:
        design[f"spike_{scan}"] = np.eye(sim.N_SCANS)[scan]
    other = FirstLevelModel(mask_img=model.mask_img, **options)
    with_columns = z_of(other.fit(run, design_matrices=design), "a - b")
    kept = np.setdiff1d(np.arange(sim.N_SCANS), spoilt)
    without = z_of(model.fit(run, table, sample_masks=kept), "a - b")
    np.testing.assert_allclose(without, with_columns, atol=2e-3)


def test_divergence_gaps_are_filtered_over_with_bins_as_nilearn_does(model, run, table):
    kept = np.ones(sim.N_SCANS, bool)
    kept[40] = False
    (fit,) = model.fit(run, table, sample_masks=kept, bins=100).fits_
    assert fit.forms.lags.line.stretches.tolist() == [0]


def test_too_many_scans_left_out_to_follow_the_noise_are_told(
    model, run, table, monkeypatch
):
    from boldglm.core import timeline

    monkeypatch.setattr(timeline, "MOST_HIDDEN", 5)
    kept = np.ones(sim.N_SCANS, bool)
    kept[10:70:10] = False
    with pytest.warns(DesignWarning, match="6 scans are missing .* more than 5"):
        (fit,) = model.fit(run, table, sample_masks=kept).fits_
    assert fit.forms.lags.starts.size == 7


def test_runs_may_keep_other_scans_or_all(model, run, table):
    model.fit([run, run], [table, table], sample_masks=[np.arange(60), None])
    assert [len(design) for design in model.design_matrices_] == [60, 80]


# --- errors about images ---


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "NoneType"), (3, "int"), (np.zeros((2, 2, 2, 9)), "ndarray")],
)
def test_what_is_no_image_is_named(model, table, value, kind):
    with pytest.raises(TypeError, match=f"run_imgs has a {kind}; expected an image"):
        model.fit(value, table)
    with pytest.raises(TypeError, match=f"run_imgs has a {kind}"):
        model.fit([value], table)


def test_an_empty_list_is_an_error(model, table):
    with pytest.raises(TypeError, match="run_imgs is empty"):
        model.fit([], table)


def test_surfaces_are_not_there_yet(model, table):
    class Surface:
        mesh = None

    with pytest.raises(TypeError, match="surface images are not supported yet"):
        model.fit(Surface(), table)


@pytest.mark.parametrize("several", [False, True])
def test_a_volume_is_not_a_run(model, table, brain, several):
    images = [brain] * 80 if several else brain
    with pytest.raises(DimensionError, match=r"4D image.*concat_imgs"):
        model.fit(images, table)


def test_a_file_that_is_missing_is_named(model, table):
    with pytest.raises(ImageFileError, match=r"not found: 'no-such_bold\.nii'"):
        model.fit("no-such_bold.nii", table)


def test_runs_on_other_grids_are_told_apart(model, run, table):
    moved = nib.Nifti1Image(np.asarray(run.dataobj), run.affine + np.eye(4))
    with pytest.raises(ShapeError, match=r"run at index 1\) has a different field of"):
        model.fit([run, moved], [table, table])
    cropped = nib.Nifti1Image(np.asarray(run.dataobj)[1:], run.affine)
    with pytest.raises(ShapeError, match=r"(?s)\(9, 11, 12\).*shape \(10, 11, 12\)"):
        model.fit([run, cropped], [table, table])


# --- errors about tables ---


def test_there_must_be_events_or_designs(model, run):
    with pytest.raises(ValueError, match="events or design matrices must be provided"):
        model.fit(run)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("events", [sim.events()]),
        ("events", sim.events()),
        ("confounds", [sim.confounds()] * 3),
        ("sample_masks", [np.arange(60)] * 3),
        ("design_matrices", [sim.design(sim.events())]),
    ],
)
def test_there_is_one_table_per_run(model, run, table, name, value):
    given = len(value) if isinstance(value, list) else 1
    tables = {"events": [table, table], name: value}
    if name == "design_matrices":
        tables, model = {name: value}, FirstLevelModel(mask_img=model.mask_img)
    with pytest.raises(
        ShapeError, match=rf"len\(run_imgs\) 2 does not match len\({name}\) {given}"
    ):
        model.fit([run, run], **tables)


def test_the_repetition_time_is_needed_for_designs(run, table):
    with pytest.raises(
        DesignError, match=r"t_r not given to FirstLevelModel .*design_matrices="
    ):
        FirstLevelModel().fit(run, table)


def test_a_cut_off_in_seconds_is_told_from_one_in_hertz(model, run, table):
    with pytest.raises(DesignError, match="A period of 128 s is high_pass=1/128"):
        model.set_params(high_pass=128).fit(run, table)


@pytest.mark.parametrize("reference", [-0.1, 1.1, None, "mid"])
def test_the_slice_time_reference_is_a_fraction(model, run, table, reference):
    with pytest.raises(DesignError, match=r"slice_time_ref is .*; expected .*0 to 1"):
        model.set_params(slice_time_ref=reference).fit(run, table)


def test_scans_are_timed_by_the_slice_time_reference(model, run, table):
    model.set_params(slice_time_ref=0.5).fit(run, table)
    times = model.design_matrices_[0].index
    np.testing.assert_allclose(times, (np.arange(sim.N_SCANS) + 0.5) * sim.T_R)


def test_designs_have_a_row_per_scan(run, table, brain):
    short = sim.design(table).iloc[:70]
    with pytest.raises(DesignError, match=r"at index 1 has 70 rows.*80 scans"):
        FirstLevelModel(mask_img=brain).fit(
            [run, run], design_matrices=[sim.design(table), short]
        )


def test_confounds_have_a_row_per_scan(model, run, table):
    with pytest.raises(DesignError, match=r"confounds .*index 0 has 79 rows.*80 scans"):
        model.fit(run, table, sim.confounds().iloc[1:])


def test_confounds_without_a_first_value_are_zero_there(model, run, table):
    """The first scan has no difference to the one before."""
    missing = sim.confounds()
    missing.iloc[0, 1] = np.nan
    with pytest.warns(DesignWarning, match="first row of 'motion_1' is set to 0"):
        model.fit(run, table, missing)
    assert model.design_matrices_[0]["motion_1"].iloc[0] == 0
    assert np.isnan(missing.iloc[0, 1])


def test_confounds_that_miss_other_values_are_named(model, run, table):
    missing = sim.confounds()
    missing.iloc[5, 2] = np.nan
    with pytest.raises(DesignError, match="column 'motion_2' has nan in row 5"):
        model.fit(run, table, missing)


def test_an_unknown_noise_model_or_scaling_is_named(model, run, table):
    with pytest.raises(ValueError, match="noise_model is 'ar'; expected 'ols', or"):
        model.set_params(noise_model="ar").fit(run, table)
    model.set_params(noise_model="ar1")
    for scaling in (2, "psc", True, np.array([1, 1])):
        with pytest.raises(ValueError, match=r"signal_scaling is .*; expected 0"):
            model.set_params(signal_scaling=scaling).fit(run, table)


# --- what designs make pointless ---


def test_designs_make_other_arguments_pointless(run, table, brain):
    model = FirstLevelModel(t_r=2, hrf_model="spm", mask_img=brain)
    with pytest.warns(DesignWarning, match=r"\[events, hrf_model, t_r\] will be ign"):
        model.fit(run, table, design_matrices=sim.design(table))
    model = FirstLevelModel(fir_delays=np.arange(5), mask_img=brain)
    with pytest.warns(DesignWarning, match=r"\[confounds, fir_delays\] will be ign"):
        model.fit(run, None, sim.confounds(), design_matrices=sim.design(table))
    assert list(model.design_matrices_[0].columns) == ["a", "b", "line", "constant"]


# --- how often data are read ---


@pytest.fixture
def reads(monkeypatch):
    """The names of the files whose voxels are read, one for each pass."""
    passes = []
    original = reading._blocks_of_file

    def counting(stored, *rest):
        passes.append(stored.path.name)
        return original(stored, *rest)

    monkeypatch.setattr(reading, "_blocks_of_file", counting)
    return passes


def test_scans_are_counted_in_headers(files, reads):
    runs = collect_runs([bold for bold, _, _ in files], [None, None])
    assert [run.n_scans for run in runs] == [80, 80]
    assert reads == []


def test_divergence_20_each_run_is_read_once(model, files, table, reads, tmp_path):
    """With a mask: one pass per run. Without: one more, for the mean image."""
    nib.save(model.mask_img, tmp_path / "mask.nii.gz")
    model.set_params(mask_img=tmp_path / "mask.nii.gz", smoothing_fwhm=5)
    model.fit([bold for bold, _, _ in files], [table, table])
    model.compute_contrast("a")
    runs = ["run-1_bold.nii.gz", "run-2_bold.nii.gz"]
    # in any order: compressed runs are read at once
    assert sorted(name for name in reads if "bold" in name) == runs
    reads.clear()
    model.set_params(mask_img=False).fit([bold for bold, _, _ in files], [table] * 2)
    assert sorted(reads) == runs


def test_frames_are_never_modified(model, run, table):
    """Events, confounds and images are as they were after a fit."""
    data = np.asarray(run.dataobj)
    before = data.copy(), table.copy(), sim.confounds()
    data.flags.writeable = False
    moved = sim.confounds()
    model.fit(run, table, moved, sample_masks=np.arange(2, 80))
    model.compute_contrast("a - b", output_type="all")
    assert np.array_equal(data, before[0])
    pd.testing.assert_frame_equal(table, before[1])
    pd.testing.assert_frame_equal(moved, before[2])


def test_a_file_that_is_there_twice_is_told(files):
    path, events, _ = files[0]
    model = FirstLevelModel(t_r=sim.T_R, mask_img=False)
    with pytest.warns(DesignWarning, match=r"run_imgs has '.*' 2 times: each counts"):
        model.fit([path, str(path)], events=[events, events])
