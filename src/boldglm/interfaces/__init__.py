"""Files as other programs name and write them: BIDS, FSL."""

from boldglm._base.lazy import attach

_NAMES = {"bids": "boldglm.interfaces.bids", "fsl": "boldglm.interfaces.fsl"}

__all__ = list(_NAMES)

__getattr__, __dir__ = attach(__name__, _NAMES)
