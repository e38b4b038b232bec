"""The drawing of the glass brain is the template's, as its script makes it."""

import sys
from importlib import util
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from boldglm.exceptions import ImageFileError
from boldglm.plotting import outlines
from boldglm.plotting.outlines import glass_brain_outlines

TOOL = Path(__file__).parents[2] / "tools" / "build_outlines.py"


def inside_of(ring, points):
    from matplotlib.path import Path as Polygon

    return Polygon(ring, closed=True).contains_points(points)


def dense(ring, step):
    """Points along a line, a step apart."""
    at = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
    along = np.arange(0, at[-1], step)
    return np.stack([np.interp(along, at, part) for part in ring.T], axis=1)


@pytest.fixture(scope="module")
def brain():
    from boldglm.datasets import load_mni152_brain_mask

    mask = load_mni152_brain_mask(2)
    world = np.argwhere(mask.get_fdata() > 0) @ mask.affine[:3, :3].T
    return world + mask.affine[:3, 3]


@pytest.mark.parametrize(
    ("view", "axes"), [("x", (1, 2)), ("y", (0, 2)), ("z", (0, 1))]
)
def test_the_outline_is_around_the_brain_and_close_to_it(brain, view, axes):
    drawn = glass_brain_outlines(view)
    silhouette = max(drawn.silhouettes, key=len)
    points = brain[:, axes]
    assert inside_of(silhouette, points).mean() > 0.985
    left, right, bottom, top = drawn.extent
    np.testing.assert_allclose(
        [left, right, bottom, top],
        [
            points[:, 0].min(),
            points[:, 0].max(),
            points[:, 1].min(),
            points[:, 1].max(),
        ],
        atol=4,
    )


@pytest.mark.parametrize("view", ["x", "y", "z"])
def test_folds_lie_inside_and_are_large_enough_to_see(view):
    drawn = glass_brain_outlines(view)
    silhouette = max(drawn.silhouettes, key=len)
    assert 8 < len(drawn.folds) < 30
    for outer, *holes in drawn.folds:
        assert np.hypot(*np.ptp(outer, axis=0)) > 13
        assert inside_of(silhouette, outer).mean() > 0.9
        for hole in holes:
            assert inside_of(outer, hole).mean() > 0.9


@pytest.mark.parametrize("view", ["y", "z"])
def test_views_of_both_sides_are_mirror_images(view):
    (silhouette,) = glass_brain_outlines(view).silhouettes
    line = dense(silhouette, 0.1)
    assert cKDTree(line).query(line * [-1, 1])[0].max() < 0.3


def test_the_sides_are_the_lines_of_the_look_from_the_side():
    for side in "lr":
        ours, theirs = glass_brain_outlines(side), glass_brain_outlines("x")
        assert ours.extent == theirs.extent


def test_the_central_sulcus_is_where_it_is():
    """From above, a long fold on each side passes by the hand knob."""
    for hand in ([-37.0, -25.0], [37.0, -25.0]):
        distance = min(
            np.linalg.norm(ring - hand, axis=1).min()
            for fold in glass_brain_outlines("z").folds
            for ring in fold
            if np.ptp(ring, axis=0).max() > 30
        )
        assert distance < 8


@pytest.mark.parametrize("view", ["x", "y", "z"])
def test_lines_are_smooth_and_closed(view):
    drawn = glass_brain_outlines(view)
    for ring in [*drawn.silhouettes, *(one for fold in drawn.folds for one in fold)]:
        np.testing.assert_array_equal(ring[0], ring[-1])
        steps = np.diff(ring, axis=0)
        assert np.hypot(*steps.T).min() > 0
        along = np.arctan2(steps[:, 1], steps[:, 0])
        turns = np.angle(np.exp(1j * np.diff([*along, along[0]])))
        # all the way round once, without spikes
        assert abs(turns.sum()) == pytest.approx(2 * np.pi)
        assert np.abs(turns).max() < 2.2


@pytest.fixture(scope="module")
def tool():
    spec = util.spec_from_file_location("build_outlines", TOOL)
    module = util.module_from_spec(spec)
    sys.modules["build_outlines"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["build_outlines"]


def test_the_file_is_what_its_script_makes(tool):
    made = tool.outlines()
    with np.load(Path(outlines.__file__).parent / "data" / "outlines.npz") as archive:
        stored = dict(archive)
    assert set(stored) == set(made)
    for view in "xyz":
        # other versions of scipy may leave out another point
        here, there = (
            np.split(one[f"{view}_points"].astype(float), one[f"{view}_starts"][1:])
            for one in (made, stored)
        )
        for one, other in zip(here, there, strict=True):
            gaps, _ = cKDTree(dense(one, 1.0)).query(dense(other, 1.0))
            assert gaps.max() <= 3
        kinds = made[f"{view}_kinds"], stored[f"{view}_kinds"]
        np.testing.assert_array_equal(*kinds)
    assert len(tool.packed(made)) < 30_000


def test_a_line_passes_close_to_the_points_it_leaves_out(tool):
    angles = np.linspace(0, 2 * np.pi, 400)
    circle = 30 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    few = tool.few_points(circle)
    assert 20 < len(few) < 80
    # between two points a chord is off by its sagitta
    chords = np.hypot(*np.diff(few, axis=0).T)
    assert (30 - np.sqrt(900 - chords**2 / 4)).max() < 0.085
    assert tool.area(few) == pytest.approx(900 * np.pi, rel=0.01)
    ring = tool.rounded(circle, 1.0)
    assert abs(np.hypot(*ring.T) - 30).max() < 0.1
    np.testing.assert_array_equal(ring[0], ring[-1])


def test_another_direction_is_refused():
    with pytest.raises(ValueError, match="direction is 'w'; expected one of 'x'"):
        glass_brain_outlines("w")


def test_a_damaged_package_says_so(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "outlines.npz").write_bytes(b"PK\x03\x04 nothing")
    monkeypatch.setattr(outlines, "files", lambda _: tmp_path)
    glass_brain_outlines.cache_clear()
    with pytest.raises(ImageFileError, match="install boldglm again"):
        glass_brain_outlines("x")
    glass_brain_outlines.cache_clear()
