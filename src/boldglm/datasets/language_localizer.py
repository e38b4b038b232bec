"""Sentences against strings of consonants: ten subjects in BIDS."""

from typing import Any

from boldglm.datasets.bunch import Bunch
from boldglm.datasets.fetching import LOCK, fetch
from boldglm.datasets.registry import dataset

__all__ = ["fetch_language_localizer_demo_dataset"]


def fetch_language_localizer_demo_dataset(
    data_dir: Any = None, verbose: int = 1
) -> Bunch:
    """Ten subjects who read sentences and strings of consonants, in BIDS.

    It is downloaded where it is not there; see `get_data_dirs`.

    Parameters
    ----------
    data_dir : str or Path, optional
        See `get_data_dirs`.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``data_dir``
            Path of the BIDS folder, with preprocessed runs in ``derivatives``.
        ``func``
            Sorted paths of all files in it.
        ``description``
            Source, licence and citation.

    Raises
    ------
    FetchError
        If it is not there and cannot be downloaded.

    References
    ----------
    Pallier C. fMRI language localizer demo dataset. https://osf.io/k4jp8/

    Examples
    --------
    >>> from boldglm.datasets.language_localizer import (
    ...     fetch_language_localizer_demo_dataset)
    >>> data = fetch_language_localizer_demo_dataset()  # doctest: +SKIP
    >>> data.func[0].endswith(".nii.gz")  # doctest: +SKIP
    True
    """
    language = dataset("language_localizer_demo")
    folder = fetch(language, data_dir, verbose=verbose)
    paths = (path for path in folder.rglob("*") if path.name != LOCK)
    files = sorted(str(path) for path in paths if path.is_file())
    return Bunch(data_dir=str(folder), func=files, description=language.description)
