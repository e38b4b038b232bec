"""Group analysis of arrays, one column at a time, with p values by permutation."""

from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import NotEstimableError, ShapeError
from boldglm._base.log import say
from boldglm._base.progress import ProgressBar
from boldglm._base.warnings import DesignWarning, ImageWarning, warn

if TYPE_CHECKING:
    from boldglm.core.graph import Graph
    from boldglm.core.permutation_options import PermutationOptions
    from boldglm.core.permutation_results import PermutationResults

__all__ = ["permuted_ols"]


def permuted_ols(
    tested_vars,
    target_vars,
    confounding_vars=None,
    model_intercept=True,
    n_perm=10000,
    two_sided_test=True,
    random_state=None,
    n_jobs=1,
    verbose=0,
    masker=None,
    tfce=False,
    threshold=None,
    output_type="dict",
    *,
    exchange="auto",
    blocks=None,
    block_exchange="within",
    variance_groups=None,
    step_down=False,
    tail=None,
    connectivity=6,
    tfce_steps=None,
):
    """Test variables against every column of the data, with p values by permutation.

    For each tested variable x by itself, with confounds Z::

        y = x b + Z g + e,      t = b / se(b)

    and its null distribution from data of which the residuals ``y - Z g`` were
    shuffled (Freedman and Lane): permuted, or their signs flipped where x is, but for
    confounds, a constant, which no permutation changes. With `verbose`, what was done
    and why is told. p of the family compares each t with the largest one of each
    shuffle, ``p = (1 + #{largest >= t}) / (1 + n_perm)``. Where no more than `n_perm`
    different shuffles are possible, each is done once.

    Parameters
    ----------
    tested_vars : (n_samples,) or (n_samples, n_tested) array
    target_vars : (n_samples, n_descriptors) array
        Finite. Columns of zeros take no part.
    confounding_vars : (n_samples, n_covars) array, optional
    model_intercept : bool
        Add a constant to the confounds, unless it is what is tested.
    n_perm : int
        0: the statistics alone.
    two_sided_test : bool
        ``|t|`` counts.
    random_state : int, Generator, RandomState or None
        Shuffle k depends on it and on k alone.
    n_jobs : int
        Threads; results do not depend on it. 1, the default, is nilearn's, where it
        means no workers, and uses as many threads as BLAS may.
    verbose : int
        Above 0, tell what is shuffled and how far it is.
    masker : NiftiMasker or Graph, optional
        Where the columns lie, needed for `tfce` and `threshold`: a fitted masker, or
        a `boldglm.core.graph.Graph` (of a surface, say).
    tfce : bool
        Threshold-free cluster enhancement, exact (E = 0.5, H = 2).
    threshold : float, optional
        P at one voxel, above 0 and below 1, that forms clusters.
    output_type : {'dict', 'legacy'}
    exchange : {'auto', 'permutation', 'sign-flip', 'both'}
        What is shuffled; 'auto' decides by what the design tests.
    blocks : (n_samples,) labels, optional
        Exchangeability blocks, such as families or subjects measured twice.
    block_exchange : {'within', 'whole', 'both'}
        Samples are exchanged within their block, or blocks of equal size as a whole.
    variance_groups : (n_samples,) labels, optional
        Groups of samples with a variance of their own: t is then Aspin and Welch's v,
        and signs are flipped where permutations would mix groups. A variance of few
        samples is poorly known: with 20 the level holds, with 4 p are too small.
    step_down : bool
        Also p by the step-down method, never larger than those of the largest t (which
        `tail` may smooth; it does not touch these).
    tail : {None, 'gpd'}
        Smooth small p by a Pareto distribution fitted to the null's tail.
    connectivity : {6, 18, 26}
        Of voxels in clusters.
    tfce_steps : int, optional
        Enhancement as a sum over so many steps; 100 gives nilearn's numbers.

    Returns
    -------
    dict of arrays
        (n_tested, n_descriptors) each, but for null distributions:
        ``t``; ``p_t`` and ``logp_t`` (``-log10 p``), uncorrected; ``p_max_t`` and
        ``logp_max_t``, of the family; ``h0_max_t``, the largest t of each shuffle in
        ascending order; and as asked for ``size``, ``mass``, ``tfce`` with their p
        and h0 (NaN at its end where a variable has fewer possible shuffles than
        another), and ``p_step_down_t``. Its attribute ``scheme`` says what was
        shuffled. For ``'legacy'`` the tuple ``(logp_max_t, t,
        h0_max_t)``.

    Raises
    ------
    ValueError
        If arrays do not fit together, are not finite, an option is unknown, or
        `threshold` is no p value.
    NotEstimableError
        If a tested variable is a combination of the confounds.
    TypeError
        If `tested_vars` are not numbers.

    References
    ----------
    Winkler, Ridgway, Webster, Smith and Nichols 2014, NeuroImage 92, 381-397.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> group = np.repeat([0.0, 1.0], 10)
    >>> data = rng.standard_normal((20, 50))
    >>> data[10:, 7] += 3
    >>> found = permuted_ols(group, data, n_perm=999, random_state=0)
    >>> np.flatnonzero(found["p_max_t"][0] < 0.05)
    array([7])
    """
    from boldglm._base.arguments import check_truth
    from boldglm.core.counter_random import seed_from
    from boldglm.core.permutation_memory import memory_for_permutations
    from boldglm.core.permutation_options import PermutationOptions
    from boldglm.core.permutation_results import PermutationResults

    check_truth(model_intercept, "model_intercept")
    tested, data, confounds = _arrays(tested_vars, target_vars, confounding_vars)
    _check_choices(output_type, n_jobs)
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
    )
    graph = _graph_of(masker, connectivity, data.shape[1]) if options.spatial else None
    jobs = (n_jobs, verbose)
    with memory_for_permutations(data.shape, n_perm, None if n_jobs == 1 else n_jobs):
        rows = [
            _test_one(variable, data, confounds, model_intercept, options, graph, jobs)
            for variable in tested.T
        ]
    stacked = PermutationResults(
        (name, _stacked([row[name] for row in rows])) for name in rows[0]
    )
    stacked.scheme = "; ".join(dict.fromkeys(row.scheme for row in rows))
    if output_type == "legacy":
        empty = np.asarray([])
        return tuple(stacked.get(k, empty) for k in ("logp_max_t", "t", "h0_max_t"))
    return stacked


