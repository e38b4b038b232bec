"""Permutation tests of the maps of a group, as volumes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from boldglm._base.log import say
from boldglm._base.progress import ProgressBar
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.graph import volume_graph
from boldglm.core.partition import partition
from boldglm.core.permutation_memory import memory_for_permutations
from boldglm.core.permutation_options import PermutationOptions
from boldglm.core.permutation_test import PermutationTest, run_permutations
from boldglm.glm.first_level.fitting import threads
from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

    from boldglm.core.graph import Graph
    from boldglm.core.group_test import GroupTest
    from boldglm.glm.second_level.group_data import GroupData

__all__ = ["GroupPermutation", "PermutationInput"]


@dataclass(frozen=True)
class PermutationInput:
    """Maps, design and contrast of a group, as permutation tests take them.

    Attributes
    ----------
    data : GroupData
    masker : NiftiMasker
    design : (n_subjects, n_columns)
    rows : (q, n_columns)
        The contrast.
    stat_type : {'t', 'F', None}
    """

    data: "GroupData"
    masker: Any
    design: np.ndarray
    rows: np.ndarray
    stat_type: Literal["t", "F"] | None = None

    def maps(self) -> np.ndarray:
        """Maps in the voxels that every subject has, (n_subjects, n_tested)."""
        tested = self.data.tested
        return self.data.maps if tested.all() else self.data.maps[:, tested]

    def graph(self, connectivity: int = 6) -> "Graph":
        """Which of the voxels that every subject has touch."""
        mask = read_mask(self.masker.mask_img_)
        inside = mask.inside.copy()
        inside[inside] = self.data.tested
        return volume_graph(inside, connectivity)

    def test(
        self, options: PermutationOptions, graph: "Graph | None" = None, **more: Any
    ) -> "GroupTest":
        """The test of these maps, ready to be shuffled."""
        split = partition(self.design, self.rows, self.stat_type)
        with memory_for_permutations(self.data.maps.shape, options.n_perm):
            return options.prepare(self.maps(), split, graph, **more)

    def run(
        self, test: "GroupTest", *, n_jobs: int = 1, verbose: int = 0
    ) -> "GroupPermutation":
        """Shuffle, and show how far it is.

        Parameters
        ----------
        test : GroupTest
        n_jobs : int
            As in models: 1 is nilearn's default and lets as many threads work as BLAS.
        verbose : int
        """
        shuffles = test.shuffles
        say(verbose, "%s", shuffles.describe())
        if caution := shuffles.caution():
            warn(caution, DesignWarning)
        n_draws, workers = shuffles.n_draws, threads(n_jobs)
        with (
            memory_for_permutations(test.unit.shape, n_draws, workers),
            ProgressBar(n_draws, "permutations", verbose) as bar,
        ):
            found = run_permutations(test, n_jobs=workers, progress=bar.add)
        return GroupPermutation(self, found)


@dataclass(frozen=True)
class GroupPermutation:
    """What a permutation test found, and the voxels it belongs to.

    Attributes
    ----------
    given : PermutationInput
    found : PermutationTest
    """

    given: PermutationInput
    found: PermutationTest

    def image(
        self, values: np.ndarray, descrip: str, *, of_p: bool = False
    ) -> "Nifti1Image":
        """Volume of values at the voxels tested.

        Parameters
        ----------
        values : (n_tested,) array
        descrip : str
            For the header.
        of_p : bool
            p stay in double precision, and are 1 where nothing is tested, in the mask
            and outside. The rest becomes float32, and is 0 there.
        """
        tested, fill = self.given.data.tested, float(of_p)
        every = np.full(tested.size, fill, np.float64 if of_p else np.float32)
        every[tested] = values
        mask_img = self.given.masker.mask_img_
        volume = read_mask(mask_img).scatter(every, fill)
        img = new_image(mask_img, volume, copy_header=False)
        # The header has room for 79 letters.
        img.header["descrip"] = descrip[:79].encode("ascii", "replace")
        return img
