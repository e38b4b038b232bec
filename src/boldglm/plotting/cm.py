"""Colour maps of the field, made from those of matplotlib.

=================  ==========================================================
`cold_hot`         cyan and blue below, black in the middle, red and yellow
                   above: on black
`cold_white_hot`   dark blue below, white in the middle, dark red above, over
                   cyan and yellow: on white
`black_red`, …     black to one colour (red, green, blue, purple, pink)
=================  ==========================================================

Wherever a function takes a colour map, these names may be given as text.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

__all__ = ["colour_map", "is_diverging", "upper_half"]

_ENDS = {
    "black_red": (1.0, 0.0, 0.0),
    "black_green": (0.0, 1.0, 0.0),
    "black_blue": (0.0, 0.5, 1.0),
    "black_purple": (1.0, 0.0, 1.0),
    "black_pink": (1.0, 0.0, 0.5),
}
_OURS = ("cold_hot", "cold_white_hot", *_ENDS)
_DIVERGING = {
    *("RdBu", "bwr", "seismic", "coolwarm", "PiYG", "PRGn", "BrBG", "PuOr", "RdGy"),
    *("RdYlBu", "RdYlGn", "Spectral", "berlin", "managua", "vanimo"),
    *("cold_hot", "cold_white_hot"),
}


def colour_map(cmap: Any) -> "Colormap":
    """The colour map of a name; a colour map is returned as it is.

    Raises
    ------
    ValueError
        If neither we nor matplotlib have one of that name.
    TypeError
        If it is neither a name nor a colour map.

    Examples
    --------
    >>> colour_map("cold_hot").name, colour_map("cold_hot_r").name
    ('cold_hot', 'cold_hot_r')
    """
    import matplotlib as mpl
    from matplotlib.colors import Colormap

    if isinstance(cmap, Colormap):
        return cmap
    if not isinstance(cmap, str):
        msg = f"cmap is {cmap!r}; expected the name of a colour map, or a Colormap."
        raise TypeError(msg)
    plain = cmap.removesuffix("_r")
    if plain in _OURS:
        made = _made(plain).copy()
        return made.reversed() if cmap.endswith("_r") else made
    if cmap not in mpl.colormaps:
        from difflib import get_close_matches

        known = [*_OURS, *mpl.colormaps]
        near = get_close_matches(cmap, known, n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        msg = f"cmap is {cmap!r}; there is no colour map of that name.{hint}"
        raise ValueError(msg)
    return mpl.colormaps[cmap]


@lru_cache
def _made(name: str) -> "Colormap":
    import matplotlib as mpl
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap

    if name in _ENDS:
        colours = [(0.0, 0.0, 0.0), _ENDS[name]]
        return LinearSegmentedColormap.from_list(name, colours)
    # Neither end is lost on its ground: no white on white, and little black
    on_white = name == "cold_white_hot"
    warm = mpl.colormaps["hot_r" if on_white else "hot"]
    hot = warm(np.linspace(0.0, 0.88 if on_white else 1.0, 128))
    # Blue for red: the same light at the same distance from 0
    cold = hot[::-1, [2, 1, 0, 3]]
    return ListedColormap(np.concatenate([cold, hot]), name)


def is_diverging(cmap: "Colormap") -> bool:
    """Whether a colour map has a middle that stands for 0.

    Examples
    --------
    >>> is_diverging(colour_map("RdBu_r")), is_diverging(colour_map("viridis"))
    (True, False)
    """
    return str(cmap.name).removesuffix("_r") in _DIVERGING


def upper_half(cmap: "Colormap") -> "Colormap":
    """The colours from the middle of a map to its end.

    Examples
    --------
    >>> float(upper_half(colour_map("gray"))(0.0)[0])
    0.50
    """
    from matplotlib.colors import ListedColormap

    return ListedColormap(
        cmap(np.linspace(0.5, 1.0, 256)), f"upper half of {cmap.name}"
    )
