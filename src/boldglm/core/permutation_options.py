"""What users may ask of a permutation test, checked, and the test made from it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import special

from boldglm._base.arguments import check_truth
from boldglm.core.group_test import Asked, ClusterAsk, GroupTest, TfceAsk
from boldglm.core.partition import Partition
from boldglm.core.permutation_p import TAILS
from boldglm.core.permute import plan_shuffles

if TYPE_CHECKING:
    from boldglm.core.graph import Graph

__all__ = ["PermutationOptions", "height_of"]


@dataclass(frozen=True)
class PermutationOptions:
    """How to shuffle, and what to look at.

    Parameters
    ----------
    n_perm : int
        Shuffles besides the unshuffled one.
    seed : int
    two_sided : bool
    threshold : float or None
        P at one voxel that forms clusters, between 0 and 1.
    tfce : bool
    exchange : {'auto', 'permutation', 'sign-flip', 'both'}
        See `boldglm.core.permute.plan_shuffles`.
    blocks : (n_rows,) labels, optional
        Exchangeability blocks.
    block_exchange : {'within', 'whole', 'both'}
    variance_groups : (n_rows,) labels, optional
        Rows of the same variance.
    step_down : bool
    tail : {None, 'gpd'}
        See `boldglm.core.permutation_p.corrected_p`.
    tfce_steps : int, optional
        See `boldglm.core.tfce.tfce`.
    calibrate : bool
        Take pivots for templates of p values.

    Raises
    ------
    ValueError
        If one of them cannot be.
    TypeError
        If a switch is neither True nor False.
    """

    n_perm: int = 10_000
    seed: int = 0
    two_sided: bool = True
    threshold: float | None = None
    tfce: bool = False
    exchange: str = "auto"
    blocks: Any = None
    block_exchange: str = "within"
    variance_groups: Any = None
    step_down: bool = False
    tail: str | None = None
    tfce_steps: int | None = None
    calibrate: bool = False

    def __post_init__(self) -> None:
        whole = isinstance(self.n_perm, int | np.integer)
        if not whole or isinstance(self.n_perm, bool) or self.n_perm < 0:
            msg = (
                f"n_perm is {self.n_perm!r}; expected a whole number of permutations, "
                "such as 10000."
            )
            raise ValueError(msg)
        for name, what in (("two_sided", "two_sided_test"), ("tfce", "tfce")):
            check_truth(getattr(self, name), what)
        check_truth(self.step_down, "step_down")
        check_truth(self.calibrate, "calibrate")
        steps = self.tfce_steps
        if steps is not None and not (
            isinstance(steps, int | np.integer) and steps > 0
        ):
            msg = f"tfce_steps is {steps!r}; expected a whole number from 1, or None."
            raise ValueError(msg)
        if self.threshold is not None:
            height_of(self.threshold, "t", 1, 1)
        if self.tail not in TAILS:
            msg = f"tail is {self.tail!r}; expected None or 'gpd'."
            raise ValueError(msg)

    @property
    def spatial(self) -> bool:
        """Whether it takes to know which voxels touch."""
        return self.tfce or self.threshold is not None

    def prepare(
        self,
        data: npt.NDArray[np.floating],
        split: Partition,
        graph: "Graph | None" = None,
        clusters: ClusterAsk | None = None,
    ) -> GroupTest:
        """Make the test.

        Parameters
        ----------
        data : (n_rows, n_voxels)
        split : Partition
        graph : Graph, optional
            Needed where `spatial`.
        clusters : ClusterAsk, optional
            Instead of those that `threshold` forms.

        Raises
        ------
        DesignError
            If the rows cannot be shuffled as asked.
        ValueError
            If a graph is needed.
        """
        if self.spatial and graph is None:
            msg = "clusters and TFCE need a graph of which voxels touch"
            raise ValueError(msg)
        if self.calibrate and split.kind == "F":
            msg = (
                "calibrate is for t contrasts: shares of active voxels are those of "
                "positive effects, and an F has no sign."
            )
            raise ValueError(msg)
        if self.calibrate and self.variance_groups is not None:
            msg = (
                "calibrate cannot be combined with variance_groups: shares of clusters "
                "are read off z maps of ordinary t, which the pivots of v do not fit."
            )
            raise ValueError(msg)
        two_sided = bool(self.two_sided) and split.kind == "t"
        if clusters is None and self.threshold is not None and graph is not None:
            share = self.threshold / 2 if two_sided else self.threshold
            height = height_of(share, split.kind, split.dim, split.dof)
            if height < 0:
                msg = (
                    f"threshold is {self.threshold}: voxels with a statistic below 0 "
                    "would be in clusters; expected a p value of 0.5 at most."
                )
                raise ValueError(msg)
            clusters = ClusterAsk(graph, height)
        tfce = None
        if self.tfce and graph is not None:
            tfce = TfceAsk(graph, steps=self.tfce_steps)
        shuffles = plan_shuffles(
            split,
            max(self.n_perm, 1),
            self.seed,
            kind=self.exchange,
            blocks=self.blocks,
            block_exchange=self.block_exchange,
            variance_groups=self.variance_groups,
        )
        asked = Asked(two_sided, self.step_down, clusters, tfce, self.calibrate)
        return GroupTest.prepare(data, split, shuffles, asked, self.variance_groups)


def height_of(p: float, kind: str, dim: int, dof: int) -> float:
    """Statistic that noise exceeds with probability `p` at one voxel.

    Parameters
    ----------
    p : float
        Between 0 and 1.
    kind : {'t', 'F'}
    dim, dof : int
        Of the contrast, and residual.

    Raises
    ------
    ValueError
        If `p` is no probability: a height in t or z was meant.

    Examples
    --------
    >>> height_of(0.001, "t", 1, 15)
    3.7328344
    >>> height_of(3.1, "t", 1, 15)
    Traceback (most recent call last):
    ValueError: threshold is 3.1; expected a p value, above 0 and below 1, at which...
    """
    number = isinstance(p, int | float | np.number) and not isinstance(p, bool)
    if not number or not 0 < p < 1:
        meant = ""
        if number and p >= 1:
            meant = (
                f" For clusters above z = {p:g}, pass "
                f"threshold={special.ndtr(-float(p)):.3g}."
            )
        msg = (
            f"threshold is {p!r}; expected a p value, above 0 and below 1, at which "
            f"clusters are formed, such as 0.001.{meant}"
        )
        raise ValueError(msg)
    if kind == "t":
        return float(-special.stdtrit(dof, p))
    return float(special.fdtri(dim, dof, 1.0 - p))
