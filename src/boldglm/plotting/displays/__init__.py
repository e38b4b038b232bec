"""Displays: what plotting functions return, to draw more upon.

A display has panels, ``display.axes``, each with matplotlib's axes in millimetres of
the world, and methods that draw on all of them: ``add_overlay``, ``add_contours``,
``add_edges``, ``add_markers``, ``title``, ``annotate``, ``savefig``, ``close``.

=============================  ===============================================
``display_mode``               display
=============================  ===============================================
"ortho", "tiled"               `OrthoSlicer`, `TiledSlicer`: three cuts
"x", "y", "z"                  `XSlicer`, …: parallel cuts
"mosaic"                       `MosaicSlicer`: parallel cuts in all directions
"xz", "yx", "yz"               `XZSlicer`, …: two cuts
the same, "l", "r", "lyrz", …  `OrthoProjector`, …: looks through a brain
=============================  ===============================================
"""

from boldglm._base.lazy import attach

_SLICERS = "boldglm.plotting.displays.slicers"
_PROJECTORS = "boldglm.plotting.displays.projectors"
_NAMES = {
    "Display": "boldglm.plotting.displays.display",
    "LProjector": _PROJECTORS,
    "LRProjector": _PROJECTORS,
    "LYRProjector": _PROJECTORS,
    "LYRZProjector": _PROJECTORS,
    "LZRProjector": _PROJECTORS,
    "LZRYProjector": _PROJECTORS,
    "MosaicSlicer": _SLICERS,
    "OrthoProjector": _PROJECTORS,
    "OrthoSlicer": _SLICERS,
    "Panel": "boldglm.plotting.displays.panel",
    "RProjector": _PROJECTORS,
    "TiledSlicer": _SLICERS,
    "XProjector": _PROJECTORS,
    "XSlicer": _SLICERS,
    "XZProjector": _PROJECTORS,
    "XZSlicer": _SLICERS,
    "YProjector": _PROJECTORS,
    "YSlicer": _SLICERS,
    "YXProjector": _PROJECTORS,
    "YXSlicer": _SLICERS,
    "YZProjector": _PROJECTORS,
    "YZSlicer": _SLICERS,
    "ZProjector": _PROJECTORS,
    "ZSlicer": _SLICERS,
    "get_projector": _PROJECTORS,
    "get_slicer": _SLICERS,
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
