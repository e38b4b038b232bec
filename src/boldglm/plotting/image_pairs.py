"""The values of two images at the same places."""

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import ShapeError
from boldglm._base.warnings import FigureWarning, warn

if TYPE_CHECKING:
    from nibabel.spatialimages import SpatialImage
    from numpy.typing import NDArray

    from boldglm.image.grid import Grid

__all__ = ["Places", "places_of"]


def places_of(masker: Any, ref_img: Any) -> "Places":
    """The places at which images are compared, decided once for all of them.

    Parameters
    ----------
    masker : masker, mask image, path, or None
        A masker is any object with ``fit`` and ``transform``; it is copied if it
        has to be fitted. A mask on another grid is brought to that of `ref_img`.
        None: what differs from the border of `ref_img`, see
        `boldglm.masking.compute_background_mask`.
    ref_img : 3D image or path

    Returns
    -------
    Places

    Raises
    ------
    MaskError
        If the mask is empty, not binary, or beside the image.
    TypeError
        If there is neither a mask nor a masker.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> data = np.zeros((8, 8, 8))
    >>> data[3:5, 3:5, 3:5] = np.arange(1, 9).reshape(2, 2, 2)
    >>> image = Nifti1Image(data, np.eye(4))
    >>> places_of(None, image).values_of(image, image)[1]
    array([1., 2., 3., 4., 5., 6., 7., 8.])
    """
    from boldglm.image.mask import inside_on_grid
    from boldglm.image.sources import grid_of
    from boldglm.masking.compute import compute_background_mask

    reference = _opened(ref_img)
    grid = grid_of(reference)
    if hasattr(masker, "transform"):
        return Places(grid, masker=_fitted(masker, reference))
    mask_img = compute_background_mask(reference) if masker is None else masker
    return Places(grid, inside_on_grid(reference, mask_img))


@dataclass(frozen=True, eq=False)
class Places:
    """Places in images: voxels of a grid, or what a masker finds.

    Attributes
    ----------
    grid : Grid
        Of the reference image: all images are brought to it.
    inside : (x, y, z) bool, optional
    masker : object with ``transform``, optional
        One that brings images to its own grid (``target_affine``) gets them as they
        are: they are not interpolated twice.
    """

    grid: "Grid"
    inside: "NDArray[np.bool_] | None" = None
    masker: Any = None

    def values_of(
        self, ref_img: Any, src_img: Any
    ) -> tuple["NDArray[np.float64]", "NDArray[np.float64]"]:
        """Values of both images, only where both are finite.

        Returns
        -------
        ref, src : (n_places,) float64

        Raises
        ------
        ShapeError
            If no value is finite in both.
        DimensionError, TypeError
            If they are no 3-D images.

        Warns
        -----
        FigureWarning
            If places are left out.
        """
        ref, src = self._values(ref_img), self._values(src_img)
        finite = np.isfinite(ref) & np.isfinite(src)
        if not finite.any():
            msg = (
                f"None of {finite.size} values is finite in both images: there is "
                "nothing to compare."
            )
            raise ShapeError(msg)
        if not finite.all():
            warn(
                f"{int((~finite).sum())} of {finite.size} values are not finite (nan "
                "or inf) in one of the images; they are left out.",
                FigureWarning,
            )
        return ref[finite], src[finite]

    def _values(self, img: Any) -> "NDArray[np.float64]":
        from boldglm.image.reading import read_data
        from boldglm.image.resample import resample_img
        from boldglm.image.sources import grid_of

        opened = _opened(img)
        has_own_grid = getattr(self.masker, "target_affine", None) is not None
        if grid_of(opened) != self.grid and not has_own_grid:
            opened = resample_img(opened, self.grid.affine, self.grid.shape)
        if self.masker is not None:
            return np.asarray(self.masker.transform(opened), dtype=np.float64).ravel()
        values: NDArray[np.float64] = np.asarray(
            read_data(opened)[self.inside], dtype=np.float64
        )
        return values


def _opened(img: Any) -> "SpatialImage":
    from boldglm.image.files import check_niimg_3d

    return check_niimg_3d(img)


def _fitted(masker: Any, reference: "SpatialImage") -> Any:
    """The masker, or a copy that is fitted: nothing given is modified."""
    asks = getattr(masker, "__sklearn_is_fitted__", None)
    if asks is None or asks():
        return masker
    return deepcopy(masker).fit(reference)
