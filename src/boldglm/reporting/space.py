"""Whether a model lies in MNI space, and what is drawn behind its maps."""

from typing import Any

import numpy as np

from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.background import MNI152TEMPLATE, Background, open_background
from boldglm.plotting.displays.volumes import Volume as Cuttable
from boldglm.plotting.displays.volumes import open_volume
from boldglm.reporting.content import Volume
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.slice_pictures import Scene
from boldglm.reporting.volume_files import background_volume

__all__ = ["set_scene", "share_in_template", "viewer_background"]

#: Share of a mask that lies in the template where the space is MNI's
IN_TEMPLATE = 0.85


def set_scene(model: FittedModel, bg_img: Any) -> tuple[Scene, str]:
    """What lies behind the maps, and the name of their space where it is known.

    The space is MNI152 where the template was asked for and 85 % of the mask lie in
    its brain.

    Parameters
    ----------
    model : FittedModel
    bg_img
        See `generate_report`.

    Returns
    -------
    scene : Scene
    space : str
        ``'MNI152'`` or ``''``.

    Warns
    -----
    FigureWarning
        If the template was asked for and the model lies elsewhere.
    """
    mask = open_volume(model.mask_img, "mask_img", "nearest")
    mask = Cuttable(model.inside.astype(np.uint8), mask.grid, "nearest")
    if not _is_template(bg_img):
        return Scene(open_background(bg_img), mask), ""
    template = open_background(bg_img)
    share = share_in_template(model.inside, mask.grid.affine)
    if share >= IN_TEMPLATE:
        return Scene(template, mask), "MNI152"
    warn(
        f"{share:.0%} of the voxels of the model lie in the brain of the MNI152 "
        "template: the images are in another space, so that it is not drawn behind "
        "the maps. Pass bg_img=, an image in their space such as their mean.",
        FigureWarning,
    )
    return Scene(Background(None, black=False), mask), ""


def _is_template(bg_img: Any) -> bool:
    if isinstance(bg_img, str):
        return bg_img in {"MNI152TEMPLATE", "MNI152"}
    return bg_img is MNI152TEMPLATE


def share_in_template(inside: Any, affine: Any) -> float:
    """Share of the voxels of a mask whose centres lie in the brain of MNI152.

    Examples
    --------
    >>> affine = np.diag([2.0, 2.0, 2.0, 1.0])
    >>> share_in_template(np.ones((2, 2, 2), bool), affine)
    1.0
    >>> affine[:3, 3] = 500.0
    >>> share_in_template(np.ones((2, 2, 2), bool), affine)
    0.0
    """
    template = open_background("MNI152TEMPLATE").volume
    voxels = np.argwhere(inside)
    if template is None or not len(voxels):
        return 0.0
    brain, grid = np.isfinite(template.values), template.grid
    world = voxels @ affine[:3, :3].T + affine[:3, 3]
    place = np.linalg.inv(grid.affine)
    at = np.rint(world @ place[:3, :3].T + place[:3, 3]).astype(int)
    known = ((at >= 0) & (at < grid.shape)).all(axis=1)
    found = brain[tuple(at[known].T)]
    return float(np.count_nonzero(found) / len(voxels))


def viewer_background(scene: Scene) -> Volume | None:
    """The anatomy for the viewer; None where there is none."""
    volume = scene.background.volume
    if volume is None:
        return None
    return background_volume(volume.values, volume.grid.affine)
