"""From images to an array of voxels, scan by scan, and back."""

import inspect
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask
from boldglm.image.resample import resample_img
from boldglm.image.sources import open_all
from boldglm.maskers.extraction import read_series, stream_series
from boldglm.maskers.series_masker import SeriesMasker
from boldglm.masking.compute import compute_background_mask, compute_epi_mask
from boldglm.masking.template import compute_brain_mask
from boldglm.signal.checks import check_choice, checked_options
from boldglm.signal.cleaning import float_type

__all__ = ["NiftiMasker"]

# Strategy: the function, and which of its arguments the strategy sets.
_STRATEGIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "background": (compute_background_mask, {}),
    "epi": (compute_epi_mask, {}),
    "whole-brain-template": (compute_brain_mask, {"mask_type": "whole-brain"}),
    "gm-template": (compute_brain_mask, {"mask_type": "gm"}),
    "wm-template": (compute_brain_mask, {"mask_type": "wm"}),
}


class NiftiMasker(SeriesMasker):
    """Takes the voxels of a mask out of images, and puts them back.

    Images are brought to the grid of the mask, smoothed, masked, and their
    series cleaned, in this order.

    Parameters
    ----------
    mask_img : str, Path, nibabel image or None
        None: `fit` computes a mask from the images.
    runs : (scan,) or None
        Which run each scan belongs to; runs are cleaned one by one.
    smoothing_fwhm : float, (3,) float, "fast" or None
        In mm, see `boldglm.image.smooth_img`.
    standardize : {"zscore_sample", "psc", True, False, None}
        Scale of the series: standard deviations, or per cent of the mean.
        True is "zscore_sample".
    standardize_confounds : bool
        Centre and scale confounds before they are regressed out.
    detrend : bool
        Take a line off each series.
    high_variance_confounds : bool
        Regress out five principal series of the 2 % of all voxels that vary
        most.
    low_pass, high_pass : float or None
        Butterworth filter in Hz (see `clean_args`); needs `t_r`.
    t_r : float or None
        Seconds between scans.
    target_affine, target_shape
        Grid of the mask, see `boldglm.image.resample_img`.
    mask_strategy : str
        How a mask is computed: "background"
        (`boldglm.masking.compute_background_mask`), "epi"
        (`boldglm.masking.compute_epi_mask`), or, for images in MNI space,
        "whole-brain-template", "gm-template", "wm-template"
        (`boldglm.masking.compute_brain_mask`; for another space a template in
        ``mask_args={"template_img": ...}``).
    mask_args : dict or None
        Arguments for the strategy.
    dtype : dtype, "auto" or None
        Of the series. None and "auto": float32.
    memory, memory_level, verbose
        Accepted for compatibility; nothing is cached or printed.
    reports, cmap
        For the report of a later version.
    clean_args : dict or None
        ``filter`` ("butterworth", "cosine", False), ``extrapolate``, and
        ``butterworth__order``, ``butterworth__padtype``,
        ``butterworth__padlen``.

    Attributes
    ----------
    mask_img_ : Nifti1Image
        The mask in use, uint8.
    n_elements_ : int
        Voxels inside.
    affine_ : (4, 4) float
        Of the mask.

    Examples
    --------
    >>> mask = Nifti1Image(np.ones((2, 1, 1), np.uint8), np.eye(4))
    >>> series = Nifti1Image(np.arange(6.0).reshape(2, 1, 1, 3), np.eye(4))
    >>> masker = NiftiMasker(mask).fit()
    >>> masker.transform(series)
    array([[0., 3.],
           [1., 4.],
           [2., 5.]], dtype=float32)
    >>> masker.inverse_transform(np.array([1.0, 2.0])).shape
    (2, 1, 1)
    """

    def __init__(
        self,
        mask_img: Any = None,
        runs: Any = None,
        smoothing_fwhm: Any = None,
        standardize: Any = False,
        standardize_confounds: bool = True,
        detrend: bool = False,
        high_variance_confounds: bool = False,
        low_pass: float | None = None,
        high_pass: float | None = None,
        t_r: float | None = None,
        target_affine: Any = None,
        target_shape: Any = None,
        mask_strategy: str = "background",
        mask_args: dict[str, Any] | None = None,
        dtype: Any = None,
        memory: Any = None,
        memory_level: int = 1,
        verbose: int = 0,
        reports: bool = True,
        cmap: Any = "gray",
        clean_args: dict[str, Any] | None = None,
    ) -> None:
        self.mask_img = mask_img
        self.runs = runs
        self.smoothing_fwhm = smoothing_fwhm
        self.standardize = standardize
        self.standardize_confounds = standardize_confounds
        self.detrend = detrend
        self.high_variance_confounds = high_variance_confounds
        self.low_pass = low_pass
        self.high_pass = high_pass
        self.t_r = t_r
        self.target_affine = target_affine
        self.target_shape = target_shape
        self.mask_strategy = mask_strategy
        self.mask_args = mask_args
        self.dtype = dtype
        self.memory = memory
        self.memory_level = memory_level
        self.verbose = verbose
        self.reports = reports
        self.cmap = cmap
        self.clean_args = clean_args

    def fit(self, imgs: Any = None, y: Any = None) -> Self:
        """Read the mask, or compute it from the images.

        Parameters
        ----------
        imgs : str, Path, nibabel image, list of these, or None
            Not needed, and not read, where the masker was given a mask.
        y : None
            Not used.

        Returns
        -------
        NiftiMasker
            Itself.

        Raises
        ------
        ValueError
            If there is neither a mask nor an image, or a parameter is unknown.
        MaskError
            If the mask is empty or not binary.
        """
        del y
        self._check_parameters()
        mask_img = self._given_mask() if self.mask_img is not None else None
        if mask_img is None:
            mask_img = self._computed_mask(imgs)
        mask_img = resample_img(
            mask_img, self.target_affine, self.target_shape, interpolation="nearest"
        )
        self._mask = read_mask(mask_img)
        self.mask_img_ = new_image(mask_img, self._mask.inside)
        self.n_elements_ = self._mask.n_voxels
        self.affine_ = self._mask.grid.affine.copy()
        return self

    def _series(self, images: list[SpatialImage]) -> np.ndarray:
        return read_series(
            images,
            self._mask,
            self.smoothing_fwhm,
            expected=self.target_affine is not None,
            # float64 is asked for to keep digits that single precision has not
            dtype=float_type(self._dtype(images)),
        )

    @property
    def cleans(self) -> bool:
        """Whether series are changed after they are taken: filters, scale, trends."""
        asked = (self.detrend, self.standardize, self.high_variance_confounds)
        bands = (self.low_pass, self.high_pass)
        return any(map(bool, asked)) or any(band is not None for band in bands)

    def stream(self, imgs: Any) -> Iterator[np.ndarray]:
        """What `transform` returns where nothing is to be cleaned, in pieces.

        The images are read once and forward; memory is that of a block of scans,
        whatever their number.

        Parameters
        ----------
        imgs : str, Path, nibabel image, or list of 3-D images

        Yields
        ------
        (scan, voxel) float32, C-contiguous
            Consecutive scans, valid until the next ones are asked for.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the masker `cleans`: that needs all scans at once.
        """
        self._check_fitted("mask_img_")
        if self.cleans:
            msg = "This masker cleans series, which needs all scans: use transform."
            raise ValueError(msg)
        expected = self.target_affine is not None
        return stream_series(
            open_all(imgs), self._mask, self.smoothing_fwhm, expected=expected
        )

    def inverse_transform(self, X: Any) -> Nifti1Image:
        """Put voxels back into a volume, 0 outside the mask.

        Smoothing and cleaning are not undone.

        Parameters
        ----------
        X : (voxel,) or (scan, voxel)
            An array, or a data frame.

        Returns
        -------
        Nifti1Image
            3-D, or 4-D for (scan, voxel). Of the type of `X`, or of the
            masker's `dtype`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ShapeError
            If `X` has another number of voxels than the mask.
        """
        self._check_fitted("mask_img_")
        volume = self._mask.scatter(self._rows(X))
        return new_image(self.mask_img_, volume, copy_header=False)

    def _check_parameters(self) -> None:
        check_choice(self.mask_strategy, "mask_strategy", _STRATEGIES)
        checked_options(self.mask_args, "mask_args")
        super()._check_parameters()

    def _computed_mask(self, imgs: Any) -> Nifti1Image:
        if imgs is None:
            msg = "NiftiMasker has no mask_img: pass images to fit, to compute a mask."
            raise ValueError(msg)
        function, fixed = _STRATEGIES[self.mask_strategy]
        arguments = checked_options(self.mask_args, "mask_args")
        unknown = set(arguments) - set(inspect.signature(function).parameters)
        unknown |= set(arguments) & set(fixed)
        if unknown:
            msg = (
                f"mask_args has {', '.join(sorted(unknown))}, which the strategy "
                f"{self.mask_strategy!r} does not know."
            )
            raise ValueError(msg)
        return function(imgs, **arguments, **fixed)  # type: ignore[no-any-return]
