"""The table of clusters, beside nilearn's where that is right."""

import warnings

import numpy as np
import pytest
from nibabel import Nifti1Image
from scipy.ndimage import gaussian_filter

from boldglm._base.errors import DimensionError
from boldglm._base.warnings import ImageWarning, ThresholdWarning
from boldglm.reporting import get_clusters_table

COLUMNS = ["Cluster ID", "X", "Y", "Z", "Peak Stat", "Cluster Size (mm3)"]
AFFINE = np.array([[-2.0, 0, 0, 40], [0, 2, 0, -50], [0, 0, 2.4, -30], [0, 0, 0, 1]])


def smooth_map(seed, dtype=np.float64):
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(30, 32, 28)), 1.3)
    return Nifti1Image((noise / noise.std()).astype(dtype), AFFINE)


def row_image(*heights, side=1.0):
    """One row of voxels in a box of zeros, 1 in from each face."""
    data = np.zeros((3, 3, len(heights) + 2))
    data[1, 1, 1:-1] = heights
    return Nifti1Image(data, np.diag([side, side, side, 1.0]))


def nilearn_table(*args, **kwargs):
    nilearn = pytest.importorskip("nilearn.reporting")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nilearn.get_clusters_table(*args, **kwargs)


def peaks_of(table):
    return table[table["Cluster Size (mm3)"] != ""].reset_index(drop=True)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cluster_threshold", [0, 6])
def test_positive_clusters_are_those_of_nilearn(seed, cluster_threshold):
    # with peaks 0.1 mm apart none is near another: nilearn brings back some that are
    img = smooth_map(seed, np.float32 if seed % 2 else np.float64)
    options = {"cluster_threshold": cluster_threshold, "return_label_maps": True}
    expected, maps = nilearn_table(img, 2.0, min_distance=0.1, **options)
    found, own_maps = get_clusters_table(img, 2.0, min_distance=0.1, **options)
    assert len(found) > 20
    assert list(found.columns) == COLUMNS
    assert found["Cluster ID"].tolist() == expected["Cluster ID"].tolist()
    sizes = "Cluster Size (mm3)"
    assert found[sizes].tolist() == expected[sizes].tolist()
    np.testing.assert_allclose(
        found[COLUMNS[1:5]].to_numpy(float), expected[COLUMNS[1:5]].to_numpy(float)
    )
    np.testing.assert_array_equal(own_maps[0].get_fdata(), maps[0].get_fdata())


@pytest.mark.parametrize("seed", range(4))
def test_first_peaks_of_both_signs_are_those_of_nilearn(seed):
    img = smooth_map(seed)
    expected = peaks_of(nilearn_table(img, 2.0, two_sided=True))
    found = peaks_of(get_clusters_table(img, 2.0, two_sided=True))
    np.testing.assert_allclose(
        found[COLUMNS[1:]].to_numpy(float), expected[COLUMNS[1:]].to_numpy(float)
    )


def test_negative_clusters_are_numbered_on_where_nilearn_jumps():
    img = row_image(5, 1, 4, 0, 3, 0, -6, 0, -7)
    options = {"two_sided": True, "min_distance": 0.5}
    assert nilearn_table(img, 0.5, **options)["Cluster ID"].tolist() == [
        1, "1a", 2, 4, 5
    ]  # fmt: skip
    table = get_clusters_table(img, 0.5, **options)
    assert table["Cluster ID"].tolist() == [1, "1a", 2, 3, 4]
    assert table["Peak Stat"].tolist() == [5, 4, 3, -7, -6]


def test_labels_of_negative_clusters_are_their_ids():
    img = row_image(5, 0, 3, 0, -6, 0, -7)
    table, maps = get_clusters_table(img, 0.5, two_sided=True, return_label_maps=True)
    ids = sum(labels.get_fdata() for labels in maps)
    for _, row in table.iterrows():
        assert ids[int(row["X"]), int(row["Y"]), int(row["Z"])] == row["Cluster ID"]
    assert maps[0].get_data_dtype() == np.int32


def test_there_are_two_label_maps_though_one_be_empty():
    img = row_image(0, -6, 0)
    with pytest.warns(ThresholdWarning, match="stat higher than 0.5"):
        _, maps = get_clusters_table(img, 0.5, two_sided=True, return_label_maps=True)
    assert [int(labels.get_fdata().max()) for labels in maps] == [0, 1]


def test_a_cluster_without_background_is_listed_where_nilearn_loses_it():
    img = Nifti1Image(np.arange(1.0, 28.0).reshape(3, 3, 3), np.eye(4))
    assert len(nilearn_table(img, 0.5)) == 0
    table, maps = get_clusters_table(img, 0.5, return_label_maps=True)
    assert table.to_numpy().tolist() == [[1, 2.0, 2.0, 2.0, 27.0, 27]]
    assert (maps[0].get_fdata() == 1).all()
    assert len(get_clusters_table(img, 0.5, cluster_threshold=27)) == 1


def test_a_near_peak_stays_away_where_nilearn_brings_it_back():
    img = row_image(9, 1, 7, 1, 1, 1, 1, 1, 8)
    back = nilearn_table(img, 0.5, min_distance=3.0)
    assert back["Peak Stat"].tolist() == [9, 8, 7]
    table = get_clusters_table(img, 0.5, min_distance=3.0)
    assert table["Peak Stat"].tolist() == [9, 8]


