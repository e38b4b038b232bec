"""Where data sets are kept."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from boldglm._base.arguments import as_path
from boldglm._base.errors import FetchError
from boldglm.datasets.registry import Dataset
from boldglm.datasets.simulation_mark import is_simulated

__all__ = ["dataset_folder", "get_data_dirs", "is_writable", "kept_if_filled"]

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
    ValueError
        If it names no folder.

    Examples
    --------
    >>> get_data_dirs("/data/shared")
    ['/data/shared']
    >>> get_data_dirs()[-1].endswith("nilearn_data")
    True
    """
    if data_dir is not None:
        msg = f"data_dir is {data_dir!r}; expected the path of a folder, or None."
        if not isinstance(data_dir, str | os.PathLike):
            raise TypeError(msg)
        as_path(data_dir, "data_dir")
        given = _split(os.fspath(data_dir))
        if not given:
            raise ValueError(msg)
        return given
    named = [os.environ.get(variable, "") for variable in _VARIABLES]
    roots = [path for one in named for path in _split(one)]
    # In a container the user may have no home
    with suppress(RuntimeError):
        roots += _split("~/nilearn_data")
    return roots


@contextmanager
def dataset_folder(
    dataset: Dataset, complete: Callable[[Path], bool], data_dir: Any = None
) -> Iterator[Path]:
    """The folder of a data set, in a ``with`` block: where it is, or can be put.

    Among its folders in the data directories, the first that has the data; or the
    first that can be written to, or is a simulation; or a new one in the first
    directory where one can be made. One that is new, and empty after an error, is
    taken away again.

    Parameters
    ----------
    dataset : Dataset
        Its `folders` are what the folder may be called. A new one gets the first.
    complete : function of a Path
        Whether all that is wanted is in a folder.
    data_dir : str or Path, optional
        See `get_data_dirs`.

    Yields
    ------
    Path
        Exists.

    Raises
    ------
    TypeError
        If `data_dir` is no path.
    ValueError
        If it names no folder, or that of the data set instead of the one it is in.
    FetchError
        If there is no place for it, with the reason for each directory.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets.registry import dataset
    >>> with dataset_folder(dataset("fiac"), lambda folder: True, mkdtemp()) as folder:
    ...     folder.name
    'fiac_nilearn.glm'
    """
    roots = [Path(root) for root in get_data_dirs(data_dir)]
    names = dataset.folders
    there = [one for root in roots for one in map(root.joinpath, names) if _is_dir(one)]
    found = next(filter(complete, there), None)
    if found is None:
        _require_outside(dataset, roots, complete)
        # Measured and simulated files in one folder would pass for one data set
        usable = (one for one in there if is_writable(one) or is_simulated(one))
        found = next(usable, None)
    if found is not None:
        yield found
        return
    reasons = [f"  {folder}: it lacks files and is read-only" for folder in there]
    with ExitStack() as stack:
        for folder in (root / names[0] for root in roots):
            if folder in there:
                continue
            try:
                stack.enter_context(kept_if_filled(folder))
            except OSError as error:
                reasons.append(f"  {folder}: {error.strerror or error}")
            else:
                yield folder
                return
    msg = (
        f"There is no folder for the data set {dataset.name!r}:\n"
        + "\n".join(reasons)
        + "\nSet data_dir or BOLDGLM_DATA to a folder that can be written to."
    )
    raise FetchError(msg)


@contextmanager
def kept_if_filled(folder: Path) -> Iterator[None]:
    """Make a folder for a ``with`` block; after an error, it goes if it is empty.

    The same holds for the folders above it that were not there.

    Parameters
    ----------
    folder : Path
        May be there: then it stays.

    Raises
    ------
    OSError
        If it cannot be made.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> home = Path(mkdtemp())
    >>> with suppress(FetchError), kept_if_filled(home / "data" / "fiac"):
    ...     raise FetchError("no network")
    >>> list(home.iterdir())
    []
    """
    new = [one for one in (folder, *folder.parents) if not _is_dir(one)]
    try:
        # It may be there by now: another process fetches it, too
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for one in new:
            with suppress(OSError):
                one.rmdir()
        raise


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder.

    Examples
    --------
    >>> is_writable(Path("no such folder"))
    False
    """
    return os.access(folder, os.W_OK | os.X_OK)


def _require_outside(
    dataset: Dataset, roots: list[Path], complete: Callable[[Path], bool]
) -> None:
    """Refuse the folder of the data set where the one that it is in is expected."""
    for root in roots:
        for name in map(Path, dataset.folders):
            path, depth = root.absolute(), len(name.parts)
            if path.parts[-depth:] != name.parts or not _is_dir(root):
                continue
            # Some data sets have a folder of their own name in them
            filled = _has_files(root) and not _is_dir(root / name)
            if filled or complete(root):
                msg = (
                    f"The data directory is {path}, the folder of the data set "
                    f"{dataset.name!r} itself. Give the folder that it is in, as "
                    f"data_dir or BOLDGLM_DATA: {path.parents[depth - 1]}"
                )
                raise ValueError(msg)


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        # Somebody else's folder may not be looked into
        return False


def _has_files(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _split(paths: str) -> list[str]:
    return [
        str(Path(one).expanduser()) for one in paths.split(os.pathsep) if one.strip()
    ]
