"""A colour for every condition, that can be told from the others."""

from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.plotting.cm import colour_map

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

__all__ = ["condition_colours"]

#: Colour maps with more entries are continuous: neighbours look the same.
LONGEST_LIST = 64


def condition_colours(
    n_conditions: int, cmap: "str | Colormap | None" = None
) -> list[tuple[float, ...]]:
    """As many colours as there are conditions.

    Parameters
    ----------
    n_conditions : int
    cmap : str or Colormap, optional
        None: up to ten colours that differ in lightness too, then twenty in pairs of
        light and dark, then as many hues as it takes in three shades.

    Returns
    -------
    list of (red, green, blue, alpha)

    Raises
    ------
    ValueError
        If a list of colours has fewer, or there is no colour map of that name.
    TypeError
        If `cmap` is neither a name nor a colour map.

    Examples
    --------
    >>> len(set(condition_colours(100)))
    100
    >>> condition_colours(3, "Dark2")[0]
    (0.10, 0.61, 0.46, 1.0)
    """
    if cmap is None:
        return _default_colours(n_conditions)
    colours = colour_map(cmap)
    if colours.N > LONGEST_LIST:
        return _as_tuples(colours(np.linspace(0.0, 1.0, n_conditions)))
    if n_conditions > colours.N:
        msg = (
            f"There are {n_conditions} conditions and {colours.N} colours in cmap; "
            "expected one each. Take a colour map with more, such as 'turbo', or none."
        )
        raise ValueError(msg)
    return _as_tuples(colours(np.arange(n_conditions)))


def _default_colours(n_conditions: int) -> list[tuple[float, ...]]:
    import matplotlib as mpl
    from matplotlib.colors import hsv_to_rgb, to_rgba

    for name, longest in (("petroff10", 10), ("tab20", 20)):
        if n_conditions <= longest:
            return [to_rgba(one) for one in mpl.color_sequences[name][:n_conditions]]
    hues = np.linspace(0.0, 1.0, n_conditions, endpoint=False)
    shade = np.arange(n_conditions) % 3
    hsv = np.stack(
        [hues, np.choose(shade, [0.9, 0.55, 0.9]), np.choose(shade, [0.95, 0.8, 0.55])],
        axis=1,
    )
    return [to_rgba(one) for one in hsv_to_rgb(hsv)]


def _as_tuples(colours: Any) -> list[tuple[float, ...]]:
    return [tuple(float(part) for part in colour) for colour in np.asarray(colours)]
