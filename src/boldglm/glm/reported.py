"""The door from a fitted model up to its report."""

from importlib import import_module
from typing import Any

__all__ = ["Reported"]


class Reported:
    """A model that can be reported."""

    def generate_report(
        self,
        contrasts: Any = None,
        first_level_contrast: Any = None,
        title: str | None = None,
        bg_img: Any = "MNI152TEMPLATE",
        threshold: float | None = None,
        alpha: float = 0.001,
        cluster_threshold: int = 0,
        height_control: str | None = "fpr",
        two_sided: bool = False,
        min_distance: float = 8.0,
        plot_type: str = "slice",
        cut_coords: Any = None,
        display_mode: str | None = None,
        report_dims: tuple[int, int] = (1600, 800),
    ) -> Any:
        """Tell what was done and found, in one HTML file.

        The model is not changed.

        Parameters
        ----------
        contrasts : dict, list, str, array or None
            What is asked. A dictionary has names and, for each, what
            `compute_contrast` takes: an expression, weights (fewer than columns are
            completed with zeros), rows of weights for an F test, a list with one of
            them for each run; or expressions parted by semicolons, which are the rows
            of an F. Of a list, each element is a contrast, and of a bare array each
            row. None: the report is about the model only.
        first_level_contrast : optional
            For second-level models of first-level models, or of several maps.
        title : str, optional
        bg_img : 3-D image, path, "MNI152TEMPLATE" or None
            The anatomy behind maps. The template is left out, with a warning, where
            the mask of the model does not lie in it and cover most of it, or where
            its header says that it lies in the space of the scanner. Otherwise the
            space is taken to be MNI152.
        threshold : float, optional
            In z, for ``height_control=None``; 3.09 if not given. Not below 0: for
            negative effects pass `two_sided`, or the contrast with its signs turned.
        alpha : float
            Above 0 and at most 0.5, see `boldglm.glm.threshold_stats_img`.
        cluster_threshold : int
            Smallest number of voxels in a cluster that is shown.
        height_control : {"fpr", "fdr", "bonferroni", None}
        two_sided : bool
            Show negative effects too, with half of `alpha` on each side. An F test
            has no sides.
        min_distance : float
            In mm: peaks of a cluster lie further apart.
        plot_type : {"slice", "glass"}
        cut_coords
            Where to cut, see `boldglm.plotting.plot_stat_map`.
        display_mode : str, optional
            ``"z"`` for slices and ``"lzry"`` for a glass brain if not given.
        report_dims : (int, int)
            Width and height of the frame in a notebook, pixels.

        Returns
        -------
        HTMLReport
            ``save_as_html(path)``, ``open_in_browser()``; in a notebook it shows
            itself.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ContrastError
            If a contrast does not fit the design.
        ValueError, TypeError
            If an option is none of those above.

        Warns
        -----
        ContrastWarning, ThresholdWarning, FigureWarning
            Each once, whatever the number of contrasts.
        """
        # By name: imports go down the layers only, but for this door
        reports = import_module("boldglm.reporting.glm_report")
        return reports.generate(
            self,
            contrasts=contrasts,
            first_level_contrast=first_level_contrast,
            title=title,
            bg_img=bg_img,
            threshold=threshold,
            alpha=alpha,
            cluster_threshold=cluster_threshold,
            height_control=height_control,
            two_sided=two_sided,
            min_distance=min_distance,
            plot_type=plot_type,
            cut_coords=cut_coords,
            display_mode=display_mode,
            report_dims=report_dims,
        )
