"""A table of subjects that old and new scripts can read."""

import sys
from collections.abc import Iterator
from pathlib import Path, PurePath
from types import FrameType
from typing import Any

import pandas as pd

__all__ = ["SubjectTable"]

# Where packages are, those of Debian too; and two that may be elsewhere
_INSTALLED = {"site-packages", "dist-packages"}
_HOMES = (Path(pd.__file__).parent, Path(__file__).parents[1])


class SubjectTable(pd.DataFrame):
    """A DataFrame that iterates over its rows in a script, as record arrays do.

    Scripts of nistats loop over the subjects and take ``row[0]``, those of today take
    columns. Both find what they look for here. For installed packages it iterates over
    the names of its columns, as any DataFrame; a script finds them in
    ``table.columns``. Its copies and selections are plain DataFrames.

    Examples
    --------
    >>> table = SubjectTable({"participant_id": ["S01", "S02"], "age": [24, 31]})
    >>> [row[0] for row in table]
    ['S01', 'S02']
    >>> list(table["age"])
    [24, 31]
    >>> list(table.head(1))
    ['participant_id', 'age']
    """

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def __iter__(self) -> Iterator[Any]:
        """Rows, with fields by number and by name; names of columns for packages."""
        if _is_library(sys._getframe(1)):
            return iter(self.columns)
        return iter(self.to_records(index=False))


def _is_library(caller: FrameType) -> bool:
    """Whether code of a package asks: it expects a DataFrame."""
    file = PurePath(caller.f_code.co_filename)
    installed = not _INSTALLED.isdisjoint(file.parts)
    return installed or any(map(file.is_relative_to, _HOMES))
