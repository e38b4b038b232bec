"""The errors and warnings of boldglm, to catch or to silence by name.

Examples
--------
>>> import warnings
>>> from boldglm.exceptions import DesignWarning
>>> warnings.simplefilter("ignore", DesignWarning)
"""

from boldglm._base.errors import (
    AllVolumesRemovedError,
    BoundingBoxError,
    ContrastError,
    DesignError,
    DimensionError,
    EventsError,
    FetchError,
    GridError,
    ImageFileError,
    MaskError,
    NotEnoughMemoryError,
    NotEstimableError,
    NotFittedError,
    ShapeError,
)
from boldglm._base.warnings import (
    ContrastWarning,
    DesignWarning,
    EventsWarning,
    FigureWarning,
    ImageWarning,
    MaskWarning,
    ThresholdWarning,
)

__all__ = [
    "AllVolumesRemovedError",
    "BoundingBoxError",
    "ContrastError",
    "ContrastWarning",
    "DesignError",
    "DesignWarning",
    "DimensionError",
    "EventsError",
    "EventsWarning",
    "FetchError",
    "FigureWarning",
    "GridError",
    "ImageFileError",
    "ImageWarning",
    "MaskError",
    "MaskWarning",
    "NotEnoughMemoryError",
    "NotEstimableError",
    "NotFittedError",
    "ShapeError",
    "ThresholdWarning",
]
