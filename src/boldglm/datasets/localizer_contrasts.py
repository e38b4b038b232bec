"""Names of the contrasts of the localizer, and of the files of their maps."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

__all__ = ["contrast_file_names", "named_contrasts"]

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
    TypeError, ValueError
        See `named_contrasts`.

    Examples
    --------
    >>> contrast_file_names(["right button press", "visual sentences"])
    ['RightAuditory&VisualClick', 'VisualSentences']
    """
    return [file_name for _, file_name in named_contrasts(contrasts)]


def named_contrasts(contrasts: Any) -> list[tuple[str, str]]:
    """Contrasts as they were given, each with its name in names of files.

    Parameters
    ----------
    contrasts : list of str
        In words, or as the owners of the data call them.

    Returns
    -------
    list of pairs of str

    Raises
    ------
    TypeError
        If it is one string, or no list.
    ValueError
        If there is no such contrast, or none is given.

    Examples
    --------
    >>> named_contrasts(["sentence reading"])
    [('sentence reading', 'VisualSentences')]
    """
    if isinstance(contrasts, str) or not isinstance(contrasts, Iterable):
        msg = (
            f"contrasts is {contrasts!r}; expected a list of names, such as "
            "['checkerboard']."
        )
        raise TypeError(msg)
    names = list(contrasts)
    known = "\n  ".join(_BY_WORDS)
    if not names:
        msg = f"contrasts is empty; expected at least one of:\n  {known}"
        raise ValueError(msg)
    unknown = [
        name
        for name in names
        if not isinstance(name, str)
        or (name not in _BY_WORDS and name not in _ORIGINAL)
    ]
    if unknown:
        near = dict.fromkeys(close for one in unknown for close in _close(str(one)))
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        msg = (
            f"There is no contrast {', '.join(map(repr, unknown))} in the data set "
            f"'brainomics_localizer'.{hint} There are:\n  {known}"
        )
        raise ValueError(msg)
    return [
        (name, _BY_WORDS.get(name, name).title().replace(" ", "")) for name in names
    ]


def _close(name: str) -> list[str]:
    """The name that is most like a misspelt one, if any is."""
    lower = {known.lower(): known for known in [*_BY_WORDS.values(), *_BY_WORDS]}
    return [lower[one] for one in get_close_matches(name.lower(), lower, n=1)]
