"""The space is called MNI152 where there is reason to, and not elsewhere."""

from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.warnings import FigureWarning
from boldglm.plotting.background import open_background
from boldglm.reporting.space import set_scene, shares_in_template

# A grid of 4 mm around the brain of the template
AFFINE = np.array([[4.0, 0, 0, -96], [0, 4, 0, -132], [0, 0, 4, -80], [0, 0, 0, 1]])
SHAPE = (50, 60, 48)


def brain(scale=1.0, shift=(0, 0, 0), tilt=0.0):
    """The brain of the template: scaled, turned about x (degrees), shifted (mm)."""
    template = open_background("MNI152TEMPLATE").volume
    inside, place = np.isfinite(template.values), template.grid.affine
    c, s = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    turn = scale * np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    path = np.linalg.inv(place)
    world = np.indices(SHAPE).reshape(3, -1).T @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    world = (world - shift) @ np.linalg.inv(turn).T
    at = np.rint(world @ path[:3, :3].T + path[:3, 3]).astype(int)
    known = ((at >= 0) & (at < inside.shape)).all(axis=1)
    found = np.zeros(len(world), bool)
    found[known] = inside[tuple(at[known].T)]
    return found.reshape(SHAPE)


def model(inside, sform="aligned", qform="unknown"):
    img = nib.Nifti1Image(np.asarray(inside, np.uint8), AFFINE)
    img.set_sform(AFFINE, sform)
    img.set_qform(AFFINE, qform)
    return SimpleNamespace(mask_img=img, inside=np.asarray(inside, bool))


def space_of(fitted, bg_img="MNI152TEMPLATE"):
    scene, space = set_scene(fitted, bg_img)
    assert (scene.background.volume is None) is (space.name == "")
    return space


def refused(fitted):
    with pytest.warns(FigureWarning, match="taken to be in another space") as told:
        assert space_of(fitted).words == "not known to be a standard space"
    return str(told[0].message)


def test_a_brain_that_fills_the_template_is_taken_to_lie_in_it():
    whole = brain()
    within, covered = shares_in_template(whole, AFFINE)
    assert within > 0.99
    assert covered > 0.95
    space = space_of(model(whole))
    assert space.label == "MNI152 (assumed)"
    assert space.words.startswith(
        f"taken to be MNI152, because the template was asked for, {within:.0%} of the"
    )
    assert f"covers {covered:.0%}" in space.words


def test_shares_are_those_of_counting():
    half = brain()
    half[:, :, :24] = False
    within, covered = shares_in_template(half, AFFINE)
    assert within > 0.99
    assert covered == pytest.approx(half.sum() / brain().sum(), abs=0.02)
    everything = np.ones(SHAPE, bool)
    within, covered = shares_in_template(everything, AFFINE)
    assert within == pytest.approx(brain().sum() / everything.size, abs=0.01)
    assert covered > 0.98
    assert shares_in_template(np.zeros(SHAPE, bool), AFFINE) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("grown", "cut", "is_taken"),
    [
        (0.08, 0.0, True),
        (0.14, 0.0, False),
        (0.0, 0.36, True),
        (0.0, 0.46, False),
    ],
)
def test_limits_of_what_lies_within_and_of_what_is_covered(grown, cut, is_taken):
    """Voxels are added outside of the brain, or slices taken off from below."""
    inside = brain()
    n_voxels = inside.sum()
    outside = np.flatnonzero(~inside)
    inside.flat[outside[: int(grown * n_voxels)]] = True
    order = np.argwhere(inside)
    order = order[np.argsort(order[:, 2], kind="stable")]
    inside[tuple(order[: int(cut * n_voxels)].T)] = False
    assert is_taken or refused(model(inside))
    assert not is_taken or space_of(model(inside)).name == "MNI152"


def test_a_smaller_and_tilted_head_is_not():
    """The brain of somebody in the scanner, who lies where MNI152 does, about."""
    inside = brain(0.9, (3, 15, 10), 15)
    assert 0.8 < shares_in_template(inside, AFFINE)[0] < 0.9
    refused(model(inside))


def test_a_small_mask_lies_nowhere_unless_its_header_says_so():
    small = np.zeros(SHAPE, bool)
    small[20:26, 30:36, 24:30] = True
    assert shares_in_template(small, AFFINE)[0] == 1.0
    assert "cover 1% of it" in refused(model(small))
    space = space_of(model(small, "mni"))
    assert (space.label, space.words) == ("MNI152", "MNI152, as the header says")
    # of two forms the first is in use
    refused(model(small, "talairach", "mni"))
    assert space_of(model(small, "unknown", "mni")).declared


def test_the_space_of_the_scanner_is_not_that_of_a_template():
    assert "space of the scanner" in refused(model(brain(), "scanner"))
    assert "space of the scanner" in refused(model(brain(), "unknown", "scanner"))
    assert space_of(model(brain(), "aligned", "scanner")).name == "MNI152"


def test_a_header_that_says_mni_of_images_that_lie_elsewhere_is_not_believed():
    refused(model(brain(shift=(0, 0, 40)), "mni"))


def test_another_background_says_nothing_of_the_space():
    scene, space = set_scene(model(brain(), "mni"), None)
    assert scene.background.volume is None
    assert space.label == ""
