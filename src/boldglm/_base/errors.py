"""The errors boldglm raises, all of them built-in kinds with a narrower name.

The tree::

    ValueError
    ├── ShapeError            arrays whose shapes do not fit together
    ├── DesignError           a design matrix that cannot be used
    │   └── EventsError       an events table that cannot be read
    ├── ContrastError         a contrast that does not fit the design
    │   └── NotEstimableError a contrast that the design cannot tell apart
    ├── MaskError             a mask that is empty, not binary, or off the grid
    ├── GridError             images that do not share a grid, or no usable grid
    ├── AllVolumesRemovedError  a sample mask that keeps no scan
    ├── ImageFileError        a file that is not an image, is truncated or corrupt
    ├── BoundingBoxError      a resampling target that holds none of the image
    └── NotFittedError        (also AttributeError) a model asked before `fit`
    TypeError
    └── DimensionError        an image with the wrong number of dimensions
    OSError
    └── FetchError            a data set that is not here and cannot be brought
    MemoryError
    └── NotEnoughMemoryError  work that takes more memory than there is
"""

__all__ = [
    "AllVolumesRemovedError",
    "BoundingBoxError",
    "ContrastError",
    "DesignError",
    "DimensionError",
    "EventsError",
    "FetchError",
    "GridError",
    "ImageFileError",
    "MaskError",
    "NotEnoughMemoryError",
    "NotEstimableError",
    "NotFittedError",
    "ShapeError",
]


class ShapeError(ValueError):
    """Arrays whose shapes do not fit together."""


class DesignError(ValueError):
    """A design matrix that cannot be used."""


class EventsError(DesignError):
    """An events table that cannot be read."""


class ContrastError(ValueError):
    """A contrast that does not fit the design."""


class NotEstimableError(ContrastError):
    """A contrast that the design cannot tell apart from others."""


class MaskError(ValueError):
    """A mask that is empty, not binary, or not on the grid of the data."""


class GridError(ValueError):
    """Images that do not share one grid, or a grid that cannot be used."""


class AllVolumesRemovedError(ValueError):
    """A sample mask that keeps no scan."""


class ImageFileError(ValueError):
    """A file that is not an image, is truncated or corrupt."""


class BoundingBoxError(ValueError):
    """A resampling target that holds none of the image."""


class NotFittedError(ValueError, AttributeError):
    """A model asked for a result before `fit`."""


class DimensionError(TypeError):
    """An image with the wrong number of dimensions."""


class FetchError(OSError):
    """A data set that is not here and cannot be brought."""


class NotEnoughMemoryError(MemoryError):
    """Work that takes more memory than there is."""
