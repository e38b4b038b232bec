"""Where images are cut: nilearn's answers on ordinary maps, and what is ours."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from boldglm.exceptions import DimensionError, FigureWarning, GridError
from boldglm.plotting.find_cuts import (
    find_cut_slices,
    find_parcellation_cut_coords,
    find_probabilistic_atlas_cut_coords,
    find_xyz_cut_coords,
    percentile_threshold,
)

AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])
FLIPPED = np.array([[-3.0, 0, 0, 90], [0, 3, 0, -126], [0, 0, 3, -72], [0, 0, 0, 1]])
PERMUTED = np.array([[0, 0, 3.0, 5], [3.0, 0, 0, -2], [0, -3.0, 0, 9], [0, 0, 0, 1]])
OBLIQUE = np.array(
    [[2.9, -0.5, 0, -40], [0.5, 2.9, 0.3, -60], [0, -0.3, 3, -50], [0, 0, 0, 1]]
)


def smooth_map(seed, shape=(30, 36, 28)):
    rng = np.random.default_rng(seed)
    values = gaussian_filter(rng.normal(size=shape), 2).astype(np.float32)
    values /= values.std()
    if seed % 3 == 0:
        values[np.abs(values) < 2] = 0
    return values


def image(values, affine=AFFINE):
    values.flags.writeable = False
    return nib.Nifti1Image(values, affine)


def rough_map(seed, shape=(24, 28, 22)):
    """Noise as in real maps: regions of both signs touch."""
    rng = np.random.default_rng(seed)
    values = gaussian_filter(rng.normal(size=shape), 1.2)
    values += 0.3 * values.std() * rng.normal(size=shape)
    return (values / values.std()).astype(np.float32)


@pytest.mark.parametrize("affine", [AFFINE, FLIPPED, PERMUTED, OBLIQUE])
@pytest.mark.parametrize("make", [smooth_map, rough_map])
@pytest.mark.parametrize("seed", range(6))
def test_the_place_is_nilearns(seed, make, affine):
    peer = pytest.importorskip("nilearn.plotting")
    img = image(make(seed), affine)
    # at 0.4 regions of both signs hang together
    for threshold in (None, 0.4, 1.5):
        np.testing.assert_allclose(
            find_xyz_cut_coords(img, activation_threshold=threshold),
            peer.find_xyz_cut_coords(img, activation_threshold=threshold),
            atol=1e-3,
        )


@pytest.mark.parametrize("seed", range(3))
def test_the_place_in_a_mask_is_nilearns(seed):
    peer = pytest.importorskip("nilearn.plotting")
    img = image(rough_map(seed))
    inside = np.zeros(img.shape, np.float32)
    inside[3:-4, 8:-2, 1:-7] = 1
    mask = image(inside)
    np.testing.assert_allclose(
        find_xyz_cut_coords(img, mask),
        peer.find_xyz_cut_coords(img, mask),
        atol=1e-3,
    )


@pytest.mark.parametrize("affine", [AFFINE, FLIPPED])
@pytest.mark.parametrize("direction", "xyz")
@pytest.mark.parametrize("n_cuts", [1, 3, 7, 20])
def test_the_cuts_are_nilearns(direction, n_cuts, affine):
    peer = pytest.importorskip("nilearn.plotting")
    for make in (smooth_map, rough_map):
        for seed in range(4):
            img = image(make(seed), affine)
            found = find_cut_slices(img, direction, n_cuts)
            theirs = np.sort(peer.find_cut_slices(img, direction, n_cuts))
            np.testing.assert_allclose(found, theirs)
            assert (np.diff(found) > 0).all()


@pytest.mark.filterwarnings("ignore:A non-diagonal affine")
@pytest.mark.parametrize("direction", "xyz")
@pytest.mark.parametrize("affine", [PERMUTED, FLIPPED[[0, 2, 1, 3]]])
def test_the_cuts_of_permuted_axes_are_nilearns(direction, affine):
    peer = pytest.importorskip("nilearn.plotting")
    img = image(rough_map(9), affine)
    found = find_cut_slices(img, direction, 5)
    np.testing.assert_allclose(found, peer.find_cut_slices(img, direction, 5))


@pytest.mark.parametrize("direction", "xyz")
@pytest.mark.parametrize("n_cuts", [2, 5, 7])
def test_one_small_region_is_cut_as_by_nilearn(direction, n_cuts):
    peer = pytest.importorskip("nilearn.plotting")
    values = np.zeros((30, 36, 28), np.float32)
    values[12:16, 15:19, 11:15] = 5
    for affine in (AFFINE, FLIPPED):
        img = image(values, affine)
        found = find_cut_slices(img, direction, n_cuts)
        theirs = np.sort(peer.find_cut_slices(img, direction, n_cuts))
        np.testing.assert_allclose(found, theirs)


def test_gaps_are_filled_where_most_is():
    values = np.zeros((3, 3, 30), np.float32)
    values[1, 1, [5, 12, 20]] = 1.0, 0.8, 0.9
    found = find_cut_slices(image(values, np.eye(4)), "z", 3, spacing=15)
    np.testing.assert_allclose(found, [5, 12, 20])


@pytest.mark.parametrize("direction", "xyz")
def test_an_oblique_image_is_cut_through_its_peak(direction):
    values = np.zeros((24, 28, 22), np.float32)
    values[17, 6, 14] = 9.0
    values = gaussian_filter(values, 1.0)
    axis = "xyz".index(direction)
    (found,) = find_cut_slices(image(values, OBLIQUE), direction, 1)
    assert abs(found - (OBLIQUE @ [17, 6, 14, 1])[axis]) <= 3
    assert len(find_cut_slices(image(values, OBLIQUE), direction, 9)) == 9


@pytest.mark.parametrize("affine", [AFFINE, FLIPPED])
@pytest.mark.parametrize("corner", [0, -1])
@pytest.mark.parametrize("n_cuts", [2, 5, 9, 12])
def test_cuts_stay_in_the_image_where_the_peak_is_at_its_border(affine, corner, n_cuts):
    values = np.zeros((12, 12, 12), np.float32)
    values[corner, corner, corner] = 1.0
    for axis, direction in enumerate("xyz"):
        found = find_cut_slices(image(values, affine), direction, n_cuts)
        planes = (found - affine[axis, 3]) / affine[axis, axis]
        assert len(set(found)) == n_cuts
        assert (np.diff(found) > 0).all()
        assert planes.min() >= 0
        assert planes.max() <= 11


def test_the_place_is_one_of_the_world_whatever_the_order_of_axes():
    values = smooth_map(2)
    voxel = np.array(find_xyz_cut_coords(image(values))) / 3
    np.testing.assert_allclose(
        find_xyz_cut_coords(image(values, PERMUTED)),
        PERMUTED[:3, :3] @ voxel + PERMUTED[:3, 3],
        atol=1e-3,
    )


@pytest.mark.parametrize("order", "CF")
def test_of_two_regions_of_one_size_the_first_is_shown(order):
    values = np.zeros((12, 12, 12), np.float32, order=order)
    values[8:10, 1:3, 1:3] = 4.0
    values[2:4, 8:10, 8:10] = 4.0
    assert find_xyz_cut_coords(image(values, np.eye(4))) == [2.5, 8.5, 8.5]


@pytest.mark.parametrize("height", [1.0, 5.0, 0.1])
def test_a_map_of_one_value_is_cut_in_its_middle(height):
    img = image(np.full((5, 6, 7), height, np.float32), np.eye(4))
    np.testing.assert_allclose(find_xyz_cut_coords(img), [2, 2.5, 3])


def test_a_map_that_is_0_is_cut_all_the_same():
    img = image(np.zeros((6, 6, 6), np.float32), np.eye(4))
    np.testing.assert_allclose(find_cut_slices(img, "z", 3), [0, 2, 4])


def test_the_largest_region_wins_over_a_higher_voxel():
    values = np.zeros((20, 20, 20), np.float32)
    values[2:6, 2:6, 2:6] = 4.0
    values[15, 15, 15] = 9.0
    place = find_xyz_cut_coords(image(values, np.eye(4)), activation_threshold=3)
    np.testing.assert_allclose(place, [3.5, 3.5, 3.5])


def test_negative_regions_count_as_positive_ones():
    values = smooth_map(4)
    one, other = (find_xyz_cut_coords(image(sign * values)) for sign in (1, -1))
    np.testing.assert_allclose(one, other)


def test_a_mask_says_where_to_look():
    values = np.zeros((10, 10, 10), np.float32)
    values[1:4, 1:4, 1:4] = 5.0
    values[7, 7, 7] = 2.0
    mask = np.zeros(values.shape, np.uint8)
    mask[6:9, 6:9, 6:9] = 1
    img = image(values, np.eye(4))
    assert find_xyz_cut_coords(img, mask_img=image(mask, np.eye(4))) == [7, 7, 7]
    with pytest.raises(GridError, match="mask_img lies on another grid"):
        find_xyz_cut_coords(img, mask_img=image(mask[:5].copy(), np.eye(4)))
    with pytest.warns(FigureWarning, match="map is 0 everywhere in mask_img"):
        place = find_xyz_cut_coords(img, mask_img=image(mask * 0, np.eye(4)))
    np.testing.assert_allclose(place, (27 * 5 * 2 + 2 * 7) / 137)


@pytest.mark.parametrize(
    ("value", "threshold", "message"),
    [(0.0, None, "no finite value but 0"), (1.0, 3.0, "reaches the threshold, 3")],
)
def test_a_map_with_nothing_to_see_is_cut_all_the_same(value, threshold, message):
    img = image(np.full((5, 5, 5), value, np.float32), np.eye(4))
    with pytest.warns(FigureWarning, match=message):
        place = find_xyz_cut_coords(img, activation_threshold=threshold)
    assert place == ([0, 0, 0] if value == 0 else [2, 2, 2])


def test_missing_values_are_nothing():
    values = np.zeros((9, 9, 9))
    values[4, 5, 6] = 3.0
    values[0], values[8], values[7] = np.nan, np.inf, -np.inf
    img = image(values, np.eye(4))
    assert find_xyz_cut_coords(img) == [4, 5, 6]
    assert find_cut_slices(img, "y", 1) == [5]
    low = np.where(np.isfinite(values), values, -np.inf)
    assert find_xyz_cut_coords(image(low, np.eye(4))) == [4, 5, 6]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float64])
def test_all_types_of_numbers_are_cut_at_the_same_place(dtype):
    values = np.zeros((9, 9, 9), dtype)
    values[2:4, 5:7, 1:3] = 3
    assert find_xyz_cut_coords(nib.Nifti1Image(values, np.eye(4))) == [2.5, 5.5, 1.5]


def test_more_cuts_than_planes_are_all_planes():
    img = image(smooth_map(1, (6, 7, 8)), np.eye(4))
    with pytest.warns(FigureWarning, match="8 planes along z, and 9 cuts"):
        np.testing.assert_allclose(find_cut_slices(img, "z", 9), np.arange(8))
    np.testing.assert_allclose(find_cut_slices(img, "z", 8), np.arange(8))


def test_cuts_keep_apart_where_there_is_room():
    values = np.ones((4, 4, 60), np.float32)
    for affine in (np.eye(4), np.diag([1.0, 1.0, -1.0, 1.0])):
        found = find_cut_slices(image(values, affine), "z", 3, spacing=10)
        assert (np.diff(found) >= 10).all()
    assert np.diff(find_cut_slices(image(values, np.eye(4)), "z", 3)).max() >= 10


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"direction": "w"}, ValueError, "direction is 'w'; expected one of 'x'"),
        ({"n_cuts": 0}, ValueError, "n_cuts is 0; expected at least one cut"),
        ({"n_cuts": 2.5}, ValueError, "n_cuts is 2.5"),
        ({"n_cuts": "3"}, TypeError, "n_cuts is '3'"),
        ({"spacing": "wide"}, TypeError, "spacing is 'wide'; expected planes"),
    ],
)
def test_what_is_no_number_of_cuts_is_refused(options, kind, message):
    with pytest.raises(kind, match=message):
        find_cut_slices(image(smooth_map(1)), **options)


def test_a_negative_threshold_is_refused():
    with pytest.raises(ValueError, match="activation_threshold is -2"):
        find_xyz_cut_coords(image(smooth_map(1)), activation_threshold=-2)


@pytest.mark.parametrize("percentile", [0, 50, 80, 99, 100])
def test_the_threshold_of_a_percentile_is_an_order_statistic(rng, readonly, percentile):
    values = readonly(rng.normal(size=501))
    heights = np.sort(np.abs(values))
    index = min(int(501 * percentile / 100), 500)
    assert percentile_threshold(values, percentile) == heights[index]
    assert percentile_threshold(np.zeros(0)) == 0


def blobs(shape=(20, 22, 18)):
    """Labels: 2 and 4 on both sides, 3 left, 5 right, 9 in two parts."""
    labels = np.zeros(shape, np.int16)
    labels[2:5, 3:6, 3:6], labels[14:18, 3:7, 3:7] = 2, 2
    labels[3:6, 10:13, 4:9] = 3
    labels[8:13, 19:21, 3:6] = 4  # across the middle
    labels[13:16, 10:12, 5:9] = 5
    labels[2:4, 16:18, 2:4], labels[2:6, 15:19, 10:14] = 9, 9
    return labels


CENTRED = np.array([[3.0, 0, 0, -30], [0, 3, 0, -30], [0, 0, 3, -27], [0, 0, 0, 1]])


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.uint8])
def test_the_middles_of_regions_are_nilearns(dtype):
    peer = pytest.importorskip("nilearn.plotting")
    img = image(blobs().astype(dtype), CENTRED)
    ours, labels = find_parcellation_cut_coords(img, return_label_names=True)
    theirs, names = peer.find_parcellation_cut_coords(img, return_label_names=True)
    assert labels == list(names) == [2, 3, 4, 5, 9]
    np.testing.assert_allclose(ours, theirs)


def test_a_region_is_looked_for_on_the_side_that_is_asked_for():
    img = image(blobs(), CENTRED)
    left, right = (
        find_parcellation_cut_coords(img, label_hemisphere=side)
        for side in ("left", "right")
    )
    np.testing.assert_allclose(left[0], CENTRED[:3] @ [3, 4, 4, 1])
    np.testing.assert_allclose(right[0], CENTRED[:3] @ [15.5, 4.5, 4.5, 1])
    # one that has no voxels there is shown where it is; nilearn: mid-volume
    np.testing.assert_allclose(right[[1, 3, 4]], left[[1, 3, 4]])
    np.testing.assert_allclose(left[1], CENTRED[:3] @ [4, 11, 6, 1])


def test_the_background_is_a_label_and_no_position():
    """nilearn leaves out the label that is at this position in the list."""
    labels = blobs()
    labels[labels == 0] = 5
    img = image(labels, CENTRED)
    _, names = find_parcellation_cut_coords(
        img, background_label=5, return_label_names=True
    )
    assert names == [2, 3, 4, 9]


def test_flipped_atlases_have_the_same_places_in_the_world():
    flipped = CENTRED.copy()
    flipped[0] = [-3, 0, 0, -30 + 3 * 19]
    np.testing.assert_allclose(
        find_parcellation_cut_coords(image(blobs()[::-1].copy(), flipped)),
        find_parcellation_cut_coords(image(blobs(), CENTRED)),
    )


def test_an_oblique_atlas_has_the_same_regions():
    whole, names = find_parcellation_cut_coords(
        image(blobs().astype(np.float32), OBLIQUE), return_label_names=True
    )
    assert names == [2, 3, 4, 5, 9]
    np.testing.assert_allclose(whole[1], OBLIQUE[:3] @ [4, 11, 6, 1], atol=1)


def test_an_atlas_without_regions_has_no_places():
    empty = image(np.zeros((4, 4, 4), np.uint8), np.eye(4))
    assert find_parcellation_cut_coords(empty).shape == (0, 3)
    with pytest.raises(ValueError, match="label_hemisphere is 'top'"):
        find_parcellation_cut_coords(empty, label_hemisphere="top")


def test_maps_of_an_atlas_are_cut_one_by_one():
    peer = pytest.importorskip("nilearn.plotting")
    maps = image(np.stack([rough_map(k) for k in range(3)], axis=-1))
    found = find_probabilistic_atlas_cut_coords(maps)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(
        found, peer.find_probabilistic_atlas_cut_coords(maps), atol=1e-3
    )
    with pytest.raises(DimensionError, match="no scans to iterate over"):
        find_probabilistic_atlas_cut_coords(image(rough_map(0)))


@pytest.mark.parametrize("percentile", [0, 50, 80, 99])
def test_the_threshold_of_a_percentile_is_nilearns(rng, percentile):
    extmath = pytest.importorskip("nilearn._utils.extmath")
    values = rng.normal(size=(9, 8, 7)).astype(np.float32)
    theirs = extmath.fast_abs_percentile(values, percentile)
    assert percentile_threshold(values, percentile) == float(theirs)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 7)] * 3),
    axis=st.integers(0, 2),
    seed=st.integers(0, 2**31),
    spacing=st.one_of(st.just("auto"), st.integers(1, 9)),
    data=st.data(),
)
def test_cuts_are_as_many_planes_of_the_image_as_asked_for(
    shape, axis, seed, spacing, data
):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, shape).astype(np.float32)
    n_cuts = data.draw(st.integers(1, shape[axis]))
    found = find_cut_slices(image(values, FLIPPED), "xyz"[axis], n_cuts, spacing)
    planes = np.rint((found - FLIPPED[axis, 3]) / FLIPPED[axis, axis])
    assert len(found) == n_cuts
    assert (np.diff(found) > 0).all()
    assert set(planes) <= set(range(shape[axis]))
