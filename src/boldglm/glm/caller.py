"""Where a warning should point: at the line of the user's script."""

import sys

__all__ = ["user_stacklevel"]


def user_stacklevel() -> int:
    """Level, for `warnings.warn`, of the first caller outside of boldglm.

    Examples
    --------
    >>> user_stacklevel() >= 1
    True
    """
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        level += 1
    return level


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "boldglm"
