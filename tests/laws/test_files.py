"""One run in files of any kind is one run: its maps are the same to the last bit."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.laws import line
from tests.laws.line import NOISES, assert_same, slow_if

from boldglm.glm.first_level import FirstLevelModel

T_R = 2.0
# The run is multiples of 1/16 below 2^11: all of these hold it exactly.
KINDS = {
    "double": {"dtype": "<f8"},
    "the other end first": {"dtype": ">f4"},
    "double, the other end first": {"dtype": ">f8"},
    "short, with a slope": {"dtype": "<i2", "scale": (0.0625, 0.0)},
    "short, with slope and intercept": {"dtype": "<i2", "scale": (0.0625, 800.0)},
    "short, the other end first": {"dtype": ">i2", "scale": (0.0625, 800.0)},
    "short without a sign": {"dtype": "<u2", "scale": (-0.0625, 4000.0)},
    "long": {"dtype": "<i4", "scale": (2.0**-20, 0.0)},
    "compressed": {"ending": ".nii.gz"},
    "compressed, short": {
        "ending": ".nii.gz",
        "dtype": ">i2",
        "scale": (0.0625, 800.0),
    },
    "two files": {"ending": ".img"},
    "NIfTI-2": {"make": nib.Nifti2Image},
}


def written(folder, run, ending=".nii", dtype="<f4", scale=None, make=None):
    """A file with voxels of a type, which may be scaled to become the run."""
    make = make or (nib.Nifti1Pair if ending == ".img" else nib.Nifti1Image)
    dtype = np.dtype(dtype)
    order = "<" if dtype.str[0] in "<|" else ">"
    header = make.header_class(endianness=order)
    header.set_data_dtype(dtype)
    slope, intercept = scale or (1.0, 0.0)
    stored = (run.data.astype(np.float64) - intercept) / slope
    if scale is not None:
        assert (stored == np.rint(stored)).all()
        assert np.abs(stored).max() < np.iinfo(dtype).max
    image = make(stored.astype(dtype), run.affine, header)
    if scale is not None:
        # a slope that is set is stated, and the numbers are stored as they are
        image.header.set_slope_inter(slope, intercept)
    nib.save(image, folder / f"bold{ending}")
    again = nib.load(folder / f"bold{ending}")
    assert again.header.endianness == order
    assert again.dataobj.dtype == dtype
    np.testing.assert_array_equal(again.get_fdata(), run.data)
    return folder / f"bold{ending}"


@pytest.mark.parametrize("noise", ["ar1", slow_if(True, "auto2")])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scaling", [0, slow_if(True, 1)])
def test_how_voxels_are_stored(noise, kind, scaling, run, paths, as_it_is, tmp_path):
    path = written(tmp_path, run, **KINDS[kind])
    found = line.maps(line.fitted((path, paths[1]), run.design, noise, scaling))
    assert_same(found, as_it_is(noise, scaling))


@pytest.mark.parametrize("kind", [slow_if("short" not in k, k) for k in KINDS])
def test_how_voxels_are_stored_and_smoothed(kind, run, paths, as_it_is, tmp_path):
    path = written(tmp_path, run, **KINDS[kind])
    options = {"smoothing_fwhm": 4.0, "minimize_memory": False}
    found = line.maps(line.fitted((path, paths[1]), run.design, **options))
    assert_same(found, as_it_is(**options))


@pytest.mark.parametrize("dtype", ["<i2", ">i2"])
@pytest.mark.parametrize("minimize_memory", [True, False])
def test_a_slope_that_no_float_holds(dtype, minimize_memory, run, paths, tmp_path):
    """Slope times number plus intercept is in double precision, and rounded once."""
    steps = np.rint(7 * (run.data - 800)).astype(dtype)
    image = nib.Nifti1Image(steps, run.affine)
    image.header.set_data_dtype(dtype)
    image.header.set_slope_inter(0.1, 799.7)
    nib.save(image, tmp_path / "scaled.nii")
    read = nib.load(tmp_path / "scaled.nii")
    slope, intercept = float(read.dataobj.slope), float(read.dataobj.inter)
    values = slope * steps.astype(np.float64) + intercept
    nib.save(nib.Nifti1Image(values, run.affine), tmp_path / "values.nii")
    both = [
        line.fitted(
            (tmp_path / f"{name}.nii", paths[1]),
            run.design,
            minimize_memory=minimize_memory,
        )
        for name in ("scaled", "values")
    ]
    assert_same(line.maps(both[0]), line.maps(both[1]))


@pytest.mark.parametrize("dtype", [bool, ">i2", "<f4", "<f8", "<i8"])
@pytest.mark.parametrize("ending", [".nii.gz", slow_if(True, ".nii")])
def test_how_a_mask_is_stored(dtype, ending, run, paths, as_it_is, tmp_path):
    inside = run.inside.astype(np.uint8 if dtype is bool else dtype)
    image = nib.Nifti1Image(inside, run.affine, dtype=inside.dtype)
    nib.save(image, tmp_path / f"mask{ending}")
    other = (paths[0], tmp_path / f"mask{ending}")
    assert_same(line.maps(line.fitted(other, run.design)), as_it_is())


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8"])
def test_an_image_in_memory(order, dtype, run, paths, as_it_is):
    data = np.array(run.data, dtype=dtype, order=order)
    image = nib.Nifti1Image(data, run.affine)
    found = line.maps(line.fitted((image, paths[1]), run.design))
    assert_same(found, as_it_is())


def test_an_image_that_was_read_before(run, paths, as_it_is):
    """A cache of nibabel's changes nothing, and is not changed."""
    image = nib.load(paths[0])
    before = image.get_fdata().copy()
    found = line.maps(line.fitted((image, paths[1]), run.design))
    assert_same(found, as_it_is())
    np.testing.assert_array_equal(image.get_fdata(), before)


