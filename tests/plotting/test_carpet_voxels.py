import nibabel
import numpy as np
import pytest

from boldglm._base.errors import DimensionError, MaskError
from boldglm.image import resample_img
from boldglm.plotting import carpet_voxels
from boldglm.plotting.carpet_voxels import read_carpet
from boldglm.signal import clean, cleaning

SHAPE = (5, 6, 4)


@pytest.fixture
def data(rng):
    return rng.standard_normal((*SHAPE, 30)).astype(np.float32) + 100.0


@pytest.fixture
def run(data):
    return nibabel.Nifti1Image(data, np.eye(4))


@pytest.fixture
def mask(rng):
    return nibabel.Nifti1Image((rng.random(SHAPE) < 0.5).astype(np.uint8), np.eye(4))


@pytest.fixture
def atlas(rng):
    regions = rng.integers(0, 4, SHAPE).astype(np.int16) * 5
    return nibabel.Nifti1Image(regions, np.eye(4))


def test_rows_are_voxels_in_the_order_of_the_mask(run, data, mask):
    carpet = read_carpet(run, mask, None, 2.0, "as is")
    np.testing.assert_array_equal(carpet.rows, data[mask.get_fdata() > 0])
    assert carpet.regions is None
    assert carpet.unit == "signal"


def test_rows_of_an_atlas_are_sorted_by_region_and_then_as_in_the_mask(
    run, data, atlas
):
    carpet = read_carpet(run, atlas, {"five": 5}, 2.0, "as is")
    regions = atlas.get_fdata()
    assert np.unique(carpet.regions).tolist() == [5, 10, 15]
    expected = np.concatenate([data[regions == value] for value in (5, 10, 15)])
    np.testing.assert_array_equal(carpet.rows, expected)
    np.testing.assert_array_equal(carpet.regions, np.sort(regions[regions > 0]))
    assert carpet.names == {5: "five"}


