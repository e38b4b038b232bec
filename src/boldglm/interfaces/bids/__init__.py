"""Names of files in BIDS data sets, and results under such names."""

from boldglm._base.lazy import attach

_NAMES = {
    "get_bids_files": "boldglm.interfaces.bids.query",
    "parse_bids_filename": "boldglm.interfaces.bids.query",
    # where scripts have it from; models belong to a higher room
    "save_glm_to_bids": "boldglm.glm.io",
}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
