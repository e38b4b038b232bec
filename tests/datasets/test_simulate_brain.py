from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from boldglm.datasets import Activation, NoiseSettings, make_brain, simulate_run
from boldglm.datasets.simulate_brain import (
    distance_from,
    effect_maps,
    null_mask,
    smooth_field,
)


@pytest.fixture(scope="module")
def brain():
    return make_brain(6.0)


def world(brain):
    """Coordinates of every voxel, (x, y, z, 3) mm."""
    voxels = np.stack(np.meshgrid(*map(np.arange, brain.shape), indexing="ij"), -1)
    return voxels @ brain.affine[:3, :3].T + brain.affine[:3, 3]


@pytest.mark.parametrize("voxel_size", [3.0, 4.0, 6.0, 8.0])
def test_the_brain_is_as_large_as_a_brain_whatever_the_voxels(voxel_size):
    brain = make_brain(voxel_size)
    litres = brain.mask.sum() * voxel_size**3 / 1e6
    assert 1.4 < litres < 1.8
    assert brain.voxel_size == voxel_size


def test_the_brain_lies_in_the_field_of_view_with_air_around(brain):
    for axis in range(3):
        planes = np.moveaxis(brain.mask, axis, 0)
        assert not planes[0].any()
        assert not planes[-1].any()


@pytest.mark.parametrize("voxel_size", [4.0, 6.0, 8.0])
def test_left_and_right_are_mirror_images(voxel_size):
    brain = make_brain(voxel_size)
    assert np.array_equal(brain.mask, brain.mask[::-1])
    middle = (brain.affine @ [(brain.shape[0] - 1) / 2, 0, 0, 1])[0]
    assert middle == pytest.approx(0.0)


def test_ventricles_are_bright_white_matter_dark_and_air_black(brain):
    def at(*mm):
        voxel = np.rint(np.linalg.inv(brain.affine) @ [*mm, 1.0])[:3].astype(int)
        return brain.baseline[tuple(voxel)]

    assert at(-12, -8, 18) > 1.2 * at(-36, -8, 18)
    assert at(-60, -18, 10) > 1.05 * at(-36, -8, 18)
    assert brain.baseline[0, 0, 0] < 30


def test_the_mean_signal_of_the_brain_is_1000(brain):
    assert brain.baseline[brain.mask].mean() == pytest.approx(1000, rel=1e-5)


def test_voxels_too_small_or_too_large_are_refused():
    with pytest.raises(ValueError, match=r"voxel_size is 20.* expected .* 1 to 12 mm"):
        make_brain(20.0)


def test_an_effect_is_a_gaussian_with_its_height_and_width(brain):
    centre = tuple(brain.affine[:3, :3] @ [15, 15, 16] + brain.affine[:3, 3])
    effect = effect_maps(brain, [Activation("a", centre, {"A": 2.0}, fwhm=18.0)])["A"]
    distance = np.linalg.norm(world(brain) - centre, axis=-1)
    assert effect[15, 15, 16] == pytest.approx(2.0)
    # 9 mm, half the width, lies between voxels: hold the whole formula instead
    expected = 2 * np.exp(-4 * np.log(2) * (distance / 18.0) ** 2) * brain.mask
    np.testing.assert_allclose(effect, expected, atol=2.1e-6)


TURN = Rotation.from_euler("xyz", [20, -35, 10], degrees=True).as_matrix()
FLIP = np.diag([-1.0, 1.0, 1.0])
AXES = {
    "slices": np.diag([6.0, 6.0, 9.0]),
    "turned": 6.0 * TURN,
    "turned slices": TURN @ np.diag([5.0, 6.0, 9.0]),
    "left to right": 6.0 * FLIP,
    "other axes first": 6.0 * np.eye(3)[[2, 0, 1]],
    "sheared": np.array([[6.0, 2.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 6.0]]),
}


def seen_along(brain, axes):
    """The same voxels, elsewhere in the world."""
    affine = brain.affine.copy()
    affine[:3, :3] = axes
    return replace(brain, affine=affine)


@pytest.mark.parametrize("axes", AXES.values(), ids=AXES)
def test_distances_are_in_the_world_whatever_the_grid(brain, axes):
    turned = seen_along(brain, axes)
    centre = (12.5, -40.0, 7.0)
    expected = np.linalg.norm(world(turned) - centre, axis=-1)
    np.testing.assert_allclose(distance_from(turned, centre), expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["turned", "left to right", "other axes first"])
def test_the_edge_of_a_cube_is_known_however_it_is_turned(brain, name):
    assert seen_along(brain, AXES[name]).voxel_size == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("slices", "6 x 6 x 9"),
        ("turned slices", "5 x 6 x 9"),
        ("sheared", "6 x 6.325 x 6"),
    ],
)
def test_noise_in_voxels_that_are_no_cubes_is_refused(brain, name, sizes):
    other = seen_along(brain, AXES[name])
    message = f"voxels of the brain have edges of {sizes} mm; expected cubes"
    with pytest.raises(ValueError, match=message):
        simulate_run(brain=other, noise=NoiseSettings())


def test_a_shear_with_equal_edges_is_no_cube(brain):
    axes = 6.0 * np.array([[1.0, 0.6, 0.0], [0.0, 0.8, 0.0], [0.0, 0.0, 1.0]])
    with pytest.raises(ValueError, match="edges of 6 x 6 x 6 mm; expected cubes"):
        _ = seen_along(brain, axes).voxel_size


def test_effects_add_up_where_they_overlap_and_keep_to_the_brain(brain):
    centre = (60.0, -18.0, 20.0)
    one, two = (Activation("a", centre, {"A": size}) for size in (1.0, 2.0))
    single = effect_maps(brain, [one])["A"]
    double = effect_maps(brain, [one, two])["A"]
    np.testing.assert_allclose(double, 3 * single, rtol=1e-6)
    assert not double[~brain.mask].any()


def test_conditions_come_in_the_order_in_which_they_are_named(brain):
    spots = [
        Activation("a", (30.0, -18.0, 20.0), {"zebra": 1.0}),
        Activation("b", (-30.0, -18.0, 20.0), {"ant": 1.0, "zebra": 1.0}),
    ]
    assert list(effect_maps(brain, spots)) == ["zebra", "ant"]


def test_null_voxels_are_in_the_brain_and_far_from_every_effect(brain):
    spots = [
        Activation("a", (30.0, -18.0, 20.0), {"A": 1.0}),
        Activation("b", (-30.0, -18.0, 20.0), {"A": -1.0}, fwhm=6.0),
    ]
    null = null_mask(brain, spots)
    far = np.ones(brain.shape, dtype=bool)
    for spot in spots:
        far &= np.linalg.norm(world(brain) - spot.centre, axis=-1) > 2 * spot.fwhm
    assert np.array_equal(null, far & brain.mask)
    assert np.abs(effect_maps(brain, spots)["A"][null]).max() < 2e-5


def test_a_smooth_field_is_standard_and_smooth(rng):
    field = smooth_field((30, 30, 30), 2.0, rng)
    assert field.mean() == pytest.approx(0, abs=1e-12)
    assert field.std() == pytest.approx(1)
    neighbours = np.corrcoef(field[1:].ravel(), field[:-1].ravel())[0, 1]
    # exp(-d² / 4 sigma²): the autocorrelation of smoothed white noise
    assert neighbours == pytest.approx(np.exp(-1 / 16), abs=0.02)
