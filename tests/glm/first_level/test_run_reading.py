"""The fit of a run while its file is read: the numbers, the passes, the memory."""

import tracemalloc
import warnings

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import ImageFileError
from boldglm._base.warnings import DesignWarning, ImageWarning
from boldglm.core.parallel import map_blocks
from boldglm.glm.first_level import FirstLevelModel, run_reading
from boldglm.image import reading
from boldglm.maskers import NiftiMasker


@pytest.fixture
def path(tmp_path, run):
    nib.save(run, tmp_path / "bold.nii.gz")
    return tmp_path / "bold.nii.gz"


def fits(path, table, brain, *, sample_masks=None, bins=None, **options):
    """The same model while reading, and from series held in memory."""
    design = sim.design(table)
    return [
        FirstLevelModel(mask_img=brain, minimize_memory=minimal, **options)
        .fit(path, design_matrices=design, sample_masks=sample_masks, bins=bins)
        .fits_[0]
        for minimal in (True, False)
    ]


def assert_close(one, two):
    """To the rounding of scaled series in float32."""
    scale = np.sqrt(two.sigma2)
    assert (np.abs(one.beta - two.beta) <= 2e-6 * (scale + np.abs(two.beta))).all()
    for name in ("sigma2", "residual_ss", "total_ss"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-5)
    np.testing.assert_allclose(one.phi, two.phi, atol=1e-5)
    np.testing.assert_array_equal(one.outcome, two.outcome)


@pytest.mark.parametrize("scaling", [0, 1, (0, 1), False])
@pytest.mark.parametrize("standardize", [True, False])
def test_every_scaling_follows_from_the_statistics(
    path, table, brain, scaling, standardize
):
    options = {"signal_scaling": scaling, "standardize": standardize}
    assert_close(*fits(path, table, brain, **options))


@pytest.mark.parametrize("noise", ["ols", "ar1", "ar3"])
@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
def test_every_noise_model_is_fitted_while_reading(
    path, table, brain, noise, first_scans
):
    assert_close(*fits(path, table, brain, noise_model=noise, first_scans=first_scans))


@pytest.mark.parametrize("kept", [np.arange(3, 80), np.delete(np.arange(80), [0, 40])])
def test_scans_that_are_not_kept_do_not_count(path, table, brain, kept):
    for scaling in (0, 1):
        pair = fits(path, table, brain, sample_masks=kept, signal_scaling=scaling)
        assert_close(*pair)
        assert pair[0].factor.design.shape[0] == kept.size


def test_smoothing_and_a_mask_on_another_grid(path, table, brain):
    assert_close(*fits(path, table, brain, smoothing_fwhm=6))
    coarse = np.diag([4.0, 4, 4, 1])
    coarse[:3, 3] = sim.AFFINE[:3, 3] * [-1, 1, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"target_affine": coarse, "target_shape": (6, 7, 8)}
        assert_close(*fits(path, table, brain, **options))


@pytest.fixture
def transforms(monkeypatch):
    """Counts how often a whole run is taken into memory."""
    calls = []
    original = NiftiMasker.transform

    def counting(self, *args, **options):
        calls.append(1)
        return original(self, *args, **options)

    monkeypatch.setattr(NiftiMasker, "transform", counting)
    return calls


def test_what_is_kept_of_a_run_is_the_smaller_of_two_things(
    path, table, brain, transforms
):
    design = sim.design(table)
    model = FirstLevelModel(mask_img=brain)
    model.fit(path, design_matrices=design)
    assert not transforms
    # 80 scans of 4 bytes are less than 6 lags of 5 numbers of 8
    model.set_params(noise_model="ar6").fit(path, design_matrices=design)
    assert len(transforms) == 1


def test_a_masker_that_cleans_needs_the_whole_run(path, table, brain, transforms):
    masker = NiftiMasker(brain, detrend=True).fit()
    model = FirstLevelModel(mask_img=masker, signal_scaling=False)
    model.fit(path, design_matrices=sim.design(table))
    assert len(transforms) == 1


@pytest.mark.parametrize("scaling", [0, 1])
def test_series_without_a_mean_are_warned_of_once(table, brain, scaling):
    data = sim.series(table) - 1000
    centred = nib.Nifti1Image(data, sim.AFFINE)
    model = FirstLevelModel(mask_img=brain, signal_scaling=scaling)
    with pytest.warns(DesignWarning, match="Mean values below 1 observed") as told:
        model.fit(centred, design_matrices=sim.design(table))
    assert len(told) == 1


def test_constant_voxels_are_constant(table, brain):
    data = sim.series(table)
    data[4, 5, 6] = 1234.567
    run = nib.Nifti1Image(data, sim.AFFINE)
    model = FirstLevelModel(mask_img=brain).fit(run, design_matrices=sim.design(table))
    outcome = model.masker_.inverse_transform(model.fits_[0].outcome).get_fdata()
    assert np.argwhere(outcome == 1).tolist() == [[4, 5, 6]]


