"""Family-wise corrected maps of a fitted group model, by sign flips."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from boldglm._base.errors import ContrastError
from boldglm.core.counter_random import seed_from
from boldglm.core.group_test import ClusterAsk
from boldglm.core.multiple import bonferroni_threshold, fdr_threshold, fpr_threshold
from boldglm.core.permutation_options import PermutationOptions, height_of
from boldglm.core.tails import f_to_z, t_to_z
from boldglm.glm.second_level.group_data import GroupData
from boldglm.glm.second_level.group_results import GroupResults
from boldglm.glm.second_level.permuted_group import GroupPermutation, PermutationInput

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

    from boldglm.core.group_test import GroupTest

__all__ = ["GroupPermutations"]

# Output type: the map it is a p of, and whether p is shown as z.
OUTPUTS = {
    "cor_p_value": ("stat", False),
    "cor_z_score": ("stat", True),
    "cluster_size_p_value": ("size", False),
    "cluster_size_z_score": ("size", True),
    "cluster_mass_p_value": ("mass", False),
    "cluster_mass_z_score": ("mass", True),
}
HEIGHT_CONTROLS = ("fpr", "fdr", "bonferroni", "none", None)


class GroupPermutations(GroupResults):
    """What a fitted group model says when the signs of its maps are flipped."""

    # What the model itself has.
    verbose: int
    n_jobs: int
    missing: str
    design_matrix_: Any
    _contrast_rows: Callable[[Any], tuple[np.ndarray, str]]
    _data_for: Callable[[Any], GroupData]

    def compute_contrast_permutations(
        self,
        second_level_contrast=None,
        first_level_contrast=None,
        stat_type=None,
        output_type="cor_z_score",
        threshold=0.001,
        height_control="fpr",
        two_sided_test=True,
        n_perm=10000,
        random_state=None,
    ) -> "Nifti1Image | dict[str, Nifti1Image]":
        """Map of a contrast, corrected for the family of all voxels by sign flips.

        The map of each subject, less what the contrast does not test, keeps or changes
        its sign at random, the model is fitted again, and the largest z of all voxels
        (or the largest cluster) is noted. Errors are taken to be independent and
        symmetric about 0. Then ``p = (1 + #{largest >= observed}) / (1 + n_perm)``,
        and ``cor_z_score`` is the normal deviate of p, 0 where it is negative. With
        1000 flips no voxel is above ``norm.isf(1 / 1001) = 3.0905``. Where no more
        than `n_perm` flips are possible, each is done once. The attribute
        ``permutation_scheme_`` says what was done.

        For other shuffles, step-down p and TFCE see `non_parametric_inference`.

        Parameters
        ----------
        second_level_contrast : str or array, optional
            Not needed for a design of one column, or with a column ``intercept``,
            which is then tested.
        first_level_contrast : optional
            See `compute_contrast`.
        stat_type : {'t', 'F'}, optional
        output_type : str
            ``'cor_p_value'``, ``'cor_z_score'`` of voxels; of the clusters they are in
            ``'cluster_size_p_value'``, ``'cluster_size_z_score'``,
            ``'cluster_mass_p_value'``, ``'cluster_mass_z_score'``; or ``'all'``.
        threshold : float
            Forms clusters: voxels above the z for which `height_control` keeps errors
            at this level on one side, or z itself for ``'none'``. A cluster's mass is
            the sum of its z.
        height_control : {'fpr', 'fdr', 'bonferroni', 'none'}
        two_sided_test : bool
            ``|z|`` counts; the map does not show the sign. Positive and negative
            voxels make clusters of their own.
        n_perm : int
        random_state : int, Generator, RandomState or None

        Returns
        -------
        image, or dict of images for ``'all'``

        Raises
        ------
        NotFittedError
            Before `fit`.
        ContrastError
            If the contrast does not fit the design, or an output type is unknown.
        ValueError
            If the model has ``missing='available'``: other subjects at every voxel
            cannot be shuffled together; or `threshold` is no p value.
        """
        self._check_fitted("design_matrix_")
        names = _output_names(output_type)
        _check_missing(self.missing)
        options = PermutationOptions(
            n_perm=_positive(n_perm),
            seed=seed_from(random_state),
            two_sided=two_sided_test,
            exchange="sign-flip",
        )
        _check_height(threshold, height_control)
        rows, title = self._rows_or_intercept(second_level_contrast)
        design = self.design_matrix_.to_numpy()
        data = self._data_for(first_level_contrast)
        given = PermutationInput(data, self.masker_, design, rows, stat_type)
        test = given.test(options)
        if any(OUTPUTS[name][0] != "stat" for name in names):
            height = _height(test, threshold, height_control)
            graph = given.graph()
            test = given.test(options, graph, clusters=ClusterAsk(graph, height, "z"))
        found = given.run(test, n_jobs=self.n_jobs, verbose=self.verbose)
        scheme, _, _ = test.shuffles.describe().rpartition(": ")
        self.permutation_scheme_ = f"{scheme}: errors are taken to be symmetric about 0"
        images = {name: _image(found, name, title) for name in names}
        return images if output_type == "all" else images[output_type]

    def _rows_or_intercept(self, contrast: Any) -> tuple[np.ndarray, str]:
        """Weights of a contrast; of the intercept if none is given."""
        columns = list(self.design_matrix_.columns)
        if contrast is None and len(columns) > 1 and "intercept" in columns:
            contrast = "intercept"
        return self._contrast_rows(contrast)


def _image(found: GroupPermutation, name: str, title: str) -> "Nifti1Image":
    """One output of a permutation test, as a volume."""
    what, as_z = OUTPUTS[name]
    p = found.found.corrected(what)
    if what != "stat":
        p = np.where(found.found.maps["size"] > 0, p, 1.0)
    if not as_z:
        return found.image(p, f"p of {name}: {title}", of_p=True)
    z = np.maximum(-special.ndtri(p), 0.0)
    return found.image(z, f"{name} of contrast {title}")


def _check_height(threshold: Any, control: str | None) -> None:
    """Tell of a height that cannot be, whatever is looked at."""
    named = isinstance(control, str) or control is None
    if not named or control not in HEIGHT_CONTROLS:
        msg = (
            f"height_control is {control!r}; expected 'fpr', 'fdr', 'bonferroni' or "
            "'none'."
        )
        raise ValueError(msg)
    if control in ("none", None):
        number = isinstance(threshold, int | float | np.number)
        if not number or not threshold > 0:
            msg = (
                f"threshold is {threshold!r} with height_control={control!r}; expected "
                "a height in z above 0."
            )
            raise ValueError(msg)
    else:
        height_of(threshold, "t", 1, 1)
        if threshold > 0.5:
            msg = (
                f"threshold is {threshold}: voxels with z below 0 would be in "
                "clusters; expected a p value of 0.5 at most."
            )
            raise ValueError(msg)


def _height(test: "GroupTest", threshold: float, control: str | None) -> float:
    """Statistic beyond which voxels make clusters."""
    split = test.split
    if control in ("none", None):
        z = float(threshold)
    elif control == "fpr":
        z = fpr_threshold(threshold)
    elif control == "bonferroni":
        z = bonferroni_threshold(threshold, test.n_voxels)
    else:
        # The lowest voxel found is in a cluster, single precision or not.
        z = fdr_threshold(_z_of(test), threshold) - 1e-5
    if not np.isfinite(z):
        return float(np.finfo(np.float32).max)
    return height_of(float(special.ndtr(-z)), split.kind, split.dim, split.dof)


def _z_of(test: "GroupTest") -> np.ndarray:
    split = test.split
    if split.kind == "F":
        return np.asarray(f_to_z(test.statistic, split.dim, split.dof))
    z = np.asarray(t_to_z(test.statistic, split.dof))
    return np.abs(z) if test.two_sided else z


def _output_names(output_type: str) -> list[str]:
    if isinstance(output_type, str) and output_type == "all":
        return list(OUTPUTS)
    if not isinstance(output_type, str) or output_type not in OUTPUTS:
        expected = ", ".join(repr(name) for name in (*OUTPUTS, "all"))
        msg = f"output_type is {output_type!r}; expected one of {expected}."
        raise ContrastError(msg)
    return [output_type]


def _check_missing(missing: str) -> None:
    if missing == "available":
        msg = (
            "This model has missing='available', another number of subjects at every "
            "voxel, which shuffles cannot have. Fit it with missing='drop-voxel' to "
            "test the voxels that every subject has."
        )
        raise ValueError(msg)


def _positive(n_perm: Any) -> Any:
    if isinstance(n_perm, int | np.integer) and n_perm < 1:
        msg = f"n_perm is {n_perm}; expected 1 or more, such as 10000."
        raise ValueError(msg)
    return n_perm
