import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm.plotting.background import MNI152TEMPLATE, open_background

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])


def head(outside=0.0, inside=100.0):
    values = np.full((12, 13, 14), outside, dtype=np.float32)
    values[3:9, 3:10, 3:11] = inside
    return Nifti1Image(values, AFFINE)


@pytest.mark.parametrize("named", [MNI152TEMPLATE, "MNI152TEMPLATE", "MNI152"])
def test_the_template_is_on_white_and_empty_outside_of_the_head(named):
    background = open_background(named)
    assert not background.black
    assert np.isnan(background.volume.values[0, 0, 0])
    assert np.isfinite(background.volume.values).sum() > 100_000
    assert not background.volume.values.flags.writeable
    assert open_background(named).volume is background.volume
    assert repr(MNI152TEMPLATE) == "<MNI152Template>"


@pytest.mark.parametrize("nothing", [None, False])
def test_no_background_is_white_unless_asked_for(nothing):
    assert open_background(nothing).volume is None
    assert open_background(nothing).black is False
    assert open_background(nothing, black_bg=True).black is True


@pytest.mark.parametrize(("outside", "black"), [(0.0, True), (100.0, False)])
def test_the_ground_is_as_the_rim_of_the_image(outside, black):
    background = open_background(head(outside, 100.0 - outside))
    assert background.black is black
    assert open_background(head(outside), black_bg=not black).black is not black


@pytest.mark.parametrize("outside", [np.nan, np.inf, -np.inf])
def test_a_rim_without_values_is_black(outside):
    assert open_background(head(outside)).black is True


def test_a_few_bright_voxels_darken_nothing(rng):
    values = rng.uniform(0, 100, (40, 40, 40)).astype(np.float32)
    values[20, 20, 20] = 1e6
    assert open_background(Nifti1Image(values, AFFINE), dim=0).high < 101


def test_grey_steps_back_towards_the_ground():
    plain = open_background(head(), dim=0)
    assert (plain.low, plain.high) == (0.0, 100.0)
    assert open_background(head(), dim=None).high == 100.0
    on_black = open_background(head(), dim=1, black_bg=True)
    # white is of no voxel: all are darker
    assert on_black.low == 0.0
    assert on_black.high > 100.0
    on_white = open_background(head(), dim=1, black_bg=False)
    assert on_white.high == 100.0
    assert on_white.low < 0.0


@pytest.mark.parametrize("black", [True, False])
@pytest.mark.parametrize("dim", [-1, -0.5, 0.5, 1, "auto"])
def test_dimming_is_that_of_nilearn(dim, black):
    peer = pytest.importorskip("nilearn.plotting.image.utils")
    ours = open_background(head(), dim=dim, black_bg=black)
    _, _, low, high = peer.load_anat(head(), dim=dim, black_bg=black)
    assert (ours.low, ours.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "?"])
def test_images_of_integers_and_masks_are_backgrounds(kind):
    values = np.zeros((9, 9, 9), dtype=kind)
    values[2:7, 2:7, 2:7] = 1
    background = open_background(SpatialImage(values, AFFINE), dim=0)
    assert (background.low, background.high) == (0.0, 1.0)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_an_image_that_is_the_same_everywhere_is_one(value):
    background = open_background(head(value, value))
    assert background.volume is not None


@pytest.mark.parametrize("wrong", ["dark", [1], {}])
def test_another_dim_is_an_error(wrong):
    with pytest.raises(TypeError, match=r"dim is .*; expected a number from -2 to 2"):
        open_background(head(), dim=wrong)


def test_another_black_bg_is_an_error():
    with pytest.raises(ValueError, match="black_bg is 'yes'; expected True, False or"):
        open_background(head(), black_bg="yes")


def test_a_series_is_no_background():
    with pytest.raises(Exception, match="expected a 3D image for bg_img"):
        open_background(Nifti1Image(np.zeros((3, 3, 3, 2), np.float32), AFFINE))


@pytest.mark.parametrize("wrong", [float("nan"), 3, -2.5])
def test_a_dim_beyond_the_limits_is_an_error(wrong):
    with pytest.raises(ValueError, match=r"dim is .*; expected a number from -2 to 2"):
        open_background(head(), dim=wrong)


@pytest.mark.parametrize("shape", [(96, 112, 112), (64, 64, 49), (37, 41, 43)])
def test_white_is_that_of_the_head_whatever_the_shape(shape):
    rng = np.random.default_rng(3)
    values = rng.uniform(0, 10, shape).astype(np.float32)
    x, y, z = (slice(n // 4, 3 * n // 4) for n in shape)
    values[x, y, z] = 500
    background = open_background(Nifti1Image(values, AFFINE), dim=0)
    assert background.high == 500
