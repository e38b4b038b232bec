"""Group inference by permutation, from images to images."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm._base.errors import DesignError
from boldglm.core.counter_random import seed_from
from boldglm.core.linear import factorize
from boldglm.core.permutation_options import PermutationOptions
from boldglm.core.permutation_results import PermutationResults, result_maps
from boldglm.glm.second_level.permuted_group import PermutationInput
from boldglm.glm.second_level.second_level import SecondLevelModel

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

__all__ = ["non_parametric_inference"]


def non_parametric_inference(
    second_level_input,
    confounds=None,
    design_matrix=None,
    second_level_contrast=None,
    first_level_contrast=None,
    mask=None,
    smoothing_fwhm=None,
    model_intercept=True,
    n_perm=10000,
    two_sided_test=False,
    random_state=None,
    n_jobs=1,
    verbose=0,
    threshold=None,
    tfce=False,
    *,
    missing="drop-voxel",
    exchange="auto",
    blocks=None,
    block_exchange="within",
    variance_groups=None,
    step_down=False,
    tail=None,
    connectivity=6,
    tfce_steps=None,
    calibrate=False,
) -> "Nifti1Image | PermutationResults":
    """Test a contrast over subjects, with p values by permutation.

    The residuals of what the contrast does not test are shuffled (Freedman and Lane):
    rows are permuted, or signs flipped where the contrast tests a mean; with `verbose`,
    what was done and why is told. The contrast is that of the model, and everything
    else the design can express is nuisance: for a difference of two groups, their mean
    is. p of the family compares each statistic with the largest one of each shuffle,
    ``p = (1 + #{largest >= observed}) / (1 + n_perm)``. Where no more than `n_perm`
    different shuffles are possible, each is done once.

    Parameters
    ----------
    second_level_input, confounds, design_matrix
        See `SecondLevelModel.fit`.
    second_level_contrast : str or array, optional
        An expression, weights, or rows of weights for an F test. Not needed for a
        design of one column.
    first_level_contrast : optional
        See `SecondLevelModel.compute_contrast`.
    mask : image, path, NiftiMasker, or None
    smoothing_fwhm : float, optional
        In mm.
    model_intercept : bool
        Add a constant to the design, unless it can express one.
    n_perm : int
    two_sided_test : bool
    random_state : int, Generator, RandomState or None
        Shuffle k depends on it and on k alone.
    n_jobs : int
        Threads; results do not depend on it.
    verbose : int
    threshold : float, optional
        P at one voxel, above 0 and below 1, that forms clusters.
    tfce : bool
        Threshold-free cluster enhancement, exact (E = 0.5, H = 2).
    missing : {'drop-voxel', 'zero'}
        Voxels that are not finite in a map are left out, or count as 0.
    exchange : {'auto', 'permutation', 'sign-flip', 'both'}
        What is shuffled; 'auto' decides by what the contrast tests.
    blocks : (n_subjects,) labels, optional
        Exchangeability blocks, such as families, in the order of the rows of the
        design (of a table of maps: by subject); a Series that is indexed by the labels
        of the subjects is put in order.
    block_exchange : {'within', 'whole', 'both'}
    variance_groups : (n_subjects,) labels, optional
        Groups of subjects with a variance of their own: the statistic is then v or G,
        and signs are flipped where permutations would mix groups. A variance of few
        subjects is poorly known: with 20 the level holds, with 4 p are too small.
    step_down : bool
        Also p by the step-down method, never larger than those of the largest
        statistic (which `tail` may smooth; it does not touch these).
    tail : {None, 'gpd'}
        Smooth small p by a Pareto distribution fitted to the null's tail.
    connectivity : {6, 18, 26}
        Of voxels in clusters.
    tfce_steps : int, optional
        Enhancement as a sum over so many steps; 100 gives nilearn's numbers.
    calibrate : bool
        Also calibrate a template of p, for `boldglm.glm.cluster_level_inference`
        (attribute ``calibration`` of the result).

    Returns
    -------
    image, or PermutationResults
        The image of ``logp_max_t`` alone, as nilearn does, unless `threshold`, `tfce`,
        `step_down` or `calibrate` ask for more: then a dictionary of images: ``t``
        (``F``); ``p_t`` and ``logp_t`` (``-log10 p``), uncorrected; ``p_max_t`` and
        ``logp_max_t``, of the family; and as asked for ``size``, ``mass``, ``tfce``
        with their p, ``p_step_down_t`` and ``logp_step_down_t``. Its attribute
        ``scheme`` says what was shuffled.

    Raises
    ------
    ValueError
        If input, design and contrast do not fit together, an option is unknown, or
        `threshold` is no p value.
    NotEstimableError
        If the design cannot tell the contrast apart from others.

    References
    ----------
    Winkler, Ridgway, Webster, Smith and Nichols 2014, NeuroImage 92, 381-397.

    Examples
    --------
    >>> import nibabel as nib
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> maps = rng.standard_normal((12, 4, 4, 4))
    >>> maps[:, 1, 2, 3] += 3
    >>> images = [nib.Nifti1Image(one, np.eye(4)) for one in maps]
    >>> design = pd.DataFrame({"intercept": np.ones(12)})
    >>> logp = non_parametric_inference(
    ...     images, design_matrix=design, n_perm=999, random_state=0
    ... )
    >>> np.argwhere(logp.get_fdata() > 1.3)
    array([[1, 2, 3]])
    """
    _check_missing(missing)
    check_truth(model_intercept, "model_intercept")
    options = PermutationOptions(
        n_perm=n_perm,
        seed=seed_from(random_state),
        two_sided=two_sided_test,
        threshold=threshold,
        tfce=tfce,
        exchange=exchange,
        blocks=blocks,
        block_exchange=block_exchange,
        variance_groups=variance_groups,
        step_down=step_down,
        tail=tail,
        tfce_steps=tfce_steps,
        calibrate=calibrate,
    )
    _check_draws(options)
    model = SecondLevelModel(
        mask_img=mask, smoothing_fwhm=smoothing_fwhm, missing=missing, n_jobs=n_jobs
    )
    model.fit(second_level_input, confounds=confounds, design_matrix=design_matrix)
    options = replace(
        options,
        blocks=_by_subject(blocks, model._maps.labels),
        variance_groups=_by_subject(variance_groups, model._maps.labels),
    )
    rows, title = model._contrast_rows(second_level_contrast)
    design, rows = _with_intercept(
        model.design_matrix_.to_numpy(), rows, model_intercept
    )
    given = PermutationInput(
        model._data_for(first_level_contrast), model.masker_, design, rows
    )
    graph = given.graph(connectivity) if options.spatial else None
    found = given.run(given.test(options, graph), n_jobs=n_jobs, verbose=verbose)
    more = options.spatial or step_down or calibrate
    maps = result_maps(found.found, tail)
    letter = found.found.test.split.kind
    wanted = maps if more else {f"logp_max_{letter}": maps[f"logp_max_{letter}"]}
    images = PermutationResults(
        (name, found.image(values, _told(name, title), of_p=name.startswith("p_")))
        for name, values in wanted.items()
    )
    images.scheme = found.found.test.shuffles.describe()
    if not more:
        return images[f"logp_max_{letter}"]
    if calibrate:
        images.calibration = found.found.calibration()
    return images


def _by_subject(given: Any, labels: Any) -> Any:
    """Labels of subjects in the order of the design, where a Series names them."""
    index = getattr(given, "index", None)
    if labels is None or index is None or callable(index):
        return given
    return given.reindex(labels) if set(index) == set(labels) else given


def _with_intercept(
    design: np.ndarray, rows: np.ndarray, wanted: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Design and contrast with a constant, where the design cannot express one."""
    ones = np.ones((len(design), 1))
    basis = factorize(design).basis
    expressed = np.linalg.norm(ones - basis @ (basis.T @ ones)) < 1e-8 * len(design)
    if expressed or not wanted:
        return design, rows
    return np.hstack([design, ones]), np.pad(rows, ((0, 0), (0, 1)))


def _told(name: str, title: str) -> str:
    """What an image is, for its header."""
    kinds = {"p_": "p of", "logp_": "-log10 p of"}
    for prefix, words in kinds.items():
        if name.startswith(prefix):
            return f"{words} {name.removeprefix(prefix)}: {title}"
    return f"{name}: {title}"


def _check_missing(missing: Any) -> None:
    if isinstance(missing, str) and missing == "available":
        msg = (
            "missing='available' has another number of subjects at every voxel, which "
            "shuffles cannot have; use 'drop-voxel' to test the voxels that every "
            "subject has, or 'zero'."
        )
        raise ValueError(msg)
    if not isinstance(missing, str) or missing not in ("drop-voxel", "zero"):
        msg = f"missing is {missing!r}; expected 'drop-voxel' or 'zero'."
        raise ValueError(msg)


def _check_draws(options: PermutationOptions) -> None:
    if options.n_perm < 1:
        msg = (
            f"n_perm is {options.n_perm}; expected 1 or more. For statistics without "
            "permutations use SecondLevelModel.compute_contrast."
        )
        raise DesignError(msg)
