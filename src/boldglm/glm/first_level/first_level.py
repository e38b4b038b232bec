"""The first-level model: images and events in, maps of contrasts out."""

from dataclasses import replace
from functools import partial
from os import PathLike
from typing import Self

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm._base.memory import enough_memory
from boldglm._base.warnings import noted_warnings
from boldglm.core.gls import GlmFit
from boldglm.core.noise import BY_REPETITION_TIME
from boldglm.glm.contrast_maps import Contrast, check_output_type, contrast_maps
from boldglm.glm.contrasts import mean_contrast
from boldglm.glm.first_level.fit_memory import REMEDY, fit_bytes
from boldglm.glm.first_level.fit_record import FitRecord, record_runs, treatment_of
from boldglm.glm.first_level.fitting import as_noise_model
from boldglm.glm.first_level.masks import make_masker
from boldglm.glm.first_level.noise_warnings import warn_of_noise
from boldglm.glm.first_level.run_contrasts import run_contrasts
from boldglm.glm.first_level.run_designs import check_t_r, run_design
from boldglm.glm.first_level.run_fits import RunFits
from boldglm.glm.first_level.run_reading import fit_runs
from boldglm.glm.first_level.runs import collect_runs, warn_of_ignored
from boldglm.glm.first_level.scaling import check_signal_scaling
from boldglm.glm.reported import Reported

__all__ = ["FirstLevelModel"]


