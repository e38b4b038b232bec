"""Designs of FSL."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boldglm._base.arguments import as_list, as_path
from boldglm._base.errors import DesignError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["get_design_from_fslmat"]


def get_design_from_fslmat(
    fsl_design_matrix_path: str | PathLike[str],
    column_names: Sequence[str] | None = None,
) -> "pd.DataFrame":
    r"""Read the design matrix that FEAT writes, ``design.mat``.

    Parameters
    ----------
    fsl_design_matrix_path : str or Path
        Text: lines such as ``/NumWaves 4`` and ``/NumPoints 180``, then ``/Matrix``,
        then the numbers, a line per scan.
    column_names : list of str, optional
        Of the regressors, which the file does not name. Numbers from 0 if not given.

    Returns
    -------
    DataFrame
        (n_scans, n_regressors) float64.

    Raises
    ------
    FileNotFoundError, OSError
        If the file is not there, or cannot be read.
    DesignError
        If there is no ``/Matrix``, lines are of different lengths or not of numbers,
        or there are not as many numbers or names as there should be.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "design.mat"
    >>> _ = path.write_text("/NumWaves 2\n/NumPoints 2\n/Matrix\n1.0\t0.5\n0\t1e-1\n")
    >>> get_design_from_fslmat(path, ["faces", "houses"])
       faces  houses
    0    1.0     0.5
    1    0.0     0.1
    """
    import pandas as pd

    path = as_path(fsl_design_matrix_path, "fsl_design_matrix_path")
    if column_names is not None:
        column_names = as_list(column_names, "column_names", "names of regressors")
    head, marker, body = _text(path).partition("/Matrix")
    if not marker:
        msg = (
            f"{path} has no line '/Matrix'; expected a design matrix of FSL, usually "
            "named design.mat."
        )
        raise DesignError(msg)
    values = _numbers(body, path)
    _check_shape(values.shape, head, path)
    if column_names is not None and len(column_names) != values.shape[1]:
        msg = (
            f"{len(column_names)} column_names for the {values.shape[1]} regressors "
            f"of {path}: expected one for each."
        )
        raise DesignError(msg)
    names = None if column_names is None else list(column_names)
    return pd.DataFrame(values, columns=names)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        msg = f"{path} is no text; expected a design matrix of FSL."
        raise DesignError(msg) from error
    except FileNotFoundError as error:
        msg = f"{path} does not exist; expected a design matrix of FSL."
        raise FileNotFoundError(msg) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise OSError(error.errno, msg) from error


def _numbers(body: str, path: Path) -> np.ndarray:
    rows = [line.split() for line in body.splitlines() if line.strip()]
    try:
        values = np.array([[float(word) for word in row] for row in rows])
    except ValueError as error:
        msg = (
            f"{path} has lines after '/Matrix' that are not numbers in columns: {error}"
        )
        raise DesignError(msg) from error
    if values.ndim != 2:
        msg = f"{path} has no numbers after '/Matrix'."
        raise DesignError(msg)
    return values


def _check_shape(shape: tuple[int, ...], head: str, path: Path) -> None:
    """Compare with what the head of the file says: it may be cut short."""
    words = (line.split(None, 1) for line in head.splitlines())
    said = dict(pair for pair in words if len(pair) == 2)
    for key, size in zip(("/NumPoints", "/NumWaves"), shape, strict=True):
        if said.get(key, str(size)).strip() != str(size):
            msg = (
                f"{path} says {key} {said[key].strip()}, and has {size} after "
                "'/Matrix': it is damaged or cut short."
            )
            raise DesignError(msg)
