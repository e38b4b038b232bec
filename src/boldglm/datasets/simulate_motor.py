"""A map of motor activation to try thresholds, tables and figures on; simulated."""

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm.datasets.templates import load_mni152_brain_mask
from boldglm.image.headers import new_image

__all__ = ["load_sample_motor_activation_image"]

# (centre in mm, height) of what responds to "left minus right button press".
_PLACES = (
    ((38.0, -24.0, 58.0), 8.0),  # hand knob, right: moves the left hand
    ((-37.0, -25.0, 57.0), -8.0),
    ((-20.0, -52.0, -24.0), 7.0),  # cerebellum, left: the same side as the hand
    ((20.0, -52.0, -24.0), -7.0),
    ((6.0, -8.0, 56.0), 4.5),  # supplementary motor area, right
    ((-6.0, -8.0, 56.0), -4.5),
)
_VOXEL = 3.0
_EXTENT = 12.0  # mm, full width at half maximum of a place
_SMOOTHNESS = 6.0  # mm, of the noise
_SEED = 10426


def load_sample_motor_activation_image() -> Nifti1Image:
    """A simulated z map of pressing a button with the left against the right hand.

    Nobody pressed a button: it is noise and six bumps, placed where such maps have
    their peaks, ::

        z(x) = e(x) + sum_k a_k 2^-(2 |x - c_k| / w)^2,   w = 12 mm

    with e white Gaussian noise smoothed by 6 mm, of mean 0 and standard deviation 1
    in the brain. What the left hand does is positive: primary motor cortex on the
    right, cerebellum on the left, supplementary motor area on the right. What the
    right hand does is negative, on the other sides.

    Returns
    -------
    Nifti1Image
        3-D, float32, on the MNI152 grid of 3 mm, 0 outside the brain; peaks near
        8 and -8. The same each time, and yours: it may be changed. The description
        in its header says that it is simulated.

    Raises
    ------
    ImageFileError
        If the file of the template in the package is damaged.

    Notes
    -----
    nilearn's function of this name gives the path of a measured map, with the same
    sign at the same places (https://neurovault.org/images/10426).

    Examples
    --------
    >>> z_map = load_sample_motor_activation_image()
    >>> z_map.shape
    (67, 79, 64)
    >>> values = z_map.get_fdata()
    >>> right_hand_knob, left_hand_knob = (45, 37, 43), (20, 36, 43)
    >>> bool(values[right_hand_knob] > 5), bool(values[left_hand_knob] < -5)
    (True, True)
    """
    from scipy.ndimage import gaussian_filter

    mask = load_mni152_brain_mask(resolution=_VOXEL)
    inside = np.asarray(mask.dataobj) > 0
    # PCG64 by name: the default generator of numpy may become another
    rng = np.random.Generator(np.random.PCG64(_SEED))
    values = rng.standard_normal(inside.shape, dtype=np.float32)
    sigma = _SMOOTHNESS / (np.sqrt(8 * np.log(2)) * _VOXEL)
    values = gaussian_filter(values, sigma)
    values -= values[inside].mean()
    values /= values[inside].std()
    for centre, height in _PLACES:
        values += height * _bump(inside.shape, mask.affine, centre)
    z_map = new_image(mask, np.where(inside, values, np.float32(0)))
    z_map.header["descrip"] = "SIMULATED z map: left minus right button press"
    return z_map


def _bump(
    shape: tuple[int, ...], affine: np.ndarray, centre: tuple[float, float, float]
) -> np.ndarray:
    """1 at a place, half of it half of `_EXTENT` away; a product over the axes."""
    bump = np.ones((1, 1, 1), dtype=np.float32)
    for axis, (n, at) in enumerate(zip(shape, centre, strict=True)):
        away = affine[axis, 3] + affine[axis, axis] * np.arange(n) - at
        along = np.exp2(-((2 * away / _EXTENT) ** 2)).astype(np.float32)
        bump = bump * along.reshape(np.roll([n, 1, 1], axis))
    return bump
