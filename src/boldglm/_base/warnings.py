"""The warnings boldglm gives: about the user's choices, never about its own work.

========================  ====================================================
`EventsWarning`           an events table was read in a way worth knowing
`DesignWarning`           a design matrix or its parameters look unintended
`ContrastWarning`         a contrast was completed, or a run left out of it
`MaskWarning`             a mask came out empty or had to be changed
`ImageWarning`            an image was resampled, cast or cleaned on the way
`ThresholdWarning`        a threshold left nothing, or was not used
========================  ====================================================

All are `UserWarning`: silence one with
``warnings.simplefilter("ignore", boldglm.DesignWarning)``-like calls.
"""

__all__ = [
    "ContrastWarning",
    "DesignWarning",
    "EventsWarning",
    "ImageWarning",
    "MaskWarning",
    "ThresholdWarning",
]


class EventsWarning(UserWarning):
    """An events table was read in a way worth knowing."""


class DesignWarning(UserWarning):
    """A design matrix or its parameters look unintended."""


class ContrastWarning(UserWarning):
    """A contrast was completed, or a run was left out of it."""


class MaskWarning(UserWarning):
    """A mask came out empty or had to be changed."""


class ImageWarning(UserWarning):
    """An image was resampled, cast or cleaned on the way."""


class ThresholdWarning(UserWarning):
    """A threshold left nothing, or was not used."""
