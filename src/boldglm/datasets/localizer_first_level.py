"""One run of one subject of the localizer, in MNI305 space."""

from typing import Any

from boldglm.datasets.bunch import Bunch
from boldglm.datasets.fetching import fetch
from boldglm.datasets.registry import dataset
from boldglm.datasets.simulation_mark import told_description

__all__ = ["fetch_localizer_first_level"]


def fetch_localizer_first_level(data_dir: Any = None, verbose: int = 1) -> Bunch:
    """One preprocessed run of the localizer, with its events.

    It is downloaded where it is not there, at most 1000 MB; see `get_data_dirs`.

    Parameters
    ----------
    data_dir : str or Path, optional
        See `get_data_dirs`.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``epi_img``
            Path of a 4-D image.
        ``events``
            Path of the table of events.
        ``t_r``
            2.4, s.
        ``slice_time_ref``
            0.5: scans are as if taken in the middle of their time.
        ``template``
            "MNI305"
        ``description``
            Source, licence and citation; begins with SIMULATED for simulated data.

    Raises
    ------
    FetchError
        If it is not there and cannot be downloaded, or is an incomplete simulation.

    References
    ----------
    Pinel P, Thirion B, Meriaux S, Jobert A, Serres J, Le Bihan D, Poline JB, Dehaene S
    (2007). Fast reproducible identification and large-scale databasing of individual
    functional cognitive networks. BMC Neuroscience 8:91.

    Examples
    --------
    >>> from boldglm.datasets.localizer_first_level import (
    ...     fetch_localizer_first_level)
    >>> fetch_localizer_first_level().t_r  # doctest: +SKIP
    2.4
    """
    localizer = dataset("localizer_first_level")
    # The archive has a folder of the name of the data set
    home = fetch(localizer, data_dir, verbose=verbose)
    folder = home / "localizer_first_level"
    stem = "sub-12069_task-localizer"
    return Bunch(
        epi_img=str(folder / f"{stem}_space-MNI305.nii.gz"),
        events=str(folder / f"{stem}_events.tsv"),
        description=told_description(localizer, home, verbose),
        t_r=2.4,
        slice_time_ref=0.5,
        template="MNI305",
    )