@pytest.mark.parametrize(
    ("standardize", "clean_as", "unit"),
    [
        (True, "zscore_sample", "z"),
        ("zscore_sample", "zscore_sample", "z"),
        ("psc", "psc", "% of the mean"),
        (False, None, "signal"),
        (None, None, "signal"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*mean of 0")
def test_series_are_cleaned_as_asked(run, data, mask, standardize, clean_as, unit):
    carpet = read_carpet(run, mask, None, 2.0, standardize)
    series = data[mask.get_fdata() > 0].T
    expected = clean(series, detrend=True, standardize=clean_as, t_r=2.0)
    np.testing.assert_allclose(carpet.rows, expected.T, rtol=1e-5, atol=1e-5)
    assert carpet.unit == unit


def test_of_many_voxels_some_are_shown_evenly(run, data, mask, monkeypatch):
    monkeypatch.setattr(carpet_voxels, "MOST_ROWS", 10)
    carpet = read_carpet(run, mask, None, 2.0, "as is")
    inside = data[mask.get_fdata() > 0]
    steps = np.linspace(0, len(inside) - 1, 10).round().astype(int)
    np.testing.assert_array_equal(carpet.rows, inside[steps])


def test_of_very_long_runs_fewer_voxels_are_shown_and_all_scans(run, mask, monkeypatch):
    monkeypatch.setattr(carpet_voxels, "MOST_VALUES", 30 * 7 + 5)
    assert read_carpet(run, mask, None, 2.0, "as is").rows.shape == (7, 30)
    monkeypatch.setattr(carpet_voxels, "MOST_VALUES", 3)
    assert read_carpet(run, mask, None, 2.0, "as is").rows.shape == (1, 30)


def test_no_region_is_lost(run, data, monkeypatch):
    regions = np.ones(SHAPE, np.uint8)
    regions[2, 3, 1] = 2
    regions[4, 4, 2] = 9
    monkeypatch.setattr(carpet_voxels, "MOST_ROWS", 4)
    atlas = nibabel.Nifti1Image(regions, np.eye(4))
    carpet = read_carpet(run, atlas, None, 2.0, "as is")
    assert np.unique(carpet.regions).tolist() == [1, 2, 9]
    row = carpet.rows[carpet.regions == 2]
    np.testing.assert_array_equal(row, data[2:3, 3, 1])


def test_memory_is_that_of_the_voxels_shown(run, mask, monkeypatch):
    monkeypatch.setattr(carpet_voxels, "MOST_ROWS", 10)
    carpet = read_carpet(run, mask, None, 2.0, True)
    assert carpet.rows.size == 10 * 30
    assert carpet.rows.dtype == np.float32


def test_cleaning_holds_no_second_copy(run, mask, monkeypatch):
    original, shared = cleaning.clean_series, []

    def watched(series, *args, **options):
        cleaned = original(series, *args, **options)
        shared.append(np.shares_memory(series, cleaned))
        return cleaned

    monkeypatch.setattr(cleaning, "clean_series", watched)
    read_carpet(run, mask, None, 2.0, True)
    assert shared == [True]


def test_a_list_of_scans_is_a_run(run, mask, tmp_path):
    scans = [
        nibabel.Nifti1Image(np.asarray(run.dataobj)[..., t], np.eye(4))
        for t in range(30)
    ]
    paths = [tmp_path / f"{t:02}.nii" for t in range(30)]
    for scan, path in zip(scans, paths, strict=True):
        nibabel.save(scan, path)
    expected = read_carpet(run, mask, None, 2.0, "as is").rows
    for given in (scans, paths, str(tmp_path / "*.nii")):
        found = read_carpet(given, mask, None, 2.0, "as is").rows
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("zoom", "unit", "end", "label"),
    [
        (2.5, "sec", 75.0, "time (s)"),
        (2500.0, "msec", 75.0, "time (s)"),
        (2.5, "unknown", 75.0, "time (s)"),
        (0.0, "sec", 30.0, "scan"),
    ],
)
def test_time_is_that_of_the_header(run, mask, zoom, unit, end, label):
    run.header.set_zooms((1, 1, 1, zoom))
    run.header.set_xyzt_units("mm", unit)
    carpet = read_carpet(run, mask, None, None, "as is")
    assert (carpet.end, carpet.time_label) == (pytest.approx(end), label)
    assert read_carpet(run, mask, None, 1.5, "as is").end == 45.0


def test_a_mask_on_another_grid_is_brought_to_that_of_the_run(run, atlas):
    fine = resample_img(
        atlas, np.diag([0.7, 0.7, 0.7, 1]), (7, 8, 6), interpolation="nearest"
    )
    found = read_carpet(run, fine, None, 2.0, "as is")
    back = resample_img(fine, np.eye(4), SHAPE, interpolation="nearest").get_fdata()
    np.testing.assert_array_equal(found.regions, np.sort(back[back > 0]))


def test_without_a_mask_one_is_computed(rng):
    data = np.zeros((12, 12, 12, 10), np.float32)
    data[2:10, 2:10, 2:10] = 100 + rng.standard_normal((8, 8, 8, 10))
    carpet = read_carpet(nibabel.Nifti1Image(data, np.eye(4)), None, None, 2.0, "as is")
    assert 8 < len(carpet.rows) <= 512
    assert carpet.rows.min() > 90


def test_a_mask_with_names_is_an_atlas(run, mask):
    carpet = read_carpet(run, mask, {"brain": 1}, 2.0, "as is")
    assert set(carpet.regions) == {1}
    assert carpet.names == {1: "brain"}


def test_limits_are_mean_and_spread_along_time(run, data, mask):
    carpet = read_carpet(run, mask, None, 2.0, "as is")
    inside = data[mask.get_fdata() > 0].astype(np.float64)
    np.testing.assert_allclose(
        carpet.centre_and_spread(), (inside.mean(), inside.std(axis=1).mean())
    )


def test_masks_that_are_none_are_told(run):
    half = nibabel.Nifti1Image(np.full(SHAPE, 0.5, np.float32), np.eye(4))
    with pytest.raises(MaskError, match=r"not whole, such as 0\.5; expected 0 and 1"):
        read_carpet(run, half, None, 2.0, True)
    nothing = nibabel.Nifti1Image(np.zeros(SHAPE, np.uint8), np.eye(4))
    with pytest.raises(MaskError, match="No voxel of the mask lies on the grid"):
        read_carpet(run, nothing, None, 2.0, True)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "b"], "mask_labels is a list; expected a dict from the name"),
        ({"a": "b"}, r"mask_labels\['a'\] is 'b'; expected the value of a region"),
    ],
)
def test_labels_that_are_none_are_told(run, atlas, labels, message):
    with pytest.raises(TypeError, match=message):
        read_carpet(run, atlas, labels, 2.0, True)


@pytest.mark.parametrize(
    ("t_r", "kind"), [(0, ValueError), (-2, ValueError), ("2", TypeError)]
)
def test_times_that_are_none_are_told(run, mask, t_r, kind):
    with pytest.raises(kind, match=r"t_r is .*; expected seconds, more than 0"):
        read_carpet(run, mask, None, t_r, True)


def test_what_is_no_run_is_told(run, mask):
    with pytest.raises(DimensionError, match="expected a 4D image"):
        read_carpet(run.slicer[..., 0], mask, None, 2.0, True)
    with pytest.raises(DimensionError, match="expected a 3D image"):
        read_carpet([run, run], mask, None, 2.0, True)
    with pytest.raises(TypeError, match="the list is empty"):
        read_carpet([], mask, None, 2.0, True)
