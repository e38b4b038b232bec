"""What fetchers return: a dictionary whose keys are attributes."""

from collections.abc import Iterable
from typing import Any

__all__ = ["Bunch"]

_WIDTH = 60


class Bunch(dict[str, Any]):
    """A dictionary whose keys are attributes too.

    Examples
    --------
    >>> data = Bunch(t_r=2.0, func=["run1.nii.gz", "run2.nii.gz"])
    >>> data.t_r, data["t_r"]
    (2.0, 2.0)
    >>> data
    Bunch of
      t_r   2.0
      func  2 of list: 'run1.nii.gz', …
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            known = ", ".join(self) or "none"
            msg = f"There is no {name!r} in these data; there is: {known}."
            raise AttributeError(msg) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            msg = f"There is no {name!r} in these data."
            raise AttributeError(msg) from None

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self]

    def __repr__(self) -> str:
        if not self:
            return "Bunch of nothing"
        wide = max(map(len, self))
        lines = (f"  {name:<{wide}}  {_line(self[name])}" for name in self)
        return "\n".join(["Bunch of", *lines])


def _line(value: Any) -> str:
    """A value in one line that a screen holds."""
    if isinstance(value, list | tuple) and value:
        more = ", …" if len(value) > 1 else ""
        text = f"{len(value)} of {type(value).__name__}: {value[0]!r}{more}"
    elif hasattr(value, "columns") and hasattr(value, "shape"):
        text = f"table of {value.shape[0]} rows and {value.shape[1]} columns"
    elif isinstance(value, str) and "\n" in value:
        text = f"{value.strip().splitlines()[0][:_WIDTH]}…"
    else:
        text = repr(value)
    return text if "\n" not in text else f"{text.splitlines()[0]} …"
