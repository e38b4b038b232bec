"""The second-level model: maps of subjects in, maps of contrasts over them out."""

import copy
from typing import Any, Self

import numpy as np

from boldglm._base.errors import ContrastError
from boldglm._base.log import say
from boldglm._base.warnings import noted_warnings
from boldglm.core.contrast_checks import check_stat_type
from boldglm.core.expression import expression_to_contrast_vector, expressions_in
from boldglm.core.linear import factorize
from boldglm.glm.contrast_maps import check_output_type
from boldglm.glm.contrasts import pad_contrast
from boldglm.glm.first_level.fitting import threads
from boldglm.glm.reported import Reported
from boldglm.glm.second_level.group_data import GroupData, read_group
from boldglm.glm.second_level.group_fit import (
    GroupFit,
    fit_group,
    group_maps,
    require_estimable,
)
from boldglm.glm.second_level.group_permutations import GroupPermutations
from boldglm.image.mask import read_mask

__all__ = ["SecondLevelModel"]


class SecondLevelModel(Reported, GroupPermutations):
    r"""General linear model of the maps of several subjects.

    For the values y of every voxel, one for each subject, with a design X of the
    group::

        y = X beta + e,   e ~ N(0, sigma^2 I)

    fitted by ordinary least squares, once; contrasts are computed from the fit.

    Parameters
    ----------
    mask_img : image, path, NiftiMasker, False, or None
        Where to fit. None: what differs from the background of the mean map, see
        `boldglm.masking.compute_background_mask`; for first-level models the voxels
        that all of them have. False: every voxel. A masker is copied, never changed.
    target_affine, target_shape : optional
        Grid to resample the maps to.
    smoothing_fwhm : float, optional
        Full width at half maximum of a Gaussian smoothing, in mm.
    memory, memory_level : ignored
        Accepted so that scripts port; nothing is cached on disk.
    verbose : int
        Above 0, progress is shown (logged as ``boldglm`` at level INFO).
    n_jobs : int
        Threads. 1, the default, is nilearn's: as many as BLAS may use.
    minimize_memory : bool
        False is needed for `residuals_` and `predicted_`.
    reports : bool
        Accepted so that scripts port: a report can be made in any case.
    missing : {'drop-voxel', 'available', 'zero'}
        What to do about values that are not finite, as around the brain in SPM's
        maps. ``'drop-voxel'``: a voxel that a subject lacks is not tested, its
        statistics are 0 and its p 1. ``'available'``: it is tested with the
        subjects that have it, and their degrees of freedom. ``'zero'``: they count
        as 0 before smoothing, as in nilearn, and weaken the effect. In the first
        two, smoothing takes the mean of values that are there.

    Attributes
    ----------
    design_matrix_ : DataFrame
    masker_ : NiftiMasker
    mask_img_ : image
    n_elements_ : int
        Voxels in the mask.
    confounds_, second_level_input_
        As given.
    labels_, results_ : array, dict
        The fit in nilearn's form, see `boldglm.glm.first_level.run_glm`. After `fit`
        where it is known which maps are meant; for first-level models, and tables of
        several maps, after a contrast, and of the last one.
    n_img_, dof_img_ : images
        Subjects and degrees of freedom of each voxel.

    References
    ----------
    Holmes, A. P. and Friston, K. J. (1998). Generalisability, random effects and
    population inference. *NeuroImage* 7, S754.

    Examples
    --------
    >>> import nibabel as nib
    >>> rng = np.random.default_rng(0)
    >>> data = rng.standard_normal((4, 4, 4, 12))
    >>> data[2, 2, 2] += 3
    >>> maps = nib.Nifti1Image(data.astype(np.float32), np.eye(4))
    >>> model = SecondLevelModel(mask_img=False).fit(maps, design_matrix="~ 1")
    >>> z = model.compute_contrast("intercept")
    >>> np.argwhere(z.get_fdata() == z.get_fdata().max())
    array([[2, 2, 2]])
    """

    def __init__(
        self,
        mask_img=None,
        target_affine=None,
        target_shape=None,
        smoothing_fwhm=None,
        memory=None,
        memory_level=1,
        verbose=0,
        n_jobs=1,
        minimize_memory=True,
        reports=True,
        missing="drop-voxel",
    ):
        self.mask_img = mask_img
        self.target_affine = target_affine
        self.target_shape = target_shape
        self.smoothing_fwhm = smoothing_fwhm
        self.memory = memory
        self.memory_level = memory_level
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.minimize_memory = minimize_memory
        self.reports = reports
        self.missing = missing

    def fit(self, second_level_input, confounds=None, design_matrix=None) -> Self:
        """Fit the model to the maps of a group.

        Parameters
        ----------
        second_level_input : list, image, path, Series or DataFrame
            One map for each subject: a list of 3-D images or paths, at least two;
            one 4-D image; a pattern or a Series of paths; a DataFrame with
            ``subject_label``, ``map_name`` and ``effects_map_path``; or a list of
            fitted FirstLevelModels.
        confounds : DataFrame, optional
            What is known of the subjects: a column ``subject_label`` where the
            subjects of the maps are known, and others.
        design_matrix : DataFrame, array, path or formula, optional
            A row for each map, those of a table sorted by subject. A formula such as
            ``'~ age + group'`` is evaluated on `confounds`. None: the confounds and
            an intercept; images need a design.

        Returns
        -------
        SecondLevelModel
            Itself, fitted.

        Raises
        ------
        TypeError
            If `second_level_input` is not what it should be.
        ValueError
            If tables, designs, masks and images do not fit together; the message says
            which and what to do.

        Warns
        -----
        ImageWarning
            If values are missing inside the mask, with their number.
        """
        self._forget()
        with noted_warnings() as noted:
            self._fit(second_level_input, confounds, design_matrix)
        self._fit_warnings = tuple(noted)
        return self

    def _fit(self, second_level_input, confounds, design_matrix) -> None:
        from boldglm.glm.second_level.group_designs import group_design
        from boldglm.glm.second_level.group_maps import collect_maps
        from boldglm.glm.second_level.group_masks import check_missing, group_masker

        check_missing(self.missing)
        maps = collect_maps(second_level_input, need_labels=confounds is not None)
        design = group_design(design_matrix, confounds, maps)
        source, mask = maps.for_mask(self.missing == "available"), self.mask_img
        if mask is None and maps.kind == "models":
            mask = source[0]
        masker = group_masker(
            source,
            mask,
            smoothing_fwhm=self.smoothing_fwhm,
            target_affine=self.target_affine,
            target_shape=self.target_shape,
            missing=self.missing,
        )
        self.masker_, self.mask_img_ = masker, masker.mask_img_
        self.n_elements_ = masker.n_elements_
        self._maps = maps
        self._groups: dict[Any, tuple[GroupData, GroupFit]] = {}
        self._factor = factorize(design.to_numpy())
        self.design_matrix_ = design
        if maps.is_single:
            self._group_of(None)
        self.second_level_input_ = second_level_input
        self.confounds_ = confounds
        self.memory_ = self.memory

    def compute_contrast(
        self,
        second_level_contrast=None,
        first_level_contrast=None,
        second_level_stat_type=None,
        output_type="z_score",
    ):
        """Map of a contrast over subjects.

        Parameters
        ----------
        second_level_contrast : str or array, optional
            An expression of column names such as ``'patients - controls'``, weights,
            or rows of weights (or expressions parted by semicolons, or a list of
            them) for an F test. Not needed
            for a design of one column.
        first_level_contrast : str or array, optional
            Which maps of the subjects: a ``map_name`` of a table, or a contrast of
            first-level models.
        second_level_stat_type : {'t', 'F'}, optional
            t for one row and F for more if not given.
        output_type : str
            ``'z_score'``, ``'stat'``, ``'p_value'``, ``'effect_size'``,
            ``'effect_variance'``, or ``'all'``.

        Returns
        -------
        image, or dict of images for ``'all'``

        Raises
        ------
        NotFittedError
            Before `fit`.
        ContrastError
            If the contrast does not fit the design, or (NotEstimableError) the
            design cannot tell it apart from others; the message names the columns.
            If there are no maps of `first_level_contrast`.
        """
        self._check_fitted("design_matrix_")
        names = check_output_type(output_type)
        kind = second_level_stat_type
        check_stat_type(kind, "second_level_stat_type")
        rows, title = self._contrast_rows(second_level_contrast)
        _, group = self._group_of(first_level_contrast)
        maps = group_maps(group, rows, kind, names)
        images = {name: self.masker_.inverse_transform(maps[name]) for name in names}
        for name, image in images.items():
            # The header has room for 79 letters.
            image.header["descrip"] = f"{name} of contrast {title}"[:79].encode(
                "ascii", "replace"
            )
        return images if output_type == "all" else images[output_type]

    def _contrast_rows(self, contrast) -> tuple[np.ndarray, str]:
        """Weights of a contrast, (q, n_regressors) float64, and its name."""
        columns = list(self.design_matrix_.columns)
        if contrast is None:
            if len(columns) > 1:
                msg = (
                    "No second-level contrast is specified, and the design has several "
                    f"columns: {', '.join(map(repr, columns))}. Pass the name of one, "
                    "an expression of them, or weights."
                )
                raise ContrastError(msg)
            rows, title = np.ones((1, 1)), str(columns[0])
        else:
            rows, title = _rows(contrast, columns), str(contrast)
        require_estimable(self._factor, rows, columns)
        return rows, " ".join(title.split())

    def _data_for(self, first_level_contrast=None) -> GroupData:
        """The masked maps of the subjects."""
        self._check_fitted("design_matrix_")
        return self._group_of(first_level_contrast)[0]

    def _group_of(self, first_level_contrast) -> tuple[GroupData, GroupFit]:
        """Maps and fit of a first-level contrast, read and fitted the first time."""
        key = self._maps.key(first_level_contrast)
        if key not in self._groups:
            self._groups[key] = self._fitted(first_level_contrast)
        self._latest = self._groups[key]
        return self._latest

    def _fitted(self, first_level_contrast) -> tuple[GroupData, GroupFit]:
        maps = self._maps
        n_maps = maps.n_subjects
        say(self.verbose, "Second level: reading and fitting %d maps", n_maps)
        honest = self.missing != "zero"
        mask = read_mask(self.mask_img_) if honest else None
        images = maps.images(first_level_contrast, mask)
        data = read_group(images, self.masker_, self.missing, maps.names)
        fit = fit_group(
            data,
            self._factor.design,
            available=self.missing == "available",
            n_jobs=threads(self.n_jobs),
        )
        return data, fit

    def _apart(self) -> "SecondLevelModel":
        """A copy that reads and fits maps without this model's knowing.

        Which maps were asked for last is forgotten, unless there are no others.
        """
        own = copy.copy(self)
        own._groups = dict(self._groups)
        if not self._maps.is_single:
            vars(own).pop("_latest", None)
        return own

    def _forget(self) -> None:
        """Drop a fit, so that one that fails half-way does not look fitted."""
        private = {"_maps", "_groups", "_latest", "_factor", "_fit_warnings"}
        for name in [n for n in vars(self) if n.endswith("_") or n in private]:
            delattr(self, name)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "design_matrix_")


def _rows(contrast: Any, columns: list[Any]) -> np.ndarray:
    """A contrast as rows of weights; expressions may come in a list."""
    if isinstance(contrast, str):
        contrast = expressions_in(contrast, columns)
    several = isinstance(contrast, list | tuple) and len(contrast) > 0
    if several and all(isinstance(one, str) for one in contrast):
        return np.array(
            [expression_to_contrast_vector(one, columns) for one in contrast]
        )
    return pad_contrast(_in_order(contrast, columns), len(columns))


def _in_order(contrast: Any, columns: list[Any]) -> Any:
    """Weights in the order of the design, where they are named after its columns."""
    labels = getattr(contrast, "columns", getattr(contrast, "index", None))
    if labels is None or callable(labels):
        return contrast
    names = list(labels)
    if names == list(range(len(names))):
        return contrast
    strangers = [name for name in names if name not in columns]
    if strangers:
        msg = (
            f"The contrast has weights for {', '.join(map(repr, strangers))}; the "
            f"columns of the design are {', '.join(map(repr, columns))}."
        )
        raise ContrastError(msg)
    axis = "columns" if hasattr(contrast, "columns") else "index"
    return contrast.reindex(columns, axis=axis, fill_value=0.0).to_numpy()