@pytest.mark.parametrize("noise", NOISES)
def test_read_and_fitted_twice(noise, run, paths, as_it_is):
    model = line.fitted(paths, run.design, noise)
    model.fit(paths[0], design_matrices=line.table(run.design))
    assert_same(line.maps(model), as_it_is(noise))
    assert_same(line.maps(model), as_it_is(noise))


@pytest.mark.parametrize("noise", NOISES)
def test_saved_and_loaded(noise, run, paths, as_it_is, tmp_path):
    line.fitted(paths, run.design, noise).save(tmp_path / "model.npz")
    again = FirstLevelModel.load(tmp_path / "model.npz")
    assert_same(line.maps(again), as_it_is(noise))


@pytest.mark.parametrize("noise", NOISES)
def test_maps_written_and_read(noise, run, paths, as_it_is, tmp_path):
    model = line.fitted(paths, run.design, noise)
    for kind in ("z_score", "p_value", "effect_size"):
        image = model.compute_contrast(line.T_CONTRAST, output_type=kind)
        nib.save(image, tmp_path / f"{kind}.nii.gz")
        read = nib.load(tmp_path / f"{kind}.nii.gz")
        np.testing.assert_array_equal(read.get_fdata(), as_it_is(noise)[f"t {kind}"])


def tables():
    """Events and confounds of the run."""
    onset = np.arange(6.0, T_R * line.SCANS - 12, 13.5)
    names = np.resize(["a", "b"], onset.size)
    events = pd.DataFrame({"onset": onset, "duration": 5.25, "trial_type": names})
    steps = np.random.default_rng(8).standard_normal((line.SCANS, 2))
    return events, pd.DataFrame(steps.cumsum(axis=0), columns=["x", "y"])


def from_events(paths, events, confounds, **options):
    model = FirstLevelModel(t_r=T_R, mask_img=paths[1], **options)
    model.fit(paths[0], events=events, confounds=confounds)
    images = model.compute_contrast("a - b", output_type="all")
    return {f"t {name}": np.asarray(image.dataobj) for name, image in images.items()}


def test_how_tables_are_given(paths, tmp_path):
    """In memory or in files; events in any order, confounds with names or without."""
    events, confounds = tables()
    expected = from_events(paths, events, confounds)
    events.to_csv(tmp_path / "events.tsv", sep="\t", index=False)
    confounds.to_csv(tmp_path / "confounds.tsv", sep="\t", index=False)
    ways = [
        (tmp_path / "events.tsv", tmp_path / "confounds.tsv"),
        (str(tmp_path / "events.tsv"), confounds.to_numpy()),
        (events.sample(frac=1, random_state=0), confounds),
        (events.assign(note="n/a"), confounds.set_index(confounds.index + 7)),
    ]
    for given in ways:
        assert_same(from_events(paths, *given), expected)


@pytest.mark.parametrize("noise", NOISES)
def test_a_design_that_is_given_is_that_of_the_events(noise, run, paths):
    events, confounds = tables()
    expected = from_events(paths, events, confounds, noise_model=noise)
    model = FirstLevelModel(t_r=T_R, mask_img=paths[1])
    design = model.fit(paths[0], events, confounds).design_matrices_[0]
    weights = (design.columns == "a") * 1.0 - (design.columns == "b")
    options = {"scaling": 0, "noise": noise, "reports": True}
    again = line.fitted(paths, design.to_numpy(), **options)
    assert_same(line.maps(again, weights, F=None), expected)


@pytest.mark.parametrize("noise", ["ar1", "auto2"])
def test_later_by_a_shift_of_all_times(noise, run, paths):
    """Events a scan later, of a run that began a scan later, find the same.

    The scans that are not there have no events: those of before are left out.
    """
    events, _ = tables()
    late = events.assign(onset=events["onset"] + T_R)
    data = run.data
    first = np.repeat(data[..., :1], 1, axis=-1)
    longer = np.concatenate([first, data], axis=-1)
    expected = from_events(paths, events, None, noise_model=noise, drift_model=None)
    model = FirstLevelModel(
        t_r=T_R, mask_img=paths[1], noise_model=noise, drift_model=None
    )
    model.fit(
        nib.Nifti1Image(longer, run.affine),
        events=late,
        sample_masks=np.arange(1, line.SCANS + 1),
    )
    images = model.compute_contrast("a - b", output_type="all")
    found = {f"t {k}": np.asarray(image.dataobj) for k, image in images.items()}
    assert_same(found, expected, 1e-5)
