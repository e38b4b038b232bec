import io

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from PIL import Image

from boldglm.plotting.background import open_background
from boldglm.plotting.displays.slicers import SLICERS
from boldglm.plotting.displays.volumes import Volume, open_volume
from boldglm.reporting.slice_pictures import (
    BAR,
    GAP,
    SHOWN,
    Scene,
    _table,
    draw_slices,
    even_cuts,
)

AFFINE = np.array(
    [[-3.0, 0, 0, 45], [0, 3, 0, -50], [0, 0, 3, -30], [0, 0, 0, 1]], dtype=float
)
SHAPE = (31, 35, 25)


def volume(values, affine=AFFINE):
    return open_volume(Nifti1Image(values.astype(np.float32), affine), "img", "nearest")


@pytest.fixture
def scene():
    return Scene(open_background(None), volume(np.ones(SHAPE)))


def rgb(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB"))


def pixels(picture):
    """What is coloured of a picture, without its bar: red and blue pixels."""
    image = rgb(picture).astype(int)
    height, width = (round(SHOWN * side) for side in image.shape[:2])
    assert (width, height) == (picture.width, picture.height)
    image = image[:, :-BAR]
    return image[..., 0] - image[..., 2] > 60, image[..., 2] - image[..., 0] > 60


def test_left_is_left_and_front_is_up(scene):
    values = np.zeros(SHAPE)
    values[25, 30, 12] = 5.0  # x = -30, y = 40
    values[5, 4, 12] = -5.0  # x = 30, y = -38
    picture = draw_slices(volume(values), scene, mode="z", cut_coords=[6.0])
    red, blue = (np.argwhere(one).mean(axis=0) for one in pixels(picture))
    assert picture.cuts == ("z = 6",)
    assert red[1] < blue[1]
    assert red[0] < blue[0]


def test_even_cuts_go_through_all_of_a_mask():
    inside = np.zeros(SHAPE)
    inside[:, :, 2:17] = 1  # from z = -24 to 18
    assert even_cuts(volume(inside)) == [-21, -15, -9, -3, 3, 9, 15]
    flipped = volume(inside, AFFINE @ np.diag([1, 1, -1, 1]))
    assert even_cuts(flipped, 2) == [-68, -46]
    assert even_cuts(volume(np.zeros(SHAPE))) == [0]
    one = np.zeros(SHAPE)
    one[3, 3, 10] = 1
    assert even_cuts(volume(one)) == [0]


def ink(picture, columns):
    """Where something black is written in the upper part of some columns."""
    image = np.asarray(Image.open(io.BytesIO(picture.data)).convert("L"))
    written = np.argwhere(image[GAP : GAP + 26, columns] < 80)
    (top, left), (foot, right) = written.min(axis=0), written.max(axis=0) + 1
    box = image[GAP + top : GAP + foot, columns][:, left:right] < 80
    assert box.shape[0] > 10
    return box


@pytest.mark.parametrize("mode", ["z", "y"])
def test_the_letter_at_the_side_of_the_left_is_an_l(scene, mode):
    values = np.zeros(SHAPE)
    values[24:27, 15:18, 11:14] = 5.0  # x = -30
    at = {"z": 6.0, "y": -2.0}[mode]
    picture = draw_slices(volume(values), scene, mode=mode, cut_coords=[at])
    red, _ = pixels(picture)
    assert red.any()
    middle = red.shape[1] / 2
    assert np.argwhere(red)[:, 1].max() < middle
    first = ink(picture, slice(GAP, GAP + 40))
    last = ink(picture, slice(red.shape[1] - 40 - GAP, red.shape[1] - GAP))
    # an L has nothing at its upper right, an R has its bow there
    assert not first[: len(first) // 2, first.shape[1] // 2 :].any()
    assert last[: len(last) // 2, last.shape[1] // 2 :].any()


def test_a_file_is_small_and_its_colours_are_those_of_the_map(scene):
    values = np.zeros(SHAPE)
    values[10:20, 10:20, 12] = np.linspace(-6, 6, 100).reshape(10, 10)
    picture = draw_slices(volume(values), scene, mode="z", cut_coords=[6.0], limit=6.0)
    image = Image.open(io.BytesIO(picture.data))
    assert image.mode == "P"
    shown = np.asarray(image.convert("RGB"))[:, :-BAR].reshape(-1, 3)
    coloured = np.unique(shown[np.ptp(shown, axis=1) > 30], axis=0)
    table = _table("RdBu_r").astype(int)
    apart = np.abs(coloured[:, None].astype(int) - table).max(axis=-1).min(axis=1)
    assert len(coloured) > 50
    assert apart.max() <= 4


def test_a_voxel_is_drawn_where_it_lies(scene):
    values = np.zeros(SHAPE)
    values[25, 30, 12] = 5.0
    picture = draw_slices(volume(values), scene, mode="z", cut_coords=[6.0])
    red, _ = pixels(picture)
    row, column = np.argwhere(red).mean(axis=0)
    # one panel that the grid fills: its edges are those of the outermost voxels
    across, up = red.shape[1] - 2 * GAP, red.shape[0] - 2 * GAP
    low, high = -46.5, 46.5
    assert column == pytest.approx(GAP + (-30 - low) / (high - low) * across, abs=2)
    low, high = -51.5, 53.5
    assert row == pytest.approx(GAP + (high - 40) / (high - low) * up, abs=2)


def test_every_voxel_of_the_slice_is_shown_at_its_size(scene):
    values = np.zeros(SHAPE)
    values[10:14, 20:22, 12] = 4.0
    picture = draw_slices(volume(values), scene, mode="z", cut_coords=[6.0])
    red, blue = pixels(picture)
    rows, columns = np.nonzero(red)
    assert not blue.any()
    assert np.ptp(columns) + 1 == pytest.approx(2 * (np.ptp(rows) + 1), rel=0.05)
    assert red.sum() == (np.ptp(columns) + 1) * (np.ptp(rows) + 1)


def test_what_is_zero_or_nan_is_not_shown(scene):
    values = np.zeros(SHAPE)
    values[3] = np.nan
    picture = draw_slices(volume(values), scene, mode="ortho")
    assert not any(one.any() for one in pixels(picture))


@pytest.mark.parametrize("mode", sorted(SLICERS))
@pytest.mark.parametrize("anatomy", ["template", "own", "none"])
def test_all_modes_over_all_backgrounds(mode, anatomy, scene, rng):
    values = np.zeros(SHAPE)
    values[10:14, 15:19, 10:14] = 6.0
    given = {
        "template": "MNI152TEMPLATE",
        "own": Nifti1Image(rng.uniform(1, 2, SHAPE).astype(np.float32), AFFINE),
        "none": None,
    }[anatomy]
    own = Scene(open_background(given), scene.mask)
    picture = draw_slices(volume(values), own, mode=mode, height=3.0)
    red, _ = pixels(picture)
    assert red.sum() > 20
    assert {cut[0] for cut in picture.cuts} == set(
        "xyz" if mode in {"ortho", "tiled", "mosaic"} else mode
    )


def test_oblique_maps_are_shown(scene):
    turn = np.eye(4)
    turn[:2, :2] = [[0.9, -0.436], [0.436, 0.9]]
    values = np.zeros(SHAPE)
    values[14:18, 15:19, 10:14] = 6.0
    picture = draw_slices(volume(values, turn @ AFFINE), scene, mode="ortho")
    assert pixels(picture)[0].sum() > 20


def test_nothing_given_is_changed(scene, readonly):
    values = np.zeros(SHAPE, np.float32)
    values[10:14, 15:19, 10:14] = 6.0
    frozen = Volume(readonly(values), scene.mask.grid, "nearest")
    draw_slices(frozen, scene)


def test_a_bar_is_there_unless_it_says_nothing(scene):
    values = np.zeros(SHAPE)
    values[10, 10, 10] = 6.0
    with_bar, without = (
        rgb(draw_slices(volume(values), scene, bar=is_there))
        for is_there in (True, False)
    )
    strip = np.s_[:, -BAR:]
    assert len(np.unique(with_bar[strip].reshape(-1, 3), axis=0)) > 50
    assert len(np.unique(without[strip].reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize(("sign", "absent"), [(1.0, 2), (-1.0, 0)])
def test_the_bar_of_a_map_of_one_sign_has_no_other(scene, sign, absent):
    values = np.zeros(SHAPE)
    values[10, 10, 10] = 6.0 * sign
    picture = draw_slices(volume(values), scene, height=3.0)
    strip = rgb(picture)[:, -BAR:].astype(int)
    more = strip[..., absent] - strip[..., 2 - absent]
    assert more.max() < 30
    assert more.min() < -100