def test_values_below_a_negative_threshold_keep_their_sign_and_lead_by_size():
    img = row_image(-5, 0, -9, 0, 7)
    wrong = nilearn_table(img, -1.0)
    assert wrong["Peak Stat"].tolist() == [5, 9]
    table = get_clusters_table(img, -1.0)
    assert table["Peak Stat"].tolist() == [-9, -5]
    assert table["Cluster ID"].tolist() == [1, 2]


def test_a_cluster_has_at_most_four_peaks():
    img = row_image(9, 1, 8, 1, 7, 1, 6, 1, 5, 1, 4)
    table = get_clusters_table(img, 0.5, min_distance=0.5)
    assert table["Cluster ID"].tolist() == [1, "1a", "1b", "1c"]
    assert table["Cluster Size (mm3)"].tolist() == [11, "", "", ""]
    assert table["Z"].tolist() == [1, 3, 5, 7]


def test_clusters_are_beyond_the_threshold_not_at_it():
    table = get_clusters_table(row_image(3, 4, 3, 3.5), 3.0)
    assert table["Cluster Size (mm3)"].tolist() == [1, 1]


def test_clusters_of_equal_peaks_are_listed_in_the_order_of_their_voxels():
    img = row_image(*([5, 0, 3, 0] * 300))
    expected = [*range(1, 1200, 4), *range(3, 1200, 4)]
    assert get_clusters_table(img, 1.0)["Z"].tolist() == expected


def test_sizes_are_whole_cubic_millimetres():
    # 1.2 * 1.2 * 1.2 * 125 is 215.99999999999997 in floating point
    img = Nifti1Image(np.pad(np.full((5, 5, 5), 4.0), 1), np.diag([1.2, 1.2, 1.2, 1]))
    assert get_clusters_table(img, 3.0)["Cluster Size (mm3)"].tolist() == [216]
    assert get_clusters_table(row_image(4, side=1.5), 3.0).iloc[0, 5] == 3


def test_values_that_are_not_finite_are_outside():
    with pytest.warns(ImageWarning, match="stat_img has 1 infinite values"):
        table = get_clusters_table(row_image(4, np.nan, 5, np.inf), 3.0)
    assert table["Peak Stat"].tolist() == [5, 4]


def test_a_file_gives_what_the_image_gives(tmp_path):
    img = row_image(5, 1, 4, 0, 3, 0, -6, 0, -7, side=2.0)
    img.to_filename(tmp_path / "z.nii.gz")
    from_file = get_clusters_table(str(tmp_path / "z.nii.gz"), 2.0, two_sided=True)
    assert len(from_file) == 5
    assert from_file.equals(get_clusters_table(img, 2.0, two_sided=True))


def test_the_image_is_not_modified(readonly):
    data = readonly(smooth_map(0).get_fdata())
    table = get_clusters_table(Nifti1Image(data, AFFINE), 2.0, 3, two_sided=True)
    assert len(table) > 10


def test_no_clusters_are_an_empty_table_and_a_warning():
    img = row_image(4, 4)
    with pytest.warns(
        ThresholdWarning, match="No clusters found with stat higher"
    ) as w:
        table = get_clusters_table(img, 6.0)
    assert list(table.columns) == COLUMNS
    assert len(table) == 0
    assert w[0].filename == __file__
    with pytest.warns(ThresholdWarning, match=r"higher than 3.0, of 3 voxels"):
        get_clusters_table(img, 3.0, cluster_threshold=3)
    with pytest.warns(ThresholdWarning, match=r"No clusters .* lower than -3.0"):
        get_clusters_table(img, -3.0)


def test_the_peak_of_a_ring_lies_on_the_ring():
    data = np.zeros((5, 5, 5))
    data[1:4, 1:4, 2] = 4.0
    data[2, 2, 2] = 0.0
    with pytest.warns(UserWarning, match=r"falls outside of the cluster body") as got:
        table = get_clusters_table(Nifti1Image(data, np.eye(4)), 3.0)
    assert data[tuple(table.loc[0, ["X", "Y", "Z"]].astype(int))] == 4
    assert got[0].filename == __file__


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_distance": 0}, "'min_distance' must be positive"),
        ({"cluster_threshold": -2}, "cluster_threshold is -2; expected a number"),
        ({"stat_threshold": -3, "two_sided": True}, "stat_threshold=-3 is negative"),
    ],
)
def test_choices_that_make_no_sense_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        get_clusters_table(row_image(4), **{"stat_threshold": 3.0, **options})


def test_a_series_is_an_error():
    with pytest.raises(DimensionError, match="expected a 3D image"):
        get_clusters_table(Nifti1Image(np.zeros((2, 2, 2, 2)), np.eye(4)), 3.0)


def test_many_clusters_take_time_in_proportion_to_voxels():
    # 4096 clusters: nilearn goes over the whole map for each
    data = np.zeros((32, 32, 32))
    data[::2, ::2, ::2] = np.random.default_rng(0).uniform(3, 9, size=(16, 16, 16))
    table = get_clusters_table(Nifti1Image(data, np.eye(4)), 2.0)
    assert table["Cluster ID"].tolist() == list(range(1, 4097))
    assert (np.diff(table["Peak Stat"]) <= 0).all()


def test_a_threshold_that_is_no_number_is_named():
    image = Nifti1Image(np.ones((3, 3, 3), np.float32), np.eye(4))
    with pytest.raises(TypeError, match="stat_threshold is '3'; expected a number"):
        get_clusters_table(image, "3")
