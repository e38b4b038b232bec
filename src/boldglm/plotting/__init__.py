"""Figures on matplotlib.

===========================  =================================================
maps and images              `plot_stat_map`, `plot_glass_brain`, `plot_anat`,
                             `plot_epi`, `plot_img`, `plot_roi`
designs                      `plot_design_matrix`, `plot_contrast_matrix`,
                             `plot_design_matrix_correlation`, `plot_event`
images against each other    `plot_img_comparison`, `plot_bland_altman`
runs                         `plot_carpet`
residuals                    `plot_noise_spectrum`
where to cut                 `find_xyz_cut_coords`, `find_cut_slices`
===========================  =================================================

Figures are pyplot's, so that ``plt.savefig`` and `show` find them, except those that
go to an ``output_file``: they are written and gone. Nothing needs a display.
"""

from boldglm._base.lazy import attach

_NAMES = {
    "find_cut_slices": "boldglm.plotting.find_cuts",
    "find_parcellation_cut_coords": "boldglm.plotting.find_cuts",
    "find_probabilistic_atlas_cut_coords": "boldglm.plotting.find_cuts",
    "find_xyz_cut_coords": "boldglm.plotting.find_cuts",
    "plot_anat": "boldglm.plotting.images",
    "plot_bland_altman": "boldglm.plotting.bland_altman",
    "plot_carpet": "boldglm.plotting.carpet",
    "plot_contrast_matrix": "boldglm.plotting.contrast_matrix",
    "plot_design_matrix": "boldglm.plotting.design_matrix",
    "plot_design_matrix_correlation": "boldglm.plotting.design_matrix_correlation",
    "plot_epi": "boldglm.plotting.images",
    "plot_event": "boldglm.plotting.event",
    "plot_glass_brain": "boldglm.plotting.glass_brain",
    "plot_img": "boldglm.plotting.images",
    "plot_img_comparison": "boldglm.plotting.img_comparison",
    "plot_noise_spectrum": "boldglm.plotting.noise_figures",
    "plot_roi": "boldglm.plotting.roi",
    "plot_stat_map": "boldglm.plotting.stat_map",
    "show": "boldglm.plotting.figures",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
