"""Whether a model lies in MNI space, and what is drawn behind its maps."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.background import MNI152TEMPLATE, Background, open_background
from boldglm.plotting.displays.volumes import Volume as Cuttable
from boldglm.plotting.displays.volumes import open_volume
from boldglm.reporting.content import Volume
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.slice_pictures import Scene
from boldglm.reporting.volume_files import background_volume

__all__ = ["Space", "set_scene", "shares_in_template", "viewer_background"]

#: Share of a mask that lies in the brain of the template where the space is MNI's, and
#: share of that brain which the mask covers where the header does not say so
IN_TEMPLATE, COVERED = 0.9, 0.6
#: Codes of NIfTI: the affine leads to the scanner, or to MNI space
SCANNER, MNI = 1, 4


@dataclass(frozen=True)
class Space:
    """The space of a model.

    Attributes
    ----------
    name : str
        ``'MNI152'``, or ``''`` where it is not known.
    why : str
        How it is known, as the end of a sentence.
    declared : bool
        Whether the images say it themselves.

    Examples
    --------
    >>> Space("MNI152", "because the template was asked for").label
    'MNI152 (assumed)'
    """

    name: str = ""
    why: str = ""
    declared: bool = False

    @property
    def label(self) -> str:
        """Its name, and whether it is assumed."""
        return self.name if self.declared or not self.name else f"{self.name} (assumed)"

    @property
    def words(self) -> str:
        """What is known of it."""
        if not self.name:
            return "not known to be a standard space"
        taken = "" if self.declared else "taken to be "
        return f"{taken}{self.name}, {self.why}"


def set_scene(model: FittedModel, bg_img: Any) -> tuple[Scene, Space]:
    """What lies behind the maps, and their space where it is known.

    The space is taken to be MNI152 where the template was asked for, 90 % of the mask
    lie in its brain, and cover 60 % of it; but not where the header says that the
    images lie in the space of the scanner. A header that says MNI needs no covering.

    Parameters
    ----------
    model : FittedModel
    bg_img
        See `generate_report`.

    Returns
    -------
    scene : Scene
    space : Space

    Warns
    -----
    FigureWarning
        If the template was asked for and the model lies elsewhere.
    """
    mask = open_volume(model.mask_img, "mask_img", "nearest")
    mask = Cuttable(model.inside.astype(np.uint8), mask.grid, "nearest")
    if not _is_template(bg_img):
        return Scene(open_background(bg_img), mask), Space()
    template = open_background(bg_img)
    within, covered = shares_in_template(model.inside, mask.grid.affine)
    code = _code(model.mask_img)
    if within >= IN_TEMPLATE and code == MNI:
        return Scene(template, mask), Space("MNI152", "as the header says", True)
    if within >= IN_TEMPLATE and covered >= COVERED and code != SCANNER:
        why = (
            f"because the template was asked for, {within:.0%} of the mask lies in it, "
            f"and the mask covers {covered:.0%} of it"
        )
        return Scene(template, mask), Space("MNI152", why)
    found = (
        f"{within:.0%} of the voxels of the model lie in the brain of the MNI152 "
        f"template and cover {covered:.0%} of it"
    )
    if code == SCANNER:
        found += ", and the header says that it is the space of the scanner"
    warn(
        f"{found}: the images are taken to be in another space, so that it is not "
        "drawn behind the maps. Pass bg_img=, an image in their space such as their "
        "mean, or the template itself if they are in its space.",
        FigureWarning,
    )
    return Scene(Background(None, black=False), mask), Space()


def _is_template(bg_img: Any) -> bool:
    if isinstance(bg_img, str):
        return bg_img in {"MNI152TEMPLATE", "MNI152"}
    return bg_img is MNI152TEMPLATE


def _code(img: Any) -> int:
    """What the header says of where its affine leads; 0 where it says nothing."""
    header = img.header
    if not hasattr(header, "get_sform"):
        return 0
    return int(header["sform_code"]) or int(header["qform_code"])


def shares_in_template(inside: Any, affine: Any) -> tuple[float, float]:
    """How well a mask and the brain of MNI152 agree.

    Parameters
    ----------
    inside : (x, y, z) bool
    affine : (4, 4) float64
        Voxel to world, mm.

    Returns
    -------
    within, covered : float
        Share of the voxels of the mask whose centres lie in the brain, and of the
        voxels of the brain whose centres lie in the mask.

    Examples
    --------
    >>> affine = np.diag([2.0, 2.0, 2.0, 1.0])
    >>> shares_in_template(np.ones((20, 20, 20), bool), affine)
    (1.0, 0.03)
    >>> affine[:3, 3] = 500.0
    >>> shares_in_template(np.ones((2, 2, 2), bool), affine)
    (0.0, 0.0)
    """
    template = open_background("MNI152TEMPLATE").volume
    mask = np.asarray(inside, dtype=bool)
    if template is None or not mask.any():
        return 0.0, 0.0
    brain, grid = np.isfinite(template.values), template.grid
    within = _share(mask, np.asarray(affine), brain, grid.affine)
    # one of eight voxels is enough to count on
    coarse = grid.affine @ np.diag([2.0, 2.0, 2.0, 1.0])
    return within, _share(brain[::2, ::2, ::2], coarse, mask, np.asarray(affine))


def _share(
    these: npt.NDArray[np.bool_], affine: Any, those: npt.NDArray[np.bool_], other: Any
) -> float:
    """Share of some voxels whose centres lie in voxels of another grid."""
    path = np.linalg.inv(other) @ affine
    at = np.rint(np.argwhere(these) @ path[:3, :3].T + path[:3, 3]).astype(int)
    known = ((at >= 0) & (at < those.shape)).all(axis=1)
    return float(np.count_nonzero(those[tuple(at[known].T)]) / len(at))


def viewer_background(scene: Scene) -> Volume | None:
    """The anatomy for the viewer; None where there is none."""
    volume = scene.background.volume
    if volume is None:
        return None
    return background_volume(volume.values, volume.grid.affine)
