"""Sign flips of the maps of a group with a 2 mm brain, with TFCE."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.group_problems import group_problem
from benchmarks.workloads import find


def start(
    package: str, files: dict[str, Any], fast: bool, n_perm: int
) -> Callable[[], dict[str, Any]]:
    """Prepare the maps; what is measured is one call of `permuted_ols`."""
    del files
    problem = group_problem("two mm", fast)
    masker = find(package, "maskers.NiftiMasker")(problem.mask_img).fit()
    permuted_ols = find(package, "mass_univariate.permuted_ols")
    tested = np.ones(len(problem.maps))
    options = {"masker": masker, "tfce": True, "random_state": 0}
    # compiled code is loaded before anything is measured
    permuted_ols(tested, problem.maps, n_perm=1, **options)
    return lambda: permuted_ols(tested, problem.maps, n_perm=n_perm, **options)