def _stacked(rows: list[np.ndarray]) -> np.ndarray:
    """Rows as a matrix; short ones, of fewer possible shuffles, end in NaN."""
    longest = max(row.size for row in rows)
    if all(row.size == longest for row in rows):
        return np.stack(rows)
    padded = np.full((len(rows), longest), np.nan)
    for row, values in zip(padded, rows, strict=True):
        row[: values.size] = values
    return padded


def _test_one(
    variable: np.ndarray,
    data: np.ndarray,
    confounds: np.ndarray,
    model_intercept: bool,
    options: "PermutationOptions",
    graph: "Graph | None",
    jobs: tuple[int, int],
) -> "PermutationResults":
    """Result arrays of one tested variable."""
    from boldglm.core.partition import partition
    from boldglm.core.permutation_results import (
        PermutationResults,
        null_arrays,
        result_maps,
    )
    from boldglm.core.permutation_test import observed_maps, run_permutations

    n_jobs, verbose = jobs
    design = _design(variable, confounds, model_intercept)
    contrast = np.eye(design.shape[1])[0]
    try:
        split = partition(design, contrast)
    except NotEstimableError as error:
        msg = (
            "A tested variable is a combination of the confounds (or constant, beside "
            "an intercept): its effect cannot be told from theirs. Take it out, or "
            "the confounds that make it up."
        )
        raise NotEstimableError(msg) from error
    test = options.prepare(data, split, graph)
    if options.n_perm == 0:
        maps = observed_maps(test)
        return PermutationResults({"t": maps.pop("stat")} | maps)
    say(verbose, "%s", test.shuffles.describe())
    if caution := test.shuffles.caution():
        warn(caution, DesignWarning)
    with ProgressBar(test.shuffles.n_draws, "permutations", verbose) as bar:
        threads = None if n_jobs == 1 else n_jobs
        found = run_permutations(test, n_jobs=threads, progress=bar.add)
    results = PermutationResults(result_maps(found, options.tail))
    results.update(null_arrays(found))
    results.scheme = test.shuffles.describe()
    return results


