"""Names that nilearn has and boldglm has not, and what is said where they are asked."""

import sys

__all__ = ["PEER_ONLY", "PEER_PACKAGES", "no_such_name"]

#: By module, without the root; as the page on porting has them
PEER_ONLY = {
    module: frozenset(names.split())
    for module, names in {
        "glm.first_level": "first_level_from_bids",
        "plotting": """
            plot_connectome plot_img_on_surf plot_markers plot_matrix
            plot_prob_atlas plot_surf plot_surf_contours plot_surf_roi
            plot_surf_stat_map view_connectome view_img view_img_on_surf
            view_markers view_surf
        """,
        "maskers": """
            BaseMasker MultiNiftiLabelsMasker MultiNiftiMapsMasker
            MultiNiftiMasker MultiSurfaceLabelsMasker MultiSurfaceMapsMasker
            MultiSurfaceMasker NiftiMapsMasker SurfaceLabelsMasker
            SurfaceMapsMasker SurfaceMasker
        """,
        "interfaces.fmriprep": "load_confounds load_confounds_strategy",
        "datasets": """
            GM_MNI152_FILE_PATH MNI152_FILE_PATH WM_MNI152_FILE_PATH
            fetch_abide_pcp fetch_adhd fetch_atlas_aal fetch_atlas_allen_2011
            fetch_atlas_basc_multiscale_2015 fetch_atlas_craddock_2012
            fetch_atlas_destrieux_2009 fetch_atlas_difumo
            fetch_atlas_harvard_oxford fetch_atlas_juelich fetch_atlas_msdl
            fetch_atlas_pauli_2017 fetch_atlas_schaefer_2018
            fetch_atlas_smith_2009 fetch_atlas_surf_destrieux
            fetch_atlas_talairach fetch_atlas_yeo_2011 fetch_coords_dosenbach_2010
            fetch_coords_power_2011 fetch_coords_seitzman_2018
            fetch_development_fmri fetch_haxby fetch_icbm152_2009
            fetch_icbm152_brain_gm_mask fetch_megatrawls_netmats
            fetch_mixed_gambles fetch_miyawaki2008 fetch_neurovault
            fetch_neurovault_auditory_computation_task fetch_neurovault_ids
            fetch_oasis_vbm fetch_surf_fsaverage fetch_surf_nki_enhanced
            load_fsaverage load_fsaverage_data load_nki
        """,
        "plotting.displays": """
            BaseAxes BaseSlicer CutAxes GlassBrainAxes PlotlySurfaceFigure
            SurfaceFigure
        """,
    }.items()
}
#: Packages of nilearn that are not there
PEER_PACKAGES = frozenset(
    {"connectome", "decoding", "decomposition", "regions", "surface"}
)


def no_such_name(module: str, name: str) -> AttributeError | ImportError:
    """The error for a name that a module has not; one of nilearn's is told from others.

    Parameters
    ----------
    module : str
        Its full name.
    name : str

    Returns
    -------
    AttributeError or ImportError
        The second for ``from module import name`` of a name of nilearn: the statement
        would put other words in the place of those of an AttributeError.

    Examples
    --------
    >>> no_such_name("boldglm.plotting", "view_img")
    AttributeError("boldglm.plotting has no 'view_img': import it from nilearn...
    """
    root, _, within = module.partition(".")
    known = PEER_ONLY.get(within, frozenset()) if within else PEER_PACKAGES
    if name not in known:
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    peer = module.replace(root, "nilearn", 1)
    msg = (
        f"{module} has no {name!r}: import it from {peer}. Images are nibabel's in "
        "both, so that results of one can be given to the other (page 'Porting from "
        "nilearn')."
    )
    if _asked_by_import():
        return ImportError(msg, name=module)
    return AttributeError(msg)


def _asked_by_import() -> bool:
    """Whether a statement ``from … import …`` looks for the name."""
    # this function, the one above, the module's __getattr__, who asks
    asker = sys._getframe(3)
    # the name of that module before and after `importlib` is imported
    return asker.f_globals.get("__name__") in {
        "_frozen_importlib",
        "importlib._bootstrap",
    }