class FirstLevelModel(Reported, RunFits):
    """General linear model of the runs of one subject.

    For the series y of every voxel, with a design X of convolved events, drifts and
    confounds::

        y = X beta + e,   e ~ N(0, sigma^2 V(phi))

    fitted by generalised least squares, the autoregressive coefficients phi being
    those of each voxel. Runs are fitted one by one; a contrast over several runs is
    their fixed effect, the mean of the runs.

    Parameters
    ----------
    t_r : float, optional
        Repetition time in seconds. Needed to make designs from events.
    slice_time_ref : float
        Time of the scans within the repetition time, 0 to 1.
    hrf_model : str, callable, list of callables, or None
        ``'spm'``, ``'glover'``, each with ``' + derivative'`` and ``' +
        dispersion'``, or ``'fir'``.
    drift_model : {'cosine', 'polynomial', None}
    high_pass : float
        Cut-off of the cosine drifts in hertz.
    drift_order : int
        Order of the polynomial drifts.
    fir_delays : list of int, optional
        Delays of the ``'fir'`` model in scans; ``[0]`` if not given.
    min_onset : float
        Events that start before this time (seconds) start there instead.
    mask_img : image, path, NiftiMasker, False, or None
        Where to fit. None: a mask computed from the runs. False: every voxel. A
        masker is copied, never changed.
    target_affine, target_shape : optional
        Grid to resample the runs to.
    smoothing_fwhm : float, optional
        Full width at half maximum of a Gaussian smoothing, in mm.
    memory, memory_level : ignored
        Accepted so that scripts port; nothing is cached on disk.
    standardize : bool
        Bring the series to unit standard deviation.
    signal_scaling : {0, 1, (0, 1), False}
        Turn the signal into per cent of the mean of each voxel (0), scan (1), or of
        all ((0, 1)); False leaves it.
    noise_model : str
        ``'auto'`` (recommended): an autoregression whose autocorrelations are
        corrected for the design and averaged over neighbours, of an order that goes
        by `t_r`; ``'autoN'``: of order N. ``'arN'``: of order N in every voxel,
        uncorrected (nilearn's). ``'arN+'``: the same, corrected. ``'arma11'``: an
        ARMA(1, 1) in every voxel. ``'ols'``: white noise. ``'ols+'``: nothing is
        whitened, and variance and degrees of freedom are those that least squares has
        in the noise of ``'auto'``. See `boldglm.core.noise.noise_model`.
    verbose : int
        Above 0, progress is shown (logged as ``boldglm`` at level INFO).
    n_jobs : int
        Threads. 1, the default, is nilearn's: no workers of its own, and as many
        threads as BLAS may use. For a single one limit BLAS (``OMP_NUM_THREADS=1``).
    minimize_memory : bool
        Forget the data after the fit. False is needed for `residuals_` and
        `predicted_`.
    subject_label : str, optional
    random_state : ignored
        Nothing here is random.
    reports : bool
        Remember for the report where the data came from, the events, and whether the
        residuals of some voxels are white.
    first_scans : {'conditional', 'exact'}
        How the first scans of a run are weighed under ``'arN'`` and ``'arN+'``: as
        nilearn does, or by the stationary likelihood, as all other models do.

    Attributes
    ----------
    design_matrices_ : list of DataFrame
        One per run.
    masker_ : NiftiMasker
    mask_img_ : image
    n_elements_ : int
        Voxels in the mask.
    fits_ : list of GlmFit
        Coefficients, noise and outcome per voxel, one per run.
    labels_, results_ : lists
        The same in nilearn's form, see `run_glm`.
    noise_ : list of RunNoise
        Maps of the noise, and whether residuals are white, one per run.
    log_likelihood_, aic_, bic_, r_square_ : lists of images
        Goodness of fit, one per run.

    References
    ----------
    Friston, K. J. et al. (1995). Statistical parametric maps in functional imaging:
    a general linear approach. *Human Brain Mapping* 2, 189-210.

    Examples
    --------
    >>> import nibabel as nib
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> bold = 100 + rng.standard_normal((4, 4, 4, 80)).astype(np.float32)
    >>> bold[2, 2, 2] += 5 * (np.arange(80) % 20 < 10)
    >>> run = nib.Nifti1Image(bold, np.diag([4.0, 4, 4, 1]))
    >>> events = pd.DataFrame(
    ...     {"onset": [0.0, 40, 80, 120], "duration": 20.0, "trial_type": "task"}
    ... )
    >>> model = FirstLevelModel(t_r=2, hrf_model=None, mask_img=False)
    >>> z = model.fit(run, events=events).compute_contrast("task")
    >>> np.argwhere(z.get_fdata() == z.get_fdata().max())
    array([[2, 2, 2]])
    """

    _record: FitRecord | None = None

    def __init__(
        self,
        t_r=None,
        slice_time_ref=0.0,
        hrf_model="glover",
        drift_model="cosine",
        high_pass=0.01,
        drift_order=1,
        fir_delays=None,
        min_onset=-24,
        mask_img=None,
        target_affine=None,
        target_shape=None,
        smoothing_fwhm=None,
        memory=None,
        memory_level=1,
        standardize=False,
        signal_scaling=0,
        noise_model="ar1",
        verbose=0,
        n_jobs=1,
        minimize_memory=True,
        subject_label=None,
        random_state=None,
        reports=True,
        first_scans="conditional",
    ):
        self.t_r = t_r
        self.slice_time_ref = slice_time_ref
        self.hrf_model = hrf_model
        self.drift_model = drift_model
        self.high_pass = high_pass
        self.drift_order = drift_order
        self.fir_delays = fir_delays
        self.min_onset = min_onset
        self.mask_img = mask_img
        self.target_affine = target_affine
        self.target_shape = target_shape
        self.smoothing_fwhm = smoothing_fwhm
        self.memory = memory
        self.memory_level = memory_level
        self.standardize = standardize
        self.signal_scaling = signal_scaling
        self.noise_model = noise_model
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.minimize_memory = minimize_memory
        self.subject_label = subject_label
        self.random_state = random_state
        self.reports = reports
        self.first_scans = first_scans

    def fit(
        self,
        run_imgs,
        events=None,
        confounds=None,
        sample_masks=None,
        design_matrices=None,
        bins=None,
    ) -> Self:
        """Fit the model to one run or several.

        Parameters
        ----------
        run_imgs : 4-D image or path, or list of them
            One per run; a pattern such as ``'sub-01*.nii.gz'`` stands for its files
            in the order of their names.
        events : DataFrame or path, or list of them
            Columns ``onset`` and ``duration`` in seconds, and if there is more than
            one condition ``trial_type``; ``modulation`` scales events.
        confounds : DataFrame, array or path, or list of them, optional
            Further regressors, a row per scan. NaN in the first row become 0 (they
            are differences to a scan before), with a warning.
        sample_masks : array or list of them, optional
            Scans to keep, as indices or booleans. Noise is not remembered over the
            scans that are left out.
        design_matrices : DataFrame, array or path, or list of them, optional
            Instead of events and confounds.
        bins : int, optional
            Truncate the coefficients of ``'ar1'`` to multiples of ``1 / bins``, as
            nilearn does with 100.

        Returns
        -------
        FirstLevelModel
            Itself, fitted.

        Raises
        ------
        TypeError
            If `run_imgs` is not what it should be.
        ValueError
            If tables, designs, masks and images do not fit together, or a parameter
            is not one of its values; the message says which and what to do.
        MemoryError
            If there is less memory than it takes, with how much that is.
        """
        self._forget()
        with noted_warnings() as noted:
            self._fit(bins, run_imgs, events, confounds, sample_masks, design_matrices)
        if self._record is not None:
            self._record = replace(self._record, warnings=tuple(noted))
        return self

    def _fit(
        self, bins, run_imgs, events, confounds, sample_masks, design_matrices
    ) -> None:
        check_signal_scaling(self.signal_scaling)
        check_truth(self.minimize_memory, "minimize_memory")
        check_truth(self.reports, "reports")
        check_truth(self.standardize, "standardize")
        if design_matrices is None or self.noise_model in BY_REPETITION_TIME:
            check_t_r(self.t_r)
        noise = as_noise_model(self.noise_model, bins, self.first_scans, self.t_r)
        if design_matrices is not None:
            warn_of_ignored(self, events, confounds)
            events = confounds = None
        runs = collect_runs(run_imgs, events, confounds, sample_masks, design_matrices)
        designs, kept = self._designs(runs)
        masker = make_masker(self, [run.image for run in runs])
        matrices = [design.to_numpy(dtype=float) for design in designs]
        needed = partial(fit_bytes, self, runs, matrices, masker, noise)
        what = "the fit of " + (f"{len(runs)} runs" if runs[1:] else "a run")
        with enough_memory(what, needed, REMEDY):
            fitted = fit_runs(self, runs, kept, matrices, masker, noise)
        warn_of_noise([run.fit for run in fitted], [len(one) for one in matrices])
        samples = [(run.sample, run.sample_fit) for run in fitted]
        if self.reports:
            record = record_runs(self.mask_img, runs, samples)
            self._record = replace(record, treatment=treatment_of(masker))
        self.fir_delays_ = [0] if self.fir_delays is None else self.fir_delays
        self.standardize_ = bool(self.standardize)
        self.memory_ = self.memory
        self.masker_, self.mask_img_ = masker, masker.mask_img_
        self.n_elements_ = masker.n_elements_
        self.design_matrices_ = designs
        self.fits_: list[GlmFit] = [run.fit for run in fitted]
        self._data: list[np.ndarray] = [
            run.series for run in fitted if run.series is not None
        ]

    def _designs(self, runs):
        """Design of every run, of its kept scans only, and which scans those are."""
        pairs = [run_design(self, run) for run in runs]
        return [design for design, _ in pairs], [scans for _, scans in pairs]

    def compute_contrast(self, contrast_def, stat_type=None, output_type="z_score"):
        """Map of a contrast; over several runs, of its fixed effect.

        Parameters
        ----------
        contrast_def : str, array, or list of them
            An expression of column names such as ``'faces - 0.5 * (houses +
            cats)'``, or several, parted by semicolons, for an F test; weights, or
            rows of weights for an F test. A list gives each run its own; one for
            several runs is used for all, an expression with the columns of each. A
            run that lacks a column which an expression names is left out, with a
            warning.
        stat_type : {'t', 'F'}, optional
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
            If the contrast does not fit the designs, or (NotEstimableError) they
            cannot tell it apart from others; the message names the columns.
        """
        self._check_fitted("fits_")
        names = check_output_type(output_type)
        contrast, title = self._contrast(contrast_def, stat_type)
        maps = contrast_maps(contrast, names)
        images = {name: self.masker_.inverse_transform(maps[name]) for name in names}
        for name, image in images.items():
            # The header has room for 79 letters.
            image.header["descrip"] = f"{name} of contrast {title}"[:79].encode(
                "ascii", "replace"
            )
        return images if output_type == "all" else images[output_type]

    def _contrast(self, contrast_def, stat_type) -> tuple[Contrast, str]:
        """Fixed effect of a contrast over the runs that have it, and its name."""
        parts = run_contrasts(
            self.fits_, self.design_matrices_, contrast_def, stat_type
        )
        title = contrast_def if isinstance(contrast_def, str) else str(contrast_def)
        return mean_contrast(parts), " ".join(title.split())

    def save(self, path: str | PathLike) -> None:
        """Write the fitted model to one file, from which contrasts can be computed.

        The file holds numbers and text only (no code), and none of the images.

        Parameters
        ----------
        path : path
            Usually ending in ``.npz``.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        from boldglm.glm.first_level.storage import save_model

        self._check_fitted("fits_")
        save_model(self, path)

    @classmethod
    def load(cls, path: str | PathLike) -> "FirstLevelModel":
        """Read a fitted model that `save` wrote.

        Raises
        ------
        ImageFileError
            If the file is not one of a saved model, or is damaged.
        """
        from boldglm.glm.first_level.storage import load_model

        return load_model(cls, path)

    def _forget(self) -> None:
        """Drop a fit, so that one that fails half-way does not look fitted."""
        private = {"_data", "_record"}
        for name in [n for n in vars(self) if n.endswith("_") or n in private]:
            delattr(self, name)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fits_")
