"""What users pass by mistake: values of every kind, tables, images, files."""

import datetime as dt
import gzip
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
from hypothesis import strategies as st

__all__ = ["ODD", "Odd", "odd_file"]


@dataclass(frozen=True)
class Odd:
    """A value with a name, made anew for each call.

    Examples
    --------
    >>> Odd("an empty list", list).make()
    []
    """

    name: str
    make: Callable[[], Any]

    def __repr__(self) -> str:
        return self.name


SHAPE = (3, 4, 5)
AFFINE = np.diag([3.0, 3.0, 3.0, 1.0])


def _image(shape=SHAPE, affine=AFFINE, dtype=np.float32, value=None):
    data = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    if value is not None:
        data[...] = value
    if np.array_equal(affine, AFFINE):
        return nib.Nifti1Image(data, affine)
    # nibabel refuses some places when an image is made, not when its header is set
    made = nib.Nifti1Image(data, AFFINE)
    with np.errstate(over="ignore"):  # places beyond single precision are infinite
        rows = affine[:3]
        made.header["srow_x"], made.header["srow_y"], made.header["srow_z"] = rows
    made._affine = affine
    return made


@cache
def _folder() -> Path:
    """A folder of the process, removed at its end."""
    folder = tempfile.TemporaryDirectory(prefix="odd-files-")
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[Any] = []

#: Files that are not what their names say.
FILES = {
    "empty.nii": b"",
    "empty.tsv": b"",
    "text.nii.gz": b"onset\tduration\n1\t2\n",
    "zeros.nii": bytes(400),
    "only_gzip.nii.gz": gzip.compress(b""),
    "binary.tsv": bytes(range(256)),
    "spaces.csv": b" \n \n",
    "one_column.tsv": b"a\n1\n2\n",
    "object.npy": b"\x93NUMPY\x01\x00\x46\x00{'descr': '|O', 'fortran_order': False, "
    b"'shape': (1,), }            \n\x80\x04N.",
    "short.npy": b"\x93NUMPY\x01",
    "not_a_zip.npz": b"PK\x03\x04nothing",
    "good.mat": b"/NumWaves 2\n/NumPoints 2\n/Matrix\n1 0\n0 1\n",
    "letters.mat": b"/NumWaves 2\n/NumPoints 1\n/Matrix\na b\n",
}


def odd_file(name: str) -> Path:
    """A file of `FILES`, written when it is asked for."""
    path = _folder() / name
    if not path.exists():
        path.write_bytes(FILES[name])
    return path