def _design(
    variable: np.ndarray, confounds: np.ndarray, model_intercept: bool
) -> np.ndarray:
    """Tested variable, confounds, and a constant where one is wanted."""
    constant = (np.ptp(confounds, axis=0) == 0) & confounds.any(axis=0)
    tests_mean = np.ptp(variable) == 0
    if np.count_nonzero(constant) + tests_mean > 1:
        warn(
            "More than one column of the tested variable and the confounds is "
            "constant. Only one will be used as intercept.",
            DesignWarning,
        )
    if tests_mean:
        return np.column_stack([variable, confounds[:, ~constant]])
    ones = np.ones((len(variable), int(bool(model_intercept) and not constant.any())))
    return np.column_stack([variable, confounds, ones])


def _arrays(
    tested_vars: Any, target_vars: Any, confounding_vars: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tested variables, data and confounds as matrices with the same rows."""
    tested = np.asarray(tested_vars)
    if tested.dtype.kind not in "biuf":
        msg = (
            "'tested_vars' must contain numerical or boolean values; got "
            f"{tested.dtype}."
        )
        raise TypeError(msg)
    tested = tested.astype(np.float64)
    tested = tested[:, None] if tested.ndim == 1 else tested
    data = np.asarray(target_vars)
    if data.ndim != 2:
        msg = (
            f"'target_vars' should be a 2D array, (n_samples, n_descriptors); an array "
            f"with {data.ndim} dimension(s) was passed."
        )
        raise ShapeError(msg)
    given = (
        confounding_vars if confounding_vars is not None else np.empty((len(data), 0))
    )
    try:
        confounds = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"'confounding_vars' must contain numbers: {error}."
        raise TypeError(msg) from error
    confounds = confounds[:, None] if confounds.ndim == 1 else confounds
    shapes = {"tested_vars": tested.shape, "confounding_vars": confounds.shape}
    for name, shape in shapes.items():
        if len(shape) != 2 or shape[0] != data.shape[0]:
            msg = (
                f"{name} have shape {shape} and target_vars {data.shape}; expected a "
                "row for each sample in both."
            )
            raise ShapeError(msg)
    for name, values in (("tested_vars", tested), ("confounding_vars", confounds)):
        if not np.isfinite(values).all():
            row = int(np.argwhere(~np.isfinite(values))[0, 0])
            msg = f"{name} have a value that is not finite in row {row}."
            raise ShapeError(msg)
    if data.dtype.kind == "f" and not data.any(axis=0).all():
        warn(
            f"{np.count_nonzero(~data.any(axis=0))} of {data.shape[1]} descriptors in "
            "'target_vars' have zeros across all samples. They take no part in the "
            "null distribution.",
            ImageWarning,
        )
    return tested, data, confounds


def _graph_of(masker: Any, connectivity: int, n_columns: int) -> "Graph":
    """Which columns touch."""
    from boldglm.core.graph import Graph, volume_graph
    from boldglm.image.mask import read_mask

    if isinstance(masker, Graph):
        graph = masker
    elif hasattr(masker, "mask_img_"):
        graph = volume_graph(read_mask(masker.mask_img_).inside, connectivity)
    else:
        msg = (
            f"masker is {masker!r}: with tfce or threshold a masker must be provided, "
            "fitted (or a Graph), since clusters need to know where the columns of "
            "target_vars lie."
        )
        raise ValueError(msg)
    if graph.n_nodes != n_columns:
        msg = (
            f"target_vars have {n_columns} columns, the masker {graph.n_nodes} voxels; "
            "expected the columns of masker.transform."
        )
        raise ShapeError(msg)
    return graph


def _check_choices(output_type: str, n_jobs: int) -> None:
    from boldglm.core.parallel import n_workers

    n_workers(n_jobs)
    if not isinstance(output_type, str) or output_type not in {"dict", "legacy"}:
        msg = f"output_type is {output_type!r}; expected 'dict' or 'legacy'."
        raise ValueError(msg)
    if output_type == "legacy":
        warn(
            "output_type='legacy' is deprecated; the default, a dictionary, holds "
            "the same and more.",
            FutureWarning,
        )
