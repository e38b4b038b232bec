"""From images to an array of voxels, scan by scan, and back."""

import inspect
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import ShapeError
from boldglm._base.estimator import Estimator
from boldglm._base.warnings import MaskWarning, warn
from boldglm.core.clean import largest_components
from boldglm.image.concat import concatenate
from boldglm.image.files import check_niimg
from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask
from boldglm.image.reading import name_of, read_data
from boldglm.image.resample import resample_img
from boldglm.image.smooth import Smoother
from boldglm.image.sources import is_series, open_all, require_dimensions
from boldglm.signal.cleaning import clean_series
from boldglm.signal.options import steps_from
from boldglm.maskers.extraction import read_series, stream_series
from boldglm.masking.compute import compute_background_mask, compute_epi_mask

__all__ = ["NiftiMasker"]

_STRATEGIES: dict[str, Any] = {
    "background": compute_background_mask,
    "epi": compute_epi_mask,
}
_TEMPLATES = ("whole-brain-template", "gm-template", "wm-template")


class NiftiMasker(Estimator):
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
    mask_strategy : {"background", "epi"}
        How a mask is computed: `boldglm.masking.compute_background_mask` or
        `boldglm.masking.compute_epi_mask`. The strategies "whole-brain-template",
        "gm-template" and "wm-template" are not available yet.
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
        NotImplementedError
            For the template strategies.
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

    def transform(
        self, imgs: Any, confounds: Any = None, sample_mask: Any = None
    ) -> np.ndarray:
        """Take the voxels of the mask out of images, and clean their series.

        Parameters
        ----------
        imgs : str, Path, nibabel image, or list of 3-D images
            Images on another grid than the mask are resampled to it by cubic
            splines.
        confounds : DataFrame, array, path, list of these, or None
            Regressed out of every series; (scan, confound).
        sample_mask : (n,) int, (scan,) bool, list of these per run, or None
            Scans to keep.

        Returns
        -------
        (scan, voxel) float32, C-contiguous
            (voxel,) for a single 3-D image. Voxels in C order of the mask;
            values that are not finite are 0.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ShapeError, ValueError
            If confounds or masks do not fit the scans.

        Warns
        -----
        ImageWarning
            If images are resampled to a mask of another grid, or had values
            inside the mask that are not finite.
        """
        self._check_fitted("mask_img_")
        several = is_series(imgs)
        images = open_all(imgs)
        if several:
            for img in images:
                require_dimensions(img, 3, " in a list: give one run at a time")
        series = read_series(
            images, self._mask, self.smoothing_fwhm,
            expected=self.target_affine is not None,
        )  # fmt: skip
        all_confounds = [] if confounds is None else [confounds]
        if isinstance(confounds, list | tuple):
            all_confounds = list(confounds)
        if self.high_variance_confounds:
            all_confounds.append(_noisiest_series(images))
        series = clean_series(
            series, self.get_params(deep=False), all_confounds or None,
            sample_mask, self.runs,
        )  # fmt: skip
        series = np.ascontiguousarray(series, dtype=self._dtype())
        single = not several and len(images[0].shape) == 3
        return series[0] if single else series

    def fit_transform(
        self,
        imgs: Any,
        y: Any = None,
        confounds: Any = None,
        sample_mask: Any = None,
    ) -> np.ndarray:
        """`fit` to images, then `transform` them."""
        return self.fit(imgs, y).transform(imgs, confounds, sample_mask)

    @property
    def cleans(self) -> bool:
        """Whether series are changed after they are taken: filters, scale, trends."""
        asked = (
            self.detrend, self.standardize, self.high_variance_confounds,
            self.low_pass is not None, self.high_pass is not None,
        )  # fmt: skip
        return any(bool(what) for what in asked)

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
        values = np.atleast_1d(np.asarray(X))
        if values.ndim > 2 or values.shape[-1] != self.n_elements_:
            msg = (
                "Input to 'inverse_transform' has wrong shape: expected "
                f"({self.n_elements_},) or (n_scans, {self.n_elements_}), "
                f"got {values.shape}."
            )
            raise ShapeError(msg)
        if self.dtype is not None:
            values = values.astype(self._dtype())
        volume = self._mask.scatter(values)
        return new_image(self.mask_img_, volume, copy_header=False)

    def _check_parameters(self) -> None:
        if self.mask_strategy not in (*_STRATEGIES, *_TEMPLATES):
            msg = (
                f"mask_strategy is {self.mask_strategy!r}; "
                f"expected one of {', '.join(map(repr, (*_STRATEGIES, *_TEMPLATES)))}."
            )
            raise ValueError(msg)
        self._dtype()
        steps_from(self.get_params(deep=False))
        # an impossible width is told here, before anything is read
        Smoother(self.smoothing_fwhm, np.ones(3))

    def _dtype(self) -> np.dtype[Any]:
        if self.dtype is None or (isinstance(self.dtype, str) and self.dtype == "auto"):
            return np.dtype(np.float32)
        wanted: np.dtype[Any] = np.dtype(self.dtype)
        if wanted.kind == "b":
            msg = "dtype is bool; series need a number type, such as 'float32'."
            raise TypeError(msg)
        return wanted

    def _given_mask(self) -> Nifti1Image:
        """The mask of the user; of a 4-D one the voxels inside in every scan."""
        img: Any = check_niimg(self.mask_img, atleast_4d=True)
        data = read_data(img)
        filled = np.isfinite(data) & (data != 0)
        values = np.unique(data[filled])
        if values.size > 1:
            warn(
                f"The mask {name_of(self.mask_img)} has {values.size} values besides "
                "0; every voxel that is not 0 counts as inside.",
                MaskWarning,
            )
        return new_image(img, filled.all(axis=3))

    def _computed_mask(self, imgs: Any) -> Nifti1Image:
        if imgs is None:
            msg = "NiftiMasker has no mask_img: pass images to fit, to compute a mask."
            raise ValueError(msg)
        if self.mask_strategy in _TEMPLATES:
            msg = (
                f"mask_strategy={self.mask_strategy!r} needs a brain template, which "
                "this version does not have. Use 'epi' or 'background', or pass a "
                "mask_img."
            )
            raise NotImplementedError(msg)
        strategy = _STRATEGIES[self.mask_strategy]
        arguments = dict(self.mask_args or {})
        unknown = set(arguments) - set(inspect.signature(strategy).parameters)
        if unknown:
            msg = (
                f"mask_args has {', '.join(sorted(unknown))}, which the strategy "
                f"{self.mask_strategy!r} does not know."
            )
            raise ValueError(msg)
        return strategy(imgs, **arguments)  # type: ignore[no-any-return]


def _noisiest_series(images: list[SpatialImage]) -> np.ndarray:
    data = read_data(concatenate(images, np.float32))
    flat = data.reshape(-1, data.shape[3], order="F").T
    return largest_components(flat, 5, 2.0)
