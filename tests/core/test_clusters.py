"""Clusters and peaks, against a search that visits one voxel at a time."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from boldglm._base.errors import ShapeError
from boldglm.core.clusters import drop_small_clusters, find_peaks, label_clusters

STEPS = list(product((-1, 0, 1), repeat=3))


def neighbours(voxel, shape, reach=3):
    for step in STEPS:
        if 0 < sum(map(abs, step)) <= reach:
            beside = tuple(a + b for a, b in zip(voxel, step, strict=True))
            if all(0 <= b < n for b, n in zip(beside, shape, strict=True)):
                yield beside


def labels_one_voxel_at_a_time(inside, reach):
    labels = np.zeros(inside.shape, int)
    n = 0
    for seed in np.argwhere(inside):
        if labels[tuple(seed)]:
            continue
        n += 1
        stack = [tuple(seed)]
        while stack:
            voxel = stack.pop()
            labels[voxel] = n
            stack += [
                beside
                for beside in neighbours(voxel, inside.shape, reach)
                if inside[beside] and not labels[beside]
            ]
    return labels


@pytest.mark.parametrize(("connectivity", "reach"), [(6, 1), (18, 2), (26, 3)])
def test_labels_are_those_of_a_flood_fill(connectivity, reach, rng, readonly):
    inside = readonly(rng.random((7, 8, 9)) < 0.2)
    labels, n = label_clusters(inside, connectivity)
    expected = labels_one_voxel_at_a_time(inside, reach)
    np.testing.assert_array_equal(labels, expected)
    assert n == expected.max()
    assert labels.dtype == np.int32


def test_nothing_and_everything_are_no_and_one_cluster():
    assert label_clusters(np.zeros((2, 3, 4), bool))[1] == 0
    labels, n = label_clusters(np.ones((2, 3, 4), bool))
    assert n == 1
    assert (labels == 1).all()


def test_clusters_need_three_dimensions_and_a_known_neighbourhood():
    with pytest.raises(ShapeError, match=r"shape \(4,\); expected a 3-D"):
        label_clusters(np.ones(4, bool))
    with pytest.raises(ValueError, match="connectivity is 8; expected 6"):
        label_clusters(np.ones((1, 1, 4), bool), 8)


def test_small_clusters_go_and_large_ones_stay(rng, readonly):
    volume = gaussian_filter(rng.normal(size=(12, 12, 12)), 1)
    volume[np.abs(volume) < 0.1] = 0
    kept = drop_small_clusters(readonly(volume), 8)
    for side in (1, -1):
        labels = labels_one_voxel_at_a_time(side * volume > 0, 1)
        for label in range(1, labels.max() + 1):
            here = labels == label
            expected = volume[here] if here.sum() >= 8 else 0
            np.testing.assert_array_equal(kept[here], expected)
    assert (kept != volume).any()
    assert kept.any()


def test_a_cluster_without_background_stays():
    volume = np.full((2, 2, 2), 5.0)
    np.testing.assert_array_equal(drop_small_clusters(volume, 8), volume)
    assert not drop_small_clusters(volume, 9).any()


def peaks_one_voxel_at_a_time(values, labels, affine, min_distance, most):
    """For values without ties: highest first, dropped when near one kept before."""
    found = []
    for label in range(1, labels.max() + 1):
        tops = [
            tuple(voxel)
            for voxel in np.argwhere(labels == label)
            if all(
                labels[beside] != label or values[beside] < values[tuple(voxel)]
                for beside in neighbours(voxel, values.shape)
            )
        ]
        kept = []
        for top in sorted(tops, key=lambda voxel: -values[voxel]):
            steps = (affine[:3, :3] @ (np.array(top) - np.array(k)) for k in kept)
            if all(np.linalg.norm(step) > min_distance for step in steps):
                kept.append(top)
        found += [(label, top, values[top]) for top in kept[:most]]
    return found


@pytest.mark.parametrize("most", [1, 4])
@pytest.mark.parametrize("connectivity", [6, 26])
def test_peaks_are_those_of_a_plain_search(most, connectivity, rng, readonly):
    values = gaussian_filter(rng.normal(size=(16, 17, 18)), 0.7)
    values -= np.quantile(values, 0.8)
    values[values < 0] = 0
    labels = label_clusters(values > 0, connectivity)[0]
    affine = np.array([[0, 2.0, 0, 5], [-3.0, 0.3, 0, 1], [0, 0, 2.5, 0], [0, 0, 0, 1]])
    values, labels, affine = readonly(values, labels, affine)
    peaks = find_peaks(values, labels, affine, 9.0, most)
    expected = peaks_one_voxel_at_a_time(values, labels, affine, 9.0, most)
    assert len(expected) > 15
    assert [(c, tuple(v), x) for c, v, x in zip(*columns(peaks), strict=True)] == [
        (c, v, pytest.approx(x)) for c, v, x in expected
    ]
    assert peaks.n_moved == 0


def columns(peaks):
    return peaks.cluster, peaks.voxel.tolist(), peaks.value


def row_of(*heights):
    values = np.array(heights, dtype=float).reshape(1, 1, -1)
    return values, label_clusters(values > 0)[0]


def test_every_cluster_has_a_peak_whatever_its_neighbours():
    # the two touch at a corner: the lower is a cluster, with a peak, of its own
    values = np.zeros((2, 2, 1))
    values[0, 0], values[1, 1] = 3, 9
    peaks = find_peaks(values, label_clusters(values > 0)[0], np.eye(4), 50.0)
    assert peaks.value.tolist() == [3, 9]


def test_a_peak_near_one_that_was_kept_does_not_come_back():
    # 7 is 2 from 9 and 6 from 8: it is too near to 9, however far it is from 8
    values, labels = row_of(9, 1, 7, 1, 1, 1, 1, 1, 8)
    peaks = find_peaks(values, labels, np.eye(4), min_distance=3.0)
    assert peaks.value.tolist() == [9, 8]
    assert find_peaks(values, labels, np.eye(4), 1.9).value.tolist() == [9, 8, 7]


def test_peaks_lie_further_apart_than_the_distance_not_at_it():
    values, labels = row_of(9, 1, 8)
    assert find_peaks(values, labels, np.eye(4), 2.0).value.tolist() == [9]
    assert find_peaks(values, labels, np.eye(4), 1.99).value.tolist() == [9, 8]


def test_a_flat_top_is_one_peak_at_its_centre():
    values = np.zeros((3, 3, 5))
    values[1, 1] = [1, 4, 4, 4, 2]
    peaks = find_peaks(values, label_clusters(values > 0)[0], np.eye(4), 0.5)
    assert peaks.voxel.tolist() == [[1, 1, 2]]
    assert peaks.n_moved == 0


def test_a_flat_cluster_has_one_peak_at_its_centre():
    values = np.zeros((5, 6, 7))
    values[1:4, 1:4, 1:6] = 2.0
    peaks = find_peaks(values, label_clusters(values > 0)[0], np.eye(4), 0.5)
    assert peaks.voxel.tolist() == [[2, 2, 3]]


def test_a_level_place_inside_a_cluster_is_no_peak():
    values = np.full((5, 5, 11), 3.0)
    values[2, 2, 0] = 9.0
    peaks = find_peaks(values, label_clusters(values > 0)[0], np.eye(4), 0.5)
    assert peaks.value.tolist() == [9]


def test_the_peak_of_a_ring_lies_on_it():
    values = np.zeros((3, 3, 1))
    values[..., 0] = 4.0
    values[1, 1, 0] = 0.0
    peaks = find_peaks(values, label_clusters(values > 0)[0], np.eye(4), 0.5)
    assert peaks.n_moved == 1
    assert peaks.voxel.tolist() == [[0, 1, 0]]


def test_no_clusters_have_no_peaks():
    peaks = find_peaks(np.zeros((2, 2, 2)), np.zeros((2, 2, 2), int), np.eye(4), 1.0)
    assert peaks.cluster.size == peaks.value.size == 0
    assert peaks.voxel.shape == (0, 3)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 2.0, 4.5]))
def test_the_first_peak_of_a_cluster_is_its_maximum(seed, distance):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 4, size=(5, 5, 5)).astype(float)
    labels, n = label_clusters(values > 0)
    peaks = find_peaks(values, labels, np.eye(4), distance)
    for label in range(1, n + 1):
        here = peaks.cluster == label
        inside = labels == label
        assert (labels[tuple(peaks.voxel[here].T)] == label).all()
        assert peaks.value[here][0] == values[inside].max()
        steps = np.linalg.norm(
            peaks.voxel[here][:, None] - peaks.voxel[here][None], axis=2
        )
        assert (steps[~np.eye(len(steps), dtype=bool)] > distance).all()


def test_values_and_labels_must_agree_in_shape():
    with pytest.raises(ShapeError, match=r"values have shape \(1, 1, 2\), labels"):
        find_peaks(np.ones((1, 1, 2)), np.ones((1, 1, 3), int), np.eye(4), 1.0)
