"""The data set of the Functional Imaging Analysis Contest: two runs of one subject."""

from typing import Any

from boldglm.datasets.bunch import Bunch
from boldglm.datasets.fetching import fetch
from boldglm.datasets.registry import dataset
from boldglm.datasets.simulation_mark import told_description

__all__ = ["fetch_fiac_first_level"]


def fetch_fiac_first_level(data_dir: Any = None, verbose: int = 1) -> Bunch:
    """Sentences and speakers, the same or different: two runs of 191 scans.

    It is downloaded where it is not there, at most 4000 MB; see `get_data_dirs`.

    Parameters
    ----------
    data_dir : str or Path, optional
        See `get_data_dirs`.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``func1``, ``func2``, ``mask``
            Paths of images.
        ``design_matrix1``, ``design_matrix2``
            Paths of .npz files: ``X``, (191, 13), and ``conditions``, the names of
            its columns, as bytes. Models take the paths as they are.
        ``description``
            Source, licence and citation; begins with SIMULATED for simulated data.

    Raises
    ------
    FetchError
        If it is not there and cannot be downloaded, or is an incomplete simulation.

    References
    ----------
    Dehaene-Lambertz G, Dehaene S, Anton JL, et al. (2006). Functional segregation of
    cortical language areas by sentence repetition. Human Brain Mapping 27:360-371.

    Examples
    --------
    >>> import numpy as np
    >>> from boldglm.datasets.fiac import fetch_fiac_first_level
    >>> data = fetch_fiac_first_level()  # doctest: +SKIP
    >>> np.load(data.design_matrix1)["X"].shape  # doctest: +SKIP
    (191, 13)
    """
    fiac = dataset("fiac")
    folder = fetch(fiac, data_dir, verbose=verbose)
    subject = folder / "nipy-data-0.2" / "data" / "fiac" / "fiac0"
    data = Bunch()
    for run in (1, 2):
        data[f"func{run}"] = str(subject / f"run{run}.nii.gz")
        data[f"design_matrix{run}"] = str(subject / f"run{run}_design.npz")
    data.mask = str(subject / "mask.nii.gz")
    data.description = told_description(fiac, folder, verbose)
    return data
