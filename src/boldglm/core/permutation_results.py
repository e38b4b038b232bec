"""What a permutation test found, under the names users know."""

from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.discoveries import TemplateCalibration
from boldglm.core.permutation_test import PermutationTest

__all__ = ["PermutationResults", "null_arrays", "result_maps"]

Array = npt.NDArray[np.float64]


class PermutationResults(dict[str, Any]):
    """What a permutation test found, by name; and what was done.

    Attributes
    ----------
    scheme : str
        What was shuffled, how often, and why, in a sentence.
    calibration : TemplateCalibration or None
        If asked for: what `boldglm.glm.cluster_level_inference` takes.
    """

    scheme: str = ""
    calibration: TemplateCalibration | None = None


def result_maps(found: PermutationTest, tail: str | None = None) -> dict[str, Array]:
    """Maps of statistics and of p, each (n_voxels,).

    ======================  ======================================================
    t (or F)                the statistic
    p_t, logp_t             p of each voxel by itself, and ``-log10 p``
    p_max_t, logp_max_t     p of the family, by the largest t of each shuffle
    …_step_down_t           the same, step by step, if asked for
    size, p_max_size, …     of the cluster a voxel is in, if clusters were asked for
    mass, p_max_mass, …
    tfce, p_max_tfce, …     if enhancement was asked for
    ======================  ======================================================

    Parameters
    ----------
    found : PermutationTest
    tail : {None, 'gpd'}
        For p of the family, see `boldglm.core.permutation_p.corrected_p`.

    Returns
    -------
    dict

    Examples
    --------
    >>> from boldglm.core.partition import partition
    >>> from boldglm.core.permutation_options import PermutationOptions
    >>> from boldglm.core.permutation_test import run_permutations
    >>> data = np.array([[1.0, -1], [2.0, 1], [2.5, 0.5], [3.0, -1]])
    >>> test = PermutationOptions().prepare(data, partition(np.ones((4, 1)), [1]))
    >>> result_maps(run_permutations(test))["p_max_t"]
    array([0.25, 1.  ])
    """
    letter: str = found.test.split.kind
    maps = {letter: found.maps["stat"]}
    p = {letter: found.uncorrected(), f"max_{letter}": found.corrected("stat", tail)}
    if found.test.asked.step_down:
        p[f"step_down_{letter}"] = found.step_down()
    for name in ("size", "mass", "tfce"):
        if name in found.maps:
            maps[name] = found.maps[name]
            p[f"max_{name}"] = found.corrected(name, tail)
    for name, values in p.items():
        maps[f"p_{name}"] = values
        maps[f"logp_{name}"] = 0.0 - np.log10(values)
    return maps


def null_arrays(found: PermutationTest) -> dict[str, Array]:
    """Null distributions under the names users know, each (n_draws,), ascending."""
    letter = found.test.split.kind
    names = {"stat": f"max_{letter}", "size": "max_size", "mass": "max_mass"}
    names["tfce"] = "max_tfce"
    return {
        f"h0_{names[name]}": np.sort(found.null.maxima[name])
        for name in names
        if name in found.null.maxima
    }
