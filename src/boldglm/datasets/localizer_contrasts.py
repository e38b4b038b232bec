"""Names of the contrasts of the localizer, and of the files of their maps."""

from collections.abc import Iterable
from typing import Any

__all__ = ["contrast_file_names"]

# What a contrast is in words: what its owners call it
_BY_WORDS = {
    "checkerboard": "checkerboard",
    "horizontal checkerboard": "horizontal checkerboard",
    "vertical checkerboard": "vertical checkerboard",
    "horizontal vs vertical checkerboard": "horizontal vs vertical checkerboard",
    "vertical vs horizontal checkerboard": "vertical vs horizontal checkerboard",
    "sentence listening": "auditory sentences",
    "sentence reading": "visual sentences",
    "sentence listening and reading": "auditory&visual sentences",
    "sentence reading vs checkerboard": "visual sentences vs checkerboard",
    "calculation (auditory cue)": "auditory calculation",
    "calculation (visual cue)": "visual calculation",
    "calculation (auditory and visual cue)": "auditory&visual calculation",
    "calculation (auditory cue) vs sentence listening": (
        "auditory calculation vs auditory sentences"
    ),
    "calculation (visual cue) vs sentence reading": "visual calculation vs sentences",
    "calculation vs sentences": "auditory&visual calculation vs sentences",
    "calculation (auditory cue) and sentence listening": "auditory processing",
    "calculation (visual cue) and sentence reading": "visual processing",
    "calculation (visual cue) and sentence reading vs "
    "calculation (auditory cue) and sentence listening": (
        "visual processing vs auditory processing"
    ),
    "calculation (auditory cue) and sentence listening vs "
    "calculation (visual cue) and sentence reading": (
        "auditory processing vs visual processing"
    ),
    "calculation (visual cue) and sentence reading vs checkerboard": (
        "visual processing vs checkerboard"
    ),
    "calculation and sentence listening/reading vs button press": (
        "cognitive processing vs motor"
    ),
    "left button press (auditory cue)": "left auditory click",
    "left button press (visual cue)": "left visual click",
    "left button press": "left auditory&visual click",
    "left vs right button press": (
        "left auditory & visual click vs right auditory&visual click"
    ),
    "right button press (auditory cue)": "right auditory click",
    "right button press (visual cue)": "right visual click",
    "right button press": "right auditory & visual click",
    "right vs left button press": (
        "right auditory & visual click vs left auditory&visual click"
    ),
    "button press (auditory cue) vs sentence listening": (
        "auditory click vs auditory sentences"
    ),
    "button press (visual cue) vs sentence reading": "visual click vs visual sentences",
    "button press vs calculation and sentence listening/reading": (
        "auditory&visual motor vs cognitive processing"
    ),
}
_ORIGINAL = frozenset(_BY_WORDS.values())


def contrast_file_names(contrasts: Any) -> list[str]:
    """Names of contrasts as they stand in names of files.

    Parameters
    ----------
    contrasts : list of str
        In words, or as the owners of the data call them.

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        If it is one string, or no list.
    ValueError
        If there is no such contrast.

    Examples
    --------
    >>> contrast_file_names(["right button press", "visual sentences"])
    ['RightAuditory&VisualClick', 'VisualSentences']
    """
    if isinstance(contrasts, str) or not isinstance(contrasts, Iterable):
        msg = (
            f"contrasts is {contrasts!r}; expected a list of names, such as "
            "['checkerboard']."
        )
        raise TypeError(msg)
    names = list(contrasts)
    unknown = [
        name for name in names if name not in _BY_WORDS and name not in _ORIGINAL
    ]
    if unknown:
        known = "\n  ".join(_BY_WORDS)
        msg = (
            f"There is no contrast {', '.join(map(repr, unknown))} in the localizer "
            f"data; there are:\n  {known}"
        )
        raise ValueError(msg)
    return [_BY_WORDS.get(name, name).title().replace(" ", "") for name in names]