def test_memory_does_not_grow_with_the_number_of_scans(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(reading, "_BLOCK_BYTES", 2**20)
    # The series that the report looks at are some MB at most, see the last test
    monkeypatch.setattr(run_reading, "SAMPLED", 20)
    shape = (24, 24, 16)
    peaks = []
    for n_scans in (600, 2400):
        data = rng.integers(900, 1100, (*shape, n_scans), dtype=np.int16)
        file = tmp_path / f"{n_scans}.nii"
        nib.save(nib.Nifti1Image(data, np.eye(4)), file)
        del data
        design = pd.DataFrame({"x": rng.standard_normal(n_scans), "one": 1.0})
        model = FirstLevelModel(mask_img=False, smoothing_fwhm=2)
        tracemalloc.start()
        model.fit(file, design_matrices=design)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # by a block or two, which are read sooner or later
    assert peaks[1] - peaks[0] < 4 * 2**20, peaks
    assert peaks[1] < 0.25 * 4 * np.prod(shape) * 2400


# --- several runs ---


@pytest.fixture
def two_runs(tmp_path, table):
    paths = [tmp_path / f"run-{k}_bold.nii.gz" for k in (1, 2)]
    for k, path in enumerate(paths):
        nib.save(sim.image(table, seed=k), path)
    return paths


@pytest.fixture
def at_once(monkeypatch):
    """How many runs are fitted at once, whatever the processors of this machine."""
    asked = []
    monkeypatch.setattr(run_reading, "n_workers", lambda _: 2)

    def counting(function, items, *, n_jobs=None):
        asked.append(n_jobs)
        return map_blocks(function, items, n_jobs=n_jobs)

    monkeypatch.setattr(run_reading, "map_blocks", counting)
    return asked


def test_compressed_runs_are_fitted_at_once(two_runs, table, brain, at_once):
    designs = [sim.design(table)] * 2
    both = FirstLevelModel(mask_img=brain).fit(two_runs, design_matrices=designs)
    assert at_once == [2]
    for fit, path in zip(both.fits_, two_runs, strict=True):
        model = FirstLevelModel(mask_img=brain).fit(path, design_matrices=designs[:1])
        np.testing.assert_array_equal(fit.beta, model.fits_[0].beta)
        np.testing.assert_array_equal(fit.sigma2, model.fits_[0].sigma2)


@pytest.mark.parametrize("minimize_memory", [True, False])
def test_what_they_take_together_is_bounded(
    two_runs, table, brain, at_once, monkeypatch, minimize_memory
):
    designs = [sim.design(table)] * 2
    model = FirstLevelModel(mask_img=brain, minimize_memory=minimize_memory)
    monkeypatch.setattr(run_reading, "AT_ONCE", 2**20)
    model.fit(two_runs, design_matrices=designs)
    assert at_once == []


def test_runs_in_memory_have_all_threads_each(table, brain, at_once):
    images = [sim.image(table, seed=k) for k in (1, 2)]
    designs = [sim.design(table)] * 2
    FirstLevelModel(mask_img=brain).fit(images, design_matrices=designs)
    assert at_once == []


def test_warnings_of_runs_come_to_the_line_of_the_user(tmp_path, table, brain, at_once):
    """One for each run, in their order, though threads gave them."""
    paths = []
    for k in (1, 2):
        data = sim.series(table, seed=k)
        data[4, 5, 6, :k] = np.nan
        paths.append(tmp_path / f"{k}.nii.gz")
        nib.save(nib.Nifti1Image(data, sim.AFFINE), paths[-1])
    model = FirstLevelModel(mask_img=brain)
    with pytest.warns(ImageWarning) as told:
        model.fit(paths, design_matrices=[sim.design(table)] * 2)
    assert [str(one.message).split()[0] for one in told] == ["1", "2"]
    assert {one.filename for one in told} == {__file__}
    assert at_once == [2]


def test_an_error_in_one_run_is_that_of_the_run(two_runs, table, brain, at_once):
    content = two_runs[1].read_bytes()
    two_runs[1].write_bytes(content[: len(content) // 2])
    model = FirstLevelModel(mask_img=brain)
    with pytest.raises(ImageFileError, match=r"run-2_bold\.nii\.gz"):
        model.fit(two_runs, design_matrices=[sim.design(table)] * 2)
    assert not hasattr(model, "fits_")


@pytest.mark.parametrize("workers", [1, 2])
def test_warnings_are_not_lost_where_a_later_run_fails(
    two_runs, table, brain, at_once, monkeypatch, workers
):
    monkeypatch.setattr(run_reading, "n_workers", lambda _: workers)
    data = sim.series(table, seed=1)
    data[4, 5, 6, 0] = np.nan
    nib.save(nib.Nifti1Image(data, sim.AFFINE), two_runs[0])
    content = two_runs[1].read_bytes()
    two_runs[1].write_bytes(content[: len(content) // 2])
    model = FirstLevelModel(mask_img=brain)
    with (
        pytest.warns(ImageWarning, match="not finite") as told,
        pytest.raises(ImageFileError, match=r"run-2_bold\.nii\.gz"),
    ):
        model.fit(two_runs, design_matrices=[sim.design(table)] * 2)
    assert {one.filename for one in told} == {__file__}


def test_as_many_voxels_are_looked_at_of_long_runs_as_of_short_ones():
    """A share of white voxels among 19 says little; 14 MB hold 500 of 7,000 scans."""
    assert [run_reading._sampled(n, 90_000).size for n in (100, 300, 6804)] == [500] * 3
    assert run_reading._sampled(70_000, 90_000).size * 70_000 * 4 < 15e6
    assert run_reading._sampled(300, 12).tolist() == list(range(12))
