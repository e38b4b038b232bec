"""Doors of figures and displays."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
from hypothesis import strategies as st
from tests.fuzz.doors import Door
from tests.fuzz.glm_doors import DESIGN, EVENTS, FITTED, MAPS
from tests.fuzz.image_doors import LABELS, MAP, MASK, RUN
from tests.fuzz.odd import Odd

from boldglm import plotting
from boldglm.plotting import displays

__all__ = ["DOORS"]

FEW = st.integers(-2, 12) | st.floats(-2, 12)
#: What is written goes to the folder of the test.
FILES = st.sampled_from(
    [None, "", "a.nonsense", "a", "no/such/folder/a.png", 1, b"a.png", [], "\x00.png"]
)
MODES = st.sampled_from(
    ["x", "y", "z", "xz", "yx", "yz", "mosaic", "tiled", "l", "lzry", "ortho", "q", ""]
)
#: Maps that have no range of values, or none that is finite.
FLAT = st.sampled_from(
    [
        Odd(f"a map of {value}", lambda value=value: _flat(value))
        for value in (0, 1, -2, np.nan, np.inf, -np.inf, 1e30, 1e-40)
    ]
)
LOOK = {
    "display_mode": MODES,
    "cut_coords": st.lists(st.floats(-200, 200), max_size=4) | st.integers(-2, 9),
    "vmin": FEW,
    "vmax": FEW,
    "threshold": FEW | st.sampled_from(["auto", "90%"]),
    "symmetric_cbar": st.sampled_from([True, False, "auto"]),
    "cmap": st.sampled_from(["viridis", "nonsense", "RdBu_r"]),
    "cbar_tick_format": st.sampled_from(["%i", "%q", "{x}", ""]),
    "dim": FEW,
    "alpha": FEW,
    "linewidths": FEW,
}


def _flat(value):
    import nibabel as nib

    data = np.full(MAP.shape, value, np.float32)
    return nib.Nifti1Image(data, MAP.affine)


def _names(function):
    """Arguments of a figure, but for those that matplotlib owns."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind != p.VAR_KEYWORD)


def _figure(name, odd=None, still=(), **valid):
    function = getattr(plotting, name)
    known = _names(function)
    looks = {key: value for key, value in LOOK.items() if key in known}
    return Door(
        f"plotting.{name}",
        function,
        valid,
        odd={**looks, **(odd or {})},
        own={"output_file": FILES} if "output_file" in known else {},
        still=still,
        nan=True,
    )


def _display(method, **valid):
    """Call a method of a display that shows a map."""

    def call(**given):
        display = plotting.plot_img(MAP, display_mode="ortho", colorbar=False)
        return getattr(display, method)(**given)

    own = {"filename": FILES} if method == "savefig" else {}
    names = [n for n in _names(getattr(displays.Display, method)) if n != "self"]
    odd = {"threshold": FEW, "transparency": FEW, "img": FLAT}
    return Door(
        "plotting.displays.Display",
        call,
        valid,
        odd={name: odd[name] for name in names if name in odd},
        own=own,
        names=tuple(names),
        nan=True,
    )


DOORS = [
    _figure("plot_stat_map", {"stat_map_img": FLAT}, stat_map_img=MAP, bg_img=None),
    _figure("plot_glass_brain", {"stat_map_img": FLAT}, stat_map_img=MAP),
    _figure("plot_anat", {"anat_img": FLAT}, anat_img=MAP),
    _figure("plot_epi", {"epi_img": FLAT}, epi_img=MAP),
    _figure("plot_img", {"img": FLAT}, img=MAP),
    _figure("plot_roi", {"roi_img": FLAT}, roi_img=LABELS, bg_img=None),
    _figure("plot_carpet", img=RUN, mask_img=MASK),
    _figure("plot_design_matrix", design_matrix=DESIGN),
    _figure(
        "plot_contrast_matrix",
        {"contrast_def": st.sampled_from(["a", "a - b", "nobody"])},
        contrast_def="a",
        design_matrix=DESIGN,
    ),
    _figure(
        "plot_design_matrix_correlation",
        {"tri": st.sampled_from(["full", "diag", "x"])},
        design_matrix=DESIGN,
    ),
    _figure("plot_event", model_event=EVENTS),
    _figure("plot_bland_altman", ref_img=MAPS[0], src_img=MAPS[1], masker=MASK),
    _figure(
        "plot_img_comparison",
        still=("output_dir",),
        ref_imgs=MAPS[:1],
        src_imgs=MAPS[1:2],
        masker=MASK,
    ),
    _figure("plot_noise_spectrum", whiteness=FITTED.noise_[0].whiteness, t_r=2.0),
    _figure("find_cut_slices", {"direction": MODES, "img": FLAT}, img=MAP),
    _figure("find_parcellation_cut_coords", labels_img=LABELS),
    _figure("find_probabilistic_atlas_cut_coords", maps_img=RUN),
    _figure("find_xyz_cut_coords", {"img": FLAT}, img=MAP),
    _display("add_overlay", img=MAP),
    _display("add_contours", img=MAP),
    _display("add_edges", img=MAP),
    _display("add_markers", marker_coords=[(0.0, 0, 0)]),
    _display("annotate"),
    _display("draw_cross"),
    _display("title", text="a"),
    _display("savefig", filename="a.png"),
    Door(
        "plotting.displays.Display",
        displays.OrthoSlicer.init_with_figure,
        {"img": MAP},
        odd={"img": FLAT},
        own={"output_file": FILES},
        nan=True,
    ),
    Door(
        "plotting.displays.OrthoSlicer",
        displays.OrthoSlicer,
        {"cut_coords": (0.0, 0.0, 0.0)},
        nan=True,
    ),
    Door(
        "plotting.displays.MosaicSlicer",
        displays.MosaicSlicer,
        {"cut_coords": 2},
        nan=True,
    ),
    Door(
        "plotting.displays.get_projector",
        displays.get_projector,
        {"display_mode": "ortho"},
        odd={"display_mode": MODES},
    ),
    Door(
        "plotting.displays.get_slicer",
        displays.get_slicer,
        {"display_mode": "ortho"},
        odd={"display_mode": MODES},
    ),
    Door(
        "plotting.displays.Panel",
        lambda **given: displays.Panel(plt.figure().add_subplot(), **given),
        {"direction": "x", "coord": 0.0},
        odd={"direction": MODES},
        names=("radiological",),
    ),
]
