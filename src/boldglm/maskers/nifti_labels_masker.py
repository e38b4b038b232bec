"""One series for each region of a label image."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import GridError, MaskError
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.regions import STRATEGIES
from boldglm.image.concat import require_one_grid
from boldglm.image.files import check_niimg_3d
from boldglm.image.grid import Grid
from boldglm.image.headers import new_image
from boldglm.image.reading import name_of, read_data, working_dtype
from boldglm.image.resample import resample_img
from boldglm.image.sources import grid_of, open_all
from boldglm.maskers.lookup import check_whole, lookup_table
from boldglm.maskers.regions import RegionSet, read_regions
from boldglm.maskers.series_masker import SeriesMasker
from boldglm.signal.checks import check_choice, checked_number

__all__ = ["NiftiLabelsMasker"]


@dataclass(frozen=True)
class _Placed:
    """The label image and the mask on one grid, and the regions they leave."""

    labels_img: Nifti1Image
    mask_img: Nifti1Image | None
    atlas: Nifti1Image
    ids: list[Any]
    regions: RegionSet


class NiftiLabelsMasker(SeriesMasker):
    """Reduces each region of a label image to one series, and puts series back.

    ::

        series[scan, region] = mean of image[voxel, scan] over the voxels of region

    Parameters
    ----------
    labels_img : str, Path or nibabel image
        3-D: each region has its own number. Required.
    labels : list of str or None
        Names of the regions in the order of their numbers.
    lut : DataFrame, str, Path or None
        Names of the regions in a table with the columns ``index`` and ``name``;
        instead of `labels`.
    background_label : number
        What is no region.
    mask_img : str, Path, nibabel image or None
        Regions end at its border.
    smoothing_fwhm : float, (3,) float, "fast" or None
        Of the images, in mm, see `boldglm.image.smooth_img`.
    standardize : {"zscore_sample", "psc", True, False, None}
        Scale of the series. True is "zscore_sample".
    standardize_confounds : bool
        Centre and scale confounds before they are regressed out.
    high_variance_confounds : bool
        Regress out `boldglm.image.high_variance_confounds` of the images.
    detrend : bool
        Take a line off each series.
    low_pass, high_pass : float or None
        Butterworth filter in Hz (see `clean_args`); needs `t_r`.
    t_r : float or None
        Seconds between scans.
    dtype : dtype, "auto" or None
        Of the series. None and "auto": float32 for float32 images, else float64.
    resampling_target : {"data", "labels", None}
        Whose grid is used where they differ: "data", labels and mask come to the
        images by nearest neighbours; "labels", images come to the labels by
        cubic splines; None, grids must agree.
    memory, memory_level, verbose
        Accepted for compatibility; nothing is cached or printed.
    strategy : str
        "mean", "median", "sum", "minimum", "maximum", "standard_deviation" or
        "variance" (divisor n).
    keep_masked_labels : bool
        Regions that the mask takes away wholly have series of 0, instead of none.
    reports, cmap
        For the report of a later version.
    clean_args : dict or None
        As in `boldglm.maskers.NiftiMasker`.

    Attributes
    ----------
    labels_img_ : Nifti1Image
        The labels, on the grid that `fit` chose.
    lut_ : DataFrame
        ``index`` and ``name`` of every value of `labels_img`.
    mask_img_ : Nifti1Image or None
    region_atlas_ : Nifti1Image
        The labels within the mask.
    n_elements_ : int
        Number of series.
    labels_ : list
        The background, if it is in the image, and the number of each series.
    region_ids_ : dict
        Number of each series, by column; the background under "background".
    region_names_ : dict
        Name of each series, by column.

    Examples
    --------
    >>> atlas = Nifti1Image(np.array([[[0, 1, 1, 2]]], np.int16), np.eye(4))
    >>> img = Nifti1Image(np.arange(8.0).reshape(1, 1, 4, 2), np.eye(4))
    >>> masker = NiftiLabelsMasker(atlas, labels=["V1", "V2"])
    >>> masker.fit_transform(img)
    array([[3., 6.],
           [4., 7.]])
    >>> masker.region_names_
    {0: 'V1', 1: 'V2'}
    """

    def __init__(
        self,
        labels_img: Any = None,
        labels: list[str] | None = None,
        lut: Any = None,
        background_label: float = 0,
        mask_img: Any = None,
        smoothing_fwhm: Any = None,
        standardize: Any = False,
        standardize_confounds: bool = True,
        high_variance_confounds: bool = False,
        detrend: bool = False,
        low_pass: float | None = None,
        high_pass: float | None = None,
        t_r: float | None = None,
        dtype: Any = None,
        resampling_target: str | None = "data",
        memory: Any = None,
        memory_level: int = 1,
        verbose: int = 0,
        strategy: str = "mean",
        keep_masked_labels: bool = False,
        reports: bool = True,
        cmap: Any = None,
        clean_args: dict[str, Any] | None = None,
    ) -> None:
        self.labels_img = labels_img
        self.labels = labels
        self.lut = lut
        self.background_label = background_label
        self.mask_img = mask_img
        self.smoothing_fwhm = smoothing_fwhm
        self.standardize = standardize
        self.standardize_confounds = standardize_confounds
        self.high_variance_confounds = high_variance_confounds
        self.detrend = detrend
        self.low_pass = low_pass
        self.high_pass = high_pass
        self.t_r = t_r
        self.dtype = dtype
        self.resampling_target = resampling_target
        self.memory = memory
        self.memory_level = memory_level
        self.verbose = verbose
        self.strategy = strategy
        self.keep_masked_labels = keep_masked_labels
        self.reports = reports
        self.cmap = cmap
        self.clean_args = clean_args

    def fit(self, imgs: Any = None, y: Any = None) -> Self:
        """Read labels and mask, and bring them to one grid.

        Parameters
        ----------
        imgs : str, Path, nibabel image, list of these, or None
            Only their grid is looked at, where `resampling_target` is "data".
        y : None
            Not used.

        Returns
        -------
        NiftiLabelsMasker
            Itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter is unknown, or there is no label image.
        MaskError
            If no region is left within the mask, or on the grid of the images.
        GridError
            If grids differ and `resampling_target` is None.

        Warns
        -----
        ImageWarning
            If regions are lost to the mask or to resampling, or labels are not whole
        numbers.
        """
        del y
        self._check_parameters()
        own = check_niimg_3d(self.labels_img)
        present = _values(_read_labels(own))
        check_whole(name_of(self.labels_img), present)
        regions = [value for value in present if value != self.background_label]
        if not regions:
            msg = (
                f"{name_of(own)} has no label: all its values are the background, "
                f"{self.background_label}."
            )
            raise ValueError(msg)
        self.lut_ = lookup_table(
            present, self.background_label, self.labels, self.lut
        )  # fmt: skip
        target = grid_of(own)
        if imgs is not None:
            images = open_all(imgs)
            require_one_grid(images)
            self._check_grid(grid_of(images[0]), target, "The images")
            if self.resampling_target == "data":
                target = grid_of(images[0])
        self._own_mask = None if self.mask_img is None else self._given_mask()
        if self._own_mask is not None:
            self._check_grid(grid_of(self._own_mask), target, "The mask")
        self._placed = self._placed_on(target)
        self._ids = self._placed.ids
        self.labels_img_ = self._placed.labels_img
        self.mask_img_ = self._placed.mask_img
        self.region_atlas_ = self._placed.atlas
        return self

    @property
    def n_elements_(self) -> int:
        """Number of series that `transform` gives."""
        self._check_fitted("labels_img_")
        return len(self._ids)

    @property
    def labels_(self) -> list[Any]:
        """The background, if it is in the image, and the number of each series."""
        return list(self.region_ids_.values())

    @property
    def region_ids_(self) -> dict[Any, Any]:
        """Number of each series, by column; the background under "background"."""
        self._check_fitted("labels_img_")
        ids: dict[Any, Any] = {}
        if (self.lut_["index"] == self.background_label).any():
            ids["background"] = self.background_label
        return ids | dict(enumerate(self._ids))

    @property
    def region_names_(self) -> dict[int, str]:
        """Name of each series, by column."""
        self._check_fitted("labels_img_")
        names = dict(zip(self.lut_["index"], self.lut_["name"], strict=True))
        return {column: names[label] for column, label in enumerate(self._ids)}

    def get_feature_names_out(self, input_features: Any = None) -> list[str]:
        """Names of the regions."""
        del input_features
        return list(self.region_names_.values())

    def inverse_transform(self, signals: Any) -> Nifti1Image:
        """Give each voxel the value of its region, 0 outside.

        Parameters
        ----------
        signals : (region,) or (scan, region)
            An array, or a data frame.

        Returns
        -------
        Nifti1Image
            3-D, or 4-D for (scan, region), on the grid of ``labels_img_``.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ShapeError
            If there are more or fewer values than regions.
        """
        self._check_fitted("labels_img_")
        values = self._rows(signals)
        column_of = {label: column for column, label in enumerate(self._ids)}
        columns = np.array([column_of.get(label, -1) for label in self._placed.ids])
        # a region without a column is the last one of these, which is 0
        padded = np.concatenate([values, np.zeros_like(values[..., :1])], axis=-1)
        regions = self._placed.regions
        volume = regions.mask.scatter(padded[..., columns[regions.region_of()]])
        return new_image(self.labels_img_, volume, copy_header=False)

    def _series(self, images: list[SpatialImage]) -> np.ndarray:
        require_one_grid(images)
        placed, grid = self._placed, grid_of(images[0])
        if grid != placed.regions.mask.grid:
            self._check_grid(grid, placed.regions.mask.grid, "The images")
            if self.resampling_target == "data":
                _warn("Labels are resampled to the images; pass these to fit.")
                placed = self._placed_on(grid)
            else:
                _warn("Images are resampled to the labels, which takes time.")
        self._ids = placed.ids
        self.region_atlas_ = placed.atlas
        return read_regions(images, placed.regions, self.smoothing_fwhm, self.strategy)

    def _own_dtype(self, images: list[SpatialImage]) -> np.dtype[Any]:
        single = all(working_dtype(img) == np.float32 for img in images)
        return np.dtype(np.float32 if single and images else np.float64)

    def _check_parameters(self) -> None:
        if self.labels_img is None:
            msg = "NiftiLabelsMasker needs a labels_img."
            raise ValueError(msg)
        check_choice(self.strategy, "strategy", STRATEGIES)
        checked_number(self.background_label, "background_label", "a number")
        if self.resampling_target not in ("data", "labels", None):
            msg = (
                f"resampling_target is {self.resampling_target!r}; expected 'data', "
                "'labels' or None."
            )
            raise ValueError(msg)
        super()._check_parameters()

    def _check_grid(self, grid: Grid, target: Grid, what: str) -> None:
        if self.resampling_target is None and grid != target:
            msg = (
                f"{what} (shape {grid.shape}) and the labels (shape {target.shape}) "
                f"lie on different grids, with the affines\n{grid.affine}\nand\n"
                f"{target.affine}\nPass resampling_target='data' or 'labels'."
            )
            raise GridError(msg)

    def _placed_on(self, grid: Grid) -> _Placed:
        """Labels and mask on a grid, by nearest neighbours."""
        labels_img: Any = check_niimg_3d(self.labels_img)
        before = _values(_read_labels(labels_img))
        labels_img = _moved(labels_img, grid)
        data = _read_labels(labels_img)
        self._tell_lost(before, _values(data), "resampled to the images")
        mask_img = None if self._own_mask is None else _moved(self._own_mask, grid)
        unmasked = _values(data)
        if mask_img is not None:
            inside = read_data(mask_img) != 0
            data = np.where(inside, data, np.array(self.background_label, data.dtype))
        ids = [value for value in _values(data) if value != self.background_label]
        if not ids:
            msg = f"No label is left of {name_of(self.labels_img)} within the mask."
            raise MaskError(msg)
        if self.keep_masked_labels:
            ids = [value for value in unmasked if value != self.background_label]
        else:
            self._tell_lost(unmasked, ids, "masked")
        regions = RegionSet.of_labels(grid, data, np.array(ids))
        atlas = new_image(labels_img, data.astype(np.int32), copy_header=False)
        return _Placed(labels_img, mask_img, atlas, ids, regions)

    def _tell_lost(self, before: list[Any], after: list[Any], how: str) -> None:
        lost = sorted(set(before) - set(after) - {self.background_label})
        if len(set(after) - {self.background_label}) == 0:
            msg = f"No label is left of {name_of(self.labels_img)} when it is {how}."
            raise MaskError(msg)
        if lost:
            shown = ", ".join(map(str, lost[:20])) + (", ..." if len(lost) > 20 else "")
            _warn(
                f"{len(lost)} of {len(before)} labels are lost when the label image is "
                f"{how}: {shown}. They have no series."
            )


def _moved(img: Any, grid: Grid) -> Any:
    if grid_of(img) == grid:
        return img
    return resample_img(img, grid.affine, grid.shape, interpolation="nearest")


def _read_labels(img: SpatialImage) -> np.ndarray:
    data = read_data(img)
    return np.where(np.isfinite(data), data, 0) if data.dtype.kind == "f" else data


def _values(data: np.ndarray) -> list[Any]:
    return [value.item() for value in np.unique(data)]


def _warn(text: str) -> None:
    warn(text, ImageWarning)
