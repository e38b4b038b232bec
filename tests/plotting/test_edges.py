"""Edges are where steps are, one pixel wide, and nowhere else."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from boldglm.plotting.edges import edge_map


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_step_is_one_line_within_a_pixel(readonly, transpose, sign):
    step = np.zeros((30, 40))
    step[:, 17:] = sign
    found = edge_map(readonly(step.T if transpose else step))
    found = found.T if transpose else found
    assert (found.sum(axis=1) == 1).all()
    assert set(np.flatnonzero(found.any(axis=0))) <= {16, 17}


def test_a_disc_is_a_ring_within_a_pixel(rng):
    up, across = np.indices((61, 61)) - 30
    radius = np.hypot(up, across)
    picture = gaussian_filter((radius < 20).astype(float), 0.7)
    found = edge_map(picture + rng.normal(0, 0.01, picture.shape))
    assert np.abs(radius[found] - 20).max() < 1.5
    angles = np.arctan2(up[found], across[found])
    assert np.diff(np.sort(angles)).max() < 0.2  # no gaps
    assert found.sum() < 2 * np.pi * 20 * 1.1  # thin


@pytest.mark.parametrize("picture", [np.zeros((8, 9)), np.full((8, 9), 1e6 / 3)])
def test_a_constant_has_no_edges(picture):
    assert not edge_map(picture).any()


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (1, 1)])
def test_a_row_of_pixels_has_no_edges(rng, shape):
    found = edge_map(rng.normal(size=shape))
    assert found.shape == shape
    assert not found.any()


def test_rounding_has_no_edges(rng):
    assert not edge_map(1e6 + 1e-9 * rng.normal(size=(20, 20))).any()


def test_missing_values_are_zeros():
    step = np.ones((20, 20))
    step[:, 10:] = np.nan
    step[5:9, 2:6], step[5:9, 14:18] = np.inf, -np.inf
    known = np.where(np.isfinite(step), step, 0)
    np.testing.assert_array_equal(edge_map(step), edge_map(known))
    assert edge_map(step).any()


def test_edges_do_not_depend_on_the_unit():
    up, across = np.indices((40, 40))
    picture = np.sin(up / 4.0) + np.cos(across / 5.0)
    np.testing.assert_array_equal(edge_map(picture), edge_map(1e4 * picture))


def test_a_faint_line_is_left_out_unless_it_is_asked_for():
    picture = np.zeros((40, 60))
    picture[:, 20:] = 1.0
    picture[:, 40:] = 1.2
    assert not edge_map(picture)[:, 35:45].any()
    assert edge_map(picture, weak=0.05)[:, 17:23].any(axis=1).all()
    assert edge_map(picture, weak=0.01, strong=0.1)[:, 35:45].any(axis=1).all()


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_a_line_goes_on_where_it_is_faint(slope):
    up, across = np.indices((60, 60))
    # through the middles of pixels: those of a diagonal touch at corners only
    beyond = 1 / (1 + np.exp(5 + slope * up - across))
    picture = beyond * (1.0 - 0.8 * up / 59)
    found = edge_map(picture, strong=0.8)
    # the faint end alone, a fifth as steep, would be none
    alone = np.zeros((60, 60))
    alone[:, 40:], alone[45:, :20] = 1.0, 0.2
    assert not edge_map(alone)[40:, :25].any()
    assert (found[3:45].sum(axis=1) == 1).all()
