"""Where data sets are kept."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from boldglm._base.errors import FetchError

__all__ = ["dataset_folder", "get_data_dirs", "is_writable"]

_VARIABLES = ("BOLDGLM_DATA", "NILEARN_SHARED_DATA", "NILEARN_DATA")


def get_data_dirs(data_dir: Any = None) -> list[str]:
    """The folders in which data sets are looked for, first things first.

    Parameters
    ----------
    data_dir : str or Path, optional
        If given, the only one. Several are separated as in PATH.

    Returns
    -------
    list of str
        `data_dir`, or those of the environment variables BOLDGLM_DATA,
        NILEARN_SHARED_DATA and NILEARN_DATA, and ``~/nilearn_data``. They need not
        exist.

    Raises
    ------
    TypeError
        If `data_dir` is no path.

    Examples
    --------
    >>> get_data_dirs("/data/shared")
    ['/data/shared']
    >>> get_data_dirs()[-1].endswith("nilearn_data")
    True
    """
    if data_dir is not None:
        if not isinstance(data_dir, str | os.PathLike):
            msg = f"data_dir is {data_dir!r}; expected the path of a folder, or None."
            raise TypeError(msg)
        return _split(os.fspath(data_dir))
    named = [os.environ.get(variable, "") for variable in _VARIABLES]
    roots = [path for one in named for path in _split(one)]
    # In a container the user may have no home
    with suppress(RuntimeError):
        roots += _split("~/nilearn_data")
    return roots


def dataset_folder(
    names: Sequence[str],
    complete: Callable[[Path], bool],
    data_dir: Any = None,
) -> Path:
    """The folder of a data set: where it is, or else where it can be put.

    Among the folders of these names in the data directories, the first that has the
    data; or the first that can be written to; or a new one in the first directory
    where one can be made.

    Parameters
    ----------
    names : sequence of str
        What the folder may be called. A new one gets the first.
    complete : function of a Path
        Whether all that is wanted is in a folder.
    data_dir : str or Path, optional
        See `get_data_dirs`.

    Returns
    -------
    Path
        Exists.

    Raises
    ------
    TypeError
        If `data_dir` is no path.
    FetchError
        If there is no place for it, with the reason for each directory.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> dataset_folder(["fiac"], lambda folder: True, mkdtemp()).name
    'fiac'
    """
    roots = [Path(root) for root in get_data_dirs(data_dir)]
    there = [one for root in roots for one in map(root.joinpath, names) if _is_dir(one)]
    for folder in there:
        if complete(folder):
            return folder
    for folder in there:
        if is_writable(folder):
            return folder
    reasons = [f"  {folder}: it lacks files and is read-only" for folder in there]
    for folder in (root / names[0] for root in roots):
        if folder in there:
            continue
        try:
            # It may be there by now: another process fetches it, too
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reasons.append(f"  {folder}: {error.strerror or error}")
        else:
            return folder
    msg = (
        f"There is no folder for the data set {names[0]!r}:\n"
        + "\n".join(reasons)
        + "\nSet data_dir or BOLDGLM_DATA to a folder that can be written to."
    )
    raise FetchError(msg)


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder.

    Examples
    --------
    >>> is_writable(Path("no such folder"))
    False
    """
    return os.access(folder, os.W_OK | os.X_OK)


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        # Somebody else's folder may not be looked into
        return False


def _split(paths: str) -> list[str]:
    return [
        str(Path(one).expanduser()) for one in paths.split(os.pathsep) if one.strip()
    ]
