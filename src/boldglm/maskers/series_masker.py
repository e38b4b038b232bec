"""What all maskers share: images in, cleaned series out."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import check_truth
from boldglm._base.errors import ShapeError
from boldglm._base.estimator import Estimator
from boldglm._base.warnings import MaskWarning, warn
from boldglm.image.checks import as_dtype, as_numbers
from boldglm.image.confounds import high_variance_confounds
from boldglm.image.files import check_niimg
from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask
from boldglm.image.reading import name_of, read_data
from boldglm.image.smooth import Smoother
from boldglm.image.sources import is_series, open_all, require_dimensions
from boldglm.signal.checks import checked_options
from boldglm.signal.cleaning import clean_series
from boldglm.signal.options import steps_from

__all__ = ["SeriesMasker"]

#: Parameters of some masker or other that are true or false.
_FLAGS = {"high_variance_confounds", "keep_masked_labels", "allow_overlap"}


class SeriesMasker(Estimator, ABC):
    """Base of maskers: they differ in which series they take out of images.

    A masker has `fit`, which sets ``n_elements_``, and `_series`, which takes one
    series per element out of opened images.
    """

    # what every masker's __init__ stores
    mask_img: Any
    smoothing_fwhm: Any
    high_variance_confounds: Any
    dtype: Any
    clean_args: Any

    @abstractmethod
    def fit(self, imgs: Any = None, y: Any = None) -> Self:
        """Get ready to take series out of images; every masker has its own."""

    @abstractmethod
    def _series(self, images: list[SpatialImage]) -> np.ndarray:
        """Series as they are in the images, (scan, element), the caller's own."""

    def transform(
        self, imgs: Any, confounds: Any = None, sample_mask: Any = None
    ) -> Any:
        """Take series out of images, and clean them.

        Parameters
        ----------
        imgs : str, Path, nibabel image, or list of 3-D images
        confounds : DataFrame, array, path, list of these, or None
            Regressed out of every series; (scan, confound).
        sample_mask : (n,) int, (scan,) bool, list of these per run, or None
            Scans to keep.

        Returns
        -------
        (scan, element), C-contiguous
            (element,) for a single 3-D image. A data frame, a row per scan, after
            ``set_output(transform="pandas")``.

        Raises
        ------
        NotFittedError
            Before `fit`.
        DesignError, ShapeError, ValueError
            If confounds or masks do not fit the scans.

        Warns
        -----
        ImageWarning
            If images are resampled, or had values that are not finite where they
            are looked at.
        """
        self._check_fitted("n_elements_")
        several = is_series(imgs)
        images = open_all(imgs)
        if several:
            for img in images:
                require_dimensions(img, 3, " in a list: give one run at a time")
        given = [] if confounds is None else [confounds]
        if isinstance(confounds, list | tuple):
            given = list(confounds)
        if self.high_variance_confounds:
            given.append(high_variance_confounds(images if several else images[0]))
        series = clean_series(
            self._series(images),
            self.get_params(deep=False),
            given or None,
            sample_mask,
            getattr(self, "runs", None),
            overwrite=True,
        )
        series = np.ascontiguousarray(series, dtype=self._dtype(images))
        if getattr(self, "_sklearn_output_config", {}).get("transform") == "pandas":
            return self._framed(series)
        single = not several and len(images[0].shape) == 3
        return series[0] if single else series

    def fit_transform(
        self,
        imgs: Any,
        y: Any = None,
        confounds: Any = None,
        sample_mask: Any = None,
    ) -> Any:
        """`fit` to images, then `transform` them."""
        return self.fit(imgs, y).transform(imgs, confounds, sample_mask)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose what `transform` returns, as scikit-learn's transformers do.

        Parameters
        ----------
        transform : {"default", "pandas", None}
            Arrays, or data frames with `get_feature_names_out` as columns; None
            leaves it as it is.

        Raises
        ------
        ValueError
            For another kind.
        """
        known = isinstance(transform, str) and transform in ("default", "pandas")
        if transform is not None and not known:
            msg = f"transform is {transform!r}; expected 'default', 'pandas' or None."
            raise ValueError(msg)
        if transform is not None:
            # the name that scikit-learn copies to clones
            self._sklearn_output_config = {"transform": transform}
        return self

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Names of the elements: that of the class and a number."""
        del input_features
        self._check_fitted("n_elements_")
        prefix = type(self).__name__.lower()
        names = [f"{prefix}{number}" for number in range(self._n_elements())]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_elements_")

    def _n_elements(self) -> int:
        return int(getattr(self, "n_elements_"))  # noqa: B009 - set by `fit`

    def _framed(self, series: np.ndarray) -> Any:
        import pandas as pd

        return pd.DataFrame(series, columns=list(self.get_feature_names_out()))

    def _check_parameters(self) -> None:
        """Tell at `fit` what cannot be, before anything is read."""
        for name in _FLAGS & set(self._parameter_names()):
            check_truth(getattr(self, name), name)
        self._dtype([])
        steps_from(self.get_params(deep=False))
        Smoother(self.smoothing_fwhm, np.ones(3))
        self.clean_args_ = checked_options(self.clean_args, "clean_args")

    def _dtype(self, images: list[SpatialImage]) -> np.dtype[Any]:
        """Type of the series of these images."""
        if self.dtype is None or (isinstance(self.dtype, str) and self.dtype == "auto"):
            return self._own_dtype(images)
        wanted = as_dtype(self.dtype, ", 'auto' or None")
        if wanted.kind == "b":
            msg = "dtype is bool; series need a number type, such as 'float32'."
            raise TypeError(msg)
        return wanted

    def _own_dtype(self, images: list[SpatialImage]) -> np.dtype[Any]:
        del images
        return np.dtype(np.float32)

    def _given_mask(self) -> Nifti1Image:
        """The mask of the user; of a 4-D one the voxels inside in every scan."""
        img: Any = check_niimg(self.mask_img)
        # The array alone gets an axis: an image of it would be stored, and 64 bits told
        data = read_data(img)
        data = data[..., np.newaxis] if data.ndim == 3 else data
        filled = np.isfinite(data) & (data != 0)
        inside = filled.all(axis=3)
        if data.shape[3] > 1:
            warn(
                f"The mask {name_of(self.mask_img)} has {data.shape[3]} volumes; what "
                f"is inside in all of them is used, {inside.sum()} voxels. If it is no "
                "mask but a run, pass it to fit instead.",
                MaskWarning,
            )
        values = np.unique(data[filled])
        if values.size > 1:
            warn(
                f"The mask {name_of(self.mask_img)} has {values.size} values besides "
                "0; every voxel that is not 0 counts as inside.",
                MaskWarning,
            )
        mask_img = new_image(img, inside)
        read_mask(mask_img)
        return mask_img

    def _rows(self, X: Any) -> np.ndarray:
        """What is to be put back, (element,) or (scan, element)."""
        values = np.atleast_1d(as_numbers(X, "what is put back into an image"))
        n_elements = self._n_elements()
        if values.ndim > 2 or values.shape[-1] != n_elements:
            msg = (
                "Input to 'inverse_transform' has wrong shape: expected "
                f"({n_elements},) or (n_scans, {n_elements}), got {values.shape}."
            )
            raise ShapeError(msg)
        if self.dtype is None:
            return values
        # what is beyond single precision is infinite there
        with np.errstate(over="ignore"):
            return values.astype(self._dtype([]))
