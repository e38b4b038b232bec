"""TFCE of images."""

import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from boldglm._base.warnings import ImageWarning
from boldglm.core.graph import volume_graph
from boldglm.core.tfce import tfce
from boldglm.glm import tfce_img

SHAPE = (7, 8, 6)


@pytest.fixture
def z(rng, readonly):
    return readonly(3 * ndimage.gaussian_filter(rng.standard_normal(SHAPE), 0.7))


def image(data):
    return nib.Nifti1Image(data, np.diag([2.0, 2, 2, 1]))


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("two_sided", [True, False])
def test_voxels_of_a_mask_are_enhanced(z, connectivity, two_sided):
    inside = np.ones(SHAPE, bool)
    inside[3] = False  # what lies on both sides of it does not touch
    found = tfce_img(
        image(z), image(inside.astype(np.uint8)), two_sided, connectivity
    ).get_fdata()
    expected = tfce(z[inside], volume_graph(inside, connectivity), two_sided=two_sided)
    np.testing.assert_allclose(found[inside], expected, rtol=1e-6)
    assert not found[3].any()


def test_without_a_mask_zeros_and_what_is_not_finite_are_left_out(z):
    holes = np.array(z)
    holes[0], holes[1, 0, 0], holes[1, 1, 1] = 0, np.nan, np.inf
    inside = np.isfinite(holes) & (holes != 0)
    with pytest.warns(ImageWarning, match="stat_img has 1 infinite values"):
        found = tfce_img(image(holes)).get_fdata()
    expected = tfce(holes[inside], volume_graph(inside), two_sided=True)
    np.testing.assert_allclose(found[inside], expected, rtol=1e-6)
    assert np.isfinite(found).all()


def test_numbers_of_nilearn_by_steps(z):
    utils = pytest.importorskip("nilearn.mass_univariate._utils")
    expected = utils.calculate_tfce(
        z[..., None], ndimage.generate_binary_structure(3, 1)
    )
    found = tfce_img(image(z), steps=100).get_fdata()
    np.testing.assert_allclose(found, expected[..., 0], rtol=1e-5, atol=1e-5)


def test_divergence_23_three_times_the_map_is_27_times_the_enhancement(z):
    """As an integral scales; by nilearn's steps it is nine times."""
    for steps, factor in ((None, 27), (100, 9)):
        once, thrice = (
            tfce_img(image(scale * z), steps=steps).get_fdata() for scale in (1, 3)
        )
        np.testing.assert_allclose(thrice, factor * once, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"connectivity": 8}, "connectivity is 8"),
        ({"extent": -1}, "extent is -1"),
        ({"steps": 0}, "steps is 0"),
        ({"steps": 1.5}, "steps is 1.5"),
        ({"height": "2"}, "height is '2'"),
    ],
)
def test_mistakes(z, change, words):
    with pytest.raises(ValueError, match=words):
        tfce_img(image(z), **change)