NUMBERS = [
    *(None, True, False, 0, 1, -1, 2, 7, 2**31, 2**63, 10**400, -(10**400)),
    *(0.0, 0.5, -0.5, 1.0, 1e308, 1e-320, np.nan, np.inf, -np.inf, 1j, complex("nan")),
    *(np.float32(0.5), np.float64("nan"), np.int8(-3), np.uint8(200), np.bool_(True)),
    *(Decimal("0.5"), Fraction(1, 3), pd.NA, pd.NaT, np.datetime64("2020-01-01")),
    dt.date(2020, 1, 1),
]
TEXTS = [
    *("", " ", "a", "A", "none", "auto", "nan", "1", "1e999", "10%", "-5%", "nan%"),
    *("%", "é", "\x00", "a\nb", "a" * 3000, "*", "**", "?", "[", "~", "~nobody/x"),
    *("no_such_file.nii.gz", "no_such_file.tsv", "/", ".", "/dev/null", "a - b"),
    *("$HOME", "{}", "%s", "constant", "intercept", b"bytes"),
]
_MADE: dict[str, Callable[[], Any]] = {
    "[]": list,
    "()": tuple,
    "{}": dict,
    "set()": set,
    "[None]": lambda: [None],
    "[nan]": lambda: [np.nan],
    "['a']": lambda: ["a"],
    "[[]]": lambda: [[]],
    "[1, 2, 3]": lambda: [1, 2, 3],
    "[1, 'a']": lambda: [1, "a"],
    "ragged": lambda: [[1, 2], [3]],
    "{'a': 1}": lambda: {"a": 1},
    "{1: None}": lambda: {1: None},
    "{'a': 'b'}": lambda: {"a": "b"},
    "object()": object,
    "a function": lambda: len,
    "a class": lambda: int,
    "range(3)": lambda: range(3),
    "a generator": lambda: (n for n in (1, 2)),
    "a slice": lambda: slice(None),
    "...": lambda: ...,
    "array(nan)": lambda: np.array(np.nan),
    "zeros(0)": lambda: np.zeros(0),
    "zeros((0, 3))": lambda: np.zeros((0, 3)),
    "zeros((3, 0))": lambda: np.zeros((3, 0)),
    "ones(5)": lambda: np.ones(5),
    "ones((3, 4))": lambda: np.ones((3, 4)),
    "ones((2, 2, 2))": lambda: np.ones((2, 2, 2)),
    "zeros((4, 4))": lambda: np.zeros((4, 4)),
    "eye(4)": lambda: np.eye(4),
    "eye(3)": lambda: np.eye(3),
    "complex array": lambda: np.ones((4, 4)) * 1j,
    "object array": lambda: np.array([None, "a", 3], dtype=object),
    "text array": lambda: np.array(["a", "b"]),
    "bool array": lambda: np.array([True, False, True]),
    "dates": lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
    "structured": lambda: np.zeros(3, dtype=[("x", float), ("y", "U3")]),
    "nan array": lambda: np.full((4, 4), np.nan),
    "huge numbers": lambda: np.full((3, 3), 1e308),
    "big-endian": lambda: np.arange(4.0).astype(">f8"),
    "longdouble": lambda: np.ones(3, np.longdouble),
    "half": lambda: np.ones(3, np.float16),
    "pickle bytes": lambda: b"\x80\x04N.",
    "DataFrame()": pd.DataFrame,
    "rows, no columns": lambda: pd.DataFrame(index=range(4)),
    "columns, no rows": lambda: pd.DataFrame({"onset": [], "duration": []}),
    "DataFrame of text": lambda: pd.DataFrame({"a": ["x", "y"]}),
    "DataFrame of None": lambda: pd.DataFrame({"a": [None, None]}),
    "twice a column": lambda: pd.DataFrame(np.ones((3, 2)), columns=["a", "a"]),
    "MultiIndex columns": lambda: pd.DataFrame({("a", "b"): [1.0], ("a", "c"): [2.0]}),
    "categories": lambda: pd.DataFrame({"a": pd.Categorical(["x", "y", None])}),
    "numbered columns": lambda: pd.DataFrame(np.eye(3)),
    "Series": lambda: pd.Series([1.0, 2.0], name="a"),
    "Int64 with NA": lambda: pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
    "3-D image": _image,
    "4-D image": lambda: _image((*SHAPE, 6)),
    "one scan": lambda: _image((*SHAPE, 1)),
    "2-D image": lambda: _image((3, 4)),
    "5-D image": lambda: _image((3, 4, 5, 1, 2)),
    "image of no voxels": lambda: _image((0, 4, 5)),
    "image of one voxel": lambda: _image((1, 1, 1)),
    "image of zeros": lambda: _image(value=0),
    "image of ones": lambda: _image(value=1),
    "image of NaN": lambda: _image(value=np.nan),
    "image of inf": lambda: _image(value=np.inf),
    "image of 1e38": lambda: _image(value=3e38),
    "image of int8": lambda: _image(dtype=np.int8),
    "complex image": lambda: _image(dtype=np.complex64),
    "RGB image": lambda: nib.Nifti1Image(
        np.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")]), AFFINE
    ),
    "flat affine": lambda: _image(affine=np.diag([3.0, 3.0, 0.0, 1.0])),
    "NaN affine": lambda: _image(affine=np.diag([3.0, np.nan, 3.0, 1.0])),
    "huge affine": lambda: _image(affine=np.diag([1e200, 1e200, 1e200, 1.0])),
    "tiny affine": lambda: _image(affine=np.diag([1e-200, 1e-200, 1e-200, 1.0])),
    "list of images": lambda: [_image(), _image()],
    "list of other grids": lambda: [_image(), _image((2, 2, 2))],
    "MGH image": lambda: nib.MGHImage(np.ones(SHAPE, np.float32), AFFINE),
}


def _plain(value: Any) -> Odd:
    text = repr(value)
    return Odd(text if len(text) < 60 else f"{text[:20]}...", lambda: value)


_ALL = [
    *map(_plain, NUMBERS),
    *map(_plain, TEXTS),
    *(Odd(name, make) for name, make in _MADE.items()),
    *(Odd(name, lambda name=name: odd_file(name)) for name in FILES),
    Odd("a folder", _folder),
]
#: Oddities for any argument.
ODD: st.SearchStrategy[Any] = (
    st.sampled_from(_ALL)
    | st.integers(-10, 10)
    | st.floats(-10, 10)
    | st.floats()
    | st.text(max_size=8)
)
